//! Attributes and nested blocks of a schema file.

use super::{Reader, constant, parts};
use crate::base::{Str, Type, Value};
use crate::lang::ast::{Block, Body, Expr, ExprKind};
use crate::lang::convert::convert;
use crate::schema::model::{Attribute, BlockSchema, Equality, Mode, NestedBlock, Nesting, OnChange, Pattern};
use crate::schema::timeouts::DURATION_REGEX;
use indexmap::IndexMap;
use std::sync::Arc;

/// Reads the `attribute`, `block` and `rule` blocks of a body; `on_change` is what counts where they say nothing.
pub(in crate::schema) fn block_schema(r: &mut Reader, body: &Body, on_change: OnChange) -> BlockSchema {
    let mut out = BlockSchema::default();
    for block in body.blocks_of("attribute") {
        let Some(name) = r.label(block) else { continue };
        let Some(attribute) = attribute(r, block, on_change) else {
            continue;
        };
        if out.attributes.insert(name.clone(), attribute).is_some() {
            r.problem(block.header, format!("{name} is described twice"));
        }
    }
    for block in body.blocks_of("block") {
        let Some(name) = r.label(block) else { continue };
        let nested = nested(r, block, on_change);
        if out.attributes.contains_key(&name) || out.blocks.insert(name.clone(), nested).is_some() {
            r.problem(block.header, format!("{name} is described twice"));
        }
    }
    out.rules = parts::rules(r, body);
    for rule in &out.rules {
        if let Some(name) = &rule.attribute
            && !out.attributes.contains_key(name)
            && !out.blocks.contains_key(name)
        {
            let why = format!("rule {} points at {name}, which is no attribute", rule.name);
            r.problem(rule.condition.span, why);
        }
    }
    out
}

fn nested(r: &mut Reader, block: &Block, outer: OnChange) -> NestedBlock {
    let body = &block.body;
    let on_change = r.on_change(body).unwrap_or(outer);
    let words = [
        ("single", Nesting::Single),
        ("list", Nesting::List),
        ("set", Nesting::Set),
    ];
    let nesting = r.word(body, "nesting", &words).unwrap_or(Nesting::Single);
    let inner = block_schema(r, body, on_change);
    if nesting == Nesting::Set && crate::schema::secrets::any(&inner) {
        r.problem(
            block.header,
            "the blocks of a set have no places, so that a secret in one can't be followed",
        );
    }
    NestedBlock {
        nesting,
        min: r.count(body, "min").unwrap_or(0),
        max: r.count(body, "max"),
        block: Arc::new(inner),
        on_change,
        computed: r.truth(body, "computed"),
        also_called: r.texts(body, "also_called"),
        doc: r.text(body, "doc").unwrap_or_default(),
        deprecated: r.text(body, "deprecated"),
    }
}

fn attribute(r: &mut Reader, block: &Block, on_change: OnChange) -> Option<Attribute> {
    let body = &block.body;
    let ty = ty(r, block)?;
    let modes = [
        ("required", Mode::Required),
        ("optional", Mode::Optional),
        ("computed", Mode::Computed),
        ("optional_computed", Mode::OptionalComputed),
    ];
    let equalities = [
        ("exact", Equality::Exact),
        ("json", Equality::Json),
        ("case_insensitive", Equality::CaseInsensitive),
    ];
    let out = Attribute {
        mode: r.word(body, "mode", &modes).unwrap_or(Mode::Optional),
        default: default(r, body, &ty),
        allowed: allowed(r, body, &ty),
        value_aliases: r.pairs(body, "value_aliases"),
        also_called: r.texts(body, "also_called"),
        pattern: pattern(r, body),
        length: bounds(r, body, "length", 0, i64::MAX).map(|(a, b)| {
            (
                a.unsigned_abs(),
                if b == i64::MAX { u64::MAX } else { b.unsigned_abs() },
            )
        }),
        range: bounds(r, body, "range", i64::MIN, i64::MAX),
        on_change: r.on_change(body).unwrap_or(on_change),
        secret: r.truth(body, "secret"),
        volatile: r.truth(body, "volatile"),
        stable: r.truth(body, "stable"),
        unread: r.text(body, "unread"),
        follows: r.text(body, "follows").map(Into::into),
        predict: body.expr("predict").cloned(),
        equality: r.word(body, "equality", &equalities).unwrap_or(Equality::Exact),
        env: r.texts(body, "env"),
        help: r.text(body, "help"),
        doc: r.text(body, "doc").unwrap_or_default(),
        source: r.text(body, "source"),
        deprecated: r.text(body, "deprecated"),
        ty,
    };
    check(r, block, &out);
    Some(out)
}

/// What no single argument shows.
fn check(r: &mut Reader, block: &Block, attribute: &Attribute) {
    let constrained = !attribute.allowed.is_empty()
        || attribute.pattern.is_some()
        || attribute.length.is_some()
        || attribute.range.is_some();
    if constrained && attribute.source.is_none() {
        r.problem(block.header, "a constraint needs a source");
    }
    if attribute.doc.is_empty() {
        r.problem(block.header, "doc is missing");
    }
    if attribute.secret && attribute.ty != Type::String {
        r.problem(block.header, "a secret is text");
    }
    if attribute.unread.is_some() && attribute.mode == Mode::Computed {
        r.problem(
            block.header,
            "what the cloud decides and does not say can't be an attribute",
        );
    }
    if attribute.default.is_some() && attribute.mode != Mode::Optional {
        r.problem(block.header, "only an optional attribute has a default");
    }
    for target in attribute.value_aliases.values() {
        if !attribute.allowed.iter().any(|v| v.as_str() == Some(target)) {
            r.problem(
                block.header,
                format!("value_aliases leads to {target}, which is not allowed"),
            );
        }
    }
    if let Some(default) = &attribute.default
        && !attribute.allowed.is_empty()
        && !attribute.allowed.contains(default)
    {
        r.problem(block.header, "the default is not allowed");
    }
}

