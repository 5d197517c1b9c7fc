//! The two streams: data on standard output, everything else on standard error. The only place that prints, and so the place
//! where secrets that this process knows are masked, but for what the user asks for by name.

use super::terminal;
use crate::base::mask::{mask, mask_json};
use crate::base::{Diag, Diags, SourceMap};
use crate::report::{Style, render_diags};
use std::io::{IsTerminal, Write};

/// Where a command prints.
pub struct Output {
    /// How texts on standard output look.
    pub out: Style,
    /// How texts on standard error look.
    pub err: Style,
}

impl Output {
    /// Looks at the terminal and the environment.
    pub fn new(no_color: bool) -> Self {
        let env = super::environment;
        let set = |name: &str| env(name).is_some_and(|v| !v.is_empty());
        let dumb = env("TERM").is_some_and(|t| t == "dumb");
        let style = |terminal: bool, width: Option<usize>| Style {
            color: !no_color && !set("NO_COLOR") && !dumb && (terminal && !set("CI") || set("FORCE_COLOR")),
            width: width.unwrap_or(100).clamp(40, 160),
            unicode: !dumb,
        };
        let columns = terminal_width();
        Self {
            out: style(std::io::stdout().is_terminal(), columns),
            err: style(std::io::stderr().is_terminal(), columns),
        }
    }

    /// Prints data. A closed pipe ends the program quietly, as other tools do.
    pub fn data(&self, text: &str) {
        self.demanded(&mask(text));
    }

    /// Prints data that the user asks for by its name, secrets and all: an output, an expression.
    pub fn demanded(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // What a program reads must be what it is; what a terminal gets must not steer it.
        let safe = match out.is_terminal() {
            true => terminal::safe(text, self.out.color),
            false => text.into(),
        };
        let _ = out.write_all(safe.as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
    }

    /// Prints data that the user asks for by its name exactly as it is, secrets and all.
    pub fn raw(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    /// Prints a question that is answered on the same line.
    pub fn ask(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let text = mask(text);
        let _ = err.write_all(terminal::safe(&text, self.err.color).as_bytes());
        let _ = err.flush();
    }

    /// Prints a JSON document as data.
    pub fn json(&self, json: &serde_json::Value) {
        let mut json = json.clone();
        mask_json(&mut json);
        self.demanded(&format!("{json}\n"));
    }

    /// Prints a message of a machine-readable stream, with the time.
    pub fn message(&self, mut json: serde_json::Value) {
        json["@timestamp"] = jiff::Timestamp::now().to_string().into();
        self.json(&json);
    }

    /// Prints what a command in machine-readable form failed with: on standard output, as the rest of it.
    pub fn failed_stream(&self, failure: &super::Failure, begun: bool) {
        if !begun {
            self.message(crate::report::version_line());
        }
        for line in crate::report::diag_stream(&failure.diags, &failure.sources) {
            self.message(line);
        }
    }

    /// Prints a line that is no data.
    pub fn note(&self, text: &str) {
        let text = mask(text);
        let mut err = std::io::stderr().lock();
        let _ = err.write_all(terminal::safe(&text, self.err.color).as_bytes());
        if !text.ends_with('\n') {
            let _ = err.write_all(b"\n");
        }
    }

    /// Prints diagnostics, if there are any.
    pub fn diags(&self, diags: &Diags, sources: &SourceMap) {
        if !diags.is_empty() {
            // Masked before lines are broken, which would hide a long secret from the mask, and after for what files hold.
            let masked: Diags = diags.iter().cloned().map(without_secrets).collect();
            self.note(&render_diags(&masked, sources, &self.err));
        }
    }
}

/// A diagnostic without the secrets that this process knows.
fn without_secrets(mut diag: Diag) -> Diag {
    let more = [&mut diag.detail, &mut diag.label, &mut diag.help];
    for text in std::iter::once(&mut diag.summary).chain(more.into_iter().flatten()) {
        *text = mask(text).into_owned();
    }
    for (_, text) in &mut diag.related {
        *text = mask(text).into_owned();
    }
    diag
}

fn terminal_width() -> Option<usize> {
    if let Some(columns) = super::environment("COLUMNS").and_then(|c| c.parse().ok()) {
        return Some(columns);
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
