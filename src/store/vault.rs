//! Encryption of what the state holds: the key, how it is got from a passphrase, and how one column value is sealed.
//! Decides what a ciphertext is bound to; knows no table, reads no environment and never shows a key.
//!
//! Each state has a random data key of its own, which seals the values (AES-256-GCM, a random nonce each). The data key
//! itself is sealed with the user's key, or with what Argon2id makes of the passphrase, and stands in `meta.cipher`: that it
//! opens proves the key. A value is bound to its table, row and column, so that one that was moved does not open.

use super::error::StoreError;
use super::fingerprint::to_hex;
use crate::base::Secret;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

/// What a sealed value begins with.
const PREFIX: &str = "sealed:";

/// The form of `meta.cipher` that this program writes.
const FORM: &str = "1";

/// Cost of Argon2id: KiB of memory, passes, lanes. It takes about 30 ms once a command.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// The most that a file may ask for, so that a strange one can't exhaust memory or time: 256 MiB, 16 passes.
const COST_MAX: (u32, u32, u32) = (256 * 1024, 16, 4);

/// A passphrase shorter than this is refused: it would be guessed.
pub const PASSPHRASE_MIN: usize = 12;

/// What opens an encrypted state: a passphrase or a key.
#[derive(Clone)]
pub struct StateSecret(Kind);

#[derive(Clone)]
enum Kind {
    Passphrase(Secret),
    Key([u8; 32]),
}

impl fmt::Debug for StateSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateSecret(secret)")
    }
}

impl StateSecret {
    /// A passphrase; `None` if it is too short.
    pub fn passphrase(text: &str) -> Option<Self> {
        (text.chars().count() >= PASSPHRASE_MIN).then(|| Self(Kind::Passphrase(Secret::new(text))))
    }

    /// A key: 32 bytes in hexadecimal or base64.
    pub fn key(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = match from_hex(text) {
            Some(bytes) => bytes,
            None => [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE]
                .iter()
                .find_map(|engine| engine.decode(text).ok())?,
        };
        // Known from here on, so that no output can repeat it.
        let _ = Secret::new(text);
        Some(Self(Kind::Key(bytes.try_into().ok()?)))
    }

    fn is_passphrase(&self) -> bool {
        matches!(self.0, Kind::Passphrase(_))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// How the values of one state are read and written.
pub(super) enum Vault {
    /// In clear.
    Clear,
    /// Encrypted, and the key is not here: what is not content can be read and written all the same.
    Shut {
        /// The database.
        path: PathBuf,
        /// Whether it takes a passphrase.
        passphrase: bool,
    },
    /// Encrypted, and the key is here.
    Open(Box<Cipher>),
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Vault::Clear => "Clear",
            Vault::Shut { .. } => "Shut",
            Vault::Open(_) => "Open",
        })
    }
}

/// A data key with the text in `meta.cipher` that it came from.
pub(super) struct Cipher {
    path: PathBuf,
    header: String,
    key: LessSafeKey,
}

impl Vault {
    /// The vault of a database whose `meta.cipher` is this.
    pub(super) fn of(path: &Path, header: Option<&str>, secret: Option<&StateSecret>) -> Result<Vault, StoreError> {
        let Some(header) = header else {
            return Ok(Vault::Clear);
        };
        let parsed = Header::parse(header).ok_or_else(|| StoreError::Corrupt {
            path: path.to_path_buf(),
            what: "what it says of its encryption makes no sense to this program".to_string(),
        })?;
        let passphrase = parsed.cost.is_some();
        let Some(secret) = secret.filter(|s| s.is_passphrase() == passphrase) else {
            return Ok(Vault::Shut {
                path: path.to_path_buf(),
                passphrase,
            });
        };
        let wrapping = parsed.wrapping_key(secret);
        let data_key = wrapping.and_then(|key| unseal(&key, parsed.public, parsed.wrapped));
        let key = data_key.and_then(|bytes| new_key(&bytes));
        let key = key.ok_or_else(|| StoreError::WrongKey {
            path: path.to_path_buf(),
            passphrase,
        })?;
        Ok(Vault::Open(Box::new(Cipher {
            path: path.to_path_buf(),
            header: header.to_string(),
            key,
        })))
    }

