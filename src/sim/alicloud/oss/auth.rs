//! Who sent an OSS request and which bucket and object it is about. Signature versions 4 and 1, STS.

use super::reply::OssError;
use crate::sim::times;
use crate::sim::world::{AccessKey, Now, World};
use crate::wire::request::Request;
use crate::wire::sign::oss::{Authorization, Resource, parse_authorization};
use crate::wire::sign::{oss, same_signature};
use percent_encoding::percent_decode_str;

/// What a request is about, however it is addressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The bucket; `None` for the service itself.
    pub(super) bucket: Option<String>,
    /// The object's name, decoded; empty for the bucket itself.
    pub(super) key: String,
    /// Region in the host name of a real endpoint, such as `oss-cn-hangzhou.aliyuncs.com`.
    pub(super) host_region: Option<String>,
}

/// Reads the target from the `Host` header and the path. A host whose first label is followed by more
/// labels that are not all digits names a bucket (virtual-host style), unless it is an OSS endpoint
/// itself.
pub(super) fn target(request: &Request) -> Target {
    let host = request
        .authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(request.authority.as_str(), |(h, _)| h)
        .to_ascii_lowercase();
    let path = request.path.trim_start_matches('/');
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let is_address = host.starts_with('[') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let (first, rest) = host.split_once('.').unwrap_or((host.as_str(), ""));
    if !is_address && !rest.is_empty() && endpoint_region(first).is_none() {
        return Target {
            bucket: Some(first.to_string()),
            key: decode(path),
            host_region: rest.split('.').next().and_then(endpoint_region),
        };
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    Target {
        bucket: Some(decode(bucket)).filter(|b| !b.is_empty()),
        key: decode(key),
        host_region: if is_address { None } else { endpoint_region(first) },
    }
}

/// The region in the first label of an OSS endpoint: `oss-cn-hangzhou`, `oss-cn-hangzhou-internal`.
pub(crate) fn endpoint_region(label: &str) -> Option<String> {
    let region = label.strip_prefix("oss-")?;
    let region = region.strip_suffix("-internal").unwrap_or(region);
    (!region.starts_with("accelerate")).then(|| region.to_string())
}

/// A verified sender.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) key: AccessKey,
    /// Region of a V4 signature.
    pub(super) region: Option<String>,
}

/// Verifies the signature of a request.
pub(super) fn verify(request: &Request, target: &Target, world: &World, now: Now) -> Result<Caller, OssError> {
    let Some(text) = request.header("authorization") else {
        return Err(OssError::new(
            403,
            "AccessDenied",
            "You have no right to access this object because of bucket acl.",
        ));
    };
    let authorization = parse_authorization(text)
        .ok_or_else(|| OssError::new(400, "InvalidArgument", "Authorization header is invalid."))?;
    let key = find_key(request, &authorization, world)?;
    let resource = Resource {
        bucket: target.bucket.as_deref(),
        key: &target.key,
    };
    let secret = key.secret.expose();
    let (date, good, region) = match &authorization {
        Authorization::V1 { signature, .. } => {
            let date = request
                .header("x-oss-date")
                .or_else(|| request.header("date"))
                .and_then(|d| times::parse_http_date(d).or_else(|| times::parse_basic(d)));
            let want = oss::signature_v1(request, secret, resource);
            (date, same_signature(&want, signature), None)
        }
        Authorization::V4 {
            scope,
            additional_headers,
            signature,
            ..
        } => {
            let text = request.header("x-oss-date").unwrap_or_default();
            if !text.starts_with(&scope.date) {
                return Err(OssError::new(
                    400,
                    "InvalidArgument",
                    "Invalid signing date in Authorization header.",
                ));
            }
            let want = oss::signature_v4(request, secret, resource, scope, additional_headers);
            let good =
                same_signature(&want, signature) && request.header("x-oss-content-sha256") == Some("UNSIGNED-PAYLOAD");
            (times::parse_basic(text), good, Some(scope.region.clone()))
        }
    };
    check_date(date, world, now)?;
    if !good {
        return Err(OssError::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ));
    }
    Ok(Caller { key, region })
}

fn find_key(request: &Request, authorization: &Authorization, world: &World) -> Result<AccessKey, OssError> {
    let (Authorization::V1 { access_key: id, .. } | Authorization::V4 { access_key: id, .. }) = authorization;
    let mut keys = world.access_keys(id).peekable();
    if keys.peek().is_none() {
        return Err(OssError::new(
            403,
            "InvalidAccessKeyId",
            "The OSS Access Key Id you provided does not exist in our records.",
        ));
    }
    let token = request
        .header("x-oss-security-token")
        .or_else(|| request.header("security-token"));
    keys.find(|k| k.security_token.as_ref().map(|t| t.expose()) == token)
        .cloned()
        .ok_or_else(|| {
            OssError::new(
                403,
                "InvalidSecurityToken",
                "The security token you provided is invalid.",
            )
        })
}

fn check_date(date: Option<i64>, world: &World, now: Now) -> Result<(), OssError> {
    if !world.settings.check_freshness {
        return Ok(());
    }
    let Some(date) = date else {
        return Err(OssError::new(
            403,
            "AccessDenied",
            "OSS authentication requires a valid Date.",
        ));
    };
    if times::is_fresh(date, now.wire_ms) {
        return Ok(());
    }
    Err(OssError::new(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn targets_of_both_address_styles() {
        let read = |host: &str, path: &str| {
            let t = target(&Request {
                method: http::Method::GET,
                scheme: "http".to_string(),
                authority: host.to_string(),
                path: path.to_string(),
                query: Vec::new(),
                headers: Vec::new(),
                body: Bytes::new(),
            });
            let bucket = t.bucket.unwrap_or_else(|| "-".to_string());
            format!("{bucket} {} {}", t.key, t.host_region.unwrap_or_default())
        };
        for (host, path, want) in [
            ("127.0.0.1:80", "/", "-  "),
            ("127.0.0.1:80", "/b/", "b  "),
            ("127.0.0.1:80", "/b", "b  "),
            ("127.0.0.1:80", "/b/a%20b/c", "b a b/c "),
            ("localhost:80", "/b/k", "b k "),
            ("b.localhost:80", "/k", "b k "),
            ("b.oss-cn-beijing.aliyuncs.com", "/k", "b k cn-beijing"),
            ("oss-cn-beijing-internal.aliyuncs.com", "/", "-  cn-beijing"),
            ("", "/b/", "b  "),
        ] {
            assert_eq!(read(host, path), want, "{host} {path}");
        }
    }
}
