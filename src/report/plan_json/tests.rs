//! The shape of plan documents.

use super::*;
use crate::base::{AttrPath, SourceMap, Type};
use crate::lang::parse::parse_file;
use crate::report::samples::*;

fn document(plan: &Plan) -> Json {
    document_with(plan, None)
}

fn document_with(plan: &Plan, module: Option<&Module>) -> Json {
    let cx = PlanJsonContext {
        registry: &registry(),
        module,
        timestamp: "2026-03-01T12:00:00Z",
        version: "0.1.0",
        errored: false,
    };
    plan_json(plan, &cx)
}

#[test]
fn a_replacement_carries_masks_paths_and_reasons() {
    let mut change = replacement();
    let (prior, planned) = (change.prior.take(), change.planned.take());
    let secret = |v: Option<Value>| v.map(|v| with(v, "secret_key", Value::string("hunter2")));
    change.prior = secret(prior);
    change.planned = secret(planned);
    let found = document(&plan(vec![change]));
    assert!(!found.to_string().contains("hunter2"));
    let change = &found["resource_changes"][0];
    assert_eq!(change["address"], "sample_task.orders");
    assert_eq!(change["provider_name"], "registry.terraform.io/sample/sample");
    assert_eq!(change["action_reason"], "replace_because_cannot_update");
    assert_eq!(change["headworks"]["place"], "main.tf:3");
    assert_eq!(
        change["headworks"]["causes"],
        json!([{"path": ["prefix"], "replaces": true, "place": "main.tf:7"}])
    );
    assert_eq!(change["headworks"]["effects"][0]["warning"], true);
    let body = &change["change"];
    assert_eq!(body["actions"], json!(["delete", "create"]));
    assert_eq!(body["replace_paths"], json!([["prefix"]]));
    assert_eq!(body["after_unknown"], json!({"id": true, "phase": true, "schema": []}));
    assert_eq!(body["after_sensitive"], json!({"secret_key": true, "schema": []}));
    assert_eq!(body["before"]["id"], "hw:orders");
    assert_eq!(body["before"]["secret_key"], Json::Null);
    assert_eq!(body["after"]["prefix"], "orders_v2/");
    assert_eq!(body["after"].get("id"), None);
    let prior = &found["prior_state"]["values"]["root_module"]["resources"][0];
    assert_eq!(prior["schema_version"], 3);
    assert_eq!(prior["sensitive_values"], json!({"secret_key": true, "schema": []}));
    assert_eq!(
        found["planned_values"]["root_module"]["resources"][0]["values"]["prefix"],
        "orders_v2/"
    );
}

fn with(object: Value, name: &str, value: Value) -> Value {
    let mut entries = object.entries().cloned().unwrap_or_default();
    entries.insert(name.into(), value);
    Value::object(entries)
}

