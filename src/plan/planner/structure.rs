//! The shape of every block, before anything is evaluated. Decides nothing about objects.

use super::Planner;
use crate::base::{AttrPath, Diag, Diags, PathStep, ResourceMode, Span, did_you_mean};
use crate::config::model::IgnoreChanges;
use crate::config::{META_ARGUMENTS, Resource, codes};
use crate::schema::codes::UNSUPPORTED_ARGUMENT;
use crate::schema::{BlockSchema, check_structure_at};

impl Planner<'_> {
    /// Shape of every block, before anything is evaluated, so that all such errors come at once.
    pub(super) fn structure(&mut self) {
        let module = self.inputs.module;
        for (addr, resource) in &module.resources {
            let Some(schema) = self.schema(addr) else {
                self.diags.push(self.unknown_type(resource));
                self.broken.insert(addr.clone());
                continue;
            };
            let found = check_structure_at(&schema.block, &resource.body, resource.header, META_ARGUMENTS);
            if found.has_errors() {
                self.broken.insert(addr.clone());
            }
            self.diags.extend(found);
            if let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes {
                let unknown = paths
                    .iter()
                    .filter_map(|(path, span)| names_nothing(&schema.block, path, *span));
                self.diags
                    .extend(unknown.map(|diag| diag.address(addr)).collect::<Diags>());
            }
            let key = &resource.provider;
            if key.alias.is_some() && !module.providers.contains_key(key) {
                self.diags.push(
                    Diag::error(codes::TYPE, format!("Provider configuration not present: {key}"))
                        .detail("The resource names a provider configuration that is not declared.")
                        .address(addr)
                        .at(resource.provider_span.unwrap_or(resource.header))
                        .help(format!(
                            "declare it: provider {:?} {{ alias = {:?} }}",
                            key.name,
                            key.alias.as_deref().unwrap_or("")
                        )),
                );
            }
        }
        for (key, block) in &module.providers {
            match self.inputs.registry.provider(&key.name) {
                Some(schema) => {
                    let found = check_structure_at(&schema.block, &block.body, block.header, &["alias", "version"]);
                    self.diags.extend(found);
                }
                None => self.diags.push(
                    Diag::error(codes::TYPE, format!("Unknown provider {:?}", key.name))
                        .detail("Providers are built in; there is none of this name.")
                        .at(block.header)
                        .help(format!(
                            "known providers: {}",
                            self.inputs.registry.providers().collect::<Vec<_>>().join(", ")
                        )),
                ),
            }
        }
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
