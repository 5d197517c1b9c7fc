//! The `configuration` part of a plan document: which blocks there are, what their arguments refer to, and those arguments
//! that are plain constants. A constant of an argument that its schema calls secret, and the default of a sensitive
//! variable, are left out.

use super::state_json::provider_name;
use crate::base::json::to_json;
use crate::base::{InstanceKey, ModulePath, ResourceMode, Span, Str};
use crate::config::model::{Output, Variable};
use crate::config::{META_ARGUMENTS, Module, ModuleCall, ProviderKey, Resource};
use crate::lang::ast::{Body, Expr, Reference, StepKind};
use crate::lang::constant::constant;
use crate::lang::convert::convert;
use crate::schema::{BlockSchema, Registry};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The configuration of the root module and all that it calls.
pub(super) fn configuration_json(module: Option<&Module>, registry: &Registry) -> Json {
    let Some(module) = module else {
        return json!({"root_module": {}});
    };
    let mut providers = Providers {
        registry,
        entries: BTreeMap::new(),
    };
    providers.module(module, &ModulePath::default());
    let within = Within {
        registry,
        providers: &providers,
    };
    let mut out = json!({"root_module": within.module(module, &ModulePath::default())});
    let own = providers.entries.iter().filter(|(_, entry)| entry.source.is_none());
    let own = own.map(|(key, entry)| (key.clone(), entry.json.clone()));
    insert_some(&mut out, "provider_config", Json::Object(own.collect()));
    out
}

/// Provider configurations by their keys in the document: `alicloud.beijing`, in a module `module.a:alicloud`.
struct Providers<'a> {
    registry: &'a Registry,
    entries: BTreeMap<String, ProviderEntry>,
}

struct ProviderEntry {
    full_name: String,
    /// The key of the configuration that is meant, for one that a module has from its caller.
    source: Option<String>,
    json: Json,
}

fn provider_key(key: &ProviderKey, path: &ModulePath) -> String {
    if path.is_root() {
        key.to_string()
    } else {
        format!("{path}:{key}")
    }
}

impl Providers<'_> {
    /// Adds the configurations of a module and of all that it calls.
    fn module(&mut self, module: &Module, path: &ModulePath) {
        for (key, block) in &module.providers {
            let schema = self.registry.provider(&key.name).map(|s| &*s.block);
            let expressions = body_json(&block.body, &["alias"], schema);
            self.add(key, path, None, expressions);
        }
        let parent = path.split_last().map(|(parent, ..)| parent);
        let used = module
            .resources
            .values()
            .map(|r| &r.provider)
            .filter(|p| p.alias.is_none());
        for key in used {
            if !self.entries.contains_key(&provider_key(key, path)) {
                let source = parent.as_ref().and_then(|parent| self.source(key, parent, key));
                self.add(key, path, source, json!({}));
            }
        }
        for (name, call) in &module.calls {
            let child = path.child(name.clone(), InstanceKey::None);
            for passed in &call.providers {
                let source = self.source(&passed.outer, path, &passed.inner);
                self.add(&passed.inner, &child, source, json!({}));
            }
            if let Some(module) = &call.module {
                self.module(module, &child);
            }
        }
    }

    fn add(&mut self, key: &ProviderKey, path: &ModulePath, source: Option<String>, expressions: Json) {
        let full_name = provider_name(key);
        let mut json = json!({"name": &*key.name, "full_name": full_name});
        if let Some(alias) = &key.alias {
            json["alias"] = json!(&**alias);
        }
        if !path.is_root() {
            json["module_address"] = path.to_string().into();
        }
        insert_some(&mut json, "expressions", expressions);
        let entry = ProviderEntry {
            full_name,
            source,
            json,
        };
        self.entries.insert(provider_key(key, path), entry);
    }

    /// The key of the configuration that one of a caller comes from.
    fn source(&self, outer: &ProviderKey, path: &ModulePath, inner: &ProviderKey) -> Option<String> {
        let key = provider_key(outer, path);
        let entry = self.entries.get(&key)?;
        if entry.full_name != provider_name(inner) {
            return None;
        }
        Some(entry.source.clone().unwrap_or(key))
    }
}

/// What the description of a module needs.
struct Within<'a> {
    registry: &'a Registry,
    providers: &'a Providers<'a>,
}

impl Within<'_> {
    /// One module: its resources, outputs, variables and calls.
    fn module(&self, module: &Module, path: &ModulePath) -> Json {
        let mut out = json!({});
        let resource = |r: &Resource| {
            let mut out = resource_json(r, self.registry);
            let key = provider_key(&r.provider, path);
            let source = self.providers.entries.get(&key).and_then(|e| e.source.clone());
            out["provider_config_key"] = source.unwrap_or(key).into();
            out
        };
        let mut resources: Vec<&Resource> = module.resources.values().collect();
        resources.sort_by_cached_key(|r| (r.addr.mode == ResourceMode::Data, r.addr.to_string()));
        insert_some(&mut out, "resources", resources.into_iter().map(resource).collect());
        let outputs = module.outputs.iter();
        let outputs = outputs.map(|(name, o)| (name.to_string(), declared_output(o)));
        insert_some(&mut out, "outputs", Json::Object(outputs.collect()));
        let variables = module.variables.iter();
        let variables = variables.map(|(name, v)| (name.to_string(), declared_variable(v)));
        insert_some(&mut out, "variables", Json::Object(variables.collect()));
        let calls = module.calls.iter().map(|(name, call)| {
            let child = path.child(name.clone(), InstanceKey::None);
            (name.to_string(), self.call(call, &child))
        });
        insert_some(&mut out, "module_calls", Json::Object(calls.collect()));
        out
    }

    fn call(&self, call: &ModuleCall, path: &ModulePath) -> Json {
        let mut out = json!({"module": {}});
        if let Some((source, _)) = &call.source {
            out["source"] = json!(&**source);
        }
        let mut expressions = Map::new();
        if let Some(module) = &call.module {
            out["module"] = self.module(module, path);
            for (name, variable) in &module.variables {
                if let Some(expr) = call.body.expr(name) {
                    expressions.insert(name.to_string(), expression_json(expr, variable.sensitive));
                }
            }
        }
        insert_some(&mut out, "expressions", Json::Object(expressions));
        repetition_json(&mut out, &call.count, &call.for_each);
        depends_on_json(&mut out, &call.depends_on);
        out
    }
}

