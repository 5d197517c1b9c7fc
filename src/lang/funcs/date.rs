//! Functions of moments: RFC 3339 timestamps, Go durations, date formats. The clock is the host's.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, number_type, str_at, string_type, text, unknown,
};
use crate::base::{Marks, Type, Value};
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "formatdate",
        "A timestamp in a format such as `DD MMM YYYY hh:mm ZZZ`.",
        &[Param::string("format"), Param::string("time")],
        string_type,
        formatdate,
    ),
    Function::new(
        "timeadd",
        "A timestamp with a duration such as `1h30m` added.",
        &[Param::string("timestamp"), Param::string("duration")],
        string_type,
        timeadd,
    ),
    Function::new(
        "timecmp",
        "-1, 0 or 1: whether the first timestamp is before, at or after the second.",
        &[Param::string("timestamp_a"), Param::string("timestamp_b")],
        number_type,
        |args, _| {
            let instant = |i| {
                parse(&lenient(str_at(args, i)))
                    .map(|m| m.instant)
                    .map_err(|e| FunctionError::arg(i, e))
            };
            Ok(Value::int(instant(0)?.cmp(&instant(1)?) as i64))
        },
    ),
    Function::new(
        "timestamp",
        "The moment of the apply, in UTC.",
        &[],
        string_type,
        |_, ctx| moment(ctx.host.timestamp()),
    ),
    Function::new(
        "plantimestamp",
        "The moment of the plan, in UTC.",
        &[],
        string_type,
        |_, ctx| moment(ctx.host.plan_timestamp()),
    ),
];

fn moment(at: Option<String>) -> FunctionResult {
    match at {
        Some(s) => Ok(text(&s)),
        None => unknown(Type::String, Marks::NONE),
    }
}

/// A moment with the local time it was written in.
struct Moment {
    local: DateTime,
    offset: Offset,
    instant: Timestamp,
}

/// Reads the fields of a timestamp one after the other.
struct Fields<'a> {
    rest: &'a str,
}

impl Fields<'_> {
    fn number(&mut self, digits: usize, what: &str) -> Result<i16, String> {
        if self.rest.is_empty() {
            return Err(format!("end of string before {what}"));
        }
        let field = self
            .rest
            .get(..digits)
            .filter(|f| f.bytes().all(|b| b.is_ascii_digit()));
        let Some(field) = field else {
            return Err(format!("cannot use {:?} as {what}", self.rest));
        };
        self.rest = self.rest.get(digits..).unwrap_or_default();
        field.parse().map_err(|_| format!("cannot use {field:?} as {what}"))
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None if sign == 'T' => Err("missing required time introducer 'T'".into()),
            None if self.rest.is_empty() => Err(format!("end of string where {:?} is expected", sign.to_string())),
            None => Err(format!(
                "found {:?} where {:?} is expected",
                self.rest,
                sign.to_string()
            )),
        }
    }

    fn ranged(&mut self, digits: usize, what: &str, min: i16, max: i16) -> Result<i8, String> {
        let n = self.number(digits, what)?;
        let narrow = i8::try_from(n).ok().filter(|_| (min..=max).contains(&n));
        narrow.ok_or_else(|| format!("{what} must be between {min} and {max} inclusive"))
    }

    /// Nanoseconds of a fraction, digits beyond the ninth dropped.
    fn fraction(&mut self) -> Result<i32, String> {
        let Some(rest) = self.rest.strip_prefix('.') else {
            return Ok(0);
        };
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return Err(format!("cannot use {:?} as second", self.rest));
        }
        self.rest = rest.get(count..).unwrap_or_default();
        let digits: String = rest.chars().take(count).chain("000000000".chars()).take(9).collect();
        digits.parse().map_err(|_| format!("cannot use {digits:?} as second"))
    }

    fn offset(&mut self) -> Result<Offset, String> {
        if self.rest.is_empty() {
            return Err("end of string before UTC offset".into());
        }
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(Offset::UTC);
        }
        let invalid = format!("cannot use {:?} as UTC offset", self.rest);
        let (sign, rest) = match self.rest.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, self.rest.strip_prefix('+').ok_or_else(|| invalid.clone())?),
        };
        self.rest = rest;
        let hours = self.ranged(2, "UTC offset", 0, 23).map_err(|_| invalid.clone())?;
        self.sign(':').map_err(|_| invalid.clone())?;
        let minutes = self.ranged(2, "UTC offset", 0, 59).map_err(|_| invalid.clone())?;
        let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
        Offset::from_seconds(seconds).map_err(|_| invalid)
    }
}

