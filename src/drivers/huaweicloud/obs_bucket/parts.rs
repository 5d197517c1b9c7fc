//! The parts of a bucket that have a call of their own: which changed, and the request that changes it.

use super::super::obs::{self, Ask};
use super::reading::bound_domains;
use super::{Bucket, Place, bucket_call, lifecycle, web, website};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::drivers::object::{code, same_document};
use crate::wire::codec::obs as wire;
use http::Method;
use std::collections::BTreeSet;

/// The canned list with which another bucket's logs may be written here.
pub(super) const LOG_DELIVERY: &str = "log-delivery-write";

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
    /// Static website.
    Website,
    /// Rules for pages of other origins.
    Cors,
    /// Domain names of the user's own.
    Domains,
    /// Tags.
    Tagging,
    /// Policy.
    Policy,
}

impl Part {
    /// Every part, in the order in which they are changed.
    pub(super) const ALL: [Part; 12] = [
        Part::Acl,
        Part::StorageClass,
        Part::Versioning,
        Part::Encryption,
        Part::Quota,
        Part::Lifecycle,
        Part::Logging,
        Part::Website,
        Part::Cors,
        Part::Domains,
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
            Part::Website => ("website", "PutBucketWebsite", "DeleteBucketWebsite"),
            Part::Domains => ("customdomain", "PutBucketCustomDomain", "DeleteBucketCustomDomain"),
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
            Part::Website => !website::same(&from.website, &to.website),
            Part::Cors => from.cors_rule != to.cors_rule,
            Part::Domains => to.user_domain_names.is_some() && domains(from) != domains(to),
            Part::Tagging => tags(from) != tags(to),
            Part::Policy => to.policy.is_some() && !same_document(&policy(from), &policy(to)),
        }
    }

    /// Whether `bucket` has nothing of the part, so that it is removed.
    fn is_removed(self, bucket: &Bucket) -> bool {
        match self {
            Part::Acl | Part::StorageClass | Part::Versioning | Part::Quota | Part::Logging | Part::Domains => false,
            Part::Website => bucket.website.is_empty(),
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
                into.kms_data_encryption.clone_from(&from.kms_data_encryption);
                into.bucket_key_enabled = from.bucket_key_enabled;
            }
            Part::Quota => into.quota = from.quota,
            Part::Lifecycle => into.lifecycle_rule.clone_from(&from.lifecycle_rule),
            Part::Logging => into.logging.clone_from(&from.logging),
            Part::Website => into.website.clone_from(&from.website),
            Part::Cors => into.cors_rule.clone_from(&from.cors_rule),
            Part::Domains => into.user_domain_names.clone_from(&from.user_domain_names),
            Part::Tagging => into.tags.clone_from(&from.tags),
            Part::Policy => into.policy.clone_from(&from.policy),
        }
    }
}

fn domains(bucket: &Bucket) -> BTreeSet<&str> {
    bucket.user_domain_names.iter().flatten().map(String::as_str).collect()
}

/// Unbinds the domain names that `to` does not have and binds those that it has besides. `now` says at each time which are
/// bound.
async fn put_domains(session: &Session, place: Place<'_>, now: &mut Bucket, to: &Bucket) -> Result<(), DriverError> {
    let (_, put, delete) = Part::Domains.names();
    let (old, new) = (domains(now), domains(to));
    let removed = old
        .difference(&new)
        .map(|name| (delete, Method::DELETE, (*name).to_string()));
    let added = new.difference(&old).map(|name| (put, Method::PUT, (*name).to_string()));
    let all: Vec<_> = removed.chain(added).collect();
    for (operation, method, name) in all {
        let call = bucket_call(operation, place.bucket, Effect::Writes);
        let binds = method == Method::PUT;
        let ask = Ask::of(method, None).with_parameter("customdomain", &name);
        let sent = obs::send(session, &call, place.region, place.bucket, &ask).await;
        // What is so already is as good; a name can also be another bucket's.
        match sent {
            Err(error) if !binds && code(&error) == "CustomDomainNotExist" => {}
            Err(error) if binds && code(&error) == "CustomDomainAreadyExist" => {
                if !bound_domains(session, place).await?.contains(&name) {
                    return Err(error.with_help("it is bound to another bucket; unbind it there first"));
                }
            }
            sent => sent.map(|_| ())?,
        }
        let bound = now.user_domain_names.get_or_insert_default();
        match binds {
            true => bound.insert(name),
            false => bound.remove(&name),
        };
    }
    Ok(())
}

/// The call and request that give `part` of a bucket the form it has in `to`.
fn part_request(part: Part, to: &Bucket) -> Result<(Call, Ask<'static>), DriverError> {
    let (sub_resource, put, delete) = part.names();
    let removed = part.is_removed(to);
    let call = bucket_call(if removed { delete } else { put }, &to.bucket, Effect::Writes);
    let method = if removed { Method::DELETE } else { Method::PUT };
    let ask = Ask::of(method, Some(sub_resource));
    let ask = match part {
        Part::Policy if to.has_s3_policy() => ask.in_s3(),
        _ => ask,
    };
    if removed {
        return Ok((call, ask));
    }
    let ask = match part {
        // A list that OBS's own dialect has no word for.
        Part::Acl if to.acl.as_deref() == Some(LOG_DELIVERY) => ask.in_s3().with_header("x-amz-acl", LOG_DELIVERY),
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
            let rule = to.encryption_rule();
            ask.with_xml(&call, &wire::EncryptionConfiguration { rule })?
        }
        Part::Quota => {
            let storage_quota = Some(to.quota.unwrap_or_default());
            ask.with_xml(&call, &wire::Quota { storage_quota })?
        }
        Part::Lifecycle => ask
            .with_xml(&call, &lifecycle::configuration(&to.lifecycle_rule))?
            .with_md5(),
        Part::Logging => ask.with_xml(&call, &web::logging_status(&to.logging))?,
        Part::Website => {
            let website = to.website.first().cloned().unwrap_or_default();
            let body = website::configuration(&website).map_err(|why| call.rejected(why))?;
            ask.with_xml(&call, &body)?
        }
        // One call a name.
        Part::Domains => ask,
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
        let left_alone = match part {
            Part::Policy => to.policy.is_none(),
            Part::Domains => to.user_domain_names.is_none(),
            _ => false,
        };
        if !left_alone {
            part.take(now, to);
        }
        return Ok(false);
    }
    if part == Part::Domains {
        put_domains(session, place, now, to).await?;
        return Ok(true);
    }
    let (call, ask) = part_request(part, to)?;
    obs::send(session, &call, place.region, place.bucket, &ask).await?;
    part.take(now, to);
    Ok(true)
}
