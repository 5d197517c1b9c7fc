//! The program killed at every position of its journal and its calls, for every type and action: the next run makes everything
//! as it would have been. A part by default; all of it with `HEADWORKS_SWEEP=all`, which takes minutes, and which writes
//! docs/kills.md together with `HEADWORKS_BLESS=1`.

use super::kill_matrix::{Matrix, Seen};
use super::sandbox::Sandbox;
use regex::Regex;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An example, and texts of it that are replaced to have updates and replacements.
struct Case {
    example: &'static str,
    edits: &'static [(&'static str, &'static str)],
    /// It is swept also by default.
    always: bool,
}

const fn case(example: &'static str, edits: &'static [(&'static str, &'static str)]) -> Case {
    Case {
        example,
        edits,
        always: false,
    }
}

const fn always(example: &'static str, edits: &'static [(&'static str, &'static str)]) -> Case {
    Case {
        example,
        edits,
        always: true,
    }
}

/// A bucket that is made anew before the old one is deleted.
const CREATE_FIRST: (&str, &str) = (
    "bucket        = \"events-staging-${var.region}\"",
    "bucket        = \"events-next-${var.region}\"\n  lifecycle {\n    create_before_destroy = true\n  }",
);

const CASES: &[Case] = &[
    always(
        "dataworks-sync",
        &[("splitPk    = \"id\"", "splitPk    = \"customer\"")],
    ),
    case("dis-to-cloudtable", &[("readings-to-hbase", "readings-to-hbase-2")]),
    case(
        "dis-to-dli",
        &[
            ("retention_period = 48", "retention_period = 72"),
            ("\"clicks-to-dli\"", "\"clicks-to-dli-2\""),
            ("team = \"web\"", "team = \"shop\""),
        ],
    ),
    case("dis-to-dws", &[]),
    always(
        "dis-to-mrs",
        &[CREATE_FIRST, ("\"events-to-hdfs\"", "\"events-to-hdfs-2\"")],
    ),
    case("dis-to-obs", &[("running = true", "running = false")]),
    case("dli-table", &[("\"Address of the page.\"", "\"Where the page is.\"")]),
    case("identity-agency", &[("\"Tenant Administrator\"", "\"Tenant Guest\"")]),
    case("kafka-replication", &[("\"orders-to-peer\"", "\"orders-to-peer-2\"")]),
    case("kafka-smart-connect", &[("[\"orders\", \"payments\"]", "[\"orders\"]")]),
    always("kafka-to-obs", &[("= \"orders-to-lake\"", "= \"orders-to-lake-2\"")]),
    case(
        "obs-bucket",
        &[
            ("purpose = \"data-delivery\"", "purpose = \"other\""),
            ("days          = 30", "days          = 31"),
            ("public-read", "private"),
        ],
    ),
    case("ram-role", &[("7200", "3600")]),
    case("tables-to-lake", &[]),
    always(
        "tablestore-event-time",
        &[
            ("days = 365", "days = 300"),
            ("86400 * 90", "86400 * 60"),
            ("\"by-day\"", "\"by-the-day\""),
        ],
    ),
    case("tablestore-to-oss", &[]),
    case("vendor-sample-go", &[]),
    case("vendor-sample-kafka", &[]),
];

/// What is done when the program is killed.
#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Create,
    Change,
    Destroy,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Change => "change",
            Operation::Destroy => "destroy",
        }
    }

    fn args(self) -> &'static str {
        match self {
            Operation::Destroy => "--sim --chaos=speed=20 destroy -auto-approve -parallelism=1",
            _ => "--sim --chaos=speed=20 apply -auto-approve -parallelism=1",
        }
    }
}

/// What a run that nothing disturbed leaves.
#[derive(PartialEq, Debug)]
struct Wanted {
    world: String,
    list: String,
}

fn left(sandbox: &Sandbox) -> Wanted {
    // Ids that the cloud makes up.
    let id = Regex::new("[0-9a-f]{32}$").expect("a pattern");
    let world = sandbox.world();
    let world: Vec<_> = world.lines().map(|line| id.replace(line, "[ID]")).collect();
    Wanted {
        world: world.join("\n"),
        list: sandbox.headworks("--sim state list").ok().out,
    }
}

/// A sandbox just before an operation.
fn prepared(case: &Case, operation: Operation) -> Sandbox {
    let sandbox = Sandbox::example(case.example);
    if operation != Operation::Create {
        sandbox.headworks(Operation::Create.args()).ok();
    }
    if operation == Operation::Change {
        for (from, to) in case.edits {
            sandbox.edit(from, to);
        }
    }
    sandbox
}

