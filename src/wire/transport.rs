//! The one way out: sends a signed request over HTTP and brings the whole reply back.
//!
//! Decides time-outs, the bound of a reply and where plain HTTP is allowed. Never signs, retries,
//! follows a redirect or changes a byte of what was signed.

use super::error::TransportError;
use super::sign::percent::query_string;
use super::{Request, Response};
use bytes::BytesMut;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;
use url::{Host, Url};

/// Sends requests. Implemented by [`HttpTransport`] and by doubles that never touch the network.
pub trait Transport: Send + Sync {
    /// Sends one request once and gives the reply, whatever its status.
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Response, TransportError>>;
}

/// The longest wait for a connection, TLS included.
pub const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The longest time for one request with its reply.
pub const EXCHANGE_MAX: Duration = Duration::from_secs(60);

/// The largest body of a reply, bytes.
pub const REPLY_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportLimits {
    /// Longest wait for a connection, TLS included.
    pub connect: Duration,
    /// Longest time for the whole exchange, connection and body included.
    pub total: Duration,
    /// Largest body of a reply, bytes.
    pub body: u64,
}

impl Default for TransportLimits {
    fn default() -> Self {
        Self {
            connect: CONNECT_MAX,
            total: EXCHANGE_MAX,
            body: REPLY_BYTES_MAX,
        }
    }
}

/// HTTP/1.1 over rustls. Nothing is built before the first request, so that commands that talk to
/// no service do not pay for TLS.
#[derive(Debug, Default)]
pub struct HttpTransport {
    limits: TransportLimits,
    /// For other machines; takes proxies from the environment.
    remote: OnceLock<Result<reqwest::Client, String>>,
    /// For loopback addresses; never through a proxy.
    local: OnceLock<Result<reqwest::Client, String>>,
}

impl HttpTransport {
    /// A transport with these limits.
    pub fn new(limits: TransportLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    fn client(&self, local: bool) -> Result<&reqwest::Client, &String> {
        let cell = if local { &self.local } else { &self.remote };
        cell.get_or_init(|| build_client(self.limits, local)).as_ref()
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let endpoint = request.authority.clone();
        let unsendable = |reason: String| TransportError::Unsendable {
            endpoint: endpoint.clone(),
            reason,
        };
        let (url, local) = exact_url(&request)?;
        let client = self.client(local).map_err(|e| unsendable(e.clone()))?;
        let mut outgoing = client.request(request.method, url).body(request.body);
        for (name, value) in &request.headers {
            // The length is the transport's to say.
            if name != "content-length" {
                outgoing = outgoing.header(name, value);
            }
        }
        let outgoing = outgoing.build().map_err(|e| unsendable(reason(e)))?;
        let failed = |error| self.failure(&endpoint, error);
        let mut reply = client.execute(outgoing).await.map_err(failed)?;
        // Nobody asked for it, and a small body may unpack to a very large one.
        if let Some(encoding) = reply.headers().get(http::header::CONTENT_ENCODING)
            && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
        {
            return Err(TransportError::Interrupted {
                endpoint: endpoint.clone(),
                reason: "the reply is packed, which was not asked for".into(),
            });
        }
        let too_large = || TransportError::TooLarge {
            endpoint: endpoint.clone(),
            limit: self.limits.body,
        };
        if reply.content_length().is_some_and(|length| length > self.limits.body) {
            return Err(too_large());
        }
        let headers = reply
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_string(), value)
            })
            .collect();
        let status = reply.status().as_u16();
        let mut body = BytesMut::new();
        while let Some(chunk) = reply.chunk().await.map_err(failed)? {
            if (body.len() as u64).saturating_add(chunk.len() as u64) > self.limits.body {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            headers,
            body: body.freeze(),
        })
    }

    fn failure(&self, endpoint: &str, error: reqwest::Error) -> TransportError {
        let endpoint = endpoint.to_string();
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => TransportError::TimedOut {
                endpoint,
                limit: self.limits.connect.min(self.limits.total),
                connecting: true,
            },
            (true, false) => TransportError::TimedOut {
                endpoint,
                limit: self.limits.total,
                connecting: false,
            },
            (false, true) => TransportError::Unreachable {
                endpoint,
                reason: reason(error),
            },
            (false, false) => TransportError::Interrupted {
                endpoint,
                reason: reason(error),
            },
        }
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        self.exchange(request).boxed()
    }
}

