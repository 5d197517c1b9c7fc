//! Services that lock a caller out who goes on sending what they refuse: DIS does (DIS.4309). Decides when to stop calling, before that
//! and certainly after it. Pure.

/// Refused calls after which a run stops calling such a service. DIS does not publish its threshold nor how long it locks a caller
/// out; ten is enough to show what is wrong, and little for a service that serves thousands of calls a minute.
const REFUSED_MAX: u32 = 10;

/// What a fault is to a service that locks callers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing bad.
    None,
    /// A bad request: the service counts them.
    Refused,
    /// The caller is locked out.
    LockedOut,
}

/// What is known of one caller of one service in this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lockout {
    refused: u32,
    locked_out: Option<String>,
}

impl Lockout {
    /// Takes note of a fault; `words` are the service's.
    pub fn note(&mut self, mark: Mark, words: &str) {
        match mark {
            Mark::None => {}
            Mark::Refused => self.refused = self.refused.saturating_add(1),
            Mark::LockedOut => {
                self.locked_out.get_or_insert_with(|| words.to_string());
            }
        }
    }

    /// Why the service must not be called any more in this run: what is wrong, and what helps.
    pub fn closed(&self, service: &str) -> Option<(String, &'static str)> {
        if let Some(words) = &self.locked_out {
            let what =
                format!("not sent: {service} has locked this access key out for too many bad requests ({words})");
            return Some((
                what,
                "further calls would prolong it, so none is made in this run; it is not published how long it lasts: mend what the \
                 first errors say, wait some minutes and run the command again",
            ));
        }
        (self.refused >= REFUSED_MAX).then(|| {
            let what = format!("not sent: {service} refused {} calls of this run as wrong", self.refused);
            (
                what,
                "it locks an access key out that goes on like that, so no more calls are made to it in this run; mend what the \
                 first errors say and run the command again",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_stopped_before_the_service_does() {
        let mut lockout = Lockout::default();
        for _ in 0..9 {
            lockout.note(Mark::Refused, "bad");
            lockout.note(Mark::None, "fine");
            assert_eq!(lockout.closed("dis"), None);
        }
        lockout.note(Mark::Refused, "bad");
        let (what, help) = lockout.closed("dis").expect("closed");
        assert_eq!(what, "not sent: dis refused 10 calls of this run as wrong");
        assert!(help.contains("locks an access key out"), "{help}");
    }

    #[test]
    fn who_is_locked_out_stays_so_and_knows_why() {
        let mut lockout = Lockout::default();
        lockout.note(Mark::LockedOut, "DIS.4309: too many failures");
        lockout.note(Mark::LockedOut, "later");
        lockout.note(Mark::None, "");
        let (what, help) = lockout.closed("dis").expect("closed");
        assert!(what.ends_with("(DIS.4309: too many failures)"), "{what}");
        assert!(help.contains("not published how long"), "{help}");
    }
}
