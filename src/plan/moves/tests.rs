//! Tables of statements and states, with the addresses that objects get; and that no object is ever lost.

use super::*;
use crate::base::{Known, ModulePath, ResourceMode, Value};
use crate::config::{ProviderKey, decode};
use crate::lang::parse;
use proptest::prelude::*;
use std::collections::HashSet;

/// A configuration of which only the shape is known.
#[derive(Default)]
struct Shape {
    blocks: BTreeMap<String, Repeated>,
    calls: BTreeSet<String>,
    instances: HashSet<InstanceAddr>,
    modules: Vec<ModulePath>,
}

fn names(block: &ResourceAddr) -> String {
    let mut block = block.clone();
    block.module = ModulePath(
        block
            .module
            .0
            .iter()
            .map(|(n, _)| (n.clone(), InstanceKey::None))
            .collect(),
    );
    block.to_string()
}

impl Declarations for Shape {
    fn block(&self, addr: &ResourceAddr) -> Option<Declared> {
        self.blocks.get(&names(addr)).map(|repeated| Declared {
            header: Span::default(),
            repeated: *repeated,
        })
    }

    fn call(&self, path: &ModulePath) -> Option<Declared> {
        let names: Vec<String> = path.0.iter().map(|(n, _)| n.to_string()).collect();
        self.calls.contains(&names.join(".")).then_some(Declared {
            header: Span::default(),
            repeated: Repeated::No,
        })
    }

    fn has_instance(&self, addr: &InstanceAddr) -> bool {
        self.instances.contains(addr)
    }

    fn instances(&self, module: &[Str]) -> Vec<ModulePath> {
        let fits = |path: &&ModulePath| path.0.iter().map(|(n, _)| n).eq(module);
        let root = module.is_empty().then(ModulePath::default);
        root.into_iter()
            .chain(self.modules.iter().filter(fits).cloned())
            .collect()
    }
}

fn prior(addr: &str) -> Prior {
    Prior {
        addr: addr.parse().unwrap(),
        deposed: None,
        provider: "terraform".parse::<ProviderKey>().unwrap(),
        value: Known::new(Value::string(addr)).unwrap().into_value(),
        tainted: false,
        adopted: false,
        dependencies: Vec::new(),
    }
}

/// Statements from lines `MODULE.PATH: FROM -> TO`, the module path left out for the root module.
fn statements(lines: &[&str]) -> Vec<Statement> {
    let one = |line: &&str| {
        let (module, rest) = line.split_once(": ").unwrap_or(("", line));
        let (from, to) = rest.split_once(" -> ").unwrap();
        let mut sources = SourceMap::default();
        let id = sources.add("x", format!("moved {{\n from = {from}\n to = {to}\n}}\n"));
        let (body, found) = parse::parse_file(&sources, id);
        assert!(found.is_empty(), "{found:?}");
        let (decoded, found) = decode(vec![body]);
        assert!(found.is_empty(), "{found:?}");
        let module: Vec<Str> = module.split('.').filter(|m| !m.is_empty()).map(Str::from).collect();
        Statement::of(&module, &decoded.moved[0])
    };
    lines.iter().map(one).collect()
}

fn moved(objects: &[&str], lines: &[&str], shape: &Shape) -> Vec<String> {
    let mut prior: Vec<Prior> = objects.iter().map(|addr| prior(addr)).collect();
    let moves = resolve(statements(lines), shape, &prior);
    relocate(&mut prior, &moves.moved);
    prior
        .iter()
        .map(|p| format!("{} = {}", p.addr, p.value.as_str().unwrap()))
        .collect()
}

