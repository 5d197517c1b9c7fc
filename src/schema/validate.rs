//! Whether an evaluated object keeps what its schema says of values: allowed values, forms, lengths, ranges, secrets,
//! deprecations and rules. What is known only after apply is skipped. Never prints a sensitive value. Names and
//! counts belong to `structure`, types to `decode`.

mod constraint;
mod place;
pub(in crate::schema) mod rule;

pub use constraint::equal_in_meaning;
pub(super) use constraint::quoted;

use super::codes;
use super::model::{Attribute, BlockSchema, Mode, Nesting, ResourceSchema};
use crate::base::mask::remember;
use crate::base::{Diag, Diags, Kind, SourceMap, Span, Str, Value};
use crate::lang::FunctionHost;
use crate::lang::ast::{Body, Expr, ExprKind, TemplatePart};
use place::Place;
use std::collections::BTreeMap;

/// All that checking an object needs beside the object.
#[derive(Clone, Copy)]
pub struct ValidateContext<'a> {
    /// Texts of the configuration, to point at a part of a literal.
    pub sources: &'a SourceMap,
    /// Effects of functions in rules.
    pub host: &'a dyn FunctionHost,
    /// The header of the object's block, for problems without a place of their own; else the start of its body.
    pub header: Option<Span>,
    /// The settings of the object's provider, which rules see as `provider`; without it those rules are skipped.
    pub provider: Option<&'a Value>,
}

/// Checks the values of a *config* object against its schema; `body` is where it was written.
pub fn validate(
    schema: &ResourceSchema,
    config: &Value,
    body: &Body,
    sources: &SourceMap,
    host: &dyn FunctionHost,
) -> Diags {
    let cx = ValidateContext {
        sources,
        host,
        header: None,
        provider: None,
    };
    validate_with(schema, config, body, &cx)
}

/// [`validate`] with the settings of the provider, so that rules can compare with them.
pub fn validate_with(schema: &ResourceSchema, config: &Value, body: &Body, cx: &ValidateContext<'_>) -> Diags {
    let mut diags = Diags::new();
    let mut place = Place::of_body(body);
    place.header = cx.header.unwrap_or(place.header);
    if let Some(why) = &schema.deprecated {
        diags.push(deprecated(&schema.type_name, why).at(place.header));
    }
    check_object(&schema.block, config, &place, cx, &mut diags);
    let seen = seen(&schema.block, config);
    for rule in &schema.rules {
        rule::check(rule, &seen, &place, cx, &mut diags);
    }
    diags
}

fn deprecated(name: &str, why: &str) -> Diag {
    Diag::warning(codes::DEPRECATED, format!("{name} is deprecated")).detail(why)
}

/// Checks the attributes and nested blocks of one object; the rules of the object itself are the caller's.
fn check_object(schema: &BlockSchema, object: &Value, place: &Place<'_>, cx: &ValidateContext<'_>, diags: &mut Diags) {
    for (name, attribute) in &schema.attributes {
        if let Some(value) = object.get(name) {
            check_attribute(name, attribute, value, place, cx, diags);
        }
    }
    for (name, nested) in &schema.blocks {
        let Some(value) = object.get(name).filter(|v| v.is_known() && !v.is_null()) else {
            continue;
        };
        let items = match nested.nesting {
            Nesting::Single => std::slice::from_ref(value),
            Nesting::List | Nesting::Set => value.elements().unwrap_or_default(),
        };
        if let (Some(why), false) = (&nested.deprecated, items.is_empty()) {
            diags.push(deprecated(name, why).at(place.of(name).header));
        }
        for (index, item) in items.iter().enumerate() {
            let inner = place.nested(name, nested.nesting, index, items.len());
            check_object(&nested.block, item, &inner, cx, diags);
            if nested.block.rules.is_empty() {
                continue;
            }
            let seen = seen(&nested.block, &item.clone().mark(value.marks));
            for rule in &nested.block.rules {
                rule::check(rule, &seen, &inner, cx, diags);
            }
        }
    }
}

