//! The vocabulary that every layer above shares; imports nothing else of this crate.

pub mod addr;
pub(crate) mod codes;
pub mod diag;
pub mod exact;
mod file_path;
pub mod json;
pub mod mask;
pub mod number;
pub mod secret;
mod set_order;
pub mod source;
pub mod ty;
pub mod value;

pub use addr::{AttrPath, InstanceAddr, InstanceKey, ModulePath, ObjectAddr, PathStep, ResourceAddr, ResourceMode};
pub use diag::{Diag, Diags, Severity, did_you_mean};
pub use file_path::clean_path;
pub use number::Number;
pub use secret::Secret;
pub use source::{FileId, SourceFile, SourceMap, Span};
pub use ty::{ObjectType, Str, Type};
pub use value::{Kind, Known, Marks, Unknown, Value};
