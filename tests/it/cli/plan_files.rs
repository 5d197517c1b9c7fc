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
    let refused = two.headworks("apply a.plan").fails();
    refused.says("HW0604").says("for another state");
}

#[test]
fn a_plan_without_a_state_is_for_the_state_that_it_made() {
    let one = Sandbox::with(CONFIG);
    let two = Sandbox::with(CONFIG);
    for sandbox in [&one, &two] {
        sandbox.headworks("plan -out=a.plan").ok();
        sandbox.headworks("show a.plan").ok();
    }
    // Both states are empty and new, and yet not the same.
    let of_one = one.read("a.plan");
    two.write("b.plan", &of_one);
    two.headworks("apply b.plan").fails().says("for another state");
    // A state that is gone is not made anew in silence.
    let three = Sandbox::with(CONFIG);
    three.write("b.plan", &of_one);
    let refused = three.headworks("apply b.plan").fails();
    refused
        .says("HW0604")
        .says("The state of the saved plan is missing")
        .says("there is none at");
    assert!(!three.path(".headworks").exists());
    three.headworks("show b.plan").ok().says("terraform_data.a");
    one.headworks("apply a.plan").ok();
    one.headworks("apply a.plan").fails().says("stale");
    // Where another run was faster, also.
    two.headworks("apply -auto-approve").ok();
    two.headworks("apply a.plan").fails().says("stale");
}

#[test]
fn a_plan_is_for_the_configuration_it_was_made_from() {
    let sandbox = Sandbox::with("module \"m\" {\n  source = \"./m\"\n}\n");
    sandbox.write("m/main.tf", CONFIG);
    sandbox.write("more.tf", "# nothing\n");
    sandbox.headworks("plan -out=a.plan").ok();
    let refused = |parts: &[&str]| {
        let screen = sandbox.headworks("apply a.plan").fails();
        screen
            .says("HW0604")
            .says("The configuration has changed")
            .says("-planned-config");
        for part in parts {
            screen.says(part);
        }
    };
    sandbox.write("m/main.tf", CONFIG.replace("one", "three"));
    sandbox.write("m/new.tf", "");
    std::fs::remove_file(sandbox.path("more.tf")).expect("removed");
    refused(&["m/main.tf is different", "m/new.tf is new", "more.tf is gone"]);
    assert_eq!(sandbox.headworks("state list").ok().out, "");
    // Files that are no configuration don't count.
    sandbox.write("m/main.tf", CONFIG);
    sandbox.write("more.tf", "# nothing\n");
    std::fs::remove_file(sandbox.path("m/new.tf")).expect("removed");
    sandbox.write("notes.txt", "x");
    sandbox.headworks("apply a.plan").ok().says("1 created");
    // What was planned is done, when that is said.
    sandbox.headworks("plan -destroy -out=b.plan").ok();
    sandbox.write("more.tf", "# something\n");
    refused_by(&sandbox, "b.plan");
    sandbox.headworks("apply -planned-config b.plan").ok().says("1 deleted");
}

fn refused_by(sandbox: &Sandbox, plan: &str) {
    let screen = sandbox.headworks(&format!("apply {plan}")).fails();
    screen.says("The configuration has changed");
}

#[test]
fn a_pipeline_applies_a_plan_where_there_is_no_configuration() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("plan -out=a.plan").ok();
    std::fs::remove_file(sandbox.path("main.tf")).expect("removed");
    sandbox.headworks("apply a.plan").ok().says("1 created");
    assert_eq!(sandbox.headworks("output -raw word").ok().out, "one");
}

/// The text of a plan with its digest made anew, as somebody would who knows how it is made.
fn forged(text: &str, from: &str, to: &str) -> String {
    use sha2::Digest;
    assert!(text.contains(from), "{from}");
    let mut json: serde_json::Value = serde_json::from_str(&text.replace(from, to)).expect("JSON");
    let digest = sha2::Sha256::digest(json["headworks_plan"].to_string().as_bytes());
    json["sha256"] = digest.iter().map(|b| format!("{b:02x}")).collect::<String>().into();
    json.to_string()
}

#[test]
fn a_plan_whose_digest_was_made_anew_is_refused() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.headworks("plan -out=a.plan").ok();
    let text = sandbox.read("a.plan");
    assert_eq!(
        forged(&text, "one", "one"),
        serde_json::from_str::<serde_json::Value>(&text)
            .expect("JSON")
            .to_string()
    );
    sandbox.write("b.plan", forged(&text, "\"one\"", "\"two\""));
    sandbox.headworks("show a.plan").ok().lacks("tampered");
    sandbox.headworks("show b.plan").ok().says("two").says("tampered with");
    // Without its state nobody can tell, and nothing wrong is said.
    let elsewhere = Sandbox::new();
    elsewhere.write("b.plan", sandbox.read("b.plan"));
    elsewhere.headworks("show b.plan").ok().says("two").lacks("tampered");
    let refused = sandbox.headworks("apply -planned-config b.plan").fails();
    refused.says("HW0604").says("tampered with").says("digest made anew");
    let unsealed = text.replacen("\"seal\"", "\"other\"", 1);
    sandbox.write("c.plan", unsealed);
    sandbox
        .headworks("apply c.plan")
        .fails()
        .says("tampered with")
        .says("no seal");
    assert_eq!(sandbox.headworks("state list").ok().out, "");
    // A version whose plans mean something else.
    let ours = concat!("\"tool_version\":\"", env!("CARGO_PKG_VERSION"), "\"");
    sandbox.write("d.plan", forged(&text, ours, "\"tool_version\":\"99.0.0\""));
    sandbox
        .headworks("apply d.plan")
        .fails()
        .says("from another version")
        .says("99.0.0");
    sandbox.headworks("apply a.plan").ok();
}

#[test]
fn the_digest_that_was_reviewed_can_be_asked_for() {
    let sandbox = Sandbox::with(CONFIG);
    let planned = sandbox.headworks("plan -out=a.plan").ok();
    let digest = planned
        .err
        .split("digest ")
        .nth(1)
        .and_then(|rest| rest.get(..64))
        .expect("told")
        .to_string();
    let stream = sandbox.headworks("plan -json -out=b.plan").ok().out;
    let saved = stream.lines().find(|line| line.contains("saved_plan")).expect("a line");
    let saved: serde_json::Value = serde_json::from_str(saved).expect("JSON");
    let other = saved["saved_plan"]["digest"].as_str().expect("a digest").to_string();
    assert_ne!(digest, other);
    let refused = sandbox
        .headworks(&format!("apply -expect-digest={other} a.plan"))
        .fails();
    refused.says("HW0604").says(&digest).says(&other);
    for wrong in ["12ab", "sha256:", "zz"] {
        let refused = sandbox
            .headworks(&format!("apply -expect-digest={wrong} a.plan"))
            .fails();
        refused.says("is no digest");
    }
    let _ = sandbox
        .headworks(&format!("apply -auto-approve -expect-digest={digest}"))
        .ends(1);
    let applied = sandbox
        .headworks(&format!("apply -expect-digest=sha256:{digest} a.plan"))
        .ok();
    applied.says(&format!("Applying a.plan (digest {digest})"));
    let state = rusqlite::Connection::open(sandbox.path(".headworks/state.db")).expect("opens");
    let recorded = state.query_row("SELECT plan_digest FROM runs", [], |row| row.get::<_, String>(0));
    assert_eq!(recorded.expect("one run"), digest);
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
