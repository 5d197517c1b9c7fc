//! `headworks sim`: the embedded cloud by itself, for other tools and SDKs, and ways to change its world behind everybody's back.

use crate::base::Diag;
use crate::cli::args::{SimArgs, SimCommand};
use crate::cli::simulate::{make_directory, parse_chaos, sim_error, world_path};
use crate::cli::{CommandResult, Context, Exit, Failure, codes, signals};
use crate::sim::{Ports, Sim, SimOptions};
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
    let port = |n: u16| if args.port == 0 { 0 } else { args.port.saturating_add(n) };
    let options = SimOptions {
        database,
        chaos,
        ports: Ports {
            tablestore: port(0),
            oss: port(1),
            ram: port(2),
            resourcemanager: port(3),
            admin: port(4),
        },
        ..SimOptions::default()
    };
    Ok(runtime.block_on(Sim::start(options)).map_err(sim_error)?)
}

fn serve(cx: &Context, runtime: &Runtime, sim: Sim) -> CommandResult {
    let at = sim.endpoints();
    let key = Sim::credentials();
    cx.output.data(&format!(
        "# The embedded cloud answers at these addresses. Ctrl-C stops it.\n\
         export ALIBABA_CLOUD_ACCESS_KEY_ID={}\n\
         export ALIBABA_CLOUD_ACCESS_KEY_SECRET={}\n\
         export ALIBABA_CLOUD_REGION_ID={}\n\
         export OTS_ENDPOINT={}\n\
         export OSS_ENDPOINT={}\n\
         export RAM_ENDPOINT={}\n\
         export STS_ENDPOINT={}\n\
         export RESOURCEMANAGER_ENDPOINT={}\n\
         # Its world: GET {}/objects",
        key.access_key,
        key.secret.expose(),
        crate::sim::DEMO_REGION,
        at.tablestore,
        at.oss,
        at.ram,
        at.ram,
        at.resourcemanager,
        at.admin,
    ));
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
