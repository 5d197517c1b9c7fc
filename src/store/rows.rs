//! Resources and outputs as rows: how they are written, read back and checked. One object, one row; a row that is
//! written unchanged is left alone.

use super::checksum::Checksum;
use super::error::StoreError;
use super::model::{OutputRow, ResourceRow, RowKey, RowStatus, RunId, WriteCx};
use super::tx::Tx;
use super::vault::Vault;
use crate::base::{AttrPath, InstanceAddr, InstanceKey, PathStep, ResourceAddr, ResourceMode, Str};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::path::Path;

const COLUMNS: &str = "address, deposed, module, mode, type, name, index_key, each_key, provider, schema_version, \
     attributes, sensitive, dependencies, status, create_before_destroy, checksum, created_run, \
     updated_run";

/// A row of `resources` as text, ready to be bound and summed.
struct Encoded<'r> {
    address: String,
    attributes: Cow<'r, str>,
    deposed: String,
    module: String,
    mode: &'static str,
    index_key: Option<i64>,
    each_key: Option<Str>,
    sensitive: String,
    dependencies: String,
    status: &'static str,
}

/// What stood in a column that is gone, in the sum of every row: sums stay as they are.
const FORMER_FINGERPRINTS: &str = "{}";

impl<'r> Encoded<'r> {
    /// The row with its attributes sealed.
    fn of(row: &'r ResourceRow, vault: &Vault) -> Result<Encoded<'r>, StoreError> {
        let (index_key, each_key) = match &row.addr.key {
            InstanceKey::None => (None, None),
            InstanceKey::Index(i) => (Some(i.cast_signed()), None),
            InstanceKey::Key(k) => (None, Some(k.clone())),
        };
        let address = row.addr.to_string();
        let deposed = row.deposed.clone().unwrap_or_default();
        Ok(Encoded {
            attributes: vault.seal(&attributes_place(&address, &deposed), &row.attributes)?,
            address,
            deposed,
            module: row.addr.resource.module.to_string(),
            mode: match row.addr.resource.mode {
                ResourceMode::Managed => "managed",
                ResourceMode::Data => "data",
            },
            index_key,
            each_key,
            sensitive: Json::Array(row.sensitive.iter().map(path_to_json).collect()).to_string(),
            dependencies: Json::from_iter(row.dependencies.iter().map(|d| d.to_string())).to_string(),
            status: match row.status {
                RowStatus::Ok => "ok",
                RowStatus::Tainted => "tainted",
            },
        })
    }

    fn checksum(&self, row: &ResourceRow) -> i64 {
        sum(Summed {
            texts: [
                &self.address,
                &self.deposed,
                &self.module,
                self.mode,
                &row.addr.resource.type_name,
                &row.addr.resource.name,
                &row.provider,
                &self.attributes,
                &self.sensitive,
                FORMER_FINGERPRINTS,
                &self.dependencies,
                self.status,
            ],
            index_key: self.index_key,
            each_key: self.each_key.as_deref(),
            schema_version: i64::from(row.schema_version),
            create_before_destroy: row.create_before_destroy,
        })
    }
}

struct Summed<'a> {
    texts: [&'a str; 12],
    index_key: Option<i64>,
    each_key: Option<&'a str>,
    schema_version: i64,
    create_before_destroy: bool,
}

fn sum(row: Summed<'_>) -> i64 {
    let sum = row.texts.iter().fold(Checksum::new(), |sum, text| sum.text(text));
    sum.int(i64::from(row.index_key.is_some()))
        .int(row.index_key.unwrap_or(0))
        .option(row.each_key)
        .int(row.schema_version)
        .int(i64::from(row.create_before_destroy))
        .finish()
}

/// What the attributes of an object are bound to when they are encrypted.
fn attributes_place<'a>(address: &'a str, deposed: &'a str) -> [&'a str; 4] {
    ["resources", "attributes", address, deposed]
}

/// What the value of an output is bound to when it is encrypted.
fn output_place(name: &str) -> [&str; 3] {
    ["outputs", "value", name]
}

const CHECKS_PLACE: &[&str] = &["check_results", "results"];

fn path_to_json(path: &AttrPath) -> Json {
    let step = |step: &PathStep| match step {
        PathStep::Attr(name) => Json::String(name.to_string()),
        PathStep::Index(i) => Json::from(*i),
        PathStep::Key(key) => serde_json::json!({ "key": &**key }),
    };
    Json::Array(path.0.iter().map(step).collect())
}

