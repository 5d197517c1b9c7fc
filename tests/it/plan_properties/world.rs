//! A state, an engine and a cloud in memory for `terraform_data`, once as the type is and once as a type whose objects live
//! outside. The cloud refuses what points at nothing, and keeps a list of what was done.

use headworks::base::{Known, SourceMap, Str, Value};
use headworks::config::{self, Module};
use headworks::driver::{BoxFuture, Cloud, Driver, DriverError, Failure, Reply, Session};
use headworks::engine::apply::{self, Outcome};
use headworks::engine::progress::Quiet;
use headworks::engine::values::{Basis, Live};
use headworks::engine::{Apply, Writer};
use headworks::engine::{Drivers, Providers, SystemHost, recover, refresh, rows};
use headworks::lang::parse;
use headworks::plan::{Graph, Inputs, NoData, Options, Plan, PlanMode, Prior};
use headworks::schema::Registry;
use headworks::store::{
    Holder, LockRequest, NewRun, OpenMode, RunOutcome, SqliteStore, StateSnapshot, Store, WriteCx, lock,
};
use headworks::wire::{Request, Response, TransportError};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Before it has an effect, and the cloud says so.
    Refused,
    /// Half-way: the object is there, and the driver knows it.
    Partial,
    /// It had its effect, and the reply was lost.
    Lost,
}

#[derive(Default)]
struct Objects {
    by_id: BTreeMap<String, Value>,
    made: u64,
    /// Calls that succeed before the first that fails.
    calls_left: Option<usize>,
    /// Objects can be found by their input, as by a name.
    named: bool,
    trouble: Option<Trouble>,
    /// Things that must not happen.
    wrong: Vec<String>,
    deleted: Vec<String>,
}

/// The cloud.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Objects>>);

fn failure(kind: fn(Reply) -> DriverError) -> DriverError {
    kind(Reply {
        operation: "Call".into(),
        message: "no".into(),
        ..Reply::default()
    })
}

/// Ids of objects that stand anywhere in a value.
fn ids(value: &Value) -> BTreeSet<String> {
    let text = headworks::base::json::to_json(value).to_string();
    text.split('"')
        .filter(|t| t.starts_with("obj-"))
        .map(str::to_string)
        .collect()
}

fn pointing(object: &Value) -> BTreeSet<String> {
    ["input", "triggers_replace"]
        .iter()
        .filter_map(|n| object.get(n))
        .flat_map(ids)
        .collect()
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().expect("not poisoned")
    }

    /// From now on, so many calls succeed and all others fail; `None`: all succeed.
    pub(crate) fn allow(&self, calls: Option<usize>, trouble: Trouble) {
        let mut objects = self.lock();
        objects.calls_left = calls;
        objects.trouble = Some(trouble);
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().by_id.keys().cloned().collect()
    }

    /// Changes an object behind everybody's back.
    pub(crate) fn spoil(&self, id: &str, name: &str, value: Value) {
        let mut objects = self.lock();
        let mut entries = objects
            .by_id
            .get(id)
            .and_then(Value::entries)
            .cloned()
            .expect("an object");
        entries.insert(name.into(), value);
        objects.by_id.insert(id.to_string(), Value::object(entries));
    }

    pub(crate) fn wrong(&self) -> Vec<String> {
        self.lock().wrong.clone()
    }

    /// Ids in the order of their deletion, with the objects that pointed at each when it went.
    pub(crate) fn deleted(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().deleted)
    }
}

impl Objects {
    /// The trouble that this call meets.
    fn trouble(&mut self) -> Option<Trouble> {
        match &mut self.calls_left {
            None => None,
            Some(0) => self.trouble,
            Some(n) => {
                *n -= 1;
                None
            }
        }
    }

    fn put(&mut self, id: &str, planned: &Known) -> Known {
        let mut entries = planned.value().entries().cloned().unwrap_or_default();
        entries.insert("output".into(), entries.get("input").cloned().expect("an input"));
        entries.insert("id".into(), Value::string(id));
        let object = Value::object(entries);
        for needed in pointing(&object) {
            if !self.by_id.contains_key(&needed) {
                self.wrong
                    .push(format!("{id} points at {needed}, which does not exist"));
            }
        }
        self.by_id.insert(id.to_string(), object.clone());
        Known::new(object).expect("all of it is known")
    }
}

