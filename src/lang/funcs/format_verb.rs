//! The verbs of `format`: reading them, and writing one value as one of them says. Widths and precisions of
//! text count grapheme clusters; numbers are rounded from their exact value, half to even.

use super::TEXT_MAX_BYTES;
use super::json;
use crate::base::{Kind, Number, Type, Value};
use crate::lang::convert::convert;
use dashu_int::{IBig, UBig};
use unicode_segmentation::UnicodeSegmentation;

/// A part of a format.
pub(super) enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// A place for a value.
    Verb(Verb<'a>),
}

/// A verb with its flags.
#[derive(Default)]
pub(super) struct Verb<'a> {
    /// The verb as it is written.
    pub(super) source: &'a str,
    /// Where it begins, in bytes.
    pub(super) offset: usize,
    /// Which argument it takes, from 0, if it says so.
    pub(super) argument: Option<usize>,
    sharp: bool,
    zero: bool,
    minus: bool,
    plus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    mode: char,
}

/// Most digits that a width or precision may ask for.
const DIGITS_MAX: usize = 100_000;

/// Splits a format into text and verbs.
pub(super) fn pieces(format: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(found) = format.get(at..).and_then(|rest| rest.find('%')) {
        let start = at + found;
        out.push(Piece::Text(format.get(at..start).unwrap_or_default()));
        if format.get(start + 1..).is_some_and(|rest| rest.starts_with('%')) {
            out.push(Piece::Text("%"));
            at = start + 2;
            continue;
        }
        let (verb, end) = verb(format, start)?;
        out.push(Piece::Verb(verb));
        at = end;
    }
    out.push(Piece::Text(format.get(at..).unwrap_or_default()));
    Ok(out)
}

fn digits(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let start = *at;
    let mut n = 0usize;
    while let Some(b @ b'0'..=b'9') = bytes.get(*at) {
        n = n.saturating_mul(10).saturating_add(usize::from(b - b'0'));
        *at += 1;
    }
    (*at > start).then_some(n)
}

fn verb(format: &str, start: usize) -> Result<(Verb<'_>, usize), String> {
    let bytes = format.as_bytes();
    let mut v = Verb {
        offset: start,
        ..Verb::default()
    };
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            Some(b'#') => v.sharp = true,
            Some(b'0') => v.zero = true,
            Some(b'-') => v.minus = true,
            Some(b'+') => v.plus = true,
            Some(b' ') => v.space = true,
            _ => break,
        }
        at += 1;
    }
    v.width = digits(bytes, &mut at);
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        v.precision = Some(digits(bytes, &mut at).unwrap_or(0));
    }
    if v.width.max(v.precision) > Some(DIGITS_MAX) {
        return Err(format!("width or precision at offset {start} is above {DIGITS_MAX}"));
    }
    if bytes.get(at) == Some(&b'[') {
        at += 1;
        let index = digits(bytes, &mut at).filter(|n| *n > 0);
        if index.is_none() || bytes.get(at) != Some(&b']') {
            return Err(unexpected(format, at));
        }
        at += 1;
        v.argument = index.map(|n| n - 1);
    }
    match bytes.get(at) {
        Some(b) if b.is_ascii_alphabetic() => {
            v.mode = char::from(*b);
            v.source = format.get(start..=at).unwrap_or_default();
            Ok((v, at + 1))
        }
        _ => Err(unexpected(format, at)),
    }
}

fn unexpected(format: &str, at: usize) -> String {
    match format.get(at..).and_then(|rest| rest.chars().next()) {
        Some(c) => format!("unrecognized format character {c:?} at offset {at}"),
        None => format!("invalid format string starting at offset {at}"),
    }
}

