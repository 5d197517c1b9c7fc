//! Reads the modules of a configuration, each directory once, and joins them to a tree. Decides which directory a call means;
//! what the blocks mean is decided in `config`.

use super::{configuration_files, read_text, shown};
use crate::base::{Diag, Diags, FileId, SourceMap, Str, clean_path, mask};
use crate::config::{self, Module, ModuleCall, codes};
use crate::schema::Registry;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Modules may call each other this deep; a directory that calls itself is found before.
const DEPTH_MAX: usize = 64;

/// A configuration has at most this many module calls, those within called modules counted for each call: directories that call
/// each other twice double with every level.
const CALLS_MAX: u64 = 10_000;

/// The size of a module that was refused; nothing more is said of its callers.
const TOO_MANY: u64 = 0;

/// Where the files of a configuration come from. Directories and files are named relative to the root module.
pub(super) trait Files {
    /// The configuration files of a directory in the order in which they are read; none when there is no such directory.
    fn list(&self, directory: &str) -> Result<Vec<String>, Diag>;
    /// The text of a file.
    fn read(&self, name: &str) -> Result<String, Diag>;
    /// How the user is told of a file.
    fn shown(&self, name: &str) -> String;
}

/// The files below a directory.
pub(super) struct Disk<'a> {
    pub(super) root: &'a Path,
}

impl Files for Disk<'_> {
    fn list(&self, directory: &str) -> Result<Vec<String>, Diag> {
        let path = self.root.join(directory);
        if !path.is_dir() {
            return Ok(Vec::new());
        }
        let found = configuration_files(&path).map_err(|failure| {
            let first = failure.diags.into_iter().next();
            first.unwrap_or_else(|| Diag::error(codes::MODULE, "The directory can't be read"))
        })?;
        let names = found.iter().filter_map(|p| p.file_name());
        Ok(names.map(|n| joined(directory, &n.to_string_lossy())).collect())
    }

    fn read(&self, name: &str) -> Result<String, Diag> {
        read_text(&self.root.join(name))
    }

    fn shown(&self, name: &str) -> String {
        shown(self.root, Path::new(name))
    }
}

/// The texts that a saved plan carries.
pub(super) struct Texts<'a>(pub(super) &'a [(String, String)]);

impl Files for Texts<'_> {
    fn list(&self, directory: &str) -> Result<Vec<String>, Diag> {
        let names = self.0.iter().map(|(name, _)| name);
        let within = names.filter(|n| n.rsplit_once('/').map_or(".", |(d, _)| d) == directory);
        Ok(within.cloned().collect())
    }

    fn read(&self, name: &str) -> Result<String, Diag> {
        let text = self.0.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone());
        text.ok_or_else(|| Diag::error(codes::MODULE, format!("The plan file lacks {name}")))
    }

    fn shown(&self, name: &str) -> String {
        name.to_string()
    }
}

/// A tree of modules as read.
pub(super) struct Read {
    /// The root module.
    pub(super) module: Module,
    /// Names and ids of all files.
    pub(super) files: Vec<(String, FileId)>,
    /// What can't be read, and where calls and modules do not fit together.
    pub(super) diags: Diags,
}

/// Reads the root module and all that it calls.
pub(super) fn read(files: &dyn Files, sources: &mut SourceMap) -> Read {
    let mut reader = Reader {
        files,
        sources,
        known: HashMap::new(),
        sizes: HashMap::new(),
        open: Vec::new(),
        schemas: OnceCell::new(),
        read: Vec::new(),
        diags: Diags::new(),
    };
    let module = reader.module(".").unwrap_or_default();
    let (files, mut diags) = (reader.read, reader.diags);
    diags.extend(config::tree::check(&module));
    Read { module, files, diags }
}

struct Reader<'a> {
    files: &'a dyn Files,
    sources: &'a mut SourceMap,
    /// Modules by directory; a directory that is called twice is read once.
    known: HashMap<String, Arc<Module>>,
    /// How many modules a directory stands for, with all that it calls.
    sizes: HashMap<Str, u64>,
    /// Directories on the way from the root.
    open: Vec<String>,
    /// The schemas, once a file in JSON needs them.
    schemas: OnceCell<Option<Registry>>,
    read: Vec<(String, FileId)>,
    diags: Diags,
}