fn id_of(object: &Known) -> String {
    object
        .value()
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string()
}

impl Driver for Memory {
    fn read<'a>(&'a self, _: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        let objects = self.lock();
        let input = prior.value().get("input");
        let by_name = || {
            objects
                .by_id
                .values()
                .find(|o| objects.named && o.get("input") == input)
        };
        let found = objects.by_id.get(&id_of(prior)).or_else(by_name).cloned();
        drop(objects);
        Box::pin(async move { Ok(found.and_then(Known::new)) })
    }

    fn create<'a>(&'a self, _: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        let mut objects = self.lock();
        let trouble = objects.trouble();
        let result = match trouble {
            // The id is made by the server, so a lost reply would lose the object; real types have names.
            Some(Trouble::Lost) if !objects.named => Err(failure(DriverError::Rejected).into()),
            Some(Trouble::Refused) => Err(failure(DriverError::Rejected).into()),
            partial => {
                objects.made += 1;
                let id = format!("obj-{}", objects.made);
                let made = objects.put(&id, planned);
                match partial {
                    None => Ok(made),
                    Some(Trouble::Lost) => Err(failure(DriverError::Unreachable).into()),
                    Some(_) => Err(Failure {
                        error: failure(DriverError::Rejected),
                        partial: Some(made),
                    }),
                }
            }
        };
        Box::pin(async move { result })
    }

    fn update<'a>(
        &'a self,
        _: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        let mut objects = self.lock();
        let id = id_of(prior);
        if !objects.by_id.contains_key(&id) {
            objects.wrong.push(format!("{id} is updated and does not exist"));
        }
        let result = match objects.trouble() {
            None => Ok(objects.put(&id, planned)),
            Some(Trouble::Refused | Trouble::Partial) => Err(failure(DriverError::Rejected).into()),
            Some(Trouble::Lost) => {
                objects.put(&id, planned);
                Err(failure(DriverError::Unreachable).into())
            }
        };
        Box::pin(async move { result })
    }

    fn delete<'a>(&'a self, _: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        let mut objects = self.lock();
        let id = id_of(prior);
        let gone = |objects: &mut Objects| {
            objects.by_id.remove(&id);
            let users = objects.by_id.iter().filter(|(_, o)| pointing(o).contains(&id));
            let users: Vec<&String> = users.map(|(id, _)| id).collect();
            let line = format!("{id} used by {users:?}");
            objects.deleted.push(line);
        };
        let result = match objects.trouble() {
            None => {
                gone(&mut objects);
                Ok(())
            }
            Some(Trouble::Refused | Trouble::Partial) => Err(failure(DriverError::Rejected)),
            Some(Trouble::Lost) => {
                gone(&mut objects);
                Err(failure(DriverError::Unreachable))
            }
        };
        Box::pin(async move { result })
    }

    fn identity(&self, _: &Session, _: &str) -> Result<Known, String> {
        Err("objects are not imported here".into())
    }
}

/// Nothing is sent.
struct NoNetwork(AtomicU64);

impl Cloud for NoNetwork {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(std::future::pending())
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn random(&self) -> u128 {
        self.0.fetch_add(1, Ordering::Relaxed).into()
    }
}

/// A configuration that was read.
pub(crate) struct Loaded {
    pub(crate) sources: SourceMap,
    pub(crate) module: Module,
}

/// Reads files that must be right.
pub(crate) fn load(files: &[(String, String)]) -> Loaded {
    let mut sources = SourceMap::default();
    let mut bodies = Vec::new();
    for (name, text) in files {
        let id = sources.add(name.clone(), text.as_str());
        let (body, diags) = parse::parse_file(&sources, id);
        assert!(!diags.has_errors(), "{text}\n{diags:?}");
        bodies.push(body);
    }
    let (module, diags) = config::decode(bodies);
    assert!(!diags.has_errors(), "{diags:?}");
    Loaded { sources, module }
}

/// As [`load`], for one file.
pub(crate) fn load_text(text: &str) -> Loaded {
    load(&[("main.tf".into(), text.into())])
}

/// The state as planning needs it.
pub(crate) struct State {
    pub(crate) snapshot: StateSnapshot,
    pub(crate) prior: Vec<Prior>,
    pub(crate) outputs: BTreeMap<Str, Value>,
}

