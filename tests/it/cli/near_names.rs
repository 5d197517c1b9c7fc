//! Names that are not known: wherever one is checked, the name that was meant is told.

use super::sandbox::Sandbox;
use serde_json::Value as Json;

const MODULE: &str = r#"
variable "region" { default = "x" }
output "idents" { value = 1 }
output "shape" { value = { alpha = { beta = 1 } } }
"#;

/// What the references below can mean.
const DECLARED: &str = r#"
variable "region" { default = "x" }
variable "typed" {
  type    = object({ alpha = list(object({ beta = string })) })
  default = { alpha = [{ beta = "x" }] }
}
locals {
  zone  = "x"
  shape = { alpha = { beta = 1 }, list = [{ gamma = 1 }] }
}
module "alpha" { source = "./m" }
module "many" {
  source = "./m"
  count  = 2
}
module "none" {
  source = "./m"
  count  = 0
}
resource "terraform_data" "orders" {
  input = 1
}
resource "terraform_data" "many" {
  count = 2
}
resource "terraform_data" "each" {
  for_each = toset(["a"])
}
"#;

/// An expression, and what is told of it.
const REFERENCES: &[(&str, &str)] = &[
    ("vars.region", "var.region"),
    ("vra.region", "var.region"),
    ("region", "var.region"),
    ("locals.zone", "local.zone"),
    ("locale.zone", "local.zone"),
    ("zone", "local.zone"),
    ("var.regoin", "region"),
    ("local.zoen", "zone"),
    ("local.shape.alhpa", "alpha"),
    ("local.shape.alpha.bta", "beta"),
    ("local.shape[\"alhpa\"]", "alpha"),
    ("local.shape.list[0].gama", "gamma"),
    ("local.shape.list[*].gama", "gamma"),
    ("[for x in local.shape.list : x.gama]", "gamma"),
    ("var.typed.alhpa", "alpha"),
    ("var.typed.alpha[0].bta", "beta"),
    ("path.modul", "path.module"),
    ("pth.module", "path.module"),
    ("terraform.workspce", "terraform.workspace"),
    ("terafform.workspace", "terraform.workspace"),
    ("modul.alpha.idents", "module.alpha"),
    ("modules.alpha.idents", "module.alpha"),
    ("module.alhpa.idents", "alpha"),
    ("module.alpha.ident", "idents"),
    ("module.alpha.shape.alhpa", "alpha"),
    ("module.many[0].ident", "idents"),
    ("module.many[*].ident", "idents"),
    ("module.many.idents", "module.many[*].idents"),
    ("module.none[*].ident", "idents"),
    ("module.none.idents", "module.none[*].idents"),
    ("core::uper(\"a\")", "core::upper"),
    ("coer::upper(\"a\")", "core::upper"),
    ("provider::terraform::uper(\"a\")", "upper"),
    ("terraform_data.ordres.id", "terraform_data.orders"),
    ("terraform_dta.orders.id", "terraform_data.orders"),
    ("data.terraform_data.orders.id", "terraform_data.orders"),
    ("resource.terraform_dta.orders.id", "terraform_data.orders"),
    ("terraform_data.orders.outputs", "output"),
    ("terraform_data.many[0].outputs", "output"),
    ("terraform_data.many[*].outputs", "output"),
    ("try(terraform_data.orders.outputs, 1)", "output"),
    ("can(terraform_data.orders.outputs)", "output"),
    ("uper(\"x\")", "upper"),
    ("uper(\"x\", 1)", "upper"),
    ("jsondecod(\"{}\")", "jsondecode"),
];

