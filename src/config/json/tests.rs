//! JSON texts and the blocks that they are.

use super::*;
use crate::lang::ast::StepKind;
use crate::schema::load::load_text;
use std::sync::Arc;

fn parsed(text: &str) -> (Body, Diags, SourceMap) {
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf.json", text);
    let (body, diags) = parse_file(&sources, file, None);
    (body, diags, sources)
}

fn problems(text: &str) -> Vec<String> {
    let (_, diags, sources) = parsed(text);
    let line = |d: &Diag| {
        let span = d.span.expect("a place");
        let (line, column) = sources.line_column(span.file, span.start);
        format!("{line}:{column} {}", d.summary)
    };
    diags.iter().map(line).collect()
}

/// Each block as `kind label label`.
fn headers(body: &Body) -> Vec<String> {
    let header = |b: &Block| {
        let labels = b.labels.iter().map(|l| format!(" {}", l.text));
        format!("{}{}", b.kind.text, labels.collect::<String>())
    };
    body.blocks.iter().map(header).collect()
}

#[test]
fn labels_and_repeated_blocks_come_from_nesting() {
    let text = r#"[
      {"//": "comment", "resource": {"t": {"a": {"x": 1}, "b": [{"x": 2}]}}},
      {"locals": {"//": "comment", "n": 1}, "moved": [{"from": "t.x", "to": "t.a"}, {"from": "t.y", "to": "t.b[\"k\"]"}],
       "variable": {"v": {}, "none": null}}
    ]"#;
    let (body, diags, sources) = parsed(text);
    assert!(diags.is_empty(), "{diags:?}");
    assert_eq!(
        headers(&body),
        ["resource t a", "resource t b", "locals", "moved", "moved", "variable v"]
    );
    let locals: Vec<&str> = body.blocks[2].body.attributes.keys().map(|k| &**k).collect();
    assert_eq!(locals, ["n"]);
    let ExprKind::Reference(to) = &body.blocks[4].body.expr("to").expect("to").kind else {
        panic!("no reference");
    };
    assert!(matches!(&to.steps[1].kind, StepKind::Index(k) if k.as_str() == Some("k")));
    assert_eq!(
        sources.text(body.blocks[4].body.expr("to").expect("to").span),
        r#"t.b[\"k\"]"#
    );
}

#[test]
fn strings_are_references_where_the_language_wants_one_and_text_where_it_evaluates_nothing() {
    let text = r#"{
      "variable": {"v": {"type": "list(string)", "default": ["${x}"], "description": "${5}"}},
      "resource": {"t": {"a": {
        "provider": "p.east", "depends_on": ["t.b"], "x": "${t.b.x}",
        "lifecycle": {"ignore_changes": "all", "replace_triggered_by": ["t.b[count.index]"], "prevent_destroy": true}
      }}}
    }"#;
    let (body, diags, _) = parsed(text);
    assert!(diags.is_empty(), "{diags:?}");
    let variable = &body.blocks[0].body;
    assert!(matches!(variable.expr("type").expect("type").kind, ExprKind::Call(_)));
    let mut references = 0;
    variable
        .expr("default")
        .expect("default")
        .each_reference(&mut |_, _| references += 1);
    assert_eq!(references, 0);
    let resource = &body.blocks[1].body;
    assert!(matches!(
        resource.expr("provider").expect("provider").kind,
        ExprKind::Reference(_)
    ));
    assert!(matches!(resource.expr("x").expect("x").kind, ExprKind::TemplateWrap(_)));
    let lifecycle = &resource.blocks[0].body;
    assert!(matches!(
        lifecycle.expr("ignore_changes").expect("it").kind,
        ExprKind::Reference(_)
    ));
    let ExprKind::Tuple(triggers) = &lifecycle.expr("replace_triggered_by").expect("it").kind else {
        panic!("no list");
    };
    assert!(matches!(triggers[0].kind, ExprKind::Index(..)));
}

#[test]
fn wrong_forms_are_reported_where_they_stand() {
    for (text, wanted) in [
        ("5", "1:1 Root value must be object"),
        ("[{}, 5]", "1:6 Incorrect JSON value type"),
        ("{\"resource\": []}", "1:14 Missing block label"),
        ("{\"resource\": {\"t\": \"x\"}}", "1:20 Incorrect JSON value type"),
        ("{\"output\": {\"x\": 5}}", "1:18 Incorrect JSON value type"),
        (
            "{\"output\": {\"x\": {\"value\": 1, \"value\": 2}}}",
            "1:31 Duplicate argument",
        ),
        (
            "{\"output\": {\"x\": {\"depends_on\": \"t.a\"}}}",
            "1:33 Invalid expression",
        ),
        (
            "{\"output\": {\"x\": {\"depends_on\": [\"${t.a}\"]}}}",
            "1:34 Invalid expression",
        ),
        (
            "{\"output\": {\"x\": {\"depends_on\": [5]}}}",
            "1:34 Invalid expression",
        ),
        (
            "{\"resource\": {\"t\": {\"a\": {\"lifecycle\": {\"replace_triggered_by\": [5]}}}}}",
            "1:66 Invalid reference expression",
        ),
        (
            "{\"output\": {\"x\": {\"value\": 1,}}}",
            "1:29 Trailing comma in object",
        ),
    ] {
        assert_eq!(problems(text), [wanted], "{text}");
    }
}

#[test]
fn nested_blocks_of_a_resource_are_told_from_arguments_by_its_schema() {
    let schema = load_text("t.hcl", NESTED).expect("a schema");
    let mut bodies = Bodies {
        damaged: false,
        registry: None,
        lowering: Lowering::default(),
    };
    let mut sources = SourceMap::default();
    let text = r#"{"name": {"x": 1}, "part": [{"size": 1}, {"size": 2}],
      "dynamic": {"part": {"for_each": "${[1]}", "iterator": "it", "content": {"size": "${it.value}"}}}}"#;
    let file = sources.add("x.tf.json", text);
    let (node, _) = read(&sources, file);
    let block = Arc::clone(&schema.block);
    let body = bodies.body(&node, Shape::Resource(Some(&block)));
    assert!(bodies.lowering.diags.is_empty(), "{:?}", bodies.lowering.diags);
    assert_eq!(headers(&body), ["part", "part", "dynamic part"]);
    assert_eq!(headers(&body.blocks[2].body), ["content"]);
    assert!(body.attributes.contains_key("name"));
}

const NESTED: &str = r#"
resource "x_task" {
  provider = "x"
  summary  = "A task."
  identity = ["name"]
  attribute "id" {
    type = string
    mode = "computed"
    doc  = "Id."
  }
  attribute "name" {
    type = map(number)
    doc  = "Name."
  }
  block "part" {
    nesting = "list"
    doc     = "Part."
    attribute "size" {
      type = number
      doc  = "Size."
    }
  }
}
"#;
