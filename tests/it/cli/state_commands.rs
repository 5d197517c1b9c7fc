//! Commands that look at the state and change it: what they print, as Terraform does, and what they leave alone.

use super::sandbox::Sandbox;

const CONFIG: &str = r#"
resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "c" {
  count = 2
  input = terraform_data.a.output
}
module "m" {
  source   = "./m"
  for_each = toset(["x", "y z"])
}
output "a" { value = terraform_data.a.id }
"#;

const MODULE: &str = "resource \"terraform_data\" \"z\" {}\n";

fn applied() -> Sandbox {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.write("m/main.tf", MODULE);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox
}

fn list(sandbox: &Sandbox) -> Vec<String> {
    let out = sandbox.headworks("state list").ok().out;
    out.lines().map(str::to_string).collect()
}

fn call(sandbox: &Sandbox, args: &[&str]) -> super::sandbox::Ran {
    sandbox.call(args, "")
}

#[test]
fn list_takes_addresses_and_ids_and_names_what_is_missing() {
    let sandbox = applied();
    let all = list(&sandbox);
    assert_eq!(
        all,
        [
            "terraform_data.a",
            "terraform_data.c[0]",
            "terraform_data.c[1]",
            "module.m[\"x\"].terraform_data.z",
            "module.m[\"y z\"].terraform_data.z",
        ]
    );
    let some = call(&sandbox, &["state", "list", "terraform_data.c", "module.m[\"y z\"]"]).ok();
    assert_eq!(some.out.lines().collect::<Vec<_>>(), [&all[1], &all[2], &all[4]]);
    let id = sandbox.headworks("output -raw a").ok().out;
    let found = sandbox.headworks(&format!("state list -id={id}")).ok().out;
    assert_eq!(found, "terraform_data.a\n");
    assert_eq!(sandbox.headworks("state list -id=nobody").ok().out, "");
    for (given, says, near) in [
        (
            "terraform_data.aa",
            "Unknown resource",
            "did you mean terraform_data.a?",
        ),
        (
            "terraform_data.c[7]",
            "Unknown resource instance",
            "did you mean terraform_data.c[0]?",
        ),
        ("module.n", "Unknown module", "did you mean module.m?"),
    ] {
        let screen = sandbox.headworks(&format!("state list {given}")).fails();
        screen.says(says).says(near);
        assert_eq!(screen.out, "");
    }
    let both = sandbox.headworks("state list module.q terraform_data.q").fails();
    both.says("Unknown module").says("Unknown resource").says("2 errors");
    sandbox.headworks("state show terraform_data.a").ok().says("input");
    sandbox
        .headworks("state show terraform_data.c")
        .fails()
        .says("name one instance, e.g. terraform_data.c[0]");
}

