//! Numbers as Terraform has them: binary floating point with 512 bits of precision, rounded half to
//! even, with a fast path for integers that fit in 64 bits.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// Bits of precision of a number that is not a small integer.
pub const PRECISION_BITS: usize = 512;

type Big = FBig<HalfEven, 2>;

/// A number. Integers in the range of `i64` are always held as such.
#[derive(Clone, Debug)]
pub enum Number {
    /// An integer in range.
    Int(i64),
    /// Any other number.
    Big(Arc<Big>),
}

impl From<i64> for Number {
    fn from(i: i64) -> Self {
        Number::Int(i)
    }
}

impl Number {
    /// The integer, when it is one and in range.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Number::Int(i) => Some(*i),
            Number::Big(_) => None,
        }
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Int(i) => *i as f64,
            Number::Big(b) => b.to_f64().value(),
        }
    }

    fn to_big(&self) -> Big {
        match self {
            Number::Int(i) => Big::from(*i).with_precision(PRECISION_BITS).value(),
            Number::Big(b) => (**b).clone(),
        }
    }
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
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(b),
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Number::Int(i) => i.hash(state),
            Number::Big(b) => b.to_f64().value().to_bits().hash(state),
        }
    }
}

impl FromStr for Number {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<i64>()
            .map(Number::Int)
            .map_err(|_| format!("{text:?} is not a number"))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(i) => write!(f, "{i}"),
            Number::Big(b) => write!(f, "{b}"),
        }
    }
}
