//! Splits text of the configuration language into tokens, templates and heredocs included. Shared by the
//! parser (to find where things begin and end) and the formatter. Never fails: what is wrong is
//! noted as an [`Issue`] and the rest goes on.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TokenKind {
    Ident,
    Number,
    Newline,
    /// A comment; one that ends with the line holds the line break.
    Comment,
    OpenQuote,
    CloseQuote,
    /// The end of quoted text that has no closing quote on its line; where the text goes on on a later
    /// line it holds that closing quote, otherwise it is empty.
    BrokenQuote,
    /// Text inside quotes.
    QuotedText,
    /// `<<EOT` with its line break.
    OpenHeredoc,
    /// The closing word with the space before it.
    CloseHeredoc,
    /// One line or piece of a line of a heredoc.
    HeredocText,
    /// `${` or `${~`
    Interpolation,
    /// `%{` or `%{~`
    Directive,
    /// `}` of a template sequence, or `~}` anywhere.
    SequenceEnd,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Comma,
    Dot,
    Ellipsis,
    Colon,
    DoubleColon,
    Equal,
    EqualEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    FatArrow,
    Bang,
    Question,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    /// Anything that is no token of the language.
    Invalid,
    /// The end of the text; always the last token, empty.
    End,
}

/// One token: its kind and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Token {
    /// The text of the token.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Whether the token ends a line: a line break or a comment with its line break.
    pub fn ends_line(self, source: &str) -> bool {
        match self.kind {
            TokenKind::Newline => true,
            TokenKind::Comment => self.text(source).ends_with('\n'),
            _ => false,
        }
    }
}

/// What can be wrong with the text itself. What is only open is left to the parser, which knows more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueKind {
    /// `/*` without `*/`; it stands as two operators among the tokens, and nothing follows.
    UnclosedComment,
    /// A character that has no meaning here.
    InvalidCharacter,
}

/// Something wrong and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What.
    pub kind: IssueKind,
    /// First byte of the culprit.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
}

/// All tokens of a text, ending with [`TokenKind::End`], and what is wrong, in order of the text.
pub fn tokenize(source: &str) -> (Vec<Token>, Vec<Issue>) {
    run(source, None)
}

/// Tokens of text that is a template as a whole, as a template file is.
pub fn tokenize_template(source: &str) -> (Vec<Token>, Vec<Issue>) {
    run(source, Some(Mode::Document))
}

fn run(source: &str, base: Option<Mode>) -> (Vec<Token>, Vec<Issue>) {
    let mut lexer = Lexer {
        source,
        at: if source.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        },
        modes: base.into_iter().collect(),
        tokens: Vec::with_capacity(source.len() / 4),
        issues: Vec::new(),
    };
    while lexer.at < source.len() {
        match lexer.modes.last().copied() {
            None | Some(Mode::Sequence { .. }) => lexer.code(),
            Some(Mode::Quoted) => lexer.quoted(),
            Some(Mode::Heredoc { tag }) => lexer.heredoc(Some(tag)),
            Some(Mode::Document) => lexer.heredoc(None),
        }
    }
    lexer.finish()
}

#[derive(Clone, Copy)]
enum Mode {
    Quoted,
    Heredoc { tag: (usize, usize) },
    Sequence { braces: usize },
    Document,
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Token>,
    issues: Vec<Issue>,
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether a name can begin with the character.
pub fn starts_name(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

/// Whether a name can go on with the character.
pub fn continues_name(c: char) -> bool {
    c == '-' || unicode_ident::is_xid_continue(c)
}

/// Bytes of the line break at the beginning of the text, 0 when there is none.
fn line_break(text: &str) -> usize {
    if text.starts_with('\n') {
        1
    } else if text.starts_with("\r\n") {
        2
    } else {
        0
    }
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let end = self.at + length;
        self.tokens.push(Token {
            kind,
            start: offset(self.at),
            end: offset(end),
        });
        self.at = end;
    }

    fn issue(&mut self, kind: IssueKind, (start, end): (usize, usize)) {
        self.issues.push(Issue {
            kind,
            start: offset(start),
            end: offset(end),
        });
    }

    /// One token outside of text.
    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if first == ' ' || first == '\t' {
            self.at += 1;
            return;
        }
        let length = line_break(rest);
        if length > 0 {
            self.push(TokenKind::Newline, length);
        } else if first == '#' || rest.starts_with("//") {
            let length = rest.find('\n').map_or(rest.len(), |i| i + 1);
            self.push(TokenKind::Comment, length);
        } else if rest.starts_with("/*") {
            self.block_comment(rest);
        } else if first == '"' {
            self.modes.push(Mode::Quoted);
            self.push(TokenKind::OpenQuote, 1);
        } else if rest.starts_with("<<") && self.open_heredoc(rest) {
        } else if starts_name(first) {
            let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
            self.push(TokenKind::Ident, length);
        } else if first.is_ascii_digit() {
            self.push(TokenKind::Number, number_length(rest));
        } else {
            self.punctuation(rest, first);
        }
    }