#[test]
fn objects_get_the_addresses_that_statements_say() {
    let table: &[(&[&str], &[&str], &[&str])] = &[
        (&["t.a"], &["t.a -> t.b"], &["t.b = t.a"]),
        (
            &["t.a[0]", "t.a[1]"],
            &["t.a -> t.b"],
            &["t.b[0] = t.a[0]", "t.b[1] = t.a[1]"],
        ),
        // Chains, in whatever order they are written.
        (&["t.a"], &["t.b -> t.c", "t.a -> t.b"], &["t.c = t.a"]),
        (
            &["t.a", "t.b"],
            &["t.a -> t.b", "t.b -> t.c"],
            &["t.a = t.a", "t.c = t.b"],
        ),
        // Instances and their resource.
        (&["t.a"], &["t.a -> t.a[\"x\"]"], &["t.a[\"x\"] = t.a"]),
        (
            &["t.a[0]", "t.a[1]"],
            &["t.a[0] -> t.a[\"x\"]"],
            &["t.a[1] = t.a[1]", "t.a[\"x\"] = t.a[0]"],
        ),
        (
            &["t.a[0]", "t.a[1]"],
            &["t.a -> t.b", "t.a[1] -> t.d"],
            &["t.b[0] = t.a[0]", "t.d = t.a[1]"],
        ),
        (
            &["t.a[0]"],
            &["t.a[0] -> t.a[\"x\"]", "t.a -> t.b"],
            &["t.b[\"x\"] = t.a[0]"],
        ),
        (
            &["t.a[0]"],
            &["t.b[0] -> t.b[\"x\"]", "t.a -> t.b"],
            &["t.b[\"x\"] = t.a[0]"],
        ),
        (
            &["t.a[0]", "t.a[1]", "t.a[2]"],
            &["t.a[1] -> t.a[0]", "t.a[0] -> t.z"],
            &["t.a[1] = t.a[1]", "t.a[2] = t.a[2]", "t.z = t.a[0]"],
        ),
        // Another type is another object.
        (&["t.a"], &["u.a -> t.b", "data.t.a -> t.b"], &["t.a = t.a"]),
        // Into modules, out of them, and modules as a whole.
        (&["t.a"], &["t.a -> module.m.t.a"], &["module.m.t.a = t.a"]),
        (
            &["t.a"],
            &["t.a -> module.m[\"k\"].t.a[0]"],
            &["module.m[\"k\"].t.a[0] = t.a"],
        ),
        (&["module.m.t.a"], &["module.m.t.a -> t.a"], &["t.a = module.m.t.a"]),
        (
            &["module.m[0].t.a", "module.m[1].t.a"],
            &["module.m -> module.n"],
            &["module.n[0].t.a = module.m[0].t.a", "module.n[1].t.a = module.m[1].t.a"],
        ),
        (
            &["module.m.t.a", "module.m.module.x[1].t.a"],
            &["module.m -> module.m[0]"],
            &[
                "module.m[0].t.a = module.m.t.a",
                "module.m[0].module.x[1].t.a = module.m.module.x[1].t.a",
            ],
        ),
        (
            &["module.m[\"k\"].t.a"],
            &["module.m -> module.w.module.n"],
            &["module.w.module.n[\"k\"].t.a = module.m[\"k\"].t.a"],
        ),
        (
            &["module.m.t.a"],
            &["module.n.t.a -> module.n.t.b", "module.m -> module.n"],
            &["module.n.t.b = module.m.t.a"],
        ),
        // Written in a module, for every instance of it.
        (
            &["module.m[0].t.a", "module.m[1].t.a", "t.a"],
            &["m: t.a -> t.b"],
            &[
                "t.a = t.a",
                "module.m[0].t.b = module.m[0].t.a",
                "module.m[1].t.b = module.m[1].t.a",
            ],
        ),
        (
            &["module.m.t.a"],
            &["module.m -> module.m[0]", "m: t.a -> t.b"],
            &["module.m[0].t.b = module.m.t.a"],
        ),
        (
            &["module.m.module.x.t.a"],
            &[
                "m: module.x -> module.y",
                "module.m -> module.n",
                "n: module.y -> module.z",
            ],
            &["module.n.module.z.t.a = module.m.module.x.t.a"],
        ),
    ];
    for (objects, lines, expected) in table {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let mut found = moved(objects, lines, &Shape::default());
        found.sort_unstable();
        assert_eq!(found, expected, "{objects:?} {lines:?}");
    }
}

