//! Headworks: data delivery as code.

pub mod base;
pub mod wire;
