//! The command line of a vault: the whole life of a record, over one folder.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use hippocrypt::phr::{RecordCategory, SecurityLabel};
use hippocrypt::{RecordId, UserId};

use super::Overwrite;
use super::ask::Ask;
use crate::help;
use crate::moments::{self, Until};

#[derive(Debug, Args)]
pub struct Vault {
    /// The folder of the vault
    #[arg(long, global = true, value_name = "FOLDER", default_value = "vault", env = "HIPPOCRYPT_VAULT")]
    #[arg(hide_env_values = true)]
    pub vault: PathBuf,
    #[command(subcommand)]
    pub command: VaultCommand,
}

#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make a vault: a realm, its authority, and an empty cloud
    #[command(after_help = help::VAULT_INIT)]
    Init(Init),
    /// Enrol a reader, a writer or a patient (the authority)
    #[command(after_help = help::VAULT_ENROLL)]
    Enroll(Enroll),
    /// Encrypt files into the vault (a writer)
    #[command(after_help = help::VAULT_IMPORT)]
    Import(Import),
    /// Read a patient's records, with the cloud's help (a reader)
    #[command(after_help = help::VAULT_READ)]
    Read(Read),
    /// Find a patient's records by what they say, without telling the cloud a word (a reader)
    #[command(after_help = help::VAULT_SEARCH)]
    Search(Search),
    /// Let somebody read some of your records (a patient)
    #[command(after_help = help::VAULT_SHARE)]
    Share(Share),
    /// Dismiss somebody, or take some of his attributes (the authority)
    #[command(after_help = help::VAULT_REVOKE)]
    Revoke(Revoke),
    /// Seal what is stored, and begin the next epoch if asked (authority, cloud)
    #[command(after_help = help::VAULT_SEAL)]
    Seal(Seal),
    /// Let the cloud serve, and writers write, until a later time (the authority)
    #[command(after_help = help::VAULT_LEASE)]
    Lease(Lease),
    /// Write a patient's records as FHIR files, or as the files they came in (a reader)
    #[command(after_help = help::VAULT_EXPORT)]
    Export(Export),
    /// Check everything that is stored (the cloud, the authority)
    #[command(after_help = help::VAULT_FSCK)]
    Fsck(Fsck),
    /// Write all that the cloud has into one file
    #[command(after_help = help::VAULT_BACKUP)]
    Backup(Backup),
    /// Make the cloud out of a backup, and bring it up to date
    #[command(after_help = help::VAULT_RESTORE)]
    Restore(Restore),
    /// How much there is, in which epoch, and who uses it
    #[command(after_help = help::VAULT_STATS)]
    Stats,
    /// Who has read, written and changed what, and when (the cloud)
    #[command(after_help = help::VAULT_LOG)]
    Log(Log),
}

#[derive(Debug, Args)]
pub struct Init {
    /// The name of the realm, for people (at most 255 bytes)
    #[arg(long, value_name = "NAME", default_value = "vault", value_parser = super::realm)]
    pub realm: String,
    /// Who may read what: `CATEGORY: POLICY` and `label LABEL: POLICY`, one a line [default: see below]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Numbers and dates that the rules may compare, declared as in `hippocrypt schema`
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Epochs 1 to 2^D - 1
    #[arg(long, value_name = "D", default_value = "16", value_parser = clap::value_parser!(u8).range(1..=32))]
    pub epochs: u8,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["attributes", "patient", "writes"]))]
pub struct Enroll {
    /// The name that the house knows them by
    #[arg(value_name = "USER", value_parser = user)]
    pub user: UserId,
    /// What they may read with, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST")]
    pub attributes: Option<String>,
    /// A patient: her handle, the name that files have for her, or `new`
    #[arg(long, value_name = "PATIENT")]
    pub patient: Option<String>,
    /// Categories that they may write, separated by commas, or `all`; a patient writes her own records alone
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = category_or_all)]
    pub writes: Vec<Categories>,
    /// Until when they may write
    #[arg(long, value_name = "TIME", default_value = "366d", value_parser = moments::until)]
    pub until: Until,
    /// In place of a key file that was lost: the former one is revoked
    #[arg(long)]
    pub again: bool,
    /// Where the key file goes (mode 0600) [default: USER.key]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("files").required(true).multiple(true).args(["inputs", "attach"]))]
