//! From a directory to a plan: configuration, state, what the cloud has, and the plan over them. Shared by all commands
//! that need a plan. Takes no lock and writes nothing.

use super::args::{PlanOptions, VarArgs};
use super::failpoint::{self, Failpoint};
use super::load::Loaded;
use super::recovery::means_same;
use super::{Context, Failure, checked, codes, environment, importing, simulate};
use crate::base::addr::AddrError;
use crate::base::secret::FINGERPRINT;
use crate::base::{Diag, Diags, InstanceAddr, SourceMap, Str, Value};
use crate::catalog;
use crate::config::version::Constraints;
use crate::config::{ProviderKey, leaks, variables};
use crate::engine::data::CloudData;
use crate::engine::{Drivers, Outside, Progress, Providers, SystemHost, refresh, rows};
use crate::plan::moves;
use crate::plan::scope::Values;
use crate::plan::{Inputs, NoData, Observed, Options, Plan, PlanMode, Prior, provider_settings};
use crate::schema::Registry;
use crate::sim::Sim;
use crate::store::sqlite::OpenMode;
use crate::store::{FingerprintKey, KeptToken, RowKey, SqliteStore, StateSnapshot, Store, StoreError};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// The machinery of a run: runtime, types, drivers and, with `--sim`, the embedded cloud.
pub struct Machine {
    /// Runs calls.
    pub runtime: Runtime,
    /// What is known of the types.
    pub registry: Registry,
    /// The drivers.
    pub drivers: Drivers,
    /// The embedded cloud, when asked for.
    pub sim: Option<Sim>,
    /// Where the program kills itself, when asked for.
    pub failpoint: Option<Arc<Failpoint>>,
}

impl Machine {
    /// Builds it; connects to nothing.
    ///
    /// # Errors
    /// The embedded cloud can't start.
    pub fn new(cx: &Context) -> Result<Machine, Failure> {
        let mut machine = Self::unconnected()?;
        machine.connect(cx)?;
        Ok(machine)
    }

    /// The machinery before the embedded cloud is started.
    ///
    /// # Errors
    /// The runtime can't start.
    pub fn unconnected() -> Result<Machine, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|e| Diag::error(codes::FILE, "The runtime can't start").detail(e.to_string()))?;
        Ok(Machine {
            runtime,
            registry: registry()?,
            drivers: catalog::drivers(),
            sim: None,
            failpoint: None,
        })
    }

    /// Starts the embedded cloud, when it is asked for.
    ///
    /// # Errors
    /// It can't start.
    pub fn connect(&mut self, cx: &Context) -> Result<(), Failure> {
        if cx.sim {
            self.sim = Some(self.runtime.block_on(simulate::start(cx))?);
            self.failpoint.clone_from(&cx.failpoint);
        }
        Ok(())
    }

    /// Machinery for commands that ask no cloud.
    ///
    /// # Errors
    /// The runtime can't start.
    pub fn offline() -> Result<Machine, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Diag::error(codes::FILE, "The runtime can't start").detail(e.to_string()))?;
        Ok(Machine {
            runtime,
            registry: registry()?,
            drivers: Drivers::default(),
            sim: None,
            failpoint: None,
        })
    }

    /// The sessions of a configuration.
    pub fn providers(&self, loaded: &Loaded, settings: &BTreeMap<ProviderKey, Value>) -> (Providers, Diags) {
        let cloud = failpoint::cloud(self.failpoint.as_ref(), simulate::cloud(self.sim.as_ref()));
        let redirect = |config: &mut crate::driver::ProviderConfig| {
            if let Some(sim) = &self.sim {
                simulate::redirect(config, sim);
            }
        };
        // With the embedded cloud, the environment's real keys and addresses must not even be read.
        let in_sim = self.sim.is_some();
        let env = move |name: &str| if in_sim { None } else { environment(name) };
        Providers::new(
            &loaded.module,
            settings,
            catalog::PROVIDERS,
            &self.registry,
            Outside {
                env: &env,
                files: (!in_sim).then_some(&user_file),
            },
            &cloud,
            Some(&redirect),
        )
    }
}

