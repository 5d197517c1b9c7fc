//! JSON text to a tree. Says what is wrong in the words of what was most likely meant, goes on behind slips that leave no
//! doubt (a comma too many or too few), and stops at others. Never panics; nesting is bounded.

use super::super::codes::{BROKEN_TEXT, TOO_COMPLEX};
use super::scan::{self, Kind, Token};
use super::{Escape, Node, NodeKind, Property, Text};
use crate::base::{Diag, Diags, FileId, SourceMap, Span, did_you_mean};

/// Arrays and objects may be nested this deep.
pub const MAX_DEPTH: usize = 200;

/// Reads a file. The tree holds all that could be read, even when there are errors.
pub fn read(sources: &SourceMap, file: FileId) -> (Node, Diags) {
    let text = sources.file(file).map_or("", |f| &f.text);
    let mut reader = Reader {
        text,
        file,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        depth: 0,
        stopped: false,
        diags: Diags::new(),
    };
    if u32::try_from(text.len()).is_err() {
        let diag = Diag::error(TOO_COMPLEX, "File too large").detail("A configuration file can have at most 4 GiB.");
        return (reader.invalid(reader.peek()), diag.into());
    }
    let node = reader.value();
    let rest = reader.peek();
    if rest.kind != Kind::End && !reader.diags.has_errors() {
        reader.error(
            rest,
            "Extraneous data after value",
            "Extra characters appear after the JSON value.",
        );
    }
    (node, reader.diags.sorted())
}

struct Reader<'a> {
    text: &'a str,
    file: FileId,
    at: usize,
    depth: usize,
    stopped: bool,
    diags: Diags,
}

