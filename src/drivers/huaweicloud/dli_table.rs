//! `huaweicloud_dli_table`, resource and data source: a table of DLI, its columns and files. The API changes no table, so
//! this never does.
//!
//! Source: DLI API reference, table-related APIs; Terraform provider for Huawei Cloud: dli_table.

use super::api::{self, Ask, DLI, PROJECT, fields, text};
use super::dli::{self, Nothing};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, Driver, DriverError, Effect, Failure, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, filled, identity, two_parts};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The driver of the resource.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DliTable;

/// The driver of the data source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DliTableData;

const LEFT_TO_CLOUD: &[&str] = &["id", "region"];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct TableObject {
    id: Option<String>,
    region: Option<String>,
    database_name: String,
    name: String,
    data_location: Option<String>,
    description: Option<String>,
    columns: Option<Vec<Column>>,
    data_format: Option<String>,
    bucket_location: Option<String>,
    with_column_header: Option<bool>,
    delimiter: Option<String>,
    quote_char: Option<String>,
    escape_char: Option<String>,
    date_format: Option<String>,
    timestamp_format: Option<String>,
    select_statement: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    description: Option<String>,
    is_partition: Option<bool>,
}

/// The data source: what a reply says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct TableView {
    id: Option<String>,
    region: Option<String>,
    database_name: String,
    name: String,
    data_location: Option<String>,
    data_format: Option<String>,
    bucket_location: Option<String>,
    description: Option<String>,
    columns: Option<Vec<Column>>,
}

/// A table as DLI describes it: in part in other words than it is made with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    columns: Vec<WireColumn>,
    table_type: Option<String>,
    data_type: Option<String>,
    /// The folder, not the kind of place.
    data_location: Option<String>,
    storage_properties: Option<Vec<Property>>,
    table_comment: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct WireColumn {
    column_name: String,
    #[serde(rename = "type")]
    ty: String,
    description: Option<String>,
    is_partition_column: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Property {
    key: String,
    value: Json,
}

impl TableObject {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let what = format!("table {} of database {}", self.name, self.database_name);
        Call::new(DLI.name, operation, effect, what)
    }

    fn path(&self) -> String {
        api::path(&["v1.0", PROJECT, "databases", &self.database_name, "tables", &self.name])
    }
}

fn draft(operation: &'static str) -> Call {
    Call::new(DLI.name, operation, Effect::Reads, "")
}

fn create_body(table: &TableObject) -> Json {
    let columns: Vec<Json> = table.columns.iter().flatten().map(column_body).collect();
    fields([
        ("table_name", Some(json!(table.name))),
        (
            "data_location",
            text(&table.data_location.as_ref().map(|l| l.to_ascii_uppercase())),
        ),
        ("description", text(&table.description)),
        ("columns", (!columns.is_empty()).then(|| json!(columns))),
        ("data_type", text(&table.data_format)),
        ("data_path", text(&table.bucket_location)),
        ("with_column_header", table.with_column_header.map(Json::Bool)),
        ("delimiter", text(&table.delimiter)),
        ("quote_char", text(&table.quote_char)),
        ("escape_char", text(&table.escape_char)),
        ("date_format", text(&table.date_format)),
        ("timestamp_format", text(&table.timestamp_format)),
        ("select_statement", text(&table.select_statement)),
    ])
}

fn column_body(column: &Column) -> Json {
    fields([
        ("column_name", Some(json!(column.name))),
        ("type", Some(json!(column.ty))),
        ("description", text(&column.description)),
        ("is_partition_column", column.is_partition.map(Json::Bool)),
    ])
}

/// The table; none when there is none, or no such database.
async fn describe(session: &Session, table: &TableObject) -> Result<Option<Wire>, DriverError> {
    let call = table.call("DescribeTable", Effect::Reads);
    let ask = Ask::of(Method::GET, table.path());
    api::present(dli::ask(session, &call, table.region.as_deref(), ask).await)
}

/// `known` where both are the same but for upper and lower case.
fn cased(known: Option<&String>, found: String) -> String {
    match known {
        Some(known) if known.eq_ignore_ascii_case(&found) => known.clone(),
        _ => found,
    }
}

