//! Changes to the order in which apply makes them. The only place that knows that dependants are deleted before what
//! they need. Edges stay linear in the number of instances: a join stands for all steps of a block.

use super::model::{Action, Change, Step, StepAction, StepGraph, StepId};
use crate::base::ResourceAddr;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which blocks a block needs, all without keys of modules.
pub type Needs = BTreeMap<ResourceAddr, Vec<ResourceAddr>>;

/// Builds the step graph. `needs` comes from the configuration, `prior_needs` from the objects of the state.
///
/// An object that is no longer needed usually goes after its former dependants were changed. Where that contradicts the other
/// rules, the others win. Where configuration and state contradict each other in who needs whom, as when an edit turned a
/// reference round, what the state says decides about deletions; where even that leads in a circle, the configuration.
pub fn steps(changes: &[Change], needs: &Needs, prior_needs: &Needs) -> StepGraph {
    let all = merged(needs, prior_needs);
    for (deletion, soft) in [(&all, true), (&all, false), (prior_needs, false)] {
        let graph = build(changes, needs, deletion, soft);
        if is_acyclic(&graph) {
            return graph;
        }
    }
    build(changes, needs, needs, false)
}

fn merged(needs: &Needs, prior_needs: &Needs) -> Needs {
    let mut all = prior_needs.clone();
    for (block, needed) in needs {
        let entry = all.entry(block.clone()).or_default();
        for n in needed {
            if !entry.contains(n) {
                entry.push(n.clone());
            }
        }
    }
    all
}

struct Builder {
    steps: Vec<Step>,
    /// Create, update and read steps by block.
    up: HashMap<ResourceAddr, Vec<StepId>>,
    /// Delete steps by block.
    down: HashMap<ResourceAddr, Vec<StepId>>,
}

fn build(changes: &[Change], needs: &Needs, deletion: &Needs, soft: bool) -> StepGraph {
    let mut b = Builder {
        steps: Vec::new(),
        up: HashMap::new(),
        down: HashMap::new(),
    };
    for (index, change) in changes.iter().enumerate() {
        b.change(index, change);
    }
    let done_up = b.done(needs, true);
    let dependants = reversed(deletion);
    let done_down = b.done(&dependants, false);
    b.up_edges(needs, &done_up);
    b.down_edges(changes, &dependants, &done_down, &done_up, soft);
    for step in &mut b.steps {
        step.after.sort_unstable();
        step.after.dedup();
    }
    StepGraph { steps: b.steps }
}

impl Builder {
    fn add(&mut self, action: StepAction, change: Option<usize>, after: Vec<StepId>) -> StepId {
        let id = self.steps.len() as StepId;
        self.steps.push(Step {
            action,
            change: change.map(|c| c as u32),
            after,
        });
        id
    }

    fn change(&mut self, index: usize, change: &Change) {
        let block = change.addr.resource.unkeyed();
        let up = |b: &mut Builder, action, after| {
            let id = b.add(action, Some(index), after);
            b.up.entry(block.clone()).or_default().push(id);
            id
        };
        let down = |b: &mut Builder, after| {
            let id = b.add(StepAction::Delete, Some(index), after);
            b.down.entry(block.clone()).or_default().push(id);
            id
        };
        match change.action {
            Action::NoOp | Action::Forget => {}
            Action::Create => {
                up(self, StepAction::Create, vec![]);
            }
            Action::Update => {
                up(self, StepAction::Update, vec![]);
            }
            Action::Read => {
                up(self, StepAction::Read, vec![]);
            }
            Action::Delete => {
                down(self, vec![]);
            }
            Action::Replace { create_first: false } => {
                let delete = down(self, vec![]);
                up(self, StepAction::Create, vec![delete]);
            }
            Action::Replace { create_first: true } => {
                let create = up(self, StepAction::Create, vec![]);
                down(self, vec![create]);
            }
        }
    }

    /// For each block the steps after which it and all it leads to are done: its own steps, or those of the blocks that it
    /// leads to when it has none. Several are joined.
    fn done(&mut self, leads_to: &Needs, up: bool) -> HashMap<ResourceAddr, Vec<StepId>> {
        let mut done: HashMap<ResourceAddr, Vec<StepId>> = HashMap::new();
        let own = if up { self.up.clone() } else { self.down.clone() };
        let blocks: BTreeSet<ResourceAddr> = own.keys().chain(leads_to.keys()).cloned().collect();
        for block in blocks {
            self.visit(&block, leads_to, &own, &mut done);
        }
        done
    }

