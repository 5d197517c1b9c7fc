//! What databases and tables of DLI share: replies that say with status 200 that a call failed, and jobs that go on
//! after status 408. Knows neither databases nor tables.
//!
//! Source: DLI API reference, Error Code; Terraform provider for Huawei Cloud: dli_database, dli_table.

use super::api::{self, Ask, DLI};
use crate::driver::{Call, DriverError, Limits, Session};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    is_success: Option<bool>,
    message: Option<String>,
}

/// How often to look whether a job of DLI is done.
pub(super) fn limits() -> Limits {
    Limits {
        pause: Duration::from_secs(1),
        pause_max: Duration::from_secs(10),
        total: Duration::from_secs(600),
    }
}

/// Sends a request and reads its reply.
///
/// # Errors
/// The fault, also one that comes with status 200.
pub(super) async fn ask<R: DeserializeOwned>(
    session: &Session,
    call: &Call,
    region: Option<&str>,
    ask: Ask,
) -> Result<R, DriverError> {
    let reply = api::send(session, DLI, call, region, ask).await?;
    let done: Done = serde_json::from_slice(&reply.body).map_err(|e| call.garbled(e))?;
    if done.is_success == Some(false) {
        let words = done.message.filter(|m| !m.is_empty());
        let mut facts = call.reply(words.unwrap_or_else(|| "DLI says that it failed, and not why".to_string()));
        facts.status = Some(reply.status);
        facts.request_id = reply.header("x-request-id").map(str::to_string);
        return Err(DriverError::Rejected(facts));
    }
    serde_json::from_slice(&reply.body).map_err(|e| call.garbled(e))
}

/// Whether a job takes longer than a request may, and goes on.
pub(super) fn goes_on(error: &DriverError) -> bool {
    error.reply().status == Some(408)
}

/// Whether a create that failed may have found another object of the name: it is to be looked for.
pub(super) fn may_exist(error: &DriverError) -> bool {
    matches!(error, DriverError::Conflict(_)) || error.reply().status == Some(200)
}

/// What a call of a kind that answers nothing of use answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Nothing {}
