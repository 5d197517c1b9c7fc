//! Fingerprints of secrets: enough to see that one has changed, useless to learn it. The key never leaves the state.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The random key of one state, with which secrets are fingerprinted.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(secret)")
    }
}

impl FingerprintKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 of an attribute's path and its secret, in hexadecimal. The path is part of it, so that two
    /// attributes with the same secret do not show it.
    pub fn fingerprint(&self, path: &str, secret: &str) -> String {
        // A key of any length is fine for HMAC; the error type is there for other constructions.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(&(path.len() as u64).to_be_bytes());
        mac.update(path.as_bytes());
        mac.update(secret.as_bytes());
        to_hex(&mac.finalize().into_bytes())
    }

    /// The seal of a saved plan with this digest: only who has the key can make it.
    pub fn seal_plan(&self, digest: &str) -> String {
        self.plan_mac(digest)
            .map(|mac| to_hex(&mac.finalize().into_bytes()))
            .unwrap_or_default()
    }

    /// Whether a seal is that of a plan with this digest; takes as long for a wrong one as for a right one.
    pub fn sealed_plan(&self, digest: &str, seal: &str) -> bool {
        let Some(Self(seal)) = Self::from_text(seal) else {
            return false;
        };
        self.plan_mac(digest).is_some_and(|mac| mac.verify_slice(&seal).is_ok())
    }

    /// Seals have a key of their own, made from this one, so that no seal is ever a fingerprint.
    fn plan_mac(&self, digest: &str) -> Option<Hmac<Sha256>> {
        let mut derived = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        derived.update(b"headworks saved plan 1");
        let mut mac = Hmac::<Sha256>::new_from_slice(&derived.finalize().into_bytes()).ok()?;
        mac.update(digest.as_bytes());
        Some(mac)
    }

    pub(super) fn to_text(&self) -> String {
        to_hex(&self.0)
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// Bytes as hexadecimal text.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_depends_on_key_path_and_secret() {
        let key = FingerprintKey::new([7; 32]);
        let base = key.fingerprint("password", "hunter2");
        assert_eq!(base.len(), 64);
        assert_eq!(base, key.fingerprint("password", "hunter2"));
        assert_ne!(base, key.fingerprint("password", "hunter3"));
        assert_ne!(base, key.fingerprint("passwor", "dhunter2"));
        assert_ne!(base, FingerprintKey::new([8; 32]).fingerprint("password", "hunter2"));
    }

    #[test]
    fn a_seal_depends_on_key_and_digest_and_is_no_fingerprint() {
        let key = FingerprintKey::new([7; 32]);
        let seal = key.seal_plan("d1");
        assert!(key.sealed_plan("d1", &seal));
        assert!(!key.sealed_plan("d2", &seal));
        assert!(!FingerprintKey::new([8; 32]).sealed_plan("d1", &seal));
        for wrong in ["", "zz", &seal[1..], &seal.replace(&seal[..1], "x"), &"0".repeat(64)] {
            assert!(!key.sealed_plan("d1", wrong), "{wrong}");
        }
        assert_ne!(seal, key.fingerprint("", "d1"));
        assert_ne!(seal, key.fingerprint("headworks saved plan 1", "d1"));
    }

    #[test]
    fn keys_are_read_back_and_never_shown() {
        let key = FingerprintKey::new([0xab; 32]);
        assert_eq!(FingerprintKey::from_text(&key.to_text()), Some(key.clone()));
        for text in ["", "ab", &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(FingerprintKey::from_text(text), None, "{text}");
        }
        assert_eq!(format!("{key:?}"), "FingerprintKey(secret)");
    }
}
