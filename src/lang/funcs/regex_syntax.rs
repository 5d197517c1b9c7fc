//! What RE2 refuses in a pattern although the engine would take it: repetition of repetition, counts beyond a thousand,
//! unknown classes and flags. Only looks; the translation is made elsewhere.

/// The highest count of a repetition.
const REPEAT_MAX: u32 = 1000;

const CLASSES: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// Looks through a pattern for what RE2 has not.
///
/// # Errors
/// What is wrong, in RE2's terms.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    let mut rest = pattern;
    // Where the repetition begins that ended just now.
    let mut repeated: Option<&str> = None;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => {
                repeated = None;
                rest = skip_escape(after);
            }
            '[' => {
                repeated = None;
                rest = class(after)?;
            }
            '(' => {
                repeated = None;
                rest = group(rest)?;
            }
            '*' | '+' | '?' | '{' => {
                let Some(end) = repetition(rest)? else {
                    repeated = None;
                    rest = after;
                    continue;
                };
                // A question mark behind it asks for the shortest match.
                let end = end.strip_prefix('?').unwrap_or(end);
                if let Some(begin) = repeated {
                    let both = begin.get(..begin.len() - end.len()).unwrap_or(begin);
                    return Err(format!("invalid nested repetition operator in {both}"));
                }
                repeated = Some(rest);
                rest = end;
            }
            _ => {
                repeated = None;
                rest = after;
            }
        }
    }
    Ok(())
}

fn skip_escape(after: &str) -> &str {
    if let Some(quoted) = after.strip_prefix('Q') {
        return quoted.split_once("\\E").map_or("", |(_, rest)| rest);
    }
    let mut chars = after.chars();
    let braced = matches!(chars.next(), Some('x' | 'p' | 'P')) && chars.as_str().starts_with('{');
    if braced {
        return chars.as_str().split_once('}').map_or("", |(_, rest)| rest);
    }
    chars.as_str()
}

/// Passes a class of characters, whose opening bracket was read.
fn class(after: &str) -> Result<&str, String> {
    let mut rest = after.strip_prefix('^').unwrap_or(after);
    rest = rest.strip_prefix(']').unwrap_or(rest);
    while let Some(c) = rest.chars().next() {
        let next = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            ']' => return Ok(next),
            '\\' => rest = skip_escape(next),
            '[' if next.starts_with(':') && next.contains(":]") => {
                let (name, behind) = next.split_once(":]").unwrap_or((next, ""));
                let plain = name.trim_start_matches(':').trim_start_matches('^');
                if !CLASSES.contains(&plain) {
                    return Err(format!("invalid character class range in [{name}:]"));
                }
                rest = behind;
            }
            _ => rest = next,
        }
    }
    Ok(rest)
}

/// Passes the beginning of a group.
fn group(source: &str) -> Result<&str, String> {
    let Some(flags) = source.strip_prefix("(?") else {
        return Ok(source.get(1..).unwrap_or_default());
    };
    if flags.starts_with(['P', '<', '=', '!']) {
        // Named groups and what the engine refuses by itself.
        return Ok(flags.split_once('>').map_or(flags, |(_, rest)| rest));
    }
    for (at, c) in flags.char_indices() {
        match c {
            'i' | 'm' | 's' | 'U' | '-' => {}
            ':' | ')' => return Ok(flags.get(at + 1..).unwrap_or_default()),
            _ => {
                let seen = source.get(..2 + at + c.len_utf8()).unwrap_or(source);
                return Err(format!("invalid or unsupported Perl syntax in {seen}"));
            }
        }
    }
    Ok("")
}

/// What follows a repetition; `None` where a brace begins none.
fn repetition(source: &str) -> Result<Option<&str>, String> {
    let Some(counts) = source.strip_prefix('{') else {
        return Ok(source.get(1..));
    };
    let Some((counts, rest)) = counts.split_once('}') else {
        return Ok(None);
    };
    let (min, max) = counts.split_once(',').unwrap_or((counts, counts));
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !number(min) || !(max.is_empty() || number(max)) {
        return Ok(None);
    }
    let value = |s: &str| s.parse::<u32>().unwrap_or(u32::MAX);
    if value(min) > REPEAT_MAX || !max.is_empty() && (value(max) > REPEAT_MAX || value(max) < value(min)) {
        return Err(format!("invalid repeat count in {{{counts}}}"));
    }
    Ok(Some(rest))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_re2_has_not_is_refused() {
        for (pattern, why) in [
            ("a**", "invalid nested repetition operator in **"),
            ("x{2}{3}", "invalid nested repetition operator in {2}{3}"),
            ("a+?+", "invalid nested repetition operator in +?+"),
            ("a{1001}", "invalid repeat count in {1001}"),
            ("a{3,2}", "invalid repeat count in {3,2}"),
            ("[[:foo:]]", "invalid character class range in [:foo:]"),
            ("(?x) a", "invalid or unsupported Perl syntax in (?x"),
            ("(?z)", "invalid or unsupported Perl syntax in (?z"),
        ] {
            assert_eq!(check(pattern), Err(why.to_owned()), "{pattern}");
        }
        for pattern in [
            "a+?b*",
            "a{,2}",
            "[*+]*",
            r"\**",
            r"\Q**\E",
            "(?i:a)+",
            "(?P<n>a)*",
            "[[:^alpha:]]+",
            "a{2,}?",
            "{",
            "(?",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }
}
