//! Functions of regular expressions. Patterns have the syntax of RE2, as Go has it: what the engine reads
//! otherwise (`\d` beyond ASCII, set operators in classes, `\Q…\E`) is written out for it first.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, str_at, text};
use crate::base::{Str, Type, Value};
use regex::{Captures, Regex};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

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
    static CACHE: RefCell<HashMap<String, Pattern>> = RefCell::new(HashMap::new());
}

/// A compiled pattern.
#[derive(Clone)]
struct Pattern {
    regex: Regex,
    /// Groups whose names the engine does not take: its name, and the one in the pattern.
    renamed: Arc<[(String, String)]>,
}

impl Pattern {
    /// Names of the groups in their order.
    fn names(&self) -> impl Iterator<Item = Option<&str>> {
        self.regex.capture_names().map(|name| {
            let found = self.renamed.iter().find(|(ours, _)| Some(ours.as_str()) == name);
            found.map(|(_, given)| given.as_str()).or(name)
        })
    }

    fn groups(&self) -> usize {
        self.regex.captures_len() - 1
    }
}

/// Compiles a pattern of RE2 syntax.
///
/// # Errors
/// What is wrong with it.
fn compile(pattern: &str) -> Result<Pattern, String> {
    if let Some(found) = CACHE.with_borrow(|cache| cache.get(pattern).cloned()) {
        return Ok(found);
    }
    super::regex_syntax::check(pattern)?;
    let translation = Translation::of(pattern)?;
    let compiled = Pattern {
        regex: Regex::new(&translation.out).map_err(|e| explain(pattern, &e))?,
        renamed: translation.renamed.into(),
    };
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
    } else if about("invalid character class range") {
        let mut classes = pattern
            .split('[')
            .filter_map(|part| part.split_once(']'))
            .map(|(class, _)| class);
        format!("invalid character class range in {}", classes.next().unwrap_or(pattern))
    } else if about("property not found") {
        let at = pattern
            .find("\\p")
            .or_else(|| pattern.find("\\P"))
            .and_then(|i| pattern.get(i..));
        let at = at.unwrap_or(pattern);
        let end = if at.get(2..).is_some_and(|s| s.starts_with('{')) {
            at.find('}').map(|i| i + 1)
        } else {
            Some(3)
        };
        format!(
            "invalid character class range in {}",
            end.and_then(|end| at.get(..end)).unwrap_or(at)
        )
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
    names: Vec<String>,
    renamed: Vec<(String, String)>,
}

impl<'a> Translation<'a> {
    fn of(pattern: &'a str) -> Result<Translation<'a>, String> {
        let mut t = Translation {
            out: String::with_capacity(pattern.len() + 16),
            rest: pattern.chars().peekable(),
            in_class: false,
            names: Vec::new(),
            renamed: Vec::new(),
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
                '(' if !t.in_class => t.group()?,
                _ => t.out.push(c),
            }
        }
        Ok(t)
    }

    /// A group may have any word for a name, also one that another has.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        let mut ahead = self.rest.clone();
        let opening = ahead.next() == Some('?') && {
            let next = ahead.next();
            next == Some('<') || next == Some('P') && ahead.next() == Some('<')
        };
        // `(?<=` and `(?<!` look behind, which is refused later.
        if !opening || matches!(ahead.peek(), Some('=' | '!')) {
            return Ok(());
        }
        let name: String = ahead.by_ref().take_while(|c| *c != '>').collect();
        let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_word {
            return Err(format!("invalid named capture in (?P<{name}>"));
        }
        self.rest = ahead;
        let usual = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.is_ascii();
        if usual && !self.names.contains(&name) {
            self.out.push_str(&format!("?P<{name}>"));
            self.names.push(name);
        } else {
            let ours = format!("_renamed_{}", self.renamed.len());
            self.out.push_str(&format!("?P<{ours}>"));
            self.renamed.push((ours, name));
        }
        Ok(())
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
            'p' | 'P' => {
                self.property(c);
                return Ok(());
            }
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' => {
                self.out.push('\\');
                self.out.push(c);
                if c == 'x' && self.rest.peek() == Some(&'{') {
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
        // After a class no range can begin.
        if self.in_class && self.rest.next_if_eq(&'-').is_some() {
            self.literal('-');
        }
        Ok(())
    }

