//! Text in encodings other than UTF-8: `textencodebase64` and `textdecodebase64`. Encodings have the names that the IANA
//! lists.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, str_at, string_type, text};
use crate::base::Value;
use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine};
use encoding_rs::Encoding;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "textencodebase64",
        "Text in an encoding such as `UTF-16LE`, in Base64.",
        &[Param::string("string"), Param::string("encoding")],
        string_type,
        encode,
    ),
    Function::new(
        "textdecodebase64",
        "The text that Base64 of an encoding such as `UTF-16LE` stands for.",
        &[Param::string("source"), Param::string("encoding")],
        string_type,
        decode,
    ),
];

/// How text becomes bytes.
#[derive(Clone, Copy)]
enum Charset {
    /// Two bytes a unit, the high one first or last.
    Utf16 {
        big: bool,
    },
    /// UTF-16 that says by its first character which it is.
    Utf16Marked,
    /// The first 256 characters of Unicode.
    Latin1,
    /// The first 128 characters of Unicode.
    Ascii,
    Listed(&'static Encoding),
}

fn charset(args: &[Value]) -> Result<(Charset, String), FunctionError> {
    let given = str_at(args, 1);
    let found = match given.to_ascii_uppercase().as_str() {
        "UTF-16LE" | "CSUTF16LE" => Some((Charset::Utf16 { big: false }, "UTF-16LE".to_owned())),
        "UTF-16BE" | "CSUTF16BE" => Some((Charset::Utf16 { big: true }, "UTF-16BE".to_owned())),
        "UTF-16" | "CSUTF16" => Some((Charset::Utf16Marked, "UTF-16".to_owned())),
        "ISO-8859-1" | "ISO_8859-1" | "ISO_8859-1:1987" | "ISO-IR-100" | "LATIN1" | "L1" | "IBM819" | "CP819"
        | "CSISOLATIN1" => Some((Charset::Latin1, "ISO_8859-1:1987".to_owned())),
        "US-ASCII" | "ASCII" | "ANSI_X3.4-1968" | "ANSI_X3.4-1986" | "ISO_646.IRV:1991" | "ISO646-US" | "ISO-IR-6"
        | "US" | "IBM367" | "CP367" | "CSASCII" => Some((Charset::Ascii, "US-ASCII".to_owned())),
        upper => iana(upper).map(|(encoding, name)| (Charset::Listed(encoding), name.to_owned())),
    };
    found.ok_or_else(|| {
        FunctionError::arg(
            1,
            format!("{given:?} is not a supported IANA encoding name or alias in this Terraform version"),
        )
    })
}

/// Encodings by the names and aliases of the IANA, in capital letters, and the name it prefers.
fn iana(upper: &str) -> Option<(&'static Encoding, &'static str)> {
    use encoding_rs::*;
    Some(match upper {
        "UTF-8" | "CSUTF8" => (UTF_8, "UTF-8"),
        "WINDOWS-874" | "CSWINDOWS874" => (WINDOWS_874, "windows-874"),
        "WINDOWS-1250" | "CSWINDOWS1250" => (WINDOWS_1250, "windows-1250"),
        "WINDOWS-1251" | "CSWINDOWS1251" => (WINDOWS_1251, "windows-1251"),
        "WINDOWS-1252" | "CSWINDOWS1252" => (WINDOWS_1252, "windows-1252"),
        "WINDOWS-1253" | "CSWINDOWS1253" => (WINDOWS_1253, "windows-1253"),
        "WINDOWS-1254" | "CSWINDOWS1254" => (WINDOWS_1254, "windows-1254"),
        "WINDOWS-1255" | "CSWINDOWS1255" => (WINDOWS_1255, "windows-1255"),
        "WINDOWS-1256" | "CSWINDOWS1256" => (WINDOWS_1256, "windows-1256"),
        "WINDOWS-1257" | "CSWINDOWS1257" => (WINDOWS_1257, "windows-1257"),
        "WINDOWS-1258" | "CSWINDOWS1258" => (WINDOWS_1258, "windows-1258"),
        "ISO-8859-2" | "ISO_8859-2" | "LATIN2" | "L2" => (ISO_8859_2, "ISO_8859-2:1987"),
        "ISO-8859-3" | "ISO_8859-3" | "LATIN3" | "L3" => (ISO_8859_3, "ISO_8859-3:1988"),
        "ISO-8859-4" | "ISO_8859-4" | "LATIN4" | "L4" => (ISO_8859_4, "ISO_8859-4:1988"),
        "ISO-8859-5" | "ISO_8859-5" | "CYRILLIC" => (ISO_8859_5, "ISO_8859-5:1988"),
        "ISO-8859-6" | "ISO_8859-6" | "ARABIC" => (ISO_8859_6, "ISO_8859-6:1987"),
        "ISO-8859-7" | "ISO_8859-7" | "GREEK" | "GREEK8" => (ISO_8859_7, "ISO_8859-7:1987"),
        "ISO-8859-8" | "ISO_8859-8" | "HEBREW" => (ISO_8859_8, "ISO_8859-8:1988"),
        "ISO-8859-6-I" | "ISO_8859-6-I" => (ISO_8859_6, "ISO_8859-6-I"),
        "ISO-8859-8-I" | "ISO_8859-8-I" => (ISO_8859_8_I, "ISO_8859-8-I"),
        "ISO-8859-10" | "LATIN6" | "L6" => (ISO_8859_10, "ISO-8859-10"),
        "ISO-8859-13" => (ISO_8859_13, "ISO-8859-13"),
        "ISO-8859-14" | "ISO_8859-14" | "LATIN8" | "L8" => (ISO_8859_14, "ISO-8859-14"),
        "ISO-8859-15" | "ISO_8859-15" | "LATIN-9" => (ISO_8859_15, "ISO-8859-15"),
        "ISO-8859-16" | "ISO_8859-16" | "LATIN10" | "L10" => (ISO_8859_16, "ISO-8859-16"),
        "IBM866" | "CP866" | "866" => (IBM866, "IBM866"),
        "KOI8-R" | "CSKOI8R" => (KOI8_R, "KOI8-R"),
        "KOI8-U" | "CSKOI8U" => (KOI8_U, "KOI8-U"),
        "MACINTOSH" | "MAC" | "CSMACINTOSH" => (MACINTOSH, "macintosh"),
        "GBK" | "CP936" | "MS936" | "WINDOWS-936" => (GBK, "GBK"),
        "GB18030" | "CSGB18030" => (GB18030, "GB18030"),
        "BIG5" | "CSBIG5" => (BIG5, "Big5"),
        "EUC-JP" | "CSEUCPKDFMTJAPANESE" => (EUC_JP, "Extended_UNIX_Code_Packed_Format_for_Japanese"),
        "ISO-2022-JP" | "CSISO2022JP" => (ISO_2022_JP, "ISO-2022-JP"),
        "SHIFT_JIS" | "MS_KANJI" | "CSSHIFTJIS" => (SHIFT_JIS, "Shift_JIS"),
        "EUC-KR" | "CSEUCKR" => (EUC_KR, "EUC-KR"),
        _ => return None,
    })
}

fn encode(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let source = str_at(args, 0);
    let (charset, name) = charset(args)?;
    let units = |big: bool| {
        let bytes = move |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        source.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let bytes = match charset {
        Charset::Utf16 { big } => Some(units(big)),
        Charset::Utf16Marked => Some([vec![0xfe, 0xff], units(true)].concat()),
        Charset::Latin1 => source.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Charset::Ascii => source.is_ascii().then(|| source.as_bytes().to_vec()),
        Charset::Listed(encoding) => {
            let (bytes, _, failed) = encoding.encode(source);
            (!failed).then(|| bytes.into_owned())
        }
    };
    match bytes {
        Some(bytes) => Ok(Value::string(STANDARD.encode(bytes))),
        None => Err(FunctionError::arg(
            0,
            format!("the given string contains characters that cannot be represented in {name}"),
        )),
    }
}

fn decode(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (charset, name) = charset(args)?;
    let packed: String = str_at(args, 0).chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = STANDARD.decode(&packed).map_err(|e| {
        let at = match e {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. } => at,
            _ => packed.trim_end_matches('=').len(),
        };
        FunctionError::arg(
            0,
            format!("the given value is has an invalid base64 symbol at offset {at}"),
        )
    })?;
    let units = |bytes: &[u8], big: bool| {
        let unit = |pair: &[u8]| match (pair, big) {
            ([high, low], true) | ([low, high], false) => u16::from_be_bytes([*high, *low]),
            _ => 0xfffd,
        };
        char::decode_utf16(bytes.chunks(2).map(unit))
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    let replaced = |s: &String| !s.contains(char::REPLACEMENT_CHARACTER);
    let decoded = match charset {
        Charset::Utf16 { big } => Some(units(&bytes, big)),
        Charset::Utf16Marked => Some(match bytes.as_slice() {
            [0xff, 0xfe, rest @ ..] => units(rest, false),
            [0xfe, 0xff, rest @ ..] => units(rest, true),
            rest => units(rest, true),
        }),
        Charset::Latin1 => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        Charset::Ascii => String::from_utf8(bytes).ok().filter(|s| s.is_ascii()),
        Charset::Listed(encoding) => Some(encoding.decode_without_bom_handling(&bytes).0.into_owned()),
    };
    match decoded.filter(replaced) {
        Some(decoded) => Ok(text(&decoded)),
        None => Err(FunctionError::arg(
            0,
            format!("the given string contains symbols that are not defined for {name}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_encodings_are_those_of_the_iana() {
        let known = |name: &str| charset(&[Value::string(""), Value::string(name)]).is_ok();
        for name in ["UTF-8", "utf-16le", "latin1", "ISO-8859-15", "Shift_JIS", "csISOLatin1"] {
            assert!(known(name), "{name}");
        }
        for name in ["utf8", "nope", "", "x-user-defined", "replacement"] {
            assert!(!known(name), "{name}");
        }
    }
}
