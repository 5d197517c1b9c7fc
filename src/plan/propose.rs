//! From configuration and prior object to the planned object, as Terraform's plugin protocol defines it: what is
//! set wins, what is computed is kept or known after apply. Decides which attributes changed and which of
//! them demand a replacement. Never looks at other objects.

use crate::base::{AttrPath, Kind, Marks, PathStep, Str, Value};
use crate::schema::{Attribute, BlockSchema, Mode, NestedBlock, Nesting, OnChange, equal_in_meaning};
use std::collections::BTreeMap;

/// A planned object with its differences from the prior one.
#[derive(Debug)]
pub struct Proposal {
    /// The object after apply, with parts known after apply.
    pub planned: Value,
    /// Paths that differ, in the order of the schema.
    pub changed: Vec<AttrPath>,
    /// Those of them that demand a replacement.
    pub replace: Vec<AttrPath>,
    /// Those that ask for a call.
    pub calls: Vec<AttrPath>,
    /// All differences concern only the state.
    pub local: bool,
}

/// Proposes an object. With a prior object it is updated or kept; `replace` being non-empty asks the caller to propose again
/// without one.
pub fn propose(schema: &BlockSchema, config: &Value, prior: Option<&Value>) -> Proposal {
    propose_with(Proposer::default(), schema, config, prior)
}

/// As [`propose`], for an object that was imported or found again and not applied since: the state only learns what
/// the cloud does not tell.
pub fn propose_adopted(schema: &BlockSchema, config: &Value, prior: Option<&Value>) -> Proposal {
    let proposer = Proposer {
        adopted: true,
        ..Proposer::default()
    };
    propose_with(proposer, schema, config, prior)
}

fn propose_with(mut p: Proposer, schema: &BlockSchema, config: &Value, prior: Option<&Value>) -> Proposal {
    let empty = BTreeMap::new();
    let config = config.entries().unwrap_or(&empty);
    let prior_map = prior.and_then(Value::entries);
    let mut planned = p.block(schema, config, prior_map, &AttrPath::default(), false);
    let local = !p.changed.is_empty() && p.calls.is_empty();
    if prior.is_some() && !p.calls.is_empty() {
        forget_computed(schema, config, &mut planned);
    }
    Proposal {
        planned: Value::object(planned),
        local,
        changed: p.changed,
        replace: p.replace,
        calls: p.calls,
    }
}

/// `planned` of a type without outside effect, whose `output` is its `input`: as sensitive as that, also while it is
/// not known, so that a plan already refuses to show it.
pub fn veil_output(planned: Value) -> Value {
    let Some(entries) = planned.entries() else {
        return planned;
    };
    let (Some(input), Some(output)) = (entries.get("input"), entries.get("output")) else {
        return planned;
    };
    let marks = input.marks_deep();
    if marks == Marks::NONE {
        return planned;
    }
    let output = output.clone().mark(marks);
    let mut entries = entries.clone();
    entries.insert("output".into(), output);
    Value::object(entries).mark(planned.marks)
}

#[derive(Default)]
struct Proposer {
    /// Of what the cloud does not tell, nothing is known.
    adopted: bool,
    changed: Vec<AttrPath>,
    replace: Vec<AttrPath>,
    /// Differences that need a call.
    calls: Vec<AttrPath>,
}

type Object = BTreeMap<Str, Value>;

impl Proposer {
    fn block(
        &mut self,
        schema: &BlockSchema,
        config: &Object,
        prior: Option<&Object>,
        path: &AttrPath,
        replacing: bool,
    ) -> Object {
        let mut planned = Object::new();
        for (name, attribute) in &schema.attributes {
            let path = path.child(PathStep::Attr(name.clone()));
            let prior = prior.map(|p| {
                p.get(name)
                    .cloned()
                    .unwrap_or_else(|| Value::null(attribute.ty.clone()))
            });
            let value = planned_attribute(name, attribute, config.get(name), prior.as_ref());
            if let Some(prior) = &prior
                && !attribute.volatile
                && !equal(&value, prior)
            {
                match self.adopted && learned(attribute, prior) {
                    true => self.differ(path, OnChange::Local, false),
                    false => self.differ(path, attribute.on_change, replacing),
                }
            }
            planned.insert(name.clone(), value);
        }
        follow(schema, prior, &mut planned);
        for (name, nested) in &schema.blocks {
            let path = path.child(PathStep::Attr(name.clone()));
            let null = Value::null(nested.ty());
            let prior = prior.map(|p| p.get(name).unwrap_or(&null));
            let value = self.nested(nested, config.get(name).unwrap_or(&null), prior, &path, replacing);
            planned.insert(name.clone(), value);
        }
        planned
    }

    fn differ(&mut self, path: AttrPath, on_change: OnChange, replacing: bool) {
        if on_change == OnChange::Replace || replacing {
            self.replace.push(path.clone());
        }
        if on_change != OnChange::Local {
            self.calls.push(path.clone());
        }
        self.changed.push(path);
    }

