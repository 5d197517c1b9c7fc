//! Values of the configuration language: null, primitives, collections, structures, and values that
//! are known only after apply. Values are immutable and shared: a clone copies no contents.
//! Decides equality and marks; conversion between types lives in `lang`.

use super::number::Number;
use super::set_order::sort_set;
use super::ty::{ObjectType, Str, Type};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a value must not be used for, carried along by every expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Marks = Marks(0);
    /// Never shown.
    pub const SENSITIVE: Marks = Marks(1);
    /// Never stored.
    pub const EPHEMERAL: Marks = Marks(2);

    /// Marks of either.
    pub fn union(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// Marks of the first that the second lacks.
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether all of `other` are set.
    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether none is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What is known of a value that is known only after apply.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// Its type; [`Type::Dynamic`] when not even that is known.
    pub ty: Type,
    /// It will not be null.
    pub not_null: bool,
    /// A string will begin with this text.
    pub prefix: Option<Str>,
    /// A collection will have at least this many elements.
    pub length_min: usize,
    /// A collection will have at most this many elements.
    pub length_max: Option<usize>,
    /// It was known when the plan was made, and left out of the plan's file because it is sensitive. Equal values of one plan
    /// have the same number.
    pub withheld: Option<u32>,
}

impl Unknown {
    /// Nothing known but the type.
    pub fn of(ty: Type) -> Self {
        Self {
            ty,
            not_null: false,
            prefix: None,
            length_min: 0,
            length_max: None,
            withheld: None,
        }
    }
}

/// The contents of a value without its marks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No value, of a type.
    Null(Type),
    /// Known after apply.
    Unknown(Arc<Unknown>),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text in Unicode normalisation form C.
    String(Str),
    /// Elements of one type, in order. The type is the element type.
    List(Type, Arc<[Value]>),
    /// Elements of one type, in the order of sets, without duplicates. The type is the element type.
    Set(Type, Arc<[Value]>),
    /// Elements of one type by key. The type is the element type.
    Map(Type, Arc<BTreeMap<Str, Value>>),
    /// Elements of a type each.
    Tuple(Arc<[Value]>),
    /// Attributes of a type each.
    Object(Arc<BTreeMap<Str, Value>>),
}

/// A value with its marks. Equality compares contents and marks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    /// The contents.
    pub kind: Kind,
    /// The marks of this value itself; elements carry their own.
    pub marks: Marks,
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Value {
            kind,
            marks: Marks::NONE,
        }
    }
}

impl Value {
    /// A null of a type.
    pub fn null(ty: Type) -> Value {
        Kind::Null(ty).into()
    }

    /// A value known after apply, of which only the type is known.
    pub fn unknown(ty: Type) -> Value {
        Kind::Unknown(Arc::new(Unknown::of(ty))).into()
    }

    /// A value known after apply that will not be null.
    pub fn unknown_not_null(ty: Type) -> Value {
        Kind::Unknown(Arc::new(Unknown {
            not_null: true,
            ..Unknown::of(ty)
        }))
        .into()
    }

    /// A boolean.
    pub fn bool(b: bool) -> Value {
        Kind::Bool(b).into()
    }

    /// An integer.
    pub fn int(i: i64) -> Value {
        Kind::Number(Number::from(i)).into()
    }

    /// A number.
    pub fn number(n: Number) -> Value {
        Kind::Number(n).into()
    }

    /// Text that is in normalisation form C already (literals of this program, keys of a state).
    pub fn string(s: impl Into<Str>) -> Value {
        Kind::String(s.into()).into()
    }

    /// A list; the caller has converted the elements to `element`.
    pub fn list(element: Type, items: impl Into<Arc<[Value]>>) -> Value {
        Kind::List(element, items.into()).into()
    }

    /// A set; sorts and removes duplicates. The caller has converted the elements to `element`.
    /// Marks of elements move to the set, as an element of a set has no place of its own.
    pub fn set(element: Type, items: impl IntoIterator<Item = Value>) -> Value {
        let mut marks = Marks::NONE;
        let mut items: Vec<Value> = items
            .into_iter()
            .map(|v| {
                let (v, m) = v.unmark_deep();
                marks = marks.union(m);
                v
            })
            .collect();
        sort_set(&mut items);
        // Two unknown elements may become different values, so they never collapse.
        items.dedup_by(|a, b| a == b && a.is_wholly_known());
        Value {
            kind: Kind::Set(element, items.into()),
            marks,
        }
    }

    /// A map; the caller has converted the elements to `element`.
    pub fn map(element: Type, items: BTreeMap<Str, Value>) -> Value {
        Kind::Map(element, Arc::new(items)).into()
    }

