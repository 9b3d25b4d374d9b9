//! The story, chapter by chapter. Whatever it claims is an attempt that is made while it is told.

mod changes;
mod restored;
mod revoked;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hippocrypt::{BACKEND, EnrolmentNonce, os_rng};

use crate::clinic::{Attempts, Clinic};
use crate::clock::Clock;
use crate::fhir::{self, Resource};
use crate::lab::parse_place;
use crate::liar::{Liar, Lie};
use crate::phone::{Opened, Phone, ReadError, Target};
use crate::policies::STAFF;
use crate::process::Process;
use crate::table::{self, Style, counted, each, grouped, time};
use crate::told::{Says, Told};
use crate::wire::{Link, Message, Verb};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How to tell the story.
#[derive(Clone, Copy)]
pub struct Manner {
    pub style: Style,
    /// Says the opposite of everything; for a test of the storyteller.
    pub contrary: bool,
    /// The cloud is killed before each chapter, and started again; for a test of the cloud.
    pub kill_the_cloud: bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Files and resources that could not be read.
    pub problems: usize,
    pub attempts: usize,
    /// Attempts with another outcome than the story says.
    pub untold: usize,
}

pub struct Story {
    clinic: Clinic,
    told: Told,
    /// What the lab has to write on the first day.
    resources: Vec<Resource>,
    /// The patient of the story: the one with the most records.
    patient: Option<String>,
    /// When somebody copied the cloud.
    copied: Clock,
}

/// A folder of the dishonest: a copy of the cloud's that deletes nothing.
const COPY: &str = "dishonest-cloud";
/// A folder of the careful: a copy of the authority's.
const BACKUP: &str = "backup-of-the-authority";

/// Tells the whole story over the FHIR records under `path`, in a new folder under `temporary`.
pub fn tell(path: &Path, temporary: &Path, manner: Manner) -> Outcome<Ending> {
    let (resources, problems) = read(path)?;
    let folder = tempfile::Builder::new().prefix("clinic-").tempdir_in(temporary)?;
    let ending = Story::begin(folder.path(), resources, manner).and_then(|story| {
        println!("   {}: {}", shown(path), counted(story.resources.len(), "resource"));
        for problem in &problems {
            println!("   {} {problem}", manner.style.alarm("not read:"));
        }
        story.chapters(manner)
    });
    // Whether it went well or not, nothing is left behind.
    folder.close()?;
    let told = ending?;
    Ok(Ending { problems: problems.len(), attempts: told.attempts, untold: told.untold })
}

