//! The pace against services that are played in values: no clock, no waiting.

use super::*;
use proptest::prelude::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).expect("a time")
}

fn go(pace: &mut Pace, now: Timestamp) -> Ticket {
    match pace.turn(now) {
        Turn::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

/// A service that answers `rate` calls a second, with a store of one second, and refuses the others.
struct Service {
    rate: f64,
    store: f64,
    at_ms: i64,
}

impl Service {
    fn new(rate: f64) -> Self {
        Self {
            rate,
            store: rate,
            at_ms: 0,
        }
    }

    fn answers(&mut self, ms: i64) -> bool {
        self.store = (self.store + (ms - self.at_ms) as f64 / 1000.0 * self.rate).min(self.rate.max(1.0));
        self.at_ms = ms;
        let yes = self.store >= 1.0;
        if yes {
            self.store -= 1.0;
        }
        yes
    }
}

/// What `callers` who call without a pause get done in `total_ms`, `latency_ms` a call: answers and refusals.
fn played(rate: f64, callers: usize, latency_ms: i64, total_ms: i64) -> (u32, u32) {
    let (mut pace, mut service) = (Pace::default(), Service::new(rate));
    let mut flying: Vec<(i64, Ticket, bool)> = Vec::new();
    let (mut answered, mut refused) = (0, 0);
    for ms in 0..total_ms {
        flying.retain(|(end, ticket, fine)| {
            if *end > ms {
                return true;
            }
            pace.left();
            let heard = match fine {
                true => Heard::Answer,
                false => Heard::Throttled(Duration::ZERO),
            };
            pace.heard(*ticket, heard, at(ms));
            match fine {
                true => answered += 1,
                false => refused += 1,
            }
            false
        });
        while flying.len() < callers
            && let Turn::Go(ticket) = pace.turn(at(ms))
        {
            flying.push((ms + latency_ms, ticket, service.answers(ms)));
        }
    }
    (answered, refused)
}

#[test]
fn nothing_is_limited_before_a_service_asks_for_it() {
    let mut pace = Pace::default();
    for _ in 0..64 {
        go(&mut pace, at(0));
    }
    assert_eq!(pace.turn(at(0)), Turn::Full);
    pace.left();
    go(&mut pace, at(0));
    assert_eq!(pace.rate(at(0)), None);
}

#[test]
fn a_refusal_slows_down_and_time_makes_good_for_it() {
    let mut pace = Pace::default();
    let tickets: Vec<Ticket> = (0..30).map(|_| go(&mut pace, at(0))).collect();
    for ticket in &tickets[..20] {
        assert_eq!(pace.heard(*ticket, Heard::Answer, at(50)), None);
    }
    let told = pace.heard(tickets[20], Heard::Throttled(Duration::ZERO), at(60));
    assert_eq!(
        told.map(|t| t.to_string()).as_deref(),
        Some("at most 16 calls a second for now")
    );
    for ticket in &tickets[21..] {
        assert_eq!(
            pace.heard(*ticket, Heard::Throttled(Duration::ZERO), at(61)),
            None,
            "sent before the cut"
        );
    }
    let rate = |pace: &Pace, ms| pace.rate(at(ms)).expect("limited");
    assert!((rate(&pace, 60) - 16.0).abs() < 1e-9);
    assert!(
        (19.5..=20.0).contains(&rate(&pace, 60 + 2_714)),
        "{}",
        rate(&pace, 2_774)
    );
    assert!(
        (rate(&pace, 60_000) - 20.0).abs() < 1e-9,
        "no more than that without proof"
    );
    assert!(matches!(pace.turn(at(61)), Turn::Wait(left) if left > Duration::from_millis(50)));
}

#[test]
fn the_first_refusal_of_all_does_not_end_all_traffic() {
    let mut pace = Pace::default();
    let mut rates = Vec::new();
    let mut now = 0;
    for _ in 0..12 {
        let ticket = loop {
            match pace.turn(at(now)) {
                Turn::Go(ticket) => break ticket,
                Turn::Wait(left) => now += left.as_millis() as i64 + 1,
                Turn::Full => panic!("one call at a time"),
            }
        };
        pace.left();
        pace.heard(ticket, Heard::Throttled(Duration::ZERO), at(now));
        rates.push(pace.rate(at(now)).expect("limited"));
    }
    assert!((rates[0] - 8.0).abs() < 1e-9, "{rates:?}");
    assert!(rates.windows(2).all(|w| w[1] <= w[0]), "{rates:?}");
    assert!((rates[11] - RATE_MIN).abs() < 1e-9, "{rates:?}");
}

#[test]
fn the_quiet_that_a_service_asks_for_is_kept() {
    let mut pace = Pace::default();
    let ticket = go(&mut pace, at(0));
    pace.heard(ticket, Heard::Throttled(Duration::from_secs(7)), at(10));
    assert_eq!(pace.turn(at(10)), Turn::Wait(Duration::from_secs(7)));
    assert_eq!(pace.turn(at(5_010)), Turn::Wait(Duration::from_secs(2)));
    go(&mut pace, at(7_010));
    let ticket = go(&mut pace, at(9_000));
    pace.heard(ticket, Heard::Throttled(Duration::MAX), at(9_001));
    assert!(
        matches!(pace.turn(at(9_002)), Turn::Wait(_)),
        "an absurd wish does no harm"
    );
}

#[test]
fn a_service_that_keeps_failing_is_called_less_at_a_time_and_more_when_it_works() {
    let mut pace = Pace::default();
    let tickets: Vec<Ticket> = (0..10).map(|_| go(&mut pace, at(0))).collect();
    let told: Vec<_> = tickets
        .iter()
        .filter_map(|t| pace.heard(*t, Heard::Failed, at(5)))
        .collect();
    assert_eq!(told, [Slower::Width(5)]);
    for _ in 0..10 {
        pace.left();
    }
    let again: Vec<Ticket> = (0..5).map(|_| go(&mut pace, at(10))).collect();
    assert_eq!(pace.turn(at(10)), Turn::Full);
    for ticket in again {
        pace.left();
        pace.heard(ticket, Heard::Answer, at(20));
    }
    (0..5).for_each(|_| assert_eq!(go(&mut pace, at(30)).sent, at(30)));
    for _ in 0..3_000 {
        pace.heard(Ticket { sent: at(30) }, Heard::Answer, at(40));
    }
    assert!((pace.width - WIDTH_MAX).abs() < 1e-9, "{}", pace.width);
}

/// Rows: calls a second that the service answers, callers, latency.
#[test]
fn few_calls_are_refused_and_little_time_is_lost() {
    const TOTAL_S: u32 = 30;
    for (rate, callers, latency_ms) in [
        (5.0, 10, 5),
        (20.0, 10, 2),
        (20.0, 10, 50),
        (20.0, 50, 300),
        (100.0, 10, 10),
        (400.0, 20, 20),
    ] {
        let (answered, refused) = played(rate, callers, latency_ms, i64::from(TOTAL_S) * 1000);
        let possible = rate * f64::from(TOTAL_S) + rate;
        let used = f64::from(answered) / possible;
        let share = f64::from(refused) / f64::from(answered + refused);
        assert!(used > 0.8, "{rate}/s, {callers} callers: {answered} of {possible}");
        assert!(
            share < 0.15,
            "{rate}/s, {callers} callers: {refused} refused, {answered} answered"
        );
    }
}

#[test]
fn what_is_told_is_plain() {
    for (slower, text) in [
        (Slower::Rate(16.4), "at most 16 calls a second for now"),
        (Slower::Rate(0.2), "a call every 5 s for now"),
        (Slower::Width(3), "3 calls at a time for now"),
        (Slower::Width(1), "one call at a time for now"),
    ] {
        assert_eq!(slower.to_string(), text);
    }
}

proptest! {
    /// Whatever a service does: calls are never more at a time than allowed, the rate stays within its bounds, and a call's turn
    /// always comes.
    #[test]
    fn the_pace_never_stops_and_never_runs_wild(steps in prop::collection::vec((0_i64..3_000, 0_u8..5), 1..200)) {
        let mut pace = Pace::default();
        let mut now = 0;
        let mut flying: Vec<Ticket> = Vec::new();
        for (pause, what) in steps {
            now += pause;
            match what {
                0 | 1 => if let Turn::Go(ticket) = pace.turn(at(now)) { flying.push(ticket) },
                _ => if let Some(ticket) = flying.pop() {
                    pace.left();
                    let heard = [Heard::Answer, Heard::Throttled(Duration::ZERO), Heard::Failed][usize::from(what) - 2];
                    pace.heard(ticket, heard, at(now));
                },
            }
            prop_assert!(flying.len() <= 64);
            if let Some(rate) = pace.rate(at(now)) {
                prop_assert!(rate.is_finite() && rate >= RATE_MIN);
            }
        }
        for _ in flying.drain(..) {
            pace.left();
        }
        // The longest pause is that of the slowest rate.
        prop_assert!(matches!(pace.turn(at(now + 5_001)), Turn::Go(_)));
    }
}
