//! `headworks import`: takes an object that exists into the state, under an address of the configuration. Changes nothing in
//! the cloud.

use super::state::edit::edit;
use crate::base::{Diag, InstanceAddr, ResourceMode, did_you_mean};
use crate::cli::args::ImportArgs;
use crate::cli::load::load;
use crate::cli::pipeline::{Machine, Request, connected, only_vars, read_state};
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::config::Module;
use crate::engine;
use crate::plan::PlanMode;
use crate::store::{RowChange, RowWrite, Store};

/// Runs the command.
pub fn run(cx: &Context, args: &ImportArgs) -> CommandResult {
    let addr: InstanceAddr = args.address.parse().map_err(|e: crate::base::addr::AddrError| {
        Diag::error(codes::USAGE, "Invalid address").detail(e.to_string())
    })?;
    let loaded = load(&cx.directory, &args.vars)?;
    declared(&loaded.module, &addr)?;
    let machine = Machine::new(cx)?;
    let result = import(cx, args, &machine, &loaded, &addr);
    if let Some(sim) = machine.sim {
        machine.runtime.block_on(sim.stop());
    }
    result
}

fn import(
    cx: &Context,
    args: &ImportArgs,
    machine: &Machine,
    loaded: &crate::cli::load::Loaded,
    addr: &InstanceAddr,
) -> CommandResult {
    let options = only_vars(&args.vars, 1);
    let request = Request {
        options: &options,
        mode: PlanMode::Normal,
    };
    edit(cx, machine, "import", &args.lock, |edit| {
        let state = read_state(edit.store, &machine.registry, &machine.runtime)?;
        if state.prior.iter().any(|p| p.addr == *addr && p.deposed.is_none()) {
            return Err(Diag::error(codes::USAGE, format!("The state has {addr} already"))
                .help(format!("to replace it: headworks state rm '{addr}', and import again"))
                .into());
        }
        let (Some(resource), Some(schema)) = (
            loaded.module.resource(&addr.resource),
            machine.registry.resource(&addr.resource.type_name),
        ) else {
            return Err(Diag::error(
                codes::NOT_FOUND,
                format!("{} is no resource type", addr.resource.type_name),
            )
            .into());
        };
        let providers = connected(cx, machine, loaded, &state, &request)?;
        let provider = loaded.module.provider_at(&addr.resource.module, &resource.provider);
        let session = providers.session(&provider).ok_or_else(|| {
            let text = format!("Provider {provider} is not configured");
            Diag::error(codes::NOT_FOUND, text)
        })?;
        let found = machine.runtime.block_on(engine::import::import(
            addr,
            &args.id,
            schema,
            &provider,
            session,
            &machine.drivers,
        ));
        let row = found.map_err(|diag| Failure {
            diags: diag.into(),
            sources: loaded.sources.clone(),
        })?;
        let write = RowWrite {
            step: None,
            change: RowChange::Put(Box::new(row)),
        };
        edit.run(edit.store.put_rows(edit.cx(), vec![write]))?;
        cx.output.note(&format!(
            "{addr} is imported. `headworks plan` shows what differs from the configuration."
        ));
        Ok(Exit::Fine)
    })
}

/// Only what the configuration declares can be imported: the next apply would delete anything else.
fn declared(module: &Module, addr: &InstanceAddr) -> Result<(), Failure> {
    if addr.resource.mode == ResourceMode::Data {
        return Err(Diag::error(codes::USAGE, "A data source has nothing to import").into());
    }
    if module.resource(&addr.resource).is_some() {
        return Ok(());
    }
    let modules = module.all();
    let blocks = modules
        .iter()
        .flat_map(|(path, m)| m.resources.keys().map(|a| a.in_module(path.clone()).to_string()));
    let names: Vec<String> = blocks.collect();
    let name = addr.resource.to_string();
    let near = did_you_mean(&name, names.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean {near}?"),
        None => format!(
            "write a resource {:?} {:?} block first",
            &*addr.resource.type_name, &*addr.resource.name
        ),
    };
    Err(
        Diag::error(codes::NOT_FOUND, format!("The configuration has no {name}"))
            .help(help)
            .into(),
    )
}
