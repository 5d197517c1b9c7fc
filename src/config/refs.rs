//! What a reference means in a module: which declaration it names, and the error when there is none.

use super::codes;
use super::model::Module;
use crate::base::{Diag, ModulePath, ResourceAddr, ResourceMode, Span, Str, did_you_mean};
use crate::lang::ast::{ExprKind, Reference, SplatExpr, SplatStep, Step, StepKind};

mod roots;

/// The declaration that a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `var.NAME`
    Variable(Str),
    /// `local.NAME`
    Local(Str),
    /// `TYPE.NAME` or `data.TYPE.NAME`
    Resource(ResourceAddr),
    /// `module.NAME`, with the output if one is named.
    Module(Str, Option<Str>),
    /// `each`, `count`, `path`, `terraform`, `self`: part of the language.
    Builtin,
    /// Nothing of that name was read, but not all of the module could be.
    Unread,
}

/// Finds what a reference names.
///
/// # Errors
/// Nothing of that name is declared; the nearest declared name is suggested.
pub fn target(module: &Module, reference: &Reference, span: Span) -> Result<Target, Diag> {
    let found = target_of(module, &reference.root.text, &reference.steps, span);
    // Which outputs a module has is seen from its value; the rest of a reference is looked at before there are values.
    if let (true, "module", Some(StepKind::Attr(name))) = (
        reference.guarded && found.is_err(),
        &*reference.root.text,
        reference.steps.first().map(|s| &s.kind),
    ) && let Some(call) = module.calls.get(name)
        && output_name(call, &reference.steps).is_some()
    {
        return Ok(Target::Module(name.clone(), None));
    }
    match &reference.steps[..] {
        [] if reference.in_template => found.map_err(|diag| meant_as_text(diag, &reference.root.text)),
        _ => found,
    }
}

/// What is wrong with `module.NAME[*].OUTPUT`. With `count = 0` there are no values from which it could be seen.
pub fn splat_problem(module: &Module, splat: &SplatExpr) -> Option<Diag> {
    let ExprKind::Reference(source) = &splat.source.kind else {
        return None;
    };
    let (true, false, [step]) = (&*source.root.text == "module", source.guarded, &*source.steps) else {
        return None;
    };
    let StepKind::Attr(name) = &step.kind else { return None };
    let call = module.calls.get(name).filter(|c| c.count.is_some() && !c.damaged)?;
    let child = call.module.as_deref().filter(|child| !child.incomplete)?;
    let Some(SplatStep::Literal(step)) = splat.each.first() else {
        return None;
    };
    let StepKind::Attr(output) = &step.kind else {
        return None;
    };
    if child.outputs.contains_key(output) {
        return None;
    }
    let detail = format!("The module call {name:?} has no output named {output:?}.");
    let help = format!("declare it in the module with an output {output:?} {{}} block");
    let known = child.outputs.keys();
    Some(undeclared(
        "Unsupported attribute",
        detail,
        output,
        known,
        help,
        step.span,
    ))
}

/// A bare word in a template is most often a variable of the system that reads the text, such as DataWorks' `${bizdate}`.
fn meant_as_text(diag: Diag, word: &str) -> Diag {
    if diag.help.is_some() {
        return diag;
    }
    diag.help(format!(
        "write $${{{word}}} for the text ${{{word}}} itself, such as a scheduling parameter of DataWorks: in a template, ${{ \
         begins an expression"
    ))
}

/// As [`target`], for a root name and steps.
///
/// # Errors
/// As [`target`].
pub fn target_of(module: &Module, root: &str, steps: &[Step], span: Span) -> Result<Target, Diag> {
    match declaration(module, root, steps, span) {
        Err(diag) if diag.code == codes::UNDECLARED && unread(module, root, steps) => Ok(Target::Unread),
        found => found,
    }
}

/// Whether what a reference names may be declared where nothing could be read.
fn unread(module: &Module, root: &str, steps: &[Step]) -> bool {
    let name = match steps.first().map(|s| &s.kind) {
        Some(StepKind::Attr(name)) if root == "module" => Some(name),
        _ => None,
    };
    let call = name.and_then(|name| module.calls.get(name));
    let child = call.map(|c| c.module.as_deref().is_none_or(|child| child.incomplete));
    child.unwrap_or(module.incomplete)
}

