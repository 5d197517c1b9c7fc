//! How texts are painted: colours, drawing characters, width. Colour never says anything alone: what it says stands in
//! the text too.

use crate::plan::Action;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colours are written.
    pub color: bool,
    /// Columns of a line; texts that can be broken are broken there.
    pub width: usize,
    /// Whether arrows, ellipses and lines are drawn with characters outside ASCII.
    pub unicode: bool,
}

impl Default for Style {
    /// Plain text of 100 columns.
    fn default() -> Self {
        Style {
            color: false,
            width: 100,
            unicode: true,
        }
    }
}

/// What a piece of text stands for; decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Ordinary text.
    Plain,
    /// A heading or an address.
    Strong,
    /// Text that may be passed over.
    Faint,
    /// Something is made or well.
    Good,
    /// Something changes or wants a look.
    Caution,
    /// Something is deleted, replaced or failed.
    Bad,
    /// Something is read.
    Note,
}

impl Style {
    /// The text in the colour of what it stands for.
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        use owo_colors::Style as Colors;
        if !self.color || text.is_empty() {
            return text.to_string();
        }
        let colors = match paint {
            Paint::Plain => return text.to_string(),
            Paint::Strong => Colors::new().bold(),
            Paint::Faint => Colors::new().dimmed(),
            Paint::Good => Colors::new().green(),
            Paint::Caution => Colors::new().yellow(),
            Paint::Bad => Colors::new().red(),
            Paint::Note => Colors::new().cyan(),
        };
        colors.style(text).to_string()
    }

    /// The arrow between the value before and the value after.
    pub fn arrow(&self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// The arrow that points back at what forces something.
    pub fn back_arrow(&self) -> &'static str {
        if self.unicode { "←" } else { "<-" }
    }

    /// What stands for text left out.
    pub fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// The marker of an action, three columns wide, with its colour.
    pub fn marker(&self, action: Action) -> String {
        let (text, paint) = marker(action);
        self.paint(paint, text)
    }
}

/// The marker of an action, three columns wide, and what it stands for.
pub fn marker(action: Action) -> (&'static str, Paint) {
    match action {
        Action::NoOp => ("   ", Paint::Plain),
        Action::Create => (" + ", Paint::Good),
        Action::Read => ("<= ", Paint::Note),
        Action::Update => (" ~ ", Paint::Caution),
        Action::Replace { create_first: false } => ("-/+", Paint::Bad),
        Action::Replace { create_first: true } => ("+/-", Paint::Bad),
        Action::Delete => (" - ", Paint::Bad),
        Action::Forget => (" . ", Paint::Caution),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_color_no_escape_sequence_is_written() {
        let plain = Style::default();
        assert_eq!(plain.paint(Paint::Bad, "x"), "x");
        let colored = Style { color: true, ..plain };
        assert_eq!(colored.paint(Paint::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(colored.paint(Paint::Bad, ""), "");
    }
}