/// State, engine and cloud.
pub(crate) struct World {
    store: Arc<SqliteStore>,
    epoch: u64,
    registry: Registry,
    drivers: Drivers,
    pub(crate) memory: Memory,
    providers: Providers,
    runtime: tokio::runtime::Runtime,
    _directory: tempfile::TempDir,
}

fn registry(outside: bool, named: bool) -> Registry {
    let mut schemas: Vec<(&str, String)> = Vec::new();
    for (name, text) in headworks::catalog::SCHEMAS {
        let text = match *name {
            "schemas/terraform/data.hcl" if outside => {
                let changed = text.replace("local     = true", "local     = false");
                assert_ne!(&changed, text, "the schema says that the type is local");
                match named {
                    true => changed.replace("identity  = [\"id\"]", "identity  = [\"input\"]"),
                    false => changed,
                }
            }
            _ => (*text).to_string(),
        };
        schemas.push((name, text));
    }
    let schemas: Vec<(&str, &str)> = schemas.iter().map(|(n, t)| (*n, t.as_str())).collect();
    Registry::builtin(&schemas).expect("the schemas are right")
}

impl World {
    /// An empty state. With `outside`, objects live in [`Memory`]; else the state is all there is.
    pub(crate) fn new(outside: bool) -> World {
        World::with(outside, false)
    }

    /// Objects live in [`Memory`] and are found by their input, as by a name.
    pub(crate) fn named() -> World {
        World::with(true, true)
    }

    fn with(outside: bool, named: bool) -> World {
        let directory = tempfile::tempdir().expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let path = directory.path().join(".headworks/state.db");
        let store = SqliteStore::open(&path, OpenMode::CreateIfMissing, Timestamp::UNIX_EPOCH).expect("opens");
        let request = LockRequest {
            holder: Holder {
                who: "ada".into(),
                host: "build-7".into(),
                host_id: "boot-1".into(),
                pid: 100,
                command: "apply".into(),
            },
            lease: lock::LEASE,
            now: Timestamp::UNIX_EPOCH,
            dead_epoch: None,
        };
        let epoch = runtime.block_on(store.lock(request)).expect("free").epoch;
        let memory = Memory::default();
        memory.lock().named = named;
        let mut drivers = Drivers::default();
        drivers.managed.insert("terraform_data", Box::new(memory.clone()));
        let cloud: Arc<dyn Cloud> = Arc::new(NoNetwork(AtomicU64::new(1)));
        let none = |_: &str| None;
        let silent = headworks::engine::Outside {
            env: &none,
            files: None,
        };
        let module = Module::default();
        let types = registry(outside, named);
        let (providers, diags) =
            Providers::new(&module, &BTreeMap::new(), &["terraform"], &types, silent, &cloud, None);
        assert!(diags.is_empty(), "{diags:?}");
        World {
            store: Arc::new(store),
            epoch,
            registry: types,
            drivers,
            memory,
            providers,
            runtime,
            _directory: directory,
        }
    }

    pub(crate) fn state(&self) -> State {
        let snapshot = self.runtime.block_on(self.store.load()).expect("loads");
        let prior = snapshot
            .resources
            .iter()
            .map(|r| rows::prior(r, &self.registry).expect("a good row"))
            .collect();
        let outputs = snapshot
            .outputs
            .iter()
            .map(|o| (Str::from(o.name.as_str()), rows::output(o).expect("good")));
        let outputs = outputs.collect();
        State {
            snapshot,
            prior,
            outputs,
        }
    }

    fn host(&self) -> SystemHost {
        SystemHost::applying(".", Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)
    }

    /// The plan for a configuration that has no errors.
    pub(crate) fn plan(&self, loaded: &Loaded, mode: PlanMode) -> Plan {
        let state = self.state();
        let look = refresh::refresh(&state.prior, &self.registry, &self.drivers, &self.providers, 4, &Quiet);
        let observed = self.runtime.block_on(look);
        let host = SystemHost::planning(".", Timestamp::UNIX_EPOCH);
        let inputs = Inputs {
            module: &loaded.module,
            sources: &loaded.sources,
            registry: &self.registry,
            variables: BTreeMap::new(),
            prior: state.prior,
            observed,
            prior_outputs: state.outputs,
            host: &host,
            data: &NoData,
            options: Options {
                mode,
                ..Options::default()
            },
            checking: false,
            seal: None,
            workspace: "default".into(),
        };
        let (plan, _, diags) = headworks::plan::plan(&inputs);
        assert!(!diags.has_errors(), "{diags:?}");
        plan
    }

