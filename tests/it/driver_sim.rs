//! Every driver's life against the embedded cloud: made, read back the same, made again, changed, imported, deleted
//! and gone. Objects have the types of the schemas, so names and types of drivers and schemas agree.
#![allow(clippy::unwrap_used)]

use crate::raw_http;
use crate::sim_client::{oss_request, stepped};
use headworks::base::json::{from_json, to_json};
use headworks::base::{Known, Secret, Value};
use headworks::driver::{BoxFuture, Cloud, Driver, DriverError, ProviderConfig, Session};
use headworks::engine::cloud::SystemCloud;
use headworks::schema::{Mode, Registry, ResourceSchema};
use headworks::sim::{Service, Sim, SimOptions};
use headworks::wire::{Credentials, Request, Response, TransportError};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The real network with a clock of its own: to wait is to move the world's clock.
struct Stepping {
    sim: Arc<Sim>,
    system: SystemCloud,
    slept: Mutex<Duration>,
    /// Requests whose first reply is lost after its effect; none when nothing is lost.
    lost: Option<Mutex<BTreeSet<String>>>,
}

impl Stepping {
    /// Whether this is the first request of its kind.
    fn loses(&self, request: &Request) -> bool {
        let names: Vec<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        let action = request.header("x-acs-action").unwrap_or_default();
        let what = format!("{} {} {names:?} {action}", request.method, request.path);
        self.lost.as_ref().is_some_and(|lost| lost.lock().unwrap().insert(what))
    }
}

impl Cloud for Stepping {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let loses = self.loses(&request);
        Box::pin(async move {
            let endpoint = request.authority.clone();
            let reply = self.system.send(request).await?;
            match loses {
                false => Ok(reply),
                true => Err(TransportError::Interrupted {
                    endpoint,
                    reason: "lost on purpose".to_string(),
                }),
            }
        })
    }

    fn now(&self) -> Timestamp {
        self.system.now() + *self.slept.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        if pause > Duration::from_secs(20) {
            // The bound of a request, not a pause.
            return self.system.sleep(pause);
        }
        Box::pin(async move {
            *self.slept.lock().unwrap() += pause;
            self.sim.advance_ms(i64::try_from(pause.as_millis()).unwrap()).unwrap();
        })
    }

    fn random(&self) -> u128 {
        self.system.random()
    }
}

pub(crate) struct World {
    pub(crate) sim: Arc<Sim>,
    pub(crate) session: Session,
}

pub(crate) async fn world() -> World {
    world_with(None).await
}

/// A world in which the first reply to every kind of request is lost.
async fn lossy_world() -> World {
    world_with(Some(Mutex::default())).await
}

async fn world_with(lost: Option<Mutex<BTreeSet<String>>>) -> World {
    let sim = Arc::new(stepped(SimOptions::default()).await);
    let named = [
        ("ots", sim.endpoint(Service::Tablestore)),
        ("oss", sim.endpoint(Service::Oss)),
        ("ram", sim.endpoint(Service::Ram)),
        ("sts", sim.endpoint(Service::Ram)),
        ("dataworks", sim.endpoint(Service::DataWorks)),
        ("resourcemanager", sim.endpoint(Service::ResourceManager)),
    ];
    let config = ProviderConfig {
        provider: "alicloud".to_string(),
        region: Some("cn-hangzhou".to_string()),
        credentials: Some(Sim::credentials()),
        endpoints: named
            .map(|(name, url)| (name.to_string(), url.to_string()))
            .into_iter()
            .collect(),
        ..ProviderConfig::default()
    };
    let cloud = Stepping {
        sim: Arc::clone(&sim),
        system: SystemCloud::new(),
        slept: Mutex::new(Duration::ZERO),
        lost,
    };
    World {
        sim,
        session: Session::new(config, Arc::new(cloud)),
    }
}