fn declaration(module: &Module, root: &str, steps: &[Step], span: Span) -> Result<Target, Diag> {
    match root {
        "var" => {
            let name = step_name(steps, 0, "var", "a variable's name", span)?;
            let span = through(steps, 0, span);
            if module.variables.contains_key(name) {
                return Ok(Target::Variable(name.into()));
            }
            let summary = "Reference to undeclared input variable";
            let detail = format!("An input variable with the name {name:?} has not been declared.");
            let help = format!("declare it with a variable {name:?} {{}} block");
            Err(undeclared(summary, detail, name, module.variables.keys(), help, span))
        }
        "local" => {
            let name = step_name(steps, 0, "local", "a local value's name", span)?;
            let span = through(steps, 0, span);
            if module.locals.contains_key(name) {
                return Ok(Target::Local(name.into()));
            }
            let summary = "Reference to undeclared local value";
            let detail = format!("A local value with the name {name:?} has not been declared.");
            let help = "declare it in a locals block".to_string();
            Err(undeclared(summary, detail, name, module.locals.keys(), help, span))
        }
        "each" | "count" | "path" | "terraform" | "self" => Ok(Target::Builtin),
        "module" => {
            let name = step_name(steps, 0, "module", "the name of a module call", span)?;
            let Some(call) = module.calls.get(name) else {
                let summary = "Reference to undeclared module";
                let detail = format!("No module call named {name:?} is declared in this module.");
                let help = format!("declare it with a module {name:?} {{}} block");
                return Err(undeclared(
                    summary,
                    detail,
                    name,
                    module.calls.keys(),
                    help,
                    through(steps, 0, span),
                ));
            };
            if let Some(diag) = steps.get(1).and_then(|step| fraction(step, "module")) {
                return Err(diag);
            }
            let output = output_name(call, steps);
            if let (Some((output, at)), Some(child)) = (&output, &call.module)
                && !child.outputs.contains_key(*output)
            {
                let detail = format!("The module call {name:?} has no output named {output:?}.");
                let help = format!("declare it in the module with an output {output:?} {{}} block");
                let diag = undeclared("Unsupported attribute", detail, output, child.outputs.keys(), help, *at);
                return Err(diag);
            }
            Ok(Target::Module(name.into(), output.map(|(o, _)| o.clone())))
        }
        "template" | "lazy" | "arg" => Err(Diag::error(codes::UNDECLARED, "Reserved symbol name")
            .detail(format!(
                "The symbol name {root:?} is reserved for later versions of the language."
            ))
            .at(span.first_bytes(root.len()))
            .help("a resource type of that name is written resource.TYPE.NAME")),
        "resource" => {
            let type_name = step_name(steps, 0, "resource", "a resource type", span)?;
            let name = step_name(steps, 1, "resource", "the name of a resource block", span)?;
            let addr = resource(module, ResourceMode::Managed, type_name, name, through(steps, 1, span))?;
            instance(module, addr, steps, 2, span)
        }
        "ephemeral" => {
            let type_name = step_name(steps, 0, "ephemeral", "an ephemeral resource type", span)?;
            let name = step_name(steps, 1, "ephemeral", "the name of an ephemeral block", span)?;
            Err(Diag::error(codes::UNDECLARED, "Reference to undeclared resource")
                .detail(format!(
                    "An ephemeral resource {type_name:?} {name:?} has not been declared in this module."
                ))
                .at(through(steps, 1, span)))
        }
        "data" => {
            let type_name = step_name(steps, 0, "data", "a data source type", span)?;
            let name = step_name(steps, 1, "data", "the name of a data block", span)?;
            let addr = resource(module, ResourceMode::Data, type_name, name, through(steps, 1, span))?;
            instance(module, addr, steps, 2, span)
        }
        type_name => {
            let Some(StepKind::Attr(name)) = steps.first().map(|s| &s.kind) else {
                let diag = Diag::error(codes::UNDECLARED, "Invalid reference")
                    .detail(format!(
                        "A reference to a resource type must be followed by a name: {type_name}.NAME. A bare word is no text; \
                         write \"{type_name}\" for that."
                    ))
                    .at(span);
                return Err(match TIME_VARIABLES.contains(&type_name) {
                    true => diag.help(format!(
                        "if the time variable of a prefix is meant, write ${type_name} without braces: with braces it is an \
                         expression"
                    )),
                    false => match roots::of_bare_word(module, type_name) {
                        Some(meant) => diag.help(format!("did you mean {meant}?")),
                        None => diag,
                    },
                });
            };
            let found = resource(module, ResourceMode::Managed, type_name, name, through(steps, 0, span));
            let addr = found.map_err(|diag| match roots::meant(module, type_name, steps) {
                Some(meant) if diag.help.is_none() => diag.help(format!("did you mean {meant}?")),
                _ => diag,
            })?;
            instance(module, addr, steps, 1, span)
        }
    }
}

/// The place of a reference as far as one of its steps.
fn through(steps: &[Step], last: usize, span: Span) -> Span {
    match steps.get(last) {
        Some(step) if step.span.file == span.file && step.span.end > span.start => Span {
            end: step.span.end,
            ..span
        },
        _ => span,
    }
}

