//! Conditions while planning: what is found, and what is left open for apply.

use super::*;
use crate::plan::checks::report;

/// Address, status and messages of all that has conditions.
fn standing(plan: &Plan) -> Vec<String> {
    let one = |c: &serde_json::Value| {
        let instances = c["instances"].as_array().cloned().unwrap_or_default();
        let said: Vec<String> = instances
            .iter()
            .flat_map(|i| i["problems"].as_array().cloned().unwrap_or_default())
            .map(|p| p["message"].as_str().unwrap_or_default().to_string())
            .collect();
        let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_string();
        format!(
            "{} {} {} {said:?}",
            text(&c["address"]["to_display"]),
            text(&c["status"]),
            instances.len()
        )
    };
    let report = report(&plan.checks);
    report.as_array().into_iter().flatten().map(one).collect()
}

fn condition(kind: &str, condition: &str) -> String {
    format!("{kind} {{\n condition = {condition}\n error_message = \"said of {kind}\"\n}}\n")
}

#[test]
fn every_kind_of_condition_is_looked_at() {
    let text = format!(
        "variable \"v\" {{\n default = 1\n {}}}\nlocals {{ n = 1 }}\n{}output \"o\" {{\n value = local.n\n {}}}\n\
         check \"c\" {{\n {}{}}}\nresource \"test_thing\" \"none\" {{\n count = 0\n name = \"n\"\n lifecycle {{\n {}}}\n}}\n",
        condition("validation", "var.v == 1"),
        thing(&format!(
            "lifecycle {{\n {}{}}}",
            condition("precondition", "local.n == 1"),
            condition("postcondition", "self.id != \"\"")
        )),
        condition("precondition", "local.n == 1"),
        condition("assert", "local.n == 2"),
        condition("assert", "test_thing.x.id == \"\""),
        condition("precondition", "local.n == 2"),
    );
    let (plan, diags) = Case::new(&text).plan();
    assert!(!diags.has_errors(), "{text}\n{diags:?}");
    let warned: Vec<&str> = diags.iter().map(|d| &*d.summary).collect();
    assert_eq!(
        warned,
        [
            "Check block assertion failed",
            "Check block assertion known after apply"
        ]
    );
    assert_eq!(
        standing(&plan),
        [
            "check.c fail 1 [\"said of assert\"]",
            "output.o pass 1 []",
            "test_thing.none pass 0 []",
            "test_thing.x unknown 1 []",
            "var.v unknown 1 []",
        ]
    );
}

#[test]
fn a_condition_must_look_at_something_and_not_at_its_own_block() {
    for (text, summary) in [
        (
            thing(&format!("lifecycle {{\n {}}}", condition("precondition", "true"))),
            "Invalid precondition expression",
        ),
        (
            thing(&format!(
                "lifecycle {{\n {}}}",
                condition("precondition", "test_thing.x.name == 1")
            )),
            "Invalid reference in precondition",
        ),
        ("check \"c\" {}".to_string(), "Zero assert blocks"),
        (
            format!(
                "variable \"v\" {{\n {}}}\nlocals {{ n = 1 }}",
                condition("validation", "local.n == 1")
            ),
            "Invalid variable validation condition",
        ),
        (
            format!(
                "check \"c\" {{\n data \"test_thing\" \"d\" {{}}\n {}}}\noutput \"o\" {{ value = data.test_thing.d.id }}",
                condition("assert", "data.test_thing.d.id != 1")
            ),
            "Reference to scoped resource",
        ),
    ] {
        let errors = Case::new(&text).errors();
        assert!(errors.iter().any(|e| e.contains(summary)), "{text}\n{errors:?}");
    }
}

#[test]
fn a_message_is_checked_even_while_the_condition_holds() {
    let check = |message: &str| {
        let text = format!(
            "locals {{ n = 1 }}\ncheck \"c\" {{\n assert {{\n condition = local.n == 1\n error_message = {message}\n }}\n}}"
        );
        Case::new(&text)
            .plan()
            .1
            .iter()
            .map(|d| d.summary.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(check("\"fine\""), Vec::<String>::new());
    assert_eq!(check("null"), ["Invalid error message"]);
    assert_eq!(check("[local.n]"), ["Invalid error message"]);
    assert_eq!(check("sensitive(\"x\")"), ["Error message refers to sensitive values"]);
}

#[test]
fn a_validation_that_looks_at_objects_is_left_for_apply() {
    let text = format!(
        "variable \"v\" {{\n default = \"a\"\n {}}}\n{}",
        condition("validation", "var.v == test_thing.x.id"),
        thing("")
    );
    let plan = Case::new(&text).good();
    assert_eq!(standing(&plan), ["var.v unknown 1 []"]);
}
