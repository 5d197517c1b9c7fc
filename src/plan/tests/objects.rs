//! One object: what is kept, what differs, what replaces it.

use super::*;

/// Action, attributes that differ (`!`: replaces), and whether only the state changes.
fn difference(change: &Change) -> String {
    let causes = change
        .causes
        .iter()
        .map(|c| format!("{}{}", c.path, if c.replaces { "!" } else { "" }));
    let mut words = vec![change.action.names().join("+")];
    words.extend(causes);
    if change.local {
        words.push("(local)".into());
    }
    words.join(" ")
}

fn edited(first: &str, second: &str) -> String {
    let plan = Case::new(&thing(second)).after(applied(&thing(first))).good();
    assert_eq!(plan.changes.len(), 1);
    difference(&plan.changes[0])
}

#[test]
fn what_the_cloud_does_not_tell_is_learned_only_of_an_adopted_object() {
    let text = thing("silent = \"a\"");
    assert_eq!(edited("", "silent = \"a\""), "delete+create silent!");
    assert_eq!(edited("silent = \"a\"", ""), "delete+create silent!");
    let mut prior = applied(&thing(""));
    prior[0].adopted = true;
    let plan = Case::new(&text).after(prior.clone()).good();
    assert_eq!(difference(&plan.changes[0]), "update silent (local)");
    // What it is known to be is no guess.
    prior[0].value = with(&prior[0].value, "silent", Value::string("b"));
    let plan = Case::new(&text).after(prior).good();
    assert_eq!(difference(&plan.changes[0]), "delete+create silent!");
}

#[test]
fn edits_and_what_they_ask_for() {
    let table = [
        // Defaults and what the cloud computed are no difference.
        ("", "", "no-op"),
        ("", "size = 3", "no-op"),
        ("size = 4", "", "update size"),
        ("place = \"a\"", "", "no-op"),
        ("", "place = \"made\"", "no-op"),
        ("place = \"a\"", "place = \"b\"", "update place"),
        // The same in meaning.
        (
            "policy = \"{\\\"a\\\":1,\\\"b\\\":2}\"",
            "policy = jsonencode({ b = 2, a = 1 })",
            "no-op",
        ),
        (
            "policy = \"{\\\"a\\\":1}\"",
            "policy = \"{\\\"a\\\":2}\"",
            "update policy",
        ),
        (
            "content = { a = [1, { b = null }] }",
            "content = jsonencode({ a = [1, { b = null }] })",
            "no-op",
        ),
        (
            "content = \"{\\\"a\\\": [1]}\"",
            "content = { a = tolist([1]) }",
            "no-op",
        ),
        ("content = { a = [1] }", "content = { a = tolist([1]) }", "no-op"),
        ("content = { a = [1] }", "content = { a = [2] }", "update content"),
        (
            "content = { a = [1] }",
            "content = jsonencode({ a = [2] })",
            "update content",
        ),
        ("content = { a = 1, b = 2 }", "content = { a = 1 }", "update content"),
        ("content = { a = 1 }", "", "update content"),
        // Where the API can't change the object.
        ("word = \"frozen\"", "word = \"FROZEN\"", "no-op"),
        (
            "word = \"frozen\"",
            "word = \"frozen\"\nsize = 4",
            "delete+create size!",
        ),
        (
            "word = \"frozen\"",
            "word = \"frozen\"\nnote = \"n\"",
            "update note (local)",
        ),
        (
            "word = \"frozen\"",
            "word = \"frozen\"\nnote = \"n\"\nsize = 4",
            "delete+create size! note",
        ),
        ("", "word = \"frozen\"", "update word"),
        ("word = \"Bucket\"", "word = \"bUCKET\"", "no-op"),
        ("word = \"a\"", "word = \"b\"", "update word"),
        ("keys = [\"a\", \"b\"]", "keys = [\"b\", \"a\", \"a\"]", "no-op"),
        ("list = [\"a\", \"b\"]", "list = [\"b\", \"a\"]", "update list"),
        // Only the state.
        ("", "note = \"n\"", "update note (local)"),
        ("", "note = \"n\"\nsize = 4", "update size note"),
        // Nested blocks.
        ("one {\n a = \"1\"\n}", "one {\n a = \"2\"\n}", "update one.a"),
        (
            "one {\n fixed = \"1\"\n}",
            "one {\n fixed = \"2\"\n}",
            "delete+create one.fixed!",
        ),
        ("", "one {\n}", "update one"),
        ("one {\n}", "", "update one"),
        ("many {\n a = \"1\"\n}", "many {\n a = \"2\"\n}", "update many[0].a"),
        (
            "many {\n a = \"1\"\n}",
            "many {\n a = \"1\"\n}\nmany {\n a = \"2\"\n}",
            "update many",
        ),
        (
            "some {\n a = \"1\"\n}\nsome {\n a = \"2\"\n}",
            "some {\n a = \"2\"\n}\nsome {\n a = \"1\"\n}",
            "no-op",
        ),
        ("some {\n a = \"1\"\n}", "some {\n a = \"2\"\n}", "delete+create some!"),
        ("given {\n a = \"1\"\n}", "", "no-op"),
        ("given {\n a = \"1\"\n}", "given {\n a = \"2\"\n}", "update given[0].a"),
    ];
    for (first, second, expected) in table {
        assert_eq!(edited(first, second), expected, "{first} → {second}");
    }
}

