//! What an earlier run left open, before anything else is done: apply settles it, plan says what apply will make of it and plans
//! as if it had. Decides who is told what; what became of a step is the engine's to find out.

use super::load::Loaded;
use super::pipeline::{Machine, State, read_state, state_error, state_of};
use super::{Context, Failure, locking};
use crate::base::{Diag, Diags, Severity, SourceMap};
use crate::config::variables;
use crate::engine::recover::{Finding, Looking, announcement, examine, foreseen, in_the_making, settle, until_made};
use crate::engine::{Event, Progress, Providers, SystemHost};
use crate::plan::{Change, Inputs, provider_settings};
use crate::store::{OpenStep, RunId, RunOutcome, RunRecord, Store, lock};
use jiff::Timestamp;

/// Runs looked through for those that left something.
const HISTORY_MAX: u32 = 200;

/// What was left, and what became of it.
struct Left {
    findings: Vec<Finding>,
    announcement: Vec<String>,
    /// The sessions it was looked at with; none when nothing was left.
    providers: Option<Providers>,
}

fn open_steps(machine: &Machine, store: &dyn Store) -> Result<Vec<OpenStep>, Failure> {
    let open = machine.runtime.block_on(store.open_steps());
    open.map_err(|e| state_error(&e).into())
}

fn announced(
    machine: &Machine,
    store: &dyn Store,
    state: &State,
    findings: &[Finding],
) -> Result<Vec<String>, Failure> {
    let history: Vec<RunRecord> = match findings.is_empty() {
        true => Vec::new(),
        false => {
            let history = machine.runtime.block_on(store.history(HISTORY_MAX));
            history.map_err(|e| state_error(&e))?
        }
    };
    Ok(announcement(findings, &history, &state.snapshot.open_runs))
}

/// Looks what became of what was left; sessions and what is meant now are made from the configuration.
fn look(cx: &Context, machine: &Machine, store: &dyn Store, loaded: &Loaded, state: &State) -> Result<Left, Failure> {
    let open = open_steps(machine, store)?;
    if open.is_empty() && state.snapshot.open_runs.is_empty() {
        return Ok(Left {
            findings: Vec::new(),
            announcement: Vec::new(),
            providers: None,
        });
    }
    let (providers, changes) = sessions(cx, machine, loaded, state)?;
    let looking = looking(machine, loaded, state, &providers, &changes);
    let findings = machine.runtime.block_on(examine(open, &looking));
    Ok(Left {
        announcement: announced(machine, store, state, &findings)?,
        findings,
        providers: Some(providers),
    })
}

/// The sessions of the configuration, and what it asks for as far as that is known without the cloud.
fn sessions(
    cx: &Context,
    machine: &Machine,
    loaded: &Loaded,
    state: &State,
) -> Result<(Providers, Vec<Change>), Failure> {
    let host = SystemHost::planning(&cx.directory, Timestamp::now());
    let (variables, _) = variables::values(&loaded.module, &loaded.given, true);
    let inputs = Inputs {
        prior: state.prior.clone(),
        observed: vec![None; state.prior.len()],
        prior_outputs: state.outputs.clone(),
        checking: true,
        ..Inputs::of(&loaded.module, &loaded.sources, &machine.registry, &host, variables)
    };
    let (settings, _) = provider_settings(&inputs);
    let (providers, diags) = machine.providers(loaded, &settings);
    if diags.has_errors() {
        return Err(Failure {
            diags,
            sources: loaded.sources.clone(),
        });
    }
    let (plan, _, _) = crate::plan::plan(&inputs);
    Ok((providers, plan.changes))
}

fn looking<'a>(
    machine: &'a Machine,
    loaded: &'a Loaded,
    state: &'a State,
    providers: &'a Providers,
    changes: &'a [Change],
) -> Looking<'a> {
    Looking {
        state: &state.snapshot,
        module: &loaded.module,
        changes,
        registry: &machine.registry,
        drivers: &machine.drivers,
        providers,
    }
}

/// Settles what was left and reads the state as it is then.
///
/// # Errors
/// Something can't be told, or written; all else is settled by then.
pub fn recovered(
    cx: &Context,
    machine: &Machine,
    store: &dyn Store,
    epoch: u64,
    loaded: &Loaded,
    progress: &dyn Progress,
) -> Result<State, Failure> {
    let state = read_state(store, &machine.registry, &machine.runtime)?;
    let left = look(cx, machine, store, loaded, &state)?;
    let state = match &left.providers {
        Some(providers) => settled((machine, store, epoch), loaded, state, &left, providers, progress)?,
        None => state,
    };
    with_tokens(machine, store, state)
}

/// Writes what was found. With machinery, state and the epoch of its lock.
fn settled(
    (machine, store, epoch): (&Machine, &dyn Store, u64),
    loaded: &Loaded,
    state: State,
    left: &Left,
    providers: &Providers,
    progress: &dyn Progress,
) -> Result<State, Failure> {
    tell(progress, &left.announcement);
    let looking = looking(machine, loaded, &state, providers, &[]);
    let writing = settle(store, epoch, &left.findings, &looking, progress);
    let recovery = machine.runtime.block_on(writing);
    tell(progress, &recovery.notices);
    if recovery.diags.has_errors() {
        return Err(Failure {
            diags: recovery.diags,
            sources: SourceMap::default(),
        });
    }
    read_state(store, &machine.registry, &machine.runtime)
}

