//! A directory of its own with a cleared environment, in which the binary runs. Never reaches beyond this machine.

use assert_cmd::Command;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A run that takes longer hangs.
const RUN_TIMEOUT: Duration = Duration::from_secs(120);

/// The role that data delivery needs, as the world of the embedded cloud names it.
pub(super) const ROLE: &str = "1234567890123456/aliyunserviceroleforotsdatadelivery";

/// The variables of examples that hold secrets. What they hold must never be found in a file or on a screen.
pub(super) const SECRETS: &[(&str, &str)] = &[
    ("TF_VAR_obs_access_key", "PLANTEDACCESSKEY0001"),
    ("TF_VAR_obs_secret_key", "planted-secret-key-0002-of-no-account"),
    ("TF_VAR_dws_password", "planted-password-0003"),
];

/// A directory with a configuration.
pub(super) struct Sandbox {
    dir: TempDir,
    environment: Vec<(String, String)>,
}

impl Sandbox {
    /// An empty directory.
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a directory"),
            environment: Vec::new(),
        }
    }

    /// A directory with one file, main.tf.
    pub(super) fn with(text: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("main.tf", text);
        sandbox
    }

    /// An empty directory, with values for the secrets that examples leave to the environment.
    pub(super) fn empty_example() -> Self {
        let mut sandbox = Self::new();
        for (name, value) in SECRETS {
            sandbox.set(name, value);
        }
        sandbox
    }

    /// A copy of an example, with values for the secrets that examples leave to the environment.
    pub(super) fn example(name: &str) -> Self {
        let sandbox = Self::empty_example();
        sandbox.copy(&examples().join(name), "");
        sandbox
    }

    /// Copies a directory with its modules into one below this.
    fn copy(&self, from: &Path, to: &str) {
        for entry in std::fs::read_dir(from).expect("the example is there").flatten() {
            let name = format!("{to}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => self.copy(&entry.path(), &format!("{name}/")),
                false => self.write(&name, std::fs::read(entry.path()).expect("readable")),
            }
        }
    }

    /// A second directory with the same files: the same configuration, state and world.
    pub(super) fn twin(&self) -> Self {
        let twin = Self {
            dir: tempfile::tempdir().expect("a directory"),
            environment: self.environment.clone(),
        };
        twin.copy(self.dir.path(), "");
        twin
    }

    /// Sets an environment variable of later runs.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_string(), value.to_string()));
    }

    /// A path below the directory.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("below the directory")).expect("a directory");
        std::fs::write(path, text).expect("written");
    }

    /// Reads a file.
    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("readable")
    }

    /// Replaces a text that main.tf holds.
    pub(super) fn edit(&self, from: &str, to: &str) {
        let text = self.read("main.tf");
        assert!(text.contains(from), "{from:?} is in main.tf");
        self.write("main.tf", text.replace(from, to));
    }

    /// Number of the line of main.tf that holds a text.
    pub(super) fn line(&self, text: &str) -> usize {
        let found = self.read("main.tf").lines().position(|l| l.contains(text));
        found.expect("the text is in main.tf") + 1
    }

    /// All files below the directory with their bytes, in name order.
    pub(super) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut open = vec![self.dir.path().to_path_buf()];
        let mut files = Vec::new();
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).expect("listed").flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path());
                } else {
                    files.push((entry.path(), std::fs::read(entry.path()).expect("read")));
                }
            }
        }
        files.sort();
        files
    }

    /// No file below the directory holds a planted secret: not the state, its journal, a plan or the embedded world.
    pub(super) fn holds_no_secret(&self) {
        for (path, bytes) in self.files() {
            // A search in a text is many times as fast here as one in bytes.
            let text = String::from_utf8_lossy(&bytes);
            for (name, secret) in SECRETS {
                let found = text.contains(secret);
                assert!(!found, "{} holds {name}", path.display());
            }
        }
    }

    /// Runs with words that are separated by spaces.
    pub(super) fn headworks(&self, args: &str) -> Ran {
        self.call(&args.split_whitespace().collect::<Vec<_>>(), "")
    }

    /// Runs with arguments as they are, and with a text on standard input.
    pub(super) fn call(&self, args: &[&str], stdin: &str) -> Ran {
        self.call_process(self.process(args), &args.join(" "), stdin)
    }

    fn call_process(&self, process: std::process::Command, args: &str, stdin: &str) -> Ran {
        let mut command = Command::from_std(process);
        let output = command.timeout(RUN_TIMEOUT).write_stdin(stdin).output().expect("runs");
        for (name, secret) in SECRETS {
            for text in [&output.stdout, &output.stderr] {
                let found = String::from_utf8_lossy(text).contains(secret);
                assert!(!found, "`{args}` prints {name}");
            }
        }
        Ran {
            args: args.to_string(),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
            dir: self.dir.path().to_path_buf(),
        }
    }

    /// Runs with words that are separated by spaces, and is killed at a position.
    pub(super) fn headworks_until(&self, args: &str, point: &str) -> Ran {
        let words: Vec<&str> = args.split_whitespace().collect();
        let mut process = self.process(&words);
        process.env("HEADWORKS_FAILPOINT", point);
        self.call_process(process, args, "")
    }

    /// The process of a run, not started.
    pub(super) fn process(&self, args: &[&str]) -> std::process::Command {
        // A whole sweep runs a program that was built for speed.
        let program = std::env::var_os("HEADWORKS_SWEEP_PROGRAM");
        let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_headworks").into());
        let mut command = std::process::Command::new(program);
        command.current_dir(self.dir.path()).env_clear().args(args);
        command.env("USER", "tester").env("HOME", self.dir.path());
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    /// The objects of the embedded world, one a line; empty when there are none.
    pub(super) fn world(&self) -> String {
        self.headworks("sim objects").ok().out
    }

    /// Applies without asking.
    pub(super) fn apply(&self) -> Screen {
        self.headworks("--sim apply -auto-approve").ok()
    }
}

