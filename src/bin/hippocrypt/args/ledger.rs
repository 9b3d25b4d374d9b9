//! The command line of an audit ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hippocrypt::ledger::TransactionKind;
use hippocrypt::phr::PatientHandle;

use super::Overwrite;
use crate::help;

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Begin a log: its store and its key
    #[command(after_help = help::LEDGER_CREATE)]
    Create(Create),
    /// Append transactions, durably (the keeper of the log)
    #[command(after_help = help::LEDGER_APPEND)]
    Append(Append),
    /// Close the block, and sign everything up to here (the keeper of the log)
    #[command(after_help = help::LEDGER_CHECKPOINT)]
    Checkpoint(Checkpoint),
    /// Draw the chain of blocks
    #[command(after_help = help::LEDGER_BLOCKS)]
    Blocks(Blocks),
    /// Prove that a transaction stands in the log, or that an earlier log is the beginning of a later one
    #[command(after_help = help::LEDGER_PROVE)]
    Prove(Prove),
    /// All transactions of a patient, with the proof that they are all
    #[command(after_help = help::LEDGER_AUDIT)]
    Audit(Audit),
    /// Verify proofs, accounts and receipts offline; or replay a whole log
    #[command(after_help = help::LEDGER_VERIFY)]
    Verify(Verify),
    /// The log as static files, for mirrors and other tools (C2SP tlog-tiles)
    #[command(after_help = help::LEDGER_EXPORT)]
    Export(Export),
    /// Cosign a log's checkpoint, if it continues the one that was cosigned before (a witness)
    #[command(after_help = help::LEDGER_COSIGN)]
    Cosign(Cosign),
}

/// Who besides the log must have signed a checkpoint.
#[derive(Debug, Args)]
pub struct Witnesses {
    /// The key of a witness, or @FILE; repeat it for several [default: the log's signature is enough]
    #[arg(long = "witness", value_name = "VKEY")]
    pub keys: Vec<String>,
    /// How many of them must have signed [default: more than half]
    #[arg(long, value_name = "K", requires = "keys")]
    pub need: Option<usize>,
    /// How many of them may lie
    #[arg(long, value_name = "F", default_value = "0", requires = "keys")]
    pub liars: usize,
}

#[derive(Debug, Args)]
pub struct Create {
    /// The folder of the log, which must not exist
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The name of the log for the world, such as hospital.example/audit: no spaces, no `+`
    #[arg(long, value_name = "NAME")]
    pub log: String,
}

#[derive(Debug, Args)]
pub struct Append {
    /// The folder of the log, or a vault
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// What kind of transaction it is
    #[arg(long, value_name = "KIND", value_parser = kind, required_unless_present = "lines")]
    pub kind: Option<TransactionKind>,
    /// The handle of the patient whose it is, 32 hexadecimal digits [default: nobody's]
    #[arg(long, value_name = "HANDLE", conflicts_with = "lines")]
    pub patient: Option<PatientHandle>,
    /// What the transaction says; `-` is standard input
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// Many transactions, each a line of JSON: {"kind": .., "patient": .., "body": ..}
    #[arg(long, conflicts_with_all = ["kind", "receipt"])]
    pub lines: bool,
    /// Where the log's signed receipt goes (mode 0600)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Checkpoint {
    /// The folder of the log, or a vault
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Close nothing, and keep the signatures of witnesses that this checkpoint of the log bears
    #[arg(long, value_name = "FILE", requires = "witness")]
    pub cosigned: Option<PathBuf>,
    /// The key of a witness whose signature is kept, or @FILE; repeat it for several
    #[arg(long, value_name = "VKEY", requires = "cosigned")]
    pub witness: Vec<String>,
    /// Where the checkpoint goes; `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Cosign {
    /// The folder of the witness: its key, and what it has cosigned
    #[arg(value_name = "WITNESS")]
    pub folder: PathBuf,
    /// Make a witness of this name, if the folder is not there
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The key of the log, NAME+HASH+KEY; @FILE reads it from a file
    #[arg(long, value_name = "VKEY")]
    pub key: String,
    /// The log's checkpoint
    #[arg(long, value_name = "FILE")]
    pub checkpoint: PathBuf,
    /// The proof that it continues the last one that this witness has cosigned
    #[arg(long, value_name = "FILE")]
    pub consistency: Option<PathBuf>,
    /// Where the cosigned checkpoint goes; `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Blocks {
    /// The folder of the log, or a vault
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The last N blocks
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub last: u32,
}

