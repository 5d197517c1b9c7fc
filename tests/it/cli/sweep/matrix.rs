//! What the sweep found, as a document: docs/faults.md. It is written by a full sweep; a part of one checks that what it found
//! is there.

use super::case::{Case, Fault, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

/// Type, work and operation.
type Row = (String, String, String);

/// The cells of a row, by the fault's title.
type Cells = BTreeMap<String, BTreeSet<String>>;

/// The clouds, each with how the names of its types begin.
const CLOUDS: &[(&str, &str)] = &[("Alibaba Cloud", "alicloud_"), ("Huawei Cloud", "huaweicloud_")];

const INTRO: &str = "# Faults\n
What happens when a call to the cloud goes wrong? This table is the answer, and it is measured: a test takes one object of each
resource type from the examples, does everything with it that headworks can do, finds out which calls that takes, and lets each
of them go wrong in every way in the embedded cloud (`--sim --chaos=at=CreateTable:1:lost_after`). After each fault the command
is run again, and then these must hold:

- `plan -detailed-exitcode` ends with 0: there is nothing left to do.
- The objects in the cloud are those of an undisturbed run: none is lost, none is there twice, none is forgotten.
- After `destroy` nothing is left.
- No secret is in a file or on the screen.
- A create that failed half-way deletes nothing, and neither does the run that completes it.

The test runs a part of this each time; `HEADWORKS_SWEEP=all` runs it whole, and with `HEADWORKS_BLESS=1` writes this file.
A cell is empty as long as only a part was run.\n
## The faults\n
| Fault | What goes wrong |
| --- | --- |
| lost before | The connection breaks before the call has its effect. |
| lost after | The call has its effect; the connection breaks before the reply. |
| 500 before, 500 after | The service answers with an internal error, without or with the effect. |
| throttled | The service answers that there are too many requests. |
| late before, late after | The reply does not come before the deadline, without or with the effect. |
| truncated | The call has its effect; the reply breaks off. |
| garbage | The call has its effect; the reply is random bytes. |
| signature | The call has its effect; the reply's own signature is wrong. |
| always 500, always throttled, always late | Every call of this operation meets it, until the command is run again without. |\n";

/// What was found.
pub(super) struct Matrix {
    rows: BTreeMap<Row, Cells>,
}

impl Matrix {
    pub(super) fn new(cases: &[Case<'_>], outcomes: &[Outcome]) -> Matrix {
        let mut rows: BTreeMap<Row, Cells> = BTreeMap::new();
        for (case, outcome) in cases.iter().zip(outcomes) {
            let row = (
                case.subject.type_name.clone(),
                case.work.name.to_string(),
                case.operation.to_string(),
            );
            let title = match case.call {
                Some(_) => case.fault.title,
                None => lasting(case.fault.name),
            };
            let cells = rows.entry(row).or_default().entry(title.to_string()).or_default();
            cells.insert(outcome.word().to_string());
        }
        Matrix { rows }
    }

    /// The document is what was found, or has it. Types are swept one by one; each leaves the others as they are.
    pub(super) fn check(&self, everything: bool, blessed: bool) {
        let text = std::fs::read_to_string(path()).unwrap_or_default();
        let again =
            "run this test with HEADWORKS_SWEEP=all HEADWORKS_BLESS=1 and look at what changed in docs/faults.md";
        let swept: BTreeSet<&String> = self.rows.keys().map(|(type_name, ..)| type_name).collect();
        let (known, others): (BTreeMap<Row, Cells>, BTreeMap<Row, Cells>) =
            read(&text).into_iter().partition(|(row, _)| swept.contains(&row.0));
        if everything {
            let rows = others.into_iter().chain(self.rows.clone()).collect();
            let found = Matrix { rows }.text();
            match blessed {
                true => std::fs::write(path(), found).expect("written"),
                false => assert_eq!(text, found, "{again}"),
            }
            return;
        }
        if blessed {
            // What a part found is added to what is known of the same calls.
            let mut rows = known;
            for (row, cells) in &self.rows {
                let row = rows.entry(row.clone()).or_default();
                for (fault, words) in cells {
                    row.entry(fault.clone()).or_default().extend(words.iter().cloned());
                }
            }
            rows.extend(others);
            std::fs::write(path(), Matrix { rows }.text()).expect("written");
            return;
        }
        let works: BTreeSet<_> = self.rows.keys().map(|(type_name, work, _)| (type_name, work)).collect();
        let there: Vec<&Row> = known.keys().filter(|row| works.contains(&(&row.0, &row.1))).collect();
        let found: Vec<&Row> = self.rows.keys().collect();
        assert_eq!(there, found, "the calls of each work; {again}");
        for (row, cells) in &self.rows {
            for (fault, outcomes) in cells {
                let there = known.get(row).and_then(|cells| cells.get(fault)).cloned();
                let there = there.unwrap_or_default();
                assert!(
                    outcomes.is_subset(&there),
                    "{row:?}, {fault}: {outcomes:?}, not {there:?}; {again}"
                );
            }
        }
    }

    fn text(&self) -> String {
        let mut text = INTRO.to_string();
        text.push_str("\n## What the words mean\n\n| Word | What headworks did |\n| --- | --- |\n");
        for (_, word, meaning) in Outcome::ALL {
            let _ = writeln!(text, "| {word} | {meaning} |");
        }
        text.push_str("\nWhere a step makes a call several times, the fault hits the first and, in another run, the last of them.\n");
        for (cloud, prefix) in CLOUDS {
            let _ = write!(text, "\n## {cloud}\n\n| Step | Call | {} |\n", columns().join(" | "));
            let _ = writeln!(text, "|{}", " --- |".repeat(columns().len() + 2));
            let mut last = "";
            for ((type_name, work, operation), cells) in self.rows.iter().filter(|(row, _)| row.0.starts_with(prefix)) {
                if type_name != last {
                    let _ = writeln!(text, "| **{type_name}** |{}", " |".repeat(columns().len() + 1));
                    last = type_name;
                }
                let cell = |title: &&str| {
                    let words: Vec<&str> = cells.get(*title).into_iter().flatten().map(String::as_str).collect();
                    words.join("; ")
                };
                let cells: Vec<String> = columns().iter().map(cell).collect();
                let _ = writeln!(text, "| {work} | {operation} | {} |", cells.join(" | "));
            }
        }
        text
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md")
}

/// The types in the document, sorted.
pub(super) fn types() -> Vec<String> {
    let text = std::fs::read_to_string(path()).expect("docs/faults.md is there");
    let types: BTreeSet<String> = read(&text).into_keys().map(|(type_name, ..)| type_name).collect();
    types.into_iter().collect()
}

fn columns() -> Vec<&'static str> {
    let single = Fault::ALL.iter().map(|f| f.title);
    single.chain(Fault::LASTING.iter().map(|f| f.title)).collect()
}

fn lasting(name: &str) -> &'static str {
    Fault::LASTING.iter().find(|f| f.name == name).map_or("", |f| f.title)
}

/// The rows of the document.
fn read(text: &str) -> BTreeMap<Row, Cells> {
    let mut rows = BTreeMap::new();
    let mut type_name = "";
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells.first().and_then(|c| c.strip_prefix("**")?.strip_suffix("**"));
        if let Some(name) = name {
            type_name = name;
            continue;
        }
        let [work, operation, outcomes @ ..] = &cells[..] else {
            continue;
        };
        if outcomes.len() != columns().len() || type_name.is_empty() || ["Step", "---"].contains(work) {
            continue;
        }
        let words = |cell: &&str| cell.split("; ").filter(|w| !w.is_empty()).map(str::to_string).collect();
        let cells: Cells = columns()
            .iter()
            .map(ToString::to_string)
            .zip(outcomes.iter().map(words))
            .collect();
        rows.insert(
            (type_name.to_string(), (*work).to_string(), (*operation).to_string()),
            cells,
        );
    }
    rows
}
