//! A string that cannot be printed. Decides nothing about where secrets may go; makes sure that
//! formatting one by accident shows only that it is a secret.

use std::fmt;

/// A credential or other value that must never reach a log, a state row or an error message.
///
/// `Debug` and `Display` print a fixed text; [`Secret::expose`] is the one way to the value, so that
/// a search for it finds every use.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for signing and sending only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
