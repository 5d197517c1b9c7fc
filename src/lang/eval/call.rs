//! Function calls: finds the function, checks and converts arguments, handles nulls, unknown values and
//! marks as the parameters ask for, and puts problems at the argument to blame.

use super::{Evaluator, failed};
use crate::base::{AttrPath, Diag, Diags, Kind, Marks, Severity, Span, Type, Value, did_you_mean};
use crate::lang::ast::{Call, Expr, ExprKind};
use crate::lang::codes;
use crate::lang::convert::convert;
use crate::lang::funcs::{self, CallContext, Function, FunctionError, Param, TEXT_MAX_BYTES};

/// Arguments in order, each with the place it came from.
type Arguments = Vec<(Value, Span)>;

impl Evaluator<'_> {
    pub(super) fn call(&self, call: &Call, span: Span, diags: &mut Diags) -> Value {
        if !self.cx.scope.has_functions() {
            diags.push(
                Diag::error(codes::CALL, "Function calls not allowed")
                    .detail("Functions may not be called here.")
                    .at(span),
            );
            return failed();
        }
        match call.name.text.strip_prefix("core::").unwrap_or(&call.name.text) {
            "try" | "can" if call.expand_final => {
                return match self.expanded(call, diags) {
                    Some(call) => self.call(&call, span, diags),
                    None => failed(),
                };
            }
            "try" => return self.try_call(call, diags),
            "can" => return self.can_call(call, span, diags),
            "type" => {
                diags.push(
                    Diag::error(codes::CALL, "Invalid use of type function")
                        .detail("The console-only \"type\" function cannot be used as part of an expression.")
                        .at(call.name.span),
                );
                return failed();
            }
            _ => {}
        }
        let known = |f: &&Function| f.name != "plantimestamp" || self.cx.host.plan_timestamp().is_some();
        let Some(function) = funcs::lookup(&call.name.text).filter(known) else {
            diags.push(unknown_function(&call.name.text, call.name.span));
            // Its arguments may have problems of their own.
            for arg in &call.args {
                self.eval(arg, diags);
            }
            return failed();
        };
        if !call.expand_final
            && let Some(diag) = count_problem(function, call.args.len(), call, span)
        {
            diags.push(*diag);
            return failed();
        }
        let before = diags.len();
        let Some(args) = self.arguments(call, diags) else {
            return failed();
        };
        if let Some(diag) = count_problem(function, args.len(), call, span) {
            diags.push(*diag);
            return failed();
        }
        if diags.len() > before && diags.iter().skip(before).any(|d| d.severity == Severity::Error) {
            return failed();
        }
        if let Some(diag) = self.template_call_problem(call) {
            diags.push(diag);
            return failed();
        }
        self.invoke(function, args, call.start_span(), diags)
    }

    /// The arguments with `...` expanded; `None` when that is unknown or wrong.
    fn arguments(&self, call: &Call, diags: &mut Diags) -> Option<Arguments> {
        let mut out: Arguments = Vec::with_capacity(call.args.len());
        let last = call.args.len().wrapping_sub(1);
        for (i, arg) in call.args.iter().enumerate() {
            let value = self.eval(arg, diags);
            if call.expand_final && i == last {
                expand(value, arg, &mut out, diags)?;
            } else {
                out.push((value, arg.start_span()));
            }
        }
        Some(out)
    }

    /// A call with the elements of its last argument in the place of that, the other arguments as they are written.
    fn expanded(&self, call: &Call, diags: &mut Diags) -> Option<Call> {
        let (last, first) = call.args.split_last()?;
        let mut found = Diags::new();
        let value = self.eval(last, &mut found);
        let failed = found.has_errors();
        diags.extend(found);
        if failed {
            return None;
        }
        let mut elements = Vec::new();
        expand(value, last, &mut elements, diags)?;
        let literal = |(value, span)| Expr {
            kind: ExprKind::Literal(value),
            span,
        };
        let mut call = Call {
            args: Vec::new(),
            expand_final: false,
            ..call.clone()
        };
        call.args = first.iter().cloned().chain(elements.into_iter().map(literal)).collect();
        Some(call)
    }

    fn invoke(&self, function: &'static Function, args: Arguments, span: Span, diags: &mut Diags) -> Value {
        let mut values = Vec::with_capacity(args.len());
        let mut spans = Vec::with_capacity(args.len());
        let mut secrets = Vec::new();
        let mut marks = Marks::NONE;
        let mut unknown = false;
        let mut wrong = false;
        for (i, (value, arg_span)) in args.into_iter().enumerate() {
            let Some(param) = function.param(i) else { continue };
            match prepare(&value, param) {
                Ok(prepared) => {
                    let prepared = if param.allow_marked {
                        prepared
                    } else {
                        let (plain, taken) = prepared.unmark_deep();
                        marks = marks.union(taken);
                        if taken.contains(Marks::SENSITIVE) {
                            secrets.push(plain.clone());
                        }
                        plain
                    };
                    unknown |= !prepared.is_known() && !param.allow_unknown;
                    values.push(prepared);
                }
                Err((why, path)) => {
                    wrong = true;
                    let diag = bad_argument(param.name, &why, arg_span);
                    diags.push(if path.0.is_empty() {
                        diag
                    } else {
                        diag.label(format!("at {path}"))
                    });
                }
            }
            spans.push(arg_span);
        }
        if wrong {
            return failed();
        }
        for (value, span) in values.iter().zip(&spans) {
            if !self.effort.admits(value, *span, diags) {
                return failed();
            }
        }
        let problem = |error: FunctionError| {
            let marked = values.iter().filter(|v| v.marks_deep().contains(Marks::SENSITIVE));
            let secrets: Vec<Value> = secrets.iter().chain(marked).cloned().collect();
            failure(function, error, &secrets, &spans, span)
        };
        if unknown {
            if let Err(error) = function.check.map_or(Ok(()), |check| check(&values)) {
                diags.push(problem(error));
                return failed();
            }
            let marks = values.iter().fold(marks, |m, v| m.union(v.marks_deep()));
            let ty = (function.result)(&values);
            return if function.not_null {
                Value::unknown_not_null(ty).mark(marks)
            } else {
                Value::unknown(ty).mark(marks)
            };
        }
        let cx = CallContext {
            host: self.cx.host,
            template: &super::special::Templates {
                cx: self.cx,
                depth: self.depth,
                effort: self.effort,
            },
        };
        match (function.call)(&values, &cx) {
            Ok(v) if v.as_str().is_some_and(|s| s.len() > TEXT_MAX_BYTES) => {
                diags.push(problem(FunctionError::call(format!(
                    "the result has more than {TEXT_MAX_BYTES} bytes"
                ))));
                failed()
            }
            Ok(v) => v.mark(marks),
            Err(error) => {
                diags.push(problem(error));
                failed()
            }
        }
    }
}

