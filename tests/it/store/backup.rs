//! Copies: what is kept when, and what a restored state is to those who had the former one.

use super::*;
use headworks::store::backup::{self, Kept, Remains};

#[test]
fn a_copy_is_made_when_something_changed_and_only_then() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    let store = open(&path);
    wait(async {
        assert_eq!(store.back_up().await.expect("no database"), Kept::Nothing);
        store.establish().await.expect("made");
        assert_eq!(store.back_up().await.expect("empty"), Kept::Nothing);
        let (cx, _) = begin(&store, "ada", 0, vec![]).await;
        let copied = store.back_up().await.expect("copied");
        assert_eq!(copied, Kept::Copied(backup::files(&path)[0].clone()));
        assert_eq!(store.back_up().await.expect("looked"), Kept::Unchanged);
        for n in 0..4 {
            let write = RowWrite {
                step: None,
                change: put(row(bucket("a"), n)),
            };
            store.put_rows(cx, vec![write]).await.expect("puts");
            assert!(matches!(store.back_up().await, Ok(Kept::Copied(_))));
        }
    });
    let serials: Vec<u64> = backup::files(&path)
        .iter()
        .map(|file| backup::inspect(file).expect("whole").serial)
        .collect();
    assert_eq!(serials, [5, 4, 3]);
}

#[test]
fn a_damaged_state_pushes_out_no_copy() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    fill(&path, vec![row(bucket("a"), 1)]);
    let store = open(&path);
    wait(store.back_up()).expect("copied");
    let before = std::fs::read(&backup::files(&path)[0]).expect("read");
    rusqlite::Connection::open(&path)
        .and_then(|c| c.execute_batch("UPDATE resources SET attributes = '{}'; UPDATE meta SET serial = 99"))
        .expect("changed");
    let refused = wait(store.back_up());
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
    assert_eq!(std::fs::read(&backup::files(&path)[0]).expect("read"), before);
    assert!(!backup::files(&path)[1].exists());
}

#[test]
fn who_has_the_replaced_file_open_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = database(&dir);
    fill(&path, vec![row(bucket("a"), 1)]);
    let holder = open(&path);
    let cx = wait(async {
        holder.back_up().await.expect("copied");
        let (cx, _) = begin(&holder, "ada", 0, vec![]).await;
        cx
    });
    let copy = backup::newest_good(&path).expect("whole");
    let aside = backup::restore(&path, &copy, Remains::default(), at(9)).expect("restored");
    let aside = aside.expect("there was a state");
    let late = wait(holder.set_outputs(cx, vec![]));
    assert!(matches!(late, Err(StoreError::Replaced { .. })), "{late:?}");
    drop(holder);
    // The former state is whole where it was put, and the restored one has neither its lock nor a serial it ever had.
    let former = load(&aside).expect("loads");
    assert_eq!(former.open_runs.len(), 1);
    let mut restored = SqliteState::open(&path, OpenMode::ReadOnly, at(9)).expect("opens");
    let snapshot = restored.load().expect("loads");
    assert!(snapshot.serial > former.serial && snapshot.lineage == former.lineage);
    assert_eq!((snapshot.resources.len(), snapshot.open_runs.len()), (1, 0));
    assert_eq!(restored.lock_info().expect("reads"), None);
    restored.verify().expect("whole");
}
