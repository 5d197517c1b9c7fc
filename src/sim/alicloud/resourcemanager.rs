//! Resource Management 2020-03-31: service-linked roles. Deleting one takes time and fails while a
//! delivery task writes with it.

use super::ram;
use super::roles::{AttachedPolicy, LINKED_SERVICES, Role, RoleDeletion, role_key};
use super::rpc::{self, Answer, Call, RpcError};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::{Map, json};

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rpc::serve(request, world, now, |call, world| act(call, world, now))
}

fn act(call: &Call, world: &mut World, now: Now) -> Answer {
    match (call.version.as_str(), call.action.as_str()) {
        ("2020-03-31", "CreateServiceLinkedRole") => create(call, world, now),
        ("2020-03-31", "DeleteServiceLinkedRole") => delete(call, world, now),
        ("2020-03-31", "GetServiceLinkedRoleDeletionStatus") => deletion_status(call, world),
        ("2020-03-31", "GetRole") => ram::get_role(call, world),
        _ => Err(rpc::unknown_action(call)),
    }
}

fn create(call: &Call, world: &mut World, now: Now) -> Answer {
    let service = call.need("ServiceName")?;
    // Codes of this operation's errors are assumed: its reference lists none.
    let Some((service, name, policy)) = LINKED_SERVICES.iter().find(|(s, _, _)| *s == service) else {
        return Err(RpcError::new(
            400,
            "InvalidParameter.ServiceName",
            format!("The service has no service-linked role: {service}."),
        ));
    };
    if call.get("CustomSuffix").is_some() {
        return Err(RpcError::new(
            400,
            "InvalidParameter.CustomSuffix",
            "The service does not support a custom suffix.",
        ));
    }
    if world.has::<Role>(&role_key(&call.account, name)) {
        return Err(RpcError::new(
            409,
            "EntityAlreadyExists.Role",
            format!("The role already exists: {name}."),
        ));
    }
    let document = json!({
        "Statement": [{
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": [service]},
        }],
        "Version": "1",
    });
    let role = Role {
        account: call.account.clone(),
        name: (*name).to_string(),
        role_id: ram::role_id(&call.account, name, now.world_ms),
        description: call.get("Description").unwrap_or_default().to_string(),
        assume_role_policy_document: document.to_string(),
        max_session_duration: 3600,
        created_ms: now.world_ms,
        updated_ms: now.world_ms,
        linked_service: Some((*service).to_string()),
        tags: Vec::new(),
        policies: vec![AttachedPolicy {
            policy_type: "System".to_string(),
            name: (*policy).to_string(),
            attached_ms: now.world_ms,
        }],
    };
    world.put(&role);
    Ok(ram::role_field(&role))
}

fn delete(call: &Call, world: &mut World, now: Now) -> Answer {
    let role = ram::find_role(call, world)?;
    let Some(service) = &role.linked_service else {
        return Err(RpcError::new(
            400,
            "InvalidParameter.RoleName",
            "The role is not a service-linked role.",
        ));
    };
    let id = ram::role_id(&role.account, &role.name, now.world_ms);
    let task_id = format!("task/aliyun-service-role/{service}/{}/{id}", role.name);
    world.put(&RoleDeletion {
        task_id: task_id.clone(),
        account: role.account.clone(),
        role_name: role.name.clone(),
        started_ms: now.world_ms,
        status: "IN_PROGRESS".to_string(),
        used_by: Vec::new(),
    });
    Ok(Map::from_iter([("DeletionTaskId".to_string(), json!(task_id))]))
}

fn deletion_status(call: &Call, world: &World) -> Answer {
    let id = call.need("DeletionTaskId")?;
    let deletion = world
        .get::<RoleDeletion>(id)
        .filter(|d| d.account == call.account)
        .ok_or_else(|| {
            // The code is assumed.
            RpcError::new(404, "EntityNotExist.DeletionTask", "The deletion task does not exist.")
        })?;
    let mut fields = Map::from_iter([("Status".to_string(), json!(deletion.status))]);
    if deletion.status == "FAILED" {
        fields.insert(
            "Reason".to_string(),
            json!({
                "Message": "The role is in use by delivery tasks.",
                "RoleUsages": {"RoleUsage": [{
                    "Region": world.settings.region,
                    "Resources": {"Resource": deletion.used_by},
                }]},
            }),
        );
    }
    Ok(fields)
}
