//! The state as the engine uses it: life of a run, the lock and its fence, recovery after a kill, damage, upgrades.

use headworks::base::{AttrPath, InstanceAddr, InstanceKey, PathStep, ResourceAddr};
use headworks::store::lock::{Outlook, acquire, takeover_notice};
use headworks::store::*;
use jiff::Timestamp;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time in range")
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn database(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join(".headworks/state.db")
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, OpenMode::CreateIfMissing, at(0)).expect("opens")
}

fn holder(who: &str, pid: u32) -> Holder {
    Holder {
        who: who.into(),
        host: "build-7".into(),
        host_id: "boot-1".into(),
        pid,
        command: "apply".into(),
    }
}

fn request(who: &str, second: i64) -> LockRequest {
    LockRequest {
        holder: holder(who, 100),
        lease: lock::LEASE,
        now: at(second),
        dead_epoch: None,
    }
}

fn bucket(name: &str) -> InstanceAddr {
    ResourceAddr::managed("alicloud_oss_bucket", name).instance(InstanceKey::None)
}

fn row(addr: InstanceAddr, n: u32) -> ResourceRow {
    ResourceRow::new(addr, "alicloud", format!("{{\"n\":{n}}}"))
}

fn put(row: ResourceRow) -> RowChange {
    RowChange::Put(Box::new(row))
}

fn run(steps: Vec<Intent>) -> NewRun {
    NewRun {
        who: "ada".into(),
        host: "build-7".into(),
        command: "apply".into(),
        commit: Some("c0ffee".into()),
        tool_version: "0.1.0".into(),
        plan_digest: Some("d1".into()),
        basis: None,
        steps,
    }
}

fn create(name: &str) -> Intent {
    Intent {
        identity: Some(format!("{{\"bucket\":\"{name}\"}}")),
        token: Some("t-1".into()),
        planned: Some("{\"n\":1}".into()),
        request_digest: Some("abc".into()),
        ..Intent::new(bucket(name), StepAction::Create)
    }
}

fn done(change: RowChange) -> StepEnd {
    StepEnd { change, result: None }
}

/// Takes the lock and begins a run.
async fn begin(store: &SqliteStore, who: &str, second: i64, steps: Vec<Intent>) -> (WriteCx, RunId) {
    let lease = store.lock(request(who, second)).await.expect("lock");
    let mut cx = WriteCx {
        epoch: lease.epoch,
        run: None,
        now: at(second),
    };
    let id = store.begin_run(cx, run(steps)).await.expect("begins");
    cx.run = Some(id);
    (cx, id)
}

/// Locks, writes rows in one run, closes.
fn fill(path: &Path, rows: Vec<ResourceRow>) {
    let store = open(path);
    wait(async {
        let (cx, id) = begin(&store, "ada", 0, vec![]).await;
        let writes = rows.into_iter().map(|row| RowWrite {
            step: None,
            change: put(row),
        });
        store.put_rows(cx, writes.collect()).await.expect("puts");
        store.finish_run(cx, id, RunOutcome::Done).await.expect("finishes");
        store.unlock(cx.epoch).await.expect("unlocks");
    });
}

fn load(path: &Path) -> Result<StateSnapshot, StoreError> {
    SqliteState::open(path, OpenMode::ReadOnly, at(0))?.load()
}

#[test]
fn a_missing_database_is_an_empty_state_and_reading_makes_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let store = SqliteStore::open(&path, OpenMode::ReadOnly, at(0)).expect("opens");
    wait(async {
        assert_eq!(store.load().await.expect("loads"), StateSnapshot::default());
        assert_eq!(store.fingerprint_key().await.expect("reads"), None);
        assert_eq!(store.lock_info().await.expect("reads"), None);
        assert!(store.history(5).await.expect("reads").is_empty());
        let refused = store.lock(request("ada", 0)).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
    });
    drop(store);
    assert!(!path.exists() && !dir.path().join(".headworks").exists());
    let refused = SqliteStore::open(&path, OpenMode::ReadWrite, at(0));
    assert!(matches!(refused, Err(StoreError::Missing { .. })));
}

