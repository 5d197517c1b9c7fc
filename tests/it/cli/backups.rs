//! Copies of the state: kept by themselves, offered when the state is damaged, and put back with one command.

use super::gate::{Gate, Hold};
use super::sandbox::Sandbox;
use std::os::unix::fs::PermissionsExt;

const CONFIG: &str = "variable \"n\" { default = 1 }\nresource \"terraform_data\" \"a\" {\n  input = var.n\n}\n";
const STATE: &str = ".headworks/state.db";
const BACKUPS: [&str; 3] = [
    ".headworks/state.db.backup",
    ".headworks/state.db.backup.2",
    ".headworks/state.db.backup.3",
];

fn applied(times: usize) -> Sandbox {
    let sandbox = Sandbox::with(CONFIG);
    for n in 1..=times {
        let _ = sandbox.headworks(&format!("apply -auto-approve -var n={n}")).ok();
    }
    sandbox
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let names = std::fs::read_dir(sandbox.path(".headworks")).expect("listed").flatten();
    let mut names: Vec<String> = names.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn input(sandbox: &Sandbox) -> String {
    let shown = sandbox.headworks("state show -json terraform_data.a").ok().json();
    let input = &shown["values"]["root_module"]["resources"][0]["values"]["input"];
    input.as_str().expect("a text").to_string()
}

#[test]
fn the_newest_three_copies_stay_and_are_private() {
    let sandbox = applied(5);
    assert_eq!(
        names(&sandbox),
        ["state.db", "state.db.backup", "state.db.backup.2", "state.db.backup.3"]
    );
    let mut before = Vec::new();
    for name in BACKUPS {
        let meta = std::fs::metadata(sandbox.path(name)).expect("there");
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name}");
        before.push(std::fs::read(sandbox.path(name)).expect("read"));
    }
    assert!(before[0] != before[1] && before[1] != before[2]);
    // What changes nothing makes no copy.
    sandbox
        .headworks("apply -auto-approve -var n=5")
        .ok()
        .says("Nothing to do.");
    sandbox.headworks("plan").ok();
    for (name, before) in BACKUPS.iter().zip(before) {
        assert!(std::fs::read(sandbox.path(name)).expect("read") == before, "{name}");
    }
    sandbox.headworks("state rm terraform_data.a").ok();
    sandbox
        .headworks("state restore -force .headworks/state.db.backup.2")
        .ok();
    assert_eq!(input(&sandbox), "5");
}

#[test]
fn a_damaged_state_names_its_backup_and_is_put_back() {
    let whole = std::fs::read(applied(1).path(STATE)).expect("read");
    let mut flipped = whole.clone();
    for byte in flipped.iter_mut().skip(4096).step_by(97) {
        *byte ^= 0x55;
    }
    let damaged = [
        Some(whole[..whole.len() / 2].to_vec()),
        Some(flipped),
        Some(Vec::new()),
        Some(b"{\"version\": 4}".to_vec()),
        None,
    ];
    for bytes in damaged {
        let sandbox = applied(3);
        sandbox.headworks("plan -var n=4 -out=old.plan").ok();
        match &bytes {
            Some(bytes) => sandbox.write(STATE, bytes),
            None => std::fs::remove_file(sandbox.path(STATE)).expect("removed"),
        }
        if bytes.is_some() {
            for command in ["plan", "apply -auto-approve", "state list", "apply old.plan"] {
                let refused = sandbox.headworks(command).fails();
                refused
                    .says("HW0603")
                    .says("nothing was changed")
                    .says("state.db.backup (serial 6, 1 object, ")
                    .says("headworks state restore");
            }
        } else {
            let refused = sandbox.headworks("apply old.plan").fails();
            refused
                .says("The state of the saved plan is missing")
                .says("headworks state restore");
            assert!(!sandbox.path(STATE).exists(), "none is made in its place");
        }
        let restored = sandbox.headworks("state restore").ok();
        restored
            .says("Restored ./.headworks/state.db from ./.headworks/state.db.backup (serial 6, 1 object")
            .says("can't say what that was");
        if let Some(bytes) = &bytes {
            let aside = names(&sandbox).into_iter().find(|n| n.starts_with("state.db.damaged-"));
            let aside = sandbox.path(&format!(".headworks/{}", aside.expect("kept aside")));
            assert!(std::fs::read(aside).expect("read") == *bytes);
        }
        // The copy was made when the last run ended, so that nothing is lost.
        sandbox
            .headworks("plan -var n=3 -detailed-exitcode")
            .ok()
            .says("No changes.");
        sandbox.headworks("apply old.plan").fails().says("stale");
        sandbox.headworks("apply -auto-approve -var n=4").ok().says("1 updated");
    }
}

