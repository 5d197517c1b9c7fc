//! The connector of an instance: ordered and deleted in the background, while the instance takes no other order.

use super::model::{Connector, SinkTask, SmartConnectTask};
use super::{Place, fields, instances, invalid, next_id, no_instance, smart_fields};
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::world::{Now, Object, World};
use serde_json::json;

/// Fewest and most nodes (user guide, Enabling Smart Connect).
const NODES: (u32, u32) = (2, 16);

const SPECIFICATIONS: &[&str] = &["100MB", "300MB", "600MB", "1200MB"];

/// Where a connector stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Creating,
    Ready,
    Deleting,
}

/// Where this connector stands.
pub(super) fn phase(connector: &Connector, now: Now, world: &World) -> Phase {
    let ready = connector.created_ms.saturating_add(world.settings.connector_create_ms);
    match connector.deleting_since_ms {
        Some(_) => Phase::Deleting,
        None if now.world_ms < ready => Phase::Creating,
        None => Phase::Ready,
    }
}

/// The connector of an instance.
pub(super) fn of_instance(world: &World, instance: &str) -> Option<Connector> {
    let mut all = world.list::<Connector>("").into_iter();
    all.find(|c| c.instance_id == instance)
}

/// A connector of the project by its id.
pub(super) fn find(place: Place<'_>, id: &str, world: &World) -> Result<Connector, Fault> {
    world
        .get::<Connector>(id)
        .filter(|c| c.project == place.project)
        .ok_or_else(no_instance)
}

/// Takes away the connectors whose deletion has ended, with what was left on them.
pub(super) fn finish_deletions(world: &mut World, now: Now) {
    let takes_ms = world.settings.connector_delete_ms;
    let gone = |c: &Connector| {
        c.deleting_since_ms
            .is_some_and(|since| now.world_ms >= since.saturating_add(takes_ms))
    };
    for connector in world.list::<Connector>("").iter().filter(|c| gone(c)) {
        world.remove::<Connector>(&connector.key());
        remove_tasks(&connector.instance_id, world);
    }
}

/// Takes away the Smart Connect tasks of an instance: none outlives its connector (user guide, Disabling Smart Connect).
fn remove_tasks(instance: &str, world: &mut World) {
    for task in world.list::<SmartConnectTask>(&format!("{instance}/")) {
        world.remove::<SmartConnectTask>(&task.key());
    }
}

/// Create.
pub(super) fn create(call: &Call<'_>, place: Place<'_>, id: &str, world: &mut World) -> Answer {
    let sent = fields::body(call)?;
    let node_cnt = sent.number_or_text("node_cnt", NODES.0, NODES.1)?.unwrap_or(NODES.0);
    let specification = sent.one_of("specification", SPECIFICATIONS)?.unwrap_or_default();
    let spec_code = sent.text("spec_code")?.unwrap_or_default();
    let instance = instances::find_ready(place, id, world)?;
    // The reference says that these cannot be; the codes of the refusals are assumed.
    if instance.broker_num < 2 {
        return Err(invalid("Smart Connect is unavailable for single-node instances."));
    }
    if instance.charging_mode != 1 {
        return Err(invalid("The instance is not billed on a pay-per-use basis."));
    }
    if of_instance(world, id).is_some() {
        return Err(invalid("Smart Connect has been enabled for the instance."));
    }
    if instance.sold_out {
        return Err(Fault::new(400, "DMS.00400055", "Resource sold out."));
    }
    let connector = Connector {
        connector_id: next_id(world, &format!("connector/{id}")),
        project: place.project.to_string(),
        instance_id: id.to_string(),
        node_cnt,
        specification: specification.to_string(),
        spec_code: spec_code.to_string(),
        sink_max_tasks: fields::MAX_TASKS,
        created_ms: place.now.world_ms,
        deleting_since_ms: None,
    };
    remove_tasks(id, world);
    world.put(&connector);
    let reply = json!({"job_id": job_id(place), "connector_id": connector.connector_id});
    Ok((200, Some(reply)))
}

fn job_id(place: Place<'_>) -> String {
    rest::uuid(&format!("job/{}/{}", place.now.world_ms, place.now.request))
}

/// Whether a connector can be had.
pub(super) fn resource(place: Place<'_>, id: &str, world: &mut World) -> Answer {
    let instance = instances::find(place, id, world)?;
    Ok((200, Some(json!({"soldOut": instance.sold_out}))))
}

/// Whether a task's other end can be reached; here it always can. The status is assumed.
pub(super) fn validate(call: &Call<'_>, place: Place<'_>, id: &str, world: &mut World) -> Answer {
    let sent = fields::body(call)?;
    sent.needed("type")?;
    sent.one_of("type", &[smart_fields::KAFKA_SOURCE, smart_fields::OBS_SINK])?;
    sent.object("task")?;
    instances::find(place, id, world)?;
    Ok((204, None))
}

/// Delete, pay-per-use.
pub(super) fn delete(call: &Call<'_>, place: Place<'_>, id: &str, world: &mut World) -> Answer {
    begin_deletion(call, place, id, world, 1)?;
    Ok((200, Some(json!({"job_id": job_id(place)}))))
}

/// Delete, yearly and monthly: an order. That nothing more is needed, such as a payment, is assumed.
pub(super) fn delete_order(call: &Call<'_>, place: Place<'_>, id: &str, world: &mut World) -> Answer {
    begin_deletion(call, place, id, world, 0)?;
    let order = format!("CS{}{:04}", place.now.world_ms, place.now.request);
    Ok((200, Some(json!({"order_id": order}))))
}

fn begin_deletion(
    call: &Call<'_>,
    place: Place<'_>,
    id: &str,
    world: &mut World,
    charging_mode: u32,
) -> Result<(), Fault> {
    if !call.body.is_null() {
        let named = fields::body(call)?.text("instance_id")?;
        if named.is_some_and(|n| n != id) {
            return Err(invalid("instance_id is not that of the path."));
        }
    }
    let instance = instances::find_ready(place, id, world)?;
    if instance.charging_mode != charging_mode {
        return Err(invalid("The billing mode of the instance does not allow this call."));
    }
    let mut connector = of_instance(world, id).ok_or_else(not_enabled)?;
    // A prerequisite of the user guide (Disabling Smart Connect); that the API refuses is assumed.
    let tasks = world.any::<SmartConnectTask>(&format!("{id}/"))
        || world.any::<SinkTask>(&format!("{}/", connector.connector_id));
    if tasks {
        return Err(invalid("All Smart Connect tasks must be deleted first."));
    }
    connector.deleting_since_ms = Some(place.now.world_ms);
    world.put(&connector);
    Ok(())
}

/// Nothing can be done with a connector that is not there. The code is assumed.
pub(super) fn not_enabled() -> Fault {
    invalid("Smart Connect is not enabled for the instance.")
}
