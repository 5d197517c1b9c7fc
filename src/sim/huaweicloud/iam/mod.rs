//! IAM: tokens, temporary keys, projects, roles and agencies; and what belongs to it elsewhere: enterprise projects and
//! the policies of IAM 5 that an agency has.

pub(crate) mod agencies;
mod enterprise;
mod roles;
mod temporary;
mod tokens;

use super::auth::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_USER, PROJECTS, project_id};
use super::rest::{self, Answer, Call, Dialect};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use agencies::Grant;
use serde_json::{Value, json};

/// The internal name of a role.
pub(super) fn role_name(id: &str) -> Option<&'static str> {
    roles::by_id(id).map(|role| role.name)
}

/// Answers one request. Asking for a token needs no signature.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    let parts = rest::path(request);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let ("POST", ["v3", "auth", "tokens"]) = (request.method.as_str(), &parts[..]) {
        return tokens::create(request, world, now);
    }
    rest::serve(request, world, now, Dialect::Iam, |call, world| act(call, world, now))
}

fn act(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.request.method.as_str(), &parts[..]) {
        ("GET", ["v3", "projects"]) => Ok((200, Some(projects(call)))),
        ("GET", ["v3", "auth", "domains"]) => Ok((
            200,
            Some(
                json!({"domains": [{"id": DEMO_DOMAIN, "name": DEMO_DOMAIN_NAME, "enabled": true}], "links": links(call)}),
            ),
        )),
        ("GET", ["v3", "roles"]) => roles::list(call),
        ("GET", ["v3", "roles", id]) => roles::show(id),
        ("POST", ["v3.0", "OS-CREDENTIAL", "securitytokens"]) => temporary::of_agency(call, world, now),
        ("POST", ["v5", "agencies", "assume"]) => temporary::of_urn(call, world, now),
        ("GET", ["v5", "caller-identity"]) => Ok((200, Some(caller()))),
        ("GET", ["v3.0", "OS-USER", "users", id]) if *id == rest::hex_id(DEMO_USER) => Ok((
            200,
            Some(json!({"user": {"id": id, "name": DEMO_USER, "domain_id": DEMO_DOMAIN, "enabled": true}})),
        )),
        ("GET", ["v5", "agencies", id, "attached-policies"]) => agencies::policies(call, world, id),
        ("POST", ["v5", "policies", id, action @ ("attach-agency" | "detach-agency")]) => {
            agencies::change_policy(call, world, id, *action == "attach-agency")
        }
        ("GET", ["v1.0", "enterprise-projects"]) => enterprise::list(call),
        ("POST", ["v1.0", "enterprise-projects", id, "resources-migrate"]) => enterprise::migrate(call, world, id),
        ("PUT" | "DELETE", ASSIGN) => enterprise::assign(call, world),
        ("GET", ["v3.0", "OS-PERMISSION", "role-assignments"]) => enterprise::assignments(call, world),
        ("POST", ["v3.0", "OS-AGENCY", "agencies"]) => agencies::create(call, world, now),
        ("GET", ["v3.0", "OS-AGENCY", "agencies"]) => agencies::list(call, world),
        ("GET", ["v3.0", "OS-AGENCY", "agencies", id]) => agencies::show(call, world, id),
        ("PUT", ["v3.0", "OS-AGENCY", "agencies", id]) => agencies::update(call, world, now, id),
        ("DELETE", ["v3.0", "OS-AGENCY", "agencies", id]) => agencies::delete(call, world, id),
        ("GET", ["v3.0", "OS-QUOTA", "domains", domain]) => agencies::quota(call, world, domain),
        _ => grants(call, world, &parts),
    }
}

/// The path of roles that agencies have in enterprise projects.
const ASSIGN: &[&str] = &[
    "v3.0",
    "OS-PERMISSION",
    "subjects",
    "agency",
    "scopes",
    "enterprise-project",
    "role-assignments",
];

/// Where a path says that roles are granted: place, account or project, agency, and one role or all.
fn place<'a>(parts: &[&'a str]) -> Option<(&'static str, &'a str, &'a str, Option<&'a str>)> {
    Some(match *parts {
        ["v3.0", "OS-AGENCY", "projects", project, "agencies", id, "roles"] => ("project", project, id, None),
        ["v3.0", "OS-AGENCY", "projects", project, "agencies", id, "roles", role] => {
            ("project", project, id, Some(role))
        }
        ["v3.0", "OS-AGENCY", "domains", domain, "agencies", id, "roles"] => ("domain", domain, id, None),
        ["v3.0", "OS-AGENCY", "domains", domain, "agencies", id, "roles", role] => ("domain", domain, id, Some(role)),
        [
            "v3.0",
            "OS-INHERIT",
            "domains",
            domain,
            "agencies",
            id,
            "roles",
            "inherited_to_projects",
        ] => ("inherited", domain, id, None),
        [
            "v3.0",
            "OS-INHERIT",
            "domains",
            domain,
            "agencies",
            id,
            "roles",
            role,
            "inherited_to_projects",
        ] => ("inherited", domain, id, Some(role)),
        _ => return None,
    })
}

