//! What the next run said after each kill, as the table of docs/kills.md.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// What a run after a kill said of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen(String);

impl Seen {
    /// Standard error of the run, without addresses, names and numbers.
    pub(super) fn of(err: &str) -> Seen {
        let mut notes: Vec<String> = Vec::new();
        // Lines of a warning are indented as well.
        let mut open = false;
        for line in err.lines() {
            match (line.strip_prefix("  note "), line.strip_prefix("       ")) {
                (Some(text), _) => {
                    notes.push(text.to_string());
                    open = true;
                }
                (None, Some(more)) if open => {
                    if let Some(last) = notes.last_mut() {
                        *last = format!("{last} {}", more.trim_start());
                    }
                }
                _ => open = false,
            }
        }
        let address = Regex::new(r"^[^:]*(\[[^\]]*\])?( \(deposed object \d+\))?: (create|update|delete) was")
            .expect("a pattern");
        let run = Regex::new(r"^run \d+ \(.*\) was").expect("a pattern");
        let rest = Regex::new(r"planned again: .*$").expect("a pattern");
        let said: BTreeSet<String> = notes
            .iter()
            .map(|note| {
                let note = run.replace(note, "the run was");
                let note = address.replace(&note, "$3 was");
                rest.replace(&note, "planned again").into_owned()
            })
            .collect();
        let mut said: Vec<String> = said.into_iter().collect();
        // The run before its steps.
        said.sort_by_key(|s| !s.starts_with("the run"));
        Seen(match said.is_empty() {
            true => "nothing: no run was under way".to_string(),
            false => said.join("; "),
        })
    }
}

/// Counts by position, operation and what was said.
#[derive(Default)]
pub(super) struct Matrix(BTreeMap<(usize, String, String), BTreeMap<Seen, usize>>);

/// The order in which a run comes by its positions, and what each is in words.
const POSITIONS: &[(&str, &str)] = &[
    ("lock", "the lock is taken"),
    (
        "begin_run",
        "the run with all its steps, client tokens and moves is written",
    ),
    (
        "put_rows",
        "rows that no call stands behind are written: found again, imported, deposed, forgotten, healthy by now",
    ),
    ("mean_step", "what a step means is written, now that all of it is known"),
    ("begin_step", "the beginning of a step is written"),
    (
        "note_identity",
        "what was learnt of the identity of a new object is written",
    ),
    (
        "call",
        "a call that changes something is sent (before), or had its effect while its reply was not read (after)",
    ),
    ("end_step", "the end of a step is written with its object"),
    ("fail_step", "the failure of a step is written"),
    ("set_outputs", "the outputs are written"),
    ("set_check_results", "what became of the conditions is written"),
    ("finish_run", "the end of the run is written"),
    ("unlock", "the lock is given back"),
];

impl Matrix {
    /// One kill, and what the next run said.
    pub(super) fn add(&mut self, place: &str, operation: &str, seen: Seen) {
        let words: Vec<&str> = place.split(' ').take(2).collect();
        let known = POSITIONS.iter().position(|(name, _)| Some(name) == words.get(1));
        let number = known.expect("a position that the page explains");
        let side = words.first().copied().unwrap_or_default();
        let key = (
            number * 2 + usize::from(side == "after"),
            words.join(" "),
            operation.to_string(),
        );
        *self.0.entry(key).or_default().entry(seen).or_default() += 1;
    }

    fn rows(&self) -> Vec<(String, usize)> {
        let row = |((_, place, operation), seen): (&(usize, String, String), &BTreeMap<Seen, usize>)| {
            let (place, operation) = (place.clone(), operation.clone());
            let line =
                move |(seen, count): (&Seen, &usize)| (format!("| {place} | {operation} | {} |", seen.0), *count);
            seen.iter().map(line).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(row).collect()
    }

    fn page(&self) -> String {
        let mut text = INTRODUCTION.to_string();
        for (name, meaning) in POSITIONS {
            let _ = writeln!(text, "| `{name}` | {meaning} |");
        }
        text.push_str(TABLE);
        let rows = self.rows();
        for (row, count) in &rows {
            let _ = writeln!(text, "{row} {count} |");
        }
        let total: usize = rows.iter().map(|(_, count)| count).sum();
        let _ = writeln!(
            text,
            "\n{total} kills in all; after each of them the next run ended well."
        );
        text
    }

    /// Every line is on the page; to `bless` it, they make it.
    pub(super) fn agrees_with_page(&self, bless: bool) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/kills.md");
        if bless && std::env::var_os("HEADWORKS_BLESS").is_some() {
            std::fs::write(&path, self.page()).expect("written");
        }
        let page = std::fs::read_to_string(&path).expect("docs/kills.md is there");
        // Before the first whole sweep the page has words only.
        let rows = if page.contains(TABLE) { self.rows() } else { Vec::new() };
        for (row, _) in rows {
            // The beginning of a step may be in the same commit as its meaning, or in the next one.
            let either = row.starts_with("| after mean_step |");
            assert!(
                either || page.contains(&row),
                "docs/kills.md lacks {row}\nrun the tests with HEADWORKS_SWEEP=all HEADWORKS_BLESS=1"
            );
        }
    }
}

const INTRODUCTION: &str = "\
# When headworks is killed

A run can end at any moment: a kill, a crash, a power cut, a lost CI job. What to expect then:

* **Run the same command again.** It takes over the lock of the dead process and says whose it was. It says which run was cut
  off, by whom and when it was begun, looks in the cloud at each step that was under way, says what it found and what it did,
  and then plans and applies what is left.
* **`headworks plan` shows the same without writing anything**: its plan is the one that apply makes after that.
* **Nothing is made twice and nothing is forgotten.** An object that was made is found by its name and adopted. One that is
  not there is made, with the client token of the first attempt where the service knows such tokens. An object that was made
  or changed in part is recorded as it is, and the rest is planned.
* **Nothing is guessed and nothing is deleted by itself.** An object under the name that was to be made which is not what was
  meant may be somebody else's: both versions are shown, and you say which it is:
  `headworks state settle ADDRESS adopt` or `headworks state settle ADDRESS disown`. The same settles a step whose object
  can't be looked at, because its provider or a permission is gone. What can be told is settled all the same.
* **To recover is safe to interrupt**, too: each step is settled by one write, and a second recovery goes on where the first
  one ended.
* An apply of a saved plan settles first as well. If that changed the state, the plan is stale: make a new one.

The table below is made by a test that kills the program with SIGKILL at every position, for all examples together: every
type, when its objects are made, changed or replaced, and destroyed. After each kill it demands that the next run ends well,
that the plan is empty then, that the embedded cloud holds exactly the objects that an undisturbed run leaves, that the state
lists them, and that no secret is in any file. Every fourth kill is followed by kills of the recovery itself. To repeat one:

```
HEADWORKS_FAILPOINT=any:12 headworks --sim apply -auto-approve -parallelism=1
```

| Position | What happens there |
|---|---|
";

const TABLE: &str = "
| Killed | While | The next run says | Kills |
|---|---|---|---|
";
