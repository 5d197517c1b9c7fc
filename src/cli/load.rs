//! Reads the configuration of a directory: files, values of variables, and the module they make. Decides which files
//! belong to it.

mod modules;

use super::args::{VarArgs, VarOption};
use super::{Failure, codes};
use crate::base::{Diag, Diags, FileId, SourceMap, Span, Str};
use crate::config::Module;
use crate::config::variables::{Given, GivenValue, Undeclared};
use crate::lang::{json, parse};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A configuration file larger than this is refused; it bounds the memory that one file can ask for.
pub const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A configuration as read.
pub struct Loaded {
    /// All texts.
    pub sources: SourceMap,
    /// The module.
    pub module: Module,
    /// Configuration files: name and id, for saved plans.
    pub files: Vec<(String, FileId)>,
    /// Values given for variables; for each the one that wins.
    pub given: BTreeMap<Str, Given>,
    /// Warnings so far.
    pub diags: Diags,
}

/// Reads a directory whose modules must fit together.
///
/// # Errors
/// Files that can't be read or parsed, or calls that don't fit; all such problems at once.
pub fn load(directory: &Path, vars: &VarArgs) -> Result<Loaded, Failure> {
    let loaded = load_to_check(directory, vars)?;
    match loaded.diags.has_errors() {
        false => Ok(loaded),
        true => Err(Failure {
            diags: loaded.diags.sorted(),
            sources: loaded.sources,
        }),
    }
}

/// Reads a directory of which the rest is to be checked also when there are mistakes; they are among its problems.
///
/// # Errors
/// There is no configuration.
pub fn load_to_check(directory: &Path, vars: &VarArgs) -> Result<Loaded, Failure> {
    let mut sources = SourceMap::default();
    let mut diags = Diags::new();
    let paths = configuration_files(directory)?;
    if paths.is_empty() {
        return Err(Diag::error(codes::FILE, "No configuration files")
            .detail(format!(
                "The directory {} has no files *.tf, *.tf.json or *.hcl.",
                directory.display()
            ))
            .help("go to a directory with configuration, or name one with -chdir=DIR")
            .into());
    }
    let given = given(directory, vars, &mut sources, &mut diags);
    let found = modules::read(&modules::Disk { root: directory }, &mut sources);
    diags.extend(found.diags);
    diags.extend(crate::config::leaks::access_keys(&sources));
    Ok(Loaded {
        sources,
        module: found.module,
        files: found.files,
        given,
        diags,
    })
}

/// A configuration from texts that a saved plan carries.
///
/// # Errors
/// The texts do not parse.
pub fn from_texts(texts: &[(String, String)]) -> Result<Loaded, Failure> {
    let mut sources = SourceMap::default();
    let found = modules::read(&modules::Texts(texts), &mut sources);
    if found.diags.has_errors() {
        return Err(Failure {
            diags: found.diags.sorted(),
            sources,
        });
    }
    Ok(Loaded {
        sources,
        module: found.module,
        files: found.files,
        given: BTreeMap::new(),
        diags: found.diags,
    })
}

/// How a file of a directory is named for the user: as seen from where the command runs.
fn shown(directory: &Path, path: &Path) -> String {
    let name = path.strip_prefix(directory).unwrap_or(path);
    let dir = directory.to_string_lossy();
    let dir = dir.trim_end_matches('/');
    if dir == "." || dir.is_empty() {
        name.display().to_string()
    } else {
        format!("{dir}/{}", name.display())
    }
}

/// The configuration files of a directory in name order.
///
/// # Errors
/// The directory can't be read.
pub fn configuration_files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(directory).map_err(|e| {
        Failure::from(
            Diag::error(
                codes::FILE,
                format!("The directory {} can't be read", directory.display()),
            )
            .detail(e.to_string()),
        )
    })?;
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let wanted = crate::config::files::kind_of(&name).is_some();
        // A link to nothing, a pipe or a device is a file that can't be read, not one that isn't there: leaving it out would
        // plan deletions.
        if wanted && !entry.path().is_dir() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Where a process finds the pipes that it was given.
const OPEN_PIPES: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo() || data.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// Reads a text file.
///
/// # Errors
/// It can't be read, is too large, or is no UTF-8.
pub fn read_text(path: &Path) -> Result<String, Diag> {
    let fail = |why: String| Diag::error(codes::FILE, format!("The file {} can't be read", path.display())).detail(why);
    // Opening a pipe waits for whoever writes into it; a shell that makes one for an option (`<(…)`) does write.
    if is_pipe(path) && !OPEN_PIPES.iter().any(|p| path.starts_with(p)) {
        return Err(fail("It is a pipe and not a regular file.".into()));
    }
    let file = std::fs::File::open(path).map_err(|e| fail(e.to_string()))?;
    let mut bytes = Vec::new();
    // A device says nothing of its length, and may have no end.
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|e| fail(e.to_string()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(fail(format!("It has more bytes than the limit of {FILE_BYTES_MAX}.")));
    }
    String::from_utf8(bytes).map_err(|e| {
        fail(format!(
            "It is not UTF-8: the byte at position {} belongs to no character.",
            e.utf8_error().valid_up_to()
        ))
        .help("save the file as UTF-8")
    })
}

