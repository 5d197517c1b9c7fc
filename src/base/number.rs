//! Numbers as Terraform has them: binary floating point, 512 bits for what is written in configuration,
//! 53 bits for what comes out of functions that calculate in `f64`; rounded half to even; with a fast
//! path for integers that fit in 64 bits. Never panics: operations without a result give `None`.

mod text;

use dashu_base::BitTest;
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Bits of precision of a number that is not a small integer.
pub const PRECISION_BITS: usize = 512;

/// Bits of precision of an `f64`.
const F64_BITS: usize = 53;

/// Numbers of a magnitude of more than two to the power of this are infinite, and below its inverse
/// zero, so that no expression makes a number that does not fit in memory.
const EXPONENT_LIMIT: i64 = 400_000;

/// A number. Integers in the range of `i64` are held as such, except large ones that were calculated in
/// `f64`, as those print fewer digits.
#[derive(Clone, Debug)]
pub enum Number {
    /// An integer in range.
    Int(i64),
    /// Any other number.
    Big(Arc<Big>),
}

/// A number that is not a small integer.
#[derive(Clone, Debug)]
pub struct Big {
    negative: bool,
    magnitude: Magnitude,
    precision: usize,
}

#[derive(Clone, Debug)]
enum Magnitude {
    /// Only with a minus sign; zero itself is an integer.
    Zero,
    /// An odd significand times two to the power of the exponent.
    Finite(UBig, i64),
    Infinite,
}

/// Why a text is not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not a decimal number.
    #[error("a number is required")]
    Syntax,
    /// More digits or a larger exponent than this program reads.
    #[error("the number has too many digits or too large an exponent")]
    Range,
}

impl From<i64> for Number {
    fn from(i: i64) -> Self {
        Number::Int(i)
    }
}

impl From<i32> for Number {
    fn from(i: i32) -> Self {
        Number::Int(i.into())
    }
}

impl From<u64> for Number {
    fn from(i: u64) -> Self {
        Number::from_parts(false, UBig::from(i), 0, PRECISION_BITS)
    }
}

impl From<usize> for Number {
    fn from(i: usize) -> Self {
        Number::from_parts(false, UBig::from(i), 0, PRECISION_BITS)
    }
}

impl From<IBig> for Number {
    fn from(i: IBig) -> Self {
        let (sign, magnitude) = i.into_parts();
        // As Terraform does, an integer of more bits than usual keeps them all.
        let precision = magnitude.bit_len().max(PRECISION_BITS);
        Number::from_parts(sign == Sign::Negative, magnitude, 0, precision)
    }
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number::Int(0);

    /// Rounds to the precision and brings into the one form that a value has.
    fn from_parts(negative: bool, significand: UBig, exponent: i64, precision: usize) -> Number {
        let (mut significand, mut exponent) = round(significand, exponent, precision);
        let Some(zeros) = significand.trailing_zeros() else {
            return Number::zero(negative);
        };
        significand >>= zeros;
        exponent = exponent.saturating_add(i64::try_from(zeros).unwrap_or(i64::MAX));
        let bits = significand.bit_len();
        let top = exponent.saturating_add(i64::try_from(bits).unwrap_or(i64::MAX));
        if top > EXPONENT_LIMIT {
            return Number::infinity(negative);
        }
        if top < -EXPONENT_LIMIT {
            return Number::zero(negative);
        }
        if (0..=64).contains(&top)
            && exponent >= 0
            && (precision >= PRECISION_BITS || usize::try_from(top).is_ok_and(|t| t <= F64_BITS))
        {
            let whole = significand.clone() << usize::try_from(exponent).unwrap_or(0);
            let signed = IBig::from_parts(if negative { Sign::Negative } else { Sign::Positive }, whole);
            if let Ok(i) = i64::try_from(signed) {
                return Number::Int(i);
            }
        }
        Number::big(negative, Magnitude::Finite(significand, exponent), precision)
    }

    fn big(negative: bool, magnitude: Magnitude, precision: usize) -> Number {
        Number::Big(Arc::new(Big {
            negative,
            magnitude,
            precision,
        }))
    }

    fn zero(negative: bool) -> Number {
        if negative {
            Number::big(true, Magnitude::Zero, PRECISION_BITS)
        } else {
            Number::ZERO
        }
    }

