//! Objects that a plan leaves as they are and that are still being made, as after a run that was cut off while it waited for
//! them: what is built on them has to wait too. Only looks; writes nothing.

use super::run::Apply;
use super::wait::until_healthy;
use crate::base::{InstanceAddr, ResourceAddr, Value};
use crate::config::ProviderKey;
use crate::plan::Action;
use crate::plan::effects::{HealthStatus, health};
use crate::plan::model::StepAction;
use futures_util::future::join_all;
use std::collections::HashSet;

/// Returns when no object that a step of the plan needs is in the making any more, its time is up, or the user stops. What it
/// came to is for the step to find out.
pub(super) async fn wait(cx: &Apply<'_>) {
    let needed: HashSet<&ResourceAddr> = needed(cx);
    if needed.is_empty() {
        return;
    }
    let plan = cx.plan;
    let unchanged = plan
        .changes
        .iter()
        .filter(|c| c.action == Action::NoOp && c.deposed.is_none());
    let unchanged = unchanged.filter_map(|c| Some((&c.addr, &c.provider, c.planned.as_ref().or(c.prior.as_ref())?)));
    let kept = plan.kept_objects.iter().filter(|p| p.deposed.is_none());
    let kept = kept.map(|p| (&p.addr, &p.provider, &p.value));
    let there = unchanged
        .chain(kept)
        .filter(|(addr, ..)| needed.contains(&addr.resource));
    let all = join_all(there.map(|(addr, provider, object)| one(cx, addr, provider, object)));
    let mut stop = cx.stop.clone();
    tokio::select! {
        _ = all => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// The blocks that something is to be built on.
fn needed<'p>(cx: &Apply<'p>) -> HashSet<&'p ResourceAddr> {
    let plan = cx.plan;
    let building = plan
        .steps
        .steps
        .iter()
        .filter(|s| matches!(s.action, StepAction::Create | StepAction::Update));
    let changes = building.filter_map(|s| plan.changes.get(s.change? as usize));
    changes.flat_map(|c| &c.dependencies).collect()
}

async fn one(cx: &Apply<'_>, addr: &InstanceAddr, provider: &ProviderKey, object: &Value) {
    let type_name = &addr.resource.type_name;
    let Some(schema) = cx.registry.resource(type_name) else {
        return;
    };
    let pending = schema
        .health
        .as_ref()
        .is_some_and(|fields| matches!(health(fields, addr, object), HealthStatus::Pending(_)));
    let (Some(driver), Some(session)) = (cx.drivers.managed.get(&**type_name), cx.providers.session(provider)) else {
        return;
    };
    if pending {
        let limit = schema.timeouts.create;
        let session = session.clone().read_only().within(limit);
        until_healthy(schema, addr, object.clone(), &**driver, &session, limit, cx.progress).await;
    }
}
