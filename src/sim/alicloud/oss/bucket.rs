//! PutBucket, DeleteBucket, ListBuckets and what describes a bucket as a whole.

use super::model::{Bucket, Encryption, StoredObject};
use super::reply::{OssError, document, element, leaf, leaves, reply};
use super::{Answer, Call};
use crate::sim::times;
use crate::sim::world::World;

const ACLS: [&str; 3] = ["private", "public-read", "public-read-write"];
const STORAGE_CLASSES: [&str; 5] = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"];
/// Buckets of one account in one region (OSS limits).
const MAX_BUCKETS: usize = 100;

/// An ACL that exists.
pub(super) fn check_acl(acl: &str) -> Result<(), OssError> {
    if ACLS.contains(&acl) {
        return Ok(());
    }
    Err(OssError::new(
        400,
        "InvalidArgument",
        "no such bucket access control exists",
    ))
}

/// 3 to 63 characters, lower-case letters, digits and `-`, a letter or digit at both ends.
fn valid_name(name: &str) -> bool {
    let b = name.as_bytes();
    let plain = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&b.len())
        && b.iter().all(|c| plain(c) || *c == b'-')
        && b.first().is_some_and(plain)
        && b.last().is_some_and(plain)
}

/// Settings in a PutBucket request; `None` where it is silent.
struct Wanted {
    acl: Option<String>,
    storage_class: Option<String>,
    redundancy: Option<String>,
}

fn wanted(call: &Call<'_>) -> Result<Wanted, OssError> {
    let acl = call.request.header("x-oss-acl").map(str::to_string);
    if let Some(acl) = &acl {
        check_acl(acl)?;
    }
    let (mut storage_class, mut redundancy) = (None, None);
    if !call.request.body.is_empty() {
        let found = leaves(&call.request.body, "CreateBucketConfiguration").ok_or_else(malformed)?;
        let text = |path| leaf(&found, path).map(str::to_string).filter(|t| !t.is_empty());
        storage_class = text("StorageClass");
        redundancy = text("DataRedundancyType");
    }
    let bad_class = storage_class
        .as_ref()
        .is_some_and(|c| !STORAGE_CLASSES.contains(&c.as_str()));
    let bad_redundancy = redundancy.as_ref().is_some_and(|r| r != "LRS" && r != "ZRS");
    if bad_class || bad_redundancy {
        return Err(OssError::new(
            400,
            "InvalidArgument",
            "The storage class or data redundancy type is invalid.",
        ));
    }
    Ok(Wanted {
        acl,
        storage_class,
        redundancy,
    })
}

/// The error for a body that is not the document it should be.
pub(super) fn malformed() -> OssError {
    OssError::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema.",
    )
}

/// PutBucket. On an own bucket it may set the ACL anew; anything else that differs is refused.
pub(super) fn put(call: &Call<'_>, world: &mut World) -> Answer {
    let name = call.target.bucket.clone().unwrap_or_default();
    if !valid_name(&name) {
        return Err(OssError::new(
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
        ));
    }
    let wanted = wanted(call)?;
    let region = call.region().unwrap_or(&world.settings.region).to_string();
    if let Some(mut bucket) = world.get::<Bucket>(&name) {
        let same = bucket.account == call.caller.key.account
            && bucket.region == region
            && wanted.storage_class.is_none_or(|c| c == bucket.storage_class)
            && wanted.redundancy.is_none_or(|r| r == bucket.redundancy);
        if !same {
            return Err(OssError::new(
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
            ));
        }
        if let Some(acl) = wanted.acl
            && acl != bucket.acl
        {
            bucket.acl = acl;
            world.put(&bucket);
        }
        return Ok(reply(200, call.now, None));
    }
    let account = &call.caller.key.account;
    let own = world
        .list::<Bucket>("")
        .iter()
        .filter(|b| b.account == *account && b.region == region)
        .count();
    if own >= MAX_BUCKETS {
        return Err(OssError::new(
            400,
            "TooManyBuckets",
            "You have attempted to create more buckets than allowed.",
        ));
    }
    let bucket = new_bucket(call, name, region, wanted);
    let location = format!("/{}", bucket.name);
    world.put(&bucket);
    let mut response = reply(200, call.now, None);
    response.headers.push(("location".to_string(), location));
    Ok(response)
}

fn new_bucket(call: &Call<'_>, name: String, region: String, wanted: Wanted) -> Bucket {
    let header = |n: &str| call.request.header(n).unwrap_or_default().to_string();
    let algorithm = header("x-oss-server-side-encryption");
    let encryption = (!algorithm.is_empty()).then(|| Encryption {
        algorithm,
        kms_key: header("x-oss-server-side-encryption-key-id"),
        kms_data_encryption: header("x-oss-server-side-data-encryption"),
    });
    let tags = url::form_urlencoded::parse(header("x-oss-bucket-tagging").as_bytes())
        .into_owned()
        .collect();
    let group = header("x-oss-resource-group-id");
    Bucket {
        name,
        account: call.caller.key.account.clone(),
        region,
        created_ms: call.now.world_ms,
        acl: wanted.acl.unwrap_or_else(|| "private".to_string()),
        storage_class: wanted.storage_class.unwrap_or_else(|| "Standard".to_string()),
        redundancy: wanted.redundancy.unwrap_or_else(|| "LRS".to_string()),
        resource_group_id: if group.is_empty() {
            "rg-sim0000000000".to_string()
        } else {
            group
        },
        versioning: None,
        tags,
        encryption,
        lifecycle: None,
    }
}

