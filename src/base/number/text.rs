//! Numbers as decimal text: how they are read and the fewest digits they print in, never with an exponent.

use super::{Magnitude, Number, NumberError, PRECISION_BITS, divide};
use dashu_base::BitTest;
use dashu_int::UBig;
use std::fmt;
use std::str::FromStr;

/// The largest decimal exponent that is read.
const DECIMAL_EXPONENT_LIMIT: i64 = 100_000;

/// The longest text that is read as a number, in bytes.
const TEXT_LIMIT: usize = 200_000;

/// Decimal digits of a number that is `digits` times ten to the power of `-scale`.
pub(super) struct Decimal {
    digits: String,
    scale: usize,
}

/// The exact decimal form of a binary number.
pub(super) fn decimal(significand: &UBig, exponent: i64) -> Decimal {
    let amount = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
    if exponent >= 0 {
        return Decimal {
            digits: (significand.clone() << amount).to_string(),
            scale: 0,
        };
    }
    Decimal {
        digits: (significand * UBig::from(5u8).pow(amount)).to_string(),
        scale: amount,
    }
}

impl Decimal {
    fn padded(&self, width: usize) -> Vec<u8> {
        let mut out = vec![b'0'; width.saturating_sub(self.digits.len())];
        out.extend_from_slice(self.digits.as_bytes());
        out
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.padded(self.scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        f.write_str(&String::from_utf8_lossy(whole))?;
        let used = fraction.iter().rposition(|d| *d != b'0').map_or(0, |i| i + 1);
        match fraction.get(..used) {
            Some(shown) if !shown.is_empty() => write!(f, ".{}", String::from_utf8_lossy(shown)),
            _ => Ok(()),
        }
    }
}

/// The fewest decimal digits that read back as the same number at a precision.
fn shortest(significand: &UBig, exponent: i64, precision: usize) -> Decimal {
    // One bit more than the precision, so that half a unit of the last place is one.
    let widen = (precision + 1).saturating_sub(significand.bit_len());
    let middle = significand.clone() << widen;
    let exponent = exponent - i64::try_from(widen).unwrap_or(0);
    let even = !middle.bit(1);
    let value = decimal(&middle, exponent);
    let below = decimal(&(&middle - 1u8), exponent);
    let above = decimal(&(&middle + 1u8), exponent);
    let width = above.digits.len();
    let (d, lower, upper) = (value.padded(width), below.padded(width), above.padded(width));
    let last = |digits: &[u8]| digits.iter().rposition(|c| *c != b'0').map_or(0, |i| i + 1);
    let (lower_last, upper_last) = (last(&lower), last(&upper));
    for (i, ((m, l), u)) in d.iter().zip(&lower).zip(&upper).enumerate() {
        let down = l != m || (even && i + 1 == lower_last);
        let up = m != u && (even || m + 1 < *u || i + 1 < upper_last);
        if !down && !up {
            continue;
        }
        let round_up = up && (!down || above_half(&d, i + 1));
        let mut kept: Vec<u8> = d.iter().take(i + 1).copied().collect();
        if round_up {
            increment(&mut kept);
        }
        let scale_of = |len: usize| width - (i + 1) + len;
        kept.resize(scale_of(kept.len()), b'0');
        return Decimal {
            digits: String::from_utf8_lossy(&kept).into_owned(),
            scale: value.scale,
        };
    }
    value
}

/// Whether the digits from `at` on are above half of the place before, or half after an odd digit.
fn above_half(digits: &[u8], at: usize) -> bool {
    match digits.get(at) {
        None => false,
        Some(b'5') if digits.iter().skip(at + 1).all(|d| *d == b'0') => at
            .checked_sub(1)
            .and_then(|i| digits.get(i))
            .is_some_and(|d| d % 2 == 1),
        Some(d) => *d >= b'5',
    }
}

fn increment(digits: &mut Vec<u8>) {
    for d in digits.iter_mut().rev() {
        if *d == b'9' {
            *d = b'0';
        } else {
            *d += 1;
            return;
        }
    }
    digits.insert(0, b'1');
}

impl FromStr for Number {
    type Err = NumberError;