/// The text of a file, whose path may begin with `~` for the user's home.
fn user_file(path: &str) -> Result<String, String> {
    let home = || environment("HOME").or_else(|| environment("USERPROFILE"));
    let path = match path.strip_prefix("~/") {
        Some(rest) => PathBuf::from(home().ok_or("the variable HOME is not set")?).join(rest),
        None => PathBuf::from(path),
    };
    std::fs::read_to_string(path).map_err(|e| e.to_string())
}

/// What is known of all types.
///
/// # Errors
/// A schema file is broken, which is a bug in headworks.
pub fn registry() -> Result<Registry, Failure> {
    catalog::registry().map_err(|diags| Failure {
        diags,
        sources: SourceMap::default(),
    })
}

/// The file of the state. The embedded cloud has a state of its own, so that it never mixes with real objects.
pub fn state_path(cx: &Context) -> PathBuf {
    let name = if cx.sim { "sim-state.db" } else { "state.db" };
    cx.directory.join(".headworks").join(name)
}

/// Opens the state.
///
/// # Errors
/// It is damaged, newer than this program, or can't be read.
pub fn open_state(cx: &Context, mode: OpenMode) -> Result<Arc<SqliteStore>, Failure> {
    super::statekey::open(cx, &state_path(cx), mode).map(Arc::new)
}

/// An error of the state as a diagnostic.
pub fn state_error(error: &StoreError) -> Diag {
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !detail.contains(&text) {
            detail.push_str(": ");
            detail.push_str(&text);
        }
        cause = deeper.source();
    }
    let mut diag = Diag::error(codes::STATE, "The state can't be used").detail(detail);
    diag.help = super::backups::help(error);
    diag
}

/// The state as planning needs it.
pub struct State {
    /// Rows.
    pub snapshot: StateSnapshot,
    /// Objects.
    pub prior: Vec<Prior>,
    /// Outputs.
    pub outputs: BTreeMap<Str, Value>,
    /// The key for fingerprints of secrets; none before there is a state.
    pub key: Option<FingerprintKey>,
    /// Client tokens of creates that were cut off and are to be made again, by object.
    pub tokens: BTreeMap<RowKey, KeptToken>,
}

impl State {
    /// The client token of a step: that of an attempt at the same that was cut off, else a new one.
    pub fn token(&self, key: &RowKey, planned: Option<&str>) -> String {
        let kept = self
            .tokens
            .get(key)
            .filter(|kept| means_same(kept.planned.as_deref(), planned));
        kept.map_or_else(|| uuid::Uuid::new_v4().to_string(), |kept| kept.token.clone())
    }

    /// Gives objects and rows their new addresses; the store does the same when the run begins.
    pub fn relocate(&mut self, moved: &moves::Addresses) {
        if moved.is_empty() {
            return;
        }
        moves::relocate(&mut self.prior, moved);
        let by_old: BTreeMap<&InstanceAddr, &InstanceAddr> = moved.iter().map(|(new, old)| (old, new)).collect();
        for row in &mut self.snapshot.resources {
            if let Some(new) = by_old.get(&row.addr) {
                row.addr = (*new).clone();
            }
        }
        self.snapshot
            .resources
            .sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
    }

    /// The fingerprint of a secret; without a key none is asked for.
    pub fn fingerprint(&self, path: &str, secret: &str) -> String {
        let key = self.key.as_ref();
        key.map_or_else(String::new, |key| {
            format!("{FINGERPRINT}{}", key.fingerprint(path, secret))
        })
    }
}

