//! The form of Tablestore replies: headers, body hash, and the signature that SDKs check.

use super::auth::Signer;
use crate::sim::times;
use crate::sim::world::Now;
use crate::wire::codec::ots::Error;
use crate::wire::request::{Request, Response};
use crate::wire::sign::{md5_base64, ots};
use bytes::Bytes;
use prost::Message;

/// An error reply in the making.
#[derive(Debug)]
pub(super) struct OtsError {
    status: u16,
    code: &'static str,
    message: String,
}

impl OtsError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// 400 OTSParameterInvalid.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "OTSParameterInvalid", message)
    }

    /// The reply, signed when the sender's key is known.
    pub(super) fn reply(&self, request: &Request, signer: Option<&Signer>, now: Now) -> Response {
        let body = Error {
            code: Some(self.code.to_string()),
            message: Some(self.message.clone()),
            ..Error::default()
        };
        reply(self.status, body.encode_to_vec(), request, signer, now)
    }
}

/// A reply with the headers every SDK wants to see.
pub(super) fn reply(status: u16, body: Vec<u8>, request: &Request, signer: Option<&Signer>, now: Now) -> Response {
    let mut response = Response {
        status,
        headers: vec![
            ("x-ots-contentmd5".to_string(), md5_base64(&body)),
            (
                "x-ots-requestid".to_string(),
                format!("0005a1b2-0000-0000-0000-{:012x}", now.request),
            ),
            ("x-ots-date".to_string(), times::iso_millis(now.wire_ms)),
            ("x-ots-contenttype".to_string(), "protocol buffer".to_string()),
        ],
        body: Bytes::from(body),
    };
    if let Some(signer) = signer {
        ots::sign_response(&mut response, &request.path, &signer.key, &signer.access_key);
    }
    response
}
