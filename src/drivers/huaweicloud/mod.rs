//! Huawei Cloud and its Open Telekom Cloud twin: DIS, DLI, DMS for Kafka, IAM and OBS.

mod account;
mod api;
mod dli;
mod dli_database;
mod dli_table;
mod identity_agency;

use crate::driver::{DataDriver, Driver};

/// The drivers by type name.
pub fn catalogue() -> Vec<(&'static str, Box<dyn Driver>)> {
    vec![
        ("huaweicloud_identity_agency", Box::new(identity_agency::IdentityAgency)),
        ("huaweicloud_dli_database", Box::new(dli_database::DliDatabase)),
        ("huaweicloud_dli_table", Box::new(dli_table::DliTable)),
    ]
}

/// The drivers of data sources by type name.
pub fn data_catalogue() -> Vec<(&'static str, Box<dyn DataDriver>)> {
    vec![
        ("huaweicloud_account", Box::new(account::Account)),
        (
            "huaweicloud_identity_agency",
            Box::new(identity_agency::IdentityAgencyData),
        ),
        ("huaweicloud_dli_table", Box::new(dli_table::DliTableData)),
    ]
}
