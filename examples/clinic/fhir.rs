//! Reads FHIR: bundles of every type, single resources, and NDJSON. Every resource keeps the exact
//! bytes it came in, so that what is opened later is what was signed, to the byte.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::category::Category;

/// Bundles within bundles (a batch of searches answers so) are taken apart down to this depth.
const MAX_BUNDLE_DEPTH: usize = 8;

/// One resource as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub category: Category,
    /// Whose record it is, as the FHIR server names the patient; `None` for what is about no patient,
    /// such as a practitioner or an organization.
    pub patient: Option<String>,
    /// The JSON text of the resource, unchanged.
    pub text: String,
}

/// Something that could not be read. The rest goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// Line and column, from 1; `None` if the file could not be read at all.
    pub position: Option<(usize, usize)>,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// The FHIR files under `path`, in alphabetical order: the file itself, or every `.json`, `.ndjson`
/// and `.jsonl` of a folder and its subfolders.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Does not follow links, so that a link to a parent folder cannot make a circle.
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if is_json(&entry.path()) || is_ndjson(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

fn is_json(path: &Path) -> bool {
    has_extension(path, "json")
}

fn is_ndjson(path: &Path) -> bool {
    has_extension(path, "ndjson") || has_extension(path, "jsonl")
}

/// The resources of one file; what cannot be read is added to `problems`.
pub fn read_file(path: &Path, problems: &mut Vec<Problem>) -> Vec<Resource> {
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => read(&name, &bytes, is_ndjson(path), problems),
        Err(error) => {
            problems.push(Problem { file: name, position: None, reason: error.to_string() });
            Vec::new()
        }
    }
}

/// The resources in `bytes`, which `file` names in problems; with `ndjson` one in each line.
pub fn read(file: &str, bytes: &[u8], ndjson: bool, problems: &mut Vec<Problem>) -> Vec<Resource> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes); // a byte order mark
    let mut reader = Reader { file, bytes, problems, resources: Vec::new(), patients: HashMap::new() };
    match std::str::from_utf8(bytes) {
        Err(error) => reader.problem(error.valid_up_to(), "this is not UTF-8 text"),
        Ok(text) if ndjson => {
            for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
                reader.document(line);
            }
        }
        Ok(text) => reader.document(text),
    }
    reader.resources
}

/// The elements of a JSON object, each as the text it came in.
type Elements<'a> = HashMap<String, &'a RawValue>;

struct Reader<'a> {
    file: &'a str,
    bytes: &'a [u8],
    problems: &'a mut Vec<Problem>,
    resources: Vec<Resource>,
    /// What the entries of the bundle are called (`fullUrl`), and the patient that is meant, if one is.
    patients: HashMap<String, Option<String>>,
}

impl<'a> Reader<'a> {
    fn document(&mut self, text: &'a str) {
        if let Some(elements) = self.parsed(text, serde_json::from_str(text)) {
            self.resource(text.trim(), &elements, None, 0);
        }
    }

    /// A resource, or the resources of a bundle. `text` is the exact text of `elements`.
    fn resource(&mut self, text: &'a str, elements: &Elements<'a>, full_url: Option<&str>, depth: usize) {
        let Some(resource_type) = string(elements, "resourceType") else {
            return self
                .problem(self.offset(text), "this object has no `resourceType`: it is no FHIR resource");
        };
        if resource_type == "Bundle" {
            return self.bundle(text, elements, depth);
        }
        let category = Category::of(&resource_type, &value(elements, "category"));
        let patient = match resource_type.as_str() {
            "Patient" => own_name(elements, full_url),
            _ => self.subject(elements, full_url),
        };
        self.resources.push(Resource { category, patient, text: text.to_owned() });
    }

