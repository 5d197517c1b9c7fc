//! `huaweicloud_obs_bucket`: a bucket with its access control list, storage class, versioning, encryption, quota,
//! lifecycle rules, logging, CORS rules, tags and policy, each a call of its own, so that a failure half-way leaves an
//! object that says what exists. A bucket that is there already is taken only when it is what was meant.
//!
//! Source: OBS API reference (Creating a Bucket, Obtaining Bucket Metadata, advanced bucket settings); Terraform provider
//! for Huawei Cloud: obs_bucket.

mod contents;
mod data;
mod lifecycle;
mod parts;
mod reading;
mod web;

pub use data::ObsBucketData;

use super::api;
use super::obs::{self, Ask};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, identity};
use crate::wire::codec::obs as wire;
use http::Method;
use lifecycle::Rule;
use parts::{Part, put_part};
use reading::look;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use web::{CorsRule, Logging};

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObsBucket;

const LEFT_TO_CLOUD: &[&str] = &[
    "id",
    "region",
    "acl",
    "storage_class",
    "policy",
    "kms_key_project_id",
    "multi_az",
    "enterprise_project_id",
    "force_destroy",
    "policy_format",
    "bucket_domain_name",
    "bucket_version",
];

/// How long a bucket that was just made may stay invisible, and one just emptied may seem full.
const SETTLE_LIMITS: Limits = Limits {
    pause: Duration::from_millis(300),
    pause_max: Duration::from_secs(5),
    total: Duration::from_secs(60),
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Bucket {
    id: Option<String>,
    bucket: String,
    region: Option<String>,
    storage_class: Option<String>,
    acl: Option<String>,
    policy: Option<String>,
    policy_format: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    versioning: Option<bool>,
    quota: Option<u64>,
    encryption: Option<bool>,
    sse_algorithm: Option<String>,
    kms_key_id: Option<String>,
    kms_key_project_id: Option<String>,
    parallel_fs: Option<bool>,
    multi_az: Option<bool>,
    enterprise_project_id: Option<String>,
    force_destroy: Option<bool>,
    #[serde(deserialize_with = "lifecycle::list")]
    lifecycle_rule: Vec<Rule>,
    #[serde(deserialize_with = "lifecycle::list")]
    logging: Vec<Logging>,
    #[serde(deserialize_with = "lifecycle::list")]
    cors_rule: Vec<CorsRule>,
    bucket_domain_name: Option<String>,
    bucket_version: Option<String>,
}

impl Bucket {
    /// The default encryption; none where it is off.
    fn encryption_rule(&self) -> Option<wire::Encryption> {
        let text = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let key = text(&self.kms_key_id);
        (self.encryption == Some(true)).then(|| wire::Encryption {
            sse_algorithm: Some(text(&self.sse_algorithm).unwrap_or_else(|| KMS.to_string())),
            // OBS refuses a project without a key of it.
            project_id: text(&self.kms_key_project_id).filter(|_| key.is_some()),
            kms_master_key_id: key,
        })
    }
}

/// The method of encryption where none is named.
const KMS: &str = "kms";

/// Where a bucket is.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    /// Region; the provider's where none is said.
    region: Option<&'a str>,
    /// Name.
    bucket: &'a str,
}

impl<'a> Place<'a> {
    fn of(bucket: &'a Bucket) -> Place<'a> {
        Place {
            region: bucket.region.as_deref(),
            bucket: &bucket.bucket,
        }
    }
}

fn bucket_call(operation: &'static str, bucket: &str, effect: Effect) -> Call {
    Call::new(obs::SERVICE, operation, effect, format!("bucket {bucket}"))
}

/// Differences between what was meant and what is there.
fn unlike(meant: &Bucket, found: &Bucket) -> Vec<String> {
    let in_full = |bucket: &Bucket| Bucket {
        lifecycle_rule: lifecycle::in_order(&bucket.lifecycle_rule),
        versioning: Some(bucket.versioning.unwrap_or_default()),
        encryption: Some(bucket.encryption.unwrap_or_default()),
        parallel_fs: Some(bucket.parallel_fs.unwrap_or_default()),
        quota: Some(bucket.quota.unwrap_or_default()),
        ..bucket.clone()
    };
    differences(&in_full(meant), &in_full(found), LEFT_TO_CLOUD)
}

/// The request that makes a bucket: region in the body, what can't be changed later in headers.
fn create_request(session: &Session, call: &Call, bucket: &Bucket) -> Result<Ask<'static>, DriverError> {
    let location = Some(api::region(session, call, bucket.region.as_deref())?.to_string());
    let project = session.config().settings.get("enterprise_project_id");
    let own_project = bucket.enterprise_project_id.as_ref().or(project);
    let headers = [
        ("x-obs-acl", bucket.acl.as_deref()),
        ("x-obs-storage-class", bucket.storage_class.as_deref()),
        (
            "x-obs-fs-file-interface",
            (bucket.parallel_fs == Some(true)).then_some("Enabled"),
        ),
        ("x-obs-az-redundancy", (bucket.multi_az == Some(true)).then_some("3az")),
        ("x-obs-epid", own_project.map(String::as_str).filter(|p| !p.is_empty())),
    ];
    let mut ask = Ask::of(Method::PUT, None);
    for (name, value) in headers {
        if let Some(value) = value {
            ask = ask.with_header(name, value);
        }
    }
    ask.with_xml(call, &wire::CreateBucketConfiguration { location })
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let wanted: Bucket = decode(&bucket_call("CreateBucket", "", Effect::Writes), planned)?;
    let call = bucket_call("CreateBucket", &wanted.bucket, Effect::Writes);
    // OBS answers the owner of a bucket with success when it is created again, whatever it is like.
    match look(session, &wanted).await {
        // There is none so far. From here on one that is found half done after a crash is ours.
        Ok(None) => session.note_identity(&call, planned).await?,
        Ok(Some(actual)) => {
            let different = unlike(&wanted, &actual);
            if different.is_empty() {
                return Ok(encode(&call, planned, &actual)?);
            }
            let help = "choose another bucket name, or import the bucket and plan the change";
            return Err(exists_otherwise(&call, &different, help).into());
        }
        // Also for a bucket that may not be looked at: it is there, and to create it would take it over unseen.
        Err(error) => return Err(error.into()),
    }
    let place = Place::of(&wanted);
    let ask = create_request(session, &call, &wanted)?;
    obs::send(session, &call, place.region, place.bucket, &ask)
        .await
        .map_err(|error| taken(error, &wanted.bucket))?;
    let mut made = Bucket {
        id: Some(wanted.bucket.clone()),
        tags: None,
        versioning: Some(false),
        quota: Some(0),
        encryption: Some(false),
        sse_algorithm: None,
        kms_key_id: None,
        policy: None,
        lifecycle_rule: Vec::new(),
        logging: Vec::new(),
        cors_rule: Vec::new(),
        ..wanted.clone()
    };
    let finished = async {
        for part in Part::ALL {
            put_part(session, place, part, &mut made, &wanted).await?;
        }
        session
            .poll(&call, "the new bucket's first description", SETTLE_LIMITS, || {
                look(session, &wanted)
            })
            .await
    };
    match finished.await {
        Ok(actual) => Ok(encode(&call, planned, &actual)?),
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&call, planned, &made)?),
        }),
    }
}

