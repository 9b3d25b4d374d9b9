//! Everybody at the clinic: the key office, the cloud's process, the lab, the phones, and the ways between them.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hippocrypt::{
    AttributeSet, AuthorityUpdate, EnrolmentNonce, EpochStatement, Kind, PROLOGUE_BYTES, Schema, os_rng,
};

use crate::authority::KeyOffice;
use crate::category::Category;
use crate::clock::Clock;
use crate::fhir::Resource;
use crate::folder;
use crate::lab::{Lab, parse_place};
use crate::phone::{Opened, Phone, ReadError, Target};
use crate::process::Process;
use crate::seal_keeper;
use crate::wire::{Link, Message, Verb};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What stands in every FHIR resource.
const PLAINTEXT: &[u8] = b"resourceType";

pub struct Clinic {
    root: PathBuf,
    pub clock: Clock,
    pub office: KeyOffice,
    pub cloud: Process,
    pub lab: Lab,
    pub phones: BTreeMap<String, Phone>,
    /// What the hospital has decided about whom; empty for those who were dismissed.
    pub rights: BTreeMap<String, AttributeSet>,
    /// The newest statement of the epoch.
    pub statement: EpochStatement,
}

/// Records of one category: opened, of those that were tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    pub opened: usize,
    pub tried: usize,
}

/// What one phone did with everything that the cloud has.
#[derive(Debug, Default)]
pub struct Attempts {
    pub cells: BTreeMap<Category, Cell>,
    /// Compartments that opened.
    pub opened: usize,
    /// Compartments that did not.
    pub refused: usize,
    /// Of them all, those where it should have been the other way.
    pub unexpected: usize,
    /// Bytes of transformed headers.
    pub transformed: usize,
    /// From asking to reading.
    pub opening: Duration,
    pub refusing: Duration,
}

impl Clinic {
    /// The realm begins; nobody is enrolled, and the store is empty.
    pub fn begin(root: &Path) -> Outcome<Self> {
        let clock = Clock { ahead: 0 };
        let (office, begin) = KeyOffice::begin(&root.join("authority"), clock.now())?;
        let cloud_folder = root.join("cloud");
        folder::write(&cloud_folder.join("public.hpcr"), &office.parameters().to_bytes())?;
        seal_keeper::prepare(&root.join("seal-keeper"), office.parameters())?;
        let cloud = Process::cloud(&cloud_folder, clock)?;
        let schema: &Schema = office.signed_schema().verify(office.parameters())?;
        let lab = Lab::new(office.parameters(), schema)?;
        let (_, statement) = office.news(clock.now())?;
        let (phones, rights) = (BTreeMap::new(), BTreeMap::new());
        let root = root.to_owned();
        let mut clinic = Self { root, clock, office, cloud, lab, phones, rights, statement };
        clinic.tell(&[begin])?;
        Ok(clinic)
    }

    /// A folder of somebody.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Makes a copy of somebody's folder, as a backup does, and a thief.
    pub fn copy(&self, from: &str, to: &str) -> Outcome<PathBuf> {
        folder::copy(&self.folder(from), &self.folder(to))?;
        Ok(self.folder(to))
    }

    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The cloud hears what the office says; it gets a new lease, and everybody hears of the epoch.
    pub fn tell(&mut self, messages: &[Message]) -> Outcome<()> {
        for message in messages {
            self.cloud.call(message)?;
        }
        let (lease, statement) = self.office.news(self.now())?;
        self.cloud.call(&lease)?;
        // The statement is signed: it reaches everybody through the cloud.
        self.cloud.call(&Message::new(Verb::Statement, [statement.to_bytes()]))?;
        self.statement = statement;
        let now = self.now();
        self.lab.observe(&statement, now)?;
        self.phones.values_mut().try_for_each(|phone| phone.observe(&statement, now))
    }

    /// A new phone enrols; its transform key goes to the cloud.
    pub fn enrol(&mut self, user: &str, attributes: &str) -> Outcome<()> {
        let mut phone = Phone::new(&self.folder(user), user, self.office.parameters())?;
        phone.observe(&self.statement, self.now())?;
        let nonce = EnrolmentNonce::generate(&mut os_rng());
        let enrolment = phone.enrol(&nonce);
        let key = self.office.enrol(&phone.user, &enrolment, nonce, attributes)?;
        self.cloud.call(&key)?;
        self.rights.insert(user.to_owned(), self.office.attributes(attributes)?);
        self.phones.insert(user.to_owned(), phone);
        Ok(())
    }

    /// The lab encrypts and uploads; how many compartments there are.
    pub fn write(&mut self, resources: &[Resource]) -> Outcome<usize> {
        let uploads = self.lab.write(resources, self.now())?;
        uploads.iter().try_for_each(|upload| self.cloud.call(upload).map(drop))?;
        Ok(uploads.len())
    }

    pub fn phone(&self, user: &str) -> Outcome<&Phone> {
        Ok(self.phones.get(user).ok_or_else(|| format!("{user} has no phone"))?)
    }

    /// A phone asks the cloud for a compartment.
    pub fn read(&mut self, user: &str, target: &Target) -> Result<Opened, ReadError> {
        let now = self.now();
        let phone = self.phones.get(user).ok_or_else(|| ReadError::Broken(format!("{user} has no phone")))?;
        read_from(&mut self.cloud, phone, target, &self.lab, now)
    }

