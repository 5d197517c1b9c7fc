//! Values of input variables: from what the user gave by file, flag or environment to typed values.

use super::codes;
use super::model::{Module, Variable};
use crate::base::{Diag, Diags, Marks, Span, Str, Value};
use crate::lang::ast::Expr;
use crate::lang::convert::convert;
use crate::lang::{EvalContext, eval};
use std::collections::BTreeMap;

/// A value given for a variable, with where it came from.
#[derive(Clone, Debug)]
pub struct Given {
    /// What was given.
    pub value: GivenValue,
    /// Where: `terraform.tfvars`, `-var`, `TF_VAR_x`.
    pub origin: String,
    /// Whether giving a value for a variable that is not declared is an error (`-var`) or only a warning (files) or
    /// nothing at all (environment).
    pub undeclared: Undeclared,
    /// Where it stands, for values from files.
    pub span: Option<Span>,
}

/// A value as given.
#[derive(Clone, Debug)]
pub enum GivenValue {
    /// An expression of a tfvars file.
    Expr(Expr),
    /// Text of `-var` or the environment: taken as it is for a string, parsed as an expression otherwise.
    /// The expression is absent when it does not parse.
    Text(Str, Option<Expr>),
    /// A value of a JSON file.
    Value(Value),
}

/// What giving a value for an undeclared variable means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeclared {
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Nothing.
    Silent,
}

/// The values of all variables of the root module. `given` holds for each name the one that wins.
/// With `required` false (validation), a variable without any value is known later.
pub fn values(
    module: &Module,
    given: &BTreeMap<Str, Given>,
    cx: &EvalContext<'_>,
    required: bool,
) -> (BTreeMap<Str, Value>, Diags) {
    let mut diags = Diags::new();
    for (name, value) in given {
        if !module.variables.contains_key(name) {
            diags_undeclared(module, name, value, &mut diags);
        }
    }
    let mut values = BTreeMap::new();
    for (name, variable) in &module.variables {
        let value = one(name, variable, given.get(name), cx, required, &mut diags);
        values.insert(name.clone(), marked(variable, value));
    }
    (values, diags)
}

/// The value of a variable of a called module: that of the argument, given with its place, else the default.
pub fn called(
    name: &str,
    variable: &Variable,
    argument: Option<(Value, Span)>,
    cx: &EvalContext<'_>,
    diags: &mut Diags,
) -> Value {
    let given = argument.map(|(value, span)| Given {
        value: GivenValue::Value(value),
        origin: "the argument".into(),
        undeclared: Undeclared::Silent,
        span: Some(span),
    });
    if let (Some(given), None, false) = (&given, &variable.default, variable.nullable)
        && matches!(&given.value, GivenValue::Value(value) if value.is_null())
    {
        diags.push(
            Diag::error(codes::VARIABLE, "Required variable not set")
                .detail(format!(
                    "The variable {name:?} has no default and is not nullable, and null is given."
                ))
                .at_opt(given.span)
                .related(variable.header, "declared here"),
        );
    }
    marked(variable, one(name, variable, given.as_ref(), cx, false, diags))
}

/// A value with the marks that its variable declares.
fn marked(variable: &Variable, value: Value) -> Value {
    let mut marks = Marks::NONE;
    if variable.sensitive {
        marks = marks.union(Marks::SENSITIVE);
    }
    if variable.ephemeral {
        marks = marks.union(Marks::EPHEMERAL);
    }
    value.mark(marks)
}

/// Values as they were given, before they took the types of their variables: `-var n=4` gives the text "4". Those of
/// sensitive and ephemeral variables are left out.
pub fn as_given(module: &Module, given: &BTreeMap<Str, Given>, cx: &EvalContext<'_>) -> BTreeMap<Str, Value> {
    let mut out = BTreeMap::new();
    for (name, given) in given {
        let shown = module.variables.get(name).filter(|v| !v.sensitive && !v.ephemeral);
        let raw = shown.and_then(|v| raw_value(name, v, given, cx, &mut Diags::new()));
        if let Some(raw) = raw {
            out.insert(name.clone(), raw);
        }
    }
    out
}

