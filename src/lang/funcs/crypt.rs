//! `bcrypt` and `rsadecrypt`. The salt is the host's; keys are read by [`private_key`].

mod private_key;

use super::{CallContext, Function, FunctionError, FunctionResult, Param, str_at, string_type, unknown, whole};
use crate::base::{Marks, Type, Value};
use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{NO_PAD, STANDARD};
use blowfish::Blowfish;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "bcrypt",
        "A hash of text with a random salt, to store a password; another one at each apply. A second argument is the cost.",
        &[Param::string("str")],
        string_type,
        bcrypt,
    )
    .rest(Param::number("cost")),
    Function::new(
        "rsadecrypt",
        "The text that was encrypted for an RSA key (PKCS #1 version 1.5, in Base64).",
        &[Param::string("ciphertext"), Param::string("privatekey")],
        string_type,
        rsadecrypt,
    ),
];

const ENGINE: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
const PASSWORD_MAX: usize = 72;
const COSTS: std::ops::RangeInclusive<i64> = 4..=31;
const COST: u32 = 10;

fn bcrypt(args: &[Value], ctx: &CallContext<'_>) -> FunctionResult {
    if args.len() > 2 {
        return Err(FunctionError::call("bcrypt() takes no more than two arguments"));
    }
    let cost = match args.get(1) {
        Some(_) => whole(args, 1)?,
        None => i64::from(COST),
    };
    let password = str_at(args, 0).as_bytes();
    if password.len() > PASSWORD_MAX {
        return Err(FunctionError::call(format!(
            "error occurred generating password bcrypt: password length exceeds {PASSWORD_MAX} bytes"
        )));
    }
    if cost > *COSTS.end() {
        return Err(FunctionError::call(format!(
            "error occurred generating password crypto/bcrypt: cost {cost} is outside allowed range ({},{})",
            COSTS.start(),
            COSTS.end()
        )));
    }
    // One that is too low stands for the usual one.
    let cost = u32::try_from(cost).ok().filter(|c| *c >= 4).unwrap_or(COST);
    match ctx.host.random() {
        Some(salt) => Ok(Value::string(hash(password, cost, salt.to_be_bytes()))),
        None => unknown(Type::String, Marks::NONE),
    }
}

/// A hash as `crypt` has it: version, cost, salt and digest.
fn hash(password: &[u8], cost: u32, salt: [u8; 16]) -> String {
    let key: Vec<u8> = password.iter().copied().chain([0]).collect();
    let mut state = Blowfish::bc_init_state();
    state.salted_expand_key(&salt, &key);
    for _ in 0..1u64 << cost {
        state.bc_expand_key(&key);
        state.bc_expand_key(&salt);
    }
    let mut digest = Vec::with_capacity(24);
    let words = b"OrpheanBeholderScryDoubt".as_chunks::<8>().0;
    for [a, b, c, d, e, f, g, h] in words {
        let mut pair = [
            u32::from_be_bytes([*a, *b, *c, *d]),
            u32::from_be_bytes([*e, *f, *g, *h]),
        ];
        for _ in 0..64 {
            pair = state.bc_encrypt(pair);
        }
        digest.extend(pair.iter().flat_map(|word| word.to_be_bytes()));
    }
    // The last byte is left out since the first implementation.
    digest.truncate(23);
    format!("$2a${cost:02}${}{}", ENGINE.encode(salt), ENGINE.encode(digest))
}

fn rsadecrypt(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let source = str_at(args, 0);
    let packed: String = source.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let encrypted = STANDARD.decode(packed).map_err(|_| {
        FunctionError::arg(
            0,
            format!("failed to decode input {source:?}: cipher text must be base64-encoded"),
        )
    })?;
    let key = private_key::read(str_at(args, 1)).map_err(|why| FunctionError::arg(1, why))?;
    let plain = key
        .decrypt(&encrypted)
        .ok_or_else(|| FunctionError::call("failed to decrypt: crypto/rsa: decryption error"))?;
    Ok(super::text(&String::from_utf8_lossy(&plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_specification() {
        let salt = |text: &str| ENGINE.decode(text).ok().and_then(|s| <[u8; 16]>::try_from(s).ok());
        for (password, cost, salt_text, want) in [
            ("", 6, "DCq7YPn5Rq63x1Lad4cll.", "TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
            ("a", 6, "m0CrhHm10qJ3lXRY.5zDGO", "3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ] {
            let Some(bytes) = salt(salt_text) else {
                panic!("{salt_text} is no salt");
            };
            let hash = hash(password.as_bytes(), cost, bytes);
            assert!(
                hash.ends_with(want) && hash.starts_with("$2a$06$"),
                "{password}: {hash}"
            );
        }
    }
}
