//! Configurations of `terraform_data` alone: what the language does to a plan, without a cloud.

use super::sandbox::Sandbox;
use insta::assert_snapshot;

#[test]
fn count_and_for_each_make_instances_and_take_them_away() {
    let sandbox = Sandbox::with(
        r#"
variable "n" {
  default = 2
}
resource "terraform_data" "many" {
  count = var.n
  input = "item-${count.index}"
}
resource "terraform_data" "each" {
  for_each   = { a = 1, "b c" = 2 }
  input      = [each.key, each.value]
  depends_on = [terraform_data.many]
}
output "many" {
  value = terraform_data.many[*].output
}
output "each" {
  value = { for k, v in terraform_data.each : k => v.output[1] }
}
"#,
    );
    assert_snapshot!("instances", sandbox.headworks("plan").ok().out());
    let apply = sandbox.headworks("apply -auto-approve").ok();
    let order: Vec<&str> = apply.err.lines().filter(|l| l.contains("  ok ")).collect();
    let last_many = order.iter().rposition(|l| l.contains("many[")).expect("made");
    let first_each = order.iter().position(|l| l.contains("each[")).expect("made");
    assert!(last_many < first_each, "{order:?}");
    let list =
        "terraform_data.each[\"a\"]\nterraform_data.each[\"b c\"]\nterraform_data.many[0]\nterraform_data.many[1]\n";
    assert_eq!(sandbox.headworks("state list").ok().out, list);
    let outputs = sandbox.headworks("output -json").ok().json();
    assert_eq!(outputs["many"]["value"], serde_json::json!(["item-0", "item-1"]));
    assert_eq!(outputs["each"]["value"], serde_json::json!({"a": 1, "b c": 2}));
    sandbox.headworks("plan -detailed-exitcode").ok();

    let fewer = sandbox.headworks("plan -var n=1").ok();
    fewer.says("1 delete").says("terraform_data.many[1] beyond count");
    sandbox.edit("\"b c\" = 2", "c = 2");
    let other = sandbox.headworks("plan").ok();
    other.says("1 create, 1 delete").says("terraform_data.each[\"c\"]");
    let destroy = sandbox.headworks("destroy -auto-approve").ok();
    let order: Vec<&str> = destroy.err.lines().filter(|l| l.contains("  ok ")).collect();
    let first_many = order.iter().position(|l| l.contains("many[")).expect("deleted");
    let last_each = order.iter().rposition(|l| l.contains("each[")).expect("deleted");
    assert!(last_each < first_many, "{order:?}");
    assert_eq!(sandbox.headworks("state list").ok().out, "");
}