/// Reads an RFC 3339 timestamp.
fn parse(source: &str) -> Result<Moment, String> {
    parse_fields(source).map_err(|why| format!("not a valid RFC3339 timestamp: {why}"))
}

/// A timestamp as strictly as `timecmp` does not ask for it: with one digit for the hour, or a comma before the
/// fraction of a second.
fn lenient(source: &str) -> std::borrow::Cow<'_, str> {
    let (date, time) = match source.split_once('T') {
        Some(parts) => parts,
        None => return source.into(),
    };
    let one_digit = time.find(':') == Some(1);
    let comma = time
        .get(8 - usize::from(one_digit)..)
        .is_some_and(|rest| rest.starts_with(','));
    if !one_digit && !comma {
        return source.into();
    }
    let time = if comma {
        time.replacen(',', ".", 1)
    } else {
        time.to_owned()
    };
    format!("{date}T{}{time}", if one_digit { "0" } else { "" }).into()
}

fn parse_fields(source: &str) -> Result<Moment, String> {
    let mut f = Fields { rest: source };
    let year = f.number(4, "year")?;
    f.sign('-')?;
    let month = f.ranged(2, "month", 1, 12)?;
    f.sign('-')?;
    let day = f.ranged(2, "day of month", 1, 31)?;
    f.sign('T')?;
    let hour = f.ranged(2, "hour", 0, 23)?;
    f.sign(':')?;
    let minute = f.ranged(2, "minute", 0, 59)?;
    f.sign(':')?;
    let second = f.ranged(2, "second", 0, 59)?;
    let nanos = f.fraction()?;
    let offset = f.offset()?;
    if !f.rest.is_empty() {
        return Err(format!("cannot use {:?} as timestamp segment", f.rest));
    }
    let local = DateTime::new(year, month, day, hour, minute, second, nanos)
        .map_err(|_| "day of month is out of range for the month".to_owned())?;
    let instant = offset
        .to_timestamp(local)
        .map_err(|_| "the year is out of range".to_owned())?;
    Ok(Moment { local, offset, instant })
}

fn offset_text(offset: Offset, colon: &str) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

/// A timestamp of this syntax without the fraction of its seconds; `None` when it is none.
pub(super) fn normalised(source: &str) -> Option<String> {
    let moment = parse(source).ok()?;
    Some(rfc3339(moment.local, moment.offset))
}

fn rfc3339(local: DateTime, offset: Offset) -> String {
    let zone = if offset == Offset::UTC {
        "Z".into()
    } else {
        offset_text(offset, ":")
    };
    format!("{}{zone}", local.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn timeadd(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let moment = parse(str_at(args, 0)).map_err(FunctionError::call)?;
    let duration = duration(str_at(args, 1)).map_err(FunctionError::call)?;
    let sum = moment
        .instant
        .checked_add(duration)
        .map_err(|_| FunctionError::call("the result is out of range"))?;
    let local = moment.offset.to_datetime(sum);
    Ok(text(&rfc3339(local, moment.offset)))
}

/// Reads a duration as Go's `time.ParseDuration` does.
fn duration(source: &str) -> Result<SignedDuration, String> {
    let invalid = || format!("time: invalid duration {source:?}");
    let (negative, mut rest) = match source.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, source.strip_prefix('+').unwrap_or(source)),
    };
    if rest == "0" {
        return Ok(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits).ok_or_else(invalid)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(invalid());
        }
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(end).ok_or_else(invalid)?;
        let nanos: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return Err(format!("time: missing unit in duration {source:?}")),
            _ => return Err(format!("time: unknown unit {unit:?} in duration {source:?}")),
        };
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| invalid())?
        };
        let kept = fraction.get(..fraction.len().min(18)).unwrap_or_default();
        let part: i128 = if kept.is_empty() {
            0
        } else {
            kept.parse().map_err(|_| invalid())?
        };
        let scale = 10i128.pow(u32::try_from(kept.len()).unwrap_or(18));
        total = whole
            .checked_mul(nanos)
            .and_then(|n| total.checked_add(n))
            .and_then(|n| n.checked_add(part * nanos / scale))
            .filter(|n| i64::try_from(*n).is_ok())
            .ok_or_else(invalid)?;
        rest = next;
    }
    let total = i64::try_from(total).map_err(|_| invalid())?;
    Ok(SignedDuration::from_nanos(if negative { -total } else { total }))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

