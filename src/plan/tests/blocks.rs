//! Blocks and what lies between them: repetition, cycles, conditions, triggers, targets.

use super::*;

/// A block whose instances have names of their own: its own name, and behind it the index or key.
fn named(name: &str, lines: &str) -> String {
    let key = match (lines.contains("count ="), lines.contains("for_each =")) {
        (true, _) => "${count.index}",
        (_, true) => "${each.key}",
        _ => "",
    };
    format!("resource \"test_thing\" \"{name}\" {{\n  name = \"{name}{key}\"\n{lines}\n}}\n")
}

#[test]
fn two_instances_are_not_one_object() {
    let told = |text: &str| Case::new(text).errors();
    let two = |a: &str, b: &str| {
        format!("resource \"test_thing\" \"a\" {{\n{a}\n}}\nresource \"test_thing\" \"b\" {{\n{b}\n}}\n")
    };
    let same = told(&two("name = \"n\"", "name = \"n\"\nsize = 7"));
    assert_eq!(same.len(), 1, "{same:?}");
    assert!(
        same[0].contains("HW0317") && same[0].contains("test_thing.b has the same name as test_thing.a"),
        "{same:?}"
    );
    let counted = told("resource \"test_thing\" \"a\" {\ncount = 3\nname = \"n\"\n}\n");
    assert_eq!(counted.len(), 2, "{counted:?}");
    // Other names, and names that are not known yet.
    for (a, b) in [
        ("name = \"n\"", "name = \"m\""),
        ("name = \"n\"", "name = test_thing.a.id"),
    ] {
        let told = told(&two(a, b));
        assert!(!told.iter().any(|t| t.contains("HW0317")), "{told:?}");
    }
}

#[test]
fn repetition_that_can_t_be_used() {
    let other = named("y", "");
    let table = [
        ("count = null", "HW0309 Invalid count argument: The value is null"),
        ("count = -1", "The value is -1; it must be 0 or more."),
        ("count = 1.5", "a whole number is required"),
        ("count = 1000001", "more than the limit"),
        ("count = 1e30", "HW0309 Invalid count argument"),
        ("count = \"x\"", "a number is required"),
        ("count = length(test_thing.y.id)", "known only after apply"),
        // How many instances there are is seen anyway.
        ("count = sensitive(1)", ""),
        ("for_each = [\"a\"]", "whose elements have no stable keys"),
        ("for_each = 1", "this is a number"),
        ("for_each = null", "The value is null"),
        ("for_each = toset([\"a\", 1])", ""),
        ("for_each = toset([[\"a\"]])", "A set must hold strings"),
        ("for_each = toset([test_thing.y.id])", "known only after apply"),
        ("for_each = test_thing.y.tags", "The value is null"),
        ("for_each = sensitive(toset([\"a\"]))", "The value is sensitive"),
        ("for_each = { a = test_thing.y.id }", ""),
        ("for_each = {}", ""),
        ("count = \"2\"", ""),
    ];
    for (line, expected) in table {
        let errors = Case::new(&format!("{}{other}", named("x", line))).errors();
        match expected {
            "" => assert!(errors.is_empty(), "{line}: {errors:?}"),
            part => assert!(errors.len() == 1 && errors[0].contains(part), "{line}: {errors:?}"),
        }
    }
}

#[test]
fn instances_have_keys_and_those_left_over_say_why_they_go() {
    let each = "for_each = { a = 1, b = 2 }\nsize = each.value";
    let plan = Case::new(&named("x", each)).good();
    assert_eq!(
        actions(&plan),
        ["test_thing.x[\"a\"] create", "test_thing.x[\"b\"] create"]
    );
    let fewer = Case::new(&named("x", "for_each = toset([\"b\"])\nsize = 2")).after(applied(&named("x", each)));
    let plan = fewer.good();
    assert_eq!(
        actions(&plan),
        ["test_thing.x[\"a\"] delete", "test_thing.x[\"b\"] no-op"]
    );
    assert_eq!(plan.changes[0].reason, Some(ActionReason::DeleteBecauseEachKey));
    let table = [
        ("count = 2", "count = 1", ActionReason::DeleteBecauseCountIndex),
        ("count = 1", "", ActionReason::DeleteBecauseWrongRepetition),
        ("", "count = 1", ActionReason::DeleteBecauseWrongRepetition),
    ];
    for (first, second, reason) in table {
        let plan = Case::new(&named("x", second)).after(applied(&named("x", first))).good();
        let deleted: Vec<_> = plan.changes.iter().filter(|c| c.action == Action::Delete).collect();
        assert_eq!(
            (deleted.len(), deleted[0].reason),
            (1, Some(reason)),
            "{first} → {second}"
        );
    }
    let plan = Case::new("").after(applied(&named("x", ""))).good();
    assert_eq!(
        plan.changes[0].reason,
        Some(ActionReason::DeleteBecauseNoResourceConfig)
    );
}

