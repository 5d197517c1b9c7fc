//! Stable codes of the problems that evaluation finds; each is explained in `docs/diagnostics.md`.

/// Expressions are nested too deeply.
pub const TOO_DEEP: &str = "HW0110";
/// An operand has the wrong type.
pub const OPERAND: &str = "HW0111";
/// An operation has no result for its operands.
pub const OPERATION: &str = "HW0112";
/// The arms of a conditional have no type in common.
pub const CONDITIONAL_TYPES: &str = "HW0113";
/// A condition is no boolean or null.
pub const CONDITION: &str = "HW0114";
/// An attribute does not exist or the value has none.
pub const ATTRIBUTE: &str = "HW0115";
/// An index does not exist or the value has none.
pub const INDEX: &str = "HW0116";
/// Something is done to a null value that has no parts.
pub const NULL_VALUE: &str = "HW0117";
/// A value can't stand in a string template.
pub const TEMPLATE: &str = "HW0118";
/// What a `for` goes over has no elements.
pub const ITERATION: &str = "HW0119";
/// The `if` of a `for` is no boolean.
pub const FOR_CONDITION: &str = "HW0120";
/// A key of an object is no string, null, or there already.
pub const OBJECT_KEY: &str = "HW0121";
/// No function has this name.
pub const UNKNOWN_FUNCTION: &str = "HW0122";
/// A call has too few or too many arguments.
pub const ARGUMENT_COUNT: &str = "HW0123";
/// An argument does not suit the function.
pub const ARGUMENT: &str = "HW0124";
/// A function failed.
pub const CALL: &str = "HW0125";
/// What `...` expands is no list.
pub const EXPANSION: &str = "HW0126";
/// A value does not convert to the type required.
pub const VALUE_TYPE: &str = "HW0127";
/// Not a type constraint.
pub const TYPE_CONSTRAINT: &str = "HW0128";
