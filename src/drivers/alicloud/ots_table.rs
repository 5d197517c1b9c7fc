//! `alicloud_ots_table`: a Tablestore table with its primary key, predefined columns and options. Time to live,
//! versions, deviation and permission to update can change; everything else is made once.
//!
//! Source: Tablestore Go SDK `table_store.proto`; Tablestore "CreateTable", "UpdateTable", "DescribeTable".

use super::ots;
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, identity, integer};
use crate::wire::codec::ots as wire;
use crate::wire::codec::ots::{DefinedColumnType, PrimaryKeyType, SseKeyType, TableStatus};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct OtsTable;

const LEFT_TO_CLOUD: &[&str] = &[
    "id",
    "time_to_live",
    "max_version",
    "deviation_cell_version_in_sec",
    "allow_update",
    "sse_key_type",
];

/// Options that UpdateTable changes.
const CHANGEABLE: &[&str] = &[
    "time_to_live",
    "max_version",
    "deviation_cell_version_in_sec",
    "allow_update",
];

/// A table is usable or gone within about a minute (Tablestore "CreateTable").
const SETTLE_LIMITS: Limits = Limits {
    pause: Duration::from_millis(300),
    pause_max: Duration::from_secs(5),
    total: Duration::from_secs(300),
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Table {
    id: Option<String>,
    instance_name: String,
    table_name: String,
    primary_key: Option<Vec<Column>>,
    defined_column: Option<Vec<Column>>,
    #[serde(deserialize_with = "integer")]
    time_to_live: Option<i64>,
    #[serde(deserialize_with = "integer")]
    max_version: Option<i64>,
    #[serde(deserialize_with = "integer")]
    deviation_cell_version_in_sec: Option<i64>,
    allow_update: Option<bool>,
    enable_sse: Option<bool>,
    sse_key_type: Option<String>,
    sse_key_id: Option<String>,
    sse_role_arn: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Column {
    name: Option<String>,
    r#type: Option<String>,
}

impl Table {
    /// A table of which only the name is known.
    pub(super) fn named(instance_name: String, table_name: String) -> Table {
        Table {
            instance_name,
            table_name,
            ..Table::default()
        }
    }

    pub(super) fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let object = format!("table {} in instance {}", self.table_name, self.instance_name);
        Call::new(ots::SERVICE, operation, effect, object)
    }
}

/// Names of types in configurations, as in the Terraform provider, with the wire's numbers.
const KEY_TYPES: &[(&str, PrimaryKeyType)] = &[
    ("Integer", PrimaryKeyType::Integer),
    ("String", PrimaryKeyType::String),
    ("Binary", PrimaryKeyType::Binary),
];

/// As [`KEY_TYPES`], for predefined columns.
const COLUMN_TYPES: &[(&str, DefinedColumnType)] = &[
    ("Integer", DefinedColumnType::Integer),
    ("Double", DefinedColumnType::Double),
    ("Boolean", DefinedColumnType::Boolean),
    ("String", DefinedColumnType::String),
    ("Binary", DefinedColumnType::Blob),
];

fn type_number<E: Copy + Into<i32>>(table: &[(&str, E)], name: Option<&str>) -> Result<i32, String> {
    let name = name.unwrap_or_default();
    table
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, t)| (*t).into())
        .ok_or_else(|| format!("the column type {name:?} is not one that Tablestore knows"))
}

fn type_name<E: Copy + Into<i32>>(table: &[(&str, E)], number: Option<i32>) -> Option<String> {
    let number = number?;
    let known = table.iter().find(|(_, t)| (*t).into() == number);
    Some(known.map_or_else(|| number.to_string(), |(n, _)| (*n).to_string()))
}

fn small(attribute: &str, value: Option<i64>) -> Result<Option<i32>, String> {
    value
        .map(|v| i32::try_from(v).map_err(|_| format!("{attribute} {v} is out of range")))
        .transpose()
}

fn create_request(table: &Table) -> Result<wire::CreateTableRequest, String> {
    let keys = table.primary_key.iter().flatten().map(|column| {
        Ok::<_, String>(wire::PrimaryKeySchema {
            name: column.name.clone(),
            r#type: Some(type_number(KEY_TYPES, column.r#type.as_deref())?),
            option: None,
        })
    });
    let columns = table.defined_column.iter().flatten().map(|column| {
        Ok::<_, String>(wire::DefinedColumnSchema {
            name: column.name.clone(),
            r#type: Some(type_number(COLUMN_TYPES, column.r#type.as_deref())?),
        })
    });
    Ok(wire::CreateTableRequest {
        table_meta: Some(wire::TableMeta {
            table_name: Some(table.table_name.clone()),
            primary_key: keys.collect::<Result<_, _>>()?,
            defined_column: columns.collect::<Result<_, _>>()?,
            ..wire::TableMeta::default()
        }),
        reserved_throughput: Some(wire::ReservedThroughput {
            capacity_unit: Some(wire::CapacityUnit {
                read: Some(0),
                write: Some(0),
            }),
        }),
        table_options: Some(wire::TableOptions {
            time_to_live: Some(small("time_to_live", table.time_to_live)?.unwrap_or(-1)),
            max_versions: Some(small("max_version", table.max_version)?.unwrap_or(1)),
            deviation_cell_version_in_sec: table.deviation_cell_version_in_sec,
            allow_update: table.allow_update,
            ..wire::TableOptions::default()
        }),
        sse_spec: encryption(table)?,
        ..wire::CreateTableRequest::default()
    })
}

