//! A cardiologist looks for records by words which neither the cloud nor the gate learns.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use hippocrypt::RecordName;
use hippocrypt::fhir::{self, Import, Limits};
use hippocrypt::phr::RecordCategory;
use hippocrypt::phr::index::IndexReader;
use hippocrypt::search::Hits;
use hippocrypt::search::ask::Lookup;
use hippocrypt::search::text::Value;

use super::{Outcome, Story};
use crate::index::{Asked, domain, keywords_of, names};
use crate::phone::Phone;
use crate::process::Process;
use crate::table::{counted, time};
use crate::told::Says;

/// Of a code that no record has.
const NEVER: &str = "code:0000-0";

impl Story {
    pub(super) fn a_search(&mut self) -> Outcome<()> {
        self.told.heading(
            "6. A cardiologist searches: the words stay on her phone, the cloud has segments, the gate has points",
        );
        let asked = Asked::new(&self.words()?)?;
        let (phone, domain) = (self.opened_phone("cardiologist")?, domain()?);
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain);
        let mirrored = self.mirrors("The cardiologist mirrors the patient's index", &phone, &mut search);
        self.times.push(("search: mirror an index for the first time", mirrored));

        let start = Instant::now();
        let found = self.finds(
            &format!("She looks for `{}`", asked.text),
            &phone,
            &mut search,
            &asked,
            Says::Succeeds,
        );
        self.times
            .push(("  two words, asked of the gate, verified, matched in the mirror", time(start.elapsed())));
        let start = Instant::now();
        let (now, gate) = (self.clinic.now(), &mut self.clinic.gate);
        let again = phone.find(&mut search, &asked, gate, now);
        let elapsed = start.elapsed();
        self.times.push(("  the same words again: nobody is asked", time(elapsed)));
        drop(again?);
        let found: Vec<RecordName> = found.into_iter().collect();
        self.reads("cardiologist", "what was found", &found, Says::Succeeds);

        let (never, now) = (Asked::new(NEVER)?, self.clinic.now());
        let hits = phone.find(&mut search, &never, &mut self.clinic.gate, now);
        let segments = search.mirror().map_or(0, |mirror| mirror.size().0);
        let outcome = hits.map_err(|error| error.to_string()).and_then(|hits| match hits.is_empty() {
            true => Ok(format!("none, and that is proved: every segment is here ({segments})")),
            false => Err("something".to_owned()),
        });
        self.told.attempt(&format!("She looks for `{NEVER}`"), outcome, Says::Succeeds);

