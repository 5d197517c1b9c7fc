//! Instances: which there are, and what show and list say of them. No served call makes one: every project has a demo
//! instance, and any other comes into being when a request names it first, unless settings say otherwise.

use super::connectors;
use super::model::{Connector, DefaultInstance, Instance};
use super::{Place, busy, invalid, no_instance};
use crate::sim::huaweicloud::auth::{PROJECTS, project_id};
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::world::World;
use serde_json::{Value, json};

/// Name of the instance that every project has.
pub const DEMO_KAFKA_INSTANCE: &str = "kafka-demo";

/// Most instances in one reply.
const PAGE_MAX: usize = 50;

/// Where clients of an instance connect to.
pub(super) const ADDRESSES: &str = "192.168.0.11:9092,192.168.0.12:9092,192.168.0.13:9092";

/// Id of the instance that the project with this id has: the same in every world.
pub fn demo_kafka_instance_id(project: &str) -> String {
    rest::uuid(&format!("{DEMO_KAFKA_INSTANCE}/{project}"))
}

/// Finds an instance of the project; makes one up where settings allow it.
pub(super) fn find(place: Place<'_>, id: &str, world: &mut World) -> Result<Instance, Fault> {
    if !is_uuid(id) {
        return Err(Fault::new(
            400,
            "DMS.00400030",
            "Invalid DMS instance id. The id must be a uuid.",
        ));
    }
    if let Some(instance) = world.get::<Instance>(id) {
        return Some(instance)
            .filter(|i| i.project == place.project)
            .ok_or_else(no_instance);
    }
    if !world.settings.create_kafka_instances {
        return Err(no_instance());
    }
    if id == demo_kafka_instance_id(place.project) {
        return Ok(demo(place.project));
    }
    if PROJECTS
        .iter()
        .any(|name| id == demo_kafka_instance_id(&project_id(name)))
    {
        return Err(no_instance());
    }
    let known = world.get::<DefaultInstance>(id);
    let named = known.clone().unwrap_or_else(|| DefaultInstance {
        instance_id: id.to_string(),
        project: place.project.to_string(),
        created_ms: place.now.world_ms,
    });
    if named.project != place.project {
        return Err(no_instance());
    }
    if known.is_none() {
        world.put(&named);
    }
    Ok(made_up(named))
}

/// Finds an instance that nothing is being done to.
pub(super) fn find_ready(place: Place<'_>, id: &str, world: &mut World) -> Result<Instance, Fault> {
    let instance = find(place, id, world)?;
    let connector = connectors::of_instance(world, id);
    match status(&instance, connector.as_ref(), place, world) {
        "RUNNING" => Ok(instance),
        _ => Err(busy()),
    }
}

