//! A bucket's settings that have calls of their own: ACL, versioning, tagging, encryption, lifecycle.

use super::bucket::{check_acl, malformed, owner};
use super::model::Encryption;
use super::reply::{OssError, document, element, leaf, leaves, reply};
use super::{Answer, Call};
use crate::sim::world::World;
use crate::sim::xml::Leaves;
use crate::wire::sign::md5_base64;

/// Tags on one bucket (OSS bucket tagging).
const MAX_TAGS: usize = 20;
/// Rules in one lifecycle (OSS limits).
const MAX_RULES: usize = 1000;

/// The body as a document with this root, checked against `Content-MD5` where that is sent.
pub(super) fn body(call: &Call<'_>, root: &str) -> Result<Leaves, OssError> {
    if let Some(md5) = call.request.header("content-md5")
        && md5 != md5_base64(&call.request.body)
    {
        return Err(OssError::new(
            400,
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
        ));
    }
    leaves(&call.request.body, root).ok_or_else(malformed)
}

fn xml(call: &Call<'_>, root: &str, inner: &str) -> Answer {
    Ok(reply(200, call.now, Some(document(root, inner))))
}

/// GetBucketAcl.
pub(super) fn get_acl(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let inner = owner(&bucket.account)
        + &format!(
            "<AccessControlList>{}</AccessControlList>",
            element("Grant", &bucket.acl)
        );
    xml(call, "AccessControlPolicy", &inner)
}

/// PutBucketAcl.
pub(super) fn put_acl(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    let acl = call.request.header("x-oss-acl").unwrap_or_default();
    check_acl(acl)?;
    bucket.acl = acl.to_string();
    world.put(&bucket);
    Ok(reply(200, call.now, None))
}

/// GetBucketVersioning.
pub(super) fn get_versioning(call: &Call<'_>, world: &World) -> Answer {
    let status = call.bucket(world)?.versioning;
    let inner = status.map_or_else(String::new, |s| element("Status", &s));
    xml(call, "VersioningConfiguration", &inner)
}

/// PutBucketVersioning.
pub(super) fn put_versioning(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    let found = body(call, "VersioningConfiguration")?;
    let status = leaf(&found, "Status").unwrap_or_default();
    if status != "Enabled" && status != "Suspended" {
        return Err(malformed());
    }
    bucket.versioning = Some(status.to_string());
    world.put(&bucket);
    Ok(reply(200, call.now, None))
}

/// GetBucketTagging; a bucket without tags has an empty set.
pub(super) fn get_tagging(call: &Call<'_>, world: &World) -> Answer {
    let tags: String = call
        .bucket(world)?
        .tags
        .iter()
        .map(|(k, v)| format!("<Tag>{}{}</Tag>", element("Key", k), element("Value", v)))
        .collect();
    xml(call, "Tagging", &format!("<TagSet>{tags}</TagSet>"))
}

