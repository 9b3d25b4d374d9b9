//! The writing side: sorts resources into compartments, encrypts them in the current epoch, signs them, and hands
//! the bytes to a cloud that sees no plaintext, no key and no patient's name. A writer can read nothing back.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::{Duration, Instant};

use hippocrypt::rand_core::Rng;
use hippocrypt::{
    AuthorId, AuthorKey, ContentKey, Encryptor, EpochStatement, Epochs, Header, PublicParameters, RecordId,
    RecordName, Schema, os_rng,
};

use crate::category::Category;
use crate::fhir::Resource;
use crate::wire::{Message, Verb};

/// Those who write records; each signs with a key of his own.
pub struct Authors {
    pub laboratory: AuthorKey,
    pub clinic: AuthorKey,
}

/// The public half, which readers know: whose signature they want to see under which category.
#[derive(Clone, Copy)]
pub struct KnownAuthors {
    laboratory: AuthorId,
    clinic: AuthorId,
}

impl Authors {
    fn generate() -> Self {
        let mut rng = os_rng();
        Self { laboratory: AuthorKey::generate(&mut rng), clinic: AuthorKey::generate(&mut rng) }
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

/// Where a compartment belongs: its header opens for whoever names the same patient and category, so that the
/// cloud cannot serve one patient's records as another's. The handle means nothing outside the hospital.
pub fn place(handle: &str, category: Category) -> String {
    format!("{handle}/{}", category.name())
}

/// What a [`place`] names.
pub fn parse_place(place: &str) -> Option<(&str, Category)> {
    let (handle, name) = place.split_once('/')?;
    Some((handle, Category::ALL.into_iter().find(|category| category.name() == name)?))
}

/// What the encryption cost.
#[derive(Debug, Default, Clone, Copy)]
pub struct Cost {
    pub records: usize,
    pub plaintext_bytes: usize,
    pub compartments: usize,
    pub header_bytes: usize,
    pub sealed_bytes: usize,
    pub time: Duration,
}

/// Those in the hospital who write. What they remember stays at home.
pub struct Lab {
    parameters: PublicParameters,
    schema: Schema,
    epochs: Epochs,
    pub authors: Authors,
    /// The handle of each patient; `None` stands for what is about no patient.
    pub handles: HashMap<Option<String>, String>,
    /// The resource behind each record, for the comparison in the end.
    pub originals: HashMap<RecordId, String>,
    pub cost: Cost,
}

/// One compartment on its way to the cloud.
struct Upload {
    header: Header,
    content_key: ContentKey,
    records: Vec<Vec<u8>>,
}

impl Lab {
    pub fn new(parameters: &PublicParameters, schema: &Schema) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            parameters: parameters.clone(),
            schema: schema.clone(),
            epochs: Epochs::new(parameters)?,
            authors: Authors::generate(),
            handles: HashMap::new(),
            originals: HashMap::new(),
            cost: Cost::default(),
        })
    }

    /// Takes note of the epoch, whoever brings the statement.
    pub fn observe(&mut self, statement: &EpochStatement, now: u64) -> Result<(), Box<dyn Error>> {
        self.epochs.observe(&self.parameters, statement, now)?;
        Ok(())
    }

    /// Gives every patient a handle.
    pub fn register(&mut self, resources: &[Resource]) {
        for resource in resources {
            self.handles.entry(resource.patient.clone()).or_insert_with(random_handle);
        }
    }

    /// Encrypts resources in the current epoch, with one new compartment for each patient and category. Its content
    /// keys are wiped at the end: only readers open them again.
    pub fn write(&mut self, resources: &[Resource], now: u64) -> Result<Vec<Message>, Box<dyn Error>> {
        let start = Instant::now();
        let encryptor = self.parameters.at(self.epochs.current(now)?)?;
        let mut uploads: BTreeMap<(String, Category), Upload> = BTreeMap::new();
        for resource in resources {
            let handle = self.handles.get(&resource.patient).ok_or("register the patient first")?.clone();
            let at = (handle, resource.category);
            if !uploads.contains_key(&at) {
                let upload = Upload::begin(&encryptor, &self.schema, &at.0, at.1)?;
                uploads.insert(at.clone(), upload);
            }
            let upload = uploads.get_mut(&at).ok_or("the compartment was just opened")?;
            let name = RecordName::random(&mut os_rng());
            let author = self.authors.of(resource.category);
            upload.records.push(upload.content_key.seal_by(
                author,
                &name,
                resource.text.as_bytes(),
                &mut os_rng(),
            ));
            self.cost.records += 1;
            self.cost.plaintext_bytes += resource.text.len();
            self.originals.insert(name.id, resource.text.clone());
        }
        let mut messages = Vec::new();
        for ((handle, category), upload) in uploads {
            let header = upload.header.to_bytes();
            self.cost.compartments += 1;
            self.cost.header_bytes += header.len();
            self.cost.sealed_bytes += upload.records.iter().map(Vec::len).sum::<usize>();
            let mut parts = vec![header, place(&handle, category).into_bytes()];
            parts.extend(upload.records);
            messages.push(Message::new(Verb::Upload, parts));
        }
        self.cost.time += start.elapsed();
        Ok(messages)
    }
}

impl Upload {
    fn begin(
        encryptor: &Encryptor<'_>,
        schema: &Schema,
        handle: &str,
        category: Category,
    ) -> Result<Self, Box<dyn Error>> {
        let policy = category.policy(handle, schema)?;
        let (header, content_key) =
            encryptor.compartment(&policy, place(handle, category).as_bytes(), &mut os_rng());
        Ok(Self { header, content_key, records: Vec::new() })
    }
}

/// 64 random bits: a pseudonym of the patient.
fn random_handle() -> String {
    format!("{:016x}", os_rng().next_u64())
}
