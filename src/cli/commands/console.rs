//! `headworks console`: evaluates expressions with the values of the configuration and the state, or of a plan. Asks no
//! cloud but with `-plan`. Decides what an input is and how answers are printed; evaluating is the language's.

use crate::base::{Diags, ModulePath, SourceMap};
use crate::cli::args::ConsoleArgs;
use crate::cli::load::{configuration_files, load};
use crate::cli::pipeline::{Machine, Request, make_plan, only_vars, open_state, read_state, values_offline};
use crate::cli::progress::Terminal;
use crate::cli::{CommandResult, Context, Exit, Failure};
use crate::config::Module;
use crate::engine::SystemHost;
use crate::lang::token::{TokenKind, tokenize};
use crate::lang::{EvalContext, console, parse};
use crate::plan::PlanMode;
use crate::plan::attributes::TypedScope;
use crate::plan::scope::{Repetition, Values};
use crate::report::plain_diags;
use crate::schema::Registry;
use crate::store::sqlite::OpenMode;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, StdinLock};

/// The name that errors give to what was typed.
const INPUT: &str = "<console-input>";

const HELP: &str = "\
Type an expression and press Enter to see its value: upper(\"a\"), var.region, alicloud_oss_bucket.raw.id.
type(EXPRESSION) shows its type. An expression goes on over lines while a bracket is open.
Values are those of the configuration and the state; with -plan, those after the planned changes.
Leave with exit or Ctrl-D.
";

/// Runs the command.
pub fn run(cx: &Context, args: &ConsoleArgs) -> CommandResult {
    let session = Session::open(cx, args)?;
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        Ok(session.interactive(cx, stdin.lock()))
    } else {
        Ok(session.piped(cx, stdin.lock()))
    }
}

/// What expressions are evaluated with.
struct Session {
    module: Module,
    values: Values,
    registry: Registry,
    host: SystemHost,
}

/// What a line of input asks for.
#[derive(Debug, PartialEq, Eq)]
enum Input {
    /// An expression, over as many lines as its brackets are open.
    Expression(String),
    Blank,
    Help,
    Exit,
}

type Answer = Result<String, (Diags, SourceMap)>;

impl Session {
    fn open(cx: &Context, args: &ConsoleArgs) -> Result<Session, Failure> {
        let host = SystemHost::console(&cx.directory, Timestamp::now());
        let (module, values, registry) = if configuration_files(&cx.directory)?.is_empty() {
            let here = crate::lang::FunctionHost::working_directory(&host);
            let values = Values::new(BTreeMap::new(), "default".into(), here);
            (Module::default(), values, Registry::default())
        } else if args.plan {
            planned(cx, args)?
        } else {
            known(cx, args)?
        };
        Ok(Session {
            module,
            values,
            registry,
            host,
        })
    }

    /// One answer after the other; errors do not end it.
    fn interactive(&self, cx: &Context, mut input: StdinLock<'_>) -> Exit {
        let ask = |goes_on: bool| cx.output.ask(if goes_on { "  " } else { "> " });
        while let Some(input) = next_input(&mut input, &ask) {
            match input {
                Input::Exit => return Exit::Fine,
                Input::Help => cx.output.note(HELP),
                Input::Blank => {}
                Input::Expression(text) => match self.answer(&text) {
                    Ok(answer) => cx.output.demanded(&answer),
                    Err((diags, sources)) => cx.output.diags(&diags, &sources),
                },
            }
        }
        cx.output.note("");
        Exit::Fine
    }

    /// The last answer is printed, and the first error ends it: what a script wants of several lines is what they lead to.
    fn piped(&self, cx: &Context, mut input: StdinLock<'_>) -> Exit {
        let mut last = None;
        while let Some(input) = next_input(&mut input, &|_| {}) {
            last = Some(match input {
                Input::Exit => return Exit::Fine,
                Input::Help => HELP.to_owned(),
                Input::Blank => String::new(),
                Input::Expression(text) => match self.answer(&text) {
                    Ok(answer) => answer,
                    Err((diags, sources)) => {
                        if std::io::stderr().is_terminal() {
                            cx.output.diags(&diags, &sources);
                        } else {
                            cx.output.note(&plain_diags(&diags, &sources));
                        }
                        return Exit::Error;
                    }
                },
            });
        }
        if let Some(answer) = last {
            cx.output.demanded(&answer);
        }
        Exit::Fine
    }

