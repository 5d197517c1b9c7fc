//! Tablestore signatures: V2 (HMAC-SHA1) and V4 (HMAC-SHA256) of requests, and the signature that
//! the service puts on its replies.
//!
//! Source: the Tablestore SDKs for Go, Java, Python and Node.js, whose captured requests the tests
//! recompute; the rules for replies are those of the Python SDK.

use super::digest::{base64, hmac_sha1, hmac_sha256, md5_base64, same_signature, v4_key};
use super::percent::canonical_query;
use crate::wire::codec::ots::Error;
use crate::wire::{Credentials, Request, Response};
use jiff::{SignedDuration, Timestamp};
use prost::Message;

const SIGNATURE_V2: &str = "x-ots-signature";
const SIGNATURE_V4: &str = "x-ots-signaturev4";
/// How far the `x-ots-date` of a reply may be from our clock, seconds.
const DATE_TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// What a V2 signature covers: path, method, query and every `x-ots-*` header but the signature.
pub fn string_to_sign(request: &Request) -> String {
    let query = request.query.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    format!(
        "{}\n{}\n{}\n{}",
        request.path,
        request.method,
        canonical_query(query, false),
        signed_headers(&request.headers)
    )
}

/// The `x-ots-*` headers, sorted, each with its line feed, without the signature itself.
fn signed_headers(headers: &[(String, String)]) -> String {
    let mut lines: Vec<(String, &str)> = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .filter(|(name, _)| name.starts_with("x-ots-") && name != SIGNATURE_V2 && name != SIGNATURE_V4)
        .collect();
    lines.sort();
    lines.iter().map(|(name, value)| format!("{name}:{value}\n")).collect()
}

/// The V2 signature of a request, base64.
pub fn signature_v2(request: &Request, secret: &str) -> String {
    base64(&hmac_sha1(secret.as_bytes(), string_to_sign(request).as_bytes()))
}

/// Signs with V2. Sets `x-ots-accesskeyid`, `x-ots-ststoken` for temporary credentials,
/// `x-ots-contentmd5` and `x-ots-signature`; the caller has set `x-ots-date`, `x-ots-apiversion`
/// and `x-ots-instancename`.
pub fn sign_v2(request: &mut Request, credentials: &Credentials) {
    prepare(request, credentials);
    let signature = signature_v2(request, credentials.secret.expose());
    request.set_header(SIGNATURE_V2, signature);
}

/// The V4 signing key: the base64 text of the derived key, whose ASCII bytes are the HMAC key both
/// for requests and for replies. `sign_date` is `YYYYMMDD` in UTC.
pub fn v4_signing_key(secret: &str, sign_date: &str, region: &str) -> String {
    base64(&v4_key(secret, sign_date, region, "ots"))
}

/// The V4 signature of a request, base64. `x-ots-signdate` and `x-ots-signregion` must be set.
pub fn signature_v4(request: &Request, signing_key: &str) -> String {
    let text = format!("{}ots", string_to_sign(request));
    base64(&hmac_sha256(signing_key.as_bytes(), text.as_bytes()))
}

/// Signs with V4: as [`sign_v2`], with `x-ots-signdate`, `x-ots-signregion` and
/// `x-ots-signaturev4` in place of `x-ots-signature`. `sign_date` is `YYYYMMDD` in UTC.
pub fn sign_v4(request: &mut Request, credentials: &Credentials, region: &str, sign_date: &str) {
    prepare(request, credentials);
    request.set_header("x-ots-signdate", sign_date);
    request.set_header("x-ots-signregion", region);
    let key = v4_signing_key(credentials.secret.expose(), sign_date, region);
    let signature = signature_v4(request, &key);
    request.set_header(SIGNATURE_V4, signature);
}

/// Sets what both schemes sign and drops signatures and tokens of an earlier signing.
fn prepare(request: &mut Request, credentials: &Credentials) {
    let stale = [
        SIGNATURE_V2,
        SIGNATURE_V4,
        "x-ots-ststoken",
        "x-ots-signdate",
        "x-ots-signregion",
    ];
    request.headers.retain(|(name, _)| !stale.contains(&name.as_str()));
    request.set_header("x-ots-accesskeyid", &credentials.access_key);
    if let Some(token) = &credentials.security_token {
        request.set_header("x-ots-ststoken", token.expose());
    }
    request.set_header("x-ots-contentmd5", md5_base64(&request.body));
}

