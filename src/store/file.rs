//! The file of the state: where a new one comes from and who may read it. A new database is made under another name
//! and appears whole or not at all, so that an empty file is always damage and never taken for an empty state.

use super::error::StoreError;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The directory that holds nothing but states and what belongs to them.
#[cfg(unix)]
const OWN_DIRECTORY: &str = ".headworks";

/// Makes a file that only its owner may read; fails if it exists.
pub(super) fn create_private(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| StoreError::io("create", path, e))
}

/// Makes the directory of a state, for its owner only.
pub(super) fn create_directory(path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|e| StoreError::io("create the directory", path, e))
}

/// The directory that a file stands in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A path with a text at its end.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether there is a database.
///
/// # Errors
/// The file is empty, or gone while its log is still there.
pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt {
        path: path.to_path_buf(),
        what: what.to_string(),
    };
    match fs::metadata(path) {
        Ok(meta) if meta.len() == 0 => Err(corrupt("the file is empty")),
        Ok(meta) if meta.is_dir() => Err(corrupt("it is a directory")),
        Ok(_) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let log = with_suffix(path, "-wal");
            match fs::metadata(&log) {
                Ok(meta) if meta.len() > 0 => Err(corrupt("the file is gone, but its log (-wal) is still there")),
                _ => Ok(false),
            }
        }
        Err(e) => Err(StoreError::io("open", path, e)),
    }
}

/// Gives a finished new file its name, unless someone else was faster; then theirs stays.
pub(super) fn publish(new: &Path, path: &Path) -> Result<(), StoreError> {
    let linked = fs::hard_link(new, path);
    let result = match linked {
        Err(e) if e.kind() != ErrorKind::AlreadyExists && !path.exists() => {
            // Some file systems have no hard links.
            fs::rename(new, path).map_err(|e| StoreError::io("create", path, e))
        }
        _ => Ok(()),
    };
    let _ = fs::remove_file(new);
    result?;
    sync_directory_of(path)
}

/// Makes names last that files of a directory were given.
pub(super) fn sync_directory_of(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(directory_of(path))
        .and_then(|dir| dir.sync_all())
        .map_err(|e| StoreError::io("write the directory of", path, e))?;
    Ok(())
}

/// What tells a file from another one of the same name.
pub(super) type Identity = (u64, u64);

/// Which file has this name now.
pub(super) fn identity(path: &Path) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Takes from other users what they may do with the files of a state and, when it is the state's own, with its directory.
/// What can't be changed is left for [`warnings`] to tell.
pub(super) fn tighten(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let shut = |path: &Path| {
            if let Ok(meta) = fs::metadata(path) {
                let mode = meta.permissions().mode();
                if mode & 0o077 != 0 {
                    let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700));
                }
            }
        };
        let directory = directory_of(path);
        if directory.file_name().is_some_and(|name| name == OWN_DIRECTORY) {
            shut(directory);
        }
        for suffix in ["", "-wal", "-shm"] {
            shut(&with_suffix(path, suffix));
        }
    }
}

/// What the user should know about the file: others can read it.
pub fn warnings(path: &Path) -> Vec<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(meta) = fs::metadata(path)
            && meta.permissions().mode() & 0o077 != 0
        {
            return vec![format!(
                "other users of this machine can read the state {0}; run `chmod 600 {0}`",
                path.display()
            )];
        }
    }
    Vec::new()
}
