//! Moved objects: what `moved` blocks, and a `count` that comes or goes, do to the addresses of the state's objects.
//! Decides which object gets which address; loses none. Pure; the rows are renamed by who applies the plan.

mod check;
mod declared;
mod order;
mod pattern;
mod walk;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should stop")]
mod tests;

pub use declared::{Configuration, Declarations, Declared, Repeated, planned_instances};

use super::model::{ActionReason, Plan, PlanMode, Prior};
use super::target::is_part;
use super::{Inputs, Options};
use crate::base::{Diag, Diags, InstanceAddr, InstanceKey, ResourceAddr, SourceMap, Span, Str};
use crate::config::endpoint::EndpointResource;
use crate::config::{Endpoint, Module, Moved, codes};
use pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A move, with the module that declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The names of the module calls on the way to the block's module. It counts for every instance of that module.
    pub module: Vec<Str>,
    /// The former address, relative to that module.
    pub from: Endpoint,
    /// The address by now, relative to that module.
    pub to: Endpoint,
    /// The header of the block.
    pub span: Span,
    /// It follows from a `count` that came or went; nobody wrote it.
    pub implied: bool,
}

impl Statement {
    /// The statement of a block.
    pub fn of(module: &[Str], block: &Moved) -> Statement {
        Statement {
            module: module.to_vec(),
            from: block.from.clone(),
            to: block.to.clone(),
            span: block.header,
            implied: false,
        }
    }

    /// The statements of all modules of a configuration.
    pub fn all(root: &Module) -> Vec<Statement> {
        let mut out = Vec::new();
        for (path, module) in root.all() {
            let names: Vec<Str> = path.0.iter().map(|(name, _)| name.clone()).collect();
            out.extend(module.moved.iter().map(|block| Statement::of(&names, block)));
        }
        out
    }

    fn from(&self) -> Pattern {
        Pattern::new(&self.module, &self.from)
    }

    fn to(&self) -> Pattern {
        Pattern::new(&self.module, &self.to)
    }
}

/// New addresses with the former ones.
pub type Addresses = BTreeMap<InstanceAddr, InstanceAddr>;

/// What statements do to the objects of a state.
#[derive(Debug, Default)]
pub struct Moves {
    statements: Vec<Statement>,
    /// The objects that get another address: the new one, and the one that the state has.
    pub moved: Addresses,
    /// What could not move because its place is taken: the address, and the one that was wanted.
    pub blocked: BTreeMap<String, String>,
}

/// Follows the statements. With statements that go round in a circle nothing moves; [`Moves::finish`] says so.
pub fn resolve(explicit: Vec<Statement>, declared: &dyn Declarations, prior: &[Prior]) -> Moves {
    let mut statements = explicit;
    let implied = implied(&statements, declared, prior);
    statements.extend(implied);
    if statements.is_empty() {
        return Moves::default();
    }
    let mut walk = walk::Walk::new(prior);
    if let Ok(order) = order::order(&statements) {
        for i in order {
            walk.follow(&statements[i]);
        }
    }
    let (moved, blocked) = walk.result();
    Moves {
        statements,
        moved,
        blocked,
    }
}

/// With a `count` that comes, the object without key becomes that with index 0; with one that goes, the other way round.
fn implied(explicit: &[Statement], declared: &dyn Declarations, prior: &[Prior]) -> Vec<Statement> {
    let written: Vec<(Pattern, Pattern)> = explicit.iter().map(|s| (s.from(), s.to())).collect();
    let mut out = BTreeMap::new();
    for object in prior {
        let from = &object.addr;
        if !matches!(from.key, InstanceKey::None | InstanceKey::Index(0)) {
            continue;
        }
        let Some(block) = declared.block(&from.resource) else {
            continue;
        };
        let to = match (&block.repeated, &from.key) {
            (Repeated::Count(_), InstanceKey::None) => InstanceKey::Index(0),
            (Repeated::No, InstanceKey::Index(0)) => InstanceKey::None,
            _ => continue,
        };
        if written
            .iter()
            .any(|(f, t)| f.selects(&from.resource) || t.selects(&from.resource))
        {
            continue;
        }
        let statement = Statement {
            module: Vec::new(),
            from: endpoint(&from.resource, from.key.clone()),
            to: endpoint(&from.resource, to),
            span: block.repeated.span().unwrap_or(block.header),
            implied: true,
        };
        out.insert(from.clone(), statement);
    }
    out.into_values().collect()
}

