//! Data source `huaweicloud_dms_kafka_instances`: the Kafka instances of a project, all or those of a name, an id or a status.
//!
//! Source: DMS for Kafka API reference, Querying All Instances; Terraform provider for Huawei Cloud: dms_kafka_instances.

use super::super::api::{self, Ask, DMS, PROJECT, path};
use super::show_instance;
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::{decode, encode, filled, integer};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Instances;

/// Instances on a page of the list, the most that the service gives.
const PAGE: usize = 50;
/// Pages that are read before the list is taken to be endless.
const PAGES_MAX: usize = 200;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Search {
    id: Option<String>,
    region: Option<String>,
    instance_id: Option<String>,
    name: Option<String>,
    fuzzy_match: Option<bool>,
    status: Option<String>,
    enterprise_project_id: Option<String>,
    include_failure: Option<bool>,
    instances: Option<Vec<Instance>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Instance {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    r#type: Option<String>,
    engine_version: Option<String>,
    storage_spec_code: Option<String>,
    status: Option<String>,
    enterprise_project_id: Option<String>,
    connect_address: Option<String>,
    port: Option<i64>,
    dumping: Option<bool>,
    connector_id: Option<String>,
    connector_node_num: Option<i64>,
    #[serde(flatten)]
    more: Map<String, Json>,
}

/// What a fact of an instance is.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
    Texts,
}

/// Further facts of an instance that are taken over as they are: name of the attribute, name in the reply.
const MORE: &[(&str, &str, Kind)] = &[
    ("product_id", "product_id", Kind::Text),
    ("storage_space", "total_storage_space", Kind::Number),
    ("storage_type", "storage_type", Kind::Text),
    ("storage_resource_id", "storage_resource_id", Kind::Text),
    ("vpc_id", "vpc_id", Kind::Text),
    ("vpc_name", "vpc_name", Kind::Text),
    ("vpc_client_plain", "vpc_client_plain", Kind::Flag),
    ("network_id", "subnet_id", Kind::Text),
    ("subnet_name", "subnet_name", Kind::Text),
    ("subnet_cidr", "subnet_cidr", Kind::Text),
    ("security_group_id", "security_group_id", Kind::Text),
    ("security_group_name", "security_group_name", Kind::Text),
    ("manager_user", "kafka_manager_user", Kind::Text),
    ("access_user", "access_user", Kind::Text),
    ("maintain_begin", "maintain_begin", Kind::Text),
    ("maintain_end", "maintain_end", Kind::Text),
    ("enable_public_ip", "enable_publicip", Kind::Flag),
    ("security_protocol", "kafka_security_protocol", Kind::Text),
    ("enabled_mechanisms", "sasl_enabled_mechanisms", Kind::Texts),
    ("retention_policy", "retention_policy", Kind::Text),
    ("enable_auto_topic", "enable_auto_topic", Kind::Flag),
    ("partition_num", "partition_num", Kind::Number),
    ("ssl_enable", "ssl_enable", Kind::Flag),
];

/// A fact of the reply in its own kind; null where it is missing or something else. Numbers may come as text.
fn fact(found: Option<&Json>, kind: Kind) -> Json {
    let fits = match (kind, found) {
        (Kind::Text, Some(Json::String(text))) => !text.is_empty(),
        (Kind::Number, Some(Json::String(text))) => return text.parse::<i64>().map_or(Json::Null, Json::from),
        (Kind::Number, Some(Json::Number(number))) => number.is_i64(),
        (Kind::Flag, Some(Json::Bool(_))) => true,
        (Kind::Texts, Some(Json::Array(texts))) => texts.iter().all(Json::is_string),
        _ => false,
    };
    found.filter(|_| fits).cloned().unwrap_or_default()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    instances: Vec<Listed>,
    #[serde(deserialize_with = "integer")]
    instance_num: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    instance_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    r#type: Option<String>,
    engine: Option<String>,
    engine_version: Option<String>,
    storage_spec_code: Option<String>,
    status: Option<String>,
    enterprise_project_id: Option<String>,
    connect_address: Option<String>,
    #[serde(deserialize_with = "integer")]
    port: Option<i64>,
    connector_id: Option<String>,
    connector_enable: Option<bool>,
    #[serde(deserialize_with = "integer")]
    connector_node_num: Option<i64>,
    #[serde(flatten)]
    more: Map<String, Json>,
}

impl Listed {
    fn instance(self) -> Instance {
        let connector_id = filled(self.connector_id);
        Instance {
            id: self.instance_id,
            name: self.name,
            description: filled(self.description),
            r#type: self.r#type,
            engine_version: self.engine_version,
            storage_spec_code: self.storage_spec_code,
            status: self.status,
            enterprise_project_id: self.enterprise_project_id,
            connect_address: filled(self.connect_address),
            port: self.port,
            dumping: self.connector_enable.or(Some(connector_id.is_some())),
            connector_id,
            connector_node_num: self.connector_node_num,
            more: MORE
                .iter()
                .map(|(name, key, kind)| ((*name).to_string(), fact(self.more.get(*key), *kind)))
                .collect(),
        }
    }
}

