//! The language against what Terraform 1.11.4 answers in its console, case by case. Cases that differ are listed
//! in `differs.txt` with a reason each; a difference that is not listed fails, and so does a listed one that is gone.

use headworks::base::{Diag, Diags, Marks, SourceMap, Span, Type, Value};
use headworks::engine::SystemHost;
use headworks::lang::ast::{Body, Step, StepKind};
use headworks::lang::{EvalContext, FunctionHost, Scope, console, convert, evaluate, parse, type_expr};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Cases that are not about the language, with the reason.
const SKIPPED: &[(&str, &str)] = &[("exit", "a command of the console, no expression")];

struct Host {
    files: SystemHost,
    random: AtomicU64,
}

impl FunctionHost for Host {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        self.files.read_file(path)
    }

    fn file_exists(&self, path: &str) -> Result<bool, String> {
        self.files.file_exists(path)
    }

    fn file_set(&self, directory: &str, pattern: &str) -> Result<Vec<String>, String> {
        self.files.file_set(directory, pattern)
    }

    fn working_directory(&self) -> String {
        "/srv/files".into()
    }

    fn home_directory(&self) -> Option<String> {
        Some("/home/user".into())
    }

    fn timestamp(&self) -> Option<String> {
        Some("2024-02-03T04:05:06Z".into())
    }

    fn plan_timestamp(&self) -> Option<String> {
        None
    }

    fn random(&self) -> Option<u128> {
        Some(self.random.fetch_add(1, Ordering::Relaxed).into())
    }
}

/// What the configuration of a directory declares, with just enough of planning for the resources in it.
struct Declared {
    body: Body,
    host: Host,
    planned: bool,
}

impl Declared {
    fn load(config: &str) -> Declared {
        let directory = fixtures().join("configs").join(config);
        let mut sources = SourceMap::default();
        let main = directory.join("main.tf");
        let text = if config.is_empty() { String::new() } else { read(&main) };
        let file = sources.add("main.tf", text);
        let (body, _) = parse::parse_file(&sources, file);
        Declared {
            body,
            host: Host {
                files: SystemHost::console(&directory, jiff::Timestamp::UNIX_EPOCH),
                random: AtomicU64::new(1),
            },
            planned: config == "planned",
        }
    }

    fn context(&self) -> EvalContext<'_> {
        EvalContext {
            scope: self,
            host: &self.host,
        }
    }

    fn variable(&self, name: &str) -> Option<Value> {
        let block = self.body.blocks_of("variable").find(|b| &*b.labels[0].text == name)?;
        let flag = |name: &str| block.body.expr(name).is_some();
        let constraint = match block.body.expr("type") {
            Some(e) => type_expr::type_constraint(e).0,
            None => type_expr::TypeConstraint::any(),
        };
        let value = match block.body.expr("default") {
            Some(e) => {
                let given = evaluate(e, &self.context()).0;
                convert::convert(&constraint.apply_defaults(&given), &constraint.ty).expect("a default of its type")
            }
            None => Value::unknown(convert::without_optional(&constraint.ty)),
        };
        let sensitive = if flag("sensitive") {
            Marks::SENSITIVE
        } else {
            Marks::NONE
        };
        let ephemeral = if flag("ephemeral") {
            Marks::EPHEMERAL
        } else {
            Marks::NONE
        };
        Some(value.mark(sensitive).mark(ephemeral))
    }

    /// An instance of `terraform_data` that is to be created.
    fn planned_data(input: Value) -> Value {
        Value::object_of([
            ("id", Value::unknown_not_null(Type::String)),
            ("output", Value::unknown(input.ty())),
            ("input", input),
            ("triggers_replace", Value::null(Type::Dynamic)),
        ])
    }

    fn resource(&self, name: &str) -> Option<Value> {
        let block = self.body.blocks_of("resource").find(|b| &*b.labels[1].text == name)?;
        if !self.planned {
            return Some(Value::unknown(Type::Dynamic));
        }
        let instance = |n| Declared::planned_data(Value::int(n));
        Some(match name {
            "cnt" => Value::tuple(vec![instance(0), instance(1)]),
            "each" => Value::object_of([("a", instance(1)), ("b", instance(2))]),
            "none" => Value::tuple(vec![]),
            _ => Declared::planned_data(evaluate(block.body.expr("input")?, &self.context()).0),
        })
    }

    fn module(&self) -> Option<Value> {
        let id = Value::unknown_not_null(Type::String);
        self.planned.then(|| {
            Value::object_of([
                ("echo", id.clone()),
                ("fixed", Value::string("fixed")),
                ("inner", Declared::planned_data(id)),
            ])
        })
    }
}

