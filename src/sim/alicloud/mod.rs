//! The services of Alibaba Cloud, each a pure function of a request, the world and the time.

pub mod oss;
pub(crate) mod ram;
pub(crate) mod resourcemanager;
pub mod roles;
pub(crate) mod rpc;
mod rpc_auth;
pub mod tablestore;

use super::world::Object;
use oss::model::{Bucket, StoredObject};
use roles::{Role, RoleDeletion};
use serde_json::Value;
use tablestore::model::{DeliveryTask, Instance, Table};

/// Checks that `json` is a complete object of `kind` with this `key`, and gives it in its stored form.
pub(crate) fn normal(kind: &str, key: &str, json: Value) -> Result<Value, String> {
    fn check<T: Object>(key: &str, json: Value) -> Result<Value, String> {
        let object: T = serde_json::from_value(json).map_err(|e| format!("not of kind {}: {e}", T::KIND))?;
        if object.key() != key {
            return Err(format!("the object's own key is {}, not {key}", object.key()));
        }
        serde_json::to_value(&object).map_err(|e| e.to_string())
    }
    match kind {
        Instance::KIND => check::<Instance>(key, json),
        Table::KIND => check::<Table>(key, json),
        DeliveryTask::KIND => check::<DeliveryTask>(key, json),
        Bucket::KIND => check::<Bucket>(key, json),
        StoredObject::KIND => check::<StoredObject>(key, json),
        Role::KIND => check::<Role>(key, json),
        RoleDeletion::KIND => check::<RoleDeletion>(key, json),
        _ => Err(format!("unknown kind `{kind}`")),
    }
}
