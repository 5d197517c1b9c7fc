//! Rows of the state to prior objects and back. Decides how an object is written down; a secret never is.

use super::codes;
use crate::base::json::{from_typed_json, to_typed_json, type_from_json, type_to_json};
use crate::base::{AttrPath, Diag, InstanceAddr, Kind, Marks, PathStep, ResourceAddr, ResourceMode, Str, Type, Value};
use crate::plan::{Action, Change, OutputChange, Plan, Prior};
use crate::schema::{Registry, ResourceSchema};
use crate::store::{OutputRow, ResourceRow, RowChange, RowKey, RowStatus, RowWrite, StateSnapshot};
use std::collections::{BTreeMap, HashMap};

/// The prior object of a row.
///
/// # Errors
/// The row's type does not exist, or its attributes do not fit it.
pub fn prior(row: &ResourceRow, registry: &Registry) -> Result<Prior, Diag> {
    let fail = |why: String| {
        Diag::error(codes::STATE_ROW, "An object of the state can't be read")
            .detail(why)
            .address(&row.addr)
    };
    let type_name = &row.addr.resource.type_name;
    let schema = match row.addr.resource.mode {
        ResourceMode::Managed => registry.resource(type_name),
        ResourceMode::Data => registry.data(type_name),
    };
    let Some(schema) = schema else {
        return Err(fail(format!("There is no resource type {type_name:?}.")).help(
            "it was written by another version of headworks; use that one, or remove the object from the state",
        ));
    };
    if row.schema_version > schema.version {
        return Err(fail(format!(
            "It was written with version {} of the type, this program knows {}.",
            row.schema_version, schema.version
        ))
        .help("use the newer headworks that wrote it"));
    }
    let json = serde_json::from_str(&row.attributes).map_err(|e| fail(format!("Its attributes are no JSON: {e}.")))?;
    let value = from_typed_json(&json, &schema.block.object_type()).map_err(|e| fail(format!("{e}.")))?;
    let value = row.sensitive.iter().fold(value, |v, path| mark_at(v, &path.0));
    let dependencies = row.dependencies.iter().filter_map(|d| resource_addr(d)).collect();
    Ok(Prior {
        addr: row.addr.clone(),
        deposed: row.deposed.as_deref().map(Into::into),
        provider: row.provider.parse().unwrap_or_else(|never| match never {}),
        value,
        tainted: row.status == RowStatus::Tainted,
        adopted: row.updated_run.is_none() && !schema.local,
        dependencies,
    })
}

fn resource_addr(text: &str) -> Option<ResourceAddr> {
    text.parse::<InstanceAddr>().ok().map(|a| a.resource)
}

/// The row of an object. Marks tell which parts are sensitive.
pub fn row(change: &Change, schema: &ResourceSchema, object: &Value, tainted: bool) -> ResourceRow {
    let mut sensitive = Vec::new();
    sensitive_paths(object, &mut Vec::new(), &mut sensitive);
    let attributes = to_typed_json(object, &schema.block.object_type()).to_string();
    let mut row = ResourceRow::new(change.addr.clone(), change.provider.to_string(), attributes);
    row.schema_version = schema.version;
    row.sensitive = sensitive;
    row.dependencies = dependencies(change);
    row.status = if tainted { RowStatus::Tainted } else { RowStatus::Ok };
    row
}

/// The paths of what is marked sensitive.
pub(super) fn sensitive_paths(value: &Value, path: &mut Vec<PathStep>, out: &mut Vec<AttrPath>) {
    if value.marks.contains(Marks::SENSITIVE) {
        out.push(AttrPath(path.clone()));
        return;
    }
    match &value.kind {
        Kind::Object(m) => {
            for (k, v) in m.iter() {
                path.push(PathStep::Attr(k.clone()));
                sensitive_paths(v, path, out);
                path.pop();
            }
        }
        Kind::Map(_, m) => {
            for (k, v) in m.iter() {
                path.push(PathStep::Key(k.clone()));
                sensitive_paths(v, path, out);
                path.pop();
            }
        }
        Kind::List(_, items) | Kind::Tuple(items) => {
            for (i, v) in items.iter().enumerate() {
                path.push(PathStep::Index(i));
                sensitive_paths(v, path, out);
                path.pop();
            }
        }
        _ => {}
    }
}

