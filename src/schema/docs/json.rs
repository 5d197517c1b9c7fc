//! Schemas in the form of `terraform providers schema -json`, and the least policy for a set of types.

use crate::base::json::type_to_json;
use crate::schema::Registry;
use crate::schema::model::{Attribute, BlockSchema, Mode, NestedBlock, Nesting, ResourceSchema, SchemaKind};
use serde_json::{Map, Value as Json, json as object};
use std::collections::BTreeMap;

/// All given schemas as one document with `format_version` 1.0, as Terraform's documentation of its JSON output
/// describes it. `address` gives the source address of a provider, such as `registry.terraform.io/aliyun/alicloud`.
pub fn json<'a>(schemas: impl IntoIterator<Item = &'a ResourceSchema>, address: &dyn Fn(&str) -> String) -> Json {
    let mut providers: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    for schema in schemas {
        let provider = providers.entry(address(&schema.provider)).or_default();
        let part = match schema.kind {
            SchemaKind::Provider => {
                provider.insert("provider".into(), type_json(schema));
                continue;
            }
            SchemaKind::Resource => "resource_schemas",
            SchemaKind::Data => "data_source_schemas",
        };
        let part = provider.entry(part).or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(part) = part {
            part.insert(schema.type_name.to_string(), type_json(schema));
        }
    }
    object!({ "format_version": "1.0", "provider_schemas": providers })
}

/// One type: its version and block.
pub fn type_json(schema: &ResourceSchema) -> Json {
    let mut block = block_json(&schema.block);
    block.insert("description".into(), schema.summary.as_str().into());
    block.insert("description_kind".into(), "plain".into());
    if schema.deprecated.is_some() {
        block.insert("deprecated".into(), true.into());
    }
    object!({ "version": schema.version, "block": block })
}

fn block_json(schema: &BlockSchema) -> Map<String, Json> {
    let mut out = Map::new();
    if !schema.attributes.is_empty() {
        let attributes = schema.attributes.iter();
        let attributes: Map<String, Json> = attributes.map(|(n, a)| (n.to_string(), attribute_json(a))).collect();
        out.insert("attributes".into(), Json::Object(attributes));
    }
    if !schema.blocks.is_empty() {
        let blocks = schema.blocks.iter();
        let blocks: Map<String, Json> = blocks.map(|(n, b)| (n.to_string(), nested_json(b))).collect();
        out.insert("block_types".into(), Json::Object(blocks));
    }
    out
}

fn attribute_json(attribute: &Attribute) -> Json {
    let mut out = Map::new();
    out.insert("type".into(), type_to_json(&attribute.ty));
    if !attribute.doc.is_empty() {
        out.insert("description".into(), attribute.doc.as_str().into());
        out.insert("description_kind".into(), "markdown".into());
    }
    let flags = [
        ("required", attribute.mode == Mode::Required),
        (
            "optional",
            matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
        ),
        (
            "computed",
            matches!(attribute.mode, Mode::Computed | Mode::OptionalComputed),
        ),
        ("sensitive", attribute.secret),
        ("deprecated", attribute.deprecated.is_some()),
    ];
    for (name, set) in flags {
        if set {
            out.insert(name.into(), true.into());
        }
    }
    Json::Object(out)
}

fn nested_json(nested: &NestedBlock) -> Json {
    let mut block = block_json(&nested.block);
    block.insert("description".into(), nested.doc.as_str().into());
    block.insert("description_kind".into(), "markdown".into());
    if nested.deprecated.is_some() {
        block.insert("deprecated".into(), true.into());
    }
    let mut out = Map::new();
    let mode = match nested.nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
        Nesting::Set => "set",
    };
    out.insert("nesting_mode".into(), mode.into());
    out.insert("block".into(), Json::Object(block));
    if nested.min > 0 {
        out.insert("min_items".into(), nested.min.into());
    }
    if let (Some(max), Nesting::List | Nesting::Set) = (nested.max, nested.nesting) {
        out.insert("max_items".into(), max.into());
    }
    Json::Object(out)
}

/// The least policy that allows the calls of all given types of one cloud; with `read_only`, those of plan and drift alone.
/// Version 1 demands a resource; where 1.1 names none, all are meant.
pub fn policy(schemas: &[&ResourceSchema], registry: &Registry, read_only: bool) -> Json {
    let provider = schemas.first().and_then(|s| registry.provider(&s.provider));
    let version = provider.and_then(|p| p.policy_version.as_deref()).unwrap_or("1");
    let mut actions: Vec<&str> = schemas
        .iter()
        .flat_map(|s| s.api.iter())
        .filter(|call| !(read_only && call.writes))
        .map(|call| &*call.permission)
        .collect();
    actions.sort_unstable();
    actions.dedup();
    let mut statement = Map::new();
    statement.insert("Effect".into(), "Allow".into());
    statement.insert("Action".into(), actions.into());
    if version == "1" {
        statement.insert("Resource".into(), "*".into());
    }
    object!({ "Version": version, "Statement": [Json::Object(statement)] })
}
