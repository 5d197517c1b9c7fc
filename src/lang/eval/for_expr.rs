//! `for` expressions: tuples and objects made from the elements of a collection.

use super::bindings::Bindings;
use super::{Evaluator, extend_new, failed};
use crate::base::{Diag, Diags, Kind, Marks, Span, Str, Type, Value};
use crate::lang::ast::{Expr, ForExpr, Ident};
use crate::lang::codes;
use crate::lang::convert::convert;
use crate::lang::scope::EvalContext;
use std::collections::BTreeMap;

/// The elements that a `for` goes over.
pub(super) enum Passes {
    /// Key and value of each.
    Known(Vec<(Value, Value)>),
    /// Not known how many.
    Unknown,
}

/// The elements of a collection without marks of its own; `None` after a problem was reported.
pub(super) fn passes(source: &Value, span: Span, diags: &mut Diags) -> Option<Passes> {
    let diag = match &source.kind {
        Kind::List(_, items) | Kind::Tuple(items) => {
            let number = |i: usize| Value::number(i.into());
            let all = items.iter().enumerate().map(|(i, v)| (number(i), v.clone()));
            return Some(Passes::Known(all.collect()));
        }
        Kind::Set(_, items) => {
            return Some(Passes::Known(items.iter().map(|v| (v.clone(), v.clone())).collect()));
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            let all = entries.iter().map(|(k, v)| (Value::string(k.clone()), v.clone()));
            return Some(Passes::Known(all.collect()));
        }
        Kind::Unknown(u) if !u.ty.is_primitive() => return Some(Passes::Unknown),
        Kind::Null(_) => Diag::error(codes::NULL_VALUE, "Iteration over null value")
            .detail("A null value cannot be used as the collection in a 'for' expression."),
        _ => Diag::error(codes::ITERATION, "Iteration over non-iterable value").detail(format!(
            "A value of type {} cannot be used as the collection in a 'for' expression.",
            source.ty().friendly_name()
        )),
    };
    diags.push(diag.at(span));
    None
}

/// What a `for` has made so far.
#[derive(Default)]
struct Made {
    items: Vec<Value>,
    entries: BTreeMap<Str, Value>,
    groups: BTreeMap<Str, Vec<Value>>,
    /// Something on which the number of elements or the keys depend is not known, or wrong.
    open: bool,
    /// Parts of all that was made.
    held: u64,
    marks: Marks,
}

