//! Diagnostics: what is said to the user about a problem. Pure code returns a value together with its
//! [`Diags`] and goes on; nothing here prints.

use super::source::Span;
use std::fmt;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The command cannot go on to its effect.
    Error,
    /// Worth a look; the command goes on.
    Warning,
    /// Good to know.
    Info,
}

/// One problem with all that is needed to act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diag {
    /// Error, warning or information.
    pub severity: Severity,
    /// Stable code such as `HW0012`; see `docs/diagnostics.md`.
    pub code: &'static str,
    /// One line, no full stop.
    pub summary: String,
    /// Why, with the values involved.
    pub detail: Option<String>,
    /// Address of the resource or other object concerned.
    pub address: Option<String>,
    /// The place in the configuration.
    pub span: Option<Span>,
    /// Text shown under the primary span; the summary is not repeated there.
    pub label: Option<String>,
    /// Related places with a text each.
    pub related: Vec<(Span, String)>,
    /// Something the user can do.
    pub help: Option<String>,
}

impl Diag {
    /// An error with its code and summary.
    pub fn error(code: &'static str, summary: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, summary)
    }

    /// A warning with its code and summary.
    pub fn warning(code: &'static str, summary: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, summary)
    }

    fn new(severity: Severity, code: &'static str, summary: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            summary: summary.into(),
            detail: None,
            address: None,
            span: None,
            label: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// Adds the reason with the values involved.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the place in the configuration.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds the place where there is one.
    pub fn at_opt(mut self, span: Option<Span>) -> Self {
        self.span = span.or(self.span);
        self
    }

    /// Adds the text under the primary span.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a related place.
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// Adds the address concerned.
    pub fn address(mut self, address: impl fmt::Display) -> Self {
        self.address = Some(address.to_string());
        self
    }

    /// Adds the name that was most likely meant, where one is near and nothing else is said already.
    pub fn suggest<'a>(self, given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        if self.help.is_some() {
            return self;
        }
        match did_you_mean(given, candidates) {
            Some(near) => self.help(format!("did you mean {near:?}?")),
            None => self,
        }
    }

    /// Adds what the user can do where nothing is said of that yet.
    pub fn or_help(mut self, help: impl FnOnce() -> String) -> Self {
        self.help = Some(self.help.take().unwrap_or_else(help));
        self
    }

    /// Adds what the user can do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The problems found by one step, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diags(Vec<Diag>);

impl Diags {
    /// No problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, diag: Diag) {
        self.0.push(diag);
    }

    /// Adds all problems of another step.
    pub fn extend(&mut self, other: Diags) {
        self.0.extend(other.0);
    }

    /// Whether an error is among them.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diag> {
        self.0.iter()
    }

    /// Sorts by place, then severity and text, so that output never depends on the order of evaluation. Of problems that
    /// say the same about the same place, as those of many instances of one block do, the first stays.
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| {
            (a.span, a.severity, &a.summary, &a.address).cmp(&(b.span, b.severity, &b.summary, &b.address))
        });
        self.0.dedup_by(|b, a| {
            let same_place = a.span == b.span && (a.span.is_some() || a.address == b.address);
            same_place && (a.severity, a.code, &a.summary, &a.detail) == (b.severity, b.code, &b.summary, &b.detail)
        });
        self
    }
}

impl From<Diag> for Diags {
    fn from(diag: Diag) -> Self {
        Self(vec![diag])
    }
}

impl IntoIterator for Diags {
    type Item = Diag;
    type IntoIter = std::vec::IntoIter<Diag>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diags {
    type Item = &'a Diag;
    type IntoIter = std::slice::Iter<'a, Diag>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Diag> for Diags {
    fn from_iter<T: IntoIterator<Item = Diag>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// The candidate nearest to `given`, when one is near enough to be a likely typing error.
pub fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = given.to_lowercase();
    let length = given.chars().count();
    let limit = (length / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // As many letters more or less are as many mistakes; thousands of names are passed over quickly.
        if candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
        if best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    // No sign alone, such as a delimiter, is a typing error of another.
    let wordy = given.chars().any(char::is_alphanumeric);
    // With every letter another, as of x and y, there is nothing in common to go by.
    best.filter(|(d, _)| wordy && *d <= limit && *d < length)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(
            did_you_mean("oss_perfix", ["oss_prefix", "oss_bucket"]),
            Some("oss_prefix")
        );
        assert_eq!(did_you_mean("colour", ["oss_prefix", "oss_bucket"]), None);
        assert_eq!(did_you_mean("y", ["x"]), None);
        assert_eq!(did_you_mean("\t", [",", ";"]), None);
        assert_eq!(did_you_mean("", [","]), None);
    }
}
