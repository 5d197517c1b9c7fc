//! Tasks, deployments and resource groups as objects of the world. Decides their ids and the forms in which replies show
//! them.

use crate::sim::world::{Object, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A task: for two of the three types also a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DwFile {
    /// Workspace.
    pub project: String,
    /// Id, in the order of creation.
    pub file_id: i64,
    /// Name.
    pub name: String,
    /// `DI_OFFLINE`, `DI_REALTIME` or `DI_SOLUTION`.
    pub task_type: String,
    /// JSON text as given.
    pub content: String,
    /// Path of the folder as given.
    #[serde(default)]
    pub folder: String,
    /// Resource group as given; no call returns it.
    #[serde(default)]
    pub resource_group: Option<String>,
    /// Compute units as given; no call returns them.
    #[serde(default)]
    pub cu: Option<Value>,
    /// Token of the creation.
    #[serde(default)]
    pub client_token: Option<String>,
    /// Whether the latest content is committed.
    #[serde(default)]
    pub committed: bool,
    /// Whether the schedule knows it.
    #[serde(default)]
    pub scheduled: bool,
    /// Latest version.
    #[serde(default)]
    pub version: i64,
    /// `NORMAL` or `RECYCLE_BIN`.
    #[serde(default = "normal")]
    pub deleted_status: String,
    /// State of a real-time task.
    #[serde(default = "not_running")]
    pub run_status: String,
    /// Creation time, Unix ms.
    #[serde(default)]
    pub created_ms: i64,
}

fn normal() -> String {
    "NORMAL".to_string()
}

fn not_running() -> String {
    "NORUN".to_string()
}

impl Object for DwFile {
    const KIND: &'static str = "dw_file";
    fn key(&self) -> String {
        file_key(&self.project, self.file_id)
    }
}

/// Key of a task.
pub(super) fn file_key(project: &str, file_id: i64) -> String {
    format!("{project}/{file_id}")
}

impl DwFile {
    /// The number of its type in lists of files; a solution is none.
    pub(super) fn file_type(&self) -> Option<i64> {
        match self.task_type.as_str() {
            "DI_OFFLINE" => Some(23),
            "DI_REALTIME" => Some(900),
            _ => None,
        }
    }

    /// As GetFile and ListFiles show it, without content and path.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "FileId": self.file_id,
            "FileName": self.name,
            "FileType": self.file_type(),
            "FileFolderId": folder_id(&self.folder),
            "CommitStatus": i64::from(self.committed),
            "CurrentVersion": self.version,
            "UseType": "NORMAL",
            "BusinessId": 3_000_001,
            "CreateTime": self.created_ms,
        })
    }
}

/// The id of a folder: the same for the same path.
pub(super) fn folder_id(path: &str) -> String {
    let digest = Sha256::digest(path.as_bytes());
    digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// What takes a file to the schedule, or out of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    /// Workspace.
    pub project: String,
    /// Id.
    pub deployment_id: i64,
    /// The file.
    pub file_id: i64,
    /// `SUBMIT`, `DEPLOY` or `DELETE`.
    pub purpose: String,
    /// When it began, Unix ms.
    pub started_ms: i64,
    /// Whether it is done.
    #[serde(default)]
    pub done: bool,
}

impl Object for Deployment {
    const KIND: &'static str = "sim_dw_deployment";
    fn key(&self) -> String {
        format!("{}/{}", self.project, self.deployment_id)
    }
}

/// A resource group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceGroup {
    /// What tasks name it by.
    pub identifier: String,
    /// Name for people.
    pub name: String,
    /// Number.
    pub id: i64,
    /// Kind: 4 runs data integration.
    pub group_type: i64,
}

impl Object for ResourceGroup {
    const KIND: &'static str = "dw_resource_group";
    fn key(&self) -> String {
        self.identifier.clone()
    }
}

/// The last id that was given, so that none is given twice.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastId {
    /// The id.
    pub id: i64,
}

impl Object for LastId {
    const KIND: &'static str = "sim_dw_id";
    fn key(&self) -> String {
        "last".to_string()
    }
}

/// A new id for a file or a deployment.
pub(super) fn next_id(world: &mut World) -> i64 {
    let last = world.get::<LastId>("last").map_or(1_000_000, |l| l.id);
    let id = last.saturating_add(1);
    world.put(&LastId { id });
    id
}
