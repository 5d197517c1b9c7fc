//! Secrets that this process knows, and texts without them. Whoever learns a secret remembers it here; whatever goes to the
//! user or into the journal passes [`mask`]. Decides in which forms a secret is found; never gives one back.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

/// What stands in place of a secret.
pub const MASK: &str = "(secret)";

/// A shorter text is not masked: it would be found everywhere by chance.
pub const SHORTEST: usize = 6;

/// The most secrets that are remembered, so that a configuration with a great many can't make every output slow.
const MOST: usize = 4096;

/// What URLs leave as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Forms of all secrets, the longest first: what holds another is found before it.
static KNOWN: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// From now on the text is masked in all that is printed. Each line of a text of several lines is a secret too.
pub fn remember(secret: &str) {
    let whole = std::iter::once(secret.trim());
    let lines = secret.lines().map(str::trim).filter(|line| line.len() > SHORTEST + 1);
    let found: Vec<&str> = whole
        .chain(lines)
        .filter(|s| s.chars().count() >= SHORTEST && !MASK.contains(s))
        .collect();
    let known = |text: &str| {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        known.len() >= MOST * 8 || known.iter().any(|k| k == text)
    };
    let new: Vec<&str> = found.into_iter().filter(|s| !known(s)).collect();
    if new.is_empty() {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.extend(new.into_iter().flat_map(forms));
    known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    known.dedup();
}

/// The text with a mark in place of every secret, in any of the forms in which it may appear.
pub fn mask(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut out = Cow::Borrowed(text);
    for form in known.iter() {
        if out.contains(form.as_str()) {
            out = Cow::Owned(out.replace(form.as_str(), MASK));
        }
    }
    out
}

/// The document with a mark in place of every secret in its texts and names; numbers and structure stay.
pub fn mask_json(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::String(text) => {
            if let Cow::Owned(masked) = mask(text) {
                *text = masked;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(mask_json),
        serde_json::Value::Object(entries) => {
            if entries.keys().any(|key| matches!(mask(key), Cow::Owned(_))) {
                let old = std::mem::take(entries);
                *entries = old.into_iter().map(|(k, v)| (mask(&k).into_owned(), v)).collect();
            }
            entries.values_mut().for_each(mask_json);
        }
        _ => {}
    }
}

/// A secret as it is, and as it looks inside other texts.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut found = vec![secret.to_string()];
    let quoted = serde_json::Value::from(secret).to_string();
    let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    if let Some(inside) = inside {
        found.push(inside.to_string());
        // A document in a text of a document.
        let twice = serde_json::Value::from(inside).to_string();
        found.extend(
            twice
                .strip_prefix('"')
                .and_then(|q| q.strip_suffix('"'))
                .map(str::to_string),
        );
    }
    let encoded = utf8_percent_encode(secret, UNRESERVED).to_string();
    found.push(encoded.replace("%20", "+"));
    found.push(encoded.to_lowercase());
    found.push(encoded);
    found.push(xml(secret));
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    found.push(hex.to_uppercase());
    found.push(hex);
    found.extend((0..3).flat_map(|before| in_base64(bytes, before)));
    // The form in small letters is of use only where it is another form of the same, not of another text.
    let lower = secret.to_lowercase();
    found.retain(|form| form.len() >= SHORTEST && (*form != lower || *form == secret));
    found.sort();
    found.dedup();
    found
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLANTED: &str = "Planted \"mask\" & {key}/0042+=";

    #[test]
    fn a_secret_is_masked_in_every_form() {
        remember(PLANTED);
        let quoted = serde_json::Value::from(PLANTED).to_string();
        let twice = json!({ "in": json!({ "key": PLANTED }).to_string() }).to_string();
        let hex: String = PLANTED.bytes().map(|b| format!("{b:02x}")).collect();
        let form: String = url::form_urlencoded::byte_serialize(PLANTED.as_bytes()).collect();
        let mut cases = vec![
            PLANTED.to_string(),
            quoted,
            twice,
            format!("{PLANTED:?}"),
            utf8_percent_encode(PLANTED, UNRESERVED).to_string(),
            form,
            hex.to_uppercase(),
            hex,
            "<sk>Planted &quot;mask&quot; &amp; {key}/0042+=</sk>".to_string(),
        ];
        for (before, after) in [("", ""), ("u:", ""), ("user", "x"), ("ab", "and more"), ("a", "y")] {
            let text = format!("{before}{PLANTED}{after}");
            cases.push(STANDARD_NO_PAD.encode(&text));
            cases.push(URL_SAFE_NO_PAD.encode(&text));
            cases.push(base64::engine::general_purpose::STANDARD.encode(&text));
        }
        for case in cases {
            let masked = mask(&case);
            assert!(masked.contains(MASK), "{case}");
            for part in ["Planted", "0042", "706c616e", "UGxhbn"] {
                assert!(!masked.contains(part), "{case} became {masked}");
            }
            assert_eq!(mask(&masked), masked);
        }
    }

    #[test]
    fn short_texts_and_the_mark_itself_stay() {
        for text in ["five5", "", "   ab  ", "secret", "(secret)", "\n\n"] {
            remember(text);
            assert_eq!(mask(&format!("<{text}>")), format!("<{text}>"));
        }
    }

    #[test]
    fn each_line_of_a_long_secret_is_one() {
        remember("-----BEGIN-----\n  line-one-of-the-key\nline-two-of-the-key\n");
        let masked = mask("1 | line-one-of-the-key\n2 |   line-two-of-the-key").into_owned();
        assert_eq!(masked, "1 | (secret)\n2 |   (secret)");
    }

    #[test]
    fn documents_keep_their_structure() {
        remember("7001700170017001");
        let mut json = json!({"a": 7001700170017001_u64, "b": ["x 7001700170017001"], "7001700170017001": true});
        mask_json(&mut json);
        assert_eq!(
            json,
            json!({"a": 7001700170017001_u64, "b": ["x (secret)"], "(secret)": true})
        );
    }
}