impl Scope for Declared {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let refuse = |summary: &str| Err(Diag::error("HW0000", summary).at(span));
        if root == "self" {
            return refuse("Invalid \"self\" reference");
        }
        let Some(Step {
            kind: StepKind::Attr(name),
            ..
        }) = steps.first()
        else {
            return refuse("Invalid reference");
        };
        let (found, missing) = match (root, &**name) {
            ("path", _) => (Some(Value::string(".")), "Invalid \"path\" attribute"),
            ("terraform", "workspace") => (Some(Value::string("default")), ""),
            ("terraform", _) => (None, "Invalid \"terraform\" attribute"),
            ("local", _) => {
                let e = self.body.blocks_of("locals").find_map(|b| b.body.expr(name));
                let value = e.map(|e| evaluate(e, &self.context()));
                if let Some((_, diags)) = &value
                    && let Some(first) = diags.iter().next()
                {
                    return Err(first.clone());
                }
                (value.map(|(v, _)| v), "Reference to undeclared local value")
            }
            ("var", _) => (self.variable(name), "Reference to undeclared input variable"),
            ("module", _) => (self.module(), "Reference to undeclared module"),
            ("terraform_data", "cnt" | "each") if matches!(steps.get(1).map(|s| &s.kind), Some(StepKind::Attr(_))) => {
                (None, "Missing resource instance key")
            }
            ("terraform_data", _) => (self.resource(name), "Reference to undeclared resource"),
            ("each", _) => (None, "Reference to \"each\" in context without for_each"),
            ("count", _) => (None, "Reference to \"count\" in non-counted context"),
            _ => (None, "Reference to undeclared resource"),
        };
        found.map_or_else(|| refuse(missing), |v| Ok((v, 1)))
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/console")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What our console would print.
fn answer(source: &str, declared: &Declared) -> Result<String, Diags> {
    let mut sources = SourceMap::default();
    let file = sources.add("<console-input>", source);
    let expr = parse::parse_expression(&sources, file)?;
    let (text, diags) = console::answer(&expr, &declared.context());
    if diags.has_errors() { Err(diags) } else { Ok(text) }
}

struct Difference {
    id: String,
    shown: String,
}

/// Whether the error says what Terraform's says, word by word. Not required, only counted.
fn details_agree(case: &serde_json::Value, declared: &Declared) -> bool {
    let words = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    let want = words(case["detail"].as_str().unwrap_or_default());
    match answer(case["expr"].as_str().unwrap_or_default(), declared) {
        Ok(_) => case["ok"] == true,
        Err(diags) => diags
            .iter()
            .any(|d| d.detail.as_deref().is_some_and(|got| want.contains(&words(got)))),
    }
}

/// Compares success, output and the summary of the error.
fn compare(case: &serde_json::Value, declared: &Declared) -> Option<Difference> {
    let field = |name: &str| case[name].as_str().unwrap_or_default();
    let got = answer(field("expr"), declared);
    let agrees = match (&got, case["ok"].as_bool()) {
        (Ok(output), Some(true)) => format!("{output}\n") == field("output"),
        (Err(diags), Some(false)) => {
            field("detail").contains("panic in function implementation")
                || diags.iter().any(|d| format!("Error: {}", d.summary) == field("error"))
        }
        _ => false,
    };
    if agrees {
        return None;
    }
    let got = match got {
        Ok(output) => output,
        Err(diags) => diags
            .iter()
            .map(|d| format!("{}: {}", d.summary, d.detail.as_deref().unwrap_or("-")))
            .collect::<Vec<_>>()
            .join("; "),
    };
    let want = format!("{}{}", field("output"), field("detail"))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    Some(Difference {
        id: field("id").to_owned(),
        shown: format!(
            "{} | {}\n      got  {got}\n      want {want}",
            field("id"),
            field("expr")
        ),
    })
}

#[test]
fn expressions_mean_what_they_mean_in_terraform() {
    let listed: BTreeMap<String, String> = read(&fixtures().join("differs.txt"))
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (id, reason) = line
                .split_once(' ')
                .unwrap_or_else(|| panic!("{line}: a reason is required"));
            (id.to_owned(), reason.to_owned())
        })
        .collect();
    let mut configs: HashMap<String, Declared> = HashMap::new();
    let mut wrong = Vec::new();
    let mut differing = BTreeMap::new();
    let mut shares: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut details = (0, 0);
    for line in read(&fixtures().join("cases.jsonl")).lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case in JSON");
        if SKIPPED.iter().any(|(expr, _)| case["expr"] == *expr) {
            continue;
        }
        let config = case["config"].as_str().unwrap_or_default().to_owned();
        let declared = configs.entry(config).or_insert_with_key(|c| Declared::load(c));
        let share = shares
            .entry(case["group"].as_str().unwrap_or_default().to_owned())
            .or_default();
        share.1 += 1;
        if case["ok"] == false {
            details.1 += 1;
            details.0 += usize::from(details_agree(&case, declared));
        }
        match compare(&case, declared) {
            None => share.0 += 1,
            Some(difference) => {
                if !listed.contains_key(&difference.id) {
                    wrong.push(difference.shown);
                }
                differing.insert(difference.id, ());
            }
        }
    }
    wrong.extend(
        listed
            .keys()
            .filter(|id| !differing.contains_key(*id))
            .map(|id| format!("{id} is listed but agrees")),
    );
    let total = shares.values().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    assert!(
        wrong.is_empty(),
        "{}\n{} unexpected; agree {} of {}; details of errors {} of {}; by group {shares:?}",
        wrong.join("\n"),
        wrong.len(),
        total.0,
        total.1,
        details.0,
        details.1
    );
}
