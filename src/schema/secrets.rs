//! Secrets of an object: attributes that a schema calls `secret`. The state, plans and other objects see a fingerprint or
//! nothing in their place; only a driver that writes the object sees them. Holds no key and makes no fingerprint itself.

use super::{BlockSchema, NestedBlock};
use crate::base::mask::remember;
use crate::base::secret::is_fingerprint;
use crate::base::{AttrPath, Kind, PathStep, Str, Type, Value};
use std::collections::BTreeMap;

/// Makes the fingerprint of a secret: of its path, as in `sink_task.secret_key`, and its text.
pub type Seal<'a> = &'a dyn Fn(&str, &str) -> String;

/// Whether objects of this form have secrets.
pub fn any(schema: &BlockSchema) -> bool {
    schema.attributes.values().any(|a| a.secret) || schema.blocks.values().any(|b| any(&b.block))
}

/// The object with fingerprints in place of its secrets. Without a key for them, as before the first state is made,
/// a secret is unknown.
pub fn sealed(schema: &BlockSchema, object: &Value, seal: Option<Seal<'_>>) -> Value {
    each(schema, object, &AttrPath::default(), &mut |path, secret| {
        // From here on it is masked in all that is printed, wherever it came from.
        if let Some(text) = secret.as_str().filter(|text| !is_fingerprint(text)) {
            remember(text);
        }
        match (&secret.kind, secret.as_str(), seal) {
            (Kind::Null(_), ..) => secret.clone(),
            (_, Some(text), Some(seal)) => Value::string(seal(&without_indexes(path), text)),
            _ => Value::unknown(Type::String),
        }
        .sensitive()
    })
}

/// The object as others see it: without its secrets.
pub fn hidden(schema: &BlockSchema, object: Value) -> Value {
    if !any(schema) {
        return object;
    }
    each(schema, &object, &AttrPath::default(), &mut |_, _| {
        Value::null(Type::String).sensitive()
    })
}

/// `object` with the secrets that stand in `from` at the same places.
pub fn from(schema: &BlockSchema, object: &Value, from: &Value) -> Value {
    let mut take = |path: &AttrPath, own: &Value| at(from, path).unwrap_or(own).clone();
    each(schema, object, &AttrPath::default(), &mut take)
}

/// What a driver gave: its secrets as `sealed` has them, and null where that has none. What goes to disk or to the screen
/// passes through here, so that no driver and no reply of a server can leak a secret.
pub fn resealed(schema: &BlockSchema, object: Value, sealed: &Value) -> Value {
    if !any(schema) {
        return object;
    }
    from(schema, &hidden(schema, object), sealed)
}

/// The texts of the secrets of an object.
pub fn texts(schema: &BlockSchema, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each(schema, object, &AttrPath::default(), &mut |_, secret| {
        found.extend(secret.as_str().filter(|s| !s.is_empty()).map(str::to_string));
        secret.clone()
    });
    found
}

/// Paths of the secrets that are known in both and differ.
pub fn changed(schema: &BlockSchema, a: &Value, b: &Value) -> Vec<AttrPath> {
    let mut found = Vec::new();
    each(schema, a, &AttrPath::default(), &mut |path, own| {
        let text = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_string);
        if let (Some(x), Some(y)) = (text(Some(own)), text(at(b, path)))
            && x != y
        {
            found.push(path.clone());
        }
        own.clone()
    });
    found
}

/// Blocks of a list have one path: a secret that moves up a place has not changed.
fn without_indexes(path: &AttrPath) -> String {
    let names = path.0.iter().filter_map(|step| match step {
        PathStep::Attr(name) | PathStep::Key(name) => Some(name.to_string()),
        PathStep::Index(_) => None,
    });
    names.collect::<Vec<_>>().join(".")
}

fn at<'v>(value: &'v Value, path: &AttrPath) -> Option<&'v Value> {
    path.0.iter().try_fold(value, |value, step| match step {
        PathStep::Attr(name) | PathStep::Key(name) => value.get(name),
        PathStep::Index(i) => value.elements()?.get(*i),
    })
}

