//! The embedded cloud: the clouds' own HTTP protocols on loopback, with signatures verified, parameters
//! checked, phases that take time and faults on demand. Official SDKs work against it unchanged.
//! It shares signing and codecs with the drivers and nothing else, so that a shared mistake cannot hide.

pub mod admin;
pub mod alicloud;
pub mod chaos;
mod http;
pub mod huaweicloud;
pub mod pace;
mod rate;
pub mod service;
mod store;
mod times;
pub mod world;
mod xml;

pub use chaos::Chaos;
pub use pace::Pace;
pub use service::Service;
pub use times::SimClock;
pub use world::{AccessKey, DEMO_ACCESS_KEY, DEMO_ACCOUNT, DEMO_REGION, DEMO_SECRET, Settings, World};

use crate::base::Secret;
use crate::wire::request::Credentials;
use http::Server;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::WorldStore;
use world::{Now, Object};

/// How to start an embedded cloud.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// File that keeps the world between runs; `None` keeps it in memory only.
    pub database: Option<PathBuf>,
    /// Faults to inject; `None` for none.
    pub chaos: Option<Chaos>,
    /// Where time comes from.
    pub clock: SimClock,
    /// The port of the first service, the others follow in the order of [`Service::ALL`]; 0 lets the system choose
    /// each.
    pub first_port: u16,
    /// Behaviour switches.
    pub settings: Settings,
    /// Access keys accepted besides the demo key.
    pub access_keys: Vec<AccessKey>,
}

/// Why an embedded cloud could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A port could not be opened.
    #[error("the embedded cloud cannot listen on 127.0.0.1:{port} for {service}: {cause}")]
    Listen {
        /// The service.
        service: &'static str,
        /// The port asked for.
        port: u16,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// The world file could not be opened or read.
    #[error("the embedded cloud cannot use {}: {cause}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The reason.
        cause: String,
    },
}

/// A running embedded cloud. Dropping it stops it as [`Sim::stop`] does, without waiting.
#[derive(Debug)]
pub struct Sim {
    shared: Arc<Shared>,
    servers: Vec<Server>,
}

impl Sim {
    /// Reads the world and begins to listen, on 127.0.0.1 only. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When the world file or a port cannot be used.
    pub async fn start(options: SimOptions) -> Result<Self, SimError> {
        let mut world = World::new(options.settings, options.access_keys);
        let store = match &options.database {
            None => None,
            Some(path) => {
                let store = WorldStore::open(path)?;
                store.load(path, &mut world)?;
                check(&world).map_err(|cause| SimError::Database {
                    path: path.clone(),
                    cause,
                })?;
                Some(store)
            }
        };
        let shared = Arc::new(Shared {
            inner: Mutex::new(Inner {
                world,
                store,
                requests: BTreeMap::new(),
                faults: BTreeMap::new(),
                count: 0,
                ahead: None,
                meters: BTreeMap::new(),
            }),
            pace: options
                .chaos
                .as_ref()
                .and_then(Chaos::speed)
                .map(|speed| Arc::new(Pace::new(speed))),
            chaos: options.chaos,
            clock: options.clock,
        });
        let mut servers = Vec::new();
        for (number, service) in (0..).zip(Service::ALL) {
            let port = match options.first_port {
                0 => 0,
                first => first.saturating_add(number),
            };
            servers.push(Server::start(*service, port, Arc::clone(&shared)).await?);
        }
        Ok(Self { shared, servers })
    }

