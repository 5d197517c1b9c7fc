//! Where the program kills itself, so that tests can see what the next run makes of what is left. Decides which position is
//! the one; does nothing without `--sim`, and never ends the program in any gentler way than the system's own kill.
//!
//! `HEADWORKS_FAILPOINT=POINT:N` names the N-th position, from 1, of a kind. A POINT is `any` position, the ones of the
//! `journal` (before and after each write of the state) or of `call`s that change something (before they are sent, and when
//! they had their effect and their reply was not read), or one of these by name, like `before-begin_step` or `after-call`.

use super::{Context, codes, environment};
use crate::base::Diag;
use crate::driver::{BoxFuture, Cloud};
use crate::store::{Moment, Watch};
use crate::wire::{Request, Response, TransportError};
use jiff::Timestamp;
use rustix::process::{Signal, getpid, kill_process};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The environment variable.
const VARIABLE: &str = "HEADWORKS_FAILPOINT";

/// Words that calls which only read begin with.
const READING: [&str; 6] = ["Describe", "List", "Get", "Query", "Show", "Search"];

/// One position of a run.
#[derive(Debug)]
pub struct Failpoint {
    point: String,
    number: u32,
    passed: AtomicU32,
}

impl Failpoint {
    /// The position that the environment asks for.
    ///
    /// # Errors
    /// It is not understood, or there is no embedded cloud.
    pub fn from_environment(sim: bool) -> Result<Option<Arc<Failpoint>>, Diag> {
        let Some(text) = environment(VARIABLE).filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        let refuse = |why: &str| Diag::error(codes::USAGE, format!("{VARIABLE} can't be used")).detail(why);
        if !sim {
            return Err(
                refuse("It kills the program in the middle of its work, and is for the embedded cloud only.")
                    .help(format!("add --sim, or unset {VARIABLE}")),
            );
        }
        match Self::parse(&text) {
            Some(failpoint) => Ok(Some(Arc::new(failpoint))),
            None => Err(refuse(
                "It has the form POINT:NUMBER, like any:7 or after-begin_step:2.",
            )),
        }
    }

    fn parse(text: &str) -> Option<Failpoint> {
        let (point, number) = text.rsplit_once(':')?;
        let number = number.parse().ok().filter(|n| *n > 0)?;
        let named = point.strip_prefix("before-").or_else(|| point.strip_prefix("after-"));
        let known = named.is_some_and(|n| !n.is_empty()) || ["any", "journal", "call"].contains(&point);
        known.then(|| Failpoint {
            point: point.to_string(),
            number,
            passed: AtomicU32::new(0),
        })
    }

    /// A position is passed; the one asked for is the last.
    fn pass(&self, kind: &str, moment: Moment, name: &str, what: &str) {
        let side = match moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        let meant = match self.point.as_str() {
            "any" => true,
            point if point == kind => true,
            point => point.strip_prefix(side).and_then(|p| p.strip_prefix('-')) == Some(name),
        };
        if !meant || self.passed.fetch_add(1, Ordering::SeqCst).saturating_add(1) != self.number {
            return;
        }
        let _ = writeln!(std::io::stderr(), "failpoint: killed {side} {what}");
        let _ = kill_process(getpid(), Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

/// Who is told of the writes of the state.
pub fn watch(cx: &Context) -> Option<Watch> {
    let failpoint = cx.failpoint.clone()?;
    Some(Arc::new(move |moment, name| {
        // The heartbeat is no position: it comes when it comes.
        if name != "renew" {
            failpoint.pass("journal", moment, name, name);
        }
    }))
}

/// The way to the cloud, past the positions of its calls.
pub fn cloud(failpoint: Option<&Arc<Failpoint>>, cloud: Arc<dyn Cloud>) -> Arc<dyn Cloud> {
    match failpoint {
        Some(failpoint) => Arc::new(Watched {
            cloud,
            failpoint: Arc::clone(failpoint),
        }),
        None => cloud,
    }
}

struct Watched {
    cloud: Arc<dyn Cloud>,
    failpoint: Arc<Failpoint>,
}

/// The name of a call that changes something.
fn writing(request: &Request) -> Option<String> {
    let action = request.headers.iter().find(|(name, _)| name == "x-acs-action");
    let last = || request.path.rsplit('/').next().unwrap_or_default();
    let operation = action.map_or_else(last, |(_, action)| action);
    let reads = READING.iter().any(|word| operation.starts_with(word));
    let method = request.method.as_str();
    if matches!(method, "GET" | "HEAD") || (method == "POST" && reads) {
        return None;
    }
    let named = action.is_some() || operation.starts_with(|c: char| c.is_ascii_uppercase());
    Some(match named {
        true => format!("call {operation}"),
        false => format!("call {method} {}", request.path),
    })
}

impl Cloud for Watched {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let name = writing(&request);
            let pass = |moment| {
                if let Some(name) = &name {
                    self.failpoint.pass("call", moment, "call", name);
                }
            };
            pass(Moment::Before);
            let reply = self.cloud.send(request).await;
            pass(Moment::After);
            reply
        })
    }

    fn now(&self) -> Timestamp {
        self.cloud.now()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.cloud.sleep(pause)
    }

    fn random(&self) -> u128 {
        self.cloud.random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_kind_and_a_number() {
        for good in ["any:1", "journal:20", "call:3", "before-begin_step:1", "after-call:2"] {
            assert!(Failpoint::parse(good).is_some(), "{good}");
        }
        for bad in ["", "any", "any:0", "any:x", "sometimes:1", "before-:1", ":1"] {
            assert!(Failpoint::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn other_positions_are_passed() {
        let failpoint = Failpoint::parse("before-begin_step:1").expect("one");
        failpoint.pass("journal", Moment::After, "begin_step", "begin_step");
        failpoint.pass("journal", Moment::Before, "end_step", "end_step");
        failpoint.pass("call", Moment::Before, "call", "call CreateTable");
        assert_eq!(failpoint.passed.load(Ordering::SeqCst), 0);
    }
}
