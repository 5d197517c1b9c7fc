//! The state as JSON in the shape of Terraform's `show -json` (state format 1.0), and as text. Sensitive values are null
//! in it, with their masks beside them.

use super::layout::{clean, wrap};
use super::output::output_json;
use super::redact::{mark_secrets, sensitive_mask, visible_json};
use super::style::{Paint, Style};
use super::{TERRAFORM_VERSION, diff};
use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr, ResourceMode, Str, Value};
use crate::config::ProviderKey;
use crate::plan::Prior;
use crate::schema::{Registry, ResourceSchema};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// What a state holds.
#[derive(Clone, Copy)]
pub struct StateView<'a> {
    /// The objects, sorted by address.
    pub resources: &'a [Prior],
    /// The outputs by name, marked where sensitive.
    pub outputs: &'a BTreeMap<Str, Value>,
    /// What is known of the types.
    pub registry: &'a Registry,
}

/// The whole state.
pub fn state_json(view: &StateView<'_>) -> Json {
    let mut out = json!({"format_version": "1.0"});
    if !view.resources.is_empty() || !view.outputs.is_empty() {
        out["terraform_version"] = TERRAFORM_VERSION.into();
        out["values"] = values_json(view);
    }
    out
}

/// Outputs and resources, as state and plan documents have them under `values` and `prior_state`.
fn values_json(view: &StateView<'_>) -> Json {
    let needs = needs(view.resources);
    let json = |r: &Prior| {
        let resource = resource_json(r, &all_needed(r, &needs), view.registry);
        (r.addr.resource.module.clone(), resource)
    };
    let mut out = json!({"root_module": modules_json(view.resources.iter().map(json))});
    if !view.outputs.is_empty() {
        out["outputs"] = output_json(view.outputs, false);
    }
    out
}

/// Resources with their modules as the root module that holds them all, each module within the one that calls it. Sorted by
/// address as text.
pub(super) fn modules_json(resources: impl IntoIterator<Item = (ModulePath, Json)>) -> Json {
    #[derive(Default)]
    struct Level {
        resources: Vec<Json>,
        children: BTreeMap<String, Level>,
    }

    fn json(level: Level, address: Option<String>) -> Json {
        let mut out = json!({});
        if let Some(address) = address {
            out["address"] = address.into();
        }
        if !level.resources.is_empty() {
            let mut resources = level.resources;
            let order = |r: &Json| {
                let text = |key: &str| r[key].as_str().unwrap_or_default().to_string();
                (text("address"), text("deposed_key"))
            };
            resources.sort_by_cached_key(order);
            out["resources"] = resources.into();
        }
        if !level.children.is_empty() {
            let children = level.children.into_iter();
            out["child_modules"] = children.map(|(address, child)| json(child, Some(address))).collect();
        }
        out
    }

    let mut root = Level::default();
    for (module, resource) in resources {
        let mut level = &mut root;
        for calls in 1..=module.0.len() {
            let address = module.prefix(calls).to_string();
            level = level.children.entry(address).or_default();
        }
        level.resources.push(resource);
    }
    json(root, None)
}

/// What the objects of each block need by themselves. Blocks have no keys of modules here, as in what is recorded.
fn needs(resources: &[Prior]) -> BTreeMap<ResourceAddr, BTreeSet<ResourceAddr>> {
    let mut out: BTreeMap<ResourceAddr, BTreeSet<ResourceAddr>> = BTreeMap::new();
    for prior in resources {
        let needed = prior.dependencies.iter().map(ResourceAddr::unkeyed);
        out.entry(prior.addr.resource.unkeyed()).or_default().extend(needed);
    }
    out
}

/// All that an object needs, also through others, as Terraform records it; sorted as text.
fn all_needed(prior: &Prior, needs: &BTreeMap<ResourceAddr, BTreeSet<ResourceAddr>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<ResourceAddr> = prior.dependencies.iter().map(ResourceAddr::unkeyed).collect();
    while let Some(addr) = open.pop() {
        if found.insert(addr.to_string()) {
            open.extend(needs.get(&addr).into_iter().flatten().cloned());
        }
    }
    found
}

