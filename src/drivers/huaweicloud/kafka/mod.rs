//! Distributed Message Service for Kafka: connectors of instances and the tasks that run in them. Here is what its types
//! share: how an instance is looked at, comma lists, times and secrets. Decides nothing about a type.
//!
//! Source: DMS for Kafka API reference (Querying an Instance); Terraform provider for Huawei Cloud: dms_kafka_*.

mod connector;
mod instances;
mod sink_task;
mod smart_connect_task;
mod smart_connect_wire;

pub(super) use connector::Connector;
pub(super) use instances::Instances;
pub(super) use sink_task::SinkTask;
pub(super) use smart_connect_task::SmartConnectTask;

use super::api::{self, Ask, DMS, PROJECT, path, present};
use crate::base::Known;
use crate::base::Secret;
use crate::driver::{Call, DriverError, Effect, Limits, Session};
use crate::drivers::object::{identity, integer, two_parts};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long the state of a task may lag behind a call that changed it.
const SETTLE_LIMITS: Limits = Limits {
    pause: Duration::from_millis(200),
    pause_max: Duration::from_secs(5),
    total: Duration::from_secs(300),
};

/// An instance, as far as its connector goes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Instance {
    status: Option<String>,
    connector_id: Option<String>,
    #[serde(deserialize_with = "integer")]
    connector_node_num: Option<i64>,
}

impl Instance {
    fn connector(&self) -> Option<&str> {
        self.connector_id.as_deref().filter(|id| !id.is_empty())
    }

    fn is_running(&self) -> bool {
        self.status.as_deref() == Some("RUNNING")
    }
}

/// An instance; none when there is none.
async fn show_instance(session: &Session, region: Option<&str>, id: &str) -> Result<Option<Instance>, DriverError> {
    let call = Call::new(DMS.name, "ShowInstance", Effect::Reads, format!("instance {id}"));
    let ask = Ask::of(Method::GET, path(&["v2", PROJECT, "instances", id]));
    present(api::ask(session, DMS, &call, region, ask).await)
}

/// Whether a refusal may mean that what was asked about does not exist: no document says how a missing task is reported.
fn may_be_absent(error: &DriverError) -> bool {
    api::is_absent(error) || matches!(error, DriverError::Rejected(_))
}

fn key(secret: &Option<Secret>) -> Option<Json> {
    secret.as_ref().map(|s| Json::String(s.expose().to_string()))
}

/// The names in a comma list, without order.
fn names(list: &str) -> BTreeSet<String> {
    let names = list.split(',').map(str::trim).filter(|n| !n.is_empty());
    names.map(str::to_string).collect()
}

/// The comma list of names.
fn list(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// A time that replies give in milliseconds since 1970.
fn time(ms: Option<i64>) -> Option<String> {
    let time = Timestamp::from_millisecond(ms?).ok()?;
    Some(time.to_string())
}

/// Whether two spellings mean the same type of file: `TXT` of the prose is `TEXT` of the examples.
fn same_file_type(a: &str, b: &str) -> bool {
    let word = |t: &str| match t.to_ascii_uppercase().as_str() {
        "TXT" => "TEXT".to_string(),
        other => other.to_string(),
    };
    word(a) == word(b)
}

/// What a reply says of a value whose spellings may differ: as it is known, where that means the same.
fn spelled(known: &Option<String>, found: Option<String>, same: impl Fn(&str, &str) -> bool) -> Option<String> {
    match (known, found) {
        (Some(known), Some(found)) if same(known, &found) => Some(known.clone()),
        (known, found) => found.or_else(|| known.clone()),
    }
}

/// The delimiter in a reply: the word NULL stands for none.
fn delimiter(found: Option<String>) -> Option<String> {
    found.map(|d| if d == "NULL" { String::new() } else { d })
}

/// What an import id names: a task of a parent by the id that the service gave it, or by its name.
fn imported(parent_attribute: &str, id: &str, form: &str) -> Result<Known, String> {
    let (parent, task) = two_parts(id).ok_or_else(|| form.to_string())?;
    let attribute = if is_uuid(task) { "id" } else { "task_name" };
    identity(&[(parent_attribute, parent), (attribute, task)])
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// The one id of a task that has this name; none when none has.
fn only(call: &Call, name: &str, ids: Vec<String>) -> Result<Option<String>, DriverError> {
    match <[String; 1]>::try_from(ids) {
        Ok([id]) => Ok(Some(id)),
        Err(none) if none.is_empty() => Ok(None),
        Err(several) => {
            let reply = call.reply(format!("there are several tasks named {name}: {}", several.join(", ")));
            let help = "delete all but one, or import the right one by its id";
            Err(DriverError::Conflict(reply).with_help(help))
        }
    }
}

/// Text that is null as long as it is not known: the name of a task that is imported by its id.
fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// A secret attribute: it goes into requests and, as it came, into the object; never into a message.
mod secret_text {
    use super::{Deserialize as _, Deserializer, Secret, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => serializer.serialize_some(secret.expose()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_imported_by_its_id_or_its_name() {
        let id = "2962882a-386c-4c9d-bb59-3b4f55d82961";
        assert!(is_uuid(id) && !is_uuid("orders-to-obs") && !is_uuid(&id.replace('a', "x")));
        let named = imported("connector_id", &format!("c/{id}"), "form").map(|k| k.value().clone());
        assert_eq!(
            named.as_ref().ok().and_then(|v| v.get("id")).and_then(|v| v.as_str()),
            Some(id)
        );
        assert_eq!(imported("connector_id", "c", "form").err().as_deref(), Some("form"));
    }

    #[test]
    fn one_task_of_a_name_is_found_and_several_are_refused() {
        let call = Call::new("dms", "ListSinkTasks", Effect::Reads, "");
        let ids = |n: usize| (0..n).map(|i| format!("id{i}")).collect::<Vec<_>>();
        assert_eq!(only(&call, "t", ids(0)), Ok(None));
        assert_eq!(only(&call, "t", ids(1)), Ok(Some("id0".to_string())));
        let error = only(&call, "t", ids(2)).map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains("id0, id1")));
    }

    #[test]
    fn lists_times_and_spellings_are_read() {
        assert_eq!(list(&names(" b,a,,b ")), "a,b");
        assert_eq!(
            time(Some(1_592_309_487_621)).as_deref(),
            Some("2020-06-16T12:11:27.621Z")
        );
        assert_eq!(time(Some(i64::MAX)), None);
        let known = Some("text".to_string());
        let read = |found: &str| spelled(&known, Some(found.to_string()), same_file_type);
        assert_eq!(read("TXT").as_deref(), Some("text"));
        assert_eq!(read("PARQUET").as_deref(), Some("PARQUET"));
        assert_eq!(spelled(&known, None, same_file_type), known);
        assert_eq!(delimiter(Some("NULL".into())).as_deref(), Some(""));
    }
}
