//! The two schemas of a CloudTable dump, which say where the members of a record go: HBase cells or OpenTSDB points.
//!
//! Source: DIS API reference, Adding CloudTable Dump Tasks.

use super::checks::{Fields, fault};
use crate::sim::huaweicloud::rest::Fault;
use serde_json::{Map, Value, json};

/// How a point in time may be written.
pub(super) const TIME_FORMATS: &[&str] = &[
    "yyyy/MM/dd HH:mm:ss",
    "MM/dd/yyyy HH:mm:ss",
    "dd/MM/yyyy HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "MM-dd-yyyy HH:mm:ss",
    "dd-MM-yyyy HH:mm:ss",
];

const TYPES: &[&str] = &["Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal"];

/// Whether a text is one that its member may have.
type Rule = fn(&str) -> bool;

/// Why a schema is refused; each of the two has its own code.
struct Refusal(u16);

impl Refusal {
    fn of(&self, member: &str) -> Fault {
        let what = if self.0 == 4345 { "HBase" } else { "OpenTSDB" };
        fault(self.0, format!("The {what} schema is invalid. [{member}]"))
    }

    fn object<'a>(&self, member: &str, value: Option<&'a Value>) -> Result<Fields<'a>, Fault> {
        let map = value.and_then(Value::as_object).ok_or_else(|| self.of(member))?;
        Ok(Fields::over(map))
    }

    fn array<'a>(&self, member: &str, value: Option<&'a Value>, most: usize) -> Result<&'a [Value], Fault> {
        match value.and_then(Value::as_array) {
            Some(items) if !items.is_empty() && items.len() <= most => Ok(items),
            _ => Err(self.of(member)),
        }
    }

    /// The members that are texts with a rule, in their order.
    fn texts(&self, from: Fields<'_>, rules: &[(&str, Rule)]) -> Result<Value, Fault> {
        let mut read = Map::new();
        for (name, good) in rules {
            let text = from.value(name).and_then(Value::as_str).unwrap_or_default();
            if text.is_empty() || !good(text) {
                return Err(self.of(name));
            }
            read.insert((*name).to_string(), json!(text));
        }
        Ok(Value::Object(read))
    }
}

fn any(_: &str) -> bool {
    true
}

fn is_type(text: &str) -> bool {
    TYPES.contains(&text)
}

/// Up to 32 letters, digits and `_`.
fn is_word(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_metric(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}

/// `cloudtable_schema`, with the members that have a meaning.
pub(super) fn hbase(schema: &Value) -> Result<Value, Fault> {
    let bad = Refusal(4345);
    let schema = bad.object("cloudtable_schema", Some(schema))?;
    let mut row_key = Vec::new();
    for item in bad.array("row_key", schema.value("row_key"), 64)? {
        let from = bad.object("row_key", Some(item))?;
        row_key.push(bad.texts(from, &[("value", any), ("type", is_type)])?);
    }
    let mut columns = Vec::new();
    for item in bad.array("columns", schema.value("columns"), 4096)? {
        let from = bad.object("columns", Some(item))?;
        columns.push(bad.texts(
            from,
            &[
                ("column_family_name", any),
                ("column_name", is_word),
                ("value", any),
                ("type", is_type),
            ],
        )?);
    }
    Ok(json!({"row_key": row_key, "columns": columns}))
}

/// `opentsdb_schema`, with the members that have a meaning.
pub(super) fn opentsdb(schema: &Value) -> Result<Value, Fault> {
    let bad = Refusal(4348);
    let items = bad.array("opentsdb_schema", Some(schema), 4096)?;
    let points: Result<Vec<Value>, Fault> = items.iter().map(|item| point(&bad, item)).collect();
    points.map(Value::Array)
}

fn point(bad: &Refusal, item: &Value) -> Result<Value, Fault> {
    let from = bad.object("opentsdb_schema", Some(item))?;
    let mut metric = Vec::new();
    for part in bad.array("metric", from.value("metric"), 4096)? {
        let part = bad.object("metric", Some(part))?;
        let kind: Rule = |t| ["Constant", "String"].contains(&t);
        metric.push(bad.texts(part, &[("type", kind), ("value", is_metric)])?);
    }
    let time = bad.object("timestamp", from.value("timestamp"))?;
    let kind: Rule = |t| ["Timestamp", "String"].contains(&t);
    let mut timestamp = bad.texts(time, &[("type", kind), ("value", is_word)])?;
    // Printed as required; a number of milliseconds has no format.
    match time.value("format").and_then(Value::as_str).unwrap_or_default() {
        "" if timestamp["type"] == "Timestamp" => {}
        format if TIME_FORMATS.contains(&format) => timestamp["format"] = json!(format),
        _ => return Err(bad.of("format")),
    }
    let value = bad.object("value", from.value("value"))?;
    let value = bad.texts(value, &[("type", is_type), ("value", any)])?;
    let mut tags = Vec::new();
    for tag in bad.array("tags", from.value("tags"), 4096)? {
        let tag = bad.object("tags", Some(tag))?;
        tags.push(bad.texts(tag, &[("name", is_word), ("type", is_type), ("value", any)])?);
    }
    Ok(json!({"metric": metric, "timestamp": timestamp, "value": value, "tags": tags}))
}
