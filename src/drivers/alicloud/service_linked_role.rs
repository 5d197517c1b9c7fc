//! `alicloud_resource_manager_service_linked_role`: the role that a service assumes in an account. An account has at
//! most one of a service and suffix, whoever made it, so one that is there already is taken over.
//!
//! Source: Resource Management API reference (CreateServiceLinkedRole, DeleteServiceLinkedRole,
//! GetServiceLinkedRoleDeletionStatus); Tablestore "Service-linked roles".

use super::ram_role::{NO_ROLE, get_role};
use super::rpc::{self, RAM, RESOURCE_MANAGER};
use crate::base::Known;
use crate::driver::pages::{LIST_PAGES_MAX, Pages};
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, filled, identity};
use crate::wire::codec::rpc as wire;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceLinkedRole;

/// Names that services give their roles, for a look before the first call that writes; any other is found by the list.
const KNOWN_NAMES: &[(&str, &str)] = &[("datadelivery.ots.aliyuncs.com", "AliyunServiceRoleForOTSDataDelivery")];

const LEFT_TO_CLOUD: &[&str] = &["id", "role_name", "role_id", "arn", "description"];

const DELETE_LIMITS: Limits = Limits {
    pause: Duration::from_secs(1),
    pause_max: Duration::from_secs(5),
    total: Duration::from_secs(300),
};

/// Roles in a page of ListRoles, the most that RAM gives.
const PAGE: &str = "1000";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct LinkedRole {
    id: Option<String>,
    service_name: String,
    custom_suffix: Option<String>,
    description: Option<String>,
    role_name: Option<String>,
    role_id: Option<String>,
    arn: Option<String>,
}

impl LinkedRole {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let object = match &self.role_name {
            Some(name) => format!("role {name}"),
            None => format!("the role of service {}", self.service_name),
        };
        Call::new(RESOURCE_MANAGER.name, operation, effect, object)
    }

    /// The name of the role, which the id ends in.
    fn name(&self) -> Option<&str> {
        let from_id = self
            .id
            .as_deref()
            .and_then(|id| id.split_once(':'))
            .map(|(_, name)| name);
        self.role_name.as_deref().or(from_id)
    }
}

fn described(known: &LinkedRole, role: wire::Role) -> LinkedRole {
    let name = filled(role.role_name).or_else(|| known.role_name.clone());
    let arn = filled(role.arn);
    LinkedRole {
        id: name.as_ref().map(|name| format!("{}:{name}", known.service_name)),
        service_name: known.service_name.clone(),
        custom_suffix: known.custom_suffix.clone(),
        description: filled(role.description).or_else(|| known.description.clone().filter(String::is_empty)),
        role_id: filled(role.role_id),
        arn: match (&known.arn, arn) {
            (Some(old), Some(new)) if old.eq_ignore_ascii_case(&new) => Some(old.clone()),
            (_, arn) => arn,
        },
        role_name: name,
    }
}

/// Whether a role is the one that `service` assumes.
fn is_of_service(role: &wire::Role, service: &str) -> bool {
    let document = role.assume_role_policy_document.as_deref().unwrap_or_default();
    let document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
    let statements = document.get("Statement").and_then(|s| s.as_array());
    statements.into_iter().flatten().any(|statement| {
        let services = statement.get("Principal").and_then(|p| p.get("Service"));
        match services {
            Some(serde_json::Value::String(one)) => one == service,
            Some(serde_json::Value::Array(all)) => all.iter().any(|s| s.as_str() == Some(service)),
            _ => false,
        }
    })
}

/// Whether a role's name is that of a role with this suffix, or of one without any.
fn has_suffix(role: &wire::Role, suffix: Option<&str>) -> bool {
    let name = role.role_name.as_deref().unwrap_or_default();
    match suffix.filter(|s| !s.is_empty()) {
        Some(suffix) => name.ends_with(&format!("_{suffix}")),
        None => !name.contains('_'),
    }
}

