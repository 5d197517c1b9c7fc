//! The main job: rows of a Tablestore table to OSS, from HCL to a healthy task and back.

use super::sandbox::{ROLE, Sandbox};
use insta::assert_snapshot;

const EXAMPLE: &str = "tablestore-to-oss";
const TASK: &str = "alicloud_ots_delivery_task.orders";
const BUCKET: &str = "alicloud_oss_bucket.lake";

fn applied() -> Sandbox {
    let sandbox = Sandbox::example(EXAMPLE);
    sandbox.apply();
    sandbox
}

#[test]
fn from_nothing_to_a_healthy_task_and_back() {
    let sandbox = Sandbox::example(EXAMPLE);
    sandbox.headworks("validate").ok();
    let before = sandbox.files();
    let plan = sandbox.headworks("validate -json").ok().json();
    assert_eq!(plan["valid"], true);
    assert_eq!(sandbox.files(), before, "validate writes nothing");

    assert_snapshot!("first_plan", sandbox.headworks("--sim plan").ok().out());
    sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
    let stream = sandbox.headworks("--sim plan -json").ok().out;
    let planned = stream.lines().filter(|line| {
        let message: serde_json::Value = serde_json::from_str(line).expect("each line is a JSON document");
        message["type"] == "planned_change"
    });
    assert_eq!(planned.count(), 4, "{stream}");
    assert_eq!(
        sandbox.headworks("--sim state list").ok().out,
        "",
        "a plan makes no state"
    );

    let apply = sandbox.apply();
    apply.says("Apply complete: 4 created, 0 updated, 0 deleted");
    apply.says("waiting, phase INIT").says("healthy (phase ");
    assert_eq!(
        sandbox.world(),
        format!(
            "oss_bucket orders-lake-cn-hangzhou\nots_delivery_task sampleinst/orders/orders-to-lake\n\
             ots_instance sampleinst\nots_table sampleinst/orders\nram_role {ROLE}\n"
        )
    );
    let second = sandbox.headworks("--sim plan -detailed-exitcode").ok();
    assert_snapshot!("second_plan", second.out());
    sandbox.apply().says("Nothing to do.");
    sandbox.headworks("--sim drift").ok().says("In sync: 4 of 4 compared");

    sandbox
        .headworks("--sim destroy -auto-approve")
        .ok()
        .says("Destroy complete: 0 created, 0 updated, 4 deleted");
    assert_eq!(sandbox.world(), "");
}

#[test]
fn what_was_applied_can_be_looked_at() {
    let sandbox = applied();
    assert_snapshot!("state_list", sandbox.headworks("--sim state list").ok().out());
    let below = sandbox.headworks("--sim state list alicloud_ots_table.orders").ok();
    assert_eq!(below.out, "alicloud_ots_table.orders\n");
    assert_snapshot!(
        "state_show",
        sandbox.headworks(&format!("--sim state show {TASK}")).ok().out()
    );
    assert_snapshot!("output", sandbox.headworks("--sim output").ok().out());
    let outputs = sandbox.headworks("--sim output -json").ok().json();
    assert_eq!(outputs["bucket"]["value"], "orders-lake-cn-hangzhou");
    assert_eq!(outputs["bucket"]["type"], "string");
    assert_eq!(
        sandbox.headworks("--sim output -raw bucket").ok().out,
        "orders-lake-cn-hangzhou"
    );
    assert_eq!(
        sandbox.headworks("--sim output bucket").ok().out,
        "\"orders-lake-cn-hangzhou\"\n"
    );
    sandbox
        .headworks("--sim output -raw")
        .fails()
        .says("needs the name of an output");
    sandbox
        .headworks("--sim output buckte")
        .fails()
        .says("HW0606")
        .says("did you mean \"bucket\"");
    assert_snapshot!("show", sandbox.headworks("--sim show").ok().out());
    let shown = sandbox.headworks("--sim show -json").ok().json();
    let resources = shown["values"]["root_module"]["resources"]
        .as_array()
        .expect("resources");
    assert_eq!(resources.len(), 4);
    let task = resources.iter().find(|r| r["address"] == TASK).expect("the task");
    assert_eq!(task["values"]["oss_prefix"], "orders/year=$yyyy/month=$MM");
    assert_eq!(task["depends_on"].as_array().map(Vec::len), Some(3));
    assert_snapshot!("graph", sandbox.headworks("graph").ok().out());
    sandbox
        .headworks("--sim state history")
        .ok()
        .says("apply done by tester@")
        .says("4 created");
    sandbox
        .headworks("--sim state show alicloud_oss_bucket.other")
        .fails()
        .says("HW0606");
    sandbox
        .headworks("--sim state show nonsense")
        .fails()
        .says("Invalid address");
}

