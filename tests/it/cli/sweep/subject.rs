//! What is swept: for each type of the catalogue one object of an example, the works done with it, and the calls each makes.

use super::super::examples::names;
use super::super::sandbox::Sandbox;
use super::{each, everything, only};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Time passes so fast that a deadline of a minute takes 60 ms.
pub(super) const SPEED: &str = "--chaos=speed=1000";

/// Where a run under observation writes its calls.
pub(super) const LOG: &str = "calls.log";

/// Where the plan of a work is.
const PLAN: &str = "work.plan";

/// One object of a type.
pub(super) struct Subject {
    pub(super) type_name: String,
    pub(super) example: String,
    pub(super) address: String,
    /// The objects of the world when all is as the configuration says.
    pub(super) wanted: String,
    pub(super) works: Vec<Work>,
}

/// Something that is done with an object.
pub(super) struct Work {
    /// What users call it.
    pub(super) name: &'static str,
    /// The directory before it is done.
    pub(super) before: Sandbox,
    /// The arguments that do it.
    pub(super) args: Vec<String>,
    /// When it is done, all is as the configuration says.
    pub(super) complete: bool,
    /// How often it makes each.
    pub(super) calls: BTreeMap<String, u64>,
}

/// The lines of the log of a run.
pub(super) fn log(sandbox: &Sandbox) -> Vec<String> {
    calls_in(sandbox, LOG)
}

/// The lines of a log.
pub(super) fn calls_in(sandbox: &Sandbox, log: &str) -> Vec<String> {
    let text = std::fs::read_to_string(sandbox.path(log)).unwrap_or_default();
    text.lines().map(str::to_string).collect()
}

/// The objects of the world as its file has them.
pub(super) fn world(sandbox: &Sandbox) -> Vec<String> {
    let file = rusqlite::Connection::open(sandbox.path(".headworks/sim.db")).expect("the world's file");
    let query = "SELECT kind || ' ' || key FROM objects WHERE substr(kind, 1, 4) <> 'sim_' ORDER BY 1";
    let mut query = file.prepare(query).expect("a query");
    let rows = query.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// The objects of the world without what services choose.
pub(super) fn objects(sandbox: &Sandbox) -> String {
    let ids = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\b\d{6,}\b";
    let ids = regex::Regex::new(ids).expect("a pattern");
    let world = world(sandbox);
    let mut lines: Vec<_> = world.iter().map(|line| ids.replace_all(line, "[ID]")).collect();
    lines.sort();
    lines.join("\n")
}

/// A directory like another.
pub(super) fn copy(of: &Sandbox) -> Sandbox {
    fn all(from: &Path, to: &Path) {
        for entry in std::fs::read_dir(from).expect("listed").flatten() {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                std::fs::create_dir(&to).expect("a directory");
                all(&from, &to);
            } else {
                std::fs::copy(&from, &to).expect("copied");
            }
        }
    }
    let sandbox = Sandbox::empty_example();
    all(&of.path(""), &sandbox.path(""));
    sandbox
}

/// An object in the state.
struct Object {
    address: String,
    type_name: String,
    import_id: String,
}

fn managed(sandbox: &Sandbox) -> Vec<Object> {
    let registry = headworks::catalog::registry().expect("the schemas are well-formed");
    let state = sandbox.headworks("--sim show -json").ok().json();
    let mut open = vec![state["values"]["root_module"].clone()];
    let mut found = Vec::new();
    while let Some(module) = open.pop() {
        open.extend(module["child_modules"].as_array().cloned().unwrap_or_default());
        for resource in module["resources"].as_array().into_iter().flatten() {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_string);
            let type_name = text(&resource["type"]);
            let schema = registry.resource(&type_name);
            let Some(schema) = schema.filter(|s| !s.local && resource["mode"] == "managed") else {
                continue;
            };
            let parts = schema.import_id.iter().map(|name| text(&resource["values"][&**name]));
            found.push(Object {
                address: text(&resource["address"]),
                import_id: parts.collect::<Vec<_>>().join(":"),
                type_name,
            });
        }
    }
    found
}

