//! The values that expressions of a module see while it is planned or applied, and the [`Scope`] over them.

use super::checks::CheckResults;
use super::graph::Node;
use crate::base::{
    Diag, InstanceKey, Kind, Marks, ModulePath, ResourceAddr, ResourceMode, Span, Str, Type, Value, did_you_mean,
};
use crate::config::{Module, Target, codes, refs};
use crate::lang::Scope;
use crate::lang::ast::{Step, StepKind};
use crate::lang::eval::effort;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The parts that all local values and outputs of modules may have together; see [`PARTS_MAX`](effort::PARTS_MAX).
pub const HELD_MAX: u64 = 32_000_000;

/// Values of all modules, filled in the order of their dependencies.
#[derive(Default)]
pub struct Values {
    /// `terraform.workspace`.
    pub workspace: String,
    /// `path.cwd`.
    pub working_directory: String,
    /// `terraform.applying`
    pub applying: bool,
    /// What became of the conditions so far.
    pub checks: CheckResults,
    /// Values of each instance of a module; the root module always is among them.
    modules: HashMap<ModulePath, ModuleValues>,
    /// Parts of the values that are held.
    held: u64,
    /// The instances of a called module, by its path without keys.
    instances: HashMap<ModulePath, Arc<[ModulePath]>>,
}

/// Values of one instance of a module.
#[derive(Default)]
pub struct ModuleValues {
    /// Input variables.
    pub variables: BTreeMap<Str, Value>,
    /// Local values.
    pub locals: HashMap<Str, Value>,
    /// Resources and data sources, by their address in the module.
    pub blocks: HashMap<ResourceAddr, BlockValue>,
    /// Outputs, of a called module.
    outputs: HashMap<Str, Value>,
    /// What the arguments of the call see.
    repetition: Repetition,
    /// The calls that this module makes.
    calls: HashMap<Str, CallValue>,
}

/// A module call of one instance of the calling module.
struct CallValue {
    keys: CallKeys,
    /// Whether all that its instances see is known.
    settled: bool,
    /// All instances as one value, made when first asked for.
    whole: OnceCell<Value>,
}

/// How a call is repeated.
#[derive(Clone, Debug)]
pub enum CallKeys {
    /// Neither `count` nor `for_each`.
    Single,
    /// `count`.
    Count(u64),
    /// `for_each`, with the keys in order.
    Each(Vec<Str>),
    /// How many there are is known later; one unkeyed instance stands for all.
    Later,
    /// An error was reported.
    Failed,
}

impl CallKeys {
    fn keys(&self) -> Vec<InstanceKey> {
        match self {
            CallKeys::Single | CallKeys::Later => vec![InstanceKey::None],
            CallKeys::Count(n) => (0..*n).map(InstanceKey::Index).collect(),
            CallKeys::Each(keys) => keys.iter().cloned().map(InstanceKey::Key).collect(),
            CallKeys::Failed => Vec::new(),
        }
    }
}

impl Values {
    /// Values of a root module of which only the variables are known.
    pub fn new(variables: BTreeMap<Str, Value>, workspace: String, working_directory: String) -> Self {
        let root = ModuleValues {
            variables,
            ..ModuleValues::default()
        };
        Values {
            workspace,
            working_directory,
            applying: false,
            checks: CheckResults::default(),
            modules: HashMap::from([(ModulePath::default(), root)]),
            held: 0,
            instances: HashMap::new(),
        }
    }

    /// The same surroundings with other values of the variables, and with nothing evaluated.
    pub fn afresh(&self, variables: BTreeMap<Str, Value>) -> Values {
        Values::new(variables, self.workspace.clone(), self.working_directory.clone())
    }

    /// Values of an instance of a module.
    pub fn of(&self, path: &ModulePath) -> Option<&ModuleValues> {
        self.modules.get(path)
    }

    /// As [`of`](Self::of), to fill in more; a module that is not known yet is added.
    pub fn of_mut(&mut self, path: &ModulePath) -> &mut ModuleValues {
        self.modules.entry(path.clone()).or_default()
    }

