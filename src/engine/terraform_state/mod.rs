//! A Terraform state file (version 4) as rows of this state: which of its objects have a type here, under which address, and what
//! of them can be taken. What the file says is never trusted: what does not fit is left out and told. Reads and writes nothing.

mod convert;
mod file;

pub use file::{FileError, TerraformFile};

use crate::base::{AttrPath, InstanceAddr, InstanceKey, ModulePath, PathStep, ResourceAddr, ResourceMode, Str};
use crate::config::ProviderKey;
use crate::schema::secrets::Seal;
use crate::schema::{Registry, ResourceSchema};
use crate::store::{OutputRow, ResourceRow, RowKey, RowStatus};
use file::{FileInstance, FileResource};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An object that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its row.
    pub row: ResourceRow,
    /// Its address in the file, where that is another one.
    pub was: Option<String>,
    /// Attributes of the file that have no place here.
    pub dropped: Vec<String>,
}

/// An object or output that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its address in the file.
    pub address: String,
    /// Why.
    pub why: String,
}

/// What becomes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Objects that are taken.
    pub taken: Vec<Taken>,
    /// Outputs that are taken.
    pub outputs: Vec<OutputRow>,
    /// What is not.
    pub left: Vec<Left>,
}

/// What the state has already, which is never overwritten.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// Objects.
    pub rows: BTreeSet<RowKey>,
    /// Names of outputs.
    pub outputs: BTreeSet<String>,
}

/// Takes what can be taken of a file. `seal` makes the fingerprints of secrets.
///
/// # Errors
/// The file names one object twice.
pub fn adopt(
    file: &TerraformFile,
    registry: &Registry,
    present: &Present,
    seal: Seal<'_>,
) -> Result<Adoption, FileError> {
    let mut out = Adoption::default();
    let mut seen = BTreeSet::new();
    for resource in &file.resources {
        let name = resource.address();
        let found = schema_of(resource, registry);
        if resource.instances.is_empty() {
            continue;
        }
        let (schema, addr) = match found.and_then(|schema| Ok((schema.clone(), address(resource, schema)?))) {
            Ok(found) => found,
            Err(why) => {
                out.left.push(Left { address: name, why });
                continue;
            }
        };
        for instance in &resource.instances {
            let in_file = format!("{name}{}", instance.key_text());
            match take(resource, instance, &addr, &schema, registry, seal) {
                Err(why) => out.left.push(Left { address: in_file, why }),
                Ok(mut taken) => {
                    let key = taken.row.key();
                    if !seen.insert(key.clone()) {
                        return Err(FileError::Twice(in_file));
                    }
                    if present.rows.contains(&key) {
                        let why = "the state has it already, and nothing is overwritten".to_string();
                        out.left.push(Left { address: in_file, why });
                        continue;
                    }
                    taken.was = (taken.row.addr.to_string() != in_file).then_some(in_file);
                    out.taken.push(taken);
                }
            }
        }
    }
    for (name, output) in &file.outputs {
        let address = format!("output.{name}");
        if present.outputs.contains(name) {
            let why = "the state has it already, and nothing is overwritten".to_string();
            out.left.push(Left { address, why });
            continue;
        }
        match output.row(name) {
            Ok(row) => out.outputs.push(row),
            Err(why) => out.left.push(Left { address, why }),
        }
    }
    out.taken.sort_by_key(|taken| taken.row.key());
    Ok(out)
}

/// What is known of the type of a resource: of its name, or of the name that another provider has for it.
fn schema_of<'r>(resource: &FileResource, registry: &'r Registry) -> Result<&'r Arc<ResourceSchema>, String> {
    let type_name = &*resource.type_name;
    match &*resource.mode {
        "managed" => {}
        "data" => return Err("data sources are read anew with each plan".to_string()),
        other => return Err(format!("{other:?} is no mode of a resource")),
    }
    if let Some(schema) = registry.resource(type_name) {
        return Ok(schema);
    }
    let called = registry
        .nearest_resource(type_name)
        .and_then(|near| registry.resource(near));
    called
        .filter(|schema| schema.also_called.iter().any(|other| &**other == type_name))
        .ok_or_else(|| format!("headworks does not have the type {type_name}"))
}

/// The address of a block, under our name of its type.
fn address(resource: &FileResource, schema: &ResourceSchema) -> Result<ResourceAddr, String> {
    let module = match resource.module.as_deref() {
        None | Some("") => ModulePath::default(),
        Some(text) => {
            let within: Result<InstanceAddr, _> = format!("{text}.t.n").parse();
            within.map_err(|_| format!("{text:?} is no module"))?.resource.module
        }
    };
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if resource.name.is_empty() || !resource.name.chars().all(word) {
        return Err(format!("{:?} is no name of a resource", resource.name));
    }
    Ok(ResourceAddr {
        module,
        mode: ResourceMode::Managed,
        type_name: schema.type_name.clone(),
        name: resource.name.as_str().into(),
    })
}

