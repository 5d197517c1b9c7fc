//! Whole configurations, step by step, against what Terraform 1.11.4 plans, records and puts out for them. What differs is
//! listed in `differs.txt` with a reason each; a difference that is not listed fails, and so does a listed one that is gone.
//!
//! One difference is by design and taken out of the goldens before comparing: sensitive values are null in our documents.

use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn configurations_behave_as_in_terraform() {
    let root = fixtures();
    let mut names: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 8, "configurations are missing: {names:?}");
    let found: Vec<Vec<Difference>> = std::thread::scope(|scope| {
        let runs: Vec<_> = names
            .iter()
            .map(|name| scope.spawn(|| configuration(&root, name)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let found: Vec<Difference> = found.into_iter().flatten().collect();
    judge(&root.join("differs.txt"), &found);
}

/// One aspect of one step that differs: `CONFIGURATION/STEP ASPECT`, and how.
pub(crate) struct Difference {
    pub(crate) case: String,
    pub(crate) how: String,
}

/// Fails when the differences are not exactly the listed ones. A line of the list is `CASE: REASON`.
pub(crate) fn judge(list: &Path, found: &[Difference]) {
    let text = std::fs::read_to_string(list).unwrap();
    let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    let listed: BTreeMap<&str, &str> = lines
        .map(|l| l.split_once(": ").unwrap_or_else(|| panic!("no reason: {l}")))
        .collect();
    let cases: BTreeSet<&str> = found.iter().map(|d| d.case.as_str()).collect();
    let unlisted = found.iter().filter(|d| !listed.contains_key(d.case.as_str()));
    let mut wrong: Vec<String> = unlisted.map(|d| format!("{}\n{}", d.case, d.how)).collect();
    let gone = listed.keys().filter(|case| !cases.contains(*case));
    wrong.extend(gone.map(|case| format!("{case}\n  is listed, but agrees")));
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/configs")
}

fn json_file(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Runs the steps of a configuration in one directory that keeps its state.
fn configuration(root: &Path, name: &str) -> Vec<Difference> {
    let source = root.join(name);
    let work = tempfile::tempdir().unwrap();
    let mut run = Run {
        name: name.into(),
        golden: source.join("golden"),
        work: work.path().to_path_buf(),
        ids: BTreeMap::new(),
        found: Vec::new(),
    };
    let steps = json_file(&source.join("steps.json"));
    let summary = json_file(&run.golden.join("summary.json"));
    for (i, step) in steps.as_array().unwrap().iter().enumerate() {
        run.files(&source.join(step["dir"].as_str().unwrap()));
        run.step(i + 1, step, &summary[i]);
    }
    run.found
}

struct Run {
    name: String,
    golden: PathBuf,
    work: PathBuf,
    /// Ids of objects and what the goldens have for them.
    ids: BTreeMap<String, String>,
    found: Vec<Difference>,
}

impl Run {
    /// Replaces the files of the configuration; the state stays.
    fn files(&self, from: &Path) {
        for entry in std::fs::read_dir(&self.work).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::remove_file(path).unwrap();
            } else if !path.file_name().unwrap().to_str().unwrap().starts_with('.') {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
        copy(from, &self.work);
    }

    fn headworks(&self, args: &[&str], env: &Json) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headworks"));
        command.current_dir(&self.work).args(args);
        for (key, _) in std::env::vars() {
            if key.starts_with("TF_") || key.starts_with("HEADWORKS") {
                command.env_remove(key);
            }
        }
        for (key, value) in env.as_object().into_iter().flatten() {
            command.env(key, value.as_str().unwrap());
        }
        command.output().unwrap()
    }

    fn step(&mut self, number: usize, step: &Json, summary: &Json) {
        let label = format!("{number}-{}", step["name"].as_str().unwrap());
        let plan_args = step["plan_args"].as_array().cloned().unwrap_or_default();
        let mut args = vec!["plan", "-no-color", "-detailed-exitcode"];
        args.extend(plan_args.iter().map(|a| a.as_str().unwrap()));
        let saved: Vec<&str> = args.iter().copied().chain(["-out=tfplan"]).collect();
        let _ = std::fs::remove_file(self.work.join("tfplan"));
        let planned = self.headworks(&saved, &step["env"]);
        self.exit(&label, "plan_exit", &planned, summary);
        if !self.golden.join(format!("{label}.plan.json")).exists() {
            return;
        }
        if !matches!(planned.status.code(), Some(0 | 2)) {
            return;
        }
        let plan = self.document(&["show", "-json", "tfplan"]);
        self.plan(&label, &plan);
        self.graphs(&label);
        let stream: Vec<&str> = args.iter().copied().chain(["-json"]).collect();
        let lines = self.headworks(&stream, &step["env"]);
        self.stream(&label, &lines);
        let applied = self.headworks(&["apply", "-no-color", "tfplan"], &json!({}));
        self.exit(&label, "apply_exit", &applied, summary);
        self.state(&label, number);
        let again = self.headworks(&args, &step["env"]);
        self.exit(&label, "plan_again_exit", &again, summary);
    }

    fn document(&self, args: &[&str]) -> Json {
        let output = self.headworks(args, &json!({}));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", text_of(&output)))
    }

    fn exit(&mut self, label: &str, aspect: &str, output: &Output, summary: &Json) {
        let ours = json!(output.status.code());
        if ours != summary[aspect] {
            let how = format!("  expected {}, found {ours}\n{}", summary[aspect], text_of(output));
            self.differs(label, aspect, how);
        }
    }

    fn plan(&mut self, label: &str, ours: &Json) {
        let golden = json_file(&self.golden.join(format!("{label}.plan.json")));
        for key in ["applyable", "complete", "errored"] {
            self.compare(label, key, &golden[key], &ours[key]);
        }
        if golden.get("checks").is_some() {
            self.compare(label, "checks", &golden["checks"], &ours["checks"]);
        }
        self.changes(label, "change", &golden["resource_changes"], &ours["resource_changes"]);
        let order = |document: &Json| -> Vec<Json> {
            let all = document["resource_changes"].as_array().into_iter().flatten();
            all.map(|c| c["address"].clone()).collect()
        };
        self.compare(label, "change_order", &json!(order(&golden)), &json!(order(ours)));
        self.changes(label, "drift", &golden["resource_drift"], &ours["resource_drift"]);
        let (golden_outputs, our_outputs) = (object(&golden["output_changes"]), object(&ours["output_changes"]));
        for name in names(&golden_outputs, &our_outputs) {
            let part = |all: &Map<String, Json>| redacted_change(all.get(&name));
            self.fields(
                label,
                &format!("output.{name}"),
                &part(&golden_outputs),
                &part(&our_outputs),
            );
        }
        self.values(label, "planned", &golden["planned_values"], &ours["planned_values"]);
        let prior = |document: &Json| document["prior_state"]["values"].clone();
        self.values(label, "prior", &prior(&golden), &prior(ours));
        // Terraform's document has the values of sensitive variables in clear.
        let mut variables = golden["variables"].clone();
        let mut configuration = golden["configuration"].clone();
        let declared = configuration.pointer_mut("/root_module/variables");
        for (name, declared) in declared.and_then(Json::as_object_mut).into_iter().flatten() {
            if declared["sensitive"] == true {
                variables[name] = json!({"value": null, "sensitive": true});
                declared.as_object_mut().unwrap().remove("default");
            }
        }
        let (golden_all, our_all) = (object(&variables), object(&ours["variables"]));
        self.fields(label, "variable", &golden_all, &our_all);
        let (golden_all, our_all) = (object(&configuration), object(&ours["configuration"]));
        self.fields(label, "configuration", &golden_all, &our_all);
        let relevant = |document: &Json| -> BTreeSet<String> {
            let all = document["relevant_attributes"].as_array().into_iter().flatten();
            all.map(ToString::to_string).collect()
        };
        self.compare(label, "relevant", &json!(relevant(&golden)), &json!(relevant(ours)));
    }

    /// The lines of both drawings; their order says nothing.
    fn graphs(&mut self, label: &str) {
        for (suffix, args) in [("graph", &["graph"][..]), ("graph-plan", &["graph", "-type=plan"])] {
            // Configurations that are about other things have no drawings.
            let Ok(golden) = std::fs::read_to_string(self.golden.join(format!("{label}.{suffix}.dot"))) else {
                continue;
            };
            let ours = self.headworks(args, &json!({}));
            let ours = String::from_utf8(ours.stdout).unwrap();
            let lines = |text: &str| -> BTreeSet<String> { text.lines().map(|l| l.trim().to_string()).collect() };
            let (golden, ours) = (lines(&golden), lines(&ours));
            if golden != ours {
                let missing: Vec<_> = golden.difference(&ours).collect();
                let extra: Vec<_> = ours.difference(&golden).collect();
                self.differs(label, suffix, format!("  missing {missing:#?}\n  extra {extra:#?}"));
            }
        }
    }

    /// The messages of `plan -json`, each by what it is about. What names the program, and the words of diagnostics, are its
    /// own.
    fn stream(&mut self, label: &str, ours: &Output) {
        let by_subject = |text: &str| -> Map<String, Json> {
            let message = |line: &str| {
                let mut message: Map<String, Json> = serde_json::from_str(line).unwrap();
                for key in ["@timestamp", "@module", "headworks"] {
                    message.remove(key);
                }
                let kind = message["type"].as_str().unwrap().to_string();
                if kind == "version" {
                    message.remove("@message");
                }
                let resource = |part: &str| message.get(part).map(|p| p["resource"]["addr"].clone());
                let subject = resource("change").or(resource("hook")).unwrap_or_default();
                (
                    format!("{kind} {}", subject.as_str().unwrap_or_default()),
                    Json::Object(message),
                )
            };
            let own = |kind: &str| kind.starts_with("diagnostic") || kind.starts_with("log");
            text.lines().map(message).filter(|(kind, _)| !own(kind)).collect()
        };
        let Ok(golden) = std::fs::read_to_string(self.golden.join(format!("{label}.plan.jsonl"))) else {
            return;
        };
        let ours = String::from_utf8(ours.stdout.clone()).unwrap();
        let (golden, ours) = (by_subject(&golden), by_subject(&ours));
        self.fields(label, "stream", &golden, &ours);
    }

    fn changes(&mut self, label: &str, what: &str, golden: &Json, ours: &Json) {
        let by_address = |all: &Json| -> Map<String, Json> {
            let one = |c: &Json| (address(c), c.clone());
            all.as_array().into_iter().flatten().map(one).collect()
        };
        let (golden, ours) = (by_address(golden), by_address(ours));
        for name in names(&golden, &ours) {
            let part = |all: &Map<String, Json>| {
                let mut fields = redacted_change(all.get(&name).map(|c| &c["change"]));
                for key in [
                    "action_reason",
                    "index",
                    "module_address",
                    "previous_address",
                    "provider_name",
                ] {
                    if let Some(value) = all.get(&name).and_then(|c| c.get(key)) {
                        fields.insert(key.into(), value.clone());
                    }
                }
                fields
            };
            self.fields(label, &format!("{what}.{name}"), &part(&golden), &part(&ours));
        }
    }

    /// Resources and outputs as states have them.
    fn values(&mut self, label: &str, what: &str, golden: &Json, ours: &Json) {
        let resources = |all: &Json| -> Map<String, Json> {
            let mut found = Vec::new();
            collect(&all["root_module"], &mut found);
            found.into_iter().map(|r| (address(&r), r)).collect()
        };
        let (golden_all, our_all) = (resources(golden), resources(ours));
        for name in names(&golden_all, &our_all) {
            let part = |all: &Map<String, Json>| {
                let mut fields = all.get(&name).map(object).unwrap_or_default();
                let hidden = redact(
                    &fields.remove("values").unwrap_or_default(),
                    &fields["sensitive_values"],
                );
                fields.insert("values".into(), hidden);
                fields
            };
            let (golden, ours) = match (golden_all.contains_key(&name), our_all.contains_key(&name)) {
                (true, true) => (part(&golden_all), part(&our_all)),
                (here, there) => (single("there", here), single("there", there)),
            };
            self.fields(label, &format!("{what}.{name}"), &golden, &ours);
        }
        self.outputs(label, &format!("{what}_outputs"), &golden["outputs"], &ours["outputs"]);
    }

    fn outputs(&mut self, label: &str, what: &str, golden: &Json, ours: &Json) {
        let (golden, ours) = (object(golden), object(ours));
        for name in names(&golden, &ours) {
            let part = |all: &Map<String, Json>| {
                let mut fields = all.get(&name).map(object).unwrap_or_default();
                if fields.get("sensitive") == Some(&json!(true)) {
                    fields.remove("value");
                }
                fields
            };
            self.fields(label, &format!("{what}.{name}"), &part(&golden), &part(&ours));
        }
    }

    fn state(&mut self, label: &str, number: usize) {
        let ours = self.document(&["show", "-json"]);
        let mut resources = Vec::new();
        collect(&ours["values"]["root_module"], &mut resources);
        for resource in resources {
            if let Some(id) = resource["values"]["id"].as_str() {
                let address = resource["address"].as_str().unwrap().replace('"', "'");
                let name = format!("<id {address}@{number}>");
                self.ids.entry(id.into()).or_insert(name);
            }
        }
        let golden = json_file(&self.golden.join(format!("{label}.state.json")));
        self.values(label, "state", &golden["values"], &ours["values"]);
        if self.name.ends_with("-checks") {
            self.compare(label, "state_checks", &golden["checks"], &ours["checks"]);
        }
        let golden = json_file(&self.golden.join(format!("{label}.output.json")));
        let ours = self.document(&["output", "-json"]);
        self.outputs(label, "output_json", &golden, &ours);
    }

    fn fields(&mut self, label: &str, what: &str, golden: &Map<String, Json>, ours: &Map<String, Json>) {
        for key in names(golden, ours) {
            let absent = json!("(absent)");
            let part = |all: &Map<String, Json>| all.get(&key).unwrap_or(&absent).clone();
            self.compare(label, &format!("{what}.{key}"), &part(golden), &part(ours));
        }
    }

    fn compare(&mut self, label: &str, aspect: &str, golden: &Json, ours: &Json) {
        let ours = self.named(ours);
        if *golden != ours {
            self.differs(label, aspect, format!("  expected {golden}\n  found    {ours}"));
        }
    }

    fn differs(&mut self, label: &str, aspect: &str, how: String) {
        let case = format!("{}/{label} {aspect}", self.name);
        self.found.push(Difference { case, how });
    }

    /// The document with ids as the goldens have them.
    fn named(&self, json: &Json) -> Json {
        match json {
            Json::String(text) => {
                let replace = |text: String, (id, name): (&String, &String)| text.replace(id, name);
                Json::String(self.ids.iter().fold(text.clone(), replace))
            }
            Json::Array(items) => items.iter().map(|i| self.named(i)).collect(),
            Json::Object(map) => map.iter().map(|(k, v)| (k.clone(), self.named(v))).collect(),
            other => other.clone(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

/// The resources of a module and of those within it, each with the address of the module that it stands in.
fn collect(module: &Json, found: &mut Vec<Json>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        let mut resource = resource.clone();
        resource["module"] = module["address"].clone();
        found.push(resource);
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        collect(child, found);
    }
}

fn text_of(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn single(key: &str, value: bool) -> Map<String, Json> {
    Map::from_iter([(key.to_string(), json!(value))])
}

fn address(entry: &Json) -> String {
    let address = entry["address"].as_str().unwrap();
    match entry.get("deposed").or(entry.get("deposed_key")) {
        Some(_) => format!("{address} (deposed)"),
        None => address.into(),
    }
}

/// The fields of an object; what is our own is left out.
fn object(json: &Json) -> Map<String, Json> {
    let mut map = json.as_object().cloned().unwrap_or_default();
    map.remove("headworks");
    map
}

fn names(a: &Map<String, Json>, b: &Map<String, Json>) -> BTreeSet<String> {
    a.keys().chain(b.keys()).cloned().collect()
}

fn redacted_change(change: Option<&Json>) -> Map<String, Json> {
    let Some(change) = change else {
        return Map::new();
    };
    let mut fields = object(change);
    for side in ["before", "after"] {
        if let Some(value) = fields.get(side) {
            let hidden = redact(value, &change[format!("{side}_sensitive")]);
            fields.insert(side.into(), hidden);
        }
    }
    fields
}

/// The value with null for what the mask calls sensitive.
fn redact(value: &Json, mask: &Json) -> Json {
    match (value, mask) {
        (_, Json::Bool(true)) => Json::Null,
        (Json::Object(map), Json::Object(masks)) => {
            let one = |(k, v): (&String, &Json)| (k.clone(), masks.get(k).map_or_else(|| v.clone(), |m| redact(v, m)));
            map.iter().map(one).collect()
        }
        (Json::Array(items), Json::Array(masks)) => {
            let none = json!(false);
            let one = |(i, v)| redact(v, masks.get(i).unwrap_or(&none));
            items.iter().enumerate().map(one).collect()
        }
        _ => value.clone(),
    }
}
