//! Attributes and elements of values.

use super::failed;
use crate::base::{Diag, Diags, Kind, Number, Span, Str, Type, Unknown, Value, did_you_mean};
use crate::lang::ast::{Step, StepKind};
use crate::lang::codes;
use crate::lang::convert::{convert, without_optional};
use std::collections::BTreeMap;

/// Boxed, so that the happy path moves little.
type Outcome = Result<Value, Box<Diag>>;

/// Applies literal steps one after the other; stops at the first that is wrong.
pub(super) fn steps(mut value: Value, steps: &[Step], diags: &mut Diags) -> Value {
    for s in steps {
        value = match step(&value, s) {
            Ok(v) => v,
            Err(diag) => {
                diags.push(*diag);
                return failed();
            }
        };
    }
    value
}

/// What is wrong with steps into a value of a type, whatever the value will be.
pub fn steps_problem(ty: &Type, path: &[Step]) -> Option<Diag> {
    let mut diags = Diags::new();
    steps(Value::unknown(ty.clone()), path, &mut diags);
    diags.into_iter().next()
}

/// Applies one literal step.
pub(super) fn step(value: &Value, step: &Step) -> Outcome {
    match &step.kind {
        StepKind::Attr(name) => attribute(value, name, step.span),
        StepKind::Index(key) => index(value, key, step.span),
    }
}

fn unsupported(detail: impl Into<String>, span: Span) -> Box<Diag> {
    Box::new(
        Diag::error(codes::ATTRIBUTE, "Unsupported attribute")
            .detail(detail)
            .at(span),
    )
}

fn attribute(value: &Value, name: &Str, span: Span) -> Outcome {
    let found = match &value.kind {
        Kind::Null(_) => {
            return Err(Box::new(
                Diag::error(codes::NULL_VALUE, "Attempt to get attribute from null value")
                    .detail("This value is null, so it does not have any attributes.")
                    .at(span),
            ));
        }
        Kind::Object(attributes) => match attributes.get(name) {
            Some(v) => v.clone(),
            None => return Err(no_attribute(name, attributes.keys(), span)),
        },
        Kind::Map(_, entries) => match entries.get(name) {
            Some(v) => v.clone(),
            None => {
                let hint = nearest(name, value, entries);
                let diag = Diag::error(codes::INDEX, "Missing map element")
                    .detail(format!("This map does not have an element with the key {name:?}."))
                    .at(span);
                return Err(Box::new(with_hint(diag, hint)));
            }
        },
        Kind::Unknown(u) => match &u.ty {
            Type::Object(o) => match o.attributes.get(name) {
                Some(t) => Value::unknown(without_optional(t)),
                None => return Err(no_attribute(name, o.attributes.keys(), span)),
            },
            Type::Map(t) => Value::unknown((**t).clone()),
            Type::Dynamic => failed(),
            other => return Err(no_attributes_of(other, name, span)),
        },
        _ => return Err(no_attributes_of(&value.ty(), name, span)),
    };
    Ok(found.mark(value.marks))
}

fn no_attribute<'a>(name: &str, candidates: impl Iterator<Item = &'a Str>, span: Span) -> Box<Diag> {
    let diag = *unsupported(format!("This object does not have an attribute named {name:?}."), span);
    Box::new(with_hint(diag, did_you_mean(name, candidates.map(|s| &**s))))
}

fn with_hint(diag: Diag, hint: Option<&str>) -> Diag {
    match hint {
        Some(hint) => diag.help(format!("did you mean {hint:?}?")),
        None => diag,
    }
}

/// A key of a map near to one that it lacks; keys of a sensitive map are not shown.
fn nearest<'a>(name: &str, map: &Value, entries: &'a BTreeMap<Str, Value>) -> Option<&'a str> {
    if map.is_sensitive() {
        return None;
    }
    did_you_mean(name, entries.keys().map(|s| &**s))
}

fn no_attributes_of(ty: &Type, name: &str, span: Span) -> Box<Diag> {
    let of_objects = |t: &Type| matches!(t, Type::Object(_));
    match ty {
        Type::List(t) if of_objects(t) => unsupported(
            format!(
                "Can't access attributes on a list of objects. Did you mean to access attribute {name:?} for a \
                 specific element of the list, or across all elements of the list?"
            ),
            span,
        ),
        Type::Set(t) if of_objects(t) => unsupported(
            "Can't access attributes on a set of objects. Did you mean to access an attribute across all elements \
             of the set?",
            span,
        ),
        Type::Bool | Type::Number | Type::String => unsupported(
            format!(
                "Can't access attributes on a primitive-typed value ({}).",
                ty.friendly_name()
            ),
            span,
        ),
        _ => unsupported("This value does not have any attributes.", span),
    }
}

fn invalid(detail: impl Into<String>, span: Span) -> Box<Diag> {
    Box::new(Diag::error(codes::INDEX, "Invalid index").detail(detail).at(span))
}

const NO_ELEMENT: &str = "The given key does not identify an element in this collection value";

