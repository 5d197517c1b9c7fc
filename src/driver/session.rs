//! One provider configuration at work: credentials, endpoints, clock and the way out. The only I/O a driver has.
//! Signs every attempt anew, checks replies, tries again inside a deadline, and counts requests.

mod lane;

use super::BoxFuture;
use super::budget::Budget;
use super::call::{Attempt, Call, Effect, FaultKind, Protocol};
use super::config::ProviderConfig;
use super::error::DriverError;
use super::lockout::Mark;
use super::pace::Heard;
use super::surroundings::Surroundings;
use crate::base::Known;
use crate::wire::retry::{self, Class};
use crate::wire::{Credentials, Request, Response, TransportError};
use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use lane::{Lane, NoTurn, Place};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long a call without a deadline is tried.
const CALL_LIMIT: Duration = Duration::from_secs(60);

/// How long a call may still be tried again after the user asked to stop, when leaving it would leave something half done.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Where the session's effects go: network, clock, randomness.
pub trait Cloud: Send + Sync {
    /// Sends one request and waits for the whole reply.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Waits.
    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()>;

    /// Random bits: nonces, jitter, made-up ids.
    fn random(&self) -> u128;
}

/// Who must learn an identity before a driver goes on, so that a crash does not lose the object.
pub trait IdentityNotes: Send + Sync {
    /// Returns when the identity attributes are on disk.
    fn note<'a>(&'a self, identity: &'a Known) -> BoxFuture<'a, Result<(), String>>;
}

/// Who knows whether this process may still write to the cloud: one that was stopped for a while may have lost that right.
pub trait Fence: Send + Sync {
    /// Fails with the reason when it may not.
    fn check(&self) -> BoxFuture<'_, Result<(), String>>;
}

/// How often and how long to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pause after the first look; grows by half each time.
    pub pause: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// When to give up in a session without a deadline.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(5),
            total: Duration::from_secs(600),
        }
    }
}

/// What a driver works with. A clone shares configuration, counters and pace.
#[derive(Clone)]
pub struct Session {
    config: Arc<ProviderConfig>,
    cloud: Arc<dyn Cloud>,
    shared: Arc<Shared>,
    deadline: Option<Timestamp>,
    read_only: bool,
    token: Option<String>,
    notes: Option<Arc<dyn IdentityNotes>>,
    fence: Option<Arc<dyn Fence>>,
    around: Arc<Surroundings>,
    /// Whether a call of this step may have changed something.
    touched: Arc<AtomicBool>,
}

#[derive(Default)]
struct Shared {
    lanes: Mutex<BTreeMap<&'static str, Arc<Lane>>>,
    requests: Mutex<BTreeMap<String, u64>>,
    facts: Mutex<BTreeMap<String, Arc<OnceCell<String>>>>,
}

/// What one attempt came to, if it was not a success.
struct Setback {
    error: DriverError,
    class: Class,
    throttled: bool,
    /// Nothing is wrong but the time: only the deadline ends it.
    patient: bool,
    heard: Heard,
    mark: Mark,
}

impl Session {
    /// A session without a deadline that may write.
    pub fn new(config: ProviderConfig, cloud: Arc<dyn Cloud>) -> Session {
        Session {
            config: Arc::new(config),
            cloud,
            shared: Arc::default(),
            deadline: None,
            read_only: false,
            token: None,
            notes: None,
            fence: None,
            around: Arc::default(),
            touched: Arc::default(),
        }
    }

    /// The same session as one of those of a run.
    #[must_use]
    pub fn among(self, around: Arc<Surroundings>) -> Session {
        Session { around, ..self }
    }

    /// The same session for one step. When the user asks to stop, a step that has changed nothing so far gives up its pauses.
    #[must_use]
    pub fn for_step(&self) -> Session {
        Session {
            touched: Arc::default(),
            ..self.clone()
        }
    }

