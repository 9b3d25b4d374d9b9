//! What one resource says about itself, gathered in one pass over its tokens: labels, category, times, references.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::category;
use super::error::{FhirReason, ProblemKind, Stop};
use super::json::{Raw, Scanner, Token};
use super::labels::{LabelTable, Said, said};
use super::time;
use crate::phr::{RecordCategory, SecurityLabel};

/// When it was true of the patient: the first of these elements that a resource has.
pub(super) const OCCURRED: &[&str] = &[
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "onsetDateTime",
    "onsetPeriod",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "occurredDateTime",
    "occurredPeriod",
    "identifiedDateTime",
    "createdDateTime", // of Media
    "createdPeriod",
    "whenHandedOver",
    "period",
    "started",
    "start", // of appointments
    "servicedDate",
    "servicedPeriod",
    "billablePeriod",
    "startDate",
    "birthDate",
    "authoredOn",
    "dateTime",
    "date",
    "recordedDate",
    "issued",
    "created",
];

/// When it was written down: the first of these elements that a resource has; or else `meta.lastUpdated`.
pub(super) const RECORDED: &[&str] = &[
    "issued",
    "recordedDate",
    "recorded",
    "authoredOn",
    "dateAsserted",
    "assertedDate",
    "dateTime", // of consents
    "date",
    "authored",
    "statusDate",
    "sent",
    "created",
    "receivedTime",
];

/// The elements that say whom a resource is about.
const SUBJECTS: &[&str] = &["subject", "patient", "beneficiary", "for", "individual", "candidate"];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) category: Option<RecordCategory>,
    pub(super) labels: BTreeSet<SecurityLabel>,
    occurred: Option<(usize, i64)>,
    recorded: Option<(usize, i64)>,
    /// It has one of [`SUBJECTS`].
    pub(super) has_subject: bool,
    /// The references in that.
    pub(super) subjects: Vec<Cow<'a, str>>,
    /// All other references.
    pub(super) others: Vec<Cow<'a, str>>,
    pub(super) problems: BTreeSet<ProblemKind>,
}

impl Facts<'_> {
    pub(super) fn occurred(&self) -> Option<i64> {
        self.occurred.map(|(_, seconds)| seconds)
    }

    pub(super) fn recorded(&self) -> Option<i64> {
        self.recorded.map(|(_, seconds)| seconds)
    }
}

/// An object or array that is open, and what is known of it so far.
#[derive(Debug)]
struct Level<'a> {
    /// The element that it stands in: arrays give theirs to what they hold.
    element: Cow<'a, str>,
    system: Option<Cow<'a, str>>,
    code: Option<Cow<'a, str>>,
}

/// Reads the object that comes next, a resource of this type.
pub(super) fn read<'a>(
    scanner: &mut Scanner<'a>,
    resource_type: &str,
    table: &LabelTable,
) -> Result<Facts<'a>, Stop> {
    let mut walk = Walk { resource_type, table, facts: Facts::default(), levels: Vec::new() };
    // The member whose value comes next.
    let mut name = Cow::Borrowed("");
    loop {
        match scanner.next()? {
            Token::Name(next) => {
                if walk.levels.len() == 1 && next == "id" {
                    expect(scanner, b'"', "id", "a string")?;
                }
                name = next;
            }
            Token::ObjectStart | Token::ArrayStart => {
                let inherited = || walk.levels.last().map(|level| level.element.clone()).unwrap_or_default();
                let element = if name.is_empty() { inherited() } else { core::mem::take(&mut name) };
                walk.levels.push(Level { element, system: None, code: None });
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                walk.close();
                if walk.levels.is_empty() {
                    return Ok(walk.facts);
                }
            }
            Token::String(raw) => {
                let element = core::mem::take(&mut name);
                walk.string(&element, raw);
            }
            Token::Scalar => name = Cow::Borrowed(""),
        }
    }
}

/// Fails if the value that comes next does not begin with `first`. (At the end of the input reading goes on, and fails.)
pub(super) fn expect(
    scanner: &mut Scanner<'_>,
    first: u8,
    element: &'static str,
    expected: &'static str,
) -> Result<(), Stop> {
    match scanner.peek() {
        Some(byte) if byte != first => {
            Err(Stop::new(scanner.end(), FhirReason::WrongType { element, expected }))
        }
        _ => Ok(()),
    }
}

struct Walk<'a, 't> {
    resource_type: &'t str,
    table: &'t LabelTable,
    facts: Facts<'a>,
    levels: Vec<Level<'a>>,
}

