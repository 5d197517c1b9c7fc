//! `alicloud_data_works_di_sync_task`: a data-integration task. It is made by one call, changed by two, and read, found
//! and deleted as the file of Data Studio that it is. Real-time tasks and solutions have calls of their own.
//!
//! Source: DataWorks API reference 2020-05-18 (CreateDISyncTask, UpdateDISyncTask, GetDISyncTask, DeleteDISyncTask,
//! GetDISyncInstanceInfo, ListFiles, GetFile, GetFolder, UpdateFile, DeleteFile, GetDeployment).

use super::super::rpc::{self, DATAWORKS};
use super::task::{OFFLINE, REALTIME, SOLUTION, Task, Whole};
use super::{At, by_form, content, files_named, folder_path, get_file, is_listed, on_task, task};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, exists_otherwise, identity};
use crate::wire::codec::dataworks as wire;
use std::time::Duration;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyncTask;

/// The code for a name that is taken.
const EXISTS: &str = "Invalid.DI.Parameter.File.Existed";

/// How long a task that was just made may stay invisible.
const SETTLE_LIMITS: Limits = Limits {
    pause: Duration::from_millis(300),
    pause_max: Duration::from_secs(5),
    total: Duration::from_secs(60),
};

impl Whole {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let object = self.task.title();
        let at = At {
            project_id: &self.task.project_id,
            object: &object,
        };
        at.call(operation, effect)
    }
}

/// The task as it is; none when it is gone.
async fn look(session: &Session, known: &Whole) -> Result<Option<Whole>, DriverError> {
    let object = known.task.title();
    let at = At {
        project_id: &known.task.project_id,
        object: &object,
    };
    let Some(file_id) = find(session, at, known).await? else {
        return Ok(None);
    };
    if known.task.kind() == SOLUTION {
        return solution(session, at, known, &file_id).await;
    }
    let Some(file) = get_file(session, at, &file_id).await? else {
        // An import does not say what it names.
        return match known.task.kind() {
            "" => Ok(solution(session, at, known, &file_id).await.unwrap_or(None)),
            _ => Ok(None),
        };
    };
    let kind = match (known.task.kind(), task::task_type(file.file_type)) {
        ("", Some(kind)) => kind,
        ("", None) => {
            let number = file.file_type.unwrap_or_default();
            let why = format!("file {file_id} is of type {number}: neither a batch nor a real-time task");
            return Err(at.call("GetFile", Effect::Reads).rejected(why));
        }
        (kind, _) => kind,
    };
    let (text, run_status) = match kind {
        REALTIME => real_time(session, at, &file_id).await?,
        _ => (None, None),
    };
    let folder = match &file.file_folder_id {
        Some(id) if !id.is_empty() => folder_path(session, at, id).await?,
        _ => None,
    };
    let text = text.or(file.content.clone()).filter(|t| !task::is_empty(t));
    Ok(Some(Whole {
        task: task::described(&known.task, &file, folder, run_status),
        content: text.map_or_else(|| known.content.clone(), |t| content::found(&known.content, &t)),
    }))
}

/// The id of the task: the known one, or the one of the only task of its name.
async fn find(session: &Session, at: At<'_>, known: &Whole) -> Result<Option<String>, DriverError> {
    let task = &known.task;
    if let Some(file_id) = task.file_id.as_ref().filter(|id| !id.is_empty()) {
        return Ok(Some(file_id.clone()));
    }
    let kind = if task.kind().is_empty() { OFFLINE } else { task.kind() };
    let Some(file_type) = task::file_type(kind) else {
        return Ok(None);
    };
    let mut files = files_named(session, at, task.name(), file_type).await?;
    if files.len() > 1 {
        let there = |f: &wire::File| match (task.folder(), &f.absolute_folder_path) {
            (Some(meant), Some(there)) => task::same_folder(meant, there),
            _ => true,
        };
        files.retain(there);
    }
    match files.as_slice() {
        [] => Ok(None),
        [one] => Ok(one.file_id.map(|id| id.to_string())),
        many => {
            let ids: Vec<String> = many.iter().filter_map(|f| f.file_id).map(|id| id.to_string()).collect();
            let why = format!("there are {} files of this name: {}", many.len(), ids.join(", "));
            let reply = at.call("ListFiles", Effect::Reads).reply(why);
            let help = format!("import the right one as {}:<file id>", at.project_id);
            Err(DriverError::Conflict(reply).with_help(help))
        }
    }
}

/// Content and state of a real-time task. A task that was never started may have no state.
async fn real_time(
    session: &Session,
    at: At<'_>,
    file_id: &str,
) -> Result<(Option<String>, Option<String>), DriverError> {
    let call = at.call("GetDISyncTask", Effect::Reads);
    let reply = on_task(session, at, &call, file_id, REALTIME).await?;
    let text = reply.data.and_then(|d| d.code);
    let call = at.call("GetDISyncInstanceInfo", Effect::Reads);
    let state = match on_task(session, at, &call, file_id, REALTIME).await {
        Ok(reply) => reply.data.and_then(|d| d.status),
        Err(DriverError::Rejected(_)) => None,
        Err(error) => return Err(error),
    };
    Ok((text, state))
}

