//! Data source `huaweicloud_account`: id and name of the account that the credentials are of, its project in the region, and
//! the user, where the credentials may ask who that is.
//!
//! Source: IAM API reference, Querying Accounts Accessible to a User, Querying IAM User Details; STS API reference,
//! GetCallerIdentity; Terraform provider for Huawei Cloud: account.

use super::api::{self, Ask, IAM, STS};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::{encode, filled};
use http::Method;
use serde::{Deserialize, Serialize};

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    domains: Vec<Domain>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Domain {
    id: String,
    name: String,
}

/// The data source.
#[derive(Debug, Default, Serialize)]
struct View {
    id: String,
    name: String,
    current_project_id: Option<String>,
    username: Option<String>,
    user_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UserReply {
    user: User,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    id: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallerReply {
    principal_id: String,
    principal_urn: String,
}

/// Who calls. The user of the provider block is asked of IAM, every other of STS, which only some clouds have.
async fn user(session: &Session) -> Result<User, DriverError> {
    if let Some(id) = session.config().settings.get("user_id") {
        let call = Call::new(IAM.name, "ShowUser", Effect::Reads, "the user");
        let ask = Ask::of(Method::GET, api::path(&["v3.0", "OS-USER", "users", id]));
        let reply: UserReply = api::ask(session, IAM, &call, None, ask).await?;
        return Ok(reply.user);
    }
    if session.config().endpoint(&[STS.name]).is_none() && !api::is_main_cloud(session.config()) {
        return Ok(User::default());
    }
    let call = Call::new(STS.name, "GetCallerIdentity", Effect::Reads, "the user");
    let ask = Ask::of(Method::GET, api::path(&["v5", "caller-identity"]));
    let reply: CallerReply = api::ask(session, STS, &call, None, ask).await?;
    // sts::<account>:user:<name>
    let name = reply.principal_urn.rsplit_once(':').map(|(_, name)| name.to_string());
    Ok(User {
        id: reply.principal_id,
        name: name.unwrap_or_default(),
    })
}

impl DataDriver for Account {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let call = Call::new(IAM.name, "KeystoneListAuthDomains", Effect::Reads, "the account");
            let ask = Ask::of(Method::GET, api::path(&["v3", "auth", "domains"]));
            let reply: Reply = api::ask(session, IAM, &call, None, ask).await?;
            let settings = &session.config().settings;
            let named = |domain: &&Domain| {
                settings.get("domain_id").is_none_or(|id| *id == domain.id)
                    && settings.get("domain_name").is_none_or(|name| *name == domain.name)
            };
            let account = reply.domains.iter().find(named);
            let account = account.ok_or_else(|| {
                call.rejected("the account of the provider block is not one that the credentials are of")
                    .with_help("correct domain_id and domain_name of the provider block, or leave them out")
            })?;
            let region = session.region(&call)?;
            // Who may not ask still learns the rest.
            let user = Box::pin(user(session)).await.unwrap_or_default();
            let view = View {
                id: account.id.clone(),
                name: account.name.clone(),
                current_project_id: api::project(session, region).await.ok(),
                username: filled(Some(user.name)),
                user_id: filled(Some(user.id)),
            };
            encode(&call, config, &view)
        })
    }
}
