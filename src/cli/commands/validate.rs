//! `headworks validate`: checks everything that can be checked without a cloud.

use crate::cli::args::ValidateArgs;
use crate::cli::load::load_to_check;
use crate::cli::pipeline::registry;
use crate::cli::{CommandResult, Context, Exit, Failure, checked};
use crate::report;

/// Runs the command.
pub fn run(cx: &Context, args: &ValidateArgs) -> CommandResult {
    let result = check(cx, args);
    let (diags, sources) = match result {
        Ok((diags, sources)) => (diags, sources),
        Err(failure) => (failure.diags, failure.sources),
    };
    let failed = diags.has_errors();
    if args.json {
        cx.output.json(&report::diags_json(&diags, &sources));
    } else {
        cx.output.diags(&diags, &sources);
        if !failed {
            cx.output.data("The configuration is valid.");
        }
    }
    Ok(if failed { Exit::Error } else { Exit::Fine })
}

fn check(cx: &Context, args: &ValidateArgs) -> Result<(crate::base::Diags, crate::base::SourceMap), Failure> {
    let loaded = load_to_check(&cx.directory, &args.vars)?;
    checked::check(cx, &registry()?, loaded, &args.vars)
}
