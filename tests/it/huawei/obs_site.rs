//! Settings of an OBS bucket that need more than one call of its own: the S3 dialect, a site, an enterprise project, names
//! that another bucket has.

use super::obs_life::{World, world};
use headworks::base::Known;
use headworks::base::json::{from_json, to_json};
use headworks::driver::DriverError;
use headworks::schema::ResourceSchema;
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn field(object: &Known, name: &str) -> Json {
    to_json(object.value())[name].clone()
}

fn schema() -> Arc<ResourceSchema> {
    let registry = headworks::catalog::registry().unwrap();
    Arc::clone(registry.resource("huaweicloud_obs_bucket").unwrap())
}

async fn imported(world: &World, id: &str) -> Known {
    let identity = world.driver.identity(&world.session, id).unwrap();
    let whole = from_json(&to_json(identity.value()), &schema().block.object_type()).unwrap();
    world.read(&Known::new(whole).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_bucket_for_logs_is_known_by_the_s3_dialect() {
    let world = world().await;
    let made = world
        .create(&json!({"bucket": "logs", "acl": "log-delivery-write"}))
        .await;
    assert_eq!(field(&made, "acl"), "log-delivery-write");
    assert_eq!(field(&imported(&world, "logs").await, "acl"), "log-delivery-write");
    let closed = world.update(&made, json!({"acl": "private"})).await;
    assert_eq!(field(&imported(&world, "logs").await, "acl"), "private");
    let open = world.update(&closed, json!({"acl": "log-delivery-write"})).await;
    assert_eq!(world.bucket("logs")["acl"], "log-delivery-write");
    // Somebody else changes it.
    let mut stored = world.bucket("logs");
    stored["acl"] = json!("public-read");
    world.sim.put_object("obs_bucket", "logs", stored).unwrap();
    assert_eq!(field(&world.read(&open).await.unwrap(), "acl"), "public-read");
}

#[tokio::test]
async fn a_policy_of_s3_is_put_and_read_in_that_dialect() {
    let world = world().await;
    let policy = r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}}]}"#;
    let config = json!({"bucket": "orders-lake", "policy": policy, "policy_format": "s3"});
    let made = world.create(&config).await;
    let read = imported(&world, "orders-lake/s3").await;
    assert_eq!(
        (field(&read, "policy_format"), field(&read, "bucket")),
        (json!("s3"), json!("orders-lake"))
    );
    assert!(!field(&read, "policy").is_null());
    let none = world.update(&made, json!({"policy": ""})).await;
    assert_eq!(field(&none, "policy"), "");
    assert!(world.driver.identity(&world.session, "/s3").is_err());
}

#[tokio::test]
async fn a_parallel_file_system_is_encrypted_from_the_beginning() {
    let world = world().await;
    let config = json!({
        "bucket": "posix", "parallel_fs": true, "encryption": true, "sse_algorithm": "kms", "kms_key_id": "k1",
        "bucket_key_enabled": true,
    });
    let made = world.create(&config).await;
    let read = world.read(&made).await.unwrap();
    assert_eq!(to_json(read.value()), to_json(made.value()));
    let requests = world.sim.requests();
    assert_eq!(
        (requests.get("CreateBucket"), requests.get("PutBucketEncryption")),
        (Some(&1), None)
    );
    let changed = world.update(&made, json!({"kms_key_id": "k2"})).await;
    assert_eq!(world.bucket("posix")["encryption"]["kms_key"], "k2");
    assert_eq!(field(&changed, "bucket_key_enabled"), json!(true));
}

#[tokio::test]
async fn a_name_of_another_bucket_is_refused_and_the_others_are_told() {
    let world = world().await;
    world
        .create(&json!({"bucket": "first", "user_domain_names": ["b.example.com"]}))
        .await;
    let made = world.create(&json!({"bucket": "second"})).await;
    let target = world.planned(&json!({"bucket": "second", "user_domain_names": ["a.example.com", "b.example.com"]}));
    let failure = world.driver.update(&world.session, &made, &target).await.unwrap_err();
    assert!(
        matches!(&failure.error, DriverError::Rejected(r) if r.help.as_deref().unwrap().contains("another bucket")),
        "{:?}",
        failure.error
    );
    let partial = failure.partial.unwrap();
    assert_eq!(field(&partial, "user_domain_names"), json!(["a.example.com"]));
    // Names that nothing is said of stay.
    let left = world
        .update(&partial, json!({"user_domain_names": null, "quota": 5}))
        .await;
    assert_eq!(field(&left, "user_domain_names"), json!(["a.example.com"]));
}

#[tokio::test]
async fn a_bucket_moves_to_another_enterprise_project() {
    let world = world().await;
    let made = world
        .create(&json!({"bucket": "orders-lake", "enterprise_project_id": "e1"}))
        .await;
    let moved = world.update(&made, json!({"enterprise_project_id": "0"})).await;
    assert_eq!(world.bucket("orders-lake")["enterprise_project_id"], "0");
    let nowhere = world.planned(&json!({"bucket": "orders-lake", "enterprise_project_id": "nowhere"}));
    let refused = world.driver.update(&world.session, &moved, &nowhere).await.unwrap_err();
    assert_eq!(refused.error.reply().operation, "MigrateResource");
}

#[tokio::test]
async fn a_site_is_told_at_creation_and_kept() {
    let world = world().await;
    let config = json!({"bucket": "orders-lake", "ies_location": "az-of-my-site"});
    let made = world.create(&config).await;
    assert_eq!(world.bucket("orders-lake")["site"], "az-of-my-site");
    assert_eq!(
        field(&world.read(&made).await.unwrap(), "ies_location"),
        "az-of-my-site"
    );
}

#[tokio::test]
async fn what_is_stored_is_counted() {
    let world = world().await;
    let made = world.create(&json!({"bucket": "orders-lake"})).await;
    assert_eq!(field(&made, "storage_info"), json!([{"size": 0, "object_number": 0}]));
}

#[tokio::test]
async fn a_wrong_website_is_refused_by_obs_too() {
    let world = world().await;
    for (website, sent) in [
        (json!([{"index_document": "a/b.html"}]), true),
        (json!([{"error_document": "e.html"}]), true),
        (
            json!([{"index_document": "i.html", "routing_rules": "[{\"Redirect\": {\"Port\": \"1\"}}]"}]),
            false,
        ),
    ] {
        let before = world
            .sim
            .requests()
            .get("PutBucketWebsite")
            .copied()
            .unwrap_or_default();
        let refused = world
            .try_create(&json!({"bucket": "site", "website": website}))
            .await
            .unwrap_err();
        assert!(matches!(refused, DriverError::Rejected(_)), "{refused:?}");
        let after = world
            .sim
            .requests()
            .get("PutBucketWebsite")
            .copied()
            .unwrap_or_default();
        assert_eq!(after > before, sent, "{website}");
        let made = world.planned(&json!({"bucket": "site"}));
        world.driver.delete(&world.session, &made).await.unwrap();
    }
}
