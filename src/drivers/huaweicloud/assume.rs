//! Acting in another account: temporary keys of the agencies that the provider's `assume_role` blocks name, one after
//! another. An agency is asked for once in a run, and again before its keys end.
//!
//! Source: IAM API reference, Obtaining Temporary Access Keys and Security Tokens of an Agency; STS API reference,
//! AssumeAgency; Terraform provider for Huawei Cloud: assume_role.

use super::api::{self, Api, Auth, IAM, Rest, STS};
use crate::base::Secret;
use crate::driver::{Call, DriverError, Effect, Session};
use crate::wire::Credentials;
use http::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// How long keys of IAM are asked for, as the Terraform provider asks.
const DURATION_S: i64 = 12 * 60 * 60;

/// The shortest duration that the services take.
const SHORTEST_S: i64 = 15 * 60;

#[derive(Deserialize)]
struct TokenReply {
    credential: TokenKeys,
}

#[derive(Deserialize)]
struct TokenKeys {
    access: String,
    secret: String,
    securitytoken: String,
}

#[derive(Deserialize)]
struct StsReply {
    credentials: StsKeys,
}

#[derive(Deserialize)]
struct StsKeys {
    access_key_id: String,
    secret_access_key: String,
    security_token: String,
}

/// Key id, secret and token as one text, which the session keeps.
type Keys = (String, String, String);

/// The keys of the last role, or none where the provider has no role.
///
/// # Errors
/// A role can't be taken on.
pub(super) async fn credentials(session: &Session, region: &str) -> Result<Option<Credentials>, DriverError> {
    let roles = &session.config().roles;
    if roles.is_empty() {
        return Ok(None);
    }
    let shortest = roles.iter().filter_map(|r| r.get("duration")?.parse().ok()).min();
    // Within one slot the same keys are used; they end no sooner than the slot after it.
    let slot = session.now().as_second() / (shortest.unwrap_or(DURATION_S).max(SHORTEST_S) / 2);
    let fact = format!("role until {slot}");
    let text = session.learn(&fact, async {
        let mut keys: Option<Keys> = None;
        for role in roles {
            keys = Some(Box::pin(assume(session, region, role, keys.as_ref())).await?);
        }
        Ok(json!(keys.unwrap_or_default()).to_string())
    });
    let text = text.await?;
    let draft = Call::new(IAM.name, "CreateTemporaryAccessKeyByAgency", Effect::Reads, "the role");
    let keys: Keys = serde_json::from_str(&text).map_err(|e| draft.garbled(e))?;
    Ok(Some(temporary(&keys)))
}

fn temporary((access_key, secret, token): &Keys) -> Credentials {
    crate::base::mask::remember(access_key);
    Credentials {
        access_key: access_key.clone(),
        secret: Secret::new(secret.clone()),
        security_token: Some(Secret::new(token.clone())),
    }
}

/// The call, its path and its body: STS where the account's id is given, else IAM.
fn request(role: &BTreeMap<String, String>) -> Result<(Api, Call, &'static str, Json), DriverError> {
    let text = |name: &str| role.get(name).map(String::as_str);
    let agency = text("agency_name").unwrap_or_default();
    let of_iam = |effect| {
        Call::new(
            IAM.name,
            "CreateTemporaryAccessKeyByAgency",
            effect,
            format!("agency {agency}"),
        )
    };
    if agency.is_empty() {
        return Err(of_iam(Effect::Reads).rejected("an assume_role block of the provider has no agency_name"));
    }
    let duration: Option<i64> = text("duration").and_then(|d| d.parse().ok());
    match (text("domain_id"), text("domain_name")) {
        (Some(domain), _) => {
            let mut body = json!({
                "agency_urn": format!("iam::{domain}:agency:{agency}"),
                "agency_session_name": agency,
            });
            if let Some(duration) = duration {
                body["duration_seconds"] = json!(duration);
            }
            let call = Call::new(STS.name, "AssumeAgency", Effect::Reads, format!("agency {agency}"));
            Ok((STS, call, "/v5/agencies/assume", body))
        }
        (None, Some(domain)) => {
            let role = json!({
                "agency_name": agency,
                "domain_name": domain,
                "duration_seconds": duration.unwrap_or(DURATION_S),
            });
            let body = json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}});
            Ok((IAM, of_iam(Effect::Reads), "/v3.0/OS-CREDENTIAL/securitytokens", body))
        }
        (None, None) => {
            let why = "an assume_role block of the provider names no account";
            Err(of_iam(Effect::Reads)
                .rejected(why)
                .with_help("set domain_name or domain_id in it to the account that the agency is in"))
        }
    }
}

/// The keys of one role, asked for with `keys` or as who the provider is.
async fn assume(
    session: &Session,
    region: &str,
    role: &BTreeMap<String, String>,
    keys: Option<&Keys>,
) -> Result<Keys, DriverError> {
    let (api, call, path, body) = request(role)?;
    let auth = match keys {
        Some(keys) => Auth::Assumed(temporary(keys)),
        None => Box::pin(api::own_auth(session, region, None)).await?,
    };
    let request = api::plain_request(session, &call, (api, region), Method::POST, path, Some(&body))?;
    let reply = session.call(&call, &Rest { api, auth }, &request).await;
    let reply = reply.map_err(|error| match error {
        DriverError::Denied(_) => error.with_help(
            "the agency must trust the provider's account, and its user needs the permission to take on agencies (Agent \
             Operator)",
        ),
        other => other,
    })?;
    let garbled = |e| call.garbled(e);
    Ok(match path.starts_with("/v5/") {
        true => {
            let keys = serde_json::from_slice::<StsReply>(&reply.body)
                .map_err(garbled)?
                .credentials;
            (keys.access_key_id, keys.secret_access_key, keys.security_token)
        }
        false => {
            let keys = serde_json::from_slice::<TokenReply>(&reply.body)
                .map_err(garbled)?
                .credential;
            (keys.access, keys.secret, keys.securitytoken)
        }
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn role(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    #[test]
    fn an_account_is_named_or_known_by_its_id() {
        let named = role(&[("agency_name", "ops"), ("domain_name", "other")]);
        let (_, call, path, body) = request(&named).unwrap();
        assert_eq!((call.service, path), ("iam", "/v3.0/OS-CREDENTIAL/securitytokens"));
        let expected = json!({"agency_name": "ops", "domain_name": "other", "duration_seconds": 43200});
        assert_eq!(body["auth"]["identity"]["assume_role"], expected);
        let by_id = role(&[("agency_name", "ops"), ("domain_id", "d1"), ("duration", "3600")]);
        let (_, call, path, body) = request(&by_id).unwrap();
        assert_eq!((call.service, path), ("sts", "/v5/agencies/assume"));
        let expected = json!({
            "agency_urn": "iam::d1:agency:ops", "agency_session_name": "ops", "duration_seconds": 3600,
        });
        assert_eq!(body, expected);
        assert!(request(&role(&[("agency_name", "ops")])).is_err());
        assert!(request(&role(&[("domain_name", "other")])).is_err());
    }
}