/// Values of variables, each later source before the earlier ones: environment, terraform.tfvars, *.auto.tfvars, then
/// -var-file and -var in the order of the command line.
pub fn given(directory: &Path, vars: &VarArgs, sources: &mut SourceMap, diags: &mut Diags) -> BTreeMap<Str, Given> {
    let mut given = BTreeMap::new();
    for (key, value) in std::env::vars_os() {
        let (Some(key), Some(value)) = (key.to_str(), value.to_str()) else {
            continue;
        };
        if let Some(name) = key.strip_prefix("TF_VAR_").filter(|n| !n.is_empty()) {
            let value = text_value(key, value, sources);
            let origin = key.to_string();
            given.insert(Str::from(name), single(value, origin, Undeclared::Silent));
        }
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for name in ["terraform.tfvars", "terraform.tfvars.json"] {
        let default = directory.join(name);
        if default.is_file() {
            files.push(default);
        }
    }
    let mut auto: Vec<PathBuf> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| {
            if p.is_dir() {
                return false;
            }
            let name = p.to_string_lossy();
            name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
        })
        .collect();
    auto.sort();
    files.extend(auto);
    for path in files {
        read_tfvars(directory, &path, false, sources, diags, &mut given);
    }
    for option in &vars.given {
        match option {
            VarOption::File(path) => read_tfvars(directory, path, true, sources, diags, &mut given),
            VarOption::Value(text) => match text.split_once('=') {
                Some((name, _)) if name.is_empty() || name.trim_end() != name => diags.push(
                    Diag::error(codes::USAGE, "Invalid -var option")
                        .detail(format!("{name:?} is no name of a variable."))
                        .help("write -var='NAME=VALUE', without a space before the equals sign"),
                ),
                Some((name, value)) => {
                    let value = text_value("-var", value, sources);
                    given.insert(Str::from(name.trim()), single(value, "-var".into(), Undeclared::Error));
                }
                None => diags.push(
                    Diag::error(codes::USAGE, "Invalid -var option")
                        .detail("A value has no equals sign; it is not shown, as it may be a secret.")
                        .help("write -var='NAME=VALUE'"),
                ),
            },
        }
    }
    given
}

fn single(value: GivenValue, origin: String, undeclared: Undeclared) -> Given {
    Given {
        value,
        origin,
        undeclared,
        command_line: undeclared == Undeclared::Error,
        span: None,
    }
}

/// Text given from outside, with the expression that it may be.
pub fn text_value(origin: &str, text: &str, sources: &mut SourceMap) -> GivenValue {
    let id = sources.add(origin, text);
    GivenValue::Text(text.into(), parse::parse_expression(sources, id))
}

fn read_tfvars(
    directory: &Path,
    path: &Path,
    command_line: bool,
    sources: &mut SourceMap,
    diags: &mut Diags,
    given: &mut BTreeMap<Str, Given>,
) {
    let text = match read_text(path) {
        Ok(text) => text,
        Err(mut diag) => {
            diag.summary = "Failed to read variables file".into();
            diag.detail = Some(format!("{}: {}", path.display(), diag.detail.unwrap_or_default()));
            diags.push(diag);
            return;
        }
    };
    let name = if path.starts_with(directory) {
        shown(directory, path)
    } else {
        path.display().to_string()
    };
    let json = name.ends_with(".json");
    let id = sources.add(name.clone(), text);
    if json {
        return json_values(&name, id, sources, command_line, diags, given);
    }
    let (body, found) = parse::parse_file(sources, id);
    diags.extend(found);
    for block in &body.blocks {
        let kind = &*block.kind.text;
        let diag = match kind {
            "variable" => Diag::error(codes::FILE, "Variable declaration in .tfvars file")
                .detail("A variables file gives values; variables are declared in .tf files.")
                .help("write NAME = VALUE"),
            _ => Diag::error(codes::FILE, format!("Unexpected {kind:?} block"))
                .detail("A variables file holds values only: NAME = VALUE.")
                .help(format!("for an object, write {kind} = {{ … }}")),
        };
        diags.push(diag.at(block.kind.span));
    }
    for (key, attribute) in body.attributes {
        let value_span = attribute.value.span;
        given.insert(
            key,
            Given {
                value: GivenValue::Expr(attribute.value),
                origin: name.clone(),
                undeclared: Undeclared::Warning,
                command_line,
                span: Some(value_span),
            },
        );
    }
}

/// Values of a variables file in JSON: one object, in which texts are taken as they are.
fn json_values(
    name: &str,
    id: FileId,
    sources: &SourceMap,
    command_line: bool,
    diags: &mut Diags,
    given: &mut BTreeMap<Str, Given>,
) {
    let (root, found) = json::read(sources, id);
    diags.extend(found);
    let mut lowering = json::Lowering::default();
    let json::NodeKind::Object(properties) = &root.kind else {
        lowering.wrong(
            &root,
            "Root value must be object",
            "A variables file holds one object: {\"NAME\": VALUE}.",
        );
        return diags.extend(lowering.diags);
    };
    let mut seen: BTreeMap<Str, Span> = BTreeMap::new();
    for property in properties.iter().filter(|p| p.name.value != "//") {
        let key = json::ident(property).text;
        if let Some(first) = seen.insert(key.clone(), property.span) {
            diags.push(
                Diag::error(codes::FILE, "Duplicate attribute definition")
                    .detail(format!("{key:?} has a value already."))
                    .at(property.span)
                    .related(first, "first set here"),
            );
        }
        let one = Given {
            value: GivenValue::Expr(lowering.verbatim(&property.value)),
            origin: name.to_string(),
            undeclared: Undeclared::Warning,
            command_line,
            span: Some(property.span),
        };
        given.insert(key, one);
    }
    diags.extend(lowering.diags);
}
