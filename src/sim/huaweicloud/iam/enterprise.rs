//! Enterprise projects: a fixed list, the roles that agencies have in them, and moving a bucket from one to another.
//!
//! Source: EPS API reference, Querying the Enterprise Project List, Migrating Resources; IAM API reference, Granting
//! Permissions to Agencies Associated with Specified Enterprise Projects, Querying Permissions Assignment Records.

use super::agencies::{self, Agency, Grant};
use super::roles;
use crate::sim::huaweicloud::obs::model::Bucket;
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::world::World;
use serde_json::{Value, json};

/// The projects that the account has: the default one, whose id is known, and two more.
const PROJECTS: [&str; 3] = ["default", "data", "test_enterprise_project"];

/// Where a grant says that it is in an enterprise project.
const PLACE: &str = "enterprise_project";

/// Assignments in one request.
const MOST: usize = 250;

/// Id of the enterprise project of this name.
fn id(name: &str) -> String {
    match name {
        "default" => "0".to_string(),
        name => rest::uuid(&format!("enterprise project {name}")),
    }
}

fn is_known(project: &str) -> bool {
    PROJECTS.iter().any(|name| id(name) == project)
}

fn no_project(project: &str) -> Fault {
    Fault::new(
        404,
        "EPS.0004",
        format!("The enterprise project {project} does not exist."),
    )
}

/// GET /v1.0/enterprise-projects
pub(super) fn list(call: &Call<'_>) -> Answer {
    let wanted = |name: &&&str| call.query("name").is_none_or(|n| name.contains(n));
    let all: Vec<Value> = PROJECTS
        .iter()
        .filter(wanted)
        .map(|name| {
            json!({
                "id": id(name), "name": name, "description": "", "status": 1, "type": "prod",
                "created_at": "2018-05-18T06:49:06Z", "updated_at": "2018-05-28T02:21:36Z",
            })
        })
        .collect();
    let total = all.len();
    let offset = call.query("offset").and_then(|n| n.parse().ok()).unwrap_or(0);
    let found: Vec<Value> = all
        .into_iter()
        .skip(offset)
        .take(call.number("limit", 1000, 1000))
        .collect();
    Ok((200, Some(json!({"enterprise_projects": found, "total_count": total}))))
}

/// POST /v1.0/enterprise-projects/{id}/resources-migrate, for buckets.
pub(super) fn migrate(call: &Call<'_>, world: &mut World, project: &str) -> Answer {
    if !is_known(project) {
        return Err(no_project(project));
    }
    let text = |name: &str| call.body[name].as_str().unwrap_or_default();
    if text("resource_type") != "bucket" || text("region_id").is_empty() {
        return Err(Fault::new(
            400,
            "EPS.0001",
            "Only buckets, with their region, are moved here.",
        ));
    }
    let bucket: Option<Bucket> = world.get(text("resource_id"));
    let found = bucket.filter(|b| b.owner == call.caller.domain && b.region == text("region_id"));
    let mut bucket = found.ok_or_else(|| Fault::new(404, "EPS.0010", "The resource does not exist."))?;
    bucket.enterprise_project_id = project.to_string();
    world.put(&bucket);
    Ok((204, None))
}

/// PUT and DELETE /v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments: all or none.
pub(super) fn assign(call: &Call<'_>, world: &mut World) -> Answer {
    let Some(wanted) = call.body["role_assignments"]
        .as_array()
        .filter(|a| (1..=MOST).contains(&a.len()))
    else {
        return Err(Fault::new(
            400,
            "Bad Request",
            "'role_assignments' is a required property",
        ));
    };
    let grants = call.request.method == http::Method::PUT;
    let mut changed: Vec<Agency> = Vec::new();
    for one in wanted {
        let text = |name: &str| one[name].as_str().unwrap_or_default();
        let (agency, project, role) = (text("agency_id"), text("enterprise_project_id"), text("role_id"));
        if !is_known(project) {
            return Err(no_project(project));
        }
        let known = roles::by_id(role);
        let known = known.ok_or_else(|| Fault::new(404, "Not Found", format!("Could not find role: {role}")))?;
        if grants && ["secu_admin", "te_agency"].contains(&known.name) {
            return Err(Fault::new(
                403,
                "Forbidden",
                "The role can not be granted to an agency.",
            ));
        }
        let place = match changed.iter().position(|a| a.id == agency) {
            Some(place) => place,
            None => {
                changed.push(agencies::get(call, world, agency)?);
                changed.len() - 1
            }
        };
        let grant = Grant {
            place: PLACE.to_string(),
            project_id: Some(project.to_string()),
            role_id: role.to_string(),
        };
        let Some(agency) = changed.get_mut(place) else {
            continue;
        };
        agency.grants.retain(|g| *g != grant);
        if grants {
            agency.grants.push(grant);
        }
        agency.grants.sort();
    }
    for agency in &changed {
        world.put(agency);
    }
    Ok((204, None))
}

/// GET /v3.0/OS-PERMISSION/role-assignments, of agencies in enterprise projects.
pub(super) fn assignments(call: &Call<'_>, world: &World) -> Answer {
    let domain = call.query("domain_id").unwrap_or_default();
    agencies::check_domain(call, domain)?;
    if call.query("scope") != Some(PLACE) {
        return Err(Fault::new(
            400,
            "Bad Request",
            "Only the scope enterprise_project is served here.",
        ));
    }
    let wanted = |a: &&Agency| call.query("subject.agency_id").is_none_or(|id| id == a.id);
    let all = world.list::<Agency>(&format!("{domain}/"));
    let mut found: Vec<Value> = Vec::new();
    for agency in all.iter().filter(wanted) {
        let of_place = agency.grants.iter().filter(|g| g.place == PLACE);
        found.extend(of_place.map(|g| {
            json!({
                "role": {"id": g.role_id},
                "agency": {"id": agency.id},
                "scope": {"enterprise_project": {"id": g.project_id}},
                "is_inherited": false,
            })
        }));
    }
    let total = found.len();
    let found = super::page(call, found, 50);
    Ok((200, Some(json!({"total_num": total, "role_assignments": found}))))
}
