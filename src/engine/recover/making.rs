//! Objects that a run made before it was cut off or failed, and that were still in the making: waits for them as that run would have.
//! Decides nothing about an object that does not work in the end; the next plan tells of it.

use super::Looking;
use crate::base::json::to_typed_json;
use crate::engine::Progress;
use crate::engine::rows;
use crate::engine::wait::{Waited, until_healthy};
use crate::plan::effects::{HealthStatus, health};
use crate::schema::Registry;
use crate::store::{ResourceRow, RowChange, RowWrite, RunId, StateSnapshot, Store, StoreError, WriteCx};
use futures_util::future::join_all;
use jiff::Timestamp;

/// Whether these runs left something in the making.
pub fn in_the_making(state: &StateSnapshot, runs: &[RunId], registry: &Registry) -> bool {
    left_by(state, runs).any(|row| {
        let schema = registry.resource(&row.addr.resource.type_name);
        let prior = rows::prior(row, registry).ok();
        let fields = schema.and_then(|s| s.health.as_ref());
        fields
            .zip(prior)
            .is_some_and(|(fields, prior)| matches!(health(fields, &row.addr, &prior.value), HealthStatus::Pending(_)))
    })
}

fn left_by<'a>(state: &'a StateSnapshot, runs: &'a [RunId]) -> impl Iterator<Item = &'a ResourceRow> {
    let rows = state.resources.iter().filter(|row| row.deposed.is_none());
    rows.filter(|row| row.updated_run.is_some_and(|run| runs.contains(&run)))
}

/// Waits for what these runs left in the making, and records what became of it.
///
/// # Errors
/// The state can't be read or written.
pub async fn until_made(
    store: &dyn Store,
    epoch: u64,
    runs: &[RunId],
    cx: &Looking<'_>,
    progress: &dyn Progress,
) -> Result<(), StoreError> {
    let state = store.load().await?;
    let rows = left_by(&state, runs);
    let made = join_all(rows.map(|row| one(row, cx, progress))).await;
    for row in made.into_iter().flatten() {
        let write = WriteCx {
            epoch,
            run: row.updated_run,
            now: Timestamp::now(),
        };
        let change = RowChange::Put(Box::new(row));
        store.put_rows(write, vec![RowWrite { step: None, change }]).await?;
    }
    Ok(())
}

/// The row of an object that is not in the making any more.
async fn one(row: &ResourceRow, cx: &Looking<'_>, progress: &dyn Progress) -> Option<ResourceRow> {
    let type_name = &row.addr.resource.type_name;
    let schema = cx.registry.resource(type_name)?;
    let prior = rows::prior(row, cx.registry).ok()?;
    let fields = schema.health.as_ref()?;
    if !matches!(health(fields, &row.addr, &prior.value), HealthStatus::Pending(_)) {
        return None;
    }
    let driver = cx.drivers.managed.get(&**type_name)?;
    let limit = schema.timeouts.create;
    let session = cx.providers.session(&prior.provider)?.clone().read_only().within(limit);
    let waited = until_healthy(schema, &row.addr, prior.value, &**driver, &session, limit, progress).await;
    let object = match waited {
        Waited::Ready(object, _)
        | Waited::Unhealthy(object, _)
        | Waited::TimedOut(object, _)
        | Waited::Stopped(object, _) => object,
        Waited::Gone | Waited::Failed(..) => return None,
    };
    let attributes = to_typed_json(&object, &schema.block.object_type()).to_string();
    Some(ResourceRow {
        attributes,
        ..row.clone()
    })
}
