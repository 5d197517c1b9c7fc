//! Huawei Cloud and its Open Telekom Cloud twin: DIS, DLI, DMS for Kafka, IAM and OBS.

mod account;
mod api;
mod assume;
mod dis_descriptor;
mod dis_dump_task;
mod dis_stream;
mod dli;
mod dli_database;
mod dli_table;
mod identity_agency;
mod kafka;
mod obs;
pub mod obs_bucket;

use crate::driver::{DataDriver, Driver};

/// The drivers by type name.
pub fn catalogue() -> Vec<(&'static str, Box<dyn Driver>)> {
    vec![
        ("huaweicloud_dli_database", Box::new(dli_database::DliDatabase)),
        ("huaweicloud_dli_table", Box::new(dli_table::DliTable)),
        ("huaweicloud_dms_kafka_connector", Box::new(kafka::Connector)),
        ("huaweicloud_dms_kafka_sink_task", Box::new(kafka::SinkTask)),
        (
            "huaweicloud_dms_kafka_smart_connect_task",
            Box::new(kafka::SmartConnectTask),
        ),
        ("huaweicloud_identity_agency", Box::new(identity_agency::IdentityAgency)),
        ("huaweicloud_dis_stream", Box::new(dis_stream::DisStream)),
        ("huaweicloud_dis_dump_task", Box::new(dis_dump_task::DisDumpTask)),
        ("huaweicloud_obs_bucket", Box::new(obs_bucket::ObsBucket)),
    ]
}

/// The drivers of data sources by type name.
pub fn data_catalogue() -> Vec<(&'static str, Box<dyn DataDriver>)> {
    vec![
        ("huaweicloud_account", Box::new(account::Account)),
        ("huaweicloud_dli_table", Box::new(dli_table::DliTableData)),
        ("huaweicloud_dms_kafka_instances", Box::new(kafka::Instances)),
        (
            "huaweicloud_identity_agency",
            Box::new(identity_agency::IdentityAgencyData),
        ),
        ("huaweicloud_dis_stream", Box::new(dis_stream::DisStreamData)),
        ("huaweicloud_obs_bucket", Box::new(obs_bucket::ObsBucketData)),
    ]
}
