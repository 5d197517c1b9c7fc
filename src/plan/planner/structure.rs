//! The shape of every block, before anything is evaluated. Decides nothing about objects.

use super::Planner;
use crate::base::{AttrPath, Diag, Diags, ModulePath, PathStep, ResourceMode, Span, did_you_mean};
use crate::config::model::IgnoreChanges;
use crate::config::{BLOCKS, META_ARGUMENTS, Module, Resource, codes};
use crate::lang::ast::Body;
use crate::schema::codes::{UNSUPPORTED_ARGUMENT, UNSUPPORTED_BLOCK};
use crate::schema::{BlockSchema, check_structure_at};
use std::collections::HashSet;

impl Planner<'_> {
    /// Shape of every block, before anything is evaluated, so that all such errors come at once.
    pub(super) fn structure(&mut self) {
        // A directory that is called twice has its mistakes once.
        let mut told = HashSet::new();
        for (path, module) in self.inputs.module.all() {
            let found = self.structure_of(&path, module);
            if told.insert(std::ptr::from_ref(module)) {
                self.diags.extend(found);
            }
        }
        self.provider_structure();
    }

    fn structure_of(&mut self, path: &ModulePath, module: &Module) -> Diags {
        let mut diags = Diags::new();
        for (local, resource) in &module.resources {
            let addr = local.in_module(path.clone());
            let Some(schema) = self.schema(&addr) else {
                diags.push(self.unknown_type(resource).address(&addr));
                self.broken.insert(addr);
                continue;
            };
            let found = check_structure_at(&schema.block, &resource.body, resource.header, META_ARGUMENTS);
            if found.has_errors() || resource.damaged {
                self.broken.insert(addr.clone());
            }
            diags.extend(found.into_iter().filter(|d| !is_stray(d, &resource.body)).collect());
            diags.extend(
                self.chosen_provider(resource)
                    .map(|d| d.address(&addr))
                    .into_iter()
                    .collect(),
            );
            if let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes {
                let unknown = paths
                    .iter()
                    .filter_map(|(path, span)| names_nothing(&schema.block, path, *span));
                diags.extend(unknown.map(|diag| diag.address(&addr)).collect::<Diags>());
            }
        }
        diags
    }

    fn provider_structure(&mut self) {
        let module = self.inputs.module;
        for (key, block) in &module.providers {
            match self.inputs.registry.provider(&key.name) {
                Some(schema) => {
                    let found = check_structure_at(&schema.block, &block.body, block.header, &["alias", "version"]);
                    self.diags.extend(found);
                }
                // The provider of built-in types has no settings; a block of it is accepted.
                None if &*key.name == "terraform" => {}
                None => {
                    let diag = self.unknown_provider(&key.name).at(block.header);
                    self.diags.push(diag);
                }
            }
        }
    }

    fn unknown_provider(&self, name: &str) -> Diag {
        let known: Vec<&str> = self.inputs.registry.providers().collect();
        Diag::error(codes::TYPE, format!("Unknown provider {name:?}"))
            .detail("Providers are built in; there is none of this name.")
            .suggest(name, known.iter().copied())
            .or_help(|| format!("known providers: {}", known.join(", ")))
    }

    /// The provider that a block chooses by name. Without that it is the one of its type, of which is said what there is to say.
    fn chosen_provider(&self, resource: &Resource) -> Option<Diag> {
        let name = &resource.provider.name;
        let known = &**name == "terraform" || self.inputs.registry.provider(name).is_some();
        let span = resource.provider_span.filter(|_| !known)?;
        Some(self.unknown_provider(name).at(span))
    }

    fn unknown_type(&self, resource: &Resource) -> Diag {
        let addr = &resource.addr;
        let registry = &self.inputs.registry;
        let (what, near) = match addr.mode {
            ResourceMode::Managed => ("resource type", registry.nearest_resource(&addr.type_name)),
            ResourceMode::Data => ("data source", registry.nearest_data(&addr.type_name)),
        };
        let diag = Diag::error(codes::TYPE, format!("Invalid {what}"))
            .detail(format!("There is no {what} {:?}.", addr.type_name))
            .address(addr)
            .at(resource.header);
        match near {
            Some(near) => diag.help(format!("did you mean {near:?}?")),
            None => diag.help("run `headworks schema` for the list of types"),
        }
    }
}

/// The error of a path in `ignore_changes` that the type does not have: nothing would be ignored.
fn names_nothing(schema: &BlockSchema, path: &AttrPath, span: Span) -> Option<Diag> {
    let mut schema = schema;
    for step in &path.0 {
        let (PathStep::Attr(name) | PathStep::Key(name)) = step else {
            continue;
        };
        if schema.attributes.contains_key(name) {
            return None;
        }
        let Some(nested) = schema.blocks.get(name) else {
            let names = schema.attributes.keys().chain(schema.blocks.keys());
            let diag = Diag::error(UNSUPPORTED_ARGUMENT, "Unsupported attribute")
                .detail(format!(
                    "This object has no argument, nested block, or exported attribute named {:?}.",
                    &**name
                ))
                .at(span);
            return Some(match did_you_mean(name, names.map(|n| &**n)) {
                Some(near) => diag.help(format!("did you mean {near:?}?")),
                None => diag,
            });
        };
        schema = &nested.block;
    }
    None
}

/// Whether a block that does not belong into a body only seems to stand in it, because a brace is missing.
fn is_stray(diag: &Diag, body: &Body) -> bool {
    let mut of_file = body.blocks.iter().filter(|b| BLOCKS.contains(&&*b.kind.text));
    body.damaged && diag.code == UNSUPPORTED_BLOCK && of_file.any(|b| Some(b.header) == diag.span)
}
