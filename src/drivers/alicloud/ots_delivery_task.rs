//! `alicloud_ots_delivery_task`: a task that delivers a Tablestore table to an OSS bucket as Parquet objects.
//! A task cannot be changed, only made again: no SDK sends UpdateDeliveryTask.
//!
//! Source: Tablestore Go SDK `delivery.proto`, Java SDK `OtsDelivery.proto`; Tablestore "Create delivery tasks".

use super::ots;
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, filled, identity};
use crate::wire::codec::ots as wire;
use crate::wire::codec::ots::{
    DeliveryError, DeliveryTaskType, EventTimeFormat, ObjectFormat, ParquetEncoding, ParquetType, TaskSyncPhase,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryTask;

/// Attributes that the cloud sets.
const LEFT_TO_CLOUD: &[&str] = &[
    "id",
    "sync_phase",
    "current_sync_timestamp",
    "error_code",
    "error_detail",
];

/// A task that is being set up can't be deleted; setting up takes up to one minute (Tablestore "Quick start").
const DELETE_LIMITS: Limits = Limits {
    pause: Duration::from_secs(2),
    pause_max: Duration::from_secs(10),
    total: Duration::from_secs(180),
};

/// How long a task that was just made may stay invisible.
const APPEAR_LIMITS: Limits = Limits {
    pause: Duration::from_millis(200),
    pause_max: Duration::from_secs(2),
    total: Duration::from_secs(20),
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Task {
    id: Option<String>,
    instance_name: String,
    table_name: String,
    task_name: String,
    task_type: Option<String>,
    oss_prefix: Option<String>,
    oss_bucket: Option<String>,
    oss_endpoint: Option<String>,
    oss_sts_role: Option<String>,
    format: Option<String>,
    event_time_column: Option<EventTimeColumn>,
    schema: Option<Vec<Column>>,
    sync_phase: Option<String>,
    current_sync_timestamp: Option<i64>,
    error_code: Option<String>,
    error_detail: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct EventTimeColumn {
    column_name: Option<String>,
    time_format: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Column {
    column_name: Option<String>,
    oss_column_name: Option<String>,
    r#type: Option<String>,
    encode: Option<String>,
    type_extend: Option<String>,
}

impl Task {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let object = format!(
            "task {} of table {} in instance {}",
            self.task_name, self.table_name, self.instance_name
        );
        Call::new(ots::SERVICE, operation, effect, object)
    }
}

/// The number of a name; a number that this version has no name for stands for itself.
fn number<E: Copy + Into<i32>>(attribute: &str, name: &str, named: impl Fn(&str) -> Option<E>) -> Result<i32, String> {
    named(name)
        .map(Into::into)
        .or_else(|| name.parse().ok())
        .ok_or_else(|| format!("{attribute} {name:?} is not one that Tablestore knows"))
}

/// Type, format and encoding are always sent, zero or not: the SDKs do, and disagree on what their absence means.
fn create_request(task: &Task) -> Result<wire::CreateDeliveryTaskRequest, String> {
    let task_type = task.task_type.as_deref().unwrap_or("BASE_INC");
    let format = task.format.as_deref().unwrap_or("Parquet");
    let event = task.event_time_column.as_ref().map(|column| {
        let time_format = column.time_format.as_deref();
        Ok::<_, String>(wire::EventColumn {
            column_name: column.column_name.clone(),
            time_format: time_format
                .map(|f| number("time_format", f, EventTimeFormat::from_api_name))
                .transpose()?,
        })
    });
    let columns = task.schema.iter().flatten().map(column_message);
    Ok(wire::CreateDeliveryTaskRequest {
        table_name: Some(task.table_name.clone()),
        task_name: Some(task.task_name.clone()),
        task_config: Some(wire::OssTaskConfig {
            oss_prefix: task.oss_prefix.clone(),
            oss_bucket: task.oss_bucket.clone(),
            oss_endpoint: task.oss_endpoint.clone(),
            oss_sts_role: task.oss_sts_role.clone(),
            event_time_column: event.transpose()?,
            format: Some(number("format", format, ObjectFormat::from_api_name)?),
            schema: columns.collect::<Result<_, _>>()?,
            ..wire::OssTaskConfig::default()
        }),
        task_type: Some(number("task_type", task_type, DeliveryTaskType::from_api_name)?),
    })
}

fn column_message(column: &Column) -> Result<wire::ParquetSchema, String> {
    let encode = column.encode.as_deref().unwrap_or("PLAIN");
    let ty = column.r#type.as_deref();
    Ok(wire::ParquetSchema {
        column_name: column.column_name.clone(),
        oss_column_name: column.oss_column_name.clone().or_else(|| column.column_name.clone()),
        r#type: ty.map(|t| number("type", t, ParquetType::from_api_name)).transpose()?,
        encode: Some(number("encode", encode, ParquetEncoding::from_api_name)?),
        type_extend: column.type_extend.clone().filter(|t| !t.is_empty()),
    })
}

/// The object that a reply describes. What the reply lacks is not made up, but for zeros that proto2 may leave out.
fn described(known: &Task, reply: wire::DescribeDeliveryTaskResponse) -> Task {
    let config = reply.task_config.unwrap_or_default();
    let stat = reply.task_sync_stat.unwrap_or_default();
    let event = config.event_time_column.map(|column| EventTimeColumn {
        column_name: column.column_name,
        time_format: column.time_format.map(EventTimeFormat::api_name_of),
    });
    let actual = Task {
        id: Some(format!(
            "{}:{}:{}",
            known.instance_name, known.table_name, known.task_name
        )),
        instance_name: known.instance_name.clone(),
        table_name: known.table_name.clone(),
        task_name: known.task_name.clone(),
        task_type: reply.task_type.map(DeliveryTaskType::api_name_of),
        oss_prefix: filled(config.oss_prefix),
        oss_bucket: filled(config.oss_bucket),
        oss_endpoint: filled(config.oss_endpoint),
        oss_sts_role: filled(config.oss_sts_role),
        format: Some(ObjectFormat::api_name_of(config.format.unwrap_or_default())),
        event_time_column: event.filter(|e| *e != EventTimeColumn::default()),
        schema: Some(config.schema.into_iter().map(column_object).collect()),
        sync_phase: Some(TaskSyncPhase::api_name_of(stat.task_sync_phase.unwrap_or_default())),
        current_sync_timestamp: stat.current_sync_timestamp,
        error_code: Some(DeliveryError::api_name_of(stat.error_code.unwrap_or_default())),
        error_detail: filled(stat.detail),
    };
    in_spelling_of(known, actual)
}

fn column_object(column: wire::ParquetSchema) -> Column {
    Column {
        column_name: column.column_name,
        oss_column_name: column.oss_column_name,
        r#type: column.r#type.map(ParquetType::api_name_of),
        encode: Some(ParquetEncoding::api_name_of(column.encode.unwrap_or_default())),
        type_extend: column.type_extend.filter(|t| !t.is_empty()),
    }
}

/// Keeps the spelling of what is known where it means the same: the case of the role, and defaults left out.
fn in_spelling_of(known: &Task, mut actual: Task) -> Task {
    if let (Some(old), Some(new)) = (&known.oss_sts_role, &actual.oss_sts_role)
        && old.eq_ignore_ascii_case(new)
    {
        actual.oss_sts_role = Some(old.clone());
    }
    let imported = known.oss_bucket.is_none();
    if !imported && known.format.is_none() && actual.format.as_deref() == Some("Parquet") {
        actual.format = None;
    }
    let columns = actual.schema.iter_mut().flatten();
    for (old, new) in known.schema.iter().flatten().zip(columns) {
        if old.encode.is_none() && new.encode.as_deref() == Some("PLAIN") {
            new.encode = None;
        }
        if old.oss_column_name.is_none() && new.oss_column_name == new.column_name {
            new.oss_column_name = None;
        }
        if old.type_extend.as_deref() == Some("") && new.type_extend.is_none() {
            new.type_extend = Some(String::new());
        }
    }
    actual
}

/// The task as it is; none when it or its table is gone. No document says how Describe refuses a task that does not
/// exist, so a refusal is settled by the list of the table's tasks.
async fn look(session: &Session, task: &Task) -> Result<Option<Task>, DriverError> {
    let call = task.call("DescribeDeliveryTask", Effect::Reads);
    let request = wire::DescribeDeliveryTaskRequest {
        table_name: Some(task.table_name.clone()),
        task_name: Some(task.task_name.clone()),
    };
    let refusal = match ots::send(session, &call, &task.instance_name, &request).await {
        Ok(reply) => return Ok(Some(described(task, reply))),
        Err(error @ DriverError::Rejected(_)) => error,
        Err(error) => return Err(error),
    };
    match is_listed(session, task).await? {
        true => Err(refusal),
        false => Ok(None),
    }
}

/// Whether the table has a task of that name; a table that is gone has none.
async fn is_listed(session: &Session, task: &Task) -> Result<bool, DriverError> {
    let call = task.call("ListDeliveryTask", Effect::Reads);
    let request = wire::ListDeliveryTaskRequest {
        table_name: Some(task.table_name.clone()),
    };
    let reply: Result<wire::ListDeliveryTaskResponse, _> =
        ots::send(session, &call, &task.instance_name, &request).await;
    match reply {
        Ok(list) => Ok(list
            .tasks
            .iter()
            .any(|t| t.task_name.as_deref() == Some(task.task_name.as_str()))),
        Err(error) if code(&error) == ots::NO_OBJECT => Ok(false),
        Err(error) => Err(error),
    }
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let call = Call::new(ots::SERVICE, "CreateDeliveryTask", Effect::Writes, "");
    let task: Task = decode(&call, planned)?;
    let call = task.call("CreateDeliveryTask", Effect::Writes);
    let request = create_request(&task).map_err(|why| call.rejected(why))?;
    let made: Result<wire::CreateDeliveryTaskResponse, _> =
        ots::send(session, &call, &task.instance_name, &request).await;
    if let Err(refusal) = made {
        // A second attempt after a lost reply is refused like any other task of the same name.
        let asked = matches!(refusal, DriverError::Rejected(_) | DriverError::Conflict(_));
        let Some(actual) = (if asked { look(session, &task).await? } else { None }) else {
            return Err(refusal.into());
        };
        let different = differences(&in_full(&task), &in_full(&actual), LEFT_TO_CLOUD);
        if !different.is_empty() {
            let help = "choose another task_name, delete the task, or import it and plan the change";
            return Err(exists_otherwise(&call, &different, help).into());
        }
        return Ok(encode(&call, planned, &actual)?);
    }
    let seen = session
        .poll(&call, "the new task's first description", APPEAR_LIMITS, || {
            look(session, &task)
        })
        .await;
    match seen {
        Ok(actual) => Ok(encode(&call, planned, &actual)?),
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&call, planned, &as_made(&task))?),
        }),
    }
}