pub struct Import {
    /// FHIR files (bundles, resources, NDJSON), other files, folders of such; - is standard input
    #[arg(value_name = "PATH")]
    pub inputs: Vec<PathBuf>,
    /// The key file of a writer
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// Whose records they are: a handle, or the name that files have for the patient [default: as the FHIR says]
    #[arg(long, value_name = "PATIENT")]
    pub patient: Option<String>,
    /// Take this file as it is, though it may look like FHIR; repeat it for several
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// The category of files that are not FHIR [default: by their content]
    #[arg(long, value_name = "NAME", value_parser = category)]
    pub category: Option<RecordCategory>,
    /// The media type of files that are not FHIR [default: by their content]
    #[arg(long = "type", value_name = "TYPE")]
    pub media_type: Option<String>,
    /// Where the files come from: `Patient/1` of two sources are two patients
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Let FHIR resources be found by `vault search`, too
    #[arg(long)]
    pub index: bool,
    /// Import files again that were imported before
    #[arg(long)]
    pub again: bool,
}

#[derive(Debug, Args)]
pub struct Read {
    /// Whose records: a handle, the name that files have for the patient, or `house` [default: your own]
    #[arg(value_name = "PATIENT")]
    pub patient: Option<String>,
    /// Your key file
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// Records of this category alone; repeat it for several
    #[arg(long, value_name = "NAME", value_parser = category)]
    pub category: Vec<RecordCategory>,
    /// The record of this id alone; repeat it for several
    #[arg(long, value_name = "ID")]
    pub record: Vec<RecordId>,
    /// Write each record into a file of this folder
    #[arg(long, short, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Write FHIR resources into this file, one a line; - is standard output
    #[arg(long, value_name = "FILE")]
    pub ndjson: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Search {
    #[command(flatten)]
    pub ask: Ask,
    /// Your key file
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// Whose records: a handle, the name that files have for the patient, or `house` [default: your own]
    #[arg(long, value_name = "PATIENT")]
    pub patient: Option<String>,
    /// Open what is found, drop what is not meant, and show what the rest is
    #[arg(long)]
    pub open: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("scope").required(true).multiple(true).args(["category", "label"]))]
pub struct Share {
    /// The key file of the patient
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// Who may read
    #[arg(long, value_name = "USER", value_parser = user)]
    pub with: UserId,
    /// Categories, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = category)]
    pub category: Vec<RecordCategory>,
    /// Labels, separated by commas: what bears a label opens only with all of its labels shared
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub label: Vec<SecurityLabel>,
    /// Take it back
    #[arg(long)]
    pub take_back: bool,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// Who
    #[arg(value_name = "USER", value_parser = user)]
    pub user: UserId,
    /// Take these attributes alone, separated by commas; @FILE reads them from a file
    #[arg(long, short, value_name = "LIST")]
    pub attributes: Option<String>,
    /// Begin the next epoch at once
    #[arg(long)]
    pub advance: bool,
}

#[derive(Debug, Args)]
pub struct Seal {
    /// Begin the next epoch first
    #[arg(long)]
    pub advance: bool,
}

#[derive(Debug, Args)]
pub struct Lease {
    /// Until when
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = moments::until)]
    pub until: Until,
}

/// In which form records leave a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One FHIR bundle of type collection
    #[value(alias = "bundle")]
    Collection,
    /// FHIR resources, one a line
    Ndjson,
    /// The files that were imported, byte for byte
    Original,
}

#[derive(Debug, Args)]
pub struct Export {
    /// Whose records: a handle, the name that files have for the patient, or `house` [default: your own]
    #[arg(value_name = "PATIENT")]
    pub patient: Option<String>,
    /// Your key file
    #[arg(long, short, value_name = "FILE")]
    pub key: PathBuf,
    /// The form
    #[arg(long = "as", value_name = "FORM")]
    pub form: Form,
    /// The imported file with this SHA-256 alone, or with one that begins so (with --as original)
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// The folder that the files go to; - is standard output, for one file
    #[arg(long, short, value_name = "FOLDER")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Fsck {
    /// Remove what broken-off imports have left, if it is older than an hour
    #[arg(long)]
    pub sweep: bool,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// Where the backup goes (mode 0600); - is standard output
    #[arg(value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The backup; - is standard input
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
}

#[derive(Debug, Args)]
pub struct Log {
    /// Of this patient alone: a handle, or the name that files have for the patient
    #[arg(long, value_name = "PATIENT")]
    pub patient: Option<String>,
    /// Of this user alone
    #[arg(long, value_name = "USER", value_parser = user)]
    pub user: Option<UserId>,
    /// The last N entries alone
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
}

/// One category, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Categories {
    One(RecordCategory),
    All,
}

fn user(name: &str) -> Result<UserId, String> {
    UserId::new(name).map_err(|error| error.to_string())
}

fn category(name: &str) -> Result<RecordCategory, String> {
    RecordCategory::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = RecordCategory::ALL.into_iter().map(RecordCategory::name).collect();
        format!("the categories are {}", names.join(", "))
    })
}

fn category_or_all(name: &str) -> Result<Categories, String> {
    if name == "all" { Ok(Categories::All) } else { category(name).map(Categories::One) }
}
