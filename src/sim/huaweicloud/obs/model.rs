//! Buckets, objects and unfinished uploads as the world keeps them.

use crate::sim::huaweicloud::DEMO_DOMAIN;
use crate::sim::world::Object;
use serde::{Deserialize, Serialize};

/// A bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Name, unique over all accounts.
    pub name: String,
    /// Id of the account that owns it.
    #[serde(default = "demo_domain")]
    pub owner: String,
    /// Region, such as `cn-north-4`.
    pub region: String,
    /// Creation time, Unix ms.
    pub created_ms: i64,
    /// Canned access control list: `private`, `public-read`, `public-read-write` or one of the latter two with
    /// `-delivered`.
    pub acl: String,
    /// `STANDARD`, `WARM` or `COLD`.
    pub storage_class: String,
    /// Permissions of other accounts.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Whether it is a parallel file system.
    #[serde(default)]
    pub parallel_fs: bool,
    /// Whether the data lies in several zones.
    #[serde(default)]
    pub multi_az: bool,
    /// Enterprise project.
    #[serde(default = "default_project")]
    pub enterprise_project_id: String,
    /// `Enabled`, `Suspended`, or none when it was never set.
    #[serde(default)]
    pub versioning: Option<String>,
    /// Tags in the order given.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// Default encryption.
    #[serde(default)]
    pub encryption: Option<Encryption>,
    /// The `LifecycleConfiguration` document as it was put.
    #[serde(default)]
    pub lifecycle: Option<String>,
    /// Bytes that it may hold; 0 for no limit.
    #[serde(default)]
    pub quota: u64,
    /// The `BucketLoggingStatus` document as it was put.
    #[serde(default)]
    pub logging: Option<String>,
    /// The `CORSConfiguration` document as it was put.
    #[serde(default)]
    pub cors: Option<String>,
    /// The policy as it was put, JSON.
    #[serde(default)]
    pub policy: Option<String>,
    /// The `WebsiteConfiguration` document as it was put.
    #[serde(default)]
    pub website: Option<String>,
    /// Domain names of the user's own, with the time they were bound, Unix ms.
    #[serde(default)]
    pub domains: Vec<(String, i64)>,
    /// The site of the user's own that it lies on, where it lies on one.
    #[serde(default)]
    pub site: Option<String>,
}

fn demo_domain() -> String {
    DEMO_DOMAIN.to_string()
}

fn default_project() -> String {
    "0".to_string()
}

/// A permission of another account or of everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Account id, or `Everyone`.
    pub grantee: String,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
    /// Whether it is one for the objects too.
    #[serde(default)]
    pub delivered: bool,
}

/// Default server-side encryption of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// `kms` or `AES256`.
    pub algorithm: String,
    /// Key id for `kms`; empty for the default key.
    #[serde(default)]
    pub kms_key: String,
    /// Project of that key.
    #[serde(default)]
    pub project: String,
    /// How data is encrypted with `kms`: `SM4`, or empty for AES256.
    #[serde(default)]
    pub data: String,
    /// Whether the bucket has a key of its own.
    #[serde(default)]
    pub bucket_key: bool,
}

impl Object for Bucket {
    const KIND: &'static str = "obs_bucket";
    fn key(&self) -> String {
        self.name.clone()
    }
}

/// One version of an object in a bucket; its content is not kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredObject {
    /// The bucket.
    pub bucket: String,
    /// The object's name.
    pub name: String,
    /// Version id; `null` for one that was written without versioning.
    pub version: String,
    /// Number of the write: a greater one is newer.
    pub sequence: u64,
    /// Whether it only says that the object was deleted.
    #[serde(default)]
    pub delete_marker: bool,
    /// Length in bytes.
    pub size: u64,
    /// MD5 in hexadecimal, as ETags show it.
    pub etag: String,
    /// Time of the write, Unix ms.
    pub modified_ms: i64,
}

impl Object for StoredObject {
    const KIND: &'static str = "obs_object";
    fn key(&self) -> String {
        version_key(&self.bucket, &self.name, &self.version)
    }
}

/// The key of one version.
pub(super) fn version_key(bucket: &str, name: &str, version: &str) -> String {
    match version {
        "null" => format!("{bucket}/{name}"),
        version => format!("{bucket}/{name}?versionId={version}"),
    }
}

/// An upload in parts that was begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The bucket.
    pub bucket: String,
    /// The object's name.
    pub name: String,
    /// Id of the upload.
    pub upload_id: String,
    /// When it began, Unix ms.
    pub begun_ms: i64,
}

impl Object for Upload {
    const KIND: &'static str = "obs_upload";
    fn key(&self) -> String {
        format!("{}/{}", self.bucket, self.upload_id)
    }
}
