//! RAM 2015-05-01 (roles and their policies) and STS 2015-04-01 `GetCallerIdentity`, on one port.
//! Errors as in the RAM reference; where it names none, the comment says "assumed".

use super::roles::{AttachedPolicy, Role, role_key};
use super::rpc::{self, Answer, Call, RpcError};
use crate::sim::world::{Now, Object, World};
use crate::wire::request::{Request, Response};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rpc::serve(request, world, now, |call, world| act(call, world, now))
}

fn act(call: &Call, world: &mut World, now: Now) -> Answer {
    match (call.version.as_str(), call.action.as_str()) {
        ("2015-05-01", "CreateRole") => create_role(call, world, now),
        ("2015-05-01", "GetRole") => get_role(call, world),
        ("2015-05-01", "UpdateRole") => update_role(call, world, now),
        ("2015-05-01", "DeleteRole") => delete_role(call, world),
        ("2015-05-01", "ListRoles") => list_roles(call, world),
        ("2015-05-01", "TagResources") => tag_role(call, world, now),
        ("2015-05-01", "UntagResources") => untag_role(call, world, now),
        ("2015-05-01", "AttachPolicyToRole") => attach(call, world, now),
        ("2015-05-01", "DetachPolicyFromRole") => detach(call, world),
        ("2015-05-01", "ListPoliciesForRole") => list_policies(call, world),
        ("2015-04-01", "GetCallerIdentity") => Ok(caller_identity(call)),
        _ => Err(rpc::unknown_action(call)),
    }
}

/// The reply of `GetRole`, here and in Resource Management.
pub(crate) fn get_role(call: &Call, world: &World) -> Answer {
    Ok(role_field(&find_role(call, world)?))
}

/// The role named by `RoleName`.
pub(crate) fn find_role(call: &Call, world: &World) -> Result<Role, RpcError> {
    let name = call.need("RoleName")?;
    world
        .get::<Role>(&role_key(&call.account, name))
        .ok_or_else(|| RpcError::new(404, "EntityNotExist.Role", format!("The role not exists: {name}.")))
}

/// `{"Role": …}`
pub(crate) fn role_field(role: &Role) -> Map<String, Value> {
    Map::from_iter([("Role".to_string(), role.to_json())])
}

/// A role id that is the same for the same account, name and creation time.
pub(crate) fn role_id(account: &str, name: &str, created_ms: i64) -> String {
    let digest = Sha256::digest(format!("{account}/{name}/{created_ms}").as_bytes());
    let number = digest.iter().take(7).fold(0_u64, |n, b| (n << 8) | u64::from(*b));
    format!("3{:017}", number % 100_000_000_000_000_000)
}

