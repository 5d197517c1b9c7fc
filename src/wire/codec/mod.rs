//! The bodies of requests and replies, both ways: what a client writes a server reads, and the
//! reverse. Decides formats only; never judges whether values make sense.

pub mod ots;
