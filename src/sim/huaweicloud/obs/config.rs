//! A bucket's settings that have calls of their own: ACL, storage class, versioning, tagging, encryption, lifecycle,
//! quota, logging, CORS and policy. What makes it a website stands by itself.

use super::bucket::{ALL_USERS, EVERYONE, LOG_DELIVERY, LOG_GROUP, check_acl, storage_class};
use super::model::{Bucket, Encryption, Grant};
use super::reply::{ObsError, document, reply};
use super::{Answer, Call};
use crate::sim::world::World;
use crate::sim::xml::{Leaves, element, leaf, leaves};
use crate::wire::sign::md5_base64;
use serde_json::Value;

/// Tags on one bucket, and characters of their keys and values.
const MAX_TAGS: (usize, usize, usize) = (20, 36, 43);
/// Rules in one lifecycle.
const MAX_RULES: usize = 1000;
/// Rules for other origins on one bucket.
const MAX_CORS_RULES: usize = 100;

/// The error for a body that is not the document it should be.
pub(super) fn malformed() -> ObsError {
    ObsError::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema.",
    )
}

/// `true` or `false`.
pub(super) fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The body as a document with this root, checked against `Content-MD5` where that is sent or must be.
pub(super) fn body(call: &Call<'_>, root: &str, md5_needed: bool) -> Result<Leaves, ObsError> {
    match call.request.header("content-md5") {
        Some(md5) if md5 != md5_base64(&call.request.body) => {
            return Err(ObsError::new(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
        None if md5_needed => {
            return Err(ObsError::new(
                400,
                "InvalidRequest",
                "Missing required header for this request: Content-MD5",
            ));
        }
        _ => {}
    }
    leaves(&call.request.body, root).ok_or_else(malformed)
}

fn xml(call: &Call<'_>, root: &str, inner: &str) -> Answer {
    Ok(reply(200, call.dialect, call.now, Some(document(root, inner))))
}

/// Changes the bucket and answers with a status.
pub(super) fn change(
    call: &Call<'_>,
    world: &mut World,
    status: u16,
    act: impl FnOnce(&mut Bucket) -> Result<(), ObsError>,
) -> Answer {
    let mut bucket = call.bucket(world)?;
    act(&mut bucket)?;
    world.put(&bucket);
    Ok(reply(status, call.dialect, call.now, None))
}

/// What a parallel file system does not have.
pub(super) fn no_file_system(bucket: &Bucket) -> Result<(), ObsError> {
    match bucket.parallel_fs {
        true => Err(fs_not_support()),
        false => Ok(()),
    }
}

fn fs_not_support() -> ObsError {
    ObsError::new(
        405,
        "FsNotSupport",
        "The parallel file system does not support this operation.",
    )
}

/// PutBucketAcl: a canned list in a header, or permissions in a document.
pub(super) fn put_acl(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        if let Some(acl) = call.header("acl") {
            check_acl(acl)?;
            (bucket.acl, bucket.grants) = (acl.to_string(), Vec::new());
            return Ok(());
        }
        let mut grants: Vec<Grant> = Vec::new();
        for (path, text) in body(call, "AccessControlPolicy", false)? {
            let nothing = || Grant {
                grantee: String::new(),
                permission: String::new(),
                delivered: false,
            };
            let field = path.strip_prefix("AccessControlList/Grant").unwrap_or("-");
            match (field, text, grants.last_mut()) {
                ("", None, _) => grants.push(nothing()),
                ("/Grantee/URI", Some(text), Some(g)) if text == ALL_USERS => g.grantee = EVERYONE.to_string(),
                ("/Grantee/URI", Some(text), Some(g)) if text == LOG_DELIVERY => g.grantee = LOG_GROUP.to_string(),
                ("/Grantee/ID" | "/Grantee/Canned", Some(text), Some(g)) => g.grantee = text,
                ("/Permission", Some(text), Some(g)) => g.permission = text,
                ("/Delivered", Some(text), Some(g)) => g.delivered = text == "true",
                _ => {}
            }
        }
        let known = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
        if grants.len() > 100 || !grants.iter().all(|g| known.contains(&g.permission.as_str())) {
            return Err(ObsError::new(400, "MalformedACLError", "The ACL is malformed."));
        }
        grants.retain(|g| g.grantee != bucket.owner);
        (bucket.acl, bucket.grants) = ("private".to_string(), grants);
        Ok(())
    })
}

/// GetBucketStoragePolicy.
pub(super) fn get_storage_class(call: &Call<'_>, world: &World) -> Answer {
    let class = call.bucket(world)?.storage_class;
    xml(call, "StorageClass", &class)
}

/// PutBucketStoragePolicy.
pub(super) fn put_storage_class(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        let found = body(call, "StorageClass", false)?;
        bucket.storage_class = storage_class(leaf(&found, "").unwrap_or_default())?;
        Ok(())
    })
}

