//! XML bodies of OSS bucket operations, both ways. Decides element names and order; elements that
//! are not named here are skipped on reading.
//!
//! Source: OSS API reference (PutBucket, GetBucketInfo, PutBucketTags, PutBucketLifecycle, ...) and
//! the captured bodies of `oss2`, which the written form equals byte for byte.

use super::records;
use super::xml::xml_bodies;
pub use super::xml::{
    Delete, ObjectVersion, Tag, TagSet, Tagging, VersioningConfiguration, Versions, XmlBody, decode, encode,
    encode_reply,
};
use serde::{Deserialize, Serialize};

xml_bodies! {
    CreateBucketConfiguration = "CreateBucketConfiguration",
    BucketInfo = "BucketInfo",
    LocationConstraint = "LocationConstraint",
    AccessControlPolicy = "AccessControlPolicy",
    ServerSideEncryptionRule = "ServerSideEncryptionRule",
    LifecycleConfiguration = "LifecycleConfiguration",
    ListBucketsResult = "ListAllMyBucketsResult",
    ListObjectsResult = "ListBucketResult",
    Error = "Error",
}

records! {
    /// Body of PutBucket.
    CreateBucketConfiguration {
        /// `Standard`, `IA`, `Archive`, `ColdArchive` or `DeepColdArchive`.
        storage_class: String,
        /// `LRS` or `ZRS`.
        data_redundancy_type: String,
    }

    /// Reply of GetBucketInfo.
    BucketInfo {
        /// The bucket.
        bucket: Bucket,
    }

    /// A bucket in GetBucketInfo.
    Bucket {
        /// ISO 8601.
        creation_date: String,
        /// Public endpoint.
        extranet_endpoint: String,
        /// Endpoint inside Alibaba Cloud.
        intranet_endpoint: String,
        /// `oss-<region>`.
        location: String,
        /// Storage class.
        storage_class: String,
        /// `LRS` or `ZRS`.
        data_redundancy_type: String,
        /// Name.
        name: String,
        /// Resource group.
        resource_group_id: String,
        /// `Enabled` or `Suspended`; absent when never enabled.
        versioning: String,
        /// `Enabled` or `Disabled`.
        transfer_acceleration: String,
        /// `Enabled` or `Disabled`.
        cross_region_replication: String,
        /// `Enabled` or `Disabled`.
        hierarchical_namespace: String,
        /// `Enabled` or `Disabled`.
        access_monitor: String,
        /// Whether public access is blocked, `true` or `false`.
        block_public_access: String,
        /// Comment.
        comment: String,
        /// Kind of bucket.
        bucket_resource_type: String,
        /// Owner.
        owner: Owner,
        /// Access control list.
        access_control_list: AccessControlList,
        /// Default encryption.
        server_side_encryption_rule: BucketEncryption,
        /// Logging.
        bucket_policy: BucketPolicy,
    }

    /// An account.
    Owner {
        /// Account id.
        #[serde(rename = "ID")]
        id: String,
        /// The same id again.
        display_name: String,
    }

    /// Access control list: one canned grant.
    AccessControlList {
        /// `private`, `public-read` or `public-read-write`.
        grant: String,
    }

    /// Default encryption as GetBucketInfo shows it.
    BucketEncryption {
        /// `None`, `AES256`, `KMS` or `SM4`.
        #[serde(rename = "SSEAlgorithm")]
        sse_algorithm: String,
        /// KMS key.
        #[serde(rename = "KMSMasterKeyID")]
        kms_master_key_id: String,
        /// Algorithm of KMS.
        #[serde(rename = "KMSDataEncryption")]
        kms_data_encryption: String,
    }

    /// Logging as GetBucketInfo shows it.
    BucketPolicy {
        /// Bucket of the log.
        log_bucket: String,
        /// Prefix of the log's objects.
        log_prefix: String,
    }

    /// Reply of GetBucketAcl.
    AccessControlPolicy {
        /// Owner.
        owner: Owner,
        /// The list.
        access_control_list: AccessControlList,
    }

    /// Body of PutBucketEncryption and reply of GetBucketEncryption.
    ServerSideEncryptionRule {
        /// What is done unless a request says otherwise.
        apply_server_side_encryption_by_default: BucketEncryption,
    }

    /// When objects or versions expire, or the bound of an abort.
    Expiration {
        /// Days after the last change.
        days: u32,
        /// Objects last changed before this ISO 8601 time.
        created_before_date: String,
        /// Objects expire from this ISO 8601 time on.
        date: String,
        /// Whether delete markers without versions go.
        expired_object_delete_marker: bool,
    }

    /// When old versions expire.
    NoncurrentVersionExpiration {
        /// Days after a version was replaced.
        noncurrent_days: u32,
    }

    /// When old versions change their storage class.
    NoncurrentVersionTransition {
        /// Days after a version was replaced.
        noncurrent_days: u32,
        /// The new storage class.
        storage_class: String,
    }

    /// Objects that a lifecycle rule is for by size, and objects that it leaves out.
    LifecycleFilter {
        /// Only larger objects, bytes.
        object_size_greater_than: u64,
        /// Only smaller objects, bytes.
        object_size_less_than: u64,
        /// Objects left out.
        not: LifecycleExcept,
    }

    /// Objects that a lifecycle rule leaves out.
    LifecycleExcept {
        /// Beginning of their names.
        prefix: String,
        /// A tag that they have.
        tag: Tag,
    }

    /// When objects change their storage class.
    Transition {
        /// Days after the last change.
        days: u32,
        /// Objects last changed before this ISO 8601 time.
        created_before_date: String,
        /// The new storage class.
        storage_class: String,
    }

    /// A bucket in a list.
    BucketSummary {
        /// ISO 8601.
        creation_date: String,
        /// Public endpoint.
        extranet_endpoint: String,
        /// Endpoint inside Alibaba Cloud.
        intranet_endpoint: String,
        /// `oss-<region>`.
        location: String,
        /// Name.
        name: String,
        /// Region.
        region: String,
        /// Storage class.
        storage_class: String,
        /// Resource group.
        resource_group_id: String,
    }

    /// An object in a list.
    ObjectSummary {
        /// Name; percent-encoded when the request said `encoding-type=url`.
        key: String,
        /// ISO 8601.
        last_modified: String,
        /// Entity tag in quotes.
        #[serde(rename = "ETag")]
        etag: String,
        /// Kind of object.
        r#type: String,
        /// Bytes.
        size: u64,
        /// Storage class.
        storage_class: String,
        /// Owner, when asked for.
        owner: Owner,
    }

    /// Body of a reply that is not 2xx.
    Error {
        /// Code such as `NoSuchBucket`.
        code: String,
        /// Text for people.
        message: String,
        /// Id of the request.
        request_id: String,
        /// Host that answered.
        host_id: String,
        /// The bucket.
        bucket_name: String,
        /// Finer code.
        #[serde(rename = "EC")]
        ec: String,
        /// Address of an explanation.
        recommend_doc: String,
    }
}

