//! `headworks state mv`: other addresses for objects. Decides which objects an address means and what each is called then;
//! two objects never get one address.

use super::edit::edit;
use super::named::{instances, meant, near, parse};
use crate::base::{Diag, InstanceAddr, InstanceKey, ModulePath, ObjectAddr, ResourceMode};
use crate::cli::args::MvArgs;
use crate::cli::pipeline::{Machine, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit, codes};
use crate::store::sqlite::OpenMode;
use crate::store::{ResourceRow, Store};
use std::collections::BTreeSet;

/// Objects with their new addresses.
type Moves = Vec<(InstanceAddr, InstanceAddr)>;

/// Runs the command.
pub(super) fn run(cx: &Context, args: &MvArgs) -> CommandResult {
    let (from, to): (ObjectAddr, ObjectAddr) = (parse(&args.from)?, parse(&args.to)?);
    let machine = Machine::offline()?;
    let text = |verb: &str| format!("{verb} {:?} to {:?}", from.to_string(), to.to_string());
    if args.dry_run {
        let store = open_state(cx, OpenMode::ReadOnly)?;
        let snapshot = machine.runtime.block_on(store.load()).map_err(|e| state_error(&e))?;
        moves(&snapshot.resources, &from, &to)?;
        cx.output.data(&text("Would move"));
        return Ok(Exit::Fine);
    }
    edit(cx, &machine, "state mv", &args.lock, |edit| {
        let moves = moves(&edit.load()?.resources, &from, &to)?;
        edit.run(edit.store.move_rows(edit.cx(), moves))?;
        cx.output.data(&text("Move"));
        cx.output.data("Successfully moved 1 object(s).");
        Ok(Exit::Fine)
    })
}

/// The new addresses of what `from` means: a module keeps what is in it, and a block that is repeated its keys.
fn moves(rows: &[ResourceRow], from: &ObjectAddr, to: &ObjectAddr) -> Result<Moves, Diag> {
    let request = |why: String| Diag::error(codes::USAGE, "Invalid state move request").detail(why);
    let target = |why: String| Diag::error(codes::USAGE, "Invalid target address").detail(why);
    let objects = instances(meant(rows, from));
    if objects.is_empty() {
        return Err(Diag::error(codes::NOT_FOUND, "Invalid source address")
            .detail(format!("Cannot move {from}: the state has no such object."))
            .help(near(&from.to_string(), rows)));
    }
    let moves: Moves = match (from, to) {
        (ObjectAddr::Module(old), ObjectAddr::Module(new)) => objects
            .into_iter()
            .map(|addr| (addr.clone(), in_module(&addr, old, new)))
            .collect(),
        (ObjectAddr::Instance(old), ObjectAddr::Instance(new)) => {
            let (a, b) = (&old.resource, &new.resource);
            if a.mode != b.mode {
                let kind = |mode| match mode {
                    ResourceMode::Managed => "managed resource",
                    ResourceMode::Data => "data source",
                };
                return Err(request(format!(
                    "Cannot move {from} to {to}: a {} is no {}.",
                    kind(a.mode),
                    kind(b.mode)
                )));
            }
            if a.type_name != b.type_name {
                return Err(request(format!(
                    "Cannot move {from} to {to}: resource types don't match."
                )));
            }
            let whole = old.key == InstanceKey::None && objects.iter().any(|o| o.key != InstanceKey::None);
            if whole && new.key != InstanceKey::None {
                return Err(target(format!(
                    "Cannot move {from} to {to}: {from} means all instances of the block, and one address can't hold them."
                )));
            }
            let key = |addr: &InstanceAddr| if whole { addr.key.clone() } else { new.key.clone() };
            let one = |addr: InstanceAddr| (addr.clone(), new.resource.instance(key(&addr)));
            objects.into_iter().map(one).collect()
        }
        _ => {
            return Err(target(format!(
                "Cannot move {from} to {to}. A module can't become a resource, nor a resource a module."
            )));
        }
    };
    check_targets(rows, &moves, &target)?;
    Ok(moves)
}

/// A new address must be free, or become free in the same move.
fn check_targets(rows: &[ResourceRow], moves: &Moves, target: &dyn Fn(String) -> Diag) -> Result<(), Diag> {
    let leaving: BTreeSet<&InstanceAddr> = moves.iter().map(|(from, _)| from).collect();
    let there: BTreeSet<&InstanceAddr> = rows.iter().map(|r| &r.addr).collect();
    let mut taken = BTreeSet::new();
    for (from, to) in moves {
        if from == to || there.contains(to) && !leaving.contains(to) {
            return Err(target(format!(
                "Cannot move to {to}: there is already a resource instance at that address in the current state."
            ))
            .help("move or forget that one first"));
        }
        if !taken.insert(to) {
            return Err(target(format!("Several objects would get the address {to}."))
                .help("move them one by one, each with its keys"));
        }
    }
    Ok(())
}

/// The address of an object when its module `old` is called `new`.
fn in_module(addr: &InstanceAddr, old: &ModulePath, new: &ModulePath) -> InstanceAddr {
    let mut path: Vec<_> = new.0.to_vec();
    path.extend(addr.resource.module.0.iter().skip(old.0.len()).cloned());
    // Without a key all instances are meant, which keep theirs.
    if let (Some(last), Some(was)) = (new.0.len().checked_sub(1), old.0.len().checked_sub(1))
        && let (Some(now), Some(had)) = (path.get_mut(last), addr.resource.module.0.get(was))
        && now.1 == InstanceKey::None
        && old.0.get(was).is_some_and(|o| o.1 == InstanceKey::None)
    {
        now.1 = had.1.clone();
    }
    let resource = addr.resource.in_module(ModulePath(path.into()));
    resource.instance(addr.key.clone())
}