/// Reads the state.
///
/// # Errors
/// It can't be read, or a row makes no sense.
pub fn read_state(store: &dyn Store, registry: &Registry, runtime: &Runtime) -> Result<State, Failure> {
    let snapshot = runtime.block_on(store.load()).map_err(|e| state_error(&e))?;
    let key = runtime.block_on(store.fingerprint_key()).map_err(|e| state_error(&e))?;
    state_of(snapshot, key, registry)
}

/// A state from its rows.
///
/// # Errors
/// A row makes no sense.
pub fn state_of(snapshot: StateSnapshot, key: Option<FingerprintKey>, registry: &Registry) -> Result<State, Failure> {
    let mut diags = Diags::new();
    let mut prior = Vec::with_capacity(snapshot.resources.len());
    for row in &snapshot.resources {
        match rows::prior(row, registry) {
            Ok(p) => prior.push(p),
            Err(diag) => diags.push(diag),
        }
    }
    let mut outputs = BTreeMap::new();
    for row in &snapshot.outputs {
        match rows::output(row) {
            Ok(value) => {
                outputs.insert(Str::from(row.name.as_str()), value);
            }
            Err(diag) => diags.push(diag),
        }
    }
    if diags.has_errors() {
        return Err(Failure {
            diags,
            sources: SourceMap::default(),
        });
    }
    Ok(State {
        snapshot,
        prior,
        outputs,
        key,
        tokens: BTreeMap::new(),
    })
}

/// A plan with all that it was made from.
pub struct Planned {
    /// The configuration.
    pub loaded: Loaded,
    /// The state.
    pub state: State,
    /// The sessions.
    pub providers: Providers,
    /// The plan.
    pub plan: Plan,
    /// Values of the module as planned.
    pub values: Values,
    /// Warnings.
    pub diags: Diags,
    /// When it was made.
    pub made_at: Timestamp,
}

/// How a plan is to be made.
pub struct Request<'a> {
    /// What the user asked for.
    pub options: &'a PlanOptions,
    /// Kind of plan.
    pub mode: PlanMode,
}

/// Reads the configuration, looks at the cloud and plans.
///
/// # Errors
/// Any error in the configuration or while planning; all of them at once.
pub fn make_plan(
    cx: &Context,
    machine: &Machine,
    store: &dyn Store,
    request: &Request<'_>,
    progress: &dyn Progress,
) -> Result<Planned, Failure> {
    let mut loaded = checked::load_or_check(cx, &machine.registry, &request.options.vars)?;
    super::ask::for_missing(cx, request.options, &mut loaded);
    let state = read_state(store, &machine.registry, &machine.runtime)?;
    plan_loaded(cx, machine, loaded, state, request, progress)
}

