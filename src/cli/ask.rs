//! Asks for the values of variables that have none. Decides when there is somebody to ask.

use super::args::PlanOptions;
use super::load::{self, Loaded};
use super::{Context, environment};
use crate::base::Str;
use crate::config::variables::{Given, Undeclared};
use std::io::{BufRead, IsTerminal};

/// Asks for each required variable that was not given. What is not answered stays without a value, and is reported as such.
pub fn for_missing(cx: &Context, options: &PlanOptions, loaded: &mut Loaded) {
    let stdin = std::io::stdin();
    let unwanted = matches!(environment("TF_INPUT").as_deref(), Some("0" | "false")) || environment("CI").is_some();
    if !options.input || options.json || unwanted || !stdin.is_terminal() {
        return;
    }
    ask(loaded, &mut stdin.lock(), &|text| cx.output.ask(text));
}

fn ask(loaded: &mut Loaded, input: &mut dyn BufRead, say: &dyn Fn(&str)) {
    let missing: Vec<(Str, Option<String>)> = loaded
        .module
        .variables
        .iter()
        .filter(|(name, variable)| variable.default.is_none() && !loaded.given.contains_key(*name))
        .map(|(name, variable)| (name.clone(), variable.description.clone()))
        .collect();
    for (name, description) in missing {
        say(&question(&name, description.as_deref()));
        let mut answer = String::new();
        // The end of the input answers nothing.
        if !matches!(input.read_line(&mut answer), Ok(1..)) {
            return;
        }
        let text = answer.trim_end_matches(['\n', '\r']);
        let origin = format!("the answer for var.{name}");
        let given = Given {
            value: load::text_value(&origin, text, &mut loaded.sources),
            origin,
            undeclared: Undeclared::Silent,
            command_line: false,
            span: None,
        };
        loaded.given.insert(name, given);
    }
}

fn question(name: &str, description: Option<&str>) -> String {
    let mut out = format!("var.{name}\n");
    if let Some(text) = description {
        for line in text.lines() {
            out.push_str(&format!("  {line}\n"));
        }
        out.push('\n');
    }
    out.push_str("  Enter a value: ");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::variables::GivenValue;
    use std::cell::RefCell;

    #[test]
    fn only_required_variables_without_a_value_are_asked_for() {
        let text = "variable \"n\" {\n  type = number\n  description = \"how many\"\n}\nvariable \"d\" { default = 1 }\n\
                    variable \"late\" {}\n";
        let mut loaded = load::from_texts(&[("main.tf".into(), text.into())]).unwrap_or_else(|_| panic!("it parses"));
        let said = RefCell::new(String::new());
        ask(&mut loaded, &mut "x y\n".as_bytes(), &|text| {
            said.borrow_mut().push_str(text)
        });
        let asked = "var.late\n  Enter a value: var.n\n  how many\n\n  Enter a value: ";
        assert_eq!(*said.borrow(), asked);
        let names: Vec<&str> = loaded.given.keys().map(|k| &**k).collect();
        assert_eq!(names, ["late"], "nothing was answered for n");
        let GivenValue::Text(text, _) = &loaded.given["late"].value else {
            panic!("the answer is text");
        };
        assert_eq!(&**text, "x y");
    }
}
