//! Calls against a scripted service with a clock that only waiting moves.

use super::super::call::Fault;
use super::*;
use crate::base::{Secret, Value};
use crate::wire::{ApiError, Service};
use std::collections::VecDeque;

/// What the service does with one request.
#[derive(Clone, Copy, Debug)]
enum Act {
    Reply(u16),
    Refuse,
    Lose,
    Hang,
    Forge,
}

struct Script {
    acts: Mutex<VecDeque<Act>>,
    slept: Mutex<Vec<Duration>>,
    signed: Mutex<Vec<String>>,
}

impl Cloud for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let stamp = request.header("x-stamp").unwrap_or_default().to_string();
        self.signed.lock().expect("one thread").push(stamp);
        let act = self
            .acts
            .lock()
            .expect("one thread")
            .pop_front()
            .unwrap_or(Act::Reply(200));
        let endpoint = || "cloud:443".to_string();
        let reply = |status, forged: bool| Response {
            status,
            headers: vec![("x-forged".to_string(), forged.to_string())],
            body: bytes::Bytes::new(),
        };
        Box::pin(async move {
            match act {
                Act::Reply(status) => Ok(reply(status, false)),
                Act::Forge => Ok(reply(200, true)),
                Act::Refuse => Err(TransportError::Unreachable {
                    endpoint: endpoint(),
                    reason: "refused".to_string(),
                }),
                Act::Lose => Err(TransportError::Interrupted {
                    endpoint: endpoint(),
                    reason: "reset".to_string(),
                }),
                Act::Hang => std::future::pending().await,
            }
        })
    }

    fn now(&self) -> Timestamp {
        let slept: Duration = self.slept.lock().expect("one thread").iter().sum();
        Timestamp::UNIX_EPOCH + slept
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.slept.lock().expect("one thread").push(pause) })
    }

    fn random(&self) -> u128 {
        u128::MAX
    }
}

/// 429 is throttling, 409 a conflict, 400 a bad request, 418 says that the caller is locked out, 503 a failure, 425 not ready.
struct Plain;

impl Protocol for Plain {
    fn sign(&self, request: &mut Request, attempt: &Attempt<'_>) {
        request.set_header("x-stamp", attempt.now.to_string());
    }

    fn verify(&self, _: &Request, reply: &Response, _: &Attempt<'_>) -> Result<(), String> {
        match reply.header("x-forged") {
            Some("true") => Err("forged".to_string()),
            _ => Ok(()),
        }
    }

    fn fault(&self, call: &Call, reply: &Response) -> Option<Fault> {
        let transient = Class::Transient {
            at_least: Duration::ZERO,
        };
        let (kind, class) = match reply.status {
            200 => return None,
            429 => (FaultKind::Throttled, transient),
            425 => (FaultKind::NotReady, transient),
            409 => (FaultKind::Conflict, Class::Final),
            400 => (FaultKind::Rejected, Class::Final),
            418 => (FaultKind::Denied, Class::Final),
            _ if call.effect == Effect::WritesOnce => (FaultKind::Failed, Class::Final),
            _ => (FaultKind::Failed, transient),
        };
        let error = ApiError {
            service: Service::Tablestore,
            operation: call.operation.to_string(),
            status: reply.status,
            code: format!("Code{}", reply.status),
            message: "key s3cr3t".to_string(),
            request_id: "r1".to_string(),
        };
        Some(Fault { kind, class, error })
    }

    /// As a service that locks callers out.
    fn mark(&self, fault: &Fault) -> Mark {
        match fault.kind {
            FaultKind::Denied => Mark::LockedOut,
            FaultKind::Rejected => Mark::Refused,
            _ => Mark::None,
        }
    }
}

fn script(acts: &[Act]) -> (Session, Arc<Script>) {
    let cloud = Arc::new(Script {
        acts: Mutex::new(acts.iter().copied().collect()),
        slept: Mutex::default(),
        signed: Mutex::default(),
    });
    let config = ProviderConfig {
        provider: "alicloud".to_string(),
        credentials: Some(Credentials {
            access_key: "id".to_string(),
            secret: Secret::new("s3cr3t"),
            security_token: None,
        }),
        ..ProviderConfig::default()
    };
    (Session::new(config, Arc::clone(&cloud) as Arc<dyn Cloud>), cloud)
}

