//! Creating and deleting a bucket, and what describes it as a whole.

use super::config::{bool_text, check_encryption, malformed};
use super::model::{Bucket, Encryption, Grant, StoredObject, Upload};
use super::reply::{ObsError, document, reply};
use super::{Answer, Call};
use crate::sim::huaweicloud::DEMO_REGION;
use crate::sim::times;
use crate::sim::world::World;
use crate::sim::xml::{element, leaf, leaves};
use crate::wire::sign::obs::Dialect;

/// Canned access control lists.
const ACLS: [&str; 7] = [
    "private",
    "public-read",
    "public-read-write",
    "public-read-delivered",
    "public-read-write-delivered",
    "bucket-owner-full-control",
    "log-delivery-write",
];
/// Storage classes, and what the S3 dialect calls them.
const STORAGE_CLASSES: [(&str, &str); 3] = [("STANDARD", "STANDARD"), ("WARM", "STANDARD_IA"), ("COLD", "GLACIER")];
/// Headers that grant a permission to an account at creation.
const GRANTS: [(&str, &str, bool); 7] = [
    ("grant-read", "READ", false),
    ("grant-write", "WRITE", false),
    ("grant-read-acp", "READ_ACP", false),
    ("grant-write-acp", "WRITE_ACP", false),
    ("grant-full-control", "FULL_CONTROL", false),
    ("grant-read-delivered", "READ", true),
    ("grant-full-control-delivered", "FULL_CONTROL", true),
];
/// Buckets of one account.
const MAX_BUCKETS: usize = 100;

/// A canned access control list that exists.
pub(super) fn check_acl(acl: &str) -> Result<(), ObsError> {
    if ACLS.contains(&acl) {
        return Ok(());
    }
    Err(ObsError::new(400, "InvalidArgument", "Invalid canned ACL."))
}

/// The storage class of a name in either dialect.
pub(super) fn storage_class(name: &str) -> Result<String, ObsError> {
    let known = STORAGE_CLASSES.iter().find(|(obs, s3)| *obs == name || *s3 == name);
    known
        .map(|(obs, _)| (*obs).to_string())
        .ok_or_else(|| ObsError::new(400, "InvalidStorageClass", "Invalid storage class."))
}

/// The name of a storage class in a dialect.
fn class_in(dialect: Dialect, class: &str) -> &str {
    match dialect {
        Dialect::Obs => class,
        Dialect::Aws => STORAGE_CLASSES
            .iter()
            .find(|(obs, _)| *obs == class)
            .map_or(class, |(_, s3)| s3),
    }
}

