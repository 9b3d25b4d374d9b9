//! The command line.

pub mod ask;
pub mod authority;
pub mod index;
pub mod ledger;
pub mod proxy;
pub mod reader;
pub mod vault;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use hippocrypt::{ChunkSize, RecordId};

use crate::help;
use crate::speed::args::{Format, Speed};

/// Health records encrypted under a policy.
///
/// An authority makes a realm (setup) and issues keys for attributes (keygen). Anybody with the public
/// parameters encrypts under a policy; a key decrypts what its attributes satisfy.
#[derive(Debug, Parser)]
#[command(name = "hippocrypt", version, max_term_width = 100, after_help = help::STORY, after_long_help = help::LONG)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Answer as one JSON object on standard output, with errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress bar and no report of what was written
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The time, in seconds since 1970, in place of the system's clock: for tests
    #[arg(long, global = true, hide = true, value_name = "SECONDS")]
    pub now: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a realm: its public parameters and its master key
    #[command(after_help = help::SETUP)]
    Setup(Setup),
    /// Sign a new schema: which attributes are numbers and dates
    #[command(after_help = help::SCHEMA)]
    Schema(SchemaArgs),
    /// Issue a key for attributes (the authority, with the master key)
    #[command(after_help = help::KEYGEN)]
    Keygen(Keygen),
    /// Make a key for somebody else out of some attributes of your own
    #[command(after_help = help::DELEGATE)]
    Delegate(Delegate),
    /// Make an author's pair of keys, for signing what is encrypted
    #[command(after_help = help::AUTHOR)]
    Author(Author),
    /// Encrypt a file under a policy
    #[command(after_help = help::ENCRYPT)]
    Encrypt(Encrypt),
    /// Decrypt a file with an attribute key
    #[command(after_help = help::DECRYPT)]
    Decrypt(Decrypt),
    /// Tell what a file is, without any secret of it; check an upload
    #[command(after_help = help::INSPECT)]
    Inspect(Inspect),
    /// Explain a policy: its form, its cost, and who satisfies it
    #[command(after_help = help::POLICY)]
    Policy(PolicyArgs),
    /// Enrol a reader who lets a proxy do the pairings (both sides)
    #[command(subcommand, after_help = help::ENROLL)]
    Enroll(authority::Enroll),
    /// Begin, advance, show and state the epoch of a realm (the authority)
    #[command(subcommand, after_help = help::EPOCH)]
    Epoch(authority::Epoch),
    /// Let a proxy serve for a short time (the authority)
    #[command(after_help = help::LEASE)]
    Lease(authority::Lease),
    /// Issue a key for an enrolled reader, to his proxy (the authority)
    #[command(after_help = help::ISSUE)]
    Issue(authority::Issue),
    /// Add attributes to a reader's key (the authority)
    #[command(after_help = help::GRANT)]
    Grant(authority::Grant),
    /// Keep live keys good for the current epoch (the authority)
    #[command(after_help = help::REFRESH)]
    Refresh(authority::Refresh),
    /// Revoke a user, a key, or some of its attributes (the authority)
    #[command(subcommand, after_help = help::REVOKE)]
    Revoke(authority::Revoke),
    /// Run a proxy and its store: take, add, inspect
    #[command(subcommand, after_help = help::PROXY)]
    Proxy(proxy::Proxy),
    /// Seal a proxy's store in the current epoch
    #[command(after_help = help::SEAL)]
    Seal(proxy::Seal),
    /// Ask a proxy to transform a header (the reader)
    #[command(after_help = help::REQUEST)]
    Request(reader::Request),
    /// Answer a reader's request (the proxy)
    #[command(after_help = help::TRANSFORM)]
    Transform(proxy::Transform),
    /// Decrypt with a proxy's answer (the reader)
    #[command(after_help = help::FINISH)]
    Finish(reader::Finish),
    /// Keep records in a vault: import, read, share, revoke, seal, export
    #[command(after_help = help::VAULT)]
    Vault(vault::Vault),
    /// Search encrypted records by keywords: plan, create, add, grant, search, revoke
    #[command(subcommand, after_help = help::INDEX)]
    Index(index::Index),
    /// Keep a log that nobody can rewrite: append, checkpoint, prove, audit, verify
    #[command(subcommand, after_help = help::LEDGER)]
    Ledger(ledger::Ledger),
    /// Measure how fast this build is on this machine; compare two measurements
    #[command(after_help = help::speed())]
    Speed(Speed),
}

impl Command {
    /// Whether an option of its own says what `--json` says.
    pub fn wants_json(&self) -> bool {
        matches!(self, Command::Speed(speed) if speed.format == Format::Json)
    }
}

/// Replacing files.
#[derive(Debug, Args)]
pub struct Overwrite {
    /// Replace files that exist
    #[arg(long)]
    pub force: bool,
}

/// The realm, as everybody knows it.
#[derive(Debug, Args)]
pub struct Realm {
    /// The public parameters of the realm
    #[arg(long, value_name = "FILE", default_value = "public.hpcr")]
    pub public: PathBuf,
}

/// The numbers of the realm.
#[derive(Debug, Args)]
pub struct Numbers {
    /// The schema of the realm [default: schema.hpcr beside the parameters or master key, if there]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
}

