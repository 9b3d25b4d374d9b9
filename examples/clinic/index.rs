//! Search indexes: each made on its patient's phone, granted to readers, and renewed when somebody was dismissed; and readers' phones,
//! which search them. The words stay on the phones: the cloud has segments that say nothing, the gate raises points that say nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hippocrypt::fhir::{self, Import, Limits};
use hippocrypt::phr::grant::{LaterEpoch, LaterEpochError, Revocations};
use hippocrypt::phr::index::{FindError, IndexReader, PatientIndex, handle_of, record_of};
use hippocrypt::phr::{PatientHandle, Realm};
use hippocrypt::search::ask::{Lookup, Question};
use hippocrypt::search::text::Language;
use hippocrypt::search::text::PIPELINE_VERSION;
use hippocrypt::search::{
    Complete, Domain, Head, Heads, Hits, IndexOwner, IndexWriter, Keyword, LeakageProfile, Mirror, Sound,
};
use hippocrypt::{EpochStatement, Epochs, Policy, RecordName, os_rng};

use crate::clinic::{Clinic, Outcome};
use crate::folder;
use crate::gate;
use crate::import::Written;
use crate::phone::Phone;
use crate::wire::{Link, Message, Verb};

/// Who of the house may search, beside the patient.
pub const SEARCHERS: &str = "role:cardiologist or role:physician";
/// Where on her phone a patient keeps the secret of her index, and the writer that is on the phone.
pub const KEY: &str = "index.hpcr";
const DEVICE: &str = "index-writer.hpcr";
/// A head is good for a month: her phone signs another one in time.
const MONTH: u64 = 30 * 24 * 3600;

/// A patient's index, on her phone.
pub struct Index {
    pub owner: PatientIndex,
    device: IndexWriter,
    heads: Heads,
    /// Secret bytes that went to the gate, to look for where they may not be.
    pub shares: Vec<Vec<u8>>,
}

/// What a client knows of the authority's orders: nothing is granted in an epoch of which somebody dismissed has tokens.
pub struct Orders {
    revocations: Revocations,
    epochs: Epochs,
}

/// How much was indexed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Indexed {
    pub records: usize,
    pub keywords: usize,
    pub segments: usize,
    pub bytes: usize,
}

/// The domain that every patient opens. What bears a sensitive label belongs into another one, which is granted separately.
pub fn domain() -> Outcome<Domain> {
    Ok(Domain::new("general")?)
}

/// The keywords of a record; none if it is no FHIR resource, or a sensitive one.
pub fn keywords_of(written: &Written) -> Vec<Keyword> {
    let import = Import::read(&written.content, &Limits::default()).ok();
    let resources = import.iter().flat_map(|import| import.resources());
    let budget = LeakageProfile::standard().budget();
    let all = resources.flat_map(|resource| fhir::keywords(resource, budget));
    if written.labels.is_empty() { all.collect() } else { Vec::new() }
}

/// What somebody asks, and what is looked up for it.
pub struct Asked {
    pub text: String,
    pub question: Question,
    pub lookup: Lookup,
}

impl Asked {
    /// `code:4548-4 and date:2026-05`.
    pub fn new(text: &str) -> Outcome<Self> {
        let question = Question::parse(text, Language::English)?;
        let lookup = question.lookup()?;
        Ok(Self { text: text.to_owned(), question, lookup })
    }

    /// Whether it is true of a record.
    pub fn is_true_of(&self, content: &[u8]) -> bool {
        let import = Import::read(content, &Limits::default()).ok();
        let mut resources = import.iter().flat_map(|import| import.resources());
        resources.any(|resource| self.question.holds(&fhir::terms(resource)) != Some(false))
    }
}

impl Orders {
    pub fn none(realm: &Realm) -> Outcome<Self> {
        let parameters = realm.parameters();
        Ok(Self { revocations: Revocations::new(parameters)?, epochs: Epochs::new(parameters)? })
    }

    fn later(&self, now: u64) -> Result<LaterEpoch<'_>, LaterEpochError> {
        self.revocations.later_epoch(&self.epochs, now)
    }
}

impl Clinic {
    /// The patients' phones hear all orders, and the newest statement of the epoch. Both are signed: the cloud may carry them.
    pub fn hear(&mut self) -> Outcome<()> {
        let (updates, statement) = (self.cloud.call(&Message::new(Verb::Updates, []))?, self.statement()?);
        let (now, Orders { revocations, epochs }) = (self.now(), &mut self.orders);
        let parameters = self.authority.realm().parameters();
        for update in updates.iter().skip(usize::try_from(revocations.number())?) {
            revocations.observe(parameters, update)?;
        }
        epochs.observe(parameters, &EpochStatement::from_bytes(&statement)?, now)?;
        Ok(())
    }

