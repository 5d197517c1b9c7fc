//! What can go wrong when a driver talks to its cloud. Texts hold the cloud's code and request id, never a secret.

use crate::base::{Known, mask};
use std::borrow::Cow;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// The cloud refused the credentials or the permission is missing.
    #[error("{0}")]
    Denied(Reply),
    /// The cloud asks to slow down and went on asking until the deadline.
    #[error("{0}")]
    Throttled(Reply),
    /// Something with the same name exists and is not what was meant.
    #[error("{0}")]
    Conflict(Reply),
    /// The cloud refused the request as wrong.
    #[error("{0}")]
    Rejected(Reply),
    /// The cloud failed.
    #[error("{0}")]
    Failed(Reply),
    /// No connection: nothing was sent, so nothing had an effect.
    #[error("{0}")]
    NotSent(Reply),
    /// We did not make the call: the user asked to stop, or the service must not be called any more.
    #[error("{0}")]
    NotTried(Reply),
    /// No reply: the effect of a call that writes is not known.
    #[error("{0}")]
    Unreachable(Reply),
    /// It took longer than allowed.
    #[error("{0}")]
    TimedOut(Reply),
    /// A reply that makes no sense.
    #[error("{0}")]
    Garbled(Reply),
}

/// What was attempted and what came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Operation, e.g. `CreateDeliveryTask`.
    pub operation: String,
    /// On what, e.g. `task orders-oss of table orders`.
    pub object: String,
    /// HTTP status, when there was a reply.
    pub status: Option<u16>,
    /// The cloud's error code.
    pub code: Option<String>,
    /// The cloud's words or our own.
    pub message: String,
    /// The cloud's request id, which its support asks for.
    pub request_id: Option<String>,
    /// What the user can do.
    pub help: Option<String>,
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.operation)?;
        if !self.object.is_empty() {
            write!(f, " on {}", self.object)?;
        }
        write!(f, ": ")?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        write!(f, "{}", self.message)?;
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(f, " (HTTP {status}, request id {id})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            _ => Ok(()),
        }
    }
}

impl DriverError {
    /// The facts of the error.
    pub fn reply(&self) -> &Reply {
        match self {
            DriverError::Denied(r)
            | DriverError::Throttled(r)
            | DriverError::Conflict(r)
            | DriverError::Rejected(r)
            | DriverError::Failed(r)
            | DriverError::NotSent(r)
            | DriverError::NotTried(r)
            | DriverError::Unreachable(r)
            | DriverError::TimedOut(r)
            | DriverError::Garbled(r) => r,
        }
    }

    /// The same with what the user can do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.reply_mut().help = Some(help.into());
        self
    }

    /// Puts a mark in place of secrets, also as they look inside JSON.
    pub fn hide(&mut self, secrets: &[String]) {
        let reply = self.reply_mut();
        let texts = [&mut reply.operation, &mut reply.object, &mut reply.message];
        let more = [&mut reply.code, &mut reply.request_id, &mut reply.help];
        for text in texts.into_iter().chain(more.into_iter().flatten()) {
            for secret in secrets.iter().filter(|s| !s.is_empty()) {
                mask::remember(secret);
                let quoted = serde_json::Value::from(secret.as_str()).to_string();
                let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
                for form in [Some(secret.as_str()), inside].into_iter().flatten() {
                    if text.contains(form) {
                        *text = text.replace(form, "(secret)");
                    }
                }
            }
            if let Cow::Owned(masked) = mask::mask(text) {
                *text = masked;
            }
        }
    }

    fn reply_mut(&mut self) -> &mut Reply {
        match self {
            DriverError::Denied(r)
            | DriverError::Throttled(r)
            | DriverError::Conflict(r)
            | DriverError::Rejected(r)
            | DriverError::Failed(r)
            | DriverError::NotSent(r)
            | DriverError::NotTried(r)
            | DriverError::Unreachable(r)
            | DriverError::TimedOut(r)
            | DriverError::Garbled(r) => r,
        }
    }

    /// Whether a call that writes may have had its effect all the same.
    pub fn effect_unknown(&self) -> bool {
        matches!(
            self,
            DriverError::Unreachable(_) | DriverError::TimedOut(_) | DriverError::Garbled(_) | DriverError::Failed(_)
        )
    }
}

/// A failed create or update with the object as far as it exists.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Why.
    pub error: DriverError,
    /// The object, if part of it was made or changed.
    pub partial: Option<Known>,
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        Failure { error, partial: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_a_server_repeats_is_not_shown() {
        let message = r#"bad request {"sk": "a\"b", "ak": "AK7"} for a"b"#.to_string();
        let reply = Reply {
            message,
            code: Some("No.AK7".into()),
            help: Some("look at AK7".into()),
            ..Reply::default()
        };
        let mut error = DriverError::Rejected(reply);
        error.hide(&["a\"b".into(), "AK7".into(), String::new()]);
        let expected = r#"bad request {"sk": "(secret)", "ak": "(secret)"} for (secret)"#;
        assert_eq!(error.reply().message, expected);
        assert_eq!(error.reply().code.as_deref(), Some("No.(secret)"));
        assert_eq!(error.reply().help.as_deref(), Some("look at (secret)"));
    }
}
