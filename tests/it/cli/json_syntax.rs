//! Configuration in JSON and override files, from the command line: what a plan makes of them, and where errors point.

use super::sandbox::Sandbox;
use serde_json::json;

const MAIN: &str = r#"{
  "//": "comments are properties",
  "terraform": {"required_version": "~> 1.11"},
  "variable": {"n": {"type": "number", "default": 2, "description": "how ${many}"}},
  "locals": {"text": "n=${var.n}%{ if var.n > 1 } many%{ endif } $${kept} \u00e9", "big": 123456789012345678901234567890.5},
  "resource": {"terraform_data": {
    "many": {"count": "${var.n}", "input": {"k-${count.index}": "${local.text}", "//": "kept"}},
    "each": [{"for_each": {"a": 1}, "input": "${each.value}", "depends_on": ["terraform_data.many"],
              "lifecycle": {"ignore_changes": "all", "replace_triggered_by": ["terraform_data.many[0]"]}}]
  }},
  "output": {"o": {"value": ["${local.big}", "${terraform_data.many[1].input}"]}}
}
"#;

#[test]
fn a_configuration_in_json_plans_as_the_same_in_native_syntax() {
    let sandbox = Sandbox::new();
    sandbox.write("main.tf.json", MAIN);
    sandbox.write("terraform.tfvars.json", "{\"//\": \"none\", \"n\": 3}");
    sandbox.headworks("plan -out=p").ok();
    let plan = sandbox.headworks("show -json p").ok().json();
    let changes = plan["resource_changes"].as_array().expect("changes");
    let addresses: Vec<&str> = changes.iter().filter_map(|c| c["address"].as_str()).collect();
    assert_eq!(addresses.len(), 4, "{addresses:?}");
    let text = "n=3 many ${kept} é";
    assert_eq!(
        plan["planned_values"]["outputs"]["o"]["value"][1],
        json!({"//": "kept", "k-1": text})
    );
    sandbox.headworks("apply -auto-approve").ok();
    sandbox.headworks("plan -detailed-exitcode").ok();
    let before = sandbox.headworks("fmt -check").ok();
    assert_eq!(before.out, "");
}

#[test]
fn nested_blocks_of_a_resource_are_written_as_objects_and_arrays() {
    let native = r#"
provider "alicloud" {
  region = "cn-hangzhou"
}
resource "alicloud_ots_table" "t" {
  instance_name = "inst"
  table_name    = "orders"
  time_to_live  = -1
  max_version   = 1
  primary_key {
    name = "first"
    type = "String"
  }
  dynamic "primary_key" {
    for_each = ["a", "b"]
    iterator = k
    content {
      name = "${k.value}-${k.key}"
      type = "Integer"
    }
  }
}
"#;
    let written = r#"{
  "provider": {"alicloud": {"region": "cn-hangzhou"}},
  "resource": {"alicloud_ots_table": {"t": {
    "instance_name": "inst", "table_name": "orders", "time_to_live": -1, "max_version": 1,
    "primary_key": [{"//": "the first", "name": "first", "type": "String"}],
    "dynamic": {"primary_key": {"for_each": ["a", "b"], "iterator": "k",
      "content": {"name": "${k.value}-${k.key}", "type": "Integer"}}}
  }}}
}"#;
    let planned = |name: &str, text: &str| {
        let sandbox = Sandbox::new();
        sandbox.write(name, text);
        sandbox.headworks("plan --sim -out=p").ok();
        sandbox.headworks("show -json p").ok().json()["resource_changes"][0]["change"].clone()
    };
    let found = planned("main.tf.json", written);
    assert_eq!(found, planned("main.tf", native));
    assert_eq!(found["after"]["primary_key"][2]["name"], "b-1");
}

#[test]
fn override_files_are_merged_in_the_order_of_their_names() {
    let sandbox = Sandbox::with(
        "resource \"terraform_data\" \"a\" {\n  input = 1\n  triggers_replace = 1\n}\noutput \"o\" {\n  value = [local.x, \
         terraform_data.a.input]\n}\nlocals {\n  x = 1\n}\n",
    );
    sandbox.write(
        "a_override.tf",
        "resource \"terraform_data\" \"a\" {\n  input = 2\n}\nlocals {\n  x = 2\n}\n",
    );
    sandbox.write(
        "override.tf.json",
        "{\"resource\": {\"terraform_data\": {\"a\": {\"input\": \"${1 + 2}\"}}}}",
    );
    sandbox.headworks("apply -auto-approve").ok();
    let outputs = sandbox.headworks("output -json").ok().json();
    assert_eq!(outputs["o"]["value"], json!([2, 3]));

    sandbox.write("b_override.tf", "output \"none\" {\n  value = 1\n}\n");
    let refused = sandbox.headworks("validate").fails();
    refused
        .says("Missing base output definition to override")
        .says("b_override.tf:1");
}

