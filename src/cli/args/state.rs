//! The command line of `headworks state …` and of the commands beside it that change the state alone. Decides names and
//! meanings of flags; does nothing.

use super::ImportArgs;
use clap::{ArgAction, Args, Subcommand};
use std::path::PathBuf;

/// Waiting for the lock.
#[derive(Args, Clone, Debug)]
pub struct LockArgs {
    /// How long to wait for the state's lock, e.g. 30s
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub lock_timeout: String,
    /// Takes the state's lock
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide = true)]
    pub lock: bool,
}

/// `state …`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Lists the objects of the state
    List {
        /// Only objects whose attribute "id" is this
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Only these addresses, or those below them
        addresses: Vec<String>,
    },
    /// Shows one object of the state
    Show {
        /// Prints JSON on standard output
        #[arg(long)]
        json: bool,
        /// Its address
        address: String,
    },
    /// Gives an object, all of a block, or all of a module another address
    #[command(
        after_help = "Examples:\n  headworks state mv alicloud_oss_bucket.raw alicloud_oss_bucket.lake\n  headworks state mv 'module.zone[\"silver\"]' 'module.zone[\"gold\"]'"
    )]
    Mv(MvArgs),
    /// Forgets objects, all of a block, or all of a module; they go on existing in the cloud
    Rm(RmArgs),
    /// Takes an object that exists into the state; the same as `headworks import`
    Import(ImportArgs),
    /// Gives objects another provider configuration
    #[command(
        after_help = "Examples:\n  headworks state replace-provider alicloud.old alicloud.new\n  headworks state replace-provider registry.terraform.io/aliyun/alicloud alicloud.beijing"
    )]
    ReplaceProvider(ReplaceProviderArgs),
    /// Lists what was applied, when and by whom; with a number, what that run did
    History(HistoryArgs),
    /// Looks for everything that may be wrong with the state; writes nothing
    Doctor(DoctorArgs),
    /// Prints the state as a document from which `state push` restores it
    #[command(
        after_help = "The document holds sensitive values in clear, as the state does: keep it where only you can read it. \
-out=FILE makes a file that only you can read. The format is described in docs/documents.md."
    )]
    Pull(PullArgs),
    /// Makes the state what a document of `state pull` says
    Push(PushArgs),
    /// Takes the objects of a Terraform state file into the state
    #[command(
        after_help = "Examples:\n  terraform state pull > terraform.tfstate\n  headworks state import-terraform -dry-run terraform.tfstate\n  headworks state import-terraform terraform.tfstate\n  headworks plan"
    )]
    ImportTerraform(ImportTerraformArgs),
    /// Encrypts the state with HEADWORKS_STATE_PASSPHRASE or HEADWORKS_STATE_KEY
    Encrypt,
    /// Writes an encrypted state in clear text again
    Decrypt,
    /// Encrypts the state with another passphrase or key; the one until now is in …_OLD
    Rekey,
    /// Puts a backup in the place of a state that is damaged, which is kept aside
    Restore {
        /// Also when the state is whole: what was done since the backup is forgotten
        #[arg(long)]
        force: bool,
        /// The backup; the newest that is whole unless named
        file: Option<PathBuf>,
    },
    /// Breaks the lock of a holder that is gone
    Unlock {
        /// The holder, as the message about the lock names it
        holder: String,
    },
    /// Says what an interrupted step that can't be settled by looking means
    Settle {
        /// The address of the step's object
        address: String,
        /// adopt: the object is ours and goes on being managed; disown: it is not, or is gone
        #[arg(value_parser = ["adopt", "disown"])]
        verdict: String,
    },
}

/// `state mv`
#[derive(Args, Debug)]
pub struct MvArgs {
    /// Only says what would be moved
    #[arg(long)]
    pub dry_run: bool,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// Its address now
    pub from: String,
    /// Its new address
    pub to: String,
}

/// `state rm`
#[derive(Args, Debug)]
pub struct RmArgs {
    /// Only says what would be forgotten
    #[arg(long)]
    pub dry_run: bool,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// Their addresses
    #[arg(required = true)]
    pub addresses: Vec<String>,
}

/// `state replace-provider`
#[derive(Args, Debug)]
pub struct ReplaceProviderArgs {
    /// Does not ask
    #[arg(long, alias = "yes")]
    pub auto_approve: bool,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// The provider configuration now: alicloud.old, or a source such as aliyun/alicloud
    pub from: String,
    /// The provider configuration from now on
    pub to: String,
}

/// `taint` and `untaint`
#[derive(Args, Debug)]
pub struct TaintArgs {
    /// Ends well also when there is no such object
    #[arg(long)]
    pub allow_missing: bool,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// The object's address
    pub address: String,
}

/// `force-unlock`
#[derive(Args, Debug)]
pub struct ForceUnlockArgs {
    /// Does not ask; nothing is asked anyway
    #[arg(long, hide = true)]
    pub force: bool,
    /// The holder, as the message about the lock names it
    pub holder: String,
}

/// `state history`
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// How many runs
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Number of a run: shows each step of it
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    pub run: Option<i64>,
}

/// `state doctor`
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `state pull`
#[derive(Args, Debug)]
pub struct PullArgs {
    /// Writes a new file that only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `state push`
#[derive(Args, Debug)]
pub struct PushArgs {
    /// Also when the document is of another state or older than the state
    #[arg(long)]
    pub force: bool,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// A document that `state pull` printed; "-" reads standard input
    pub file: PathBuf,
}

/// `state import-terraform`
#[derive(Args, Debug)]
pub struct ImportTerraformArgs {
    /// Only says what would be taken
    #[arg(long)]
    pub dry_run: bool,
    /// Prints JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// The lock.
    #[command(flatten)]
    pub lock: LockArgs,
    /// A Terraform state file, version 4; "-" reads standard input
    pub file: PathBuf,
}