/// Replaces each secret by what `act` makes of its path and itself.
fn each(
    schema: &BlockSchema,
    object: &Value,
    path: &AttrPath,
    act: &mut dyn FnMut(&AttrPath, &Value) -> Value,
) -> Value {
    let Some(entries) = object.entries() else {
        return object.clone();
    };
    let mut out: BTreeMap<Str, Value> = entries.clone();
    for (name, _) in schema.attributes.iter().filter(|(_, a)| a.secret) {
        if let Some(secret) = entries.get(name) {
            let path = path.child(PathStep::Attr(name.clone()));
            out.insert(name.clone(), act(&path, secret));
        }
    }
    for (name, nested) in &schema.blocks {
        if let (Some(value), true) = (entries.get(name), any(&nested.block)) {
            let path = path.child(PathStep::Attr(name.clone()));
            out.insert(name.clone(), each_block(nested, value, &path, act));
        }
    }
    Value::object(out).mark(object.marks)
}

fn each_block(
    nested: &NestedBlock,
    value: &Value,
    path: &AttrPath,
    act: &mut dyn FnMut(&AttrPath, &Value) -> Value,
) -> Value {
    match &value.kind {
        Kind::Object(_) => each(&nested.block, value, path, act),
        // A set has no secrets: its elements have no places. The reader of schemas refuses it.
        Kind::List(ty, items) => {
            let items = items.iter().enumerate().map(|(i, item)| {
                let path = path.child(PathStep::Index(i));
                each(&nested.block, item, &path, act)
            });
            Value::list(ty.clone(), items.collect::<Vec<_>>()).mark(value.marks)
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::base::json::to_json;
    use serde_json::json;

    fn schema() -> crate::schema::ResourceSchema {
        let text = r#"
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
    type = string
    doc  = "Name."
  }
  attribute "key" {
    type   = string
    secret = true
    doc    = "Key."
  }
  block "target" {
    nesting = "list"
    doc     = "Target."
    attribute "password" {
      type   = string
      secret = true
      doc    = "Password."
    }
  }
}
"#;
        crate::schema::load::load_text("x.hcl", text).unwrap()
    }

    fn object(json: serde_json::Value) -> Value {
        crate::base::json::from_json(&json, &schema().block.object_type()).unwrap()
    }

    #[test]
    fn fingerprints_stand_in_for_secrets_at_any_depth() {
        let schema = schema();
        assert!(any(&schema.block));
        let seal = |path: &str, text: &str| format!("{path}={}", text.len());
        let raw = object(json!({"name": "n", "key": "abc", "target": [{"password": "x"}, {"password": null}]}));
        let sealed_object = sealed(&schema.block, &raw, Some(&seal));
        assert_eq!(
            to_json(&sealed_object.clone().unmark_deep().0),
            json!({"id": null, "name": "n", "key": "key=3", "target": [{"password": "target.password=1"}, {"password": null}],
                   "timeouts": null})
        );
        assert!(sealed_object.get("key").unwrap().is_sensitive());
        assert!(!sealed(&schema.block, &raw, None).is_wholly_known());
        let back = from(&schema.block, &sealed_object, &raw);
        assert_eq!(to_json(&back), to_json(&raw));
        let others = hidden(&schema.block, raw.clone());
        assert!(others.get("key").unwrap().is_null());
        assert_eq!(others.get("name"), raw.get("name"));
    }

    #[test]
    fn what_a_driver_gives_has_only_the_secrets_that_were_sealed() {
        let schema = schema();
        let seal = |path: &str, _: &str| format!("seal of {path}");
        let planned = object(json!({"name": "n", "key": "raw", "target": [{"password": "raw"}]}));
        let planned = sealed(&schema.block, &planned, Some(&seal));
        // One block more than planned, and what the cloud chose.
        let given =
            object(json!({"id": "7", "name": "n", "key": "raw", "target": [{"password": "raw"}, {"password": "raw"}]}));
        assert_eq!(texts(&schema.block, &given), ["raw", "raw", "raw"]);
        let safe = |given: Value, sealed: &Value| to_json(&resealed(&schema.block, given, sealed).unmark_deep().0);
        assert_eq!(
            safe(given.clone(), &planned),
            json!({"id": "7", "name": "n", "key": "seal of key",
                   "target": [{"password": "seal of target.password"}, {"password": null}], "timeouts": null})
        );
        let nothing = Value::null(schema.block.object_type());
        assert!(texts(&schema.block, &resealed(&schema.block, given, &nothing)).is_empty());
    }

    #[test]
    fn changed_secrets_are_named() {
        let schema = schema();
        let a = object(json!({"key": "a", "target": [{"password": "x"}]}));
        let b = object(json!({"key": "b", "target": [{"password": "x"}]}));
        let found: Vec<String> = changed(&schema.block, &a, &b).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["key"]);
        assert!(changed(&schema.block, &a, &a).is_empty());
        let none = object(json!({"key": null}));
        assert!(changed(&schema.block, &a, &none).is_empty());
    }
}
