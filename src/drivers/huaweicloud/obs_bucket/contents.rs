//! The objects of a bucket that is deleted with `force_destroy`: listed and deleted in pages, former versions and
//! unfinished uploads too, for a bucket that holds any of them is not empty.
//!
//! Source: OBS API reference, Listing Objects in a Bucket, Deleting Objects, Listing Initiated Multipart Uploads in a
//! Bucket, Deleting Buckets.

use super::super::obs::{self, Ask};
use super::reading::get;
use super::{Place, bucket_call};
use crate::driver::pages::{CONTENT_PAGES_MAX, Pages};
use crate::driver::{DriverError, Effect, Session};
use crate::wire::codec::obs::{
    Delete, DeleteResult, ObjectVersion, Objects, Uploads, VersioningConfiguration, Versions, decode,
};
use http::Method;

/// Objects in a page, the most that a batch deletion takes.
const PAGE: &str = "1000";

/// A name in a list, decoded where the list says that its names are encoded.
fn plain(encoding: &Option<String>, name: &str) -> String {
    if encoding.as_deref() != Some("url") {
        return name.to_string();
    }
    let spaced = name.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

/// Deletes every object, in a bucket that ever kept versions every version, and every unfinished upload.
pub(super) async fn delete_all(session: &Session, place: Place<'_>) -> Result<(), DriverError> {
    let with_versions = had_versions(session, place).await?;
    let mut last = Vec::new();
    let mut pages = Pages::up_to(CONTENT_PAGES_MAX);
    loop {
        pages.next(&bucket_call("ListObjects", place.bucket, Effect::Reads))?;
        let mut page = match with_versions {
            true => version_page(session, place).await?,
            false => object_page(session, place).await?,
        };
        if page.is_empty() {
            break;
        }
        // In a parallel file system a folder goes after what is in it.
        page.reverse();
        let call = bucket_call("DeleteObjects", place.bucket, Effect::Writes);
        if page == last {
            // Retention keeps them; asking again would never end.
            let first = page.first().map(|o| o.key.clone()).unwrap_or_default();
            return Err(call.rejected(format!("OBS does not delete {first:?}")));
        }
        last.clone_from(&page);
        delete_page(session, place, page).await?;
    }
    abort_uploads(session, place).await
}

async fn delete_page(session: &Session, place: Place<'_>, page: Vec<ObjectVersion>) -> Result<(), DriverError> {
    let call = bucket_call("DeleteObjects", place.bucket, Effect::Writes);
    let body = Delete {
        quiet: true,
        encoding_type: None,
        objects: page,
    };
    let ask = Ask::of(Method::POST, Some("delete")).with_xml(&call, &body)?.with_md5();
    let reply = obs::send(session, &call, place.region, place.bucket, &ask).await?;
    if reply.body.is_empty() {
        return Ok(());
    }
    let result: DeleteResult = decode(&reply.body).map_err(|e| call.garbled(e))?;
    let Some(refused) = result.errors.into_iter().next() else {
        return Ok(());
    };
    let mut reply = call.reply(format!(
        "{:?} was not deleted: {}",
        refused.key.unwrap_or_default(),
        refused.message.unwrap_or_default()
    ));
    reply.code = refused.code;
    Err(DriverError::Rejected(reply))
}

/// Whether the bucket keeps versions or did once.
async fn had_versions(session: &Session, place: Place<'_>) -> Result<bool, DriverError> {
    let read = get::<VersioningConfiguration>(session, "GetBucketVersioning", place, "versioning").await?;
    Ok(read.and_then(|v| v.status).is_some_and(|s| !s.is_empty()))
}

/// The first page: what was listed is deleted before the next look.
async fn object_page(session: &Session, place: Place<'_>) -> Result<Vec<ObjectVersion>, DriverError> {
    let call = bucket_call("ListBucket", place.bucket, Effect::Reads);
    let ask = Ask::of(Method::GET, None)
        .with_parameter("max-keys", PAGE)
        .with_parameter("encoding-type", "url");
    let reply = obs::send(session, &call, place.region, place.bucket, &ask).await?;
    let list: Objects = decode(&reply.body).map_err(|e| call.garbled(e))?;
    let objects = list.contents.iter().map(|o| ObjectVersion {
        key: plain(&list.encoding_type, &o.key),
        version_id: None,
    });
    Ok(objects.collect())
}

async fn version_page(session: &Session, place: Place<'_>) -> Result<Vec<ObjectVersion>, DriverError> {
    let call = bucket_call("ListBucketVersions", place.bucket, Effect::Reads);
    let ask = Ask::of(Method::GET, Some("versions"))
        .with_parameter("max-keys", PAGE)
        .with_parameter("encoding-type", "url");
    let reply = obs::send(session, &call, place.region, place.bucket, &ask).await?;
    let list: Versions = decode(&reply.body).map_err(|e| call.garbled(e))?;
    let all = list.versions.into_iter().chain(list.markers);
    let mut all: Vec<ObjectVersion> = all
        .map(|v| ObjectVersion {
            key: plain(&list.encoding_type, &v.key),
            version_id: v.version_id,
        })
        .collect();
    all.truncate(1000);
    Ok(all)
}

async fn abort_uploads(session: &Session, place: Place<'_>) -> Result<(), DriverError> {
    let mut last = None;
    let mut pages = Pages::up_to(CONTENT_PAGES_MAX);
    loop {
        let call = bucket_call("ListBucketMultipartUploads", place.bucket, Effect::Reads);
        pages.next(&call)?;
        let ask = Ask::of(Method::GET, Some("uploads"))
            .with_parameter("max-uploads", PAGE)
            .with_parameter("encoding-type", "url");
        let reply = obs::send(session, &call, place.region, place.bucket, &ask).await?;
        let list: Uploads = decode(&reply.body).map_err(|e| call.garbled(e))?;
        if list.uploads.is_empty() {
            return Ok(());
        }
        if last.as_ref() == Some(&list.uploads) {
            return Err(call.rejected("OBS does not end the unfinished uploads"));
        }
        for upload in &list.uploads {
            let key = plain(&list.encoding_type, upload.key.as_deref().unwrap_or_default());
            let call = bucket_call("AbortMultipartUpload", place.bucket, Effect::Writes);
            let ask = Ask {
                key: &key,
                ..Ask::of(Method::DELETE, None)
            }
            .with_parameter("uploadId", upload.upload_id.as_deref().unwrap_or_default());
            match obs::send(session, &call, place.region, place.bucket, &ask).await {
                Err(error) if error.reply().code.as_deref() != Some("NoSuchUpload") => return Err(error),
                _ => {}
            }
        }
        last = Some(list.uploads);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_only_where_the_list_says_so() {
        let url = Some("url".to_string());
        assert_eq!(plain(&url, "a%2Fb+c%20d%2B"), "a/b c d+");
        assert_eq!(plain(&None, "a%2Fb+c"), "a%2Fb+c");
    }
}