    /// Every patient's phone makes an index of what was imported for her.
    pub fn index_everything(&mut self) -> Outcome<Indexed> {
        self.hear()?;
        let mut records: BTreeMap<PatientHandle, Vec<(RecordName, Vec<Keyword>)>> = BTreeMap::new();
        for (name, written) in &self.ledger.records {
            records.entry(written.patient).or_default().push((*name, keywords_of(written)));
        }
        let (mut sum, patients) = (Indexed::default(), self.patients());
        for (who, patient) in patients {
            self.begin_index(&who, &patient)?;
            let records = records.remove(&patient).unwrap_or_default();
            let one = self.index_records(&who, &patient, &records)?;
            sum.records += one.records;
            sum.keywords += one.keywords;
            sum.segments += one.segments;
            sum.bytes += one.bytes;
        }
        Ok(sum)
    }

    /// Patients with the names of their phones.
    fn patients(&self) -> Vec<(String, PatientHandle)> {
        let owner = |(who, phone): (&String, &Phone)| Some((who.clone(), *phone.owner().ok()?.patient()));
        self.phones.iter().filter_map(owner).collect()
    }

    /// A patient announces an index, opens a domain, and lets the house search it.
    fn begin_index(&mut self, who: &str, patient: &PatientHandle) -> Outcome<()> {
        let (now, domain, realm) = (self.now(), domain()?, self.authority.realm().clone());
        let mut owner = PatientIndex::new(IndexOwner::generate(&mut os_rng()));
        folder::write(&self.folder(who).join(KEY), owner.secret().expose_secret())?;
        self.send_to_index(owner.announcement(&self.phone(who)?.owner()?, 1))?;

        owner.open_domain(&domain, PIPELINE_VERSION);
        let policy = Policy::parse(&format!("{SEARCHERS} or patient:\"{patient}\""), realm.schema())?;
        let shares = owner.grant(&realm, self.orders.later(now)?, &domain, &policy, &mut os_rng())?;
        let device = owner.writer(&domain, &mut os_rng())?;
        let heads = Heads::new(*owner.collection());
        self.indexes.insert(*patient, Index { owner, device, heads, shares: Vec::new() });
        for share in shares {
            self.share(patient, share.expose_secret())?;
        }
        self.publish(patient).map(drop)
    }

    fn send_to_index(&mut self, message: Vec<u8>) -> Outcome<()> {
        self.cloud.call(&Message::new(Verb::Index, [message]))?;
        Ok(())
    }

    fn index_of(&mut self, patient: &PatientHandle) -> Outcome<&mut Index> {
        Ok(self.indexes.get_mut(patient).ok_or("she has no index")?)
    }

    /// The gate gets a share. It answers nobody for it before.
    fn share(&mut self, patient: &PatientHandle, share: &[u8]) -> Outcome<()> {
        self.gate.call(&Message::new(Verb::Share, [share.to_vec()]))?;
        self.index_of(patient)?.shares.push(share.to_vec());
        Ok(())
    }

    /// A patient signs the next head of her index: what she has changed counts from then on. Labs get it from her.
    pub fn publish(&mut self, patient: &PatientHandle) -> Outcome<Arc<Head>> {
        let now = self.now();
        let index = self.index_of(patient)?;
        let bytes = index.owner.head(now, now + MONTH)?;
        let head = index.heads.observe(&bytes, now)?;
        self.send_to_index(bytes)?;
        Ok(head)
    }

    /// The writer on a patient's phone indexes these records of hers.
    fn index_records(
        &mut self,
        who: &str,
        patient: &PatientHandle,
        records: &[(RecordName, Vec<Keyword>)],
    ) -> Outcome<Indexed> {
        let (now, file) = (self.now(), self.folder(who).join(DEVICE));
        let Index { device, heads, .. } = self.indexes.get_mut(patient).ok_or("she has no index")?;
        let mut sum = Indexed::default();
        // All words at once: faster than record by record.
        let words: Vec<Keyword> = records.iter().flat_map(|(_, keywords)| keywords).cloned().collect();
        device.prepare(&words);
        for (name, keywords) in records.iter().filter(|(_, keywords)| !keywords.is_empty()) {
            let (handle, version) = handle_of(name);
            device.add(handle, version, keywords);
            sum.records += 1;
            sum.keywords += keywords.len();
        }
        sum.segments = device.finish(&*heads.current(now)?, &LeakageProfile::standard(), &mut os_rng())?;
        sum.bytes = device.outbox().map(|(_, segment)| segment.len()).sum();
        // Before anything is sent: a writer that forgets a segment would make another one of the same number.
        folder::write(&file, device.to_bytes().expose_secret())?;
        send_segments(&mut self.cloud, device)?;
        Ok(sum)
    }

