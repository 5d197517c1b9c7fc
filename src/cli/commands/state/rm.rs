//! `headworks state rm`: forgets objects, which go on existing. All that is named goes in one transaction.

use super::edit::{Edit, edit};
use super::named::{meant, near, parse_all};
use crate::base::{Diag, Diags, ObjectAddr, SourceMap};
use crate::cli::args::RmArgs;
use crate::cli::pipeline::{Machine, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::store::sqlite::OpenMode;
use crate::store::{ResourceRow, RowChange, RowKey, RowWrite, Store, StoreError};
use std::collections::BTreeSet;

/// Runs the command.
pub(super) fn run(cx: &Context, args: &RmArgs) -> CommandResult {
    let wanted = parse_all(&args.addresses)?;
    let machine = Machine::offline()?;
    if args.dry_run {
        let store = open_state(cx, OpenMode::ReadOnly)?;
        let snapshot = machine.runtime.block_on(store.load()).map_err(|e| state_error(&e))?;
        let (found, _) = named(&snapshot.resources, &wanted);
        let lines: String = found.iter().map(|key| format!("Would remove {key}\n")).collect();
        cx.output.data(if lines.is_empty() {
            "Would have removed nothing."
        } else {
            &lines
        });
        return Ok(Exit::Fine);
    }
    edit(cx, &machine, "state rm", &args.lock, |edit| {
        let loaded = edit.machine.runtime.block_on(edit.store.load());
        let snapshot = match loaded {
            // A damaged row makes the whole state unreadable; dropping it by its address is the way out.
            Err(StoreError::Corrupt { .. }) => return forget_unread(edit, &wanted),
            loaded => loaded.map_err(|e| state_error(&e))?,
        };
        let (found, missing) = named(&snapshot.resources, &wanted);
        if found.is_empty() {
            let what = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(Diag::error(codes::NOT_FOUND, "Invalid target address")
                .detail(format!("No matching objects found: the state has no object {what}."))
                .help(near(&what, &snapshot.resources))
                .into());
        }
        let drop = |key: &RowKey| RowWrite {
            step: None,
            change: RowChange::Delete(key.clone()),
        };
        edit.run(edit.store.put_rows(edit.cx(), found.iter().map(drop).collect()))?;
        let warnings: Diags = missing
            .iter()
            .map(|w| {
                Diag::warning(codes::NOT_FOUND, format!("The state has no object {w}"))
                    .help(near(&w.to_string(), &snapshot.resources))
            })
            .collect();
        cx.output.diags(&warnings, &SourceMap::default());
        removed(cx, &found);
        Ok(Exit::Fine)
    })
}

/// The rows that addresses mean, each once, and the addresses that mean none.
fn named<'w>(rows: &[ResourceRow], wanted: &'w [ObjectAddr]) -> (Vec<RowKey>, Vec<&'w ObjectAddr>) {
    let (mut found, mut missing, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for one in wanted {
        let rows = meant(rows, one);
        if rows.is_empty() {
            missing.push(one);
        }
        found.extend(rows.iter().map(|r| r.key()).filter(|key| seen.insert(key.clone())));
    }
    (found, missing)
}

/// Drops rows by address without reading the others.
fn forget_unread(edit: &Edit<'_>, wanted: &[ObjectAddr]) -> CommandResult {
    let mut keys = Vec::new();
    for one in wanted {
        match one {
            ObjectAddr::Instance(addr) => keys.push(RowKey::from(addr.clone())),
            ObjectAddr::Module(path) => {
                return Err(Failure::from(
                    Diag::error(codes::STATE, "The state can't be read as a whole")
                        .detail(format!("What is in {path} can't be told while a row is damaged."))
                        .help("name the instances one by one; `headworks state doctor` tells which rows are damaged"),
                ));
            }
        }
    }
    for key in &keys {
        edit.run(edit.store.remove_row(edit.cx(), key.clone()))?;
    }
    removed(edit.cx, &keys);
    Ok(Exit::Fine)
}

fn removed(cx: &Context, keys: &[RowKey]) {
    let lines: String = keys.iter().map(|key| format!("Removed {key}\n")).collect();
    cx.output.data(&lines);
    cx.output
        .data(&format!("Successfully removed {} resource instance(s).", keys.len()));
    cx.output
        .note("What was removed goes on existing; headworks only forgot it.");
}
