//! The data source `huaweicloud_obs_bucket`: what the metadata of a bucket that exists says.
//!
//! Source: OBS API reference, Obtaining Bucket Metadata; Terraform provider for Huawei Cloud: obs_buckets.

use super::super::api;
use super::reading::head;
use super::{Place, bucket_call};
use crate::base::Known;
use crate::driver::{BoxFuture, DataDriver, DriverError, Effect, Session};
use crate::drivers::huaweicloud::obs;
use crate::drivers::object::{decode, encode};
use serde::{Deserialize, Serialize};

/// The driver of the data source.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObsBucketData;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct View {
    id: Option<String>,
    bucket: String,
    region: Option<String>,
    storage_class: Option<String>,
    parallel_fs: Option<bool>,
    multi_az: Option<bool>,
    enterprise_project_id: Option<String>,
    bucket_domain_name: Option<String>,
    bucket_version: Option<String>,
}

impl DataDriver for ObsBucketData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let wanted: View = decode(&bucket_call("HeadBucket", "", Effect::Reads), config)?;
            let call = bucket_call("HeadBucket", &wanted.bucket, Effect::Reads);
            let place = Place {
                region: wanted.region.as_deref(),
                bucket: &wanted.bucket,
            };
            let Some(head) = head(session, place).await? else {
                let mut reply = call.reply("there is no such bucket");
                reply.code = Some(obs::NO_BUCKET.to_string());
                return Err(DriverError::Rejected(reply));
            };
            let cloud = api::cloud(session.config());
            let view = View {
                id: Some(wanted.bucket.clone()),
                bucket_domain_name: Some(format!("{}.obs.{}.{cloud}", wanted.bucket, head.region)),
                bucket: wanted.bucket,
                region: Some(head.region),
                storage_class: head.storage_class,
                parallel_fs: Some(head.parallel_fs),
                multi_az: Some(head.multi_az),
                enterprise_project_id: head.enterprise_project_id,
                bucket_version: head.version,
            };
            encode(&call, config, &view)
        })
    }
}
