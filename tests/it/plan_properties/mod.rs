//! What holds for every plan and every run, over random configurations of `terraform_data`: applied plans leave nothing to
//! do, order of text means nothing, order of steps is right, nothing is lost when calls fail.

mod generate;
mod orders;
mod recovery;
mod world;

use generate::{Config, config, with_other_values};
use headworks::base::json::to_json;
use headworks::plan::file::{SavedPlan, decode, encode};
use headworks::plan::{Action, Plan, PlanMode, StepAction};
use orders::{Ancestors, step_names};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;
use world::{Loaded, Trouble, World, load, load_text};

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_501),
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    }
}

/// Changes and steps of a plan by name, without places in the text.
fn picture(plan: &Plan) -> String {
    let mut out = String::new();
    for c in &plan.changes {
        let causes: Vec<_> = c.causes.iter().map(|c| (&c.path, c.replaces)).collect();
        let show = |v: &Option<headworks::base::Value>| format!("{v:?}");
        out.push_str(&format!(
            "{} {:?} {:?} {:?} {causes:?} {:?} {:?} {} -> {}\n",
            c.addr,
            c.deposed,
            c.action,
            c.reason,
            c.replace_paths,
            c.dependencies,
            show(&c.prior),
            show(&c.planned)
        ));
    }
    for o in &plan.outputs {
        out.push_str(&format!("{} {:?} {:?}\n", o.name, o.prior, o.planned));
    }
    let names = step_names(plan);
    let ancestors = Ancestors::of(&plan.steps);
    let mut steps: Vec<String> = Vec::new();
    for (id, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let before: BTreeSet<&String> = ancestors.before(id).filter_map(|b| names[b].as_ref()).collect();
        steps.push(format!("{name} after {before:?}\n"));
    }
    steps.sort();
    out.push_str(&steps.concat());
    out
}

fn assert_settled(world: &World, loaded: &Loaded) {
    let again = world.plan(loaded, PlanMode::Normal);
    assert!(again.is_empty(), "{}", picture(&again));
    assert!(again.drift.is_empty(), "{:?}", again.drift);
}

/// The state and the cloud know the same objects, each once.
fn assert_nothing_lost(world: &World) {
    assert_eq!(world.recorded_ids(), world.memory.ids());
}

/// The positions of a block's steps: those that make or change, and those that delete.
fn steps_of(plan: &Plan, name: usize) -> (Vec<usize>, Vec<usize>) {
    let mut up = Vec::new();
    let mut down = Vec::new();
    for (id, step) in plan.steps.steps.iter().enumerate() {
        let Some(change) = step.change.map(|c| &plan.changes[c as usize]) else {
            continue;
        };
        if *change.addr.resource.name != *format!("n{name}") {
            continue;
        }
        match step.action {
            StepAction::Create | StepAction::Update | StepAction::Read => up.push(id),
            StepAction::Delete => down.push(id),
            StepAction::Join => {}
        }
    }
    (up, down)
}

/// The order that the rules ask for, computed from the model alone. `same_needs`: the objects of the state were made by
/// a configuration in which the same blocks need each other.
fn assert_ordered(plan: &Plan, config: &Config, same_needs: bool) {
    let ancestors = Ancestors::of(&plan.steps);
    for (id, _) in plan.steps.steps.iter().enumerate() {
        assert!(!ancestors.has(id, id), "a cycle at step {id}");
    }
    for block in &config.blocks {
        let (up, down) = steps_of(plan, block.name);
        for needed in config.needs(block.name) {
            let (needed_up, needed_down) = steps_of(plan, needed);
            for later in &up {
                for earlier in &needed_up {
                    assert!(
                        ancestors.has(*later, *earlier),
                        "n{} is made before n{needed}",
                        block.name
                    );
                }
            }
            for later in needed_down.iter().filter(|_| same_needs) {
                for earlier in &down {
                    assert!(
                        ancestors.has(*later, *earlier),
                        "n{needed} is deleted before n{}",
                        block.name
                    );
                }
            }
        }
    }
    for (index, change) in plan.changes.iter().enumerate() {
        let Action::Replace { create_first } = change.action else {
            continue;
        };
        let name: usize = change.addr.resource.name[1..].parse().expect("a number");
        assert_eq!(create_first, config.creates_first(name), "{}", change.addr);
        let of_change = |wanted: StepAction| {
            let mut steps = plan.steps.steps.iter().enumerate();
            let found = steps.find(|(_, s)| s.change == Some(index as u32) && s.action == wanted);
            found.expect("a step").0
        };
        let (make, delete) = (of_change(StepAction::Create), of_change(StepAction::Delete));
        let (first, second) = if create_first { (make, delete) } else { (delete, make) };
        assert!(ancestors.has(second, first), "{}", change.addr);
    }
}

