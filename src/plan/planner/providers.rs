//! Settings of provider configurations, for looking at the cloud before there is a plan. Knows nothing of resources.

use crate::base::{Diags, ModulePath, Value};
use crate::config::ProviderKey;
use crate::lang::EvalContext;
use crate::plan::Inputs;
use crate::plan::evaluate::Evaluation;
use crate::plan::graph::{Graph, Node};
use crate::plan::scope::{Repetition, Values};
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
    let root = ModulePath::default();
    let workspace = inputs.workspace.clone();
    let mut values = Values::new(inputs.variables.clone(), workspace, inputs.host.working_directory());
    let mut settings = BTreeMap::new();
    let mut diags = Diags::new();
    let evaluation = Evaluation {
        root: inputs.module,
        host: inputs.host,
        checking: inputs.checking,
    };
    let providers = inputs.module.providers.keys().cloned().map(Node::Provider);
    let needed: Vec<Node> = providers.collect();
    let wanted: HashSet<&Node> = needed.iter().flat_map(|p| graph.needed_values(p)).collect();
    for node in &graph.order {
        match node {
            node if wanted.contains(node) => {
                evaluation.all(&mut values, node);
            }
            Node::Provider(key) => {
                let (Some(schema), Some(block)) =
                    (inputs.registry.provider(&key.name), inputs.module.providers.get(key))
                else {
                    continue;
                };
                let scope = values.scope(inputs.module, &root, Repetition::default());
                let cx = EvalContext {
                    scope: &scope,
                    host: inputs.host,
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
