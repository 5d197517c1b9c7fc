//! The embedded cloud in this process: starts it, and turns every provider configuration to it, so that `--sim` can never
//! reach a real cloud.

use super::{Context, codes};
use crate::base::Diag;
use crate::driver::ProviderConfig;
use crate::sim::{Chaos, Sim, SimError, SimOptions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file that keeps the embedded cloud's world.
pub fn world_path(directory: &Path) -> PathBuf {
    directory.join(".headworks").join("sim.db")
}

/// Starts the embedded cloud of a directory.
///
/// # Errors
/// It can't listen, its world can't be read, or the faults are not spelled right.
pub async fn start(cx: &Context) -> Result<Sim, Diag> {
    let chaos = cx.chaos.as_deref().map(parse_chaos).transpose()?;
    let database = world_path(&cx.directory);
    make_directory(&database)?;
    Sim::start(SimOptions {
        database: Some(database),
        chaos,
        ..SimOptions::default()
    })
    .await
    .map_err(sim_error)
}

/// Faults from their spelling.
///
/// # Errors
/// What is not understood.
pub fn parse_chaos(text: &str) -> Result<Chaos, Diag> {
    Chaos::parse(text).map_err(|e| Diag::error(codes::SIM, "The faults are not understood").detail(e.to_string()))
}

/// An error of the embedded cloud as a diagnostic.
pub fn sim_error(error: SimError) -> Diag {
    let help = match &error {
        SimError::Listen { .. } => {
            "another program uses the port; stop it, or name other ports with `headworks sim --port PORT`"
        }
        SimError::Database { .. } => {
            "another headworks may be using it; stop that one, or name another file with `headworks sim --database FILE`"
        }
    };
    Diag::error(codes::SIM, "The embedded cloud can't start")
        .detail(error.to_string())
        .help(help)
}

/// Makes the directory of a file, for this user only.
///
/// # Errors
/// It can't be made.
pub fn make_directory(file: &Path) -> Result<(), Diag> {
    use std::os::unix::fs::DirBuilderExt;
    let Some(parent) = file.parent() else {
        return Ok(());
    };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent);
    made.map_err(|e| {
        Diag::error(codes::FILE, format!("The directory {} can't be made", parent.display())).detail(e.to_string())
    })
}

/// A provider configuration turned to the embedded cloud: its addresses and its key, whatever the block says.
pub fn redirect(config: &mut ProviderConfig, sim: &Sim) {
    if config.provider != "alicloud" {
        return;
    }
    let at = sim.endpoints();
    config.endpoints = BTreeMap::from(
        [
            ("ots", &at.tablestore),
            ("tablestore", &at.tablestore),
            ("oss", &at.oss),
            ("ram", &at.ram),
            ("sts", &at.ram),
            ("resourcemanager", &at.resourcemanager),
        ]
        .map(|(service, address)| (service.to_string(), address.clone())),
    );
    config.credentials = Some(Sim::credentials());
    config.region.get_or_insert_with(|| crate::sim::DEMO_REGION.to_string());
    config.account_id = Some(crate::sim::DEMO_ACCOUNT.to_string());
}
