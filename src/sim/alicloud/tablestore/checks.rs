//! What the Tablestore documentation says about names, columns, options and delivery settings.
//! Pure; the error texts are ours where the documentation gives none.

use super::model::{EventTimeColumn, SchemaColumn, TaskConfig};
use super::reply::OtsError;
use crate::sim::alicloud::roles;
use crate::wire::codec::ots;
use std::collections::BTreeSet;

/// Instance names: 3 to 16 characters, letters, digits and `-`, beginning with a letter and not ending
/// with `-` (Tablestore naming conventions).
pub(super) fn instance_name(name: &str) -> bool {
    let b = name.as_bytes();
    (3..=16).contains(&b.len())
        && b.first().is_some_and(u8::is_ascii_alphabetic)
        && b.last() != Some(&b'-')
        && b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
}

/// Table and column names: 1 to 255 bytes, letters, digits and `_`, not beginning with a digit.
pub(super) fn identifier(name: &str) -> bool {
    let b = name.as_bytes();
    (1..=255).contains(&b.len())
        && !b.first().is_some_and(u8::is_ascii_digit)
        && b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_')
}

/// A table name that was sent and is valid.
pub(super) fn table_name(name: Option<&str>) -> Result<&str, OtsError> {
    match name {
        Some(name) if identifier(name) => Ok(name),
        other => Err(OtsError::invalid(format!(
            "Invalid table name: '{}'.",
            other.unwrap_or_default()
        ))),
    }
}

/// A delivery task name that was sent and is valid: 3 to 16 characters, lower-case letters, digits and
/// `-`, a letter or digit at both ends (Tablestore "Create delivery tasks").
pub(super) fn task_name(name: Option<&str>, lenient: bool) -> Result<&str, OtsError> {
    let name = name.unwrap_or_default();
    let ok = if lenient {
        !name.is_empty() && name.len() <= 255 && !name.contains('/')
    } else {
        let b = name.as_bytes();
        let plain = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        (3..=16).contains(&b.len())
            && b.iter().all(|c| plain(c) || *c == b'-')
            && b.first().is_some_and(plain)
            && b.last().is_some_and(plain)
    };
    if ok {
        Ok(name)
    } else {
        Err(OtsError::invalid(format!("Invalid task name: '{name}'.")))
    }
}

/// Reads and checks a task's settings.
pub(super) fn task_config(sent: Option<ots::OssTaskConfig>) -> Result<TaskConfig, OtsError> {
    let sent = sent.ok_or_else(|| OtsError::invalid("taskConfig is required."))?;
    if let Some(format) = sent.format {
        named::<ots::ObjectFormat>("format", format)?;
    }
    if let Some(formatter) = sent.formatter {
        named::<ots::TimeFormatter>("formatter", formatter)?;
    }
    let oss_prefix = filled("ossPrefix", sent.oss_prefix)?;
    prefix_variables(&oss_prefix)?;
    let oss_sts_role = filled("ossStsRole", sent.oss_sts_role)?;
    if roles::split_arn(&oss_sts_role).is_none() {
        return Err(OtsError::invalid(format!("Invalid ossStsRole: '{oss_sts_role}'.")));
    }
    let event_time_column = match sent.event_time_column {
        None => None,
        Some(column) => Some(EventTimeColumn {
            column_name: filled("eventTimeColumn.columnName", column.column_name)?,
            time_format: named::<ots::EventTimeFormat>(
                "eventTimeColumn.timeFormat",
                column.time_format.unwrap_or_default(),
            )?
            .as_api_name()
            .to_string(),
        }),
    };
    Ok(TaskConfig {
        oss_prefix,
        oss_dirty_prefix: sent.oss_dirty_prefix,
        oss_bucket: filled("ossBucket", sent.oss_bucket)?,
        oss_endpoint: filled("ossEndpoint", sent.oss_endpoint)?,
        oss_sts_role,
        event_time_column,
        schema: schema(sent.schema)?,
    })
}

fn schema(sent: Vec<ots::ParquetSchema>) -> Result<Vec<SchemaColumn>, OtsError> {
    if sent.is_empty() {
        return Err(OtsError::invalid("schema must have at least one column."));
    }
    let mut names = BTreeSet::new();
    let mut columns = Vec::with_capacity(sent.len());
    for column in sent {
        let kind = column
            .r#type
            .ok_or_else(|| OtsError::invalid("schema.type is required."))?;
        let oss_column_name = filled("schema.ossColumnName", column.oss_column_name)?;
        if !names.insert(oss_column_name.clone()) {
            return Err(OtsError::invalid(format!(
                "Duplicate ossColumnName: '{oss_column_name}'."
            )));
        }
        columns.push(SchemaColumn {
            column_name: filled("schema.columnName", column.column_name)?,
            oss_column_name,
            kind: named::<ots::ParquetType>("schema.type", kind)?
                .as_api_name()
                .to_string(),
            encode: named::<ots::ParquetEncoding>("schema.encode", column.encode.unwrap_or(0))?
                .as_api_name()
                .to_string(),
            type_extend: column.type_extend,
        });
    }
    Ok(columns)
}

fn filled(field: &str, value: Option<String>) -> Result<String, OtsError> {
    value
        .filter(|v| !v.is_empty())
        .ok_or_else(|| OtsError::invalid(format!("{field} is required.")))
}

/// The enumeration value of a number.
pub(super) fn named<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, OtsError> {
    E::try_from(number).map_err(|_| OtsError::invalid(format!("Invalid {field}: {number}.")))
}

/// Only `$yyyy $MM $dd $HH $mm` may follow a `$` (Tablestore "Create delivery tasks").
fn prefix_variables(prefix: &str) -> Result<(), OtsError> {
    let known = ["yyyy", "MM", "dd", "HH", "mm"];
    for part in prefix.split('$').skip(1) {
        if !known.iter().any(|v| part.starts_with(v)) {
            return Err(OtsError::invalid(format!("Invalid variable in ossPrefix: '{prefix}'.")));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, ok) in [
            ("abc", true),
            ("a-1", true),
            ("ab", false),
            ("1ab", false),
            ("abc-", false),
        ] {
            assert_eq!(instance_name(name), ok, "{name}");
        }
        for (name, ok) in [
            ("t", true),
            ("_t1", true),
            ("1t", false),
            ("a-b", false),
            ("", false),
            ("表", false),
        ] {
            assert_eq!(identifier(name), ok, "{name}");
        }
        for (name, strict, lenient) in [
            ("abc", true, true),
            ("a-b", true, true),
            ("ab", false, true),
            ("-ab", false, true),
            ("ab-", false, true),
            ("Abc", false, true),
            ("sampledeliverytask", false, true),
            ("", false, false),
            ("a/b", false, false),
        ] {
            assert_eq!(task_name(Some(name), false).is_ok(), strict, "{name}");
            assert_eq!(task_name(Some(name), true).is_ok(), lenient, "{name}");
        }
    }

    #[test]
    fn prefix_variables_are_the_documented_five() {
        for (prefix, ok) in [
            ("a/$yyyy$MM$dd/$HH/$mm", true),
            ("plain", true),
            ("$DD", false),
            ("a$", false),
            ("$年", false),
        ] {
            assert_eq!(prefix_variables(prefix).is_ok(), ok, "{prefix}");
        }
    }
}
