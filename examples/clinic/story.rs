//! The story, chapter by chapter. Whatever it claims is an attempt that is made while it is told.

mod audited;
mod dismissed;
mod ending;
mod imported;
mod kept;
mod laboratory;
mod reading;
mod restored;
mod searched;
mod shared;
mod withheld;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use hippocrypt::phr::{Description, PatientHandle, RecordCategory};
use hippocrypt::search::WriterId;
use hippocrypt::{BACKEND, RecordName, os_rng, rand_core::Rng};

use crate::clinic::{Clinic, Outcome, Role};
use crate::clock::Clock;
use crate::folder;
use crate::import::{self, Source};
use crate::phone::Reading;
use crate::table::{Style, counted, time};
use crate::told::{Says, Told};

/// How to tell the story.
#[derive(Clone, Copy)]
pub struct Manner {
    pub style: Style,
    /// Says the opposite of everything; for a test of the storyteller.
    pub contrary: bool,
    /// The cloud is killed before each chapter, and started again; for a test of the cloud.
    pub kill_the_cloud: bool,
    /// Bytes of the imaging study.
    pub study_bytes: usize,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Files that could not be read.
    pub problems: usize,
    pub attempts: usize,
    /// Attempts with another outcome than the story says.
    pub untold: usize,
}

/// The staff with their attributes, and what they may write.
pub const STAFF: [(&str, &str, &[RecordCategory]); 6] = [
    (
        "physician",
        "role:physician, clearance:mental-health, clearance:substance-use",
        &[RecordCategory::Note],
    ),
    ("locum", "role:physician", &[RecordCategory::Note]),
    ("nurse", "role:nurse", &[]),
    ("lab-technician", "role:lab-technician", &[RecordCategory::LabResult]),
    ("radiologist", "role:radiologist", &[RecordCategory::Imaging]),
    ("cardiologist", "role:physician, role:cardiologist", &[]),
];
/// Those whom the tables show.
const PEOPLE: [&str; 6] = ["physician", "locum", "nurse", "lab-technician", "radiologist", "patient"];
/// A folder of the careful: a copy of the authority's.
const BACKUP: &str = "backup-of-the-authority";
/// A folder of the dishonest: a copy of the cloud's that deletes nothing.
const COPY: &str = "copy-of-the-cloud";
/// Another one, from before the lab's last result.
const INDEX_BEFORE: &str = "copy-of-an-earlier-cloud";

const INTRODUCTION: &str = "\
hippocrypt puts patients' records on a cloud that nobody has to trust. Each record is encrypted under a policy: whoever
has the right attributes opens it, and nobody else does, the cloud least of all. What follows is tried while it is told:
`yes` is what was done, `no` is what was refused or found out, with the words of whoever refused.";

pub struct Story {
    clinic: Clinic,
    told: Told,
    /// The files as they are imported, each with the canary in every resource.
    sources: Vec<Source>,
    canary: String,
    /// The patient of the story: the one with the most records.
    patient: PatientHandle,
    /// The imaging study, and its record.
    study: (Vec<u8>, Option<RecordName>),
    /// Who writes into her index beside her.
    lab: Option<WriterId>,
    /// When somebody copied the cloud.
    copied: Clock,
    times: Vec<(&'static str, String)>,
}

/// Tells the whole story over the FHIR records under `path`, in the empty folder `root`.
pub fn tell(path: &Path, root: &Path, manner: Manner) -> Outcome<Ending> {
    let (sources, problems) = import::sources(path)?;
    let mut story = Story::begin(root, sources, manner)?;
    for problem in &problems {
        println!("   {} {problem}", manner.style.alarm("not read:"));
    }
    let chapters: [fn(&mut Story) -> Outcome<()>; 17] = [
        Story::import,
        Story::who_reads_what,
        Story::a_phone_reads,
        Story::lies,
        Story::sharing,
        Story::a_search,
        Story::laboratory,
        Story::withheld,
        Story::dismissal,
        Story::night,
        Story::seal,
        Story::restore,
        Story::export,
        Story::kills,
        Story::search,
        Story::audit,
        Story::ending,
    ];
    for chapter in chapters {
        if manner.kill_the_cloud {
            story.clinic.restart_the_cloud()?;
        }
        chapter(&mut story)?;
    }
    Ok(Ending { problems: problems.len(), attempts: story.told.attempts, untold: story.told.untold })
}

impl Story {
    fn begin(root: &Path, mut sources: Vec<Source>, manner: Manner) -> Outcome<Self> {
        let told = Told::new(manner.style, manner.contrary);
        println!("{INTRODUCTION}");
        told.heading("1. The house begins: a master key, rules, a cloud that is not trusted, and phones");
        let canary = canary();
        for source in &mut sources {
            source.bytes = import::plant(&source.bytes, &canary)?;
        }
        let start = Instant::now();
        let mut clinic = Clinic::begin(root)?;
        let house = format!("patient:\"{}\"", clinic.house);
        clinic.enrol("records-office", &Role::Staff(&house, &RecordCategory::ALL))?;
        for (who, attributes, writes) in STAFF {
            clinic.enrol(who, &Role::Staff(attributes, writes))?;
            let writes: Vec<&str> = writes.iter().map(|category| category.name()).collect();
            let writes = if writes.is_empty() { "nothing".to_owned() } else { writes.join(", ") };
            told.note(format!("{who:15} writes {writes:11} reads as {attributes}"));
        }
        let study = noise(manner.study_bytes);
        let (copied, patient) = (clinic.clock, clinic.house);
        let elapsed = start.elapsed();
        let story = Self {
            clinic,
            told,
            sources,
            canary,
            patient,
            study: (study, None),
            lab: None,
            copied,
            times: Vec::new(),
        };
        story.rules(elapsed);
        folder::copy(&story.clinic.folder("authority"), &story.clinic.folder(BACKUP))?;
        Ok(story)
    }

