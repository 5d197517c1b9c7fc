//! Saved plans as files: written for this user only, read with a clear error, and matched with the state they are for.

use super::load::{configuration_files, read_text};
use super::pipeline::Planned;
use super::{Context, Failure, codes};
use crate::base::{Diag, Marks, Str, Value};
use crate::plan::file::{self, SavedPlan};
use crate::store::FingerprintKey;
use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a plan; the file is complete or not there. Returns its digest.
///
/// # Errors
/// The file can't be written.
pub fn write(cx: &Context, planned: &Planned, path: &Path) -> Result<String, Diag> {
    let withheld: Vec<Str> = planned
        .plan
        .variables
        .iter()
        .filter(|(_, v)| hidden(v))
        .map(|(name, _)| name.clone())
        .collect();
    let mut plan = planned.plan.clone();
    plan.variables.retain(|name, _| !withheld.contains(name));
    let texts = planned.loaded.files.iter().map(|(name, id)| {
        let text = planned.loaded.sources.file(*id).map(|f| f.text.to_string());
        (name.clone(), text.unwrap_or_default())
    });
    let saved = SavedPlan {
        plan,
        tool_version: env!("CARGO_PKG_VERSION").to_string(),
        created_at: planned.made_at.to_string(),
        lineage: planned.state.snapshot.lineage.clone(),
        serial: planned.state.snapshot.serial,
        sim: cx.sim,
        sources: texts.collect(),
        given: withheld
            .iter()
            .filter(|name| planned.loaded.given.contains_key(*name))
            .cloned()
            .collect(),
        withheld,
    };
    let sealed = |key: &FingerprintKey| file::encode_sealed(&saved, &|digest| key.seal_plan(digest));
    let (text, digest) = planned.state.key.as_ref().map_or_else(|| file::encode(&saved), sealed);
    let fail = |e: std::io::Error| {
        Diag::error(codes::FILE, format!("The plan can't be written to {}", path.display())).detail(e.to_string())
    };
    let partial = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    let mut out = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .map_err(fail)?;
    out.write_all(text.as_bytes())
        .and_then(|()| out.sync_all())
        .map_err(fail)?;
    std::fs::rename(&partial, path).map_err(fail)?;
    Ok(digest)
}

/// A sensitive or ephemeral value stays out of the file and is given again.
fn hidden(value: &Value) -> bool {
    let marks = value.marks_deep();
    marks.contains(Marks::SENSITIVE) || marks.contains(Marks::EPHEMERAL)
}

/// A plan that was read from a file.
#[derive(Debug)]
pub struct Saved {
    /// The plan.
    pub plan: SavedPlan,
    /// The digest over all of it.
    pub digest: String,
    /// What shows that it was written by somebody who holds the state.
    pub seal: Option<String>,
}

/// Reads a plan. Its digest fits; whether its seal does, only the state can tell.
///
/// # Errors
/// It can't be read, is no plan, or was changed.
pub fn read(path: &Path) -> Result<Saved, Failure> {
    let text = read_text(path)?;
    let (plan, digest, seal) = file::decode_sealed(&text).map_err(|e| {
        Diag::error(codes::PLAN_FILE, format!("{} can't be used", path.display()))
            .detail(format!("{e}."))
            .help("make a new plan with `headworks plan -out=FILE`")
    })?;
    Ok(Saved { plan, digest, seal })
}

/// Refuses a plan with another digest than the one that was reviewed.
///
/// # Errors
/// It has another.
pub fn expect(saved: &Saved, expected: &str) -> Result<(), Diag> {
    let digest = expected.strip_prefix("sha256:").unwrap_or(expected);
    if digest.eq_ignore_ascii_case(&saved.digest) {
        return Ok(());
    }
    let wanted = match digest.len() == saved.digest.len() && digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => format!("It has digest {}, and -expect-digest asks for {digest}.", saved.digest),
        false => format!(
            "-expect-digest={expected} is no digest: it has {} hexadecimal digits.",
            saved.digest.len()
        ),
    };
    Err(Diag::error(codes::PLAN_FILE, "The saved plan is not the one expected")
        .detail(wanted)
        .help("apply the plan that was reviewed; `headworks plan -out=FILE` prints the digest of a plan"))
}

/// Whether two versions understand each other's plans. Before 1.0 the second number is what the first one is later.
pub fn same_major(one: &str, other: &str) -> bool {
    let major = |version: &str| {
        let mut parts = version.split('.');
        let first = parts.next().unwrap_or_default().to_string();
        let second = parts.next().filter(|_| first == "0").unwrap_or_default().to_string();
        (first, second)
    };
    major(one) == major(other)
}

/// The first digits of a name or digest.
pub fn short(text: &str) -> String {
    text.chars().take(8).collect()
}

/// How the configuration files of a directory differ from those that a plan was made from. A directory without any, as where
/// a pipeline only applies, does not differ.
///
/// # Errors
/// A directory can't be read.
pub fn differences(directory: &Path, sources: &[(String, String)]) -> Result<Vec<String>, Failure> {
    if configuration_files(directory)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (name, planned) in sources {
        let path = directory.join(name);
        if !path.exists() {
            found.push(format!("{name} is gone"));
            continue;
        }
        if read_text(&path)? != *planned {
            found.push(format!("{name} is different"));
        }
    }
    let parts = sources
        .iter()
        .map(|(name, _)| name.rsplit_once('/').map_or(".", |(d, _)| d));
    for part in parts.collect::<BTreeSet<_>>() {
        let within = directory.join(part);
        if !within.is_dir() {
            continue;
        }
        for path in configuration_files(&within)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = match part {
                "." => name.into_owned(),
                part => format!("{part}/{name}"),
            };
            if !sources.iter().any(|(known, _)| *known == name) {
                found.push(format!("{name} is new"));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_release_the_second_number_counts() {
        for (one, other, same) in [
            ("1.2.3", "1.9.0", true),
            ("1.2.3", "2.2.3", false),
            ("0.1.0", "0.1.9", true),
            ("0.1.0", "0.2.0", false),
            ("0.1.0", "1.1.0", false),
            ("", "0.1.0", false),
        ] {
            assert_eq!(same_major(one, other), same, "{one} {other}");
        }
    }
}
