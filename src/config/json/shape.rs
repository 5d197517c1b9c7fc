//! What a property of a JSON body means: a block with its labels, or an argument and how its strings are read. In the native
//! syntax the form of the text says this; in JSON only the language and the schemas of types do. Reports nothing: a name
//! that nothing knows is an argument, which is refused where blocks are decoded.

use crate::lang::ast::Ident;
use crate::schema::Registry;
use crate::schema::model::BlockSchema;

/// The kind of a body.
#[derive(Clone, Copy)]
pub(super) enum Shape<'a> {
    File,
    Terraform,
    /// Only arguments that are taken as they are written: backends, provider requirements.
    Written,
    Cloud,
    Requirements,
    Variable,
    Output,
    Provider(Option<&'a BlockSchema>),
    Resource(Option<&'a BlockSchema>),
    Module,
    Locals,
    Check,
    Moved,
    Removed,
    Import,
    Lifecycle,
    Condition,
    /// `connection`, and a body of a type that is not known: only arguments.
    Plain,
    Provisioner,
    Nested(&'a BlockSchema),
    /// The body of a `dynamic` block; the schema is that of the blocks it makes.
    Dynamic(Option<&'a BlockSchema>),
}

/// What a property is.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// An argument whose strings are templates.
    Template,
    /// An argument that is taken as it is written.
    Verbatim,
    /// A type in a string.
    Type,
    /// A reference in a string.
    Reference,
    /// An expression in a string.
    Expression,
    /// An array of references.
    References,
    /// An array of expressions.
    Expressions,
    /// `"all"` or an array of references.
    Ignored,
    /// An object from references to references.
    Providers,
    /// An object with the arguments of one required provider.
    Requirement,
    /// A word, such as the name of a language edition; or an array of words.
    Words,
    /// Blocks with labels of these names.
    Block(&'static [&'static str]),
    /// `"//"`: left out.
    Comment,
}

const NAME: &[&str] = &["name"];
const TYPE: &[&str] = &["type"];
const TYPE_NAME: &[&str] = &["type", "name"];
const NONE: &[&str] = &[];

impl<'a> Shape<'a> {
    /// What a property of this name is in a body of this kind.
    pub(super) fn part(self, name: &str) -> Part {
        if name == "//" {
            return Part::Comment;
        }
        match self {
            Shape::File => file(name),
            Shape::Terraform => match name {
                "required_providers" | "cloud" => Part::Block(NONE),
                "backend" => Part::Block(TYPE),
                "provider_meta" => Part::Block(&["provider"]),
                "experiments" | "language" => Part::Words,
                _ => Part::Verbatim,
            },
            Shape::Written => Part::Verbatim,
            Shape::Cloud if name == "workspaces" => Part::Block(NONE),
            Shape::Cloud => Part::Verbatim,
            Shape::Requirements => Part::Requirement,
            Shape::Variable => match name {
                "validation" => Part::Block(NONE),
                "type" => Part::Type,
                _ => Part::Verbatim,
            },
            Shape::Output => match name {
                "precondition" => Part::Block(NONE),
                "depends_on" => Part::References,
                "value" => Part::Template,
                _ => Part::Verbatim,
            },
            Shape::Provider(_) if matches!(name, "alias" | "version") => Part::Verbatim,
            Shape::Provider(schema) => schema.map_or(Part::Template, |s| nested(s, name)),
            Shape::Resource(schema) => match name {
                "provider" => Part::Reference,
                "depends_on" => Part::References,
                "lifecycle" | "connection" => Part::Block(NONE),
                "provisioner" => Part::Block(TYPE),
                _ => schema.map_or(Part::Template, |s| nested(s, name)),
            },
            Shape::Module => match name {
                "source" | "version" => Part::Verbatim,
                "providers" => Part::Providers,
                "depends_on" => Part::References,
                _ => Part::Template,
            },
            Shape::Check => match name {
                "data" => Part::Block(TYPE_NAME),
                "assert" => Part::Block(NONE),
                _ => Part::Template,
            },
            Shape::Moved => Part::Reference,
            Shape::Removed => match name {
                "from" => Part::Reference,
                "lifecycle" | "connection" => Part::Block(NONE),
                "provisioner" => Part::Block(TYPE),
                _ => Part::Template,
            },
            Shape::Import => match name {
                "to" => Part::Expression,
                "provider" => Part::Reference,
                _ => Part::Template,
            },
            Shape::Lifecycle => match name {
                "ignore_changes" => Part::Ignored,
                "replace_triggered_by" => Part::Expressions,
                "precondition" | "postcondition" => Part::Block(NONE),
                _ => Part::Verbatim,
            },
            Shape::Provisioner => match name {
                "connection" => Part::Block(NONE),
                "when" | "on_failure" => Part::Words,
                _ => Part::Template,
            },
            Shape::Nested(schema) => nested(schema, name),
            Shape::Dynamic(_) => match name {
                "content" => Part::Block(NONE),
                "iterator" => Part::Reference,
                _ => Part::Template,
            },
            Shape::Locals | Shape::Condition | Shape::Plain => Part::Template,
        }
    }

    /// The kind of a block's body in a body of this kind.
    pub(super) fn inside(self, kind: &str, labels: &[Ident], registry: Option<&'a Registry>) -> Shape<'a> {
        let label = labels.first().map_or("", |l| &*l.text);
        match (self, kind) {
            (Shape::File, "terraform") => Shape::Terraform,
            (Shape::File, "provider") => Shape::Provider(registry.and_then(|r| r.provider(label)).map(|s| &*s.block)),
            (Shape::File, "variable") => Shape::Variable,
            (Shape::File, "locals") => Shape::Locals,
            (Shape::File, "output") => Shape::Output,
            (Shape::File, "resource" | "ephemeral") => {
                Shape::Resource(registry.and_then(|r| r.resource(label)).map(|s| &*s.block))
            }
            (Shape::File | Shape::Check, "data") => {
                Shape::Resource(registry.and_then(|r| r.data(label)).map(|s| &*s.block))
            }
            (Shape::File, "module") => Shape::Module,
            (Shape::File, "moved") => Shape::Moved,
            (Shape::File, "removed") => Shape::Removed,
            (Shape::File, "import") => Shape::Import,
            (Shape::File, "check") => Shape::Check,
            (Shape::Terraform, "required_providers") => Shape::Requirements,
            (Shape::Terraform, "cloud") => Shape::Cloud,
            (Shape::Terraform | Shape::Cloud, _) => Shape::Written,
            (Shape::Resource(_) | Shape::Removed, "lifecycle") => Shape::Lifecycle,
            (Shape::Resource(_) | Shape::Removed, "provisioner") => Shape::Provisioner,
            (Shape::Resource(Some(s)) | Shape::Provider(Some(s)) | Shape::Nested(s), "dynamic") => {
                Shape::Dynamic(s.blocks.get(label).map(|b| &*b.block))
            }
            (Shape::Resource(Some(s)) | Shape::Provider(Some(s)) | Shape::Nested(s), kind) => {
                s.blocks.get(kind).map_or(Shape::Plain, |b| Shape::Nested(&b.block))
            }
            (Shape::Dynamic(Some(s)), "content") => Shape::Nested(s),
            _ => Shape::Condition,
        }
    }
}

fn file(name: &str) -> Part {
    match name {
        "terraform" | "locals" | "moved" | "removed" | "import" => Part::Block(NONE),
        "provider" | "variable" | "output" | "module" | "check" => Part::Block(NAME),
        "resource" | "data" | "ephemeral" => Part::Block(TYPE_NAME),
        _ => Part::Verbatim,
    }
}

fn nested(schema: &BlockSchema, name: &str) -> Part {
    match name {
        "dynamic" if !schema.attributes.contains_key(name) => Part::Block(TYPE),
        _ if schema.blocks.contains_key(name) => Part::Block(NONE),
        _ => Part::Template,
    }
}