/// Every schema file.
fn registry() -> Registry {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut files = Vec::new();
    for directory in [root.clone(), root.join("alicloud"), root.join("terraform")] {
        let mut paths: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        paths.sort();
        for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "hcl")) {
            // A registry keeps texts of the program, which live as long as it.
            let name: &str = path.display().to_string().leak();
            files.push((name, &*std::fs::read_to_string(&path).unwrap().leak()));
        }
    }
    Registry::builtin(&files).unwrap()
}

/// A type with its driver.
pub(crate) struct Kind {
    pub(crate) schema: Arc<ResourceSchema>,
    pub(crate) driver: Box<dyn Driver>,
}

pub(crate) fn kind(type_name: &str) -> Kind {
    let registry = registry();
    let drivers = headworks::drivers::alicloud::catalogue();
    Kind {
        schema: Arc::clone(registry.resource(type_name).unwrap()),
        driver: drivers.into_iter().find(|(name, _)| *name == type_name).unwrap().1,
    }
}

impl Kind {
    /// The planned object of a configuration.
    pub(crate) fn planned(&self, config: Json) -> Known {
        let value = from_json(&config, &self.schema.block.object_type()).unwrap();
        Known::new(headworks::schema::validate::defaults(&self.schema.block, &value)).unwrap()
    }

    /// The object without what changes by itself.
    fn settled(&self, object: &Known) -> Json {
        let mut json = to_json(object.value());
        let volatile = self.schema.block.attributes.iter().filter(|(_, a)| a.volatile);
        volatile.for_each(|(name, _)| json[&**name] = Json::Null);
        json
    }

    fn check(&self, planned: &Known, object: &Known) {
        let schema = &self.schema.block;
        let names: Vec<&str> = object.value().entries().unwrap().keys().map(|k| &**k).collect();
        let mut expected: Vec<&str> = schema
            .attributes
            .keys()
            .chain(schema.blocks.keys())
            .map(|k| &**k)
            .collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "attributes of driver and schema");
        for (name, attribute) in &schema.attributes {
            let value = object.value().get(name).unwrap();
            assert!(
                attribute.mode != Mode::Computed || attribute.volatile || !value.is_null(),
                "{name} is null after create"
            );
        }
        let (planned, object) = (to_json(planned.value()), to_json(object.value()));
        for (name, value) in planned.as_object().unwrap() {
            if schema.attributes.get(name.as_str()).is_some_and(|a| a.volatile) {
                continue;
            }
            assert!(
                value.is_null() || keeps(value, &object[name]),
                "{name} was planned as {value} and is {}",
                object[name]
            );
        }
    }
}

/// Whether everything that was planned is there; what was left to the cloud is null in `planned`.
fn keeps(planned: &Json, actual: &Json) -> bool {
    match (planned, actual) {
        (Json::Null, _) => true,
        (Json::Object(p), Json::Object(a)) => p.iter().all(|(k, v)| keeps(v, a.get(k).unwrap_or(&Json::Null))),
        (Json::Array(p), Json::Array(a)) => p.len() == a.len() && p.iter().zip(a).all(|(p, a)| keeps(p, a)),
        _ => planned == actual,
    }
}

/// What a life goes through.
struct Life {
    kind: &'static str,
    config: Json,
    /// Arguments that change in place, if any can.
    change: Option<Json>,
    /// Arguments with which the same name is something else.
    other: Json,
    /// What the refusal names.
    named: &'static str,
    import: &'static str,
}

pub(crate) fn with(config: &Json, more: &Json) -> Json {
    let mut merged = config.clone();
    for (name, value) in more.as_object().unwrap() {
        merged[name] = value.clone();
    }
    merged
}