/// The role that the account has for a service, found by who may assume it.
async fn find(session: &Session, wanted: &LinkedRole) -> Result<Option<wire::Role>, DriverError> {
    let call = Call {
        service: RAM.name,
        ..wanted.call("ListRoles", Effect::Reads)
    };
    let mut marker: Option<String> = None;
    let mut pages = Pages::up_to(LIST_PAGES_MAX);
    loop {
        pages.next(&call)?;
        let mut parameters = vec![("MaxItems", PAGE.to_string())];
        parameters.extend(marker.take().map(|m| ("Marker", m)));
        let reply: wire::ListRolesReply = rpc::send(session, RAM, &call, &parameters).await?;
        let roles = reply.roles.and_then(|r| r.role).unwrap_or_default();
        for role in roles {
            if !has_suffix(&role, wanted.custom_suffix.as_deref()) || role.is_service_linked_role == Some(false) {
                continue;
            }
            // A list need not have the documents.
            let name = role.role_name.clone().unwrap_or_default();
            let role = match role.assume_role_policy_document.is_some() {
                true => Some(role),
                false if name.starts_with("AliyunServiceRoleFor") => get_role(session, &name).await?,
                false => None,
            };
            if let Some(role) = role.filter(|r| is_of_service(r, &wanted.service_name)) {
                return Ok(Some(role));
            }
        }
        marker = reply.marker.filter(|m| !m.is_empty());
        if reply.is_truncated != Some(true) || marker.is_none() {
            return Ok(None);
        }
    }
}

fn create_parameters(role: &LinkedRole) -> Vec<(&'static str, String)> {
    let optional = [
        ("CustomSuffix", role.custom_suffix.clone()),
        ("Description", role.description.clone()),
    ];
    let mut parameters: Vec<_> = optional
        .into_iter()
        .filter_map(|(name, value)| value.filter(|v| !v.is_empty()).map(|v| (name, v)))
        .collect();
    parameters.push(("ServiceName", role.service_name.clone()));
    parameters
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let draft = LinkedRole::default().call("CreateServiceLinkedRole", Effect::Writes);
    let wanted: LinkedRole = decode(&draft, planned)?;
    let call = wanted.call("CreateServiceLinkedRole", Effect::Writes);
    let plain = wanted.custom_suffix.as_deref().unwrap_or_default().is_empty();
    let known = KNOWN_NAMES
        .iter()
        .find(|(service, _)| plain && *service == wanted.service_name);
    if let Some((_, name)) = known
        && let Some(role) = get_role(session, name).await?
    {
        return adopt(&call, planned, &wanted, role);
    }
    let reply: Result<wire::RoleReply, _> =
        rpc::send(session, RESOURCE_MANAGER, &call, &create_parameters(&wanted)).await;
    match reply {
        Ok(reply) => {
            let role = reply.role.ok_or_else(|| call.garbled("it has no Role"))?;
            let made = encode(&call, planned, &described(&wanted, role))?;
            match session.note_identity(&call, &made).await {
                Ok(()) => Ok(made),
                Err(error) => Err(Failure {
                    error,
                    partial: Some(made),
                }),
            }
        }
        // What a second role is refused with is not documented.
        Err(refusal @ (DriverError::Conflict(_) | DriverError::Rejected(_))) => match find(session, &wanted).await? {
            Some(role) => adopt(&call, planned, &wanted, role),
            None => Err(refusal.into()),
        },
        Err(error) => Err(error.into()),
    }
}

