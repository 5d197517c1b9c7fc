//! `headworks fmt`: puts files into canonical form. Ends with 3 when -check finds a file that is not, and with 2 when one
//! can't be read, as Terraform does.

use crate::base::{Diags, SourceMap};
use crate::cli::args::FmtArgs;
use crate::cli::{CommandResult, Context, Exit, Failure, codes, load};
use crate::lang::fmt::format;
use similar::TextDiff;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(cx: &Context, args: &FmtArgs) -> CommandResult {
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        return standard_input(cx, args);
    }
    let mut diags = Diags::new();
    let mut sources = SourceMap::default();
    let mut differing = 0;
    for path in files(cx, args)? {
        let text = match load::read_text(&path) {
            Ok(text) => text,
            Err(diag) => {
                diags.push(diag);
                continue;
            }
        };
        let name = shown(cx, &path);
        let id = sources.add(name.as_str(), text.as_str());
        match format(&text) {
            Ok(formatted) => {
                if formatted != text {
                    differing += 1;
                    changed(cx, args, (&path, &name), &text, &formatted)?;
                }
                if !args.list && !args.write && !args.diff && !args.check {
                    cx.output.raw(&formatted);
                }
            }
            Err(found) => diags.extend(found.into_iter().map(|d| in_file(d, id)).collect()),
        }
    }
    cx.output.diags(&diags, &sources);
    Ok(if diags.has_errors() {
        Exit::Changes
    } else if args.check && differing > 0 {
        Exit::Three
    } else {
        Exit::Fine
    })
}

/// The formatter sees one text and does not know which file it is.
fn in_file(mut diag: crate::base::Diag, file: crate::base::FileId) -> crate::base::Diag {
    if let Some(span) = &mut diag.span {
        span.file = file;
    }
    for (span, _) in &mut diag.related {
        span.file = file;
    }
    diag
}

/// A path as the user would write it.
fn shown(cx: &Context, path: &Path) -> String {
    path.strip_prefix(&cx.directory).unwrap_or(path).display().to_string()
}

fn show_diff(cx: &Context, name: &str, text: &str, formatted: &str) {
    let diff = TextDiff::from_lines(text, formatted);
    let old = format!("old/{name}");
    let new = format!("new/{name}");
    cx.output.data(&diff.unified_diff().header(&old, &new).to_string());
}

fn changed(
    cx: &Context,
    args: &FmtArgs,
    (path, name): (&Path, &str),
    text: &str,
    formatted: &str,
) -> Result<(), Failure> {
    if args.list {
        cx.output.data(name);
    }
    if args.diff {
        show_diff(cx, name, text, formatted);
    }
    if args.write && !args.check {
        std::fs::write(path, formatted).map_err(|e| {
            crate::base::Diag::error(codes::FILE, format!("The file {} can't be written", path.display()))
                .detail(e.to_string())
        })?;
    }
    Ok(())
}

fn standard_input(cx: &Context, args: &FmtArgs) -> CommandResult {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| crate::base::Diag::error(codes::FILE, "Standard input can't be read").detail(e.to_string()))?;
    match format(&text) {
        Ok(formatted) => {
            if args.diff && formatted != text {
                show_diff(cx, "<stdin>", &text, &formatted);
            } else if !args.check && !args.diff {
                cx.output.raw(&formatted);
            }
            let differs = args.check && formatted != text;
            Ok(if differs { Exit::Three } else { Exit::Fine })
        }
        Err(diags) => {
            let mut sources = SourceMap::default();
            sources.add("<stdin>", text);
            cx.output.diags(&diags, &sources);
            Ok(Exit::Changes)
        }
    }
}

/// Files in other languages, JSON among them, are not for this command.
fn refuse_others(cx: &Context, path: &Path) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !path.exists() || [".tf", ".tfvars", ".hcl"].iter().any(|e| name.ends_with(e)) {
        return Ok(());
    }
    let diag = crate::base::Diag::error(codes::FILE, format!("The file {} can't be formatted", shown(cx, path)))
        .detail("Only .tf, .tfvars and .hcl files can be processed with headworks fmt.");
    Err(diag.into())
}

fn files(cx: &Context, args: &FmtArgs) -> Result<Vec<PathBuf>, Failure> {
    let mut out = Vec::new();
    let mut open: Vec<PathBuf> = args.paths.iter().map(|p| cx.directory.join(p)).collect();
    if open.is_empty() {
        open.push(cx.directory.clone());
    }
    while let Some(path) = open.pop() {
        if !path.is_dir() {
            refuse_others(cx, &path)?;
            out.push(path);
            continue;
        }
        let native = |p: &PathBuf| p.extension().is_none_or(|e| e != "json");
        out.extend(load::configuration_files(&path)?.into_iter().filter(native));
        let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".tfvars") {
                out.push(entry.path());
            } else if args.recursive && entry.file_type().is_ok_and(|t| t.is_dir()) && !name.starts_with('.') {
                open.push(entry.path());
            }
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}
