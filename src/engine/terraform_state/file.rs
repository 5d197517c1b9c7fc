//! The form of Terraform's state file, version 4, as far as it is needed. Fields that are not known are passed over, as newer
//! programs add some; a wrong form is an error that names its place.

use crate::base::InstanceKey;
use crate::base::json::{check_depth, from_json, to_json, type_from_json, type_to_json};
use crate::store::OutputRow;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Why a text is no state file that can be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No JSON, or not of this form.
    #[error("{0}")]
    Form(String),
    /// A version that is not known.
    #[error("it has version {0}, and version 4 is known")]
    Version(u64),
    /// A document of this program.
    #[error("it is a document of `headworks state pull`")]
    Ours,
    /// Encrypted as a whole.
    #[error("it is encrypted")]
    Encrypted,
    /// One object, two entries.
    #[error("it has {0} twice")]
    Twice(String),
}

impl FileError {
    /// What the user can do.
    pub fn help(&self) -> &'static str {
        match self {
            FileError::Version(0..4) => "a newer Terraform upgrades it: `terraform apply -refresh-only`",
            FileError::Ours => "headworks state push FILE",
            FileError::Encrypted => "let `tofu state pull` print it in clear, into a file that only you can read",
            _ => "`terraform state pull` prints such files",
        }
    }
}

/// A state file.
#[derive(Debug, Deserialize)]
pub struct TerraformFile {
    /// The version of Terraform that wrote it.
    #[serde(default)]
    pub terraform_version: String,
    /// Its serial.
    #[serde(default)]
    pub serial: u64,
    #[serde(default)]
    pub(super) outputs: BTreeMap<String, FileOutput>,
    #[serde(default)]
    pub(super) resources: Vec<FileResource>,
}

#[derive(Deserialize)]
struct Header {
    version: Option<u64>,
    format: Option<serde::de::IgnoredAny>,
    encrypted_data: Option<serde::de::IgnoredAny>,
}

impl TerraformFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no state file of version 4.
    pub fn parse(text: &str) -> Result<TerraformFile, FileError> {
        let form = |e: serde_json::Error| FileError::Form(e.to_string());
        check_depth(text).map_err(FileError::Form)?;
        let header: Header = serde_json::from_str(text).map_err(form)?;
        if header.encrypted_data.is_some() {
            return Err(FileError::Encrypted);
        }
        match header.version {
            _ if header.format.is_some() => return Err(FileError::Ours),
            None => return Err(FileError::Form("it does not say its version".to_string())),
            Some(4) => {}
            Some(version) => return Err(FileError::Version(version)),
        }
        serde_json::from_str(text).map_err(form)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct FileOutput {
    value: Json,
    #[serde(rename = "type")]
    ty: Json,
    #[serde(default)]
    sensitive: bool,
}

impl FileOutput {
    /// The output as a row.
    pub(super) fn row(&self, name: &str) -> Result<OutputRow, String> {
        let ty = type_from_json(&self.ty).ok_or("its type is none that is known")?;
        let value = from_json(&self.value, &ty).map_err(|e| format!("its value does not fit its type: {e}"))?;
        Ok(OutputRow {
            name: name.to_string(),
            value: to_json(&value).to_string(),
            ty: type_to_json(&ty).to_string(),
            sensitive: self.sensitive,
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct FileResource {
    pub(super) module: Option<String>,
    pub(super) mode: String,
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) provider: String,
    #[serde(default)]
    pub(super) instances: Vec<FileInstance>,
}

impl FileResource {
    /// The address of the block, as the file has it.
    pub(super) fn address(&self) -> String {
        let module = match self.module.as_deref() {
            None | Some("") => String::new(),
            Some(module) => format!("{module}."),
        };
        let data = if self.mode == "data" { "data." } else { "" };
        format!("{module}{data}{}.{}", self.type_name, self.name)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct FileInstance {
    pub(super) index_key: Option<Json>,
    pub(super) status: Option<String>,
    pub(super) deposed: Option<String>,
    #[serde(default)]
    pub(super) schema_version: u64,
    pub(super) attributes: Option<Map<String, Json>>,
    pub(super) sensitive_attributes: Option<Vec<Vec<FileStep>>>,
    #[serde(default)]
    pub(super) dependencies: Vec<String>,
    #[serde(default)]
    pub(super) create_before_destroy: bool,
}

impl FileInstance {
    /// The key as an address has it.
    pub(super) fn key_text(&self) -> String {
        match &self.index_key {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(key)) => InstanceKey::Key(key.as_str().into()).to_string(),
            Some(other) => format!("[{other}]"),
        }
    }
}

/// One step of the path of a sensitive attribute.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub(super) enum FileStep {
    /// An attribute.
    GetAttr(String),
    /// An element.
    Index(FileIndex),
}

#[derive(Debug, Deserialize)]
pub(super) struct FileIndex {
    pub(super) value: Json,
}
