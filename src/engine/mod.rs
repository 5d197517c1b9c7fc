//! Plans into effects: looks at the cloud before a plan, runs the steps of a plan, settles what a killed run left open.
//! Decides nothing that the plan has not decided.

pub mod apply;
pub mod cloud;
pub mod data;
pub mod fill;
pub mod host;
mod notes;
pub mod progress;
pub mod providers;
pub mod recover;
pub mod refresh;
pub mod rows;
pub mod schedule;
pub mod values;
pub mod wait;

pub use apply::{Apply, Outcome, apply};
pub use host::SystemHost;
pub use progress::{Event, Progress};
pub use providers::Providers;

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

/// Codes of the diagnostics of this layer.
pub mod codes {
    /// A call to the cloud failed.
    pub const CLOUD: &str = "HW0501";
    /// The cloud returned something else than was planned.
    pub const INCONSISTENT: &str = "HW0502";
    /// An object exists but does not work.
    pub const UNHEALTHY: &str = "HW0503";
    /// A row of the state can't be read.
    pub const STATE_ROW: &str = "HW0504";
    /// A killed run left something that can't be settled without the user.
    pub const UNCERTAIN: &str = "HW0505";
    /// The state could not be written.
    pub const STORE: &str = "HW0506";
    /// A provider configuration can't be used.
    pub const PROVIDER: &str = "HW0507";
    /// A value that the plan left open is still not known.
    pub const STILL_UNKNOWN: &str = "HW0508";
}
