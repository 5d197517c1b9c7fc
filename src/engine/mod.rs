//! Plans into effects: looks at the cloud before a plan, runs the steps of a plan, settles what a killed run left open.
//! Decides nothing that the plan has not decided.

pub mod apply;
pub mod cloud;
pub mod codes;
pub mod data;
pub mod fill;
pub mod glob;
pub mod host;
pub mod import;
mod notes;
mod pending;
pub mod progress;
pub mod providers;
pub mod recover;
pub mod refresh;
pub mod rows;
pub mod run;
pub mod schedule;
mod step;
mod target;
pub mod terraform_state;
pub mod values;
pub mod wait;

pub use apply::{Outcome, apply};
pub use host::SystemHost;
pub use progress::{Event, Progress};
pub use providers::{Outside, Providers};
pub use run::{Apply, Writer};

use crate::driver::{DataDriver, Driver};
use std::collections::HashMap;

/// The drivers of all types, by type name.
#[derive(Default)]
pub struct Drivers {
    /// Managed resource types.
    pub managed: HashMap<&'static str, Box<dyn Driver>>,
    /// Data sources.
    pub data: HashMap<&'static str, Box<dyn DataDriver>>,
}
