//! Diagnostics as JSON, in the shape of Terraform's `validate -json`, format 1.0. Adds `code`, `help` and `related`.

use crate::base::{Diag, Diags, FileId, Severity, SourceMap, Span};
use crate::lang::ast::Block;
use crate::lang::parse::parse_file;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// The whole document: whether all is valid, counts, and the diagnostics in the order of their places, equal ones once.
pub fn diags_json(diags: &Diags, sources: &SourceMap) -> Json {
    let diags = &diags.clone().sorted();
    let mut contexts = Contexts::default();
    let found: Vec<Json> = diags.iter().map(|d| one(d, sources, &mut contexts)).collect();
    let of = |severity| diags.iter().filter(|d| d.severity == severity).count();
    json!({
        "format_version": "1.0",
        "valid": !diags.has_errors(),
        "error_count": of(Severity::Error),
        "warning_count": of(Severity::Warning),
        "diagnostics": found,
    })
}

/// One diagnostic.
pub fn diag_json(diag: &Diag, sources: &SourceMap) -> Json {
    one(diag, sources, &mut Contexts::default())
}

/// One of several diagnostics.
pub(super) fn one(diag: &Diag, sources: &SourceMap, contexts: &mut Contexts) -> Json {
    let severity = match diag.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let mut out = json!({
        "severity": severity,
        "code": diag.code,
        "summary": diag.summary,
        "detail": diag.detail.as_deref().unwrap_or(""),
    });
    if let Some(address) = &diag.address {
        out["address"] = json!(address);
    }
    // The text under the place often says what was meant.
    if let Some(help) = diag.help.as_ref().or(diag.label.as_ref()) {
        out["help"] = json!(help);
    }
    if let Some(span) = diag.span
        && sources.file(span.file).is_some()
    {
        out["range"] = range(span, sources);
        out["snippet"] = snippet(span, sources, contexts);
    }
    let related = diag.related.iter().filter(|(s, _)| sources.file(s.file).is_some());
    let related: Vec<Json> = related
        .map(|(span, text)| json!({"message": text, "range": range(*span, sources)}))
        .collect();
    if !related.is_empty() {
        out["related"] = Json::Array(related);
    }
    out
}

fn range(span: Span, sources: &SourceMap) -> Json {
    let position = |byte: u32| {
        let (line, column) = sources.line_column(span.file, byte);
        json!({"line": line, "column": column, "byte": byte})
    };
    json!({
        "filename": sources.file(span.file).map_or("", |f| f.name.as_str()),
        "start": position(span.start),
        "end": position(span.end),
    })
}

/// The lines of the span, with offsets of the marked part in them.
fn snippet(span: Span, sources: &SourceMap, contexts: &mut Contexts) -> Json {
    let text = sources.file(span.file).map_or("", |f| &*f.text);
    let bytes = text.as_bytes();
    let start = (span.start as usize).min(bytes.len());
    let end = (span.end as usize).clamp(start, bytes.len());
    let first = bytes[..start].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let last = bytes[end..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(bytes.len(), |i| end + i);
    json!({
        "context": contexts.header(span, sources),
        "code": text.get(first..last).unwrap_or("").trim_end_matches('\r'),
        "start_line": sources.line_column(span.file, span.start).0,
        "highlight_start_offset": start - first,
        "highlight_end_offset": end - first,
        "values": [],
    })
}

/// The blocks of files at the outermost level: each is read once, however many diagnostics are about it.
#[derive(Default)]
pub(super) struct Contexts {
    files: HashMap<FileId, Vec<(Span, String)>>,
}

impl Contexts {
    /// The header of the block that a place lies in, from behind its first byte on.
    fn header(&mut self, span: Span, sources: &SourceMap) -> Option<&str> {
        let header = |b: Block| {
            let labels = b.labels.iter().map(|l| format!(" \"{}\"", l.text));
            (b.span, format!("{}{}", b.kind.text, labels.collect::<String>()))
        };
        let read = || {
            parse_file(sources, span.file)
                .0
                .blocks
                .into_iter()
                .map(header)
                .collect()
        };
        let blocks = self.files.entry(span.file).or_insert_with(read);
        let inside = |b: &&(Span, String)| b.0.start < span.start && span.start <= b.0.end;
        blocks.iter().find(inside).map(|(_, header)| header.as_str())
    }
}
