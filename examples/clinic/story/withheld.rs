//! A cloud that drops a segment of an index, in the middle or at the end, is found out.

use std::collections::BTreeMap;

use hippocrypt::phr::index::IndexReader;
use hippocrypt::search::{Segment, WriterId};
use hippocrypt::store::{Batch, RedbStore, Store, Table};

use super::searched::mirrored_from;
use super::{INDEX_BEFORE, Outcome, Story};
use crate::index::domain;
use crate::process::Process;
use crate::told::Says;
use crate::{cloud, folder};

/// The tables of a search index, by key.
type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

impl Story {
    pub(super) fn withheld(&mut self) -> Outcome<()> {
        self.told
            .heading("8. A cloud that drops a segment of the index is found out, and so is whose it was");
        let (domain, lab) = (domain()?, self.lab.ok_or("the lab has written")?);
        let (phone, patients) = (self.opened_phone("cardiologist")?, self.opened_phone("patient")?);
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain);
        self.mirrors("The cardiologist mirrors the index as it is", &phone, &mut search);

        let mut liar = self.liar("cloud-without-a-middle", |rows, _| {
            let mut chain: Vec<(u64, Vec<u8>)> = Vec::new();
            for (key, value) in rows.iter() {
                if let Ok(segment) = Segment::from_bytes(value)
                    && *segment.header().writer() == lab
                {
                    chain.push((segment.header().sequence(), key.clone()));
                }
            }
            chain.sort();
            // The third one stands in the place of the second.
            if let [_, (_, second), (_, third), ..] = chain.as_slice() {
                let value = rows[third].clone();
                rows.insert(second.clone(), value);
            }
        })?;
        let now = self.clinic.now() + WAITING;
        let mut another = IndexReader::new(&phone.reader, &self.patient, &domain);
        let lie = mirrored_from(&mut liar, &phone, &mut another, now);
        self.found_out(
            "A phone mirrors from a cloud that leaves one out in the middle",
            lie,
            lab,
            "the lab came where",
        );
        drop(liar);

        // What is older than the newest segments, but the head.
        let as_before = |rows: &mut Rows, before: &Rows| {
            let is_head = |key: &[u8]| key.first() == Some(&b'h');
            rows.retain(|key, _| is_head(key) || before.contains_key(key));
            rows.extend(
                before
                    .iter()
                    .filter(|(key, _)| !is_head(key))
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        };
        let mut liar = self.liar("cloud-without-an-end", as_before)?;
        let lie = mirrored_from(&mut liar, &phone, &mut search, now);
        let what = "She asks a cloud that leaves out the newest, which she has seen";
        self.found_out(what, lie, lab, "holds back");
        drop(liar);

        let mut hers = IndexReader::new(&patients.reader, &self.patient, &domain);
        self.sync(&patients, &mut hers)?;
        if let Some(mirror) = hers.mirror() {
            self.clinic.note(&self.patient.clone(), mirror)?;
        }
        self.told.note(
            "The patient's phone mirrors, too, and says in her next head how far each writer has come.",
        );
        let mut liar = self.liar("cloud-without-an-end-again", as_before)?;
        let mut another = IndexReader::new(&phone.reader, &self.patient, &domain);
        let lie = mirrored_from(&mut liar, &phone, &mut another, now);
        let what = "A phone that has seen nothing asks the same cloud";
        self.found_out(what, lie, lab, "holds back");
        Ok(())
    }

    /// The lie is found out, and the lab is named as the one whose segment it was.
    fn found_out(&mut self, what: &str, lie: Result<String, String>, lab: WriterId, words: &'static str) {
        let lie = lie.map_err(|error| error.replace(&format!("writer {lab}"), "the lab"));
        let named = match lie {
            Err(error) if !error.contains("the lab") => {
                Err(format!("somebody else is blamed: {}", error.len()))
            }
            other => other,
        };
        self.told.attempt(what, named, Says::Fails(words));
    }

    /// A cloud over a copy of the store in which somebody has changed the rows of the indexes; he has those from before the lab's last
    /// segment, too.
    fn liar(&self, name: &str, change: impl FnOnce(&mut Rows, &Rows)) -> Outcome<Process> {
        let folder = self.clinic.folder(name);
        // Attachments are not asked for.
        folder::copy_files(
            &self.clinic.folder(cloud::ROLE),
            &folder,
            &[cloud::REALM, cloud::STORE, cloud::LEDGER_KEY],
        )?;
        let rows_of = |store: &RedbStore| -> Outcome<Rows> {
            Ok(store.page(Table::Segment, &[], None, usize::MAX)?.into_iter().collect())
        };
        let mut store = RedbStore::open(folder.join(cloud::STORE))?;
        let (rows, before) = (
            rows_of(&store)?,
            rows_of(&RedbStore::open(self.clinic.folder(INDEX_BEFORE).join(cloud::STORE))?)?,
        );
        let mut changed = rows.clone();
        change(&mut changed, &before);
        let mut batch = Batch::new();
        for key in rows.keys().filter(|key| !changed.contains_key(*key)) {
            batch.remove(Table::Segment, key.clone());
        }
        for (key, value) in changed {
            batch.put(Table::Segment, key, value);
        }
        store.commit(&batch)?;
        drop(store);
        let mut liar = Process::start(cloud::ROLE, &folder, self.clinic.clock)?;
        liar.skip(WAITING)?;
        Ok(liar)
    }
}

/// A cloud that was just started refuses all questions for a minute.
const WAITING: u64 = 90;