/// Reads every file under `path`.
fn read(path: &Path) -> Outcome<(Vec<Resource>, Vec<fhir::Problem>)> {
    let files: Vec<PathBuf> = fhir::files(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (mut resources, mut problems) = (Vec::new(), Vec::new());
    for file in &files {
        resources.extend(fhir::read_file(file, &mut problems));
    }
    if resources.is_empty() {
        for problem in &problems {
            eprintln!("{problem}");
        }
        return Err(format!("no FHIR resource found in {}", path.display()).into());
    }
    Ok((resources, problems))
}

/// The path as the user would write it.
fn shown(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

impl Story {
    fn begin(root: &Path, resources: Vec<Resource>, manner: Manner) -> Outcome<Self> {
        let told = Told::new(manner.style, manner.contrary);
        told.heading("1. The key office begins the realm; phones enrol; the lab writes");
        let mut clinic = Clinic::begin(root)?;
        clinic.lab.register(&resources);
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        for patient in resources.iter().filter_map(|resource| resource.patient.as_ref()) {
            *counts.entry(patient).or_default() += 1;
        }
        let patient = counts.into_iter().max_by_key(|(_, count)| *count).map(|(patient, _)| patient.clone());
        let copied = clinic.clock;
        Ok(Self { clinic, told, resources, patient, copied })
    }

    fn chapters(mut self, manner: Manner) -> Outcome<Told> {
        self.enrolment()?;
        let chapters: [fn(&mut Self) -> Outcome<()>; 9] = [
            Self::reading,
            Self::lies,
            Self::dismissal,
            Self::night,
            Self::change_of_ward,
            Self::seal,
            Self::theft,
            Self::restore,
            Self::ending,
        ];
        for chapter in chapters {
            if manner.kill_the_cloud {
                self.restart_the_cloud()?;
            }
            chapter(&mut self)?;
        }
        Ok(self.told)
    }

    /// Kills the cloud's process and starts it again over its folder: it has forgotten whom it has just served,
    /// and refuses all requests for a minute.
    fn restart_the_cloud(&mut self) -> Outcome<()> {
        self.clinic.cloud.kill();
        self.clinic.cloud = Process::cloud(&self.clinic.folder("cloud"), self.clinic.clock)?;
        self.clinic.skip(90)
    }

    fn enrolment(&mut self) -> Outcome<()> {
        for (name, attributes) in STAFF {
            self.clinic.enrol(name, attributes)?;
            println!("   {name:13} {attributes}");
        }
        if let Some(handle) = self.handle() {
            let attributes = format!("patient:{handle}");
            println!("   {:13} {attributes}", "patient");
            self.clinic.enrol("patient", &attributes)?;
        }
        let phone = self.clinic.phone("nurse")?;
        let files =
            phone.files()?.iter().map(|(name, bytes)| format!("{name} {bytes} B")).collect::<Vec<_>>();
        println!(
            "   On each phone: {}; 32 B of the seed are the secret, all else is public.",
            files.join(", ")
        );

        let nonces = [(); 2].map(|()| EnrolmentNonce::generate(&mut os_rng()));
        let [first, second] = nonces;
        let (enrolment, user) = (phone.enrol(&first), phone.user.clone());
        let again = self.clinic.office.enrol(&user, &enrolment, second, "role:physician").map(|_| "enrolled");
        self.told.attempt(
            "somebody sends an old enrolment of the nurse's again",
            again,
            Says::Fails("another nonce"),
        );

        let resources = std::mem::take(&mut self.resources);
        let compartments = self.clinic.write(&resources)?;
        self.resources = resources;
        println!(
            "   The lab has encrypted and signed {} in epoch {}; the cloud has checked {}.",
            counted(self.clinic.lab.cost.records, "record"),
            self.clinic.statement.epoch(),
            counted(compartments, "header")
        );
        self.search("the cloud's folder is searched for secrets and plaintext");
        self.clinic.copy("authority", BACKUP)?;
        println!("   The key office makes a backup of its folder.");
        Ok(())
    }

    /// The cloud is another process; what it has is in its folder.
    fn search(&mut self, what: &str) {
        let found = self.clinic.search_the_cloud().map(|files| {
            format!(
                "nothing in {}; the cloud is process {}, this one {}",
                counted(files, "file"),
                self.clinic.cloud.id(),
                std::process::id()
            )
        });
        self.told.attempt(what, found, Says::Succeeds);
    }

    fn reading(&mut self) -> Outcome<()> {
        self.told.heading("2. Phones ask, the cloud transforms, phones finish");
        let Some(target) = self.target("cardiologist", Some("visitor"), &[])? else { return Ok(()) };
        self.reads("cardiologist", &target, Says::Succeeds);
        self.reads("visitor", &target, Says::Fails("does not satisfy"));

        let question = self.clinic.phone("cardiologist")?.ask(&target.core_id, self.clinic.now());
        self.clinic.cloud.call(&question)?;
        let again = self.clinic.cloud.call(&question).map(|_| "answered twice");
        self.told.attempt(
            "somebody sends the cardiologist's signed request again",
            again,
            Says::Fails("served before"),
        );

        // The visitor's seed, under the cardiologist's name.
        let visitor = Phone::open(&self.clinic.folder("visitor"), "cardiologist")?;
        let question = visitor.ask(&target.core_id, self.clinic.now());
        let forged = self.clinic.cloud.call(&question).map(|_| "answered");
        self.told.attempt(
            "the visitor's phone asks in the cardiologist's name",
            forged,
            Says::Fails("not signed by the reader"),
        );
        Ok(())
    }

    fn lies(&mut self) -> Outcome<()> {
        let Some(target) = self.target("cardiologist", None, &[])? else { return Ok(()) };
        let Some(other) = self.target("cardiologist", None, std::slice::from_ref(&target))? else {
            return Ok(());
        };
        let now = self.clinic.now();
        let phone = self.clinic.phone("cardiologist")?;
        let question = phone.ask(&other.core_id, now);
        let mut liar = Liar { cloud: &mut self.clinic.cloud, lie: Lie::Listen, heard: Vec::new() };
        liar.call(&question)?;
        let heard = liar.heard;
        for (lie, what) in [
            (Lie::OtherRecord(heard.clone()), "the cloud answers the cardiologist with another record"),
            (Lie::OtherT(heard), "the cloud answers with this record, and the T of another"),
            (Lie::ChangedT, "the cloud answers with one bit of T changed"),
        ] {
            let phone = &self.clinic.phones["cardiologist"];
            let author = self.clinic.lab.authors.known();
            let (_, category) = parse_place(&target.place).ok_or("a compartment without a place")?;
            let mut liar = Liar { cloud: &mut self.clinic.cloud, lie, heard: Vec::new() };
            let outcome = phone.read(&mut liar, &target, author.of(category), now);
            self.told.attempt(what, outcome.map(|opened| describe(&opened)), Says::Fails("found out"));
        }
        self.everybody_tries("Everybody tries every record:")
    }

    fn ending(&mut self) -> Outcome<()> {
        self.told.heading("9. Who opens what in the end");
        self.search("the cloud's folder is searched once more");
        self.everybody_tries("Every record of every day:")?;
        let cost = self.clinic.lab.cost;
        let per = |bytes: usize, count: usize| bytes.checked_div(count).unwrap_or(0);
        println!(
            "   {} B of plaintext in {}; {} of {} B, sealed records {} B more each with their signature",
            grouped(cost.plaintext_bytes),
            counted(cost.records, "record"),
            counted(cost.compartments, "header"),
            grouped(per(cost.header_bytes, cost.compartments)),
            grouped(per(cost.sealed_bytes - cost.plaintext_bytes, cost.records)),
        );
        println!(
            "   {} were made, {} had another outcome than the story says; backend {BACKEND}",
            counted(self.told.attempts, "attempt"),
            self.told.untold
        );
        Ok(())
    }

    /// All phones try all compartments, and the table is drawn. Each attempt is compared with what the policy says.
    fn everybody_tries(&mut self, title: &str) -> Outcome<()> {
        let mut people: Vec<&str> = STAFF.iter().map(|(name, _)| *name).collect();
        people.extend(self.clinic.phones.contains_key("patient").then_some("patient"));
        let mut attempts: Vec<Attempts> = Vec::new();
        for (index, name) in people.iter().enumerate() {
            if std::io::stderr().is_terminal() {
                eprint!("\r   {name}: {} of {}\x1b[K", index + 1, counted(people.len(), "phone"));
                std::io::stderr().flush()?;
            }
            let tried = self.clinic.try_everything(name, self.told.contrary)?;
            self.told.count(tried.opened + tried.refused, tried.unexpected);
            attempts.push(tried);
        }
        if std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        println!("   {title}");
        for line in table::who_can_open(&people, &attempts, self.told.style).lines() {
            println!("   {line}");
        }
        let sum = |part: fn(&Attempts) -> usize| attempts.iter().map(part).sum::<usize>();
        let times = |part: fn(&Attempts) -> Duration| attempts.iter().map(part).sum::<Duration>();
        let (opened, refused) = (sum(|a| a.opened), sum(|a| a.refused));
        println!(
            "   {} opened, {} B from the cloud and {} each; {refused} refused, {} each",
            counted(opened, "header"),
            sum(|a| a.transformed).checked_div(opened).unwrap_or(0),
            time(each(times(|a| a.opening), opened)),
            time(each(times(|a| a.refusing), refused)),
        );
        Ok(())
    }

    /// The handle of the patient of the story.
    fn handle(&self) -> Option<String> {
        self.patient.as_ref().and_then(|patient| self.clinic.lab.handles.get(&Some(patient.clone()))).cloned()
    }

    /// A compartment that one reader may open, and another may not; none of `except`.
    fn target(&mut self, opens: &str, closed: Option<&str>, except: &[Target]) -> Outcome<Option<Target>> {
        let targets = self.clinic.targets()?.into_iter();
        let mut fitting = targets.filter(|target| {
            self.clinic.may(opens, target)
                && closed.is_none_or(|closed| !self.clinic.may(closed, target))
                && !except.contains(target)
        });
        Ok(fitting.next())
    }

    /// One phone asks for one compartment.
    fn reads(&mut self, user: &str, target: &Target, says: Says) {
        let outcome = self.clinic.read(user, target);
        self.tell_reading(&format!("the {user} asks for {}", what(target)), outcome, says);
    }

    fn tell_reading(&mut self, what: &str, outcome: Result<Opened, ReadError>, says: Says) {
        self.told.attempt(what, outcome.map(|opened| describe(&opened)), says);
    }

    /// Follow-ups for the patient of the story, one in each category, in the current epoch.
    fn follow_ups(&mut self) -> Outcome<usize> {
        let mut categories = Vec::new();
        let mut resources = self.resources.clone();
        resources.retain(|resource| {
            let first = !categories.contains(&resource.category);
            let chosen = resource.patient == self.patient && first;
            if chosen {
                categories.push(resource.category);
            }
            chosen
        });
        self.clinic.write(&resources)
    }

    /// What the cloud has that it did not have before.
    fn newer_than(&mut self, before: &[Target]) -> Outcome<Vec<Target>> {
        let mut targets = self.clinic.targets()?;
        targets.retain(|target| !before.contains(target));
        Ok(targets)
    }
}

/// `lab result of 3f09..`.
fn what(target: &Target) -> String {
    let (handle, category) = target.place.split_once('/').unwrap_or(("?", "?"));
    format!("{category} of {}..", handle.get(..4).unwrap_or(handle))
}

fn describe(opened: &Opened) -> String {
    format!(
        "{}, signed by the author: {} B up, {} B and {} B of ciphertext down, {} of the phone's time",
        counted(opened.records.len(), "record"),
        opened.sent,
        opened.transformed,
        grouped(opened.sealed),
        time(opened.computing)
    )
}

/// Tokens in a message, in bytes.
fn token_bytes(messages: &[Message]) -> usize {
    let tokens = messages.iter().filter(|message| message.verb == Verb::Tokens);
    tokens.flat_map(|message| &message.parts).map(Vec::len).sum()
}
