//! `import` blocks: which objects are taken into the state, under which addresses. Decides what a block asks for; finds
//! no object.

use super::expand::INSTANCES_MAX;
use super::model::Prior;
use super::scope::{Repetition, Values};
use crate::base::{Diag, Diags, InstanceAddr, InstanceKey, Kind, ModulePath, ResourceAddr, Span, Str, Type, Value};
use crate::config::endpoint::{self, Endpoint, Target};
use crate::config::{Import, Module, ProviderKey, Resource, codes};
use crate::lang::ast::{Expr, ExprKind, StepKind};
use crate::lang::{EvalContext, FunctionHost, convert, eval};
use std::collections::{BTreeMap, HashSet};

/// An object that is to be taken into the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its address.
    pub addr: InstanceAddr,
    /// The id by which its type finds it.
    pub id: String,
    /// The provider configuration, where the block names one.
    pub provider: Option<ProviderKey>,
    /// The address in the block.
    pub to: Span,
    /// The id in the block.
    pub at: Span,
}

/// What is wrong with the blocks before anything is evaluated. What they import need not be declared yet.
pub fn check(module: &Module) -> Diags {
    let mut diags = Diags::new();
    let mut seen: BTreeMap<Endpoint, Span> = BTreeMap::new();
    for (path, called) in module.all().into_iter().filter(|(path, _)| !path.is_root()) {
        for import in &called.imports {
            let why = format!("There is an import block in {path}; such blocks stand in the root module only.");
            diags.push(
                Diag::error(codes::IMPORT, "Invalid import configuration")
                    .detail(why)
                    .at(import.header),
            );
        }
    }
    for import in &module.imports {
        if let Ok(to) = import.to.clone().fixed()
            && let Some(first) = seen.insert(to.clone(), import.to.span)
        {
            diags.push(twice(&to, import.to.span, first));
        }
        if let Some(addr) = block_of(&import.to)
            && refers_to(&import.id, &addr)
        {
            diags.push(wrong_id(
                "The id of an import can't come from the object that is imported.",
                import,
            ));
        }
        let Some(resource) = module.resource(&unkeyed(&import.to)) else {
            diags.extend(undeclared_with_keys(import).into_iter().collect());
            continue;
        };
        if let Some((_, span)) = &import.provider {
            diags.push(
                Diag::error(codes::IMPORT, "Invalid import provider argument")
                    .detail("The resource is declared, and its block says which provider manages it.")
                    .at(*span)
                    .help("remove the argument, or write it in the resource block"),
            );
        }
        let key = import.to.resource.as_ref().and_then(|r| r.key.as_ref());
        let fixed = match key.map(|k| &k.kind) {
            None => Some(InstanceKey::None),
            Some(ExprKind::Literal(value)) => endpoint::key_of(value),
            Some(_) => None,
        };
        if let (Some(ExprKind::Literal(_)), None) = (key.map(|k| &k.kind), &fixed) {
            let why = "An instance key is text, or a whole number from 0.";
            diags.push(
                Diag::error(codes::IMPORT, "Invalid address")
                    .detail(why)
                    .at(import.to.span),
            );
        }
        if let Some(why) = fixed.and_then(|key| unfit(resource, &key)) {
            diags.push(wrong_to(why, import));
        }
    }
    diags
}

fn twice(addr: &dyn std::fmt::Display, second: Span, first: Span) -> Diag {
    Diag::error(codes::IMPORT, format!("Duplicate import configuration for \"{addr}\""))
        .detail("An object can have only one import.")
        .at(second)
        .related(first, "the other import")
}

/// The block that an address of the root module means.
fn block_of(to: &Target) -> Option<ResourceAddr> {
    to.resource
        .as_ref()
        .filter(|_| to.modules.is_empty())
        .map(|r| r.implied_block())
}

/// The block that an address means, without keys of modules.
fn unkeyed(to: &Target) -> ResourceAddr {
    let path = to.modules.iter().map(|(name, _)| (name.clone(), InstanceKey::None));
    let path = ModulePath(path.collect());
    match &to.resource {
        Some(resource) => resource.implied_block().in_module(path),
        None => ResourceAddr::managed("", "").in_module(path),
    }
}

fn refers_to(expr: &Expr, addr: &ResourceAddr) -> bool {
    let mut found = false;
    expr.each_reference(&mut |reference, _| {
        let named =
            matches!(reference.steps.first().map(|s| &s.kind), Some(StepKind::Attr(name)) if *name == addr.name);
        found |= named && reference.root.text == addr.type_name;
    });
    found
}

