//! Who sent an RPC request: ACS3-HMAC-SHA256 and RPC signature 1.0, freshness and single use of nonces.

use super::rpc::RpcError;
use crate::sim::times;
use crate::sim::world::{AccessKey, Now, World};
use crate::wire::request::Request;
use crate::wire::sign::{acs3, rpc_v1, same_signature, sha256_hex};

/// What a request says about its sender, before any of it is believed.
struct Claim<'a> {
    access_key: String,
    token: Option<&'a str>,
    date: &'a str,
    nonce: &'a str,
}

/// The key that signed the request.
pub(super) fn verify(
    request: &Request,
    params: &[(String, String)],
    world: &mut World,
    now: Now,
) -> Result<AccessKey, RpcError> {
    let acs3 = request
        .header("authorization")
        .filter(|a| a.starts_with("ACS3-HMAC-SHA256"));
    let (claim, signed) = match acs3 {
        Some(value) => {
            let parsed = acs3::parse_authorization(value).ok_or_else(incomplete)?;
            if request.header("x-acs-content-sha256") != Some(&sha256_hex(&request.body)) {
                return Err(mismatch());
            }
            let header = |name| request.header(name).unwrap_or_default();
            let claim = Claim {
                access_key: parsed.access_key.clone(),
                token: request.header("x-acs-security-token"),
                date: header("x-acs-date"),
                nonce: header("x-acs-signature-nonce"),
            };
            (claim, Some(parsed))
        }
        None => (rpc_claim(params)?, None),
    };
    let key = find_key(&claim, world)?;
    let matches = match &signed {
        Some(parsed) => {
            // A signature that leaves out what identifies the call would be worth nothing.
            let all = [
                "host",
                "x-acs-action",
                "x-acs-version",
                "x-acs-date",
                "x-acs-content-sha256",
            ]
            .iter()
            .all(|name| parsed.signed_headers.iter().any(|h| h == name));
            let want = acs3::signature(request, key.secret.expose(), &parsed.signed_headers);
            all && same_signature(&want, &parsed.signature)
        }
        None => {
            let given = find(params, "Signature").unwrap_or_default();
            same_signature(&rpc_v1::signature(request, key.secret.expose()), given)
        }
    };
    if !matches {
        return Err(mismatch());
    }
    check_once(&claim, world, now)?;
    Ok(key)
}

fn find_key(claim: &Claim<'_>, world: &World) -> Result<AccessKey, RpcError> {
    let keys: Vec<AccessKey> = world.access_keys(&claim.access_key).cloned().collect();
    if keys.is_empty() {
        return Err(RpcError::new(
            404,
            "InvalidAccessKeyId.NotFound",
            "Specified access key is not found.",
        ));
    }
    keys.into_iter()
        .find(|k| k.security_token.as_ref().map(|t| t.expose()) == claim.token)
        .ok_or_else(|| {
            RpcError::new(
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            )
        })
}

fn rpc_claim(params: &[(String, String)]) -> Result<Claim<'_>, RpcError> {
    let need = |name: &str| {
        find(params, name).filter(|v| !v.is_empty()).ok_or_else(|| {
            RpcError::new(
                400,
                format!("Missing{name}"),
                format!("{name} is mandatory for this action."),
            )
        })
    };
    need("Signature")?;
    if need("SignatureMethod")? != "HMAC-SHA1" || need("SignatureVersion")? != "1.0" {
        return Err(RpcError::new(
            400,
            "InvalidParameter.SignatureMethod",
            "The specified signature method or version is not supported.",
        ));
    }
    Ok(Claim {
        access_key: need("AccessKeyId")?.to_string(),
        token: find(params, "SecurityToken"),
        date: need("Timestamp")?,
        nonce: need("SignatureNonce")?,
    })
}

fn check_once(claim: &Claim<'_>, world: &mut World, now: Now) -> Result<(), RpcError> {
    if !world.settings.check_freshness {
        return Ok(());
    }
    let date = times::parse_iso(claim.date).ok_or_else(|| {
        RpcError::new(
            400,
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
        )
    })?;
    if !times::is_fresh(date, now.wire_ms) {
        return Err(RpcError::new(
            400,
            "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.",
        ));
    }
    if claim.nonce.is_empty() || !world.use_nonce(claim.nonce) {
        return Err(RpcError::new(
            400,
            "SignatureNonceUsed",
            "Specified signature nonce was used already.",
        ));
    }
    Ok(())
}

fn incomplete() -> RpcError {
    RpcError::new(
        400,
        "IncompleteSignature",
        "The request signature does not conform to Aliyun standards.",
    )
}

fn mismatch() -> RpcError {
    RpcError::new(
        400,
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation.",
    )
}

fn find<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}
