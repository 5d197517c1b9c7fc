//! The drivers of DIS against the embedded cloud, with objects of the schemas' types: made, read back the same, made again,
//! changed, imported, deleted and gone; also when the first reply to every request is lost.

use super::network::{Lost, Network};
use crate::sim_client::stepped;
use headworks::base::json::{from_json, to_json};
use headworks::base::{Known, Value};
use headworks::driver::{Driver, DriverError, Failure, ProviderConfig, Session};
use headworks::plan::effects::{HealthStatus, health};
use headworks::schema::ResourceSchema;
use headworks::sim::huaweicloud::DEMO_DOMAIN;
use headworks::sim::{Service, Settings, Sim, SimOptions};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

struct World {
    sim: Arc<Sim>,
    session: Session,
}

/// A type with its driver.
struct Kind {
    schema: Arc<ResourceSchema>,
    driver: Box<dyn Driver>,
}

fn kind(type_name: &str) -> Kind {
    let registry = headworks::catalog::registry().unwrap();
    let drivers = headworks::drivers::huaweicloud::catalogue();
    Kind {
        schema: Arc::clone(registry.resource(type_name).unwrap()),
        driver: drivers.into_iter().find(|(name, _)| *name == type_name).unwrap().1,
    }
}

impl Kind {
    fn typed(&self, json: &Json) -> Value {
        from_json(json, &self.schema.block.object_type()).unwrap()
    }

    /// The planned object of a configuration.
    fn planned(&self, config: &Json) -> Known {
        Known::new(headworks::schema::validate::defaults(
            &self.schema.block,
            &self.typed(config),
        ))
        .unwrap()
    }

    /// The object without what changes by itself.
    fn settled(&self, object: &Known) -> Json {
        let mut json = to_json(object.value());
        let volatile = self.schema.block.attributes.iter().filter(|(_, a)| a.volatile);
        volatile.for_each(|(name, _)| json[&**name] = Json::Null);
        json
    }

    /// Creates, and waits until the object works.
    async fn make(&self, world: &World, config: &Json) -> Result<Known, Failure> {
        let made = self.driver.create(&world.session, &self.planned(config)).await?;
        let mut object = made;
        for _ in 0..50 {
            if self.health_of(&object) != "pending" {
                break;
            }
            world.session.sleep(Duration::from_millis(200)).await;
            object = self.driver.read(&world.session, &object).await?.expect("it is there");
        }
        Ok(object)
    }

    fn health_of(&self, object: &Known) -> String {
        let addr = "huaweicloud_dis_stream.x".parse().unwrap();
        match health(self.schema.health.as_ref().unwrap(), &addr, object.value()) {
            HealthStatus::Pending(_) => "pending".to_string(),
            HealthStatus::Ready(phase) => phase,
            HealthStatus::Unhealthy(problem) => format!("{} {}", problem.code, problem.help.unwrap_or_default()),
        }
    }
}

async fn world_with(settings: Settings, lost: bool) -> World {
    let options = SimOptions {
        settings,
        ..SimOptions::default()
    };
    let sim = Arc::new(stepped(options).await);
    let endpoints = [
        ("iam", Service::Iam),
        ("dis", Service::Dis),
        ("dli", Service::Dli),
        ("obs", Service::Obs),
    ];
    let config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some("cn-north-4".to_string()),
        credentials: Some(Sim::credentials()),
        endpoints: endpoints
            .into_iter()
            .map(|(name, service)| (name.to_string(), sim.endpoint(service).to_string()))
            .collect(),
        ..ProviderConfig::default()
    };
    let network = Network::new(Some(Arc::clone(&sim)), Lost::everything(lost));
    World {
        sim,
        session: Session::new(config, network),
    }
}

async fn world() -> World {
    world_with(Settings::default(), false).await
}

