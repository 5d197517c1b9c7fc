//! IAM v3: tokens and projects.

use super::auth::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_USER, PROJECTS, Token, project_id};
use super::rest::{self, Answer, Call, Dialect, Fault};
use crate::sim::times;
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::{Value, json};

/// How long a token is good for.
const TOKEN_MS: i64 = 24 * 60 * 60 * 1000;

/// Answers one request. Asking for a token needs no signature.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    let parts = rest::path(request);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let ("POST", ["v3", "auth", "tokens"]) = (request.method.as_str(), &parts[..]) {
        return token(request, world, now);
    }
    rest::serve(request, world, now, Dialect::Iam, |call, _| act(call))
}

fn act(call: &Call<'_>) -> Answer {
    let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.request.method.as_str(), &parts[..]) {
        ("GET", ["v3", "projects"]) => Ok((200, Some(projects(call)))),
        ("GET", ["v3", "auth", "domains"]) => Ok((
            200,
            Some(json!({"domains": [{"id": DEMO_DOMAIN, "name": DEMO_DOMAIN_NAME, "enabled": true}], "links": {}})),
        )),
        _ => Err(rest::no_such_api(call.request)),
    }
}

/// The operation a request calls.
pub(crate) fn operation(request: &Request) -> String {
    let parts = rest::path(request);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let name = match (request.method.as_str(), &parts[..]) {
        ("POST", ["v3", "auth", "tokens"]) => "CreateToken",
        ("GET", ["v3", "projects"]) => "ListProjects",
        ("GET", ["v3", "auth", "domains"]) => "ListDomains",
        _ => "Unknown",
    };
    name.to_string()
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    rest::trouble(Dialect::Iam, now, throttled)
}

fn projects(call: &Call<'_>) -> Value {
    let wanted = |name: &&&str| call.query("name").is_none_or(|n| n == **name);
    let of_domain = call.query("domain_id").is_none_or(|d| d == call.caller.domain);
    let found: Vec<Value> = PROJECTS
        .iter()
        .filter(wanted)
        .filter(|_| of_domain)
        .map(|name| {
            json!({
                "id": project_id(name),
                "name": name,
                "domain_id": DEMO_DOMAIN,
                "parent_id": DEMO_DOMAIN,
                "description": "",
                "enabled": true,
                "is_domain": false,
                "links": {},
            })
        })
        .collect();
    json!({"projects": found, "links": {}})
}

fn token(request: &Request, world: &mut World, now: Now) -> Response {
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
        },
        "roles": [],
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
    if user["name"] != DEMO_USER || user["password"] != DEMO_PASSWORD || !of_demo {
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
