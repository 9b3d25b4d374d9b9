//! The table is what the policies say: computed twice, by opening records and by evaluating policies.

use super::*;

use std::fs;

use hippocrypt::{AuthorKey, OpenError, RecordName};

use fhir::{Problem, Resource};
use reader::{Cell, open_record};
use vault::StoredRecord;

mod reading;

/// A hospital with an import in its cloud.
struct Hospital {
    parameters: PublicParameters,
    master: MasterKey,
    schema: Schema,
    authors: Authors,
    resources: Vec<Resource>,
    imported: Imported,
}

type Cells = BTreeMap<Category, Cell>;

impl Hospital {
    fn with(resources: Vec<Resource>) -> Self {
        let mut rng = os_rng();
        let (parameters, master) = setup("test", &mut rng).unwrap();
        let schema = Schema::parse(policies::SCHEMA).unwrap();
        let authors = Authors::generate(&mut rng);
        let mut import = Import::new(&parameters, &schema, &authors);
        for resource in &resources {
            import.add(resource.clone(), &mut rng).unwrap();
        }
        let imported = import.finish();
        Self { parameters, master, schema, authors, resources, imported }
    }

    fn sample() -> Self {
        let mut problems = Vec::new();
        let resources = fhir::read_file(Path::new(DEFAULT_BUNDLE), &mut problems);
        assert_eq!(problems, []);
        Self::with(resources)
    }

    fn attributes(&self, text: &str) -> AttributeSet {
        AttributeSet::parse(text, &self.schema).unwrap()
    }

    fn person(&self, attributes: &AttributeSet) -> Person {
        Person::new("somebody", attributes, &self.master, &mut os_rng()).unwrap()
    }

    fn trust(&self) -> Trust<'_> {
        Trust { parameters: &self.parameters, authors: self.authors.known() }
    }

    fn attempt(&self, person: &Person) -> Cells {
        let Imported { compartments, originals, .. } = &self.imported;
        try_every_record(person, &self.trust(), compartments, originals).unwrap().cells
    }

    /// The table by boolean evaluation alone: of policies, resource by resource.
    fn predict(&self, attributes: &AttributeSet) -> Cells {
        let mut cells = Cells::new();
        for Resource { category, patient, .. } in &self.resources {
            let policy = category.policy(&self.imported.handles[patient], &self.schema).unwrap();
            let cell = cells.entry(*category).or_default();
            cell.tried += 1;
            cell.opened += usize::from(policy.is_satisfied_by(attributes));
        }
        cells
    }

    fn compartment(&self, category: Category, patient: &str) -> &Compartment {
        let handle = &self.imported.handles[&Some(patient.to_owned())];
        let mut compartments = self.imported.compartments.iter();
        compartments
            .find(|compartment| compartment.category == category && compartment.handle == *handle)
            .unwrap()
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
    let hospital = Hospital::sample();
    let mut totals = Vec::new();
    for (name, attributes) in policies::PEOPLE {
        let attributes = hospital.attributes(attributes);
        let attempt = hospital.attempt(&hospital.person(&attributes));
        assert_eq!(attempt, hospital.predict(&attributes), "{name}");
        totals.push(
            attempt
                .values()
                .map(|cell| (cell.opened, cell.tried))
                .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        );
    }
    // The story that the example tells, in numbers: of 23 records, 20, 13 and none.
    assert_eq!(totals, [(20, 23), (13, 23), (0, 23)]);
    // All categories are told about.
    assert_eq!(hospital.predict(&AttributeSet::new()).len(), Category::ALL.len());
}

