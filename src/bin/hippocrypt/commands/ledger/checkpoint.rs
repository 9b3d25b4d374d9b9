//! `ledger checkpoint`: closes the block, and signs.

use std::path::Path;

use hippocrypt::ledger::{Checkpoint as Signed, NoteKey};
use hippocrypt::store::Store;

use crate::args::ledger::Checkpoint;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Source, text};
use crate::ledger::Ledger;
use crate::output::{Access, Output, write_all};
use crate::report::{Report, hex, moment};

pub fn run(console: &Console, args: &Checkpoint) -> Result<Report, Failure> {
    if let Some(path) = args.out.as_deref().filter(|path| !crate::input::is_dash(path)) {
        Output::create(console, path, Access::Everybody, args.overwrite.force)?;
    }
    let mut ledger = Ledger::open(&args.folder)?;
    if let Some(path) = &args.cosigned {
        return cosigned(console, &mut ledger, args, path);
    }
    let scribe = ledger.scribe(console)?;
    let before = ledger.book().checkpoint()?.map_or(0, |checkpoint| checkpoint.head().size);
    let (checkpoint, batch) = scribe.close_block(&ledger.store)?;
    ledger.store.commit(&batch)?;
    let head = checkpoint.head();

    let mut report = Report::new("ledger checkpoint");
    report.row("log", head.origin.as_str());
    report.row("size", head.size);
    report.row("root", hex(&head.root));
    report.row_as(
        "new",
        head.size - before,
        match head.size - before {
            0 => "nothing was appended since the last checkpoint".to_owned(),
            new => format!("{new} leaves in the block"),
        },
    );
    let text = checkpoint.to_text();
    report.field("checkpoint", text.as_str());
    match &args.out {
        Some(path) => {
            write_text(console, path, &text, args.overwrite.force)?;
            report.file("out", path, "");
        }
        None => report.draw(text),
    }
    Ok(report)
}

/// Keeps the signatures of witnesses.
fn cosigned(
    console: &Console,
    ledger: &mut Ledger,
    args: &Checkpoint,
    path: &Path,
) -> Result<Report, Failure> {
    let mut source = Source::open(console, path)?;
    let bytes = source.read_whole()?;
    let cosigned =
        Signed::parse(bytes.expose_secret()).map_err(|error| Failure::from(error).in_file(&source.name))?;
    let witness =
        |argument: &String| Ok(NoteKey::parse(text(console, "key of a witness", argument)?.trim())?);
    let witnesses = args.witness.iter().map(witness).collect::<Result<Vec<_>, Failure>>()?;
    let scribe = ledger.scribe(console)?;
    let (checkpoint, batch) = scribe
        .keep_cosignatures(&ledger.store, &cosigned, &witnesses)
        .map_err(|error| Failure::from(error).in_file(&source.name))?;
    ledger.store.commit(&batch)?;
    let head = checkpoint.head();
    let mut report = Report::new("ledger checkpoint");
    report.row("log", head.origin.as_str());
    report.row("size", head.size);
    let mut rows = Vec::new();
    for witness in &witnesses {
        if let Some(time) = checkpoint.signed_by(witness)? {
            report.row_as(&format!("witness {}", witness.name()), time, moment(time, console.now()));
            rows.push(serde_json::json!({ "name": witness.name(), "time": time }));
        }
    }
    report.field("witnesses", rows);
    if let Some(path) = &args.out {
        write_text(console, path, &checkpoint.to_text(), args.overwrite.force)?;
        report.file("out", path, "");
    }
    Ok(report)
}

/// Writes a text, which a terminal may have.
pub fn write_text(console: &Console, path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    if !crate::input::is_dash(path) {
        return write_all(console, &[(path, text.as_bytes(), Access::Everybody)], force);
    }
    let mut output = Output::create_plain(console, path, force)?;
    std::io::Write::write_all(&mut output, text.as_bytes())?;
    output.commit()
}
