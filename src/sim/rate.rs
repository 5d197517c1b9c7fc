//! How many requests a second a service answers before it asks to slow down. Pure: time comes in as a value.

/// The store of one service: one second's worth, filled evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meter {
    /// Requests that may be answered now, in thousandths.
    left: u64,
    at_ms: i64,
}

/// A request in the units of the store.
const ONE: u64 = 1000;

impl Meter {
    /// A full store at `now_ms`.
    pub(super) fn new(rate: u64, now_ms: i64) -> Self {
        Self {
            left: rate.saturating_mul(ONE),
            at_ms: now_ms,
        }
    }

    /// Takes a request out of the store; false when there is none. What is refused costs nothing.
    pub(super) fn take(&mut self, rate: u64, now_ms: i64) -> bool {
        let passed = u64::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or_default();
        // Thousandths of a request a millisecond are requests a second.
        let filled = self.left.saturating_add(passed.saturating_mul(rate));
        self.left = filled.min(rate.saturating_mul(ONE));
        self.at_ms = now_ms;
        match self.left.checked_sub(ONE) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_gives_as_many_requests_as_the_rate_says() {
        let mut meter = Meter::new(20, 0);
        let mut taken = |ms| (0..100).take_while(|_| meter.take(20, ms)).count();
        assert_eq!(taken(0), 20);
        assert_eq!(taken(0), 0, "nothing comes without time");
        assert_eq!(taken(49), 0);
        assert_eq!(taken(50), 1);
        assert_eq!(taken(550), 10);
        assert_eq!(taken(60_000), 20, "no more than a second's worth is kept");
        assert_eq!(taken(0), 0, "a clock that goes back gives nothing");
    }
}