fn take(
    resource: &FileResource,
    instance: &FileInstance,
    addr: &ResourceAddr,
    schema: &ResourceSchema,
    registry: &Registry,
    seal: Seal<'_>,
) -> Result<Taken, String> {
    let attributes = instance
        .attributes
        .as_ref()
        .ok_or("it has no attributes; a newer Terraform writes them (`terraform apply -refresh-only`)")?;
    if schema.local && instance.schema_version > u64::from(schema.version) {
        return Err(format!(
            "it was written with version {} of the type, and headworks knows {}",
            instance.schema_version, schema.version
        ));
    }
    let deposed = match instance.deposed.as_deref() {
        None | Some("") => None,
        Some(key) if key.len() <= 64 && key.chars().all(|c| c.is_ascii_alphanumeric()) => Some(key.to_string()),
        Some(key) => return Err(format!("{key:?} is no key of a deposed object")),
    };
    let status = match instance.status.as_deref() {
        None | Some("") => RowStatus::Ok,
        Some("tainted") => RowStatus::Tainted,
        Some(other) => return Err(format!("{other:?} is no status")),
    };
    let object = convert::object(schema, attributes, seal)?;
    let instance_addr = addr.instance(key_of(instance)?);
    let mut row = ResourceRow::new(instance_addr, provider(resource, schema).to_string(), object.attributes);
    row.deposed = deposed;
    row.schema_version = schema.version;
    row.sensitive = sensitive(instance, schema, object.secrets);
    row.dependencies = instance
        .dependencies
        .iter()
        .filter_map(|text| dependency(text, registry))
        .collect();
    row.status = status;
    row.create_before_destroy = instance.create_before_destroy;
    Ok(Taken {
        row,
        was: None,
        dropped: object.dropped,
    })
}

fn key_of(instance: &FileInstance) -> Result<InstanceKey, String> {
    use serde_json::Value as Json;
    match &instance.index_key {
        None | Some(Json::Null) => Ok(InstanceKey::None),
        Some(Json::String(key)) => Ok(InstanceKey::Key(key.as_str().into())),
        Some(Json::Number(n)) => match n.as_u64().filter(|n| i64::try_from(*n).is_ok()) {
            Some(index) => Ok(InstanceKey::Index(index)),
            None => Err(format!("{n} is no index of an instance")),
        },
        Some(other) => Err(format!("{other} is no key of an instance")),
    }
}

/// The provider configuration: the provider is that of our type, the alias that of the file, e.g. of
/// `module.m.provider["registry.terraform.io/aliyun/alicloud"].beijing` or `provider.alicloud.beijing`.
fn provider(resource: &FileResource, schema: &ResourceSchema) -> ProviderKey {
    let text = resource.provider.as_str();
    let alias = match text.rsplit_once(']') {
        Some((_, rest)) => rest.strip_prefix('.'),
        None => text
            .rsplit_once("provider.")
            .and_then(|(_, rest)| rest.split_once('.'))
            .map(|(_, alias)| alias),
    };
    let word = |a: &&str| !a.is_empty() && a.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    ProviderKey {
        name: schema.provider.clone(),
        alias: alias.filter(word).map(Str::from),
    }
}

/// What an object needs, under our names of the types.
fn dependency(text: &str, registry: &Registry) -> Option<Str> {
    let mut addr = text.parse::<InstanceAddr>().ok()?.resource;
    if addr.mode == ResourceMode::Managed && registry.resource(&addr.type_name).is_none() {
        let near = registry.nearest_resource(&addr.type_name)?;
        let schema = registry.resource(near)?;
        if schema.also_called.contains(&addr.type_name) {
            addr.type_name = schema.type_name.clone();
        }
    }
    Some(addr.to_string().into())
}

/// Which attributes are not shown.
fn sensitive(instance: &FileInstance, schema: &ResourceSchema, secrets: Vec<AttrPath>) -> Vec<AttrPath> {
    let mut found = secrets;
    let paths = instance.sensitive_attributes.iter().flatten();
    found.extend(paths.filter_map(|steps| convert::path(&schema.block, steps)));
    // What takes the value of another attribute is as sensitive as that one.
    let followers = schema
        .block
        .attributes
        .iter()
        .filter_map(|(name, a)| Some((name, a.follows.as_ref()?)));
    for (name, followed) in followers {
        let same = |path: &AttrPath| {
            let mut steps = path.0.clone();
            *steps.first_mut()? = PathStep::Attr(name.clone());
            (path.root() == Some(&**followed)).then_some(AttrPath(steps))
        };
        let added: Vec<AttrPath> = found.iter().filter_map(same).collect();
        found.extend(added);
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