async fn solution(session: &Session, at: At<'_>, known: &Whole, file_id: &str) -> Result<Option<Whole>, DriverError> {
    let call = at.call("GetDISyncTask", Effect::Reads);
    let reply = on_task(session, at, &call, file_id, SOLUTION).await?;
    let found = reply.data.and_then(|d| task::of_solution(&known.task, file_id, d));
    Ok(found.map(|(task, text)| Whole {
        task,
        content: text.map_or_else(|| known.content.clone(), |t| content::found(&known.content, &t)),
    }))
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let meant = Whole::of(planned)?;
    let call = meant.call("CreateDISyncTask", Effect::Writes);
    let parameters = task::create_parameters(&meant, &session.token());
    let reply: Result<wire::TaskReply, _> = rpc::send_parameters(session, DATAWORKS, &call, parameters).await;
    let file_id = match reply {
        Ok(reply) => match reply.data.and_then(|d| d.file_id) {
            Some(file_id) => file_id.to_string(),
            None => return Err(call.garbled("it names no FileId").into()),
        },
        Err(refusal @ (DriverError::Rejected(_) | DriverError::Conflict(_))) => {
            let there = existing(session, &call, &meant, refusal).await?;
            return Ok(there.known(&call, planned)?);
        }
        Err(error) => return Err(error.into()),
    };
    let mut made = Whole {
        task: meant.task.numbered(&file_id),
        content: meant.content.clone(),
    };
    let noted = made.known(&call, planned)?;
    let finished = async {
        session.note_identity(&call, &noted).await?;
        session
            .poll(&call, "the new task's first description", SETTLE_LIMITS, || {
                look(session, &made)
            })
            .await
    };
    match finished.await {
        Ok(found) => {
            made.task = accepted(&meant.task, found.task);
            Ok(made.known(&call, planned)?)
        }
        Err(error) => Err(Failure {
            error,
            partial: Some(noted),
        }),
    }
}

/// The task that a refused creation found in its way, when it is the one that was meant: one that an earlier attempt made.
async fn existing(session: &Session, call: &Call, meant: &Whole, refusal: DriverError) -> Result<Whole, DriverError> {
    let taken = code(&refusal) == EXISTS;
    // A refusal without a code may have the same reason.
    if !taken && !code(&refusal).is_empty() {
        return Err(explained(refusal));
    }
    let Some(there) = look(session, meant).await? else {
        return Err(explained(refusal));
    };
    let different = task::unlike(meant, &there);
    match (different.is_empty(), taken) {
        (true, _) => Ok(Whole {
            content: meant.content.clone(),
            ..there
        }),
        (false, true) => {
            let help = "choose another task_name, or import the task and plan the change";
            Err(exists_otherwise(call, &different, help))
        }
        (false, false) => Err(explained(refusal)),
    }
}

fn explained(error: DriverError) -> DriverError {
    match &error {
        DriverError::Rejected(reply) if reply.message.contains("Invalid path") => error.with_help(
            "file_folder_path names the parts in the language of the workspace, Business Flow/<name>/Data Integration or \
             业务流程/<name>/数据集成, and the workflow must exist",
        ),
        _ => error,
    }
}

