//! Schemas: what each resource type is, as data. Files in `schemas/` become a [`Registry`]; configuration blocks
//! are decoded and checked against it. Pure; knows no cloud.

pub mod model;

pub use model::{Attribute, BlockSchema, Mode, NestedBlock, Nesting, OnChange, ResourceSchema, SchemaKind};
