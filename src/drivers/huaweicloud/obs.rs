//! Calls of OBS: where a bucket answers, what every request carries, how faults are read. Every request is signed with
//! an access key: OBS takes no token of IAM. A few things can be said only in the S3 dialect, which another signature
//! chooses.
//!
//! Source: OBS API reference ("Authentication of Signature in a Header", "Error Codes"); `esdk-obs-python`.

use super::{api, assume};
use crate::driver::{Attempt, Call, DriverError, Endpoint, Fault, FaultKind, Protocol, Session};
use crate::wire::codec::obs::XmlBody;
use crate::wire::retry::classify_obs;
use crate::wire::sign::md5_base64;
use crate::wire::sign::obs::{Dialect, sign_in};
use crate::wire::{ApiError, Credentials, Request, Response};
use bytes::Bytes;

/// Service name in calls and endpoints.
pub(super) const SERVICE: &str = "obs";

/// The code for a bucket that does not exist.
pub(super) const NO_BUCKET: &str = "NoSuchBucket";

/// OBS's protocol, for a bucket that stands in the host name or for a path.
struct Obs<'a> {
    host_bucket: Option<&'a str>,
    dialect: Dialect,
    /// The key of a role, in place of the provider's.
    assumed: Option<Credentials>,
}

impl Protocol for Obs<'_> {
    fn credentials<'a>(&'a self, of_provider: Option<&'a Credentials>) -> Option<&'a Credentials> {
        self.assumed.as_ref().or(of_provider)
    }

    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        let date = attempt.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        sign_in(request, attempt.credentials, self.dialect, self.host_bucket, &date);
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        if reply.is_success() {
            return None;
        }
        let error = ApiError::from_obs(call.operation, reply);
        Some(Fault {
            kind: kind(&error),
            class: classify_obs(&error, call.effect.when_repeated()),
            error,
        })
    }
}

fn kind(error: &ApiError) -> FaultKind {
    match (error.status, error.code.as_str()) {
        (429, _) | (_, "SlowDown") => FaultKind::Throttled,
        (401 | 403, _) => FaultKind::Denied,
        (409, _) => FaultKind::Conflict,
        (500.., _) => FaultKind::Failed,
        _ => FaultKind::Rejected,
    }
}

/// What a request to a bucket carries.
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
    /// In whose words OBS is asked.
    pub(super) dialect: Dialect,
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
            dialect: Dialect::Obs,
        }
    }

    /// The same in the S3 dialect.
    pub(super) fn in_s3(mut self) -> Self {
        self.dialect = Dialect::Aws;
        self
    }

    /// The same with an XML body.
    ///
    /// # Errors
    /// The body can't be written as XML.
    pub(super) fn with_xml<T: XmlBody>(self, call: &Call, body: &T) -> Result<Self, DriverError> {
        let text = crate::wire::codec::obs::encode(body).map_err(|e| call.rejected(e.to_string()))?;
        Ok(self.with_body(text))
    }

    /// The same with a body.
    pub(super) fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with the MD5 of its body, which some operations demand.
    pub(super) fn with_md5(self) -> Self {
        let md5 = md5_base64(&self.body);
        self.with_header("content-md5", &md5)
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

/// Says why a provider that has a token or a password can't call OBS.
fn check_key(session: &Session, call: &Call) -> Result<(), DriverError> {
    let config = session.config();
    let other = ["token", "password"]
        .into_iter()
        .find(|name| config.secrets.contains_key(*name));
    let Some(other) = other.filter(|_| config.credentials.is_none()) else {
        return Ok(());
    };
    let reply = call.reply(format!(
        "the provider has a {other} and no access key, and OBS takes only requests that are signed with an access key"
    ));
    let help = format!("set access_key and secret_key beside the {other}: OBS uses them, or use them alone");
    Err(DriverError::Denied(reply).with_help(help))
}

/// Sends a request to a bucket of a region (the provider's where none is given).
///
/// # Errors
/// The fault.
pub(super) async fn send(
    session: &Session,
    call: &Call,
    own_region: Option<&str>,
    bucket: &str,
    ask: &Ask<'_>,
) -> Result<Response, DriverError> {
    if session.config().roles.is_empty() {
        check_key(session, call)?;
    }
    let region = api::region(session, call, own_region)?;
    let assumed = Box::pin(assume::credentials(session, region)).await?;
    let endpoint = api::endpoint(session, call, SERVICE, region)?;
    let protocol = Obs {
        host_bucket: (!endpoint.bare).then_some(bucket),
        dialect: ask.dialect,
        assumed,
    };
    let sent = session.call(call, &protocol, &request(endpoint, bucket, ask)).await;
    sent.map_err(|error| elsewhere(error, region))
}

/// Explains a reply that points to another address.
fn elsewhere(error: DriverError, region: &str) -> DriverError {
    match &error {
        DriverError::Rejected(reply) if matches!(reply.status, Some(301 | 302 | 307 | 308)) => error.with_help(format!(
            "the bucket lies in another region than {region}; set region to that one, in the resource or its provider"
        )),
        _ => error,
    }
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
        let named = request(Endpoint::https("obs.cn-north-4.myhuaweicloud.com"), "b", &ask);
        assert_eq!(named.authority, "b.obs.cn-north-4.myhuaweicloud.com");
        assert_eq!(named.path, "/a%20b/%C3%BC");
        let local = Endpoint::parse("http://127.0.0.1:1").map(|e| request(e, "b", &ask));
        assert!(local.is_ok_and(|r| r.authority == "127.0.0.1:1" && r.path == "/b/a%20b/%C3%BC"));
    }

    #[test]
    fn codes_have_kinds() {
        for (status, code, expected) in [
            (503, "SlowDown", FaultKind::Throttled),
            (429, "", FaultKind::Throttled),
            (403, "", FaultKind::Denied),
            (409, "BucketNotEmpty", FaultKind::Conflict),
            (404, "", FaultKind::Rejected),
            (301, "PermanentRedirect", FaultKind::Rejected),
            (500, "InternalError", FaultKind::Failed),
        ] {
            let error = ApiError {
                service: crate::wire::Service::Obs,
                operation: "X".into(),
                status,
                code: code.into(),
                message: String::new(),
                request_id: String::new(),
            };
            assert_eq!(kind(&error), expected, "{status} {code}");
        }
    }
}