/// One object.
pub(super) fn resource_json(prior: &Prior, needed: &BTreeSet<String>, registry: &Registry) -> Json {
    let schema = schema_of(&prior.addr, registry);
    let value = match schema {
        Some(schema) => mark_secrets(&prior.value, &schema.block),
        None => prior.value.clone(),
    };
    let mut out = address_json(&prior.addr);
    out.insert("provider_name".into(), provider_name(&prior.provider).into());
    out.insert("schema_version".into(), schema.map_or(0, |s| s.version).into());
    out.insert("values".into(), visible_json(&value));
    out.insert("sensitive_values".into(), sensitive_mask(&value));
    if !needed.is_empty() {
        out.insert("depends_on".into(), json!(needed));
    }
    if prior.tainted {
        out.insert("tainted".into(), true.into());
    }
    if let Some(key) = &prior.deposed {
        out.insert("deposed_key".into(), key.to_string().into());
    }
    Json::Object(out)
}

/// The schema of an address's type.
pub(super) fn schema_of<'a>(addr: &InstanceAddr, registry: &'a Registry) -> Option<&'a Arc<ResourceSchema>> {
    match addr.resource.mode {
        ResourceMode::Managed => registry.resource(&addr.resource.type_name),
        ResourceMode::Data => registry.data(&addr.resource.type_name),
    }
}

/// The address with its parts, as every resource in a document begins. Changes also have the address of the module.
pub(super) fn address_json(addr: &InstanceAddr) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("address".into(), addr.to_string().into());
    let mode = match addr.resource.mode {
        ResourceMode::Managed => "managed",
        ResourceMode::Data => "data",
    };
    out.insert("mode".into(), mode.into());
    out.insert("type".into(), addr.resource.type_name.to_string().into());
    out.insert("name".into(), addr.resource.name.to_string().into());
    match &addr.key {
        InstanceKey::None => {}
        InstanceKey::Index(i) => {
            out.insert("index".into(), (*i).into());
        }
        InstanceKey::Key(k) => {
            out.insert("index".into(), k.to_string().into());
        }
    }
    out
}

/// The full name of a provider. All are built in; `terraform` has the name that Terraform gives it.
pub(super) fn provider_name(provider: &ProviderKey) -> String {
    provider_address(&provider.name)
}

/// The source address under which Terraform and the tools around it know a provider.
pub fn provider_address(name: &str) -> String {
    match name {
        "terraform" => "terraform.io/builtin/terraform".to_string(),
        "alicloud" => "registry.terraform.io/aliyun/alicloud".to_string(),
        other => format!("registry.terraform.io/{other}/{other}"),
    }
}