fn path_from_json(json: &Json) -> Option<AttrPath> {
    let step = |step: &Json| match step {
        Json::String(name) => Some(PathStep::Attr(name.as_str().into())),
        Json::Number(i) => Some(PathStep::Index(usize::try_from(i.as_u64()?).ok()?)),
        Json::Object(key) => Some(PathStep::Key(key.get("key")?.as_str()?.into())),
        _ => None,
    };
    Some(AttrPath(json.as_array()?.iter().map(step).collect::<Option<_>>()?))
}

/// The stored checksum of a row, the run that made it, and its attributes as they are stored.
fn stored(tx: &Tx<'_>, address: &str, deposed: &str) -> Result<Option<(i64, Option<i64>, String)>, StoreError> {
    let sql = "SELECT checksum, created_run, attributes FROM resources WHERE address = ?1 AND deposed = ?2";
    tx.prepare(sql)?
        .query_row([address, deposed], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .map_err(|e| tx.fail(e))
}

/// Writes one row, new or not.
pub(super) fn put(tx: &Tx<'_>, cx: &WriteCx, row: &ResourceRow) -> Result<(), StoreError> {
    put_as(tx, cx.run.or(row.updated_run), cx.run.or(row.created_run), row)
}

/// Writes one row as last changed by one run and, if it is new, made by another.
fn put_as(tx: &Tx<'_>, updated: Option<RunId>, created: Option<RunId>, row: &ResourceRow) -> Result<(), StoreError> {
    let mut encoded = Encoded::of(row, tx.vault())?;
    let before = stored(tx, &encoded.address, &encoded.deposed)?;
    if let (Vault::Open(_), Some((.., old))) = (tx.vault(), &before) {
        // Encrypting gives another text each time; what has not changed stays as it was.
        let place = attributes_place(&encoded.address, &encoded.deposed);
        if tx.vault().open(&place, old).is_ok_and(|text| text == row.attributes) {
            encoded.attributes = Cow::Owned(old.clone());
        }
    }
    let before = before.map(|(sum, created, _)| (sum, created));
    let checksum = encoded.checksum(row);
    let created = match before {
        Some((old, _)) if old == checksum => return Ok(()),
        Some((_, created)) => created,
        None => created.map(|run| run.0),
    };
    let sql = format!(
        "INSERT INTO resources ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
         ?16, ?17, ?18) ON CONFLICT (address, deposed) DO UPDATE SET provider = excluded.provider, \
         schema_version = excluded.schema_version, attributes = excluded.attributes, sensitive = excluded.sensitive, \
         dependencies = excluded.dependencies, status = excluded.status, \
         create_before_destroy = excluded.create_before_destroy, checksum = excluded.checksum, \
         updated_run = excluded.updated_run"
    );
    tx.prepare(&sql)?
        .execute(params![
            encoded.address,
            encoded.deposed,
            encoded.module,
            encoded.mode,
            &*row.addr.resource.type_name,
            &*row.addr.resource.name,
            encoded.index_key,
            encoded.each_key.as_deref(),
            row.provider,
            row.schema_version,
            encoded.attributes,
            encoded.sensitive,
            encoded.dependencies,
            encoded.status,
            row.create_before_destroy,
            checksum,
            created,
            updated.map(|run| run.0),
        ])
        .map_err(|e| tx.fail(e))?;
    tx.content_changed(before.map(|(old, _)| old), Some(checksum));
    Ok(())
}

/// Drops one row; says whether there was one.
pub(super) fn delete(tx: &Tx<'_>, key: &RowKey) -> Result<bool, StoreError> {
    let address = key.addr.to_string();
    let deposed = key.deposed.as_deref().unwrap_or("");
    let Some((old, ..)) = stored(tx, &address, deposed)? else {
        return Ok(false);
    };
    tx.prepare("DELETE FROM resources WHERE address = ?1 AND deposed = ?2")?
        .execute([&*address, deposed])
        .map_err(|e| tx.fail(e))?;
    tx.content_changed(Some(old), None);
    Ok(true)
}