/// Waits for what the last runs left in the making when they failed or were stopped, as they would have: the plan then says
/// whether it works. Gives the state as it is then.
///
/// # Errors
/// The state can't be read or written, or the configuration of a provider is wrong.
pub fn ready(
    cx: &Context,
    (machine, store, epoch): (&Machine, &dyn Store, u64),
    loaded: &Loaded,
    state: State,
    progress: &dyn Progress,
) -> Result<State, Failure> {
    let history = machine.runtime.block_on(store.history(HISTORY_MAX));
    let history = history.map_err(|e| state_error(&e))?;
    let unfinished = |run: &&RunRecord| !matches!(run.outcome, Some(RunOutcome::Done));
    let runs: Vec<RunId> = history.iter().take_while(unfinished).map(|run| run.id).collect();
    if !in_the_making(&state.snapshot, &runs, &machine.registry) {
        return Ok(state);
    }
    let (providers, changes) = sessions(cx, machine, loaded, &state)?;
    let looking = looking(machine, loaded, &state, &providers, &changes);
    let waiting = until_made(store, epoch, &runs, &looking, progress);
    machine.runtime.block_on(waiting).map_err(|e| state_error(&e))?;
    with_tokens(machine, store, read_state(store, &machine.registry, &machine.runtime)?)
}

/// The state with the client tokens of creates that are to be made again.
fn with_tokens(machine: &Machine, store: &dyn Store, state: State) -> Result<State, Failure> {
    let tokens = machine.runtime.block_on(store.kept_tokens());
    let tokens = tokens.map_err(|e| state_error(&e))?;
    Ok(State {
        tokens: tokens.into_iter().map(|t| (t.target.clone(), t)).collect(),
        ..state
    })
}

/// The state as the next apply will find it when it has settled what was left; what it can't settle is in the warnings. Steps of
/// a run that is under way are that run's own. Writes nothing.
///
/// # Errors
/// The state can't be read, or a provider can't be used.
pub fn as_if_recovered(
    cx: &Context,
    machine: &Machine,
    store: &dyn Store,
    loaded: &Loaded,
    progress: &dyn Progress,
) -> Result<(State, Diags), Failure> {
    // Before the state is read: a run that ends in between has settled its steps by then.
    let under_way = locking::under_way(machine, store);
    let state = read_state(store, &machine.registry, &machine.runtime)?;
    if let Some(info) = under_way {
        tell(progress, &[lock::under_way_notice(&info)]);
        return Ok((state, Diags::new()));
    }
    let left = look(cx, machine, store, loaded, &state)?;
    if left.announcement.is_empty() {
        return Ok((state, Diags::new()));
    }
    let later = |line: &String| format!("{line}; the next apply settles it, and this plan is as if it had");
    tell(progress, &left.announcement.iter().map(later).collect::<Vec<_>>());
    let told: Vec<String> = left
        .findings
        .iter()
        .filter_map(Finding::told)
        .map(str::to_string)
        .collect();
    tell(progress, &told);
    let mut snapshot = state.snapshot;
    foreseen(&left.findings, &mut snapshot);
    let state = state_of(snapshot, state.key, &machine.registry)?;
    let warnings = left.findings.iter().filter_map(|finding| match &finding.verdict {
        crate::engine::recover::Verdict::Uncertain(diag) => Some(warning(diag)),
        _ => None,
    });
    Ok((state, warnings.collect()))
}

/// Apply refuses to go on; a plan can be looked at.
fn warning(diag: &Diag) -> Diag {
    Diag {
        severity: Severity::Warning,
        ..diag.clone()
    }
}

fn tell(progress: &dyn Progress, lines: &[String]) {
    for line in lines {
        progress.event(Event::Notice(line.clone()));
    }
}

/// Whether two texts of the journal mean the same object: what the newer leaves open is no difference.
pub fn means_same(older: Option<&str>, newer: Option<&str>) -> bool {
    let read = |text: Option<&str>| serde_json::from_str::<serde_json::Value>(text?).ok();
    match (read(older), read(newer)) {
        (Some(older), Some(newer)) => covers(&older, &newer),
        _ => false,
    }
}

fn covers(older: &serde_json::Value, newer: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Null, Object};
    match (older, newer) {
        (_, Null) => true,
        (Object(a), Object(b)) => {
            a.len() == b.len() && b.iter().all(|(k, v)| a.get(k).is_some_and(|old| covers(old, v)))
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(old, new)| covers(old, new)),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::means_same;

    #[test]
    fn what_a_plan_leaves_open_is_no_other_meaning() {
        let same = |a, b| means_same(Some(a), Some(b));
        assert!(same(r#"{"id":"7","name":"x"}"#, r#"{"id":null,"name":"x"}"#));
        assert!(same(r#"{"steps":[{"a":1}]}"#, r#"{"steps":[{"a":null}]}"#));
        assert!(!same(r#"{"id":null,"name":"x"}"#, r#"{"id":null,"name":"y"}"#));
        assert!(!same(r#"{"steps":[1]}"#, r#"{"steps":[1,2]}"#));
        assert!(!means_same(None, Some("{}")));
    }
}
