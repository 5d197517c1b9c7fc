//! XML bodies that OSS and OBS share, and how any of them is written and read. Decides element names and order; elements
//! that are not named are skipped on reading.
//!
//! Source: OSS API reference and OBS API reference (bucket tagging, versioning, batch deletion, lists of versions).

use super::{FormatError, records};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A body with its own root element.
pub trait XmlBody: Serialize + DeserializeOwned {
    /// Name of the root element.
    const ROOT: &'static str;
}

/// Writes a request body: no declaration, no white space, as the vendors' SDKs do.
pub fn encode<T: XmlBody>(body: &T) -> Result<Vec<u8>, FormatError> {
    let text = quick_xml::se::to_string_with_root(T::ROOT, body).map_err(|e| FormatError::new(T::ROOT, e))?;
    Ok(text.into_bytes())
}

/// Writes a reply body: as [`encode`], after an XML declaration.
pub fn encode_reply<T: XmlBody>(body: &T) -> Result<Vec<u8>, FormatError> {
    let mut document = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    document.extend(encode(body)?);
    Ok(document)
}

/// Reads a body and refuses one with another root element.
pub fn decode<T: XmlBody>(bytes: &[u8]) -> Result<T, FormatError> {
    let fail = |reason: &dyn std::fmt::Display| FormatError::new(T::ROOT, reason);
    let text = std::str::from_utf8(bytes).map_err(|e| fail(&e))?;
    match root_name(text) {
        Some(name) if name == T::ROOT => {}
        Some(name) => return Err(fail(&format_args!("the root element is {name}"))),
        None => return Err(fail(&"there is no root element")),
    }
    quick_xml::de::from_str(text).map_err(|e| fail(&e))
}

fn root_name(text: &str) -> Option<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                return Some(start.local_name().as_ref().to_string());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Gives types the names of their root elements.
macro_rules! xml_bodies {
    ($($name:ident = $root:literal,)+) => {
        $(impl XmlBody for $name { const ROOT: &'static str = $root; })+
    };
}

pub(super) use xml_bodies;

xml_bodies! {
    Tagging = "Tagging",
    VersioningConfiguration = "VersioningConfiguration",
    Delete = "Delete",
    Versions = "ListVersionsResult",
}

records! {
    /// Whether versions are kept, set or read.
    VersioningConfiguration {
        /// `Enabled` or `Suspended`; absent when never enabled.
        status: String,
    }
}

/// Tags of a bucket, set or read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tagging {
    /// The tags.
    #[serde(default)]
    pub tag_set: TagSet,
}

/// A list of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagSet {
    /// The tags, in order.
    #[serde(rename = "Tag", default)]
    pub tags: Vec<Tag>,
}

/// One tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Key.
    pub key: String,
    /// Value, possibly empty.
    #[serde(default)]
    pub value: String,
}

/// Body of a batch deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Delete {
    /// Whether only failures are reported.
    pub quiet: bool,
    /// `url` where the names are percent-encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding_type: Option<String>,
    /// The objects.
    #[serde(rename = "Object", default)]
    pub objects: Vec<ObjectVersion>,
}

/// An object, or one of its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObjectVersion {
    /// Name.
    pub key: String,
    /// Version; none for the object as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A list of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Versions {
    /// Whether there is more.
    pub is_truncated: bool,
    /// `url` where the names are percent-encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_type: Option<String>,
    /// Versions that hold data.
    #[serde(rename = "Version")]
    pub versions: Vec<ObjectVersion>,
    /// Versions that say that the object was deleted.
    #[serde(rename = "DeleteMarker")]
    pub markers: Vec<ObjectVersion>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn deletions_and_lists_of_versions_are_the_documented_ones() {
        let body = Delete {
            quiet: true,
            encoding_type: None,
            objects: vec![
                ObjectVersion {
                    key: "a&b".into(),
                    version_id: None,
                },
                ObjectVersion {
                    key: "c".into(),
                    version_id: Some("v1".into()),
                },
            ],
        };
        let text = String::from_utf8(encode(&body).unwrap()).unwrap();
        assert_eq!(
            text,
            "<Delete><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object>\
             <Object><Key>c</Key><VersionId>v1</VersionId></Object></Delete>"
        );
        let list: Versions = decode(
            b"<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>a</Key><VersionId>1</VersionId>\
              <IsLatest>true</IsLatest></Version><DeleteMarker><Key>b</Key><VersionId>2</VersionId></DeleteMarker>\
              <Version><Key>c</Key></Version></ListVersionsResult>",
        )
        .unwrap();
        assert_eq!((list.versions.len(), list.markers.len()), (2, 1));
    }
}