fn ty(r: &mut Reader, block: &Block) -> Option<Type> {
    let expr: &Expr = match block.body.expr("type") {
        Some(expr) => expr,
        None => {
            r.problem(block.header, "type is missing");
            return None;
        }
    };
    let found = type_of(expr);
    if found.is_none() {
        r.problem(
            expr.span,
            "type must be string, number, bool, any, or list, set or map of one",
        );
    }
    found
}

/// The few types that schemas use; objects are nested blocks there.
fn type_of(expr: &Expr) -> Option<Type> {
    match &expr.kind {
        ExprKind::Reference(r) if r.steps.is_empty() => match &*r.root.text {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            "any" => Some(Type::Dynamic),
            _ => None,
        },
        ExprKind::Call(call) => {
            let [element] = call.args.as_slice() else {
                return None;
            };
            let element = type_of(element)?;
            match &*call.name.text {
                "list" => Some(Type::list(element)),
                "set" => Some(Type::set(element)),
                "map" => Some(Type::map(element)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn default(r: &mut Reader, body: &Body, ty: &Type) -> Option<Value> {
    let expr = body.expr("default")?;
    let value = constant(expr).and_then(|v| convert(&v, ty).ok());
    if value.is_none() {
        r.problem(expr.span, format!("default must be a constant of type {ty}"));
    }
    value
}

fn allowed(r: &mut Reader, body: &Body, ty: &Type) -> Vec<Value> {
    let Some(expr) = body.expr("allowed") else {
        return Vec::new();
    };
    let element = match ty {
        Type::List(t) | Type::Set(t) | Type::Map(t) => t,
        other => other,
    };
    let values = constant(expr).and_then(|v| {
        let items = v.elements()?.iter();
        items.map(|v| convert(v, element).ok()).collect::<Option<Vec<_>>>()
    });
    values.unwrap_or_else(|| {
        r.problem(
            expr.span,
            format!("allowed must be a list of constants of type {element}"),
        );
        Vec::new()
    })
}

fn pattern(r: &mut Reader, body: &Body) -> Option<Pattern> {
    let block = body.blocks_of("pattern").next()?;
    let text = r.text(&block.body, "regex");
    let meaning = r.text(&block.body, "meaning");
    let (Some(text), Some(meaning)) = (text, meaning) else {
        r.problem(block.header, "pattern needs regex and meaning");
        return None;
    };
    match regex::Regex::new(&format!("^(?:{text})$")) {
        Ok(regex) => Some(Pattern { regex, meaning }),
        Err(error) => {
            r.problem(block.header, format!("regex: {error}"));
            None
        }
    }
}

/// `[least, greatest]`, where null is no bound.
fn bounds(r: &mut Reader, body: &Body, name: &str, least: i64, greatest: i64) -> Option<(i64, i64)> {
    let expr = body.expr(name)?;
    let read = || {
        let value = constant(expr)?;
        let [min, max] = value.elements()? else {
            return None;
        };
        let bound = |v: &Value, none: i64| if v.is_null() { Some(none) } else { v.as_i64() };
        let (min, max) = (bound(min, least)?, bound(max, greatest)?);
        (least <= min && min <= max).then_some((min, max))
    };
    let found = read();
    if found.is_none() {
        r.problem(
            expr.span,
            format!("{name} must be [least, greatest], null for no bound"),
        );
    }
    found
}

/// Adds the `timeouts` block that every resource type has.
pub(super) fn add_timeouts(schema: &mut BlockSchema) {
    if schema.blocks.contains_key("timeouts") || schema.attributes.contains_key("timeouts") {
        return;
    }
    let regex = regex::Regex::new(&format!("^(?:{DURATION_REGEX})$")).expect("invariant: a constant regex is valid");
    let attribute = |name: &str| Attribute {
        ty: Type::String,
        mode: Mode::Optional,
        default: None,
        allowed: Vec::new(),
        value_aliases: IndexMap::new(),
        also_called: Vec::new(),
        pattern: Some(Pattern {
            regex: regex.clone(),
            meaning: "a duration such as 90s, 10m or 1h30m".into(),
        }),
        length: Some((2, u64::MAX)),
        range: None,
        on_change: OnChange::Local,
        secret: false,
        volatile: false,
        stable: false,
        unread: None,
        follows: None,
        predict: None,
        equality: Equality::Exact,
        env: Vec::new(),
        help: None,
        doc: format!("How long to wait for {name}."),
        source: None,
        deprecated: None,
    };
    let attributes = ["create", "update", "delete"]
        .into_iter()
        .map(|n| (Str::from(n), attribute(n)))
        .collect();
    let nested = NestedBlock {
        nesting: Nesting::Single,
        min: 0,
        max: None,
        block: Arc::new(BlockSchema {
            attributes,
            ..BlockSchema::default()
        }),
        on_change: OnChange::Local,
        computed: false,
        also_called: Vec::new(),
        doc: "How long to wait for each operation.".into(),
        deprecated: None,
    };
    schema.blocks.insert("timeouts".into(), nested);
}
