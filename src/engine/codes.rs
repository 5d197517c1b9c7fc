//! Codes of the problems that looking at the cloud and applying meet, each with one sentence.
//! Decides names of problems only; the texts with the values
//! involved are made where a problem is found.

crate::base::codes::declare! {
    CLOUD = "HW0501", "A call to the cloud failed.";
    INCONSISTENT = "HW0502", "The cloud returned something else than was planned.";
    UNHEALTHY = "HW0503", "An object exists but does not work.";
    STATE_ROW = "HW0504", "A row of the state can't be read.";
    UNCERTAIN = "HW0505", "A killed run left something that can't be settled without the user.";
    STORE = "HW0506", "The state could not be written.";
    PROVIDER = "HW0507", "A provider configuration can't be used.";
    STILL_UNKNOWN = "HW0508", "A value that the plan left open is still not known.";
    IMPORT = "HW0509", "An object can't be imported.";
}
