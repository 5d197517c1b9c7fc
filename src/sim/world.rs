//! The world of the embedded cloud: access keys, settings, the two clocks' readings and every object,
//! as plain data. Never does I/O and never reads a clock; what changed is remembered for the store.

use crate::base::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The account that the demo access key belongs to.
pub const DEMO_ACCOUNT: &str = "1234567890123456";
/// The demo access key id.
pub const DEMO_ACCESS_KEY: &str = "SIMACCESSKEY0000";
/// The demo access key secret; not a secret of any real account.
pub const DEMO_SECRET: &str = "sim-secret-not-a-real-one";
/// The region of the demo account's instances and buckets unless a request says another.
pub const DEMO_REGION: &str = "cn-hangzhou";

/// An access key the embedded cloud accepts.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Access key id.
    pub id: String,
    /// Access key secret.
    pub secret: Secret,
    /// Security token that must accompany the key; `None` for long-term keys.
    pub security_token: Option<Secret>,
    /// Uid of the account it belongs to, decimal digits.
    pub account: String,
}

impl AccessKey {
    /// The fixed demo key.
    pub fn demo() -> Self {
        Self::new(DEMO_ACCESS_KEY, DEMO_SECRET)
    }

    /// A long-term key of the demo account.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: Secret::well_known(secret),
            security_token: None,
            account: DEMO_ACCOUNT.to_string(),
        }
    }

    /// The same key as temporary credentials with `token`.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(Secret::well_known(token));
        self
    }
}

/// How the embedded cloud behaves where real services differ or take time.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Region of new buckets when the request does not tell, and of role usages.
    pub region: String,
    /// Length of the INIT phase of a delivery task, in ms of the world clock.
    pub task_init_ms: i64,
    /// Length of the FULL phase of a delivery task, in ms of the world clock.
    pub task_full_ms: i64,
    /// Time the deletion of a service-linked role takes, in ms of the world clock.
    pub role_deletion_ms: i64,
    /// Time after creation in which a table answers OTSTableNotReady, in ms of the world clock.
    pub table_ready_ms: i64,
    /// Accept delivery task names outside the documented 3 to 16 characters. The samples of the official
    /// Go and Java SDKs use longer names.
    pub lenient_task_names: bool,
    /// Refuse requests dated more than 15 minutes away from the wire clock.
    pub check_freshness: bool,
    /// Most tables in one Tablestore instance (64 by the general limits of Tablestore).
    pub max_tables: usize,
    /// Let a Tablestore instance exist as soon as a table is created in it. There is no call for it in
    /// the served API.
    pub create_instances: bool,
    /// Time after creation in which a DIS stream is CREATING, in ms of the world clock.
    pub stream_create_ms: i64,
    /// Time a change of a DIS stream's partition count takes, in ms of the world clock.
    pub stream_scale_ms: i64,
    /// Time in which a new or started DIS dump task is STARTING, in ms of the world clock.
    pub dump_start_ms: i64,
    /// Refuse to scale a DIS stream again within an hour, as documented.
    pub limit_stream_scaling: bool,
    /// Take any id for that of a MapReduce, data warehouse or CloudTable cluster, unless there is one of this id.
    /// There is no call for them in the served API.
    pub create_clusters: bool,
    /// How long a DataWorks deployment takes, in ms of the world clock. Any id of digits is a DataWorks workspace, and
    /// every workflow in it exists: the served calls make neither.
    pub deployment_ms: i64,
    /// Identifier of the resource group for data integration that DataWorks has as long as none is put into the world.
    pub resource_group: String,
    /// Take any Huawei Cloud project id for one of the demo account's. The captured requests of SDKs name others.
    pub any_project: bool,
    /// Let every project have a demo Kafka instance, and any other exist as soon as a request names it. There is no
    /// call for one in the served API.
    pub create_kafka_instances: bool,
    /// Time the nodes of a Kafka connector take to come, in ms of the world clock.
    pub connector_create_ms: i64,
    /// Time the nodes of a Kafka connector take to go, in ms of the world clock.
    pub connector_delete_ms: i64,
    /// Length of the CREATING phase of a Kafka sink task, in ms of the world clock.
    pub sink_task_create_ms: i64,
    /// Length of the CREATING and RESTARTING phases of a Smart Connect task, in ms of the world clock.
    pub smart_connect_task_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            region: DEMO_REGION.to_string(),
            task_init_ms: 300,
            task_full_ms: 300,
            role_deletion_ms: 300,
            table_ready_ms: 0,
            lenient_task_names: false,
            check_freshness: true,
            max_tables: 64,
            create_instances: true,
            stream_create_ms: 300,
            stream_scale_ms: 300,
            dump_start_ms: 300,
            limit_stream_scaling: false,
            create_clusters: true,
            deployment_ms: 300,
            resource_group: format!("S_res_group_{DEMO_ACCOUNT}_1"),
            any_project: false,
            create_kafka_instances: true,
            connector_create_ms: 300,
            connector_delete_ms: 300,
            sink_task_create_ms: 300,
            smart_connect_task_ms: 300,
        }
    }
}

/// The readings of both clocks at one request.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Wall clock of the wire (dates in headers, freshness), Unix ms.
    pub wire_ms: i64,
    /// Clock of the world (creation times, phases), Unix ms; may be stepped.
    pub world_ms: i64,
    /// Number of this request in this process, from 1; names the request id.
    pub request: u64,
}