    /// Whether the user asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.around.is_stopped()
    }

    /// Waits on the session's clock; false when the user asked to stop before the time was over.
    pub async fn sleep_unless_stopped(&self, pause: Duration) -> bool {
        match select(pin!(self.around.stopped()), self.cloud.sleep(pause)).await {
            Either::Left(_) => false,
            Either::Right(_) => true,
        }
    }

    /// The same session that must be done within `limit` from now, or by its present deadline if that is earlier.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Session {
        let end = later(self.cloud.now(), limit);
        Session {
            deadline: Some(self.deadline.map_or(end, |d| d.min(end))),
            ..self.clone()
        }
    }

    /// The same session that refuses every call that writes.
    #[must_use]
    pub fn read_only(self) -> Session {
        Session {
            read_only: true,
            ..self
        }
    }

    /// The same session for a step whose client token is already on disk, so that a repeated step is recognised.
    #[must_use]
    pub fn with_token(self, token: impl Into<String>) -> Session {
        Session {
            token: Some(token.into()),
            ..self
        }
    }

    /// The same session that tells `notes` of identities learned half-way.
    #[must_use]
    pub fn with_notes(self, notes: Arc<dyn IdentityNotes>) -> Session {
        Session {
            notes: Some(notes),
            ..self
        }
    }

    /// The same session that asks `fence` before every call that writes.
    #[must_use]
    pub fn with_fence(self, fence: Arc<dyn Fence>) -> Session {
        Session {
            fence: Some(fence),
            ..self
        }
    }

    /// Settings of the provider.
    pub fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.cloud.now()
    }

    /// Waits on the session's clock.
    pub fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.cloud.sleep(pause)
    }

    /// The step's client token or a random UUID: the same for every attempt of a step, also after a crash.
    pub fn token(&self) -> String {
        self.token.clone().unwrap_or_else(|| {
            uuid::Builder::from_random_bytes(self.cloud.random().to_be_bytes())
                .into_uuid()
                .to_string()
        })
    }

    /// Requests sent so far, attempts included, by `service:operation`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.shared
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A fact that holds for the whole run and is asked for once: the id of a project, a token. A failure is not kept.
    ///
    /// # Errors
    /// What `learn` fails with.
    pub async fn learn<F>(&self, fact: &str, learn: F) -> Result<String, DriverError>
    where
        F: Future<Output = Result<String, DriverError>>,
    {
        let cell = {
            let mut facts = self.shared.facts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(facts.entry(fact.to_string()).or_default())
        };
        cell.get_or_try_init(|| learn).await.cloned()
    }

    /// Makes an identity that the cloud chose safe before going on.
    ///
    /// # Errors
    /// It could not be written down; the driver stops with what exists so far.
    pub async fn note_identity(&self, call: &Call, identity: &Known) -> Result<(), DriverError> {
        let Some(notes) = &self.notes else {
            return Ok(());
        };
        let noted = notes.note(identity).await;
        noted.map_err(|why| DriverError::Failed(call.reply(format!("the new identity could not be stored: {why}"))))
    }

    /// The region, which most addresses are made of.
    ///
    /// # Errors
    /// None is set; names what would set it.
    pub fn region(&self, call: &Call) -> Result<&str, DriverError> {
        self.config.region.as_deref().ok_or_else(|| {
            let mut reply = call.reply("the provider has no region");
            reply.help = Some(self.help_to_set("region"));
            DriverError::Rejected(reply)
        })
    }

    /// Sends `request`, signed anew for every attempt, until it succeeds, can't, or time is up.
    ///
    /// # Errors
    /// The last fault, with the cloud's code and request id.
    pub async fn call(&self, call: &Call, protocol: &dyn Protocol, request: &Request) -> Result<Response, DriverError> {
        if self.read_only && call.effect != Effect::Reads {
            return Err(call.rejected("this run only reads, and the call would write"));
        }
        let credentials = protocol
            .credentials(self.config.credentials.as_ref())
            .ok_or_else(|| self.no_credentials(call))?;
        let lane = self.lane(call.service);
        let caller = self.around.lockout(call.service, &credentials.access_key);
        let closed = || {
            let caller = caller.lock().unwrap_or_else(PoisonError::into_inner);
            let (what, help) = caller.closed(call.service)?;
            Some(DriverError::NotTried(call.reply(what)).with_help(help))
        };
        let start = self.cloud.now();
        let mut end = self.end(CALL_LIMIT);
        let mut tries = Tries::default();
        loop {
            if let Some(error) = closed() {
                return Err(tries.over(error, call));
            }
            let place = match lane.enter(self, end, !self.has_touched(tries.doubtful)).await {
                Ok(place) => place,
                Err(why) => return Err(tries.no_turn(why, call)),
            };
            // It may have happened while the call waited.
            if let Some(error) = closed() {
                return Err(tries.over(error, call));
            }
            self.fenced(call).await.map_err(|error| tries.over(error, call))?;
            tries.count = tries.count.saturating_add(1);
            let outcome = self.attempt(call, protocol, request, credentials, end).await;
            self.told(call, &place, outcome.as_ref().err());
            drop(place);
            let setback = match outcome {
                Ok(response) => return Ok(response),
                Err(setback) => setback,
            };
            if setback.mark != Mark::None {
                let mut caller = caller.lock().unwrap_or_else(PoisonError::into_inner);
                caller.note(setback.mark, &setback.words());
            }
            tries.doubtful |= call.effect != Effect::Reads && setback.error.effect_unknown();
            if self.is_stopped() && tries.stop_end.is_none() {
                let last = later(self.cloud.now(), STOP_LIMIT).min(end);
                (tries.stop_end, end) = (Some(last), last);
            }
            let limits = self.limits(&setback, until(start, end));
            let elapsed = until(start, self.cloud.now());
            let retry::Retry::After(pause) = retry::decide(tries.count, setback.class, elapsed, limits, self.jitter())
            else {
                return Err(tries.over(setback.with_wish(), call));
            };
            if !setback.patient && !lane.may_retry() {
                let error = setback.error.with_help(Budget::used_up(call.service));
                return Err(tries.over(error, call));
            }
            tries.last = Some(setback.error);
            if self.has_touched(tries.doubtful) {
                self.cloud.sleep(pause).await;
            } else if !self.sleep_unless_stopped(pause).await {
                return Err(tries.no_turn(NoTurn::Stopped, call));
            }
        }
    }

    fn limits(&self, setback: &Setback, deadline: Duration) -> retry::Limits {
        let mut limits = retry::Limits {
            deadline,
            ..retry::Limits::default()
        };
        match self.retries() {
            // A service that is busy making something is waited for, not tried again.
            Some(retries) if !setback.patient || setback.throttled => limits.attempts = retries.saturating_add(1),
            _ if setback.patient => limits.attempts = u32::MAX,
            _ => {}
        }
        limits
    }

    /// Whether this step may have changed something: then it is finished also when the user asks to stop.
    fn has_touched(&self, doubtful: bool) -> bool {
        doubtful || self.touched.load(Ordering::Relaxed)
    }

    /// Tells the pace, and the user when the service slows us down.
    fn told(&self, call: &Call, place: &Place<'_>, setback: Option<&Setback>) {
        let heard = setback.map_or(Heard::Answer, |s| s.heard);
        if call.effect != Effect::Reads && setback.is_none_or(|s| s.error.effect_unknown()) {
            self.touched.store(true, Ordering::Relaxed);
        }
        if let Some(slower) = place.heard(heard, self.cloud.now()) {
            let why = match heard {
                Heard::Throttled(_) => "asks to slow down",
                _ => "keeps failing",
            };
            self.around.tell(format!("{} {why}: {slower}", call.service));
        }
    }

    /// Refuses a call that writes when this process lost the right to.
    async fn fenced(&self, call: &Call) -> Result<(), DriverError> {
        let Some(fence) = self.fence.as_ref().filter(|_| call.effect != Effect::Reads) else {
            return Ok(());
        };
        let checked = fence.check().await;
        checked.map_err(|why| DriverError::NotSent(call.reply(why)))
    }

    /// How often a call may be tried again, where the provider says so.
    fn retries(&self) -> Option<u32> {
        self.config.settings.get("max_retries")?.parse().ok()
    }

    /// From 0 to 1.
    fn jitter(&self) -> f64 {
        f64::from(u16::try_from(self.cloud.random() & 0xffff).unwrap_or_default()) / f64::from(u16::MAX)
    }

    async fn attempt(
        &self,
        call: &Call,
        protocol: &dyn Protocol,
        request: &Request,
        credentials: &Credentials,
        end: Timestamp,
    ) -> Result<Response, Setback> {
        let attempt = Attempt {
            credentials,
            now: self.cloud.now(),
            nonce: self.cloud.random(),
        };
        // A service that answers at once but never to the end would otherwise be asked for ever.
        let left = until(attempt.now, end);
        if left.is_zero() {
            return Err(Setback::last(DriverError::NotSent(
                call.reply("no time was left to ask"),
            )));
        }
        let mut request = request.clone();
        protocol.sign(&mut request, &attempt);
        self.count(call);
        let reply = match select(self.cloud.send(request.clone()), self.cloud.sleep(left)).await {
            Either::Left((reply, _)) => reply,
            Either::Right(((), _)) => {
                let mut reply = call.reply("no reply within the time allowed");
                reply.help = unknown_effect_help(call);
                return Err(Setback {
                    heard: Heard::Failed,
                    ..Setback::last(DriverError::TimedOut(reply))
                });
            }
        };
        let reply = reply.map_err(|e| Setback::of_transport(call, &e))?;
        if let Err(why) = protocol.verify(&request, &reply, &attempt) {
            let mut facts = call.reply(format!("the reply can't be trusted: {why}"));
            facts.status = Some(reply.status);
            return Err(Setback::last(DriverError::Garbled(facts)));
        }
        match protocol.fault(call, &reply) {
            None => Ok(reply),
            Some(mut fault) => {
                fault.class = retry::with_retry_after(fault.class, &reply);
                let quiet = match fault.class {
                    Class::Transient { at_least } => at_least,
                    Class::Final => Duration::ZERO,
                };
                Err(Setback {
                    throttled: fault.kind == FaultKind::Throttled,
                    patient: matches!(fault.kind, FaultKind::Throttled | FaultKind::NotReady),
                    class: fault.class,
                    heard: match fault.kind {
                        FaultKind::Throttled => Heard::Throttled(quiet),
                        FaultKind::Failed => Heard::Failed,
                        _ => Heard::Answer,
                    },
                    mark: protocol.mark(&fault),
                    error: fault.error(call, credentials),
                })
            }
        }
    }

    /// Looks again until `look` finds something.
    ///
    /// # Errors
    /// An error of `look`, or time is up.
    pub async fn poll<T, F>(
        &self,
        call: &Call,
        awaited: &str,
        limits: Limits,
        mut look: impl FnMut() -> F,
    ) -> Result<T, DriverError>
    where
        F: Future<Output = Result<Option<T>, DriverError>>,
    {
        let end = self.end(limits.total);
        let mut pause = limits.pause;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if later(self.cloud.now(), pause) >= end {
                return Err(DriverError::TimedOut(
                    call.reply(format!("{awaited} took longer than allowed")),
                ));
            }
            self.cloud.sleep(pause).await;
            pause = pause
                .saturating_mul(3)
                .checked_div(2)
                .unwrap_or(pause)
                .min(limits.pause_max);
        }
    }

    fn end(&self, limit: Duration) -> Timestamp {
        match self.deadline {
            Some(deadline) => deadline,
            None => later(self.cloud.now(), limit),
        }
    }

    fn lane(&self, service: &'static str) -> Arc<Lane> {
        let mut lanes = self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(service).or_default())
    }

    fn count(&self, call: &Call) {
        let mut requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests
            .entry(format!("{}:{}", call.service, call.operation))
            .or_default() += 1;
    }

    fn no_credentials(&self, call: &Call) -> DriverError {
        let mut reply = call.reply(format!("provider {} has no credentials", self.config.provider));
        let names = |attribute: &str| {
            self.config
                .variables(attribute)
                .first()
                .map_or_else(|| attribute.to_string(), Clone::clone)
        };
        reply.help = Some(format!(
            "set access_key and secret_key in the provider block, or the environment variables {} and {}",
            names("access_key"),
            names("secret_key")
        ));
        DriverError::Denied(reply)
    }

    fn help_to_set(&self, attribute: &str) -> String {
        match self.config.variables(attribute) {
            [] => format!("set {attribute} in the provider block"),
            names => format!(
                "set {attribute} in the provider block, or the environment variable {}",
                names.join(" or ")
            ),
        }
    }
}