fn encryption(table: &Table) -> Result<Option<wire::SseSpecification>, String> {
    if table.enable_sse != Some(true) {
        return Ok(None);
    }
    let name = table.sse_key_type.as_deref().unwrap_or("SSE_KMS_SERVICE");
    let key_type = SseKeyType::from_api_name(name)
        .ok_or_else(|| format!("sse_key_type {name:?} is not one that Tablestore knows"))?;
    let bytes = |text: &Option<String>| text.clone().filter(|t| !t.is_empty()).map(String::into_bytes);
    Ok(Some(wire::SseSpecification {
        enable: Some(true),
        key_type: Some(key_type.into()),
        key_id: bytes(&table.sse_key_id),
        role_arn: bytes(&table.sse_role_arn),
    }))
}

/// Only the options that change; none when nothing does.
fn update_request(prior: &Table, planned: &Table) -> Result<Option<wire::UpdateTableRequest>, String> {
    fn changed<T: PartialEq + Copy>(old: Option<T>, new: Option<T>) -> Option<T> {
        new.filter(|n| old != Some(*n))
    }
    let options = wire::TableOptions {
        time_to_live: small("time_to_live", changed(prior.time_to_live, planned.time_to_live))?,
        max_versions: small("max_version", changed(prior.max_version, planned.max_version))?,
        deviation_cell_version_in_sec: changed(
            prior.deviation_cell_version_in_sec,
            planned.deviation_cell_version_in_sec,
        ),
        allow_update: changed(prior.allow_update, planned.allow_update),
        ..wire::TableOptions::default()
    };
    Ok(
        (options != wire::TableOptions::default()).then(|| wire::UpdateTableRequest {
            table_name: Some(planned.table_name.clone()),
            table_options: Some(options),
            ..wire::UpdateTableRequest::default()
        }),
    )
}

fn described(known: &Table, reply: wire::DescribeTableResponse) -> Table {
    let meta = reply.table_meta.unwrap_or_default();
    let options = reply.table_options.unwrap_or_default();
    let sse = reply.sse_details.unwrap_or_default();
    let text = |bytes: Option<Vec<u8>>| {
        bytes
            .filter(|b| !b.is_empty())
            .map(|b| String::from_utf8_lossy(&b).into_owned())
    };
    let keys = meta.primary_key.into_iter().map(|k| Column {
        name: k.name,
        r#type: type_name(KEY_TYPES, k.r#type),
    });
    let columns = meta.defined_column.into_iter().map(|c| Column {
        name: c.name,
        r#type: type_name(COLUMN_TYPES, c.r#type),
    });
    let encrypted = sse.enable == Some(true);
    let mut actual = Table {
        id: Some(format!("{}:{}", known.instance_name, known.table_name)),
        instance_name: known.instance_name.clone(),
        table_name: known.table_name.clone(),
        primary_key: Some(keys.collect()),
        defined_column: Some(columns.collect()),
        time_to_live: options.time_to_live.map(i64::from),
        max_version: options.max_versions.map(i64::from),
        deviation_cell_version_in_sec: options.deviation_cell_version_in_sec,
        allow_update: options.allow_update.or(known.allow_update),
        enable_sse: Some(encrypted),
        sse_key_type: sse.key_type.filter(|_| encrypted).map(SseKeyType::api_name_of),
        sse_key_id: text(sse.key_id),
        sse_role_arn: text(sse.role_arn),
    };
    keep_spelling(known.primary_key.as_deref(), actual.primary_key.as_deref_mut());
    keep_spelling(known.defined_column.as_deref(), actual.defined_column.as_deref_mut());
    actual
}

