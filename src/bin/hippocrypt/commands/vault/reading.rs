//! A reader at work: he asks, the cloud answers, he finishes. Between the two go bytes alone.

use std::io::Write;
use std::path::Path;

use hippocrypt::phr::{CloudError, Opened, PatientHandle, Reader, Record};
use hippocrypt::{ProxyName, RecordId, RecordName, os_rng};

use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::vault::{Vault, VaultCloud};

/// Records that are asked for by name at a time: no more than fit into one answer.
const TOGETHER: usize = 64;

pub struct Reading {
    pub patient: PatientHandle,
    pub reader: Reader,
    pub cloud: VaultCloud,
    pub name: ProxyName,
    clock: Box<dyn Fn() -> u64>,
}

impl Reading {
    /// With a key file, of the patient that is named, or of the reader himself.
    pub fn open(
        console: &Console,
        vault: &Vault,
        key: &Path,
        patient: Option<&str>,
    ) -> Result<Self, Failure> {
        let role = input::role_key(console, key)?;
        let in_key = |error| Failure::from(error).in_file(&key.display().to_string());
        let reader = role.reader(&vault.realm).map_err(in_key)?;
        let patient = vault.patient_or_own(patient, &role)?;
        let cloud = vault.cloud(console)?;
        Ok(Self { patient, reader, cloud, name: role.cloud().clone(), clock: Box::new(console.clock()) })
    }

    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// All that opens for this reader, one answer after the other.
    pub fn all(&self, mut take: impl FnMut(Opened) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let asked = self.reader.open_all(&self.patient, after, &self.name, self.now(), &mut os_rng());
            let answer = self.cloud.answer(asked.question(), self.now())?;
            let opened = self.reader.opened(asked, &answer)?;
            after = opened.next;
            take(opened)?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The records of these ids, in every version; how many ids are not among what the reader may read.
    pub fn some(
        &self,
        ids: &[RecordId],
        mut take: impl FnMut(Opened) -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let mut names: Vec<RecordName> = Vec::new();
        let mut after = None;
        loop {
            let asked = self.reader.list(&self.patient, after, &self.name, self.now(), &mut os_rng());
            let answer = self.cloud.answer(asked.question(), self.now())?;
            let (listed, next) = self.reader.listed(asked, &answer)?;
            names.extend(listed.iter().map(|listed| listed.name).filter(|name| ids.contains(&name.id)));
            after = next;
            if after.is_none() {
                break;
            }
        }
        let missing = ids.iter().filter(|id| names.iter().all(|name| name.id != **id)).count();
        self.named(&names, &mut take)?;
        Ok(missing)
    }

    /// Records by their names, whoever's they are; those that are not for this reader do not come.
    pub fn named(
        &self,
        names: &[RecordName],
        mut take: impl FnMut(Opened) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for names in names.chunks(TOGETHER) {
            let asked = self.reader.open(names.iter().copied(), &self.name, self.now(), &mut os_rng());
            match self.cloud.answer(asked.question(), self.now()) {
                Ok(answer) => take(self.reader.opened(asked, &answer)?)?,
                Err(CloudError::Denied) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }

    /// Writes the content of a record, wherever it lies.
    pub fn write(&self, record: &Record, output: &mut impl Write) -> Result<(), Failure> {
        match &record.attachment {
            None => Ok(output.write_all(&record.content)?),
            Some(attachment) => {
                let call = |question: &[u8]| {
                    self.cloud.answer(question, self.now()).map_err(|error| error.to_string().into())
                };
                let fetched =
                    self.reader.fetch(attachment, &self.name, || self.now(), &mut os_rng(), call, output);
                Ok(fetched.map(drop)?)
            }
        }
    }

    /// The content of a record, in memory.
    pub fn content(&self, record: &Record) -> Result<Vec<u8>, Failure> {
        let mut content = Vec::new();
        self.write(record, &mut content)?;
        Ok(content)
    }
}

/// The size of a record's content.
pub fn size(record: &Record) -> u64 {
    record.attachment.as_ref().map_or(record.content.len() as u64, |attachment| attachment.bytes())
}

/// Tells of what did not open, as the warning that it is: nothing of it is shown.
pub fn refused(refused: usize) -> Option<Failure> {
    let message = format!("{refused} records or compartments are not genuine, and were left out");
    let failure = Failure::new(crate::failure::Code::NotOpened, message).hint(
        "they are damaged, or somebody has put them there: `hippocrypt vault fsck` looks after the first",
    );
    (refused > 0).then_some(failure)
}
