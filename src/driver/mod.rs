//! What the engine asks of a resource type: the [`Driver`] trait and its errors. Drivers see only known
//! values; all I/O goes through the [`Session`].

pub mod budget;
pub mod call;
pub mod config;
pub mod endpoint;
pub mod error;
pub mod lockout;
pub mod pace;
pub mod pages;
mod profile;
pub mod session;
pub mod surroundings;

pub use call::{Attempt, Call, Effect, Fault, FaultKind, Protocol};
pub use config::ProviderConfig;
pub use endpoint::Endpoint;
pub use error::{DriverError, Failure, Reply};
pub use lockout::Mark;
pub use session::{Cloud, Fence, IdentityNotes, Limits, Session};
pub use surroundings::Surroundings;

use crate::base::Known;
use std::future::Future;
use std::pin::Pin;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a driver does for one resource type. Every verb is idempotent: `create` turns "exists already" into
/// read-and-compare, `delete` turns "not found" into done. Objects come back with the type of the object given.
pub trait Driver: Send + Sync {
    /// Reads the object that `prior` names, by its identity attributes; `None` when it is gone.
    ///
    /// Attributes that the cloud does not return keep their value from `prior`.
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>>;

    /// Makes the object. `planned` has every attribute; those that the plan left to the cloud are null.
    ///
    /// # Errors
    /// A failure carries the object as far as it was made, so that it is never forgotten.
    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>>;

    /// Changes the object from `prior` to `planned`.
    ///
    /// # Errors
    /// A failure carries the object as far as it was changed.
    fn update<'a>(
        &'a self,
        session: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>>;

    /// Deletes the object and returns when it is gone.
    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>>;

    /// The identity attributes that an import id names. Attributes that the object lacks are null; the caller gives
    /// it the schema's type (`base::json::from_json`) before it is read.
    ///
    /// # Errors
    /// Why the id can't be one of this type, with the form it should have.
    fn identity(&self, session: &Session, id: &str) -> Result<Known, String>;
}

/// What a data source does: reads something that exists.
pub trait DataDriver: Send + Sync {
    /// Reads what `config` asks for; the reply has every attribute.
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>>;
}