/// Gives objects other addresses, all at once: the new address of one may be the former one of another.
pub(super) fn rename(tx: &Tx<'_>, cx: &WriteCx, moves: &[(InstanceAddr, InstanceAddr)]) -> Result<(), StoreError> {
    let rows_at = |addr: &InstanceAddr| {
        let sql = format!("SELECT {COLUMNS} FROM resources WHERE address = ?1");
        read(tx.conn(), tx.path(), Some(tx.vault()), &sql, &[&addr.to_string()])
    };
    let mut moving = Vec::new();
    for (from, to) in moves {
        let rows = rows_at(from)?.rows;
        if rows.is_empty() {
            return Err(StoreError::NoSuchRow(from.to_string()));
        }
        for row in rows {
            delete(tx, &row.key())?;
            moving.push((row, to));
        }
    }
    for (_, to) in moves {
        if !rows_at(to)?.rows.is_empty() {
            return Err(StoreError::Occupied(to.to_string()));
        }
    }
    for (mut row, to) in moving {
        row.addr = to.clone();
        put_as(tx, cx.run.or(row.updated_run), row.created_run, &row)?;
    }
    Ok(())
}

/// Makes the outputs exactly these.
pub(super) fn set_outputs(tx: &Tx<'_>, outputs: &[OutputRow]) -> Result<(), StoreError> {
    let before = read_outputs(tx.conn(), tx.path(), Some(tx.vault()))?;
    for (old, sum) in &before {
        if !outputs.iter().any(|new| new.name == old.name) {
            tx.prepare("DELETE FROM outputs WHERE name = ?1")?
                .execute([&old.name])
                .map_err(|e| tx.fail(e))?;
            tx.content_changed(Some(*sum), None);
        }
    }
    for new in outputs {
        let old = before.iter().find(|(old, _)| old.name == new.name);
        if old.is_some_and(|(old, _)| old == new) {
            continue;
        }
        let value = tx.vault().seal(&output_place(&new.name), &new.value)?;
        let sum = output_sum(new, &value);
        tx.prepare(
            "INSERT INTO outputs (name, value, type, sensitive, checksum) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT \
             (name) DO UPDATE SET value = excluded.value, type = excluded.type, sensitive = excluded.sensitive, \
             checksum = excluded.checksum",
        )?
        .execute(params![new.name, value, new.ty, new.sensitive, sum])
        .map_err(|e| tx.fail(e))?;
        tx.content_changed(old.map(|(_, sum)| *sum), Some(sum));
    }
    Ok(())
}

/// Makes what became of the conditions exactly this.
pub(super) fn set_check_results(tx: &Tx<'_>, results: Option<&str>) -> Result<(), StoreError> {
    match results {
        None => tx.execute("DELETE FROM check_results", []),
        Some(text) => tx.execute(
            "INSERT INTO check_results (id, results) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET results = \
             excluded.results",
            params![tx.vault().seal(CHECKS_PLACE, text)?],
        ),
    }
    .map(|_| ())
}

/// What became of the conditions.
pub(super) fn read_check_results(conn: &Connection, path: &Path, vault: &Vault) -> Result<Option<String>, StoreError> {
    let stored = conn
        .query_row("SELECT results FROM check_results", [], |row| row.get(0))
        .optional()
        .map_err(|e| StoreError::sqlite(path, e))?;
    vault.open_option(CHECKS_PLACE, stored)
}

/// Encrypts everything anew with another vault: objects, outputs, and what became of the conditions. Returns the sum.
pub(super) fn recrypt(tx: &Tx<'_>, to: &Vault) -> Result<i64, StoreError> {
    let contents = read_all(tx.conn(), tx.path(), Some(tx.vault()))?;
    let mut total = 0_i64;
    for row in &contents.rows {
        let encoded = Encoded::of(row, to)?;
        let sum = encoded.checksum(row);
        tx.execute(
            "UPDATE resources SET attributes = ?3, checksum = ?4 WHERE address = ?1 AND deposed = ?2",
            params![encoded.address, encoded.deposed, encoded.attributes, sum],
        )?;
        total = total.wrapping_add(sum);
    }
    for output in &contents.outputs {
        let value = to.seal(&output_place(&output.name), &output.value)?;
        let sum = output_sum(output, &value);
        tx.execute(
            "UPDATE outputs SET value = ?2, checksum = ?3 WHERE name = ?1",
            params![output.name, value, sum],
        )?;
        total = total.wrapping_add(sum);
    }
    if let Some(results) = read_check_results(tx.conn(), tx.path(), tx.vault())? {
        tx.execute(
            "UPDATE check_results SET results = ?1",
            params![to.seal(CHECKS_PLACE, &results)?],
        )?;
    }
    Ok(total)
}

