//! Plans made by hand for tests.

use super::plan_text::{PlanTextContext, PlanTitle, plan_text};
use super::style::Style;
use crate::base::{AttrPath, InstanceAddr, Type, Value};
use crate::config::ProviderKey;
use crate::plan::{Action, ActionReason, Cause, Change, Effect, Plan};
use crate::schema::Registry;
use std::collections::BTreeMap;

/// A type with every kind of part that a text has to know.
const TASK: &str = r#"
resource "sample_task" {
  provider  = "sample"
  version   = 3
  summary   = "A task."
  identity  = ["instance", "name"]
  import_id = ["instance", "name"]
  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Its id."
  }
  attribute "instance" {
    type      = string
    mode      = "required"
    on_change = "replace"
    doc       = "Where it is."
  }
  attribute "name" {
    type      = string
    mode      = "required"
    on_change = "replace"
    doc       = "Its name."
  }
  attribute "prefix" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    doc       = "Folder."
  }
  attribute "interval" {
    type = number
    mode = "optional"
    doc  = "Seconds."
  }
  attribute "content" {
    type     = string
    mode     = "optional"
    equality = "json"
    doc      = "JSON."
  }
  attribute "sql" {
    type = string
    mode = "optional"
    doc  = "Text."
  }
  attribute "columns" {
    type = list(string)
    mode = "optional"
    doc  = "Names."
  }
  attribute "tags" {
    type = map(string)
    mode = "optional"
    doc  = "Tags."
  }
  attribute "secret_key" {
    type   = string
    mode   = "optional"
    secret = true
    doc    = "A secret."
  }
  attribute "phase" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "Where it is."
  }
  block "schema" {
    nesting = "list"
    doc     = "Columns."
    attribute "column" {
      type = string
      mode = "required"
      doc  = "Name."
    }
    attribute "target" {
      type = string
      mode = "required"
      doc  = "Name there."
    }
  }
}
"#;

pub(super) fn registry() -> Registry {
    Registry::builtin(&[("task.hcl", TASK)]).expect("the sample schema is right")
}

pub(super) fn addr(text: &str) -> InstanceAddr {
    text.parse().expect("valid address")
}

/// An object of the sample type: the given parts, null for the others.
pub(super) fn task(parts: &[(&str, Value)]) -> Value {
    let registry = registry();
    let schema = registry.resource("sample_task").expect("the sample schema is right");
    let mut object: BTreeMap<_, _> = schema
        .block
        .attributes
        .iter()
        .map(|(name, a)| (name.clone(), Value::null(a.ty.clone())))
        .collect();
    let column = Type::object([("column", Type::String), ("target", Type::String)]);
    object.insert("schema".into(), Value::list(column, vec![]));
    for (name, value) in parts {
        object.insert((*name).into(), value.clone());
    }
    Value::object(object)
}

/// The object that most samples begin with, with parts changed.
pub(super) fn orders(parts: &[(&str, Value)]) -> Value {
    let mut all = vec![
        ("id", Value::string("hw:orders")),
        ("instance", Value::string("hw")),
        ("name", Value::string("orders")),
        ("prefix", Value::string("orders/")),
        ("interval", Value::int(300)),
        ("phase", Value::string("FULL")),
    ];
    all.extend(parts.iter().cloned());
    task(&all)
}

pub(super) fn schema_blocks(pairs: &[(&str, &str)]) -> Value {
    let block = |(column, target): &(&str, &str)| {
        Value::object_of([("column", Value::string(*column)), ("target", Value::string(*target))])
    };
    let column = Type::object([("column", Type::String), ("target", Type::String)]);
    Value::list(column, pairs.iter().map(block).collect::<Vec<_>>())
}

pub(super) fn strings(items: &[&str]) -> Value {
    Value::list(
        Type::String,
        items.iter().map(|s| Value::string(*s)).collect::<Vec<_>>(),
    )
}

pub(super) fn change(address: &str, action: Action, prior: Option<Value>, planned: Option<Value>) -> Change {
    let provider = ProviderKey {
        name: "sample".into(),
        alias: None,
    };
    Change {
        addr: addr(address),
        deposed: None,
        provider,
        action,
        reason: None,
        prior,
        planned,
        replace_paths: vec![],
        causes: vec![],
        effects: vec![],
        span: None,
        place: Some("main.tf:3".into()),
        dependencies: vec![],
        local: false,
    }
}

/// An update of `sample_task.orders` in some attributes.
pub(super) fn update(before: &[(&str, Value)], after: &[(&str, Value)]) -> Change {
    let mut out = change(
        "sample_task.orders",
        Action::Update,
        Some(orders(before)),
        Some(orders(after)),
    );
    out.causes = after.iter().map(|(name, _)| cause(name, false)).collect();
    out
}

pub(super) fn cause(name: &str, replaces: bool) -> Cause {
    Cause {
        path: AttrPath::attr(name),
        replaces,
        place: Some("main.tf:7".into()),
    }
}

/// A replacement with what it does to the data.
pub(super) fn replacement() -> Change {
    let after = orders(&[
        ("id", Value::unknown(Type::String)),
        ("prefix", Value::string("orders_v2/")),
        ("phase", Value::unknown(Type::String)),
    ]);
    let mut out = change(
        "sample_task.orders",
        Action::Replace { create_first: false },
        Some(orders(&[])),
        Some(after),
    );
    out.reason = Some(ActionReason::ReplaceBecauseCannotUpdate);
    out.replace_paths = vec![AttrPath::attr("prefix")];
    out.causes = vec![cause("prefix", true)];
    out.effects = vec![
        Effect {
            name: "gap".into(),
            warning: true,
            text: "rows written between delete and create are not delivered".into(),
            fix: Some("pause the writers, or set task_type = \"BASE_INC\" and accept duplicates".into()),
        },
        Effect {
            name: "kept".into(),
            warning: false,
            text: "objects that were delivered stay".into(),
            fix: None,
        },
    ];
    out
}

pub(super) fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        changes,
        ..Plan::default()
    }
}

pub(super) fn show(plan: &Plan) -> String {
    show_with(plan, &Style::default(), false)
}

pub(super) fn show_with(plan: &Plan, style: &Style, full: bool) -> String {
    plan_text(
        plan,
        &PlanTextContext {
            style,
            registry: &registry(),
            title: PlanTitle {
                directory: "pipelines/orders".into(),
                serial: Some(41),
                age: Some("14 min ago".into()),
            },
            full,
        },
    )
}
