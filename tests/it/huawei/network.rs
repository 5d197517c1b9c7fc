//! The way from a driver to the embedded cloud, with a clock of its own: to wait takes no time. On the way the first reply
//! to a request may be lost, and calls may fail.

use headworks::driver::{BoxFuture, Cloud};
use headworks::engine::cloud::SystemCloud;
use headworks::sim::Sim;
use headworks::wire::{Request, Response, TransportError};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Which requests have their effect, and no reply the first time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lost {
    Nothing,
    Writes,
    Everything,
}

impl Lost {
    pub(crate) fn everything(if_so: bool) -> Lost {
        if if_so { Lost::Everything } else { Lost::Nothing }
    }
}

pub(crate) struct Network {
    system: SystemCloud,
    slept: Mutex<Duration>,
    /// Whose clock goes on while a driver waits.
    moved: Option<Arc<Sim>>,
    lost: Lost,
    lost_already: Mutex<BTreeSet<String>>,
    sent: Mutex<Vec<String>>,
    fails: Mutex<Option<(&'static str, &'static str, u16)>>,
}

impl Network {
    pub(crate) fn new(moved: Option<Arc<Sim>>, lost: Lost) -> Arc<Network> {
        Arc::new(Network {
            system: SystemCloud::new(),
            slept: Mutex::default(),
            moved,
            lost,
            lost_already: Mutex::default(),
            sent: Mutex::default(),
            fails: Mutex::default(),
        })
    }

    /// From now on calls of this method with this in their path fail with this status.
    pub(crate) fn fail(&self, method: &'static str, part: &'static str, status: u16) {
        *self.fails.lock().unwrap() = Some((method, part, status));
    }

    pub(crate) fn fail_no_more(&self) {
        *self.fails.lock().unwrap() = None;
    }

    /// How many requests of this method were sent whose path ends so.
    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        let sent = self.sent.lock().unwrap();
        let fits = |r: &&String| r.starts_with(method) && r.ends_with(end);
        sent.iter().filter(fits).count()
    }

    fn loses(&self, request: &Request) -> bool {
        let may = match self.lost {
            Lost::Nothing => false,
            Lost::Writes => request.method != "GET",
            Lost::Everything => true,
        };
        let what = format!("{} {} {:?}", request.method, request.path, request.query);
        may && self.lost_already.lock().unwrap().insert(what)
    }

    fn failure(&self, request: &Request) -> Option<Response> {
        let (method, part, status) = (*self.fails.lock().unwrap())?;
        let hit = request.method == method && request.path.contains(part);
        hit.then(|| Response {
            status,
            headers: Vec::new(),
            body: r#"{"error_code":"SIM.0001","error_msg":"on purpose"}"#.into(),
        })
    }
}

impl Cloud for Network {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let (loses, failure) = (self.loses(&request), self.failure(&request));
        let what = format!("{} {}", request.method, request.path);
        self.sent.lock().unwrap().push(what);
        Box::pin(async move {
            if let Some(failure) = failure {
                return Ok(failure);
            }
            let endpoint = request.authority.clone();
            let reply = self.system.send(request).await?;
            match loses {
                false => Ok(reply),
                true => Err(TransportError::Interrupted {
                    endpoint,
                    reason: "lost on purpose".to_string(),
                }),
            }
        })
    }

    fn now(&self) -> Timestamp {
        self.system.now() + *self.slept.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        if pause > Duration::from_secs(20) {
            // The bound of a request, not a pause.
            return self.system.sleep(pause);
        }
        Box::pin(async move {
            *self.slept.lock().unwrap() += pause;
            if let Some(sim) = &self.moved {
                sim.advance_ms(i64::try_from(pause.as_millis()).unwrap()).unwrap();
            }
        })
    }

    fn random(&self) -> u128 {
        self.system.random()
    }
}