#[test]
fn a_cycle_names_every_member_in_order_and_a_reference_to_itself_is_none() {
    let table = [
        (
            "locals {\n a = local.b\n b = local.c\n c = local.a\n}\n".to_string(),
            ": Each of these needs the next one first: local.a → local.b → local.c → local.a.",
        ),
        (
            "locals {\n a = local.a\n}\n".to_string(),
            "Self-referencing local value: The local value local.a refers to itself",
        ),
        (
            named("x", "place = local.l")
                + "locals {\n l = test_thing.y.id\n}\n"
                + &named("y", "depends_on = [test_thing.x]"),
            ": Each of these needs the next one first: local.l → test_thing.y → test_thing.x → local.l.",
        ),
        (
            named("x", "place = test_thing.x.id"),
            "Self-referential block: The block test_thing.x refers to itself",
        ),
        (
            "locals {\n a = local.b\n b = local.a\n z = local.y\n y = local.z\n}\n".to_string(),
            ": Each of these needs the next one first: local.a → local.b → local.a.",
        ),
    ];
    for (text, circle) in table {
        let errors = Case::new(&text).errors();
        assert!(
            errors.iter().any(|e| e.starts_with("HW0305") && e.contains(circle)),
            "{circle}: {errors:?}"
        );
    }
}

#[test]
fn conditions_hold_fail_or_wait() {
    let condition = |kind: &str, condition: &str| {
        let block =
            format!("lifecycle {{\n  {kind} {{\n    condition = {condition}\n    error_message = \"no\"\n  }}\n}}");
        Case::new(&named("x", &block)).errors()
    };
    for (kind, text, expected) in [
        ("precondition", "path.cwd != null", ""),
        ("precondition", "path.cwd == null", "Resource precondition failed: no"),
        ("postcondition", "self.size == 3", ""),
        ("postcondition", "self.size == 4", "Resource postcondition failed: no"),
        ("postcondition", "self.id == \"x\"", ""),
        ("precondition", "path.cwd == null ? true : null", "HW0311"),
        ("precondition", "path.cwd == null ? \"\" : \"maybe\"", "HW0311"),
    ] {
        let errors = condition(kind, text);
        match expected {
            "" => assert!(errors.is_empty(), "{text}: {errors:?}"),
            part => assert!(errors.len() == 1 && errors[0].contains(part), "{text}: {errors:?}"),
        }
    }
    let text = named(
        "x",
        "lifecycle {\n  precondition {\n    condition = path.cwd == null\n    error_message = sensitive(\"key\")\n  }\n}",
    );
    let errors = Case::new(&text).errors();
    assert!(
        errors.len() == 2 && errors[1].contains("not shown") && !errors.concat().contains("key\""),
        "{errors:?}"
    );
}

#[test]
fn deletion_that_is_prevented_is_refused() {
    let keep = "lifecycle {\n  prevent_destroy = true\n}";
    let one = named("x", &format!("one {{\n fixed = \"1\"\n}}\n{keep}"));
    let two = named("x", &format!("one {{\n fixed = \"2\"\n}}\n{keep}"));
    let errors = Case::new(&two).after(applied(&one)).errors();
    assert!(errors.len() == 1 && errors[0].contains("prevent_destroy"), "{errors:?}");
    let mut case = Case::new(&one).after(applied(&one));
    case.options.mode = PlanMode::Destroy;
    assert!(case.errors()[0].contains("cannot be destroyed"));
}

