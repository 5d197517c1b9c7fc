//! Tables of DLI: made, listed, described, deleted. What a description says is in part in other words than what a
//! creation says.
//!
//! Source: DLI API reference, table-related APIs.

use super::databases::there;
use super::model::{Column, Table};
use super::{absent, bad, done, exists, name, optional_text};
use crate::sim::huaweicloud::auth::DEMO_USER;
use crate::sim::huaweicloud::rest::{Answer, Call, Fault};
use crate::sim::world::{Now, Object, World};
use serde_json::{Value, json};

/// POST /v1.0/{project_id}/databases/{database}/tables
pub(super) fn create(call: &Call<'_>, world: &mut World, now: Now, project: &str, database: &str) -> Answer {
    let database = database.to_ascii_lowercase();
    if !there(world, project, &database) {
        return Err(absent(&format!("database {database}")));
    }
    let name = name(&call.body, "table_name", true)?;
    if world.has::<Table>(&format!("{project}/{database}/{name}")) {
        return Err(exists(&format!("table {database}.{name}")));
    }
    let text = |field: &str| optional_text(&call.body, field).map(|t| t.filter(|t| !t.is_empty()));
    let location = text("data_location")?.unwrap_or_default();
    if !["DLI", "OBS", "VIEW"].contains(&location.as_str()) {
        return Err(bad("data_location is not DLI, OBS or VIEW"));
    }
    let (data_type, data_path) = (text("data_type")?, text("data_path")?);
    if location == "OBS" {
        check_files(data_type.as_deref(), data_path.as_deref())?;
    }
    let select_statement = text("select_statement")?;
    if location == "VIEW" && select_statement.is_none() {
        return Err(bad("select_statement is required"));
    }
    let table = Table {
        project: project.to_string(),
        database,
        name,
        description: text("description")?.unwrap_or_default(),
        owner: DEMO_USER.to_string(),
        columns: columns(&call.body, location == "VIEW")?,
        storage_properties: storage_properties(&call.body, data_type.as_deref().filter(|_| location == "OBS"))?,
        data_type: data_type.filter(|_| location == "OBS"),
        data_path: data_path.filter(|_| location == "OBS"),
        select_statement: select_statement.filter(|_| location == "VIEW"),
        data_location: location,
        created_ms: now.world_ms,
    };
    world.put(&table);
    Ok((200, Some(done())))
}

fn check_files(data_type: Option<&str>, data_path: Option<&str>) -> Result<(), Fault> {
    let known = ["parquet", "orc", "csv", "json", "carbon", "avro"];
    let data_type = data_type.unwrap_or_default().to_ascii_lowercase();
    if !known.contains(&data_type.as_str()) {
        return Err(bad("data_type is not one of those of an OBS table"));
    }
    let path = data_path.unwrap_or_default();
    let rest = path.strip_prefix("obs://").or_else(|| path.strip_prefix("s3a://"));
    let folder = rest
        .and_then(|r| r.split_once('/'))
        .map(|(_, folder)| folder.trim_matches('/'));
    if folder.is_none_or(str::is_empty) {
        return Err(bad("data_path is not a folder in a bucket"));
    }
    Ok(())
}

fn columns(body: &Value, is_view: bool) -> Result<Vec<Column>, Fault> {
    let mut columns: Vec<Column> = Vec::new();
    for column in body.get("columns").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| optional_text(column, field).map(|t| t.unwrap_or_default().to_ascii_lowercase());
        let (column_name, ty) = (text("column_name")?, text("type")?);
        if column_name.is_empty() || ty.is_empty() {
            return Err(bad("a column needs column_name and type"));
        }
        if columns.iter().any(|c| c.column_name == column_name) {
            return Err(bad("a column is named twice"));
        }
        columns.push(Column {
            column_name,
            ty,
            description: optional_text(column, "description")?.unwrap_or_default(),
            is_partition_column: column.get("is_partition_column") == Some(&Value::Bool(true)),
        });
    }
    if !is_view && columns.iter().all(|c| c.is_partition_column) {
        return Err(bad("a table needs a column that is no partition column"));
    }
    columns.sort_by_key(|c| c.is_partition_column);
    Ok(columns)
}

