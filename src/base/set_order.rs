//! The order of elements in a set. Primitive values have the order one expects; for others it is that of Terraform, which
//! compares a text made of each: it has no meaning, but everyone who prints a set shows it.

use super::value::{Kind, Value};
use std::cmp::Ordering;
use std::fmt::Write;

/// Sorts elements of a set: numbers by value, texts by bytes, nulls last but before what is unknown.
pub(super) fn sort_set(items: &mut [Value]) {
    if items.iter().any(|v| is_made_of_parts(&v.kind)) {
        // The second text tells apart what the first does not: numbers that differ beyond their tenth digit.
        items.sort_by_cached_key(|v| (rank(&v.kind), key(v, false), key(v, true)));
    } else {
        items.sort_by(primitive_order);
    }
}

fn primitive_order(a: &Value, b: &Value) -> Ordering {
    match (&a.kind, &b.kind) {
        (Kind::Bool(x), Kind::Bool(y)) => x.cmp(y),
        (Kind::Number(x), Kind::Number(y)) => x.cmp(y),
        (Kind::String(x), Kind::String(y)) => x.cmp(y),
        (x, y) => rank(x).cmp(&rank(y)),
    }
}

fn is_made_of_parts(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) | Kind::Map(..) | Kind::Object(_)
    )
}

fn rank(kind: &Kind) -> u8 {
    match kind {
        Kind::Bool(_) => 1,
        Kind::Number(_) => 2,
        Kind::String(_) => 3,
        Kind::Null(_) => 5,
        Kind::Unknown(_) => 6,
        _ => 4,
    }
}

fn key(value: &Value, exact: bool) -> String {
    let mut out = String::new();
    write_key(value, exact, &mut out);
    out
}

fn write_key(value: &Value, exact: bool, out: &mut String) {
    let sequence = |open: char, items: &mut dyn Iterator<Item = &Value>, close: char, out: &mut String| {
        out.push(open);
        for item in items {
            write_key(item, exact, out);
            out.push(';');
        }
        out.push(close);
    };
    match &value.kind {
        Kind::Unknown(_) => out.push('?'),
        Kind::Null(_) => out.push('~'),
        Kind::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Kind::Number(n) if exact => out.push_str(&n.to_string()),
        Kind::Number(n) => out.push_str(&ten_digits(&n.to_string())),
        Kind::String(s) => {
            // Writing into a string can't fail.
            let _ = write!(out, "{s:?}");
        }
        Kind::List(_, items) | Kind::Set(_, items) => sequence('[', &mut items.iter(), ']', out),
        Kind::Tuple(items) => sequence('<', &mut items.iter(), '>', out),
        Kind::Object(entries) => sequence('<', &mut entries.values(), '>', out),
        Kind::Map(_, entries) => {
            out.push('{');
            for (name, item) in entries.iter() {
                let _ = write!(out, "{name:?}:");
                write_key(item, exact, out);
                out.push(';');
            }
            out.push('}');
        }
    }
}

/// A decimal number with at most ten digits, and an exponent where it is large or small.
fn ten_digits(decimal: &str) -> String {
    let (sign, unsigned) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if !whole.bytes().all(|b| b.is_ascii_digit()) {
        return decimal.to_owned();
    }
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading = all.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.len() <= 10 && whole.len() <= 10 && leading <= 4 {
        return decimal.to_owned();
    }
    let mut exponent = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(leading).unwrap_or(0) - 1;
    let mut digits: String = significant.chars().take(10).collect();
    let round_up = significant.as_bytes().get(10).is_some_and(|b| *b >= b'5');
    if round_up && let Ok(n) = digits.parse::<u64>() {
        digits = (n + 1).to_string();
        exponent += i64::from(digits.len() > 10);
    }
    let digits = digits.trim_end_matches('0');
    if (-4..10).contains(&exponent) {
        return place_point(sign, digits, exponent);
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}e{exponent:+03}")
}

fn place_point(sign: &str, digits: &str, exponent: i64) -> String {
    match usize::try_from(exponent) {
        Ok(exponent) if digits.len() <= exponent + 1 => format!("{sign}{digits:0<width$}", width = exponent + 1),
        Ok(exponent) => {
            let (whole, fraction) = digits.split_at_checked(exponent + 1).unwrap_or((digits, ""));
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => {
            let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
            format!("{sign}0.{zeros}{digits}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Type;

    #[test]
    fn elements_made_of_parts_have_the_order_of_their_texts() {
        let tuple = |n: i64| Value::tuple(vec![Value::int(n)]);
        let set = Value::set(Type::tuple([Type::Number]), [tuple(9), tuple(10), tuple(100)]);
        assert_eq!(set.elements(), Some(&[tuple(100), tuple(10), tuple(9)][..]));
        for (decimal, want) in [
            ("0", "0"),
            ("-1.5", "-1.5"),
            ("12345678901", "1.23456789e+10"),
            ("9999999999.9", "1e+10"),
            ("1234567890.123", "1234567890"),
            ("0.00001", "1e-05"),
            ("0.33333333333333", "0.3333333333"),
            ("100000000000", "1e+11"),
        ] {
            assert_eq!(ten_digits(decimal), want, "{decimal}");
        }
    }
}