/// Plans a configuration that was read already.
///
/// # Errors
/// As [`make_plan`].
pub fn plan_loaded(
    cx: &Context,
    machine: &Machine,
    mut loaded: Loaded,
    mut state: State,
    request: &Request<'_>,
    progress: &dyn Progress,
) -> Result<Planned, Failure> {
    let written = moves::Statement::all(&loaded.module);
    let moved = moves::resolve(written, &moves::Configuration::new(&loaded.module), &state.prior);
    state.relocate(&moved.moved);
    let made_at = Timestamp::now();
    let host = SystemHost::planning(&cx.directory, made_at);
    let mut diags = Diags::new();
    let options = options(request, &mut diags);
    check_version(&loaded, &mut diags);
    diags.extend(leaks::secrets_in_defaults(
        &loaded.module,
        &machine.registry,
        &loaded.sources,
    ));
    let (variables, found) = variables::values(&loaded.module, &loaded.given, true);
    diags.extend(found);
    let making = importing::Making {
        request,
        options: &options,
        variables: &variables,
        host: &host,
    };
    let imported = match diags.has_errors() {
        true => importing::Found::new(),
        false => importing::prepare(cx, machine, &mut loaded, &mut state, &making)?,
    };
    let seal = |path: &str, secret: &str| state.fingerprint(path, secret);
    let mut inputs = Inputs {
        module: &loaded.module,
        sources: &loaded.sources,
        registry: &machine.registry,
        variables,
        observed: vec![None; state.prior.len()],
        prior: state.prior.clone(),
        prior_outputs: state.outputs.clone(),
        host: &host,
        data: &NoData,
        options,
        checking: false,
        seal: state.key.is_some().then_some(&seal),
        workspace: "default".into(),
    };
    let (settings, _) = provider_settings(&inputs);
    let (providers, found) = machine.providers(&loaded, &settings);
    diags.extend(found);
    if diags.has_errors() {
        // Without usable variables and providers the cloud can't be asked; the rest of the configuration is still checked, as far as
        // it does not depend on them.
        inputs.checking = true;
        let (_, _, found) = crate::plan::plan(&inputs);
        diags.extend(found);
        diags.extend(loaded.diags);
        return Err(Failure {
            diags: diags.sorted(),
            sources: loaded.sources,
        });
    }
    if request.options.refresh {
        inputs.observed = look(machine, &state.prior, &providers, request.options.parallelism, progress);
    }
    let data = CloudData {
        runtime: &machine.runtime,
        drivers: &machine.drivers,
        providers: &providers,
    };
    inputs.data = &data;
    let (mut plan, values, found) = crate::plan::plan(&inputs);
    plan.given = variables::as_given(&loaded.module, &loaded.given);
    plan.kept_objects = kept_objects(&plan, &state.prior);
    diags.extend(unmatched(&inputs, &plan));
    plan.imports = imported;
    let there = moves::planned_instances(&plan);
    let declared = moves::Configuration::planned(&loaded.module, &there, &values);
    let found = moved.finish(&inputs, &declared, &mut plan, found);
    if plan.targeted {
        diags.push(
            Diag::warning(codes::INCOMPLETE, "Resource targeting is in effect")
                .detail("With -target the plan may leave out other changes that the configuration asks for.")
                .help("plan again without -target when the reason for it is gone"),
        );
    }
    drop(inputs);
    diags.extend(loaded.diags.clone());
    diags.extend(found);
    let diags = diags.sorted();
    if diags.has_errors() {
        return Err(Failure {
            diags,
            sources: loaded.sources,
        });
    }
    Ok(Planned {
        loaded,
        state,
        providers,
        plan,
        values,
        diags,
        made_at,
    })
}

/// Warnings for addresses of -replace that name no instance; most often they are misspelt. Those that name no block either are
/// told of by the plan.
fn unmatched(inputs: &Inputs<'_>, plan: &Plan) -> Diags {
    let instances = || {
        let changes = plan.changes.iter().map(|c| &c.addr);
        changes.chain(inputs.prior.iter().map(|p| &p.addr))
    };
    let mut missing: Vec<&InstanceAddr> = inputs.options.replace.iter().collect();
    missing.retain(|r| !instances().any(|known| known == *r));
    missing.retain(|r| instances().any(|known| known.resource == r.resource));
    missing.sort();
    let names: Vec<String> = instances().map(ToString::to_string).collect();
    let warning = |addr: &InstanceAddr| {
        let text = addr.to_string();
        let diag = Diag::warning(codes::NOT_FOUND, "-replace names nothing")
            .detail(format!("Neither the configuration nor the state has {text}."));
        match crate::base::did_you_mean(&text, names.iter().map(String::as_str)) {
            Some(near) => diag.help(format!("did you mean {near}?")),
            None => diag,
        }
    };
    missing.into_iter().map(warning).collect()
}

/// What a plan without a cloud is made from.
fn offline_inputs<'a>(
    registry: &'a Registry,
    loaded: &'a Loaded,
    state: &State,
    host: &'a SystemHost,
    request: &Request<'_>,
    diags: &mut Diags,
) -> Inputs<'a> {
    let (variables, found) = variables::values(&loaded.module, &loaded.given, false);
    diags.extend(found);
    Inputs {
        observed: vec![None; state.prior.len()],
        prior: state.prior.clone(),
        prior_outputs: state.outputs.clone(),
        options: options(request, diags),
        checking: true,
        ..Inputs::of(&loaded.module, &loaded.sources, registry, host, variables)
    }
}

