//! `alicloud_ram_role`, resource and data source: a role, who may assume it and for how long.
//!
//! Source: RAM API reference (CreateRole, GetRole, UpdateRole, DeleteRole, ListPoliciesForRole).

use super::rpc::{self, RAM};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, Driver, DriverError, Effect, Failure, Session};
use crate::drivers::object::{
    code, decode, differences, encode, exists_otherwise, filled, identity, integer, same_document,
};
use crate::wire::codec::rpc as wire;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The driver of the resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct RamRole;

/// The driver of the data source.
#[derive(Clone, Copy, Debug, Default)]
pub struct RamRoleData;

type Parameter = (Cow<'static, str>, String);

/// The code for a role that does not exist.
pub(super) const NO_ROLE: &str = "EntityNotExist.Role";

const LEFT_TO_CLOUD: &[&str] = &[
    "id",
    "role_name",
    "name",
    "assume_role_policy_document",
    "document",
    "arn",
    "role_id",
    "create_time",
    "max_session_duration",
    "force",
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct RoleObject {
    id: Option<String>,
    role_name: Option<String>,
    /// Former spelling of `role_name`.
    name: Option<String>,
    assume_role_policy_document: Option<String>,
    /// Former spelling of `assume_role_policy_document`.
    document: Option<String>,
    description: Option<String>,
    #[serde(deserialize_with = "integer")]
    max_session_duration: Option<i64>,
    force: Option<bool>,
    tags: Option<BTreeMap<String, String>>,
    arn: Option<String>,
    role_id: Option<String>,
    create_time: Option<String>,
}

/// The data source: a role without what only a resource has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct RoleView {
    id: Option<String>,
    role_name: String,
    assume_role_policy_document: Option<String>,
    description: Option<String>,
    #[serde(deserialize_with = "integer")]
    max_session_duration: Option<i64>,
    arn: Option<String>,
    role_id: Option<String>,
    create_time: Option<String>,
}

impl RoleObject {
    fn name(&self) -> &str {
        let spelled = self.role_name.as_deref().or(self.name.as_deref());
        spelled.or(self.id.as_deref()).unwrap_or_default()
    }

    fn trust(&self) -> Option<&String> {
        self.assume_role_policy_document.as_ref().or(self.document.as_ref())
    }
}

fn call(role_name: &str, operation: &'static str, effect: Effect) -> Call {
    Call::new(RAM.name, operation, effect, format!("role {role_name}"))
}

fn name_parameter(role_name: &str) -> [(&'static str, String); 1] {
    [("RoleName", role_name.to_string())]
}

/// A role by name; none when there is none.
pub(super) async fn get_role(session: &Session, role_name: &str) -> Result<Option<wire::Role>, DriverError> {
    let call = call(role_name, "GetRole", Effect::Reads);
    let reply: Result<wire::RoleReply, _> = rpc::send(session, RAM, &call, &name_parameter(role_name)).await;
    match reply {
        Ok(reply) => reply.role.map(Some).ok_or_else(|| call.garbled("it has no Role")),
        Err(error) if code(&error) == NO_ROLE => Ok(None),
        Err(error) => Err(error),
    }
}

fn described(known: &RoleObject, role: wire::Role) -> RoleObject {
    let trust = role.assume_role_policy_document;
    let spelled = |old: &Option<String>| match (old, &trust) {
        (Some(old), Some(new)) if same_document(old, new) => Some(old.clone()),
        _ => trust.clone(),
    };
    let arn = match (&known.arn, filled(role.arn)) {
        // The same ARN is written with and without capitals.
        (Some(old), Some(new)) if old.eq_ignore_ascii_case(&new) => Some(old.clone()),
        (_, arn) => arn,
    };
    RoleObject {
        id: Some(known.name().to_string()),
        role_name: Some(known.name().to_string()),
        name: Some(known.name().to_string()),
        assume_role_policy_document: spelled(&known.assume_role_policy_document),
        document: spelled(&known.document),
        description: filled(role.description).or_else(|| known.description.clone().filter(String::is_empty)),
        max_session_duration: role.max_session_duration.or(known.max_session_duration),
        force: known.force,
        // GetRole does not return them.
        tags: known.tags.clone(),
        arn,
        role_id: filled(role.role_id),
        create_time: filled(role.create_date),
    }
}

fn create_parameters(role: &RoleObject) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut add = |name: &'static str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            parameters.push((name.into(), value));
        }
    };
    add("AssumeRolePolicyDocument", role.trust().cloned());
    add("Description", role.description.clone());
    add("MaxSessionDuration", role.max_session_duration.map(|s| s.to_string()));
    add("RoleName", Some(role.name().to_string()));
    parameters.extend(tag_parameters(role.tags.iter().flatten()));
    parameters
}

