//! Buckets of OBS from creation to deletion, driver against embedded cloud, with the types of the schema.

use super::DOMAIN;
use super::network::{Lost, Network};
use crate::raw_http;
use crate::sim_client::stepped;
use headworks::base::json::{from_json, to_json};
use headworks::base::{Known, Secret};
use headworks::driver::{Driver, DriverError, ProviderConfig, Session};
use headworks::drivers::huaweicloud::{catalogue, data_catalogue};
use headworks::schema::{Mode, ResourceSchema, validate};
use headworks::sim::{AccessKey, Chaos, Service, Sim, SimOptions};
use headworks::wire::sign::obs::sign;
use headworks::wire::sign::percent::encode_path;
use headworks::wire::{Credentials, Request, Response};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const TYPE: &str = "huaweicloud_obs_bucket";

pub(super) struct World {
    pub(super) sim: Sim,
    pub(super) session: Session,
    schema: Arc<ResourceSchema>,
    pub(super) driver: Box<dyn Driver>,
}

pub(super) async fn world() -> World {
    world_with(Sim::credentials(), false, None).await
}

async fn world_with(credentials: Credentials, lossy: bool, chaos: Option<&str>) -> World {
    let mut key = AccessKey::new(&credentials.access_key, credentials.secret.expose());
    if let Some(token) = &credentials.security_token {
        key = key.with_token(token.expose());
    }
    let sim = stepped(SimOptions {
        access_keys: vec![key],
        chaos: chaos.map(|text| Chaos::parse(text).unwrap()),
        ..SimOptions::default()
    })
    .await;
    let config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some("cn-north-4".to_string()),
        credentials: Some(credentials),
        endpoints: [("obs", Service::Obs), ("iam", Service::Iam), ("eps", Service::Iam)]
            .map(|(name, service)| (name.to_string(), sim.endpoint(service).to_string()))
            .into(),
        ..ProviderConfig::default()
    };
    let session = session(config, lossy);
    let registry = headworks::catalog::registry().unwrap();
    World {
        sim,
        session,
        schema: Arc::clone(registry.resource(TYPE).unwrap()),
        driver: catalogue().into_iter().find(|(name, _)| *name == TYPE).unwrap().1,
    }
}

pub(super) fn session(config: ProviderConfig, lossy: bool) -> Session {
    Session::new(config, Network::new(None, Lost::everything(lossy)))
}

fn with(config: &Json, more: Json) -> Json {
    let mut merged = config.clone();
    for (name, value) in more.as_object().unwrap() {
        merged[name] = value.clone();
    }
    merged
}

impl World {
    /// The planned object of a configuration.
    pub(super) fn planned(&self, config: &Json) -> Known {
        let value = from_json(config, &self.schema.block.object_type()).unwrap();
        Known::new(validate::defaults(&self.schema.block, &value)).unwrap()
    }

    pub(super) async fn create(&self, config: &Json) -> Known {
        self.try_create(config).await.unwrap()
    }

    pub(super) async fn try_create(&self, config: &Json) -> Result<Known, DriverError> {
        let made = self.driver.create(&self.session, &self.planned(config)).await;
        made.map_err(|failure| failure.error)
    }

    pub(super) async fn read(&self, known: &Known) -> Option<Known> {
        self.driver.read(&self.session, known).await.unwrap()
    }

    pub(super) async fn update(&self, prior: &Known, more: Json) -> Known {
        let target = self.planned(&with(&to_json(prior.value()), more));
        let changed = self.driver.update(&self.session, prior, &target).await.unwrap();
        self.check(&target, &changed);
        let read = self.read(&changed).await.unwrap();
        assert_eq!(to_json(read.value()), to_json(changed.value()), "read after update");
        changed
    }

    /// What was planned is there, and what the cloud decides is known.
    pub(super) fn check(&self, planned: &Known, object: &Known) {
        let (planned, actual) = (to_json(planned.value()), to_json(object.value()));
        for (name, attribute) in &self.schema.block.attributes {
            let value = &actual[&**name];
            assert!(attribute.mode != Mode::Computed || !value.is_null(), "{name} is null");
            let wanted = &planned[&**name];
            let fits = attribute.volatile || wanted.is_null() || wanted == value;
            assert!(fits, "{name}: {wanted} became {value}");
        }
        for block in self.schema.block.blocks.keys() {
            assert_eq!(planned[&**block], actual[&**block], "{block}");
        }
    }

