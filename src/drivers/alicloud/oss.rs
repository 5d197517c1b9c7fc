//! Calls of OSS: where a bucket answers, what every request carries, how faults are read.
//!
//! Source: OSS API reference ("Include a V4 signature", "Error responses"); OSS SDKs for Python.

use crate::driver::{Attempt, Call, DriverError, Endpoint, Fault, FaultKind, Protocol, Session};
use crate::wire::codec::oss::XmlBody;
use crate::wire::retry::{Class, classify_oss};
use crate::wire::sign::md5_base64;
use crate::wire::sign::oss::{Resource, sign_v4};
use crate::wire::{ApiError, Request, Response};
use bytes::Bytes;

/// Service name in calls and endpoints.
pub(super) const SERVICE: &str = "oss";

/// The code for a bucket that does not exist.
pub(super) const NO_BUCKET: &str = "NoSuchBucket";

/// OSS's protocol for one bucket, signature version 4.
struct Oss<'a> {
    region: &'a str,
    bucket: &'a str,
    key: &'a str,
}

impl Protocol for Oss<'_> {
    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        let resource = Resource {
            bucket: Some(self.bucket),
            key: self.key,
        };
        let date_time = attempt.now.strftime("%Y%m%dT%H%M%SZ").to_string();
        sign_v4(request, attempt.credentials, resource, self.region, &date_time);
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        if reply.is_success() {
            return None;
        }
        let error = ApiError::from_oss(call.operation, reply);
        let class = classify_oss(&error, reply, call.effect.when_repeated());
        Some(Fault {
            kind: kind(&error, class),
            class,
            error,
        })
    }
}

fn kind(error: &ApiError, class: Class) -> FaultKind {
    let wants_pause = matches!(class, Class::Transient { at_least } if !at_least.is_zero());
    match (error.status, error.code.as_str()) {
        (429, _) | (503, "SlowDown" | "Throttling") => FaultKind::Throttled,
        (503, _) if wants_pause => FaultKind::Throttled,
        (401 | 403, _) => FaultKind::Denied,
        (409, _) => FaultKind::Conflict,
        (500.., _) => FaultKind::Failed,
        _ => FaultKind::Rejected,
    }
}

/// What a request to a bucket or one of its objects carries.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    /// Method.
    pub(super) method: http::Method,
    /// Object name; empty for the bucket itself.
    pub(super) key: &'a str,
    /// Sub-resources and parameters.
    pub(super) query: Vec<(String, String)>,
    /// Headers, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// Body.
    pub(super) body: Bytes,
}

impl Ask<'_> {
    /// A request for the bucket itself or for a sub-resource such as `acl`.
    pub(super) fn of(method: http::Method, sub_resource: Option<&str>) -> Ask<'static> {
        Ask {
            method,
            key: "",
            query: sub_resource
                .map(|s| (s.to_string(), String::new()))
                .into_iter()
                .collect(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The same with an XML body; `checked` adds the MD5 that some operations demand.
    ///
    /// # Errors
    /// The body can't be written as XML.
    pub(super) fn with_xml<T: XmlBody>(mut self, call: &Call, body: &T) -> Result<Self, DriverError> {
        let text = crate::wire::codec::oss::encode(body).map_err(|e| call.rejected(e.to_string()))?;
        self.headers
            .push(("content-type".to_string(), "application/xml".to_string()));
        self.headers.push(("content-md5".to_string(), md5_base64(&text)));
        self.body = text.into();
        Ok(self)
    }

    /// The same with a header.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// The same with a parameter.
    pub(super) fn with_parameter(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_string(), value.to_string()));
        self
    }
}

/// The request before it is signed. The bucket stands in the host name, or in the path where the host is an address.
fn request(endpoint: Endpoint, bucket: &str, ask: &Ask<'_>) -> Request {
    let key = crate::wire::sign::percent::encode_path(ask.key);
    let path = match endpoint.bare {
        true => format!("/{bucket}/{key}"),
        false => format!("/{key}"),
    };
    let endpoint = endpoint.under(bucket);
    Request {
        method: ask.method.clone(),
        scheme: endpoint.scheme,
        authority: endpoint.authority,
        path,
        query: ask.query.clone(),
        headers: ask.headers.clone(),
        body: ask.body.clone(),
    }
}

/// Sends a request to a bucket.
///
/// # Errors
/// The fault.
pub(super) async fn send(session: &Session, call: &Call, bucket: &str, ask: &Ask<'_>) -> Result<Response, DriverError> {
    let region = session.region(call)?;
    let endpoint = match session.config().endpoint(&[SERVICE]) {
        Some(address) => Endpoint::parse(address).map_err(|why| call.rejected(format!("endpoints.oss: {why}")))?,
        None => Endpoint::https(format!("oss-{region}.aliyuncs.com")),
    };
    let protocol = Oss {
        region,
        bucket,
        key: ask.key,
    };
    session.call(call, &protocol, &request(endpoint, bucket, ask)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_goes_before_names_and_into_paths() {
        let ask = Ask {
            key: "a b/ü",
            ..Ask::of(http::Method::GET, None)
        };
        let named = request(Endpoint::https("oss-cn-hangzhou.aliyuncs.com"), "b", &ask);
        assert_eq!(named.authority, "b.oss-cn-hangzhou.aliyuncs.com");
        assert_eq!(named.path, "/a%20b/%C3%BC");
        let local = Endpoint::parse("http://127.0.0.1:1").map(|e| request(e, "b", &ask));
        assert!(local.is_ok_and(|r| r.authority == "127.0.0.1:1" && r.path == "/b/a%20b/%C3%BC"));
    }
}
