//! Codes of the problems that the command line meets, each with one sentence.
//! Decides names of problems only; the texts with the values
//! involved are made where a problem is found.

crate::base::codes::declare! {
    USAGE = "HW0601", "The command line asks for something that can't be.";
    FILE = "HW0602", "A file can't be read or written.";
    STATE = "HW0603", "The state can't be opened.";
    PLAN_FILE = "HW0604", "A saved plan can't be applied.";
    SIM = "HW0605", "The embedded cloud can't be started or changed.";
    NOT_FOUND = "HW0606", "Something of that name does not exist.";
    INCOMPLETE = "HW0607", "Objects of the state could not be compared with the cloud.";
    DOCUMENT = "HW0608", "A document can't be taken into the state.";
}