/// One object of the state in the form of configuration, with nothing hidden but what is sensitive.
pub fn state_show_text(prior: &Prior, registry: &Registry, style: &Style) -> String {
    let schema = schema_of(&prior.addr, registry);
    let mut out = String::new();
    let mut title = format!("# {}", clean(&prior.addr.to_string()));
    if let Some(key) = &prior.deposed {
        let _ = write!(title, " (deposed object {})", clean(key));
    }
    if prior.tainted {
        title.push_str(" (tainted: the next plan replaces it)");
    }
    let _ = writeln!(out, "{}", style.paint(Paint::Strong, &title));
    let kind = match prior.addr.resource.mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
    };
    let _ = writeln!(
        out,
        "{kind} \"{}\" \"{}\" {{",
        prior.addr.resource.type_name, prior.addr.resource.name
    );
    out.push_str(&diff::whole_object(&prior.value, schema.map(|s| &*s.block), style));
    out.push_str("}\n");
    if !prior.dependencies.is_empty() {
        let needed: Vec<String> = prior.dependencies.iter().map(ToString::to_string).collect();
        out.push_str(&wrap("# needs ", &needed.join(", "), style.width));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{addr, orders, registry, schema_blocks, strings};

    fn sample() -> Vec<Prior> {
        let provider = ProviderKey {
            name: "sample".into(),
            alias: Some("beijing".into()),
        };
        let one = Prior {
            addr: addr("sample_task.orders[\"a\"]"),
            deposed: None,
            provider,
            value: orders(&[
                ("secret_key", Value::string("hunter2")),
                ("columns", strings(&["id"])),
                ("tags", Value::string("hunter2").sensitive()),
                ("content", Value::string("{\"a\": [1, {\"b\": null}]}")),
                ("sql", Value::string("select 1\nfrom x\n")),
                ("schema", schema_blocks(&[("id", "ID")])),
            ]),
            tainted: false,
            adopted: false,
            dependencies: vec![addr("sample_task.other").resource],
        };
        let two = Prior {
            addr: addr("sample_task.other"),
            deposed: Some("1a2b3c4d".into()),
            tainted: true,
            dependencies: vec![],
            ..one.clone()
        };
        vec![one, two]
    }

    #[test]
    fn the_state_has_the_shape_of_terraform_without_secrets() {
        let outputs = BTreeMap::from([("o".into(), Value::string("hunter2").sensitive())]);
        let resources = sample();
        let registry = registry();
        let found = state_json(&StateView {
            resources: &resources,
            outputs: &outputs,
            registry: &registry,
        });
        assert!(!found.to_string().contains("hunter2"));
        let first = &found["values"]["root_module"]["resources"][0];
        assert_eq!(
            (&first["index"], &first["schema_version"], &first["depends_on"]),
            (&json!("a"), &json!(3), &json!(["sample_task.other"]))
        );
        assert_eq!(
            first["sensitive_values"],
            json!({"secret_key": true, "tags": true, "columns": [false], "schema": [{}]})
        );
        assert_eq!(found["values"]["root_module"]["resources"][1]["tainted"], true);
        assert_eq!(
            found["values"]["outputs"]["o"],
            json!({"sensitive": true, "type": "string", "value": null})
        );
        let empty = state_json(&StateView {
            resources: &[],
            outputs: &BTreeMap::new(),
            registry: &registry,
        });
        assert_eq!(empty, json!({"format_version": "1.0"}));
    }

    #[test]
    fn modules_stand_within_the_modules_that_call_them() {
        let of = |text: &str| (addr(text).resource.module, json!({"address": text}));
        let found = modules_json([
            of("module.b.x.y"),
            of("module.a[\"k\"].module.c.x.y"),
            of("x.y"),
            of("module.a[\"k\"].x.z"),
        ]);
        assert_eq!(
            found,
            json!({
                "resources": [{"address": "x.y"}],
                "child_modules": [
                    {
                        "address": "module.a[\"k\"]",
                        "resources": [{"address": "module.a[\"k\"].x.z"}],
                        "child_modules": [{
                            "address": "module.a[\"k\"].module.c",
                            "resources": [{"address": "module.a[\"k\"].module.c.x.y"}],
                        }],
                    },
                    {"address": "module.b", "resources": [{"address": "module.b.x.y"}]},
                ],
            })
        );
    }

    #[test]
    fn one_object_reads_like_configuration() {
        let resources = sample();
        insta::assert_snapshot!(state_show_text(&resources[0], &registry(), &Style::default()), @r#"
        # sample_task.orders["a"]
        resource "sample_task" "orders" {
          id         = "hw:orders"
          instance   = "hw"
          name       = "orders"
          prefix     = "orders/"
          interval   = 300
          content    = jsonencode({
            a = [
              1,
              { b = null },
            ]
          })
          sql        = <<-EOT
            select 1
            from x
          EOT
          columns    = ["id"]
          tags       = (sensitive)
          secret_key = (sensitive)
          phase      = "FULL"
          schema {
            column = "id"
            target = "ID"
          }
        }
        # needs sample_task.other
        "#);
    }
}