/// 3 to 63 of lower-case letters, digits, `-` and `.`, a letter or digit at both ends, no `.` next to `.` or `-`, and
/// no IP address.
fn valid_name(name: &str) -> bool {
    let b = name.as_bytes();
    let plain = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let neighbours = |pair: &[u8]| matches!(pair, [b'.', b'.' | b'-'] | [b'-', b'.']);
    (3..=63).contains(&b.len())
        && b.iter().all(|c| plain(c) || *c == b'-' || *c == b'.')
        && b.first().is_some_and(plain)
        && b.last().is_some_and(plain)
        && !b.windows(2).any(neighbours)
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

/// The region in the body of a creation, in either dialect.
fn location(call: &Call<'_>) -> Result<Option<String>, ObsError> {
    if call.request.body.is_empty() {
        return Ok(None);
    }
    let found = leaves(&call.request.body, "CreateBucketConfiguration").ok_or_else(malformed)?;
    let text = leaf(&found, "Location").or_else(|| leaf(&found, "LocationConstraint"));
    Ok(text.filter(|t| !t.is_empty()).map(str::to_string))
}

/// CreateBucket. For the owner, in the same region, a second one changes nothing.
pub(super) fn create(call: &Call<'_>, world: &mut World) -> Answer {
    let name = call.target.bucket.clone().unwrap_or_default();
    if !valid_name(&name) {
        return Err(ObsError::new(
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
        ));
    }
    let wanted = location(call)?;
    if let (Some(wanted), Some(here)) = (&wanted, call.region())
        && wanted != here
    {
        return Err(ObsError::new(
            400,
            "IllegalLocationConstraintException",
            format!(
                "The {wanted} location constraint is incompatible for the region specific endpoint this request was sent to."
            ),
        ));
    }
    let region = wanted
        .or_else(|| call.region().map(str::to_string))
        .unwrap_or_else(|| DEMO_REGION.to_string());
    let bucket = new_bucket(call, name, region)?;
    match world.get::<Bucket>(&bucket.name) {
        Some(other) if other.owner != bucket.owner => {
            return Err(ObsError::new(
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
            ));
        }
        Some(own) if own.region != bucket.region => {
            return Err(ObsError::new(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            ));
        }
        Some(_) => {}
        None => {
            let own = |b: &&Bucket| b.owner == bucket.owner;
            if world.list::<Bucket>("").iter().filter(own).count() >= MAX_BUCKETS {
                return Err(ObsError::new(
                    400,
                    "TooManyBuckets",
                    "You have attempted to create more buckets than allowed.",
                ));
            }
            world.put(&bucket);
        }
    }
    let mut response = reply(200, call.dialect, call.now, None);
    let location = format!("/{}", bucket.name);
    response.headers.push(("location".to_string(), location));
    Ok(response)
}

fn new_bucket(call: &Call<'_>, name: String, region: String) -> Result<Bucket, ObsError> {
    let acl = call.header("acl").unwrap_or("private");
    check_acl(acl)?;
    let class = match call.dialect {
        Dialect::Obs => call.header("storage-class"),
        Dialect::Aws => call.request.header("x-default-storage-class"),
    };
    let mut grants = Vec::new();
    for (header, permission, delivered) in GRANTS {
        for one in call.header(header).unwrap_or_default().split(',') {
            let grantee = one.trim().strip_prefix("id=").unwrap_or_default();
            if !grantee.is_empty() {
                grants.push(Grant {
                    grantee: grantee.to_string(),
                    permission: permission.to_string(),
                    delivered,
                });
            }
        }
    }
    let parallel_fs = call.header("fs-file-interface") == Some("Enabled");
    Ok(Bucket {
        name,
        owner: call.caller.domain.clone(),
        region,
        created_ms: call.now.world_ms,
        acl: acl.to_string(),
        storage_class: storage_class(class.unwrap_or("STANDARD"))?,
        grants,
        parallel_fs,
        multi_az: call.header("az-redundancy") == Some("3az"),
        enterprise_project_id: call.header("epid").unwrap_or("0").to_string(),
        versioning: None,
        tags: Vec::new(),
        encryption: encryption(call, parallel_fs)?,
        lifecycle: None,
        quota: 0,
        logging: None,
        cors: None,
        policy: None,
        website: None,
        domains: Vec::new(),
        site: call
            .header("ies-location")
            .or_else(|| call.header("edge-location"))
            .map(str::to_string),
    })
}

/// The default encryption that the headers of a creation ask for.
fn encryption(call: &Call<'_>, parallel_fs: bool) -> Result<Option<Encryption>, ObsError> {
    let text = |name: &str| call.header(name).unwrap_or_default().to_string();
    let asked = text("server-side-encryption");
    if asked.is_empty() {
        return Ok(None);
    }
    let encryption = Encryption {
        // A creation calls the service's own keys otherwise than the call for the setting.
        algorithm: if asked == "obs" { "AES256".to_string() } else { asked },
        kms_key: text("server-side-encryption-kms-key-id"),
        project: text("sse-kms-key-project-id"),
        data: text("server-side-data-encryption").replace("AES256", ""),
        bucket_key: call.header("server-side-encryption-bucket-key-enabled") == Some("true"),
    };
    check_encryption(&encryption, parallel_fs)?;
    Ok(Some(encryption))
}

/// DeleteBucket.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let prefix = format!("{}/", bucket.name);
    if world.any::<StoredObject>(&prefix) || world.any::<Upload>(&prefix) {
        return Err(ObsError::new(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty.",
        ));
    }
    world.remove::<Bucket>(&bucket.name);
    Ok(reply(204, call.dialect, call.now, None))
}

/// HeadBucket.
pub(super) fn head(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let mut response = reply(200, call.dialect, call.now, None);
    let class = class_in(call.dialect, &bucket.storage_class).to_string();
    let headers = match call.dialect {
        Dialect::Obs => vec![
            ("x-obs-bucket-location", bucket.region),
            ("x-obs-storage-class", class),
            ("x-obs-version", "3.0".to_string()),
            ("x-obs-epid", bucket.enterprise_project_id),
        ],
        Dialect::Aws => vec![
            ("x-amz-bucket-region", bucket.region),
            ("x-default-storage-class", class),
            ("x-amz-epid", bucket.enterprise_project_id),
        ],
    };
    let headers = headers.into_iter().map(|(name, value)| (name.to_string(), value));
    response.headers.extend(headers);
    let prefix = call.dialect.prefix();
    for (is_there, name, value) in [
        (bucket.parallel_fs, "fs-file-interface", "Enabled"),
        (bucket.multi_az, "az-redundancy", "3az"),
    ] {
        if is_there {
            response.headers.push((format!("{prefix}{name}"), value.to_string()));
        }
    }
    Ok(response)
}

/// The question, sent without a signature, which dialect is spoken here.
pub(super) fn api_version(call_bucket: Option<&str>, world: &World) -> Result<(String, String), ObsError> {
    match call_bucket {
        Some(name) if !world.has::<Bucket>(name) => Err(super::no_bucket()),
        _ => Ok(("x-obs-api".to_string(), "3.0".to_string())),
    }
}

