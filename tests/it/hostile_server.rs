//! A server on this machine that means harm, met by the one transport and by the program: each exchange ends with a clear
//! error, soon and in little memory, and no key goes where it should not.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use headworks::wire::{HttpTransport, Request, Response, Transport, TransportError, TransportLimits};
use std::io::{Read, Write};
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What every request carries and no message may.
const KEY: &str = "PLANTED-AUTHORIZATION-0001";

/// The longest exchange where it is the time that ends it.
const TOTAL: Duration = Duration::from_millis(600);

/// The longest exchange where something else ends it; a busy machine is slow.
const AMPLE: Duration = Duration::from_secs(60);

/// Later than this something hangs, also on a busy machine.
const SOON: Duration = Duration::from_secs(90);

/// The largest reply of these tests.
const BODY: u64 = 64 * 1024;

fn request(scheme: &str, authority: &str) -> Request {
    Request {
        method: http::Method::POST,
        scheme: scheme.into(),
        authority: authority.into(),
        path: "/p".into(),
        query: vec![("Signature".into(), KEY.into())],
        headers: vec![("authorization".into(), KEY.into())],
        body: Bytes::from_static(b"body"),
    }
}

async fn send(scheme: &str, authority: &str, total: Duration) -> Result<Response, TransportError> {
    let limits = TransportLimits {
        connect: AMPLE,
        total,
        body: BODY,
    };
    let start = Instant::now();
    let result = HttpTransport::new(limits).send(request(scheme, authority)).await;
    assert!(start.elapsed() < SOON, "the exchange took {:?}", start.elapsed());
    if let Err(error) = &result {
        let said = format!("{error} {error:?}");
        assert!(!said.contains(KEY), "{said}");
        assert!(said.len() < 2000, "a message is short: {said}");
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    result
}

/// Reads a request to its end.
async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !seen.ends_with(b"body") {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => seen.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
}

/// What becomes of a request that is answered with `first`, then `again` for ever, with `pause` in between.
async fn endless(first: &[u8], again: &[u8], pause: Duration) -> Result<Response, TransportError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (first, again) = (first.to_vec(), again.to_vec());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        let mut sent = first.len();
        if stream.write_all(&first).await.is_err() {
            return sent;
        }
        while stream.write_all(&again).await.is_ok() {
            sent += again.len();
            tokio::time::sleep(pause).await;
        }
        sent
    });
    let total = if pause.is_zero() { AMPLE } else { TOTAL };
    let result = send("http", &authority, total).await;
    // The client has hung up, so the server ends; it never got rid of more than sockets and a reply may hold.
    let sent = server.await.unwrap();
    assert!(sent < 32 * 1024 * 1024, "{sent} bytes were taken");
    result
}

async fn once(reply: &[u8]) -> Result<Response, TransportError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let reply = reply.to_vec();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        let _ = stream.write_all(&reply).await;
        let _ = stream.shutdown().await;
    });
    let result = send("http", &authority, AMPLE).await;
    server.await.unwrap();
    result
}

#[tokio::test]
async fn replies_without_end_are_cut() {
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
    let body = endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        &chunk,
        Duration::ZERO,
    )
    .await;
    assert!(
        matches!(body, Err(TransportError::TooLarge { limit: BODY, .. })),
        "{body:?}"
    );
    let closed = endless(b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096], Duration::ZERO).await;
    assert!(matches!(closed, Err(TransportError::TooLarge { .. })), "{closed:?}");
    for again in [&b"X-Header: value\r\n"[..], &[b'x'; 4096]] {
        let headers = endless(b"HTTP/1.1 200 OK\r\n", again, Duration::ZERO).await;
        assert!(
            matches!(headers, Err(TransportError::Interrupted { .. })),
            "{headers:?}"
        );
    }
    let line = endless(b"HTTP/1.1 200 ", &[b'O'; 4096], Duration::ZERO).await;
    assert!(matches!(line, Err(TransportError::Interrupted { .. })), "{line:?}");
    let extension = endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=",
        &[b'x'; 4096],
        Duration::ZERO,
    )
    .await;
    assert!(extension.is_err(), "{extension:?}");
    let trailers = endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
        b"X-Trailer: value\r\n",
        Duration::ZERO,
    )
    .await;
    assert!(trailers.is_err(), "{trailers:?}");
}

