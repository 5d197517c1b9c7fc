//! Roles of an agency: named in the configuration, ids on the wire. Finds the ids of roles and projects, reads what is
//! granted, and says which calls lead from one set of grants to another. A name that IAM does not know is an error.
//!
//! Source: IAM API reference (Querying a Permission List, Granting Permissions to an Agency for a Project, for a Domain,
//! for All Projects; Querying Permissions of an Agency …); Terraform provider for Huawei Cloud: identity_agency.

use super::{AgencyObject, EnterpriseProjectRole, ProjectRole, enterprise};
use crate::driver::{Call, DriverError, Effect, Session};
use crate::drivers::huaweicloud::api::{self, Ask, IAM, Project, Projects};
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where a role is granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In the project of this name.
    Project(String),
    /// In the account, for global services.
    Domain,
    /// In the account and in all of its projects.
    Everywhere,
    /// In the enterprise project of this name.
    EnterpriseProject(String),
}

/// One role in one place, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub(super) place: Place,
    pub(super) role: String,
}

/// A role as IAM lists it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Roles {
    roles: Vec<Role>,
}

/// The grants that an object names.
pub(super) fn of_object(agency: &AgencyObject) -> BTreeSet<Grant> {
    let at = |place: Place| {
        move |role: &String| Grant {
            place: place.clone(),
            role: role.clone(),
        }
    };
    let projects = agency.project_role.iter().flatten();
    let mut grants: BTreeSet<Grant> = projects
        .flat_map(|p| p.roles.iter().map(at(Place::Project(p.project.clone()))))
        .collect();
    grants.extend(agency.domain_roles.iter().flatten().map(at(Place::Domain)));
    grants.extend(agency.all_resources_roles.iter().flatten().map(at(Place::Everywhere)));
    for of in agency.enterprise_project_roles.iter().flatten() {
        let place = Place::EnterpriseProject(of.enterprise_project.clone());
        grants.extend(of.roles.iter().map(at(place)));
    }
    grants
}

/// The same object with these grants. Where there are none, what it said of none stays.
pub(super) fn into_object(agency: &AgencyObject, grants: &BTreeSet<Grant>) -> AgencyObject {
    let mut projects: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut enterprise: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let (mut domain, mut everywhere) = (BTreeSet::new(), BTreeSet::new());
    for grant in grants {
        let roles = match &grant.place {
            Place::Project(name) => projects.entry(name).or_default(),
            Place::Domain => &mut domain,
            Place::Everywhere => &mut everywhere,
            Place::EnterpriseProject(name) => enterprise.entry(name).or_default(),
        };
        roles.insert(grant.role.clone());
    }
    let projects: Vec<ProjectRole> = projects
        .into_iter()
        .map(|(project, roles)| ProjectRole {
            project: project.to_string(),
            roles,
        })
        .collect();
    let enterprise: Vec<EnterpriseProjectRole> = enterprise
        .into_iter()
        .map(|(project, roles)| EnterpriseProjectRole {
            enterprise_project: project.to_string(),
            roles,
        })
        .collect();
    let none = |roles: &Option<BTreeSet<String>>| roles.as_ref().map(|_| BTreeSet::new());
    AgencyObject {
        project_role: match projects.is_empty() {
            true => agency.project_role.as_ref().map(|_| Vec::new()),
            false => Some(projects),
        },
        domain_roles: match domain.is_empty() {
            true => none(&agency.domain_roles),
            false => Some(domain),
        },
        all_resources_roles: match everywhere.is_empty() {
            true => none(&agency.all_resources_roles),
            false => Some(everywhere),
        },
        enterprise_project_roles: match enterprise.is_empty() {
            true => agency.enterprise_project_roles.as_ref().map(|_| Vec::new()),
            false => Some(enterprise),
        },
        ..agency.clone()
    }
}

/// An agency of the account, to ask and to change its grants.
pub(super) struct Agency<'a> {
    pub(super) session: &'a Session,
    /// The account that it is in.
    pub(super) domain: &'a str,
    pub(super) id: &'a str,
    /// For messages.
    pub(super) name: &'a str,
}

