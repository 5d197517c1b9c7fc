//! What evaluating may cost: how much is done for one expression, and how large and deep a value may get. A configuration of
//! sixty lines that double each other must end with an error and not with the memory of the machine. Never looks at time.

use crate::base::{Diag, Diags, Kind, Span, Value};
use crate::lang::codes;
use std::cell::Cell;

/// The parts that one value may have, all its elements with theirs. A text counts one for each [`PART_BYTES`] bytes of it.
pub const PARTS_MAX: u64 = 4_000_000;

/// Bytes of a text that count as much as one more element.
pub const PART_BYTES: usize = 32;

/// How deep values may nest in values, which local values that hold each other can do without any deep expression. The state and
/// plans are JSON that nests twice for each level of a value's type, and must be read again within
/// `TEXT_DEPTH_MAX`.
pub const VALUE_DEPTH_MAX: usize = 50;

/// What may be done for one expression: one for each expression evaluated in it, and one for each [`PARTS_A_STEP`] parts of a
/// value that a function is given or makes. Some seconds.
pub const STEPS_MAX: u64 = 100_000_000;

/// Parts of a value that are gone through in the time of one step.
pub const PARTS_A_STEP: u64 = 16;

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// It has more parts than the limit asked about.
    Parts,
    /// It nests deeper than [`VALUE_DEPTH_MAX`].
    Depth,
}

/// The parts of a value, counted no further than `limit`.
///
/// # Errors
/// It has more, or nests too deeply.
pub fn parts(value: &Value, limit: u64) -> Result<u64, TooMuch> {
    let mut left = limit;
    take(value, 0, &mut left)?;
    Ok(limit - left)
}

fn take(value: &Value, depth: usize, left: &mut u64) -> Result<(), TooMuch> {
    if depth > VALUE_DEPTH_MAX {
        return Err(TooMuch::Depth);
    }
    let own = value.as_str().map_or(1, |s| text_parts(s.len()));
    *left = left.checked_sub(own).ok_or(TooMuch::Parts)?;
    match &value.kind {
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            items.iter().try_for_each(|v| take(v, depth + 1, left))
        }
        Kind::Map(_, entries) | Kind::Object(entries) => entries.iter().try_for_each(|(key, v)| {
            *left = left.checked_sub(text_parts(key.len()) - 1).ok_or(TooMuch::Parts)?;
            take(v, depth + 1, left)
        }),
        _ => Ok(()),
    }
}

fn text_parts(bytes: usize) -> u64 {
    (bytes / PART_BYTES) as u64 + 1
}

/// What one expression has cost so far.
#[derive(Debug, Default)]
pub(super) struct Effort {
    steps: Cell<u64>,
    told: Cell<bool>,
}

impl Effort {
    /// Whether nothing more is evaluated; loops end then.
    pub(super) fn is_spent(&self) -> bool {
        self.steps.get() > STEPS_MAX
    }

    /// Counts steps. Whether there are any left; that there are not is reported once.
    pub(super) fn spend(&self, steps: u64, span: Span, diags: &mut Diags) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        if !self.is_spent() {
            return true;
        }
        if !self.told.replace(true) {
            diags.push(too_long(span));
        }
        false
    }

    /// Whether a value that was made is not too much; it is counted. What is wrong is reported.
    pub(super) fn admits(&self, value: &Value, span: Span, diags: &mut Diags) -> bool {
        self.admits_more(value, &mut 0, span, diags)
    }

    /// As [`Effort::admits`], for an element of something that has `held` parts already, and then those of the value too.
    pub(super) fn admits_more(&self, value: &Value, held: &mut u64, span: Span, diags: &mut Diags) -> bool {
        match parts(value, PARTS_MAX.saturating_sub(*held)) {
            Ok(parts) => {
                *held = held.saturating_add(parts);
                self.spend(parts / PARTS_A_STEP, span, diags)
            }
            Err(why) => {
                // The count went as far as the limit before it was given up.
                if self.spend(PARTS_MAX / PARTS_A_STEP, span, diags) {
                    diags.push(refusal(why).at(span));
                }
                false
            }
        }
    }
}

/// The problem of an expression that takes too many steps.
pub(super) fn too_long(span: Span) -> Diag {
    Diag::error(codes::TOO_MUCH, "Expression takes too long")
        .detail(format!(
            "Evaluating an expression may take {STEPS_MAX} steps, and this one takes more."
        ))
        .help("loops within loops multiply; go over fewer elements")
        .at(span)
}

/// The problem of a value that is too much.
pub fn refusal(why: TooMuch) -> Diag {
    match why {
        TooMuch::Parts => Diag::error(codes::TOO_MUCH, "Value too large").detail(format!(
            "A value may have {PARTS_MAX} elements, with those of its elements, and a text counts one for each \
             {PART_BYTES} bytes. This one has more."
        )),
        TooMuch::Depth => Diag::error(codes::TOO_MUCH, "Value nested too deeply").detail(format!(
            "Values may be nested {VALUE_DEPTH_MAX} levels deep, and this one is deeper."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keys_and_texts_count() {
        let text = Value::string("x".repeat(64));
        assert_eq!(parts(&text, 9), Ok(3));
        let list = Value::tuple(vec![text.clone(), Value::bool(true)]);
        assert_eq!(parts(&list, 5), Ok(5));
        assert_eq!(parts(&list, 4), Err(TooMuch::Parts));
        let object = Value::object_of([("k".repeat(32), Value::bool(true))]);
        assert_eq!(parts(&object, 9), Ok(3));
    }

    #[test]
    fn values_that_share_their_elements_are_counted_as_if_they_did_not() {
        let mut value = Value::tuple(vec![Value::bool(true)]);
        for _ in 0..40 {
            value = Value::tuple(vec![value.clone(), value]);
        }
        assert_eq!(parts(&value, PARTS_MAX), Err(TooMuch::Parts));
    }

    #[test]
    fn depth_ends() {
        let mut value = Value::bool(true);
        for _ in 0..=VALUE_DEPTH_MAX {
            value = Value::tuple(vec![value]);
        }
        assert_eq!(parts(&value, PARTS_MAX), Err(TooMuch::Depth));
    }
}
