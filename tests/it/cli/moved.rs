//! Objects that get other addresses, leave the state or come into it: the cloud is left alone.

use super::sandbox::Sandbox;
use serde_json::json;

fn bucket(label: &str, name: &str) -> String {
    format!("resource \"alicloud_oss_bucket\" {label:?} {{\n  bucket = {name:?}\n  acl    = \"private\"\n}}\n")
}

fn states(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.headworks("--sim state list").ok().out;
    list.lines().map(str::to_string).collect()
}

#[test]
fn a_moved_object_keeps_what_it_is() {
    let sandbox = Sandbox::with(&(bucket("lake", "lake-of-tests") + &bucket("pond", "pond-of-tests")));
    sandbox.apply();
    let world = sandbox.world();
    let moved = "moved {\n  from = alicloud_oss_bucket.lake\n  to   = alicloud_oss_bucket.sea[\"a b\"]\n}\n";
    let sea = bucket("sea", "lake-of-tests").replace("{\n", "{\n  for_each = toset([\"a b\"])\n");
    sandbox.write("main.tf", format!("{moved}{sea}{}", bucket("pond", "pond-of-tests")));
    let plan = sandbox.headworks("--sim plan -detailed-exitcode -out=plan.hw").ends(2);
    plan.says("alicloud_oss_bucket.lake has moved here")
        .says("No changes of objects.");
    let shown = sandbox.headworks("--sim show -json plan.hw").ok().json();
    let change = &shown["resource_changes"][1];
    assert_eq!(change["address"], "alicloud_oss_bucket.sea[\"a b\"]");
    assert_eq!(change["previous_address"], "alicloud_oss_bucket.lake");
    assert_eq!(change["change"]["actions"], json!(["no-op"]));
    assert_eq!(shown["applyable"], true);
    // Planning moves nothing.
    assert_eq!(
        states(&sandbox),
        ["alicloud_oss_bucket.lake", "alicloud_oss_bucket.pond"]
    );
    sandbox.headworks("--sim apply plan.hw").ok();
    assert_eq!(
        states(&sandbox),
        ["alicloud_oss_bucket.pond", "alicloud_oss_bucket.sea[\"a b\"]"]
    );
    assert_eq!(sandbox.world(), world);
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
}

#[test]
fn a_move_with_a_change_and_a_destroy_find_the_object() {
    let sandbox = Sandbox::with(&bucket("lake", "lake-of-tests"));
    sandbox.apply();
    let moved = "moved {\n  from = alicloud_oss_bucket.lake\n  to   = alicloud_oss_bucket.sea\n}\n";
    let changed = bucket("sea", "lake-of-tests").replace("private", "public-read");
    sandbox.write("main.tf", format!("{moved}{changed}"));
    sandbox
        .headworks("--sim apply -auto-approve")
        .ok()
        .says("1 moved, 0 created, 1 updated");
    assert_eq!(states(&sandbox), ["alicloud_oss_bucket.sea"]);
    sandbox.write(
        "main.tf",
        "moved {\n  from = alicloud_oss_bucket.sea\n  to = alicloud_oss_bucket.ocean\n}\n",
    );
    let shown = sandbox.headworks("--sim plan -json").ok();
    shown.says("delete_because_no_move_target");
    sandbox.headworks("--sim destroy -auto-approve").ok();
    assert_eq!((states(&sandbox).len(), sandbox.world()), (0, String::new()));
}

#[test]
fn what_is_removed_on_purpose_stays_in_the_cloud() {
    let sandbox = Sandbox::with(&(bucket("lake", "lake-of-tests") + &bucket("pond", "pond-of-tests")));
    sandbox.apply();
    let world = sandbox.world();
    let removed = "removed {\n  from = alicloud_oss_bucket.lake\n  lifecycle {\n    destroy = false\n  }\n}\n";
    sandbox.write("main.tf", format!("{removed}{}", bucket("pond", "pond-of-tests")));
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ends(2)
        .says("1 forget")
        .says("no longer managed by headworks");
    sandbox.headworks("--sim apply -auto-approve").ok();
    assert_eq!(states(&sandbox), ["alicloud_oss_bucket.pond"]);
    assert_eq!(sandbox.world(), world);
    sandbox.write("main.tf", removed.to_string() + &bucket("lake", "lake-of-tests"));
    sandbox
        .headworks("--sim plan")
        .ends(1)
        .says("Removed resource still exists");
}

