//! `headworks sim`: the embedded cloud by itself, for other tools and SDKs, and ways to change its world behind everybody's back.

use crate::base::Diag;
use crate::cli::args::{SimArgs, SimCommand};
use crate::cli::simulate::{self, make_directory, parse_chaos, sim_error, world_path};
use crate::cli::{CommandResult, Context, Exit, Failure, codes, signals};
use crate::sim::{Service, Sim, SimOptions};
use tokio::runtime::Runtime;

/// Runs the command.
pub fn run(cx: &Context, args: SimArgs) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Diag::error(codes::SIM, "The runtime can't start").detail(e.to_string()))?;
    let sim = start(cx, &args, &runtime)?;
    match &args.command {
        None => serve(cx, &runtime, sim),
        Some(command) => {
            let result = change(cx, &sim, command);
            runtime.block_on(sim.stop());
            result
        }
    }
}

fn start(cx: &Context, args: &SimArgs, runtime: &Runtime) -> Result<Sim, Failure> {
    let database = match (&args.database, args.in_memory) {
        (_, true) => None,
        (Some(path), false) => Some(path.clone()),
        (None, false) => Some(world_path(&cx.directory)),
    };
    if let Some(path) = &database {
        make_directory(path)?;
    }
    let chaos = cx.chaos.as_deref().map(parse_chaos).transpose()?;
    if chaos.as_ref().is_some_and(|c| c.speed().is_some()) {
        return Err(Diag::error(codes::SIM, "Time can't pass faster for other programs")
            .detail("`speed` makes the embedded cloud and headworks use one clock that hurries; another program has its own.")
            .help("leave speed out, or use it with --sim and another command")
            .into());
    }
    let options = SimOptions {
        database,
        chaos,
        first_port: args.port,
        ..SimOptions::default()
    };
    Ok(runtime.block_on(Sim::start(options)).map_err(sim_error)?)
}

fn serve(cx: &Context, runtime: &Runtime, sim: Sim) -> CommandResult {
    cx.output
        .data("# The embedded cloud answers at these addresses. Ctrl-C stops it.");
    for (name, value) in simulate::environment(&sim) {
        cx.output.data(&format!("export {name}={value}"));
    }
    cx.output
        .data(&format!("# Its world: GET {}/objects", sim.endpoint(Service::Admin)));
    let interrupts = signals::listen(runtime);
    interrupts.work_begins();
    let mut stop = interrupts.stop();
    runtime.block_on(async {
        let _ = stop.changed().await;
        sim.stop().await;
    });
    Ok(Exit::Fine)
}

fn change(cx: &Context, sim: &Sim, command: &SimCommand) -> CommandResult {
    let missing = |kind: &str, key: &str| -> Failure {
        Diag::error(codes::NOT_FOUND, format!("The world has no {kind} {key}"))
            .help("`headworks sim objects` lists all")
            .into()
    };
    match command {
        SimCommand::Objects => {
            let inventory = sim.world().inventory();
            if inventory.is_empty() {
                cx.output.note("The world is empty.");
            } else {
                cx.output.data(&inventory);
            }
        }
        SimCommand::Get { kind, key } => match sim.object(kind, key) {
            Some(json) => cx.output.json(&json),
            None => return Err(missing(kind, key)),
        },
        SimCommand::Patch { kind, key, json } => {
            let patch = serde_json::from_str(json)
                .map_err(|e| Diag::error(codes::USAGE, "The patch is no JSON").detail(e.to_string()))?;
            sim.patch_object(kind, key, &patch)
                .map_err(|e| Diag::error(codes::SIM, format!("{kind} {key} can't be changed")).detail(e))?;
            cx.output.note(&format!("{kind} {key} is changed"));
        }
        SimCommand::Delete { kind, key } => {
            let deleted = sim
                .delete_object(kind, key)
                .map_err(|e| Diag::error(codes::SIM, format!("{kind} {key} can't be deleted")).detail(e))?;
            if !deleted {
                return Err(missing(kind, key));
            }
            cx.output.note(&format!("{kind} {key} is deleted"));
        }
    }
    Ok(Exit::Fine)
}
