//! What is said and done about a run that was cut off: beforehand by plan, by the next apply, and by the user where nobody can
//! tell by looking.

use super::kill_sweep::killed_at;
use super::sandbox::Sandbox;
use headworks::store::{OpenMode, SqliteState};
use jiff::Timestamp;
use std::collections::BTreeSet;

const APPLY: &str = "--sim --chaos=speed=20 apply -auto-approve -parallelism=1";
const DESTROY: &str = "--sim --chaos=speed=20 destroy -auto-approve -parallelism=1";
/// The role can't be looked at.
const BLIND: &str = "--sim --chaos=speed=20,at=GetRole:*:error_before apply -auto-approve";

fn role(label: &str, seconds: u32) -> String {
    format!(
        "resource \"alicloud_ram_role\" {label:?} {{\n  role_name = {label:?}\n  description = var.about\n  \
         max_session_duration = {seconds}\n  assume_role_policy_document = jsonencode({{\n    Version = \"1\"\n    \
         Statement = [{{ Action = \"sts:AssumeRole\", Effect = \"Allow\", Principal = {{ Service = \
         [\"ots.aliyuncs.com\"] }} }}]\n  }})\n}}\n"
    )
}

fn roles(seconds: u32, about: &str) -> String {
    let about = format!("variable \"about\" {{\n  default   = {about:?}\n  sensitive = true\n}}\n");
    let provider = "provider \"alicloud\" {\n  region = \"cn-hangzhou\"\n}\n";
    format!(
        "{provider}{about}{}{}",
        role("reader", seconds),
        role("writer", seconds)
    )
}

fn database(sandbox: &Sandbox) -> SqliteState {
    let path = sandbox.path(".headworks/sim-state.db");
    SqliteState::open(&path, OpenMode::ReadOnly, Timestamp::UNIX_EPOCH).expect("opens")
}

/// The state goes aside, so that the world is changed by somebody else; gives the objects that somebody makes with `text`.
fn somebody_else_makes(sandbox: &Sandbox, text: &str) {
    let mine = sandbox.read("main.tf");
    let files: Vec<_> = sandbox
        .files()
        .into_iter()
        .filter(|(p, _)| p.to_string_lossy().contains("sim-state"))
        .collect();
    for (path, _) in &files {
        std::fs::remove_file(path).expect("removed");
    }
    sandbox.write("main.tf", text);
    sandbox.headworks(APPLY).ok();
    for (path, _) in sandbox.files() {
        if path.to_string_lossy().contains("sim-state") {
            std::fs::remove_file(path).expect("removed");
        }
    }
    for (path, bytes) in files {
        std::fs::write(path, bytes).expect("written");
    }
    sandbox.write("main.tf", mine);
}

fn notes(err: &str) -> BTreeSet<String> {
    let lines = err.lines().filter_map(|l| l.trim().strip_prefix("note "));
    lines
        .filter(|l| l.contains("interrupted"))
        .map(str::to_string)
        .collect()
}

#[test]
fn a_plan_says_what_the_next_apply_does_and_writes_nothing() {
    let sandbox = Sandbox::with(&roles(3600, "x"));
    killed_at(&sandbox, APPLY, "after-call:1").expect("killed");
    let before = database(&sandbox).load().expect("loads");
    let plan = sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
    plan.says("run 1 (apply by tester on")
        .says("was cut off with 1 step under way");
    plan.says("alicloud_ram_role.reader: create was interrupted after the object was made");
    plan.says("1 create   1 unchanged");
    assert_eq!(database(&sandbox).load().expect("loads"), before);
    assert_eq!(database(&sandbox).open_steps().expect("loads").len(), 1);
    let apply = sandbox.headworks(APPLY).ok();
    assert_eq!(notes(&apply.err), notes(&plan.err));
    apply.says("1 created");
    let again = sandbox.headworks(APPLY).ok();
    again.lacks("interrupted").lacks("cut off");
    sandbox.headworks("--sim state history").ok().says("recovered");
}