    /// Counts a value that is to be held. Whether there is room for it.
    pub(super) fn hold(&mut self, value: &Value) -> bool {
        match effort::parts(value, HELD_MAX.saturating_sub(self.held)) {
            Ok(parts) => {
                self.held = self.held.saturating_add(parts);
                true
            }
            Err(_) => false,
        }
    }

    /// The instances of a module, given without keys; one for the root module.
    pub fn instances(&self, path: &ModulePath) -> Arc<[ModulePath]> {
        if path.is_root() {
            return Arc::from([ModulePath::default()]);
        }
        self.instances.get(path).map_or_else(|| Arc::from([]), Arc::clone)
    }

    /// The instances of a module that stand in the same instances of callers as `from` does, as far as both have them in common.
    pub fn instances_seen_from(&self, from: &ModulePath, path: &ModulePath) -> Vec<ModulePath> {
        let common = path.0.iter().zip(from.0.iter()).take_while(|(a, b)| a.0 == b.0).count();
        if common == path.0.len() {
            return vec![from.prefix(common)];
        }
        let shared = from.prefix(common);
        let all = self.instances(path);
        all.iter().filter(|p| p.is_within(&shared)).cloned().collect()
    }

    /// Takes down how often a module instance makes a call, with what each of the called instances sees.
    pub fn set_call(&mut self, caller: &ModulePath, name: &Str, keys: CallKeys, seen: Vec<Repetition>) {
        let settled = seen.iter().all(Repetition::is_settled);
        for (key, repetition) in keys.keys().into_iter().zip(seen) {
            self.of_mut(&caller.child(name.clone(), key)).repetition = repetition;
        }
        let value = CallValue {
            keys,
            settled,
            whole: OnceCell::new(),
        };
        self.of_mut(caller).calls.insert(name.clone(), value);
    }

    /// Takes down the instances of a module once all its callers are done.
    pub fn set_instances(&mut self, path: &ModulePath, instances: Vec<ModulePath>) {
        self.instances.insert(path.clone(), instances.into());
    }

    /// The paths that a call of one instance of a module makes.
    pub fn called(&self, caller: &ModulePath, name: &Str) -> Vec<ModulePath> {
        let call = self.of(caller).and_then(|m| m.calls.get(name));
        let keys = call.map(|c| c.keys.keys()).unwrap_or_default();
        keys.into_iter().map(|k| caller.child(name.clone(), k)).collect()
    }

    /// An output of a called module.
    pub fn output(&self, path: &ModulePath, name: &str) -> Option<&Value> {
        self.of(path)?.outputs.get(name)
    }

    /// Sets an output of a called module.
    pub fn set_output(&mut self, path: &ModulePath, name: &Str, value: Value) {
        self.of_mut(path).outputs.insert(name.clone(), value);
        if let Some((caller, call, _)) = path.split_last()
            && let Some(call) = self.of_mut(&caller).calls.get_mut(call)
        {
            call.whole = OnceCell::new();
        }
    }

    /// Whether a value of a module instance, for a call that of the caller, is known and stays as it is.
    pub fn is_settled(&self, node: &Node, at: &ModulePath) -> bool {
        let Some(here) = self.of(at) else {
            return false;
        };
        let value = match node {
            Node::Variable(_, name) => here.variables.get(name),
            Node::Local(_, name) => here.locals.get(name),
            Node::Output(_, name) => here.outputs.get(name),
            Node::Module(path) => {
                let call = path.split_last().and_then(|(_, name, _)| here.calls.get(name));
                return call.is_some_and(|c| c.settled);
            }
            Node::Resource(_) | Node::Provider(_) | Node::Whole(_) => return true,
        };
        value.is_some_and(Value::is_wholly_known)
    }

    /// What the arguments of the call of a module instance see.
    pub fn repetition_of(&self, path: &ModulePath) -> Repetition {
        self.of(path).map(|m| m.repetition.clone()).unwrap_or_default()
    }

    /// The scope of an instance of a module.
    pub fn scope<'a>(&'a self, module: &'a Module, path: &'a ModulePath, repetition: Repetition) -> ModuleScope<'a> {
        ModuleScope {
            module,
            values: self,
            here: self.of(path),
            path,
            repetition,
        }
    }
}

/// The instances of one block.
pub struct BlockValue {
    /// Objects by key.
    instances: Instances,
    /// All of them as one value, made when first asked for.
    whole: OnceCell<Value>,
}

