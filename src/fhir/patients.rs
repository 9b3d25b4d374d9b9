//! Whose record each resource is: follows its references to a patient, within what was read together.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::error::ProblemKind;
use super::reader::Draft;

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// A patient of this name.
    Patient(String),
    /// This resource, which is no patient.
    Other(usize),
    /// Two things.
    Ambiguous,
    /// Nothing that was read; it names a patient all the same.
    Dangling(String),
    /// Nothing that was read, and it names no patient.
    Unknown,
}

/// For each resource the name of its patient, and what is to be told about it.
pub(super) fn subjects(drafts: &[Draft<'_>]) -> Vec<(Option<String>, Option<ProblemKind>)> {
    let names = Names::of(drafts);
    let direct: Vec<_> = drafts.iter().enumerate().map(|(at, draft)| names.direct(at, draft)).collect();
    let follow = |(at, draft): (usize, &Draft<'_>)| {
        let is_direct = draft.facts.has_subject || draft.kind.as_deref() == Some("Patient");
        match direct.get(at) {
            Some(found) if is_direct => found.clone(),
            _ => names.mentioned(draft, &direct),
        }
    };
    drafts.iter().enumerate().map(follow).collect()
}

type Found = (Option<String>, Option<ProblemKind>);

struct Names<'d> {
    /// The patient's name of each resource that is a patient.
    patients: HashMap<usize, String>,
    by_url: HashMap<&'d str, Target>,
    /// By type and id: `Patient/123`.
    by_id: HashMap<String, Target>,
}

impl<'d> Names<'d> {
    fn of(drafts: &'d [Draft<'_>]) -> Self {
        let mut names = Self { patients: own_names(drafts), by_url: HashMap::new(), by_id: HashMap::new() };
        for (at, draft) in drafts.iter().enumerate() {
            let target = match names.patients.get(&at) {
                Some(name) => Target::Patient(name.clone()),
                None => Target::Other(at),
            };
            if let Some(url) = draft.full_url.as_deref() {
                insert(&mut names.by_url, url, target.clone());
            }
            if let Some((kind, id)) = draft.kind.as_deref().zip(draft.facts.id.as_deref()) {
                insert(&mut names.by_id, format!("{kind}/{id}"), target);
            }
        }
        names
    }

    /// The patient of a resource that is one, or says in an element of its own whom it is about.
    fn direct(&self, at: usize, draft: &Draft<'_>) -> Found {
        if draft.kind.as_deref() == Some("Patient") {
            let name = self.patients.get(&at).cloned();
            let problem = name.is_none().then_some(ProblemKind::UnclearSubject);
            return (name, problem);
        }
        if !draft.facts.has_subject {
            return (None, None);
        }
        let mut patients = BTreeSet::new();
        let mut problem = draft.facts.subjects.is_empty().then_some(ProblemKind::UnclearSubject);
        for reference in &draft.facts.subjects {
            match self.resolve(reference, draft.full_url.as_deref()) {
                Target::Patient(name) => {
                    patients.insert(name);
                }
                Target::Dangling(name) => {
                    // Outside a bundle every reference leads elsewhere.
                    if name.starts_with("urn:") {
                        problem = Some(ProblemKind::DanglingSubject);
                    }
                    patients.insert(name);
                }
                Target::Ambiguous => problem = Some(ProblemKind::UnclearSubject),
                Target::Unknown if reference.starts_with('#') => problem = Some(ProblemKind::UnclearSubject),
                Target::Other(_) | Target::Unknown => {}
            }
        }
        one_of(patients, problem)
    }

    /// The only patient whom a resource mentions, itself or through what it refers to.
    fn mentioned(&self, draft: &Draft<'_>, direct: &[Found]) -> Found {
        let mut patients = BTreeSet::new();
        for reference in &draft.facts.others {
            match self.resolve(reference, draft.full_url.as_deref()) {
                Target::Patient(name) => {
                    patients.insert(name);
                }
                Target::Dangling(name) if !name.starts_with("urn:") => {
                    patients.insert(name);
                }
                Target::Other(at) => patients.extend(direct.get(at).and_then(|(name, _)| name.clone())),
                Target::Dangling(_) | Target::Ambiguous | Target::Unknown => {}
            }
        }
        one_of(patients, None)
    }

    /// Follows a reference of a resource that is called `from`.
    fn resolve(&self, reference: &str, from: Option<&str>) -> Target {
        let reference = reference.split_once("/_history/").map_or(reference, |(current, _)| current);
        if reference.starts_with('#') {
            return Target::Unknown;
        }
        let is_relative = !is_on_server(reference) && !reference.starts_with("urn:");
        let base = base_of(from).filter(|_| is_relative);
        let absolute = base.map_or(Cow::Borrowed(reference), |base| Cow::Owned(format!("{base}{reference}")));
        let known = self.by_url.get(absolute.as_ref());
        let known = known.or_else(|| self.by_id.get(reference).filter(|_| is_relative && base.is_none()));
        match known {
            Some(target) => target.clone(),
            None if names_patient(&absolute) => Target::Dangling(absolute.into_owned()),
            None => Target::Unknown,
        }
    }
}

fn insert<K: std::hash::Hash + Eq>(table: &mut HashMap<K, Target>, key: K, target: Target) {
    match table.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(target);
        }
        // Versions of one patient are one patient.
        Entry::Occupied(mut entry) if *entry.get() != target => {
            entry.insert(Target::Ambiguous);
        }
        Entry::Occupied(_) => {}
    }
}

fn one_of(patients: BTreeSet<String>, problem: Option<ProblemKind>) -> Found {
    if patients.len() > 1 {
        return (None, Some(ProblemKind::SeveralPatients));
    }
    (patients.into_iter().next(), problem)
}

/// What the patients are called: the URL on their server where that is known, or else `Patient/` and the id, or else
/// the entry's URL. Two of one id in different entries are called by their entries, lest they become one person.
fn own_names(drafts: &[Draft<'_>]) -> HashMap<usize, String> {
    let mut names: HashMap<usize, String> = HashMap::new();
    let mut entries: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.kind.as_deref() == Some("Patient"))
    {
        let url = draft.full_url.as_deref();
        let by_id = || draft.facts.id.as_deref().map(|id| format!("Patient/{id}"));
        let name = match base_of(url) {
            Some(_) => url.map(String::from),
            None => by_id().or_else(|| url.map(String::from)),
        };
        if let Some(name) = name {
            entries.entry(name.clone()).or_default().extend(url);
            names.insert(at, name);
        }
    }
    for (at, name) in &mut names {
        let url = drafts.get(*at).and_then(|draft| draft.full_url.as_deref());
        if entries.get(name.as_str()).is_some_and(|urls| urls.len() > 1) {
            *name = url.unwrap_or(name.as_str()).into();
        }
    }
    names
}

/// Whether a reference that leads out of what was read names a patient: by id, or (in transactions) by what identifies him.
/// A `urn:` does not say what it names.
fn names_patient(reference: &str) -> bool {
    let on_server = reference.contains("/Patient/") || reference.contains("/Patient?");
    let relative = reference.starts_with("Patient/") || reference.starts_with("Patient?");
    relative || reference.starts_with("urn:") || is_on_server(reference) && on_server
}

fn is_on_server(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// `https://example.com/fhir/` of `https://example.com/fhir/Observation/1`: relative references start there.
fn base_of(full_url: Option<&str>) -> Option<&str> {
    let url = full_url.filter(|url| is_on_server(url))?;
    let (parent, _id) = url.rsplit_once('/')?;
    let (base, _resource_type) = parent.rsplit_once('/')?;
    url.get(..=base.len())
}
