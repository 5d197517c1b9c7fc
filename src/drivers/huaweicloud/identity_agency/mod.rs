//! `huaweicloud_identity_agency`, resource and data source: who may act in the account, for how long, and with which
//! roles. A service's agency is one whose trusted account is called `op_svc_<service>`; the API has no other word for it.
//!
//! Source: IAM API reference (agency management); Terraform provider for Huawei Cloud: identity_agency.

mod enterprise;
mod grants;
mod policies;

use super::api::{self, Ask, IAM, fields, text};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, Driver, DriverError, Effect, Failure, Session};
use crate::drivers::object::{decode, differences, encode, exists_otherwise, filled, identity};
use grants::{Agency, Grant};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The driver of the resource.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdentityAgency;

/// The driver of the data source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdentityAgencyData;

const FOREVER: &str = "FOREVER";
const ONE_DAY: &str = "ONEDAY";

/// The roles are compared for themselves.
const LEFT_TO_CLOUD: &[&str] = &["id", "force_dissociate_v5_policies", "create_time", "expire_time"];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AgencyObject {
    id: Option<String>,
    name: String,
    delegated_domain_name: Option<String>,
    delegated_service_name: Option<String>,
    description: Option<String>,
    duration: Option<String>,
    project_role: Option<Vec<ProjectRole>>,
    domain_roles: Option<BTreeSet<String>>,
    all_resources_roles: Option<BTreeSet<String>>,
    enterprise_project_roles: Option<Vec<EnterpriseProjectRole>>,
    force_dissociate_v5_policies: Option<bool>,
    create_time: Option<String>,
    expire_time: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ProjectRole {
    project: String,
    roles: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct EnterpriseProjectRole {
    enterprise_project: String,
    roles: BTreeSet<String>,
}

/// The data source: an agency without its roles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct AgencyView {
    id: Option<String>,
    name: String,
    delegated_domain_name: Option<String>,
    delegated_service_name: Option<String>,
    description: Option<String>,
    duration: Option<String>,
    create_time: Option<String>,
    expire_time: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    agency: Wire,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ListReply {
    agencies: Vec<Wire>,
}

/// An agency as IAM answers it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    id: String,
    name: String,
    trust_domain_name: Option<String>,
    description: Option<String>,
    /// Text or number.
    duration: Json,
    create_time: Option<String>,
    expire_time: Option<String>,
}

fn call(name: &str, operation: &'static str, effect: Effect) -> Call {
    Call::new(IAM.name, operation, effect, format!("agency {name}"))
}

const PREFIX: &str = "op_svc_";

/// The account that stands for a service.
fn service_account(service: &str) -> String {
    let lower = service.to_ascii_lowercase();
    match lower.starts_with(PREFIX) {
        true => lower,
        false => format!("{PREFIX}{lower}"),
    }
}

fn is_service_account(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX);
    rest.is_some_and(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_alphabetic()))
}

impl AgencyObject {
    fn trusted(&self) -> Option<String> {
        let service = self.delegated_service_name.as_deref().map(service_account);
        service.or_else(|| self.delegated_domain_name.clone())
    }