/// Whether a reference to a block with `count` or `for_each` names an instance, and one to another block does not. Without any
/// further step the block as a whole may be meant.
fn instance(module: &Module, addr: ResourceAddr, steps: &[Step], names: usize, span: Span) -> Result<Target, Diag> {
    let (Some(resource), Some(next)) = (module.resources.get(&addr), steps.get(names)) else {
        return Ok(Target::Resource(addr));
    };
    if resource.damaged {
        // How it is repeated is not known.
        return Ok(Target::Resource(addr));
    }
    if let Some(diag) = fraction(next, "resource") {
        return Err(diag);
    }
    let repeated = match (&resource.count, &resource.for_each) {
        (Some(_), _) => Some(("count", "count.index")),
        (_, Some(_)) => Some(("for_each", "each.key")),
        _ => None,
    };
    match (repeated, &next.kind) {
        (Some((argument, key)), StepKind::Attr(_)) => {
            Err(Diag::error(codes::UNDECLARED, "Missing resource instance key")
                .detail(format!(
                    "{addr} has {argument:?} set, so its attributes are those of its instances."
                ))
                .at(through(steps, names.saturating_sub(1), span))
                .help(format!(
                    "name an instance, as in {addr}[{key}] where both are repeated alike, or take all: {addr}[*]"
                )))
        }
        (None, StepKind::Index(_)) => Err(Diag::error(codes::UNDECLARED, "Unexpected resource instance key")
            .detail(format!(
                "{addr} has neither \"count\" nor \"for_each\", so there is one, without a key."
            ))
            .at(through(steps, names, span))
            .help("remove the brackets")),
        _ => Ok(Target::Resource(addr)),
    }
}

/// The error of a key of an instance that is a number with a fraction.
fn fraction(step: &Step, what: &str) -> Option<Diag> {
    let StepKind::Index(key) = &step.kind else {
        return None;
    };
    key.as_number().filter(|n| !n.is_integer())?;
    Some(
        Diag::error(codes::UNDECLARED, "Invalid index key")
            .detail(format!(
                "An instance of a {what} has a whole number or a string as its key."
            ))
            .at(step.span),
    )
}

/// Placeholders that clouds fill in object names; `${yyyy}` is a common slip for `$yyyy`.
const TIME_VARIABLES: &[&str] = &["yyyy", "MM", "dd", "HH", "mm"];

/// The output that a reference to a module call names, where it does: after the key of an instance if the call has such.
fn output_name<'a>(call: &super::model::ModuleCall, steps: &'a [Step]) -> Option<(&'a Str, Span)> {
    let repeated = call.count.is_some() || call.for_each.is_some();
    if call.damaged {
        return None;
    }
    let at = match (repeated, steps.get(1).map(|s| &s.kind)?) {
        (true, StepKind::Index(_)) => 2,
        (false, _) => 1,
        _ => return None,
    };
    let step = steps.get(at)?;
    match &step.kind {
        StepKind::Attr(name) => Some((name, step.span)),
        StepKind::Index(_) => None,
    }
}

fn step_name<'a>(steps: &'a [Step], at: usize, root: &str, what: &str, span: Span) -> Result<&'a str, Diag> {
    match steps.get(at).map(|s| &s.kind) {
        Some(StepKind::Attr(name)) => Ok(name),
        _ => Err(Diag::error(codes::UNDECLARED, "Invalid reference")
            .detail(format!("{root:?} must be followed by a dot and {what}."))
            .at(steps.get(at).map_or(span, |step| step.span))),
    }
}

fn resource(
    module: &Module,
    mode: ResourceMode,
    type_name: &str,
    name: &str,
    span: Span,
) -> Result<ResourceAddr, Diag> {
    let addr = ResourceAddr {
        module: ModulePath::default(),
        mode,
        type_name: type_name.into(),
        name: name.into(),
    };
    if module.resources.contains_key(&addr) {
        return Ok(addr);
    }
    let of_mode = || module.resources.keys().filter(|a| a.mode == mode);
    let kind = if mode == ResourceMode::Data {
        "data resource"
    } else {
        "managed resource"
    };
    let mut diag = Diag::error(codes::UNDECLARED, "Reference to undeclared resource")
        .detail(format!(
            "A {kind} {type_name:?} {name:?} has not been declared in this module."
        ))
        .at(span);
    let same_type = of_mode().filter(|a| &*a.type_name == type_name).map(|a| &*a.name);
    if let Some(near) = did_you_mean(name, same_type) {
        diag = diag.help(format!("did you mean {type_name}.{near}?"));
    } else if let Some(near) = did_you_mean(type_name, of_mode().filter(|a| &*a.name == name).map(|a| &*a.type_name)) {
        diag = diag.help(format!("did you mean {near}.{name}?"));
    } else if let Some(other) = module
        .resources
        .keys()
        .find(|a| *a.type_name == *type_name && *a.name == *name)
    {
        diag = diag.help(format!("did you mean {other}?"));
    }
    Err(diag)
}

fn undeclared<'a>(
    summary: &str,
    detail: String,
    name: &str,
    known: impl Iterator<Item = &'a Str>,
    otherwise: String,
    span: Span,
) -> Diag {
    let help = match did_you_mean(name, known.map(|k| &**k)) {
        Some(near) => format!("did you mean {near:?}?"),
        None => otherwise,
    };
    Diag::error(codes::UNDECLARED, summary)
        .detail(detail)
        .at(span)
        .help(help)
}
