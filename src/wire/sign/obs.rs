//! Signatures of OBS requests in a header: OBS's own and the AWS ones that its S3 dialect takes, version 2 (both
//! HMAC-SHA1) and version 4 (HMAC-SHA256). What is signed of the address is the path as it is sent, after the bucket
//! where that stands in the host name: `/bucket/` for a bucket by its own name, `/bucket` or `/bucket/` in path style.
//!
//! Source: OBS API reference, "Authentication of Signature in a Header"; AWS Signature Version 4; the captured requests
//! of `esdk-obs-python` that the tests recompute. That SDK signs in AWS style whenever the bucket stands in the path.

use super::digest::{base64, hex, hmac_sha1, hmac_sha256, sha256_hex};
use super::percent::canonical_query;
use crate::wire::{Credentials, Request};
use std::collections::BTreeMap;

const V4: &str = "AWS4-HMAC-SHA256";
/// What a scope of version 4 ends with.
const SCOPE_END: &str = "aws4_request";

/// Whose names a request uses for its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `x-obs-*`.
    Obs,
    /// `x-amz-*`.
    Aws,
}

impl Dialect {
    /// What the names of its headers begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Dialect::Obs => "x-obs-",
            Dialect::Aws => "x-amz-",
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Dialect::Obs => "OBS",
            Dialect::Aws => "AWS",
        }
    }
}

/// Day and region that a signature of version 4 is valid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `YYYYMMDD` in UTC.
    pub date: String,
    /// Region id.
    pub region: String,
}

/// The parts of an `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// `OBS <access key id>:<signature>`, or the same with `AWS`.
    Short {
        /// Whose names the signed headers have.
        dialect: Dialect,
        /// Access key id.
        access_key: String,
        /// The signature, base64.
        signature: String,
    },
    /// `AWS4-HMAC-SHA256 Credential=...,SignedHeaders=...,Signature=...`.
    V4 {
        /// Access key id.
        access_key: String,
        /// Day and region.
        scope: Scope,
        /// Names of the signed headers, in the header's order.
        signed_headers: Vec<String>,
        /// The signature, lower-case hexadecimal.
        signature: String,
    },
}

impl Authorization {
    /// Access key id.
    pub fn access_key(&self) -> &str {
        match self {
            Authorization::Short { access_key, .. } | Authorization::V4 { access_key, .. } => access_key,
        }
    }

    /// Whose names the headers have.
    pub fn dialect(&self) -> Dialect {
        match self {
            Authorization::Short { dialect, .. } => *dialect,
            Authorization::V4 { .. } => Dialect::Aws,
        }
    }
}

/// Reads an `Authorization` header of any of the three; nothing for another scheme or a missing part.
pub fn parse_authorization(value: &str) -> Option<Authorization> {
    if let Some(rest) = value.strip_prefix(V4) {
        return parse_v4(rest.strip_prefix(' ')?);
    }
    let (scheme, rest) = value.split_once(' ')?;
    let dialect = [Dialect::Obs, Dialect::Aws]
        .into_iter()
        .find(|d| d.scheme() == scheme)?;
    let (access_key, signature) = rest.trim().split_once(':')?;
    Some(Authorization::Short {
        dialect,
        access_key: access_key.to_string(),
        signature: signature.to_string(),
    })
}

fn parse_v4(rest: &str) -> Option<Authorization> {
    let (mut credential, mut headers, mut signature) = (None, None, None);
    for part in rest.split(',') {
        match part.trim().split_once('=')? {
            ("Credential", v) => credential = Some(v),
            ("SignedHeaders", v) => headers = Some(v.split(';').map(str::to_string).collect()),
            ("Signature", v) => signature = Some(v.to_string()),
            _ => {}
        }
    }
    let parts: Vec<&str> = credential?.split('/').collect();
    let [access_key, date, region, "s3", SCOPE_END] = parts[..] else {
        return None;
    };
    Some(Authorization::V4 {
        access_key: access_key.to_string(),
        scope: Scope {
            date: date.to_string(),
            region: region.to_string(),
        },
        signed_headers: headers?,
        signature: signature?,
    })
}

