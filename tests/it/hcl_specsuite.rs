//! The language against HashiCorp's conformance suite for it. The suite is not part of this project: the path of its
//! `tests` folder is given in `HEADWORKS_HCL_SPECSUITE`; without that the test says so and passes.
//!
//! Each `NAME.t` says what the body of `NAME.hcl`, decoded as `NAME.hcldec` asks, is worth, or where its errors are.

use headworks::base::{Diag, Diags, FileId, SourceMap, Span, Type, Value};
use headworks::lang::ast::{Block, Body, ExprKind, Step};
use headworks::lang::scope::Nothing;
use headworks::lang::{EvalContext, Scope, convert, evaluate, fmt, parse, type_expr};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The variables that a specification defines, and no functions of the system.
#[derive(Default)]
struct Variables(BTreeMap<String, Value>);

impl Scope for Variables {
    fn reference(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let found = self.0.get(root).cloned().map(|v| (v, 0));
        found.ok_or_else(|| Diag::error("HW0000", "Unknown variable").at(span))
    }
}

/// A file that was read.
struct File {
    sources: SourceMap,
    id: FileId,
    body: Body,
    diags: Diags,
}

impl File {
    fn read(path: &Path) -> File {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut sources = SourceMap::default();
        let id = sources.add("x", text);
        let (body, diags) = parse::parse_file(&sources, id);
        File {
            sources,
            id,
            body,
            diags,
        }
    }

    /// A file of the suite itself, which has no errors.
    fn control(path: &Path) -> File {
        let file = File::read(path);
        assert!(file.diags.is_empty(), "{}: {:?}", path.display(), file.diags);
        file
    }
}

/// Decodes bodies as a specification asks.
struct Decoder {
    variables: Variables,
    diags: Diags,
}

impl Decoder {
    fn value(&mut self, body: &Body, name: &str) -> Option<Value> {
        let cx = EvalContext {
            scope: &self.variables,
            host: &Nothing,
        };
        let (value, diags) = evaluate(body.expr(name)?, &cx);
        self.diags.extend(diags);
        Some(value)
    }

    /// The value of a body for one specification block.
    fn decode(&mut self, spec: &Block, body: &Body) -> Value {
        match &*spec.kind.text {
            "object" => self.object(&spec.body, body),
            "literal" => self.value(&spec.body, "value").expect("a literal has a value"),
            "attr" => self.attribute(spec, body),
            "block" => {
                let inner = self.inner(spec);
                match self.blocks(spec, body).first() {
                    Some(block) => self.decode(inner, &block.body),
                    None => Value::null(Type::Dynamic),
                }
            }
            "block_list" => {
                let inner = self.inner(spec);
                let values: Vec<Value> = self
                    .blocks(spec, body)
                    .iter()
                    .map(|b| self.decode(inner, &b.body))
                    .collect();
                Value::tuple(values)
            }
            "block_map" => {
                let inner = self.inner(spec);
                let entries: Vec<(String, Value)> = self
                    .blocks(spec, body)
                    .iter()
                    .map(|b| (b.labels[0].text.to_string(), self.decode(inner, &b.body)))
                    .collect();
                Value::object_of(entries.iter().map(|(k, v)| (k.as_str(), v.clone())))
            }
            other => panic!("the specification form {other} is not known"),
        }
    }

    /// What the blocks of a kind are decoded as.
    fn inner<'s>(&self, spec: &'s Block) -> &'s Block {
        spec.body.blocks.first().expect("a block form holds one form")
    }

    fn blocks<'b>(&mut self, spec: &Block, body: &'b Body) -> Vec<&'b Block> {
        let name = self.value(&spec.body, "block_type");
        let name = name.as_ref().and_then(Value::as_str).unwrap_or(label(spec)).to_string();
        body.blocks.iter().filter(|b| *b.kind.text == *name).collect()
    }

    fn object(&mut self, spec: &Body, body: &Body) -> Value {
        let mut expected = Vec::new();
        let mut fields = Vec::new();
        for form in &spec.blocks {
            expected.push(label(form));
            fields.push((label(form), self.decode(form, body)));
        }
        for attribute in body.attributes.values() {
            if !expected.contains(&&*attribute.name.text) {
                self.diags
                    .push(Diag::error("HW0000", "Unsupported argument").at(attribute.name.span));
            }
        }
        for block in &body.blocks {
            if !expected.contains(&&*block.kind.text) {
                self.diags
                    .push(Diag::error("HW0000", "Unsupported block type").at(block.kind.span));
            }
        }
        Value::object_of(fields)
    }

    fn attribute(&mut self, spec: &Block, body: &Body) -> Value {
        let name = spec.body.expr("name").map(|_| self.value(&spec.body, "name"));
        let name = name.flatten().and_then(|v| v.as_str().map(str::to_string));
        let name = name.unwrap_or_else(|| label(spec).to_string());
        let ty = match spec.body.expr("type") {
            Some(e) => type_expr::type_constraint(e).0.ty,
            None => Type::Dynamic,
        };
        match self.value(body, &name) {
            Some(value) => convert::convert(&value, &ty).unwrap_or_else(|e| panic!("{name}: {}", e.message)),
            None => Value::null(ty),
        }
    }
}

