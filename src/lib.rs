//! Headworks: data delivery as code.

pub mod base;
pub mod lang;
pub mod wire;