    fn nested(
        &mut self,
        schema: &NestedBlock,
        config: &Value,
        prior: Option<&Value>,
        path: &AttrPath,
        replacing: bool,
    ) -> Value {
        let replacing = replacing || schema.on_change == OnChange::Replace;
        let written = match &config.kind {
            Kind::Null(_) => false,
            Kind::List(_, v) | Kind::Set(_, v) => !v.is_empty(),
            _ => true,
        };
        if !written && schema.computed {
            return prior.cloned().unwrap_or_else(|| Value::unknown(schema.ty()));
        }
        if !config.is_known() {
            if prior.is_some() {
                self.differ(path.clone(), schema.on_change, replacing);
            }
            return config.clone();
        }
        match schema.nesting {
            Nesting::Single => self.single(schema, config, prior, path, replacing),
            Nesting::List => self.list(schema, config, prior, path, replacing),
            Nesting::Set => self.set(schema, config, prior, path, replacing),
        }
    }

    fn single(
        &mut self,
        schema: &NestedBlock,
        config: &Value,
        prior: Option<&Value>,
        path: &AttrPath,
        replacing: bool,
    ) -> Value {
        let prior_object = prior.and_then(Value::entries);
        match (config.entries(), prior_object) {
            (Some(config), Some(prior)) => {
                Value::object(self.block(&schema.block, config, Some(prior), path, replacing))
            }
            (Some(config), None) => {
                if prior.is_some() {
                    self.differ(path.clone(), schema.on_change, replacing);
                }
                Value::object(Proposer::default().block(&schema.block, config, None, path, false))
            }
            (None, Some(_)) => {
                self.differ(path.clone(), schema.on_change, replacing);
                config.clone()
            }
            (None, None) => config.clone(),
        }
    }

    fn list(
        &mut self,
        schema: &NestedBlock,
        config: &Value,
        prior: Option<&Value>,
        path: &AttrPath,
        replacing: bool,
    ) -> Value {
        let items = config.elements().unwrap_or(&[]);
        let priors = prior.map(|p| p.elements().unwrap_or(&[]));
        if priors.is_some_and(|p| p.len() != items.len()) {
            self.differ(path.clone(), schema.on_change, replacing);
        }
        let out: Vec<Value> = items
            .iter()
            .enumerate()
            .map(|(i, item)| {
                let at = path.child(PathStep::Index(i));
                let Some(config) = item.entries() else {
                    return item.clone();
                };
                match priors.and_then(|p| p.get(i)).and_then(Value::entries) {
                    Some(prior) => Value::object(self.block(&schema.block, config, Some(prior), &at, replacing)),
                    None => Value::object(Proposer::default().block(&schema.block, config, None, &at, false)),
                }
            })
            .collect();
        Value::list(schema.block.object_type(), out)
    }

    fn set(
        &mut self,
        schema: &NestedBlock,
        config: &Value,
        prior: Option<&Value>,
        path: &AttrPath,
        replacing: bool,
    ) -> Value {
        let items = config.elements().unwrap_or(&[]);
        let planned = items.iter().map(|item| match item.entries() {
            Some(config) => Value::object(Proposer::default().block(&schema.block, config, None, path, false)),
            None => item.clone(),
        });
        let planned = Value::set(schema.block.object_type(), planned);
        if let Some(prior) = prior {
            let none = prior.is_null() && items.is_empty();
            if !none && !equal(&planned, prior) {
                self.differ(path.clone(), schema.on_change, replacing);
            }
        }
        planned
    }
}

/// Whether the state only learns what the configuration says of an adopted object: the cloud does not tell what these
/// attributes are.
fn learned(attribute: &Attribute, prior: &Value) -> bool {
    prior.is_null() && (attribute.secret || attribute.unread.is_some())
}

/// The value that an object gets from its cloud: its identifier at least is never null.
fn later(name: &str, attribute: &Attribute) -> Value {
    match name {
        "id" => Value::unknown_not_null(attribute.ty.clone()),
        _ => Value::unknown(attribute.ty.clone()),
    }
}

fn planned_attribute(name: &str, attribute: &Attribute, config: Option<&Value>, prior: Option<&Value>) -> Value {
    let later = || later(name, attribute);
    let set = config.filter(|v| !v.is_null());
    match (attribute.mode, set) {
        (Mode::Computed, _) => prior.cloned().unwrap_or_else(later),
        (_, Some(value)) => match prior {
            // What is sensitive is what the configuration says now.
            Some(prior) if equal(value, prior) => value.clone(),
            // Keeps the cloud's spelling, so that a difference without meaning is none.
            Some(prior) if !prior.is_null() && equal_in_meaning(attribute, value, prior) => {
                marks_like(prior.clone().unmark_deep().0, value)
            }
            _ => value.clone(),
        },
        (_, None) if attribute.default.is_some() => {
            let default = attribute.default.clone().unwrap_or_else(later);
            match prior {
                Some(prior) if !prior.is_null() && equal_in_meaning(attribute, &default, prior) => prior.clone(),
                _ => default,
            }
        }
        (Mode::OptionalComputed, None) => prior.cloned().unwrap_or_else(later),
        (Mode::Required | Mode::Optional, None) => Value::null(attribute.ty.clone()),
    }
}