/// The signature of a reply, base64: HMAC-SHA1 over its sorted `x-ots-*` headers and the path of
/// the request. `key` is the secret under V2 and the [`v4_signing_key`] under V4.
pub fn response_signature(key: &str, path: &str, headers: &[(String, String)]) -> String {
    let text = format!("{}{path}", signed_headers(headers));
    base64(&hmac_sha1(key.as_bytes(), text.as_bytes()))
}

/// Signs a reply to a request for `path`, as the service does: sets `x-ots-contentmd5` and
/// `authorization`; the caller has set the other `x-ots-*` headers. `key` as in
/// [`response_signature`].
pub fn sign_response(response: &mut Response, path: &str, key: &str, access_key: &str) {
    let set = |headers: &mut Vec<(String, String)>, name: &str, value: String| {
        headers.retain(|(n, _)| n != name);
        headers.push((name.to_string(), value));
    };
    set(&mut response.headers, "x-ots-contentmd5", md5_base64(&response.body));
    let signature = response_signature(key, path, &response.headers);
    set(
        &mut response.headers,
        "authorization",
        format!("OTS {access_key}:{signature}"),
    );
}

/// Why a reply cannot be trusted to come from Tablestore.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseSignatureError {
    /// A reply with status 2xx lacks a header that the service always sends.
    #[error("the reply has no {0} header")]
    MissingHeader(&'static str),
    /// The body is not the one that `x-ots-contentmd5` was made of.
    #[error("the body of the reply does not have the MD5 that its header says")]
    BodyHash,
    /// `x-ots-date` is not a time.
    #[error("the x-ots-date of the reply, {0:?}, is not a time")]
    UnreadableDate(String),
    /// The reply is too old, or our clock is wrong.
    #[error("the reply is dated {date}, more than 15 minutes from this machine's {now}")]
    Date {
        /// Time in the reply.
        date: Timestamp,
        /// Time of this machine.
        now: Timestamp,
    },
    /// `Authorization` is not of the form `OTS <access key id>:<signature>`.
    #[error("the Authorization of the reply is not of the form OTS <access key id>:<signature>")]
    Form,
    /// The reply is signed for another access key.
    #[error("the reply is signed for access key {0:?}, not for the one that sent the request")]
    AccessKey(String),
    /// The signature does not match.
    #[error("the signature of the reply does not match its contents")]
    Signature,
}

/// Checks that a reply is whole, recent and signed by the service for `access_key`.
///
/// `sent` is the request as it was sent, `key` the secret (V2) or the [`v4_signing_key`] (V4). A
/// reply with status 2xx must carry every header; any other only has to be right in what it
/// carries, since a gateway cannot sign. The Authorization of a 403 `OTSAuthFailed` is not looked
/// at: the service may not know the key that it would be made with.
pub fn verify_response(
    sent: &Request,
    response: &Response,
    key: &str,
    access_key: &str,
    now: Timestamp,
) -> Result<(), ResponseSignatureError> {
    use ResponseSignatureError as E;
    const REQUIRED: [&str; 5] = [
        "x-ots-contentmd5",
        "x-ots-requestid",
        "x-ots-date",
        "x-ots-contenttype",
        "authorization",
    ];
    if response.is_success() {
        for name in REQUIRED {
            response.header(name).ok_or(E::MissingHeader(name))?;
        }
    }
    if let Some(md5) = response.header("x-ots-contentmd5")
        && !same_signature(md5.trim(), &md5_base64(&response.body))
    {
        return Err(E::BodyHash);
    }
    if let Some(text) = response.header("x-ots-date") {
        let date: Timestamp = text.trim().parse().map_err(|_| E::UnreadableDate(text.to_string()))?;
        if date.duration_since(now).abs() > DATE_TOLERANCE {
            return Err(E::Date { date, now });
        }
    }
    match response.header("authorization") {
        Some(authorization) if !is_auth_failed(response) => {
            let (id, signature) = authorization
                .strip_prefix("OTS ")
                .and_then(|rest| rest.trim().split_once(':'))
                .ok_or(E::Form)?;
            if id != access_key {
                return Err(E::AccessKey(id.to_string()));
            }
            if same_signature(signature, &response_signature(key, &sent.path, &response.headers)) {
                Ok(())
            } else {
                Err(E::Signature)
            }
        }
        _ => Ok(()),
    }
}