/// GetBucketLocation.
pub(super) fn get_location(call: &Call<'_>, world: &World) -> Answer {
    let region = call.bucket(world)?.region;
    let xml = match call.dialect {
        Dialect::Obs => document("Location", &quick_xml::escape::escape(region.as_str())),
        // Beneath a root of its own, where the SDK looks for it in the S3 dialect.
        Dialect::Aws => document("CreateBucketConfiguration", &element("LocationConstraint", &region)),
    };
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// GetBucketStorageInfo.
pub(super) fn storage_info(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let objects = world.list::<StoredObject>(&format!("{}/", bucket.name));
    let bytes = objects.iter().map(|o| o.size).fold(0, u64::saturating_add);
    let inner = element("Size", &bytes.to_string()) + &element("ObjectNumber", &objects.len().to_string());
    let xml = document("GetBucketStorageInfoResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// ListBuckets: own buckets of all regions, with regions where asked for.
pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
    let with_location = call.header("location") == Some("true");
    let own = world
        .list::<Bucket>("")
        .into_iter()
        .filter(|b| b.owner == call.caller.domain);
    let listed: String = own
        .map(|b| {
            let mut inner = element("Name", &b.name) + &element("CreationDate", &times::iso_millis(b.created_ms));
            if with_location {
                inner += &element("Location", &b.region);
            }
            inner += &element("BucketType", if b.parallel_fs { "POSIX" } else { "OBJECT" });
            format!("<Bucket>{inner}</Bucket>")
        })
        .collect();
    let owner = format!("<Owner>{}</Owner>", element("ID", &call.caller.domain));
    let xml = document("ListAllMyBucketsResult", &format!("{owner}<Buckets>{listed}</Buckets>"));
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// GetBucketAcl: the owner's full control, what the canned list gives to everybody, and permissions of others.
pub(super) fn get_acl(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let delivered = bucket.acl.ends_with("-delivered");
    let everybody = match bucket.acl.trim_end_matches("-delivered") {
        "public-read" => &["READ"][..],
        "public-read-write" => &["READ", "WRITE"],
        _ => &[],
    };
    let mut grants = vec![grant(call.dialect, &bucket.owner, "FULL_CONTROL", None)];
    if bucket.acl == "log-delivery-write" {
        grants.extend(["WRITE", "READ_ACP"].map(|p| grant(call.dialect, LOG_GROUP, p, Some(false))));
    }
    grants.extend(
        everybody
            .iter()
            .map(|p| grant(call.dialect, EVERYONE, p, Some(delivered))),
    );
    grants.extend(
        bucket
            .grants
            .iter()
            .map(|g| grant(call.dialect, &g.grantee, &g.permission, Some(g.delivered))),
    );
    // OBS's own dialect has no word for this group.
    let hidden = |g: &String| call.dialect == Dialect::Obs && g.contains(LOG_GROUP);
    grants.retain(|g| !hidden(g));
    let inner = format!(
        "<Owner>{}</Owner><AccessControlList>{}</AccessControlList>",
        element("ID", &bucket.owner),
        grants.concat()
    );
    let xml = document("AccessControlPolicy", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// The grantee that is everybody.
pub(super) const EVERYONE: &str = "Everyone";
/// The same in the S3 dialect.
pub(super) const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
/// The grantee that writes access logs.
pub(super) const LOG_GROUP: &str = "LogDelivery";
/// The same in the S3 dialect.
pub(super) const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

fn grant(dialect: Dialect, grantee: &str, permission: &str, delivered: Option<bool>) -> String {
    const XSI: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type";
    let group = grantee == EVERYONE || grantee == LOG_GROUP;
    let who = match (group, dialect) {
        (true, Dialect::Obs) => element("Canned", grantee),
        (true, Dialect::Aws) if grantee == LOG_GROUP => element("URI", LOG_DELIVERY),
        (true, Dialect::Aws) => element("URI", ALL_USERS),
        (false, _) => element("ID", grantee),
    };
    let of_type = match (group, dialect) {
        (_, Dialect::Obs) => String::new(),
        (true, Dialect::Aws) => format!(" {XSI}=\"Group\""),
        (false, Dialect::Aws) => format!(" {XSI}=\"CanonicalUser\""),
    };
    let delivered = delivered
        .filter(|_| dialect == Dialect::Obs)
        .map_or_else(String::new, |d| element("Delivered", bool_text(d)));
    let permission = element("Permission", permission);
    format!("<Grant><Grantee{of_type}>{who}</Grantee>{permission}{delivered}</Grant>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names() {
        for (name, ok) in [
            ("abc", true),
            ("a-1.b", true),
            ("ab", false),
            ("Abc", false),
            ("-abc", false),
            ("abc-", false),
            ("abc.", false),
            ("a_b", false),
            ("a..b", false),
            ("a.-b", false),
            ("a-.b", false),
            ("192.168.0.1", false),
            ("192.168.0.a", true),
        ] {
            assert_eq!(valid_name(name), ok, "{name}");
        }
        assert!(valid_name(&"a".repeat(63)) && !valid_name(&"a".repeat(64)));
    }
}
