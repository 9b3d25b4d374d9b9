//! What a patient's index in a house refuses.

use hippocrypt::phr::grant::{LaterEpochError, ObserveError};
use hippocrypt::phr::index::FindError;

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
