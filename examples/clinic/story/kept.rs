//! Nothing is lost: what was imported goes out as it came in, and a cloud that is killed keeps what it has confirmed. And nothing
//! can be read where it lies.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use hippocrypt::fhir::{self, Envelope};
use hippocrypt::phr::{Description, RecordCategory};
use hippocrypt::{RecordId, RecordName};
use sha2::{Digest, Sha256};

use super::{Outcome, Story, whole};
use crate::clinic::{GATE_TAP, TAP};
use crate::index::{self, keywords_of};
use crate::scan::{Needles, Scan, strings};
use crate::table::{bytes, counted, grouped, time};
use crate::told::Says;
use crate::wire::{Link, Message, Verb};
use crate::{cloud, folder, gate, phone, seal_keeper};

/// Of a signature at the end of a share.
const SIGNATURE_BYTES: usize = 64;
/// Records of an upload that is cut short, and how many uploads are confirmed before it.
const TOGETHER: usize = 20;
const CONFIRMED: usize = 4;

impl Story {
    pub(super) fn export(&mut self) -> Outcome<()> {
        self.told.heading(
            "13. Everything goes out again as it came in: the patients' own phones rebuild the files",
        );
        let start = Instant::now();
        let contents = self.read_as_patients()?;
        let (mut equal, mut by_one, mut digest) = (0, 0, String::new());
        for (source, name) in self.sources.iter().zip(&self.clinic.ledger.files) {
            let Some((_, envelope)) = contents.get(&name.id) else { continue };
            let envelope = Envelope::from_bytes(envelope)?;
            let Ok(file) = envelope.export(|id| contents.get(id).map(|(_, content)| content)) else {
                continue;
            };
            let sha256 = Sha256::digest(&file);
            if sha256 == Sha256::digest(&source.bytes) {
                equal += 1;
                let readers: BTreeSet<&str> = envelope
                    .records()
                    .chain([&name.id])
                    .filter_map(|id| contents.get(id).map(|(who, _)| who.as_str()))
                    .collect();
                by_one += usize::from(readers.len() == 1);
                digest = sha256.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            }
        }
        let text = format!(
            "{equal} of {}, in {}; SHA-256 of the last {digest}..",
            counted(self.sources.len(), "file"),
            time(start.elapsed())
        );
        let outcome = if equal == self.sources.len() { Ok(text) } else { Err(text) };
        self.told.attempt("Each imported file, byte for byte", outcome, Says::Succeeds);
        self.told.note(format!(
            "{by_one} by one patient alone; what is about several, or about nobody, with the records office."
        ));
        self.export_for_the_nurse()
    }

