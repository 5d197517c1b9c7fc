//! Bytes to and from the clouds: requests, signatures, codecs, retry and the one transport.
//! Knows nothing of resources, schemas, plans or state.

pub mod codec;
pub mod error;
pub mod request;
pub mod retry;
pub mod sign;
pub mod transport;

pub use codec::FormatError;
pub use error::{ApiError, Service, TransportError};
pub use request::{Credentials, Request, Response};
pub use transport::{HttpTransport, Transport, TransportLimits};
