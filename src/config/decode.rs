//! Top-level blocks of all files of a module to a [`Module`]: which blocks there are, their labels and
//! arguments, and that each is declared once. Evaluates nothing but literal flags.

use super::codes;
use super::model::*;
use crate::base::{
    AttrPath, Diag, Diags, Kind, ModulePath, PathStep, ResourceAddr, ResourceMode, Span, Str, Value, did_you_mean,
};
use crate::lang::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, Reference, Step, StepKind};
use crate::lang::type_expr::{self, TypeConstraint};

const BLOCKS: &[&str] = &[
    "terraform",
    "provider",
    "variable",
    "locals",
    "output",
    "resource",
    "data",
    "module",
    "moved",
    "removed",
    "import",
    "check",
];

/// Decodes the bodies of all files of one module.
pub fn decode(bodies: Vec<Body>) -> (Module, Diags) {
    let mut d = Decoder::default();
    for body in bodies {
        for attribute in body.attributes.values() {
            d.diags.push(
                Diag::error(codes::UNSUPPORTED, "Unsupported argument")
                    .detail(format!(
                        "An argument named {:?} is not expected here: a configuration file holds blocks.",
                        attribute.name.text
                    ))
                    .at(attribute.name.span),
            );
        }
        for block in body.blocks {
            d.block(block);
        }
    }
    (d.module, d.diags)
}

#[derive(Default)]
struct Decoder {
    module: Module,
    diags: Diags,
}

