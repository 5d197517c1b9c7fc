//! Tokens of IAM: for the demo user, good for 24 hours.

use crate::sim::huaweicloud::auth::{
    DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_USER, PROJECTS, Token, project_id,
};
use crate::sim::huaweicloud::rest::{self, Dialect, Fault};
use crate::sim::times;
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::{Value, json};

/// How long a token is good for.
const TOKEN_MS: i64 = 24 * 60 * 60 * 1000;

/// POST /v3/auth/tokens
pub(super) fn create(request: &Request, world: &mut World, now: Now) -> Response {
    let answer = new_token(request, now);
    let (token, project) = match answer {
        Ok(made) => made,
        Err(fault) => return fault.reply(Dialect::Iam, now),
    };
    world.put(&token);
    let scope = match &token.project {
        Some(id) => json!({"project": {
            "id": id, "name": project, "domain": {"id": DEMO_DOMAIN, "name": DEMO_DOMAIN_NAME},
        }}),
        None => json!({"domain": {"id": DEMO_DOMAIN, "name": DEMO_DOMAIN_NAME}}),
    };
    let mut body = json!({
        "methods": ["password"],
        "expires_at": times::iso_millis(token.expires_ms),
        "issued_at": times::iso_millis(now.wire_ms),
        "user": {
            "id": rest::hex_id(DEMO_USER),
            "name": DEMO_USER,
            "domain": {"id": DEMO_DOMAIN, "name": DEMO_DOMAIN_NAME},
            "password_expires_at": "",
        },
        "roles": [{"id": "0", "name": "te_admin"}],
        "catalog": [],
    });
    if let (Value::Object(into), Value::Object(from)) = (&mut body, scope) {
        into.extend(from);
    }
    Response {
        status: 201,
        headers: vec![
            ("content-type".to_string(), "application/json".to_string()),
            ("x-subject-token".to_string(), token.token),
        ],
        body: json!({ "token": body }).to_string().into(),
    }
}

/// The token that a request asks for, with the name of its project.
fn new_token(request: &Request, now: Now) -> Result<(Token, Option<String>), Fault> {
    let refused = || Fault::new(401, "Unauthorized", "The username or password is wrong.");
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|e| Fault::new(400, "Bad Request", format!("the body is not JSON: {e}")))?;
    let user = &body["auth"]["identity"]["password"]["user"];
    let domain = &user["domain"];
    let of_demo = domain["name"] == DEMO_DOMAIN_NAME || domain["id"] == DEMO_DOMAIN;
    let is_demo = match user["id"].as_str() {
        Some(id) => id == rest::hex_id(DEMO_USER),
        // A name means nothing without its account.
        None => user["name"] == DEMO_USER && of_demo,
    };
    if !is_demo || user["password"] != DEMO_PASSWORD {
        return Err(refused());
    }
    let scope = &body["auth"]["scope"]["project"];
    let wanted = |name: &&&str| scope["name"] == **name || scope["id"] == project_id(name);
    let project = PROJECTS.iter().find(wanted);
    if !scope.is_null() && project.is_none() {
        return Err(refused());
    }
    let token = Token {
        token: format!("sim-token-{}-{}", now.wire_ms, rest::hex_id(&now.request.to_string())),
        project: project.map(|name| project_id(name)),
        expires_ms: now.wire_ms.saturating_add(TOKEN_MS),
    };
    Ok((token, project.map(ToString::to_string)))
}
