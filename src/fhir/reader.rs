//! Takes a document apart: which bytes are resources, and what is around them stays.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::error::{FhirReason, Problem, ProblemKind, Stop};
use super::facts::{self, Facts, expect};
use super::import::{Form, Limits};
use super::json::{Scanner, Token};
use super::labels::LabelTable;

/// Bundles within bundles (a batch of searches is answered so) are taken apart down to this depth.
const MAX_BUNDLE_NESTING: usize = 8;

/// A resource as it was read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) range: Range<usize>,
    pub(super) kind: Option<Cow<'a, str>>,
    pub(super) full_url: Option<Cow<'a, str>>,
    pub(super) facts: Facts<'a>,
}

/// Reads a whole input.
pub(super) struct Reader<'a, 't> {
    text: &'a str,
    scanner: Scanner<'a>,
    /// Runs ahead to a resource's type.
    scout: Scanner<'a>,
    limits: &'t Limits,
    table: &'t LabelTable,
    /// Entries of bundles so far, and resources beside bundles.
    counted: usize,
    pub(super) bundle_type: Option<String>,
    pub(super) drafts: Vec<Draft<'a>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a, 't> Reader<'a, 't> {
    pub(super) fn new(text: &'a str, limits: &'t Limits, table: &'t LabelTable) -> Self {
        let scanner = Scanner::new(text, 0, limits.max_depth);
        let scout = Scanner::new(text, 0, limits.max_depth);
        let (drafts, problems) = (Vec::new(), Vec::new());
        Self { text, scanner, scout, limits, table, counted: 0, bundle_type: None, drafts, problems }
    }

    /// Reads everything from `at` on, as what it turns out to be.
    pub(super) fn read(&mut self, at: usize) -> Result<Form, Stop> {
        self.scanner.restart(at);
        if self.scanner.peek().is_none() {
            return Err(Stop::new(self.text.len(), FhirReason::Empty));
        }
        let first = self.document()?;
        let end = self.scanner.end();
        self.scanner.restart(end);
        if self.scanner.peek().is_some() {
            let next = self.scanner.peek_at();
            if self.breaks_line(&first.range) || !self.breaks_line(&(end..next)) {
                return Err(Stop::new(next, FhirReason::Trailing));
            }
            self.lines(end, true)?;
            return Ok(Form::Ndjson);
        }
        if first.is_bundle {
            return Ok(Form::Bundle);
        }
        match self.drafts.first() {
            Some(Draft { kind: None, range, .. }) => Err(Stop::new(range.start, FhirReason::NotFhir)),
            _ => Ok(Form::Resource),
        }
    }

    /// Reads NDJSON from `end` on: the beginning of a line, or with `is_after` the end of a resource.
    pub(super) fn lines(&mut self, mut end: usize, mut is_after: bool) -> Result<(), Stop> {
        loop {
            self.scanner.restart(end);
            if self.scanner.peek().is_none() {
                return Ok(());
            }
            let start = self.scanner.peek_at();
            if is_after && !self.breaks_line(&(end..start)) {
                return Err(Stop::new(start, FhirReason::Trailing));
            }
            let document = self.document()?;
            if self.breaks_line(&document.range) {
                return Err(Stop::new(start, FhirReason::LineBreak));
            }
            (end, is_after) = (document.range.end, true);
        }
    }

    fn breaks_line(&self, range: &Range<usize>) -> bool {
        self.text.as_bytes().get(range.clone()).unwrap_or_default().contains(&b'\n')
    }

    fn document(&mut self) -> Result<Document, Stop> {
        let start = self.scanner.peek_at();
        self.count(start)?;
        let is_bundle = self.resource("a resource", 0)?;
        Ok(Document { range: start..self.scanner.end(), is_bundle })
    }

    /// A resource, or the resources of a bundle (then `true`).
    fn resource(&mut self, element: &'static str, nesting: usize) -> Result<bool, Stop> {
        expect(&mut self.scanner, b'{', element, "an object")?;
        let start = self.scanner.peek_at();
        let kind = self.resource_type(start)?;
        if kind.as_deref() == Some("Bundle") {
            if nesting < MAX_BUNDLE_NESTING {
                self.bundle(nesting)?;
                return Ok(true);
            }
            self.problem(start, ProblemKind::NestedBundle);
        }
        let facts = facts::read(&mut self.scanner, kind.as_deref().unwrap_or_default(), self.table)?;
        let range = start..self.scanner.end();
        if range.len() > self.limits.max_resource_bytes {
            let limit = self.limits.max_resource_bytes;
            return Err(Stop::new(start, FhirReason::ResourceTooLong { limit }));
        }
        if kind.is_none() {
            self.problem(start, ProblemKind::NoResourceType);
        }
        for kind in &facts.problems {
            self.problems.push(Problem { position: start as u64, kind: *kind });
        }
        self.drafts.push(Draft { range, kind, full_url: None, facts });
        Ok(false)
    }

    /// The member `resourceType` of the object at `start`: mostly its first.
    fn resource_type(&mut self, start: usize) -> Result<Option<Cow<'a, str>>, Stop> {
        self.scout.restart(start);
        self.scout.next()?;
        loop {
            match self.scout.next()? {
                Token::Name(name) if name == "resourceType" => {
                    expect(&mut self.scout, b'"', "resourceType", "a string")?;
                    return match self.scout.next()? {
                        Token::String(raw) => Ok(Some(raw.text())),
                        _ => Ok(None),
                    };
                }
                Token::Name(_) => self.scout.skip_value()?,
                _ => return Ok(None),
            }
        }
    }

