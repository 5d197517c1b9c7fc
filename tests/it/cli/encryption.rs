//! The state at rest: encrypted from its birth or later, read with its key only, given another, and written in clear again;
//! and who may read the files.

use super::sandbox::Sandbox;

const PHRASE: (&str, &str) = ("HEADWORKS_STATE_PASSPHRASE", "a passphrase for tests");
const OLD: (&str, &str) = ("HEADWORKS_STATE_PASSPHRASE_OLD", "a passphrase for tests");
const KEY: (&str, &str) = ("HEADWORKS_STATE_KEY", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=");

/// A text of the configuration that only the contents of the state hold, and one that stays readable.
const CONTENT: &str = "content-of-the-state";

const CONFIGURATION: &str = r#"
resource "terraform_data" "first" {
  input = "content-of-the-state"
}

resource "alicloud_oss_bucket" "lake" {
  bucket = "content-of-the-state-lake"
}

output "text" {
  value = terraform_data.first.output
}

check "fine" {
  assert {
    condition     = terraform_data.first.output != ""
    error_message = "content-of-the-state is there"
  }
}
"#;

/// Whether a file of the state holds a text; the world of the embedded cloud is another matter.
fn holds(sandbox: &Sandbox, text: &str) -> bool {
    sandbox.files().iter().any(|(path, bytes)| {
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        name.starts_with("sim-state.db") && bytes.windows(text.len()).any(|w| w == text.as_bytes())
    })
}

#[test]
fn a_state_is_encrypted_from_its_birth_and_works_as_any_other() {
    for secret in [PHRASE, KEY] {
        let mut sandbox = Sandbox::with(CONFIGURATION);
        sandbox.set(secret.0, secret.1);
        sandbox.apply();
        assert!(!holds(&sandbox, CONTENT));
        sandbox
            .headworks("--sim plan -detailed-exitcode")
            .ok()
            .says("No changes.");
        sandbox.headworks("--sim output -raw text").ok().says(CONTENT);
        sandbox
            .headworks("--sim state show terraform_data.first")
            .ok()
            .says(CONTENT);
        sandbox.edit("\"content-of-the-state\"\n", "\"content-of-the-state-2\"\n");
        sandbox.apply();
        sandbox
            .headworks("--sim state mv terraform_data.first terraform_data.second")
            .ok();
        sandbox
            .headworks("--sim state show terraform_data.second")
            .ok()
            .says("content-of-the-state-2");
        assert!(!holds(&sandbox, CONTENT));
        sandbox.headworks("--sim destroy -auto-approve").ok();
        assert!(!holds(&sandbox, CONTENT));
    }
}

#[test]
fn without_the_key_contents_are_shut_and_names_are_not() {
    let mut keyed = Sandbox::with(CONFIGURATION);
    keyed.set(PHRASE.0, PHRASE.1);
    keyed.apply();
    // The same directory, in which nobody has set the variable.
    let without = |args: &str| {
        let mut command = keyed.process(&args.split(' ').collect::<Vec<_>>());
        let output = command.env_remove(PHRASE.0).output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let list = without("--sim state list");
    assert_eq!(
        list,
        (Some(0), "alicloud_oss_bucket.lake\nterraform_data.first\n".to_string())
    );
    assert_eq!(without("--sim state history").0, Some(0));
    for command in [
        "plan",
        "show",
        "output",
        "apply -auto-approve",
        "state show terraform_data.first",
        "drift",
    ] {
        let (code, text) = without(&format!("--sim {command}"));
        assert_eq!(code, Some(1), "{command}: {text}");
        assert!(
            text.contains("is encrypted") && text.contains(PHRASE.0),
            "{command}: {text}"
        );
    }
    // Another passphrase, a key where a passphrase belongs, and values that can be none.
    for (name, value, says) in [
        (PHRASE.0, "another passphrase", "another passphrase than"),
        (KEY.0, KEY.1, "no passphrase"),
        (PHRASE.0, "short", "at least 12 characters"),
        (KEY.0, "short", "32 bytes"),
    ] {
        let mut command = keyed.process(&["--sim", "plan"]);
        let output = command.env_remove(PHRASE.0).env(name, value).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stderr)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(output.status.code(), Some(1), "{name}={value}: {text}");
        assert!(text.replace("│ ", "").contains(says), "{name}={value}: {text}");
    }
    keyed.headworks("--sim plan -detailed-exitcode").ok();
}

#[test]
fn a_clear_state_is_encrypted_rekeyed_and_decrypted_and_nothing_stays_behind() {
    let mut sandbox = Sandbox::with(CONFIGURATION);
    sandbox.apply();
    assert!(holds(&sandbox, CONTENT));
    sandbox
        .headworks("--sim state encrypt")
        .fails()
        .says("HEADWORKS_STATE_PASSPHRASE or HEADWORKS_STATE_KEY");
    sandbox
        .headworks("--sim state decrypt")
        .fails()
        .says("is not encrypted");
    sandbox.set(PHRASE.0, PHRASE.1);
    // Who sets the variable relies on it: what writes is refused, what reads warns.
    sandbox
        .headworks("--sim apply -auto-approve")
        .fails()
        .says("headworks state encrypt");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("The state is not encrypted");
    sandbox.headworks("--sim state encrypt").ok().says("is encrypted now");
    assert!(!holds(&sandbox, CONTENT), "no page and no log holds the former text");
    sandbox
        .headworks("--sim state encrypt")
        .fails()
        .says("is encrypted already");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");

    let mut process = sandbox.process(&["--sim", "state", "rekey"]);
    process.env_remove(PHRASE.0).env(KEY.0, KEY.1);
    let refused = process.output().expect("runs");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("_OLD"));
    let rekeyed = process.env(OLD.0, OLD.1).output().expect("runs");
    assert_eq!(
        rekeyed.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&rekeyed.stderr)
    );
    sandbox.headworks("--sim plan").fails().says("no key for it is set");
    assert!(!holds(&sandbox, CONTENT));

    let mut process = sandbox.process(&["--sim", "state", "decrypt"]);
    let decrypted = process.env_remove(PHRASE.0).env(KEY.0, KEY.1).output().expect("runs");
    assert_eq!(
        decrypted.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&decrypted.stderr)
    );
    let plan = sandbox
        .process(&["--sim", "plan", "-detailed-exitcode"])
        .env_remove(PHRASE.0)
        .output();
    assert_eq!(plan.expect("runs").status.code(), Some(0));
    assert!(holds(&sandbox, CONTENT));
}

