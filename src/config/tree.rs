//! Whether the modules of a configuration fit together: arguments of each call with the variables of the module, and the
//! providers that are passed on. Evaluates nothing.

use super::codes;
use super::model::{CALL_ARGUMENTS, Module, ModuleCall, ProviderKey};
use crate::base::{Diag, Diags, InstanceKey, ModulePath, did_you_mean};

/// Checks all calls below a root module.
pub fn check(root: &Module) -> Diags {
    let mut diags = Diags::new();
    for (path, module) in root.all() {
        for (name, call) in &module.calls {
            let Some(child) = call.module.as_deref() else {
                continue;
            };
            let at = path.child(name.clone(), InstanceKey::None);
            arguments(&at, call, child, &mut diags);
            passed(&at, root, module, call, &mut diags);
        }
        providers(&path, root, module, &mut diags);
    }
    diags
}

fn arguments(at: &ModulePath, call: &ModuleCall, child: &Module, diags: &mut Diags) {
    for (name, attribute) in &call.body.attributes {
        if CALL_ARGUMENTS.contains(&&**name) || child.variables.contains_key(name) || child.incomplete {
            continue;
        }
        let diag = Diag::error(codes::UNSUPPORTED, "Unsupported argument")
            .detail(format!("The module at {} has no variable {name:?}.", child.directory))
            .address(at)
            .at(attribute.name.span);
        // A variable that has a value already is not meant, as long as another name is as near.
        let open = |k: &&str| !call.body.attributes.contains_key(*k);
        let variables = child.variables.keys().map(|k| &**k);
        let arguments = CALL_ARGUMENTS.iter().copied().filter(|k| *k != "version");
        let diag = diag.suggest(name, variables.clone().chain(arguments.clone()).filter(open));
        diags.push(diag.suggest(name, variables.chain(arguments)));
    }
    for (name, variable) in &child.variables {
        let given = call.body.attributes.contains_key(name) || call.damaged || variable.damaged;
        if variable.default.is_none() && !given {
            diags.push(
                Diag::error(codes::UNSUPPORTED, "Missing required argument")
                    .detail(format!(
                        "The argument {name:?} is required, but no definition was found: the variable has no default."
                    ))
                    .address(at)
                    .at(call.header)
                    .related(variable.header, "the variable is declared here"),
            );
        }
    }
}

/// What a call passes on must be there to be passed.
fn passed(at: &ModulePath, root: &Module, caller: &Module, call: &ModuleCall, diags: &mut Diags) {
    let within = ModulePath::default();
    let path = at.split_last().map_or(within, |(path, ..)| path);
    for one in &call.providers {
        if !is_present(&path, root, caller, &one.outer) {
            diags.push(missing(&one.outer, caller).address(at).at(one.span));
        }
    }
}

/// In a called module every provider comes from its caller.
fn providers(path: &ModulePath, root: &Module, module: &Module, diags: &mut Diags) {
    let own = module.providers.iter().filter(|_| !path.is_root());
    for (key, block) in own {
        let mut settings = block
            .body
            .attributes
            .keys()
            .filter(|name| !matches!(&***name, "alias" | "version"));
        diags.push(if settings.next().is_none() && block.body.blocks.is_empty() {
            Diag::warning(codes::MODULE, "Redundant empty provider block")
                .detail("A called module gets its providers from its caller, so this block says nothing.")
                .address(path)
                .at(block.header)
                .help("remove it")
        } else {
            Diag::error(codes::MODULE, format!("Provider {key} is configured in a called module"))
                .detail(
                    "A module with providers of its own could not be removed any more: its objects would have lost what deletes \
                     them. Providers are configured in the root module.",
                )
                .address(path)
                .at(block.header)
                .help("move the block to the root module, and pass it with providers = { … } if it has an alias")
        });
    }
    for resource in module.resources.values() {
        if !is_present(path, root, module, &resource.provider) {
            let span = resource.provider_span.unwrap_or(resource.header);
            let addr = resource.addr.in_module(path.clone());
            diags.push(missing(&resource.provider, module).address(addr).at(span));
        }
    }
}

/// Whether a provider configuration with an alias is declared in the root module or passed to a called one. Those without
/// alias always are.
fn is_present(path: &ModulePath, root: &Module, module: &Module, key: &ProviderKey) -> bool {
    if key.alias.is_none() || module.providers.contains_key(key) || module.incomplete {
        return true;
    }
    let Some((caller, name, _)) = path.split_last() else {
        return false;
    };
    let call = root.at(&caller).and_then(|m| m.calls.get(name));
    call.is_some_and(|c| c.damaged || c.providers.iter().any(|p| p.inner == *key))
}

fn missing(key: &ProviderKey, module: &Module) -> Diag {
    let diag = Diag::error(codes::TYPE, "Provider configuration not present").detail(format!(
        "No provider configuration {key} is declared here or passed to this module."
    ));
    let aliases = module.providers.keys().filter(|k| k.name == key.name);
    let near = did_you_mean(
        key.alias.as_deref().unwrap_or(""),
        aliases.filter_map(|k| k.alias.as_deref()),
    );
    diag.help(match near {
        Some(near) => format!("did you mean {}.{near}?", key.name),
        None => format!(
            "declare it in the root module: provider {:?} {{ alias = {:?} }}, and pass it on with providers = {{ … }}",
            key.name,
            key.alias.as_deref().unwrap_or("")
        ),
    })
}
