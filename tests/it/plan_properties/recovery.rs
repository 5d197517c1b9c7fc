//! What recovery does with steps that have no end: one case for each row of the table in `docs/architecture.md`.

use super::world::{Loaded, Trouble, World, load_text};
use super::{assert_nothing_lost, assert_settled};
use headworks::base::{Type, Value};
use headworks::plan::PlanMode;

fn one(lines: &str) -> Loaded {
    load_text(&format!(
        "resource \"terraform_data\" \"x\" {{\n  input = \"a\"\n{lines}\n}}\n"
    ))
}

/// Plans and runs with every call losing its reply.
fn lose(world: &World, loaded: &Loaded) {
    world.memory.allow(Some(0), Trouble::Lost);
    let plan = world.plan(loaded, PlanMode::Normal);
    let outcome = world.apply(loaded, &plan, 1);
    assert!(outcome.diags.has_errors());
    world.memory.allow(None, Trouble::Lost);
}

/// One step is settled, with these words; doing it again does nothing. Gives the client tokens that are to be used again.
fn settles(world: &World, words: &str) -> Vec<String> {
    let recovery = world.look_back();
    assert!(recovery.diags.is_empty(), "{:?}", recovery.diags);
    assert!(
        recovery.notices.len() == 1 && recovery.notices[0].contains(words),
        "{:?}",
        recovery.notices
    );
    let before = world.state().snapshot;
    let again = world.look_back();
    assert!(again.notices.is_empty() && again.diags.is_empty());
    assert_eq!(world.state().snapshot, before);
    world.kept_tokens()
}

#[test]
fn an_object_that_was_made_is_adopted() {
    let world = World::named();
    let loaded = one("");
    lose(&world, &loaded);
    assert!(world.recorded_ids().is_empty());
    assert!(settles(&world, "found as meant and adopted").is_empty());
    assert_nothing_lost(&world);
    assert_settled(&world, &loaded);
    assert_eq!(world.memory.ids(), ["obj-1"]);
}

#[test]
fn an_object_that_differs_is_left_to_the_user() {
    let world = World::named();
    let loaded = one("  triggers_replace = \"t\"");
    lose(&world, &loaded);
    world.memory.spoil("obj-1", "triggers_replace", Value::string("other"));
    for _ in 0..2 {
        let recovery = world.look_back();
        assert!(recovery.notices.is_empty());
        let diag = recovery.diags.iter().next().expect("a problem");
        assert!(
            diag.detail.as_deref().is_some_and(|d| d.contains("triggers_replace")),
            "{diag:?}"
        );
        assert!(
            diag.help.as_deref().is_some_and(|h| h.contains("state settle")),
            "{diag:?}"
        );
        assert!(world.recorded_ids().is_empty());
    }
}

#[test]
fn a_creation_without_effect_is_planned_again() {
    // The id comes from the server, and nothing is found without it.
    let world = World::named();
    let loaded = one("");
    lose(&world, &loaded);
    world.memory.spoil("obj-1", "input", Value::null(Type::String));
    let tokens = settles(&world, "before it had an effect");
    assert!(
        tokens.len() == 1 && tokens[0].contains("terraform_data"),
        "the next attempt has the token of the first: {tokens:?}"
    );
    let plan = world.bring(&loaded, PlanMode::Normal);
    assert_eq!(plan.summary().create, 1);
}

#[test]
fn an_update_whose_reply_was_lost_is_recorded_as_it_is() {
    let world = World::new(true);
    world.bring(&one(""), PlanMode::Normal);
    let changed = load_text("resource \"terraform_data\" \"x\" {\n  input = \"b\"\n}\n");
    lose(&world, &changed);
    settles(&world, "recorded as it is");
    assert_settled(&world, &changed);
    assert_nothing_lost(&world);
}

#[test]
fn a_deletion_whose_reply_was_lost_is_done() {
    let world = World::new(true);
    world.bring(&one(""), PlanMode::Normal);
    lose(&world, &load_text(""));
    assert_eq!(world.recorded_ids(), ["obj-1"]);
    settles(&world, "the object is gone");
    assert_nothing_lost(&world);
}
