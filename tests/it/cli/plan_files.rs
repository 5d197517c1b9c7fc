//! Saved plans: for one use, for one state, unchanged, and for this user only.

use super::sandbox::Sandbox;
use std::os::unix::fs::PermissionsExt;

const CONFIG: &str = r#"
variable "word" {
  default = "one"
}
resource "terraform_data" "a" {
  input = var.word
}
output "word" {
  value = terraform_data.a.output
}
"#;

#[test]
fn a_saved_plan_is_applied_once() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox
        .headworks("plan -var word=two -out=a.plan")
        .ok()
        .says("Saved a.plan");
    let mode = std::fs::metadata(sandbox.path("a.plan"))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    sandbox.headworks("show a.plan").ok().says("+ input = \"two\"");
    let json = sandbox.headworks("show -json a.plan").ok().json();
    assert_eq!(json["resource_changes"][0]["change"]["after"]["input"], "two");
    // What was planned is done, whatever the files say by now.
    sandbox.edit("\"one\"", "\"three\"");
    sandbox.headworks("apply a.plan").ok().says("1 created");
    assert_eq!(sandbox.headworks("output -raw word").ok().out, "two");
    let again = sandbox.headworks("apply a.plan").fails();
    again
        .says("HW0604")
        .says("The saved plan is stale")
        .says("A plan is for one use")
        .says("help: make a new plan");
    assert_eq!(sandbox.headworks("output -raw word").ok().out, "two");
}

#[test]
fn a_plan_of_an_older_state_is_refused() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox.headworks("plan -var word=two -out=a.plan").ok();
    sandbox.headworks("apply -auto-approve -var word=three").ok();
    sandbox.headworks("apply a.plan").fails().says("HW0604").says("stale");
    assert_eq!(sandbox.headworks("output -raw word").ok().out, "three");
}

#[test]
fn a_plan_of_another_state_is_refused() {
    let one = Sandbox::with(CONFIG);
    let two = Sandbox::with(CONFIG);
    for sandbox in [&one, &two] {
        sandbox.headworks("apply -auto-approve").ok();
    }
    one.headworks("plan -var word=two -out=a.plan").ok();
    two.write("a.plan", one.read("a.plan"));
    two.headworks("apply a.plan").fails().says("HW0604").says("stale");
}

#[test]
fn a_changed_or_broken_plan_file_is_refused() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("plan -out=a.plan").ok();
    let text = sandbox.read("a.plan");
    let half: String = text.chars().take(text.len() / 2).collect();
    for (what, changed) in [
        ("another value", text.replace("one", "two")),
        ("half of it", half),
        ("nothing", String::new()),
        ("something else", "{}".to_string()),
        ("deep nesting", "[".repeat(100_000)),
    ] {
        assert_ne!(changed, text, "{what}");
        sandbox.write("b.plan", &changed);
        for command in ["apply b.plan", "show b.plan"] {
            let refused = sandbox.headworks(command).fails();
            refused
                .says("HW0604")
                .says("b.plan can't be used")
                .says("help: make a new plan");
        }
    }
    sandbox
        .headworks("apply missing.plan")
        .fails()
        .says("HW0602")
        .says("missing.plan");
    sandbox.write("c.plan", b"\xff\xfe\x00");
    sandbox.headworks("apply c.plan").fails().says("c.plan");
    assert_eq!(sandbox.headworks("state list").ok().out, "");
    sandbox.headworks("apply a.plan").ok();
}

#[test]
fn a_plan_for_the_embedded_cloud_is_not_for_the_real_one() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("--sim plan -out=a.plan").ok();
    sandbox
        .headworks("apply a.plan")
        .fails()
        .says("HW0604")
        .says("for another cloud");
    sandbox.headworks("--sim apply a.plan").ok();
}

#[test]
fn an_empty_and_a_destroying_plan_can_be_saved() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("apply -auto-approve").ok();
    sandbox.headworks("plan -out=none.plan").ok().says("No changes.");
    sandbox.headworks("apply none.plan").ok().says("Nothing to do.");
    sandbox.headworks("plan -destroy -out=end.plan").ok();
    sandbox.headworks("apply end.plan").ok().says("1 deleted");
    assert_eq!(sandbox.headworks("state list").ok().out, "");
}

#[test]
fn a_saved_plan_takes_no_other_values_of_variables() {
    let mut sandbox = Sandbox::with(
        "variable \"n\" { default = 1 }\nvariable \"key\" {\n  default   = \"d\"\n  ephemeral = true\n}\nresource \"terraform_data\" \
         \"a\" { input = var.n }\n",
    );
    sandbox.headworks("plan -out=p -var n=2").ok();
    let other = sandbox.headworks("apply -var n=3 p").fails();
    other.says("Can't change variable when applying a saved plan");
    sandbox
        .headworks("apply -var m=3 p")
        .fails()
        .says("Value for undeclared variable");
    sandbox.set("TF_VAR_n", "4");
    let ignored = sandbox.headworks("apply -var-file=/dev/null p").ok();
    ignored.says("Ignoring variable when applying a saved plan");
    // An ephemeral variable that was given must be given again; one with its default need not.
    sandbox.headworks("plan -out=p -var n=5 -var key=x").ok();
    sandbox
        .headworks("apply p")
        .fails()
        .says("No value for required variable");
    sandbox.headworks("apply -var key=y p").ok();
}

#[test]
fn a_saved_plan_keeps_a_sensitive_output_of_an_object_that_stays() {
    let sandbox = Sandbox::with("resource \"terraform_data\" \"a\" {\n  input = [sensitive(\"word\"), 2]\n}\n");
    sandbox.headworks("apply -auto-approve").ok();
    let output = "output \"o\" {\n  value     = terraform_data.a.input\n  sensitive = true\n}\n";
    std::fs::write(sandbox.path("output.tf"), output).expect("written");
    sandbox.headworks("plan -out=a.plan").ok();
    sandbox.headworks("apply a.plan").ok();
    let json = sandbox.headworks("output -json").ok().json();
    assert_eq!(json["o"]["sensitive"], true, "{json}");
    sandbox.headworks("plan -detailed-exitcode").ok();
}

#[test]
fn applying_in_part_says_that_something_may_be_left() {
    let sandbox = Sandbox::with(CONFIG);
    let warning = "Applied changes may be incomplete";
    sandbox.headworks("plan -target terraform_data.a -out=a.plan").ok();
    sandbox.headworks("apply a.plan").ok().says(warning);
    sandbox
        .headworks("apply -auto-approve -target terraform_data.a")
        .ok()
        .says(warning);
}
