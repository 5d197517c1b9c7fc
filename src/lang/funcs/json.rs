//! `jsonencode` and `jsondecode`. Numbers keep all their digits in both directions; names come sorted.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, nfc, str_at, string_type, unknown};
use crate::base::{Kind, Marks, Number, Str, Type, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "jsonencode",
        "A value as JSON text.",
        &[Param::any("val").null()],
        string_type,
        |args, _| {
            let value = args.first().cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
            if !value.is_wholly_known() {
                return encode_unknown(&value);
            }
            let mut out = String::new();
            encode(&value, &mut out)?;
            Ok(Value::string(out))
        },
    ),
    Function::new(
        "jsondecode",
        "The value that a JSON text stands for.",
        &[Param::string("str")],
        |args| {
            args.first()
                .filter(|v| v.is_known())
                .and_then(|v| decode(v.as_str()?).ok())
                .map_or(Type::Dynamic, |v| v.ty())
        },
        decode_call,
    )
    .may_be_null(),
];

/// Text that is known only after apply; how it begins is known of the kind of the value.
fn encode_unknown(value: &Value) -> FunctionResult {
    let Ok(Value {
        kind: Kind::Unknown(plain),
        marks,
    }) = unknown(Type::String, Marks::NONE)
    else {
        return unknown(Type::String, Marks::NONE);
    };
    let prefix = match &value.kind {
        Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => Some("["),
        Kind::Map(..) | Kind::Object(_) => Some("{"),
        Kind::Unknown(u) if u.not_null => match &u.ty {
            Type::String => Some("\""),
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some("["),
            Type::Map(_) | Type::Object(_) => Some("{"),
            _ => None,
        },
        _ => None,
    };
    let refined = crate::base::Unknown {
        prefix: prefix.map(Str::from),
        ..(*plain).clone()
    };
    Ok(Value {
        kind: Kind::Unknown(std::sync::Arc::new(refined)),
        marks,
    })
}

/// Appends a wholly known value as JSON.
pub(super) fn encode(value: &Value, out: &mut String) -> Result<(), FunctionError> {
    match &value.kind {
        Kind::Null(_) | Kind::Unknown(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => match n.to_json() {
            Some(digits) => out.push_str(&digits),
            None => return Err(FunctionError::call("cannot serialize infinity as JSON")),
        },
        Kind::String(s) => encode_text(s, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                encode(item, out)?;
            }
            out.push(']');
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            out.push('{');
            for (i, (name, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                encode_text(name, out);
                out.push(':');
                encode(item, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Quoted, with the characters escaped that Go's `encoding/json` escapes.
fn encode_text(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn decode_call(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    decode(str_at(args, 0)).map_err(FunctionError::call)
}

fn decode(source: &str) -> Result<Value, String> {
    let mut reader = Reader { source, at: 0 };
    reader.space();
    let value = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err("extraneous data after JSON object".into()),
    }
}

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 512;

struct Reader<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.advance(c);
        }
        found
    }

    fn space(&mut self) {
        while let Some(c @ (' ' | '\t' | '\n' | '\r')) = self.peek() {
            self.advance(c);
        }
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, String> {
        Err(match self.peek() {
            None => "EOF".into(),
            Some(c) if wanted.is_empty() => format!("invalid character {}", quote(c)),
            Some(c) => format!("invalid character {} {wanted}", quote(c)),
        })
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return Err("exceeded max depth".into());
        }
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => self.string().map(|s| Value::string(nfc(&s))),
            Some('t') => self.word("true", Value::bool(true)),
            Some('f') => self.word("false", Value::bool(false)),
            Some('n') => self.word("null", Value::null(Type::Dynamic)),
            Some('-' | '0'..='9') => self.number(),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for c in word.chars() {
            if !self.eat(c) {
                return self.unexpected(&format!("in literal {word} (expecting {})", quote(c)));
            }
        }
        Ok(value)
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.at;
        while let Some(c @ '0'..='9') = self.peek() {
            self.advance(c);
        }
        if self.at == start {
            return self.unexpected("in numeric literal");
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.eat('-');
        if !self.eat('0') {
            self.digits()?;
        }
        if self.eat('.') {
            self.digits()?;
        }
        if self.eat('e') || self.eat('E') {
            let _ = self.eat('+') || self.eat('-');
            self.digits()?;
        }
        let literal = self.source.get(start..self.at).unwrap_or_default();
        let number = literal.parse::<Number>().map_err(|e| e.to_string())?;
        Ok(Value::number(number))
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        self.eat('[');
        let mut items = Vec::new();
        self.space();
        if self.eat(']') {
            return Ok(Value::tuple(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(']') {
                return Ok(Value::tuple(items));
            }
            if !self.eat(',') {
                return self.unexpected("after array element");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.eat('{');
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        self.space();
        if self.eat('}') {
            return Ok(Value::object(entries));
        }
        loop {
            self.space();
            if self.peek() != Some('"') {
                return self.unexpected("");
            }
            let name = self.string()?;
            self.space();
            if !self.eat(':') {
                return self.unexpected("after object key");
            }
            self.space();
            let value = self.value(depth + 1)?;
            entries.insert(nfc(&name), value);
            self.space();
            if self.eat('}') {
                return Ok(Value::object(entries));
            }
            if !self.eat(',') {
                return self.unexpected("after object key:value pair");
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.eat('"');
        let mut out = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err("unexpected EOF".into());
            };
            if c < ' ' {
                return self.unexpected("in string literal");
            }
            self.advance(c);
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                _ => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let Some(c) = self.peek() else {
            return Err("unexpected EOF".into());
        };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                self.advance(c);
                return self.unicode();
            }
            _ => return self.unexpected("in string escape code"),
        };
        self.advance(c);
        Ok(plain)
    }

    fn hex4(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return self.unexpected("in \\u hexadecimal character escape");
            };
            self.at += 1;
            code = code * 16 + digit;
        }
        Ok(code)
    }

    /// A code unit of UTF-16; half a pair alone reads as the replacement character.
    fn unicode(&mut self) -> Result<char, String> {
        let high = self.hex4()?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
        }
        let before = self.at;
        if self.eat('\\') && self.eat('u') {
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
        }
        self.at = before;
        Ok('\u{fffd}')
    }
}

fn quote(c: char) -> String {
    match c {
        '\'' => r"'\''".into(),
        '"' => "'\"'".into(),
        _ => format!("'{}'", c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_what_it_writes_and_refuses_the_rest() {
        for source in [
            "null",
            r#"{"a":[1,2.5,"x\n"],"b":{}}"#,
            "12345678901234567890123",
            r#""\u2028""#,
        ] {
            let value = decode(source).expect("valid JSON");
            let mut out = String::new();
            encode(&value, &mut out).expect("a finite value");
            assert_eq!(out, source);
        }
        for source in [
            "", "{", "[1,]", "01", "1 2", "\"\n\"", "nul", "{a:1}", "-", "1.", "\"\\ud83",
        ] {
            assert!(decode(source).is_err(), "{source}");
        }
        assert!(decode(&"[".repeat(100_000)).is_err());
    }
}
