//! The data source `alicloud_data_works_resource_groups`: the resource groups of the account, for tasks that name one
//! by its identifier.
//!
//! Source: DataWorks API reference 2020-05-18, ListResourceGroups.

use super::super::rpc::{self, DATAWORKS};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::{decode, encode, integer};
use crate::wire::codec::dataworks as wire;
use serde::{Deserialize, Serialize};

/// The driver of the data source.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceGroups;

/// Groups for data integration; the service's own default is those for scheduling.
const DATA_INTEGRATION: i64 = 4;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct View {
    id: Option<String>,
    #[serde(deserialize_with = "integer")]
    resource_group_type: Option<i64>,
    biz_ext_key: Option<String>,
    keyword: Option<String>,
    identifiers: Option<Vec<String>>,
    #[serde(skip_deserializing)]
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Group {
    id: Option<String>,
    identifier: Option<String>,
    name: Option<String>,
    resource_group_type: Option<i64>,
    biz_ext_key: Option<String>,
    mode: Option<String>,
    status: Option<i64>,
    is_default: Option<bool>,
}

fn group(group: wire::ResourceGroup) -> Group {
    Group {
        id: group.id.map(|id| id.to_string()),
        identifier: group.identifier,
        name: group.name,
        resource_group_type: group.resource_group_type.and_then(|t| t.trim().parse().ok()),
        biz_ext_key: group.biz_ext_key,
        mode: group.mode,
        status: group.status,
        is_default: group.is_default,
    }
}

async fn read(session: &Session, config: &Known) -> Result<Known, DriverError> {
    let call = Call::new(DATAWORKS.name, "ListResourceGroups", Effect::Reads, "resource groups");
    let mut view: View = decode(&call, config)?;
    let kind = view.resource_group_type.unwrap_or(DATA_INTEGRATION);
    let mut parameters = Vec::new();
    parameters.extend(view.biz_ext_key.clone().map(|key| ("BizExtKey", key)));
    parameters.extend(view.keyword.clone().map(|word| ("Keyword", word)));
    parameters.push(("ResourceGroupType", kind.to_string()));
    let reply: wire::ResourceGroupsReply = rpc::send(session, DATAWORKS, &call, &parameters).await?;
    view.id = Some(kind.to_string());
    view.resource_group_type = Some(kind);
    view.groups = reply.data.unwrap_or_default().into_iter().map(group).collect();
    view.identifiers = Some(view.groups.iter().filter_map(|g| g.identifier.clone()).collect());
    encode(&call, config, &view)
}

impl DataDriver for ResourceGroups {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(read(session, config))
    }
}
