//! A task as the state has it, and the parameters of the calls that make and change it. Decides what is sent; sends
//! nothing.
//!
//! Source: DataWorks API reference 2020-05-18, CreateDISyncTask, UpdateDISyncTask, UpdateFile.

use super::{At, content, pairs};
use crate::base::{Known, Type, Value};
use crate::driver::{Call, DriverError, Effect};
use crate::drivers::alicloud::rpc::Parameters;
use crate::drivers::object::{decode, encode, integer};
use crate::wire::codec::dataworks as wire;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A batch task, a file of type 23.
pub(super) const OFFLINE: &str = "DI_OFFLINE";
/// A real-time task, a file of type 900.
pub(super) const REALTIME: &str = "DI_REALTIME";
/// A solution, which is no file.
pub(super) const SOLUTION: &str = "DI_SOLUTION";

/// A task without its content, which is a value of any type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Task {
    pub(super) id: Option<String>,
    pub(super) project_id: String,
    pub(super) task_type: Option<String>,
    pub(super) task_name: Option<String>,
    pub(super) task_param: Option<TaskParam>,
    pub(super) file_id: Option<String>,
    pub(super) commit_status: Option<String>,
    #[serde(deserialize_with = "integer")]
    pub(super) current_version: Option<i64>,
    pub(super) run_status: Option<String>,
}

/// `TaskParam`, here and on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TaskParam {
    pub(super) file_folder_path: Option<String>,
    pub(super) resource_group: Option<String>,
    pub(super) cu: Option<serde_json::Number>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireParam<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file_folder_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cu: Option<&'a serde_json::Number>,
}

impl WireParam<'_> {
    /// None where there is nothing to say.
    fn text(&self) -> Option<String> {
        let none = self.file_folder_path.is_none() && self.resource_group.is_none() && self.cu.is_none();
        (!none).then(|| serde_json::to_string(self).unwrap_or_default())
    }
}

/// A task with its content.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) task: Task,
    pub(super) content: Value,
}

impl Whole {
    pub(super) fn of(object: &Known) -> Result<Whole, DriverError> {
        let at = At {
            project_id: "",
            object: "",
        };
        let task: Task = decode(&at.call("GetFile", Effect::Reads), object)?;
        let content = object.value().get("task_content").cloned();
        Ok(Whole {
            task,
            content: content.unwrap_or_else(|| Value::null(Type::Dynamic)),
        })
    }

    /// The object in the form of `like`.
    pub(super) fn known(&self, call: &Call, like: &Known) -> Result<Known, DriverError> {
        let object = encode(call, like, &self.task)?;
        let mut entries = object.value().entries().cloned().unwrap_or_default();
        entries.insert("task_content".into(), self.content.clone());
        Known::new(Value::object(entries)).ok_or_else(|| call.rejected("the content is not known"))
    }
}

impl Task {
    pub(super) fn name(&self) -> &str {
        self.task_name.as_deref().unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.task_type.as_deref().unwrap_or_default()
    }

    /// What messages call it.
    pub(super) fn title(&self) -> String {
        match (self.name(), &self.file_id) {
            ("", Some(file_id)) => format!("sync task {file_id}"),
            (name, _) => format!("sync task {name}"),
        }
    }

    pub(super) fn folder(&self) -> Option<&str> {
        self.task_param.as_ref()?.file_folder_path.as_deref()
    }

    /// The same task under the id that the cloud gave it.
    pub(super) fn numbered(&self, file_id: &str) -> Task {
        Task {
            id: Some(format!("{}:{file_id}", self.project_id)),
            file_id: Some(file_id.to_string()),
            ..self.clone()
        }
    }
}

/// The number by which lists of files name a type of task; none for what is no file.
pub(super) fn file_type(task_type: &str) -> Option<&'static str> {
    match task_type {
        OFFLINE => Some("23"),
        REALTIME => Some("900"),
        _ => None,
    }
}

/// The type of task that a file is; none for a file that is none.
pub(super) fn task_type(file_type: Option<i64>) -> Option<&'static str> {
    match file_type {
        Some(23) | None => Some(OFFLINE),
        Some(900) => Some(REALTIME),
        Some(_) => None,
    }
}

/// The task that a file is. What no reply has stays as `known` says; the folder keeps its spelling.
pub(super) fn described(known: &Task, file: &wire::File, folder: Option<String>, run_status: Option<String>) -> Task {
    let given = known.task_param.clone().unwrap_or_default();
    let file_folder_path = match (given.file_folder_path.clone(), folder) {
        (Some(known), Some(found)) if same_folder(&known, &found) => Some(known),
        (known, found) => found.or(known),
    };
    let param = TaskParam {
        file_folder_path,
        ..given
    };
    let file_id = file.file_id.map(|id| id.to_string()).or_else(|| known.file_id.clone());
    let commit_status = file.commit_status.map(|s| match s {
        0 => "DRAFT".to_string(),
        1 => "COMMITTED".to_string(),
        other => other.to_string(),
    });
    let task = Task {
        task_type: known
            .task_type
            .clone()
            .or_else(|| task_type(file.file_type).map(str::to_string)),
        task_name: file.file_name.clone().or_else(|| known.task_name.clone()),
        task_param: (param != TaskParam::default())
            .then_some(param)
            .or_else(|| known.task_param.clone()),
        commit_status,
        current_version: file.current_version,
        run_status,
        ..known.clone()
    };
    match file_id {
        Some(file_id) => task.numbered(&file_id),
        None => task,
    }
}

