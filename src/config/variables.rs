//! Values of input variables: from what the user gave by file, flag or environment to typed values.

use super::model::{Module, Variable};
use super::{codes, constant};
use crate::base::mask;
use crate::base::{Diag, Diags, Marks, Span, Str, Type, Value};
use crate::lang::ast::Expr;
use crate::lang::convert::convert;
use crate::lang::eval;
use crate::lang::scope::Nothing;
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
    /// Whether it was given on the command line, by `-var` or `-var-file`.
    pub command_line: bool,
    /// Where it stands, for values from files.
    pub span: Option<Span>,
}

/// A value as given.
#[derive(Clone, Debug)]
pub enum GivenValue {
    /// An expression of a tfvars file.
    Expr(Expr),
    /// Text of `-var` or the environment: taken as it is for a string, parsed as an expression otherwise.
    Text(Str, Result<Expr, Diags>),
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
pub fn values(module: &Module, given: &BTreeMap<Str, Given>, required: bool) -> (BTreeMap<Str, Value>, Diags) {
    let mut diags = Diags::new();
    for (name, value) in given.iter().filter(|_| !module.incomplete) {
        if !module.variables.contains_key(name) {
            diags_undeclared(module, name, value, given, &mut diags);
        }
    }
    let mut values = BTreeMap::new();
    for (name, variable) in &module.variables {
        if let Some(given) = given.get(name).filter(|_| variable.sensitive || variable.ephemeral) {
            remember(variable, given);
        }
        let value = one(name, variable, given.get(name), required, &mut diags);
        values.insert(name.clone(), marked(variable, value));
    }
    (values, diags)
}

/// What a sensitive or ephemeral variable was given is masked in all that is printed, also when it is not a valid value.
fn remember(variable: &Variable, given: &Given) {
    if let GivenValue::Text(text, _) = &given.value {
        mask::remember(text);
    }
    if let Some(raw) = raw_value(variable, given, &mut Diags::new()) {
        remember_texts(&raw);
    }
}

fn remember_texts(value: &Value) {
    if let Some(text) = value.as_str() {
        mask::remember(text);
    } else if let Some(number) = value.as_number() {
        mask::remember(&number.to_string());
    }
    for part in value.elements().into_iter().flatten() {
        remember_texts(part);
    }
    for part in value.entries().into_iter().flat_map(|entries| entries.values()) {
        remember_texts(part);
    }
}

/// The value of a variable of a called module: that of the argument, given with its place, else the default.
pub fn called(name: &str, variable: &Variable, argument: Option<(Value, Span)>, diags: &mut Diags) -> Value {
    if let Some((value, span)) = &argument
        && value.marks_deep().contains(Marks::EPHEMERAL)
        && !variable.ephemeral
    {
        diags.push(
            Diag::error(codes::EPHEMERAL, "Ephemeral value not allowed")
                .detail(format!("The variable {name:?} does not take ephemeral values."))
                .at(*span)
                .related(variable.header, "declared here")
                .help("add ephemeral = true to the variable"),
        );
        return Value::unknown(variable.constraint.ty.clone());
    }
    let given = argument.map(|(value, span)| Given {
        value: GivenValue::Value(value),
        origin: "the argument".into(),
        undeclared: Undeclared::Silent,
        command_line: false,
        span: Some(span),
    });
    marked(variable, one(name, variable, given.as_ref(), false, diags))
}

/// A value with the marks that its variable declares.
pub fn marked(variable: &Variable, value: Value) -> Value {
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
pub fn as_given(module: &Module, given: &BTreeMap<Str, Given>) -> BTreeMap<Str, Value> {
    let mut out = BTreeMap::new();
    for (name, given) in given {
        let shown = module.variables.get(name).filter(|v| !v.sensitive && !v.ephemeral);
        let raw = shown.and_then(|v| raw_value(v, given, &mut Diags::new()));
        if let Some(raw) = raw {
            out.insert(name.clone(), raw);
        }
    }
    out
}

fn diags_undeclared(module: &Module, name: &str, given: &Given, all: &BTreeMap<Str, Given>, diags: &mut Diags) {
    let near = crate::base::did_you_mean(name, module.variables.keys().map(|k| &**k));
    let diag = match given.undeclared {
        // The environment is shared: only what looks like a slip is worth a word.
        Undeclared::Silent if near.is_none_or(|near| all.contains_key(near)) => return,
        Undeclared::Silent => Diag::warning(codes::VARIABLE, "Value for undeclared variable"),
        Undeclared::Warning => Diag::warning(codes::VARIABLE, "Value for undeclared variable"),
        Undeclared::Error => Diag::error(codes::VARIABLE, "Value for undeclared variable"),
    };
    // What can be no name is likely a value, perhaps a secret one, whose name was forgotten.
    let Some(detail) = super::decode::is_identifier(name).then(|| {
        format!(
            "{} gives a value for {name:?}, but no variable of that name is declared.",
            given.origin
        )
    }) else {
        let detail = format!("{} gives a value for what can be no name of a variable.", given.origin);
        let help = "write the name first: NAME=VALUE";
        diags.push(diag.detail(detail).at_opt(given.span).help(help));
        return;
    };
    let mut diag = diag.detail(detail).at_opt(given.span);
    if let Some(near) = near {
        diag = diag.help(format!("did you mean {near:?}?"));
    }
    diags.push(diag);
}

fn one(name: &str, variable: &Variable, given: Option<&Given>, required: bool, diags: &mut Diags) -> Value {
    let ty = &variable.constraint.ty;
    let later = || Value::unknown(ty.clone());
    if variable.damaged {
        return Value::unknown(Type::Dynamic);
    }
    // Also a default that nobody needs must fit.
    let default = variable.default.as_ref().map(|d| default_value(variable, d, diags));
    if let Some(given) = given {
        let Some(raw) = raw_value(variable, given, diags) else {
            return later();
        };
        if !raw.is_null() || variable.nullable {
            return typed(variable, raw, given, diags).unwrap_or_else(later);
        }
        if variable.default.is_none() {
            diags.push(
                Diag::error(codes::VARIABLE, "Required variable not set")
                    .detail(format!(
                        "The variable {name:?} must not be null, and {} gives it null.",
                        given.origin
                    ))
                    .at(given.span.unwrap_or(variable.header))
                    .related(variable.header, "declared here"),
            );
            return later();
        }
    }
    if let Some(default) = default {
        return default.unwrap_or_else(later);
    }
    if required {
        diags.push(
            Diag::error(codes::VARIABLE, "No value for required variable")
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

fn raw_value(variable: &Variable, given: &Given, diags: &mut Diags) -> Option<Value> {
    let expr = match &given.value {
        GivenValue::Expr(expr) => expr,
        GivenValue::Value(value) => return Some(value.clone()),
        GivenValue::Text(text, _) if variable.literal => return Some(Value::string(text.clone())),
        GivenValue::Text(_, Ok(expr)) => expr,
        GivenValue::Text(_, Err(problems)) => {
            let ty = &variable.constraint.ty;
            let said = |d: Diag| {
                d.related(
                    variable.header,
                    format!("{} is to be an expression of type {ty}", given.origin),
                )
            };
            diags.extend(problems.clone().into_iter().map(said).collect());
            return None;
        }
    };
    let found = constant::problems(expr);
    if !found.is_empty() {
        diags.extend(found);
        return None;
    }
    let (value, found) = eval::evaluate(expr, &Nothing::CONTEXT);
    let failed = found.has_errors();
    diags.extend(found);
    (!failed).then_some(value)
}

fn default_value(variable: &Variable, default: &Expr, diags: &mut Diags) -> Option<Value> {
    let (raw, found) = eval::evaluate(default, &Nothing::CONTEXT);
    let failed = found.has_errors();
    diags.extend(found);
    if failed {
        return None;
    }
    let wrong = |why: String| {
        Diag::error(codes::VARIABLE, "Invalid default value for variable")
            .detail(why)
            .at(default.span)
    };
    if raw.is_null() && !variable.nullable {
        diags.push(wrong("A null default is not valid with nullable = false.".into()));
        return None;
    }
    let constraint = &variable.constraint;
    match convert(&constraint.apply_defaults(&raw), &constraint.ty) {
        Ok(value) => Some(value),
        Err(error) => {
            let why = format!("It does not fit the type {} of the variable: {error}.", constraint.ty);
            diags.push(wrong(why));
            None
        }
    }
}

fn typed(variable: &Variable, raw: Value, given: &Given, diags: &mut Diags) -> Option<Value> {
    let constraint = &variable.constraint;
    match convert(&constraint.apply_defaults(&raw), &constraint.ty) {
        Ok(value) => Some(value),
        Err(error) => {
            diags.push(
                Diag::error(codes::VARIABLE, "Invalid value for input variable")
                    .detail(format!(
                        "The value of {} does not fit the type {} of the variable: {error}.",
                        given.origin, constraint.ty
                    ))
                    .at(given.span.unwrap_or(variable.header))
                    .related(variable.header, "declared here"),
            );
            None
        }
    }
}
