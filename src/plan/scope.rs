//! The values that expressions of a module see while it is planned or applied, and the [`Scope`] over them.

use crate::base::{Diag, InstanceKey, Kind, ResourceAddr, ResourceMode, Span, Str, Type, Value};
use crate::config::{Module, Target, codes, refs};
use crate::lang::Scope;
use crate::lang::ast::{Step, StepKind};
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

/// Values of a module, filled in the order of its dependencies.
#[derive(Default)]
pub struct Values {
    /// Input variables.
    pub variables: BTreeMap<Str, Value>,
    /// Local values.
    pub locals: HashMap<Str, Value>,
    /// Resources and data sources.
    pub blocks: HashMap<ResourceAddr, BlockValue>,
    /// `terraform.workspace`.
    pub workspace: String,
    /// `path.cwd`.
    pub working_directory: String,
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
}

/// The scope of one block or instance.
pub struct ModuleScope<'a> {
    /// The module, for names that are not declared.
    pub module: &'a Module,
    /// Values so far.
    pub values: &'a Values,
    /// What this instance sees in addition.
    pub repetition: Repetition,
}

impl Scope for ModuleScope<'_> {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        match refs::target_of(self.module, root, steps, span)? {
            Target::Variable(name) => {
                let value = self.values.variables.get(&name).cloned();
                Ok((value.unwrap_or_else(|| Value::unknown(Type::Dynamic)), 1))
            }
            Target::Local(name) => {
                let value = self.values.locals.get(&name).cloned();
                Ok((value.unwrap_or_else(|| Value::unknown(Type::Dynamic)), 1))
            }
            Target::Resource(addr) => {
                let taken = if addr.mode == ResourceMode::Data { 2 } else { 1 };
                let Some(block) = self.values.blocks.get(&addr) else {
                    return Ok((Value::unknown(Type::Dynamic), taken));
                };
                match block.by_literal(steps.get(taken)) {
                    Some(value) => Ok((value, taken + 1)),
                    None => Ok((block.whole(), taken)),
                }
            }
            Target::Builtin => self.builtin(root, steps, span),
        }
    }
}

impl ModuleScope<'_> {
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
                ),
            },
            ("count", "index") => match self.repetition.index {
                Some(i) => Ok((Value::int(i64::try_from(i).unwrap_or(i64::MAX)), 1)),
                None => wrong(
                    "Reference to \"count\" in non-counted context",
                    "The \"count\" object can only be used in a block that has the count argument.".into(),
                ),
            },
            ("each", "key" | "value") => match &self.repetition.each {
                Some((key, _)) if name == "key" => Ok((Value::string(key.clone()), 1)),
                Some((_, value)) => Ok((value.clone(), 1)),
                None => wrong(
                    "Reference to \"each\" in context without for_each",
                    "The \"each\" object can only be used in a block that has the for_each argument.".into(),
                ),
            },
            ("path", "module" | "root") => Ok((Value::string("."), 1)),
            ("path", "cwd") => Ok((Value::string(self.values.working_directory.as_str()), 1)),
            ("terraform", "workspace") => Ok((Value::string(self.values.workspace.as_str()), 1)),
            _ => wrong(
                &format!("Invalid {root:?} attribute"),
                format!("The {root:?} object does not have an attribute named {name:?}."),
            ),
        }
    }
}
