//! What stands in the graphs of operations, and what they leave out.

use super::*;
use crate::base::SourceMap;
use crate::lang::parse::parse_file;

fn module(text: &str) -> Module {
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf", text);
    let (body, diags) = parse_file(&sources, file);
    assert!(!diags.has_errors(), "{diags:?}");
    let (module, diags) = crate::config::decode::decode(vec![body]);
    assert!(!diags.has_errors(), "{diags:?}");
    module
}

pub(crate) fn graph(text: &str, kind: GraphKind) -> Dag {
    drawn(text, kind, &[], &["old"])
}

fn drawn(text: &str, kind: GraphKind, prior: &[Prior], outputs: &[&str]) -> Dag {
    let module = module(text);
    let outputs = outputs.iter().map(|n| (Str::from(*n), Value::int(1))).collect();
    let source = GraphSource {
        module: &module,
        prior,
        outputs: &outputs,
        changes: None,
    };
    operation_graph(&source, kind)
}

fn prior(addr: &str, needs: &[&str]) -> Prior {
    let addr: InstanceAddr = addr.parse().expect("valid address");
    let block = |text: &&str| text.parse::<InstanceAddr>().expect("valid address").resource;
    Prior {
        addr,
        deposed: None,
        provider: "terraform".parse().unwrap(),
        value: Value::object_of([("id", Value::string("x"))]),
        tainted: false,
        adopted: false,
        dependencies: needs.iter().map(block).collect(),
    }
}

/// The edges of a drawing, without what all of them have.
fn edges(dag: &Dag) -> Vec<String> {
    let dot = dag.dot(false);
    let lines = dot.lines().filter(|l| l.contains(" -> "));
    let plain = |l: &str| {
        l.replace("[root] ", "")
            .replace("terraform.io/builtin/", "")
            .replace(['"', '\\'], "")
    };
    lines.map(|l| plain(l.trim())).collect()
}

const CONFIG: &str = r#"
    variable "name" {
      default = "x"
      validation {
        condition     = var.name != var.other
        error_message = "equal"
      }
    }
    variable "other" { default = "y" }
    locals {
      one = var.name
      lonely = 1
    }
    resource "terraform_data" "a" { input = local.one }
    resource "terraform_data" "b" {
      input = [terraform_data.a.id, var.other]
      depends_on = [terraform_data.a]
    }
    output "o" { value = terraform_data.b.id }
"#;

#[test]
fn a_plan_evaluates_declarations_in_order() {
    let prior = [
        prior("terraform_data.gone[0]", &["terraform_data.a"]),
        prior("terraform_data.a", &[]),
    ];
    let found = edges(&drawn(CONFIG, GraphKind::Plan, &prior, &["old", "o"]));
    assert_eq!(
        found,
        [
            "local.one (expand) -> var.name (validation)",
            "output.o (expand) -> terraform_data.b (expand)",
            "provider[terraform] (close) -> terraform_data.b (expand)",
            "provider[terraform] (close) -> terraform_data.gone[0] (orphan)",
            "root -> local.lonely (expand)",
            "root -> output.o (expand)",
            "root -> output.old (destroy)",
            "root -> provider[terraform] (close)",
            "terraform_data.a (expand) -> local.one (expand)",
            "terraform_data.a (expand) -> provider[terraform]",
            "terraform_data.b (expand) -> terraform_data.a (expand)",
            "terraform_data.gone[0] (orphan) -> provider[terraform]",
            "var.name (validation) -> var.name",
            "var.name (validation) -> var.other",
        ]
    );
}

#[test]
fn deleting_goes_the_other_way() {
    let prior = [
        prior("terraform_data.a[0]", &[]),
        prior("terraform_data.a[1]", &[]),
        prior("terraform_data.b", &["terraform_data.a"]),
    ];
    let found = edges(&drawn(CONFIG, GraphKind::PlanDestroy, &prior, &[]));
    assert_eq!(
        found,
        [
            "provider[terraform] (close) -> terraform_data.a (destroy)",
            "root -> output.o (expand)",
            "root -> provider[terraform] (close)",
            "terraform_data.a (destroy) -> terraform_data.b (destroy)",
            "terraform_data.b (destroy) -> provider[terraform]",
        ]
    );
}

#[test]
fn applying_draws_the_objects_that_change() {
    let module = module(CONFIG);
    let change = |addr: &str, action: Action, needs: &[&str]| {
        let from = prior(addr, needs);
        Change {
            addr: from.addr,
            deposed: None,
            provider: from.provider,
            action,
            reason: None,
            prior: None,
            planned: None,
            replace_paths: Vec::new(),
            causes: Vec::new(),
            effects: Vec::new(),
            span: None,
            place: None,
            dependencies: from.dependencies,
            local: false,
        }
    };
    let replace = Action::Replace { create_first: false };
    let changes = [
        change("terraform_data.a", replace, &[]),
        change("terraform_data.b", Action::Update, &["terraform_data.a"]),
    ];
    let source = GraphSource {
        module: &module,
        prior: &[],
        outputs: &BTreeMap::new(),
        changes: Some((&changes, PlanMode::Normal)),
    };
    let found = edges(&operation_graph(&source, GraphKind::Apply));
    for edge in [
        "terraform_data.a -> terraform_data.a (destroy)",
        "terraform_data.a -> terraform_data.a (expand)",
        "terraform_data.b (expand) -> terraform_data.a",
        "terraform_data.b -> terraform_data.b (expand)",
        "output.o (expand) -> terraform_data.b",
    ] {
        assert!(found.iter().any(|e| e == edge), "{edge}: {found:#?}");
    }
}