/// Reply of GetBucketLocation: `oss-<region>` as the text of the root element.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationConstraint {
    /// `oss-<region>`.
    #[serde(rename = "$text", default)]
    pub location: String,
}

/// Body of PutBucketLifecycle and reply of GetBucketLifecycle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleConfiguration {
    /// The rules, in order.
    #[serde(rename = "Rule", default)]
    pub rules: Vec<LifecycleRule>,
}

/// One lifecycle rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LifecycleRule {
    /// Id, given by the service when absent.
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Objects it is for; empty for all.
    #[serde(default)]
    pub prefix: String,
    /// `Enabled` or `Disabled`.
    #[serde(default)]
    pub status: String,
    /// Only objects with all of these tags.
    #[serde(rename = "Tag", default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// When objects expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Expiration>,
    /// When objects change their storage class.
    #[serde(rename = "Transition", default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    /// When unfinished uploads are dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_multipart_upload: Option<Expiration>,
    /// When old versions expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    /// When old versions change their storage class.
    #[serde(
        rename = "NoncurrentVersionTransition",
        default,
        skip_serializing_if = "Vec::is_empty"
    )]
    pub noncurrent_version_transitions: Vec<NoncurrentVersionTransition>,
    /// Further conditions on the objects it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<LifecycleFilter>,
}