fn grants(call: &Call<'_>, world: &mut World, parts: &[&str]) -> Answer {
    let Some((place, of, id, role)) = place(parts) else {
        return Err(rest::no_such_api(call.request));
    };
    let project = match place {
        "project" => {
            let known = world.settings.any_project || PROJECTS.iter().any(|name| project_id(name) == of);
            if !known {
                return Err(rest::Fault::new(
                    404,
                    "Not Found",
                    format!("Could not find project: {of}"),
                ));
            }
            Some(of)
        }
        _ => {
            agencies::check_domain(call, of)?;
            None
        }
    };
    match (call.request.method.as_str(), role) {
        ("GET", None) => agencies::granted(call, world, id, place, project),
        ("PUT" | "HEAD" | "DELETE", Some(role)) => {
            let grant = Grant {
                place: place.to_string(),
                project_id: project.map(str::to_string),
                role_id: role.to_string(),
            };
            agencies::grant(call, world, id, grant)
        }
        _ => Err(rest::no_such_api(call.request)),
    }
}

/// The operation a request calls.
pub(crate) fn operation(request: &Request) -> String {
    let parts = rest::path(request);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let name = match (request.method.as_str(), &parts[..]) {
        ("POST", ["v3", "auth", "tokens"]) => "CreateToken",
        ("GET", ["v3", "projects"]) => "KeystoneListProjects",
        ("GET", ["v3", "auth", "domains"]) => "KeystoneListAuthDomains",
        ("GET", ["v3", "roles"]) => "KeystoneListPermissions",
        ("GET", ["v3", "roles", _]) => "KeystoneShowPermission",
        ("POST", ["v3.0", "OS-CREDENTIAL", "securitytokens"]) => "CreateTemporaryAccessKeyByAgency",
        ("POST", ["v5", "agencies", "assume"]) => "AssumeAgency",
        ("GET", ["v5", "caller-identity"]) => "GetCallerIdentity",
        ("GET", ["v3.0", "OS-USER", "users", _]) => "ShowUser",
        ("GET", ["v5", "agencies", _, "attached-policies"]) => "ListAttachedAgencyPoliciesV5",
        ("POST", ["v5", "policies", _, "attach-agency"]) => "AttachAgencyPolicyV5",
        ("POST", ["v5", "policies", _, "detach-agency"]) => "DetachAgencyPolicyV5",
        ("GET", ["v1.0", "enterprise-projects"]) => "ListEnterpriseProject",
        ("POST", ["v1.0", "enterprise-projects", _, "resources-migrate"]) => "MigrateResource",
        ("PUT", ASSIGN) => "AssociateRoleToAgencyOnEnterpriseProject",
        ("DELETE", ASSIGN) => "RevokeRoleFromAgencyOnEnterpriseProject",
        ("GET", ["v3.0", "OS-PERMISSION", "role-assignments"]) => "ShowDomainRoleAssignments",
        ("POST", ["v3.0", "OS-AGENCY", "agencies"]) => "CreateAgency",
        ("GET", ["v3.0", "OS-AGENCY", "agencies"]) => "ListAgencies",
        ("GET", ["v3.0", "OS-AGENCY", "agencies", _]) => "ShowAgency",
        ("PUT", ["v3.0", "OS-AGENCY", "agencies", _]) => "UpdateAgency",
        ("DELETE", ["v3.0", "OS-AGENCY", "agencies", _]) => "DeleteAgency",
        ("GET", ["v3.0", "OS-QUOTA", "domains", _]) => "ShowDomainQuota",
        (method, parts) => place(parts).map_or("Unknown", |(place, _, _, role)| grant_operation(method, place, role)),
    };
    name.to_string()
}

fn grant_operation(method: &str, place: &str, role: Option<&str>) -> &'static str {
    match (method, place, role) {
        ("GET", "project", None) => "ListProjectPermissionsForAgency",
        ("GET", "domain", None) => "ListDomainPermissionsForAgency",
        ("GET", _, None) => "ListAllProjectsPermissionsForAgency",
        ("PUT", "project", Some(_)) => "AssociateAgencyWithProjectPermission",
        ("PUT", "domain", Some(_)) => "AssociateAgencyWithDomainPermission",
        ("PUT", _, Some(_)) => "AssociateAgencyWithAllProjectsPermission",
        ("HEAD", "project", Some(_)) => "CheckProjectPermissionForAgency",
        ("HEAD", "domain", Some(_)) => "CheckDomainPermissionForAgency",
        ("HEAD", _, Some(_)) => "CheckAllProjectsPermissionForAgency",
        ("DELETE", "project", Some(_)) => "RemoveProjectPermissionFromAgency",
        ("DELETE", "domain", Some(_)) => "RemoveDomainPermissionFromAgency",
        ("DELETE", _, Some(_)) => "RemoveAllProjectsPermissionFromAgency",
        _ => "Unknown",
    }
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    rest::trouble(Dialect::Iam, now, throttled)
}

/// The page that `page` and `per_page` ask for; all where they do not.
fn page(call: &Call<'_>, all: Vec<Value>, most: usize) -> Vec<Value> {
    if call.query("page").is_none() && call.query("per_page").is_none() {
        return all;
    }
    let size = call.number("per_page", most, most);
    let before = (call.number("page", 1, usize::MAX) - 1).saturating_mul(size);
    all.into_iter().skip(before).take(size).collect()
}

/// The one user there is.
fn caller() -> Value {
    json!({
        "account_id": DEMO_DOMAIN,
        "principal_id": rest::hex_id(DEMO_USER),
        "principal_urn": format!("iam::{DEMO_DOMAIN}:user:{DEMO_USER}"),
    })
}

/// Where a list is.
fn links(call: &Call<'_>) -> Value {
    json!({"self": format!("https://iam.myhuaweicloud.com{}", call.request.path), "previous": null, "next": null})
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
                "links": {"self": format!("https://iam.myhuaweicloud.com/v3/projects/{}", project_id(name))},
            })
        })
        .collect();
    json!({"projects": page(call, found, 500), "links": links(call)})
}
