//! What a ledger refuses.

use hippocrypt::ledger::{Fault, NoteError, QuorumError, Refusal, ScribeError};

use crate::failure::{Code, Failure};

impl From<NoteError> for Failure {
    fn from(error: NoteError) -> Self {
        let text = error.to_string();
        match error {
            NoteError::Name => Self::new(Code::Usage, text).hint("such as hospital.example/audit"),
            NoteError::Key => Self::new(Code::Malformed, text)
                .hint("`hippocrypt ledger create` prints it, and keeps it in ledger.vkey"),
            NoteError::Signature => Self::new(Code::NotAuthentic, text),
            _ => Self::new(Code::Malformed, text),
        }
    }
}

impl From<ScribeError> for Failure {
    fn from(error: ScribeError) -> Self {
        let text = error.to_string();
        match error {
            ScribeError::Store(error) => error.into(),
            ScribeError::Transaction(kind) if kind.is_of_patient() => {
                Self::new(Code::Usage, text).hint("whose is it? name her with --patient HANDLE")
            }
            ScribeError::Transaction(_) => Self::new(Code::Usage, text),
            ScribeError::Cosignature(error) => error.into(),
            ScribeError::OtherCheckpoint { .. } => Self::new(Code::NotAuthentic, text),
            ScribeError::Empty => Self::new(Code::Refused, text).hint("`hippocrypt ledger append` does"),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<QuorumError> for Failure {
    fn from(error: QuorumError) -> Self {
        Self::new(Code::Usage, error.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let (code, hint) = match &fault {
            Fault::NotYet { .. } => (Code::Refused, "ask for a later checkpoint"),
            Fault::Witnesses { .. } | Fault::Future { .. } => (Code::Refused, ""),
            fault if fault.is_proof_of_misbehaviour() => {
                (Code::NotAuthentic, "keep these files: together they prove that the log has lied")
            }
            _ => (Code::NotAuthentic, ""),
        };
        let failure = Self::new(code, fault.to_string()).hint(hint);
        let failure = match fault.index() {
            Some(index) => failure.detail("index", index),
            None => failure,
        };
        match fault.number() {
            Some(number) => failure.detail("number", number),
            None => failure,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Signature(fault) => fault.into(),
            Refusal::UnknownLog(_) => Self::new(Code::NotSatisfied, text),
            Refusal::Order { .. } => Self::new(Code::Usage, text),
            Refusal::Conflict { size } => Self::new(Code::Refused, text)
                .hint(format!("`hippocrypt ledger prove FOLDER --from {size}` makes it, for --consistency")),
            Refusal::Fork { .. } => Self::new(Code::NotAuthentic, text).hint("keep both, and show them"),
            _ => Self::new(Code::NotAuthentic, text),
        }
    }
}
