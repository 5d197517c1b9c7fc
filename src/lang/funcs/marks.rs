//! Functions on the marks of values: sensitive, ephemeral.

use super::{Function, FunctionError, Param, bool_type, same_type};
use crate::base::{Kind, Marks, Value};

const VALUE: &[Param] = &[Param::any("value").null().unknown().marked()];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "sensitive",
        "A value that is not to be shown.",
        VALUE,
        same_type,
        |args, _| first(args).map(Value::sensitive),
    )
    .may_be_null(),
    Function::new(
        "nonsensitive",
        "A value that may be shown though it was made of a sensitive one.",
        VALUE,
        same_type,
        |args, _| {
            first(args).map(|v| Value {
                marks: v.marks.without(Marks::SENSITIVE),
                ..v
            })
        },
    )
    .may_be_null(),
    Function::new(
        "issensitive",
        "Whether a value is marked sensitive.",
        VALUE,
        bool_type,
        |args, _| {
            let value = first(args)?;
            // An unknown value may turn out to be sensitive, but what is marked stays so.
            if !value.is_sensitive() && !value.is_known() {
                return super::unknown(crate::base::Type::Bool, Marks::NONE);
            }
            Ok(Value::bool(value.is_sensitive()))
        },
    ),
    Function::new(
        "ephemeralasnull",
        "A value with each ephemeral part of it replaced by null.",
        VALUE,
        same_type,
        |args, _| first(args).map(|v| without_ephemeral(&v)),
    )
    .may_be_null(),
];

fn first(args: &[Value]) -> Result<Value, FunctionError> {
    args.first()
        .cloned()
        .ok_or_else(|| FunctionError::call("a value is required"))
}

fn without_ephemeral(value: &Value) -> Value {
    if value.marks.contains(Marks::EPHEMERAL) {
        return Value::null(value.ty()).mark(value.marks.without(Marks::EPHEMERAL));
    }
    let items = |items: &[Value]| items.iter().map(without_ephemeral).collect::<Vec<_>>();
    let entries = |m: &std::collections::BTreeMap<_, _>| {
        m.iter()
            .map(|(k, v)| (crate::base::Str::clone(k), without_ephemeral(v)))
            .collect()
    };
    match &value.kind {
        Kind::List(t, v) => Value::list(t.clone(), items(v)),
        Kind::Tuple(v) => Value::tuple(items(v)),
        Kind::Map(t, m) => Value::map(t.clone(), entries(m)),
        Kind::Object(m) => Value::object(entries(m)),
        _ => value.kind.clone().into(),
    }
    .mark(value.marks)
}
