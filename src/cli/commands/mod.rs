//! The commands, one file each.

pub mod apply;
pub mod completions;
pub mod console;
pub mod drift;
pub mod fmt;
pub mod graph;
pub mod import;
pub mod init;
pub mod output;
pub mod plan;
pub mod schema;
mod settle;
pub mod show;
pub mod sim;
pub mod state;
pub mod validate;
pub mod version;
