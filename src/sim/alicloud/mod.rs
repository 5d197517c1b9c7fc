//! The services of Alibaba Cloud, each a pure function of a request, the world and the time.

pub mod dataworks;
pub mod oss;
pub(crate) mod ram;
pub(crate) mod resourcemanager;
pub mod roles;
pub(crate) mod rpc;
mod rpc_auth;
pub mod tablestore;

use super::normal_of;
use super::world::Object;
use dataworks::model::{Deployment, DwFile, LastId, ResourceGroup};
use oss::model::{Bucket, StoredObject};
use roles::{Role, RoleDeletion};
use serde_json::Value;
use tablestore::model::{DeliveryTask, Instance, Table};

/// As [`super::normal`] for the kinds of this cloud; `None` for others.
pub(crate) fn normal(kind: &str, key: &str, json: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        Instance::KIND => normal_of::<Instance>(key, json),
        Table::KIND => normal_of::<Table>(key, json),
        DeliveryTask::KIND => normal_of::<DeliveryTask>(key, json),
        Bucket::KIND => normal_of::<Bucket>(key, json),
        StoredObject::KIND => normal_of::<StoredObject>(key, json),
        DwFile::KIND => normal_of::<DwFile>(key, json),
        Deployment::KIND => normal_of::<Deployment>(key, json),
        LastId::KIND => normal_of::<LastId>(key, json),
        ResourceGroup::KIND => normal_of::<ResourceGroup>(key, json),
        Role::KIND => normal_of::<Role>(key, json),
        RoleDeletion::KIND => normal_of::<RoleDeletion>(key, json),
        _ => return None,
    })
}
