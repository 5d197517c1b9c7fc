//! Waiting times: how they are written and which ones count for one object.

use super::model::{ResourceSchema, Timeouts};
use crate::base::Value;
use std::time::Duration;

/// The form of a duration, for patterns.
pub(crate) const DURATION_REGEX: &str = r"([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?";

/// Reads `90s`, `10m`, `1h30m`. None for anything else, also for the empty text.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    for (unit, factor) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((digits, after)) = rest.split_once(unit) {
            // Six digits keep the sum far from overflow.
            if digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            seconds = seconds.checked_add(digits.parse::<u64>().ok()?.checked_mul(factor)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then(|| Duration::from_secs(seconds))
}

impl ResourceSchema {
    /// The waiting times of one object: those of its `timeouts` block, else those of the type.
    pub fn timeouts_of(&self, object: &Value) -> Timeouts {
        let set = |name: &str| {
            let text = object.get("timeouts")?.get(name)?.as_str()?;
            parse_duration(text)
        };
        Timeouts {
            create: set("create").unwrap_or(self.timeouts.create),
            update: set("update").unwrap_or(self.timeouts.update),
            delete: set("delete").unwrap_or(self.timeouts.delete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2h5s", 7205)] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "5m10h", "-1s", "1.5h", "9999999s", "1h x"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
