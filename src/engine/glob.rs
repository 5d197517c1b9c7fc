//! Files that match a glob pattern, as `fileset` has it: `*` and `?` within a name, `**` over directories, `[…]` and
//! `{a,b}`. Only looks at directories; links are followed to files, not into directories by `**`.

use crate::base::clean_path;
use regex::Regex;
use std::path::Path;

/// A file set with more entries than this is taken for a mistake.
pub const FILE_SET_MAX: usize = 100_000;

/// Names looked at for one file set; more are taken for a tree without end.
pub const NAMES_MAX: usize = 1_000_000;

/// One part of a pattern between slashes.
enum Part {
    /// Taken as it is, such as `..`.
    Name(String),
    /// Names that match.
    Match(Regex),
    /// Any number of directories.
    Any,
}

/// Paths of regular files below `base` joined with `directory` that match, relative to `directory`, sorted.
///
/// # Errors
/// The pattern is none, or too many files match.
pub(super) fn file_set(base: &Path, directory: &str, pattern: &str) -> Result<Vec<String>, String> {
    let directory = clean(directory);
    let full = match directory.as_str() {
        "" => clean(pattern.trim_start_matches('/')),
        _ => clean(&format!("{directory}/{pattern}")),
    };
    if !base.join(&directory).is_dir() {
        return Ok(Vec::new());
    }
    let mut parts: Vec<Part> = Vec::new();
    for part in split(&full) {
        // Any number of directories twice is any number of them.
        if part == "**" && matches!(parts.last(), Some(Part::Any)) {
            continue;
        }
        parts.push(parse(&part).ok_or_else(|| format!("failed to glob pattern {full:?}: syntax error in pattern"))?);
    }
    let mut found = Found::default();
    let root = if full.starts_with('/') { "/" } else { "" };
    walk(base, root, &parts, &mut found)?;
    let mut out: Vec<String> = found.paths.iter().map(|path| relative(&directory, path)).collect();
    out.sort();
    out.dedup();
    Ok(out)
}

/// What was found, and how much was looked at for it.
#[derive(Default)]
struct Found {
    paths: Vec<String>,
    names: usize,
}

impl Found {
    fn look(&mut self, names: usize) -> Result<(), String> {
        self.names = self.names.saturating_add(names).saturating_add(1);
        match self.names > NAMES_MAX {
            true => Err(format!("the pattern looks at more than {NAMES_MAX} names")),
            false => Ok(()),
        }
    }
}

fn walk(base: &Path, at: &str, parts: &[Part], found: &mut Found) -> Result<(), String> {
    let Some((part, rest)) = parts.split_first() else {
        if std::fs::metadata(base.join(at)).is_ok_and(|data| data.is_file()) {
            if found.paths.len() >= FILE_SET_MAX {
                return Err(format!("more than {FILE_SET_MAX} files match"));
            }
            found.paths.push(at.to_owned());
        }
        return Ok(());
    };
    match part {
        Part::Name(name) => walk(base, &join(at, name), rest, found),
        Part::Match(pattern) => {
            let entries = entries(&base.join(at));
            found.look(entries.len())?;
            for (name, _) in entries {
                if pattern.is_match(&name) {
                    walk(base, &join(at, &name), rest, found)?;
                }
            }
            Ok(())
        }
        Part::Any => {
            // Directories still to be looked at; a list, since they may nest deeper than a stack holds.
            let mut open = vec![at.to_owned()];
            while let Some(directory) = open.pop() {
                if !rest.is_empty() {
                    walk(base, &directory, rest, found)?;
                }
                let entries = entries(&base.join(&directory));
                found.look(entries.len())?;
                for (name, is_directory) in entries {
                    let path = join(&directory, &name);
                    if is_directory {
                        open.push(path);
                    } else if rest.is_empty() {
                        walk(base, &path, rest, found)?;
                    }
                }
            }
            Ok(())
        }
    }
}

/// Names in a directory, and whether each is a directory itself; none where there is no directory.
fn entries(directory: &Path) -> Vec<(String, bool)> {
    let Ok(listed) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let entry = |e: std::fs::DirEntry| {
        let is_directory = e.file_type().is_ok_and(|t| t.is_dir());
        (e.file_name().to_string_lossy().into_owned(), is_directory)
    };
    listed.flatten().map(entry).collect()
}

fn join(at: &str, name: &str) -> String {
    match at {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{at}/{name}"),
    }
}

/// A path without what says nothing; empty for the working directory.
fn clean(path: &str) -> String {
    match clean_path(path) {
        here if here == "." => String::new(),
        path => path,
    }
}

/// A cleaned path as seen from a cleaned directory.
fn relative(directory: &str, path: &str) -> String {
    let of = |p: &str| {
        p.split('/')
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (from, to) = (of(directory), of(path));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    up.chain(to.into_iter().skip(shared)).collect::<Vec<_>>().join("/")
}

/// The parts of a pattern; a slash inside of braces or brackets ends none.
fn split(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0usize;
    let mut escaped = false;
    for c in pattern.chars() {
        match c {
            '/' if depth == 0 && !escaped => {
                parts.push(String::new());
                continue;
            }
            '{' if !escaped => depth += 1,
            '}' if !escaped => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.retain(|p| !p.is_empty());
    parts
}

fn parse(part: &str) -> Option<Part> {
    if part == "**" {
        return Some(Part::Any);
    }
    if !part.contains(['*', '?', '[', '{', '\\']) {
        return Some(Part::Name(part.to_owned()));
    }
    let mut out = String::from("(?s)^");
    let mut chars = part.chars().peekable();
    let mut alternatives = 0usize;
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '{' => {
                alternatives += 1;
                out.push_str("(?:");
            }
            '}' if alternatives > 0 => {
                alternatives -= 1;
                out.push(')');
            }
            ',' if alternatives > 0 => out.push('|'),
            '[' => class(&mut chars, &mut out)?,
            '\\' => out.push_str(&regex::escape(&chars.next()?.to_string())),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    if alternatives > 0 {
        return None;
    }
    out.push('$');
    Regex::new(&out).ok().map(Part::Match)
}

/// A class of characters after its opening bracket.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Option<()> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut empty = true;
    loop {
        match chars.next()? {
            ']' if empty => return None,
            ']' => break,
            '-' => out.push('-'),
            '\\' => out.push_str(&regex::escape(&chars.next()?.to_string())),
            '^' => out.push_str("\\^"),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
        empty = false;
    }
    out.push(']');
    Some(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should stop")]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_files_as_terraform_finds_them() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.txt", "b.txt", "c.md", "sub/d.txt", "sub/deep/e.md", "z.txt"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        for (directory, pattern, want) in [
            (".", "*.txt", "a.txt b.txt z.txt"),
            (".", "**", "a.txt b.txt c.md sub/d.txt sub/deep/e.md z.txt"),
            (".", "**/*.md", "c.md sub/deep/e.md"),
            (".", "*/", "a.txt b.txt c.md z.txt"),
            (".", "sub", ""),
            ("sub", "../*.md", "../c.md"),
            (".", "sub/../{a,b}.txt", "a.txt b.txt"),
            (".", "[!a]*.txt", "a.txt"),
            (".", "[^a-b]*.txt", "z.txt"),
            ("nope", "*", ""),
            ("a.txt", "*", ""),
        ] {
            let found = file_set(dir.path(), directory, pattern).unwrap();
            assert_eq!(found.join(" "), want, "{directory} {pattern}");
        }
        for pattern in ["[", "{a", "[]"] {
            assert!(file_set(dir.path(), ".", pattern).is_err(), "{pattern}");
        }
    }
}
