//! Functions of regular expressions. Patterns have the syntax of RE2, as Go has it: what the engine reads
//! otherwise (`\d` beyond ASCII, set operators in classes, `\Q…\E`) is written out for it first.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, str_at, text};
use crate::base::{Str, Type, Value};
use regex::{Captures, Regex};
use std::cell::RefCell;
use std::collections::HashMap;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "regex",
        "The first match of a pattern: a text, or a list or object of its capture groups.",
        &[Param::string("pattern"), Param::string("string")],
        |args| pattern_type(args).unwrap_or(Type::Dynamic),
        find,
    ),
    Function::new(
        "regexall",
        "All matches of a pattern, as a list.",
        &[Param::string("pattern"), Param::string("string")],
        |args| Type::list(pattern_type(args).unwrap_or(Type::Dynamic)),
        find_all,
    ),
];

/// Compiled patterns kept per thread; enough for the patterns of a loop.
const CACHE_MAX: usize = 64;

thread_local! {
    static CACHE: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// Compiles a pattern of RE2 syntax.
///
/// # Errors
/// What is wrong with it.
fn compile(pattern: &str) -> Result<Regex, String> {
    if let Some(found) = CACHE.with_borrow(|cache| cache.get(pattern).cloned()) {
        return Ok(found);
    }
    let compiled = Regex::new(&Translation::of(pattern)?).map_err(|e| explain(pattern, &e))?;
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHE_MAX {
            cache.clear();
        }
        cache.insert(pattern.to_owned(), compiled.clone());
    });
    Ok(compiled)
}

fn explain(pattern: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    let about = |needle: &str| text.contains(needle);
    if about("look-around") {
        let at = ["(?=", "(?!", "(?<=", "(?<!"].into_iter().find(|p| pattern.contains(p));
        format!("invalid or unsupported Perl syntax in {}", at.unwrap_or("(?"))
    } else if about("unclosed group") {
        format!("missing closing ) in {pattern}")
    } else if about("unopened group") {
        format!("unexpected ) in {pattern}")
    } else if about("unclosed character class") {
        let at = pattern.find('[').and_then(|i| pattern.get(i..)).unwrap_or(pattern);
        format!("missing closing ] in {at}")
    } else if about("repetition operator missing expression") {
        let at = pattern.find(['*', '+', '?']).and_then(|i| pattern.get(i..=i));
        format!("missing argument to repetition operator in {}", at.unwrap_or(pattern))
    } else {
        // The engine shows the pattern first; its last line says what is wrong.
        let last = text.lines().last().unwrap_or_default();
        last.strip_prefix("error: ").unwrap_or(last).to_owned()
    }
}

/// A pattern on its way from RE2's syntax to the engine's.
struct Translation<'a> {
    out: String,
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    in_class: bool,
}

impl Translation<'_> {
    fn of(pattern: &str) -> Result<String, String> {
        let mut t = Translation {
            out: String::with_capacity(pattern.len() + 16),
            rest: pattern.chars().peekable(),
            in_class: false,
        };
        while let Some(c) = t.rest.next() {
            match c {
                '\\' => t.escape()?,
                '[' if t.in_class => t.bracket_in_class(),
                '[' => t.open_class(),
                ']' if t.in_class => {
                    t.in_class = false;
                    t.out.push(']');
                }
                '&' | '~' if t.in_class => t.literal(c),
                // Two of them would be a set difference, one alone makes a range.
                '-' if t.in_class && t.rest.peek() == Some(&'-') => t.literal(c),
                '{' if !t.in_class && !t.is_repetition() => t.literal(c),
                _ => t.out.push(c),
            }
        }
        Ok(t.out)
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }

    fn open_class(&mut self) {
        self.in_class = true;
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        // A bracket that stands first is itself a member.
        if self.rest.next_if_eq(&']').is_some() {
            self.literal(']');
        }
    }

    fn bracket_in_class(&mut self) {
        if self.rest.peek() != Some(&':') {
            return self.literal('[');
        }
        self.out.push('[');
        self.copy_through(']');
    }

    /// Copies up to and with a character, as it is.
    fn copy_through(&mut self, end: char) {
        for c in self.rest.by_ref() {
            self.out.push(c);
            if c == end {
                break;
            }
        }
    }

    /// Whether `{` begins `{n}`, `{n,}` or `{n,m}`; otherwise it stands for itself.
    fn is_repetition(&self) -> bool {
        let mut ahead = self.rest.clone();
        let mut digits = 0;
        let mut commas = 0;
        loop {
            match ahead.next() {
                Some(c) if c.is_ascii_digit() => digits += 1,
                Some(',') if digits > 0 && commas == 0 => commas = 1,
                Some('}') => return digits > 0,
                _ => return false,
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.rest.next() else {
            return Err("trailing backslash at end of expression in ".into());
        };
        let class = match c {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => r"\t\n\x0c\r ",
            'D' => "^0-9",
            'W' => "^0-9A-Za-z_",
            'S' => r"^\t\n\x0c\r ",
            'b' if !self.in_class => {
                self.out.push_str(r"(?-u:\b)");
                return Ok(());
            }
            // The engine refuses an ASCII \B, which could split a character; its own comes nearest.
            'B' if !self.in_class => {
                self.out.push_str(r"\B");
                return Ok(());
            }
            'Q' => {
                self.quoted();
                return Ok(());
            }
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => {
                self.out.push('\\');
                self.out.push(c);
                if matches!(c, 'x' | 'p' | 'P') && self.rest.peek() == Some(&'{') {
                    self.copy_through('}');
                }
                return Ok(());
            }
            'A' | 'z' if !self.in_class => {
                self.out.push('\\');
                self.out.push(c);
                return Ok(());
            }
            '0'..='7' => return self.octal(c),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                self.literal(c);
                return Ok(());
            }
            _ => return Err(format!("invalid escape sequence in \\{c}")),
        };
        if self.in_class && !class.starts_with('^') {
            self.out.push_str(class);
        } else {
            self.out.push('[');
            self.out.push_str(class);
            self.out.push(']');
        }
        Ok(())
    }

    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(c);
        }
    }

    fn octal(&mut self, first: char) -> Result<(), String> {
        let mut code = first.to_digit(8).unwrap_or_default();
        // A single digit but 0 would be a back reference, which RE2 has not.
        if first != '0' && !self.rest.peek().is_some_and(|c| c.is_digit(8)) {
            return Err(format!("invalid escape sequence in \\{first}"));
        }
        for _ in 0..2 {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(8)) else {
                break;
            };
            self.rest.next();
            code = code * 8 + digit;
        }
        self.out.push_str(&format!("\\x{{{code:x}}}"));
        Ok(())
    }
}

