//! What a change does to the data, from the schema's data effects; and whether an object works, from its health field.
//! Decides nothing about the change itself.

use super::model::{Action, Effect, Problem};
use crate::base::{InstanceAddr, Type, Value};
use crate::lang::FunctionHost;
use crate::schema::model::{EffectOn, Health};
use crate::schema::{ResourceSchema, data_effects};

/// The effects of an action.
pub fn effects(
    schema: &ResourceSchema,
    action: Action,
    prior: Option<&Value>,
    planned: Option<&Value>,
    host: &dyn FunctionHost,
) -> Vec<Effect> {
    let on = match action {
        Action::Create => EffectOn::Create,
        Action::Update => EffectOn::Update,
        Action::Replace { .. } => EffectOn::Replace,
        Action::Delete => EffectOn::Delete,
        Action::NoOp | Action::Read | Action::Forget => return Vec::new(),
    };
    if schema.effects.is_empty() {
        return Vec::new();
    }
    let null = Value::null(Type::Dynamic);
    // An effect that can't be evaluated is a mistake in the schema, which the schema's own tests find.
    let (found, _) = data_effects(schema, on, prior.unwrap_or(&null), planned.unwrap_or(&null), host);
    let effect = |e: crate::schema::EffectText| Effect {
        name: e.name,
        warning: e.warning,
        text: e.text,
        fix: e.fix,
    };
    found.into_iter().map(effect).collect()
}

/// How an object is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthStatus {
    /// It works, in this phase.
    Ready(String),
    /// It is still being made, in this phase.
    Pending(String),
    /// It does not work.
    Unhealthy(Problem),
}

/// Reads the health of an object from its attributes.
pub fn health(health: &Health, addr: &InstanceAddr, object: &Value) -> HealthStatus {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or("").to_string();
    let code = health.error.as_ref().map(|name| text(name)).unwrap_or_default();
    if !code.is_empty() && !health.error_ok.iter().any(|ok| **ok == *code) {
        let detail = health.detail.as_ref().map(|name| text(name)).filter(|d| !d.is_empty());
        let (meaning, help) = match health.causes.get(code.as_str()) {
            Some((meaning, help)) => (meaning.clone(), Some(help.clone())),
            None => ("the cloud reports an error".to_string(), None),
        };
        return HealthStatus::Unhealthy(Problem {
            addr: addr.clone(),
            text: match detail {
                Some(detail) => format!("{meaning} ({detail})"),
                None => meaning,
            },
            code,
            help,
        });
    }
    let phase = text(&health.phase);
    if health.pending.iter().any(|p| **p == *phase) {
        HealthStatus::Pending(phase)
    } else {
        HealthStatus::Ready(phase)
    }
}
