//! Headworks: data delivery as code.

pub mod base;

pub mod config;
pub mod lang;
pub mod plan;
pub mod schema;
pub mod driver;
pub mod engine;
pub mod wire;
