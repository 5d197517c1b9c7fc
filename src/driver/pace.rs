//! How fast one service is called: a rate that falls when the service asks to slow down and grows again, and a number of calls
//! at a time that falls when it keeps failing. A pure state machine: times come in as values, it never waits and never sends.
//!
//! The rate is what is limited, because that is what the services count: ten table operations a second in Tablestore, five calls
//! a second in DataWorks. A number of calls at a time would let a service that answers in a millisecond be called a thousand times a
//! second. Nothing is limited before a service asks for it.

use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// Most calls at a time to one service of one provider. The engine's `-parallelism` is lower; this is the guard for drivers
/// that fan out.
const WIDTH_MAX: f64 = 64.0;

/// What is left of the rate that turned out too high.
const BACK_OFF: f64 = 0.8;

/// The least that one cut leaves of the rate, so that one stray refusal does not end all traffic.
const CUT_MOST: f64 = 0.5;

/// Calls a second taken for the rate before the first refusal, when fewer were made: a refusal of the very first call says
/// little about the rate.
const RATE_FIRST: f64 = 16.0;

/// The slowest: a call a second. One call at a time waits no longer than this, however often a service refuses.
const RATE_MIN: f64 = 1.0;

/// How quickly the rate grows: the former peak is reached again after the cube root of `(1 - BACK_OFF) / GROWTH`, 2.7 seconds,
/// and doubled after 7.4.
const GROWTH: f64 = 0.01;

/// A rate above the one that was refused needs proof: at most so many times what was answered in the last second.
const AHEAD_OF_PROOF: f64 = 2.0;

/// Answers are counted over this time, in ticks.
const WINDOW_MS: i64 = 1_000;
const TICK_MS: i64 = 100;

/// Failures in a row after which fewer calls are made at a time.
const FAILURES_IN_ROW: u32 = 4;

/// Whether a call may go now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// It may; it is counted as sent.
    Go(Ticket),
    /// Not before this time has passed.
    Wait(Duration),
    /// Not before another call has ended.
    Full,
}

/// A call that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    sent: Timestamp,
}

/// What came of a call, as far as the pace is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The service did its work, whatever it said.
    Answer,
    /// It asks to slow down, and for at least this much quiet.
    Throttled(Duration),
    /// It failed or did not answer.
    Failed,
}

/// What the user should know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slower {
    /// The service asked for it: at most so many calls a second.
    Rate(f64),
    /// It keeps failing: at most so many calls at a time.
    Width(u32),
}

/// The pace of one service.
#[derive(Clone, Debug)]
pub struct Pace {
    in_flight: u32,
    width: f64,
    failures: u32,
    width_cut: Option<Timestamp>,
    /// The last time that the service asked to slow down.
    cut: Option<Cut>,
    /// Nothing is sent before.
    next: Option<Timestamp>,
    /// Answers by tick.
    answers: VecDeque<(i64, u32)>,
    told: f64,
}

/// What the service refused.
#[derive(Clone, Copy, Debug)]
struct Cut {
    at: Timestamp,
    /// Calls a second that were too many, or nearly.
    peak: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            in_flight: 0,
            width: WIDTH_MAX,
            failures: 0,
            width_cut: None,
            cut: None,
            next: None,
            answers: VecDeque::new(),
            told: f64::INFINITY,
        }
    }
}

impl Pace {
    /// Asks for the turn of a call.
    pub fn turn(&mut self, now: Timestamp) -> Turn {
        if f64::from(self.in_flight) >= self.width.floor().max(1.0) {
            return Turn::Full;
        }
        if let Some(next) = self.next.filter(|next| *next > now) {
            return Turn::Wait(next.duration_since(now).unsigned_abs());
        }
        self.next = self.rate(now).map(|rate| after(now, seconds(1.0 / rate)));
        self.in_flight = self.in_flight.saturating_add(1);
        Turn::Go(Ticket { sent: now })
    }

