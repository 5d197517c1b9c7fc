//! The embedded cloud in this process with the binary outside: its clock and its faults are the test's, and it can be asked what it
//! was asked.

use super::sandbox::Sandbox;
use headworks::cli::simulate;
use headworks::sim::{Chaos, Sim, SimClock, SimOptions};
use tokio::runtime::Runtime;

/// A cloud and a directory whose runs reach it.
pub(super) struct Outside {
    pub(super) sandbox: Sandbox,
    pub(super) sim: Sim,
    _runtime: Runtime,
}

impl Outside {
    /// A cloud with these faults, and a configuration.
    pub(super) fn new(chaos: &str, clock: SimClock, mut sandbox: Sandbox) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let options = SimOptions {
            chaos: Some(Chaos::parse(chaos).expect("faults")),
            clock,
            ..SimOptions::default()
        };
        let sim = runtime.block_on(Sim::start(options)).expect("it starts");
        for (name, value) in simulate::environment(&sim) {
            sandbox.set(&name, &value);
        }
        Self {
            sandbox,
            sim,
            _runtime: runtime,
        }
    }

    /// Calls of the operations whose names begin so.
    pub(super) fn calls(&self, operation: &str) -> u64 {
        let requests = self.sim.requests();
        requests
            .iter()
            .filter(|(o, _)| o.starts_with(operation))
            .map(|(_, n)| n)
            .sum()
    }

    /// Faults of this name.
    pub(super) fn faults(&self, name: &str) -> u64 {
        let faults = self.sim.faults();
        faults.iter().filter(|(f, _)| f.ends_with(name)).map(|(_, n)| n).sum()
    }
}

/// A clock that stands: phases never pass.
pub(super) fn standing() -> SimClock {
    SimClock::Stepped {
        start_ms: jiff::Timestamp::now().as_millisecond(),
    }
}