/// GetBucketVersioning.
pub(super) fn get_versioning(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let inner = bucket.versioning.map_or_else(String::new, |s| element("Status", &s));
    xml(call, "VersioningConfiguration", &inner)
}

/// PutBucketVersioning.
pub(super) fn put_versioning(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        no_file_system(bucket)?;
        let found = body(call, "VersioningConfiguration", false)?;
        let status = leaf(&found, "Status").unwrap_or_default();
        if status != "Enabled" && status != "Suspended" {
            return Err(malformed());
        }
        bucket.versioning = Some(status.to_string());
        Ok(())
    })
}

/// GetBucketTagging.
pub(super) fn get_tagging(call: &Call<'_>, world: &World) -> Answer {
    let tags = call.bucket(world)?.tags;
    if tags.is_empty() {
        return Err(ObsError::new(404, "NoSuchTagSet", "The TagSet does not exist."));
    }
    let tags: String = tags
        .iter()
        .map(|(k, v)| format!("<Tag>{}{}</Tag>", element("Key", k), element("Value", v)))
        .collect();
    xml(call, "Tagging", &format!("<TagSet>{tags}</TagSet>"))
}

/// PutBucketTagging: replaces all tags.
pub(super) fn put_tagging(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        let mut tags: Vec<(String, String)> = Vec::new();
        for (path, text) in body(call, "Tagging", true)? {
            match (path.as_str(), text) {
                ("TagSet/Tag", None) => tags.push((String::new(), String::new())),
                ("TagSet/Tag/Key", Some(text)) => tags.last_mut().ok_or_else(malformed)?.0 = text,
                ("TagSet/Tag/Value", Some(text)) => tags.last_mut().ok_or_else(malformed)?.1 = text,
                _ => {}
            }
        }
        let mut names: Vec<&str> = tags.iter().map(|(k, _)| k.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let (most, key, value) = MAX_TAGS;
        let valid = tags
            .iter()
            .all(|(k, v)| (1..=key).contains(&k.chars().count()) && v.chars().count() <= value);
        if tags.is_empty() || tags.len() > most || names.len() != tags.len() || !valid {
            return Err(ObsError::new(
                400,
                "InvalidTagError",
                "The tag you provided is not valid.",
            ));
        }
        bucket.tags = tags;
        Ok(())
    })
}

/// DeleteBucketTagging.
pub(super) fn delete_tagging(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        bucket.tags.clear();
        Ok(())
    })
}

/// GetBucketEncryption.
pub(super) fn get_encryption(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let Some(e) = bucket.encryption.clone() else {
        no_file_system(&bucket)?;
        return Err(ObsError::new(
            404,
            "NoSuchEncryptionConfiguration",
            "The encryption configuration does not exist.",
        ));
    };
    let mut rule = element("SSEAlgorithm", &e.algorithm);
    for (name, value) in [
        ("KMSMasterKeyID", &e.kms_key),
        ("KMSDataEncryption", &e.data),
        ("ProjectID", &e.project),
    ] {
        if !value.is_empty() {
            rule += &element(name, value);
        }
    }
    let own_key = match e.bucket_key {
        true => element("BucketKeyEnabled", "true"),
        false => String::new(),
    };
    let inner = format!(
        "<Rule><ApplyServerSideEncryptionByDefault>{rule}</ApplyServerSideEncryptionByDefault>{own_key}</Rule>"
    );
    xml(call, "ServerSideEncryptionConfiguration", &inner)
}

