//! The command line of a reader who lets a proxy do the pairings.

use std::path::PathBuf;

use clap::Args;

use super::{Name, Overwrite, Realm};

/// The header that a reader wants.
#[derive(Debug, Args)]
pub struct Which {
    /// The header: its id (64 hexadecimal digits), or a file that it begins, or a request for it
    #[arg(long, value_name = "HEADER")]
    pub of: String,
}

#[derive(Debug, Args)]
pub struct Request {
    #[command(flatten)]
    pub which: Which,
    /// Your name with the authority
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// Your seed
    #[arg(long, value_name = "FILE", default_value = "reader.seed")]
    pub seed: PathBuf,
    #[command(flatten)]
    pub realm: Realm,
    /// Where the request goes; - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Finish {
    /// The proxy's answer; - is standard input
    #[arg(value_name = "ANSWER")]
    pub answer: PathBuf,
    /// The record, or the encrypted file that it is part of; - is standard input
    #[arg(long, value_name = "FILE")]
    pub record: PathBuf,
    #[command(flatten)]
    pub which: Which,
    /// Your seed
    #[arg(long, value_name = "FILE", default_value = "reader.seed")]
    pub seed: PathBuf,
    /// Where the plaintext goes (mode 0600); - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
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
