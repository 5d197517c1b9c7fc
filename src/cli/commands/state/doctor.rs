//! `headworks state doctor` and `headworks doctor`: everything that may be wrong with the state, each with why it matters and
//! what to do. Ends with 0 when there is nothing, with 1 otherwise. Writes nothing.

use super::unlock::{age, life};
use crate::cli::args::DoctorArgs;
use crate::cli::pipeline::{registry, state_path};
use crate::cli::{CommandResult, Context, Exit, locking};
use crate::engine::rows;
use crate::report::clean;
use crate::store::Holder;
use crate::store::health::{self, Examination, Finding};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Rows of unknown types that are told one by one.
const TOLD_MAX: usize = 20;

/// Runs the command.
pub fn run(cx: &Context, args: &DoctorArgs) -> CommandResult {
    let path = state_path(cx);
    let here = Holder::this_process("", "doctor");
    let mut seen = health::examine(&path, &here, &locking::outlook());
    let more = unknown_rows(&seen)?;
    seen.findings.extend(more);
    match args.json {
        true => cx.output.json(&as_json(&path.display().to_string(), &seen)),
        false => cx.output.data(&as_text(&path.display().to_string(), &seen)),
    }
    Ok(match seen.findings.is_empty() {
        true => Exit::Fine,
        false => Exit::Error,
    })
}

/// Rows whose type this program does not have, or has otherwise.
fn unknown_rows(seen: &Examination) -> Result<Vec<Finding>, crate::cli::Failure> {
    let registry = registry()?;
    let mut found = Vec::new();
    let providers: Vec<&str> = registry.providers().chain(["terraform"]).collect();
    for row in &seen.rows {
        if let Err(diag) = rows::prior(row, &registry) {
            found.push(Finding::new(
                "types",
                format!("{}: {}", row.key(), diag.detail.unwrap_or(diag.summary)),
                "no command can plan with a state that has such an object",
                diag.help.unwrap_or_else(|| {
                    "use the headworks that wrote it, or drop the row with `headworks state rm ADDRESS`".to_string()
                }),
            ));
            continue;
        }
        let name = row.provider.split('.').next().unwrap_or_default();
        if !providers.contains(&name) {
            found.push(Finding::new(
                "types",
                format!(
                    "{} has provider {:?}, which this headworks does not have",
                    row.key(),
                    row.provider
                ),
                "nothing can look at the object, change it or delete it",
                format!("headworks state replace-provider {} NAME", row.provider),
            ));
        }
    }
    let more = found.len().saturating_sub(TOLD_MAX);
    found.truncate(TOLD_MAX);
    if more > 0 {
        found.push(Finding::new(
            "types",
            format!("{more} more objects are like these"),
            "see above",
            "see above",
        ));
    }
    Ok(found)
}

fn size(bytes: u64) -> String {
    match bytes {
        b if b < 10 * 1024 => format!("{b} B"),
        b if b < 10 * 1024 * 1024 => format!("{} KiB", b / 1024),
        b => format!("{} MiB", b / 1024 / 1024),
    }
}

fn as_text(path: &str, seen: &Examination) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: String| out.push_str(&format!("{name:<9} {}\n", clean(&value)));
    match seen.exists {
        false => fact("state", format!("{path}: none yet")),
        true => fact(
            "state",
            format!("{path}, {} and {} of log", size(seen.bytes), size(seen.log_bytes)),
        ),
    }
    if let Some(format) = seen.format {
        fact(
            "format",
            format!("{format}; this headworks has {}", health::newest_format()),
        );
    }
    if let Some(serial) = seen.serial {
        let lineage = seen.lineage.as_deref().unwrap_or("none yet");
        fact("lineage", format!("{lineage}, serial {serial}"));
        let encrypted = if seen.encrypted { ", encrypted" } else { "" };
        let content = format!("{} objects, {} outputs{encrypted}", seen.rows.len(), seen.outputs);
        fact("content", content);
        fact("lock", lock_text(seen));
    }
    for (i, copy) in seen.copies.iter().enumerate() {
        let name = if i == 0 { "copies" } else { "" };
        fact(name, format!("{}, {}", copy.name, size(copy.bytes)));
    }
    if seen.findings.is_empty() {
        out.push_str("\nHealthy: nothing is wrong with the state.\n");
        return out;
    }
    out.push_str(&format!(
        "\n{} found:\n",
        match seen.findings.len() {
            1 => "1 problem".to_string(),
            n => format!("{n} problems"),
        }
    ));
    for (i, finding) in seen.findings.iter().enumerate() {
        out.push_str(&format!("\n{}. {}: {}\n", i + 1, finding.check, clean(&finding.what)));
        out.push_str(&format!("   why:  {}\n", clean(&finding.why)));
        out.push_str(&format!("   help: {}\n", clean(&finding.todo)));
    }
    out
}

fn lock_text(seen: &Examination) -> String {
    let Some(info) = &seen.lock else {
        return "free".to_string();
    };
    let held = Timestamp::now().duration_since(info.acquired_at).as_secs();
    let h = &info.holder;
    format!(
        "held by {}@{} (process {}, {}) for {}. {}",
        h.who,
        h.host,
        h.pid,
        h.command,
        age(held),
        life(h).in_words()
    )
}

fn as_json(path: &str, seen: &Examination) -> Json {
    let finding = |f: &Finding| json!({"check": f.check, "what": f.what, "why": f.why, "help": f.todo});
    let lock = seen.lock.as_ref().map(|info| {
        json!({
            "who": info.holder.who,
            "host": info.holder.host,
            "process": info.holder.pid,
            "command": info.holder.command,
            "run": info.run.map(|run| run.0),
            "acquired_at": info.acquired_at.to_string(),
            "expires_at": info.expires_at.to_string(),
        })
    });
    json!({
        "format_version": "1.0",
        "healthy": seen.findings.is_empty(),
        "state": {
            "path": path,
            "exists": seen.exists,
            "bytes": seen.bytes,
            "log_bytes": seen.log_bytes,
            "format": seen.format,
            "newest_format": health::newest_format(),
            "lineage": seen.lineage,
            "serial": seen.serial,
            "encrypted": seen.encrypted,
            "objects": seen.rows.len(),
            "outputs": seen.outputs,
            "lock": lock,
            "copies": seen.copies.iter().map(|c| json!({"name": c.name, "bytes": c.bytes})).collect::<Vec<_>>(),
        },
        "findings": seen.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
