//! The forms of OSS replies and errors.

use super::auth::Target;
use crate::sim::times;
use crate::sim::world::Now;
pub(super) use crate::sim::xml::{document, element, leaf, leaves};
use crate::wire::request::Response;
use bytes::Bytes;

/// An error reply in the making.
#[derive(Debug)]
pub(super) struct OssError {
    status: u16,
    code: &'static str,
    message: String,
}

impl OssError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn reply(&self, target: &Target, now: Now) -> Response {
        let bucket = target.bucket.as_deref().unwrap_or_default();
        let mut inner = element("Code", self.code)
            + &element("Message", &self.message)
            + &element("RequestId", &request_id(now))
            + &element("HostId", "sim");
        if !bucket.is_empty() {
            inner += &element("BucketName", bucket);
        }
        let mut response = reply(self.status, now, Some(document("Error", &inner)));
        if self.status == 503 {
            response
                .headers
                .push(("x-oss-qos-delay-time".to_string(), "10".to_string()));
        }
        response
    }
}

/// A reply with the headers every OSS reply has, and an XML document where there is one.
pub(super) fn reply(status: u16, now: Now, xml: Option<String>) -> Response {
    let mut headers = vec![
        ("server".to_string(), "AliyunOSS".to_string()),
        ("date".to_string(), times::http_date(now.wire_ms)),
        ("x-oss-request-id".to_string(), request_id(now)),
        ("x-oss-server-time".to_string(), "1".to_string()),
    ];
    if xml.is_some() {
        headers.push(("content-type".to_string(), "application/xml".to_string()));
    }
    Response {
        status,
        headers,
        body: xml.map(Bytes::from).unwrap_or_default(),
    }
}

fn request_id(now: Now) -> String {
    format!("51A0{:020X}", now.request)
}
