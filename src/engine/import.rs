//! Takes an object that exists into the state: from its import id to the object as the cloud has it. Reads only; the row
//! is the caller's to write.

use super::data::cloud_error;
use super::{Drivers, codes};
use crate::base::json::{from_json, to_json, to_typed_json};
use crate::base::{Diag, InstanceAddr, Known, Value};
use crate::config::ProviderKey;
use crate::driver::Session;
use crate::schema::{OnChange, ResourceSchema, secrets};
use crate::store::ResourceRow;

/// Finds the object with an import id and gives its row.
///
/// # Errors
/// As [`object`].
pub async fn import(
    addr: &InstanceAddr,
    id: &str,
    schema: &ResourceSchema,
    provider: &ProviderKey,
    session: &Session,
    drivers: &Drivers,
) -> Result<ResourceRow, Diag> {
    let object = object(addr, id, schema, session, drivers).await?;
    let attributes = to_typed_json(&object, &schema.block.object_type()).to_string();
    let mut row = ResourceRow::new(addr.clone(), provider.to_string(), attributes);
    row.schema_version = schema.version;
    Ok(row)
}

/// An object without an outside, as its id alone makes it.
pub fn local_object(schema: &ResourceSchema, id: &str) -> Value {
    let entry = |(name, attribute): (&crate::base::Str, &crate::schema::Attribute)| {
        let value = match schema.identity.contains(name) || &**name == "id" {
            true => Value::string(id),
            false => Value::null(attribute.ty.clone()),
        };
        (name.clone(), value)
    };
    Value::object(schema.block.attributes.iter().map(entry).collect())
}

/// Finds the object with an import id.
///
/// # Errors
/// The id has not the form of the type, there is no such object, or the cloud can't be asked.
pub async fn object(
    addr: &InstanceAddr,
    id: &str,
    schema: &ResourceSchema,
    session: &Session,
    drivers: &Drivers,
) -> Result<Value, Diag> {
    let type_name = &*schema.type_name;
    let Some(driver) = drivers.managed.get(type_name).filter(|_| !schema.local) else {
        return Err(Diag::error(
            codes::IMPORT,
            format!("{type_name} has nothing outside of the state to import"),
        ));
    };
    let fail = |why: String| Diag::error(codes::IMPORT, format!("{addr} can't be imported")).detail(why);
    let identity = driver
        .identity(session, id)
        .map_err(|why| fail(format!("{id:?}: {why}.")))?;
    let ty = schema.block.object_type();
    let typed = from_json(&to_json(identity.value()), &ty).map_err(&fail)?;
    let known = Known::new(typed).ok_or_else(|| fail("An id is text.".to_string()))?;
    let session = session.clone().read_only().within(super::refresh::READ_LIMIT);
    let found = driver
        .read(&session, &known)
        .await
        .map_err(|e| cloud_error(&e).address(addr))?;
    let object = found.ok_or_else(|| {
        fail(format!("There is no {type_name} with the id {id:?}.")).help("look at the id, the region and the account")
    })?;
    let object = secrets::hidden(&schema.block, object.into_value());
    Ok(with_local_defaults(schema, object))
}

/// What only the state knows is as its default says, so that it is no difference.
pub(super) fn with_local_defaults(schema: &ResourceSchema, object: Value) -> Value {
    let mut entries = object.entries().cloned().unwrap_or_default();
    for (name, attribute) in &schema.block.attributes {
        let unset = entries.get(name).is_none_or(Value::is_null);
        if let (Some(default), OnChange::Local, true) = (&attribute.default, attribute.on_change, unset) {
            entries.insert(name.clone(), default.clone());
        }
    }
    Value::object(entries)
}
