//! What the checks of blocks refuse, each with the text that the error points at.

use super::decode;
use crate::base::{Severity, SourceMap};
use crate::lang::parse::parse_file;

/// `SUMMARY @ TEXT` of each error.
fn errors(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf", text);
    let (body, parsed) = parse_file(&sources, file);
    assert!(parsed.is_empty(), "{text}: {parsed:?}");
    let (_, diags) = decode(vec![body]);
    let diags = diags.sorted();
    let errors = diags.iter().filter(|d| d.severity == Severity::Error);
    errors
        .map(|d| format!("{} @ {}", d.summary, d.span.map_or("", |s| sources.text(s))))
        .collect()
}

fn refuses(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(errors(text), *expected, "{text}");
    }
}

/// A resource with these lines in its `lifecycle` block.
fn lifecycle(lines: &str) -> String {
    format!("resource \"t\" \"a\" {{\n  lifecycle {{\n    {lines}\n  }}\n}}\n")
}

#[test]
fn labels_are_as_many_as_the_block_wants_and_are_names() {
    refuses(&[
        ("resource {\n}\n", &["Missing type for resource @ {"]),
        ("resource \"t\" {\n}\n", &["Missing name for resource @ {"]),
        (
            "resource \"t\" \"a\" \"b\" {\n}\n",
            &["Extraneous label for resource @ \"b\""],
        ),
        ("variable {\n}\n", &["Missing name for variable @ {"]),
        ("locals \"x\" {\n}\n", &["Extraneous label for locals @ \"x\""]),
        (
            "resource \"1\" \"a b\" {\n}\n",
            &["Invalid resource type name @ \"1\"", "Invalid resource name @ \"a b\""],
        ),
        ("data \"t\" \"2\" {\n}\n", &["Invalid data resource name @ \"2\""]),
        ("output \"\" {\n}\n", &["Invalid output name @ \"\""]),
        ("ephemeral \"t\" \"a\" {\n}\n", &["Invalid ephemeral resource @ \"t\""]),
        (
            &lifecycle("").replace("lifecycle {", "lifecycle \"x\" {"),
            &["Extraneous label for lifecycle @ \"x\""],
        ),
    ]);
}

#[test]
fn what_must_be_written_out_has_no_references_and_no_calls() {
    refuses(&[
        (
            "variable \"a\" {\n  default = [var.b, upper(\"x\")]\n}\n",
            &[
                "Variables not allowed @ var",
                "Function calls not allowed @ upper(\"x\")",
            ],
        ),
        (
            "variable \"a\" {\n  sensitive = \"maybe\"\n}\n",
            &["Unsuitable value type @ maybe"],
        ),
        (
            "variable \"a\" {\n  description = [1]\n}\n",
            &["Unsuitable value type @ ["],
        ),
        ("variable \"a\" {\n  description = 5\n  nullable = \"false\"\n}\n", &[]),
        (
            "variable \"a\" {\n  nullable = false\n  default = null\n}\n",
            &["Invalid default value for variable @ null"],
        ),
        (&lifecycle("prevent_destroy = var.x"), &["Variables not allowed @ var"]),
        (
            &lifecycle("create_before_destroy = null"),
            &["Unsuitable value type @ null"],
        ),
        (
            "provider \"p\" {\n  alias = \"1x\"\n}\n",
            &["Invalid provider configuration alias @ \"1x\""],
        ),
    ]);
}