/// DeleteBucket.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    if world.any::<StoredObject>(&format!("{}/", bucket.name)) {
        return Err(OssError::new(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty.",
        ));
    }
    world.remove::<Bucket>(&bucket.name);
    Ok(reply(204, call.now, None))
}

/// `Owner` element.
pub(super) fn owner(account: &str) -> String {
    format!(
        "<Owner>{}{}</Owner>",
        element("ID", account),
        element("DisplayName", account)
    )
}

fn places(bucket: &Bucket) -> String {
    let region = &bucket.region;
    element("Location", &format!("oss-{region}"))
        + &element("ExtranetEndpoint", &format!("oss-{region}.aliyuncs.com"))
        + &element("IntranetEndpoint", &format!("oss-{region}-internal.aliyuncs.com"))
        + &element("CreationDate", &times::iso_zero_millis(bucket.created_ms))
        + &element("StorageClass", &bucket.storage_class)
        + &element("ResourceGroupId", &bucket.resource_group_id)
}

/// GetBucketInfo.
pub(super) fn info(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let mut inner = element("Name", &bucket.name)
        + &places(&bucket)
        + &element("DataRedundancyType", &bucket.redundancy)
        + &owner(&bucket.account)
        + &format!(
            "<AccessControlList>{}</AccessControlList>",
            element("Grant", &bucket.acl)
        );
    if let Some(status) = &bucket.versioning {
        inner += &element("Versioning", status);
    }
    let encryption = match &bucket.encryption {
        None => element("SSEAlgorithm", "None"),
        Some(e) => {
            let mut rule = element("SSEAlgorithm", &e.algorithm);
            if !e.kms_key.is_empty() {
                rule += &element("KMSMasterKeyID", &e.kms_key);
            }
            if !e.kms_data_encryption.is_empty() {
                rule += &element("KMSDataEncryption", &e.kms_data_encryption);
            }
            rule
        }
    };
    inner += &format!("<ServerSideEncryptionRule>{encryption}</ServerSideEncryptionRule>");
    for (name, value) in [
        ("TransferAcceleration", "Disabled"),
        ("CrossRegionReplication", "Disabled"),
        ("AccessMonitor", "Disabled"),
        ("BlockPublicAccess", "false"),
        ("Comment", ""),
    ] {
        inner += &element(name, value);
    }
    inner += "<BucketPolicy><LogBucket></LogBucket><LogPrefix></LogPrefix></BucketPolicy>";
    let xml = document("BucketInfo", &format!("<Bucket>{inner}</Bucket>"));
    Ok(reply(200, call.now, Some(xml)))
}

/// GetBucketLocation.
pub(super) fn location(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let xml = document("LocationConstraint", &format!("oss-{}", bucket.region));
    Ok(reply(200, call.now, Some(xml)))
}

/// GetBucketStat.
pub(super) fn stat(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let objects = world.list::<StoredObject>(&format!("{}/", bucket.name));
    let bytes: u64 = objects.iter().map(|o| o.size).fold(0, u64::saturating_add);
    let inner = element("Storage", &bytes.to_string())
        + &element("ObjectCount", &objects.len().to_string())
        + &element("MultipartUploadCount", "0")
        + &element("LiveChannelCount", "0")
        + &element("LastModifiedTime", &call.now.world_ms.div_euclid(1000).to_string());
    Ok(reply(200, call.now, Some(document("BucketStat", &inner))))
}

/// ListBuckets: own buckets of all regions.
pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
    let param = |name: &str| call.request.query_param(name).unwrap_or_default();
    let prefix = param("prefix");
    let marker = param("marker");
    let limit = max_keys(call)?;
    let account = &call.caller.key.account;
    let mut buckets: Vec<Bucket> = world
        .list::<Bucket>(prefix)
        .into_iter()
        .filter(|b| b.account == *account && b.name.as_str() > marker)
        .take(limit + 1)
        .collect();
    let truncated = buckets.len() > limit;
    buckets.truncate(limit);
    let listed: String = buckets
        .iter()
        .map(|b| {
            let inner = element("Name", &b.name) + &places(b) + &element("Region", &b.region);
            format!("<Bucket>{inner}</Bucket>")
        })
        .collect();
    let next = buckets.last().filter(|_| truncated).map(|b| b.name.as_str());
    let inner = element("Prefix", prefix)
        + &element("Marker", marker)
        + &element("MaxKeys", &limit.to_string())
        + &element("IsTruncated", if truncated { "true" } else { "false" })
        + &element("NextMarker", next.unwrap_or_default())
        + &owner(account)
        + &format!("<Buckets>{listed}</Buckets>");
    let xml = document("ListAllMyBucketsResult", &inner);
    Ok(reply(200, call.now, Some(xml)))
}

/// `max-keys`, 1 to 1000, 100 when not given.
pub(super) fn max_keys(call: &Call<'_>) -> Result<usize, OssError> {
    match call.request.query_param("max-keys").filter(|t| !t.is_empty()) {
        None => Ok(100),
        Some(text) => text.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(|| {
            OssError::new(
                400,
                "InvalidArgument",
                "Argument maxKeys must be an integer between 1 and 1000.",
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names() {
        for (name, ok) in [
            ("abc", true),
            ("a-1", true),
            ("ab", false),
            ("Abc", false),
            ("-abc", false),
            ("abc-", false),
            ("a_b", false),
            ("a.b", false),
        ] {
            assert_eq!(valid_name(name), ok, "{name}");
        }
        assert!(valid_name(&"a".repeat(63)) && !valid_name(&"a".repeat(64)));
    }
}
