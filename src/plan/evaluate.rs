//! Evaluates what is no object: calls of modules, variables of called modules, local values, outputs of called modules. Used
//! while planning and again while applying, when more is known. Decides nothing about objects.

mod checks;

pub use checks::beyond_variables;

use super::expand::{Expansion, expansion};
use super::graph::Node;
use super::scope::{CallKeys, HELD_MAX, Repeated, Repetition, Values};
use crate::base::{Diag, Diags, InstanceKey, Marks, ModulePath, Span, Str, Type, Value};
use crate::config::{Module, codes, variables};
use crate::lang::ast::Expr;
use crate::lang::{EvalContext, FunctionHost, eval};

/// The instances that a module may have in all instances of its callers: two numbers multiply to what no memory holds.
pub const MODULES_MAX: u64 = 100_000;

/// What evaluating needs beside the values.
#[derive(Clone, Copy)]
pub struct Evaluation<'a> {
    /// The root module.
    pub root: &'a Module,
    /// Effects of functions.
    pub host: &'a dyn FunctionHost,
    /// Whether the configuration is only checked: it may then be open how many instances there are.
    pub checking: bool,
}

impl Evaluation<'_> {
    /// Evaluates a node in all instances of its module; a block or provider is left alone.
    pub fn all(&self, values: &mut Values, node: &Node) -> Diags {
        let path = match node {
            Node::Module(path) => match path.split_last() {
                Some((caller, ..)) => caller,
                None => return Diags::new(),
            },
            node => node.module(),
        };
        let instances = values.instances(&path);
        let diags = self.at(values, node, &instances);
        if let Node::Module(path) = node
            && let Some((_, name, _)) = path.split_last()
        {
            let called = instances.iter().flat_map(|from| values.called(from, name)).collect();
            values.set_instances(path, called);
        }
        diags
    }

    /// Evaluates a node in some instances of its module; a call in some of the calling one.
    pub fn at(&self, values: &mut Values, node: &Node, instances: &[ModulePath]) -> Diags {
        let mut diags = Diags::new();
        match node {
            Node::Module(path) => self.call(values, path, instances, &mut diags),
            Node::Variable(path, name) => self.variable(values, path, name, instances, &mut diags),
            Node::Local(path, name) => self.local(values, path, name, instances, &mut diags),
            Node::Output(path, name) => self.output(values, path, name, instances, &mut diags),
            Node::Resource(_) | Node::Provider(_) | Node::Whole(_) => {}
        }
        diags
    }

    fn cx<'s>(&self, scope: &'s dyn crate::lang::Scope) -> EvalContext<'s>
    where
        Self: 's,
    {
        EvalContext { scope, host: self.host }
    }

    /// How many instances of a module its callers make.
    fn call(&self, values: &mut Values, path: &ModulePath, instances: &[ModulePath], diags: &mut Diags) {
        let Some((caller_path, name, _)) = path.split_last() else {
            return;
        };
        let caller = self.root.at(&caller_path);
        let Some((caller, call)) = caller.and_then(|m| Some((m, m.calls.get(name)?))) else {
            return;
        };
        let mut total: u64 = 0;
        for from in instances {
            let at = from.child(name.clone(), InstanceKey::None);
            let (expansion, found) = {
                let scope = values.scope(caller, from, Repetition::default());
                expansion(call.count.as_ref(), call.for_each.as_ref(), &at, &self.cx(&scope))
            };
            diags.extend(found);
            let by = match call.count {
                Some(_) => Repeated::Count,
                None => Repeated::Each,
            };
            total = total.saturating_add(match &expansion {
                Expansion::Count(n) => *n,
                Expansion::Each(entries) => entries.len() as u64,
                _ => 1,
            });
            if total > MODULES_MAX {
                diags.push(too_many_modules(path, call.count.as_ref().or(call.for_each.as_ref())));
                values.set_call(from, name, CallKeys::Failed, Vec::new());
                continue;
            }
            let (keys, seen) = match expansion {
                Expansion::Later(_) if self.checking => (CallKeys::Later, vec![Repetition::later(by)]),
                Expansion::Later(diag) => {
                    diags.push(*diag);
                    (CallKeys::Failed, Vec::new())
                }
                Expansion::Failed => (CallKeys::Failed, Vec::new()),
                // How often it is called is not known.
                _ if call.damaged => (CallKeys::Failed, Vec::new()),
                Expansion::Single => (CallKeys::Single, vec![Repetition::default()]),
                Expansion::Count(n) => (CallKeys::Count(n), (0..n).map(Repetition::counted).collect()),
                Expansion::Each(entries) => {
                    let keys = entries.keys().cloned().collect();
                    let seen = entries.into_iter().map(|(k, v)| Repetition::each(k, v));
                    (CallKeys::Each(keys), seen.collect())
                }
            };
            values.set_call(from, name, keys, seen);
        }
    }

    /// A variable of a called module, in all its instances.
    fn variable(
        &self,
        values: &mut Values,
        path: &ModulePath,
        name: &Str,
        instances: &[ModulePath],
        diags: &mut Diags,
    ) {
        let Some((caller_path, call, _)) = path.split_last() else {
            return;
        };
        let modules = self.root.at(&caller_path).zip(self.root.at(path));
        let Some((caller, module)) = modules else {
            return;
        };
        let Some(variable) = module.variables.get(name) else {
            return;
        };
        let argument = caller.calls.get(call).and_then(|c| c.body.expr(name));
        for at in instances {
            let Some((from, ..)) = at.split_last() else {
                continue;
            };
            let mut found = Diags::new();
            let value = {
                let scope = values.scope(caller, &from, values.repetition_of(at));
                let cx = self.cx(&scope);
                let given = argument.map(|expr| {
                    let (value, diags) = eval::evaluate(expr, &cx);
                    found.extend(diags);
                    (value, expr.span)
                });
                variables::called(name, variable, given, &mut found)
            };
            diags.extend(addressed(found, at));
            values.of_mut(at).variables.insert(name.clone(), value);
        }
    }

    /// A local value, in all instances of its module.
    fn local(&self, values: &mut Values, path: &ModulePath, name: &Str, instances: &[ModulePath], diags: &mut Diags) {
        let Some(module) = self.root.at(path) else {
            return;
        };
        let Some(local) = module.locals.get(name) else {
            return;
        };
        for at in instances {
            let (value, mut found) = {
                let scope = values.scope(module, at, Repetition::default());
                eval::evaluate(&local.value, &self.cx(&scope))
            };
            let value = kept(values, value, local.value.span, &mut found);
            diags.extend(addressed(found, at));
            values.of_mut(at).locals.insert(name.clone(), value);
        }
    }

    /// An output of a called module, in all its instances; those of the root module are changes of the plan.
    fn output(&self, values: &mut Values, path: &ModulePath, name: &Str, instances: &[ModulePath], diags: &mut Diags) {
        let Some(module) = self.root.at(path).filter(|_| !path.is_root()) else {
            return;
        };
        let Some(output) = module.outputs.get(name) else {
            return;
        };
        for at in instances {
            let address = format!("{at}.output.{name}");
            diags.extend(self.output_conditions(values, module, at, name, &output.preconditions));
            let (value, mut found) = {
                let scope = values.scope(module, at, Repetition::default());
                eval::evaluate(&output.value, &self.cx(&scope))
            };
            let value = kept(values, value, output.value.span, &mut found);
            let marks = value.marks_deep();
            if marks.contains(Marks::EPHEMERAL) && !output.ephemeral {
                found.push(
                    Diag::error(codes::EPHEMERAL, "Ephemeral value not allowed")
                        .detail("The output is not declared as ephemeral, and its value is.")
                        .address(&address)
                        .at(output.value.span)
                        .help("add ephemeral = true to the output"),
                );
            }
            if output.ephemeral && !marks.contains(Marks::EPHEMERAL) && !found.has_errors() {
                found.push(
                    Diag::error(codes::EPHEMERAL, "Value not allowed in ephemeral output")
                        .detail("The output is declared as ephemeral, and its value is not.")
                        .address(&address)
                        .at(output.value.span)
                        .help("remove ephemeral = true from the output"),
                );
            }
            diags.extend(addressed(found, at));
            let value = if output.sensitive { value.sensitive() } else { value };
            let value = match output.ephemeral {
                true => value.mark(Marks::EPHEMERAL),
                false => value,
            };
            values.set_output(at, name, value);
        }
    }
}

fn too_many_modules(path: &ModulePath, expr: Option<&Expr>) -> Diag {
    let diag = Diag::error(codes::TOO_LARGE, "Too many instances of a module").detail(format!(
        "A module may have {MODULES_MAX} instances, with those of all its callers; {path} has more."
    ));
    match expr {
        Some(expr) => diag.at(expr.span),
        None => diag,
    }
}

/// The value, unless all values that are held would then be more than memory is for.
fn kept(values: &mut Values, value: Value, span: Span, diags: &mut Diags) -> Value {
    if values.hold(&value) {
        return value;
    }
    diags.push(
        Diag::error(codes::TOO_LARGE, "Values too large")
            .detail(format!(
                "All local values and outputs of modules together may have {HELD_MAX} elements; with this one they have more."
            ))
            .at(span),
    );
    Value::unknown(Type::Dynamic)
}

/// Problems of a called module name it.
fn addressed(diags: Diags, at: &ModulePath) -> Diags {
    if at.is_root() {
        return diags;
    }
    diags
        .into_iter()
        .map(|d| if d.address.is_none() { d.address(at) } else { d })
        .collect()
}
