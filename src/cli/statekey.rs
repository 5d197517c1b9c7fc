//! The passphrase or key of the state, from the environment, and the state opened with it. Decides what a variable that does
//! not fit the state means. Never prints a passphrase or key.

use super::pipeline::state_error;
use super::{Context, Failure, codes, environment, failpoint};
use crate::base::{Diag, SourceMap};
use crate::store::sqlite::OpenMode;
use crate::store::vault::PASSPHRASE_MIN;
use crate::store::{SqliteState, SqliteStore, StateSecret, StoreError};
use jiff::Timestamp;
use std::path::Path;

/// Holds the passphrase of the state.
pub const PASSPHRASE: &str = "HEADWORKS_STATE_PASSPHRASE";

/// Holds the key of the state: 32 bytes in base64 or hexadecimal.
pub const KEY: &str = "HEADWORKS_STATE_KEY";

/// What the environment says: the passphrase or key in use.
///
/// # Errors
/// Both are set, or one that can't be used.
pub fn secret() -> Result<Option<StateSecret>, Failure> {
    from(PASSPHRASE, KEY)
}

/// What the environment says of the passphrase or key until now.
///
/// # Errors
/// As [`secret`].
pub fn old_secret() -> Result<Option<StateSecret>, Failure> {
    from("HEADWORKS_STATE_PASSPHRASE_OLD", "HEADWORKS_STATE_KEY_OLD")
}

fn from(passphrase: &str, key: &str) -> Result<Option<StateSecret>, Failure> {
    let set = |name: &str| environment(name).filter(|text| !text.is_empty());
    let invalid = |what: String, why: String| Err(Diag::error(codes::STATE, what).detail(why).into());
    match (set(passphrase), set(key)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => invalid(
            format!("{passphrase} and {key} are both set"),
            "A state is encrypted with one of them.".to_string(),
        ),
        (Some(text), None) => match StateSecret::passphrase(&text) {
            Some(secret) => Ok(Some(secret)),
            None => invalid(
                format!("{passphrase} is too short"),
                format!("A passphrase has at least {PASSPHRASE_MIN} characters."),
            ),
        },
        (None, Some(text)) => match StateSecret::key(&text) {
            Some(secret) => Ok(Some(secret)),
            None => invalid(
                format!("{key} is not a key"),
                "A key is 32 bytes in base64 or hexadecimal, such as `openssl rand -base64 32` prints.".to_string(),
            ),
        },
    }
}

/// Opens the state with what the environment holds. A state in clear text is not written while a passphrase or key is
/// set: who sets it relies on the encryption. It is read, with a warning.
///
/// # Errors
/// The state can't be opened, or is in clear text and to be written.
pub fn open(cx: &Context, path: &Path, mode: OpenMode) -> Result<SqliteStore, Failure> {
    let secret = secret()?;
    let now = Timestamp::now();
    if secret.is_some() {
        let encrypted = SqliteState::open(path, OpenMode::ReadOnly, now).and_then(|mut state| state.is_encrypted());
        if encrypted.map_err(|e| state_error(&e))? == Some(false) {
            let diag = state_error(&StoreError::InClear {
                path: path.to_path_buf(),
            });
            if mode != OpenMode::ReadOnly {
                return Err(diag.into());
            }
            let mut warning = Diag::warning(codes::STATE, "The state is not encrypted");
            (warning.detail, warning.help) = (diag.detail, diag.help);
            cx.output.diags(&warning.into(), &SourceMap::default());
        }
    }
    SqliteStore::open_with(path, mode, now, secret, failpoint::watch(cx)).map_err(|e| state_error(&e).into())
}