/// How a block is repeated, with its objects.
pub enum Instances {
    /// Neither `count` nor `for_each`.
    Single(Value),
    /// `count`.
    Count(Vec<Value>),
    /// `for_each`.
    Each(BTreeMap<Str, Value>),
    /// An error was reported, or how many there are is known later.
    Later,
}

impl BlockValue {
    /// A block with these instances.
    pub fn new(instances: Instances) -> Self {
        Self {
            instances,
            whole: OnceCell::new(),
        }
    }

    /// Replaces the object of one instance.
    pub fn set(&mut self, key: &InstanceKey, value: Value) {
        self.whole = OnceCell::new();
        match (&mut self.instances, key) {
            (Instances::Single(v), InstanceKey::None) => *v = value,
            (Instances::Count(vs), InstanceKey::Index(i)) => {
                if let Some(v) = usize::try_from(*i).ok().and_then(|i| vs.get_mut(i)) {
                    *v = value;
                }
            }
            (Instances::Each(vs), InstanceKey::Key(k)) => {
                vs.insert(k.clone(), value);
            }
            _ => {}
        }
    }

    /// The object of one instance.
    pub fn instance(&self, key: &InstanceKey) -> Option<Value> {
        match (&self.instances, key) {
            (Instances::Single(v), InstanceKey::None) => Some(v.clone()),
            (Instances::Count(vs), InstanceKey::Index(i)) => vs.get(usize::try_from(*i).ok()?).cloned(),
            (Instances::Each(vs), InstanceKey::Key(k)) => vs.get(k).cloned(),
            _ => None,
        }
    }

    fn whole(&self) -> Value {
        self.whole
            .get_or_init(|| match &self.instances {
                Instances::Single(v) => v.clone(),
                Instances::Count(vs) => Value::tuple(vs.clone()),
                Instances::Each(vs) => Value::object(vs.clone()),
                Instances::Later => Value::unknown(Type::Dynamic),
            })
            .clone()
    }

    /// The object that a literal key names, without making a value of all.
    fn by_literal(&self, step: Option<&Step>) -> Option<Value> {
        let StepKind::Index(key) = &step?.kind else {
            return None;
        };
        match (&self.instances, &key.kind) {
            (Instances::Count(vs), Kind::Number(n)) => vs.get(usize::try_from(n.to_i64()?).ok()?).cloned(),
            (Instances::Each(vs), Kind::String(k)) => vs.get(k).cloned(),
            _ => None,
        }
    }
}

/// What one instance of a block sees in addition.
#[derive(Clone, Default)]
pub struct Repetition {
    /// `count.index`
    pub index: Option<u64>,
    /// `each.key` and `each.value`
    pub each: Option<(Str, Value)>,
    /// `self`
    pub this: Option<Value>,
    /// Which instance it is, is not known: one stands for all.
    pub later: Option<Repeated>,
}

/// What repeats a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// `count`
    Count,
    /// `for_each`
    Each,
}

impl Repetition {
    fn is_settled(&self) -> bool {
        self.later.is_none() && self.each.as_ref().is_none_or(|(_, value)| value.is_wholly_known())
    }

    /// What an instance of `count` sees.
    pub fn counted(index: u64) -> Self {
        Self {
            index: Some(index),
            ..Self::default()
        }
    }

    /// What the one instance sees that stands for all.
    pub fn later(by: Repeated) -> Self {
        Self {
            later: Some(by),
            ..Self::default()
        }
    }

    /// What an instance of `for_each` sees.
    pub fn each(key: Str, value: Value) -> Self {
        Self {
            each: Some((key, value)),
            ..Self::default()
        }
    }
}

/// The scope of one block or instance.
pub struct ModuleScope<'a> {
    /// The module, for names that are not declared.
    module: &'a Module,
    /// Values of all modules so far.
    values: &'a Values,
    /// Values of this module.
    here: Option<&'a ModuleValues>,
    /// This module's path.
    path: &'a ModulePath,
    /// What this instance sees in addition.
    repetition: Repetition,
}

