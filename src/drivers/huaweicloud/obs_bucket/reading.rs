//! What a bucket is like: metadata from headers, each setting from a reply of its own, and the object that they make.
//!
//! Source: OBS API reference (Obtaining Bucket Metadata, the settings' own pages); error codes for settings that are not
//! there: Terraform provider for Huawei Cloud, obs_bucket.

use super::super::api;
use super::super::obs::{self, Ask};
use super::{Bucket, KMS, Place, bucket_call, lifecycle, web};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::drivers::object::{code, same_document};
use crate::wire::Response;
use crate::wire::codec::obs as wire;
use futures_util::future::{join, join4, join5};
use http::Method;
use std::collections::BTreeMap;

/// What the headers of HeadBucket say.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) region: String,
    pub(super) storage_class: Option<String>,
    pub(super) version: Option<String>,
    pub(super) parallel_fs: bool,
    pub(super) multi_az: bool,
    pub(super) enterprise_project_id: Option<String>,
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
pub(super) async fn head(session: &Session, place: Place<'_>) -> Result<Option<Head>, DriverError> {
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
        Err(DriverError::Denied(reply)) if reply.status == Some(403) && reply.code.is_none() => {
            Err(why_denied(session, place, DriverError::Denied(reply)).await)
        }
        Err(error) => Err(error),
    }
}

/// The refusal of HeadBucket with a code: asked again by a call whose reply has a body. A bucket that is refused is
/// there.
async fn why_denied(session: &Session, place: Place<'_>, denied: DriverError) -> DriverError {
    let call = bucket_call("GetBucketLocation", place.bucket, Effect::Reads);
    let ask = Ask::of(Method::GET, Some("location"));
    let told = obs::send(session, &call, place.region, place.bucket, &ask).await;
    let (error, help) = match told {
        Ok(_) => (denied, "give the key the permission obs:bucket:HeadBucket"),
        Err(error) if code(&error) == "AccessDenied" => (
            error,
            "a bucket of this name exists; it belongs to another account, or the key lacks the permission \
             obs:bucket:HeadBucket",
        ),
        Err(error) => return error,
    };
    match error {
        DriverError::Denied(_) => error.with_help(help),
        other => other,
    }
}

fn in_another_region(call: &Call, actual: &str, asked: &str) -> DriverError {
    let reply = call.reply(format!("the bucket lies in region {actual}, not in {asked}"));
    DriverError::Conflict(reply).with_help(format!(
        "set region = {actual:?} if this bucket is meant, or choose another name: names are shared by all regions"
    ))
}

/// Reads an XML sub-resource; none where the bucket has none of it.
pub(super) async fn get<T: wire::XmlBody>(
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
    logging: wire::LoggingStatus,
    cors: wire::CorsConfiguration,
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
    let second = join5(
        get(session, "GetBucketLifecycle", place, "lifecycle"),
        get(session, "GetBucketTagging", place, "tagging"),
        get(session, "GetBucketLogging", place, "logging"),
        get(session, "GetBucketCORS", place, "cors"),
        policy,
    );
    let ((acl, versioning, encryption, quota), (lifecycle, tags, logging, cors, policy)) = join(first, second).await;
    Ok(Settings {
        acl: acl?.unwrap_or_default(),
        versioning: versioning?.unwrap_or_default(),
        encryption: encryption?,
        quota: quota?.unwrap_or_default(),
        lifecycle: lifecycle?.unwrap_or_default(),
        tags: tags?.unwrap_or_default(),
        logging: logging?.unwrap_or_default(),
        cors: cors?.unwrap_or_default(),
        policy: policy?.filter(|p| !p.trim().is_empty()),
    })
}

/// The bucket as it is; none when there is none.
pub(super) async fn look(session: &Session, known: &Bucket) -> Result<Option<Bucket>, DriverError> {
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
        logging: web::logging(settings.logging),
        cors_rule: web::cors_rules(&known.cors_rule, settings.cors),
        bucket_version: head.version,
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
