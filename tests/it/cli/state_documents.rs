//! The state as a document: out of one state and into another, and what may not take a state's place.

use super::sandbox::Sandbox;
use serde_json::Value as Json;

const CONFIG: &str = r#"
variable "secret" {
  default   = "planted-in-the-state"
  sensitive = true
}
resource "terraform_data" "a" {
  input            = var.secret
  triggers_replace = [1.50, { deep = null }]
}
resource "terraform_data" "c" {
  for_each = toset(["x", "y \"z\""])
  input    = terraform_data.a.id
}
output "o" {
  value     = [terraform_data.a.output]
  sensitive = true
}
check "c" {
  assert {
    condition     = terraform_data.a.id != ""
    error_message = "No id."
  }
}
"#;

fn applied() -> Sandbox {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox
}

fn pulled(sandbox: &Sandbox) -> String {
    sandbox.headworks("state pull").ok().out
}

/// A document without what only its own state can say.
fn carried(text: &str) -> Json {
    let mut json: Json = serde_json::from_str(text).expect("JSON");
    json["key_check"].take();
    json
}

#[test]
fn a_state_moves_to_another_directory_and_goes_on_there() {
    let sandbox = applied();
    let text = pulled(&sandbox);
    assert_eq!(text, pulled(&sandbox), "looking changes nothing");
    let other = Sandbox::with(CONFIG);
    let screen = other.call(&["state", "push", "-"], &text).ok();
    screen.says("3 objects").lacks("planted");
    assert_eq!(carried(&pulled(&other)), carried(&text));
    other.headworks("plan -detailed-exitcode").ok();
    assert_eq!(
        other.headworks("state history -json").ok().json()["runs"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    other.headworks("doctor").ok().says("Healthy");
    // Twice is once.
    let before = other.headworks("show -json").ok().out;
    other
        .call(&["state", "push", "-"], &text)
        .ok()
        .says("The state is this already.");
    assert_eq!(other.headworks("show -json").ok().out, before);
    other.headworks("apply -auto-approve").ok();
    other.headworks("destroy -auto-approve").ok().says("3 deleted");
}

#[test]
fn another_state_or_an_older_one_takes_no_place_unless_forced() {
    let sandbox = applied();
    let old = pulled(&sandbox);
    sandbox.write("old.json", &old);
    sandbox.headworks("taint terraform_data.a").ok();
    let now = pulled(&sandbox);
    let refused = |text: &str, says: &str| {
        let screen = sandbox.call(&["state", "push", "-"], text).fails();
        screen
            .says("can't take the place of the state")
            .says(says)
            .says("-force");
        assert_eq!(pulled(&sandbox), now);
    };
    let with = |text: &str, key: &str, value: Json| {
        let mut json: Json = serde_json::from_str(text).expect("JSON");
        json[key] = value;
        json.to_string()
    };
    let serial = carried(&now)["serial"].clone();
    refused(&old, "It is older");
    refused(&with(&old, "serial", serial.clone()), "the same serial");
    refused(&with(&old, "lineage", "other".into()), "of another state");
    refused(&with(&old, "lineage", Json::Null), "of another state");
    let screen = sandbox.headworks("state push -force old.json").ok();
    screen.says("The state as it was is kept beside it");
    let back = carried(&pulled(&sandbox));
    assert_eq!(back["resources"], carried(&old)["resources"]);
    assert!(
        back["serial"].as_u64() > serial.as_u64(),
        "saved plans of before are stale"
    );
    // What was there before is among the backups.
    let copies = sandbox
        .files()
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains(".backup"));
    let kept = copies.filter(|(_, bytes)| {
        let other = Sandbox::new();
        other.write(".headworks/state.db", bytes);
        carried(&pulled(&other)) == carried(&now)
    });
    assert!(kept.count() > 0);
    // A newer document of the same state needs no force.
    let newer = with(&pulled(&sandbox), "serial", 999.into());
    sandbox.call(&["state", "push", "-"], &newer).ok();
    assert_eq!(carried(&pulled(&sandbox))["serial"], 999);
}

#[test]
fn a_document_that_does_not_fit_changes_nothing() {
    let sandbox = applied();
    let good = pulled(&sandbox);
    let newer = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let deep = format!("{}1{}", "[".repeat(9_000), "]".repeat(9_000));
    for (text, says) in [
        (String::new(), "no document of a state"),
        (
            "{\"version\": 4, \"terraform_version\": \"1.11.4\"}".into(),
            "import-terraform",
        ),
        (newer("\"version\": 1,", "\"version\": 7,"), "newer"),
        (
            newer("terraform_data.a\"", "terraform_data.c[\\\"x\\\"]\""),
            "is there twice",
        ),
        (newer("terraform_data.a\"", "aws_s3_bucket.a\""), "no resource type"),
        (newer("\"schema_version\": 0", "\"schema_version\": 9"), "version 9"),
        (
            newer("\"triggers_replace\": null", &format!("\"triggers_replace\": {deep}")),
            "nested too deeply",
        ),
        (
            newer("\"triggers_replace\": null", "\"triggers_replace\": 1"),
            "can't be read",
        ),
        (newer("\"name\": \"o\"", "\"name\": \"\\u0007\""), "control characters"),
    ] {
        let screen = sandbox.call(&["state", "push", "-force", "-"], &text).fails();
        screen.says(says).lacks("planted");
        assert_eq!(pulled(&sandbox), good, "{says}");
    }
    sandbox
        .headworks("state push none.json")
        .fails()
        .says("Can't read none.json");
}

#[cfg(unix)]
#[test]
fn a_document_in_a_file_is_private_and_new() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = applied();
    sandbox
        .headworks("state pull -out=state.json")
        .ok()
        .says("only you can read it");
    let mode = std::fs::metadata(sandbox.path("state.json"))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(sandbox.read("state.json"), pulled(&sandbox));
    sandbox
        .headworks("state pull -out=state.json")
        .fails()
        .says("Can't write state.json");
}

#[test]
fn fingerprints_of_another_key_are_told() {
    let sandbox = Sandbox::new();
    let clouds = include_str!("terraform_state/clouds.tfstate");
    sandbox.call(&["state", "import-terraform", "-"], clouds).ok();
    let text = pulled(&sandbox);
    assert!(!text.contains("planted-secret-key") && text.contains("hmac-sha256:"));
    let other = Sandbox::new();
    let screen = other.call(&["state", "push", "-"], &text).ok();
    screen.says("Fingerprints of secrets were made with another key");
}
