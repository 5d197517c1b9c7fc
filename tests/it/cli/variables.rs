//! Values of variables: where they come from and which one wins.

use super::sandbox::Sandbox;

const CONFIG: &str = r#"
variable "v" {
  default = "default"
}
output "v" {
  value = var.v
}
"#;

fn winner(sandbox: &Sandbox, options: &[&str]) -> String {
    let mut args = vec!["console"];
    args.extend(options);
    sandbox.call(&args, "var.v\n").ok().out
}

#[test]
fn each_later_source_wins() {
    let mut sandbox = Sandbox::with(CONFIG);
    assert_eq!(winner(&sandbox, &[]), "\"default\"\n");
    sandbox.set("TF_VAR_v", "environment");
    assert_eq!(winner(&sandbox, &[]), "\"environment\"\n");
    sandbox.write("terraform.tfvars", "v = \"terraform.tfvars\"\n");
    assert_eq!(winner(&sandbox, &[]), "\"terraform.tfvars\"\n");
    sandbox.write("a.auto.tfvars", "v = \"a\"\n");
    assert_eq!(winner(&sandbox, &[]), "\"a\"\n");
    sandbox.write("b.auto.tfvars", "v = \"b\"\n");
    assert_eq!(winner(&sandbox, &[]), "\"b\"\n");
    sandbox.write("values.tfvars", "v = \"file\"\n");
    assert_eq!(winner(&sandbox, &["-var-file=values.tfvars"]), "\"file\"\n");
    assert_eq!(
        winner(&sandbox, &["-var-file", "values.tfvars", "-var", "v=option"]),
        "\"option\"\n"
    );
    assert_eq!(winner(&sandbox, &["-var=v=1", "-var=v=2"]), "\"2\"\n");
    let plan = sandbox.headworks("plan -var v=planned").ok();
    plan.says("+ v = \"planned\"");
}

#[test]
fn options_count_in_their_order() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.write("values.tfvars", "v = \"file\"\n");
    assert_eq!(
        winner(&sandbox, &["-var", "v=option", "-var-file=values.tfvars"]),
        "\"file\"\n"
    );
}

#[test]
fn values_have_the_type_of_the_variable() {
    let sandbox = Sandbox::with("variable \"v\" {\n  type = map(list(number))\n}\n");
    let out = sandbox
        .call(&["console", "-var", "v={ a = [1, \"2\"] }"], "var.v.a[1] + 1\n")
        .ok();
    assert_eq!(out.out, "3\n");
    let wrong = sandbox.call(&["plan", "-var", "v={ a = [\"x\"] }"], "").fails();
    wrong
        .says("HW0307")
        .says("Invalid value for input variable")
        .says("main.tf:1:1")
        .says("a number is required");
    let missing = sandbox.headworks("plan").fails();
    missing
        .says("No value for required variable")
        .says("TF_VAR_v")
        .says("main.tf:1:1");
    let unknown = sandbox.call(&["plan", "-var", "vv=1", "-var", "v={}"], "").fails();
    unknown.says("Value for undeclared variable").says("did you mean \"v\"");
    sandbox
        .headworks("plan -var v")
        .fails()
        .says("HW0601")
        .says("no equals sign");
    sandbox
        .headworks("plan -var-file=none.tfvars")
        .fails()
        .says("HW0602")
        .says("none.tfvars");
    sandbox.write("bad.tfvars", "v = {}\nresource \"x\" \"y\" {}\n");
    sandbox
        .headworks("plan -var-file=bad.tfvars")
        .fails()
        .says("bad.tfvars:2:1")
        .says("Unexpected \"resource\" block");
}

#[test]
fn a_validation_is_shown_with_its_message() {
    let text = r#"
variable "name" {
  type = string
  validation {
    condition     = length(var.name) > 2
    error_message = "The name ${var.name} is too short."
  }
}
"#;
    let sandbox = Sandbox::with(text);
    sandbox.headworks("plan -var name=long").ok();
    let refused = sandbox.headworks("plan -var name=x").fails();
    refused.says("The name x is too short.").says("main.tf:");
}

#[test]
fn values_are_literals() {
    let config =
        "variable \"any\" { type = any }\nvariable \"text\" {}\noutput \"v\" {\n  value = [var.any, var.text]\n}\n";
    let sandbox = Sandbox::with(config);
    let plan = |any: &str| sandbox.call(&["plan", "-var", any, "-var", "text=[1]"], "");
    plan("any=[1, true]").ok().says("jsonencode([1])").says("[1, true]");
    plan("any=word").fails().says("Variables not allowed");
    plan("any=upper(\"x\")").fails().says("Function calls not allowed");
    plan("any=[").fails();
    plan("any =1").fails().says("Invalid -var option");
    sandbox.write(
        "main.tf",
        "variable \"n\" {\n  type    = number\n  default = \"x\"\n}\n",
    );
    let wrong = sandbox.call(&["plan", "-var", "n=1"], "").fails();
    wrong.says("Invalid default value for variable");
}
