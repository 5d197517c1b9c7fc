//! CreateTable, UpdateTable, DescribeTable, ListTable and DeleteTable.

use super::Answer;
use super::checks;
use super::model::{Column, DeliveryTask, Instance, PrimaryKey, Sse, Stream, Table, table_key};
use super::reply::OtsError;
use crate::sim::world::{Now, Object, World};
use crate::wire::codec::ots;
use prost::Message;
use std::collections::BTreeSet;

/// Seconds that `deviation_cell_version_in_sec` is when not given.
const DEFAULT_DEVIATION_S: i64 = 86400;

/// The table, or the documented error.
pub(super) fn find(world: &World, instance: &Instance, name: Option<&str>) -> Result<Table, OtsError> {
    let name = checks::table_name(name)?;
    world
        .get::<Table>(&table_key(&instance.name, name))
        .ok_or_else(|| OtsError::new(404, "OTSObjectNotExist", "Requested table does not exist."))
}

/// The table when it is ready for calls.
pub(super) fn ready(world: &World, instance: &Instance, name: Option<&str>, now: Now) -> Result<Table, OtsError> {
    let table = find(world, instance, name)?;
    let from = table.created_ms.saturating_add(world.settings.table_ready_ms);
    if now.world_ms < from {
        return Err(OtsError::new(404, "OTSTableNotReady", "The table is not ready."));
    }
    Ok(table)
}

/// CreateTable.
pub(super) fn create(sent: &ots::CreateTableRequest, instance: &Instance, world: &mut World, now: Now) -> Answer {
    let meta = sent
        .table_meta
        .as_ref()
        .ok_or_else(|| OtsError::invalid("table_meta is required."))?;
    let name = checks::table_name(meta.table_name.as_deref())?;
    let (primary_key, defined_columns) = columns(meta)?;
    let mut table = Table {
        instance: instance.name.clone(),
        name: name.to_string(),
        primary_key,
        defined_columns,
        time_to_live: -1,
        max_versions: 1,
        deviation_cell_version_in_sec: DEFAULT_DEVIATION_S,
        allow_update: true,
        update_full_row: None,
        read_capacity: 0,
        write_capacity: 0,
        last_increase_s: now.world_ms.div_euclid(1000),
        last_decrease_s: None,
        stream: None,
        sse: sse(sent.sse_spec.as_ref())?,
        enable_local_txn: sent.enable_local_txn.unwrap_or(false),
        created_ms: now.world_ms,
    };
    if let Some(options) = &sent.table_options {
        set_options(&mut table, options)?;
        table.update_full_row = options.update_full_row;
    }
    let throughput = sent
        .reserved_throughput
        .as_ref()
        .ok_or_else(|| OtsError::invalid("reserved_throughput is required."))?;
    set_throughput(&mut table, throughput, now)?;
    table.last_decrease_s = None;
    if let Some(stream) = &sent.stream_spec {
        set_stream(&mut table, stream, now)?;
    }
    if world.has::<Table>(&table.key()) {
        return Err(OtsError::new(
            409,
            "OTSObjectAlreadyExist",
            "Requested table already exists.",
        ));
    }
    if world.count::<Table>(&format!("{}/", instance.name)) >= world.settings.max_tables {
        return Err(OtsError::new(
            403,
            "OTSQuotaExhausted",
            "Number of tables exceeded the quota.",
        ));
    }
    if !world.has::<Instance>(&instance.name) {
        world.put(instance);
    }
    world.put(&table);
    Ok(ots::CreateTableResponse::default().encode_to_vec())
}

