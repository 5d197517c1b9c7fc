//! The operations on data-integration tasks. What a task of one type can't do is refused.

use super::model::{DwFile, file_key, next_id};
use super::{done, failed, project};
use crate::sim::alicloud::rpc::{Answer, Call, RpcError};
use crate::sim::world::{Now, World};
use serde_json::{Value, json};

fn invalid(message: impl Into<String>) -> RpcError {
    RpcError::new(400, "Invalid.DI.Parameter", message)
}

/// The type of task, which must be one that the operation knows.
fn task_type<'a>(call: &'a Call, known: &[&str]) -> Result<&'a str, RpcError> {
    let found = call.need("TaskType")?;
    match known.contains(&found) {
        true => Ok(found),
        false => Err(invalid(format!(
            "TaskType {found} is not supported by {}.",
            call.action
        ))),
    }
}

fn find(call: &Call, world: &World, known: &[&str]) -> Result<Result<DwFile, String>, RpcError> {
    let project = project(call)?;
    let kind = task_type(call, known)?;
    let text = call.need("FileId")?;
    let id: i64 = text.parse().map_err(|_| invalid("FileId must be a whole number."))?;
    let found = world.get::<DwFile>(&file_key(&project, id));
    // The text is assumed.
    Ok(found
        .filter(|f| f.task_type == kind && f.deleted_status == "NORMAL")
        .ok_or_else(|| format!("The file {id} does not exist.")))
}

struct TaskParam {
    folder: String,
    resource_group: Option<String>,
    cu: Option<Value>,
}

fn task_param(call: &Call) -> Result<TaskParam, RpcError> {
    let text = call.get("TaskParam").unwrap_or("{}");
    let json: Value = serde_json::from_str(text).map_err(|_| invalid("TaskParam is not JSON."))?;
    let text = |name: &str| json[name].as_str().filter(|t| !t.is_empty()).map(str::to_string);
    Ok(TaskParam {
        folder: text("FileFolderPath").unwrap_or_default(),
        resource_group: text("ResourceGroup"),
        cu: Some(json["Cu"].clone()).filter(|c| !c.is_null()),
    })
}

/// Whether a path is the data-integration folder of a workflow.
pub(super) fn is_folder(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [root, flow, part, rest @ ..] => {
            let english = *root == "Business Flow" && matches!(*part, "Data Integration" | "folderDi");
            let chinese = *root == "业务流程" && matches!(*part, "数据集成" | "folderDi");
            (english || chinese) && !flow.trim().is_empty() && rest.iter().all(|p| !p.trim().is_empty())
        }
        _ => false,
    }
}

fn content(call: &Call) -> Result<String, RpcError> {
    let text = call.need("TaskContent")?;
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => Ok(text.to_string()),
        _ => Err(invalid("TaskContent is not a JSON object.")),
    }
}

pub(super) fn create(call: &Call, world: &mut World, now: Now) -> Answer {
    let project = project(call)?;
    let kind = task_type(call, &["DI_OFFLINE", "DI_REALTIME", "DI_SOLUTION"])?.to_string();
    let content = content(call)?;
    let name = call.need("TaskName")?.to_string();
    let param = task_param(call)?;
    let token = call.get("ClientToken").map(str::to_string);
    let there = world.list::<DwFile>(&format!("{project}/"));
    if let Some(same) = there.iter().find(|f| token.is_some() && f.client_token == token) {
        return Ok(done(json!({"Status": "success", "FileId": same.file_id})));
    }
    if kind != "DI_SOLUTION" && !is_folder(&param.folder) {
        return Ok(failed(&format!("Invalid path: {}", param.folder)));
    }
    let taken = |f: &&DwFile| f.name == name && f.deleted_status == "NORMAL";
    if there.iter().any(|f| taken(&f)) {
        return Err(RpcError::new(
            400,
            "Invalid.DI.Parameter.File.Existed",
            "The file name already exists.",
        ));
    }
    let file = DwFile {
        project,
        file_id: next_id(world),
        name,
        task_type: kind,
        content,
        folder: param.folder,
        resource_group: param.resource_group,
        cu: param.cu,
        client_token: token,
        committed: false,
        scheduled: false,
        version: 1,
        deleted_status: "NORMAL".to_string(),
        run_status: "NORUN".to_string(),
        created_ms: now.world_ms,
    };
    world.put(&file);
    Ok(done(json!({"Status": "success", "FileId": file.file_id})))
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let mut file = match find(call, world, &["DI_OFFLINE"])? {
        Ok(file) => file,
        Err(why) => return Ok(failed(&why)),
    };
    if call.get("TaskContent").is_some() {
        file.content = content(call)?;
        file.committed = false;
        file.version = file.version.saturating_add(1);
    }
    let param = task_param(call)?;
    file.resource_group = param.resource_group.or(file.resource_group);
    file.cu = param.cu.or(file.cu);
    world.put(&file);
    Ok(done(json!({"Status": "success"})))
}

