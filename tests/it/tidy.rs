//! What holds for the sources as a whole: layers point downwards, pure layers have no effects, nothing is left over, every
//! code is documented, every part is hooked in. Reads the files of this repository.

use headworks::{catalog, cli, config, engine, lang, schema};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Each layer with those that it may use. A part of a layer stands for that part alone.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("lang", &["base"]),
    ("schema", &["base", "lang"]),
    ("config", &["base", "lang", "schema"]),
    ("plan", &["base", "lang", "schema", "config"]),
    ("report", &["base", "lang", "schema", "config", "plan"]),
    ("store", &["base"]),
    ("wire", &["base"]),
    ("driver", &["base", "wire", "schema"]),
    ("drivers", &["base", "wire", "schema", "driver"]),
    ("sim", &["base", "wire::request", "wire::sign", "wire::codec"]),
    (
        "engine",
        &[
            "base", "lang", "schema", "config", "plan", "report", "store", "wire", "driver",
        ],
    ),
    ("catalog", &["base", "schema", "driver", "drivers", "engine"]),
    (
        "cli",
        &[
            "base", "lang", "schema", "config", "plan", "report", "store", "wire", "driver", "sim", "engine", "catalog",
        ],
    ),
];

const PURE: &[&str] = &["base", "lang", "schema", "config", "plan", "report"];

/// What a pure layer never names, in code; tests of it may.
const EFFECTS: &[&str] = &[
    "tokio",
    "reqwest",
    "rusqlite",
    "std::fs",
    "std::env",
    "SystemTime",
    "Timestamp::now",
    "Instant::now",
    "rand::",
    "std::net::Tcp",
    "std::net::Udp",
    "ToSocketAddrs",
    "std::process",
    "std::thread",
];

const LEFT_OVER: &[&str] = &["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX"];

const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

const LINES_MAX: usize = 700;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(directory: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    assert!(found.len() > 5, "{directory} has files");
    found
}

/// The modules that a file of `src` is: `src/plan/mod.rs` is `plan`, `src/plan/steps.rs` is `plan::steps`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = path.split('/').map(str::to_string).collect();
    if parts.last().is_some_and(|l| l == "mod") {
        parts.pop();
    }
    parts
}

/// Whether a file or a part of one is there for tests only.
fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs")
}