#[test]
fn both_versions_are_shown_without_what_is_sensitive_and_the_user_says_whose_it_is() {
    for verdict in ["adopt", "disown"] {
        let sandbox = Sandbox::with(&roles(3600, "my-own-words"));
        // Both roles are under way, and neither is there: their calls get lost before that.
        let two = APPLY.replace("-parallelism=1", "-parallelism=2");
        let two = two.replace("speed=20", "speed=20,at=CreateRole:*:lost_before");
        killed_at(&sandbox, &two, "after-begin_step:2").expect("killed");
        let theirs = roles(7200, "their-own-words");
        let (theirs, _) = theirs.split_at(theirs.find("resource \"alicloud_ram_role\" \"writer\"").expect("there"));
        somebody_else_makes(&sandbox, theirs);
        sandbox.headworks("--sim plan").ok().says("can't be settled");
        for _ in 0..2 {
            let refused = sandbox.headworks(APPLY).fails();
            refused.says("max_session_duration: meant 3600, found 7200");
            refused.says("description: meant (sensitive), found (sensitive)");
            refused.lacks("own-words");
            refused.says("headworks state settle 'alicloud_ram_role.reader' adopt");
        }
        // The other one was settled all the same.
        assert_eq!(database(&sandbox).open_steps().expect("loads").len(), 1);
        let settle = format!("--sim state settle alicloud_ram_role.reader {verdict}");
        sandbox.headworks(&settle).ok();
        if verdict == "adopt" {
            sandbox.headworks(APPLY).ok().says("1 created, 1 updated");
            sandbox.headworks("--sim plan -detailed-exitcode").ok();
        } else {
            assert!(database(&sandbox).open_steps().expect("loads").is_empty());
            sandbox.headworks(APPLY).fails().lacks("interrupted");
            sandbox.headworks(&settle).fails().says("No interrupted step");
        }
    }
}

#[test]
fn a_change_or_deletion_that_nobody_can_look_at_is_settled_by_the_user() {
    let made = Sandbox::with(&roles(3600, "x"));
    made.headworks(APPLY).ok();
    for (args, verdict, objects) in [
        (APPLY, "adopt", 2),
        (APPLY, "disown", 1),
        (DESTROY, "adopt", 2),
        (DESTROY, "disown", 1),
    ] {
        let sandbox = made.twin();
        sandbox.write("main.tf", roles(7200, "x"));
        killed_at(&sandbox, args, "before-call:1").expect("killed");
        let open = database(&sandbox).open_steps().expect("loads");
        let address = open[0].intent.target.to_string();
        sandbox
            .headworks(BLIND)
            .fails()
            .says("can't be settled")
            .says("state settle");
        sandbox
            .headworks(&format!("--sim state settle {address} {verdict}"))
            .ok();
        assert!(database(&sandbox).open_steps().expect("loads").is_empty());
        let list = sandbox.headworks("--sim state list").ok().out;
        assert_eq!(list.lines().count(), objects, "{args} {verdict}");
        if verdict == "adopt" {
            sandbox.headworks(args).ok();
            assert_eq!(sandbox.world().lines().count(), if args == APPLY { 2 } else { 0 });
        }
    }
}

#[test]
fn the_client_token_of_the_first_attempt_survives_every_further_kill() {
    let sandbox = Sandbox::example("dataworks-sync");
    killed_at(&sandbox, APPLY, "before-call:1").expect("killed");
    let token = |open: &[headworks::store::OpenStep]| open[0].intent.token.clone().expect("a token");
    let first = token(&database(&sandbox).open_steps().expect("loads"));
    for point in ["after-fail_step:1", "after-finish_run:1", "after-begin_run:1"] {
        killed_at(&sandbox, APPLY, point).expect("killed");
        let kept = database(&sandbox).kept_tokens().expect("loads");
        assert_eq!(kept[0].token, first, "{point}");
    }
    killed_at(&sandbox, APPLY, "after-begin_step:1").expect("killed");
    assert_eq!(token(&database(&sandbox).open_steps().expect("loads")), first);
    // Another task is another request, which the service would refuse under the same token.
    sandbox.edit("splitPk    = \"id\"", "splitPk    = \"state\"");
    killed_at(&sandbox, APPLY, "after-begin_step:1").expect("killed");
    assert_ne!(token(&database(&sandbox).open_steps().expect("loads")), first);
    sandbox.headworks(APPLY).ok();
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
}

