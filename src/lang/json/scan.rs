//! Splits JSON text into tokens. Takes more than JSON has, such as words and the equals sign, so that the reader can say
//! what is wrong with them. Never fails.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    BraceOpen,
    BraceClose,
    BracketOpen,
    BracketClose,
    Comma,
    Colon,
    Equals,
    /// From quote to quote; without the second one it ends with its line.
    Text,
    Number,
    Word,
    Invalid,
    /// The end of the text.
    End,
}

/// One token: its kind and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The next token at or after a byte.
pub(super) fn token(text: &str, from: usize) -> Token {
    let bytes = text.as_bytes();
    let rest = bytes.get(from..).unwrap_or(&[]);
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let start = from + rest.iter().take_while(|b| blank(b)).count();
    let rest = bytes.get(start..).unwrap_or(&[]);
    let run = |wanted: fn(u8) -> bool| start + rest.iter().take_while(|b| wanted(**b)).count();
    let (kind, end) = match rest.first() {
        None => (Kind::End, start),
        Some(b'{') => (Kind::BraceOpen, start + 1),
        Some(b'}') => (Kind::BraceClose, start + 1),
        Some(b'[') => (Kind::BracketOpen, start + 1),
        Some(b']') => (Kind::BracketClose, start + 1),
        Some(b',') => (Kind::Comma, start + 1),
        Some(b':') => (Kind::Colon, start + 1),
        Some(b'=') => (Kind::Equals, start + 1),
        Some(b'"') => (Kind::Text, start + text_length(rest)),
        Some(b'-' | b'+' | b'.' | b'0'..=b'9') => (Kind::Number, run(number_byte)),
        Some(b) if b.is_ascii_alphabetic() => (Kind::Word, run(|b| b.is_ascii_alphanumeric() || b == b'_')),
        Some(_) => {
            let length = text
                .get(start..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8);
            (Kind::Invalid, start + length)
        }
    };
    Token { kind, start, end }
}

fn number_byte(b: u8) -> bool {
    matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// Bytes of text that begins with a quote: to the quote that closes it, else to the end of the line.
fn text_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if !matches!(bytes.get(at + 1), None | Some(b'\n')) => at += 2,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}