#[test]
fn moves_keep_objects_and_never_put_two_at_one_address() {
    let sandbox = applied();
    sandbox
        .headworks("state mv -dry-run terraform_data.a terraform_data.b")
        .ok()
        .says("Would move \"terraform_data.a\" to \"terraform_data.b\"");
    for (from, to, summary, says) in [
        (
            "terraform_data.q",
            "terraform_data.b",
            "Invalid source address",
            "no such object",
        ),
        (
            "terraform_data.a",
            "null_resource.b",
            "Invalid state move request",
            "resource types don't match",
        ),
        (
            "terraform_data.a",
            "data.terraform_data.b",
            "Invalid state move request",
            "is no data source",
        ),
        (
            "terraform_data.a",
            "terraform_data.a",
            "Invalid target address",
            "already a resource instance",
        ),
        (
            "terraform_data.c[0]",
            "terraform_data.c[1]",
            "Invalid target address",
            "already a resource instance",
        ),
        (
            "terraform_data.c",
            "terraform_data.d[0]",
            "Invalid target address",
            "all instances",
        ),
        ("terraform_data.c", "module.k", "Invalid target address", "can't become"),
        ("module.m", "terraform_data.k", "Invalid target address", "can't become"),
        (
            "module.m.terraform_data.z",
            "terraform_data.k",
            "Invalid target address",
            "Several objects",
        ),
        ("module.m", "module.n[0]", "Invalid target address", "Several objects"),
    ] {
        for command in ["state mv", "state mv -dry-run"] {
            let screen = sandbox.headworks(&format!("{command} {from} {to}")).fails();
            screen.says(summary).says(says);
        }
    }
    assert_eq!(list(&sandbox).len(), 5);
    for (from, to) in [
        ("terraform_data.a", "terraform_data.b"),
        ("terraform_data.c", "module.n[\"k\"].terraform_data.c"),
        ("module.m", "module.o"),
    ] {
        let screen = call(&sandbox, &["state", "mv", from, to]).ok();
        screen.says("Move").says("Successfully moved 1 object(s).");
    }
    assert_eq!(
        list(&sandbox),
        [
            "terraform_data.b",
            "module.n[\"k\"].terraform_data.c[0]",
            "module.n[\"k\"].terraform_data.c[1]",
            "module.o[\"x\"].terraform_data.z",
            "module.o[\"y z\"].terraform_data.z",
        ]
    );
}

#[test]
fn forgetting_says_what_goes_and_takes_all_at_once() {
    let sandbox = applied();
    let dry = sandbox.headworks("state rm -dry-run terraform_data.c module.m").ok();
    assert_eq!(
        dry.out,
        "Would remove terraform_data.c[0]\nWould remove terraform_data.c[1]\n\
         Would remove module.m[\"x\"].terraform_data.z\nWould remove module.m[\"y z\"].terraform_data.z\n"
    );
    let none = sandbox.headworks("state rm -dry-run terraform_data.q").ok();
    assert_eq!(none.out, "Would have removed nothing.\n");
    sandbox
        .headworks("state rm terraform_data.aa")
        .fails()
        .says("Invalid target address")
        .says("did you mean terraform_data.a?");
    assert_eq!(list(&sandbox).len(), 5);
    let done = sandbox
        .headworks("state rm terraform_data.c terraform_data.c[0] terraform_data.q")
        .ok();
    assert_eq!(
        done.out,
        "Removed terraform_data.c[0]\nRemoved terraform_data.c[1]\nSuccessfully removed 2 resource instance(s).\n"
    );
    done.says("The state has no object terraform_data.q");
    assert_eq!(list(&sandbox).len(), 3);
    sandbox.headworks("plan").ok().says("2 create");
}

#[test]
fn a_tainted_object_is_replaced_unless_the_mark_is_taken_off() {
    let sandbox = applied();
    sandbox
        .headworks("taint terraform_data.a")
        .ok()
        .says("Resource instance terraform_data.a has been marked as tainted.");
    let listed = sandbox.headworks("state list terraform_data.a").ok();
    assert_eq!(listed.out, "terraform_data.a\n");
    listed.says("tainted");
    sandbox.headworks("plan -detailed-exitcode").ends(2).says("1 REPLACE");
    sandbox
        .headworks("untaint terraform_data.a")
        .ok()
        .says("Resource instance terraform_data.a has been successfully untainted.");
    sandbox.headworks("plan -detailed-exitcode").ok();
    for (command, says) in [
        ("untaint terraform_data.a", "Resource instance is not tainted"),
        ("taint terraform_data.c", "e.g. terraform_data.c[0]"),
        ("taint terraform_data.q", "No such resource instance"),
        ("taint data.terraform_data.q", "cannot be tainted"),
        ("taint module.m", "Invalid address"),
    ] {
        sandbox.headworks(command).fails().says(says);
    }
    for command in ["taint", "untaint"] {
        let fine = sandbox
            .headworks(&format!("{command} -allow-missing terraform_data.q"))
            .ok();
        fine.says("No such resource instance").says("-allow-missing");
    }
}