/// Writes attributes as they are stored, with a checksum that fits: what somebody can do who may write the file.
#[cfg(test)]
pub(super) fn forge(conn: &Connection, path: &Path, address: &str, attributes: &str) -> Result<(), StoreError> {
    for row in read_all(conn, path, None)?.rows {
        let mut encoded = Encoded::of(&row, &Vault::Clear)?;
        if encoded.address == address {
            encoded.attributes = attributes.into();
            conn.execute(
                "UPDATE resources SET attributes = ?2, checksum = ?3 WHERE address = ?1",
                params![address, attributes, encoded.checksum(&row)],
            )
            .map_err(|e| StoreError::sqlite(path, e))?;
        }
    }
    Ok(())
}

/// The sum of an output, whose value is stored as `value`.
fn output_sum(output: &OutputRow, value: &str) -> i64 {
    Checksum::new()
        .text(&output.name)
        .text(value)
        .text(&output.ty)
        .int(i64::from(output.sensitive))
        .finish()
}

/// What was read and how it adds up.
pub(super) struct Contents {
    pub(super) rows: Vec<ResourceRow>,
    pub(super) outputs: Vec<OutputRow>,
    pub(super) count: i64,
    pub(super) sum: i64,
}

/// Reads everything, sorted, every checksum checked. Without a vault, attributes and values of outputs are left out (null).
pub(super) fn read_all(conn: &Connection, path: &Path, vault: Option<&Vault>) -> Result<Contents, StoreError> {
    let mut contents = read(conn, path, vault, &format!("SELECT {COLUMNS} FROM resources"), &[])?;
    // Mostly sorted already, as plans are carried out in order; sorting in SQL would sort [10] before [2].
    contents
        .rows
        .sort_by(|a, b| a.addr.cmp(&b.addr).then_with(|| a.deposed.cmp(&b.deposed)));
    for (output, sum) in read_outputs(conn, path, vault)? {
        contents.outputs.push(output);
        contents.count += 1;
        contents.sum = contents.sum.wrapping_add(sum);
    }
    Ok(contents)
}

fn read(
    conn: &Connection,
    path: &Path,
    vault: Option<&Vault>,
    sql: &str,
    bound: &[&dyn rusqlite::ToSql],
) -> Result<Contents, StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    let mut contents = Contents {
        rows: Vec::new(),
        outputs: Vec::new(),
        count: 0,
        sum: 0,
    };
    let mut last: Option<(String, ResourceAddr)> = None;
    let mut statement = conn.prepare_cached(sql).map_err(fail)?;
    let mut rows = statement.query(bound).map_err(fail)?;
    while let Some(row) = rows.next().map_err(fail)? {
        let (decoded, checksum) = decode(row, vault, &mut last).map_err(|e| match e {
            Wrong::Sqlite(e) => fail(e),
            Wrong::Store(e) => e,
            Wrong::Text(what) => StoreError::Corrupt {
                path: path.to_path_buf(),
                what,
            },
        })?;
        contents.rows.push(decoded);
        contents.count += 1;
        contents.sum = contents.sum.wrapping_add(checksum);
    }
    Ok(contents)
}

enum Wrong {
    Sqlite(rusqlite::Error),
    Store(StoreError),
    Text(String),
}

impl From<StoreError> for Wrong {
    fn from(e: StoreError) -> Self {
        Wrong::Store(e)
    }
}

impl From<rusqlite::Error> for Wrong {
    fn from(e: rusqlite::Error) -> Self {
        Wrong::Sqlite(e)
    }
}

/// Text of a column, borrowed.
fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, Wrong> {
    let value = row.get_ref(column)?;
    value
        .as_str()
        .map_err(|_| Wrong::Text("a text column holds something else".to_string()))
}

