//! XML bodies of OBS bucket operations, both ways. Decides element names and order; elements that are not named here
//! are skipped on reading.
//!
//! Source: OBS API reference (creating a bucket, bucket ACL, encryption, lifecycle rules, storage quota, storage class,
//! website, custom domain names, listing and deleting objects), the captured bodies of `esdk-obs-python`, and for bucket
//! keys and SM4 the OBS SDK for Go.

use super::records;
use super::xml::xml_bodies;
pub use super::xml::{
    Delete, ObjectVersion, Tag, TagSet, Tagging, VersioningConfiguration, Versions, XmlBody, decode, encode,
};
use serde::{Deserialize, Serialize};

xml_bodies! {
    CreateBucketConfiguration = "CreateBucketConfiguration",
    StorageClass = "StorageClass",
    Quota = "Quota",
    AccessControlPolicy = "AccessControlPolicy",
    EncryptionConfiguration = "ServerSideEncryptionConfiguration",
    LifecycleConfiguration = "LifecycleConfiguration",
    LoggingStatus = "BucketLoggingStatus",
    CorsConfiguration = "CORSConfiguration",
    Objects = "ListBucketResult",
    Uploads = "ListMultipartUploadsResult",
    DeleteResult = "DeleteResult",
    WebsiteConfiguration = "WebsiteConfiguration",
    CustomDomains = "ListBucketCustomDomainsResult",
    StorageInfo = "GetBucketStorageInfoResult",
}

records! {
    /// Body of a bucket's creation.
    CreateBucketConfiguration {
        /// Region.
        location: String,
    }

    /// Space that a bucket may use, set or read.
    Quota {
        /// Bytes; 0 for no limit.
        storage_quota: u64,
    }

    /// An account.
    Account {
        /// Account (domain) id.
        #[serde(rename = "ID")]
        id: String,
    }

    /// To whom a permission is given.
    Grantee {
        /// Account id.
        #[serde(rename = "ID")]
        id: String,
        /// `Everyone`.
        canned: String,
        /// A group in the S3 dialect.
        #[serde(rename = "URI")]
        uri: String,
    }

    /// One permission.
    Grant {
        /// To whom.
        grantee: Grantee,
        /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
        permission: String,
        /// Whether it is also one for the objects.
        delivered: bool,
    }

    /// Body and reply of a bucket's access control list.
    AccessControlPolicy {
        /// Owner.
        owner: Account,
        /// The list.
        access_control_list: AccessControlList,
    }

    /// Default encryption, set or read.
    EncryptionConfiguration {
        /// The one rule.
        rule: EncryptionRule,
    }

    /// The rule of a default encryption.
    EncryptionRule {
        /// What is done unless a request says otherwise.
        apply_server_side_encryption_by_default: Encryption,
        /// Whether a key of the bucket saves calls of the key management service.
        bucket_key_enabled: bool,
    }

    /// A method of encryption.
    Encryption {
        /// `kms` or `AES256`.
        #[serde(rename = "SSEAlgorithm")]
        sse_algorithm: String,
        /// Key of the key management service.
        #[serde(rename = "KMSMasterKeyID")]
        kms_master_key_id: String,
        /// `SM4`, or what is usual.
        #[serde(rename = "KMSDataEncryption")]
        kms_data_encryption: String,
        /// Project that the key belongs to.
        #[serde(rename = "ProjectID")]
        project_id: String,
    }

    /// Where access logs go, set or read; empty for none.
    LoggingStatus {
        /// Agency with which OBS writes them.
        agency: String,
        /// Where they go.
        logging_enabled: LoggingEnabled,
    }

    /// Where access logs go.
    LoggingEnabled {
        /// Bucket.
        target_bucket: String,
        /// Beginning of the names of the objects.
        target_prefix: String,
    }

    /// When objects are deleted.
    Expiration {
        /// Days after the last change.
        days: u32,
        /// Or an ISO 8601 time: objects that were last changed before it.
        date: String,
    }

    /// When objects change their storage class.
    Transition {
        /// Days after the last change.
        days: u32,
        /// Or an ISO 8601 time: objects that were last changed before it.
        date: String,
        /// The new storage class.
        storage_class: String,
    }

    /// When former versions are deleted.
    NoncurrentVersionExpiration {
        /// Days after a version was replaced.
        noncurrent_days: u32,
    }

    /// When former versions change their storage class.
    NoncurrentVersionTransition {
        /// Days after a version was replaced.
        noncurrent_days: u32,
        /// The new storage class.
        storage_class: String,
    }

    /// When parts of unfinished uploads are deleted.
    AbortIncompleteMultipartUpload {
        /// Days after the upload began.
        days_after_initiation: u32,
    }

    /// What the bucket holds.
    StorageInfo {
        /// Bytes.
        size: u64,
        /// Objects.
        object_number: u64,
    }

    /// Where every request to a website goes.
    RedirectAllRequestsTo {
        /// Host, and a path where there is one.
        host_name: String,
        /// `http` or `https`; that of the request where it is not said.
        protocol: String,
    }

    /// The page for a folder.
    IndexDocument {
        /// Name of the object in each folder.
        suffix: String,
    }

    /// The page for an error.
    ErrorDocument {
        /// Name of the object.
        key: String,
    }

    /// Which requests to a website a rule is for.
    RoutingCondition {
        /// Beginning of the names of the objects.
        key_prefix_equals: String,
        /// Status that would be answered.
        http_error_code_returned_equals: String,
    }

    /// Where a rule sends them.
    RoutingRedirect {
        /// `http` or `https`.
        protocol: String,
        /// Host.
        host_name: String,
        /// What stands in place of the prefix.
        replace_key_prefix_with: String,
        /// The whole name in place of the one asked for.
        replace_key_with: String,
        /// Status of the reply.
        http_redirect_code: String,
    }

    /// A rule of a website.
    RoutingRule {
        /// For which requests; all where there is none.
        condition: RoutingCondition,
        /// What becomes of them.
        redirect: RoutingRedirect,
    }

    /// A bucket as a website, set or read.
    WebsiteConfiguration {
        /// Where every request goes; then there is nothing else.
        redirect_all_requests_to: RedirectAllRequestsTo,
        /// The page for a folder.
        index_document: IndexDocument,
        /// The page for an error.
        error_document: ErrorDocument,
        /// Rules for some requests.
        routing_rules: RoutingRules,
    }

    /// A domain name of the user's own.
    CustomDomain {
        /// The name.
        domain_name: String,
    }

    /// An unfinished upload.
    Upload {
        /// Name of the object.
        key: String,
        /// Id of the upload.
        upload_id: String,
    }

    /// An object that was not deleted.
    NotDeleted {
        /// Name.
        key: String,
        /// Error code.
        code: String,
        /// Text for people.
        message: String,
    }
}