/// PutBucketEncryption.
pub(super) fn put_encryption(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        let found = body(call, "ServerSideEncryptionConfiguration", false)?;
        let text = |name: &str| {
            leaf(&found, &format!("Rule/ApplyServerSideEncryptionByDefault/{name}"))
                .unwrap_or_default()
                .to_string()
        };
        let encryption = Encryption {
            algorithm: text("SSEAlgorithm").trim_start_matches("aws:").to_string(),
            kms_key: text("KMSMasterKeyID"),
            project: text("ProjectID"),
            data: text("KMSDataEncryption"),
            bucket_key: leaf(&found, "Rule/BucketKeyEnabled") == Some("true"),
        };
        check_encryption(&encryption, bucket.parallel_fs)?;
        bucket.encryption = Some(encryption);
        Ok(())
    })
}

/// A default encryption that there is. A parallel file system takes only a key of its own with a key of the bucket.
pub(super) fn check_encryption(encryption: &Encryption, parallel_fs: bool) -> Result<(), ObsError> {
    let with_key = !encryption.kms_key.is_empty();
    let of_a_key = with_key || encryption.project.is_empty();
    let good = match encryption.algorithm.as_str() {
        "kms" => of_a_key && ["", "AES256", "SM4"].contains(&encryption.data.as_str()),
        "AES256" => !with_key && of_a_key && encryption.data.is_empty() && !encryption.bucket_key,
        _ => false,
    };
    match (good, parallel_fs) {
        (false, _) => Err(malformed()),
        (true, true) if encryption.algorithm != "kms" || !with_key || !encryption.bucket_key => Err(fs_not_support()),
        (true, _) => Ok(()),
    }
}

/// DeleteBucketEncryption.
pub(super) fn delete_encryption(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        bucket.encryption = None;
        Ok(())
    })
}

/// GetBucketLifecycle: the document as it was put.
pub(super) fn get_lifecycle(call: &Call<'_>, world: &World) -> Answer {
    match call.bucket(world)?.lifecycle {
        Some(document) => Ok(reply(200, call.dialect, call.now, Some(document))),
        None => Err(ObsError::new(
            404,
            "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist.",
        )),
    }
}

/// PutBucketLifecycle: replaces all rules.
pub(super) fn put_lifecycle(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        let found = body(call, "LifecycleConfiguration", true)?;
        let count = |path: &str, text: bool| found.iter().filter(|(p, t)| p == path && t.is_some() == text).count();
        let texts = |path: &'static str| {
            let of_path = found.iter().filter(move |(p, _)| p == path);
            of_path.filter_map(|(_, t)| t.as_deref())
        };
        let rules = count("Rule", false);
        let mut names: Vec<&str> = texts("Rule/ID").collect();
        let named = names.len();
        names.sort_unstable();
        names.dedup();
        let actions: usize = ACTIONS.iter().map(|a| count(&format!("Rule/{a}"), false)).sum();
        let valid = (1..=MAX_RULES).contains(&rules)
            && count("Rule/Status", true) == rules
            && texts("Rule/Status").all(|s| s == "Enabled" || s == "Disabled")
            && texts("Rule/Transition/StorageClass").all(|c| storage_class(c).is_ok())
            && texts("Rule/NoncurrentVersionTransition/StorageClass").all(|c| storage_class(c).is_ok())
            && names.len() == named
            && actions >= rules;
        if !valid {
            return Err(malformed());
        }
        bucket.lifecycle = Some(String::from_utf8_lossy(&call.request.body).into_owned());
        Ok(())
    })
}

/// What a lifecycle rule can do.
const ACTIONS: [&str; 5] = [
    "Expiration",
    "Transition",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
    "AbortIncompleteMultipartUpload",
];

/// DeleteBucketLifecycle.
pub(super) fn delete_lifecycle(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        bucket.lifecycle = None;
        Ok(())
    })
}

/// GetBucketQuota.
pub(super) fn get_quota(call: &Call<'_>, world: &World) -> Answer {
    let quota = call.bucket(world)?.quota;
    xml(call, "Quota", &element("StorageQuota", &quota.to_string()))
}

/// PutBucketQuota.
pub(super) fn put_quota(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        let found = body(call, "Quota", false)?;
        let bytes = leaf(&found, "StorageQuota").and_then(|t| t.parse::<i64>().ok());
        bucket.quota = bytes.and_then(|b| u64::try_from(b).ok()).ok_or_else(malformed)?;
        Ok(())
    })
}