#[test]
fn triggers_fire_for_what_changes() {
    let text = |trigger: &str, size: &str, note: &str| {
        named(
            "y",
            &format!("count = 2\nsize = count.index == 0 ? {size} : 7\nword = \"{note}\""),
        ) + &named(
            "x",
            &format!("count = 2\nlifecycle {{\n  replace_triggered_by = [{trigger}]\n}}"),
        )
    };
    // Index 0 of y changes its size; nothing else of y changes.
    for (trigger, expected) in [
        ("test_thing.y", "11"),
        ("test_thing.y[0]", "11"),
        ("test_thing.y[1]", "00"),
        ("test_thing.y[0].size", "11"),
        ("test_thing.y[0].word", "00"),
        ("test_thing.y[count.index]", "10"),
        ("test_thing.y[count.index].size", "10"),
    ] {
        let plan = Case::new(&text(trigger, "2", "w"))
            .after(applied(&text(trigger, "1", "w")))
            .good();
        let fired = plan.changes.iter().filter(|c| &*c.addr.resource.name == "x");
        let fired: String = fired
            .map(|c| {
                if c.reason == Some(ActionReason::ReplaceByTriggers) {
                    '1'
                } else {
                    '0'
                }
            })
            .collect();
        assert_eq!(fired, expected, "{trigger}");
    }
    let errors = Case::new(&text("1 + 1", "1", "w"))
        .after(applied(&text("test_thing.y", "1", "w")))
        .errors();
    assert!(
        errors.iter().any(|e| e.contains("Invalid replace_triggered_by")),
        "{errors:?}"
    );
}

#[test]
fn a_target_takes_along_what_it_needs_and_nothing_else() {
    let text =
        named("a", "") + &named("b", "place = test_thing.a.id") + &named("c", "count = 2\nplace = test_thing.b.id");
    let table: [(&[&str], &[&str]); 4] = [
        (&["test_thing.a"], &["a"]),
        (&["test_thing.b"], &["a", "b"]),
        (&["test_thing.c[1]"], &["a", "b", "c[1]"]),
        (&["test_thing.c"], &["a", "b", "c[0]", "c[1]"]),
    ];
    for (targets, expected) in table {
        let case = targets.iter().fold(Case::new(&text), |case, t| case.target(t));
        let plan = case.good();
        let names: Vec<String> = plan
            .changes
            .iter()
            .map(|c| c.addr.to_string().trim_start_matches("test_thing.").to_string())
            .collect();
        assert_eq!(names, expected, "{targets:?}");
    }
    // Destroying takes along what needs it.
    let mut case = Case::new(&text).after(applied(&text)).target("test_thing.b");
    case.options.mode = PlanMode::Destroy;
    let expected = [
        "test_thing.b delete",
        "test_thing.c[0] delete",
        "test_thing.c[1] delete",
    ];
    assert_eq!(actions(&case.good()), expected);
    // What is not targeted is as the state has it, each instance at its place.
    let prior: Vec<Prior> = applied(&text)
        .into_iter()
        .filter(|p| p.addr.to_string() != "test_thing.c[0]")
        .collect();
    let more = text + &named("d", "place = test_thing.a.id");
    let plan = Case::new(&more).after(prior).target("test_thing.d").good();
    assert_eq!(actions(&plan), ["test_thing.a no-op", "test_thing.d create"]);
}

#[test]
fn others_see_of_a_block_in_part_targeted_what_the_state_has() {
    let output = |text: &str, prior: Vec<Prior>| {
        let text = format!("{text}output \"n\" {{ value = length(test_thing.a) }}\n");
        let plan = Case::new(&text).after(prior).target("test_thing.a[0]").good();
        crate::base::json::to_json(plan.outputs[0].planned.as_ref().expect("a value"))
    };
    let (two, four) = (named("a", "count = 2"), named("a", "count = 4"));
    assert_eq!(output(&four, applied(&two)), 2);
    assert_eq!(output(&two, applied(&four)), 4);
    assert_eq!(output(&two, Vec::new()), 1);
}

#[test]
fn what_is_not_targeted_does_not_ask_to_be_made_first() {
    let block = "one {\n fixed = \"1\"\n}";
    let text = named("a", block)
        + &named(
            "b",
            "place = test_thing.a.id\nlifecycle {\n create_before_destroy = true\n}",
        );
    let changed = text.replace("\"1\"", "\"2\"");
    // Both objects of a have one name, so making the new one first is refused.
    let errors = Case::new(&changed).after(applied(&text)).errors();
    assert!(errors.iter().any(|e| e.contains("can't be made first")), "{errors:?}");
    let plan = Case::new(&changed).after(applied(&text)).target("test_thing.a").good();
    assert_eq!(actions(&plan), ["test_thing.a delete+create"]);
}