/// What the short signatures cover. `host_bucket` is the bucket where it stands in the host name.
pub fn string_to_sign(request: &Request, dialect: Dialect, host_bucket: Option<&str>) -> String {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let prefix = dialect.prefix();
    // A date in a header of the dialect is signed there.
    let date = match request.header(&format!("{prefix}date")) {
        Some(_) => "",
        None => header("date"),
    };
    let mut own: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| name.starts_with(prefix)) {
        own.entry(name).or_default().push(value.trim());
    }
    let headers: String = own
        .iter()
        .map(|(name, values)| format!("{name}:{}\n", values.join(",")))
        .collect();
    let bucket = host_bucket.map(|b| format!("/{b}")).unwrap_or_default();
    format!(
        "{}\n{}\n{}\n{date}\n{headers}{bucket}{}{}",
        request.method,
        header("content-md5"),
        header("content-type"),
        request.path,
        sub_resources(request, prefix),
    )
}

/// The signed parameters as they end the resource: `?acl`, `?uploadId=1&uploads`.
fn sub_resources(request: &Request, prefix: &str) -> String {
    let is_signed = |name: &str| {
        let name = name.to_ascii_lowercase();
        SUB_RESOURCES.binary_search(&name.as_str()).is_ok() || name.starts_with(prefix)
    };
    let mut signed: Vec<&(String, String)> = request.query.iter().filter(|(name, _)| is_signed(name)).collect();
    signed.sort();
    let parts: Vec<String> = signed
        .iter()
        .map(|(k, v)| if v.is_empty() { k.clone() } else { format!("{k}={v}") })
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("?{}", parts.join("&")),
    }
}

/// The short signature, base64. `date`, or the date header of the dialect, must be set.
pub fn signature(request: &Request, secret: &str, dialect: Dialect, host_bucket: Option<&str>) -> String {
    let text = string_to_sign(request, dialect, host_bucket);
    base64(&hmac_sha1(secret.as_bytes(), text.as_bytes()))
}

/// The signature of version 4, lower-case hexadecimal. `date_time` is `YYYYMMDDThhmmssZ`. The body is covered by
/// `x-amz-content-sha256`, which a verifier must compare by itself.
pub fn signature_v4(
    request: &Request,
    secret: &str,
    date_time: &str,
    scope: &Scope,
    signed_headers: &[String],
) -> String {
    let query = request.query.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let value = |name: &str| match (name, request.header(name)) {
        ("host", None) => request.authority.clone(),
        (_, value) => value.unwrap_or_default().trim().to_string(),
    };
    let headers: String = signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", value(name)))
        .collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        request.method,
        request.path,
        canonical_query(query, false),
        signed_headers.join(";"),
        value("x-amz-content-sha256"),
    );
    let parts = [scope.date.as_str(), &scope.region, "s3", SCOPE_END];
    let text = format!(
        "{V4}\n{date_time}\n{}\n{}",
        parts.join("/"),
        sha256_hex(canonical.as_bytes())
    );
    let start = format!("AWS4{secret}").into_bytes();
    let key = parts.iter().fold(start, |key, part| hmac_sha256(&key, part.as_bytes()));
    hex(&hmac_sha256(&key, text.as_bytes()))
}

/// Signs in OBS style. Sets `date` (such as `Fri, 20 Nov 2026 21:47:59 GMT`), for temporary credentials
/// `x-obs-security-token`, and `authorization`.
pub fn sign(request: &mut Request, credentials: &Credentials, host_bucket: Option<&str>, date: &str) {
    sign_in(request, credentials, Dialect::Obs, host_bucket, date);
}

/// Signs in the short style of a dialect, with the headers of its names: [`sign`], or AWS version 2.
pub fn sign_in(
    request: &mut Request,
    credentials: &Credentials,
    dialect: Dialect,
    host_bucket: Option<&str>,
    date: &str,
) {
    let own = |name: &str| format!("{}{name}", dialect.prefix());
    let (own_date, own_token) = (own("date"), own("security-token"));
    let stale = ["authorization", "date", &own_date, &own_token];
    request.headers.retain(|(name, _)| !stale.contains(&name.as_str()));
    request.set_header("date", date);
    if let Some(token) = &credentials.security_token {
        request.set_header(&own_token, token.expose());
    }
    let signature = signature(request, credentials.secret.expose(), dialect, host_bucket);
    let (scheme, key) = (dialect.scheme(), &credentials.access_key);
    request.set_header("authorization", format!("{scheme} {key}:{signature}"));
}

