//! `headworks state import-terraform`: the objects of a Terraform state file, taken into this state. Says of each that is not
//! taken why; overwrites nothing, and calls no cloud: the next plan looks at what was taken.

use super::edit::{Edit, edit};
use super::pull::document;
use super::push::read_text;
use crate::base::Diag;
use crate::base::secret::FINGERPRINT;
use crate::cli::args::ImportTerraformArgs;
use crate::cli::pipeline::{Machine, open_state};
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::engine::terraform_state::{Adoption, Present, TerraformFile, adopt};
use crate::report::clean;
use crate::store::sqlite::OpenMode;
use crate::store::{Document, ResourceRow, Store};
use serde_json::{Value as Json, json};

/// As many names of attributes are listed of one object.
const NAMES_MAX: usize = 8;

/// Runs the command.
pub(super) fn run(cx: &Context, args: &ImportTerraformArgs) -> CommandResult {
    let text = read_text(&args.file)?;
    let refused = |e: crate::engine::terraform_state::FileError| -> Failure {
        Diag::error(
            codes::DOCUMENT,
            format!("{} can't be taken into the state", args.file.display()),
        )
        .detail(format!("As a Terraform state file: {e}."))
        .help(e.help())
        .into()
    };
    let file = TerraformFile::parse(&text).map_err(refused)?;
    let machine = Machine::offline()?;
    if args.dry_run {
        let store = open_state(cx, OpenMode::ReadOnly)?;
        let here = document(&machine, &*store)?;
        // Nothing of it is kept, so no key is needed.
        let seal = |_: &str, _: &str| format!("{FINGERPRINT}{}", "0".repeat(64));
        let adoption = adopt(&file, &machine.registry, &present(&here), &seal).map_err(refused)?;
        tell(cx, args, &file, &adoption);
        return Ok(Exit::Fine);
    }
    edit(cx, &machine, "state import-terraform", &args.lock, |edit| {
        let here = document(&machine, edit.store)?;
        let key = edit.run(edit.store.fingerprint_key())?;
        let seal = |path: &str, secret: &str| {
            let fingerprint = key.as_ref().map(|key| key.fingerprint(path, secret));
            format!("{FINGERPRINT}{}", fingerprint.unwrap_or_default())
        };
        let adoption = adopt(&file, &machine.registry, &present(&here), &seal).map_err(refused)?;
        write(edit, here, &adoption)?;
        tell(cx, args, &file, &adoption);
        Ok(Exit::Fine)
    })
}

fn present(here: &Document) -> Present {
    Present {
        rows: here.resources.iter().map(ResourceRow::key).collect(),
        outputs: here.outputs.iter().map(|o| o.name.clone()).collect(),
    }
}

/// Adds what is taken, in one transaction.
fn write(edit: &Edit<'_>, here: Document, adoption: &Adoption) -> Result<(), Failure> {
    if adoption.taken.is_empty() && adoption.outputs.is_empty() {
        return Ok(());
    }
    let mut document = here;
    document.serial = document.serial.saturating_add(1);
    document.resources.extend(adoption.taken.iter().map(|t| t.row.clone()));
    document.outputs.extend(adoption.outputs.iter().cloned());
    edit.run(edit.store.restore(edit.cx(), document))
}

fn tell(cx: &Context, args: &ImportTerraformArgs, file: &TerraformFile, adoption: &Adoption) {
    if args.json {
        cx.output.json(&as_json(args, adoption));
        return;
    }
    let (take, left) = match args.dry_run {
        true => ("Would take", "Would not take"),
        false => ("Taken", "Not taken"),
    };
    let mut out = String::new();
    if !adoption.taken.is_empty() {
        out.push_str(&format!(
            "{take} from {} (Terraform {}, serial {}):\n",
            args.file.display(),
            clean(&file.terraform_version),
            file.serial
        ));
    }
    for one in &adoption.taken {
        let was = one
            .was
            .as_ref()
            .map_or(String::new(), |was| format!(", there called {}", clean(was)));
        let mark = match one.row.status {
            crate::store::RowStatus::Tainted => " (tainted)",
            crate::store::RowStatus::Ok => "",
        };
        out.push_str(&format!("  {}{mark}{was}\n", clean(&one.row.key().to_string())));
        if !one.dropped.is_empty() {
            out.push_str(&format!("      not managed here: {}\n", names(&one.dropped)));
        }
    }
    if !adoption.left.is_empty() {
        out.push_str(&format!("{left}:\n"));
    }
    for one in &adoption.left {
        out.push_str(&format!("  {}: {}\n", clean(&one.address), clean(&one.why)));
    }
    out.push_str(&format!(
        "{} objects and {} outputs {}, {} left.\n",
        adoption.taken.len(),
        adoption.outputs.len(),
        if args.dry_run { "would be taken" } else { "taken" },
        adoption.left.len()
    ));
    cx.output.data(&out);
    if !args.dry_run && !adoption.taken.is_empty() {
        cx.output
            .note("`headworks plan` looks at them in the cloud and shows what differs from the configuration.");
        cx.output
            .note("Terraform still has them: forget them there (`terraform state rm`), so that two tools never manage one object.");
    }
}

fn names(all: &[String]) -> String {
    let some: Vec<String> = all.iter().take(NAMES_MAX).map(|n| clean(n)).collect();
    match all.len().saturating_sub(NAMES_MAX) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}

fn as_json(args: &ImportTerraformArgs, adoption: &Adoption) -> Json {
    let taken = adoption.taken.iter().map(|one| {
        json!({
            "address": one.row.addr.to_string(),
            "deposed": one.row.deposed,
            "address_in_file": one.was,
            "not_managed": one.dropped,
        })
    });
    let left = adoption
        .left
        .iter()
        .map(|l| json!({"address": l.address, "why": l.why}));
    json!({
        "format_version": "1.0",
        "dry_run": args.dry_run,
        "taken": taken.collect::<Vec<_>>(),
        "outputs": adoption.outputs.iter().map(|o| o.name.clone()).collect::<Vec<_>>(),
        "left": left.collect::<Vec<_>>(),
    })
}