#[test]
fn an_attribute_that_a_replacement_keeps_triggers_nothing() {
    let replaced = |watched: &str| {
        let text = named("a", "")
            + &named(
                "b",
                &format!("lifecycle {{\n replace_triggered_by = [test_thing.a{watched}]\n}}"),
            );
        let mut case = Case::new(&text).after(applied(&text));
        case.options.replace.insert("test_thing.a".parse().expect("an address"));
        actions(&case.good())[1].clone()
    };
    assert_eq!(replaced(""), "test_thing.b delete+create");
    assert_eq!(replaced(".id"), "test_thing.b delete+create");
    assert_eq!(replaced(".name"), "test_thing.b no-op");
}

#[test]
fn a_reference_turned_round_gives_steps_in_an_order() {
    let first =
        named("a", "one {\n fixed = \"1\"\n}") + &named("b", "place = test_thing.a.id\none {\n fixed = \"1\"\n}");
    let second =
        named("b", "one {\n fixed = \"2\"\n}") + &named("a", "place = test_thing.b.id\none {\n fixed = \"2\"\n}");
    let plan = Case::new(&second).after(applied(&first)).good();
    assert_eq!(
        actions(&plan),
        ["test_thing.a delete+create", "test_thing.b delete+create"]
    );
    assert!(steps::is_acyclic(&plan.steps), "{:?}", plan.steps);
}

#[test]
fn the_state_records_needs_through_blocks_without_instances() {
    let text = named("a", "")
        + &named("b", "count = 0\nplace = test_thing.a.id")
        + &named("c", "list = test_thing.b[*].id")
        + &named("d", "place = test_thing.a.id");
    let plan = Case::new(&text).good();
    let needs = |name: &str| -> Vec<String> {
        let change = plan
            .changes
            .iter()
            .find(|c| &*c.addr.resource.name == name)
            .expect("a change");
        change.dependencies.iter().map(ToString::to_string).collect()
    };
    assert_eq!(needs("c"), ["test_thing.a", "test_thing.b"]);
    assert_eq!(needs("d"), ["test_thing.a"]);
}

#[test]
fn an_object_of_the_same_name_can_t_be_made_first() {
    let first = "lifecycle {\n  create_before_destroy = true\n}";
    let text = |name: &str, fixed: &str| {
        let block = format!("one {{\n fixed = \"{fixed}\"\n}}\n{first}");
        named("x", &block).replace("name = \"x\"", &format!("name = \"{name}\""))
    };
    let prior = applied(&text("a", "1"));
    let errors = Case::new(&text("a", "2")).after(prior.clone()).errors();
    assert!(errors.len() == 1 && errors[0].starts_with("HW0314"), "{errors:?}");
    let plan = Case::new(&text("b", "2")).after(prior.clone()).good();
    assert_eq!(actions(&plan), ["test_thing.x create+delete"]);
    // Asked for by a block that needs it.
    let needing = named("a", "one {\n fixed = \"2\"\n}") + &named("b", &format!("place = test_thing.a.id\n{first}"));
    let before = needing.replace("\"2\"", "\"1\"");
    let errors = Case::new(&needing).after(applied(&before)).errors();
    assert!(errors.len() == 1 && errors[0].starts_with("HW0314"), "{errors:?}");
}

#[test]
fn a_block_without_instances_is_checked_all_the_same() {
    let names = "variable \"names\" { default = [] }\nlocals { map = { a = 1 } }\n";
    let table = [
        ("count = 0\n tags = upper(1, 2)", "Too many function arguments"),
        ("count = 0\n tags = 1 + \"x\"", "Invalid operand"),
        ("count = 0\n tags = { a = count.indx }", "Invalid \"count\" attribute"),
        ("count = 0\n tags = { a = each.key }", "Reference to \"each\""),
        ("for_each = {}\n tags = { a = each.valu }", "Invalid \"each\" attribute"),
        (
            "for_each = [1]\n tags = { a = each.valu }",
            "Invalid \"each\" attribute",
        ),
        ("count = 0\n tags = { a = local.map.b }", "Unsupported attribute"),
        // What only follows from there being no instance is no mistake.
        ("count = 0\n tags = { a = var.names[0] }", ""),
        ("for_each = {}\n tags = { a = each.value.deep.inside }", ""),
        ("count = 0\n tags = { a = test_thing.y.id }", ""),
    ];
    for (lines, expected) in table {
        let errors = Case::new(&format!("{names}{}{}", named("x", lines), named("y", ""))).errors();
        match expected {
            "" => assert!(errors.is_empty(), "{lines}: {errors:?}"),
            part => assert_eq!(
                errors.iter().filter(|e| e.contains(part)).count(),
                1,
                "{lines}: {errors:?}"
            ),
        }
    }
}