fn mark_at(value: Value, path: &[PathStep]) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return value.sensitive();
    };
    let marks = value.marks;
    let kind = match (step, value.kind) {
        (PathStep::Attr(k) | PathStep::Key(k), Kind::Object(m)) => {
            let mut m = (*m).clone();
            if let Some(v) = m.remove(k) {
                m.insert(k.clone(), mark_at(v, rest));
            }
            Kind::Object(m.into())
        }
        (PathStep::Attr(k) | PathStep::Key(k), Kind::Map(t, m)) => {
            let mut m = (*m).clone();
            if let Some(v) = m.remove(k) {
                m.insert(k.clone(), mark_at(v, rest));
            }
            Kind::Map(t, m.into())
        }
        (PathStep::Index(i), Kind::List(t, items)) => {
            let mut items = items.to_vec();
            if let Some(v) = items.get_mut(*i) {
                *v = mark_at(v.clone(), rest);
            }
            Kind::List(t, items.into())
        }
        (PathStep::Index(i), Kind::Tuple(items)) => {
            let mut items = items.to_vec();
            if let Some(v) = items.get_mut(*i) {
                *v = mark_at(v.clone(), rest);
            }
            Kind::Tuple(items.into())
        }
        (_, kind) => kind,
    };
    Value { kind, marks }
}

/// Rows that differ from the state though this plan does nothing to their objects: the state takes what was found in the cloud,
/// and what an object needs by now, so that the next comparison and the next deletion start from there.
pub fn refreshed(plan: &Plan, snapshot: &StateSnapshot, registry: &Registry) -> Vec<RowWrite> {
    let current = snapshot.resources.iter().filter(|r| r.deposed.is_none());
    let rows: HashMap<&InstanceAddr, &ResourceRow> = current.map(|r| (&r.addr, r)).collect();
    let changes = plan.changes.iter().filter(|c| c.deposed.is_none());
    let changes: HashMap<&InstanceAddr, &Change> = changes.map(|c| (&c.addr, c)).collect();
    let mut puts: BTreeMap<&InstanceAddr, ResourceRow> = BTreeMap::new();
    let mut writes = Vec::new();
    for drift in &plan.drift {
        let schema = registry.resource(&drift.addr.resource.type_name);
        let (Some(schema), Some(row)) = (schema, rows.get(&drift.addr)) else {
            continue;
        };
        let untouched = changes.get(&drift.addr).is_none_or(|c| c.action == Action::NoOp);
        match &drift.found {
            Some(found) if untouched => {
                let mut row = (*row).clone();
                row.attributes = to_typed_json(found, &schema.block.object_type()).to_string();
                puts.insert(&drift.addr, row);
            }
            None => writes.push(RowChange::Delete(row.key())),
            Some(_) => {}
        }
    }
    for change in changes.values().filter(|c| c.action == Action::NoOp) {
        let Some(row) = rows.get(&change.addr) else {
            continue;
        };
        let needed = dependencies(change);
        if row.dependencies != needed {
            let row = puts.entry(&change.addr).or_insert_with(|| (*row).clone());
            row.dependencies = needed;
        }
    }
    for change in plan
        .changes
        .iter()
        .filter(|c| c.deposed.is_none() && plan.imports.contains_key(&c.addr))
    {
        let schema = registry.resource(&change.addr.resource.type_name);
        if let (Some(schema), Some(object)) = (schema, &change.prior) {
            puts.insert(&change.addr, row(change, schema, object, false));
        }
    }
    let forgotten = plan.changes.iter().filter(|c| c.action == Action::Forget);
    writes.extend(forgotten.map(|c| {
        RowChange::Delete(RowKey {
            addr: c.addr.clone(),
            deposed: c.deposed.as_ref().map(ToString::to_string),
        })
    }));
    writes.extend(puts.into_values().map(|row| RowChange::Put(Box::new(row))));
    writes
        .into_iter()
        .map(|change| RowWrite { step: None, change })
        .collect()
}

/// Whether a write is of an object that was imported or found again and that no run has written.
pub fn is_adopted(write: &RowWrite) -> bool {
    matches!(&write.change, RowChange::Put(row) if row.updated_run.is_none())
}

fn dependencies(change: &Change) -> Vec<Str> {
    change.dependencies.iter().map(|d| d.to_string().into()).collect()
}

/// The value of an output row.
///
/// # Errors
/// The row is not what this program writes.
pub fn output(row: &OutputRow) -> Result<Value, Diag> {
    let read = || -> Option<Value> {
        let ty = type_from_json(&serde_json::from_str(&row.ty).ok()?)?;
        crate::base::json::from_json(&serde_json::from_str(&row.value).ok()?, &ty).ok()
    };
    let value = read().ok_or_else(|| {
        Diag::error(codes::STATE_ROW, "An output of the state can't be read").address(format!("output.{}", row.name))
    })?;
    Ok(if row.sensitive { value.sensitive() } else { value })
}

