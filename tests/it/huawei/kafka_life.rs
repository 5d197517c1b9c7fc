//! The drivers of DMS for Kafka against the embedded cloud: what is made is found again, adopted, changed and removed, also
//! when replies are lost. Objects have the types of the schemas.

use super::network::{Lost, Network};
use crate::sim_client::stepped;
use headworks::base::json::{from_json, to_json};
use headworks::base::{Known, Value};
use headworks::driver::{Cloud, DataDriver, Driver, DriverError, ProviderConfig, Session};
use headworks::drivers::huaweicloud::{catalogue, data_catalogue};
use headworks::schema::ResourceSchema;
use headworks::sim::huaweicloud::{DEMO_KAFKA_INSTANCE, DEMO_REGION};
use headworks::sim::{Service, Sim, SimOptions};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const CONNECTOR: &str = "huaweicloud_dms_kafka_connector";
const SINK: &str = "huaweicloud_dms_kafka_sink_task";
const SMART: &str = "huaweicloud_dms_kafka_smart_connect_task";
const INSTANCES: &str = "huaweicloud_dms_kafka_instances";
const INSTANCE: &str = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11";
const PEER: &str = "0d3f7c52-9a1e-4e6b-8c57-3b9f2a6d4e10";

struct World {
    sim: Arc<Sim>,
    network: Arc<Network>,
    session: Session,
}

async fn world(loses: bool) -> World {
    let sim = Arc::new(stepped(SimOptions::default()).await);
    let named = [("dms", Service::Dms), ("iam", Service::Iam)];
    let endpoints = named.map(|(name, service)| (name.to_string(), sim.endpoint(service).to_string()));
    let config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some(DEMO_REGION.to_string()),
        credentials: Some(Sim::credentials()),
        endpoints: endpoints.into_iter().collect(),
        ..ProviderConfig::default()
    };
    let lost = if loses { Lost::Writes } else { Lost::Nothing };
    let network = Network::new(Some(Arc::clone(&sim)), lost);
    World {
        sim,
        session: Session::new(config, Arc::clone(&network) as Arc<dyn Cloud>),
        network,
    }
}

impl World {
    /// How many requests of this method were sent whose path ends so.
    fn sent(&self, method: &str, end: &str) -> usize {
        self.network.count(method, end)
    }

    fn count(&self, kind: &str) -> usize {
        self.sim.world().objects().filter(|(id, _)| id.kind == kind).count()
    }
}

/// A type with its driver.
struct Kind {
    schema: Arc<ResourceSchema>,
    driver: Box<dyn Driver>,
}

fn kind(type_name: &str) -> Kind {
    let registry = headworks::catalog::registry().unwrap();
    Kind {
        schema: Arc::clone(registry.resource(type_name).unwrap()),
        driver: catalogue().into_iter().find(|(name, _)| *name == type_name).unwrap().1,
    }
}

impl Kind {
    /// The planned object of a configuration.
    fn planned(&self, config: &Json) -> Known {
        let value = from_json(config, &self.schema.block.object_type()).unwrap();
        Known::new(headworks::schema::validate::defaults(&self.schema.block, &value)).unwrap()
    }

    async fn create(&self, world: &World, config: &Json) -> Result<Known, DriverError> {
        let made = self.driver.create(&world.session, &self.planned(config)).await;
        made.map_err(|failure| failure.error)
    }

    async fn read(&self, world: &World, object: &Known) -> Option<Known> {
        self.driver.read(&world.session, object).await.unwrap()
    }

    /// From an object to the same with other values.
    async fn change(&self, world: &World, object: &Known, changes: &[(&str, Json)]) -> Known {
        let mut planned = to_json(object.value());
        for (pointer, value) in changes {
            *planned.pointer_mut(pointer).unwrap() = value.clone();
        }
        let planned = self.planned(&planned);
        let changed = self.driver.update(&world.session, object, &planned).await;
        let changed = changed.map_err(|f| f.error).unwrap();
        for (pointer, value) in changes {
            assert_eq!(to_json(changed.value()).pointer(pointer), Some(value), "{pointer}");
        }
        changed
    }

    /// What an import id finds.
    async fn imported(&self, world: &World, id: &str) -> Option<Known> {
        let named = self.driver.identity(&world.session, id).unwrap();
        let whole = self.planned(&to_json(named.value()));
        self.read(world, &whole).await
    }

    async fn delete(&self, world: &World, object: &Known) {
        self.driver.delete(&world.session, object).await.unwrap();
        assert!(self.read(world, object).await.is_none());
        self.driver.delete(&world.session, object).await.unwrap();
    }
}

