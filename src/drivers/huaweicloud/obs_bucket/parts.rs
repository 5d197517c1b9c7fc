//! The parts of a bucket that have a call of their own: which changed, and the request that changes it.

use super::super::obs::{self, Ask};
use super::{Bucket, Place, bucket_call, lifecycle, web};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::drivers::object::same_document;
use crate::wire::codec::obs as wire;
use http::Method;

/// A part of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Access control list.
    Acl,
    /// Storage class of new objects.
    StorageClass,
    /// Versioning.
    Versioning,
    /// Default encryption.
    Encryption,
    /// Space that the objects may take.
    Quota,
    /// Lifecycle rules.
    Lifecycle,
    /// Access logs.
    Logging,
    /// Rules for pages of other origins.
    Cors,
    /// Tags.
    Tagging,
    /// Policy.
    Policy,
}

impl Part {
    /// Every part, in the order in which they are changed.
    pub(super) const ALL: [Part; 10] = [
        Part::Acl,
        Part::StorageClass,
        Part::Versioning,
        Part::Encryption,
        Part::Quota,
        Part::Lifecycle,
        Part::Logging,
        Part::Cors,
        Part::Tagging,
        Part::Policy,
    ];

    /// Sub-resource, and the operations that set and remove it.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Part::Acl => ("acl", "PutBucketAcl", "PutBucketAcl"),
            Part::StorageClass => ("storageClass", "PutBucketStoragePolicy", "PutBucketStoragePolicy"),
            Part::Versioning => ("versioning", "PutBucketVersioning", "PutBucketVersioning"),
            Part::Encryption => ("encryption", "PutBucketEncryption", "DeleteBucketEncryption"),
            Part::Quota => ("quota", "PutBucketQuota", "PutBucketQuota"),
            Part::Lifecycle => ("lifecycle", "PutBucketLifecycle", "DeleteBucketLifecycle"),
            Part::Logging => ("logging", "PutBucketLogging", "PutBucketLogging"),
            Part::Cors => ("cors", "PutBucketCORS", "DeleteBucketCORS"),
            Part::Tagging => ("tagging", "PutBucketTagging", "DeleteBucketTagging"),
            Part::Policy => ("policy", "PutBucketPolicy", "DeleteBucketPolicy"),
        }
    }

    /// Whether the part differs. What is not set at all is left as it is.
    fn differs(self, from: &Bucket, to: &Bucket) -> bool {
        let tags = |b: &Bucket| b.tags.clone().unwrap_or_default();
        let policy = |b: &Bucket| b.policy.clone().unwrap_or_default();
        match self {
            Part::Acl => to.acl.is_some() && from.acl != to.acl,
            Part::StorageClass => to.storage_class.is_some() && from.storage_class != to.storage_class,
            Part::Versioning => from.versioning.unwrap_or_default() != to.versioning.unwrap_or_default(),
            Part::Encryption => from.encryption_rule() != to.encryption_rule(),
            Part::Quota => from.quota.unwrap_or_default() != to.quota.unwrap_or_default(),
            Part::Lifecycle => lifecycle::in_order(&from.lifecycle_rule) != lifecycle::in_order(&to.lifecycle_rule),
            Part::Logging => from.logging != to.logging,
            Part::Cors => from.cors_rule != to.cors_rule,
            Part::Tagging => tags(from) != tags(to),
            Part::Policy => to.policy.is_some() && !same_document(&policy(from), &policy(to)),
        }
    }

    /// Whether `bucket` has nothing of the part, so that it is removed.
    fn is_removed(self, bucket: &Bucket) -> bool {
        match self {
            Part::Acl | Part::StorageClass | Part::Versioning | Part::Quota | Part::Logging => false,
            Part::Cors => bucket.cors_rule.is_empty(),
            Part::Encryption => bucket.encryption_rule().is_none(),
            Part::Lifecycle => bucket.lifecycle_rule.is_empty(),
            Part::Tagging => bucket.tags.as_ref().is_none_or(|t| t.is_empty()),
            Part::Policy => bucket.policy.as_ref().is_none_or(|p| p.is_empty()),
        }
    }

    fn take(self, into: &mut Bucket, from: &Bucket) {
        match self {
            Part::Acl => into.acl.clone_from(&from.acl),
            Part::StorageClass => into.storage_class.clone_from(&from.storage_class),
            Part::Versioning => into.versioning = from.versioning,
            Part::Encryption => {
                into.encryption = from.encryption;
                into.sse_algorithm.clone_from(&from.sse_algorithm);
                into.kms_key_id.clone_from(&from.kms_key_id);
                into.kms_key_project_id.clone_from(&from.kms_key_project_id);
            }
            Part::Quota => into.quota = from.quota,
            Part::Lifecycle => into.lifecycle_rule.clone_from(&from.lifecycle_rule),
            Part::Logging => into.logging.clone_from(&from.logging),
            Part::Cors => into.cors_rule.clone_from(&from.cors_rule),
            Part::Tagging => into.tags.clone_from(&from.tags),
            Part::Policy => into.policy.clone_from(&from.policy),
        }
    }
}

