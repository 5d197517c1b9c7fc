//! `alicloud_oss_bucket`: a bucket with its access control list, versioning, encryption, lifecycle rules and tags,
//! each a call of its own, so that a failure half-way leaves an object that says what exists.
//!
//! Source: OSS API reference (PutBucket, GetBucketInfo and the sub-resources).

mod contents;
mod lifecycle;
mod parts;

use super::oss::{self, Ask};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, filled, identity};
use crate::wire::codec::oss as wire;
use futures_util::future::join;
use lifecycle::Rule;
use parts::{Part, put_part};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct OssBucket;

const LEFT_TO_CLOUD: &[&str] = &[
    "id",
    "creation_date",
    "extranet_endpoint",
    "intranet_endpoint",
    "location",
    "owner",
    "acl",
    "storage_class",
    "redundancy_type",
    "force_destroy",
];

/// How long a bucket that was just made may stay invisible, and one just emptied may seem full.
const SETTLE_LIMITS: Limits = Limits {
    pause: Duration::from_millis(300),
    pause_max: Duration::from_secs(5),
    total: Duration::from_secs(60),
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Bucket {
    id: Option<String>,
    bucket: String,
    acl: Option<String>,
    storage_class: Option<String>,
    redundancy_type: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    force_destroy: Option<bool>,
    versioning: Option<Versioning>,
    server_side_encryption_rule: Option<Encryption>,
    #[serde(deserialize_with = "lifecycle::list")]
    lifecycle_rule: Vec<Rule>,
    creation_date: Option<String>,
    extranet_endpoint: Option<String>,
    intranet_endpoint: Option<String>,
    location: Option<String>,
    owner: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Versioning {
    status: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Encryption {
    sse_algorithm: Option<String>,
    kms_master_key_id: Option<String>,
    kms_data_encryption: Option<String>,
}

/// A bucket as a data source shows it: without what only the owner of a resource sets.
#[derive(Clone, Debug, Serialize)]
pub(super) struct View {
    id: Option<String>,
    bucket: String,
    acl: Option<String>,
    storage_class: Option<String>,
    redundancy_type: Option<String>,
    versioning_status: Option<String>,
    sse_algorithm: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    creation_date: Option<String>,
    extranet_endpoint: Option<String>,
    intranet_endpoint: Option<String>,
    location: Option<String>,
    owner: Option<String>,
}

impl Bucket {
    /// A bucket of which only the name is known.
    pub(super) fn named(bucket: String) -> Bucket {
        Bucket {
            bucket,
            ..Bucket::default()
        }
    }

    /// As a data source shows it.
    pub(super) fn view(self) -> View {
        View {
            id: self.id,
            bucket: self.bucket,
            acl: self.acl,
            storage_class: self.storage_class,
            redundancy_type: self.redundancy_type,
            versioning_status: self.versioning.and_then(|v| v.status),
            sse_algorithm: self.server_side_encryption_rule.and_then(|e| e.sse_algorithm),
            tags: self.tags,
            creation_date: self.creation_date,
            extranet_endpoint: self.extranet_endpoint,
            intranet_endpoint: self.intranet_endpoint,
            location: self.location,
            owner: self.owner,
        }
    }
}

pub(super) fn bucket_call(operation: &'static str, bucket: &str, effect: Effect) -> Call {
    Call::new(oss::SERVICE, operation, effect, format!("bucket {bucket}"))
}

/// The request of PutBucket: the access control list in a header, classes in the body where one is set.
fn put_bucket(call: &Call, bucket: &Bucket) -> Result<Ask<'static>, DriverError> {
    let mut ask = Ask::of(http::Method::PUT, None);
    if let Some(acl) = &bucket.acl {
        ask = ask.with_header("x-oss-acl", acl);
    }
    let configuration = wire::CreateBucketConfiguration {
        storage_class: bucket.storage_class.clone(),
        data_redundancy_type: bucket.redundancy_type.clone(),
    };
    match configuration == wire::CreateBucketConfiguration::default() {
        true => Ok(ask),
        false => ask.with_xml(call, &configuration),
    }
}

/// The object that the replies describe. What `known` leaves out and OSS has anyway (a suspended versioning, an empty
/// map of tags) stays left out.
fn described(known: &Bucket, info: wire::Bucket, tags: wire::Tagging, rules: wire::LifecycleConfiguration) -> Bucket {
    let tags: BTreeMap<String, String> = tags.tag_set.tags.into_iter().map(|t| (t.key, t.value)).collect();
    let no_tags = known.tags.clone().filter(BTreeMap::is_empty);
    let imported = known.acl.is_none();
    let versioning = filled(info.versioning).filter(|s| imported || known.versioning.is_some() || s != "Suspended");
    let encryption = info.server_side_encryption_rule.unwrap_or_default();
    let algorithm = filled(encryption.sse_algorithm).filter(|a| a != "None");
    Bucket {
        id: Some(known.bucket.clone()),
        bucket: known.bucket.clone(),
        acl: info.access_control_list.and_then(|l| filled(l.grant)),
        storage_class: filled(info.storage_class),
        redundancy_type: filled(info.data_redundancy_type).or_else(|| known.redundancy_type.clone()),
        tags: if tags.is_empty() { no_tags } else { Some(tags) },
        force_destroy: known.force_destroy,
        versioning: versioning.map(|s| Versioning { status: Some(s) }),
        server_side_encryption_rule: algorithm.map(|a| Encryption {
            sse_algorithm: Some(a),
            kms_master_key_id: filled(encryption.kms_master_key_id),
            kms_data_encryption: filled(encryption.kms_data_encryption),
        }),
        lifecycle_rule: lifecycle::rules(&known.lifecycle_rule, rules),
        creation_date: filled(info.creation_date),
        extranet_endpoint: filled(info.extranet_endpoint),
        intranet_endpoint: filled(info.intranet_endpoint),
        location: filled(info.location),
        owner: info.owner.and_then(|o| filled(o.id)),
    }
}

/// Reads one XML sub-resource; `absent` is the code for there being none.
async fn get<T: wire::XmlBody>(
    session: &Session,
    operation: &'static str,
    bucket: &str,
    sub_resource: &str,
    absent: &str,
) -> Result<Option<T>, DriverError> {
    let call = bucket_call(operation, bucket, Effect::Reads);
    let ask = Ask::of(http::Method::GET, Some(sub_resource));
    match oss::send(session, &call, bucket, &ask).await {
        Ok(reply) => wire::decode(&reply.body).map(Some).map_err(|e| call.garbled(e)),
        Err(error) if code(&error) == absent => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bucket as it is; none when there is none.
pub(super) async fn look(session: &Session, known: &Bucket) -> Result<Option<Bucket>, DriverError> {
    let name = known.bucket.as_str();
    let info = get::<wire::BucketInfo>(session, "GetBucketInfo", name, "bucketInfo", oss::NO_BUCKET);
    let Some(info) = info.await? else {
        return Ok(None);
    };
    let tags = get::<wire::Tagging>(session, "GetBucketTagging", name, "tagging", "NoSuchTagSet");
    let rules =
        get::<wire::LifecycleConfiguration>(session, "GetBucketLifecycle", name, "lifecycle", "NoSuchLifecycle");
    let (tags, rules) = join(tags, rules).await;
    let call = bucket_call("GetBucketInfo", name, Effect::Reads);
    let info = info.bucket.ok_or_else(|| call.garbled("it has no Bucket"))?;
    // The bucket went away between the calls.
    let gone = |error: &DriverError| code(error) == oss::NO_BUCKET;
    match (tags, rules) {
        (Err(error), _) | (_, Err(error)) if gone(&error) => Ok(None),
        (tags, rules) => Ok(Some(described(
            known,
            info,
            tags?.unwrap_or_default(),
            rules?.unwrap_or_default(),
        ))),
    }
}

/// For comparison: what is there by default is the same as what is not set.
fn in_full(bucket: &Bucket) -> Bucket {
    let mut full = bucket.clone();
    full.versioning = full.versioning.filter(|v| v.status.as_deref() == Some("Enabled"));
    for rule in &mut full.lifecycle_rule {
        rule.prefix.get_or_insert_with(String::new);
    }
    full
}

/// Differences between what was meant and what is there; ids of rules that OSS made up do not count.
fn unlike(meant: &Bucket, found: &Bucket) -> Vec<String> {
    let (meant, mut found) = (in_full(meant), in_full(found));
    for (wanted, rule) in meant.lifecycle_rule.iter().zip(&mut found.lifecycle_rule) {
        if wanted.id.is_none() {
            rule.id = None;
        }
    }
    differences(&meant, &found, LEFT_TO_CLOUD)
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let wanted: Bucket = decode(&bucket_call("PutBucket", "", Effect::Writes), planned)?;
    let call = bucket_call("PutBucket", &wanted.bucket, Effect::Writes);
    // PutBucket answers a bucket of one's own with success, and changes its access control list on the way.
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
        // Another account's bucket, or no permission to look: PutBucket tells.
        Err(DriverError::Denied(reply)) if reply.code.as_deref() == Some("AccessDenied") => {}
        Err(error) => return Err(error.into()),
    }
    let ask = put_bucket(&call, &wanted)?;
    oss::send(session, &call, &wanted.bucket, &ask)
        .await
        .map_err(|error| taken(error, &wanted.bucket))?;
    let mut made = Bucket {
        id: Some(wanted.bucket.clone()),
        tags: None,
        versioning: None,
        server_side_encryption_rule: None,
        lifecycle_rule: Vec::new(),
        ..wanted.clone()
    };
    let finished = async {
        for part in [Part::Versioning, Part::Encryption, Part::Lifecycle, Part::Tagging] {
            put_part(session, part, &mut made, &wanted).await?;
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
    match error {
        DriverError::Conflict(mut reply) if reply.code.as_deref() == Some("BucketAlreadyExists") => {
            reply.help = Some(format!(
                "bucket names are shared by all accounts and regions, and {bucket} is taken; choose another name, \
                 or import the bucket if it is yours"
            ));
            DriverError::Conflict(reply)
        }
        other => other,
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = bucket_call("PutBucket", "", Effect::Writes);
    let (old, new): (Bucket, Bucket) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let call = bucket_call("PutBucketAcl", &new.bucket, Effect::Writes);
    let fixed = |b: &Bucket| (b.bucket.clone(), b.storage_class.clone(), b.redundancy_type.clone());
    if fixed(&old) != fixed(&new) {
        let why = "bucket, storage_class and redundancy_type can only change by replacing the bucket";
        return Err(call.rejected(why).into());
    }
    let mut made = Bucket {
        force_destroy: new.force_destroy,
        ..old
    };
    let mut changed = false;
    let finished = async {
        for part in Part::ALL {
            changed |= put_part(session, part, &mut made, &new).await?;
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
    let (call, bucket) = (&call, &bucket);
    session
        .poll(call, "the deletion", SETTLE_LIMITS, || async move {
            let ask = Ask::of(http::Method::DELETE, None);
            match oss::send(session, call, &bucket.bucket, &ask).await {
                Ok(_) => Ok(Some(())),
                Err(error) if code(&error) == oss::NO_BUCKET => Ok(Some(())),
                Err(error) if code(&error) == "BucketNotEmpty" => {
                    if !forced {
                        return Err(not_empty(error));
                    }
                    contents::delete_all(session, &bucket.bucket, bucket.versioning.is_some()).await?;
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        })
        .await
}

fn not_empty(error: DriverError) -> DriverError {
    match error {
        DriverError::Conflict(mut reply) => {
            let help = "delete its objects first, or set force_destroy = true and apply before deleting";
            reply.help = Some(help.to_string());
            DriverError::Conflict(reply)
        }
        other => other,
    }
}

impl Driver for OssBucket {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = bucket_call("GetBucketInfo", "", Effect::Reads);
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