fn adopt(call: &Call, planned: &Known, wanted: &LinkedRole, role: wire::Role) -> Result<Known, Failure> {
    let service_fits = is_of_service(&role, &wanted.service_name) || role.assume_role_policy_document.is_none();
    let actual = described(wanted, role);
    let mut different = differences(wanted, &actual, LEFT_TO_CLOUD);
    if !service_fits {
        different.push(format!("it can't be assumed by {}", wanted.service_name));
    }
    if different.is_empty() {
        return Ok(encode(call, planned, &actual)?);
    }
    Err(exists_otherwise(call, &different, "leave out description, or import the role").into())
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let draft = LinkedRole::default().call("DeleteServiceLinkedRole", Effect::Writes);
    let role: LinkedRole = decode(&draft, prior)?;
    let call = role.call("DeleteServiceLinkedRole", Effect::Writes);
    let Some(name) = role.name() else {
        return Err(call.rejected("the name of the role is not known"));
    };
    let parameters = [("RoleName", name.to_string())];
    let reply: Result<wire::DeleteServiceLinkedRoleReply, _> =
        rpc::send(session, RESOURCE_MANAGER, &call, &parameters).await;
    let task = match reply {
        Ok(reply) => reply.deletion_task_id,
        Err(error) if code(&error) == NO_ROLE => return Ok(()),
        Err(error) => return Err(error),
    };
    let task = task.ok_or_else(|| call.garbled("it has no DeletionTaskId"))?;
    let (status, parameters) = (
        &role.call("GetServiceLinkedRoleDeletionStatus", Effect::Reads),
        &[("DeletionTaskId", task)],
    );
    session
        .poll(&call, "the deletion", DELETE_LIMITS, || async move {
            let reply: wire::DeletionStatusReply = rpc::send(session, RESOURCE_MANAGER, status, parameters).await?;
            match reply.status.as_deref() {
                Some("SUCCEEDED") => Ok(Some(())),
                Some("IN_PROGRESS" | "NOT_STARTED") => Ok(None),
                Some("FAILED") => Err(DriverError::Conflict(still_used(status, reply.reason))),
                Some("INTERNAL_ERROR") => Err(DriverError::Failed(still_used(status, reply.reason))),
                other => Err(status.garbled(format!("its Status is {other:?}"))),
            }
        })
        .await
}

/// Why a role was not deleted, and what uses it.
fn still_used(call: &Call, reason: Option<wire::DeletionFailure>) -> crate::driver::Reply {
    let reason = reason.unwrap_or_default();
    let usages = reason.role_usages.and_then(|u| u.role_usage).unwrap_or_default();
    let used_by: Vec<String> = usages
        .into_iter()
        .map(|usage| {
            let resources = usage.resources.and_then(|r| r.resource).unwrap_or_default();
            format!("{} in {}", resources.join(", "), usage.region.unwrap_or_default())
        })
        .collect();
    let mut message = reason.message.unwrap_or_else(|| "the deletion failed".to_string());
    if !used_by.is_empty() {
        message = format!("{message} (used by {})", used_by.join("; "));
    }
    let mut reply = call.reply(message);
    reply.help = Some("delete what uses the role first, such as its delivery tasks".to_string());
    reply
}

impl Driver for ServiceLinkedRole {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = LinkedRole::default().call("GetRole", Effect::Reads);
            let known: LinkedRole = decode(&draft, prior)?;
            let found = match known.name() {
                Some(name) => get_role(session, name).await?,
                None => find(session, &known).await?,
            };
            found
                .map(|role| encode(&draft, prior, &described(&known, role)))
                .transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        _: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(async move {
            let draft = LinkedRole::default().call("CreateServiceLinkedRole", Effect::Reads);
            let (old, new): (LinkedRole, LinkedRole) = (decode(&draft, prior)?, decode(&draft, planned)?);
            let changed = differences(&new, &old, LEFT_TO_CLOUD);
            if changed.is_empty() {
                return Ok(encode(
                    &draft,
                    planned,
                    &LinkedRole {
                        custom_suffix: new.custom_suffix,
                        ..old
                    },
                )?);
            }
            let why = format!("a service-linked role can only be replaced: {}", changed.join("; "));
            Err(draft.rejected(why).into())
        })
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        match id.split_once(':') {
            Some((service, role)) if !service.is_empty() && !role.is_empty() && !role.contains(':') => {
                identity(&[("id", id), ("service_name", service), ("role_name", role)])
            }
            _ => Err("a service-linked role is imported as <service_name>:<role_name>".to_string()),
        }
    }
}