/// Names one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ObjectId {
    /// Kind, such as `ots_table`.
    pub kind: String,
    /// Key within the kind, such as `instance/table`.
    pub key: String,
}

/// A typed object of the world.
pub trait Object: Serialize + DeserializeOwned {
    /// The kind's name.
    const KIND: &'static str;
    /// The key of this object.
    fn key(&self) -> String;
}

/// Everything that exists in the embedded cloud.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Behaviour switches.
    pub settings: Settings,
    keys: Vec<AccessKey>,
    objects: BTreeMap<ObjectId, Value>,
    changed: BTreeSet<ObjectId>,
    nonces: BTreeSet<String>,
}

impl World {
    /// An empty world with the demo key and `keys`.
    pub fn new(settings: Settings, keys: Vec<AccessKey>) -> Self {
        let mut all = vec![AccessKey::demo()];
        all.extend(keys);
        Self {
            settings,
            keys: all,
            ..Self::default()
        }
    }

    /// The keys with this id: a long-term one and temporary ones may share it.
    pub fn access_keys<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a AccessKey> {
        let id = id.to_string();
        self.keys.iter().filter(move |k| k.id == id)
    }

    /// Remembers a signature nonce; `false` when it was used before.
    pub fn use_nonce(&mut self, nonce: &str) -> bool {
        // Forgetting all at once keeps memory bounded; a nonce that slips through is still fresh.
        if self.nonces.len() >= 100_000 {
            self.nonces.clear();
        }
        self.nonces.insert(nonce.to_string())
    }

    /// The object `key` of kind `T`.
    pub fn get<T: Object>(&self, key: &str) -> Option<T> {
        let value = self.objects.get(&id(T::KIND, key))?;
        serde_json::from_value(value.clone()).ok()
    }

    /// Whether the object exists.
    pub fn has<T: Object>(&self, key: &str) -> bool {
        self.objects.contains_key(&id(T::KIND, key))
    }

    /// Stores `object` under its key.
    pub fn put<T: Object>(&mut self, object: &T) {
        let value = serde_json::to_value(object).expect("invariant: world objects serialise to JSON");
        self.put_json(id(T::KIND, &object.key()), value);
    }

    /// Removes the object; `false` when there was none.
    pub fn remove<T: Object>(&mut self, key: &str) -> bool {
        self.remove_json(&id(T::KIND, key))
    }

    /// All objects of kind `T` whose key begins with `prefix`, by key.
    pub fn list<T: Object>(&self, prefix: &str) -> Vec<T> {
        self.range(T::KIND, prefix)
            .filter_map(|(_, v)| serde_json::from_value(v.clone()).ok())
            .collect()
    }

    /// How many objects of kind `T` have a key beginning with `prefix`.
    pub fn count<T: Object>(&self, prefix: &str) -> usize {
        self.range(T::KIND, prefix).count()
    }

    /// Whether any object of kind `T` has a key beginning with `prefix`.
    pub fn any<T: Object>(&self, prefix: &str) -> bool {
        self.range(T::KIND, prefix).next().is_some()
    }

    fn range<'a>(&'a self, kind: &'a str, prefix: &'a str) -> impl Iterator<Item = (&'a ObjectId, &'a Value)> {
        self.objects
            .range(id(kind, prefix)..)
            .take_while(move |(o, _)| o.kind == kind && o.key.starts_with(prefix))
    }

    /// The JSON of one object.
    pub fn get_json(&self, id: &ObjectId) -> Option<&Value> {
        self.objects.get(id)
    }

    /// Stores JSON as one object, as is; see [`crate::sim::admin`] for the checked way.
    pub fn put_json(&mut self, id: ObjectId, value: Value) {
        self.changed.insert(id.clone());
        self.objects.insert(id, value);
    }

    /// Removes one object; `false` when there was none.
    pub fn remove_json(&mut self, id: &ObjectId) -> bool {
        let existed = self.objects.remove(id).is_some();
        if existed {
            self.changed.insert(id.clone());
        }
        existed
    }

    /// Every object with its JSON, sorted by kind and key.
    pub fn objects(&self) -> impl Iterator<Item = (&ObjectId, &Value)> {
        self.objects.iter()
    }

    /// Every object as `kind key`, one a line, sorted; without the embedded cloud's own records.
    pub fn inventory(&self) -> String {
        let mut text = String::new();
        for o in self.objects.keys().filter(|o| !o.kind.starts_with("sim_")) {
            text.push_str(&o.kind);
            text.push(' ');
            text.push_str(&o.key);
            text.push('\n');
        }
        text
    }

    /// Marks objects as changed again, after a write of them failed.
    pub fn mark_changed(&mut self, ids: impl IntoIterator<Item = ObjectId>) {
        self.changed.extend(ids);
    }

    /// What was put (`Some`) or removed (`None`) since the last call.
    pub fn take_changes(&mut self) -> Vec<(ObjectId, Option<Value>)> {
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|o| {
                let value = self.objects.get(&o).cloned();
                (o, value)
            })
            .collect()
    }
}

fn id(kind: &str, key: &str) -> ObjectId {
    ObjectId {
        kind: kind.to_string(),
        key: key.to_string(),
    }
}