/// When, in a realm with epochs.
#[derive(Debug, Args)]
pub struct Time {
    /// The authority's statement of the epoch; the newest is kept in epoch.hpcr beside the parameters
    #[arg(long, value_name = "FILE")]
    pub epoch: Option<PathBuf>,
    /// Encrypt in the newest epoch known, though its statement has expired
    #[arg(long)]
    pub stale: bool,
    /// Nobody opens it before this epoch
    #[arg(long, value_name = "EPOCH")]
    pub embargo: Option<u64>,
}

/// What a record is called.
#[derive(Debug, Args)]
pub struct Name {
    /// The id of the record: 32 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    pub record_id: Option<RecordId>,
    /// The version of the record: an amendment has a higher one
    #[arg(long, value_name = "N")]
    pub version_number: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Setup {
    /// The name of the realm, for people (at most 255 bytes)
    #[arg(long, value_name = "NAME", value_parser = realm)]
    pub realm: String,
    /// Declare numbers and dates, and sign them as a schema; @FILE reads them from a file
    #[arg(long, value_name = "TEXT")]
    pub declare: Option<String>,
    /// Count time in epochs, 1 to 2^D - 1: keys can be revoked, and go to proxies alone
    #[arg(long, value_name = "D", num_args = 0..=1, default_missing_value = "16")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=32))]
    pub epochs: Option<u8>,
    /// Where the public parameters go
    #[arg(long, value_name = "FILE", default_value = "public.hpcr")]
    pub public: PathBuf,
    /// Where the master key goes (mode 0600)
    #[arg(long, value_name = "FILE", default_value = "master.key")]
    pub master: PathBuf,
    /// Where the schema goes, with --declare
    #[arg(long, value_name = "FILE", default_value = "schema.hpcr")]
    pub schema: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The declarations; @FILE reads them from a file
    #[arg(long, value_name = "TEXT")]
    pub declare: String,
    /// The master key of the realm
    #[arg(long, value_name = "FILE", default_value = "master.key")]
    pub master: PathBuf,
    /// Where the schema goes
    #[arg(long, short, value_name = "FILE", default_value = "schema.hpcr")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Keygen {
    /// The attributes, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST")]
    pub attributes: String,
    /// Where the key goes (mode 0600)
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// The master key of the realm
    #[arg(long, value_name = "FILE", default_value = "master.key")]
    pub master: PathBuf,
    #[command(flatten)]
    pub numbers: Numbers,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Delegate {
    /// Your own key
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// Some of its attributes, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST")]
    pub attributes: String,
    /// Where the new key goes (mode 0600)
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Author {
    /// Where the signing key goes (mode 0600)
    #[arg(long, value_name = "FILE", default_value = "author.key")]
    pub key: PathBuf,
    /// Where the public key goes
    #[arg(long, value_name = "FILE", default_value = "author.pub")]
    pub id: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Encrypt {
    /// What to encrypt; - is standard input
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// Who may read it; @FILE reads the policy from a file
    #[arg(long, short, value_name = "POLICY")]
    pub policy: String,
    /// Where the encrypted file goes; - is standard output [default: FILE.hpcr, and - for -]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub realm: Realm,
    #[command(flatten)]
    pub numbers: Numbers,
    /// Sign with this author's key
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
    /// Bind the file to a text that is not stored: whoever decrypts must give the same
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub context: String,
    #[command(flatten)]
    pub name: Name,
    #[command(flatten)]
    pub time: Time,
    /// Bytes in a chunk: a power of two from 1KiB to 16MiB
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = chunk_size)]
    pub chunk_size: ChunkSize,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Decrypt {
    /// The encrypted file; - is standard input
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// Your attribute key
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// Where the plaintext goes (mode 0600); - is standard output [default: FILE without .hpcr, and - for -]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub realm: Realm,
    /// Demand the signature of this author; repeat it to accept one of several
    #[arg(long, value_name = "FILE")]
    pub author: Vec<PathBuf>,
    /// The text that the file was bound to
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub context: String,
    #[command(flatten)]
    pub name: Name,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// Any file of hippocrypt; - is standard input
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// Check it against the public parameters of its realm
    #[arg(long, value_name = "FILE")]
    pub public: Option<PathBuf>,
    /// Demand the signature of this author; repeat it to accept one of several
    #[arg(long, value_name = "FILE")]
    pub author: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// The policy; @FILE reads it from a file
    #[arg(value_name = "POLICY", required_unless_present = "of", conflicts_with = "of")]
    pub policy: Option<String>,
    /// The policy of this encrypted file
    #[arg(long, value_name = "FILE")]
    pub of: Option<PathBuf>,
    /// Ask about these attributes, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST", conflicts_with = "key")]
    pub attributes: Option<String>,
    /// Ask about the attributes of this key
    #[arg(long, short, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The public parameters of the realm, with which a schema is checked
    #[command(flatten)]
    pub realm: Realm,
    #[command(flatten)]
    pub numbers: Numbers,
}

fn realm(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err("a realm needs a name".to_owned()),
        1..=255 => Ok(text.to_owned()),
        bytes => Err(format!("the name has {bytes} bytes; at most 255 are allowed")),
    }
}

/// A power of two such as `65536`, `64KiB` or `1MiB`.
fn chunk_size(text: &str) -> Result<ChunkSize, String> {
    let bytes = u32::try_from(bytes(text)?).ok();
    bytes.and_then(ChunkSize::new).ok_or_else(|| "not a power of two from 1KiB to 16MiB".to_owned())
}

/// Reads `65536`, `64KiB`, `64K` or `1MiB`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err("the units are KiB, MiB and GiB".to_owned()),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number.ok_or_else(|| "not a number of bytes".to_owned())
}
