//! `headworks state push`: makes the state what a document says. Decides whether it may: never over another state or a newer one
//! unless that is said with -force, never with objects that this program can't read. A backup is kept first, as before every edit.

use super::edit::{Edit, edit};
use super::pull::document;
use crate::base::{Diag, Diags, SourceMap};
use crate::cli::args::PushArgs;
use crate::cli::pipeline::Machine;
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::engine::rows;
use crate::schema::Registry;
use crate::store::document::{BYTES_MAX, DocumentError};
use crate::store::{Document, Store};
use std::io::Read;
use std::path::Path;

/// Runs the command.
pub(super) fn run(cx: &Context, args: &PushArgs) -> CommandResult {
    let text = read_text(&args.file)?;
    let name = args.file.display();
    let given = Document::parse(&text).map_err(|e| {
        let diag = Diag::error(codes::DOCUMENT, format!("{name} is no document of a state")).detail(format!("{e}."));
        match e {
            DocumentError::Terraform => diag.help(format!("headworks state import-terraform {name}")),
            DocumentError::Newer { .. } => diag.help("use the headworks that wrote it, or a newer one"),
            DocumentError::Form(_) => diag.help("`headworks state pull` prints such documents"),
        }
    })?;
    let machine = Machine::offline()?;
    validate(&given, &machine.registry)?;
    edit(cx, &machine, "state push", &args.lock, |edit| {
        push(edit, given, args.force)
    })
}

fn push(edit: &Edit<'_>, mut given: Document, force: bool) -> CommandResult {
    let cx = edit.cx;
    let here = document(edit.machine, edit.store)?;
    let is_new = here.lineage.is_none() && here.resources.is_empty() && here.outputs.is_empty();
    if here.lineage == given.lineage && here.serial == given.serial && here.same_content(&given) {
        cx.output.note("The state is this already.");
        return Ok(Exit::Fine);
    }
    if !force && !is_new {
        refuse(edit, &here, &given)?;
    }
    if force && given.serial <= here.serial {
        // A saved plan of the state as it is now must not pass for one of the state that is put in its place.
        given.serial = here.serial.saturating_add(1);
    }
    let other_key = given.key_check.is_some() && given.key_check != here.key_check && has_fingerprints(&given);
    let (objects, serial) = (given.resources.len(), given.serial);
    edit.run(edit.store.restore(edit.cx(), given))?;
    if other_key {
        let diag = Diag::warning(codes::DOCUMENT, "Fingerprints of secrets were made with another key")
            .detail("Documents do not hold the key of the state that they come from, so whether a secret has changed can't be told here.")
            .help("the next apply sends the secrets of the configuration once more");
        cx.output.diags(&diag.into(), &SourceMap::default());
    }
    if !is_new {
        cx.output
            .note("The state as it was is kept beside it; `headworks state restore -force` brings it back.");
    }
    cx.output
        .note(&format!("The state has {objects} objects and serial {serial} now."));
    Ok(Exit::Fine)
}

/// Why a document may not take the place of the state.
fn refuse(edit: &Edit<'_>, here: &Document, given: &Document) -> Result<(), Failure> {
    let no = |what: String, help: &str| -> Failure {
        Diag::error(codes::DOCUMENT, "The document can't take the place of the state")
            .detail(what)
            .help(help)
            .into()
    };
    const FORCE: &str = "to put it in place all the same: -force";
    if here.lineage != given.lineage {
        let name = |lineage: &Option<String>| lineage.clone().unwrap_or_else(|| "none".to_string());
        return Err(no(
            format!(
                "It is of another state: its lineage is {}, the one here {}.",
                name(&given.lineage),
                name(&here.lineage)
            ),
            FORCE,
        ));
    }
    if given.serial < here.serial {
        let what = format!(
            "It is older: its serial is {}, the one here {}.",
            given.serial, here.serial
        );
        return Err(no(what, FORCE));
    }
    if given.serial == here.serial && !here.same_content(given) {
        let what = format!("It has the same serial, {}, and other content.", here.serial);
        return Err(no(what, FORCE));
    }
    let open = edit.run(edit.store.open_steps())?;
    if let Some(step) = open.first() {
        return Err(no(
            format!(
                "An interrupted run has left {} open steps, the first of {}.",
                open.len(),
                step.intent.target
            ),
            "run `headworks apply` first, which looks what became of them; or -force",
        ));
    }
    Ok(())
}

fn has_fingerprints(document: &Document) -> bool {
    let sealed = |text: &str| text.contains(crate::base::secret::FINGERPRINT);
    document.resources.iter().any(|row| sealed(&row.attributes))
}

/// Every object and output has to be one that this program can read.
fn validate(document: &Document, registry: &Registry) -> Result<(), Failure> {
    let mut diags = Diags::new();
    for row in &document.resources {
        if let Err(diag) = rows::prior(row, registry) {
            diags.push(diag);
        }
    }
    for output in &document.outputs {
        if let Err(diag) = rows::output(output) {
            diags.push(diag);
        }
    }
    if let Some(results) = &document.check_results
        && serde_json::from_str::<serde_json::Value>(results).is_err()
    {
        diags.push(Diag::error(
            codes::DOCUMENT,
            "The check results of the document are no JSON",
        ));
    }
    match diags.has_errors() {
        false => Ok(()),
        true => Err(Failure {
            diags,
            sources: SourceMap::default(),
        }),
    }
}

/// The text of a file or of standard input, as long as a document can be.
pub(super) fn read_text(path: &Path) -> Result<String, Diag> {
    let fail = |why: String| Diag::error(codes::FILE, format!("Can't read {}", path.display())).detail(why);
    let mut bytes = Vec::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut bytes),
        false => std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|e| fail(format!("{e}.")))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(fail(format!("It has more than {} MiB.", BYTES_MAX / 1024 / 1024)));
    }
    String::from_utf8(bytes).map_err(|_| fail("It is not UTF-8 text.".to_string()))
}