    /// Infinity of a sign.
    pub fn infinity(negative: bool) -> Number {
        Number::big(negative, Magnitude::Infinite, PRECISION_BITS)
    }

    /// The exact value of an `f64`, printed later in the fewest digits that read back as that `f64`;
    /// `None` for what is not a number.
    pub fn from_f64(x: f64) -> Option<Number> {
        if x.is_nan() {
            return None;
        }
        let negative = x.is_sign_negative();
        if x.is_infinite() {
            return Some(Number::infinity(negative));
        }
        let bits = x.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (significand, exponent) = match i64::try_from((bits >> 52) & 0x7ff).unwrap_or(0) {
            0 => (fraction, -1074),
            biased => (fraction | (1 << 52), biased - 1075),
        };
        Some(Number::from_parts(
            negative,
            UBig::from(significand),
            exponent,
            F64_BITS,
        ))
    }

    /// Sign, magnitude and precision, whatever form it is held in.
    fn parts(&self) -> Big {
        match self {
            Number::Big(b) => (**b).clone(),
            Number::Int(i) => {
                let magnitude = UBig::from(i.unsigned_abs());
                Big {
                    negative: *i < 0,
                    magnitude: match magnitude.trailing_zeros() {
                        None => Magnitude::Zero,
                        Some(zeros) => Magnitude::Finite(magnitude >> zeros, i64::try_from(zeros).unwrap_or(0)),
                    },
                    precision: PRECISION_BITS,
                }
            }
        }
    }

