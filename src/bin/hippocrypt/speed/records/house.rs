//! A house in one process: its authority, a writer, patients, a physician with a phone, and the cloud over an embedded store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hippocrypt::fhir::{Import, Limits as FhirLimits};
use hippocrypt::ledger::Scribe;
use hippocrypt::phr::{
    AccessRules, Authority, Cloud, Description, Limits, Opened, PatientHandle, Reader, RecordCategory,
    RoleKey, Writer,
};
use hippocrypt::rand_core::Rng;
use hippocrypt::store::{FolderBlobs, MemoryStore, RedbStore};
use hippocrypt::{
    EnrolmentNonce, EpochTree, ProxyName, RecordName, Schema, SealKey, UserId, os_rng, setup_with_epochs,
};

use super::super::statistics::median;
use super::super::workload::Wrong;
use crate::failure::{Failure, named};

pub(super) const NOW: u64 = 1_800_000_000;

pub struct House {
    pub(super) authority: Authority<MemoryStore>,
    pub(super) cloud: Cloud<RedbStore, FolderBlobs>,
    pub(super) name: ProxyName,
    pub(super) writer: Writer,
    pub(super) physician: Reader,
    /// Where records of a patient went, by category.
    written: BTreeMap<(PatientHandle, RecordCategory), Vec<RecordName>>,
    pub(super) handles: BTreeMap<String, PatientHandle>,
}

/// What an import took, in seconds.
#[derive(Default)]
pub struct Imported {
    pub resources: u64,
    pub bytes: u64,
    pub compartments: u64,
    /// Headers and sealed records as they are stored.
    pub stored_bytes: u64,
    pub seconds: f64,
    pub parse: f64,
    pub write: f64,
    pub cloud: f64,
}

/// Reading ten records, medians in milliseconds.
pub struct Ten {
    pub whole: f64,
    pub cloud: f64,
    pub phone: f64,
    pub compartments: usize,
    pub question: u64,
    pub answer: u64,
}

pub struct Read {
    pub apart: Ten,
    pub together: Ten,
}

pub struct Streamed {
    pub bytes: u64,
    pub up: f64,
    pub down: f64,
}

/// The FHIR files of a folder, or the file itself.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).map_err(|error| named("read", &path.display().to_string(), error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json" || extension == "ndjson"))
        .collect();
    files.sort();
    Ok(files)
}

impl House {
    pub fn begin(folder: &Path) -> Result<Self, Wrong> {
        let mut rng = os_rng();
        let (_, master) = setup_with_epochs("speed", EpochTree::default(), &mut rng)?;
        let schema = Schema::empty();
        let rules = AccessRules::parse(AccessRules::STANDARD, &schema)?;
        let mut authority = Authority::begin(master, &schema, rules, MemoryStore::new(), NOW)?;
        let name = ProxyName::new("cloud")?;
        let realm = authority.realm().clone();
        let store = RedbStore::create(folder.join("cloud.redb"))?;
        let blobs = FolderBlobs::open(folder.join("chunks"))?;
        // The clock of this house stands still: its whole work is done in one minute.
        let limits =
            Limits { questions_per_minute: u32::MAX, transforms_per_minute: u32::MAX, ..Limits::default() };
        let scribe = Scribe::generate("speed.example/ledger", &mut rng)?;
        let cloud = Cloud::open(realm.clone(), name.clone(), store, blobs, scribe, limits, NOW)?;
        cloud.take(&authority.certify_ledger(&name, &cloud.ledger_key()?, 0), NOW, &mut rng)?;
        for update in authority.updates(0)? {
            cloud.take(&update, NOW, &mut rng)?;
        }
        cloud.take(&authority.lease(&name, NOW, NOW + 600)?, NOW, &mut rng)?;
        let statement = authority.statement(NOW, NOW + 600)?;
        let key = |user: &str| -> Result<RoleKey, Wrong> {
            Ok(RoleKey::generate(&realm, UserId::new(user)?, name.clone(), &mut os_rng()))
        };
        let writer = key("records")?;
        let credential =
            authority.credential(writer.user(), &writer.author_id(), RecordCategory::ALL, None, NOW + 600)?;
        let mut writer = writer.with_credential(credential).writer(&realm)?;
        writer.observe(&statement, NOW)?;
        let physician = key("physician")?.reader(&realm)?;
        let nonce = EnrolmentNonce::generate(&mut rng);
        let enrolment = physician.enrol(&nonce, &mut rng);
        let attributes = "role:physician, role:nurse, role:radiologist, clearance:restricted, \
                          clearance:mental-health, clearance:substance-use, clearance:protection";
        let key = authority.enrol(physician.user(), &enrolment, nonce, attributes, &mut rng)?;
        cloud.take(&key, NOW, &mut rng)?;
        Ok(Self {
            authority,
            cloud,
            name,
            writer,
            physician,
            written: BTreeMap::new(),
            handles: BTreeMap::new(),
        })
    }