#[tokio::test]
async fn slow_replies_end_with_the_time_for_the_whole_exchange() {
    // Every byte comes soon after the last one: only a limit for the whole ends this.
    let pause = Duration::from_millis(20);
    for first in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"",
    ] {
        let result = endless(first, b"H", pause).await;
        let ended = match &result {
            Err(TransportError::TimedOut { limit: TOTAL, .. }) => true,
            Err(TransportError::TooLarge { .. }) => first.ends_with(b"1000000\r\n\r\n"),
            // Not the beginning of a reply at all.
            Err(TransportError::Interrupted { .. }) => first.is_empty(),
            _ => false,
        };
        assert!(ended, "{result:?}");
    }
}

#[tokio::test]
async fn floods_of_interim_replies_end() {
    for interim in [
        &b"HTTP/1.1 100 Continue\r\n\r\n"[..],
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
    ] {
        let result = endless(b"", interim, Duration::from_millis(1)).await;
        let ended = matches!(
            result,
            Err(TransportError::TimedOut { .. } | TransportError::Interrupted { .. })
        );
        assert!(ended, "{result:?}");
    }
}

#[tokio::test]
async fn replies_that_are_none_are_refused_with_words() {
    for reply in [
        &b""[..],
        b"\r\n\r\n",
        b"hello world\n",
        b"<html>HTTP/0.9</html>",
        b"HTTP/0.9 200 OK\r\n\r\nx",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 -1 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ] {
        let shown = String::from_utf8_lossy(reply).into_owned();
        match once(reply).await {
            Err(TransportError::Interrupted { .. }) => {}
            // A reply of its own that no service of ours gives.
            Ok(response) if response.status == 101 || shown.contains("Encoding: gzip\r\n\r\n") => {}
            other => panic!("{shown:?} gives {other:?}"),
        }
    }
    let large = once(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551614\r\n\r\nx").await;
    assert!(
        matches!(
            large,
            Err(TransportError::TooLarge { .. } | TransportError::Interrupted { .. })
        ),
        "{large:?}"
    );
}

#[tokio::test]
async fn odd_replies_are_taken_as_they_are() {
    let odd =
        once(b"HTTP/1.1 200 \xff\xfe\r\nX-A: 1\r\nX-A: 2\r\nX-B: \xff\r\nContent-Length: 2\r\n\r\n\xff\xfe").await;
    let odd = odd.unwrap();
    assert_eq!((odd.status, &odd.body[..]), (200, &b"\xff\xfe"[..]));
    assert_eq!(odd.header("x-a"), Some("1"));
    assert_eq!(odd.header("x-b"), Some("\u{fffd}"));
}

/// Where it breaks does not matter: half a reply never counts as one.
#[tokio::test]
async fn a_reply_that_breaks_off_at_any_byte_is_none() {
    let whole: &[u8] = b"HTTP/1.1 200 OK\r\nX-Ots-RequestId: r\r\nContent-Length: 4\r\n\r\nbody";
    for length in 0..whole.len() {
        let result = once(&whole[..length]).await;
        assert!(
            matches!(result, Err(TransportError::Interrupted { .. })),
            "{length}: {result:?}"
        );
    }
    let chunked: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    for length in 0..chunked.len() {
        let result = once(&chunked[..length]).await;
        assert!(
            matches!(result, Err(TransportError::Interrupted { .. })),
            "{length}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_redirect_takes_no_key_anywhere() {
    let other = StdListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let there = other.local_addr().unwrap();
    for status in [300, 301, 302, 303, 307, 308, 399] {
        let reply = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: http://{there}/p?x\r\nRefresh: 0;url=http://{there}/\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(once(reply.as_bytes()).await.unwrap().status, status);
    }
    let met = other.accept();
    assert!(
        met.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock),
        "somebody went to the other server"
    );
}

/// A certificate that nobody signed, and its key, made for this test.
const CERTIFICATE: &str = "MIIBmjCCAUGgAwIBAgIUP3PT9dHInraIN7fANiHlCOtmJgEwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5MTQ1OVoYDzIxMjYxMDI4MDkxNDU5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASUo4212vckkkKGccdmXLNGviM5VMyWOZhZoHG7/RJNuKSF9hf+cnwZgQHx+e6PZfjg51MUyrO6t1RO5m/g4Mroo28wbTAdBgNVHQ4EFgQUb/VQC1B7U278IhoX8LjPPRI9p4kwHwYDVR0jBBgwFoAUb/VQC1B7U278IhoX8LjPPRI9p4kwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDRwAwRAIgclv5f2mFStF0ARjRFI1TJA8QlKL1cTE0KTv/1IhlvhQCIFuFd5XWja2hnJW/hIoPKyHlZB6o9VRGlgrr29dRnkrw";
const CERTIFICATE_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHrEh5itp95mIuNXWvhTG5ZEl/UN3SPj2KHd3LqV9sxOhRANCAASUo4212vckkkKGccdmXLNGviM5VMyWOZhZoHG7/RJNuKSF9hf+cnwZgQHx+e6PZfjg51MUyrO6t1RO5m/g4Mro";

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_sent_nothing() {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
    let _ = rustls::crypto::ring::default_provider().install_default();
    let decoded = |text: &str| BASE64_STANDARD.decode(text).unwrap();
    let certificate = CertificateDer::from(decoded(CERTIFICATE));
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(decoded(CERTIFICATE_KEY)));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let mut seen = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut tls = rustls::ServerConnection::new(Arc::new(config.clone())).unwrap();
            while tls.is_handshaking() {
                if tls.complete_io(&mut stream).is_err() {
                    break;
                }
            }
            let mut plain = [0; 4096];
            if let Ok(n) = tls.reader().read(&mut plain) {
                seen.extend_from_slice(&plain[..n]);
            }
            let _ = stream.flush();
        }
        seen
    });
    for host in ["localhost", "127.0.0.1"] {
        let result = send("https", &format!("{host}:{port}"), AMPLE).await;
        assert!(matches!(&result, Err(TransportError::Unreachable { .. })), "{result:?}");
    }
    let seen = server.join().unwrap();
    assert!(seen.is_empty(), "{}", String::from_utf8_lossy(&seen));
}

