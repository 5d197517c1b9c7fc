//! Configurations, files and arguments that mean harm: the program ends with words, soon, in little memory, and what it prints
//! steers no terminal.

use super::sandbox::Sandbox;
use std::process::Command;
use std::time::{Duration, Instant};

/// Address space that a run may have, KiB.
const MEMORY_KIB: u64 = 3 * 1024 * 1024;

/// Longer than this a run hangs, also in a debug build on a busy machine.
const SOON: Duration = Duration::from_secs(90);

/// Runs within bounds of memory; gives the exit code and all that was printed.
fn bounded(sandbox: &Sandbox, args: &[&str]) -> (i32, String) {
    let inner = sandbox.process(args);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"")]);
    shell.arg(inner.get_program()).args(inner.get_args()).env_clear();
    shell.envs(inner.get_envs().filter_map(|(k, v)| Some((k, v?))));
    shell
        .current_dir(inner.get_current_dir().unwrap())
        .stdin(std::process::Stdio::null());
    let start = Instant::now();
    let output = shell.output().unwrap();
    assert!(start.elapsed() < SOON, "{args:?} took {:?}", start.elapsed());
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let code = output
        .status
        .code()
        .unwrap_or_else(|| panic!("{args:?} ends by a signal: {said}"));
    assert!(!said.contains("panicked"), "{said}");
    let steers = said.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert!(steers.is_none(), "{steers:?} reaches the terminal: {said:?}");
    (code, said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], words: &str) {
    let (code, said) = bounded(sandbox, args);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(words), "{words:?} is not in {said}");
}

const PLAN: &[&str] = &["--sim", "plan"];

fn output(expression: &str) -> Sandbox {
    Sandbox::with(&format!("output \"o\" {{\n  value = {expression}\n}}\n"))
}

/// Sixty local values, each made of the one before.
fn doubling(first: &str, next: &str) -> Sandbox {
    let lines: Vec<String> = (1..=60)
        .map(|i| format!("  a{i} = {}\n", next.replace('@', &format!("local.a{}", i - 1))))
        .collect();
    Sandbox::with(&format!(
        "locals {{\n  a0 = {first}\n{}}}\noutput \"o\" {{\n  value = length(local.a60)\n}}\n",
        lines.concat()
    ))
}

#[test]
fn local_values_that_double_each_other_end_with_an_error() {
    refused(&doubling("\"aaaa\"", "\"${@}${@}\""), PLAN, "bytes");
    refused(&doubling("[1]", "[@, @]"), PLAN, "Value too large");
    refused(&doubling("[1]", "{ a = @, b = @ }"), PLAN, "Value too large");
    refused(&doubling("[1]", "concat(@, @)"), PLAN, "Value too large");
    refused(&doubling("[1]", "[for x in [1, 2] : @]"), PLAN, "Value too large");
    refused(&doubling("[1]", "tolist([@, @])"), PLAN, "Value too large");
    refused(&doubling("{}", "merge({ a = @ }, { b = @ })"), PLAN, "Value too large");
}

#[test]
fn collections_of_what_is_not_known_yet_are_converted_once() {
    let unknown = "resource \"terraform_data\" \"r\" {}\n";
    let lines: Vec<String> = (1..=40)
        .map(|i| format!("  a{i} = tolist([local.a{}])\n", i - 1))
        .collect();
    let sandbox = Sandbox::with(&format!(
        "{unknown}locals {{\n  a0 = terraform_data.r.output\n{}}}\noutput \"o\" {{\n  value = length(local.a40)\n}}\n",
        lines.concat()
    ));
    let (code, said) = bounded(&sandbox, PLAN);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn local_values_that_hold_each_other_end_with_an_error() {
    let lines: Vec<String> = (1..=3000).map(|i| format!("  a{i} = [local.a{}]\n", i - 1)).collect();
    let deep = Sandbox::with(&format!("locals {{\n  a0 = []\n{}}}\n", lines.concat()));
    refused(&deep, PLAN, "Value nested too deeply");
}

#[test]
fn expressions_nest_to_a_limit() {
    const N: usize = 20_000;
    let around = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(N), close.repeat(N));
    for text in [
        around("[", "", "]"),
        around("(", "1", ")"),
        around("\"${", "1", "}\""),
        around("-", "1", ""),
        around("!", "true", ""),
        around("true ? 1 : ", "1", ""),
        around("true ? ", "1", " : 1"),
        around("{ a = ", "1", " }"),
        around("[for x in ", "[]", " : x]"),
        around("abs(", "1", ")"),
        around("a[", "0", "]"),
        format!("\"{}\"", around("%{if true}", "x", "%{endif}")),
        format!("<<E\n{}\nE", around("${", "1", "}")),
        "[".repeat(N),
    ] {
        let (code, said) = bounded(&output(&text), PLAN);
        let told = said.contains("nested too deeply") || said.contains("HW0101") || said.contains("HW0103");
        assert!(
            code == 1 && told,
            "{}: {said}",
            text.chars().take(40).collect::<String>()
        );
    }
    let blocks = Sandbox::with(&around("a {\n", "", "}\n"));
    refused(&blocks, PLAN, "nested too deeply");
    let json = Sandbox::new();
    json.write(
        "main.tf.json",
        format!("{{\"locals\":{{\"a\":{}}}}}", around("[", "", "]")),
    );
    refused(&json, PLAN, "too deeply");
}