/// What tasks need: agency, bucket, DLI table, and a stream of the data type.
async fn furnished(world: &World, data_type: &str) {
    for (type_name, config) in [
        (
            "huaweicloud_identity_agency",
            json!({"name": "dis", "delegated_service_name": "op_svc_dis",
                   "project_role": [{"project": "MOS", "roles": ["Tenant Administrator"]}]}),
        ),
        ("huaweicloud_obs_bucket", json!({"bucket": "staging"})),
        ("huaweicloud_dli_database", json!({"name": "db1"})),
        (
            "huaweicloud_dli_table",
            json!({"database_name": "db1", "name": "tb1", "data_location": "DLI", "columns": [{"name": "a", "type": "string"}]}),
        ),
    ] {
        let kind = kind(type_name);
        kind.driver
            .create(&world.session, &kind.planned(&config))
            .await
            .unwrap_or_else(|e| panic!("{type_name}: {e:?}"));
    }
    let stream = kind("huaweicloud_dis_stream");
    stream
        .make(
            world,
            &json!({"stream_name": "clicks", "partition_count": 1, "data_type": data_type}),
        )
        .await
        .unwrap();
}

fn with(base: &Json, more: &Json) -> Json {
    let mut merged = base.clone();
    for (name, value) in more.as_object().unwrap() {
        merged[name] = value.clone();
    }
    merged
}

fn stream_config() -> Json {
    json!({
        "stream_name": "clicks", "partition_count": 2, "data_type": "JSON", "retention_period": 24,
        "data_schema": "{ \"type\": \"record\", \"name\": \"r\", \"fields\": [{\"name\": \"a\", \"type\": \"string\"}] }",
        "compression_format": "gzip", "tags": {"team": "web", "stage": "test"},
    })
}

#[tokio::test]
async fn a_stream_is_made_changed_imported_and_deleted() {
    let world = world().await;
    let kind = kind("huaweicloud_dis_stream");
    let (driver, session) = (&kind.driver, &world.session);
    let config = stream_config();
    let first = driver.create(session, &kind.planned(&config)).await.unwrap();
    assert_eq!(kind.health_of(&first), "pending");
    let made = kind.make(&world, &config).await.unwrap();
    assert_eq!(kind.health_of(&made), "RUNNING");
    assert_eq!(kind.settled(&first), kind.settled(&made), "made again");
    let json = to_json(made.value());
    assert_eq!((&json["id"], &json["region"]), (&json!("clicks"), &json!("cn-north-4")));
    assert!(json["stream_id"].is_string() && json["created"].is_i64(), "{json}");

    let other = kind.planned(&with(&config, &json!({"partition_count": 3})));
    let refused = driver.create(session, &other).await.unwrap_err();
    assert!(
        matches!(&refused.error, DriverError::Conflict(r) if r.message.contains("partition_count is 2 instead of 3")),
        "{refused:?}"
    );

    let change = json!({
        "partition_count": 4, "retention_period": 72, "tags": {"team": "shop", "new": "1"},
        "data_schema": "{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}",
        "auto_scale_min_partition_count": 2, "auto_scale_max_partition_count": 8,
    });
    let planned = kind.planned(&with(&to_json(made.value()), &change));
    let updated = driver.update(session, &made, &planned).await.unwrap();
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&to_json(updated.value())[name], value, "{name}");
    }
    assert_eq!(to_json(updated.value())["writable_partition_count"], 4);
    let read = driver.read(session, &updated).await.unwrap().unwrap();
    assert_eq!(kind.settled(&read), kind.settled(&updated));

    let id = driver.identity(session, "clicks").unwrap();
    let known = Known::new(kind.typed(&to_json(id.value()))).unwrap();
    let imported = driver.read(session, &known).await.unwrap().unwrap();
    assert_eq!(kind.settled(&imported), kind.settled(&updated));

    // Automatic scaling and the tags end.
    let back = kind.planned(&with(
        &to_json(updated.value()),
        &json!({"auto_scale_min_partition_count": null, "auto_scale_max_partition_count": null, "tags": null}),
    ));
    let plain = driver.update(session, &updated, &back).await.unwrap();
    let read = driver.read(session, &plain).await.unwrap().unwrap();
    assert_eq!(kind.settled(&read), kind.settled(&plain));

    driver.delete(session, &plain).await.unwrap();
    assert!(driver.read(session, &plain).await.unwrap().is_none());
    driver.delete(session, &plain).await.unwrap();
}