    /// A call is over, however it ended.
    pub fn left(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// What was heard of a call. Says so when things become a good deal slower.
    pub fn heard(&mut self, ticket: Ticket, heard: Heard, now: Timestamp) -> Option<Slower> {
        match heard {
            Heard::Answer => {
                self.failures = 0;
                self.width = (self.width + 1.0 / self.width).min(WIDTH_MAX);
                self.count(now);
                None
            }
            Heard::Throttled(quiet) => self.throttled(ticket, quiet, now),
            Heard::Failed => self.failed(ticket, now),
        }
    }

    /// Calls a second at most; none when the service never asked for it.
    pub fn rate(&self, now: Timestamp) -> Option<f64> {
        let cut = self.cut?;
        let since = now.duration_since(cut.at).as_secs_f64().max(0.0);
        let back = ((1.0 - BACK_OFF) / GROWTH).cbrt();
        let grown = cut.peak * (1.0 + GROWTH * (since - back).powi(3));
        let proven = cut.peak.max(AHEAD_OF_PROOF * self.answered(now));
        Some(grown.min(proven).max(RATE_MIN))
    }

    fn throttled(&mut self, ticket: Ticket, quiet: Duration, now: Timestamp) -> Option<Slower> {
        if !quiet.is_zero() {
            self.not_before(after(now, quiet));
        }
        // What was sent before the last cut says nothing about the rate since.
        if self.cut.is_some_and(|cut| ticket.sent < cut.at) {
            return None;
        }
        let answered = self.answered(now);
        let before = self.rate(now).unwrap_or(RATE_FIRST.max(answered));
        let peak = answered.clamp(before * CUT_MOST / BACK_OFF, before);
        self.cut = Some(Cut { at: now, peak });
        let rate = self.rate(now).unwrap_or(RATE_MIN);
        self.not_before(after(now, seconds(1.0 / rate)));
        // Once, and again when it has become half as fast.
        if rate > self.told / 2.0 {
            return None;
        }
        self.told = rate;
        Some(Slower::Rate(rate))
    }

    fn failed(&mut self, ticket: Ticket, now: Timestamp) -> Option<Slower> {
        self.failures = self.failures.saturating_add(1);
        let told = self.width_cut.is_some_and(|cut| ticket.sent < cut);
        if self.failures < FAILURES_IN_ROW || told {
            return None;
        }
        self.failures = 0;
        self.width_cut = Some(now);
        let fewer = (f64::from(self.in_flight).min(self.width) / 2.0).floor().max(1.0);
        let slower = fewer < self.width.floor();
        self.width = fewer;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 64")]
        slower.then_some(Slower::Width(fewer as u32))
    }

    fn not_before(&mut self, time: Timestamp) {
        self.next = Some(self.next.map_or(time, |next| next.max(time)));
    }

    fn count(&mut self, now: Timestamp) {
        let tick = now.as_millisecond().div_euclid(TICK_MS);
        match self.answers.back_mut() {
            Some((last, count)) if *last == tick => *count = count.saturating_add(1),
            _ => self.answers.push_back((tick, 1)),
        }
        while self.answers.len() as i64 > WINDOW_MS / TICK_MS {
            self.answers.pop_front();
        }
    }

    /// Answers in the last second.
    fn answered(&self, now: Timestamp) -> f64 {
        let oldest = now.as_millisecond().div_euclid(TICK_MS) - WINDOW_MS / TICK_MS;
        let recent = self.answers.iter().filter(|(tick, _)| *tick > oldest);
        recent.map(|(_, count)| f64::from(*count)).sum()
    }
}

impl std::fmt::Display for Slower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Slower::Rate(rate) if *rate >= 1.5 => write!(f, "at most {rate:.0} calls a second for now"),
            Slower::Rate(rate) => write!(f, "a call every {:.0} s for now", (1.0 / rate).max(1.0)),
            Slower::Width(1) => f.write_str("one call at a time for now"),
            Slower::Width(width) => write!(f, "{width} calls at a time for now"),
        }
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn after(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