impl<'a> Walk<'a, '_> {
    /// The element of the resource that is being read, such as `category` or `meta`.
    fn top(&self) -> &str {
        self.levels.get(1).map(|level| level.element.as_ref()).unwrap_or_default()
    }

    /// A string that is the member `name` of an object, or stands in an array.
    fn string(&mut self, name: &str, raw: Raw<'a>) {
        let depth = self.levels.len();
        match name {
            "system" | "code" => {
                if depth == 1 && name == "code" {
                    return; // an element of terminology resources
                }
                if let Some(level) = self.levels.last_mut() {
                    let place = if name == "code" { &mut level.code } else { &mut level.system };
                    *place = Some(raw.text());
                }
            }
            "reference" => self.reference(raw.text()),
            "start" if depth == 2 => self.time_of_top(raw),
            "lastUpdated" if depth == 2 && self.top() == "meta" => {
                self.recorded(RECORDED.len(), raw);
            }
            "id" if depth == 1 => self.facts.id = Some(raw.text()),
            "confidentiality" if depth == 1 && self.resource_type == "Composition" => {
                self.own_label(None, &raw.text());
            }
            _ if depth == 1 => self.time(name, raw),
            _ => {}
        }
    }

    fn reference(&mut self, text: Cow<'a, str>) {
        let subject = self.levels.len() <= 3 && SUBJECTS.contains(&self.top());
        if subject { self.facts.subjects.push(text) } else { self.facts.others.push(text) }
    }

    fn time_of_top(&mut self, raw: Raw<'a>) {
        let top = self.levels.get(1).map(|level| level.element.clone()).unwrap_or_default();
        self.time(&top, raw);
    }

    /// A text that is a time if the element is one.
    fn time(&mut self, element: &str, raw: Raw<'a>) {
        if let Some(rank) = OCCURRED.iter().position(|name| *name == element) {
            match time::seconds(&raw.text()) {
                Some(seconds) => earlier_rank(&mut self.facts.occurred, rank, seconds),
                None => self.problem(ProblemKind::BadTime),
            }
        }
        if let Some(rank) = RECORDED.iter().position(|name| *name == element) {
            self.recorded(rank, raw);
        }
    }

    fn recorded(&mut self, rank: usize, raw: Raw<'a>) {
        match time::seconds(&raw.text()) {
            Some(seconds) => earlier_rank(&mut self.facts.recorded, rank, seconds),
            None => self.problem(ProblemKind::BadTime),
        }
    }

    /// The end of an object or array.
    fn close(&mut self) {
        let Some(Level { element, system, code }) = self.levels.pop() else { return };
        if self.levels.len() == 1 && SUBJECTS.contains(&element.as_ref()) {
            self.facts.has_subject = true;
        }
        let Some(code) = code else { return };
        let depth = self.levels.len();
        let top = self.levels.get(1).map(|level| level.element.as_ref());
        let top = if depth == 1 { element.as_ref() } else { top.unwrap_or_default() };
        if top == "category" && self.facts.category.is_none() {
            self.facts.category = category::by_code(self.resource_type, &code);
        }
        // What a consent speaks of is not what it contains.
        if self.resource_type == "Consent" && top == "provision" {
            return;
        }
        if let Some(system) = &system {
            self.facts.labels.extend(self.table.labels_of(system, &code).cloned());
        }
        let is_label = match element.as_ref() {
            // The array of that name lies between.
            "security" => self.levels.iter().rev().any(|level| level.element == "meta"),
            // The extension that labels a part of a resource; other extensions have codings, too.
            "valueCoding" => system.is_some() && matches!(said(system.as_deref(), &code), Said::Label(_)),
            _ => top == "securityLabel", // of documents
        };
        if is_label {
            self.own_label(system.as_deref(), &code);
        }
    }

    /// A label that the resource bears.
    fn own_label(&mut self, system: Option<&str>, code: &str) {
        match said(system, code) {
            Said::Label(label) => self.facts.labels.extend(SecurityLabel::new(label).ok()),
            Said::Unknown => {
                let known = system.is_some_and(|system| self.table.labels_of(system, code).next().is_some());
                if !known {
                    self.problem(ProblemKind::UnknownLabel);
                }
            }
            Said::Nothing => {}
        }
    }

    fn problem(&mut self, kind: ProblemKind) {
        self.facts.problems.insert(kind);
    }
}

/// Keeps the time of the element that stands first in its list.
fn earlier_rank(kept: &mut Option<(usize, i64)>, rank: usize, seconds: i64) {
    if kept.is_none_or(|(known, _)| rank < known) {
        *kept = Some((rank, seconds));
    }
}
