//! Instances that would be one object: two with the same type, provider configuration and name. Each would take the other's
//! object for its own, change it back, and delete it. Decides that nothing is planned then; names that are not known yet are
//! not compared.

use crate::base::json::to_json;
use crate::base::{Diag, Diags, InstanceAddr, ResourceMode};
use crate::config::codes;
use crate::plan::Inputs;
use crate::plan::model::{Action, Change};
use crate::schema::ResourceSchema;
use std::collections::HashMap;

/// The names by which the cloud tells the object of a change from others of its type.
fn name(change: &Change, schema: &ResourceSchema) -> Option<String> {
    let object = change
        .planned
        .as_ref()
        .filter(|_| !matches!(change.action, Action::Delete | Action::Forget))?;
    let mut name = format!("{} {}", schema.type_name, change.provider);
    let mut is_named = false;
    for part in &schema.identity {
        let value = object.get(part).filter(|v| v.is_wholly_known())?;
        is_named |= !value.is_null();
        name.push(' ');
        name.push_str(&to_json(value).to_string());
    }
    is_named.then_some(name)
}

/// An error for each instance that has the name of another one before it.
pub(super) fn twins(inputs: &Inputs<'_>, changes: &[Change]) -> Diags {
    let mut seen: HashMap<String, &InstanceAddr> = HashMap::new();
    let mut diags = Diags::new();
    for change in changes {
        let addr = &change.addr;
        if addr.resource.mode != ResourceMode::Managed || change.deposed.is_some() {
            continue;
        }
        let schema = inputs.registry.resource(&addr.resource.type_name);
        let Some(schema) = schema.filter(|s| !s.local) else {
            continue;
        };
        let Some(name) = name(change, schema) else {
            continue;
        };
        if let Some(other) = seen.get(&name) {
            diags.push(twin(change, other, schema));
        } else {
            seen.insert(name, addr);
        }
    }
    diags
}

fn twin(change: &Change, other: &InstanceAddr, schema: &ResourceSchema) -> Diag {
    let parts: Vec<&str> = schema.identity.iter().map(|part| &**part).collect();
    Diag::error(codes::TWINS, "Two resources manage the same object")
        .detail(format!(
            "{} has the same {} as {other}: in the cloud there is one such object, which both would change and delete.",
            change.addr,
            parts.join(", ")
        ))
        .address(&change.addr)
        .at_opt(change.span)
        .help("give one of them another name, or remove it; `headworks state rm ADDRESS` forgets one that is recorded twice")
}
