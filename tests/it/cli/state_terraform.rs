//! Terraform's state files taken into the state.

use super::sandbox::Sandbox;
use serde_json::Value as Json;

/// Made by Terraform with [`CONFIG`], one object tainted afterwards.
const DATA: &str = include_str!("terraform_state/data.tfstate");
const CLOUDS: &str = include_str!("terraform_state/clouds.tfstate");

const CONFIG: &str = r#"
resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "c" {
  count = 2
  input = sensitive("s${count.index}")
  depends_on = [terraform_data.a]
}
resource "terraform_data" "f" {
  for_each = { x = 1, "y z" = [2] }
  input = each.value
  triggers_replace = terraform_data.a.id
}
module "m" {
  source = "./m"
  count = 2
}
output "o" { value = terraform_data.a.id }
output "s" {
  value = { a = [1, "x"], b = true }
  sensitive = true
}
"#;

const MODULE: &str = r#"
resource "terraform_data" "z" {
  input = { a = 1, b = null, c = ["x"] }
  lifecycle { create_before_destroy = true }
}
"#;

#[test]
fn what_terraform_made_goes_on_here() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.write("m/z.tf", MODULE);
    let dry = sandbox.call(&["state", "import-terraform", "-dry-run", "-"], DATA).ok();
    dry.says("7 objects and 2 outputs would be taken, 0 left.");
    assert!(!sandbox.path(".headworks").exists(), "a dry run leaves nothing");
    let done = sandbox.call(&["state", "import-terraform", "-"], DATA).ok();
    done.says("terraform_data.f[\"x\"] (tainted)")
        .says("module.m[1].terraform_data.z")
        .says("7 objects and 2 outputs taken, 0 left.");
    // Only the tainted one is replaced.
    sandbox.headworks("untaint terraform_data.f[\"x\"]").ok();
    sandbox.headworks("plan -detailed-exitcode").ok();
    let file: Json = serde_json::from_str(DATA).expect("JSON");
    assert_eq!(
        sandbox.headworks("output -raw o").ok().out,
        file["outputs"]["o"]["value"].as_str().expect("text")
    );
    let rows = sandbox.headworks("state pull").ok().json();
    let row = |address: &str| {
        let rows = rows["resources"].as_array().expect("rows");
        rows.iter().find(|r| r["address"] == address).cloned().expect("the row")
    };
    assert_eq!(row("module.m[0].terraform_data.z")["create_before_destroy"], true);
    assert_eq!(row("terraform_data.c[0]")["dependencies"][0], "terraform_data.a");
    assert_eq!(row("terraform_data.c[0]")["sensitive"][0][0], "input");
    // Nothing is overwritten, and nothing is taken by halves.
    let again = sandbox.call(&["state", "import-terraform", "-"], DATA).ok();
    again
        .says("the state has it already")
        .says("0 objects and 0 outputs taken, 9 left.");
    assert_eq!(sandbox.headworks("state pull").ok().json(), rows);
    sandbox.headworks("destroy -auto-approve").ok().says("7 deleted");
}

