//! JSON replies of DataWorks 2020-05-18: data-integration tasks, the files that they are, deployments and resource
//! groups. As tolerant as the replies of the other RPC services; only fields that someone reads are named.
//!
//! Source: DataWorks SDK for Python, alibabacloud_dataworks_public20200518.

use super::records;
use super::rpc::{boolean, integer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

records! {
    /// Reply of CreateDISyncTask, UpdateDISyncTask, DeleteDISyncTask and GetDISyncTask.
    TaskReply {
        /// Id of the request.
        request_id: String,
        /// Whether it went well.
        #[serde(deserialize_with = "boolean")]
        success: bool,
        /// What was done or found.
        data: TaskData,
    }

    /// What a call on a task did or found.
    TaskData {
        /// `success` or `fail`; of GetDISyncInstanceInfo the state of the instance.
        status: String,
        /// Why it failed.
        message: String,
        /// Id of the task.
        #[serde(deserialize_with = "integer")]
        file_id: i64,
        /// The content of a real-time task.
        code: String,
        /// A solution.
        solution_detail: SolutionDetail,
    }

    /// A synchronisation solution.
    SolutionDetail {
        /// Name.
        name: String,
        /// The content.
        process_content: String,
        /// State.
        #[serde(deserialize_with = "text")]
        status: String,
    }

    /// Reply of GetFile.
    FileReply {
        /// Id of the request.
        request_id: String,
        /// What was found.
        data: FileData,
    }

    /// A file with its schedule, of which nothing is read here.
    FileData {
        /// The file.
        file: File,
    }

    /// Reply of ListFiles.
    FilesReply {
        /// Id of the request.
        request_id: String,
        /// A page.
        data: FilesData,
    }

    /// A page of files.
    FilesData {
        /// The files.
        files: Vec<File>,
        /// How many there are on all pages.
        #[serde(deserialize_with = "integer")]
        total_count: i64,
        /// Which page this is, from 1.
        #[serde(deserialize_with = "integer")]
        page_number: i64,
        /// How many fit on a page.
        #[serde(deserialize_with = "integer")]
        page_size: i64,
    }

    /// A file of Data Studio.
    File {
        /// Id.
        #[serde(deserialize_with = "integer")]
        file_id: i64,
        /// Name.
        file_name: String,
        /// 23 for a batch task, 900 for a real-time task.
        #[serde(deserialize_with = "integer")]
        file_type: i64,
        /// What it says.
        content: String,
        /// Id of its folder.
        file_folder_id: String,
        /// Path of its folder; only in lists that are asked for it.
        absolute_folder_path: String,
        /// 0 where the latest content is not committed, 1 where it is.
        #[serde(deserialize_with = "integer")]
        commit_status: i64,
        /// Number of its latest version.
        #[serde(deserialize_with = "integer")]
        current_version: i64,
        /// `NORMAL`, `RECYCLE_BIN` or `DELETED`.
        deleted_status: String,
        /// Module that it belongs to.
        use_type: String,
        /// Id of its workflow.
        #[serde(deserialize_with = "integer")]
        business_id: i64,
        /// Id of its node in the schedule.
        #[serde(deserialize_with = "integer")]
        node_id: i64,
        /// When it was made, Unix ms.
        #[serde(deserialize_with = "integer")]
        create_time: i64,
    }

    /// Reply of GetFolder.
    FolderReply {
        /// Id of the request.
        request_id: String,
        /// The folder.
        data: Folder,
    }

    /// A folder.
    Folder {
        /// Id.
        folder_id: String,
        /// Path from the root.
        folder_path: String,
    }

    /// Reply of DeleteFile.
    DeleteFileReply {
        /// Id of the request.
        request_id: String,
        /// The deployment that takes the file out of the schedule; none when that was not needed.
        #[serde(deserialize_with = "integer")]
        deployment_id: i64,
    }

    /// Reply of GetDeployment.
    DeploymentReply {
        /// Id of the request.
        request_id: String,
        /// What was found.
        data: DeploymentData,
    }

    /// A deployment with its files, of which nothing is read here.
    DeploymentData {
        /// The deployment.
        deployment: Deployment,
    }

    /// A deployment.
    Deployment {
        /// 0 ready, 1 done, 2 failed.
        #[serde(deserialize_with = "integer")]
        status: i64,
        /// Why it failed.
        error_message: String,
        /// Name.
        name: String,
    }

    /// Reply of UpdateFile.
    DoneReply {
        /// Id of the request.
        request_id: String,
    }

    /// Reply of ListResourceGroups.
    ResourceGroupsReply {
        /// Id of the request.
        request_id: String,
        /// The groups.
        data: Vec<ResourceGroup>,
    }

    /// A resource group.
    ResourceGroup {
        /// Id.
        #[serde(deserialize_with = "integer")]
        id: i64,
        /// What tasks name it by.
        identifier: String,
        /// Name for people.
        name: String,
        /// Kind, a number.
        #[serde(deserialize_with = "text")]
        resource_group_type: String,
        /// Key of the business that it serves, such as `single`.
        biz_ext_key: String,
        /// `ISOLATE`, `SHARE` or `DEVELOP`.
        mode: String,
        /// 0 normal, 1 stopped, 2 deleted, 3 being made, 4 failed, 5 to 10 being changed.
        #[serde(deserialize_with = "integer")]
        status: i64,
        /// Whether it is the default group of its kind.
        #[serde(deserialize_with = "boolean")]
        is_default: bool,
    }
}

/// Text, or a number as text: the SDK calls the kind of a group text, and the service sends a number.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::rpc::decode;
    use super::*;

    #[test]
    fn ids_may_be_text_and_everything_may_be_missing() {
        let reply: TaskReply = decode("reply", br#"{"Data":{"FileId":"1000001","Status":"success"}}"#).unwrap();
        assert_eq!(reply.data.and_then(|d| d.file_id), Some(1_000_001));
        for body in ["{}", r#"{"Data":null}"#, r#"{"Data":{}}"#] {
            let file: FileReply = decode("reply", body.as_bytes()).unwrap();
            assert!(file.data.and_then(|d| d.file).is_none(), "{body}");
            let files: FilesReply = decode("reply", body.as_bytes()).unwrap();
            assert!(files.data.and_then(|d| d.files).is_none(), "{body}");
        }
        let groups: ResourceGroupsReply =
            decode("reply", br#"{"Data":[{"ResourceGroupType":4,"Status":0,"Id":1}]}"#).unwrap();
        let kind = groups.data.unwrap().remove(0).resource_group_type;
        assert_eq!(kind.as_deref(), Some("4"));
    }
}
