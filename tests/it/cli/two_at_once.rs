//! Two processes and one state: the second waits or names the first; one that was stopped past its lease can't write when it
//! wakes, and its call in flight is settled by whoever took over.

use super::gate::{Gate, Hold};
use super::sandbox::Sandbox;
use headworks::store::{OpenMode, SqliteState, StateSnapshot};
use jiff::Timestamp;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

const STATE: &str = ".headworks/state.db";

/// A process that runs beside the test.
struct Running {
    child: Child,
    err: BufReader<ChildStderr>,
    seen: String,
}

impl Running {
    fn start(sandbox: &Sandbox, args: &str) -> Running {
        let args: Vec<&str> = args.split_whitespace().collect();
        let mut command = sandbox.process(&args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let err = BufReader::new(child.stderr.take().expect("piped"));
        Running {
            child,
            err,
            seen: String::new(),
        }
    }

    /// Reads standard error until a line holds a text.
    fn says(&mut self, text: &str) -> String {
        let mut line = String::new();
        while self.err.read_line(&mut line).expect("readable") > 0 {
            self.seen.push_str(&line);
            if line.contains(text) {
                return line;
            }
            line.clear();
        }
        panic!("it never said {text:?}: {}", self.seen);
    }

    /// SIGSTOP or SIGCONT.
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let done = Command::new("kill").args([name, &pid]).status().expect("kill runs");
        assert!(done.success());
    }

    fn ends(mut self) -> (Option<i32>, String) {
        self.err.read_to_string(&mut self.seen).expect("readable");
        let status = self.child.wait().expect("waited for");
        let words: Vec<&str> = self.seen.split_whitespace().collect();
        (status.code(), words.join(" "))
    }
}

fn load(sandbox: &Sandbox) -> StateSnapshot {
    SqliteState::open(&sandbox.path(STATE), OpenMode::ReadOnly, Timestamp::now())
        .and_then(|mut state| state.load())
        .expect("loads")
}

/// The time of the lock's lease goes by.
fn lease_runs_out(sandbox: &Sandbox) {
    let db = rusqlite::Connection::open(sandbox.path(STATE)).expect("opens");
    db.busy_timeout(std::time::Duration::from_secs(5)).expect("set");
    let changed = db.execute("UPDATE lock SET expires_at = '2026-01-01T00:00:00Z'", []);
    assert_eq!(changed.expect("written"), 1);
}

#[test]
fn the_second_apply_names_the_first_or_waits_for_it() {
    let gate = Gate::new(Hold::Request);
    let sandbox = gate.two_buckets();
    let first = Running::start(&sandbox, "apply -auto-approve");
    gate.waits_for_call();
    let pid = first.child.id().to_string();
    let refused = sandbox.headworks("apply -auto-approve").fails();
    refused
        .says("HW0603")
        .says("locked by tester on ")
        .says(&format!("(process {pid}, apply, run 1) since 20"))
        .says("-lock-timeout")
        .says("state unlock tester");
    let without = sandbox.headworks("apply -auto-approve -lock=false").fails();
    without
        .says("HW0601")
        .says("can't do without the lock")
        .says("-lock-timeout");
    // Looking needs no lock, and sees the state as of one moment.
    for command in ["plan", "plan -lock=false", "drift"] {
        let looked = sandbox.headworks(command).ok();
        looked
            .says("a run is under way: tester on ")
            .says(&format!("process {pid}"))
            .lacks("interrupted");
    }
    let history = sandbox.headworks("state history").ok();
    history.says("under way").says("0 failed so far").lacks("interrupted");
    sandbox
        .headworks("plan -out=early.plan")
        .ok()
        .says("a run is under way");
    let mut second = Running::start(&sandbox, "apply -auto-approve -lock-timeout=60s");
    let line = second.says("waiting up to 60 s for the lock of tester on ");
    assert!(
        line.contains(&format!("process {pid}, apply, run 1) since 20")),
        "{line}"
    );
    gate.open();
    let (code, text) = first.ends();
    assert_eq!((code, text.contains("2 created")), (Some(0), true), "{text}");
    let (code, text) = second.ends();
    assert_eq!((code, text.contains("Nothing to do.")), (Some(0), true), "{text}");
    let stale = sandbox.headworks("apply early.plan").fails();
    stale.says("The saved plan is stale");
    assert_eq!(gate.buckets(), ["gate-one", "gate-two"]);
    gate.stop();
}