#[test]
fn a_place_that_is_taken_is_not_taken_again() {
    type Case = (
        &'static [&'static str],
        &'static str,
        &'static [(&'static str, &'static str)],
    );
    let table: &[Case] = &[
        (&["t.a", "t.b"], "t.a -> t.b", &[("t.a", "t.b")]),
        (&["t.a", "t.b[1]"], "t.a -> t.b", &[("t.a", "t.b")]),
        (&["t.a", "t.b[1]"], "t.a -> t.b[1]", &[("t.a", "t.b[1]")]),
        (&["t.a", "t.b[1]"], "t.a -> t.b[0]", &[]),
        (
            &["module.a.t.x", "module.b.t.y"],
            "module.a -> module.b",
            &[("module.a", "module.b")],
        ),
    ];
    for (objects, line, blocked) in table {
        let prior: Vec<Prior> = objects.iter().map(|addr| prior(addr)).collect();
        let moves = resolve(statements(&[line]), &Shape::default(), &prior);
        let found: Vec<(&str, &str)> = moves.blocked.iter().map(|(a, w)| (a.as_str(), w.as_str())).collect();
        assert_eq!(found, *blocked, "{objects:?} {line}");
        assert_eq!(moves.moved.is_empty(), !blocked.is_empty());
    }
}

#[test]
fn count_comes_and_goes_without_a_statement() {
    let counted = |repeated| Shape {
        blocks: [("t.a".to_string(), repeated), ("module.m.t.a".to_string(), repeated)].into(),
        ..Shape::default()
    };
    let count = counted(Repeated::Count(Span::default()));
    assert_eq!(moved(&["t.a"], &[], &count), ["t.a[0] = t.a"]);
    assert_eq!(
        moved(&["module.m[2].t.a"], &[], &count),
        ["module.m[2].t.a[0] = module.m[2].t.a"]
    );
    assert_eq!(
        moved(&["t.a[0]", "t.a[1]"], &[], &count),
        ["t.a[0] = t.a[0]", "t.a[1] = t.a[1]"]
    );
    let single = counted(Repeated::No);
    assert_eq!(
        moved(&["t.a[0]", "t.a[1]"], &[], &single),
        ["t.a = t.a[0]", "t.a[1] = t.a[1]"]
    );
    let each = counted(Repeated::Each(Span::default()));
    assert_eq!(moved(&["t.a"], &[], &each), ["t.a = t.a"]);
    // Who writes a statement about the resource decides alone.
    assert_eq!(moved(&["t.a"], &["t.a -> t.a[1]"], &count), ["t.a[1] = t.a"]);
    assert_eq!(moved(&["t.a"], &["t.b -> t.a[1]"], &count), ["t.a = t.a"]);
}

#[test]
fn statements_that_contradict_each_other_or_the_configuration_are_refused() {
    let shape = Shape {
        blocks: [
            ("t.here".to_string(), Repeated::No),
            ("t.count".to_string(), Repeated::Count(Span::default())),
        ]
        .into(),
        calls: ["here".to_string()].into(),
        instances: ["t.here", "t.count[0]"].map(|a| a.parse().unwrap()).into(),
        modules: vec![ModulePath(vec![("here".into(), InstanceKey::None)].into())],
    };
    let table: &[(&[&str], &[&str])] = &[
        (&["t.a -> t.b"], &[]),
        (&["t.a -> t.b", "t.a -> t.b"], &[]),
        (&["t.a -> t.a"], &["Redundant move statement"]),
        (&["module.a -> module.a"], &["Redundant move statement"]),
        (&["t.here -> t.b"], &["Moved object still exists"]),
        (&["t.count[0] -> t.b"], &["Moved object still exists"]),
        (&["t.count[1] -> t.b"], &[]),
        (&["module.here -> module.b"], &["Moved object still exists"]),
        (&["module.here[0] -> module.b"], &[]),
        (&["t.a -> t.b", "t.a -> t.c"], &["Ambiguous move statements"]),
        (&["t.a -> t.c", "t.b -> t.c"], &["Ambiguous move statements"]),
        (&["t.a -> t.b", "t.b -> t.a"], &["Cyclic dependency in move statements"]),
        (
            &["t.a -> t.b", "t.b -> t.a", "u.a -> u.b", "u.b -> u.c", "u.c -> u.a"],
            &[
                "Cyclic dependency in move statements",
                "Cyclic dependency in move statements",
            ],
        ),
        (
            &["module.a -> module.b", "module.b -> module.c", "module.c -> module.a"],
            &["Cyclic dependency in move statements"],
        ),
    ];
    for (lines, expected) in table {
        let found = check::check(&statements(lines), &shape, &SourceMap::default());
        let found: Vec<&str> = found.iter().map(|d| d.summary.as_str()).collect();
        assert_eq!(found, *expected, "{lines:?}");
    }
}

