//! A disk that is full and one that can't be written, for real: a small file system of its own for the process. Where the
//! machine allows no such thing, the tests say so and pass.

use super::gate::{Gate, Hold};
use super::sandbox::Sandbox;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A shell in name spaces of its own, with a small file system at `small` of a sandbox; it does what it is told line by line.
struct Shell {
    child: Child,
    stdin: ChildStdin,
    out: BufReader<ChildStdout>,
}

impl Shell {
    /// None where name spaces are not allowed.
    fn start(sandbox: &Sandbox) -> Option<Shell> {
        std::fs::create_dir_all(sandbox.path("small")).expect("made");
        let mut command = Command::new("unshare");
        // The environment of the sandbox, with a PATH for the shell's own programs.
        command
            .env_clear()
            .envs(sandbox.process(&[]).get_envs().filter_map(|(k, v)| Some((k, v?))));
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HW", env!("CARGO_BIN_EXE_headworks"));
        command.current_dir(sandbox.path("")).args(["-rm", "sh"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let (stdin, out) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let mut shell = Shell { child, stdin, out };
        let ready = shell
            .run("mount -t tmpfs -o size=640k tmpfs small && cd small")
            .is_some_and(|(code, _)| code == 0);
        if !ready {
            skipped();
            let _ = shell.child.wait();
            return None;
        }
        Some(shell)
    }

    /// Runs a line; its exit code and what it printed on both streams, white space as one.
    fn run(&mut self, line: &str) -> Option<(i32, String)> {
        self.begin(line)?;
        self.end()
    }

    fn begin(&mut self, line: &str) -> Option<()> {
        writeln!(self.stdin, "{{ {line} ; }} 2>&1; echo \"\n@@@ $?\"").ok()
    }

    fn end(&mut self) -> Option<(i32, String)> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(code) = line.strip_prefix("@@@ ") {
                let words: Vec<&str> = text.split_whitespace().collect();
                return Some((code.trim().parse().ok()?, words.join(" ")));
            }
            text.push_str(&line);
        }
    }

    /// Runs a line that ends with a code.
    #[track_caller]
    fn ends(&mut self, line: &str, code: i32) -> String {
        let (found, text) = self.run(line).expect("the shell lives");
        assert_eq!(found, code, "{line}: {text}");
        text
    }

    fn stop(mut self) {
        let _ = writeln!(self.stdin, "exit");
        let _ = self.child.wait();
    }
}

#[expect(clippy::print_stderr, reason = "a test that was not run says so")]
fn skipped() {
    eprintln!("skipped: this machine allows no name spaces (unshare -rm)");
}

const FILL: &str = "cat /dev/zero > filler 2>/dev/null; cat /dev/zero > filler2 2>/dev/null; true";

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn an_apply_on_a_full_disk_sends_nothing() {
    let gate = Gate::new(Hold::Request);
    gate.open();
    let sandbox = gate.two_buckets();
    let Some(mut shell) = Shell::start(&sandbox) else {
        return gate.stop();
    };
    shell.ends("cp ../main.tf .", 0);
    // Without a state, and with one.
    for objects in 0..2 {
        shell.ends(FILL, 0);
        let text = shell.ends("$HW apply -auto-approve", 1);
        has(&text, &["HW0603", "the disk is full", "free some space"]);
        assert_eq!(gate.buckets().len(), objects);
        shell.ends("$HW plan", 0);
        shell.ends(
            "rm filler filler2; $HW apply -auto-approve -target alicloud_oss_bucket.one",
            0,
        );
        assert_eq!(gate.buckets(), ["gate-one"]);
    }
    shell.ends("$HW apply -auto-approve", 0);
    shell.ends("$HW plan -detailed-exitcode", 0);
    assert_eq!(gate.buckets(), ["gate-one", "gate-two"]);
    shell.stop();
    gate.stop();
}

#[test]
fn a_disk_that_fills_up_in_the_middle_loses_and_doubles_nothing() {
    let gate = Gate::new(Hold::Reply);
    let sandbox = gate.two_buckets();
    let Some(mut shell) = Shell::start(&sandbox) else {
        return gate.stop();
    };
    shell.ends("cp ../main.tf .", 0);
    let filler = "mkfifo ../go ../full; { read x < ../go; cat /dev/zero > filler; cat /dev/zero > filler2; echo x > ../full; } \
                  2>/dev/null & true";
    shell.ends(filler, 0);
    shell.begin("$HW apply -auto-approve").expect("begins");
    gate.waits_for_call();
    // The first bucket is there, and the reply is held: the step's end is still to be written.
    std::fs::write(sandbox.path("go"), "x\n").expect("told");
    std::fs::read(sandbox.path("full")).expect("full by now");
    gate.open();
    let (code, text) = shell.end().expect("ends");
    assert_eq!(code, 1, "{text}");
    has(
        &text,
        &[
            "the disk is full",
            "free some space and run the command again",
            "alicloud_oss_bucket.one",
        ],
    );
    assert!(!text.contains("alicloud_oss_bucket.two created"), "{text}");
    assert_eq!(gate.buckets(), ["gate-one"], "nothing more was begun");
    let found =
        "alicloud_oss_bucket.one: create was interrupted after the object was made; it was found as meant and adopted";
    has(
        &shell.ends("$HW plan", 0),
        &[
            "the next apply settles it, and this plan is as if it had",
            found,
            "1 create",
        ],
    );
    shell.ends("rm filler filler2", 0);
    let next = shell.ends("$HW apply -auto-approve", 0);
    has(&next, &["was cut off with 1 step under way", found, "Apply complete"]);
    assert_eq!(gate.buckets(), ["gate-one", "gate-two"]);
    shell.ends("$HW plan -detailed-exitcode", 0);
    has(
        &shell.ends("$HW state list", 0),
        &["alicloud_oss_bucket.one", "alicloud_oss_bucket.two"],
    );
    shell.stop();
    gate.stop();
}

#[test]
fn a_state_that_can_t_be_written_can_be_looked_at() {
    let gate = Gate::new(Hold::Request);
    gate.open();
    let sandbox = gate.two_buckets();
    let Some(mut shell) = Shell::start(&sandbox) else {
        return gate.stop();
    };
    shell.ends(
        "cp ../main.tf . && $HW apply -auto-approve -target alicloud_oss_bucket.one",
        0,
    );
    shell.ends("mount -o remount,ro . && cd . && ! touch x", 0);
    for command in ["plan", "show", "state list", "state history", "drift", "output"] {
        shell.ends(&format!("$HW {command}"), 0);
    }
    for command in [
        "apply -auto-approve",
        "destroy -auto-approve",
        "state rm alicloud_oss_bucket.one",
        "plan -out=x",
    ] {
        let text = shell.ends(&format!("$HW {command}"), 1);
        has(&text.to_lowercase(), &["read-only"]);
    }
    assert_eq!(gate.buckets(), ["gate-one"]);
    shell.ends("mount -o remount,rw . && $HW apply -auto-approve", 0);
    assert_eq!(gate.buckets(), ["gate-one", "gate-two"]);
    shell.stop();
    gate.stop();
}