/// The sessions of a configuration, for commands that ask the cloud without a plan.
///
/// # Errors
/// A provider or a variable can't be used.
pub fn connected(
    cx: &Context,
    machine: &Machine,
    loaded: &Loaded,
    state: &State,
    request: &Request<'_>,
) -> Result<Providers, Failure> {
    let host = SystemHost::planning(&cx.directory, Timestamp::now());
    let mut diags = Diags::new();
    let inputs = offline_inputs(&machine.registry, loaded, state, &host, request, &mut diags);
    let (settings, found) = provider_settings(&inputs);
    diags.extend(found);
    let (providers, found) = machine.providers(loaded, &settings);
    diags.extend(found);
    match diags.has_errors() {
        false => Ok(providers),
        true => Err(Failure {
            diags: diags.sorted(),
            sources: loaded.sources.clone(),
        }),
    }
}

/// Checks a configuration by planning it without a cloud.
///
/// # Errors
/// None by itself; the problems are in the result.
pub fn plan_offline(
    cx: &Context,
    registry: &Registry,
    loaded: Loaded,
    state: &State,
    request: &Request<'_>,
) -> Result<(Diags, SourceMap), Failure> {
    let host = SystemHost::planning(&cx.directory, Timestamp::now());
    let mut diags = loaded.diags.clone();
    check_version(&loaded, &mut diags);
    diags.extend(leaks::secrets_in_defaults(&loaded.module, registry, &loaded.sources));
    let inputs = offline_inputs(registry, &loaded, state, &host, request, &mut diags);
    let (_, values, found) = crate::plan::plan(&inputs);
    drop(inputs);
    diags.extend(found);
    if !loaded.module.is_incomplete_within() {
        diags.extend(crate::plan::imports::wanted(&loaded.module, &values, &host, &state.prior, true).1);
    }
    Ok((
        super::checked::without_consequences(&loaded.diags, diags).sorted(),
        loaded.sources,
    ))
}

/// The values of a module as configuration and state know them.
pub fn values_offline(
    cx: &Context,
    registry: &Registry,
    loaded: &Loaded,
    state: &State,
    request: &Request<'_>,
) -> Values {
    let host = SystemHost::planning(&cx.directory, Timestamp::now());
    let inputs = offline_inputs(registry, loaded, state, &host, request, &mut Diags::new());
    crate::plan::plan(&inputs).1
}

/// Looks at every object of the state.
pub fn look(
    machine: &Machine,
    prior: &[Prior],
    providers: &Providers,
    parallelism: usize,
    progress: &dyn Progress,
) -> Vec<Option<Observed>> {
    machine.runtime.block_on(refresh::refresh(
        prior,
        &machine.registry,
        &machine.drivers,
        providers,
        parallelism,
        progress,
    ))
}

/// The objects that a plan has no change for, as they were found.
fn kept_objects(plan: &Plan, prior: &[Prior]) -> Vec<Prior> {
    let changed: HashSet<_> = plan.changes.iter().map(|c| (&c.addr, &c.deposed)).collect();
    let found: HashMap<_, _> = plan.drift.iter().map(|d| (&d.addr, &d.found)).collect();
    let one = |p: &Prior| {
        let mut kept = p.clone();
        if let Some(found) = found.get(&p.addr).filter(|_| p.deposed.is_none()) {
            kept.value = (*found).clone()?;
        }
        Some(kept)
    };
    let unchanged = prior.iter().filter(|p| !changed.contains(&(&p.addr, &p.deposed)));
    unchanged.filter_map(one).collect()
}

