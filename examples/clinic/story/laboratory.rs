//! A lab adds results to the patient's index, and can search nothing there.

use hippocrypt::phr::index::{IndexReader, handle_of};
use hippocrypt::phr::{Reader, RecordCategory};
use hippocrypt::search::text::PIPELINE_VERSION;
use hippocrypt::search::{IndexWriter, LeakageProfile, PolicySeed, SearchKey};
use hippocrypt::{ReaderSeed, RecordName, UserId, os_rng};

use super::{INDEX_BEFORE, Outcome, Story};
use crate::index::{Asked, domain, keywords_of, send_segments};
use crate::phone::Phone;
use crate::table::counted;
use crate::told::Says;
use crate::wire::{Link, Message, Verb};
use crate::{cloud, folder, gate};

/// What the lab calls itself at cloud and gate, which do not know it.
const LAB: &str = "city-lab";
/// What the lab finds on three days.
const RESULTS: [(&str, &str); 3] = [("2026-06-03", "8.8"), ("2026-06-17", "8.4"), ("2026-06-29", "8.2")];
const WORDS: &str = "code:4548-4 and date:2026-06";

/// An HbA1c of a day.
pub(super) fn result(day: &str, value: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","effectiveDateTime":"{day}","code":{{"coding":[{{"system":"http://loinc.org","code":"4548-4"}}],"text":"HbA1c"}},"valueString":"{value} %"}}"#
    )
}

impl Story {
    pub(super) fn laboratory(&mut self) -> Outcome<()> {
        self.told.heading("7. A lab adds results to the index; it can search nothing there but its own");
        let (patient, domain) = (self.patient, domain()?);
        // She orders the test, and hands the head of her index over with the order.
        let head = self.clinic.publish(&patient)?;
        let context = head.newest(&domain).filter(|context| context.pipeline == PIPELINE_VERSION);
        let context = context.ok_or("the domain is open")?;
        let (mut lab, card) = IndexWriter::lab(&head, &context, &mut os_rng())?;
        let name =
            self.writes("lab-technician", RecordCategory::LabResult, result("2026-06-01", "9.0").as_bytes())?;
        self.adds(&mut lab, &name)?;
        let early = lab.finish(&head, &LeakageProfile::standard(), &mut os_rng());
        self.told.attempt(
            "The lab writes before she has admitted it",
            early.map(|_| "written"),
            Says::Fails("does not name this writer"),
        );
        let mut forged = card.clone();
        forged[300] ^= 1;
        let outcome = self.clinic.admit(&patient, &forged).map(|_| "admitted");
        self.told.attempt("She gets a card that was changed on the way", outcome, Says::Fails(""));
        let head = self.clinic.admit(&patient, &card)?;
        for (number, (day, value)) in RESULTS.into_iter().enumerate() {
            if number == 2 {
                // Somebody at the cloud will want to have its store as it is now.
                let (from, to) = (self.clinic.folder(cloud::ROLE), self.clinic.folder(INDEX_BEFORE));
                folder::copy_files(&from, &to, &[cloud::STORE])?;
            }
            let text = result(day, value);
            let name = self.writes("lab-technician", RecordCategory::LabResult, text.as_bytes())?;
            self.adds(&mut lab, &name)?;
            lab.finish(&head, &LeakageProfile::standard(), &mut os_rng())?;
            send_segments(&mut self.clinic.cloud, &mut lab)?;
        }
        let text = format!("{} in a chain of its own", counted(usize::try_from(lab.segments())?, "segment"));
        let what = "She admits it by its card; it adds results as they come";
        self.told.attempt(what, Ok::<_, String>(text), Says::Succeeds);

        let phone = self.opened_phone("cardiologist")?;
        let mut search = IndexReader::new(&phone.reader, &patient, &domain);
        self.sync(&phone, &mut search)?;
        let asked = Asked::new(WORDS)?;
        let what = format!("The cardiologist looks for `{WORDS}`");
        let found = self.finds(&what, &phone, &mut search, &asked, Says::Succeeds);
        let found: Vec<RecordName> = found.into_iter().collect();
        self.reads("cardiologist", "what the lab has added", &found, Says::Succeeds);
        self.lab_searches(&lab, &phone)?;

        // The lab says that a record is gone which it has not indexed.
        let others = Asked::new(&self.words()?)?;
        let record =
            self.clinic.known_under(&patient, &others).into_iter().find(|name| !found.contains(name));
        if let Some(record) = record {
            lab.delete(handle_of(&record).0, &others.lookup.keywords());
            lab.finish(&head, &LeakageProfile::standard(), &mut os_rng())?;
            send_segments(&mut self.clinic.cloud, &mut lab)?;
            self.sync(&phone, &mut search)?;
            let what = "The lab deletes what it has not added; the cardiologist finds all the same";
            self.finds(what, &phone, &mut search, &others, Says::Succeeds);
        }
        self.lab = Some(*lab.id());
        Ok(())
    }

    /// The lab indexes a record under its keywords.
    fn adds(&self, lab: &mut IndexWriter, name: &RecordName) -> Outcome<()> {
        let written = self.clinic.ledger.records.get(name).ok_or("nothing was written")?;
        let (handle, version) = handle_of(name);
        lab.add(handle, version, &keywords_of(written));
        Ok(())
    }

    /// Whatever the lab can try: it has its writer, the head, and keys of its own making.
    fn lab_searches(&mut self, lab: &IndexWriter, cardiologist: &Phone) -> Outcome<()> {
        let (now, domain) = (self.clinic.now(), domain()?);
        let seed = ReaderSeed::generate(&mut os_rng());
        let request_key = seed.request_key();
        let reader = Reader::new(cardiologist.realm.clone(), UserId::new(LAB)?, seed);
        let mut search = IndexReader::new(&reader, &self.patient, &domain);
        let asked = cardiologist.sync(&mut search, &mut self.clinic.cloud, now);
        self.told.attempt(
            "The lab asks the cloud for the index",
            asked.map(|()| "mirrored"),
            Says::Fails("no key"),
        );
        let technician = self.opened_phone("lab-technician")?;
        let mut search = IndexReader::new(&technician.reader, &self.patient, &domain);
        let asked = self.sync(&technician, &mut search);
        let what = "Its technician asks, who reads lab results here";
        self.told.attempt(what, asked, Says::Fails("not for you"));

        let head = self.clinic.publish(&self.patient.clone())?;
        let entry = head.policies(lab.context()).next().ok_or("she has granted it to the house")?;
        let search = SearchKey::new(&PolicySeed::random(&mut os_rng()), lab.context(), entry);
        let keywords = Asked::new(WORDS)?.lookup.keywords();
        for (what, name, words) in [
            ("The lab asks the gate for the words of its own results", LAB, "no key"),
            ("It asks in the cardiologist's name", "cardiologist", "not for you"),
        ] {
            let asked = search.ask(&keywords, gate::NAME, name, &request_key, now, &mut os_rng())?;
            let answer = self.clinic.gate.call(&Message::new(Verb::Ask, [asked.request().to_vec()]));
            self.told.attempt(what, answer.map(|_| "answered"), Says::Fails(words));
        }
        self.told.note(
            "(With its y it makes the keys of its own entries, and there is no function that opens another's: those need x, or a trapdoor.)",
        );
        Ok(())
    }
}
