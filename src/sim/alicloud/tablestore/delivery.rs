//! Create, Describe, List and DeleteDeliveryTask, and how a task fares over time: INIT, FULL, INCR, and
//! what is wrong with its role or bucket. The documentation lists no errors for these operations; the
//! codes here are the ones Tablestore uses for tables.

use super::Answer;
use super::checks;
use super::model::{DeliveryTask, Instance, SchemaColumn, TaskConfig};
use super::reply::OtsError;
use super::tables;
use crate::sim::alicloud::oss::{endpoint_region, model::Bucket};
use crate::sim::alicloud::roles::{DELIVERY_SERVICE, Role, role_key, split_arn};
use crate::sim::world::{Now, Object, World};
use crate::wire::codec::ots;
use prost::Message;

/// CreateDeliveryTask.
pub(super) fn create(sent: ots::CreateDeliveryTaskRequest, instance: &Instance, world: &mut World, now: Now) -> Answer {
    let lenient = world.settings.lenient_task_names;
    let name = checks::task_name(sent.task_name.as_deref(), lenient)?.to_string();
    // BASE_INC is the documented default; the Go SDK always sends a type, BASE unless set.
    let number = sent.task_type.unwrap_or(ots::DeliveryTaskType::BaseInc as i32);
    let task_type: ots::DeliveryTaskType = checks::named("taskType", number)?;
    let config = checks::task_config(sent.task_config)?;
    let table = tables::ready(world, instance, sent.table_name.as_deref(), now)?;
    let task = DeliveryTask {
        instance: instance.name.clone(),
        table: table.name,
        name,
        task_type: task_type.as_api_name().to_string(),
        config,
        created_ms: now.world_ms,
    };
    if world.has::<DeliveryTask>(&task.key()) {
        return Err(OtsError::new(
            409,
            "OTSObjectAlreadyExist",
            "Requested delivery task already exists.",
        ));
    }
    world.put(&task);
    Ok(ots::CreateDeliveryTaskResponse::default().encode_to_vec())
}

fn find(world: &World, instance: &Instance, table: Option<&str>, task: Option<&str>) -> Result<DeliveryTask, OtsError> {
    let table = tables::find(world, instance, table)?;
    let name = checks::task_name(task, true)?;
    world
        .get::<DeliveryTask>(&format!("{}/{name}", table.key()))
        .ok_or_else(|| OtsError::new(404, "OTSObjectNotExist", "Requested delivery task does not exist."))
}

/// DescribeDeliveryTask.
pub(super) fn describe(
    sent: &ots::DescribeDeliveryTaskRequest,
    instance: &Instance,
    world: &World,
    now: Now,
) -> Answer {
    let task = find(world, instance, sent.table_name.as_deref(), sent.task_name.as_deref())?;
    let reply = ots::DescribeDeliveryTaskResponse {
        task_config: Some(config(&task.config)),
        task_sync_stat: Some(progress(&task, instance, world, now)),
        task_type: type_number(&task),
    };
    Ok(reply.encode_to_vec())
}

/// ListDeliveryTask.
pub(super) fn list(sent: &ots::ListDeliveryTaskRequest, instance: &Instance, world: &World) -> Answer {
    let table = tables::find(world, instance, sent.table_name.as_deref())?;
    let tasks = world
        .list::<DeliveryTask>(&format!("{}/", table.key()))
        .into_iter()
        .map(|t| ots::DeliveryTaskInfo {
            task_type: type_number(&t),
            table_name: Some(t.table),
            task_name: Some(t.name),
        })
        .collect();
    Ok(ots::ListDeliveryTaskResponse { tasks }.encode_to_vec())
}

/// DeleteDeliveryTask. Refused while the task initialises: the documentation says so and tells to try
/// again later, but gives no code. Assumed: the conflict that every SDK retries.
pub(super) fn delete(
    sent: &ots::DeleteDeliveryTaskRequest,
    instance: &Instance,
    world: &mut World,
    now: Now,
) -> Answer {
    let task = find(world, instance, sent.table_name.as_deref(), sent.task_name.as_deref())?;
    let ready = task.created_ms.saturating_add(world.settings.task_init_ms);
    if now.world_ms < ready {
        return Err(OtsError::new(
            409,
            "OTSRowOperationConflict",
            "The delivery task is initializing. Try again later.",
        ));
    }
    world.remove::<DeliveryTask>(&task.key());
    Ok(ots::DeleteDeliveryTaskResponse::default().encode_to_vec())
}

