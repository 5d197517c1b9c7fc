//! What a call is and how a service's protocol signs it and reads its faults. Does no I/O.

use super::error::{DriverError, Reply};
use super::lockout::Mark;
use crate::wire::retry::{self, Class};
use crate::wire::{ApiError, Credentials, Request, Response};
use jiff::Timestamp;

/// What happens when a call is made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Reads,
    /// Changes something; made again it has the same effect, or is refused in a way that its driver understands.
    Writes,
    /// Changes something, and made again would change it again: never repeated while its effect is not known.
    WritesOnce,
}

impl Effect {
    /// The same in the words of the retry rules.
    pub fn when_repeated(self) -> retry::Effect {
        match self {
            Effect::Reads | Effect::Writes => retry::Effect::Repeatable,
            Effect::WritesOnce => retry::Effect::Once,
        }
    }
}

/// One call: what is asked of which service.
#[derive(Clone, Debug)]
pub struct Call {
    /// Service, as in the schema's `api` blocks: `ots`, `oss`, `ram`, …
    pub service: &'static str,
    /// Operation, e.g. `CreateDeliveryTask`.
    pub operation: &'static str,
    /// On what, for messages: `task orders-oss of table orders`.
    pub object: String,
    /// What happens when it is made twice.
    pub effect: Effect,
}

impl Call {
    /// A call.
    pub fn new(service: &'static str, operation: &'static str, effect: Effect, object: impl Into<String>) -> Call {
        Call {
            service,
            operation,
            object: object.into(),
            effect,
        }
    }

    /// The facts of a failure that is ours and not a reply's.
    pub fn reply(&self, message: impl Into<String>) -> Reply {
        Reply {
            operation: self.operation.to_string(),
            object: self.object.clone(),
            message: message.into(),
            ..Reply::default()
        }
    }

    /// A reply that makes no sense.
    pub fn garbled(&self, why: impl std::fmt::Display) -> DriverError {
        DriverError::Garbled(self.reply(format!("the reply makes no sense: {why}")))
    }

    /// A request that must not be sent, as `why` says.
    pub fn rejected(&self, why: impl Into<String>) -> DriverError {
        DriverError::Rejected(self.reply(why))
    }
}

/// One attempt of a call.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The key to sign with.
    pub credentials: &'a Credentials,
    /// Time of the attempt.
    pub now: Timestamp,
    /// Random bits, new for every attempt.
    pub nonce: u128,
}

/// The kind of a fault, which decides the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The credentials or a permission.
    Denied,
    /// Asked to slow down; nothing was done.
    Throttled,
    /// What the call needs is being made; nothing was done.
    NotReady,
    /// Something is in the way: it exists already, is in use, is not empty.
    Conflict,
    /// The request is wrong.
    Rejected,
    /// The service failed.
    Failed,
}

/// What a service says is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Kind.
    pub kind: FaultKind,
    /// Whether to try again.
    pub class: Class,
    /// The service's code, words and request id.
    pub error: ApiError,
}

impl Fault {
    /// The error that the fault is, when trying again is over. Credentials that the service echoed are hidden.
    pub fn error(self, call: &Call, credentials: &Credentials) -> DriverError {
        let error = self.error.without_secrets(credentials);
        let some = |text: String| (!text.is_empty()).then_some(text);
        let reply = Reply {
            status: Some(error.status),
            code: some(error.code),
            request_id: some(error.request_id),
            ..call.reply(some(error.message).unwrap_or_else(|| "no explanation".to_string()))
        };
        match self.kind {
            FaultKind::Denied => DriverError::Denied(reply),
            FaultKind::Throttled => DriverError::Throttled(reply),
            FaultKind::Conflict => DriverError::Conflict(reply),
            FaultKind::Rejected => DriverError::Rejected(reply),
            FaultKind::NotReady | FaultKind::Failed => DriverError::Failed(reply),
        }
    }
}

/// How a service signs requests and reports faults.
pub trait Protocol: Send + Sync {
    /// What the calls are made with: the provider's key, unless the protocol has its own. Without any the call is
    /// not made.
    fn credentials<'a>(&'a self, of_provider: Option<&'a Credentials>) -> Option<&'a Credentials> {
        of_provider
    }

    /// Adds what every request of the service carries, and the signature.
    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>);

    /// Checks that a reply comes from the service.
    ///
    /// # Errors
    /// Why it can't be trusted.
    fn verify(&self, sent: &Request, reply: &Response, attempt: &Attempt<'_>) -> Result<(), String> {
        let _ = (sent, reply, attempt);
        Ok(())
    }

    /// The fault that a reply reports; none when it is a success.
    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault>;

    /// What a fault is to a service that locks callers out; most do not.
    fn mark(&self, fault: &Fault) -> Mark {
        let _ = fault;
        Mark::None
    }
}
