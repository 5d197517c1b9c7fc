//! The parts of a bucket that have a call of their own: which changed, and the request that changes it.

use super::super::oss::{self, Ask};
use super::{Bucket, bucket_call, lifecycle};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::wire::codec::oss as wire;
use http::Method;

/// A part of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Access control list.
    Acl,
    /// Versioning.
    Versioning,
    /// Default encryption.
    Encryption,
    /// Lifecycle rules.
    Lifecycle,
    /// Tags.
    Tagging,
}

impl Part {
    /// Every part, in the order in which they are changed.
    pub(super) const ALL: [Part; 5] = [
        Part::Acl,
        Part::Versioning,
        Part::Encryption,
        Part::Lifecycle,
        Part::Tagging,
    ];

    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Part::Acl => ("acl", "PutBucketAcl", "PutBucketAcl"),
            Part::Versioning => ("versioning", "PutBucketVersioning", "PutBucketVersioning"),
            Part::Encryption => ("encryption", "PutBucketEncryption", "DeleteBucketEncryption"),
            Part::Lifecycle => ("lifecycle", "PutBucketLifecycle", "DeleteBucketLifecycle"),
            Part::Tagging => ("tagging", "PutBucketTagging", "DeleteBucketTagging"),
        }
    }

    /// Whether the part differs. An access control list that is not set is left as it is.
    fn differs(self, from: &Bucket, to: &Bucket) -> bool {
        let tags = |b: &Bucket| b.tags.clone().unwrap_or_default();
        match self {
            Part::Acl => to.acl.is_some() && from.acl != to.acl,
            Part::Versioning => from.versioning != to.versioning,
            Part::Encryption => from.server_side_encryption_rule != to.server_side_encryption_rule,
            Part::Lifecycle => from.lifecycle_rule != to.lifecycle_rule,
            Part::Tagging => tags(from) != tags(to),
        }
    }

    /// Whether `bucket` has nothing of the part, so that it is removed.
    fn is_removed(self, bucket: &Bucket) -> bool {
        match self {
            Part::Acl | Part::Versioning => false,
            Part::Encryption => bucket.server_side_encryption_rule.is_none(),
            Part::Lifecycle => bucket.lifecycle_rule.is_empty(),
            Part::Tagging => bucket.tags.as_ref().is_none_or(|t| t.is_empty()),
        }
    }

    fn take(self, into: &mut Bucket, from: &Bucket) {
        match self {
            Part::Acl => into.acl.clone_from(&from.acl),
            Part::Versioning => into.versioning.clone_from(&from.versioning),
            Part::Encryption => into
                .server_side_encryption_rule
                .clone_from(&from.server_side_encryption_rule),
            Part::Lifecycle => into.lifecycle_rule.clone_from(&from.lifecycle_rule),
            Part::Tagging => into.tags.clone_from(&from.tags),
        }
    }
}

/// The call and request that give `part` of a bucket the form it has in `to`.
pub(super) fn part_request(part: Part, to: &Bucket) -> Result<(Call, Ask<'static>), DriverError> {
    let (sub_resource, put, delete) = part.names();
    let removed = part.is_removed(to);
    let call = bucket_call(if removed { delete } else { put }, &to.bucket, Effect::Writes);
    let method = if removed { Method::DELETE } else { Method::PUT };
    let ask = Ask::of(method, Some(sub_resource));
    if removed {
        return Ok((call, ask));
    }
    let ask = match part {
        Part::Acl => ask.with_header("x-oss-acl", to.acl.as_deref().unwrap_or("private")),
        Part::Versioning => {
            // There is no way back to "never enabled".
            let status = to.versioning.as_ref().and_then(|v| v.status.clone());
            let body = wire::VersioningConfiguration {
                status: Some(status.unwrap_or_else(|| "Suspended".to_string())),
            };
            ask.with_xml(&call, &body)?
        }
        Part::Encryption => {
            let rule = to.server_side_encryption_rule.clone().unwrap_or_default();
            let body = wire::ServerSideEncryptionRule {
                apply_server_side_encryption_by_default: Some(wire::BucketEncryption {
                    sse_algorithm: rule.sse_algorithm,
                    kms_master_key_id: rule.kms_master_key_id.filter(|k| !k.is_empty()),
                    kms_data_encryption: rule.kms_data_encryption.filter(|k| !k.is_empty()),
                }),
            };
            ask.with_xml(&call, &body)?
        }
        Part::Lifecycle => ask.with_xml(&call, &lifecycle::configuration(&to.lifecycle_rule))?,
        Part::Tagging => {
            let tags = to.tags.iter().flatten().map(|(key, value)| wire::Tag {
                key: key.clone(),
                value: value.clone(),
            });
            let tag_set = wire::TagSet { tags: tags.collect() };
            ask.with_xml(&call, &wire::Tagging { tag_set })?
        }
    };
    Ok((call, ask))
}

/// Gives `part` of the bucket the form it has in `to`, if it has not, and notes it in `now`. Says whether it sent
/// anything.
pub(super) async fn put_part(
    session: &Session,
    part: Part,
    now: &mut Bucket,
    to: &Bucket,
) -> Result<bool, DriverError> {
    if !part.differs(now, to) {
        if matches!(part, Part::Tagging) {
            // No tags are spelled as null or as an empty map.
            part.take(now, to);
        }
        return Ok(false);
    }
    let (call, ask) = part_request(part, to)?;
    oss::send(session, &call, &to.bucket, &ask).await?;
    part.take(now, to);
    Ok(true)
}
