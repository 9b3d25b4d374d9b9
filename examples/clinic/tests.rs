//! The table is what the policies say: computed twice, by phones that open records and by evaluating policies. And
//! the story fails when it should.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hippocrypt::{AttributeSet, Schema};
use tempfile::TempDir;

use crate::category::Category;
use crate::clinic::{Cell, Clinic};
use crate::fhir::{self, Problem, Resource};
use crate::phone::Target;
use crate::policies::{self, STAFF};
use crate::story::{Ending, Manner, tell};
use crate::table::Style;
use crate::{DEFAULT_BUNDLE, process};

mod attacks;
mod processes;
mod reading;

/// No test: what a process does that one of the tests starts.
#[test]
fn another_process() {
    if let Ok(role) = std::env::var("CLINIC_ROLE") {
        let arguments: Vec<String> = role.split('\n').map(str::to_owned).collect();
        let ended = process::role(&arguments).unwrap();
        std::process::exit(i32::from(ended.is_err()));
    }
}

/// A clinic with its records in the cloud, and nobody enrolled.
struct Day {
    clinic: Clinic,
    resources: Vec<Resource>,
    folder: TempDir,
}

type Cells = BTreeMap<Category, Cell>;

impl Day {
    fn with(resources: Vec<Resource>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut clinic = Clinic::begin(folder.path()).unwrap();
        clinic.lab.register(&resources);
        clinic.write(&resources).unwrap();
        Self { clinic, resources, folder }
    }

    fn sample() -> Self {
        let mut problems = Vec::new();
        let resources = fhir::read_file(Path::new(DEFAULT_BUNDLE), &mut problems);
        assert_eq!(problems, []);
        Self::with(resources)
    }

    /// The sample, with a phone of these attributes.
    fn with_phone(user: &str) -> Self {
        let mut day = Self::sample();
        let (_, attributes) = STAFF.into_iter().find(|(name, _)| *name == user).unwrap();
        day.clinic.enrol(user, attributes).unwrap();
        day
    }

    fn attempt(&mut self, user: &str) -> Cells {
        let attempts = self.clinic.try_everything(user, false).unwrap();
        assert_eq!(attempts.unexpected, 0);
        attempts.cells
    }

    /// The table by boolean evaluation alone: of policies, resource by resource.
    fn predict(&self, attributes: &AttributeSet) -> Cells {
        let schema = Schema::parse(policies::SCHEMA).unwrap();
        let mut cells = Cells::new();
        for Resource { category, patient, .. } in &self.resources {
            let policy = category.policy(&self.clinic.lab.handles[patient], &schema).unwrap();
            let cell = cells.entry(*category).or_default();
            cell.tried += 1;
            cell.opened += usize::from(policy.is_satisfied_by(attributes));
        }
        cells
    }

    fn handle(&self, patient: &str) -> String {
        self.clinic.lab.handles[&Some(patient.to_owned())].clone()
    }

    fn target(&mut self, category: Category, patient: &str) -> Target {
        let place = crate::lab::place(&self.handle(patient), category);
        self.clinic.targets().unwrap().into_iter().find(|target| target.place == place).unwrap()
    }
}

/// What is left when each attribute and number is taken away in turn, with the name of what went.
fn one_less(attributes: &AttributeSet) -> Vec<(String, AttributeSet)> {
    let mut sets = Vec::new();
    for attribute in attributes.attributes() {
        let mut rest = attributes.clone();
        assert!(rest.remove(attribute));
        sets.push((attribute.to_string(), rest));
    }
    for (name, _, _) in attributes.numbers() {
        let mut rest = attributes.clone();
        assert!(rest.remove_number(name));
        sets.push((name.to_string(), rest));
    }
    sets
}

/// The categories in which two tables differ.
fn changed(before: &Cells, after: &Cells) -> Vec<&'static str> {
    before
        .iter()
        .filter(|(category, cell)| after[category] != **cell)
        .map(|(category, _)| category.name())
        .collect()
}

#[test]
fn every_cell_of_the_sample_is_as_predicted() {
    let mut day = Day::sample();
    let mut totals = Vec::new();
    for (name, attributes) in STAFF {
        day.clinic.enrol(name, attributes).unwrap();
        let attempt = day.attempt(name);
        assert_eq!(attempt, day.predict(&day.clinic.rights[name]), "{name}");
        totals.push(attempt.values().fold((0, 0), |sum, cell| (sum.0 + cell.opened, sum.1 + cell.tried)));
    }
    // The story that the example tells, in numbers: of 23 records.
    assert_eq!(totals, [(20, 23), (16, 23), (13, 23), (0, 23)]);
    // All categories are told about.
    assert_eq!(day.predict(&AttributeSet::new()).len(), Category::ALL.len());
}