fn options(request: &Request<'_>, diags: &mut Diags) -> Options {
    let given = request.options;
    let targets = addresses(&given.target, "-target", diags);
    let replace = addresses(&given.replace, "-replace", diags).into_iter().collect();
    Options {
        mode: request.mode,
        targets,
        replace,
    }
}

fn addresses<A: FromStr<Err = AddrError>>(texts: &[String], flag: &str, diags: &mut Diags) -> Vec<A> {
    let mut parsed = Vec::new();
    for text in texts {
        match text.parse::<A>() {
            Ok(addr) => parsed.push(addr),
            Err(error) => {
                diags.push(Diag::error(codes::USAGE, format!("Invalid {flag} address")).detail(error.to_string()));
            }
        }
    }
    parsed
}

fn check_version(loaded: &Loaded, diags: &mut Diags) {
    let ours = crate::report::TERRAFORM_VERSION;
    for (path, module) in loaded.module.all() {
        for (text, span) in &module.required_versions {
            // A constraint that is none was refused where it was read.
            if Constraints::parse(text).is_none_or(|c| c.allow(ours)) {
                continue;
            }
            let asks = match path.0.is_empty() {
                true => "The configuration".to_string(),
                false => path.to_string(),
            };
            diags.push(
                Diag::error(crate::config::codes::VERSION, "Unsupported Terraform Core version")
                    .detail(format!(
                        "{asks} asks for version {text}. This is headworks {}, which speaks the language of Terraform {ours}.",
                        env!("CARGO_PKG_VERSION"),
                    ))
                    .at(*span),
            );
        }
    }
}

/// Why there is nothing to show of an empty state; the other state, of the embedded or the real cloud, may have it.
pub fn empty_state(cx: &Context) -> String {
    let (name, with) = if cx.sim {
        ("state.db", "without")
    } else {
        ("sim-state.db", "with")
    };
    if cx.directory.join(".headworks").join(name).exists() {
        format!("The state is empty. There is another one here: run the command {with} --sim to see it.")
    } else {
        "The state is empty: nothing was applied here yet.".to_string()
    }
}

/// What is wrong with a plan that was made without having seen every object it is about. Such a plan must not pass for one
/// that found nothing to do.
pub fn incomplete(planned: &Planned) -> Option<Diag> {
    let missed = planned.plan.not_compared.len();
    let total = planned.state.prior.len();
    (missed > 0).then(|| {
        Diag::error(codes::INCOMPLETE, "The plan is incomplete")
            .detail(format!(
                "{missed} of {total} objects could not be compared with the cloud; they are listed with the causes."
            ))
            .help("mend the cause and plan again, or go by the state alone with -refresh=false")
    })
}

/// How long -lock-timeout waits.
///
/// # Errors
/// It is no time.
pub fn check_lock_timeout(text: &str) -> Result<std::time::Duration, Diag> {
    crate::schema::timeouts::parse_duration(text).ok_or_else(|| {
        Diag::error(codes::USAGE, "Invalid -lock-timeout")
            .detail(format!("{text:?} is no time."))
            .help("write it like 30s or 2m")
    })
}

/// The mode that the flags ask for.
///
/// # Errors
/// Flags that exclude each other.
pub fn mode(options: &PlanOptions, destroy: bool) -> Result<PlanMode, Failure> {
    match (destroy, options.refresh_only) {
        (true, true) => Err(Diag::error(codes::USAGE, "-destroy and -refresh-only exclude each other").into()),
        (true, false) => Ok(PlanMode::Destroy),
        (false, true) => Ok(PlanMode::RefreshOnly),
        (false, false) => Ok(PlanMode::Normal),
    }
}

/// Plan options with only values of variables, for commands that have no others.
pub fn only_vars(vars: &VarArgs, parallelism: usize) -> PlanOptions {
    PlanOptions {
        vars: vars.clone(),
        refresh: true,
        parallelism,
        ..PlanOptions::default()
    }
}
