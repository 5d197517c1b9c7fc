//! Instances, connectors and tasks as the world keeps them. Secrets are kept as digests only.

use crate::sim::world::Object;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A Kafka instance that a test put there. No served call makes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instance {
    /// Id, a UUID.
    pub(crate) instance_id: String,
    /// Id of its project.
    pub(crate) project: String,
    /// Name.
    pub(crate) name: String,
    /// Status when nothing is being done to it, such as `RUNNING`.
    #[serde(default = "running")]
    pub(crate) status: String,
    /// How many brokers; a single one cannot have a connector.
    #[serde(default = "three")]
    pub(crate) broker_num: u32,
    /// 1 for pay-per-use, 0 for yearly and monthly.
    #[serde(default = "one")]
    pub(crate) charging_mode: u32,
    /// No resources are left for a connector.
    #[serde(default)]
    pub(crate) sold_out: bool,
    /// Creation time, Unix ms.
    #[serde(default)]
    pub(crate) created_ms: i64,
}

fn running() -> String {
    "RUNNING".to_string()
}

fn three() -> u32 {
    3
}

fn one() -> u32 {
    1
}

impl Object for Instance {
    const KIND: &'static str = "kafka_instance";
    fn key(&self) -> String {
        self.instance_id.clone()
    }
}

/// An instance that came into being when a request named it first. A record of the embedded cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultInstance {
    /// Id, a UUID.
    pub(crate) instance_id: String,
    /// Id of the project it was named in.
    pub(crate) project: String,
    /// When, Unix ms.
    pub(crate) created_ms: i64,
}

impl Object for DefaultInstance {
    const KIND: &'static str = "sim_kafka_instance";
    fn key(&self) -> String {
        self.instance_id.clone()
    }
}

/// How many ids were given for one seed. A record of the embedded cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Serial {
    /// What the ids are for.
    pub(crate) seed: String,
    /// How many there were.
    pub(crate) used: u64,
}

impl Object for Serial {
    const KIND: &'static str = "sim_kafka_serial";
    fn key(&self) -> String {
        self.seed.clone()
    }
}

/// The connector of an instance: nodes that Smart Connect and sink tasks run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connector {
    /// Id.
    pub(crate) connector_id: String,
    /// Id of the instance's project.
    pub(crate) project: String,
    /// Id of the instance.
    pub(crate) instance_id: String,
    /// How many nodes.
    pub(crate) node_cnt: u32,
    /// Bandwidth of instances of old flavours; empty for none.
    #[serde(default)]
    pub(crate) specification: String,
    /// Flavour of the nodes of instances of old flavours; empty for none.
    #[serde(default)]
    pub(crate) spec_code: String,
    /// Most sink tasks.
    #[serde(default = "eighteen")]
    pub(crate) sink_max_tasks: u32,
    /// When it was ordered, Unix ms.
    pub(crate) created_ms: i64,
    /// Since when it is being deleted, Unix ms.
    #[serde(default)]
    pub(crate) deleting_since_ms: Option<i64>,
}

fn eighteen() -> u32 {
    super::fields::MAX_TASKS
}

impl Object for Connector {
    const KIND: &'static str = "kafka_connector";
    fn key(&self) -> String {
        self.connector_id.clone()
    }
}

/// A sink task of a connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkTask {
    /// Id of the connector.
    pub(crate) connector_id: String,
    /// Id.
    pub(crate) task_id: String,
    /// Name; several tasks may have the same.
    pub(crate) task_name: String,
    /// Topics, comma-joined; empty where a pattern chooses them.
    #[serde(default)]
    pub(crate) topics: String,
    /// Pattern of the topics' names; empty where they are listed.
    #[serde(default)]
    pub(crate) topics_regex: String,
    /// `latest` or `earliest`.
    pub(crate) consumer_strategy: String,
    /// `TEXT`.
    pub(crate) destination_file_type: String,
    /// Digest of the access key and its secret.
    #[serde(default)]
    pub(crate) credentials_digest: String,
    /// Bucket.
    pub(crate) obs_bucket_name: String,
    /// Folder in the bucket.
    #[serde(default)]
    pub(crate) obs_path: String,
    /// Form of the folders for the time, such as `yyyy/MM/dd`; empty for none.
    #[serde(default)]
    pub(crate) partition_format: String,
    /// What ends a record; `NULL` or empty for nothing.
    pub(crate) record_delimiter: String,
    /// Seconds between two files.
    pub(crate) deliver_time_interval: u32,
    /// Status once it was created: `RUNNING`, or what a test says.
    #[serde(default = "running")]
    pub(crate) status: String,
    /// Creation time, Unix ms.
    pub(crate) created_ms: i64,
}

impl Object for SinkTask {
    const KIND: &'static str = "kafka_sink_task";
    fn key(&self) -> String {
        format!("{}/{}", self.connector_id, self.task_id)
    }
}

/// A Smart Connect task of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmartConnectTask {
    /// Id of the instance.
    pub(crate) instance_id: String,
    /// Id.
    pub(crate) id: String,
    /// Name, the only one of its instance.
    pub(crate) task_name: String,
    /// Topics, comma-joined; empty for none.
    #[serde(default)]
    pub(crate) topics: String,
    /// Pattern of the topics' names; empty for none.
    #[serde(default)]
    pub(crate) topics_regex: String,
    /// `NONE` or `KAFKA_REPLICATOR_SOURCE`.
    pub(crate) source_type: String,
    /// What the source's reply says, without secrets.
    #[serde(default)]
    pub(crate) source_task: Option<Map<String, Value>>,
    /// `NONE` or `OBS_SINK`.
    pub(crate) sink_type: String,
    /// What the sink's reply says, without secrets.
    #[serde(default)]
    pub(crate) sink_task: Option<Map<String, Value>>,
    /// Digest of what it signs in with; empty for nothing.
    #[serde(default)]
    pub(crate) credentials_digest: String,
    /// `RUNNING`, `PAUSED` or `WAITING`, when nothing is being done to it.
    #[serde(default = "running")]
    pub(crate) status: String,
    /// Creation time, Unix ms.
    pub(crate) created_ms: i64,
    /// When it was restarted last, Unix ms.
    #[serde(default)]
    pub(crate) restarted_ms: Option<i64>,
}

impl Object for SmartConnectTask {
    const KIND: &'static str = "kafka_smart_connect_task";
    fn key(&self) -> String {
        format!("{}/{}", self.instance_id, self.id)
    }
}
