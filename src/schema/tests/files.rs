//! The schema files themselves: all are read, checked and documented.

use super::{FILES, registry};
use crate::schema::{Registry, docs};
use std::collections::BTreeSet;
use std::path::Path;

fn broken(name: &str, text: &str) -> String {
    let meta = FILES[0];
    let registry = Registry::builtin(&[meta, (name, text)]).expect("one block");
    let lines = registry.check().into_iter().filter_map(|d| d.detail);
    lines
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_schema_file_loads_and_obeys_the_schema_of_schemas() {
    let problems: Vec<_> = registry().check().into_iter().map(|d| d.detail).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_file_in_the_folder_is_under_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    let mut folders = vec![root.join("schemas")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "hcl") {
                let relative = path.strip_prefix(root).expect("below the root");
                found.insert(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let listed: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_string()).collect();
    assert_eq!(found, listed);
}

#[test]
fn types_are_found_by_name_and_kind() {
    let registry = registry();
    assert!(registry.resource("alicloud_oss_bucket").is_some());
    assert!(registry.resource("alicloud_caller_identity").is_none());
    assert!(registry.data("alicloud_ram_role").is_some());
    assert!(registry.data("terraform_data").is_none());
    assert!(registry.provider("alicloud").is_some());
    assert_eq!(
        registry.nearest_resource("alicloud_oss_buckets"),
        Some("alicloud_oss_bucket")
    );
    // A near name is not always the right one.
    for (elsewhere, here) in [
        ("huaweicloud_dms_kafka_smart_connect", "huaweicloud_dms_kafka_connector"),
        (
            "huaweicloud_dms_kafkav2_smart_connect_task",
            "huaweicloud_dms_kafka_smart_connect_task",
        ),
        ("opentelekomcloud_dis_dump_task_v2", "huaweicloud_dis_dump_task"),
    ] {
        assert_eq!(registry.nearest_resource(elsewhere), Some(here));
    }
}

#[test]
fn the_schema_of_schemas_finds_what_no_file_may_hold() {
    let text = r#"
resource "t" {
  provider = "p"
  sumary   = "Misspelt."
  identity = ["id"]

  attribute "id" {
    type = string
    mode = "calculated"
    doc  = "Id."
  }

  attribute "a" {
    type   = strin
    doc    = "A."
    colour = "red"
    secret = "maybe"
  }

  block "b" {
    doc = "B."
    rule "r" {
      condition = self.x
    }
  }
}
"#;
    insta::assert_snapshot!(broken("t.hcl", text), @r#"
    t.hcl:14: type must be string, number, bool, any, or list, set or map of one. This is a bug in headworks.
    t.hcl:16: Unsupported argument: An argument named "colour" is not expected here. This is a bug in headworks.
    t.hcl:17: secret must be a constant of type bool. This is a bug in headworks.
    t.hcl:20: Missing required argument: The argument "nesting" is required, but no definition was found. This is a bug in headworks.
    t.hcl:22: Missing required argument: The argument "message" is required, but no definition was found. This is a bug in headworks.
    t.hcl:22: Missing required argument: The argument "source" is required, but no definition was found. This is a bug in headworks.
    t.hcl:22: a rule needs a source. This is a bug in headworks.
    t.hcl:22: message is missing. This is a bug in headworks.
    t.hcl:2: summary is missing. This is a bug in headworks.
    t.hcl:4: Unsupported argument: An argument named "sumary" is not expected here. Did you mean "summary"? This is a bug in headworks.
    t.hcl:9: mode must be one of required, optional, computed, optional_computed. This is a bug in headworks.
    "#);
}

#[test]
fn the_reader_finds_what_does_not_fit_together() {
    let text = r#"
resource "t" {
  provider  = "p"
  summary   = "T."
  identity  = ["id", "nowhere"]

  timeouts {
    create = "soon"
  }

  attribute "a" {
    type    = string
    mode    = "required"
    default = "x"
    length  = [3, 1]
    doc     = "A."
  }

  attribute "b" {
    type          = number
    default       = "many"
    allowed       = [1, 2]
    value_aliases = { one = "1", three = "3" }
    doc           = "B."
    pattern {
      regex   = "("
      meaning = "round"
    }
  }

  effect "e" {
    on   = ["sometimes"]
    text = "It happens."
  }
}
"#;
    insta::assert_snapshot!(broken("t.hcl", text), @r#"
    t.hcl:11: only an optional attribute has a default. This is a bug in headworks.
    t.hcl:15: length must be [least, greatest], null for no bound. This is a bug in headworks.
    t.hcl:19: a constraint needs a source. This is a bug in headworks.
    t.hcl:19: value_aliases leads to 1, which is not allowed. This is a bug in headworks.
    t.hcl:19: value_aliases leads to 3, which is not allowed. This is a bug in headworks.
    t.hcl:21: default must be a constant of type number. This is a bug in headworks.
    t.hcl:25: regex: regex parse error:
        ^(?:()$
         ^
    error: unclosed group. This is a bug in headworks.
    t.hcl:2: identity names id, which is no attribute. This is a bug in headworks.
    t.hcl:2: identity names nowhere, which is no attribute. This is a bug in headworks.
    t.hcl:2: the attribute id is missing. This is a bug in headworks.
    t.hcl:31: on is missing. This is a bug in headworks.
    t.hcl:31: on: sometimes is no change. This is a bug in headworks.
    t.hcl:7: create = "soon" is no duration such as 10m. This is a bug in headworks.
    "#);
}

#[test]
fn a_file_without_a_block_and_a_type_twice_are_refused() {
    let one = "resource \"t\" {\n}\n";
    let error = Registry::builtin(&[("a.hcl", one), ("b.hcl", one), ("c.hcl", "x = 1\n")]).expect_err("three problems");
    let details: Vec<_> = error.into_iter().filter_map(|d| d.detail).collect();
    assert_eq!(details.len(), 2, "{details:?}");
    assert!(
        details[0].contains("a.hcl") && details[1].contains("c.hcl"),
        "{details:?}"
    );
}

#[test]
fn reference_pages_are_fresh() {
    let registry = registry();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let bless = std::env::var_os("HEADWORKS_BLESS").is_some();
    let mut pages: Vec<(String, String)> = Vec::new();
    for name in registry.resource_types() {
        let schema = registry.resource(name).expect("it loads");
        pages.push((format!("{name}.md"), docs::markdown(schema, &registry)));
    }
    for name in registry.data_types() {
        let schema = registry.data(name).expect("it loads");
        pages.push((format!("data_{name}.md"), docs::markdown(schema, &registry)));
    }
    for name in registry.providers() {
        let schema = registry.provider(name).expect("it loads");
        pages.push((format!("provider_{name}.md"), docs::markdown(schema, &registry)));
    }
    for (name, page) in &pages {
        let path = folder.join(name);
        if bless {
            std::fs::create_dir_all(&folder).expect("the folder can be made");
            std::fs::write(&path, page).expect("the page can be written");
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == *page,
            "docs/reference/{name} is stale: run the tests with HEADWORKS_BLESS=1"
        );
    }
    let known: BTreeSet<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    for entry in std::fs::read_dir(&folder).expect("the folder is there") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_string_lossy();
        assert!(known.contains(&*name), "docs/reference/{name} belongs to no schema");
    }
}

#[test]
fn machine_readable_schemas_have_the_form_of_terraform() {
    let registry = registry();
    let task = registry.resource("alicloud_ots_delivery_task").expect("it loads");
    let provider = registry.provider("alicloud").expect("it loads");
    let address = |name: &str| format!("registry.terraform.io/aliyun/{name}");
    let json = docs::json([&**task, &**provider], &address);
    assert_eq!(json["format_version"], "1.0");
    let ours = &json["provider_schemas"]["registry.terraform.io/aliyun/alicloud"];
    let block = &ours["resource_schemas"]["alicloud_ots_delivery_task"]["block"];
    assert_eq!(block["attributes"]["task_name"]["type"], "string");
    assert_eq!(block["attributes"]["task_name"]["required"], true);
    assert_eq!(block["attributes"]["sync_phase"]["computed"], true);
    assert_eq!(block["block_types"]["schema"]["nesting_mode"], "list");
    assert_eq!(block["block_types"]["schema"]["min_items"], 1);
    assert_eq!(ours["provider"]["block"]["attributes"]["secret_key"]["sensitive"], true);
}

#[test]
fn the_least_policy_lists_each_permission_once() {
    let registry = registry();
    let types: Vec<_> = ["alicloud_ots_table", "alicloud_ots_delivery_task"]
        .iter()
        .filter_map(|t| registry.resource(t))
        .map(|s| &**s)
        .collect();
    let json = docs::policy(&types, &registry, true);
    assert_eq!(
        json["Statement"][0]["Action"],
        serde_json::json!(["ots:DescribeDeliveryTask", "ots:DescribeTable", "ots:ListDeliveryTask"])
    );
}
