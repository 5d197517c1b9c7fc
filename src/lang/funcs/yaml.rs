//! `yamlencode` and `yamldecode`. Decoding reads one document; plain scalars are resolved as Terraform does, a mix of
//! YAML 1.1 and 1.2: `yes` is true, `017` is seventeen.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, date, dynamic_type, nfc, str_at, string_type, text,
    unknown, yaml_emit,
};
use crate::base::{Kind, Marks, Number, Str, Type, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};
use std::collections::{BTreeMap, HashMap};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "yamlencode",
        "A value as YAML text.",
        &[Param::any("value").null()],
        string_type,
        |args, _| match args.first() {
            Some(value) if value.is_wholly_known() => Ok(Value::string(yaml_emit::emit(value))),
            _ => unknown(Type::String, Marks::NONE),
        },
    ),
    Function::new(
        "yamldecode",
        "The value that a YAML text stands for.",
        &[Param::string("src")],
        dynamic_type,
        decode,
    )
    .may_be_null(),
];

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 200;
/// Most nodes of a document, each alias counted with all it stands for.
const NODES_MAX: usize = 1_000_000;

fn decode(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let source = str_at(args, 0);
    // The parser takes a tab for indentation, which YAML forbids.
    let first = source.lines().find(|l| !l.trim().is_empty());
    if first.is_some_and(|l| l.trim_start_matches(' ').starts_with('\t')) {
        return Err(FunctionError::call("found character that cannot start any token"));
    }
    let mut reader = Reader {
        events: Parser::new_from_str(source),
        anchors: HashMap::new(),
        nodes: 0,
    };
    reader.document().map_err(FunctionError::call)
}

/// A value with the number of nodes in it.
type Weighed = (Value, usize);

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// Finished nodes by anchor.
    anchors: HashMap<usize, Weighed>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        loop {
            match self.events.next() {
                Some(Ok((Event::Nothing | Event::StreamStart, _))) => {}
                Some(Ok((event, _))) => return Ok(event),
                Some(Err(e)) => {
                    let at = e.marker();
                    return Err(format!("on line {}, column {}: {}", at.line(), at.col() + 1, e.info()));
                }
                None => return Ok(Event::StreamEnd),
            }
        }
    }

    fn document(&mut self) -> Result<Value, String> {
        let missing = "on line 1, column 1: missing start of document";
        match self.next()? {
            Event::DocumentStart(_) => {}
            _ => return Err(missing.into()),
        }
        let first = self.next()?;
        let (value, _) = self.node(first, 0)?;
        match (self.next()?, self.next()?) {
            (Event::DocumentEnd, Event::StreamEnd) => Ok(value),
            _ => Err("on line 1, column 1: unexpected extra content after value".into()),
        }
    }

    fn count(&mut self, weight: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(weight);
        if self.nodes > NODES_MAX {
            return Err(format!("the document has more than {NODES_MAX} nodes"));
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'a>, depth: usize) -> Result<Weighed, String> {
        if depth > DEPTH_MAX {
            return Err(format!("collections are nested more than {DEPTH_MAX} deep"));
        }
        self.count(1)?;
        let (anchor, weighed) = match event {
            Event::Alias(id) => {
                let found = self.anchors.get(&id).cloned();
                let (value, weight) = found.ok_or("cannot refer to an anchor from inside of it")?;
                self.count(weight)?;
                return Ok((value, weight));
            }
            Event::Scalar(s, style, anchor, tag) => (anchor, (scalar(&s, style, tag.as_deref())?, 1)),
            Event::SequenceStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "seq")?;
                (anchor, self.sequence(depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "map")?;
                (anchor, self.mapping(depth)?)
            }
            _ => return Err("unexpected end of document".into()),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, weighed.clone());
        }
        Ok(weighed)
    }

    fn sequence(&mut self, depth: usize) -> Result<Weighed, String> {
        let mut items = Vec::new();
        let mut weight = 1usize;
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok((Value::tuple(items), weight)),
                event => {
                    let (item, w) = self.node(event, depth + 1)?;
                    weight = weight.saturating_add(w);
                    items.push(item);
                }
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Weighed, String> {
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        let mut merged: Vec<Value> = Vec::new();
        let mut weight = 1usize;
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let is_merge = matches!(&event, Event::Scalar(s, ScalarStyle::Plain, _, _) if s == "<<");
            let (key, _) = self.node(event, depth + 1)?;
            let next = self.next()?;
            let (item, w) = self.node(next, depth + 1)?;
            weight = weight.saturating_add(w).saturating_add(1);
            if is_merge {
                match &item.kind {
                    Kind::Object(_) => merged.push(item),
                    Kind::Tuple(items) if items.iter().all(|i| matches!(i.kind, Kind::Object(_))) => {
                        merged.extend(items.iter().cloned());
                    }
                    _ => return Err("can only merge mappings into a mapping".into()),
                }
                continue;
            }
            let key = match key.kind {
                Kind::String(s) => s,
                Kind::Bool(b) => Str::from(b.to_string()),
                Kind::Number(n) => Str::from(n.to_string()),
                Kind::Null(_) => return Err("mapping key cannot be null".into()),
                _ => return Err("only strings are allowed as mapping keys".into()),
            };
            entries.insert(key, item);
        }
        // What the mapping says itself comes before what is merged into it.
        for from in merged {
            for (key, item) in from.entries().into_iter().flatten() {
                entries.entry(Str::clone(key)).or_insert_with(|| item.clone());
            }
        }
        Ok((Value::object(entries), weight))
    }
}

