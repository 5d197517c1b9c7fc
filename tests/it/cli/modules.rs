//! Modules: configurations of several directories, from plan to destroy.

use super::sandbox::Sandbox;
use serde_json::json;

/// A root that calls one module once, and another for each of some zones, which calls the first again.
fn nested() -> Sandbox {
    let sandbox = Sandbox::with(
        r#"
variable "zones" {
  type    = map(number)
  default = { bronze = 1, silver = 2 }
}
module "landing" {
  source = "./modules/bucket"
  name   = "landing"
}
module "zone" {
  source   = "./modules/zone"
  for_each = var.zones
  name     = each.key
  jobs     = each.value
  upstream = module.landing.id
}
resource "terraform_data" "last" {
  input      = module.zone["bronze"].summary.bucket
  depends_on = [module.zone]
}
output "zones" {
  value = { for k, z in module.zone : k => z.summary }
}
"#,
    );
    sandbox.write(
        "modules/zone/main.tf",
        r#"
variable "name" {}
variable "jobs" {
  type = number
  validation {
    condition     = var.jobs < 5
    error_message = "The zone ${var.name} has ${var.jobs} jobs, more than 4."
  }
}
variable "upstream" {}
locals {
  bucket = module.bucket.id
}
module "bucket" {
  source = "../bucket"
  name   = "zone-${var.name}"
}
resource "terraform_data" "job" {
  count = var.jobs
  input = { from = var.upstream, to = local.bucket, number = count.index }
}
output "summary" {
  value = { bucket = module.bucket.name, jobs = length(terraform_data.job) }
}
"#,
    );
    sandbox.write(
        "modules/bucket/main.tf",
        r#"
variable "name" {
  type = string
}
resource "terraform_data" "this" {
  input = { name = var.name, path = path.module }
}
output "id" {
  value = terraform_data.this.id
}
output "name" {
  value = terraform_data.this.output.name
}
"#,
    );
    sandbox
}

fn addresses(list: &str) -> Vec<&str> {
    list.lines().collect()
}

#[test]
fn nested_modules_live_and_die() {
    let sandbox = nested();
    let plan = sandbox.headworks("plan -out=p").ok();
    plan.says("7 create").says("modules/zone/main.tf:18");
    let apply = sandbox.headworks("apply p").ok();
    let done: Vec<&str> = apply.err.lines().filter(|l| l.contains("  ok ")).collect();
    let place = |what: &str| done.iter().position(|l| l.contains(what)).expect("made");
    assert!(place("module.landing") < place("job[0]"), "{done:?}");
    assert_eq!(
        place("terraform_data.last"),
        done.len() - 1,
        "it needs the whole module: {done:?}"
    );
    let list = sandbox.headworks("state list").ok();
    let expected = [
        "module.landing.terraform_data.this",
        "module.zone[\"bronze\"].module.bucket.terraform_data.this",
        "module.zone[\"bronze\"].terraform_data.job[0]",
        "module.zone[\"silver\"].module.bucket.terraform_data.this",
        "module.zone[\"silver\"].terraform_data.job[0]",
        "module.zone[\"silver\"].terraform_data.job[1]",
        "terraform_data.last",
    ];
    let mut found = addresses(&list.out);
    found.sort_unstable();
    assert_eq!(found, expected);
    let outputs = sandbox.headworks("output -json").ok().json();
    let zones = json!({
        "bronze": {"bucket": "zone-bronze", "jobs": 1},
        "silver": {"bucket": "zone-silver", "jobs": 2},
    });
    assert_eq!(outputs["zones"]["value"], zones);
    sandbox.headworks("plan -detailed-exitcode").ok();

    sandbox.edit("silver = 2", "gold = 1");
    let plan = sandbox.headworks("plan -out=p").ok();
    plan.says("2 create, 3 delete").says("its module is no longer called");
    let json = sandbox.headworks("show -json p").ok().json();
    let changes = json["resource_changes"].as_array().expect("changes");
    let gone = changes
        .iter()
        .filter(|c| c["action_reason"] == "delete_because_no_module");
    assert_eq!(gone.count(), 3);
    sandbox.headworks("apply p").ok();
    sandbox.headworks("plan -detailed-exitcode").ok();
    let destroy = sandbox.headworks("destroy -auto-approve").ok();
    let done: Vec<&str> = destroy.err.lines().filter(|l| l.contains("  ok ")).collect();
    assert!(done[0].contains("terraform_data.last"), "{done:?}");
    assert_eq!(sandbox.headworks("state list").ok().out, "");
}

#[test]
fn a_target_can_be_a_module_or_one_of_its_instances() {
    let sandbox = nested();
    let one = sandbox.headworks("plan -target module.zone[\"silver\"]").ok();
    one.says("4 create").says("module.landing.terraform_data.this");
    assert!(!one.out.contains("bronze\"].terraform_data.job"), "{}", one.out);
    sandbox.headworks("plan -target module.zone").ok().says("6 create");
    sandbox.headworks("plan -target module.landing").ok().says("1 create");
    let warned = sandbox.headworks("plan -target module.zones").ok();
    warned.says("did you mean module.zone?");
}