impl Scope for ModuleScope<'_> {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let later = || Value::unknown(Type::Dynamic);
        match refs::target_of(self.module, root, steps, span)? {
            Target::Variable(name) => {
                let value = self.here.and_then(|h| h.variables.get(&name)).cloned();
                Ok((value.unwrap_or_else(later), 1))
            }
            Target::Local(name) => {
                let value = self.here.and_then(|h| h.locals.get(&name)).cloned();
                Ok((value.unwrap_or_else(later), 1))
            }
            Target::Resource(addr) => {
                let taken = match addr.mode {
                    ResourceMode::Data => 2,
                    ResourceMode::Managed if root == "resource" => 2,
                    ResourceMode::Managed => 1,
                };
                let Some(block) = self.here.and_then(|h| h.blocks.get(&addr)) else {
                    return Ok((later(), taken));
                };
                match block.by_literal(steps.get(taken)) {
                    Some(value) => Ok((value, taken + 1)),
                    None => Ok((block.whole(), taken)),
                }
            }
            Target::Module(name, output) => match self.of_no_instance(&name, steps) {
                Some(diag) => Err(diag),
                None => Ok(self.called(&name, output.as_ref(), steps)),
            },
            Target::Builtin => self.builtin(root, steps, span),
            Target::Unread => Ok((later(), usize::from(!steps.is_empty()))),
        }
    }
}

