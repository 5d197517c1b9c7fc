//! Agencies of IAM: who may act in the account, for how long and with which roles.
//!
//! Source: IAM API reference, agency management.

use super::roles;
use crate::sim::huaweicloud::auth::{DEMO_DOMAIN, DEMO_DOMAIN_NAME};
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::times;
use crate::sim::world::{Now, Object, World};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Most agencies of one account; the documentation shows the number in an example only.
const MAX_AGENCIES: usize = 50;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An agency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agency {
    /// Account that it is in.
    pub domain_id: String,
    /// Server-made id.
    pub id: String,
    /// Name, unique in the account.
    pub name: String,
    /// Account that may act; `op_svc_<service>` for a cloud service.
    pub trust_domain_name: String,
    /// Id of that account.
    pub trust_domain_id: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Validity in days; null for unlimited.
    #[serde(default)]
    pub duration: Option<i64>,
    /// Creation time, Unix ms.
    pub created_ms: i64,
    /// End of the validity, Unix ms; null for unlimited.
    #[serde(default)]
    pub expires_ms: Option<i64>,
    /// Roles that it has.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Ids of the policies of IAM 5 that it has.
    #[serde(default)]
    pub policies: Vec<String>,
}

/// A role of an agency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    /// `project`, `domain`, `inherited` (in all projects) or `enterprise_project`.
    pub place: String,
    /// Id of the project, in the places that have one.
    #[serde(default)]
    pub project_id: Option<String>,
    /// Id of the role.
    pub role_id: String,
}

impl Object for Agency {
    const KIND: &'static str = "iam_agency";
    fn key(&self) -> String {
        key(&self.domain_id, &self.id)
    }
}

fn key(domain: &str, id: &str) -> String {
    format!("{domain}/{id}")
}

impl Agency {
    /// As replies have it; the name of the trusted account is not in the reply to a creation.
    fn to_json(&self, with_trust_name: bool) -> Value {
        let mut json = json!({
            "id": self.id,
            "name": self.name,
            "domain_id": self.domain_id,
            "trust_domain_id": self.trust_domain_id,
            "description": self.description,
            // Requests count days, replies hours.
            "duration": self.duration.map(|days| days.saturating_mul(24).to_string()),
            "expire_time": self.expires_ms.map(micros),
            "create_time": micros(self.created_ms),
        });
        if with_trust_name {
            json["trust_domain_name"] = json!(self.trust_domain_name);
        }
        json
    }
}

/// `2017-01-06T05:56:09.738212`
fn micros(ms: i64) -> String {
    format!("{}000", times::iso_millis(ms).trim_end_matches('Z'))
}

/// An agency by its id.
pub(super) fn get(call: &Call<'_>, world: &World, id: &str) -> Result<Agency, Fault> {
    let found = world.get(&key(&call.caller.domain, id));
    found.ok_or_else(|| Fault::new(404, "Not Found", format!("Could not find agency: {id}")))
}

/// The account that a call names must be the caller's.
pub(super) fn check_domain(call: &Call<'_>, domain: &str) -> Result<(), Fault> {
    match domain == call.caller.domain {
        true => Ok(()),
        false => Err(Fault::new(
            403,
            "Forbidden",
            "You are not authorized to perform the requested action.",
        )),
    }
}

fn bad(message: impl Into<String>) -> Fault {
    Fault::new(400, "Bad Request", message)
}

/// What a creation or a change says.
struct Wanted {
    trust: Option<(String, String)>,
    description: Option<String>,
    /// Days; none for unlimited; absent where nothing is said.
    duration: Option<Option<i64>>,
}

fn wanted(body: &Map<String, Value>, world: &World) -> Result<Wanted, Fault> {
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(bad(format!("Invalid input for field '{name}': it is not a string."))),
    };
    let description = text("description")?;
    let allowed =
        |d: &str| d.chars().count() <= 255 && !d.contains(['@', '#', '$', '%', '^', '&', '*', '<', '>', '\\']);
    if description.as_deref().is_some_and(|d| !allowed(d)) {
        return Err(bad("Invalid input for field 'description'."));
    }
    let trust = match (text("trust_domain_name")?, text("trust_domain_id")?) {
        // The name wins where both are given.
        (Some(name), _) if !name.is_empty() => Some((name.clone(), account_id(&name))),
        (_, Some(id)) if !id.is_empty() => Some((account_name(&id, world), id)),
        _ => None,
    };
    let duration = match body.get("duration") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(text)) if text == "FOREVER" => Some(None),
        Some(Value::String(text)) if text == "ONEDAY" => Some(Some(1)),
        Some(Value::String(text)) => Some(Some(text.parse().map_err(|_| invalid_duration())?)),
        Some(Value::Number(days)) => Some(Some(days.as_i64().ok_or_else(invalid_duration)?)),
        Some(_) => return Err(invalid_duration()),
    };
    if duration.flatten().is_some_and(|days| !(1..=36500).contains(&days)) {
        return Err(invalid_duration());
    }
    Ok(Wanted {
        trust,
        description,
        duration,
    })
}

