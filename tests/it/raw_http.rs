//! A minimal HTTP/1.1 client over a plain socket, so that captured requests go out byte for byte.

use bytes::Bytes;
use headworks::wire::{Request, Response};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends `head` lines and `body` to an endpoint `http://host:port` and reads one reply. An error means
/// the connection ended before a whole reply.
pub(crate) async fn exchange(
    endpoint: &str,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<Response> {
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).await?;
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    stream.write_all(&bytes).await?;
    let mut got = Vec::new();
    loop {
        if let Some(response) = parse(&got)? {
            return Ok(response);
        }
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        got.extend_from_slice(&chunk[..n]);
    }
}

/// Sends a signed [`Request`] as a client would.
pub(crate) async fn send(endpoint: &str, request: &Request) -> io::Result<Response> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&request.query)
        .finish();
    let target = if query.is_empty() {
        request.path.clone()
    } else {
        format!("{}?{query}", request.path)
    };
    let mut headers = request.headers.clone();
    if request.header("host").is_none() {
        headers.push(("host".to_string(), request.authority.clone()));
    }
    headers.push(("content-length".to_string(), request.body.len().to_string()));
    exchange(endpoint, request.method.as_str(), &target, &headers, &request.body).await
}

fn parse(got: &[u8]) -> io::Result<Option<Response>> {
    let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&got[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|l| l.split(' ').nth(1))
        .and_then(|s| s.parse().ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|l| l.split_once(": "))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.to_string()))
        .collect();
    let length = headers
        .iter()
        .find(|(n, _)| n == "content-length")
        .map_or(Ok(0), |(_, v)| v.parse::<usize>())
        .map_err(|_| io::ErrorKind::InvalidData)?;
    let body = &got[end + 4..];
    if body.len() < length {
        return Ok(None);
    }
    Ok(Some(Response {
        status,
        headers,
        body: Bytes::copy_from_slice(&body[..length]),
    }))
}