    fn bundle(&mut self, text: &'a str, elements: &Elements<'a>, depth: usize) {
        if depth == MAX_BUNDLE_DEPTH {
            return self.problem(self.offset(text), "too many bundles within bundles");
        }
        // A bundle without entries is legal.
        let Some(entries) = elements.get("entry") else { return };
        let text = entries.get();
        let Some(entries) = self.parsed::<Vec<&'a RawValue>>(text, serde_json::from_str(text)) else {
            return;
        };
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(entry) = self.elements(entry) else { continue };
            // An entry may be a mere request or response.
            let Some(resource) = entry.get("resource") else { continue };
            let Some(elements) = self.elements(resource) else { continue };
            found.push((string(&entry, "fullUrl"), resource.get(), elements));
        }
        // References lead forwards as well as backwards: first all names, then the resources.
        for (full_url, _, elements) in &found {
            if let Some(url) = full_url {
                let is_patient = string(elements, "resourceType").as_deref() == Some("Patient");
                let patient = is_patient.then(|| own_name(elements, Some(url))).flatten();
                self.patients.insert(url.clone(), patient);
            }
        }
        for (full_url, text, elements) in &found {
            self.resource(text, elements, full_url.as_deref(), depth + 1);
        }
    }

    /// The patient whom a resource refers to.
    fn subject(&self, elements: &Elements<'a>, full_url: Option<&str>) -> Option<String> {
        let element =
            ["subject", "patient", "beneficiary", "for"].iter().find(|name| elements.contains_key(**name))?;
        let reference = value(elements, element);
        let reference = reference["reference"].as_str()?;
        let reference = reference.split_once("/_history/").map_or(reference, |(current, _)| current);
        let absolute = match base_of(full_url) {
            Some(base) if reference.starts_with("Patient/") => format!("{base}{reference}"),
            _ => reference.to_owned(),
        };
        if let Some(entry) = self.patients.get(&absolute) {
            return entry.clone();
        }
        let names_patient = absolute.starts_with("Patient/")
            || absolute.starts_with("urn:")
            || (absolute.starts_with("http") && absolute.contains("/Patient/"));
        names_patient.then_some(absolute)
    }

    fn elements(&mut self, object: &'a RawValue) -> Option<Elements<'a>> {
        self.parsed(object.get(), serde_json::from_str(object.get()))
    }

    /// What became of `text`, a part of the file; an error is reported with its place in the file.
    fn parsed<T>(&mut self, text: &str, result: serde_json::Result<T>) -> Option<T> {
        match result {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let line_start = match error.line().checked_sub(2) {
                    Some(nth) => text.match_indices('\n').nth(nth).map_or(0, |(at, _)| at + 1),
                    None => 0,
                };
                let reason = error.to_string();
                let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
                self.problem(self.offset(text) + line_start + error.column().saturating_sub(1), reason);
                None
            }
        }
    }

    /// Where in the file a part of it begins.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.bytes.as_ptr().addr())
    }

    fn problem(&mut self, offset: usize, reason: &str) {
        let before = &self.bytes[..offset.min(self.bytes.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let (file, position) = (self.file.to_owned(), Some((line, column)));
        self.problems.push(Problem { file, position, reason: reason.to_owned() });
    }
}

fn value(elements: &Elements<'_>, name: &str) -> Value {
    elements.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn string(elements: &Elements<'_>, name: &str) -> Option<String> {
    elements.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// What references to a patient say: the URL of his server's resource, or `Patient/` and the id.
fn own_name(patient: &Elements<'_>, full_url: Option<&str>) -> Option<String> {
    let url = full_url.map(str::to_owned);
    if base_of(full_url).is_some() {
        return url;
    }
    string(patient, "id").map(|id| format!("Patient/{id}")).or(url)
}

/// `https://example.com/fhir/` of `https://example.com/fhir/Observation/1`: relative references start there.
fn base_of(full_url: Option<&str>) -> Option<&str> {
    let url = full_url.filter(|url| url.starts_with("http"))?;
    let (parent, _id) = url.rsplit_once('/')?;
    let (base, _resource_type) = parent.rsplit_once('/')?;
    url.get(..=base.len())
}
