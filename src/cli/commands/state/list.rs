//! `headworks state list`: the addresses, one a line, for people and for other programs. What is not as it should be is said
//! beside them, on standard error.

use super::named::{instances, meant, not_found, parse_all};
use crate::base::Diags;
use crate::cli::pipeline::{Machine, empty_state, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit, Failure};
use crate::report::clean;
use crate::store::sqlite::OpenMode;
use crate::store::{ResourceRow, RowStatus, Store};

/// Runs the command.
pub(super) fn run(cx: &Context, id: Option<&str>, addresses: &[String]) -> CommandResult {
    let wanted = parse_all(addresses)?;
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    // Addresses are readable without the key of an encrypted state; ids are not.
    let read = if id.is_some() { store.load() } else { store.outline() };
    let snapshot = machine.runtime.block_on(read).map_err(|e| state_error(&e))?;
    let rows = &snapshot.resources;
    let missing: Diags = wanted
        .iter()
        .filter(|w| meant(rows, w).is_empty())
        .map(|w| not_found(w, rows))
        .collect();
    if !missing.is_empty() {
        return Err(Failure {
            diags: missing,
            sources: crate::base::SourceMap::default(),
        });
    }
    if rows.is_empty() {
        cx.output.note(&empty_state(cx));
        return Ok(Exit::Fine);
    }
    let chosen = |row: &&ResourceRow| {
        let named = wanted.is_empty() || wanted.iter().any(|w| crate::plan::target::is_part(&row.addr, w));
        named && id.is_none_or(|id| has_id(row, id))
    };
    let found: Vec<&ResourceRow> = rows.iter().filter(chosen).collect();
    let lines: String = instances(found.iter().copied())
        .iter()
        .map(|addr| format!("{}\n", clean(&addr.to_string())))
        .collect();
    if !lines.is_empty() {
        cx.output.data(&lines);
    }
    for row in found {
        if let Some(word) = word(row) {
            cx.output.note(&format!("{}: {word}", clean(&row.addr.to_string())));
        }
    }
    Ok(Exit::Fine)
}

fn word(row: &ResourceRow) -> Option<String> {
    match (&row.deposed, row.status) {
        (Some(key), _) => Some(format!("deposed object {}, which the next apply deletes", clean(key))),
        (None, RowStatus::Tainted) => Some("tainted, which the next plan replaces".to_string()),
        (None, RowStatus::Ok) => None,
    }
}

fn has_id(row: &ResourceRow, id: &str) -> bool {
    let object: Option<serde_json::Value> = serde_json::from_str(&row.attributes).ok();
    object.is_some_and(|o| o.get("id").and_then(|v| v.as_str()) == Some(id))
}
