//! The records: of each patient of Synthea and of what is about nobody, the official examples, the clinic, and a few records with what those lack.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use hippocrypt::fhir::{self, Import, Limits, Resource};
use hippocrypt::search::text::Terms;
use serde_json::Value;

use crate::plain::Plain;

/// A record, as the library sees it and as it is read here.
pub struct Record {
    pub file: String,
    pub resource: &'static Resource<'static>,
    pub terms: Terms<'static>,
    pub plain: Plain,
}

/// What one index is of.
pub struct Collection {
    pub name: String,
    pub records: Vec<Record>,
}

const CLINIC: &[u8] = include_bytes!("../../examples/data/clinic-bundle.json");
const ODD: &[u8] = include_bytes!("odd.json");

/// All collections. They are read once, and stay.
pub fn corpus() -> &'static [Collection] {
    static CORPUS: OnceLock<Vec<Collection>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut collections = by_patient("synthea-r4");
        collections.push(whole("official", shared("fhir-r4b-official")));
        collections.push(whole("clinic", vec![("clinic-bundle.json".into(), CLINIC)]));
        collections.push(whole("odd", vec![("odd.json".into(), ODD)]));
        collections.retain(|collection| !collection.records.is_empty());
        collections
    })
}

/// Whether the shared data is there; without it little is tested.
pub fn has_shared_data() -> bool {
    corpus().len() > 2
}

/// Names and bytes of the files of a folder of shared test data, if there is one.
fn shared(name: &str) -> Vec<(String, &'static [u8])> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../shared/data", "../../shared/data"].map(|place| folder.join(place).join(name));
    let Some(folder) = places.into_iter().find(|place| place.is_dir()) else {
        println!("skipped: there is no folder ../shared/data/{name}");
        return Vec::new();
    };
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut files: Vec<_> = paths.map(|path| (file(&path), &*fs::read(&path).unwrap().leak())).collect();
    files.sort();
    files
}

/// The records of a file, with the patient of each.
fn records(file: &str, bytes: &'static [u8]) -> Vec<(Option<String>, Record)> {
    let import = Box::leak(Box::new(Import::read(bytes, &Limits::default()).unwrap()));
    let values = resources(serde_json::from_slice(bytes).unwrap());
    assert_eq!(import.resources().len(), values.len(), "{file}");
    let of = |(resource, value): (&'static Resource<'static>, Value)| {
        let record =
            Record { file: file.into(), resource, terms: fhir::terms(resource), plain: Plain::of(&value) };
        (resource.subject().map(Into::into), record)
    };
    import.resources().iter().zip(values).map(of).collect()
}

/// The resources in a file; Bundles are taken apart.
fn resources(value: Value) -> Vec<Value> {
    if value["resourceType"] != "Bundle" {
        return vec![value];
    }
    let entries = value["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().filter_map(|entry| entry.get("resource").cloned()).flat_map(resources).collect()
}

fn by_patient(folder: &str) -> Vec<Collection> {
    let mut patients: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for (file, bytes) in shared(folder) {
        for (patient, record) in records(&file, bytes) {
            patients.entry(patient.unwrap_or_default()).or_default().push(record);
        }
    }
    patients.into_iter().map(|(name, records)| Collection { name, records }).collect()
}

fn whole(name: &str, files: Vec<(String, &'static [u8])>) -> Collection {
    let records = files.iter().flat_map(|(file, bytes)| records(file, bytes)).map(|(_, record)| record);
    Collection { name: name.into(), records: records.collect() }
}
