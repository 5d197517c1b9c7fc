//! What a driver learns of an object while it makes it, on disk before the driver goes on: after a crash the object is
//! known to be ours.

use crate::base::Known;
use crate::driver::{BoxFuture, IdentityNotes};
use tokio::sync::{mpsc, oneshot};

/// One request to write an identity down.
pub(super) struct Asked {
    /// The identity, as far as the driver knows the object.
    pub(super) identity: Known,
    /// Told when it is on disk, or why it is not.
    pub(super) answer: oneshot::Sender<Result<(), String>>,
}

/// Passes requests on to the step that runs the driver, which has the journal.
pub(super) struct Relay(mpsc::UnboundedSender<Asked>);

impl Relay {
    /// A relay and where its requests arrive.
    pub(super) fn new() -> (Relay, mpsc::UnboundedReceiver<Asked>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Relay(sender), receiver)
    }
}

impl IdentityNotes for Relay {
    fn note<'a>(&'a self, identity: &'a Known) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let asked = Asked {
                identity: identity.clone(),
                answer,
            };
            let gone = || "the step is over".to_string();
            self.0.send(asked).map_err(|_| gone())?;
            answered.await.map_err(|_| gone())?
        })
    }
}