#[test]
fn a_run_writes_rows_and_history() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let store = open(&path);
    let full = ResourceRow {
        deposed: Some("8f2a".into()),
        schema_version: 3,
        sensitive: vec![
            AttrPath::attr("password"),
            AttrPath::attr("tags").child(PathStep::Key("a.b".into())),
            AttrPath::attr("x").child(PathStep::Index(2)),
        ],
        fingerprints: [("password".to_string(), "00ff".to_string())].into(),
        dependencies: vec!["alicloud_ram_role.r".into()],
        status: RowStatus::Tainted,
        create_before_destroy: true,
        ..row(
            "module.a[0].module.b[\"x\"].alicloud_oss_bucket.raw[\"k\\\"y\"]"
                .parse()
                .expect("an address"),
            2,
        )
    };
    let expected = full.clone();
    wait(async {
        let (cx, id) = begin(&store, "ada", 1, vec![create("a"), create("b"), create("c")]).await;
        let step = |seq| StepRef { run: id, seq };
        store.begin_step(cx, step(0)).await.expect("begins");
        store.begin_step(cx, step(1)).await.expect("begins");
        store.end_step(cx, step(0), done(put(full))).await.expect("ends");
        let failure = StepFailure {
            change: RowChange::None,
            error: "AccessDenied".into(),
            effect_unknown: false,
        };
        store.fail_step(cx, step(1), failure).await.expect("fails");
        let counts = store.finish_run(cx, id, RunOutcome::Failed).await.expect("finishes");
        let expected_counts = RunCounts {
            created: 1,
            failed: 1,
            skipped: 1,
            ..RunCounts::default()
        };
        assert_eq!(counts, expected_counts);
        let again = store.finish_run(cx, id, RunOutcome::Done).await;
        assert!(matches!(again, Err(StoreError::NoSuchStep { .. })));
        let history = store.history(5).await.expect("reads");
        assert_eq!(history.len(), 1);
        assert_eq!(
            (history[0].outcome, history[0].counts),
            (Some(RunOutcome::Failed), counts)
        );
        assert_eq!(
            (history[0].started_at, history[0].commit.as_deref()),
            (at(1), Some("c0ffee"))
        );
        let snapshot = store.load().await.expect("loads");
        let written = ResourceRow {
            created_run: Some(id),
            updated_run: Some(id),
            ..expected
        };
        assert_eq!(snapshot.resources, [written]);
        assert!(snapshot.lineage.is_some() && snapshot.open_runs.is_empty());
    });
    drop(store);
    SqliteState::open(&path, OpenMode::ReadWrite, at(0))
        .and_then(|mut state| state.verify())
        .expect("whole");
}

#[test]
fn rows_come_back_sorted_by_address() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let of = ResourceAddr::managed("alicloud_oss_bucket", "b");
    let rows: Vec<ResourceRow> = [10, 2, 7, 1].map(|i| row(of.instance(InstanceKey::Index(i)), 0)).into();
    fill(&path, rows);
    let keys: Vec<String> = load(&path)
        .expect("loads")
        .resources
        .iter()
        .map(|r| r.addr.key.to_string())
        .collect();
    assert_eq!(keys, ["[1]", "[2]", "[7]", "[10]"]);
}

#[test]
fn the_serial_moves_with_every_change_and_only_then() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    wait(async {
        let lease = store.lock(request("ada", 0)).await.expect("lock");
        let before = store.load().await.expect("loads");
        assert_eq!((before.serial, before.lineage.clone()), (0, None));
        let mut cx = WriteCx {
            epoch: lease.epoch,
            run: None,
            now: at(0),
        };
        let basis = Basis {
            lineage: None,
            serial: 0,
        };
        let based = |basis: &Basis| NewRun {
            basis: Some(basis.clone()),
            ..run(vec![])
        };
        cx.run = Some(store.begin_run(cx, based(&basis)).await.expect("begins"));
        let stale = store.begin_run(cx, based(&basis)).await;
        assert!(
            matches!(stale, Err(StoreError::Stale { .. })),
            "the same plan twice: {stale:?}"
        );

        let serial = async || store.load().await.expect("loads").serial;
        let write = |n| {
            vec![RowWrite {
                step: None,
                change: put(row(bucket("a"), n)),
            }]
        };
        let output = |value: &str| OutputRow {
            name: "url".into(),
            value: value.into(),
            ty: "\"string\"".into(),
            sensitive: false,
        };
        let mut last = serial().await;
        for (what, moves) in [
            ("new", true),
            ("same", false),
            ("changed", true),
            ("output", true),
            ("same output", false),
            ("no output", true),
            ("moved", true),
            ("removed", true),
        ] {
            match what {
                "new" | "same" => store.put_rows(cx, write(1)).await,
                "changed" => store.put_rows(cx, write(2)).await,
                "output" | "same output" => store.set_outputs(cx, vec![output("\"u\"")]).await,
                "no output" => store.set_outputs(cx, vec![]).await,
                "moved" => store.move_row(cx, bucket("a"), bucket("b")).await,
                _ => store.remove_row(cx, bucket("b").into()).await,
            }
            .expect(what);
            let now = serial().await;
            assert_eq!(now > last, moves, "{what}");
            last = now;
        }
        let stale = store.begin_run(cx, based(&basis)).await.expect_err("stale");
        assert!(stale.to_string().contains("now there is one"), "{stale}");
        let lineage = store.load().await.expect("loads").lineage;
        let old = Basis {
            lineage: lineage.clone(),
            serial: last - 1,
        };
        assert!(store.begin_run(cx, based(&old)).await.is_err());
        store
            .begin_run(cx, based(&Basis { lineage, serial: last }))
            .await
            .expect("fits");
    });
}

