//! Settings of provider configurations, for looking at the cloud before there is a plan. Knows nothing of resources.

use crate::base::{Diags, Str, Value};
use crate::config::ProviderKey;
use crate::lang::{EvalContext, eval};
use crate::plan::Inputs;
use crate::plan::graph::{Graph, Node};
use crate::plan::scope::{ModuleScope, Repetition, Values};
use crate::schema::decode;
use std::collections::{BTreeMap, HashSet};

/// The settings of all provider configurations, before anything is known of resources.
pub fn provider_settings(inputs: &Inputs<'_>) -> (BTreeMap<ProviderKey, Value>, Diags) {
    if inputs.module.providers.is_empty() {
        return (BTreeMap::new(), Diags::new());
    }
    settings_in(&Graph::new(inputs.module).0, inputs)
}

/// As [`provider_settings`], for a caller that has the graph already.
pub(super) fn settings_in(graph: &Graph, inputs: &Inputs<'_>) -> (BTreeMap<ProviderKey, Value>, Diags) {
    let mut values = Values {
        variables: inputs.variables.clone(),
        workspace: inputs.workspace.clone(),
        working_directory: inputs.host.working_directory(),
        ..Values::default()
    };
    let mut settings = BTreeMap::new();
    let mut diags = Diags::new();
    let wanted: HashSet<Str> = inputs
        .module
        .providers
        .keys()
        .flat_map(|k| graph.needed_locals(&Node::Provider(k.clone())))
        .collect();
    for node in &graph.order {
        let scope = ModuleScope {
            module: inputs.module,
            values: &values,
            repetition: Repetition::default(),
        };
        let cx = EvalContext {
            scope: &scope,
            host: inputs.host,
        };
        match node {
            Node::Local(name) if wanted.contains(name) => {
                if let Some(local) = inputs.module.locals.get(name) {
                    let value = eval::evaluate(&local.value, &cx).0;
                    values.locals.insert(name.clone(), value);
                }
            }
            Node::Provider(key) => {
                let (Some(schema), Some(block)) =
                    (inputs.registry.provider(&key.name), inputs.module.providers.get(key))
                else {
                    continue;
                };
                let (value, found) = decode(&schema.block, &block.body, &["alias", "version"], &cx);
                diags.extend(found);
                settings.insert(key.clone(), value);
            }
            _ => {}
        }
    }
    (settings, diags)
}
