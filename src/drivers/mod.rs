//! The drivers: what each resource type asks of its cloud. A file a type; requests are built and replies read by
//! pure functions in it. Drivers never see the store, the plan or one another.

pub mod alicloud;
pub mod huaweicloud;
mod midnight;
mod object;
pub mod terraform;
