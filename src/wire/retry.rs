//! Whether and when to try a call again. Pure: attempts, elapsed time and jitter come in as values.
//!
//! A call is repeated only when the service is documented to have refused it without effect, or
//! when the caller declares that repeating is harmless. Sources: the retry rules of the Tablestore
//! SDKs for Go, Java and Python; OSS error reference; Alibaba Cloud SDK error handling.

use super::Response;
use super::error::{ApiError, TransportError};
use std::time::Duration;

/// What a second sending of the same call would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing more than the first: reads, and writes that end in the same state.
    Repeatable,
    /// Possibly harm: it must not be repeated unless the first certainly had no effect.
    Once,
}

/// What a failure means for trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Trying again cannot help, or could do harm.
    Final,
    /// Trying again is safe; the service wants at least this long a pause.
    Transient {
        /// The least pause; zero when the service did not say.
        at_least: Duration,
    },
}

impl Class {
    const TRANSIENT: Self = Self::Transient {
        at_least: Duration::ZERO,
    };

    fn transient_if(condition: bool) -> Self {
        if condition { Self::TRANSIENT } else { Self::Final }
    }
}

/// Bounds of trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most attempts in all, the first included.
    pub attempts: u32,
    /// Pause after the first attempt; doubled after each further one.
    pub first_pause: Duration,
    /// Longest pause of our own; the service may ask for a longer one.
    pub longest_pause: Duration,
    /// Time from the first attempt after which no other is started.
    pub deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempts: 8,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(3),
            deadline: Duration::from_secs(30),
        }
    }
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Try again after this pause.
    After(Duration),
    /// Report the failure.
    GiveUp,
}

/// Decides after attempt number `attempt` (1 for the first), `elapsed` after the first began.
/// `jitter` in 0..1 picks a pause between half and the whole of the backoff, so that clients that
/// failed together do not come back together.
pub fn decide(attempt: u32, class: Class, elapsed: Duration, limits: Limits, jitter: f64) -> Retry {
    let Class::Transient { at_least } = class else {
        return Retry::GiveUp;
    };
    if attempt >= limits.attempts {
        return Retry::GiveUp;
    }
    let doublings = attempt.saturating_sub(1).min(31);
    let backoff = limits
        .first_pause
        .saturating_mul(1 << doublings)
        .min(limits.longest_pause);
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        1.0
    };
    let half = backoff / 2;
    let pause = (half + half.mul_f64(jitter)).max(at_least);
    match elapsed.checked_add(pause) {
        Some(end) if end <= limits.deadline => Retry::After(pause),
        _ => Retry::GiveUp,
    }
}

/// Codes of Tablestore that refuse a call without effect.
const OTS_ALWAYS: [&str; 8] = [
    "OTSRowOperationConflict",
    "OTSNotEnoughCapacityUnit",
    "OTSTableNotReady",
    "OTSPartitionUnavailable",
    "OTSServerBusy",
    "OTSStorageServerBusy",
    "OTSOperationConflict",
    "OTSOperationThrottled",
];

/// Classifies an error of Tablestore.
pub fn classify_ots(error: &ApiError, effect: Effect) -> Class {
    match error.code.as_str() {
        code if OTS_ALWAYS.contains(&code) => Class::TRANSIENT,
        // The same code says that the number of tables is exhausted, which no pause mends.
        "OTSQuotaExhausted" => Class::transient_if(error.message.contains("Too frequent")),
        // A table takes one such change in two minutes, and does nothing with those that come earlier.
        "OTSTooFrequentReservedThroughputAdjustment" => Class::Transient {
            at_least: Duration::from_secs(10),
        },
        "OTSTimeout" | "OTSInternalServerError" | "OTSServerUnavailable" => {
            Class::transient_if(effect == Effect::Repeatable)
        }
        _ => Class::transient_if(error.status >= 500 && effect == Effect::Repeatable),
    }
}

/// Classifies an error of OSS, with the reply it was read from. The 401 that an OSS SDK repeats is
/// final here: the same credentials give the same answer.
pub fn classify_oss(error: &ApiError, response: &Response, effect: Effect) -> Class {
    let class = match (error.status, error.code.as_str()) {
        // Refused for its date; the next attempt is signed anew.
        (_, "RequestTimeTooSkewed") | (429, _) => Class::TRANSIENT,
        (501, _) => Class::Final,
        // A throttled OSS says how long it was delayed.
        (503, _) if delay(response, "x-oss-qos-delay-time").is_some() => Class::TRANSIENT,
        (408 | 500.., _) => Class::transient_if(effect == Effect::Repeatable),
        _ => Class::Final,
    };
    not_before(class, response, "x-oss-qos-delay-time")
}

