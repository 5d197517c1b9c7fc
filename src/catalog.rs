//! The one list of types: schema text, driver and data driver of each. A new type is a line here.

use crate::driver::{DataDriver, Driver};
use crate::drivers::{alicloud, huaweicloud, terraform};
use crate::engine::Drivers;
use crate::schema::Registry;

/// Name and text of each schema file.
macro_rules! schemas {
    ($($name:literal)*) => {
        &[$((
            concat!("schemas/", $name, ".hcl"),
            include_str!(concat!("../schemas/", $name, ".hcl")),
        )),*]
    };
}

/// Schema files, embedded: name and text.
pub const SCHEMAS: &[(&str, &str)] = schemas![
    "meta"
    "terraform/data"
    "alicloud/provider"
    "alicloud/oss_bucket"
    "alicloud/ram_role"
    "alicloud/resource_manager_service_linked_role"
    "alicloud/ots_table"
    "alicloud/ots_delivery_task"
    "alicloud/data_works_di_sync_task"
    "alicloud/data_caller_identity"
    "alicloud/data_data_works_resource_groups"
    "alicloud/data_oss_bucket"
    "alicloud/data_ots_table"
    "alicloud/data_ram_role"
    "huaweicloud/provider"
    "huaweicloud/obs_bucket"
    "huaweicloud/data_obs_bucket"
    "huaweicloud/identity_agency"
    "huaweicloud/dli_database"
    "huaweicloud/dli_table"
    "huaweicloud/data_account"
    "huaweicloud/data_identity_agency"
    "huaweicloud/data_dli_table"
    "huaweicloud/dms_kafka_connector"
    "huaweicloud/dms_kafka_sink_task"
    "huaweicloud/dms_kafka_smart_connect_task"
    "huaweicloud/data_dms_kafka_instances"
    "huaweicloud/dis_stream"
    "huaweicloud/dis_dump_task"
    "huaweicloud/data_dis_stream"
];

/// Providers that have drivers, and the one of built-in types.
pub const PROVIDERS: &[&str] = &["alicloud", "huaweicloud", "terraform"];

/// What is known of all types. Each file is read when its type is first asked for.
///
/// # Errors
/// A schema file that does not say what it describes.
pub fn registry() -> Result<Registry, crate::base::Diags> {
    Registry::builtin(SCHEMAS)
}

/// The drivers of all types.
pub fn drivers() -> Drivers {
    let mut managed: Vec<(&'static str, Box<dyn Driver>)> = alicloud::catalogue();
    managed.extend(huaweicloud::catalogue());
    managed.push(("terraform_data", Box::new(terraform::data::TerraformData)));
    let mut data: Vec<(&'static str, Box<dyn DataDriver>)> = alicloud::data_catalogue();
    data.extend(huaweicloud::data_catalogue());
    Drivers {
        managed: managed.into_iter().collect(),
        data: data.into_iter().collect(),
    }
}