/// The object that a reply describes, in the words of `known` where they mean the same.
fn described(known: &TableObject, region: &str, reply: Wire) -> TableObject {
    let location = match reply.table_type.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("MANAGED") => Some("DLI".to_string()),
        Some("EXTERNAL") => Some("OBS".to_string()),
        Some("VIEW" | "VIRTUAL_VIEW") => Some("VIEW".to_string()),
        _ => known.data_location.clone(),
    };
    // Only there do the words stand for something that can be set.
    let in_obs = location.as_deref() == Some("OBS");
    let of_obs = |found: Option<String>| filled(found).filter(|_| in_obs);
    let properties = reply.storage_properties.unwrap_or_default();
    let option = |key: &str, known: &Option<String>, default: &str| {
        let found = properties.iter().find(|p| p.key.eq_ignore_ascii_case(key));
        match found.and_then(|p| p.value.as_str()).filter(|_| in_obs) {
            Some(found) if known.is_none() && found == default => None,
            Some(found) => Some(found.to_string()),
            // The description lists what differs from the default, or nothing at all.
            None => known.clone(),
        }
    };
    let header = option("header", &known.with_column_header.map(|h| h.to_string()), "false");
    TableObject {
        id: Some(format!("{}/{}", known.database_name, known.name)),
        region: Some(region.to_string()),
        database_name: known.database_name.clone(),
        name: known.name.clone(),
        data_location: location.map(|found| cased(known.data_location.as_ref(), found)),
        description: comment(known.description.as_ref(), reply.table_comment),
        columns: columns(known.columns.as_deref(), reply.columns),
        data_format: of_obs(reply.data_type).map(|found| cased(known.data_format.as_ref(), found)),
        bucket_location: of_obs(reply.data_location).map(|found| folder(known.bucket_location.as_ref(), found)),
        with_column_header: header.map(|h| h.eq_ignore_ascii_case("true")),
        delimiter: option("delimiter", &known.delimiter, ","),
        quote_char: option("quote", &known.quote_char, "\""),
        escape_char: option("escape", &known.escape_char, "\\"),
        date_format: option("dateformat", &known.date_format, "yyyy-MM-dd"),
        timestamp_format: option("timestampformat", &known.timestamp_format, "yyyy-MM-dd HH:mm:ss"),
        select_statement: known.select_statement.clone(),
    }
}

/// A description as it was given: replies of the live service end in a brace too many.
fn comment(known: Option<&String>, found: Option<String>) -> Option<String> {
    let given = known.filter(|k| k.is_empty());
    let Some(found) = filled(found) else {
        return given.cloned();
    };
    let bare = found.strip_suffix('}');
    match known {
        Some(known) if bare == Some(known) => Some(known.clone()).filter(|_| known != &found),
        None if bare == Some("") => None,
        _ => Some(found),
    }
}

/// A folder as it was given: with or without a slash at the end, and under either name of the protocol.
fn folder(known: Option<&String>, found: String) -> String {
    let place = |text: &str| {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        rest.trim_end_matches('/').to_string()
    };
    match known {
        Some(known) if place(known) == place(&found) => known.clone(),
        _ => found,
    }
}

/// The columns in the order and spelling of `known` where they are the same ones. DLI puts partition columns last, and a
/// table is not made anew for that.
fn columns(known: Option<&[Column]>, found: Vec<WireColumn>) -> Option<Vec<Column>> {
    let is_partition = |c: &Column| c.is_partition == Some(true);
    let order = |columns: &[Column]| -> Vec<String> {
        let (last, first): (Vec<&Column>, Vec<&Column>) = columns.iter().partition(|c| is_partition(c));
        let names = first.into_iter().chain(last).map(|c| c.name.to_ascii_lowercase());
        names.collect()
    };
    let known = known.unwrap_or_default();
    let mut fresh: Vec<Column> = found
        .into_iter()
        .map(|column| {
            let old = known.iter().find(|k| k.name.eq_ignore_ascii_case(&column.column_name));
            let empty = old.and_then(|o| o.description.clone()).filter(String::is_empty);
            Column {
                name: cased(old.map(|o| &o.name), column.column_name),
                ty: cased(old.map(|o| &o.ty), column.ty),
                description: filled(column.description).or(empty),
                is_partition: Some(column.is_partition_column.unwrap_or(false)),
            }
        })
        .collect();
    if order(&fresh) == order(known) {
        let place = |c: &Column| known.iter().position(|k| k.name == c.name);
        fresh.sort_by_key(place);
    }
    (!fresh.is_empty()).then_some(fresh)
}

/// What differs between the table that was meant and the one that is there.
fn different(meant: &TableObject, actual: &TableObject) -> Vec<String> {
    let mut meant = meant.clone();
    // A view has the columns of its statement.
    if meant.columns.as_ref().is_none_or(Vec::is_empty) {
        meant.columns.clone_from(&actual.columns);
    }
    differences(&meant, actual, LEFT_TO_CLOUD)
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let meant: TableObject = decode(&draft("CreateTable"), planned)?;
    let call = meant.call("CreateTable", Effect::Writes);
    let own = meant.region.as_deref();
    let region = api::region(session, &call, own)?.to_string();
    let path = api::path(&["v1.0", PROJECT, "databases", &meant.database_name, "tables"]);
    let ask = Ask::of(Method::POST, path).with_body(create_body(&meant));
    let reply: Result<Nothing, _> = dli::ask(session, &call, own, ask).await;
    match reply {
        Ok(_) => {}
        Err(error) if dli::goes_on(&error) => {}
        Err(error) if dli::may_exist(&error) => {
            let Some(found) = describe(session, &meant).await? else {
                return Err(error.into());
            };
            let actual = described(&meant, &region, found);
            let different = different(&meant, &actual);
            if !different.is_empty() {
                let help = "choose another name, or import the table and plan the change";
                return Err(exists_otherwise(&call, &different, help).into());
            }
        }
        Err(error) => return Err(without_database(error, &meant).into()),
    }
    let found = session.poll(&call, "the table", dli::limits(), || describe(session, &meant));
    Ok(encode(&call, planned, &described(&meant, &region, found.await?))?)
}

