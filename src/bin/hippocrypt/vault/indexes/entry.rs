//! What is to be found, and in which part of an index.

use hippocrypt::phr::{PatientHandle, RecordCategory, SecurityLabel};
use hippocrypt::search::{Domain, Keyword};
use hippocrypt::{AttributeSet, Policy, RecordName};
use sha2::{Digest, Sha256};

use crate::failure::{Code, Failure};
use crate::report::hex;

/// A record to be found.
pub struct Entry {
    pub patient: PatientHandle,
    pub domain: Domain,
    pub name: RecordName,
    pub keywords: Vec<Keyword>,
    pub policy: Policy,
}

/// What has become of entries.
#[derive(Debug, Default, Clone, Copy)]
pub struct Indexed {
    pub records: u64,
    pub segments: u64,
    pub indexes: u64,
    pub domains: u64,
}

impl std::ops::AddAssign for Indexed {
    fn add_assign(&mut self, more: Self) {
        self.records += more.records;
        self.segments += more.segments;
        self.indexes += more.indexes;
        self.domains += more.domains;
    }
}

/// The domain of records of a category with these labels.
pub fn domain_of<'l>(
    category: RecordCategory,
    labels: impl IntoIterator<Item = &'l SecurityLabel>,
) -> Result<Domain, Failure> {
    let labels: Vec<&str> = labels.into_iter().map(SecurityLabel::as_str).collect();
    let mut name = category.name().to_owned();
    if !labels.is_empty() {
        // Names of domains are public, and short.
        let digest = Sha256::digest(labels.join("\n"));
        name = format!("{name}-{}", hex(digest.get(..6).unwrap_or_default()));
    }
    Domain::new(&name).map_err(|error| Failure::new(Code::WrongResult, error.to_string()))
}

/// Whether somebody with one of these sets of attributes satisfies a policy.
pub fn satisfies(sets: &[AttributeSet], policy: &Policy) -> bool {
    sets.iter().any(|set| policy.is_satisfied_by(set))
}
