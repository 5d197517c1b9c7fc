//! `headworks version`.

use crate::cli::args::VersionArgs;
use crate::cli::{CommandResult, Context, Exit};
use crate::report::TERRAFORM_VERSION;
use serde_json::json;

/// Runs the command.
pub fn run(cx: &Context, args: &VersionArgs) -> CommandResult {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        cx.output.json(&json!({
            "headworks_version": version,
            "terraform_version": TERRAFORM_VERSION,
            "platform": format!("{}_{}", std::env::consts::OS, std::env::consts::ARCH),
            "provider_selections": {},
        }));
    } else {
        cx.output.data(&format!(
            "headworks {version} (language of Terraform {TERRAFORM_VERSION}) on {}_{}",
            std::env::consts::OS,
            std::env::consts::ARCH
        ));
    }
    Ok(Exit::Fine)
}
