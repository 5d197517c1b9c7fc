//! Which step may begin: pure bookkeeping over the step graph. Knows nothing of what a step does.

use crate::plan::{StepGraph, StepId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The state of a run through a step graph.
pub struct Schedule {
    /// Steps that each step still waits for.
    waiting: Vec<u32>,
    /// Steps that wait for each step.
    next: Vec<Vec<StepId>>,
    status: Vec<Status>,
    /// Steps that may begin, lowest number first, so that runs are alike.
    ready: BinaryHeap<Reverse<StepId>>,
    open: usize,
    stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Waiting,
    Running,
    Done,
    Failed,
    Skipped,
}

impl Schedule {
    /// A run in which nothing has begun.
    pub fn new(graph: &StepGraph) -> Self {
        let count = graph.steps.len();
        let mut schedule = Self {
            waiting: vec![0; count],
            next: vec![Vec::new(); count],
            status: vec![Status::Waiting; count],
            ready: BinaryHeap::new(),
            open: 0,
            stopped: false,
        };
        for (id, step) in graph.steps.iter().enumerate() {
            schedule.waiting[id] = u32::try_from(step.after.len()).unwrap_or(u32::MAX);
            for after in &step.after {
                schedule.next[*after as usize].push(id as StepId);
            }
            if step.after.is_empty() {
                schedule.ready.push(Reverse(id as StepId));
            }
        }
        schedule
    }

    /// Begins the next step, if one may begin.
    pub fn begin(&mut self) -> Option<StepId> {
        if self.stopped {
            return None;
        }
        let Reverse(id) = self.ready.pop()?;
        self.status[id as usize] = Status::Running;
        self.open += 1;
        Some(id)
    }

    /// A step ended. A failed one blocks all that wait for it, and nothing else.
    pub fn end(&mut self, id: StepId, ok: bool) {
        self.open -= 1;
        self.status[id as usize] = if ok { Status::Done } else { Status::Failed };
        if !ok {
            self.skip_after(id);
            return;
        }
        for n in std::mem::take(&mut self.next[id as usize]) {
            let left = &mut self.waiting[n as usize];
            *left -= 1;
            if *left == 0 && self.status[n as usize] == Status::Waiting {
                self.ready.push(Reverse(n));
            }
        }
    }

    fn skip_after(&mut self, id: StepId) {
        let mut open = std::mem::take(&mut self.next[id as usize]);
        while let Some(n) = open.pop() {
            if self.status[n as usize] == Status::Waiting {
                self.status[n as usize] = Status::Skipped;
                open.append(&mut self.next[n as usize]);
            }
        }
    }

    /// Begins nothing more; what runs may end.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Steps that have begun and not ended.
    pub fn running(&self) -> usize {
        self.open
    }

    /// Whether nothing runs and nothing may begin.
    pub fn is_over(&self) -> bool {
        self.open == 0 && (self.stopped || self.ready.is_empty())
    }

    /// Steps that were not begun and never will be.
    pub fn not_begun(&self) -> impl Iterator<Item = StepId> {
        let steps = self.status.iter().enumerate();
        steps
            .filter(|(_, s)| matches!(s, Status::Waiting | Status::Skipped))
            .map(|(id, _)| id as StepId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Step, StepAction};

    fn graph(after: &[&[StepId]]) -> StepGraph {
        let step = |after: &&[StepId]| Step {
            action: StepAction::Join,
            change: None,
            after: after.to_vec(),
        };
        StepGraph {
            steps: after.iter().map(step).collect(),
        }
    }

    #[test]
    fn a_step_begins_when_all_before_it_ended() {
        let mut s = Schedule::new(&graph(&[&[], &[], &[0, 1]]));
        assert_eq!((s.begin(), s.begin(), s.begin()), (Some(0), Some(1), None));
        s.end(1, true);
        assert_eq!(s.begin(), None);
        s.end(0, true);
        assert_eq!(s.begin(), Some(2));
    }

    #[test]
    fn a_failure_blocks_only_what_waits_for_it() {
        let mut s = Schedule::new(&graph(&[&[], &[0], &[1], &[]]));
        assert_eq!(s.begin(), Some(0));
        s.end(0, false);
        assert_eq!(s.begin(), Some(3));
        s.end(3, true);
        assert!(s.is_over());
        assert_eq!(s.not_begun().collect::<Vec<_>>(), vec![1, 2]);
    }

    #[test]
    fn stopping_lets_what_runs_end() {
        let mut s = Schedule::new(&graph(&[&[], &[0]]));
        assert_eq!(s.begin(), Some(0));
        s.stop();
        assert!(!s.is_over());
        s.end(0, true);
        assert!(s.is_over());
        assert_eq!(s.begin(), None);
    }
}