#[tokio::test]
async fn a_second_scaling_within_the_hour_is_refused_and_the_rest_of_the_change_kept() {
    let settings = Settings {
        limit_stream_scaling: true,
        ..Settings::default()
    };
    let world = world_with(settings, false).await;
    let kind = kind("huaweicloud_dis_stream");
    let (driver, session) = (&kind.driver, &world.session);
    let made = kind.make(&world, &stream_config()).await.unwrap();
    let to = |from: &Known, more: Json| kind.planned(&with(&to_json(from.value()), &more));
    let wider = driver
        .update(session, &made, &to(&made, json!({"partition_count": 3})))
        .await
        .unwrap();
    let again = to(&wider, json!({"partition_count": 4, "tags": {"a": "b"}}));
    let failed = driver.update(session, &wider, &again).await.unwrap_err();
    let help = failed.error.reply().help.clone().unwrap_or_default();
    assert!(help.contains("an hour"), "{:?}", failed.error);
    let partial = to_json(failed.partial.unwrap().value());
    assert_eq!(
        (&partial["partition_count"], &partial["tags"]),
        (&json!(3), &json!({"a": "b"}))
    );
}

/// A task of each destination, and a member of it that differs.
fn tasks() -> Vec<(&'static str, Json, (&'static str, Json))> {
    let common = json!({"agency_name": "dis", "deliver_time_interval": 60, "consumer_strategy": "TRIM_HORIZON"});
    let block = |more: Json| with(&common, &more);
    vec![
        (
            "JSON",
            json!({"obs_destination_descriptor": block(json!({"obs_bucket_path": "staging", "file_prefix": "a/b",
                "partition_format": "yyyy/MM", "destination_file_type": "parquet",
                "processing_schema": {"timestamp_name": "at", "timestamp_type": "String", "timestamp_format": "yyyy/MM/dd HH:mm:ss"}}))}),
            ("partition_format", json!("yyyy")),
        ),
        (
            "BLOB",
            json!({"obs_destination_descriptor": {"agency_name": "dis", "obs_bucket_path": "staging"}}),
            ("record_delimiter", json!(";")),
        ),
        (
            "CSV",
            json!({"dli_destination_descriptor": block(json!({"dli_database_name": "db1", "dli_table_name": "tb1",
                "obs_bucket_path": "staging", "file_prefix": "tmp", "retry_duration": 0}))}),
            ("retry_duration", json!(60)),
        ),
        (
            "BLOB",
            json!({"mrs_destination_descriptor": block(json!({"mrs_cluster_name": "m", "mrs_cluster_id": "f8123fa6-99f1-4ed9-83f4-c827c7277d41",
                "mrs_hdfs_path": "/user", "hdfs_prefix_folder": "x/y", "obs_bucket_path": "staging", "destination_file_type": "text"}))}),
            ("mrs_hdfs_path", json!("/other")),
        ),
        (
            "CSV",
            json!({"dws_destination_descriptor": block(json!({"dws_cluster_name": "w", "dws_cluster_id": "f82dc227-3691-47eb-bca7-e7851f509b2a",
                "dws_database_name": "postgres", "dws_schema": "s", "dws_table_name": "t", "dws_delimiter": ";", "dws_table_columns": "a,b",
                "user_name": "u", "user_password": "p", "kms_user_key_name": "k", "kms_user_key_id": "1e759f06-9188-4d21-afab-a75e57c04d2b",
                "obs_bucket_path": "staging", "options": {"ignore_extra_data": true, "reject_limit": "unlimited"}}))}),
            ("dws_table_name", json!("t2")),
        ),
        (
            "JSON",
            json!({"cloudtable_destination_descriptor": block(json!({"cloudtable_cluster_name": "c", "cloudtable_cluster_id": "b8c095e2-db5f-4732-8a1d-eacd662e35dc",
                "cloudtable_table_name": "t", "cloudtable_row_key_delimiter": "|", "obs_backup_bucket_path": "staging", "backup_file_prefix": "b",
                "cloudtable_schema": {"row_key": [{"value": "id", "type": "String"}],
                    "columns": [{"column_family_name": "cf", "column_name": "n", "value": "n", "type": "Bigint"}]}}))}),
            ("cloudtable_row_key_delimiter", json!("-")),
        ),
        (
            "JSON",
            json!({"cloudtable_destination_descriptor": {"agency_name": "dis", "cloudtable_cluster_name": "c",
                "cloudtable_cluster_id": "b8c095e2-db5f-4732-8a1d-eacd662e35dc",
                "opentsdb_schema": [{"metric": [{"type": "Constant", "value": "m"}], "timestamp": {"type": "Timestamp", "value": "at"},
                    "value": {"type": "Double", "value": "v"}, "tags": [{"name": "n", "type": "String", "value": "n"}]}]}}),
            ("consumer_strategy", json!("TRIM_HORIZON")),
        ),
    ]
}