/// The parameters of one page.
fn parameters(search: &Search, page: usize) -> Vec<(&'static str, String)> {
    let mut parameters = vec![("engine", "kafka".to_string())];
    let mut add = |name, value: &Option<String>| parameters.extend(value.clone().map(|v| (name, v)));
    add("instance_id", &search.instance_id);
    add("name", &search.name);
    add("status", &search.status);
    add("enterprise_project_id", &search.enterprise_project_id);
    if search.name.is_some() {
        parameters.push(("exact_match_name", (search.fuzzy_match != Some(true)).to_string()));
    }
    if let Some(include) = search.include_failure {
        parameters.push(("include_failure", include.to_string()));
    }
    parameters.push(("offset", (page * PAGE).to_string()));
    parameters.push(("limit", PAGE.to_string()));
    parameters
}

/// Whether an instance is one that is asked for: a service that does not know a parameter ignores it.
fn fits(search: &Search, listed: &Listed) -> bool {
    let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
    let named = match (&search.name, search.fuzzy_match) {
        (Some(part), Some(true)) => listed.name.as_ref().is_some_and(|n| n.contains(part.as_str())),
        (name, _) => is(name, &listed.name),
    };
    let kafka = listed.engine.as_deref().is_none_or(|e| e.eq_ignore_ascii_case("kafka"));
    kafka && named && is(&search.instance_id, &listed.instance_id) && is(&search.status, &listed.status)
}

/// The list does not say the connector's id; the instance itself does.
async fn with_connector(session: &Session, region: &str, instance: &mut Instance) -> Result<(), DriverError> {
    if let (Some(true), None, Some(id)) = (instance.dumping, &instance.connector_id, &instance.id) {
        let shown = show_instance(session, Some(region), id).await?.unwrap_or_default();
        instance.connector_node_num = shown.connector_node_num.or(instance.connector_node_num);
        instance.connector_id = filled(shown.connector_id);
    }
    Ok(())
}

/// The instances that are asked for, from all pages.
async fn list(session: &Session, call: &Call, region: &str, search: &Search) -> Result<Vec<Listed>, DriverError> {
    let (mut found, mut seen) = (Vec::new(), 0);
    for page in 0..PAGES_MAX {
        let ask = Ask::of(Method::GET, path(&["v2", PROJECT, "instances"]));
        let ask = parameters(search, page)
            .into_iter()
            .fold(ask, |ask, (name, value)| ask.with(name, value));
        let reply: Page = api::ask(session, DMS, call, Some(region), ask).await?;
        let count = reply.instances.len();
        seen += count;
        found.extend(reply.instances.into_iter().filter(|i| fits(search, i)));
        let all = reply.instance_num.and_then(|n| usize::try_from(n).ok());
        if count < PAGE || all.is_some_and(|n| seen >= n) {
            return Ok(found);
        }
    }
    Err(call.garbled("the list of instances has no end"))
}

impl DataDriver for Instances {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let call = Call::new(DMS.name, "ListInstances", Effect::Reads, "");
            let mut search: Search = decode(&call, config)?;
            let region = api::region(session, &call, search.region.as_deref())?.to_string();
            let found = list(session, &call, &region, &search).await?;
            let mut instances: Vec<Instance> = found.into_iter().map(Listed::instance).collect();
            for instance in &mut instances {
                with_connector(session, &region, instance).await?;
            }
            instances.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
            search.instances = Some(instances);
            search.id = Some(region.clone());
            search.region = Some(region);
            encode(&call, config, &search)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_exact_unless_it_is_a_part() {
        let search = |name: Option<&str>, fuzzy| Search {
            name: name.map(str::to_string),
            fuzzy_match: fuzzy,
            ..Search::default()
        };
        let listed = |name: &str| Listed {
            name: Some(name.to_string()),
            ..Listed::default()
        };
        for (name, fuzzy, found, expected) in [
            (None, None, "orders", true),
            (Some("orders"), None, "orders", true),
            (Some("order"), None, "orders", false),
            (Some("order"), Some(false), "orders", false),
            (Some("order"), Some(true), "orders", true),
            (Some("x"), Some(true), "orders", false),
        ] {
            assert_eq!(
                fits(&search(name, fuzzy), &listed(found)),
                expected,
                "{name:?} {fuzzy:?}"
            );
        }
        let rocket = Listed {
            engine: Some("reliability".to_string()),
            ..Listed::default()
        };
        assert!(!fits(&Search::default(), &rocket));
    }

    #[test]
    fn only_what_is_asked_for_is_a_parameter() {
        let plain = parameters(&Search::default(), 0);
        let names: Vec<&str> = plain.iter().map(|(n, _)| *n).collect();
        assert_eq!(names, ["engine", "offset", "limit"]);
        let search = Search {
            name: Some("n".into()),
            include_failure: Some(false),
            ..Search::default()
        };
        let second = parameters(&search, 1);
        for expected in [
            ("exact_match_name", "true"),
            ("include_failure", "false"),
            ("offset", "50"),
        ] {
            assert!(second.iter().any(|(n, v)| (*n, v.as_str()) == expected), "{expected:?}");
        }
    }

    #[test]
    fn an_instance_without_a_connector_does_not_dump() {
        let of = |id: &str| Listed {
            connector_id: Some(id.to_string()),
            ..Listed::default()
        };
        assert_eq!(of("").instance().dumping, Some(false));
        assert_eq!(of("c").instance().dumping, Some(true));
    }
}
