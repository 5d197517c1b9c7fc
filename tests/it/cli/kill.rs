//! A run that is killed in the middle: the next one settles what it left, and nothing is doubled or lost.

use super::sandbox::Sandbox;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Starts an apply and kills it when the line with number `count` that a condition holds for appears on standard error.
fn killed(sandbox: &Sandbox, chaos: &str, count: usize, word: &str) {
    let args = ["--sim", chaos, "apply", "-auto-approve"];
    let mut process = sandbox.process(&args);
    let mut child = process
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let seen = lines
        .map_while(Result::ok)
        .filter(|line| line.contains(word))
        .take(count)
        .count();
    // SIGKILL; the process is waited for, so that it is gone when the next one looks.
    child.kill().expect("killed");
    let status = child.wait().expect("waited for");
    assert_eq!(seen, count, "it ended before it could be killed");
    assert_eq!(status.code(), None, "a signal ended it");
}

/// One more apply makes everything as wanted. Says whether it had something to settle.
fn recovers(sandbox: &Sandbox, wanted: &str) -> bool {
    let told = sandbox.headworks("--sim plan").ok().err.contains("interrupted");
    let next = sandbox.apply();
    next.says("Apply complete");
    assert_eq!(next.err.contains("interrupted"), told, "{}", next.err);
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox.headworks("--sim drift").ok();
    assert_eq!(sandbox.world(), wanted);
    assert_eq!(sandbox.headworks("--sim state list").ok().out.lines().count(), 4);
    sandbox.headworks("--sim destroy -auto-approve").ok();
    assert_eq!(sandbox.world(), "");
    told
}

fn wanted() -> String {
    let sandbox = Sandbox::example("tablestore-to-oss");
    sandbox.apply();
    sandbox.world()
}

#[test]
fn a_killed_apply_is_finished_by_the_next_one() {
    let wanted = wanted();
    for count in [1, 2, 3] {
        let sandbox = Sandbox::example("tablestore-to-oss");
        killed(&sandbox, "--chaos=latency=300ms", count, "  ok ");
        // The bucket needs most calls, so that it is under way when the first other object is done.
        assert!(recovers(&sandbox, &wanted) || count > 1);
    }
}

#[test]
fn an_apply_killed_while_it_waits_for_health_is_finished_by_the_next_one() {
    let sandbox = Sandbox::example("tablestore-to-oss");
    killed(&sandbox, "--chaos=seed=1", 1, "waiting, phase");
    recovers(&sandbox, &wanted());
}
