//! The data source `alicloud_oss_bucket`: a bucket that exists.
//!
//! Source: OSS API reference, GetBucketInfo and GetBucketTagging.

use super::oss;
use super::oss_bucket::{Bucket, bucket_call, look};
use crate::base::Known;
use crate::driver::{BoxFuture, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::{decode, encode};
use serde::Deserialize;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct OssBucketData;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    bucket: String,
}

async fn read(session: &Session, config: &Known) -> Result<Known, DriverError> {
    let wanted: Wanted = decode(&bucket_call("GetBucketInfo", "", Effect::Reads), config)?;
    let call = bucket_call("GetBucketInfo", &wanted.bucket, Effect::Reads);
    match look(session, &Bucket::named(wanted.bucket)).await? {
        Some(found) => encode(&call, config, &found.view()),
        None => {
            let mut reply = call.reply("there is no such bucket");
            reply.code = Some(oss::NO_BUCKET.to_string());
            Err(DriverError::Rejected(reply))
        }
    }
}

impl DataDriver for OssBucketData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(read(session, config))
    }
}