fn named(task: &Json) -> Json {
    with(task, &json!({"stream_name": "clicks", "task_name": "t1"}))
}

#[tokio::test]
async fn a_task_of_each_destination_is_made_paused_started_imported_and_deleted() {
    let kind = kind("huaweicloud_dis_dump_task");
    for (data_type, task, (member, value)) in tasks() {
        let world = world().await;
        furnished(&world, data_type).await;
        let (driver, session) = (&kind.driver, &world.session);
        let config = named(&task);
        let block = task.as_object().unwrap().keys().next().unwrap();

        let made = kind
            .make(&world, &config)
            .await
            .unwrap_or_else(|e| panic!("{task}: {e:?}"));
        assert_eq!(kind.health_of(&made), "RUNNING");
        let json = to_json(made.value());
        assert_eq!(json[block], to_json(kind.planned(&config).value())[block], "{task}");
        assert_eq!((&json["id"], &json["running"]), (&json!("clicks:t1"), &json!(true)));
        assert!(json["task_id"].is_string() && json["create_time"].is_i64(), "{json}");
        let again = driver.create(session, &kind.planned(&config)).await.unwrap();
        assert_eq!(kind.settled(&again), kind.settled(&made), "{task}: made again");

        let mut other = config.clone();
        other[block][member] = value;
        let refused = driver.create(session, &kind.planned(&other)).await.unwrap_err();
        let names = format!("{block}.{member} is ");
        assert!(
            matches!(&refused.error, DriverError::Conflict(r) if r.message.contains(&names)),
            "{names}: {refused:?}"
        );

        let paused = kind.planned(&with(&json, &json!({"running": false})));
        let paused = driver.update(session, &made, &paused).await.unwrap();
        assert_eq!(to_json(paused.value())["state"], "PAUSED");
        let read = driver.read(session, &paused).await.unwrap().unwrap();
        assert_eq!(to_json(read.value()), to_json(paused.value()), "{task}");
        let started = kind.planned(&with(&to_json(read.value()), &json!({"running": true})));
        let started = driver.update(session, &read, &started).await.unwrap();
        assert_eq!(kind.settled(&started), kind.settled(&made), "{task}");

        for id in ["clicks:t1", "clicks/t1"] {
            let id = driver.identity(session, id).unwrap();
            let known = Known::new(kind.typed(&to_json(id.value()))).unwrap();
            let imported = driver.read(session, &known).await.unwrap().unwrap();
            let mut expected = kind.settled(&made);
            if block.starts_with("dws") {
                expected[block]["user_password"] = Json::Null;
            }
            let mut found = kind.settled(&imported);
            if block.starts_with("mrs") {
                // The service leaves the default out or says it; who imports has not written it.
                found[block]["destination_file_type"] = expected[block]["destination_file_type"].clone();
            }
            if found[block]["opentsdb_schema"] == json!([]) {
                found[block]["opentsdb_schema"] = Json::Null;
            }
            assert_eq!(found, expected, "{task}: imported");
        }
        driver.delete(session, &started).await.unwrap();
        assert!(driver.read(session, &started).await.unwrap().is_none(), "{task}");
        driver.delete(session, &started).await.unwrap();
    }
}

