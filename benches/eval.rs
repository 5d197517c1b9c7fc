//! Evaluations per second: `cargo bench --bench eval`. The instances of a `for_each` over a large object show that time grows
//! with their number, not with its square.

use divan::Bencher;
use divan::counter::ItemsCount;
use headworks::base::{Diag, SourceMap, Span, Value};
use headworks::engine::SystemHost;
use headworks::lang::ast::{Expr, Step, StepKind};
use headworks::lang::{EvalContext, Scope, evaluate, parse};
use std::collections::BTreeMap;

fn main() {
    divan::main();
}

/// `local.all`, an object of objects, and the `each` of one instance.
struct Names {
    all: Value,
    key: Value,
    value: Value,
}

impl Names {
    fn new(size: usize) -> Names {
        let entry = |i: usize| {
            let name = format!("table_{i:06}");
            let value = Value::object_of([
                ("name", Value::string(name.as_str())),
                ("size", Value::number(i.into())),
            ]);
            (name.as_str().into(), value)
        };
        Names {
            all: Value::object((0..size).map(entry).collect::<BTreeMap<_, _>>()),
            key: Value::string("table_000000"),
            value: Value::int(0),
        }
    }
}

impl Scope for Names {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let name = match steps.first().map(|s| &s.kind) {
            Some(StepKind::Attr(name)) => &**name,
            _ => "",
        };
        let value = match (root, name) {
            ("local", "all") => &self.all,
            ("each", "key") => &self.key,
            ("each", "value") => &self.value,
            _ => return Err(Diag::error("HW0000", "Undeclared").at(span)),
        };
        Ok((value.clone(), 1))
    }
}

fn expression(text: &str) -> Expr {
    let mut sources = SourceMap::default();
    let file = sources.add("bench", text);
    match parse::parse_expression(&sources, file) {
        Ok(expr) => expr,
        Err(diags) => panic!("{text}: {diags:?}"),
    }
}

fn value_of(expr: &Expr, names: &Names, host: &SystemHost) -> Value {
    let (value, diags) = evaluate(expr, &EvalContext { scope: names, host });
    assert!(!diags.has_errors(), "{diags:?}");
    value
}

fn host() -> SystemHost {
    SystemHost::console(".", jiff::Timestamp::UNIX_EPOCH)
}

#[divan::bench(args = [
    "1 + 2 * 3",
    "each.key == \"a\" ? 1 : 2",
    "\"prefix-${each.key}-${each.value}\"",
    "upper(replace(each.key, \"_\", \"-\"))",
    "{ name = each.key, tags = { a = \"x\", b = each.value } }",
    "[for i in range(100) : i * 2 if i % 3 == 0]",
    "jsonencode({ a = [1, 2, 3], b = each.key })",
])]
fn one(bencher: Bencher<'_, '_>, text: &str) {
    let (expr, names, host) = (expression(text), Names::new(1), host());
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| value_of(&expr, &names, &host));
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5, sample_size = 1)]
fn instances(bencher: Bencher<'_, '_>, count: usize) {
    let expr = expression(
        "{ name = \"t-${each.key}\", size = local.all[each.key].size + 1, \
           label = try(local.all[each.key].label, lookup(local.all, each.key, null).name) }",
    );
    let host = host();
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| {
            let names = Names::new(count);
            let keys: Vec<_> = names
                .all
                .entries()
                .map(|m| m.keys().cloned().collect())
                .unwrap_or_default();
            (names, keys)
        })
        .bench_local_values(|(mut names, keys)| {
            for key in keys {
                names.key = Value::string(key);
                divan::black_box(value_of(&expr, &names, &host));
            }
        });
}