/// What was asked for and accepted, with what the cloud alone decides.
fn accepted(meant: &Task, found: Task) -> Task {
    Task {
        task_type: meant.task_type.clone(),
        task_name: meant.task_name.clone(),
        task_param: meant.task_param.clone(),
        ..found
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let (old, mut new) = (Whole::of(prior)?, Whole::of(planned)?);
    let file_id = old.task.file_id.clone().unwrap_or_default();
    new.task = new.task.numbered(&file_id);
    let call = new.call("UpdateDISyncTask", Effect::Writes);
    let fixed = |w: &Whole| (w.task.project_id.clone(), w.task.task_type.clone());
    if fixed(&old) != fixed(&new) || new.task.kind() != OFFLINE {
        let why = "only batch tasks can be changed; project_id and task_type only by replacing the task";
        return Err(call.rejected(why).into());
    }
    let parameters = task::update_parameters(&old, &new).map_err(|why| call.rejected(why))?;
    let mut now = old.clone();
    let finished = async {
        if let Some(parameters) = parameters {
            let _: wire::TaskReply = rpc::send_parameters(session, DATAWORKS, &call, parameters).await?;
            now.content = new.content.clone();
            now.task.task_param = new.task.task_param.clone().map(|param| task::TaskParam {
                file_folder_path: old.task.folder().map(str::to_string),
                ..param
            });
        }
        let form = task::file_parameters(&old.task, &new.task);
        if !form.is_empty() {
            let call = new.call("UpdateFile", Effect::Writes);
            let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let _: wire::DoneReply = by_form(session, &call, &form).await.map_err(explained)?;
        }
        now = new.clone();
        let gone = || DriverError::Failed(call.reply("the task is gone after the change"));
        look(session, &new).await?.ok_or_else(gone)
    };
    match finished.await {
        Ok(found) => {
            new.task = accepted(&new.task, found.task);
            Ok(new.known(&call, planned)?)
        }
        Err(error) => Err(Failure {
            error,
            partial: Some(now.known(&call, prior)?),
        }),
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let whole = Whole::of(prior)?;
    let object = whole.task.title();
    let at = At {
        project_id: &whole.task.project_id,
        object: &object,
    };
    let Some(file_id) = find(session, at, &whole).await? else {
        return Ok(());
    };
    match whole.task.kind() {
        SOLUTION => refuse_solution(session, at, &whole, &file_id).await,
        REALTIME => {
            let call = at.call("DeleteDISyncTask", Effect::Writes);
            match on_task(session, at, &call, &file_id, REALTIME).await {
                Ok(_) => Ok(()),
                Err(error) => unless_gone(session, at, &file_id, error).await.map_err(still_running),
            }
        }
        _ => delete_file(session, at, &file_id).await,
    }
}

async fn delete_file(session: &Session, at: At<'_>, file_id: &str) -> Result<(), DriverError> {
    let call = at.call("DeleteFile", Effect::Writes);
    let form = [("FileId", file_id), ("ProjectId", at.project_id)];
    let reply: Result<wire::DeleteFileReply, _> = by_form(session, &call, &form).await;
    let deployment = match reply {
        Ok(reply) => reply.deployment_id,
        Err(error) => return unless_gone(session, at, file_id, error).await,
    };
    // None means that the file was in no schedule and is gone already.
    match deployment.filter(|id| *id != 0) {
        None => Ok(()),
        Some(id) => deployed(session, at, &id.to_string()).await,
    }
}

/// Waits for a deployment.
async fn deployed(session: &Session, at: At<'_>, deployment_id: &str) -> Result<(), DriverError> {
    let call = at.call("GetDeployment", Effect::Reads);
    let call = &call;
    session
        .poll(
            call,
            "taking the task out of the schedule",
            Limits::default(),
            || async move {
                let form = [("DeploymentId", deployment_id), ("ProjectId", at.project_id)];
                let reply: wire::DeploymentReply = by_form(session, call, &form).await?;
                let deployment = reply.data.and_then(|d| d.deployment).unwrap_or_default();
                match deployment.status {
                    Some(1) => Ok(Some(())),
                    Some(2) => {
                        let why = deployment.error_message.unwrap_or_else(|| "no explanation".to_string());
                        let why = format!("deployment {deployment_id} failed: {why}");
                        Err(DriverError::Failed(call.reply(why)))
                    }
                    _ => Ok(None),
                }
            },
        )
        .await
}

/// Success when a deletion was refused because there is nothing to delete.
async fn unless_gone(session: &Session, at: At<'_>, file_id: &str, error: DriverError) -> Result<(), DriverError> {
    let refused = matches!(error, DriverError::Rejected(_) | DriverError::Failed(_));
    match refused && !is_listed(session, at, file_id).await? {
        true => Ok(()),
        false => Err(error),
    }
}

fn still_running(error: DriverError) -> DriverError {
    match error {
        DriverError::Rejected(_) => {
            error.with_help("a task that runs can't be deleted; stop it in Operation Center first")
        }
        other => other,
    }
}

/// No call deletes a solution. One that somebody deleted in the console is gone all the same.
async fn refuse_solution(session: &Session, at: At<'_>, whole: &Whole, file_id: &str) -> Result<(), DriverError> {
    if matches!(solution(session, at, whole, file_id).await, Ok(None)) {
        return Ok(());
    }
    let call = at.call("DeleteDISyncTask", Effect::Writes);
    let help = "delete it in the DataWorks console, then take it out of the state with `headworks state rm`";
    Err(call
        .rejected("the API of DataWorks can't delete a solution")
        .with_help(help))
}

impl Driver for SyncTask {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let known = Whole::of(prior)?;
            let call = known.call("GetFile", Effect::Reads);
            let found = look(session, &known).await?;
            found.map(|f| f.known(&call, prior)).transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        session: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(update(session, prior, planned))
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match id.split_once(':') {
            Some((project, file)) if digits(project) && digits(file) => {
                identity(&[("project_id", project), ("file_id", file)])
            }
            Some((project, name)) if digits(project) && !name.is_empty() => {
                identity(&[("project_id", project), ("task_name", name)])
            }
            _ => Err("a sync task is imported as <project id>:<file id>, for example 10000:1000001".to_string()),
        }
    }
}
