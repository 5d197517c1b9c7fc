//! Functions of numbers. Sums and comparisons are exact to 512 bits; `pow` and `log` calculate in `f64`.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, ParamType, number_type, unknown, whole};
use crate::base::{Kind, Marks, Number, Type, Value};
use dashu_int::{IBig, UBig};

const NUM: &[Param] = &[Param::number("num")];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("abs", "A number without its sign.", NUM, number_type, |args, _| {
        Ok(Value::number(number(args, 0).abs()))
    }),
    Function::new(
        "ceil",
        "The smallest integer that is not below a number.",
        NUM,
        number_type,
        |args, _| Ok(Value::number(number(args, 0).ceil())),
    ),
    Function::new(
        "floor",
        "The largest integer that is not above a number.",
        NUM,
        number_type,
        |args, _| Ok(Value::number(number(args, 0).floor())),
    ),
    Function::new(
        "log",
        "The logarithm of a number to a base.",
        &[Param::number("num"), Param::number("base")],
        number_type,
        |args, _| float("log", ln(number(args, 0).to_f64()) / ln(number(args, 1).to_f64())),
    ),
    Function::new(
        "pow",
        "A number raised to a power.",
        &[Param::number("num"), Param::number("power")],
        number_type,
        |args, _| float("pow", pow(number(args, 0).to_f64(), number(args, 1).to_f64())),
    ),
    Function::new("max", "The largest of the numbers.", &[], number_type, |args, _| {
        extreme(args, Iterator::max)
    })
    .rest(Param::number("numbers")),
    Function::new("min", "The smallest of the numbers.", &[], number_type, |args, _| {
        extreme(args, Iterator::min)
    })
    .rest(Param::number("numbers")),
    Function::new(
        "parseint",
        "The integer that a text means in a base from 2 to 62.",
        &[Param::any("number"), Param::number("base")],
        number_type,
        parseint,
    )
    .checked(|args| match super::same_type(args) {
        Type::String | Type::Dynamic => Ok(()),
        _ => Err(no_digits(args)),
    }),
    Function::new(
        "signum",
        "-1, 0 or 1: the sign of an integer.",
        NUM,
        number_type,
        |args, _| Ok(Value::int(whole(args, 0)?.signum())),
    ),
    Function::new(
        "sum",
        "The sum of the numbers in a collection.",
        &[Param::any("list")],
        number_type,
        sum,
    ),
    Function::new(
        "range",
        "Numbers from a start up to, but without, a limit: of (limit), (start, limit) or (start, limit, step).",
        &[],
        |_| Type::list(Type::Number),
        range,
    )
    .rest(Param::number("params")),
    Function::new(
        "alltrue",
        "Whether all elements are true.",
        &[Param::new("list", ParamType::List(&ParamType::Bool))],
        super::bool_type,
        |args, _| quantify(args, false),
    ),
    Function::new(
        "anytrue",
        "Whether any element is true.",
        &[Param::new("list", ParamType::List(&ParamType::Bool))],
        super::bool_type,
        |args, _| quantify(args, true),
    ),
];

fn number(args: &[Value], position: usize) -> Number {
    args.get(position)
        .and_then(Value::as_number)
        .cloned()
        .unwrap_or(Number::Int(0))
}

fn float(name: &str, x: f64) -> FunctionResult {
    Number::from_f64(x)
        .map(Value::number)
        .ok_or_else(|| FunctionError::call(format!("{name} has no real result for these numbers")))
}

/// Splits into a significand of magnitude in `[0.5, 1)` and a power of two.
fn split_float(x: f64) -> (f64, i64) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // Subnormals are scaled up first, so that their leading bit is implicit too.
    let (x, scaled) = if x.is_normal() { (x, 0) } else { (x * 2f64.powi(54), 54) };
    let bits = x.to_bits();
    let exponent = i64::try_from((bits >> 52) & 0x7ff).unwrap_or(0) - 1022;
    (
        f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)),
        exponent - scaled,
    )
}

