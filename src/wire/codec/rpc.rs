//! JSON replies of RAM and Resource Management, and the error bodies of every RPC service in JSON
//! and in XML. Reading is tolerant as the SDKs are: unknown fields are skipped, numbers and truth
//! values may be strings, `null` is absent.

use super::{FormatError, records};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Reads a JSON reply. `expected` names it in the error.
pub fn decode<T: DeserializeOwned>(expected: &'static str, bytes: &[u8]) -> Result<T, FormatError> {
    serde_json::from_slice(bytes).map_err(|e| FormatError::new(expected, e))
}

/// Writes a JSON reply.
pub fn encode<T: Serialize>(reply: &T) -> Result<Vec<u8>, FormatError> {
    serde_json::to_vec(reply).map_err(|e| FormatError::new("reply", e))
}

records! {
    /// A reply with nothing but the id of the request.
    EmptyReply {
        /// Id of the request.
        request_id: String,
    }

    /// Reply of GetRole, CreateRole, UpdateRole and CreateServiceLinkedRole.
    RoleReply {
        /// Id of the request.
        request_id: String,
        /// The role.
        role: Role,
    }

    /// A RAM role.
    Role {
        /// The service's id of the role.
        role_id: String,
        /// Name.
        role_name: String,
        /// `acs:ram::<account id>:role/<name in lower case>`.
        arn: String,
        /// Description.
        description: String,
        /// ISO 8601.
        create_date: String,
        /// ISO 8601.
        update_date: String,
        /// Bound of a session, seconds.
        #[serde(deserialize_with = "integer")]
        max_session_duration: i64,
        /// Who may assume the role: JSON in a string.
        assume_role_policy_document: String,
        /// Whether a service made and owns the role.
        #[serde(deserialize_with = "boolean")]
        is_service_linked_role: bool,
        /// Name of the role as a principal.
        role_principal_name: String,
    }

    /// Reply of ListRoles.
    ListRolesReply {
        /// Id of the request.
        request_id: String,
        /// Whether there is more.
        #[serde(deserialize_with = "boolean")]
        is_truncated: bool,
        /// Marker of the next page.
        marker: String,
        /// The roles.
        roles: RoleList,
    }

    /// A list of roles.
    RoleList {
        /// The roles.
        role: Vec<Role>,
    }

    /// Reply of ListPoliciesForRole.
    ListPoliciesForRoleReply {
        /// Id of the request.
        request_id: String,
        /// The policies.
        policies: PolicyList,
    }

    /// A list of policies.
    PolicyList {
        /// The policies.
        policy: Vec<AttachedPolicy>,
    }

    /// A policy attached to a role.
    AttachedPolicy {
        /// Name.
        policy_name: String,
        /// `System` or `Custom`.
        policy_type: String,
        /// Version in force.
        default_version: String,
        /// ISO 8601.
        attach_date: String,
        /// Description.
        description: String,
    }

    /// Reply of DeleteServiceLinkedRole, which only starts the deletion.
    DeleteServiceLinkedRoleReply {
        /// Id of the request.
        request_id: String,
        /// Id to ask after the deletion with.
        deletion_task_id: String,
    }

    /// Reply of GetServiceLinkedRoleDeletionStatus.
    DeletionStatusReply {
        /// Id of the request.
        request_id: String,
        /// `SUCCEEDED`, `IN_PROGRESS`, `FAILED` or `INTERNAL_ERROR`.
        status: String,
        /// Why it failed.
        reason: DeletionFailure,
    }

    /// Why a service-linked role was not deleted.
    DeletionFailure {
        /// Text for people.
        message: String,
        /// What still uses the role.
        role_usages: RoleUsageList,
    }

    /// A list of uses of a role.
    RoleUsageList {
        /// The uses.
        role_usage: Vec<RoleUsage>,
    }

    /// What uses a role in one region.
    RoleUsage {
        /// Region.
        region: String,
        /// Resources.
        resources: ResourceList,
    }

    /// A list of resources.
    ResourceList {
        /// Their names.
        resource: Vec<String>,
    }

    /// Body of a reply that is not 2xx; in XML the root element is `Error`.
    ErrorBody {
        /// Id of the request.
        request_id: String,
        /// Host that answered.
        host_id: String,
        /// Code such as `EntityNotExist.Role`.
        code: String,
        /// Text for people.
        message: String,
        /// Address of an explanation.
        recommend: String,
    }
}

impl super::oss::XmlBody for ErrorBody {
    const ROOT: &'static str = "Error";
}

/// Reads an error body in either of its forms; by its first character, as gateways do not always
/// say the right content type.
pub fn decode_error(bytes: &[u8]) -> Result<ErrorBody, FormatError> {
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'<') => super::oss::decode(bytes),
        _ => decode("error body", bytes),
    }
}

pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_i64().map(Some).ok_or("a number that is no integer"),
        Value::String(text) => match text.trim() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| "a string that is no integer"),
        },
        _ => Err("a value that is no integer"),
    }
    .map_err(|found| D::Error::custom(format!("{found} where an integer was expected")))
}

pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Bool(value) => Ok(Some(value)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Value::String(text) if text.is_empty() => Ok(None),
        _ => Err(D::Error::custom("a value that is neither true nor false")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn role(json: &str) -> Result<Role, FormatError> {
        decode("role", json.as_bytes())
    }

    #[test]
    fn reading_is_tolerant_of_unknown_fields_strings_and_null() {
        let expected = Role {
            max_session_duration: Some(3600),
            is_service_linked_role: Some(true),
            ..Role::default()
        };
        for json in [
            r#"{"MaxSessionDuration":3600,"IsServiceLinkedRole":true}"#,
            r#"{"MaxSessionDuration":"3600","IsServiceLinkedRole":"true","Arn":null,"New":[{}]}"#,
        ] {
            assert_eq!(role(json).unwrap(), expected, "{json}");
        }
        assert_eq!(role("{}").unwrap(), Role::default());
        assert_eq!(role(r#"{"MaxSessionDuration":null}"#).unwrap(), Role::default());
        let list: ListRolesReply = decode("list", br#"{"Roles":{"Role":null}}"#).unwrap();
        assert_eq!(list.roles, Some(RoleList { role: None }));
        for json in [
            r#"{"MaxSessionDuration":1.5}"#,
            r#"{"MaxSessionDuration":"x"}"#,
            "[]x",
            "",
        ] {
            assert!(role(json).is_err(), "{json}");
        }
    }

    #[test]
    fn errors_are_read_in_both_forms() {
        let json = br#" {"RequestId":"r","HostId":"h","Code":"Throttling","Message":"slow"}"#;
        let xml = b"<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>r</RequestId>\
            <HostId>h</HostId><Code>Throttling</Code><Message>slow</Message></Error>";
        assert_eq!(decode_error(json).unwrap(), decode_error(xml).unwrap());
        assert_eq!(decode_error(json).unwrap().code.as_deref(), Some("Throttling"));
        for bytes in [&b"<html></html>"[..], b"", b"Bad Gateway", b"{\"Code\":1"] {
            assert!(decode_error(bytes).is_err(), "{bytes:?}");
        }
    }
}
