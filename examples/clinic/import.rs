//! FHIR files become records, each of its patient; what was written is remembered, to compare with what is read.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use hippocrypt::fhir::{ENVELOPE_TYPE, Import, Limits};
use hippocrypt::phr::{Description, PatientHandle, RecordCategory, SecurityLabel};
use hippocrypt::{RecordName, os_rng};

use crate::clinic::Clinic;

/// A FHIR file of the hospital's.
pub struct Source {
    pub bytes: Vec<u8>,
}

/// A record as it was written.
pub struct Written {
    pub patient: PatientHandle,
    pub category: RecordCategory,
    pub labels: BTreeSet<SecurityLabel>,
    pub content: Vec<u8>,
}

/// What the hospital knows, and the cloud does not.
#[derive(Default)]
pub struct Ledger {
    pub records: BTreeMap<RecordName, Written>,
    /// Patients by the name that FHIR has for them.
    pub handles: BTreeMap<String, PatientHandle>,
    /// Each imported file (by its number), with the record of its envelope.
    pub files: Vec<RecordName>,
}

/// Every FHIR file under `path`, and what cannot be read.
pub fn sources(path: &Path) -> Result<(Vec<Source>, Vec<String>), Box<dyn Error>> {
    let mut files = Vec::new();
    if fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.is_dir() {
        crate::folder::walk(path, &mut files)?;
        files.retain(|file| {
            let extension = file.extension().and_then(|extension| extension.to_str());
            matches!(extension, Some("json" | "ndjson" | "jsonl"))
        });
        files.sort();
    } else {
        files.push(path.to_owned());
    }
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = fs::read(&path)?;
        match Import::read(&bytes, &Limits::default()) {
            Ok(import) if !import.resources().is_empty() => sources.push(Source { bytes }),
            Ok(_) => problems.push(format!("{}: there is no resource in it", path.display())),
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    if sources.is_empty() {
        problems.push(format!("no FHIR resource found in {}", path.display()));
        return Err(problems.join("\n").into());
    }
    Ok((sources, problems))
}

/// The file with `text` as a string in every resource.
pub fn plant(bytes: &[u8], text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let import = Import::read(bytes, &Limits::default())?;
    let (mut planted, mut end) = (Vec::new(), 0);
    for resource in import.resources() {
        // After the first brace; under a name that the resource does not have yet.
        let start = usize::try_from(resource.position())? + 1;
        let has = |name: &str| resource.bytes().windows(name.len()).any(|window| window == name.as_bytes());
        let name = if has("\"implicitRules\"") { "canary" } else { "implicitRules" };
        let is_empty = resource.bytes()[1..].trim_ascii_start() == b"}";
        planted.extend_from_slice(&bytes[end..start]);
        planted.extend_from_slice(format!("\"{name}\":\"{text}\"").as_bytes());
        planted.extend_from_slice(if is_empty { b"" } else { b"," });
        end = start;
    }
    planted.extend_from_slice(&bytes[end..]);
    Ok(planted)
}

impl Clinic {
    /// A file becomes records: one for each resource, one for all the rest of the file. How many resources.
    pub fn import(&mut self, file: &[u8]) -> Result<usize, Box<dyn Error>> {
        let import = Import::read(file, &Limits::default())?;
        let subjects: BTreeSet<&str> =
            import.resources().iter().filter_map(|resource| resource.subject()).collect();
        // What is about nobody goes with the patient of the file, if it has one alone.
        let rest = match subjects.first() {
            Some(only) if subjects.len() == 1 => self.handle(only),
            _ => self.house,
        };
        let mut ids = Vec::new();
        for resource in import.resources() {
            let patient = resource.subject().map_or(rest, |subject| self.handle(subject));
            let name = self.write("records-office", &patient, resource.description(), resource.bytes())?;
            ids.push(name.id);
        }
        let envelope = import.envelope(|index| ids[index]).to_bytes();
        let description = Description::new(RecordCategory::Other, ENVELOPE_TYPE);
        let name = self.write("records-office", &rest, &description, &envelope)?;
        self.ledger.files.push(name);
        self.send("records-office")?;
        Ok(ids.len())
    }

    /// The name that the cloud knows a patient by.
    fn handle(&mut self, subject: &str) -> PatientHandle {
        let handles = &mut self.ledger.handles;
        *handles.entry(subject.to_owned()).or_insert_with(|| PatientHandle::random(&mut os_rng()))
    }
}
