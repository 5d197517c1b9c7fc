//! A plan as JSON in the shape of Terraform's `show -json PLAN` (format 1.2), so that tools made for it read ours. Differs
//! in one point on purpose: what is sensitive is null, with its mask beside it, so that the document can be kept and
//! sent. Additions of our own stand under `headworks`.

use super::TERRAFORM_VERSION;
use super::configuration_json::{configuration_json, default_json};
use super::redact::{mark_secrets, sensitive_mask, unknown_mask, visible_json, was_known, was_wholly_known};
use super::state_json::{StateView, address_json, modules_json, provider_name, resource_json, schema_of};
use crate::base::json::type_to_json;
use crate::base::{AttrPath, InstanceAddr, ModulePath, PathStep, Str, Value};
use crate::config::{Module, ProviderKey};
use crate::plan::{Action, Change, Drift, OutputChange, Plan, PlanMode, Prior};
use crate::schema::Registry;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a plan document is made with.
#[derive(Clone, Copy)]
pub struct PlanJsonContext<'a> {
    /// What is known of the types.
    pub registry: &'a Registry,
    /// The configuration; without it the document has no resources under `configuration`.
    pub module: Option<&'a Module>,
    /// When the plan was made, RFC 3339.
    pub timestamp: &'a str,
    /// Version of this program.
    pub version: &'a str,
    /// Whether errors were found while planning.
    pub errored: bool,
}

/// The whole document.
pub fn plan_json(plan: &Plan, cx: &PlanJsonContext<'_>) -> Json {
    // Those of outer modules first.
    let mut changes: Vec<&Change> = plan.changes.iter().collect();
    changes.sort_by_key(|c| (c.addr.resource.module.0.len(), &c.addr, &c.deposed));
    let changes: Vec<Json> = changes.into_iter().map(|c| change_json(plan, c, cx.registry)).collect();
    let outputs: Map<String, Json> = plan
        .outputs
        .iter()
        .map(|o| (o.name.to_string(), output_json(o)))
        .collect();
    let mut out = json!({
        "format_version": "1.2",
        "terraform_version": TERRAFORM_VERSION,
        "headworks_version": cx.version,
        "planned_values": planned_values(plan, cx),
        "resource_changes": if plan.mode == PlanMode::RefreshOnly { Vec::new() } else { changes },
        "configuration": configuration_json(cx.module, cx.registry),
        "relevant_attributes": super::relevant::relevant_attributes(plan, cx.module),
        "timestamp": cx.timestamp,
        "applyable": !plan.is_empty() && !cx.errored,
        "complete": !plan.targeted && !cx.errored,
        "errored": cx.errored,
    });
    let variables = variables(plan, cx);
    if !variables.is_empty() {
        out["variables"] = Json::Object(variables);
    }
    if !plan.drift.is_empty() {
        let providers: HashMap<_, _> = plan.changes.iter().map(|c| (&c.addr, &c.provider)).collect();
        let json = |d: &Drift| drift_json(d, providers.get(&d.addr).map(|p| (*p).clone()), cx.registry);
        out["resource_drift"] = plan.drift.iter().map(json).collect();
    }
    if !outputs.is_empty() {
        out["output_changes"] = Json::Object(outputs);
    }
    if !plan.checks.is_empty() {
        out["checks"] = crate::plan::checks::report(&plan.checks);
    }
    let prior = prior_state(plan, cx);
    if prior.get("values").is_some() {
        out["prior_state"] = prior;
    }
    out["headworks"] = extras(plan);
    out
}

/// What Terraform's format has no place for.
fn extras(plan: &Plan) -> Json {
    let problem = |p: &crate::plan::Problem| json!({"address": p.addr.to_string(), "code": p.code, "text": p.text, "help": p.help});
    let missed = |n: &crate::plan::NotCompared| json!({"address": n.addr.to_string(), "cause": n.cause});
    let s = plan.summary();
    json!({
        "mode": match plan.mode {
            PlanMode::Normal => "normal",
            PlanMode::Destroy => "destroy",
            PlanMode::RefreshOnly => "refresh_only",
        },
        "summary": {
            "create": s.create, "update": s.update, "replace": s.replace, "delete": s.delete, "read": s.read, "forget": s.forget, "import": plan.imports.len(), "move": plan.moves.len(),
            "unchanged": s.unchanged, "not_compared": plan.not_compared.len(),
        },
        "targeted": plan.targeted,
        "health_problems": plan.problems.iter().map(problem).collect::<Vec<_>>(),
        "not_compared": plan.not_compared.iter().map(missed).collect::<Vec<_>>(),
        "unread": unread(plan),
    })
}

