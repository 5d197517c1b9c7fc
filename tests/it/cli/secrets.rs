//! Keys are planted everywhere they can enter, every command is run, and everything written is searched for them.

use super::sandbox::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Everything that was planted, by how it enters. All hold signs that URLs, JSON and XML write in another way.
const PLANTED: &[(&str, &str)] = &[
    ("TF_VAR", "pl4nted-env-0001/+&=of no account"),
    ("-var", "pl4nted-flag-0002/+&=of no account"),
    ("tfvars", "pl4nted-file-0003/+&=of no account"),
    ("ephemeral", "pl4nted-ephemeral-0004/+&=of no account"),
    ("access key of the provider", "PL4NTEDACCESSKEY0005"),
    ("secret key of the provider", "pl4nted-sk-0006/+&=of no account"),
    ("session token", "pl4nted-token-0007/+=of-no-account"),
    ("profile", "pl4nted-profile-0008/+&=of no account"),
    ("key of the state", "pl4nted passphrase 0009 of no state"),
];

/// A sensitive variable whose value goes into an ordinary attribute: as in Terraform it stands in the state, in clear text
/// unless the state is encrypted, and in the world of the embedded cloud, which is sent it.
const ORDINARY: &str = "pl4nted-ordinary-0010/+&=of no account";

fn forms(secret: &str) -> Vec<Vec<u8>> {
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let base64 = |before: &str| {
        let text = STANDARD_NO_PAD.encode(format!("{before}{secret}"));
        // The first and last signs depend on what stands around.
        text[before.len() * 2..text.len() - 2].to_string()
    };
    let mut forms = vec![
        secret.to_string(),
        url.replace('+', "%20"),
        url,
        hex.to_uppercase(),
        hex,
    ];
    forms.extend(["", "x", "xy"].map(base64));
    forms.into_iter().map(String::into_bytes).collect()
}

/// Whether bytes hold the secret in any form.
fn holds(bytes: &[u8], secret: &str) -> bool {
    forms(secret)
        .iter()
        .any(|form| bytes.windows(form.len()).any(|w| w == form))
}

/// Runs the binary; what it prints must hold nothing planted.
#[track_caller]
fn run(sandbox: &Sandbox, args: &[&str], stdin: &str, code: i32) -> String {
    let ran = sandbox.call(args, stdin).ends(code);
    for (name, secret) in PLANTED.iter().chain(&[("ordinary", ORDINARY)]) {
        for text in [&ran.out, &ran.err] {
            assert!(
                !holds(text.as_bytes(), secret),
                "`{}` prints {name}:\n{text}",
                args.join(" ")
            );
        }
    }
    ran.out + &ran.err
}

/// Nothing planted stands in any file but those that hold it by its nature: `(file, secret)`.
#[track_caller]
fn files_hold_nothing(sandbox: &Sandbox, but: &[(&str, &str)]) {
    for (path, bytes) in sandbox.files() {
        let file = path
            .strip_prefix(sandbox.path(""))
            .expect("below")
            .display()
            .to_string();
        for (name, secret) in PLANTED.iter().chain(&[("ordinary", ORDINARY)]) {
            let by_nature = but.iter().any(|(f, s)| file.starts_with(f) && s == secret);
            assert!(by_nature || !holds(&bytes, secret), "{file} holds {name}");
        }
    }
}

fn planted(name: &str) -> &'static str {
    PLANTED.iter().find(|(n, _)| *n == name).expect("planted").1
}

const CONFIGURATION: &str = r#"
variable "of_env" { sensitive = true }
variable "of_flag" { sensitive = true }
variable "of_file" { sensitive = true }
variable "ordinary" { sensitive = true }
variable "short_lived" {
  sensitive = true
  ephemeral = true
}

provider "huaweicloud" {
  region         = "cn-north-4"
  security_token = var.short_lived
}

resource "huaweicloud_dms_kafka_connector" "this" {
  instance_id = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11"
  node_count  = 2
}

resource "huaweicloud_obs_bucket" "lake" {
  bucket        = "orders-lake-kafka"
  force_destroy = true
}

resource "huaweicloud_dms_kafka_sink_task" "one" {
  connector_id          = huaweicloud_dms_kafka_connector.this.connector_id
  task_name             = "one"
  topics                = "orders"
  consumer_strategy     = "earliest"
  obs_bucket_name       = huaweicloud_obs_bucket.lake.bucket
  destination_file_type = "TEXT"
  deliver_time_interval = 300
  access_key            = var.of_env
  secret_key            = "${var.of_flag}${var.of_file}"
}

resource "terraform_data" "document" {
  input = jsonencode({ content = var.ordinary })
}

