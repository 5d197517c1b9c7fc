//! Who runs the program, and on which commit of the configuration, as history records it. Asks the environment and the git
//! program; never writes to a repository, runs no hooks, and waits for nothing long.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Variables that name the operator, first wins: what was said on purpose, then the actor of a pipeline, then the login name.
const OPERATOR: &[&str] = &[
    "HEADWORKS_OPERATOR",
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "BUILD_USER_ID",
    "BUILD_USER",
    "BUILDKITE_BUILD_CREATOR",
    "CIRCLE_USERNAME",
    "BUILD_REQUESTEDFOR",
    "USER",
    "LOGNAME",
    "USERNAME",
];

/// Variables in which pipelines say what they have checked out.
const COMMIT: &[&str] = &[
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "GIT_COMMIT",
    "BUILDKITE_COMMIT",
    "CIRCLE_SHA1",
    "BITBUCKET_COMMIT",
    "BUILD_SOURCEVERSION",
];

/// Longest name that is kept.
const NAME_MAX: usize = 128;

/// How long git may take: history is worth no waiting.
const GIT_LIMIT: Duration = Duration::from_secs(5);

/// What belongs to a configuration, among files that the repository does not know.
const SOURCES: &[&str] = &["*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json"];

/// Gives the value of a variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The operator's name: one line, never empty.
pub fn who(environment: Environment<'_>) -> String {
    let names = OPERATOR.iter().filter_map(|name| environment(name));
    let mut names = names.map(|name| one_line(&name)).filter(|name| !name.is_empty());
    names.next().unwrap_or_else(|| "somebody".to_string())
}

fn one_line(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control()).take(NAME_MAX);
    printable.collect::<String>().trim().to_string()
}

/// The commit that the configuration was read from, with `-dirty` when it was changed since: from the repository around the
/// directory, else from the pipeline's variables.
pub fn commit(directory: &Path, environment: Environment<'_>) -> Option<String> {
    let directory = directory.to_path_buf();
    let (sender, answer) = mpsc::channel();
    // On a thread of its own, because a slow file system must not hold up an apply.
    let spawned = std::thread::Builder::new().name("git".to_string()).spawn(move || {
        let _ = sender.send(from_repository(&directory));
    });
    let found = spawned.ok().and_then(|_| answer.recv_timeout(GIT_LIMIT).ok().flatten());
    found.or_else(|| {
        let named = COMMIT.iter().filter_map(|name| environment(name));
        named.map(|id| id.trim().to_string()).find(|id| is_commit(id))
    })
}

fn from_repository(directory: &Path) -> Option<String> {
    let head = git(directory, &["rev-parse", "--verify", "HEAD"])?;
    let head = head.trim().to_string();
    if !is_commit(&head) {
        return None;
    }
    let changed = git(directory, &["status", "--porcelain", "--untracked-files=no", "--", "."]);
    let mut others = vec!["ls-files", "--others", "--exclude-standard", "--"];
    others.extend(SOURCES);
    let others = git(directory, &others);
    let dirty = [changed, others].iter().flatten().any(|out| !out.trim().is_empty());
    Some(if dirty { format!("{head}-dirty") } else { head })
}

/// What git says; nothing when there is no git, no repository, or one that it refuses to read.
fn git(directory: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        // A file system monitor is a program that the repository names; hooks are others.
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "--no-optional-locks",
        ])
        .arg("-C")
        .arg(directory)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string())
    }

    #[test]
    fn the_operator_is_whoever_is_behind_the_run() {
        assert_eq!(who(&with(&[])), "somebody");
        assert_eq!(who(&with(&[("USER", "ada")])), "ada");
        assert_eq!(who(&with(&[("USER", "runner"), ("GITHUB_ACTOR", "ada")])), "ada");
        assert_eq!(
            who(&with(&[("HEADWORKS_OPERATOR", "night job"), ("GITHUB_ACTOR", "ada")])),
            "night job"
        );
        assert_eq!(
            who(&with(&[("HEADWORKS_OPERATOR", " \u{1b}\n"), ("USER", "a\u{1b}[2Jda")])),
            "a[2Jda"
        );
        assert_eq!(who(&with(&[("USER", &"x".repeat(500))])).len(), NAME_MAX);
    }

    #[test]
    fn without_a_repository_the_pipeline_names_the_commit() {
        let dir = tempfile::tempdir().expect("a directory");
        let sha = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(commit(dir.path(), &with(&[])), None);
        assert_eq!(
            commit(dir.path(), &with(&[("CI_COMMIT_SHA", sha)])).as_deref(),
            Some(sha)
        );
        assert_eq!(commit(dir.path(), &with(&[("GITHUB_SHA", "$(rm -rf)")])), None);
    }
}