/// The natural logarithm by the method of FreeBSD's msun (`e_log.c`), which Go uses too: the system's may differ
/// in the last digit, and that is shown.
fn ln(x: f64) -> f64 {
    if !x.is_finite() || x <= 0.0 {
        return x.ln();
    }
    let (mut significand, mut exponent) = split_float(x);
    if significand < std::f64::consts::FRAC_1_SQRT_2 {
        significand *= 2.0;
        exponent -= 1;
    }
    let f = significand - 1.0;
    let k = i32::try_from(exponent).map_or(0.0, f64::from);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * (LN[0] + s4 * (LN[2] + s4 * (LN[4] + s4 * LN[6])));
    let even = s4 * (LN[1] + s4 * (LN[3] + s4 * LN[5]));
    let half = 0.5 * f * f;
    k * LN_2_HIGH - ((half - (s * (half + (odd + even)) + k * LN_2_LOW)) - f)
}

/// Coefficients of the polynomial, and the natural logarithm of 2 in two parts.
const LN: [f64; 7] = [
    0.6666666666666735,
    0.3999999999940942,
    0.2857142874366239,
    0.22222198432149784,
    0.1818357216161805,
    0.15313837699209373,
    0.14798198605116586,
];
const LN_2_HIGH: f64 = 0.6931471803691238;
const LN_2_LOW: f64 = 1.9082149292705877e-10;

fn scale(x: f64, exponent: i64) -> f64 {
    let e = i32::try_from(exponent.clamp(-2200, 2200)).unwrap_or(0);
    // In two steps, as the power itself may be out of range where the product is not.
    let half = e / 2;
    x * 2f64.powi(half) * 2f64.powi(e - half)
}

/// Powers by repeated squaring of the significand, as Go's `math.Pow` calculates them: rounding differs
/// from the system's `pow` in the last digits, and those are shown.
fn pow(x: f64, y: f64) -> f64 {
    if y.fract() != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    let special = y == 0.0 || x == 1.0 || x == 0.0 || !x.is_finite() || !y.is_finite() || y.abs() >= 2f64.powi(63);
    if special {
        return x.powf(y);
    }
    if y.abs() == 0.5 {
        return if y > 0.0 { x.sqrt() } else { 1.0 / x.sqrt() };
    }
    let (mut whole, mut fraction) = (y.abs().trunc(), y.abs().fract());
    let mut result = 1.0;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        result = (fraction * ln(x)).exp();
    }
    let mut result_exponent = 0i64;
    let (mut base, mut base_exponent) = split_float(x);
    // The cast is exact: the whole part is below 2^63.
    let mut bits = whole as u64;
    while bits != 0 {
        if base_exponent.abs() > 1 << 12 {
            result_exponent += base_exponent;
            break;
        }
        if bits & 1 == 1 {
            result *= base;
            result_exponent += base_exponent;
        }
        base *= base;
        base_exponent *= 2;
        if base < 0.5 {
            base += base;
            base_exponent -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 {
        scale(1.0 / result, -result_exponent)
    } else {
        scale(result, result_exponent)
    }
}

fn extreme(args: &[Value], pick: fn(std::vec::IntoIter<Number>) -> Option<Number>) -> FunctionResult {
    let numbers: Vec<Number> = args.iter().filter_map(Value::as_number).cloned().collect();
    pick(numbers.into_iter())
        .map(Value::number)
        .ok_or_else(|| FunctionError::call("must pass at least one number"))
}

/// Longest text that `parseint` reads, in bytes.
const DIGITS_MAX: usize = 10_000;

fn no_digits(args: &[Value]) -> FunctionError {
    let got = super::same_type(args).friendly_name();
    FunctionError::arg(0, format!("first argument must be a string, not {got}"))
}

fn parseint(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let Some(source) = args.first().and_then(Value::as_str) else {
        return Err(no_digits(args));
    };
    let base = whole(args, 1)
        .ok()
        .and_then(|b| u32::try_from(b).ok())
        .filter(|b| (2..=62).contains(b));
    let base = base.ok_or_else(|| FunctionError::arg(1, "base must be a whole number between 2 and 62 inclusive"))?;
    let invalid = || FunctionError::arg(0, format!("cannot parse {source:?} as a base {base} integer"));
    let (negative, digits) = match source.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, source.strip_prefix('+').unwrap_or(source)),
    };
    if digits.is_empty() || digits.len() > DIGITS_MAX {
        return Err(invalid());
    }
    let mut value = UBig::ZERO;
    for c in digits.chars() {
        let digit = match c {
            '0'..='9' | 'a'..='z' => c.to_digit(36),
            // Up to base 36 upper and lower case mean the same.
            'A'..='Z' if base <= 36 => c.to_digit(36),
            'A'..='Z' => c.to_digit(36).map(|d| d + 26),
            _ => None,
        };
        let digit = digit.filter(|d| *d < base).ok_or_else(invalid)?;
        value = value * base + digit;
    }
    let value = IBig::from(value);
    Ok(Value::number(Number::from(if negative { -value } else { value })))
}