fn invalid_duration() -> Fault {
    bad("Invalid input for field 'duration'.")
}

/// Accounts other than the caller's are known by their names alone.
fn account_id(name: &str) -> String {
    match name {
        DEMO_DOMAIN_NAME => DEMO_DOMAIN.to_string(),
        name => rest::hex_id(&format!("account {name}")),
    }
}

fn account_name(id: &str, world: &World) -> String {
    let agencies = world.list::<Agency>("");
    let met = agencies.into_iter().find(|a| a.trust_domain_id == id);
    met.map_or_else(|| format!("account-{id}"), |a| a.trust_domain_name)
}

fn agency_of(call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let body = call.body.get("agency").and_then(Value::as_object);
    body.cloned().ok_or_else(|| bad("'agency' is a required property"))
}

fn expiry(now: Now, duration: Option<i64>) -> Option<i64> {
    duration.map(|days| now.world_ms.saturating_add(days.saturating_mul(DAY_MS)))
}

/// POST /v3.0/OS-AGENCY/agencies
pub(super) fn create(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let body = agency_of(call)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = text("name");
    if !(1..=64).contains(&name.chars().count()) {
        return Err(bad("Invalid input for field 'name'."));
    }
    if text("domain_id").is_empty() {
        return Err(bad("'domain_id' is a required property"));
    }
    check_domain(call, text("domain_id"))?;
    let wanted = wanted(&body, world)?;
    let Some((trust_domain_name, trust_domain_id)) = wanted.trust else {
        return Err(bad("trust_domain_id or trust_domain_name is required"));
    };
    let all = world.list::<Agency>(&format!("{}/", call.caller.domain));
    if all.iter().any(|a| a.name == name) {
        return Err(Fault::new(
            409,
            "Conflict",
            format!("Conflict occurred attempting to store agency - Duplicate entry found with name {name}"),
        ));
    }
    if all.len() >= MAX_AGENCIES {
        return Err(Fault::new(
            403,
            "Forbidden",
            "The number of agencies exceeds the quota.",
        ));
    }
    let duration = wanted.duration.flatten();
    let agency = Agency {
        domain_id: call.caller.domain.clone(),
        id: rest::hex_id(&format!("agency {name} {} {}", now.world_ms, now.request)),
        name: name.to_string(),
        trust_domain_name,
        trust_domain_id,
        description: wanted.description.unwrap_or_default(),
        duration,
        created_ms: now.world_ms,
        expires_ms: expiry(now, duration),
        grants: Vec::new(),
        policies: Vec::new(),
    };
    world.put(&agency);
    Ok((201, Some(json!({ "agency": agency.to_json(false) }))))
}

/// GET /v3.0/OS-AGENCY/agencies
pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
    let Some(domain) = call.query("domain_id") else {
        return Err(bad("domain_id is required"));
    };
    check_domain(call, domain)?;
    let found: Vec<Value> = world
        .list::<Agency>(&format!("{domain}/"))
        .iter()
        .filter(|a| call.query("name").is_none_or(|n| n == a.name))
        .filter(|a| call.query("trust_domain_id").is_none_or(|t| t == a.trust_domain_id))
        .map(|a| a.to_json(true))
        .collect();
    Ok((200, Some(json!({ "agencies": super::page(call, found, 500) }))))
}

/// GET /v3.0/OS-AGENCY/agencies/{id}
pub(super) fn show(call: &Call<'_>, world: &World, id: &str) -> Answer {
    Ok((200, Some(json!({ "agency": get(call, world, id)?.to_json(true) }))))
}

/// PUT /v3.0/OS-AGENCY/agencies/{id}
pub(super) fn update(call: &Call<'_>, world: &mut World, now: Now, id: &str) -> Answer {
    let mut agency = get(call, world, id)?;
    let body = agency_of(call)?;
    const KNOWN: [&str; 4] = ["trust_domain_name", "trust_domain_id", "description", "duration"];
    if let Some(other) = body.keys().find(|k| !KNOWN.contains(&k.as_str())) {
        return Err(bad(format!(
            "Additional properties are not allowed ('{other}' was unexpected)"
        )));
    }
    let wanted = wanted(&body, world)?;
    if let Some((name, id)) = wanted.trust {
        (agency.trust_domain_name, agency.trust_domain_id) = (name, id);
    }
    if let Some(description) = wanted.description {
        agency.description = description;
    }
    if let Some(duration) = wanted.duration {
        agency.duration = duration;
        agency.expires_ms = expiry(now, duration);
    }
    world.put(&agency);
    Ok((200, Some(json!({ "agency": agency.to_json(true) }))))
}

