//! Objects: put, list, head and delete, so that a bucket can be filled and emptied.

use super::bucket::max_keys;
use super::config::body;
use super::model::StoredObject;
use super::reply::{OssError, document, element, leaf, reply};
use super::{Answer, Call};
use crate::sim::times;
use crate::sim::world::World;
use crate::wire::sign::percent::encode;
use md5::{Digest, Md5};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Objects that one DeleteMultipleObjects may name (OSS reference).
const MAX_DELETE: usize = 1000;

/// PutObject.
pub(super) fn put(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let name = &call.target.key;
    if name.len() > 1023 || name.starts_with('/') || name.starts_with('\\') {
        return Err(OssError::new(
            400,
            "InvalidObjectName",
            "The specified object is not valid.",
        ));
    }
    let mut etag = String::new();
    for byte in Md5::digest(&call.request.body) {
        // Writing to a String cannot fail.
        let _ = write!(etag, "{byte:02X}");
    }
    world.put(&StoredObject {
        bucket: bucket.name,
        name: name.clone(),
        size: u64::try_from(call.request.body.len()).unwrap_or(u64::MAX),
        etag: etag.clone(),
        modified_ms: call.now.world_ms,
    });
    let mut response = reply(200, call.now, None);
    response.headers.push(("etag".to_string(), format!("\"{etag}\"")));
    Ok(response)
}

/// HeadObject.
pub(super) fn head(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let key = format!("{}/{}", bucket.name, call.target.key);
    let Some(object) = world.get::<StoredObject>(&key) else {
        return Err(OssError::new(404, "NoSuchKey", "The specified key does not exist."));
    };
    let mut response = reply(200, call.now, None);
    for (name, value) in [
        ("etag", format!("\"{}\"", object.etag)),
        ("last-modified", times::http_date(object.modified_ms)),
        ("x-oss-object-type", "Normal".to_string()),
        ("x-oss-storage-class", bucket.storage_class),
        ("content-length", object.size.to_string()),
    ] {
        response.headers.push((name.to_string(), value));
    }
    Ok(response)
}

/// DeleteObject; an object that does not exist is deleted already.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    world.remove::<StoredObject>(&format!("{}/{}", bucket.name, call.target.key));
    Ok(reply(204, call.now, None))
}

/// DeleteMultipleObjects.
pub(super) fn delete_many(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let found = body(call, "Delete")?;
    let quiet = leaf(&found, "Quiet") == Some("true");
    let names: Vec<String> = found
        .into_iter()
        .filter(|(p, _)| p == "Object/Key")
        .filter_map(|(_, t)| t)
        .collect();
    if names.is_empty() || names.len() > MAX_DELETE {
        return Err(super::bucket::malformed());
    }
    let url = call.request.query_param("encoding-type") == Some("url")
        || call.request.header("x-oss-encoding-type") == Some("url")
        || call.request.header("encoding-type") == Some("url");
    let mut deleted = String::new();
    if url {
        deleted += &element("EncodingType", "url");
    }
    for name in names {
        world.remove::<StoredObject>(&format!("{}/{name}", bucket.name));
        let shown = if url { encode(&name) } else { name };
        deleted += &format!("<Deleted>{}</Deleted>", element("Key", &shown));
    }
    let xml = (!quiet).then(|| document("DeleteResult", &deleted));
    Ok(reply(200, call.now, xml))
}

/// ListObjectsV2.
pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let param = |name: &str| call.request.query_param(name).unwrap_or_default();
    let (prefix, delimiter) = (param("prefix"), param("delimiter"));
    let token = param("continuation-token");
    let after = if token.is_empty() { param("start-after") } else { token };
    let url = param("encoding-type") == "url";
    let limit = max_keys(call)?;
    let shown = |text: &str| if url { encode(text) } else { text.to_string() };
    let mut groups = BTreeSet::new();
    let mut contents = String::new();
    let (mut count, mut truncated, mut last) = (0, false, String::new());
    for object in world.list::<StoredObject>(&format!("{}/{prefix}", bucket.name)) {
        let rest = object.name.strip_prefix(prefix).unwrap_or_default();
        let group = rest
            .split_once(delimiter)
            .filter(|_| !delimiter.is_empty())
            .map(|(head, _)| format!("{prefix}{head}{delimiter}"));
        // A group counts as one entry, and is passed over whole when the last page ended with it.
        let entry = group.clone().unwrap_or_else(|| object.name.clone());
        if entry.as_str() <= after || groups.contains(&entry) {
            continue;
        }
        if count == limit {
            truncated = true;
            break;
        }
        count += 1;
        last.clone_from(&entry);
        if group.is_some() {
            groups.insert(entry);
        } else {
            contents += &content(&object, &shown(&object.name), &bucket.storage_class);
        }
    }
    let mut inner = element("Name", &bucket.name)
        + &element("Prefix", &shown(prefix))
        + &element("MaxKeys", &limit.to_string())
        + &element("Delimiter", &shown(delimiter))
        + &element("StartAfter", &shown(param("start-after")))
        + &element("IsTruncated", if truncated { "true" } else { "false" })
        + &element("KeyCount", &count.to_string());
    if url {
        inner += &element("EncodingType", "url");
    }
    if truncated {
        inner += &element("NextContinuationToken", &last);
    }
    inner += &contents;
    for group in &groups {
        inner += &format!("<CommonPrefixes>{}</CommonPrefixes>", element("Prefix", &shown(group)));
    }
    Ok(reply(200, call.now, Some(document("ListBucketResult", &inner))))
}

fn content(object: &StoredObject, shown: &str, storage_class: &str) -> String {
    let inner = element("Key", shown)
        + &element("LastModified", &times::iso_zero_millis(object.modified_ms))
        + &element("ETag", &format!("\"{}\"", object.etag))
        + &element("Type", "Normal")
        + &element("Size", &object.size.to_string())
        + &element("StorageClass", storage_class);
    format!("<Contents>{inner}</Contents>")
}
