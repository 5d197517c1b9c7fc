//! Evaluating the rules of a schema on one object. A rule that can't be evaluated is reported as a bug of ours and
//! stops nobody.

use super::ValidateContext;
use super::place::{Place, inside};
use crate::base::{Diag, Diags, Type, Value};
use crate::lang::EvalContext;
use crate::lang::FunctionHost;
use crate::lang::ast::Expr;
use crate::lang::convert::convert;
use crate::lang::eval::evaluate;
use crate::schema::codes;
use crate::schema::model::Rule;
use crate::schema::scope::Names;

/// What the rules of one object see.
pub(super) struct Seen {
    /// The object with defaults, where what the cloud decides is known after apply.
    pub(super) object: Value,
    /// The object as written.
    pub(super) config: Value,
}

/// Checks one rule on one object.
pub(super) fn check(rule: &Rule, seen: &Seen, place: &Place<'_>, cx: &ValidateContext<'_>, diags: &mut Diags) {
    let provider = cx
        .provider
        .cloned()
        .unwrap_or_else(|| Value::unknown_not_null(Type::Dynamic));
    let mut names = Names(vec![
        ("self", seen.object.clone()),
        ("config", seen.config.clone()),
        ("provider", provider),
    ]);
    let outcome = violated(rule, &names, cx.host).and_then(|broken| {
        if !broken {
            return Ok(None);
        }
        let found = match &rule.highlight {
            Some(expr) => text(expr, &names, cx.host)?,
            None => Text::Unknown,
        };
        let shown = match &found {
            Text::Plain(found) => found.as_str(),
            Text::Sensitive => "(sensitive)",
            Text::Unknown => "",
        };
        names.0.push(("found", Value::string(shown)));
        let message = text(&rule.message, &names, cx.host)?;
        let help = rule.help.as_ref().map(|e| text(e, &names, cx.host)).transpose()?;
        Ok(Some(diag(rule, message, help, &found, place, cx)))
    });
    match outcome {
        Ok(found) => diags.extend(found.into_iter().collect()),
        Err(why) => diags.push(broken(&rule.name, &why).at(place.header)),
    }
}

/// The report of a rule or data effect that does not evaluate.
pub(in crate::schema) fn broken(name: &str, why: &str) -> Diag {
    Diag::warning(codes::BROKEN_RULE, format!("Rule {name} can't be checked"))
        .detail(format!("{why}. This is a bug in headworks."))
}

fn violated(rule: &Rule, names: &Names<'_>, host: &dyn FunctionHost) -> Result<bool, String> {
    Ok(truth(&rule.condition, names, host)? == Some(false))
}

/// The truth of a condition; none while it is known only after apply, and where it is null.
pub(in crate::schema) fn truth(
    expr: &Expr,
    names: &Names<'_>,
    host: &dyn FunctionHost,
) -> Result<Option<bool>, String> {
    Ok(value(expr, &Type::Bool, names, host)?.as_bool())
}

/// A text made by a template.
pub(in crate::schema) enum Text {
    /// It can be shown.
    Plain(String),
    /// It holds a sensitive value.
    Sensitive,
    /// It is known only after apply, or null.
    Unknown,
}

impl Text {
    /// The text, or words in its place.
    pub(in crate::schema) fn shown(self, otherwise: &str) -> String {
        match self {
            Text::Plain(text) => text,
            Text::Sensitive | Text::Unknown => otherwise.to_string(),
        }
    }
}

/// Evaluates a template.
pub(in crate::schema) fn text(expr: &Expr, names: &Names<'_>, host: &dyn FunctionHost) -> Result<Text, String> {
    let value = value(expr, &Type::String, names, host)?;
    Ok(match value.as_str() {
        Some(_) if value.is_sensitive() => Text::Sensitive,
        Some(text) => Text::Plain(text.to_string()),
        None => Text::Unknown,
    })
}

fn value(expr: &Expr, ty: &Type, names: &Names<'_>, host: &dyn FunctionHost) -> Result<Value, String> {
    let cx = EvalContext { scope: names, host };
    let (value, diags) = evaluate(expr, &cx);
    if let Some(diag) = diags.iter().find(|d| d.severity == crate::base::Severity::Error) {
        let detail = diag.detail.as_deref().unwrap_or_default();
        return Err(format!("{}: {}", diag.summary, detail.trim_end_matches('.')));
    }
    convert(&value, ty).map_err(|e| e.to_string())
}

fn diag(
    rule: &Rule,
    message: Text,
    help: Option<Text>,
    found: &Text,
    place: &Place<'_>,
    cx: &ValidateContext<'_>,
) -> Diag {
    let fallback = format!("Rule {} is broken", rule.name);
    let message = message.shown(&fallback);
    let mut diag = if rule.warning {
        Diag::warning(codes::RULE, message)
    } else {
        Diag::error(codes::RULE, message)
    };
    let expr = rule
        .attribute
        .as_deref()
        .and_then(|name| place.body.and_then(|b| b.expr(name)));
    diag = diag.at(match (expr, found, &rule.attribute) {
        (Some(expr), Text::Plain(needle), _) => inside(expr, needle, cx.sources),
        (Some(expr), ..) => expr.span,
        (None, Text::Plain(needle), Some(name)) => place.of_text(name, needle).header,
        (None, _, Some(name)) => place.of(name).header,
        (None, _, None) => place.header,
    });
    if let Some(source) = &rule.source {
        diag = diag.detail(format!("Rule {}, from: {source}.", rule.name));
    }
    if let Some(Text::Plain(help)) = help {
        diag = diag.help(help);
    }
    diag
}
