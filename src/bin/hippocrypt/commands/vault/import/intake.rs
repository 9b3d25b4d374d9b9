//! The machine that reads, encrypts and signs: a lab, a device, a house with its old records.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::sync::mpsc::SyncSender;

use hippocrypt::fhir::{self, ENVELOPE_TYPE, Import, NdjsonReader};
use hippocrypt::phr::{
    Description, MAX_INLINE_BYTES, PatientHandle, Realm, RecordCategory, RoleError, RoleKey, Writer,
};
use hippocrypt::search::LeakageProfile;
use hippocrypt::{RecordId, RecordName, os_rng};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::courier::Parcel;
use super::files::{self, Found};
use super::totals::Totals;
use crate::args::vault;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::vault::imports::{ImportId, import_id};
use crate::vault::indexes::{Entry, domain_of};
use crate::vault::patients::Patients;

/// Files are sent together until they have so many bytes: each upload waits for the disk of the cloud. It is less than what the
/// writer sends at once, so that a file of usual size is stored whole or not at all.
const TOGETHER: usize = 2 << 20;
/// What encryption, signature and description add to a record, at most, as a rule.
const ADDED_BYTES: usize = 512;

pub struct Intake<'a> {
    console: &'a Console,
    args: &'a vault::Import,
    realm: &'a Realm,
    writer: Writer,
    /// Whose all of it is, if that is known beforehand.
    patient: Option<PatientHandle>,
    patients: Patients,
    house: PatientHandle,
    known: HashSet<ImportId>,
    /// Files of which everything waits in the writer, and how many bytes these are, roughly.
    waiting: Vec<ImportId>,
    waiting_bytes: usize,
    /// What of these files is to be found.
    entries: Vec<Entry>,
    parcels: SyncSender<Parcel>,
    totals: Totals,
    /// The cloud takes nothing any more.
    pub is_cut_off: bool,
}

