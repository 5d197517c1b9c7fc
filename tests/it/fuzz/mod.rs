//! Hostile input of every kind for everything that reads some: a corpus and what a mutator makes of it, always the same. Each
//! target runs in a process of its own, so that also an abort, a stack that overflows and memory without end are found and
//! told with their input.
//!
//! `HEADWORKS_FUZZ=<seconds>` runs longer and with new inputs; those that fail are written to `HEADWORKS_FUZZ_DIR`, or to
//! `target/fuzz`. `HEADWORKS_FUZZ_TARGET=<name>` runs one target.

mod mutate;
#[path = "../../fuzz/targets/mod.rs"]
mod targets;

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use targets::{TARGETS, Target};

/// Changed inputs of each target in the short run.
const INPUTS: u64 = 150;

/// The stack that the program's main thread has.
const STACK: usize = 8 * 1024 * 1024;

/// The longest that one input may take, also in a debug build on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Memory that a process may ask for, KiB; what one needs without any input is far less.
const MEMORY_KIB: u64 = 4 * 1024 * 1024;

/// What a child is told through the environment.
const TARGET: &str = "HEADWORKS_FUZZ_CHILD";

#[test]
fn no_input_breaks_what_reads_it() {
    let only = setting("HEADWORKS_FUZZ_TARGET");
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|t| only.as_ref().is_none_or(|o| o == t.name))
        .collect();
    assert!(!chosen.is_empty(), "there is no such target");
    let failures: Vec<String> = std::thread::scope(|scope| {
        let lanes = chosen.chunks(chosen.len().div_ceil(2));
        let lanes: Vec<_> = lanes
            .map(|lane| scope.spawn(|| lane.iter().filter_map(|t| supervise(t)).collect::<Vec<_>>()))
            .collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().expect("no panic"))
            .collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Every directory of the corpus belongs to a target, and every target has some.
#[test]
fn every_target_has_a_corpus() {
    let mut directories: BTreeMap<String, usize> = BTreeMap::new();
    for entry in std::fs::read_dir(corpus_directory()).unwrap().flatten() {
        let files = std::fs::read_dir(entry.path()).unwrap().count();
        directories.insert(entry.file_name().to_string_lossy().into_owned(), files);
    }
    for target in TARGETS {
        let files = directories.remove(target.name).unwrap_or(0);
        assert!(files >= 2, "{} has {files} files", target.name);
    }
    assert!(directories.is_empty(), "nothing reads {directories:?}");
}

/// Runs a target in a process of its own. What is wrong, if anything.
fn supervise(target: &Target) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    let current = directory.path().join("input");
    let me = std::env::current_exe().unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"")])
        .arg(me);
    shell.args(["--exact", "fuzz::child", "--ignored", "--nocapture", "--test-threads=1"]);
    shell
        .env(TARGET, target.name)
        .env("HEADWORKS_FUZZ_INPUT", &current)
        .env("RUST_BACKTRACE", "0");
    shell.env("RUST_MIN_STACK", STACK.to_string());
    let output = shell.stdin(Stdio::null()).output().unwrap();
    if output.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|l| !l.is_empty()).collect();
    let said = said[said.len().saturating_sub(12)..].join("\n");
    let input = std::fs::read(&current).unwrap_or_default();
    let kept = keep(target, &input);
    Some(format!(
        "{} fails ({}) with an input of {} bytes, kept in {}: {:?}\n{said}",
        target.name,
        output.status,
        input.len(),
        kept.display(),
        String::from_utf8_lossy(&input).chars().take(300).collect::<String>(),
    ))
}

fn keep(target: &Target, input: &[u8]) -> PathBuf {
    let directory = setting("HEADWORKS_FUZZ_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz"),
        PathBuf::from,
    );
    let sum = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3)
    });
    let path = directory.join(format!("{}-{sum:016x}", target.name));
    let _ = std::fs::create_dir_all(&directory);
    let _ = std::fs::write(&path, input);
    path
}

/// The process that reads the inputs of one target. It writes each down before it reads it.
#[test]
#[ignore = "run by no_input_breaks_what_reads_it"]
fn child() {
    let name = setting(TARGET).expect("the name of a target");
    let current = PathBuf::from(setting("HEADWORKS_FUZZ_INPUT").expect("a file"));
    let target = TARGETS.iter().find(|t| t.name == name).expect("a target");
    let work = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || all_inputs(target, &current));
    work.unwrap().join().expect("an input breaks what reads it");
}

#[expect(clippy::print_stdout, reason = "who asked for a longer run is told how long it was")]
fn all_inputs(target: &Target, current: &Path) {
    let corpus = corpus(target.name);
    for input in &corpus {
        one(target, input, current);
    }
    let Some(seconds) = setting("HEADWORKS_FUZZ") else {
        (0..INPUTS).for_each(|seed| one(target, &mutate::input(seed, &corpus, target.words), current));
        return;
    };
    let seconds: u64 = seconds.parse().expect("HEADWORKS_FUZZ is a number of seconds");
    let end = Instant::now() + Duration::from_secs(seconds);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut seed = now.as_nanos() as u64;
    while Instant::now() < end {
        seed = seed.wrapping_add(1);
        one(target, &mutate::input(seed, &corpus, target.words), current);
    }
    println!("{}: {} inputs", target.name, seed.wrapping_sub(now.as_nanos() as u64));
}

fn one(target: &Target, input: &[u8], current: &Path) {
    std::fs::write(current, input).unwrap();
    let start = Instant::now();
    let result = catch_unwind(|| (target.run)(input));
    let took = start.elapsed();
    assert!(result.is_ok(), "a promise is broken");
    assert!(took < TIME_MAX, "an input takes {took:?}");
}

fn corpus_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(corpus_directory().join(name))
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    files.sort();
    files.iter().map(|f| std::fs::read(f).unwrap()).collect()
}

#[expect(clippy::disallowed_methods, reason = "how a longer run is asked for")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}