fn endpoint(block: &ResourceAddr, key: InstanceKey) -> Endpoint {
    Endpoint {
        modules: block.module.0.to_vec(),
        resource: Some(EndpointResource {
            mode: block.mode,
            type_name: block.type_name.clone(),
            name: block.name.clone(),
            key,
        }),
        whole: false,
    }
}

/// Gives the objects their new addresses, also where others say that they need them. They are sorted by address again.
pub fn relocate(prior: &mut [Prior], moved: &Addresses) {
    if moved.is_empty() {
        return;
    }
    let by_old: HashMap<&InstanceAddr, &InstanceAddr> = moved.iter().map(|(new, old)| (old, new)).collect();
    let mut blocks: HashMap<ResourceAddr, BTreeSet<ResourceAddr>> = HashMap::new();
    for object in prior.iter_mut() {
        // What an object needs is recorded without keys of modules.
        let block = object.addr.resource.unkeyed();
        if let Some(new) = by_old.get(&object.addr) {
            object.addr = (*new).clone();
        }
        blocks.entry(block).or_default().insert(object.addr.resource.unkeyed());
    }
    for object in prior.iter_mut() {
        if object.dependencies.iter().any(|block| blocks.contains_key(block)) {
            let now = object.dependencies.iter().flat_map(|block| match blocks.get(block) {
                Some(now) => now.iter().cloned().collect(),
                None => vec![block.clone()],
            });
            let now: BTreeSet<ResourceAddr> = now.collect();
            object.dependencies = now.into_iter().collect();
        }
    }
    prior.sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
}

impl Moves {
    /// Completes a plan that was made with the objects at their new addresses, and judges the statements now that all
    /// instances are known. `found` is what planning said: where statements are wrong, only they are complained about, as
    /// the rest most likely follows from that.
    pub fn finish(self, inputs: &Inputs<'_>, declared: &dyn Declarations, plan: &mut Plan, found: Diags) -> Diags {
        let mut diags = check::check(&self.statements, declared, inputs.sources);
        if diags.has_errors() {
            diags.extend(
                found
                    .into_iter()
                    .filter(|d| d.severity != crate::base::Severity::Error)
                    .collect(),
            );
            return diags;
        }
        diags.extend(found);
        diags.extend(self.excluded(&inputs.options));
        if !self.blocked.is_empty() && plan.mode == PlanMode::Normal {
            diags.push(self.unresolved());
        }
        for change in &mut plan.changes {
            let undeclared = change.reason == Some(ActionReason::DeleteBecauseNoResourceConfig);
            if undeclared && self.moved.contains_key(&change.addr) {
                change.reason = Some(ActionReason::DeleteBecauseNoMoveTarget);
            }
        }
        plan.moves = self.moved;
        diags
    }

    fn unresolved(&self) -> Diag {
        let mut text = String::from(
            "Objects of the state were to get new addresses, but other objects have these addresses already:\n",
        );
        for (actual, wanted) in &self.blocked {
            text.push_str(&format!("  - {actual} could not move to {wanted}\n"));
        }
        text.push_str("They stay where they are, and are deleted where nothing declares them there.");
        Diag::warning(codes::MOVED, "Unresolved resource instance address changes")
            .detail(text)
            .help("to keep such an object: move or remove one of the two with `headworks state mv` or `state rm` first")
    }

    /// A plan for some objects must include those that move, or the state would be left between two configurations.
    fn excluded(&self, options: &Options) -> Diags {
        if !options.is_targeted() {
            return Diags::new();
        }
        let addresses = self.moved.iter().flat_map(|(new, old)| [new, old]);
        let missing: BTreeSet<&InstanceAddr> = addresses
            .filter(|a| !options.targets.iter().any(|target| is_part(a, target)))
            .collect();
        if missing.is_empty() {
            return Diags::new();
        }
        let options: Vec<String> = missing.iter().map(|a| format!("-target='{a}'")).collect();
        Diag::error(codes::MOVED, "Moved resource instances excluded by targeting")
            .detail(format!(
                "Objects of the state have new addresses in the configuration. A plan must include them, and -target leaves \
                 them out: {}.",
                missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ))
            .help(format!("plan without -target, or add {}", options.join(" ")))
            .into()
    }
}

/// `main.tf:3,1`
fn place(sources: &SourceMap, span: Span) -> String {
    match sources.file(span.file) {
        Some(file) => {
            let (line, column) = sources.line_column(span.file, span.start);
            format!("{}:{line},{column}", file.name)
        }
        None => String::new(),
    }
}