    fn bundle(&mut self, nesting: usize) -> Result<(), Stop> {
        self.scanner.next()?;
        while let Token::Name(name) = self.scanner.next()? {
            match name.as_ref() {
                "entry" => self.entries(nesting)?,
                "type" if nesting == 0 => {
                    expect(&mut self.scanner, b'"', "type", "a string")?;
                    if let Token::String(raw) = self.scanner.next()? {
                        self.bundle_type = Some(raw.text().into_owned());
                    }
                }
                _ => self.scanner.skip_value()?,
            }
        }
        Ok(())
    }

    fn entries(&mut self, nesting: usize) -> Result<(), Stop> {
        expect(&mut self.scanner, b'[', "entry", "an array")?;
        self.scanner.next()?;
        loop {
            match self.scanner.next()? {
                Token::ObjectStart => self.entry(nesting)?,
                Token::ArrayEnd => return Ok(()),
                _ => {
                    let reason = FhirReason::WrongType { element: "an entry", expected: "an object" };
                    return Err(Stop::new(self.scanner.token_at(), reason));
                }
            }
        }
    }

    /// An entry whose brace was read.
    fn entry(&mut self, nesting: usize) -> Result<(), Stop> {
        let start = self.scanner.token_at();
        self.count(start)?;
        let (mut full_url, mut resource, mut is_explained) = (None, None, false);
        while let Token::Name(name) = self.scanner.next()? {
            match name.as_ref() {
                "fullUrl" => {
                    expect(&mut self.scanner, b'"', "fullUrl", "a string")?;
                    if let Token::String(raw) = self.scanner.next()? {
                        full_url = Some(raw.text());
                    }
                }
                "resource" => {
                    let first = self.drafts.len();
                    is_explained = true;
                    if !self.resource("resource", nesting + 1)? {
                        resource = Some(first);
                    }
                }
                name => {
                    is_explained |= matches!(name, "request" | "response");
                    self.scanner.skip_value()?;
                }
            }
        }
        if !is_explained {
            self.problem(start, ProblemKind::EmptyEntry);
        }
        if let Some(draft) = resource.and_then(|at| self.drafts.get_mut(at)) {
            draft.full_url = full_url;
        }
        Ok(())
    }

    fn count(&mut self, at: usize) -> Result<(), Stop> {
        self.counted += 1;
        if self.counted > self.limits.max_resources {
            return Err(Stop::new(at, FhirReason::TooMany { limit: self.limits.max_resources }));
        }
        Ok(())
    }

    fn problem(&mut self, at: usize, kind: ProblemKind) {
        self.problems.push(Problem { position: at as u64, kind });
    }
}

/// One JSON document of the input.
struct Document {
    range: Range<usize>,
    is_bundle: bool,
}
