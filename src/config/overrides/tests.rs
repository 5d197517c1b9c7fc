//! Files and the blocks that are left when their overrides were merged.

use super::*;
use crate::base::SourceMap;
use crate::config::files::{Parsed, parse_all};

/// Parses files given as name and text, one after the other.
fn parsed(files: &[(&str, &str)]) -> (Parsed, SourceMap) {
    let mut sources = SourceMap::default();
    let ids: Vec<_> = files.iter().map(|(name, text)| sources.add(*name, *text)).collect();
    (parse_all(&sources, &ids, None), sources)
}

/// The arguments of all blocks, as `kind.labels.argument = text`, and `kind.labels.block` for nested blocks.
fn shown(files: &[(&str, &str)]) -> Vec<String> {
    let (parsed, sources) = parsed(files);
    assert!(parsed.diags.is_empty(), "{:?}", parsed.diags);
    let mut out = Vec::new();
    for block in parsed.bodies.iter().flat_map(|b| &b.blocks) {
        lines(block, "", &sources, &mut out);
    }
    out
}

fn lines(block: &Block, before: &str, sources: &SourceMap, out: &mut Vec<String>) {
    let mut name = format!("{before}{}", block.kind.text);
    for label in &block.labels {
        name.push_str(&format!(" {}", label.text));
    }
    for (argument, attribute) in &block.body.attributes {
        out.push(format!("{name}: {argument} = {}", sources.text(attribute.value.span)));
    }
    for inner in &block.body.blocks {
        lines(inner, &format!("{name}/"), sources, out);
    }
}

#[test]
fn arguments_are_replaced_and_nested_blocks_as_a_whole() {
    let base = "resource \"t\" \"a\" {\n  x = 1\n  y = 1\n  for_each = {}\n  b {\n    z = 1\n  }\n  b {\n    z = 2\n  }\n  c {\n    z = 3\n  }\n}\n";
    let first =
        "resource \"t\" \"a\" {\n  y = 2\n  count = 2\n  dynamic \"b\" {\n    for_each = []\n    content {}\n  }\n}\n";
    let second = "{\"resource\": {\"t\": {\"a\": {\"y\": 3}}}}";
    let found = shown(&[
        ("main.tf", base),
        ("a_override.tf", first),
        ("override.tf.json", second),
    ]);
    let wanted = [
        "resource t a: x = 1",
        "resource t a: y = 3",
        "resource t a: count = 2",
        "resource t a/c: z = 3",
        "resource t a/dynamic b: for_each = []",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn lifecycle_is_merged_by_argument() {
    let base = "resource \"t\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n    create_before_destroy = true\n    precondition {\n      condition = x.y\n    }\n  }\n}\n";
    let over = "resource \"t\" \"a\" {\n  lifecycle {\n    prevent_destroy = false\n    ignore_changes = all\n  }\n}\n";
    let wanted = [
        "resource t a/lifecycle: prevent_destroy = false",
        "resource t a/lifecycle: create_before_destroy = true",
        "resource t a/lifecycle: ignore_changes = all",
        "resource t a/lifecycle/precondition: condition = x.y",
    ];
    assert_eq!(shown(&[("main.tf", base), ("override.tf", over)]), wanted);
}

#[test]
fn local_values_and_settings_are_replaced_by_name() {
    let base = "locals {\n  a = 1\n  b = 1\n}\nterraform {\n  required_version = \"1\"\n  required_providers {\n    p = 1\n    q = 1\n  }\n  backend \"local\" {\n    path = 1\n  }\n}\n";
    let over = "locals {\n  b = 2\n}\nterraform {\n  required_version = \"2\"\n  required_providers {\n    p = 2\n  }\n  cloud {\n    organization = 2\n  }\n}\nprovider \"p\" {\n  region = 2\n}\n";
    let wanted = [
        "locals: a = 1",
        "locals: b = 2",
        "terraform/required_providers: p = 2",
        "terraform/required_providers: q = 1",
        "terraform: required_version = \"2\"",
        "terraform/cloud: organization = 2",
        "provider p: region = 2",
    ];
    assert_eq!(shown(&[("main.tf", base), ("override.tf", over)]), wanted);
}

#[test]
fn what_has_no_base_or_may_not_be_overridden_is_refused() {
    let base = "resource \"t\" \"a\" {}\noutput \"o\" {\n  value = 1\n}\n";
    for (over, wanted) in [
        ("variable \"n\" {}", "Missing base variable declaration to override"),
        ("output \"n\" {}", "Missing base output definition to override"),
        (
            "locals {\n  n = 1\n}",
            "Missing base local value definition to override",
        ),
        ("module \"n\" {}", "Missing module call to override"),
        ("resource \"t\" \"n\" {}", "Missing resource to override"),
        ("data \"t\" \"n\" {}", "Missing data resource to override"),
        (
            "provider \"t\" {\n  alias = \"n\"\n}",
            "Missing base provider configuration for override",
        ),
        ("moved {}", "Cannot override 'moved' blocks"),
        ("import {}", "Cannot override 'import' blocks"),
        ("check \"n\" {}", "Can't override check blocks"),
        (
            "resource \"t\" \"a\" {\n  depends_on = [t.b]\n}",
            "Unsupported override",
        ),
        (
            "output \"o\" {\n  precondition {}\n}",
            "Can't override precondition blocks",
        ),
        (
            "resource \"t\" \"a\" {\n  lifecycle {\n    postcondition {}\n  }\n}",
            "Can't override postcondition blocks",
        ),
    ] {
        let (parsed, _) = parsed(&[("main.tf", base), ("override.tf", over)]);
        let found: Vec<&str> = parsed.diags.iter().map(|d| d.summary.as_str()).collect();
        assert_eq!(found, [wanted], "{over}");
    }
}

#[test]
fn a_base_that_does_not_parse_is_not_said_to_be_missing() {
    let (parsed, _) = parsed(&[
        ("main.tf", "locals {\n  a = \n}\n"),
        ("override.tf", "locals {\n  a = 2\n}\n"),
    ]);
    assert!(parsed.diags.iter().all(|d| !d.summary.starts_with("Missing base")));
    assert!(parsed.diags.has_errors());
}

#[test]
fn a_count_stays_when_for_each_is_to_override_it_and_that_is_said() {
    let base = "resource \"t\" \"a\" {\n  count = 2\n}\n";
    let over = "resource \"t\" \"a\" {\n  for_each = {}\n}\n";
    let (parsed, _) = parsed(&[("main.tf", base), ("override.tf", over)]);
    let names: Vec<&str> = parsed.bodies[0].blocks[0]
        .body
        .attributes
        .keys()
        .map(|k| &**k)
        .collect();
    assert_eq!(names, ["count"]);
    assert_eq!(parsed.diags.len(), 1);
    assert!(!parsed.diags.has_errors());
}
