//! The partitions of a stream as its details list them, all pages. Decides nothing about their number.
//!
//! Source: DIS API reference, Querying Stream Details: partitions, has_more_partitions.

use super::{Stream, StreamReply};
use crate::driver::pages::{LIST_PAGES_MAX, Pages};
use crate::driver::{DriverError, Effect, Session};
use crate::drivers::huaweicloud::api::{self, Ask, DIS};
use http::Method;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A partition as the details of a stream have it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PartitionReply {
    status: Option<String>,
    partition_id: String,
    hash_range: Option<String>,
    sequence_number_range: Option<String>,
}

/// Partitions as the object has them.
pub(super) type Partitions = Vec<BTreeMap<String, String>>;

impl PartitionReply {
    /// Under the names of the Terraform provider; a part that the reply lacks is empty.
    fn described(self) -> BTreeMap<String, String> {
        [
            ("id", self.partition_id),
            ("status", self.status.unwrap_or_default()),
            ("hash_range", self.hash_range.unwrap_or_default()),
            ("sequence_number_range", self.sequence_number_range.unwrap_or_default()),
        ]
        .map(|(name, text)| (name.to_string(), text))
        .into()
    }
}

/// The partitions of the first page and of all that follow.
pub(super) async fn all(
    session: &Session,
    stream: &Stream,
    first: &mut StreamReply,
) -> Result<Partitions, DriverError> {
    let mut found = std::mem::take(&mut first.partitions);
    let mut more = first.has_more_partitions;
    let mut pages = Pages::up_to(LIST_PAGES_MAX);
    while let (Some(true), Some(last)) = (more, found.last()) {
        let last = last.partition_id.clone();
        let call = stream.call("ShowStream", Effect::Reads);
        pages.next(&call)?;
        let ask = Ask::of(Method::GET, stream.path("v2")).with("start_partitionId", last.clone());
        let page: StreamReply = api::ask(session, DIS, &call, stream.region.as_deref(), ask).await?;
        // A page that goes no further would be asked for without end.
        let further = page.partitions.last().is_some_and(|p| p.partition_id != last);
        more = page.has_more_partitions.filter(|_| further);
        found.extend(page.partitions);
    }
    Ok(found.into_iter().map(PartitionReply::described).collect())
}
