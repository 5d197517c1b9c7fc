//! Headworks: data delivery as code. Reads HCL, compares it with what exists, shows a plan, and makes it so.
//!
//! This page is the map of the crate. Why things are as they are stands in `docs/architecture.md`.
//!
//! # Layers
//!
//! Imports point downwards only; a test reads every file and checks it (`tests/it/tidy.rs`).
//!
//! | Layer | What it is | Uses |
//! |---|---|---|
//! | [`base`] | Addresses, values with unknown parts and marks, types, places in files, diagnostics | nothing |
//! | [`lang`] | The language: text or JSON to syntax tree, syntax tree to values; functions, formatter | `base` |
//! | [`schema`] | What each resource type is, as data: read from `schemas/`, checked against, documented | `lang` |
//! | [`config`] | Syntax trees to a tree of modules: which blocks there are, what refers to what; override files | `schema` |
//! | [`plan`] | Modules and prior objects to changes with reasons, and the steps in their order; moves, imports, conditions | `config` |
//! | [`report`] | Plans, states and diagnostics as text and JSON | `plan` |
//! | [`store`] | The state: objects, journal of steps, lock; SQLite | `base` |
//! | [`wire`] | Bytes to and from clouds: signatures, codecs, retry, the one transport | `base` |
//! | [`driver`] | What the engine asks of a type; the session through which a driver sends | `wire` |
//! | [`drivers`] | One file a type: requests built and replies read by pure functions | `driver` |
//! | [`sim`] | The embedded cloud: the same protocols over loopback, written without the drivers | `base`, codecs and signing of `wire` |
//! | [`engine`] | Looks, applies, recovers | all above but `drivers` and `sim` |
//! | [`catalog`] | The one list of types: schema and driver of each | `drivers`, `engine` |
//! | [`cli`] | One file a command | everything but `drivers` |
//!
//! From `base` to `report` all is pure: no clock, no randomness, no file, no network, no thread. What such code needs of the
//! world comes in through a port: [`lang::FunctionHost`] for functions such as `file`, [`plan::DataReader`] for data
//! sources.
//!
//! # The way of a run
//!
//! 1. `cli::load` reads files; [`lang::parse`] makes syntax trees, [`config::decode()`] a module of each directory.
//! 2. [`engine::recover`] settles steps that an earlier run left open.
//! 3. [`engine::refresh`](mod@engine::refresh) reads every object of the state from its cloud.
//! 4. [`plan::moves`] gives the objects their new addresses, and `cli::importing` finds those to be imported;
//!    [`plan::plan`] makes the [`plan::Plan`]: changes, and the [`plan::StepGraph`] that apply runs.
//! 5. The intents of all steps are committed ([`store::Store::begin_run`]); then [`engine::apply()`] begins steps as
//!    [`engine::schedule`] allows, each committed before and after its call.
//! 6. [`engine::wait`] waits until an object's health field says that it works.
//!
//! # What can't happen, because there is no code for it
//!
//! - A driver never sees a value that is not known: [`base::Known`] can't hold one.
//! - A driver never does I/O of its own: a [`driver::Session`] is all it gets, and looking is done with one that refuses calls
//!   that write.
//! - The planner never meets a clock or a random number, so the same inputs make the same plan.
//! - Apply never plans: it has the steps of the plan, and values only where the plan left a part open.
//! - A process that lost the lock can't write: every write carries the epoch of its lock, and the store refuses old ones. Nor
//!   does it go on calling the cloud: a step's session asks before every call that writes whether the lock is still held.
//! - The embedded cloud shares no code with the drivers beyond codecs and signatures, so a shared mistake can't hide.
//! - With `--sim` no real key and no real address is read, and the state is another file.
//!
//! # Files on disk
//!
//! | File | What |
//! |---|---|
//! | `*.tf`, `*.tf.json`, `*.hcl` | The configuration; `override` and `*_override` files are merged into the others |
//! | `.headworks/state.db` | The state: objects, outputs, runs, journal, lock; readable by its owner only |
//! | `.headworks/state.db.backup`, `.backup.2`, `.backup.3` | Copies of the state at the end of the newest runs, kept by themselves |
//! | `.headworks/state.db.damaged-*` | What `state restore` replaced |
//! | `.headworks/sim-state.db` | The same for runs with `--sim` |
//! | `.headworks/sim.db` | The world of the embedded cloud |
//! | the file of `plan -out` | A plan: steps, configuration texts, digest; no sensitive value |

pub mod base;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod driver;
pub mod drivers;
pub mod engine;
pub mod lang;
pub mod plan;
pub mod report;
pub mod schema;
pub mod sim;
pub mod store;
pub mod wire;