    fn block_comment(&mut self, rest: &str) {
        if let Some(i) = rest.get(2..).and_then(|r| r.find("*/")) {
            self.push(TokenKind::Comment, i + 4);
            return;
        }
        self.issue(IssueKind::UnclosedComment, (self.at, self.at + 2));
        self.push(TokenKind::Slash, 1);
        self.push(TokenKind::Star, 1);
        // What follows was meant as a comment; nothing can be said about it.
        self.at = self.source.len();
    }

    fn open_heredoc(&mut self, rest: &str) -> bool {
        let marker = if rest.starts_with("<<-") { 3 } else { 2 };
        let name = rest.get(marker..).unwrap_or("");
        if !name.starts_with(starts_name) {
            return false;
        }
        let length = name.find(|c| !continues_name(c)).unwrap_or(name.len());
        let eol = line_break(name.get(length..).unwrap_or(""));
        if eol == 0 {
            return false;
        }
        let tag = (self.at + marker, self.at + marker + length);
        self.modes.push(Mode::Heredoc { tag });
        self.push(TokenKind::OpenHeredoc, marker + length + eol);
        true
    }

    fn punctuation(&mut self, rest: &str, first: char) {
        use TokenKind as T;
        let inner = matches!(self.modes.last(), Some(Mode::Sequence { braces: 0 }));
        if rest.starts_with("~}") {
            if inner {
                self.modes.pop();
            } else if let Some(Mode::Sequence { braces }) = self.modes.last_mut() {
                *braces = braces.saturating_sub(1);
            }
            self.push(T::SequenceEnd, 2);
            return;
        }
        if first == '}' && inner {
            self.modes.pop();
            self.push(T::SequenceEnd, 1);
            return;
        }
        if rest.starts_with("...") {
            self.push(T::Ellipsis, 3);
            return;
        }
        let two = match rest.as_bytes() {
            [b'=', b'=', ..] => Some(T::EqualEqual),
            [b'!', b'=', ..] => Some(T::NotEqual),
            [b'<', b'=', ..] => Some(T::LessEqual),
            [b'>', b'=', ..] => Some(T::GreaterEqual),
            [b'&', b'&', ..] => Some(T::And),
            [b'|', b'|', ..] => Some(T::Or),
            [b'=', b'>', ..] => Some(T::FatArrow),
            [b':', b':', ..] => Some(T::DoubleColon),
            _ => None,
        };
        if let Some(kind) = two {
            self.push(kind, 2);
            return;
        }
        let kind = match first {
            '{' => T::OpenBrace,
            '}' => T::CloseBrace,
            '[' => T::OpenBracket,
            ']' => T::CloseBracket,
            '(' => T::OpenParen,
            ')' => T::CloseParen,
            ',' => T::Comma,
            '.' => T::Dot,
            ':' => T::Colon,
            '=' => T::Equal,
            '<' => T::Less,
            '>' => T::Greater,
            '!' => T::Bang,
            '?' => T::Question,
            '+' => T::Plus,
            '-' => T::Minus,
            '*' => T::Star,
            '/' => T::Slash,
            '%' => T::Percent,
            _ => T::Invalid,
        };
        if let Some(Mode::Sequence { braces }) = self.modes.last_mut() {
            match kind {
                T::OpenBrace => *braces += 1,
                T::CloseBrace => *braces = braces.saturating_sub(1),
                _ => {}
            }
        }
        let start = self.at;
        self.push(kind, first.len_utf8());
        if kind == T::Invalid {
            // One quotation in single quotes is one mistake, not two.
            if matches!(first, '\'' | '`') {
                let line = rest.get(1..).unwrap_or("").lines().next().unwrap_or("");
                if let Some(close) = line.find(first) {
                    self.at = start + 1 + close + 1;
                    if let Some(token) = self.tokens.last_mut() {
                        token.end = offset(self.at);
                    }
                }
            }
            self.issue(IssueKind::InvalidCharacter, (start, self.at));
        }
    }

    /// Opens `${` or `%{` when it stands here.
    fn open_sequence(&mut self) -> bool {
        let rest = self.rest();
        let kind = if rest.starts_with("${") {
            TokenKind::Interpolation
        } else if rest.starts_with("%{") {
            TokenKind::Directive
        } else {
            return false;
        };
        let length = if rest.as_bytes().get(2) == Some(&b'~') { 3 } else { 2 };
        self.modes.push(Mode::Sequence { braces: 0 });
        self.push(kind, length);
        true
    }

