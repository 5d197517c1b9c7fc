//! RSA keys in PEM (PKCS #1, PKCS #8, and OpenSSH without a passphrase), and decrypting with them. Who runs this has the key
//! and its answer, so it need not take the same time for all inputs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;

/// What is needed of an RSA key.
pub(super) struct PrivateKey {
    modulus: UBig,
    exponent: UBig,
}

/// The largest modulus in bytes; far above what is used.
const MODULUS_MAX: usize = 2048;

impl PrivateKey {
    /// The text in a block of PKCS #1 version 1.5; `None` when it is none for this key.
    pub(super) fn decrypt(&self, encrypted: &[u8]) -> Option<Vec<u8>> {
        let size = self.modulus.to_be_bytes().len();
        let number = UBig::from_be_bytes(encrypted);
        if encrypted.len() > size || size > MODULUS_MAX || number >= self.modulus {
            return None;
        }
        let ring = ConstDivisor::new(self.modulus.clone());
        let plain = ring.reduce(number).pow(&self.exponent).residue();
        // Leading zeros are no part of a number: a block begins with 0, 2.
        let bytes = plain.to_be_bytes();
        if bytes.len() + 1 != size {
            return None;
        }
        let padded = bytes.strip_prefix(&[2])?;
        let end = padded.iter().position(|b| *b == 0).filter(|end| *end >= 8)?;
        padded.get(end + 1..).map(<[u8]>::to_vec)
    }
}

/// Reads a key.
///
/// # Errors
/// Why it can't be used, as a sentence without full stop.
pub(super) fn read(pem: &str) -> Result<PrivateKey, String> {
    let invalid = |why: &str| format!("invalid private key: {why}");
    let (kind, body) = block(pem).ok_or_else(|| invalid("ssh: no key found"))?;
    let key = match kind.as_str() {
        _ if pem.contains("Proc-Type: 4,ENCRYPTED") => {
            return Err(invalid("ssh: this private key is passphrase protected"));
        }
        "RSA PRIVATE KEY" => pkcs1(&body),
        "PRIVATE KEY" => pkcs8(&body),
        "OPENSSH PRIVATE KEY" => openssh(&body),
        other => return Err(invalid(&format!("ssh: unsupported key type {other:?}"))),
    };
    key.filter(|key| !key.modulus.is_zero())
        .ok_or_else(|| "invalid ASN1 data in the given private key".to_owned())
}

/// The kind and the bytes of the first block.
fn block(pem: &str) -> Option<(String, Vec<u8>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let packed: String = body
        .lines()
        .filter(|line| !line.contains(':'))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    Some((kind.to_owned(), STANDARD.decode(packed).ok()?))
}

/// Takes the contents of one element of DER off the front.
fn element<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let [found, length, rest @ ..] = *input else {
        return None;
    };
    if *found != tag {
        return None;
    }
    let (length, rest) = match length {
        0..0x80 => (usize::from(*length), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            if bytes.len() > 4 {
                return None;
            }
            (bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        }
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    *input = rest;
    Some(contents)
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

fn pkcs1(mut der: &[u8]) -> Option<PrivateKey> {
    let mut fields = element(&mut der, SEQUENCE)?;
    let mut number = || element(&mut fields, INTEGER).map(UBig::from_be_bytes);
    let _version = number()?;
    let modulus = number()?;
    let _public = number()?;
    let exponent = number()?;
    Some(PrivateKey { modulus, exponent })
}

fn pkcs8(mut der: &[u8]) -> Option<PrivateKey> {
    let mut fields = element(&mut der, SEQUENCE)?;
    element(&mut fields, INTEGER)?;
    element(&mut fields, SEQUENCE)?;
    pkcs1(element(&mut fields, OCTETS)?)
}

/// Takes a text with its length before it off the front.
fn counted<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = input.split_first_chunk::<4>()?;
    let (contents, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *input = rest;
    Some(contents)
}

fn openssh(bytes: &[u8]) -> Option<PrivateKey> {
    let mut rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, _function, _options) = (counted(&mut rest)?, counted(&mut rest)?, counted(&mut rest)?);
    let mut rest = rest.get(4..)?;
    let _public = counted(&mut rest)?;
    let private = counted(&mut rest)?;
    // Two equal numbers, by which a wrong passphrase would be found out.
    let mut fields = private.get(8..)?;
    if cipher != b"none" || counted(&mut fields)? != b"ssh-rsa" {
        return None;
    }
    let modulus = UBig::from_be_bytes(counted(&mut fields)?);
    let _public = counted(&mut fields)?;
    let exponent = UBig::from_be_bytes(counted(&mut fields)?);
    Some(PrivateKey { modulus, exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused() {
        for (pem, why) in [
            ("", "ssh: no key found"),
            (
                "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----",
                "unsupported key type",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----",
                "invalid ASN1 data",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMIQ=\n-----END PRIVATE KEY-----",
                "invalid ASN1 data",
            ),
        ] {
            match read(pem) {
                Ok(_) => panic!("{pem} is read as a key"),
                Err(found) => assert!(found.contains(why), "{pem}: {found}"),
            }
        }
    }
}
