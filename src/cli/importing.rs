//! What `import` blocks ask for: finds the objects and puts them beside those of the state, so that the plan is made as if
//! the state had them. Reads the cloud only; with `-generate-config-out` it also writes the file it is asked for.

use super::load::Loaded;
use super::pipeline::{Machine, Request, State};
use super::{Context, Failure, codes};
use crate::base::{Diag, Diags, InstanceAddr, InstanceKey, Str, Value};
use crate::config::{ProviderKey, decode};
use crate::engine::data::CloudData;
use crate::engine::{self, Providers, SystemHost};
use crate::lang::parse;
use crate::plan::imports::{self, Wanted};
use crate::plan::moves::planned_instances;
use crate::plan::{Imported, Inputs, NoData, Options, PlanMode, Prior, generate, provider_settings};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// What was found, by address.
pub type Found = BTreeMap<InstanceAddr, Imported>;

/// What a plan is being made with.
#[derive(Clone, Copy)]
pub struct Making<'a> {
    /// How it is to be made.
    pub request: &'a Request<'a>,
    /// What the user asked for.
    pub options: &'a Options,
    /// Values of the variables.
    pub variables: &'a BTreeMap<Str, Value>,
    /// Effects of functions.
    pub host: &'a SystemHost,
}

/// Follows the `import` blocks of a configuration.
///
/// # Errors
/// A block can't be followed, or there is no such object.
pub fn prepare(
    cx: &Context,
    machine: &Machine,
    loaded: &mut Loaded,
    state: &mut State,
    made: &Making<'_>,
) -> Result<Found, Failure> {
    let request = made.request;
    let generate = request.options.generate_config_out.as_deref();
    if let Some(path) = generate
        .map(|path| cx.directory.join(path))
        .filter(|path| path.exists())
    {
        return Err(Diag::error(codes::USAGE, "Target generated file already exists")
            .detail(format!(
                "Generated configuration goes into a new file, and {} is there.",
                path.display()
            ))
            .help("move its blocks into other files and delete it, or give another name")
            .into());
    }
    if loaded.module.imports.is_empty() || request.mode != PlanMode::Normal {
        return Ok(Found::new());
    }
    let (wanted, providers) = {
        let (wanted, providers, diags) = asked_for(machine, loaded, state, made);
        if diags.has_errors() {
            return Err(failure(diags, loaded));
        }
        (wanted, providers)
    };
    let mut found = Found::new();
    let mut diags = Diags::new();
    let mut text = String::new();
    for one in &wanted {
        let declared = loaded.module.resource(&one.addr.resource);
        let implied = || ProviderKey {
            name: one.addr.resource.type_name.split('_').next().unwrap_or_default().into(),
            alias: None,
        };
        let provider = declared
            .map(|r| loaded.module.provider_at(&one.addr.resource.module, &r.provider))
            .or_else(|| one.provider.clone());
        let provider = provider.unwrap_or_else(implied);
        let prior = match read(machine, &providers, one, provider) {
            Ok(prior) => prior,
            Err(diag) => {
                diags.push(if diag.span.is_none() { diag.at(one.at) } else { diag });
                continue;
            }
        };
        let schema = machine.registry.resource(&one.addr.resource.type_name);
        let config = match (declared, schema) {
            (None, Some(schema)) => {
                let block = generate::resource_block(&one.addr.resource, schema, &prior.value);
                text.push_str(&format!("\n{}{block}", generate::origin(&one.id)));
                Some(block.trim_end().to_string())
            }
            _ => None,
        };
        let id = one.id.clone();
        found.insert(one.addr.clone(), Imported { id, config });
        state.prior.push(prior);
    }
    if diags.has_errors() {
        return Err(failure(diags, loaded));
    }
    state
        .prior
        .sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
    if let (Some(path), false) = (generate, text.is_empty()) {
        add_generated(cx, loaded, path, format!("{}{text}", generate::FILE_HEADER))?;
    }
    Ok(found)
}

fn failure(diags: Diags, loaded: &Loaded) -> Failure {
    let mut all = diags;
    all.extend(loaded.diags.clone());
    Failure {
        diags: all.sorted(),
        sources: loaded.sources.clone(),
    }
}

