//! The effects that functions of the language have: files of the working directory, and moments fixed for one run.

use crate::lang::FunctionHost;
use jiff::Timestamp;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file with more bytes is not read into a value.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

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

/// Why a file can't be read, with its name.
fn failure(path: &str, error: &std::io::Error) -> String {
    use std::io::ErrorKind::*;
    match error.kind() {
        NotFound => format!("open {path}: no such file or directory"),
        PermissionDenied => format!("open {path}: permission denied"),
        NotADirectory => format!("open {path}: not a directory"),
        IsADirectory => format!("read {path}: is a directory"),
        InvalidInput => format!("open {path}: invalid argument"),
        _ => format!("open {path}: {error}"),
    }
}

fn seconds(t: Timestamp) -> String {
    t.round(jiff::Unit::Second).unwrap_or(t).to_string()
}

impl FunctionHost for SystemHost {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        let full = self.path(path);
        let failed = |e: std::io::Error| failure(path, &e);
        // Opening a pipe waits for whoever writes into it.
        let data = std::fs::metadata(&full).map_err(failed)?;
        if !data.is_file() && !data.is_dir() && full != Path::new("/dev/null") {
            return Err(format!("read {path}: not a regular file"));
        }
        let file = std::fs::File::open(&full).map_err(failed)?;
        let mut bytes = Vec::new();
        // A device says nothing of its length, and may have no end.
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(format!("it has more bytes than the limit of {FILE_BYTES_MAX}"));
        }
        Ok(bytes.into())
    }

    fn file_exists(&self, path: &str) -> Result<bool, String> {
        match std::fs::metadata(self.path(path)) {
            Ok(data) if data.is_file() => Ok(true),
            Ok(data) if data.is_dir() => Err(format!("{path:?} is a directory, not a file")),
            Ok(_) => Err(format!("{path:?} is not a regular file")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(failure(path, &e)),
        }
    }

    fn file_set(&self, directory: &str, pattern: &str) -> Result<Vec<String>, String> {
        super::glob::file_set(&self.directory, directory, pattern)
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
