//! Bytes to and from the clouds: requests, signatures, codecs, retry and the one transport.
//! Knows nothing of resources, schemas, plans or state.

pub mod codec;
pub mod request;
pub mod sign;

pub use request::{Credentials, Request, Response};
