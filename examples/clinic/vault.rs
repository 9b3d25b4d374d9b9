//! The writing side: sorts resources into compartments, encrypts and signs them, and hands the bytes
//! to a cloud that sees no plaintext, no key and no patient's name.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::{Duration, Instant};

use hippocrypt::rand_core::CryptoRng;
use hippocrypt::{AuthorId, AuthorKey, ContentKey, Header, PublicParameters, RecordId, RecordName, Schema};

use crate::category::Category;
use crate::fhir::Resource;

/// One compartment as the cloud stores it: a header, and the records that the same people may read.
#[derive(Clone)]
pub struct Compartment {
    /// Whose records these are: a random handle, which means nothing outside the hospital.
    pub handle: String,
    pub category: Category,
    pub header: Vec<u8>,
    pub records: Vec<StoredRecord>,
}

#[derive(Clone)]
pub struct StoredRecord {
    pub name: RecordName,
    pub sealed: Vec<u8>,
}

/// What a compartment is bound to: its header opens for whoever names the same patient and category,
/// so that the cloud cannot serve one patient's records as another's.
pub fn context(handle: &str, category: Category) -> Vec<u8> {
    format!("clinic records/{handle}/{}", category.name()).into_bytes()
}

/// Those who write records; each signs with a key of his own.
pub struct Authors {
    pub laboratory: AuthorKey,
    pub clinic: AuthorKey,
}

/// The public half, which readers keep: whose signature they want to see under which category.
#[derive(Clone, Copy)]
pub struct KnownAuthors {
    laboratory: AuthorId,
    clinic: AuthorId,
}

impl Authors {
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self { laboratory: AuthorKey::generate(rng), clinic: AuthorKey::generate(rng) }
    }

    fn of(&self, category: Category) -> &AuthorKey {
        match category {
            Category::LabResult => &self.laboratory,
            _ => &self.clinic,
        }
    }

    pub fn known(&self) -> KnownAuthors {
        KnownAuthors { laboratory: self.laboratory.id(), clinic: self.clinic.id() }
    }
}

impl KnownAuthors {
    pub fn of(&self, category: Category) -> AuthorId {
        match category {
            Category::LabResult => self.laboratory,
            _ => self.clinic,
        }
    }
}

/// What the encryption cost.
#[derive(Debug, Default)]
pub struct Cost {
    pub plaintext_bytes: usize,
    pub headers: Duration,
    pub records: Duration,
}

/// An import that is going on: the compartments of all patients stay open until its end.
pub struct Import<'a> {
    parameters: &'a PublicParameters,
    schema: &'a Schema,
    authors: &'a Authors,
    handles: HashMap<Option<String>, String>,
    open: BTreeMap<(String, Category), (Compartment, ContentKey)>,
    originals: HashMap<RecordId, String>,
    cost: Cost,
}

/// A finished import.
pub struct Imported {
    /// What the cloud has.
    pub compartments: Vec<Compartment>,
    /// The resource behind each record, for the comparison in the end. It stays at home.
    pub originals: HashMap<RecordId, String>,
    /// The handle of each patient; `None` stands for what is about no patient. It stays at home, too.
    pub handles: HashMap<Option<String>, String>,
    pub cost: Cost,
}

impl<'a> Import<'a> {
    pub fn new(parameters: &'a PublicParameters, schema: &'a Schema, authors: &'a Authors) -> Self {
        Self {
            parameters,
            schema,
            authors,
            handles: HashMap::new(),
            open: BTreeMap::new(),
            originals: HashMap::new(),
            cost: Cost::default(),
        }
    }

    /// Encrypts one resource into the compartment of its patient and category.
    pub fn add(&mut self, resource: Resource, rng: &mut impl CryptoRng) -> Result<(), Box<dyn Error>> {
        let Resource { category, patient, text } = resource;
        let handle = self.handles.entry(patient).or_insert_with(|| random_handle(rng)).clone();
        let place = (handle, category);
        if !self.open.contains_key(&place) {
            let start = Instant::now();
            let opened = self.compartment(&place.0, category, rng)?;
            self.open.insert(place.clone(), opened);
            self.cost.headers += start.elapsed();
        }
        let (compartment, content_key) =
            self.open.get_mut(&place).ok_or("the compartment was just opened")?;

        let start = Instant::now();
        let name = RecordName::random(rng);
        let author = self.authors.of(category);
        let sealed = content_key.seal_by(author, &name, text.as_bytes(), rng);
        compartment.records.push(StoredRecord { name, sealed });
        self.cost.records += start.elapsed();
        self.cost.plaintext_bytes += text.len();
        self.originals.insert(name.id, text);
        Ok(())
    }

    fn compartment(
        &self,
        handle: &str,
        category: Category,
        rng: &mut impl CryptoRng,
    ) -> Result<(Compartment, ContentKey), Box<dyn Error>> {
        let policy = category.policy(handle, self.schema)?;
        let (header, content_key) = self.parameters.compartment(&policy, &context(handle, category), rng)?;
        let (handle, header) = (handle.to_owned(), header.to_bytes());
        Ok((Compartment { handle, category, header, records: Vec::new() }, content_key))
    }

    /// Closes all compartments: their content keys are wiped, and only readers open them again.
    pub fn finish(self) -> Imported {
        let compartments = self.open.into_values().map(|(compartment, _)| compartment).collect();
        Imported { compartments, originals: self.originals, handles: self.handles, cost: self.cost }
    }
}

/// 64 random bits: a pseudonym of the patient.
fn random_handle(rng: &mut impl CryptoRng) -> String {
    format!("{:016x}", rng.next_u64())
}

/// What the cloud does with an upload before it stores it, without any key: is it a header of this
/// realm that opens to the same for all who may?
pub fn accept_upload(
    compartment: &Compartment,
    parameters: &PublicParameters,
    rng: &mut impl CryptoRng,
) -> Result<(), Box<dyn Error>> {
    Ok(Header::from_bytes(&compartment.header)?.validate(parameters, rng)?)
}