    /// A vault with a new data key.
    pub(super) fn new(path: &Path, secret: &StateSecret) -> Result<Vault, StoreError> {
        let public = match secret.0 {
            Kind::Key(_) => format!("{FORM} key"),
            Kind::Passphrase(_) => {
                let (memory, passes, lanes) = COST;
                let salt: [u8; 16] = rand::random();
                format!("{FORM} argon2id {memory} {passes} {lanes} {}", to_hex(&salt))
            }
        };
        let data_key: [u8; 32] = rand::random();
        let unset = format!("{public} -");
        let sealed = Header::parse(&unset)
            .and_then(|header| header.wrapping_key(secret))
            .and_then(|key| seal(&key, &public, &to_hex(&data_key)));
        // Only a failure to get memory for Argon2id comes here.
        let failed = || StoreError::Io {
            what: "make a key for",
            path: path.to_path_buf(),
            source: std::sync::Arc::new(std::io::Error::other("the passphrase can't be processed")),
        };
        let header = format!("{public} {}", sealed.ok_or_else(failed)?);
        Ok(Vault::Open(Box::new(Cipher {
            path: path.to_path_buf(),
            header,
            key: new_key(&to_hex(&data_key)).ok_or_else(failed)?,
        })))
    }

    /// What stands in `meta.cipher`.
    pub(super) fn header(&self) -> Option<&str> {
        match self {
            Vault::Open(cipher) => Some(&cipher.header),
            Vault::Clear | Vault::Shut { .. } => None,
        }
    }

    /// A value as the column holds it. `place` names table, column and row.
    pub(super) fn seal<'t>(&self, place: &[&str], text: &'t str) -> Result<Cow<'t, str>, StoreError> {
        match self {
            Vault::Clear => Ok(Cow::Borrowed(text)),
            Vault::Shut { path, passphrase } => Err(key_needed(path, *passphrase)),
            Vault::Open(cipher) => {
                let sealed = seal(&cipher.key, &bound(place), text).ok_or_else(|| damaged(&cipher.path, place))?;
                Ok(Cow::Owned(sealed))
            }
        }
    }

    /// As [`Vault::seal`], for a column that may be null.
    pub(super) fn seal_option<'t>(
        &self,
        place: &[&str],
        text: Option<&'t str>,
    ) -> Result<Option<Cow<'t, str>>, StoreError> {
        text.map(|text| self.seal(place, text)).transpose()
    }

    /// The value of a column.
    pub(super) fn open<'t>(&self, place: &[&str], stored: &'t str) -> Result<Cow<'t, str>, StoreError> {
        match self {
            Vault::Clear => Ok(Cow::Borrowed(stored)),
            Vault::Shut { path, passphrase } => Err(key_needed(path, *passphrase)),
            Vault::Open(cipher) => {
                let text = unseal(&cipher.key, &bound(place), stored).ok_or_else(|| damaged(&cipher.path, place))?;
                Ok(Cow::Owned(text))
            }
        }
    }

    /// As [`Vault::open`], for a column that may be null.
    pub(super) fn open_option(&self, place: &[&str], stored: Option<String>) -> Result<Option<String>, StoreError> {
        match (self, stored) {
            (_, None) => Ok(None),
            (Vault::Clear, stored) => Ok(stored),
            (_, Some(stored)) => self.open(place, &stored).map(|text| Some(text.into_owned())),
        }
    }
}

fn key_needed(path: &Path, passphrase: bool) -> StoreError {
    StoreError::KeyNeeded {
        path: path.to_path_buf(),
        passphrase,
    }
}

fn damaged(path: &Path, place: &[&str]) -> StoreError {
    StoreError::Corrupt {
        path: path.to_path_buf(),
        what: format!(
            "{} does not decrypt: it was changed, or belongs to another row",
            place.join(" ")
        ),
    }
}

/// The place as one text in which no two places are alike.
fn bound(place: &[&str]) -> String {
    place.iter().map(|part| format!("{}:{part}", part.len())).collect()
}

