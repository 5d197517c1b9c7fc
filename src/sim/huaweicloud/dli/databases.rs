//! Databases of DLI: made, listed, given to another owner, deleted.
//!
//! Source: DLI API reference, database-related APIs.

use super::model::{Database, Table};
use super::{DEFAULT, absent, bad, done, exists, name, optional_text};
use crate::sim::huaweicloud::auth::DEMO_USER;
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::world::{Now, Object, World};
use serde_json::{Value, json};

/// Whether a project has the database; `default` is in every one.
pub(super) fn there(world: &World, project: &str, database: &str) -> bool {
    database == DEFAULT || world.has::<Database>(&format!("{project}/{database}"))
}

/// POST /v1.0/{project_id}/databases
pub(super) fn create(call: &Call<'_>, world: &mut World, now: Now, project: &str) -> Answer {
    let name = name(&call.body, "database_name", false)?;
    if there(world, project, &name) {
        return Err(exists(&format!("database {name}")));
    }
    let mut tags = Vec::new();
    for tag in call.body.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let part = |part: &str| tag.get(part).and_then(Value::as_str).unwrap_or_default().to_string();
        let (key, value) = (part("key"), part("value"));
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 255 {
            return Err(bad("the tag is invalid"));
        }
        tags.push((key, value));
    }
    let enterprise = optional_text(&call.body, "enterprise_project_id")?;
    world.put(&Database {
        project: project.to_string(),
        resource_id: rest::uuid(&format!("database {project}/{name} {}", now.world_ms)),
        name,
        description: optional_text(&call.body, "description")?.unwrap_or_default(),
        owner: DEMO_USER.to_string(),
        enterprise_project_id: enterprise.filter(|e| !e.is_empty()).unwrap_or_else(|| "0".to_string()),
        tags,
        created_ms: now.world_ms,
    });
    Ok((200, Some(done())))
}

/// GET /v1.0/{project_id}/databases
pub(super) fn list(call: &Call<'_>, world: &World, project: &str) -> Answer {
    let default = Database {
        project: project.to_string(),
        name: DEFAULT.to_string(),
        description: "Default Hive database".to_string(),
        owner: "public".to_string(),
        enterprise_project_id: "0".to_string(),
        resource_id: rest::uuid(&format!("database {project}/{DEFAULT}")),
        tags: Vec::new(),
        created_ms: 0,
    };
    let mut all = world.list::<Database>(&format!("{project}/"));
    all.push(default);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let keyword = call.query("keyword").unwrap_or_default().to_ascii_lowercase();
    let tagged = |database: &Database| {
        let pairs = call.query("tags").into_iter().flat_map(|t| t.split(','));
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.all(|(key, value)| database.tags.iter().any(|(k, v)| k == key && v == value))
    };
    let found: Vec<Value> = all
        .iter()
        .filter(|d| d.name.contains(&keyword) && tagged(d))
        .map(|d| {
            json!({
                "database_name": d.name,
                "owner": d.owner,
                "table_number": world.count::<Table>(&format!("{project}/{}/", d.name)),
                "description": d.description,
                "enterprise_project_id": d.enterprise_project_id,
                "resource_id": d.resource_id,
            })
        })
        .collect();
    let total = found.len();
    let offset = call.query("offset").and_then(|n| n.parse().ok()).unwrap_or(0);
    // Without a limit the whole list is answered.
    let limit = call.number("limit", usize::MAX, usize::MAX);
    let page: Vec<Value> = found.into_iter().skip(offset).take(limit).collect();
    let body = json!({"is_success": true, "message": "", "database_count": total, "databases": page});
    Ok((200, Some(body)))
}

/// PUT /v1.0/{project_id}/databases/{database}/owner
pub(super) fn set_owner(call: &Call<'_>, world: &mut World, project: &str, database: &str) -> Answer {
    let mut database = get(world, project, database)?;
    let owner = optional_text(&call.body, "new_owner")?;
    database.owner = owner
        .filter(|o| !o.is_empty())
        .ok_or_else(|| bad("new_owner is required"))?;
    world.put(&database);
    Ok((200, Some(done())))
}

/// DELETE /v1.0/{project_id}/databases/{database}
pub(super) fn delete(call: &Call<'_>, world: &mut World, project: &str, database: &str) -> Answer {
    let database = get(world, project, database)?;
    let tables = world.list::<Table>(&format!("{}/", database.key()));
    if !tables.is_empty() && call.query("cascade") != Some("true") {
        // The documentation names no code for it.
        return Err(Fault::new(
            400,
            "DLI.0008",
            format!("Database {} is not empty. One or more tables exist.", database.name),
        ));
    }
    for table in tables {
        world.remove::<Table>(&table.key());
    }
    world.remove::<Database>(&database.key());
    Ok(super::deleted(call, &database.key()))
}

fn get(world: &World, project: &str, database: &str) -> Result<Database, Fault> {
    let name = database.to_ascii_lowercase();
    let found = world.get(&format!("{project}/{name}"));
    found.ok_or_else(|| absent(&format!("database {name}")))
}