fn is_uuid(id: &str) -> bool {
    let groups: Vec<&str> = id.split('-').collect();
    let lengths = groups.iter().map(|g| g.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(|g| g.chars().all(|c| c.is_ascii_hexdigit()))
}

fn demo(project: &str) -> Instance {
    Instance {
        name: DEMO_KAFKA_INSTANCE.to_string(),
        ..made_up(DefaultInstance {
            instance_id: demo_kafka_instance_id(project),
            project: project.to_string(),
            created_ms: 0,
        })
    }
}

fn made_up(named: DefaultInstance) -> Instance {
    let start: String = named.instance_id.chars().take(8).collect();
    Instance {
        name: format!("kafka-{start}"),
        instance_id: named.instance_id,
        project: named.project,
        status: "RUNNING".to_string(),
        broker_num: 3,
        charging_mode: 1,
        sold_out: false,
        created_ms: named.created_ms,
    }
}

/// The status with what is being done to the connector.
fn status<'a>(instance: &'a Instance, connector: Option<&Connector>, place: Place<'_>, world: &World) -> &'a str {
    match connector.map(|c| connectors::phase(c, place.now, world)) {
        Some(connectors::Phase::Creating) => "EXTENDING",
        Some(connectors::Phase::Deleting) => "CONNECTOR_DELETING",
        Some(connectors::Phase::Ready) | None => &instance.status,
    }
}

fn reply(instance: &Instance, place: Place<'_>, world: &World) -> Value {
    let connector = connectors::of_instance(world, &instance.instance_id);
    let connector = connector.as_ref();
    let single = instance.broker_num < 2;
    let ready = connector.is_some_and(|c| connectors::phase(c, place.now, world) == connectors::Phase::Ready);
    json!({
        "name": instance.name,
        "engine": "kafka",
        "engine_version": "2.7",
        "description": "",
        "specification": "kafka.2u4g.cluster * 3 broker",
        "storage_space": 246,
        "total_storage_space": 300,
        "used_storage_space": 4,
        "partition_num": "750",
        "connect_address": "192.168.0.11,192.168.0.12,192.168.0.13",
        "kafka_private_connect_address": ADDRESSES,
        "port": 9092,
        "status": status(instance, connector, place, world),
        "instance_id": instance.instance_id,
        "resource_spec_code": "kafka.2u4g.cluster",
        "product_id": if single { "kafka.2u4g.single" } else { "kafka.2u4g.cluster" },
        "type": if single { "single" } else { "cluster" },
        "charging_mode": instance.charging_mode,
        "created_at": instance.created_ms.to_string(),
        "vpc_id": rest::uuid(&format!("vpc/{}", instance.project)),
        "vpc_name": "vpc-default",
        "subnet_id": rest::uuid(&format!("subnet/{}", instance.project)),
        "subnet_name": "subnet-default",
        "security_group_id": rest::uuid(&format!("security-group/{}", instance.project)),
        "security_group_name": "Sys-default",
        "available_zones": [rest::hex_id(&format!("az/{}", instance.project))],
        "enterprise_project_id": "0",
        "maintain_begin": "02:00:00",
        "maintain_end": "06:00:00",
        "enable_publicip": false,
        "ssl_enable": false,
        "retention_policy": "time_base",
        "storage_spec_code": "dms.physical.storage.high.v2",
        "service_type": "advanced",
        "storage_type": "hec",
        "connector_enable": ready,
        "connector_node_num": connector.map_or(0, |c| c.node_cnt),
        "node_num": instance.broker_num,
        "broker_num": instance.broker_num,
        "new_spec_billing_enable": true,
        "tags": [],
    })
}

/// Show. The reference does not say from when the connector's id is shown; assumed: as long as there is one.
pub(super) fn show(place: Place<'_>, id: &str, world: &mut World) -> Answer {
    let instance = find(place, id, world)?;
    let mut reply = reply(&instance, place, world);
    if let Some(connector) = connectors::of_instance(world, id) {
        reply["connector_id"] = json!(connector.connector_id);
    }
    Ok((200, Some(reply)))
}

/// List. Its entries have no `connector_id`, as the reference's table has none.
pub(super) fn list(call: &Call<'_>, place: Place<'_>, world: &mut World) -> Answer {
    let engine = call.query("engine").ok_or_else(|| invalid("engine must be given."))?;
    let mut found = match engine.eq_ignore_ascii_case("kafka") {
        true => all(place, world),
        false => Vec::new(),
    };
    let exact = call.query("exact_match_name") == Some("true");
    let wanted = |reply: &Value, field: &str, fuzzy: bool| {
        let value = reply[field].as_str().unwrap_or_default();
        call.query(field)
            .is_none_or(|w| value == w || (fuzzy && value.contains(w)))
    };
    found.sort_by(|a, b| (a.created_ms, &a.name, &a.instance_id).cmp(&(b.created_ms, &b.name, &b.instance_id)));
    let matching: Vec<Value> = found
        .iter()
        .map(|instance| reply(instance, place, world))
        .filter(|r| wanted(r, "name", !exact) && wanted(r, "instance_id", false) && wanted(r, "status", false))
        .collect();
    let number = matching.len();
    let instances = page(call, matching)?;
    Ok((200, Some(json!({"instances": instances, "instance_num": number}))))
}

/// The part of a list that `offset` and `limit` ask for; 10 entries by default. The code of the refusal is assumed.
pub(super) fn page(call: &Call<'_>, all: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let number = |name: &str, default: usize| match call.query(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| invalid(format!("{name} must be a whole number."))),
    };
    let (offset, limit) = (number("offset", 0)?, number("limit", 10)?);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(invalid(format!("limit must be from 1 to {PAGE_MAX}.")));
    }
    Ok(all.into_iter().skip(offset).take(limit).collect())
}

fn all(place: Place<'_>, world: &World) -> Vec<Instance> {
    let mut found = world.list::<Instance>("");
    if world.settings.create_kafka_instances {
        let named = world.list::<DefaultInstance>("").into_iter().map(made_up);
        let known = |id: &str| world.has::<Instance>(id);
        let mut more: Vec<Instance> = named.chain([demo(place.project)]).collect();
        more.retain(|i| !known(&i.instance_id));
        found.extend(more);
    }
    found.retain(|i| i.project == place.project);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids() {
        assert!(is_uuid(&demo_kafka_instance_id("p")));
        assert!(is_uuid("6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11"));
        for wrong in [
            "",
            "kafka-1",
            "6a7d2f6c2f0c4b8f9c4a7b6a7f3b1c11",
            "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c1g",
            "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11-",
        ] {
            assert!(!is_uuid(wrong), "{wrong}");
        }
        assert_ne!(demo_kafka_instance_id("p"), demo_kafka_instance_id("q"));
    }
}