fn expand(value: Value, arg: &Expr, out: &mut Arguments, diags: &mut Diags) -> Option<()> {
    let (value, marks) = value.unmark();
    let why = match &value.kind {
        Kind::Null(_) => "The expanding argument (indicated by ...) must not be null.",
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            out.extend(items.iter().map(|v| (v.clone().mark(marks), arg.span)));
            return Some(());
        }
        Kind::Unknown(u) => match &u.ty {
            Type::Tuple(_) | Type::List(_) | Type::Set(_) | Type::Dynamic => return None,
            _ => "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
        },
        _ => "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
    };
    diags.push(
        Diag::error(codes::EXPANSION, "Invalid expanding argument value")
            .detail(why)
            .at(arg.span),
    );
    None
}

/// Converts an argument and checks it for null.
fn prepare(value: &Value, param: &Param) -> Result<Value, (String, AttrPath)> {
    let converted = convert(value, &param.ty.to_type()).map_err(|e| (e.message, e.path))?;
    if converted.is_null() && !param.allow_null {
        return Err(("argument must not be null".into(), AttrPath::default()));
    }
    Ok(converted)
}

fn bad_argument(param: &str, why: &str, span: Span) -> Diag {
    Diag::error(codes::ARGUMENT, "Invalid function argument")
        .detail(format!("Invalid value for {param:?} parameter: {why}."))
        .at(span)
}

