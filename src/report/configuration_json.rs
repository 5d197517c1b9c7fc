//! The `configuration` part of a plan document: which blocks there are and what their arguments refer to. Never holds
//! the value of an argument, as that may be a secret written in the configuration.

use crate::base::{ResourceMode, Str};
use crate::config::{META_ARGUMENTS, Module};
use crate::lang::ast::{Body, Expr, Reference, StepKind};
use crate::schema::Registry;
use serde_json::{Map, Value as Json, json};

/// The configuration of a module.
pub(super) fn configuration_json(module: Option<&Module>, registry: &Registry) -> Json {
    let Some(module) = module else {
        return json!({"root_module": {}});
    };
    let mut providers = Map::new();
    for resource in module.resources.values() {
        let key = &resource.provider;
        let mut one = json!({"name": &*key.name, "full_name": super::state_json::provider_name(key)});
        if let Some(alias) = &key.alias {
            one["alias"] = json!(&**alias);
        }
        if let Some(block) = module.providers.get(key) {
            let expressions = body_json(&block.body, &["alias"]);
            one["expressions"] = expressions;
        }
        providers.insert(key.to_string(), one);
    }
    let mut root = Map::new();
    let resources: Vec<Json> = module
        .resources
        .values()
        .map(|r| {
            let mode = match r.addr.mode {
                ResourceMode::Managed => "managed",
                ResourceMode::Data => "data",
            };
            let schema = match r.addr.mode {
                ResourceMode::Managed => registry.resource(&r.addr.type_name),
                ResourceMode::Data => registry.data(&r.addr.type_name),
            };
            let mut out = json!({
                "address": r.addr.to_string(),
                "mode": mode,
                "type": &*r.addr.type_name,
                "name": &*r.addr.name,
                "provider_config_key": r.provider.to_string(),
                "schema_version": schema.map_or(0, |s| s.version),
                "expressions": body_json(&r.body, META_ARGUMENTS),
            });
            for (name, expr) in [("count_expression", &r.count), ("for_each_expression", &r.for_each)] {
                if let Some(expr) = expr {
                    out[name] = expression_json(expr);
                }
            }
            if !r.depends_on.is_empty() {
                out["depends_on"] = r
                    .depends_on
                    .iter()
                    .map(|(d, _)| Json::String(reference_text(d)))
                    .collect();
            }
            out
        })
        .collect();
    insert_some(&mut root, "resources", Json::Array(resources));
    let outputs = module.outputs.iter().map(|(name, o)| {
        let mut out = json!({"expression": expression_json(&o.value)});
        if o.sensitive {
            out["sensitive"] = json!(true);
        }
        described(&mut out, o.description.as_deref());
        (name.to_string(), out)
    });
    insert_some(&mut root, "outputs", Json::Object(outputs.collect()));
    let variables = module.variables.iter().map(|(name, v)| {
        let mut out = json!({});
        if v.sensitive {
            out["sensitive"] = json!(true);
        }
        described(&mut out, v.description.as_deref());
        (name.to_string(), out)
    });
    insert_some(&mut root, "variables", Json::Object(variables.collect()));
    json!({"provider_config": providers, "root_module": root})
}

fn described(out: &mut Json, description: Option<&str>) {
    if let Some(text) = description {
        out["description"] = json!(text);
    }
}

fn insert_some(map: &mut Map<String, Json>, name: &str, value: Json) {
    let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    if !empty {
        map.insert(name.into(), value);
    }
}

/// Arguments and nested blocks with what they refer to.
fn body_json(body: &Body, leave_out: &[&str]) -> Json {
    let mut out = Map::new();
    for (name, attribute) in &body.attributes {
        if !leave_out.contains(&&**name) {
            out.insert(name.to_string(), expression_json(&attribute.value));
        }
    }
    let kinds: Vec<&Str> = body.blocks.iter().map(|b| &b.kind.text).collect();
    for kind in kinds {
        if !leave_out.contains(&&**kind) && !out.contains_key(&**kind) {
            let blocks = body.blocks_of(kind).map(|b| body_json(&b.body, &[]));
            out.insert(kind.to_string(), Json::Array(blocks.collect()));
        }
    }
    Json::Object(out)
}

/// What an expression refers to: each reference, followed by what it is a part of, up to the declaration, as in
/// `type.name.attribute`, `type.name`.
fn expression_json(expr: &Expr) -> Json {
    let mut found: Vec<String> = Vec::new();
    expr.each_reference(&mut |reference, _| {
        let shortest = if &*reference.root.text == "data" { 2 } else { 1 };
        for steps in (shortest..=reference.steps.len().max(shortest)).rev() {
            found.push(prefix_text(reference, steps));
        }
    });
    if found.is_empty() {
        return json!({});
    }
    json!({"references": found})
}

fn reference_text(reference: &Reference) -> String {
    prefix_text(reference, reference.steps.len())
}

/// The root and the first steps of a reference.
fn prefix_text(reference: &Reference, steps: usize) -> String {
    let mut out = reference.root.text.to_string();
    for step in reference.steps.iter().take(steps) {
        match &step.kind {
            StepKind::Attr(name) => {
                out.push('.');
                out.push_str(name);
            }
            StepKind::Index(key) => match key.as_str() {
                Some(s) => out.push_str(&format!("[{s:?}]")),
                None => out.push_str(&format!("[{}]", key.as_i64().unwrap_or_default())),
            },
        }
    }
    out
}
