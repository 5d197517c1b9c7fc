//! OSS signatures V4 (OSS4-HMAC-SHA256) and V1 (HMAC-SHA1). The bucket is always part of what is
//! signed, whether it stands in the path or in the host name.
//!
//! Source: OSS "Include signatures in the Authorization header" (V1 and V4) and the captured
//! requests of `oss2` and `alibabacloud-oss-v2` that the tests recompute.

use super::digest::{base64, hex, hmac_sha1, hmac_sha256, sha256_hex, v4_key};
use super::percent::{canonical_query, encode_path};
use crate::wire::{Credentials, Request};

const V4: &str = "OSS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const V4_TERMINATOR: &str = "aliyun_v4_request";

/// What a request is about, however it is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The bucket; none for the service itself (ListBuckets).
    pub bucket: Option<&'a str>,
    /// The object's name, not encoded; empty for the bucket itself.
    pub key: &'a str,
}

impl Resource<'_> {
    fn path(&self) -> String {
        match self.bucket {
            Some(bucket) => format!("/{bucket}/{}", self.key),
            None => "/".to_string(),
        }
    }
}

/// Day and region that a V4 signature is valid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `YYYYMMDD` in UTC.
    pub date: String,
    /// Region without the `oss-` prefix, such as `cn-hangzhou`.
    pub region: String,
}

impl Scope {
    fn text(&self) -> String {
        format!("{}/{}/oss/{V4_TERMINATOR}", self.date, self.region)
    }
}

/// The parts of an OSS `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// `OSS <access key id>:<signature>`.
    V1 {
        /// Access key id.
        access_key: String,
        /// The signature, base64.
        signature: String,
    },
    /// `OSS4-HMAC-SHA256 Credential=..., Signature=...`.
    V4 {
        /// Access key id.
        access_key: String,
        /// Day and region.
        scope: Scope,
        /// Names of headers signed beyond the default ones, lower case.
        additional_headers: Vec<String>,
        /// The signature, lower-case hexadecimal.
        signature: String,
    },
}

/// Reads an `Authorization` header of either version; nothing for any other text. The SDKs differ
/// in the space after the comma, so it is optional.
pub fn parse_authorization(value: &str) -> Option<Authorization> {
    if let Some(rest) = value.strip_prefix("OSS ") {
        let (id, signature) = rest.trim().split_once(':')?;
        return Some(Authorization::V1 {
            access_key: id.into(),
            signature: signature.into(),
        });
    }
    let (mut credential, mut additional_headers, mut signature) = (None, Vec::new(), None);
    for part in value.strip_prefix(V4)?.strip_prefix(' ')?.split(',') {
        match part.trim().split_once('=')? {
            ("Credential", v) => credential = Some(v),
            ("AdditionalHeaders", v) => {
                let names = v.split(';').map(|name| name.trim().to_ascii_lowercase());
                additional_headers = names.filter(|name| !name.is_empty()).collect();
            }
            ("Signature", v) => signature = Some(v.to_string()),
            _ => {}
        }
    }
    let parts: Vec<&str> = credential?.split('/').collect();
    let [access_key, date, region, "oss", V4_TERMINATOR] = parts[..] else {
        return None;
    };
    Some(Authorization::V4 {
        access_key: access_key.into(),
        scope: Scope {
            date: date.into(),
            region: region.into(),
        },
        additional_headers,
        signature: signature?,
    })
}

/// The canonical request of V4. `additional_headers` are lower-case names signed beyond `x-oss-*`,
/// `content-type` and `content-md5`.
pub fn canonical_request_v4(request: &Request, resource: Resource<'_>, additional_headers: &[String]) -> String {
    let query = request.query.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let mut additional: Vec<&str> = additional_headers
        .iter()
        .map(String::as_str)
        .filter(|name| !is_default_header(name) && request.header(name).is_some())
        .collect();
    additional.sort_unstable();
    additional.dedup();
    let headers = header_lines(request, |name| is_default_header(name) || additional.contains(&name));
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        request.method,
        encode_path(&resource.path()),
        canonical_query(query, true),
        additional.join(";"),
        request.header("x-oss-content-sha256").unwrap_or(UNSIGNED)
    )
}

fn is_default_header(name: &str) -> bool {
    name.starts_with("x-oss-") || name == "content-type" || name == "content-md5"
}

fn header_lines(request: &Request, signed: impl Fn(&str) -> bool) -> String {
    let mut lines: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| signed(name))
        .map(|(name, value)| (name.as_str(), value.trim()))
        .collect();
    lines.sort_unstable();
    lines.iter().map(|(name, value)| format!("{name}:{value}\n")).collect()
}

