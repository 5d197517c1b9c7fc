//! Streams, dump tasks, apps and checkpoints as the world keeps them, and what a test may put there that no served API
//! makes. Enumerations are kept by their API names, so that people can read and patch them.

use crate::sim::world::{Object, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stream {
    /// Project id.
    pub(crate) project: String,
    /// Name, unique within the project.
    pub(crate) name: String,
    /// Id made by the service.
    pub(crate) stream_id: String,
    /// `COMMON` or `ADVANCED`.
    pub(crate) stream_type: String,
    /// `BLOB`, `JSON`, `CSV` or `FILE`.
    pub(crate) data_type: String,
    /// Hours that records are kept.
    pub(crate) data_duration: i64,
    /// Avro schema of the records, a JSON text.
    #[serde(default)]
    pub(crate) data_schema: Option<String>,
    /// Delimiter of CSV records.
    #[serde(default)]
    pub(crate) csv_delimiter: Option<String>,
    /// `snappy`, `gzip` or `zip`; none for no compression.
    #[serde(default)]
    pub(crate) compression_format: Option<String>,
    /// Whether the partition count follows the traffic.
    #[serde(default)]
    pub(crate) auto_scale_enabled: bool,
    /// Least partitions for automatic scaling; 0 for unset.
    #[serde(default)]
    pub(crate) auto_scale_min_partition_count: i64,
    /// Most partitions for automatic scaling; 0 for unset.
    #[serde(default)]
    pub(crate) auto_scale_max_partition_count: i64,
    /// The user's tags.
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
    /// The enterprise project.
    #[serde(default)]
    pub(crate) sys_tags: Vec<Tag>,
    /// Every partition there was, by number.
    pub(crate) partitions: Vec<Partition>,
    /// Changes of the partition count, oldest first.
    #[serde(default)]
    pub(crate) scalings: Vec<Scaling>,
    /// Who else may use it.
    #[serde(default)]
    pub(crate) policies: Vec<Policy>,
    /// Creation time, Unix ms.
    pub(crate) created_ms: i64,
    /// Last change, Unix ms.
    pub(crate) modified_ms: i64,
}

impl Object for Stream {
    const KIND: &'static str = "dis_stream";
    fn key(&self) -> String {
        stream_key(&self.project, &self.name)
    }
}

impl Stream {
    /// `CREATING` or `RUNNING`.
    pub(super) fn status(&self, settings: &Settings, now_ms: i64) -> &'static str {
        match now_ms < self.created_ms.saturating_add(settings.stream_create_ms) {
            true => "CREATING",
            false => "RUNNING",
        }
    }

    /// The partitions that take records.
    pub(super) fn active(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.iter().filter(|p| p.closed_ms.is_none())
    }
}

/// Key of a stream.
pub(super) fn stream_key(project: &str, name: &str) -> String {
    format!("{project}/{name}")
}

/// A key with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tag {
    /// Key.
    pub(crate) key: String,
    /// Value.
    pub(crate) value: String,
}

/// A partition of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partition {
    /// Number in the partition's id.
    pub(crate) number: usize,
    /// When a smaller partition count closed it, Unix ms.
    #[serde(default)]
    pub(crate) closed_ms: Option<i64>,
}

impl Partition {
    /// `shardId-0000000000`
    pub(super) fn id(&self) -> String {
        format!("shardId-{:010}", self.number)
    }
}

/// A change of the partition count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scaling {
    /// When it was asked for, Unix ms.
    pub(crate) asked_ms: i64,
    /// Partitions before.
    pub(crate) from: usize,
    /// Partitions after.
    pub(crate) to: usize,
    /// When it was done, Unix ms; none as long as it goes on.
    #[serde(default)]
    pub(crate) done_ms: Option<i64>,
}

/// A permission on a stream for another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// `account.*` or `account.user`.
    pub(crate) principal_name: String,
    /// `putRecords` or `getRecords`.
    pub(crate) action_type: String,
    /// `effect`: `accept`.
    pub(crate) effect: String,
}