        self.asks_in_words(&phone, &mut search)?;
        let (word, _) = self.two_words()?;
        self.searches_remotely(&phone, &word)?;
        let nurse = self.opened_phone("nurse")?;
        let mut search = IndexReader::new(&nurse.reader, &self.patient, &domain);
        let refused = self.sync(&nurse, &mut search);
        self.told.attempt(
            "The nurse, to whom it is not granted, asks for it",
            refused,
            Says::Fails("not for you"),
        );
        Ok(())
    }

    /// Without a mirror: the cloud matches, for a reader who has never seen the index.
    fn searches_remotely(&mut self, phone: &Phone, word: &str) -> Outcome<()> {
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain()?);
        let asked = Asked::new(word)?;
        let keyword = asked.lookup.keywords().into_iter().find(|keyword| !Lookup::is_mark(keyword));
        let (keyword, now, start) = (keyword.ok_or("a word")?, self.clinic.now(), Instant::now());
        let (cloud, gate) = (&mut self.clinic.cloud, &mut self.clinic.gate);
        let hits = phone.find_remotely(&mut search, &keyword, cloud, gate, now);
        self.times.push(("  without a mirror: one word, matched by the cloud", time(start.elapsed())));
        let known = self.clinic.known_under(&self.patient, &asked);
        let outcome = hits.map_err(|error| error.to_string());
        let outcome =
            outcome.and_then(|hits| as_known(&hits, &known, "nothing forged; it may have left some out"));
        let what = format!("Without a mirror, for `{word}`: the cloud matches");
        self.told.attempt(&what, outcome, Says::Succeeds);
        Ok(())
    }

    /// Another start of somebody's phone: what it knows of indexes is what it learns in this chapter.
    pub(super) fn opened_phone(&self, who: &str) -> Outcome<Phone> {
        Phone::open(&self.clinic.folder(who))
    }

    pub(super) fn sync(&mut self, phone: &Phone, search: &mut IndexReader<'_>) -> Result<String, String> {
        let now = self.clinic.now();
        mirrored_from(&mut self.clinic.cloud, phone, search, now)
    }

    /// Mirrors what is new; how long it took.
    pub(super) fn mirrors(&mut self, what: &str, phone: &Phone, search: &mut IndexReader<'_>) -> String {
        let start = Instant::now();
        let outcome = self.sync(phone, search);
        let elapsed = time(start.elapsed());
        let outcome = outcome.map(|text| format!("{text}, {elapsed}"));
        self.told.attempt(what, outcome, Says::Succeeds);
        elapsed
    }

    /// What a physician would like to know of a patient, in the language of questions.
    fn asks_in_words(&mut self, phone: &Phone, search: &mut IndexReader<'_>) -> Outcome<()> {
        self.told.note(
            "Three questions, each answered by records that are opened and looked at once more.".to_owned(),
        );
        for (wish, text) in self.three_questions()? {
            let start = Instant::now();
            let asked = Asked::new(&text)?;
            self.finds(&format!("{wish} `{text}`"), phone, search, &asked, Says::Succeeds);
            self.times.push(("  a question in words, with opening what was found", time(start.elapsed())));
        }
        Ok(())
    }

    /// Three questions to which the patient's records have answers: of what was measured most often, of drugs, of diagnoses by a word.
    fn three_questions(&self) -> Outcome<[(&'static str, String); 3]> {
        let mut measured: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        for written in self.clinic.ledger.records.values() {
            if written.patient != self.patient || !written.labels.is_empty() {
                continue;
            }
            let Ok(import) = Import::read(&written.content, &Limits::default()) else { continue };
            for terms in import.resources().iter().map(fhir::terms) {
                for value in terms.of("value") {
                    if let Value::Number { of, amount, unit } = value {
                        let of = (of.clone().into_owned(), unit.clone().into_owned());
                        measured.entry(of).or_default().push(amount.low());
                    }
                }
                let texts = terms.of("text").filter(|_| terms.kind() == "Condition");
                for value in texts {
                    if let Value::Text { text, .. } = value
                        && let Some(longest) =
                            text.split(|c: char| !c.is_alphabetic()).max_by_key(|word| word.len())
                    {
                        *words.entry(longest.to_lowercase()).or_default() += 1;
                    }
                }
            }
        }
        let most = measured.into_iter().max_by_key(|(_, values)| values.len());
        let ((code, unit), mut values) = most.ok_or("nothing was measured")?;
        values.sort_by(f64::total_cmp);
        let middle = values[values.len() / 2];
        let unit = if unit.is_empty() { unit } else { format!(" \"{unit}\"") };
        let (word, _) = words.into_iter().max_by_key(|(_, count)| *count).ok_or("there is no diagnosis")?;
        Ok([
            (
                "Which results of what is measured most were in the upper half, since 2015?",
                format!("value({code})>={middle}{unit} and date>=2015"),
            ),
            (
                "Which drugs was she prescribed that were not stopped?",
                "type:MedicationRequest and not (status:stopped or status:cancelled)".to_owned(),
            ),
            (
                "What do diagnoses, reports and notes say of one of her illnesses?",
                format!("{word} and not type:Claim"),
            ),
        ])
    }

    /// Finds what there is, by the hospital's own files, or as the story says. Where keywords are coarser than the question, what was found is opened, and what does
    /// not answer it is dropped.
    pub(super) fn finds(
        &mut self,
        what: &str,
        phone: &Phone,
        search: &mut IndexReader<'_>,
        asked: &Asked,
        says: Says,
    ) -> BTreeSet<RecordName> {
        let now = self.clinic.now();
        let known = self.clinic.known_under(&self.patient, asked);
        let hits = phone.find(search, asked, &mut self.clinic.gate, now).map_err(|error| error.to_string());
        let outcome = hits.and_then(|hits| {
            let found = names(&hits);
            if found == known || !known.is_subset(&found) {
                return as_known(&hits, &known, "complete");
            }
            let names: Vec<RecordName> = found.iter().copied().collect();
            let reading =
                phone.read(&mut self.clinic.cloud, &names, now).map_err(|failure| failure.to_string())?;
            let answers = reading.opened.records.iter().filter(|record| asked.is_true_of(&record.content));
            match answers.count() == known.len() {
                true => Ok(format!(
                    "{} of {} that were found; complete",
                    counted(known.len(), "record"),
                    found.len()
                )),
                false => Err(format!("another number than {}", known.len())),
            }
        });
        self.told.attempt(what, outcome, says);
        known
    }

    /// A code and a month under which the patient has the most lab results.
    pub(super) fn words(&self) -> Outcome<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let hers = self.clinic.ledger.records.values().filter(|written| {
            written.patient == self.patient && written.category == RecordCategory::LabResult
        });
        for keyword in hers.flat_map(keywords_of).filter(|keyword| keyword.field() == "code+month") {
            *counts.entry(keyword.value().to_owned()).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let (value, _) = most.ok_or("no record has a code and a date")?;
        let (code, month) = value.trim_start_matches('|').rsplit_once(' ').ok_or("a code and a month")?;
        Ok(format!("code:{code} and date:{month}"))
    }

    /// Two words, each of which is a question.
    pub(super) fn two_words(&self) -> Outcome<(String, String)> {
        let words = self.words()?;
        let (code, _) = words.split_once(" and ").ok_or("a code and a date")?;
        Ok((code.to_owned(), "category:lab-result".to_owned()))
    }
}

/// Mirrors what a cloud shows; how much there is.
pub(super) fn mirrored_from(
    cloud: &mut Process,
    phone: &Phone,
    search: &mut IndexReader<'_>,
    now: u64,
) -> Result<String, String> {
    phone.sync(search, cloud, now).map_err(|error| error.to_string())?;
    let (segments, slots) = search.mirror().map_or((0, 0), |mirror| mirror.size());
    Ok(format!("{}, {}", counted(segments, "segment"), counted(slots, "slot")))
}

/// What was found, if it is what there is.
pub(super) fn as_known<P>(hits: &Hits<P>, known: &BTreeSet<RecordName>, how: &str) -> Result<String, String> {
    let found = counted(hits.len(), "record");
    if names(hits) == *known {
        Ok(format!("{found}; {how}"))
    } else {
        Err(format!("{found} of {}", known.len()))
    }
}
