//! Tablestore messages (proto2) of the table and delivery operations, and the error message.
//!
//! Every field is optional, the required ones too, so that what was on the wire and what was not
//! stays exact; a server checks presence by itself. Enumerations are kept as their numbers, so a
//! number that this version has no name for survives. Field numbers are those of the Tablestore SDK
//! for Go (`table_store.proto`, `delivery.proto`) and for Java (`OtsDelivery.proto`).

mod delivery;
mod enums;
mod table;

pub use delivery::*;
pub use enums::*;
pub use table::*;

/// Body of a reply that is not 2xx.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Error {
    /// Code such as `OTSObjectNotExist`.
    #[prost(string, optional, tag = "1")]
    pub code: Option<String>,
    /// Text for people.
    #[prost(string, optional, tag = "2")]
    pub message: Option<String>,
    /// Which policy refused the call.
    #[prost(message, optional, tag = "3")]
    pub access_denied_detail: Option<AccessDeniedDetail>,
}

/// Which policy refused a call, and to whom.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AccessDeniedDetail {
    /// Action that was asked for.
    #[prost(string, optional, tag = "1")]
    pub auth_action: Option<String>,
    /// Kind of identity.
    #[prost(string, optional, tag = "2")]
    pub auth_principal_type: Option<String>,
    /// Account that owns the identity.
    #[prost(string, optional, tag = "3")]
    pub auth_principal_owner_id: Option<String>,
    /// Name of the identity.
    #[prost(string, optional, tag = "4")]
    pub auth_principal_display_name: Option<String>,
    /// Kind of policy.
    #[prost(string, optional, tag = "5")]
    pub policy_type: Option<String>,
    /// Explicit or implicit denial.
    #[prost(string, optional, tag = "6")]
    pub no_permission_type: Option<String>,
    /// Opaque text for Alibaba Cloud's diagnosis.
    #[prost(string, optional, tag = "7")]
    pub encoded_diagnostic_message: Option<String>,
}
