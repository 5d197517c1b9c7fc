//! What the sessions of one run share beyond their provider configuration: who is locked out where, what is to be told to the user, and
//! whether the user asked to stop. Decides nothing.

use super::lockout::Lockout;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{Notify, watch};

/// What is known of callers by service and access key.
type Lockouts = BTreeMap<(String, String), Arc<Mutex<Lockout>>>;

/// Shared by all sessions of a run.
#[derive(Default)]
pub struct Surroundings {
    /// By service and access key: two configurations with the same key are the same caller.
    lockouts: Mutex<Lockouts>,
    texts: Mutex<Vec<String>>,
    bell: Notify,
    stop: OnceLock<watch::Receiver<bool>>,
}

impl Surroundings {
    /// From now on `stop` says whether the user asked to stop. Only the first one counts.
    pub fn stopped_by(&self, stop: watch::Receiver<bool>) {
        let _ = self.stop.set(stop);
    }

    /// Whether the user asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.get().is_some_and(|stop| *stop.borrow())
    }

    /// Returns when the user asks to stop, perhaps never.
    pub async fn stopped(&self) {
        if let Some(stop) = self.stop.get()
            && stop.clone().wait_for(|stop| *stop).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// Something that the user should know.
    pub fn tell(&self, text: String) {
        lock(&self.texts).push(text);
        self.bell.notify_one();
    }

    /// Returns when there is something to tell.
    pub async fn bell(&self) {
        self.bell.notified().await;
    }

    /// What is to be told, once.
    pub fn take_texts(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.texts))
    }

    /// What is known of a caller of a service.
    pub(super) fn lockout(&self, service: &str, access_key: &str) -> Arc<Mutex<Lockout>> {
        let key = (service.to_string(), access_key.to_string());
        Arc::clone(lock(&self.lockouts).entry(key).or_default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
