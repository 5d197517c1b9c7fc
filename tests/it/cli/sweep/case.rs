//! One work that meets one fault, and what became of it.

use super::super::sandbox::{Ran, Sandbox};
use super::subject::{LOG, SPEED, Subject, Work, calls_in, copy, log, objects};
use std::fmt;

/// Where the run that heals writes its calls.
const HEALING: &str = "healing.log";

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// Its name in `--chaos`.
    pub(super) name: &'static str,
    /// Its name for readers.
    pub(super) title: &'static str,
}

const fn fault(name: &'static str, title: &'static str) -> Fault {
    Fault { name, title }
}

impl Fault {
    /// Each hits one call.
    pub(super) const ALL: &'static [Fault] = &[
        fault("lost_before", "lost before"),
        fault("lost_after", "lost after"),
        fault("error_before", "500 before"),
        fault("error_after", "500 after"),
        fault("throttle", "throttled"),
        fault("slow_before", "late before"),
        fault("slow", "late after"),
        fault("truncate", "truncated"),
        fault("garbage", "garbage"),
        fault("wrong_signature", "signature"),
    ];

    /// These hit every call of an operation.
    pub(super) const LASTING: &'static [Fault] = &[
        fault("error_after", "always 500"),
        fault("throttle", "always throttled"),
        fault("slow", "always late"),
    ];
}

/// One work with one fault.
pub(super) struct Case<'a> {
    pub(super) subject: &'a Subject,
    pub(super) work: &'a Work,
    pub(super) operation: &'a str,
    /// Which call of the operation is hit; every one without.
    pub(super) call: Option<u64>,
    pub(super) fault: Fault,
}

/// What became of it, in a word for the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Nothing could go wrong: the reply is not signed.
    Absent,
    /// The call was made again, other calls found out what had become of it, or what was spoilt is not needed. Which of these is
    /// not told: calls that only read are made side by side, so that their order says little.
    WentOn,
    /// The plan says what could not be compared.
    NotCompared,
    /// A clear error; the next run found the object or its absence, and said so.
    Settled,
    /// A clear error; the next run found the object that was made, and adopted it.
    Adopted,
    /// A clear error; the next run did the rest.
    Failed,
}

impl Outcome {
    /// The words of the matrix with what they mean.
    pub(super) const ALL: &'static [(Outcome, &'static str, &'static str)] = &[
        (
            Outcome::WentOn,
            "went on",
            "The run went on and ended well: the call was made again, other calls found out what had become of it, or what was \
             spoilt is not needed.",
        ),
        (
            Outcome::NotCompared,
            "told",
            "The plan was made, and said which object it could not compare.",
        ),
        (
            Outcome::Failed,
            "failed, finished",
            "The run ended with a clear error. The next one did what was left.",
        ),
        (
            Outcome::Settled,
            "failed, settled",
            "The run ended with a clear error. The next one looked, said what had become of the step, and did what was left.",
        ),
        (
            Outcome::Adopted,
            "failed, adopted",
            "The run ended with a clear error. The next one found the object that had been made, and adopted it.",
        ),
        (Outcome::Absent, "-", "The replies of this service are not signed."),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(o, ..)| *o == self)
            .map_or("", |(_, word, _)| word)
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.call.map_or("*".to_string(), |n| n.to_string());
        write!(
            f,
            "{} {} ({}): {}, {}:{call}:{}",
            self.subject.type_name,
            self.subject.address,
            self.subject.example,
            self.work.name,
            self.operation,
            self.fault.name
        )
    }
}

