//! The state as the engine uses it: life of a run, the lock and its fence, recovery after a kill, damage, upgrades.

use headworks::base::{InstanceAddr, InstanceKey, ResourceAddr};
use headworks::store::*;
use jiff::Timestamp;
use std::future::Future;
use std::path::{Path, PathBuf};

mod backup;
mod damage;
mod lock;
mod run;

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
        lease: headworks::store::lock::LEASE,
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
        moves: Vec::new(),
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
        store
            .finish_run(cx, id, RunOutcome::Done, headworks::store::RunCounts::default())
            .await
            .expect("finishes");
        store.unlock(cx.epoch).await.expect("unlocks");
    });
}

fn load(path: &Path) -> Result<StateSnapshot, StoreError> {
    SqliteState::open(path, OpenMode::ReadOnly, at(0))?.load()
}
