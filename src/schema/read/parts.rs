//! Rules, data effects, health and API calls of a schema file.

use super::{Reader, constant};
use crate::lang::ast::Body;
use crate::schema::model::{ApiCall, DataEffect, EffectOn, Health, Rule};
use indexmap::IndexMap;

/// Reads the `rule` blocks of a body.
pub(super) fn rules(r: &mut Reader, body: &Body) -> Vec<Rule> {
    let severities = [("error", false), ("warning", true)];
    let mut out = Vec::new();
    for block in body.blocks_of("rule") {
        let (name, condition, message) = (r.label(block), r.expr(block, "condition"), r.expr(block, "message"));
        let warning = r.word(&block.body, "severity", &severities).unwrap_or(false);
        let attribute = r.text(&block.body, "attribute").map(Into::into);
        let source = r.text(&block.body, "source");
        if source.is_none() {
            r.problem(block.header, "a rule needs a source");
        }
        if let (Some(name), Some(condition), Some(message)) = (name, condition, message) {
            out.push(Rule {
                name,
                condition,
                message,
                help: block.body.expr("help").cloned(),
                attribute,
                highlight: block.body.expr("highlight").cloned(),
                warning,
                source,
            });
        }
    }
    out
}

/// Reads the `effect` blocks of a body.
pub(super) fn effects(r: &mut Reader, body: &Body) -> Vec<DataEffect> {
    let severities = [("warning", true), ("note", false)];
    let mut out = Vec::new();
    for block in body.blocks_of("effect") {
        let (name, text) = (r.label(block), r.expr(block, "text"));
        let mut on = Vec::new();
        for word in r.texts(&block.body, "on") {
            match &*word {
                "create" => on.push(EffectOn::Create),
                "update" => on.push(EffectOn::Update),
                "replace" => on.push(EffectOn::Replace),
                "delete" => on.push(EffectOn::Delete),
                other => r.problem(block.header, format!("on: {other} is no change")),
            }
        }
        if on.is_empty() {
            r.problem(block.header, "on is missing");
        }
        let warning = r.word(&block.body, "severity", &severities).unwrap_or(true);
        if let (Some(name), Some(text)) = (name, text) {
            out.push(DataEffect {
                name,
                on,
                when: block.body.expr("when").cloned(),
                text,
                fix: block.body.expr("fix").cloned(),
                warning,
            });
        }
    }
    out
}

/// Reads the `health` block of a body.
pub(super) fn health(r: &mut Reader, body: &Body) -> Option<Health> {
    let block = body.blocks_of("health").next()?;
    let inner = &block.body;
    let Some(phase) = r.text(inner, "phase") else {
        r.problem(block.header, "phase is missing");
        return None;
    };
    let mut causes = IndexMap::new();
    for cause in inner.blocks_of("cause") {
        let (code, meaning) = (r.label(cause), r.text(&cause.body, "meaning"));
        let help = r.text(&cause.body, "help");
        match (code, meaning, help) {
            (Some(code), Some(meaning), Some(help)) => {
                causes.insert(code, (meaning, help));
            }
            _ => r.problem(cause.header, "cause needs a code, meaning and help"),
        }
    }
    Some(Health {
        phase: phase.into(),
        pending: r.texts(inner, "pending"),
        error: r.text(inner, "error").map(Into::into),
        error_ok: r.texts(inner, "error_ok"),
        detail: r.text(inner, "detail").map(Into::into),
        causes,
    })
}

/// Reads the `api` blocks of a body: one for each service, with `reads` and `writes`, each a list of operation names
/// or an object from operation to permission where the two differ.
pub(super) fn api(r: &mut Reader, body: &Body) -> Vec<ApiCall> {
    let mut out = Vec::new();
    for block in body.blocks_of("api") {
        let Some(service) = r.label(block) else { continue };
        for (name, writes) in [("reads", false), ("writes", true)] {
            let Some(expr) = block.body.expr(name) else { continue };
            let calls = constant(expr).and_then(|value| {
                let pair = |operation: &str, permission: &str| ApiCall {
                    operation: operation.into(),
                    service: service.clone(),
                    writes,
                    permission: permission.into(),
                };
                if let Some(entries) = value.entries() {
                    let calls = entries.iter().map(|(k, v)| Some(pair(k, v.as_str()?)));
                    return calls.collect::<Option<Vec<_>>>();
                }
                let names = value.elements()?.iter().map(|v| v.as_str());
                let calls = names.map(|n| n.map(|n| pair(n, &format!("{service}:{n}"))));
                calls.collect::<Option<Vec<_>>>()
            });
            match calls {
                Some(calls) => out.extend(calls),
                None => r.problem(
                    expr.span,
                    format!("{name} must list operations, or map them to permissions"),
                ),
            }
        }
    }
    out
}
