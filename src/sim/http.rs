//! The HTTP server of the embedded cloud: loopback only, one port a service. Reads requests into
//! [`Request`], carries out injected faults, sends replies. Decides nothing about a service's answer.

use super::chaos::{Fault, Verdict};
use super::service::Service;
use super::{Shared, SimError, admin};
use crate::wire::request::{Request, Response};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Largest request body accepted, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A client that waits longer has no deadline of its own.
const SLOW_MAX: Duration = Duration::from_secs(600);

/// A listening port and its connections.
#[derive(Debug)]
pub(super) struct Server {
    service: Service,
    url: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Opens the port and begins to serve.
    pub(super) async fn start(service: Service, port: u16, shared: Arc<Shared>) -> Result<Self, SimError> {
        let wrap = |cause| SimError::Listen {
            service: service.name(),
            port,
            cause,
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).await.map_err(wrap)?;
        let port = listener.local_addr().map_err(wrap)?.port();
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, service, shared, stopped));
        Ok(Self {
            service,
            url: format!("http://127.0.0.1:{port}"),
            stop,
            task,
        })
    }

    /// Who answers.
    pub(super) fn service(&self) -> Service {
        self.service
    }

    /// Where it answers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Closes the port and its connections.
    pub(super) async fn stop(self) {
        // The receiver is gone only when the task has ended already.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

async fn accept(listener: TcpListener, service: Service, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Also when the sender is dropped: an embedded cloud never outlives its owner.
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, service, Arc::clone(&shared)));
                }
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, service: Service, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(request, service, &shared).await }
    });
    // An error here is a connection that broke or was broken on purpose; there is nobody to tell.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

type Body = BoxBody<Bytes, io::Error>;

/// Answers one request; an error closes the connection without a reply.
async fn answer(
    request: http::Request<Incoming>,
    service: Service,
    shared: &Shared,
) -> io::Result<http::Response<Body>> {
    let request = match read(request).await {
        Ok(r) => r,
        Err(status) => return reply(&plain(status), None),
    };
    if service == Service::Admin {
        let response = shared.transact(|world, now| service.handle(&request, world, now));
        return reply(&response.unwrap_or_else(|e| admin::failed(&e)), None);
    }
    let operation = service.operation(&request);
    let call = shared.count(&operation);
    let mut verdict = shared
        .chaos
        .as_ref()
        .map_or_else(Verdict::default, |c| c.verdict(&operation, call));
    if verdict.fault.is_none() && shared.is_over_rate(service) {
        verdict.fault = Some(Fault::Throttle);
    }
    if let Some(fault) = verdict.fault {
        shared.count_fault(&operation, fault);
    }
    shared.log(&operation, verdict.fault.map_or("-", Fault::name));
    if !verdict.latency.is_zero() {
        tokio::time::sleep(verdict.latency).await;
    }
    let lost = || io::Error::other("reply lost on purpose");
    let response = match verdict.fault {
        Some(Fault::LostBefore) => return Err(lost()),
        Some(Fault::SlowBefore) => return Err(too_late(shared).await),
        Some(f @ (Fault::Throttle | Fault::ErrorBefore)) => {
            shared.transact(|world, now| service.trouble(&request, world, now, f == Fault::Throttle))
        }
        after => shared.transact(|world, now| {
            let done = service.handle(&request, world, now);
            if after == Some(Fault::ErrorAfter) {
                service.trouble(&request, world, now, false)
            } else {
                done
            }
        }),
    };
    let mut response = response.unwrap_or_else(|_| plain(500));
    match verdict.fault {
        Some(Fault::LostAfter) => return Err(lost()),
        Some(Fault::Slow) => return Err(too_late(shared).await),
        Some(Fault::Garbage) => {
            let length = response.body.len().max(32);
            if let Some(chaos) = &shared.chaos {
                response.body = Bytes::from(chaos.noise(&operation, call, length));
            }
        }
        Some(Fault::WrongSignature) if !spoil_signature(&mut response) => shared.log(&operation, "unsigned"),
        _ => {}
    }
    reply(&response, verdict.fault)
}

/// Holds a reply back until the client does not wait for it any more: it closes the connection, which ends this.
async fn too_late(shared: &Shared) -> io::Error {
    if let Some(pace) = &shared.pace {
        pace.make_late();
    }
    tokio::time::sleep(SLOW_MAX).await;
    io::Error::other("reply too late on purpose")
}

/// Reads a whole request; the error is an HTTP status.
async fn read(request: http::Request<Incoming>) -> Result<Request, u16> {
    let (parts, body) = request.into_parts();
    let mut headers = Vec::with_capacity(parts.headers.len());
    for (name, value) in &parts.headers {
        let value = match value.to_str() {
            Ok(v) => v.to_string(),
            Err(_) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        headers.push((name.as_str().to_string(), value));
    }
    let authority = headers
        .iter()
        .find(|(n, _)| n == "host")
        .map(|(_, v)| v.clone())
        .or_else(|| parts.uri.authority().map(ToString::to_string))
        .unwrap_or_default();
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let body = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map_err(|_| 413_u16)?
        .to_bytes();
    Ok(Request {
        method: parts.method,
        scheme: "http".to_string(),
        authority,
        path: parts.uri.path().to_string(),
        query,
        headers,
        body,
    })
}

fn plain(status: u16) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: Bytes::new(),
    }
}

/// Changes a signed reply's signature; `false` when the reply is not signed.
fn spoil_signature(response: &mut Response) -> bool {
    let mut signed = false;
    for (name, value) in &mut response.headers {
        if name == "authorization" {
            let flipped: String = value
                .rsplit_once(':')
                .map(|(head, sig)| format!("{head}:{}", sig.chars().rev().collect::<String>()))
                .unwrap_or_default();
            *value = flipped;
            signed = true;
        }
    }
    signed
}

fn reply(response: &Response, fault: Option<Fault>) -> io::Result<http::Response<Body>> {
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    let body = if fault == Some(Fault::Truncate) {
        // The promised length is the whole body's (or one byte of an empty one), less arrives.
        let length = response.body.len().max(1);
        builder = builder.header("content-length", length);
        let half = response.body.slice(..response.body.len() / 2);
        let frames = [
            Ok(Frame::data(half)),
            Err(io::Error::other("reply truncated on purpose")),
        ];
        StreamBody::new(futures_util::stream::iter(frames)).boxed()
    } else {
        Full::new(response.body.clone()).map_err(|never| match never {}).boxed()
    };
    builder.body(body).map_err(io::Error::other)
}