/// What is known of a task that was made and could not be looked at.
fn as_made(task: &Task) -> Task {
    Task {
        id: Some(format!("{}:{}:{}", task.instance_name, task.table_name, task.task_name)),
        sync_phase: Some("INIT".to_string()),
        ..task.clone()
    }
}

/// With every default written out, for comparison.
fn in_full(task: &Task) -> Task {
    let mut full = Task {
        id: None,
        format: Some(task.format.clone().unwrap_or_else(|| "Parquet".to_string())),
        task_type: Some(task.task_type.clone().unwrap_or_else(|| "BASE_INC".to_string())),
        oss_sts_role: task.oss_sts_role.as_ref().map(|r| r.to_ascii_lowercase()),
        sync_phase: None,
        current_sync_timestamp: None,
        error_code: None,
        error_detail: None,
        ..task.clone()
    };
    for column in full.schema.iter_mut().flatten() {
        column.encode.get_or_insert_with(|| "PLAIN".to_string());
        if column.oss_column_name.is_none() {
            column.oss_column_name.clone_from(&column.column_name);
        }
        column.type_extend = column.type_extend.take().filter(|t| !t.is_empty());
    }
    full
}

/// Deletes, and while the task is being set up tries again.
async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let call = Call::new(ots::SERVICE, "DeleteDeliveryTask", Effect::Writes, "");
    let task: Task = decode(&call, prior)?;
    let call = task.call("DeleteDeliveryTask", Effect::Writes);
    let request = wire::DeleteDeliveryTaskRequest {
        table_name: Some(task.table_name.clone()),
        task_name: Some(task.task_name.clone()),
    };
    let (call, request, task) = (&call, &request, &task);
    session
        .poll(call, "the deletion", DELETE_LIMITS, || async move {
            let reply: Result<wire::DeleteDeliveryTaskResponse, _> =
                ots::send(session, call, &task.instance_name, request).await;
            match reply {
                Ok(_) => Ok((!is_listed(session, task).await?).then_some(())),
                Err(error) if code(&error) == ots::NO_OBJECT => Ok(Some(())),
                Err(error @ (DriverError::Rejected(_) | DriverError::Conflict(_))) => {
                    match look(session, task).await? {
                        None => Ok(Some(())),
                        Some(now) if now.sync_phase.as_deref() == Some("INIT") => Ok(None),
                        Some(_) => Err(error),
                    }
                }
                Err(error) => Err(error),
            }
        })
        .await
}

