//! Reads the fields of request bodies and checks the rules that sink tasks and Smart Connect tasks share. Knows no state.

use super::invalid;
use crate::sim::huaweicloud::rest::{Call, Fault};
use crate::wire::sign::sha256_hex;
use serde_json::{Map, Value};

/// Most tasks of an instance.
pub(super) const MAX_TASKS: u32 = 18;

/// The forms of folders for the time.
const PARTITION_FORMATS: &[&str] = &["yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"];

/// What may end a record. The reference's own examples send a backslash with an `n`, those of sink tasks a newline.
const DELIMITERS: &[&str] = &[",", ";", "|", "\n", "\\n", "NULL", ""];

/// The body's fields.
pub(super) fn body<'a>(call: &'a Call<'_>) -> Result<Fields<'a>, Fault> {
    match &call.body {
        Value::Null => Err(Fault::new(400, "DMS.00400004", "The request body is empty.")),
        Value::Object(map) => Ok(Fields(map)),
        _ => Err(Fault::new(
            400,
            "DMS.00400005",
            "The message body is not in JSON format or contains invalid characters.",
        )),
    }
}

/// The fields of one JSON object. A null is as good as absent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The value under `name`.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    /// A text; `None` when absent.
    pub(super) fn given_text(self, name: &str) -> Result<Option<&'a str>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(format!("{name} must be a string."))),
        }
    }

    /// A text; an empty one is as good as absent, as clients send one for what is not set.
    pub(super) fn text(self, name: &str) -> Result<Option<&'a str>, Fault> {
        Ok(self.given_text(name)?.filter(|text| !text.is_empty()))
    }

    /// A text that must be there.
    pub(super) fn needed(self, name: &str) -> Result<&'a str, Fault> {
        self.text(name)?
            .ok_or_else(|| invalid(format!("{name} must be given.")))
    }

    /// A text that must be one of these.
    pub(super) fn one_of(self, name: &str, values: &[&str]) -> Result<Option<&'a str>, Fault> {
        let found = self.text(name)?;
        match found.filter(|v| !values.contains(v)) {
            Some(_) => Err(invalid(format!("{name} must be one of {}.", values.join(", ")))),
            None => Ok(found),
        }
    }

    /// A truth value.
    pub(super) fn flag(self, name: &str) -> Result<Option<bool>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(invalid(format!("{name} must be true or false."))),
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
        self.get(name)
            .map_or(Ok(None), |v| within(name, v.as_u64(), least, most).map(Some))
    }

    /// As [`Fields::number`], for a field that some releases of the SDK send as a text.
    pub(super) fn number_or_text(self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
        match self.get(name) {
            Some(Value::String(text)) => within(name, text.parse().ok(), least, most).map(Some),
            _ => self.number(name, least, most),
        }
    }

    /// The fields of an object; `None` when absent.
    pub(super) fn object(self, name: &str) -> Result<Option<Fields<'a>>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Fields(map))),
            Some(_) => Err(invalid(format!("{name} must be an object."))),
        }
    }
}

fn within(name: &str, value: Option<u64>, least: u32, most: u32) -> Result<u32, Fault> {
    let number = value.and_then(|n| u32::try_from(n).ok());
    number
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| invalid(format!("{name} must be a whole number from {least} to {most}.")))
}

/// The topics a task reads: names, or a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topics {
    pub(super) topics: String,
    pub(super) topics_regex: String,
}

/// Reads `topics` and `topics_regex`, of which one is set.
pub(super) fn topics(fields: Fields<'_>) -> Result<Topics, Fault> {
    let (topics, regex) = (fields.text("topics")?, fields.text("topics_regex")?);
    if topics.is_some() && regex.is_some() {
        return Err(invalid("Set either topics or topics_regex, not both."));
    }
    if topics.is_some_and(|t| topic_names(t).next().is_none()) {
        return Err(invalid("topics names no topic."));
    }
    Ok(Topics {
        topics: topics.unwrap_or_default().to_string(),
        topics_regex: regex.unwrap_or_default().to_string(),
    })
}

impl Topics {
    /// Neither is set.
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.topics_regex.is_empty()
    }

    /// One of the two must be set.
    pub(super) fn needed(self) -> Result<Self, Fault> {
        match self.is_empty() {
            true => Err(invalid("Either topics or topics_regex must be given.")),
            false => Ok(self),
        }
    }
}