output "document" {
  value     = terraform_data.document.output
  sensitive = true
}
"#;

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::with(CONFIGURATION);
    sandbox.set("TF_VAR_of_env", planted("TF_VAR"));
    sandbox.set("TF_VAR_ordinary", ORDINARY);
    sandbox.set("TF_VAR_short_lived", planted("ephemeral"));
    sandbox.write("terraform.tfvars", format!("of_file = \"{}\"\n", planted("tfvars")));
    sandbox
}

fn all_commands(sandbox: &Sandbox) {
    let flag = format!("-var=of_flag={}", planted("-var"));
    let other = "-var=of_flag=pl4nted-another-0011 of no account";
    let run = |args: &[&str], stdin: &str, code| run(sandbox, args, stdin, code);
    run(&["validate"], "", 0);
    run(&["validate", "-json"], "", 0);
    run(&["--sim", "plan", &flag], "", 0);
    run(&["--sim", "plan", "-json", &flag], "", 0);
    run(&["--sim", "plan", "-out=plan.bin", &flag], "", 0);
    run(&["show", "plan.bin"], "", 0);
    run(&["show", "-json", "plan.bin"], "", 0);
    // A cloud that fails in the middle, which the journal then knows of.
    run(&["--sim", "--chaos=fail=1", "apply", "-auto-approve", &flag], "", 1);
    run(&["--sim", "apply", "-auto-approve", "-json", &flag], "", 0);
    run(&["--sim", "plan", "-detailed-exitcode", &flag], "", 0);
    let rotated = run(&["--sim", "plan", "-detailed-exitcode", other], "", 2);
    assert!(rotated.contains("secret_key"), "{rotated}");
    run(&["--sim", "plan", "-json", other], "", 0);
    for args in [
        "show",
        "show -json",
        "state list",
        "state history",
        "output",
        "output -json",
        "state show terraform_data.document",
    ] {
        let args: Vec<&str> = std::iter::once("--sim").chain(args.split(' ')).collect();
        run(&args, "", 0);
    }
    let task = "huaweicloud_dms_kafka_sink_task.one";
    run(&["--sim", "state", "show", task], "", 0);
    run(&["--sim", "state", "show", "-json", task], "", 0);
    run(&["--sim", "drift", &flag], "", 0);
    run(&["--sim", "graph"], "", 0);
    run(&["--sim", "console", &flag], "var.of_env\nvar.ordinary\n", 0);
    run(&["--sim", "console", &flag], &format!("{task}.secret_key\n"), 0);
    // On demand, by its name, and only then.
    let shown = sandbox.call(&["--sim", "output", "-raw", "document"], "").ok();
    assert!(shown.out.contains(ORDINARY), "{}", shown.out);
}

#[test]
fn no_command_prints_or_stores_a_planted_key() {
    let sandbox = sandbox();
    all_commands(&sandbox);
    let by_nature = [
        ("terraform.tfvars", planted("tfvars")),
        (".headworks/sim-state.db", ORDINARY),
    ];
    files_hold_nothing(&sandbox, &by_nature);
    let flag = format!("-var=of_flag={}", planted("-var"));
    run(&sandbox, &["--sim", "destroy", "-auto-approve", &flag], "", 0);
    files_hold_nothing(&sandbox, &by_nature);
}

#[test]
fn an_encrypted_state_holds_no_planted_key_at_all() {
    let mut sandbox = sandbox();
    sandbox.set("HEADWORKS_STATE_PASSPHRASE", planted("key of the state"));
    all_commands(&sandbox);
    files_hold_nothing(&sandbox, &[("terraform.tfvars", planted("tfvars"))]);
}

#[test]
fn wrong_command_lines_and_wrong_values_are_told_without_the_secret() {
    let sandbox = sandbox();
    let flag = format!("-var=of_flag={}", planted("-var"));
    let word = format!("of_flag={}", planted("-var"));
    run(&sandbox, &["plan", &flag, "--no-such-option"], "", 1);
    run(&sandbox, &["plan", "-var", &word, &word], "", 1);
    run(&sandbox, &["plan", "-var", planted("-var")], "", 1);
    run(
        &sandbox,
        &["plan", &format!("-var=undeclared={}", planted("-var"))],
        "",
        1,
    );
    // Of the wrong type, the line of the file would be shown.
    let sandbox = Sandbox::with("variable \"n\" {\n  type = list(number)\n  sensitive = true\n}\n");
    sandbox.write("terraform.tfvars", format!("n = [\"{}\"]\n", planted("tfvars")));
    run(&sandbox, &["validate"], "", 1);
    run(&sandbox, &["validate", "-json"], "", 1);
    run(
        &sandbox,
        &["--sim", "plan", &format!("-var=n=[\"{}\"]", planted("-var"))],
        "",
        1,
    );
    run(
        &sandbox,
        &["--sim", "plan", &format!("-var=n={}", planted("-var"))],
        "",
        1,
    );
}