    fn visit(
        &mut self,
        start: &ResourceAddr,
        leads_to: &Needs,
        own: &HashMap<ResourceAddr, Vec<StepId>>,
        done: &mut HashMap<ResourceAddr, Vec<StepId>>,
    ) {
        // Depth first without recursion: a chain may be as long as the configuration.
        let mut stack = vec![(start.clone(), false)];
        let mut entered: BTreeSet<ResourceAddr> = BTreeSet::new();
        while let Some((block, children_done)) = stack.pop() {
            if done.contains_key(&block) {
                continue;
            }
            let next = leads_to.get(&block).map(Vec::as_slice).unwrap_or_default();
            if let Some(steps) = own.get(&block) {
                let joined = self.joined(steps.clone());
                done.insert(block, joined);
            } else if children_done || next.is_empty() {
                let mut ids: Vec<StepId> = next.iter().filter_map(|n| done.get(n)).flatten().copied().collect();
                ids.sort_unstable();
                ids.dedup();
                let joined = self.joined(ids);
                done.insert(block, joined);
            } else if entered.insert(block.clone()) {
                stack.push((block, true));
                stack.extend(next.iter().map(|n| (n.clone(), false)));
            }
        }
    }

    fn joined(&mut self, ids: Vec<StepId>) -> Vec<StepId> {
        if ids.len() < 2 {
            ids
        } else {
            vec![self.add(StepAction::Join, None, ids)]
        }
    }

    fn up_edges(&mut self, needs: &Needs, done_up: &HashMap<ResourceAddr, Vec<StepId>>) {
        for (block, ids) in &self.up {
            let after = collect(needs.get(block), done_up);
            for id in ids {
                self.steps[*id as usize].after.extend(&after);
            }
        }
    }

    fn down_edges(
        &mut self,
        changes: &[Change],
        dependants: &Needs,
        done_down: &HashMap<ResourceAddr, Vec<StepId>>,
        done_up: &HashMap<ResourceAddr, Vec<StepId>>,
        soft: bool,
    ) {
        for (block, ids) in &self.down {
            let deletes = collect(dependants.get(block), done_down);
            let updates = collect(dependants.get(block), done_up);
            for id in ids {
                let action = self.steps[*id as usize].change.map(|c| changes[c as usize].action);
                self.steps[*id as usize].after.extend(&deletes);
                // An object that is not made again, or was made again already, goes when nobody points at it any more.
                if soft && matches!(action, Some(Action::Delete | Action::Replace { create_first: true })) {
                    self.steps[*id as usize].after.extend(&updates);
                }
            }
        }
    }
}

fn collect(blocks: Option<&Vec<ResourceAddr>>, done: &HashMap<ResourceAddr, Vec<StepId>>) -> Vec<StepId> {
    let mut ids: Vec<StepId> = blocks
        .into_iter()
        .flatten()
        .filter_map(|n| done.get(n))
        .flatten()
        .copied()
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn reversed(needs: &Needs) -> Needs {
    let mut out = Needs::new();
    for (block, needed) in needs {
        for n in needed {
            out.entry(n.clone()).or_default().push(block.clone());
        }
    }
    out
}

/// Whether the steps can be ordered at all.
pub fn is_acyclic(graph: &StepGraph) -> bool {
    let mut waiting: Vec<usize> = graph.steps.iter().map(|s| s.after.len()).collect();
    let mut next: Vec<Vec<StepId>> = vec![Vec::new(); graph.steps.len()];
    for (id, step) in graph.steps.iter().enumerate() {
        for after in &step.after {
            next[*after as usize].push(id as StepId);
        }
    }
    let mut ready: Vec<StepId> = (0..graph.steps.len() as StepId)
        .filter(|i| waiting[*i as usize] == 0)
        .collect();
    let mut done = 0;
    while let Some(id) = ready.pop() {
        done += 1;
        for n in &next[id as usize] {
            waiting[*n as usize] -= 1;
            if waiting[*n as usize] == 0 {
                ready.push(*n);
            }
        }
    }
    done == graph.steps.len()
}
