//! Base64 and percent encoding of text.

use super::{Function, FunctionError, Param, str_at, string_type, text};
use crate::base::Value;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    // Unused bits at the end may be anything, as in Go.
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// What `net/url.QueryEscape` of Go leaves as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b' ');

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "base64encode",
        "Text in Base64.",
        &[Param::string("str")],
        string_type,
        |args, _| Ok(Value::string(ENGINE.encode(str_at(args, 0)))),
    ),
    Function::new(
        "base64decode",
        "The text that Base64 stands for; it must be UTF-8.",
        &[Param::string("str")],
        string_type,
        |args, _| {
            let source = str_at(args, 0);
            let packed: String = source.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
            let bytes = ENGINE
                .decode(packed)
                .map_err(|_| FunctionError::call(format!("failed to decode base64 data {source:?}")))?;
            let decoded = String::from_utf8(bytes)
                .map_err(|_| FunctionError::call("the result of decoding the provided string is not valid UTF-8"))?;
            Ok(text(&decoded))
        },
    ),
    Function::new(
        "urlencode",
        "Text as a part of a URL query.",
        &[Param::string("str")],
        string_type,
        |args, _| {
            let escaped = utf8_percent_encode(str_at(args, 0), QUERY).to_string();
            Ok(Value::string(escaped.replace(' ', "+")))
        },
    ),
];