/// The attempts of a call so far.
#[derive(Default)]
struct Tries {
    count: u32,
    /// Whether an earlier attempt may have had its effect, which a later one that was refused or not even sent does not change.
    doubtful: bool,
    last: Option<DriverError>,
    stop_end: Option<Timestamp>,
}

impl Tries {
    /// The error of a call that is given up.
    fn over(&self, error: DriverError, call: &Call) -> DriverError {
        match error {
            DriverError::NotSent(mut reply)
            | DriverError::NotTried(mut reply)
            | DriverError::Throttled(mut reply)
            | DriverError::Denied(mut reply)
                if self.doubtful =>
            {
                reply.help = unknown_effect_help(call);
                DriverError::Unreachable(reply)
            }
            error => error,
        }
    }

    /// The error of a call whose turn never came.
    fn no_turn(self, why: NoTurn, call: &Call) -> DriverError {
        let last = self.last.clone();
        let error = match (why, last) {
            (NoTurn::Stopped, Some(last)) => last.with_help("the run was stopped before it was tried again"),
            (NoTurn::Late, Some(last)) => last,
            (NoTurn::Stopped, None) => {
                DriverError::NotSent(call.reply("not sent: the run was stopped before its turn"))
            }
            (NoTurn::Late, None) => {
                let what = format!(
                    "not sent: {} asks to slow down, and its turn is after the time allowed",
                    call.service
                );
                DriverError::Throttled(call.reply(what)).with_help("use a lower -parallelism, or longer timeouts")
            }
        };
        self.over(error, call)
    }
}

