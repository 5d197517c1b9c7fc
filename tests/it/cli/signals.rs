//! Runs that are asked to stop, in each phase: with Ctrl-C, by a job's end, by a closed terminal. Real signals; what comes before
//! is awaited by what the program prints or asks.

use super::outside::{Outside, standing};
use super::sandbox::Sandbox;
use headworks::sim::SimClock;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A run under way.
struct Run {
    child: Child,
    lines: BufReader<ChildStderr>,
    err: String,
}

impl Run {
    fn begin(sandbox: &Sandbox, args: &str) -> Self {
        let args: Vec<&str> = args.split_whitespace().collect();
        Self::of(sandbox.process(&args))
    }

    fn of(mut command: Command) -> Self {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let lines = BufReader::new(child.stderr.take().expect("piped"));
        Self {
            child,
            lines,
            err: String::new(),
        }
    }

    /// Reads until a line holds the word.
    fn until(&mut self, word: &str) {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).expect("readable");
            self.err.push_str(&line);
            if line.contains(word) {
                return;
            }
            assert_ne!(read, 0, "it ended before {word:?}:\n{}", self.err);
        }
    }

    fn send(&self, signal: &str) {
        let line = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("/bin/sh").args(["-c", &line]).status().expect("a shell");
        assert!(sent.success());
    }

    /// Returns when the run listens to SIGTERM.
    fn listens(&self) {
        let path = format!("/proc/{}/status", self.child.id());
        let listening = || {
            let status = std::fs::read_to_string(&path).expect("it runs");
            let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"));
            let mask = u64::from_str_radix(caught.expect("a mask").trim(), 16).expect("hexadecimal");
            mask & (1 << 14) != 0
        };
        while !listening() {
            std::thread::yield_now();
        }
    }

    /// The exit code and all of standard error.
    fn end(mut self) -> (Option<i32>, String) {
        self.lines.read_to_string(&mut self.err).expect("text");
        (self.child.wait().expect("waited for").code(), self.err)
    }
}

fn has(err: &str, text: &str) -> bool {
    let words = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
    words(err).contains(&words(text))
}

#[track_caller]
fn says(err: &str, text: &str) {
    assert!(has(err, text), "{text:?} is not in\n{err}");
}

const APPLY: &str = "apply -auto-approve";

#[test]
fn the_first_signal_of_each_kind_finishes_what_is_in_flight_and_begins_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let cloud = Outside::new("latency=100ms", SimClock::Real, Sandbox::example("tablestore-to-oss"));
        let mut run = Run::begin(&cloud.sandbox, &format!("{APPLY} -parallelism=1"));
        run.until("  ok ");
        run.send(signal);
        let (code, err) = run.end();
        assert_eq!(code, Some(1), "{signal}\n{err}");
        says(&err, "Stopping: what is in flight is finished");
        assert!(!has(&err, "panicked"), "{err}");
        let next = cloud.sandbox.headworks(APPLY).ok();
        next.says("Apply complete")
            .lacks("took over the lock")
            .lacks("interrupted");
        assert_eq!(cloud.sandbox.headworks("state list").ok().out.lines().count(), 4);
    }
}

#[test]
fn the_second_signal_leaves_at_once_and_the_next_run_settles() {
    for (first, second) in [("INT", "INT"), ("TERM", "INT"), ("HUP", "TERM")] {
        let cloud = Outside::new("latency=600s", SimClock::Real, Sandbox::example("tablestore-to-oss"));
        let mut run = Run::begin(&cloud.sandbox, APPLY);
        while cloud.calls("") == 0 {
            std::thread::yield_now();
        }
        run.send(first);
        run.until("Stopping:");
        run.send(second);
        let (code, err) = run.end();
        assert_eq!(code, Some(130), "{err}");
        says(&err, "Left at once. The journal knows");
        let quick = Outside::new("", SimClock::Real, cloud.sandbox);
        let next = quick.sandbox.headworks(APPLY).ok();
        next.says("Apply complete").says("interrupted before it had an effect");
    }
}