    pub(super) fn bucket(&self, name: &str) -> Json {
        self.sim.object("obs_bucket", name).unwrap()
    }

    /// Sends a signed request of our own for an object, with success.
    async fn send(&self, method: &str, path: &str, query: &[(&str, &str)]) -> Response {
        let reply = self.try_send(method, path, query).await;
        assert!(reply.is_success(), "{reply:?}");
        reply
    }

    async fn try_send(&self, method: &str, path: &str, query: &[(&str, &str)]) -> Response {
        let mut request = Request {
            method: method.parse().unwrap(),
            scheme: "http".to_string(),
            authority: "127.0.0.1".to_string(),
            path: encode_path(path),
            query: query
                .iter()
                .map(|(k, v)| ((*k).to_string(), (*v).to_string()))
                .collect(),
            headers: Vec::new(),
            body: "data".into(),
        };
        let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        sign(&mut request, &Sim::credentials(), None, &date);
        raw_http::send(self.sim.endpoint(Service::Obs), &request).await.unwrap()
    }
}

fn rule(name: &str) -> Json {
    json!({
        "name": name, "enabled": true, "prefix": "orders/",
        "expiration": [{"days": 365, "date": null}],
        "transition": [
            {"days": 30, "date": null, "storage_class": "WARM"}, {"days": 60, "date": null, "storage_class": "COLD"},
        ],
        "noncurrent_version_expiration": [{"days": 7}],
        "noncurrent_version_transition": [{"days": 3, "storage_class": "WARM"}],
        "abort_incomplete_multipart_upload": [{"days": 1}],
    })
}

