//! Messages of the delivery operations: Create, Update, Delete, Describe and ListDeliveryTask.
//! Field names are those of the API in snake_case.

use super::enums::{
    DeliveryError, DeliveryTaskType, EventTimeFormat, ObjectFormat, ParquetEncoding, ParquetType, TaskSyncPhase,
    TimeFormatter,
};

/// Request of CreateDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateDeliveryTaskRequest {
    /// Table to deliver.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
    /// Name of the task, unique for the table.
    #[prost(string, optional, tag = "2")]
    pub task_name: Option<String>,
    /// Where and how to deliver.
    #[prost(message, optional, tag = "3")]
    pub task_config: Option<OssTaskConfig>,
    /// What to deliver. The SDKs disagree on the default, so a client always sends it.
    #[prost(enumeration = "DeliveryTaskType", optional, tag = "4")]
    pub task_type: Option<i32>,
}

/// Reply of CreateDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateDeliveryTaskResponse {}

/// Request of UpdateDeliveryTask, which the SDKs define but never send.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateDeliveryTaskRequest {
    /// The table; called `table` here and `tableName` elsewhere.
    #[prost(string, optional, tag = "1")]
    pub table: Option<String>,
    /// Name of the task.
    #[prost(string, optional, tag = "2")]
    pub task_name: Option<String>,
    /// Where and how to deliver.
    #[prost(message, optional, tag = "5")]
    pub task_config: Option<OssTaskConfig>,
}

/// Reply of UpdateDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateDeliveryTaskResponse {}

/// Request of DeleteDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeleteDeliveryTaskRequest {
    /// The table.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
    /// Name of the task.
    #[prost(string, optional, tag = "2")]
    pub task_name: Option<String>,
}

/// Reply of DeleteDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeleteDeliveryTaskResponse {}

/// Request of DescribeDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DescribeDeliveryTaskRequest {
    /// The table.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
    /// Name of the task.
    #[prost(string, optional, tag = "2")]
    pub task_name: Option<String>,
}

/// Reply of DescribeDeliveryTask. The Go SDK fails without `task_config`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DescribeDeliveryTaskResponse {
    /// Where and how the task delivers.
    #[prost(message, optional, tag = "1")]
    pub task_config: Option<OssTaskConfig>,
    /// How far it has come.
    #[prost(message, optional, tag = "2")]
    pub task_sync_stat: Option<TaskSyncStat>,
    /// What it delivers.
    #[prost(enumeration = "DeliveryTaskType", optional, tag = "3")]
    pub task_type: Option<i32>,
}

/// Request of ListDeliveryTask; there is no paging.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListDeliveryTaskRequest {
    /// The table whose tasks are listed.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
}

/// Reply of ListDeliveryTask.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListDeliveryTaskResponse {
    /// The tasks of the table.
    #[prost(message, repeated, tag = "1")]
    pub tasks: Vec<DeliveryTaskInfo>,
}

/// One task in a list.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeliveryTaskInfo {
    /// The table.
    #[prost(string, optional, tag = "1")]
    pub table_name: Option<String>,
    /// Name of the task.
    #[prost(string, optional, tag = "2")]
    pub task_name: Option<String>,
    /// What it delivers.
    #[prost(enumeration = "DeliveryTaskType", optional, tag = "3")]
    pub task_type: Option<i32>,
}

/// Where and how a task delivers. Numbers 9 and 10 are not used.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OssTaskConfig {
    /// Prefix of the object names, with variables such as `$yyyy`.
    #[prost(string, optional, tag = "1")]
    pub oss_prefix: Option<String>,
    /// Formatter of the prefix variables; the SDKs never send it.
    #[prost(enumeration = "TimeFormatter", optional, tag = "2")]
    pub formatter: Option<i32>,
    /// Prefix for dirty data; the SDKs never send it.
    #[prost(string, optional, tag = "3")]
    pub oss_dirty_prefix: Option<String>,
    /// Bucket.
    #[prost(string, optional, tag = "4")]
    pub oss_bucket: Option<String>,
    /// Endpoint of the bucket's region.
    #[prost(string, optional, tag = "5")]
    pub oss_endpoint: Option<String>,
    /// ARN of the role that delivery assumes.
    #[prost(string, optional, tag = "6")]
    pub oss_sts_role: Option<String>,
    /// Column that holds the time for the prefix variables.
    #[prost(message, optional, tag = "7")]
    pub event_time_column: Option<EventColumn>,
    /// Format of the objects; the SDKs send 0 explicitly.
    #[prost(enumeration = "ObjectFormat", optional, tag = "8")]
    pub format: Option<i32>,
    /// Columns of the objects, in order.
    #[prost(message, repeated, tag = "11")]
    pub schema: Vec<ParquetSchema>,
}

/// Column that holds the time of an event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EventColumn {
    /// Name of the column.
    #[prost(string, optional, tag = "1")]
    pub column_name: Option<String>,
    /// How its text writes times.
    #[prost(enumeration = "EventTimeFormat", optional, tag = "2")]
    pub time_format: Option<i32>,
}

/// One column of the delivered objects.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ParquetSchema {
    /// Column of the table.
    #[prost(string, optional, tag = "1")]
    pub column_name: Option<String>,
    /// Column of the objects.
    #[prost(string, optional, tag = "2")]
    pub oss_column_name: Option<String>,
    /// Type in the objects.
    #[prost(enumeration = "ParquetType", optional, tag = "3")]
    pub r#type: Option<i32>,
    /// Encoding in the objects; the SDKs send 0 explicitly.
    #[prost(enumeration = "ParquetEncoding", optional, tag = "4")]
    pub encode: Option<i32>,
    /// More about the type; the Go SDK never sends it.
    #[prost(string, optional, tag = "5")]
    pub type_extend: Option<String>,
}

/// How far a task has come.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskSyncStat {
    /// Phase.
    #[prost(enumeration = "TaskSyncPhase", optional, tag = "1")]
    pub task_sync_phase: Option<i32>,
    /// Everything before this time is delivered; nanoseconds since 1970.
    #[prost(int64, optional, tag = "2")]
    pub current_sync_timestamp: Option<i64>,
    /// Why it does not deliver.
    #[prost(enumeration = "DeliveryError", optional, tag = "3")]
    pub error_code: Option<i32>,
    /// Text of the error.
    #[prost(string, optional, tag = "4")]
    pub detail: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn presence_and_unknown_numbers_survive() {
        // tasks[0]: tableName "", taskType 9; no taskName.
        let bytes: &[u8] = &[0x0a, 0x04, 0x0a, 0x00, 0x18, 0x09];
        let list = ListDeliveryTaskResponse::decode(bytes).unwrap();
        assert_eq!(list.tasks[0].table_name.as_deref(), Some(""));
        assert_eq!(list.tasks[0].task_name, None);
        assert_eq!(list.tasks[0].task_type, Some(9));
        assert_eq!(list.encode_to_vec(), bytes);
    }

    #[test]
    fn update_has_its_own_field_numbers() {
        let update = UpdateDeliveryTaskRequest {
            table: Some("t".into()),
            task_name: Some("n".into()),
            task_config: Some(OssTaskConfig::default()),
        };
        assert_eq!(update.encode_to_vec(), [0x0a, 1, b't', 0x12, 1, b'n', 0x2a, 0]);
    }
}
