//! Messages of the table operations: Create, Update, Describe, List and DeleteTable. Secondary
//! indexes and partitions are carried through as their encoded bytes; ids and times that only the
//! Java SDK knows are skipped, as any unknown field is.

use super::enums::{DefinedColumnType, PrimaryKeyOption, PrimaryKeyType, SseKeyType, TableStatus};

/// Request of CreateTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateTableRequest {
    /// Name and columns.
    #[prost(message, optional, tag = "1")]
    pub table_meta: Option<TableMeta>,
    /// Reserved throughput.
    #[prost(message, optional, tag = "2")]
    pub reserved_throughput: Option<ReservedThroughput>,
    /// Options.
    #[prost(message, optional, tag = "3")]
    pub table_options: Option<TableOptions>,
    /// Initial partitions, encoded.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub partitions: Vec<Vec<u8>>,
    /// Stream of changes.
    #[prost(message, optional, tag = "5")]
    pub stream_spec: Option<StreamSpecification>,
    /// Server-side encryption.
    #[prost(message, optional, tag = "6")]
    pub sse_spec: Option<SseSpecification>,
    /// Secondary indexes, encoded.
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub index_metas: Vec<Vec<u8>>,
    /// Whether local transactions are enabled.
    #[prost(bool, optional, tag = "8")]
    pub enable_local_txn: Option<bool>,
}

/// Reply of CreateTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateTableResponse {}

/// Request of UpdateTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateTableRequest {
    /// The table.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
    /// Reserved throughput, to change it.
    #[prost(message, optional, tag = "2")]
    pub reserved_throughput: Option<ReservedThroughput>,
    /// Options, to change them.
    #[prost(message, optional, tag = "3")]
    pub table_options: Option<TableOptions>,
    /// Stream of changes, to change it.
    #[prost(message, optional, tag = "4")]
    pub stream_spec: Option<StreamSpecification>,
}

/// Reply of UpdateTable. The Go SDK fails without `stream_details`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateTableResponse {
    /// Reserved throughput.
    #[prost(message, optional, tag = "1")]
    pub reserved_throughput_details: Option<ReservedThroughputDetails>,
    /// Options.
    #[prost(message, optional, tag = "2")]
    pub table_options: Option<TableOptions>,
    /// Stream of changes.
    #[prost(message, optional, tag = "3")]
    pub stream_details: Option<StreamDetails>,
}

/// Request of DescribeTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DescribeTableRequest {
    /// The table.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
}

/// Reply of DescribeTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DescribeTableResponse {
    /// Name and columns.
    #[prost(message, optional, tag = "1")]
    pub table_meta: Option<TableMeta>,
    /// Reserved throughput.
    #[prost(message, optional, tag = "2")]
    pub reserved_throughput_details: Option<ReservedThroughputDetails>,
    /// Options.
    #[prost(message, optional, tag = "3")]
    pub table_options: Option<TableOptions>,
    /// State; required by the Go SDK.
    #[prost(enumeration = "TableStatus", optional, tag = "4")]
    pub table_status: Option<i32>,
    /// Stream of changes.
    #[prost(message, optional, tag = "5")]
    pub stream_details: Option<StreamDetails>,
    /// Boundaries of shards.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub shard_splits: Vec<Vec<u8>>,
    /// Server-side encryption.
    #[prost(message, optional, tag = "7")]
    pub sse_details: Option<SseDetails>,
    /// Secondary indexes, encoded.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub index_metas: Vec<Vec<u8>>,
}

/// Request of ListTable; there is no paging.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListTableRequest {}

/// Reply of ListTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListTableResponse {
    /// Names of all tables of the instance.
    #[prost(string, repeated, tag = "1")]
    pub table_names: Vec<String>,
}

/// Request of DeleteTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeleteTableRequest {
    /// The table.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
}

/// Reply of DeleteTable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeleteTableResponse {}

/// Name and columns of a table.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TableMeta {
    /// Name.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
    /// Primary key columns, in order.
    #[prost(message, repeated, tag = "2")]
    pub primary_key: Vec<PrimaryKeySchema>,
    /// Predefined columns.
    #[prost(message, repeated, tag = "3")]
    pub defined_column: Vec<DefinedColumnSchema>,
    /// Secondary indexes, encoded.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub index_meta: Vec<Vec<u8>>,
}

/// A primary key column.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PrimaryKeySchema {
    /// Name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// Type.
    #[prost(enumeration = "PrimaryKeyType", optional, tag = "2")]
    pub r#type: Option<i32>,
    /// Option.
    #[prost(enumeration = "PrimaryKeyOption", optional, tag = "3")]
    pub option: Option<i32>,
}

