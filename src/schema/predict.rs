//! Computed attributes whose value follows from others, so that it is known while planning: ids made of names, the ARN of a
//! role that is made again under the same name. Fewer values known after apply means fewer needless replacements. Never
//! overrides what is known; what the cloud returns is checked against it.

use super::model::ResourceSchema;
use super::scope::Names;
use crate::base::{Type, Value};
use crate::lang::convert::convert;
use crate::lang::{EvalContext, FunctionHost, evaluate};

/// A planned object with predicted attributes filled in. `prior` is the object that it stands for, even when that is gone.
/// `provider` has the settings of its provider block. A prediction that can't be made leaves the attribute known after apply.
pub fn predicted(
    schema: &ResourceSchema,
    planned: Value,
    prior: Option<&Value>,
    provider: Option<&Value>,
    host: &dyn FunctionHost,
) -> Value {
    let predictable = || {
        schema
            .block
            .attributes
            .iter()
            .filter_map(|(n, a)| Some((n, a, a.predict.as_ref()?)))
    };
    if predictable().next().is_none() {
        return planned;
    }
    let mut planned = planned;
    for (name, attribute, expr) in predictable() {
        if planned.get(name).is_none_or(Value::is_known) {
            continue;
        }
        let or_null = |value: Option<&Value>| value.cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
        let names = Names(vec![
            ("self", planned.clone()),
            ("prior", or_null(prior)),
            ("provider", or_null(provider)),
        ]);
        let (value, diags) = evaluate(expr, &EvalContext { scope: &names, host });
        let known = !diags.has_errors() && value.is_wholly_known() && !value.is_null();
        let (Ok(value), true) = (convert(&value, &attribute.ty), known) else {
            continue;
        };
        let mut entries = planned.entries().cloned().unwrap_or_default();
        entries.insert(name.clone(), value);
        planned = Value {
            marks: planned.marks,
            ..Value::object(entries)
        };
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::scope::Nothing;
    use crate::schema::load::load_text;

    fn role(name: &str, arn: Value) -> Value {
        Value::object_of([
            ("id", Value::unknown(Type::String)),
            ("name", Value::string(name)),
            ("arn", arn),
            ("region", Value::unknown(Type::String)),
        ])
    }

    #[test]
    #[expect(clippy::unwrap_used, reason = "test")]
    fn what_follows_is_known_and_what_does_not_stays_open() {
        let text = r#"
resource "x_role" {
  provider = "x"
  identity = ["name"]
  summary  = "A role."
  attribute "id" {
    type    = string
    mode    = "computed"
    predict = "role:${self.name}"
    doc     = "Its id."
  }
  attribute "name" {
    type = string
    mode = "required"
    doc  = "Its name."
  }
  attribute "arn" {
    type    = string
    mode    = "computed"
    predict = prior.name == self.name ? prior.arn : null
    doc     = "Its ARN."
  }
  attribute "region" {
    type    = string
    mode    = "optional_computed"
    predict = provider.region
    doc     = "Its region."
  }
}
"#;
        let schema = load_text("x.hcl", text).unwrap();
        let open = || Value::unknown(Type::String);
        let provider = Value::object_of([("region", Value::string("r1"))]);
        let former = role("a", Value::string("acs:a"));
        let seen = |planned: Value, prior: Option<&Value>| {
            let out = predicted(&schema, planned, prior, Some(&provider), &Nothing);
            assert_eq!(out.get("region"), Some(&Value::string("r1")));
            (out.get("id").cloned(), out.get("arn").cloned())
        };
        assert_eq!(
            seen(role("a", open()), None),
            (Some(Value::string("role:a")), Some(open()))
        );
        let again = seen(role("a", open()), Some(&former));
        assert_eq!(again.1, Some(Value::string("acs:a")));
        let renamed = seen(role("b", open()), Some(&former));
        assert_eq!(renamed, (Some(Value::string("role:b")), Some(open())));
    }
}
