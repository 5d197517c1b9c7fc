//! `huaweicloud_obs_bucket`: a bucket with its access control list, storage class, versioning, encryption, quota,
//! lifecycle rules, tags and policy, each a call of its own, so that a failure half-way leaves an object that says what
//! exists. A bucket that is there already is taken only when it is what was meant.
//!
//! Source: OBS API reference (Creating a Bucket, Obtaining Bucket Metadata, advanced bucket settings); Terraform provider
//! for Huawei Cloud: obs_bucket.

mod contents;
mod data;
mod lifecycle;
mod parts;

pub use data::ObsBucketData;

use super::api;
use super::obs::{self, Ask};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, identity, same_document};
use crate::wire::Response;
use crate::wire::codec::obs as wire;
use futures_util::future::{join3, join4};
use http::Method;
use lifecycle::Rule;
use parts::{Part, put_part};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

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

/// What the headers of HeadBucket say.
#[derive(Clone, Debug, Default)]
struct Head {
    region: String,
    storage_class: Option<String>,
    version: Option<String>,
    parallel_fs: bool,
    multi_az: bool,
    enterprise_project_id: Option<String>,
}

impl Head {
    fn of(reply: &Response, asked: &str) -> Head {
        let text = |name: &str| reply.header(name).filter(|v| !v.is_empty()).map(str::to_string);
        Head {
            region: text("x-obs-bucket-location").unwrap_or_else(|| asked.to_string()),
            storage_class: text("x-obs-storage-class").map(lifecycle::storage_class),
            version: text("x-obs-version"),
            parallel_fs: reply.header("x-obs-fs-file-interface") == Some("Enabled"),
            multi_az: reply.header("x-obs-az-redundancy") == Some("3az"),
            enterprise_project_id: text("x-obs-epid"),
        }
    }
}

/// The metadata of a bucket; none when there is none. A bucket in another region than asked is an error.
async fn head(session: &Session, place: Place<'_>) -> Result<Option<Head>, DriverError> {
    let call = bucket_call("HeadBucket", place.bucket, Effect::Reads);
    let asked = api::region(session, &call, place.region)?;
    let ask = Ask::of(Method::HEAD, None);
    match obs::send(session, &call, place.region, place.bucket, &ask).await {
        Ok(reply) => {
            let head = Head::of(&reply, asked);
            match head.region == asked {
                true => Ok(Some(head)),
                false => Err(in_another_region(&call, &head.region, asked)),
            }
        }
        // The reply has no body, and so no code.
        Err(error) if error.reply().status == Some(404) => Ok(None),
        Err(DriverError::Denied(mut reply)) if reply.code.is_none() && reply.help.is_none() => {
            let help = "the bucket belongs to another account, or the key lacks the permission obs:bucket:HeadBucket";
            reply.help = Some(help.to_string());
            Err(DriverError::Denied(reply))
        }
        Err(error) => Err(error),
    }
}

fn in_another_region(call: &Call, actual: &str, asked: &str) -> DriverError {
    let mut reply = call.reply(format!("the bucket lies in region {actual}, not in {asked}"));
    reply.help = Some(format!(
        "set region = {actual:?} if this bucket is meant, or choose another name: names are shared by all regions"
    ));
    DriverError::Conflict(reply)
}

/// Reads an XML sub-resource; none where the bucket has none of it.
async fn get<T: wire::XmlBody>(
    session: &Session,
    operation: &'static str,
    place: Place<'_>,
    sub_resource: &str,
) -> Result<Option<T>, DriverError> {
    let call = bucket_call(operation, place.bucket, Effect::Reads);
    let reply = get_raw(session, &call, place, sub_resource).await?;
    let decoded = reply.map(|reply| wire::decode(&reply.body).map_err(|e| call.garbled(e)));
    decoded.transpose()
}

/// The codes for a bucket without what was asked for, such as `NoSuchTagSet`; a parallel file system lacks some of it
/// altogether.
async fn get_raw(
    session: &Session,
    call: &Call,
    place: Place<'_>,
    sub_resource: &str,
) -> Result<Option<Response>, DriverError> {
    let ask = Ask::of(Method::GET, Some(sub_resource));
    match obs::send(session, call, place.region, place.bucket, &ask).await {
        Ok(reply) => Ok(Some(reply)),
        Err(error) => match code(&error) {
            obs::NO_BUCKET => Err(error),
            "FsNotSupport" => Ok(None),
            code if code.starts_with("NoSuch") => Ok(None),
            _ => Err(error),
        },
    }
}