    fn description(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    fn duration(&self) -> &str {
        self.duration.as_deref().unwrap_or(FOREVER)
    }
}

/// What IAM says of the validity, in the words of the object where they mean the same. IAM counts days in requests, and
/// days or hours in replies.
fn duration(known: &str, reply: &Json) -> String {
    let text = match reply {
        Json::String(text) if !text.is_empty() => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => FOREVER.to_string(),
    };
    let days = |text: &str| match text {
        ONE_DAY => Some(1),
        number => number.parse::<u64>().ok(),
    };
    match (days(known), days(&text)) {
        (Some(meant), Some(found)) if found == meant || Some(found) == meant.checked_mul(24) => known.to_string(),
        (_, Some(1 | 24)) => ONE_DAY.to_string(),
        (_, Some(hours)) if hours % 24 == 0 => (hours / 24).to_string(),
        _ => text,
    }
}

/// The object that a reply describes, without its roles.
fn described(known: &AgencyObject, reply: Wire) -> AgencyObject {
    let trusted = filled(reply.trust_domain_name);
    let same = trusted.is_none() || known.trusted().is_some_and(|k| trusted.as_deref() == Some(&k));
    let (domain, service) = match (same, trusted) {
        (true, _) | (_, None) => (
            known.delegated_domain_name.clone(),
            known.delegated_service_name.clone(),
        ),
        (false, Some(name)) if is_service_account(&name) => (None, Some(name)),
        (false, name) => (name, None),
    };
    AgencyObject {
        id: filled(Some(reply.id)).or_else(|| known.id.clone()),
        name: filled(Some(reply.name)).unwrap_or_else(|| known.name.clone()),
        delegated_domain_name: domain,
        delegated_service_name: service,
        description: filled(reply.description).or_else(|| known.description.clone().filter(String::is_empty)),
        duration: Some(duration(known.duration(), &reply.duration)),
        create_time: filled(reply.create_time).or_else(|| known.create_time.clone()),
        expire_time: filled(reply.expire_time),
        ..known.clone()
    }
}

/// The agency of this name; none when there is none.
async fn find(session: &Session, domain: &str, name: &str) -> Result<Option<Wire>, DriverError> {
    let call = call(name, "ListAgencies", Effect::Reads);
    let ask = Ask::of(Method::GET, api::path(&["v3.0", "OS-AGENCY", "agencies"]))
        .with("domain_id", domain)
        .with("name", name);
    let found: ListReply = api::ask(session, IAM, &call, None, ask).await?;
    let mut same = found.agencies.into_iter().filter(|a| a.name == name);
    match (same.next(), same.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(call.garbled("the account has more than one agency of this name")),
    }
}

/// The agency by its id where that is known, else by its name.
async fn look(session: &Session, domain: &str, agency: &AgencyObject) -> Result<Option<Wire>, DriverError> {
    let Some(id) = agency.id.as_deref().filter(|id| !id.is_empty()) else {
        return find(session, domain, &agency.name).await;
    };
    let call = call(&agency.name, "ShowAgency", Effect::Reads);
    let ask = Ask::of(Method::GET, api::path(&["v3.0", "OS-AGENCY", "agencies", id]));
    let reply: Option<Reply> = api::present(api::ask(session, IAM, &call, None, ask).await)?;
    Ok(reply.map(|r| r.agency))
}

async fn read(session: &Session, prior: &Known) -> Result<Option<Known>, DriverError> {
    let draft = call("", "ShowAgency", Effect::Reads);
    let known: AgencyObject = decode(&draft, prior)?;
    let domain = api::domain(session, &draft).await?;
    let Some(found) = look(session, &domain, &known).await? else {
        return Ok(None);
    };
    let found = described(&known, found);
    let agency = Agency {
        session,
        domain: &domain,
        id: found.id.as_deref().unwrap_or_default(),
        name: &found.name,
    };
    let granted = agency.read(&grants::of_object(&known)).await?;
    encode(&draft, prior, &grants::into_object(&found, &granted)).map(Some)
}

fn create_body(agency: &AgencyObject, domain: &str) -> Json {
    let body = fields([
        ("name", Some(json!(agency.name))),
        ("domain_id", Some(json!(domain))),
        ("trust_domain_name", text(&agency.trusted())),
        ("description", text(&agency.description)),
        ("duration", Some(json!(agency.duration()))),
    ]);
    json!({ "agency": body })
}

/// Only what changes; none when nothing does.
fn update_body(prior: &AgencyObject, planned: &AgencyObject) -> Option<Json> {
    let trusts = planned.trusted() != prior.trusted();
    let describes = planned.description() != prior.description();
    let lasts = duration(planned.duration(), &json!(prior.duration())) != planned.duration();
    let body = fields([
        ("trust_domain_name", trusts.then(|| json!(planned.trusted()))),
        ("description", describes.then(|| json!(planned.description()))),
        ("duration", lasts.then(|| json!(planned.duration()))),
    ]);
    (trusts || describes || lasts).then(|| json!({ "agency": body }))
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let draft = call("", "CreateAgency", Effect::Writes);
    let meant: AgencyObject = decode(&draft, planned)?;
    let call = call(&meant.name, "CreateAgency", Effect::Writes);
    let domain = api::domain(session, &call).await?;
    let wanted = grants::of_object(&meant);
    grants::check(session, &domain, &wanted).await?;
    match find(session, &domain, &meant.name).await {
        // There is none so far. From here on one that is found without its roles after a crash is ours.
        Ok(None) => session.note_identity(&call, planned).await?,
        // The create tells what is wrong with one that exists, and whether it is allowed.
        Ok(Some(_)) | Err(DriverError::Denied(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let ask = Ask::of(Method::POST, api::path(&["v3.0", "OS-AGENCY", "agencies"]));
    let ask = ask.with_body(create_body(&meant, &domain));
    let reply: Result<Reply, _> = api::ask(session, IAM, &call, None, ask).await;
    let (made, granted) = match reply {
        Ok(reply) if reply.agency.id.is_empty() => return Err(call.garbled("it has no id").into()),
        Ok(reply) => (described(&meant, reply.agency), BTreeSet::new()),
        Err(refusal @ DriverError::Conflict(_)) => match find(session, &domain, &meant.name).await? {
            Some(found) => adopt(session, &call, &domain, &meant, found).await?,
            None => return Err(refusal.into()),
        },
        Err(error) => return Err(error.into()),
    };
    let so_far = grants::into_object(&made, &granted);
    let partial = encode(&call, planned, &so_far)?;
    if let Err(error) = session.note_identity(&call, &partial).await {
        return Err(Failure {
            error,
            partial: Some(partial),
        });
    }
    regrant(session, &domain, &made, granted, &wanted, planned).await
}

/// An agency that exists under the name, with the roles that it has; an error where it is not what was meant, or may do
/// more.
async fn adopt(
    session: &Session,
    call: &Call,
    domain: &str,
    meant: &AgencyObject,
    found: Wire,
) -> Result<(AgencyObject, BTreeSet<Grant>), DriverError> {
    let actual = described(meant, found);
    let agency = Agency {
        session,
        domain,
        id: actual.id.as_deref().unwrap_or_default(),
        name: &actual.name,
    };
    let wanted = grants::of_object(meant);
    let granted = agency.read(&wanted).await?;
    let mut different = differences(meant, &actual, LEFT_TO_CLOUD);
    let more = granted
        .difference(&wanted)
        .map(|g| format!("it has the role {}", g.role));
    different.extend(more);
    if !different.is_empty() {
        let help = "choose another name, or import the agency and plan the change";
        return Err(exists_otherwise(call, &different, help));
    }
    Ok((actual, granted))
}

/// Grants what is missing and revokes what is too much. A failure carries the agency with the roles that it then has.
async fn regrant(
    session: &Session,
    domain: &str,
    made: &AgencyObject,
    granted: BTreeSet<Grant>,
    wanted: &BTreeSet<Grant>,
    like: &Known,
) -> Result<Known, Failure> {
    let draft = call(&made.name, "AssociateAgencyWithProjectPermission", Effect::Writes);
    let agency = Agency {
        session,
        domain,
        id: made.id.as_deref().unwrap_or_default(),
        name: &made.name,
    };
    let mut now = granted.clone();
    let done = async {
        for grant in wanted.difference(&granted) {
            agency.grant(grant).await?;
            now.insert(grant.clone());
        }
        for grant in granted.difference(wanted) {
            // Another name of a role that stays.
            let mut stays = false;
            for other in wanted {
                stays |= grants::same_role(session, domain, grant, other).await?;
            }
            if !stays {
                agency.revoke(grant).await?;
            }
            now.remove(grant);
        }
        Ok(())
    };
    let result: Result<(), DriverError> = done.await;
    let object = encode(&draft, like, &grants::into_object(made, &now))?;
    match result {
        Ok(()) => Ok(object),
        Err(error) => Err(Failure {
            error,
            partial: Some(object),
        }),
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = call("", "UpdateAgency", Effect::Writes);
    let (old, new): (AgencyObject, AgencyObject) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let call = call(&new.name, "UpdateAgency", Effect::Writes);
    let domain = api::domain(session, &call).await?;
    let wanted = grants::of_object(&new);
    grants::check(session, &domain, &wanted).await?;
    let id = old.id.as_deref().unwrap_or_default();
    let meant = AgencyObject {
        id: old.id.clone(),
        create_time: old.create_time.clone(),
        expire_time: old.expire_time.clone(),
        ..new.clone()
    };
    let made = match update_body(&old, &new) {
        None => meant,
        Some(body) => {
            let ask = Ask::of(Method::PUT, api::path(&["v3.0", "OS-AGENCY", "agencies", id])).with_body(body);
            let reply: Reply = api::ask(session, IAM, &call, None, ask).await?;
            AgencyObject {
                expire_time: filled(reply.agency.expire_time),
                ..meant
            }
        }
    };
    regrant(session, &domain, &made, grants::of_object(&old), &wanted, planned).await
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let draft = call("", "DeleteAgency", Effect::Writes);
    let agency: AgencyObject = decode(&draft, prior)?;
    let call = call(&agency.name, "DeleteAgency", Effect::Writes);
    let id = match &agency.id {
        Some(id) => id.clone(),
        None => {
            let domain = api::domain(session, &call).await?;
            match find(session, &domain, &agency.name).await? {
                Some(found) => found.id,
                None => return Ok(()),
            }
        }
    };
    let forced = agency.force_dissociate_v5_policies == Some(true);
    if forced {
        policies::detach_all(session, &agency.name, &id).await?;
    }
    let ask = Ask::of(Method::DELETE, api::path(&["v3.0", "OS-AGENCY", "agencies", &id]));
    let gone = api::present(api::send(session, IAM, &call, None, ask).await).map(|_| ());
    gone.map_err(|error| match error {
        DriverError::Conflict(_) if !forced => error.with_help(
            "where policies of IAM 5 are attached to it, detach them first, or set force_dissociate_v5_policies = true \
             and apply before deleting",
        ),
        other => other,
    })
}

impl Driver for IdentityAgency {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(read(session, prior))
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
        let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        match id {
            "" => Err("an agency is imported by its name or its id".to_string()),
            id if is_id => identity(&[("id", id), ("name", "")]),
            name => identity(&[("name", name)]),
        }
    }
}

impl DataDriver for IdentityAgencyData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let wanted: AgencyView = decode(&call("", "ListAgencies", Effect::Reads), config)?;
            let call = call(&wanted.name, "ListAgencies", Effect::Reads);
            let domain = api::domain(session, &call).await?;
            let Some(found) = find(session, &domain, &wanted.name).await? else {
                let help = "create it, or use the console of the service that needs it, which makes one";
                return Err(call.rejected("there is no such agency").with_help(help));
            };
            let agency = described(&AgencyObject::default(), found);
            let view = AgencyView {
                id: agency.id,
                name: wanted.name,
                delegated_domain_name: agency.delegated_domain_name,
                delegated_service_name: agency.delegated_service_name,
                description: agency.description,
                duration: agency.duration,
                create_time: agency.create_time,
                expire_time: agency.expire_time,
            };
            encode(&call, config, &view)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_their_spelling_where_they_mean_the_same() {
        for (known, reply, expected) in [
            ("FOREVER", json!(null), "FOREVER"),
            ("FOREVER", json!("FOREVER"), "FOREVER"),
            ("FOREVER", json!("ONEDAY"), "ONEDAY"),
            ("FOREVER", json!("24"), "ONEDAY"),
            ("ONEDAY", json!(1), "ONEDAY"),
            ("ONEDAY", json!("24"), "ONEDAY"),
            ("1", json!("ONEDAY"), "1"),
            ("1", json!(24), "1"),
            ("24", json!("576"), "24"),
            ("24", json!("24"), "24"),
            ("10", json!("240"), "10"),
            ("10", json!("10"), "10"),
            ("10", json!("480"), "20"),
            ("10", json!(null), "FOREVER"),
            ("10", json!("7"), "7"),
        ] {
            assert_eq!(duration(known, &reply), expected, "{known} {reply}");
        }
    }

    #[test]
    fn a_service_is_an_account_of_its_own() {
        for service in ["DIS", "dis", "op_svc_dis"] {
            let known = AgencyObject {
                delegated_service_name: Some(service.to_string()),
                ..AgencyObject::default()
            };
            assert_eq!(known.trusted().as_deref(), Some("op_svc_dis"));
            let reply = |name: &str| Wire {
                trust_domain_name: Some(name.to_string()),
                ..Wire::default()
            };
            assert_eq!(
                described(&known, reply("op_svc_dis")).delegated_service_name,
                known.delegated_service_name
            );
            let other = described(&known, reply("somebody"));
            assert_eq!(
                (other.delegated_service_name, other.delegated_domain_name.as_deref()),
                (None, Some("somebody"))
            );
        }
        let imported = Wire {
            trust_domain_name: Some("op_svc_ecs".into()),
            ..Wire::default()
        };
        let found = described(&AgencyObject::default(), imported);
        assert_eq!(found.delegated_service_name.as_deref(), Some("op_svc_ecs"));
    }

    #[test]
    fn an_update_sends_what_changes_in_documented_words() {
        let old = AgencyObject {
            name: "a".into(),
            delegated_domain_name: Some("one".into()),
            duration: Some("ONEDAY".into()),
            ..AgencyObject::default()
        };
        assert_eq!(update_body(&old, &old), None);
        let new = AgencyObject {
            delegated_domain_name: None,
            delegated_service_name: Some("DIS".into()),
            description: Some("d".into()),
            duration: Some("FOREVER".into()),
            ..old.clone()
        };
        let expected =
            json!({"agency": {"trust_domain_name": "op_svc_dis", "description": "d", "duration": "FOREVER"}});
        assert_eq!(update_body(&old, &new), Some(expected));
        let same = AgencyObject {
            duration: Some("1".into()),
            ..old.clone()
        };
        assert_eq!(update_body(&old, &same), None);
    }
}