fn formatdate(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let moment = parse(str_at(args, 1)).map_err(|e| FunctionError::arg(1, e))?;
    let mut out = String::new();
    let mut rest = str_at(args, 0);
    while let Some(first) = rest.chars().next() {
        let size = match first {
            '\'' => quoted(rest, &mut out).map_err(|e| FunctionError::arg(0, e))?,
            'a'..='z' | 'A'..='Z' => {
                let size = rest.bytes().take_while(|b| char::from(*b) == first).count();
                let written = verb(first, size, &moment).map_err(|why| {
                    let verb = rest.get(..size).unwrap_or_default();
                    FunctionError::arg(0, format!("invalid date format verb {verb:?}{why}"))
                })?;
                out.push_str(&written);
                size
            }
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = rest.get(size..).unwrap_or_default();
    }
    Ok(text(&out))
}

/// Copies text between apostrophes, two of which stand for one; gives its length with the apostrophes.
fn quoted(source: &str, out: &mut String) -> Result<usize, String> {
    let mut chars = source.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            out.push('\'');
        } else {
            return Ok(at + 1);
        }
    }
    Err("unterminated literal '".into())
}

fn verb(letter: char, size: usize, m: &Moment) -> Result<String, &'static str> {
    let padded = |n: i8, why: &'static str| match size {
        1 => Ok(n.to_string()),
        2 => Ok(format!("{n:02}")),
        _ => Err(why),
    };
    let name = |names: &[&str], position: i8| {
        let index = usize::try_from(position - 1).unwrap_or_default();
        let full = names.get(index).copied().unwrap_or_default();
        if size == 3 { full.get(..3).unwrap_or(full) } else { full }.to_owned()
    };
    let hour = m.local.hour();
    match (letter, size) {
        ('Y', 4) => Ok(format!("{:04}", m.local.year())),
        ('Y', 2) => Ok(format!("{:02}", m.local.year() % 100)),
        ('Y', _) => Err(": year must either be \"YY\" or \"YYYY\""),
        ('M', 3 | 4) => Ok(name(&MONTHS, m.local.month())),
        ('M', _) => padded(m.local.month(), ": month must be \"M\", \"MM\", \"MMM\", or \"MMMM\""),
        ('D', _) => padded(m.local.day(), ": day of month must either be \"D\" or \"DD\""),
        ('E', 3 | 4) => Ok(name(&DAYS, m.local.weekday().to_monday_one_offset())),
        ('E', _) => Err(": day of week must either be \"EEE\" or \"EEEE\""),
        ('h', _) => padded(hour, ": 24-hour must either be \"h\" or \"hh\""),
        ('H', _) => {
            let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
            padded(twelve, ": 12-hour must either be \"H\" or \"HH\"")
        }
        ('A', 2) => Ok(if hour < 12 { "AM" } else { "PM" }.into()),
        ('A', _) => Err(": must be \"AA\""),
        ('a', 2) => Ok(if hour < 12 { "am" } else { "pm" }.into()),
        ('a', _) => Err(": must be \"aa\""),
        ('m', _) => padded(m.local.minute(), ": minute must either be \"m\" or \"mm\""),
        ('s', _) => padded(m.local.second(), ": second must either be \"s\" or \"ss\""),
        ('Z', 1) if m.offset == Offset::UTC => Ok("Z".into()),
        ('Z', 1 | 5) => Ok(offset_text(m.offset, ":")),
        ('Z', 3) if m.offset == Offset::UTC => Ok("UTC".into()),
        ('Z', 3 | 4) => Ok(offset_text(m.offset, "")),
        ('Z', _) => Err(": timezone must be Z, ZZZZ, or ZZZZZ"),
        _ => Err(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (source, want) in [
            ("0", 0),
            ("-0", 0),
            ("1h30m", 5_400_000_000_000),
            ("-1.5s", -1_500_000_000),
            (".5us", 500),
            ("1.0000000000000000000001ns", 1),
        ] {
            assert_eq!(duration(source).map(|d| d.as_nanos()), Ok(want), "{source}");
        }
        for source in ["", "-", "1", "1d", ".s", "1..5s", "h", "99999999999h", "1.5.s"] {
            assert!(duration(source).is_err(), "{source}");
        }
    }

    #[test]
    fn timestamps_are_checked_field_by_field() {
        for source in [
            "2024-02-30T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00+1:00",
            "2024-01-01T00:00:00Zx",
            "２０２４-01-01T00:00:00Z",
        ] {
            assert!(parse(source).is_err(), "{source}");
        }
        assert!(parse("2024-02-29T23:59:59.123456789123-11:30").is_ok());
    }
}