#[test]
fn objects_of_clouds_get_our_forms_and_no_secrets() {
    let sandbox = Sandbox::new();
    let done = sandbox.call(&["state", "import-terraform", "-"], CLOUDS).ok();
    done.says("6 objects and 2 outputs taken, 4 left.")
        .says("aws_s3_bucket.elsewhere: headworks does not have the type aws_s3_bucket")
        .says("data.alicloud_account.me: data sources are read anew")
        .says("orders[1]: its attribute table_name, by which it is found, is missing")
        .says("output.broken: its type is none")
        .says("not managed here: logging")
        .says("huaweicloud_identity_agency.dis, there called opentelekomcloud_identity_agency_v3.dis");
    let show = sandbox.headworks("show -json").ok().json();
    let root = &show["values"]["root_module"];
    let find = |module: &Json, address: &str| {
        let rows = module["resources"].as_array().expect("resources").clone();
        let found = rows
            .into_iter()
            .find(|r| r["address"] == address && r["deposed_key"].is_null());
        found.expect("the object")
    };
    let bucket = find(root, "alicloud_oss_bucket.lake");
    assert_eq!(bucket["values"]["versioning"]["status"], "Enabled");
    assert_eq!(bucket["values"]["lifecycle_rule"][0]["expiration"][0]["days"], 90);
    assert_eq!(bucket["sensitive_values"]["tags"]["team"], true);
    let task = find(root, "huaweicloud_dms_kafka_smart_connect_task.copy");
    assert_eq!(task["values"]["destination_task"]["secret_key"], Json::Null);
    assert_eq!(task["values"]["destination_task"]["obs_path"], "in");
    let table = find(
        &root["child_modules"][0],
        "module.store[\"eu west\"].alicloud_ots_table.orders[0]",
    );
    assert_eq!(table["tainted"], true);
    assert_eq!(table["values"]["primary_key"][0]["name"], "id");
    assert_eq!(
        table["depends_on"],
        serde_json::json!(["alicloud_oss_bucket.lake", "data.alicloud_account.me"])
    );
    let role = find(root, "alicloud_ram_role.delivery");
    assert_eq!(role["values"]["role_name"], "delivery");
    let rows = sandbox.headworks("state pull").ok().json();
    let providers: Vec<&str> = rows["resources"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|r| r["provider"].as_str())
        .collect();
    assert!(providers.contains(&"alicloud.beijing") && providers.contains(&"huaweicloud"));
    for (path, bytes) in sandbox.files() {
        for secret in ["PLANTED-ACCESS-KEY", "planted-secret-key"] {
            assert!(
                !bytes.windows(secret.len()).any(|w| w == secret.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
    sandbox.headworks("doctor").ok().says("Healthy");
}

/// A bucket that Terraform made: the state has what its file said, and the cloud agrees.
#[test]
fn the_next_plan_looks_at_what_was_taken() {
    let config = r#"
provider "alicloud" {
  region = "cn-hangzhou"
}
resource "alicloud_oss_bucket" "lake" {
  bucket = "orders-lake-0001"
  tags   = { team = "data" }
  versioning {
    status = "Enabled"
  }
}
"#;
    let sandbox = Sandbox::with(config);
    sandbox.apply();
    sandbox.headworks("--sim state rm alicloud_oss_bucket.lake").ok();
    let file = r#"{"version": 4, "terraform_version": "1.9.8", "serial": 1, "lineage": "x", "outputs": {}, "resources": [
      {"mode": "managed", "type": "alicloud_oss_bucket", "name": "lake",
       "provider": "provider[\"registry.terraform.io/aliyun/alicloud\"]",
       "instances": [{"schema_version": 0, "attributes": {"id": "orders-lake-0001", "bucket": "orders-lake-0001",
         "acl": "", "tags": {"team": "somebody"}, "versioning": []}}]}]}"#;
    sandbox.call(&["--sim", "state", "import-terraform", "-"], file).ok();
    sandbox.headworks("--sim plan -detailed-exitcode").ok();
    sandbox.headworks("--sim apply -auto-approve").ok();
    sandbox.headworks("--sim destroy -auto-approve").ok().says("1 deleted");
}

#[test]
fn other_files_are_refused_and_leave_the_state_alone() {
    let sandbox = Sandbox::with(CONFIG);
    sandbox.write("m/z.tf", MODULE);
    sandbox.headworks("apply -auto-approve").ok();
    let before = sandbox.headworks("state pull").ok().out;
    let twice = CLOUDS
        .replace("alicloud_ram_role", "alicloud_oss_bucket")
        .replace("\"delivery\"", "\"lake\"");
    let deep = format!("{{\"version\": 4, \"outputs\": {}}}", "[".repeat(9_000));
    for (text, says) in [
        ("", "EOF"),
        ("\u{0}", "expected value"),
        ("{\"version\": 3}", "a newer Terraform upgrades it"),
        ("{\"version\": 4, \"resources\": 7}", "invalid type"),
        ("{\"version\": 4, \"encrypted_data\": \"\"}", "encrypted"),
        (before.as_str(), "state push"),
        (deep.as_str(), "nested too deeply"),
        (twice.as_str(), "twice"),
    ] {
        let screen = sandbox.call(&["state", "import-terraform", "-"], text).fails();
        screen.says(says).says("can't be taken into the state");
        assert_eq!(sandbox.headworks("state pull").ok().out, before, "{says}");
    }
}
