//! What schemas say beyond types: defaults, equality, effects on the data.

use super::{Nothing, resource};
use crate::base::{Type, Value};
use crate::schema::model::{Attribute, EffectOn};
use crate::schema::{data_effects, defaults, equal_in_meaning};
use std::time::Duration;

fn object(type_name: &str, set: &[(&str, Value)]) -> Value {
    let schema = resource(type_name);
    let attributes = schema.block.attributes.iter();
    let mut pairs: Vec<(String, Value)> = attributes
        .map(|(n, a)| (n.to_string(), Value::null(a.ty.clone())))
        .collect();
    for (name, value) in set {
        if let Some(pair) = pairs.iter_mut().find(|(n, _)| n == name) {
            pair.1 = value.clone();
        }
    }
    defaults(&schema.block, &Value::object_of(pairs))
}

fn effects(type_name: &str, on: EffectOn, prior: &Value, planned: &Value) -> Vec<(String, String)> {
    let schema = resource(type_name);
    let (found, diags) = data_effects(&schema, on, prior, planned, &Nothing);
    assert!(diags.is_empty(), "{diags:?}");
    found.into_iter().map(|e| (e.name.to_string(), e.text)).collect()
}

fn task(task_type: &str) -> Value {
    let set = [
        ("task_type", Value::string(task_type)),
        ("oss_bucket", Value::string("lake")),
        ("oss_prefix", Value::string("o/$yyyy")),
    ];
    object("alicloud_ots_delivery_task", &set)
}

#[test]
fn a_replaced_task_says_what_happens_to_the_data() {
    let ty = "alicloud_ots_delivery_task";
    let names = |on, prior: &Value, planned: &Value| -> Vec<String> {
        effects(ty, on, prior, planned)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    let (inc, base, both) = (task("INC"), task("BASE"), task("BASE_INC"));
    assert_eq!(names(EffectOn::Replace, &both, &both), ["full_again"]);
    assert_eq!(names(EffectOn::Replace, &inc, &inc), ["window_lost"]);
    assert_eq!(names(EffectOn::Replace, &base, &base), ["full_again", "base_ends"]);
    let gone = Value::null(Type::Dynamic);
    assert_eq!(names(EffectOn::Delete, &inc, &gone), ["delivery_stops"]);
    assert_eq!(names(EffectOn::Create, &gone, &inc), ["deletes_not_delivered"]);
    let text = &effects(ty, EffectOn::Replace, &both, &both)[0].1;
    assert!(text.contains("into lake/o/$yyyy"), "{text}");
}

#[test]
fn deleting_a_bucket_or_table_is_named_as_loss() {
    let gone = Value::null(Type::Dynamic);
    let bucket = object(
        "alicloud_oss_bucket",
        &[("bucket", Value::string("lake")), ("force_destroy", Value::bool(true))],
    );
    let found = effects("alicloud_oss_bucket", EffectOn::Delete, &bucket, &gone);
    assert!(found[0].1.contains("All objects in the bucket lake"), "{found:?}");
    let table = object("alicloud_ots_table", &[("table_name", Value::string("orders"))]);
    let found = effects("alicloud_ots_table", EffectOn::Delete, &table, &gone);
    assert!(found[0].1.contains("All rows of the table orders"), "{found:?}");
}

#[test]
fn every_effect_of_every_type_can_be_evaluated() {
    let registry = super::registry();
    for name in registry.resource_types() {
        let schema = resource(name);
        let texts = schema.block.attributes.iter().filter(|(_, a)| a.ty == Type::String);
        let texts: Vec<(&str, Value)> = texts.map(|(n, _)| (&**n, Value::string("x"))).collect();
        let empty = object(name, &texts);
        let gone = Value::null(Type::Dynamic);
        for (on, prior, planned) in [
            (EffectOn::Create, &gone, &empty),
            (EffectOn::Delete, &empty, &gone),
            (EffectOn::Replace, &empty, &empty),
        ] {
            effects(name, on, prior, planned);
        }
    }
    let table = |ttl: i64| {
        let set = [("time_to_live", Value::int(ttl)), ("max_version", Value::int(1))];
        object("alicloud_ots_table", &set)
    };
    let found = effects("alicloud_ots_table", EffectOn::Update, &table(-1), &table(86400));
    assert_eq!(
        found,
        [("rows_expire".into(), "Rows older than 86400 seconds disappear.".into())]
    );
    assert_eq!(
        effects("alicloud_ots_table", EffectOn::Update, &table(86400), &table(-1)),
        []
    );
}

#[test]
fn defaults_fill_what_is_unset_at_any_depth() {
    let schema = resource("alicloud_ots_delivery_task");
    let column = Value::object_of([
        ("column_name", Value::string("a")),
        ("encode", Value::null(Type::String)),
    ]);
    let config = Value::object_of([
        ("task_type", Value::null(Type::String)),
        ("format", Value::unknown(Type::String)),
        ("schema", Value::list(column.ty(), vec![column])),
        ("id", Value::null(Type::String)),
    ]);
    let filled = defaults(&schema.block, &config);
    assert_eq!(filled.get("task_type"), Some(&Value::string("BASE_INC")));
    assert!(filled.get("format").is_some_and(|f| !f.is_known()));
    assert!(filled.get("id").is_some_and(Value::is_null));
    let columns = filled.get("schema").and_then(Value::elements).unwrap_or_default();
    assert_eq!(columns[0].get("encode"), Some(&Value::string("PLAIN")));
}

#[test]
fn values_are_compared_by_meaning() {
    let role = resource("alicloud_ram_role");
    let json = &role.block.attributes["assume_role_policy_document"];
    let same = |a: &Attribute, x: &str, y: &str| equal_in_meaning(a, &Value::string(x), &Value::string(y).sensitive());
    assert!(same(json, r#"{"a":1,"b":[]}"#, "{ \"b\": [ ],\n \"a\": 1 }"));
    assert!(!same(json, r#"{"a":1}"#, r#"{"a":2}"#));
    assert!(!same(json, "no json", "nor this"));
    let task = resource("alicloud_ots_delivery_task");
    let arn = &task.block.attributes["oss_sts_role"];
    assert!(same(arn, "acs:ram::1:role/AliyunX", "acs:ram::1:role/aliyunx"));
    let prefix = &task.block.attributes["oss_prefix"];
    assert!(!same(prefix, "a", "A"));
    assert!(!equal_in_meaning(
        prefix,
        &Value::string("a"),
        &Value::unknown(Type::String)
    ));
}

#[test]
fn a_timeouts_block_changes_the_waiting_times() {
    let schema = resource("alicloud_ots_delivery_task");
    assert!(schema.block.blocks.contains_key("timeouts"));
    let object = Value::object_of([("timeouts", Value::object_of([("create", Value::string("1h30m"))]))]);
    let timeouts = schema.timeouts_of(&object);
    assert_eq!(timeouts.create, Duration::from_secs(5400));
    assert_eq!(timeouts.delete, Duration::from_secs(600));
}
