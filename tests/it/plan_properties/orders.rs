//! The naive oracle of orders: which step comes before which, by looking at all paths; and the scheduler against it.

use headworks::engine::schedule::Schedule;
use headworks::plan::{Plan, Step, StepAction, StepGraph, StepId};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// For each step all that come before it.
pub(crate) struct Ancestors(Vec<BTreeSet<usize>>);

impl Ancestors {
    /// By repeating until nothing is added: a cycle makes a step its own ancestor.
    pub(crate) fn of(graph: &StepGraph) -> Ancestors {
        let direct: Vec<BTreeSet<usize>> = graph
            .steps
            .iter()
            .map(|s| s.after.iter().map(|a| *a as usize).collect())
            .collect();
        let mut all = direct.clone();
        loop {
            let grown: Vec<BTreeSet<usize>> = (0..all.len())
                .map(|i| all[i].iter().flat_map(|b| all[*b].iter().chain([b])).copied().collect())
                .collect();
            if grown == all {
                return Ancestors(all);
            }
            all = grown;
        }
    }

    pub(crate) fn has(&self, step: usize, before: usize) -> bool {
        self.0[step].contains(&before)
    }

    pub(crate) fn before(&self, step: usize) -> impl Iterator<Item = usize> {
        self.0[step].iter().copied()
    }
}

/// Names of the steps of a plan; a join has none.
pub(crate) fn step_names(plan: &Plan) -> Vec<Option<String>> {
    let name = |step: &Step| {
        let change = &plan.changes[step.change? as usize];
        Some(format!("{:?} {} {:?}", step.action, change.addr, change.deposed))
    };
    plan.steps.steps.iter().map(name).collect()
}

fn graph() -> impl Strategy<Value = StepGraph> {
    proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..4), 0..20).prop_map(|rows| {
        let step = |(at, before): (usize, Vec<prop::sample::Index>)| {
            let after: BTreeSet<StepId> = before
                .iter()
                .filter(|_| at > 0)
                .map(|i| i.index(at) as StepId)
                .collect();
            Step {
                action: StepAction::Join,
                change: None,
                after: after.into_iter().collect(),
            }
        };
        StepGraph {
            steps: rows.into_iter().enumerate().map(step).collect(),
        }
    })
}

proptest! {
    #![proptest_config(super::cases(256))]

    #[test]
    fn a_step_begins_after_all_before_it_and_is_skipped_only_for_a_failure(
        graph in graph(),
        width in 1usize..5,
        picks in proptest::collection::vec((any::<prop::sample::Index>(), proptest::bool::weighted(0.2)), 20),
    ) {
        let ancestors = Ancestors::of(&graph);
        let mut schedule = Schedule::new(&graph);
        let mut running: Vec<StepId> = Vec::new();
        let (mut done, mut failed) = (BTreeSet::new(), BTreeSet::new());
        let mut picks = picks.into_iter();
        loop {
            while running.len() < width && let Some(id) = schedule.begin() {
                for before in ancestors.before(id as usize) {
                    prop_assert!(done.contains(&before), "step {id} began before {before} ended");
                }
                running.push(id);
            }
            prop_assert_eq!(schedule.running(), running.len());
            if running.is_empty() {
                break;
            }
            let (pick, fails) = picks.next().expect("one for each step");
            let id = running.swap_remove(pick.index(running.len()));
            schedule.end(id, !fails);
            if fails { &mut failed } else { &mut done }.insert(id as usize);
        }
        prop_assert!(schedule.is_over());
        let not_begun: BTreeSet<usize> = schedule.not_begun().map(|id| id as usize).collect();
        let blocked = (0..graph.steps.len()).filter(|id| ancestors.before(*id).any(|b| failed.contains(&b)));
        prop_assert_eq!(not_begun, blocked.collect::<BTreeSet<_>>());
    }
}
