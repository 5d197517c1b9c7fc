//! The operations on files: a batch or real-time task as Data Studio knows it. Codes of errors are assumed: the
//! reference names none for a file or folder that does not exist.

use super::model::{Deployment, DwFile, file_key, folder_id, next_id};
use super::tasks::is_folder;
use super::{done_with_status, page, project, refused};
use crate::sim::alicloud::rpc::{Answer, Call, RpcError};
use crate::sim::world::{Now, World};
use serde_json::{Map, Value, json};

const NO_FILE: &str = "Invalid.File.NotExist";

/// The file that a call names; `Err` is the reply that there is none.
fn find(call: &Call, world: &World) -> Result<Result<DwFile, Map<String, Value>>, RpcError> {
    let project = project(call)?;
    let id = call.need("FileId")?;
    let id: i64 = id.parse().map_err(|_| {
        RpcError::new(
            400,
            "InvalidParameter.FileId",
            "The parameter FileId must be a whole number.",
        )
    })?;
    let found = world.get::<DwFile>(&file_key(&project, id));
    Ok(found
        .filter(|f| f.file_type().is_some())
        .ok_or_else(|| refused(NO_FILE, &format!("The file {id} does not exist."))))
}

pub(super) fn list(call: &Call, world: &World) -> Answer {
    let project = project(call)?;
    let numbers = |name: &str| -> Option<Vec<i64>> {
        let text = call.get(name)?;
        Some(text.split(',').filter_map(|n| n.trim().parse().ok()).collect())
    };
    let (types, ids) = (numbers("FileTypes"), numbers("FileIdIn"));
    let files: Vec<DwFile> = world
        .list::<DwFile>(&format!("{project}/"))
        .into_iter()
        .filter(|f| f.deleted_status == "NORMAL")
        .filter(|f| {
            f.file_type()
                .is_some_and(|t| types.as_ref().is_none_or(|all| all.contains(&t)))
        })
        .filter(|f| ids.as_ref().is_none_or(|all| all.contains(&f.file_id)))
        .filter(|f| call.get("ExactFileName").is_none_or(|n| f.name == n))
        .filter(|f| call.get("Keyword").is_none_or(|k| f.name.contains(k)))
        .collect();
    let with_path = call
        .get("NeedAbsoluteFolderPath")
        .is_some_and(|t| t.eq_ignore_ascii_case("true"));
    let (number, size, part) = page(call, &files)?;
    let shown: Vec<Value> = part
        .iter()
        .map(|f| {
            let mut json = f.to_json();
            if with_path {
                json["AbsoluteFolderPath"] = json!(f.folder);
            }
            json
        })
        .collect();
    Ok(done_with_status(Some(json!({
        "PageNumber": number, "PageSize": size, "TotalCount": files.len(), "Files": shown,
    }))))
}

pub(super) fn get(call: &Call, world: &World) -> Answer {
    let file = match find(call, world)? {
        Ok(file) => file,
        Err(reply) => return Ok(reply),
    };
    let mut json = file.to_json();
    json["Content"] = json!(file.content);
    json["DeletedStatus"] = json!(file.deleted_status);
    Ok(done_with_status(Some(json!({
        "File": json,
        "NodeConfiguration": {
            "ResourceGroupId": 1234, "SchedulerType": "NORMAL", "CycleType": "DAY",
            "CronExpress": "00 00 00 * * ?", "RerunMode": "ALL_ALLOWED",
        },
    }))))
}

/// The folders that hold a file.
fn folders(project: &str, world: &World) -> Vec<String> {
    let files = world.list::<DwFile>(&format!("{project}/"));
    let mut all: Vec<String> = files.into_iter().map(|f| f.folder).filter(|f| !f.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}

pub(super) fn get_folder(call: &Call, world: &World) -> Answer {
    let project = project(call)?;
    let (id, path) = (call.get("FolderId"), call.get("FolderPath"));
    let found = folders(&project, world)
        .into_iter()
        .find(|f| id == Some(folder_id(f).as_str()) || path == Some(f.as_str()));
    Ok(match found {
        Some(path) => done_with_status(Some(json!({"FolderId": folder_id(&path), "FolderPath": path}))),
        None => refused("Invalid.Folder.NotExist", "The folder does not exist."),
    })
}

pub(super) fn list_folders(call: &Call, world: &World) -> Answer {
    let project = project(call)?;
    let parent = format!("{}/", call.need("ParentFolderPath")?.trim_end_matches('/'));
    let all: Vec<String> = folders(&project, world)
        .into_iter()
        .filter(|f| f.starts_with(&parent))
        .collect();
    let (number, size, part) = page(call, &all)?;
    let shown: Vec<Value> = part
        .iter()
        .map(|f| json!({"FolderId": folder_id(f), "FolderPath": f}))
        .collect();
    Ok(done_with_status(Some(json!({
        "PageNumber": number, "PageSize": size, "TotalCount": all.len(), "Folders": shown,
    }))))
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let mut file = match find(call, world)? {
        Ok(file) => file,
        Err(reply) => return Ok(reply),
    };
    if let Some(path) = call.get("FileFolderPath") {
        if !is_folder(path) {
            return Ok(refused("Invalid.Folder.Path", &format!("Invalid path: {path}")));
        }
        file.folder = path.to_string();
    }
    if let Some(name) = call.get("FileName") {
        let others = world.list::<DwFile>(&format!("{}/", file.project));
        let taken = |f: &DwFile| f.name == name && f.file_id != file.file_id && f.deleted_status == "NORMAL";
        if others.iter().any(taken) {
            return Ok(refused("Invalid.File.Existed", "The file name already exists."));
        }
        file.name = name.to_string();
    }
    if let Some(content) = call.get("Content") {
        file.content = content.to_string();
        file.version = file.version.saturating_add(1);
    }
    file.committed = false;
    world.put(&file);
    Ok(done_with_status(None))
}

/// Begins a deployment and answers its id.
fn begin(file: &DwFile, purpose: &str, world: &mut World, now: Now) -> i64 {
    let deployment = Deployment {
        project: file.project.clone(),
        deployment_id: next_id(world),
        file_id: file.file_id,
        purpose: purpose.to_string(),
        started_ms: now.world_ms,
        done: false,
    };
    world.put(&deployment);
    deployment.deployment_id
}

pub(super) fn delete(call: &Call, world: &mut World, now: Now) -> Answer {
    let file = match find(call, world)? {
        Ok(file) => file,
        Err(reply) => return Ok(reply),
    };
    let mut fields = done_with_status(None);
    if file.committed || file.scheduled {
        let id = begin(&file, "DELETE", world, now);
        fields.insert("DeploymentId".to_string(), json!(id));
    } else {
        world.remove::<DwFile>(&file_key(&file.project, file.file_id));
    }
    Ok(fields)
}

pub(super) fn submit(call: &Call, world: &mut World, now: Now) -> Answer {
    let mut file = match find(call, world)? {
        Ok(file) => file,
        Err(reply) => return Ok(reply),
    };
    file.committed = true;
    world.put(&file);
    let id = begin(&file, "SUBMIT", world, now);
    Ok(done_with_status(Some(json!(id))))
}

pub(super) fn deploy(call: &Call, world: &mut World, now: Now) -> Answer {
    let mut file = match find(call, world)? {
        Ok(file) => file,
        Err(reply) => return Ok(reply),
    };
    if !file.committed {
        return Ok(refused("Invalid.File.NotSubmitted", "The file is not committed."));
    }
    file.scheduled = true;
    world.put(&file);
    let id = begin(&file, "DEPLOY", world, now);
    Ok(done_with_status(Some(json!(id))))
}
