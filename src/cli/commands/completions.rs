//! `headworks completions`: a script for a shell, made from the command line's own description.

use crate::cli::args::Cli;
use crate::cli::{CommandResult, Context, Exit};
use clap::CommandFactory;

/// Runs the command.
pub fn run(cx: &Context, shell: clap_complete::Shell) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "headworks", &mut script);
    cx.output.raw(&String::from_utf8_lossy(&script));
    Ok(Exit::Fine)
}
