//! The reading side: a person with a key tries every record there is.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::{Duration, Instant};

use hippocrypt::rand_core::CryptoRng;
use hippocrypt::{
    AttributeKey, AttributeSet, AuthorId, ContentKey, Header, MasterKey, OpenError, PublicParameters,
    RecordId,
};

use crate::category::Category;
use crate::vault::{Compartment, KnownAuthors, StoredRecord, context};

pub struct Person {
    pub name: String,
    pub key: AttributeKey,
}

/// What a person needs besides the key: the public parameters, and whom to believe.
#[derive(Clone, Copy)]
pub struct Trust<'a> {
    pub parameters: &'a PublicParameters,
    pub authors: KnownAuthors,
}

impl Person {
    /// The authority issues the key; the person checks it on arrival.
    pub fn new(
        name: &str,
        attributes: &AttributeSet,
        master: &MasterKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Box<dyn Error>> {
        let key = master.issue(attributes, rng)?;
        if !key.verify(master.public_parameters(), rng) {
            return Err("the key is not what the authority issues for these attributes".into());
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// Opens a compartment with the attribute key: the one costly step, once for all its records.
    pub fn open(&self, trust: &Trust<'_>, compartment: &Compartment) -> Result<ContentKey, OpenError> {
        let header = Header::from_bytes(&compartment.header).map_err(|_| OpenError)?;
        let context = context(&compartment.handle, compartment.category);
        self.key.open(trust.parameters, &header, &context)
    }
}

/// Opens one record of an opened compartment, and believes it only if `author` has signed it.
pub fn open_record(
    content_key: &ContentKey,
    record: &StoredRecord,
    author: AuthorId,
) -> Result<Vec<u8>, OpenError> {
    let (plaintext, _) = content_key.open_from(&[author], &record.name, &record.sealed)?;
    Ok(plaintext)
}

/// One cell of the table: records that were opened, of those that were tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    pub opened: usize,
    pub tried: usize,
}

/// What one person could open of each category, and how long it took.
#[derive(Debug, Default)]
pub struct Attempts {
    pub cells: BTreeMap<Category, Cell>,
    pub headers_opened: usize,
    pub headers_refused: usize,
    pub opening_headers: Duration,
    pub refused_headers: Duration,
    pub opening_records: Duration,
}

impl Attempts {
    pub fn total(&self) -> Cell {
        self.cells.values().fold(Cell::default(), |sum, cell| Cell {
            opened: sum.opened + cell.opened,
            tried: sum.tried + cell.tried,
        })
    }
}

/// Tries every record of `compartments`. What opens must be what was encrypted, to the byte: anything
/// else is an error, and so is a signature that does not verify.
pub fn try_every_record<'a>(
    person: &Person,
    trust: &Trust<'_>,
    compartments: impl IntoIterator<Item = &'a Compartment>,
    originals: &HashMap<RecordId, String>,
) -> Result<Attempts, Box<dyn Error>> {
    let mut attempts = Attempts::default();
    for compartment in compartments {
        let cell = attempts.cells.entry(compartment.category).or_default();
        cell.tried += compartment.records.len();
        let start = Instant::now();
        let content_key = match person.open(trust, compartment) {
            Ok(content_key) => content_key,
            Err(_) => {
                attempts.headers_refused += 1;
                attempts.refused_headers += start.elapsed();
                continue;
            }
        };
        attempts.headers_opened += 1;
        attempts.opening_headers += start.elapsed();
        let author = trust.authors.of(compartment.category);
        for record in &compartment.records {
            let start = Instant::now();
            let opened = open_record(&content_key, record, author);
            attempts.opening_records += start.elapsed();
            let name = record.name.id;
            match opened {
                Ok(plaintext) if originals.get(&name).is_some_and(|text| text.as_bytes() == plaintext) => {
                    cell.opened += 1;
                }
                Ok(_) => return Err(format!("record {name} opens to other bytes than were encrypted").into()),
                Err(OpenError) => {
                    return Err(format!("record {name} is damaged, or not signed by its author").into());
                }
            }
        }
    }
    Ok(attempts)
}