/// Runs until a position and says where it was killed; nothing when it ended before.
pub(super) fn killed_at(sandbox: &Sandbox, args: &str, point: &str) -> Option<String> {
    let ran = sandbox.headworks_until(args, point);
    match ran.code() {
        None => {
            let screen = ran.killed();
            let place = screen.err.lines().find_map(|l| l.strip_prefix("failpoint: killed "));
            Some(place.expect("it was killed by itself").to_string())
        }
        Some(_) => {
            ran.ok();
            None
        }
    }
}

/// The run after a kill, and what must hold then.
fn recovers(sandbox: &Sandbox, operation: Operation, wanted: &Wanted, place: &str) -> Seen {
    let next = sandbox.headworks(operation.args()).ok();
    let what = format!("{} killed {place}\n{}", operation.name(), next.err);
    if operation != Operation::Destroy {
        let plan = sandbox.headworks("--sim --chaos=speed=20 plan -detailed-exitcode");
        assert_eq!(
            plan.code(),
            Some(0),
            "the plan is empty after {what}\n{}",
            plan.ok_or_not().out
        );
    }
    assert_eq!(left(sandbox), *wanted, "{what}");
    let history = sandbox.headworks("--sim state history").ok().out;
    assert!(!history.contains(" interrupted "), "{history}\n{what}");
    sandbox.holds_no_secret();
    Seen::of(&next.err)
}

/// One operation of one example, killed at every `stride`-th position from `first` on.
fn sweep(case: &Case, operation: Operation, (first, stride): (u32, u32), matrix: &Mutex<Matrix>) {
    let before = prepared(case, operation);
    let undisturbed = before.twin();
    undisturbed.headworks(operation.args()).ok();
    let wanted = left(&undisturbed);
    let mut number = first;
    loop {
        let sandbox = before.twin();
        let Some(place) = killed_at(&sandbox, operation.args(), &format!("any:{number}")) else {
            return;
        };
        let named = format!("{} {place} ({number})", case.example);
        let again = place.contains("call") || place.contains("_step");
        if again && (number / stride).is_multiple_of(4) {
            kill_recovery(&sandbox, operation, &wanted, &named, stride == 1);
        }
        let seen = recovers(&sandbox, operation, &wanted, &named);
        let mut matrix = matrix.lock().expect("whole");
        matrix.add(&place, operation.name(), seen);
        drop(matrix);
        number += stride;
    }
}

/// The run that recovers is killed as well, at each of its own writes; what is left is as good as before.
fn kill_recovery(killed: &Sandbox, operation: Operation, wanted: &Wanted, place: &str, all: bool) {
    let points = [
        "after-lock:1",
        "before-end_step:1",
        "after-end_step:1",
        "before-fail_step:1",
        "after-fail_step:1",
        "before-finish_run:1",
        "after-finish_run:1",
        "after-begin_run:1",
    ];
    for point in points.iter().skip(usize::from(!all)).step_by(if all { 1 } else { 3 }) {
        let sandbox = killed.twin();
        if let Some(second) = killed_at(&sandbox, operation.args(), point) {
            recovers(&sandbox, operation, wanted, &format!("{place}, then {second}"));
        }
    }
}

#[test]
fn killed_anywhere_the_next_run_makes_it_as_it_would_have_been() {
    // `all`, or a number: a part that has every so many positions of everything besides what is swept by default.
    let asked = std::env::var_os("HEADWORKS_SWEEP");
    let stride = asked.map(|asked| asked.to_string_lossy().parse().unwrap_or(1));
    let mut jobs = Vec::new();
    for (i, case) in CASES.iter().enumerate() {
        for operation in [Operation::Create, Operation::Change, Operation::Destroy] {
            if operation == Operation::Change && case.edits.is_empty() {
                continue;
            }
            if case.always && stride != Some(1) {
                jobs.push((case, operation, (4 + 3 * i as u32 % 5, 13)));
            }
            jobs.extend(stride.map(|stride| (case, operation, (1 + i as u32 % stride, stride))));
        }
    }
    let matrix = Mutex::new(Matrix::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((case, operation, positions)) = jobs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    sweep(case, *operation, *positions, &matrix);
                }
            });
        }
    });
    let matrix = matrix.into_inner().expect("whole");
    matrix.agrees_with_page(stride.is_some());
}
