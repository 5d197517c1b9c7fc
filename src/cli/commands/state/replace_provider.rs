//! `headworks state replace-provider`: another provider configuration for objects. An object never gets a provider that does
//! not have its type.

use super::edit::edit;
use crate::base::{Diag, Str};
use crate::cli::args::ReplaceProviderArgs;
use crate::cli::pipeline::{Machine, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::config::ProviderKey;
use crate::report::{clean, provider_address};
use crate::schema::Registry;
use crate::store::sqlite::OpenMode;
use crate::store::{ResourceRow, Store};
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};

/// Registries of Terraform and of those that follow it.
const REGISTRIES: &[&str] = &["registry.terraform.io", "registry.opentofu.org"];

/// A provider as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// By its source, for all its configurations.
    Source { address: String, name: Str },
    /// One configuration.
    Configuration(ProviderKey),
}

/// Runs the command.
pub(super) fn run(cx: &Context, args: &ReplaceProviderArgs) -> CommandResult {
    let machine = Machine::offline()?;
    let (from, to) = (named("from", &args.from)?, named("to", &args.to)?);
    // A name without an alias means one configuration where the other side names one.
    let (from, to) = match (from, to) {
        (Named::Source { name, address }, Named::Configuration(to)) if !address.contains('/') => {
            (Named::Configuration(default_of(name)), Named::Configuration(to))
        }
        (Named::Configuration(from), Named::Source { name, .. }) => {
            (Named::Configuration(from), Named::Configuration(default_of(name)))
        }
        both => both,
    };
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let snapshot = machine.runtime.block_on(store.load()).map_err(|e| state_error(&e))?;
    drop(store);
    let changed = replaced(&snapshot.resources, &from, &to, &machine.registry)?;
    if changed.is_empty() {
        cx.output.data("No matching resources found.");
        return Ok(Exit::Fine);
    }
    let count = tell(cx, &from, &to, &changed);
    if !args.auto_approve && !confirmed(cx)? {
        cx.output.data("Cancelled replacing providers.");
        return Ok(Exit::Fine);
    }
    edit(cx, &machine, "state replace-provider", &args.lock, |edit| {
        // Looked at again under the lock: the answer may have taken a while.
        let rows = edit.load()?.resources;
        let now = replaced(&rows, &from, &to, &machine.registry)?;
        if now != changed {
            return Err(
                Diag::error(codes::STATE, "The state has changed since it was looked at")
                    .help("run the command again")
                    .into(),
            );
        }
        edit.put(now)?;
        cx.output
            .data(&format!("Successfully replaced provider for {count} resources."));
        Ok(Exit::Fine)
    })
}

fn default_of(name: Str) -> ProviderKey {
    ProviderKey { name, alias: None }
}

/// Reads `alicloud.old`, `alicloud`, `aliyun/alicloud` and `registry.terraform.io/aliyun/alicloud`.
fn named(side: &str, text: &str) -> Result<Named, Failure> {
    let fail = |why: &str| -> Failure {
        Diag::error(codes::USAGE, format!("Invalid {side:?} provider {:?}", clean(text)))
            .detail(why.to_string())
            .help("write alicloud.old for one configuration, or [HOST/]NAMESPACE/NAME for a provider")
            .into()
    };
    let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if !text.contains('/') {
        return match text.split_once('.') {
            Some((name, alias)) if word(name) && word(alias) => Ok(Named::Configuration(
                text.parse().unwrap_or_else(|never| match never {}),
            )),
            None if word(text) => Ok(Named::Source {
                address: text.to_string(),
                name: text.into(),
            }),
            _ => Err(fail("It is no provider configuration.")),
        };
    }
    let parts: Vec<&str> = text.split('/').collect();
    let (host, rest) = match parts.as_slice() {
        [host, namespace, name] => (*host, [*namespace, *name]),
        [namespace, name] => (REGISTRIES[0], [*namespace, *name]),
        _ => return Err(fail("A provider source has the form [HOST/][NAMESPACE/]NAME.")),
    };
    let [namespace, name] = rest;
    if !word(namespace) || !word(name) || !host.split('.').all(word) {
        return Err(fail("A provider source has the form [HOST/][NAMESPACE/]NAME."));
    }
    let host = if REGISTRIES.contains(&host) {
        REGISTRIES[0]
    } else {
        host
    };
    Ok(Named::Source {
        address: format!("{host}/{namespace}/{name}"),
        name: name.into(),
    })
}

/// The rows with their new provider; those that have it already are not among them.
fn replaced(rows: &[ResourceRow], from: &Named, to: &Named, registry: &Registry) -> Result<Vec<ResourceRow>, Diag> {
    let mut out = Vec::new();
    for row in rows {
        let had: ProviderKey = row.provider.parse().unwrap_or_else(|never| match never {});
        let matches = match from {
            Named::Configuration(key) => had == *key,
            Named::Source { address, name } if address.contains('/') => {
                had.name == *name && provider_address(&had.name) == *address
            }
            Named::Source { name, .. } => had.name == *name,
        };
        if !matches {
            continue;
        }
        let has = match to {
            Named::Configuration(key) => key.clone(),
            Named::Source { name, .. } => ProviderKey {
                name: name.clone(),
                alias: had.alias.clone(),
            },
        };
        if has == had {
            continue;
        }
        let type_name = &row.addr.resource.type_name;
        let schema = registry.resource(type_name).or_else(|| registry.data(type_name));
        if schema.is_some_and(|schema| schema.provider != has.name) {
            return Err(Diag::error(
                codes::USAGE,
                format!("Provider {} does not have {type_name}", clean(&has.name)),
            )
            .detail(format!("{} would have no provider that can manage it.", row.addr))
            .help(format!(
                "types that begin with {0}_ need a configuration of {0}",
                had.name
            )));
        }
        let mut row = row.clone();
        row.provider = has.to_string();
        out.push(row);
    }
    Ok(out)
}

/// Says what is going to be changed; gives the number of blocks.
fn tell(cx: &Context, from: &Named, to: &Named, rows: &[ResourceRow]) -> usize {
    let name = |named: &Named| match named {
        Named::Source { address, .. } => address.clone(),
        Named::Configuration(key) => key.to_string(),
    };
    let blocks: BTreeSet<String> = rows.iter().map(|r| r.addr.resource.to_string()).collect();
    let mut text = format!(
        "Headworks will perform the following actions:\n\n  ~ Updating provider:\n    - {}\n    + {}\n\nChanging {} resources:\n\n",
        name(from),
        name(to),
        blocks.len()
    );
    for block in &blocks {
        text.push_str(&format!("  {}\n", clean(block)));
    }
    cx.output.data(&text);
    blocks.len()
}

fn confirmed(cx: &Context) -> Result<bool, Diag> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        cx.output.note("Reading the answer from standard input.");
    }
    cx.output
        .ask("\nDo you want to make these changes?\nOnly 'yes' will be accepted to continue.\n\nEnter a value: ");
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Diag::error(codes::USAGE, "The answer can't be read").detail(e.to_string()))?;
    Ok(answer.trim() == "yes")
}