/// The V4 signature, lower-case hexadecimal. `x-oss-date` must be set.
pub fn signature_v4(
    request: &Request,
    secret: &str,
    resource: Resource<'_>,
    scope: &Scope,
    additional_headers: &[String],
) -> String {
    let canonical = canonical_request_v4(request, resource, additional_headers);
    let text = format!(
        "{V4}\n{}\n{}\n{}",
        request.header("x-oss-date").unwrap_or_default(),
        scope.text(),
        sha256_hex(canonical.as_bytes())
    );
    let key = v4_key(secret, &scope.date, &scope.region, "oss");
    hex(&hmac_sha256(&key, text.as_bytes()))
}

/// Signs with V4. Sets `x-oss-date`, `x-oss-content-sha256`, `x-oss-security-token` for temporary
/// credentials and `authorization`. `date_time` is `YYYYMMDDThhmmssZ` in UTC, `region` has no
/// `oss-` prefix.
pub fn sign_v4(
    request: &mut Request,
    credentials: &Credentials,
    resource: Resource<'_>,
    region: &str,
    date_time: &str,
) {
    prepare(request, credentials);
    request.set_header("x-oss-date", date_time);
    request.set_header("x-oss-content-sha256", UNSIGNED);
    let date = date_time.split('T').next().unwrap_or_default().to_string();
    let scope = Scope {
        date,
        region: region.to_string(),
    };
    let signature = signature_v4(request, credentials.secret.expose(), resource, &scope, &[]);
    request.set_header(
        "authorization",
        format!(
            "{V4} Credential={}/{}, Signature={signature}",
            credentials.access_key,
            scope.text()
        ),
    );
}

/// What a V1 signature covers.
pub fn string_to_sign_v1(request: &Request, resource: Resource<'_>) -> String {
    let header = |name| request.header(name).unwrap_or_default();
    let date = request.header("x-oss-date").unwrap_or(header("date"));
    let mut signed: Vec<&(String, String)> = request
        .query
        .iter()
        .filter(|(name, _)| SUB_RESOURCES.binary_search(&name.as_str()).is_ok())
        .collect();
    signed.sort();
    let parameters: Vec<String> = signed
        .iter()
        .map(|(k, v)| if v.is_empty() { k.clone() } else { format!("{k}={v}") })
        .collect();
    let separator = if parameters.is_empty() { "" } else { "?" };
    format!(
        "{}\n{}\n{}\n{date}\n{}{}{separator}{}",
        request.method,
        header("content-md5"),
        header("content-type"),
        header_lines(request, |name| name.starts_with("x-oss-")),
        resource.path(),
        parameters.join("&")
    )
}

/// The V1 signature, base64. `date` or `x-oss-date` must be set.
pub fn signature_v1(request: &Request, secret: &str, resource: Resource<'_>) -> String {
    let text = string_to_sign_v1(request, resource);
    base64(&hmac_sha1(secret.as_bytes(), text.as_bytes()))
}

/// Signs with V1. Sets `date`, `x-oss-security-token` for temporary credentials and
/// `authorization`. `date` is an HTTP date such as `Fri, 20 Nov 2026 21:16:29 GMT`.
pub fn sign_v1(request: &mut Request, credentials: &Credentials, resource: Resource<'_>, date: &str) {
    prepare(request, credentials);
    request.set_header("date", date);
    let signature = signature_v1(request, credentials.secret.expose(), resource);
    request.set_header("authorization", format!("OSS {}:{signature}", credentials.access_key));
}

/// Drops what an earlier signing set and sets the security token.
fn prepare(request: &mut Request, credentials: &Credentials) {
    const STALE: [&str; 5] = [
        "authorization",
        "date",
        "x-oss-date",
        "x-oss-content-sha256",
        "x-oss-security-token",
    ];
    request.headers.retain(|(name, _)| !STALE.contains(&name.as_str()));
    if let Some(token) = &credentials.security_token {
        request.set_header("x-oss-security-token", token.expose());
    }
}

