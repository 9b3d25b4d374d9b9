//! Bulk NDJSON of any size, in batches.

use alloc::vec::Vec;
use core::fmt;
use std::io::{BufRead, Read};

use super::error::{FhirReason, NdjsonError, Stop, line_breaks};
use super::import::{Import, Limits, Part};
use super::labels::LabelTable;

/// A batch is read when it has so many bytes; the line that passes this mark belongs to it.
const BATCH_BYTES: usize = 8 << 20;
/// Or so many lines.
const BATCH_LINES: usize = 4096;

/// Reads bulk NDJSON in batches of up to 4096 lines or 8 MiB and a line. Memory is bounded by that and
/// [`Limits::max_resource_bytes`], however long the stream is.
///
/// Every batch is an [`Import`] with an envelope of its own; their exports one after the other are the stream. References are
/// followed within a batch.
///
/// ```
/// use hippocrypt::fhir::{Limits, NdjsonReader};
///
/// let file = b"{\"resourceType\":\"Patient\",\"id\":\"4711\"}\n{\"resourceType\":\"Device\",\"id\":\"7\"}\n";
/// let mut reader = NdjsonReader::new(&file[..], Limits::default());
/// let mut kinds = Vec::new();
/// while let Some(batch) = reader.next_batch()? {
///     kinds.extend(batch.resources().iter().map(|resource| resource.kind().to_owned()));
/// }
/// assert_eq!(kinds, ["Patient", "Device"]);
/// # Ok::<(), hippocrypt::fhir::NdjsonError>(())
/// ```
pub struct NdjsonReader<R> {
    reader: R,
    limits: Limits,
    table: LabelTable,
    batch: Vec<u8>,
    /// Bytes and lines of the batches before.
    position: u64,
    lines: u64,
    is_done: bool,
}

impl<R: BufRead> NdjsonReader<R> {
    /// A reader with the labels of [`LabelTable::pcf`]. Of the limits [`Limits::max_bytes`] bounds a batch, and all
    /// others are as they are.
    pub fn new(reader: R, limits: Limits) -> Self {
        Self::with_table(reader, limits, LabelTable::pcf())
    }

    /// A reader with the codes of a `table` of one's own.
    pub fn with_table(reader: R, limits: Limits, table: LabelTable) -> Self {
        Self { reader, limits, table, batch: Vec::new(), position: 0, lines: 0, is_done: false }
    }

    /// The next batch; `None` at the end. The batch before is dropped with it.
    ///
    /// # Errors
    /// [`NdjsonError`]. Nothing of the batch is taken in then, and nothing more is read.
    pub fn next_batch(&mut self) -> Result<Option<Import<'_>>, NdjsonError> {
        let part =
            if self.position == 0 && self.batch.is_empty() { Part::FirstLines } else { Part::MoreLines };
        self.position += self.batch.len() as u64;
        self.lines += line_breaks(&self.batch);
        self.batch.clear();
        if self.is_done {
            return Ok(None);
        }
        // Until this batch turns out to be good and not to be the last.
        self.is_done = true;
        let ended = self.fill()?;
        if self.batch.is_empty() {
            return Ok(None);
        }
        let limits = Limits { max_bytes: usize::MAX, ..self.limits.clone() };
        let import = Import::read_part(&self.batch, &limits, &self.table, part)
            .map_err(|stop| stop.in_input(&self.batch, self.position, self.lines))?;
        self.is_done = ended;
        Ok(Some(import))
    }

    /// Reads lines until the batch is full; true at the end of the stream.
    fn fill(&mut self) -> Result<bool, NdjsonError> {
        let full = BATCH_BYTES.min(self.limits.max_bytes);
        let limit = self.limits.max_resource_bytes;
        let most_lines = BATCH_LINES.min(self.limits.max_resources.max(1));
        for _ in 0..most_lines {
            let start = self.batch.len();
            // A line that is too long is not read to its end: the resource, CR and LF, and one byte too many.
            let most = (limit as u64).saturating_add(3);
            let read = Read::by_ref(&mut self.reader).take(most).read_until(b'\n', &mut self.batch)?;
            if read as u64 == most && self.batch.last() != Some(&b'\n') {
                let stop = Stop::new(start, FhirReason::ResourceTooLong { limit });
                return Err(stop.in_input(&self.batch, self.position, self.lines).into());
            }
            if self.batch.last() != Some(&b'\n') {
                return Ok(true);
            }
            if self.batch.len() >= full {
                break;
            }
        }
        Ok(false)
    }
}

/// Where it is.
impl<R> fmt::Debug for NdjsonReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NdjsonReader")
            .field("position", &self.position)
            .field("line", &(self.lines + 1))
            .field("batch", &self.batch.len())
            .finish_non_exhaustive()
    }
}
