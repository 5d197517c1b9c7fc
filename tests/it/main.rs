//! The integration tests, one binary.

mod store;
mod wire_captures;
