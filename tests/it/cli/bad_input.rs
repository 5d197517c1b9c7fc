//! Bad input: each mistake ends with 1, has a code, a place and help, and leaves the state as it was.

use super::sandbox::Sandbox;
use insta::assert_snapshot;

const TASK: &str = r#"
resource "alicloud_ots_delivery_task" "d" {
  instance_name = "sampleinst"
  table_name    = "t"
  task_name     = "orders"
  oss_bucket    = "x-bucket"
  oss_prefix    = "a/$yyyy/$MM"
  oss_endpoint  = "oss-cn-hangzhou.aliyuncs.com"
  oss_sts_role  = "acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery"
  schema {
    column_name     = "k"
    oss_column_name = "k"
    type            = "INT64"
  }
}
"#;

#[test]
fn the_task_that_the_mistakes_are_made_in_is_right() {
    Sandbox::with(TASK).headworks("validate").ok();
}

/// What is written instead of what, and what the error says.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (
        "task_name ",
        "tsak_name ",
        &["HW0201", "main.tf:5:3", "did you mean `task_name`"],
    ),
    (
        "  table_name    = \"t\"\n",
        "",
        &["HW0203", "main.tf:2:1", "\"table_name\" is required"],
    ),
    (
        "\"orders\"",
        "[\"orders\"]",
        &["HW0210", "main.tf:5:19", "string required"],
    ),
    (
        "\"orders\"",
        "\"Orders_1\"",
        &["main.tf:5:19", "task_name", "lower-case letters"],
    ),
    (
        "\"orders\"",
        "\"sampledeliverytask\"",
        &["HW0222", "main.tf:5:19", "18 characters; allowed are 3 to 16", "help:"],
    ),
    (
        "$MM",
        "$month",
        &["HW0224", "main.tf:7:", "unknown time variable", "$month", "help:"],
    ),
    ("$yyyy", "${yyyy}", &["HW0304", "main.tf:7:", "yyyy", "$yyyy"]),
    ("$yyyy", "$${yyyy}", &["HW0224", "main.tf:7:", "did you mean `$yyyy`"]),
    ("\"INT64\"", "\"INT65\"", &["main.tf:13:", "INT64", "did you mean"]),
    (
        "acs:ram::1234567890123456:role/",
        "role/",
        &["HW0224", "main.tf:9:", "acs:ram::<account id>:role/<role name>"],
    ),
    (
        "alicloud_ots_delivery_task",
        "alicloud_ots_delivery_tsak",
        &["HW0308", "main.tf:2:1", "did you mean \"alicloud_ots_delivery_task\""],
    ),
    ("\"t\"", "var.tabel", &["HW0304", "main.tf:4:", "tabel"]),
    ("\"t\"", "local.tabel", &["HW0304", "main.tf:4:", "tabel"]),
    (
        "\"t\"",
        "terraform_data.none.output",
        &["HW0304", "main.tf:4:", "terraform_data"],
    ),
    ("\"t\"", "upper(1, 2)", &["main.tf:4:", "upper"]),
    ("\"t\"", "uper(\"t\")", &["main.tf:4:", "upper"]),
    ("\"t\"", "\"t", &["main.tf:4:"]),
    ("schema {", "shema {", &["main.tf:10:3", "schema"]),
    (
        "resource \"alicloud_ots_delivery_task\" \"d\"",
        "resource \"d\"",
        &["main.tf:2:"],
    ),
    ("resource", "resuorce", &["main.tf:2:1", "resource"]),
];

#[test]
fn each_mistake_has_a_code_a_place_and_help() {
    for (from, to, says) in MISTAKES {
        let sandbox = Sandbox::with(TASK);
        sandbox.edit(from, to);
        for command in ["validate", "--sim plan"] {
            let refused = sandbox.headworks(command).fails();
            refused.says("error[HW0");
            for text in *says {
                refused.says(text);
            }
            assert_eq!(refused.out, "", "errors are no data");
        }
        let json = sandbox.headworks("validate -json").fails().json();
        assert_eq!(json["valid"], false);
        assert!(json["error_count"].as_u64().is_some_and(|n| n > 0), "{json}");
        assert!(json["diagnostics"][0]["range"]["start"]["line"].is_u64(), "{json}");
    }
}

#[test]
fn all_mistakes_are_shown_at_once() {
    let sandbox = Sandbox::with(TASK);
    sandbox.edit("\"orders\"", "\"sampledeliverytask\"");
    sandbox.edit("$MM", "$month");
    sandbox.write(
        "second.tf",
        "output \"none\" {\n  value = var.none\n}\nresource \"alicloud_oss_bucket\" \"b\" {\n  bucket        = \"my-bucket-1\"\n  stroage_class = \"Standard\"\n}\n",
    );
    let refused = sandbox.headworks("plan").fails();
    refused
        .says("HW0222")
        .says("HW0224")
        .says("HW0304")
        .says("HW0201")
        .says("second.tf:6:3")
        .says("4 errors");
    assert_snapshot!("several_mistakes", refused.err());
}

