//! `ledger verify FOLDER`: every leaf of a log, read again.

use std::collections::VecDeque;
use std::path::Path;

use hippocrypt::ledger::{Accepted, Book, Checkpoint, Replay};

use super::verify::of_checkpoint;
use crate::args::ledger::Verify;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::ledger::{Ledger, trust};
use crate::progress;
use crate::report::{Report, grouped, hex};

/// Rows that are read at a time.
const PAGE: usize = 4096;

pub fn run(console: &Console, folder: &Path, args: &Verify) -> Result<Report, Failure> {
    let ledger = Ledger::look(folder)?;
    let keys = match &args.key {
        Some(key) => trust::keys_in(console, key)?,
        None => ledger.keys(console)?,
    };
    let verifier = trust::verifier(console, keys, &args.witnesses)?;
    let book = ledger.book();
    let mut read = Reading {
        book,
        replay: Replay::new(&verifier),
        ends: VecDeque::new(),
        after: 0,
        blocks: 0,
        last: None,
    };
    let size = book.size()?;
    let bar = progress::steps(console, size);
    let mut at = 0;
    while at < size {
        let page = book.entries(at, PAGE, true)?;
        for entry in &page {
            read.replay.entry(entry)?;
            read.close_block(console)?;
        }
        if page.is_empty() {
            break;
        }
        at += page.len() as u64;
        bar.inc(page.len() as u64);
    }
    bar.finish_and_clear();
    if let Some(end) = read.next_end()? {
        // Where no leaf is any more.
        read.replay.checkpoint(&end)?;
    }
    let kept = book.tree_head(verifier.log())?;
    if (kept.size, kept.root) != (read.replay.leaves(), read.replay.root()) {
        let message = format!(
            "the log has {} leaves, and the store says that it has {} with another root",
            read.replay.leaves(),
            kept.size
        );
        return Err(Failure::new(Code::NotAuthentic, message)
            .hint("its end was cut off or changed: bring it back from a copy"));
    }

    let mut report = Report::answer("ledger verify");
    report.row("log", verifier.log());
    report.row("verified", true);
    report.row("leaves", size);
    report.row("patients", read.replay.patients());
    report.row("blocks", read.blocks);
    match &read.last {
        Some(accepted) => {
            report.row("signed", accepted.size());
            of_checkpoint(console, &verifier, accepted, &mut report);
        }
        None => report.row_as("signed", 0, "nothing: no block was closed yet"),
    }
    report.field("size", size);
    report.field("root", hex(&kept.root));
    report.field("keys", read.replay.keys().to_string());
    let waiting = size - read.last.as_ref().map_or(0, Accepted::size);
    if waiting > 0 {
        report.row_as("not signed yet", waiting, grouped(&waiting.to_string()));
    }
    Ok(report)
}

struct Reading<'b> {
    book: Book<'b>,
    replay: Replay,
    /// Checkpoints that come next.
    ends: VecDeque<Checkpoint>,
    after: u64,
    blocks: u64,
    last: Option<Accepted>,
}

impl Reading<'_> {
    /// The checkpoint that comes next.
    fn next_end(&mut self) -> Result<Option<Checkpoint>, Failure> {
        if self.ends.is_empty() {
            self.ends.extend(self.book.checkpoints(self.after, PAGE)?);
            self.after = self.ends.back().map_or(self.after, |last| last.head().size);
        }
        Ok(self.ends.front().cloned())
    }

    /// Ends the block, if one ends here.
    fn close_block(&mut self, console: &Console) -> Result<(), Failure> {
        let leaves = self.replay.leaves();
        let Some(end) = self.next_end()?.filter(|end| end.head().size <= leaves) else { return Ok(()) };
        self.replay.checkpoint(&end)?;
        self.ends.pop_front();
        self.blocks += 1;
        // Witnesses are asked for of the newest one.
        if self.next_end()?.is_none() {
            self.last = Some(self.replay.conclude(&end, console.now())?);
        }
        Ok(())
    }
}
