//! Files to a module: which blocks there are and what refers to what. Evaluates nothing but literal flags;
//! reads no file.

pub mod codes;
pub mod constant;
pub mod decode;
pub mod endpoint;
pub mod files;
pub mod json;
pub mod leaks;
pub mod model;
pub mod overrides;
pub mod refs;
pub mod tree;
pub mod variables;
pub mod version;

pub use decode::decode;
pub(crate) use decode::{BLOCKS, is_identifier};
pub use endpoint::Endpoint;
pub use model::{
    CALL_ARGUMENTS, Import, META_ARGUMENTS, Module, ModuleCall, Moved, ProviderKey, Removed, Resource, Variable,
};
pub use refs::{Target, target};
