//! Looks for plaintext and secrets where none may be.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Texts shorter than this turn up in random bytes by chance.
const SHORTEST: usize = 6;
/// Of longer ones this much is looked for.
const LONGEST: usize = 64;
/// Bits of the sieve: a power of two.
const SIEVE_BITS: usize = 1 << 22;
const BLOCK: usize = 1 << 20;

/// What is looked for, all at once: every window of [`SHORTEST`] bytes is looked up in a sieve, and what passes in a table.
pub struct Needles {
    sieve: Vec<u64>,
    by_start: HashMap<u64, Vec<Vec<u8>>>,
    pub count: usize,
}

/// A needle that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub file: PathBuf,
    pub position: u64,
    pub needle: Vec<u8>,
}

/// Where was looked, and what was found.
#[derive(Debug, Default)]
pub struct Scan {
    pub files: usize,
    pub bytes: u64,
    pub found: Vec<Found>,
}

impl Needles {
    pub fn new() -> Self {
        Self { sieve: vec![0; SIEVE_BITS / 64], by_start: HashMap::new(), count: 0 }
    }

    /// Looks for these bytes, if they are not too few.
    pub fn add(&mut self, bytes: &[u8]) {
        let needle = &bytes[..bytes.len().min(LONGEST)];
        let Some(start) = start_of(needle) else { return };
        let same_start = self.by_start.entry(start).or_default();
        if same_start.iter().all(|other| other != needle) {
            same_start.push(needle.to_vec());
            self.count += 1;
            let bit = sieve_bit(start);
            self.sieve[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Looks for these bytes as they are, and in the encodings that bytes are hidden in by habit: hexadecimal digits in both
    /// cases, and base64 wherever it may begin.
    pub fn add_encoded(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.add(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().as_bytes());
        self.add(bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>().as_bytes());
        for alphabet in [b"+/", b"-_"] {
            for skipped in 0..3 {
                self.add(&base64_inside(bytes, skipped, alphabet));
            }
        }
    }

    /// Looks through a file, block by block.
    pub fn look_through(&self, path: &Path, scan: &mut Scan) -> io::Result<()> {
        // A name may tell as well.
        self.look_at(path.to_string_lossy().as_bytes(), 0, path, scan);
        let (mut file, mut block, mut before) = (File::open(path)?, Vec::new(), 0);
        loop {
            let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
            self.look_at(&block, before, path, scan);
            if read == 0 {
                break;
            }
            // What begins here may end in the next block.
            let done = block.len().saturating_sub(LONGEST - 1);
            block.drain(..done);
            before += done as u64;
        }
        scan.files += 1;
        scan.bytes += before + block.len() as u64;
        scan.found.sort();
        scan.found.dedup();
        Ok(())
    }

    fn look_at(&self, block: &[u8], before: u64, path: &Path, scan: &mut Scan) {
        let mut window = 0u64;
        for (at, byte) in block.iter().enumerate() {
            window = (window << 8 | u64::from(*byte)) & WINDOW;
            let bit = sieve_bit(window);
            if self.sieve[bit / 64] >> (bit % 64) & 1 == 0 || at + 1 < SHORTEST {
                continue;
            }
            let start = at + 1 - SHORTEST;
            for needle in self.by_start.get(&window).into_iter().flatten() {
                if block[start..].starts_with(needle) {
                    let (file, position) = (path.to_owned(), before + start as u64);
                    scan.found.push(Found { file, position, needle: needle.clone() });
                }
            }
        }
    }
}

const WINDOW: u64 = (1 << (8 * SHORTEST)) - 1;

fn start_of(needle: &[u8]) -> Option<u64> {
    let start = needle.get(..SHORTEST)?;
    Some(start.iter().fold(0, |window, byte| window << 8 | u64::from(*byte)))
}

fn sieve_bit(window: u64) -> usize {
    (window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 42) as usize % SIEVE_BITS
}

/// Base64 of the bytes in a longer text of which this many bytes (0, 1, 2) stand before them: the characters that depend
/// on nothing else.
fn base64_inside(bytes: &[u8], before: usize, last_two: &[u8; 2]) -> Vec<u8> {
    let mut alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').collect();
    alphabet.extend_from_slice(last_two);
    let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    let mut text = Vec::new();
    for group in padded.chunks_exact(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        text.extend([18, 12, 6, 0].map(|shift| alphabet[(bits >> shift & 63) as usize]));
    }
    // 8 or 16 foreign bits reach into the first two or three characters.
    text.drain(..[0, 2, 3][before]);
    text
}

/// Every string in the resources of a FHIR file, as it is and as JSON writes it.
pub fn strings(json: &[u8], texts: &mut BTreeSet<String>) {
    // NDJSON is a stream of values, and so is a bundle.
    for value in serde_json::Deserializer::from_slice(json).into_iter::<Value>().flatten() {
        collect(&value, texts);
    }
}

fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() >= SHORTEST => {
            let written = value.to_string();
            // Without its own quotation marks.
            let written = &written[1..written.len() - 1];
            if written != text {
                texts.insert(written.to_owned());
            }
            texts.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(members) => members.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}