/// A holder is stopped while a call of its first step is held, loses the lock, and wakes when another run has done its work.
fn stopped_and_replaced(hold: Hold, lose: impl Fn(&Sandbox), told: &str) {
    let gate = Gate::new(hold);
    let sandbox = gate.two_buckets();
    let stopped = Running::start(&sandbox, "apply -auto-approve");
    gate.waits_for_call();
    stopped.signal("-STOP");
    sandbox
        .headworks("apply -auto-approve")
        .fails()
        .says("locked by tester");
    lose(&sandbox);
    let next = sandbox.headworks("apply -auto-approve").ok();
    next.says(told).says("interrupted").says("Apply complete");
    let before = load(&sandbox);
    assert_eq!(before.resources.len(), 2);
    assert_eq!(gate.buckets(), ["gate-one", "gate-two"]);
    let calls = gate.sim.world().inventory();
    gate.open();
    stopped.signal("-CONT");
    let (code, text) = stopped.ends();
    assert_eq!(code, Some(1), "{text}");
    for part in [
        "the lock on the state was lost",
        "nothing more was written",
        "in the journal",
        "alicloud_oss_bucket.one",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(text.matches("the lock on the state was lost").count(), 1, "{text}");
    assert!(!text.contains("alicloud_oss_bucket.two created"), "{text}");
    assert_eq!(load(&sandbox), before, "nothing was written");
    assert_eq!(gate.sim.world().inventory(), calls, "nothing more was made");
    sandbox.headworks("plan -detailed-exitcode").ok().says("No changes.");
    gate.stop();
}

#[test]
fn who_was_stopped_past_the_lease_does_nothing_more() {
    let over = "took over the lock of tester on";
    stopped_and_replaced(Hold::Request, lease_runs_out, over);
    stopped_and_replaced(Hold::Reply, lease_runs_out, over);
}

#[test]
fn who_was_stopped_while_its_lock_was_broken_does_nothing_more() {
    let broken = |sandbox: &Sandbox| {
        sandbox.headworks("state unlock tester").ok().says("is broken");
    };
    stopped_and_replaced(Hold::Reply, broken, "interrupted");
}

#[test]
fn of_ten_at_once_one_works_and_the_others_refuse_or_wait() {
    let sandbox = Sandbox::with("resource \"terraform_data\" \"a\" {\n  count = 50\n  input = count.index\n}\n");
    // The state is not there yet, so that all of them want to make it.
    let waiting: Vec<Running> = (0..10)
        .map(|_| Running::start(&sandbox, "apply -auto-approve -lock-timeout=100s"))
        .collect();
    let mut created = 0;
    for one in waiting {
        let (code, text) = one.ends();
        assert_eq!(code, Some(0), "{text}");
        assert!(!text.contains("database is locked"), "{text}");
        created += text.matches("50 created").count();
    }
    assert_eq!(created, 1);
    let refusing: Vec<Running> = (0..10)
        .map(|_| Running::start(&sandbox, "destroy -auto-approve"))
        .collect();
    let mut deleted = 0;
    for one in refusing {
        let (code, text) = one.ends();
        let named = text.contains("locked by tester on");
        assert_eq!(code, Some(i32::from(named)), "{text}");
        assert!(
            !text.contains("database is locked") && !text.contains("is writing"),
            "{text}"
        );
        deleted += text.matches("50 deleted").count();
    }
    assert_eq!(deleted, 1);
    assert_eq!(sandbox.headworks("state list").ok().out, "");
    assert_eq!(sandbox.headworks("state history").ok().out.lines().count(), 2);
}
