//! Roles as objects of the world, shared by RAM, Resource Management and the delivery service: what a
//! role is, who may assume it, and the deletion of service-linked roles that takes time.

use super::tablestore::model::DeliveryTask;
use crate::sim::times;
use crate::sim::world::{Object, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The service that writes delivered data (service-linked role page of Tablestore).
pub(crate) const DELIVERY_SERVICE: &str = "datadelivery.ots.aliyuncs.com";

/// Services that can have a service-linked role here: service name, role name, system policy.
pub(crate) const LINKED_SERVICES: [(&str, &str, &str); 1] = [(
    DELIVERY_SERVICE,
    "AliyunServiceRoleForOTSDataDelivery",
    "AliyunServiceRolePolicyForOTSDataDelivery",
)];

/// A RAM role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Uid of the account.
    pub account: String,
    /// Name as written at creation.
    pub name: String,
    /// Server-made id.
    pub role_id: String,
    /// Free text.
    pub description: String,
    /// Trust policy, JSON text as given.
    pub assume_role_policy_document: String,
    /// Longest session in seconds.
    pub max_session_duration: i64,
    /// Creation time, Unix ms.
    pub created_ms: i64,
    /// Time of the last change, Unix ms.
    pub updated_ms: i64,
    /// Service name of a service-linked role.
    #[serde(default)]
    pub linked_service: Option<String>,
    /// Tags in the order given.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// Attached policies.
    #[serde(default)]
    pub policies: Vec<AttachedPolicy>,
}

/// A policy attached to a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachedPolicy {
    /// `System` or `Custom`.
    pub policy_type: String,
    /// Policy name.
    pub name: String,
    /// Time of attachment, Unix ms.
    pub attached_ms: i64,
}

impl Object for Role {
    const KIND: &'static str = "ram_role";
    fn key(&self) -> String {
        role_key(&self.account, &self.name)
    }
}

/// Key of a role: names differ by more than case, ARNs are in lower case.
pub(crate) fn role_key(account: &str, name: &str) -> String {
    format!("{account}/{}", name.to_ascii_lowercase())
}

impl Role {
    /// `acs:ram::<account>:role/<name in lower case>`, as the Tablestore delivery pages show it.
    pub fn arn(&self) -> String {
        format!("acs:ram::{}:role/{}", self.account, self.name.to_ascii_lowercase())
    }

    /// The role as RAM and Resource Management answer it.
    pub(crate) fn to_json(&self) -> Value {
        let mut role = json!({
            "RoleId": self.role_id,
            "RoleName": self.name,
            "Arn": self.arn(),
            "Description": self.description,
            "AssumeRolePolicyDocument": self.assume_role_policy_document,
            "CreateDate": times::iso_seconds(self.created_ms),
            "UpdateDate": times::iso_seconds(self.updated_ms),
            "MaxSessionDuration": self.max_session_duration,
            "IsServiceLinkedRole": self.linked_service.is_some(),
            "RolePrincipalName": format!("{}@role.{}.onaliyunservice.com", self.name, self.account),
        });
        if !self.tags.is_empty()
            && let Value::Object(fields) = &mut role
        {
            let tags: Vec<Value> = self
                .tags
                .iter()
                .map(|(k, v)| json!({"TagKey": k, "TagValue": v}))
                .collect();
            fields.insert("Tags".to_string(), json!({ "Tag": tags }));
        }
        role
    }

