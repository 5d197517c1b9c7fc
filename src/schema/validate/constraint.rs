//! Constraints of one attribute: allowed values, form, length and range; and when two values mean the same.

use super::place::Place;
use crate::base::json::to_json;
use crate::base::{Diag, Diags, Kind, Number, Span, Type, Value, did_you_mean};
use crate::lang::ast::{Expr, ExprKind};
use crate::schema::codes;
use crate::schema::model::{Attribute, Equality};

/// Checks a value that is not null; of a collection, its length and each element.
pub(super) fn check(
    name: &str,
    attribute: &Attribute,
    value: &Value,
    expr: Option<&Expr>,
    place: &Place<'_>,
    diags: &mut Diags,
) {
    let span = expr.map_or(place.header, |e| e.span);
    let one = One { name, attribute };
    if let Some((min, max)) = attribute.length
        && let Some(diag) = one.length(value, min, max)
    {
        diags.push(one.finish(diag, span));
    }
    if let Some(diag) = one.json(value) {
        diags.push(one.finish(diag, span));
    }
    if attribute.allowed.is_empty() && attribute.pattern.is_none() && attribute.range.is_none() {
        return;
    }
    let sensitive = value.is_sensitive() || attribute.secret;
    match &value.kind {
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            for (i, item) in items.iter().enumerate() {
                // Elements of a set have lost the order in which they were written.
                let at = match (expr.map(|e| &e.kind), &value.kind) {
                    (Some(ExprKind::Tuple(exprs)), Kind::List(..)) => exprs.get(i).map_or(span, |e| e.span),
                    _ => span,
                };
                one.element(item, sensitive, at, diags);
            }
        }
        Kind::Map(_, entries) => entries.values().for_each(|v| one.element(v, sensitive, span, diags)),
        _ => one.element(value, sensitive, span, diags),
    }
}

/// One attribute under check.
struct One<'a> {
    name: &'a str,
    attribute: &'a Attribute,
}

impl One<'_> {
    fn element(&self, value: &Value, sensitive: bool, span: Span, diags: &mut Diags) {
        if value.is_null() || !value.is_known() {
            return;
        }
        let sensitive = sensitive || value.is_sensitive();
        let found = [
            self.allowed(value, sensitive),
            self.pattern(value, sensitive),
            self.range(value, sensitive),
        ];
        for diag in found.into_iter().flatten() {
            diags.push(self.finish(diag, span));
        }
    }

    fn finish(&self, diag: Diag, span: Span) -> Diag {
        let diag = diag.at(span);
        match (&diag.help, &self.attribute.help) {
            (None, Some(help)) => diag.help(help.clone()),
            (Some(given), Some(help)) => {
                let both = format!("{given}; {help}");
                diag.help(both)
            }
            _ => diag,
        }
    }

    fn invalid(&self, code: &'static str, detail: String) -> Diag {
        Diag::error(code, format!("Invalid value for \"{}\"", self.name)).detail(detail)
    }

    fn allowed(&self, value: &Value, sensitive: bool) -> Option<Diag> {
        let allowed = &self.attribute.allowed;
        let plain = value.clone().unmark().0;
        if allowed.is_empty() || allowed.iter().any(|a| self.same(a, &plain)) {
            return None;
        }
        let names: Vec<String> = allowed.iter().map(|a| shown(a, false)).collect();
        let diag = self.invalid(
            codes::NOT_ALLOWED,
            format!(
                "{} is none of the values allowed: {}.",
                shown(value, sensitive),
                names.join(", ")
            ),
        );
        if sensitive {
            return Some(diag);
        }
        let right = self.right(value.as_str()?);
        Some(match right {
            Some((right, true)) => diag.label(format!("did you mean {}?", quoted(right))).help(format!(
                "{} is another name of {}, used by vendor SDKs",
                shown(value, false),
                quoted(right)
            )),
            Some((right, false)) => diag.label(format!("did you mean {}?", quoted(right))),
            None => diag,
        })
    }

    fn same(&self, a: &Value, b: &Value) -> bool {
        equal_in_meaning(self.attribute, a, b)
    }

    /// The allowed value that a wrong one stands for, and whether it is a known spelling of it.
    fn right(&self, given: &str) -> Option<(&str, bool)> {
        let mut allowed = self.attribute.allowed.iter().filter_map(Value::as_str);
        if let Some(right) = allowed.find(|a| a.eq_ignore_ascii_case(given)) {
            return Some((right, false));
        }
        let aliases = &self.attribute.value_aliases;
        if let Some((_, right)) = aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(given)) {
            return Some((right, true));
        }
        did_you_mean(given, self.attribute.allowed.iter().filter_map(Value::as_str)).map(|right| (right, false))
    }

    fn pattern(&self, value: &Value, sensitive: bool) -> Option<Diag> {
        let pattern = self.attribute.pattern.as_ref()?;
        let text = value.as_str()?;
        if pattern.regex.is_match(text) {
            return None;
        }
        Some(self.invalid(
            codes::PATTERN,
            format!("{} must be {}.", shown(value, sensitive), pattern.meaning),
        ))
    }

    /// An attribute that is compared as JSON has to be JSON.
    fn json(&self, value: &Value) -> Option<Diag> {
        let text = value.as_str().filter(|_| self.attribute.equality == Equality::Json)?;
        // The error names a line and column, never the text.
        let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
        let help = format!("write it with {} = jsonencode({{ … }})", self.name);
        Some(
            self.invalid(codes::PATTERN, format!("It must be a JSON document: {error}."))
                .help(help),
        )
    }

    fn range(&self, value: &Value, sensitive: bool) -> Option<Diag> {
        let (min, max) = self.attribute.range?;
        let number = value.as_number()?;
        if (Number::from(min)..=Number::from(max)).contains(number) {
            return None;
        }
        let demand = match (min, max) {
            (i64::MIN, max) => format!("must be at most {max}"),
            (min, i64::MAX) => format!("must be at least {min}"),
            (min, max) => format!("must be from {min} to {max}"),
        };
        Some(self.invalid(codes::RANGE, format!("{} {demand}.", shown(value, sensitive))))
    }

    fn length(&self, value: &Value, min: u64, max: u64) -> Option<Diag> {
        let (length, unit) = match &value.kind {
            Kind::String(s) => (s.chars().count(), "character"),
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => (v.len(), "element"),
            Kind::Map(_, m) | Kind::Object(m) => (m.len(), "element"),
            _ => return None,
        };
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if (min..=max).contains(&length) {
            return None;
        }
        let demand = match (min, max) {
            (min, u64::MAX) => format!("at least {min}"),
            (0, max) => format!("at most {max}"),
            (min, max) if min == max => format!("exactly {min}"),
            (min, max) => format!("{min} to {max}"),
        };
        let plural = if length == 1 { "" } else { "s" };
        let subject = match &value.kind {
            Kind::String(_) => shown(value, value.is_sensitive() || self.attribute.secret),
            _ => "The value".to_string(),
        };
        Some(self.invalid(
            codes::LENGTH,
            format!("{subject} has {length} {unit}{plural}; allowed are {demand}."),
        ))
    }
}

