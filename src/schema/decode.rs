//! From a block's body to its *config* object: every attribute evaluated and converted to its type, null where
//! unset, nested and `dynamic` blocks as lists, sets or objects. Decides types only; allowed values, defaults and
//! rules belong to `validate`, names and counts to `structure`.

use super::codes;
use super::model::{Attribute, BlockSchema, NestedBlock, Nesting};
use super::scope;
use super::structure::{dynamic_of, too_few, too_many};
use crate::base::{AttrPath, Diag, Diags, Kind, PathStep, Span, Str, Type, Value};
use crate::lang::EvalContext;
use crate::lang::ast::{Block, Body, Expr, ExprKind};
use crate::lang::convert::{ConvertError, convert};
use crate::lang::eval::evaluate;
use std::collections::BTreeMap;

/// Evaluates a body into an object of the schema's type.
///
/// An attribute that fails to evaluate or convert is reported and becomes a value known after apply, so that the
/// caller can go on and find more problems. Arguments and blocks that the schema lacks are skipped: they are
/// reported by [`check_structure`](super::check_structure). `ignore` names meta-arguments and meta-blocks.
pub fn decode(schema: &BlockSchema, body: &Body, ignore: &[&str], cx: &EvalContext<'_>) -> (Value, Diags) {
    let mut diags = Diags::new();
    let value = object(schema, body, ignore, cx, &mut diags);
    (value, diags)
}

fn object(schema: &BlockSchema, body: &Body, ignore: &[&str], cx: &EvalContext<'_>, diags: &mut Diags) -> Value {
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, attribute) in &schema.attributes {
        let value = match body.expr(name) {
            Some(expr) if !ignore.contains(&&**name) => argument(name, attribute, expr, cx, diags),
            _ => Value::null(attribute.ty.clone()),
        };
        out.insert(name.clone(), value);
    }
    for (name, nested) in &schema.blocks {
        let value = if ignore.contains(&&**name) {
            unset(nested)
        } else {
            blocks(name, nested, body, cx, diags)
        };
        out.insert(name.clone(), value);
    }
    Value::object(out)
}

/// The value of a nested block type that does not stand in the body.
fn unset(nested: &NestedBlock) -> Value {
    let object = nested.block.object_type();
    match nested.nesting {
        Nesting::Single => Value::null(object),
        Nesting::List => Value::list(object, Vec::new()),
        Nesting::Set => Value::set(object, Vec::new()),
    }
}

fn argument(name: &str, attribute: &Attribute, expr: &Expr, cx: &EvalContext<'_>, diags: &mut Diags) -> Value {
    let (value, found) = evaluate(expr, cx);
    let failed = found.has_errors();
    diags.extend(found);
    if failed {
        return Value::unknown(attribute.ty.clone());
    }
    match convert(&value, &attribute.ty) {
        Ok(value) => value,
        Err(error) => {
            diags.push(wrong_type(name, attribute, expr, &error));
            Value::unknown(attribute.ty.clone())
        }
    }
}

fn wrong_type(name: &str, attribute: &Attribute, expr: &Expr, error: &ConvertError) -> Diag {
    let mut place = String::new();
    for step in &error.path.0 {
        place.push_str(&match step {
            PathStep::Attr(name) => format!("attribute \"{name}\": "),
            PathStep::Index(n) => format!("element {n}: "),
            PathStep::Key(key) => format!("element \"{key}\": "),
        });
    }
    let diag = Diag::error(codes::WRONG_TYPE, "Incorrect attribute value type")
        .detail(format!(
            "Inappropriate value for attribute \"{name}\": {place}{}.",
            error.message
        ))
        .at(part_of(expr, &error.path));
    let expected = expected(&attribute.ty);
    diag.label(format!("expected {expected}"))
}

/// A type in words that fit on one line.
fn expected(ty: &Type) -> String {
    match ty {
        Type::Object(_) | Type::Tuple(_) => format!("an {}", ty.friendly_name()).replace("an tuple", "a tuple"),
        _ => format!("a {}", ty.friendly_name()),
    }
}