impl Driver for DeliveryTask {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let call = Call::new(ots::SERVICE, "DescribeDeliveryTask", Effect::Reads, "");
            let task: Task = decode(&call, prior)?;
            let actual = look(session, &task).await?;
            actual.map(|a| encode(&call, prior, &a)).transpose()
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
        Box::pin(async move {
            let call = Call::new(ots::SERVICE, "DescribeDeliveryTask", Effect::Reads, "");
            let (old, new): (Task, Task) = (decode(&call, prior)?, decode(&call, planned)?);
            let call = new.call("DescribeDeliveryTask", Effect::Reads);
            let changed = differences(&in_full(&new), &in_full(&old), LEFT_TO_CLOUD);
            if !changed.is_empty() {
                let why = format!("a delivery task can only be replaced: {}", changed.join("; "));
                return Err(call.rejected(why).into());
            }
            match look(session, &new).await? {
                Some(actual) => Ok(encode(&call, planned, &actual)?),
                None => Err(call.rejected("the task is gone").into()),
            }
        })
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        match id.split(':').collect::<Vec<_>>()[..] {
            [instance, table, task] if ![instance, table, task].contains(&"") => {
                identity(&[("instance_name", instance), ("table_name", table), ("task_name", task)])
            }
            _ => Err("a delivery task is imported as <instance_name>:<table_name>:<task_name>".to_string()),
        }
    }
}