/// Appends a known value as the verb says.
pub(super) fn write_value(verb: &Verb<'_>, arg: &Value, out: &mut String) -> Result<(), String> {
    let refuse = |why: &str| format!("unsupported value for {:?} at {}: {why}", verb.source, verb.offset);
    if verb.mode != 'v' && arg.is_null() {
        return Err(refuse("null value cannot be formatted"));
    }
    let as_type = |ty: Type| convert(arg, &ty).map_err(|e| refuse(&e.to_string()));
    let written = match verb.mode {
        'v' => as_is(verb, arg).map_err(|e| refuse(&e))?,
        't' => as_type(Type::Bool)?.as_bool().unwrap_or(false).to_string(),
        'b' | 'd' | 'o' | 'x' | 'X' => {
            let n = as_type(Type::Number)?;
            let n = n
                .as_number()
                .and_then(Number::to_integer)
                .ok_or_else(|| refuse("an integer is required"))?;
            integer(verb, &n)
        }
        'e' | 'E' | 'f' | 'g' | 'G' => {
            let n = as_type(Type::Number)?;
            float(verb, n.as_number().unwrap_or(&Number::Int(0)))
        }
        's' | 'q' => {
            let s = as_type(Type::String)?;
            let s = s.as_str().unwrap_or_default();
            let cut: String = match verb.precision {
                Some(n) if n > 0 => s.graphemes(true).take(n).collect(),
                _ => s.to_owned(),
            };
            if verb.mode == 'q' {
                let mut quoted = String::new();
                json::encode(&Value::string(cut), &mut quoted).map_err(|e| refuse(&e.message))?;
                quoted
            } else {
                cut
            }
        }
        mode => {
            return Err(format!(
                "unsupported format verb {mode:?} in {:?} at offset {}",
                verb.source, verb.offset
            ));
        }
    };
    let padded = pad(verb, written);
    if out.len() + padded.len() > TEXT_MAX_BYTES {
        return Err(refuse("the result would be too long"));
    }
    out.push_str(&padded);
    Ok(())
}

fn pad(verb: &Verb<'_>, written: String) -> String {
    let Some(width) = verb.width else {
        return written;
    };
    let missing = width.saturating_sub(written.graphemes(true).count());
    let fill = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus { written + &fill } else { fill + &written }
}

/// `%v`: text and numbers plainly, everything else and `%#v` as JSON.
fn as_is(verb: &Verb<'_>, arg: &Value) -> Result<String, String> {
    match &arg.kind {
        Kind::String(s) if !verb.sharp => Ok(s.to_string()),
        Kind::Number(n) if !verb.sharp => Ok(shortest(n, 'e')),
        _ => {
            let mut out = String::new();
            json::encode(arg, &mut out).map_err(|e| e.message)?;
            Ok(out)
        }
    }
}

/// Sign, base and digits together, filled with zeros after the sign or with spaces.
fn signed(verb: &Verb<'_>, negative: bool, base: &str, digits: String, zeros: bool) -> String {
    let sign = match () {
        () if negative => "-",
        () if verb.plus => "+",
        () if verb.space => " ",
        () => "",
    };
    let missing = verb
        .width
        .unwrap_or(0)
        .saturating_sub(sign.len() + base.len() + digits.len());
    if verb.minus {
        format!("{sign}{base}{digits}{}", " ".repeat(missing))
    } else if verb.zero && zeros {
        format!("{sign}{base}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{sign}{base}{digits}", " ".repeat(missing))
    }
}

fn integer(verb: &Verb<'_>, n: &IBig) -> String {
    let negative = *n < IBig::ZERO;
    let (_, magnitude) = n.clone().into_parts();
    let (mut digits, base) = match verb.mode {
        'b' => (format!("{magnitude:b}"), "0b"),
        'o' => (format!("{magnitude:o}"), "0"),
        'x' => (format!("{magnitude:x}"), "0x"),
        'X' => (format!("{magnitude:X}"), "0X"),
        _ => (magnitude.to_string(), ""),
    };
    if let Some(least) = verb.precision {
        if least == 0 && magnitude == UBig::ZERO {
            digits.clear();
        }
        digits = "0".repeat(least.saturating_sub(digits.len())) + &digits;
    }
    signed(
        verb,
        negative,
        if verb.sharp { base } else { "" },
        digits,
        verb.precision.is_none(),
    )
}

/// Decimal digits of a magnitude without leading and trailing zeros, and where the point is: before the digit at `point`.
struct Decimal {
    digits: String,
    point: i64,
}

/// The fewest digits that read back as the number.
fn decimal(n: &Number) -> Decimal {
    let written = n.abs().to_string();
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0').to_owned();
    let to_i64 = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Decimal {
        point: if digits.is_empty() {
            0
        } else {
            to_i64(whole.len()) - to_i64(leading)
        },
        digits,
    }
}

fn exponent_text(exponent: i64, letter: char) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{letter}{sign}{:02}", exponent.unsigned_abs())
}

fn with_exponent(d: &Decimal, letter: char) -> String {
    let (first, rest) = d.digits.split_at_checked(1).unwrap_or(("0", ""));
    let dot = if rest.is_empty() { "" } else { "." };
    let exponent = if d.digits.is_empty() { 0 } else { d.point - 1 };
    format!("{first}{dot}{rest}{}", exponent_text(exponent, letter))
}

