//! The life of a run: rows, serial, recovery after a kill, order, groups.

use super::*;
use headworks::base::{AttrPath, PathStep};

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
        let counts = store
            .finish_run(cx, id, RunOutcome::Failed, RunCounts::default())
            .await
            .expect("finishes");
        let expected_counts = RunCounts {
            created: 1,
            failed: 1,
            skipped: 1,
            ..RunCounts::default()
        };
        assert_eq!(counts, expected_counts);
        let again = store.finish_run(cx, id, RunOutcome::Done, RunCounts::default()).await;
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
                "moved" => store.move_rows(cx, vec![(bucket("a"), bucket("b"))]).await,
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
        let counts = store
            .finish_run(cx, id, RunOutcome::Recovered, RunCounts::default())
            .await
            .expect("closes");
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
        store.mean_step(cx, step, "{\"m\":1}".into()).await.expect("is said");
        store.begin_step(cx, step).await.expect("begins");
        assert!(store.begin_step(cx, step).await.is_err());
        let late = store.mean_step(cx, step, "{}".into()).await;
        assert!(matches!(late, Err(StoreError::NoSuchStep { .. })), "{late:?}");
        let open = store.open_steps().await.expect("loads");
        assert_eq!(open[0].intent.planned.as_deref(), Some("{\"m\":1}"));
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
        let occupied = store.move_rows(cx, vec![(bucket("a"), bucket("c"))]).await;
        assert!(matches!(occupied, Err(StoreError::Occupied(_))));
        let nothing = store.move_rows(cx, vec![(bucket("x"), bucket("y"))]).await;
        assert!(matches!(nothing, Err(StoreError::NoSuchRow(_))));
        assert!(matches!(
            store.remove_row(cx, bucket("x").into()).await,
            Err(StoreError::NoSuchRow(_))
        ));
        store
            .move_rows(cx, vec![(bucket("a"), bucket("b"))])
            .await
            .expect("moves");
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

#[test]
fn objects_move_with_the_beginning_of_their_run_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(&database(&dir));
    wait(async {
        let lease = store.lock(request("ada", 0)).await.expect("lock");
        let mut cx = WriteCx {
            epoch: lease.epoch,
            run: None,
            now: at(0),
        };
        let first = store.begin_run(cx, run(vec![])).await.expect("begins");
        cx.run = Some(first);
        let mut old = row(bucket("a"), 9);
        old.deposed = Some("00000001".into());
        let rows = [row(bucket("a"), 1), old, row(bucket("b"), 2), row(bucket("c"), 3)];
        let writes = rows.map(|row| RowWrite {
            step: None,
            change: put(row),
        });
        store.put_rows(cx, writes.into()).await.expect("writes");
        let moving = |moves: &[(&str, &str)]| NewRun {
            moves: moves.iter().map(|(from, to)| (bucket(from), bucket(to))).collect(),
            ..run(vec![create("z")])
        };
        let shown = async || -> Vec<String> {
            let rows = store.load().await.expect("loads").resources;
            rows.iter().map(|r| format!("{} {}", r.key(), r.attributes)).collect()
        };
        let before = shown().await;
        for wrong in [&[("a", "b")][..], &[("a", "d"), ("x", "y")], &[("a", "d"), ("b", "c")]] {
            assert!(store.begin_run(cx, moving(wrong)).await.is_err(), "{wrong:?}");
            assert_eq!(shown().await, before);
            assert_eq!(store.load().await.expect("loads").open_runs.len(), 1);
        }
        // The new address of one is the former one of another.
        store
            .begin_run(cx, moving(&[("a", "b"), ("b", "d")]))
            .await
            .expect("begins");
        let after = [
            "alicloud_oss_bucket.b {\"n\":1}",
            "alicloud_oss_bucket.b (deposed object 00000001) {\"n\":9}",
            "alicloud_oss_bucket.c {\"n\":3}",
            "alicloud_oss_bucket.d {\"n\":2}",
        ];
        assert_eq!(shown().await, after);
    });
}
