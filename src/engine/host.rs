//! The effects that functions of the language have: files of the working directory, and moments fixed for one run.

use crate::lang::FunctionHost;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file larger than this is not read into a value.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A file set with more entries than this is taken for a mistake.
pub const FILE_SET_MAX: usize = 100_000;

/// [`FunctionHost`] over the real file system.
pub struct SystemHost {
    directory: PathBuf,
    /// `None` where there is no plan.
    planned_at: Option<Timestamp>,
    /// `None` while planning: values that change with each call are known after apply.
    now: Option<Timestamp>,
}

impl SystemHost {
    /// A host for planning in a directory.
    pub fn planning(directory: impl Into<PathBuf>, now: Timestamp) -> Self {
        Self {
            directory: directory.into(),
            planned_at: Some(now),
            now: None,
        }
    }

    /// A host for the console, where each moment is now and none is that of a plan.
    pub fn console(directory: impl Into<PathBuf>, now: Timestamp) -> Self {
        Self {
            directory: directory.into(),
            planned_at: None,
            now: Some(now),
        }
    }

    /// A host for applying a plan made at `planned_at`.
    pub fn applying(directory: impl Into<PathBuf>, planned_at: Timestamp, now: Timestamp) -> Self {
        Self {
            directory: directory.into(),
            planned_at: Some(planned_at),
            now: Some(now),
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.join(Path::new(path))
    }
}

fn seconds(t: Timestamp) -> String {
    t.round(jiff::Unit::Second).unwrap_or(t).to_string()
}

impl FunctionHost for SystemHost {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        let full = self.path(path);
        let data = std::fs::metadata(&full).map_err(|e| e.to_string())?;
        if data.len() > FILE_BYTES_MAX {
            return Err(format!(
                "it has {} bytes, more than the limit of {FILE_BYTES_MAX}",
                data.len()
            ));
        }
        std::fs::read(&full).map(Arc::from).map_err(|e| e.to_string())
    }

    fn file_exists(&self, path: &str) -> Result<bool, String> {
        match std::fs::metadata(self.path(path)) {
            Ok(data) if data.is_file() => Ok(true),
            Ok(_) => Err("it is not a regular file".into()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e.to_string()),
        }
    }

    fn file_set(&self, directory: &str, pattern: &str) -> Result<Vec<String>, String> {
        let regex = glob(pattern)?;
        let root = self.path(directory);
        let mut found = Vec::new();
        let mut open = vec![(root, String::new())];
        while let Some((dir, prefix)) = open.pop() {
            let entries = std::fs::read_dir(&dir).map_err(|e| e.to_string())?;
            for entry in entries {
                let entry = entry.map_err(|e| e.to_string())?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let kind = entry.file_type().map_err(|e| e.to_string())?;
                if kind.is_dir() {
                    open.push((entry.path(), format!("{name}/")));
                } else if regex.is_match(&name) {
                    found.push(name);
                }
                if found.len() > FILE_SET_MAX {
                    return Err(format!("more than {FILE_SET_MAX} files match"));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn working_directory(&self) -> String {
        let full = std::path::absolute(&self.directory).unwrap_or_else(|_| self.directory.clone());
        let text = full.to_string_lossy().into_owned();
        text.strip_suffix("/.").map(str::to_string).unwrap_or(text)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that resolves ~ for the language"
    )]
    fn home_directory(&self) -> Option<String> {
        std::env::var("HOME").ok()
    }

    fn timestamp(&self) -> Option<String> {
        self.now.map(seconds)
    }

    fn plan_timestamp(&self) -> Option<String> {
        self.planned_at.map(seconds)
    }

    fn random(&self) -> Option<u128> {
        self.now.map(|_| rand::random())
    }
}

/// A glob as a regular expression: `*` and `?` within a name, `**` over directories, `[…]` and `{a,b}`.
fn glob(pattern: &str) -> Result<regex::Regex, String> {
    let mut out = String::from("^");
    let mut chars = pattern.chars().peekable();
    let mut alternatives = 0usize;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                if chars.next_if_eq(&'/').is_some() {
                    out.push_str("(?:.*/)?");
                } else {
                    out.push_str(".*");
                }
            }
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
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'!').is_some() || chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                for c in chars.by_ref() {
                    match c {
                        ']' => break,
                        '\\' | '[' | '&' | '~' => {
                            out.push('\\');
                            out.push(c);
                        }
                        c => out.push(c),
                    }
                }
                out.push(']');
            }
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push('$');
    regex::Regex::new(&out).map_err(|_| format!("{pattern:?} is not a glob pattern"))
}

#[cfg(test)]
mod tests {
    #[test]
    #[expect(clippy::unwrap_used, reason = "test")]
    fn globs_match_as_terraform_has_them() {
        let hit = |pattern: &str, name: &str| super::glob(pattern).unwrap().is_match(name);
        assert!(hit("*.tf", "main.tf") && !hit("*.tf", "a/main.tf"));
        assert!(hit("**/*.tf", "a/b/main.tf") && hit("**/*.tf", "main.tf"));
        assert!(hit("{a,b}.txt", "b.txt") && !hit("{a,b}.txt", "c.txt"));
        assert!(hit("[!a]?.x", "bc.x") && !hit("[!a]?.x", "ab.x"));
    }
}
