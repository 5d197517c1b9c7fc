//! The descriptors of dump tasks, member by member as documented: what is required, which values there are, what is
//! filled in. Gives them as they are read back. Knows nothing of what exists; see the module `outside`.
//!
//! Source: DIS API reference, Adding OBS, MRS, DLI, DWS and CloudTable Dump Tasks.

use super::checks::{Fields, fault, invalid};
use super::model::Stream;
use super::schemas::{self, TIME_FORMATS};
use crate::sim::huaweicloud::rest::Fault;
use crate::wire::sign::sha256_hex;
use serde_json::{Map, Value, json};

/// The destinations, each with the first word of its descriptor's name.
const DESTINATIONS: &[(&str, &str)] = &[
    ("OBS", "obs"),
    ("MRS", "mrs"),
    ("DLI", "dli"),
    ("DWS", "dws"),
    ("CLOUDTABLE", "cloudtable"),
];

/// What a valid body asks for.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) task_name: String,
    pub(super) destination_type: String,
    /// The descriptor as it is read back.
    pub(super) destination: Map<String, Value>,
    pub(super) user_password_sha256: Option<String>,
}

/// The first word of the name of a destination's descriptor.
pub(super) fn word(destination_type: &str) -> &str {
    DESTINATIONS
        .iter()
        .find(|(kind, _)| *kind == destination_type)
        .map_or("unknown", |(_, word)| word)
}

/// Reads the body of a creation.
pub(super) fn read(body: Fields<'_>, stream: &Stream) -> Result<Wish, Fault> {
    let kinds: Vec<&str> = DESTINATIONS.iter().map(|(kind, _)| *kind).collect();
    let kind = body
        .choice("destination_type", &kinds)?
        .ok_or_else(|| invalid("destination_type", body.value("destination_type")))?;
    let name = format!("{}_destination_descriptor", word(kind));
    let from = body.object(&name)?.ok_or_else(|| invalid(&name, None))?;
    let task_name = from.name("task_name", 64)?.to_string();
    let mut descriptor = Descriptor { from, into: Map::new() };
    descriptor.shared(kind)?;
    match kind {
        "OBS" => descriptor.obs(stream)?,
        "MRS" => descriptor.mrs()?,
        "DLI" => descriptor.dli()?,
        "DWS" => descriptor.dws()?,
        _ => descriptor.cloudtable()?,
    }
    let password = from.text("user_password")?.filter(|_| kind == "DWS");
    Ok(Wish {
        task_name,
        destination_type: kind.to_string(),
        destination: descriptor.into,
        user_password_sha256: password.map(|p| sha256_hex(p.as_bytes())),
    })
}

/// A descriptor on its way from the request to what is read back: members that are unset or empty are left out.
struct Descriptor<'a> {
    from: Fields<'a>,
    into: Map<String, Value>,
}

