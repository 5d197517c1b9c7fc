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

use super::normal_of;
use super::world::Object;
use auth::Token;
use serde_json::Value;

/// As [`super::normal`] for the kinds of this cloud; `None` for others.
pub(crate) fn normal(kind: &str, key: &str, json: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        Token::KIND => normal_of::<Token>(key, json),
        obs::model::Bucket::KIND => normal_of::<obs::model::Bucket>(key, json),
        obs::model::StoredObject::KIND => normal_of::<obs::model::StoredObject>(key, json),
        obs::model::Upload::KIND => normal_of::<obs::model::Upload>(key, json),
        _ => return None,
    })
}