fn saved(plan: Plan, text: String) -> SavedPlan {
    SavedPlan {
        plan,
        tool_version: "0.1.0".into(),
        created_at: "2026-05-01T00:00:00Z".into(),
        lineage: Some("lineage".into()),
        serial: 7,
        sim: false,
        sources: vec![("main.tf".into(), text)],
        withheld: Vec::new(),
        given: Vec::new(),
    }
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![Just(Trouble::Refused), Just(Trouble::Partial), Just(Trouble::Lost)]
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn an_applied_plan_leaves_nothing_to_do(first in config(), second in config(), outside: bool) {
        let world = World::new(outside);
        for config in [&first, &second] {
            let loaded = load_text(&config.text());
            world.bring(&loaded, PlanMode::Normal);
            assert_settled(&world, &loaded);
            if outside {
                assert_nothing_lost(&world);
            }
        }
        prop_assert_eq!(world.memory.wrong(), Vec::<String>::new());
    }

    #[test]
    fn a_change_of_values_is_done_in_order(pair in config().prop_flat_map(with_other_values)) {
        let (first, second) = pair;
        let world = World::new(true);
        let fresh = world.bring(&load_text(&first.text()), PlanMode::Normal);
        assert_ordered(&fresh, &first, true);
        let changed = world.bring(&load_text(&second.text()), PlanMode::Normal);
        assert_ordered(&changed, &second, true);
        prop_assert_eq!(world.memory.wrong(), Vec::<String>::new());
    }

    #[test]
    fn any_edit_is_done_in_order(first in config(), second in config()) {
        let world = World::new(true);
        world.bring(&load_text(&first.text()), PlanMode::Normal);
        let changed = world.bring(&load_text(&second.text()), PlanMode::Normal);
        assert_ordered(&changed, &second, false);
    }

    #[test]
    fn destroying_empties_the_state_dependants_first(config in config(), outside: bool, by_configuration: bool) {
        let world = World::new(outside);
        let loaded = load_text(&config.text());
        world.bring(&loaded, PlanMode::Normal);
        let plan = if by_configuration {
            world.bring(&loaded, PlanMode::Destroy)
        } else {
            world.bring(&load_text(""), PlanMode::Normal)
        };
        if by_configuration {
            assert_ordered(&plan, &config, true);
        }
        for line in world.memory.deleted() {
            prop_assert!(line.ends_with("used by []"), "{line}");
        }
        let state = world.state();
        prop_assert!(state.prior.is_empty() && state.outputs.is_empty());
        prop_assert!(!outside || world.memory.ids().is_empty());
    }

    #[test]
    fn order_of_declarations_and_files_means_nothing(
        (first, second, mixed) in (config(), config()).prop_flat_map(|(first, second)| {
            let mixed = Just(second.declarations()).prop_shuffle();
            (Just(first), Just(second), mixed)
        }),
        cut in 0usize..20,
    ) {
        let world = World::new(false);
        world.bring(&load_text(&first.text()), PlanMode::Normal);
        let cut = cut.min(mixed.len());
        let files = [("z.tf".into(), mixed[..cut].concat()), ("a.tf".into(), mixed[cut..].concat())];
        let one = world.plan(&load_text(&second.text()), PlanMode::Normal);
        let other = world.plan(&load(&files), PlanMode::Normal);
        prop_assert_eq!(picture(&one), picture(&other));
    }

    #[test]
    fn a_run_that_fails_is_finished_by_the_next(
        first in config(),
        second in config(),
        third in config(),
        calls in 0usize..12,
        again in 0usize..4,
        how in trouble(),
    ) {
        let world = World::new(true);
        world.bring(&load_text(&first.text()), PlanMode::Normal);
        let second = load_text(&second.text());
        for calls in [calls, again] {
            world.memory.allow(Some(calls), how);
            world.recover();
            let plan = world.plan(&second, PlanMode::Normal);
            world.apply(&second, &plan, 3);
            world.recover();
            assert_nothing_lost(&world);
        }
        world.memory.allow(None, how);
        // Another configuration comes, as when the user changes his mind after a failure.
        let third = load_text(&third.text());
        world.bring(&third, PlanMode::Normal);
        assert_settled(&world, &third);
        assert_nothing_lost(&world);
        world.bring(&second, PlanMode::Normal);
        assert_settled(&world, &second);
        prop_assert_eq!(world.memory.wrong(), Vec::<String>::new());
    }

    #[test]
    fn going_back_after_a_failure_keeps_what_was_there(
        pair in config().prop_flat_map(with_other_values),
        calls in 0usize..6,
        how in prop_oneof![Just(Trouble::Refused), Just(Trouble::Lost)],
    ) {
        let world = World::new(true);
        let first = load_text(&pair.0.text());
        world.bring(&first, PlanMode::Normal);
        let second = load_text(&pair.1.text());
        world.memory.allow(Some(calls), how);
        let plan = world.plan(&second, PlanMode::Normal);
        world.apply(&second, &plan, 1);
        world.memory.allow(None, how);
        world.recover();
        let back = world.plan(&first, PlanMode::Normal);
        // An object that the plan leaves as it is must be there after it.
        let kept: Vec<String> = back
            .changes
            .iter()
            .filter(|c| c.action == Action::NoOp)
            .filter_map(|c| Some(c.prior.as_ref()?.get("id")?.as_str()?.to_string()))
            .collect();
        world.apply(&first, &back, 1);
        for id in kept {
            prop_assert!(world.memory.ids().contains(&id), "{id} is gone");
        }
        assert_settled(&world, &first);
        assert_nothing_lost(&world);
    }

    #[test]
    fn a_saved_plan_reads_back_and_notices_damage(first in config(), second in config(), bits: u8) {
        let world = World::new(false);
        world.bring(&load_text(&first.text()), PlanMode::Normal);
        let plan = world.plan(&load_text(&second.text()), PlanMode::Normal);
        let before = picture(&plan);
        let (text, digest) = encode(&saved(plan, second.text()));
        let (read, read_digest) = decode(&text).expect("reads");
        prop_assert_eq!(&digest, &read_digest);
        prop_assert_eq!(before, picture(&read.plan));
        prop_assert_eq!(encode(&read), (text.clone(), digest));
        let step = (text.len() / 60).max(1);
        for at in (usize::from(bits) % step..text.len()).step_by(step) {
            if let Some(cut) = text.get(..at) {
                prop_assert!(decode(cut).is_err(), "cut to {at} bytes");
            }
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << (bits % 7);
            if let Ok(flipped) = String::from_utf8(bytes) {
                prop_assert!(decode(&flipped).is_err(), "a bit of byte {at} flipped");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn a_saved_plan_is_applied_like_a_fresh_one(first in config(), second in config(), outside: bool) {
        let world = World::new(outside);
        world.bring(&load_text(&first.text()), PlanMode::Normal);
        let loaded = load_text(&second.text());
        let (text, _) = encode(&saved(world.plan(&loaded, PlanMode::Normal), second.text()));
        let (read, _) = decode(&text).expect("reads");
        let (name, text) = &read.sources[0];
        let carried = load(&[(name.clone(), text.clone())]);
        let outcome = world.apply(&carried, &read.plan, 2);
        prop_assert!(!outcome.diags.has_errors(), "{:?}", outcome.diags);
        assert_settled(&world, &loaded);
        prop_assert_eq!(world.memory.wrong(), Vec::<String>::new());
    }
}

/// The literals of a configuration and what is known of ids decide what a plan says: plans hold JSON that a reader can follow.
#[test]
fn planned_values_are_json_where_they_are_known() {
    let world = World::new(false);
    let loaded = load_text("resource \"terraform_data\" \"n0\" {\n  input = [\"v1\", 2, null]\n}\n");
    let plan = world.bring(&loaded, PlanMode::Normal);
    let planned = plan.changes[0]
        .planned
        .as_ref()
        .and_then(|v| v.get("input"))
        .expect("an input");
    assert_eq!(to_json(planned).to_string(), "[\"v1\",2,null]");
    assert_settled(&world, &loaded);
}
