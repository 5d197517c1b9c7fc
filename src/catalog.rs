//! The one list of types: schema text, driver and data driver of each. A new type is a line here.

use crate::driver::{DataDriver, Driver};
use crate::drivers::{alicloud, huaweicloud, terraform};
use crate::engine::Drivers;
use crate::schema::Registry;

/// Schema files, embedded: name and text.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("schemas/meta.hcl", include_str!("../schemas/meta.hcl")),
    (
        "schemas/terraform/data.hcl",
        include_str!("../schemas/terraform/data.hcl"),
    ),
    (
        "schemas/alicloud/provider.hcl",
        include_str!("../schemas/alicloud/provider.hcl"),
    ),
    (
        "schemas/alicloud/oss_bucket.hcl",
        include_str!("../schemas/alicloud/oss_bucket.hcl"),
    ),
    (
        "schemas/alicloud/ram_role.hcl",
        include_str!("../schemas/alicloud/ram_role.hcl"),
    ),
    (
        "schemas/alicloud/resource_manager_service_linked_role.hcl",
        include_str!("../schemas/alicloud/resource_manager_service_linked_role.hcl"),
    ),
    (
        "schemas/alicloud/ots_table.hcl",
        include_str!("../schemas/alicloud/ots_table.hcl"),
    ),
    (
        "schemas/alicloud/ots_delivery_task.hcl",
        include_str!("../schemas/alicloud/ots_delivery_task.hcl"),
    ),
    (
        "schemas/alicloud/data_caller_identity.hcl",
        include_str!("../schemas/alicloud/data_caller_identity.hcl"),
    ),
    (
        "schemas/alicloud/data_ram_role.hcl",
        include_str!("../schemas/alicloud/data_ram_role.hcl"),
    ),
    (
        "schemas/huaweicloud/provider.hcl",
        include_str!("../schemas/huaweicloud/provider.hcl"),
    ),
    (
        "schemas/huaweicloud/identity_agency.hcl",
        include_str!("../schemas/huaweicloud/identity_agency.hcl"),
    ),
    (
        "schemas/huaweicloud/dli_database.hcl",
        include_str!("../schemas/huaweicloud/dli_database.hcl"),
    ),
    (
        "schemas/huaweicloud/dli_table.hcl",
        include_str!("../schemas/huaweicloud/dli_table.hcl"),
    ),
    (
        "schemas/huaweicloud/data_account.hcl",
        include_str!("../schemas/huaweicloud/data_account.hcl"),
    ),
    (
        "schemas/huaweicloud/data_identity_agency.hcl",
        include_str!("../schemas/huaweicloud/data_identity_agency.hcl"),
    ),
    (
        "schemas/huaweicloud/data_dli_table.hcl",
        include_str!("../schemas/huaweicloud/data_dli_table.hcl"),
    ),
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
