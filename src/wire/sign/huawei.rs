//! SDK-HMAC-SHA256, the signature of Huawei Cloud's and Open Telekom Cloud's JSON services, in the form that SDKs sign
//! today and in the scoped form of the first DIS SDK, which a server still meets. Covers method, path, query, a stated
//! list of headers and the body.
//!
//! Source: Huawei Cloud "AK/SK signing and authentication algorithm" and the captured requests of `huaweicloudsdkcore`
//! and `huaweicloud-python-sdk-dis` that the tests recompute.

use super::digest::{hex, hmac_sha256, sha256_hex};
use super::percent::{canonical_query, encode};
use crate::wire::{Credentials, Request};
use percent_encoding::percent_decode_str;

const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// What a scope ends with.
const SCOPE_END: &str = "sdk_request";

/// The parts of an `Authorization: SDK-HMAC-SHA256 ...` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Access key id.
    pub access_key: String,
    /// Date, region and service of the scoped form; none in today's.
    pub scope: Option<Scope>,
    /// Names of the signed headers, in the header's order.
    pub signed_headers: Vec<String>,
    /// The signature, lower-case hexadecimal.
    pub signature: String,
}

/// What the key of a scoped signature is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `YYYYMMDD`.
    pub date: String,
    /// Region id.
    pub region: String,
    /// Service, such as `dis`.
    pub service: String,
}

/// Reads an `Authorization` header of this scheme; nothing for another scheme or a missing part.
pub fn parse_authorization(value: &str) -> Option<Authorization> {
    let (mut access_key, mut scope, mut headers, mut signature) = (None, None, None, None);
    for part in value.strip_prefix(ALGORITHM)?.strip_prefix(' ')?.split(',') {
        match part.trim().split_once('=')? {
            ("Access", v) => access_key = Some(v.to_string()),
            ("Credential", v) => {
                let [id, date, region, service, SCOPE_END] = v.split('/').collect::<Vec<_>>()[..] else {
                    return None;
                };
                access_key = Some(id.to_string());
                scope = Some(Scope {
                    date: date.to_string(),
                    region: region.to_string(),
                    service: service.to_string(),
                });
            }
            ("SignedHeaders", v) => headers = Some(v.split(';').map(str::to_string).collect()),
            ("Signature", v) => signature = Some(v.to_string()),
            _ => {}
        }
    }
    Some(Authorization {
        access_key: access_key?,
        scope,
        signed_headers: headers?,
        signature: signature?,
    })
}

/// The signature that `authorization` should carry, lower-case hexadecimal. The body's hash is computed unless the
/// request states one in `x-sdk-content-sha256`, which a verifier must then check by itself.
pub fn signature(
    request: &Request,
    secret: &str,
    date_time: &str,
    scope: Option<&Scope>,
    signed_headers: &[String],
) -> String {
    let hash = sha256_hex(canonical_request(request, signed_headers).as_bytes());
    let (key, scope_line) = match scope {
        None => (secret.as_bytes().to_vec(), String::new()),
        Some(s) => {
            let start = format!("SDK{secret}").into_bytes();
            let parts = [s.date.as_str(), &s.region, &s.service, SCOPE_END];
            let key = parts.iter().fold(start, |key, part| hmac_sha256(&key, part.as_bytes()));
            (key, format!("{}\n", parts.join("/")))
        }
    };
    let text = format!("{ALGORITHM}\n{date_time}\n{scope_line}{hash}");
    hex(&hmac_sha256(&key, text.as_bytes()))
}

fn canonical_request(request: &Request, signed_headers: &[String]) -> String {
    let segments = request.path.split('/');
    let mut path: Vec<String> = segments
        .map(|s| encode(&percent_decode_str(s).decode_utf8_lossy()))
        .collect();
    if path.last().is_some_and(|last| !last.is_empty()) {
        path.push(String::new());
    }
    let query = request.query.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let headers: String = signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", request.header(name).unwrap_or_default().trim()))
        .collect();
    let hash = request
        .header("x-sdk-content-sha256")
        .map_or_else(|| sha256_hex(&request.body), str::to_string);
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{hash}",
        request.method,
        path.join("/"),
        canonical_query(query, false),
        signed_headers.join(";"),
    )
}

/// Signs a request in today's form. Sets `host`, `x-sdk-date` (`YYYYMMDDThhmmssZ`), for temporary credentials
/// `x-security-token`, and `authorization`. Signed are `host`, `content-type` and every `x-*` header.
pub fn sign(request: &mut Request, credentials: &Credentials, date_time: &str) {
    request
        .headers
        .retain(|(name, _)| !["authorization", "x-security-token"].contains(&name.as_str()));
    let authority = request.authority.clone();
    request.set_header("host", authority);
    request.set_header("x-sdk-date", date_time);
    if let Some(token) = &credentials.security_token {
        request.set_header("x-security-token", token.expose());
    }
    let mut names: Vec<String> = request
        .headers
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|n| n == "host" || n == "content-type" || n.starts_with("x-"))
        .collect();
    names.sort();
    names.dedup();
    let signature = signature(request, credentials.secret.expose(), date_time, None, &names);
    request.set_header(
        "authorization",
        format!(
            "{ALGORITHM} Access={}, SignedHeaders={}, Signature={signature}",
            credentials.access_key,
            names.join(";")
        ),
    );
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use bytes::Bytes;

    #[test]
    fn both_forms_are_read_and_garbage_is_refused() {
        let now =
            parse_authorization("SDK-HMAC-SHA256 Access=id, SignedHeaders=host;x-sdk-date, Signature=ab").unwrap();
        assert_eq!((now.access_key.as_str(), now.scope), ("id", None));
        assert_eq!(now.signed_headers, ["host", "x-sdk-date"]);
        let old = "SDK-HMAC-SHA256 Credential=id/20261120/eu-de/dis/sdk_request, SignedHeaders=host, Signature=ab";
        let scope = parse_authorization(old).unwrap().scope.unwrap();
        assert_eq!(
            (scope.date.as_str(), scope.region.as_str(), scope.service.as_str()),
            ("20261120", "eu-de", "dis")
        );
        for text in [
            "",
            "SDK-HMAC-SHA256",
            "SDK-HMAC-SHA256 Access=id",
            "SDK-HMAC-SHA256 Credential=id/1/2, SignedHeaders=host, Signature=ab",
            "OBS id:sig",
        ] {
            assert_eq!(parse_authorization(text), None, "{text}");
        }
    }

    #[test]
    fn a_signed_request_verifies_and_a_changed_one_does_not() {
        let mut request = Request {
            method: http::Method::GET,
            scheme: "https".into(),
            authority: "dis.eu-de.otc.t-systems.com".into(),
            path: "/v2/p/streams/a%20b".into(),
            query: vec![("limit".into(), "1".into())],
            headers: vec![("content-type".into(), "application/json".into())],
            body: Bytes::new(),
        };
        let credentials = Credentials {
            access_key: "id".into(),
            secret: Secret::new("sk"),
            security_token: Some(Secret::new("token")),
        };
        sign(&mut request, &credentials, "20261120T000000Z");
        let check = |request: &Request| {
            let a = parse_authorization(request.header("authorization").unwrap()).unwrap();
            assert_eq!(
                a.signed_headers,
                ["content-type", "host", "x-sdk-date", "x-security-token"]
            );
            signature(request, "sk", "20261120T000000Z", None, &a.signed_headers) == a.signature
        };
        assert!(check(&request));
        request.path = "/v2/p/streams/a%20c".into();
        assert!(!check(&request));
    }
}