#[test]
fn a_call_must_fit_its_module() {
    let sandbox = nested();
    sandbox.edit("jobs     = each.value", "job      = each.value");
    let failed = sandbox.headworks("validate").fails();
    failed.says("Unsupported argument").says("did you mean \"jobs\"?");
    failed.says("Missing required argument").says("modules/zone/main.tf:3");
    sandbox.edit("job      = each.value", "jobs     = each.value");
    sandbox.edit("z.summary", "z.sumary");
    sandbox.edit("module.landing.id", "module.landing.identity");
    let failed = sandbox.headworks("validate").fails();
    failed.says("no output named \"identity\"");
    sandbox.edit("./modules/zone", "./modules/zones");
    sandbox
        .headworks("validate")
        .fails()
        .says("The directory modules/zones does not exist");
    sandbox.edit("./modules/zones", "terraform-aws-modules/vpc/aws");
    sandbox.headworks("validate").fails().says("none is downloaded");
}

#[test]
fn a_module_may_not_call_itself() {
    let sandbox = Sandbox::with("module \"a\" {\n  source = \"./a\"\n}\n");
    sandbox.write("a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n");
    sandbox.write("b/main.tf", "module \"a\" {\n  source = \"./../a\"\n}\n");
    let failed = sandbox.headworks("validate").fails();
    failed.says("A module calls itself").says(". → a → b → a");
}

#[test]
fn validations_of_a_module_name_the_instance() {
    let sandbox = nested();
    sandbox.edit("silver = 2", "silver = 9");
    let failed = sandbox.headworks("plan").fails();
    failed
        .says("The zone silver has 9 jobs")
        .says("module.zone[\"silver\"].var.jobs");
    // Which instances there are may be open while a configuration is only checked.
    sandbox.edit("  default = { bronze = 1, silver = 9 }\n", "");
    sandbox.headworks("validate").ok();
    sandbox
        .headworks("plan -input=false")
        .fails()
        .says("No value for required variable");
}

#[test]
fn cycles_through_modules_are_told_with_every_step() {
    let sandbox = nested();
    sandbox.edit("  name   = \"landing\"", "  name   = terraform_data.last.id");
    let failed = sandbox.headworks("validate").fails();
    failed.says("Cycle: ").says("module.landing.var.name");
}

#[test]
fn values_flow_through_modules_while_applying() {
    let sandbox = Sandbox::with(
        r#"
resource "terraform_data" "seed" {
  input = "x"
}
module "pipe" {
  source   = "./pipe"
  for_each = { a = terraform_data.seed.output, b = "plain" }
  value    = each.value
  extra    = terraform_data.seed.id
}
output "out" {
  value = [for p in module.pipe : p.out]
}
"#,
    );
    sandbox.write(
        "pipe/main.tf",
        r#"
variable "value" { type = string }
variable "extra" { sensitive = true }
locals { long = "${var.value}-${length(var.extra)}" }
resource "terraform_data" "this" {
  input = nonsensitive(local.long)
  lifecycle {
    postcondition {
      condition     = endswith(self.output, "-36")
      error_message = "The output is ${self.output}."
    }
  }
}
output "out" { value = terraform_data.this.output }
"#,
    );
    sandbox.headworks("apply -auto-approve").ok();
    let outputs = sandbox.headworks("output -json").ok().json();
    assert_eq!(outputs["out"]["value"], json!(["x-36", "plain-36"]));
    sandbox.headworks("plan -detailed-exitcode").ok();
    sandbox.edit("b = \"plain\"", "b = \"other\"");
    sandbox.headworks("plan").ok().says("1 update");
}

#[test]
fn commands_of_the_state_take_whole_modules() {
    let sandbox = nested();
    sandbox.headworks("apply -auto-approve").ok();
    let list = sandbox.headworks("state list module.zone[\"silver\"]").ok();
    assert_eq!(addresses(&list.out).len(), 3);
    sandbox
        .headworks("state mv module.zone[\"silver\"] module.zone[\"gold\"]")
        .ok();
    sandbox.edit("silver = 2", "gold = 2");
    let plan = sandbox.headworks("plan").ok();
    plan.says("1 update")
        .says("module.zone[\"gold\"].module.bucket.terraform_data.this");
    sandbox
        .headworks("state mv module.landing terraform_data.x")
        .fails()
        .says("A module can't become a resource");
    let job = "module.zone[\"gold\"].terraform_data.job";
    sandbox.headworks(&format!("state mv {job}[0] {job}[1]")).fails();
    sandbox
        .headworks("state rm module.none")
        .fails()
        .says("no object module.none");
    sandbox.headworks("state rm module.zone").ok();
    let left = sandbox.headworks("state list").ok();
    assert_eq!(
        addresses(&left.out),
        ["terraform_data.last", "module.landing.terraform_data.this"]
    );
}

#[test]
fn calls_that_double_with_every_level_are_refused() {
    let sandbox = Sandbox::with("module \"m\" {\n  source = \"./m0\"\n}\n");
    for level in 0..40 {
        let call = |name| format!("module \"{name}\" {{\n  source = \"../m{}\"\n}}\n", level + 1);
        sandbox.write(&format!("m{level}/main.tf"), call("a") + &call("b"));
    }
    sandbox.write("m40/main.tf", "locals {\n  end = true\n}\n");
    let refused = sandbox.headworks("validate").fails();
    refused.says("Too many modules").says("1 error");
}

#[test]
fn a_call_that_does_not_fit_hides_no_other_mistake() {
    let sandbox = nested();
    sandbox.edit("jobs     = each.value", "job      = var.none");
    sandbox.edit("z.summary", "local.nothing");
    let failed = sandbox.headworks("validate").fails();
    failed
        .says("did you mean \"jobs\"?")
        .says("\"nothing\" has not been declared");
    sandbox.headworks("plan").fails().says("did you mean \"jobs\"?");
}