/// Permissions, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessControlList {
    /// The permissions.
    #[serde(rename = "Grant", default)]
    pub grants: Vec<Grant>,
}

/// Rules of a website, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingRules {
    /// The rules.
    #[serde(rename = "RoutingRule", default)]
    pub rules: Vec<RoutingRule>,
}

/// The domain names that are bound to a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomDomains {
    /// The names.
    #[serde(rename = "Domains", default)]
    pub domains: Vec<CustomDomain>,
}

/// Storage class of a bucket, set or read: the text of the root element.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageClass {
    /// `STANDARD`, `WARM` or `COLD`.
    #[serde(rename = "$text", default)]
    pub class: String,
}

/// Rules for pages of other origins, set or read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsConfiguration {
    /// The rules.
    #[serde(rename = "CORSRule", default)]
    pub rules: Vec<CorsRule>,
}

/// What pages of some origins may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CorsRule {
    /// Methods of requests.
    #[serde(rename = "AllowedMethod")]
    pub allowed_methods: Vec<String>,
    /// Origins.
    #[serde(rename = "AllowedOrigin")]
    pub allowed_origins: Vec<String>,
    /// Headers of requests.
    #[serde(rename = "AllowedHeader", skip_serializing_if = "Vec::is_empty")]
    pub allowed_headers: Vec<String>,
    /// How long a browser may keep the answer, in seconds.
    #[serde(rename = "MaxAgeSeconds", skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
    /// Headers of replies that a page may read.
    #[serde(rename = "ExposeHeader", skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
}