/// A server that refuses every request and repeats it whole, in several forms.
struct Echo {
    address: String,
}

impl Echo {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        // It ends with the process of the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream);
            }
        });
        Self { address }
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse().ok());
            if request.len() >= head + 4 + length.unwrap_or(0) {
                break;
            }
        }
        match stream.read(&mut buffer)? {
            0 => break,
            n => request.extend_from_slice(&buffer[..n]),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let url: String = url::form_urlencoded::byte_serialize(&request).collect();
    let message = format!("refused: {text} {} {url}", STANDARD.encode(&request));
    let body = serde_json::json!({
        "error_code": "DMS.0001", "error_msg": message, "code": message, "message": message, "Message": message,
        "Code": "Refused", "request_id": message, "errorCode": "DIS.1", "error": {"message": message, "code": 400},
    })
    .to_string();
    write!(
        stream,
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-Request-Id: 1\r\nConnection: \
         close\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_server_that_repeats_the_request_reveals_nothing() {
    let echo = Echo::start();
    let mut sandbox = Sandbox::with(
        r#"
variable "of_env" { sensitive = true }

provider "huaweicloud" {
  region     = "cn-north-4"
  project_id = "0123456789abcdef0123456789abcdef"
}

resource "huaweicloud_dms_kafka_sink_task" "one" {
  connector_id          = "connector-1"
  task_name             = "one"
  topics                = "orders"
  consumer_strategy     = "earliest"
  obs_bucket_name       = "orders-lake"
  destination_file_type = "TEXT"
  deliver_time_interval = 300
  access_key            = "${var.of_env}-ak"
  secret_key            = var.of_env
}

resource "alicloud_ram_role" "r" {
  role_name                   = "planted"
  assume_role_policy_document = jsonencode({ Version = "1", Statement = [] })
  description                 = var.of_env
}
"#,
    );
    sandbox.set("TF_VAR_of_env", planted("TF_VAR"));
    for provider in ["HW", "ALICLOUD"] {
        sandbox.set(&format!("{provider}_ACCESS_KEY"), planted("access key of the provider"));
        sandbox.set(&format!("{provider}_SECRET_KEY"), planted("secret key of the provider"));
    }
    sandbox.set("HW_SECURITY_TOKEN", planted("session token"));
    sandbox.set("ALICLOUD_SECURITY_TOKEN", planted("session token"));
    for service in ["HW_DMS", "HW_IAM", "HW_OBS", "HW_DIS", "RAM", "STS"] {
        sandbox.set(&format!("{service}_ENDPOINT"), &echo.address);
    }
    for args in ["plan", "plan -json", "apply -auto-approve", "apply -auto-approve -json"] {
        let code = if args.starts_with("plan") { 0 } else { 1 };
        let text = run(&sandbox, &args.split(' ').collect::<Vec<_>>(), "", code);
        assert!(code == 0 || text.contains("refused"), "{text}");
    }
    run(&sandbox, &["state", "history"], "", 0);
    files_hold_nothing(&sandbox, &[]);
    let journal = std::fs::read(sandbox.path(".headworks/state.db")).expect("there");
    let log = std::fs::read(sandbox.path(".headworks/state.db-wal")).unwrap_or_default();
    assert!(
        holds(&journal, "refused: POST") || holds(&log, "refused: POST"),
        "the journal has the error"
    );
}

#[test]
fn keys_of_a_profile_are_masked_too() {
    let echo = Echo::start();
    let mut sandbox = Sandbox::with(
        r#"
provider "huaweicloud" {
  region             = "cn-north-4"
  shared_config_file = "~/config.json"
}

data "huaweicloud_dis_stream" "s" {
  name = "orders"
}
"#,
    );
    let profile = serde_json::json!({"current": "p", "profiles": [{
        "name": "p", "mode": "AKSK", "accessKeyId": planted("access key of the provider"),
        "secretAccessKey": planted("profile"), "securityToken": planted("session token"),
    }]});
    sandbox.write("config.json", profile.to_string());
    for service in ["HW_DIS", "HW_IAM"] {
        sandbox.set(&format!("{service}_ENDPOINT"), &echo.address);
    }
    let text = run(&sandbox, &["plan"], "", 1);
    assert!(text.contains("refused"), "{text}");
}
