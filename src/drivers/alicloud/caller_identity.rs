//! Data source `alicloud_caller_identity`: the account and identity that the credentials are of.
//!
//! Source: STS API reference, GetCallerIdentity.

use super::rpc::{self, STS};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::encode;
use serde::{Deserialize, Serialize};

const NO_PARAMETERS: &[(&str, String)] = &[];

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallerIdentity;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Reply {
    account_id: Option<String>,
    arn: Option<String>,
    identity_type: Option<String>,
    principal_id: Option<String>,
    user_id: Option<String>,
    role_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Identity {
    id: Option<String>,
    account_id: Option<String>,
    arn: Option<String>,
    identity_type: Option<String>,
    principal_id: Option<String>,
    user_id: Option<String>,
    role_id: Option<String>,
}

fn described(reply: Reply) -> Identity {
    Identity {
        id: reply.account_id.clone(),
        account_id: reply.account_id,
        arn: reply.arn,
        identity_type: reply.identity_type,
        principal_id: reply.principal_id,
        user_id: reply.user_id,
        role_id: reply.role_id,
    }
}

impl DataDriver for CallerIdentity {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let call = Call::new(STS.name, "GetCallerIdentity", Effect::Reads, "");
            let reply: Reply = rpc::send(session, STS, &call, NO_PARAMETERS).await?;
            if reply.account_id.is_none() {
                return Err(call.garbled("it has no AccountId"));
            }
            encode(&call, config, &described(reply))
        })
    }
}