fn columns(meta: &ots::TableMeta) -> Result<(Vec<PrimaryKey>, Vec<Column>), OtsError> {
    if !(1..=4).contains(&meta.primary_key.len()) {
        return Err(OtsError::invalid(
            "The number of primary key columns must be in range: [1, 4].",
        ));
    }
    if meta.defined_column.len() > 32 {
        return Err(OtsError::invalid(
            "The number of defined columns must be in range: [0, 32].",
        ));
    }
    let mut names = BTreeSet::new();
    let mut fresh = |name: &Option<String>| -> Result<String, OtsError> {
        let name = name.clone().unwrap_or_default();
        if !checks::identifier(&name) {
            return Err(OtsError::invalid(format!("Invalid column name: '{name}'.")));
        }
        if !names.insert(name.clone()) {
            return Err(OtsError::invalid(format!("Duplicated column name: '{name}'.")));
        }
        Ok(name)
    };
    let mut primary_key = Vec::new();
    for (position, column) in meta.primary_key.iter().enumerate() {
        let kind: ots::PrimaryKeyType = checks::named("primary key type", column.r#type.unwrap_or_default())?;
        let auto_increment = match column.option {
            None => false,
            Some(option) => {
                checks::named::<ots::PrimaryKeyOption>("primary key option", option)?;
                true
            }
        };
        // The first column is the partition key, which the client must give; the server can only
        // count in integers (Tablestore "Auto-increment of primary key columns").
        if auto_increment && (position == 0 || kind != ots::PrimaryKeyType::Integer) {
            return Err(OtsError::invalid(
                "An auto-increment column must be an integer and not the partition key.",
            ));
        }
        primary_key.push(PrimaryKey {
            name: fresh(&column.name)?,
            kind: kind.as_api_name().to_string(),
            auto_increment,
        });
    }
    let mut defined = Vec::new();
    for column in &meta.defined_column {
        let kind: ots::DefinedColumnType = checks::named("defined column type", column.r#type.unwrap_or_default())?;
        defined.push(Column {
            name: fresh(&column.name)?,
            kind: kind.as_api_name().to_string(),
        });
    }
    Ok((primary_key, defined))
}

fn sse(sent: Option<&ots::SseSpecification>) -> Result<Option<Sse>, OtsError> {
    let Some(spec) = sent.filter(|s| s.enable == Some(true)) else {
        return Ok(None);
    };
    let kind: ots::SseKeyType = checks::named("sse key type", spec.key_type.unwrap_or_default())?;
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let (key_id, role_arn) = (text(&spec.key_id), text(&spec.role_arn));
    let own_key = kind == ots::SseKeyType::Byok;
    if own_key == (key_id.is_empty() || role_arn.is_empty()) {
        return Err(OtsError::invalid(
            "key_id and role_arn go with SSE_BYOK, always and only.",
        ));
    }
    Ok(Some(Sse {
        key_type: kind.as_api_name().to_string(),
        key_id,
        role_arn,
    }))
}

fn set_options(table: &mut Table, sent: &ots::TableOptions) -> Result<(), OtsError> {
    if let Some(seconds) = sent.time_to_live {
        if seconds != -1 && seconds <= 0 {
            return Err(OtsError::invalid(format!("Invalid time to live: {seconds}.")));
        }
        table.time_to_live = seconds;
    }
    if let Some(versions) = sent.max_versions {
        if versions < 1 {
            return Err(OtsError::invalid(format!("Invalid max versions: {versions}.")));
        }
        table.max_versions = versions;
    }
    if let Some(seconds) = sent.deviation_cell_version_in_sec {
        if seconds < 1 {
            return Err(OtsError::invalid(format!("Invalid deviation cell version: {seconds}.")));
        }
        table.deviation_cell_version_in_sec = seconds;
    }
    if let Some(allow) = sent.allow_update {
        table.allow_update = allow;
    }
    Ok(())
}

fn set_throughput(table: &mut Table, sent: &ots::ReservedThroughput, now: Now) -> Result<(), OtsError> {
    let unit = sent.capacity_unit.as_ref();
    let read = unit.and_then(|u| u.read).unwrap_or(table.read_capacity);
    let write = unit.and_then(|u| u.write).unwrap_or(table.write_capacity);
    if !(0..=100_000).contains(&read) || !(0..=100_000).contains(&write) {
        return Err(OtsError::invalid(
            "Reserved capacity units must be in range: [0, 100000].",
        ));
    }
    let now_s = now.world_ms.div_euclid(1000);
    if read > table.read_capacity || write > table.write_capacity {
        table.last_increase_s = now_s;
    }
    if read < table.read_capacity || write < table.write_capacity {
        table.last_decrease_s = Some(now_s);
    }
    table.read_capacity = read;
    table.write_capacity = write;
    Ok(())
}

fn set_stream(table: &mut Table, sent: &ots::StreamSpecification, now: Now) -> Result<(), OtsError> {
    match sent.enable_stream {
        None => Err(OtsError::invalid("stream_spec.enable_stream is required.")),
        Some(false) => {
            table.stream = None;
            Ok(())
        }
        Some(true) => {
            // 1 to 168 hours (Tablestore general limits on streams); the default is assumed.
            let hours = sent.expiration_time.unwrap_or(24);
            if !(1..=168).contains(&hours) {
                return Err(OtsError::invalid(format!("Invalid stream expiration time: {hours}.")));
            }
            let before = table.stream.as_ref().map(|s| s.enabled_ms);
            table.stream = Some(Stream {
                expiration_hours: hours,
                columns_to_get: sent.columns_to_get.clone(),
                enabled_ms: before.unwrap_or(now.world_ms),
            });
            Ok(())
        }
    }
}

/// UpdateTable.
pub(super) fn update(sent: &ots::UpdateTableRequest, instance: &Instance, world: &mut World, now: Now) -> Answer {
    let mut table = ready(world, instance, sent.table_name.as_deref(), now)?;
    if sent.reserved_throughput.is_none() && sent.table_options.is_none() && sent.stream_spec.is_none() {
        return Err(OtsError::invalid("Nothing to update."));
    }
    if let Some(options) = &sent.table_options {
        let fixed = table.update_full_row.unwrap_or(false);
        if options.update_full_row.is_some_and(|sent| sent != fixed) {
            return Err(OtsError::invalid("update_full_row cannot be changed."));
        }
        set_options(&mut table, options)?;
    }
    if let Some(throughput) = &sent.reserved_throughput {
        set_throughput(&mut table, throughput, now)?;
    }
    if let Some(stream) = &sent.stream_spec {
        set_stream(&mut table, stream, now)?;
    }
    world.put(&table);
    let reply = ots::UpdateTableResponse {
        reserved_throughput_details: Some(throughput_details(&table)),
        table_options: Some(options(&table)),
        stream_details: Some(stream_details(&table)),
    };
    Ok(reply.encode_to_vec())
}

/// DescribeTable.
pub(super) fn describe(sent: &ots::DescribeTableRequest, instance: &Instance, world: &World, now: Now) -> Answer {
    let table = find(world, instance, sent.table_name.as_deref())?;
    let loading = now.world_ms < table.created_ms.saturating_add(world.settings.table_ready_ms);
    let status = if loading {
        ots::TableStatus::Loading
    } else {
        ots::TableStatus::Active
    };
    let reply = ots::DescribeTableResponse {
        table_meta: Some(meta(&table)),
        reserved_throughput_details: Some(throughput_details(&table)),
        table_options: Some(options(&table)),
        table_status: Some(status as i32),
        stream_details: Some(stream_details(&table)),
        shard_splits: Vec::new(),
        sse_details: Some(sse_details(&table)),
        index_metas: Vec::new(),
    };
    Ok(reply.encode_to_vec())
}

fn meta(table: &Table) -> ots::TableMeta {
    ots::TableMeta {
        table_name: Some(table.name.clone()),
        primary_key: table
            .primary_key
            .iter()
            .map(|c| ots::PrimaryKeySchema {
                name: Some(c.name.clone()),
                r#type: ots::PrimaryKeyType::from_api_name(&c.kind).map(|t| t as i32),
                option: c.auto_increment.then_some(ots::PrimaryKeyOption::AutoIncrement as i32),
            })
            .collect(),
        defined_column: table
            .defined_columns
            .iter()
            .map(|c| ots::DefinedColumnSchema {
                name: Some(c.name.clone()),
                r#type: ots::DefinedColumnType::from_api_name(&c.kind).map(|t| t as i32),
            })
            .collect(),
        ..ots::TableMeta::default()
    }
}

fn options(table: &Table) -> ots::TableOptions {
    ots::TableOptions {
        time_to_live: Some(table.time_to_live),
        max_versions: Some(table.max_versions),
        deviation_cell_version_in_sec: Some(table.deviation_cell_version_in_sec),
        allow_update: Some(table.allow_update),
        update_full_row: table.update_full_row,
        ..ots::TableOptions::default()
    }
}

fn throughput_details(table: &Table) -> ots::ReservedThroughputDetails {
    ots::ReservedThroughputDetails {
        capacity_unit: Some(ots::CapacityUnit {
            read: Some(table.read_capacity),
            write: Some(table.write_capacity),
        }),
        last_increase_time: Some(table.last_increase_s),
        last_decrease_time: table.last_decrease_s,
    }
}

fn stream_details(table: &Table) -> ots::StreamDetails {
    match &table.stream {
        None => ots::StreamDetails {
            enable_stream: Some(false),
            ..ots::StreamDetails::default()
        },
        Some(stream) => ots::StreamDetails {
            enable_stream: Some(true),
            stream_id: Some(format!("{}_{}", table.name, stream.enabled_ms)),
            expiration_time: Some(stream.expiration_hours),
            last_enable_time: Some(stream.enabled_ms.saturating_mul(1000)),
            columns_to_get: stream.columns_to_get.clone(),
        },
    }
}

fn sse_details(table: &Table) -> ots::SseDetails {
    let bytes = |text: &String| (!text.is_empty()).then(|| text.clone().into_bytes());
    match &table.sse {
        None => ots::SseDetails {
            enable: Some(false),
            ..ots::SseDetails::default()
        },
        Some(sse) => ots::SseDetails {
            enable: Some(true),
            key_type: ots::SseKeyType::from_api_name(&sse.key_type).map(|t| t as i32),
            key_id: bytes(&sse.key_id),
            role_arn: bytes(&sse.role_arn),
        },
    }
}

/// ListTable.
pub(super) fn list(instance: &Instance, world: &World) -> Vec<u8> {
    let tables = world.list::<Table>(&format!("{}/", instance.name));
    ots::ListTableResponse {
        table_names: tables.into_iter().map(|t| t.name).collect(),
    }
    .encode_to_vec()
}

/// DeleteTable; its delivery tasks go with it.
pub(super) fn delete(sent: &ots::DeleteTableRequest, instance: &Instance, world: &mut World) -> Answer {
    let table = find(world, instance, sent.table_name.as_deref())?;
    for task in world.list::<DeliveryTask>(&format!("{}/", table.key())) {
        world.remove::<DeliveryTask>(&task.key());
    }
    world.remove::<Table>(&table.key());
    if instance.implicit && !world.any::<Table>(&format!("{}/", instance.name)) {
        world.remove::<Instance>(&instance.name);
    }
    Ok(ots::DeleteTableResponse::default().encode_to_vec())
}
