//! Alibaba Cloud: Tablestore, OSS, RAM, Resource Management and DataWorks.

pub mod caller_identity;
pub mod dataworks;
pub mod oss_bucket;
pub mod oss_bucket_data;
pub mod ots_delivery_task;
pub mod ots_table;
pub mod ots_table_data;
pub mod ram_role;
pub mod service_linked_role;

mod oss;
mod ots;
mod rpc;

use crate::driver::{DataDriver, Driver};

/// The drivers by type name.
pub fn catalogue() -> Vec<(&'static str, Box<dyn Driver>)> {
    vec![
        (
            "alicloud_data_works_di_sync_task",
            Box::new(dataworks::sync_task::SyncTask),
        ),
        ("alicloud_oss_bucket", Box::new(oss_bucket::OssBucket)),
        ("alicloud_ots_delivery_task", Box::new(ots_delivery_task::DeliveryTask)),
        ("alicloud_ots_table", Box::new(ots_table::OtsTable)),
        ("alicloud_ram_role", Box::new(ram_role::RamRole)),
        (
            "alicloud_resource_manager_service_linked_role",
            Box::new(service_linked_role::ServiceLinkedRole),
        ),
    ]
}

/// The drivers of data sources by type name.
pub fn data_catalogue() -> Vec<(&'static str, Box<dyn DataDriver>)> {
    vec![
        ("alicloud_caller_identity", Box::new(caller_identity::CallerIdentity)),
        (
            "alicloud_data_works_resource_groups",
            Box::new(dataworks::resource_groups::ResourceGroups),
        ),
        ("alicloud_oss_bucket", Box::new(oss_bucket_data::OssBucketData)),
        ("alicloud_ots_table", Box::new(ots_table_data::OtsTableData)),
        ("alicloud_ram_role", Box::new(ram_role::RamRoleData)),
    ]
}