#[test]
fn errors_in_json_point_into_the_strings() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "main.tf.json",
        "{\n  \"output\": {\n    \"o\": {\"value\": \"\\u00e9 ${local.none}\"},\n    \"p\": {\n    }\n  }\n}\n",
    );
    let report = sandbox.headworks("validate -json").fails().json();
    let places: Vec<(u64, u64)> = report["diagnostics"]
        .as_array()
        .expect("diagnostics")
        .iter()
        .map(|d| {
            let start = &d["range"]["start"];
            (
                start["line"].as_u64().unwrap_or(0),
                start["column"].as_u64().unwrap_or(0),
            )
        })
        .collect();
    assert_eq!(places, [(3, 30), (5, 5)]);
    sandbox.write(
        "main.tf.json",
        "{\n  \"output\": {\n    \"o\": {\"value\": \"\\u00e9 ${local.none}\"}\n  }\n}\n",
    );
    let report = sandbox.headworks("validate -json").fails().json();
    assert_eq!(report["diagnostics"][0]["range"]["start"]["column"], 30);
}

#[test]
fn a_broken_variables_file_in_json_is_reported_where_it_breaks() {
    let sandbox = Sandbox::with("variable \"a\" {}\n");
    sandbox.write("terraform.tfvars.json", "{\n  \"a\": 1,\n}\n");
    let refused = sandbox.headworks("plan").fails();
    refused.says("Trailing comma in object").says("terraform.tfvars.json:2");
}

#[test]
fn settings_of_terraform_blocks_are_checked_as_terraform_does() {
    for (text, wanted) in [
        ("required_version = \"~> 1.10.0\"", "Unsupported Terraform Core version"),
        (
            "required_version = \">= 1.11.0-rc1\"",
            "Invalid required_version constraint",
        ),
        ("required_version = \"latest\"", "Invalid version constraint"),
        ("language = TF2023", "Unsupported language edition"),
        ("language = \"TF2021\"", "Invalid language edition"),
        ("experiments = [x]", "Module uses experimental features"),
        (
            "backend \"local\" {}\n  backend \"local\" {}",
            "Duplicate backend configuration",
        ),
        (
            "backend \"local\" {}\n  cloud {}",
            "Both a backend and cloud configuration are present",
        ),
        ("cloud {}\n  cloud {}", "Duplicate HCP Terraform configurations"),
        (
            "required_providers {}\n  required_providers {}",
            "Duplicate required providers configuration",
        ),
        ("required_providers {\n    a = \"x\"\n  }", "Invalid version constraint"),
        (
            "required_providers {\n    a = []\n  }",
            "Invalid required_providers object",
        ),
        (
            "required_providers {\n    a = { sauce = \"x\" }\n  }",
            "Invalid required_providers object",
        ),
        (
            "required_providers {\n    a = { source = \"a/b/c/d\" }\n  }",
            "Invalid provider source string",
        ),
        (
            "required_providers {\n    a = { source = \"a b/c\" }\n  }",
            "Invalid provider namespace",
        ),
        ("required_providers {\n    a = { source = 5 }\n  }", "Invalid source"),
        (
            "required_providers {\n    a = { version = 5 }\n  }",
            "Invalid version constraint",
        ),
        (
            "required_providers {\n    a_b = { source = \"a/b\" }\n  }",
            "Invalid provider local name",
        ),
        (
            "required_providers {\n    a = { configuration_aliases = [b.c] }\n  }",
            "Invalid configuration_aliases value",
        ),
    ] {
        let sandbox = Sandbox::with(&format!("terraform {{\n  {text}\n}}\n"));
        sandbox.headworks("validate").fails().says(wanted);
    }
    let good = "terraform {\n  required_version = \">= 1.0, != 1.11.3, ~> 1.11\"\n  language = TF2021\n  required_providers {\n    \
                alicloud = { source = \"aliyun/alicloud\", version = \"~> 1.2\" }\n  }\n  backend \"local\" {}\n}\n";
    Sandbox::with(good).headworks("validate").ok();
}

#[test]
fn the_provider_of_built_in_types_may_be_named() {
    let text = "provider \"terraform\" {\n  alias = \"x\"\n}\nresource \"terraform_data\" \"a\" {\n  provider = terraform.x\n}\n";
    let sandbox = Sandbox::with(text);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox.headworks("plan -detailed-exitcode").ok();
    sandbox.edit("terraform.x", "\"terraform.x\"");
    sandbox.headworks("validate").ok();
}
