//! Somebody tries every record that there is, and what happens is compared with what the policies say.

use std::collections::{BTreeMap, BTreeSet};

use hippocrypt::phr::{PatientHandle, RecordCategory};
use hippocrypt::{AttributeSet, RecordName};

use crate::clinic::{Clinic, Outcome};
use crate::import::Written;
use crate::phone::Failure;

/// Records of one category: opened, of those that were tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    pub opened: usize,
    pub tried: usize,
}

/// What one phone did with everything that the cloud has.
#[derive(Debug, Default)]
pub struct Attempts {
    pub cells: BTreeMap<RecordCategory, Cell>,
    pub opened: usize,
    pub refused: usize,
    /// Of them all, those where it should have been the other way.
    pub unexpected: usize,
}

/// Bytes and records that are asked for at a time.
const BYTES_AT_A_TIME: usize = 8 << 20;
const RECORDS_AT_A_TIME: usize = 2000;

impl Clinic {
    /// Whether these attributes open this record: by evaluating its policy alone, without any cryptography.
    pub fn may(&self, attributes: &AttributeSet, written: &Written) -> Outcome<bool> {
        let realm = self.authority.realm();
        let policy =
            realm.rules().policy(&written.patient, written.category, &written.labels, realm.schema())?;
        Ok(policy.is_satisfied_by(attributes))
    }

    /// The records that one may open and the other may not; `None`: nobody in particular.
    pub fn records_between(
        &self,
        patient: &PatientHandle,
        opens: &AttributeSet,
        lacks: Option<&AttributeSet>,
    ) -> Outcome<Vec<RecordName>> {
        let mut names = Vec::new();
        for (name, written) in self.ledger.records.iter().filter(|(_, written)| written.patient == *patient) {
            let refused = lacks.map_or(Ok(false), |lacks| self.may(lacks, written))?;
            if self.may(opens, written)? && !refused {
                names.push(*name);
            }
        }
        Ok(names)
    }

    /// One phone tries everything. `contrary`: expects the opposite of what it should.
    pub fn try_everything(&mut self, who: &str, contrary: bool) -> Outcome<Attempts> {
        let mut opened = BTreeSet::new();
        for names in self.questions() {
            match self.read(who, &names) {
                Ok(reading) => opened.extend(reading.opened.records.iter().map(|record| record.name)),
                Err(Failure::Refused(_)) => {}
                Err(error) => return Err(format!("{who}: {error}").into()),
            }
        }
        let (mut attempts, rights) = (Attempts::default(), &self.rights[who]);
        for (name, written) in &self.ledger.records {
            let opens = opened.contains(name);
            let cell = attempts.cells.entry(written.category).or_default();
            cell.tried += 1;
            cell.opened += usize::from(opens);
            attempts.opened += usize::from(opens);
            attempts.refused += usize::from(!opens);
            attempts.unexpected += usize::from(opens != (self.may(rights, written)? != contrary));
        }
        Ok(attempts)
    }

    /// All records, patient by patient, in parts that a cloud answers at once.
    fn questions(&self) -> Vec<Vec<RecordName>> {
        let mut by_patient: BTreeMap<&PatientHandle, (usize, Vec<Vec<RecordName>>)> = BTreeMap::new();
        for (name, written) in &self.ledger.records {
            let (bytes, questions) = by_patient.entry(&written.patient).or_default();
            *bytes += written.content.len();
            match questions.last_mut() {
                Some(last) if last.len() < RECORDS_AT_A_TIME && *bytes < BYTES_AT_A_TIME => last.push(*name),
                _ => {
                    *bytes = written.content.len();
                    questions.push(vec![*name]);
                }
            }
        }
        by_patient.into_values().flat_map(|(_, questions)| questions).collect()
    }
}
