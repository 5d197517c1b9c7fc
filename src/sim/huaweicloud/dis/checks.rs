//! The members of a request body with their documented rules. A member that is null counts as absent; one that no rule
//! names is not looked at.

use crate::sim::huaweicloud::rest::{Call, Fault};
use crate::wire::sign::sha256_hex;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// An error of the service: all of them but two are status 400.
pub(super) fn fault(code: u16, message: impl Into<String>) -> Fault {
    Fault::new(400, format!("DIS.{code}"), message)
}

/// "Invalid request" about one member.
pub(super) fn invalid(name: &str, value: Option<&Value>) -> Fault {
    let shown: String = match value {
        // What may be a secret stands in no message.
        _ if name == "user_password" => "***".to_string(),
        Some(Value::String(text)) => text.chars().take(100).collect(),
        Some(other) => other.to_string().chars().take(100).collect(),
        None => "null".to_string(),
    };
    fault(4200, format!("Invalid request. [Invalid {name} {shown}.]"))
}

/// Members of one JSON object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The body of a call.
    pub(super) fn of(call: &'a Call<'_>) -> Result<Self, Fault> {
        match &call.body {
            Value::Object(map) => Ok(Self(map)),
            Value::Null => Err(fault(4202, "The request is empty.")),
            _ => Err(fault(4300, "Request error. [The body is not an object.]")),
        }
    }

    /// One object.
    pub(super) fn over(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    /// A text; `None` when absent or empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|t| !t.is_empty())),
            other => Err(invalid(name, other)),
        }
    }

    /// A text that must not be empty.
    pub(super) fn need(&self, name: &str) -> Result<&'a str, Fault> {
        self.text(name)?.ok_or_else(|| invalid(name, self.value(name)))
    }

    /// A name: letters, digits, `_` and `-`.
    pub(super) fn name(&self, name: &str, most: usize) -> Result<&'a str, Fault> {
        let text = self.need(name)?;
        let good = text.len() <= most && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        good.then_some(text).ok_or_else(|| invalid(name, self.value(name)))
    }

    /// One of `all`.
    pub(super) fn choice(&self, name: &str, all: &[&str]) -> Result<Option<&'a str>, Fault> {
        match self.text(name)? {
            Some(text) if !all.contains(&text) => Err(invalid(name, self.value(name))),
            other => Ok(other),
        }
    }

    /// A whole number within bounds; a text is none.
    pub(super) fn int(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Fault> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => match value.as_i64().filter(|n| range.contains(n)) {
                Some(number) => Ok(Some(number)),
                None => Err(invalid(name, Some(value))),
            },
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            other => Err(invalid(name, other)),
        }
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, Fault> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Fields(map))),
            other => Err(invalid(name, other)),
        }
    }

    pub(super) fn array(&self, name: &str) -> Result<&'a [Value], Fault> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            other => Err(invalid(name, other)),
        }
    }
}

/// The objects of an array.
pub(super) fn objects<'a>(name: &str, items: &'a [Value]) -> Result<Vec<Fields<'a>>, Fault> {
    let of = |v: &'a Value| v.as_object().map(Fields).ok_or_else(|| invalid(name, Some(v)));
    items.iter().map(of).collect()
}

/// An id in the form of this service: 19 letters and digits, the same for the same seed.
pub(super) fn short_id(seed: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let hash = sha256_hex(seed.as_bytes());
    let bytes = hash.as_bytes().chunks(2).take(19);
    let value = |c: u8| char::from(c).to_digit(16).unwrap_or_default() as usize;
    bytes
        .map(|pair| pair.iter().fold(0, |n, c| n * 16 + value(*c)) % DIGITS.len())
        .map(|n| DIGITS.get(n).copied().map_or('0', char::from))
        .collect()
}
