//! Broken configurations against Terraform 1.11.4: each is refused, and its first error points at the same file and line. What
//! differs is listed in `differs.txt` with a reason each; a difference that is not listed fails, and so does a listed
//! one that is gone.

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
        .filter_map(|(name, golden)| case(&root.join(name), name, golden))
        .collect();
    judge(&root.join("differs.txt"), &found);
}

fn case(directory: &Path, name: &str, golden: &Json) -> Option<Difference> {
    let checked = headworks(directory, &["validate", "-json"]);
    let mut exit = checked.status.code();
    let report: Json = serde_json::from_slice(&checked.stdout).unwrap_or_else(|e| panic!("{name}: {e}"));
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let mut first = diagnostics.iter().find(|d| d["severity"] == "error").map(place);
    let mut shown = String::from_utf8_lossy(&headworks(directory, &["validate"]).stderr).into_owned();
    if exit == Some(0) {
        let planned = headworks(directory, &["plan", "-no-color"]);
        exit = planned.status.code();
        shown = String::from_utf8_lossy(&planned.stderr).into_owned();
        first = (exit != Some(0)).then(|| place_in_text(&shown));
    }
    let wanted = golden["errors"].as_array().unwrap().first();
    let wanted = wanted.map(|e| json!([e["file"], e["line"]]));
    if exit == Some(1) && golden["plan"] == 1 && !shown.contains("HW") {
        return differs(name, &format!("  an error without code:\n{shown}"));
    }
    // An error for which Terraform names no place is better with one.
    let placed = wanted.as_ref().is_none_or(|w| w[0].is_null()) || wanted == first;
    if json!(exit) == golden["plan"] && placed {
        return None;
    }
    let how = format!(
        "  expected exit {} at {}: {}\n  found exit {exit:?} at {}:\n{shown}",
        golden["plan"],
        wanted.unwrap_or_default(),
        golden["errors"][0]["summary"],
        first.unwrap_or_default(),
    );
    differs(name, &how)
}

fn differs(name: &str, how: &str) -> Option<Difference> {
    Some(Difference {
        case: name.into(),
        how: how.into(),
    })
}

fn headworks(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headworks"));
    command.current_dir(directory).args(args).output().unwrap()
}

fn place(diagnostic: &Json) -> Json {
    let range = &diagnostic["range"];
    json!([range["filename"], range["start"]["line"]])
}

/// The first `FILE:LINE` of an error that was printed.
fn place_in_text(text: &str) -> Json {
    let pattern = regex::Regex::new(r"(main\.tf(?:\.json)?):(\d+)").unwrap();
    match pattern.captures(text) {
        Some(found) => json!([&found[1], found[2].parse::<u32>().unwrap()]),
        None => Json::Null,
    }
}