    /// A tuple.
    pub fn tuple(items: impl Into<Arc<[Value]>>) -> Value {
        Kind::Tuple(items.into()).into()
    }

    /// An object.
    pub fn object(attributes: BTreeMap<Str, Value>) -> Value {
        Kind::Object(Arc::new(attributes)).into()
    }

    /// An object from pairs.
    pub fn object_of<K: Into<Str>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::object(pairs.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// The same contents with more marks.
    pub fn mark(mut self, marks: Marks) -> Value {
        self.marks = self.marks.union(marks);
        self
    }

    /// The same contents, marked sensitive.
    pub fn sensitive(self) -> Value {
        self.mark(Marks::SENSITIVE)
    }

    /// Contents without the marks of the value itself, and these marks.
    pub fn unmark(self) -> (Value, Marks) {
        let marks = self.marks;
        (self.kind.into(), marks)
    }

    /// Contents without any mark at any depth, and the union of all of them.
    pub fn unmark_deep(self) -> (Value, Marks) {
        let marks = self.marks_deep();
        if marks.is_empty() {
            return (self, marks);
        }
        (self.without_marks(), marks)
    }

    fn without_marks(&self) -> Value {
        match &self.kind {
            Kind::List(t, v) => Value::list(t.clone(), v.iter().map(Value::without_marks).collect::<Vec<_>>()),
            Kind::Set(t, v) => Kind::Set(t.clone(), Arc::clone(v)).into(),
            Kind::Tuple(v) => Value::tuple(v.iter().map(Value::without_marks).collect::<Vec<_>>()),
            Kind::Map(t, m) => Value::map(
                t.clone(),
                m.iter().map(|(k, v)| (k.clone(), v.without_marks())).collect(),
            ),
            Kind::Object(m) => Value::object(m.iter().map(|(k, v)| (k.clone(), v.without_marks())).collect()),
            _ => self.kind.clone().into(),
        }
    }

    /// The union of the marks of the value and of all it holds.
    pub fn marks_deep(&self) -> Marks {
        let inner = match &self.kind {
            Kind::List(_, v) | Kind::Tuple(v) => v.iter().fold(Marks::NONE, |m, v| m.union(v.marks_deep())),
            Kind::Map(_, m) | Kind::Object(m) => m.values().fold(Marks::NONE, |a, v| a.union(v.marks_deep())),
            _ => Marks::NONE,
        };
        self.marks.union(inner)
    }

    /// Whether the value itself is marked sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.marks.contains(Marks::SENSITIVE)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Whether it, not looking inside, is known.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(_))
    }

    /// Whether it was left out of a plan's file.
    pub fn is_withheld(&self) -> bool {
        matches!(&self.kind, Kind::Unknown(u) if u.withheld.is_some())
    }

    /// Whether it and all it holds is known.
    pub fn is_wholly_known(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_) => false,
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().all(Value::is_wholly_known),
            Kind::Map(_, m) | Kind::Object(m) => m.values().all(Value::is_wholly_known),
            _ => true,
        }
    }

    /// The type of the value.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Null(t) => t.clone(),
            Kind::Unknown(u) => u.ty.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(t, _) => Type::list(t.clone()),
            Kind::Set(t, _) => Type::set(t.clone()),
            Kind::Map(t, _) => Type::map(t.clone()),
            Kind::Tuple(v) => Type::tuple(v.iter().map(Value::ty)),
            Kind::Object(m) => Type::Object(Arc::new(ObjectType {
                attributes: m.iter().map(|(k, v)| (k.clone(), v.ty())).collect(),
                optional: BTreeSet::new(),
            })),
        }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(s) => Some(s),
            _ => None,
        }
    }

    /// The truth of a known boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// A known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(n) => Some(n),
            _ => None,
        }
    }

    /// A known number that is an integer in range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::to_i64)
    }

    /// Elements of a known list, set or tuple.
    pub fn elements(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Some(v),
            _ => None,
        }
    }

    /// Entries of a known map or object.
    pub fn entries(&self) -> Option<&BTreeMap<Str, Value>> {
        match &self.kind {
            Kind::Map(_, m) | Kind::Object(m) => Some(m),
            _ => None,
        }
    }

    /// An entry of a known map or object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries().and_then(|m| m.get(key))
    }
}

/// A value that is wholly known and carries no marks: the only kind of value that drivers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known(Value);

impl Known {
    /// Takes a value if nothing in it is known only after apply; drops marks.
    pub fn new(value: Value) -> Option<Known> {
        value.is_wholly_known().then(|| Known(value.unmark_deep().0))
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The value, given up.
    pub fn into_value(self) -> Value {
        self.0
    }
}