#[test]
fn taking_one_attribute_away_changes_the_predicted_cells_and_no_other() {
    let hospital = Hospital::sample();
    let mut changes = BTreeMap::new();
    for (name, attributes) in policies::PEOPLE {
        let attributes = hospital.attributes(attributes);
        let whole = hospital.person(&attributes);
        let before = hospital.attempt(&whole);
        for (taken, rest) in one_less(&attributes) {
            // A new key without it, and the old key passed on without it, must do the same.
            let delegated = whole.key.delegate(&rest, &mut os_rng()).unwrap();
            let delegated = Person { name: name.to_owned(), key: delegated };
            let predicted = hospital.predict(&rest);
            for person in [hospital.person(&rest), delegated] {
                assert_eq!(hospital.attempt(&person), predicted, "{name} without {taken}");
            }
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
    let hospital = Hospital::sample();
    for patient in ["Patient/patient-4711", "Patient/patient-0815"] {
        let handle = &hospital.imported.handles[&Some(patient.to_owned())];
        let attributes = hospital.attributes(&format!("patient:{handle}"));
        let cells = hospital.attempt(&hospital.person(&attributes));
        assert_eq!(cells, hospital.predict(&attributes));
        let opened: usize = cells.values().map(|cell| cell.opened).sum();
        let own = hospital.resources.iter().filter(|resource| resource.patient.as_deref() == Some(patient));
        assert_eq!(opened, own.count());
    }
}

#[test]
fn a_moved_record_does_not_open() {
    let hospital = Hospital::sample();
    let cardiologist = hospital.person(&hospital.attributes(policies::PEOPLE[0].1));
    let trust = hospital.trust();
    let labs = hospital.compartment(Category::LabResult, "Patient/patient-4711");
    let laboratory = trust.authors.of(Category::LabResult);
    let record = &labs.records[0];
    let content_key = cardiologist.open(&trust, labs).unwrap();
    assert!(open_record(&content_key, record, laboratory).is_ok());

    // Into another category of the same patient, and into the same category of another patient.
    for (category, patient) in
        [(Category::Vital, "Patient/patient-4711"), (Category::LabResult, "Patient/patient-0815")]
    {
        let other = cardiologist.open(&trust, hospital.compartment(category, patient)).unwrap();
        assert_eq!(open_record(&other, record, laboratory), Err(OpenError));
    }
    // The whole compartment served as that of another patient, or of another category.
    let other = hospital.compartment(Category::LabResult, "Patient/patient-0815");
    let moved = Compartment { handle: other.handle.clone(), ..labs.clone() };
    assert_eq!(cardiologist.open(&trust, &moved).err(), Some(OpenError));
    let moved = Compartment { category: Category::Vital, ..labs.clone() };
    assert_eq!(cardiologist.open(&trust, &moved).err(), Some(OpenError));
    // One record served as another, and one byte changed.
    let swapped = StoredRecord { name: labs.records[1].name, sealed: record.sealed.clone() };
    assert_eq!(open_record(&content_key, &swapped, laboratory), Err(OpenError));
    let mut changed = record.clone();
    let middle = changed.sealed.len() / 2;
    changed.sealed[middle] ^= 1;
    assert_eq!(open_record(&content_key, &changed, laboratory), Err(OpenError));
}

#[test]
fn a_record_by_somebody_else_is_not_believed() {
    let hospital = Hospital::sample();
    let trust = hospital.trust();
    let cardiologist = hospital.person(&hospital.attributes(policies::PEOPLE[0].1));
    let labs = hospital.compartment(Category::LabResult, "Patient/patient-4711");
    let content_key = cardiologist.open(&trust, labs).unwrap();
    let name = RecordName::random(&mut os_rng());
    let forger = AuthorKey::generate(&mut os_rng());
    // The clinic is known, but not for lab results.
    for author in [&forger, &hospital.authors.clinic] {
        let sealed = content_key.seal_by(author, &name, b"{}", &mut os_rng());
        let record = StoredRecord { name, sealed };
        let laboratory = trust.authors.of(Category::LabResult);
        assert_eq!(open_record(&content_key, &record, laboratory), Err(OpenError));
        let mut compartment = labs.clone();
        compartment.records.push(record);
        assert!(
            try_every_record(&cardiologist, &trust, &[compartment], &hospital.imported.originals).is_err()
        );
    }
}

#[test]
fn the_cloud_refuses_bad_uploads() {
    let hospital = Hospital::sample();
    let mut rng = os_rng();
    let good = &hospital.imported.compartments[0];
    assert!(accept_upload(good, &hospital.parameters, &mut rng).is_ok());
    let (other_realm, _) = setup("elsewhere", &mut rng).unwrap();
    assert!(accept_upload(good, &other_realm, &mut rng).is_err());
    // The last two rows exchanged: each is a point, but they contradict the others.
    let mut bad = good.clone();
    let end = bad.header.len();
    bad.header[end - 96..].rotate_left(48);
    assert!(accept_upload(&bad, &hospital.parameters, &mut rng).is_err());
}

#[test]
fn other_bytes_than_were_encrypted_stop_the_program() {
    let mut hospital = Hospital::sample();
    let cardiologist = hospital.person(&hospital.attributes(policies::PEOPLE[0].1));
    for text in hospital.imported.originals.values_mut() {
        text.push(' ');
    }
    let Imported { compartments, originals, .. } = &hospital.imported;
    assert!(try_every_record(&cardiologist, &hospital.trust(), compartments, originals).is_err());
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
    let hospital = Hospital::with(resources);
    println!(
        "{} of {} files, {} resources",
        files.len().div_ceil(step),
        files.len(),
        hospital.resources.len()
    );
    for (name, attributes) in policies::PEOPLE {
        let attributes = hospital.attributes(attributes);
        assert_eq!(hospital.attempt(&hospital.person(&attributes)), hospital.predict(&attributes), "{name}");
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

#[test]
fn the_story_is_told_to_its_end() {
    let style = Style::plain();
    assert_eq!(run(Path::new(DEFAULT_BUNDLE), style).unwrap(), 0);

    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), style).is_err(), "nothing to read");
    fs::write(folder.path().join("broken.json"), "{\"resourceType\": ").unwrap();
    assert!(run(folder.path(), style).is_err(), "nothing that can be read");
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::copy(DEFAULT_BUNDLE, folder.path().join("below/good.json")).unwrap();
    fs::write(folder.path().join("notes.txt"), "no FHIR").unwrap();
    assert_eq!(run(folder.path(), style).unwrap(), 1);
    assert!(run(&folder.path().join("absent.json"), style).is_err());
}
