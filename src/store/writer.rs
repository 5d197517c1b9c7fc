//! The state behind one thread: requests are carried out in the order in which they were made, and writes that wait
//! at the same time share one transaction, so that many small steps cost few flushes to disk.

use super::document::Document;
use super::error::StoreError;
use super::fingerprint::FingerprintKey;
use super::model::{
    KeptToken, Lease, LockInfo, LockRequest, NewRun, OpenStep, OutputRow, RowKey, RowWrite, RunCounts, RunId,
    RunOutcome, RunRecord, StateSnapshot, StepEnd, StepFailure, StepRecord, StepRef, WriteCx,
};
use super::sqlite::{OpenMode, SqliteState};
use super::tx::{Tx, Work};
use super::vault::StateSecret;
use super::{Reply, Store};
use crate::base::InstanceAddr;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Writes that share one transaction at most, so that the first of them does not wait for ever.
const GROUP_MAX: usize = 1024;

/// A [`Store`] in one SQLite database.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

/// On which side of its commit a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it is on disk.
    Before,
    /// It is on disk, and whoever asked for it does not know yet.
    After,
}

/// Who is told of every write, by its name.
pub type Watch = Arc<dyn Fn(Moment, &'static str) + Send + Sync>;

enum Request {
    Read(Box<dyn FnOnce(&mut SqliteState) + Send>),
    Write(Box<dyn Job>),
}

/// A write with someone who waits for it.
trait Job: Work + Send {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Tells the result, once the transaction has ended one way or the other.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

struct Waiting<F, T> {
    name: &'static str,
    write: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F: FnOnce(&Tx<'_>) -> Result<T, StoreError>> Work for Waiting<F, T> {
    fn run(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let Some(write) = self.write.take() else {
            return Ok(());
        };
        let result = write(tx);
        let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        outcome
    }
}

impl<T: Send, F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send> Job for Waiting<F, T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let result = match (self.result, commit) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(commit)) => Err(commit),
            (Some(result), Ok(())) => result,
            // Without a result there was no commit either; dropping the sender says that the store is closed.
            (None, Ok(())) => return,
        };
        // Nobody waits any more: a command that was stopped.
        let _ = self.reply.send(result);
    }
}

impl SqliteStore {
    /// Opens the database and starts its thread; see [`SqliteState::open`].
    ///
    /// # Errors
    /// The database is damaged, another program's, newer than this program, or can't be opened.
    pub fn open(path: &Path, mode: OpenMode, now: Timestamp) -> Result<Self, StoreError> {
        Self::open_with(path, mode, now, None, None)
    }

    /// The same with what opens the state, if it is encrypted, and encrypts it, if it is made; and with someone who is told of
    /// every write, on the thread that carries it out.
    ///
    /// # Errors
    /// As [`SqliteStore::open`]. Whether the secret fits shows when contents are read.
    pub fn open_with(
        path: &Path,
        mode: OpenMode,
        now: Timestamp,
        secret: Option<StateSecret>,
        watch: Option<Watch>,
    ) -> Result<Self, StoreError> {
        let state = SqliteState::open(path, mode, now)?.with_secret(secret);
        let (requests, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("state".to_string())
            .spawn(move || serve(state, &inbox, watch.as_ref()))
            .map_err(|e| StoreError::io("start the thread of", path, e))?;
        Ok(Self {
            path: path.to_path_buf(),
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    fn send<T: Send + 'static>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Reply<'_, T> {
        let (reply, answer) = oneshot::channel();
        // If the thread has ended, the request and with it the reply's sender are dropped.
        if let Some(requests) = &self.requests {
            let _ = requests.send(request(reply));
        }
        Box::pin(async move {
            answer.await.unwrap_or_else(|_| {
                Err(StoreError::Closed {
                    path: self.path.clone(),
                })
            })
        })
    }

    /// See [`SqliteState::outline`].
    pub fn outline(&self) -> Reply<'_, StateSnapshot> {
        self.read(SqliteState::outline)
    }

    /// See [`SqliteState::is_encrypted`].
    pub fn is_encrypted(&self) -> Reply<'_, Option<bool>> {
        self.read(SqliteState::is_encrypted)
    }

    /// See [`SqliteState::recrypt`].
    pub fn recrypt(&self, epoch: u64, secret: Option<StateSecret>) -> Reply<'_, ()> {
        self.read(move |state| state.recrypt(epoch, secret))
    }

    /// See [`SqliteState::copies`].
    pub fn copies(&self) -> Reply<'_, Vec<PathBuf>> {
        self.read(|state| Ok(state.copies()))
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteState) -> Result<T, StoreError> + Send + 'static,
    ) -> Reply<'_, T> {
        self.send(|reply| {
            Request::Read(Box::new(move |state| {
                let _ = reply.send(read(state));
            }))
        })
    }

    fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        write: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Reply<'_, T> {
        self.send(|reply| {
            Request::Write(Box::new(Waiting {
                name,
                write: Some(write),
                result: None,
                reply,
            }))
        })
    }
}

