//! The lock, and the fence behind it.

use super::*;
use headworks::store::lock::{self, Outlook, acquire, takeover_notice};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

#[test]
fn the_lock_keeps_others_out_and_says_who_has_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let (one, two) = (open(&path), open(&path));
    wait(async {
        let (cx, id) = begin(&one, "ada", 0, vec![]).await;
        let refused = two.lock(request("bob", 59)).await.expect_err("locked");
        let text = refused.to_string();
        for part in [
            "ada",
            "build-7",
            "process 100",
            "apply",
            &format!("run {id}"),
            "2027-01-15",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(refused.help().expect("a help").contains("state unlock ada"));
        one.renew(cx.epoch, lock::LEASE, at(50)).await.expect("renews");
        assert!(two.lock(request("bob", 61)).await.is_err(), "renewed");
        one.unlock(cx.epoch).await.expect("unlocks");
        let lease = two.lock(request("bob", 62)).await.expect("free");
        assert!(lease.epoch > cx.epoch && lease.taken_from.is_none());
        one.unlock(cx.epoch).await.expect("nothing to do");
        assert!(two.lock_info().await.expect("reads").is_some(), "bob keeps it");
    });
}

#[test]
fn who_lost_the_lock_cannot_write() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let (one, two) = (open(&path), open(&path));
    wait(async {
        let (cx, id) = begin(&one, "ada", 0, vec![create("a")]).await;
        let step = StepRef { run: id, seq: 0 };
        one.begin_step(cx, step).await.expect("begins");
        // The lease is over and nobody wants the lock: still ada's.
        one.renew(cx.epoch, lock::LEASE, at(70)).await.expect("renews late");
        let lease = two.lock(request("bob", 200)).await.expect("over");
        let before = two.load().await.expect("loads");
        let notice = takeover_notice(&lease.taken_from.expect("ada's"), at(200));
        assert!(
            notice.contains("ada on build-7") && notice.contains("200 s ago"),
            "{notice}"
        );
        let write = RowWrite {
            step: None,
            change: put(row(bucket("z"), 1)),
        };
        let failure = StepFailure {
            change: put(row(bucket("z"), 1)),
            error: "x".into(),
            effect_unknown: false,
        };
        let results = [
            one.end_step(cx, step, done(put(row(bucket("a"), 1)))).await,
            one.fail_step(cx, step, failure).await,
            one.begin_step(cx, step).await,
            one.repeat_step(cx, step).await,
            one.note_identity(cx, step, "{}".into()).await,
            one.put_rows(cx, vec![write]).await,
            one.set_outputs(cx, vec![]).await,
            one.move_rows(cx, vec![(bucket("a"), bucket("b"))]).await,
            one.remove_row(cx, bucket("a").into()).await,
            one.finish_run(cx, id, RunOutcome::Done, headworks::store::RunCounts::default())
                .await
                .map(|_| ()),
            one.begin_run(cx, run(vec![])).await.map(|_| ()),
            one.renew(cx.epoch, lock::LEASE, at(201)).await.map(|_| ()),
        ];
        for (i, result) in results.into_iter().enumerate() {
            let Err(StoreError::LostLock(Some(now))) = result else {
                panic!("write {i}: {result:?}");
            };
            assert_eq!(now.holder.who, "bob");
        }
        assert_eq!(two.load().await.expect("loads"), before);
    });
}

#[test]
fn a_broken_lock_stops_its_holder() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    wait(async {
        let (cx, _) = begin(&store, "ada", 0, vec![]).await;
        let wrong = store.force_unlock("bob".into()).await.expect_err("not bob's");
        assert!(wrong.to_string().contains("ada on build-7"), "{wrong}");
        assert_eq!(store.force_unlock("ada".into()).await.expect("broken").epoch, cx.epoch);
        let late = store.set_outputs(cx, vec![]).await;
        assert!(matches!(late, Err(StoreError::LostLock(None))), "{late:?}");
        let free = store.force_unlock("ada".into()).await.expect_err("free");
        assert!(free.to_string().contains("it is free"));
    });
}

#[test]
fn a_dead_holder_of_this_machine_is_replaced_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    let now = || at(1);
    wait(async {
        store.lock(request("ada", 0)).await.expect("lock");
        let me = holder("bob", 200);
        let outlook = |is_running| Outlook { now: &now, is_running };
        let alive = acquire(&store, &me, Duration::ZERO, &outlook(&|_| true)).await;
        assert!(matches!(alive, Err(StoreError::Locked(_))));
        for host_id in ["", "boot-2"] {
            let elsewhere = Holder {
                host_id: host_id.into(),
                ..me.clone()
            };
            let other = acquire(&store, &elsewhere, Duration::ZERO, &outlook(&|_| false)).await;
            assert!(
                matches!(other, Err(StoreError::Locked(_))),
                "process numbers mean nothing there"
            );
        }
        let lease = acquire(&store, &me, Duration::ZERO, &outlook(&|pid| pid != 100))
            .await
            .expect("dead");
        assert_eq!(lease.taken_from.map(|info| info.holder.who), Some("ada".into()));
    });
}

#[test]
fn waiting_ends_when_the_lease_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    let clock = AtomicI64::new(0);
    let now = || at(clock.fetch_add(40, Ordering::SeqCst));
    wait(async {
        store.lock(request("ada", 0)).await.expect("lock");
        let outlook = Outlook {
            now: &now,
            is_running: &|_| true,
        };
        let lease = acquire(&store, &holder("bob", 1), Duration::from_millis(20), &outlook).await;
        assert!(lease.is_err(), "asked at 0 s and 40 s");
        let lease = acquire(&store, &holder("bob", 1), Duration::from_millis(20), &outlook).await;
        assert_eq!(
            lease.expect("asked at 80 s").taken_from.map(|i| i.holder.who),
            Some("ada".into())
        );
    });
}

#[test]
fn this_process_is_alive() {
    let me = Holder::this_process("ada", "apply");
    assert!(lock::is_running(me.pid) && !me.host.is_empty());
}