#[test]
fn a_killed_run_leaves_its_open_steps_to_the_next() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let killed = open(&path);
    let id = wait(async {
        let (cx, id) = begin(&killed, "ada", 0, vec![create("a"), create("b"), create("c")]).await;
        let step = |seq| StepRef { run: id, seq };
        store_begin_all(&killed, cx, &[step(0), step(1)]).await;
        killed
            .note_identity(cx, step(1), "{\"task_id\":\"7\"}".into())
            .await
            .expect("notes");
        killed
            .end_step(cx, step(0), done(put(row(bucket("a"), 1))))
            .await
            .expect("ends");
        id
    });
    // Another process looks at the files as a kill would leave them: no close, no checkpoint.
    let copy = tempfile::tempdir().expect("a directory");
    let crashed = database(&copy);
    std::fs::create_dir_all(crashed.parent().expect("a parent")).expect("made");
    for suffix in ["", "-wal"] {
        let name = |p: &Path| PathBuf::from(format!("{}{suffix}", p.display()));
        std::fs::copy(name(&path), name(&crashed)).expect("copied");
    }
    drop(killed);

    let store = open(&crashed);
    wait(async {
        let snapshot = store.load().await.expect("loads");
        assert_eq!(snapshot.resources.len(), 1);
        assert_eq!(snapshot.open_runs.iter().map(|r| r.id).collect::<Vec<_>>(), [id]);
        let open = store.open_steps().await.expect("reads");
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].step, StepRef { run: id, seq: 1 });
        assert_eq!(open[0].intent, create("b"));
        assert_eq!((open[0].phase, open[0].attempts), (Phase::Begun, 1));
        assert_eq!(open[0].noted.as_deref(), Some("{\"task_id\":\"7\"}"));

        // The next run repeats it, is not sure, looks again, and settles it; then the old run closes.
        let lease = store.lock(request("bob", 100)).await.expect("the lease is over");
        assert_eq!(lease.taken_from.map(|info| info.run), Some(Some(id)));
        let cx = WriteCx {
            epoch: lease.epoch,
            run: Some(id),
            now: at(100),
        };
        store.repeat_step(cx, open[0].step).await.expect("repeats");
        let lost = StepFailure {
            change: RowChange::None,
            error: "connection reset".into(),
            effect_unknown: true,
        };
        store.fail_step(cx, open[0].step, lost).await.expect("stays open");
        let still = store.open_steps().await.expect("reads");
        assert_eq!((still[0].phase, still[0].attempts), (Phase::Uncertain, 2));
        assert_eq!(still[0].error.as_deref(), Some("connection reset"));
        store
            .end_step(cx, open[0].step, done(put(row(bucket("b"), 1))))
            .await
            .expect("adopts");
        assert!(store.open_steps().await.expect("reads").is_empty());
        let counts = store.finish_run(cx, id, RunOutcome::Recovered).await.expect("closes");
        assert_eq!((counts.created, counts.skipped), (2, 1));
        assert!(store.load().await.expect("loads").open_runs.is_empty());
    });
}

async fn store_begin_all(store: &SqliteStore, cx: WriteCx, steps: &[StepRef]) {
    for step in steps {
        store.begin_step(cx, *step).await.expect("begins");
    }
}