/// One object of each type of the catalogue, from the smallest example that has one.
pub(super) fn all() -> Vec<Subject> {
    let names = names();
    let applied = each(&names, Clone::clone, |name| {
        let sandbox = Sandbox::example(name);
        sandbox.call(&["--sim", SPEED, "apply", "-auto-approve"], "").ok();
        let objects = managed(&sandbox);
        (name.clone(), sandbox, objects)
    });
    let mut chosen: BTreeMap<&str, (usize, &str, &Sandbox, &Object)> = BTreeMap::new();
    for (name, sandbox, objects) in &applied {
        for object in objects {
            let here = (objects.len(), name.as_str(), sandbox, object);
            let best = chosen.entry(&object.type_name).or_insert(here);
            if here.0 < best.0 {
                *best = here;
            }
        }
    }
    let registry = headworks::catalog::registry().expect("the schemas are well-formed");
    let outside = |name: &&str| registry.resource(name).is_some_and(|s| !s.local);
    let types: BTreeSet<&str> = registry.resource_types().filter(outside).collect();
    let swept: BTreeSet<&str> = chosen.keys().copied().collect();
    assert_eq!(swept, types, "every type of the catalogue is in an example");
    let only = only();
    let chosen: Vec<_> = chosen
        .into_iter()
        .filter(|(name, _)| name.contains(&only))
        .zip(0..)
        .collect();
    each(
        &chosen,
        |((name, _), _)| format!("preparing {name}"),
        |((name, (_, example, sandbox, object)), turn)| {
            // Each type has other works by default, as to prepare them takes longest.
            let works = (!everything()).then_some(turn % 3);
            subject(name, example, sandbox, object, works)
        },
    )
}

fn subject(type_name: &str, example: &str, full: &Sandbox, object: &Object, only: Option<usize>) -> Subject {
    let chosen = |works: usize| only.is_none_or(|only| only == works);
    let target = format!("-target={}", object.address);
    // What builds on the object would be deleted with it, and its calls with it.
    let alone = copy(full);
    for dependent in deleted_with(&alone, &target).iter().filter(|d| **d != object.address) {
        let target = format!("-target={dependent}");
        let args = ["--sim", SPEED, "destroy", "-auto-approve", &target];
        alone.call(&args, "").ok();
    }
    let without = copy(&alone);
    without
        .call(&["--sim", SPEED, "destroy", "-auto-approve", &target], "")
        .ok();
    let replace = format!("-replace={}", object.address);
    let mut works = Vec::new();
    if chosen(0) {
        works.push(planned("create", copy(&without), &[&target]));
        works.push(planned("delete", copy(&alone), &["-destroy", &target]));
    }
    if chosen(1) {
        works.push(planned("replace", copy(&alone), &[&target, &replace]));
        works.extend(updated(full, &without, &target).map(|sandbox| planned("update", sandbox, &[&target])));
    }
    if chosen(2) {
        let refreshed = work("read", copy(full), &["plan", "-parallelism=1", &target]);
        let imported = copy(full);
        imported.call(&["--sim", "state", "rm", &object.address], "").ok();
        let imported = work("import", imported, &["import", &object.address, &object.import_id]);
        works.extend([refreshed, imported]);
    }
    works.sort_by_key(|w| w.name);
    let mut works: Vec<Work> = works.into_iter().map(observed).collect();
    let own: BTreeSet<String> = works
        .iter()
        .filter(|w| w.name != "read")
        .flat_map(|w| w.calls.keys().cloned())
        .collect();
    for read in works.iter_mut().filter(|w| w.name == "read") {
        // The objects that it needs are read as well; they have their own turn.
        read.calls.retain(|call, _| own.contains(call));
    }
    Subject {
        type_name: type_name.to_string(),
        example: example.to_string(),
        address: object.address.clone(),
        wanted: objects(full),
        works,
    }
}

fn work(name: &'static str, before: Sandbox, args: &[&str]) -> Work {
    Work {
        name,
        before,
        args: args.iter().map(ToString::to_string).collect(),
        complete: false,
        calls: BTreeMap::new(),
    }
}