/// A predefined column.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DefinedColumnSchema {
    /// Name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// Type.
    #[prost(enumeration = "DefinedColumnType", optional, tag = "2")]
    pub r#type: Option<i32>,
}

/// Options of a table.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TableOptions {
    /// Seconds that data lives; -1 for ever.
    #[prost(int32, optional, tag = "1")]
    pub time_to_live: Option<i32>,
    /// Versions kept of each column.
    #[prost(int32, optional, tag = "2")]
    pub max_versions: Option<i32>,
    /// Kind of bloom filter, by number.
    #[prost(int32, optional, tag = "3")]
    pub bloom_filter_type: Option<i32>,
    /// Block size.
    #[prost(int32, optional, tag = "4")]
    pub block_size: Option<i32>,
    /// How far a written version may be from the service's clock, seconds.
    #[prost(int64, optional, tag = "5")]
    pub deviation_cell_version_in_sec: Option<i64>,
    /// Whether UpdateRow is allowed.
    #[prost(bool, optional, tag = "6")]
    pub allow_update: Option<bool>,
    /// Whether UpdateRow must give the full row; cannot be changed later.
    #[prost(bool, optional, tag = "7")]
    pub update_full_row: Option<bool>,
}

/// Reserved throughput.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReservedThroughput {
    /// Capacity units.
    #[prost(message, optional, tag = "1")]
    pub capacity_unit: Option<CapacityUnit>,
}

/// Capacity units for reading and writing.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CapacityUnit {
    /// For reading.
    #[prost(int32, optional, tag = "1")]
    pub read: Option<i32>,
    /// For writing.
    #[prost(int32, optional, tag = "2")]
    pub write: Option<i32>,
}

/// Reserved throughput with the times of its changes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReservedThroughputDetails {
    /// Capacity units.
    #[prost(message, optional, tag = "1")]
    pub capacity_unit: Option<CapacityUnit>,
    /// Last increase, seconds since 1970.
    #[prost(int64, optional, tag = "2")]
    pub last_increase_time: Option<i64>,
    /// Last decrease, seconds since 1970.
    #[prost(int64, optional, tag = "3")]
    pub last_decrease_time: Option<i64>,
}

/// Stream of changes, as asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSpecification {
    /// Whether there is one.
    #[prost(bool, optional, tag = "1")]
    pub enable_stream: Option<bool>,
    /// Hours that changes are kept.
    #[prost(int32, optional, tag = "2")]
    pub expiration_time: Option<i32>,
    /// Columns whose former values are kept.
    #[prost(string, repeated, tag = "3")]
    pub columns_to_get: Vec<String>,
}

/// Stream of changes, as it is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamDetails {
    /// Whether there is one.
    #[prost(bool, optional, tag = "1")]
    pub enable_stream: Option<bool>,
    /// The service's id of the stream.
    #[prost(string, optional, tag = "2")]
    pub stream_id: Option<String>,
    /// Hours that changes are kept.
    #[prost(int32, optional, tag = "3")]
    pub expiration_time: Option<i32>,
    /// When it was last enabled.
    #[prost(int64, optional, tag = "4")]
    pub last_enable_time: Option<i64>,
    /// Columns whose former values are kept.
    #[prost(string, repeated, tag = "5")]
    pub columns_to_get: Vec<String>,
}

/// Server-side encryption, as asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SseSpecification {
    /// Whether data is encrypted.
    #[prost(bool, optional, tag = "1")]
    pub enable: Option<bool>,
    /// Who keeps the key.
    #[prost(enumeration = "SseKeyType", optional, tag = "2")]
    pub key_type: Option<i32>,
    /// Id of the customer's key, UTF-8.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub key_id: Option<Vec<u8>>,
    /// ARN of the role that may use the key, UTF-8.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub role_arn: Option<Vec<u8>>,
}

/// Server-side encryption, as it is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SseDetails {
    /// Whether data is encrypted.
    #[prost(bool, optional, tag = "1")]
    pub enable: Option<bool>,
    /// Who keeps the key.
    #[prost(enumeration = "SseKeyType", optional, tag = "2")]
    pub key_type: Option<i32>,
    /// Id of the customer's key, UTF-8.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub key_id: Option<Vec<u8>>,
    /// ARN of the role that may use the key, UTF-8.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub role_arn: Option<Vec<u8>>,
}