#[test]
fn numbers_that_ask_for_too_much_are_refused() {
    for (expression, words) in [
        ("range(1e9)", "range"),
        ("setproduct(range(1000), range(1000), range(1000))", "setproduct"),
        ("format(\"%1000000000d\", 1)", "format"),
        ("1e999999999", "Invalid number literal"),
        ("jsondecode(\"1e999999999\")", "jsondecode"),
        ("cidrsubnet(\"10.0.0.0/8\", 1e9, 1)", "cidrsubnet"),
        ("indent(1e9, \"a\\nb\")", "indent"),
        ("regex(\"(((a{1000}){1000}){1000})\", \"a\")", "pattern"),
        ("file(\"/dev/zero\")", "zero"),
        (
            "[for a in range(1000) : length([for b in range(1000) : length([for c in range(1000) : 1])])]",
            "takes too long",
        ),
    ] {
        if expression.contains("for a in") && cfg!(debug_assertions) {
            // A hundred million steps take a minute without optimisation.
            continue;
        }
        refused(&output(expression), PLAN, words);
    }
    let count = "resource \"terraform_data\" \"d\" {\n  count = 1000000000\n}\n";
    refused(&Sandbox::with(count), PLAN, "more than the limit");
    let modules = Sandbox::with("module \"m\" {\n  source = \"./m\"\n  count  = 1000\n}\n");
    modules.write("m/main.tf", "module \"n\" {\n  source = \"./n\"\n  count  = 1000\n}\n");
    modules.write("m/n/main.tf", "output \"o\" {\n  value = 1\n}\n");
    refused(&modules, PLAN, "Too many instances of a module");
}

#[cfg(unix)]
#[test]
fn files_that_are_none_are_refused() {
    use std::os::unix::fs::symlink;
    let pipe = |sandbox: &Sandbox, name: &str| {
        let made = Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap();
        assert!(made.success());
    };
    for name in ["x.tf", "x.auto.tfvars"] {
        let sandbox = Sandbox::with("");
        pipe(&sandbox, name);
        refused(&sandbox, PLAN, "is a pipe");
    }
    let function = output("file(\"p\")");
    pipe(&function, "p");
    refused(&function, PLAN, "not a regular file");
    let turns = Sandbox::with("");
    symlink("x.tf", turns.path("x.tf")).unwrap();
    refused(&turns, PLAN, "can't be read");
    let device = Sandbox::with("");
    symlink("/dev/zero", device.path("x.tf")).unwrap();
    refused(&device, PLAN, "can't be read");
    let stars = output(&format!("fileset(\".\", \"{}x\")", "**/a*/".repeat(12)));
    std::fs::create_dir_all(stars.path(&"aa/".repeat(30))).unwrap();
    let (code, said) = bounded(&stars, PLAN);
    assert!(code == 0 || said.contains("looks at more than"), "{said}");
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_end_with_words() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bad = OsStr::from_bytes(b"a=\xff\xfe");
    let sandbox = Sandbox::with("variable \"a\" {\n  default = 1\n}\n");
    let run = |mut command: Command| {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code(), said)
    };
    let mut argument = sandbox.process(&["--sim", "plan", "-var"]);
    argument.arg(bad);
    let (code, said) = run(argument);
    assert_eq!(code, Some(1), "{said}");
    let mut environment = sandbox.process(PLAN);
    environment
        .env("TF_VAR_a", bad)
        .env("COLUMNS", bad)
        .env("NO_COLOR", bad);
    let (code, said) = run(environment);
    assert!(code.is_some_and(|c| c < 2) && !said.contains("panicked"), "{said}");
}

/// What a name, a value or an argument brings along is shown and does nothing.
#[test]
fn nothing_that_is_printed_steers_the_terminal() {
    const EVIL: &str = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    const WRITTEN: &str = "\\u001b]0;owned\\u0007\\u009b31m\\u202e";
    let values = Sandbox::with(&format!(
        "variable \"v\" {{\n  default = \"{WRITTEN}\"\n}}\nresource \"terraform_data\" \"d\" {{\n  for_each = toset([var.v])\n  input    = \
         {{ (each.key) = \"a\\n{WRITTEN}\\n\" }}\n}}\noutput \"o\" {{\n  value = [var.v, \"x\\n{WRITTEN}\"]\n}}\ncheck \"c\" {{\n  assert {{\n    \
         condition     = false\n    error_message = \"bad ${{var.v}}\"\n  }}\n}}\n"
    ));
    for args in [
        &["--sim", "plan"][..],
        &["--sim", "apply", "-auto-approve"],
        &["--sim", "state", "list"],
        &["--sim", "show"],
        &["--sim", "drift"],
        &["--sim", "graph"],
        &["--sim", "destroy", "-auto-approve"],
    ] {
        let (code, said) = bounded(&values, args);
        assert!(code < 5, "{said}");
    }
    let broken = Sandbox::with(&format!(
        "output \"o\" {{\n  value = \"{EVIL}\" +\n}}\n# {EVIL}\nresource \"{EVIL}\" \"x\" {{}}\n"
    ));
    refused(&broken, PLAN, "HW0103");
    let named = Sandbox::new();
    named.write(&format!("{EVIL}.tf"), "x  = \n");
    refused(&named, PLAN, "owned");
    for args in [
        &["--sim", "plan", "-target", EVIL][..],
        &["--sim", "plan", "-var", EVIL],
        &["--sim", "plan", EVIL],
        &[EVIL],
        &["--sim", "--chaos", EVIL, "plan"],
        &["--sim", "-chdir", EVIL, "plan"],
        &["--sim", "state", "show", EVIL],
        &["--sim", "apply", EVIL],
    ] {
        let (code, said) = bounded(&Sandbox::with(""), args);
        assert!((1..3).contains(&code), "{args:?}: {said}");
    }
}
