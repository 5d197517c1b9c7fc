//! The content of a sync task of DataWorks, as text and as an object: what a plan says of a change, and of none.

use super::sandbox::Sandbox;
use serde_json::{Value as Json, json};

/// The vendor's sample, applied.
fn sample() -> Sandbox {
    let sandbox = Sandbox::example("vendor-sample-dataworks");
    sandbox.apply();
    sandbox
}

#[test]
fn text_object_and_another_layout_are_one_document() {
    let sandbox = sample();
    sandbox.edit("task_content = <<-JSON", "task_content = jsondecode(<<-JSON");
    sandbox.edit("\n  JSON\n", "\n  JSON\n  )\n");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox.edit("task_content = jsondecode(", "task_content = jsonencode(jsondecode(");
    sandbox.edit("\n  JSON\n  )\n", "\n  JSON\n  ))\n");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
}

#[test]
fn a_changed_column_is_shown_as_a_change_of_that_column() {
    let sandbox = sample();
    let shown = |sandbox: &Sandbox| {
        let screen = sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
        screen.says("task_content.steps[Reader].parameter.column");
        screen.says("score");
        for other in ["create_time", "u_pk", "odps_source", "hops"] {
            screen.lacks(&format!("~ \"{other}"));
        }
        screen.out()
    };
    sandbox.edit(
        "\"score\",\"t_01\"],\"connection\"",
        "\"points\",\"t_01\"],\"connection\"",
    );
    let as_text = shown(&sandbox);
    assert!(as_text.contains("JSON, 1 of 30 leaves differ"), "{as_text}");
    assert!(as_text.contains("~ \"score\" → \"points\""), "{as_text}");

    sandbox.edit("task_content = <<-JSON", "task_content = jsondecode(<<-JSON");
    sandbox.edit("\n  JSON\n", "\n  JSON\n  )\n");
    let mixed = sandbox.headworks("--sim plan").ok().out();
    assert!(mixed.contains("~ \"score\" → \"points\""), "{mixed}");
    sandbox.apply();
    sandbox.edit(
        "\"points\",\"t_01\"],\"connection\"",
        "\"score\",\"t_01\"],\"connection\"",
    );
    let as_object = shown(&sandbox);
    assert!(
        as_object.contains("name      = \"Reader\"") && as_object.contains("-\"points\", +\"score\""),
        "{as_object}"
    );
}

#[test]
fn a_change_in_data_studio_is_seen_and_mended() {
    let sandbox = sample();
    let there = |sandbox: &Sandbox| -> Json { sandbox.headworks("sim get dw_file 10000/1000001").ok().json() };
    let before = there(&sandbox);
    let content = before["content"].as_str().unwrap_or_default();
    let mut document: Json = serde_json::from_str(content).expect("content is JSON");
    document["steps"][1]["parameter"]["partition"] = json!("pt=2026");
    document["extend"] = json!({"mode": "code"});
    let patch = json!({"content": document.to_string()}).to_string();
    sandbox
        .call(&["sim", "patch", "dw_file", "10000/1000001", &patch], "")
        .ok();
    let drift = sandbox.headworks("--sim drift").ends(2);
    drift.says("steps[Writer].parameter.partition").says("pt=2026");
    drift.lacks("extend");
    sandbox.apply();
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
    let now: Json = serde_json::from_str(there(&sandbox)["content"].as_str().unwrap_or_default()).expect("JSON");
    assert_eq!(now["steps"][1]["parameter"]["partition"], "pt=${bizdate}");
}

#[test]
fn what_the_api_can_not_change_is_replaced() {
    let sandbox = Sandbox::example("vendor-sample-dataworks");
    sandbox.edit("\"DI_OFFLINE\"", "\"DI_REALTIME\"");
    sandbox.apply();
    sandbox.edit("\"new_di_task\"", "\"renamed\"");
    let plan = sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
    plan.says("1 REPLACE").says("forces replacement");
    plan.says("Changes of the source are not followed");
    sandbox.edit("\"DI_REALTIME\"", "\"DI_OFFLINE\"");
    sandbox.apply();
    sandbox.edit("\"renamed\"", "\"renamed_again\"");
    let plan = sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
    plan.says("1 update").lacks("forces replacement");
    sandbox.apply();
    assert_eq!(sandbox.world(), "dw_file 10000/1000002\n");
}
