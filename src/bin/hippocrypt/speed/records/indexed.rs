//! Records that are indexed as they are imported, and a question in words over all patients.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use hippocrypt::fhir::{self, Import, Limits as FhirLimits};
use hippocrypt::phr::grant::Revocations;
use hippocrypt::phr::index::{IndexReader, PatientIndex, handle_of, record_of};
use hippocrypt::phr::{CloudError, Owner, PatientHandle, RecordCategory};
use hippocrypt::search::ask::{Lookup, Question};
use hippocrypt::search::text::{Language, PIPELINE_VERSION};
use hippocrypt::search::{
    Domain, Gate, GateLimits, Heads, Hits, IndexOwner, IndexWriter, LeakageProfile, Query,
};
use hippocrypt::store::MemoryStore;
use hippocrypt::{
    AuthorKey, EnrolmentNonce, EpochStatement, Epochs, Policy, ReaderSeed, RecordName, Schema, UserId, os_rng,
};

use super::super::statistics::median;
use super::super::workload::Wrong;
use super::house::{House, NOW, Source, millis};

const GATE: &str = "gate";
/// Resources that a lab imports: each new keyword costs it a pairing.
const BY_LAB: u64 = 1_000;
/// Records that are opened of what a question finds.
const OPENED: usize = 10;

/// The indexes of all patients of a house, with their writers, and the gate.
pub struct Indexes {
    domain: Domain,
    of: BTreeMap<PatientHandle, Kept>,
    gate: Mutex<Gate<MemoryStore>>,
    profile: LeakageProfile,
}

/// What a patient keeps, and a lab of hers.
struct Kept {
    heads: Heads,
    device: IndexWriter,
    lab: IndexWriter,
}

/// One way of importing: seconds, and of what.
#[derive(Default, Clone, Copy)]
pub struct Rate {
    pub resources: u64,
    pub pairs: u64,
    pub seconds: f64,
}

impl Rate {
    pub fn per_second(&self) -> f64 {
        self.resources as f64 / self.seconds
    }
}

/// Importing with an index: by the owner and by a lab, with keywords that are new and with those of before.
pub struct Indexed {
    pub owner: [Rate; 2],
    pub lab: [Rate; 2],
    pub segment_bytes: u64,
}

/// A question that was asked over all patients.
pub struct Asked {
    pub text: String,
    pub patients: u64,
    /// Mirroring, and trapdoors of marks.
    pub sync_ms: f64,
    /// Trapdoors, gate, matching and opening: the first time that it is asked, in milliseconds.
    pub ms: f64,
    /// The same, without opening.
    pub search_ms: f64,
    /// Requests to the gate, for marks too.
    pub requests: u64,
    pub points: u64,
    pub found: u64,
    pub opened: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    Device,
    Lab,
}

impl Indexes {
    /// An index for every patient of the house, granted to physicians.
    pub fn begin(house: &mut House) -> Result<Self, Wrong> {
        let mut rng = os_rng();
        let domain = Domain::new("general")?;
        let realm = house.authority.realm().clone();
        let mut revocations = Revocations::new(realm.parameters())?;
        for update in house.authority.updates(0)? {
            revocations.observe(realm.parameters(), &update)?;
        }
        let mut epochs = Epochs::new(realm.parameters())?;
        let statement = house.authority.statement(NOW, NOW + 600)?;
        epochs.observe(realm.parameters(), &EpochStatement::from_bytes(&statement)?, NOW)?;
        // How much it takes is measured, not how much it allows.
        let limits = GateLimits {
            points_per_reader: u32::MAX,
            points_per_collection: u32::MAX,
            ..GateLimits::default()
        };
        let gate = Gate::open(GATE, MemoryStore::new(), limits);
        let mut indexes =
            Self { domain, of: BTreeMap::new(), gate: Mutex::new(gate), profile: LeakageProfile::standard() };
        let policy = Policy::parse("role:physician", &Schema::empty())?;
        for (number, patient) in house.handles.values().copied().collect::<Vec<_>>().into_iter().enumerate() {
            let owner = house.owner(&format!("patient-{number}"), &patient)?;
            let mut index = PatientIndex::new(IndexOwner::generate(&mut rng));
            house.cloud.index(&index.announcement(&owner, 1), NOW, &mut rng)?;
            index.open_domain(&indexes.domain, PIPELINE_VERSION);
            let later = revocations.later_epoch(&epochs, NOW)?;
            for share in index.grant(&realm, later, &indexes.domain, &policy, &mut rng)? {
                indexes
                    .gate
                    .get_mut()
                    .map_err(|_| Wrong::new("the gate is gone"))?
                    .install(share.expose_secret())?;
            }
            let device = index.writer(&indexes.domain, &mut rng)?;
            let mut heads = Heads::new(*index.collection());
            let head = heads.observe(&index.head(NOW, NOW + 600)?, NOW)?;
            let (lab, card) = IndexWriter::lab(&head, &index.context(&indexes.domain)?, &mut rng)?;
            index.admit(&indexes.domain, &card)?;
            let head = index.head(NOW, NOW + 600)?;
            house.cloud.index(&head, NOW, &mut rng)?;
            heads.observe(&head, NOW)?;
            indexes.of.insert(patient, Kept { heads, device, lab });
        }
        Ok(indexes)
    }