/// Attributes that the cloud does not say.
pub(super) fn unread(plan: &Plan) -> Json {
    let one = |u: &crate::plan::model::Unread| json!({"address": u.addr.to_string(), "path": u.path.to_string(), "why": u.why});
    plan.unread.iter().map(one).collect()
}

/// The variables: as they were given, else their defaults. An ephemeral one has no value in a plan, so its default stands.
fn variables(plan: &Plan, cx: &PlanJsonContext<'_>) -> Map<String, Json> {
    let mut out = Map::new();
    for (name, value) in &plan.variables {
        let sensitive = cx
            .module
            .and_then(|m| m.variables.get(name))
            .is_some_and(|v| v.sensitive);
        let shown = plan.given.get(name).filter(|_| !sensitive).unwrap_or(value);
        out.insert(name.to_string(), variable_json(shown, sensitive));
    }
    let declared = cx.module.map(|m| &m.variables).into_iter().flatten();
    for (name, variable) in declared.filter(|(name, _)| !plan.variables.contains_key(*name)) {
        if variable.sensitive {
            // A saved plan does not hold it.
            out.insert(name.to_string(), json!({"value": null, "sensitive": true}));
        } else if let Some(default) = default_json(variable).filter(|_| variable.ephemeral) {
            out.insert(name.to_string(), json!({"value": default}));
        }
    }
    out
}

fn variable_json(value: &Value, declared_sensitive: bool) -> Json {
    let mask = if declared_sensitive {
        json!(true)
    } else {
        sensitive_mask(value)
    };
    let shown = if declared_sensitive {
        Json::Null
    } else {
        visible_json(value)
    };
    let mut out = json!({"value": shown});
    if declared_sensitive || !value.marks_deep().is_empty() {
        out["sensitive"] = mask;
    }
    out
}

/// The values of one side of a change: JSON with holes, and masks.
fn sides(before: Option<&Value>, after: Option<&Value>) -> Map<String, Json> {
    let mut out = Map::new();
    let json = |v: Option<&Value>| v.map_or(Json::Null, visible_json);
    let mask = |v: Option<&Value>| v.map_or(Json::Bool(false), sensitive_mask);
    out.insert("before".into(), json(before));
    // A value that is not known at all has no key, as in Terraform's documents.
    if after.is_none_or(was_known) {
        out.insert("after".into(), json(after));
    }
    // Where all is known, the mask says nothing of the form of the value.
    let unknown = after.filter(|v| !was_wholly_known(v));
    out.insert("after_unknown".into(), unknown.map_or_else(|| json!({}), unknown_mask));
    out.insert("before_sensitive".into(), mask(before));
    out.insert("after_sensitive".into(), mask(after));
    out
}

/// The address of what changes.
fn changed_address(addr: &InstanceAddr) -> Map<String, Json> {
    let mut out = address_json(addr);
    if !addr.resource.module.is_root() {
        out.insert("module_address".into(), addr.resource.module.to_string().into());
    }
    out
}