/// A dump task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DumpTask {
    /// Project id.
    pub(crate) project: String,
    /// The stream's name.
    pub(crate) stream: String,
    /// Name, unique within the stream.
    pub(crate) name: String,
    /// Id made by the service.
    pub(crate) task_id: String,
    /// `OBS`, `MRS`, `DLI`, `DWS` or `CLOUDTABLE`.
    pub(crate) destination_type: String,
    /// The descriptor as it is read back: defaults filled in, without what was not set, without secrets.
    pub(crate) destination: Map<String, Value>,
    /// SHA-256 of the database password, for DWS; the password itself is not kept.
    #[serde(default)]
    pub(crate) user_password_sha256: Option<String>,
    /// Creation time, Unix ms.
    pub(crate) created_ms: i64,
    /// Since when it delivers, or from when on it will, Unix ms.
    pub(crate) delivers_from_ms: i64,
    /// Whether it was stopped.
    #[serde(default)]
    pub(crate) paused: bool,
    /// Since when something that it needs is known to be missing, Unix ms.
    #[serde(default)]
    pub(crate) abnormal_ms: Option<i64>,
    /// Last delivery before the last stop or failure, Unix ms.
    #[serde(default)]
    pub(crate) delivered_ms: Option<i64>,
}

impl Object for DumpTask {
    const KIND: &'static str = "dis_dump_task";
    fn key(&self) -> String {
        format!("{}/{}/{}", self.project, self.stream, self.name)
    }
}

/// An app: a consumer of streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    /// Project id.
    pub(crate) project: String,
    /// Name, unique within the project.
    pub(crate) name: String,
    /// Id made by the service.
    pub(crate) app_id: String,
    /// Creation time, Unix ms.
    pub(crate) created_ms: i64,
}

impl Object for App {
    const KIND: &'static str = "dis_app";
    fn key(&self) -> String {
        format!("{}/{}", self.project, self.name)
    }
}

/// How far an app has read one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkpoint {
    /// Project id.
    pub(crate) project: String,
    /// The app's name.
    pub(crate) app: String,
    /// The stream's name.
    pub(crate) stream: String,
    /// The partition's id, such as `shardId-0000000000`.
    pub(crate) partition: String,
    /// Sequence number of the next record.
    pub(crate) sequence_number: String,
    /// The consumer's own text.
    #[serde(default)]
    pub(crate) metadata: String,
}

impl Object for Checkpoint {
    const KIND: &'static str = "dis_checkpoint";
    fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.project, self.app, self.stream, self.partition)
    }
}

/// A MapReduce cluster. No served API makes one; see [`Settings::create_clusters`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MrsCluster {
    /// Project id.
    pub(crate) project: String,
    /// Cluster id.
    pub(crate) id: String,
    /// Cluster name.
    pub(crate) name: String,
    /// Runs in security mode.
    #[serde(default)]
    pub(crate) kerberos: bool,
    /// The HDFS folders there are; none to take any.
    #[serde(default)]
    pub(crate) hdfs_paths: Option<Vec<String>>,
}

impl Object for MrsCluster {
    const KIND: &'static str = "mrs_cluster";
    fn key(&self) -> String {
        format!("{}/{}", self.project, self.id)
    }
}

/// A data warehouse cluster. No served API makes one; see [`Settings::create_clusters`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DwsCluster {
    /// Project id.
    pub(crate) project: String,
    /// Cluster id.
    pub(crate) id: String,
    /// Cluster name.
    pub(crate) name: String,
    /// The KMS keys, ids, that may encrypt its passwords; none to take any.
    #[serde(default)]
    pub(crate) kms_keys: Option<Vec<String>>,
}

impl Object for DwsCluster {
    const KIND: &'static str = "dws_cluster";
    fn key(&self) -> String {
        format!("{}/{}", self.project, self.id)
    }
}

/// A CloudTable cluster. No served API makes one; see [`Settings::create_clusters`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloudtableCluster {
    /// Project id.
    pub(crate) project: String,
    /// Cluster id.
    pub(crate) id: String,
    /// Cluster name.
    pub(crate) name: String,
    /// Whether OpenTSDB is enabled.
    #[serde(default)]
    pub(crate) opentsdb: bool,
    /// HBase tables with their column families; none to take any.
    #[serde(default)]
    pub(crate) tables: Option<BTreeMap<String, Vec<String>>>,
}

impl Object for CloudtableCluster {
    const KIND: &'static str = "cloudtable_cluster";
    fn key(&self) -> String {
        format!("{}/{}", self.project, self.id)
    }
}