/// Documents that are small and mean something large, or nest without end.
#[test]
fn bodies_that_unfold_or_nest_are_refused() {
    use headworks::wire::codec::{oss, ots, rpc};
    use prost::Message;
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><Error><Code>&b;</Code></Error>";
    assert!(oss::decode::<oss::Error>(laughs.as_bytes()).is_err());
    let deep = format!(
        "<Error><Code>x</Code>{}{}</Error>",
        "<a>".repeat(200_000),
        "</a>".repeat(200_000)
    );
    let read = oss::decode::<oss::Error>(deep.as_bytes());
    assert!(read.is_err() || read.is_ok_and(|e| e.code.as_deref() == Some("x")));
    let open = format!("<Error>{}", "<a>".repeat(200_000));
    assert!(oss::decode::<oss::Error>(open.as_bytes()).is_err());
    for json in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        format!("{{\"Code\":{}1{}}}", "[".repeat(9000), "]".repeat(9000)),
    ] {
        assert!(rpc::decode::<serde_json::Value>("reply", json.as_bytes()).is_err());
        assert!(rpc::decode_error(json.as_bytes()).is_err());
    }
    let numbers = format!(
        "{{\"Code\":\"c\",\"Message\":\"m\",\"x\":1e999999999,\"y\":{}}}",
        "9".repeat(1_000_000)
    );
    assert!(rpc::decode_error(numbers.as_bytes()).is_ok());
    // Messages in messages: groups, and lengths that lie.
    for bytes in [
        vec![0x0b; 100_000],
        vec![0x0a; 100_000],
        [&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0x0a; 64]].concat(),
    ] {
        assert!(ots::DescribeTableResponse::decode(bytes.as_slice()).is_err());
    }
}
