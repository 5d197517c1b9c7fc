//! Every example while calls fail by chance: run again until it succeeds, it ends as if nothing had happened.

use super::super::examples::names;
use super::super::sandbox::Sandbox;
use super::subject::{SPEED, objects};
use super::{each, everything};

/// A quarter of all calls meets something. None is late: that would make others late that run at the same time.
const TROUBLE: &str =
    "throttle=0.08,error_before=0.04,error_after=0.04,lost_before=0.02,lost_after=0.04,garbage=0.01,truncate=0.02";

/// A run that is needed more often makes no progress.
const RUNS_MAX: u64 = 30;

/// Runs until it succeeds; each run has its own luck.
fn until_done(sandbox: &Sandbox, seed: u64, command: &str) {
    let mut told = String::new();
    for run in 1..=RUNS_MAX {
        let chaos = format!("{SPEED},{TROUBLE},seed={}", seed * 100 + run);
        let ran = sandbox.call(&["--sim", &chaos, command, "-auto-approve"], "");
        if ran.code() == Some(0) {
            return;
        }
        assert_eq!(ran.code(), Some(1), "{}", ran.err);
        told = format!("{}{}", ran.out, ran.err);
    }
    panic!("{command} with seed {seed} does not end well:\n{told}");
}

#[test]
fn every_example_survives_faults_by_chance() {
    let seeds = if everything() { 10 } else { 1 };
    let names = names();
    let runs: Vec<(String, u64)> = names
        .into_iter()
        .zip(1..)
        .flat_map(|(name, n)| (1..=seeds).map(move |seed| (name.clone(), n * 100 + seed)))
        .collect();
    let wanted = |name: &str| {
        let sandbox = Sandbox::example(name);
        sandbox.call(&["--sim", SPEED, "apply", "-auto-approve"], "").ok();
        objects(&sandbox)
    };
    each(
        &runs,
        |(name, seed)| format!("{name}, seed {seed}"),
        |(name, seed)| {
            let sandbox = Sandbox::example(name);
            until_done(&sandbox, *seed, "apply");
            let plan = sandbox.call(&["--sim", SPEED, "plan", "-detailed-exitcode"], "");
            plan.ok().says("No changes.");
            assert_eq!(objects(&sandbox), wanted(name));
            until_done(&sandbox, *seed, "destroy");
            assert_eq!(sandbox.world(), "");
            sandbox.holds_no_secret();
        },
    );
}
