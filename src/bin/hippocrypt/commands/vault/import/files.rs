//! Which files there are, and what they look like.

use std::fs;
use std::path::{Path, PathBuf};

use hippocrypt::phr::RecordCategory;

use crate::failure::{Failure, named};
use crate::input::is_dash;

/// A file to import.
pub struct Found {
    pub path: PathBuf,
    /// Its size; `None` of standard input.
    pub bytes: Option<u64>,
    /// Whether to take it as it is, whatever it looks like.
    pub as_it_is: bool,
}

/// The files that are named, and those in folders, in the order of their names; hidden ones are left out.
pub fn find(inputs: &[PathBuf], attach: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    inputs.iter().try_for_each(|path| walk(path, false, &mut found))?;
    attach.iter().try_for_each(|path| walk(path, true, &mut found))?;
    Ok(found)
}

fn walk(path: &Path, as_it_is: bool, found: &mut Vec<Found>) -> Result<(), Failure> {
    if is_dash(path) {
        found.push(Found { path: path.to_owned(), bytes: None, as_it_is });
        return Ok(());
    }
    let fail = |error| named("read", &path.display().to_string(), error);
    let metadata = fs::metadata(path).map_err(fail)?;
    if !metadata.is_dir() {
        let bytes = metadata.is_file().then_some(metadata.len());
        found.push(Found { path: path.to_owned(), bytes, as_it_is });
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            inside.push(entry.path());
        }
    }
    inside.sort();
    inside.iter().try_for_each(|path| walk(path, as_it_is, found))
}

/// How much of a file tells what it is.
pub const BEGINNING: u64 = 4096;

/// Whether a file that begins so is JSON, and so FHIR.
pub fn is_json(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    text.trim_ascii_start().first() == Some(&b'{')
}

/// Whether the name says that resources stand one a line.
pub fn is_ndjson(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "ndjson" || extension == "jsonl")
}

/// What a file that begins so is taken for: its category, and its media type.
pub fn kind_of(beginning: &[u8]) -> (RecordCategory, &'static str) {
    let at =
        |offset: usize, magic: &[u8]| beginning.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if at(128, b"DICM") {
        (RecordCategory::Imaging, "application/dicom")
    } else if at(0, b"%PDF-") {
        (RecordCategory::Note, "application/pdf")
    } else if at(0, b"\x89PNG\r\n") {
        (RecordCategory::Imaging, "image/png")
    } else if at(0, b"\xff\xd8\xff") {
        (RecordCategory::Imaging, "image/jpeg")
    } else if at(0, b"MSH|") {
        (RecordCategory::Other, "x-application/hl7-v2+er7")
    } else {
        (RecordCategory::Other, "application/octet-stream")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_beginning() {
        assert!(is_json(b"\xef\xbb\xbf \r\n{\"resourceType\"") && is_json(b"{"));
        assert!(!is_json(b"[1]") && !is_json(b"") && !is_json(b"%PDF-1.4 {"));
        let dicom = [&[0; 128][..], b"DICM\x02\x00"].concat();
        assert_eq!(kind_of(&dicom), (RecordCategory::Imaging, "application/dicom"));
        assert_eq!(kind_of(b"%PDF-1.4"), (RecordCategory::Note, "application/pdf"));
        assert_eq!(kind_of(b"anything").1, "application/octet-stream");
        assert!(is_ndjson(Path::new("a/b.ndjson")) && !is_ndjson(Path::new("a/ndjson")));
    }
}