impl Evaluator<'_> {
    pub(super) fn for_expr(&self, f: &ForExpr, span: Span, diags: &mut Diags) -> Value {
        let (source, marks) = self.eval(&f.collection, diags).unmark();
        let Some(passes) = passes(&source, f.collection.span, diags) else {
            return failed();
        };
        // Of a value of no type yet, nothing is said.
        if source.ty() != Type::Dynamic && !self.check_condition(f, diags) {
            return failed().mark(marks);
        }
        let Passes::Known(passes) = passes else {
            return failed().mark(marks);
        };
        let mut made = Made {
            marks,
            ..Made::default()
        };
        for (key, value) in passes {
            let mut found = Diags::new();
            self.bound(f.key_var.as_ref(), &f.value_var, key, value, |e| {
                e.pass(f, span, &mut made, &mut found);
            });
            extend_new(diags, found);
            if self.effort.is_spent() || made.held == u64::MAX {
                made.open = true;
                break;
            }
        }
        let result = if made.open {
            failed()
        } else if f.key.is_none() {
            Value::tuple(made.items)
        } else if f.grouping {
            Value::object(made.groups.into_iter().map(|(k, v)| (k, Value::tuple(v))).collect())
        } else {
            Value::object(made.entries)
        };
        result.mark(made.marks)
    }

    fn pass(&self, f: &ForExpr, span: Span, made: &mut Made, diags: &mut Diags) {
        if let Some(condition) = &f.condition {
            match self.included(condition, made, diags) {
                Some(true) => {}
                Some(false) => return,
                None => {
                    made.open = true;
                    return;
                }
            }
        }
        let Some(key) = &f.key else {
            let value = self.eval(&f.value, diags);
            if self.keeps(&value, f, made, diags) {
                made.items.push(value);
            }
            return;
        };
        let (key_value, key_marks) = self.eval(key, diags).unmark();
        made.marks = made.marks.union(key_marks);
        let name = key_text(&key_value, key.span, diags);
        let value = self.eval(&f.value, diags);
        if !self.keeps(&value, f, made, diags) {
            return;
        }
        let Some(name) = name else {
            made.open = true;
            return;
        };
        if f.grouping {
            made.groups.entry(name).or_default().push(value);
            return;
        }
        if made.entries.contains_key(&name) {
            made.open = true;
            let which = if key_marks.is_empty() && made.marks.is_empty() {
                format!("the key {name:?}")
            } else {
                "the same key".to_string()
            };
            diags.push(
                Diag::error(codes::OBJECT_KEY, "Duplicate object key")
                    .detail(format!(
                        "Two different items produced {which} in this 'for' expression. If duplicates are expected, \
                         use the ellipsis (...) after the value expression to enable grouping by key."
                    ))
                    .at(key.span)
                    .related(span, "in this 'for' expression"),
            );
            return;
        }
        made.entries.insert(name, value);
    }

    /// Whether an element fits beside those there are; the loop ends when one does not.
    fn keeps(&self, value: &Value, f: &ForExpr, made: &mut Made, diags: &mut Diags) -> bool {
        let fits = self.effort.admits_more(value, &mut made.held, f.value.span, diags);
        if !fits {
            made.held = u64::MAX;
        }
        fits
    }

    /// Whether the `if` lets an element in; `None` when that is unknown or wrong. What is wrong after an element of which it
    /// was unknown may follow from that, and is not reported.
    fn included(&self, condition: &Expr, made: &mut Made, diags: &mut Diags) -> Option<bool> {
        let (value, more) = self.eval(condition, diags).unmark();
        made.marks = made.marks.union(more);
        let diag = if value.is_null() {
            Diag::error(codes::FOR_CONDITION, "Condition is null")
                .detail("The value of the 'if' clause must not be null.")
        } else {
            match convert(&value, &Type::Bool) {
                Ok(v) => return v.as_bool(),
                Err(e) => wrong_condition(&e.message),
            }
        };
        if !made.open {
            diags.push(diag.at(condition.span));
        }
        None
    }

    /// Checks the `if` for what is wrong with it whatever the elements are, so also when there is none.
    fn check_condition(&self, f: &ForExpr, diags: &mut Diags) -> bool {
        let Some(condition) = &f.condition else {
            return true;
        };
        let mut found = Diags::new();
        let value = self.bound(f.key_var.as_ref(), &f.value_var, failed(), failed(), |e| {
            e.eval(condition, &mut found)
        });
        if found.has_errors() {
            extend_new(diags, found);
            return false;
        }
        let (value, _) = value.unmark();
        let diag = if value.is_null() {
            Diag::error(codes::FOR_CONDITION, "Condition is null")
                .detail("The value of the 'if' clause must not be null.")
        } else {
            match convert(&value, &Type::Bool) {
                Ok(_) => return true,
                Err(e) => wrong_condition(&e.message),
            }
        };
        diags.push(diag.at(condition.span));
        false
    }

    /// Runs `work` where the names of a `for` are bound.
    pub(super) fn bound<T>(
        &self,
        key_var: Option<&Ident>,
        value_var: &Ident,
        key: Value,
        value: Value,
        work: impl FnOnce(Evaluator<'_>) -> T,
    ) -> T {
        let scope = Bindings {
            outer: self.cx.scope,
            key: key_var.map(|i| (&*i.text, key)),
            value: (&*value_var.text, value),
        };
        work(Evaluator {
            cx: EvalContext {
                scope: &scope,
                host: self.cx.host,
            },
            effort: self.effort,
            depth: self.depth,
            in_template: self.in_template,
        })
    }
}

fn wrong_condition(why: &str) -> Diag {
    Diag::error(codes::FOR_CONDITION, "Invalid 'for' condition")
        .detail(format!("The 'if' clause value is invalid: {why}."))
}

/// The text of a key; `None` where it is unknown or wrong.
fn key_text(key: &Value, span: Span, diags: &mut Diags) -> Option<Str> {
    let why = if key.is_null() {
        "Key expression in 'for' expression must not produce a null value.".to_string()
    } else {
        match convert(key, &Type::String) {
            Ok(v) => return v.as_str().map(Str::from),
            Err(e) => format!("The key expression produced an invalid result: {}.", e.message),
        }
    };
    diags.push(
        Diag::error(codes::OBJECT_KEY, "Invalid object key")
            .detail(why)
            .at(span),
    );
    None
}