fn label(block: &Block) -> &str {
    block.labels.first().map_or("", |l| &l.text)
}

fn run(test: &Path) -> Result<(), String> {
    let expected = File::control(test);
    let spec = File::control(&test.with_extension("hcldec"));
    let file = File::read(&test.with_extension("hcl"));
    let mut decoder = Decoder {
        variables: Variables::default(),
        diags: Diags::new(),
    };
    let mut root = None;
    for block in &spec.body.blocks {
        if &*block.kind.text == "variables" {
            let names: Vec<String> = block.body.attributes.keys().map(|k| k.to_string()).collect();
            for name in names {
                let value = decoder.value(&block.body, &name).ok_or("a variable has a value")?;
                decoder.variables.0.insert(name, value);
            }
        } else {
            root = Some(block);
        }
    }
    let root = root.ok_or("a specification has a form")?;
    if file.diags.has_errors() {
        decoder.diags = file.diags.clone();
    } else {
        formatting(&file)?;
    }
    let value = (!file.diags.has_errors()).then(|| decoder.decode(root, &file.body));
    let diags = std::mem::take(&mut decoder.diags).sorted();
    errors(&mut decoder, &expected, &file, &diags)?;
    let Some(value) = value.filter(|_| diags.is_empty()) else {
        return Ok(());
    };
    results(&mut decoder, &expected, value)
}

/// The errors are where they are said to be.
fn errors(decoder: &mut Decoder, expected: &File, file: &File, diags: &Diags) -> Result<(), String> {
    let mut wanted = Vec::new();
    for list in expected.body.blocks_of("diagnostics") {
        for error in list.body.blocks_of("error") {
            let mut place = |name: &str| -> Vec<Option<Value>> {
                let block = error.body.blocks_of(name).next().expect("a place");
                let fields = ["line", "column", "byte"];
                fields.iter().map(|field| decoder.value(&block.body, field)).collect()
            };
            wanted.push((place("from"), place("to")));
        }
    }
    let place = |offset: u32| {
        let (line, column) = file.sources.line_column(file.id, offset);
        [line, column, offset as usize]
            .map(|n| Some(Value::int(n as i64)))
            .to_vec()
    };
    let found: Vec<_> = diags
        .iter()
        .filter_map(|d| d.span)
        .map(|span| (place(span.start), place(span.end)))
        .collect();
    if found == wanted {
        return Ok(());
    }
    Err(format!("errors are at {found:?}, expected at {wanted:?}: {diags:?}"))
}

/// The value is the one that is said, and of the type that is said.
fn results(decoder: &mut Decoder, expected: &File, value: Value) -> Result<(), String> {
    let mut value = value;
    if let Some(ty) = expected.body.expr("result_type") {
        let ty = match &ty.kind {
            ExprKind::Literal(_) => return Err("a type is no literal".into()),
            _ => type_expr::type_constraint(ty).0.ty,
        };
        value = convert::convert(&value, &ty).map_err(|e| format!("not of the type: {}", e.message))?;
    }
    let Some(wanted) = decoder.value(&expected.body, "result") else {
        return Ok(());
    };
    let wanted = convert::convert(&wanted, &value.ty()).map_err(|e| format!("another type: {}", e.message))?;
    if value == wanted {
        Ok(())
    } else {
        Err(format!("the value is {value:?}, expected {wanted:?}"))
    }
}

/// What is formatted means the same, and stays as it is when it is formatted again.
fn formatting(file: &File) -> Result<(), String> {
    let text = &file.sources.file(file.id).ok_or("a file")?.text;
    let once = fmt::format(text).map_err(|d| format!("{d:?}"))?;
    let again = fmt::format(&once).map_err(|d| format!("{d:?}"))?;
    if once == again {
        Ok(())
    } else {
        Err("formatting twice gives another text".into())
    }
}

fn tests_below(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "t") {
            found.push(path);
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_conformance_suite_passes() {
    let Some(root) = std::env::var_os("HEADWORKS_HCL_SPECSUITE") else {
        eprintln!("skipped: HEADWORKS_HCL_SPECSUITE does not name the tests folder of the suite");
        return;
    };
    let mut tests = Vec::new();
    tests_below(Path::new(&root), &mut tests);
    tests.sort();
    assert!(tests.len() >= 14, "only {} tests below {}", tests.len(), root.display());
    let failed: Vec<String> = tests
        .iter()
        .filter_map(|test| run(test).err().map(|why| format!("{}: {why}", test.display())))
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        tests.len(),
        failed.join("\n")
    );
}
