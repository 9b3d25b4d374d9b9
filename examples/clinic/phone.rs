//! Somebody's phone or workstation: a folder with a role key, which is the only secret, and the public realm.
//!
//! The cloud does the pairings; the phone asks, finishes, and finds out lies.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use hippocrypt::phr::{Attachment, Opened, Owner, Reader, Realm, Record, RoleKey, Writer};
use hippocrypt::{RecordName, UserId, os_rng};

use crate::cloud::REALM;
use crate::folder;
use crate::wire::{CallError, Link, Message, Verb};

pub const KEY: &str = "role.hpcr";

pub struct Phone {
    pub key: RoleKey,
    pub realm: Realm,
    pub reader: Reader,
}

/// What a phone has opened, and what it took.
pub struct Reading {
    pub opened: Opened,
    /// Bytes of the signed question, and of the answer.
    pub up: usize,
    pub down: usize,
    /// The cloud's work and the way there and back.
    pub waiting: Duration,
    /// The phone's own work: the signature, the finish, the records.
    pub computing: Duration,
}

/// Why a phone has opened nothing.
#[derive(Debug)]
pub enum Failure {
    /// The cloud does not serve.
    Refused(String),
    /// The cloud's answer is a lie, or damaged.
    Lie(String),
    /// There is no answer.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) | Self::Broken(reason) => f.write_str(reason),
            Self::Lie(reason) => write!(f, "found out: {reason}"),
        }
    }
}

impl Error for Failure {}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(reason) => Self::Refused(reason),
            CallError::Broken(reason) => Self::Broken(reason),
        }
    }
}

impl Phone {
    /// Puts a role key into a folder.
    pub fn prepare(folder: &Path, key: &RoleKey, realm: &Realm) -> Result<Self, Box<dyn Error>> {
        folder::write(&folder.join(REALM), &realm.to_bytes())?;
        folder::write(&folder.join(KEY), key.to_bytes().expose_secret())?;
        Self::open(folder)
    }

    /// The phone, from what is in its folder.
    pub fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let realm = Realm::from_bytes(&std::fs::read(folder.join(REALM))?)?;
        let key = RoleKey::from_bytes(&std::fs::read(folder.join(KEY))?)?;
        let reader = key.reader(&realm)?;
        Ok(Self { key, realm, reader })
    }

    pub fn user(&self) -> &UserId {
        self.key.user()
    }

    /// The writer, for those who have a credential.
    pub fn writer(&self) -> Result<Writer, Box<dyn Error>> {
        Ok(self.key.writer(&self.realm)?)
    }

    /// The patient, on her own phone.
    pub fn owner(&self) -> Result<Owner, Box<dyn Error>> {
        Ok(self.key.owner(&self.realm)?)
    }

    /// Opens records with the cloud's help. An answer of which a part is not genuine is a lie.
    pub fn read(&self, cloud: &mut dyn Link, names: &[RecordName], now: u64) -> Result<Reading, Failure> {
        let start = Instant::now();
        let asked = self.reader.open(names.iter().copied(), self.key.cloud(), now, &mut os_rng());
        let (up, asking) = (asked.question().len(), start.elapsed());
        let start = Instant::now();
        let answer = ask(cloud, asked.question())?;
        let waiting = start.elapsed();
        let start = Instant::now();
        let opened = self.reader.opened(asked, &answer).map_err(|error| Failure::Lie(error.to_string()))?;
        if opened.refused > 0 {
            return Err(Failure::Lie(format!("{} of the answer is not genuine", opened.refused)));
        }
        Ok(Reading { opened, up, down: answer.len(), waiting, computing: asking + start.elapsed() })
    }

    /// The content of a record, wherever it is.
    pub fn content(&self, cloud: &mut dyn Link, record: Record, now: u64) -> Result<Vec<u8>, Failure> {
        match &record.attachment {
            None => Ok(record.content),
            Some(attachment) => self.fetch(cloud, attachment, now),
        }
    }

    /// Fetches an attachment chunk by chunk.
    pub fn fetch(&self, cloud: &mut dyn Link, attachment: &Attachment, now: u64) -> Result<Vec<u8>, Failure> {
        let mut content = Vec::new();
        let call = |question: &[u8]| ask(cloud, question).map_err(|failure| failure.to_string().into());
        let name = self.key.cloud();
        let fetched = self.reader.fetch(attachment, name, || now, &mut os_rng(), call, &mut content);
        fetched.map(|_| content).map_err(|error| Failure::Lie(error.to_string()))
    }
}

fn ask(cloud: &mut dyn Link, question: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut parts = cloud.call(&Message::new(Verb::Ask, [question.to_vec()]))?;
    parts.pop().ok_or_else(|| Failure::Broken("an empty answer".to_owned()))
}