const BUCKETS: &str = r#"
provider "alicloud" {
  region = "cn-hangzhou"
}
provider "alicloud" {
  alias  = "old"
  region = "cn-hangzhou"
}
resource "alicloud_oss_bucket" "a" {
  bucket = "bucket-of-a"
}
resource "alicloud_oss_bucket" "b" {
  provider = alicloud.old
  bucket   = "bucket-of-b"
}
"#;

#[test]
fn objects_get_another_provider_configuration() {
    let sandbox = Sandbox::with(BUCKETS);
    sandbox.apply();
    let provider = |address: &str| {
        let pulled = sandbox.headworks("--sim state pull").ok().json();
        let rows = pulled["resources"].as_array().expect("rows").clone();
        let row = rows.into_iter().find(|r| r["address"] == address).expect("the row");
        row["provider"].as_str().expect("text").to_string()
    };
    for (from, to, out) in [
        ("alicloud.none", "alicloud.new", "No matching resources found."),
        ("hashicorp/alicloud", "aliyun/alicloud", "No matching resources found."),
        (
            "registry.terraform.io/aliyun/alicloud",
            "aliyun/alicloud",
            "No matching resources found.",
        ),
        (
            "alicloud.old",
            "alicloud.new",
            "Changing 1 resources: alicloud_oss_bucket.b",
        ),
        ("aliyun/alicloud", "alicloud.beijing", "Changing 2 resources"),
        ("alicloud.beijing", "alicloud", "Changing 2 resources"),
        ("alicloud", "alicloud.old", "Changing 2 resources"),
    ] {
        let screen = sandbox.headworks(&format!("--sim state replace-provider -auto-approve {from} {to}"));
        screen.ok().says(out);
    }
    assert_eq!(provider("alicloud_oss_bucket.a"), "alicloud.old");
    let refused = sandbox.call(
        &["--sim", "state", "replace-provider", "alicloud.old", "alicloud"],
        "no\n",
    );
    refused.ok().says("Cancelled replacing providers.");
    assert_eq!(provider("alicloud_oss_bucket.b"), "alicloud.old");
    let agreed = sandbox.call(
        &["--sim", "state", "replace-provider", "alicloud.old", "alicloud"],
        "yes\n",
    );
    agreed.ok().says("Successfully replaced provider for 2 resources.");
    assert_eq!(provider("alicloud_oss_bucket.b"), "alicloud");
    for (from, to, says) in [
        ("a/b/c/d", "alicloud", "Invalid \"from\" provider"),
        ("alicloud", "a..b", "Invalid \"to\" provider"),
        ("alicloud", "huaweicloud", "does not have alicloud_oss_bucket"),
    ] {
        let screen = sandbox.headworks(&format!("--sim state replace-provider -auto-approve {from} {to}"));
        screen.fails().says(says);
    }
}

#[test]
fn import_is_a_command_of_the_state_too() {
    let sandbox = Sandbox::with(BUCKETS);
    sandbox.apply();
    sandbox.headworks("--sim state rm alicloud_oss_bucket.a").ok();
    sandbox
        .headworks("--sim state import alicloud_oss_bucket.a bucket-of-a")
        .ok()
        .says("is imported");
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
}