fn is_auth_failed(response: &Response) -> bool {
    response.status == 403
        && Error::decode(response.body.clone()).is_ok_and(|error| error.code.as_deref() == Some("OTSAuthFailed"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use bytes::Bytes;

    const NOW: &str = "2026-11-20T21:07:04Z";

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key: "id".into(),
            secret: Secret::new("key"),
            security_token: token.map(Secret::new),
        }
    }

    fn request() -> Request {
        Request {
            method: http::Method::POST,
            scheme: "https".into(),
            authority: "i.cn-hangzhou.ots.aliyuncs.com".into(),
            path: "/ListTable".into(),
            query: Vec::new(),
            headers: vec![("x-ots-date".into(), "2026-11-20T21:07:04.000Z".into())],
            body: Bytes::new(),
        }
    }

    fn reply(status: u16, body: Vec<u8>, date: &str) -> Response {
        let headers = [
            ("x-ots-requestid", "r"),
            ("x-ots-date", date),
            ("x-ots-contenttype", "protocol buffer"),
        ]
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .to_vec();
        let mut response = Response {
            status,
            headers,
            body: body.into(),
        };
        sign_response(&mut response, "/ListTable", "key", "id");
        response
    }

    fn verify(response: &Response) -> Result<(), ResponseSignatureError> {
        verify_response(&request(), response, "key", "id", NOW.parse().unwrap())
    }

    fn set(response: &mut Response, name: &str, value: &str) {
        for header in response.headers.iter_mut().filter(|(n, _)| n == name) {
            header.1 = value.into();
        }
    }

    #[test]
    fn signing_twice_is_signing_once_and_drops_old_tokens() {
        let mut once = request();
        sign_v2(&mut once, &credentials(None));
        let mut twice = request();
        sign_v4(&mut twice, &credentials(Some("token")), "cn-hangzhou", "20261120");
        assert_eq!(twice.header("x-ots-ststoken"), Some("token"));
        assert_eq!(twice.header("x-ots-signature"), None);
        sign_v2(&mut twice, &credentials(None));
        assert_eq!(string_to_sign(&once), string_to_sign(&twice));
        assert_eq!(once.header("x-ots-signature"), twice.header("x-ots-signature"));
        assert_eq!(twice.header("x-ots-signaturev4"), None);
    }

    #[test]
    fn a_good_reply_passes_and_every_fault_is_named() {
        use ResponseSignatureError as E;
        let good = reply(200, vec![1, 2], "2026-11-20T21:07:04.000Z");
        assert_eq!(verify(&good), Ok(()));
        for name in ["x-ots-requestid", "x-ots-contenttype", "authorization"] {
            let mut bad = good.clone();
            bad.headers.retain(|(n, _)| n != name);
            assert_eq!(verify(&bad), Err(E::MissingHeader(name)));
        }
        let mut bad = good.clone();
        bad.body = Bytes::from_static(b"x");
        assert_eq!(verify(&bad), Err(E::BodyHash));
        let mut bad = good.clone();
        set(&mut bad, "x-ots-requestid", "other");
        assert_eq!(verify(&bad), Err(E::Signature));
        let mut bad = good.clone();
        set(&mut bad, "authorization", "OTS other:sig");
        assert_eq!(verify(&bad), Err(E::AccessKey("other".into())));
        for form in ["id:sig", "OTS sig", "", "OSS id:sig"] {
            let mut bad = good.clone();
            set(&mut bad, "authorization", form);
            assert_eq!(verify(&bad), Err(E::Form), "{form}");
        }
        assert_eq!(
            verify(&reply(200, vec![], "noon")),
            Err(E::UnreadableDate("noon".into()))
        );
    }

    #[test]
    fn dates_may_be_15_minutes_off_and_have_any_fraction() {
        for date in [
            "2026-11-20T20:52:04Z",
            "2026-11-20T21:22:04Z",
            "2026-11-20T21:07:51.11209Z",
        ] {
            assert_eq!(verify(&reply(200, vec![], date)), Ok(()), "{date}");
        }
        for date in ["2026-11-20T20:52:03Z", "2026-11-20T21:22:05Z"] {
            let result = verify(&reply(200, vec![], date));
            assert!(matches!(result, Err(ResponseSignatureError::Date { .. })), "{date}");
        }
    }

    #[test]
    fn errors_may_be_unsigned_but_not_wrongly_signed() {
        let mut bare = reply(502, b"<html>".to_vec(), NOW);
        bare.headers.clear();
        assert_eq!(verify(&bare), Ok(()));
        let mut wrong = reply(404, vec![], NOW);
        set(&mut wrong, "authorization", "OTS id:AAAA");
        assert_eq!(verify(&wrong), Err(ResponseSignatureError::Signature));
        let auth_failed = Error {
            code: Some("OTSAuthFailed".into()),
            ..Error::default()
        }
        .encode_to_vec();
        let mut denied = reply(403, auth_failed, NOW);
        set(&mut denied, "authorization", "OTS id:AAAA");
        assert_eq!(verify(&denied), Ok(()));
    }
}