#[test]
fn what_is_ignored_keeps_what_the_state_has() {
    let ignore = |paths: &str, rest: &str| format!("{rest}\nlifecycle {{\n  ignore_changes = {paths}\n}}");
    let table = [
        ("[size]", "size = 4", "size = 5", "no-op"),
        ("[size]", "size = 4", "size = 5\nword = \"a\"", "update word"),
        ("all", "size = 4", "size = 5\nword = \"a\"", "no-op"),
        (
            "[tags[\"a\"]]",
            "tags = { a = \"1\", b = \"1\" }",
            "tags = { a = \"2\", b = \"1\" }",
            "no-op",
        ),
        (
            "[tags[\"a\"]]",
            "tags = { a = \"1\", b = \"1\" }",
            "tags = { b = \"1\" }",
            "no-op",
        ),
        (
            "[tags[\"a\"]]",
            "tags = { a = \"1\", b = \"1\" }",
            "tags = { a = \"2\", b = \"2\" }",
            "update tags",
        ),
        (
            "[tags[\"a\"]]",
            "tags = { b = \"1\" }",
            "tags = { a = \"1\", b = \"1\" }",
            "no-op",
        ),
        ("[tags[\"a\"]]", "tags = { a = \"1\" }", "", "no-op"),
        ("[list[1]]", "list = [\"a\", \"b\"]", "list = [\"a\", \"c\"]", "no-op"),
        (
            "[list[1]]",
            "list = [\"a\", \"b\"]",
            "list = [\"x\", \"c\"]",
            "update list",
        ),
        ("[one[0].a]", "one {\n a = \"1\"\n}", "one {\n a = \"1\"\n}", "no-op"),
        ("[one]", "one {\n a = \"1\"\n}", "one {\n a = \"2\"\n}", "no-op"),
        ("[many[0].a]", "many {\n a = \"1\"\n}", "many {\n a = \"2\"\n}", "no-op"),
        ("[name]", "", "", "no-op"),
    ];
    for (paths, first, second, expected) in table {
        assert_eq!(
            edited(&ignore(paths, first), &ignore(paths, second)),
            expected,
            "{paths}: {first} → {second}"
        );
    }
}

