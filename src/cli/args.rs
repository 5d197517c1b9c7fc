//! The command line: what may be written and what it means. Flags have Terraform's names and work with one dash or two.

mod state;

pub use state::{
    DoctorArgs, ForceUnlockArgs, HistoryArgs, ImportTerraformArgs, LockArgs, MvArgs, PullArgs, PushArgs,
    ReplaceProviderArgs, RmArgs, StateCommand, TaintArgs,
};

use clap::{ArgAction, Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Data delivery as code: plan and apply the managed tasks that move data in Alibaba Cloud and Huawei Cloud.
#[derive(Debug, Parser)]
#[command(name = "headworks", bin_name = "headworks", version, disable_version_flag = true)]
#[command(after_help = "Examples:
  headworks -chdir=pipelines/orders plan -out=orders.plan
  headworks -chdir=pipelines/orders apply orders.plan
  headworks --sim apply          try it on the embedded cloud, without an account
  headworks schema alicloud_ots_delivery_task

Flags are written with one dash or two. Exit codes: 0 fine, 1 error or stopped, 2 changes (plan -detailed-exitcode), 130 left at once. \
drift: 0 in sync, 1 error, 2 drift, 3 unhealthy only, 4 not everything could be compared.")]
pub struct Cli {
    /// Works in another directory
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub chdir: Option<PathBuf>,
    /// Uses the embedded cloud instead of the real one; its world and state are kept in .headworks/
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub sim: bool,
    /// Faults of the embedded cloud, e.g. "seed=7,latency=20ms,throttle=0.1,lost_after=0.05,rate=20"; "speed=100" makes time pass faster
    #[arg(long, global = true, value_name = "SPEC", help_heading = "Everywhere")]
    pub chaos: Option<String>,
    /// Prints without colours and other escape codes
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub no_color: bool,
    /// Prints the version
    #[arg(long, short = 'V', action = ArgAction::Version)]
    pub version: Option<bool>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks the configuration; needs no credentials and no network
    Validate(ValidateArgs),
    /// Puts configuration files into canonical form
    #[command(
        after_help = "Examples:\n  headworks fmt -recursive\n  headworks fmt -check -diff\n  headworks fmt - < main.tf"
    )]
    Fmt(FmtArgs),
    /// Shows what apply would do; never writes to the cloud
    #[command(
        after_help = "Examples:\n  headworks plan -out=orders.plan\n  headworks plan -var=region=cn-shanghai -detailed-exitcode\n  headworks plan -target=alicloud_oss_bucket.lake"
    )]
    Plan(PlanArgs),
    /// Makes the cloud what the configuration says, or applies a saved plan
    #[command(
        after_help = "Examples:\n  headworks apply\n  headworks apply -auto-approve\n  headworks apply orders.plan"
    )]
    Apply(ApplyArgs),
    /// Deletes everything that is in the state
    Destroy(ApplyArgs),
    /// Shows a saved plan, or the state
    Show(ShowArgs),
    /// Compares the state with the cloud; can't change anything
    #[command(after_help = "Examples:\n  headworks drift\n  headworks drift -json")]
    Drift(DriftArgs),
    /// Takes an object that exists into the state
    #[command(
        after_help = "Examples:\n  headworks import alicloud_oss_bucket.lake orders-lake-cn-hangzhou\n  headworks schema TYPE       says what the id of a type is"
    )]
    Import(ImportArgs),
    /// Looks at the state, and repairs it
    #[command(subcommand)]
    State(StateCommand),
    /// Marks an object of the state, so that the next plan replaces it
    Taint(TaintArgs),
    /// Takes the mark of `taint` off an object
    Untaint(TaintArgs),
    /// Breaks the lock of a holder that is gone; the same as `headworks state unlock`
    ForceUnlock(ForceUnlockArgs),
    /// Looks for everything that may be wrong with the state; the same as `headworks state doctor`
    Doctor(DoctorArgs),
    /// Prints outputs
    Output(OutputArgs),
    /// Prints what needs what, in the language of Graphviz
    Graph(GraphArgs),
    /// Evaluates expressions
    #[command(after_help = "Examples:\n  headworks console\n  echo 'upper(var.region)' | headworks console")]
    Console(ConsoleArgs),
    /// Lists resource types, or describes one
    #[command(after_help = "Examples:\n  headworks schema\n  headworks schema alicloud_oss_bucket")]
    Schema(SchemaArgs),
    /// Runs the embedded cloud by itself, or changes its world
    #[command(
        after_help = "Examples:\n  headworks sim --port 9000\n  headworks sim objects\n  headworks sim patch oss_bucket raw '{\"acl\":\"public-read\"}'"
    )]
    Sim(SimArgs),
    /// Does nothing: providers are built in
    Init,
    /// Prints a script that completes commands in a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the version
    Version(VersionArgs),
}