/// `count` and `for_each`.
fn repetition_json(out: &mut Json, count: &Option<Expr>, for_each: &Option<Expr>) {
    for (name, expr) in [("count_expression", count), ("for_each_expression", for_each)] {
        if let Some(expr) = expr {
            insert_some(out, name, expression_json(expr, false));
        }
    }
}

fn depends_on_json(out: &mut Json, references: &[(Reference, Span)]) {
    let text = |(r, _): &(Reference, Span)| Json::String(prefix_text(r, r.steps.len()));
    insert_some(out, "depends_on", references.iter().map(text).collect());
}

fn resource_json(resource: &Resource, registry: &Registry) -> Json {
    let addr = &resource.addr;
    let (mode, schema) = match addr.mode {
        ResourceMode::Managed => ("managed", registry.resource(&addr.type_name)),
        ResourceMode::Data => ("data", registry.data(&addr.type_name)),
    };
    let mut out = json!({
        "address": addr.to_string(),
        "mode": mode,
        "type": &*addr.type_name,
        "name": &*addr.name,
        "schema_version": schema.map_or(0, |s| s.version),
    });
    let expressions = body_json(&resource.body, META_ARGUMENTS, schema.map(|s| &*s.block));
    insert_some(&mut out, "expressions", expressions);
    repetition_json(&mut out, &resource.count, &resource.for_each);
    depends_on_json(&mut out, &resource.depends_on);
    out
}

fn declared_output(output: &Output) -> Json {
    let mut out = json!({"expression": expression_json(&output.value, output.sensitive)});
    if output.sensitive {
        out["sensitive"] = json!(true);
    }
    if let Some(text) = &output.description {
        out["description"] = json!(text);
    }
    depends_on_json(&mut out, &output.depends_on);
    out
}

fn declared_variable(variable: &Variable) -> Json {
    let mut out = json!({});
    if variable.sensitive {
        out["sensitive"] = json!(true);
    } else if let Some(default) = default_json(variable) {
        out["default"] = default;
    }
    if let Some(text) = &variable.description {
        out["description"] = json!(text);
    }
    out
}

/// The default of a variable in its type.
pub(super) fn default_json(variable: &Variable) -> Option<Json> {
    let raw = constant(variable.default.as_ref()?)?;
    let constraint = &variable.constraint;
    let value = convert(&constraint.apply_defaults(&raw), &constraint.ty).ok()?;
    Some(to_json(&value))
}

/// Adds a field unless it is empty.
fn insert_some(out: &mut Json, name: &str, value: Json) {
    let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    if !empty {
        out[name] = value;
    }
}

/// Arguments and nested blocks. Dynamic blocks are left out, as what they make is not known here.
fn body_json(body: &Body, leave_out: &[&str], schema: Option<&BlockSchema>) -> Json {
    let mut out = Map::new();
    for (name, attribute) in &body.attributes {
        if !leave_out.contains(&&**name) {
            // Of an argument that no schema knows nobody can say that it is no secret.
            let known = schema.and_then(|s| s.attributes.get(name));
            let secret = known.is_none_or(|a| a.secret);
            out.insert(name.to_string(), expression_json(&attribute.value, secret));
        }
    }
    let kinds: Vec<&Str> = body.blocks.iter().map(|b| &b.kind.text).collect();
    for kind in kinds {
        let unwanted = leave_out.contains(&&**kind) || &**kind == "dynamic";
        if !unwanted && !out.contains_key(&**kind) {
            let nested = schema.and_then(|s| s.blocks.get(kind)).map(|b| &*b.block);
            let blocks = body.blocks_of(kind).map(|b| body_json(&b.body, &[], nested));
            out.insert(kind.to_string(), Json::Array(blocks.collect()));
        }
    }
    Json::Object(out)
}

/// What an expression is, when it is constant and no secret; else what it refers to: each reference, followed by what it is
/// a part of, up to the declaration, as in `type.name.attribute`, `type.name`.
fn expression_json(expr: &Expr, secret: bool) -> Json {
    let mut found: Vec<String> = Vec::new();
    expr.each_reference(&mut |reference, _| {
        let step = |at: usize| reference.steps.get(at).map(|s| &s.kind);
        let shortest = match &*reference.root.text {
            "data" => 2,
            // The output of one instance of a module is a part of that instance only.
            "module" if matches!((step(1), step(2)), (Some(StepKind::Index(_)), Some(_))) => 2,
            _ => 1,
        };
        for steps in (shortest..=reference.steps.len().max(shortest)).rev() {
            found.push(prefix_text(reference, steps));
        }
    });
    if !found.is_empty() {
        return json!({"references": found});
    }
    match constant(expr).filter(|_| !secret) {
        Some(value) => json!({"constant_value": to_json(&value)}),
        None => json!({}),
    }
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