impl Decoder {
    fn block(&mut self, block: Block) {
        match &*block.kind.text {
            "terraform" => self.terraform(&block),
            "provider" => self.provider(block),
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "resource" => self.resource(block, ResourceMode::Managed),
            "data" => self.resource(block, ResourceMode::Data),
            kind @ ("module" | "moved" | "removed" | "import" | "check") => {
                let text = format!("{kind} blocks are not supported by this version of headworks");
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, text)
                        .at(block.header)
                        .help("remove the block, or write its resources in this directory"),
                );
            }
            other => {
                let mut diag = Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                    .detail(format!("Blocks of type {other:?} are not expected here."))
                    .at(block.kind.span);
                if let Some(near) = did_you_mean(other, BLOCKS.iter().copied()) {
                    diag = diag.help(format!("did you mean {near:?}?"));
                }
                self.diags.push(diag);
            }
        }
    }

    /// `required_version` is checked; providers and backends are built in, so their settings are accepted as they are.
    fn terraform(&mut self, block: &Block) {
        self.labels(block, 0);
        for (name, attribute) in &block.body.attributes {
            if &**name == "required_version" {
                if let Some(text) = self.text(&block.body, "required_version") {
                    self.module.required_versions.push((text, attribute.value.span));
                }
                continue;
            }
            if !matches!(&**name, "experiments") {
                self.unsupported_argument(attribute, &["required_version"]);
            }
        }
        for inner in &block.body.blocks {
            if !matches!(
                &*inner.kind.text,
                "required_providers" | "backend" | "cloud" | "provider_meta"
            ) {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                        .detail(format!("Blocks of type {:?} are not expected here.", inner.kind.text))
                        .at(inner.kind.span),
                );
            }
        }
    }

    fn provider(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        let alias = block.body.attributes.get("alias").and_then(|a| {
            let text = literal_text(&a.value);
            if text.is_none() {
                self.must_be_literal(a, "a quoted name");
            }
            text
        });
        let key = ProviderKey { name: name.text, alias };
        if let Some(first) = self.module.providers.get(&key) {
            let summary = format!("Duplicate provider configuration: {key}");
            self.duplicate(summary, block.header, first.header, "give one of them an alias");
            return;
        }
        let header = block.header;
        self.module.providers.insert(
            key,
            ProviderBlock {
                body: block.body,
                header,
            },
        );
    }

    fn variable(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        if matches!(
            &*name.text,
            "source" | "version" | "providers" | "count" | "for_each" | "lifecycle" | "depends_on" | "locals"
        ) {
            self.diags.push(
                Diag::error(codes::NAME, "Invalid variable name")
                    .detail(format!("The variable name {:?} is reserved.", name.text))
                    .at(name.span),
            );
        }
        self.only(
            &block.body,
            &["type", "default", "description", "sensitive", "nullable", "ephemeral"],
            &["validation"],
        );
        let body = &block.body;
        let constraint = match body.expr("type") {
            Some(expr) => {
                let (constraint, found) = type_expr::type_constraint(expr);
                self.diags.extend(found);
                constraint
            }
            None => TypeConstraint::any(),
        };
        let variable = Variable {
            constraint,
            default: body.expr("default").cloned(),
            description: self.text(body, "description"),
            sensitive: self.flag(body, "sensitive").unwrap_or(false),
            ephemeral: self.flag(body, "ephemeral").unwrap_or(false),
            nullable: self.flag(body, "nullable").unwrap_or(true),
            validations: self.conditions(body, "validation"),
            header: block.header,
        };
        if let Some(first) = self.module.variables.get(&name.text) {
            let summary = format!("Duplicate variable declaration: {}", name.text);
            self.duplicate(summary, block.header, first.header, "remove or rename one of them");
        } else {
            self.module.variables.insert(name.text, variable);
        }
    }

    fn locals(&mut self, block: Block) {
        self.labels(&block, 0);
        for inner in &block.body.blocks {
            self.diags.push(
                Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                    .detail("A locals block holds arguments only.")
                    .at(inner.header),
            );
        }
        for (name, attribute) in block.body.attributes {
            if let Some(first) = self.module.locals.get(&name) {
                let summary = format!("Duplicate local value definition: {name}");
                self.duplicate(summary, attribute.name.span, first.span, "remove or rename one of them");
                continue;
            }
            let local = Local {
                span: attribute.span,
                value: attribute.value,
            };
            self.module.locals.insert(name, local);
        }
    }

    fn output(&mut self, block: Block) {
        let Some([name]) = self.labels(&block, 1).and_then(|l| <[Ident; 1]>::try_from(l).ok()) else {
            return;
        };
        self.only(
            &block.body,
            &["value", "description", "sensitive", "ephemeral", "depends_on"],
            &["precondition"],
        );
        let Some(value) = block.body.expr("value").cloned() else {
            self.missing(&block, "value");
            return;
        };
        let output = Output {
            value,
            description: self.text(&block.body, "description"),
            sensitive: self.flag(&block.body, "sensitive").unwrap_or(false),
            preconditions: self.conditions(&block.body, "precondition"),
            depends_on: self.depends_on(&block.body),
            header: block.header,
        };
        if let Some(first) = self.module.outputs.get(&name.text) {
            let summary = format!("Duplicate output definition: {}", name.text);
            self.duplicate(summary, block.header, first.header, "remove or rename one of them");
        } else {
            self.module.outputs.insert(name.text, output);
        }
    }

    fn resource(&mut self, block: Block, mode: ResourceMode) {
        let Some([type_name, name]) = self.labels(&block, 2).and_then(|l| <[Ident; 2]>::try_from(l).ok()) else {
            return;
        };
        let addr = ResourceAddr {
            module: ModulePath::default(),
            mode,
            name: name.text,
            type_name: type_name.text,
        };
        let body = block.body;
        let (count, for_each) = (body.expr("count").cloned(), body.expr("for_each").cloned());
        if let (Some(_), Some(second)) = (&count, body.attributes.get("for_each")) {
            self.diags.push(
                Diag::error(codes::EXPANSION, "Invalid combination of \"count\" and \"for_each\"")
                    .detail("The two meta-arguments are mutually exclusive: only one says which instances there are.")
                    .address(&addr)
                    .at(second.name.span),
            );
        }
        let provider = self.provider_of(&body, &addr);
        let resource = Resource {
            count,
            for_each,
            provider_span: body.attributes.get("provider").map(|a| a.value.span),
            provider,
            depends_on: self.depends_on(&body),
            lifecycle: self.lifecycle(&body, mode),
            header: block.header,
            addr,
            body,
        };
        if let Some(first) = self.module.resources.get(&resource.addr) {
            let what = if mode == ResourceMode::Data { "data" } else { "resource" };
            let summary = format!(
                "Duplicate {what} {:?} configuration: {}",
                resource.addr.type_name, resource.addr
            );
            self.duplicate(summary, resource.header, first.header, "names must be unique per type");
        } else {
            self.module.resources.insert(resource.addr.clone(), resource);
        }
    }

    fn provider_of(&mut self, body: &Body, addr: &ResourceAddr) -> ProviderKey {
        let implied = addr.type_name.split('_').next().unwrap_or(&addr.type_name);
        let default = ProviderKey {
            name: implied.into(),
            alias: None,
        };
        let Some(attribute) = body.attributes.get("provider") else {
            return default;
        };
        match &attribute.value.kind {
            ExprKind::Reference(r) => match &*r.steps {
                [] => ProviderKey {
                    name: r.root.text.clone(),
                    alias: None,
                },
                [
                    Step {
                        kind: StepKind::Attr(alias),
                        ..
                    },
                ] => ProviderKey {
                    name: r.root.text.clone(),
                    alias: Some(alias.clone()),
                },
                _ => {
                    self.must_be_literal(attribute, "a provider name with its alias, e.g. alicloud.shanghai");
                    default
                }
            },
            _ => {
                self.must_be_literal(attribute, "a provider name with its alias, e.g. alicloud.shanghai");
                default
            }
        }
    }

    fn lifecycle(&mut self, body: &Body, mode: ResourceMode) -> Lifecycle {
        let mut lifecycle = Lifecycle::default();
        let mut blocks = body.blocks_of("lifecycle");
        let Some(block) = blocks.next() else {
            return lifecycle;
        };
        if let Some(second) = blocks.next() {
            self.duplicate(
                "Duplicate lifecycle block".into(),
                second.header,
                block.header,
                "keep one of them",
            );
        }
        let arguments: &[&str] = match mode {
            ResourceMode::Managed => &[
                "create_before_destroy",
                "prevent_destroy",
                "ignore_changes",
                "replace_triggered_by",
            ],
            ResourceMode::Data => &[],
        };
        self.only(&block.body, arguments, &["precondition", "postcondition"]);
        lifecycle.create_before_destroy = self.flag(&block.body, "create_before_destroy").unwrap_or(false);
        lifecycle.prevent_destroy = self.flag(&block.body, "prevent_destroy").unwrap_or(false);
        lifecycle.preconditions = self.conditions(&block.body, "precondition");
        lifecycle.postconditions = self.conditions(&block.body, "postcondition");
        if let Some(attribute) = block.body.attributes.get("ignore_changes") {
            lifecycle.ignore_changes = self.ignore_changes(attribute);
        }
        if let Some(attribute) = block.body.attributes.get("replace_triggered_by") {
            match &attribute.value.kind {
                ExprKind::Tuple(items) => lifecycle.replace_triggered_by = items.to_vec(),
                _ => self.must_be_literal(attribute, "a list of references"),
            }
        }
        lifecycle
    }

    fn ignore_changes(&mut self, attribute: &Attribute) -> IgnoreChanges {
        let items = match &attribute.value.kind {
            ExprKind::Reference(r) if &*r.root.text == "all" && r.steps.is_empty() => return IgnoreChanges::All,
            ExprKind::Tuple(items) => items,
            _ => {
                self.must_be_literal(attribute, "the word all, or a list of attributes");
                return IgnoreChanges::None;
            }
        };
        let mut paths = Vec::new();
        for item in items {
            match ignored_path(item) {
                Some(path) => paths.push((path, item.span)),
                None => self.diags.push(
                    Diag::error(codes::STATIC, "Invalid expression in ignore_changes")
                        .detail(
                            "Each element is the name of an attribute, which may be followed by keys: tags[\"owner\"].",
                        )
                        .at(item.span),
                ),
            }
        }
        IgnoreChanges::Paths(paths)
    }

    fn conditions(&mut self, body: &Body, kind: &str) -> Vec<Condition> {
        let mut out = Vec::new();
        for block in body.blocks_of(kind) {
            self.only(&block.body, &["condition", "error_message"], &[]);
            match (block.body.expr("condition"), block.body.expr("error_message")) {
                (Some(condition), Some(message)) => out.push(Condition {
                    condition: condition.clone(),
                    message: message.clone(),
                }),
                (condition, _) => {
                    let name = if condition.is_none() {
                        "condition"
                    } else {
                        "error_message"
                    };
                    self.missing(block, name);
                }
            }
        }
        out
    }

    fn depends_on(&mut self, body: &Body) -> Vec<(Reference, Span)> {
        let Some(attribute) = body.attributes.get("depends_on") else {
            return Vec::new();
        };
        let ExprKind::Tuple(items) = &attribute.value.kind else {
            self.must_be_literal(attribute, "a list of references");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match &item.kind {
                ExprKind::Reference(r) => out.push(((**r).clone(), item.span)),
                ExprKind::Literal(_) if quoted_reference(item).is_some() => {
                    self.diags.push(
                        Diag::warning(codes::STATIC, "Quoted references are deprecated")
                            .detail("Here names stand without quotes.")
                            .at(item.span)
                            .help("remove the quotes"),
                    );
                    out.extend(quoted_reference(item).map(|r| (r, item.span)));
                }
                _ => self.diags.push(
                    Diag::error(codes::STATIC, "Invalid expression in depends_on")
                        .detail("Each element is a reference to a resource, such as alicloud_oss_bucket.raw.")
                        .at(item.span),
                ),
            }
        }
        out
    }

    fn labels(&mut self, block: &Block, wanted: usize) -> Option<Vec<Ident>> {
        if block.labels.len() != wanted {
            let forms = ["no name", "one name", "a type and a name"];
            self.diags.push(
                Diag::error(
                    codes::NAME,
                    format!("Wrong number of labels for {} block", block.kind.text),
                )
                .detail(format!(
                    "A {} block has {} in its header, here are {}.",
                    block.kind.text,
                    forms[wanted.min(2)],
                    block.labels.len()
                ))
                .at(block.header),
            );
            return None;
        }
        for label in &block.labels {
            if !is_identifier(&label.text) {
                self.diags.push(
                    Diag::error(codes::NAME, "Invalid name")
                        .detail("A name begins with a letter or underscore and has only letters, digits, underscores and dashes.")
                        .at(label.span),
                );
                return None;
            }
        }
        Some(block.labels.clone())
    }

    fn only(&mut self, body: &Body, arguments: &[&str], blocks: &[&str]) {
        for attribute in body.attributes.values() {
            if !arguments.contains(&&*attribute.name.text) {
                self.unsupported_argument(attribute, arguments);
            }
        }
        for block in &body.blocks {
            if !blocks.contains(&&*block.kind.text) {
                self.diags.push(
                    Diag::error(codes::UNSUPPORTED, "Unsupported block type")
                        .detail(format!("Blocks of type {:?} are not expected here.", block.kind.text))
                        .at(block.kind.span),
                );
            }
        }
    }

    fn unsupported_argument(&mut self, attribute: &Attribute, known: &[&str]) {
        let mut diag = Diag::error(codes::UNSUPPORTED, "Unsupported argument")
            .detail(format!(
                "An argument named {:?} is not expected here.",
                attribute.name.text
            ))
            .at(attribute.name.span);
        if let Some(near) = did_you_mean(&attribute.name.text, known.iter().copied()) {
            diag = diag.help(format!("did you mean {near:?}?"));
        }
        self.diags.push(diag);
    }

    fn missing(&mut self, block: &Block, name: &str) {
        self.diags.push(
            Diag::error(codes::UNSUPPORTED, "Missing required argument")
                .detail(format!(
                    "The argument {name:?} is required, but no definition was found."
                ))
                .at(block.header),
        );
    }

    fn duplicate(&mut self, summary: String, second: Span, first: Span, help: &str) {
        self.diags.push(
            Diag::error(codes::DUPLICATE, summary)
                .at(second)
                .label("declared again here")
                .related(first, "first declared here")
                .help(help),
        );
    }

    fn must_be_literal(&mut self, attribute: &Attribute, what: &str) {
        self.diags.push(
            Diag::error(codes::STATIC, format!("Invalid value for {:?}", attribute.name.text))
                .detail(format!(
                    "It must be written out as {what}; expressions are not allowed here."
                ))
                .at(attribute.value.span),
        );
    }

    fn flag(&mut self, body: &Body, name: &str) -> Option<bool> {
        let attribute = body.attributes.get(name)?;
        let value = match &attribute.value.kind {
            ExprKind::Literal(v) => match v.as_str() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => v.as_bool(),
            },
            _ => None,
        };
        if value.is_none() {
            self.must_be_literal(attribute, "true or false");
        }
        value
    }

    fn text(&mut self, body: &Body, name: &str) -> Option<String> {
        let attribute = body.attributes.get(name)?;
        let text = literal_text(&attribute.value);
        if text.is_none() {
            self.must_be_literal(attribute, "quoted text");
        }
        text.map(|t| t.to_string())
    }
}

