//! Databases and tables of DLI as objects of the world. Names are kept in lower case, as DLI keeps them.

use crate::sim::world::Object;
use serde::{Deserialize, Serialize};

/// A database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    /// Project that it is in.
    pub project: String,
    /// Name in lower case.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// User who owns it.
    pub owner: String,
    /// Enterprise project.
    pub enterprise_project_id: String,
    /// Server-made id, for tags.
    pub resource_id: String,
    /// Tags in the order given.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// Creation time, Unix ms.
    pub created_ms: i64,
}

impl Object for Database {
    const KIND: &'static str = "dli_database";
    fn key(&self) -> String {
        format!("{}/{}", self.project, self.name)
    }
}

/// A table or view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// Project that it is in.
    pub project: String,
    /// Database that it is in, in lower case.
    pub database: String,
    /// Name in lower case.
    pub name: String,
    /// `DLI`, `OBS` or `VIEW`.
    pub data_location: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// User who owns it.
    pub owner: String,
    /// Columns, those of partitions last.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// Format of the files of an OBS table.
    #[serde(default)]
    pub data_type: Option<String>,
    /// Folder of the files of an OBS table.
    #[serde(default)]
    pub data_path: Option<String>,
    /// Options of CSV and JSON files, as a description names them.
    #[serde(default)]
    pub storage_properties: Vec<(String, String)>,
    /// Statement of a view.
    #[serde(default)]
    pub select_statement: Option<String>,
    /// Creation time, Unix ms.
    pub created_ms: i64,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    /// Name in lower case.
    pub column_name: String,
    /// Type in lower case.
    #[serde(rename = "type")]
    pub ty: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Whether it divides the table into partitions.
    #[serde(default)]
    pub is_partition_column: bool,
}

impl Object for Table {
    const KIND: &'static str = "dli_table";
    fn key(&self) -> String {
        format!("{}/{}/{}", self.project, self.database, self.name)
    }
}

impl Table {
    /// The kind in the words of replies.
    pub(super) fn table_type(&self) -> &'static str {
        match self.data_location.as_str() {
            "DLI" => "MANAGED",
            "OBS" => "EXTERNAL",
            _ => "VIEW",
        }
    }
}
