//! `huaweicloud_dli_database`: a database of DLI. There is no call that shows one: it is looked for in the list. Never
//! deletes a database that holds tables.
//!
//! Source: DLI API reference, database-related APIs; Terraform provider for Huawei Cloud: dli_database.

use super::api::{self, Ask, DLI, PROJECT, fields, text};
use super::dli::{self, Nothing};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Session};
use crate::drivers::object::{decode, differences, encode, exists_otherwise, filled, identity};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DliDatabase;

/// Databases in one reply.
const PAGE: usize = 100;

/// Pages that are read before the list is taken to be endless.
const PAGES_MAX: usize = 100;

const LEFT_TO_CLOUD: &[&str] = &["id", "region", "enterprise_project_id", "owner"];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct DatabaseObject {
    id: Option<String>,
    region: Option<String>,
    name: String,
    description: Option<String>,
    enterprise_project_id: Option<String>,
    owner: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListReply {
    databases: Vec<Wire>,
}

/// A database as DLI lists it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    database_name: String,
    owner: Option<String>,
    description: Option<String>,
    enterprise_project_id: Option<String>,
    table_number: Option<u64>,
}

fn call(name: &str, operation: &'static str, effect: Effect) -> Call {
    Call::new(DLI.name, operation, effect, format!("database {name}"))
}

/// The database of this name; none when there is none. DLI keeps names in lower case, and does not say whether its
/// list is searched as it is written.
async fn find(session: &Session, region: Option<&str>, name: &str) -> Result<Option<Wire>, DriverError> {
    let lower = name.to_ascii_lowercase();
    match search(session, region, name).await? {
        None if lower != name => search(session, region, &lower).await,
        found => Ok(found),
    }
}

/// Looks through the list, which finds parts of names.
async fn search(session: &Session, region: Option<&str>, name: &str) -> Result<Option<Wire>, DriverError> {
    let call = call(name, "ListDatabases", Effect::Reads);
    for page in 0..PAGES_MAX {
        let ask = Ask::of(Method::GET, api::path(&["v1.0", PROJECT, "databases"]))
            .with("keyword", name)
            .with("limit", PAGE.to_string())
            .with("offset", (page * PAGE).to_string())
            .with("with-priv", "false");
        let reply: ListReply = dli::ask(session, &call, region, ask).await?;
        let last = reply.databases.len() < PAGE;
        let mut databases = reply.databases.into_iter();
        if let Some(found) = databases.find(|d| d.database_name.eq_ignore_ascii_case(name)) {
            return Ok(Some(found));
        }
        if last {
            return Ok(None);
        }
    }
    Err(call.garbled("the list of databases has no end"))
}

fn described(known: &DatabaseObject, region: &str, reply: Wire) -> DatabaseObject {
    DatabaseObject {
        id: Some(known.name.clone()),
        region: Some(region.to_string()),
        description: filled(reply.description).or_else(|| known.description.clone().filter(String::is_empty)),
        enterprise_project_id: filled(reply.enterprise_project_id).or_else(|| known.enterprise_project_id.clone()),
        owner: filled(reply.owner).or_else(|| known.owner.clone()),
        // The list does not hold them.
        tags: known.tags.clone(),
        name: known.name.clone(),
    }
}

fn create_body(database: &DatabaseObject, of_provider: Option<&String>) -> Json {
    let project = database.enterprise_project_id.as_ref().or(of_provider);
    let tags = database.tags.iter().flatten();
    let tags: Vec<Json> = tags.map(|(k, v)| json!({"key": k, "value": v})).collect();
    fields([
        ("database_name", Some(json!(database.name))),
        ("description", text(&database.description)),
        ("enterprise_project_id", project.map(|id| json!(id))),
        ("tags", (!tags.is_empty()).then(|| json!(tags))),
    ])
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let meant: DatabaseObject = decode(&call("", "CreateDatabase", Effect::Writes), planned)?;
    let call = call(&meant.name, "CreateDatabase", Effect::Writes);
    let own = meant.region.as_deref();
    let region = api::region(session, &call, own)?.to_string();
    let of_provider = session.config().settings.get("enterprise_project_id");
    let ask = Ask::of(Method::POST, api::path(&["v1.0", PROJECT, "databases"]));
    let ask = ask.with_body(create_body(&meant, of_provider));
    let reply: Result<Nothing, _> = dli::ask(session, &call, own, ask).await;
    let mut is_ours = true;
    match reply {
        Ok(_) => {}
        Err(error) if dli::goes_on(&error) => {}
        Err(error) if dli::may_exist(&error) => {
            let Some(found) = find(session, own, &meant.name).await? else {
                return Err(error.into());
            };
            // An owner is set after the database is made, so an empty one may lack it.
            is_ours = found.table_number == Some(0);
            let mut actual = described(&meant, &region, found);
            if is_ours {
                actual.owner.clone_from(&meant.owner);
            }
            let different = differences(&meant, &actual, LEFT_TO_CLOUD);
            if !different.is_empty() {
                let help = "choose another name, or import the database and plan the change";
                return Err(exists_otherwise(&call, &different, help).into());
            }
        }
        Err(error) => return Err(error.into()),
    }
    let found = session.poll(&call, "the database", dli::limits(), || find(session, own, &meant.name));
    let made = described(&meant, &region, found.await?);
    match &meant.owner {
        Some(owner) if is_ours && made.owner.as_ref() != Some(owner) => {
            Ok(give(session, &made, owner, planned, planned).await?)
        }
        _ => Ok(encode(&call, planned, &made)?),
    }
}