impl Agency<'_> {
    pub(super) fn call(&self, operation: &'static str, effect: Effect) -> Call {
        Call::new(IAM.name, operation, effect, format!("agency {}", self.name))
    }

    /// The path of the list of roles in a place.
    fn list_path(&self, place: &Place, project: Option<&str>) -> String {
        match place {
            Place::Project(_) => {
                let project = project.unwrap_or_default();
                api::path(&["v3.0", "OS-AGENCY", "projects", project, "agencies", self.id, "roles"])
            }
            Place::Domain => api::path(&[
                "v3.0",
                "OS-AGENCY",
                "domains",
                self.domain,
                "agencies",
                self.id,
                "roles",
            ]),
            // In enterprise projects, roles have no path.
            Place::Everywhere | Place::EnterpriseProject(_) => {
                let parts = [
                    "v3.0",
                    "OS-INHERIT",
                    "domains",
                    self.domain,
                    "agencies",
                    self.id,
                    "roles",
                ];
                format!("{}/inherited_to_projects", api::path(&parts))
            }
        }
    }

    /// The path of one role in a place.
    async fn path(&self, grant: &Grant, role_id: &str) -> Result<String, DriverError> {
        Ok(match &grant.place {
            Place::Everywhere => api::path(&[
                "v3.0",
                "OS-INHERIT",
                "domains",
                self.domain,
                "agencies",
                self.id,
                "roles",
                role_id,
                "inherited_to_projects",
            ]),
            place => {
                let project = match place {
                    Place::Project(name) => Some(project_id(self.session, name).await?),
                    _ => None,
                };
                let list = self.list_path(place, project.as_deref());
                format!("{list}{}", api::path(&[role_id]))
            }
        })
    }

    async fn roles(&self, operation: &'static str, path: String) -> Result<Vec<Role>, DriverError> {
        let call = self.call(operation, Effect::Reads);
        let found = api::ask(self.session, IAM, &call, None, Ask::of(Method::GET, path)).await;
        // A project that is being deleted has no agencies any more.
        let found: Option<Roles> = api::present(found)?;
        Ok(found.unwrap_or_default().roles)
    }

    /// All roles that the agency has, named as in `known` where they stand there.
    pub(super) async fn read(&self, known: &BTreeSet<Grant>) -> Result<BTreeSet<Grant>, DriverError> {
        let projects = projects(self.session).await?;
        let of_projects = projects.iter().map(|project| async {
            let place = Place::Project(project.name.clone());
            let path = self.list_path(&place, Some(&project.id));
            let roles = self.roles("ListProjectPermissionsForAgency", path).await?;
            Ok::<_, DriverError>((place, roles))
        });
        let of_account = |operation, place: Place| async move {
            let roles = self.roles(operation, self.list_path(&place, None)).await?;
            Ok::<_, DriverError>((place, roles))
        };
        let (of_projects, domain, everywhere, enterprise) = futures_util::future::try_join4(
            futures_util::future::try_join_all(of_projects),
            of_account("ListDomainPermissionsForAgency", Place::Domain),
            of_account("ListAllProjectsPermissionsForAgency", Place::Everywhere),
            Box::pin(enterprise::read(self, known)),
        )
        .await?;
        let all = of_projects.into_iter().chain([domain, everywhere]);
        Ok(all
            .flat_map(|(place, roles)| roles.into_iter().map(move |role| (place.clone(), role)))
            .map(|(place, role)| spelled(place, role, known))
            .chain(enterprise)
            .collect())
    }

    /// Grants a role.
    pub(super) async fn grant(&self, grant: &Grant) -> Result<(), DriverError> {
        let role = role_id(self.session, self.domain, &grant.role).await?;
        let operation = match &grant.place {
            Place::Project(_) => "AssociateAgencyWithProjectPermission",
            Place::Domain => "AssociateAgencyWithDomainPermission",
            Place::Everywhere => "AssociateAgencyWithAllProjectsPermission",
            Place::EnterpriseProject(project) => return enterprise::assign(self, project, &role, true).await,
        };
        let ask = Ask::of(Method::PUT, self.path(grant, &role).await?);
        let call = self.call(operation, Effect::Writes);
        api::send(self.session, IAM, &call, None, ask).await.map(|_| ())
    }

    /// Takes a role away. A role or grant that is gone already is as good.
    pub(super) async fn revoke(&self, grant: &Grant) -> Result<(), DriverError> {
        let Some(role) = find_role(self.session, self.domain, &grant.role).await? else {
            return Ok(());
        };
        let operation = match &grant.place {
            Place::Project(_) => "RemoveProjectPermissionFromAgency",
            Place::Domain => "RemoveDomainPermissionFromAgency",
            Place::Everywhere => "RemoveAllProjectsPermissionFromAgency",
            Place::EnterpriseProject(project) => {
                return api::present(enterprise::assign(self, project, &role, false).await).map(|_| ());
            }
        };
        let ask = Ask::of(Method::DELETE, self.path(grant, &role).await?);
        let call = self.call(operation, Effect::Writes);
        api::present(api::send(self.session, IAM, &call, None, ask).await).map(|_| ())
    }
}

/// A role of a reply under the name that the object has for it, else as the console names it.
pub(super) fn spelled(place: Place, role: Role, known: &BTreeSet<Grant>) -> Grant {
    let names = [role.display_name, role.name, Some(role.id)];
    let mut spellings = names.into_iter().flatten().filter(|n| !n.is_empty()).map(|role| Grant {
        place: place.clone(),
        role,
    });
    let first = spellings.next();
    let other = spellings.find(|g| known.contains(g));
    match first {
        Some(first) if known.contains(&first) => first,
        first => other.or(first).unwrap_or(Grant {
            place,
            role: String::new(),
        }),
    }
}

