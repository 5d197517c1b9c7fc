//! Types that are built in and have no cloud.

pub mod data;

pub use data::TerraformData;
