//! Secrets in files are refused before anything else happens, each with the way out, and never repeated.

use super::sandbox::Sandbox;

/// Put together here, so that this file holds no key in one piece.
fn access_key() -> String {
    ["LTAI", "5tQz8mKx7Rw2Bv4Nc6Yd"].concat()
}

const TASK: &str = r#"
resource "huaweicloud_dms_kafka_sink_task" "t" {
  connector_id          = "connector-1"
  task_name             = "orders"
  topics                = "orders"
  consumer_strategy     = "earliest"
  obs_bucket_name       = "orders-lake"
  destination_file_type = "TEXT"
  deliver_time_interval = 300
  access_key            = ACCESS
  secret_key            = SECRET
}
"#;

/// Neither `validate` nor `plan` takes it; both say what it is, where, and how to do without.
#[track_caller]
fn refused(sandbox: &Sandbox, literal: &str, says: &[&str]) {
    for command in ["validate", "--sim plan", "--sim apply -auto-approve", "validate -json"] {
        let screen = sandbox.headworks(command).fails();
        screen.says("HW0225").lacks(literal);
        for text in says {
            screen.says(text);
        }
    }
    assert!(!sandbox.path(".headworks/sim-state.db").exists());
}

#[test]
fn secrets_that_come_from_a_default_or_a_local_value_are_refused() {
    let literal = "literal-0001-of-no-account";
    let ways = [
        (format!("\"{literal}\""), "", "whoever reads the file"),
        (
            "var.k".into(),
            "variable \"k\" { default = \"LITERAL\" }",
            "the default of var.k",
        ),
        (
            "\"${var.k}\"".into(),
            "variable \"k\" { default = \"LITERAL\" }",
            "the default of var.k",
        ),
        ("local.k".into(), "locals { k = \"LITERAL\" }", "local.k"),
        (
            "local.j".into(),
            "locals {\n j = local.k\n k = \"LITERAL\"\n}",
            "local.k",
        ),
        ("sensitive(\"LITERAL\")".into(), "", "a text given to sensitive()"),
        (
            "var.on ? local.k : null".into(),
            "variable \"on\" { default = true }\nlocals { k = \"LITERAL\" }",
            "local.k",
        ),
    ];
    for (expression, more, says) in ways {
        let expression = expression.replace("LITERAL", literal);
        let task = TASK.replace("ACCESS", "var.a").replace("SECRET", &expression);
        let sandbox = Sandbox::with(&format!(
            "variable \"a\" {{ default = null }}\n{task}\n{}\n",
            more.replace("LITERAL", literal)
        ));
        refused(
            &sandbox,
            literal,
            &["secret_key", "main.tf:", "TF_VAR_secret_key", says],
        );
    }
    // From a module's argument, and in JSON.
    let sandbox = Sandbox::with(&format!(
        "module \"m\" {{\n  source = \"./m\"\n  key = \"{literal}\"\n}}\n"
    ));
    let task = TASK.replace("ACCESS", "null").replace("SECRET", "var.key");
    sandbox.write("m/main.tf", format!("variable \"key\" {{}}\n{task}"));
    refused(&sandbox, literal, &["the argument key of a module", "main.tf:3"]);
    let sandbox = Sandbox::new();
    sandbox.write(
        "main.tf.json",
        format!("{{\"provider\": {{\"huaweicloud\": {{\"secret_key\": \"{literal}\", \"access_key\": \"x\"}}}}}}"),
    );
    refused(&sandbox, literal, &["HW_SECRET_KEY"]);
}

#[test]
fn a_reference_to_what_only_the_environment_knows_is_fine() {
    let task = TASK.replace("ACCESS", "var.a").replace("SECRET", "local.s");
    let mut sandbox = Sandbox::with(&format!(
        "variable \"a\" {{ sensitive = true }}\nvariable \"s\" {{\n  sensitive = true\n  default = \"\"\n}}\nlocals {{ s = \
         var.s }}\n{task}"
    ));
    sandbox.set("TF_VAR_a", "access-of-no-account");
    sandbox.set("TF_VAR_s", "secret-of-no-account");
    sandbox.headworks("validate").ok();
}

#[test]
fn access_keys_are_refused_wherever_they_stand() {
    let key = access_key();
    let text = "resource \"terraform_data\" \"x\" {\n  input = INPUT\n}\n";
    for input in [
        format!("\"{key}\""),
        format!("jsonencode({{ accessId = \"{key}\" }})"),
        format!("\"{{\\\"accessId\\\": \\\"{key}\\\"}}\""),
        format!("<<-EOT\n    {{\"accessId\": \"{key}\"}}\n  EOT"),
        format!("\"x\" # {key}"),
    ] {
        let sandbox = Sandbox::with(&text.replace("INPUT", &input));
        refused(
            &sandbox,
            &key,
            &["access key of Alibaba Cloud", "main.tf:", "environment"],
        );
    }
    let sandbox = Sandbox::with(&format!("provider \"alicloud\" {{\n  access_key = \"{key}\"\n}}\n"));
    refused(&sandbox, &key, &["access key of Alibaba Cloud", "main.tf:2"]);
    for (file, content) in [
        ("terraform.tfvars", format!("k = \"{key}\"\n")),
        ("x.auto.tfvars.json", format!("{{\"k\": \"{key}\"}}")),
        ("m/main.tf", format!("output \"k\" {{ value = \"{key}\" }}\n")),
    ] {
        let sandbox = Sandbox::with("variable \"k\" { default = null }\nmodule \"m\" { source = \"./m\" }\n");
        sandbox.write("m/main.tf", "");
        sandbox.write(file, content);
        refused(&sandbox, &key, &["access key of Alibaba Cloud", file]);
    }
    // Given from outside, it is in no file.
    let mut sandbox = Sandbox::with("variable \"k\" { sensitive = true }\n");
    sandbox.set("TF_VAR_k", &key);
    sandbox.headworks("validate").ok();
    sandbox.headworks(&format!("--sim plan -var=k={key}")).ok();
}