impl Case<'_> {
    /// Does the work with the fault, and lets the next run heal what it left.
    pub(super) fn run(&self) -> Outcome {
        let sandbox = copy(&self.work.before);
        let call = self.call.map_or("*".to_string(), |n| n.to_string());
        let chaos = format!("{SPEED},log={LOG},at={}:{call}:{}", self.operation, self.fault.name);
        let mut args = vec!["--sim", &chaos];
        args.extend(self.work.args.iter().map(String::as_str));
        let ran = sandbox.call(&args, "");
        let calls = log(&sandbox);
        let hit = calls.iter().any(|line| line.ends_with(self.fault.name));
        assert!(hit, "the call was made: {calls:#?}\n{}{}", ran.out, ran.err);
        assert!(
            !ran.err.contains("panicked") && !ran.err.contains("bug in headworks"),
            "{}",
            ran.err
        );
        let healed = self.heal(&sandbox, &ran);
        if ran.code() != Some(0) {
            assert_eq!(ran.code(), Some(1), "{}{}", ran.out, ran.err);
            assert!(ran.err.contains("error[HW"), "a clear error: {}", ran.err);
            assert!(!ran.err.trim_end().is_empty());
            return match healed.as_str() {
                text if text.contains("found and adopted") => Outcome::Adopted,
                text if text.contains("interrupted") => Outcome::Settled,
                _ => Outcome::Failed,
            };
        }
        if ran.out.contains("not compared") && !ran.out.contains(" 0 not compared") {
            return Outcome::NotCompared;
        }
        self.went_on(&calls)
    }

    /// How a run that succeeded dealt with the fault.
    fn went_on(&self, calls: &[String]) -> Outcome {
        if calls.iter().any(|line| line == &format!("{} unsigned", self.operation)) {
            return Outcome::Absent;
        }
        Outcome::WentOn
    }

    /// An object that was made in part is completed; it may hold data by now.
    fn deletes_nothing(&self, sandbox: &Sandbox, log: &str, context: &str) {
        let calls = calls_in(sandbox, log);
        let deleting = self.subject.works.iter().filter(|w| w.name == "delete");
        let deleting: Vec<&String> = deleting
            .flat_map(|w| w.calls.keys())
            .filter(|c| c.starts_with("Delete"))
            .collect();
        assert!(!deleting.is_empty(), "it can be deleted");
        let deleted = |line: &&String| deleting.iter().any(|d| line.split_whitespace().next() == Some(d));
        assert_eq!(
            calls.iter().find(deleted),
            None,
            "a create deletes\n{calls:#?}\n{context}"
        );
    }

    /// Runs once more: all is as wanted. Gives what that run told.
    fn heal(&self, sandbox: &Sandbox, first: &Ran) -> String {
        let context = || format!("--- after the fault\n{}{}", first.out, first.err);
        let mut told = String::new();
        if self.work.name == "create" {
            self.deletes_nothing(sandbox, LOG, &context());
        }
        let mut run = |args: &[&str]| {
            let ran = sandbox.call(args, "");
            let wrong = format!(
                "`{}` ended with {:?}\n{}{}\n{}",
                args.join(" "),
                ran.code(),
                ran.out,
                ran.err,
                context()
            );
            assert_eq!(ran.code(), Some(0), "{wrong}");
            told.push_str(&ran.err);
        };
        if self.work.name == "import" && first.code() != Some(0) {
            let mut args = vec!["--sim", SPEED];
            args.extend(self.work.args.iter().map(String::as_str));
            run(&args);
        }
        if !(self.work.name == "read" || first.code() == Some(0) && self.work.complete) {
            let chaos = format!("{SPEED},log={HEALING}");
            run(&["--sim", &chaos, "apply", "-auto-approve"]);
            if self.work.name == "create" {
                self.deletes_nothing(sandbox, HEALING, &context());
            }
        }
        run(&["--sim", SPEED, "plan", "-detailed-exitcode"]);
        let found = objects(sandbox);
        assert_eq!(found, self.subject.wanted, "the objects of the world\n{}", context());
        if first.code() != Some(0) && ["create", "replace"].contains(&self.work.name) {
            run(&["--sim", SPEED, "destroy", "-auto-approve"]);
            assert_eq!(sandbox.world(), "", "nothing is left\n{}", context());
        }
        sandbox.holds_no_secret();
        told
    }
}
