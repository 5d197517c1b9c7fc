//! The policies of IAM 5 that an agency has: taken away before the agency is deleted, where that is wanted.
//!
//! Source: IAM 5 API reference, Querying All the Identity Policies Attached to an Agency, Detaching an Identity Policy from
//! an Agency; Terraform provider for Huawei Cloud, identity_agency: force_dissociate_v5_policies.

use super::call;
use crate::driver::pages::{LIST_PAGES_MAX, Pages};
use crate::driver::{DriverError, Effect, Session};
use crate::drivers::huaweicloud::api::{self, Ask, IAM};
use http::Method;
use serde::Deserialize;
use serde_json::json;

/// Policies of a page.
const PAGE: &str = "100";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Policies {
    attached_policies: Vec<Policy>,
    page_info: PageInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Policy {
    policy_id: Option<String>,
    id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageInfo {
    next_marker: Option<String>,
}

/// Takes all policies of IAM 5 away from the agency.
pub(super) async fn detach_all(session: &Session, name: &str, id: &str) -> Result<(), DriverError> {
    for policy in attached(session, name, id).await? {
        let call = call(name, "DetachAgencyPolicyV5", Effect::Writes);
        let path = api::path(&["v5", "policies", &policy, "detach-agency"]);
        let ask = Ask::of(Method::POST, path).with_body(json!({ "agency_id": id }));
        // One that is gone already is as good.
        api::present(api::send(session, IAM, &call, None, ask).await)?;
    }
    Ok(())
}

async fn attached(session: &Session, name: &str, id: &str) -> Result<Vec<String>, DriverError> {
    let call = call(name, "ListAttachedAgencyPoliciesV5", Effect::Reads);
    let mut all = Vec::new();
    let mut marker: Option<String> = None;
    let mut pages = Pages::up_to(LIST_PAGES_MAX);
    loop {
        pages.next(&call)?;
        let path = api::path(&["v5", "agencies", id, "attached-policies"]);
        let mut ask = Ask::of(Method::GET, path).with("limit", PAGE);
        if let Some(marker) = &marker {
            ask = ask.with("marker", marker.clone());
        }
        // Without IAM 5 there are none.
        let found: Option<Policies> = api::present(api::ask(session, IAM, &call, None, ask).await)?;
        let found = found.unwrap_or_default();
        let ids = found.attached_policies.into_iter().filter_map(|p| p.policy_id.or(p.id));
        all.extend(ids);
        let next = found.page_info.next_marker.filter(|m| !m.is_empty());
        if next.is_none() || next == marker {
            return Ok(all);
        }
        marker = next;
    }
}