/// Values of variables, in the order of the command line: a later one wins.
#[derive(Clone, Debug, Default)]
pub struct VarArgs {
    /// The options.
    pub given: Vec<VarOption>,
}

/// One option that gives values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VarOption {
    /// `-var=NAME=VALUE`
    Value(String),
    /// `-var-file=FILE`
    File(PathBuf),
}

/// By hand, because derived fields do not tell the order among different options.
impl Args for VarArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        let var = clap::Arg::new("var")
            .long("var")
            .value_name("NAME=VALUE")
            .help("Sets a variable");
        let file = clap::Arg::new("var_file")
            .long("var-file")
            .value_name("FILE")
            .help("Reads variables from a file");
        command.arg(var.action(ArgAction::Append)).arg(
            file.action(ArgAction::Append)
                .value_parser(clap::value_parser!(PathBuf)),
        )
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for VarArgs {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let at = |id| matches.indices_of(id).into_iter().flatten();
        let values = matches.get_many::<String>("var").into_iter().flatten().cloned();
        let files = matches.get_many::<PathBuf>("var_file").into_iter().flatten().cloned();
        let mut placed: Vec<(usize, VarOption)> = at("var").zip(values.map(VarOption::Value)).collect();
        placed.extend(at("var_file").zip(files.map(VarOption::File)));
        placed.sort_by_key(|(place, _)| *place);
        Ok(Self {
            given: placed.into_iter().map(|(_, option)| option).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What a plan is made of.
#[derive(Args, Clone, Debug, Default)]
pub struct PlanOptions {
    /// Values of variables.
    #[command(flatten)]
    pub vars: VarArgs,
    /// Plans only this and what it needs
    #[arg(long, value_name = "ADDRESS", action = ArgAction::Append)]
    pub target: Vec<String>,
    /// Replaces this object
    #[arg(long, value_name = "ADDRESS", action = ArgAction::Append)]
    pub replace: Vec<String>,
    /// Looks at the cloud first
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub refresh: bool,
    /// Only takes what changed in the cloud into the state
    #[arg(long)]
    pub refresh_only: bool,
    /// Writes configuration for import blocks without a resource to this new file
    #[arg(long, value_name = "FILE")]
    pub generate_config_out: Option<std::path::PathBuf>,
    /// How many calls may run at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism)]
    pub parallelism: usize,
    /// How long to wait for the state's lock, e.g. 30s
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub lock_timeout: String,
    /// Takes the state's lock; plan never does, and what writes can't do without
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide = true)]
    pub lock: bool,
    /// Asks for missing values of variables
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide = true)]
    pub input: bool,
    /// Shows warnings in short form
    #[arg(long, hide = true)]
    pub compact_warnings: bool,
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `plan`
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// What the plan is made of.
    #[command(flatten)]
    pub options: PlanOptions,
    /// Saves the plan for apply
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Ends with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plans to delete everything
    #[arg(long)]
    pub destroy: bool,
}

/// `apply` and `destroy`
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// What the plan is made of.
    #[command(flatten)]
    pub options: PlanOptions,
    /// Does not ask
    #[arg(long, alias = "yes")]
    pub auto_approve: bool,
    /// Plans to delete everything
    #[arg(long)]
    pub destroy: bool,
    /// Refuses a saved plan that does not have this digest
    #[arg(long, value_name = "DIGEST", requires = "plan")]
    pub expect_digest: Option<String>,
    /// Applies the configuration of a saved plan though the files differ by now
    #[arg(long, requires = "plan")]
    pub planned_config: bool,
    /// A saved plan
    pub plan: Option<PathBuf>,
}

/// `validate`
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// Values of variables.
    #[command(flatten)]
    pub vars: VarArgs,
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `fmt`
#[derive(Args, Debug)]
pub struct FmtArgs {
    /// Only tells which files differ; ends with 3 when one does
    #[arg(long)]
    pub check: bool,
    /// Shows the differences
    #[arg(long)]
    pub diff: bool,
    /// Writes the files
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub write: bool,
    /// Lists the files that differ
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub list: bool,
    /// Goes into directories below
    #[arg(long)]
    pub recursive: bool,
    /// Files and directories; "-" reads standard input
    pub paths: Vec<PathBuf>,
}

/// `show`
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// A saved plan; without one the state is shown
    pub plan: Option<PathBuf>,
}

/// `drift`
#[derive(Args, Debug)]
pub struct DriftArgs {
    /// Values of variables.
    #[command(flatten)]
    pub vars: VarArgs,
    /// How many calls may run at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism)]
    pub parallelism: usize,
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `output`
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Prints text as it is, without quotes
    #[arg(long)]
    pub raw: bool,
    /// One output
    pub name: Option<String>,
}