/// The names in a comma-joined list.
pub(super) fn topic_names(topics: &str) -> impl Iterator<Item = &str> {
    topics.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Where and how a task writes to OBS: what both kinds of tasks have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObsTarget {
    pub(super) consumer_strategy: String,
    pub(super) destination_file_type: String,
    pub(super) obs_bucket_name: String,
    pub(super) obs_path: String,
    pub(super) partition_format: String,
    pub(super) record_delimiter: String,
}

/// Reads and checks the fields that both kinds of tasks have in common.
pub(super) fn obs_target(fields: Fields<'_>) -> Result<ObsTarget, Fault> {
    let strategy = fields
        .one_of("consumer_strategy", &["latest", "earliest"])?
        .ok_or_else(|| invalid("consumer_strategy must be given."))?;
    // One file type exists, spelt in three ways by the reference and the SDK; clients may leave it out.
    let file_type = fields.text("destination_file_type")?.unwrap_or("TEXT");
    if !["TEXT", "TXT"].iter().any(|t| file_type.eq_ignore_ascii_case(t)) {
        return Err(invalid("destination_file_type must be TEXT."));
    }
    let path = fields.text("obs_path")?.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_/-".contains(c);
    if path.len() > 64 || !path.chars().all(allowed) {
        return Err(invalid(
            "obs_path must have at most 64 letters, digits, underscores, hyphens and slashes.",
        ));
    }
    let delimiter = fields.given_text("record_delimiter")?.unwrap_or("\n");
    if !DELIMITERS.contains(&delimiter) {
        return Err(invalid(
            "record_delimiter must be a comma, a semicolon, a vertical bar, a newline or NULL.",
        ));
    }
    Ok(ObsTarget {
        consumer_strategy: strategy.to_string(),
        destination_file_type: "TEXT".to_string(),
        obs_bucket_name: fields.needed("obs_bucket_name")?.to_string(),
        obs_path: path.to_string(),
        partition_format: fields
            .one_of("partition_format", PARTITION_FORMATS)?
            .unwrap_or_default()
            .to_string(),
        record_delimiter: delimiter.to_string(),
    })
}

/// What is kept of secrets: enough to see that they changed.
pub(super) fn digest(secrets: &[&str]) -> String {
    sha256_hex(secrets.join("\n").as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(name: &str, value: Value) -> Result<ObsTarget, Fault> {
        let mut all = json!({
            "consumer_strategy": "latest", "destination_file_type": "TEXT", "obs_bucket_name": "b",
            "obs_path": "a/b-c_1", "partition_format": "yyyy", "record_delimiter": ",",
        });
        all[name] = value;
        obs_target(Fields(all.as_object().unwrap()))
    }

    #[test]
    fn the_rules_of_a_target() {
        for (name, value) in [
            ("consumer_strategy", json!("earliest")),
            ("destination_file_type", json!("txt")),
            ("destination_file_type", Value::Null),
            ("obs_path", json!("a".repeat(64))),
            ("obs_path", json!("")),
            ("partition_format", json!("yyyy/MM/dd/HH/mm")),
            ("partition_format", Value::Null),
            ("record_delimiter", json!("NULL")),
            ("record_delimiter", json!("")),
            ("record_delimiter", json!("\n")),
        ] {
            with(name, value.clone()).unwrap_or_else(|f| panic!("{name} {value}: {f:?}"));
        }
        for (name, value) in [
            ("consumer_strategy", json!("LATEST")),
            ("consumer_strategy", Value::Null),
            ("destination_file_type", json!("parquet")),
            ("obs_bucket_name", json!("")),
            ("obs_path", json!("a".repeat(65))),
            ("obs_path", json!("a b")),
            ("obs_path", json!(7)),
            ("partition_format", json!("yyyy-MM")),
            ("record_delimiter", json!("\t")),
        ] {
            let fault = with(name, value.clone()).unwrap_err();
            assert_eq!(
                (fault.status, fault.code.as_str()),
                (400, "DMS.00400062"),
                "{name} {value}"
            );
            assert!(fault.message.contains(name), "{}", fault.message);
        }
    }

    #[test]
    fn an_empty_text_is_as_good_as_absent() {
        let read = |value: Value| topics(Fields(value.as_object().unwrap()));
        assert_eq!(read(json!({"topics": "a", "topics_regex": ""})).unwrap().topics, "a");
        assert!(read(json!({"topics": "", "topics_regex": null})).unwrap().is_empty());
        assert!(read(json!({"topics": "a", "topics_regex": "b"})).is_err());
        assert!(read(json!({"topics": ", "})).is_err());
    }

    #[test]
    fn numbers_have_bounds_and_types() {
        let read = |value: Value| Fields(json!({"n": value}).as_object().unwrap()).number("n", 30, 900);
        assert_eq!(read(json!(30)).unwrap(), Some(30));
        assert_eq!(read(json!(900)).unwrap(), Some(900));
        assert_eq!(read(Value::Null).unwrap(), None);
        for wrong in [json!(29), json!(901), json!(-30), json!("30"), json!(30.5), json!(1e30)] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
        let loose = |value: Value| Fields(json!({"n": value}).as_object().unwrap()).number_or_text("n", 2, 16);
        assert_eq!(loose(json!("2")).unwrap(), Some(2));
        assert_eq!(loose(json!(2)).unwrap(), Some(2));
        assert!(loose(json!("two")).is_err());
        assert!(loose(json!("1")).is_err());
    }
}
