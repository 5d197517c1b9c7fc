//! Every directory in examples/ does its job, a new one from the day it is added.

use super::sandbox::{Sandbox, examples};

fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(examples())
        .expect("examples/ is there")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() > 1, "{names:?}");
    names
}

#[test]
fn every_example_is_valid_and_in_canonical_form() {
    for name in names() {
        let sandbox = Sandbox::example(&name);
        sandbox.headworks("validate").ok().says("The configuration is valid.");
        sandbox.headworks("fmt -check").ok();
    }
}

#[test]
fn every_example_is_planned_applied_planned_again_and_destroyed() {
    for name in names() {
        let sandbox = Sandbox::example(&name);
        sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
        sandbox.apply().says("Apply complete");
        assert_ne!(sandbox.world(), "", "{name}");
        sandbox
            .headworks("--sim plan -detailed-exitcode")
            .ok()
            .says("No changes.");
        sandbox.headworks("--sim drift").ok().says("In sync");
        sandbox
            .headworks("--sim destroy -auto-approve")
            .ok()
            .says("Destroy complete");
        assert_eq!(sandbox.world(), "", "{name}");
        assert_eq!(sandbox.headworks("--sim state list").ok().out, "", "{name}");
    }
}