#[test]
fn the_order_of_declarations_changes_nothing() {
    let blocks = [
        "resource \"terraform_data\" \"a\" { input = terraform_data.b.output }\n",
        "resource \"terraform_data\" \"b\" { input = local.x }\n",
        "locals { x = \"y\" }\n",
        "output \"a\" { value = terraform_data.a.output }\n",
    ];
    let plan = |order: [usize; 4]| {
        let sandbox = Sandbox::new();
        // A file each, so that lines are the same.
        for (i, n) in order.into_iter().enumerate() {
            sandbox.write(&format!("{i}.tf"), blocks[n]);
        }
        let text = sandbox.headworks("plan").ok().out();
        let places = regex::Regex::new(r" +\d\.tf:1").expect("a pattern");
        places.replace_all(&text, "").into_owned()
    };
    let first = plan([0, 1, 2, 3]);
    for order in [[3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        assert_eq!(plan(order), first, "{order:?}");
    }
}

const LIFECYCLE: &str = r#"
variable "v" {
  default = "one"
}
resource "terraform_data" "first" {
  triggers_replace = var.v
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "follows" {
  input = "x"
  lifecycle {
    replace_triggered_by = [terraform_data.first]
  }
}
resource "terraform_data" "ignores" {
  input = var.v
  lifecycle {
    ignore_changes = [input]
  }
}
resource "terraform_data" "checked" {
  input = var.v
  lifecycle {
    precondition {
      condition     = var.v != "never"
      error_message = "never is not allowed."
    }
    postcondition {
      condition     = self.output != "late"
      error_message = "late is too late."
    }
  }
}
"#;

#[test]
fn lifecycle_rules_shape_the_plan() {
    let sandbox = Sandbox::with(LIFECYCLE);
    sandbox.headworks("apply -auto-approve").ok().says("4 created");
    let plan = sandbox.headworks("plan -var v=two").ok();
    assert_snapshot!("lifecycle", plan.out());
    let apply = sandbox.headworks("apply -auto-approve -var v=two").ok();
    apply.says("2 created, 1 updated, 2 deleted");
    let at = |text: &str| {
        let lines: Vec<String> = apply
            .err
            .lines()
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.iter().position(|l| l.starts_with(text)).expect("done")
    };
    assert!(at("ok terraform_data.first created") < at("ok terraform_data.first deleted"));
    assert!(at("ok terraform_data.follows deleted") < at("ok terraform_data.follows created"));
    assert_eq!(sandbox.headworks("state list").ok().out.lines().count(), 4);
    sandbox.headworks("plan -var v=two -detailed-exitcode").ok();
}

#[test]
fn conditions_stop_a_plan_and_a_run() {
    let sandbox = Sandbox::with(LIFECYCLE);
    sandbox.headworks("apply -auto-approve").ok();
    let line = sandbox.line("var.v != \"never\"");
    let pre = sandbox.headworks("apply -auto-approve -var v=never").fails();
    pre.says("HW0311")
        .says("never is not allowed.")
        .says(&format!("main.tf:{line}:"))
        .says("terraform_data.checked");
    sandbox.headworks("plan -detailed-exitcode").ok();
    let line = sandbox.line("self.output != \"late\"");
    let post = sandbox.headworks("apply -auto-approve -var v=late").fails();
    post.says("late is too late.").says(&format!("main.tf:{line}:"));
}

#[test]
fn what_must_not_be_destroyed_is_not() {
    let sandbox = Sandbox::with(
        r#"
variable "v" {
  default = 1
}
resource "terraform_data" "kept" {
  triggers_replace = var.v
  lifecycle {
    prevent_destroy = true
  }
}
"#,
    );
    sandbox.headworks("apply -auto-approve").ok();
    for command in ["destroy -auto-approve", "apply -auto-approve -var v=2", "plan -destroy"] {
        let refused = sandbox.headworks(command).fails();
        refused
            .says("HW0311")
            .says("prevent_destroy")
            .says("main.tf:5:1")
            .says("help:");
    }
    assert_eq!(sandbox.headworks("state list").ok().out, "terraform_data.kept\n");
}

const SECRET: &str = "Planted-S3cret-Value";

#[test]
fn a_sensitive_value_is_never_printed() {
    let mut sandbox = Sandbox::with(
        r#"
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "holder" {
  input            = { user = "u", password = var.password }
  triggers_replace = sha256(var.password)
}
output "password" {
  value     = terraform_data.holder.output
  sensitive = true
}
"#,
    );
    sandbox.set("TF_VAR_password", SECRET);
    let told = "-var=password=Planted-S3cret-Other";
    let silent = |sandbox: &Sandbox, args: &[&str], code: i32| {
        let screen = sandbox
            .call(args, "var.password\nterraform_data.holder.output\n")
            .ends(code);
        for part in [SECRET, "S3cret"] {
            screen.lacks(part);
        }
    };
    silent(&sandbox, &["plan", "-out=a.plan"], 0);
    silent(&sandbox, &["plan", "-json"], 0);
    silent(&sandbox, &["show", "a.plan"], 0);
    silent(&sandbox, &["show", "-json", "a.plan"], 0);
    assert!(
        !sandbox.read("a.plan").contains("S3cret"),
        "the plan file holds the secret"
    );
    silent(&sandbox, &["apply", "a.plan"], 0);
    silent(&sandbox, &["plan", told, "-out=b.plan"], 0);
    silent(&sandbox, &["plan", told, "-json"], 0);
    silent(&sandbox, &["show", "-json", "b.plan"], 0);
    assert!(
        !sandbox.read("b.plan").contains("S3cret"),
        "the second plan file holds the secret"
    );
    for args in [
        "show",
        "show -json",
        "output",
        "output password",
        "output -json",
        "console",
        "graph",
        "drift",
        "drift -json",
    ] {
        silent(&sandbox, &args.split(' ').collect::<Vec<_>>(), 0);
    }
    silent(&sandbox, &["state", "show", "terraform_data.holder"], 0);
    silent(&sandbox, &["state", "show", "-json", "terraform_data.holder"], 0);
    silent(&sandbox, &["plan", "-destroy"], 0);
    silent(&sandbox, &["apply", "-auto-approve", told], 0);
    // Only who asks for it by name, in a form for programs, gets it.
    sandbox
        .headworks("output -json password")
        .ok()
        .says("Planted-S3cret-Other");
    silent(&sandbox, &["destroy", "-auto-approve"], 0);
}

#[test]
fn an_output_of_a_sensitive_value_must_say_so() {
    let mut sandbox = Sandbox::with(
        r#"
variable "password" {
  sensitive = true
}
resource "terraform_data" "holder" {
  input = var.password
}
output "direct" {
  value = "x${var.password}"
}
output "through" {
  value = terraform_data.holder.output
}
"#,
    );
    sandbox.set("TF_VAR_password", SECRET);
    let refused = sandbox.headworks("plan").fails();
    refused
        .says("main.tf:8:")
        .says("main.tf:11:")
        .says("sensitive = true")
        .lacks(SECRET);
}

#[test]
fn changes_of_outputs_alone_are_applied() {
    let sandbox = Sandbox::with("output \"a\" {\n  value = 1\n}\n");
    sandbox.headworks("plan -detailed-exitcode").ends(2);
    sandbox.headworks("apply -auto-approve").ok();
    assert_eq!(sandbox.headworks("output -raw a").ok().out, "1");
    sandbox.headworks("plan -detailed-exitcode").ok();
    sandbox.edit("1", "[1, { b = null }]");
    sandbox.headworks("apply -auto-approve").ok();
    assert_eq!(
        sandbox.headworks("output -json a").ok().json(),
        serde_json::json!([1, {"b": null}])
    );
    sandbox
        .headworks("output -raw a")
        .fails()
        .says("Unsupported value for raw output");
}

#[test]
fn a_variable_of_another_system_in_a_template_is_taught_to_be_escaped() {
    let sandbox = Sandbox::with(
        r#"
resource "terraform_data" "sync" {
  input = jsonencode({ partition = "pt=${bizdate}" })
}
"#,
    );
    let said = sandbox.headworks("validate").ends(1);
    said.says("write $${bizdate} for the text ${bizdate} itself");
    said.says("1 error");
    sandbox.write("main.tf", sandbox.read("main.tf").replace("${bizdate}", "$${bizdate}"));
    sandbox.headworks("plan").ok().says("pt=${bizdate}");
}

#[test]
fn texts_and_files_without_end_are_cut_off() {
    let lines = (1..60).map(|i| format!("  l{i} = \"${{local.l{}}}${{local.l{0}}}\"\n", i - 1));
    let doubling = format!("locals {{\n  l0 = \"xxxxxxxx\"\n{}}}\n", lines.collect::<String>());
    let sandbox = Sandbox::with(&doubling);
    sandbox.headworks("validate").fails().says("67108864 bytes");
    sandbox.write("main.tf", "output \"o\" {\n  value = file(\"/dev/zero\")\n}\n");
    #[cfg(unix)]
    sandbox.headworks("validate").fails().says("not a regular file");
}
