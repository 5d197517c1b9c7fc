//! Headworks: data delivery as code.

pub mod base;
pub mod driver;
pub mod drivers;
pub mod lang;
pub mod schema;
pub mod wire;