#[test]
fn a_move_that_is_cut_off_before_its_run_began_loses_nothing() {
    let sandbox = Sandbox::with(&bucket("lake", "lake-of-tests"));
    sandbox.apply();
    let moved = "moved {\n  from = alicloud_oss_bucket.lake\n  to   = alicloud_oss_bucket.sea\n}\n";
    sandbox.write("main.tf", format!("{moved}{}", bucket("sea", "lake-of-tests")));
    sandbox.headworks("--sim plan -out=first.hw").ok();
    sandbox.headworks("--sim apply -auto-approve").ok();
    // The saved plan is for the state before: it must not move anything a second time.
    sandbox.headworks("--sim apply first.hw").ends(1).says("stale");
    assert_eq!(states(&sandbox), ["alicloud_oss_bucket.sea"]);
}

#[test]
fn import_blocks_take_objects_in_and_write_their_configuration() {
    let sandbox = Sandbox::with(&(bucket("lake", "lake-of-tests") + &bucket("pond", "pond-of-tests")));
    sandbox.apply();
    let world = sandbox.world();
    for label in ["lake", "pond"] {
        sandbox
            .headworks(&format!("--sim state rm alicloud_oss_bucket.{label}"))
            .ok();
    }
    let import =
        |label: &str, name: &str| format!("import {{\n  to = alicloud_oss_bucket.{label}\n  id = {name:?}\n}}\n");
    let both = import("lake", "lake-of-tests") + &import("pond", "pond-of-tests");
    sandbox.write("main.tf", both.clone() + &bucket("lake", "lake-of-tests"));
    sandbox
        .headworks("--sim plan")
        .ends(1)
        .says("Configuration for import target does not exist");
    let plan = sandbox.headworks("--sim plan -detailed-exitcode -out=plan.hw -generate-config-out=new.tf");
    plan.ends(2).says("2 to import").says("its configuration is generated");
    let written = sandbox.read("new.tf");
    assert!(
        written.contains("resource \"alicloud_oss_bucket\" \"pond\" {\n"),
        "{written}"
    );
    let shown = sandbox.headworks("--sim show -json plan.hw").ok().json();
    assert_eq!(
        shown["resource_changes"][0]["change"]["importing"],
        json!({"id": "lake-of-tests"})
    );
    assert!(shown["resource_changes"][1]["change"]["generated_config"].is_string());
    sandbox.headworks("--sim apply plan.hw").ok();
    assert_eq!(
        states(&sandbox),
        ["alicloud_oss_bucket.lake", "alicloud_oss_bucket.pond"]
    );
    assert_eq!(sandbox.world(), world);
    // What the state has is not imported again, and the written configuration is what is there.
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox
        .headworks("--sim plan -generate-config-out=new.tf")
        .ends(1)
        .says("Target generated file already exists");
}

#[test]
fn imports_that_can_t_be_followed_are_told_with_their_place() {
    let lake = bucket("lake", "lake-of-tests");
    for (block, said) in [
        (
            "to = alicloud_oss_bucket.lake\n  id = \"no-such-bucket\"",
            "There is no alicloud_oss_bucket",
        ),
        ("to = alicloud_oss_bucket.lake\n  id = \"\"", "can't be empty"),
        ("to = alicloud_oss_bucket.lake\n  id = null", "can't be null"),
        (
            "to = alicloud_oss_bucket.lake[0]\n  id = \"x\"",
            "Invalid import 'to' expression",
        ),
        ("to = module.m\n  id = \"x\"", "Invalid import address"),
        ("to = data.t.x\n  id = \"x\"", "Invalid import address"),
        ("to = alicloud_oss_bucket.lake", "The argument \"id\" is required"),
    ] {
        let sandbox = Sandbox::with(&format!("{lake}import {{\n  {block}\n}}\n"));
        let refused = sandbox.headworks("--sim plan").ends(1);
        refused.says(said).says("main.tf:");
        assert_eq!(states(&sandbox).len(), 0);
    }
}