fn create_role(call: &Call, world: &mut World, now: Now) -> Answer {
    let name = call.need("RoleName")?.to_string();
    if name.chars().count() > 64 {
        return Err(RpcError::new(
            400,
            "InvalidParameter.RoleName.Length",
            "The parameter - RoleName beyond the length limit.",
        ));
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    {
        return Err(RpcError::new(
            400,
            "InvalidParameter.RoleName.InvalidChars",
            "The parameter - RoleName contains invalid chars.",
        ));
    }
    let document = call.need("AssumeRolePolicyDocument")?.to_string();
    check_document(&document)?;
    let description = call.get("Description").unwrap_or_default().to_string();
    check_description(&description)?;
    let max_session_duration = call.number("MaxSessionDuration", 3600, 43200)?.unwrap_or(3600);
    if world.has::<Role>(&role_key(&call.account, &name)) {
        return Err(RpcError::new(
            409,
            "EntityAlreadyExists.Role",
            format!("The role already exists: {name}."),
        ));
    }
    if world.count::<Role>(&format!("{}/", call.account)) >= 1000 {
        return Err(RpcError::new(
            409,
            "LimitExceeded.Role",
            "The count of roles beyond the current limits.",
        ));
    }
    let role = Role {
        role_id: role_id(&call.account, &name, now.world_ms),
        account: call.account.clone(),
        name,
        description,
        assume_role_policy_document: document,
        max_session_duration,
        created_ms: now.world_ms,
        updated_ms: now.world_ms,
        linked_service: None,
        tags: tags(call),
        policies: Vec::new(),
    };
    world.put(&role);
    Ok(role_field(&role))
}

fn tags(call: &Call) -> Vec<(String, String)> {
    (1..=20)
        .filter_map(|n| {
            let key = call.get(&format!("Tag.{n}.Key"))?;
            let value = call.get(&format!("Tag.{n}.Value")).unwrap_or_default();
            Some((key.to_string(), value.to_string()))
        })
        .collect()
}

/// The one role that `ResourceNames` lists; other kinds of resources have no tags here.
fn tagged_role(call: &Call, world: &World) -> Result<Role, RpcError> {
    let kind = call.need("ResourceType")?;
    if kind != "role" {
        return Err(RpcError::new(
            400,
            "InvalidParameter.ResourceType",
            format!("The resource type {kind} is not supported."),
        ));
    }
    let name = call.need("ResourceNames.1")?;
    world
        .get::<Role>(&role_key(&call.account, name))
        .ok_or_else(|| RpcError::new(404, "EntityNotExist.Role", format!("The role not exists: {name}.")))
}

fn tag_role(call: &Call, world: &mut World, now: Now) -> Answer {
    let mut role = tagged_role(call, world)?;
    call.need("Tag.1.Key")?;
    for (key, value) in tags(call) {
        role.tags.retain(|(k, _)| *k != key);
        role.tags.push((key, value));
    }
    if role.tags.len() > 20 {
        // The code is assumed.
        return Err(RpcError::new(
            409,
            "LimitExceeded.Tag",
            "The count of tags beyond the current limits.",
        ));
    }
    role.updated_ms = now.world_ms;
    world.put(&role);
    Ok(Map::new())
}

fn untag_role(call: &Call, world: &mut World, now: Now) -> Answer {
    let mut role = tagged_role(call, world)?;
    call.need("TagKey.1")?;
    let gone: Vec<&str> = (1..=20).filter_map(|n| call.get(&format!("TagKey.{n}"))).collect();
    role.tags.retain(|(key, _)| !gone.contains(&key.as_str()));
    role.updated_ms = now.world_ms;
    world.put(&role);
    Ok(Map::new())
}

fn check_document(document: &str) -> Result<(), RpcError> {
    if document.len() > 4096 {
        return Err(RpcError::new(
            400,
            "InvalidParameter.AssumeRolePolicyDocument.Length",
            "The parameter - AssumeRolePolicyDocument beyond the length limit.",
        ));
    }
    let malformed = |why: &str| {
        RpcError::new(
            400,
            "MalformedPolicyDocument",
            format!("The policy document is malformed: {why}."),
        )
    };
    let value: Value = serde_json::from_str(document).map_err(|_| malformed("not JSON"))?;
    if value["Version"] != "1" {
        return Err(malformed("Version must be \"1\""));
    }
    let statements = value["Statement"]
        .as_array()
        .filter(|s| !s.is_empty())
        .ok_or_else(|| malformed("Statement must be a list"))?;
    for s in statements {
        if s["Effect"] != "Allow" && s["Effect"] != "Deny" {
            return Err(malformed("Effect must be Allow or Deny"));
        }
        if s["Action"].is_null() || !s["Principal"].is_object() {
            return Err(malformed("a statement needs Action and Principal"));
        }
    }
    Ok(())
}

fn check_description(text: &str) -> Result<(), RpcError> {
    if text.chars().count() > 1024 {
        return Err(RpcError::new(
            400,
            "InvalidParameter.Description.Length",
            "The parameter - Description beyond the length limit.",
        ));
    }
    Ok(())
}

/// Service-linked roles are changed by their service alone. The code is assumed.
fn refuse_linked(role: &Role) -> Result<(), RpcError> {
    if role.linked_service.is_some() {
        return Err(RpcError::new(
            403,
            "NoPermission.ServiceLinkedRole",
            "A service-linked role cannot be changed or deleted here.",
        ));
    }
    Ok(())
}

fn update_role(call: &Call, world: &mut World, now: Now) -> Answer {
    let mut role = find_role(call, world)?;
    refuse_linked(&role)?;
    if let Some(document) = call.get("NewAssumeRolePolicyDocument") {
        check_document(document)?;
        role.assume_role_policy_document = document.to_string();
    }
    // Sent but empty clears the description; not sent leaves it.
    if let Some(description) = call.sent("NewDescription") {
        check_description(description)?;
        role.description = description.to_string();
    }
    if let Some(seconds) = call.number("NewMaxSessionDuration", 3600, 43200)? {
        role.max_session_duration = seconds;
    }
    role.updated_ms = now.world_ms;
    world.put(&role);
    Ok(role_field(&role))
}

fn delete_role(call: &Call, world: &mut World) -> Answer {
    let role = find_role(call, world)?;
    refuse_linked(&role)?;
    if !role.policies.is_empty() {
        return Err(RpcError::new(
            409,
            "DeleteConflict.Role.Policy",
            "The specified role cannot be deleted: it has policies attached.",
        ));
    }
    world.remove::<Role>(&role.key());
    Ok(Map::new())
}

fn list_roles(call: &Call, world: &World) -> Answer {
    let limit = call.number("MaxItems", 1, 1000)?.unwrap_or(100);
    let limit = usize::try_from(limit).unwrap_or(100);
    let after = call.get("Marker").unwrap_or_default();
    let mut roles: Vec<Role> = world
        .list::<Role>(&format!("{}/", call.account))
        .into_iter()
        .filter(|r| after.is_empty() || r.key().as_str() > after)
        .take(limit + 1)
        .collect();
    let truncated = roles.len() > limit;
    roles.truncate(limit);
    let mut fields = Map::new();
    fields.insert("IsTruncated".to_string(), json!(truncated));
    if let (true, Some(last)) = (truncated, roles.last()) {
        fields.insert("Marker".to_string(), json!(last.key()));
    }
    let listed: Vec<Value> = roles.iter().map(Role::to_json).collect();
    fields.insert("Roles".to_string(), json!({ "Role": listed }));
    Ok(fields)
}

/// Policy type and name. Custom policies do not exist: no served call makes one.
fn policy(call: &Call) -> Result<(String, String), RpcError> {
    let kind = call.need("PolicyType")?;
    let name = call.need("PolicyName")?;
    if kind != "System" && kind != "Custom" {
        return Err(RpcError::new(
            400,
            "InvalidParameter.PolicyType",
            "The parameter - PolicyType must be System or Custom.",
        ));
    }
    Ok((kind.to_string(), name.to_string()))
}

fn attach(call: &Call, world: &mut World, now: Now) -> Answer {
    let (policy_type, name) = policy(call)?;
    let mut role = find_role(call, world)?;
    refuse_linked(&role)?;
    if policy_type == "Custom" {
        return Err(RpcError::new(
            404,
            "EntityNotExist.Policy",
            format!("The policy not exists: {name}."),
        ));
    }
    if role.policies.iter().any(|p| p.name == name) {
        // The code is assumed.
        return Err(RpcError::new(
            409,
            "EntityAlreadyExists.Role.Policy",
            "The policy is attached to the role already.",
        ));
    }
    if role.policies.len() >= 20 {
        return Err(RpcError::new(
            409,
            "LimitExceeded.Role.Policy",
            "The count of policies attached to the role beyond the current limits.",
        ));
    }
    role.policies.push(AttachedPolicy {
        policy_type,
        name,
        attached_ms: now.world_ms,
    });
    world.put(&role);
    Ok(Map::new())
}

fn detach(call: &Call, world: &mut World) -> Answer {
    let (policy_type, name) = policy(call)?;
    let mut role = find_role(call, world)?;
    refuse_linked(&role)?;
    let before = role.policies.len();
    role.policies.retain(|p| p.name != name || p.policy_type != policy_type);
    if role.policies.len() == before {
        return Err(RpcError::new(
            404,
            "EntityNotExist.Role.Policy",
            "The policy is not attached to the role.",
        ));
    }
    world.put(&role);
    Ok(Map::new())
}

fn list_policies(call: &Call, world: &World) -> Answer {
    let role = find_role(call, world)?;
    let policies: Vec<Value> = role
        .policies
        .iter()
        .map(|p| {
            json!({
                "PolicyName": p.name,
                "PolicyType": p.policy_type,
                "DefaultVersion": "v1",
                "Description": "",
                "AttachDate": crate::sim::times::iso_seconds(p.attached_ms),
            })
        })
        .collect();
    Ok(Map::from_iter([(
        "Policies".to_string(),
        json!({ "Policy": policies }),
    )]))
}

fn caller_identity(call: &Call) -> Map<String, Value> {
    let account = &call.account;
    Map::from_iter([
        ("AccountId".to_string(), json!(account)),
        ("UserId".to_string(), json!(account)),
        ("PrincipalId".to_string(), json!(account)),
        ("IdentityType".to_string(), json!("Account")),
        ("Arn".to_string(), json!(format!("acs:ram::{account}:root"))),
    ])
}
