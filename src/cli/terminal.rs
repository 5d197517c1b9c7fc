//! The last look at a text before a terminal gets it: whatever a server, a file name or an argument brought along, nothing but
//! our own colors steers the terminal. The layers that make texts write such characters as escapes already; here none passes
//! that one of them forgot.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything that could steer a terminal written as an escape, but line breaks, tabs and, where `colors` says
/// so, colors.
pub fn safe(text: &str, colors: bool) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = color(rest).filter(|_| colors) {
            let (sequence, after) = rest.split_at(length);
            out.push_str(sequence);
            rest = after;
            continue;
        }
        match steers(c) {
            true => drop(write!(out, "\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or("");
    }
    Cow::Owned(out)
}

fn steers(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Bytes of the color that a text begins with, if it does: `ESC [ digits and ; m`. One that hides the text is none.
fn color(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    let (parameters, after) = codes.split_at(end);
    let hides = parameters.split(';').any(|p| p == "8");
    (after.starts_with('m') && end < 32 && !hides).then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colors_pass() {
        for (text, colored, plain) in [
            ("a\tb\né", "a\tb\né", "a\tb\né"),
            (
                "\u{1b}[1;31mx\u{1b}[0m",
                "\u{1b}[1;31mx\u{1b}[0m",
                "\\u001b[1;31mx\\u001b[0m",
            ),
            ("\u{1b}]0;x\u{7}", "\\u001b]0;x\\u0007", "\\u001b]0;x\\u0007"),
            ("\u{1b}[2J\u{1b}[8mx", "\\u001b[2J\\u001b[8mx", "\\u001b[2J\\u001b[8mx"),
            ("\u{1b}[38;5;8", "\\u001b[38;5;8", "\\u001b[38;5;8"),
            (
                "a\rb\u{202e}\u{9b}1m",
                "a\\u000db\\u202e\\u009b1m",
                "a\\u000db\\u202e\\u009b1m",
            ),
        ] {
            assert_eq!(safe(text, true), colored);
            assert_eq!(safe(text, false), plain);
        }
    }
}
