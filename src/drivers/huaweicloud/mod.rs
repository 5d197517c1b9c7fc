//! Huawei Cloud and its Open Telekom Cloud twin: DIS, DLI, DMS for Kafka, IAM and OBS.

pub mod obs_bucket;

mod api;
mod obs;

use crate::driver::{DataDriver, Driver};

/// The drivers by type name.
pub fn catalogue() -> Vec<(&'static str, Box<dyn Driver>)> {
    vec![("huaweicloud_obs_bucket", Box::new(obs_bucket::ObsBucket))]
}

/// The drivers of data sources by type name.
pub fn data_catalogue() -> Vec<(&'static str, Box<dyn DataDriver>)> {
    vec![("huaweicloud_obs_bucket", Box::new(obs_bucket::ObsBucketData))]
}
