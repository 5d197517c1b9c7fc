//! The files of one module: which names are configuration, in which syntax, and which files override the others. Parses and
//! joins their texts; reads no file.

use super::{codes, json, overrides};
use crate::base::{Diags, FileId, SourceMap};
use crate::lang::ast::Body;
use crate::lang::parse;
use crate::schema::Registry;

/// What a file name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind {
    /// Written in JSON.
    pub json: bool,
    /// `override.tf`, `*_override.tf` and the same in JSON: merged into the blocks of the other files.
    pub overrides: bool,
}

/// What the name of a file, without directory, says of it; nothing when it is no configuration.
///
/// `*.tf`, `*.tf.json` and `*.hcl` are, except for hidden files, backups of editors, lock files and test files.
pub fn kind_of(name: &str) -> Option<FileKind> {
    let ignored = name.starts_with('.') || name.starts_with('#') || name.ends_with('~');
    let other = [".lock.hcl", ".tftest.hcl", ".tfmock.hcl"];
    if ignored || other.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let native = name.strip_suffix(".tf").or_else(|| name.strip_suffix(".hcl"));
    let (stem, json) = match name.strip_suffix(".tf.json") {
        Some(stem) => (stem, true),
        None => (native?, false),
    };
    Some(FileKind {
        json,
        overrides: stem == "override" || stem.ends_with("_override"),
    })
}

/// Parses the files of one module, given in name order, and merges overrides into what they override.
///
/// `registry` is needed for files in JSON only, where it tells nested blocks of resources from arguments.
pub fn parse_all(sources: &SourceMap, files: &[FileId], registry: Option<&Registry>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut overriding = Vec::new();
    for id in files {
        let name = sources.file(*id).map_or("", |f| f.name.as_str());
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let kind = kind_of(name).unwrap_or(FileKind {
            json: false,
            overrides: false,
        });
        let (body, found) = match kind.json {
            true => json::parse_file(sources, *id, registry),
            false => parse::parse_file(sources, *id),
        };
        parsed.diags.extend(found);
        match kind.overrides {
            true => overriding.push(body),
            false => parsed.bodies.push(body),
        }
    }
    if !overriding.is_empty() {
        let found = overrides::merge(&mut parsed.bodies, overriding);
        // A base that could not be read is not missing.
        let damaged = parsed.diags.has_errors();
        let kept = found.into_iter().filter(|d| !(damaged && d.code == codes::UNDECLARED));
        parsed.diags.extend(kept.collect());
    }
    parsed
}

/// Whether one of the files is in JSON, so that [`parse_all`] wants the schemas.
pub fn any_json<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    names.into_iter().any(|name| name.ends_with(".tf.json"))
}

/// The files of a module as parsed.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Their contents, overrides merged in.
    pub bodies: Vec<Body>,
    /// Problems.
    pub diags: Diags,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_syntax_and_order() {
        let kind = |json, overrides| Some(FileKind { json, overrides });
        for (name, wanted) in [
            ("main.tf", kind(false, false)),
            ("main.hcl", kind(false, false)),
            ("main.tf.json", kind(true, false)),
            ("override.tf", kind(false, true)),
            ("override.tf.json", kind(true, true)),
            ("x_override.tf", kind(false, true)),
            ("x_override.tf.json", kind(true, true)),
            ("xoverride.tf", kind(false, false)),
            ("override_x.tf", kind(false, false)),
            (".main.tf", None),
            ("main.tf~", None),
            ("#main.tf#", None),
            ("main.json", None),
            ("terraform.tfvars", None),
            (".terraform.lock.hcl", None),
            ("a.tftest.hcl", None),
        ] {
            assert_eq!(kind_of(name), wanted, "{name}");
        }
    }
}
