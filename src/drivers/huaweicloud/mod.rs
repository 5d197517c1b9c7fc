//! Huawei Cloud and its Open Telekom Cloud twin: DIS, DLI, DMS for Kafka, IAM and OBS.

mod api;

use crate::driver::{DataDriver, Driver};

/// The drivers by type name.
pub fn catalogue() -> Vec<(&'static str, Box<dyn Driver>)> {
    vec![]
}

/// The drivers of data sources by type name.
pub fn data_catalogue() -> Vec<(&'static str, Box<dyn DataDriver>)> {
    vec![]
}
