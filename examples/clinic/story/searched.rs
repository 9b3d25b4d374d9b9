//! A cardiologist looks for records by words which neither the cloud nor the gate learns.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use hippocrypt::RecordName;
use hippocrypt::fhir;
use hippocrypt::phr::RecordCategory;
use hippocrypt::phr::index::IndexReader;
use hippocrypt::search::{Hits, Query};

use super::{Outcome, Story};
use crate::index::{domain, keywords_of, names, query};
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
        let text = self.words()?;
        let asked = query(&text)?;
        let (phone, domain) = (self.opened_phone("cardiologist")?, domain()?);
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain);
        let mirrored = self.mirrors("The cardiologist mirrors the patient's index", &phone, &mut search);
        self.times.push(("search: mirror an index for the first time", mirrored));

        let start = Instant::now();
        let found =
            self.finds(&format!("She looks for `{text}`"), &phone, &mut search, &asked, Says::Succeeds);
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

        let (never, now) = (query(NEVER)?, self.clinic.now());
        let hits = phone.find(&mut search, &never, &mut self.clinic.gate, now);
        let segments = search.mirror().map_or(0, |mirror| mirror.size().0);
        let outcome = hits.map_err(|error| error.to_string()).and_then(|hits| match hits.is_empty() {
            true => Ok(format!("none, and that is proved: every segment is here ({segments})")),
            false => Err("something".to_owned()),
        });
        self.told.attempt(&format!("She looks for `{NEVER}`"), outcome, Says::Succeeds);

        let word = text.split(" and ").next().unwrap_or_default();
        self.searches_remotely(&phone, word)?;
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
        let (keyword, now, start) = (fhir::keyword(word)?, self.clinic.now(), Instant::now());
        let (cloud, gate) = (&mut self.clinic.cloud, &mut self.clinic.gate);
        let hits = phone.find_remotely(&mut search, &keyword, cloud, gate, now);
        self.times.push(("  without a mirror: one word, matched by the cloud", time(start.elapsed())));
        let known = self.clinic.known_under(&self.patient, &Query::keyword(keyword));
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

    /// Finds as much as there is, by the hospital's own files, or as the story says.
    pub(super) fn finds(
        &mut self,
        what: &str,
        phone: &Phone,
        search: &mut IndexReader<'_>,
        asked: &Query,
        says: Says,
    ) -> BTreeSet<RecordName> {
        let now = self.clinic.now();
        let known = self.clinic.known_under(&self.patient, asked);
        let hits = phone.find(search, asked, &mut self.clinic.gate, now).map_err(|error| error.to_string());
        let outcome = hits.and_then(|hits| as_known(&hits, &known, "complete"));
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
        Ok(format!("code:{code} and month:{month}"))
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
