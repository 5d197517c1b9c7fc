//! `headworks import`: what exists is taken into the state, and nothing else.

use super::sandbox::Sandbox;

const BUCKET: &str = r#"
resource "alicloud_oss_bucket" "lake" {
  bucket = "lake-of-tests"
  acl    = "private"
}
"#;

#[test]
fn an_object_that_exists_is_imported_and_not_made_again() {
    let sandbox = Sandbox::with(BUCKET);
    sandbox.apply();
    sandbox.headworks("--sim state rm alicloud_oss_bucket.lake").ok();
    let world = sandbox.world();
    sandbox
        .headworks("--sim import alicloud_oss_bucket.lake lake-of-tests")
        .ok()
        .says("alicloud_oss_bucket.lake is imported");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    assert_eq!(sandbox.world(), world);
    sandbox
        .headworks("--sim import alicloud_oss_bucket.lake lake-of-tests")
        .ends(1)
        .says("The state has alicloud_oss_bucket.lake already");
}

#[test]
fn what_can_t_be_imported_is_said_and_leaves_no_row() {
    let sandbox = Sandbox::with(BUCKET);
    for (address, id, said) in [
        (
            "alicloud_oss_bucket.lake",
            "no-such-bucket",
            "There is no alicloud_oss_bucket",
        ),
        ("alicloud_oss_bucket.lak", "x", "did you mean alicloud_oss_bucket.lake?"),
        (
            "alicloud_ots_table.t",
            "x",
            "The configuration has no alicloud_ots_table.t",
        ),
        ("data.alicloud_ram_role.r", "x", "A data source has nothing to import"),
        ("not an address", "x", "Invalid address"),
    ] {
        sandbox.call(&["--sim", "import", address, id], "").ends(1).says(said);
    }
    assert_eq!(sandbox.headworks("--sim state list").ok().out, "");
}

#[test]
fn an_id_of_the_wrong_form_is_told_the_right_one() {
    let sandbox = Sandbox::with(
        r#"
resource "alicloud_ots_table" "t" {
  instance_name = "inst"
  table_name    = "t"
  primary_key {
    name = "k"
    type = "Integer"
  }
}
"#,
    );
    sandbox
        .headworks("--sim import alicloud_ots_table.t inst")
        .ends(1)
        .says("<instance_name>:<table_name>");
}