/// Classifies an error of an RPC service, with the reply it was read from. `x-acs-retry-after`
/// makes any error a throttled call, as in the SDKs.
pub fn classify_rpc(error: &ApiError, response: &Response, effect: Effect) -> Class {
    let throttled =
        error.code.contains("Throttling") || error.status == 429 || delay(response, "x-acs-retry-after").is_some();
    let class = match error.status {
        _ if throttled => Class::TRANSIENT,
        _ if error.code == "ServiceUnavailable" => Class::transient_if(effect == Effect::Repeatable),
        501 => Class::Final,
        500.. => Class::transient_if(effect == Effect::Repeatable),
        _ => Class::Final,
    };
    not_before(class, response, "x-acs-retry-after")
}

/// Codes of Huawei Cloud's services that refuse a call without effect, for now: DIS's traffic limits, and a Kafka
/// instance or its order that is busy with another change (Terraform provider for Huawei Cloud).
/// The gateway's code has two spellings.
const HUAWEI_ALWAYS: [&str; 6] = [
    "DIS.4303",
    "DIS.4305",
    "DMS.00400026",
    "CBC.99003651",
    "APIGW.0308",
    "APIG.0308",
];

/// Classifies an error of a JSON service of Huawei Cloud. DIS.4309 says that the caller is locked out after repeated
/// failures: trying again would prolong it.
pub fn classify_huawei(error: &ApiError, effect: Effect) -> Class {
    match (error.status, error.code.as_str()) {
        (_, "DIS.4309") | (501, _) => Class::Final,
        (_, code) if HUAWEI_ALWAYS.contains(&code) => Class::TRANSIENT,
        (429, _) => Class::TRANSIENT,
        (408 | 500.., _) => Class::transient_if(effect == Effect::Repeatable),
        _ => Class::Final,
    }
}

/// Classifies an error of OBS.
pub fn classify_obs(error: &ApiError, effect: Effect) -> Class {
    match (error.status, error.code.as_str()) {
        (_, "RequestTimeTooSkewed" | "SlowDown") | (429, _) => Class::TRANSIENT,
        (501, _) => Class::Final,
        (408 | 500.., _) => Class::transient_if(effect == Effect::Repeatable),
        _ => Class::Final,
    }
}

/// Classifies a missing or unusable answer. What was never sent is safe to send again; what was
/// sent and not answered may have had its effect.
pub fn classify_transport(error: &TransportError, effect: Effect) -> Class {
    match error {
        TransportError::Unreachable { .. } | TransportError::TimedOut { connecting: true, .. } => Class::TRANSIENT,
        TransportError::TimedOut { .. } | TransportError::Interrupted { .. } | TransportError::Garbled { .. } => {
            Class::transient_if(effect == Effect::Repeatable)
        }
        TransportError::TooLarge { .. }
        | TransportError::NotTls { .. }
        | TransportError::Unsendable { .. }
        | TransportError::ReplySignature { .. } => Class::Final,
    }
}

/// The same class, and not before the service wishes: `Retry-After`, in seconds or as a date that is compared with the reply's
/// own (RFC 9110, 10.2.3).
pub fn with_retry_after(class: Class, response: &Response) -> Class {
    let Class::Transient { at_least } = class else {
        return class;
    };
    let wish = response.header("retry-after").map(str::trim);
    let wished = wish.and_then(|wish| match wish.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
            let then = date(wish)?;
            let now = date(response.header("date")?.trim())?;
            Duration::try_from(then.duration_since(now)).ok()
        }
    });
    Class::Transient {
        at_least: wished.map_or(at_least, |wished| wished.max(at_least)),
    }
}

/// A positive number of milliseconds in a header.
fn delay(response: &Response, header: &str) -> Option<Duration> {
    let ms: u64 = response.header(header)?.trim().parse().ok()?;
    (ms > 0).then(|| Duration::from_millis(ms))
}

