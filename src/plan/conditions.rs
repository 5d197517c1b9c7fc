//! Conditions of the configuration: `validation`, `precondition`, `postcondition`, `assert`. Decides when one holds and
//! what is said when not.

use super::checks::{CheckStatus, RuleResult};
use crate::base::{Diag, Diags, Kind, Marks, Severity, Type, Value};
use crate::config::codes;
use crate::config::model::Condition;
use crate::lang::convert::convert;
use crate::lang::{EvalContext, eval};

/// Where a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `validation` of a variable.
    Validation,
    /// `precondition` of a resource or data source.
    Precondition,
    /// `postcondition` of one.
    Postcondition,
    /// `precondition` of an output.
    OutputPrecondition,
    /// `assert` of a `check` block.
    Assertion,
}

/// The summary for a message that would show what is sensitive.
pub const SENSITIVE_MESSAGE: &str = "Error message refers to sensitive values";

impl Rule {
    /// The summary when one does not hold.
    pub(super) fn failed(self) -> &'static str {
        match self {
            Rule::Validation => "Invalid value for variable",
            Rule::Precondition => "Resource precondition failed",
            Rule::Postcondition => "Resource postcondition failed",
            Rule::OutputPrecondition => "Module output value precondition failed",
            Rule::Assertion => "Check block assertion failed",
        }
    }

    fn no_result(self) -> &'static str {
        match self {
            Rule::Validation => "Invalid variable validation result",
            _ => "Invalid condition result",
        }
    }
}

/// Checks conditions. One that does not hold is an error, or with `lenient` a warning, as assertions always are; one that is
/// known only after apply is left for later.
pub fn check_rules(
    conditions: &[Condition],
    rule: Rule,
    lenient: bool,
    address: &str,
    cx: &EvalContext<'_>,
) -> (Vec<RuleResult>, Diags) {
    let mut diags = Diags::new();
    let severity = match lenient || rule == Rule::Assertion {
        true => Severity::Warning,
        false => Severity::Error,
    };
    let results = conditions
        .iter()
        .map(|condition| one(condition, rule, severity, address, cx, &mut diags))
        .collect();
    (results, diags)
}

fn one(
    condition: &Condition,
    rule: Rule,
    severity: Severity,
    address: &str,
    cx: &EvalContext<'_>,
    diags: &mut Diags,
) -> RuleResult {
    let (status, message) = evaluate(condition, rule, severity, address, cx, diags);
    RuleResult { status, message }
}

fn evaluate(
    condition: &Condition,
    rule: Rule,
    severity: Severity,
    address: &str,
    cx: &EvalContext<'_>,
    diags: &mut Diags,
) -> (CheckStatus, Option<String>) {
    let span = condition.condition.span;
    let (value, mut found) = eval::evaluate(&condition.condition, cx);
    let (message, broken) = eval::evaluate(&condition.message, cx);
    let unevaluated = broken.has_errors();
    found.extend(broken);
    let (message, said) = match unevaluated {
        true => (None, Diags::new()),
        false => text(&message, condition, rule, address),
    };
    // Validations say what is wrong with their message only when it is needed.
    let late = rule == Rule::Validation;
    if !late {
        found.extend(said.clone());
    }
    let failed = found.has_errors();
    diags.extend(found);
    if failed {
        return (CheckStatus::Error, None);
    }
    let no_result = |detail: String| {
        Diag::error(codes::CONDITION, rule.no_result())
            .detail(detail)
            .address(address)
            .at(span)
    };
    if matches!(value.kind, Kind::Unknown(_)) {
        if rule == Rule::Assertion {
            diags.push(
                Diag::warning(codes::CONDITION, "Check block assertion known after apply")
                    .detail("The condition can't be evaluated now; the result will be known when this plan is applied.")
                    .address(address)
                    .at(span),
            );
        }
        return (CheckStatus::Unknown, None);
    }
    if value.is_null() {
        diags.push(no_result("The condition is null; it must be true or false.".into()));
        return (CheckStatus::Error, None);
    }
    match convert(&value, &Type::Bool).map(|v| v.kind) {
        Ok(Kind::Bool(true)) => return (CheckStatus::Pass, None),
        Ok(Kind::Bool(false)) => {}
        Ok(_) => return (CheckStatus::Unknown, None),
        Err(error) => {
            diags.push(no_result(format!("The condition must be true or false: {error}.")));
            return (CheckStatus::Error, None);
        }
    }
    if late {
        diags.extend(said);
    }
    let text = message
        .clone()
        .unwrap_or_else(|| "This condition does not hold, and its message can't be shown.".into());
    let mut diag = Diag::error(codes::CONDITION, rule.failed())
        .detail(text)
        .address(address)
        .at(span)
        .label("this is false");
    diag.severity = severity;
    diags.push(diag);
    (CheckStatus::Fail, message)
}

/// The text of a message, and why there is none.
fn text(value: &Value, condition: &Condition, rule: Rule, address: &str) -> (Option<String>, Diags) {
    let validation = rule == Rule::Validation;
    let wrong = |summary: &str, detail: String| {
        Diag::error(codes::CONDITION, summary)
            .detail(detail)
            .address(address)
            .at(condition.message.span)
    };
    let unsuitable = |why: &str| {
        let detail = format!("Unsuitable value for error message: {why}.");
        Diags::from(wrong("Invalid error message", detail))
    };
    let marks = value.marks_deep();
    let ephemeral = "Error message refers to ephemeral values";
    let hidden = [
        (Marks::SENSITIVE, SENSITIVE_MESSAGE, "sensitive"),
        (Marks::EPHEMERAL, ephemeral, "ephemeral"),
    ];
    for (mark, summary, word) in hidden {
        if marks.contains(mark) {
            let mut diag = wrong(
                summary,
                format!("The message is made from {word} values, so it is not shown."),
            )
            .help(format!("take {word} values out of the message"));
            if !validation {
                diag.severity = Severity::Warning;
            }
            return (None, diag.into());
        }
    }
    match convert(value, &Type::String) {
        Ok(v) if v.is_null() && validation => (None, Diags::new()),
        Ok(v) if v.is_null() => (None, unsuitable("must not be null")),
        Ok(v) => match v.as_str() {
            Some(text) => (Some(text.trim().to_string()), Diags::new()),
            None if validation => (None, unsuitable("it is known only after apply")),
            None => (None, Diags::new()),
        },
        Err(error) => (None, unsuitable(&error.to_string())),
    }
}
