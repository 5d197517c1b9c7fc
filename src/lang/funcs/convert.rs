//! Functions that convert a value to a type.

use super::{Function, FunctionError, FunctionResult, Param};
use crate::base::{Kind, Type, Unknown, Value};
use crate::lang::convert::{convert, convertible, mismatch, requirement_name};
use std::sync::Arc;

const VALUE: &[Param] = &[Param::any("v").null().unknown().marked()];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "tostring",
        "A value as text.",
        VALUE,
        |_| Type::String,
        |args, _| to(args, &Type::String),
    )
    .may_be_null(),
    Function::new(
        "tonumber",
        "A value as number.",
        VALUE,
        |_| Type::Number,
        |args, _| to(args, &Type::Number),
    )
    .may_be_null(),
    Function::new(
        "tobool",
        "A value as boolean.",
        VALUE,
        |_| Type::Bool,
        |args, _| to(args, &Type::Bool),
    )
    .may_be_null(),
    Function::new(
        "tolist",
        "A value as list, with elements of one type.",
        VALUE,
        |_| Type::list(Type::Dynamic),
        |args, _| to(args, &Type::list(Type::Dynamic)),
    )
    .may_be_null(),
    Function::new(
        "toset",
        "A value as set, without order and doubles.",
        VALUE,
        |_| Type::set(Type::Dynamic),
        |args, _| to(args, &Type::set(Type::Dynamic)),
    )
    .may_be_null(),
    Function::new(
        "tomap",
        "A value as map, with elements of one type.",
        VALUE,
        |_| Type::map(Type::Dynamic),
        |args, _| to(args, &Type::map(Type::Dynamic)),
    )
    .may_be_null(),
];

/// Of what is not known yet, the elements have no type yet either, as for Terraform.
fn forget_elements(value: &Value, converted: Value, ty: &Type) -> Value {
    match (&converted.kind, value.is_known() || ty.is_primitive()) {
        (Kind::Unknown(u), false) => {
            let forgotten = Unknown {
                ty: ty.clone(),
                ..(**u).clone()
            };
            Value::from(Kind::Unknown(Arc::new(forgotten))).mark(converted.marks)
        }
        _ => converted,
    }
}

fn to(args: &[Value], ty: &Type) -> FunctionResult {
    let Some(value) = args.first() else {
        return Err(FunctionError::call("a value is required"));
    };
    convert(value, ty).map(|v| forget_elements(value, v, ty)).map_err(|_| {
        let from = value.ty();
        let want = requirement_name(ty);
        let sensitive = value.marks_deep().contains(crate::base::Marks::SENSITIVE);
        FunctionError::arg(
            0,
            match (value.as_str(), ty) {
                _ if sensitive && convertible(&from, ty, true) => {
                    format!("cannot convert this sensitive {} to {want}", from.friendly_name())
                }
                (Some(s), Type::Bool) => {
                    format!("cannot convert {s:?} to bool; only the strings \"true\" or \"false\" are allowed")
                }
                (Some(s), Type::Number) => {
                    format!("cannot convert {s:?} to number; given string must be a decimal representation of a number")
                }
                _ if matches!((&from, ty), (Type::Object(_), Type::Object(_))) => {
                    format!("incompatible object type for conversion: {}", mismatch(&from, ty))
                }
                _ => format!("cannot convert {} to {want}", from.friendly_name()),
            },
        )
    })
}
