//! The configuration language: text to syntax tree, and syntax tree to values. Pure: reads no file, knows
//! no resource type and no block type.

pub mod ast;
pub mod codes;
pub mod console;
pub mod constant;
pub mod convert;
pub mod eval;
pub mod fmt;
pub mod funcs;
pub mod json;
pub mod parse;
pub mod scope;
pub mod token;
pub mod type_expr;

pub use eval::{evaluate, evaluate_as};
pub use scope::{EvalContext, FunctionHost, Scope};