    /// Every patient, and the records office, read all that is theirs.
    fn read_as_patients(&mut self) -> Outcome<HashMap<RecordId, (String, Vec<u8>)>> {
        let mut contents = HashMap::new();
        let now = self.clinic.now();
        let readers: Vec<String> = self.clinic.phones.keys().cloned().collect();
        for who in readers {
            let phone = &self.clinic.phones[&who];
            let patient = match phone.owner() {
                Ok(owner) => *owner.patient(),
                Err(_) if who == "records-office" => self.clinic.house,
                Err(_) => continue,
            };
            // Page by page, as an app does that knows no names.
            let mut after = None;
            loop {
                let rng = &mut hippocrypt::os_rng();
                let asked = phone.reader.open_all(&patient, after, phone.key.cloud(), now, rng);
                let question = Message::new(Verb::Ask, [asked.question().to_vec()]);
                // Of the hospital itself there may be nothing.
                let Ok(answer) = self.clinic.cloud.call(&question) else { break };
                let opened = phone.reader.opened(asked, &answer.concat())?;
                for record in opened.records {
                    let (id, study) = (record.name.id, Some(record.name) == self.study.1);
                    if !study {
                        let content = phone.content(&mut self.clinic.cloud, record, now)?;
                        contents.insert(id, (who.clone(), content));
                    }
                }
                after = opened.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(contents)
    }

    /// Another form of the same resources, for somebody who may read some.
    fn export_for_the_nurse(&mut self) -> Outcome<()> {
        let rights = self.clinic.rights["nurse"].clone();
        let names = self.clinic.records_between(&self.patient, &rights, None)?;
        let outcome = self.clinic.read("nurse", &names).and_then(|reading| whole(reading, names.len()));
        let outcome = outcome.map_err(|failure| failure.to_string()).and_then(|reading| {
            let fhir = reading.opened.records.iter();
            let fhir = fhir.filter(|record| &*record.description.content_type == fhir::RESOURCE_TYPE);
            let lines =
                fhir::ndjson(fhir.map(|record| &record.content)).map_err(|error| error.to_string())?;
            Ok(format!(
                "{} of NDJSON, a line each for {}",
                bytes(lines.0.len() as u64),
                counted(names.len(), "resource")
            ))
        });
        self.told.attempt("The nurse exports what she may read of the patient", outcome, Says::Succeeds);
        Ok(())
    }

    pub(super) fn kills(&mut self) -> Outcome<()> {
        self.told
            .heading("14. The cloud's process is killed (kill -9) in the middle of an import, three times");
        let (mut confirmed, mut cut): (Vec<RecordName>, Vec<RecordName>) = Default::default();
        for round in 0..3 {
            for _ in 0..CONFIRMED {
                confirmed.extend(self.write_together()?);
                self.clinic.send("records-office")?;
            }
            cut.extend(self.write_together()?);
            let writer = self.clinic.writers.get_mut("records-office").ok_or("the office writes")?;
            let upload = writer.upload().ok_or("there is something to send")?;
            self.clinic.cloud.send(Message::new(Verb::Upload, [upload.clone()]))?;
            thread::sleep(Duration::from_millis(round));
            self.clinic.restart_the_cloud()?;
            let start = Instant::now();
            let (counts, problems) = self.clinic.check_the_cloud()?;
            self.findings(counts, problems, start.elapsed());
            // Nobody knows whether it was stored: it is sent again, and confirmed.
            self.clinic.cloud.call(&Message::new(Verb::Upload, [upload]))?;
        }
        let what = "what was confirmed before it was killed";
        self.reads("patient", what, &confirmed, Says::Succeeds);
        self.reads("patient", "what was cut, and sent again", &cut, Says::Succeeds);
        Ok(())
    }

    fn findings(
        &mut self,
        [compartments, records, chunks, entries]: [u64; 4],
        problems: Vec<String>,
        elapsed: Duration,
    ) {
        let outcome = match problems.first() {
            None => Ok(format!(
                "all well: {compartments} compartments, {records} records, {chunks} chunks, {entries} entries of the log"
            )),
            Some(problem) => Err(format!("{}: {problem}", counted(problems.len(), "problem"))),
        };
        self.times.retain(|(what, _)| !what.starts_with("check"));
        self.times.push(("check of the whole store, every table and chunk (fsck)", time(elapsed)));
        self.told.attempt("It comes back, and every table is checked", outcome, Says::Succeeds);
    }

    fn write_together(&mut self) -> Outcome<Vec<RecordName>> {
        let (patient, description) = (self.patient, Description::new(RecordCategory::Note, "text/plain"));
        let note = format!("Seen on the ward; no complaints. {}", self.canary);
        (0..TOGETHER)
            .map(|_| self.clinic.write("records-office", &patient, &description, note.as_bytes()))
            .collect()
    }

    pub(super) fn search(&mut self) -> Outcome<()> {
        self.told.heading("15. The disks of cloud and gate, and all that they were sent, are searched for plaintext and secrets");
        let (mut needles, left_out) = self.needles()?;
        // What is on the disk when the process is gone.
        self.clinic.cloud.kill();
        let (mut scan, start) = (Scan::default(), Instant::now());
        self.look_through(&needles, [gate::ROLE, GATE_TAP], &mut scan)?;
        // The gate has its shares, and nobody else: the secret in one stands before the signature.
        for share in self.clinic.indexes.values().flat_map(|index| &index.shares) {
            let end = share.len() - SIGNATURE_BYTES;
            needles.add_encoded(&share[end - 32..end - 16]);
        }
        self.look_through(&needles, [cloud::ROLE, TAP], &mut scan)?;
        let elapsed = start.elapsed();
        let text = format!("{} in {}, {}", bytes(scan.bytes), counted(scan.files, "file"), time(elapsed));
        let outcome = match scan.found.first() {
            None => Ok(format!("nothing in {text}")),
            Some(found) => Err(format!(
                "`{}` at byte {} of {}",
                String::from_utf8_lossy(&found.needle),
                found.position,
                found.file.display()
            )),
        };
        let what =
            format!("{} names, dates, codes, texts, keywords, keys, and a canary", grouped(needles.count));
        self.told.attempt(&what, outcome, Says::Succeeds);

        // It would find them: the hospital's own files are full of them.
        let own = self.clinic.folder("hospital.json");
        let (mut scan, source) = (Scan::default(), &self.sources[0]);
        fs::write(&own, &source.bytes)?;
        needles.look_through(&own, &mut scan)?;
        let canaries = scan.found.iter().filter(|found| found.needle == self.canary.as_bytes()).count();
        let text = format!("the canary {canaries} times, {} in all", counted(scan.found.len(), "finding"));
        let outcome = if canaries > 0 { Ok(text) } else { Err(text) };
        let what = "The same search through a file of the hospital's";
        self.told.attempt(what, outcome, Says::Succeeds);
        let left_out = if left_out.is_empty() { "none".to_owned() } else { left_out.join(", ") };
        self.told.note(format!(
            "Texts that were not looked for, as words of rules, of the staff and of tables: {left_out}."
        ));
        self.clinic.restart_the_cloud()
    }

    /// A folder, and the line that leads there.
    fn look_through(&self, needles: &Needles, places: [&str; 2], scan: &mut Scan) -> Outcome<()> {
        let [folder, line] = places.map(|place| self.clinic.folder(place));
        let mut files = vec![line];
        folder::walk(&folder, &mut files)?;
        for file in &files {
            needles.look_through(file, scan)?;
        }
        Ok(())
    }

    /// What must not be found: the canary in any encoding, every text of the resources, every keyword, every secret key; and which texts are left
    /// out, because they are public words.
    fn needles(&self) -> Outcome<(Needles, Vec<String>)> {
        let (mut needles, mut texts) = (Needles::new(), BTreeSet::new());
        needles.add_encoded(self.canary.as_bytes());
        self.sources.iter().for_each(|source| strings(&source.bytes, &mut texts));
        for keyword in self.clinic.ledger.records.values().flat_map(keywords_of) {
            texts.insert(keyword.value().to_owned());
            needles.add(keyword.as_bytes());
        }
        let public = self.public_words();
        let (left_out, texts): (Vec<String>, Vec<String>) =
            texts.into_iter().partition(|text| public.iter().any(|word| word.contains(text.as_str())));
        texts.iter().for_each(|text| needles.add(text.as_bytes()));
        // Each of these files ends with its secrets.
        for secret in self.secret_files() {
            let bytes = fs::read(secret)?;
            for window in bytes[bytes.len() - 32..].windows(16).step_by(16) {
                needles.add_encoded(window);
            }
        }
        Ok((needles, left_out))
    }

    fn secret_files(&self) -> Vec<std::path::PathBuf> {
        let phones = self.clinic.phones.keys().map(|who| self.clinic.folder(who).join(phone::KEY));
        let seal = self.clinic.folder(seal_keeper::ROLE).join(seal_keeper::KEY);
        let patients = self.clinic.phones.keys().map(|who| self.clinic.folder(who).join(index::KEY));
        let phones = phones.chain(patients.filter(|file| file.exists()));
        phones.chain([seal, self.clinic.folder("authority").join(crate::clinic::MASTER)]).collect()
    }
}
