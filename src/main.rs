//! The `headworks` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(headworks::cli::main().code())
}
