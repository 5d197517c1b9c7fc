//! The page of limits says what the code says: each row is a constant with its value and the words that stand at it, and no
//! limit is left out.

use regex::Regex;
use std::path::{Path, PathBuf};

/// Constants that bound how something looks or is done and refuse nothing.
const NO_LIMITS: &[(&str, &str)] = &[
    ("src/drivers/object.rs", "LIMIT"),
    ("src/engine/wait.rs", "PAUSE_MAX"),
    ("src/lang/eval/template.rs", "PREFIX_LIMIT"),
    ("src/lang/funcs/crypt.rs", "PASSWORD_MAX"),
    ("src/lang/funcs/gzip.rs", "MATCH_MAX"),
    ("src/lang/funcs/regex.rs", "CACHE_MAX"),
    ("src/lang/funcs/yaml_emit.rs", "SIMPLE_KEY_MAX"),
    ("src/report/diff.rs", "BEFORE_MAX"),
    ("src/report/diff.rs", "PATH_MAX"),
    ("src/report/leaves.rs", "ALIGNED_MAX"),
    ("src/report/overview.rs", "ADDRESS_MAX"),
    ("src/store/writer.rs", "GROUP_MAX"),
    ("src/wire/error.rs", "LIMIT"),
];

/// A constant that refuses what is more.
struct Limit {
    file: String,
    name: String,
    value: String,
    words: String,
}

impl Limit {
    fn row(&self) -> String {
        let Limit {
            file,
            name,
            value,
            words,
        } = self;
        format!(
            "| {} | {} | `{name}` in `{file}` |",
            words.replace('|', "\\|"),
            readable(value)
        )
    }
}

/// The parts of the page: title, and how the files begin that belong to it and to none before.
const PARTS: &[(&str, &[&str])] = &[
    ("The language", &["src/lang/"]),
    ("Numbers", &["src/base/"]),
    (
        "Files, modules and instances",
        &[
            "src/cli/",
            "src/config/",
            "src/plan/",
            "src/engine/glob",
            "src/engine/host",
        ],
    ),
    (
        "Services",
        &["src/wire/", "src/driver/", "src/drivers/", "src/engine/refresh"],
    ),
    ("Others", &["src/"]),
];

/// The page is made of what it says by hand before the first part and after the last, and of the parts.
#[test]
fn the_page_of_limits_says_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/limits.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (intro, rest) = page.split_once("\n## ").unwrap();
    let (_, end) = rest.split_once("\n## What is never done\n").unwrap();
    let mut limits = limits(root);
    assert!(limits.len() > 30, "the limits are found");
    let mut made = format!("{intro}\n");
    for (title, files) in PARTS {
        let (here, others): (Vec<Limit>, Vec<Limit>) = limits
            .into_iter()
            .partition(|l| files.iter().any(|f| l.file.starts_with(f)));
        limits = others;
        let rows: Vec<String> = here.iter().map(|l| l.row() + "\n").collect();
        made += &format!(
            "## {title}\n\n| What | Limit | Constant |\n|---|---|---|\n{}\n",
            rows.concat()
        );
    }
    made += &format!("## What is never done\n{end}");
    if std::env::var_os("HEADWORKS_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
        return;
    }
    let different: Vec<&str> = made.lines().filter(|l| !page.contains(l)).collect();
    assert!(
        page == made,
        "docs/limits.md is stale, run the tests with HEADWORKS_BLESS=1:\n{}",
        different.join("\n")
    );
}

/// Every numeric constant of the sources whose name says that it is a limit.
fn limits(root: &Path) -> Vec<Limit> {
    let constant = Regex::new(
        r"(?m)((?:^[ ]*///.*\n)*)^[ ]*(?:pub(?:\([a-z: ]*\))? )?const ([A-Z0-9_]+): (?:u8|u16|u32|u64|i64|usize|Duration) = ([^;]+);",
    )
    .unwrap();
    let is_limit = Regex::new(r"(^|_)(MAX|LIMIT)(_|$)").unwrap();
    let mut limits = Vec::new();
    for path in files(&root.join("src")) {
        let file = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if file.starts_with("src/sim") || file.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for found in constant.captures_iter(text).filter(|c| is_limit.is_match(&c[2])) {
            if NO_LIMITS.contains(&(&file, &found[2])) {
                continue;
            }
            let words: Vec<&str> = found[1]
                .lines()
                .map(|l| l.trim().trim_start_matches('/').trim())
                .collect();
            let words = words.join(" ");
            assert!(!words.is_empty(), "{} of {file} says what it is for", &found[2]);
            limits.push(Limit {
                file: file.clone(),
                name: found[2].to_string(),
                value: found[3].trim().to_string(),
                words: words
                    .replace("[`", "`")
                    .replace("`]", "`")
                    .replace("(effort::PARTS_MAX)", ""),
            });
        }
    }
    limits.sort_by(|a, b| (&a.file, &a.name).cmp(&(&b.file, &b.name)));
    limits
}

/// A value as people write it.
fn readable(value: &str) -> String {
    let seconds = value
        .strip_prefix("Duration::from_secs(")
        .and_then(|v| v.strip_suffix(')'));
    match (seconds, value) {
        (Some(seconds), _) => format!("{seconds} s"),
        (_, "64 << 20") => "64 MiB".into(),
        (_, "1 << 20") => "1 048 576".into(),
        (_, value) => match value.strip_suffix(" * 1024 * 1024") {
            Some(mebibytes) => format!("{mebibytes} MiB"),
            None => value.replace('_', " "),
        },
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut open = vec![directory.to_path_buf()];
    let mut files = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            match entry.path().is_dir() {
                true => open.push(entry.path()),
                false if entry.path().extension().is_some_and(|e| e == "rs") => files.push(entry.path()),
                false => {}
            }
        }
    }
    files.sort();
    files
}
