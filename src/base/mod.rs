//! The vocabulary that every layer above shares; imports nothing else of this crate.

pub mod secret;

pub use secret::Secret;
