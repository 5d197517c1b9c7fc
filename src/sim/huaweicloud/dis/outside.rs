//! What a dump task needs outside of DIS: the agency, the bucket, the DLI table, the cluster. Looks, and never changes.

use super::checks::fault;
use super::model::{CloudtableCluster, DwsCluster, MrsCluster};
use crate::sim::huaweicloud::auth::{DEMO_DOMAIN, project_id};
use crate::sim::huaweicloud::dli::model::{Database, Table};
use crate::sim::huaweicloud::iam::agencies::{Agency, Grant};
use crate::sim::huaweicloud::iam::role_name;
use crate::sim::huaweicloud::obs::model::Bucket;
use crate::sim::huaweicloud::rest::{Fault, region_of};
use crate::sim::world::{Object, World};
use serde_json::{Map, Value};

/// Roles that may write into buckets. The reference asks for the first.
const OBS_WRITERS: &[&str] = &["te_admin", "system_all_obs_0", "system_all_obs_1"];

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
    if !agency.trust_domain_name.eq_ignore_ascii_case("op_svc_dis") {
        return bad("it does not trust the service DIS");
    }
    if agency.duration.is_some() {
        return bad("its validity is not unlimited");
    }
    match agency.grants.iter().any(writes_obs) {
        true => Ok(()),
        false => bad("it has no role for OBS"),
    }
}

/// OBS is a service for all regions, with a project of its own.
fn writes_obs(grant: &Grant) -> bool {
    let there = grant.place != "project" || grant.project_id.as_ref().is_some_and(|p| *p == project_id("MOS"));
    there && role_name(&grant.role_id).is_some_and(|name| OBS_WRITERS.contains(&name))
}

fn bucket(world: &World, project: &str, path: &str) -> Result<(), Fault> {
    // A folder may follow the bucket's name.
    let name = path.split('/').next().unwrap_or_default();
    let bucket = world
        .get::<Bucket>(name)
        .ok_or_else(|| fault(4306, format!("The bucket does not exist. {name}")))?;
    if bucket.owner != DEMO_DOMAIN {
        return Err(fault(4310, format!("OBS access error. [{name} is of another account]")));
    }
    match region_of(project) {
        // Assumed: OBS of a region does not serve buckets of another.
        Some(here) if here != bucket.region => Err(fault(
            4310,
            format!("OBS access error. [{name} is in {}]", bucket.region),
        )),
        _ => Ok(()),
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