/// The element of a key, which is any value. `span` is the key's.
pub(super) fn index(source: &Value, key: &Value, span: Span) -> Outcome {
    // A name of an object is no secret, whatever told it.
    let marks = match &source.kind {
        Kind::Object(_) => source.marks,
        _ => source.marks.union(key.marks),
    };
    if source.is_null() {
        return Err(Box::new(
            Diag::error(codes::NULL_VALUE, "Attempt to index null value")
                .detail("This value is null, so it does not have any indices.")
                .at(span),
        ));
    }
    if key.is_null() {
        return Err(invalid("Can't use a null value as an indexing key.", span));
    }
    if !key.is_known() && key.ty() == Type::Dynamic {
        return Ok(failed().mark(marks));
    }
    // The type of a large object or tuple is large too: it is not made for one look into it.
    let found = match &source.kind {
        Kind::Object(entries) => in_object(entries, key, span)?,
        Kind::List(t, items) => in_sequence(items, Some(t), key, span)?,
        Kind::Tuple(items) => in_sequence(items, None, key, span)?,
        Kind::Map(element, _) => in_map(source, element, key, span)?,
        Kind::Unknown(u) => in_unknown(u, key, span)?,
        Kind::Set(..) => {
            return Err(invalid(
                "Elements of a set are identified only by their value and don't have any separate index or key to \
                 select with, so it's only possible to perform operations across all elements of the set.",
                span,
            ));
        }
        _ => return Err(invalid("This value does not have any indices.", span)),
    };
    Ok(found.mark(marks))
}

fn key_as(key: &Value, ty: &Type, span: Span) -> Outcome {
    convert(key, ty).map_err(|e| invalid(format!("{NO_ELEMENT}: {}.", e.message), span))
}

fn in_sequence(items: &[Value], element: Option<&Type>, key: &Value, span: Span) -> Outcome {
    let key = key_as(key, &Type::Number, span)?;
    let Some(number) = key.as_number() else {
        return Ok(element.map_or_else(failed, |t| Value::unknown(t.clone())));
    };
    if let Some(why) = index_problem(number, items.len()) {
        // How a secret index compares to the length says something about it.
        if key.is_sensitive() {
            return Err(invalid(format!("{NO_ELEMENT}."), span));
        }
        return Err(invalid(format!("{NO_ELEMENT}: {why}."), span));
    }
    let at = number.to_usize().unwrap_or(usize::MAX);
    Ok(items.get(at).cloned().unwrap_or_else(failed))
}

/// An element of a collection that is not known: whether it has one is not known either, but for tuples.
fn in_unknown(source: &Unknown, key: &Value, span: Span) -> Outcome {
    match &source.ty {
        Type::Dynamic => Ok(failed()),
        Type::List(t) => {
            key_as(key, &Type::Number, span)?;
            Ok(Value::unknown((**t).clone()))
        }
        Type::Map(t) => {
            key_as(key, &Type::String, span)?;
            Ok(Value::unknown((**t).clone()))
        }
        Type::Tuple(types) => {
            let key = key_as(key, &Type::Number, span)?;
            let at = key.as_number().and_then(Number::to_usize);
            let found = at.and_then(|at| types.get(at));
            Ok(found.map_or_else(failed, |t| Value::unknown(without_optional(t))))
        }
        Type::Object(o) => {
            let key = key_as(key, &Type::String, span)?;
            let found = key.as_str().and_then(|name| o.attributes.get(name));
            Ok(found.map_or_else(failed, |t| Value::unknown(without_optional(t))))
        }
        Type::Set(_) => Err(invalid(
            "Elements of a set are identified only by their value and don't have any separate index or key to select \
             with, so it's only possible to perform operations across all elements of the set.",
            span,
        )),
        _ => Err(invalid("This value does not have any indices.", span)),
    }
}

/// Why a number is no index of a sequence of a length, if it is none.
fn index_problem(number: &Number, length: usize) -> Option<&'static str> {
    if number.signum() < 0 {
        return Some("a negative number is not a valid index for a sequence");
    }
    if length == 0 {
        return Some("the collection has no elements");
    }
    if !number.is_integer() && !number.is_infinite() {
        return Some("indexing a sequence requires a whole number, but the given index has a fractional part");
    }
    let beyond = number.to_usize().is_none_or(|at| at >= length);
    beyond.then_some("the given index is greater than or equal to the length of the collection")
}

fn in_map(source: &Value, element: &Type, key: &Value, span: Span) -> Outcome {
    let text = key_as(key, &Type::String, span)?;
    let (Some(text), Some(entries)) = (text.as_str(), source.entries()) else {
        return Ok(Value::unknown(element.clone()));
    };
    match entries.get(text) {
        Some(v) => Ok(v.clone()),
        None => {
            let hint = nearest(text, source, entries);
            let hint = hint.filter(|_| !key.is_sensitive());
            Err(Box::new(with_hint(*invalid(format!("{NO_ELEMENT}."), span), hint)))
        }
    }
}

fn in_object(entries: &BTreeMap<Str, Value>, key: &Value, span: Span) -> Outcome {
    let by_number = matches!(key.kind, Kind::Number(_));
    let text = key_as(key, &Type::String, span)?;
    let Some(text) = text.as_str() else {
        return Ok(failed());
    };
    if let Some(found) = entries.get(text) {
        return Ok(found.clone());
    }
    let more = if by_number {
        " An object only supports looking up attributes by name, not by numeric index."
    } else {
        ""
    };
    let hint = did_you_mean(text, entries.keys().map(|s| &**s)).filter(|_| !key.is_sensitive());
    Err(Box::new(with_hint(
        *invalid(format!("{NO_ELEMENT}.{more}"), span),
        hint,
    )))
}