/// The settings of a bucket, one reply of each.
#[derive(Default)]
struct Settings {
    acl: wire::AccessControlPolicy,
    versioning: wire::VersioningConfiguration,
    encryption: Option<wire::EncryptionConfiguration>,
    quota: wire::Quota,
    lifecycle: wire::LifecycleConfiguration,
    tags: wire::Tagging,
    policy: Option<String>,
}

async fn settings(session: &Session, place: Place<'_>) -> Result<Settings, DriverError> {
    let policy = async {
        let call = bucket_call("GetBucketPolicy", place.bucket, Effect::Reads);
        let reply = get_raw(session, &call, place, "policy").await?;
        let text = |reply: Response| String::from_utf8(reply.body.to_vec()).map_err(|e| call.garbled(e));
        reply.map(text).transpose()
    };
    let first = join4(
        get(session, "GetBucketAcl", place, "acl"),
        get(session, "GetBucketVersioning", place, "versioning"),
        get(session, "GetBucketEncryption", place, "encryption"),
        get(session, "GetBucketQuota", place, "quota"),
    );
    let second = join3(
        get(session, "GetBucketLifecycle", place, "lifecycle"),
        get(session, "GetBucketTagging", place, "tagging"),
        policy,
    );
    let ((acl, versioning, encryption, quota), (lifecycle, tags, policy)) =
        futures_util::future::join(first, second).await;
    Ok(Settings {
        acl: acl?.unwrap_or_default(),
        versioning: versioning?.unwrap_or_default(),
        encryption: encryption?,
        quota: quota?.unwrap_or_default(),
        lifecycle: lifecycle?.unwrap_or_default(),
        tags: tags?.unwrap_or_default(),
        policy: policy?.filter(|p| !p.trim().is_empty()),
    })
}

/// The bucket as it is; none when there is none.
async fn look(session: &Session, known: &Bucket) -> Result<Option<Bucket>, DriverError> {
    let place = Place::of(known);
    let Some(head) = head(session, place).await? else {
        return Ok(None);
    };
    match settings(session, place).await {
        Ok(settings) => Ok(Some(described(session, known, head, settings))),
        // The bucket went away between the calls.
        Err(error) if code(&error) == obs::NO_BUCKET => Ok(None),
        Err(error) => Err(error),
    }
}

/// What an access control list that is none of the canned ones is called.
const CUSTOM_ACL: &str = "custom";

/// The canned list that gives these permissions.
fn canned(policy: &wire::AccessControlPolicy) -> String {
    let owner = policy.owner.as_ref().and_then(|o| o.id.as_deref());
    let (mut everybody, mut delivered) = (Vec::new(), Vec::new());
    for grant in policy.access_control_list.iter().flat_map(|l| &l.grants) {
        let grantee = grant.grantee.clone().unwrap_or_default();
        let permission = grant.permission.as_deref().unwrap_or_default();
        if grantee.id.is_some() && grantee.id.as_deref() == owner && permission == "FULL_CONTROL" {
            continue;
        }
        if grantee.canned.as_deref() != Some("Everyone") {
            return CUSTOM_ACL.to_string();
        }
        everybody.push(permission);
        delivered.push(grant.delivered == Some(true));
    }
    everybody.sort_unstable();
    let name = match everybody[..] {
        [] => "private",
        ["READ"] => "public-read",
        ["READ", "WRITE"] => "public-read-write",
        _ => return CUSTOM_ACL.to_string(),
    };
    let all = !delivered.is_empty() && delivered.iter().all(|d| *d);
    match (all, delivered.contains(&true)) {
        (true, _) => format!("{name}-delivered"),
        (false, false) => name.to_string(),
        (false, true) => CUSTOM_ACL.to_string(),
    }
}

/// The key as the user wrote it, where the reply has it in the longer form `region:account:key/id` or the reverse.
fn key_id(known: &Option<String>, actual: Option<String>) -> Option<String> {
    let actual = actual.filter(|k| !k.is_empty())?;
    let last = |key: &str| key.rsplit('/').next().unwrap_or(key).to_string();
    match known {
        Some(known) if last(known) == last(&actual) => Some(known.clone()),
        _ => Some(actual),
    }
}