async fn live(world: &World, life: Life) {
    let kind = kind(life.kind);
    let (driver, session) = (&kind.driver, &world.session);
    let planned = kind.planned(life.config.clone());
    let made = driver.create(session, &planned).await.unwrap();
    kind.check(&planned, &made);

    let read = driver.read(session, &made).await.unwrap().unwrap();
    assert_eq!(
        kind.settled(&read),
        kind.settled(&made),
        "{}: read after create",
        life.kind
    );
    let again = driver.create(session, &planned).await.unwrap();
    assert_eq!(kind.settled(&again), kind.settled(&made), "{}: create again", life.kind);
    let other = kind.planned(with(&life.config, &life.other));
    let refused = driver.create(session, &other).await.unwrap_err();
    assert!(
        matches!(&refused.error, DriverError::Conflict(r) if r.message.contains(life.named)),
        "{}: {:?}",
        life.kind,
        refused.error
    );

    let mut last = read;
    if let Some(change) = &life.change {
        let mut target = with(&to_json(last.value()), change);
        target["id"] = json!(last.value().get("id").and_then(Value::as_str));
        let target = kind.planned(target);
        let changed = driver.update(session, &last, &target).await.unwrap();
        kind.check(&target, &changed);
        let read = driver.read(session, &changed).await.unwrap().unwrap();
        assert_eq!(
            kind.settled(&read),
            kind.settled(&changed),
            "{}: read after update",
            life.kind
        );
        last = read;
    }
    import(&kind, session, life.import, &last).await;

    driver.delete(session, &last).await.unwrap();
    assert!(
        driver.read(session, &last).await.unwrap().is_none(),
        "{}: gone",
        life.kind
    );
    driver.delete(session, &last).await.unwrap();
}

async fn import(kind: &Kind, session: &Session, id: &str, expected: &Known) {
    let identity = kind.driver.identity(session, id).unwrap();
    let ty = kind.schema.block.object_type();
    let identity = Known::new(from_json(&to_json(identity.value()), &ty).unwrap()).unwrap();
    let imported = kind.driver.read(session, &identity).await.unwrap().unwrap();
    let (mut imported, mut expected) = (kind.settled(&imported), kind.settled(expected));
    for json in [&mut imported, &mut expected] {
        // Only the state knows these, and RAM does not return tags with a role.
        for local in ["force_destroy", "force"] {
            json.as_object_mut().unwrap().remove(local);
        }
        // Nor does DataWorks return where a task runs.
        if let Some(param) = json["task_param"].as_object_mut() {
            param.remove("resource_group");
            param.remove("cu");
        }
        if kind.schema.type_name.as_ref() == "alicloud_ram_role" {
            json.as_object_mut().unwrap().remove("tags");
        }
    }
    assert_eq!(imported, expected, "import of {id}");
    assert!(kind.driver.identity(session, "").is_err());
}

fn bucket_config() -> Json {
    json!({
        "bucket": "orders-lake", "acl": "private", "redundancy_type": "ZRS", "tags": {"team": "data"},
        "versioning": {"status": "Enabled"}, "server_side_encryption_rule": {"sse_algorithm": "AES256"},
        "lifecycle_rule": [{
            "id": "old", "prefix": "orders/", "enabled": true, "expiration": [{"days": 30}],
            "transitions": [{"days": 10, "storage_class": "IA"}], "abort_multipart_upload": [],
            "noncurrent_version_expiration": [{"days": 3}], "noncurrent_version_transition": [],
        }],
    })
}

fn table_config() -> Json {
    json!({
        "instance_name": "inst", "table_name": "orders", "time_to_live": -1, "max_version": 1,
        "primary_key": [{"name": "id", "type": "Integer"}, {"name": "day", "type": "String"}],
        "defined_column": [{"name": "amount", "type": "Double"}],
    })
}

fn task_config() -> Json {
    json!({
        "instance_name": "inst", "table_name": "orders", "task_name": "orders-oss", "oss_prefix": "orders/$yyyy/$MM",
        "oss_bucket": "orders-lake", "oss_endpoint": "oss-cn-hangzhou.aliyuncs.com",
        "oss_sts_role": "acs:ram::1234567890123456:role/AliyunServiceRoleForOTSDataDelivery",
        "event_time_column": {"column_name": "day", "time_format": "RFC3339"},
        "schema": [
            {"column_name": "id", "oss_column_name": "id", "type": "INT64"},
            {"column_name": "day", "oss_column_name": "day", "type": "UTF8", "encode": "PLAIN_DICTIONARY"},
        ],
    })
}

