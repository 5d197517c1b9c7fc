//! The services of Huawei Cloud and its Open Telekom Cloud twin, each a pure function of a request, the world and the
//! time.

mod auth;
pub(crate) mod dis;
pub(crate) mod dli;
pub(crate) mod dms;
pub(crate) mod iam;
pub mod obs;
mod rest;

pub use auth::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_REGION, DEMO_USER, project_id};
pub use dms::{DEMO_KAFKA_INSTANCE, demo_kafka_instance_id};

use super::normal_of;
use super::world::Object;
use auth::{TemporaryKey, Token};
use dis::model::{App, Checkpoint, CloudtableCluster, DumpTask, DwsCluster, MrsCluster, Stream};
use dli::model::{Database, Table};
use iam::agencies::Agency;
use serde_json::Value;

/// As [`super::normal`] for the kinds of this cloud; `None` for others.
pub(crate) fn normal(kind: &str, key: &str, json: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        Agency::KIND => normal_of::<Agency>(key, json),
        Database::KIND => normal_of::<Database>(key, json),
        Table::KIND => normal_of::<Table>(key, json),
        TemporaryKey::KIND => normal_of::<TemporaryKey>(key, json),
        Token::KIND => normal_of::<Token>(key, json),
        dms::Instance::KIND => normal_of::<dms::Instance>(key, json),
        dms::DefaultInstance::KIND => normal_of::<dms::DefaultInstance>(key, json),
        dms::Serial::KIND => normal_of::<dms::Serial>(key, json),
        dms::Connector::KIND => normal_of::<dms::Connector>(key, json),
        dms::SinkTask::KIND => normal_of::<dms::SinkTask>(key, json),
        dms::SmartConnectTask::KIND => normal_of::<dms::SmartConnectTask>(key, json),
        Stream::KIND => normal_of::<Stream>(key, json),
        DumpTask::KIND => normal_of::<DumpTask>(key, json),
        App::KIND => normal_of::<App>(key, json),
        Checkpoint::KIND => normal_of::<Checkpoint>(key, json),
        MrsCluster::KIND => normal_of::<MrsCluster>(key, json),
        DwsCluster::KIND => normal_of::<DwsCluster>(key, json),
        CloudtableCluster::KIND => normal_of::<CloudtableCluster>(key, json),
        obs::model::Bucket::KIND => normal_of::<obs::model::Bucket>(key, json),
        obs::model::StoredObject::KIND => normal_of::<obs::model::StoredObject>(key, json),
        obs::model::Upload::KIND => normal_of::<obs::model::Upload>(key, json),
        _ => return None,
    })
}
