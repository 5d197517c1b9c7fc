//! A plan as JSON in the shape of Terraform's `show -json PLAN` (format 1.2), so that tools made for it read ours. Differs
//! in one point on purpose: what is sensitive is null, with its mask beside it, so that the document can be kept and
//! sent. Additions of our own stand under `headworks`.

use super::TERRAFORM_VERSION;
use super::configuration_json::configuration_json;
use super::redact::{mark_secrets, sensitive_mask, unknown_mask, visible_json, was_known, was_wholly_known};
use super::state_json::{StateView, address_json, provider_name, schema_of, values_json};
use crate::base::json::type_to_json;
use crate::base::{AttrPath, PathStep, Str, Value};
use crate::config::{Module, ProviderKey};
use crate::plan::{Action, Change, Drift, OutputChange, Plan, PlanMode, Prior};
use crate::schema::Registry;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a plan document is made with.
#[derive(Clone, Copy)]
pub struct PlanJsonContext<'a> {
    /// What is known of the types.
    pub registry: &'a Registry,
    /// The configuration; without it the document has no resources under `configuration`.
    pub module: Option<&'a Module>,
    /// The objects of the state before; without them those of the changes are taken.
    pub prior: Option<&'a [Prior]>,
    /// When the plan was made, RFC 3339.
    pub timestamp: &'a str,
    /// Version of this program.
    pub version: &'a str,
    /// Whether errors were found while planning.
    pub errored: bool,
}

/// The whole document.
pub fn plan_json(plan: &Plan, cx: &PlanJsonContext<'_>) -> Json {
    let changes: Vec<Json> = plan.changes.iter().map(|c| change_json(plan, c, cx.registry)).collect();
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
        "relevant_attributes": [],
        "timestamp": cx.timestamp,
        "applyable": !plan.is_empty() && !cx.errored,
        "complete": !plan.targeted && !cx.errored,
        "errored": cx.errored,
    });
    if !plan.variables.is_empty() {
        let declared = |name: &str| {
            cx.module
                .and_then(|m| m.variables.get(name))
                .is_some_and(|v| v.sensitive)
        };
        let variable = |(name, value): (&Str, &Value)| (name.to_string(), variable_json(value, declared(name)));
        out["variables"] = Json::Object(plan.variables.iter().map(variable).collect());
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
    let mut out = address_json(&change.addr);
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
    let mut out = address_json(&drift.addr);
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
    let mut objects: BTreeMap<String, Json> = BTreeMap::new();
    let planned = |c: &&Change| c.deposed.is_none() && c.planned.is_some() && c.action != Action::Delete;
    let mut add = |prior: &Prior| {
        let view = StateView {
            resources: std::slice::from_ref(prior),
            outputs: &BTreeMap::new(),
            registry: cx.registry,
        };
        let mut found = values_json(&view)["root_module"]["resources"][0].take();
        if let Some(map) = found.as_object_mut() {
            map.remove("depends_on");
        }
        objects.insert(prior.addr.to_string(), found);
    };
    for change in plan.changes.iter().filter(planned) {
        if let Some(value) = &change.planned {
            add(&object(change, value));
        }
    }
    // What a targeted plan says nothing about stays as it is.
    let changed: HashSet<_> = plan.changes.iter().map(|c| &c.addr).collect();
    let unmentioned = |p: &&Prior| p.deposed.is_none() && !changed.contains(&p.addr);
    if plan.targeted || plan.mode == PlanMode::RefreshOnly {
        for prior in cx.prior.unwrap_or_default().iter().filter(unmentioned) {
            add(prior);
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
        objects.insert(change.addr.to_string(), Json::Object(entry));
    }
    let mut out = json!({"root_module": {}});
    if !objects.is_empty() {
        out["root_module"]["resources"] = objects.into_values().collect();
    }
    let kept = plan
        .kept_outputs
        .iter()
        .map(|(name, value)| OutputChange::new(name.clone(), Some(value.clone()), Some(value.clone()), false));
    let kept: Vec<OutputChange> = kept.collect();
    let outputs: Map<String, Json> = plan.outputs.iter().chain(&kept).filter_map(planned_output).collect();
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

fn prior_state(plan: &Plan, cx: &PlanJsonContext<'_>) -> Json {
    let from_changes = || {
        plan.changes
            .iter()
            .filter_map(|c| c.prior.as_ref().map(|v| object(c, v)))
            .collect()
    };
    let mut resources: Vec<Prior> = cx.prior.map_or_else(from_changes, <[Prior]>::to_vec);
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
    let known = plan.outputs.iter().filter_map(|o| {
        let value = o.prior.clone()?;
        Some((o.name.clone(), if o.sensitive { value.sensitive() } else { value }))
    });
    let mut outputs: BTreeMap<Str, Value> = plan.kept_outputs.clone();
    outputs.extend(known);
    let view = StateView {
        resources: &resources,
        outputs: &outputs,
        registry: cx.registry,
    };
    super::state_json::state_json(&view)
}

#[cfg(test)]
mod tests;