    /// Imports files.
    pub fn import_files(&mut self, files: &[Source]) -> Result<Imported, Wrong> {
        let mut imported = Imported::default();
        for file in files {
            let bytes = file.bytes()?;
            let start = Instant::now();
            self.import(&bytes, &mut imported)?;
            imported.seconds += start.elapsed().as_secs_f64();
        }
        self.counted(imported)
    }

    fn counted(&self, mut imported: Imported) -> Result<Imported, Wrong> {
        let stats = self.cloud.stats()?;
        imported.compartments = stats.compartments;
        imported.stored_bytes = stats.header_bytes + stats.record_bytes;
        Wrong::unless(stats.records == imported.resources, "the cloud has another number of records")?;
        Ok(imported)
    }

    fn import(&mut self, bytes: &[u8], imported: &mut Imported) -> Result<(), Wrong> {
        let start = Instant::now();
        let import = Import::read(bytes, &FhirLimits::default())?;
        imported.parse += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let mut rng = os_rng();
        for resource in import.resources() {
            let subject = resource.subject().unwrap_or_default();
            if !self.handles.contains_key(subject) {
                self.handles.insert(subject.to_owned(), PatientHandle::random(&mut rng));
            }
            let Some(patient) = self.handles.get(subject).copied() else { continue };
            let description = resource.description();
            let name = self.writer.write(&patient, description, resource.bytes(), NOW, &mut rng)?;
            self.written.entry((patient, description.category)).or_default().push(name);
            imported.resources += 1;
            imported.bytes += resource.bytes().len() as u64;
        }
        imported.write += start.elapsed().as_secs_f64();
        let start = Instant::now();
        while let Some(upload) = self.writer.upload() {
            self.cloud.upload(&upload, NOW, &mut rng)?;
        }
        imported.cloud += start.elapsed().as_secs_f64();
        Ok(())
    }

    /// The physician reads ten records by name, from ten compartments and from one.
    pub fn read_ten(&self, rounds: u32) -> Result<Read, Wrong> {
        let apart: Vec<RecordName> =
            self.written.values().filter_map(|names| names.first()).copied().take(10).collect();
        let most = self.written.values().max_by_key(|names| names.len());
        let together: Vec<RecordName> = most.into_iter().flatten().copied().take(10).collect();
        Ok(Read {
            apart: self.time_reading(&apart, rounds)?,
            together: self.time_reading(&together, rounds)?,
        })
    }

    fn time_reading(&self, names: &[RecordName], rounds: u32) -> Result<Ten, Wrong> {
        let (mut whole, mut cloud, mut phone) = (Vec::new(), Vec::new(), Vec::new());
        let (mut compartments, mut question, mut answer) = (0, 0, 0);
        for _ in 0..rounds {
            let start = Instant::now();
            let asked = self.physician.open(names.iter().copied(), &self.name, NOW, &mut os_rng());
            let asking = start.elapsed();
            let begin = Instant::now();
            let bytes = self.cloud.answer(asked.question(), NOW)?;
            let answering = begin.elapsed();
            let begin = Instant::now();
            (question, answer) = (asked.question().len() as u64, bytes.len() as u64);
            let opened = self.physician.opened(asked, &bytes)?;
            let finishing = begin.elapsed();
            whole.push(millis(start.elapsed()));
            cloud.push(millis(answering));
            phone.push(millis(asking + finishing));
            self.check(&opened, names)?;
            compartments = self.compartments(names)?;
        }
        Ok(Ten {
            whole: median(&whole),
            cloud: median(&cloud),
            phone: median(&phone),
            compartments,
            question,
            answer,
        })
    }

    fn check(&self, opened: &Opened, names: &[RecordName]) -> Result<(), Wrong> {
        let all = opened.records.len() == names.len() && opened.refused == 0 && opened.missing.is_empty();
        Wrong::unless(all, "the physician has not got the records that he asked for")
    }

    fn compartments(&self, names: &[RecordName]) -> Result<usize, Wrong> {
        let places = self.written.iter().filter(|(_, of)| of.iter().any(|name| names.contains(name)));
        Ok(places.count())
    }

    /// The next epoch begins, and everything is sealed in it; how many headers, and the seconds that it took.
    pub fn seal(&mut self) -> Result<(u64, f64), Wrong> {
        let mut rng = os_rng();
        let mut messages = vec![self.authority.advance(NOW)?];
        self.authority.refresh(|tokens| {
            messages.push(tokens);
            Ok(())
        })?;
        messages.push(self.authority.lease(&self.name, NOW, NOW + 600)?);
        messages.push(self.authority.statement(NOW, NOW + 600)?);
        for message in &messages {
            self.cloud.take(message, NOW, &mut rng)?;
        }
        self.writer.observe(&self.authority.statement(NOW, NOW + 600)?, NOW)?;
        let key = SealKey::generate(&mut rng);
        let start = Instant::now();
        let done = self.cloud.seal(&key, NOW, |_| ())?;
        let seconds = start.elapsed().as_secs_f64();
        Wrong::unless(done.seen == done.sealed, "a header was not sealed")?;
        Ok((done.sealed, seconds))
    }

