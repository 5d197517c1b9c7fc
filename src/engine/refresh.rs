//! Looks at the cloud: reads every object of the state. Never writes, to the cloud or the state. One read that
//! fails hides nothing of the others.

use super::{Drivers, Event, Progress, Providers};
use crate::base::Known;
use crate::driver::DriverError;
use crate::plan::{Observed, Prior};
use crate::schema::{Registry, secrets};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;

/// How long one object may take to be read, tries included.
pub const READ_LIMIT: Duration = Duration::from_secs(120);

/// How often an object is read when replies make no sense.
const READ_TRIES: u32 = 3;

/// The pause before it is read again.
const AGAIN: Duration = Duration::from_millis(200);

/// Reads all objects, at most `parallelism` at a time. The result has the order of `prior`; `None` for what has no outside.
pub async fn refresh(
    prior: &[Prior],
    registry: &Registry,
    drivers: &Drivers,
    providers: &Providers,
    parallelism: usize,
    progress: &dyn Progress,
) -> Vec<Option<Observed>> {
    let mut observed: Vec<Option<Observed>> = vec![None; prior.len()];
    let outside = |p: &Prior| {
        let schema = registry.resource(&p.addr.resource.type_name);
        schema.is_some_and(|s| !s.local)
    };
    let mut waiting = (0..prior.len()).filter(|i| outside(&prior[*i]));
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < parallelism.max(1)
            && let Some(i) = waiting.next()
        {
            running.push(async move { (i, read(&prior[i], registry, drivers, providers).await) });
        }
        let next = tokio::select! {
            next = running.next() => next,
            () = providers.around().bell() => {
                providers.tell(progress);
                continue;
            }
        };
        let Some((i, seen)) = next else {
            return observed;
        };
        progress.event(Event::Refreshed {
            addr: prior[i].addr.clone(),
        });
        observed[i] = Some(seen);
    }
}

async fn read(prior: &Prior, registry: &Registry, drivers: &Drivers, providers: &Providers) -> Observed {
    let type_name = &*prior.addr.resource.type_name;
    let (Some(driver), Some(session)) = (drivers.managed.get(type_name), providers.session(&prior.provider)) else {
        return Observed::NotCompared(format!("no driver or provider configuration for {type_name}"));
    };
    let Some(known) = Known::new(prior.value.clone()) else {
        return Observed::NotCompared("the state holds a value that is not known".into());
    };
    let session = session.clone().read_only().within(READ_LIMIT);
    let mut tries = 1;
    let seen = loop {
        match driver.read(&session, &known).await {
            // Such a reply says nothing, and reading again changes nothing.
            Err(DriverError::Garbled(_)) if tries < READ_TRIES => session.sleep(AGAIN).await,
            seen => break seen,
        }
        tries += 1;
    };
    match seen {
        Ok(Some(found)) => {
            let found = match registry.resource(type_name) {
                Some(schema) => secrets::resealed(&schema.block, found.into_value(), &prior.value),
                None => found.into_value(),
            };
            let found = crate::plan::propose::marks_like(found, &prior.value);
            Observed::Object(found)
        }
        Ok(None) => Observed::Gone,
        Err(error) => Observed::NotCompared(cause(&error)),
    }
}

fn cause(error: &DriverError) -> String {
    let word = match error {
        DriverError::Denied(_) => "denied: ",
        DriverError::Throttled(_) => "throttled: ",
        DriverError::NotSent(_) | DriverError::Unreachable(_) => "not reachable: ",
        DriverError::TimedOut(_) => "timed out: ",
        _ => "",
    };
    let help = error
        .reply()
        .help
        .as_ref()
        .map(|h| format!("; {h}"))
        .unwrap_or_default();
    format!("{word}{error}{help}")
}
