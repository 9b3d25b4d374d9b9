//! Everybody at the clinic: the authority, the cloud's process, the phones, and the ways between them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hippocrypt::ledger::NoteKey;
use hippocrypt::phr::{
    AccessRules, Authority, Description, MAX_INLINE_BYTES, PatientHandle, RecordCategory, RoleKey, Writer,
};
use hippocrypt::store::RedbStore;
use hippocrypt::{
    AttributeSet, EnrolmentNonce, EpochTree, MasterKey, ProxyName, RecordName, Schema, UserId, os_rng,
    setup_with_epochs,
};

use crate::clock::Clock;
use crate::import::{Ledger, Written};
use crate::index::{Index, Orders};
use crate::phone::{Phone, Reading};
use crate::process::Process;
use crate::wire::{CallError, Link, Message, Verb};
use crate::{cloud, folder, gate, phone, seal_keeper};

pub type Outcome<T> = Result<T, Box<dyn Error>>;

const HOUR: u64 = 3600;
const YEAR: u64 = 365 * 24 * HOUR;
pub const MASTER: &str = "master.hpcr";

pub struct Clinic {
    root: PathBuf,
    pub clock: Clock,
    pub authority: Authority<RedbStore>,
    pub cloud: Process,
    /// Who serves no blinded point to anybody who was dismissed.
    pub gate: Process,
    keeper: Process,
    pub phones: BTreeMap<String, Phone>,
    pub writers: BTreeMap<String, Writer>,
    /// What the hospital has decided about whom; empty for those who were dismissed.
    pub rights: BTreeMap<String, AttributeSet>,
    pub ledger: Ledger,
    /// Each on its patient's phone.
    pub indexes: BTreeMap<PatientHandle, Index>,
    /// What the patients' phones have heard of the authority's orders: all of them the same.
    pub orders: Orders,
    /// Whose records are about no patient: the hospital itself.
    pub house: PatientHandle,
}

/// Whom the authority enrols, and what he may write.
pub enum Role<'a> {
    Staff(&'a str, &'a [RecordCategory]),
    Patient(PatientHandle),
}

