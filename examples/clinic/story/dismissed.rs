//! A physician is dismissed, and tries everything: with an honest cloud, with a dishonest one, and as a thief.

use hippocrypt::phr::index::IndexReader;
use hippocrypt::phr::{Description, RecordCategory};
use hippocrypt::store::{Batch, RedbStore, Store, Table};
use hippocrypt::{AttributeSet, RecordName};

use super::{COPY, Outcome, Story};
use crate::clinic::take;
use crate::index::{Asked, domain};
use crate::process::Process;
use crate::table::{counted, each, time};
use crate::told::Says;
use crate::{cloud, folder, gate};

/// What the gate had before he was dismissed.
const COPY_OF_GATE: &str = "copy-of-the-gate";
/// A night, and the hours before and after it.
const NIGHT_SECONDS: u64 = 24 * 3600;
const RESULT: &[u8] = br#"{"resourceType":"Observation","code":{"text":"HbA1c"},"valueString":"8.1 %"}"#;

impl Story {
    pub(super) fn dismissal(&mut self) -> Outcome<()> {
        self.told.heading("9. The locum physician is dismissed");
        let names = self.one_between("locum", None)?;
        self.reads("locum", "a record", &names, Says::Succeeds);
        let (phone, domain, words) = (self.opened_phone("locum")?, domain()?, self.two_words()?);
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain);
        self.sync(&phone, &mut search)?;
        let what = format!("The locum looks for `{}`", words.0);
        self.finds(&what, &phone, &mut search, &Asked::new(&words.0)?, Says::Succeeds);
        // Somebody at the cloud copies its folder, with keys, tokens and lease, and will delete nothing.
        folder::copy(&self.clinic.folder(cloud::ROLE), &self.clinic.folder(COPY))?;
        folder::copy(&self.clinic.folder(gate::ROLE), &self.clinic.folder(COPY_OF_GATE))?;
        self.copied = self.clinic.clock;
        // Written before the dismissal and not sent yet; the technician hears of it late, and has a compartment open.
        let patient = self.patient;
        self.writes("lab-technician", RecordCategory::LabResult, RESULT)?;
        let kind = |category| Description::new(category, "application/fhir+json");
        let note = kind(RecordCategory::Note);
        let theirs = self.clinic.write("locum", &patient, &note, b"{}")?;
        let late = self.clinic.write("lab-technician", &patient, &kind(RecordCategory::LabResult), RESULT)?;
        let technician = self.clinic.writers.remove("lab-technician").ok_or("the technician writes")?;

        let user = self.clinic.phone("locum")?.user().clone();
        let update = self.clinic.authority.revoke(&user, self.clinic.now())?;
        self.clinic.tell(&[update])?;
        self.clinic.rights.insert("locum".to_owned(), AttributeSet::new());
        self.reads("locum", "it again", &names, Says::Fails("was dismissed"));
        let what = format!("The locum looks for `{}` in what he has mirrored", words.1);
        self.finds(&what, &phone, &mut search, &Asked::new(&words.1)?, Says::Fails("dismissed"));
        let early = self.clinic.renew().map(|_| "renewed");
        self.told.attempt(
            "The patients wrap new seeds for the others at once",
            early,
            Says::Fails("begin the next epoch"),
        );
        let sent = self.clinic.send("locum").map(|()| "stored");
        self.told.attempt("The locum sends a note", sent, Says::Fails("dismissed"));
        self.clinic.writers.insert("lab-technician".to_owned(), technician);
        let sent = self.clinic.send("lab-technician").map(|()| "stored");
        let what = "A lab result for a compartment whose key he may have kept";
        self.told.attempt(what, sent, Says::Fails("closed"));
        [theirs, late].iter().for_each(|name| drop(self.clinic.ledger.records.remove(name)));
        let (statement, now) = (self.clinic.statement()?, self.clinic.now());
        if let Some(writer) = self.clinic.writers.get_mut("lab-technician") {
            writer.observe(&statement, now)?;
        }
        let again = self.writes("lab-technician", RecordCategory::LabResult, RESULT).map(|_| "stored");
        self.told.attempt("The same result in a new compartment", again, Says::Succeeds);