    /// A patient lets a lab write into her index.
    pub fn admit(&mut self, patient: &PatientHandle, card: &[u8]) -> Outcome<Arc<Head>> {
        self.index_of(patient)?.owner.admit(&domain()?, card)?;
        self.publish(patient)
    }

    /// A patient notes in her next head how far every writer has come: from then on no cloud can hide that much.
    pub fn note(&mut self, patient: &PatientHandle, mirror: &Mirror) -> Outcome<Arc<Head>> {
        self.index_of(patient)?.owner.note(mirror);
        self.publish(patient)
    }

    /// Every patient's phone makes fresh seeds for all readers, and fresh shares for the gate; how many.
    pub fn renew(&mut self) -> Outcome<usize> {
        self.hear()?;
        let (now, realm, mut count) = (self.now(), self.authority.realm().clone(), 0);
        let patients: Vec<PatientHandle> = self.indexes.keys().copied().collect();
        for patient in patients {
            let later = self.orders.later(now)?;
            let index = self.indexes.get_mut(&patient).ok_or("she has no index")?;
            for share in index.owner.renew(&realm, later, |_| true, &mut os_rng())? {
                self.share(&patient, share.expose_secret())?;
                count += 1;
            }
            self.publish(&patient)?;
        }
        Ok(count)
    }

    /// The patient's records of which a question is true: by looking at them, which needs no cryptography.
    pub fn known_under(&self, patient: &PatientHandle, asked: &Asked) -> BTreeSet<RecordName> {
        let hers = |written: &Written| written.patient == *patient && written.labels.is_empty();
        let records = self.ledger.records.iter().filter(|(_, written)| hers(written));
        records.filter(|(_, written)| asked.is_true_of(&written.content)).map(|(name, _)| *name).collect()
    }
}

/// Sends what a writer has made, until it is confirmed. Nothing is stored twice.
pub fn send_segments(cloud: &mut dyn Link, writer: &mut IndexWriter) -> Outcome<()> {
    let segments: Vec<(u64, Vec<u8>)> = writer.outbox().map(|(n, bytes)| (n, bytes.to_vec())).collect();
    for (number, segment) in segments {
        cloud.call(&Message::new(Verb::Index, [segment]))?;
        writer.confirm(number);
    }
    Ok(())
}

/// A way to a cloud or a gate.
fn line(link: &mut dyn Link) -> impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>> {
    |question| {
        let answer = link.call(&Message::new(Verb::Ask, [question.to_vec()]));
        answer.map(|parts| parts.concat()).map_err(|error| error.to_string().into())
    }
}

impl Phone {
    /// Mirrors what is new of an index.
    pub fn sync(
        &self,
        search: &mut IndexReader<'_>,
        cloud: &mut dyn Link,
        now: u64,
    ) -> Result<(), FindError> {
        search.sync(self.key.cloud(), now, &mut os_rng(), line(cloud))
    }

    /// Finds in what was mirrored; the gate is asked for words that were not looked for before.
    pub fn find(
        &self,
        search: &mut IndexReader<'_>,
        asked: &Asked,
        gate: &mut dyn Link,
        now: u64,
    ) -> Result<Hits<Complete>, FindError> {
        search.find(asked.lookup.query(), gate::NAME, now, &mut os_rng(), line(gate))
    }

    /// Has the cloud match a word, without a mirror.
    pub fn find_remotely(
        &self,
        search: &mut IndexReader<'_>,
        word: &Keyword,
        cloud: &mut dyn Link,
        gate: &mut dyn Link,
        now: u64,
    ) -> Result<Hits<Sound>, FindError> {
        let name = self.key.cloud();
        search.refresh(name, now, &mut os_rng(), line(cloud))?;
        search.find_remotely(word, name, gate::NAME, now, &mut os_rng(), line(cloud), line(gate))
    }
}

/// The records that were found.
pub fn names<P>(hits: &Hits<P>) -> BTreeSet<RecordName> {
    hits.iter().map(record_of).collect()
}