    /// The integer, when it is one and in range.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Number::Int(i) => Some(*i),
            Number::Big(_) => self.to_integer().and_then(|i| i64::try_from(i).ok()),
        }
    }

    /// The integer, when it is one and in range.
    pub fn to_u64(&self) -> Option<u64> {
        match self {
            Number::Int(i) => u64::try_from(*i).ok(),
            Number::Big(_) => self.to_integer().and_then(|i| u64::try_from(i).ok()),
        }
    }

    /// The integer, when it is one and in range.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_u64().and_then(|i| usize::try_from(i).ok())
    }

    /// The integer, when it is one.
    pub fn to_integer(&self) -> Option<IBig> {
        match self {
            Number::Int(i) => Some(IBig::from(*i)),
            Number::Big(b) => match &b.magnitude {
                Magnitude::Zero => Some(IBig::ZERO),
                Magnitude::Finite(s, e) => {
                    let shift = usize::try_from(*e).ok()?;
                    Some(signed(b.negative, s.clone() << shift))
                }
                Magnitude::Infinite => None,
            },
        }
    }

    /// Whether it has no fraction; false for infinities.
    pub fn is_integer(&self) -> bool {
        match self {
            Number::Int(_) => true,
            Number::Big(b) => match &b.magnitude {
                Magnitude::Zero => true,
                Magnitude::Finite(_, e) => *e >= 0,
                Magnitude::Infinite => false,
            },
        }
    }

    /// Whether it is an infinity.
    pub fn is_infinite(&self) -> bool {
        matches!(self, Number::Big(b) if matches!(b.magnitude, Magnitude::Infinite))
    }

    /// Whether it is zero, of either sign.
    pub fn is_zero(&self) -> bool {
        match self {
            Number::Int(i) => *i == 0,
            Number::Big(b) => matches!(b.magnitude, Magnitude::Zero),
        }
    }

    /// Whether a minus sign is printed.
    pub fn is_negative(&self) -> bool {
        match self {
            Number::Int(i) => *i < 0,
            Number::Big(b) => b.negative,
        }
    }

    /// The nearest `f64`; infinite when it is too large for one.
    pub fn to_f64(&self) -> f64 {
        let b = match self {
            Number::Int(i) => return *i as f64,
            Number::Big(b) => b,
        };
        let magnitude = match &b.magnitude {
            Magnitude::Zero => 0.0,
            Magnitude::Infinite => f64::INFINITY,
            Magnitude::Finite(s, e) => {
                // The standard library reads decimal text correctly rounded, subnormals included.
                let digits = text::decimal(s, *e).to_string();
                digits.parse().unwrap_or(f64::INFINITY)
            }
        };
        if b.negative { -magnitude } else { magnitude }
    }

    /// The sum; `None` for opposing infinities.
    pub fn add(&self, other: &Number) -> Option<Number> {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && let Some(c) = a.checked_add(*b)
        {
            return Some(Number::Int(c));
        }
        let (a, b) = (self.parts(), other.parts());
        let precision = a.precision.max(b.precision);
        match (&a.magnitude, &b.magnitude) {
            (Magnitude::Infinite, Magnitude::Infinite) if a.negative != b.negative => None,
            (Magnitude::Infinite, _) => Some(self.clone()),
            (_, Magnitude::Infinite) => Some(other.clone()),
            (Magnitude::Zero, Magnitude::Zero) => Some(Number::zero(a.negative && b.negative)),
            (Magnitude::Zero, _) => Some(other.clone()),
            (_, Magnitude::Zero) => Some(self.clone()),
            (Magnitude::Finite(sa, ea), Magnitude::Finite(sb, eb)) => {
                let low = *ea.min(eb);
                let sum = signed(a.negative, shifted(sa, ea - low)) + signed(b.negative, shifted(sb, eb - low));
                let (sign, magnitude) = sum.into_parts();
                Some(Number::from_parts(sign == Sign::Negative, magnitude, low, precision))
            }
        }
    }

    /// The difference; `None` for an infinity less itself.
    pub fn sub(&self, other: &Number) -> Option<Number> {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && let Some(c) = a.checked_sub(*b)
        {
            return Some(Number::Int(c));
        }
        self.add(&other.neg())
    }

    /// The product; `None` for zero times infinity.
    pub fn mul(&self, other: &Number) -> Option<Number> {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && *a != 0
            && *b != 0
            && let Some(c) = a.checked_mul(*b)
        {
            return Some(Number::Int(c));
        }
        let (a, b) = (self.parts(), other.parts());
        let negative = a.negative != b.negative;
        match (a.magnitude, b.magnitude) {
            (Magnitude::Infinite, Magnitude::Zero) | (Magnitude::Zero, Magnitude::Infinite) => None,
            (Magnitude::Infinite, _) | (_, Magnitude::Infinite) => Some(Number::infinity(negative)),
            (Magnitude::Zero, _) | (_, Magnitude::Zero) => Some(Number::zero(negative)),
            (Magnitude::Finite(sa, ea), Magnitude::Finite(sb, eb)) => Some(Number::from_parts(
                negative,
                sa * sb,
                ea + eb,
                a.precision.max(b.precision),
            )),
        }
    }

    /// The quotient; infinite for division by zero; `None` for zero by zero and infinity by infinity.
    pub fn div(&self, other: &Number) -> Option<Number> {
        let (a, b) = (self.parts(), other.parts());
        let negative = a.negative != b.negative;
        match (a.magnitude, b.magnitude) {
            (Magnitude::Zero, Magnitude::Zero) | (Magnitude::Infinite, Magnitude::Infinite) => None,
            (Magnitude::Zero, _) | (_, Magnitude::Infinite) => Some(Number::zero(negative)),
            (Magnitude::Infinite, _) | (_, Magnitude::Zero) => Some(Number::infinity(negative)),
            (Magnitude::Finite(sa, ea), Magnitude::Finite(sb, eb)) => {
                let (quotient, exponent) = divide(sa, ea, sb, eb, a.precision.max(b.precision));
                Some(Number::from_parts(
                    negative,
                    quotient,
                    exponent,
                    a.precision.max(b.precision),
                ))
            }
        }
    }

    /// The rest of division towards zero, of the sign of the dividend; the dividend itself for a divisor
    /// of zero; `None` for zero and infinity.
    pub fn rem(&self, other: &Number) -> Option<Number> {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && *b != 0
            && let Some(c) = a.checked_rem(*b)
        {
            return Some(Number::Int(c));
        }
        if self.is_infinite() || other.is_infinite() {
            return self.mul(other);
        }
        if other.is_zero() {
            return Some(self.clone());
        }
        let whole = self.div(other)?.trunc();
        self.sub(&other.mul(&whole)?)
    }

    /// With the sign changed; zero becomes a zero that prints with a minus sign.
    pub fn neg(&self) -> Number {
        match self {
            Number::Int(i) if *i != 0 && *i != i64::MIN => Number::Int(-i),
            _ => {
                let p = self.parts();
                match p.magnitude {
                    Magnitude::Zero => Number::zero(!p.negative),
                    Magnitude::Infinite => Number::infinity(!p.negative),
                    Magnitude::Finite(s, e) => Number::from_parts(!p.negative, s, e, p.precision),
                }
            }
        }
    }

    /// Without the sign.
    pub fn abs(&self) -> Number {
        if self.is_negative() { self.neg() } else { self.clone() }
    }

    /// Without the fraction.
    pub fn trunc(&self) -> Number {
        match self {
            Number::Int(_) => self.clone(),
            Number::Big(b) => match &b.magnitude {
                Magnitude::Zero => Number::ZERO,
                Magnitude::Finite(s, e) if *e < 0 => {
                    let whole = s.clone() >> usize::try_from(e.unsigned_abs()).unwrap_or(usize::MAX);
                    Number::from(signed(b.negative, whole))
                }
                _ => self.clone(),
            },
        }
    }

    /// The largest integer that is not above it.
    pub fn floor(&self) -> Number {
        let whole = self.trunc();
        match whole.cmp(self) {
            Ordering::Greater => whole.sub(&Number::Int(1)).unwrap_or(whole),
            _ => whole,
        }
    }

    /// The smallest integer that is not below it.
    pub fn ceil(&self) -> Number {
        let whole = self.trunc();
        match whole.cmp(self) {
            Ordering::Less => whole.add(&Number::Int(1)).unwrap_or(whole),
            _ => whole,
        }
    }

    /// -1, 0 or 1.
    pub fn signum(&self) -> i64 {
        match self.cmp(&Number::ZERO) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// The number as JSON text, all digits kept; `None` for infinities, which JSON lacks.
    pub fn to_json(&self) -> Option<String> {
        (!self.is_infinite()).then(|| self.to_string())
    }
}

