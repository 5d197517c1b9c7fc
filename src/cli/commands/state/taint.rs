//! `headworks taint` and `untaint`: the mark by which the next plan replaces an object.

use super::edit::edit;
use super::named::{near, parse};
use crate::base::{Diag, InstanceAddr, ResourceMode, SourceMap};
use crate::cli::args::TaintArgs;
use crate::cli::pipeline::Machine;
use crate::cli::{CommandResult, Context, Exit, codes};
use crate::store::RowStatus;

/// Runs the command; `taint` says which of the two.
pub fn run(cx: &Context, args: &TaintArgs, taint: bool) -> CommandResult {
    let addr: InstanceAddr = parse(&args.address)?;
    let (command, verb) = if taint {
        ("taint", "tainted")
    } else {
        ("untaint", "untainted")
    };
    if addr.resource.mode == ResourceMode::Data {
        let text = format!("Resource instance {addr} cannot be {verb}");
        return Err(Diag::error(codes::USAGE, text)
            .detail("It is read, not managed.")
            .into());
    }
    let machine = Machine::offline()?;
    edit(cx, &machine, command, &args.lock, |edit| {
        let rows = edit.load()?.resources;
        let Some(row) = rows.iter().find(|r| r.addr == addr && r.deposed.is_none()) else {
            if args.allow_missing {
                let diag = Diag::warning(codes::NOT_FOUND, "No such resource instance")
                    .detail(format!("The state has no {addr}; with -allow-missing this is fine."));
                cx.output.diags(&diag.into(), &SourceMap::default());
                return Ok(Exit::Fine);
            }
            return Err(Diag::error(codes::NOT_FOUND, "No such resource instance")
                .detail(format!("The state has no {addr}; objects are there after an apply."))
                .help(near(&args.address, &rows))
                .into());
        };
        if !taint && row.status == RowStatus::Ok {
            return Err(Diag::error(codes::USAGE, "Resource instance is not tainted")
                .detail(format!("{addr} is not marked, so there is no mark to take off."))
                .into());
        }
        let mut row = row.clone();
        row.status = if taint { RowStatus::Tainted } else { RowStatus::Ok };
        edit.put([row])?;
        cx.output.data(&match taint {
            true => format!("Resource instance {addr} has been marked as tainted."),
            false => format!("Resource instance {addr} has been successfully untainted."),
        });
        Ok(Exit::Fine)
    })
}
