//! The functions of the language, by family: names, parameters, what they answer. Decides nothing about
//! how a call is checked: the evaluator does arity, conversion, nulls, unknown arguments and marks as
//! the flags of each [`Param`] say. Reads no file and no clock but through [`FunctionHost`].
//!
//! Behaviour follows Terraform 1.11 (<https://developer.hashicorp.com/terraform/language/functions>).

mod access;
mod charset;
mod collection;
mod convert;
mod crypt;
mod csv;
mod date;
mod encoding;
mod filesystem;
mod format;
mod format_verb;
mod gzip;
mod hash;
mod json;
mod marks;
mod network;
mod numeric;
mod regex;
mod regex_syntax;
mod set;
mod shape;
mod string;
mod text_case;
mod yaml;
mod yaml_emit;

use crate::base::{Marks, Number, Str, Type, Value};
use crate::lang::FunctionHost;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Which argument is to blame, counted from 0; `None` when it is the call as a whole.
    pub argument: Option<usize>,
    /// One sentence without capital and full stop.
    pub message: String,
}

/// Longest text that an expression may make, in bytes: neither a typing error nor texts that double each other may exhaust
/// memory.
pub(in crate::lang) const TEXT_MAX_BYTES: usize = 64 << 20;

impl FunctionError {
    /// A failure of the call as a whole.
    pub fn call(message: impl Into<String>) -> Self {
        FunctionError {
            argument: None,
            message: message.into(),
        }
    }

    /// A failure that one argument is to blame for.
    pub fn arg(argument: usize, message: impl Into<String>) -> Self {
        FunctionError {
            argument: Some(argument),
            message: message.into(),
        }
    }
}

/// What a call gives.
pub type FunctionResult = Result<Value, FunctionError>;

