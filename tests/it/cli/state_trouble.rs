//! A state that is damaged, newer or locked, and a cloud that does not answer or does not know the key.

use super::sandbox::Sandbox;
use headworks::sim::{Service, Sim, SimOptions};
use headworks::store::{Holder, LockRequest, OpenMode, SqliteState, SqliteStore, Store};
use jiff::Timestamp;

const CONFIG: &str = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n";
const STATE: &str = ".headworks/state.db";

fn applied() -> Sandbox {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox
}

const READING: &[&str] = &["plan", "drift", "show", "output", "state list", "state history"];
const LOCKING: &[&str] = &[
    "apply -auto-approve",
    "destroy -auto-approve",
    "state rm terraform_data.a",
];

/// Each command refuses the state and leaves its bytes alone.
fn refused(sandbox: &Sandbox, commands: &[&str], says: &[&str]) {
    let before = sandbox.files();
    for command in commands {
        explained(sandbox, command, says);
        assert_eq!(sandbox.files(), before, "{command}");
    }
}

fn explained(sandbox: &Sandbox, command: &str, says: &[&str]) {
    let screen = sandbox.headworks(command).fails();
    screen.says("HW0603").says("The state can't be used").says("help:");
    for text in says {
        screen.says(text);
    }
}

#[test]
fn a_damaged_state_is_refused_and_kept() {
    let sandbox = applied();
    let whole = std::fs::read(sandbox.path(STATE)).expect("read");
    let mut flipped = whole.clone();
    for byte in flipped.iter_mut().skip(4096).step_by(97) {
        *byte ^= 0x55;
    }
    for bytes in [whole[..whole.len() / 2].to_vec(), flipped, b"{\"version\": 4}".to_vec()] {
        sandbox.write(STATE, &bytes);
        refused(&sandbox, READING, &[]);
        refused(&sandbox, LOCKING, &[]);
    }
    sandbox.write(STATE, &whole);
    sandbox.headworks("plan -detailed-exitcode").ok();
}

#[test]
fn a_row_that_was_changed_by_hand_is_noticed() {
    let sandbox = applied();
    let db = rusqlite::Connection::open(sandbox.path(STATE)).expect("opens");
    db.execute_batch("UPDATE resources SET attributes = replace(attributes, '1', '2')")
        .expect("changed");
    db.close().expect("closed");
    refused(
        &sandbox,
        &["plan", "drift", "show", "output", "state list"],
        &["terraform_data.a"],
    );
    // The lock is taken and given back; the content stays.
    let content = || {
        let db = rusqlite::Connection::open(sandbox.path(STATE)).expect("opens");
        let row = db.query_row("SELECT attributes, checksum FROM resources", [], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?))
        });
        row.expect("one row")
    };
    let before = content();
    for command in ["apply -auto-approve", "destroy -auto-approve"] {
        explained(&sandbox, command, &["terraform_data.a"]);
        assert_eq!(content(), before, "{command}");
    }
    // The way out: forgetting the row by its address mends the state.
    sandbox.headworks("state rm terraform_data.a").ok();
    assert_eq!(sandbox.headworks("state list").ok().out, "");
    sandbox.headworks("apply -auto-approve").ok().says("1 created");
}

#[test]
fn a_newer_state_is_refused_and_kept() {
    let sandbox = applied();
    let db = rusqlite::Connection::open(sandbox.path(STATE)).expect("opens");
    db.execute_batch("PRAGMA user_version = 999").expect("changed");
    db.close().expect("closed");
    refused(&sandbox, READING, &["newer"]);
    refused(&sandbox, LOCKING, &["newer"]);
}