/// Withdrawn one by one, which leaves the reader with a new key each time.
#[test]
fn taking_one_attribute_away_changes_the_predicted_cells_and_no_other() {
    let mut day = Day::sample();
    let mut changes = BTreeMap::new();
    for (name, text) in STAFF {
        let attributes = day.clinic.office.attributes(text).unwrap();
        let before = day.predict(&attributes);
        for (taken, rest) in one_less(&attributes) {
            let (user, lost) = (format!("{name} without {taken}"), attributes.without(&rest).to_string());
            day.clinic.enrol(&user.replace(':', " "), text).unwrap();
            let user = day.clinic.phones[&user.replace(':', " ")].user.clone();
            let messages = day.clinic.office.withdraw(&user, &lost, day.clinic.now()).unwrap();
            day.clinic.tell(&messages).unwrap();
            day.clinic.rights.insert(user.to_string(), rest.clone());
            let predicted = day.predict(&rest);
            assert_eq!(day.attempt(user.as_str()), predicted, "{user}");
            changes.insert((name, taken), changed(&before, &predicted));
        }
    }
    let change = |name, taken: &str| changes[&(name, taken.to_owned())].as_slice();
    assert_eq!(change("cardiologist", "dept:cardiology"), ["imaging", "note"]);
    assert_eq!(change("cardiologist", "role:cardiologist"), [""; 0]); // two of three are left
    assert_eq!(change("cardiologist", "clearance"), ["condition", "vital", "note"]);
    assert_eq!(change("cardiologist", "shift-end"), ["medication"]);
    assert_eq!(
        change("cardiologist", "role:physician"),
        [
            "history",
            "condition",
            "lab result",
            "imaging",
            "medication",
            "vital",
            "immunization",
            "allergy",
            "note"
        ]
    );
    assert_eq!(change("nurse", "dept:emergency"), ["allergy"]);
    assert_eq!(change("nurse", "clearance"), ["condition"]);
    assert_eq!(change("visitor", "dept:cardiology"), [""; 0]);
}

#[test]
fn patients_open_their_own_records_and_no_others() {
    let mut day = Day::sample();
    for (user, patient) in [("a", "Patient/patient-4711"), ("b", "Patient/patient-0815")] {
        day.clinic.enrol(user, &format!("patient:{}", day.handle(patient))).unwrap();
        let cells = day.attempt(user);
        assert_eq!(cells, day.predict(&day.clinic.rights[user]));
        let opened: usize = cells.values().map(|cell| cell.opened).sum();
        let own = day.resources.iter().filter(|resource| resource.patient.as_deref() == Some(patient));
        assert_eq!(opened, own.count());
    }
}

/// A folder of shared test data, where there is one.
fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../shared/data", "../../shared/data"].map(|place| root.join(place).join(name));
    let found = places.into_iter().find(|place| place.is_dir());
    if found.is_none() {
        println!("skipped: there is no folder ../shared/data/{name}");
    }
    found
}

/// The table over the files of a folder: some of them, or with HIPPOCRYPT_FULL=1 all.
fn table_over(folder: &Path, some: usize) {
    let full = std::env::var_os("HIPPOCRYPT_FULL").is_some_and(|value| value == "1");
    let files = fhir::files(folder).unwrap();
    let step = if full { 1 } else { (files.len() / some).max(1) };
    let mut problems: Vec<Problem> = Vec::new();
    let resources: Vec<Resource> =
        files.iter().step_by(step).flat_map(|file| fhir::read_file(file, &mut problems)).collect();
    assert_eq!(problems, []);
    let mut day = Day::with(resources);
    println!("{} of {} files, {} resources", files.len().div_ceil(step), files.len(), day.resources.len());
    for (name, attributes) in STAFF {
        day.clinic.enrol(name, attributes).unwrap();
        assert_eq!(day.attempt(name), day.predict(&day.clinic.rights[name]), "{name}");
    }
}

#[test]
fn synthea_bundles() {
    if let Some(folder) = shared("synthea-r4") {
        table_over(&folder, 3);
    }
}

#[test]
fn official_examples() {
    if let Some(folder) = shared("fhir-r4b-official") {
        table_over(&folder, 20);
    }
}

const MANNER: Manner = Manner { style: Style::PLAIN, contrary: false, kill_the_cloud: false };

/// Tells it, and sees to it that nothing is left behind.
fn told(path: &Path, manner: Manner) -> Result<Ending, String> {
    let temporary = tempfile::tempdir().unwrap();
    let ending = tell(path, temporary.path(), manner).map_err(|error| error.to_string());
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    ending
}

#[test]
fn the_story_is_told_to_its_end() {
    let Ending { problems, attempts, untold } = told(Path::new(DEFAULT_BUNDLE), MANNER).unwrap();
    assert_eq!((problems, untold), (0, 0));
    assert!(attempts > 400, "{attempts}");
}

/// With the opposite expectation every single attempt is found to be otherwise.
#[test]
fn a_story_that_is_not_so_fails() {
    let ending = told(Path::new(DEFAULT_BUNDLE), Manner { contrary: true, ..MANNER }).unwrap();
    assert_eq!(ending.untold, ending.attempts);
    assert!(ending.attempts > 400);
}

#[test]
fn killing_the_cloud_before_each_chapter_changes_nothing() {
    let ending = told(Path::new(DEFAULT_BUNDLE), Manner { kill_the_cloud: true, ..MANNER }).unwrap();
    assert_eq!(ending.untold, 0);
}

#[test]
fn what_cannot_be_read_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    assert!(told(folder.path(), MANNER).is_err(), "nothing to read");
    fs::write(folder.path().join("broken.json"), "{\"resourceType\": ").unwrap();
    assert!(told(folder.path(), MANNER).is_err(), "nothing that can be read");
    // A single resource about no patient: much of the story has nobody to be about.
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/good.json"), "{\"resourceType\":\"Practitioner\"}").unwrap();
    fs::write(folder.path().join("notes.txt"), "no FHIR").unwrap();
    let ending = told(folder.path(), MANNER).unwrap();
    assert_eq!((ending.problems, ending.untold), (1, 0));
    assert!(told(&folder.path().join("absent.json"), MANNER).is_err());
}