fn request() -> Request {
    Request {
        method: http::Method::POST,
        scheme: "https".to_string(),
        authority: "cloud".to_string(),
        path: "/".to_string(),
        query: Vec::new(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
    }
}

fn alicloud() -> crate::schema::ResourceSchema {
    let text = include_str!("../../../schemas/alicloud/provider.hcl");
    crate::schema::load::load_text("provider.hcl", text).expect("loads")
}

fn make(effect: Effect) -> Call {
    Call::new("ots", "Make", effect, "thing t")
}

async fn outcome(session: &Session, effect: Effect) -> Result<u16, DriverError> {
    let reply = session.call(&make(effect), &Plain, &request()).await;
    reply.map(|r| r.status)
}

#[tokio::test]
async fn what_is_safe_is_tried_again_and_signed_anew() {
    for (acts, effect) in [
        (vec![Act::Refuse, Act::Refuse], Effect::WritesOnce),
        (vec![Act::Reply(429), Act::Reply(425)], Effect::WritesOnce),
        (vec![Act::Lose, Act::Reply(503)], Effect::Writes),
        (vec![Act::Lose, Act::Reply(503)], Effect::Reads),
    ] {
        let (session, cloud) = script(&acts);
        assert_eq!(outcome(&session, effect).await, Ok(200), "{acts:?}");
        let signed = cloud.signed.lock().expect("one thread").clone();
        let different: std::collections::BTreeSet<&String> = signed.iter().collect();
        assert_eq!((signed.len(), different.len()), (3, 3), "{acts:?}: {signed:?}");
        assert_eq!(session.requests().get("ots:Make"), Some(&3));
    }
}

#[tokio::test]
async fn a_call_that_was_never_sent_had_no_effect() {
    let (session, _) = script(&[Act::Refuse; 20]);
    let error = outcome(&session, Effect::Writes).await.expect_err("nobody answers");
    assert!(!error.effect_unknown(), "{error}");
    let mut acts = vec![Act::Lose];
    acts.extend([Act::Refuse; 20]);
    let (session, _) = script(&acts);
    let error = outcome(&session, Effect::Writes).await.expect_err("nobody answers");
    assert!(
        error.effect_unknown(),
        "the first attempt may have had its effect: {error}"
    );
}

#[tokio::test]
async fn what_may_have_happened_is_not_done_twice() {
    for act in [Act::Lose, Act::Reply(503), Act::Hang] {
        let (session, _) = script(&[act]);
        let error = outcome(&session, Effect::WritesOnce).await.expect_err("it failed");
        assert!(error.effect_unknown(), "{act:?}: {error}");
        assert_eq!(session.requests().get("ots:Make"), Some(&1), "{act:?}");
    }
    for act in [Act::Reply(409), Act::Forge] {
        let (session, _) = script(&[act]);
        assert!(outcome(&session, Effect::Reads).await.is_err(), "{act:?}");
        assert_eq!(session.requests().get("ots:Make"), Some(&1), "{act:?}");
    }
}

#[tokio::test]
async fn failures_end_after_some_attempts_and_throttling_at_the_deadline() {
    let (session, _) = script(&[Act::Reply(503); 50]);
    let error = outcome(&session, Effect::Reads).await.expect_err("it failed");
    assert!(
        matches!(&error, DriverError::Failed(r) if r.code.as_deref() == Some("Code503")),
        "{error}"
    );
    assert!(!error.to_string().contains("s3cr3t"), "{error}");
    assert_eq!(session.requests().get("ots:Make"), Some(&8));

    let (session, cloud) = script(&[Act::Reply(429); 500]);
    let limited = session.within(Duration::from_secs(300));
    let error = outcome(&limited, Effect::Writes).await.expect_err("it failed");
    assert!(matches!(error, DriverError::Throttled(_)), "{error}");
    let spent = cloud.now().duration_since(Timestamp::UNIX_EPOCH).as_secs();
    assert!((290..=300).contains(&spent), "{spent}");
}

#[tokio::test]
async fn a_hanging_service_and_an_endless_wait_end_at_the_deadline() {
    let (session, cloud) = script(&[Act::Hang]);
    let error = outcome(&session.within(Duration::from_secs(5)), Effect::Writes).await;
    assert!(
        matches!(&error, Err(DriverError::TimedOut(r)) if r.help.is_some()),
        "{error:?}"
    );
    assert_eq!(*cloud.slept.lock().expect("one thread"), [Duration::from_secs(5)]);

    let (session, cloud) = script(&[]);
    let limits = Limits {
        pause: Duration::from_secs(1),
        pause_max: Duration::from_secs(4),
        total: Duration::from_secs(20),
    };
    let call = make(Effect::Reads);
    let never = session
        .poll(&call, "the thing", limits, || async { Ok(None::<()>) })
        .await;
    assert!(
        matches!(&never, Err(DriverError::TimedOut(r)) if r.message.contains("the thing")),
        "{never:?}"
    );
    let slept = cloud.slept.lock().expect("one thread").clone();
    assert!(
        slept.iter().sum::<Duration>() < limits.total && slept.contains(&limits.pause_max),
        "{slept:?}"
    );
}

#[tokio::test]
async fn a_reading_session_does_not_write_and_one_without_a_key_does_nothing() {
    let (session, _) = script(&[]);
    let reading = session.clone().read_only();
    assert_eq!(outcome(&reading, Effect::Reads).await, Ok(200));
    for effect in [Effect::Writes, Effect::WritesOnce] {
        assert!(matches!(outcome(&reading, effect).await, Err(DriverError::Rejected(_))));
    }
    let keyless = Session::new(
        ProviderConfig {
            credentials: None,
            variables: crate::driver::config::variables(&alicloud()),
            ..session.config().clone()
        },
        Arc::clone(&session.cloud),
    );
    let error = outcome(&keyless, Effect::Reads).await.expect_err("no key");
    let help = error.reply().help.clone().unwrap_or_default();
    assert!(
        matches!(error, DriverError::Denied(_)) && help.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        "{help}"
    );
    assert_eq!(session.requests().get("ots:Make"), Some(&1));
}

#[tokio::test]
async fn the_token_of_a_step_stays_and_identities_are_noted() {
    struct Notes(Mutex<Vec<Known>>);
    impl IdentityNotes for Notes {
        fn note<'a>(&'a self, identity: &'a Known) -> BoxFuture<'a, Result<(), String>> {
            Box::pin(async move {
                let mut notes = self.0.lock().expect("one thread");
                notes.push(identity.clone());
                if notes.len() > 1 {
                    Err("disk full".to_string())
                } else {
                    Ok(())
                }
            })
        }
    }
    let (session, _) = script(&[]);
    assert_eq!(session.clone().with_token("t-1").token(), "t-1");
    assert_eq!(session.token().len(), 36);
    let notes = Arc::new(Notes(Mutex::default()));
    let noting = session.with_notes(Arc::clone(&notes) as Arc<dyn IdentityNotes>);
    let identity = Known::new(Value::object_of([("id", Value::string("x"))])).expect("known");
    let call = make(Effect::Writes);
    assert_eq!(noting.note_identity(&call, &identity).await, Ok(()));
    let error = noting.note_identity(&call, &identity).await.expect_err("not stored");
    assert!(error.to_string().contains("disk full"), "{error}");
}

#[tokio::test]
async fn a_refusal_after_a_lost_reply_does_not_say_that_nothing_happened() {
    for act in [Act::Reply(429), Act::Refuse, Act::Reply(418)] {
        let mut acts = vec![Act::Lose];
        acts.extend([act; 500]);
        let (session, _) = script(&acts);
        let error = outcome(&session, Effect::Writes).await.expect_err("it failed");
        assert!(error.effect_unknown(), "{act:?}: {error}");
    }
    let (session, _) = script(&[Act::Reply(429); 500]);
    let error = outcome(&session, Effect::Writes).await.expect_err("it failed");
    assert!(matches!(error, DriverError::Throttled(_)), "{error}");
}

#[tokio::test]
async fn a_broken_service_gets_few_retries_in_all() {
    let (session, _) = script(&[Act::Reply(503); 10_000]);
    let mut last = None;
    for _ in 0..300 {
        last = outcome(&session, Effect::Writes).await.err();
    }
    assert_eq!(session.requests().get("ots:Make"), Some(&400));
    let help = last.and_then(|e| e.reply().help.clone()).unwrap_or_default();
    assert!(help.contains("100 retries"), "{help}");
    // What works again earns retries again.
    let (working, _) = script(&[]);
    assert_eq!(outcome(&working, Effect::Writes).await, Ok(200));
}

#[tokio::test]
async fn a_caller_that_is_locked_out_or_soon_would_be_calls_no_more() {
    for (status, sent) in [(418, 1), (400, 10)] {
        let (session, cloud) = script(&[Act::Reply(status); 100]);
        let around: Arc<Surroundings> = Arc::default();
        let first = session.clone().among(Arc::clone(&around));
        // Another configuration with the same key is the same caller.
        let second = Session::new(session.config().clone(), Arc::clone(&session.cloud)).among(around);
        for _ in 0..20 {
            assert!(outcome(&first, Effect::Reads).await.is_err());
        }
        let error = outcome(&second, Effect::Writes).await.expect_err("not sent");
        assert!(error.to_string().contains("not sent: ots"), "{error}");
        assert!(!error.effect_unknown() && error.reply().help.is_some(), "{error:?}");
        assert_eq!(cloud.signed.lock().expect("one thread").len(), sent, "{status}");
    }
}

#[tokio::test]
async fn the_user_is_told_of_a_service_that_slows_us_down() {
    let (session, _) = script(&[Act::Reply(429), Act::Reply(429)]);
    assert_eq!(outcome(&session, Effect::Writes).await, Ok(200));
    session.around.bell().await;
    let told = session.around.take_texts();
    assert_eq!(told, ["ots asks to slow down: at most 8 calls a second for now"]);
    assert!(session.around.take_texts().is_empty());
}

#[tokio::test]
async fn a_stop_ends_the_pauses_of_a_step_that_changed_nothing() {
    let stopped = |session: &Session| {
        let (sender, stop) = tokio::sync::watch::channel(true);
        session.around.stopped_by(stop);
        sender
    };
    let (session, cloud) = script(&[Act::Reply(429); 500]);
    let _stop = stopped(&session);
    let error = outcome(&session, Effect::Writes).await.expect_err("stopped");
    assert!(!error.effect_unknown(), "{error}");
    assert!(cloud.signed.lock().expect("one thread").len() <= 1);

    // What may have happened is seen through, for a time.
    let mut acts = vec![Act::Lose];
    acts.extend([Act::Reply(429); 3]);
    let (session, _) = script(&acts);
    let asked = session.clone();
    let (sender, stop) = tokio::sync::watch::channel(false);
    session.around.stopped_by(stop);
    asked.touched.store(true, Ordering::Relaxed);
    sender.send(true).expect("heard");
    assert_eq!(outcome(&asked, Effect::Writes).await, Ok(200));
    let (session, cloud) = script(&[Act::Reply(429); 500]);
    let _stop = stopped(&session);
    session.touched.store(true, Ordering::Relaxed);
    let limited = session.within(Duration::from_secs(3_600));
    let error = outcome(&limited, Effect::Writes).await.expect_err("at last");
    assert!(matches!(error, DriverError::Throttled(_)), "{error}");
    assert!(cloud.now().duration_since(Timestamp::UNIX_EPOCH) <= SignedDuration::from_secs(61));
    // Another step of the same session has changed nothing.
    assert!(!session.for_step().has_touched(false));
}
