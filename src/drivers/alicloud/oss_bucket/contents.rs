//! The objects of a bucket that is deleted with `force_destroy`: listed and deleted in pages, former versions too.
//!
//! Source: OSS API reference, ListObjectsV2, ListObjectVersions, DeleteMultipleObjects.

use super::super::oss::{self, Ask};
use super::bucket_call;
use crate::driver::pages::{CONTENT_PAGES_MAX, Pages};
use crate::driver::{DriverError, Effect, Session};
use crate::wire::codec::oss::{Delete, ListObjectsResult, ObjectVersion, Versions, decode};

/// Objects in a page, the most that DeleteMultipleObjects takes.
const PAGE: &str = "1000";

/// A name in a list that was asked for with `encoding-type=url`.
fn plain(name: &str) -> String {
    let spaced = name.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

/// Deletes every object, and where the bucket has versions, every version.
pub(super) async fn delete_all(session: &Session, bucket: &str, with_versions: bool) -> Result<(), DriverError> {
    let mut last = Vec::new();
    let mut pages = Pages::up_to(CONTENT_PAGES_MAX);
    loop {
        pages.next(&bucket_call("ListObjects", bucket, Effect::Reads))?;
        let page = match with_versions {
            true => version_page(session, bucket).await?,
            false => object_page(session, bucket).await?,
        };
        if page.is_empty() {
            return Ok(());
        }
        let call = bucket_call("DeleteMultipleObjects", bucket, Effect::Writes);
        if page == last {
            // Retention keeps them; asking again would never end.
            let first = page.first().map(|o| o.key.clone()).unwrap_or_default();
            return Err(call.rejected(format!("OSS does not delete {first:?}")));
        }
        last.clone_from(&page);
        let body = Delete {
            quiet: true,
            encoding_type: None,
            objects: page,
        };
        let ask = Ask::of(http::Method::POST, Some("delete")).with_xml(&call, &body)?;
        oss::send(session, &call, bucket, &ask).await?;
    }
}

/// The first page: what was listed is deleted before the next look.
async fn object_page(session: &Session, bucket: &str) -> Result<Vec<ObjectVersion>, DriverError> {
    let call = bucket_call("ListObjectsV2", bucket, Effect::Reads);
    let ask = Ask::of(http::Method::GET, None)
        .with_parameter("list-type", "2")
        .with_parameter("max-keys", PAGE)
        .with_parameter("encoding-type", "url");
    let reply = oss::send(session, &call, bucket, &ask).await?;
    let list: ListObjectsResult = decode(&reply.body).map_err(|e| call.garbled(e))?;
    let objects = list
        .contents
        .into_iter()
        .filter_map(|o| o.key)
        .map(|key| ObjectVersion {
            key: plain(&key),
            version_id: None,
        });
    Ok(objects.collect())
}

async fn version_page(session: &Session, bucket: &str) -> Result<Vec<ObjectVersion>, DriverError> {
    let call = bucket_call("ListObjectVersions", bucket, Effect::Reads);
    let ask = Ask::of(http::Method::GET, Some("versions"))
        .with_parameter("max-keys", PAGE)
        .with_parameter("encoding-type", "url");
    let reply = oss::send(session, &call, bucket, &ask).await?;
    let list: Versions = decode(&reply.body).map_err(|e| call.garbled(e))?;
    let all = list.versions.into_iter().chain(list.markers).map(|v| ObjectVersion {
        key: plain(&v.key),
        version_id: v.version_id,
    });
    Ok(all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_lists_are_decoded() {
        assert_eq!(plain("a%2Fb+c%20d%2B"), "a/b c d+");
    }
}