#[test]
fn computed_parts_are_known_again_only_when_they_may_change() {
    let planned = |second: &str, name: &str| -> bool {
        let plan = Case::new(&thing(second)).after(applied(&thing(""))).good();
        let value = plan.changes[0]
            .planned
            .as_ref()
            .and_then(|v| v.get(name))
            .expect("an attribute");
        value.is_known()
    };
    for (second, etag, id) in [
        ("", true, true),
        ("size = 4", false, true),
        ("note = \"n\"", true, true),
    ] {
        assert_eq!((planned(second, "etag"), planned(second, "id")), (etag, id), "{second}");
    }
    let replaced = Case::new(&thing("one {\n fixed = \"2\"\n}"))
        .after(applied(&thing("one {\n fixed = \"1\"\n}")))
        .good();
    let id = replaced.changes[0].planned.as_ref().and_then(|v| v.get("id"));
    assert!(id.is_some_and(|v| !v.is_known()));
}

#[test]
fn a_tainted_object_is_replaced_and_a_request_is_heard() {
    let mut prior = applied(&thing(""));
    prior[0].tainted = true;
    let plan = Case::new(&thing("")).after(prior).good();
    assert_eq!(plan.changes[0].reason, Some(ActionReason::ReplaceBecauseTainted));
    let mut case = Case::new(&thing("")).after(applied(&thing("")));
    case.options.replace.insert("test_thing.x".parse().expect("an address"));
    assert_eq!(case.good().changes[0].reason, Some(ActionReason::ReplaceByRequest));
}

#[test]
fn drift_is_what_differs_in_meaning() {
    let text = thing("policy = \"{\\\"a\\\":1}\"\nword = \"a\"\ntags = { a = \"1\" }\none {\n a = \"1\"\n}");
    let prior = applied(&text);
    let one = |a: &str| {
        let parts = [("a", Value::string(a)), ("fixed", Value::null(Type::String))];
        Value::object_of(parts)
    };
    let list = |items: Vec<Value>| Value::list(Type::String, items);
    let table = [
        ("policy", Value::string("{ \"a\": 1 }"), ""),
        ("word", Value::string("A"), ""),
        ("phase", Value::string("other"), ""),
        ("word", Value::string("b"), "word"),
        ("size", Value::int(9), "size"),
        ("tags", Value::null(Type::map(Type::String)), "tags"),
        ("list", list(vec![Value::string("a")]), "list"),
        ("one", one("1"), ""),
        ("one", one("2"), "one.a"),
    ];
    for (name, found, expected) in table {
        let mut case = Case::new(&text).after(prior.clone());
        case.observed = vec![Some(Observed::Object(with(&prior[0].value, name, found)))];
        let plan = case.good();
        let paths: Vec<String> = plan
            .drift
            .iter()
            .flat_map(|d| &d.paths)
            .map(ToString::to_string)
            .collect();
        assert_eq!(paths.join(" "), expected, "{name}");
        let action = if expected.is_empty() {
            Action::NoOp
        } else {
            Action::Update
        };
        assert_eq!(plan.changes[0].action, action, "{name}");
    }
}

#[test]
fn what_is_gone_is_made_again_and_what_can_t_be_read_is_counted() {
    let prior = applied(&thing(""));
    let mut case = Case::new(&thing("")).after(prior.clone());
    case.observed = vec![Some(Observed::Gone)];
    let plan = case.good();
    assert_eq!(actions(&plan), ["test_thing.x create"]);
    assert!(plan.drift[0].found.is_none());
    let mut case = Case::new(&thing("")).after(prior.clone());
    case.observed = vec![Some(Observed::NotCompared("denied".into()))];
    let plan = case.good();
    assert_eq!(actions(&plan), ["test_thing.x no-op"]);
    assert_eq!(plan.not_compared.len(), 1);
    // A deposed object that is gone is deleted from the state all the same.
    let mut deposed = prior[0].clone();
    deposed.deposed = Some("00000001".into());
    let mut case = Case::new(&thing("")).after(vec![prior[0].clone(), deposed]);
    case.observed = vec![None, Some(Observed::Gone)];
    let plan = case.good();
    assert_eq!(actions(&plan), ["test_thing.x no-op", "test_thing.x delete"]);
    assert!(plan.drift.is_empty());
}