impl Reader<'_> {
    /// The module of a directory; none when it has no files.
    fn module(&mut self, directory: &str) -> Option<Module> {
        let names = match self.files.list(directory) {
            Ok(names) if names.is_empty() => return None,
            Ok(names) => names,
            Err(diag) => {
                self.diags.push(diag);
                return Some(Module {
                    incomplete: true,
                    ..Module::default()
                });
            }
        };
        let mut broken = false;
        let json = config::files::any_json(names.iter().map(String::as_str));
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            let text = match self.files.read(&name) {
                Ok(text) => text,
                Err(diag) => {
                    self.diags.push(diag);
                    broken = true;
                    continue;
                }
            };
            mask::open_text(&text);
            let id = self.sources.add(self.files.shown(&name), text);
            self.read.push((name, id));
            ids.push(id);
        }
        let registry = match json {
            true => self.schemas.get_or_init(|| crate::catalog::registry().ok()).as_ref(),
            false => None,
        };
        let parsed = config::files::parse_all(self.sources, &ids, registry);
        self.diags.extend(parsed.diags);
        let (mut module, found) = config::decode(parsed.bodies);
        self.diags.extend(found);
        // Complaints about what is missing would only follow from what can't be read.
        module.incomplete |= broken;
        module.directory = directory.into();
        self.open.push(directory.to_string());
        for (name, call) in &mut module.calls {
            call.module = self.called(directory, name, call);
        }
        self.open.pop();
        let called = module.calls.values().filter_map(|c| c.module.as_ref());
        let sizes: Vec<u64> = called
            .map(|m| self.sizes.get(&m.directory).copied().unwrap_or(1))
            .collect();
        let refused = sizes.contains(&TOO_MANY);
        let size = sizes.into_iter().fold(1, u64::saturating_add);
        if size > CALLS_MAX && !refused {
            self.diags.push(
                Diag::error(codes::MODULE, "Too many modules")
                    .detail(format!(
                        "The module at {directory} stands for {size} module calls, more than the limit of {CALLS_MAX}."
                    ))
                    .help("use count or for_each on a call instead of many calls"),
            );
        }
        let size = if refused || size > CALLS_MAX { TOO_MANY } else { size };
        if size == TOO_MANY {
            // The callers of what is refused double it too: what else is wrong is told of each directory on its own.
            module.calls.clear();
            module.incomplete = true;
        }
        self.sizes.insert(directory.into(), size);
        Some(module)
    }

    fn called(&mut self, caller: &str, name: &Str, call: &ModuleCall) -> Option<Arc<Module>> {
        let (source, span) = call.source.as_ref()?;
        let directory = resolved(caller, source);
        if self.open.len() >= DEPTH_MAX {
            self.diags.push(
                Diag::error(codes::MODULE, "Modules are nested too deeply")
                    .detail(format!(
                        "module.{name} calls {directory} at a depth of more than {DEPTH_MAX} modules."
                    ))
                    .at(*span),
            );
            return None;
        }
        if self.open.contains(&directory) {
            self.diags.push(
                Diag::error(codes::MODULE, "A module calls itself")
                    .detail(format!(
                        "module.{name} calls {directory}, from where this call was reached: {} → {directory}.",
                        self.open.join(" → ")
                    ))
                    .at(*span)
                    .help("take one of the calls out"),
            );
            return None;
        }
        if let Some(known) = self.known.get(&directory) {
            return Some(Arc::clone(known));
        }
        let Some(module) = self.module(&directory) else {
            self.diags.push(
                Diag::error(codes::MODULE, "Module not found")
                    .detail(format!(
                        "The directory {directory} does not exist, or has no files *.tf, *.tf.json or *.hcl."
                    ))
                    .address(format!("module.{name}"))
                    .at(call.header)
                    .related(*span, "the directory is named here")
                    .help("write the path relative to the directory of this file"),
            );
            return None;
        };
        let module = Arc::new(module);
        self.known.insert(directory, Arc::clone(&module));
        Some(module)
    }
}

fn joined(directory: &str, name: &str) -> String {
    match directory {
        "." => name.to_string(),
        directory => format!("{directory}/{name}"),
    }
}

/// The directory that a source means, relative to the root module.
fn resolved(directory: &str, source: &str) -> String {
    clean_path(&format!("{directory}/{source}"))
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn sources_are_relative_to_the_calling_module() {
        for (directory, source, expected) in [
            (".", "./modules/zone", "modules/zone"),
            ("modules/zone", "../bucket", "modules/bucket"),
            ("modules/zone", "./../../x/", "x"),
            (".", "../zones", "../zones"),
            ("../zones", "../other", "../other"),
            ("a", "../../b", "../b"),
            ("a", "..", "."),
        ] {
            assert_eq!(resolved(directory, source), expected, "{directory} {source}");
        }
    }
}
