//! What a change does to the data, in words: the data effects of a schema evaluated on one change. Decides which
//! apply, and whether the API can make a change in place; never whether the change may go on.

use super::model::{EffectOn, ResourceSchema};
use super::scope::Names;
use super::validate::rule;
use crate::base::{Diags, Str, Value};
use crate::lang::FunctionHost;

/// One data effect of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectText {
    /// Stable name of the effect in its schema.
    pub name: Str,
    /// What happens to the data.
    pub text: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// Whether data is lost, doubled or delivered again, in contrast to a note.
    pub warning: bool,
}

/// Whether every change of this object replaces it, as the schema's `replace_when` says. What is known only after apply
/// does not replace.
pub fn replaces(schema: &ResourceSchema, prior: &Value, planned: &Value, host: &dyn FunctionHost) -> bool {
    let names = Names(vec![("self", planned.clone()), ("prior", prior.clone())]);
    let when = schema.replace_when.as_ref();
    // A condition that can't be evaluated is a mistake in the schema, which the schema's own tests find.
    when.is_some_and(|when| matches!(rule::truth(when, &names, host), Ok(Some(true))))
}

/// The data effects of a change. `prior` is null for create, `planned` (which expressions see as `self`) for delete.
///
/// An effect whose condition is known only after apply is taken to happen. The diagnostics are about effects that
/// can't be evaluated, which is a bug of the schema.
pub fn data_effects(
    schema: &ResourceSchema,
    on: EffectOn,
    prior: &Value,
    planned: &Value,
    host: &dyn FunctionHost,
) -> (Vec<EffectText>, Diags) {
    let names = Names(vec![("self", planned.clone()), ("prior", prior.clone())]);
    let mut out = Vec::new();
    let mut diags = Diags::new();
    for effect in schema.effects.iter().filter(|e| e.on.contains(&on)) {
        let text = || -> Result<Option<EffectText>, String> {
            if let Some(when) = &effect.when
                && rule::truth(when, &names, host)? == Some(false)
            {
                return Ok(None);
            }
            let hidden = "(depends on values that are sensitive or known after apply)";
            let fix = effect.fix.as_ref().map(|e| rule::text(e, &names, host)).transpose()?;
            Ok(Some(EffectText {
                name: effect.name.clone(),
                text: rule::text(&effect.text, &names, host)?.shown(hidden),
                fix: fix.map(|t| t.shown(hidden)),
                warning: effect.warning,
            }))
        };
        match text() {
            Ok(found) => out.extend(found),
            Err(why) => diags.push(rule::broken(&effect.name, &why)),
        }
    }
    (out, diags)
}