/// The text without line comments and without a test module at its end.
fn code(file: &str, text: &str) -> String {
    if is_test(file) {
        return String::new();
    }
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let attribute = line.starts_with("#[cfg(test)]");
        let module = |l: &&str| l.starts_with("mod ") || l.starts_with("#[") || l.starts_with("#![");
        if attribute && lines.peek().is_some_and(module) {
            // A module with a body is the last item of a file; one without is a line.
            let rest: Vec<&str> = lines.clone().take_while(|l| !l.starts_with("mod ")).collect();
            let declared = lines.clone().nth(rest.len()).is_some_and(|l| l.ends_with(';'));
            if !declared {
                break;
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Paths from the root of the crate that a file names: `crate::a::b`, and `super::…` made absolute.
fn paths(file: &str, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let own = module_of(file);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (keyword, up) in [("crate::", None), ("super::", Some(1))] {
        let mut rest = text;
        while let Some(at) = rest.find(keyword) {
            let before = rest[..at].chars().next_back().unwrap_or(':');
            let mut tail = &rest[at + keyword.len()..];
            rest = tail;
            if is_word(before) || before == ':' {
                continue;
            }
            let mut base: Vec<String> = Vec::new();
            if let Some(mut up) = up {
                while let Some(more) = tail.strip_prefix("super::") {
                    (tail, up) = (more, up + 1);
                }
                base = own[..own.len().saturating_sub(up)].to_vec();
            }
            for target in first_names(tail) {
                let mut path = base.clone();
                path.extend(target);
                found.insert(path.join("::"));
            }
        }
    }
    found
}

/// The first two names of what follows `crate::`; of each when a brace opens there.
fn first_names(text: &str) -> Vec<Vec<String>> {
    let name = |t: &str| -> String { t.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    if let Some(inner) = text.strip_prefix('{') {
        let mut depth = 0usize;
        let mut items = vec![String::new()];
        for c in inner.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    items.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(last) = items.last_mut() {
                last.push(c);
            }
        }
        return items
            .iter()
            .map(|i| i.trim())
            .filter(|i| !i.is_empty())
            .flat_map(first_names)
            .collect();
    }
    let first = name(text);
    let Some(rest) = text[first.len()..].strip_prefix("::") else {
        return vec![vec![first]];
    };
    if rest.starts_with('{') {
        return first_names(rest)
            .into_iter()
            .map(|inner| {
                let mut path = vec![first.clone()];
                path.extend(inner.into_iter().take(1));
                path
            })
            .collect();
    }
    vec![vec![first, name(rest)]]
}

fn allowed(layer: &str, path: &str) -> bool {
    let Some((_, may)) = LAYERS.iter().find(|(l, _)| *l == layer) else {
        return false;
    };
    let within = |whole: &str| path == whole || path.starts_with(&format!("{whole}::"));
    within(layer) || may.iter().any(|m| within(m))
}

fn report(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn paths_are_found_in_all_their_forms() {
    let text = "use crate::base::{Diag, Str};\nuse crate::{lang::eval, plan};\nuse super::super::driver::X;\nuse super::rows;\n";
    let found = paths("src/engine/inner/apply.rs", text);
    let expected = [
        "base::Diag",
        "base::Str",
        "driver::X",
        "engine::inner::rows",
        "lang::eval",
        "plan",
    ];
    // Two times up from engine::inner::apply is engine.
    let expected = expected.map(|p| if p == "driver::X" { "engine::driver::X" } else { p });
    assert_eq!(found, expected.iter().map(|p| (*p).to_string()).collect());
    assert!(!allowed("lang", "plan") && allowed("plan", "lang::eval") && !allowed("sim", "wire::transport"));
    let text = "a\n#[cfg(test)]\nmod tests;\nb\n// std::fs\n#[cfg(test)]\nmod tests {\n std::fs\n}\n";
    assert_eq!(code("src/x.rs", text), "a\nmod tests;\nb\n");
}

#[test]
fn layers_point_downwards() {
    let known: BTreeSet<&str> = LAYERS.iter().map(|(l, _)| *l).collect();
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src") {
        let module = module_of(&file);
        let layer = module[0].as_str();
        if layer == "lib" || layer == "main" {
            continue;
        }
        if !known.contains(layer) {
            wrong.push(format!("{file}: the layer {layer:?} is not in the table"));
        }
        for path in paths(&file, &code(&file, &text)) {
            let first = path.split("::").next().unwrap_or("");
            // `super` from the top of a layer, and names such as macros, stand for no layer.
            if known.contains(first) && !allowed(layer, &path) {
                wrong.push(format!("{file}: uses crate::{path}"));
            }
        }
    }
    report(wrong);
}

#[test]
fn pure_layers_have_no_effects() {
    let mut wrong = Vec::new();
    for layer in PURE {
        for (file, text) in rust_files(&format!("src/{layer}")) {
            let code = code(&file, &text);
            for effect in EFFECTS {
                if code.lines().any(|l| l.contains(effect)) {
                    wrong.push(format!("{file}: names {effect}"));
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn files_say_what_they_are_and_stay_small() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src").into_iter().chain(rust_files("tests/it")) {
        if !text.starts_with("//!") {
            wrong.push(format!("{file}: does not open with //!"));
        }
        let stem = PathBuf::from(&file)
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        if EMPTY_NAMES.contains(&&*stem) {
            wrong.push(format!("{file}: its name says nothing"));
        }
        let lines = text.lines().count();
        let limit = if file.starts_with("src") {
            LINES_MAX
        } else {
            LINES_MAX + 200
        };
        if lines > limit {
            wrong.push(format!("{file}: {lines} lines, more than {limit}"));
        }
        if file == "tests/it/tidy.rs" {
            continue;
        }
        for word in LEFT_OVER {
            if text.contains(word) {
                wrong.push(format!("{file}: holds {word}"));
            }
        }
    }
    report(wrong);
}

/// The tables of codes, layer by layer.
const CODES: &[(&str, &[(&str, &str)])] = &[
    ("Language", lang::codes::ALL),
    ("Types and their rules", schema::codes::ALL),
    ("Configuration", config::codes::ALL),
    ("Cloud, state and apply", engine::codes::ALL),
    ("Command line", cli::codes::ALL),
];

fn diagnostics_page() -> String {
    let mut page = String::from(
        "# Diagnostics\n\nEvery problem that headworks reports has a code that stays the same in all versions; its text may \
         change.\nThis page is made from the tables of codes: run the tests with `HEADWORKS_BLESS=1` after a change.\n",
    );
    for (title, codes) in CODES {
        let _ = write!(page, "\n## {title}\n\n| Code | Meaning |\n|---|---|\n");
        for (code, meaning) in *codes {
            let _ = writeln!(page, "| `{code}` | {} |", meaning.replace('|', "\\|"));
        }
    }
    page
}

#[test]
fn every_code_has_one_meaning_and_is_documented() {
    let mut meanings: BTreeMap<&str, &str> = BTreeMap::new();
    for (code, meaning) in CODES.iter().flat_map(|(_, codes)| codes.iter()) {
        assert!(code.len() == 6 && code.starts_with("HW"), "{code}");
        assert!(meaning.ends_with('.') && meaning.len() > 10, "{code}: {meaning}");
        assert_eq!(meanings.insert(code, meaning), None, "{code} is declared twice");
    }
    for (_, codes) in CODES {
        assert!(codes.windows(2).all(|w| w[0].0 < w[1].0), "{codes:?} is in order");
    }
    // Codes are declared in the tables only, and no table entry is unused.
    let mut wrong = Vec::new();
    let files = rust_files("src");
    for (file, text) in &files {
        let declares = file.ends_with("/codes.rs");
        for (at, _) in code(file, text).match_indices("\"HW") {
            let literal: String = code(file, text)[at + 1..].chars().take(6).collect();
            if !declares && literal[2..].chars().all(|c| c.is_ascii_digit()) {
                wrong.push(format!("{file}: {literal} stands outside of a table of codes"));
            }
        }
    }
    for (file, text) in files
        .iter()
        .filter(|(f, _)| f.ends_with("/codes.rs") && !f.contains("base"))
    {
        for line in text.lines() {
            let Some((name, _)) = line.trim().split_once(" = \"HW") else {
                continue;
            };
            let layer = file.rsplit_once('/').map_or("", |(l, _)| l);
            let used = files.iter().any(|(f, t)| !f.ends_with("/codes.rs") && t.contains(name));
            if !used {
                wrong.push(format!("{layer}: nothing uses {name}"));
            }
        }
    }
    report(wrong);
    let path = root().join("docs/diagnostics.md");
    let page = diagnostics_page();
    if std::env::var_os("HEADWORKS_BLESS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/diagnostics.md is stale: run the tests with HEADWORKS_BLESS=1"
    );
}

#[test]
fn every_test_file_is_hooked_in() {
    let main = std::fs::read_to_string(root().join("tests/it/main.rs")).expect("text");
    for entry in std::fs::read_dir(root().join("tests/it")).expect("a directory") {
        let path = entry.expect("an entry").path();
        let stem = path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let code = path.is_dir() && path.join("mod.rs").is_file() || path.extension().is_some_and(|e| e == "rs");
        if code && stem != "main" {
            assert!(
                main.contains(&format!("mod {stem};")),
                "tests/it/main.rs lacks mod {stem};"
            );
        }
    }
}

#[test]
fn every_type_is_whole() {
    let registry = catalog::registry().expect("the schemas are right");
    let drivers = catalog::drivers();
    let page = |name: String| {
        assert!(
            root().join(format!("docs/reference/{name}.md")).is_file(),
            "docs/reference/{name}.md is missing"
        );
    };
    let managed: BTreeSet<&str> = registry.resource_types().collect();
    let data: BTreeSet<&str> = registry.data_types().collect();
    assert_eq!(managed, drivers.managed.keys().copied().collect(), "types and drivers");
    assert_eq!(data, drivers.data.keys().copied().collect(), "data sources and drivers");
    managed.iter().for_each(|t| page((*t).to_string()));
    data.iter().for_each(|t| page(format!("data_{t}")));
    let embedded: BTreeSet<String> = catalog::SCHEMAS.iter().map(|(name, _)| (*name).to_string()).collect();
    let mut files = BTreeSet::new();
    let mut open = vec![root().join("schemas")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(root()).expect("below the root");
                    files.insert(name.to_string_lossy().replace('\\', "/"));
                }
            }
        }
    }
    assert_eq!(embedded, files, "schema files and the catalogue");
}

#[test]
fn every_example_is_introduced() {
    let mut pages = String::new();
    for name in ["README.md", "examples/README.md"] {
        pages.push_str(&std::fs::read_to_string(root().join(name)).unwrap_or_default());
    }
    for entry in std::fs::read_dir(root().join("examples")).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        if path.is_dir() {
            assert!(pages.contains(&name), "no README names the example {name}");
        }
    }
}
