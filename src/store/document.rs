//! The state as a document that can be carried: all that is needed to restore it, as JSON. Decides its form and what makes a
//! document invalid; neither reads nor writes files. The key for fingerprints of secrets is never in it: whoever has a document
//! can't try passwords on the fingerprints. The form is described in `docs/documents.md`.

use super::fingerprint::FingerprintKey;
use super::model::{OutputRow, ResourceRow, RowStatus, RunCounts, RunId, RunOutcome, RunRecord, StateSnapshot};
use super::rows::{path_from_json, path_to_json};
use crate::base::{InstanceAddr, Str};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The word by which a document is known.
pub const FORMAT: &str = "headworks.state";

/// The version of the form that this program writes; it reads this one and older ones.
pub const VERSION: u32 = 1;

/// Greatest size of a document in bytes.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Greatest number of objects, outputs or runs in a document.
pub const ENTRIES_MAX: usize = 1_000_000;

/// Longest name: of a lineage, a provider, an output, a deposed object.
const NAME_MAX: usize = 1024;

/// A state, away from its database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The random name of the state.
    pub lineage: Option<String>,
    /// Its serial.
    pub serial: u64,
    /// Tells whether fingerprints were made with a key, without telling the key.
    pub key_check: Option<String>,
    /// Every object, sorted.
    pub resources: Vec<ResourceRow>,
    /// Every output, sorted.
    pub outputs: Vec<OutputRow>,
    /// What became of the conditions, as JSON text.
    pub check_results: Option<String>,
    /// History, oldest first.
    pub runs: Vec<RunRecord>,
}

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// No JSON, or not of this form.
    #[error("{0}")]
    Form(String),
    /// A Terraform state file.
    #[error("it is a state file of Terraform")]
    Terraform,
    /// Written by a newer program.
    #[error("it has version {found} of the form, and this headworks knows versions up to {VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
}

/// What a document says of the key with which its fingerprints were made.
pub fn key_check(key: &FingerprintKey) -> String {
    key.fingerprint("headworks.state", "key").chars().take(16).collect()
}

impl Document {
    /// A state with its history, newest first, as the store gives it.
    pub fn new(snapshot: StateSnapshot, mut history: Vec<RunRecord>, key: Option<&FingerprintKey>) -> Document {
        history.sort_by_key(|run| run.id);
        Document {
            lineage: snapshot.lineage,
            serial: snapshot.serial,
            key_check: key.map(key_check),
            resources: snapshot.resources,
            outputs: snapshot.outputs,
            check_results: snapshot.check_results,
            runs: history,
        }
    }

    /// Whether both hold the same, whatever their history and serial.
    pub fn same_content(&self, other: &Document) -> bool {
        self.resources == other.resources && self.outputs == other.outputs && self.check_results == other.check_results
    }

    /// The document as text.
    pub fn to_text(&self) -> String {
        let written = Written {
            format: FORMAT.to_string(),
            version: VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_string(),
            lineage: self.lineage.clone(),
            serial: self.serial,
            key_check: self.key_check.clone(),
            resources: self.resources.iter().map(WrittenRow::of).collect(),
            outputs: self.outputs.iter().map(WrittenOutput::of).collect(),
            check_results: self.check_results.clone().map(JsonText),
            runs: self.runs.iter().map(WrittenRun::of).collect(),
        };
        // All keys are text and all values JSON, so this can't fail.
        let mut text = serde_json::to_string_pretty(&written).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads what [`Document::to_text`] wrote, and checks that it fits together. Types are not looked at.
    ///
    /// # Errors
    /// What does not fit, and where.
    pub fn parse(text: &str) -> Result<Document, DocumentError> {
        let form = |e: serde_json::Error| DocumentError::Form(e.to_string());
        crate::base::json::check_depth(text).map_err(DocumentError::Form)?;
        let header: Header = serde_json::from_str(text).map_err(form)?;
        match (header.format.as_deref(), header.version) {
            (Some(FORMAT), Some(version)) if version > u64::from(VERSION) => {
                return Err(DocumentError::Newer { found: version });
            }
            (Some(FORMAT), Some(1..)) => {}
            (None, Some(_)) if header.terraform_version.is_some() => return Err(DocumentError::Terraform),
            _ => {
                return Err(DocumentError::Form(format!(
                    "it does not say \"format\": {FORMAT:?} and a \"version\""
                )));
            }
        }
        let written: Written = serde_json::from_str(text).map_err(form)?;
        written.read().map_err(DocumentError::Form)
    }
}

/// What is read first, whatever else there is.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u64>,
    terraform_version: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u32,
    tool_version: String,
    lineage: Option<String>,
    serial: u64,
    key_check: Option<String>,
    resources: Vec<WrittenRow>,
    outputs: Vec<WrittenOutput>,
    check_results: Option<JsonText>,
    runs: Vec<WrittenRun>,
}

