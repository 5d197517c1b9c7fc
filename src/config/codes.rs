//! Codes of the problems that a configuration as a whole can have, each with one sentence.
//! Decides names of problems only; the texts with the values
//! involved are made where a problem is found.

crate::base::codes::declare! {
    UNSUPPORTED = "HW0301", "A block or argument that does not belong where it stands.";
    DUPLICATE = "HW0302", "The same address, variable, local value, output or provider declared twice.";
    NAME = "HW0303", "A name that is not an identifier, or is reserved.";
    UNDECLARED = "HW0304", "A reference to something that is not declared.";
    CYCLE = "HW0305", "References that lead back to where they began.";
    STATIC = "HW0306", "An argument that must be written out has an expression, or the other way round.";
    VARIABLE = "HW0307", "A variable without a value, or with a wrong one.";
    TYPE = "HW0308", "A resource type, data source or provider that does not exist.";
    EXPANSION = "HW0309", "`count` or `for_each` that can't be used.";
    VERSION = "HW0310", "The configuration asks for another version of the program.";
    CONDITION = "HW0311", "A condition of the configuration does not hold.";
    SENSITIVE_OUTPUT = "HW0312", "An output that would show a sensitive value.";
    EPHEMERAL = "HW0313", "An ephemeral value where it would be kept.";
    SAME_NAME = "HW0314", "A replacement that is to be made first has the name of the object that it replaces.";
    MODULE = "HW0315", "A module call that can't be followed, or that does not fit the module.";
    TOO_LARGE = "HW0316", "The values or modules of a configuration are more than memory is for.";
    TWINS = "HW0317", "Two instances that would be the same object in the cloud.";
    MOVED = "HW0321", "A `moved` or `removed` block that contradicts the configuration, another block or the state.";
    IMPORT = "HW0322", "An `import` block that can't be followed.";
}