#[test]
fn a_signal_ends_the_wait_for_health_and_leaves_the_object_recorded() {
    // Time stands: the task would never work.
    let cloud = Outside::new("", standing(), Sandbox::example("tablestore-to-oss"));
    let mut run = Run::begin(&cloud.sandbox, APPLY);
    run.until("waiting, phase");
    run.send("TERM");
    let (code, err) = run.end();
    assert_eq!(code, Some(1), "{err}");
    says(&err, "was not waited for");
    assert_eq!(cloud.sandbox.headworks("state list").ok().out.lines().count(), 4);
    cloud.sandbox.headworks("plan -detailed-exitcode").ok();
}

#[test]
fn a_signal_ends_the_pauses_of_calls_that_had_no_effect() {
    let cloud = Outside::new("throttle=1", SimClock::Real, Sandbox::example("tablestore-to-oss"));
    let mut run = Run::begin(&cloud.sandbox, APPLY);
    run.until("asks to slow down");
    run.send("INT");
    let (code, err) = run.end();
    assert_eq!(code, Some(1), "{err}");
    says(&err, "the run was stopped before");
    assert_eq!(cloud.sim.world().inventory(), "");
    cloud.sandbox.headworks("plan").ok().lacks("interrupted");
}

#[test]
fn a_signal_while_the_lock_is_waited_for_or_the_cloud_is_looked_at_leaves_nothing_behind() {
    let cloud = Outside::new("", standing(), Sandbox::example("tablestore-to-oss"));
    let mut first = Run::begin(&cloud.sandbox, APPLY);
    first.until("waiting, phase");
    let second = Run::begin(&cloud.sandbox, &format!("{APPLY} -lock-timeout=600s"));
    second.listens();
    second.send("TERM");
    let (code, err) = second.end();
    assert_eq!(code, Some(130), "{err}");
    says(&err, "Stopped. Nothing was begun.");
    first.send("INT");
    assert_eq!(first.end().0, Some(1));

    // Looking takes as long as it likes.
    let slow = Outside::new("latency=600s", SimClock::Real, cloud.sandbox);
    let looking = Run::begin(&slow.sandbox, APPLY);
    while slow.calls("") == 0 {
        std::thread::yield_now();
    }
    looking.send("INT");
    let (code, err) = looking.end();
    assert_eq!(code, Some(130), "{err}");
    says(&err, "Stopped. Nothing was begun.");
    slow.sandbox.headworks("plan -refresh=false").ok();
    let state = slow.sandbox.headworks("state list").ok();
    state.lacks("lock");
}

#[test]
fn a_run_under_nohup_goes_on_when_the_terminal_closes() {
    let cloud = Outside::new("latency=50ms", SimClock::Real, Sandbox::example("tablestore-to-oss"));
    let own = cloud.sandbox.process(&["apply", "-auto-approve"]);
    let line = format!("trap '' HUP; exec {} {APPLY}", own.get_program().to_string_lossy());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &line]).env_clear();
    command.envs(own.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.current_dir(own.get_current_dir().expect("a directory"));
    let mut run = Run::of(command);
    run.until("  ok ");
    run.send("HUP");
    let (code, err) = run.end();
    assert_eq!(code, Some(0), "{err}");
    assert!(!has(&err, "Stopping:"), "{err}");
}

#[test]
fn closed_outputs_do_not_end_a_run_in_the_middle() {
    let cloud = Outside::new("", SimClock::Real, Sandbox::example("tablestore-to-oss"));
    for (args, code) in [
        ("plan", 0),
        ("plan -json", 0),
        ("apply -auto-approve", 0),
        ("plan -detailed-exitcode", 0),
        ("destroy -auto-approve -json", 0),
    ] {
        let mut command = cloud.sandbox.process(&args.split_whitespace().collect::<Vec<_>>());
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().expect("waited for").code(), Some(code), "{args}");
    }
    assert_eq!(cloud.sandbox.headworks("state list").ok().out, "");
    assert!(cloud.calls("CreateDeliveryTask") == 1 && cloud.calls("DeleteDeliveryTask") == 1);
}

#[test]
fn commands_that_change_nothing_end_as_others_do() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.process(&["sim", "--in-memory"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.any(|l| l.is_ok_and(|l| l.contains("/objects"))));
    let run = Run {
        lines: BufReader::new(child.stderr.take().expect("piped")),
        child,
        err: String::new(),
    };
    run.listens();
    run.send("TERM");
    assert_eq!(run.end().0, Some(0));
}
