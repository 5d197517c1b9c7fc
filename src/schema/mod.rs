//! Schemas: what each resource type is, as data. Files in `schemas/` become a [`Registry`]; configuration blocks
//! are decoded and checked against it. Pure; knows no cloud.

pub mod codes;
pub mod decode;
pub mod docs;
pub mod effects;
pub mod load;
pub mod meta;
pub mod model;
pub mod secrets;
pub mod structure;
pub mod timeouts;
pub mod validate;

pub mod predict;
mod read;
mod scope;

pub use decode::decode;
pub use effects::{EffectText, data_effects, replaces};
pub use load::Registry;
pub use model::{Attribute, BlockSchema, Mode, NestedBlock, Nesting, OnChange, ResourceSchema, SchemaKind};
pub use predict::predicted;
pub use structure::{check_structure, check_structure_at};
pub use validate::{ValidateContext, defaults, equal_in_meaning, validate, validate_with};

#[cfg(test)]
mod tests;
