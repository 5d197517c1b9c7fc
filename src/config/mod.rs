//! Files to a module: which blocks there are and what refers to what. Evaluates nothing but literal flags;
//! reads no file.

pub mod codes;
pub mod decode;
pub mod model;
pub mod refs;
pub mod tree;
pub mod variables;

pub use decode::decode;
pub use model::{CALL_ARGUMENTS, META_ARGUMENTS, Module, ModuleCall, ProviderKey, Resource, Variable};
pub use refs::{Target, target};
