//! `headworks init`: there is nothing to do, which is said, so that scripts made for Terraform go on working.

use crate::cli::{CommandResult, Context, Exit};

/// Runs the command.
pub fn run(cx: &Context) -> CommandResult {
    cx.output
        .note("Nothing to do: providers are built in. Go on with `headworks plan`.");
    Ok(Exit::Fine)
}