    /// Imports everything four times, each time as new records.
    pub fn import(&mut self, house: &mut House, files: &[Source]) -> Result<Indexed, Wrong> {
        let mut all = |by: By| -> Result<Rate, Wrong> {
            let mut rate = Rate::default();
            for file in files {
                if by == By::Lab && rate.resources >= BY_LAB {
                    break;
                }
                let bytes = file.bytes()?;
                let start = Instant::now();
                self.import_one(house, &bytes, by, &mut rate)?;
                rate.seconds += start.elapsed().as_secs_f64();
            }
            Ok(rate)
        };
        let owner = [all(By::Device)?, all(By::Device)?];
        let lab = [all(By::Lab)?, all(By::Lab)?];
        Ok(Indexed { owner, lab, segment_bytes: house.cloud.stats()?.segment_bytes })
    }

    fn import_one(&mut self, house: &mut House, bytes: &[u8], by: By, rate: &mut Rate) -> Result<(), Wrong> {
        let mut rng = os_rng();
        let import = Import::read(bytes, &FhirLimits::default())?;
        let budget = usize::try_from(self.profile.keywords_per_record)?;
        for resource in import.resources() {
            let Some(patient) = house.handles.get(resource.subject().unwrap_or_default()) else { continue };
            let Some(kept) = self.of.get_mut(patient) else { continue };
            let (description, now) = (resource.description(), NOW);
            let name = house.writer.write(patient, description, resource.bytes(), now, &mut rng)?;
            let keywords = fhir::keywords(resource, budget);
            let (handle, meta) = handle_of(&name);
            let writer = if by == By::Lab { &mut kept.lab } else { &mut kept.device };
            writer.add(handle, meta, &keywords);
            rate.resources += 1;
            rate.pairs += keywords.len() as u64;
        }
        while let Some(upload) = house.writer.upload() {
            house.cloud.upload(&upload, NOW, &mut rng)?;
        }
        for kept in self.of.values_mut() {
            let writer = if by == By::Lab { &mut kept.lab } else { &mut kept.device };
            if writer.waiting() == 0 {
                continue;
            }
            writer.finish(&*kept.heads.current(NOW)?, &self.profile, &mut rng)?;
            let segments: Vec<(u64, Vec<u8>)> =
                writer.outbox().map(|(number, segment)| (number, segment.to_vec())).collect();
            for (number, segment) in segments {
                house.cloud.index(&segment, NOW, &mut rng)?;
                writer.confirm(number);
            }
        }
        Ok(())
    }

