//! The configuration language: text to syntax tree, and syntax tree to values. Pure: reads no file, knows
//! no resource type and no block type.

pub mod ast;
pub mod convert;
pub mod funcs;
pub mod scope;

pub use scope::{EvalContext, FunctionHost, Scope};
