//! The bodies of requests and replies, both ways: what a client writes a server reads, and the
//! reverse. Decides formats only; never judges whether values make sense.

pub mod dataworks;
pub mod obs;
pub mod oss;
pub mod ots;
pub mod rpc;
mod xml;

/// A body that is not in the format it should be in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a valid {expected}: {reason}")]
pub struct FormatError {
    /// What it should have been.
    pub expected: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl FormatError {
    fn new(expected: &'static str, reason: impl std::fmt::Display) -> Self {
        Self {
            expected,
            reason: reason.to_string(),
        }
    }
}

/// Defines JSON objects or XML elements whose fields are optional and in PascalCase.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty,)* })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "PascalCase")]
            pub struct $name {
                $(
                    $(#[$fmeta])*
                    #[serde(default, skip_serializing_if = "Option::is_none")]
                    pub $field: Option<$type>,
                )*
            }
        )+
    };
}

use records;
