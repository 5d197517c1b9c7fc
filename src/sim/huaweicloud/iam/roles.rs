//! The roles that every account has: a fixed list. Custom policies do not exist here.
//!
//! Source: IAM API reference, Querying a Permission List; system-defined permissions.

use super::{links, page};
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use serde_json::{Value, json};

/// A role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Role {
    /// Internal name.
    pub(super) name: &'static str,
    display_name: &'static str,
    catalog: &'static str,
    /// `AA`: in the account, `AX`: in the account and its projects, `XA`: in projects.
    kind: &'static str,
}

const fn role(name: &'static str, display_name: &'static str, catalog: &'static str, kind: &'static str) -> Role {
    Role {
        name,
        display_name,
        catalog,
        kind,
    }
}

/// Display names are the documented ones; internal names are known of the first five and made up for the others.
const ROLES: &[Role] = &[
    role("te_admin", "Tenant Administrator", "BASE", "AA"),
    role("readonly", "Tenant Guest", "BASE", "AA"),
    role("secu_admin", "Security Administrator", "BASE", "AX"),
    role("te_agency", "Agent Operator", "BASE", "AX"),
    role("server_adm", "Server Administrator", "BASE", "XA"),
    role("antiddos_adm", "Anti-DDoS Administrator", "Anti-DDoS", "XA"),
    role("dis_adm", "DIS Administrator", "DIS", "XA"),
    role("dis_ope", "DIS Operator", "DIS", "XA"),
    role("dis_usr", "DIS User", "DIS", "XA"),
    role("dli_adm", "DLI Service Admin", "DLI", "XA"),
    role("system_all_dli_0", "DLI FullAccess", "DLI", "XA"),
    role("system_all_dli_1", "DLI ReadOnlyAccess", "DLI", "XA"),
    role("system_all_dms_0", "DMS FullAccess", "DMS", "XA"),
    role("system_all_dms_1", "DMS ReadOnlyAccess", "DMS", "XA"),
    role("mrs_adm", "MRS Administrator", "MRS", "XA"),
    role("dws_adm", "DWS Administrator", "DWS", "XA"),
    role("cloudtable_adm", "CloudTable Administrator", "CloudTable", "XA"),
    role("obs_b_list", "OBS Buckets Viewer", "OBS", "AX"),
    role("system_all_obs_0", "OBS Administrator", "OBS", "AX"),
    role("system_all_obs_1", "OBS OperateAccess", "OBS", "AX"),
    role("system_all_obs_2", "OBS ReadOnlyAccess", "OBS", "AX"),
    role("system_all_cce_1", "CCE ReadOnlyAccess", "CCE", "XA"),
    role("kms_adm", "KMS Administrator", "KMS", "XA"),
    role("vpc_netadm", "VPC Administrator", "VPC", "XA"),
];

impl Role {
    fn id(&self) -> String {
        match self.name {
            // As in the documentation's examples.
            "te_admin" => "0f3a2d418ed747fa8be46e92757be9ff".to_string(),
            name => rest::hex_id(&format!("role {name}")),
        }
    }

    pub(super) fn to_json(self) -> Value {
        json!({
            "id": self.id(),
            "name": self.name,
            "display_name": self.display_name,
            "catalog": self.catalog,
            "type": self.kind,
            "domain_id": null,
            "description": self.display_name,
            "policy": {},
            "links": {},
        })
    }
}

/// A role by its id.
pub(super) fn by_id(id: &str) -> Option<Role> {
    ROLES.iter().find(|r| r.id() == id).copied()
}

/// GET /v3/roles/{id}
pub(super) fn show(id: &str) -> Answer {
    let role = by_id(id).ok_or_else(|| Fault::new(404, "Not Found", format!("Could not find role: {id}")))?;
    Ok((200, Some(json!({ "role": role.to_json() }))))
}

/// GET /v3/roles
pub(super) fn list(call: &Call<'_>) -> Answer {
    let wanted = |parameter: &str, value: &str| call.query(parameter).is_none_or(|v| v == value);
    // With an account, its own policies are asked for.
    let system = call.query("domain_id").is_none();
    let found: Vec<Value> = ROLES
        .iter()
        .filter(|_| system)
        .filter(|r| wanted("display_name", r.display_name) && wanted("name", r.name))
        .filter(|r| wanted("catalog", r.catalog) && wanted("type", r.kind))
        .map(|r| r.to_json())
        .collect();
    let total = found.len();
    let found = page(call, found, 300);
    Ok((
        200,
        Some(json!({"roles": found, "links": links(call), "total_number": total})),
    ))
}