fn trust(service: &str) -> String {
    let statement = json!({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}});
    json!({"Statement": [statement], "Version": "1"}).to_string()
}

fn bucket_life() -> Life {
    Life {
        kind: "alicloud_oss_bucket",
        config: bucket_config(),
        change: Some(json!({
            "acl": "public-read", "tags": {"team": "data", "env": "prod"}, "versioning": {"status": "Suspended"},
            "server_side_encryption_rule": null, "lifecycle_rule": [],
        })),
        other: json!({"redundancy_type": "LRS"}),
        named: "redundancy_type is \"ZRS\" instead of \"LRS\"",
        import: "orders-lake",
    }
}

fn table_life() -> Life {
    Life {
        kind: "alicloud_ots_table",
        config: table_config(),
        change: Some(json!({"time_to_live": 864000, "max_version": 3})),
        other: json!({"primary_key": [{"name": "id", "type": "String"}]}),
        named: "primary_key is",
        import: "inst:orders",
    }
}

fn role_life() -> Life {
    Life {
        kind: "alicloud_ram_role",
        config: json!({
            "role_name": "Delivery", "description": "writes", "tags": {"team": "ops", "env": "prod"},
            "assume_role_policy_document": trust("ots.aliyuncs.com"),
        }),
        change: Some(json!({
            "tags": {"team": "data"}, "description": "writes more", "max_session_duration": 7200,
            "assume_role_policy_document": trust("dataworks.aliyuncs.com"),
            "document": trust("dataworks.aliyuncs.com"),
        })),
        other: json!({"description": "reads"}),
        named: "description is \"writes\" instead of \"reads\"",
        import: "Delivery",
    }
}

fn linked_role_life() -> Life {
    Life {
        kind: "alicloud_resource_manager_service_linked_role",
        config: json!({"service_name": "datadelivery.ots.aliyuncs.com"}),
        change: None,
        other: json!({"description": "mine"}),
        named: "description is",
        import: "datadelivery.ots.aliyuncs.com:AliyunServiceRoleForOTSDataDelivery",
    }
}

pub(crate) fn sync_task_config() -> Json {
    json!({
        "project_id": "10000", "task_type": "DI_OFFLINE", "task_name": "orders",
        "task_content": "{\"type\": \"job\", \"version\": \"2.0\", \"steps\": [{\"name\": \"Reader\"}]}",
        "task_param": {
            "file_folder_path": "Business Flow/Shop/Data Integration", "resource_group": "S_res_group_1_1", "cu": 0.5,
        },
    })
}

fn sync_task_life() -> Life {
    Life {
        kind: "alicloud_data_works_di_sync_task",
        config: sync_task_config(),
        change: Some(json!({
            "task_name": "orders-2", "task_content": "{\"type\":\"job\",\"steps\":[]}",
            "task_param": {
                "file_folder_path": "Business Flow/Lake/Data Integration", "resource_group": "S_res_group_1_2", "cu": 1,
            },
        })),
        other: json!({"task_content": "{\"type\": \"other\"}"}),
        named: "task_content is another document",
        import: "10000:1000001",
    }
}

#[tokio::test]
async fn every_type_lives() {
    for life in [
        bucket_life(),
        table_life(),
        role_life(),
        linked_role_life(),
        sync_task_life(),
    ] {
        live(&world().await, life).await;
    }
}

