//! What a driver learns of an object while it makes it, on disk before the driver goes on: after a crash the object is
//! known to be ours.

use super::run::Writer;
use crate::base::json::to_typed_json;
use crate::base::{Known, Value};
use crate::driver::{BoxFuture, IdentityNotes};
use crate::schema::{BlockSchema, secrets};
use crate::store::StepRef;
use std::sync::Arc;

/// Notes of one step, which go into its line of the journal.
pub(super) struct StepNotes {
    /// Who writes.
    pub(super) writer: Writer,
    /// The step.
    pub(super) step: StepRef,
    /// Form of the object.
    pub(super) block: Arc<BlockSchema>,
    /// The planned object, with fingerprints of its secrets.
    pub(super) planned: Value,
}

/// A note as the journal holds it: whatever a driver gives, its secrets are as in the planned object.
fn text(block: &BlockSchema, identity: &Value, planned: &Value) -> String {
    let safe = secrets::resealed(block, identity.clone(), planned);
    to_typed_json(&safe, &block.object_type()).to_string()
}

impl IdentityNotes for StepNotes {
    fn note<'a>(&'a self, identity: &'a Known) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let text = text(&self.block, identity.value(), &self.planned);
            let noted = self.writer.store.note_identity(self.writer.cx(), self.step, text).await;
            noted.map_err(|e| e.to_string())
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::base::json::from_json;
    use serde_json::json;

    #[test]
    fn a_note_holds_fingerprints_whatever_a_driver_gives() {
        let registry = crate::catalog::registry().unwrap();
        let schema = registry.resource("huaweicloud_dms_kafka_smart_connect_task").unwrap();
        let raw = json!({
            "id": "7", "task_name": "dump", "destination_task": {"access_key": "RAWAK", "secret_key": "RAWSK"},
            "source_task": {"password": "RAWPW"},
        });
        let raw = from_json(&raw, &schema.block.object_type()).unwrap();
        let seal = |path: &str, _: &str| format!("seal of {path}");
        let planned = secrets::sealed(&schema.block, &raw, Some(&seal));
        let noted = text(&schema.block, &raw, &planned);
        assert!(!noted.contains("RAW"), "{noted}");
        assert!(
            noted.contains("seal of source_task.password") && noted.contains("\"dump\""),
            "{noted}"
        );
        let noted = text(&schema.block, &raw, &Value::null(schema.block.object_type()));
        assert!(!noted.contains("RAW"), "{noted}");
    }
}
