//! Roles of an agency in enterprise projects. IAM keeps them by ids in a list of its own; names of projects come from the
//! service of enterprise projects, names of roles from IAM. Nobody is asked for names where there are no such roles.
//!
//! Source: IAM API reference, Querying Permissions Assignment Records, Granting Permissions to Agencies Associated with
//! Specified Enterprise Projects, Querying Permission Details; EPS API reference, Querying the Enterprise Project List.

use super::grants::{Agency, Grant, Place, Role, role_id, spelled};
use crate::driver::pages::{LIST_PAGES_MAX, Pages};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::drivers::huaweicloud::api::{self, Ask, EPS, IAM};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Assignments of a page.
const PAGE: usize = 50;

/// Enterprise projects of a page.
const PROJECT_PAGE: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Assignments {
    role_assignments: Vec<Assignment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Assignment {
    role: Id,
    scope: Scope,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    enterprise_project: Id,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Id {
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectPage {
    enterprise_projects: Vec<EnterpriseProject>,
}

/// An enterprise project as the service lists it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct EnterpriseProject {
    id: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RoleReply {
    role: Role,
}

/// All roles that the agency has in enterprise projects, named as in `known` where they stand there.
pub(super) async fn read(agency: &Agency<'_>, known: &BTreeSet<Grant>) -> Result<Vec<Grant>, DriverError> {
    let mut grants = Vec::new();
    for found in assignments(agency).await? {
        let id = found.scope.enterprise_project.id;
        let projects = projects(agency.session).await?;
        let name = projects.into_iter().find(|p| p.id == id).map(|p| p.name);
        // One that was deleted in the meantime has an id only.
        let place = Place::EnterpriseProject(name.unwrap_or(id));
        grants.push(spelled(place, role(agency.session, &found.role.id).await?, known));
    }
    Ok(grants)
}

async fn assignments(agency: &Agency<'_>) -> Result<Vec<Assignment>, DriverError> {
    let call = agency.call("ShowDomainRoleAssignments", Effect::Reads);
    let mut all = Vec::new();
    for page in 1..=LIST_PAGES_MAX {
        let ask = Ask::of(Method::GET, api::path(&["v3.0", "OS-PERMISSION", "role-assignments"]))
            .with("domain_id", agency.domain)
            .with("subject.agency_id", agency.id)
            .with("scope", "enterprise_project")
            .with("page", page.to_string())
            .with("per_page", PAGE.to_string());
        // Open Telekom Cloud has no enterprise projects here.
        let found: Option<Assignments> = api::present(api::ask(agency.session, IAM, &call, None, ask).await)?;
        let found = found.unwrap_or_default().role_assignments;
        let last = found.len() < PAGE;
        all.extend(found);
        if last {
            return Ok(all);
        }
    }
    Err(call.garbled(format_args!("the list has more than {LIST_PAGES_MAX} pages")))
}

/// Grants or takes away a role in the enterprise project of this name.
pub(super) async fn assign(agency: &Agency<'_>, project: &str, role: &str, grants: bool) -> Result<(), DriverError> {
    let (operation, method) = match grants {
        true => ("AssociateRoleToAgencyOnEnterpriseProject", Method::PUT),
        false => ("RevokeRoleFromAgencyOnEnterpriseProject", Method::DELETE),
    };
    let call = agency.call(operation, Effect::Writes);
    let path = [
        "v3.0",
        "OS-PERMISSION",
        "subjects",
        "agency",
        "scopes",
        "enterprise-project",
        "role-assignments",
    ];
    let body = json!({"role_assignments": [{
        "agency_id": agency.id,
        "enterprise_project_id": project_id(agency.session, project).await?,
        "role_id": role,
    }]});
    let ask = Ask::of(method, api::path(&path)).with_body(body);
    api::send(agency.session, IAM, &call, None, ask).await.map(|_| ())
}

/// Finds the ids of what a grant names.
pub(super) async fn check(session: &Session, domain: &str, project: &str, role: &str) -> Result<(), DriverError> {
    role_id(session, domain, role).await?;
    project_id(session, project).await.map(|_| ())
}

async fn projects(session: &Session) -> Result<Vec<EnterpriseProject>, DriverError> {
    let call = Call::new(
        EPS.name,
        "ListEnterpriseProject",
        Effect::Reads,
        "the enterprise projects",
    );
    let text = session.learn("enterprise projects", async {
        let mut all: Vec<EnterpriseProject> = Vec::new();
        let mut pages = Pages::up_to(LIST_PAGES_MAX);
        loop {
            pages.next(&call)?;
            let ask = Ask::of(Method::GET, api::path(&["v1.0", "enterprise-projects"]))
                .with("limit", PROJECT_PAGE.to_string())
                .with("offset", all.len().to_string());
            let page: ProjectPage = api::ask(session, EPS, &call, None, ask).await?;
            let last = page.enterprise_projects.len() < PROJECT_PAGE;
            all.extend(page.enterprise_projects);
            if last {
                return serde_json::to_string(&all).map_err(|e| call.garbled(e));
            }
        }
    });
    serde_json::from_str(&text.await?).map_err(|e| call.garbled(e))
}

/// The id of the enterprise project of this name; an id is as good.
async fn project_id(session: &Session, name: &str) -> Result<String, DriverError> {
    let all = projects(session).await?;
    let named = all
        .iter()
        .find(|p| p.name == name)
        .or_else(|| all.iter().find(|p| p.id == name));
    named.map(|p| p.id.clone()).ok_or_else(|| {
        let what = format!("enterprise project {name}");
        let call = Call::new(EPS.name, "ListEnterpriseProject", Effect::Reads, what);
        call.rejected("the account has no such enterprise project")
            .with_help("write the name of one as the console shows it, such as default")
    })
}

/// A role by its id.
async fn role(session: &Session, id: &str) -> Result<Role, DriverError> {
    let call = Call::new(IAM.name, "KeystoneShowPermission", Effect::Reads, format!("role {id}"));
    let fact = format!("role of id {id}");
    let text = session.learn(&fact, async {
        let ask = Ask::of(Method::GET, api::path(&["v3", "roles", id]));
        let found: Option<RoleReply> = api::present(api::ask(session, IAM, &call, None, ask).await)?;
        let role = found.map(|r| r.role).unwrap_or_else(|| Role {
            id: id.to_string(),
            ..Role::default()
        });
        serde_json::to_string(&role).map_err(|e| call.garbled(e))
    });
    serde_json::from_str(&text.await?).map_err(|e| call.garbled(e))
}
