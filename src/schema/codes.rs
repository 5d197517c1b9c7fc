//! The codes of all that this layer says, each with one sentence. Decides names of problems only; the texts with
//! the values involved are made where a problem is found.

crate::base::codes::declare! {
    UNSUPPORTED_ARGUMENT = "HW0201", "A block sets an argument that its type does not have.";
    UNSUPPORTED_BLOCK = "HW0202", "A block holds a nested block that its type does not have.";
    MISSING_ARGUMENT = "HW0203", "A required argument is not set, or is null.";
    TOO_FEW_BLOCKS = "HW0204", "A nested block stands less often than its type demands.";
    TOO_MANY_BLOCKS = "HW0205", "A nested block stands more often than its type allows.";
    COMPUTED_SET = "HW0206", "An attribute that only the cloud decides is set.";
    EXTRANEOUS_LABEL = "HW0207", "A nested block has a label where none belongs.";
    DYNAMIC_FORM = "HW0208", "A dynamic block lacks its label, its for_each or its content, or has something else.";
    WRONG_TYPE = "HW0210", "The value of an argument is of another type than the argument.";
    DYNAMIC_FOR_EACH = "HW0211", "The for_each of a dynamic block can't be iterated.";
    NOT_ALLOWED = "HW0220", "A value is none of those that the service knows.";
    PATTERN = "HW0221", "A text does not have the form that the service demands.";
    LENGTH = "HW0222", "A text or collection is shorter or longer than the service allows.";
    RANGE = "HW0223", "A number lies outside the range that the service allows.";
    RULE = "HW0224", "An object breaks a rule of its service, or keeps it in a way that is likely to surprise.";
    SECRET_LITERAL = "HW0225", "A secret stands in the configuration in clear text.";
    DEPRECATED = "HW0226", "An argument, block or type should not be used any more.";
    BROKEN_SCHEMA = "HW0290", "A schema file is wrong, which is a bug in headworks.";
    BROKEN_RULE = "HW0291", "A rule or data effect of a schema can't be evaluated, which is a bug in headworks.";
}