    fn quoted(&mut self) {
        if self.open_sequence() {
            return;
        }
        let rest = self.rest();
        if rest.starts_with('"') {
            self.modes.pop();
            self.push(TokenKind::CloseQuote, 1);
            return;
        }
        let bytes = rest.as_bytes();
        let mut i = 0;
        while let Some(b) = bytes.get(i) {
            match b {
                b'"' | b'\n' | b'\r' => break,
                // A backslash takes the next byte along, but never a line break.
                b'\\' => {
                    i += if matches!(bytes.get(i + 1), Some(b'\n' | b'\r') | None) {
                        1
                    } else {
                        2
                    }
                }
                b'$' | b'%' if bytes.get(i + 1) == Some(b) && bytes.get(i + 2) == Some(&b'{') => i += 3,
                b'$' | b'%' if bytes.get(i + 1) == Some(&b'{') => break,
                _ => i += 1,
            }
        }
        let i = i.min(bytes.len());
        if i > 0 {
            self.push(TokenKind::QuotedText, i);
        }
        if self.rest().starts_with(['\n', '\r']) {
            self.unclosed_quote();
        }
    }

    /// A line ended inside quotes: goes on after the closing quote where the text was meant to have
    /// several lines, and otherwise on the next line, with nothing open that this line may have opened.
    fn unclosed_quote(&mut self) {
        if let Some(length) = later_quote(self.rest()) {
            self.modes.pop();
            self.push(TokenKind::BrokenQuote, length);
            return;
        }
        self.push(TokenKind::BrokenQuote, 0);
        while let Some(Mode::Quoted | Mode::Sequence { .. }) = self.modes.last() {
            self.modes.pop();
        }
    }

    fn heredoc(&mut self, tag: Option<(usize, usize)>) {
        let rest = self.rest();
        if self.at_line_start()
            && let Some(tag) = tag.and_then(|(a, b)| self.source.get(a..b))
            && let Some((line, _)) = rest.split_once('\n')
            && line.trim() == tag
        {
            self.modes.pop();
            self.push(TokenKind::CloseHeredoc, line.strip_suffix('\r').unwrap_or(line).len());
            return;
        }
        if self.open_sequence() {
            return;
        }
        let bytes = rest.as_bytes();
        let mut i = 0;
        while let Some(b) = bytes.get(i) {
            match b {
                b'\n' => {
                    i += 1;
                    break;
                }
                b'$' | b'%' if bytes.get(i + 1) == Some(b) && bytes.get(i + 2) == Some(&b'{') => i += 3,
                b'$' | b'%' if bytes.get(i + 1) == Some(&b'{') => break,
                _ => i += 1,
            }
        }
        self.push(TokenKind::HeredocText, i.min(bytes.len()));
    }

    fn at_line_start(&self) -> bool {
        self.at == 0 || self.source.as_bytes().get(self.at - 1) == Some(&b'\n')
    }

    fn finish(mut self) -> (Vec<Token>, Vec<Issue>) {
        self.at = self.source.len();
        self.push(TokenKind::End, 0);
        (self.tokens, self.issues)
    }
}

/// For text that follows quoted text without a closing quote on its line: how far the closing quote is
/// when it stands on a later line, before anything that looks like the next argument or block.
fn later_quote(rest: &str) -> Option<usize> {
    const LINES: usize = 50;
    let mut length = 0;
    for (number, line) in rest.split_inclusive('\n').take(LINES).enumerate() {
        let Some(quote) = line.find('"').filter(|_| number > 0) else {
            let begins_item = number > 0 && line.trim_end().ends_with('{');
            if begins_item || (number > 0 && line.contains('=')) {
                return None;
            }
            length += line.len();
            continue;
        };
        let before = line.get(..quote).unwrap_or("");
        let odd = line.matches('"').count() % 2 == 1;
        return (odd && !before.contains(['=', '{', '(', '[', ','])).then_some(length + quote + 1);
    }
    None
}

/// The length of a number as the language reads it: digits, dots and exponents in any order, with a
/// last part that is no dot. Whether that makes a number is found out later.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut length = 0;
    let mut at = 0;
    loop {
        match bytes.get(at) {
            Some(b'0'..=b'9') => at += 1,
            Some(b'.') => {
                at += 1;
                continue;
            }
            Some(b'e' | b'E') => {
                let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
                if !digit(at + 1 + sign) {
                    return length;
                }
                at += 2 + sign;
            }
            _ => return length,
        }
        length = at;
    }
}
