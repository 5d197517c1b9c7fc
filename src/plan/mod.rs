//! From configuration and prior objects to a plan. Pure: no clock, no I/O, no randomness, and the order of
//! declarations never changes a plan.

pub mod attributes;
pub mod checks;
pub mod conditions;
pub mod drift;
pub mod effects;
pub mod evaluate;
pub mod expand;
pub mod file;
pub mod generate;
pub mod graph;
pub mod ignore;
pub mod imports;
pub mod model;
pub mod moves;
pub mod planner;
pub mod propose;
pub mod removed;
pub mod scope;
pub mod steps;
pub mod target;
pub mod trigger;

#[cfg(test)]
mod tests;

pub use graph::{Graph, Node};
pub use model::*;
pub use planner::{plan, provider_settings};

use crate::base::addr::ObjectAddr;
use crate::base::{Diag, InstanceAddr, Known, SourceMap, Str, Value};
use crate::config::{Module, ProviderKey};
use crate::lang::FunctionHost;
use crate::schema::secrets::Seal;
use crate::schema::{Registry, ResourceSchema};
use std::collections::{BTreeMap, HashSet};

/// What a data source gave.
pub enum DataRead {
    /// The object.
    Object(Value),
    /// It is not read now (validation, plans without the cloud).
    Later,
    /// It could not be read.
    Failed(Diag),
}

/// The port through which a plan reads data sources.
pub trait DataReader {
    /// Reads a data source.
    fn read(&self, schema: &ResourceSchema, provider: &ProviderKey, addr: &InstanceAddr, config: &Known) -> DataRead;
}

/// A [`DataReader`] that never reads: everything is known later.
pub struct NoData;

impl DataReader for NoData {
    fn read(&self, _: &ResourceSchema, _: &ProviderKey, _: &InstanceAddr, _: &Known) -> DataRead {
        DataRead::Later
    }
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kind of plan.
    pub mode: PlanMode,
    /// `-target`
    pub targets: Vec<ObjectAddr>,
    /// `-replace`
    pub replace: HashSet<InstanceAddr>,
}

impl Options {
    /// Whether the plan is limited to some objects.
    pub fn is_targeted(&self) -> bool {
        !self.targets.is_empty()
    }
}

/// All that a plan is made from.
pub struct Inputs<'a> {
    /// The configuration.
    pub module: &'a Module,
    /// Its texts, for places and for what stands inside text.
    pub sources: &'a SourceMap,
    /// What is known of the types.
    pub registry: &'a Registry,
    /// Values of the variables.
    pub variables: BTreeMap<Str, Value>,
    /// Objects of the state.
    pub prior: Vec<Prior>,
    /// What looking at each of them showed, in the same order; `None` when nobody looked.
    pub observed: Vec<Option<Observed>>,
    /// Outputs of the state.
    pub prior_outputs: BTreeMap<Str, Value>,
    /// Effects of functions.
    pub host: &'a dyn FunctionHost,
    /// The port for data sources.
    pub data: &'a dyn DataReader,
    /// What the user asked for.
    pub options: Options,
    /// Whether the configuration is only checked: what is open until a plan is made, as how many instances there are, is fine.
    pub checking: bool,
    /// Makes fingerprints of secrets; none while there is no state that has a key for them.
    pub seal: Option<Seal<'a>>,
    /// `terraform.workspace`
    pub workspace: String,
}

impl<'a> Inputs<'a> {
    /// A configuration by itself: no state, no cloud, nothing that the user asked for.
    pub fn of(
        module: &'a Module,
        sources: &'a SourceMap,
        registry: &'a Registry,
        host: &'a dyn FunctionHost,
        variables: BTreeMap<Str, Value>,
    ) -> Inputs<'a> {
        Inputs {
            module,
            sources,
            registry,
            variables,
            prior: Vec::new(),
            observed: Vec::new(),
            prior_outputs: BTreeMap::new(),
            host,
            data: &NoData,
            options: Options::default(),
            checking: false,
            seal: None,
            workspace: "default".into(),
        }
    }
}