fn keep_spelling(known: Option<&[Column]>, actual: Option<&mut [Column]>) {
    for new in actual.into_iter().flatten() {
        let old = known.into_iter().flatten().find(|c| c.name == new.name);
        if let (Some(old), Some(spelling)) = (old.and_then(|c| c.r#type.as_ref()), &new.r#type)
            && old.eq_ignore_ascii_case(spelling)
        {
            new.r#type = Some(old.clone());
        }
    }
}

/// The table as it is, with whether it can be used; none when it is gone.
pub(super) async fn look(session: &Session, table: &Table) -> Result<Option<(Table, bool)>, DriverError> {
    let call = table.call("DescribeTable", Effect::Reads);
    let request = wire::DescribeTableRequest {
        table_name: Some(table.table_name.clone()),
    };
    let reply: Result<wire::DescribeTableResponse, _> = ots::send(session, &call, &table.instance_name, &request).await;
    match reply {
        Ok(reply) => {
            let busy = [TableStatus::Loading, TableStatus::Updating].map(i32::from);
            let usable = reply.table_status.is_none_or(|s| !busy.contains(&s));
            Ok(Some((described(table, reply), usable)))
        }
        Err(error) if code(&error) == ots::NO_OBJECT => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until the table answers and is not being changed.
async fn settled(session: &Session, call: &Call, table: &Table) -> Result<Table, DriverError> {
    session
        .poll(call, "the table", SETTLE_LIMITS, || async {
            Ok(look(session, table)
                .await?
                .and_then(|(actual, usable)| usable.then_some(actual)))
        })
        .await
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let call = Call::new(ots::SERVICE, "CreateTable", Effect::Writes, "");
    let table: Table = decode(&call, planned)?;
    let call = table.call("CreateTable", Effect::Writes);
    let request = create_request(&table).map_err(|why| call.rejected(why))?;
    let made: Result<wire::CreateTableResponse, _> = ots::send(session, &call, &table.instance_name, &request).await;
    match made {
        Err(error) if code(&error) == ots::EXISTS => {
            let actual = settled(session, &call, &table).await?;
            let different = differences(&in_full(&table), &in_full(&actual), LEFT_TO_CLOUD);
            if !different.is_empty() {
                let help = "choose another table_name, or import the table and plan the change";
                return Err(exists_otherwise(&call, &different, help).into());
            }
            Ok(encode(&call, planned, &actual)?)
        }
        Err(error) => Err(error.into()),
        Ok(_) => match settled(session, &call, &table).await {
            Ok(actual) => Ok(encode(&call, planned, &actual)?),
            Err(error) => {
                let made = Table {
                    id: Some(format!("{}:{}", table.instance_name, table.table_name)),
                    ..table.clone()
                };
                Err(Failure {
                    error,
                    partial: Some(encode(&call, planned, &made)?),
                })
            }
        },
    }
}

/// With spelling and defaults brought to one form, for comparison.
fn in_full(table: &Table) -> Table {
    let upper = |columns: &Option<Vec<Column>>| {
        let columns = columns.iter().flatten().map(|c| Column {
            name: c.name.clone(),
            r#type: c.r#type.as_ref().map(|t| t.to_ascii_uppercase()),
        });
        Some(columns.collect())
    };
    let mut defined: Option<Vec<Column>> = upper(&table.defined_column);
    // The order of predefined columns has no meaning.
    defined.iter_mut().for_each(|c| c.sort_by(|a, b| a.name.cmp(&b.name)));
    Table {
        id: None,
        primary_key: upper(&table.primary_key),
        defined_column: defined,
        enable_sse: Some(table.enable_sse == Some(true)),
        ..table.clone()
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let call = Call::new(ots::SERVICE, "UpdateTable", Effect::Writes, "");
    let (old, new): (Table, Table) = (decode(&call, prior)?, decode(&call, planned)?);
    let call = new.call("UpdateTable", Effect::Writes);
    let fixed: Vec<String> = differences(&in_full(&new), &in_full(&old), LEFT_TO_CLOUD)
        .into_iter()
        .filter(|d| !CHANGEABLE.iter().any(|c| d.starts_with(&format!("{c} "))))
        .collect();
    if !fixed.is_empty() {
        let why = format!("this can only change by replacing the table: {}", fixed.join("; "));
        return Err(call.rejected(why).into());
    }
    if let Some(request) = update_request(&old, &new).map_err(|why| call.rejected(why))? {
        let _: wire::UpdateTableResponse = ots::send(session, &call, &new.instance_name, &request).await?;
    }
    match settled(session, &call, &new).await {
        Ok(actual) => Ok(encode(&call, planned, &actual)?),
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&call, planned, &Table { id: old.id, ..new })?),
        }),
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let call = Call::new(ots::SERVICE, "DeleteTable", Effect::Writes, "");
    let table: Table = decode(&call, prior)?;
    let call = table.call("DeleteTable", Effect::Writes);
    let request = wire::DeleteTableRequest {
        table_name: Some(table.table_name.clone()),
    };
    let reply: Result<wire::DeleteTableResponse, _> = ots::send(session, &call, &table.instance_name, &request).await;
    match reply {
        Err(error) if code(&error) == ots::NO_OBJECT => return Ok(()),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    session
        .poll(&call, "the deletion", SETTLE_LIMITS, || async {
            Ok(look(session, &table).await?.is_none().then_some(()))
        })
        .await
}

impl Driver for OtsTable {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let call = Call::new(ots::SERVICE, "DescribeTable", Effect::Reads, "");
            let table: Table = decode(&call, prior)?;
            let found = look(session, &table).await?;
            found.map(|(actual, _)| encode(&call, prior, &actual)).transpose()
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
        match id.split(':').collect::<Vec<_>>()[..] {
            [instance, table] if !instance.is_empty() && !table.is_empty() => {
                identity(&[("instance_name", instance), ("table_name", table)])
            }
            _ => Err("a table is imported as <instance_name>:<table_name>".to_string()),
        }
    }
}