/// Finds the ids of everything that grants name, so that a mistake shows before anything is made.
pub(super) async fn check(session: &Session, domain: &str, grants: &BTreeSet<Grant>) -> Result<(), DriverError> {
    for grant in grants {
        role_id(session, domain, &grant.role).await?;
        match &grant.place {
            Place::Project(name) => project_id(session, name).await.map(|_| ())?,
            Place::EnterpriseProject(name) => enterprise::check(session, domain, name, &grant.role).await?,
            Place::Domain | Place::Everywhere => {}
        }
    }
    Ok(())
}

/// Whether two names are of one role.
pub(super) async fn same_role(session: &Session, domain: &str, a: &Grant, b: &Grant) -> Result<bool, DriverError> {
    if a.place != b.place {
        return Ok(false);
    }
    let (a, b) = (
        find_role(session, domain, &a.role).await?,
        find_role(session, domain, &b.role).await?,
    );
    Ok(a.is_some() && a == b)
}

pub(super) async fn role_id(session: &Session, domain: &str, role: &str) -> Result<String, DriverError> {
    find_role(session, domain, role).await?.ok_or_else(|| {
        let call = Call::new(IAM.name, "KeystoneListPermissions", Effect::Reads, format!("role {role}"));
        call.rejected("IAM knows no role of this name").with_help(
            "write the name as the console shows it, such as \"Tenant Administrator\", or the internal name, such as te_admin",
        )
    })
}

/// The id of a role by the name that the console shows, system roles before those of the account, or by its internal
/// name.
async fn find_role(session: &Session, domain: &str, role: &str) -> Result<Option<String>, DriverError> {
    let call = Call::new(
        IAM.name,
        "KeystoneListPermissions",
        Effect::Reads,
        format!("role {role}"),
    );
    let fact = format!("role {role}");
    let found = session.learn(&fact, async {
        let by = |name: &str| Ask::of(Method::GET, api::path(&["v3", "roles"])).with(name, role);
        let asks = [
            by("display_name"),
            by("display_name").with("domain_id", domain),
            by("name"),
        ];
        for ask in asks {
            let found: Roles = api::ask(session, IAM, &call, None, ask).await?;
            let exact = |r: &Role| r.display_name.as_deref() == Some(role) || r.name.as_deref() == Some(role);
            if let Some(found) = found.roles.into_iter().find(exact) {
                return Ok(found.id);
            }
        }
        Ok(String::new())
    });
    Ok(Some(found.await?).filter(|id| !id.is_empty()))
}

/// All projects of the account: an agency may have roles in any.
async fn projects(session: &Session) -> Result<Vec<Project>, DriverError> {
    let call = Call::new(IAM.name, "KeystoneListProjects", Effect::Reads, "the projects");
    let text = session.learn("projects", async {
        let ask = Ask::of(Method::GET, api::path(&["v3", "projects"]));
        let found: Projects = api::ask(session, IAM, &call, None, ask).await?;
        serde_json::to_string(&found.projects).map_err(|e| call.garbled(e))
    });
    serde_json::from_str(&text.await?).map_err(|e| call.garbled(e))
}

async fn project_id(session: &Session, name: &str) -> Result<String, DriverError> {
    let found = projects(session).await?.into_iter().find(|p| p.name == name);
    found.map(|p| p.id).ok_or_else(|| {
        let call = Call::new(IAM.name, "KeystoneListProjects", Effect::Reads, format!("project {name}"));
        call.rejected("the account has no such project").with_help(
            "write the name of a region such as cn-north-4, MOS for the global OBS service, or the name of a project of \
             your own",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(place: Place, role: &str) -> Grant {
        Grant {
            place,
            role: role.to_string(),
        }
    }

    #[test]
    fn grants_and_objects_say_the_same() {
        let roles = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let agency = AgencyObject {
            project_role: Some(vec![ProjectRole {
                project: "MOS".into(),
                roles: roles(&["a", "b"]),
            }]),
            domain_roles: Some(BTreeSet::new()),
            all_resources_roles: Some(roles(&["c"])),
            ..AgencyObject::default()
        };
        let grants = of_object(&agency);
        assert_eq!(grants.len(), 3);
        assert_eq!(into_object(&agency, &grants), agency);
        let none = into_object(&agency, &BTreeSet::new());
        assert_eq!(none.project_role, Some(Vec::new()));
        assert_eq!(none.domain_roles, Some(BTreeSet::new()));
        assert_eq!(
            into_object(&AgencyObject::default(), &BTreeSet::new()).domain_roles,
            None
        );
    }

    #[test]
    fn roles_keep_the_name_that_the_object_has() {
        let role = || Role {
            id: "1".into(),
            name: Some("te_admin".into()),
            display_name: Some("Tenant Administrator".into()),
        };
        let known: BTreeSet<Grant> = [grant(Place::Domain, "te_admin")].into();
        assert_eq!(spelled(Place::Domain, role(), &known).role, "te_admin");
        assert_eq!(spelled(Place::Everywhere, role(), &known).role, "Tenant Administrator");
        let nameless = Role {
            id: "1".into(),
            ..Role::default()
        };
        assert_eq!(spelled(Place::Domain, nameless, &known).role, "1");
    }
}
