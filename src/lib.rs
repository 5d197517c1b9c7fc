//! Headworks: data delivery as code.

pub mod base;
pub mod config;
pub mod driver;
pub mod drivers;
pub mod engine;
pub mod lang;
pub mod plan;
pub mod report;
pub mod schema;
pub mod store;
pub mod wire;