fn unsupported(tag: &Tag) -> String {
    let shown = if tag.is_yaml_core_schema() { "!!" } else { &tag.handle };
    format!("unsupported tag {:?}", format!("{shown}{}", tag.suffix))
}

fn collection_tag(tag: Option<&Tag>, wanted: &str) -> Result<(), String> {
    match tag {
        Some(t) if !(t.is_yaml_core_schema() && t.suffix == wanted) => Err(unsupported(t)),
        _ => Ok(()),
    }
}

fn scalar(source: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        return if plain { resolve(source) } else { Ok(text(source)) };
    };
    if tag.handle == "!" && tag.suffix.is_empty() {
        return Ok(text(source));
    }
    if !tag.is_yaml_core_schema() {
        return Err(unsupported(tag));
    }
    let resolved = || if plain { resolve(source) } else { Ok(text(source)) };
    match tag.suffix.as_str() {
        "str" | "binary" => Ok(text(source)),
        "bool" | "int" | "float" | "timestamp" | "merge" => resolved(),
        "null" => Ok(Value::null(Type::Dynamic)),
        _ => Err(unsupported(tag)),
    }
}

/// What a plain scalar stands for.
fn resolve(source: &str) -> Result<Value, String> {
    match source {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::null(Type::Dynamic)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(Value::bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(Value::bool(false));
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Ok(Value::number(Number::infinity(false))),
        "-.inf" | "-.Inf" | "-.INF" => return Ok(Value::number(Number::infinity(true))),
        ".nan" | ".NaN" | ".NAN" => return Err("floating point NaN is not supported".into()),
        _ => {}
    }
    Ok(number(source)
        .or_else(|| timestamp(source).map(|s| Value::string(nfc(&s))))
        .unwrap_or_else(|| text(source)))
}

fn number(source: &str) -> Option<Value> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = source.strip_prefix(prefix).filter(|d| !d.starts_with(['+', '-'])) {
            return dashu_int::IBig::from_str_radix(digits, radix)
                .ok()
                .filter(|_| digits.len() <= 1000 && digits.bytes().all(|b| b.is_ascii_alphanumeric()))
                .map(|n| Value::number(Number::from(n)));
        }
    }
    let unsigned = source.strip_prefix(['+', '-']).unwrap_or(source);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) || !exponent_fits {
        return None;
    }
    let sign = if source.starts_with('-') { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = if fraction.is_empty() {
        String::new()
    } else {
        format!(".{fraction}")
    };
    let exponent = exponent.map(|e| format!("e{e}")).unwrap_or_default();
    format!("{sign}{whole}{fraction}{exponent}")
        .parse::<Number>()
        .ok()
        .map(Value::number)
}

/// A date, or a date and time, in RFC 3339.
fn timestamp(source: &str) -> Option<String> {
    let (day, time) = match source.split_once(['T', 't']) {
        Some((day, time)) => (day, time.to_owned()),
        None => match source.split_once(' ') {
            Some((day, time)) => (day, format!("{time}Z")),
            None => (source, "00:00:00Z".to_owned()),
        },
    };
    let mut parts = day.split('-');
    let (year, month, date) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    date::normalised(&format!("{year}-{month:0>2}-{date:0>2}T{time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Value, String> {
        let mut reader = Reader {
            events: Parser::new_from_str(source),
            anchors: HashMap::new(),
            nodes: 0,
        };
        reader.document()
    }

    #[test]
    fn plain_scalars_are_resolved() {
        for (source, want) in [
            ("017", Value::int(17)),
            ("0o17", Value::int(15)),
            ("0x1F", Value::int(31)),
            ("1e3", Value::int(1000)),
            ("+1", Value::int(1)),
            ("1.", Value::int(1)),
            ("1_000", Value::string("1_000")),
            ("-0x1f", Value::string("-0x1f")),
            ("12:30", Value::string("12:30")),
            ("2024-1-2", Value::string("2024-01-02T00:00:00Z")),
            (
                "2024-01-02 03:04:05 +08:00",
                Value::string("2024-01-02 03:04:05 +08:00"),
            ),
            ("on", Value::bool(true)),
            ("a:", Value::object_of([("a", Value::null(Type::Dynamic))])),
        ] {
            assert_eq!(read(source), Ok(want), "{source}");
        }
    }

    #[test]
    fn hostile_documents_are_refused() {
        let bomb: String = (1..40).map(|i| format!("- &a{i} [*a{0}, *a{0}]\n", i - 1)).collect();
        assert!(read(&format!("- &a0 x\n{bomb}")).is_err());
        assert!(read(&"[".repeat(5000)).is_err());
        assert!(read(&"- ".repeat(5000)).is_err());
        assert!(read("&a [*a]").is_err());
        assert!(read("!foo 1").is_err());
    }
}
