//! Finds all secrets in a text in one pass. Decides what is taken where two begin at the same place, and what a word is.

use super::{MASK, OWN_WORDS, is_part};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::borrow::Cow;

/// Two passes: forms that count wherever they stand, then words.
pub(super) struct Search {
    anywhere: Option<AhoCorasick>,
    words: Option<AhoCorasick>,
}

impl Search {
    pub(super) fn new<'s>(
        anywhere: impl IntoIterator<Item = &'s String>,
        words: impl IntoIterator<Item = &'s String>,
    ) -> Self {
        let words = words
            .into_iter()
            .filter(|w| !OWN_WORDS.contains(&w.to_lowercase().as_str()));
        Self {
            anywhere: automaton(anywhere.into_iter().collect()),
            words: automaton(words.collect()),
        }
    }

    /// The text with a mark in place of what is found; words are looked for on demand.
    pub(super) fn mask<'t>(&self, text: &'t str, words: bool) -> Cow<'t, str> {
        let masked = replaced(Cow::Borrowed(text), self.anywhere.as_ref(), |_, _, _| true);
        match words {
            true => replaced(masked, self.words.as_ref(), alone),
            false => masked,
        }
    }
}

/// What holds another secret is found before it.
fn automaton(patterns: Vec<&String>) -> Option<AhoCorasick> {
    if patterns.is_empty() {
        return None;
    }
    let mut builder = AhoCorasick::builder();
    // It fails only for more patterns than can be remembered.
    builder.match_kind(MatchKind::LeftmostLongest).build(patterns).ok()
}

/// Whether no part of a word stands beside these bytes of the text.
fn alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    !before.is_some_and(is_part) && !after.is_some_and(is_part)
}

fn replaced<'t>(
    text: Cow<'t, str>,
    automaton: Option<&AhoCorasick>,
    counts: impl Fn(&str, usize, usize) -> bool,
) -> Cow<'t, str> {
    let Some(automaton) = automaton else {
        return text;
    };
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = automaton.find(Input::new(&*text).range(at..)) {
        let (start, end) = (found.start(), found.end());
        if counts(&text, start, end) {
            out.push_str(text.get(kept..start).unwrap_or_default());
            out.push_str(MASK);
            kept = end;
            at = end;
        } else {
            // What begins inside may count all the same.
            at = start + 1;
        }
    }
    if kept == 0 {
        return text;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}