/// `meta.cipher` in its parts.
struct Header<'a> {
    /// All but the data key; the data key is bound to it.
    public: &'a str,
    /// Memory, passes, lanes and salt of Argon2id; none for a key.
    cost: Option<(u32, u32, u32, Vec<u8>)>,
    wrapped: &'a str,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (public, wrapped) = text.rsplit_once(' ')?;
        let words: Vec<&str> = public.split(' ').collect();
        let cost = match words.as_slice() {
            [FORM, "key"] => None,
            [FORM, "argon2id", memory, passes, lanes, salt] => {
                let cost = (memory.parse().ok()?, passes.parse().ok()?, lanes.parse().ok()?);
                if cost.0 > COST_MAX.0 || cost.1 > COST_MAX.1 || cost.2 > COST_MAX.2 {
                    return None;
                }
                Some((cost.0, cost.1, cost.2, from_hex(salt)?))
            }
            _ => return None,
        };
        Some(Self { public, cost, wrapped })
    }

    /// The key that the data key is sealed with.
    fn wrapping_key(&self, secret: &StateSecret) -> Option<LessSafeKey> {
        let bytes = match (&secret.0, &self.cost) {
            (Kind::Key(bytes), None) => *bytes,
            (Kind::Passphrase(text), Some((memory, passes, lanes, salt))) => {
                let params = argon2::Params::new(*memory, *passes, *lanes, Some(32)).ok()?;
                let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
                let mut bytes = [0; 32];
                argon
                    .hash_password_into(text.expose().as_bytes(), salt, &mut bytes)
                    .ok()?;
                bytes
            }
            _ => return None,
        };
        UnboundKey::new(&AES_256_GCM, &bytes).ok().map(LessSafeKey::new)
    }
}

fn new_key(hex: &str) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, &from_hex(hex)?)
        .ok()
        .map(LessSafeKey::new)
}

fn seal(key: &LessSafeKey, place: &str, text: &str) -> Option<String> {
    let nonce: [u8; NONCE_LEN] = rand::random();
    let mut bytes = text.as_bytes().to_vec();
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut bytes,
        )
        .ok()?;
    let whole = [&nonce[..], &bytes, tag.as_ref()].concat();
    Some(format!("{PREFIX}{}", STANDARD_NO_PAD.encode(whole)))
}