/// The object that the replies describe. What `known` leaves out and OBS has anyway stays left out.
fn described(session: &Session, known: &Bucket, head: Head, settings: Settings) -> Bucket {
    let tags: BTreeMap<String, String> = settings
        .tags
        .tag_set
        .tags
        .into_iter()
        .map(|t| (t.key, t.value))
        .collect();
    let no_tags = known.tags.clone().filter(BTreeMap::is_empty);
    let rule = settings.encryption.and_then(|e| e.rule);
    let encryption = rule.and_then(|r| r.apply_server_side_encryption_by_default);
    let method = encryption.as_ref().and_then(|e| e.sse_algorithm.clone());
    let encrypted = method.is_some();
    let spelled = known.sse_algorithm.is_some();
    let (key, project) = encryption
        .map(|e| (e.kms_master_key_id, e.project_id.filter(|p| !p.is_empty())))
        .unwrap_or_default();
    let policy = match (&known.policy, settings.policy) {
        (Some(known), Some(actual)) if same_document(known, &actual) => Some(known.clone()),
        (Some(known), None) if known.is_empty() => Some(String::new()),
        (_, actual) => actual,
    };
    Bucket {
        id: Some(known.bucket.clone()),
        bucket: known.bucket.clone(),
        bucket_domain_name: Some(format!(
            "{}.obs.{}.{}",
            known.bucket,
            head.region,
            api::cloud(session.config())
        )),
        region: Some(head.region),
        storage_class: head.storage_class.or_else(|| known.storage_class.clone()),
        acl: Some(canned(&settings.acl)),
        policy,
        policy_format: known.policy_format.clone(),
        tags: if tags.is_empty() { no_tags } else { Some(tags) },
        versioning: Some(settings.versioning.status.as_deref() == Some("Enabled")),
        quota: Some(settings.quota.storage_quota.unwrap_or_default()),
        encryption: Some(encrypted),
        sse_algorithm: method.filter(|m| spelled || m != KMS),
        kms_key_id: key_id(&known.kms_key_id, key),
        kms_key_project_id: project.or_else(|| known.kms_key_project_id.clone().filter(|_| encrypted)),
        parallel_fs: Some(head.parallel_fs),
        multi_az: Some(head.multi_az),
        enterprise_project_id: head
            .enterprise_project_id
            .or_else(|| known.enterprise_project_id.clone()),
        force_destroy: known.force_destroy,
        lifecycle_rule: lifecycle::rules(&known.lifecycle_rule, settings.lifecycle),
        bucket_version: head.version,
    }
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
        // Another account's bucket, or no permission to look: the creation tells.
        Err(DriverError::Denied(reply)) if reply.status == Some(403) && reply.code.is_none() => {}
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
        DriverError::Conflict(mut reply) => {
            reply.help = Some(help);
            DriverError::Conflict(reply)
        }
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
        DriverError::Conflict(mut reply) => {
            let help = "delete its objects, their versions and its unfinished uploads first, or set force_destroy = true and apply before deleting";
            reply.help = Some(help.to_string());
            DriverError::Conflict(reply)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn list(grants: &[(&str, &str, bool)]) -> wire::AccessControlPolicy {
        let account = |id: &str| wire::Account {
            id: Some(id.to_string()),
        };
        let one = |(who, what, delivered): &(&str, &str, bool)| {
            let everybody = *who == "Everyone";
            wire::Grant {
                grantee: Some(wire::Grantee {
                    id: (!everybody).then(|| (*who).to_string()),
                    canned: everybody.then(|| (*who).to_string()),
                }),
                permission: Some((*what).to_string()),
                delivered: Some(*delivered),
            }
        };
        wire::AccessControlPolicy {
            owner: Some(account("me")),
            access_control_list: Some(wire::AccessControlList {
                grants: grants.iter().map(one).collect(),
            }),
        }
    }

    #[test]
    fn canned_lists_are_recognised_and_others_are_custom() {
        let me = ("me", "FULL_CONTROL", false);
        for (grants, expected) in [
            (&[me][..], "private"),
            (&[me, ("Everyone", "READ", false)], "public-read"),
            (&[me, ("Everyone", "READ", true)], "public-read-delivered"),
            (
                &[("Everyone", "WRITE", false), me, ("Everyone", "READ", false)],
                "public-read-write",
            ),
            (
                &[("Everyone", "WRITE", true), me, ("Everyone", "READ", true)],
                "public-read-write-delivered",
            ),
            (
                &[me, ("Everyone", "READ", true), ("Everyone", "WRITE", false)],
                CUSTOM_ACL,
            ),
            (&[me, ("Everyone", "READ_ACP", false)], CUSTOM_ACL),
            (&[me, ("other", "READ", false)], CUSTOM_ACL),
        ] {
            assert_eq!(canned(&list(grants)), expected, "{grants:?}");
        }
    }

    #[test]
    fn a_key_keeps_the_users_spelling() {
        let long = Some("cn-north-4:account:key/k1".to_string());
        let short = Some("k1".to_string());
        assert_eq!(key_id(&short, long.clone()), short);
        assert_eq!(key_id(&long, short.clone()), long);
        assert_eq!(key_id(&None, short.clone()), short);
        assert_eq!(key_id(&Some("k2".to_string()), short.clone()), short);
        assert_eq!(key_id(&short, None), None);
    }
}