impl Descriptor<'_> {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.into.insert(name.to_string(), value.into());
    }

    fn need(&mut self, names: &[&str]) -> Result<(), Fault> {
        for name in names {
            let text = self.from.need(name)?.to_string();
            self.set(name, text);
        }
        Ok(())
    }

    fn text(&mut self, name: &str, good: impl Fn(&str) -> bool) -> Result<(), Fault> {
        if let Some(text) = self.from.text(name)? {
            if !good(text) {
                return Err(invalid(name, self.from.value(name)));
            }
            self.set(name, text);
        }
        Ok(())
    }

    fn choice(&mut self, name: &str, all: &[&str], default: Option<&str>) -> Result<(), Fault> {
        if let Some(text) = self.from.choice(name, all)?.or(default) {
            self.set(name, text);
        }
        Ok(())
    }

    /// A folder in a bucket.
    fn prefix(&mut self, name: &str) -> Result<(), Fault> {
        self.text(name, |text| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'/';
            text.len() <= 50 && !text.starts_with('/') && text.bytes().all(plain)
        })
    }

    /// The members of every destination.
    fn shared(&mut self, kind: &str) -> Result<(), Fault> {
        // Newer pages of the reference call the agency of OBS optional.
        match kind {
            "OBS" => self.text("agency_name", |name| name.len() <= 64)?,
            _ => {
                self.need(&["agency_name"])?;
                self.text("agency_name", |name| name.len() <= 64)?;
            }
        }
        let interval = "deliver_time_interval";
        let seconds = match (self.from.int(interval, 30..=900)?, kind) {
            (Some(seconds), _) => seconds,
            // Required of the others although a default is named.
            (None, "CLOUDTABLE") => 300,
            (None, _) => return Err(invalid(interval, None)),
        };
        self.set(interval, seconds);
        self.choice("consumer_strategy", &["LATEST", "TRIM_HORIZON"], Some("LATEST"))
    }

    /// A number of seconds: a text by the tables of the reference, a number in its examples.
    fn retry_duration(&mut self) -> Result<(), Fault> {
        let name = "retry_duration";
        let seconds = match self.from.value(name) {
            None => Some(1800),
            Some(Value::String(text)) if text.is_empty() => Some(1800),
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_i64(),
        };
        match seconds.filter(|s| (0..=7200).contains(s)) {
            Some(seconds) => {
                self.set(name, seconds);
                Ok(())
            }
            None => Err(invalid(name, self.from.value(name))),
        }
    }

    fn obs(&mut self, stream: &Stream) -> Result<(), Fault> {
        self.need(&["obs_bucket_path"])?;
        self.prefix("file_prefix")?;
        let formats = ["yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"];
        self.choice("partition_format", &formats, None)?;
        let file_type = self
            .from
            .choice("destination_file_type", &["text", "parquet", "carbon"])?
            .unwrap_or("text");
        if file_type != "text" && stream.data_type != "JSON" {
            return Err(fault(
                4200,
                format!("Invalid request. [destination_file_type {file_type} needs a stream of JSON.]"),
            ));
        }
        self.set("destination_file_type", file_type);
        if let Some(schema) = self.from.object("processing_schema")? {
            let schema = processing_schema(schema)?;
            self.set("processing_schema", schema);
        }
        let default = Some("\n").filter(|_| file_type == "text");
        self.choice("record_delimiter", &[",", ";", "|", "\n", "NULL"], default)?;
        // Seen in replies of the service, although no request has it.
        self.set("retry_duration", 0);
        Ok(())
    }

    fn dli(&mut self) -> Result<(), Fault> {
        self.need(&["dli_database_name", "dli_table_name", "obs_bucket_path"])?;
        self.prefix("file_prefix")?;
        self.retry_duration()
    }

    fn mrs(&mut self) -> Result<(), Fault> {
        self.need(&["mrs_cluster_name", "mrs_cluster_id", "mrs_hdfs_path", "obs_bucket_path"])?;
        self.text("hdfs_prefix_folder", |text| text.chars().count() <= 50)?;
        self.prefix("file_prefix")?;
        // Not in the table of the reference, but in its example.
        self.choice("destination_file_type", &["text", "parquet", "carbon"], None)?;
        self.retry_duration()
    }

    fn dws(&mut self) -> Result<(), Fault> {
        self.need(&[
            "dws_cluster_name",
            "dws_cluster_id",
            "dws_database_name",
            "dws_schema",
            "dws_table_name",
            "user_name",
            "kms_user_key_name",
            "kms_user_key_id",
            "obs_bucket_path",
        ])?;
        self.from.need("user_password")?;
        // Required, and empty in the example of the reference.
        if self.from.value("dws_delimiter").is_none() {
            return Err(invalid("dws_delimiter", None));
        }
        self.choice("dws_delimiter", &[",", ";", "|"], None)?;
        self.prefix("file_prefix")?;
        self.text("dws_table_columns", |text| {
            text.split(',').all(|c| !c.trim().is_empty())
        })?;
        if let Some(options) = self.from.object("options")? {
            let options = dws_options(options)?;
            self.set("options", options);
        }
        self.retry_duration()
    }

    fn cloudtable(&mut self) -> Result<(), Fault> {
        self.need(&["cloudtable_cluster_name", "cloudtable_cluster_id"])?;
        let hbase = self.from.value("cloudtable_schema");
        let opentsdb = self.from.value("opentsdb_schema");
        match (hbase, opentsdb) {
            (Some(schema), None) => {
                self.need(&["cloudtable_table_name"])?;
                self.set("cloudtable_schema", schemas::hbase(schema)?);
                let delimiters = [",", ".", "|", ";", "\\", "-", "_", "~"];
                self.choice("cloudtable_row_key_delimiter", &delimiters, Some("."))?;
            }
            (None, Some(schema)) => self.set("opentsdb_schema", schemas::opentsdb(schema)?),
            _ => {
                return Err(fault(
                    4200,
                    "Invalid request. [One of cloudtable_schema and opentsdb_schema is required, and only one.]",
                ));
            }
        }
        self.text("obs_backup_bucket_path", |_| true)?;
        self.prefix("backup_file_prefix")?;
        self.retry_duration()
    }
}

fn processing_schema(schema: Fields<'_>) -> Result<Value, Fault> {
    let mut read = json!({"timestamp_name": schema.need("timestamp_name")?});
    let kind = schema
        .choice("timestamp_type", &["String", "Timestamp"])?
        .ok_or_else(|| invalid("timestamp_type", None))?;
    read["timestamp_type"] = json!(kind);
    match schema.choice("timestamp_format", TIME_FORMATS)? {
        Some(format) => read["timestamp_format"] = json!(format),
        None if kind == "String" => return Err(invalid("timestamp_format", None)),
        None => {}
    }
    Ok(read)
}

/// The flags are printed as `true/on` and `false/off`, and sent as `false` in the example of the reference.
fn dws_options(options: Fields<'_>) -> Result<Value, Fault> {
    let mut read = Map::new();
    for name in ["fill_missing_fields", "ignore_extra_data", "compatible_illegal_chars"] {
        let on = match options.value(name) {
            None => continue,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => match text.as_str() {
                "true" | "on" | "true/on" => true,
                "false" | "off" | "false/off" | "" => false,
                _ => return Err(invalid(name, options.value(name))),
            },
            other => return Err(invalid(name, other)),
        };
        read.insert(name.to_string(), json!(on.to_string()));
    }
    let limit = "reject_limit";
    match options.value(limit) {
        None => {}
        Some(Value::String(text)) if text == "unlimited" || text.parse::<u32>().is_ok() => {
            read.insert(limit.to_string(), json!(text));
        }
        Some(Value::Number(number)) if number.as_u64().is_some() => {
            read.insert(limit.to_string(), json!(number.to_string()));
        }
        other => return Err(invalid(limit, other)),
    }
    if let Some(table) = options.text("error_table_name")? {
        read.insert("error_table_name".to_string(), json!(table));
    }
    Ok(Value::Object(read))
}
