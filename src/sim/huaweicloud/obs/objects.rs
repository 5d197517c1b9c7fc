//! Objects with their versions, and uploads in parts: put, list and delete, so that a bucket can be filled and emptied.
//! Contents are not kept.

use super::config::{body, malformed};
use super::model::{Bucket, StoredObject, Upload, version_key};
use super::reply::{ObsError, document, reply};
use super::{Answer, Call};
use crate::sim::times;
use crate::sim::world::World;
use crate::sim::xml::{element, leaf};
use crate::wire::sign::percent::encode;
use md5::{Digest, Md5};
use std::fmt::Write;

/// Objects in a page or a batch deletion.
const MAX_KEYS: usize = 1000;

fn versions(world: &World, bucket: &str, prefix: &str) -> Vec<StoredObject> {
    let mut found = world.list::<StoredObject>(&format!("{bucket}/{prefix}"));
    // By name, the newest first.
    found.sort_by(|a, b| (&a.name, b.modified_ms, b.sequence).cmp(&(&b.name, a.modified_ms, a.sequence)));
    found
}

/// The version of a new write: an id of its own in a bucket that keeps versions.
fn new_version(call: &Call<'_>, bucket: &Bucket) -> String {
    match bucket.versioning.as_deref() {
        Some("Enabled") => format!("{:016X}{:016X}", call.now.world_ms, call.now.request),
        _ => "null".to_string(),
    }
}

/// PutObject.
pub(super) fn put(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let name = &call.target.key;
    if name.len() > 1024 {
        return Err(ObsError::new(400, "KeyTooLongError", "Your key is too long."));
    }
    let held = world.list::<StoredObject>(&format!("{}/", bucket.name));
    let size = u64::try_from(call.request.body.len()).unwrap_or(u64::MAX);
    let sum = held.iter().map(|o| o.size).fold(size, u64::saturating_add);
    if bucket.quota > 0 && sum > bucket.quota {
        return Err(ObsError::new(
            403,
            "InsufficientStorageSpace",
            "Insufficient storage space.",
        ));
    }
    let mut etag = String::new();
    for byte in Md5::digest(&call.request.body) {
        // Writing to a String cannot fail.
        let _ = write!(etag, "{byte:02x}");
    }
    let version = new_version(call, &bucket);
    let mut response = reply(200, call.dialect, call.now, None);
    response.headers.push(("etag".to_string(), format!("\"{etag}\"")));
    if version != "null" {
        let header = format!("{}version-id", call.dialect.prefix());
        response.headers.push((header, version.clone()));
    }
    world.put(&StoredObject {
        bucket: bucket.name,
        name: name.clone(),
        version,
        sequence: call.now.request,
        delete_marker: false,
        size,
        etag,
        modified_ms: call.now.world_ms,
    });
    Ok(response)
}

/// Deletes one version, or in a bucket that keeps versions says that the object is deleted.
fn remove(call: &Call<'_>, world: &mut World, bucket: &Bucket, name: &str, version: Option<&str>) {
    if let Some(version) = version {
        world.remove::<StoredObject>(&version_key(&bucket.name, name, version));
        return;
    }
    if bucket.versioning.is_none() {
        world.remove::<StoredObject>(&version_key(&bucket.name, name, "null"));
        return;
    }
    world.put(&StoredObject {
        bucket: bucket.name.clone(),
        name: name.to_string(),
        version: new_version(call, bucket),
        sequence: call.now.request,
        delete_marker: true,
        size: 0,
        etag: String::new(),
        modified_ms: call.now.world_ms,
    });
}

/// DeleteObject; an object that does not exist is deleted already.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let version = call.request.query_param("versionId");
    remove(call, world, &bucket, &call.target.key, version);
    Ok(reply(204, call.dialect, call.now, None))
}

/// DeleteObjects.
pub(super) fn delete_many(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let found = body(call, "Delete", true)?;
    let quiet = leaf(&found, "Quiet") == Some("true");
    let url = leaf(&found, "EncodingType") == Some("url");
    let mut wanted: Vec<(String, Option<String>)> = Vec::new();
    for (path, text) in found {
        match (path.as_str(), text) {
            ("Object", None) => wanted.push((String::new(), None)),
            ("Object/Key", Some(text)) => wanted.last_mut().ok_or_else(malformed)?.0 = text,
            ("Object/VersionId", Some(text)) => wanted.last_mut().ok_or_else(malformed)?.1 = Some(text),
            _ => {}
        }
    }
    if wanted.is_empty() || wanted.len() > MAX_KEYS || wanted.iter().any(|(key, _)| key.is_empty()) {
        return Err(malformed());
    }
    let mut deleted = String::new();
    for (key, version) in wanted {
        let name = match url {
            true => percent_encoding::percent_decode_str(&key)
                .decode_utf8_lossy()
                .into_owned(),
            false => key.clone(),
        };
        remove(call, world, &bucket, &name, version.as_deref());
        let version = version.map_or_else(String::new, |v| element("VersionId", &v));
        deleted += &format!("<Deleted>{}{version}</Deleted>", element("Key", &key));
    }
    let inner = if quiet { String::new() } else { deleted };
    let xml = document("DeleteResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// What a list is asked for.
struct Page<'a> {
    prefix: &'a str,
    /// What comes after this name.
    after: &'a str,
    limit: usize,
    url: bool,
}

impl<'a> Page<'a> {
    fn of(call: &'a Call<'_>, marker: &str) -> Result<Page<'a>, ObsError> {
        let param = |name: &str| call.request.query_param(name).unwrap_or_default();
        let limit = match param("max-keys") {
            "" => MAX_KEYS,
            text => text
                .parse()
                .map_err(|_| ObsError::new(400, "InvalidArgument", "Argument max-keys must be an integer."))?,
        };
        Ok(Page {
            prefix: param("prefix"),
            after: param(marker),
            limit: limit.clamp(1, MAX_KEYS),
            url: param("encoding-type") == "url",
        })
    }

    fn shown(&self, name: &str) -> String {
        if self.url { encode(name) } else { name.to_string() }
    }

    fn head(&self, bucket: &str, truncated: bool) -> String {
        let mut head = element("Name", bucket)
            + &element("Prefix", &self.shown(self.prefix))
            + &element("MaxKeys", &self.limit.to_string())
            + &element("IsTruncated", super::config::bool_text(truncated));
        if self.url {
            head += &element("EncodingType", "url");
        }
        head
    }
}

