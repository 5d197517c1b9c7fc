//! Diagnostics as plain paragraphs, each beginning with `Error:` or `Warning:` as Terraform without colors has them: for
//! programs that read what a command said. Decides form only.

use super::layout::clean;
use crate::base::{Diag, Diags, Severity, SourceMap, Span};

/// The paragraphs of all diagnostics in the order of their places, those of one place in the order they came up; what says
/// the same stands once.
pub fn plain_diags(diags: &Diags, sources: &SourceMap) -> String {
    let mut sorted: Vec<&Diag> = diags.iter().collect();
    sorted.sort_by_key(|d| d.span);
    let mut paragraphs: Vec<String> = Vec::new();
    for diag in sorted {
        let paragraph = plain_diag(diag, sources);
        if !paragraphs.contains(&paragraph) {
            paragraphs.push(paragraph);
        }
    }
    paragraphs.join("\n")
}

fn plain_diag(diag: &Diag, sources: &SourceMap) -> String {
    let kind = match diag.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Info => "Note",
    };
    let mut out = format!("{kind}: {}\n", diag.summary);
    if let Some(span) = diag.span {
        out.push_str(&place(span, sources));
    }
    if let Some(detail) = &diag.detail {
        out.push_str(&format!("\n{detail}\n"));
    }
    out.lines().map(|line| clean(line) + "\n").collect()
}

/// The file with the line; and the line itself, where it is one of a file.
fn place(span: Span, sources: &SourceMap) -> String {
    let name = sources.file(span.file).map_or("", |f| f.name.as_str());
    let (line, _) = sources.line_column(span.file, span.start);
    let source = match sources
        .file(span.file)
        .and_then(|f| f.text.lines().nth(line.saturating_sub(1)))
    {
        Some(text) if !name.starts_with('<') => format!("{line}: {text}"),
        // What was typed stands in no file.
        _ => "(source code not available)".to_owned(),
    };
    format!("\n  on {name} line {line}:\n  {source}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_paragraph_with_its_place() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.tf", "x = 1\ny = 2\n");
        let span = Span { file, start: 6, end: 7 };
        let diags = Diags::from(Diag::error("HW0001", "Wrong").detail("It is not right.").at(span));
        assert_eq!(
            plain_diags(&diags, &sources),
            "Error: Wrong\n\n  on a.tf line 2:\n  2: y = 2\n\nIt is not right.\n"
        );
    }
}
