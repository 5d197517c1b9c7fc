//! Which row of the state a step is about. Decides under which key a replaced object is kept until it is deleted.

use super::rows;
use crate::plan::model::{Action, ActionReason, Change, Plan, StepAction};
use crate::schema::ResourceSchema;
use crate::store::{ResourceRow, RowKey};

/// A replaced object that is deleted after its successor was made is kept as deposed in between.
pub(super) fn target_key(plan: &Plan, change: &Change, action: StepAction) -> RowKey {
    let deposed = match (change.action, action) {
        (Action::Replace { create_first: true }, StepAction::Delete) => Some(deposed_key(plan, change)),
        _ => change.deposed.as_ref().map(|d| d.to_string()),
    };
    RowKey {
        addr: change.addr.clone(),
        deposed,
    }
}

/// The key under which a replacement leaves its old object to be deleted: one that no object left by an earlier run has, which
/// would otherwise be forgotten.
fn deposed_key(plan: &Plan, change: &Change) -> String {
    // Changes are sorted by address.
    let first = plan.changes.partition_point(|c| c.addr < change.addr);
    let of_addr = plan.changes[first..].iter().take_while(|c| c.addr == change.addr);
    let taken: Vec<&str> = of_addr.filter_map(|c| c.deposed.as_deref()).collect();
    let mut number = 1u32;
    loop {
        let key = format!("{number:08}");
        if !taken.contains(&key.as_str()) {
            return key;
        }
        number += 1;
    }
}

/// When the new object is made first, the old one is kept as deposed until it is deleted.
pub(super) fn deposed_row(
    plan: &Plan,
    change: &Change,
    action: StepAction,
    schema: &ResourceSchema,
) -> Option<ResourceRow> {
    let first = matches!(change.action, Action::Replace { create_first: true });
    if !first || action != StepAction::Create {
        return None;
    }
    let tainted = change.reason == Some(ActionReason::ReplaceBecauseTainted);
    let mut row = rows::row(change, schema, change.prior.as_ref()?, tainted);
    row.deposed = Some(deposed_key(plan, change));
    Some(row)
}