/// The directory of all examples.
pub(super) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// A run that ended; how is to be said.
#[must_use]
pub(super) struct Ran {
    args: String,
    code: Option<i32>,
    /// Standard output, as it is.
    pub(super) out: String,
    /// Standard error, as it is.
    pub(super) err: String,
    dir: PathBuf,
}

impl Ran {
    /// How it ended; `None` when a signal ended it.
    pub(super) fn code(&self) -> Option<i32> {
        self.code
    }

    /// It ended with 0.
    #[track_caller]
    pub(super) fn ok(self) -> Screen {
        self.ends(0)
    }

    /// What it printed, however it ended.
    pub(super) fn ok_or_not(self) -> Screen {
        Screen {
            args: self.args,
            out: self.out,
            err: self.err,
            dir: self.dir,
        }
    }

    /// A signal ended it.
    #[track_caller]
    pub(super) fn killed(self) -> Screen {
        assert_eq!(
            self.code, None,
            "`headworks {}` was not killed: {}",
            self.args, self.err
        );
        self.ok_or_not()
    }

    /// It ended with 1.
    #[track_caller]
    pub(super) fn fails(self) -> Screen {
        self.ends(1)
    }

    /// It ended with a code.
    #[track_caller]
    pub(super) fn ends(self, code: i32) -> Screen {
        assert_eq!(
            self.code,
            Some(code),
            "`headworks {}`\n--- standard output\n{}\n--- standard error\n{}",
            self.args,
            self.out,
            self.err
        );
        self.ok_or_not()
    }
}

/// What a run printed.
pub(super) struct Screen {
    args: String,
    /// Standard output, as it is.
    pub(super) out: String,
    /// Standard error, as it is.
    pub(super) err: String,
    dir: PathBuf,
}

impl Screen {
    /// A text is on one of the two streams; runs of white space count as one space, so that line breaks do not matter.
    #[track_caller]
    pub(super) fn says(&self, text: &str) -> &Self {
        assert!(
            self.has(text),
            "{text:?} is not in what `{}` printed:\n{}{}",
            self.args,
            self.out,
            self.err
        );
        self
    }

    /// A text is on neither stream.
    #[track_caller]
    pub(super) fn lacks(&self, text: &str) -> &Self {
        assert!(
            !self.has(text),
            "{text:?} is in what `{}` printed:\n{}{}",
            self.args,
            self.out,
            self.err
        );
        self
    }

    fn has(&self, text: &str) -> bool {
        let text = one_line(text);
        one_line(&self.out).contains(&text) || one_line(&self.err).contains(&text)
    }

    /// Standard output as JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).expect("standard output is one JSON document")
    }

    /// Standard output without what differs from run to run.
    pub(super) fn out(&self) -> String {
        filtered(&self.out, &self.dir)
    }

    /// Standard error without what differs from run to run.
    pub(super) fn err(&self) -> String {
        filtered(&self.err, &self.dir)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Paths, ports, times, ids and digests as words in brackets.
fn filtered(text: &str, dir: &Path) -> String {
    let mut text = text.replace(&*dir.to_string_lossy(), "[DIR]");
    for (pattern, word) in [
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)", "[TIME]"),
        (r"\b\d{13}\b", "[MS]"),
        (r"\b\d{18,19}\b", "[NUMBER]"),
        // How far a task is by the time it is looked at.
        (r#""(FULL|INCR)""#, "\"[PHASE]\""),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[ID]"),
        (r"\b\d+\.\d s\b", "[SECONDS]"),
        (r"\([0-9a-f]{8}, serial", "([LINEAGE], serial"),
        (r"digest [0-9a-f]{64}", "digest [DIGEST]"),
        (r"process \d+", "process [PID]"),
    ] {
        text = Regex::new(pattern)
            .expect("a pattern")
            .replace_all(&text, word)
            .into_owned();
    }
    text
}
