//! What an index refuses: its owner, its writers, its server, its gate, its readers.

use hippocrypt::search::{GateError, HeadError, IndexError, PlanError, QueryError, SyncError, WriteError};

use crate::failure::{Code, Failure};

impl From<HeadError> for Failure {
    fn from(error: HeadError) -> Self {
        let text = error.to_string();
        match error {
            HeadError::Malformed(error) => Self::decode(error),
            HeadError::OtherCollection { .. } | HeadError::Signature | HeadError::Fork { .. } => {
                Self::new(Code::NotAuthentic, text)
            }
            HeadError::Expired { .. } => Self::new(Code::Refused, text).hint(
                "any command of the owner's signs a new one: `hippocrypt index add`, `grant`, `merge`; in a vault \
                 `hippocrypt vault import --index`, with the next record of the patient",
            ),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let text = error.to_string();
        match error {
            WriteError::Malformed(error) => Self::decode(error),
            WriteError::Card => Self::new(Code::NotAuthentic, text),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        let text = error.to_string();
        match error {
            SyncError::Malformed(error) => Self::decode(error),
            _ => Self::new(Code::NotAuthentic, text),
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        let text = error.to_string();
        match error {
            QueryError::Incomplete(_) => Self::new(Code::NotAuthentic, text),
            _ => Self::new(Code::Usage, text),
        }
    }
}

impl From<GateError> for Failure {
    fn from(error: GateError) -> Self {
        let text = error.to_string();
        match error {
            GateError::Malformed(error) => Self::decode(error),
            GateError::Signature | GateError::WrongAnswer | GateError::NotAsked => {
                Self::new(Code::NotAuthentic, text)
            }
            GateError::Store(error) => error.into(),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        let text = error.to_string();
        match error {
            IndexError::Malformed(error) => Self::decode(error),
            IndexError::Head(error) => error.into(),
            IndexError::Store(error) => error.into(),
            IndexError::Damaged(_) => Self::new(Code::Malformed, text),
            IndexError::Signature { .. } => Self::new(Code::NotAuthentic, text),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Head(error) => error.into(),
            PlanError::Write(error) => error.into(),
            PlanError::Segment(error) => error.into(),
            error => Self::new(Code::WrongResult, error.to_string()),
        }
    }
}
