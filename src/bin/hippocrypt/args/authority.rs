//! The command line of an authority of a realm with epochs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Numbers, Overwrite, Realm};
use crate::help;
use crate::moments::{self, Until};

/// The authority at work.
#[derive(Debug, Args)]
pub struct AuthorityArgs {
    #[command(flatten)]
    pub folder: Folder,
    /// The master key of the realm
    #[arg(long, value_name = "FILE", default_value = "master.key")]
    pub master: PathBuf,
    /// What a proxy knows: its folder, its folder of updates, or its newest one; repeat it for every proxy
    #[arg(long, value_name = "PATH", conflicts_with = "alone")]
    pub witness: Vec<PathBuf>,
    /// Ask no proxy whether the folder is an old copy
    #[arg(long)]
    pub alone: bool,
}

/// Where an authority keeps what it must not forget.
#[derive(Debug, Args)]
pub struct Folder {
    /// The folder of the authority: updates, issued keys, readers
    #[arg(long, value_name = "DIR", default_value = "authority")]
    pub authority: PathBuf,
}

/// One key.
#[derive(Debug, Args)]
pub struct WhichKey {
    /// The id of the key (32 hexadecimal digits), or the user whose only live key it is
    #[arg(value_name = "KEY")]
    pub key: String,
}

#[derive(Debug, Subcommand)]
pub enum Epoch {
    /// Begin epoch 1 of a new realm, once, and make the authority's folder
    Begin(Begin),
    /// Begin the next epoch; `refresh` comes after it
    Advance(Advance),
    /// Tell the epoch, and who and what is revoked
    Show(Show),
    /// State the epoch to whoever encrypts
    Statement(Statement),
}

#[derive(Debug, Args)]
pub struct Begin {
    #[command(flatten)]
    pub folder: Folder,
    /// The master key of the realm
    #[arg(long, value_name = "FILE", default_value = "master.key")]
    pub master: PathBuf,
}

#[derive(Debug, Args)]
pub struct Advance {
    #[command(flatten)]
    pub authority: AuthorityArgs,
    /// A later epoch than the next
    #[arg(long, value_name = "EPOCH")]
    pub to: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub folder: Folder,
}

#[derive(Debug, Args)]
pub struct Statement {
    #[command(flatten)]
    pub authority: AuthorityArgs,
    /// Until when it holds: 12h, 30m, 1d from now, or 2026-12-01T08:00Z
    #[arg(long, value_name = "WHEN", default_value = "1h", value_parser = moments::until)]
    pub until: Until,
    /// Where the statement goes
    #[arg(long, short, value_name = "FILE", default_value = "epoch.hpcr")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Lease {
    #[command(flatten)]
    pub authority: AuthorityArgs,
    /// The name of the proxy
    #[arg(long, value_name = "NAME")]
    pub proxy: String,
    /// Until when it holds: 10m, 1h from now, or 2026-12-01T08:00Z
    #[arg(long, value_name = "WHEN", default_value = "10m", value_parser = moments::until)]
    pub until: Until,
    /// Where the lease goes
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Subcommand)]
pub enum Enroll {
    /// Reader: make the seed, the one secret to keep
    New(EnrollNew),
    /// Authority: draw a nonce for one user's enrolment
    Nonce(EnrollNonce),
    /// Reader: ask to be enrolled, in answer to a nonce
    Ask(EnrollAsk),
    /// Authority: verify an enrolment, and keep it
    Check(EnrollCheck),
}

#[derive(Debug, Args)]
pub struct EnrollNew {
    /// Where the seed goes (mode 0600)
    #[arg(long, value_name = "FILE", default_value = "reader.seed")]
    pub seed: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct EnrollNonce {
    #[command(flatten)]
    pub folder: Folder,
    /// The user, as the authority knows him
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// Where the nonce goes, a line of text
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct EnrollAsk {
    /// Your seed
    #[arg(long, value_name = "FILE", default_value = "reader.seed")]
    pub seed: PathBuf,
    /// Your name with the authority
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// The nonce that the authority gave you
    #[arg(long, value_name = "FILE")]
    pub nonce: PathBuf,
    #[command(flatten)]
    pub realm: Realm,
    /// Where the enrolment goes
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct EnrollCheck {
    /// The enrolment
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    #[command(flatten)]
    pub folder: Folder,
    /// Put it in the place of an earlier enrolment of this user
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
pub struct Issue {
    #[command(flatten)]
    pub authority: AuthorityArgs,
    /// The enrolled user
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// The attributes, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST")]
    pub attributes: String,
    /// Where the transform key goes, for the proxy alone (mode 0600)
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub numbers: Numbers,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Grant {
    #[command(flatten)]
    pub key: WhichKey,
    #[command(flatten)]
    pub authority: AuthorityArgs,
    /// The attributes to add, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST")]
    pub attributes: String,
    /// Where the grant goes, for the proxy alone (mode 0600)
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub numbers: Numbers,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Refresh {
    #[command(flatten)]
    pub authority: AuthorityArgs,
    /// One key alone: its id, or the user whose only live key it is
    #[arg(long, value_name = "KEY", requires = "from")]
    pub key: Option<String>,
    /// The epoch that its proxy's tokens reach
    #[arg(long, value_name = "EPOCH", requires = "key")]
    pub from: Option<u64>,
    /// The folder that the tokens go to, a file for each batch of keys
    #[arg(long, short, value_name = "DIR", default_value = "tokens")]
    pub out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Revoke {
    /// All that was issued to a user up to now
    #[command(after_help = help::REVOKE)]
    User(RevokeUser),
    /// One key, for good
    #[command(after_help = help::REVOKE)]
    Key(RevokeKey),
    /// Some attributes of a key: its reader keeps the rest, under a new key
    #[command(after_help = help::REVOKE)]
    Attributes(RevokeAttributes),
}

#[derive(Debug, Args)]
pub struct Emergency {
    /// Begin the next epoch, too: what is encrypted from now on is out of reach even with a dishonest proxy
    #[arg(long)]
    pub advance: bool,
}

#[derive(Debug, Args)]
pub struct RevokeUser {
    /// The user
    #[arg(value_name = "NAME")]
    pub user: String,
    #[command(flatten)]
    pub authority: AuthorityArgs,
    #[command(flatten)]
    pub emergency: Emergency,
}

#[derive(Debug, Args)]
pub struct RevokeKey {
    #[command(flatten)]
    pub key: WhichKey,
    #[command(flatten)]
    pub authority: AuthorityArgs,
    #[command(flatten)]
    pub emergency: Emergency,
}

#[derive(Debug, Args)]
pub struct RevokeAttributes {
    #[command(flatten)]
    pub key: WhichKey,
    /// The attributes, separated by commas; @FILE reads them from a file
    #[arg(value_name = "LIST")]
    pub attributes: String,
    #[command(flatten)]
    pub authority: AuthorityArgs,
    #[command(flatten)]
    pub emergency: Emergency,
    /// Where the key for what is left goes, for the proxy alone (mode 0600)
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub numbers: Numbers,
    #[command(flatten)]
    pub overwrite: Overwrite,
}