/// Makes a user the owner. A failure carries the database as it is.
async fn give(
    session: &Session,
    database: &DatabaseObject,
    owner: &str,
    before: &Known,
    after: &Known,
) -> Result<Known, Failure> {
    let call = call(&database.name, "UpdateDatabaseOwner", Effect::Writes);
    let path = api::path(&["v1.0", PROJECT, "databases", &database.name, "owner"]);
    let ask = Ask::of(Method::PUT, path).with_body(json!({ "new_owner": owner }));
    let reply: Result<Nothing, _> = dli::ask(session, &call, database.region.as_deref(), ask).await;
    match reply {
        Ok(_) => {
            let owned = DatabaseObject {
                owner: Some(owner.to_string()),
                ..database.clone()
            };
            Ok(encode(&call, after, &owned)?)
        }
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&call, before, database)?),
        }),
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = call("", "UpdateDatabaseOwner", Effect::Writes);
    let (old, new): (DatabaseObject, DatabaseObject) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let now = DatabaseObject {
        // Names differ in upper and lower case only.
        name: new.name.clone(),
        id: Some(new.name.clone()),
        ..old.clone()
    };
    match &new.owner {
        Some(owner) if old.owner.as_ref() != Some(owner) => give(session, &now, owner, prior, planned).await,
        _ => Ok(encode(&draft, planned, &now)?),
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let database: DatabaseObject = decode(&call("", "DeleteDatabase", Effect::Writes), prior)?;
    let call = call(&database.name, "DeleteDatabase", Effect::Writes);
    let own = database.region.as_deref();
    let path = api::path(&["v1.0", PROJECT, "databases", &database.name]);
    let ask = Ask::of(Method::DELETE, path).with("cascade", "false");
    let reply: Result<Nothing, _> = dli::ask(session, &call, own, ask).await;
    match reply {
        Ok(_) => {}
        Err(error) if dli::goes_on(&error) => {}
        Err(error) if api::is_absent(&error) => return Ok(()),
        Err(error) => {
            let Some(found) = find(session, own, &database.name).await? else {
                return Ok(());
            };
            return Err(refused(error, found.table_number.unwrap_or(0)));
        }
    }
    let gone = || async { Ok(find(session, own, &database.name).await?.is_none().then_some(())) };
    session.poll(&call, "the deletion", dli::limits(), gone).await
}

/// The refusal of a deletion, with its likely cause.
fn refused(error: DriverError, tables: u64) -> DriverError {
    match error {
        DriverError::Rejected(mut reply) | DriverError::Conflict(mut reply) if tables > 0 => {
            reply.help = Some(format!(
                "it holds {tables} table(s); delete them first, for they and their rows are never deleted along with it"
            ));
            DriverError::Conflict(reply)
        }
        other => other,
    }
}

impl Driver for DliDatabase {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = call("", "ListDatabases", Effect::Reads);
            let known: DatabaseObject = decode(&draft, prior)?;
            let own = known.region.as_deref();
            let region = api::region(session, &draft, own)?;
            let found = find(session, own, &known.name).await?;
            found
                .map(|f| encode(&draft, prior, &described(&known, region, f)))
                .transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        session: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(update(session, prior, planned))
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        match id {
            "" => Err("a database is imported by its name".to_string()),
            name => identity(&[("name", name)]),
        }
    }
}