#[tokio::test]
async fn lost_replies_change_nothing() {
    for life in [
        bucket_life(),
        table_life(),
        role_life(),
        linked_role_life(),
        sync_task_life(),
    ] {
        live(&lossy_world().await, life).await;
    }
    let (plain, lossy) = (world().await, lossy_world().await);
    delivery_task_lives(&plain).await;
    delivery_task_lives(&lossy).await;
    let sent = |world: &World| world.session.requests().get("ots:CreateDeliveryTask").copied();
    assert_eq!(sent(&lossy), sent(&plain).map(|n| n + 1), "a reply was lost");
}

#[tokio::test]
async fn a_delivery_task_lives_and_its_role_can_not_go_before_it() {
    delivery_task_lives(&world().await).await;
}

/// The role, the bucket and the table that the delivery task needs.
async fn ground(world: &World) -> [(Kind, Known); 3] {
    let make = |name: &str, config: Json| {
        let kind = kind(name);
        async move {
            let planned = kind.planned(config);
            let made = kind.driver.create(&world.session, &planned).await.unwrap();
            (kind, made)
        }
    };
    let service = json!({"service_name": "datadelivery.ots.aliyuncs.com"});
    [
        make("alicloud_resource_manager_service_linked_role", service).await,
        make(
            "alicloud_oss_bucket",
            with(&bucket_config(), &json!({"versioning": null, "force_destroy": true})),
        )
        .await,
        make("alicloud_ots_table", table_config()).await,
    ]
}

async fn delivery_task_lives(world: &World) {
    let [(role, made_role), _, _] = ground(world).await;
    let config = with(
        &task_config(),
        &json!({"oss_sts_role": made_role.value().get("arn").and_then(Value::as_str)}),
    );
    let task = kind("alicloud_ots_delivery_task");
    let first = task
        .driver
        .create(&world.session, &task.planned(config.clone()))
        .await
        .unwrap();
    assert_eq!(first.value().get("sync_phase").and_then(Value::as_str), Some("INIT"));
    let refused = role.driver.delete(&world.session, &made_role).await.unwrap_err();
    assert!(
        matches!(&refused, DriverError::Conflict(r) if r.help.is_some()),
        "{refused:?}"
    );
    live(
        world,
        Life {
            kind: "alicloud_ots_delivery_task",
            config,
            change: None,
            other: json!({"oss_prefix": "elsewhere/"}),
            named: "oss_prefix is",
            import: "inst:orders:orders-oss",
        },
    )
    .await;
    role.driver.delete(&world.session, &made_role).await.unwrap();
}

#[tokio::test]
async fn no_tags_are_spelled_as_the_plan_spells_them() {
    let world = world().await;
    let [_, (bucket, mut now), _] = ground(&world).await;
    for tags in [json!({}), Json::Null] {
        let mut config = to_json(now.value());
        config["tags"] = tags;
        let planned = bucket.planned(config);
        now = bucket.driver.update(&world.session, &now, &planned).await.unwrap();
        assert_eq!(now.value().get("tags"), planned.value().get("tags"));
    }
}

#[tokio::test]
async fn a_full_bucket_goes_only_by_force() {
    let world = world().await;
    let [_, (bucket, made), _] = ground(&world).await;
    for n in 0..3 {
        let key = format!("orders/part {n}&ü.parquet");
        let request = oss_request(http::Method::PUT, "orders-lake", &key, &[], "data");
        let request = Request {
            path: headworks::wire::sign::percent::encode_path(&request.path),
            ..request
        };
        let reply = raw_http::send(world.sim.endpoint(Service::Oss), &request)
            .await
            .unwrap();
        assert_eq!(reply.status, 200);
    }
    let mut gentle = to_json(made.value());
    gentle["force_destroy"] = json!(false);
    let refused = bucket
        .driver
        .delete(&world.session, &bucket.planned(gentle))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, DriverError::Conflict(r) if r.code.as_deref() == Some("BucketNotEmpty") && r.help.is_some()),
        "{refused:?}"
    );
    bucket.driver.delete(&world.session, &made).await.unwrap();
    assert!(bucket.driver.read(&world.session, &made).await.unwrap().is_none());
}

