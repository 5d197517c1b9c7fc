//! Outputs as text and as JSON. A sensitive output is hidden in lists; asked for by name it is shown, as in Terraform,
//! because that is how a script takes it.

use super::layout::clean;
use crate::base::json::{to_json, type_to_json};
use crate::base::{Str, Value};
use crate::lang::console;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Outputs by name as `name = value` lines; sensitive ones are named only.
pub fn output_text(outputs: &BTreeMap<Str, Value>) -> String {
    let mut out = String::new();
    for (name, value) in outputs {
        let text = if !value.marks_deep().is_empty() {
            "<sensitive>".to_string()
        } else {
            safe_lines(&console::render(value))
        };
        let _ = writeln!(out, "{} = {text}", clean(name));
    }
    out
}

/// Outputs by name as `{"name": {"sensitive", "type", "value"}}`, Terraform's `output -json`. With `reveal` the values of
/// sensitive outputs stand in clear, as Terraform has them; otherwise they are null.
pub fn output_json(outputs: &BTreeMap<Str, Value>, reveal: bool) -> Json {
    let one = |value: &Value| {
        let sensitive = !value.marks_deep().is_empty();
        json!({
            "sensitive": sensitive,
            "type": type_to_json(&value.ty()),
            "value": if sensitive && !reveal { Json::Null } else { to_json(value) },
        })
    };
    Json::Object(
        outputs
            .iter()
            .map(|(name, v)| (name.to_string(), one(v)))
            .collect::<Map<_, _>>(),
    )
}

/// Text of several lines without anything that could steer the terminal.
pub fn safe_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(super::layout::clean_line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> BTreeMap<Str, Value> {
        BTreeMap::from([
            ("bucket".into(), Value::string("raw")),
            ("dsn".into(), Value::string("hunter2").sensitive()),
            (
                "nested".into(),
                Value::object_of([("a", Value::int(1)), ("p", Value::string("hunter2").sensitive())]),
            ),
        ])
    }

    #[test]
    fn lists_name_sensitive_outputs_only() {
        insta::assert_snapshot!(output_text(&outputs()), @r#"
        bucket = "raw"
        dsn = <sensitive>
        nested = <sensitive>
        "#);
        assert!(!output_json(&outputs(), false).to_string().contains("hunter2"));
    }

    #[test]
    fn json_has_the_shape_that_tools_read() {
        assert_eq!(
            output_json(&outputs(), true)["nested"],
            json!({"sensitive": true, "type": ["object", {"a": "number", "p": "string"}], "value": {"a": 1, "p": "hunter2"}})
        );
        assert_eq!(
            output_json(&outputs(), false)["dsn"],
            json!({"sensitive": true, "type": "string", "value": null})
        );
    }
}