#[tokio::test]
async fn a_task_is_made_paused_and_started_where_it_is() {
    let world = world().await;
    furnished(&world, "BLOB").await;
    let kind = kind("huaweicloud_dis_dump_task");
    let (driver, session) = (&kind.driver, &world.session);
    let config = named(&tasks()[1].1);
    let made = driver
        .create(session, &kind.planned(&with(&config, &json!({"running": false}))))
        .await
        .unwrap();
    assert_eq!(
        (&to_json(made.value())["state"], &to_json(made.value())["running"]),
        (&json!("PAUSED"), &json!(false))
    );
    // The same task, meant to run: a create that finds it starts it.
    let found = driver.create(session, &kind.planned(&config)).await.unwrap();
    assert_eq!(to_json(found.value())["running"], true);
    assert_eq!(to_json(found.value())["task_id"], to_json(made.value())["task_id"]);
}

#[tokio::test]
async fn lost_replies_leave_one_object_of_each() {
    let world = world_with(Settings::default(), true).await;
    furnished(&world, "CSV").await;
    let kind = kind("huaweicloud_dis_dump_task");
    let (driver, session) = (&kind.driver, &world.session);
    let config = named(&tasks()[2].1);
    let made = kind.make(&world, &config).await.unwrap();
    let paused = kind.planned(&with(&to_json(made.value()), &json!({"running": false})));
    let paused = driver.update(session, &made, &paused).await.unwrap();
    let objects = || {
        let world = world.sim.world();
        let kinds: Vec<String> = world.objects().map(|(id, _)| format!("{id:?}")).collect();
        kinds.iter().filter(|id| id.contains("dis_")).count()
    };
    assert_eq!(objects(), 2, "one stream and one task");
    driver.delete(session, &paused).await.unwrap();
    let streams = super::dis_driver::kind("huaweicloud_dis_stream");
    let stream = json!({"stream_name": "clicks", "partition_count": 1, "data_type": "CSV"});
    let stream = streams.make(&world, &stream).await.unwrap();
    let wider = streams.planned(&with(
        &to_json(stream.value()),
        &json!({"partition_count": 2, "tags": {"a": "b"}}),
    ));
    let wider = streams.driver.update(session, &stream, &wider).await.unwrap();
    assert_eq!(to_json(wider.value())["writable_partition_count"], 2);
    streams.driver.delete(session, &wider).await.unwrap();
    assert_eq!(objects(), 0);
}

