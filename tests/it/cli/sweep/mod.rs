//! Every call that a resource type makes meets every fault: the next run finishes the job, and nothing is lost, doubled or
//! forgotten. Types, examples and calls are found, not listed: a new type is swept from the day it has an example.
//! A part runs always; `HEADWORKS_SWEEP=all` runs everything, and `HEADWORKS_BLESS=1` with it writes docs/faults.md;
//! `HEADWORKS_SWEEP_ONLY=ots_table` sweeps one type.

mod case;
mod chance;
mod matrix;
mod subject;

use case::{Case, Fault, Outcome};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use subject::Subject;

/// How many cases run at a time; each is a process of its own.
const AT_A_TIME: usize = 4;

fn everything() -> bool {
    set("HEADWORKS_SWEEP", "all")
}

fn blessed() -> bool {
    set("HEADWORKS_BLESS", "1")
}

/// The part of a type's name that sweeps it alone, such as `ots_table`.
fn only() -> String {
    let only = std::env::var_os("HEADWORKS_SWEEP_ONLY").unwrap_or_default();
    only.to_string_lossy().into_owned()
}

fn set(name: &str, value: &str) -> bool {
    std::env::var_os(name).is_some_and(|v| v == value)
}

/// Does a piece of work for each item, a few at a time; gives the results in the order of the items. What panics is told
/// together when all is done.
fn each<T: Sync, R: Send>(items: &[T], name: impl Fn(&T) -> String + Sync, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, R>> = Mutex::default();
    let failures: Mutex<Vec<String>> = Mutex::default();
    let run = || {
        while let Some((n, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, items.get(n)?))) {
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(item))) {
                Ok(result) => {
                    results.lock().unwrap().insert(n, result);
                }
                Err(panic) => {
                    let told = format!("=== {}\n{}", name(item), text(panic));
                    tell(&told);
                    failures.lock().unwrap().push(told);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(run);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    results.into_inner().unwrap().into_values().collect()
}

/// What a panic said.
fn text(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_default()
}

/// Tells of a failure at once, where a file is named for it: a whole sweep takes long.
fn tell(failure: &str) {
    use std::io::Write;
    let Some(path) = std::env::var_os("HEADWORKS_SWEEP_LOG") else {
        return;
    };
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    writeln!(file, "{failure}").unwrap();
}

/// All cases of a type, or the part that always runs: the first call of each operation with one fault, another one each time,
/// so that each type and each fault has its turn.
fn cases<'a>(subject: &'a Subject, turn: &mut usize) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for work in &subject.works {
        for (operation, count) in &work.calls {
            let mut hits = vec![Some(1), Some(*count)];
            hits.dedup();
            let one_call = |n: &Option<u64>| {
                Fault::ALL.iter().map({
                    let n = *n;
                    move |f| (n, *f)
                })
            };
            let mut faults: Vec<(Option<u64>, Fault)> = hits.iter().flat_map(one_call).collect();
            faults.extend(Fault::LASTING.iter().map(|f| (None, *f)));
            if !everything() {
                *turn += 1;
                faults = vec![(Some(1), Fault::ALL[*turn % Fault::ALL.len()])];
            }
            cases.extend(faults.into_iter().map(|(call, fault)| Case {
                subject,
                work,
                operation,
                call,
                fault,
            }));
        }
    }
    cases
}

#[test]
fn every_call_of_every_type_survives_every_fault() {
    let subjects = subject::all();
    let mut turn = 0;
    let mut failures = Vec::new();
    for subject in &subjects {
        let cases = cases(subject, &mut turn);
        // A type that fails does not keep the others from being swept.
        let swept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let outcomes: Vec<Outcome> = each(&cases, ToString::to_string, Case::run);
            matrix::Matrix::new(&cases, &outcomes).check(everything(), blessed());
        }));
        failures.extend(swept.err().map(text));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if only().is_empty() {
        let names: Vec<String> = subjects.into_iter().map(|s| s.type_name).collect();
        assert_eq!(matrix::types(), names, "the types in docs/faults.md");
    }
}
