//! Diagnostics as JSON, in the shape of Terraform's `validate -json`, format 1.0. Adds `code`, `help` and `related`.

use crate::base::{Diag, Diags, Severity, SourceMap, Span};
use serde_json::{Value as Json, json};

/// The whole document: whether all is valid, counts, and the diagnostics in the order of their places, equal ones once.
pub fn diags_json(diags: &Diags, sources: &SourceMap) -> Json {
    let diags = &diags.clone().sorted();
    let of = |severity| diags.iter().filter(|d| d.severity == severity).count();
    json!({
        "format_version": "1.0",
        "valid": !diags.has_errors(),
        "error_count": of(Severity::Error),
        "warning_count": of(Severity::Warning),
        "diagnostics": diags.iter().map(|d| diag_json(d, sources)).collect::<Vec<_>>(),
    })
}

/// One diagnostic.
pub fn diag_json(diag: &Diag, sources: &SourceMap) -> Json {
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
    if let Some(help) = &diag.help {
        out["help"] = json!(help);
    }
    if let Some(span) = diag.span
        && sources.file(span.file).is_some()
    {
        out["range"] = range(span, sources);
        out["snippet"] = snippet(span, sources);
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
fn snippet(span: Span, sources: &SourceMap) -> Json {
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
        "context": context(text, first, start),
        "code": text.get(first..last).unwrap_or("").trim_end_matches('\r'),
        "start_line": sources.line_column(span.file, span.start).0,
        "highlight_start_offset": start - first,
        "highlight_end_offset": end - first,
        "values": [],
    })
}

/// The header of the block around a place: that of the line itself when a block begins there, else of the last line before it
/// that begins one at the left margin, unless that block ends before the place.
fn context(text: &str, line_start: usize, at: usize) -> Option<&str> {
    let begins = |line: &str| line.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let own = text.get(line_start..)?.lines().next().unwrap_or("");
    if let Some((header, _)) = own.split_once('{').filter(|(h, _)| begins(own) && !h.contains('=')) {
        return Some(header.trim_end()).filter(|_| at > line_start);
    }
    let before = text.get(..line_start)?.lines().rev();
    let mut margin = before.take_while(|l| !l.starts_with('}'));
    margin.find_map(|line| {
        let header = line.trim_end().strip_suffix('{')?.trim_end();
        (begins(line) && !header.contains('=')).then_some(header)
    })
}