/// A configuration, and what is told of it.
const BLOCKS: &[(&str, &str)] = &[
    ("reource \"terraform_data\" \"a\" {\n}", "resource"),
    ("locls = {}", "locals"),
    ("terraform {\n  requird_providers {\n  }\n}", "required_providers"),
    ("terraform {\n  required_verson = \"1\"\n}", "required_version"),
    ("terraform {\n  backnd \"local\" {\n  }\n}", "backend"),
    (
        "terraform {\n  required_providers {\n    alicloud = { sorce = \"x\" }\n  }\n}",
        "source",
    ),
    ("variable \"a\" {\n  defualt = 1\n}", "default"),
    ("variable \"a\" {\n  senstive = true\n}", "sensitive"),
    ("variable \"a\" {\n  validaton {\n  }\n}", "validation"),
    ("variable \"a\" {\n  type = strng\n}", "string"),
    ("variable \"a\" {\n  type = lst(string)\n}", "list"),
    (
        "variable \"a\" {\n  type = object({ a = optonal(string) })\n}",
        "optional",
    ),
    ("output \"a\" {\n  vlaue = 1\n}", "value"),
    ("output \"a\" {\n  value = 1\n  precondtion {\n  }\n}", "precondition"),
    ("check \"a\" {\n  asert {\n  }\n}", "assert"),
    ("moved {\n  frm = terraform_data.a\n  to = terraform_data.b\n}", "from"),
    (
        "removed {\n  from = terraform_data.a\n  lifecyle {\n  }\n}",
        "lifecycle",
    ),
    ("import {\n  to = terraform_data.a\n  idd = \"x\"\n}", "id"),
    ("provider \"alicoud\" {\n}", "alicloud"),
    ("provider \"alicloud\" {\n  alis = \"x\"\n}", "alias"),
    ("module \"m\" {\n  sorce = \"./m\"\n}", "source"),
    ("module \"m\" {\n  source = \"./m\"\n  regoin = 1\n}", "region"),
    ("module \"m\" {\n  source = \"./m\"\n  foreach = {}\n}", "for_each"),
    ("module \"m\" {\n  source = \"./m\"\n  depend_on = []\n}", "depends_on"),
    ("module \"m\" {\n  source = \"./m\"\n  provider = {}\n}", "providers"),
    ("resource \"alicloud_oss_buckets\" \"a\" {\n}", "alicloud_oss_bucket"),
    (
        "provider \"alicloud\" {\n  alias = \"north\"\n}\nresource \"terraform_data\" \"a\" {\n  provider = alicloud.noth\n}",
        "alicloud.north",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  provider = alicoud\n}",
        "alicloud",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  count = 1\n  input = count.indx\n}",
        "count.index",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  count = 1\n  input = cont.index\n}",
        "count.index",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  for_each = toset([\"a\"])\n  input = each.vlue\n}",
        "each.value",
    ),
    (
        "resource \"terraform_data\" \"a\" {\n  for_each = toset([\"a\"])\n  input = eahc.value\n}",
        "each.value",
    ),
];

/// The body of a bucket, and what is told of it.
const BODIES: &[(&str, &str)] = &[
    ("foreach = {}", "for_each"),
    ("cuont = 1", "count"),
    ("depend_on = []", "depends_on"),
    ("provder = alicloud", "provider"),
    ("dynmic \"x\" {\n  }", "dynamic"),
    ("lifecyle {\n  }", "lifecycle"),
    ("lifecyle = {}", "lifecycle"),
    (
        "lifecycle {\n    creat_before_destroy = true\n  }",
        "create_before_destroy",
    ),
    ("lifecycle {\n    precondtion {\n    }\n  }", "precondition"),
    ("lifecycle {\n    ignore_changes = al\n  }", "all"),
    ("lifecycle {\n    ignore_changes = [alc]\n  }", "acl"),
    ("alc = \"private\"", "acl"),
    ("acl = \"privat\"", "private"),
    ("lifecycle_rule {\n    enabld = true\n  }", "enabled"),
    (
        "lifecycle_rule {\n    enabled = true\n    expiraton {\n    }\n  }",
        "expiration",
    ),
    (
        "dynamic \"lifecycle_rules\" {\n    for_each = []\n    content {\n    }\n  }",
        "lifecycle_rule",
    ),
    (
        "dynamic \"lifecycle_rule\" {\n    foreach = []\n    content {\n      enabled = true\n    }\n  }",
        "for_each",
    ),
    (
        "dynamic \"lifecycle_rule\" {\n    for_each = []\n    contnt {\n    }\n  }",
        "content",
    ),
    (
        "dynamic \"lifecycle_rule\" {\n    for_each = [1]\n    content {\n      enabled = lifecycle_rules.value\n    }\n  }",
        "lifecycle_rule.value",
    ),
];