    /// The physician asks a question of every patient's index, and opens ten of what he finds. Each round is asked by a phone that knows no trapdoor yet.
    pub fn ask(&self, house: &House, text: &str, rounds: u32) -> Result<Asked, Wrong> {
        let mut rng = os_rng();
        let question = Question::parse(text, Language::English)?;
        let (mut whole, mut searching, mut syncing) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked = Asked {
            text: text.to_owned(),
            patients: self.of.len() as u64,
            sync_ms: 0.0,
            ms: 0.0,
            search_ms: 0.0,
            requests: 0,
            points: 0,
            found: 0,
            opened: 0,
        };
        for _ in 0..rounds {
            let start = Instant::now();
            let mut readers = Vec::new();
            for patient in self.of.keys() {
                let mut reader = IndexReader::new(&house.physician, patient, &self.domain);
                let answer = |question: &[u8]| {
                    house.cloud.answer(question, NOW).map_err(|error| error.to_string().into_boxed_str())
                };
                reader.sync(&house.name, NOW, &mut rng, answer)?;
                readers.push(reader);
            }
            // Marks are the same in most questions: a phone asks for them once.
            let lookup = question.lookup()?;
            let marks = lookup.keywords().into_iter().filter(Lookup::is_mark).map(Query::keyword);
            let marks = Query::Any(marks.collect());
            asked.requests = 0;
            let mut gate = |sent: &[Vec<u8>]| -> Result<Vec<Vec<u8>>, Box<str>> {
                asked.requests += sent.len() as u64;
                let text = |error: CloudError| error.to_string().into_boxed_str();
                let answers = house.cloud.gate_all(&self.gate, sent, NOW).map_err(text)?;
                answers.into_iter().map(|answer| answer.map_err(text)).collect()
            };
            IndexReader::find_in_all(&mut readers, &marks, GATE, NOW, &mut rng, &mut gate)?;
            syncing.push(millis(start.elapsed()));

            let start = Instant::now();
            let lookup = question.lookup()?;
            let query = lookup.query();
            let hits = IndexReader::find_in_all(&mut readers, query, GATE, NOW, &mut rng, &mut gate)?;
            let mut found: Vec<RecordName> = hits.iter().flat_map(Hits::iter).map(record_of).collect();
            searching.push(millis(start.elapsed()));
            asked.found = found.len() as u64;
            found.truncate(OPENED);
            let request = house.physician.open(found.iter().copied(), &house.name, NOW, &mut rng);
            let answer = house.cloud.answer(request.question(), NOW)?;
            let opened = house.physician.opened(request, &answer)?;
            let mut holding = 0;
            for record in &opened.records {
                let import = Import::read(&record.content, &FhirLimits::default())?;
                let holds = |resource| question.holds(&fhir::terms(resource)) != Some(false);
                holding += import.resources().iter().filter(|resource| holds(resource)).count() as u64;
            }
            whole.push(millis(start.elapsed()));
            asked.opened = holding;
            let keywords = lookup.query().keywords();
            let known = |reader: &IndexReader<'_>| {
                keywords.iter().filter(|keyword| reader.count(keyword, NOW).is_some()).count() as u64
            };
            asked.points = readers.iter().map(known).sum();
        }
        (asked.sync_ms, asked.search_ms, asked.ms) = (median(&syncing), median(&searching), median(&whole));
        Ok(asked)
    }
}

impl House {
    /// A patient who keeps her own keys, for a handle that records stand under already.
    fn owner(&mut self, user: &str, patient: &PatientHandle) -> Result<Owner, Wrong> {
        let mut rng = os_rng();
        let (user, key) = (UserId::new(user)?, AuthorKey::generate(&mut rng));
        let credential =
            self.authority.credential(&user, &key.id(), RecordCategory::ALL, Some(patient), NOW + 600)?;
        let realm = self.authority.realm().clone();
        let owner = Owner::new(realm, user.clone(), ReaderSeed::generate(&mut rng), key, &credential)?;
        let nonce = EnrolmentNonce::generate(&mut rng);
        let enrolment = owner.reader().enrol(&nonce, &mut rng);
        let key = self.authority.enrol_patient(&user, &enrolment, nonce, patient, &mut rng)?;
        self.cloud.take(&key, NOW, &mut rng)?;
        Ok(owner)
    }
}