/// Attributes that take the value of another are known after apply when that changes; only the type is known before, and null.
fn follow(schema: &BlockSchema, prior: Option<&Object>, planned: &mut Object) {
    for (name, attribute) in &schema.attributes {
        let Some(source) = attribute.follows.as_ref().and_then(|f| planned.get(f).map(|v| (f, v))) else {
            continue;
        };
        let (from, value) = source;
        let kept = prior.filter(|p| p.get(from).is_some_and(|p| equal(p, value)));
        let follower = match (kept.and_then(|p| p.get(name)), &value.kind) {
            (Some(kept), _) => marks_like(kept.clone().unmark_deep().0, value),
            (None, Kind::Null(t)) => Value::null(t.clone()).mark(value.marks),
            // Which parts will be sensitive can't be said of a value without parts.
            (None, _) => Value::unknown(value.ty()).mark(value.marks),
        };
        planned.insert(name.clone(), follower);
    }
}

/// An update may change what the cloud computes: such values are known after apply, except those that stay.
fn forget_computed(schema: &BlockSchema, config: &Object, planned: &mut Object) {
    for (name, attribute) in &schema.attributes {
        let set = config.get(name).is_some_and(|v| !v.is_null());
        let stays = attribute.stable || attribute.follows.is_some();
        if attribute.mode == Mode::Computed && !stays && !set {
            planned.insert(name.clone(), later(name, attribute));
        }
    }
}

/// Equal but for marks.
pub fn equal(a: &Value, b: &Value) -> bool {
    if a.marks_deep().is_empty() && b.marks_deep().is_empty() {
        return a == b;
    }
    a.clone().unmark_deep().0 == b.clone().unmark_deep().0
}

/// Whether two objects that are otherwise equal differ in what is sensitive. Secrets are always hidden and never differ in that.
pub fn marks_differ(schema: &BlockSchema, a: &Value, b: &Value) -> bool {
    let part = |name: &Str| matches!((a.get(name), b.get(name)), (Some(a), Some(b)) if a != b && equal(a, b));
    let open = schema.attributes.iter().filter(|(_, a)| !a.secret && !a.volatile);
    open.map(|(name, _)| name).chain(schema.blocks.keys()).any(part)
}

/// What the cloud returned for a planned object, with the marks of that; what takes the value of another attribute is as
/// sensitive as that.
pub fn marks_planned(schema: &BlockSchema, actual: Value, planned: &Value) -> Value {
    let object = marks_like(actual, planned);
    let Some(entries) = object.entries() else {
        return object;
    };
    let mut out = entries.clone();
    for (name, attribute) in &schema.attributes {
        let source = attribute.follows.as_ref().and_then(|f| entries.get(f));
        if let (Some(source), Some(follower)) = (source, entries.get(name)) {
            out.insert(name.clone(), marks_like(follower.clone(), source));
        }
    }
    Value::object(out).mark(object.marks)
}

/// Puts the marks of a planned object onto what the cloud returned for it.
pub fn marks_like(actual: Value, planned: &Value) -> Value {
    if planned.marks_deep() == Marks::NONE {
        return actual;
    }
    let marks = planned.marks;
    let kind = match (&actual.kind, &planned.kind) {
        (Kind::Object(a), Kind::Object(p)) => Kind::Object(
            a.iter()
                .map(|(k, v)| {
                    (
                        k.clone(),
                        p.get(k).map_or_else(|| v.clone(), |p| marks_like(v.clone(), p)),
                    )
                })
                .collect::<BTreeMap<_, _>>()
                .into(),
        ),
        (Kind::Map(t, a), Kind::Map(_, p)) => Kind::Map(
            t.clone(),
            a.iter()
                .map(|(k, v)| {
                    (
                        k.clone(),
                        p.get(k).map_or_else(|| v.clone(), |p| marks_like(v.clone(), p)),
                    )
                })
                .collect::<BTreeMap<_, _>>()
                .into(),
        ),
        (Kind::List(t, a), Kind::List(_, p)) => Kind::List(
            t.clone(),
            a.iter()
                .enumerate()
                .map(|(i, v)| p.get(i).map_or_else(|| v.clone(), |p| marks_like(v.clone(), p)))
                .collect(),
        ),
        (Kind::Tuple(a), Kind::Tuple(p)) => Kind::Tuple(
            a.iter()
                .enumerate()
                .map(|(i, v)| p.get(i).map_or_else(|| v.clone(), |p| marks_like(v.clone(), p)))
                .collect(),
        ),
        _ => return actual.mark(planned.marks_deep()),
    };
    Value { kind, marks }
}
