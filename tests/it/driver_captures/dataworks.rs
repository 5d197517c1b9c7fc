//! The calls of DataWorks that the driver makes, each with the capture it is compared with.

use super::{Capture, Case, TEA_HEADERS, Verb, case};
use serde_json::{Value as Json, json};

const SYNC_TASK: &str = "alicloud_data_works_di_sync_task";

const SPELLED_TRUE: &[(&str, &str)] = &[
    ("body", "the Python SDK writes True for true"),
    ("x-acs-content-sha256", "the hash of the body"),
    TEA_HEADERS[0],
    TEA_HEADERS[1],
];

const DEPLOYMENT: &[(&str, &str)] = &[
    ("body", "the id of the deployment is the one of the reply before"),
    ("x-acs-content-sha256", "the hash of the body"),
    TEA_HEADERS[0],
    TEA_HEADERS[1],
];

/// A task as its captures have it, with its content as text.
fn sync_task(more: Json) -> Json {
    let sent = Capture::load("dw_CreateDISyncTask").json;
    let query = &sent["query_params"];
    let param: Json = serde_json::from_str(query["TaskParam"].as_str().unwrap_or_default()).expect("JSON");
    let mut task = json!({
        "project_id": query["ProjectId"], "task_type": query["TaskType"], "task_name": query["TaskName"],
        "task_content": sent["body_decoded"]["TaskContent"],
        "task_param": {
            "file_folder_path": param["FileFolderPath"], "resource_group": param["ResourceGroup"], "cu": null,
        },
        "file_id": null,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        task[name] = value.clone();
    }
    task
}

pub(super) fn dataworks_cases() -> Vec<Case> {
    use Verb::{Create, Data, Delete, Read, Update};
    let numbered = json!({"file_id": "1000001"});
    let there = sync_task(numbered.clone());
    let real_time = sync_task(json!({"file_id": "1000001", "task_type": "DI_REALTIME"}));
    let of = |capture: &'static str, verb, input: &Json| case(capture, SYNC_TASK, verb, input.clone(), TEA_HEADERS);
    let moved = |capture: &str| Capture::load(capture).json["body_decoded"].clone();
    let with_file = |case: Case| Case {
        others: &["dw_GetFile"],
        ..case
    };
    let target = moved("dw_UpdateFile");
    let mut param = there["task_param"].clone();
    param["file_folder_path"] = target["FileFolderPath"].clone();
    let renamed = sync_task(json!({"file_id": "1000001", "task_name": target["FileName"], "task_param": param}));
    let mut other_group = there["task_param"].clone();
    other_group["resource_group"] = json!("S_res_group_of_before");
    let before = sync_task(json!({"file_id": "1000001", "task_content": "{}", "task_param": other_group}));
    vec![
        of("dw_CreateDISyncTask", Create, &sync_task(json!({}))),
        of("dw_UpdateDISyncTask", Update, &json!([before, there.clone()])),
        with_file(of("dw_UpdateFile", Update, &json!([there.clone(), renamed]))),
        of("dw_GetFile", Read, &there),
        of("dw_GetFile_throttled", Read, &sync_task(json!({"file_id": "1"}))),
        with_file(of("dw_GetFolder", Read, &there)),
        case("dw_ListFiles", SYNC_TASK, Read, sync_task(json!({})), SPELLED_TRUE),
        with_file(of("dw_GetDISyncTask", Read, &real_time)),
        Case {
            others: &["dw_GetFile", "dw_GetDISyncTask"],
            ..of("dw_GetDISyncInstanceInfo", Read, &real_time)
        },
        of("dw_DeleteFile", Delete, &there),
        Case {
            others: &["dw_DeleteFile"],
            ..case("dw_GetDeployment", SYNC_TASK, Delete, there, DEPLOYMENT)
        },
        of("dw_DeleteDISyncTask", Delete, &real_time),
        case(
            "dw_ListResourceGroups",
            "alicloud_data_works_resource_groups",
            Data,
            json!({"resource_group_type": null, "groups": [], "identifiers": null}),
            TEA_HEADERS,
        ),
    ]
}
