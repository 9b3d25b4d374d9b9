//! `ledger blocks`: the chain of blocks, as it is linked by hashes.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hippocrypt::ledger::{Book, Checkpoint, TransactionKind};
use serde_json::{Value, json};

use super::short;
use crate::args::ledger::Blocks;
use crate::failure::{Code, Failure};
use crate::ledger::Ledger;
use crate::moments;
use crate::report::{Report, grouped, hex};

/// Rows that are read at a time.
const PAGE: usize = 4096;

/// The leaves between two consecutive checkpoints.
struct Block {
    /// From 1 on.
    number: u64,
    from: u64,
    checkpoint: Checkpoint,
    kinds: BTreeMap<TransactionKind, u64>,
    /// What its first leaf says of the checkpoint before; none of the first block.
    link: Option<[u8; 32]>,
    /// What that is.
    before: Option<[u8; 32]>,
    /// Who has signed it, and when if that is said.
    signers: Vec<(String, Option<u64>)>,
}

pub fn run(args: &Blocks) -> Result<Report, Failure> {
    let ledger = Ledger::look(&args.folder)?;
    let book = ledger.book();
    let size = book.size()?;
    let (total, ends) = ends(&book, usize::try_from(args.last).unwrap_or(usize::MAX))?;
    let blocks = blocks(&book, total, &ends)?;

    let mut report = Report::answer("ledger blocks");
    let signed = ends.back().map_or(0, |last| last.head().size);
    report.row("log", ends.back().map_or("(no block was closed yet)", |last| last.head().origin.as_str()));
    report.row("size", size);
    report.row("blocks", total);
    let waiting = size.saturating_sub(signed);
    let remark =
        if waiting == 0 { "none: all of it is signed".into() } else { grouped(&waiting.to_string()) };
    report.row_as("not signed yet", waiting, remark);
    report.draw(blocks.iter().map(drawn).collect::<Vec<_>>().join(""));
    report.field("chain", blocks.iter().map(to_json).collect::<Value>());
    if let Some(broken) = blocks.iter().find(|block| !block.is_linked()) {
        let message = format!("block {} does not hold the hash of the block before", broken.number);
        let hint = "the log was rewritten, or is damaged: `hippocrypt ledger verify FOLDER` names the place";
        report.condemn(Failure::new(Code::NotAuthentic, message).hint(hint));
    }
    Ok(report)
}

/// How many blocks there are, and the checkpoints of the last ones; before them the one that they build on.
fn ends(book: &Book<'_>, last: usize) -> Result<(u64, VecDeque<Checkpoint>), Failure> {
    let (mut total, mut after, mut ends) = (0u64, 0, VecDeque::new());
    loop {
        let page = book.checkpoints(after, PAGE)?;
        let Some(newest) = page.last() else { return Ok((total, ends)) };
        after = newest.head().size;
        total += page.len() as u64;
        ends.extend(page);
        let surplus = ends.len().saturating_sub(last.saturating_add(1));
        ends.drain(..surplus);
    }
}

fn blocks(book: &Book<'_>, total: u64, ends: &VecDeque<Checkpoint>) -> Result<Vec<Block>, Failure> {
    let is_whole = ends.len() as u64 == total;
    let mut before = if is_whole { None } else { ends.front() };
    let mut blocks = Vec::new();
    let shown = ends.iter().skip(usize::from(!is_whole));
    let first = total - (ends.len() as u64).saturating_sub(u64::from(!is_whole)) + 1;
    for (number, checkpoint) in (first..).zip(shown) {
        let from = before.map_or(0, |before| before.head().size);
        let (kinds, link) = contents(book, from, checkpoint.head().size)?;
        blocks.push(Block {
            number,
            from,
            checkpoint: checkpoint.clone(),
            kinds,
            link,
            before: before.map(Checkpoint::hash),
            signers: signers(checkpoint),
        });
        before = Some(checkpoint);
    }
    Ok(blocks)
}

type Contents = (BTreeMap<TransactionKind, u64>, Option<[u8; 32]>);

/// How many leaves of each kind there are, and what the first one links to.
fn contents(book: &Book<'_>, from: u64, to: u64) -> Result<Contents, Failure> {
    let (mut kinds, mut link, mut at) = (BTreeMap::new(), None, from);
    while at < to {
        let limit = usize::try_from(to - at).unwrap_or(PAGE).min(PAGE);
        let page = book.entries(at, limit, false)?;
        if page.is_empty() {
            break;
        }
        for entry in &page {
            let leaf = &entry.leaf;
            if leaf.kind == TransactionKind::CheckpointLink && entry.index == from {
                link = Some(leaf.commitment);
            }
            *kinds.entry(leaf.kind).or_insert(0) += 1;
        }
        at += page.len() as u64;
    }
    Ok((kinds, link))
}

