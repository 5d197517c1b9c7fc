//! Data source `huaweicloud_account`: id and name of the account that the credentials are of.
//!
//! Source: IAM API reference, Querying Accounts Accessible to a User; Terraform provider for Huawei Cloud: account.

use super::api::{self, Ask, IAM};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::encode;
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

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Domain {
    id: String,
    name: String,
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
            encode(&call, config, account)
        })
    }
}