impl ModuleScope<'_> {
    /// What is wrong with an output of a call with `count` when no instance is named.
    fn of_no_instance(&self, name: &Str, steps: &[Step]) -> Option<Diag> {
        let call = self.module.calls.get(name).filter(|c| c.count.is_some())?;
        let step = steps.get(1)?;
        let StepKind::Attr(output) = &step.kind else {
            return None;
        };
        let child = call.module.as_deref()?;
        let known = child.outputs.keys().map(|n| &**n);
        let meant = match child.outputs.contains_key(output) {
            true => Some(&**output),
            false => did_you_mean(output, known),
        };
        let diag = Diag::error(crate::lang::codes::ATTRIBUTE, "Unsupported attribute")
            .detail(format!(
                "module.{name} has count, so it is a list of instances, and a list has no attributes."
            ))
            .at(step.span);
        Some(match meant {
            Some(meant) => diag.help(format!(
                "did you mean module.{name}[*].{meant} of all instances, or module.{name}[0].{meant} of one?"
            )),
            None => diag,
        })
    }

    /// The value of a module call, or at once that of the output named, and how many steps that took.
    fn called(&self, name: &Str, output: Option<&Str>, steps: &[Step]) -> (Value, usize) {
        let later = || Value::unknown(Type::Dynamic);
        let declared = self.module.calls.get(name);
        let whole = declared.is_some_and(|c| c.module.as_ref().is_some_and(|m| !m.incomplete));
        let Some(call) = self.here.and_then(|h| h.calls.get(name)).filter(|_| whole) else {
            return (later(), 1);
        };
        let key = match (&call.keys, steps.get(1).map(|s| &s.kind)) {
            (CallKeys::Single, _) => Some(InstanceKey::None),
            (CallKeys::Count(n), Some(StepKind::Index(k))) => {
                let index = k.as_i64().and_then(|i| u64::try_from(i).ok());
                index.filter(|i| i < n).map(InstanceKey::Index)
            }
            (CallKeys::Each(keys), Some(StepKind::Index(k))) => {
                let key = k
                    .as_str()
                    .filter(|k| keys.binary_search_by(|have| (**have).cmp(k)).is_ok());
                key.map(|k| InstanceKey::Key(k.into()))
            }
            (CallKeys::Later | CallKeys::Failed, _) => return (later(), 1),
            _ => None,
        };
        if let (Some(key), Some(output)) = (key, output) {
            let taken = if key == InstanceKey::None { 2 } else { 3 };
            let path = self.path.child(name.clone(), key);
            let value = self.values.output(&path, output).cloned();
            return (value.unwrap_or_else(later), taken);
        }
        let whole = call.whole.get_or_init(|| self.whole(name, &call.keys));
        (whole.clone(), 1)
    }

    /// The outputs of all instances of a call as one value.
    fn whole(&self, name: &Str, keys: &CallKeys) -> Value {
        let child = self.module.calls.get(name).and_then(|c| c.module.as_deref());
        let one = |key: InstanceKey| {
            let path = self.path.child(name.clone(), key);
            let outputs = child.into_iter().flat_map(|c| c.outputs.keys());
            let value = |n: &Str| {
                let value = self.values.output(&path, n).cloned();
                (n.clone(), value.unwrap_or_else(|| Value::unknown(Type::Dynamic)))
            };
            Value::object(outputs.map(value).collect())
        };
        match keys {
            CallKeys::Single => one(InstanceKey::None),
            CallKeys::Count(n) => Value::tuple((0..*n).map(|i| one(InstanceKey::Index(i))).collect::<Vec<_>>()),
            CallKeys::Each(keys) => {
                let entries = keys.iter().map(|k| (k.clone(), one(InstanceKey::Key(k.clone()))));
                Value::object(entries.collect())
            }
            CallKeys::Later | CallKeys::Failed => Value::unknown(Type::Dynamic),
        }
    }

    fn builtin(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let name = match steps.first().map(|s| &s.kind) {
            Some(StepKind::Attr(name)) => &**name,
            _ => "",
        };
        let wrong =
            |summary: &str, detail: String| Err(Diag::error(codes::UNDECLARED, summary).detail(detail).at(span));
        match (root, name) {
            ("self", _) => match &self.repetition.this {
                Some(value) => Ok((value.clone(), 0)),
                None => wrong(
                    "Invalid \"self\" reference",
                    "The \"self\" object is only available in postconditions.".into(),
                )
                .map_err(|diag| diag.at(span.first_bytes(root.len()))),
            },
            ("count", "index") => match self.repetition.index {
                Some(i) => Ok((Value::int(i64::try_from(i).unwrap_or(i64::MAX)), 1)),
                None if self.repetition.later == Some(Repeated::Count) => Ok((Value::unknown(Type::Number), 1)),
                None => wrong(
                    "Reference to \"count\" in non-counted context",
                    "The \"count\" object can only be used in a block that has the count argument.".into(),
                ),
            },
            ("each", "key" | "value") => match &self.repetition.each {
                Some((key, _)) if name == "key" => Ok((Value::string(key.clone()), 1)),
                Some((_, value)) => Ok((value.clone(), 1)),
                None if self.repetition.later == Some(Repeated::Each) => {
                    let ty = if name == "key" { Type::String } else { Type::Dynamic };
                    Ok((Value::unknown(ty), 1))
                }
                None if name == "value" => wrong(
                    "each.value cannot be used in this context",
                    "The \"each\" object can only be used in a block that has the for_each argument.".into(),
                ),
                None => wrong(
                    "Reference to \"each\" in context without for_each",
                    "The \"each\" object can only be used in a block that has the for_each argument.".into(),
                ),
            },
            ("path", "module") if !self.module.directory.is_empty() => {
                Ok((Value::string(self.module.directory.clone()), 1))
            }
            ("path", "module" | "root") => Ok((Value::string("."), 1)),
            ("path", "cwd") => Ok((Value::string(self.values.working_directory.as_str()), 1)),
            ("terraform", "applying") => Ok((Value::bool(self.values.applying).mark(Marks::EPHEMERAL), 1)),
            ("terraform", "workspace") => Ok((Value::string(self.values.workspace.as_str()), 1)),
            (_, "") => wrong(
                "Invalid reference",
                format!("{root:?} must be followed by a dot and the name of one of its attributes."),
            ),
            _ => wrong(
                &format!("Invalid {root:?} attribute"),
                format!("The {root:?} object does not have an attribute named {name:?}."),
            )
            .map_err(|diag| diag.help(attribute_help(root, name))),
        }
    }
}

/// What can be written instead of an attribute that a built-in object does not have.
fn attribute_help(root: &str, name: &str) -> String {
    let known: &[&str] = match root {
        "count" => &["index"],
        "each" => &["key", "value"],
        "path" => &["module", "root", "cwd"],
        _ => &["workspace", "applying"],
    };
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean {root}.{near}?"),
        None => {
            let known: Vec<String> = known.iter().map(|k| format!("{root}.{k}")).collect();
            format!("there is {}", known.join(" and "))
        }
    }
}