/// Query parameters that are part of the V1 canonical resource, sorted for the search.
const SUB_RESOURCES: &[&str] = &[
    "accessPoint",
    "accessPointPolicy",
    "accessmonitor",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "partNumber",
    "policy",
    "policyStatus",
    "position",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "responseHeader",
    "restore",
    "rtc",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "token",
    "transferAcceleration",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
    "wormExtend",
    "wormId",
    "x-oss-ac-forward-allow",
    "x-oss-ac-source-ip",
    "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id",
    "x-oss-async-process",
    "x-oss-enable-md5",
    "x-oss-enable-sha1",
    "x-oss-enable-sha256",
    "x-oss-hash-ctx",
    "x-oss-md5-ctx",
    "x-oss-process",
    "x-oss-redundancy-transition-taskid",
    "x-oss-request-payer",
    "x-oss-target-redundancy-type",
    "x-oss-traffic-limit",
    "x-oss-write-get-object-response",
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::wire::sign::percent::parse_query;
    use bytes::Bytes;

    const BUCKET: Resource<'_> = Resource {
        bucket: Some("b"),
        key: "",
    };

    fn request(query: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            method: http::Method::GET,
            scheme: "https".into(),
            authority: "b.oss-cn-hangzhou.aliyuncs.com".into(),
            path: "/".into(),
            query: parse_query(query),
            headers: headers.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            body: Bytes::new(),
        }
    }

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key: "id".into(),
            secret: Secret::new("key"),
            security_token: token.map(Secret::new),
        }
    }

    #[test]
    fn the_whitelist_is_sorted_for_its_search() {
        assert!(SUB_RESOURCES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn v1_signs_only_sub_resources_and_leaves_keys_unencoded() {
        let request = request("prefix=x&versionId=1&acl=&max-keys=2", &[("date", "D")]);
        let resource = Resource {
            bucket: Some("b"),
            key: "a b/中",
        };
        assert_eq!(
            string_to_sign_v1(&request, resource),
            "GET\n\n\nD\n/b/a b/中?acl&versionId=1"
        );
        assert_eq!(
            string_to_sign_v1(&request, Resource::default()),
            "GET\n\n\nD\n/?acl&versionId=1"
        );
    }

    #[test]
    fn v1_prefers_the_oss_date() {
        let request = request("", &[("date", "D"), ("x-oss-date", "X")]);
        assert_eq!(string_to_sign_v1(&request, BUCKET), "GET\n\n\nX\nx-oss-date:X\n/b/");
    }

    #[test]
    fn v4_encodes_keys_and_signs_additional_headers_that_are_there() {
        let request = request("acl=&prefix=a/b", &[("host", "h"), ("x-oss-date", "X")]);
        let names = ["host".to_string(), "range".to_string(), "x-oss-date".to_string()];
        let resource = Resource {
            bucket: Some("b"),
            key: "a b/c",
        };
        assert_eq!(
            canonical_request_v4(&request, resource, &names),
            "GET\n/b/a%20b/c\nacl&prefix=a%2Fb\nhost:h\nx-oss-date:X\n\nhost\nUNSIGNED-PAYLOAD"
        );
    }

    #[test]
    fn signed_requests_recompute_from_their_own_header() {
        let mut request = request("bucketInfo=", &[("content-type", "application/xml")]);
        sign_v1(
            &mut request,
            &credentials(Some("token")),
            BUCKET,
            "Fri, 20 Nov 2026 21:16:29 GMT",
        );
        let parsed = parse_authorization(request.header("authorization").unwrap()).unwrap();
        let signature = signature_v1(&request, "key", BUCKET);
        assert_eq!(
            parsed,
            Authorization::V1 {
                access_key: "id".into(),
                signature
            }
        );
        assert_eq!(request.header("x-oss-security-token"), Some("token"));

        sign_v4(
            &mut request,
            &credentials(None),
            BUCKET,
            "cn-hangzhou",
            "20261120T211629Z",
        );
        assert_eq!(request.header("x-oss-security-token"), None);
        assert_eq!(request.header("date"), None);
        let scope = Scope {
            date: "20261120".into(),
            region: "cn-hangzhou".into(),
        };
        let signature = signature_v4(&request, "key", BUCKET, &scope, &[]);
        assert_eq!(
            parse_authorization(request.header("authorization").unwrap()).unwrap(),
            Authorization::V4 {
                access_key: "id".into(),
                scope,
                additional_headers: vec![],
                signature
            }
        );
    }

    #[test]
    fn authorization_is_read_tolerantly_and_garbage_is_refused() {
        let scope = "id/20261120/cn-hangzhou/oss/aliyun_v4_request";
        for text in [
            format!("{V4} Credential={scope}, AdditionalHeaders=Host;range, Signature=ab"),
            format!("{V4} Credential={scope},AdditionalHeaders=host;range,Signature=ab"),
        ] {
            let Some(Authorization::V4 { additional_headers, .. }) = parse_authorization(&text) else {
                panic!("{text}");
            };
            assert_eq!(additional_headers, ["host", "range"]);
        }
        let other_product = format!("{V4} Credential=id/1/r/ots/aliyun_v4_request,Signature=a");
        let no_signature = format!("{V4} Credential={scope}");
        for text in ["", "OSS", "OSS id", "Bearer x", V4, &other_product, &no_signature] {
            assert_eq!(parse_authorization(text), None, "{text}");
        }
    }
}