/// What the blocks ask for, by a plan that is made without them.
fn asked_for(machine: &Machine, loaded: &Loaded, state: &State, made: &Making<'_>) -> (Vec<Wanted>, Providers, Diags) {
    let Making {
        request,
        options,
        variables,
        host,
    } = *made;
    let seal = |path: &str, secret: &str| state.fingerprint(path, secret);
    let mut inputs = Inputs {
        module: &loaded.module,
        sources: &loaded.sources,
        registry: &machine.registry,
        variables: variables.clone(),
        observed: vec![None; state.prior.len()],
        prior: state.prior.clone(),
        prior_outputs: state.outputs.clone(),
        host,
        data: &NoData,
        options: options.clone(),
        checking: false,
        seal: state.key.is_some().then_some(&seal),
        workspace: "default".into(),
    };
    let (settings, _) = provider_settings(&inputs);
    let (providers, found) = machine.providers(loaded, &settings);
    if found.has_errors() {
        return (Vec::new(), providers, found);
    }
    let data = CloudData {
        runtime: &machine.runtime,
        drivers: &machine.drivers,
        providers: &providers,
    };
    inputs.data = &data;
    let (plan, values, found) = crate::plan::plan(&inputs);
    let mut diags = Diags::new();
    if found.has_errors() {
        return (Vec::new(), providers, found);
    }
    let (mut wanted, found) = imports::wanted(&loaded.module, &values, host, &state.prior, false);
    diags.extend(found);
    let there = planned_instances(&plan);
    let generates = request.options.generate_config_out.is_some();
    let undeclared = undeclared(loaded, &wanted, &there, generates, options.is_targeted());
    diags.extend(undeclared);
    wanted.retain(|w| there.contains(&w.addr) || (generates && loaded.module.resource(&w.addr.resource).is_none()));
    drop(inputs);
    (wanted, providers, diags)
}

fn undeclared(
    loaded: &Loaded,
    wanted: &[Wanted],
    there: &HashSet<InstanceAddr>,
    generates: bool,
    targeted: bool,
) -> Diags {
    let missing = |w: &&Wanted| !there.contains(&w.addr);
    let diag =
        |w: &Wanted| {
            let block = loaded.module.resource(&w.addr.resource).is_some();
            let single = w.addr.key == InstanceKey::None && w.addr.resource.module.is_root();
            match (block, single) {
            // An instance that a target leaves out is not imported now.
            (true, _) if targeted => None,
            (false, true) if generates => None,
            (false, true) => Some(
                imports::undeclared(&format!("Nothing is declared at {}.", w.addr), w.to).help(
                    "declare the resource, or let headworks write it: headworks plan -generate-config-out=generated.tf",
                ),
            ),
            _ => Some(imports::undeclared(&format!("There is no instance {} in the configuration.", w.addr), w.to)),
        }
        };
    wanted.iter().filter(missing).filter_map(diag).collect()
}

/// Finds one object.
fn read(machine: &Machine, providers: &Providers, one: &Wanted, provider: ProviderKey) -> Result<Prior, Diag> {
    let type_name = &one.addr.resource.type_name;
    let schema = machine.registry.resource(type_name).ok_or_else(|| {
        Diag::error(crate::config::codes::TYPE, "Invalid resource type")
            .detail(format!("There is no resource type {type_name:?}."))
            .at(one.to)
    })?;
    let value = if schema.local {
        engine::import::local_object(schema, &one.id)
    } else {
        let session = providers.session(&provider).ok_or_else(|| {
            Diag::error(codes::NOT_FOUND, format!("Provider {provider} is not configured")).at(one.to)
        })?;
        let found = engine::import::object(&one.addr, &one.id, schema, session, &machine.drivers);
        machine.runtime.block_on(found)?
    };
    Ok(Prior {
        addr: one.addr.clone(),
        deposed: None,
        provider,
        value,
        tainted: false,
        adopted: !schema.local,
        dependencies: Vec::new(),
    })
}

/// Writes the generated configuration, and plans as if it had been there.
fn add_generated(cx: &Context, loaded: &mut Loaded, path: &Path, text: String) -> Result<(), Failure> {
    let name = path.display().to_string();
    let target = cx.directory.join(path);
    let text = crate::base::mask::mask(&text).into_owned();
    std::fs::write(&target, &text).map_err(|e| {
        Diag::error(codes::FILE, format!("The file {} can't be written", target.display())).detail(e.to_string())
    })?;
    let id = loaded.sources.add(name.clone(), text);
    loaded.files.push((name, id));
    let (body, mut diags) = parse::parse_file(&loaded.sources, id);
    let (module, found) = decode(vec![body]);
    diags.extend(found);
    if diags.has_errors() {
        return Err(failure(diags, loaded));
    }
    loaded.module.resources.extend(module.resources);
    Ok(())
}