    /// Where a service answers: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self, service: Service) -> &str {
        let server = self.servers.iter().find(|s| s.service() == service);
        server.map_or("", Server::url)
    }

    /// The clock that the program in this process is to use as well, when time passes faster than the machine's.
    pub fn pace(&self) -> Option<Arc<Pace>> {
        self.shared.pace.clone()
    }

    /// The fixed demo key, accepted by every embedded cloud.
    pub fn credentials() -> Credentials {
        Credentials {
            access_key: DEMO_ACCESS_KEY.to_string(),
            secret: Secret::well_known(DEMO_SECRET),
            security_token: None,
        }
    }

    /// Closes all ports and connections; the world file is complete after every reply already.
    pub async fn stop(self) {
        for server in self.servers {
            server.stop().await;
        }
    }

    /// A copy of the world as it is now.
    pub fn world(&self) -> World {
        self.shared.lock().world.clone()
    }

    /// How often each operation was called, by name, such as `CreateTable`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.shared.lock().requests.clone()
    }

    /// How often each fault was injected, by `operation:fault`.
    pub fn faults(&self) -> BTreeMap<String, u64> {
        self.shared.lock().faults.clone()
    }

    /// Moves the world clock forward (see [`SimClock`]).
    ///
    /// # Errors
    /// When the world file cannot be written.
    pub fn advance_ms(&self, ms: i64) -> Result<(), String> {
        self.shared.change(|world| admin::advance(world, ms))
    }

    /// The JSON of one object.
    pub fn object(&self, kind: &str, key: &str) -> Option<Value> {
        admin::get(&self.shared.lock().world, kind, key)
    }

    /// Stores an object behind the services' back; the JSON must be a complete object of its kind.
    ///
    /// # Errors
    /// When the JSON does not fit the kind or key, or the world file cannot be written.
    pub fn put_object(&self, kind: &str, key: &str, json: Value) -> Result<(), String> {
        self.shared.change(|world| admin::put(world, kind, key, json))?
    }

    /// Merges fields into an object behind the services' back (JSON merge patch, RFC 7396).
    ///
    /// # Errors
    /// When there is no such object, the result does not fit the kind, or the world file cannot be written.
    pub fn patch_object(&self, kind: &str, key: &str, patch: &Value) -> Result<(), String> {
        self.shared.change(|world| admin::patch(world, kind, key, patch))?
    }

    /// Removes an object behind the services' back; `false` when there was none.
    ///
    /// # Errors
    /// When the world file cannot be written.
    pub fn delete_object(&self, kind: &str, key: &str) -> Result<bool, String> {
        self.shared.change(|world| admin::delete(world, kind, key))
    }
}

/// Every object read from a file must be one this version understands: one that is not would seem not to
/// exist.
fn check(world: &World) -> Result<(), String> {
    for (id, json) in world.objects().filter(|(id, _)| id.kind != ClockOffset::KIND) {
        normal(&id.kind, &id.key, json.clone()).map_err(|e| format!("object {} {}: {e}", id.kind, id.key))?;
    }
    Ok(())
}

/// Checks that `json` is a complete object of `kind` with this `key`, and gives it in its stored form.
fn normal(kind: &str, key: &str, json: Value) -> Result<Value, String> {
    let known = [alicloud::normal, huaweicloud::normal]
        .iter()
        .find_map(|of| of(kind, key, &json));
    known.unwrap_or_else(|| Err(format!("unknown kind `{kind}`")))
}

/// As [`normal`], for objects of type `T`.
fn normal_of<T: Object>(key: &str, json: &Value) -> Result<Value, String> {
    let object = T::deserialize(json).map_err(|e| format!("not of kind {}: {e}", T::KIND))?;
    if object.key() != key {
        return Err(format!("the object's own key is {}, not {key}", object.key()));
    }
    serde_json::to_value(&object).map_err(|e| e.to_string())
}

/// How far the world clock was advanced; kept with the world.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ClockOffset {
    /// Advance in ms.
    pub(crate) offset_ms: i64,
}

impl Object for ClockOffset {
    const KIND: &'static str = "sim_clock";
    fn key(&self) -> String {
        "world".to_string()
    }
}

#[derive(Debug)]
struct Inner {
    world: World,
    store: Option<WorldStore>,
    requests: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
    count: u64,
    /// When time passes faster: what the world clock is ahead of the pace's, and its advance as it was last left.
    ahead: Option<(i64, i64)>,
    meters: BTreeMap<&'static str, rate::Meter>,
}

