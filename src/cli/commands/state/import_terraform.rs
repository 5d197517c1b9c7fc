//! stub
use crate::cli::args::ImportTerraformArgs;
use crate::cli::{CommandResult, Context, Exit};
pub(super) fn run(_: &Context, _: &ImportTerraformArgs) -> CommandResult {
    Ok(Exit::Fine)
}