#[test]
fn creation_and_deletion_have_one_side() {
    let mut gone = change("sample_task.b[2]", Action::Delete, Some(orders(&[])), None);
    gone.deposed = Some("1a2b3c4d".into());
    let created = change("sample_task.a[\"x\"]", Action::Create, None, Some(orders(&[])));
    let found = document(&plan(vec![created, gone]));
    let (a, b) = (&found["resource_changes"][0], &found["resource_changes"][1]);
    assert_eq!((&a["index"], &b["index"]), (&json!("x"), &json!(2)));
    assert_eq!(
        (&a["change"]["before"], &b["change"]["after"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(a["change"]["before_sensitive"], false);
    assert_eq!(b["change"]["after_unknown"], json!({}));
    assert_eq!(b["deposed"], "1a2b3c4d");
    assert_eq!(
        found["planned_values"]["root_module"]["resources"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(
        found["prior_state"]["values"]["root_module"]["resources"][0]["deposed_key"],
        "1a2b3c4d"
    );
    assert_eq!(found["applyable"], true);
}

#[test]
fn outputs_variables_and_drift_hide_what_is_sensitive() {
    let plan = Plan {
        outputs: vec![
            OutputChange::new("dsn".into(), None, Some(Value::string("hunter2")), true),
            OutputChange::new(
                "later".into(),
                Some(Value::string("x")),
                Some(Value::unknown(Type::String)),
                false,
            ),
        ],
        variables: BTreeMap::from([
            ("endpoint".into(), Value::string("e")),
            ("password".into(), Value::string("hunter2").sensitive()),
        ]),
        drift: vec![Drift {
            addr: addr("sample_task.orders"),
            recorded: orders(&[("secret_key", Value::string("hunter2"))]),
            found: Some(orders(&[("interval", Value::int(1))])),
            paths: vec![AttrPath::attr("interval")],
        }],
        ..Plan::default()
    };
    let found = document(&plan);
    assert!(!found.to_string().contains("hunter2"));
    assert_eq!(
        found["output_changes"]["dsn"],
        json!({
            "actions": ["create"], "before": null, "after": null, "after_unknown": false,
            "before_sensitive": true, "after_sensitive": true,
        })
    );
    assert_eq!(
        found["output_changes"]["later"],
        json!({
            "actions": ["update"], "before": "x", "after_unknown": true, "before_sensitive": false, "after_sensitive": false,
        })
    );
    assert_eq!(found["planned_values"]["outputs"]["later"], json!({"sensitive": false}));
    assert_eq!(
        found["variables"],
        json!({"endpoint": {"value": "e"}, "password": {"value": null, "sensitive": true}})
    );
    let drift = &found["resource_drift"][0];
    assert_eq!(drift["change"]["actions"], json!(["update"]));
    assert_eq!(
        (
            &drift["change"]["before"]["interval"],
            &drift["change"]["after"]["interval"]
        ),
        (&json!(300), &json!(1))
    );
    assert_eq!(drift["headworks"]["paths"], json!([["interval"]]));
}

#[test]
fn the_configuration_names_references_and_no_values() {
    let text = r#"
        variable "password" {
          default   = "hunter2"
          sensitive = true
        }
        provider "sample" { token = var.password }
        resource "sample_task" "orders" {
          for_each = toset(["a"])
          name     = "hunter2-${each.key}"
          instance = sample_task.other.name
          schema { column = local.c }
          depends_on = [data.sample_role.r]
        }
        resource "sample_task" "other" {}
        data "sample_role" "r" {}
        locals { c = "c" }
        output "o" { value = sample_task.other.id }
    "#;
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf", text);
    let (body, diags) = parse_file(&sources, file);
    assert!(diags.is_empty(), "{diags:?}");
    let (module, diags) = crate::config::decode(vec![body]);
    assert!(!diags.has_errors(), "{diags:?}");
    let found = &document_with(&Plan::default(), Some(&module))["configuration"];
    assert!(!found.to_string().contains("hunter2"));
    assert_eq!(
        found["provider_config"],
        json!({"sample": {
            "name": "sample", "full_name": "registry.terraform.io/sample/sample",
            "expressions": {"token": {"references": ["var.password"]}},
        }})
    );
    let resources = &found["root_module"]["resources"];
    assert_eq!(resources[2]["address"], "data.sample_role.r");
    assert_eq!(
        resources[0],
        json!({
            "address": "sample_task.orders", "mode": "managed", "type": "sample_task", "name": "orders",
            "provider_config_key": "sample", "schema_version": 3,
            "depends_on": ["data.sample_role.r"],
            "expressions": {
                "name": {"references": ["each.key"]},
                "instance": {"references": ["sample_task.other.name", "sample_task.other"]},
                "schema": [{"column": {"references": ["local.c"]}}],
            },
        })
    );
    assert_eq!(
        found["root_module"]["variables"],
        json!({"password": {"sensitive": true}})
    );
    assert_eq!(
        found["root_module"]["outputs"]["o"],
        json!({"expression": {"references": ["sample_task.other.id", "sample_task.other"]}})
    );
}
