//! Secrets that this process knows, and texts without them. Whoever learns a secret remembers it here; whatever goes to the
//! user or into the journal passes [`mask`]. Decides in which forms a secret is found, and which secrets are words that may
//! stand in a text by chance; never gives one back.

mod forms;
mod search;

use search::Search;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

/// What stands in place of a secret.
pub const MASK: &str = "(secret)";

/// A shorter text is not masked: it would be found everywhere by chance.
pub const SHORTEST: usize = 6;

/// When so many forms are remembered, further secrets are found only as they are and in JSON: a configuration with a great
/// many must not exhaust memory.
const FORMS_MAX: usize = 65_536;

/// The longest word of a configuration that is kept to be compared with secrets.
const WORD_MAX: usize = 32;

/// What the program itself says in its documents and texts. A secret of this form would hide what is said.
const OWN_WORDS: &[&str] = &[
    "action",
    "actions",
    "address",
    "attributes",
    "before",
    "change",
    "changed",
    "changes",
    "create",
    "created",
    "creating",
    "default",
    "delete",
    "deleted",
    "deleting",
    "destroy",
    "disabled",
    "enabled",
    "ephemeral",
    "errors",
    "forget",
    "headworks",
    "import",
    "imported",
    "managed",
    "module",
    "modules",
    "number",
    "object",
    "objects",
    "output",
    "outputs",
    "private",
    "provider",
    "public",
    "refresh",
    "region",
    "replace",
    "resource",
    "resources",
    "secret",
    "sensitive",
    "standard",
    "string",
    "unchanged",
    "update",
    "updated",
    "updating",
    "value",
    "values",
    "variable",
    "variables",
    "version",
    "warning",
    "warnings",
];

/// Texts of JSON documents that are written for people; in all others a word is a name or a value of its own.
const SENTENCES: &[&str] = &[
    "@message", "message", "summary", "detail", "help", "label", "text", "error",
];

/// All that is known.
#[derive(Default)]
struct Known {
    /// What was remembered.
    secrets: HashSet<String>,
    /// Forms that are found wherever they stand.
    anywhere: BTreeSet<String>,
    /// Secrets that are found only where they stand as a word.
    words: BTreeSet<String>,
    /// Words of the configuration, which everybody can read who can read what is printed.
    open: HashSet<String>,
    /// Made of the forms and words when a text is searched.
    search: Option<Arc<Search>>,
}

static KNOWN: RwLock<Option<Known>> = RwLock::new(None);

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
        let known = known.as_ref();
        known.is_some_and(|k| k.secrets.contains(text))
    };
    let new: Vec<&str> = found.into_iter().filter(|s| !known(s)).collect();
    if new.is_empty() {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    for secret in new {
        let word = is_word(secret);
        let mut forms = match known.anywhere.len() < FORMS_MAX {
            true => forms::forms(secret),
            false => forms::plain(secret),
        };
        if word {
            forms.retain(|form| !form.eq_ignore_ascii_case(secret));
            known.words.insert(secret.to_string());
        }
        known.anywhere.extend(forms);
        known.secrets.insert(secret.to_string());
    }
    known.search = None;
}

/// The text is part of the configuration: a secret that is a word of it, such as the name of an environment or a region,
/// is not masked.
pub fn open_text(text: &str) {
    let words = text.split(|c| !is_part(c));
    let words: Vec<&str> = words.filter(|w| (SHORTEST..=WORD_MAX).contains(&w.len())).collect();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    for word in words {
        if !known.open.contains(word) {
            known.open.insert(word.to_string());
            known.search = None;
        }
    }
}

/// The text with a mark in place of every secret, in any of the forms in which it may appear.
pub fn mask(text: &str) -> Cow<'_, str> {
    match search() {
        Some(search) => search.mask(text, true),
        None => Cow::Borrowed(text),
    }
}

/// The document with a mark in place of every secret in its texts and names; numbers and structure stay. Secrets that are
/// words are looked for in sentences only: elsewhere they would be names of the document itself.
pub fn mask_json(json: &mut serde_json::Value) {
    if let Some(search) = search() {
        mask_part(json, &search, false);
    }
}