fn undeclared_with_keys(import: &Import) -> Option<Diag> {
    let keyed = import.to.resource.as_ref().is_some_and(|r| r.key.is_some());
    if import.to.modules.is_empty() && !keyed && import.for_each.is_none() {
        return None;
    }
    Some(undeclared(
        "Nothing is declared at this address, and configuration can be generated for a single object of the root module \
         only.",
        import.to.span,
    ))
}

/// The error of an import whose target is not declared.
pub fn undeclared(why: &str, span: Span) -> Diag {
    Diag::error(codes::IMPORT, "Configuration for import target does not exist")
        .detail(why)
        .at(span)
}

fn wrong_id(why: &str, import: &Import) -> Diag {
    Diag::error(codes::IMPORT, "Invalid import id argument")
        .detail(why)
        .at(import.id.span)
}

fn wrong_to(why: &str, import: &Import) -> Diag {
    Diag::error(codes::IMPORT, "Invalid import 'to' expression")
        .detail(why)
        .at(import.to.span)
}

/// Why a resource can't have an instance with such a key.
fn unfit(resource: &Resource, key: &InstanceKey) -> Option<&'static str> {
    match (key, resource.count.is_some(), resource.for_each.is_some()) {
        (InstanceKey::None, true, _) => Some("The resource has count: the address needs an index in brackets."),
        (InstanceKey::None, _, true) => Some("The resource has for_each: the address needs a key in brackets."),
        (InstanceKey::Index(_), false, _) => Some("The resource has no count: the address has an index for nothing."),
        (InstanceKey::Key(_), _, false) => Some("The resource has no for_each: the address has a key for nothing."),
        _ => None,
    }
}

/// Evaluates the blocks with the values of a plan that was made without them. What the state has already is left out.
/// While only the configuration is checked (`checking`), nothing is said of what is known later.
pub fn wanted(
    module: &Module,
    values: &Values,
    host: &dyn FunctionHost,
    prior: &[Prior],
    checking: bool,
) -> (Vec<Wanted>, Diags) {
    let there: HashSet<&InstanceAddr> = prior.iter().filter(|p| p.deposed.is_none()).map(|p| &p.addr).collect();
    let mut reader = Reader {
        module,
        values,
        host,
        checking,
        diags: Diags::new(),
    };
    let mut out: BTreeMap<InstanceAddr, Wanted> = BTreeMap::new();
    for import in &module.imports {
        let (repetitions, numbered) = reader.repetitions(import);
        for repetition in repetitions {
            let Some(wanted) = reader.one(import, repetition, numbered) else {
                continue;
            };
            if let Some(first) = out.get(&wanted.addr) {
                reader.diags.push(twice(&wanted.addr, wanted.to, first.to));
            } else if !there.contains(&wanted.addr) {
                out.insert(wanted.addr.clone(), wanted);
            }
        }
    }
    (out.into_values().collect(), reader.diags)
}

struct Reader<'a> {
    module: &'a Module,
    values: &'a Values,
    host: &'a dyn FunctionHost,
    checking: bool,
    diags: Diags,
}

