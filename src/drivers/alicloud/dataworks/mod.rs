//! DataWorks 2020-05-18: the calls on data-integration tasks and on the files that they are. Each parameter goes where
//! the SDK puts it. Decides when a file is gone; never what to do about it.
//!
//! Source: DataWorks API reference 2020-05-18 (CreateDISyncTask … ListResourceGroups); DataWorks SDK for Python,
//! alibabacloud_dataworks_public20200518.

pub mod resource_groups;
pub mod sync_task;

mod content;
mod task;

use super::rpc::{self, DATAWORKS, Parameters};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::wire::codec::dataworks as wire;
use serde::de::DeserializeOwned;

/// Files on a page of ListFiles; more are refused.
const PAGE: usize = 100;

/// Pages that are read before the list is taken to be endless.
const PAGES_MAX: usize = 100;

/// A workspace and what is looked at in it, for calls and messages.
#[derive(Clone, Copy, Debug)]
struct At<'a> {
    project_id: &'a str,
    object: &'a str,
}

impl At<'_> {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        Call::new(
            DATAWORKS.name,
            operation,
            effect,
            format!("{} in workspace {}", self.object, self.project_id),
        )
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
}

/// Calls with everything in the form, as the operations on files want it.
async fn by_form<R: DeserializeOwned>(session: &Session, call: &Call, form: &[(&str, &str)]) -> Result<R, DriverError> {
    let parameters = Parameters {
        query: Vec::new(),
        form: pairs(form),
    };
    rpc::send_parameters(session, DATAWORKS, call, parameters).await
}

/// Calls an operation on a task that needs nothing but its id and type, all in the address.
async fn on_task(
    session: &Session,
    at: At<'_>,
    call: &Call,
    file_id: &str,
    task_type: &str,
) -> Result<wire::TaskReply, DriverError> {
    let parameters = Parameters {
        query: pairs(&[
            ("FileId", file_id),
            ("ProjectId", at.project_id),
            ("TaskType", task_type),
        ]),
        form: Vec::new(),
    };
    rpc::send_parameters(session, DATAWORKS, call, parameters).await
}

/// A file by id; none when it is gone. One in the recycle bin is gone: it is no longer scheduled.
async fn get_file(session: &Session, at: At<'_>, file_id: &str) -> Result<Option<wire::File>, DriverError> {
    let call = at.call("GetFile", Effect::Reads);
    let form = [("FileId", file_id), ("ProjectId", at.project_id)];
    let reply: Result<wire::FileReply, _> = by_form(session, &call, &form).await;
    let refusal = match reply {
        Ok(reply) => match reply.data.and_then(|d| d.file) {
            Some(file) => return Ok(Some(file).filter(in_use)),
            None => call.garbled("it has no File"),
        },
        Err(error @ (DriverError::Rejected(_) | DriverError::Failed(_))) => error,
        Err(error) => return Err(error),
    };
    // No code is documented for a file that does not exist; the list tells.
    match is_listed(session, at, file_id).await? {
        true => Err(refusal),
        false => Ok(None),
    }
}

fn in_use(file: &wire::File) -> bool {
    file.deleted_status
        .as_deref()
        .is_none_or(|s| s.is_empty() || s == "NORMAL")
}

/// Whether the workspace lists a file of this id.
async fn is_listed(session: &Session, at: At<'_>, file_id: &str) -> Result<bool, DriverError> {
    let call = at.call("ListFiles", Effect::Reads);
    let form = [
        ("FileIdIn", file_id),
        ("PageNumber", "1"),
        ("PageSize", "100"),
        ("ProjectId", at.project_id),
    ];
    let reply: wire::FilesReply = by_form(session, &call, &form).await?;
    let files = reply.data.and_then(|d| d.files).unwrap_or_default();
    // A service that does not know FileIdIn lists other files too.
    Ok(files
        .iter()
        .any(|f| f.file_id.is_some_and(|id| id.to_string() == file_id)))
}

/// The files of exactly this name and type.
async fn files_named(
    session: &Session,
    at: At<'_>,
    name: &str,
    file_type: &str,
) -> Result<Vec<wire::File>, DriverError> {
    let call = at.call("ListFiles", Effect::Reads);
    let mut found = Vec::new();
    for page in 1..=PAGES_MAX {
        let number = page.to_string();
        let form = [
            ("ExactFileName", name),
            ("FileTypes", file_type),
            ("NeedAbsoluteFolderPath", "true"),
            ("PageNumber", &number),
            ("PageSize", "100"),
            ("ProjectId", at.project_id),
        ];
        let reply: wire::FilesReply = by_form(session, &call, &form).await?;
        let files = reply.data.and_then(|d| d.files).unwrap_or_default();
        let last = files.len() < PAGE;
        let named = |file: &wire::File| file.file_name.as_deref().is_none_or(|n| n == name);
        found.extend(files.into_iter().filter(named).filter(in_use));
        if last {
            return Ok(found);
        }
    }
    Err(call.garbled("the list of files has no end"))
}

/// The path of a folder, where the service tells.
async fn folder_path(session: &Session, at: At<'_>, folder_id: &str) -> Result<Option<String>, DriverError> {
    let call = at.call("GetFolder", Effect::Reads);
    let form = [("FolderId", folder_id), ("ProjectId", at.project_id)];
    let reply: wire::FolderReply = by_form(session, &call, &form).await?;
    Ok(reply.data.and_then(|f| f.folder_path).filter(|p| !p.is_empty()))
}