fn change_json(plan: &Plan, change: &Change, registry: &Registry) -> Json {
    let hide = |v: &Value| match schema_of(&change.addr, registry) {
        Some(schema) => mark_secrets(v, &schema.block),
        None => v.clone(),
    };
    let (before, after) = (change.prior.as_ref().map(hide), change.planned.as_ref().map(hide));
    let mut body = sides(before.as_ref(), after.as_ref());
    body.insert("actions".into(), json!(change.action.names()));
    if matches!(change.action, Action::Replace { .. }) && !change.replace_paths.is_empty() {
        body.insert(
            "replace_paths".into(),
            change.replace_paths.iter().map(path_json).collect(),
        );
    }
    if let Some(imported) = plan.imports.get(&change.addr).filter(|_| change.deposed.is_none()) {
        body.insert("importing".into(), json!({"id": imported.id}));
        if let Some(config) = &imported.config {
            body.insert("generated_config".into(), config.as_str().into());
        }
    }
    let mut out = changed_address(&change.addr);
    if let Some(former) = plan.moved_from(&change.addr) {
        out.insert("previous_address".into(), former.to_string().into());
    }
    out.insert("provider_name".into(), provider_name(&change.provider).into());
    if let Some(key) = &change.deposed {
        out.insert("deposed".into(), key.to_string().into());
    }
    out.insert("change".into(), Json::Object(body));
    if let Some(reason) = change.reason {
        out.insert("action_reason".into(), reason.name().into());
    }
    let cause = |c: &crate::plan::Cause| json!({"path": path_json(&c.path), "replaces": c.replaces, "place": c.place});
    let effect =
        |e: &crate::plan::Effect| json!({"name": &*e.name, "warning": e.warning, "text": e.text, "fix": e.fix});
    out.insert(
        "headworks".into(),
        json!({
            "place": change.place,
            "local": change.local,
            "causes": change.causes.iter().map(cause).collect::<Vec<_>>(),
            "effects": change.effects.iter().map(effect).collect::<Vec<_>>(),
        }),
    );
    Json::Object(out)
}

/// A path as an array of names and numbers.
fn path_json(path: &AttrPath) -> Json {
    let step = |s: &PathStep| match s {
        PathStep::Attr(name) | PathStep::Key(name) => Json::String(name.to_string()),
        PathStep::Index(i) => Json::from(*i),
    };
    path.0.iter().map(step).collect()
}

fn drift_json(drift: &Drift, provider: Option<ProviderKey>, registry: &Registry) -> Json {
    let schema = schema_of(&drift.addr, registry);
    let hide = |v: &Value| match schema {
        Some(schema) => mark_secrets(v, &schema.block),
        None => v.clone(),
    };
    let (before, after) = (hide(&drift.recorded), drift.found.as_ref().map(hide));
    let mut body = sides(Some(&before), after.as_ref());
    let action = if after.is_some() { "update" } else { "delete" };
    body.insert("actions".into(), json!([action]));
    let provider = provider.or_else(|| {
        schema.map(|s| ProviderKey {
            name: s.provider.clone(),
            alias: None,
        })
    });
    let mut out = changed_address(&drift.addr);
    if let Some(provider) = provider {
        out.insert("provider_name".into(), provider_name(&provider).into());
    }
    out.insert("change".into(), Json::Object(body));
    out.insert(
        "headworks".into(),
        json!({"paths": drift.paths.iter().map(path_json).collect::<Vec<_>>()}),
    );
    Json::Object(out)
}

fn output_json(output: &OutputChange) -> Json {
    let hide = |v: &Value| {
        if output.sensitive {
            v.clone().sensitive()
        } else {
            v.clone()
        }
    };
    let (before, after) = (output.prior.as_ref().map(hide), output.planned.as_ref().map(hide));
    // Terraform says of an output only whether all of it is sensitive.
    let sensitive = |v: &Option<Value>| v.as_ref().is_some_and(|v| !v.marks_deep().is_empty());
    let mut out = sides(before.as_ref(), after.as_ref());
    if after.as_ref().is_none_or(was_wholly_known) {
        out.insert("after_unknown".into(), false.into());
    }
    out.insert("actions".into(), json!(output.action.names()));
    out.insert(
        "before_sensitive".into(),
        (output.sensitive || sensitive(&before)).into(),
    );
    out.insert("after_sensitive".into(), (output.sensitive || sensitive(&after)).into());
    Json::Object(out)
}

