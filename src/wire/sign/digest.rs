//! The hashes and keyed hashes that the signature schemes are made of, and the one comparison of
//! signatures. Knows no scheme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use std::fmt::Write as _;
use subtle::ConstantTimeEq;

/// HMAC-SHA1 of `data`, 20 bytes.
pub(super) fn hmac_sha1(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("invariant: HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// HMAC-SHA256 of `data`, 32 bytes.
pub(super) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("invariant: HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// The key that both V4 schemes of Alibaba Cloud derive from the secret for one day, region and
/// product.
pub(super) fn v4_key(secret: &str, date: &str, region: &str, product: &str) -> Vec<u8> {
    let start = format!("aliyun_v4{secret}");
    [date, region, product, "aliyun_v4_request"]
        .iter()
        .fold(start.into_bytes(), |key, part| hmac_sha256(&key, part.as_bytes()))
}

/// SHA-256 of `data` in lower-case hexadecimal.
pub fn sha256_hex(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// MD5 of `data` in base64, as the `Content-MD5` headers carry it.
pub fn md5_base64(data: &[u8]) -> String {
    base64(&Md5::digest(data))
}

/// Whether two signatures are equal, in a time that does not tell where they differ.
pub fn same_signature(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        // RFC 2202 test case 2, RFC 4231 test case 2, RFC 1321 appendix A.5, FIPS 180-2 B.1.
        let (key, data) = (b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&hmac_sha1(key, data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(
            hex(&hmac_sha256(key, data)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(md5_base64(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn signatures_compare_whole() {
        assert!(same_signature("abc=", "abc="));
        assert!(!same_signature("abc=", "abd="));
        assert!(!same_signature("abc=", "abc"));
        assert!(!same_signature("", "abc"));
    }
}
