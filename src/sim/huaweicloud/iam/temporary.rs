//! Temporary access keys: of an agency that trusts the caller's account, asked of IAM by the account's name or of STS by
//! its id.
//!
//! Source: IAM API reference, Obtaining Temporary Access Keys and Security Tokens of an Agency; STS API reference,
//! AssumeAgency; the forms that the Terraform provider for Huawei Cloud reads.

use super::agencies::Agency;
use crate::sim::huaweicloud::auth::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, TemporaryKey};
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::times;
use crate::sim::world::{Now, World};
use serde_json::{Value, json};

/// Seconds that keys of IAM may be good for; those that are taken where none are said; and the latter at STS.
const DURATIONS_S: (i64, i64, i64, i64) = (900, 86_400, 900, 3600);

fn denied() -> Fault {
    Fault::new(
        403,
        "Forbidden",
        "You are not authorized to perform the requested action.",
    )
}

fn number(value: &Value, default: i64) -> Result<i64, Fault> {
    let (least, most, ..) = DURATIONS_S;
    let seconds = match value {
        Value::Null => Some(default),
        other => other.as_i64(),
    };
    let fits = seconds.filter(|s| (least..=most).contains(s));
    fits.ok_or_else(|| Fault::new(400, "Bad Request", "Invalid input for field 'duration_seconds'."))
}

/// New keys for an agency of the one account there is.
fn keys(call: &Call<'_>, world: &mut World, now: Now, agency: &str, seconds: i64) -> Result<TemporaryKey, Fault> {
    let all = world.list::<Agency>(&format!("{DEMO_DOMAIN}/"));
    let found = all.into_iter().find(|a| a.name == agency);
    let found = found.ok_or_else(|| Fault::new(404, "Not Found", format!("Could not find agency: {agency}")))?;
    let ended = found.expires_ms.is_some_and(|end| end <= now.world_ms);
    if found.trust_domain_id != call.caller.domain || ended {
        return Err(denied());
    }
    let seed = format!("{agency} {} {}", now.wire_ms, now.request);
    let key = TemporaryKey {
        id: format!("SIMTMP{}", rest::hex_id(&format!("id {seed}")).to_uppercase()),
        secret: rest::hex_id(&format!("secret {seed}")),
        token: format!("sim-security-token-{}", rest::hex_id(&format!("token {seed}"))),
        agency: found.id,
        expires_ms: now.wire_ms.saturating_add(seconds.saturating_mul(1000)),
    };
    world.put(&key);
    Ok(key)
}

/// POST /v3.0/OS-CREDENTIAL/securitytokens
pub(super) fn of_agency(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let identity = &call.body["auth"]["identity"];
    if identity["methods"] != json!(["assume_role"]) {
        return Err(Fault::new(
            400,
            "Bad Request",
            "Only the method assume_role is served here.",
        ));
    }
    let role = &identity["assume_role"];
    let agency = role["agency_name"].as_str().unwrap_or_default();
    let there = role["domain_name"] == DEMO_DOMAIN_NAME || role["domain_id"] == DEMO_DOMAIN;
    let seconds = number(&role["duration_seconds"], DURATIONS_S.2)?;
    if !there {
        return Err(denied());
    }
    let key = keys(call, world, now, agency, seconds)?;
    let body = json!({"credential": {
        "access": key.id,
        "secret": key.secret,
        "securitytoken": key.token,
        "expires_at": times::iso_millis(key.expires_ms),
    }});
    Ok((201, Some(body)))
}

/// POST /v5/agencies/assume
pub(super) fn of_urn(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let urn = call.body["agency_urn"].as_str().unwrap_or_default();
    let name = urn.strip_prefix(&format!("iam::{DEMO_DOMAIN}:agency:"));
    let named = call.body["agency_session_name"].as_str().is_some_and(|n| !n.is_empty());
    let seconds = number(&call.body["duration_seconds"], DURATIONS_S.3)?;
    let name = name.filter(|_| named).ok_or_else(denied)?.to_string();
    let key = keys(call, world, now, &name, seconds)?;
    let body = json!({"credentials": {
        "access_key_id": key.id,
        "secret_access_key": key.secret,
        "security_token": key.token,
        "expiration": times::iso_millis(key.expires_ms),
    }});
    Ok((200, Some(body)))
}
