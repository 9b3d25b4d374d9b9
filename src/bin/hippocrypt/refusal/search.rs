//! What an index, its keeper or its gate refuses.

use hippocrypt::phr::grant::{LaterEpochError, ObserveError};
use hippocrypt::phr::index::FindError;
use hippocrypt::search::{GateError, HeadError, QueryError};

use crate::failure::{Code, Failure};

impl From<LaterEpochError> for Failure {
    fn from(error: LaterEpochError) -> Self {
        let hint = match error {
            LaterEpochError::Revoked { .. } => "`hippocrypt vault seal --advance` begins the next epoch",
            LaterEpochError::Epoch(_) => super::records::RENEW,
            _ => "",
        };
        Self::new(Code::Refused, error.to_string()).hint(hint)
    }
}

impl From<ObserveError> for Failure {
    fn from(error: ObserveError) -> Self {
        match error {
            ObserveError::Decode(error) => Self::decode(error),
            ObserveError::Update(error) => error.into(),
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<HeadError> for Failure {
    fn from(error: HeadError) -> Self {
        let text = error.to_string();
        match error {
            HeadError::Malformed(error) => Self::decode(error),
            HeadError::Expired { .. } => Self::new(Code::Refused, text).hint(
                "`hippocrypt vault import --index` signs a new head with the next record of the patient",
            ),
            _ => Self::new(Code::NotAuthentic, text),
        }
    }
}

impl From<GateError> for Failure {
    fn from(error: GateError) -> Self {
        let text = error.to_string();
        match error {
            GateError::Malformed(error) => Self::decode(error),
            GateError::Store(error) => error.into(),
            GateError::Signature | GateError::WrongAnswer | GateError::NotAsked => {
                Self::new(Code::NotAuthentic, text)
            }
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::new(Code::Usage, error.to_string())
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        let text = error.to_string();
        match error {
            FindError::Malformed(error) => Self::decode(error),
            FindError::Head(error) => error.into(),
            FindError::Open(error) => error.into(),
            FindError::Gate(error) => error.into(),
            FindError::Query(error) => error.into(),
            FindError::NotGranted => Self::new(Code::NotSatisfied, text),
            FindError::NotAsked | FindError::Announcement | FindError::Sync(_) => {
                Self::new(Code::NotAuthentic, text)
            }
            _ => Self::new(Code::Refused, text),
        }
    }
}