#[test]
fn a_saved_plan_is_applied_after_what_was_left_is_settled() {
    let sandbox = Sandbox::with(&roles(3600, "x"));
    killed_at(&sandbox, APPLY, "after-call:1").expect("killed");
    sandbox.headworks("--sim plan -out=plan.hw").ok();
    // To adopt the role changed the state.
    sandbox
        .headworks("--sim apply plan.hw")
        .fails()
        .says("stale")
        .says("was settled just now");
    sandbox.headworks("--sim plan -out=plan.hw").ok().lacks("interrupted");
    sandbox.headworks("--sim apply plan.hw").ok().says("1 created");
    let other = Sandbox::with(&roles(3600, "x"));
    killed_at(&other, APPLY, "before-call:1").expect("killed");
    other.headworks("--sim plan -out=plan.hw").ok();
    other
        .headworks("--sim apply plan.hw")
        .ok()
        .says("before it had an effect")
        .says("2 created");
}

#[test]
fn a_failpoint_is_for_the_embedded_cloud_and_has_a_form() {
    let mut sandbox = Sandbox::with(&roles(3600, "x"));
    sandbox.set("HEADWORKS_FAILPOINT", "any:1");
    sandbox
        .headworks("plan")
        .fails()
        .says("HEADWORKS_FAILPOINT can't be used")
        .says("add --sim");
    sandbox.set("HEADWORKS_FAILPOINT", "some day");
    sandbox.headworks("--sim plan").fails().says("POINT:NUMBER");
}

#[test]
fn moves_imports_and_forgotten_objects_survive_a_kill_at_every_position() {
    let provider = "provider \"alicloud\" {\n  region = \"cn-hangzhou\"\n}\n";
    let bucket = |label: &str, name: &str, acl: &str| {
        format!("resource \"alicloud_oss_bucket\" {label:?} {{\n  bucket = {name:?}\n  acl = {acl:?}\n}}\n")
    };
    let before = Sandbox::with(&format!("{provider}{}", bucket("there", "lake-there", "private")));
    before.headworks(APPLY).ok();
    // Somebody else's, to be imported.
    before.headworks("--sim state rm alicloud_oss_bucket.there").ok();
    let first = bucket("old", "lake-moved", "private") + &bucket("gone", "lake-forgotten", "private");
    before.write("main.tf", format!("{provider}{first}"));
    before.headworks(APPLY).ok();
    let then = [
        provider.to_string(),
        "moved {\n  from = alicloud_oss_bucket.old\n  to = alicloud_oss_bucket.new\n}\n".to_string(),
        "import {\n  to = alicloud_oss_bucket.there\n  id = \"lake-there\"\n}\n".to_string(),
        "removed {\n  from = alicloud_oss_bucket.gone\n  lifecycle {\n    destroy = false\n  }\n}\n".to_string(),
        bucket("new", "lake-moved", "public-read"),
        bucket("there", "lake-there", "private"),
        bucket("more", "lake-more", "private"),
    ];
    before.write("main.tf", then.concat());
    let undisturbed = before.twin();
    undisturbed.headworks(APPLY).ok();
    let (world, list) = (undisturbed.world(), undisturbed.headworks("--sim state list").ok().out);
    assert_eq!((world.lines().count(), list.lines().count()), (4, 3));
    let stride = if everything() { 1 } else { 5 };
    let mut number = 1;
    loop {
        let sandbox = before.twin();
        let Some(place) = killed_at(&sandbox, APPLY, &format!("any:{number}")) else {
            break;
        };
        sandbox.headworks(APPLY).ok();
        let plan = sandbox.headworks("--sim plan -detailed-exitcode");
        assert_eq!(plan.code(), Some(0), "{place}: {}", plan.ok_or_not().out);
        assert_eq!(sandbox.world(), world, "{place}");
        assert_eq!(sandbox.headworks("--sim state list").ok().out, list, "{place}");
        number += stride;
    }
    assert!(number > 15, "{number}");
}