/// A configuration in JSON, and what is told of it.
const PROPERTIES: &[(&str, &str)] = &[
    (r#"{"variabel": {"a": {}}}"#, "variable"),
    (r#"{"variable": {"a": {"defualt": 1}}}"#, "default"),
    (r#"{"terraform": {"required_verson": "1"}}"#, "required_version"),
    (r#"{"resource": {"terraform_data": {"a": {"inptu": 1}}}}"#, "input"),
    (
        r#"{"resource": {"terraform_data": {"a": {"foreach": {}}}}}"#,
        "for_each",
    ),
    (
        r#"{"resource": {"terraform_data": {"a": {"lifecyle": {}}}}}"#,
        "lifecycle",
    ),
    (
        r#"{"resource": {"terraform_data": {"a": {"lifecycle": {"prevnt_destroy": true}}}}}"#,
        "prevent_destroy",
    ),
];

/// A file that overrides a part of [`DECLARED`], and what is told of it.
const OVERRIDES: &[(&str, &str)] = &[
    ("variable \"regoin\" {\n}", "region"),
    ("locals {\n  zoen = 1\n}", "zone"),
    ("module \"alhpa\" {\n}", "alpha"),
    ("resource \"terraform_data\" \"ordres\" {\n}", "orders"),
    ("resource \"terraform_dta\" \"orders\" {\n}", "terraform_data"),
];

/// Arguments of the command line, and what is told of them.
const ARGUMENTS: &[(&[&str], &str)] = &[
    (&["plan", "-var", "regoin=x"], "region"),
    (&["plan", "-target", "terraform_data.ordres"], "terraform_data.orders"),
    (&["plan", "-target", "module.alhpa"], "module.alpha"),
    (&["plan", "-replace", "terraform_data.ordres"], "terraform_data.orders"),
    (&["plan", "-traget=x"], "target"),
    (&["paln"], "plan"),
    (&["schema", "alicloud_oss_buckets"], "alicloud_oss_bucket"),
    (&["import", "terraform_data.ordres", "x"], "terraform_data.orders"),
];

fn sandbox(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, text) in files.iter().chain(&[("m/main.tf", MODULE)]) {
        sandbox.write(name, text);
    }
    sandbox
}

fn problems(sandbox: &Sandbox) -> Vec<Json> {
    let run = sandbox.headworks("validate -json").fails();
    run.json()["diagnostics"].as_array().expect("a list").clone()
}

/// All that a run prints, however it ends.
fn said(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let run = sandbox.call(arguments, "");
    let code = run.code().expect("no signal");
    let screen = run.ends(code);
    format!("{}{}", screen.out, screen.err)
}

/// Whether a text asks for what was meant.
fn tells(text: &str, meant: &str) -> bool {
    let asked = text.to_lowercase();
    let mut asked = asked.split("did you mean").skip(1);
    asked.any(|rest| rest.lines().next().is_some_and(|line| line.contains(meant)))
}

/// Checks that of each configuration the name that was meant is told.
fn each(cases: &[(&str, &str)], files: impl Fn(&str) -> Vec<(&'static str, String)>) {
    for (text, meant) in cases {
        let files = files(text);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let found = problems(&sandbox(&files));
        let told = |d: &Json| tells(&d.to_string(), meant);
        assert!(found.iter().any(told), "{text}: {found:#?}");
    }
}

#[test]
fn of_references() {
    let mut text = DECLARED.to_string();
    let first = text.lines().count();
    for (i, (expression, _)) in REFERENCES.iter().enumerate() {
        text.push_str(&format!("output \"o{i}\" {{ value = {expression} }}\n"));
    }
    let found = problems(&sandbox(&[("main.tf", &text)]));
    for (i, (expression, meant)) in REFERENCES.iter().enumerate() {
        let here: Vec<&Json> = found
            .iter()
            .filter(|d| d["range"]["start"]["line"] == first + i + 1)
            .collect();
        let [one] = here[..] else {
            panic!("{expression}: {here:#?}");
        };
        assert!(tells(&one.to_string(), meant), "{expression}: {one:#?}");
    }
    assert_eq!(found.len(), REFERENCES.len());
}

#[test]
fn of_blocks_and_their_arguments() {
    each(BLOCKS, |text| vec![("main.tf", text.to_string())]);
}

#[test]
fn within_a_resource() {
    each(BODIES, |text| {
        let bucket = format!("resource \"alicloud_oss_bucket\" \"b\" {{\n  bucket = \"orders-raw\"\n  {text}\n}}\n");
        vec![("main.tf", bucket)]
    });
}

#[test]
fn of_properties_in_json() {
    each(PROPERTIES, |text| vec![("main.tf.json", text.to_string())]);
}

#[test]
fn of_what_is_overridden() {
    each(OVERRIDES, |text| {
        vec![("main.tf", DECLARED.to_string()), ("override.tf", text.to_string())]
    });
}

#[test]
fn of_values_for_variables() {
    for file in ["terraform.tfvars", "x.auto.tfvars"] {
        let said = said(&sandbox(&[("main.tf", DECLARED), (file, "regoin = 1\n")]), &["plan"]);
        assert!(tells(&said, "region"), "{file}: {said}");
    }
    let mut sandbox = sandbox(&[("main.tf", DECLARED)]);
    sandbox.set("TF_VAR_regoin", "x");
    sandbox.set("TF_VAR_other_tool", "x");
    let said = said(&sandbox, &["plan"]);
    assert!(tells(&said, "region") && !said.contains("other_tool"), "{said}");
}

#[test]
fn on_the_command_line() {
    for (arguments, meant) in ARGUMENTS {
        let said = said(&sandbox(&[("main.tf", DECLARED)]), arguments).to_lowercase();
        let similar = said.split("similar").nth(1).is_some_and(|rest| rest.contains(meant));
        assert!(similar || tells(&said, meant), "{arguments:?}: {said}");
    }
}
