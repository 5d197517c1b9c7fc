//! A saved plan before it is applied: whether it is for this program, this cloud, this configuration and this state as it is
//! now, and what it gets back that is not in its file. Refuses; never plans again.

use super::{Applying, Prepared};
use crate::base::Diag;
use crate::cli::again::Again;
use crate::cli::args::ApplyArgs;
use crate::cli::load;
use crate::cli::pipeline::{Planned, State, read_state, state_path};
use crate::cli::savedplan::{self, Saved};
use crate::cli::{Context, Failure, backups, codes};
use crate::engine::{Progress, SystemHost};
use crate::plan::file::SavedPlan;
use crate::plan::{Action, Inputs, Plan, provider_settings};
use jiff::Timestamp;
use std::path::Path;

/// A plan that was read and that fits all but the state, which is not read yet.
pub(super) struct PlanFile {
    saved: Saved,
}

fn refuse(summary: &str, detail: String) -> Diag {
    Diag::error(codes::PLAN_FILE, summary)
        .detail(detail)
        .help("make a new plan with `headworks plan -out=FILE`")
}

/// Reads a plan, and checks what can be checked without its state.
///
/// # Errors
/// It is no plan, or is for another program, cloud or configuration; or its state is not there.
pub(super) fn read(cx: &Context, args: &ApplyArgs, path: &Path) -> Result<PlanFile, Failure> {
    let saved = savedplan::read(path)?;
    if let Some(expected) = &args.expect_digest {
        savedplan::expect(&saved, expected)?;
    }
    let plan = &saved.plan;
    if plan.sim != cx.sim {
        let (made, now) = if plan.sim {
            ("with", "without")
        } else {
            ("without", "with")
        };
        let detail = format!("It was made {made} --sim, and this is apply {now} it.");
        return Err(refuse("The saved plan is for another cloud", detail).into());
    }
    let ours = env!("CARGO_PKG_VERSION");
    if !savedplan::same_major(&plan.tool_version, ours) {
        let detail = format!("headworks {} made it, this is {ours}.", plan.tool_version);
        return Err(refuse("The saved plan is from another version", detail).into());
    }
    if !args.planned_config {
        let differences = savedplan::differences(&cx.directory, &plan.sources)?;
        if !differences.is_empty() {
            return Err(Diag::error(
                codes::PLAN_FILE,
                "The configuration has changed since the plan was made",
            )
            .detail(format!("{}.", differences.join(", ")))
            .help(
                "make a new plan with `headworks plan -out=FILE`; or apply the configuration that was planned, \
                     whatever the files say, with -planned-config",
            )
            .into());
        }
    }
    state_is_there(cx, plan.lineage.as_deref())?;
    Ok(PlanFile { saved })
}

/// A plan is for a state that was there when it was made.
fn state_is_there(cx: &Context, lineage: Option<&str>) -> Result<(), Failure> {
    let path = state_path(cx);
    if path.exists() || lineage.is_none() {
        return Ok(());
    }
    let mut help = format!(
        "apply it where it was made, or bring that {} here with the plan; or make a new plan",
        path.display()
    );
    if let Some(offer) = backups::offer(&path) {
        help = format!("{help}. {offer}");
    }
    Err(Diag::error(codes::PLAN_FILE, "The state of the saved plan is missing")
        .detail(format!(
            "The plan is for state {}, and there is none at {}.",
            savedplan::short(lineage.unwrap_or_default()),
            path.display()
        ))
        .help(help)
        .into())
}

impl Applying<'_> {
    /// A saved plan, checked against the state it is for.
    pub(super) fn saved(&self, file: PlanFile, progress: &dyn Progress) -> Result<Prepared, Failure> {
        let (cx, machine) = (self.cx, self.machine);
        let before = read_state(&**self.store, &machine.registry, &machine.runtime)?;
        is_for(&file.saved.plan, &before)?;
        if let Some(diag) = savedplan::unsealed(before.key.as_ref(), &file.saved) {
            return Err(diag.into());
        }
        let Saved {
            plan: saved, digest, ..
        } = file.saved;
        let mut loaded = load::from_texts(&saved.sources)?;
        let host = SystemHost::planning(&cx.directory, Timestamp::now());
        let mut plan = saved.plan;
        let again = Again {
            withheld: &saved.withheld,
            given: &saved.given,
        };
        let said = again.give(cx, &mut loaded, &self.args.options.vars, &mut plan)?;
        // A plan knows nothing of steps that were open when it was made. Where settling them changes the state, it is stale.
        let mut state = self.recovered(&loaded, progress)?;
        if state.snapshot.serial != before.snapshot.serial {
            let detail = "An interrupted run was settled just now, which the plan could not know of.";
            return Err(refuse("The saved plan is stale", detail.into()).into());
        }
        state.relocate(&plan.moves);
        complete_priors(&mut plan, &state);
        let (module, sources) = (&loaded.module, &loaded.sources);
        let inputs = Inputs::of(module, sources, &machine.registry, &host, plan.variables.clone());
        let (settings, _) = provider_settings(&inputs);
        drop(inputs);
        let (providers, diags) = machine.providers(&loaded, &settings);
        if diags.has_errors() {
            return Err(Failure {
                diags,
                sources: loaded.sources,
            });
        }
        let made_at = saved.created_at.parse().unwrap_or_else(|_| Timestamp::now());
        Ok(Prepared {
            planned: Planned {
                loaded,
                state,
                providers,
                plan,
                values: crate::plan::scope::Values::default(),
                diags: said,
                made_at,
            },
            digest: Some(digest),
        })
    }
}

/// Refuses a plan of another state, or of this one at another time.
fn is_for(saved: &SavedPlan, state: &State) -> Result<(), Failure> {
    let (lineage, serial, now) = (&saved.lineage, saved.serial, &state.snapshot);
    if *lineage != now.lineage {
        let name = |lineage: &Option<String>| lineage.as_deref().map_or("one without a name".into(), savedplan::short);
        let detail = format!("It is for state {}, and this is {}.", name(lineage), name(&now.lineage));
        return Err(refuse("The saved plan is for another state", detail).into());
    }
    if serial != now.serial {
        let detail = format!(
            "It was made from serial {serial} of the state, which is at serial {} now: something was applied since. A plan is for \
             one use.",
            now.serial
        );
        return Err(refuse("The saved plan is stale", detail).into());
    }
    Ok(())
}

/// Sensitive parts of prior objects and outputs are not in the file: they are in the state.
fn complete_priors(plan: &mut Plan, state: &State) {
    let by_addr: std::collections::HashMap<_, _> =
        state.prior.iter().map(|p| ((&p.addr, &p.deposed), &p.value)).collect();
    for change in &mut plan.changes {
        if let (Some(prior), Some(recorded)) = (&change.prior, by_addr.get(&(&change.addr, &change.deposed))) {
            let prior = crate::engine::fill::fill(prior, recorded);
            // What stays as it is has no secret that only a step would bring back.
            if change.action == Action::NoOp
                && let Some(planned) = &change.planned
            {
                change.planned = Some(crate::engine::fill::fill(planned, &prior));
            }
            change.prior = Some(prior);
        }
    }
    for output in &mut plan.outputs {
        if let (Some(prior), Some(recorded)) = (&output.prior, state.outputs.get(&output.name)) {
            output.prior = Some(crate::engine::fill::fill(prior, recorded));
        }
    }
    for (name, kept) in &mut plan.kept_outputs {
        if let Some(recorded) = state.outputs.get(name) {
            *kept = crate::engine::fill::fill(kept, recorded);
        }
    }
}