fn literal_text(expr: &Expr) -> Option<Str> {
    match &expr.kind {
        ExprKind::Literal(Value {
            kind: Kind::String(s), ..
        }) => Some(s.clone()),
        _ => None,
    }
}

/// `"TYPE.NAME"`, as early configurations have it.
fn quoted_reference(expr: &Expr) -> Option<Reference> {
    let text = literal_text(expr)?;
    let mut names = text.split('.');
    let root = names.next().filter(|n| is_identifier(n))?;
    let steps: Option<Vec<Step>> = names
        .map(|name| {
            is_identifier(name).then(|| Step {
                kind: StepKind::Attr(name.into()),
                span: expr.span,
            })
        })
        .collect();
    Some(Reference {
        root: Ident {
            text: root.into(),
            span: expr.span,
        },
        steps: steps.filter(|s| !s.is_empty())?.into(),
        in_template: false,
    })
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// `tags`, `tags["k"]`, `schema[0].type`, or the legacy quoted name.
fn ignored_path(expr: &Expr) -> Option<AttrPath> {
    match &expr.kind {
        ExprKind::Literal(_) => literal_text(expr).filter(|t| is_identifier(t)).map(AttrPath::attr),
        ExprKind::Reference(r) => {
            let mut path = AttrPath::attr(r.root.text.clone());
            for step in &r.steps {
                path.0.push(match &step.kind {
                    StepKind::Attr(name) => PathStep::Attr(name.clone()),
                    StepKind::Index(v) => match &v.kind {
                        Kind::String(s) => PathStep::Key(s.clone()),
                        _ => PathStep::Index(usize::try_from(v.as_i64()?).ok()?),
                    },
                });
            }
            Some(path)
        }
        _ => None,
    }
}
