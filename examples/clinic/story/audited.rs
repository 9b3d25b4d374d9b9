//! Who read my record? The patient's own list, and somebody who would rather not be on it.

use std::collections::BTreeMap;

use hippocrypt::ledger::{Book, Finality, LogKeys, NoteKey, Verifier};
use hippocrypt::os_rng;
use hippocrypt::phr::audit::{PatientLog, subject};
use hippocrypt::store::{Batch, RedbStore, Store, Table};

use super::{Outcome, Story};
use crate::cloud;
use crate::folder;
use crate::table::{Table as Drawn, counted, grouped};
use crate::told::Says;
use crate::wire::{Link, Message, Verb};

/// Where somebody edits a copy of the cloud's disk.
const EDITED: &str = "edited-cloud";

impl Story {
    pub(super) fn audit(&mut self) -> Outcome<()> {
        self.told.heading(
            "16. Who read my record? The patient asks the ledger, and believes nothing that it cannot prove",
        );
        let log = self.asks_what_happened("patient");
        let told = log.as_ref().map(|log| {
            let size = log.checkpoint.head().size as usize;
            format!(
                "{} of {}, each proved, and none left out",
                grouped(log.transactions.len()),
                counted(size, "transaction")
            )
        });
        self.told.attempt("The patient asks for all that happened to her records", told, Says::Succeeds);
        let log = log?;
        self.who_did_what(&log);
        let other = self.asks_what_happened("physician").map(|_| "told");
        self.told.attempt("The physician asks for it", other, Says::Fails("not for you"));
        self.left_out(&log)?;
        self.edited(&log)
    }

    /// Somebody asks for the patient's transactions, and verifies the answer.
    fn asks_what_happened(&mut self, who: &str) -> Outcome<PatientLog> {
        let (patient, now) = (self.patient, self.clinic.now());
        let phone = self.clinic.phone(who)?;
        let asked = phone.reader.account(&patient, phone.key.cloud(), now, &mut os_rng());
        let question = Message::new(Verb::Ask, [asked.question().to_vec()]);
        let answer = self.clinic.cloud.call(&question)?.concat();
        Ok(self.clinic.phone(who)?.reader.accounted(asked, &answer, None, now)?)
    }

    /// What happened, by who did it.
    fn who_did_what(&self, log: &PatientLog) {
        let mut doings: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
        for (entry, said) in &log.transactions {
            let user = said.as_ref().and_then(|said| said.user.as_ref()).map_or("", |user| user.as_str());
            let what = said.as_ref().map_or(entry.leaf.kind.to_string(), |said| said.event.to_string());
            let (times, records) = doings.entry((user.to_owned(), what)).or_default();
            *times += 1;
            *records += said.as_ref().map_or(0, |said| said.records.len());
        }
        let mut table = Drawn::new(self.told.style, ["who", "did what to her records", "times", "records"]);
        for ((who, what), (times, records)) in doings {
            table.row([who, what, grouped(times), grouped(records)]);
        }
        println!("{table}");
    }

    /// A list that lacks one transaction, and all that the cloud could put in its place.
    fn left_out(&mut self, log: &PatientLog) -> Outcome<()> {
        let verifier = Verifier::new(LogKeys::new(self.ledger_key()?)?, Finality::Local);
        let accepted = verifier.checkpoint(&log.checkpoint, self.clinic.now())?;
        let hers = subject(verifier.log(), &self.patient);
        let mut account = log.account.clone();
        account.entries.remove(account.entries.len() / 2);
        let outcome = verifier.account(&hers, &account, &accepted).map(|()| "believed");
        self.told.attempt("The cloud leaves one transaction out", outcome, Says::Fails("transaction"));
        Ok(())
    }

    /// Somebody with the cloud's disk changes one byte of what a transaction says.
    fn edited(&mut self, log: &PatientLog) -> Outcome<()> {
        let copy = self.clinic.folder(EDITED);
        folder::copy(&self.clinic.folder(cloud::ROLE), &copy)?;
        let mut store = RedbStore::open(copy.join(cloud::STORE))?;
        let key = self.ledger_key()?;
        let sound = Book::of(&store).check(&key, |_| ())?;
        let outcome = if sound.is_empty() {
            Ok("every transaction, every block, every patient's chain")
        } else {
            Err(sound.join("; "))
        };
        self.told.attempt(
            "Somebody takes the cloud's disk, and verifies the ledger on it",
            outcome,
            Says::Succeeds,
        );
        let victim = &log.transactions[log.transactions.len() / 2].0;
        let rows = store.page(
            Table::Audit,
            &[b"T", &victim.leaf.subject.as_bytes()[..]].concat(),
            None,
            usize::MAX,
        )?;
        let row = rows.into_iter().find(|(_, row)| row.starts_with(&victim.index.to_be_bytes()));
        let (place, mut row) = row.ok_or("the transaction is not on the disk")?;
        let end = row.len() - 1;
        row[end] ^= 1;
        let mut batch = Batch::new();
        batch.put(Table::Audit, place, row);
        store.commit(&batch)?;
        let found = Book::of(&store).check(&key, |_| ())?;
        let names_it = found.iter().any(|problem| problem.contains(&format!(" {}", victim.index)));
        let outcome = if found.is_empty() { Ok("nothing is noticed") } else { Err(found.join("; ")) };
        self.told.attempt("He changes one byte of it, and verifies again", outcome, Says::Fails("ledger"));
        let outcome =
            if names_it { Ok(format!("transaction {}", victim.index)) } else { Err("another".to_owned()) };
        self.told.attempt("The verifier names the one that he has changed", outcome, Says::Succeeds);
        Ok(())
    }

    fn ledger_key(&mut self) -> Outcome<NoteKey> {
        let key = self.clinic.cloud.call(&Message::new(Verb::LedgerKey, []))?.concat();
        Ok(NoteKey::parse(std::str::from_utf8(&key)?)?)
    }
}