/// What all servers of one embedded cloud share.
#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    chaos: Option<Chaos>,
    clock: SimClock,
    pace: Option<Arc<Pace>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in one request must not take the whole cloud down; objects are replaced whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and says which one of its operation it is.
    fn count(&self, operation: &str) -> u64 {
        let mut inner = self.lock();
        let calls = inner.requests.entry(operation.to_string()).or_default();
        *calls += 1;
        *calls
    }

    /// Whether a service has answered as many requests as it may for now.
    fn is_over_rate(&self, service: Service) -> bool {
        let Some(rate) = self.chaos.as_ref().and_then(Chaos::rate) else {
            return false;
        };
        let mut inner = self.lock();
        let offset = inner.world.get::<ClockOffset>("world").map_or(0, |c| c.offset_ms);
        let (_, now_ms) = self.clock.read(offset);
        let meter = inner.meters.entry(service.name());
        !meter
            .or_insert_with(|| rate::Meter::new(rate, now_ms))
            .take(rate, now_ms)
    }

    fn count_fault(&self, operation: &str, fault: chaos::Fault) {
        let name = format!("{operation}:{}", fault.name());
        *self.lock().faults.entry(name).or_default() += 1;
    }

    /// Runs `act` on the world and writes what it changed before returning.
    fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> Result<T, String> {
        self.transact(|world, _| act(world))
    }

    fn transact<T>(&self, act: impl FnOnce(&mut World, Now) -> T) -> Result<T, String> {
        let mut inner = self.lock();
        inner.count += 1;
        let (wire_ms, world_ms) = self.read_clocks(&mut inner);
        let now = Now {
            wire_ms,
            world_ms,
            request: inner.count,
        };
        let result = act(&mut inner.world, now);
        self.keep_time(&mut inner);
        let changes = inner.world.take_changes();
        if let Some(store) = &mut inner.store
            && let Err(cause) = store.save(&changes)
        {
            // Memory is ahead of the file now: the same changes go with the next write.
            inner.world.mark_changed(changes.into_iter().map(|(id, _)| id));
            return Err(cause);
        }
        Ok(result)
    }

    /// Readings of the wire and the world clock.
    fn read_clocks(&self, inner: &mut Inner) -> (i64, i64) {
        let offset = advance_ms(&inner.world);
        let Some(pace) = &self.pace else {
            return self.clock.read(offset);
        };
        let (mut ahead, left) = inner.ahead.unwrap_or((offset, offset));
        ahead = ahead.saturating_add(offset.saturating_sub(left));
        inner.ahead = Some((ahead, offset));
        let wire = pace.now().as_millisecond();
        (wire, wire.saturating_add(ahead))
    }

    /// Notes how far the world clock has hurried ahead of the machine's: the next process goes on from there, never from
    /// before.
    fn keep_time(&self, inner: &mut Inner) {
        if self.pace.is_none() {
            return;
        }
        let (_, world_ms) = self.read_clocks(inner);
        let machine_ms = jiff::Timestamp::now().as_millisecond();
        let offset_ms = world_ms.saturating_sub(machine_ms);
        if let Some((_, left)) = &mut inner.ahead
            && offset_ms > *left
        {
            *left = offset_ms;
            inner.world.put(&ClockOffset { offset_ms });
        }
    }

    /// Writes down a request and what it met, where a log is asked for.
    fn log(&self, operation: &str, met: &str) {
        use std::io::Write;
        let Some(path) = self.chaos.as_ref().and_then(Chaos::log) else {
            return;
        };
        // The lock keeps lines whole.
        let _inner = self.lock();
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        if let Ok(mut file) = file {
            // A log that can't be written is missed by its reader.
            let _ = writeln!(file, "{operation} {met}");
        }
    }
}

/// How far the world clock was advanced.
fn advance_ms(world: &World) -> i64 {
    world.get::<ClockOffset>("world").map_or(0, |c| c.offset_ms)
}