#[cfg(unix)]
#[test]
fn files_of_a_state_are_readable_by_their_owner_only_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with(CONFIGURATION);
    let run = |command: &str| {
        let binary = env!("CARGO_BIN_EXE_headworks");
        let script = format!("umask 000 && exec {binary} {command}");
        let mut process = std::process::Command::new("/bin/sh");
        let process = process.current_dir(sandbox.path("")).env_clear().args(["-c", &script]);
        assert!(process.output().expect("runs").status.success(), "{command}");
    };
    run("--sim apply -auto-approve");
    run("--sim plan -out=plan.bin");
    let mode = |name: &str| std::fs::metadata(sandbox.path(name)).expect(name).permissions().mode() & 0o777;
    assert_eq!(mode(".headworks"), 0o700);
    let mut seen = 0;
    for (path, _) in sandbox.files() {
        let name = path
            .strip_prefix(sandbox.path(""))
            .expect("below")
            .display()
            .to_string();
        if name.starts_with(".headworks") || name == "plan.bin" {
            assert_eq!(mode(&name), 0o600, "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 3, "state, world and plan");
    // What was opened to others is shut again by the next command that writes.
    let open = |name: &str, mode| {
        std::fs::set_permissions(sandbox.path(name), std::fs::Permissions::from_mode(mode)).expect("changed");
    };
    open(".headworks/sim-state.db", 0o644);
    open(".headworks", 0o755);
    run("--sim apply -auto-approve");
    assert_eq!((mode(".headworks/sim-state.db"), mode(".headworks")), (0o600, 0o700));
}
