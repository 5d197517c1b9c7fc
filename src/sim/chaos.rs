//! Decides which faults a request meets, from a seed and the number of the call, so that a run can be
//! repeated. Decides only; the HTTP server carries the fault out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One thing that goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The service's throttling error, before any effect.
    Throttle,
    /// A 5xx error before any effect.
    ErrorBefore,
    /// A 5xx error although the call took effect.
    ErrorAfter,
    /// The connection closes before any effect.
    LostBefore,
    /// The connection closes after the effect, without a reply.
    LostAfter,
    /// The effect happens; the body of the reply is replaced by random bytes.
    Garbage,
    /// The effect happens; the reply breaks off in the middle of its body.
    Truncate,
    /// The effect happens; the reply's own signature is wrong (services that sign replies).
    WrongSignature,
    /// The effect happens; the reply comes only when nobody waits for it any more.
    Slow,
    /// No effect, and a reply only when nobody waits for it any more.
    SlowBefore,
}

/// Names in the specification, in the order in which chances are drawn.
const FAULTS: [(&str, Fault); 10] = [
    ("throttle", Fault::Throttle),
    ("error_before", Fault::ErrorBefore),
    ("error_after", Fault::ErrorAfter),
    ("lost_before", Fault::LostBefore),
    ("lost_after", Fault::LostAfter),
    ("garbage", Fault::Garbage),
    ("truncate", Fault::Truncate),
    ("wrong_signature", Fault::WrongSignature),
    ("slow", Fault::Slow),
    ("slow_before", Fault::SlowBefore),
];

impl Fault {
    /// The fault's name in a specification.
    pub fn name(self) -> &'static str {
        FAULTS.iter().find(|(_, f)| *f == self).map_or("unknown", |(n, _)| n)
    }
}

/// The fastest clock: an hour passes in 36 ms.
const SPEED_MAX: u32 = 100_000;

/// A rule that hits exactly one call, the `call`-th (from 1) of `operation`, or every one when no number is given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exact {
    operation: String,
    call: Option<u64>,
    fault: Fault,
}

/// A specification of faults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chaos {
    seed: u64,
    latency_ms: (u64, u64),
    chances: BTreeMap<Fault, f64>,
    exact: Vec<Exact>,
    speed: Option<u32>,
    log: Option<PathBuf>,
    rate: Option<u64>,
}

/// What a specification of faults got wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chaos: {0}")]
pub struct ChaosError(String);

/// What one call meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How long the reply is held back.
    pub latency: Duration,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

impl Chaos {
    /// Reads a comma-separated specification such as
    /// `seed=7,latency=20ms,throttle=0.1,at=CreateDeliveryTask:1:lost_after,speed=100`.
    /// `at` hits every call when its number is `*`; `speed` says how fast time passes (see [`super::pace::Pace`]); `log` names a
    /// file that gets a line for each request: its operation and what it met.
    /// `rate` is the number of requests a second that each service answers before it asks to slow down.
    /// `latency` is in `ms` or `s` and may be a range (`20ms..80ms`); chances lie between 0 and 1 and add up to at most 1.
    ///
    /// # Errors
    /// Names the part that is not understood.
    pub fn parse(text: &str) -> Result<Self, ChaosError> {
        let mut chaos = Self::default();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| ChaosError(format!("`{part}` is not of the form name=value")))?;
            match name {
                "seed" => {
                    chaos.seed = value
                        .parse()
                        .map_err(|_| ChaosError(format!("seed `{value}` is not a whole number")))?;
                }
                "latency" => chaos.latency_ms = latency(value)?,
                "at" => chaos.exact.push(exact(value)?),
                "speed" => chaos.speed = Some(speed(value)?),
                "log" => chaos.log = Some(PathBuf::from(value)),
                "rate" => {
                    let rate = value.parse().ok().filter(|r| (1..=1_000_000).contains(r));
                    chaos.rate = Some(rate.ok_or_else(|| {
                        ChaosError(format!(
                            "rate `{value}` is not a whole number of requests a second, from 1"
                        ))
                    })?);
                }
                _ => {
                    let fault = fault(name)?;
                    let chance: f64 = value
                        .parse()
                        .ok()
                        .filter(|c| (0.0..=1.0).contains(c))
                        .ok_or_else(|| ChaosError(format!("{name} `{value}` is not between 0 and 1")))?;
                    chaos.chances.insert(fault, chance);
                }
            }
        }
        if chaos.chances.values().sum::<f64>() > 1.0 {
            return Err(ChaosError("the chances add up to more than 1".to_string()));
        }
        Ok(chaos)
    }

    /// How many times as fast as the machine's the clocks run; `None` for the machine's own.
    pub fn speed(&self) -> Option<u32> {
        self.speed
    }

    /// The file that gets a line for each request.
    pub fn log(&self) -> Option<&Path> {
        self.log.as_deref()
    }

    /// Requests a second that a service answers; none when it does not count.
    pub fn rate(&self) -> Option<u64> {
        self.rate
    }

    /// What the `call`-th call (from 1) of `operation` meets. The same for the same arguments, always.
    pub fn verdict(&self, operation: &str, call: u64) -> Verdict {
        let exact = self
            .exact
            .iter()
            .find(|e| e.operation == operation && e.call.is_none_or(|n| n == call))
            .map(|e| e.fault);
        let mut draw = Draw::new(self.seed, operation, call);
        let (low, high) = self.latency_ms;
        let spread = high.saturating_sub(low);
        let wait = low + if spread == 0 { 0 } else { draw.next() % (spread + 1) };
        Verdict {
            latency: Duration::from_millis(wait),
            fault: exact.or_else(|| self.by_chance(&mut draw)),
        }
    }

    fn by_chance(&self, draw: &mut Draw) -> Option<Fault> {
        let mut left = draw.unit();
        for (fault, chance) in &self.chances {
            if left < *chance {
                return Some(*fault);
            }
            left -= chance;
        }
        None
    }

    /// `length` bytes of nonsense for the `call`-th call of `operation`.
    pub fn noise(&self, operation: &str, call: u64, length: usize) -> Vec<u8> {
        let mut draw = Draw::new(!self.seed, operation, call);
        (0..length).map(|_| draw.next().to_le_bytes()[3]).collect()
    }
}

