//! Instances, tables and delivery tasks as the world keeps them. Enumerations are kept by their API
//! names, so that people can read and patch them.

use crate::sim::world::Object;
use serde::{Deserialize, Serialize};

/// A Tablestore instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Name.
    pub name: String,
    /// Uid of the owner.
    pub account: String,
    /// Region, such as `cn-hangzhou`; `None` when no request told: neither a V2 signature nor the address
    /// of an embedded cloud has it.
    #[serde(default)]
    pub region: Option<String>,
    /// Creation time, Unix ms.
    pub created_ms: i64,
    /// Came with its first table and goes with its last.
    #[serde(default)]
    pub implicit: bool,
}

impl Object for Instance {
    const KIND: &'static str = "ots_instance";
    fn key(&self) -> String {
        self.name.clone()
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The instance's name.
    pub instance: String,
    /// Name.
    pub name: String,
    /// Primary key columns, in order.
    pub primary_key: Vec<PrimaryKey>,
    /// Defined columns, in order.
    pub defined_columns: Vec<Column>,
    /// Seconds that data lives; -1 for ever.
    pub time_to_live: i32,
    /// Versions kept of each column.
    pub max_versions: i32,
    /// How far a version may be from the server's clock, seconds.
    pub deviation_cell_version_in_sec: i64,
    /// Whether UpdateRow is allowed.
    pub allow_update: bool,
    /// Whether UpdateRow writes whole rows; `None` when never set.
    #[serde(default)]
    pub update_full_row: Option<bool>,
    /// Reserved capacity units for reading.
    pub read_capacity: i32,
    /// Reserved capacity units for writing.
    pub write_capacity: i32,
    /// Last increase of reserved throughput, Unix seconds.
    pub last_increase_s: i64,
    /// Last decrease of reserved throughput, Unix seconds.
    #[serde(default)]
    pub last_decrease_s: Option<i64>,
    /// The stream; `None` when disabled.
    #[serde(default)]
    pub stream: Option<Stream>,
    /// Encryption; `None` when disabled.
    #[serde(default)]
    pub sse: Option<Sse>,
    /// Whether local transactions are enabled.
    #[serde(default)]
    pub enable_local_txn: bool,
    /// Creation time, Unix ms.
    pub created_ms: i64,
}

impl Object for Table {
    const KIND: &'static str = "ots_table";
    fn key(&self) -> String {
        table_key(&self.instance, &self.name)
    }
}

/// Key of a table.
pub(crate) fn table_key(instance: &str, table: &str) -> String {
    format!("{instance}/{table}")
}

/// A primary key column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryKey {
    /// Name.
    pub name: String,
    /// `INTEGER`, `STRING` or `BINARY`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the server fills it.
    #[serde(default)]
    pub auto_increment: bool,
}

/// A defined column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name.
    pub name: String,
    /// `DCT_INTEGER`, `DCT_DOUBLE`, `DCT_BOOLEAN`, `DCT_STRING` or `DCT_BLOB`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// An enabled stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Hours that entries are kept.
    pub expiration_hours: i32,
    /// Columns whose former values are kept.
    #[serde(default)]
    pub columns_to_get: Vec<String>,
    /// When it was enabled, Unix ms.
    pub enabled_ms: i64,
}

/// Encryption of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sse {
    /// `SSE_KMS_SERVICE` or `SSE_BYOK`.
    pub key_type: String,
    /// Key id for `SSE_BYOK`.
    #[serde(default)]
    pub key_id: String,
    /// Role ARN for `SSE_BYOK`.
    #[serde(default)]
    pub role_arn: String,
}

/// A delivery task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryTask {
    /// The instance's name.
    pub instance: String,
    /// The table's name.
    pub table: String,
    /// Name.
    pub name: String,
    /// `BASE`, `INC` or `BASE_INC`.
    pub task_type: String,
    /// Where and how it writes.
    pub config: TaskConfig,
    /// Creation time, Unix ms.
    pub created_ms: i64,
}

impl Object for DeliveryTask {
    const KIND: &'static str = "ots_delivery_task";
    fn key(&self) -> String {
        format!("{}/{}/{}", self.instance, self.table, self.name)
    }
}

/// Where and how a delivery task writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskConfig {
    /// Prefix of the objects' names, with `$yyyy $MM $dd $HH $mm`.
    pub oss_prefix: String,
    /// Prefix for rows that do not fit; `None` when never set.
    #[serde(default)]
    pub oss_dirty_prefix: Option<String>,
    /// Bucket.
    pub oss_bucket: String,
    /// OSS endpoint.
    pub oss_endpoint: String,
    /// ARN of the role to write with.
    pub oss_sts_role: String,
    /// Column that gives the time of a row; `None` for the time of writing.
    #[serde(default)]
    pub event_time_column: Option<EventTimeColumn>,
    /// Columns of the file, in order.
    pub schema: Vec<SchemaColumn>,
}

/// The column that gives the time of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTimeColumn {
    /// Name.
    pub column_name: String,
    /// `RFC822`, `RFC850`, `RFC1123`, `RFC3339` or `Unix`.
    pub time_format: String,
}

/// A column of the delivered files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaColumn {
    /// Column of the table.
    pub column_name: String,
    /// Column of the file.
    pub oss_column_name: String,
    /// Parquet type, such as `UTF8`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Parquet encoding, such as `PLAIN`.
    pub encode: String,
    /// Type parameters; `None` when not sent.
    #[serde(default)]
    pub type_extend: Option<String>,
}