impl Reader<'_> {
    fn value(&mut self, expr: &Expr, repetition: &Repetition) -> Option<Value> {
        let root = ModulePath::default();
        let scope = self.values.scope(self.module, &root, repetition.clone());
        let cx = EvalContext {
            scope: &scope,
            host: self.host,
        };
        let (value, found) = eval::evaluate(expr, &cx);
        let failed = found.has_errors();
        self.diags.extend(found);
        // An id is shown in the plan, so a mark would be for nothing.
        (!failed).then(|| value.unmark_deep().0)
    }

    /// One import for each entry of `for_each`; else one. Also whether the keys are the numbers of a list.
    fn repetitions(&mut self, import: &Import) -> (Vec<Repetition>, bool) {
        let Some(expr) = &import.for_each else {
            return (vec![Repetition::default()], false);
        };
        let Some(value) = self.value(expr, &Repetition::default()) else {
            return (Vec::new(), false);
        };
        let numbered = matches!(value.kind, Kind::List(..) | Kind::Tuple(_));
        let entries: Vec<(Str, Value)> = match &value.kind {
            Kind::Null(_) => Vec::new(),
            Kind::Map(_, entries) | Kind::Object(entries) => {
                entries.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
            }
            Kind::Set(_, items) if items.iter().all(|i| i.as_str().is_some()) => {
                let key = |v: &Value| v.as_str().map(|k| (Str::from(k), v.clone()));
                items.iter().filter_map(key).collect()
            }
            Kind::List(_, items) | Kind::Tuple(items) => {
                let numbered = items.iter().enumerate();
                numbered.map(|(i, v)| (i.to_string().into(), v.clone())).collect()
            }
            _ if self.checking && !value.is_wholly_known() => Vec::new(),
            _ => {
                let why = match value.is_wholly_known() {
                    true => "A map, a list or a set of strings is required.",
                    false => "It has keys that are known only after apply, so it can't be said what is imported.",
                };
                let diag = Diag::error(codes::IMPORT, "Invalid for_each argument")
                    .detail(why)
                    .at(expr.span);
                self.diags.push(diag);
                Vec::new()
            }
        };
        if entries.len() as i64 > INSTANCES_MAX {
            let why = format!("More imports than the limit of {INSTANCES_MAX}.");
            self.diags.push(
                Diag::error(codes::IMPORT, "Invalid for_each argument")
                    .detail(why)
                    .at(expr.span),
            );
            return (Vec::new(), numbered);
        }
        let repetition = |(key, value)| Repetition::each(key, value);
        (entries.into_iter().map(repetition).collect(), numbered)
    }

    fn one(&mut self, import: &Import, repetition: Repetition, numbered: bool) -> Option<Wanted> {
        let addr = self.address(import, &repetition, numbered)?;
        let id = self.id(import, &repetition)?;
        Some(Wanted {
            addr,
            id,
            provider: import.provider.as_ref().map(|(key, _)| key.clone()),
            to: import.to.span,
            at: import.id.span,
        })
    }

    fn address(&mut self, import: &Import, repetition: &Repetition, numbered: bool) -> Option<InstanceAddr> {
        let mut path = Vec::new();
        for (name, key) in &import.to.modules {
            path.push((name.clone(), self.key(key.as_ref(), repetition)?));
        }
        let last = import.to.resource.as_ref()?;
        let mut key = self.key(last.key.as_ref(), repetition)?;
        let block = last.implied_block().in_module(ModulePath(path.into()));
        let resource = self.module.resource(&block);
        if let (InstanceKey::Key(text), true) = (&key, numbered)
            && let Ok(index) = text.parse()
        {
            // The keys of a list are numbers.
            key = InstanceKey::Index(index);
        }
        let dynamic = last
            .key
            .as_ref()
            .is_some_and(|k| !matches!(k.kind, ExprKind::Literal(_)));
        if let Some(why) = resource.filter(|_| dynamic).and_then(|r| unfit(r, &key)) {
            self.diags.push(wrong_to(why, import));
            return None;
        }
        Some(block.instance(key))
    }

    fn key(&mut self, key: Option<&Expr>, repetition: &Repetition) -> Option<InstanceKey> {
        let Some(expr) = key else {
            return Some(InstanceKey::None);
        };
        let value = self.value(expr, repetition)?;
        let found = endpoint::key_of(&value);
        if found.is_none() && (value.is_wholly_known() || !self.checking) {
            let why = match value.is_wholly_known() {
                true => "An instance key is text, or a whole number from 0.",
                false => "The key is known only after apply, so it can't be said what is imported.",
            };
            self.diags.push(
                Diag::error(codes::IMPORT, "Invalid import 'to' expression")
                    .detail(why)
                    .at(expr.span),
            );
        }
        found
    }

    fn id(&mut self, import: &Import, repetition: &Repetition) -> Option<String> {
        let value = self.value(&import.id, repetition)?;
        if value.is_null() {
            self.diags.push(wrong_id("The id of an import can't be null.", import));
            return None;
        }
        if !value.is_wholly_known() {
            let why = "The id depends on attributes that are known only after apply.";
            if !self.checking {
                self.diags.push(wrong_id(why, import));
            }
            return None;
        }
        let text = convert::convert(&value, &Type::String).ok();
        let text = text.as_ref().and_then(Value::as_str);
        match text {
            None => {
                let why = format!("An id is text; this is {}.", value.ty().friendly_name());
                let diag = Diag::error(codes::IMPORT, "Incorrect value type")
                    .detail(why)
                    .at(import.id.span);
                self.diags.push(diag);
                None
            }
            Some("") => {
                self.diags.push(wrong_id("The id of an import can't be empty.", import));
                None
            }
            Some(text) => Some(text.to_string()),
        }
    }
}
