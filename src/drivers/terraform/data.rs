//! `terraform_data`: keeps a value in the state. Nothing leaves this machine.
//!
//! Source: Terraform, "The terraform_data Managed Resource Type".

use crate::base::{Known, Type, Value};
use crate::driver::{BoxFuture, Driver, DriverError, Failure, Session};

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerraformData;

/// `object` with `output` the same as `input`, and with `id` where one is given.
fn stored(object: &Known, id: Option<Value>) -> Known {
    let mut attributes = object.value().entries().cloned().unwrap_or_default();
    let input = attributes.get("input").cloned();
    attributes.insert("output".into(), input.unwrap_or_else(|| Value::null(Type::Dynamic)));
    if let Some(id) = id {
        attributes.insert("id".into(), id);
    }
    Known::new(Value::object(attributes)).unwrap_or_else(|| object.clone())
}

impl Driver for TerraformData {
    fn read<'a>(&'a self, _: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move { Ok(Some(prior.clone())) })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(async move { Ok(stored(planned, Some(Value::string(session.token())))) })
    }

    fn update<'a>(
        &'a self,
        _: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(async move { Ok(stored(planned, prior.value().get("id").cloned())) })
    }

    fn delete<'a>(&'a self, _: &'a Session, _: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(async move { Ok(()) })
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        crate::drivers::object::identity(&[("id", id)])
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn output_is_input_of_any_type_and_the_id_stays() {
        let tuple = Value::tuple(vec![Value::int(1), Value::string("a")]);
        let planned = Known::new(Value::object_of([
            ("id", Value::null(Type::String)),
            ("input", tuple.clone()),
            ("output", Value::null(Type::Dynamic)),
        ]))
        .unwrap();
        let made = stored(&planned, Some(Value::string("u")));
        assert_eq!(made.value().get("output"), Some(&tuple));
        assert_eq!(made.value().get("id").and_then(Value::as_str), Some("u"));
        let kept = stored(&made, None);
        assert_eq!(kept, made);
    }
}