#[derive(Debug, Args)]
pub struct Prove {
    /// The folder of the log, or a vault
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The number of the transaction in the log, from 0 on
    #[arg(value_name = "INDEX", required_unless_present = "from", conflicts_with = "from")]
    pub index: Option<u64>,
    /// Under the checkpoint over N leaves [default: the newest one]
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub size: Option<u64>,
    /// Where the transaction goes (mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub entry: Option<PathBuf>,
    /// The log of OLD leaves is the beginning of a later one
    #[arg(long, value_name = "OLD")]
    pub from: Option<u64>,
    /// .. of the log of NEW leaves [default: the newest checkpoint's]
    #[arg(long, value_name = "NEW", requires = "from")]
    pub to: Option<u64>,
    /// Where the checkpoint goes that the proof is for
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Where the proof goes
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Audit {
    /// The folder of the log, or a vault
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Her handle, 32 hexadecimal digits
    #[arg(long, value_name = "HANDLE")]
    pub patient: PatientHandle,
    /// Where the account goes, for `verify --account` (mode 0600)
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where the checkpoint goes that the account is for
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub witnesses: Witnesses,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The folder of the log, or a vault
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The folder of the static files, which is made or brought up to date
    #[arg(long, short, value_name = "DIR")]
    pub out: PathBuf,
    /// The account of this patient, too, beside DIR as DIR-account-HANDLE.hpcr; repeat it for several
    #[arg(long, value_name = "HANDLE")]
    pub account: Vec<PatientHandle>,
}

/// Kinds of transactions that people append: what the log says itself it appends by itself.
const KINDS: [TransactionKind; 9] = [
    TransactionKind::RecordPut,
    TransactionKind::Access,
    TransactionKind::Denied,
    TransactionKind::Grant,
    TransactionKind::Revoke,
    TransactionKind::ConsentChange,
    TransactionKind::BreakGlass,
    TransactionKind::HeadChange,
    TransactionKind::EpochAdvance,
];

/// A kind by its name.
pub fn kind(text: &str) -> Result<TransactionKind, String> {
    KINDS.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| {
        let names: Vec<String> = KINDS.iter().map(ToString::to_string).collect();
        format!("the kinds are {}", names.join(", "))
    })
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Replay the whole log in this folder, or vault
    #[arg(value_name = "FOLDER", required_unless_present_any = ["checkpoint", "receipt"])]
    #[arg(conflicts_with_all = ["checkpoint", "entry", "proof", "account", "receipt", "old", "consistency"])]
    pub folder: Option<PathBuf>,
    /// The key of the log, NAME+HASH+KEY as `create` prints it; @FILE reads it from a file [default: that of FOLDER]
    #[arg(long, value_name = "VKEY", required_unless_present = "folder")]
    pub key: Option<String>,
    /// The checkpoint that everything is verified under
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// The transaction, as `prove --entry` writes it
    #[arg(long, value_name = "FILE", requires = "proof")]
    pub entry: Option<PathBuf>,
    /// The proof that it stands in the log
    #[arg(long, value_name = "FILE", requires_all = ["entry", "checkpoint"])]
    pub proof: Option<PathBuf>,
    /// All transactions of a patient, as `audit --out` writes them
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub account: Option<PathBuf>,
    /// The patient whose account it must be: her handle
    #[arg(long, value_name = "HANDLE", requires = "account")]
    pub patient: Option<PatientHandle>,
    /// The log's receipt, as `append --receipt` writes it; with --proof of the same transaction the log has kept its word
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// An earlier checkpoint of the log
    #[arg(long, value_name = "FILE", requires_all = ["consistency", "checkpoint"])]
    pub old: Option<PathBuf>,
    /// The proof that its log is the beginning of this one
    #[arg(long, value_name = "FILE", requires = "old")]
    pub consistency: Option<PathBuf>,
    #[command(flatten)]
    pub witnesses: Witnesses,
}
