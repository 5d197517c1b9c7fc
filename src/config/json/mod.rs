//! Configuration in JSON to the same syntax tree that native configuration has, so that nothing behind it knows which of the
//! two a block was written in. Decides what is a block and what an argument; what they may be is checked later.

mod shape;

use crate::base::{Diag, Diags, FileId, SourceMap};
use crate::lang::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, ObjectKey};
use crate::lang::codes::DUPLICATE_ATTRIBUTE;
use crate::lang::json::{Lowering, Node, NodeKind, Property, ident, read};
use crate::schema::Registry;
use shape::{Part, Shape};

/// Parses a file. The body holds all that could be read, even when there are errors.
///
/// `registry` tells nested blocks of resources from arguments.
pub fn parse_file(sources: &SourceMap, file: FileId, registry: Option<&Registry>) -> (Body, Diags) {
    let (root, mut diags) = read(sources, file);
    let mut bodies = Bodies {
        registry,
        damaged: diags.has_errors(),
        lowering: Lowering::default(),
    };
    let mut body = match root.kind {
        NodeKind::Object(_) | NodeKind::Array(_) => bodies.body(&root, Shape::File),
        _ => {
            let detail =
                "The root value in a JSON-based configuration must be either a JSON object or a JSON array of objects.";
            bodies.lowering.wrong(&root, "Root value must be object", detail);
            Body {
                damaged: true,
                ..Body::default()
            }
        }
    };
    // A block of the wrong form is left out.
    body.damaged |= bodies.lowering.diags.has_errors();
    diags.extend(bodies.lowering.diags);
    (body, diags.sorted())
}

struct Bodies<'a> {
    registry: Option<&'a Registry>,
    /// The text could not be read wholly; what is missing is not known.
    damaged: bool,
    lowering: Lowering,
}

/// What a block is made of while its labels are peeled off.
struct Header<'n> {
    kind: Ident,
    labels: Vec<Ident>,
    outer: &'n str,
}

impl<'a> Bodies<'a> {
    fn body(&mut self, node: &Node, shape: Shape<'a>) -> Body {
        let mut body = Body {
            span: node.span,
            json: true,
            damaged: self.damaged,
            ..Body::default()
        };
        let wanted = match node.kind {
            NodeKind::Array(_) => "A JSON object is required here, to define arguments and child blocks.",
            _ => {
                "Either a JSON object or JSON array of objects is required here, to define arguments and child blocks."
            }
        };
        for property in self.properties(node, wanted) {
            self.property(property, shape, &mut body);
        }
        body
    }