fn not_before(class: Class, response: &Response, header: &str) -> Class {
    match (class, delay(response, header)) {
        (Class::Transient { .. }, Some(at_least)) => Class::Transient { at_least },
        _ => class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error::Service;
    use bytes::Bytes;

    const LIMITS: Limits = Limits {
        attempts: 4,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_millis(300),
        deadline: Duration::from_secs(1),
    };

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn error(status: u16, code: &str, message: &str) -> ApiError {
        ApiError {
            service: Service::Tablestore,
            operation: "X".into(),
            status,
            code: code.into(),
            message: message.into(),
            request_id: String::new(),
        }
    }

    fn reply(header: Option<(&str, &str)>) -> Response {
        let headers = header
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .into_iter()
            .collect();
        Response {
            status: 500,
            headers,
            body: Bytes::new(),
        }
    }

    #[test]
    fn huawei_codes_say_whether_to_try_again() {
        for (status, code, repeatable, once) in [
            (400, "DIS.4303", true, true),
            (400, "DIS.4309", false, false),
            (500, "DIS.5000", true, false),
            (400, "DMS.00400026", true, true),
            (429, "", true, true),
            (408, "", true, false),
            (404, "", false, false),
            (501, "", false, false),
        ] {
            let error = error(status, code, "");
            let tries = |effect| classify_huawei(&error, effect) != Class::Final;
            assert_eq!(
                (tries(Effect::Repeatable), tries(Effect::Once)),
                (repeatable, once),
                "{status} {code}"
            );
        }
    }

    #[test]
    fn pauses_double_to_their_bound_and_jitter_takes_up_to_half() {
        let at = |attempt, jitter| decide(attempt, Class::TRANSIENT, ms(0), LIMITS, jitter);
        assert_eq!(at(1, 1.0), Retry::After(ms(100)));
        assert_eq!(at(1, 0.0), Retry::After(ms(50)));
        assert_eq!(at(2, 1.0), Retry::After(ms(200)));
        assert_eq!(at(3, 1.0), Retry::After(ms(300)));
        assert_eq!(at(4, 1.0), Retry::GiveUp);
        for odd in [f64::NAN, f64::INFINITY, -1.0, 7.0] {
            let Retry::After(pause) = at(1, odd) else {
                panic!("{odd}")
            };
            assert!((ms(50)..=ms(100)).contains(&pause), "{odd}");
        }
        let many = Limits {
            attempts: u32::MAX,
            ..LIMITS
        };
        let late = decide(u32::MAX - 1, Class::TRANSIENT, ms(0), many, 1.0);
        assert_eq!(late, Retry::After(ms(300)));
    }

    #[test]
    fn deadline_and_the_services_wish_bound_the_pause() {
        let asked = Class::Transient { at_least: ms(800) };
        assert_eq!(decide(1, asked, ms(200), LIMITS, 0.5), Retry::After(ms(800)));
        assert_eq!(decide(1, asked, ms(201), LIMITS, 0.5), Retry::GiveUp);
        assert_eq!(decide(1, Class::TRANSIENT, ms(999), LIMITS, 0.0), Retry::GiveUp);
        assert_eq!(decide(1, Class::TRANSIENT, Duration::MAX, LIMITS, 0.0), Retry::GiveUp);
        assert_eq!(decide(1, Class::Final, ms(0), LIMITS, 0.0), Retry::GiveUp);
    }

    /// Rows: status, code, message, transient when repeatable, transient when not.
    #[test]
    fn tablestore_codes() {
        for (status, code, message, repeatable, once) in [
            (409, "OTSRowOperationConflict", "", true, true),
            (404, "OTSTableNotReady", "", true, true),
            (503, "OTSPartitionUnavailable", "", true, true),
            (503, "OTSServerBusy", "", true, true),
            (403, "OTSNotEnoughCapacityUnit", "", true, true),
            (403, "OTSQuotaExhausted", "Too frequent table operations.", true, true),
            (
                403,
                "OTSQuotaExhausted",
                "Number of tables exceeded the quota.",
                false,
                false,
            ),
            (503, "OTSTimeout", "", true, false),
            (500, "OTSInternalServerError", "", true, false),
            (503, "OTSServerUnavailable", "", true, false),
            (502, "", "<html>", true, false),
            (404, "OTSObjectNotExist", "", false, false),
            (403, "OTSAuthFailed", "", false, false),
            (400, "OTSParameterInvalid", "", false, false),
            (408, "OTSRequestTimeout", "", false, false),
        ] {
            let error = error(status, code, message);
            let class = |effect| classify_ots(&error, effect) == Class::TRANSIENT;
            assert_eq!(class(Effect::Repeatable), repeatable, "{error}");
            assert_eq!(class(Effect::Once), once, "{error}");
        }
    }

    #[test]
    fn oss_statuses() {
        for (status, code, repeatable, once) in [
            (403, "RequestTimeTooSkewed", true, true),
            (429, "", true, true),
            (408, "", true, false),
            (500, "InternalError", true, false),
            (503, "ServiceUnavailable", true, false),
            (501, "NotImplemented", false, false),
            (401, "", false, false),
            (403, "AccessDenied", false, false),
            (409, "BucketNotEmpty", false, false),
        ] {
            let error = error(status, code, "");
            let class = |effect| classify_oss(&error, &reply(None), effect) == Class::TRANSIENT;
            assert_eq!(class(Effect::Repeatable), repeatable, "{error}");
            assert_eq!(class(Effect::Once), once, "{error}");
        }
        let slow = reply(Some(("x-oss-qos-delay-time", "250")));
        let class = classify_oss(&error(503, "", ""), &slow, Effect::Once);
        assert_eq!(class, Class::Transient { at_least: ms(250) });
        assert_eq!(
            classify_oss(&error(403, "", ""), &slow, Effect::Repeatable),
            Class::Final
        );
    }

    #[test]
    fn retry_after_is_in_seconds_or_a_date() {
        let date = "Sat, 21 Nov 2026 08:00:00 GMT";
        let asked = |headers: &[(&str, &str)], class| {
            let headers = headers.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            let reply = Response {
                status: 429,
                headers,
                body: Bytes::new(),
            };
            with_retry_after(class, &reply)
        };
        let after = |text| [("retry-after", text), ("date", date)];
        for (text, expected) in [
            ("3", 3_000),
            (" 120 ", 120_000),
            ("Sat, 21 Nov 2026 08:00:07 GMT", 7_000),
            ("Sat, 21 Nov 2026 07:00:00 GMT", 0),
            ("0", 0),
            ("soon", 0),
            ("-1", 0),
            ("99999999999999999999999", 0),
        ] {
            let class = asked(&after(text), Class::TRANSIENT);
            assert_eq!(class, Class::Transient { at_least: ms(expected) }, "{text}");
            assert_eq!(
                asked(&after(text), Class::Final),
                Class::Final,
                "what is final stays final"
            );
        }
        let longer = Class::Transient { at_least: ms(9_000) };
        assert_eq!(asked(&after("3"), longer), longer);
        let no_date = [("retry-after", "Sat, 21 Nov 2026 08:00:07 GMT")];
        assert_eq!(asked(&no_date, Class::TRANSIENT), Class::TRANSIENT);
        let absurd = asked(&after("18446744073709551615"), Class::TRANSIENT);
        assert_eq!(decide(1, absurd, ms(5), LIMITS, 0.5), Retry::GiveUp);
    }

    #[test]
    fn rpc_codes() {
        for (status, code, repeatable, once) in [
            (400, "Throttling.User", true, true),
            (503, "Rejected.Throttling", true, true),
            (503, "ServiceUnavailable", true, false),
            (500, "InternalError", true, false),
            (404, "EntityNotExist.Role", false, false),
            (409, "EntityAlreadyExists.Role", false, false),
        ] {
            let error = error(status, code, "");
            let class = |effect| classify_rpc(&error, &reply(None), effect) == Class::TRANSIENT;
            assert_eq!(class(Effect::Repeatable), repeatable, "{error}");
            assert_eq!(class(Effect::Once), once, "{error}");
        }
        let asked = |value| {
            let reply = reply(Some(("x-acs-retry-after", value)));
            classify_rpc(&error(400, "Busy", ""), &reply, Effect::Once)
        };
        assert_eq!(asked("1500"), Class::Transient { at_least: ms(1500) });
        for value in ["0", "-1", "soon", ""] {
            assert_eq!(asked(value), Class::Final, "{value}");
        }
    }

    #[test]
    fn a_lost_reply_is_not_repeated_blindly() {
        let endpoint = || "h".to_string();
        let timed_out = |connecting| TransportError::TimedOut {
            endpoint: endpoint(),
            limit: ms(1),
            connecting,
        };
        for (error, repeatable, once) in [
            (
                TransportError::Unreachable {
                    endpoint: endpoint(),
                    reason: String::new(),
                },
                true,
                true,
            ),
            (timed_out(true), true, true),
            (timed_out(false), true, false),
            (
                TransportError::Interrupted {
                    endpoint: endpoint(),
                    reason: String::new(),
                },
                true,
                false,
            ),
            (
                TransportError::TooLarge {
                    endpoint: endpoint(),
                    limit: 1,
                },
                false,
                false,
            ),
            (TransportError::NotTls { endpoint: endpoint() }, false, false),
        ] {
            let class = |effect| classify_transport(&error, effect) == Class::TRANSIENT;
            assert_eq!(class(Effect::Repeatable), repeatable, "{error}");
            assert_eq!(class(Effect::Once), once, "{error}");
        }
    }
}