/// What will be, as far as it is known.
fn planned_values(plan: &Plan, cx: &PlanJsonContext<'_>) -> Json {
    let mut objects: Vec<(ModulePath, Json)> = Vec::new();
    let planned = |c: &&Change| c.deposed.is_none() && c.planned.is_some() && c.action != Action::Delete;
    let mut add = |prior: &Prior| {
        let resource = resource_json(prior, &BTreeSet::new(), cx.registry);
        objects.push((prior.addr.resource.module.clone(), resource));
    };
    for change in plan.changes.iter().filter(planned) {
        if let Some(value) = &change.planned {
            add(&object(change, value));
        }
    }
    // Terraform has what is forgotten here too, without its values.
    for change in plan
        .changes
        .iter()
        .filter(|c| c.action == Action::Forget && c.deposed.is_none())
    {
        let mut entry = address_json(&change.addr);
        entry.insert("provider_name".into(), provider_name(&change.provider).into());
        let version = schema_of(&change.addr, cx.registry).map_or(0, |s| s.version);
        entry.insert("schema_version".into(), version.into());
        entry.insert("sensitive_values".into(), false.into());
        objects.push((change.addr.resource.module.clone(), Json::Object(entry)));
    }
    let mut out = json!({"root_module": modules_json(objects)});
    let outputs: Map<String, Json> = plan.outputs.iter().filter_map(planned_output).collect();
    if !outputs.is_empty() {
        out["outputs"] = Json::Object(outputs);
    }
    out
}

fn planned_output(output: &OutputChange) -> Option<(String, Json)> {
    let value = output.planned.as_ref()?;
    let sensitive = output.sensitive || !value.marks_deep().is_empty();
    let mut out = json!({"sensitive": sensitive});
    if was_wholly_known(value) {
        // A null has no type in Terraform's plans.
        out["type"] = if value.is_null() {
            json!("dynamic")
        } else {
            type_to_json(&value.ty())
        };
        out["value"] = if sensitive { Json::Null } else { visible_json(value) };
    }
    Some((output.name.to_string(), out))
}

fn object(change: &Change, value: &Value) -> Prior {
    Prior {
        addr: change.addr.clone(),
        deposed: change.deposed.clone(),
        provider: change.provider.clone(),
        value: value.clone(),
        tainted: false,
        adopted: false,
        dependencies: change.dependencies.clone(),
    }
}

/// The outputs of the state after looking at the cloud: the state's, and evaluated anew where that does not wait for apply.
fn prior_outputs(plan: &Plan) -> BTreeMap<Str, Value> {
    let mut outputs: BTreeMap<Str, Value> = plan.kept_outputs.clone();
    for output in &plan.outputs {
        let value = match &output.planned {
            Some(value) if !was_wholly_known(value) => output.prior.as_ref(),
            Some(value) if value.is_null() => None,
            Some(value) => Some(value),
            None => output.prior.as_ref(),
        };
        if let Some(value) = value.cloned() {
            let value = if output.sensitive { value.sensitive() } else { value };
            outputs.insert(output.name.clone(), value);
        }
    }
    outputs
}

/// The objects before, as they were found.
pub fn prior_objects(plan: &Plan) -> Vec<Prior> {
    let changed = plan
        .changes
        .iter()
        .filter_map(|c| c.prior.as_ref().map(|v| object(c, v)));
    changed.chain(plan.kept_objects.iter().cloned()).collect()
}

fn prior_state(plan: &Plan, cx: &PlanJsonContext<'_>) -> Json {
    let changed = plan
        .changes
        .iter()
        .filter_map(|c| c.prior.as_ref().map(|v| object(c, v)));
    let mut resources: Vec<Prior> = changed.chain(plan.kept_objects.iter().cloned()).collect();
    for (addr, value) in &plan.read {
        let provider = schema_of(addr, cx.registry).map_or("terraform".into(), |s| s.provider.clone());
        resources.push(Prior {
            addr: addr.clone(),
            deposed: None,
            provider: ProviderKey {
                name: provider,
                alias: None,
            },
            value: value.clone(),
            tainted: false,
            adopted: false,
            dependencies: Vec::new(),
        });
    }
    resources.sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
    let outputs = prior_outputs(plan);
    let view = StateView {
        resources: &resources,
        outputs: &outputs,
        registry: cx.registry,
    };
    super::state_json::state_json(&view)
}

#[cfg(test)]
mod tests;
