//! Broken configurations against Terraform 1.11.4: each is refused, its first error points at the same file and line, and says
//! the same in short. What differs is listed in `differs.txt` with a reason each; a difference that is not listed fails, and
//! so does a listed one that is gone.

use super::config_oracle::{Difference, judge};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::{Command, Output};

#[test]
fn broken_configurations_are_refused_where_terraform_refuses_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/diagnostics");
    let expected: Json = serde_json::from_str(&std::fs::read_to_string(root.join("expected.json")).unwrap()).unwrap();
    let expected = expected.as_object().unwrap();
    assert!(expected.len() >= 60, "cases are missing");
    let found: Vec<Difference> = expected
        .iter()
        .flat_map(|(name, golden)| case(&root.join(name), name, golden))
        .collect();
    judge(&root.join("differs.txt"), &found);
}

fn case(directory: &Path, name: &str, golden: &Json) -> Vec<Difference> {
    let checked = headworks(directory, &["validate", "-json"]);
    let mut exit = checked.status.code();
    let report: Json = serde_json::from_slice(&checked.stdout).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut errors = errors_of(report["diagnostics"].as_array().unwrap());
    if exit == Some(0) {
        let planned = headworks(directory, &["plan", "-json"]);
        exit = planned.status.code();
        let lines = String::from_utf8(planned.stdout).unwrap();
        let messages = lines.lines().map(|l| serde_json::from_str::<Json>(l).unwrap());
        let diagnostics: Vec<Json> = messages.map(|m| m["diagnostic"].clone()).collect();
        errors = errors_of(&diagnostics);
    }
    let Some(first) = errors.first() else {
        return match (exit, golden["plan"].as_i64()) {
            (Some(0), Some(0)) => Vec::new(),
            _ => vec![differs(
                name,
                &format!("  expected exit {}, found {exit:?}", golden["plan"]),
            )],
        };
    };
    let mut found = Vec::new();
    let wanted = golden["errors"].as_array().unwrap();
    let expected = wanted.first().map_or(Json::Null, |e| json!([e["file"], e["line"]]));
    // An error for which Terraform names no place is better with one.
    let placed = expected[0].is_null() || place(first) == expected;
    let code = first["code"].as_str().is_some_and(|c| c.starts_with("HW"));
    let text = serde_json::to_string_pretty(&errors).unwrap();
    if json!(exit) != golden["plan"] || !placed || !code {
        let how = format!(
            "  expected exit {} at {expected}, found exit {exit:?}:\n{text}",
            golden["plan"]
        );
        found.push(differs(name, &how));
    }
    // Of errors at one place, which of them comes first tells nothing.
    let there = wanted.iter().filter(|e| json!([e["file"], e["line"]]) == expected);
    let summaries: Vec<&Json> = there.map(|e| &e["summary"]).collect();
    if !summaries.contains(&&first["summary"]) {
        let how = format!("  expected one of {summaries:?}, found:\n{text}");
        found.push(differs(&format!("{name} summary"), &how));
    }
    found
}

fn errors_of(diagnostics: &[Json]) -> Vec<Json> {
    let errors = diagnostics.iter().filter(|d| d["severity"] == "error");
    errors.cloned().collect()
}

fn differs(case: &str, how: &str) -> Difference {
    Difference {
        case: case.into(),
        how: how.into(),
    }
}

fn headworks(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headworks"));
    command.current_dir(directory).args(args).output().unwrap()
}

fn place(diagnostic: &Json) -> Json {
    let range = &diagnostic["range"];
    json!([range["filename"], range["start"]["line"]])
}