fn without_exponent(d: &Decimal) -> String {
    let count = i64::try_from(d.digits.len()).unwrap_or(i64::MAX);
    let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
    if d.digits.is_empty() {
        "0".into()
    } else if d.point <= 0 {
        format!("0.{}{}", zeros(-d.point), d.digits)
    } else if d.point >= count {
        format!("{}{}", d.digits, zeros(d.point - count))
    } else {
        let (whole, fraction) = d
            .digits
            .split_at_checked(usize::try_from(d.point).unwrap_or(0))
            .unwrap_or_default();
        format!("{whole}.{fraction}")
    }
}

/// `%g` without precision: an exponent when it is below -4 or above 20.
fn shortest(n: &Number, letter: char) -> String {
    let sign = if n.is_negative() { "-" } else { "" };
    if n.is_infinite() {
        return if n.is_negative() { "-Inf" } else { "+Inf" }.into();
    }
    format!("{sign}{}", general(&decimal(n), 6, letter))
}

fn general(d: &Decimal, limit: i64, letter: char) -> String {
    if !d.digits.is_empty() && (d.point - 1 < -4 || d.point > limit) {
        with_exponent(d, letter)
    } else {
        without_exponent(d)
    }
}

/// The magnitude times ten to the power of `power`, as an integer rounded half to even.
fn scaled(n: &Number, power: i64) -> UBig {
    let two_512 = Number::from(IBig::from(1) << 512usize);
    let mut shift = 0usize;
    let mut exact = n.abs();
    while !exact.is_integer() {
        let Some(next) = exact.mul(&two_512) else {
            break;
        };
        exact = next;
        shift += 512;
    }
    let (_, magnitude) = exact.to_integer().unwrap_or(IBig::ZERO).into_parts();
    let ten = UBig::from(10u8).pow(usize::try_from(power.unsigned_abs()).unwrap_or(0));
    let (above, below) = if power >= 0 {
        (magnitude * ten, UBig::from(1u8) << shift)
    } else {
        (magnitude, (UBig::from(1u8) << shift) * ten)
    };
    let quotient = &above / &below;
    let doubled = (above - &quotient * &below) * 2u8;
    let odd = &quotient % 2u8 == 1;
    if doubled > below || (doubled == below && odd) {
        quotient + 1u8
    } else {
        quotient
    }
}

/// Rounded to a number of significant digits; trailing zeros kept.
fn rounded(n: &Number, count: usize) -> Decimal {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let point = decimal(n).point;
    let digits = scaled(n, count - point).to_string();
    // Rounding 9.99 up gives a digit more.
    let grown = i64::try_from(digits.len()).unwrap_or(0) > count;
    if grown {
        let mut digits = digits;
        digits.pop();
        Decimal {
            digits,
            point: point + 1,
        }
    } else {
        Decimal { digits, point }
    }
}

fn float(verb: &Verb<'_>, n: &Number) -> String {
    if n.is_infinite() {
        let plus = Verb {
            plus: !verb.space,
            ..Verb::default()
        };
        let shown = Verb {
            width: verb.width,
            minus: verb.minus,
            space: verb.space,
            ..plus
        };
        return signed(&shown, n.is_negative(), "", "Inf".into(), false);
    }
    let letter = if verb.mode.is_ascii_uppercase() { 'E' } else { 'e' };
    let digits = match (verb.mode, verb.precision) {
        ('f', precision) => {
            let precision = precision.unwrap_or(6);
            let all = scaled(n, i64::try_from(precision).unwrap_or(i64::MAX)).to_string();
            let all = "0".repeat((precision + 1).saturating_sub(all.len())) + &all;
            match all.split_at_checked(all.len() - precision) {
                Some((whole, fraction)) if precision > 0 => format!("{whole}.{fraction}"),
                _ => all,
            }
        }
        ('e' | 'E', precision) => {
            let precision = precision.unwrap_or(6);
            let d = if n.is_zero() {
                Decimal {
                    digits: "0".repeat(precision + 1),
                    point: 1,
                }
            } else {
                rounded(n, precision + 1)
            };
            with_exponent(&d, letter)
        }
        (_, None) => general(&decimal(n), 6, letter),
        (_, Some(precision)) => {
            let precision = precision.max(1);
            let mut d = if n.is_zero() { decimal(n) } else { rounded(n, precision) };
            let kept = d.digits.trim_end_matches('0').len();
            d.digits.truncate(kept);
            let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            let limit = if precision > kept && count(kept) >= d.point {
                count(kept)
            } else {
                count(precision)
            };
            general(&d, limit, letter)
        }
    };
    signed(verb, n.is_negative(), "", digits, true)
}
