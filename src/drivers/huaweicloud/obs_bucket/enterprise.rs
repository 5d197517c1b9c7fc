//! Moves a bucket to another enterprise project. The service of enterprise projects takes the order, and OBS follows a
//! little later.
//!
//! Source: EPS API reference, Migrating Resources; Terraform provider for Huawei Cloud, obs_bucket: enterprise_project_id.

use super::reading::head;
use super::{Place, SETTLE_LIMITS};
use crate::driver::{Call, DriverError, Effect, Limits, Session};
use crate::drivers::huaweicloud::api::{self, Ask, EPS};
use http::Method;
use serde_json::json;
use std::time::Duration;

/// How long OBS may take to follow.
const MOVE_LIMITS: Limits = Limits {
    total: Duration::from_secs(300),
    ..SETTLE_LIMITS
};

/// Moves the bucket and waits until OBS says so.
pub(super) async fn migrate(session: &Session, place: Place<'_>, project: &str) -> Result<(), DriverError> {
    let call = Call::new(
        EPS.name,
        "MigrateResource",
        Effect::Writes,
        format!("bucket {}", place.bucket),
    );
    let region = api::region(session, &call, place.region)?;
    let body = json!({
        "resource_type": "bucket",
        "resource_id": place.bucket,
        "region_id": region,
        "project_id": api::project(session, region).await?,
    });
    let path = api::path(&["v1.0", "enterprise-projects", project, "resources-migrate"]);
    let ask = Ask::of(Method::POST, path).with_body(body);
    api::send(session, EPS, &call, place.region, ask).await?;
    session
        .poll(&call, "the move to another enterprise project", MOVE_LIMITS, || async {
            let found = head(session, place).await?;
            let there = found.is_some_and(|h| h.enterprise_project_id.as_deref() == Some(project));
            Ok(there.then_some(()))
        })
        .await
}