/// Lifecycle rules, set or read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleConfiguration {
    /// The rules.
    #[serde(rename = "Rule", default)]
    pub rules: Vec<LifecycleRule>,
}

/// One lifecycle rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LifecycleRule {
    /// Name.
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Objects it is for; empty for all.
    pub prefix: String,
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// When objects are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Expiration>,
    /// When objects change their storage class.
    #[serde(rename = "Transition", skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    /// When former versions are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    /// When former versions change their storage class.
    #[serde(rename = "NoncurrentVersionTransition", skip_serializing_if = "Vec::is_empty")]
    pub noncurrent_version_transitions: Vec<NoncurrentVersionTransition>,
    /// When parts of unfinished uploads are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_incomplete_multipart_upload: Option<AbortIncompleteMultipartUpload>,
}

/// A list of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Objects {
    /// Whether there is more.
    pub is_truncated: bool,
    /// `url` where the names are percent-encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_type: Option<String>,
    /// The objects.
    pub contents: Vec<ObjectVersion>,
}

/// A list of unfinished uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Uploads {
    /// Whether there is more.
    pub is_truncated: bool,
    /// `url` where the names are percent-encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_type: Option<String>,
    /// The uploads.
    #[serde(rename = "Upload")]
    pub uploads: Vec<Upload>,
}

/// Reply of a batch deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResult {
    /// What was not deleted.
    #[serde(rename = "Error")]
    pub errors: Vec<NotDeleted>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn documented_replies_are_read() {
        let acl: AccessControlPolicy = decode(
            br#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<AccessControlPolicy xmlns="http://obs.example.com/doc/2015-06-30/">
  <Owner><ID>b4bf</ID></Owner>
  <AccessControlList>
    <Grant><Grantee><ID>b4bf</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>
    <Grant><Grantee><Canned>Everyone</Canned></Grantee><Permission>READ</Permission><Delivered>true</Delivered></Grant>
  </AccessControlList>
</AccessControlPolicy>"#,
        )
        .unwrap();
        let grants = acl.access_control_list.unwrap().grants;
        assert_eq!(grants.len(), 2);
        assert_eq!(grants[1].grantee.as_ref().unwrap().canned.as_deref(), Some("Everyone"));
        assert_eq!(grants[1].delivered, Some(true));
        let class: StorageClass = decode(
            b"<?xml version=\"1.0\"?>\n\n<StorageClass xmlns=\"http://obs.example.com/doc/2015-06-30/\">WARM</StorageClass>",
        )
        .unwrap();
        assert_eq!(class.class, "WARM");
    }

    #[test]
    fn rules_come_back_as_they_are_written() {
        let rules = LifecycleConfiguration {
            rules: vec![LifecycleRule {
                id: Some("r".into()),
                status: "Enabled".into(),
                transitions: vec![Transition {
                    days: Some(30),
                    storage_class: Some("WARM".into()),
                    ..Transition::default()
                }],
                abort_incomplete_multipart_upload: Some(AbortIncompleteMultipartUpload {
                    days_after_initiation: Some(10),
                }),
                ..LifecycleRule::default()
            }],
        };
        let bytes = encode(&rules).unwrap();
        assert_eq!(decode::<LifecycleConfiguration>(&bytes).unwrap(), rules);
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "<LifecycleConfiguration><Rule><ID>r</ID><Prefix/><Status>Enabled</Status><Transition><Days>30</Days>\
             <StorageClass>WARM</StorageClass></Transition><AbortIncompleteMultipartUpload>\
             <DaysAfterInitiation>10</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>"
        );
    }

    #[test]
    fn bodies_are_those_of_the_official_sdk() {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let create = CreateBucketConfiguration {
            location: Some("eu-de".into()),
        };
        assert_eq!(
            text(encode(&create).unwrap()),
            "<CreateBucketConfiguration><Location>eu-de</Location></CreateBucketConfiguration>"
        );
        let class = StorageClass { class: "COLD".into() };
        assert_eq!(text(encode(&class).unwrap()), "<StorageClass>COLD</StorageClass>");
        let quota = Quota { storage_quota: Some(1) };
        assert_eq!(
            text(encode(&quota).unwrap()),
            "<Quota><StorageQuota>1</StorageQuota></Quota>"
        );
    }
}
