//! Codes of the diagnostics of this layer.

/// A block or argument that does not belong where it stands.
pub const UNSUPPORTED: &str = "HW0301";
/// The same address, variable, local value, output or provider declared twice.
pub const DUPLICATE: &str = "HW0302";
/// A name that is not an identifier, or is reserved.
pub const NAME: &str = "HW0303";
/// A reference to something that is not declared.
pub const UNDECLARED: &str = "HW0304";
/// References that lead back to where they began.
pub const CYCLE: &str = "HW0305";
/// An argument that must be written out has an expression, or the other way round.
pub const STATIC: &str = "HW0306";
/// A variable without a value, or with a wrong one.
pub const VARIABLE: &str = "HW0307";
/// A resource type, data source or provider that does not exist.
pub const TYPE: &str = "HW0308";
/// `count` or `for_each` that can't be used.
pub const EXPANSION: &str = "HW0309";
/// The configuration asks for another version of the program.
pub const VERSION: &str = "HW0310";
/// A condition of the configuration does not hold.
pub const CONDITION: &str = "HW0311";
/// An output that would show a sensitive value.
pub const SENSITIVE_OUTPUT: &str = "HW0312";