#[test]
fn references_stand_where_only_references_can() {
    let depends = |value: &str| format!("resource \"t\" \"a\" {{\n  depends_on = {value}\n}}\n");
    refuses(&[
        (&depends("\"t.b\""), &["Invalid expression @ t.b"]),
        (&depends("[1]"), &["Invalid expression @ 1"]),
        (&depends("[t.b.id]"), &["Invalid depends_on reference @ .id"]),
        (&depends("[t.b[0], data.t.c[\"k\"], module.m, var.x]"), &[]),
        (
            &depends("[each.key]"),
            &["Reference to \"each\" in context without for_each @ each.key"],
        ),
        (&lifecycle("ignore_changes = \"all\""), &["Invalid expression @ all"]),
        (
            &lifecycle("ignore_changes = [\"*\"]"),
            &["Invalid ignore_changes wildcard @ [\"*\"]"],
        ),
        (
            &lifecycle("ignore_changes = [upper(\"x\")]"),
            &["Invalid expression @ upper(\"x\")"],
        ),
        (&lifecycle("replace_triggered_by = t.b"), &["Invalid expression @ t.b"]),
        (
            &lifecycle("replace_triggered_by = [\"t.b\", t.b.id == 1]"),
            &[
                "Invalid replace_triggered_by expression @ \"t.b\"",
                "Invalid replace_triggered_by expression @ t.b.id == 1",
            ],
        ),
        (
            &lifecycle("replace_triggered_by = [var.b, t.c[var.i]]"),
            &[
                "Invalid reference in replace_triggered_by expression @ var.b",
                "Invalid reference in replace_triggered_by expression @ t.c[var.i]",
            ],
        ),
        (
            &lifecycle("replace_triggered_by = [t.c[count.index]]"),
            &["Reference to \"count\" in non-counted context @ count.index"],
        ),
        (
            "resource \"t\" \"a\" {\n  provider = upper(\"x\")\n}\n",
            &["Invalid provider configuration reference @ upper(\"x\")"],
        ),
        ("resource \"t\" \"a\" {\n  provider = \"x.y\"\n}\n", &[]),
    ]);
}

#[test]
fn blocks_and_arguments_stand_where_they_belong() {
    refuses(&[
        ("locals {\n  a {\n  }\n}\n", &["Unexpected \"a\" block @ a"]),
        (
            "output \"o\" {\n  value = 1\n  postcondition {\n  }\n}\n",
            &["Postconditions are not allowed @ postcondition"],
        ),
        (
            "resource \"t\" \"a\" {\n  lifecycle = {}\n  count {\n  }\n}\n",
            &["Unsupported argument @ lifecycle", "Unsupported block type @ count"],
        ),
        (
            "resource \"t\" \"a\" {\n  provisioner \"local-exec\" {\n  }\n}\n",
            &["Provisioners are not supported @ provisioner \"local-exec\""],
        ),
        (
            &lifecycle("prevent_destroy = true").replace("resource", "data"),
            &["Invalid data resource lifecycle argument @ prevent_destroy"],
        ),
        (
            "provider \"p\" {\n  count = 1\n  lifecycle {\n  }\n}\n",
            &[
                "Reserved argument name in provider block @ count",
                "Reserved block type name in provider block @ lifecycle",
            ],
        ),
        (
            &lifecycle("precondition {\n condition = t.a.x\n error_message = \"no\"\n }"),
            &["Invalid reference in precondition @ t.a.x"],
        ),
    ]);
}

#[test]
fn what_is_said_of_providers_and_the_state_makes_sense() {
    let terraform = |lines: &str| format!("terraform {{\n  {lines}\n}}\n");
    let provider = |entry: &str| terraform(&format!("required_providers {{\n  p = {entry}\n  }}"));
    refuses(&[
        (&provider("\"~> 1.2, != 1.3.0-beta1\""), &[]),
        (&provider("{ source = \"a/b\", version = \">= 1\" }"), &[]),
        (&provider("\">> 1\""), &["Invalid version constraint @ \">> 1\""]),
        (
            &provider("{ source = \"a/b/c/d\" }"),
            &["Invalid provider source string @ \"a/b/c/d\""],
        ),
        (
            &provider("{ sorce = \"a/b\" }"),
            &["Invalid required_providers object @ sorce"],
        ),
        (&provider("[]"), &["Invalid required_providers object @ []"]),
        (
            &terraform("backend \"a\" {}\n  backend \"b\" {}"),
            &["Duplicate backend configuration @ backend \"b\""],
        ),
        (
            &terraform("backend \"a\" {}\n  cloud {}"),
            &["Both a backend and cloud configuration are present @ backend \"a\""],
        ),
        (&terraform("backend {}"), &["Missing type for backend @ {"]),
        (
            &terraform("experiments = [x]"),
            &["Module uses experimental features @ experiments"],
        ),
        (
            &terraform("required_version = []"),
            &["Invalid version constraint @ []"],
        ),
        (&terraform("required_version = null"), &[]),
    ]);
}