/// Whether two paths name one folder: workspaces in English, workspaces in Chinese and the calls on folders spell the
/// first and the third part differently.
pub(super) fn same_folder(a: &str, b: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split('/').map(str::trim).filter(|p| !p.is_empty()).enumerate();
        parts
            .map(|(i, part)| match (i, part) {
                (0, "业务流程" | "Workflow") => "Business Flow".to_string(),
                (2, "数据集成" | "folderDi") => "Data Integration".to_string(),
                _ => part.to_string(),
            })
            .collect()
    };
    parts(a) == parts(b)
}

/// Parameters of CreateDISyncTask: the content in the form, all else in the address.
pub(super) fn create_parameters(whole: &Whole, token: &str) -> Parameters {
    let task = &whole.task;
    let given = task.task_param.clone().unwrap_or_default();
    let param = WireParam {
        file_folder_path: given.file_folder_path.as_deref(),
        resource_group: given.resource_group.as_deref(),
        cu: given.cu.as_ref(),
    };
    let mut query = pairs(&[
        ("ClientToken", token),
        ("ProjectId", &task.project_id),
        ("TaskName", task.name()),
    ]);
    query.extend(param.text().map(|text| ("TaskParam".to_string(), text)));
    query.extend(pairs(&[("TaskType", task.kind())]));
    Parameters {
        query,
        form: pairs(&[("TaskContent", &content::text(&whole.content))]),
    }
}

/// Parameters of UpdateDISyncTask, all in the address: only what changes; none when nothing does.
///
/// # Errors
/// A setting that the call can't take away.
pub(super) fn update_parameters(prior: &Whole, planned: &Whole) -> Result<Option<Parameters>, String> {
    let (old, new) = (
        prior.task.task_param.clone().unwrap_or_default(),
        planned.task.task_param.clone().unwrap_or_default(),
    );
    for (name, was, is) in [
        (
            "resource_group",
            old.resource_group.is_some(),
            new.resource_group.is_some(),
        ),
        ("cu", old.cu.is_some(), new.cu.is_some()),
    ] {
        if was && !is {
            return Err(format!(
                "task_param.{name} can be changed, but not taken away; give it a value"
            ));
        }
    }
    let param = WireParam {
        file_folder_path: None,
        resource_group: new
            .resource_group
            .as_deref()
            .filter(|_| old.resource_group != new.resource_group),
        cu: new.cu.as_ref().filter(|_| old.cu != new.cu),
    };
    let same: Option<bool> = match (content::document(&prior.content), content::document(&planned.content)) {
        (Some(old), Some(new)) => Some(old == new),
        _ => None,
    };
    let text = (same != Some(true)).then(|| content::text(&planned.content));
    let param = param.text();
    if text.is_none() && param.is_none() {
        return Ok(None);
    }
    let file_id = planned.task.file_id.as_deref().or(prior.task.file_id.as_deref());
    let mut query = pairs(&[
        ("FileId", file_id.unwrap_or_default()),
        ("ProjectId", &planned.task.project_id),
    ]);
    query.extend(text.map(|t| ("TaskContent".to_string(), t)));
    query.extend(param.map(|p| ("TaskParam".to_string(), p)));
    query.extend(pairs(&[("TaskType", planned.task.kind())]));
    Ok(Some(Parameters {
        query,
        form: Vec::new(),
    }))
}

/// Parameters of UpdateFile, which renames and moves; none when neither is asked for.
pub(super) fn file_parameters(prior: &Task, planned: &Task) -> Vec<(String, String)> {
    let moved = match (prior.folder(), planned.folder()) {
        (Some(old), Some(new)) => Some(new).filter(|new| old != *new),
        (_, new) => new,
    };
    let renamed = planned.task_name.as_deref().filter(|new| prior.name() != *new);
    if moved.is_none() && renamed.is_none() {
        return Vec::new();
    }
    let file_id = planned.file_id.as_deref().or(prior.file_id.as_deref());
    let mut form = Vec::new();
    form.extend(moved.map(|path| ("FileFolderPath".to_string(), path.to_string())));
    form.push(("FileId".to_string(), file_id.unwrap_or_default().to_string()));
    form.extend(renamed.map(|name| ("FileName".to_string(), name.to_string())));
    form.push(("ProjectId".to_string(), planned.project_id.clone()));
    form
}

/// The differences between a task that was meant and one of its name that is there.
pub(super) fn unlike(meant: &Whole, there: &Whole) -> Vec<String> {
    const LEFT_TO_CLOUD: &[&str] = &["id", "file_id", "commit_status", "current_version", "run_status"];
    let mut out = crate::drivers::object::differences(&meant.task, &there.task, LEFT_TO_CLOUD);
    let held = match (content::document(&meant.content), content::document(&there.content)) {
        (Some(meant), Some(there)) => content::holds(&meant, &there),
        (None, None) => meant.content == there.content,
        _ => false,
    };
    if !held {
        out.push("task_content is another document".to_string());
    }
    out
}

/// What a solution says of itself: its name and content.
pub(super) fn of_solution(known: &Task, file_id: &str, data: wire::TaskData) -> Option<(Task, Option<String>)> {
    let detail = data.solution_detail;
    if detail.is_none() && data.code.is_none() {
        return None;
    }
    let detail = detail.unwrap_or_default();
    let task = Task {
        task_type: Some(SOLUTION.to_string()),
        task_name: detail.name.or_else(|| known.task_name.clone()),
        run_status: detail.status,
        ..known.clone()
    };
    let text = data.code.or(detail.process_content).filter(|t| !t.is_empty());
    Some((task.numbered(file_id), text))
}

/// Whether text is JSON that says `null` or nothing at all.
pub(super) fn is_empty(text: &str) -> bool {
    text.trim().is_empty() || matches!(serde_json::from_str(text), Ok(Json::Null))
}