/// Explains that bucket names are shared by everybody.
fn taken(error: DriverError, bucket: &str) -> DriverError {
    let help = match code(&error) {
        "BucketAlreadyExists" => format!(
            "bucket names are shared by all accounts and regions, and {bucket} is another account's; choose another name"
        ),
        "BucketAlreadyOwnedByYou" => format!(
            "{bucket} is yours already, in another region; set region to that one and import it, or choose another name"
        ),
        _ => return error,
    };
    match error {
        DriverError::Conflict(_) => error.with_help(help),
        other => other,
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = bucket_call("PutBucketAcl", "", Effect::Writes);
    let (old, new): (Bucket, Bucket) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let call = bucket_call("PutBucketAcl", &new.bucket, Effect::Writes);
    let flags = |b: &Bucket| (b.parallel_fs.unwrap_or_default(), b.bucket.clone());
    let kept = |old: &Option<String>, new: &Option<String>| new.is_none() || old == new;
    let same = flags(&old) == flags(&new)
        && (new.multi_az.is_none() || old.multi_az == new.multi_az)
        && kept(&old.region, &new.region)
        && kept(&old.enterprise_project_id, &new.enterprise_project_id);
    if !same {
        let why =
            "bucket, region, parallel_fs, multi_az and enterprise_project_id can only change by replacing the bucket";
        return Err(call.rejected(why).into());
    }
    let mut made = Bucket {
        force_destroy: new.force_destroy,
        policy_format: new.policy_format.clone(),
        ..old
    };
    let place = Place::of(&new);
    let mut changed = false;
    let finished = async {
        for part in Part::ALL {
            changed |= put_part(session, place, part, &mut made, &new).await?;
        }
        match changed {
            true => look(session, &new).await,
            false => Ok(None),
        }
    };
    match finished.await {
        Ok(Some(actual)) => Ok(encode(&call, planned, &actual)?),
        Ok(None) => Ok(encode(&call, planned, &made)?),
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&call, prior, &made)?),
        }),
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let bucket: Bucket = decode(&bucket_call("DeleteBucket", "", Effect::Writes), prior)?;
    let call = bucket_call("DeleteBucket", &bucket.bucket, Effect::Writes);
    let forced = bucket.force_destroy == Some(true);
    let (call, place) = (&call, Place::of(&bucket));
    session
        .poll(call, "the deletion", SETTLE_LIMITS, || async move {
            let ask = Ask::of(Method::DELETE, None);
            match obs::send(session, call, place.region, place.bucket, &ask).await {
                Ok(_) => Ok(Some(())),
                Err(error) if code(&error) == obs::NO_BUCKET => Ok(Some(())),
                Err(error) if code(&error) == "BucketNotEmpty" => {
                    if !forced {
                        return Err(not_empty(error));
                    }
                    contents::delete_all(session, place).await?;
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        })
        .await
}

fn not_empty(error: DriverError) -> DriverError {
    match error {
        DriverError::Conflict(_) => error.with_help(
            "delete its objects, their versions and its unfinished uploads first, or set force_destroy = true and apply \
             before deleting",
        ),
        other => other,
    }
}

impl Driver for ObsBucket {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = bucket_call("HeadBucket", "", Effect::Reads);
            let known: Bucket = decode(&draft, prior)?;
            let found = look(session, &known).await?;
            found.map(|actual| encode(&draft, prior, &actual)).transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        session: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(update(session, prior, planned))
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        match id {
            "" => Err("a bucket is imported by its name".to_string()),
            name => identity(&[("bucket", name)]),
        }
    }
}
