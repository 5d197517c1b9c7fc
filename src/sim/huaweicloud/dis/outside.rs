//! What a dump task needs outside of DIS: the agency, the bucket, the DLI table, the cluster. Looks, and never changes.

use super::checks::fault;
use super::model::{CloudtableCluster, DwsCluster, MrsCluster};
use crate::sim::huaweicloud::auth::{DEMO_DOMAIN, project_id};
use crate::sim::huaweicloud::rest::{Fault, region_of};
use crate::sim::world::{Object, World};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What matters here of an agency.
#[derive(Debug, Serialize, Deserialize)]
struct Agency {
    name: String,
    #[serde(default)]
    trust_domain_name: Option<String>,
    #[serde(default)]
    duration: Option<Value>,
    #[serde(default)]
    grants: Vec<Grant>,
}

/// What matters here of a role that an agency has.
#[derive(Debug, Serialize, Deserialize)]
struct Grant {
    place: String,
    #[serde(default)]
    project_id: Option<String>,
}

impl Grant {
    /// Whether it reaches OBS, a service that has one project for all regions.
    fn reaches_obs(&self) -> bool {
        match self.place.as_str() {
            "project" => self.project_id.as_ref().is_some_and(|p| *p == project_id("MOS")),
            _ => true,
        }
    }
}

impl Object for Agency {
    const KIND: &'static str = "iam_agency";
    fn key(&self) -> String {
        self.name.clone()
    }
}

/// What matters here of a bucket.
#[derive(Debug, Serialize, Deserialize)]
struct Bucket {
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

impl Object for Bucket {
    const KIND: &'static str = "obs_bucket";
    fn key(&self) -> String {
        String::new()
    }
}

/// What matters here of a DLI database.
#[derive(Debug, Serialize, Deserialize)]
struct Database {}

impl Object for Database {
    const KIND: &'static str = "dli_database";
    fn key(&self) -> String {
        String::new()
    }
}

/// What matters here of a DLI table.
#[derive(Debug, Serialize, Deserialize)]
struct Table {
    #[serde(default)]
    data_location: String,
}

impl Object for Table {
    const KIND: &'static str = "dli_table";
    fn key(&self) -> String {
        String::new()
    }
}

/// Whether everything is there that a task with this destination needs; the first thing that is not.
pub(super) fn check(
    world: &World,
    project: &str,
    destination_type: &str,
    destination: &Map<String, Value>,
) -> Result<(), Fault> {
    let text = |name: &str| destination.get(name).and_then(Value::as_str).unwrap_or_default();
    if let Some(name) = destination.get("agency_name").and_then(Value::as_str) {
        agency(world, name)?;
    }
    for name in ["obs_bucket_path", "obs_backup_bucket_path"] {
        if let Some(path) = destination.get(name).and_then(Value::as_str) {
            bucket(world, project, path)?;
        }
    }
    match destination_type {
        "DLI" => dli_table(world, project, text("dli_database_name"), text("dli_table_name")),
        "MRS" => mrs(world, project, &text),
        "DWS" => dws(world, project, &text),
        "CLOUDTABLE" => cloudtable(world, project, &text, destination),
        _ => Ok(()),
    }
}

/// The agency must let DIS act, for ever. Public sources show `op_svc_<service>` as the account of a service.
fn agency(world: &World, name: &str) -> Result<(), Fault> {
    let bad = |why: &str| Err(fault(4335, format!("The agency is invalid. [{name}: {why}]")));
    let all = world.list::<Agency>(&format!("{DEMO_DOMAIN}/"));
    let Some(agency) = all.iter().find(|a| a.name == name) else {
        return bad("there is none of this name");
    };
    let trusted = agency.trust_domain_name.as_deref().unwrap_or_default();
    if !trusted.eq_ignore_ascii_case("op_svc_dis") {
        return bad("it does not trust the service DIS");
    }
    let unlimited = match &agency.duration {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty() || text == "FOREVER",
        Some(_) => false,
    };
    if !unlimited {
        return bad("its validity is not unlimited");
    }
    // Assumed: any role there will do. The reference asks for Tenant Administrator.
    match agency.grants.iter().any(Grant::reaches_obs) {
        true => Ok(()),
        false => bad("it has no role for OBS"),
    }
}

fn bucket(world: &World, project: &str, path: &str) -> Result<(), Fault> {
    // A folder may follow the bucket's name.
    let name = path.split('/').next().unwrap_or_default();
    let bucket = world
        .get::<Bucket>(name)
        .ok_or_else(|| fault(4306, format!("The bucket does not exist. {name}")))?;
    if bucket.owner.is_some_and(|o| o != DEMO_DOMAIN) {
        return Err(fault(4310, format!("OBS access error. [{name} is of another account]")));
    }
    let here = region_of(project);
    match bucket.region.filter(|r| here.is_some_and(|h| h != r)) {
        None => Ok(()),
        // Assumed: OBS of a region does not serve buckets of another.
        Some(region) => Err(fault(4310, format!("OBS access error. [{name} is in {region}]"))),
    }
}

fn dli_table(world: &World, project: &str, database: &str, table: &str) -> Result<(), Fault> {
    // DLI does not tell upper case from lower case.
    let (database_key, table_key) = (database.to_lowercase(), table.to_lowercase());
    if !world.has::<Database>(&format!("{project}/{database_key}")) {
        return Err(fault(4337, format!("The DLI database does not exist. {database}")));
    }
    match world.get::<Table>(&format!("{project}/{database_key}/{table_key}")) {
        Some(found) if found.data_location == "DLI" => Ok(()),
        Some(_) => Err(fault(4338, format!("The DLI table is not an internal table. {table}"))),
        None => Err(fault(4338, format!("The DLI table does not exist. {table}"))),
    }
}

/// A cluster, or that any id is good. Where there is one, its name must be right.
fn cluster<T: Object>(
    world: &World,
    project: &str,
    id: &str,
    missing: Fault,
    named: impl Fn(&T) -> bool,
) -> Result<Option<T>, Fault> {
    match world.get::<T>(&format!("{project}/{id}")) {
        Some(cluster) if named(&cluster) => Ok(Some(cluster)),
        None if world.settings.create_clusters => Ok(None),
        _ => Err(missing),
    }
}

fn mrs<'a>(world: &World, project: &str, text: &impl Fn(&str) -> &'a str) -> Result<(), Fault> {
    let (id, name) = (text("mrs_cluster_id"), text("mrs_cluster_name"));
    let missing = fault(4208, format!("The MRS cluster does not exist. {id}"));
    let Some(cluster) = cluster::<MrsCluster>(world, project, id, missing, |c| c.name == name)? else {
        return Ok(());
    };
    if cluster.kerberos {
        return Err(fault(4208, format!("The MRS cluster runs in security mode. {id}")));
    }
    let path = text("mrs_hdfs_path");
    match cluster.hdfs_paths.is_none_or(|all| all.iter().any(|p| p == path)) {
        true => Ok(()),
        false => Err(fault(4336, format!("The HDFS path does not exist. {path}"))),
    }
}