#[test]
fn steps_out_of_order_are_refused_and_change_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    wait(async {
        let (cx, id) = begin(&store, "ada", 0, vec![create("a"), create("b")]).await;
        let step = StepRef { run: id, seq: 0 };
        let before = store.load().await.expect("loads");
        let end = || done(put(row(bucket("a"), 1)));
        let early = store.end_step(cx, step, end()).await;
        assert!(matches!(early, Err(StoreError::Journal { .. })), "{early:?}");
        assert!(early.expect_err("refused").to_string().contains("bug in headworks"));
        assert!(store.repeat_step(cx, step).await.is_err());
        assert_eq!(store.load().await.expect("loads"), before);
        store.begin_step(cx, step).await.expect("begins");
        assert!(store.begin_step(cx, step).await.is_err());
        let write = RowWrite {
            step: Some(step),
            change: put(row(bucket("a"), 1)),
        };
        assert!(
            store.put_rows(cx, vec![write]).await.is_err(),
            "it began, so it must end"
        );
        store.end_step(cx, step, end()).await.expect("ends");
        assert!(store.end_step(cx, step, end()).await.is_err());
        let nowhere = store.begin_step(cx, StepRef { run: id, seq: 9 }).await;
        assert!(matches!(nowhere, Err(StoreError::NoSuchStep { .. })));
    });
}

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
        assert!(refused.help().expect("a help").contains("force-unlock ada"));
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
            one.move_row(cx, bucket("a"), bucket("b")).await,
            one.remove_row(cx, bucket("a").into()).await,
            one.finish_run(cx, id, RunOutcome::Done).await.map(|_| ()),
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

#[test]
fn writes_made_together_keep_their_order_and_fail_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    wait(async {
        let (cx, id) = begin(&store, "ada", 0, (0..200).map(|i| create(&format!("b{i}"))).collect()).await;
        let step = |seq| StepRef { run: id, seq };
        // Requests are queued when they are made, so these wait together and share transactions.
        let begun: Vec<_> = (0..200).map(|i| store.begin_step(cx, step(i))).collect();
        let ended: Vec<_> = (0..200)
            .map(|i| store.end_step(cx, step(if i == 50 { 49 } else { i }), done(put(row(bucket("one"), i)))))
            .collect();
        for begin in begun {
            begin.await.expect("begins");
        }
        for (i, end) in ended.into_iter().enumerate() {
            assert_eq!(end.await.is_err(), i == 50, "end {i}");
        }
        let snapshot = store.load().await.expect("loads");
        assert_eq!(snapshot.resources[0].attributes, "{\"n\":199}", "the last write stays");
        assert_eq!(snapshot.serial, 1 + 199, "one for the run, one for each change");
        let open: Vec<u32> = store
            .open_steps()
            .await
            .expect("reads")
            .iter()
            .map(|s| s.step.seq)
            .collect();
        assert_eq!(open, [50]);
    });
}

#[test]
fn moving_takes_deposed_objects_along() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let deposed = ResourceRow {
        deposed: Some("1a".into()),
        ..row(bucket("a"), 1)
    };
    fill(&path, vec![row(bucket("a"), 2), deposed, row(bucket("c"), 3)]);
    let store = open(&path);
    wait(async {
        let (cx, _) = begin(&store, "ada", 10, vec![]).await;
        let occupied = store.move_row(cx, bucket("a"), bucket("c")).await;
        assert!(matches!(occupied, Err(StoreError::Occupied(_))));
        let nothing = store.move_row(cx, bucket("x"), bucket("y")).await;
        assert!(matches!(nothing, Err(StoreError::NoSuchRow(_))));
        assert!(matches!(
            store.remove_row(cx, bucket("x").into()).await,
            Err(StoreError::NoSuchRow(_))
        ));
        store.move_row(cx, bucket("a"), bucket("b")).await.expect("moves");
        let rows = store.load().await.expect("loads").resources;
        let keys: Vec<String> = rows.iter().map(|r| r.key().to_string()).collect();
        assert_eq!(
            keys,
            [
                "alicloud_oss_bucket.b",
                "alicloud_oss_bucket.b (deposed object 1a)",
                "alicloud_oss_bucket.c"
            ]
        );
        assert_eq!(
            (rows[0].created_run, rows[0].updated_run),
            (Some(RunId(1)), Some(RunId(2)))
        );
    });
}