/// Reads a row. `last` shares the names of neighbouring rows: instances of one resource.
fn decode(
    row: &Row<'_>,
    vault: Option<&Vault>,
    last: &mut Option<(String, ResourceAddr)>,
) -> Result<(ResourceRow, i64), Wrong> {
    let address = text(row, 0)?;
    let damaged = || Wrong::Text(format!("the row of {address} is damaged"));
    let texts = [
        address,
        text(row, 1)?,
        text(row, 2)?,
        text(row, 3)?,
        text(row, 4)?,
        text(row, 5)?,
        text(row, 8)?,
        text(row, 10)?,
        text(row, 11)?,
        FORMER_FINGERPRINTS,
        text(row, 12)?,
        text(row, 13)?,
    ];
    let [
        _,
        deposed,
        module,
        mode,
        type_name,
        name,
        provider,
        attributes,
        sensitive,
        _,
        dependencies,
        status,
    ] = texts;
    let index_key: Option<i64> = row.get(6)?;
    let each_key = row.get_ref(7)?.as_str_or_null().map_err(|_| damaged())?;
    let schema_version: i64 = row.get(9)?;
    let create_before_destroy: bool = row.get(14)?;
    let checksum: i64 = row.get(15)?;
    let expected = sum(Summed {
        texts,
        index_key,
        each_key,
        schema_version,
        create_before_destroy,
    });
    if expected != checksum {
        return Err(damaged());
    }
    let resource = resource_addr(module, mode, type_name, name, last).ok_or_else(damaged)?;
    let key = match (index_key, each_key) {
        (Some(i), _) => InstanceKey::Index(i.cast_unsigned()),
        (None, Some(k)) => InstanceKey::Key(k.into()),
        (None, None) => InstanceKey::None,
    };
    let decoded = ResourceRow {
        addr: InstanceAddr { resource, key },
        deposed: (!deposed.is_empty()).then(|| deposed.to_string()),
        provider: provider.to_string(),
        schema_version: u32::try_from(schema_version).map_err(|_| damaged())?,
        attributes: match vault {
            Some(vault) => vault
                .open(&attributes_place(address, deposed), attributes)?
                .into_owned(),
            None => "null".to_string(),
        },
        sensitive: paths(sensitive).ok_or_else(damaged)?,
        dependencies: match dependencies {
            "[]" => Vec::new(),
            text => {
                let texts: Vec<String> = serde_json::from_str(text).map_err(|_| damaged())?;
                texts.into_iter().map(Str::from).collect()
            }
        },
        status: match status {
            "ok" => RowStatus::Ok,
            "tainted" => RowStatus::Tainted,
            _ => return Err(damaged()),
        },
        create_before_destroy,
        created_run: row.get::<_, Option<i64>>(16)?.map(RunId),
        updated_run: row.get::<_, Option<i64>>(17)?.map(RunId),
    };
    Ok((decoded, checksum))
}

fn paths(text: &str) -> Option<Vec<AttrPath>> {
    if text == "[]" {
        return Some(Vec::new());
    }
    let json: Json = serde_json::from_str(text).ok()?;
    json.as_array()?.iter().map(path_from_json).collect()
}

fn resource_addr(
    module: &str,
    mode: &str,
    type_name: &str,
    name: &str,
    last: &mut Option<(String, ResourceAddr)>,
) -> Option<ResourceAddr> {
    let mode = match mode {
        "managed" => ResourceMode::Managed,
        "data" => ResourceMode::Data,
        _ => return None,
    };
    let same_module = last.as_ref().filter(|(text, _)| text == module).map(|(_, addr)| addr);
    if let Some(addr) = same_module
        && addr.mode == mode
        && &*addr.type_name == type_name
        && &*addr.name == name
    {
        return Some(addr.clone());
    }
    let module_path = match same_module {
        Some(addr) => addr.module.clone(),
        None if module.is_empty() => Default::default(),
        None => format!("{module}.t.n").parse::<InstanceAddr>().ok()?.resource.module,
    };
    let addr = ResourceAddr {
        module: module_path,
        mode,
        type_name: type_name.into(),
        name: name.into(),
    };
    *last = Some((module.to_string(), addr.clone()));
    Some(addr)
}

fn read_outputs(conn: &Connection, path: &Path, vault: Option<&Vault>) -> Result<Vec<(OutputRow, i64)>, StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    let mut statement = conn
        .prepare_cached("SELECT name, value, type, sensitive, checksum FROM outputs ORDER BY name")
        .map_err(fail)?;
    let rows = statement
        .query_map([], |row| {
            let output = OutputRow {
                name: row.get(0)?,
                value: row.get(1)?,
                ty: row.get(2)?,
                sensitive: row.get(3)?,
            };
            Ok((output, row.get::<_, i64>(4)?))
        })
        .map_err(fail)?;
    let mut outputs = Vec::new();
    for row in rows {
        let (mut output, sum) = row.map_err(fail)?;
        if output_sum(&output, &output.value) != sum {
            return Err(StoreError::Corrupt {
                path: path.to_path_buf(),
                what: format!("the row of output {} is damaged", output.name),
            });
        }
        output.value = match vault {
            Some(vault) => vault.open(&output_place(&output.name), &output.value)?.into_owned(),
            None => "null".to_string(),
        };
        outputs.push((output, sum));
    }
    Ok(outputs)
}
