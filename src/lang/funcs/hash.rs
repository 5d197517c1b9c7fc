//! Digests of text and of files, and identifiers made of them or of chance.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, str_at, string_type, unknown};
use crate::base::{Marks, Type, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

const TEXT: &[Param] = &[Param::string("str")];
const PATH: &[Param] = &[Param::string("path")];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "md5",
        "The MD5 digest of text in hexadecimal.",
        TEXT,
        string_type,
        of_text::<Md5>,
    ),
    Function::new(
        "sha1",
        "The SHA-1 digest of text in hexadecimal.",
        TEXT,
        string_type,
        of_text::<Sha1>,
    ),
    Function::new(
        "sha256",
        "The SHA-256 digest of text in hexadecimal.",
        TEXT,
        string_type,
        of_text::<Sha256>,
    ),
    Function::new(
        "sha512",
        "The SHA-512 digest of text in hexadecimal.",
        TEXT,
        string_type,
        of_text::<Sha512>,
    ),
    Function::new(
        "base64sha256",
        "The SHA-256 digest of text in Base64.",
        TEXT,
        string_type,
        of_text_64::<Sha256>,
    ),
    Function::new(
        "base64sha512",
        "The SHA-512 digest of text in Base64.",
        TEXT,
        string_type,
        of_text_64::<Sha512>,
    ),
    Function::new(
        "filemd5",
        "The MD5 digest of a file in hexadecimal.",
        PATH,
        string_type,
        of_file::<Md5>,
    ),
    Function::new(
        "filesha1",
        "The SHA-1 digest of a file in hexadecimal.",
        PATH,
        string_type,
        of_file::<Sha1>,
    ),
    Function::new(
        "filesha256",
        "The SHA-256 digest of a file in hexadecimal.",
        PATH,
        string_type,
        of_file::<Sha256>,
    ),
    Function::new(
        "filesha512",
        "The SHA-512 digest of a file in hexadecimal.",
        PATH,
        string_type,
        of_file::<Sha512>,
    ),
    Function::new(
        "filebase64sha256",
        "The SHA-256 digest of a file in Base64.",
        PATH,
        string_type,
        of_file_64::<Sha256>,
    ),
    Function::new(
        "filebase64sha512",
        "The SHA-512 digest of a file in Base64.",
        PATH,
        string_type,
        of_file_64::<Sha512>,
    ),
    Function::new(
        "uuid",
        "A random UUID, another one at each apply.",
        &[],
        string_type,
        |_, ctx| match ctx.host.random() {
            Some(bits) => {
                let id = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
                Ok(Value::string(id.to_string()))
            }
            None => unknown(Type::String, Marks::NONE),
        },
    ),
    Function::new(
        "uuidv5",
        "The UUID of a name in a namespace: `dns`, `url`, `oid`, `x500` or a UUID.",
        &[Param::string("namespace"), Param::string("name")],
        string_type,
        uuidv5,
    ),
];

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect()
}

fn of_text<D: Digest>(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    Ok(Value::string(hex(&D::digest(str_at(args, 0)))))
}

fn of_text_64<D: Digest>(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    Ok(Value::string(STANDARD.encode(D::digest(str_at(args, 0)))))
}

fn of_file<D: Digest>(args: &[Value], ctx: &CallContext<'_>) -> FunctionResult {
    let bytes = file_bytes(args, ctx)?;
    Ok(Value::string(hex(&D::digest(&bytes))))
}

fn of_file_64<D: Digest>(args: &[Value], ctx: &CallContext<'_>) -> FunctionResult {
    let bytes = file_bytes(args, ctx)?;
    Ok(Value::string(STANDARD.encode(D::digest(&bytes))))
}

fn file_bytes(args: &[Value], ctx: &CallContext<'_>) -> Result<std::sync::Arc<[u8]>, FunctionError> {
    let path = super::filesystem::opened(str_at(args, 0), ctx);
    ctx.host.read_file(&path).map_err(FunctionError::call)
}

fn uuidv5(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (name_space, name) = (str_at(args, 0), str_at(args, 1));
    let id = match name_space {
        "dns" => uuid::Uuid::NAMESPACE_DNS,
        "url" => uuid::Uuid::NAMESPACE_URL,
        "oid" => uuid::Uuid::NAMESPACE_OID,
        "x500" => uuid::Uuid::NAMESPACE_X500,
        other => uuid::Uuid::parse_str(other).map_err(|_| {
            let why = match other.len() {
                32 | 36 | 38 | 45 => "invalid UUID format".to_owned(),
                n => format!("invalid UUID length: {n}"),
            };
            FunctionError::call(format!("uuidv5() doesn't support namespace {other} ({why})"))
        })?,
    };
    Ok(Value::string(uuid::Uuid::new_v5(&id, name.as_bytes()).to_string()))
}
