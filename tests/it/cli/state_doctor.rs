//! `headworks doctor` on healthy and damaged states: what it finds, and that it writes nothing.

use super::sandbox::{Sandbox, Screen};
use rusqlite::Connection;

const CONFIG: &str =
    "resource \"terraform_data\" \"a\" {\n  count = 3\n  input = count.index\n}\noutput \"o\" { value = 1 }\n";
const STATE: &str = ".headworks/state.db";

fn applied() -> Sandbox {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox
}

/// Changes the database as another program would.
fn spoil(sandbox: &Sandbox, sql: &str) {
    let db = Connection::open(sandbox.path(STATE)).expect("opens");
    db.execute_batch(sql).expect("changed");
    db.close().expect("closed");
}

/// Looks, finds what is said, and has changed no byte.
#[track_caller]
fn finds(sandbox: &Sandbox, says: &[&str]) -> Screen {
    let before = sandbox.files();
    let screen = sandbox.headworks("doctor").fails();
    assert!(sandbox.files() == before, "doctor wrote something");
    screen.says("why:").says("help:");
    for text in says {
        screen.says(text);
    }
    let json = sandbox.headworks("state doctor -json").fails().json();
    assert_eq!(json["healthy"], false);
    assert!(
        json["findings"]
            .as_array()
            .is_some_and(|f| f.iter().all(|f| f["help"].is_string()))
    );
    screen
}

#[test]
fn a_healthy_state_and_none_at_all_are_fine() {
    let nothing = Sandbox::with(CONFIG);
    nothing.headworks("doctor").ok().says("none yet").says("Healthy");
    assert!(!nothing.path(".headworks").exists());
    let sandbox = applied();
    let before = sandbox.files();
    let screen = sandbox.headworks("doctor").ok();
    screen.says("3 objects, 1 outputs").says("free").says("Healthy");
    assert!(sandbox.files() == before);
    let json = sandbox.headworks("doctor -json").ok().json();
    assert_eq!((&json["healthy"], &json["state"]["objects"]), (&true.into(), &3.into()));
}

#[test]
fn damage_is_told_row_by_row() {
    let cases: [(&str, &[&str]); 7] = [
        (
            "UPDATE resources SET attributes = '{}' WHERE address = 'terraform_data.a[1]'",
            &[
                "1 problem found",
                "the row of terraform_data.a[1] is damaged",
                "state rm",
            ],
        ),
        (
            "DELETE FROM resources WHERE index_key = 0",
            &["total", "should hold 4", "has 3"],
        ),
        ("UPDATE outputs SET value = '2'", &["the row of output o is damaged"]),
        ("UPDATE meta SET lineage = 'other'", &["lineage or its key is damaged"]),
        ("PRAGMA user_version = 99", &["format 99", "newer"]),
        ("PRAGMA application_id = 7", &["not a headworks state"]),
        ("DROP TABLE journal; DROP TABLE outputs", &["no such table"]),
    ];
    for (sql, says) in cases {
        let sandbox = applied();
        spoil(&sandbox, sql);
        finds(&sandbox, says);
    }
}

#[test]
fn files_that_are_no_database_are_told() {
    let sandbox = applied();
    let whole = std::fs::read(sandbox.path(STATE)).expect("read");
    let mut flipped = whole.clone();
    for byte in flipped.iter_mut().skip(4096).step_by(97) {
        *byte ^= 0x55;
    }
    for bytes in [
        Vec::new(),
        b"{\"version\": 4}".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        flipped,
    ] {
        sandbox.write(STATE, &bytes);
        finds(&sandbox, &[]);
    }
    std::fs::remove_file(sandbox.path(STATE)).expect("removed");
    sandbox.write(".headworks/state.db-wal", "left over");
    finds(&sandbox, &["its log (-wal) is still there"]);
}

