//! Who sent a request to a JSON service: SDK-HMAC-SHA256 in both forms, or a token of IAM. One account with a project
//! in each region.

use super::rest::Fault;
use crate::sim::times;
use crate::sim::world::{AccessKey, Now, Object, World};
use crate::wire::request::Request;
use crate::wire::sign::{huawei, same_signature, sha256_hex};
use serde::{Deserialize, Serialize};

/// Id of the account (IAM: domain) that the demo key and the demo user belong to.
pub const DEMO_DOMAIN: &str = "fedcba9876543210fedcba9876543210";
/// Name of that account.
pub const DEMO_DOMAIN_NAME: &str = "sim-domain";
/// Its user, for tokens.
pub const DEMO_USER: &str = "sim-user";
/// The user's password; not a secret of any real account.
pub const DEMO_PASSWORD: &str = "sim-password-not-a-real-one";
/// The region that a provider without one is given.
pub const DEMO_REGION: &str = "cn-north-4";

/// Regions with a project of their own, and `MOS`, the project of the global OBS service.
pub(super) const PROJECTS: &[&str] = &[
    "MOS",
    "ap-southeast-1",
    "ap-southeast-3",
    "cn-east-2",
    "cn-east-3",
    "cn-north-1",
    "cn-north-4",
    "cn-south-1",
    "eu-de",
    "eu-nl",
];

/// Id of the account's project of this name: the same in every world.
pub fn project_id(name: &str) -> String {
    let hash = sha256_hex(format!("{DEMO_DOMAIN}/{name}").as_bytes());
    hash.chars().take(32).collect()
}

/// A token of IAM, valid for 24 hours. A record of the embedded cloud, not an object that a user has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    /// The text in `X-Subject-Token` and `X-Auth-Token`.
    pub token: String,
    /// Project that it is for; none for the account itself.
    pub project: Option<String>,
    /// When it ends, Unix ms of the wire clock.
    pub expires_ms: i64,
}

impl Object for Token {
    const KIND: &'static str = "sim_iam_token";
    fn key(&self) -> String {
        self.token.clone()
    }
}

/// A temporary key of an agency. A record of the embedded cloud, not an object that a user has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemporaryKey {
    /// Access key id.
    pub id: String,
    /// Secret; good for this world alone.
    pub secret: String,
    /// Token that must accompany it.
    pub token: String,
    /// Id of the agency.
    pub agency: String,
    /// When it ends, Unix ms of the wire clock.
    pub expires_ms: i64,
}

impl Object for TemporaryKey {
    const KIND: &'static str = "sim_iam_temporary_key";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// The temporary key of this id that is still good.
pub(super) fn temporary_key(id: &str, world: &World, now: Now) -> Option<AccessKey> {
    let key: TemporaryKey = world.get(id)?;
    (key.expires_ms > now.wire_ms).then(|| AccessKey::new(key.id, key.secret).with_token(key.token))
}

/// A verified sender.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Account id.
    pub(crate) domain: String,
    /// Project that the request names for itself: `X-Project-Id`, or the token's.
    pub(crate) project: Option<String>,
}

/// Verifies the sender of a request to a JSON service.
pub(crate) fn verify(request: &Request, world: &World, now: Now) -> Result<Caller, Fault> {
    if let Some(token) = request.header("x-auth-token") {
        let valid = world.get::<Token>(token).filter(|t| t.expires_ms > now.wire_ms);
        let token = valid.ok_or_else(|| unauthorized("APIGW.0307", "The token must be updated."))?;
        return Ok(Caller {
            domain: DEMO_DOMAIN.to_string(),
            project: token.project,
        });
    }
    let Some(text) = request.header("authorization") else {
        return Err(unauthorized(
            "APIGW.0301",
            "Incorrect IAM authentication information: authorization is missing",
        ));
    };
    let authorization = huawei::parse_authorization(text).ok_or_else(|| {
        unauthorized(
            "APIGW.0301",
            "Incorrect IAM authentication information: authorization format",
        )
    })?;
    let key = find_key(request, &authorization.access_key, world, now)?;
    let date = request.header("x-sdk-date").unwrap_or_default();
    let hash = request.header("x-sdk-content-sha256");
    let whole = hash.is_none_or(|h| h == "UNSIGNED-PAYLOAD" || h == sha256_hex(&request.body));
    // A signature that leaves out when and where would be worth nothing.
    let covers = |name: &str| authorization.signed_headers.iter().any(|h| h == name);
    let same = |request: &Request| {
        let want = huawei::signature(
            request,
            key.secret.expose(),
            date,
            authorization.scope.as_ref(),
            &authorization.signed_headers,
        );
        same_signature(&want, &authorization.signature)
    };
    // The first DIS SDK signs the host without its port.
    let without_port = || {
        let mut bare = request.clone();
        let host = request
            .authority
            .rsplit_once(':')
            .map_or(request.authority.as_str(), |(h, _)| h);
        bare.set_header("host", host);
        authorization.scope.is_some() && same(&bare)
    };
    if !(whole && covers("host") && covers("x-sdk-date") && (same(request) || without_port())) {
        return Err(unauthorized(
            "APIGW.0301",
            "Incorrect IAM authentication information: verify aksk signature fail",
        ));
    }
    let sent = times::parse_basic(date).ok_or_else(|| {
        unauthorized(
            "APIGW.0301",
            "Incorrect IAM authentication information: x-sdk-date format",
        )
    })?;
    if world.settings.check_freshness && !times::is_fresh(sent, now.wire_ms) {
        return Err(unauthorized(
            "APIGW.0301",
            "Incorrect IAM authentication information: x-sdk-date expired",
        ));
    }
    Ok(Caller {
        domain: DEMO_DOMAIN.to_string(),
        project: request.header("x-project-id").map(str::to_string),
    })
}

fn find_key(request: &Request, id: &str, world: &World, now: Now) -> Result<AccessKey, Fault> {
    let token = request.header("x-security-token");
    let known = world.access_keys(id).cloned();
    let mut known = known.chain(temporary_key(id, world, now)).peekable();
    if known.peek().is_none() {
        return Err(unauthorized(
            "APIGW.0301",
            "Incorrect IAM authentication information: Get secretKey failed, ak not exist",
        ));
    }
    known
        .find(|k| k.security_token.as_ref().map(|t| t.expose()) == token)
        .ok_or_else(|| unauthorized("APIGW.0301", "Incorrect IAM authentication information: securityToken"))
}

fn unauthorized(code: &str, message: &str) -> Fault {
    Fault::new(401, code, message)
}
