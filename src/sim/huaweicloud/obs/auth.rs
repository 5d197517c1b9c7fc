//! Who sent an OBS request and which bucket and object it is about. OBS's own signature and the AWS ones, versions 2
//! and 4, with temporary keys.

use super::reply::ObsError;
use crate::sim::huaweicloud::DEMO_DOMAIN;
use crate::sim::huaweicloud::auth::temporary_key;
use crate::sim::times;
use crate::sim::world::{AccessKey, DEMO_ACCOUNT, Now, World};
use crate::wire::request::Request;
use crate::wire::sign::obs::{self, Authorization, Dialect, parse_authorization};
use crate::wire::sign::{same_signature, sha256_hex};
use percent_encoding::percent_decode_str;

/// What a request is about, however it is addressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The bucket; `None` for the service itself.
    pub(super) bucket: Option<String>,
    /// Whether the bucket stands in the host name.
    pub(super) in_host: bool,
    /// The object's name, decoded; empty for the bucket itself.
    pub(super) key: String,
    /// Region in the host name of a real endpoint, such as `obs.eu-de.otc.t-systems.com`.
    pub(super) host_region: Option<String>,
}

/// Reads the target from the `Host` header and the path. What stands before `obs.` in a host name, or before the first
/// dot where there is no `obs.`, is a bucket; an address or a bare name has the bucket in its path.
pub(super) fn target(request: &Request) -> Target {
    let host = request
        .authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(request.authority.as_str(), |(h, _)| h)
        .to_ascii_lowercase();
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let is_address = host.starts_with('[') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let endpoint = host.strip_prefix("obs.").map(|rest| ("", rest));
    let (bucket, rest) = match endpoint.or_else(|| host.split_once(".obs.")) {
        _ if is_address => ("", ""),
        Some((bucket, rest)) => (bucket, rest),
        None => host.split_once('.').map_or(("", ""), |(bucket, _)| (bucket, "")),
    };
    let host_region = rest.split('.').next().filter(|r| !r.is_empty()).map(str::to_string);
    if !bucket.is_empty() {
        return Target {
            bucket: Some(bucket.to_string()),
            in_host: true,
            key: decode(path),
            host_region,
        };
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    Target {
        bucket: Some(decode(bucket)).filter(|b| !b.is_empty()),
        in_host: false,
        key: decode(key),
        host_region,
    }
}

/// The dialect of a request, to answer in: that of its signature, or of its headers' names.
pub(super) fn dialect(request: &Request) -> Dialect {
    let signed = request.header("authorization").and_then(parse_authorization);
    signed.map_or(Dialect::Obs, |a| a.dialect())
}

/// A verified sender.
#[derive(Debug)]
pub(super) struct Caller {
    /// Id of the account.
    pub(super) domain: String,
    /// Region of a signature of version 4.
    pub(super) region: Option<String>,
}

/// Verifies the signature of a request.
pub(super) fn verify(request: &Request, target: &Target, world: &World, now: Now) -> Result<Caller, ObsError> {
    let Some(text) = request.header("authorization") else {
        return Err(ObsError::new(403, "AccessDenied", "Access Denied"));
    };
    let authorization = parse_authorization(text)
        .ok_or_else(|| ObsError::new(400, "InvalidArgument", "Authorization header is invalid."))?;
    let key = find_key(request, &authorization, world, now)?;
    let secret = key.secret.expose();
    let host_bucket = target.bucket.as_deref().filter(|_| target.in_host);
    let prefix = authorization.dialect().prefix();
    let text = request
        .header(&format!("{prefix}date"))
        .or_else(|| request.header("date"))
        .unwrap_or_default();
    let date = times::parse_http_date(text).or_else(|| times::parse_basic(text));
    let (good, region) = match &authorization {
        Authorization::Short { dialect, signature, .. } => {
            let want = obs::signature(request, secret, *dialect, host_bucket);
            (same_signature(&want, signature), None)
        }
        Authorization::V4 {
            scope,
            signed_headers,
            signature,
            ..
        } => {
            let date_time = times::basic(date.unwrap_or_default());
            let want = obs::signature_v4(request, secret, &date_time, scope, signed_headers);
            let hash = request.header("x-amz-content-sha256").unwrap_or_default();
            let whole = hash == "UNSIGNED-PAYLOAD" || hash == sha256_hex(&request.body);
            // A signature that leaves out the host would be good anywhere.
            let covers = signed_headers.iter().any(|h| h == "host") && date_time.starts_with(&scope.date);
            let good = whole && covers && same_signature(&want, signature);
            (good, Some(scope.region.clone()))
        }
    };
    check_date(date, world, now)?;
    if !good {
        return Err(ObsError::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ));
    }
    Ok(Caller {
        domain: domain(&key),
        region,
    })
}

/// The account of a key: keys of the demo account have the demo domain.
fn domain(key: &AccessKey) -> String {
    match key.account.as_str() {
        DEMO_ACCOUNT => DEMO_DOMAIN.to_string(),
        other => other.to_string(),
    }
}

fn find_key(request: &Request, authorization: &Authorization, world: &World, now: Now) -> Result<AccessKey, ObsError> {
    let refused = || {
        ObsError::new(
            403,
            "InvalidAccessKeyId",
            "The access key ID you provided does not exist in our records.",
        )
    };
    let id = authorization.access_key();
    let keys = world.access_keys(id).cloned();
    let mut keys = keys.chain(temporary_key(id, world, now)).peekable();
    if keys.peek().is_none() {
        return Err(refused());
    }
    let token = request.header(&format!("{}security-token", authorization.dialect().prefix()));
    keys.find(|k| k.security_token.as_ref().map(|t| t.expose()) == token)
        .ok_or_else(refused)
}

fn check_date(date: Option<i64>, world: &World, now: Now) -> Result<(), ObsError> {
    if !world.settings.check_freshness {
        return Ok(());
    }
    let Some(date) = date else {
        return Err(ObsError::new(
            403,
            "AccessDenied",
            "An authenticated request requires a valid Date or x-obs-date header.",
        ));
    };
    if times::is_fresh(date, now.wire_ms) {
        return Ok(());
    }
    Err(ObsError::new(
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
            ("b.obs.eu-de.otc.t-systems.com", "/k", "b k eu-de"),
            ("a.b.obs.cn-north-4.myhuaweicloud.com", "/", "a.b  cn-north-4"),
            ("obs.cn-north-4.myhuaweicloud.com", "/", "-  cn-north-4"),
            ("obs.cn-north-4.myhuaweicloud.com", "/b/", "b  cn-north-4"),
            ("", "/b/", "b  "),
        ] {
            assert_eq!(read(host, path), want, "{host} {path}");
        }
    }
}