fn full() -> Json {
    json!({
        "bucket": "orders-lake", "acl": "public-read", "storage_class": "WARM", "tags": {"team": "data", "a": ""},
        "versioning": true, "quota": 1_000_000, "encryption": true, "kms_key_id": "k1", "kms_key_project_id": "p1",
        "multi_az": true, "enterprise_project_id": "e1", "lifecycle_rule": [rule("b"), rule("a")],
        "policy": r#"{"Statement": [{"Sid": "a & <b>", "Effect": "Allow"}]}"#,
        "logging": [{"target_bucket": "logs", "target_prefix": "orders/", "agency": "obs_logs"}],
        "cors_rule": [{
            "allowed_origins": ["https://*.example.com", "https://a"], "allowed_methods": ["PUT", "GET"],
            "allowed_headers": ["*"], "expose_headers": null, "max_age_seconds": 3000,
        }],
        "website": [{"index_document": "index.html", "error_document": "e.html", "redirect_all_requests_to": null,
            "routing_rules": r#"[{"Redirect": {"HostName": "a & <b>"}, "Condition": {"HttpErrorCodeReturnedEquals": "404"}}]"#}],
        "user_domain_names": ["data.example.com", "lake.example.com"],
        "kms_data_encryption": "SM4", "bucket_key_enabled": true,
    })
}

async fn live(world: &World) {
    let logs = world.create(&json!({"bucket": "logs"})).await;
    let planned = world.planned(&full());
    let made = world.create(&full()).await;
    world.check(&planned, &made);
    let read = world.read(&made).await.unwrap();
    assert_eq!(to_json(read.value()), to_json(made.value()), "read after create");
    let stored = world.bucket("orders-lake");
    assert_eq!(
        (&stored["region"], &stored["owner"]),
        (&json!("cn-north-4"), &json!(DOMAIN))
    );
    assert_eq!(stored["multi_az"], json!(true));
    assert_eq!(
        to_json(made.value())["bucket_domain_name"],
        "orders-lake.obs.cn-north-4.myhuaweicloud.com"
    );

    // What is there already is taken only when it is the same.
    assert_eq!(to_json(world.create(&full()).await.value()), to_json(made.value()));
    for (other, named) in [
        (json!({"versioning": false}), "versioning is true instead of false"),
        (json!({"tags": {}}), "tags is"),
        (json!({"logging": []}), "logging is"),
        (json!({"cors_rule": []}), "cors_rule is"),
        (json!({"website": []}), "website is"),
        (json!({"user_domain_names": []}), "user_domain_names is"),
        (json!({"bucket_key_enabled": null}), "bucket_key_enabled is"),
        (json!({"policy": r#"{"Statement": []}"#}), "policy is"),
        (json!({"lifecycle_rule": [rule("a")]}), "lifecycle_rule is"),
    ] {
        let refused = world.try_create(&with(&full(), other)).await.unwrap_err();
        assert!(
            matches!(&refused, DriverError::Conflict(r) if r.message.contains(named)),
            "{refused:?}"
        );
    }

    let changed = world
        .update(
            &read,
            json!({
                "acl": "public-read-write-delivered", "storage_class": "COLD", "tags": {"team": "ops"},
                "versioning": false, "quota": 0, "sse_algorithm": "AES256", "kms_key_id": null,
                "kms_key_project_id": null, "lifecycle_rule": [rule("c")], "policy": r#"{"Statement":[]}"#,
                "kms_data_encryption": null, "bucket_key_enabled": null,
                "user_domain_names": ["lake.example.com", "sea.example.com"],
                "website": [{"index_document": null, "error_document": null, "routing_rules": null,
                    "redirect_all_requests_to": "https://example.com/lake"}],
            }),
        )
        .await;
    let stored = world.bucket("orders-lake");
    assert_eq!(stored["versioning"], json!("Suspended"));
    assert_eq!(
        stored["encryption"],
        json!({"algorithm": "AES256", "kms_key": "", "project": "", "data": "", "bucket_key": false})
    );
    let bare = world
        .update(
            &changed,
            json!({
                "acl": "private", "tags": null, "encryption": false, "sse_algorithm": null, "lifecycle_rule": [],
                "policy": "", "logging": [], "cors_rule": [], "website": [], "user_domain_names": [],
            }),
        )
        .await;
    let stored = world.bucket("orders-lake");
    for part in ["encryption", "lifecycle", "policy", "logging", "cors", "website"] {
        assert_eq!(stored[part], Json::Null, "{part}");
    }
    assert_eq!((&stored["tags"], &stored["domains"]), (&json!([]), &json!([])));

    let identity = world.driver.identity(&world.session, "orders-lake").unwrap();
    let ty = world.schema.block.object_type();
    let identity = Known::new(from_json(&to_json(identity.value()), &ty).unwrap()).unwrap();
    let imported = to_json(world.read(&identity).await.unwrap().value());
    let local = json!({"force_destroy": null, "policy_format": null, "policy": null});
    assert_eq!(imported, with(&to_json(bare.value()), local), "import");
    assert!(world.driver.identity(&world.session, "").is_err());

    world.driver.delete(&world.session, &bare).await.unwrap();
    assert!(world.read(&bare).await.is_none(), "gone");
    world.driver.delete(&world.session, &bare).await.unwrap();
    world.driver.delete(&world.session, &logs).await.unwrap();
}

#[tokio::test]
async fn a_bucket_lives() {
    live(&world().await).await;
}

#[tokio::test]
async fn lost_replies_change_nothing() {
    live(&world_with(Sim::credentials(), true, None).await).await;
}

#[tokio::test]
async fn trouble_is_outlived() {
    let chaos = "seed=4,throttle=0.2,error_before=0.1,error_after=0.1,lost_after=0.1";
    let world = world_with(Sim::credentials(), false, Some(chaos)).await;
    live(&world).await;
    let faults = world.sim.faults();
    for fault in ["throttle", "error_before", "error_after", "lost_after"] {
        assert!(faults.keys().any(|f| f.ends_with(fault)), "no {fault} in {faults:?}");
    }
}

#[tokio::test]
async fn trouble_has_the_form_of_obs() {
    for (chaos, expected) in [
        ("seed=1,throttle=1", (503, "<Code>SlowDown</Code>")),
        ("seed=1,error_before=1", (500, "<Code>InternalError</Code>")),
    ] {
        let world = world_with(Sim::credentials(), false, Some(chaos)).await;
        let reply = world.try_send("GET", "/orders-lake", &[("acl", "")]).await;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(reply.status == expected.0 && text.contains(expected.1), "{reply:?}");
        // A reply to HEAD has no body.
        let reply = world.try_send("HEAD", "/orders-lake", &[]).await;
        assert_eq!((reply.status, reply.body.len()), (expected.0, 0));
    }
}

#[tokio::test]
async fn a_temporary_key_signs_with_its_token() {
    let mut temporary = Credentials {
        access_key: "TEMPORARY".to_string(),
        secret: Secret::new("temporary secret"),
        security_token: Some(Secret::new("the token")),
    };
    let world = world_with(temporary.clone(), false, None).await;
    let made = world.create(&json!({"bucket": "orders-lake"})).await;
    temporary.security_token = None;
    let without = ProviderConfig {
        credentials: Some(temporary),
        ..world.session.config().clone()
    };
    let refused = world.driver.read(&session(without, false), &made).await.unwrap_err();
    assert!(matches!(refused, DriverError::Denied(_)), "{refused:?}");
}

#[tokio::test]
async fn a_token_without_a_key_is_explained() {
    let world = world().await;
    let mut config = ProviderConfig {
        credentials: None,
        ..world.session.config().clone()
    };
    config.secrets.insert("token".to_string(), Secret::new("t"));
    let planned = world.planned(&json!({"bucket": "orders-lake"}));
    let refused = world
        .driver
        .create(&session(config, false), &planned)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused.error, DriverError::Denied(r)
            if r.message.contains("a token and no access key") && r.help.as_deref().unwrap().contains("access_key")),
        "{:?}",
        refused.error
    );
    assert!(world.sim.requests().is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_told_from_a_missing_permission() {
    let world = world().await;
    let made = world.create(&json!({"bucket": "orders-lake"})).await;
    for (key, secret, expected) in [
        ("SIMACCESSKEY0000", "wrong", "SignatureDoesNotMatch"),
        ("NOBODY", "wrong", "InvalidAccessKeyId"),
    ] {
        let config = ProviderConfig {
            credentials: Some(Credentials {
                access_key: key.to_string(),
                secret: Secret::new(secret),
                security_token: None,
            }),
            ..world.session.config().clone()
        };
        let denied = world.driver.read(&session(config, false), &made).await.unwrap_err();
        assert!(
            matches!(&denied, DriverError::Denied(r) if r.code.as_deref() == Some(expected)),
            "{denied:?}"
        );
    }
}

#[tokio::test]
async fn defaults_and_a_region_of_its_own() {
    let world = world().await;
    let config = json!({"bucket": "orders-lake", "region": "eu-de", "parallel_fs": true});
    let made = to_json(world.create(&config).await.value());
    for (name, expected) in [
        ("region", json!("eu-de")),
        ("acl", json!("private")),
        ("storage_class", json!("STANDARD")),
        ("parallel_fs", json!(true)),
        ("multi_az", json!(false)),
        ("enterprise_project_id", json!("0")),
        ("versioning", json!(false)),
        ("policy", Json::Null),
        ("tags", Json::Null),
        ("bucket_version", json!("3.0")),
    ] {
        assert_eq!(made[name], expected, "{name}");
    }
    let elsewhere = world
        .try_create(&with(&config, json!({"region": "eu-nl"})))
        .await
        .unwrap_err();
    assert!(
        matches!(&elsewhere, DriverError::Conflict(r) if r.message.contains("lies in region eu-de, not in eu-nl")),
        "{elsewhere:?}"
    );
}

#[tokio::test]
async fn the_enterprise_project_of_the_provider_is_used() {
    let world = world().await;
    let mut config = world.session.config().clone();
    config.settings.insert("enterprise_project_id".into(), "e9".into());
    let planned = world.planned(&json!({"bucket": "orders-lake"}));
    let made = world.driver.create(&session(config, false), &planned).await.unwrap();
    assert_eq!(to_json(made.value())["enterprise_project_id"], json!("e9"));
}

#[tokio::test]
async fn a_bucket_of_another_account_is_explained() {
    let world = world().await;
    let made = world.create(&json!({"bucket": "orders-lake"})).await;
    world
        .sim
        .patch_object("obs_bucket", "orders-lake", &json!({"owner": "another"}))
        .unwrap();
    let taken = world.try_create(&json!({"bucket": "orders-lake"})).await.unwrap_err();
    assert!(
        matches!(&taken, DriverError::Denied(r)
            if r.code.as_deref() == Some("AccessDenied") && r.help.as_deref().unwrap().contains("another account")),
        "{taken:?}"
    );
    // It was not created again, which the owner could do.
    assert_eq!(world.sim.requests().get("CreateBucket"), Some(&1));
    let denied = world.driver.read(&world.session, &made).await.unwrap_err();
    assert!(
        matches!(&denied, DriverError::Denied(r) if r.help.as_deref().unwrap().contains("another account")),
        "{denied:?}"
    );
}

#[tokio::test]
async fn permissions_from_outside_are_seen_and_taken_back() {
    let world = world().await;
    let made = world.create(&json!({"bucket": "orders-lake"})).await;
    let grants = json!({"grants": [{"grantee": "another", "permission": "READ"}]});
    world.sim.patch_object("obs_bucket", "orders-lake", &grants).unwrap();
    let read = world.read(&made).await.unwrap();
    assert_eq!(to_json(read.value())["acl"], json!("custom"));
    world.update(&read, json!({"acl": "private"})).await;
    assert_eq!(world.bucket("orders-lake")["grants"], json!([]));
}

#[tokio::test]
async fn a_full_bucket_goes_only_by_force_and_then_with_its_versions_and_uploads() {
    let world = world().await;
    for versioning in [false, true] {
        let config = json!({"bucket": "orders-lake", "versioning": versioning, "force_destroy": true});
        let mut made = world.create(&config).await;
        for n in 0..3 {
            let path = format!("/orders-lake/orders/part {n}+&ü.parquet");
            world.send("PUT", &path, &[]).await;
            world.send("PUT", &path, &[]).await;
        }
        world.send("DELETE", "/orders-lake/orders/part 1+&ü.parquet", &[]).await;
        world
            .send("POST", "/orders-lake/orders/half done", &[("uploads", "")])
            .await;
        if versioning {
            // Versions stay when no new ones are made.
            made = world.update(&made, json!({"versioning": false})).await;
        }
        let gentle = world.planned(&with(&to_json(made.value()), json!({"force_destroy": false})));
        let refused = world.driver.delete(&world.session, &gentle).await.unwrap_err();
        assert!(
            matches!(&refused, DriverError::Conflict(r) if r.code.as_deref() == Some("BucketNotEmpty") && r.help.is_some()),
            "{refused:?}"
        );
        world.driver.delete(&world.session, &made).await.unwrap();
        assert_eq!(world.sim.world().inventory(), "", "versioning: {versioning}");
    }
}

#[tokio::test]
async fn names_are_checked_by_the_cloud_too() {
    let world = world().await;
    for name in ["ab", "Orders", "orders..lake", "10.0.0.1", "-orders"] {
        let refused = world.try_create(&json!({ "bucket": name })).await.unwrap_err();
        assert_eq!(
            refused.reply().code.as_deref(),
            Some("InvalidBucketName"),
            "{name}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn the_data_source_reads_a_bucket_and_misses_one() {
    let world = world().await;
    world.create(&json!({"bucket": "logs"})).await;
    world.create(&full()).await;
    let registry = headworks::catalog::registry().unwrap();
    let schema = registry.data(TYPE).unwrap();
    let (_, driver) = data_catalogue().into_iter().find(|(n, _)| *n == TYPE).unwrap();
    let config = |name: &str| {
        let json = json!({ "bucket": name });
        Known::new(from_json(&json, &schema.block.object_type()).unwrap()).unwrap()
    };
    let read = driver.read(&world.session, &config("orders-lake")).await.unwrap();
    assert_eq!(read.value().ty(), schema.block.object_type());
    assert_eq!(
        to_json(read.value()),
        json!({
            "id": "orders-lake", "bucket": "orders-lake", "region": "cn-north-4", "storage_class": "WARM",
            "parallel_fs": false, "multi_az": true, "enterprise_project_id": "e1", "bucket_version": "3.0",
            "bucket_domain_name": "orders-lake.obs.cn-north-4.myhuaweicloud.com",
        })
    );
    let missing = driver.read(&world.session, &config("orders-sea")).await.unwrap_err();
    assert_eq!(missing.reply().code.as_deref(), Some("NoSuchBucket"));
}