/// The options of text files with their defaults, under the names that a description has for them.
fn storage_properties(body: &Value, data_type: Option<&str>) -> Result<Vec<(String, String)>, Fault> {
    let csv = [
        ("delimiter", "delimiter", ","),
        ("quote_char", "quote", "\""),
        ("escape_char", "escape", "\\"),
    ];
    let times = [
        ("date_format", "dateformat", "yyyy-MM-dd"),
        ("timestamp_format", "timestampformat", "yyyy-MM-dd HH:mm:ss"),
    ];
    let data_type = data_type.unwrap_or_default().to_ascii_lowercase();
    let (is_csv, is_json) = (data_type == "csv", data_type == "json");
    let options = csv.iter().filter(|_| is_csv);
    let options = options.chain(times.iter().filter(|_| is_csv || is_json));
    let mut properties = Vec::new();
    for (field, key, default) in options {
        let value = optional_text(body, field)?.filter(|v| !v.is_empty());
        properties.push((key.to_string(), value.unwrap_or_else(|| default.to_string())));
    }
    if is_csv {
        let header = body.get("with_column_header") == Some(&Value::Bool(true));
        properties.push(("header".to_string(), header.to_string()));
    }
    Ok(properties)
}

/// GET /v1.0/{project_id}/databases/{database}/tables
pub(super) fn list(call: &Call<'_>, world: &World, project: &str, database: &str) -> Answer {
    let database = database.to_ascii_lowercase();
    if !there(world, project, &database) {
        return Err(absent(&format!("database {database}")));
    }
    let keyword = call.query("keyword").unwrap_or_default().to_ascii_lowercase();
    let with_detail = call.query("with-detail") == Some("true");
    let found: Vec<Value> = world
        .list::<Table>(&format!("{project}/{database}/"))
        .iter()
        .filter(|t| t.name.contains(&keyword))
        .filter(|t| {
            call.query("table-type")
                .is_none_or(|kind| kind == t.table_type() || kind == t.data_location)
        })
        .map(|t| entry(t, with_detail))
        .collect();
    let total = found.len();
    let size = call.number("page-size", 100, 100);
    let before = (call.number("current-page", 1, usize::MAX) - 1).saturating_mul(size);
    let page: Vec<Value> = found.into_iter().skip(before).take(size).collect();
    Ok((
        200,
        Some(json!({"is_success": true, "message": "", "table_count": total, "tables": page})),
    ))
}

fn entry(table: &Table, with_detail: bool) -> Value {
    let mut json = json!({
        "table_name": table.name,
        "table_type": table.table_type(),
        "data_location": table.data_location,
        "owner": table.owner,
        "create_time": table.created_ms,
        "last_access_time": table.created_ms,
        "table_size": 0,
    });
    if with_detail {
        let partitions: Vec<&str> = table
            .columns
            .iter()
            .filter(|c| c.is_partition_column)
            .map(|c| c.column_name.as_str())
            .collect();
        json["data_type"] = json!(table.data_type);
        json["location"] = json!(table.data_path);
        json["partition_columns"] = json!(partitions);
    }
    json
}

/// GET /v1.0/{project_id}/databases/{database}/tables/{table}
pub(super) fn describe(world: &World, project: &str, database: &str, table: &str) -> Answer {
    let table = get(world, project, database, table)?;
    let properties: Vec<Value> = table
        .storage_properties
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect();
    let body = json!({
        "is_success": true,
        "message": "",
        "column_count": table.columns.len(),
        "columns": table.columns,
        "table_type": table.table_type(),
        "data_type": table.data_type,
        "data_location": table.data_path,
        "storage_properties": properties,
        "table_comment": table.description,
        "create_table_sql": null,
    });
    Ok((200, Some(body)))
}

/// DELETE /v1.0/{project_id}/databases/{database}/tables/{table}
pub(super) fn delete(call: &Call<'_>, world: &mut World, project: &str, database: &str, table: &str) -> Answer {
    let table = get(world, project, database, table)?;
    world.remove::<Table>(&table.key());
    Ok(super::deleted(call, &table.key()))
}

fn get(world: &World, project: &str, database: &str, table: &str) -> Result<Table, Fault> {
    let (database, table) = (database.to_ascii_lowercase(), table.to_ascii_lowercase());
    let found = world.get(&format!("{project}/{database}/{table}"));
    found.ok_or_else(|| absent(&format!("table {database}.{table}")))
}
