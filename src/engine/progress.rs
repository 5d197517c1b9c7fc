//! What the engine tells while it works. Where and how it is shown is decided elsewhere.

use crate::base::InstanceAddr;
use crate::plan::StepAction;
use std::time::Duration;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step began.
    Started {
        /// The object.
        addr: InstanceAddr,
        /// What is done.
        action: StepAction,
    },
    /// The object exists; it is waited for until it works.
    Waiting {
        /// The object.
        addr: InstanceAddr,
        /// The phase it is in.
        phase: String,
    },
    /// A step ended well.
    Ended {
        /// The object.
        addr: InstanceAddr,
        /// What was done.
        action: StepAction,
        /// How long it took, waiting included.
        took: Duration,
        /// The phase it is in, for objects with health.
        phase: Option<String>,
    },
    /// A step failed.
    Failed {
        /// The object.
        addr: InstanceAddr,
        /// What was tried.
        action: StepAction,
        /// How long it took.
        took: Duration,
    },
    /// An object was looked at.
    Refreshed {
        /// The object.
        addr: InstanceAddr,
    },
    /// How far the run is.
    Count {
        /// Steps that ended.
        done: usize,
        /// All steps.
        total: usize,
        /// Steps that run.
        running: usize,
    },
    /// Something worth a line.
    Notice(String),
}

/// Someone who is told.
pub trait Progress: Send + Sync {
    /// Takes an event; never fails and never takes long.
    fn event(&self, event: Event);
}

/// Nobody.
pub struct Quiet;

impl Progress for Quiet {
    fn event(&self, _: Event) {}
}