impl Written {
    fn read(self) -> Result<Document, String> {
        for (what, count) in [
            ("resources", self.resources.len()),
            ("outputs", self.outputs.len()),
            ("runs", self.runs.len()),
        ] {
            if count > ENTRIES_MAX {
                return Err(format!("it has {count} {what}; at most {ENTRIES_MAX} are possible"));
            }
        }
        if i64::try_from(self.serial).is_err() {
            return Err(format!("the serial {} is too great", self.serial));
        }
        if let Some(lineage) = &self.lineage {
            check_name("the lineage", lineage)?;
        }
        let runs: Vec<RunRecord> = self.runs.iter().map(WrittenRun::read).collect::<Result<_, _>>()?;
        let ids: BTreeSet<RunId> = runs.iter().map(|run| run.id).collect();
        if ids.len() != runs.len() {
            return Err("two runs have one number".to_string());
        }
        let mut resources = Vec::with_capacity(self.resources.len());
        let mut seen = BTreeSet::new();
        for written in self.resources {
            let row = written.read()?;
            if let Some(run) = [row.created_run, row.updated_run]
                .into_iter()
                .flatten()
                .find(|run| !ids.contains(run))
            {
                return Err(format!("{} names run {run}, which is not among the runs", row.key()));
            }
            if !seen.insert(row.key()) {
                return Err(format!("{} is there twice", row.key()));
            }
            resources.push(row);
        }
        resources.sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
        let mut outputs = Vec::with_capacity(self.outputs.len());
        let mut seen = BTreeSet::new();
        for written in self.outputs {
            let output = written.read()?;
            if !seen.insert(output.name.clone()) {
                return Err(format!("output {} is there twice", output.name));
            }
            outputs.push(output);
        }
        outputs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Document {
            lineage: self.lineage,
            serial: self.serial,
            key_check: self.key_check,
            resources,
            outputs,
            check_results: self.check_results.map(|text| text.0),
            runs,
        })
    }
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(format!("{what} is empty, too long, or has control characters"));
    }
    Ok(())
}

/// JSON that the state keeps as text: written as JSON where that gives the same text back, else as `{"$text": …}`.
struct JsonText(String);

