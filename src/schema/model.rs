//! What is known of a resource type, a data source or a provider block: the facts of one schema file, read and
//! checked. Decides nothing by itself; validation, planning, docs and help are made from it.

use crate::base::{Str, Type, Value};
use crate::lang::ast::Expr;
use indexmap::IndexMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What a schema file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// A managed resource type.
    Resource,
    /// A data source.
    Data,
    /// A provider block.
    Provider,
}

/// One resource type, data source or provider block.
#[derive(Debug)]
pub struct ResourceSchema {
    /// Resource, data source or provider.
    pub kind: SchemaKind,
    /// `alicloud_oss_bucket`; for a provider its name.
    pub type_name: Str,
    /// Provider the type belongs to; for built-in types `terraform`.
    pub provider: Str,
    /// Version of the object's shape in the state, from 0.
    pub version: u32,
    /// One sentence.
    pub summary: String,
    /// Longer text in Markdown, for the reference page.
    pub docs: String,
    /// Attributes and nested blocks.
    pub block: Arc<BlockSchema>,
    /// Attributes that together name the object in the cloud.
    pub identity: Vec<Str>,
    /// How `import` names an object: attribute names in order, joined by `:`.
    pub import_id: Vec<Str>,
    /// Default waiting times; a `timeouts` block may change them.
    pub timeouts: Timeouts,
    /// How to tell whether a created object works.
    pub health: Option<Health>,
    /// Calls the driver makes.
    pub api: Vec<ApiCall>,
    /// Rules between attributes.
    pub rules: Vec<Rule>,
    /// What changes do to the data.
    pub effects: Vec<DataEffect>,
    /// Where it is true of `self` (planned) and `prior`, every change that asks for a call replaces the object.
    pub replace_when: Option<Expr>,
    /// Names of the type in other providers, for the error that names the right one.
    pub also_called: Vec<Str>,
    /// Why the type should not be used any more.
    pub deprecated: Option<String>,
    /// Version of the policy language of the cloud (provider blocks only).
    pub policy_version: Option<String>,
    /// Whether creating, updating and deleting have no effect outside the state (`terraform_data`).
    pub local: bool,
}

/// Default waiting times of the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For create, until healthy.
    pub create: Duration,
    /// For update.
    pub update: Duration,
    /// For delete, until gone.
    pub delete: Duration,
}

/// Attributes and nested blocks of a block.
#[derive(Debug, Default)]
pub struct BlockSchema {
    /// Attributes by name, in the order of the schema file.
    pub attributes: IndexMap<Str, Attribute>,
    /// Nested blocks by type, in the order of the schema file.
    pub blocks: IndexMap<Str, NestedBlock>,
    /// Rules between the attributes of one nested block, seen as `self`; the rules of a whole object stand in
    /// [`ResourceSchema::rules`].
    pub rules: Vec<Rule>,
    /// Arguments and blocks of the vendor's Terraform provider that are not managed, each with what to do instead.
    pub unmanaged: IndexMap<Str, Str>,
    /// The type that [`BlockSchema::object_type`] gives, made once; empty until then.
    pub(crate) object_type: OnceLock<Type>,
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The user must.
    Required,
    /// The user may; null or the default otherwise.
    Optional,
    /// Only the cloud.
    Computed,
    /// The user may; the cloud otherwise.
    OptionalComputed,
}

/// What a change of an attribute asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    /// A call that changes the object.
    Update,
    /// Delete and create.
    Replace,
    /// Only the state: the cloud does not know the attribute (`force_destroy`, `timeouts`).
    Local,
}

/// When two values of an attribute mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// When they are equal.
    Exact,
    /// When they are equal JSON documents.
    Json,
    /// When they are equal but for upper and lower case.
    CaseInsensitive,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its type.
    pub ty: Type,
    /// Who sets it.
    pub mode: Mode,
    /// Value where the user sets none.
    pub default: Option<Value>,
    /// The only values allowed; empty for any.
    pub allowed: Vec<Value>,
    /// Spellings of other vocabularies (vendor SDKs) with the allowed value each means.
    pub value_aliases: IndexMap<Str, Str>,
    /// Names of the attribute in other vocabularies, for the error that names the right one.
    pub also_called: Vec<Str>,
    /// A regular expression the whole text must match, with its meaning in words.
    pub pattern: Option<Pattern>,
    /// Length of text in characters or of a collection in elements, both ends included.
    pub length: Option<(u64, u64)>,
    /// Range of a number, both ends included.
    pub range: Option<(i64, i64)>,
    /// What a change asks for.
    pub on_change: OnChange,
    /// Never stored or shown; the state keeps a fingerprint.
    pub secret: bool,
    /// A status that changes by itself; refreshed silently, never a difference.
    pub volatile: bool,
    /// A computed attribute that keeps its value when the object is updated.
    pub stable: bool,
    /// Why the cloud does not say what it is: it keeps the value that the state has, and counts as not compared.
    pub unread: Option<String>,
    /// The attribute whose value a computed attribute takes when the object is made or changed.
    pub follows: Option<Str>,
    /// The value of a computed attribute as it follows from others; sees `self` (planned) and `prior`.
    pub predict: Option<Expr>,
    /// When two values mean the same.
    pub equality: Equality,
    /// Environment variables read where the user sets none, first wins (provider blocks only).
    pub env: Vec<Str>,
    /// Said with every error about the value.
    pub help: Option<String>,
    /// For the reference page.
    pub doc: String,
    /// Where the facts come from.
    pub source: Option<String>,
    /// Why it should not be used any more.
    pub deprecated: Option<String>,
}

