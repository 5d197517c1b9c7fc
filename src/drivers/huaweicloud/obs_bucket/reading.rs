//! What a bucket is like: metadata from headers, each setting from a reply of its own, and the object that they make.
//!
//! Source: OBS API reference (Obtaining Bucket Metadata, the settings' own pages); error codes for settings that are not
//! there: Terraform provider for Huawei Cloud, obs_bucket.

use super::super::api;
use super::super::obs::{self, Ask};
use super::parts::LOG_DELIVERY;
use super::{AES256, Bucket, KMS, Place, bucket_call, lifecycle, web, website};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::drivers::object::{code, filled, same_document};
use crate::wire::Response;
use crate::wire::codec::obs as wire;
use futures_util::future::{join3, join4, join5};
use http::Method;
use std::collections::{BTreeMap, BTreeSet};

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
    let reply = get_raw(session, &call, place, Ask::of(Method::GET, Some(sub_resource))).await?;
    let decoded = reply.map(|reply| wire::decode(&reply.body).map_err(|e| call.garbled(e)));
    decoded.transpose()
}

/// The codes for a bucket without what was asked for, such as `NoSuchTagSet`; a parallel file system or a whole site
/// lacks some of it altogether.
async fn get_raw(
    session: &Session,
    call: &Call,
    place: Place<'_>,
    ask: Ask<'_>,
) -> Result<Option<Response>, DriverError> {
    // On the heap: many are under way at once.
    match Box::pin(obs::send(session, call, place.region, place.bucket, &ask)).await {
        Ok(reply) => Ok(Some(reply)),
        Err(error) => match code(&error) {
            obs::NO_BUCKET => Err(error),
            "FsNotSupport" | "MethodNotAllowed" | "NotImplemented" => Ok(None),
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
    website: Option<wire::WebsiteConfiguration>,
    domains: BTreeSet<String>,
    stored: wire::StorageInfo,
}

/// The access control list. OBS's own dialect has no word for the group that writes logs, so where that may be there, the
/// list is also asked for in the S3 dialect.
async fn acl(session: &Session, known: &Bucket) -> Result<wire::AccessControlPolicy, DriverError> {
    let place = Place::of(known);
    let own: wire::AccessControlPolicy = get(session, "GetBucketAcl", place, "acl").await?.unwrap_or_default();
    if known.acl.as_deref().is_some_and(|acl| acl != LOG_DELIVERY) {
        return Ok(own);
    }
    let call = bucket_call("GetBucketAcl", place.bucket, Effect::Reads);
    let ask = Ask::of(Method::GET, Some("acl")).in_s3();
    let Some(reply) = get_raw(session, &call, place, ask).await? else {
        return Ok(own);
    };
    let other: wire::AccessControlPolicy = wire::decode(&reply.body).map_err(|e| call.garbled(e))?;
    // Otherwise the own dialect says more.
    Ok(if canned(&other) == LOG_DELIVERY { other } else { own })
}

/// The domain names of the user's own that are bound to the bucket.
pub(super) async fn bound_domains(session: &Session, place: Place<'_>) -> Result<BTreeSet<String>, DriverError> {
    let found: Option<wire::CustomDomains> = get(session, "GetBucketCustomDomain", place, "customdomain").await?;
    let domains = found.unwrap_or_default().domains.into_iter();
    Ok(domains.filter_map(|d| d.domain_name).collect())
}

async fn settings(session: &Session, known: &Bucket) -> Result<Settings, DriverError> {
    let place = Place::of(known);
    let policy = async {
        let call = bucket_call("GetBucketPolicy", place.bucket, Effect::Reads);
        let ask = Ask::of(Method::GET, Some("policy"));
        let ask = if known.has_s3_policy() { ask.in_s3() } else { ask };
        let reply = get_raw(session, &call, place, ask).await?;
        let text = |reply: Response| String::from_utf8(reply.body.to_vec()).map_err(|e| call.garbled(e));
        reply.map(text).transpose()
    };
    let first = join4(
        acl(session, known),
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
    let third = join3(
        get(session, "GetBucketWebsite", place, "website"),
        bound_domains(session, place),
        get(session, "GetBucketStorageInfo", place, "storageinfo"),
    );
    let (first, second, third) = join3(first, second, third).await;
    let (acl, versioning, encryption, quota) = first;
    let (lifecycle, tags, logging, cors, policy) = second;
    let (website, domains, stored) = third;
    Ok(Settings {
        acl: acl?,
        versioning: versioning?.unwrap_or_default(),
        encryption: encryption?,
        quota: quota?.unwrap_or_default(),
        lifecycle: lifecycle?.unwrap_or_default(),
        tags: tags?.unwrap_or_default(),
        logging: logging?.unwrap_or_default(),
        cors: cors?.unwrap_or_default(),
        policy: policy?.filter(|p| !p.trim().is_empty()),
        website: website?,
        domains: domains?,
        stored: stored?.unwrap_or_default(),
    })
}

/// The bucket as it is; none when there is none.
pub(super) async fn look(session: &Session, known: &Bucket) -> Result<Option<Bucket>, DriverError> {
    let place = Place::of(known);
    let Some(head) = head(session, place).await? else {
        return Ok(None);
    };
    match settings(session, known).await {
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
    let (mut everybody, mut delivered, mut logs) = (Vec::new(), Vec::new(), Vec::new());
    for grant in policy.access_control_list.iter().flat_map(|l| &l.grants) {
        let grantee = grant.grantee.clone().unwrap_or_default();
        let permission = grant.permission.as_deref().unwrap_or_default();
        if grantee.id.is_some() && grantee.id.as_deref() == owner && permission == "FULL_CONTROL" {
            continue;
        }
        // The S3 dialect names groups by addresses.
        let group = grantee.uri.as_deref().and_then(|uri| uri.rsplit('/').next());
        match (grantee.canned.as_deref(), group) {
            (Some("Everyone"), _) | (_, Some("AllUsers")) => {
                everybody.push(permission);
                delivered.push(grant.delivered == Some(true));
            }
            (Some("LogDelivery"), _) | (_, Some("LogDelivery")) => logs.push(permission),
            _ => return CUSTOM_ACL.to_string(),
        }
    }
    logs.sort_unstable();
    match (&everybody[..], &logs[..]) {
        (_, []) => {}
        ([], ["READ_ACP", "WRITE"]) => return LOG_DELIVERY.to_string(),
        _ => return CUSTOM_ACL.to_string(),
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
    let rule = settings.encryption.and_then(|e| e.rule).unwrap_or_default();
    let bucket_key = rule.bucket_key_enabled.unwrap_or_default();
    let encryption = rule.apply_server_side_encryption_by_default;
    let method = encryption.as_ref().and_then(|e| e.sse_algorithm.clone());
    let encrypted = method.is_some();
    let spelled = known.sse_algorithm.is_some();
    let (key, project, data) = encryption
        .map(|e| (e.kms_master_key_id, filled(e.project_id), filled(e.kms_data_encryption)))
        .unwrap_or_default();
    let usual = known.kms_data_encryption.is_none();
    let storage_info = [
        ("size".to_string(), settings.stored.size.unwrap_or_default()),
        (
            "object_number".to_string(),
            settings.stored.object_number.unwrap_or_default(),
        ),
    ];
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
        kms_data_encryption: data.filter(|d| !usual || d != AES256),
        bucket_key_enabled: Some(bucket_key).filter(|on| *on || encrypted && known.bucket_key_enabled.is_some()),
        kms_key_project_id: project.or_else(|| known.kms_key_project_id.clone().filter(|_| encrypted)),
        parallel_fs: Some(head.parallel_fs),
        multi_az: Some(head.multi_az),
        enterprise_project_id: head
            .enterprise_project_id
            .or_else(|| known.enterprise_project_id.clone()),
        force_destroy: known.force_destroy,
        user_domain_names: Some(settings.domains),
        ies_location: known.ies_location.clone(),
        edge_location: known.edge_location.clone(),
        storage_info: Some(vec![storage_info.into()]),
        lifecycle_rule: lifecycle::rules(&known.lifecycle_rule, settings.lifecycle),
        logging: web::logging(settings.logging),
        website: website::described(&known.website, settings.website),
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
                    uri: None,
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
    fn groups_of_the_s3_dialect_are_known_by_the_end_of_their_address() {
        let group = |name: &str, permission: &str| wire::Grant {
            grantee: Some(wire::Grantee {
                uri: Some(format!("http://acs.amazonaws.com/groups/{name}")),
                ..wire::Grantee::default()
            }),
            permission: Some(permission.to_string()),
            delivered: None,
        };
        let logs = || [group("s3/LogDelivery", "WRITE"), group("s3/LogDelivery", "READ_ACP")];
        let everybody = || [group("global/AllUsers", "READ")];
        let name = |grants: Vec<wire::Grant>| {
            let mut policy = list(&[("me", "FULL_CONTROL", false)]);
            policy.access_control_list.get_or_insert_default().grants.extend(grants);
            canned(&policy)
        };
        assert_eq!(name(logs().into()), LOG_DELIVERY);
        assert_eq!(name(everybody().into()), "public-read");
        assert_eq!(name(logs().into_iter().chain(everybody()).collect()), CUSTOM_ACL);
        assert_eq!(name(vec![group("s3/LogDelivery", "WRITE")]), CUSTOM_ACL);
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