const TEXT: &str = "$text";

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let json: Option<Json> = serde_json::from_str(&self.0).ok();
        let same = |json: &Json| *json.to_string() == *self.0 && json.get(TEXT).is_none();
        match json.filter(same) {
            Some(json) => json.serialize(to),
            None => serde_json::json!({ TEXT: self.0 }).serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(from)?;
        let text = json.get(TEXT).and_then(Json::as_str).map(str::to_string);
        Ok(JsonText(text.unwrap_or_else(|| json.to_string())))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRow {
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposed: Option<String>,
    provider: String,
    schema_version: u32,
    attributes: JsonText,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sensitive: Vec<Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tainted: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    create_before_destroy: bool,
    created_run: Option<i64>,
    updated_run: Option<i64>,
}

impl WrittenRow {
    fn of(row: &ResourceRow) -> WrittenRow {
        WrittenRow {
            address: row.addr.to_string(),
            deposed: row.deposed.clone(),
            provider: row.provider.clone(),
            schema_version: row.schema_version,
            attributes: JsonText(row.attributes.clone()),
            sensitive: row.sensitive.iter().map(path_to_json).collect(),
            dependencies: row.dependencies.iter().map(ToString::to_string).collect(),
            tainted: row.status == RowStatus::Tainted,
            create_before_destroy: row.create_before_destroy,
            created_run: row.created_run.map(|run| run.0),
            updated_run: row.updated_run.map(|run| run.0),
        }
    }

    fn read(self) -> Result<ResourceRow, String> {
        let addr: InstanceAddr = self.address.parse().map_err(|e| format!("{e}"))?;
        check_name(&format!("the provider of {addr}"), &self.provider)?;
        if let Some(key) = &self.deposed {
            check_name(&format!("the key of a deposed object of {addr}"), key)?;
        }
        let sensitive: Option<Vec<_>> = self.sensitive.iter().map(path_from_json).collect();
        Ok(ResourceRow {
            sensitive: sensitive.ok_or_else(|| format!("\"sensitive\" of {addr} does not hold paths"))?,
            deposed: self.deposed,
            provider: self.provider,
            schema_version: self.schema_version,
            attributes: self.attributes.0,
            dependencies: self.dependencies.into_iter().map(Str::from).collect(),
            status: if self.tainted {
                RowStatus::Tainted
            } else {
                RowStatus::Ok
            },
            create_before_destroy: self.create_before_destroy,
            created_run: self.created_run.map(RunId),
            updated_run: self.updated_run.map(RunId),
            addr,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOutput {
    name: String,
    value: JsonText,
    #[serde(rename = "type")]
    ty: JsonText,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sensitive: bool,
}

impl WrittenOutput {
    fn of(row: &OutputRow) -> WrittenOutput {
        WrittenOutput {
            name: row.name.clone(),
            value: JsonText(row.value.clone()),
            ty: JsonText(row.ty.clone()),
            sensitive: row.sensitive,
        }
    }

    fn read(self) -> Result<OutputRow, String> {
        check_name("the name of an output", &self.name)?;
        Ok(OutputRow {
            name: self.name,
            value: self.value.0,
            ty: self.ty.0,
            sensitive: self.sensitive,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRun {
    id: i64,
    started_at: String,
    finished_at: Option<String>,
    who: String,
    host: String,
    command: String,
    commit: Option<String>,
    tool_version: String,
    plan_digest: Option<String>,
    outcome: Option<String>,
    created: u64,
    updated: u64,
    deleted: u64,
    failed: u64,
    skipped: u64,
}

impl WrittenRun {
    fn of(run: &RunRecord) -> WrittenRun {
        WrittenRun {
            id: run.id.0,
            started_at: run.started_at.to_string(),
            finished_at: run.finished_at.map(|t| t.to_string()),
            who: run.who.clone(),
            host: run.host.clone(),
            command: run.command.clone(),
            commit: run.commit.clone(),
            tool_version: run.tool_version.clone(),
            plan_digest: run.plan_digest.clone(),
            outcome: run.outcome.map(|o| o.as_str().to_string()),
            created: run.counts.created,
            updated: run.counts.updated,
            deleted: run.counts.deleted,
            failed: run.counts.failed,
            skipped: run.counts.skipped,
        }
    }

    fn read(&self) -> Result<RunRecord, String> {
        let wrong = |what: &str| format!("run {}: {what}", self.id);
        let time = |text: &String| text.parse().map_err(|_| wrong(&format!("{text:?} is no time")));
        let outcome = |word: &String| {
            let found = RunOutcome::ALL.into_iter().find(|o| o.as_str() == word);
            found.ok_or_else(|| wrong(&format!("{word:?} is no outcome")))
        };
        let counts = [self.created, self.updated, self.deleted, self.failed, self.skipped];
        if self.id < 1 || counts.iter().any(|n| i64::try_from(*n).is_err()) {
            return Err(wrong("its number or a count is out of range"));
        }
        Ok(RunRecord {
            id: RunId(self.id),
            started_at: time(&self.started_at)?,
            finished_at: self.finished_at.as_ref().map(time).transpose()?,
            who: self.who.clone(),
            host: self.host.clone(),
            command: self.command.clone(),
            commit: self.commit.clone(),
            tool_version: self.tool_version.clone(),
            plan_digest: self.plan_digest.clone(),
            outcome: self.outcome.as_ref().map(outcome).transpose()?,
            counts: RunCounts {
                created: self.created,
                updated: self.updated,
                deleted: self.deleted,
                failed: self.failed,
                skipped: self.skipped,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AttrPath, PathStep};
    use crate::store::{Holder, LockRequest, OpenMode, SqliteState, WriteCx};
    use jiff::Timestamp;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time in range")
    }

    fn run(id: i64) -> RunRecord {
        RunRecord {
            id: RunId(id),
            started_at: at(id),
            finished_at: Some(at(id + 5)),
            who: "ada".into(),
            host: "build-7".into(),
            command: "apply".into(),
            commit: Some("0123456-dirty".into()),
            tool_version: "0.1.0".into(),
            plan_digest: None,
            outcome: Some(RunOutcome::Done),
            counts: RunCounts::default(),
        }
    }

    fn json_text() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("{}".to_string()),
            Just("{\"n\":1e400,\"x\":-0.10}".to_string()),
            Just("{ \"spaced\" : [1, 2.50] }".to_string()),
            Just("{\"$text\":\"{}\"}".to_string()),
            Just("{\"b\":1,\"a\":{\"value\":null,\"type\":\"dynamic\"}}".to_string()),
            any::<String>().prop_map(|s| serde_json::json!({ "s": s }).to_string()),
            any::<f64>().prop_map(|n| serde_json::json!([n]).to_string()),
        ]
    }

    prop_compose! {
        fn row()(
            name in "[a-z_][a-z0-9_-]{0,6}",
            key in prop_oneof![
                Just(String::new()),
                (0u64..20).prop_map(|i| format!("[{i}]")),
                any::<String>().prop_map(|k| crate::base::InstanceKey::Key(k.as_str().into()).to_string()),
            ],
            module in prop_oneof![Just(""), Just("module.m[\"a b\"]."), Just("module.m[0].module.n.")],
            deposed in proptest::option::of("[0-9a-f]{8}"),
            attributes in json_text(),
            secret in any::<String>(),
            tainted in any::<bool>(),
            runs in (proptest::option::of(1i64..4), proptest::option::of(1i64..4)),
        ) -> ResourceRow {
            let addr = format!("{module}terraform_data.{name}{key}").parse().expect("an address");
            ResourceRow {
                deposed,
                schema_version: 3,
                sensitive: vec![AttrPath(vec![
                    PathStep::Attr("a".into()), PathStep::Index(2), PathStep::Key(secret.as_str().into()),
                ])],
                dependencies: vec!["terraform_data.other".into()],
                status: if tainted { RowStatus::Tainted } else { RowStatus::Ok },
                create_before_destroy: tainted,
                created_run: runs.0.map(RunId),
                updated_run: runs.1.map(RunId),
                ..ResourceRow::new(addr, "terraform", attributes)
            }
        }
    }

    prop_compose! {
        fn document()(
            rows in proptest::collection::vec(row(), 0..8),
            outputs in proptest::collection::btree_map("[a-z]{1,4}", (json_text(), any::<bool>()), 0..4),
            lineage in proptest::option::of("[0-9a-f]{8}"),
            serial in 0u64..1_000_000,
            check_results in proptest::option::of(json_text()),
        ) -> Document {
            let rows: BTreeMap<_, _> = rows.into_iter().map(|r| ((r.addr.clone(), r.deposed.clone()), r)).collect();
            let output = |(name, (value, sensitive))| OutputRow { name, value, ty: "\"dynamic\"".into(), sensitive };
            Document {
                lineage,
                serial,
                key_check: Some("0123456789abcdef".into()),
                resources: rows.into_values().collect(),
                outputs: outputs.into_iter().map(output).collect(),
                check_results,
                runs: (1..4).map(run).collect(),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

        #[test]
        fn a_document_comes_back_exactly(document in document()) {
            prop_assert_eq!(Document::parse(&document.to_text()), Ok(document));
        }

        #[test]
        fn a_database_becomes_what_a_document_says(first in document(), second in document()) {
            let dir = tempfile::tempdir().expect("a directory");
            let mut state = SqliteState::open(&dir.path().join("state.db"), OpenMode::CreateIfMissing, at(0)).expect("opens");
            let request = LockRequest {
                holder: Holder::this_process("ada", "state push"),
                lease: std::time::Duration::from_secs(60),
                now: at(0),
                dead_epoch: None,
            };
            let epoch = state.write(|tx| tx.lock(&request)).expect("locks").epoch;
            for document in [&first, &second, &first] {
                let cx = WriteCx { epoch, run: None, now: at(1) };
                state.write(|tx| tx.restore(&cx, document)).expect("restores");
                let read = Document {
                    key_check: document.key_check.clone(),
                    ..Document::new(state.load().expect("loads"), state.history(99).expect("reads"), None)
                };
                prop_assert_eq!(&read, document);
                state.verify().expect("whole");
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>(), cut in any::<prop::sample::Index>(), document in document()) {
            let _ = Document::parse(&text);
            let whole = document.to_text();
            let cut = cut.index(whole.len());
            if whole.is_char_boundary(cut) {
                prop_assert!(Document::parse(&whole[..cut]).is_err());
            }
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused_with_its_place() {
        let row = ResourceRow {
            created_run: Some(RunId(1)),
            ..ResourceRow::new("terraform_data.x[3]".parse().expect("an address"), "terraform", "{}")
        };
        let document = Document {
            serial: 7,
            resources: vec![row],
            runs: vec![run(1)],
            ..Document::default()
        };
        let good = document.to_text();
        assert_eq!(Document::parse(&good), Ok(document.clone()));
        let twice = Document {
            resources: [document.resources.clone(), document.resources.clone()].concat(),
            ..document.clone()
        };
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let table = [
            (twice.to_text(), "terraform_data.x[3] is there twice"),
            (
                good.replace("terraform_data.x[3]", "nonsense"),
                "not a resource address",
            ),
            (good.replace("\"created_run\": 1", "\"created_run\": 2"), "names run 2"),
            (good.replace("\"serial\": 7", "\"serial\": -7"), "line 6"),
            (
                good.replace("\"serial\": 7", "\"serial\": 9223372036854775808"),
                "too great",
            ),
            (
                good.replace("\"serial\": 7", "\"serial\": 7, \"serial\": 8"),
                "duplicate field",
            ),
            (
                good.replace("\"serial\": 7", "\"serial\": 7, \"other\": 8"),
                "unknown field",
            ),
            (good.replace("{}", &deep), "nested too deeply"),
            (good.replace(FORMAT, "other"), "headworks.state"),
            (good.replace("\"version\": 1", "\"version\": 0"), "headworks.state"),
            (good.replace("\"version\": 1", "\"version\": 2"), "version 2"),
            (
                "{\"version\": 4, \"terraform_version\": \"1.11.4\"}".to_string(),
                "Terraform",
            ),
            ("[]".to_string(), "invalid"),
            (String::new(), "EOF"),
        ];
        for (text, says) in table {
            let error = Document::parse(&text).expect_err(says).to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }
}