fn check_attribute(
    name: &str,
    attribute: &Attribute,
    value: &Value,
    place: &Place<'_>,
    cx: &ValidateContext<'_>,
    diags: &mut Diags,
) {
    let expr = place.body.and_then(|b| b.expr(name));
    let span = expr.map_or(place.header, |e| e.span);
    if value.is_null() {
        // An argument that is not there at all is reported by the check of the structure.
        if attribute.mode == Mode::Required && expr.is_some() {
            diags.push(
                Diag::error(codes::MISSING_ARGUMENT, "Missing required argument")
                    .detail(format!("The argument \"{name}\" is required, but its value is null."))
                    .at(span),
            );
        }
        return;
    }
    if let (Some(why), Some(_)) = (&attribute.deprecated, expr) {
        diags.push(deprecated(name, why).at(span));
    }
    if attribute.secret && expr.is_some_and(is_plain_text) {
        // Without a span: the line that a report shows with it holds the secret. Other reports may show the line too.
        if let Some(text) = value.as_str() {
            remember(text);
        }
        diags.push(secret_literal(name, attribute, &cx.sources.place(span)));
    }
    constraint::check(name, attribute, value, expr, place, diags);
}

fn secret_literal(name: &str, attribute: &Attribute, place: &str) -> Diag {
    let mut help = format!(
        "declare `variable \"{name}\" {{ sensitive = true }}`, write `{name} = var.{name}` and pass the value in the \
         environment variable TF_VAR_{name}"
    );
    if let Some(env) = attribute.env.first() {
        help = format!("remove the argument and set the environment variable {env}, or {help}");
    }
    Diag::error(codes::SECRET_LITERAL, format!("Secret in clear text: {name}"))
        .detail(format!(
            "{place} holds the secret as it is: whoever reads the file, or a copy of it in version control, has it."
        ))
        .help(help)
}

/// Whether an expression is text (not empty) that stands in the file itself.
fn is_plain_text(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => value.as_str().is_some_and(|s| !s.is_empty()),
        ExprKind::Parens(inner) => is_plain_text(inner),
        ExprKind::Template(parts) => parts.iter().all(|p| matches!(p, TemplatePart::Literal(..))),
        ExprKind::TemplateWrap(inner) => is_plain_text(inner),
        _ => false,
    }
}

/// The object as rules see it: with defaults, and with what the cloud decides as known after apply. A required
/// argument that is missing is reported elsewhere and takes the same form, so that no rule stumbles over it.
fn seen(schema: &BlockSchema, config: &Value) -> rule::Seen {
    rule::Seen {
        object: fill(schema, config, true),
        config: config.clone(),
    }
}

/// The object with the schema's defaults where the user set nothing, at any depth. Marks are kept.
pub fn defaults(schema: &BlockSchema, config: &Value) -> Value {
    fill(schema, config, false)
}

fn fill(schema: &BlockSchema, object: &Value, computed_unknown: bool) -> Value {
    let Kind::Object(entries) = &object.kind else {
        return object.clone();
    };
    let mut out: BTreeMap<Str, Value> = (**entries).clone();
    for (name, attribute) in &schema.attributes {
        let unset = out.get(name).is_none_or(Value::is_null);
        if !unset {
            continue;
        }
        if let Some(default) = &attribute.default {
            out.insert(name.clone(), default.clone());
        } else if computed_unknown && attribute.mode != Mode::Optional {
            out.insert(name.clone(), Value::unknown(attribute.ty.clone()));
        }
    }
    for (name, nested) in &schema.blocks {
        if let Some(value) = out.get(name) {
            let filled = fill_blocks(&nested.block, value, computed_unknown);
            out.insert(name.clone(), filled);
        }
    }
    Value::object(out).mark(object.marks)
}

fn fill_blocks(schema: &BlockSchema, value: &Value, computed_unknown: bool) -> Value {
    let each = |items: &[Value]| -> Vec<Value> { items.iter().map(|v| fill(schema, v, computed_unknown)).collect() };
    let filled = match &value.kind {
        Kind::Object(_) => return fill(schema, value, computed_unknown),
        Kind::List(ty, items) => Value::list(ty.clone(), each(items)),
        Kind::Set(ty, items) => Value::set(ty.clone(), each(items)),
        _ => return value.clone(),
    };
    filled.mark(value.marks)
}