/// The place of the element that a path leads to, as far as the expression spells it out.
fn part_of(expr: &Expr, path: &AttrPath) -> Span {
    let mut at = expr;
    for step in &path.0 {
        let next = match (step, &at.kind) {
            (PathStep::Index(n), ExprKind::Tuple(items)) => items.get(*n),
            (PathStep::Key(key) | PathStep::Attr(key), ExprKind::Object(items)) => items
                .iter()
                .find(|(k, _)| key_text(k).is_some_and(|t| t == &**key))
                .map(|(_, v)| v),
            _ => None,
        };
        match next {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at.span
}

fn key_text(key: &crate::lang::ast::ObjectKey) -> Option<&str> {
    use crate::lang::ast::ObjectKey;
    match key {
        ObjectKey::Name(ident) => Some(&ident.text),
        ObjectKey::Expr(Expr {
            kind: ExprKind::Literal(value),
            ..
        }) => value.as_str(),
        ObjectKey::Expr(_) => None,
    }
}

/// All blocks of one type, in source order, as the value of that type.
fn blocks(name: &str, nested: &NestedBlock, body: &Body, cx: &EvalContext<'_>, diags: &mut Diags) -> Value {
    let mut items = Vec::new();
    let mut known = true;
    let mut marks = crate::base::Marks::NONE;
    let mut dynamic_header = None;
    for block in &body.blocks {
        if &*block.kind.text == name {
            items.push(object(&nested.block, &block.body, &[], cx, diags));
        } else if let Some((kind, content)) = dynamic_of(block)
            && kind == name
        {
            dynamic_header = dynamic_header.or(Some(block.header));
            let made = dynamic(name, nested, block, content, cx, diags);
            known &= made.known;
            marks = marks.union(made.marks);
            items.extend(made.items);
        }
    }
    let ty = nested.ty();
    if !known {
        return Value::unknown_not_null(ty).mark(marks);
    }
    if let Some(header) = dynamic_header {
        check_count(name, nested, items.len(), header, diags);
    }
    let object = nested.block.object_type();
    let value = match nested.nesting {
        Nesting::Single => items.into_iter().next().unwrap_or_else(|| Value::null(object)),
        Nesting::List => Value::list(object, items),
        Nesting::Set => Value::set(object, items),
    };
    value.mark(marks)
}

/// Blocks that one `dynamic` block made.
struct Made {
    items: Vec<Value>,
    /// Whether it is known which they are.
    known: bool,
    marks: crate::base::Marks,
}

fn dynamic(
    name: &str,
    nested: &NestedBlock,
    block: &Block,
    content: &Block,
    cx: &EvalContext<'_>,
    diags: &mut Diags,
) -> Made {
    let mut made = Made {
        items: Vec::new(),
        known: false,
        marks: crate::base::Marks::NONE,
    };
    // Reported by the check of the structure.
    let Some(for_each) = block.body.expr("for_each") else {
        return made;
    };
    let (collection, found) = evaluate(for_each, cx);
    let failed = found.has_errors();
    diags.extend(found);
    made.marks = collection.marks;
    if failed || !collection.is_known() {
        return made;
    }
    let Some(entries) = iterate(&collection) else {
        diags.push(not_iterable(&collection, for_each.span));
        return made;
    };
    let iterator = iterator_name(name, block);
    for (key, value) in entries {
        let scope = scope::Iterator {
            parent: cx.scope,
            name: &iterator,
            value: Value::object_of([("key", key), ("value", value)]),
        };
        let inner = EvalContext { scope: &scope, ..*cx };
        made.items
            .push(object(&nested.block, &content.body, &[], &inner, diags));
    }
    made.known = true;
    made
}

/// The name that the content of a `dynamic` block sees: its `iterator`, else the block type.
fn iterator_name(name: &str, block: &Block) -> Str {
    match block.body.expr("iterator").map(|e| &e.kind) {
        Some(ExprKind::Reference(r)) => r.root.text.clone(),
        Some(ExprKind::Literal(value)) => value.as_str().unwrap_or(name).into(),
        _ => name.into(),
    }
}

fn not_iterable(value: &Value, span: Span) -> Diag {
    let detail = if value.is_null() {
        "Cannot use a null value in for_each.".to_string()
    } else {
        format!(
            "Cannot use a {} value in for_each. An iterable collection is required.",
            value.ty().friendly_name()
        )
    };
    Diag::error(codes::DYNAMIC_FOR_EACH, "Invalid dynamic for_each value")
        .detail(detail)
        .at(span)
}

/// Keys and elements of a collection; the keys of a set are its elements.
fn iterate(value: &Value) -> Option<Vec<(Value, Value)>> {
    Some(match &value.kind {
        Kind::List(_, items) | Kind::Tuple(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (Value::int(i64::try_from(i).unwrap_or(i64::MAX)), v.clone()))
            .collect(),
        Kind::Set(_, items) => items.iter().map(|v| (v.clone(), v.clone())).collect(),
        Kind::Map(_, entries) | Kind::Object(entries) => entries
            .iter()
            .map(|(k, v)| (Value::string(k.clone()), v.clone()))
            .collect(),
        _ => return None,
    })
}

/// Counts blocks where a `dynamic` block took part, which names alone can't tell.
fn check_count(name: &str, nested: &NestedBlock, count: usize, header: Span, diags: &mut Diags) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let max = match nested.nesting {
        Nesting::Single => Some(1),
        Nesting::List | Nesting::Set => nested.max,
    };
    if let Some(max) = max
        && count > max
    {
        diags.push(too_many(name, max, header));
    }
    if count < nested.min {
        diags.push(too_few(name, nested.min, header));
    }
}
