//! Configuration for an object that is imported and not declared yet: what its type lets a user write, with the values
//! that the object has. Decides what is left out: what only the cloud sets, and secrets, which nobody can read back.

use crate::base::{Kind, ResourceAddr, Value};
use crate::lang::fmt;
use crate::schema::{Attribute, BlockSchema, Mode, NestedBlock, ResourceSchema};

/// What a file of generated configuration begins with.
pub const FILE_HEADER: &str = "# __generated__ by Headworks\n\
     # Please review these resources and move them into your main configuration files.\n";

/// The resource block of an object.
pub fn resource_block(addr: &ResourceAddr, schema: &ResourceSchema, object: &Value) -> String {
    let mut text = format!("resource {} {} {{\n", quoted(&addr.type_name), quoted(&addr.name));
    body(&mut text, &schema.block, object);
    text.push_str("}\n");
    fmt::format(&text).unwrap_or(text)
}

/// The comment that says where generated configuration came from.
pub fn origin(id: &str) -> String {
    format!("# __generated__ by Headworks from {}\n", quoted(id))
}

fn body(out: &mut String, schema: &BlockSchema, object: &Value) {
    let written = |(_, a): &(&crate::base::Str, &Attribute)| a.mode != Mode::Computed && a.deprecated.is_none();
    let mut attributes: Vec<_> = schema.attributes.iter().filter(written).collect();
    attributes.sort_by_key(|(name, _)| (*name).clone());
    for (name, attribute) in attributes {
        let value = object.get(name).filter(|v| v.is_wholly_known());
        if attribute.secret {
            out.push_str(&format!("{name} = null # sensitive\n"));
            continue;
        }
        out.push_str(&format!("{name} = "));
        match value {
            Some(value) => expression(out, value),
            None => out.push_str("null"),
        }
        out.push('\n');
    }
    let mut blocks: Vec<_> = schema.blocks.iter().filter(|(_, b)| b.deprecated.is_none()).collect();
    blocks.sort_by_key(|(name, _)| (*name).clone());
    for (name, block) in blocks {
        nested(out, name, block, object.get(name));
    }
}

fn nested(out: &mut String, name: &str, block: &NestedBlock, value: Option<&Value>) {
    let Some(value) = value.filter(|v| !v.is_null() && v.is_wholly_known()) else {
        return;
    };
    let items = value.elements().unwrap_or(std::slice::from_ref(value));
    for item in items {
        out.push_str(&format!("{name} {{\n"));
        body(out, &block.block, item);
        out.push_str("}\n");
    }
}

fn expression(out: &mut String, value: &Value) {
    match &value.kind {
        Kind::Null(_) | Kind::Unknown(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) => out.push_str(&quoted(s)),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                expression(out, item);
            }
            out.push(']');
        }
        Kind::Map(_, entries) | Kind::Object(entries) if entries.is_empty() => out.push_str("{}"),
        Kind::Map(_, entries) | Kind::Object(entries) => {
            out.push_str("{\n");
            for (key, item) in entries.iter() {
                if crate::config::is_identifier(key) {
                    out.push_str(key);
                } else {
                    out.push_str(&quoted(key));
                }
                out.push_str(" = ");
                expression(out, item);
                out.push('\n');
            }
            out.push('}');
        }
    }
}

/// The text in quotes, so that it is read back as it is.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should stop")]
mod tests {
    use super::*;
    use crate::base::Type;
    use crate::schema::Registry;

    #[test]
    fn what_can_be_written_is_there_and_what_the_cloud_sets_is_not() {
        let text = include_str!("../../schemas/terraform/data.hcl");
        let registry = Registry::builtin(&[("data.hcl", text)]).unwrap();
        let schema = registry.resource("terraform_data").unwrap();
        let addr = ResourceAddr::managed("terraform_data", "a");
        let input = Value::object_of([
            ("a b", Value::string("${x} \"y\"\n%{z}")),
            ("list", Value::list(Type::Number, vec![Value::int(1), Value::int(2)])),
            ("none", Value::null(Type::Dynamic)),
        ]);
        let object = Value::object_of([("id", Value::string("i")), ("input", input)]);
        let expected = "resource \"terraform_data\" \"a\" {\n  input = {\n    \"a b\" = \"$${x} \\\"y\\\"\\n%%{z}\"\n    \
                        list  = [1, 2]\n    none  = null\n  }\n  triggers_replace = null\n}\n";
        assert_eq!(resource_block(&addr, schema, &object), expected);
    }
}
