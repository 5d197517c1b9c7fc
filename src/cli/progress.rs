//! Progress of a run on the terminal: a line for each object that is done and, on a terminal, a status line below.

use super::output::Output;
use crate::base::InstanceAddr;
use crate::engine::{Event, Progress};
use crate::plan::{Plan, StepAction};
use crate::report::{self, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shows events on standard error.
pub struct Terminal {
    command: &'static str,
    style: Style,
    /// Width of the address column.
    columns: usize,
    bar: ProgressBar,
    live: bool,
    state: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    steps: Vec<(InstanceAddr, StepAction, Instant)>,
    done: usize,
    total: usize,
}

/// How often the status line moves while nothing happens.
const TICK: Duration = Duration::from_millis(200);

impl Terminal {
    /// Progress of a command. On a terminal a status line stays at the bottom.
    pub fn new(command: &'static str, output: &Output, columns: usize) -> Self {
        let live = output.err.color && super::environment("CI").is_none();
        let bar = ProgressBar::with_draw_target(
            None,
            if live {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        if live {
            bar.enable_steady_tick(TICK);
        }
        Self {
            command,
            style: output.err.clone(),
            columns,
            bar,
            live,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::print_stderr, reason = "without a status line, progress is plain lines")]
    fn line(&self, text: &str) {
        if self.live {
            self.bar.suspend(|| eprintln!("{text}"));
        } else {
            eprintln!("{text}");
        }
    }

    fn redraw(&self, state: &Running) {
        if !self.live {
            return;
        }
        let running: Vec<(InstanceAddr, StepAction, Duration)> = state
            .steps
            .iter()
            .map(|(a, s, t)| (a.clone(), *s, t.elapsed()))
            .collect();
        let line = report::status_line(self.command, state.done, state.total, &running, &self.style);
        self.bar.set_message(line);
    }

    /// Takes the status line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Terminal {
    fn event(&self, event: Event) {
        let mut state = self.state();
        match event {
            Event::Started { addr, action } => state.steps.push((addr, action, Instant::now())),
            Event::Ended {
                addr,
                action,
                took,
                phase,
            } => {
                state.steps.retain(|(a, s, _)| !(*a == addr && *s == action));
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
                state.steps.retain(|(a, s, _)| !(*a == addr && *s == action));
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
                state.done = done;
                state.total = total;
            }
            Event::Notice(text) => self.line(&report::notice_line(&text, &self.style)),
        }
        self.redraw(&state);
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