fn dws<'a>(world: &World, project: &str, text: &impl Fn(&str) -> &'a str) -> Result<(), Fault> {
    let (id, name) = (text("dws_cluster_id"), text("dws_cluster_name"));
    let missing = fault(4350, format!("The DWS cluster does not exist. {id}"));
    let cluster = cluster::<DwsCluster>(world, project, id, missing, |c| c.name == name)?;
    let key = text("kms_user_key_id");
    match cluster
        .and_then(|c| c.kms_keys)
        .is_none_or(|all| all.iter().any(|k| k == key))
    {
        true => Ok(()),
        false => Err(fault(4351, format!("The KMS key is invalid. {key}"))),
    }
}

fn cloudtable<'a>(
    world: &World,
    project: &str,
    text: &impl Fn(&str) -> &'a str,
    destination: &Map<String, Value>,
) -> Result<(), Fault> {
    let (id, name) = (text("cloudtable_cluster_id"), text("cloudtable_cluster_name"));
    let missing = fault(4341, format!("The CloudTable cluster does not exist. {id}"));
    let Some(cluster) = cluster::<CloudtableCluster>(world, project, id, missing, |c| c.name == name)? else {
        return Ok(());
    };
    if destination.contains_key("opentsdb_schema") {
        return match cluster.opentsdb {
            true => Ok(()),
            false => Err(fault(
                4341,
                format!("OpenTSDB is not enabled in the CloudTable cluster. {id}"),
            )),
        };
    }
    let Some(tables) = cluster.tables else {
        return Ok(());
    };
    let table = text("cloudtable_table_name");
    let families = tables
        .get(table)
        .ok_or_else(|| fault(4342, format!("The CloudTable table does not exist. {table}")))?;
    let columns = destination
        .get("cloudtable_schema")
        .and_then(|s| s["columns"].as_array());
    let used = columns
        .into_iter()
        .flatten()
        .filter_map(|c| c["column_family_name"].as_str());
    match used.into_iter().find(|f| !families.iter().any(|have| have == f)) {
        None => Ok(()),
        Some(family) => Err(fault(4343, format!("The column family does not exist. {family}"))),
    }
}
