//! Buckets and objects as the world keeps them.

use crate::sim::world::Object;
use serde::{Deserialize, Serialize};

/// A bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Name, unique over all accounts.
    pub name: String,
    /// Uid of the owner.
    pub account: String,
    /// Region, such as `cn-hangzhou`.
    pub region: String,
    /// Creation time, Unix ms.
    pub created_ms: i64,
    /// `private`, `public-read` or `public-read-write`.
    pub acl: String,
    /// `Standard`, `IA`, `Archive`, `ColdArchive` or `DeepColdArchive`.
    pub storage_class: String,
    /// `LRS` or `ZRS`.
    pub redundancy: String,
    /// Resource group id.
    pub resource_group_id: String,
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
}

/// Default server-side encryption of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// `AES256`, `KMS` or `SM4`.
    pub algorithm: String,
    /// Key id for `KMS`; empty for the default key.
    #[serde(default)]
    pub kms_key: String,
    /// `SM4` or empty: how `KMS` encrypts the data.
    #[serde(default)]
    pub kms_data_encryption: String,
}

impl Object for Bucket {
    const KIND: &'static str = "oss_bucket";
    fn key(&self) -> String {
        self.name.clone()
    }
}

/// An object in a bucket; its content is not kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredObject {
    /// The bucket.
    pub bucket: String,
    /// The object's name.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// MD5 in upper-case hexadecimal, as ETags show it.
    pub etag: String,
    /// Time of the last write, Unix ms.
    pub modified_ms: i64,
}

impl Object for StoredObject {
    const KIND: &'static str = "oss_object";
    fn key(&self) -> String {
        format!("{}/{}", self.bucket, self.name)
    }
}