    fn answer(&self, text: &str) -> Answer {
        let mut sources = SourceMap::default();
        let file = sources.add(INPUT, text);
        let expr = match parse::parse_expression(&sources, file) {
            Ok(expr) => expr,
            Err(diags) => return Err((diags, sources)),
        };
        let root = ModulePath::default();
        let scope = TypedScope {
            scope: self.values.scope(&self.module, &root, Repetition::default()),
            module: &self.module,
            registry: &self.registry,
        };
        let cx = EvalContext {
            scope: &scope,
            host: &self.host,
        };
        let (text, diags) = console::answer(&expr, &cx);
        if diags.has_errors() {
            Err((diags, sources))
        } else {
            Ok(text)
        }
    }
}

/// The module and its values as far as configuration and state know them.
fn known(cx: &Context, args: &ConsoleArgs) -> Result<(Module, Values, Registry), Failure> {
    let machine = Machine::offline()?;
    let loaded = load(&cx.directory, &args.vars)?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let state = read_state(&*store, &machine.registry, &machine.runtime)?;
    let options = only_vars(&args.vars, 1);
    let request = Request {
        options: &options,
        mode: PlanMode::RefreshOnly,
    };
    let values = values_offline(cx, &machine.registry, &loaded, &state, &request);
    Ok((loaded.module, values, machine.registry))
}

/// The module and its values as they will be after the changes of a plan.
fn planned(cx: &Context, args: &ConsoleArgs) -> Result<(Module, Values, Registry), Failure> {
    let machine = Machine::new(cx)?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let progress = Terminal::new("plan", &cx.output, 0);
    let options = only_vars(&args.vars, 10);
    let request = Request {
        options: &options,
        mode: PlanMode::Normal,
    };
    let planned = make_plan(cx, &machine, &*store, &request, &progress);
    progress.finish();
    let planned = planned?;
    Ok((planned.loaded.module, planned.values, machine.registry))
}

/// Reads what is typed next; `None` at the end. `ask` is told whether the input goes on.
fn next_input(input: &mut impl BufRead, ask: &dyn Fn(bool)) -> Option<Input> {
    let mut text = String::new();
    loop {
        ask(!text.is_empty());
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line).unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&line));
        if read == 0 && text.is_empty() {
            return None;
        }
        if read == 0 || !is_open(&text) {
            break;
        }
    }
    Some(match text.trim() {
        "" => Input::Blank,
        "exit" => Input::Exit,
        "help" => Input::Help,
        // The line that ends a heredoc ends with a line break.
        expression if expression.contains("<<") && expression.contains('\n') => {
            Input::Expression(format!("{expression}\n"))
        }
        expression => Input::Expression(expression.to_owned()),
    })
}

/// Whether an expression goes on in the next line: a bracket, a template sequence or a heredoc is open.
fn is_open(text: &str) -> bool {
    use TokenKind::*;
    let mut open = 0i64;
    for token in tokenize(text).0 {
        match token.kind {
            OpenBrace | OpenBracket | OpenParen | Interpolation | Directive | OpenHeredoc => open += 1,
            CloseBrace | CloseBracket | CloseParen | SequenceEnd | CloseHeredoc => open -= 1,
            _ => {}
        }
    }
    open > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(text: &str) -> Vec<Input> {
        let mut source = text.as_bytes();
        std::iter::from_fn(|| next_input(&mut source, &|_| {})).collect()
    }

    #[test]
    fn an_input_goes_on_while_a_bracket_is_open() {
        let expression = |s: &str| Input::Expression(s.into());
        assert_eq!(
            inputs("1 + 1\n\n[1,\n2]\nexit\n"),
            [expression("1 + 1"), Input::Blank, expression("[1,\n2]"), Input::Exit]
        );
        assert_eq!(
            inputs("<<E\na\nE\n \"(\""),
            [expression("<<E\na\nE\n"), expression("\"(\"")]
        );
        assert_eq!(inputs("upper(\n"), [expression("upper(")]);
        assert_eq!(inputs(")\nhelp"), [expression(")"), Input::Help]);
    }
}
