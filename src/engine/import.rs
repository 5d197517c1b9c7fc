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
/// The id has not the form of the type, there is no such object, or the cloud can't be asked.
pub async fn import(
    addr: &InstanceAddr,
    id: &str,
    schema: &ResourceSchema,
    provider: &ProviderKey,
    session: &Session,
    drivers: &Drivers,
) -> Result<ResourceRow, Diag> {
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
    let object = with_local_defaults(schema, object);
    let attributes = to_typed_json(&object, &ty).to_string();
    let mut row = ResourceRow::new(addr.clone(), provider.to_string(), attributes);
    row.schema_version = schema.version;
    Ok(row)
}

/// What only the state knows is as its default says, so that it is no difference.
fn with_local_defaults(schema: &ResourceSchema, object: Value) -> Value {
    let mut entries = object.entries().cloned().unwrap_or_default();
    for (name, attribute) in &schema.block.attributes {
        let unset = entries.get(name).is_none_or(Value::is_null);
        if let (Some(default), OnChange::Local, true) = (&attribute.default, attribute.on_change, unset) {
            entries.insert(name.clone(), default.clone());
        }
    }
    Value::object(entries)
}