fn signed(negative: bool, magnitude: UBig) -> IBig {
    IBig::from_parts(if negative { Sign::Negative } else { Sign::Positive }, magnitude)
}

/// Times two to the power of `by`, which is not negative and bounded by [`EXPONENT_LIMIT`].
fn shifted(significand: &UBig, by: i64) -> UBig {
    significand.clone() << usize::try_from(by).unwrap_or(0)
}

/// Rounds half to even to a number of bits.
fn round(mut significand: UBig, mut exponent: i64, precision: usize) -> (UBig, i64) {
    let bits = significand.bit_len();
    if bits > precision {
        let drop = bits - precision;
        let half = significand.bit(drop - 1);
        let above_half = significand.trailing_zeros().is_some_and(|z| z < drop - 1);
        let odd = significand.bit(drop);
        significand >>= drop;
        if half && (above_half || odd) {
            significand += 1u8;
        }
        exponent = exponent.saturating_add(i64::try_from(drop).unwrap_or(i64::MAX));
    }
    (significand, exponent)
}

/// A quotient with at least two bits more than the precision, the last of them standing for all that follow.
fn divide(a: UBig, ea: i64, b: UBig, eb: i64, precision: usize) -> (UBig, i64) {
    let shift = (precision + 2 + b.bit_len()).saturating_sub(a.bit_len());
    let a = a << shift;
    let quotient = &a / &b;
    let exact = &quotient * &b == a;
    let sticky = if exact { 0u8 } else { 1u8 };
    let exponent = ea - eb - i64::try_from(shift).unwrap_or(0) - 1;
    ((quotient << 1usize) + sticky, exponent)
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Number::Int(a), Number::Int(b)) = (self, other) {
            return a.cmp(b);
        }
        let (a, b) = (self.parts(), other.parts());
        let sign = |b: &Big| match (&b.magnitude, b.negative) {
            (Magnitude::Zero, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        };
        let (sa, sb) = (sign(&a), sign(&b));
        if sa != sb || sa == 0 {
            return sa.cmp(&sb);
        }
        let order = compare_magnitudes(&a.magnitude, &b.magnitude);
        if sa < 0 { order.reverse() } else { order }
    }
}

