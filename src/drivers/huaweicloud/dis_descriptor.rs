//! The descriptors of dump tasks, one for each destination: which members they have, how a request spells them and how
//! replies do. Pure; the only place that knows how the spellings of one member differ.
//!
//! Source: DIS API reference (Adding OBS, MRS, DLI, DWS and CloudTable Dump Tasks; Querying Dump Task Details); request and
//! reply models of the official SDKs for Java and Python, which spell some keys in other ways.

use serde_json::{Map, Value as Json, json};

/// A descriptor as an object of the schema has it: members by name, null or absent where they are not set.
pub(super) type Block = Map<String, Json>;

/// One destination.
#[derive(Debug)]
pub(super) struct Destination {
    /// `destination_type`.
    pub(super) kind: &'static str,
    /// Names of it that are in use besides.
    aliases: &'static [&'static str],
    /// The block of the schema, which is the key of a request too.
    pub(super) block: &'static str,
    /// The keys of a reply, documented and not.
    replies: &'static [&'static str],
    members: &'static [Member],
}

#[derive(Debug)]
struct Member {
    name: &'static str,
    form: Form,
}

/// What a member holds, and what its absence from a reply means.
#[derive(Debug)]
enum Form {
    /// Text that every task has; a reply without it says nothing about it.
    Needed,
    /// Text; absent where it is not set.
    Text,
    /// Text with a default.
    Default(&'static str),
    /// Text whose default the schema does not write out.
    Implied(&'static str),
    /// A number with a default; replies have it as a number or as text.
    Number(i64),
    /// As [`Form::Number`], but not all services know the member: a reply without it says nothing about it.
    Unsure(i64),
    /// True or false, which the service has as text.
    Flag,
    /// Sent and never read.
    Secret,
    /// An object.
    One(&'static [Member]),
    /// An array of objects.
    Many(&'static [Member]),
}

const fn member(name: &'static str, form: Form) -> Member {
    Member { name, form }
}

const AGENCY: Member = member("agency_name", Form::Needed);
const STRATEGY: Member = member("consumer_strategy", Form::Default("LATEST"));
const INTERVAL: Member = member("deliver_time_interval", Form::Number(300));
const BUCKET: Member = member("obs_bucket_path", Form::Needed);
const PREFIX: Member = member("file_prefix", Form::Default(""));
const RETRY: Member = member("retry_duration", Form::Number(1800));
const TYPE: Member = member("type", Form::Text);
const VALUE: Member = member("value", Form::Text);

/// Every destination.
pub(super) const DESTINATIONS: [Destination; 5] = [
    Destination {
        kind: "OBS",
        aliases: &[],
        block: "obs_destination_descriptor",
        replies: &["obs_destination_description", "obs_destination_descriptor"],
        members: &[
            // The newest page of the API calls it optional.
            member("agency_name", Form::Text),
            STRATEGY,
            INTERVAL,
            BUCKET,
            PREFIX,
            member("partition_format", Form::Default("")),
            member("destination_file_type", Form::Default("text")),
            member("record_delimiter", Form::Default("\n")),
            member("processing_schema", Form::One(PROCESSING)),
        ],
    },
    Destination {
        kind: "MRS",
        aliases: &[],
        block: "mrs_destination_descriptor",
        replies: &["mrs_destination_description", "mrs_destination_descriptor"],
        members: &[
            AGENCY,
            STRATEGY,
            INTERVAL,
            member("mrs_cluster_name", Form::Needed),
            member("mrs_cluster_id", Form::Needed),
            member("mrs_hdfs_path", Form::Needed),
            member("hdfs_prefix_folder", Form::Default("")),
            BUCKET,
            PREFIX,
            RETRY,
            member("destination_file_type", Form::Implied("text")),
        ],
    },
    Destination {
        kind: "DLI",
        aliases: &["UQUERY"],
        block: "dli_destination_descriptor",
        replies: &["dli_destination_description", "dli_destination_descriptor"],
        members: &[
            AGENCY,
            STRATEGY,
            INTERVAL,
            member("dli_database_name", Form::Needed),
            member("dli_table_name", Form::Needed),
            BUCKET,
            PREFIX,
            RETRY,
        ],
    },
    Destination {
        kind: "DWS",
        aliases: &[],
        block: "dws_destination_descriptor",
        // The first one is how the documents and an SDK spell it.
        replies: &[
            "dws_destination_descripton",
            "dws_destination_description",
            "dws_destination_descriptor",
        ],
        members: &[
            AGENCY,
            STRATEGY,
            INTERVAL,
            member("dws_cluster_name", Form::Needed),
            member("dws_cluster_id", Form::Needed),
            member("dws_database_name", Form::Needed),
            member("dws_schema", Form::Needed),
            member("dws_table_name", Form::Needed),
            member("dws_table_columns", Form::Default("")),
            member("dws_delimiter", Form::Needed),
            member("user_name", Form::Needed),
            member("user_password", Form::Secret),
            member("kms_user_key_name", Form::Needed),
            member("kms_user_key_id", Form::Needed),
            BUCKET,
            PREFIX,
            RETRY,
            member("options", Form::One(OPTIONS)),
        ],
    },
    Destination {
        kind: "CLOUDTABLE",
        aliases: &["OPENTSDB"],
        block: "cloudtable_destination_descriptor",
        replies: &[
            "cloudtable_destination_descripton",
            "cloudtable_destination_description",
            "cloud_table_destination_description",
            "cloudtable_destination_descriptor",
        ],
        members: &[
            AGENCY,
            STRATEGY,
            member("deliver_time_interval", Form::Unsure(300)),
            member("cloudtable_cluster_name", Form::Needed),
            member("cloudtable_cluster_id", Form::Needed),
            member("cloudtable_table_name", Form::Text),
            member("cloudtable_row_key_delimiter", Form::Default(".")),
            member("obs_backup_bucket_path", Form::Text),
            member("backup_file_prefix", Form::Default("")),
            member("retry_duration", Form::Unsure(1800)),
            member("cloudtable_schema", Form::One(HBASE)),
            member("opentsdb_schema", Form::Many(OPENTSDB)),
        ],
    },
];

const PROCESSING: &[Member] = &[
    member("timestamp_name", Form::Text),
    member("timestamp_type", Form::Text),
    member("timestamp_format", Form::Text),
];

const OPTIONS: &[Member] = &[
    member("fill_missing_fields", Form::Flag),
    member("ignore_extra_data", Form::Flag),
    member("compatible_illegal_chars", Form::Flag),
    member("reject_limit", Form::Default("0")),
    member("error_table_name", Form::Text),
];

const HBASE: &[Member] = &[
    member("row_key", Form::Many(&[VALUE, TYPE])),
    member("columns", Form::Many(COLUMN)),
];

const COLUMN: &[Member] = &[
    member("column_family_name", Form::Text),
    member("column_name", Form::Text),
    VALUE,
    TYPE,
];

const OPENTSDB: &[Member] = &[
    member("metric", Form::Many(&[TYPE, VALUE])),
    member("timestamp", Form::One(&[TYPE, VALUE, member("format", Form::Text)])),
    member("value", Form::One(&[TYPE, VALUE])),
    member("tags", Form::Many(&[member("name", Form::Text), TYPE, VALUE])),
];

/// The destination of a type, in any spelling.
pub(super) fn of_kind(kind: &str) -> Option<&'static Destination> {
    DESTINATIONS
        .iter()
        .find(|d| d.kind.eq_ignore_ascii_case(kind) || d.aliases.contains(&kind))
}

impl Destination {
    /// The body of a request that makes a task.
    pub(super) fn request(&self, task_name: &str, block: &Block) -> Json {
        let mut descriptor = sent(self.members, block);
        descriptor.retain(|name, _| !self.is_idle(name, block));
        descriptor.insert("task_name".to_string(), task_name.into());
        json!({"destination_type": self.kind, self.block: descriptor})
    }

    /// Whether a member has no meaning beside the others; a default of it is not sent then.
    fn is_idle(&self, name: &str, block: &Block) -> bool {
        let set = |name: &str| block.get(name).is_some_and(|v| !v.is_null());
        match name {
            "record_delimiter" => set("destination_file_type") && block["destination_file_type"] != "text",
            "cloudtable_row_key_delimiter" => !set("cloudtable_schema"),
            _ => false,
        }
    }

    /// The descriptor in a reply, under whichever key; none when the reply has none.
    pub(super) fn of_reply<'a>(&self, reply: &'a Map<String, Json>) -> Option<&'a Block> {
        self.replies.iter().find_map(|key| reply.get(*key)?.as_object())
    }

    /// What a reply's descriptor says, in the spelling of what is known. Without a known block, as at import, defaults are
    /// written out as the schema does.
    pub(super) fn described(&self, known: Option<&Block>, reply: &Block) -> Block {
        read(self.members, known, reply)
    }

    /// The block with defaults written out and without secrets, for comparison.
    pub(super) fn in_full(&self, block: &Block) -> Block {
        let mut full = read(self.members, None, &plain(block));
        full.retain(|name, _| !self.is_idle(name, block));
        full
    }

    /// Whether a member is a secret.
    #[cfg(test)]
    fn is_secret(&self, name: &str) -> bool {
        self.members
            .iter()
            .any(|m| m.name == name && matches!(m.form, Form::Secret))
    }
}

/// Without members that are null.
fn plain(block: &Block) -> Block {
    let set = block.iter().filter(|(_, v)| !v.is_null());
    set.map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn sent(members: &[Member], block: &Block) -> Block {
    let mut out = Map::new();
    for member in members {
        let Some(value) = block.get(member.name).filter(|v| !v.is_null()) else {
            continue;
        };
        let value = match &member.form {
            Form::Number(_) | Form::Unsure(_) => whole(value).map_or_else(|| value.clone(), Json::from),
            Form::Flag => json!(if value == &json!(true) { "true" } else { "false" }),
            Form::One(inner) => match value.as_object() {
                Some(object) => Json::Object(sent(inner, object)),
                None => continue,
            },
            Form::Many(inner) => {
                let items: Vec<Json> = objects(value).map(|o| Json::Object(sent(inner, o))).collect();
                if items.is_empty() {
                    continue;
                }
                Json::Array(items)
            }
            Form::Needed | Form::Text | Form::Default(_) | Form::Implied(_) | Form::Secret => value.clone(),
        };
        out.insert(member.name.to_string(), value);
    }
    out
}

fn read(members: &[Member], known: Option<&Block>, reply: &Block) -> Block {
    let one = |member: &Member| {
        let before = known.map(|k| k.get(member.name).unwrap_or(&Json::Null));
        let found = reply.get(member.name).filter(|v| !v.is_null());
        (member.name.to_string(), value(&member.form, before, found))
    };
    members.iter().map(one).collect()
}

/// The value of a member. `before` is what is known, none where nothing is.
fn value(form: &Form, before: Option<&Json>, found: Option<&Json>) -> Json {
    let kept = || before.cloned().unwrap_or(Json::Null);
    match form {
        Form::Secret => kept(),
        Form::Needed => written(found).unwrap_or_else(kept),
        Form::Text => match written(found) {
            Some(text) => text,
            // An empty text and none are one.
            None if before.is_some_and(|b| b.as_str() == Some("")) => json!(""),
            None => Json::Null,
        },
        Form::Default(default) => with_default(default, before, found).unwrap_or_else(|| json!(default)),
        Form::Implied(default) => with_default(default, before, found).unwrap_or(Json::Null),
        Form::Number(default) => number(*default, before, found),
        Form::Unsure(default) => match found {
            None if before.is_some() => kept(),
            found => number(*default, before, found),
        },
        Form::Flag => match (is_true(found), before) {
            (false, Some(Json::Null)) => Json::Null,
            (on, _) => json!(on),
        },
        Form::One(members) => one(members, before, found),
        Form::Many(members) => many(members, before, found),
    }
}

/// Text that is not empty.
fn written(found: Option<&Json>) -> Option<Json> {
    found.map(text).filter(|t| t.as_str() != Some(""))
}

/// What a reply says, in the known spelling where it is the default; none where that is so and nothing is known.
fn with_default(default: &str, before: Option<&Json>, found: Option<&Json>) -> Option<Json> {
    let is_default = |v: &Json| v.is_null() || v.as_str().is_some_and(|t| t == default || t.is_empty());
    match (written(found).filter(|f| !is_default(f)), before) {
        (Some(found), _) => Some(found),
        (None, Some(before)) if is_default(before) => Some(before.clone()),
        (None, Some(_)) => Some(json!(default)),
        (None, None) => None,
    }
}

fn number(default: i64, before: Option<&Json>, found: Option<&Json>) -> Json {
    let now = found.and_then(whole).unwrap_or(default);
    match before {
        Some(Json::Null) if now == default => Json::Null,
        _ => json!(now),
    }
}

fn one(members: &[Member], before: Option<&Json>, found: Option<&Json>) -> Json {
    let known = before.and_then(Json::as_object);
    let none = Map::new();
    let reply = found.and_then(Json::as_object).unwrap_or(&none);
    let read = |known| read(members, known, reply);
    // Defaults that the service writes out are no block that somebody wrote.
    let nothing = read(None) == self::read(members, None, &none);
    match known {
        None if nothing => Json::Null,
        Some(known) if nothing && self::read(members, None, &plain(known)) != read(None) => Json::Null,
        known => Json::Object(read(known)),
    }
}

fn many(members: &[Member], before: Option<&Json>, found: Option<&Json>) -> Json {
    let known: Vec<&Block> = before.into_iter().flat_map(objects).collect();
    let items: Vec<Json> = found
        .into_iter()
        .flat_map(objects)
        .enumerate()
        .map(|(i, item)| Json::Object(read(members, known.get(i).copied(), item)))
        .collect();
    match before {
        Some(Json::Null) if items.is_empty() => Json::Null,
        _ => Json::Array(items),
    }
}

/// The objects of an array; an object alone counts as an array of one, as an SDK has it.
fn objects(value: &Json) -> impl Iterator<Item = &Block> {
    let items: &[Json] = match value {
        Json::Array(items) => items,
        other => std::slice::from_ref(other),
    };
    items.iter().filter_map(Json::as_object)
}

fn text(value: &Json) -> Json {
    match value {
        Json::Number(n) => json!(n.to_string()),
        other => other.clone(),
    }
}

/// A whole number, of a number or of text.
fn whole(value: &Json) -> Option<i64> {
    match value {
        Json::Number(n) => n.as_i64().or_else(|| n.to_string().parse().ok()),
        Json::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

/// The documents print the values as `true/on` and `false/off`.
fn is_true(value: Option<&Json>) -> bool {
    match value {
        Some(Json::Bool(b)) => *b,
        Some(Json::String(s)) => s
            .split('/')
            .any(|word| word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("on")),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