    /// Decimal text with an optional sign, fraction and exponent, or `Inf`.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        if text.len() > TEXT_LIMIT {
            return Err(NumberError::Range);
        }
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or("")),
            Some(b'+') => (false, text.get(1..).unwrap_or("")),
            _ => (false, text),
        };
        if matches!(rest, "Inf" | "inf") {
            return Ok(Number::infinity(negative));
        }
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((m, e)) => (m, decimal_exponent(e)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return Err(NumberError::Syntax);
        }
        let significand: UBig = digits.parse().map_err(|_| NumberError::Syntax)?;
        if significand == UBig::ZERO {
            return Ok(Number::zero(negative));
        }
        let exponent = exponent - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        let power = usize::try_from(exponent.unsigned_abs()).map_err(|_| NumberError::Range)?;
        let ten = UBig::from(10u8).pow(power);
        let (significand, exponent) = if exponent >= 0 {
            (significand * ten, 0)
        } else {
            divide(significand, 0, ten, 0, PRECISION_BITS)
        };
        Ok(Number::from_parts(negative, significand, exponent, PRECISION_BITS))
    }
}

/// The exponent of a number's text, within the limit.
fn decimal_exponent(text: &str) -> Result<i64, NumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(NumberError::Syntax);
    }
    text.parse::<i64>()
        .ok()
        .filter(|e| e.unsigned_abs() <= DECIMAL_EXPONENT_LIMIT.unsigned_abs())
        .ok_or(NumberError::Range)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = match self {
            Number::Int(i) => return write!(f, "{i}"),
            Number::Big(b) => b,
        };
        let sign = if b.negative { "-" } else { "" };
        match &b.magnitude {
            Magnitude::Zero => write!(f, "{sign}0"),
            Magnitude::Infinite => f.write_str(if b.negative { "-Inf" } else { "+Inf" }),
            Magnitude::Finite(s, e) => write!(f, "{sign}{}", shortest(s, *e, b.precision)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should stop")]
    use super::*;

    fn n(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_print_the_fewest_digits_that_read_back() {
        let third = "0.".to_string() + &"3".repeat(154) + "5";
        let long = "1".to_string() + &"0".repeat(400);
        for (text, printed) in [
            ("0", "0"),
            ("-0", "-0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("1e-3", "0.001"),
            ("1E+3", "1000"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e-20", "0.00000000000000000001"),
            ("12345678901234567890", "12345678901234567890"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854775808"),
            (
                "3.14159265358979323846264338327950288419716939937510582097494459",
                "3.14159265358979323846264338327950288419716939937510582097494459",
            ),
            ("1e400", &long),
            ("99999999999999999999e-20", "0.99999999999999999999"),
            ("Inf", "+Inf"),
        ] {
            assert_eq!(n(text).to_string(), printed, "{text}");
        }
        assert_eq!(n("1").div(&n("3")).unwrap().to_string(), third);
    }

    #[test]
    fn text_that_is_no_number_is_refused_and_huge_exponents_cost_no_memory() {
        for text in [
            "", " 1", "1 ", "0x10", "1_000", "a", "1e", "e1", ".", "-", "+-1", "1e1.5", "--1", "1.2.3",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Syntax), "{text:?}");
        }
        for text in ["1e999999999", "1e-999999999", "1e99999999999999999999"] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Range), "{text:?}");
        }
        let mut x = n("1e100000");
        for _ in 0..8 {
            x = x.mul(&x).unwrap();
        }
        assert!(x.is_infinite());
    }

    #[test]
    fn numbers_from_f64_print_as_f64_does() {
        for (x, printed) in [
            (0.1, "0.1"),
            (2f64.powf(0.5), "1.4142135623730951"),
            (2f64.powi(64), "18446744073709550000"),
            (1024.0, "1024"),
            (-0.0, "-0"),
        ] {
            let y = Number::from_f64(x).unwrap();
            assert_eq!(y.to_string(), printed);
            assert_eq!(y.to_f64().to_bits(), x.to_bits());
        }
        assert!(Number::from_f64(f64::NAN).is_none());
    }

    proptest::proptest! {
        #[test]
        fn printed_numbers_read_back(a in proptest::num::f64::NORMAL, b in 1i64..1_000_000) {
            let x = Number::from_f64(a).unwrap().div(&Number::from(b)).unwrap();
            if x.is_integer() || x.to_f64().abs() > 1e-200 {
                proptest::prop_assert_eq!(x.to_string().parse::<Number>().unwrap(), x);
            }
        }

        #[test]
        fn f64_text_is_as_short_as_the_standard_librarys(a in proptest::num::f64::NORMAL) {
            // Between two shortest texts that are equally near, the standard library may take the other one.
            let text = Number::from_f64(a).unwrap().to_string();
            proptest::prop_assert_eq!(text.len(), format!("{a}").len());
            proptest::prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), a.to_bits());
        }
    }
}