/// A value as a message shows it.
fn shown(value: &Value, sensitive: bool) -> String {
    if sensitive {
        return "The sensitive value".to_string();
    }
    match &value.kind {
        Kind::String(s) => quoted(s),
        Kind::Number(n) => n.to_string(),
        Kind::Bool(b) => b.to_string(),
        _ => "The value".to_string(),
    }
}

/// Text as a file has it, so that a new line and a backslash with an n can be told apart.
pub(in crate::schema) fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_string(),
        '\r' => "\\r".to_string(),
        '\t' => "\\t".to_string(),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Whether two values of an attribute mean the same, by its [`Equality`]. Marks do not count; values known only
/// after apply are equal to none but themselves.
pub fn equal_in_meaning(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    let (a, _) = a.clone().unmark_deep();
    let (b, _) = b.clone().unmark_deep();
    let any_json = attribute.equality == Equality::Json && attribute.ty == Type::Dynamic;
    same(attribute.equality, &a, &b) || (any_json && same_document(&a, &b))
}

/// Whether two values are one JSON document, each either written as text or spelled out.
fn same_document(a: &Value, b: &Value) -> bool {
    let document = |value: &Value| match value.as_str() {
        Some(text) => serde_json::from_str::<serde_json::Value>(text).ok(),
        None => (value.is_wholly_known() && !value.is_null()).then(|| to_json(value)),
    };
    matches!((document(a), document(b)), (Some(a), Some(b)) if a == b)
}

fn same(equality: Equality, a: &Value, b: &Value) -> bool {
    if a == b {
        return true;
    }
    match (&a.kind, &b.kind) {
        (Kind::String(a), Kind::String(b)) => same_text(equality, a, b),
        (Kind::List(_, a), Kind::List(_, b))
        | (Kind::Tuple(a), Kind::Tuple(b))
        | (Kind::Set(_, a), Kind::Set(_, b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(equality, a, b))
        }
        (Kind::Map(_, a), Kind::Map(_, b)) | (Kind::Object(a), Kind::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|((ak, av), (bk, bv))| ak == bk && same(equality, av, bv))
        }
        // Nulls differ in type only.
        (Kind::Null(_), Kind::Null(_)) => true,
        _ => false,
    }
}

fn same_text(equality: Equality, a: &str, b: &str) -> bool {
    match equality {
        Equality::Exact => false,
        Equality::CaseInsensitive => a.to_lowercase() == b.to_lowercase(),
        Equality::Json => {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
        }
    }
}
