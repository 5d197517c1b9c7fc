//! The data source `alicloud_ots_table`: a Tablestore table that exists.
//!
//! Source: Tablestore API reference, DescribeTable.

use super::ots;
use super::ots_table::{Table, look};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, DriverError, Effect, Session};
use crate::drivers::object::{decode, encode};
use serde::Deserialize;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct OtsTableData;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    instance_name: String,
    table_name: String,
}

async fn read(session: &Session, config: &Known) -> Result<Known, DriverError> {
    let draft = Call::new(ots::SERVICE, "DescribeTable", Effect::Reads, "");
    let wanted: Wanted = decode(&draft, config)?;
    let known = Table::named(wanted.instance_name, wanted.table_name);
    let call = known.call("DescribeTable", Effect::Reads);
    match look(session, &known).await? {
        Some((found, _)) => encode(&call, config, &found),
        None => {
            let mut reply = call.reply("there is no such table");
            reply.code = Some(ots::NO_OBJECT.to_string());
            Err(DriverError::Rejected(reply))
        }
    }
}

impl DataDriver for OtsTableData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(read(session, config))
    }
}
