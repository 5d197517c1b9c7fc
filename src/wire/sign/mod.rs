//! Signatures of requests and replies, recomputed from the bytes alone. Decides what a signature
//! covers; never reads the clock, draws a nonce, or sends anything.
//!
//! A client signs with the `sign_*` functions, a server recomputes with the `signature_*` functions
//! from the same [`crate::wire::Request`] and compares with [`same_signature`].

pub mod acs3;
mod digest;
pub mod huawei;
pub mod obs;
pub mod oss;
pub mod ots;
pub mod percent;
pub mod rpc_v1;

pub use digest::{md5_base64, same_signature, sha256_hex};
