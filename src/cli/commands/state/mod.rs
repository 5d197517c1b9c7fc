//! `headworks state …`: looks at the state and repairs it, one file a command. Never calls a cloud, but for `import`.

pub mod doctor;
pub(in crate::cli) mod edit;
mod encryption;
mod history;
mod import_terraform;
mod list;
mod mv;
mod named;
mod pull;
mod push;
mod replace_provider;
mod restore;
mod rm;
mod settle;
mod show;
pub mod taint;
pub mod unlock;

use crate::cli::args::StateCommand;
use crate::cli::pipeline::Machine;
use crate::cli::{CommandResult, Context};

/// Runs the command.
pub fn run(cx: &Context, command: StateCommand) -> CommandResult {
    match command {
        StateCommand::List { id, addresses } => list::run(cx, id.as_deref(), &addresses),
        StateCommand::Show { json, address } => show::run(cx, json, &address),
        StateCommand::Mv(args) => mv::run(cx, &args),
        StateCommand::Rm(args) => rm::run(cx, &args),
        StateCommand::Import(args) => super::import::run(cx, &args),
        StateCommand::ReplaceProvider(args) => replace_provider::run(cx, &args),
        StateCommand::History(args) => history::run(cx, &args),
        StateCommand::Doctor(args) => doctor::run(cx, &args),
        StateCommand::Pull(args) => pull::run(cx, &args),
        StateCommand::Push(args) => push::run(cx, &args),
        StateCommand::ImportTerraform(args) => import_terraform::run(cx, &args),
        StateCommand::Encrypt => encryption::encrypt(cx, &Machine::offline()?),
        StateCommand::Decrypt => encryption::decrypt(cx, &Machine::offline()?),
        StateCommand::Rekey => encryption::rekey(cx, &Machine::offline()?),
        StateCommand::Restore { file, force } => restore::run(cx, file.as_deref(), force),
        StateCommand::Unlock { holder } => unlock::run(cx, holder),
        StateCommand::Settle { address, verdict } => settle::run(cx, &address, &verdict),
    }
}