/// The row of an output.
pub fn output_row(change: &OutputChange, value: &Value) -> OutputRow {
    OutputRow {
        name: change.name.to_string(),
        value: crate::base::json::to_json(value).to_string(),
        ty: type_to_json(&match value.ty() {
            Type::Dynamic => Type::String,
            ty => ty,
        })
        .to_string(),
        sensitive: change.sensitive,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should stop")]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn registry() -> Registry {
        let text = include_str!("../../schemas/terraform/data.hcl");
        Registry::builtin(&[("data.hcl", text)]).unwrap()
    }

    fn change(input: Value, needs: &[&str]) -> Change {
        let object = Value::object_of([
            ("id", Value::string("i")),
            ("input", input),
            ("output", Value::null(Type::Dynamic)),
            ("triggers_replace", Value::null(Type::Dynamic)),
        ]);
        let block = |name: &&str| ResourceAddr::managed("terraform_data", *name);
        Change {
            addr: "terraform_data.x[\"a b\"]".parse().unwrap(),
            deposed: None,
            provider: "terraform".parse().unwrap_or_else(|never| match never {}),
            action: Action::NoOp,
            reason: None,
            prior: Some(object.clone()),
            planned: Some(object),
            replace_paths: Vec::new(),
            causes: Vec::new(),
            effects: Vec::new(),
            span: None,
            place: None,
            dependencies: needs.iter().map(block).collect(),
            local: false,
        }
    }

    fn written(change: &Change, tainted: bool) -> ResourceRow {
        let registry = registry();
        let schema: &Arc<ResourceSchema> = registry.resource("terraform_data").unwrap();
        row(change, schema, change.planned.as_ref().unwrap(), tainted)
    }

    #[test]
    fn objects_read_back_with_types_marks_and_what_they_need() {
        let secret = || Value::string("s").sensitive();
        let table = [
            Value::null(Type::Dynamic),
            Value::tuple(vec![Value::int(1), Value::bool(true), secret()]),
            Value::object_of([("a", secret()), ("b", Value::string("s"))]),
            Value::map(
                Type::String,
                [("k".into(), secret()), ("l".into(), Value::string("s"))].into(),
            ),
            Value::list(Type::String, vec![Value::string("a"), secret()]),
            Value::set(Type::Number, [Value::int(2), Value::int(1)]),
            Value::tuple(vec![Value::object_of([("deep", secret())])]),
            secret(),
            Value::tuple(Vec::new()).sensitive(),
        ];
        for input in table {
            let change = change(input.clone(), &["y", "z"]);
            let back = prior(&written(&change, true), &registry()).unwrap();
            assert_eq!(Some(&back.value), change.planned.as_ref(), "{input:?}");
            assert_eq!((back.addr, back.tainted), (change.addr, true));
            assert_eq!(back.dependencies, change.dependencies);
        }
    }

    #[test]
    fn rows_that_make_no_sense_are_refused() {
        let good = written(&change(Value::string("v"), &[]), false);
        type Spoil = fn(&mut ResourceRow);
        let broken: [(&str, Spoil); 4] = [
            ("no JSON", |r| r.attributes = "{".into()),
            ("", |r| r.attributes = "[]".into()),
            ("version 9", |r| r.schema_version = 9),
            ("no resource type", |r| r.addr = "nothing_such.x".parse().unwrap()),
        ];
        for (why, spoil) in broken {
            let mut row = good.clone();
            spoil(&mut row);
            let diag = prior(&row, &registry()).unwrap_err();
            let said = diag.detail.clone().unwrap_or_default();
            assert_eq!(diag.code, codes::STATE_ROW);
            assert!(!said.is_empty() && said.contains(why), "{why}: {said}");
        }
    }

    #[test]
    fn unchanged_objects_get_what_they_need_by_now() {
        let old = change(Value::string("v"), &["y"]);
        let snapshot = StateSnapshot {
            resources: vec![written(&old, false)],
            ..StateSnapshot::default()
        };
        let plan = |change: Change| Plan {
            changes: vec![change],
            ..Plan::default()
        };
        assert!(refreshed(&plan(old), &snapshot, &registry()).is_empty());
        let writes = refreshed(&plan(change(Value::string("v"), &["z"])), &snapshot, &registry());
        let [
            RowWrite {
                change: RowChange::Put(row),
                ..
            },
        ] = &writes[..]
        else {
            panic!("{writes:?}");
        };
        assert_eq!(row.dependencies, ["terraform_data.z".into()]);
        assert_eq!(row.attributes, snapshot.resources[0].attributes);
        let mut updated = change(Value::string("v"), &["z"]);
        updated.action = Action::Update;
        assert!(refreshed(&plan(updated), &snapshot, &registry()).is_empty());
    }
}
