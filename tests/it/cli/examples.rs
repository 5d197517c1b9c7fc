//! Every directory in examples/ does its job, a new one from the day it is added.

use super::sandbox::{Sandbox, examples};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn names() -> Vec<String> {
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
        // "In sync", or "No drift seen" where it does not say all.
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
    let mut open = vec![state["values"]["root_module"].clone()];
    let mut resources = Vec::new();
    while let Some(module) = open.pop() {
        resources.extend(module["resources"].as_array().cloned().unwrap_or_default());
        open.extend(module["child_modules"].as_array().cloned().unwrap_or_default());
    }
    let mut found = Vec::new();
    for resource in resources {
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

/// Objects of the embedded world that no resource type stands for: they are there for others.
const NOT_MANAGED: &[&str] = &["ots_instance"];

/// A value like `json`, but another one; none for what has parts.
fn another(json: &Json) -> Option<Json> {
    match json {
        Json::Bool(b) => Some(json!(!b)),
        Json::Number(n) => n.as_i64().map(|n| json!(n + 1)),
        Json::String(s) => Some(json!(format!("{s}1"))),
        _ => None,
    }
}

/// Whether a change of some field of an object, behind the tool's back, is seen by `drift`. The object is restored.
fn change_is_seen(sandbox: &Sandbox, kind: &str, key: &str) -> bool {
    let object = sandbox.headworks(&format!("sim get {kind} {key}")).ok().json();
    object.as_object().into_iter().flatten().any(|(field, value)| {
        let Some(other) = another(value) else {
            return false;
        };
        let patch = |value: &Json| sandbox.call(&["sim", "patch", kind, key, &json!({ field: value }).to_string()], "");
        // What names the object can't be another.
        if patch(&other).code() != Some(0) {
            return false;
        }
        let seen = sandbox.headworks("--sim drift").code() == Some(2);
        patch(value).ends(0);
        seen
    })
}

#[test]
fn a_change_behind_the_back_of_every_kind_of_object_is_seen_and_mended() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut unseen: BTreeMap<String, String> = BTreeMap::new();
    for name in names() {
        let sandbox = Sandbox::example(&name);
        sandbox.apply();
        for line in sandbox.world().lines() {
            let (kind, key) = line.split_once(' ').expect("kind and key");
            if seen.contains(kind) {
                continue;
            }
            match change_is_seen(&sandbox, kind, key) {
                true => seen.insert(kind.to_string()),
                false => unseen.insert(kind.to_string(), format!("{name}: {key}")).is_some(),
            };
        }
        // One object is deleted behind the tool's back: it is missed, and made again.
        let world = sandbox.world();
        let (kind, key) = world.lines().last().and_then(|l| l.split_once(' ')).expect("an object");
        sandbox.headworks(&format!("sim delete {kind} {key}")).ok();
        sandbox.headworks("--sim drift").ends(2);
        sandbox.apply();
        // An output may tell of a phase, which goes on by itself.
        sandbox.headworks("--sim plan").ok().says("No changes");
    }
    unseen.retain(|kind, _| !seen.contains(kind) && !NOT_MANAGED.contains(&kind.as_str()));
    assert!(unseen.is_empty(), "no change of these is seen: {unseen:?}");
}
