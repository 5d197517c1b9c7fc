//! What is said about characters that mean nothing in the language.

use super::super::token::{Issue, IssueKind};
use super::{BROKEN_TEXT, Parser};
use crate::base::Diag;

/// Broken places of the text that are reported for one file; a binary file has no end of them.
const MAX_ISSUES: usize = 100;

impl Parser<'_> {
    /// Reports every character that has no meaning. Semicolons come in numbers, and one is enough to tell.
    pub(super) fn report_issues(&mut self) {
        let mut told_semicolon = false;
        let issues = self.issues.iter().filter(|i| i.kind == IssueKind::InvalidCharacter);
        for issue in issues.take(MAX_ISSUES) {
            let semicolon = self.text.get(issue.start as usize..issue.end as usize) == Some(";");
            if !(semicolon && told_semicolon) {
                let diag = self.invalid_character(*issue);
                self.diags.push(diag);
            }
            told_semicolon |= semicolon;
        }
    }

    fn invalid_character(&self, issue: Issue) -> Diag {
        let text = self.text.get(issue.start as usize..issue.end as usize).unwrap_or("");
        let operator = |detail| Diag::error(BROKEN_TEXT, "Unsupported operator").detail(detail);
        let other = Diag::error(BROKEN_TEXT, "Invalid character");
        let diag = match text.chars().next() {
            Some('&') => operator("There are no operators on bits. The operator \"and\" is written &&."),
            Some('|') => operator("There are no operators on bits. The operator \"or\" is written ||."),
            Some('~') => operator("There are no operators on bits. The operator \"not\" is written !."),
            Some('^') => operator("There are no operators on bits. For a power, call pow."),
            Some('\'') => other
                .detail("Single quotes are not valid. Text is written in double quotes.")
                .help("use \" instead of '"),
            Some('`') => other
                .detail("Text is written in double quotes.")
                .help("use \" instead of `, or a heredoc such as <<EOT for text of several lines"),
            Some(';') => {
                other.detail("Arguments are separated by line breaks and elements by commas, not by semicolons.")
            }
            Some('“' | '”' | '„' | '‘' | '’') => other.detail("This is a typographic quote.").help("use \""),
            Some(c) => other.detail(format!("The character {c:?} has no meaning here.")),
            None => other,
        };
        diag.at(self.span(issue.start, issue.end))
    }
}