    /// A phone asks somebody else who says that he is the cloud.
    pub fn read_from(
        &self,
        cloud: &mut dyn Link,
        user: &str,
        target: &Target,
        now: u64,
    ) -> Result<Opened, ReadError> {
        let phone = self.phones.get(user).ok_or_else(|| ReadError::Broken(format!("{user} has no phone")))?;
        read_from(cloud, phone, target, &self.lab, now)
    }

    pub fn targets(&mut self) -> Outcome<Vec<Target>> {
        Phone::list(&mut self.cloud)
    }

    /// Whether the hospital wants this reader to open this compartment.
    pub fn may(&self, user: &str, target: &Target) -> bool {
        self.rights.get(user).is_some_and(|attributes| self.policy_allows(attributes, target))
    }

    /// By evaluating the policy alone.
    pub fn policy_allows(&self, attributes: &AttributeSet, target: &Target) -> bool {
        let Some((handle, category)) = parse_place(&target.place) else { return false };
        let Ok(schema) = self.office.signed_schema().verify(self.office.parameters()) else { return false };
        category.policy(handle, schema).is_ok_and(|policy| policy.is_satisfied_by(attributes))
    }

    /// One phone tries every compartment. `contrary`: expects the opposite of what it should.
    pub fn try_everything(&mut self, user: &str, contrary: bool) -> Outcome<Attempts> {
        let mut attempts = Attempts::default();
        for target in self.targets()? {
            let (_, category) = parse_place(&target.place).ok_or("a compartment without a place")?;
            let start = Instant::now();
            let outcome = self.read(user, &target);
            let cell = attempts.cells.entry(category).or_default();
            cell.tried += target.records;
            let opened = match &outcome {
                Ok(opened) => {
                    cell.opened += opened.records.len();
                    attempts.opened += 1;
                    attempts.transformed += opened.transformed;
                    attempts.opening += start.elapsed();
                    opened.records.len() == target.records
                }
                Err(ReadError::Refused(_)) => {
                    attempts.refused += 1;
                    attempts.refusing += start.elapsed();
                    false
                }
                Err(error) => return Err(format!("{user}, {}: {error}", target.place).into()),
            };
            attempts.unexpected += usize::from(opened != (self.may(user, &target) != contrary));
        }
        Ok(attempts)
    }

    /// Looks through the cloud's folder for what must not be there: secret objects and plaintext. How many files
    /// there are, or the first that is wrong.
    pub fn search_the_cloud(&self) -> Outcome<usize> {
        const SECRET: [Kind; 5] =
            [Kind::MasterKey, Kind::AttributeKey, Kind::AuthorKey, Kind::ReaderSeed, Kind::SealKey];
        let mut files = Vec::new();
        folder::walk(&self.folder("cloud"), &mut files)?;
        for file in &files {
            let bytes = std::fs::read(file)?;
            let kind = (bytes.starts_with(b"HPCR")).then(|| bytes.get(PROLOGUE_BYTES - 1)).flatten();
            if SECRET.into_iter().any(|secret| kind == Some(&(secret as u8))) {
                return Err(format!("{} is a secret", file.display()).into());
            }
            if bytes.windows(PLAINTEXT.len()).any(|window| window == PLAINTEXT) {
                return Err(format!("{} holds plaintext", file.display()).into());
            }
        }
        Ok(files.len())
    }

    /// Time passes, on every machine.
    pub fn skip(&mut self, seconds: u64) -> Outcome<()> {
        self.clock.skip(seconds);
        Ok(self.cloud.skip(seconds)?)
    }

    /// What the cloud has heard of the authority.
    pub fn log_of_cloud(&mut self) -> Outcome<Vec<AuthorityUpdate>> {
        let parts = self.cloud.call(&Message::new(Verb::Log, []))?;
        parts.iter().map(|part| Ok(AuthorityUpdate::from_bytes(part)?)).collect()
    }

    /// The keeper of the seal key goes through the cloud's store; headers seen, and sealed.
    pub fn seal(&self) -> Outcome<[u64; 2]> {
        let store = self.folder("cloud").join("store");
        let mut keeper = Process::seal_keeper(&self.folder("seal-keeper"), &store, self.clock)?;
        let parts = keeper.call(&Message::new(Verb::Seal, [self.statement.to_bytes()]))?;
        let [seen, sealed] = parts.as_slice() else { return Err("two counts were expected".into()) };
        Ok([
            u64::from_be_bytes(seen.as_slice().try_into()?),
            u64::from_be_bytes(sealed.as_slice().try_into()?),
        ])
    }
}

/// What opens must be what was encrypted, to the byte.
fn read_from(
    cloud: &mut dyn Link,
    phone: &Phone,
    target: &Target,
    lab: &Lab,
    now: u64,
) -> Result<Opened, ReadError> {
    let (_, category) = parse_place(&target.place)
        .ok_or_else(|| ReadError::Lie("there is no such place in the hospital".to_owned()))?;
    let opened = phone.read(cloud, target, lab.authors.known().of(category), now)?;
    for (id, plaintext) in &opened.records {
        if lab.originals.get(id).is_none_or(|original| original.as_bytes() != plaintext) {
            return Err(ReadError::Lie(format!("record {id} is not what was encrypted")));
        }
    }
    Ok(opened)
}
