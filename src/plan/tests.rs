//! Tables of what a plan decides, over a type made for it that has every kind of attribute and nested block.

mod blocks;
mod checks;
mod objects;

use super::*;
use crate::base::{Diags, Kind, Type};
use crate::lang::parse::parse_file;
use crate::lang::scope::Nothing;

const THING: &str = r#"
resource "test_thing" {
  provider  = "test"
  version   = 0
  summary   = "A thing."
  identity  = ["name"]
  import_id = ["name"]

  replace_when = prior.word == "frozen"

  attribute "name" {
    type      = string
    mode      = "required"
    on_change = "replace"
    doc       = "Its name."
  }
  attribute "size" {
    type    = number
    mode    = "optional"
    default = 3
    doc     = "How large."
  }
  attribute "place" {
    type = string
    mode = "optional_computed"
    doc  = "Where."
  }
  attribute "policy" {
    type     = string
    mode     = "optional"
    equality = "json"
    doc      = "A document."
  }
  attribute "content" {
    type     = any
    mode     = "optional"
    equality = "json"
    doc      = "A document as text or spelled out."
  }
  attribute "word" {
    type     = string
    mode     = "optional"
    equality = "case_insensitive"
    doc      = "A word."
  }
  attribute "tags" {
    type = map(string)
    mode = "optional"
    doc  = "Tags."
  }
  attribute "list" {
    type = list(string)
    mode = "optional"
    doc  = "Texts in order."
  }
  attribute "keys" {
    type = set(string)
    mode = "optional"
    doc  = "Texts without order."
  }
  attribute "note" {
    type      = string
    mode      = "optional"
    on_change = "local"
    doc       = "Of no concern to the cloud."
  }
  attribute "silent" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    unread    = "no call returns it"
    doc       = "What the cloud does not tell."
  }
  attribute "phase" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "Changes by itself."
  }
  attribute "etag" {
    type = string
    mode = "computed"
    doc  = "Changes with every update."
  }
  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Never changes."
  }
  block "one" {
    nesting = "single"
    doc     = "At most one."
    attribute "a" {
      type = string
      mode = "optional"
      doc  = "Free."
    }
    attribute "fixed" {
      type      = string
      mode      = "optional"
      on_change = "replace"
      doc       = "Fixed."
    }
  }
  block "many" {
    nesting = "list"
    doc     = "In order."
    attribute "a" {
      type = string
      mode = "optional"
      doc  = "Free."
    }
  }
  block "some" {
    nesting   = "set"
    on_change = "replace"
    doc       = "Without order."
    attribute "a" {
      type = string
      mode = "optional"
      doc  = "Free."
    }
  }
  block "given" {
    nesting  = "list"
    computed = true
    doc      = "The cloud's, where none is written."
    attribute "a" {
      type = string
      mode = "optional"
      doc  = "Free."
    }
  }
}
"#;

/// A case: configuration, state and what was asked for.
#[derive(Default)]
struct Case {
    text: String,
    prior: Vec<Prior>,
    observed: Vec<Option<Observed>>,
    options: Options,
    variables: BTreeMap<Str, Value>,
}

impl Case {
    fn new(text: &str) -> Case {
        Case {
            text: text.into(),
            ..Case::default()
        }
    }

    fn after(mut self, prior: Vec<Prior>) -> Case {
        self.observed = vec![None; prior.len()];
        self.prior = prior;
        self
    }

    fn target(mut self, addr: &str) -> Case {
        self.options.targets.push(addr.parse().expect("an address"));
        self
    }

    fn plan(self) -> (Plan, Diags) {
        let registry = Registry::builtin(&[("thing.hcl", THING)]).expect("one type");
        let mut sources = SourceMap::default();
        let id = sources.add("main.tf", self.text.as_str());
        let (body, mut diags) = parse_file(&sources, id);
        let (module, found) = crate::config::decode(vec![body]);
        diags.extend(found);
        let inputs = Inputs {
            module: &module,
            sources: &sources,
            registry: &registry,
            variables: self.variables,
            prior: self.prior,
            observed: self.observed,
            prior_outputs: BTreeMap::new(),
            host: &Nothing,
            data: &NoData,
            options: self.options,
            checking: false,
            seal: None,
            workspace: "default".into(),
        };
        let (plan, _, found) = plan(&inputs);
        diags.extend(found);
        (plan, diags)
    }

    /// The plan of a case that has no errors.
    fn good(self) -> Plan {
        let text = self.text.clone();
        let (plan, diags) = self.plan();
        assert!(!diags.has_errors(), "{text}\n{diags:?}");
        plan
    }

    /// Code, summary and detail of each error.
    fn errors(self) -> Vec<String> {
        let (_, diags) = self.plan();
        let line = |d: &Diag| format!("{} {}: {}", d.code, d.summary, d.detail.as_deref().unwrap_or(""));
        diags.iter().map(line).collect()
    }
}

/// What the cloud makes of a planned object: it fills in what was left to it.
fn made(planned: &Value) -> Value {
    let kind = match &planned.kind {
        Kind::Unknown(u) => match &u.ty {
            Type::String => return Value::string("made").mark(planned.marks),
            Type::List(t) => return Value::list((**t).clone(), Vec::new()),
            ty => return Value::null(ty.clone()),
        },
        Kind::Object(m) => Kind::Object(
            m.iter()
                .map(|(k, v)| (k.clone(), made(v)))
                .collect::<BTreeMap<_, _>>()
                .into(),
        ),
        kind => kind.clone(),
    };
    Value {
        kind,
        marks: planned.marks,
    }
}

/// The state after applying a configuration to nothing.
fn applied(text: &str) -> Vec<Prior> {
    let plan = Case::new(text).good();
    let prior = |c: &Change| Prior {
        addr: c.addr.clone(),
        deposed: None,
        provider: c.provider.clone(),
        value: made(c.planned.as_ref().expect("a new object")),
        tainted: false,
        adopted: false,
        dependencies: c.dependencies.clone(),
    };
    plan.changes.iter().map(prior).collect()
}

fn with(value: &Value, name: &str, part: Value) -> Value {
    let mut entries = value.entries().cloned().expect("an object");
    entries.insert(name.into(), part);
    Value::object(entries)
}

/// A thing with some lines more.
fn thing(lines: &str) -> String {
    format!("resource \"test_thing\" \"x\" {{\n  name = \"x\"\n{lines}\n}}\n")
}

/// Address and action of each change.
fn actions(plan: &Plan) -> Vec<String> {
    let line = |c: &Change| format!("{} {}", c.addr, c.action.names().join("+"));
    plan.changes.iter().map(line).collect()
}