#[test]
fn many_rows_are_one_transaction_and_come_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let of = ResourceAddr::managed("terraform_data", "many");
    let rows: Vec<ResourceRow> = (0..20_000)
        .map(|i| row(of.instance(InstanceKey::Index(i)), 1))
        .collect();
    fill(&path, rows);
    let snapshot = load(&path).expect("loads");
    assert_eq!(snapshot.resources.len(), 20_000);
    assert!(snapshot.resources.is_sorted_by(|a, b| a.addr < b.addr));
    assert_eq!(snapshot.serial, 20_001);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let store = open(&path);
    wait(begin(&store, "ada", 0, vec![]));
    assert_eq!(mode(path.parent().expect("a parent")), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(
            mode(&PathBuf::from(format!("{}{suffix}", path.display()))),
            0o600,
            "{suffix}"
        );
    }
    drop(store);
    assert!(file::warnings(&path).is_empty());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
    assert!(file::warnings(&path)[0].contains("chmod 600"));
    let names: Vec<_> = std::fs::read_dir(path.parent().expect("a parent"))
        .expect("listed")
        .map(|e| e.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["state.db"], "nothing is left beside it");
}

#[test]
fn what_is_no_state_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let foreign = dir.path().join("foreign.db");
    rusqlite::Connection::open(&foreign)
        .and_then(|c| c.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);"))
        .expect("made");
    let text = dir.path().join("text.db");
    std::fs::write(&text, "{\"version\": 4, \"resources\": []}".repeat(100)).expect("written");
    let empty = dir.path().join("empty.db");
    std::fs::write(&empty, "").expect("written");
    let log_only = dir.path().join("gone.db");
    std::fs::write(dir.path().join("gone.db-wal"), "x").expect("written");
    for (path, damaged) in [(foreign, false), (text, true), (empty, true), (log_only, true)] {
        let before = std::fs::read(&path).ok();
        for mode in [OpenMode::ReadOnly, OpenMode::ReadWrite, OpenMode::CreateIfMissing] {
            let error = SqliteState::open(&path, mode, at(0)).expect_err("refused");
            assert_eq!(matches!(error, StoreError::Corrupt { .. }), damaged, "{error}");
            assert_eq!(matches!(error, StoreError::Foreign { .. }), !damaged, "{error}");
            assert!(error.help().is_some());
            assert_eq!(std::fs::read(&path).ok(), before, "{}", path.display());
        }
    }
}

#[test]
fn no_damage_goes_unnoticed() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    fill(&path, (0..60).map(|i| row(bucket(&format!("b{i}")), i)).collect());
    let whole = std::fs::read(&path).expect("read");
    let expected = load(&path).expect("loads");
    let damaged = dir.path().join("damaged.db");
    let check = |bytes: &[u8], what: &str| {
        std::fs::write(&damaged, bytes).expect("written");
        match load(&damaged) {
            Ok(snapshot) => {
                assert_eq!(snapshot.resources, expected.resources, "{what}");
                assert_eq!(snapshot.lineage, expected.lineage, "{what}");
                false
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                true
            }
        }
    };
    for kept in (0..whole.len()).step_by(1999) {
        assert!(
            check(&whole[..kept], &format!("cut to {kept} bytes")),
            "cut to {kept} bytes"
        );
    }
    let mut noticed = 0;
    for at in (0..whole.len()).step_by(211) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        noticed += usize::from(check(&bytes, &format!("a bit of byte {at} flipped")));
    }
    assert!(noticed > 20, "{noticed}");
}

#[test]
fn a_row_lost_or_changed_behind_our_back_is_noticed() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    fill(&path, (0..5).map(|i| row(bucket(&format!("b{i}")), i)).collect());
    for sql in [
        "DELETE FROM resources WHERE name = 'b3'",
        "UPDATE resources SET attributes = '{}' WHERE name = 'b3'",
        "UPDATE meta SET lineage = 'other'",
    ] {
        let copy = dir.path().join("copy.db");
        std::fs::copy(&path, &copy).expect("copied");
        rusqlite::Connection::open(&copy)
            .and_then(|c| c.execute_batch(sql))
            .expect(sql);
        let error = load(&copy).expect_err(sql);
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    }
}

#[test]
fn another_process_in_the_middle_of_a_write_does_not_hinder_reading() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    fill(&path, vec![row(bucket("a"), 1)]);
    let other = rusqlite::Connection::open(&path).expect("opens");
    other
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM resources;")
        .expect("begins");
    assert_eq!(load(&path).expect("loads").resources.len(), 1);
    other.execute_batch("ROLLBACK").expect("rolls back");
}