fn type_number(task: &DeliveryTask) -> Option<i32> {
    ots::DeliveryTaskType::from_api_name(&task.task_type).map(|t| t as i32)
}

fn config(config: &TaskConfig) -> ots::OssTaskConfig {
    ots::OssTaskConfig {
        oss_prefix: Some(config.oss_prefix.clone()),
        formatter: None,
        oss_dirty_prefix: config.oss_dirty_prefix.clone(),
        oss_bucket: Some(config.oss_bucket.clone()),
        oss_endpoint: Some(config.oss_endpoint.clone()),
        oss_sts_role: Some(config.oss_sts_role.clone()),
        event_time_column: config.event_time_column.as_ref().map(|c| ots::EventColumn {
            column_name: Some(c.column_name.clone()),
            time_format: ots::EventTimeFormat::from_api_name(&c.time_format).map(|f| f as i32),
        }),
        format: Some(ots::ObjectFormat::Parquet as i32),
        schema: config.schema.iter().map(column).collect(),
    }
}

fn column(column: &SchemaColumn) -> ots::ParquetSchema {
    ots::ParquetSchema {
        column_name: Some(column.column_name.clone()),
        oss_column_name: Some(column.oss_column_name.clone()),
        r#type: ots::ParquetType::from_api_name(&column.kind).map(|t| t as i32),
        encode: ots::ParquetEncoding::from_api_name(&column.encode).map(|e| e as i32),
        type_extend: column.type_extend.clone(),
    }
}

/// Where the task stands. It starts when the last of task, role and bucket came into being: after a
/// bucket is made again everything is written again (Tablestore data delivery quick start).
fn progress(task: &DeliveryTask, instance: &Instance, world: &World, now: Now) -> ots::TaskSyncStat {
    let (start_ms, trouble) = match surroundings(task, instance, world) {
        Ok(since_ms) => (task.created_ms.max(since_ms), None),
        Err(trouble) => (task.created_ms, Some(trouble)),
    };
    let full_from = start_ms.saturating_add(world.settings.task_init_ms);
    let full_ms = match task.task_type.as_str() {
        "INC" => 0,
        _ => world.settings.task_full_ms,
    };
    let incr_from = full_from.saturating_add(full_ms);
    let phase = if now.world_ms < full_from {
        ots::TaskSyncPhase::Init
    } else if now.world_ms < incr_from {
        ots::TaskSyncPhase::Full
    } else {
        ots::TaskSyncPhase::Incr
    };
    // A task in trouble writes nothing, so its time stands; a BASE task ends with the rows there were.
    let synced_ms = if trouble.is_some() || phase == ots::TaskSyncPhase::Init {
        start_ms
    } else if task.task_type == "BASE" {
        now.world_ms.min(incr_from)
    } else {
        now.world_ms
    };
    let (code, detail) = trouble.unwrap_or((ots::DeliveryError::Ok, String::new()));
    ots::TaskSyncStat {
        task_sync_phase: Some(phase as i32),
        current_sync_timestamp: Some(synced_ms.saturating_mul(1_000_000)),
        error_code: Some(code as i32),
        detail: Some(detail),
    }
}

/// Since when role and bucket are both fit for the task, or what is wrong with them.
fn surroundings(task: &DeliveryTask, instance: &Instance, world: &World) -> Result<i64, (ots::DeliveryError, String)> {
    let arn = &task.config.oss_sts_role;
    let role = split_arn(arn)
        .filter(|(account, _)| *account == instance.account)
        .and_then(|(account, name)| world.get::<Role>(&role_key(&account, &name)))
        .filter(|role| role.trusts(DELIVERY_SERVICE));
    let Some(role) = role else {
        return Err((
            ots::DeliveryError::Unauthorized,
            format!("The role {arn} does not exist or does not trust {DELIVERY_SERVICE}."),
        ));
    };
    let name = &task.config.oss_bucket;
    let bucket = world.get::<Bucket>(name);
    let host = task
        .config
        .oss_endpoint
        .trim_start_matches("http://")
        .trim_start_matches("https://");
    let endpoint = host.split('.').next().and_then(endpoint_region);
    let fits = |b: &Bucket| {
        b.account == instance.account
            && instance.region.as_ref().is_none_or(|r| *r == b.region)
            && endpoint.as_ref().is_none_or(|e| *e == b.region)
    };
    match bucket.filter(fits) {
        Some(bucket) => Ok(bucket.created_ms.max(role.created_ms)),
        None => Err((
            ots::DeliveryError::InvalidOssBucket,
            format!("The bucket {name} does not exist or is not in the region of the instance."),
        )),
    }
}