fn mask_part(json: &mut serde_json::Value, search: &Search, sentence: bool) {
    match json {
        serde_json::Value::String(text) => {
            if let Cow::Owned(masked) = search.mask(text, sentence) {
                *text = masked;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| mask_part(item, search, sentence)),
        serde_json::Value::Object(entries) => {
            if entries
                .keys()
                .any(|key| matches!(search.mask(key, false), Cow::Owned(_)))
            {
                let old = std::mem::take(entries);
                let masked = old.into_iter().map(|(k, v)| (search.mask(&k, false).into_owned(), v));
                *entries = masked.collect();
            }
            for (name, part) in entries.iter_mut() {
                mask_part(part, search, SENTENCES.contains(&name.as_str()));
            }
        }
        _ => {}
    }
}

/// What searches for all that is known now; none when nothing is.
fn search() -> Option<Arc<Search>> {
    {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref()?;
        if known.secrets.is_empty() {
            return None;
        }
        if let Some(search) = &known.search {
            return Some(Arc::clone(search));
        }
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let known = known.as_mut()?;
    if known.search.is_none() {
        let words = known.words.iter().filter(|w| !known.open.contains(*w));
        known.search = Some(Arc::new(Search::new(&known.anywhere, words)));
    }
    known.search.clone()
}

/// Signs that make up a word.
fn is_part(c: char) -> bool {
    // In scripts without spaces a secret may stand between other letters.
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether a secret may stand in a text by chance: parts between hyphens that are letters of one case, digits, or such
/// letters with digits after them, as in `production`, `cn-north-4`, `Kafka01`. What is drawn by lot is none.
fn is_word(secret: &str) -> bool {
    secret.len() <= WORD_MAX && secret.split(['-', '_']).all(is_plain)
}

fn is_plain(part: &str) -> bool {
    let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = part.len() - letters.len();
    let mut rest = letters.chars();
    let first = rest.next();
    let lower = rest.as_str().chars().all(|c| c.is_ascii_lowercase()) && first.is_none_or(|c| c.is_ascii_alphabetic());
    let upper = letters.chars().all(|c| c.is_ascii_uppercase());
    digits <= 8 && letters.len() <= 14 && (lower || upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    use serde_json::json;

    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
            utf8_percent_encode(&utf8_percent_encode(PLANTED, UNRESERVED).to_string(), UNRESERVED).to_string(),
            STANDARD_NO_PAD.encode(format!("sk={}&x=1", utf8_percent_encode(PLANTED, UNRESERVED))),
            STANDARD_NO_PAD.encode(format!("{{\"sk\": {}}}", serde_json::Value::from(PLANTED))),
            r#"{"sk": "Planted \"mask\" \u0026 {key}/0042+="}"#.to_string(),
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
    fn words_are_masked_where_they_stand_alone_and_the_configuration_does_not_hold_them() {
        for word in ["swordfish7", "kunpeng-north-4", "Stagecoach", "updating"] {
            remember(word);
        }
        let masked = |text: &str| mask(text).into_owned();
        assert_eq!(masked("key=swordfish7, swordfish7."), "key=(secret), (secret).");
        assert_eq!(masked("密钥swordfish7错误"), "密钥(secret)错误");
        for stays in ["swordfish77 lake-swordfish7 swordfish7_b", "updating", "Stagecoaches"] {
            assert_eq!(masked(stays), stays);
        }
        assert_eq!(masked(&STANDARD_NO_PAD.encode("swordfish7")), "(secret)w");
        assert_eq!(masked("in Stagecoach at kunpeng-north-4"), "in (secret) at (secret)");
        open_text("module \"Stagecoach\" {\n  region = \"kunpeng-north-4\"\n}\n");
        assert_eq!(
            masked("in Stagecoach at kunpeng-north-4"),
            "in Stagecoach at kunpeng-north-4"
        );
        let mut json = json!({"swordfish7": ["swordfish7"], "summary": "is swordfish7"});
        mask_json(&mut json);
        assert_eq!(json, json!({"swordfish7": ["swordfish7"], "summary": "is (secret)"}));
    }

    #[test]
    fn words_are_told_from_what_is_drawn_by_lot() {
        for word in [
            "production",
            "cn-north-4",
            "PRIVATE",
            "Kafka01",
            "20261121",
            "orders_lake-2",
        ] {
            assert!(is_word(word), "{word}");
        }
        for secret in [
            "pl4nted",
            "hunter2!",
            "7001700170017001",
            "aB3dE5gH",
            "correct horse",
            "10.0.0.1",
            "qwertyuiopasdfghj",
            "LTAI5tXy",
        ] {
            assert!(!is_word(secret), "{secret}");
        }
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