fn compare_magnitudes(a: &Magnitude, b: &Magnitude) -> Ordering {
    match (a, b) {
        (Magnitude::Finite(sa, ea), Magnitude::Finite(sb, eb)) => {
            let top = |s: &UBig, e: i64| i64::try_from(s.bit_len()).unwrap_or(i64::MAX).saturating_add(e);
            top(sa, *ea).cmp(&top(sb, *eb)).then_with(|| {
                let low = *ea.min(eb);
                shifted(sa, ea - low).cmp(&shifted(sb, eb - low))
            })
        }
        (Magnitude::Infinite, Magnitude::Infinite) | (Magnitude::Zero, Magnitude::Zero) => Ordering::Equal,
        (Magnitude::Infinite, _) | (_, Magnitude::Zero) => Ordering::Greater,
        (_, Magnitude::Infinite) | (Magnitude::Zero, _) => Ordering::Less,
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let p = self.parts();
        match p.magnitude {
            Magnitude::Zero => 0u8.hash(state),
            Magnitude::Infinite => (1u8, p.negative).hash(state),
            Magnitude::Finite(s, e) => (2u8, p.negative, s, e).hash(state),
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

    fn hash(x: &Number) -> u64 {
        let mut h = std::hash::DefaultHasher::new();
        x.hash(&mut h);
        h.finish()
    }

    #[test]
    fn arithmetic_rounds_as_terraform_does() {
        assert_eq!(n("0.1").add(&n("0.2")).unwrap(), n("0.3"));
        assert_eq!(
            n("12345678901234567890")
                .mul(&n("98765432109876543210"))
                .unwrap()
                .to_string(),
            "1219326311370217952237463801111263526900"
        );
        let sum = n("1.1").add(&n("2.2")).unwrap().to_string();
        assert_eq!(
            (sum.len(), sum.starts_with("3.3000"), sum.ends_with("002")),
            (156, true, true)
        );
        assert_eq!(n("-7").rem(&n("3")).unwrap().to_string(), "-1");
        assert_eq!(n("7.5").rem(&n("2")).unwrap().to_string(), "1.5");
        assert!(n("11").rem(&n("5.1")).unwrap().to_string().ends_with("00024"));
        assert_eq!(
            n("9223372036854775807").add(&n("1")).unwrap().to_string(),
            "9223372036854775808"
        );
        assert_eq!(n("9223372036854775808").sub(&n("1")).unwrap().to_i64(), Some(i64::MAX));
        assert_eq!(n("1e18").add(&n("0.5")).unwrap().to_string(), "1000000000000000000.5");
    }

    #[test]
    fn zero_and_infinity_follow_ieee_or_have_no_result() {
        let inf = n("1").div(&n("0")).unwrap();
        assert_eq!(inf.to_string(), "+Inf");
        assert_eq!(n("-1").div(&n("0")).unwrap().to_string(), "-Inf");
        assert_eq!(n("0").div(&n("0")), None);
        assert_eq!(inf.sub(&inf), None);
        assert_eq!(inf.mul(&n("0")), None);
        assert_eq!(inf.rem(&n("0")), None);
        assert_eq!(n("5").rem(&n("0")), Some(n("5")));
        assert_eq!(n("0").neg().to_string(), "-0");
        assert_eq!(n("0").mul(&n("-1")).unwrap().to_string(), "-0");
        assert!(inf > n("1e400") && n("-Inf") < n("-1e400"));
        assert_eq!(inf.to_json(), None);
    }

    #[test]
    fn floor_and_ceil_go_to_the_next_integer() {
        for (x, floor, ceil) in [
            ("1.5", 1, 2),
            ("-1.5", -2, -1),
            ("3", 3, 3),
            ("0.1", 0, 1),
            ("-0.1", -1, 0),
        ] {
            assert_eq!(n(x).floor(), Number::Int(floor), "{x}");
            assert_eq!(n(x).ceil(), Number::Int(ceil), "{x}");
        }
        assert_eq!(n("-0.1").ceil().to_string(), "0");
        assert_eq!(n("-2.5").signum(), -1);
    }

    #[test]
    fn equal_numbers_hash_alike_and_integers_are_exact() {
        let float = Number::from_f64(2f64.powi(62)).unwrap();
        let int = Number::Int(1 << 62);
        assert_eq!(float, int);
        assert_eq!(hash(&float), hash(&int));
        assert_eq!(hash(&n("-0")), hash(&n("0")));
        assert_eq!(n("-0"), n("0"));
        assert_ne!(n("0.1"), Number::from_f64(0.1).unwrap());
        assert_eq!(n("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(n("18446744073709551616").to_u64(), None);
        assert_eq!(
            (n("1.5").to_i64(), n("-1").to_u64(), float.to_i64()),
            (None, None, Some(1 << 62))
        );
    }
}