fn pattern_at(args: &[Value]) -> Result<Regex, FunctionError> {
    let invalid = |message: String| FunctionError::arg(0, format!("invalid regexp pattern: {message}"));
    let regex = compile(str_at(args, 0)).map_err(invalid)?;
    let named = regex.capture_names().flatten().count();
    if named > 0 && named < regex.captures_len() - 1 {
        return Err(invalid("cannot mix both named and unnamed capture groups".into()));
    }
    Ok(regex)
}

fn pattern_type(args: &[Value]) -> Option<Type> {
    args.first()?.as_str()?;
    Some(match_type(&pattern_at(args).ok()?))
}

/// What one match gives: a text, or a tuple or object of the groups.
fn match_type(regex: &Regex) -> Type {
    if regex.captures_len() == 1 {
        return Type::String;
    }
    let names: Vec<Str> = regex.capture_names().flatten().map(Str::from).collect();
    if names.is_empty() {
        Type::tuple((1..regex.captures_len()).map(|_| Type::String))
    } else {
        Type::object(names.into_iter().map(|n| (n, Type::String)))
    }
}

fn matched(regex: &Regex, captures: &Captures<'_>) -> Value {
    let group = |m: Option<regex::Match<'_>>| m.map_or_else(|| Value::null(Type::String), |m| text(m.as_str()));
    if regex.captures_len() == 1 {
        return group(captures.get(0));
    }
    let mut names = regex.capture_names().flatten().peekable();
    if names.peek().is_none() {
        Value::tuple(
            (1..regex.captures_len())
                .map(|i| group(captures.get(i)))
                .collect::<Vec<_>>(),
        )
    } else {
        Value::object_of(names.map(|n| (n, group(captures.name(n)))))
    }
}

fn find(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let regex = pattern_at(args)?;
    match regex.captures(str_at(args, 1)) {
        Some(captures) => Ok(matched(&regex, &captures)),
        None => Err(FunctionError::call(
            "pattern did not match any part of the given string",
        )),
    }
}

fn find_all(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let regex = pattern_at(args)?;
    let found: Vec<Value> = regex
        .captures_iter(str_at(args, 1))
        .map(|c| matched(&regex, &c))
        .collect();
    Ok(Value::list(match_type(&regex), found))
}

/// `replace`: of text, or of a pattern when the search stands between slashes.
pub(super) fn replace(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (s, search, with) = (str_at(args, 0), str_at(args, 1), str_at(args, 2));
    let pattern = search.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(pattern) = pattern else {
        return Ok(text(&s.replace(search, with)));
    };
    let regex = compile(pattern).map_err(|e| FunctionError::call(format!("error parsing regexp: {e}")))?;
    Ok(text(&regex.replace_all(s, with)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_the_syntax_of_re2() {
        let found = |pattern: &str, s: &str| compile(pattern).map(|r| r.find(s).map(|m| m.as_str().to_owned()));
        let some = |s: &str| Ok(Some(s.to_owned()));
        assert_eq!(found(r"\d+", "٣7"), some("7"));
        assert_eq!(found(r"[^\w]", "aé"), some("é"));
        assert_eq!(found(r"[a&&b]+", "&b"), some("&b"));
        assert_eq!(found(r"[[a]+", "[a"), some("[a"));
        assert_eq!(found(r"[]x]+", "]x"), some("]x"));
        assert_eq!(found(r"\Qa.b\E+", "a.bb"), some("a.bb"));
        assert_eq!(found(r"a{,2}", "a{,2}"), some("a{,2}"));
        assert_eq!(found(r"\<b\>", "<b>"), some("<b>"));
        assert_eq!(found(r"[[:alpha:]\d]+", "-a1-"), some("a1"));
        assert_eq!(found(r"\bb", "éb b"), some("b"));
        assert_eq!(found(r"\p{L}[\x{31}\pN]", "aé1"), some("é1"));
        assert!(compile(r"(\w)\1").is_err());
        assert!(compile(r"a(?=b)").is_err());
    }
}