#[test]
fn mistakes_leave_the_state_as_it_was() {
    let sandbox = Sandbox::with("resource \"terraform_data\" \"a\" {\n  input = 1\n}\n");
    sandbox.headworks("--sim apply -auto-approve").ok();
    let state = || {
        sandbox
            .files()
            .into_iter()
            .filter(|(p, _)| p.ends_with("sim-state.db"))
            .collect::<Vec<_>>()
    };
    let before = (state(), sandbox.headworks("--sim show -json").ok().out);
    assert_eq!(before.0.len(), 1);
    for (from, to, _) in MISTAKES {
        sandbox.write("main.tf", TASK.replace(from, to));
        let bytes = state();
        sandbox.headworks("--sim plan").fails();
        assert_eq!(state(), bytes, "{to}");
        sandbox.headworks("--sim apply -auto-approve").fails();
        assert_eq!(sandbox.headworks("--sim show -json").ok().out, before.1, "{to}");
    }
}

#[test]
fn a_cycle_names_every_member() {
    let sandbox = Sandbox::with(
        r#"
resource "terraform_data" "a" {
  input = terraform_data.b.output
}
resource "terraform_data" "b" {
  input = local.x
}
locals {
  x = terraform_data.a.output
}
resource "terraform_data" "outside" {
  input = terraform_data.a.id
}
"#,
    );
    let refused = sandbox.headworks("validate").fails();
    refused
        .says("HW0305")
        .says("local.x → terraform_data.a → terraform_data.b → local.x")
        .lacks("outside");
    assert_snapshot!("cycle", refused.err());
    let sandbox = Sandbox::with("resource \"terraform_data\" \"a\" {\n  input = terraform_data.a.id\n}\n");
    sandbox
        .headworks("validate")
        .fails()
        .says("terraform_data.a")
        .says("main.tf:2:");
}

#[test]
fn an_address_is_declared_once() {
    let sandbox = Sandbox::with("resource \"terraform_data\" \"a\" {}\n");
    sandbox.write("other.tf", "\nresource \"terraform_data\" \"a\" {}\n");
    let refused = sandbox.headworks("plan").fails();
    refused
        .says("HW0302")
        .says("terraform_data.a")
        .says("main.tf:1")
        .says("other.tf:2")
        .says("help:");
    for twice in [
        "variable \"x\" {}\nvariable \"x\" {}\n",
        "output \"x\" {\n  value = 1\n}\noutput \"x\" {\n  value = 1\n}\n",
        "locals {\n  x = 1\n}\nlocals {\n  x = 1\n}\n",
        "provider \"alicloud\" {}\nprovider \"alicloud\" {}\n",
    ] {
        let sandbox = Sandbox::with(twice);
        sandbox
            .headworks("validate")
            .fails()
            .says("error[HW03")
            .says("main.tf:");
    }
}

#[test]
fn files_that_can_not_be_read_are_named() {
    let sandbox = Sandbox::new();
    sandbox
        .headworks("plan")
        .fails()
        .says("HW0602")
        .says("No configuration files")
        .says("-chdir=DIR");
    sandbox.write("dir.tf/inner.tf", "nonsense");
    sandbox.headworks("plan").fails().says("No configuration files");
    sandbox.write("main.tf", "");
    sandbox.write("bytes.tf", b"x = \"\xff\"");
    sandbox
        .headworks("plan")
        .fails()
        .says("HW0602")
        .says("bytes.tf")
        .says("not UTF-8")
        .says("position 5");
    let sandbox = Sandbox::with("");
    std::os::unix::fs::symlink("nowhere", sandbox.path("link.tf")).expect("linked");
    sandbox.headworks("plan").fails().says("HW0602").says("link.tf");
    for command in ["plan", "validate", "apply -auto-approve", "fmt", "console"] {
        let missing = sandbox.headworks(&format!("-chdir=missing {command}")).fails();
        missing.says("HW0602").says("missing");
    }
    assert!(
        !sandbox.path("missing").exists(),
        "a directory that is not there is not made"
    );
}

#[test]
fn a_command_line_that_is_not_understood_is_explained() {
    let sandbox = Sandbox::with("");
    for (args, says) in [
        ("plna", "plan"),
        ("plan --destory", "--destroy"),
        ("plan -target=..", "address"),
        ("--chaos=latency=1ms plan", "--sim"),
        ("--sim --chaos=nonsense plan", "nonsense"),
        ("--chaos=speed=100 sim objects", "one clock"),
        ("apply -auto-approve -lock-timeout=soon", "30s or 2m"),
        ("", "Usage"),
    ] {
        sandbox.headworks(args).fails().says(says);
    }
    sandbox.headworks("--help").ok().says("Exit codes");
}

#[test]
fn a_secret_in_clear_text_is_refused_and_not_shown() {
    let sandbox = Sandbox::with(
        "provider \"alicloud\" {\n  region     = \"cn-hangzhou\"\n  access_key = \"AKID\"\n  secret_key = \"Planted\"\n}\n\
         resource \"alicloud_oss_bucket\" \"b\" {\n  bucket = \"my-bucket-1\"\n}\n",
    );
    let refused = sandbox.headworks("plan").fails();
    refused
        .says("HW0225")
        .says("main.tf:4")
        .says("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        .lacks("Planted");
}