fn diags_undeclared(module: &Module, name: &str, given: &Given, diags: &mut Diags) {
    let diag = match given.undeclared {
        Undeclared::Silent => return,
        Undeclared::Warning => Diag::warning(codes::VARIABLE, "Value for undeclared variable"),
        Undeclared::Error => Diag::error(codes::VARIABLE, "Value for undeclared variable"),
    };
    let mut diag = diag
        .detail(format!(
            "{} gives a value for {name:?}, but no variable of that name is declared.",
            given.origin
        ))
        .at_opt(given.span);
    if let Some(near) = crate::base::did_you_mean(name, module.variables.keys().map(|k| &**k)) {
        diag = diag.help(format!("did you mean {near:?}?"));
    }
    diags.push(diag);
}

fn one(
    name: &str,
    variable: &Variable,
    given: Option<&Given>,
    cx: &EvalContext<'_>,
    required: bool,
    diags: &mut Diags,
) -> Value {
    let ty = &variable.constraint.ty;
    let later = || Value::unknown(ty.clone());
    if let Some(given) = given {
        let Some(raw) = raw_value(name, variable, given, cx, diags) else {
            return later();
        };
        if !raw.is_null() || variable.nullable {
            return typed(name, variable, raw, &given.origin, given.span, diags).unwrap_or_else(later);
        }
    }
    if let Some(default) = &variable.default {
        let (raw, found) = eval::evaluate(default, cx);
        let failed = found.has_errors();
        diags.extend(found);
        if failed {
            return later();
        }
        return typed(name, variable, raw, "the default", Some(default.span), diags).unwrap_or_else(later);
    }
    if required {
        let summary = if given.is_some() {
            "Required variable must not be null"
        } else {
            "No value for required variable"
        };
        diags.push(
            Diag::error(codes::VARIABLE, summary)
                .detail(format!(
                    "The root module variable {name:?} has no default and is not set."
                ))
                .at(variable.header)
                .help(format!(
                    "set it with -var='{name}=…', in a tfvars file, or in the environment as TF_VAR_{name}"
                )),
        );
    }
    later()
}

fn raw_value(name: &str, variable: &Variable, given: &Given, cx: &EvalContext<'_>, diags: &mut Diags) -> Option<Value> {
    let expr = match &given.value {
        GivenValue::Expr(expr) => expr,
        GivenValue::Value(value) => return Some(value.clone()),
        GivenValue::Text(text, expr) => {
            let ty = &variable.constraint.ty;
            if ty.is_primitive() || ty.has_dynamic() && *ty == crate::base::Type::Dynamic {
                return Some(Value::string(text.clone()));
            }
            let Some(expr) = expr else {
                diags.push(
                    Diag::error(codes::VARIABLE, format!("Invalid value for variable {name:?}"))
                        .detail(format!(
                            "The text given by {} is not an expression, and a value of type {ty} is needed.",
                            given.origin
                        ))
                        .at(variable.header),
                );
                return None;
            };
            expr
        }
    };
    let (value, found) = eval::evaluate(expr, cx);
    let failed = found.has_errors();
    diags.extend(found);
    (!failed).then_some(value)
}

fn typed(
    name: &str,
    variable: &Variable,
    raw: Value,
    origin: &str,
    span: Option<Span>,
    diags: &mut Diags,
) -> Option<Value> {
    let constraint = &variable.constraint;
    match convert(&constraint.apply_defaults(&raw), &constraint.ty) {
        Ok(value) => Some(value),
        Err(error) => {
            diags.push(
                Diag::error(codes::VARIABLE, format!("Invalid value for input variable {name:?}"))
                    .detail(format!(
                        "The value of {origin} does not fit the type {} of the variable: {error}.",
                        constraint.ty
                    ))
                    .at(span.unwrap_or(variable.header))
                    .related(variable.header, "declared here"),
            );
            None
        }
    }
}