#[test]
fn what_others_need_moves_along() {
    let mut objects = vec![prior("t.a[0]"), prior("t.a[1]"), prior("t.user")];
    objects[2].dependencies = vec![ResourceAddr::managed("t", "a"), ResourceAddr::managed("t", "other")];
    let moves = resolve(statements(&["t.a[0] -> t.b"]), &Shape::default(), &objects);
    relocate(&mut objects, &moves.moved);
    let needed: Vec<String> = objects
        .iter()
        .flat_map(|p| &p.dependencies)
        .map(ToString::to_string)
        .collect();
    assert_eq!(needed, ["t.a", "t.b", "t.other"]);
}

fn address() -> impl Strategy<Value = Endpoint> {
    let key = || {
        prop_oneof![
            3 => Just(InstanceKey::None),
            1 => (0..2u64).prop_map(InstanceKey::Index),
            1 => Just(InstanceKey::Key("k".into())),
        ]
    };
    let module = (prop_oneof![Just("m"), Just("n")], key()).prop_map(|(name, key)| (Str::from(name), key));
    let resource = (prop_oneof![Just("a"), Just("b"), Just("c")], key()).prop_map(|(name, key)| EndpointResource {
        mode: ResourceMode::Managed,
        type_name: "t".into(),
        name: name.into(),
        key,
    });
    let some = (
        proptest::collection::vec(module, 0..3),
        proptest::option::weighted(0.8, resource),
    );
    some.prop_map(|(modules, resource)| Endpoint {
        modules,
        resource,
        whole: false,
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let module = prop_oneof![4 => Just(vec![]), 1 => Just(vec![Str::from("m")])];
    let sides = (address(), address()).prop_filter("one kind", |(from, to)| {
        from.resource.is_some() == to.resource.is_some()
            && (from.resource.is_some() || !(from.modules.is_empty() || to.modules.is_empty()))
    });
    (module, sides).prop_map(|(module, (mut from, mut to))| {
        let whole = from.is_bare() && to.is_bare();
        (from.whole, to.whole) = (whole, whole);
        Statement {
            module,
            from,
            to,
            span: Span::default(),
            implied: false,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn moves_never_lose_an_object(
        objects in proptest::collection::btree_set(address().prop_filter("resources", |a| a.resource.is_some()), 0..12),
        lines in proptest::collection::vec(statement(), 0..8),
        counted in any::<bool>(),
    ) {
        let mut prior: Vec<Prior> = objects.iter().map(|a| prior(&a.to_string())).collect();
        let repeated = if counted { Repeated::Count(Span::default()) } else { Repeated::No };
        let shape = Shape {
            blocks: ["t.a", "t.b", "module.m.t.a"].map(|b| (b.to_string(), repeated)).into(),
            ..Shape::default()
        };
        let before: BTreeSet<String> = prior.iter().map(|p| p.value.as_str().unwrap().to_string()).collect();
        let moves = resolve(lines, &shape, &prior);
        relocate(&mut prior, &moves.moved);
        let after: BTreeSet<String> = prior.iter().map(|p| p.value.as_str().unwrap().to_string()).collect();
        prop_assert_eq!(before.len(), prior.len());
        prop_assert_eq!(before, after);
        let places: BTreeSet<InstanceAddr> = prior.iter().map(|p| p.addr.clone()).collect();
        prop_assert_eq!(places.len(), prior.len());
        for (new, old) in &moves.moved {
            prop_assert!(prior.iter().any(|p| p.addr == *new && p.value.as_str() == Some(&*old.to_string())));
        }
    }

    #[test]
    fn nothing_that_comes_after_another_is_overlooked(lines in proptest::collection::vec(statement(), 0..12)) {
        let sides: Vec<_> = lines.iter().map(|s| (s.from(), s.to())).collect();
        let compared = |a: usize| {
            let all = (0..lines.len()).filter(|b| *b != a && order::comes_after(&lines, &sides, a, *b));
            all.collect::<Vec<usize>>()
        };
        let expected: Vec<_> = (0..lines.len()).map(compared).collect();
        prop_assert_eq!(order::predecessors(&lines, &sides), expected);
    }
}