#[test]
fn history_tells_who_did_what_from_which_commit() {
    let mut sandbox = Sandbox::with(BUCKETS);
    sandbox.set("GITHUB_ACTOR", "ada");
    sandbox.set("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567");
    sandbox.apply();
    sandbox.set("HEADWORKS_OPERATOR", "night\u{1b}[2J job");
    sandbox.edit("bucket = \"bucket-of-a\"", "bucket = \"bucket-of-c\"");
    sandbox.apply();
    let text = sandbox.headworks("--sim state history").ok();
    text.says("by ada@").says("at commit 0123456789ab:").says("2 created");
    text.says("night[2J job@").says("1 created, 0 updated, 1 deleted");
    assert!(!text.out.contains('\u{1b}'));
    assert_eq!(
        sandbox
            .headworks("--sim state history -limit=1")
            .ok()
            .out
            .lines()
            .count(),
        1
    );
    let json = sandbox.headworks("--sim state history -json").ok().json();
    let first = &json["runs"][1];
    assert_eq!((&first["id"], &first["who"]), (&1.into(), &"ada".into()));
    assert_eq!(first["counts"]["created"], 2);
    assert!(first["duration_seconds"].is_number());
    let run = sandbox.headworks("--sim state history 2").ok();
    run.says("Run 2: apply done")
        .says("delete alicloud_oss_bucket.a: done")
        .says("create alicloud_oss_bucket.a: done");
    run.lacks("not listed");
    let json = sandbox.headworks("--sim state history -json 2").ok().json();
    assert_eq!(json["steps"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["steps"][0]["phase"], "done");
    sandbox.headworks("--sim state history 9").fails().says("no run 9");
    sandbox.headworks("--sim state history 0").fails();

    let local = applied();
    let run = local.headworks("state history 1").ok();
    run.says("5 steps are not listed").says("operator tester on");
}

#[test]
fn the_commit_is_that_of_the_repository_and_says_when_it_was_changed() {
    let sandbox = applied();
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command
            .arg("-C")
            .arg(sandbox.path(""))
            .args(args)
            .env("HOME", sandbox.path(""));
        command.output().is_ok_and(|out| out.status.success())
    };
    // Without a git program there is nothing to tell.
    if !git(&["init", "-q"]) {
        return;
    }
    sandbox.write(".gitignore", ".headworks\n");
    assert!(git(&["add", "."]));
    let identity = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.invalid",
        "commit",
        "-qm",
        "x",
    ];
    assert!(git(&identity));
    let commit = || {
        sandbox.edit("input = 1", "input = 1 + 1");
        sandbox.headworks("apply -auto-approve").ok();
        let json = sandbox.headworks("state history -json").ok().json();
        json["runs"][0]["commit"].as_str().expect("a commit").to_string()
    };
    let dirty = commit();
    assert!(dirty.len() == 46 && dirty.ends_with("-dirty"), "{dirty}");
    assert!(git(&["add", "."]) && git(&identity));
    sandbox.headworks("taint terraform_data.a").ok();
    sandbox.headworks("apply -auto-approve").ok();
    let json = sandbox.headworks("state history -json").ok().json();
    let clean = json["runs"][0]["commit"].as_str().expect("a commit");
    assert!(clean.len() == 40, "{clean}");
    assert_ne!(clean, dirty.trim_end_matches("-dirty"));
}

#[test]
fn unlocking_says_whose_lock_it_was() {
    use headworks::store::{Holder, LockRequest, OpenMode, SqliteState};
    use jiff::Timestamp;
    let sandbox = applied();
    let lock = || {
        let path = sandbox.path(".headworks/state.db");
        let mut state = SqliteState::open(&path, OpenMode::ReadWrite, Timestamp::now()).expect("opens");
        let request = LockRequest {
            holder: Holder::this_process("ada", "apply"),
            lease: headworks::store::lock::LEASE,
            now: Timestamp::now(),
            dead_epoch: None,
        };
        state.write(|tx| tx.lock(&request)).expect("free");
    };
    lock();
    sandbox
        .headworks("state unlock bob")
        .fails()
        .says("bob does not hold the lock")
        .says("state unlock ada");
    sandbox
        .headworks("taint terraform_data.a")
        .fails()
        .says("locked by ada");
    let screen = sandbox.headworks("state unlock ada").ok();
    screen
        .says("held by ada@")
        .says("still runs on this machine")
        .says("is broken");
    lock();
    sandbox.headworks("force-unlock -force ada").ok().says("is broken");
    sandbox.headworks("force-unlock ada").fails().says("it is free");
    sandbox.headworks("taint terraform_data.a").ok();
}