fn fault(name: &str) -> Result<Fault, ChaosError> {
    FAULTS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f).ok_or_else(|| {
        let known: Vec<&str> = FAULTS.iter().map(|(n, _)| *n).collect();
        ChaosError(format!("unknown fault `{name}`; known: {}", known.join(", ")))
    })
}

fn latency(text: &str) -> Result<(u64, u64), ChaosError> {
    let one = |t: &str| -> Result<u64, ChaosError> {
        let (number, unit_ms) = match t.strip_suffix("ms") {
            Some(number) => (number, 1),
            None => (t.strip_suffix('s').unwrap_or(""), 1000),
        };
        number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(unit_ms))
            .filter(|n| *n <= 600_000)
            .ok_or_else(|| ChaosError(format!("latency `{t}` is not of the form 20ms or 2s, at most 600s")))
    };
    match text.split_once("..") {
        None => one(text).map(|n| (n, n)),
        Some((low, high)) => {
            let (low, high) = (one(low)?, one(high)?);
            if low > high {
                return Err(ChaosError(format!("latency `{text}` ends before it begins")));
            }
            Ok((low, high))
        }
    }
}

fn speed(text: &str) -> Result<u32, ChaosError> {
    let number = text.parse().ok().filter(|n| (1..=SPEED_MAX).contains(n));
    number.ok_or_else(|| ChaosError(format!("speed `{text}` is not a number from 1 to {SPEED_MAX}")))
}

fn exact(text: &str) -> Result<Exact, ChaosError> {
    let parts: Vec<&str> = text.split(':').collect();
    let [operation, call, name] = parts[..] else {
        return Err(ChaosError(format!(
            "at `{text}` is not of the form Operation:call:fault"
        )));
    };
    let number = || call.parse().ok().filter(|c| *c > 0);
    let call = match call {
        "*" => None,
        _ => Some(number().ok_or_else(|| ChaosError(format!("call `{call}` is neither a number from 1 nor *")))?),
    };
    Ok(Exact {
        operation: operation.to_string(),
        call,
        fault: fault(name)?,
    })
}

/// SplitMix64 over seed, operation and call number.
struct Draw(u64);

impl Draw {
    fn new(seed: u64, operation: &str, call: u64) -> Self {
        // FNV-1a, so that operations draw independently of each other.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in operation.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(hash ^ call.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_verdicts_other_seed_others() {
        let spec = "throttle=0.2,lost_after=0.2,garbage=0.1,latency=1ms..9ms";
        let run = |seed: u64| -> Vec<Verdict> {
            let chaos = Chaos::parse(&format!("seed={seed},{spec}")).unwrap();
            (1..200).map(|n| chaos.verdict("PutBucket", n)).collect()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hit = run(7).iter().filter(|v| v.fault.is_some()).count();
        assert!((60..140).contains(&hit), "about half of 199 calls, got {hit}");
    }

    #[test]
    fn exact_form_hits_one_call_only() {
        let chaos = Chaos::parse("at=CreateTable:2:lost_after").unwrap();
        let faults: Vec<_> = (1..4).map(|n| chaos.verdict("CreateTable", n).fault).collect();
        assert_eq!(faults, [None, Some(Fault::LostAfter), None]);
        assert_eq!(chaos.verdict("DeleteTable", 2).fault, None);
    }

    #[test]
    fn a_star_hits_every_call() {
        let chaos = Chaos::parse("at=CreateTable:*:slow,speed=100").unwrap();
        assert!((1..9).all(|n| chaos.verdict("CreateTable", n).fault == Some(Fault::Slow)));
        assert_eq!(chaos.verdict("DeleteTable", 1).fault, None);
        assert_eq!(chaos.speed(), Some(100));
    }

    #[test]
    fn latency_is_in_milliseconds_or_seconds() {
        let wait = |text: &str| Chaos::parse(text).unwrap().verdict("PutBucket", 1).latency;
        assert_eq!(wait("latency=20ms"), Duration::from_millis(20));
        assert_eq!(wait("latency=2s"), Duration::from_secs(2));
        assert!(Chaos::parse("latency=601s").is_err());
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("nonsense", "name=value"),
            ("seed=x", "whole number"),
            ("latency=5", "20ms"),
            ("latency=9ms..1ms", "ends before"),
            ("throttle=2", "between 0 and 1"),
            ("throttle=0.6,garbage=0.6", "more than 1"),
            ("explode=0.1", "unknown fault `explode`"),
            ("at=CreateTable:0:garbage", "number from 1"),
            ("speed=0", "from 1 to"),
            ("at=CreateTable:1", "Operation:call:fault"),
            ("rate=0", "requests a second"),
            ("rate=fast", "requests a second"),
        ] {
            let message = Chaos::parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
