//! A string that cannot be printed. Decides nothing about where secrets may go; makes sure that
//! formatting one by accident shows only that it is a secret.

use std::fmt;

/// What the fingerprint of a secret begins with; 64 hexadecimal digits follow.
pub const FINGERPRINT: &str = "hmac-sha256:";

/// Whether a text is the fingerprint of a secret, which may be stored.
pub fn is_fingerprint(text: &str) -> bool {
    let digits = text.strip_prefix(FINGERPRINT);
    digits.is_some_and(|d| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A credential or other value that must never reach a log, a state row or an error message.
///
/// `Debug` and `Display` print a fixed text; [`Secret::expose`] is the one way to the value, so that
/// a search for it finds every use.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret value, which from now on is masked in all that is printed.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        super::mask::remember(&value);
        Self(value)
    }

    /// Wraps a value that everybody may know, such as the key of the embedded cloud.
    pub fn well_known(value: impl Into<String>) -> Self {
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
