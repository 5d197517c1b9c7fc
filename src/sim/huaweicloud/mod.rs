//! The services of Huawei Cloud and its Open Telekom Cloud twin, each a pure function of a request, the world and the
//! time.

mod auth;
pub(crate) mod dis;
pub(crate) mod dli;
pub(crate) mod dms;
pub(crate) mod iam;
pub(crate) mod obs;
mod rest;

pub use auth::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_REGION, DEMO_USER, project_id};

use super::normal_of;
use super::world::Object;
use auth::Token;
use dli::model::{Database, Table};
use iam::agencies::Agency;
use serde_json::Value;

/// As [`super::normal`] for the kinds of this cloud; `None` for others.
pub(crate) fn normal(kind: &str, key: &str, json: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        Agency::KIND => normal_of::<Agency>(key, json),
        Database::KIND => normal_of::<Database>(key, json),
        Table::KIND => normal_of::<Table>(key, json),
        Token::KIND => normal_of::<Token>(key, json),
        _ => return None,
    })
}
