//! `headworks state encrypt`, `decrypt` and `rekey`: writes all contents of the state anew. Takes the lock; decides which
//! variables each of them needs. Calls no cloud.

use crate::base::Diag;
use crate::cli::pipeline::{Machine, state_error, state_path};
use crate::cli::statekey::{self, KEY, PASSPHRASE};
use crate::cli::{CommandResult, Context, Exit, codes, environment};
use crate::store::sqlite::OpenMode;
use crate::store::{Holder, SqliteStore, StateSecret, Store, StoreError, lock};
use jiff::Timestamp;
use std::time::Duration;

/// Encrypts a state that is in clear text.
pub(super) fn encrypt(cx: &Context, machine: &Machine) -> CommandResult {
    let Some(secret) = statekey::secret()? else {
        return Err(not_set("encrypt", &format!("{PASSPHRASE} or {KEY}")));
    };
    let change = Change {
        cx,
        machine,
        command: "state encrypt",
        encrypted: false,
    };
    change.run(None, Some(secret), "The state is encrypted now.")
}

/// Writes an encrypted state in clear text.
pub(super) fn decrypt(cx: &Context, machine: &Machine) -> CommandResult {
    let secret = statekey::secret()?;
    let change = Change {
        cx,
        machine,
        command: "state decrypt",
        encrypted: true,
    };
    change.run(
        secret,
        None,
        &format!("The state is in clear text now; unset {PASSPHRASE} and {KEY}."),
    )
}

/// Encrypts an encrypted state with another passphrase or key.
pub(super) fn rekey(cx: &Context, machine: &Machine) -> CommandResult {
    let Some(secret) = statekey::secret()? else {
        return Err(not_set("rekey", &format!("{PASSPHRASE} or {KEY}")));
    };
    let Some(old) = statekey::old_secret()? else {
        return Err(not_set("rekey", &format!("{PASSPHRASE}_OLD or {KEY}_OLD")));
    };
    let change = Change {
        cx,
        machine,
        command: "state rekey",
        encrypted: true,
    };
    change.run(
        Some(old),
        Some(secret),
        "The state is encrypted with the new passphrase or key now.",
    )
}

fn not_set(command: &str, variables: &str) -> crate::cli::Failure {
    Diag::error(codes::STATE, format!("`state {command}` needs {variables}"))
        .detail("The variable is not set.")
        .help("a key is 32 random bytes: export HEADWORKS_STATE_KEY=\"$(openssl rand -base64 32)\"")
        .into()
}

struct Change<'a> {
    cx: &'a Context,
    machine: &'a Machine,
    command: &'a str,
    /// What the state must be before.
    encrypted: bool,
}

impl Change<'_> {
    fn run(&self, from: Option<StateSecret>, to: Option<StateSecret>, done: &str) -> CommandResult {
        let failed = |e: StoreError| state_error(&e);
        let runtime = &self.machine.runtime;
        let path = state_path(self.cx);
        let store =
            SqliteStore::open_with_secret(&path, OpenMode::ReadWrite, Timestamp::now(), from).map_err(failed)?;
        if runtime.block_on(store.is_encrypted()).map_err(failed)? != Some(self.encrypted) {
            let is = if self.encrypted {
                "is not encrypted"
            } else {
                "is encrypted already"
            };
            return Err(Diag::error(codes::STATE, format!("The state {is}"))
                .detail(format!("{} was left as it is.", path.display()))
                .help(if self.encrypted {
                    "see `headworks state encrypt`"
                } else {
                    "see `headworks state rekey`"
                })
                .into());
        }
        let who = environment("USER").unwrap_or_else(|| "somebody".to_string());
        let holder = Holder::this_process(who, self.command);
        let outlook = lock::Outlook {
            now: &Timestamp::now,
            is_running: &lock::is_running,
        };
        let lease = runtime
            .block_on(lock::acquire(&store, &holder, Duration::ZERO, &outlook))
            .map_err(failed)?;
        let changed = runtime.block_on(store.recrypt(lease.epoch, to));
        let unlocked = runtime.block_on(store.unlock(lease.epoch));
        match changed {
            Err(StoreError::Busy { .. }) => {
                return Err(Diag::error(codes::STATE, "Another process reads the state")
                    .detail(format!(
                        "{done} But what it held before still stands in its log (-wal), as another process reads it."
                    ))
                    .help("end that process; the log is emptied when the next command ends")
                    .into());
            }
            changed => changed.map_err(failed)?,
        }
        unlocked.map_err(failed)?;
        self.cx.output.note(done);
        let copies = runtime.block_on(store.copies()).map_err(failed)?;
        if !copies.is_empty() {
            self.cx
                .output
                .note("These copies are as they were before; delete them when you need them no more:");
            for copy in copies {
                self.cx.output.note(&format!("  {}", copy.display()));
            }
        }
        Ok(Exit::Fine)
    }
}
