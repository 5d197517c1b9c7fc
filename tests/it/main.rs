//! The integration tests, one binary.

mod wire_captures;
