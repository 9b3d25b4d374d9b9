//! What the roles of a vault refuse, and what its stores and files fail with.

use hippocrypt::fhir::{ExportError, FhirError, NdjsonError};
use hippocrypt::phr::{CloudError, ReadError, RoleError};
use hippocrypt::store::StoreError;
use hippocrypt::{KeyError, RegistryError};

use crate::failure::{Code, Failure};

/// How a cloud gets up to date, and a lease.
pub const RENEW: &str = "`hippocrypt vault lease` lets it serve again; it is the authority's to say so";

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::InUse => Code::Refused,
            StoreError::NotAStore
            | StoreError::NotABackup
            | StoreError::Incomplete
            | StoreError::TooNew { .. }
            | StoreError::Conflict(_)
            | StoreError::Damaged(_)
            | StoreError::TooLarge { .. } => Code::Malformed,
            _ => Code::InputOutput,
        };
        Self::new(code, error.to_string())
    }
}

impl From<RoleError> for Failure {
    fn from(error: RoleError) -> Self {
        let text = error.to_string();
        match error {
            RoleError::Decode(error) => Self::decode(error),
            RoleError::Attributes(error) => Self::text("list of attributes", &error),
            RoleError::Epoch(error) => Self::from(error).hint(RENEW),
            RoleError::Encrypt(error) => error.into(),
            RoleError::Authority(error) => error.into(),
            RoleError::Enrol(error) => error.into(),
            RoleError::Key(error) => error.into(),
            RoleError::Store(error) => error.into(),
            RoleError::Label
            | RoleError::Handle
            | RoleError::RuleLine { .. }
            | RoleError::RuleTwice { .. }
            | RoleError::Rule { .. } => Self::new(Code::Text, text),
            RoleError::Policy(_) | RoleError::TooLarge { .. } => Self::new(Code::Malformed, text),
            RoleError::NotCovered { .. } => Self::new(Code::NotSatisfied, text)
                .hint("`hippocrypt vault enroll` with other --writes makes such a key"),
            RoleError::OtherRealm => {
                Self::new(Code::NotSatisfied, "the key is of another realm than the vault")
                    .hint("name the vault that it was made in with --vault")
            }
            RoleError::Credential => Self::new(Code::NotSatisfied, text),
            RoleError::Consent => Self::new(Code::NotAuthentic, text),
            RoleError::NoKey(_) => Self::new(Code::Refused, text).hint("`hippocrypt vault enroll` does it"),
            RoleError::Io(_) => Self::new(Code::InputOutput, text),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<KeyError<StoreError>> for Failure {
    fn from(error: KeyError<StoreError>) -> Self {
        let text = error.to_string();
        match error {
            KeyError::Issue(error) => error.into(),
            KeyError::Registry(RegistryError::Storage(error)) => error.into(),
            KeyError::Entry(error) => Self::decode(error),
            KeyError::Authority(error) => error.into(),
            KeyError::NotHeld(_) => Self::new(Code::NotSatisfied, text),
            KeyError::Attributes(_) => Self::new(Code::Text, text),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        let text = error.to_string();
        match error {
            CloudError::Malformed(error) => Self::decode(error),
            CloudError::Store(error) => error.into(),
            CloudError::Duty(error) => Self::from(error).hint(RENEW),
            CloudError::Update(error) => error.into(),
            CloudError::Lease(error) => Self::from(error).hint(RENEW),
            CloudError::Statement(error) => Self::from(error).hint(RENEW),
            CloudError::Header(error) => error.into(),
            CloudError::Key(error) => error.into(),
            CloudError::Grant(error) => error.into(),
            CloudError::Tokens(error) => error.into(),
            CloudError::Gate(error) => error.into(),
            CloudError::Denied => Self::new(Code::NotSatisfied, text),
            CloudError::OtherRealm | CloudError::OtherCloud => Self::new(Code::NotSatisfied, text),
            CloudError::Signature | CloudError::Certificate | CloudError::Erasure => {
                Self::new(Code::NotAuthentic, text)
            }
            CloudError::OtherKind(_) | CloudError::TooLarge { .. } | CloudError::Missing(_) => {
                Self::new(Code::Malformed, text)
            }
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let text = error.to_string();
        match error {
            ReadError::Malformed(error) => Self::decode(error),
            ReadError::Open(error) => error.into(),
            ReadError::NotAsked | ReadError::Receipt(_) | ReadError::Account(_) => {
                Self::new(Code::NotAuthentic, text)
            }
            ReadError::Incomplete => Self::new(Code::NotOpened, text),
            ReadError::Output(_) => Self::new(Code::InputOutput, text),
            _ => Self::new(Code::Refused, text),
        }
    }
}

impl From<FhirError> for Failure {
    fn from(error: FhirError) -> Self {
        let FhirError { position, line, .. } = error;
        Self::new(Code::Malformed, error.to_string())
            .hint("mend the file, or take it as it is with --attach")
            .detail("position", position)
            .detail("line", line)
    }
}

impl From<NdjsonError> for Failure {
    fn from(error: NdjsonError) -> Self {
        match error {
            NdjsonError::Fhir(error) => error.into(),
            NdjsonError::Io(error) => error.into(),
            error => Self::new(Code::Malformed, error.to_string()),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let text = error.to_string();
        match error {
            ExportError::Missing(missing) => Self::new(
                Code::NotSatisfied,
                format!("{} records of the file are not for you", missing.len()),
            )
            .hint("whoever may read every record of a file gets it back; `--as collection` gives what you may read")
            .detail("missing", missing.len()),
            ExportError::WrongLength { .. } | ExportError::NotTheInput => Self::new(Code::NotOpened, text),
            ExportError::Io(error) => error.into(),
            _ => Self::new(Code::Malformed, text),
        }
    }
}