impl Setback {
    /// There is no point in trying again.
    fn last(error: DriverError) -> Setback {
        Setback {
            error,
            class: Class::Final,
            throttled: false,
            patient: false,
            heard: Heard::Answer,
            mark: Mark::None,
        }
    }

    fn of_transport(call: &Call, error: &TransportError) -> Setback {
        let mut reply = call.reply(error.to_string());
        let class = retry::classify_transport(error, call.effect.when_repeated());
        let never_sent = retry::classify_transport(error, retry::Effect::Once) != Class::Final;
        let refused_here = matches!(error, TransportError::NotTls { .. } | TransportError::Unsendable { .. });
        if refused_here {
            return Setback::last(DriverError::Rejected(reply));
        }
        reply.help = if never_sent {
            Some("nothing was sent; check the provider's region and endpoints, and the way there: network, proxy, firewall".into())
        } else {
            unknown_effect_help(call)
        };
        let error = if never_sent {
            DriverError::NotSent(reply)
        } else {
            DriverError::Unreachable(reply)
        };
        Setback {
            class,
            heard: Heard::Failed,
            ..Setback::last(error)
        }
    }

    /// The service's code and words.
    fn words(&self) -> String {
        let reply = self.error.reply();
        match &reply.code {
            Some(code) => format!("{code}: {}", reply.message),
            None => reply.message.clone(),
        }
    }

    /// The error, with the pause that the service asks for when that is why it is given up.
    fn with_wish(self) -> DriverError {
        match self.class {
            Class::Transient { at_least } if !at_least.is_zero() => {
                let pause = at_least.as_secs_f64();
                self.error.with_help(format!(
                    "the service asks for a pause of {pause:.0} s, which is more than is left of the time allowed"
                ))
            }
            _ => self.error,
        }
    }
}

fn unknown_effect_help(call: &Call) -> Option<String> {
    (call.effect != Effect::Reads).then(|| "it may have had its effect all the same; run plan to see".to_string())
}

/// The time `pause` after `now`, or the end of time.
fn later(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause)
        .ok()
        .and_then(|p| now.checked_add(p).ok())
        .unwrap_or(Timestamp::MAX)
}

/// From `now` to `then`; nothing when that is past.
fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
