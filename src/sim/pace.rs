//! A clock that hurries: while the program waits it runs many times as fast as the machine's, while requests are under way it
//! stands still, and it does not pass the time that somebody waits for before they woke up. Deadlines, retries and phases so take
//! milliseconds, and a slow machine never runs into one of them.
//! One clock serves the embedded cloud and the program that asks it; decides nothing for either.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How far the clock jumps for a reply that comes too late: further than any exchange may take.
const TOO_LATE: Duration = Duration::from_secs(61);

/// How long, on the machine's clock, one that is woken up may take: it may wait for somebody else, who waits for the clock.
const WAKING: Duration = Duration::from_secs(3);

/// A clock that runs at a multiple of the machine's speed.
#[derive(Debug)]
pub struct Pace {
    speed: u32,
    hand: Mutex<Hand>,
    changed: Notify,
}

/// Where the clock's hand is.
#[derive(Debug)]
struct Hand {
    /// What it showed when it was last set.
    at: Timestamp,
    /// Since when it moves; it stands still without.
    since: Option<Instant>,
    /// Requests under way.
    busy: usize,
    /// How many tasks wait for each time.
    waiting: BTreeMap<Timestamp, usize>,
}

impl Pace {
    /// A clock that shows the machine's time, and stands still until somebody waits for it.
    pub fn new(speed: u32) -> Pace {
        Pace {
            speed: speed.max(1),
            hand: Mutex::new(Hand {
                at: Timestamp::now(),
                since: None,
                busy: 0,
                waiting: BTreeMap::new(),
            }),
            changed: Notify::new(),
        }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        let hand = self.hand();
        self.shown(&hand)
    }

    /// Waits on this clock, from the time of this call on.
    pub fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send + '_ {
        self.wait_until(later(self.now(), pause))
    }

    async fn wait_until(&self, end: Timestamp) {
        let _waiting = Waiting::new(self, end);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let (left, moves) = {
                let hand = self.hand();
                (end.duration_since(self.shown(&hand)), hand.since.is_some())
            };
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            if moves {
                let _ = tokio::time::timeout(left / self.speed, changed).await;
            } else {
                changed.await;
            }
        }
    }

    /// A request is under way as long as the result lives: the clock stands still.
    pub fn exchange(&self) -> impl Drop + Send + '_ {
        Busy::new(self)
    }

    /// Moves the clock so far that the exchange under way is too late.
    pub(super) fn make_late(&self) {
        self.set(|hand| hand.at = later(hand.at, TOO_LATE));
    }

    fn hand(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self, hand: &Hand) -> Timestamp {
        let Some(since) = hand.since else { return hand.at };
        let passed = since.elapsed();
        let shown = later(hand.at, passed.saturating_mul(self.speed));
        let Some((first, _)) = hand.waiting.first_key_value() else {
            return shown;
        };
        let patient = later(hand.at, passed.saturating_sub(WAKING).saturating_mul(self.speed));
        shown.min((*first).max(hand.at)).max(patient)
    }

    fn set(&self, change: impl FnOnce(&mut Hand)) {
        let mut hand = self.hand();
        hand.at = self.shown(&hand);
        change(&mut hand);
        hand.since = (hand.busy == 0 && !hand.waiting.is_empty()).then(Instant::now);
        drop(hand);
        self.changed.notify_waiters();
    }
}

/// A request under way, until it is dropped.
struct Busy<'a>(&'a Pace);

impl<'a> Busy<'a> {
    fn new(pace: &'a Pace) -> Busy<'a> {
        pace.set(|hand| hand.busy = hand.busy.saturating_add(1));
        Busy(pace)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(|hand| hand.busy = hand.busy.saturating_sub(1));
    }
}

/// A task that waits for a time, until it is dropped.
struct Waiting<'a> {
    pace: &'a Pace,
    end: Timestamp,
}

impl<'a> Waiting<'a> {
    fn new(pace: &'a Pace, end: Timestamp) -> Waiting<'a> {
        pace.set(|hand| *hand.waiting.entry(end).or_default() += 1);
        Waiting { pace, end }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pace.set(|hand| {
            if let Some(count) = hand.waiting.get_mut(&self.end) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    hand.waiting.remove(&self.end);
                }
            }
        });
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause)
        .ok()
        .and_then(|p| now.checked_add(p).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn waiting_is_fast_and_working_takes_no_time() {
        let pace = Pace::new(10_000);
        let began = pace.now();
        {
            let _request = pace.exchange();
            assert_eq!(pace.now(), began);
        }
        let started = Instant::now();
        pace.sleep(Duration::from_secs(60)).await;
        assert!(started.elapsed() < Duration::from_secs(30));
        assert!(pace.now().duration_since(began) >= SignedDuration::from_secs(60));
        let after = pace.now();
        assert_eq!(pace.now(), after, "nobody waits");
    }

    #[tokio::test]
    async fn the_time_that_somebody_waits_for_is_not_passed_before_they_woke_up() {
        let pace = Pace::new(1_000_000);
        let began = pace.now();
        let mut wait = std::pin::pin!(pace.sleep(Duration::from_secs(60)));
        assert!(wait.as_mut().now_or_never().is_none());
        let busy = Instant::now();
        while busy.elapsed() < Duration::from_millis(2) {}
        assert_eq!(pace.now(), later(began, Duration::from_secs(60)));
        wait.await;
        assert_eq!(pace.now(), later(began, Duration::from_secs(60)));
    }

    #[tokio::test]
    async fn a_late_reply_ends_the_wait_for_it() {
        let pace = Pace::new(1);
        let _request = pace.exchange();
        let wait = pace.sleep(Duration::from_secs(60));
        let late = async { pace.make_late() };
        futures_util::future::join(wait, late).await;
    }
}