fn build_client(limits: TransportLimits, local: bool) -> Result<reqwest::Client, String> {
    // An error only says that a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(limits.connect)
        .timeout(limits.total);
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(reason)
}

/// The URL of a request, checked to carry path and query exactly as signed and to need no TLS it
/// does not have. Also says whether it stays on this machine.
fn exact_url(request: &Request) -> Result<(Url, bool), TransportError> {
    let endpoint = || request.authority.clone();
    let unsendable = |reason: &str| TransportError::Unsendable {
        endpoint: endpoint(),
        reason: reason.into(),
    };
    if request.authority.contains('@') {
        // Without the authority: it may hold a password.
        return Err(TransportError::Unsendable {
            endpoint: "the service".into(),
            reason: "its address holds a user name".into(),
        });
    }
    let query = query_string(&request.query);
    let separator = if query.is_empty() { "" } else { "?" };
    let text = format!(
        "{}://{}{}{separator}{query}",
        request.scheme, request.authority, request.path
    );
    let url = Url::parse(&text).map_err(|_| unsendable("its address is not a URL"))?;
    let local = is_loopback(&url);
    match request.scheme.as_str() {
        "https" => {}
        "http" if local => {}
        "http" => {
            return Err(TransportError::NotTls { endpoint: endpoint() });
        }
        _ => return Err(unsendable("its scheme is neither https nor http")),
    }
    if url.path() != request.path || url.query().unwrap_or_default() != query || url.fragment().is_some() {
        return Err(unsendable("its path or query would change on the way"));
    }
    Ok((url, local))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// The innermost cause of an error, without the URL: its query may hold credentials.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut last = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        last = cause.to_string();
        source = cause.source();
    }
    last
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nX-Ots-RequestId: r\r\nContent-Length: 2\r\n\r\nhi";

    fn request(authority: &str, path: &str, query: &[(&str, &str)]) -> Request {
        Request {
            method: http::Method::POST,
            scheme: "http".into(),
            authority: authority.into(),
            path: path.into(),
            query: query.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            headers: vec![("x-acs-action".into(), "GetRole".into())],
            body: Bytes::from_static(b"body"),
        }
    }

    fn transport(total: Duration, body: u64) -> HttpTransport {
        HttpTransport::new(TransportLimits {
            connect: Duration::from_secs(10),
            total,
            body,
        })
    }

    /// Sends one request to a server that answers with `reply` and closes; gives the result and
    /// what the server read.
    async fn exchange(
        reply: &'static [u8],
        limit: u64,
        query: &[(&str, &str)],
    ) -> (Result<Response, TransportError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"body") {
                let mut buffer = [0; 1024];
                let n = stream.read(&mut buffer).await.unwrap();
                assert_ne!(n, 0, "the client closed early");
                seen.extend_from_slice(&buffer[..n]);
            }
            // The client may hang up in the middle of a reply that it refuses.
            let _ = stream.write_all(reply).await;
            let _ = stream.shutdown().await;
            String::from_utf8(seen).unwrap()
        });
        let sent = request(&authority, "/p", query);
        let result = transport(Duration::from_secs(30), limit).send(sent).await;
        (result, server.await.unwrap())
    }

    #[tokio::test]
    async fn path_and_query_go_out_as_signed_and_header_names_come_in_lower_case() {
        let query = [("Description", "x y+z&=~*/中'"), ("acl", "")];
        let (result, seen) = exchange(OK, 100, &query).await;
        let first = seen.lines().next().unwrap();
        assert_eq!(
            first,
            "POST /p?Description=x%20y%2Bz%26%3D~%2A%2F%E4%B8%AD%27&acl= HTTP/1.1"
        );
        assert!(seen.contains("x-acs-action: GetRole\r\n"), "{seen}");
        assert!(seen.contains("content-length: 4\r\n"), "{seen}");
        let reply = result.unwrap();
        assert_eq!((reply.status, &reply.body[..]), (200, &b"hi"[..]));
        assert_eq!(reply.header("x-ots-requestid"), Some("r"));
    }

    #[tokio::test]
    async fn redirects_are_replies_like_any_other() {
        let redirect = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n\
            Content-Length: 0\r\n\r\n";
        let (result, _) = exchange(redirect, 100, &[]).await;
        assert_eq!(result.unwrap().status, 307);
    }

    #[tokio::test]
    async fn replies_over_the_limit_are_cut_whether_announced_or_not() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n";
        let (fits, _) = exchange(chunked, 6, &[]).await;
        assert_eq!(&fits.unwrap().body[..], b"abcdef");
        for (reply, limit) in [(OK, 1), (&chunked[..], 5)] {
            let (result, _) = exchange(reply, limit, &[]).await;
            assert!(
                matches!(result, Err(TransportError::TooLarge { limit: l, .. }) if l == limit),
                "{result:?}"
            );
        }
    }

    #[tokio::test]
    async fn broken_connections_are_told_from_refused_ones() {
        for reply in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi",
            b"garbage\r\n\r\n",
        ] {
            let (result, _) = exchange(reply, 100, &[]).await;
            assert!(matches!(result, Err(TransportError::Interrupted { .. })), "{result:?}");
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        drop(listener);
        let result = HttpTransport::default().send(request(&authority, "/", &[])).await;
        assert!(
            matches!(&result, Err(TransportError::Unreachable { endpoint, .. }) if *endpoint == authority),
            "{result:?}"
        );
    }

    #[tokio::test]
    async fn a_server_without_tls_is_not_sent_anything() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let n = stream.read(&mut buffer).await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            buffer[..n].to_vec()
        });
        let mut sent = request(&authority, "/", &[]);
        sent.scheme = "https".into();
        let result = HttpTransport::default().send(sent).await;
        assert!(matches!(result, Err(TransportError::Unreachable { .. })), "{result:?}");
        // A TLS handshake record, not the request.
        assert_eq!(server.await.unwrap()[0], 0x16);
    }

    #[tokio::test]
    async fn silence_ends_at_the_limit() {
        // Connections are accepted by the system; nobody ever answers on them.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = listener.local_addr().unwrap().to_string();
        let limit = Duration::from_millis(50);
        let result = transport(limit, 100).send(request(&endpoint, "/", &[])).await;
        let expected = TransportError::TimedOut {
            endpoint,
            limit,
            connecting: false,
        };
        assert_eq!(result.unwrap_err(), expected);
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for authority in ["127.0.0.1:80", "127.8.9.1", "[::1]:8080", "localhost", "LOCALHOST:1"] {
            let checked = exact_url(&request(authority, "/", &[]));
            assert!(matches!(checked, Ok((_, true))), "{authority}");
        }
        for authority in [
            "oss-cn-hangzhou.aliyuncs.com",
            "10.0.0.1",
            "localhost.evil.com",
            "[::2]",
        ] {
            let mut request = request(authority, "/", &[]);
            let expected = TransportError::NotTls {
                endpoint: authority.into(),
            };
            assert_eq!(exact_url(&request).unwrap_err(), expected);
            request.scheme = "https".into();
            assert!(matches!(exact_url(&request), Ok((_, false))), "{authority}");
        }
    }

    #[test]
    fn what_a_url_would_change_is_not_sent() {
        for path in ["/a/../b", "/a/./b", "/a b", "/a?b", "/a#b", "/中", "a", ""] {
            let checked = exact_url(&request("127.0.0.1:1", path, &[]));
            assert!(matches!(checked, Err(TransportError::Unsendable { .. })), "{path}");
        }
        for authority in [
            "",
            "a b",
            "127.0.0.1/x",
            "user:secret@127.0.0.1",
            "secret@a b",
            "127.0.0.1:99999",
        ] {
            let error = exact_url(&request(authority, "/", &[])).unwrap_err();
            assert!(
                matches!(error, TransportError::Unsendable { .. }),
                "{authority}: {error}"
            );
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let mut other = request("127.0.0.1", "/", &[]);
        other.scheme = "ftp".into();
        assert!(matches!(exact_url(&other), Err(TransportError::Unsendable { .. })));
    }
}