fn everything() -> bool {
    std::env::var_os("HEADWORKS_SWEEP").is_some_and(|v| v == "all")
}

/// Numbers that look random and are the same every time.
fn draw(seed: &mut u64, below: u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

#[test]
fn a_large_apply_killed_again_and_again_ends_as_if_nothing_had_been() {
    let all = everything();
    // Each makes a table, its delivery task, a bucket, a role and a piece of data; with the role of the service, 301 objects in
    // all. An instance holds 64 tables, an account 100 buckets.
    let each = if all { 60 } else { 10 };
    let text = format!(
        "provider \"alicloud\" {{\n  region = \"cn-hangzhou\"\n}}\n\
         locals {{\n  names = toset([for i in range({each}) : format(\"n%03d\", i)])\n}}\n\
         resource \"alicloud_resource_manager_service_linked_role\" \"delivery\" {{\n  service_name = \
         \"datadelivery.ots.aliyuncs.com\"\n}}\n\
         resource \"terraform_data\" \"note\" {{\n  for_each = local.names\n  input = each.key\n}}\n\
         resource \"alicloud_oss_bucket\" \"lake\" {{\n  for_each = local.names\n  bucket = \"lake-${{each.key}}\"\n  \
         tags = {{ team = terraform_data.note[each.key].output }}\n}}\n\
         resource \"alicloud_ram_role\" \"reader\" {{\n  for_each = local.names\n  role_name = \"reader-${{each.key}}\"\n  \
         assume_role_policy_document = jsonencode({{\n    Version = \"1\"\n    Statement = [{{ Action = \
         \"sts:AssumeRole\", Effect = \"Allow\", Principal = {{ Service = [\"ots.aliyuncs.com\"] }} }}]\n  }})\n}}\n\
         resource \"alicloud_ots_table\" \"t\" {{\n  for_each = local.names\n  instance_name = \"sampleinst\"\n  table_name = \
         each.key\n  time_to_live = -1\n  max_version = 1\n  primary_key {{\n    name = \"id\"\n    type = \"String\"\n  }}\n  defined_column {{\n    name = \"c\"\n    \
         type = \"String\"\n  }}\n}}\n\
         resource \"alicloud_ots_delivery_task\" \"d\" {{\n  for_each = local.names\n  instance_name = \
         alicloud_ots_table.t[each.key].instance_name\n  table_name = alicloud_ots_table.t[each.key].table_name\n  task_name = \
         each.key\n  oss_bucket = alicloud_oss_bucket.lake[each.key].bucket\n  oss_endpoint = \
         \"oss-cn-hangzhou.aliyuncs.com\"\n  oss_prefix = \"x/year=$yyyy/month=$MM\"\n  oss_sts_role = \
         alicloud_resource_manager_service_linked_role.delivery.arn\n  schema {{\n    column_name = \"id\"\n    oss_column_name \
         = \"id\"\n    type = \"UTF8\"\n  }}\n}}\n"
    );
    let apply = "--sim --chaos=speed=20 apply -auto-approve";
    let undisturbed = Sandbox::with(&text);
    undisturbed.headworks(apply).ok();
    let (world, list) = (undisturbed.world(), undisturbed.headworks("--sim state list").ok().out);
    assert_eq!(list.lines().count(), 5 * each + 1);
    for first in 0..if all { 5 } else { 1 } {
        let sandbox = Sandbox::with(&text);
        let (mut seed, mut kills) = (first, 0);
        while killed_at(
            &sandbox,
            apply,
            &format!("any:{}", 10 + draw(&mut seed, 12 * each as u64)),
        )
        .is_some()
        {
            kills += 1;
        }
        assert!(kills > 0);
        sandbox.headworks("--sim --chaos=speed=20 plan -detailed-exitcode").ok();
        assert_eq!(sandbox.world(), world, "after {kills} kills");
        assert_eq!(sandbox.headworks("--sim state list").ok().out, list);
        sandbox.headworks("--sim --chaos=speed=20 destroy -auto-approve").ok();
        assert_eq!(sandbox.world(), "");
    }
}
