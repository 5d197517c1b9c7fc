//! Variables when a saved plan is applied: which must be given again, and which can't be changed any more.

use super::args::VarArgs;
use super::load::{self, Loaded};
use super::{Context, Failure, codes};
use crate::base::{Diag, Diags, Str, Value};
use crate::config::variables::{self, Given};
use crate::plan::Plan;
use crate::plan::propose::equal;

/// What a plan file says of variables whose values are not in it.
pub struct Again<'a> {
    /// Sensitive and ephemeral variables.
    pub withheld: &'a [Str],
    /// Of the ephemeral ones, those that were given for the plan.
    pub given: &'a [Str],
}

impl Again<'_> {
    /// Puts the values of variables that are not in the file into the plan: they come from where they came before. The others
    /// are what the plan was made with; giving another value on the command line is a mistake.
    ///
    /// # Errors
    /// A value is missing, or is another than planned.
    pub fn give(&self, cx: &Context, loaded: &mut Loaded, vars: &VarArgs, plan: &mut Plan) -> Result<Diags, Failure> {
        let mut diags = Diags::new();
        loaded.given = load::given(&cx.directory, vars, &mut loaded.sources, &mut diags);
        let (values, found) = variables::values(&loaded.module, &loaded.given, false);
        diags.extend(found);
        for (name, given) in &loaded.given {
            if let (Some(planned), Some(now)) = (plan.variables.get(name), values.get(name)) {
                diags.extend(changed(name, given, planned, now));
            }
        }
        for name in self.withheld {
            let ephemeral = loaded.module.variables.get(name).is_some_and(|v| v.ephemeral);
            let missing = ephemeral && self.given.contains(name) && !loaded.given.contains_key(name);
            let value = values.get(name).filter(|v| v.is_wholly_known() && !missing);
            match value {
                Some(value) => {
                    plan.variables.insert(name.clone(), value.clone());
                }
                None => diags.push(not_given(name, ephemeral, loaded)),
            }
        }
        match diags.has_errors() {
            false => Ok(diags),
            true => Err(Failure {
                diags,
                sources: loaded.sources.clone(),
            }),
        }
    }
}

/// What to say of a value that is not the planned one. Files that are read by themselves may have changed since.
fn changed(name: &Str, given: &Given, planned: &Value, now: &Value) -> Diags {
    if equal(planned, now) || !now.is_wholly_known() {
        return Diags::new();
    }
    if given.command_line {
        return Diag::error(codes::PLAN_FILE, "Can't change variable when applying a saved plan")
            .detail(format!(
                "{} gives {name:?} another value than the one that the plan was made with.",
                given.origin
            ))
            .at_opt(given.span)
            .help("leave it out, or make a new plan with it")
            .into();
    }
    if given.span.is_none() && given.origin.starts_with("TF_VAR_") {
        return Diag::warning(codes::PLAN_FILE, "Ignoring variable when applying a saved plan")
            .detail(format!(
                "{} has another value than the one that the plan was made with, which is used.",
                given.origin
            ))
            .into();
    }
    Diags::new()
}

fn not_given(name: &Str, ephemeral: bool, loaded: &Loaded) -> Diag {
    let help = format!("set it as for the plan: in a tfvars file, with -var, or as TF_VAR_{name}");
    let place = loaded.module.variables.get(name).map(|v| v.header);
    let diag = match ephemeral {
        true => Diag::error(codes::PLAN_FILE, "No value for required variable").detail(format!(
            "The ephemeral variable {name:?} was set for the plan, so it must also be set when the plan is applied."
        )),
        false => Diag::error(codes::PLAN_FILE, format!("The variable {name:?} must be given again"))
            .detail("It is sensitive, so its value is not in the plan file."),
    };
    diag.at_opt(place).help(help)
}
