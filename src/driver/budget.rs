//! How many retries a service gets, so that a broken one is not hammered: a store of them that answers fill again. Pure.
//!
//! Pauses that a service asks for are not counted here: they are paced.

/// Retries before any call was answered.
const FLOOR: u32 = 100;

/// Answered calls for one more retry: a service of which three calls in ten fail is still worked with, however long a run is.
const ANSWERS_FOR_ONE: u32 = 2;

/// The retries left to one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In parts of which a retry takes [`ANSWERS_FOR_ONE`].
    left: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            left: FLOOR * ANSWERS_FOR_ONE,
        }
    }
}

impl Budget {
    /// A call was answered.
    pub fn earn(&mut self) {
        self.left = (self.left + 1).min(FLOOR * ANSWERS_FOR_ONE);
    }

    /// Takes a retry; false when there is none left.
    pub fn take(&mut self) -> bool {
        match self.left.checked_sub(ANSWERS_FOR_ONE) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// What the user is told when there is none left.
    pub fn used_up(service: &str) -> String {
        format!(
            "{service} fails so often that failed calls are not tried again for now: it gets {FLOOR} retries, and one more for \
             each {ANSWERS_FOR_ONE} calls that it answers; look whether it is out of order, then run the command again"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_service_gets_its_floor_and_no_more() {
        let mut budget = Budget::default();
        // 300 steps that would each try eight times.
        let sent: usize = (0..300).map(|_| 1 + (0..7).take_while(|_| budget.take()).count()).sum();
        assert_eq!(sent, 400);
        assert!(Budget::used_up("ots").contains("100 retries"));
    }

    #[test]
    fn three_failures_in_ten_calls_are_outlived_for_ever() {
        let mut budget = Budget::default();
        for call in 0..100_000 {
            match call % 10 {
                0..3 => assert!(budget.take(), "{call}"),
                _ => budget.earn(),
            }
        }
    }

    #[test]
    fn answers_earn_a_share_and_never_more_than_the_floor() {
        let mut budget = Budget::default();
        while budget.take() {}
        for _ in 1..ANSWERS_FOR_ONE {
            budget.earn();
            assert!(!budget.take());
        }
        budget.earn();
        assert!(budget.take() && !budget.take());
        (0..100_000).for_each(|_| budget.earn());
        assert_eq!((0..300).take_while(|_| budget.take()).count(), 100);
    }
}
