//! `huaweicloud_dms_kafka_connector`: the nodes of a Kafka instance that its dump and Smart Connect tasks run on. An
//! instance has one connector or none; the service makes and removes it in the background, which takes about 20 minutes.
//!
//! Source: DMS for Kafka API reference (Enabling Smart Connect, Disabling Smart Connect, Querying an Instance); Terraform
//! provider for Huawei Cloud: dms_kafka_smart_connect.

use super::super::api::{self, Ask, DMS, PROJECT, fields, path, text};
use super::{Instance, may_be_absent, show_instance};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{decode, encode, exists_otherwise, identity, integer, two_parts};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connector;

/// How often an instance is looked at that is being changed; the Terraform provider looks every 5 to 10 s, for 50 minutes.
const CHANGE_LIMITS: Limits = Limits {
    pause: Duration::from_millis(500),
    pause_max: Duration::from_secs(10),
    total: Duration::from_secs(50 * 60),
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Object {
    id: Option<String>,
    region: Option<String>,
    instance_id: String,
    storage_spec_code: Option<String>,
    bandwidth: Option<String>,
    #[serde(deserialize_with = "integer")]
    node_count: Option<i64>,
    connector_id: Option<String>,
    status: Option<String>,
}

impl Object {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let object = format!("connector of instance {}", self.instance_id);
        Call::new(DMS.name, operation, effect, object)
    }
}

/// Only what is set: the service sizes the rest by the flavour of the instance.
fn create_body(object: &Object) -> Json {
    fields([
        ("specification", text(&object.bandwidth)),
        ("spec_code", text(&object.storage_spec_code)),
        ("node_cnt", object.node_count.map(|n| json!(n))),
    ])
}

/// The connector of an instance; none while it has none.
fn described(known: &Object, region: &str, instance: &Instance) -> Option<Object> {
    let connector = instance.connector()?.to_string();
    Some(Object {
        id: Some(connector.clone()),
        region: Some(region.to_string()),
        instance_id: known.instance_id.clone(),
        // An instance does not say with which of them its connector was made.
        storage_spec_code: known.storage_spec_code.clone(),
        bandwidth: known.bandwidth.clone(),
        node_count: instance.connector_node_num.or(known.node_count),
        connector_id: Some(connector),
        status: instance.status.clone(),
    })
}

/// Waits while the instance is made bigger or smaller; none when the instance is gone.
async fn settled(
    session: &Session,
    call: &Call,
    object: &Object,
    is_over: impl Fn(&Instance) -> bool + Copy + Send,
) -> Result<Option<Instance>, DriverError> {
    let look = || async move {
        match show_instance(session, object.region.as_deref(), &object.instance_id).await? {
            Some(instance) if is_over(&instance) => Ok(Some(Some(instance))),
            Some(_) => Ok(None),
            None => Ok(Some(None)),
        }
    };
    session
        .poll(call, "the change of the instance", CHANGE_LIMITS, look)
        .await
}

/// Whether the service is at work on the connector of the instance.
fn is_changing(instance: &Instance) -> bool {
    matches!(instance.status.as_deref(), Some("EXTENDING" | "CONNECTOR_DELETING"))
}

fn gone(call: &Call) -> DriverError {
    call.rejected("there is no such instance")
        .with_help("look at instance_id, and at the region and project of the provider")
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let object: Object = decode(&Call::new(DMS.name, "CreateConnector", Effect::WritesOnce, ""), planned)?;
    let call = object.call("CreateConnector", Effect::WritesOnce);
    let region = api::region(session, &call, object.region.as_deref())?;
    // A connector that is on its way may be ours: of a run that was killed, or from a call whose reply was lost.
    let before = settled(session, &call, &object, |i| !is_changing(i)).await?;
    let before = before.ok_or_else(|| gone(&call))?;
    if let Some(found) = described(&object, region, &before) {
        return match (object.node_count, found.node_count) {
            (Some(meant), Some(has)) if meant != has => {
                let help =
                    "an instance has one connector: set node_count to what it has, or import it and plan the change";
                let different = [format!("node_count is {has} instead of {meant}")];
                Err(exists_otherwise(&call, &different, help).into())
            }
            _ => Ok(encode(&call, planned, &found)?),
        };
    }
    let path = path(&["v2", PROJECT, "instances", &object.instance_id, "connector"]);
    let ask = Ask::of(Method::POST, path).with_body(create_body(&object));
    if let Err(error) = api::send(session, DMS, &call, object.region.as_deref(), ask).await {
        let now = match error.effect_unknown() {
            true => show_instance(session, object.region.as_deref(), &object.instance_id).await?,
            false => None,
        };
        let begun = now.is_some_and(|i| is_changing(&i) || i.connector().is_some());
        if !begun {
            return Err(error.into());
        }
    }
    let ready = |i: &Instance| i.is_running() && i.connector().is_some();
    let made = settled(session, &call, &object, ready).await?;
    let made = made.as_ref().and_then(|i| described(&object, region, i));
    let made = made.ok_or_else(|| gone(&call))?;
    Ok(encode(&call, planned, &made)?)
}