/// `Tag.1.Key`, `Tag.1.Value`, …
fn tag_parameters<'a>(tags: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<Parameter> {
    tags.zip(1..)
        .flat_map(|((key, value), n)| {
            [
                (format!("Tag.{n}.Key").into(), key.clone()),
                (format!("Tag.{n}.Value").into(), value.clone()),
            ]
        })
        .collect()
}

/// Parameters of TagResources for tags that are new or changed, and of UntagResources for those that go.
fn tag_changes(prior: &RoleObject, planned: &RoleObject) -> (Vec<Parameter>, Vec<Parameter>) {
    let (old, new) = (
        prior.tags.clone().unwrap_or_default(),
        planned.tags.clone().unwrap_or_default(),
    );
    let role = || {
        vec![
            ("ResourceNames.1".into(), planned.name().to_string()),
            ("ResourceType".into(), "role".to_string()),
        ]
    };
    let mut set = tag_parameters(new.iter().filter(|(k, v)| old.get(*k) != Some(*v)));
    let mut unset: Vec<Parameter> = old
        .keys()
        .filter(|k| !new.contains_key(*k))
        .zip(1..)
        .map(|(k, n)| (format!("TagKey.{n}").into(), k.clone()))
        .collect();
    for parameters in [&mut set, &mut unset] {
        if !parameters.is_empty() {
            parameters.extend(role());
        }
    }
    (set, unset)
}

/// Only what changes; nothing when nothing does.
fn update_parameters(prior: &RoleObject, planned: &RoleObject) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let differs = |new: &&String| !prior.trust().is_some_and(|old| same_document(old, new));
    let spellings = [&planned.assume_role_policy_document, &planned.document];
    if let Some(new) = spellings.into_iter().flatten().find(differs) {
        parameters.push(("NewAssumeRolePolicyDocument".into(), new.clone()));
    }
    let description = |role: &RoleObject| role.description.clone().unwrap_or_default();
    if description(planned) != description(prior) {
        parameters.push(("NewDescription".into(), description(planned)));
    }
    if let Some(new) = planned.max_session_duration
        && prior.max_session_duration != Some(new)
    {
        parameters.push(("NewMaxSessionDuration".into(), new.to_string()));
    }
    if !parameters.is_empty() {
        parameters.push(("RoleName".into(), planned.name().to_string()));
    }
    parameters
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let role: RoleObject = decode(&call("", "CreateRole", Effect::Writes), planned)?;
    let call = call(role.name(), "CreateRole", Effect::Writes);
    let reply: Result<wire::RoleReply, _> = rpc::send(session, RAM, &call, &create_parameters(&role)).await;
    match reply {
        Ok(reply) => {
            let made = reply.role.unwrap_or_default();
            // Not every field need be in the reply; what was sent is what it is.
            let made = wire::Role {
                assume_role_policy_document: role.trust().cloned(),
                description: role.description.clone(),
                max_session_duration: role.max_session_duration.or(made.max_session_duration),
                ..made
            };
            Ok(encode(&call, planned, &described(&role, made))?)
        }
        Err(refusal @ DriverError::Conflict(_)) => {
            let Some(found) = get_role(session, role.name()).await? else {
                return Err(refusal.into());
            };
            let actual = described(&role, found);
            let different = differences(&role, &actual, LEFT_TO_CLOUD);
            if !different.is_empty() {
                let help = "choose another role_name, or import the role and plan the change";
                return Err(exists_otherwise(&call, &different, help).into());
            }
            Ok(encode(&call, planned, &actual)?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = call("", "UpdateRole", Effect::Writes);
    let (old, new): (RoleObject, RoleObject) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let mut now = old.clone();
    let done = async {
        let parameters = update_parameters(&old, &new);
        if !parameters.is_empty() {
            let call = call(new.name(), "UpdateRole", Effect::Writes);
            let _: wire::RoleReply = rpc::send(session, RAM, &call, &parameters).await?;
        }
        now = RoleObject {
            tags: old.tags.clone(),
            ..updated(&old, &new)
        };
        let (set, unset) = tag_changes(&old, &new);
        for (operation, parameters) in [("TagResources", set), ("UntagResources", unset)] {
            if !parameters.is_empty() {
                let call = call(new.name(), operation, Effect::Writes);
                let _: wire::EmptyReply = rpc::send(session, RAM, &call, &parameters).await?;
            }
        }
        now.tags.clone_from(&new.tags);
        Ok(())
    };
    match done.await {
        Ok(()) => Ok(encode(&draft, planned, &now)?),
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&draft, prior, &now)?),
        }),
    }
}