/// The type that an argument is converted to before the call.
#[derive(Clone, Copy, Debug)]
pub enum ParamType {
    /// Not converted; inside a collection: elements of any one type.
    Any,
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(T)`
    List(&'static ParamType),
    /// `set(T)`
    Set(&'static ParamType),
    /// `map(T)`
    Map(&'static ParamType),
}

impl ParamType {
    /// As a type of values; [`Type::Dynamic`] for any.
    pub fn to_type(self) -> Type {
        match self {
            ParamType::Any => Type::Dynamic,
            ParamType::String => Type::String,
            ParamType::Number => Type::Number,
            ParamType::Bool => Type::Bool,
            ParamType::List(t) => Type::list(t.to_type()),
            ParamType::Set(t) => Type::set(t.to_type()),
            ParamType::Map(t) => Type::map(t.to_type()),
        }
    }
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name, for messages.
    pub name: &'static str,
    /// What arguments are converted to.
    pub ty: ParamType,
    /// Whether null reaches the function instead of being an error.
    pub allow_null: bool,
    /// Whether an unknown value reaches the function instead of making the result unknown. Unknown
    /// values inside a known collection always reach it.
    pub allow_unknown: bool,
    /// Whether marks reach the function, which then puts them where they belong in its result.
    /// Otherwise marks at any depth are taken off and put on the whole result.
    pub allow_marked: bool,
}

impl Param {
    const fn new(name: &'static str, ty: ParamType) -> Param {
        Param {
            name,
            ty,
            allow_null: false,
            allow_unknown: false,
            allow_marked: false,
        }
    }

    const fn string(name: &'static str) -> Param {
        Param::new(name, ParamType::String)
    }

    const fn number(name: &'static str) -> Param {
        Param::new(name, ParamType::Number)
    }

    const fn any(name: &'static str) -> Param {
        Param::new(name, ParamType::Any)
    }

    const fn strings(name: &'static str) -> Param {
        Param::new(name, ParamType::List(&ParamType::String))
    }

    const fn null(mut self) -> Param {
        self.allow_null = true;
        self
    }

    const fn unknown(mut self) -> Param {
        self.allow_unknown = true;
        self
    }

    const fn marked(mut self) -> Param {
        self.allow_marked = true;
        self
    }
}

/// The type of a result, given arguments of which some may be unknown.
pub type ResultType = fn(&[Value]) -> Type;

/// The work of a function on checked arguments.
pub type Implementation = fn(&[Value], &CallContext<'_>) -> FunctionResult;

/// What is wrong with arguments, by what is known of them.
pub type Check = fn(&[Value]) -> Result<(), FunctionError>;

/// A function of the language.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name without namespace.
    pub name: &'static str,
    /// What it does, in one line of Markdown.
    pub doc: &'static str,
    /// Parameters by position.
    pub params: &'static [Param],
    /// What any further arguments are.
    pub variadic: Option<Param>,
    /// The type of the result when an argument is unknown and the function is not called.
    pub result: ResultType,
    /// What is wrong with arguments of which some are unknown; the work itself checks those that are known.
    pub check: Option<Check>,
    /// Whether the result is never null; an unknown result then is known to be not null.
    pub not_null: bool,
    /// The work.
    pub call: Implementation,
}

impl Function {
    const fn new(
        name: &'static str,
        doc: &'static str,
        params: &'static [Param],
        result: ResultType,
        call: Implementation,
    ) -> Function {
        Function {
            name,
            doc,
            params,
            variadic: None,
            result,
            check: None,
            not_null: true,
            call,
        }
    }

    const fn rest(mut self, param: Param) -> Function {
        self.variadic = Some(param);
        self
    }

    const fn checked(mut self, check: Check) -> Function {
        self.check = Some(check);
        self
    }

    const fn may_be_null(mut self) -> Function {
        self.not_null = false;
        self
    }

    /// The parameter that the argument at a position belongs to.
    pub fn param(&self, position: usize) -> Option<&Param> {
        self.params.get(position).or(self.variadic.as_ref())
    }
}

/// Renders templates for `templatefile` and `templatestring`.
pub trait TemplateRenderer {
    /// The value of a template. `name` stands for the source in messages; `variables` are all that the template sees.
    ///
    /// # Errors
    /// What is wrong with the template, or which variable it lacks (argument 1).
    fn render(&self, source: &str, name: &str, variables: &BTreeMap<Str, Value>) -> FunctionResult;
}

/// What a function may use beyond its arguments.
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    /// Files, moments, random values.
    pub host: &'a dyn FunctionHost,
    /// Templates.
    pub template: &'a dyn TemplateRenderer,
}

/// Functions that work on expressions rather than values; the evaluator has them built in.
pub const SPECIAL_FORMS: &[&str] = &["can", "try", "type"];

static REGISTRY: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let families = [
        numeric::FUNCTIONS,
        string::FUNCTIONS,
        text_case::FUNCTIONS,
        format::FUNCTIONS,
        regex::FUNCTIONS,
        access::FUNCTIONS,
        collection::FUNCTIONS,
        shape::FUNCTIONS,
        set::FUNCTIONS,
        convert::FUNCTIONS,
        marks::FUNCTIONS,
        json::FUNCTIONS,
        yaml::FUNCTIONS,
        csv::FUNCTIONS,
        encoding::FUNCTIONS,
        charset::FUNCTIONS,
        gzip::FUNCTIONS,
        hash::FUNCTIONS,
        crypt::FUNCTIONS,
        date::FUNCTIONS,
        network::FUNCTIONS,
        filesystem::FUNCTIONS,
    ];
    families.into_iter().flatten().map(|f| (f.name, f)).collect()
});

/// The function of a name, with or without `core::` before it. Special forms are not among them.
pub fn lookup(name: &str) -> Option<&'static Function> {
    REGISTRY.get(name.strip_prefix("core::").unwrap_or(name)).copied()
}

/// Every name that can be called, sorted, special forms included.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = REGISTRY.keys().chain(SPECIAL_FORMS).copied().collect();
    names.sort_unstable();
    names
}

/// Text in normalisation form C.
fn text(s: &str) -> Value {
    Value::string(nfc(s))
}

fn nfc(s: &str) -> Str {
    if s.is_ascii() || is_nfc_quick(s.chars()) == IsNormalized::Yes {
        s.into()
    } else {
        s.nfc().collect::<String>().into()
    }
}

/// The text of an argument that was checked to be a known string.
fn str_at(args: &[Value], position: usize) -> &str {
    args.get(position).and_then(Value::as_str).unwrap_or_default()
}

/// A list of strings.
fn string_list<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::list(
        Type::String,
        items.into_iter().map(|s| text(s.as_ref())).collect::<Vec<_>>(),
    )
}

/// The argument at a position as a whole number in the range of `i64`.
fn whole(args: &[Value], position: usize) -> Result<i64, FunctionError> {
    args.get(position).and_then(Value::as_i64).ok_or_else(|| {
        FunctionError::call(format!(
            "value must be a whole number, between {} and {}",
            i64::MIN,
            i64::MAX
        ))
    })
}

fn length_value(n: usize) -> Value {
    Value::number(Number::from(i64::try_from(n).unwrap_or(i64::MAX)))
}

/// An unknown value of a type that is not null, with marks.
fn unknown(ty: Type, marks: Marks) -> FunctionResult {
    Ok(Value::unknown_not_null(ty).mark(marks))
}

fn string_type(_: &[Value]) -> Type {
    Type::String
}

fn number_type(_: &[Value]) -> Type {
    Type::Number
}

fn bool_type(_: &[Value]) -> Type {
    Type::Bool
}

fn string_list_type(_: &[Value]) -> Type {
    Type::list(Type::String)
}

fn dynamic_type(_: &[Value]) -> Type {
    Type::Dynamic
}

/// The type of the first argument.
fn same_type(args: &[Value]) -> Type {
    args.first().map_or(Type::Dynamic, Value::ty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_once_and_documented() {
        let all = names();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "a name is there twice");
        assert!(all.len() > 105, "{} functions", all.len());
        for name in all {
            let Some(function) = lookup(name) else {
                assert!(SPECIAL_FORMS.contains(&name), "{name}");
                continue;
            };
            assert_eq!(lookup(&format!("core::{name}")).map(|f| f.name), Some(name));
            assert!(function.doc.ends_with('.'), "{name}: {}", function.doc);
        }
        assert!(lookup("nope").is_none());
    }
}
