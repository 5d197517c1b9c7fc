//! Saved plans as files: written for this user only, read with a clear error, and matched with the state they are for.

use super::pipeline::Planned;
use super::{Context, Failure, codes};
use crate::base::{Diag, Marks, Str, Value};
use crate::plan::file::{self, SavedPlan};
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
    let (text, digest) = file::encode(&saved);
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

/// Reads a plan with its digest.
///
/// # Errors
/// It can't be read, is no plan, or was changed.
pub fn read(path: &Path) -> Result<(SavedPlan, String), Failure> {
    let text = super::load::read_text(path)?;
    file::decode(&text).map_err(|e| {
        Diag::error(codes::PLAN_FILE, format!("{} can't be used", path.display()))
            .detail(format!("{e}."))
            .help("make a new plan with `headworks plan -out=FILE`")
            .into()
    })
}