    /// The properties of an object, or of all objects of an array.
    fn properties<'n>(&mut self, node: &'n Node, wanted: &str) -> Vec<&'n Property> {
        let mut out = Vec::new();
        match &node.kind {
            NodeKind::Null => {}
            NodeKind::Object(properties) => out.extend(properties),
            NodeKind::Array(items) => {
                for item in items {
                    match &item.kind {
                        NodeKind::Object(properties) => out.extend(properties),
                        _ => self.lowering.wrong(item, "Incorrect JSON value type", wanted),
                    }
                }
            }
            _ => self.lowering.wrong(node, "Incorrect JSON value type", wanted),
        }
        out
    }

    fn property(&mut self, property: &Property, shape: Shape<'a>, body: &mut Body) {
        let node = &property.value;
        let value = match shape.part(&property.name.value) {
            Part::Comment => return,
            Part::Block(names) => {
                let mut header = Header {
                    kind: ident(property),
                    labels: Vec::new(),
                    outer: &property.name.value,
                };
                return self.blocks(node, names, &mut header, shape, &mut body.blocks);
            }
            Part::Template => Some(self.lowering.template(node)),
            Part::Verbatim => Some(self.lowering.verbatim(node)),
            Part::Type => Some(self.lowering.type_expression(node)),
            Part::Reference => self.lowering.reference(node),
            Part::Expression => self.lowering.expression(node),
            Part::References => self.lowering.list(node, Lowering::reference),
            Part::Expressions => self.lowering.list(node, Lowering::expression),
            Part::Ignored if node.as_text().is_some_and(|t| t.value == "all") => self.lowering.reference(node),
            Part::Ignored => self.lowering.list(node, Lowering::reference),
            Part::Providers => self.lowering.references(node, Lowering::reference),
            Part::Requirement => Some(self.requirement(node)),
            Part::Words if matches!(node.kind, NodeKind::Array(_)) => self.lowering.list(node, Lowering::reference),
            Part::Words => self.lowering.reference(node),
        };
        if let Some(value) = value {
            self.attribute(property, value, body);
        }
    }

    fn attribute(&mut self, property: &Property, value: Expr, body: &mut Body) {
        let name = ident(property);
        if let Some(first) = body.attributes.get(&name.text) {
            self.lowering.diags.push(
                Diag::error(DUPLICATE_ATTRIBUTE, "Duplicate argument")
                    .detail(format!("The argument {:?} is set already.", name.text))
                    .related(first.name.span, "first set here")
                    .at(name.span),
            );
            return;
        }
        let attribute = Attribute {
            span: name.span.to(property.value.span),
            name,
            value,
        };
        body.attributes.insert(attribute.name.text.clone(), attribute);
    }

    /// One required provider: `{"source": …, "configuration_aliases": […]}`.
    fn requirement(&mut self, node: &Node) -> Expr {
        let NodeKind::Object(properties) = &node.kind else {
            return self.lowering.verbatim(node);
        };
        let mut items = Vec::with_capacity(properties.len());
        for property in properties {
            let value = match &*property.name.value {
                "configuration_aliases" => self.lowering.list(&property.value, Lowering::reference),
                _ => Some(self.lowering.verbatim(&property.value)),
            };
            items.extend(value.map(|value| (ObjectKey::Name(ident(property)), value)));
        }
        Expr {
            kind: ExprKind::Object(items.into()),
            span: node.span,
        }
    }

    /// Adds the blocks that a value describes: a level of objects for each label, then a body or an array of bodies.
    fn blocks(&mut self, node: &Node, left: &[&str], header: &mut Header<'_>, shape: Shape<'a>, out: &mut Vec<Block>) {
        if matches!(node.kind, NodeKind::Invalid) {
            return;
        }
        let Some((label, left)) = left.split_first() else {
            return self.contents(node, header, shape, out);
        };
        let before = self.lowering.diags.len();
        let wanted = match node.kind {
            NodeKind::Array(_) => format!("A JSON object is required here, to specify {label} labels for this block."),
            _ => format!(
                "Either a JSON object or JSON array of objects is required here, to specify {label} labels for this block."
            ),
        };
        let properties = self.properties(node, &wanted);
        if properties.is_empty() && self.lowering.diags.len() == before {
            let detail = format!(
                "At least one object property is required, whose name represents the {} block's {label}.",
                header.outer
            );
            self.lowering.wrong(node, "Missing block label", detail);
        }
        for property in properties {
            header.labels.push(ident(property));
            self.blocks(&property.value, left, header, shape, out);
            header.labels.pop();
        }
    }

    fn contents(&mut self, node: &Node, header: &Header<'_>, shape: Shape<'a>, out: &mut Vec<Block>) {
        match &node.kind {
            NodeKind::Null => {}
            NodeKind::Object(_) => {
                let block = self.block(node, header, shape);
                out.push(block);
            }
            NodeKind::Array(items) => {
                for item in items {
                    let block = self.block(item, header, shape);
                    out.push(block);
                }
            }
            _ => {
                let detail = format!(
                    "Either a JSON object or a JSON array is required, representing the contents of one or more {:?} blocks.",
                    header.outer
                );
                self.lowering.wrong(node, "Incorrect JSON value type", detail);
            }
        }
    }

    fn block(&mut self, node: &Node, header: &Header<'_>, shape: Shape<'a>) -> Block {
        let inside = shape.inside(&header.kind.text, &header.labels, self.registry);
        Block {
            kind: header.kind.clone(),
            labels: header.labels.clone(),
            body: self.body(node, inside),
            header: node.opening(),
            span: node.span,
        }
    }
}

#[cfg(test)]
mod tests;
