//! Codes of the problems that reading and evaluating the language finds, each with one sentence.
//! Decides names of problems only; the texts with the values
//! involved are made where a problem is found.

crate::base::codes::declare! {
    BROKEN_TEXT = "HW0101", "The text itself is broken: open quote, open heredoc, stray character.";
    BROKEN_STRUCTURE = "HW0102", "A block or attribute is malformed.";
    BROKEN_EXPRESSION = "HW0103", "An expression is malformed.";
    DUPLICATE_ATTRIBUTE = "HW0104", "An attribute is set twice in one body.";
    TOO_COMPLEX = "HW0105", "A limit of nesting or length is exceeded.";
    AMBIGUOUS_KEY = "HW0106", "A bare `a.b` is the key of an object item.";
    TOO_DEEP = "HW0110", "Expressions are nested too deeply.";
    OPERAND = "HW0111", "An operand has the wrong type.";
    OPERATION = "HW0112", "An operation has no result for its operands.";
    CONDITIONAL_TYPES = "HW0113", "The arms of a conditional have no type in common.";
    CONDITION = "HW0114", "A condition is no boolean or null.";
    ATTRIBUTE = "HW0115", "An attribute does not exist or the value has none.";
    INDEX = "HW0116", "An index does not exist or the value has none.";
    NULL_VALUE = "HW0117", "Something is done to a null value that has no parts.";
    TEMPLATE = "HW0118", "A value can't stand in a string template.";
    ITERATION = "HW0119", "What a `for` goes over has no elements.";
    FOR_CONDITION = "HW0120", "The `if` of a `for` is no boolean.";
    OBJECT_KEY = "HW0121", "A key of an object is no string, null, or there already.";
    UNKNOWN_FUNCTION = "HW0122", "No function has this name.";
    ARGUMENT_COUNT = "HW0123", "A call has too few or too many arguments.";
    ARGUMENT = "HW0124", "An argument does not suit the function.";
    CALL = "HW0125", "A function failed.";
    EXPANSION = "HW0126", "What `...` expands is no list.";
    VALUE_TYPE = "HW0127", "A value does not convert to the type required.";
    TYPE_CONSTRAINT = "HW0128", "Not a type constraint.";
    TOO_MUCH = "HW0129", "A value is too large, or an expression takes too long.";
}
