//! Deployments, which take time, and what a workspace is given from elsewhere: resource groups and data sources.

use super::model::{Deployment, DwFile, ResourceGroup, file_key};
use super::{done_with_status, project, refused};
use crate::sim::alicloud::rpc::{Answer, Call};
use crate::sim::world::World;
use serde_json::{Map, Value, json};

/// Lets deployments that took long enough have their effect.
pub(super) fn settle(world: &mut World, now_ms: i64) {
    let limit = world.settings.deployment_ms;
    for mut deployment in world.list::<Deployment>("") {
        if deployment.done || now_ms.saturating_sub(deployment.started_ms) < limit {
            continue;
        }
        if deployment.purpose == "DELETE" {
            world.remove::<DwFile>(&file_key(&deployment.project, deployment.file_id));
        }
        deployment.done = true;
        world.put(&deployment);
    }
}

pub(super) fn get_deployment(call: &Call, world: &World) -> Answer {
    let project = project(call)?;
    let id = call.need("DeploymentId")?;
    let Some(deployment) = world.get::<Deployment>(&format!("{project}/{id}")) else {
        // The code is assumed.
        return Ok(refused("Invalid.Deployment.NotExist", "The deployment does not exist."));
    };
    let status = i64::from(deployment.done);
    Ok(done_with_status(Some(json!({
        "Deployment": {
            "Status": status, "Name": deployment.purpose, "FromEnvironment": 0, "ToEnvironment": 1,
            "CreateTime": deployment.started_ms,
        },
        "DeployedItems": [{"FileId": deployment.file_id, "Status": status}],
    }))))
}

/// The groups of the kind that is asked for, by default those for scheduling.
pub(super) fn list(call: &Call, world: &World) -> Map<String, Value> {
    let mut groups = world.list::<ResourceGroup>("");
    if groups.is_empty() {
        groups.push(ResourceGroup {
            identifier: world.settings.resource_group.clone(),
            name: "default".to_string(),
            id: 1,
            group_type: 4,
        });
    }
    let kind = call.get("ResourceGroupType").unwrap_or("1");
    let wanted = |g: &&ResourceGroup| {
        let word = call.get("Keyword");
        g.group_type.to_string() == kind && word.is_none_or(|w| g.name.contains(w) || g.identifier.contains(w))
    };
    let shown: Vec<Value> = groups
        .iter()
        .filter(wanted)
        .map(|g| {
            json!({
                "Id": g.id, "Identifier": g.identifier, "Name": g.name, "ResourceGroupType": g.group_type,
                "BizExtKey": "single", "Mode": "ISOLATE", "Status": 0, "IsDefault": false,
            })
        })
        .collect();
    done_with_status(Some(Value::Array(shown)))
}

/// No served call makes a data source.
pub(super) fn list_data_sources(call: &Call) -> Map<String, Value> {
    let number = |name: &str, otherwise: i64| call.get(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    done_with_status(Some(json!({
        "PageNumber": number("PageNumber", 1), "PageSize": number("PageSize", 10), "TotalCount": 0, "DataSources": [],
    })))
}
