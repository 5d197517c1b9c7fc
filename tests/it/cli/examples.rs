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
        // "In sync", or "No drift in what the cloud says" where it does not say all.
        sandbox.headworks("--sim drift").ok();
        sandbox
            .headworks("--sim destroy -auto-approve")
            .ok()
            .says("Destroy complete");
        assert_eq!(sandbox.world(), "", "{name}");
        assert_eq!(sandbox.headworks("--sim state list").ok().out, "", "{name}");
        sandbox.holds_no_secret();
    }
}

/// The managed objects with an outside, each with its import id.
fn import_ids(sandbox: &Sandbox) -> Vec<(String, String)> {
    let registry = headworks::catalog::registry().expect("the schemas are well-formed");
    let state = sandbox.headworks("--sim show -json").ok().json();
    let resources = state["values"]["root_module"]["resources"].as_array().cloned();
    let mut found = Vec::new();
    for resource in resources.unwrap_or_default() {
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
        let schema = registry.resource(&text(&resource["type"]));
        let Some(schema) = schema.filter(|s| !s.local && resource["mode"] == "managed") else {
            continue;
        };
        let parts = schema.import_id.iter().map(|name| text(&resource["values"][&**name]));
        found.push((text(&resource["address"]), parts.collect::<Vec<_>>().join(":")));
    }
    found
}

#[test]
fn the_objects_of_every_example_can_be_imported() {
    for name in names() {
        let sandbox = Sandbox::example(&name);
        sandbox.apply();
        let world = sandbox.world();
        let ids = import_ids(&sandbox);
        for (address, _) in &ids {
            sandbox.call(&["--sim", "state", "rm", address], "").ok();
        }
        for (address, id) in &ids {
            sandbox.call(&["--sim", "import", address, id], "").ok();
        }
        // What only the state knows is still to be recorded; nothing is made again.
        sandbox.headworks("--sim plan -out=after.plan").ok();
        let plan = sandbox.headworks("show -json after.plan").ok().json();
        for change in plan["resource_changes"].as_array().into_iter().flatten() {
            let actions = change["change"]["actions"].to_string();
            let gentle = [r#"["no-op"]"#, r#"["update"]"#, r#"["read"]"#].contains(&actions.as_str());
            assert!(gentle, "{name}: {} {actions}", change["address"]);
        }
        sandbox.apply();
        sandbox
            .headworks("--sim plan -detailed-exitcode")
            .ok()
            .says("No changes.");
        assert_eq!(sandbox.world(), world, "{name}");
    }
}