/// The call and request that give `part` of a bucket the form it has in `to`.
fn part_request(part: Part, to: &Bucket) -> Result<(Call, Ask<'static>), DriverError> {
    let (sub_resource, put, delete) = part.names();
    let removed = part.is_removed(to);
    let call = bucket_call(if removed { delete } else { put }, &to.bucket, Effect::Writes);
    let method = if removed { Method::DELETE } else { Method::PUT };
    let ask = Ask::of(method, Some(sub_resource));
    if removed {
        return Ok((call, ask));
    }
    let ask = match part {
        Part::Acl => ask.with_header("x-obs-acl", to.acl.as_deref().unwrap_or("private")),
        Part::StorageClass => {
            let class = to.storage_class.clone().unwrap_or_else(|| "STANDARD".to_string());
            ask.with_xml(&call, &wire::StorageClass { class })?
        }
        Part::Versioning => {
            // There is no way back to "never enabled".
            let status = match to.versioning {
                Some(true) => "Enabled",
                _ => "Suspended",
            };
            let body = wire::VersioningConfiguration {
                status: Some(status.to_string()),
            };
            ask.with_xml(&call, &body)?
        }
        Part::Encryption => {
            let rule = wire::EncryptionRule {
                apply_server_side_encryption_by_default: to.encryption_rule(),
            };
            ask.with_xml(&call, &wire::EncryptionConfiguration { rule: Some(rule) })?
        }
        Part::Quota => {
            let storage_quota = Some(to.quota.unwrap_or_default());
            ask.with_xml(&call, &wire::Quota { storage_quota })?
        }
        Part::Lifecycle => ask
            .with_xml(&call, &lifecycle::configuration(&to.lifecycle_rule))?
            .with_md5(),
        Part::Logging => ask.with_xml(&call, &web::logging_status(&to.logging))?,
        Part::Cors => ask.with_xml(&call, &web::cors_configuration(&to.cors_rule))?.with_md5(),
        Part::Tagging => {
            let tags = to.tags.iter().flatten().map(|(key, value)| wire::Tag {
                key: key.clone(),
                value: value.clone(),
            });
            let tag_set = wire::TagSet { tags: tags.collect() };
            ask.with_xml(&call, &wire::Tagging { tag_set })?.with_md5()
        }
        Part::Policy => ask.with_body(to.policy.clone().unwrap_or_default()),
    };
    Ok((call, ask))
}

/// Gives `part` of the bucket the form it has in `to`, if it has not, and notes it in `now`. Says whether it sent
/// anything.
pub(super) async fn put_part(
    session: &Session,
    place: Place<'_>,
    part: Part,
    now: &mut Bucket,
    to: &Bucket,
) -> Result<bool, DriverError> {
    if !part.differs(now, to) {
        // Nothing and the same are spelled in more than one way.
        if !matches!(part, Part::Policy) || to.policy.is_some() {
            part.take(now, to);
        }
        return Ok(false);
    }
    let (call, ask) = part_request(part, to)?;
    obs::send(session, &call, place.region, place.bucket, &ask).await?;
    part.take(now, to);
    Ok(true)
}
