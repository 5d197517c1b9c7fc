//! `huaweicloud_obs_bucket`: a bucket with its access control list, storage class, versioning, encryption, quota,
//! lifecycle rules, logging, website, CORS rules, domain names, tags and policy, each a call of its own, so that a failure
//! half-way leaves an object that says what exists. A bucket that is there already is taken only when it is what was
//! meant.
//!
//! Source: OBS API reference (Creating a Bucket, Obtaining Bucket Metadata, advanced bucket settings); EPS API reference
//! (Migrating Resources); Terraform provider for Huawei Cloud: obs_bucket.

mod contents;
mod data;
mod enterprise;
mod lifecycle;
mod parts;
mod reading;
mod web;
mod website;

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
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use web::{CorsRule, Logging};
use website::Website;

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
    "user_domain_names",
    "ies_location",
    "edge_location",
    "storage_info",
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
    kms_data_encryption: Option<String>,
    bucket_key_enabled: Option<bool>,
    parallel_fs: Option<bool>,
    multi_az: Option<bool>,
    enterprise_project_id: Option<String>,
    force_destroy: Option<bool>,
    user_domain_names: Option<BTreeSet<String>>,
    ies_location: Option<String>,
    edge_location: Option<String>,
    storage_info: Option<Vec<BTreeMap<String, u64>>>,
    #[serde(deserialize_with = "lifecycle::list")]
    lifecycle_rule: Vec<Rule>,
    #[serde(deserialize_with = "lifecycle::list")]
    logging: Vec<Logging>,
    #[serde(deserialize_with = "lifecycle::list")]
    cors_rule: Vec<CorsRule>,
    #[serde(deserialize_with = "lifecycle::list")]
    website: Vec<Website>,
    bucket_domain_name: Option<String>,
    bucket_version: Option<String>,
}

impl Bucket {
    /// The default encryption; none where it is off.
    fn encryption_rule(&self) -> Option<wire::EncryptionRule> {
        let text = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let key = text(&self.kms_key_id);
        let encryption = (self.encryption == Some(true)).then(|| wire::Encryption {
            sse_algorithm: Some(text(&self.sse_algorithm).unwrap_or_else(|| KMS.to_string())),
            kms_data_encryption: text(&self.kms_data_encryption),
            // OBS refuses a project without a key of it.
            project_id: text(&self.kms_key_project_id).filter(|_| key.is_some()),
            kms_master_key_id: key,
        });
        encryption.map(|encryption| wire::EncryptionRule {
            apply_server_side_encryption_by_default: Some(encryption),
            // Not said is the same as no.
            bucket_key_enabled: self.bucket_key_enabled.filter(|on| *on),
        })
    }

    /// Whether the policy is in the format of S3.
    fn has_s3_policy(&self) -> bool {
        self.policy_format.as_deref() == Some("s3")
    }
}

/// The method of encryption where none is named.
const KMS: &str = "kms";

/// How data is encrypted where nothing is said.
const AES256: &str = "AES256";

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
        bucket_key_enabled: Some(bucket.bucket_key_enabled.unwrap_or_default()),
        ..bucket.clone()
    };
    differences(&in_full(meant), &in_full(found), LEFT_TO_CLOUD)
}

/// The headers with which a parallel file system is encrypted: it must be from the beginning.
fn encryption_headers(bucket: &Bucket) -> Vec<(&'static str, String)> {
    let rule = bucket.encryption_rule().filter(|_| bucket.parallel_fs == Some(true));
    let Some(rule) = rule else {
        return Vec::new();
    };
    let method = rule.apply_server_side_encryption_by_default.unwrap_or_default();
    let data = method.kms_data_encryption.unwrap_or_else(|| AES256.to_string());
    let headers = [
        ("x-obs-server-side-encryption", method.sse_algorithm),
        ("x-obs-server-side-data-encryption", Some(data)),
        ("x-obs-server-side-encryption-kms-key-id", method.kms_master_key_id),
        (
            "x-obs-server-side-encryption-bucket-key-enabled",
            rule.bucket_key_enabled.map(|on| on.to_string()),
        ),
        ("x-obs-sse-kms-key-project-id", method.project_id),
    ];
    let given = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.collect()
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
        ("x-obs-ies-location", bucket.ies_location.as_deref()),
        ("x-obs-edge-location", bucket.edge_location.as_deref()),
    ];
    let mut ask = Ask::of(Method::PUT, None);
    for (name, value) in headers {
        if let Some(value) = value {
            ask = ask.with_header(name, value);
        }
    }
    for (name, value) in encryption_headers(bucket) {
        ask = ask.with_header(name, &value);
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
    let mut made = just_made(&wanted);
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

/// The bucket after the call that makes it, before the calls for its parts.
fn just_made(wanted: &Bucket) -> Bucket {
    let mut made = Bucket {
        id: Some(wanted.bucket.clone()),
        tags: None,
        versioning: Some(false),
        quota: Some(0),
        policy: None,
        user_domain_names: None,
        lifecycle_rule: Vec::new(),
        logging: Vec::new(),
        cors_rule: Vec::new(),
        website: Vec::new(),
        ..wanted.clone()
    };
    if encryption_headers(wanted).is_empty() {
        made.encryption = Some(false);
        (made.sse_algorithm, made.kms_key_id, made.kms_data_encryption) = (None, None, None);
        made.bucket_key_enabled = None;
    }
    made
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
        && old.ies_location == new.ies_location
        && old.edge_location == new.edge_location;
    if !same {
        let why = "bucket, region, parallel_fs, multi_az, ies_location and edge_location can only change by replacing the \
                   bucket";
        return Err(call.rejected(why).into());
    }
    let moves = !kept(&old.enterprise_project_id, &new.enterprise_project_id);
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
        if let Some(project) = new.enterprise_project_id.as_deref().filter(|_| moves) {
            Box::pin(enterprise::migrate(session, place, project)).await?;
            made.enterprise_project_id = Some(project.to_string());
            changed = true;
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
            "" | "/s3" => Err("a bucket is imported by its name".to_string()),
            id => match id.strip_suffix("/s3") {
                Some(name) => identity(&[("bucket", name), ("policy_format", "s3")]),
                None => identity(&[("bucket", id)]),
            },
        }
    }
}