fn facts(object: &StoredObject) -> String {
    element("LastModified", &times::iso_millis(object.modified_ms))
        + &element("ETag", &format!("\"{}\"", object.etag))
        + &element("Size", &object.size.to_string())
}

/// ListObjects: the newest version of each, where that holds data.
pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let page = Page::of(call, "marker")?;
    let mut found = versions(world, &bucket.name, page.prefix);
    found.dedup_by(|older, newest| older.name == newest.name);
    found.retain(|o| !o.delete_marker && o.name.as_str() > page.after);
    let truncated = found.len() > page.limit;
    found.truncate(page.limit);
    let mut inner = page.head(&bucket.name, truncated) + &element("Marker", &page.shown(page.after));
    if let Some(last) = found.last().filter(|_| truncated) {
        inner += &element("NextMarker", &page.shown(&last.name));
    }
    for object in &found {
        let key = element("Key", &page.shown(&object.name));
        let class = element("StorageClass", &bucket.storage_class);
        inner += &format!("<Contents>{key}{}{class}</Contents>", facts(object));
    }
    let xml = document("ListBucketResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// ListVersions. Pages end between names, so that the name alone says where the next one begins.
pub(super) fn list_versions(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let page = Page::of(call, "key-marker")?;
    let mut found = versions(world, &bucket.name, page.prefix);
    found.retain(|o| o.name.as_str() > page.after);
    let mut end = found.len().min(page.limit);
    let cut = |end: usize| {
        let (last, next) = (found.get(end.saturating_sub(1)), found.get(end));
        last.zip(next).is_some_and(|(last, next)| last.name == next.name)
    };
    while end < found.len() && cut(end) {
        end += 1;
    }
    let truncated = end < found.len();
    found.truncate(end);
    let mut inner = page.head(&bucket.name, truncated);
    if let Some(last) = found.last().filter(|_| truncated) {
        inner += &element("NextKeyMarker", &page.shown(&last.name));
    }
    let mut before: Option<&str> = None;
    for object in &found {
        let latest = before != Some(object.name.as_str());
        before = Some(&object.name);
        let named = element("Key", &page.shown(&object.name))
            + &element("VersionId", &object.version)
            + &element("IsLatest", super::config::bool_text(latest));
        let root = if object.delete_marker {
            "DeleteMarker"
        } else {
            "Version"
        };
        inner += &format!("<{root}>{named}{}</{root}>", facts(object));
    }
    let xml = document("ListVersionsResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// InitiateMultipartUpload.
pub(super) fn begin_upload(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let upload = Upload {
        bucket: bucket.name,
        name: call.target.key.clone(),
        upload_id: format!("{:016X}{:016X}", call.now.world_ms, call.now.request),
        begun_ms: call.now.world_ms,
    };
    world.put(&upload);
    let inner =
        element("Bucket", &upload.bucket) + &element("Key", &upload.name) + &element("UploadId", &upload.upload_id);
    let xml = document("InitiateMultipartUploadResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// ListMultipartUploads: all of them, up to a page.
pub(super) fn list_uploads(call: &Call<'_>, world: &World) -> Answer {
    let bucket = call.bucket(world)?;
    let page = Page::of(call, "key-marker")?;
    let mut found = world.list::<Upload>(&format!("{}/", bucket.name));
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.retain(|u| u.name.as_str() > page.after);
    let truncated = found.len() > MAX_KEYS;
    found.truncate(MAX_KEYS);
    let mut inner = element("Bucket", &bucket.name) + &element("IsTruncated", super::config::bool_text(truncated));
    if page.url {
        inner += &element("EncodingType", "url");
    }
    for upload in &found {
        let named = element("Key", &page.shown(&upload.name)) + &element("UploadId", &upload.upload_id);
        let begun = element("Initiated", &times::iso_millis(upload.begun_ms));
        inner += &format!("<Upload>{named}{begun}</Upload>");
    }
    let xml = document("ListMultipartUploadsResult", &inner);
    Ok(reply(200, call.dialect, call.now, Some(xml)))
}

/// AbortMultipartUpload.
pub(super) fn abort_upload(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = call.bucket(world)?;
    let id = call.request.query_param("uploadId").unwrap_or_default();
    if !world.remove::<Upload>(&format!("{}/{id}", bucket.name)) {
        return Err(ObsError::new(
            404,
            "NoSuchUpload",
            "The specified multipart upload does not exist.",
        ));
    }
    Ok(reply(204, call.dialect, call.now, None))
}