/// GetBucketLogging: the document as it was put, an empty one where logs are off.
pub(super) fn get_logging(call: &Call<'_>, world: &World) -> Answer {
    match call.bucket(world)?.logging {
        Some(document) => Ok(reply(200, call.dialect, call.now, Some(document))),
        None => xml(call, "BucketLoggingStatus", ""),
    }
}

/// PutBucketLogging. The bucket that logs go to must be the sender's own, in the same region.
pub(super) fn put_logging(call: &Call<'_>, world: &mut World) -> Answer {
    let found = body(call, "BucketLoggingStatus", false)?;
    let target = leaf(&found, "LoggingEnabled/TargetBucket").map(str::to_string);
    let of = target.as_deref().map(|name| world.get::<Bucket>(name));
    change(call, world, 200, |bucket| {
        let fits = |to: &Bucket| to.owner == bucket.owner && to.region == bucket.region;
        if of.is_some_and(|to| !to.as_ref().is_some_and(fits)) {
            return Err(ObsError::new(
                400,
                "InvalidTargetBucketForLogging",
                "The target bucket for logging does not exist, is not owned by you, or lies in another region.",
            ));
        }
        bucket.logging = target.map(|_| String::from_utf8_lossy(&call.request.body).into_owned());
        Ok(())
    })
}

/// GetBucketCORS: the document as it was put.
pub(super) fn get_cors(call: &Call<'_>, world: &World) -> Answer {
    match call.bucket(world)?.cors {
        Some(document) => Ok(reply(200, call.dialect, call.now, Some(document))),
        None => Err(ObsError::new(
            404,
            "NoSuchCORSConfiguration",
            "The CORS configuration does not exist.",
        )),
    }
}

/// PutBucketCORS: replaces all rules.
pub(super) fn put_cors(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 200, |bucket| {
        let found = body(call, "CORSConfiguration", true)?;
        let count = |path: &str| found.iter().filter(|(p, t)| p == path && t.is_none()).count();
        let rules = count("CORSRule");
        let methods = found.iter().filter(|(p, _)| p == "CORSRule/AllowedMethod");
        let known = ["GET", "PUT", "POST", "DELETE", "HEAD"];
        let valid = (1..=MAX_CORS_RULES).contains(&rules)
            && count("CORSRule/AllowedOrigin") >= rules
            && count("CORSRule/AllowedMethod") >= rules
            && methods.filter_map(|(_, t)| t.as_deref()).all(|m| known.contains(&m));
        if !valid {
            return Err(malformed());
        }
        bucket.cors = Some(String::from_utf8_lossy(&call.request.body).into_owned());
        Ok(())
    })
}

/// DeleteBucketCORS.
pub(super) fn delete_cors(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        bucket.cors = None;
        Ok(())
    })
}

/// GetBucketPolicy: the text as it was put.
pub(super) fn get_policy(call: &Call<'_>, world: &World) -> Answer {
    let Some(policy) = call.bucket(world)?.policy else {
        return Err(ObsError::new(
            404,
            "NoSuchBucketPolicy",
            "The specified bucket does not have a bucket policy.",
        ));
    };
    let mut response = reply(200, call.dialect, call.now, Some(policy));
    response.headers.retain(|(name, _)| name != "content-type");
    let json = "application/json".to_string();
    response.headers.push(("content-type".to_string(), json));
    Ok(response)
}

/// PutBucketPolicy.
pub(super) fn put_policy(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        let parsed: Option<Value> = serde_json::from_slice(&call.request.body).ok();
        if !parsed.is_some_and(|p| p["Statement"].is_array()) {
            return Err(ObsError::new(400, "MalformedPolicy", "Policies must be valid JSON."));
        }
        bucket.policy = Some(String::from_utf8_lossy(&call.request.body).into_owned());
        Ok(())
    })
}

/// DeleteBucketPolicy.
pub(super) fn delete_policy(call: &Call<'_>, world: &mut World) -> Answer {
    change(call, world, 204, |bucket| {
        bucket.policy = None;
        Ok(())
    })
}