fn sum(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let Some(items) = args.first().and_then(Value::elements) else {
        let got = super::same_type(args).friendly_name();
        let message = format!("argument must be list, set, or tuple. Received {got}");
        return Err(FunctionError::arg(0, message));
    };
    if items.is_empty() {
        return Err(FunctionError::arg(0, "cannot sum an empty list"));
    }
    let not_numbers = || FunctionError::arg(0, "argument must be list, set, or tuple of number values");
    let mut total = Number::Int(0);
    let mut is_unknown = false;
    for item in items {
        let item = crate::lang::convert::convert(item, &Type::Number).map_err(|_| not_numbers())?;
        match &item.kind {
            Kind::Number(n) => {
                total = total
                    .add(n)
                    .ok_or_else(|| FunctionError::call("can't compute sum of opposing infinities"))?;
            }
            Kind::Unknown(_) => is_unknown = true,
            _ => return Err(not_numbers()),
        }
    }
    if is_unknown {
        return unknown(Type::Number, Marks::NONE);
    }
    Ok(Value::number(total))
}

/// Most numbers that `range` makes.
const RANGE_MAX: usize = 1024;

fn range(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let zero = Number::Int(0);
    let (start, end, step) = match args.len() {
        1 => (zero, number(args, 0), None),
        2 => (number(args, 0), number(args, 1), None),
        3 => (number(args, 0), number(args, 1), Some(number(args, 2))),
        _ => return Err(FunctionError::call("must have one, two, or three arguments")),
    };
    let down = end < start;
    let step = step.unwrap_or(Number::Int(if down { -1 } else { 1 }));
    if down && !step.is_negative() {
        return Err(FunctionError::arg(
            2,
            "end must be greater than start when step is positive",
        ));
    }
    if !down && step.is_negative() && end != start {
        return Err(FunctionError::arg(
            2,
            "end must be less than start when step is negative",
        ));
    }
    let mut items = Vec::new();
    let mut next = start;
    while if down { next > end } else { next < end } {
        if items.len() >= RANGE_MAX {
            return Err(FunctionError::call(format!(
                "more than {RANGE_MAX} values were generated; either decrease the difference between start and end or \
                 use a smaller step"
            )));
        }
        items.push(Value::number(next.clone()));
        next = next
            .add(&step)
            .ok_or_else(|| FunctionError::call("can't add opposing infinities"))?;
    }
    Ok(Value::list(Type::Number, items))
}

/// Whether a boolean that decides is among the elements, looked at in order; null counts as false.
fn quantify(args: &[Value], decisive: bool) -> FunctionResult {
    let items = args.first().and_then(Value::elements).unwrap_or_default();
    for item in items {
        if !item.is_known() {
            return unknown(Type::Bool, Marks::NONE);
        }
        if item.as_bool().unwrap_or(false) == decisive {
            return Ok(Value::bool(decisive));
        }
    }
    Ok(Value::bool(!decisive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_round_as_terraform_shows_them() {
        for (x, y, want) in [
            (10.0, 308.0, 1.0000000000000006e308),
            (2.0, 64.0, 18446744073709551616.0),
            (2.0, -1.0, 0.5),
            (2.0, -1074.0, 5e-324),
            (-8.0, 3.0, -512.0),
            (0.0, 0.0, 1.0),
            (5e-324, 2.0, 0.0),
        ] {
            assert_eq!(pow(x, y), want, "{x} to the power of {y}");
        }
        assert!(pow(-1.0, 0.5).is_nan());
        assert_eq!(pow(2.0, 1e10), f64::INFINITY);
    }
}
