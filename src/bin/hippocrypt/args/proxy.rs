//! The command line of a proxy, and of its store.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Overwrite, Realm};
use crate::help;

/// Where a proxy keeps all it has.
#[derive(Debug, Args)]
pub struct Folder {
    /// The folder of the proxy: updates, lease, keys, headers, records
    #[arg(long, value_name = "DIR", default_value = "proxy")]
    pub proxy: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Proxy {
    /// Make the folder of a new proxy
    #[command(after_help = help::PROXY)]
    Init(Init),
    /// Take what the authority sends: updates, keys, grants, tokens, leases
    #[command(after_help = help::PROXY)]
    Take(Take),
    /// Accept encrypted files into the store
    #[command(after_help = help::PROXY)]
    Add(Add),
    /// Show what the proxy holds, and what it must not serve
    #[command(after_help = help::PROXY)]
    Inspect(Show),
    /// Make a key for `seal`, to be kept on another machine than the store
    #[command(after_help = help::PROXY)]
    SealKey(SealKey),
}

#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    pub folder: Folder,
    /// The name of the proxy, which no other one and no replica has
    #[arg(long, value_name = "NAME")]
    pub name: String,
    #[command(flatten)]
    pub realm: Realm,
}

#[derive(Debug, Args)]
pub struct Take {
    /// Files of the authority, and folders of such, in any order
    #[arg(value_name = "PATH", required = true)]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub folder: Folder,
}

#[derive(Debug, Args)]
pub struct Add {
    /// Encrypted files of the current epoch; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub folder: Folder,
    /// Accept what is for a later epoch, before which nobody opens it
    #[arg(long)]
    pub embargo: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub folder: Folder,
    /// Show all keys and headers, not the first of them
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct SealKey {
    /// Where the seal key goes (mode 0600)
    #[arg(long, short, value_name = "FILE", default_value = "seal.key")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Seal {
    #[command(flatten)]
    pub folder: Folder,
    /// The seal key, which does not lie in the folder
    #[arg(long, value_name = "FILE")]
    pub seal_key: PathBuf,
}

#[derive(Debug, Args)]
pub struct Transform {
    /// The request of a reader; - is standard input
    #[arg(value_name = "REQUEST")]
    pub input: PathBuf,
    #[command(flatten)]
    pub folder: Folder,
    /// Where the answer goes; - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// Where the record goes, which the answer opens
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}