/// The role after UpdateRole, whose reply adds nothing.
fn updated(old: &RoleObject, new: &RoleObject) -> RoleObject {
    RoleObject {
        max_session_duration: new.max_session_duration.or(old.max_session_duration),
        role_name: new.role_name.clone().or_else(|| old.role_name.clone()),
        name: new.name.clone().or_else(|| old.name.clone()),
        assume_role_policy_document: new.trust().cloned(),
        document: new.document.clone().or_else(|| new.trust().cloned()),
        id: old.id.clone(),
        arn: old.arn.clone(),
        role_id: old.role_id.clone(),
        create_time: old.create_time.clone(),
        ..new.clone()
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let role: RoleObject = decode(&call("", "DeleteRole", Effect::Writes), prior)?;
    if role.force == Some(true) {
        detach_policies(session, role.name()).await?;
    }
    let call = call(role.name(), "DeleteRole", Effect::Writes);
    let reply: Result<wire::EmptyReply, _> = rpc::send(session, RAM, &call, &name_parameter(role.name())).await;
    match reply {
        Ok(_) => Ok(()),
        Err(error) if code(&error) == NO_ROLE => Ok(()),
        Err(DriverError::Conflict(mut reply)) => {
            reply.help = Some("detach the role's policies, or set force = true and apply before deleting".to_string());
            Err(DriverError::Conflict(reply))
        }
        Err(error) => Err(error),
    }
}

async fn detach_policies(session: &Session, role_name: &str) -> Result<(), DriverError> {
    let list = call(role_name, "ListPoliciesForRole", Effect::Reads);
    let reply: Result<wire::ListPoliciesForRoleReply, _> =
        rpc::send(session, RAM, &list, &name_parameter(role_name)).await;
    let reply = match reply {
        Err(error) if code(&error) == NO_ROLE => return Ok(()),
        other => other?,
    };
    let policies = reply.policies.and_then(|p| p.policy).unwrap_or_default();
    for policy in policies {
        let call = call(role_name, "DetachPolicyFromRole", Effect::Writes);
        let parameters = [
            ("PolicyName", policy.policy_name.unwrap_or_default()),
            ("PolicyType", policy.policy_type.unwrap_or_default()),
            ("RoleName", role_name.to_string()),
        ];
        let reply: Result<wire::EmptyReply, _> = rpc::send(session, RAM, &call, &parameters).await;
        match reply {
            Ok(_) => {}
            // EntityNotExist.Policy, EntityNotExist.Role.Policy: detached already.
            Err(error) if code(&error).starts_with("EntityNotExist.") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Driver for RamRole {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = call("", "GetRole", Effect::Reads);
            let role: RoleObject = decode(&draft, prior)?;
            let found = get_role(session, role.name()).await?;
            found.map(|f| encode(&draft, prior, &described(&role, f))).transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        session: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(update(session, prior, planned))
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        match id {
            "" => Err("a role is imported by its name".to_string()),
            name => identity(&[("role_name", name)]),
        }
    }
}

impl DataDriver for RamRoleData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let wanted: RoleView = decode(&call("", "GetRole", Effect::Reads), config)?;
            let call = call(&wanted.role_name, "GetRole", Effect::Reads);
            let Some(role) = get_role(session, &wanted.role_name).await? else {
                let mut reply = call.reply("there is no such role");
                reply.code = Some(NO_ROLE.to_string());
                return Err(DriverError::Rejected(reply));
            };
            let view = RoleView {
                id: Some(wanted.role_name.clone()),
                role_name: wanted.role_name,
                assume_role_policy_document: role.assume_role_policy_document,
                description: role.description,
                max_session_duration: role.max_session_duration,
                arn: role.arn,
                role_id: role.role_id,
                create_time: role.create_date,
            };
            encode(&call, config, &view)
        })
    }
}
