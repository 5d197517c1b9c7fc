//! Headworks: data delivery as code.

pub mod base;
pub mod driver;
pub mod lang;
pub mod schema;
pub mod store;
pub mod wire;
