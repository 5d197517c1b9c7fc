//! Reading a configuration that is to be planned: when there are mistakes in it, the rest is checked too, so that all come at
//! once. Asks no cloud and changes nothing.

use super::args::VarArgs;
use super::load::{Loaded, load_to_check};
use super::pipeline::{Request, State, only_vars, plan_offline};
use super::{Context, Failure};
use crate::base::{Diag, Diags, Severity, SourceMap};
use crate::plan::PlanMode;
use crate::schema::Registry;
use crate::store::StateSnapshot;
use std::collections::BTreeMap;

/// Reads the configuration of a run.
///
/// # Errors
/// Mistakes in it, together with those that a check of the rest finds.
pub fn load_or_check(cx: &Context, registry: &Registry, vars: &VarArgs) -> Result<Loaded, Failure> {
    let loaded = load_to_check(&cx.directory, vars)?;
    if !loaded.diags.has_errors() {
        return Ok(loaded);
    }
    let (diags, sources) = check(cx, registry, loaded, vars)?;
    Err(Failure { diags, sources })
}

/// Checks all of a configuration that can be checked without a cloud and without a state.
///
/// # Errors
/// None by itself; the problems are in the result.
pub fn check(cx: &Context, registry: &Registry, loaded: Loaded, vars: &VarArgs) -> Result<(Diags, SourceMap), Failure> {
    let state = State {
        snapshot: StateSnapshot::default(),
        prior: Vec::new(),
        outputs: BTreeMap::new(),
        key: None,
        tokens: BTreeMap::new(),
    };
    let options = only_vars(vars, 1);
    let request = Request {
        options: &options,
        mode: PlanMode::Normal,
    };
    plan_offline(cx, registry, loaded, &state, &request)
}

/// Takes out what is said of a place of which reading said already what is wrong with it.
pub fn without_consequences(reading: &Diags, all: Diags) -> Diags {
    let unknown_provider = |d: &Diag| {
        d.code == crate::config::codes::TYPE
            && all
                .iter()
                .any(|o| o.code == d.code && o.span == d.span && o.summary != d.summary)
    };
    let twice = reading
        .iter()
        .filter(|d| unknown_provider(d))
        .cloned()
        .collect::<Vec<Diag>>();
    let reading: Vec<&Diag> = reading
        .iter()
        .filter(|d| d.severity == Severity::Error && !twice.contains(d))
        .collect();
    let follows = |d: &Diag| {
        let overlaps = |o: &&&Diag| matches!((d.span, o.span), (Some(a), Some(b)) if a.overlaps(b));
        !reading.contains(&d) && reading.iter().any(|o| overlaps(&o))
    };
    all.iter()
        .filter(|d| !twice.contains(d) && !follows(d))
        .cloned()
        .collect()
}