    /// A property of characters; `\p{^…}` is another way to write `\P{…}`.
    fn property(&mut self, c: char) {
        let mut ahead = self.rest.clone();
        let negated = ahead.next() == Some('{') && ahead.next() == Some('^');
        self.out.push_str(match (negated, c) {
            (true, 'P') | (false, 'p') => "\\p",
            _ => "\\P",
        });
        if negated {
            self.rest = ahead;
            self.out.push('{');
            self.copy_through('}');
        } else if self.rest.peek() == Some(&'{') {
            self.copy_through('}');
        }
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

fn pattern_at(args: &[Value]) -> Result<Pattern, FunctionError> {
    let invalid = |message: String| FunctionError::arg(0, format!("invalid regexp pattern: {message}"));
    let pattern = compile(str_at(args, 0)).map_err(invalid)?;
    let named = pattern.names().flatten().count();
    if named > 0 && named < pattern.groups() {
        return Err(invalid("cannot mix both named and unnamed capture groups".into()));
    }
    Ok(pattern)
}

fn pattern_type(args: &[Value]) -> Option<Type> {
    args.first()?.as_str()?;
    Some(match_type(&pattern_at(args).ok()?))
}

/// What one match gives: a text, or a tuple or object of the groups.
fn match_type(pattern: &Pattern) -> Type {
    if pattern.groups() == 0 {
        return Type::String;
    }
    let names: Vec<Str> = pattern.names().flatten().map(Str::from).collect();
    if names.is_empty() {
        Type::tuple((0..pattern.groups()).map(|_| Type::String))
    } else {
        Type::object(names.into_iter().map(|n| (n, Type::String)))
    }
}

fn matched(pattern: &Pattern, captures: &Captures<'_>) -> Value {
    let group = |m: Option<regex::Match<'_>>| m.map_or_else(|| Value::null(Type::String), |m| text(m.as_str()));
    if pattern.groups() == 0 {
        return group(captures.get(0));
    }
    // Of groups with the same name the last one counts.
    let named: Vec<(&str, Value)> = pattern
        .names()
        .enumerate()
        .filter_map(|(i, name)| Some((name?, group(captures.get(i)))))
        .collect();
    if named.is_empty() {
        Value::tuple(
            (1..=pattern.groups())
                .map(|i| group(captures.get(i)))
                .collect::<Vec<_>>(),
        )
    } else {
        Value::object_of(named)
    }
}

fn find(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let pattern = pattern_at(args)?;
    match pattern.regex.captures(str_at(args, 1)) {
        Some(captures) => Ok(matched(&pattern, &captures)),
        None => Err(FunctionError::call(
            "pattern did not match any part of the given string",
        )),
    }
}

fn find_all(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let pattern = pattern_at(args)?;
    let found: Vec<Value> = pattern
        .regex
        .captures_iter(str_at(args, 1))
        .map(|c| matched(&pattern, &c))
        .collect();
    Ok(Value::list(match_type(&pattern), found))
}

/// `replace`: of text, or of a pattern when the search stands between slashes.
pub(super) fn replace(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (s, search, with) = (str_at(args, 0), str_at(args, 1), str_at(args, 2));
    let pattern = search.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(pattern) = pattern else {
        return Ok(text(&s.replace(search, with)));
    };
    let pattern = compile(pattern).map_err(|e| FunctionError::call(format!("error parsing regexp: {e}")))?;
    Ok(text(&pattern.regex.replace_all(s, with)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_the_syntax_of_re2() {
        let found = |pattern: &str, s: &str| compile(pattern).map(|p| p.regex.find(s).map(|m| m.as_str().to_owned()));
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