#[test]
fn a_lock_that_is_held_is_respected_and_named() {
    let sandbox = applied();
    let store = SqliteStore::open(&sandbox.path(STATE), OpenMode::ReadWrite, Timestamp::now()).expect("opens");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let request = LockRequest {
        holder: Holder::this_process("ada", "apply"),
        lease: headworks::store::lock::LEASE,
        now: Timestamp::now(),
        dead_epoch: None,
    };
    let lease = runtime.block_on(store.lock(request)).expect("free");
    let load =
        || SqliteState::open(&sandbox.path(STATE), OpenMode::ReadOnly, Timestamp::now()).and_then(|mut s| s.load());
    let before = load().expect("loads");
    for command in [
        "apply -auto-approve",
        "destroy -auto-approve",
        "state rm terraform_data.a",
    ] {
        let screen = sandbox.headworks(command).fails();
        screen
            .says("HW0603")
            .says("locked by ada")
            .says("state unlock ada")
            .says("-lock-timeout");
        assert_eq!(load().expect("loads"), before, "{command}");
    }
    // Looking needs no lock.
    sandbox.headworks("plan -detailed-exitcode").ok();
    sandbox.headworks("state list").ok().says("terraform_data.a");
    sandbox.headworks("state unlock bob").fails().says("ada");
    sandbox.headworks("state unlock ada").ok().says("is broken");
    sandbox.headworks("apply -auto-approve").ok();
    runtime
        .block_on(store.unlock(lease.epoch))
        .expect("giving back a lost lock is fine");
}

/// A configuration whose provider talks to given addresses.
fn bucket_at(oss: &str) -> Sandbox {
    let text = format!(
        "provider \"alicloud\" {{\n  region = \"cn-hangzhou\"\n  endpoints {{\n    oss = \"{oss}\"\n  }}\n}}\n\
         resource \"alicloud_oss_bucket\" \"b\" {{\n  bucket = \"my-bucket-1\"\n}}\n"
    );
    let mut sandbox = Sandbox::with(&text);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", &Sim::credentials().access_key);
    sandbox
}

fn with_sim(test: impl FnOnce(&Sim)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let sim = runtime.block_on(Sim::start(SimOptions::default())).expect("starts");
    test(&sim);
    runtime.block_on(sim.stop());
}

#[test]
fn a_wrong_key_is_explained_and_changes_nothing() {
    with_sim(|sim| {
        let mut sandbox = bucket_at(sim.endpoint(Service::Oss));
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "Planted-Wrong-Secret");
        let refused = sandbox.headworks("apply -auto-approve").fails();
        refused
            .says("error[HW05")
            .says("SignatureDoesNotMatch")
            .says("main.tf:7:1")
            .says("help:")
            .says("alicloud_oss_bucket.b");
        refused.lacks("Planted");
        assert_eq!(sim.world().inventory(), "");
        for (path, bytes) in sandbox.files() {
            assert!(
                !String::from_utf8_lossy(&bytes).contains("Planted-Wrong"),
                "{}",
                path.display()
            );
        }
        assert_eq!(sandbox.headworks("state list").ok().out, "");
        // The right key goes on from there.
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", Sim::credentials().secret.expose());
        sandbox.headworks("apply -auto-approve").ok().says("1 created");
        assert!(sim.world().inventory().contains("my-bucket-1"));
        sandbox.headworks("plan -detailed-exitcode").ok();
        // Without the right to look, nothing is said to be in order.
        sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "Planted-Wrong-Secret");
        let drift = sandbox.headworks("drift").ends(4);
        drift.says("0 of 1 compared").lacks("In sync").lacks("Planted");
        sandbox.headworks("plan").fails().says("HW0607").says("1 not compared");
    });
}

#[test]
fn no_key_at_all_is_explained() {
    with_sim(|sim| {
        let text = bucket_at(sim.endpoint(Service::Oss)).read("main.tf");
        let refused = Sandbox::with(&text).headworks("apply -auto-approve").fails();
        refused.says("ALIBABA_CLOUD_ACCESS_KEY_ID").says("help:");
        assert_eq!(sim.world().inventory(), "");
    });
}

#[test]
fn a_cloud_that_does_not_answer_is_named() {
    // A port that was free a moment ago, with nobody behind it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let mut sandbox = bucket_at(&format!("http://{address}"));
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "x");
    let refused = sandbox.headworks("apply -auto-approve").fails();
    refused
        .says("HW0501")
        .says("could not be reached")
        .says(&address.to_string())
        .says("main.tf:7:1")
        .says("help:");
    assert_eq!(sandbox.headworks("state list").ok().out, "");
}
