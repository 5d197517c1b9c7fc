//! Tools that are made for Terraform's plan documents read ours as they are. They are no part of the project, so each test runs
//! only where an environment variable names the program: `HEADWORKS_CHECKOV`, `HEADWORKS_TERRAFORM_COMPLIANCE`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KEPT: &str = r#"
provider "huaweicloud" { region = "cn-north-4" }
resource "huaweicloud_obs_bucket" "lake" { bucket = "dd-orders-lake" }
"#;

const BROKEN: &str = r#"
provider "huaweicloud" { region = "cn-north-4" }
resource "huaweicloud_obs_bucket" "lake" { bucket = "orders-lake" }
"#;

/// The program that a variable names; says so where there is none.
#[expect(clippy::print_stderr, reason = "a test that is skipped has to be seen")]
fn tool(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        eprintln!("skipped: {variable} names no program");
    }
    found
}

/// Plans a configuration in the embedded cloud and writes the plan document.
fn plan(directory: &Path, configuration: &str) {
    std::fs::write(directory.join("main.tf"), configuration).unwrap();
    let headworks = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headworks"));
        let output = command.current_dir(directory).arg("--sim").args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        output.stdout
    };
    headworks(&["plan", "-out=tfplan"]);
    std::fs::write(directory.join("plan.json"), headworks(&["show", "-json", "tfplan"])).unwrap();
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn checkov_judges_plan_documents() {
    let Some(checkov) = tool("HEADWORKS_CHECKOV") else {
        return;
    };
    const POLICY: &str = r#"
metadata:
  id: "CKV2_NAMES_1"
  name: "Buckets of deliveries are named dd-*"
  category: "CONVENTION"
definition:
  cond_type: "attribute"
  resource_types: ["huaweicloud_obs_bucket"]
  attribute: "bucket"
  operator: "starting_with"
  value: "dd-"
"#;
    for (configuration, word, code) in [(KEPT, "PASSED", 0), (BROKEN, "FAILED", 1)] {
        let work = tempfile::tempdir().unwrap();
        plan(work.path(), configuration);
        std::fs::create_dir(work.path().join("policies")).unwrap();
        std::fs::write(work.path().join("policies/names.yaml"), POLICY).unwrap();
        let output = Command::new(&checkov)
            .current_dir(work.path())
            .args(["-f", "plan.json", "--framework", "terraform_plan", "--skip-download"])
            .args(["--external-checks-dir", "policies", "--check", "CKV2_NAMES_1"])
            .output()
            .unwrap();
        let said = text(&output);
        assert!(
            said.contains(&format!("{word} for resource: huaweicloud_obs_bucket.lake")),
            "{said}"
        );
        assert_eq!(output.status.code(), Some(code), "{said}");
    }
}

#[test]
fn terraform_compliance_judges_plan_documents() {
    let Some(compliance) = tool("HEADWORKS_TERRAFORM_COMPLIANCE") else {
        return;
    };
    const FEATURE: &str = r#"
Feature: Names
  Scenario: Buckets of deliveries are named dd-*
    Given I have huaweicloud_obs_bucket defined
    Then it must contain bucket
    And its value must match the "^dd-.*" regex
"#;
    for (configuration, word, code) in [(KEPT, "1 passed", 0), (BROKEN, "1 failed", 1)] {
        let work = tempfile::tempdir().unwrap();
        plan(work.path(), configuration);
        std::fs::create_dir(work.path().join("features")).unwrap();
        std::fs::write(work.path().join("features/names.feature"), FEATURE).unwrap();
        let output = Command::new(&compliance)
            .current_dir(work.path())
            .args(["-p", "plan.json", "-f", "features/"])
            .output()
            .unwrap();
        let said = text(&output);
        assert!(said.contains(word), "{said}");
        assert_eq!(output.status.code(), Some(code), "{said}");
    }
}