impl Drop for SqliteStore {
    /// Carries out what was asked for, and closes the database.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut state: SqliteState, inbox: &mpsc::Receiver<Request>, watch: Option<&Watch>) {
    let tell = |moment, jobs: &[Box<dyn Job>]| {
        if let Some(watch) = watch {
            jobs.iter().for_each(|job| watch(moment, job.name()));
        }
    };
    let mut next = inbox.recv().ok();
    while let Some(request) = next.take() {
        match request {
            Request::Read(read) => read(&mut state),
            Request::Write(job) => {
                let mut jobs = vec![job];
                while jobs.len() < GROUP_MAX {
                    match inbox.try_recv() {
                        Ok(Request::Write(job)) => jobs.push(job),
                        Ok(read) => {
                            next = Some(read);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                tell(Moment::Before, &jobs);
                let commit = state.group(jobs.iter_mut().map(|job| {
                    let work: &mut dyn Work = job.as_mut();
                    work
                }));
                tell(Moment::After, &jobs);
                for job in jobs {
                    job.answer(commit.clone());
                }
            }
        }
        if next.is_none() {
            next = inbox.recv().ok();
        }
    }
}

impl Store for SqliteStore {
    fn load(&self) -> Reply<'_, StateSnapshot> {
        self.read(SqliteState::load)
    }

    fn fingerprint_key(&self) -> Reply<'_, Option<FingerprintKey>> {
        self.read(SqliteState::fingerprint_key)
    }

    fn establish(&self) -> Reply<'_, ()> {
        self.write("establish", |tx| {
            tx.begin_lineage();
            Ok(())
        })
    }

    fn back_up(&self) -> Reply<'_, super::backup::Kept> {
        self.read(SqliteState::back_up)
    }

    fn lock(&self, request: LockRequest) -> Reply<'_, Lease> {
        self.write("lock", move |tx| tx.lock(&request))
    }

    fn renew(&self, epoch: u64, lease: Duration, now: Timestamp) -> Reply<'_, Timestamp> {
        self.write("renew", move |tx| tx.renew(epoch, lease, now))
    }

    fn unlock(&self, epoch: u64) -> Reply<'_, ()> {
        self.write("unlock", move |tx| tx.unlock(epoch))
    }

    fn lock_info(&self) -> Reply<'_, Option<LockInfo>> {
        self.read(SqliteState::lock_info)
    }

    fn force_unlock(&self, who: String) -> Reply<'_, LockInfo> {
        self.write("force_unlock", move |tx| tx.force_unlock(&who))
    }

    fn begin_run(&self, cx: WriteCx, run: NewRun) -> Reply<'_, RunId> {
        self.write("begin_run", move |tx| tx.begin_run(&cx, &run))
    }

    fn mean_step(&self, cx: WriteCx, step: StepRef, planned: String) -> Reply<'_, ()> {
        self.write("mean_step", move |tx| tx.mean_step(&cx, step, &planned))
    }

    fn begin_step(&self, cx: WriteCx, step: StepRef) -> Reply<'_, ()> {
        self.write("begin_step", move |tx| tx.begin_step(&cx, step))
    }

    fn repeat_step(&self, cx: WriteCx, step: StepRef) -> Reply<'_, ()> {
        self.write("repeat_step", move |tx| tx.repeat_step(&cx, step))
    }

    fn note_identity(&self, cx: WriteCx, step: StepRef, identity: String) -> Reply<'_, ()> {
        self.write("note_identity", move |tx| tx.note_identity(&cx, step, &identity))
    }

    fn end_step(&self, cx: WriteCx, step: StepRef, end: StepEnd) -> Reply<'_, ()> {
        self.write("end_step", move |tx| tx.end_step(&cx, step, &end))
    }

    fn fail_step(&self, cx: WriteCx, step: StepRef, failure: StepFailure) -> Reply<'_, ()> {
        self.write("fail_step", move |tx| tx.fail_step(&cx, step, &failure))
    }

    fn put_rows(&self, cx: WriteCx, rows: Vec<RowWrite>) -> Reply<'_, ()> {
        self.write("put_rows", move |tx| tx.put_rows(&cx, &rows))
    }

    fn set_check_results(&self, cx: WriteCx, results: Option<String>) -> Reply<'_, ()> {
        self.write("set_check_results", move |tx| {
            tx.set_check_results(&cx, results.as_deref())
        })
    }

    fn set_outputs(&self, cx: WriteCx, outputs: Vec<OutputRow>) -> Reply<'_, ()> {
        self.write("set_outputs", move |tx| tx.set_outputs(&cx, &outputs))
    }

    fn finish_run(&self, cx: WriteCx, run: RunId, outcome: RunOutcome, unlisted: RunCounts) -> Reply<'_, RunCounts> {
        self.write("finish_run", move |tx| tx.finish_run(&cx, run, outcome, unlisted))
    }

    fn move_rows(&self, cx: WriteCx, moves: Vec<(InstanceAddr, InstanceAddr)>) -> Reply<'_, ()> {
        self.write("move_rows", move |tx| tx.move_rows(&cx, &moves))
    }

    fn remove_row(&self, cx: WriteCx, key: RowKey) -> Reply<'_, ()> {
        self.write("remove_row", move |tx| tx.remove_row(&cx, &key))
    }

    fn open_steps(&self) -> Reply<'_, Vec<OpenStep>> {
        self.read(SqliteState::open_steps)
    }

    fn kept_tokens(&self) -> Reply<'_, Vec<KeptToken>> {
        self.read(SqliteState::kept_tokens)
    }

    fn history(&self, limit: u32) -> Reply<'_, Vec<RunRecord>> {
        self.read(move |state| state.history(limit))
    }

    fn run_steps(&self, run: RunId) -> Reply<'_, Option<(RunRecord, Vec<StepRecord>)>> {
        self.read(move |state| state.run_steps(run))
    }

    fn restore(&self, cx: WriteCx, document: Document) -> Reply<'_, ()> {
        self.write("restore", move |tx| tx.restore(&cx, &document))
    }
}