impl Reader<'_> {
    fn peek(&self) -> Token {
        scan::token(self.text, self.at)
    }

    fn take(&mut self) -> Token {
        let token = self.peek();
        self.at = token.end;
        token
    }

    /// Reads no further: what follows can't be understood.
    fn stop(&mut self) {
        self.at = self.text.len();
        self.stopped = true;
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: place(start),
            end: place(end),
        }
    }

    fn invalid(&self, token: Token) -> Node {
        Node {
            kind: NodeKind::Invalid,
            span: self.span(token.start, token.end),
        }
    }

    fn error(&mut self, token: Token, summary: &str, detail: &str) {
        let span = self.span(token.start, token.end);
        self.diags
            .push(Diag::error(BROKEN_TEXT, summary).detail(detail).at(span));
    }

    fn value(&mut self) -> Node {
        let token = self.peek();
        match token.kind {
            Kind::BraceOpen | Kind::BracketOpen if self.depth >= MAX_DEPTH => {
                let detail = format!("Arrays and objects can be nested {MAX_DEPTH} levels deep.");
                let span = self.span(token.start, token.end);
                self.diags
                    .push(Diag::error(TOO_COMPLEX, "Nested too deeply").detail(detail).at(span));
                self.stop();
                self.invalid(token)
            }
            Kind::BraceOpen | Kind::BracketOpen => {
                self.take();
                self.depth += 1;
                let kind = match token.kind {
                    Kind::BraceOpen => self.object(token),
                    _ => self.array(token),
                };
                self.depth -= 1;
                Node {
                    kind,
                    span: self.span(token.start, self.at),
                }
            }
            Kind::Text => {
                self.take();
                let text = self.unescape(token);
                Node {
                    kind: text.map_or(NodeKind::Invalid, NodeKind::Text),
                    span: self.span(token.start, token.end),
                }
            }
            Kind::Number => self.number(),
            Kind::Word => self.word(),
            _ => self.no_value(token),
        }
    }

    fn no_value(&mut self, token: Token) -> Node {
        const STARTS: &str = "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.";
        match token.kind {
            Kind::BraceClose => self.error(token, "Missing JSON value", STARTS),
            Kind::BracketClose => self.error(token, "Missing array element value", STARTS),
            Kind::End if self.stopped => {}
            Kind::End => {
                self.error(token, "Missing value", "The JSON data ends prematurely.");
                self.stop();
            }
            _ => {
                let found = self.text.get(token.start..).unwrap_or("");
                let detail = match found.chars().next() {
                    Some('\'' | '`' | '“' | '”') => format!("{STARTS} Text is written in double quotes."),
                    Some('/' | '#') => format!("{STARTS} JSON has no comments; a property named \"//\" is one."),
                    _ => STARTS.to_string(),
                };
                self.error(token, "Invalid start of value", &detail);
                self.stop();
            }
        }
        self.invalid(token)
    }

    fn object(&mut self, open: Token) -> NodeKind {
        let mut properties = Vec::new();
        if self.peek().kind == Kind::BraceClose {
            self.take();
            return NodeKind::Object(properties);
        }
        loop {
            if let Some(property) = self.property() {
                properties.push(property);
            }
            let problem = "No closing brace was found for this JSON object.";
            match self.peek().kind {
                Kind::Comma => {
                    let comma = self.take();
                    if self.peek().kind == Kind::BraceClose {
                        let detail = "JSON does not permit a trailing comma after the final property in an object.";
                        self.error(comma, "Trailing comma in object", detail);
                        self.take();
                        break;
                    }
                }
                Kind::BraceClose => {
                    self.take();
                    break;
                }
                Kind::Text => {
                    let next = self.peek();
                    let detail = "A comma must appear between each property definition in an object.";
                    self.error(next, "Missing property separator comma", detail);
                }
                _ if self.stopped => break,
                Kind::End => {
                    self.error(open, "Unclosed object", problem);
                    self.stop();
                    break;
                }
                Kind::BracketClose => {
                    let found = self.peek();
                    let detail = "A JSON object must be closed with a brace, not a bracket.";
                    self.mismatch(open, found, "Mismatched braces", detail);
                    break;
                }
                _ => {
                    let found = self.peek();
                    let detail = "A comma must appear between each property definition in an object.";
                    self.error(found, "Missing property separator comma", detail);
                    self.stop();
                    break;
                }
            }
        }
        NodeKind::Object(properties)
    }

    fn mismatch(&mut self, open: Token, found: Token, summary: &str, detail: &str) {
        let (open, found) = (self.span(open.start, open.end), self.span(found.start, found.end));
        let diag = Diag::error(BROKEN_TEXT, summary).detail(detail).at(found);
        self.diags.push(diag.related(open, "opens here"));
        self.stop();
    }

    /// A property; nothing when it has no name, which was reported.
    fn property(&mut self) -> Option<Property> {
        let token = self.peek();
        if token.kind != Kind::Text {
            match token.kind {
                Kind::Word | Kind::Number | Kind::BraceOpen | Kind::BracketOpen => {
                    self.error(
                        token,
                        "Invalid object property name",
                        "A JSON object property name must be a string.",
                    );
                    self.stop();
                }
                _ => {
                    self.no_value(token);
                    self.stop();
                }
            }
            return None;
        }
        self.take();
        let name = self.unescape(token);
        let after = self.peek();
        if after.kind == Kind::Colon {
            self.take();
        } else {
            let (summary, detail) = match after.kind {
                Kind::BraceClose | Kind::Comma => (
                    "Missing object value",
                    "A JSON object attribute must have a value, introduced by a colon.",
                ),
                Kind::Equals => (
                    "Missing property value colon",
                    "JSON uses a colon as its name/value delimiter, not an equals sign.",
                ),
                _ => (
                    "Missing property value colon",
                    "A colon must appear between an object property's name and its value.",
                ),
            };
            self.error(after, summary, detail);
            match after.kind {
                Kind::Equals => self.at = after.end,
                Kind::BraceClose | Kind::Comma => return None,
                Kind::BracketClose | Kind::Invalid | Kind::End => {
                    self.stop();
                    return None;
                }
                _ => {}
            }
        }
        let value = self.value();
        Some(Property {
            name: name?,
            span: self.span(token.start, token.end),
            value,
        })
    }

    fn array(&mut self, open: Token) -> NodeKind {
        let mut items = Vec::new();
        if self.peek().kind == Kind::BracketClose {
            self.take();
            return NodeKind::Array(items);
        }
        loop {
            items.push(self.value());
            let found = self.peek();
            match found.kind {
                Kind::Comma => {
                    self.take();
                    if self.peek().kind == Kind::BracketClose {
                        let detail = "JSON does not permit a trailing comma after the final value in an array.";
                        self.error(found, "Trailing comma in array", detail);
                        self.take();
                        break;
                    }
                }
                Kind::BracketClose => {
                    self.take();
                    break;
                }
                _ if self.stopped => break,
                Kind::End => {
                    self.error(
                        open,
                        "Unclosed array",
                        "No closing bracket was found for this JSON array.",
                    );
                    self.stop();
                    break;
                }
                Kind::BraceClose => {
                    let detail = "A JSON array must be closed with a bracket, not a brace.";
                    self.mismatch(open, found, "Mismatched brackets", detail);
                    break;
                }
                Kind::Colon | Kind::Equals => {
                    let detail = "A colon is not used to introduce values in a JSON array.";
                    self.error(found, "Invalid array value", detail);
                    self.stop();
                    break;
                }
                Kind::Invalid => {
                    self.no_value(found);
                    break;
                }
                _ => {
                    let detail = "A comma must appear between each value in an array.";
                    self.error(found, "Missing array separator comma", detail);
                }
            }
        }
        NodeKind::Array(items)
    }

    fn number(&mut self) -> Node {
        let token = self.take();
        let text = self.text.get(token.start..token.end).unwrap_or("");
        let number = if is_number(text) { text.parse().ok() } else { None };
        if number.is_none() {
            self.error(
                token,
                "Invalid JSON number",
                "There is a syntax error in the given JSON number.",
            );
        }
        Node {
            kind: number.map_or(NodeKind::Invalid, NodeKind::Number),
            span: self.span(token.start, token.end),
        }
    }

    fn word(&mut self) -> Node {
        let token = self.take();
        let word = self.text.get(token.start..token.end).unwrap_or("");
        let kind = match word {
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            "null" => NodeKind::Null,
            _ => {
                let detail = match word {
                    "undefined" | "NaN" | "Infinity" => {
                        format!("The JavaScript identifier {word:?} cannot be used in JSON.")
                    }
                    _ => match did_you_mean(&word.to_lowercase(), ["true", "false", "null"]) {
                        Some(near) => format!("{word:?} is not a valid JSON keyword. Did you mean {near:?}?"),
                        None => format!("{word:?} is not a valid JSON keyword. Text is written in double quotes."),
                    },
                };
                self.error(token, "Invalid JSON keyword", &detail);
                NodeKind::Invalid
            }
        };
        Node {
            kind,
            span: self.span(token.start, token.end),
        }
    }

    /// The text between the quotes of a token; nothing when it is malformed, which was reported.
    fn unescape(&mut self, token: Token) -> Option<Text> {
        let raw = self.text.get(token.start..token.end).unwrap_or("");
        let inner = raw.strip_prefix('"').and_then(|r| r.strip_suffix('"'));
        let closed = inner.filter(|_| token.end - token.start >= 2);
        let Some(inner) = closed else {
            let span = self.span(token.start, token.end);
            self.diags.push(
                Diag::error(BROKEN_TEXT, "Invalid JSON string")
                    .detail("The string that begins here has no closing quote on its line.")
                    .at(span)
                    .help("close it with \"; a line break within a string is written \\n"),
            );
            self.stop();
            return None;
        };
        match unescape(inner) {
            Ok(text) => Some(text),
            Err((start, end, why)) => {
                let base = token.start + 1;
                let span = self.span(base + start, base + end);
                self.diags
                    .push(Diag::error(BROKEN_TEXT, "Invalid JSON string").detail(why).at(span));
                None
            }
        }
    }
}

