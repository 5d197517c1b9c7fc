//! Conditions from plan to apply: what the plan can't know yet is looked at while applying, and what was found is recorded.

use super::sandbox::Sandbox;
use serde_json::json;

const CONFIG: &str = r#"
variable "size" {
  type    = number
  default = 1
  validation {
    condition     = var.size > 0
    error_message = "Size is ${var.size}."
  }
}
resource "terraform_data" "first" {
  input = var.size
}
resource "terraform_data" "second" {
  input = "fixed"
  lifecycle {
    precondition {
      condition     = terraform_data.first.output < 5
      error_message = "first is ${terraform_data.first.output}"
    }
  }
}
resource "terraform_data" "third" {
  input = "${terraform_data.second.id}-${var.size}"
}
check "small" {
  assert {
    condition     = terraform_data.first.output < 3
    error_message = "getting big: ${terraform_data.first.output}"
  }
}
output "third" {
  value = terraform_data.third.output
}
"#;

fn checks(sandbox: &Sandbox) -> Vec<(String, String)> {
    let state = sandbox.headworks("show -json").ok().json();
    let all = state["checks"].as_array().cloned().unwrap_or_default();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_string();
    all.iter()
        .map(|c| (text(&c["address"]["to_display"]), text(&c["status"])))
        .collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
}

#[test]
fn a_condition_that_fails_while_applying_stops_what_needs_it() {
    let sandbox = Sandbox::with(CONFIG);
    let first = sandbox.headworks("apply -auto-approve").ok();
    first.says("Check block assertion known after apply");
    let fine = [
        ("check.small", "pass"),
        ("terraform_data.second", "pass"),
        ("var.size", "pass"),
    ];
    assert_eq!(checks(&sandbox), pairs(&fine));

    // The second object does not change; its condition fails all the same, and the third one waits for it.
    let failed = sandbox.headworks("apply -auto-approve -var size=7").fails();
    failed
        .says("Resource precondition failed")
        .says("first is 7")
        .says("getting big: 7");
    let state = sandbox.headworks("show -json").ok().json();
    let objects = state["values"]["root_module"]["resources"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(objects[0]["values"]["input"], json!(7), "the first one was changed");
    let third = objects[2]["values"]["input"].as_str().unwrap_or_default();
    assert!(third.ends_with("-1"), "{third}");
    assert_eq!(
        checks(&sandbox),
        pairs(&[
            ("check.small", "fail"),
            ("terraform_data.second", "fail"),
            ("var.size", "pass")
        ])
    );
    sandbox
        .headworks("plan -var size=7")
        .fails()
        .says("Resource precondition failed");

    sandbox
        .headworks("apply -auto-approve -var size=4")
        .ok()
        .says("Check block assertion failed");
    sandbox.headworks("apply -auto-approve -var size=2").ok();
    assert_eq!(checks(&sandbox), pairs(&fine));
    sandbox.headworks("plan -var size=0").fails().says("Size is 0.");
}

#[test]
fn a_check_block_only_warns_and_is_looked_at_again() {
    let sandbox = Sandbox::with(
        "resource \"terraform_data\" \"a\" { input = 1 }\ncheck \"c\" {\n  assert {\n    condition     = terraform_data.a.input == 2\n    \
         error_message = \"a is ${terraform_data.a.input}\"\n  }\n}\n",
    );
    let planned = sandbox.headworks("plan -out=p -detailed-exitcode").ends(2);
    planned.says("Check block assertion failed").says("a is 1");
    let plan = sandbox.headworks("show -json p").ok().json();
    assert_eq!(
        plan["checks"][0]["instances"][0]["problems"],
        json!([{"message": "a is 1"}])
    );
    sandbox.headworks("apply p").ok().says("Check block assertion failed");
    // Without a change, too.
    sandbox.headworks("plan -out=p").ok();
    sandbox.headworks("apply p").ok().says("Check block assertion failed");
    assert_eq!(checks(&sandbox), pairs(&[("check.c", "fail")]));
    sandbox.headworks("destroy -auto-approve").ok();
    assert_eq!(checks(&sandbox), []);
}

#[test]
fn a_failed_postcondition_keeps_the_object_and_the_former_output() {
    let sandbox = Sandbox::with(
        "variable \"v\" { default = \"good\" }\nresource \"terraform_data\" \"a\" {\n  input = var.v\n  lifecycle {\n    \
         postcondition {\n      condition     = self.output != \"bad\"\n      error_message = \"it is ${self.output}\"\n    }\n  \
         }\n}\nresource \"terraform_data\" \"b\" { input = terraform_data.a.output }\noutput \"o\" { value = \
         terraform_data.a.output }\n",
    );
    sandbox.headworks("apply -auto-approve").ok();
    let failed = sandbox.headworks("apply -auto-approve -var v=bad").fails();
    failed.says("Resource postcondition failed").says("it is bad");
    let state = sandbox.headworks("show -json").ok().json();
    let objects = &state["values"]["root_module"]["resources"];
    assert_eq!(
        (&objects[0]["values"]["input"], &objects[1]["values"]["input"]),
        (&json!("bad"), &json!("good"))
    );
    assert_eq!(state["values"]["outputs"]["o"]["value"], json!("good"));
}

#[test]
fn a_validation_may_look_at_objects() {
    let sandbox = Sandbox::with(
        "variable \"v\" {\n  default = \"made\"\n  validation {\n    condition     = var.v == terraform_data.a.output\n    \
         error_message = \"a is ${terraform_data.a.output}\"\n  }\n}\nvariable \"a\" { default = \"made\" }\nresource \
         \"terraform_data\" \"a\" { input = var.a }\nresource \"terraform_data\" \"b\" { input = var.v }\n",
    );
    sandbox.headworks("apply -auto-approve").ok();
    let failed = sandbox.headworks("apply -auto-approve -var v=x -var a=y").fails();
    failed.says("Invalid value for variable").says("a is y");
    let state = sandbox.headworks("show -json").ok().json();
    let objects = &state["values"]["root_module"]["resources"];
    assert_eq!(
        (&objects[0]["values"]["input"], &objects[1]["values"]["input"]),
        (&json!("y"), &json!("made"))
    );
    sandbox.headworks("plan -var v=x -var a=y").fails().says("a is y");
}
