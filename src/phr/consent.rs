//! What a patient shares with whom. `[PHR-4]`

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::credential::Credential;
use super::realm::Realm;
use super::record::{PatientHandle, RecordCategory, SecurityLabel};
use super::rules::Scope;
use crate::abe::types::AuthorKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::outsource::UserId;
use crate::sign::SIGNATURE_BYTES;

/// Most labels that one consent names.
const MAX_LABELS: usize = 64;

/// A patient's word: this reader may read these categories of my records, and these labels; or may no longer. Signed by her.
///
/// The authority gives or takes the attributes that stand for it; no record is encrypted anew. A record with labels opens
/// only for those who were given its category and all of its labels.
#[derive(Clone, PartialEq, Eq)]
pub struct Consent {
    credential: Credential,
    reader: UserId,
    gives: bool,
    categories: BTreeSet<RecordCategory>,
    labels: BTreeSet<SecurityLabel>,
    time: u64,
    signature: [u8; SIGNATURE_BYTES],
}

/// What a consent says, before it is signed.
pub(super) struct Terms {
    pub(super) reader: UserId,
    pub(super) gives: bool,
    pub(super) categories: BTreeSet<RecordCategory>,
    pub(super) labels: BTreeSet<SecurityLabel>,
    pub(super) time: u64,
}

impl Consent {
    pub(super) fn sign(key: &AuthorKey, credential: &Credential, terms: Terms) -> Self {
        let Terms { reader, gives, categories, labels, time } = terms;
        let credential = credential.clone();
        let signature = [0; SIGNATURE_BYTES];
        let mut consent = Self { credential, reader, gives, categories, labels, time, signature };
        consent.signature = key.sign_as(Label::ConsentSignature, &[&consent.body()]);
        consent
    }

    /// The patient, if it is hers: her own credential, genuine, not over, for consents, and signed with its key. `[PHR-4.2]`
    pub(super) fn patient(&self, realm: &Realm, now: u64) -> Option<&PatientHandle> {
        let credential = &self.credential;
        let signed = credential.author().verifies(Label::ConsentSignature, &[&self.body()], &self.signature);
        let good = credential.is_genuine(realm) && now <= credential.not_after();
        credential
            .patient()
            .filter(|patient| signed && good && credential.covers(patient, RecordCategory::Consent))
    }

    /// The patient's credential.
    pub(super) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Time, and whether it takes: the greater of two is the newer.
    pub(super) fn word(&self) -> [u8; 9] {
        let mut word = [u8::from(!self.gives); 9];
        if let Some(time) = word.first_chunk_mut() {
            *time = self.time.to_be_bytes();
        }
        word
    }

    /// Whom it is about.
    pub fn reader(&self) -> &UserId {
        &self.reader
    }

    /// Whether it gives, or takes back.
    pub fn gives(&self) -> bool {
        self.gives
    }

    /// Of which categories.
    pub fn categories(&self) -> &BTreeSet<RecordCategory> {
        &self.categories
    }

    /// With which labels.
    pub fn labels(&self) -> &BTreeSet<SecurityLabel> {
        &self.labels
    }

    /// When it was given, in seconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// What it is about; each has an attribute that stands for it.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope> {
        let categories = self.categories.iter().map(|category| Scope::Category(*category));
        categories.chain(self.labels.iter().cloned().map(Scope::Label))
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(512);
        encoder.short_bytes(&self.credential.to_bytes());
        self.reader.encode(&mut encoder);
        encoder.u8(u8::from(self.gives));
        encoder.u8(u8::try_from(self.categories.len()).unwrap_or(u8::MAX));
        self.categories.iter().for_each(|category| encoder.u8(*category as u8));
        encode_labels(&mut encoder, &self.labels);
        encoder.u64(self.time);
        encoder.finish()
    }

    /// The encoding: 320 bytes or so. `[PHR-4.1]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::Consent, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a consent; whether it is the patient's is for the authority to check.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Consent)?;
        let credential = Credential::from_bytes(decoder.short_bytes(1024, "credential")?)?;
        let reader = UserId::decode(&mut decoder)?;
        let at = decoder.position();
        let gives = decoder.u8("whether it gives")?;
        let gives = Decoder::checked(gives.into(), at, "whether it gives", 0, 1)? == 1;
        let categories = decode_categories(&mut decoder)?;
        let labels = decode_labels(&mut decoder)?;
        let time = decoder.u64("time")?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { credential, reader, gives, categories, labels, time, signature })
    }
}

fn decode_categories(decoder: &mut Decoder<'_>) -> Result<BTreeSet<RecordCategory>, DecodeError> {
    let at = decoder.position();
    let count = decoder.u8("number of categories")?;
    Decoder::checked(count.into(), at, "number of categories", 0, RecordCategory::ALL.len() as u64)?;
    let mut categories = BTreeSet::new();
    for _ in 0..count {
        let at = decoder.position();
        let category = decode_category(decoder)?;
        if categories.last() >= Some(&category) {
            return Err(Decoder::error_at(at, "category", DecodeReason::NotAscending));
        }
        categories.insert(category);
    }
    Ok(categories)
}

pub(super) fn decode_category(decoder: &mut Decoder<'_>) -> Result<RecordCategory, DecodeError> {
    let at = decoder.position();
    let number = decoder.u8("category")?;
    let category = RecordCategory::ALL.into_iter().find(|category| *category as u8 == number);
    let (value, max) = (number.into(), RecordCategory::ALL.len() as u64);
    category.ok_or(Decoder::error_at(at, "category", DecodeReason::OutOfRange { value, min: 1, max }))
}

/// Labels in order: their number, and each with its length.
pub(super) fn encode_labels(encoder: &mut Encoder, labels: &BTreeSet<SecurityLabel>) {
    encoder.u8(u8::try_from(labels.len()).unwrap_or(u8::MAX));
    labels.iter().for_each(|label| encoder.short_bytes(label.as_str().as_bytes()));
}

pub(super) fn decode_labels(decoder: &mut Decoder<'_>) -> Result<BTreeSet<SecurityLabel>, DecodeError> {
    let at = decoder.position();
    let count = decoder.u8("number of labels")?;
    Decoder::checked(count.into(), at, "number of labels", 0, MAX_LABELS as u64)?;
    let mut labels = BTreeSet::new();
    for _ in 0..count {
        let at = decoder.position();
        let label = SecurityLabel::new(decoder.short_text(32, "label")?)
            .map_err(|_| Decoder::error_at(at, "label", DecodeReason::NotCanonical("a security label")))?;
        if labels.last() >= Some(&label) {
            return Err(Decoder::error_at(at, "label", DecodeReason::NotAscending));
        }
        labels.insert(label);
    }
    Ok(labels)
}

/// Whether so many labels fit into a consent or a description.
pub(super) fn labels_fit(labels: &BTreeSet<SecurityLabel>) -> bool {
    labels.len() <= MAX_LABELS
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consent")
            .field("patient", &self.credential.patient())
            .field("reader", &self.reader)
            .field("gives", &self.gives)
            .field("categories", &self.categories)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}