    pub fn fsck(&self) -> Result<u64, Wrong> {
        let mut rows = 0;
        let findings = self.cloud.fsck(|seen| rows = seen)?;
        Wrong::unless(findings.problems.is_empty(), "fsck has found something")?;
        Ok(rows)
    }

    /// Streams an attachment up and down again.
    pub fn stream(&mut self, bytes: u64) -> Result<Streamed, Wrong> {
        let patient = PatientHandle::random(&mut os_rng());
        let description = Description::new(RecordCategory::Imaging, "application/dicom");
        let cloud = &self.cloud;
        let send = |upload: Vec<u8>| {
            cloud.upload(&upload, NOW, &mut os_rng()).map(drop).map_err(std::io::Error::other)
        };
        let start = Instant::now();
        let input = Counting::new(bytes);
        let name = self.writer.attach(&patient, &description, input, NOW, &mut os_rng(), send)?;
        while let Some(upload) = self.writer.upload() {
            cloud.upload(&upload, NOW, &mut os_rng())?;
        }
        let up = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let asked = self.physician.open([name], &self.name, NOW, &mut os_rng());
        let answer = cloud.answer(asked.question(), NOW)?;
        let opened = self.physician.opened(asked, &answer)?;
        let attachment = opened.records.first().and_then(|record| record.attachment.as_ref());
        let attachment = attachment.ok_or_else(|| Wrong::new("the attachment is not there"))?;
        let call =
            |question: &[u8]| cloud.answer(question, NOW).map_err(|error| error.to_string().into_boxed_str());
        let mut output = Comparing(Counting::new(bytes));
        let fetched =
            self.physician.fetch(attachment, &self.name, || NOW, &mut os_rng(), call, &mut output)?;
        let down = start.elapsed().as_secs_f64();
        Wrong::unless(fetched == bytes, "the attachment has another length")?;
        Ok(Streamed { bytes, up, down })
    }
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Where a FHIR file comes from, each time that it is needed.
pub enum Source {
    File(PathBuf),
    /// A bundle of one invented patient, with so many resources of the size that FHIR has.
    Invented {
        patient: u32,
        resources: u32,
    },
}

impl Source {
    pub fn bytes(&self) -> Result<Vec<u8>, Wrong> {
        match self {
            Self::File(path) => Ok(std::fs::read(path)?),
            Self::Invented { patient, resources } => Ok(invented(*patient, *resources).into_bytes()),
        }
    }
}

/// A bundle of one invented patient: results and vital signs over some years, diagnoses, drugs, visits.
fn invented(patient: u32, resources: u32) -> String {
    const SHAPES: [(&str, &str, &str, &str, usize); 5] = [
        ("Observation", "vital-signs", "http://loinc.org", "29463-7", 560),
        ("Observation", "laboratory", "http://loinc.org", "4548-4", 560),
        ("Condition", "encounter-diagnosis", "http://snomed.info/sct", "44054006", 520),
        ("MedicationRequest", "outpatient", "http://www.nlm.nih.gov/research/umls/rxnorm", "860975", 510),
        ("Encounter", "outpatient", "http://snomed.info/sct", "162673000", 660),
    ];
    let mut bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{{"resourceType":"Patient","id":"p{patient}"}}}}"#
    );
    for (index, (kind, category, system, code, size)) in (1..resources).zip(SHAPES.into_iter().cycle()) {
        let mut noise = vec![0; size / 2];
        os_rng().fill_bytes(&mut noise);
        let noise: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
        let (year, month, day) = (2010 + index / 24 % 16, index / 2 % 12 + 1, index % 28 + 1);
        // One in ten patients has what is measured in diabetes.
        let code = if code == "4548-4" && !patient.is_multiple_of(10) { "718-7" } else { code };
        let value = match kind {
            "Observation" => format!(
                r#""valueQuantity":{{"value":{}.{},"unit":"%","code":"%"}},"#,
                5 + index % 9,
                index % 10
            ),
            _ => String::new(),
        };
        bundle.push_str(&format!(
            r#",{{"resource":{{"resourceType":"{kind}","id":"r{index}","status":"final","category":[{{"coding":[{{"code":"{category}"}}]}}],"code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}},{value}"effectiveDateTime":"{year}-{month:02}-{day:02}","subject":{{"reference":"Patient/p{patient}"}},"text":{{"status":"generated","div":"<div>{noise}</div>"}}}}}}"#
        ));
    }
    bundle + "]}"
}

/// So many bytes that can be made again.
struct Counting {
    at: u64,
    end: u64,
}

impl Counting {
    fn new(bytes: u64) -> Self {
        Self { at: 0, end: bytes }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.at ^ (self.at >> 8) ^ (self.at >> 19)).to_le_bytes()[0];
            self.at += 1;
        }
    }
}

impl std::io::Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let (now, _) = buffer.split_at_mut(left.min(buffer.len()));
        self.fill(now);
        Ok(now.len())
    }
}

/// Takes what a [`Counting`] gives, and nothing else.
struct Comparing(Counting);

impl std::io::Write for Comparing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut expected = vec![0; bytes.len()];
        self.0.fill(&mut expected);
        if expected != bytes {
            return Err(std::io::Error::other("the attachment has changed"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
