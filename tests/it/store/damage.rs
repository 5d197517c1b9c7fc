//! Files: who may read them, what is refused, what damage is noticed.

use super::*;

#[test]
#[cfg(unix)]
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
    // A whole row of another time, its checksum right in itself.
    let other = dir.path().join("other.db");
    fill(&other, vec![row(bucket("b3"), 33)]);
    let swap = format!(
        "ATTACH '{}' AS other; DELETE FROM resources WHERE name = 'b3'; INSERT INTO resources SELECT * FROM \
         other.resources WHERE name = 'b3'",
        other.display()
    );
    for sql in [
        "DELETE FROM resources WHERE name = 'b3'",
        "UPDATE resources SET attributes = '{}' WHERE name = 'b3'",
        "UPDATE meta SET lineage = 'other'",
        &swap,
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