impl Clinic {
    /// The house begins; nobody is enrolled, and the store is empty.
    pub fn begin(root: &Path) -> Outcome<Self> {
        let clock = Clock { ahead: 0 };
        let (_, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
        folder::write(&root.join("authority").join(MASTER), master.to_bytes().expose_secret())?;
        let store = RedbStore::create(root.join("authority").join(cloud::STORE))?;
        let (schema, house) = (Schema::empty(), PatientHandle::random(&mut os_rng()));
        let rules = AccessRules::parse(AccessRules::STANDARD, &schema)?;
        let authority = Authority::begin(master, &schema, rules, store, clock.now())?;

        let realm = authority.realm().to_bytes();
        folder::write(&root.join(cloud::ROLE).join(cloud::REALM), &realm)?;
        seal_keeper::prepare(&root.join(seal_keeper::ROLE), authority.realm())?;
        let keeper = Process::start(seal_keeper::ROLE, &root.join(seal_keeper::ROLE), clock)?;
        let cloud = start_cloud(root, clock)?;
        folder::write(&root.join(gate::ROLE).join(cloud::REALM), &realm)?;
        let gate = Process::start(gate::ROLE, &root.join(gate::ROLE), clock)?;
        let gate = gate.tapped(&root.join(GATE_TAP))?;
        let orders = Orders::none(authority.realm())?;
        let updates = authority.updates(0)?;
        let (phones, writers, rights) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut clinic = Self {
            root: root.to_owned(),
            clock,
            authority,
            cloud,
            gate,
            keeper,
            phones,
            writers,
            rights,
            ledger: Ledger::default(),
            indexes: BTreeMap::new(),
            orders,
            house,
        };
        clinic.tell(&updates)?;
        Ok(clinic)
    }

    /// A folder of somebody.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Cloud and gate hear what the authority says; then each gets a new lease, and all writers hear of the epoch from the cloud.
    pub fn tell(&mut self, messages: &[Vec<u8>]) -> Outcome<()> {
        let now = self.now();
        let statement = self.authority.statement(now, now + 12 * HOUR)?;
        for message in messages.iter().chain([&statement]) {
            take(&mut self.cloud, &mut self.gate, message)?;
        }
        for (process, name) in [(&mut self.cloud, cloud::NAME), (&mut self.gate, gate::NAME)] {
            let name = ProxyName::new(name)?;
            let lease = self.authority.lease(&name, now, now + HOUR)?;
            process.call(&Message::new(Verb::Take, [lease]))?;
            let key = process.call(&Message::new(Verb::LedgerKey, []))?.concat();
            let key = NoteKey::parse(std::str::from_utf8(&key)?)?;
            let certificate = self.authority.certify_ledger(&name, &key, 0);
            process.call(&Message::new(Verb::Take, [certificate]))?;
        }
        for writer in self.writers.values_mut() {
            writer.observe(&statement, now)?;
        }
        Ok(())
    }

    /// The newest statement of the epoch, as everybody gets it from the cloud.
    pub fn statement(&mut self) -> Outcome<Vec<u8>> {
        Ok(self.cloud.call(&Message::new(Verb::Statement, []))?.concat())
    }

    /// A new phone: makes its key, gets a credential, enrols. Its transform key goes to the cloud.
    pub fn enrol(&mut self, who: &str, role: &Role<'_>) -> Outcome<()> {
        let now = self.now();
        let realm = self.authority.realm().clone();
        let key = RoleKey::generate(&realm, UserId::new(who)?, cloud_name()?, &mut os_rng());
        let (categories, patient) = match role {
            Role::Staff(_, categories) => (*categories, None),
            Role::Patient(patient) => (RecordCategory::ALL.as_slice(), Some(patient)),
        };
        let key = if categories.is_empty() {
            key
        } else {
            let categories = categories.iter().copied();
            let author = key.author_id();
            let credential =
                self.authority.credential(key.user(), &author, categories, patient, now + YEAR)?;
            key.with_credential(credential)
        };
        let phone = Phone::prepare(&self.folder(who), &key, &realm)?;
        if key.may_write() && patient.is_none() {
            let mut writer = phone.writer()?;
            writer.observe(&self.statement()?, now)?;
            self.writers.insert(who.to_owned(), writer);
        }
        self.phones.insert(who.to_owned(), phone);
        let attributes = match role {
            Role::Staff(attributes, _) => (*attributes).to_owned(),
            Role::Patient(patient) => format!("patient:\"{patient}\""),
        };
        let rights = AttributeSet::parse(&attributes, realm.schema())?;
        self.rights.insert(who.to_owned(), rights);
        self.issue(who, role)
    }

    /// The authority sees somebody in person, and issues a key for the seed that he has.
    pub fn issue(&mut self, who: &str, role: &Role<'_>) -> Outcome<()> {
        let phone = self.phone(who)?;
        let (nonce, user) = (EnrolmentNonce::generate(&mut os_rng()), phone.user().clone());
        let enrolment = phone.reader.enrol(&nonce, &mut os_rng());
        let authority = &mut self.authority;
        let key = match role {
            Role::Staff(attributes, _) => {
                authority.enrol(&user, &enrolment, nonce, attributes, &mut os_rng())?
            }
            Role::Patient(patient) => {
                authority.enrol_patient(&user, &enrolment, nonce, patient, &mut os_rng())?
            }
        };
        Ok(take(&mut self.cloud, &mut self.gate, &key)?)
    }

    pub fn phone(&self, who: &str) -> Outcome<&Phone> {
        Ok(self.phones.get(who).ok_or_else(|| format!("{who} has no phone"))?)
    }

    /// Somebody encrypts and signs a record. What is large is sent at once, all else with the next [`send`](Self::send).
    pub fn write(
        &mut self,
        who: &str,
        patient: &PatientHandle,
        description: &Description,
        content: &[u8],
    ) -> Outcome<RecordName> {
        let now = self.now();
        let writer = self.writers.get_mut(who).ok_or("he writes nothing")?;
        let name = if content.len() <= MAX_INLINE_BYTES {
            writer.write(patient, description, content, now, &mut os_rng())?
        } else {
            let send = |upload| {
                let sent = self.cloud.call(&Message::new(Verb::Upload, [upload]));
                sent.map(drop).map_err(io::Error::other)
            };
            writer.attach(patient, description, content, now, &mut os_rng(), send)?
        };
        self.wrote(name, patient, description, content);
        Ok(name)
    }

    /// Remembers what was written.
    pub fn wrote(
        &mut self,
        name: RecordName,
        patient: &PatientHandle,
        description: &Description,
        content: &[u8],
    ) {
        let (category, labels) = (description.category, description.labels.clone());
        let written = Written { patient: *patient, category, labels, content: content.to_vec() };
        self.ledger.records.insert(name, written);
    }

    /// Sends what somebody has written.
    pub fn send(&mut self, who: &str) -> Outcome<()> {
        let writer = self.writers.get_mut(who).ok_or("he writes nothing")?;
        while let Some(upload) = writer.upload() {
            self.cloud.call(&Message::new(Verb::Upload, [upload]))?;
        }
        Ok(())
    }

    /// Somebody's phone asks the cloud for records, and compares what opens with what was written.
    pub fn read(&mut self, who: &str, names: &[RecordName]) -> Result<Reading, phone::Failure> {
        let now = self.now();
        let Self { phones, cloud, ledger, .. } = self;
        read_from(cloud, phones, ledger, who, names, now)
    }

    /// Somebody asks the cloud, and somebody else is on the line.
    pub fn read_through<'c, L: Link + 'c>(
        &'c mut self,
        line: impl FnOnce(&'c mut Process) -> L,
        who: &str,
        names: &[RecordName],
    ) -> Result<Reading, phone::Failure> {
        let now = self.now();
        let Self { phones, cloud, ledger, .. } = self;
        read_from(&mut line(cloud), phones, ledger, who, names, now)
    }

    /// Somebody asks somebody else who says that he is the cloud.
    pub fn read_from(
        &self,
        cloud: &mut dyn Link,
        who: &str,
        names: &[RecordName],
        now: u64,
    ) -> Result<Reading, phone::Failure> {
        read_from(cloud, &self.phones, &self.ledger, who, names, now)
    }

    /// Time passes, on every machine.
    pub fn skip(&mut self, seconds: u64) -> Outcome<()> {
        self.clock.skip(seconds);
        self.gate.skip(seconds)?;
        Ok(self.cloud.skip(seconds)?)
    }

    /// Kills the cloud's process and starts it again over its folder: it has forgotten whom it has just served, and refuses all
    /// questions for a minute.
    pub fn restart_the_cloud(&mut self) -> Outcome<()> {
        self.cloud.kill();
        self.cloud = start_cloud(&self.root, self.clock)?;
        self.skip(90)
    }

    /// The cloud seals its store, with the help of the process that has the seal key; headers seen, and sealed.
    pub fn seal(&mut self) -> Outcome<[u64; 2]> {
        let id = self.keeper.call(&Message::new(Verb::Step, []))?;
        let keeper = &mut self.keeper;
        let help = |request: &Message| Message::answer(keeper.call(request).map_err(Into::into));
        let parts = self.cloud.call_with(Message::new(Verb::Seal, id), help)?;
        let [seen, sealed] = parts.as_slice() else { return Err("two counts were expected".into()) };
        Ok([number(seen)?, number(sealed)?])
    }

    /// Whether all tables of the cloud agree: compartments, records, chunks, audit entries; and what is wrong.
    pub fn check_the_cloud(&mut self) -> Outcome<([u64; 4], Vec<String>)> {
        let parts = self.cloud.call(&Message::new(Verb::Check, []))?;
        let (counts, problems) = parts.split_at_checked(4).ok_or("four counts were expected")?;
        let counts = counts.iter().map(|count| number(count)).collect::<Outcome<Vec<_>>>()?;
        let problems = problems.iter().map(|text| String::from_utf8_lossy(text).into_owned());
        Ok((counts.as_slice().try_into()?, problems.collect()))
    }

    /// The master key, from where the authority keeps it.
    pub fn master(&self) -> Outcome<MasterKey> {
        Ok(MasterKey::from_bytes(&fs::read(self.folder("authority").join(MASTER))?)?)
    }
}

/// Something of the authority's for the cloud and for the gate: both must know whose keys are live.
pub fn take(cloud: &mut Process, gate: &mut Process, message: &[u8]) -> Result<(), CallError> {
    let message = Message::new(Verb::Take, [message.to_vec()]);
    cloud.call(&message)?;
    gate.call(&message).map(drop)
}

pub fn cloud_name() -> Outcome<ProxyName> {
    Ok(ProxyName::new(cloud::NAME)?)
}

/// The cloud's process; somebody on the line writes down all that it is sent.
fn start_cloud(root: &Path, clock: Clock) -> io::Result<Process> {
    Process::start(cloud::ROLE, &root.join(cloud::ROLE), clock)?.tapped(&root.join(TAP))
}

/// What was sent to the cloud, and to the gate.
pub const TAP: &str = "tapped-line";
pub const GATE_TAP: &str = "tapped-line-of-the-gate";

fn number(bytes: &[u8]) -> Outcome<u64> {
    Ok(u64::from_be_bytes(bytes.try_into()?))
}

/// What opens must be what was written, to the byte.
fn read_from(
    cloud: &mut dyn Link,
    phones: &BTreeMap<String, Phone>,
    ledger: &Ledger,
    who: &str,
    names: &[RecordName],
    now: u64,
) -> Result<Reading, phone::Failure> {
    let phone = phones.get(who).ok_or_else(|| phone::Failure::Broken(format!("{who} has no phone")))?;
    let reading = phone.read(cloud, names, now)?;
    for record in &reading.opened.records {
        let is_the_same = ledger.records.get(&record.name).is_some_and(|written| {
            let content = match &record.attachment {
                None => written.content == record.content,
                Some(attachment) => written.content.len() as u64 == attachment.bytes(),
            };
            content && written.patient == record.patient && written.category == record.description.category
        });
        if !is_the_same {
            return Err(phone::Failure::Lie(format!("{:?} is not what was written", record.name)));
        }
    }
    Ok(reading)
}