fn failure(function: &Function, error: FunctionError, secrets: &[Value], spans: &[Span], span: Span) -> Diag {
    let message = if secrets.iter().any(|v| appears(v, &error.message)) {
        "the reason is not shown, as it contains a sensitive value".to_string()
    } else {
        error.message
    };
    let message = message.trim_end_matches('.');
    match error.argument.and_then(|i| Some((function.param(i)?, spans.get(i)?))) {
        Some((param, arg_span)) => bad_argument(param.name, message, *arg_span),
        None => Diag::error(codes::CALL, "Error in function call")
            .detail(format!("Call to function {:?} failed: {message}.", function.name))
            .at(span),
    }
}

/// Whether a text or number in a value appears in a message. Short texts are part of many words, so they
/// count only in quotes.
fn appears(value: &Value, message: &str) -> bool {
    match &value.kind {
        Kind::String(s) if s.len() < 4 => message.contains(&format!("{s:?}")),
        Kind::String(s) => message.contains(&**s),
        Kind::Number(n) => {
            let text = n.to_string();
            message
                .split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-')))
                .any(|word| word.trim_end_matches('.') == text)
        }
        _ => {
            value.elements().is_some_and(|v| v.iter().any(|v| appears(v, message)))
                || value.entries().is_some_and(|m| m.values().any(|v| appears(v, message)))
        }
    }
}

fn unknown_function(name: &str, span: Span) -> Diag {
    if let Some((namespace, _)) = name.split_once("::") {
        let detail = if namespace == "provider" {
            format!("There is no function named {name:?}.")
        } else {
            format!(
                "The function namespace {namespace:?} is not valid. Provider function calls must use the \
                 \"provider::\" namespace prefix."
            )
        };
        let diag = Diag::error(codes::UNKNOWN_FUNCTION, "Unknown provider function")
            .detail(detail)
            .at(span);
        let last = name.rsplit("::").next().unwrap_or(name);
        return match did_you_mean(last, funcs::names()) {
            Some(near) if namespace == "provider" => diag.help(format!("did you mean the built-in function {near:?}?")),
            Some(near) => diag.help(format!("did you mean \"core::{near}\"?")),
            None => diag,
        };
    }
    let hint = did_you_mean(name, funcs::names())
        .map(|n| format!(" Did you mean {n:?}?"))
        .unwrap_or_default();
    Diag::error(codes::UNKNOWN_FUNCTION, "Call to unknown function")
        .detail(format!("There is no function named {name:?}.{hint}"))
        .at(span)
}

fn count_problem(function: &Function, given: usize, call: &Call, span: Span) -> Option<Box<Diag>> {
    let needed = function.params.len();
    if given < needed {
        let qualifier = if function.variadic.is_some() { " at least" } else { "" };
        let missing = function.params.get(given).map_or("", |p| p.name);
        let close = closing(span);
        return Some(Box::new(too_few(&call.name.text, qualifier, needed, missing, close)));
    }
    if given > needed && function.variadic.is_none() {
        let at = call
            .args
            .get(needed)
            .or(call.args.last())
            .map_or(span, Expr::start_span);
        return Some(Box::new(
            Diag::error(codes::ARGUMENT_COUNT, "Too many function arguments")
                .detail(format!(
                    "Function {:?} expects only {needed} argument(s).",
                    &*call.name.text
                ))
                .at(at),
        ));
    }
    None
}

/// The closing parenthesis of a call.
pub(super) fn closing(span: Span) -> Span {
    Span {
        start: span.start.max(span.end.saturating_sub(1)),
        ..span
    }
}

pub(super) fn too_few(name: &str, qualifier: &str, needed: usize, missing: &str, span: Span) -> Diag {
    Diag::error(codes::ARGUMENT_COUNT, "Not enough function arguments")
        .detail(format!(
            "Function {name:?} expects{qualifier} {needed} argument(s). Missing value for {missing:?}."
        ))
        .at(span)
}