/// The form of a number in JSON, which has no leading zeros and no sign `+`.
fn is_number(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole_good = digits(whole) && (whole.len() == 1 || !whole.starts_with('0'));
    let exponent_good = exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    whole_good && fraction.is_none_or(digits) && exponent_good
}

type BadText = (usize, usize, String);

/// Resolves escapes; half of a surrogate pair alone becomes the replacement character.
fn unescape(raw: &str) -> Result<Text, BadText> {
    let mut text = Text::default();
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut chars = raw.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            if u32::from(c) < 0x20 {
                let why = "A control character in a string is written as an escape, such as \\t or \\u0007.";
                return Err((at, at + 1, why.into()));
            }
            text.value.push(c);
            continue;
        }
        let rest = raw.get(at..).unwrap_or("");
        let (made, length) = escape(rest).ok_or_else(|| {
            let width = rest.chars().take(2).map(char::len_utf8).sum::<usize>();
            let why =
                "A backslash begins one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uNNNN with four hexadecimal digits.";
            (at, at + width, why.to_string())
        })?;
        let made_start = place(text.value.len());
        text.value.push(made);
        text.escapes.push(Escape {
            made_start,
            made_end: place(text.value.len()),
            raw_start: place(at),
            raw_end: place(at + length),
        });
        // Escapes are of single bytes.
        for _ in 1..length {
            chars.next();
        }
    }
    Ok(text)
}

/// The character of an escape and the length of the escape.
fn escape(text: &str) -> Option<(char, usize)> {
    let simple = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let high = unit(text)?;
            if let Some(c) = char::from_u32(high) {
                return Some((c, 6));
            }
            let low = text.get(6..).and_then(unit);
            let pair = low.and_then(|low| char::decode_utf16([high as u16, low as u16]).next()?.ok());
            return Some(match pair {
                Some(c) if (0xd800..0xdc00).contains(&high) => (c, 12),
                _ => (char::REPLACEMENT_CHARACTER, 6),
            });
        }
        _ => return None,
    };
    Some((simple, 2))
}

/// The code of `\uNNNN`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
    hexadecimal.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}