    /// Whether the trust policy lets `service` assume the role.
    pub fn trusts(&self, service: &str) -> bool {
        let Ok(document) = serde_json::from_str::<Value>(&self.assume_role_policy_document) else {
            return false;
        };
        one_or_many(&document["Statement"]).iter().any(|s| {
            s["Effect"] == "Allow"
                && one_or_many(&s["Action"])
                    .iter()
                    .any(|a| *a == "sts:AssumeRole" || *a == "sts:*" || *a == "*")
                && one_or_many(&s["Principal"]["Service"]).iter().any(|p| *p == service)
        })
    }
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(many) => many.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// The account and role name in a role ARN; letters in any case.
pub(crate) fn split_arn(arn: &str) -> Option<(String, String)> {
    let lower = arn.to_ascii_lowercase();
    let rest = lower.strip_prefix("acs:ram::")?;
    let (account, name) = rest.split_once(":role/")?;
    let valid =
        !account.is_empty() && account.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() && !name.contains('/');
    valid.then(|| (account.to_string(), name.to_string()))
}

/// A running or finished deletion of a service-linked role. A record of the embedded cloud, not an object
/// that a user has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDeletion {
    /// `task/aliyun-service-role/<service>/<role>/<id>`
    pub task_id: String,
    /// Uid of the account.
    pub account: String,
    /// The role's name.
    pub role_name: String,
    /// When the deletion was asked for, Unix ms.
    pub started_ms: i64,
    /// `IN_PROGRESS`, `SUCCEEDED` or `FAILED`.
    pub status: String,
    /// What still uses the role, for a failed deletion.
    #[serde(default)]
    pub used_by: Vec<String>,
}

impl Object for RoleDeletion {
    const KIND: &'static str = "sim_role_deletion";
    fn key(&self) -> String {
        self.task_id.clone()
    }
}

/// Ends the deletions of service-linked roles whose time has come.
pub(crate) fn settle(world: &mut World, world_ms: i64) {
    let due: Vec<RoleDeletion> = world
        .list::<RoleDeletion>("")
        .into_iter()
        .filter(|d| d.status == "IN_PROGRESS")
        .filter(|d| world_ms >= d.started_ms.saturating_add(world.settings.role_deletion_ms))
        .collect();
    for mut deletion in due {
        deletion.used_by = users(world, &deletion.account, &deletion.role_name);
        deletion.status = if deletion.used_by.is_empty() {
            world.remove::<Role>(&role_key(&deletion.account, &deletion.role_name));
            "SUCCEEDED".to_string()
        } else {
            "FAILED".to_string()
        };
        world.put(&deletion);
    }
}

/// The delivery tasks that write with the role, by key.
fn users(world: &World, account: &str, role_name: &str) -> Vec<String> {
    let role = (account.to_string(), role_name.to_ascii_lowercase());
    world
        .list::<DeliveryTask>("")
        .iter()
        .filter(|t| split_arn(&t.config.oss_sts_role).as_ref() == Some(&role))
        .map(Object::key)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_in_any_case() {
        assert_eq!(
            split_arn("acs:ram::123:role/AliyunRole"),
            Some(("123".to_string(), "aliyunrole".to_string()))
        );
        for wrong in [
            "",
            "acs:ram::123:user/x",
            "acs:ram::x:role/y",
            "acs:ram::1:role/",
            "中文",
        ] {
            assert_eq!(split_arn(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn trust_needs_service_effect_and_action() {
        let mut role = Role {
            account: "1".to_string(),
            name: "r".to_string(),
            role_id: String::new(),
            description: String::new(),
            assume_role_policy_document: String::new(),
            max_session_duration: 3600,
            created_ms: 0,
            updated_ms: 0,
            linked_service: None,
            tags: Vec::new(),
            policies: Vec::new(),
        };
        for (document, trusts) in [
            (
                r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["a.b"]}}]}"#,
                true,
            ),
            (
                r#"{"Statement":{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":"a.b"}}}"#,
                true,
            ),
            (
                r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Deny","Principal":{"Service":["a.b"]}}]}"#,
                false,
            ),
            (
                r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"RAM":["a.b"]}}]}"#,
                false,
            ),
            ("not json", false),
        ] {
            role.assume_role_policy_document = document.to_string();
            assert_eq!(role.trusts("a.b"), trusts, "{document}");
        }
    }
}