    fn cx(&self) -> WriteCx {
        WriteCx {
            epoch: self.epoch,
            run: None,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// Settles what an earlier run left open.
    pub(crate) fn recover(&self) {
        let recovery = self.look_back();
        assert!(recovery.diags.is_empty(), "{:?}", recovery.diags);
    }

    /// Settles what can be settled, and says what it did.
    pub(crate) fn look_back(&self) -> recover::Recovery {
        let state = self.state();
        let module = Module::default();
        let looking = recover::Looking {
            state: &state.snapshot,
            module: &module,
            changes: &[],
            registry: &self.registry,
            drivers: &self.drivers,
            providers: &self.providers,
        };
        let recovery = recover::recover(&*self.store, self.epoch, &looking, &Quiet);
        self.runtime.block_on(recovery)
    }

    /// The client tokens that the next attempts at what had no effect use.
    pub(crate) fn kept_tokens(&self) -> Vec<String> {
        let kept = self.runtime.block_on(self.store.kept_tokens()).expect("reads");
        kept.into_iter().map(|k| k.token).collect()
    }

    /// Runs a plan.
    pub(crate) fn apply(&self, loaded: &Loaded, plan: &Plan, parallelism: usize) -> Outcome {
        let state = self.state();
        let (intents, numbers) = apply::intents(plan, &self.registry, &|key, _| format!("token of {key:?}"));
        let run = NewRun {
            who: "ada".into(),
            host: "build-7".into(),
            command: "apply".into(),
            commit: None,
            tool_version: "0".into(),
            plan_digest: None,
            basis: None,
            moves: Vec::new(),
            steps: intents,
        };
        let run = self
            .runtime
            .block_on(self.store.begin_run(self.cx(), run))
            .expect("begins");
        let refreshed = rows::refreshed(plan, &state.snapshot, &self.registry);
        let cx = WriteCx {
            run: Some(run),
            ..self.cx()
        };
        self.runtime
            .block_on(self.store.put_rows(cx, refreshed))
            .expect("writes");
        let host = self.host();
        let (graph, _) = Graph::new(&loaded.module);
        let seal = |path: &str, _: &str| format!("fingerprint of {path}");
        let basis = Basis {
            module: &loaded.module,
            graph: &graph,
            host: &host,
            registry: &self.registry,
            seal: &seal,
        };
        let mut live = Live::new(basis, plan, &state.prior);
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let work = Apply {
            plan,
            registry: &self.registry,
            drivers: &self.drivers,
            providers: &self.providers,
            writer: Writer {
                store: Arc::clone(&self.store) as Arc<dyn Store>,
                epoch: self.epoch,
                run,
            },
            parallelism,
            progress: &Quiet,
            stop: stopped,
        };
        let outcome = self.runtime.block_on(apply::apply(&work, &mut live, &numbers));
        let how = match outcome.diags.has_errors() {
            true => RunOutcome::Failed,
            false => RunOutcome::Done,
        };
        self.runtime
            .block_on(self.store.finish_run(self.cx(), run, how, outcome.unlisted))
            .expect("finishes");
        outcome
    }

    /// Plans and applies, and expects that all goes well.
    pub(crate) fn bring(&self, loaded: &Loaded, mode: PlanMode) -> Plan {
        let plan = self.plan(loaded, mode);
        let outcome = self.apply(loaded, &plan, 3);
        assert!(!outcome.diags.has_errors(), "{:?}", outcome.diags);
        assert!(outcome.failed.is_empty() && outcome.skipped.is_empty(), "{outcome:?}");
        plan
    }

    /// Ids that the state knows, each as often as it stands there.
    pub(crate) fn recorded_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .state()
            .prior
            .iter()
            .filter_map(|p| p.value.get("id").and_then(Value::as_str).map(str::to_string))
            .collect();
        ids.sort();
        ids
    }
}