    fn rules(&self, elapsed: Duration) {
        let realm = self.clinic.authority.realm();
        let rules = realm.rules();
        let mut by_rule: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (category, policy) in rules.categories() {
            by_rule.entry(policy.to_string()).or_default().push(category.name());
        }
        for (policy, categories) in by_rule {
            println!("   {}: {policy}", categories.join(", "));
        }
        self.told.note(format!(
            "Every rule ends with: or the patient herself, or whom she shares it with. {} sensitive labels ask for a clearance.",
            rules.labels().count()
        ));
        self.told.note(format!(
            "The cloud is process {}, this one {}; the gate of the indexes and the seal key have one each. Begun in {} ({BACKEND}).",
            self.clinic.cloud.id(),
            std::process::id(),
            time(elapsed)
        ));
    }

    /// Somebody writes a record of the patient's, and sends it.
    fn writes(&mut self, who: &str, category: RecordCategory, content: &[u8]) -> Outcome<RecordName> {
        let (patient, description) = (self.patient, Description::new(category, "application/fhir+json"));
        let name = self.clinic.write(who, &patient, &description, content)?;
        match self.clinic.send(who) {
            Ok(()) => Ok(name),
            Err(error) => {
                self.clinic.ledger.records.remove(&name);
                Err(error)
            }
        }
    }

    /// Somebody reads records, as the story says.
    fn reads(&mut self, who: &str, what: &str, names: &[RecordName], says: Says) {
        let outcome = self.clinic.read(who, names).and_then(|reading| whole(reading, names.len()));
        let outcome = outcome.map(|reading| counted(reading.opened.records.len(), "record"));
        let mut name = who.replace('-', " ");
        name.insert_str(0, "The ");
        self.told.attempt(&format!("{name} reads {what}"), outcome, says);
    }

    /// The first record of the patient's that one opens and another does not.
    fn one_between(&self, opens: &str, lacks: Option<&str>) -> Outcome<Vec<RecordName>> {
        let rights = &self.clinic.rights;
        let names =
            self.clinic.records_between(&self.patient, &rights[opens], lacks.map(|lacks| &rights[lacks]))?;
        let study = self.study.1;
        Ok(names.into_iter().filter(|name| Some(*name) != study).take(1).collect())
    }

    /// Public words, which stand in policies, in the log and in the files of any store: no secret of anybody's.
    fn public_words(&self) -> BTreeSet<String> {
        let rules = self.clinic.authority.realm().rules();
        let mut words: BTreeSet<String> =
            rules.labels().map(|(label, _)| label.as_str().to_owned()).collect();
        let policies =
            rules.categories().map(|(_, policy)| policy).chain(rules.labels().map(|(_, policy)| policy));
        for policy in policies {
            let text = policy.to_string();
            words.extend(text.split([' ', '(', ')']).filter(|word| word.contains(':')).map(str::to_owned));
        }
        words.extend(RecordCategory::ALL.map(|category| category.name().to_owned()));
        words.extend(neighbours(hippocrypt::store::Table::ALL.map(|table| table.name())));
        words.extend(neighbours(TABLES_OF_THE_DATABASE));
        words.extend(self.clinic.phones.keys().filter(|name| !name.starts_with("patient-")).cloned());
        let others = ["shared", "patient-", "st-marys", "general", crate::cloud::NAME, crate::gate::NAME];
        words.extend(others.map(str::to_owned));
        words
    }
}

/// What redb keeps for itself, by the names that stand in its files.
const TABLES_OF_THE_DATABASE: [&str; 6] = [
    "allocator_state",
    "data_pages_allocated",
    "data_pages_unreachable",
    "next_savepoint_id",
    "persistent_savepoints",
    "system_pages_unreachable",
];

/// The names, and every two of them in a row. A page of the database has the names of those tables that there are, one after another
/// in their order: of `allocator_state` and `system_pages_unreachable` it makes the word `states`.
fn neighbours<const N: usize>(mut names: [&str; N]) -> Vec<String> {
    names.sort_unstable();
    let pairs = names
        .iter()
        .enumerate()
        .flat_map(|(at, first)| names[at + 1..].iter().map(move |next| [*first, next].concat()));
    pairs.chain(names.iter().map(|name| (*name).to_owned())).collect()
}

/// All that was asked for, or a refusal of the rest.
fn whole(reading: Reading, asked: usize) -> Result<Reading, crate::phone::Failure> {
    let opened = reading.opened.records.len();
    if opened == asked {
        return Ok(reading);
    }
    Err(crate::phone::Failure::Refused(format!(
        "{opened} of {asked}: the others are not there, or not for you"
    )))
}

/// 32 random characters, which stand nowhere else in the world.
fn canary() -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(['-', '.']).collect();
    let mut random = [0; 32];
    os_rng().fill_bytes(&mut random);
    random.iter().map(|byte| letters[usize::from(byte % 64)]).collect()
}

/// An imaging study that nobody has: random bytes.
fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    os_rng().fill_bytes(&mut noise);
    noise
}