#[test]
fn a_change_behind_its_back_is_drift_and_is_taken_back() {
    let sandbox = applied();
    let patch = [
        "sim",
        "patch",
        "oss_bucket",
        "orders-lake-cn-hangzhou",
        r#"{"acl":"public-read"}"#,
    ];
    sandbox.call(&patch, "").ok();
    let before = sandbox.files();
    let drift = sandbox.headworks("--sim drift").ends(2);
    assert_snapshot!("drift", drift.out());
    let json = sandbox.headworks("--sim drift -json").ends(2).json();
    assert!(json.to_string().contains("public-read"), "{json}");
    let state = |files: &[(std::path::PathBuf, Vec<u8>)]| -> Vec<_> {
        files
            .iter()
            .filter(|(path, _)| path.ends_with("sim-state.db"))
            .cloned()
            .collect()
    };
    assert_eq!(state(&sandbox.files()), state(&before), "drift writes nothing");
    assert_snapshot!(
        "plan_after_drift",
        sandbox.headworks("--sim plan -detailed-exitcode").ends(2).out()
    );
    sandbox
        .headworks("--sim plan -refresh=false -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox.apply().says("0 created, 1 updated, 0 deleted");
    sandbox.headworks("--sim drift").ok();
    let get = sandbox
        .headworks("sim get oss_bucket orders-lake-cn-hangzhou")
        .ok()
        .json();
    assert_eq!(get["acl"], "private");
}

#[test]
fn a_deleted_object_is_made_again() {
    let sandbox = applied();
    let world = sandbox.world();
    sandbox
        .headworks("sim delete ots_delivery_task sampleinst/orders/orders-to-lake")
        .ok();
    sandbox
        .headworks("--sim drift")
        .ends(2)
        .says(TASK)
        .says("deleted outside of headworks");
    sandbox.headworks("--sim plan").ok().says("1 change: 1 create");
    sandbox.apply().says("1 created, 0 updated, 0 deleted");
    assert_eq!(sandbox.world(), world);
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
}

#[test]
fn a_deleted_role_makes_the_task_unhealthy() {
    let sandbox = applied();
    sandbox.headworks(&format!("sim delete ram_role {ROLE}")).ok();
    let drift = sandbox.headworks("--sim drift").ends(2);
    assert_snapshot!("drift_unhealthy", drift.out());
    sandbox.apply();
    sandbox.headworks("--sim drift").ok();
}

#[test]
fn a_foreign_object_that_breaks_the_task_is_a_health_problem_without_drift() {
    let sandbox = Sandbox::example(EXAMPLE);
    // The role is not in the configuration: nothing that headworks keeps differs when it goes.
    sandbox.apply();
    sandbox
        .headworks("--sim state rm alicloud_resource_manager_service_linked_role.delivery")
        .ok();
    sandbox.headworks(&format!("sim delete ram_role {ROLE}")).ok();
    let drift = sandbox.headworks("--sim drift").ends(3);
    drift.says("UNAUTHORIZED").says("0 drifted, 1 unhealthy").says("fix:");
}

#[test]
fn another_prefix_replaces_the_task_and_says_why() {
    let sandbox = applied();
    sandbox.edit("month=$MM", "month=$MM/day=$dd");
    let line = sandbox.line("oss_prefix");
    let plan = sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
    plan.says(&format!("because oss_prefix changed at main.tf:{line}"));
    plan.says("1 REPLACE").says("data effect");
    assert_snapshot!("replacement", plan.out());
    sandbox.headworks("--sim plan -out=replace.plan").ok();
    let json = sandbox.headworks("--sim show -json replace.plan").ok().json();
    let changes = json["resource_changes"].as_array().expect("changes");
    let task = changes.iter().find(|c| c["address"] == TASK).expect("the task");
    assert_eq!(task["change"]["actions"], serde_json::json!(["delete", "create"]));
    assert_eq!(task["change"]["replace_paths"], serde_json::json!([["oss_prefix"]]));
    sandbox.apply().says("1 created, 0 updated, 1 deleted");
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
    let task = sandbox
        .headworks("sim get ots_delivery_task sampleinst/orders/orders-to-lake")
        .ok()
        .json();
    assert_eq!(task["config"]["oss_prefix"], "orders/year=$yyyy/month=$MM/day=$dd");
}

#[test]
fn a_part_can_be_planned_replaced_and_destroyed() {
    let sandbox = Sandbox::example(EXAMPLE);
    let target = format!("--sim apply -auto-approve -target={BUCKET}");
    sandbox
        .headworks(&target)
        .ok()
        .says("1 created")
        .says("-target leaves a part of the configuration out");
    assert_eq!(sandbox.headworks("--sim state list").ok().out, format!("{BUCKET}\n"));
    sandbox.apply().says("3 created");
    let replace = sandbox.headworks(&format!("--sim plan -replace={TASK}")).ok();
    replace.says("1 REPLACE").says("requested with -replace");
    sandbox
        .headworks(&format!("--sim apply -auto-approve -replace={TASK}"))
        .ok()
        .says("1 created, 0 updated, 1 deleted");
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
    let destroy = sandbox.headworks("--sim plan -destroy").ok();
    assert_snapshot!("destroy", destroy.out());
    sandbox
        .headworks(&format!("--sim destroy -auto-approve -target={TASK}"))
        .ok()
        .says("1 deleted");
    let left = sandbox.headworks("--sim state list").ok().out;
    assert_eq!(left.lines().count(), 3, "{left}");
    sandbox
        .headworks("--sim apply -destroy -auto-approve")
        .ok()
        .says("3 deleted");
    assert_eq!(sandbox.world(), "");
}

#[test]
fn nobody_to_ask_is_a_refusal() {
    let sandbox = Sandbox::example(EXAMPLE);
    sandbox
        .call(&["--sim", "apply"], "yes\n")
        .fails()
        .says("HW0601")
        .says("-auto-approve");
    assert_eq!(sandbox.headworks("--sim state list").ok().out, "");
    sandbox
        .headworks("--sim plan -destroy -refresh-only")
        .fails()
        .says("exclude each other");
}

#[test]
fn no_stream_has_escape_codes() {
    let mut sandbox = Sandbox::example(EXAMPLE);
    sandbox.set("CI", "1");
    sandbox.set("TERM", "dumb");
    let apply = sandbox.apply();
    assert!(!apply.out.contains('\u{1b}') && !apply.err.contains('\u{1b}'));
    assert!(!apply.out.contains('\r') && !apply.err.contains('\r'));
}

#[test]
fn lost_replies_double_nothing() {
    let wanted = applied().world();
    for operation in [
        "CreateDeliveryTask",
        "PutBucket",
        "CreateTable",
        "CreateServiceLinkedRole",
    ] {
        let sandbox = Sandbox::example(EXAMPLE);
        let chaos = format!("--chaos=at={operation}:1:lost_after");
        let first = sandbox.call(&["--sim", &chaos, "apply", "-auto-approve"], "");
        if first.code() != Some(0) {
            first.fails();
            sandbox.apply();
        } else {
            first.ok();
        }
        sandbox
            .headworks("--sim plan -detailed-exitcode")
            .ok()
            .says("No changes.");
        assert_eq!(sandbox.world(), wanted, "{operation}");
        sandbox.headworks("--sim destroy -auto-approve").ok();
        assert_eq!(sandbox.world(), "", "{operation}");
    }
}
