//! Create is not success: waits until an object says that it works. Decides how long and how often to look.

use super::{Event, Progress};
use crate::base::{InstanceAddr, Known, Value};
use crate::driver::{Driver, DriverError, Session};
use crate::plan::Problem;
use crate::plan::effects::{HealthStatus, health};
use crate::plan::propose::marks_like;
use crate::schema::{ResourceSchema, secrets};
use std::time::Duration;

/// First pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest pause between two looks.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How waiting ended.
pub enum Waited {
    /// It works, in this phase.
    Ready(Value, String),
    /// It does not work.
    Unhealthy(Value, Problem),
    /// The time was up while it was in this phase.
    TimedOut(Value, String),
    /// The user asked to stop while it was in this phase.
    Stopped(Value, String),
    /// It is gone.
    Gone,
    /// It could not be looked at.
    Failed(Value, DriverError),
}

/// Looks at an object until it works or the time is up.
pub async fn until_healthy(
    schema: &ResourceSchema,
    addr: &InstanceAddr,
    object: Value,
    driver: &dyn Driver,
    session: &Session,
    limit: Duration,
    progress: &dyn Progress,
) -> Waited {
    let Some(fields) = &schema.health else {
        return Waited::Ready(object, String::new());
    };
    let started = session.now();
    let mut object = object;
    let mut pause = PAUSE;
    let mut told = String::new();
    loop {
        match health(fields, addr, &object) {
            HealthStatus::Ready(phase) => return Waited::Ready(object, phase),
            HealthStatus::Unhealthy(problem) => return Waited::Unhealthy(object, problem),
            HealthStatus::Pending(phase) => {
                let waited = session.now().duration_since(started).unsigned_abs();
                if waited >= limit {
                    return Waited::TimedOut(object, phase);
                }
                if session.is_stopped() {
                    return Waited::Stopped(object, phase);
                }
                if phase != told {
                    progress.event(Event::Waiting {
                        addr: addr.clone(),
                        phase: phase.clone(),
                    });
                    told = phase;
                }
            }
        }
        if !session.sleep_unless_stopped(pause).await {
            continue;
        }
        pause = (pause * 3 / 2).min(PAUSE_MAX);
        let Some(known) = Known::new(object.clone()) else {
            return Waited::Gone;
        };
        match driver.read(session, &known).await {
            Ok(Some(found)) => {
                let found = secrets::resealed(&schema.block, found.into_value(), &object);
                object = marks_like(found, &object);
            }
            Ok(None) => return Waited::Gone,
            Err(error) => return Waited::Failed(object, error),
        }
    }
}