impl<'a> Intake<'a> {
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        console: &'a Console,
        args: &'a vault::Import,
        realm: &'a Realm,
        key: &RoleKey,
        statement: &[u8],
        patient: Option<PatientHandle>,
        mut patients: Patients,
        known: HashSet<ImportId>,
        parcels: SyncSender<Parcel>,
    ) -> Result<Self, Failure> {
        let mut writer = key.writer(realm)?;
        writer.observe(statement, console.now())?;
        // A patient writes for herself.
        let patient = patient.or(writer.credential().patient().copied());
        let (house, totals) = (patients.house()?, Totals::default());
        let is_cut_off = false;
        Ok(Self {
            console,
            args,
            realm,
            writer,
            patient,
            patients,
            house,
            known,
            waiting: Vec::new(),
            waiting_bytes: 0,
            entries: Vec::new(),
            parcels,
            totals,
            is_cut_off,
        })
    }

    pub fn into_totals(self) -> Totals {
        self.totals
    }

    /// Imports a file; one that is refused does not stop the others.
    pub fn file(&mut self, file: &Found, bar: &ProgressBar) {
        let position = bar.position();
        match self.take(file, bar) {
            Ok(()) => self.totals.files += 1,
            Err(failure) => {
                let name = file.path.display().to_string();
                self.totals.refused.push(failure.in_file_if_unnamed(&name));
            }
        }
        bar.set_position(position + file.bytes.unwrap_or(0));
    }

    fn take(&mut self, file: &Found, bar: &ProgressBar) -> Result<(), Failure> {
        let mut source = Source::open(self.console, &file.path)?;
        let mut beginning = Vec::new();
        source.by_ref().take(files::BEGINNING).read_to_end(&mut beginning)?;
        if file.as_it_is || !files::is_json(&beginning) {
            return self.other(file, &beginning, source, bar);
        }
        let limits = fhir::Limits::default();
        let most = limits.max_bytes as u64;
        if files::is_ndjson(&file.path) || file.bytes.is_some_and(|bytes| bytes > most) {
            return self.lines(Cursor::new(beginning).chain(source), bar);
        }
        let mut bytes = beginning;
        source.by_ref().take(most).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return self.lines(Cursor::new(bytes).chain(source), bar);
        }
        self.totals.bytes += bytes.len() as u64;
        self.fhir(&Import::read(&bytes, &limits)?)
    }

    /// NDJSON of any size, batch by batch.
    fn lines(&mut self, input: impl Read, bar: &ProgressBar) -> Result<(), Failure> {
        let mut reader = NdjsonReader::new(BufReader::new(bar.wrap_read(input)), fhir::Limits::default());
        while let Some(batch) = reader.next_batch()? {
            self.totals.bytes +=
                batch.resources().iter().map(|resource| resource.bytes().len() as u64).sum::<u64>();
            self.fhir(&batch)?;
        }
        Ok(())
    }

    /// Every resource becomes a record, and then so does what is around them.
    fn fhir(&mut self, import: &Import<'_>) -> Result<(), Failure> {
        let nobody = RecordId::from_bytes([0; 16]);
        let id = self.id(import.envelope(|_| nobody).sha256());
        if self.is_known(&id) {
            return Ok(());
        }
        let (owners, of_all) = self.owners(import)?;
        let covers = |owner: &PatientHandle, category| self.writer.credential().covers(owner, category);
        for (resource, owner) in import.resources().iter().zip(&owners) {
            let category = resource.description().category;
            if !covers(owner, category) {
                return Err(RoleError::NotCovered { category }.into());
            }
        }
        let most = import.resources().iter().map(|resource| self.is_possible(resource.description()));
        most.collect::<Result<(), RoleError>>()?;
        let keeps_envelope = covers(&of_all, RecordCategory::Other);
        let mut ids = Vec::with_capacity(owners.len());
        for (resource, owner) in import.resources().iter().zip(&owners) {
            let name = self.put(owner, resource.description(), resource.bytes())?;
            ids.push(name.id);
            if self.args.index {
                self.find_later(owner, resource, name)?;
            }
            self.totals.resource(owner, resource);
        }
        if keeps_envelope {
            let envelope = import.envelope(|index| ids.get(index).copied().unwrap_or(nobody)).to_bytes();
            let description = Description::new(RecordCategory::Other, ENVELOPE_TYPE);
            self.put(&of_all, &description, &envelope)?;
            self.totals.envelopes += 1;
        } else {
            self.totals.without_envelope += 1;
        }
        self.totals.problems(import.problems());
        self.complete(id)
    }

    /// Whose each resource is, and whose the file as a whole.
    ///
    /// In a file about one patient all of it is hers, so that she can have it back; among several, what is no patient's is the house's.
    fn owners(&mut self, import: &Import<'_>) -> Result<(Vec<PatientHandle>, PatientHandle), Failure> {
        let resources = import.resources();
        if let Some(patient) = self.patient {
            return Ok((vec![patient; resources.len()], patient));
        }
        let source = self.args.source.as_deref();
        let called =
            |subject: &str| source.map_or_else(|| subject.to_owned(), |source| format!("{source}|{subject}"));
        let names: Vec<Option<String>> =
            resources.iter().map(|resource| resource.subject().map(called)).collect();
        let distinct: BTreeSet<&str> = names.iter().flatten().map(String::as_str).collect();
        self.patients.enter(distinct.iter().copied());
        for name in &distinct {
            if let Some(handle) = self.patients.find(name) {
                self.totals.named(handle, name);
            }
        }
        let mut only = distinct.iter();
        let of_all = match (only.next().and_then(|name| self.patients.find(name)), only.next()) {
            (Some(patient), None) => patient,
            _ => self.house,
        };
        let of = |name: &Option<String>| {
            name.as_deref().and_then(|name| self.patients.find(name)).unwrap_or(of_all)
        };
        Ok((names.iter().map(of).collect(), of_all))
    }

    /// A file that is not FHIR, as it is.
    fn other(
        &mut self,
        file: &Found,
        beginning: &[u8],
        source: Source,
        bar: &ProgressBar,
    ) -> Result<(), Failure> {
        let patient = self.patient.ok_or_else(|| {
            Failure::new(Code::Usage, "whose record is this? it is not FHIR, which would say so")
                .hint("name the patient with --patient")
        })?;
        // Of standard input the hash is known too late.
        let id = match file.bytes {
            Some(_) => {
                let mut hash = Sha256::new();
                io::copy(&mut File::open(&file.path)?, &mut HashWriter(&mut hash))?;
                Some(self.id(hash.finalize().as_slice()))
            }
            None => None,
        };
        if id.is_some_and(|id| self.is_known(&id)) {
            return Ok(());
        }
        let (category, media_type) = files::kind_of(beginning);
        let category = self.args.category.unwrap_or(category);
        let mut description =
            Description::new(category, self.args.media_type.as_deref().unwrap_or(media_type));
        description.recorded = i64::try_from(self.console.now()).ok();
        let mut input = Cursor::new(beginning).chain(source);
        let mut whole = Vec::new();
        input.by_ref().take(MAX_INLINE_BYTES as u64 + 1).read_to_end(&mut whole)?;
        if whole.len() <= MAX_INLINE_BYTES {
            self.totals.bytes += whole.len() as u64;
            self.put(&patient, &description, &whole)?;
        } else {
            let mut input = bar.wrap_read(Cursor::new(whole).chain(input));
            self.attach(&patient, &description, &mut input)?;
        }
        self.totals.other(&patient, &description);
        let id = id.unwrap_or_else(|| self.id(RecordId::random(&mut os_rng()).as_bytes()));
        self.complete(id)
    }

    /// Whether there is a policy for such a record: better to know it before the first record of a file than after it.
    fn is_possible(&self, description: &Description) -> Result<(), RoleError> {
        if description.labels.is_empty() {
            return Ok(());
        }
        let (rules, schema) = (self.realm.rules(), self.realm.schema());
        rules.policy(&self.house, description.category, &description.labels, schema).map(drop)
    }

    /// Notes what a resource is to be found by.
    fn find_later(
        &mut self,
        owner: &PatientHandle,
        resource: &fhir::Resource<'_>,
        name: RecordName,
    ) -> Result<(), Failure> {
        let (rules, schema) = (self.realm.rules(), self.realm.schema());
        let Description { category, labels, .. } = resource.description();
        let policy = self.whole(rules.policy(owner, *category, labels, schema))?;
        let domain = domain_of(*category, labels)?;
        self.entries.push(Entry {
            patient: *owner,
            domain,
            name,
            keywords: fhir::keywords(resource, LeakageProfile::standard().budget()),
            policy,
        });
        Ok(())
    }

    fn id(&self, sha256: &[u8]) -> ImportId {
        import_id(self.patient.as_ref(), self.args.source.as_deref(), sha256)
    }

    fn is_known(&mut self, id: &ImportId) -> bool {
        let is_known = self.known.contains(id) && !self.args.again;
        self.totals.imported_before += u64::from(is_known);
        is_known
    }

    /// A record, in one piece or attached.
    fn put(
        &mut self,
        patient: &PatientHandle,
        description: &Description,
        content: &[u8],
    ) -> Result<RecordName, Failure> {
        self.totals.records += 1;
        if content.len() > MAX_INLINE_BYTES {
            return self.attach_uncounted(patient, description, &mut &*content);
        }
        self.waiting_bytes += content.len() + ADDED_BYTES;
        let written = self.writer.write(patient, description, content, self.console.now(), &mut os_rng());
        self.whole(written)
    }

    /// Half of a file is not imported: after a failure in the middle of one nothing more is sent, and this run ends.
    fn whole<T>(&mut self, outcome: Result<T, RoleError>) -> Result<T, Failure> {
        self.is_cut_off |= outcome.is_err();
        Ok(outcome?)
    }

    fn attach(
        &mut self,
        patient: &PatientHandle,
        description: &Description,
        input: &mut dyn Read,
    ) -> Result<RecordName, Failure> {
        self.totals.records += 1;
        let mut counted = Counted { input, bytes: 0 };
        let name = self.attach_uncounted(patient, description, &mut counted);
        self.totals.bytes += counted.bytes;
        name
    }

    fn attach_uncounted(
        &mut self,
        patient: &PatientHandle,
        description: &Description,
        input: &mut dyn Read,
    ) -> Result<RecordName, Failure> {
        let parcels = &self.parcels;
        let send = |upload| parcels.send(Parcel::Upload(upload)).map_err(io::Error::other);
        let attached =
            self.writer.attach(patient, description, input, self.console.now(), &mut os_rng(), send);
        self.whole(attached)
    }

    /// A file is complete: it is sent, alone or with those before it.
    fn complete(&mut self, id: ImportId) -> Result<(), Failure> {
        self.waiting.push(id);
        self.known.insert(id);
        if self.waiting_bytes >= TOGETHER { self.send_all() } else { Ok(()) }
    }

    /// Sends all that waits, and says which files it was. Whose handle is whose is on the disk before.
    pub fn send_all(&mut self) -> Result<(), Failure> {
        if self.is_cut_off {
            return Ok(());
        }
        self.patients.save()?;
        while let Some(upload) = self.writer.upload() {
            self.post(Parcel::Upload(upload))?;
        }
        self.waiting_bytes = 0;
        let ids = std::mem::take(&mut self.waiting);
        let entries = std::mem::take(&mut self.entries);
        if ids.is_empty() { Ok(()) } else { self.post(Parcel::Done(ids, entries)) }
    }

    fn post(&mut self, parcel: Parcel) -> Result<(), Failure> {
        self.parcels.send(parcel).map_err(|_| {
            self.is_cut_off = true;
            Failure::new(Code::Refused, "the cloud takes nothing any more")
        })
    }
}

struct HashWriter<'h>(&'h mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Counted<'r> {
    input: &'r mut dyn Read,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