/// A work that a saved plan does: only its own calls are made.
fn planned(name: &'static str, before: Sandbox, options: &[&str]) -> Work {
    let mut args = vec!["--sim", SPEED, "plan"];
    args.extend(options);
    let out = format!("-out={PLAN}");
    args.push(&out);
    before.call(&args, "").ok();
    work(name, before, &["apply", "-parallelism=1", PLAN])
}

/// Does a work once, and notes its calls.
fn observed(mut work: Work) -> Work {
    let sandbox = copy(&work.before);
    let chaos = format!("{SPEED},log={LOG}");
    let mut args = vec!["--sim", &chaos];
    args.extend(work.args.iter().map(String::as_str));
    sandbox.call(&args, "").ok();
    for line in log(&sandbox) {
        let operation = line.split_whitespace().next().unwrap_or_default().to_string();
        *work.calls.entry(operation).or_default() += 1;
    }
    assert!(!work.calls.is_empty(), "{} makes calls", work.name);
    let args = ["--sim", SPEED, "plan", "-detailed-exitcode"];
    work.complete = sandbox.call(&args, "").code() == Some(0);
    work
}

/// What a targeted destroy deletes.
fn deleted_with(sandbox: &Sandbox, target: &str) -> Vec<String> {
    sandbox
        .call(&["--sim", "plan", "-destroy", target, "-out=look.plan"], "")
        .ok();
    let plan = sandbox.headworks("show -json look.plan").ok().json();
    std::fs::remove_file(sandbox.path("look.plan")).expect("removed");
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let deleted = changes.filter(|c| c["change"]["actions"] == json!(["delete"]));
    deleted
        .map(|c| c["address"].as_str().unwrap_or_default().to_string())
        .collect()
}

/// A directory in which one field of the object was changed behind the tool's back, so that it is to be updated in place;
/// none when no field of it can be.
fn updated(full: &Sandbox, without: &Sandbox, target: &str) -> Option<Sandbox> {
    let others = without.world();
    let world = full.world();
    for line in world.lines().filter(|line| !others.lines().any(|o| o == *line)) {
        let (kind, key) = line.split_once(' ')?;
        let object = full.headworks(&format!("sim get {kind} {key}")).ok().json();
        for (field, value) in object.as_object().into_iter().flatten() {
            for other in others_like(value) {
                let sandbox = copy(full);
                let patch = json!({ field: other }).to_string();
                if sandbox.call(&["sim", "patch", kind, key, &patch], "").code() != Some(0) {
                    continue;
                }
                let patched = copy(&sandbox);
                if updates(&sandbox, target) {
                    return Some(patched);
                }
            }
        }
    }
    None
}

/// Whether the target is updated in place, and nothing else done.
fn updates(sandbox: &Sandbox, target: &str) -> bool {
    let args = ["--sim", "plan", "-detailed-exitcode", "-out=look.plan", target];
    let changes = sandbox.call(&args, "").code() == Some(2) && {
        let plan = sandbox.headworks("show -json look.plan").ok().json();
        let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
        let actions: Vec<Json> = changes.iter().map(|c| c["change"]["actions"].clone()).collect();
        actions.contains(&json!(["update"]))
            && actions
                .iter()
                .all(|a| [json!(["update"]), json!(["no-op"]), json!(["read"])].contains(a))
            && sandbox.call(&["--sim", SPEED, "apply", "look.plan"], "").code() == Some(0)
    };
    let _ = std::fs::remove_file(sandbox.path("look.plan"));
    changes
}

/// Values like `json`, but others.
fn others_like(json: &Json) -> Vec<Json> {
    match json {
        Json::Bool(b) => vec![json!(!b)],
        Json::Number(n) => n.as_i64().map(|n| json!(n + 1)).into_iter().collect(),
        Json::String(s) => vec![json!(format!("{s}1"))],
        Json::Null => vec![json!("other"), json!(7)],
        Json::Array(_) => vec![json!([])],
        Json::Object(_) => Vec::new(),
    }
}