/// Parameters that are part of the resource, in lower case and sorted for the search.
const SUB_RESOURCES: &[&str] = &[
    "acl",
    "append",
    "attname",
    "backtosource",
    "bucketstatus",
    "cdnnotifyconfiguration",
    "cors",
    "customdomain",
    "delete",
    "deletebucket",
    "directcoldaccess",
    "dispolicy",
    "encryption",
    "fileinterface",
    "inventory",
    "length",
    "lifecycle",
    "location",
    "logging",
    "metadata",
    "mirrorbacktosource",
    "modify",
    "name",
    "notification",
    "object-lock",
    "obsalias",
    "obsbucketalias",
    "obscompresspolicy",
    "obsworkflowtriggerpolicy",
    "orchestration",
    "partnumber",
    "policy",
    "policystatus",
    "position",
    "publicaccessblock",
    "quota",
    "rename",
    "replication",
    "requestpayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "storageclass",
    "storageinfo",
    "storagepolicy",
    "tagging",
    "torrent",
    "truncate",
    "uploadid",
    "uploads",
    "versionid",
    "versioning",
    "versions",
    "website",
    "x-image-process",
    "x-image-save-bucket",
    "x-image-save-object",
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::wire::sign::percent::parse_query;
    use bytes::Bytes;

    fn request(path: &str, query: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            method: http::Method::GET,
            scheme: "https".into(),
            authority: "b.obs.cn-north-4.myhuaweicloud.com".into(),
            path: path.into(),
            query: parse_query(query),
            headers: headers.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn the_list_is_sorted_for_its_search() {
        assert!(SUB_RESOURCES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn the_resource_is_the_bucket_and_the_path_as_sent() {
        let query = "prefix=x&storageClass&max-keys=2&uploadId=a/b";
        let obs = |path: &str, bucket| string_to_sign(&request(path, query, &[("date", "D")]), Dialect::Obs, bucket);
        let end = "?storageClass&uploadId=a/b";
        assert_eq!(obs("/", Some("b")), format!("GET\n\n\nD\n/b/{end}"));
        assert_eq!(obs("/a%20b", Some("b")), format!("GET\n\n\nD\n/b/a%20b{end}"));
        assert_eq!(obs("/b", None), format!("GET\n\n\nD\n/b{end}"));
        assert_eq!(obs("/", None), format!("GET\n\n\nD\n/{end}"));
    }

    #[test]
    fn headers_of_the_dialect_are_signed_sorted_and_a_date_among_them_stands_for_the_other() {
        let headers = [
            ("x-obs-epid", "0"),
            ("date", "D"),
            ("x-obs-date", "X"),
            ("x-amz-acl", "private"),
            ("content-md5", "M"),
            ("x-obs-acl", " private "),
            ("content-type", "T"),
        ];
        let request = request("/", "", &headers);
        assert_eq!(
            string_to_sign(&request, Dialect::Obs, Some("b")),
            "GET\nM\nT\n\nx-obs-acl:private\nx-obs-date:X\nx-obs-epid:0\n/b/"
        );
        assert_eq!(
            string_to_sign(&request, Dialect::Aws, Some("b")),
            "GET\nM\nT\nD\nx-amz-acl:private\n/b/"
        );
    }

    #[test]
    fn signed_requests_recompute_from_their_own_header() {
        let mut request = request("/", "acl", &[("x-obs-security-token", "old")]);
        let credentials = |token: Option<&str>| Credentials {
            access_key: "id".into(),
            secret: Secret::new("key"),
            security_token: token.map(Secret::new),
        };
        for token in [Some("token"), None] {
            sign(&mut request, &credentials(token), Some("b"), "D");
            assert_eq!(request.header("x-obs-security-token"), token);
            let parsed = parse_authorization(request.header("authorization").unwrap()).unwrap();
            let signature = signature(&request, "key", Dialect::Obs, Some("b"));
            assert_eq!(
                parsed,
                Authorization::Short {
                    dialect: Dialect::Obs,
                    access_key: "id".into(),
                    signature
                }
            );
        }
    }

    #[test]
    fn authorization_is_read_and_garbage_is_refused() {
        let scope = "id/20261120/eu-de/s3/aws4_request";
        let v4 = parse_authorization(&format!(
            "{V4} Credential={scope},SignedHeaders=date;host, Signature=ab"
        ));
        assert_eq!(
            v4,
            Some(Authorization::V4 {
                access_key: "id".into(),
                scope: Scope {
                    date: "20261120".into(),
                    region: "eu-de".into()
                },
                signed_headers: vec!["date".into(), "host".into()],
                signature: "ab".into(),
            })
        );
        let other = format!("{V4} Credential=id/1/r/ec2/aws4_request,SignedHeaders=a,Signature=a");
        let without = format!("{V4} Credential={scope},Signature=a");
        for text in ["", "OBS", "OBS id", "OSS id:x", "Bearer x", V4, &other, &without] {
            assert_eq!(parse_authorization(text), None, "{text}");
        }
    }
}
