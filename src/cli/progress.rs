//! Progress of a run on the terminal: a line for each object that is done and, on a terminal, a status line below.

use super::output::Output;
use crate::base::InstanceAddr;
use crate::base::mask::mask;
use crate::engine::{Event, Progress};
use crate::plan::{Plan, StepAction};
use crate::report::{self, StepStage, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Shows events on standard error.
pub struct Terminal {
    style: Style,
    /// Width of the address column.
    columns: usize,
    bar: ProgressBar,
    live: bool,
    state: Arc<Mutex<Running>>,
}

struct Running {
    command: &'static str,
    style: Style,
    steps: Vec<(InstanceAddr, StepAction, Instant)>,
    done: usize,
    total: usize,
    stop: Option<watch::Receiver<bool>>,
}

impl Running {
    fn status(&self) -> String {
        if self.total == 0 && self.steps.is_empty() {
            return String::new();
        }
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|(a, s, t)| (a.clone(), *s, t.elapsed()))
            .collect();
        let stopping = self.stop.as_ref().is_some_and(|s| *s.borrow());
        report::status_line(self.command, self.done, self.total, &steps, stopping, &self.style)
    }
}

/// How often the status line moves while nothing happens.
const TICK: Duration = Duration::from_millis(200);

impl Terminal {
    /// Progress of a command. On a terminal a status line stays at the bottom.
    pub fn new(command: &'static str, output: &Output, columns: usize) -> Self {
        let live = output.err.color && std::io::stderr().is_terminal() && super::environment("CI").is_none();
        let state = Arc::new(Mutex::new(Running {
            command,
            style: output.err,
            steps: Vec::new(),
            done: 0,
            total: 0,
            stop: None,
        }));
        let bar = ProgressBar::with_draw_target(
            None,
            if live {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        if let Ok(style) = ProgressStyle::with_template("{status}") {
            // Made anew at each tick, so that the times of the steps go on.
            let shown = Arc::clone(&state);
            bar.set_style(
                style.with_key("status", move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                    let _ = out.write_str(&lock(&shown).status());
                }),
            );
        }
        if live {
            bar.enable_steady_tick(TICK);
        }
        Self {
            style: output.err,
            columns,
            bar,
            live,
            state,
        }
    }

    /// The status line tells when the run is asked to stop.
    #[must_use]
    pub fn stopped_by(self, stop: watch::Receiver<bool>) -> Self {
        lock(&self.state).stop = Some(stop);
        self
    }

    /// A terminal or pipe that was closed must not end a run in the middle.
    fn line(&self, text: &str) {
        let text = mask(text);
        let text = super::terminal::safe(&text, self.style.color);
        let print = || drop(writeln!(std::io::stderr(), "{text}"));
        if self.live {
            self.bar.suspend(print);
        } else {
            print();
        }
    }

    /// Takes the status line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.finish();
    }
}

fn lock(state: &Mutex<Running>) -> MutexGuard<'_, Running> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress for Terminal {
    /// The lock is never held while the status line is drawn: drawing takes it.
    fn event(&self, event: Event) {
        let ends = |addr: &InstanceAddr, action: StepAction| {
            lock(&self.state).steps.retain(|(a, s, _)| !(a == addr && *s == action));
        };
        match event {
            Event::Started { addr, action } => lock(&self.state).steps.push((addr, action, Instant::now())),
            Event::Ended {
                addr,
                action,
                took,
                phase,
            } => {
                ends(&addr, action);
                self.line(&report::ok_line(
                    &addr,
                    action,
                    took,
                    phase.as_deref(),
                    self.columns,
                    &self.style,
                ));
            }
            Event::Failed { addr, action, took } => {
                ends(&addr, action);
                self.line(&report::failed_line(&addr, action, took, self.columns, &self.style));
            }
            Event::Waiting { addr, phase } if !self.live => {
                self.line(&report::progress_text::waiting_line(
                    &addr,
                    &phase,
                    self.columns,
                    &self.style,
                ));
            }
            Event::Waiting { .. } | Event::Refreshed { .. } => {}
            Event::Count { done, total, .. } => {
                let mut state = lock(&self.state);
                state.done = done;
                state.total = total;
            }
            Event::Notice(text) => self.line(&report::notice_line(&text, &self.style)),
        }
        if self.live {
            self.bar.tick();
        }
    }
}

/// Prints events as JSON lines on standard output.
pub struct Lines<'a> {
    output: &'a Output,
    started: Mutex<Vec<(InstanceAddr, StepAction, Instant)>>,
}

impl<'a> Lines<'a> {
    /// Progress of a run in machine-readable form.
    pub fn new(output: &'a Output) -> Self {
        Self {
            output,
            started: Mutex::default(),
        }
    }

    fn started(&self) -> MutexGuard<'_, Vec<(InstanceAddr, StepAction, Instant)>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Lines<'_> {
    fn event(&self, event: Event) {
        let line = match &event {
            Event::Started { addr, action } => {
                self.started().push((addr.clone(), *action, Instant::now()));
                report::step_line(StepStage::Start, addr, *action, Duration::ZERO, None)
            }
            Event::Waiting { addr, phase } => {
                let found = self
                    .started()
                    .iter()
                    .find(|(a, ..)| a == addr)
                    .map(|(_, s, t)| (*s, t.elapsed()));
                let (action, elapsed) = found.unwrap_or((StepAction::Create, Duration::ZERO));
                report::step_line(StepStage::Progress, addr, action, elapsed, Some(phase))
            }
            Event::Ended {
                addr,
                action,
                took,
                phase,
            } => {
                // What needs no call is done at once, and has a beginning in messages only.
                if !self.started().iter().any(|(a, s, _)| a == addr && s == action) {
                    let begun = report::step_line(StepStage::Start, addr, *action, Duration::ZERO, None);
                    self.output.message(begun);
                }
                report::step_line(StepStage::Complete, addr, *action, *took, phase.as_deref())
            }
            Event::Failed { addr, action, took } => report::step_line(StepStage::Errored, addr, *action, *took, None),
            Event::Notice(text) => report::log_line(text),
            Event::Refreshed { .. } | Event::Count { .. } => return,
        };
        if let Event::Ended { addr, action, .. } | Event::Failed { addr, action, .. } = &event {
            self.started().retain(|(a, s, _)| !(a == addr && s == action));
        }
        self.output.message(line);
    }
}

/// Width of the longest address that changes, within reason.
pub fn address_width(plan: &Plan) -> usize {
    let changing = plan.changes.iter().filter(|c| c.action != crate::plan::Action::NoOp);
    changing
        .map(|c| c.addr.to_string().chars().count())
        .max()
        .unwrap_or(0)
        .min(60)
}
