//! The command line of a stand-alone index.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use hippocrypt::search::LeakageProfile;

use super::Overwrite;
use super::ask::Ask;
use crate::help;

#[derive(Debug, Subcommand)]
pub enum Index {
    /// What an index of FHIR files would cost and give away, profile by profile
    #[command(after_help = help::INDEX_PLAN)]
    Plan(Plan),
    /// Make an empty index (its owner)
    #[command(after_help = help::INDEX_CREATE)]
    Create(Create),
    /// Index FHIR files (a device of the owner's, or a lab)
    #[command(after_help = help::INDEX_ADD)]
    Add(Add),
    /// Let somebody search (the owner)
    #[command(after_help = help::INDEX_GRANT)]
    Grant(Grant),
    /// Find records by what they say (a reader)
    #[command(after_help = help::INDEX_SEARCH)]
    Search(Search),
    /// Lock a reader out (the owner, the gate)
    #[command(after_help = help::INDEX_REVOKE)]
    Revoke(Revoke),
    /// Replace many small segments of the owner's by few large ones
    #[command(after_help = help::INDEX_MERGE)]
    Merge(Merge),
    /// How much there is, by whom, and who may search
    #[command(after_help = help::INDEX_STATS)]
    Stats(Stats),
}

/// A leakage profile by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Little padding: for what is not sensitive in its volumes
    Lean,
    /// Buckets of 32 to 4,096 slots, eight records in a segment
    Standard,
    /// One size of segment, no remote search
    Strict,
}

impl Profile {
    pub fn profile(self) -> LeakageProfile {
        match self {
            Self::Lean => LeakageProfile::lean(),
            Self::Standard => LeakageProfile::standard(),
            Self::Strict => LeakageProfile::strict(),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }
}

#[derive(Debug, Args)]
pub struct Plan {
    /// FHIR files (bundles, resources, NDJSON), and folders of such
    #[arg(long, short, value_name = "PATH", required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// This profile alone; repeat it for several
    #[arg(long, value_name = "NAME", value_enum)]
    pub profile: Vec<Profile>,
}

#[derive(Debug, Args)]
pub struct Create {
    /// The folder of the index, which must not exist
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// What the index may give away: `hippocrypt index plan` compares them
    #[arg(long, value_name = "NAME", value_enum, default_value = "standard")]
    pub profile: Profile,
}

#[derive(Debug, Args)]
pub struct Add {
    /// The folder of the index
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// FHIR files (bundles, resources, NDJSON), and folders of such
    #[arg(long, short, value_name = "PATH", required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Write as this lab, which can read nothing back [default: the owner's device]
    #[arg(long = "as", value_name = "LAB", value_parser = name)]
    pub lab: Option<String>,
}

#[derive(Debug, Args)]
pub struct Grant {
    /// The folder of the index
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// What the gate calls him
    #[arg(value_name = "READER", value_parser = name)]
    pub reader: String,
    /// Where the reader's file goes (mode 0600) [default: READER.key]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Search {
    /// The folder of the index
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub ask: Ask,
    /// The reader's file
    #[arg(long, short, value_name = "FILE")]
    pub reader: PathBuf,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// The folder of the index
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Whom
    #[arg(value_name = "READER", value_parser = name)]
    pub reader: String,
}

#[derive(Debug, Args)]
pub struct Merge {
    /// The folder of the index
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct Stats {
    /// The folder of the index
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// A name that can be a file's, too.
fn name(text: &str) -> Result<String, String> {
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'@');
    let is_name = (1..=64).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(fits);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a name has 1 to 64 of a-z, A-Z, 0-9, -, _, . and @".to_owned())
    }
}
