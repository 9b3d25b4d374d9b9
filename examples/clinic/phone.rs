//! A reader's phone. It keeps one secret of 32 bytes; the public parameters and the newest statement of the
//! epoch are all else in its folder. Pairings are the cloud's work; the phone signs, finishes, and finds out lies.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hippocrypt::{
    AuthorId, EnrolmentNonce, EpochStatement, Epochs, PublicParameters, ReaderSeed, RecordHeader, RecordId,
    TransformedHeader, UserId, os_rng,
};

use crate::folder;
use crate::wire::{CallError, Link, Message, Verb};

const SEED: &str = "seed.hpcr";
const PARAMETERS: &str = "public.hpcr";
const EPOCH: &str = "epoch.hpcr";

pub struct Phone {
    pub user: UserId,
    folder: PathBuf,
    parameters: PublicParameters,
    seed: ReaderSeed,
    epochs: Epochs,
}

/// A compartment to open: what it is bound to, and under which name the cloud has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub core_id: [u8; 32],
    pub place: String,
    /// How many records there are, says the cloud.
    pub records: usize,
}

/// What a phone has opened, and what it took.
pub struct Opened {
    pub records: Vec<(RecordId, Vec<u8>)>,
    /// Bytes of the signed request.
    pub sent: usize,
    /// Bytes of the transformed header.
    pub transformed: usize,
    /// Bytes of the sealed records.
    pub sealed: usize,
    /// What the phone itself has computed: the signature, the finish, the records.
    pub computing: Duration,
}

/// Why a phone has opened nothing.
#[derive(Debug)]
pub enum ReadError {
    /// The cloud does not serve.
    Refused(String),
    /// The cloud's answer is a lie, or damaged.
    Lie(String),
    /// There is no answer.
    Broken(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) | Self::Broken(reason) => f.write_str(reason),
            Self::Lie(reason) => write!(f, "found out: {reason}"),
        }
    }
}

impl Error for ReadError {}

impl From<CallError> for ReadError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(reason) => Self::Refused(reason),
            CallError::Broken(reason) => Self::Broken(reason),
        }
    }
}

impl Phone {
    /// A new phone makes its own seed, which never leaves it.
    pub fn new(folder: &Path, user: &str, parameters: &PublicParameters) -> Result<Self, Box<dyn Error>> {
        folder::write(&folder.join(SEED), ReaderSeed::generate(&mut os_rng()).to_bytes().expose_secret())?;
        folder::write(&folder.join(PARAMETERS), &parameters.to_bytes())?;
        Self::open(folder, user)
    }

    /// The phone, from what is in its folder.
    pub fn open(folder: &Path, user: &str) -> Result<Self, Box<dyn Error>> {
        let seed = ReaderSeed::from_bytes(&std::fs::read(folder.join(SEED))?)?;
        let parameters = PublicParameters::from_bytes(&std::fs::read(folder.join(PARAMETERS))?)?;
        let epochs = match folder::read(&folder.join(EPOCH))? {
            Some(newest) => Epochs::resume(&parameters, &EpochStatement::from_bytes(&newest)?)?,
            None => Epochs::new(&parameters)?,
        };
        Ok(Self { user: UserId::new(user)?, folder: folder.to_owned(), parameters, seed, epochs })
    }

    /// Asks the key office to be served: Y with the proof that this phone knows y.
    pub fn enrol(&self, nonce: &EnrolmentNonce) -> Vec<u8> {
        self.seed.enrol(&self.parameters, &self.user, nonce, &mut os_rng()).to_bytes()
    }

    /// Takes note of the epoch, whoever brings the statement.
    pub fn observe(&mut self, statement: &EpochStatement, now: u64) -> Result<(), Box<dyn Error>> {
        self.epochs.observe(&self.parameters, statement, now)?;
        folder::write(&self.folder.join(EPOCH), &statement.to_bytes())?;
        Ok(())
    }

    /// The signed request for a compartment.
    pub fn ask(&self, core_id: &[u8; 32], now: u64) -> Message {
        let request = self.seed.request_key().ask(&self.parameters, &self.user, core_id, now, &mut os_rng());
        Message::new(Verb::Ask, [request.to_bytes()])
    }

    /// Opens a compartment with the cloud's help, and believes only records that `author` has signed.
    pub fn read(
        &self,
        cloud: &mut dyn Link,
        target: &Target,
        author: AuthorId,
        now: u64,
    ) -> Result<Opened, ReadError> {
        let start = Instant::now();
        let question = self.ask(&target.core_id, now);
        let asking = start.elapsed();
        let answer = cloud.call(&question)?;
        let start = Instant::now();
        let (transformed, sealed) =
            answer.split_first().ok_or_else(|| ReadError::Lie("an empty answer".to_owned()))?;
        let lie = |reason: &dyn fmt::Display| ReadError::Lie(reason.to_string());
        let header = TransformedHeader::from_bytes(transformed).map_err(|error| lie(&error))?;
        let content_key = self
            .seed
            .retrieval_key()
            .finish(&self.parameters, &header, &target.core_id, target.place.as_bytes())
            .map_err(|_| lie(&"it does not yield the key that this record commits to"))?;
        let mut records = Vec::new();
        for record in sealed {
            let name = *RecordHeader::of(record).map_err(|error| lie(&error))?.name();
            let (plaintext, _) = content_key
                .open_from(&[author], &name, record)
                .map_err(|_| lie(&"a record is damaged, or not signed by its author"))?;
            records.push((name.id, plaintext));
        }
        Ok(Opened {
            records,
            sent: question.parts.iter().map(Vec::len).sum(),
            transformed: transformed.len(),
            sealed: sealed.iter().map(Vec::len).sum(),
            computing: asking + start.elapsed(),
        })
    }

    /// What the cloud says that it has.
    pub fn list(cloud: &mut dyn Link) -> Result<Vec<Target>, Box<dyn Error>> {
        let parts = cloud.call(&Message::new(Verb::List, []))?;
        let target = |triple: &[Vec<u8>]| -> Result<Target, Box<dyn Error>> {
            Ok(Target {
                core_id: triple[0].as_slice().try_into()?,
                place: String::from_utf8(triple[1].clone())?,
                records: u32::from_be_bytes(triple[2].as_slice().try_into()?).try_into()?,
            })
        };
        parts.chunks_exact(3).map(target).collect()
    }

    /// The file with its secret, to see that nobody has changed it.
    pub fn seed_file(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(std::fs::read(self.folder.join(SEED))?)
    }

    /// The files of the phone, with their sizes in bytes.
    pub fn files(&self) -> Result<Vec<(String, u64)>, Box<dyn Error>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            files.push((entry.file_name().to_string_lossy().into_owned(), entry.metadata()?.len()));
        }
        files.sort();
        Ok(files)
    }
}
