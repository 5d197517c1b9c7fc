//! `headworks schema`: what is known of the types.

use crate::base::{Diag, did_you_mean};
use crate::cli::args::SchemaArgs;
use crate::cli::pipeline::registry;
use crate::cli::{CommandResult, Context, Exit, codes};
use crate::report::layout::wrap;
use crate::report::provider_address;
use crate::schema::{Registry, ResourceSchema, docs};
use std::io::IsTerminal;

/// Runs the command.
pub fn run(cx: &Context, args: &SchemaArgs) -> CommandResult {
    let registry = registry()?;
    match &args.name {
        None if args.json => cx.output.json(&docs::json(all(&registry), &provider_address)),
        None => list(cx, &registry),
        Some(name) => {
            let schema = find(&registry, name)?;
            if args.json {
                cx.output.json(&docs::type_json(schema));
            } else {
                cx.output.data(&docs::markdown(schema, &registry));
            }
        }
    }
    Ok(Exit::Fine)
}

/// Every schema of the registry.
fn all(registry: &Registry) -> Vec<&ResourceSchema> {
    let resources = registry.resource_types().filter_map(|n| registry.resource(n));
    let data = registry.data_types().filter_map(|n| registry.data(n));
    let providers = registry.providers().filter_map(|n| registry.provider(n));
    resources.chain(data).chain(providers).map(|s| &**s).collect()
}

fn find<'a>(registry: &'a Registry, name: &str) -> Result<&'a ResourceSchema, Diag> {
    let bare = name.strip_prefix("data.").unwrap_or(name);
    let found = match name.strip_prefix("data.") {
        Some(data) => registry.data(data),
        None => registry
            .resource(name)
            .or_else(|| registry.data(name))
            .or_else(|| registry.provider(name)),
    };
    if let Some(schema) = found {
        return Ok(schema);
    }
    let known = registry
        .resource_types()
        .chain(registry.data_types())
        .chain(registry.providers());
    let diag = Diag::error(codes::NOT_FOUND, format!("There is no type {name:?}"));
    Err(match did_you_mean(bare, known) {
        Some(near) => diag.help(format!("did you mean {near:?}?")),
        None => diag.help("`headworks schema` lists all"),
    })
}

fn list(cx: &Context, registry: &Registry) {
    // One line each for other programs; people see the texts broken at words.
    let columns = std::io::stdout().is_terminal().then_some(cx.output.out.width);
    let mut text = String::new();
    let mut section = |title: &str, entries: Vec<(&str, &str)>| {
        let width = entries.iter().map(|(n, _)| n.len()).max().unwrap_or(0);
        text.push_str(&format!("{title}\n"));
        for (name, summary) in entries {
            let line = format!("  {name:width$}  ");
            match columns {
                Some(columns) => text.push_str(&wrap(&line, summary, columns)),
                None => text.push_str(&format!("{line}{summary}\n")),
            }
        }
    };
    let summary = |s: Option<&'_ std::sync::Arc<ResourceSchema>>| s.map_or(String::new(), |s| s.summary.clone());
    let resources: Vec<(String, String)> = registry
        .resource_types()
        .map(|n| (n.to_string(), summary(registry.resource(n))))
        .collect();
    let data: Vec<(String, String)> = registry
        .data_types()
        .map(|n| (n.to_string(), summary(registry.data(n))))
        .collect();
    let providers: Vec<(String, String)> = registry
        .providers()
        .map(|n| (n.to_string(), summary(registry.provider(n))))
        .collect();
    let pairs = |v: &'_ [(String, String)]| -> Vec<(String, String)> { v.to_vec() };
    for (title, entries) in [
        ("Resource types", pairs(&resources)),
        ("Data sources", pairs(&data)),
        ("Providers", pairs(&providers)),
    ] {
        section(title, entries.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect());
    }
    text.push_str("\n`headworks schema NAME` describes one.\n");
    cx.output.data(&text);
}