        let mut copy = self.cloud_over(COPY)?;
        self.reads_with(&mut copy, "what he could read, from the copy of the cloud", &names, Says::Succeeds);
        self.told.note(
            "(No scheme prevents that: he was entitled to it, and the copy is what the cloud had then.)",
        );
        Ok(())
    }

    pub(super) fn night(&mut self) -> Outcome<()> {
        self.told.heading("10. The day changes: the next epoch");
        let names = self.one_between("physician", None)?;
        self.clinic.skip(NIGHT_SECONDS)?;
        self.reads(
            "physician",
            "a record, while the cloud hears nothing of the authority",
            &names,
            Says::Fails("lease"),
        );
        let late = self.writes("lab-technician", RecordCategory::LabResult, RESULT).map(|_| "stored");
        self.told.attempt("The technician writes under yesterday's statement", late, Says::Fails("expired"));

        let advance = self.clinic.authority.advance(self.clinic.now())?;
        self.clinic.tell(&[advance])?;
        let new = [self.writes("lab-technician", RecordCategory::LabResult, RESULT)?];
        self.told.note(format!(
            "Epoch {} begins; the technician writes a lab result in it.",
            self.clinic.authority.epoch()
        ));
        self.reads("physician", "it, before the cloud has his new tokens", &new, Says::Fails("not for you"));
        let (keys, size) = self.refresh()?;
        self.told
            .note(format!("Tokens for {}, {size} B; the phones take no part.", counted(keys, "live key")));
        self.reads("physician", "it", &new, Says::Succeeds);
        let league = self.in_league("league")?;
        let mut copy = self.cloud_over(&league)?;
        self.reads_with(
            &mut copy,
            "it, in league with a cloud that kept his key",
            &new,
            Says::Fails("not for you"),
        );
        self.renewal()
    }

    /// After the epoch has begun: new seeds and shares for everybody but him.
    fn renewal(&mut self) -> Outcome<()> {
        let start = std::time::Instant::now();
        let count = self.clinic.renew()?;
        let elapsed = start.elapsed();
        self.times.push((
            "renew a policy after a dismissal: seed, header, share, head, at cloud and gate",
            time(each(elapsed, count)),
        ));
        self.told.note(format!(
            "The patients' phones wrap new seeds, and the gate gets {}; no segment changes.",
            counted(count, "new share")
        ));
        let ((_, word), domain, now) = (self.two_words()?, domain()?, self.copied.now() + 90);
        let asked = Asked::new(&word)?;
        let known = self.clinic.known_under(&self.patient, &asked);
        let (phone, mut copy) = (self.opened_phone("locum")?, self.cloud_over(COPY)?);
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain);
        super::searched::mirrored_from(&mut copy, &phone, &mut search, now)?;
        drop(copy);
        for (what, shares, says) in [
            (
                "The locum searches with his old seed, and a gate that still knows him",
                gate::ROLE,
                Says::Fails("not for you"),
            ),
            ("The same with a gate that has kept its old share", COPY_OF_GATE, Says::Succeeds),
        ] {
            let mut gate = self.gate_with(shares)?;
            let hits = phone.find(&mut search, &asked, &mut gate, now).map_err(|error| error.to_string());
            let outcome =
                hits.and_then(|hits| super::searched::as_known(&hits, &known, "of the stolen index"));
            self.told.attempt(what, outcome, says);
        }
        self.told.note(
            "(So cloud and gate belong in two hands; the next index epoch closes even that for what comes.)",
        );
        let phone = self.opened_phone("physician")?;
        let mut search = IndexReader::new(&phone.reader, &self.patient, &domain);
        self.sync(&phone, &mut search)?;
        self.finds("The physician searches as before", &phone, &mut search, &asked, Says::Succeeds);
        Ok(())
    }

    /// A gate for which the locum is still there, with the shares that are in this folder.
    fn gate_with(&self, shares: &str) -> Outcome<Process> {
        let (name, file) = (format!("gate-with-shares-of-{shares}"), gate::SHARES);
        folder::copy(&self.clinic.folder(COPY_OF_GATE), &self.clinic.folder(&name))?;
        std::fs::copy(self.clinic.folder(shares).join(file), self.clinic.folder(&name).join(file))?;
        let mut gate = Process::start(gate::ROLE, &self.clinic.folder(&name), self.copied)?;
        gate.skip(90)?;
        Ok(gate)
    }

    pub(super) fn seal(&mut self) -> Outcome<()> {
        self.told.heading("11. The store is sealed, with a key that the cloud's process does not have");
        let old = self.locums()?;
        let league = self.in_league("before-the-seal")?;
        let mut copy = self.cloud_over(&league)?;
        self.reads_with(
            &mut copy,
            "all he could read, with his old key and the stolen store",
            &old,
            Says::Succeeds,
        );
        let start = std::time::Instant::now();
        let [seen, sealed] = self.clinic.seal()?;
        let elapsed = start.elapsed();
        let outcome = if sealed > 0 { Ok(format!("{sealed} of {seen} headers")) } else { Err("none") };
        self.times.push((
            "seal, for each header, through three processes",
            time(each(elapsed, usize::try_from(sealed)?)),
        ));
        self.told.attempt(
            "The keeper of the seal key helps the cloud to seal what is older",
            outcome,
            Says::Succeeds,
        );
        let league = self.in_league("after-the-seal")?;
        let mut copy = self.cloud_over(&league)?;
        self.reads_with(&mut copy, "the same, with the store as it is now", &old, Says::Fails("not for you"));
        let names = self.one_between("physician", None)?;
        self.reads("physician", "as before", &names, Says::Succeeds);
        Ok(())
    }

    /// Tokens of the epoch for every live key; how many keys, and bytes.
    pub(super) fn refresh(&mut self) -> Outcome<(usize, usize)> {
        let (mut size, cloud, gate) = (0, &mut self.clinic.cloud, &mut self.clinic.gate);
        let keys = self.clinic.authority.refresh(|tokens| {
            size += tokens.len();
            take(cloud, gate, &tokens).map_err(|error| error.to_string().into())
        })?;
        Ok((usize::try_from(keys)?, size))
    }

    /// What the locum could read before he went.
    fn locums(&self) -> Outcome<Vec<RecordName>> {
        let had = AttributeSet::parse("role:physician", self.clinic.authority.realm().schema())?;
        // The attempt is about what was there then, in epoch 1.
        let names = self.clinic.records_between(&self.patient, &had, None)?;
        let there = RedbStore::open(self.clinic.folder(COPY).join(cloud::STORE))?;
        let mut old = Vec::new();
        for name in names {
            let key = [name.id.as_bytes().as_slice(), &name.version.to_be_bytes()].concat();
            if there.get(Table::Place, &key)?.is_some() {
                old.push(name);
            }
        }
        Ok(old)
    }

    /// The locum reads with the help of another cloud, at its time.
    fn reads_with(&mut self, copy: &mut Process, what: &str, names: &[RecordName], says: Says) {
        let now = self.copied.now() + 90;
        let outcome = self.clinic.read_from(copy, "locum", names, now);
        let outcome = outcome.and_then(|reading| super::whole(reading, names.len()));
        let outcome = outcome.map(|reading| counted(reading.opened.records.len(), "record"));
        self.told.attempt(&format!("The locum reads {what}"), outcome, says);
    }

    /// A cloud over a folder of thieves. It would not serve without a lease: so its clock stands where the old lease was good,
    /// and it takes no updates. (After a start it has to wait for a minute.)
    fn cloud_over(&self, name: &str) -> Outcome<Process> {
        let mut copy = Process::start(cloud::ROLE, &self.clinic.folder(name), self.copied)?;
        copy.skip(90)?;
        Ok(copy)
    }

    /// The store as it is now, in which somebody has put back the keys and the state of the copy.
    fn in_league(&self, name: &str) -> Outcome<String> {
        let folder = self.clinic.folder(name);
        folder::copy(&self.clinic.folder(cloud::ROLE), &folder)?;
        let old = RedbStore::open(self.clinic.folder(COPY).join(cloud::STORE))?;
        let mut store = RedbStore::open(folder.join(cloud::STORE))?;
        for table in [Table::Meta, Table::Key, Table::User, Table::Update, Table::Audit] {
            let mut batch = Batch::new();
            for (key, _) in store.page(table, &[], None, usize::MAX)? {
                batch.remove(table, key);
            }
            for (key, value) in old.page(table, &[], None, usize::MAX)? {
                batch.put(table, key, value);
            }
            store.commit(&batch)?;
        }
        Ok(name.to_owned())
    }
}
