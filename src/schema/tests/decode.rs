//! Blocks to objects: types, dynamic blocks, values known later.

use super::{Nothing, Variables, resource, said, said_with, written};
use crate::base::json::to_json;
use crate::base::{Kind, Type, Value};
use crate::lang::EvalContext;
use crate::schema::decode;

fn decoded(type_name: &str, text: &str, vars: Value) -> Value {
    let schema = resource(type_name);
    let written = written(text);
    let scope = Variables(vars);
    let cx = EvalContext {
        scope: &scope,
        host: &Nothing,
    };
    let (value, diags) = decode(&schema.block, &written.block().body, &[], &cx);
    assert!(diags.is_empty(), "{diags:?}");
    assert_eq!(value.ty(), schema.block.object_type());
    value
}

const TABLE: &str = r#"resource "alicloud_ots_table" "t" {
  instance_name = "inst"
  table_name    = "orders"
  time_to_live  = "-1"
  max_version   = 1
  allow_update  = "true"
  primary_key {
    name = "first"
    type = "String"
  }
  dynamic "primary_key" {
    for_each = var.keys
    iterator = k
    content {
      name = "${k.key}-${k.value}"
      type = "Integer"
    }
  }
}
"#;

fn keys(value: Value) -> Value {
    Value::object_of([("keys", value)])
}

#[test]
fn values_are_converted_and_unset_ones_are_null() {
    let keys = keys(Value::list(Type::String, vec![Value::string("a"), Value::string("b")]));
    let value = decoded("alicloud_ots_table", TABLE, keys);
    assert_eq!(value.get("time_to_live"), Some(&Value::int(-1)));
    assert_eq!(value.get("allow_update"), Some(&Value::bool(true)));
    assert_eq!(value.get("sse_key_id"), Some(&Value::null(Type::String)));
    let names: Vec<_> = to_json(value.get("primary_key").expect("it is there"))
        .as_array()
        .expect("a list")
        .iter()
        .map(|k| k["name"].as_str().unwrap_or_default().to_string())
        .collect();
    assert_eq!(names, ["first", "0-a", "1-b"]);
    assert_eq!(value.get("defined_column").and_then(Value::elements), Some(&[][..]));
}

#[test]
fn dynamic_blocks_iterate_sets_maps_and_objects() {
    for (collection, want) in [
        (Value::set(Type::String, [Value::string("x")]), "x-x"),
        (
            Value::map(Type::String, [("k".into(), Value::string("v"))].into_iter().collect()),
            "k-v",
        ),
        (Value::object_of([("o", Value::int(7))]), "o-7"),
    ] {
        let value = decoded("alicloud_ots_table", TABLE, keys(collection));
        let items = value.get("primary_key").and_then(Value::elements).unwrap_or_default();
        let name = items.get(1).and_then(|i| i.get("name")).and_then(Value::as_str);
        assert_eq!(name, Some(want));
    }
}

#[test]
fn blocks_of_an_unknown_collection_are_unknown_together() {
    let value = decoded(
        "alicloud_ots_table",
        TABLE,
        keys(Value::unknown(Type::list(Type::String))),
    );
    let blocks = value.get("primary_key").expect("it is there");
    assert!(!blocks.is_known());
    assert!(matches!(&blocks.kind, Kind::Unknown(u) if u.not_null));
}

#[test]
fn marks_of_a_collection_stay_on_the_blocks_made_from_it() {
    let secret = Value::list(Type::String, vec![Value::string("a")]).sensitive();
    let value = decoded("alicloud_ots_table", TABLE, keys(secret));
    assert!(value.get("primary_key").is_some_and(Value::is_sensitive));
}

#[test]
fn wrong_types_are_reported_at_the_part_that_is_wrong() {
    let text = r#"resource "alicloud_oss_bucket" "b" {
  bucket        = ["lake"]
  force_destroy = "perhaps"
  tags          = { a = "x", b = ["y"] }
  lifecycle_rule {
    enabled = true
    expiration {
      days = "soon"
    }
  }
  dynamic "lifecycle_rule" {
    for_each = 5
    content {
      enabled = true
    }
  }
  dynamic "versioning" {
    for_each = ["Enabled", "Suspended"]
    content {
      status = versioning.value
    }
  }
}
"#;
    insta::assert_snapshot!(said(&resource("alicloud_oss_bucket"), text), @r#"
    error HW0210 at "[\"lake\"]": Incorrect attribute value type | Inappropriate value for attribute "bucket": string required. | expected a string
    error HW0210 at "\"perhaps\"": Incorrect attribute value type | Inappropriate value for attribute "force_destroy": a bool is required. | expected a bool
    error HW0210 at "{ a = \"x\", b = [\"y\"] }": Incorrect attribute value type | Inappropriate value for attribute "tags": element "b": string required. | expected a map of string
    error HW0210 at "\"soon\"": Incorrect attribute value type | Inappropriate value for attribute "days": a number is required. | expected a number
    error HW0211 at "5": Invalid dynamic for_each value | Cannot use a number value in for_each. An iterable collection is required.
    error HW0205 at "dynamic \"versioning\"": Too many versioning blocks | No more than 1 "versioning" blocks are allowed.
    "#);
}

#[test]
fn counts_of_dynamic_blocks_are_checked_when_they_are_known() {
    let schema = resource("alicloud_ots_delivery_task");
    let text = r#"resource "alicloud_ots_delivery_task" "t" {
  instance_name = "inst"
  table_name    = "orders"
  task_name     = "orders-oss"
  oss_bucket    = "lake"
  oss_endpoint  = "oss-cn-hangzhou.aliyuncs.com"
  oss_prefix    = "o/$yyyy"
  oss_sts_role  = "acs:ram::1:role/aliyunserviceroleforotsdatadelivery"
  dynamic "schema" {
    for_each = var.columns
    content {
      column_name     = schema.value
      oss_column_name = schema.value
      type            = "UTF8"
    }
  }
}
"#;
    let columns = |v: Value| Value::object_of([("columns", v)]);
    let none = columns(Value::tuple(Vec::new()));
    insta::assert_snapshot!(said_with(&schema, text, none, None), @r#"error HW0204 at "dynamic \"schema\"": Insufficient schema blocks | At least 1 "schema" blocks are required."#);
    let later = columns(Value::unknown(Type::Dynamic));
    assert_eq!(said_with(&schema, text, later, None), "");
}
