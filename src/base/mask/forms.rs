//! In which forms a secret may stand in a text: as it is, quoted, in URLs, in base64, in hexadecimal, and the combinations that
//! a server makes that repeats a request. Decides forms only.

use super::SHORTEST;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What URLs leave as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What JavaScript leaves as it is besides.
const OF_COMPONENTS: &AsciiSet = &UNRESERVED
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A secret as it is, and inside documents.
pub(super) fn plain(secret: &str) -> Vec<String> {
    let mut found = vec![secret.to_string()];
    found.extend(in_json(secret));
    found.push(xml(secret));
    found
}

/// A secret as it is, and as it looks inside other texts.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let plain = plain(secret);
    let in_urls = in_urls(secret);
    let mut found = Vec::new();
    // What is put into a request, and a request that is put into a text in its turn.
    for form in plain.iter().chain(&in_urls) {
        found.extend((0..3).flat_map(|before| in_base64(form.as_bytes(), before)));
    }
    for form in plain.iter().skip(1).chain(&in_urls) {
        found.extend(self::in_urls(form));
    }
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    found.push(hex.to_uppercase());
    found.push(hex);
    found.extend(plain);
    found.extend(in_urls);
    // The form in small letters is of use only where it is another form of the same, not of another text.
    let lower = secret.to_lowercase();
    found.retain(|form| form.len() >= SHORTEST && (*form != lower || *form == secret));
    found.sort();
    found.dedup();
    found
}

fn in_json(secret: &str) -> Vec<String> {
    let quoted = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
        inside.map(str::to_string)
    };
    let Some(inside) = quoted(secret) else {
        return Vec::new();
    };
    // As `jsonencode` and servers write it, who think of browsers.
    let careful = inside
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e");
    // A document in a text of a document.
    let twice = [quoted(&inside), quoted(&careful)];
    twice.into_iter().flatten().chain([inside, careful]).collect()
}

fn in_urls(secret: &str) -> Vec<String> {
    let encoded = utf8_percent_encode(secret, UNRESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut found = vec![
        encoded.replace("%20", "+"),
        encoded.replace("%2F", "/"),
        encoded.to_lowercase(),
        with_small_digits(&encoded),
        with_small_digits(&form),
        utf8_percent_encode(secret, OF_COMPONENTS).to_string(),
        form,
        encoded,
    ];
    found.retain(|form| form != secret);
    found.sort();
    found.dedup();
    found
}

/// `%2f` for `%2F`, as some servers write it.
fn with_small_digits(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out.push('%');
        out.push_str(&digits.to_lowercase());
        out.push_str(rest);
    }
    out
}

fn xml(secret: &str) -> String {
    let escaped = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;")
}

/// What of a secret is always the same in base64, with so many bytes before it and whatever follows.
fn in_base64(secret: &[u8], before: usize) -> Vec<String> {
    let mut padded = vec![0; before];
    padded.extend_from_slice(secret);
    let whole = padded.len() * 8 / 6;
    let first = (before * 8).div_ceil(6);
    [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .into_iter()
        .filter_map(|engine| Some(engine.encode(&padded).get(first..whole)?.to_string()))
        .filter(|form| form.len() >= 2 * SHORTEST - 2)
        .collect()
}
