//! The forms of OBS replies and errors, in the names of the dialect that the request has.

use super::auth::Target;
use crate::sim::times;
use crate::sim::world::Now;
use crate::sim::xml::element;
use crate::wire::request::Response;
use crate::wire::sign::obs::Dialect;
use bytes::Bytes;

/// An error reply in the making.
#[derive(Debug)]
pub(super) struct ObsError {
    status: u16,
    code: &'static str,
    message: String,
}

impl ObsError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn reply(&self, target: &Target, dialect: Dialect, now: Now) -> Response {
        let bucket = target.bucket.as_deref().unwrap_or_default();
        let mut inner = element("Code", self.code)
            + &element("Message", &self.message)
            + &element("RequestId", &request_id(now))
            + &element("HostId", "sim");
        if !bucket.is_empty() {
            inner += &element("BucketName", bucket);
        }
        let inner = format!("<Error>{inner}</Error>");
        reply(
            self.status,
            dialect,
            now,
            Some(format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{inner}"
            )),
        )
    }
}

/// A reply with the headers every OBS reply has, and a body where there is one.
pub(super) fn reply(status: u16, dialect: Dialect, now: Now, body: Option<String>) -> Response {
    let prefix = dialect.prefix();
    let mut headers = vec![
        ("server".to_string(), "OBS".to_string()),
        ("date".to_string(), times::http_date(now.wire_ms)),
        (format!("{prefix}request-id"), request_id(now)),
        (format!("{prefix}id-2"), "sim".to_string()),
    ];
    if body.is_some() {
        headers.push(("content-type".to_string(), "application/xml".to_string()));
    }
    Response {
        status,
        headers,
        body: body.map(Bytes::from).unwrap_or_default(),
    }
}

fn request_id(now: Now) -> String {
    format!("51B0{:028X}", now.request)
}

/// A whole document with `inner` (already XML) in its root.
pub(super) fn document(root: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <{root} xmlns=\"http://obs.sim.localhost/doc/2015-06-30/\">{inner}</{root}>"
    )
}