#[tokio::test]
async fn a_wrong_key_is_denied_and_no_key_is_explained() {
    let world = world().await;
    let table = kind("alicloud_ots_table");
    let planned = table.planned(table_config());
    let session = |credentials| {
        let config = ProviderConfig {
            credentials,
            variables: {
                let registry = headworks::catalog::registry().expect("loads");
                headworks::driver::config::variables(registry.provider("alicloud").expect("is there"))
            },
            ..world.session.config().clone()
        };
        Session::new(config, Arc::new(SystemCloud::new()))
    };
    let wrong = session(Some(Credentials {
        secret: Secret::new("wrong"),
        ..Sim::credentials()
    }));
    let error = table.driver.read(&wrong, &planned).await.unwrap_err();
    assert!(
        matches!(&error, DriverError::Denied(r) if r.code.as_deref() == Some("OTSAuthFailed")),
        "{error:?}"
    );
    let error = table.driver.read(&session(None), &planned).await.unwrap_err();
    let help = error.reply().help.clone().unwrap_or_default();
    assert!(help.contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{help}");
    let reading = world.session.clone().read_only();
    let failure = table.driver.create(&reading, &planned).await.unwrap_err();
    assert!(matches!(failure.error, DriverError::Rejected(_)), "{:?}", failure.error);
    assert_eq!(world.sim.requests().get("CreateTable"), None);
}

#[tokio::test]
async fn data_sources_say_what_is_not_there() {
    let world = world().await;
    let (registry, drivers) = (registry(), headworks::drivers::alicloud::data_catalogue());
    for (name, config, said) in [
        (
            "alicloud_oss_bucket",
            json!({"bucket": "none"}),
            "there is no such bucket",
        ),
        (
            "alicloud_ots_table",
            json!({"instance_name": "inst", "table_name": "none"}),
            "there is no such table",
        ),
    ] {
        let schema = registry.data(name).unwrap();
        let config = Known::new(from_json(&config, &schema.block.object_type()).unwrap()).unwrap();
        let driver = &drivers.iter().find(|(n, _)| *n == name).unwrap().1;
        let error = driver.read(&world.session, &config).await.unwrap_err();
        assert!(error.to_string().contains(said), "{name}: {error}");
    }
}

#[tokio::test]
async fn data_sources_read() {
    let world = world().await;
    ground(&world).await;
    let registry = registry();
    let drivers = headworks::drivers::alicloud::data_catalogue();
    for (name, config) in [
        ("alicloud_caller_identity", json!({})),
        (
            "alicloud_ram_role",
            json!({"role_name": "AliyunServiceRoleForOTSDataDelivery"}),
        ),
        ("alicloud_oss_bucket", json!({"bucket": "orders-lake"})),
        (
            "alicloud_ots_table",
            json!({"instance_name": "inst", "table_name": "orders"}),
        ),
        ("alicloud_data_works_resource_groups", json!({})),
    ] {
        let schema = registry.data(name).unwrap();
        let config = Known::new(from_json(&config, &schema.block.object_type()).unwrap()).unwrap();
        let driver = &drivers.iter().find(|(n, _)| *n == name).unwrap().1;
        let read = driver.read(&world.session, &config).await.unwrap();
        assert_eq!(read.value().ty(), schema.block.object_type(), "{name}");
        for (attribute, value) in read.value().entries().unwrap() {
            // The demo key is the account's own, no role's; the bucket keeps no versions, the table is not encrypted; all groups are asked for.
            let absent = match name {
                "alicloud_caller_identity" => &**attribute == "role_id",
                "alicloud_oss_bucket" => &**attribute == "versioning_status",
                "alicloud_ots_table" => attribute.starts_with("sse_"),
                "alicloud_data_works_resource_groups" => ["keyword", "biz_ext_key"].contains(&&**attribute),
                _ => false,
            };
            assert_eq!(value.is_null(), absent, "{name}: {attribute}");
        }
    }
}