/// Names and times under a checkpoint, as they stand there: `verify` takes keys, and asks whether it is true.
fn signers(checkpoint: &Checkpoint) -> Vec<(String, Option<u64>)> {
    let text = checkpoint.to_text();
    let lines = text.lines().filter_map(|line| line.strip_prefix("\u{2014} ")?.split_once(' '));
    // Four bytes name the key; a cosignature says its time before the 64 bytes of the signature.
    let time = |signature: &str| {
        let bytes = STANDARD.decode(signature).ok().filter(|bytes| bytes.len() == 76)?;
        bytes.get(4..12)?.try_into().ok().map(u64::from_be_bytes)
    };
    lines.map(|(name, signature)| (name.to_owned(), time(signature))).collect()
}

impl Block {
    fn is_linked(&self) -> bool {
        self.link == self.before
    }

    fn leaves(&self) -> u64 {
        self.checkpoint.head().size - self.from
    }
}

fn to_json(block: &Block) -> Value {
    let head = block.checkpoint.head();
    let kinds = block.kinds.iter().map(|(kind, count)| (kind.to_string(), (*count).into()));
    let signer = |(name, time): &(String, Option<u64>)| json!({ "name": name, "time": time });
    json!({
        "number": block.number,
        "from": block.from,
        "size": head.size,
        "leaves": block.leaves(),
        "kinds": kinds.collect::<serde_json::Map<String, Value>>(),
        "root": hex(&head.root),
        "hash": hex(&block.checkpoint.hash()),
        "previous": block.link.map(|link| hex(&link)),
        "linked": block.is_linked(),
        "signers": block.signers.iter().map(signer).collect::<Value>(),
    })
}

/// Characters between the borders of a block.
const WIDTH: usize = 68;

/// A block, hanging on the one before it.
fn drawn(block: &Block) -> String {
    let head = block.checkpoint.head();
    let mut text = String::new();
    if let Some(link) = &block.link {
        let mark = if block.is_linked() {
            "= hash of the block before"
        } else {
            "✗ NOT the hash of the block before"
        };
        text.push_str(&format!("   │ previous {}  {mark}\n", short(link)));
    } else if block.before.is_some() {
        text.push_str("   ✗ no link to the block before\n");
    }
    let joint = if block.number == 1 { '─' } else { '┴' };
    let title = format!(" block {} ", grouped(&block.number.to_string()));
    let rest = "─".repeat(WIDTH.saturating_sub(3 + title.chars().count()));
    text.push_str(&format!("┌──{joint}{title}{rest}┐\n"));
    let last = head.size.saturating_sub(1);
    let leaves = grouped(&block.leaves().to_string());
    let mut line = |label: &str, value: String| {
        for (at, part) in wrapped(&value, WIDTH - 11).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            text.push_str(&format!("│ {label:<8}  {part:<width$}│\n", width = WIDTH - 11));
        }
    };
    line(
        "leaves",
        format!("{leaves} ({} to {})", grouped(&block.from.to_string()), grouped(&last.to_string())),
    );
    // A kind and its number stay on one line.
    let kind =
        |(kind, count): (&TransactionKind, &u64)| format!("{kind}\u{a0}{}", grouped(&count.to_string()));
    line("kinds", block.kinds.iter().map(kind).collect::<Vec<_>>().join(", "));
    line("size", grouped(&head.size.to_string()));
    line("root", short(&head.root));
    line("hash", short(&block.checkpoint.hash()));
    for (name, time) in &block.signers {
        match time {
            None => line("signed", name.clone()),
            Some(time) => line("witness", format!("{name}, {}", moments::date(*time))),
        }
    }
    text.push_str(&format!("└──┬{}┘\n", "─".repeat(WIDTH - 3)));
    text
}

/// A text in lines of at most `width` characters, broken between words, but not at no-break spaces; a longer word is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let used = lines.last().map_or(0, |line| line.chars().count());
        let needed = word.chars().count();
        if used > 0 && used + 1 + needed > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().take(width).map(|c| if c == '\u{a0}' { ' ' } else { c }));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrapped("aaaaaaaa b", 5), ["aaaaa", "b"]);
        assert_eq!(wrapped("a b\u{a0}c", 4), ["a", "b c"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