/// `graph`
#[derive(Args, Debug)]
pub struct GraphArgs {
    /// Prints a Mermaid diagram
    #[arg(long)]
    pub mermaid: bool,
    /// Draws the graph of an operation, with variables, outputs and providers: plan, plan-refresh-only, plan-destroy or apply
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Draws the graph of applying a saved plan
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Draws cycles in red instead of refusing them
    #[arg(long)]
    pub draw_cycles: bool,
}

/// `console`
#[derive(Args, Debug)]
pub struct ConsoleArgs {
    /// Values of variables.
    #[command(flatten)]
    pub vars: VarArgs,
    /// Makes a plan first and shows values as they will be after it
    #[arg(long)]
    pub plan: bool,
}

/// `import`
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Values of variables.
    #[command(flatten)]
    pub vars: VarArgs,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// Asks for missing values of variables
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide = true)]
    pub input: bool,
    /// The address that the configuration has for it
    pub address: String,
    /// What names it in the cloud
    pub id: String,
}

/// `schema`
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// A resource type, data source or provider
    pub name: Option<String>,
}

/// `sim`
#[derive(Args, Debug)]
pub struct SimArgs {
    /// File that keeps the world; by default .headworks/sim.db, which --sim uses too
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Keeps the world in memory only
    #[arg(long)]
    pub in_memory: bool,
    /// First port: services take it and those that follow, one each; 0 lets the system choose
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<SimCommand>,
}

/// `sim …`
#[derive(Debug, Subcommand)]
pub enum SimCommand {
    /// Lists the objects of the world
    Objects,
    /// Prints one object as JSON
    Get {
        /// Kind, as `objects` prints it
        kind: String,
        /// Key, as `objects` prints it
        key: String,
    },
    /// Changes an object behind everybody's back
    Patch {
        /// Kind, as `objects` prints it
        kind: String,
        /// Key, as `objects` prints it
        key: String,
        /// A JSON merge patch, e.g. '{"acl":"public-read"}'
        json: String,
    },
    /// Removes an object behind everybody's back
    Delete {
        /// Kind, as `objects` prints it
        kind: String,
        /// Key, as `objects` prints it
        key: String,
    },
}

/// `version`
#[derive(Args, Debug)]
pub struct VersionArgs {
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// A number of calls at a time.
fn parallelism(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one call has to run".to_string()),
        Ok(n) => Ok(n),
        Err(_) => Err("it is no whole number".to_string()),
    }
}

/// Arguments with Terraform's single dashes made double: `-auto-approve`, `-var=x=1`. Words after `--` and single
/// letters stay.
pub fn with_double_dashes(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut plain = false;
    let mut value_of_option = false;
    args.into_iter()
        .map(|arg| {
            let Some(text) = arg.to_str() else {
                return arg;
            };
            if plain || std::mem::take(&mut value_of_option) {
                return arg;
            }
            plain = text == "--";
            let name = text.trim_start_matches('-');
            value_of_option = text.starts_with('-') && VALUE_OPTIONS.contains(&name);
            let single = text.starts_with('-') && !text.starts_with("--");
            let word = name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic());
            if single && word {
                OsString::from(format!("-{text}"))
            } else {
                arg
            }
        })
        .collect()
}

/// Options whose value is the next word, which may begin with a dash.
const VALUE_OPTIONS: &[&str] = &["var", "var-file", "target", "replace", "out", "chdir", "chaos", "id"];

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_version_is_a_flag_too_and_no_call_at_a_time_is_refused() {
        let parse = |args: &[&str]| Cli::try_parse_from(with_double_dashes(args.iter().map(OsString::from)));
        let version = parse(&["headworks", "-version"]).err().map(|e| e.kind());
        assert_eq!(version, Some(clap::error::ErrorKind::DisplayVersion));
        assert!(parse(&["headworks", "plan", "-parallelism=0"]).is_err());
        assert!(parse(&["headworks", "plan", "-parallelism=1"]).is_ok());
    }

    #[test]
    fn one_dash_and_two_are_the_same() {
        let given = [
            "headworks",
            "-chdir=x",
            "apply",
            "-auto-approve",
            "-var",
            "-a=b",
            "-h",
            "--json",
            "-",
        ];
        let wanted = [
            "headworks",
            "--chdir=x",
            "apply",
            "--auto-approve",
            "--var",
            "-a=b",
            "-h",
            "--json",
            "-",
        ];
        let out = with_double_dashes(given.iter().map(OsString::from));
        assert_eq!(out, wanted.iter().map(OsString::from).collect::<Vec<_>>());
    }
}