#[test]
fn what_a_backup_lacks_is_told() {
    let sandbox = applied(4);
    let refused = sandbox.headworks("state restore .headworks/state.db.backup.2").fails();
    refused
        .says("The state needs no restoring")
        .says("is whole: serial 8")
        .says("has serial 6")
        .says("-force");
    let restored = sandbox
        .headworks("state restore -force .headworks/state.db.backup.2")
        .ok();
    restored
        .says("Missing: 1 run since.")
        .says("run 4")
        .says("apply by tester@")
        .says("1 updated")
        .says("headworks import ADDRESS ID");
    assert_eq!(input(&sandbox), "3");
    // The lock of the former state is not in the way of later runs.
    sandbox.headworks("apply -auto-approve -var n=7").ok().says("1 updated");
}

#[test]
fn only_a_whole_copy_of_the_same_state_is_put_back() {
    let sandbox = applied(2);
    let other = applied(2);
    std::fs::copy(other.path(STATE), sandbox.path("other.db")).expect("copied");
    let before = sandbox.files();
    let refused = sandbox.headworks("state restore other.db").fails();
    refused.says("of another state");
    let mut bytes = std::fs::read(sandbox.path(BACKUPS[0])).expect("read");
    let half = bytes.len() / 2;
    bytes.truncate(half);
    sandbox.write("half.db", &bytes);
    sandbox
        .headworks("state restore half.db")
        .fails()
        .says("can't be restored")
        .says("damaged");
    sandbox.headworks("state restore none.db").fails().says("none.db");
    std::fs::remove_file(sandbox.path("half.db")).expect("removed");
    // Taking the lock to look is all that was written.
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| files.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&sandbox.files()), names(&before));
    assert_eq!(input(&sandbox), "2");
    // Copies that are damaged themselves are passed over.
    sandbox.write(BACKUPS[0], &bytes);
    sandbox.write(STATE, &bytes);
    sandbox.headworks("plan").fails().says("state.db.backup.2 (serial 2, ");
    sandbox.write(BACKUPS[1], &bytes);
    sandbox.headworks("plan").fails().lacks("state restore");
    sandbox
        .headworks("state restore")
        .fails()
        .says("no backup that is whole")
        .says("damaged");
}

#[test]
fn a_log_that_was_removed_takes_the_state_back_and_the_next_run_finds_the_objects() {
    let gate = Gate::new(Hold::Reply);
    let sandbox = gate.two_buckets();
    sandbox.headworks("plan -out=a.plan").ok();
    let mut child = sandbox.process(&["apply", "a.plan"]).spawn().expect("starts");
    gate.waits_for_call();
    child.kill().expect("killed");
    child.wait().expect("waited for");
    gate.open();
    assert_eq!(gate.buckets(), ["gate-one"]);
    for log in ["-wal", "-shm"] {
        std::fs::remove_file(sandbox.path(&format!("{STATE}{log}"))).expect("a log that a killed process left");
    }
    // The state is as it was before that run, and whole; the bucket has its name from the configuration.
    assert_eq!(sandbox.headworks("state history").ok().out, "");
    sandbox.headworks("apply -auto-approve").ok().says("Apply complete");
    assert_eq!(gate.buckets(), ["gate-one", "gate-two"]);
    sandbox.headworks("plan -detailed-exitcode").ok().says("No changes.");
    gate.stop();
}

#[test]
fn a_newer_state_is_kept_aside_and_an_older_copy_put_back() {
    let sandbox = applied(2);
    let db = rusqlite::Connection::open(sandbox.path(STATE)).expect("opens");
    db.execute_batch("PRAGMA user_version = 999").expect("changed");
    db.close().expect("closed");
    sandbox
        .headworks("plan")
        .fails()
        .says("newer")
        .says("state.db.backup (serial 4");
    sandbox.headworks("state restore").ok();
    assert_eq!(input(&sandbox), "2");
}