/// DELETE /v3.0/OS-AGENCY/agencies/{id}
pub(super) fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answer {
    let agency = get(call, world, id)?;
    if !agency.policies.is_empty() {
        // The real code is not documented.
        return Err(Fault::new(
            409,
            "Conflict",
            "The agency has policies of IAM 5 attached and cannot be deleted.",
        ));
    }
    world.remove::<Agency>(&agency.key());
    Ok((204, None))
}

/// GET /v5/agencies/{id}/attached-policies: in pages by a marker.
pub(super) fn policies(call: &Call<'_>, world: &World, id: &str) -> Answer {
    let agency = get(call, world, id)?;
    let after = call.query("marker").and_then(|m| m.parse().ok()).unwrap_or(0_usize);
    let limit = call.number("limit", 100, 200);
    let page = agency.policies.iter().skip(after).take(limit);
    let page: Vec<Value> = page
        .map(|id| json!({"policy_id": id, "policy_name": format!("policy-{id}"), "urn": format!("iam::policy:{id}")}))
        .collect();
    let end = after.saturating_add(page.len());
    let next = (end < agency.policies.len()).then(|| end.to_string());
    let info = json!({"next_marker": next, "current_count": page.len()});
    Ok((200, Some(json!({"attached_policies": page, "page_info": info}))))
}

/// POST /v5/policies/{policy}/attach-agency and detach-agency
pub(super) fn change_policy(call: &Call<'_>, world: &mut World, policy: &str, attach: bool) -> Answer {
    let id = call.body["agency_id"].as_str().unwrap_or_default();
    let mut agency = get(call, world, id)?;
    let there = agency.policies.iter().any(|p| p == policy);
    match (attach, there) {
        (true, false) => agency.policies.push(policy.to_string()),
        (true, true) => return Err(Fault::new(409, "Conflict", "The policy is attached already.")),
        (false, true) => agency.policies.retain(|p| p != policy),
        (false, false) => return Err(Fault::new(404, "Not Found", "The policy is not attached.")),
    }
    world.put(&agency);
    Ok((200, None))
}

/// GET /v3.0/OS-QUOTA/domains/{domain_id}
pub(super) fn quota(call: &Call<'_>, world: &World, domain: &str) -> Answer {
    check_domain(call, domain)?;
    let used = world.count::<Agency>(&format!("{domain}/"));
    let of_agencies = json!({"type": "agency", "max": MAX_AGENCIES, "min": 0, "quota": MAX_AGENCIES, "used": used});
    let resources: Vec<Value> = match call.query("type") {
        None | Some("agency") => vec![of_agencies],
        Some(_) => Vec::new(),
    };
    Ok((200, Some(json!({"quotas": {"resources": resources}}))))
}

/// The roles of an agency in a place.
pub(super) fn granted(call: &Call<'_>, world: &World, id: &str, place: &str, project: Option<&str>) -> Answer {
    let agency = get(call, world, id)?;
    let roles: Vec<Value> = agency
        .grants
        .iter()
        .filter(|g| g.place == place && g.project_id.as_deref() == project)
        .filter_map(|g| roles::by_id(&g.role_id))
        .map(|r| r.to_json())
        .collect();
    Ok((200, Some(json!({"roles": roles, "links": super::links(call)}))))
}

/// PUT, HEAD and DELETE of one role of an agency.
pub(super) fn grant(call: &Call<'_>, world: &mut World, id: &str, grant: Grant) -> Answer {
    let mut agency = get(call, world, id)?;
    let role = roles::by_id(&grant.role_id);
    let role = role.ok_or_else(|| Fault::new(404, "Not Found", format!("Could not find role: {}", grant.role_id)))?;
    let there = agency.grants.contains(&grant);
    match call.request.method.as_str() {
        "PUT" if ["secu_admin", "te_agency"].contains(&role.name) => {
            return Err(Fault::new(
                403,
                "Forbidden",
                format!("The role {} can not be granted to an agency.", role.name),
            ));
        }
        "PUT" if !there => agency.grants.push(grant),
        "PUT" => {}
        _ if !there => {
            return Err(Fault::new(404, "Not Found", "Could not find role assignment."));
        }
        "DELETE" => agency.grants.retain(|g| *g != grant),
        _ => return Ok((204, None)),
    }
    agency.grants.sort();
    world.put(&agency);
    Ok((204, None))
}