/// Reply of ListBuckets (GetService).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListBucketsResult {
    /// Owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The buckets.
    #[serde(default)]
    pub buckets: Buckets,
    /// Prefix asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Marker asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Bound of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_keys: Option<u32>,
    /// Whether there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_truncated: Option<bool>,
    /// Marker of the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// A list of buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets {
    /// The buckets, by name.
    #[serde(rename = "Bucket", default)]
    pub buckets: Vec<BucketSummary>,
}

/// Reply of ListObjectsV2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListObjectsResult {
    /// The bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Prefix asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Bound of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_keys: Option<u32>,
    /// Delimiter asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Whether there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_truncated: Option<bool>,
    /// Number of objects in the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_count: Option<u32>,
    /// Token of the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_continuation_token: Option<String>,
    /// The objects, by name.
    #[serde(default)]
    pub contents: Vec<ObjectSummary>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn bodies_with_text_that_needs_care_come_back_the_same() {
        let tag = |key: &str, value: &str| Tag {
            key: key.into(),
            value: value.into(),
        };
        let tags = Tagging {
            tag_set: TagSet {
                tags: vec![tag("a", ""), tag("<&>", " \"x\" 中 "), tag("b", "te st")],
            },
        };
        let bytes = encode(&tags).unwrap();
        assert_eq!(decode::<Tagging>(&bytes).unwrap(), tags);
        let none = encode(&Tagging::default()).unwrap();
        assert_eq!(decode::<Tagging>(&none).unwrap(), Tagging::default());
    }

    #[test]
    fn rules_keep_their_order_and_their_absences() {
        let rules = LifecycleConfiguration {
            rules: vec![
                LifecycleRule {
                    id: Some("one".into()),
                    status: "Enabled".into(),
                    tags: vec![Tag {
                        key: "k".into(),
                        value: "v".into(),
                    }],
                    expiration: Some(Expiration {
                        days: Some(30),
                        ..Expiration::default()
                    }),
                    transitions: vec![Transition {
                        days: Some(7),
                        storage_class: Some("IA".into()),
                        ..Transition::default()
                    }],
                    ..LifecycleRule::default()
                },
                LifecycleRule {
                    prefix: "x/".into(),
                    status: "Disabled".into(),
                    expiration: Some(Expiration {
                        expired_object_delete_marker: Some(true),
                        ..Expiration::default()
                    }),
                    ..LifecycleRule::default()
                },
            ],
        };
        let bytes = encode_reply(&rules).unwrap();
        assert_eq!(decode::<LifecycleConfiguration>(&bytes).unwrap(), rules);
    }

    #[test]
    fn unknown_elements_are_skipped_and_empty_ones_are_empty() {
        let xml = b"<?xml version=\"1.0\"?>\n<BucketInfo>\n <Bucket>\n  <New><Deep>1</Deep></New>\n\
            <Name>b</Name><Comment></Comment><Versioning/>\n </Bucket>\n</BucketInfo>";
        let bucket = decode::<BucketInfo>(xml).unwrap().bucket.unwrap();
        assert_eq!(bucket.name.as_deref(), Some("b"));
        assert_eq!(bucket.comment.as_deref(), Some(""));
        assert_eq!(bucket.versioning.as_deref(), Some(""));
        assert_eq!(bucket.owner, None);
        assert_eq!(decode::<BucketInfo>(b"<BucketInfo/>").unwrap(), BucketInfo::default());
    }

    #[test]
    fn deep_nesting_does_not_exhaust_the_stack() {
        let depth = 100_000;
        let xml = format!(
            "<BucketInfo>{}{}</BucketInfo>",
            "<a>".repeat(depth),
            "</a>".repeat(depth)
        );
        assert_eq!(decode::<BucketInfo>(xml.as_bytes()), Ok(BucketInfo::default()));
    }

    #[test]
    fn another_root_or_no_xml_is_refused_with_a_reason() {
        let wrong = decode::<BucketInfo>(b"<Error><Code>X</Code></Error>").unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "the body is not a valid BucketInfo: the root element is Error"
        );
        for bytes in [
            &b""[..],
            b"{}",
            b"<BucketInfo",
            b"<BucketInfo><Bucket></BucketInfo>",
            b"\xff",
        ] {
            assert!(decode::<BucketInfo>(bytes).is_err(), "{bytes:?}");
        }
    }
}
