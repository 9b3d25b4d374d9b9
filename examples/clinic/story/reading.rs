//! Who reads what, what a phone has to do for it, and what it finds out.

use hippocrypt::phr::{Reader, RecordCategory};
use hippocrypt::{ReaderSeed, os_rng};

use super::{Outcome, PEOPLE, Story, whole};
use crate::attempts::Cell;
use crate::process::Process;
use crate::table::{Table, bytes, counted, each, grouped, time};
use crate::told::Says;
use crate::wire::{CallError, Link, Message, Verb};

/// Within the receipt of an answer about one patient's records: 7 bytes of prologue and the certificate come before it, and its signature is
/// its end.
const RECEIPT_BYTES: usize = 400;

/// What a lying cloud makes of its answer.
type Lie = fn(&mut Vec<u8>, &[u8]);

/// A cloud that answers something else than it should.
struct Liar<'c> {
    cloud: &'c mut Process,
    lie: Lie,
    /// What it has answered before, to somebody else's question.
    before: &'c [u8],
}

impl Link for Liar<'_> {
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError> {
        let mut answer = self.cloud.call(message)?.concat();
        (self.lie)(&mut answer, self.before);
        Ok(vec![answer])
    }
}

impl Story {
    pub(super) fn who_reads_what(&mut self) -> Outcome<()> {
        self.told.heading("3. Who reads what: everybody's phone asks for every record (opened/tried)");
        self.table_of_attempts()
    }

    /// Every cell is made of attempts; each is compared with what the policies say, which needs no cryptography.
    pub(super) fn table_of_attempts(&mut self) -> Outcome<()> {
        let (mut all, mut attempts, mut unexpected) = (Vec::new(), 0, 0);
        for who in PEOPLE {
            let one = self.clinic.try_everything(who, self.told.contrary)?;
            attempts += one.opened + one.refused;
            unexpected += one.unexpected;
            all.push(one);
        }
        let mut table = Table::new(self.told.style, ["category"].into_iter().chain(PEOPLE));
        let text = |cell: Cell| format!("{}/{}", cell.opened, cell.tried);
        for category in RecordCategory::ALL {
            let cells = all.iter().filter_map(|one| one.cells.get(&category));
            let cells: Vec<String> = cells.map(|cell| text(*cell)).collect();
            if !cells.is_empty() {
                table.row([category.name().to_owned()].into_iter().chain(cells));
            }
        }
        let sums = all.iter().map(|one| text(Cell { opened: one.opened, tried: one.opened + one.refused }));
        table.row(["all".to_owned()].into_iter().chain(sums));
        println!("{table}");
        self.told.count(attempts, unexpected);
        self.told.note(format!(
            "{} attempts; {} with another outcome than the policies say.",
            grouped(attempts),
            if self.told.contrary { attempts - unexpected } else { unexpected }
        ));
        Ok(())
    }

    pub(super) fn a_phone_reads(&mut self) -> Outcome<()> {
        self.told.heading("4. A phone reads: the cloud does the pairings, the phone finishes");
        let names = self.clinic.records_between(&self.patient, &self.clinic.rights["physician"], None)?;
        let study = self.study.1;
        let names: Vec<_> = names.into_iter().filter(|name| Some(*name) != study).take(10).collect();
        let outcome = self.clinic.read("physician", &names).and_then(|reading| whole(reading, names.len()));
        if let Ok(reading) = &outcome {
            let mut compartments = std::collections::BTreeSet::new();
            for record in &reading.opened.records {
                compartments.insert((record.description.category, record.description.labels.clone()));
            }
            let count = compartments.len();
            self.times.push((
                "a phone reads ten records, the way through two processes and the ledger included",
                time(reading.waiting + reading.computing),
            ));
            self.times.push((
                "  of that the cloud, for each compartment: transformation, storage, log",
                time(each(reading.waiting, count)),
            ));
            self.times.push((
                "  and the phone, for each compartment: finish, decrypt, verify",
                time(each(reading.computing, count)),
            ));
        }
        let outcome = outcome.map(|reading| {
            format!(
                "{} up, {} down, {} for the cloud and {} for the phone",
                bytes(reading.up as u64),
                bytes(reading.down as u64),
                time(reading.waiting),
                time(reading.computing)
            )
        });
        let what = format!("The physician reads {}", counted(names.len(), "record"));
        self.told.attempt(&what, outcome, Says::Succeeds);
        let folder = self.clinic.folder("physician");
        let size = |file: &str| std::fs::metadata(folder.join(file)).map_or(0, |data| data.len());
        self.told.note(format!(
            "On his phone: the role key ({}, of which 64 secret) and the public realm ({}). No policy, no attribute, no epoch.",
            bytes(size(crate::phone::KEY)),
            bytes(size(crate::cloud::REALM))
        ));
        Ok(())
    }

    pub(super) fn lies(&mut self) -> Outcome<()> {
        let names = self.one_between("physician", Some("radiologist"))?;
        self.reads("radiologist", "a record that only others may", &names, Says::Fails("not for you"));

        let (cloud, now) = (self.clinic.phone("physician")?.key.cloud().clone(), self.clinic.now());
        let phone = self.clinic.phone("physician")?;
        let asked = phone.reader.open(names.iter().copied(), &cloud, now, &mut os_rng());
        let question = Message::new(Verb::Ask, [asked.question().to_vec()]);
        let answer = self.clinic.cloud.call(&question)?.concat();
        let again = self.clinic.cloud.call(&question).map(|_| "answered twice");
        self.told.attempt("Somebody sends his signed question again", again, Says::Fails("served before"));

        let (realm, user) = (phone_realm(self)?, self.clinic.phone("physician")?.user().clone());
        let forger = Reader::new(realm, user, ReaderSeed::generate(&mut os_rng()));
        let forged = forger.open(names.iter().copied(), &cloud, now, &mut os_rng());
        let forged = self.clinic.cloud.call(&Message::new(Verb::Ask, [forged.question().to_vec()]));
        let forged = forged.map(|_| "answered");
        self.told.attempt("Somebody asks in his name", forged, Says::Fails("not signed"));

        let lies: [(&str, Lie, &str); 4] = [
            (
                "The cloud answers him with what it has answered before",
                |answer, before| *answer = before.to_vec(),
                "receipt",
            ),
            // Without the signature over the receipt, which ends some 20 bytes before the first record's compartment.
            (
                "The cloud gives a receipt that it has not signed",
                |answer, _| answer[RECEIPT_BYTES] ^= 1,
                "receipt",
            ),
            (
                "The cloud changes one bit of what it has computed",
                |answer, _| answer[RECEIPT_BYTES + 400] ^= 1,
                "not genuine",
            ),
            (
                "The cloud changes a record",
                |answer, _| {
                    let end = answer.len() - 100;
                    answer[end] ^= 1;
                },
                "not genuine",
            ),
        ];
        for (what, lie, found) in lies {
            let before = answer.as_slice();
            let lied = self.clinic.read_through(|cloud| Liar { cloud, lie, before }, "physician", &names);
            self.told.attempt(what, lied.map(|_| "believed"), Says::Fails(found));
        }
        Ok(())
    }
}

fn phone_realm(story: &Story) -> Outcome<hippocrypt::phr::Realm> {
    Ok(story.clinic.phone("physician")?.realm.clone())
}
