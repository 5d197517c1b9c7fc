//! `headworks state pull`: the state as a document, on standard output or in a new private file. Only reads the state.

use crate::base::Diag;
use crate::cli::args::PullArgs;
use crate::cli::pipeline::{Machine, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::store::sqlite::OpenMode;
use crate::store::{Document, Store};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Runs the command.
pub(super) fn run(cx: &Context, args: &PullArgs) -> CommandResult {
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let document = document(&machine, &*store)?;
    let text = document.to_text();
    match &args.out {
        None => cx.output.raw(&text),
        Some(path) => {
            // A name on the command line is one in the directory of -chdir, as of plans.
            write_private(path, &text).map_err(|e| {
                Diag::error(codes::FILE, format!("Can't write {}", path.display()))
                    .detail(format!("{e}."))
                    .help("name a file that does not exist yet")
            })?;
            cx.output.note(&format!(
                "{}: {} objects, serial {}. It holds sensitive values; only you can read it.",
                path.display(),
                document.resources.len(),
                document.serial
            ));
        }
    }
    Ok(Exit::Fine)
}

/// The state as it is now.
pub(super) fn document(machine: &Machine, store: &dyn Store) -> Result<Document, Failure> {
    let read = async {
        let snapshot = store.load().await?;
        let history = store.history(u32::MAX).await?;
        let key = store.fingerprint_key().await?;
        Ok(Document::new(snapshot, history, key.as_ref()))
    };
    machine
        .runtime
        .block_on(read)
        .map_err(|e: crate::store::StoreError| state_error(&e).into())
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
