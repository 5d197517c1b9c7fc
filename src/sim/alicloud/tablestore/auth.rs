//! Who sent a Tablestore request: headers, body hash, signature versions 2 and 4, STS, freshness.

use super::reply::OtsError;
use crate::sim::times;
use crate::sim::world::{AccessKey, Now, World};
use crate::wire::request::Request;
use crate::wire::sign::{md5_base64, ots, same_signature};

/// A verified sender.
#[derive(Debug)]
pub(super) struct Caller {
    /// Uid of the account.
    pub(super) account: String,
    /// The instance named in the request.
    pub(super) instance: String,
    /// Region of a V4 signature, or in a host name such as `instance.cn-hangzhou.ots.aliyuncs.com`.
    pub(super) region: Option<String>,
    /// What replies are signed with.
    pub(super) signer: Signer,
}

/// Signs replies.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) access_key: String,
    pub(super) key: String,
}

/// The error for a request that cannot be trusted. Messages as in the Tablestore error code page.
fn failed(message: impl Into<String>) -> OtsError {
    OtsError::new(403, "OTSAuthFailed", message)
}

/// Verifies a request.
pub(super) fn verify(request: &Request, world: &World, now: Now) -> Result<Caller, OtsError> {
    let need = |name: &str| {
        request
            .header(name)
            .filter(|v| !v.is_empty())
            .ok_or_else(|| OtsError::new(400, "OTSParameterInvalid", format!("Missing header: {name}.")))
    };
    if need("x-ots-apiversion")? != "2015-12-31" {
        return Err(OtsError::new(400, "OTSParameterInvalid", "Invalid API version."));
    }
    let date = need("x-ots-date")?;
    let instance = need("x-ots-instancename")?.to_string();
    let md5 = need("x-ots-contentmd5")?;
    let access_key = need("x-ots-accesskeyid")?;
    if md5 != md5_base64(&request.body) {
        return Err(failed(
            "Mismatch between MD5 value of request body and x-ots-contentmd5 in header.",
        ));
    }
    let key = find_key(request, access_key, world)?;
    let secret = key.secret.expose();
    let v4 = request.header("x-ots-signaturev4");
    let (good, signing_key, region) = if let Some(given) = v4 {
        let day = need("x-ots-signdate")?;
        let region = need("x-ots-signregion")?;
        let derived = ots::v4_signing_key(secret, day, region);
        let want = ots::signature_v4(request, &derived);
        (same_signature(&want, given), derived, Some(region.to_string()))
    } else {
        let want = ots::signature_v2(request, secret);
        let given = need("x-ots-signature")?;
        (same_signature(&want, given), secret.to_string(), None)
    };
    if !good {
        return Err(failed("Signature mismatch."));
    }
    let fresh = times::parse_iso(date).is_some_and(|d| times::is_fresh(d, now.wire_ms));
    if world.settings.check_freshness && !fresh {
        return Err(failed(format!("Mismatch between system time and x-ots-date: {date}.")));
    }
    Ok(Caller {
        account: key.account,
        instance,
        region: region.or_else(|| host_region(request)),
        signer: Signer {
            access_key: key.id,
            key: signing_key,
        },
    })
}

fn host_region(request: &Request) -> Option<String> {
    let mut labels = request.authority.split('.').skip(1);
    let (region, service) = (labels.next()?, labels.next()?);
    (service == "ots" || service == "vpc" || service == "ots-internal").then(|| region.to_string())
}

fn find_key(request: &Request, id: &str, world: &World) -> Result<AccessKey, OtsError> {
    let mut keys = world.access_keys(id).peekable();
    if keys.peek().is_none() {
        return Err(failed("The AccessKeyID does not exist."));
    }
    let token = request.header("x-ots-ststoken");
    keys.find(|k| k.security_token.as_ref().map(|t| t.expose()) == token)
        .cloned()
        // The text for a wrong token is assumed.
        .ok_or_else(|| failed("The STS token is invalid."))
}

/// What would sign the reply to this request, when its key is known; for replies given before or
/// instead of verification.
pub(super) fn signer(request: &Request, world: &World) -> Option<Signer> {
    let key = find_key(request, request.header("x-ots-accesskeyid")?, world).ok()?;
    let secret = key.secret.expose();
    let key_text = match (
        request.header("x-ots-signaturev4"),
        request.header("x-ots-signdate"),
        request.header("x-ots-signregion"),
    ) {
        (Some(_), Some(day), Some(region)) => ots::v4_signing_key(secret, day, region),
        _ => secret.to_string(),
    };
    Some(Signer {
        access_key: key.id.clone(),
        key: key_text,
    })
}
