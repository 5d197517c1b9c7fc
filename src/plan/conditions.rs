//! Conditions of the configuration: `validation`, `precondition`, `postcondition`. Decides when one holds.

use crate::base::{Diag, Diags, Kind, Type};
use crate::config::codes;
use crate::config::model::Condition;
use crate::lang::{EvalContext, eval};

/// Checks conditions; one that is known only after apply is left for later.
pub fn check(conditions: &[Condition], summary: &str, address: &str, cx: &EvalContext<'_>) -> Diags {
    let mut diags = Diags::new();
    for condition in conditions {
        let (value, found) = eval::evaluate_as(&condition.condition, &Type::Bool, cx);
        let failed = found.has_errors();
        diags.extend(found);
        if failed {
            continue;
        }
        match &value.kind {
            Kind::Bool(true) | Kind::Unknown(_) => {}
            Kind::Bool(false) => diags.push(broken(condition, summary, address, cx, &mut Diags::new())),
            _ => diags.push(
                Diag::error(codes::CONDITION, "Invalid condition result")
                    .detail("The condition is null; it must be true or false.")
                    .address(address)
                    .at(condition.condition.span),
            ),
        }
    }
    diags
}

fn broken(condition: &Condition, summary: &str, address: &str, cx: &EvalContext<'_>, found: &mut Diags) -> Diag {
    let (message, errors) = eval::evaluate_as(&condition.message, &Type::String, cx);
    found.extend(errors);
    let text = match (message.is_sensitive(), message.as_str()) {
        (true, _) => "The error message is not shown because it holds a sensitive value.".to_string(),
        (false, Some(text)) => text.trim().to_string(),
        (false, None) => "This condition does not hold.".to_string(),
    };
    Diag::error(codes::CONDITION, summary)
        .detail(text)
        .address(address)
        .at(condition.condition.span)
        .label("this is false")
}
