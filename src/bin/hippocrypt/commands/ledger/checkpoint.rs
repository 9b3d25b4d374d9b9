//! `ledger checkpoint`: closes the block, and signs.

use hippocrypt::store::Store;

use crate::args::ledger::Checkpoint;
use crate::console::Console;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::output::{Access, Output, write_all};
use crate::report::{Report, hex};

pub fn run(console: &Console, args: &Checkpoint) -> Result<Report, Failure> {
    if let Some(path) = args.out.as_deref().filter(|path| !crate::input::is_dash(path)) {
        Output::create(console, path, Access::Everybody, args.overwrite.force)?;
    }
    let mut ledger = Ledger::open(&args.folder)?;
    let scribe = ledger.scribe(console)?;
    let before = ledger.book().checkpoint()?.map_or(0, |checkpoint| checkpoint.head().size);
    let (checkpoint, batch) = scribe.close_block(&ledger.store)?;
    ledger.store.commit(&batch)?;
    let head = checkpoint.head();

    let mut report = Report::new("ledger checkpoint");
    report.row("log", head.origin.as_str());
    report.row("size", head.size);
    report.row("root", hex(&head.root));
    report.row_as("new", head.size - before, match head.size - before {
        0 => "nothing was appended since the last checkpoint".to_owned(),
        new => format!("{new} leaves in the block"),
    });
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

/// Writes a text, which a terminal may have.
pub fn write_text(
    console: &Console,
    path: &std::path::Path,
    text: &str,
    force: bool,
) -> Result<(), Failure> {
    if !crate::input::is_dash(path) {
        return write_all(console, &[(path, text.as_bytes(), Access::Everybody)], force);
    }
    let mut output = Output::create_plain(console, path, force)?;
    std::io::Write::write_all(&mut output, text.as_bytes())?;
    output.commit()
}
