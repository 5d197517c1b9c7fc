//! The life of a step as one pure function: which event may follow which phase. Rejects every other order; stores
//! nothing.

use std::fmt;

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Committed with its run; nothing was sent.
    Planned,
    /// Its call may be on the way.
    Begun,
    /// Its call failed in a way that leaves its effect open.
    Uncertain,
    /// Done, and its row is written.
    Done,
    /// Failed, and what is left of its object is written.
    Failed,
    /// Never begun, because something before it failed or the user stopped the run.
    Skipped,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 6] = [
        Phase::Planned,
        Phase::Begun,
        Phase::Uncertain,
        Phase::Done,
        Phase::Failed,
        Phase::Skipped,
    ];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Planned => "planned",
            Phase::Begun => "begun",
            Phase::Uncertain => "uncertain",
            Phase::Done => "done",
            Phase::Failed => "failed",
            Phase::Skipped => "skipped",
        }
    }

    /// Reads the word stored.
    pub fn parse(word: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// Whether recovery has to look what became of it.
    pub fn is_open(self) -> bool {
        matches!(self, Phase::Begun | Phase::Uncertain)
    }
}

/// What happens to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Its call is about to be sent.
    Begin,
    /// Its call is about to be sent again, with the same intent.
    Repeat,
    /// Its driver learnt the identity of the object.
    Note,
    /// It succeeded.
    End,
    /// It failed without doubt.
    Fail,
    /// It failed and may have had its effect.
    Lose,
    /// It has no outside effect and its row is written.
    Record,
    /// It will not be begun.
    Skip,
}

/// An event that can't follow a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a step that is {} can't {event}", .phase.as_str())]
pub struct OrderError {
    /// Where the step is.
    pub phase: Phase,
    /// What was to happen.
    pub event: Event,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Event::Begin => "begin",
            Event::Repeat => "be repeated",
            Event::Note => "note an identity",
            Event::End => "end",
            Event::Fail => "fail",
            Event::Lose => "become uncertain",
            Event::Record => "be recorded without a beginning",
            Event::Skip => "be skipped",
        })
    }
}

/// The phase after an event.
///
/// # Errors
/// The event can't follow: a bug of the caller, or two of them at work on one run.
pub fn next_status(phase: Phase, event: Event) -> Result<Phase, OrderError> {
    match (phase, event) {
        (Phase::Planned, Event::Begin) => Ok(Phase::Begun),
        (Phase::Planned, Event::Record) => Ok(Phase::Done),
        (Phase::Planned, Event::Skip) => Ok(Phase::Skipped),
        (Phase::Begun | Phase::Uncertain, Event::Repeat) => Ok(Phase::Begun),
        (Phase::Begun | Phase::Uncertain, Event::Note) => Ok(phase),
        (Phase::Begun | Phase::Uncertain, Event::End) => Ok(Phase::Done),
        (Phase::Begun | Phase::Uncertain, Event::Fail) => Ok(Phase::Failed),
        (Phase::Begun | Phase::Uncertain, Event::Lose) => Ok(Phase::Uncertain),
        _ => Err(OrderError { phase, event }),
    }
}

/// The phase after all events of a step, in order.
///
/// # Errors
/// The first event that can't follow.
pub fn fold(events: impl IntoIterator<Item = Event>) -> Result<Phase, OrderError> {
    events.into_iter().try_fold(Phase::Planned, next_status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 8] = [
        Event::Begin,
        Event::Repeat,
        Event::Note,
        Event::End,
        Event::Fail,
        Event::Lose,
        Event::Record,
        Event::Skip,
    ];

    #[test]
    fn ordinary_lives_end_where_they_should() {
        use Event::*;
        for (events, expected) in [
            (vec![], Phase::Planned),
            (vec![Begin], Phase::Begun),
            (vec![Begin, End], Phase::Done),
            (vec![Begin, Note, Fail], Phase::Failed),
            (vec![Begin, Lose], Phase::Uncertain),
            (vec![Begin, Lose, Repeat, End], Phase::Done),
            (vec![Begin, Repeat, Repeat, End], Phase::Done),
            (vec![Record], Phase::Done),
            (vec![Skip], Phase::Skipped),
        ] {
            assert_eq!(fold(events.clone()), Ok(expected), "{events:?}");
        }
    }

    #[test]
    fn what_has_ended_stays_ended() {
        for phase in [Phase::Done, Phase::Failed, Phase::Skipped] {
            for event in EVENTS {
                assert_eq!(next_status(phase, event), Err(OrderError { phase, event }));
            }
        }
    }

    #[test]
    fn nothing_ends_that_has_not_begun() {
        for event in [Event::End, Event::Fail, Event::Lose, Event::Note, Event::Repeat] {
            assert!(next_status(Phase::Planned, event).is_err(), "{event}");
        }
        assert!(next_status(Phase::Begun, Event::Begin).is_err());
        assert!(next_status(Phase::Begun, Event::Record).is_err());
        assert!(next_status(Phase::Begun, Event::Skip).is_err());
    }

    #[test]
    fn a_begun_step_stays_open_until_it_ends() {
        for phase in Phase::ALL {
            for event in EVENTS {
                if let Ok(next) = next_status(phase, event) {
                    let ends = matches!(event, Event::End | Event::Fail | Event::Record | Event::Skip);
                    assert_eq!(next.is_open(), !ends, "{phase:?} {event}");
                }
            }
        }
    }

    #[test]
    fn phases_are_read_back() {
        for phase in Phase::ALL {
            assert_eq!(Phase::parse(phase.as_str()), Some(phase));
        }
        assert_eq!(Phase::parse("open"), None);
    }
}
