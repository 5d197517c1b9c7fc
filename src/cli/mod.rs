//! One file a command: reads the command line, calls the layers below, prints, and chooses the exit code.

pub mod again;
pub mod args;
pub mod ask;
pub mod backups;
pub mod checked;
pub mod codes;
pub mod commands;
pub mod failpoint;
pub mod importing;
pub mod load;
pub mod locking;
pub mod operator;
pub mod output;
pub mod pipeline;
pub mod progress;
pub mod recovery;
pub mod savedplan;
pub mod signals;
pub mod simulate;
pub mod statekey;
pub mod terminal;
pub mod unexpected;

use crate::base::{Diag, Diags, SourceMap};
use args::{Cli, Command};
use clap::Parser;
use failpoint::Failpoint;
use output::Output;
use std::path::PathBuf;
use std::sync::Arc;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: fine.
    Fine,
    /// 1: an error, which was printed.
    Error,
    /// 2: changes (`plan -detailed-exitcode`), or drift (`drift`).
    Changes,
    /// 3: objects that do not work (`drift`), or files that differ (`fmt -check`).
    Three,
    /// 4: not everything could be compared (`drift`).
    Incomplete,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Error => 1,
            Exit::Changes => 2,
            Exit::Three => 3,
            Exit::Incomplete => 4,
        }
    }
}

/// A failed command: the problems with the texts they point into.
pub struct Failure {
    /// The problems.
    pub diags: Diags,
    /// The texts.
    pub sources: SourceMap,
}

impl From<Diag> for Failure {
    fn from(diag: Diag) -> Self {
        Failure {
            diags: diag.into(),
            sources: SourceMap::default(),
        }
    }
}

/// What a command gives back.
pub type CommandResult = Result<Exit, Failure>;

/// What all commands share.
pub struct Context {
    /// The directory of the configuration.
    pub directory: PathBuf,
    /// Where to print.
    pub output: Output,
    /// Whether the embedded cloud is used.
    pub sim: bool,
    /// Faults of the embedded cloud.
    pub chaos: Option<String>,
    /// Where the program kills itself; only with the embedded cloud.
    pub failpoint: Option<Arc<Failpoint>>,
}

/// An environment variable as text.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs the program with the arguments of the process.
pub fn main() -> Exit {
    unexpected::mask_panics();
    let args: Vec<_> = args::with_double_dashes(std::env::args_os()).into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            unexpected::remember_values(&args);
            unexpected::usage(&error);
            return if error.use_stderr() { Exit::Error } else { Exit::Fine };
        }
    };
    let mut cx = Context {
        directory: cli.chdir.clone().unwrap_or_else(|| PathBuf::from(".")),
        output: Output::new(cli.no_color),
        sim: cli.sim,
        chaos: cli.chaos.clone(),
        failpoint: None,
    };
    match Failpoint::from_environment(cx.sim) {
        Ok(failpoint) => cx.failpoint = failpoint,
        Err(diag) => {
            cx.output.diags(&diag.into(), &SourceMap::default());
            return Exit::Error;
        }
    }
    if cx.chaos.is_some() && !cx.sim && !matches!(cli.command, Command::Sim(_)) {
        let diag = Diag::error(codes::USAGE, "--chaos is for the embedded cloud")
            .detail("Without --sim this command talks to the real one, which has faults of its own.")
            .help("add --sim, or leave --chaos out");
        cx.output.diags(&diag.into(), &SourceMap::default());
        return Exit::Error;
    }
    let result = run(&cx, cli.command);
    result.unwrap_or_else(|failure| {
        cx.output.diags(&failure.diags, &failure.sources);
        Exit::Error
    })
}

fn run(cx: &Context, command: Command) -> CommandResult {
    // No command makes the directory it is to work in, not even one that makes files in it.
    if !cx.directory.is_dir() {
        return Err(
            Diag::error(codes::FILE, format!("There is no directory {}", cx.directory.display()))
                .help("name the directory of the configuration with -chdir=DIR")
                .into(),
        );
    }
    match command {
        Command::Validate(args) => commands::validate::run(cx, &args),
        Command::Fmt(args) => commands::fmt::run(cx, &args),
        Command::Plan(args) => commands::plan::run(cx, &args),
        Command::Apply(args) => commands::apply::run(cx, &args, args.destroy),
        Command::Destroy(args) => commands::apply::run(cx, &args, true),
        Command::Show(args) => commands::show::run(cx, &args),
        Command::Drift(args) => commands::drift::run(cx, &args),
        Command::Import(args) => commands::import::run(cx, &args),
        Command::State(command) => commands::state::run(cx, command),
        Command::Taint(args) => commands::state::taint::run(cx, &args, true),
        Command::Untaint(args) => commands::state::taint::run(cx, &args, false),
        Command::ForceUnlock(args) => commands::state::unlock::run(cx, args.holder),
        Command::Doctor(args) => commands::state::doctor::run(cx, &args),
        Command::Output(args) => commands::output::run(cx, &args),
        Command::Graph(args) => commands::graph::run(cx, &args),
        Command::Console(args) => commands::console::run(cx, &args),
        Command::Schema(args) => commands::schema::run(cx, &args),
        Command::Sim(args) => commands::sim::run(cx, args),
        Command::Init => commands::init::run(cx),
        Command::Completions { shell } => commands::completions::run(cx, shell),
        Command::Version(args) => commands::version::run(cx, &args),
    }
}