#[test]
fn what_a_killed_run_left_is_told_with_what_to_do() {
    use headworks::store::*;
    let sandbox = applied();
    let mut state =
        SqliteState::open(&sandbox.path(STATE), OpenMode::ReadWrite, jiff::Timestamp::now()).expect("opens");
    let at = jiff::Timestamp::from_second(1_700_000_000).expect("a time");
    let request = LockRequest {
        holder: Holder {
            who: "ada".into(),
            host: "elsewhere".into(),
            host_id: String::new(),
            pid: 7,
            command: "apply".into(),
        },
        lease: headworks::store::lock::LEASE,
        now: at,
        dead_epoch: None,
    };
    let target: headworks::base::InstanceAddr = "alicloud_oss_bucket.b".parse().expect("an address");
    let begun = state.write(|tx| {
        let epoch = tx.lock(&request)?.epoch;
        let cx = WriteCx {
            epoch,
            run: None,
            now: at,
        };
        let run = tx.begin_run(
            &cx,
            &NewRun {
                who: "ada".into(),
                host: "elsewhere".into(),
                command: "apply".into(),
                commit: None,
                tool_version: "0.1.0".into(),
                plan_digest: None,
                basis: None,
                moves: Vec::new(),
                steps: vec![Intent::new(target, StepAction::Create)],
            },
        )?;
        tx.begin_step(&cx, StepRef { run, seq: 0 })
    });
    begun.expect("begins");
    // Also while the log is not written back: the connection is still open.
    for _ in 0..2 {
        let screen = sandbox.headworks("doctor").fails();
        screen
            .says("the lock of ada on elsewhere")
            .says("has run out")
            .says("state unlock ada")
            .says("run 2 (apply by ada on elsewhere")
            .says("step 0 of run 2, create alicloud_oss_bucket.b, began")
            .says("3 problems found");
    }
    drop(state);
    finds(&sandbox, &["3 problems found"]);
}

#[test]
fn a_log_that_was_left_behind_is_read_and_stays() {
    let sandbox = applied();
    let db = Connection::open(sandbox.path(STATE)).expect("opens");
    db.pragma_update(None, "journal_mode", "wal").expect("a log");
    db.execute_batch("DELETE FROM outputs").expect("changed");
    // As after a power cut: the file and its log, and nobody who has them open.
    let log = std::fs::read(sandbox.path(".headworks/state.db-wal")).expect("a log");
    let file = std::fs::read(sandbox.path(STATE)).expect("a file");
    let other = Sandbox::new();
    other.write(STATE, file);
    other.write(".headworks/state.db-wal", log);
    finds(&other, &["should hold 4 resources and outputs and has 3"]);
}

#[test]
fn objects_that_this_program_does_not_know_are_told() {
    let sandbox = applied();
    let mut state = headworks::store::SqliteState::open(
        &sandbox.path(STATE),
        headworks::store::OpenMode::ReadWrite,
        jiff::Timestamp::now(),
    )
    .expect("opens");
    use headworks::store::{Holder, LockRequest, ResourceRow, RowChange, RowWrite, WriteCx};
    let request = LockRequest {
        holder: Holder::this_process("ada", "apply"),
        lease: headworks::store::lock::LEASE,
        now: jiff::Timestamp::now(),
        dead_epoch: None,
    };
    let row = |address: &str, provider: &str| RowWrite {
        step: None,
        change: RowChange::Put(Box::new(ResourceRow::new(
            address.parse().expect("an address"),
            provider,
            "{}",
        ))),
    };
    let rows = [
        row("cloud_of_tomorrow.x", "tomorrow"),
        row("terraform_data.y", "gone.alias"),
    ];
    let written = state.write(|tx| {
        let epoch = tx.lock(&request)?.epoch;
        let cx = WriteCx {
            epoch,
            run: None,
            now: jiff::Timestamp::now(),
        };
        tx.put_rows(&cx, &rows)?;
        tx.unlock(epoch)
    });
    written.expect("writes");
    drop(state);
    finds(
        &sandbox,
        &[
            "no resource type \"cloud_of_tomorrow\"",
            "provider \"gone.alias\"",
            "replace-provider gone.alias",
        ],
    );
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = applied();
    let open = |name: &str| {
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(sandbox.path(name), mode).expect("changed");
    };
    open(STATE);
    sandbox.write(".headworks/state.db.backup-1", "a copy");
    open(".headworks/state.db.backup-1");
    let screen = finds(
        &sandbox,
        &["2 problems found", "mode 644", "chmod 600", "state.db.backup-1, 6 B"],
    );
    assert!(screen.out.contains("state.db.backup-1 (mode 644)"));
}