pub(super) fn get(call: &Call, world: &World) -> Answer {
    let file = match find(call, world, &["DI_REALTIME", "DI_SOLUTION"])? {
        Ok(file) => file,
        Err(why) => return Ok(failed(&why)),
    };
    let mut data = json!({"Status": "success", "AlarmList": []});
    match file.task_type.as_str() {
        "DI_REALTIME" => data["Code"] = json!(file.content),
        _ => {
            data["SolutionDetail"] = json!({
                "Id": file.file_id,
                "Name": file.name,
                "ProcessContent": file.content,
                "Status": "0",
            });
        }
    }
    Ok(done(data))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let file = match find(call, world, &["DI_REALTIME"])? {
        Ok(file) => file,
        Err(why) => return Ok(failed(&why)),
    };
    if file.run_status == "RUN" {
        // The text is assumed.
        return Ok(failed("The task is running."));
    }
    world.remove::<DwFile>(&file_key(&file.project, file.file_id));
    Ok(done(json!({"Status": "success"})))
}

pub(super) fn deploy(call: &Call, world: &mut World) -> Answer {
    let mut file = match find(call, world, &["DI_REALTIME", "DI_SOLUTION"])? {
        Ok(file) => file,
        Err(why) => return Ok(failed(&why)),
    };
    file.committed = true;
    file.scheduled = true;
    world.put(&file);
    Ok(done(json!({"Status": "success"})))
}

/// Starts, stops or ends a real-time task.
pub(super) fn run(call: &Call, world: &mut World, status: &str) -> Answer {
    let mut file = match find(call, world, &["DI_REALTIME", "DI_SOLUTION"])? {
        Ok(file) => file,
        Err(why) => return Ok(failed(&why)),
    };
    file.run_status = status.to_string();
    world.put(&file);
    Ok(done(json!({"Status": "success"})))
}

pub(super) fn instance(call: &Call, world: &World) -> Answer {
    let file = match find(call, world, &["DI_REALTIME", "DI_SOLUTION"])? {
        Ok(file) => file,
        Err(why) => return Ok(failed(&why)),
    };
    Ok(done(json!({"Status": file.run_status, "Name": file.name})))
}

pub(super) fn list_by_data_source(call: &Call, world: &World) -> Answer {
    let project = project(call)?;
    let kind = task_type(call, &["DI_OFFLINE", "DI_REALTIME"])?;
    let name = call.need("DatasourceName")?;
    let category = match call.need("RefType")? {
        "from" => "reader",
        "to" => "writer",
        _ => return Err(invalid("RefType must be from or to.")),
    };
    let files = world.list::<DwFile>(&format!("{project}/"));
    let tasks: Vec<Value> = files
        .iter()
        .filter(|f| {
            f.task_type == kind && f.deleted_status == "NORMAL" && data_source(f, category) == Some(name.into())
        })
        .map(|f| {
            json!({
                "NodeId": f.file_id, "NodeName": f.name, "TaskType": f.task_type,
                "DiSourceDatasource": data_source(f, "reader"),
                "DiDestinationDatasource": data_source(f, "writer"),
            })
        })
        .collect();
    Ok(done(json!({ "DISyncTasks": tasks })))
}

fn data_source(file: &DwFile, category: &str) -> Option<String> {
    let content: Value = serde_json::from_str(&file.content).ok()?;
    let step = content["steps"]
        .as_array()?
        .iter()
        .find(|s| s["category"] == category)?;
    step["parameter"]["datasource"].as_str().map(str::to_string)
}