/// Asks for the removal and waits until the instance has no connector; one that is being removed already is waited for.
async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let object: Object = decode(&Call::new(DMS.name, "DeleteConnector", Effect::Writes, ""), prior)?;
    let call = object.call("DeleteConnector", Effect::Writes);
    let idle = settled(session, &call, &object, |i| !is_changing(i)).await?;
    if idle.is_none_or(|i| i.connector().is_none()) {
        return Ok(());
    }
    let parts = [
        "v2",
        PROJECT,
        "kafka",
        "instances",
        &object.instance_id,
        "delete-connector",
    ];
    let ask = Ask::of(Method::POST, path(&parts));
    if let Err(error) = api::send(session, DMS, &call, object.region.as_deref(), ask).await {
        if !may_be_absent(&error) {
            return Err(error);
        }
        let now = show_instance(session, object.region.as_deref(), &object.instance_id).await?;
        if now.is_some_and(|i| i.connector().is_some() && !is_changing(&i)) {
            return Err(error.with_help(
                "delete the tasks of the instance first; the connector of an instance that is billed yearly or monthly \
                 can only be removed in the console",
            ));
        }
    }
    settled(session, &call, &object, |i| i.is_running() && i.connector().is_none()).await?;
    Ok(())
}

impl Driver for Connector {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let call = Call::new(DMS.name, "ShowInstance", Effect::Reads, "");
            let object: Object = decode(&call, prior)?;
            let region = api::region(session, &call, object.region.as_deref())?;
            let instance = show_instance(session, object.region.as_deref(), &object.instance_id).await?;
            let found = instance.and_then(|i| described(&object, region, &i));
            found.map(|f| encode(&call, prior, &f)).transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        session: &'a Session,
        _: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(async move {
            let call = Call::new(DMS.name, "ShowInstance", Effect::Reads, "");
            match self.read(session, planned).await? {
                Some(found) => Ok(found),
                None => Err(call.rejected("the instance has no connector any more").into()),
            }
        })
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        // The Terraform provider wants the id of the connector too, which says nothing new: there is only one.
        let instance = two_parts(id).map_or(id, |(instance, _)| instance);
        if instance.is_empty() || instance.contains([':', '/']) {
            return Err("a connector is imported as <instance_id>".to_string());
        }
        identity(&[("instance_id", instance)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_is_sent() {
        let mut object = Object {
            instance_id: "i".into(),
            ..Object::default()
        };
        assert_eq!(create_body(&object), json!({}));
        object.bandwidth = Some("100MB".into());
        object.storage_spec_code = Some("dms.physical.storage.ultra.v2".into());
        object.node_count = Some(2);
        let body = json!({"specification": "100MB", "spec_code": "dms.physical.storage.ultra.v2", "node_cnt": 2});
        assert_eq!(create_body(&object), body);
    }

    #[test]
    fn an_instance_has_a_connector_or_none() {
        let known = Object {
            instance_id: "i".into(),
            bandwidth: Some("100MB".into()),
            node_count: Some(2),
            ..Object::default()
        };
        for (reply, expected) in [
            (json!({"status": "RUNNING"}), None),
            (json!({"status": "RUNNING", "connector_id": ""}), None),
            (
                json!({"status": "RUNNING", "connector_id": "c", "connector_node_num": "3"}),
                Some(("c", Some(3))),
            ),
            (
                json!({"status": "EXTENDING", "connector_id": "c"}),
                Some(("c", Some(2))),
            ),
        ] {
            let instance: Instance = serde_json::from_value(reply.clone()).unwrap_or_default();
            let found = described(&known, "r", &instance);
            let seen = found
                .as_ref()
                .map(|f| (f.id.as_deref().unwrap_or_default(), f.node_count));
            assert_eq!(seen, expected, "{reply}");
            assert!(found.is_none_or(|f| f.bandwidth == known.bandwidth && f.connector_id == f.id));
        }
    }
}
