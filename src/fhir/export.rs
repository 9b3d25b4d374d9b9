//! Resources in another form than the one they came in. Their bytes stay what they are.

use alloc::vec::Vec;
use std::io::Write;

use super::error::{ExportError, FhirReason, Stop};
use super::json::{Scanner, Token};

/// Writes a Bundle of type collection around resources, whose bytes it does not touch.
///
/// The entries have no `fullUrl`: what a resource was called in another Bundle is in that one's envelope.
///
/// # Errors
/// [`ExportError::NotAResource`] if one of them is not exactly one JSON object, which could change the Bundle around it;
/// [`ExportError::Io`]. What was written then is of no use.
pub fn write_collection<B: AsRef<[u8]>>(
    out: &mut impl Write,
    resources: impl IntoIterator<Item = B>,
) -> Result<(), ExportError> {
    out.write_all(b"{\"resourceType\":\"Bundle\",\"type\":\"collection\"")?;
    let mut is_empty = true;
    for (index, resource) in resources.into_iter().enumerate() {
        let resource = one_object(index, resource.as_ref())?;
        out.write_all(if is_empty { b",\"entry\":[" } else { b"," })?;
        out.write_all(b"{\"resource\":")?;
        out.write_all(resource)?;
        out.write_all(b"}")?;
        is_empty = false;
    }
    // FHIR knows no empty arrays.
    out.write_all(if is_empty { b"}" } else { b"]}" })?;
    Ok(())
}

/// A Bundle of type collection around resources: [`write_collection`] into memory.
///
/// # Errors
/// See [`write_collection`].
pub fn collection<B: AsRef<[u8]>>(resources: impl IntoIterator<Item = B>) -> Result<Vec<u8>, ExportError> {
    let mut bundle = Vec::new();
    write_collection(&mut bundle, resources)?;
    Ok(bundle)
}

/// Writes resources as NDJSON, one a line, and returns which of them (by index, from 0) had to be changed for it.
///
/// A resource without a line break keeps its bytes. One with line breaks, which JSON allows between tokens alone, has a space in
/// place of each CR and LF: the same JSON, of the same length, with another SHA-256.
///
/// # Errors
/// See [`write_collection`].
pub fn write_ndjson<B: AsRef<[u8]>>(
    out: &mut impl Write,
    resources: impl IntoIterator<Item = B>,
) -> Result<Vec<usize>, ExportError> {
    let mut changed = Vec::new();
    for (index, resource) in resources.into_iter().enumerate() {
        let resource = one_object(index, resource.as_ref())?;
        let breaks = |byte: u8| byte == b'\n' || byte == b'\r';
        if resource.iter().any(|byte| breaks(*byte)) {
            let line: Vec<u8> =
                resource.iter().map(|byte| if breaks(*byte) { b' ' } else { *byte }).collect();
            out.write_all(&line)?;
            changed.push(index);
        } else {
            out.write_all(resource)?;
        }
        out.write_all(b"\n")?;
    }
    Ok(changed)
}

/// Resources as NDJSON, and which of them had to be changed for it: [`write_ndjson`] into memory.
///
/// # Errors
/// See [`write_collection`].
pub fn ndjson<B: AsRef<[u8]>>(
    resources: impl IntoIterator<Item = B>,
) -> Result<(Vec<u8>, Vec<usize>), ExportError> {
    let mut lines = Vec::new();
    let changed = write_ndjson(&mut lines, resources)?;
    Ok((lines, changed))
}

/// The resource, if it is one JSON object and nothing else.
fn one_object(index: usize, resource: &[u8]) -> Result<&[u8], ExportError> {
    let check = || {
        let text = core::str::from_utf8(resource)
            .map_err(|error| Stop::new(error.valid_up_to(), FhirReason::NotUtf8))?;
        // How deep it may be was decided when it came in.
        let mut scanner = Scanner::new(text, 0, usize::MAX);
        if scanner.next()? != Token::ObjectStart {
            let reason = FhirReason::WrongType { element: "a resource", expected: "an object" };
            return Err(Stop::new(0, reason));
        }
        while scanner.depth() > 0 {
            scanner.next()?;
        }
        match scanner.peek() {
            Some(_) => Err(Stop::new(scanner.end(), FhirReason::Trailing)),
            None => Ok(()),
        }
    };
    let fail = |stop: Stop| ExportError::NotAResource { index, error: stop.in_input(resource, 0, 0) };
    check().map(|()| resource).map_err(fail)
}