/// A regular expression with its meaning.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Compiled; anchored at both ends by the loader.
    pub regex: regex::Regex,
    /// What it demands, to follow "must be": `3 to 16 lower-case letters, digits or hyphens …`.
    pub meaning: String,
}

/// How often a nested block may stand and what its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most one; an object or null.
    Single,
    /// Any number in order; a list of objects.
    List,
    /// Any number without order; a set of objects.
    Set,
}

/// A nested block type.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// Form of its value.
    pub nesting: Nesting,
    /// Least number of blocks.
    pub min: u64,
    /// Greatest number of blocks.
    pub max: Option<u64>,
    /// Its contents.
    pub block: Arc<BlockSchema>,
    /// What any change inside asks for, in addition to what its attributes say.
    pub on_change: OnChange,
    /// Where the user writes no block, the cloud's value is kept.
    pub computed: bool,
    /// Names in other vocabularies.
    pub also_called: Vec<Str>,
    /// For the reference page.
    pub doc: String,
    /// Why it should not be used any more.
    pub deprecated: Option<String>,
}

/// How to tell from the object itself whether it works.
#[derive(Debug)]
pub struct Health {
    /// The attribute that holds the phase.
    pub phase: Str,
    /// Phases in which it is still being made.
    pub pending: Vec<Str>,
    /// The attribute that holds an error code, if any.
    pub error: Option<Str>,
    /// Error codes that mean no error.
    pub error_ok: Vec<Str>,
    /// The attribute with the cloud's own words about an error.
    pub detail: Option<Str>,
    /// What error codes mean and how to mend it: code to (meaning, help).
    pub causes: IndexMap<Str, (String, String)>,
}

/// One call of the cloud's API.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// Operation name, e.g. `CreateDeliveryTask`.
    pub operation: Str,
    /// Service, e.g. `ots`.
    pub service: Str,
    /// Whether it changes anything.
    pub writes: bool,
    /// The permission it needs, e.g. `ots:CreateDeliveryTask`.
    pub permission: Str,
}

/// A rule that an object must keep. Its expressions see the object as `self`, with defaults filled in and with
/// unset attributes that the cloud decides known after apply; the object as written as `config`; and the settings of
/// its provider as `provider`. `message` and `help` also see the text of `highlight` as `found`.
#[derive(Debug)]
pub struct Rule {
    /// Stable name.
    pub name: Str,
    /// Must be true; skipped while it is known only after apply, and where it is null.
    pub condition: Expr,
    /// Template: what is wrong.
    pub message: Expr,
    /// What to do.
    pub help: Option<Expr>,
    /// The attribute or block that a message points at.
    pub attribute: Option<Str>,
    /// A text to point at inside the attribute.
    pub highlight: Option<Expr>,
    /// Whether it is only a warning.
    pub warning: bool,
    /// Where the rule comes from.
    pub source: Option<String>,
}

/// When a data effect happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectOn {
    /// The object is made.
    Create,
    /// The object is changed in place.
    Update,
    /// The object is deleted and made again.
    Replace,
    /// The object is deleted.
    Delete,
}

/// What a change does to the data. `when` and `text` see `self` (planned; null for delete) and `prior` (null for create).
#[derive(Debug)]
pub struct DataEffect {
    /// Stable name.
    pub name: Str,
    /// Changes that have it.
    pub on: Vec<EffectOn>,
    /// Further condition.
    pub when: Option<Expr>,
    /// Template: what happens to the data.
    pub text: Expr,
    /// What to do about it.
    pub fix: Option<Expr>,
    /// Whether data is lost, doubled or delivered again, in contrast to a note.
    pub warning: bool,
}

impl BlockSchema {
    /// The type of the object that a block of this schema makes.
    pub fn object_type(&self) -> Type {
        let make = || {
            let attributes = self.attributes.iter().map(|(n, a)| (n.clone(), a.ty.clone()));
            let blocks = self.blocks.iter().map(|(n, b)| (n.clone(), b.ty()));
            Type::object(attributes.chain(blocks))
        };
        self.object_type.get_or_init(make).clone()
    }
}

impl NestedBlock {
    /// The type of the value that blocks of this kind make.
    pub fn ty(&self) -> Type {
        let object = self.block.object_type();
        match self.nesting {
            Nesting::Single => object,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
        }
    }
}
