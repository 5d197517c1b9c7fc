//! Functions of files, paths and templates. Files are read through the host only; paths are cut and joined as
//! text, always with `/`.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, bool_type, dynamic_type, str_at, string_type, text,
};
use crate::base::{Str, Type, Value, clean_path};
use base64::Engine;
use std::collections::BTreeMap;
use std::sync::Arc;

const PATH: &[Param] = &[Param::string("path")];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("file", "The text of a file.", PATH, string_type, |args, ctx| {
        let name = str_at(args, 0);
        Ok(text(&read_text(name, ctx)?))
    }),
    Function::new(
        "filebase64",
        "The bytes of a file in Base64.",
        PATH,
        string_type,
        |args, ctx| {
            let bytes = read_source(str_at(args, 0), ctx)?;
            Ok(Value::string(base64::engine::general_purpose::STANDARD.encode(bytes)))
        },
    ),
    Function::new(
        "fileexists",
        "Whether a file is there.",
        PATH,
        bool_type,
        |args, ctx| {
            let found = ctx.host.file_exists(&opened(str_at(args, 0), ctx));
            found.map(Value::bool).map_err(FunctionError::call)
        },
    ),
    Function::new(
        "fileset",
        "The paths below a directory that match a pattern.",
        &[Param::string("path"), Param::string("pattern")],
        |_| Type::set(Type::String),
        |args, ctx| {
            let found = ctx.host.file_set(str_at(args, 0), str_at(args, 1));
            let found = found.map_err(FunctionError::call)?;
            Ok(Value::set(Type::String, found.iter().map(|p| text(p))))
        },
    ),
    Function::new(
        "templatefile",
        "The result of rendering a file as a template with variables.",
        &[Param::string("path"), Param::any("vars")],
        dynamic_type,
        |args, ctx| {
            let name = str_at(args, 0);
            let source = read_text(name, ctx)?;
            ctx.template.render(&source, name, &variables(args)?)
        },
    )
    .may_be_null(),
    Function::new(
        "abspath",
        "A path as an absolute one.",
        PATH,
        string_type,
        |args, ctx| {
            let path = str_at(args, 0);
            Ok(text(&if path.starts_with('/') {
                clean_path(path)
            } else {
                clean_path(&format!("{}/{path}", ctx.host.working_directory()))
            }))
        },
    ),
    Function::new("basename", "The last part of a path.", PATH, string_type, |args, _| {
        Ok(text(basename(str_at(args, 0))))
    }),
    Function::new(
        "dirname",
        "A path without its last part.",
        PATH,
        string_type,
        |args, _| {
            let path = str_at(args, 0);
            Ok(text(&clean_path(
                path.rfind('/').and_then(|i| path.get(..=i)).unwrap_or(""),
            )))
        },
    ),
    Function::new(
        "pathexpand",
        "A path with `~` at its beginning replaced by the home directory.",
        PATH,
        string_type,
        pathexpand,
    ),
];

/// The bytes of a file that belongs to the configuration.
fn read_source(path: &str, ctx: &CallContext<'_>) -> Result<Arc<[u8]>, FunctionError> {
    let refused = |message: String| FunctionError::arg(0, message);
    let opened = opened(path, ctx);
    match ctx.host.file_exists(&opened) {
        Ok(false) => Err(refused(format!(
            "no file exists at {path:?}; this function works only with files that are distributed as part of the \
             configuration source code, so if this file will be created by a resource in this configuration you must \
             instead obtain this result from an attribute of that resource"
        ))),
        _ => ctx
            .host
            .read_file(&opened)
            .map_err(|why| refused(format!("failed to read file: {why}"))),
    }
}

/// The path that is opened for a path as written: cleaned, with `~` replaced by the home directory.
pub(super) fn opened(path: &str, ctx: &CallContext<'_>) -> String {
    let home = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            ctx.host.home_directory().map(|h| format!("{h}{rest}"))
        }
        _ => None,
    };
    clean_path(home.as_deref().unwrap_or(path))
}

fn read_text(path: &str, ctx: &CallContext<'_>) -> Result<String, FunctionError> {
    String::from_utf8(read_source(path, ctx)?.to_vec()).map_err(|_| {
        FunctionError::call(format!(
            "contents of {path:?} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded \
             contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead"
        ))
    })
}

fn variables(args: &[Value]) -> Result<BTreeMap<Str, Value>, FunctionError> {
    let Some(entries) = args.get(1).and_then(Value::entries) else {
        return Err(FunctionError::arg(1, "invalid vars value: must be a map"));
    };
    if let Some(bad) = entries.keys().find(|name| !is_name(name)) {
        return Err(FunctionError::arg(
            1,
            format!(
                "invalid template variable name {bad:?}: must start with a letter, followed by zero or more letters, \
                 digits, and underscores"
            ),
        ));
    }
    Ok(entries.clone())
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// `templatestring`
pub(super) fn templatestring(args: &[Value], ctx: &CallContext<'_>) -> FunctionResult {
    let variables = variables(args)?;
    ctx.template
        .render(str_at(args, 0), "<templatestring argument>", &variables)
}

fn basename(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

fn pathexpand(args: &[Value], ctx: &CallContext<'_>) -> FunctionResult {
    let path = str_at(args, 0);
    let Some(rest) = path.strip_prefix('~') else {
        return Ok(text(path));
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(FunctionError::call("cannot expand user-specific home dir"));
    }
    match ctx.host.home_directory() {
        Some(home) if rest.is_empty() => Ok(text(&home)),
        Some(home) => Ok(text(&clean_path(&format!("{home}{rest}")))),
        None => Err(FunctionError::call("the home directory is not known")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_text() {
        for (path, want) in [
            ("", "."),
            ("a/../b/./c", "b/c"),
            ("/../a//b/", "/a/b"),
            ("../../a/..", "../.."),
            ("/", "/"),
        ] {
            assert_eq!(clean_path(path), want, "{path}");
        }
        assert_eq!(basename("a/b/"), "b");
        assert_eq!(basename("//"), "/");
    }
}