fn unseal(key: &LessSafeKey, place: &str, stored: &str) -> Option<String> {
    let whole = STANDARD_NO_PAD.decode(stored.strip_prefix(PREFIX)?).ok()?;
    let (nonce, sealed) = whole.split_first_chunk::<NONCE_LEN>()?;
    let mut bytes = sealed.to_vec();
    let length = key
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(place.as_bytes()),
            &mut bytes,
        )
        .ok()?
        .len();
    bytes.truncate(length);
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> StateSecret {
        StateSecret::key(&to_hex(&[byte; 32])).expect("a key")
    }

    fn path() -> &'static Path {
        Path::new("state.db")
    }

    #[test]
    fn a_value_opens_with_its_key_at_its_place_only() {
        let vault = Vault::new(path(), &key(1)).expect("a vault");
        let place = ["resources", "attributes", "a.b"];
        let sealed = vault.seal(&place, "text of a value").expect("sealed").into_owned();
        assert!(sealed.starts_with(PREFIX) && !sealed.contains("text"));
        assert_ne!(
            sealed,
            vault.seal(&place, "text of a value").expect("sealed"),
            "the nonce is new"
        );
        let again = Vault::of(path(), vault.header(), Some(&key(1))).expect("opens");
        assert_eq!(again.open(&place, &sealed).expect("opens"), "text of a value");
        for other in [["resources", "attributes", "a.c"], ["resource", "sattributes", "a.b"]] {
            let error = again.open(&other, &sealed).expect_err("moved");
            assert!(error.to_string().contains("does not decrypt"), "{error}");
        }
        let mut bytes = sealed.clone().into_bytes();
        let at = PREFIX.len() + 20;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("text");
        for bad in [
            changed.as_str(),
            "text of a value",
            "",
            PREFIX,
            "sealed:AAAA",
            "sealed:é",
        ] {
            assert!(again.open(&place, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_or_missing_key_is_told_as_such() {
        let phrase = StateSecret::passphrase("correct horse battery").expect("long enough");
        let other = StateSecret::passphrase("correct horse batterx").expect("long enough");
        for (secret, wrong) in [(&phrase, &other), (&key(1), &key(2))] {
            let vault = Vault::new(path(), secret).expect("a vault");
            let error = Vault::of(path(), vault.header(), Some(wrong)).expect_err("wrong");
            assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
            let shut = Vault::of(path(), vault.header(), None).expect("shut");
            for error in [shut.open(&["a"], "x").err(), shut.seal(&["a"], "x").err()] {
                let error = error.expect("shut");
                assert!(matches!(error, StoreError::KeyNeeded { .. }), "{error}");
            }
        }
        // A key where a passphrase belongs is as good as none.
        let vault = Vault::new(path(), &phrase).expect("a vault");
        assert!(matches!(
            Vault::of(path(), vault.header(), Some(&key(1))),
            Ok(Vault::Shut { passphrase: true, .. })
        ));
        assert!(Vault::of(path(), vault.header(), Some(&phrase)).is_ok());
    }

    #[test]
    fn a_strange_header_is_damage_and_costs_nothing() {
        let salt = "00112233445566778899aabbccddeeff";
        for header in [
            String::new(),
            "1".to_string(),
            "2 key sealed:AAAA".to_string(),
            "1 key extra sealed:AAAA".to_string(),
            format!("1 argon2id 4294967295 2 1 {salt} sealed:AAAA"),
            format!("1 argon2id 19456 4000000000 1 {salt} sealed:AAAA"),
            format!("1 argon2id -1 2 1 {salt} sealed:AAAA"),
            "1 argon2id 19456 2 1 zz sealed:AAAA".to_string(),
        ] {
            let error = Vault::of(path(), Some(&header), Some(&key(1))).expect_err("damage");
            assert!(matches!(error, StoreError::Corrupt { .. }), "{header}: {error}");
        }
    }

    #[test]
    fn no_changed_bit_opens_anything() {
        let vault = Vault::new(path(), &key(1)).expect("a vault");
        let place = ["resources", "attributes", "a.b"];
        let sealed = vault.seal(&place, "a value").expect("sealed").into_owned();
        let changed = |text: &str| -> Vec<String> {
            let bits = (0..text.len()).flat_map(|at| (0..7).map(move |bit| (at, bit)));
            let flipped = bits.filter_map(|(at, bit)| {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                String::from_utf8(bytes).ok()
            });
            let cut = (0..text.len()).filter_map(|at| text.get(..at).map(str::to_string));
            let longer = ["A", "=", " ", "\n"].map(|more| format!("{text}{more}"));
            flipped.chain(cut).chain(longer).collect()
        };
        for bad in changed(&sealed) {
            assert!(vault.open(&place, &bad).is_err(), "{bad}");
        }
        let header = vault.header().expect("it has one");
        for bad in changed(header) {
            let opened = Vault::of(path(), Some(&bad), Some(&key(1)));
            assert!(!matches!(opened, Ok(Vault::Open(_) | Vault::Clear)), "{bad}");
        }
        // The header of another state with the same key opens, and none of the values of this one.
        let other = Vault::new(path(), &key(1)).expect("a vault");
        let swapped = Vault::of(path(), other.header(), Some(&key(1))).expect("opens");
        assert!(swapped.open(&place, &sealed).is_err());
    }

    #[test]
    fn keys_are_read_in_hexadecimal_and_base64_and_short_passphrases_refused() {
        let bytes = [7; 32];
        for text in [
            to_hex(&bytes),
            STANDARD.encode(bytes),
            STANDARD_NO_PAD.encode(bytes),
            URL_SAFE.encode(bytes),
        ] {
            let Some(StateSecret(Kind::Key(read))) = StateSecret::key(&format!(" {text}\n")) else {
                panic!("{text}");
            };
            assert_eq!(read, bytes);
        }
        for text in ["", "00", &to_hex(&[1; 31]), &to_hex(&[1; 33]), "not a key!"] {
            assert!(StateSecret::key(text).is_none(), "{text}");
        }
        assert!(StateSecret::passphrase("elevenchars").is_none());
        assert_eq!(format!("{:?}", key(1)), "StateSecret(secret)");
    }
}