fn field(object: &Known, pointer: &str) -> Json {
    to_json(object.value()).pointer(pointer).cloned().unwrap_or(Json::Null)
}

fn text(object: &Known, name: &str) -> String {
    object
        .value()
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string()
}

fn connector() -> Json {
    json!({"instance_id": INSTANCE, "node_count": 2})
}

fn sink(connector_id: &str) -> Json {
    json!({
        "connector_id": connector_id, "task_name": "orders-to-lake", "topics": "orders,payments",
        "consumer_strategy": "earliest", "access_key": "AKLIFE", "secret_key": "SKLIFE", "obs_bucket_name": "lake",
        "obs_path": "orders", "partition_format": "yyyy/MM", "deliver_time_interval": 300,
    })
}

fn smart() -> Json {
    json!({
        "instance_id": INSTANCE, "task_name": "orders-to-lake", "topics": ["orders", "payments"],
        "destination_type": "OBS_SINK",
        "destination_task": {
            "consumer_strategy": "latest", "access_key": "AKLIFE", "secret_key": "SKLIFE", "obs_bucket_name": "lake",
            "partition_format": "yyyy/MM",
        },
    })
}

fn with(mut object: Json, pointer: &str, value: Json) -> Json {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

#[tokio::test]
async fn a_connector_is_waited_for_adopted_and_removed() {
    let (world, kind) = (world(false).await, kind(CONNECTOR));
    let made = kind.create(&world, &connector()).await.unwrap();
    assert_eq!(
        (text(&made, "status"), field(&made, "/node_count")),
        ("RUNNING".to_string(), json!(2))
    );
    assert!(!text(&made, "id").is_empty() && text(&made, "id") == text(&made, "connector_id"));
    assert_eq!(text(&made, "region"), DEMO_REGION);
    assert_eq!(kind.read(&world, &made).await.as_ref(), Some(&made));

    let again = kind.create(&world, &connector()).await.unwrap();
    assert_eq!(
        (text(&again, "id"), world.sent("POST", "/connector")),
        (text(&made, "id"), 1)
    );
    let error = kind
        .create(&world, &with(connector(), "/node_count", json!(4)))
        .await
        .unwrap_err();
    assert!(matches!(error, DriverError::Conflict(_)), "{error}");
    assert!(error.to_string().contains("node_count is 2 instead of 4"), "{error}");

    for id in [INSTANCE.to_string(), format!("{INSTANCE}/{}", text(&made, "id"))] {
        let found = kind.imported(&world, &id).await.unwrap();
        assert_eq!(text(&found, "connector_id"), text(&made, "connector_id"), "{id}");
    }
    kind.delete(&world, &made).await;
    assert_eq!(world.count("kafka_connector"), 0);
}

#[tokio::test]
async fn an_instance_that_is_missing_is_named() {
    let (world, kind) = (world(false).await, kind(CONNECTOR));
    let missing = json!({"instance_id": "not-an-instance"});
    let error = kind.create(&world, &missing).await.unwrap_err();
    assert!(error.to_string().contains("instance not-an-instance"), "{error}");
}

#[tokio::test]
async fn a_sink_task_is_found_by_id_and_by_name_and_only_replaced() {
    let (world, kind) = (world(false).await, kind(SINK));
    let connector_id = text(&self::kind(CONNECTOR).create(&world, &connector()).await.unwrap(), "id");
    let made = kind.create(&world, &sink(&connector_id)).await.unwrap();
    assert_eq!(text(&made, "secret_key"), "SKLIFE");
    let read = kind.read(&world, &made).await.unwrap();
    assert_eq!(
        with(to_json(read.value()), "/status", json!("CREATING")),
        to_json(made.value())
    );
    let by_name = kind.read(&world, &kind.planned(&sink(&connector_id))).await.unwrap();
    assert_eq!(text(&by_name, "id"), text(&made, "id"));

    // Keys can't be compared: the same task with others is ours.
    let other_key = with(sink(&connector_id), "/secret_key", json!("SKOTHER"));
    let adopted = kind.create(&world, &other_key).await.unwrap();
    assert_eq!(
        (text(&adopted, "id"), world.count("kafka_sink_task")),
        (text(&made, "id"), 1)
    );
    let elsewhere = with(sink(&connector_id), "/obs_bucket_name", json!("swamp"));
    let error = kind.create(&world, &elsewhere).await.unwrap_err().to_string();
    assert!(
        error.contains("obs_bucket_name is \"lake\" instead of \"swamp\""),
        "{error}"
    );
    assert!(!error.contains("SKLIFE") && !error.contains("secret_key"), "{error}");

    for name in ["orders-to-lake".to_string(), text(&made, "id")] {
        let found = kind.imported(&world, &format!("{connector_id}/{name}")).await.unwrap();
        assert_eq!(
            (text(&found, "topics"), text(&found, "secret_key")),
            (text(&made, "topics"), String::new())
        );
        assert_eq!(
            (text(&found, "record_delimiter"), text(&found, "task_name")),
            ("\n".into(), "orders-to-lake".into())
        );
    }
    let planned = kind.planned(&with(to_json(made.value()), "/obs_path", json!("other")));
    let refused = kind
        .driver
        .update(&world.session, &made, &planned)
        .await
        .unwrap_err()
        .error;
    assert!(
        refused.to_string().contains("can only be replaced: obs_path"),
        "{refused}"
    );
    kind.delete(&world, &made).await;
    assert_eq!(world.count("kafka_sink_task"), 0);
}

#[tokio::test]
async fn two_sink_tasks_of_one_name_are_told_and_not_guessed() {
    let (world, kind) = (world(false).await, kind(SINK));
    let connector_id = text(&self::kind(CONNECTOR).create(&world, &connector()).await.unwrap(), "id");
    let made = kind.create(&world, &sink(&connector_id)).await.unwrap();
    let stored = world
        .sim
        .object("kafka_sink_task", &format!("{connector_id}/{}", text(&made, "id")))
        .unwrap();
    let twin = with(stored, "/task_id", json!(PEER));
    world
        .sim
        .put_object("kafka_sink_task", &format!("{connector_id}/{PEER}"), twin)
        .unwrap();
    let error = kind.create(&world, &sink(&connector_id)).await.unwrap_err();
    assert!(
        error.to_string().contains("several tasks named orders-to-lake"),
        "{error}"
    );
    // The one whose id is known is not in doubt.
    assert_eq!(
        kind.read(&world, &made).await.map(|t| text(&t, "id")),
        Some(text(&made, "id"))
    );
    kind.delete(&world, &made).await;
    assert_eq!(world.count("kafka_sink_task"), 1);
}

#[tokio::test]
async fn a_smart_connect_task_is_changed_paused_and_resumed() {
    let (world, kind) = (world(false).await, kind(SMART));
    self::kind(CONNECTOR).create(&world, &connector()).await.unwrap();
    let made = kind.create(&world, &smart()).await.unwrap();
    assert_eq!(
        (field(&made, "/running"), field(&made, "/destination_task/secret_key")),
        (json!(true), json!("SKLIFE"))
    );
    assert_eq!(field(&made, "/topics"), json!(["orders", "payments"]));

    let to_swamp = [
        ("/destination_task/obs_bucket_name", json!("swamp")),
        ("/topics", json!(["orders"])),
    ];
    let moved = kind.change(&world, &made, &to_swamp).await;
    assert_eq!(text(&moved, "id"), text(&made, "id"));
    let regex = [("/topics", json!(null)), ("/topics_regex", json!("orders-.+"))];
    let by_regex = kind.change(&world, &moved, &regex).await;
    let paused = kind.change(&world, &by_regex, &[("/running", json!(false))]).await;
    assert_eq!(text(&paused, "status"), "PAUSED");
    let resumed = kind.change(&world, &paused, &[("/running", json!(true))]).await;
    assert_eq!(text(&resumed, "status"), "RUNNING");
    // A restart forgets how far the task got.
    assert_eq!((world.sent("PUT", "/resume"), world.sent("PUT", "/restart")), (1, 0));
    let before = world.sent("PUT", "");
    let unchanged = kind.change(&world, &resumed, &[]).await;
    assert_eq!(to_json(unchanged.value()), to_json(resumed.value()));
    assert_eq!(world.sent("PUT", ""), before);

    for name in ["orders-to-lake".to_string(), text(&made, "id")] {
        let found = kind.imported(&world, &format!("{INSTANCE}:{name}")).await.unwrap();
        assert_eq!(field(&found, "/topics_regex"), json!("orders-.+"));
        assert_eq!(field(&found, "/destination_task/secret_key"), json!(null));
    }
    kind.delete(&world, &resumed).await;
    assert_eq!(world.count("kafka_smart_connect_task"), 0);
}

#[tokio::test]
async fn a_task_that_waits_is_started_and_one_that_differs_is_not_adopted() {
    let (world, kind) = (world(false).await, kind(SMART));
    self::kind(CONNECTOR).create(&world, &connector()).await.unwrap();
    let mut waiting = smart();
    waiting["running"] = json!(false);
    let made = kind.create(&world, &waiting).await.unwrap();
    assert_eq!(
        (text(&made, "status"), field(&made, "/running")),
        ("WAITING".into(), json!(false))
    );
    let again = kind.create(&world, &waiting).await.unwrap();
    assert_eq!(
        (text(&again, "id"), world.count("kafka_smart_connect_task")),
        (text(&made, "id"), 1)
    );
    let other = with(waiting, "/destination_task/partition_format", json!("yyyy"));
    let error = kind.create(&world, &other).await.unwrap_err().to_string();
    assert!(
        error.contains("partition_format is \"yyyy/MM\" instead of \"yyyy\""),
        "{error}"
    );
    assert!(!error.contains("SKLIFE"), "{error}");
    let started = kind.change(&world, &made, &[("/running", json!(true))]).await;
    assert_eq!(
        (text(&started, "status"), world.sent("PUT", "/restart")),
        ("RUNNING".into(), 1)
    );
}

#[tokio::test]
async fn replication_keeps_what_the_service_filled_in() {
    let (world, kind) = (world(false).await, kind(SMART));
    self::kind(CONNECTOR).create(&world, &connector()).await.unwrap();
    let config = json!({
        "instance_id": INSTANCE, "task_name": "orders-copy", "topics": ["orders"], "source_type": "KAFKA_REPLICATOR_SOURCE",
        "source_task": {
            "current_instance_alias": "here", "peer_instance_alias": "there", "peer_instance_id": PEER, "direction": "push",
        },
    });
    let made = kind.create(&world, &config).await.unwrap();
    assert_eq!(field(&made, "/source_task/peer_instance_id"), json!(PEER));
    assert_eq!(field(&made, "/source_task/peer_instance_address"), json!(null));
    let again = kind.create(&world, &config).await.unwrap();
    assert_eq!(text(&again, "id"), text(&made, "id"));
    let read = kind.read(&world, &made).await.unwrap();
    assert_eq!(field(&read, "/source_task"), field(&made, "/source_task"));
    kind.delete(&world, &made).await;
}

#[tokio::test]
async fn lost_replies_make_nothing_twice() {
    let world = world(true).await;
    let made = kind(CONNECTOR).create(&world, &connector()).await.unwrap();
    let sink_task = kind(SINK).create(&world, &sink(&text(&made, "id"))).await.unwrap();
    let smart_task = kind(SMART).create(&world, &smart()).await.unwrap();
    for of_kind in ["kafka_connector", "kafka_sink_task", "kafka_smart_connect_task"] {
        assert_eq!(world.count(of_kind), 1, "{of_kind}");
    }
    assert_eq!(world.sent("POST", "/sink-tasks") + world.sent("POST", "/tasks"), 2);
    kind(SINK).delete(&world, &sink_task).await;
    kind(SMART).delete(&world, &smart_task).await;
    kind(CONNECTOR).delete(&world, &made).await;
}

#[tokio::test]
async fn instances_are_found_by_name_with_their_connector() {
    let world = world(false).await;
    let registry = headworks::catalog::registry().unwrap();
    let schema = registry.data(INSTANCES).unwrap();
    let driver: Box<dyn DataDriver> = data_catalogue().into_iter().find(|(n, _)| *n == INSTANCES).unwrap().1;
    let search = async |config: Json| {
        let value = from_json(&config, &schema.block.object_type()).unwrap();
        let found = driver.read(&world.session, &Known::new(value).unwrap()).await.unwrap();
        to_json(found.value())["instances"].as_array().cloned().unwrap()
    };
    let demo = search(json!({"name": DEMO_KAFKA_INSTANCE})).await;
    assert_eq!(
        (demo.len(), &demo[0]["dumping"], &demo[0]["connector_id"]),
        (1, &json!(false), &json!(null))
    );
    let id = demo[0]["id"].clone();
    let made = kind(CONNECTOR)
        .create(&world, &json!({"instance_id": id}))
        .await
        .unwrap();
    let found = search(json!({"instance_id": id})).await;
    assert_eq!(
        (found.len(), &found[0]["connector_id"]),
        (1, &field(&made, "/connector_id"))
    );
    assert_eq!(
        (&found[0]["dumping"], &found[0]["connector_node_num"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(
        (
            &found[0]["partition_num"],
            &found[0]["vpc_name"],
            &found[0]["access_user"]
        ),
        (&json!(750), &json!("vpc-default"), &json!(null))
    );
    assert_eq!(search(json!({"name": "kafka", "fuzzy_match": true})).await.len(), 1);
    assert_eq!(search(json!({"name": "kafka"})).await.len(), 0);
}
