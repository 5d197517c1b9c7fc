//! The registry of all schemas. Decides which file describes which type from the first line of its block alone, so
//! that a start costs nothing; a file is parsed when its type is first asked for. Reads no files itself: the caller
//! passes their texts.

use super::codes;
use super::meta::Meta;
use super::model::{ResourceSchema, SchemaKind};
use super::read;
use crate::base::{Diag, Diags, SourceMap, Str, did_you_mean};
use crate::lang::parse::parse_file;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// All resource types, data sources and providers that are known.
#[derive(Debug, Default)]
pub struct Registry {
    resources: BTreeMap<Str, Entry>,
    data: BTreeMap<Str, Entry>,
    providers: BTreeMap<Str, Entry>,
    meta: Option<(Str, Str)>,
}

/// One schema file, parsed on first use.
#[derive(Debug)]
struct Entry {
    file: Str,
    text: Str,
    schema: OnceLock<Result<Arc<ResourceSchema>, Diags>>,
}

impl Registry {
    /// A registry of schema files, each given by its name, as shown in errors, and its text.
    ///
    /// Each file holds one `resource`, `data` or `provider` block that begins at the start of a line; a file of
    /// `shape` blocks is the schema of schemas. The contents are not read yet; [`Registry::check`] reads all.
    ///
    /// # Errors
    /// A file without such a block, or two files of one type.
    pub fn builtin(files: &[(&str, &str)]) -> Result<Registry, Diags> {
        let mut registry = Registry {
            resources: BTreeMap::new(),
            data: BTreeMap::new(),
            providers: BTreeMap::new(),
            meta: None,
        };
        let mut diags = Diags::new();
        for (file, text) in files {
            match declared(text) {
                Some(Declared::Type(kind, name)) => {
                    let entry = Entry {
                        file: (*file).into(),
                        text: (*text).into(),
                        schema: OnceLock::new(),
                    };
                    if let Some(other) = registry.of_mut(kind).insert(name.into(), entry) {
                        diags.push(broken(file, &format!("{name} is described in {} too", other.file)));
                    }
                }
                Some(Declared::Shapes) => registry.meta = Some(((*file).into(), (*text).into())),
                None => diags.push(broken(file, "no line begins a resource, data, provider or shape block")),
            }
        }
        if diags.has_errors() { Err(diags) } else { Ok(registry) }
    }

    /// The schema of a resource type. None when there is no such type, or when its file is broken, which
    /// [`Registry::check`] reports.
    pub fn resource(&self, type_name: &str) -> Option<&Arc<ResourceSchema>> {
        get(&self.resources, type_name)
    }

    /// The schema of a data source; none as in [`Registry::resource`].
    pub fn data(&self, type_name: &str) -> Option<&Arc<ResourceSchema>> {
        get(&self.data, type_name)
    }

    /// The schema of a provider block; none as in [`Registry::resource`].
    pub fn provider(&self, name: &str) -> Option<&Arc<ResourceSchema>> {
        get(&self.providers, name)
    }

    /// Names of all resource types, sorted.
    pub fn resource_types(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(|name| &**name)
    }

    /// Names of all data sources, sorted.
    pub fn data_types(&self) -> impl Iterator<Item = &str> {
        self.data.keys().map(|name| &**name)
    }

    /// Names of all providers, sorted.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.providers.keys().map(|name| &**name)
    }

    /// The resource type that a wrong name stands for: what another provider calls so, else the nearest name.
    pub fn nearest_resource(&self, given: &str) -> Option<&str> {
        let called = |name: &&str| {
            let schema = self.resource(name);
            schema.is_some_and(|s| s.also_called.iter().any(|other| &**other == given))
        };
        let called = self.resource_types().find(called);
        called.or_else(|| did_you_mean(given, self.resource_types()))
    }

    /// The data source whose name is nearest to a wrong one.
    pub fn nearest_data(&self, given: &str) -> Option<&str> {
        did_you_mean(given, self.data_types())
    }

    /// Reads every file and checks it against the schema of schemas, where there is one: all that is wrong.
    pub fn check(&self) -> Diags {
        let mut diags = Diags::new();
        let meta = self
            .meta
            .as_ref()
            .and_then(|(file, text)| match Meta::parse(file, text) {
                Ok(meta) => {
                    diags.extend(meta.check_file(file, text));
                    Some(meta)
                }
                Err(found) => {
                    diags.extend(found);
                    None
                }
            });
        for entry in self
            .resources
            .values()
            .chain(self.data.values())
            .chain(self.providers.values())
        {
            if let Some(meta) = &meta {
                diags.extend(meta.check_file(&entry.file, &entry.text));
            }
            if let Err(found) = entry.load() {
                diags.extend(found.clone());
            }
        }
        diags
    }

    fn of_mut(&mut self, kind: SchemaKind) -> &mut BTreeMap<Str, Entry> {
        match kind {
            SchemaKind::Resource => &mut self.resources,
            SchemaKind::Data => &mut self.data,
            SchemaKind::Provider => &mut self.providers,
        }
    }
}

fn get<'a>(entries: &'a BTreeMap<Str, Entry>, name: &str) -> Option<&'a Arc<ResourceSchema>> {
    entries.get(name)?.load().as_ref().ok()
}

impl Entry {
    fn load(&self) -> &Result<Arc<ResourceSchema>, Diags> {
        self.schema
            .get_or_init(|| load_text(&self.file, &self.text).map(Arc::new))
    }
}

/// Reads the text of one schema file.
///
/// # Errors
/// All that is wrong with it, each with file and line in its text: the place is not in the user's configuration.
pub fn load_text(file: &str, text: &str) -> Result<ResourceSchema, Diags> {
    let mut sources = SourceMap::default();
    let id = sources.add(file, text);
    let (body, diags) = parse_file(&sources, id);
    if diags.has_errors() {
        return Err(diags.into_iter().map(|d| own(&sources, d)).collect());
    }
    read::schema(&body).map_err(|problems| {
        problems
            .into_iter()
            .map(|(span, why)| broken(&sources.place(span), &why))
            .collect()
    })
}

/// A problem of a schema file, with its place as text.
pub(super) fn own(sources: &SourceMap, diag: Diag) -> Diag {
    let place = diag.span.map_or_else(String::new, |s| sources.place(s));
    let detail = diag.detail.map(|d| format!(": {d}")).unwrap_or_default();
    broken(&place, &format!("{}{detail}", diag.summary))
}

/// The report of a wrong schema file.
pub(super) fn broken(place: &str, why: &str) -> Diag {
    let stop = if why.ends_with(['.', '?']) { "" } else { "." };
    Diag::error(codes::BROKEN_SCHEMA, "Broken schema file")
        .detail(format!("{place}: {why}{stop} This is a bug in headworks."))
}

enum Declared<'a> {
    Type(SchemaKind, &'a str),
    Shapes,
}

/// The first block that a file declares.
fn declared(text: &str) -> Option<Declared<'_>> {
    text.lines().find_map(|line| {
        let (word, rest) = line.split_once(" \"")?;
        let (name, _) = rest.split_once('"')?;
        let kind = match word {
            "resource" => SchemaKind::Resource,
            "data" => SchemaKind::Data,
            "provider" => SchemaKind::Provider,
            "shape" => return Some(Declared::Shapes),
            _ => return None,
        };
        Some(Declared::Type(kind, name))
    })
}