/// The error of a table that was to be made in no database.
fn without_database(error: DriverError, table: &TableObject) -> DriverError {
    match code(&error) {
        "DLI.0002" => error.with_help(format!(
            "create the database {}, and let the table depend on it: database_name = huaweicloud_dli_database.….name",
            table.database_name
        )),
        _ => error,
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let table: TableObject = decode(&draft("DeleteTable"), prior)?;
    let call = table.call("DeleteTable", Effect::Writes);
    let ask = Ask::of(Method::DELETE, table.path());
    let reply: Result<Nothing, _> = dli::ask(session, &call, table.region.as_deref(), ask).await;
    match reply {
        Ok(_) => {}
        Err(error) if dli::goes_on(&error) => {}
        Err(error) if api::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error),
    }
    let gone = || async { Ok(describe(session, &table).await?.is_none().then_some(())) };
    session.poll(&call, "the deletion", dli::limits(), gone).await
}

impl Driver for DliTable {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let known: TableObject = decode(&draft("DescribeTable"), prior)?;
            let call = known.call("DescribeTable", Effect::Reads);
            let region = api::region(session, &call, known.region.as_deref())?;
            let found = describe(session, &known).await?;
            found
                .map(|f| encode(&call, prior, &described(&known, region, f)))
                .transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(&'a self, _: &'a Session, _: &'a Known, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        // Every change that counts replaces the table; what is left is spelling.
        Box::pin(async move { Ok(planned.clone()) })
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        match two_parts(id) {
            Some((database, table)) => identity(&[("database_name", database), ("name", table)]),
            None => Err("a table is imported as <database_name>:<name>".to_string()),
        }
    }
}

impl DataDriver for DliTableData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let wanted: TableView = decode(&draft("DescribeTable"), config)?;
            let named = TableObject {
                region: wanted.region,
                database_name: wanted.database_name,
                name: wanted.name,
                ..TableObject::default()
            };
            let call = named.call("DescribeTable", Effect::Reads);
            let region = api::region(session, &call, named.region.as_deref())?;
            let Some(found) = describe(session, &named).await? else {
                return Err(call.rejected("there is no such table"));
            };
            let table = described(&named, region, found);
            let view = TableView {
                id: table.id,
                region: table.region,
                database_name: table.database_name,
                name: table.name,
                data_location: table.data_location,
                data_format: table.data_format,
                bucket_location: table.bucket_location,
                description: table.description,
                columns: table.columns,
            };
            encode(&call, config, &view)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, ty: &str, is_partition: bool) -> Column {
        Column {
            name: name.into(),
            ty: ty.into(),
            description: None,
            is_partition: Some(is_partition),
        }
    }

    fn wire(name: &str, ty: &str, is_partition: bool) -> WireColumn {
        WireColumn {
            column_name: name.into(),
            ty: ty.into(),
            description: Some(String::new()),
            is_partition_column: Some(is_partition),
        }
    }

    #[test]
    fn columns_keep_order_and_case_where_they_are_the_same() {
        let known = [column("Day", "STRING", true), column("a", "BigInt", false)];
        let found = vec![wire("a", "bigint", false), wire("day", "string", true)];
        assert_eq!(columns(Some(&known), found), Some(known.to_vec()));
        let swapped = vec![wire("b", "int", false), wire("a", "int", false)];
        let known = [column("a", "int", false), column("b", "int", false)];
        let expected = vec![column("b", "int", false), column("a", "int", false)];
        assert_eq!(columns(Some(&known), swapped), Some(expected));
        assert_eq!(columns(None, Vec::new()), None);
    }

    #[test]
    fn words_of_requests_and_replies_are_matched() {
        let reply = || -> Wire {
            serde_json::from_value(json!({
                "is_success": true, "table_type": "EXTERNAL", "data_type": "csv", "data_location": "obs://b/dir/",
                "table_comment": "c}", "columns": [],
                "storage_properties": [
                    {"key": "delimiter", "value": ";"}, {"key": "header", "value": "true"},
                    {"key": "quote", "value": "\""}, {"key": "serialization.format", "value": 1},
                ],
            }))
            .expect("a reply")
        };
        let imported = described(&TableObject::default(), "r", reply());
        assert_eq!(imported.data_location.as_deref(), Some("OBS"));
        assert_eq!(imported.delimiter.as_deref(), Some(";"));
        assert_eq!((imported.with_column_header, imported.quote_char), (Some(true), None));
        assert_eq!(imported.description.as_deref(), Some("c}"));
        let known = TableObject {
            data_format: Some("CSV".into()),
            bucket_location: Some("s3a://b/dir".into()),
            description: Some("c".into()),
            quote_char: Some("\"".into()),
            escape_char: Some("^".into()),
            ..TableObject::default()
        };
        let found = described(&known, "r", reply());
        assert_eq!(found.data_format, known.data_format);
        assert_eq!(found.bucket_location, known.bucket_location);
        assert_eq!(found.description, known.description);
        assert_eq!(
            (found.quote_char, found.escape_char),
            (known.quote_char, known.escape_char)
        );
    }
}