/// PutBucketTagging: replaces all tags.
pub(super) fn put_tagging(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    let mut tags: Vec<(String, String)> = Vec::new();
    for (path, text) in body(call, "Tagging")? {
        match (path.as_str(), text) {
            ("TagSet/Tag", None) => tags.push((String::new(), String::new())),
            ("TagSet/Tag/Key", Some(text)) => {
                tags.last_mut().ok_or_else(malformed)?.0 = text;
            }
            ("TagSet/Tag/Value", Some(text)) => {
                tags.last_mut().ok_or_else(malformed)?.1 = text;
            }
            _ => {}
        }
    }
    let mut names: Vec<&str> = tags.iter().map(|(k, _)| k.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let valid = tags
        .iter()
        .all(|(k, v)| (1..=64).contains(&k.chars().count()) && v.chars().count() <= 128);
    if tags.len() > MAX_TAGS || names.len() != tags.len() || !valid {
        return Err(OssError::new(400, "InvalidTag", "The tags you provided are not valid."));
    }
    bucket.tags = tags;
    world.put(&bucket);
    Ok(reply(200, call.now, None))
}

/// DeleteBucketTagging.
pub(super) fn delete_tagging(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    bucket.tags.clear();
    world.put(&bucket);
    Ok(reply(204, call.now, None))
}

/// GetBucketEncryption.
pub(super) fn get_encryption(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let Some(e) = bucket.encryption else {
        return Err(OssError::new(
            404,
            "NoSuchServerSideEncryptionRule",
            "The server side encryption rule does not exist.",
        ));
    };
    let mut rule = element("SSEAlgorithm", &e.algorithm);
    if e.algorithm == "KMS" {
        rule += &element("KMSMasterKeyID", &e.kms_key);
        if !e.kms_data_encryption.is_empty() {
            rule += &element("KMSDataEncryption", &e.kms_data_encryption);
        }
    }
    let inner = format!("<ApplyServerSideEncryptionByDefault>{rule}</ApplyServerSideEncryptionByDefault>");
    xml(call, "ServerSideEncryptionRule", &inner)
}

/// PutBucketEncryption.
pub(super) fn put_encryption(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    let found = body(call, "ServerSideEncryptionRule")?;
    let text = |name: &str| {
        leaf(&found, &format!("ApplyServerSideEncryptionByDefault/{name}"))
            .unwrap_or_default()
            .to_string()
    };
    let encryption = Encryption {
        algorithm: text("SSEAlgorithm"),
        kms_key: text("KMSMasterKeyID"),
        kms_data_encryption: text("KMSDataEncryption"),
    };
    let kms_only = !encryption.kms_key.is_empty() || !encryption.kms_data_encryption.is_empty();
    let known = ["AES256", "KMS", "SM4"].contains(&encryption.algorithm.as_str());
    if !known || (kms_only && encryption.algorithm != "KMS") {
        return Err(OssError::new(
            400,
            "InvalidEncryptionAlgorithmError",
            "The encryption request you specified is not valid.",
        ));
    }
    bucket.encryption = Some(encryption);
    world.put(&bucket);
    Ok(reply(200, call.now, None))
}

/// DeleteBucketEncryption.
pub(super) fn delete_encryption(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    bucket.encryption = None;
    world.put(&bucket);
    Ok(reply(204, call.now, None))
}

/// GetBucketLifecycle: the document as it was put.
pub(super) fn get_lifecycle(call: &Call<'_>, world: &World) -> Answer {
    match call.bucket(world)?.lifecycle {
        Some(document) => Ok(reply(200, call.now, Some(document))),
        None => Err(OssError::new(
            404,
            "NoSuchLifecycle",
            "No Row found in Lifecycle Table.",
        )),
    }
}

/// PutBucketLifecycle: replaces all rules.
pub(super) fn put_lifecycle(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    let found = body(call, "LifecycleConfiguration")?;
    let count = |path: &str, text: bool| found.iter().filter(|(p, t)| p == path && t.is_some() == text).count();
    let rules = count("Rule", false);
    let status_ok = found
        .iter()
        .filter(|(p, _)| p == "Rule/Status")
        .filter_map(|(_, t)| t.as_deref())
        .all(|s| s == "Enabled" || s == "Disabled");
    if !(1..=MAX_RULES).contains(&rules) || count("Rule/Status", true) != rules || !status_ok {
        return Err(malformed());
    }
    bucket.lifecycle = Some(String::from_utf8_lossy(&call.request.body).into_owned());
    world.put(&bucket);
    Ok(reply(200, call.now, None))
}

/// DeleteBucketLifecycle.
pub(super) fn delete_lifecycle(call: &Call<'_>, world: &mut World) -> Answer {
    let mut bucket = call.bucket(world)?;
    bucket.lifecycle = None;
    world.put(&bucket);
    Ok(reply(204, call.now, None))
}
