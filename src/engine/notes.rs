//! What a driver learns of an object while it makes it, on disk before the driver goes on: after a crash the object is
//! known to be ours.

use super::run::Writer;
use crate::base::Known;
use crate::base::Type;
use crate::base::json::to_typed_json;
use crate::driver::{BoxFuture, IdentityNotes};
use crate::store::StepRef;

/// Notes of one step, which go into its line of the journal.
pub(super) struct StepNotes {
    /// Who writes.
    pub(super) writer: Writer,
    /// The step.
    pub(super) step: StepRef,
    /// Type of the object.
    pub(super) ty: Type,
}

impl IdentityNotes for StepNotes {
    fn note<'a>(&'a self, identity: &'a Known) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let text = to_typed_json(identity.value(), &self.ty).to_string();
            let noted = self.writer.store.note_identity(self.writer.cx(), self.step, text).await;
            noted.map_err(|e| e.to_string())
        })
    }
}