#[tokio::test]
async fn refusals_name_what_is_missing_and_what_to_do() {
    let world = world().await;
    furnished(&world, "CSV").await;
    let kind = kind("huaweicloud_dis_dump_task");
    let dli = &tasks()[2].1;
    for (path, value, code, help) in [
        ("agency_name", "nobody", "DIS.4335", "agency"),
        ("obs_bucket_path", "nowhere", "DIS.4306", "bucket"),
        ("dli_database_name", "none", "DIS.4337", "database"),
        ("dli_table_name", "none", "DIS.4338", "data_location"),
    ] {
        let mut config = named(dli);
        config["dli_destination_descriptor"][path] = json!(value);
        let failed = kind
            .driver
            .create(&world.session, &kind.planned(&config))
            .await
            .unwrap_err();
        let reply = failed.error.reply();
        assert_eq!(reply.code.as_deref(), Some(code), "{reply:?}");
        assert!(reply.help.as_ref().is_some_and(|h| h.contains(help)), "{reply:?}");
        assert!(failed.partial.is_none(), "nothing was made");
    }
    let nowhere = with(&named(dli), &json!({"stream_name": "none"}));
    let failed = kind
        .driver
        .create(&world.session, &kind.planned(&nowhere))
        .await
        .unwrap_err();
    assert_eq!(failed.error.reply().code.as_deref(), Some("DIS.4301"));
    for n in 2..=6 {
        let config = with(&named(dli), &json!({"task_name": format!("t{n}")}));
        kind.make(&world, &config).await.unwrap();
    }
    let sixth = kind
        .driver
        .create(&world.session, &kind.planned(&named(dli)))
        .await
        .unwrap_err();
    assert_eq!(sixth.error.reply().code.as_deref(), Some("DIS.4357"));
    assert!(sixth.error.reply().help.as_ref().is_some_and(|h| h.contains("five")));
}

#[tokio::test]
async fn a_task_whose_bucket_is_gone_is_unhealthy_until_it_is_back() {
    let world = world().await;
    furnished(&world, "BLOB").await;
    let kind = kind("huaweicloud_dis_dump_task");
    let made = kind.make(&world, &named(&tasks()[1].1)).await.unwrap();
    let bucket = world.sim.object("obs_bucket", "staging").unwrap();
    assert!(world.sim.delete_object("obs_bucket", "staging").unwrap());
    let read = kind.driver.read(&world.session, &made).await.unwrap().unwrap();
    let said = kind.health_of(&read);
    assert!(said.starts_with("ABNORMAL") && said.contains("bucket"), "{said}");
    // It is meant to run all the same: no difference.
    assert_eq!(kind.settled(&read), kind.settled(&made));
    world.sim.put_object("obs_bucket", "staging", bucket).unwrap();
    world.session.sleep(Duration::from_secs(1)).await;
    let read = kind.driver.read(&world.session, &read).await.unwrap().unwrap();
    assert_eq!(kind.health_of(&read), "RUNNING");
    assert!(
        world
            .sim
            .object("iam_agency", &format!("{DEMO_DOMAIN}/nobody"))
            .is_none()
    );
}

#[tokio::test]
async fn the_data_source_reads_a_stream_that_exists() {
    let world = world().await;
    let stream = kind("huaweicloud_dis_stream");
    let made = stream.make(&world, &stream_config()).await.unwrap();
    let registry = headworks::catalog::registry().unwrap();
    let schema = registry.data("huaweicloud_dis_stream").unwrap();
    let data = headworks::drivers::huaweicloud::data_catalogue();
    let data = data
        .into_iter()
        .find(|(name, _)| *name == "huaweicloud_dis_stream")
        .unwrap()
        .1;
    let asked = |name: &str| {
        let config = json!({ "stream_name": name });
        Known::new(from_json(&config, &schema.block.object_type()).unwrap()).unwrap()
    };
    let read = data.read(&world.session, &asked("clicks")).await.unwrap();
    assert_eq!(read.value().ty(), schema.block.object_type());
    let (read, made) = (to_json(read.value()), to_json(made.value()));
    for name in schema.block.attributes.keys().filter(|name| &***name != "data_schema") {
        assert_eq!(read[&**name], made[&**name], "{name}");
    }
    assert!(read["data_schema"].as_str().unwrap().contains("record"), "{read}");
    let missing = data.read(&world.session, &asked("none")).await.unwrap_err();
    assert!(missing.to_string().contains("there is no such stream"), "{missing}");
}
