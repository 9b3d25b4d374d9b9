//! What authorities, proxies and stores refuse, as failures: an exit code each, and what to do next.

mod index;
mod ledger;
mod records;
mod search;

use hippocrypt::{
    AcceptError, AuthorityError, DutyError, EncryptError, EnrolError, EpochError, EpochStatementError,
    GrantError, KeyError, LeaseError, ProxyNameError, RefreshError, RegistryError, ReplayError, RequestError,
    SealAllError, SealError, ServeError, TokenError, TransformError, TransformKeyError, UpdateError,
    ValidityError,
};

use crate::failure::{Code, Failure};

/// How a proxy gets up to date.
const TAKE_UPDATES: &str = "let it take the authority's updates: `hippocrypt proxy take authority/updates`";
const TAKE_LEASE: &str = "make one with `hippocrypt lease`, and let the proxy take it";

/// The failures of an error type, each with its code and a hint.
macro_rules! refusals {
    ($($error:ty { $($pattern:pat => $code:ident, $hint:expr;)* })*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let (code, hint) = match &error {
                    $($pattern => (Code::$code, $hint),)*
                    // A reason that a later version of the library adds.
                    #[allow(unreachable_patterns)]
                    _ => (Code::Refused, ""),
                };
                Failure::new(code, error.to_string()).hint(hint)
            }
        }
    )*};
}

refusals! {
    EpochError { _ => Refused, ""; }
    ValidityError { _ => Refused, ""; }
    ProxyNameError { _ => Usage, ""; }
    EncryptError {
        EncryptError::NeedsEpoch => Refused, "get a statement from the authority, and give it with --epoch";
        _ => NotSatisfied, "";
    }
    EnrolError {
        EnrolError::UserId { .. } => Usage, "";
        EnrolError::OtherRealm => NotSatisfied, "";
        EnrolError::Proof => NotAuthentic, "";
    }
    UpdateError {
        UpdateError::NoEpochs => NotSatisfied, "make a realm with epochs: `hippocrypt setup --epochs`";
        UpdateError::OtherRealm => NotSatisfied, "";
        UpdateError::Signature { .. } => NotAuthentic, "";
        UpdateError::Fork { .. } => NotAuthentic, "";
        UpdateError::Gap { .. } => Refused, "give it the whole folder of the authority's updates";
    }
    EpochStatementError {
        EpochStatementError::NoEpochs => Usage, "";
        EpochStatementError::OtherRealm => NotSatisfied, "";
        EpochStatementError::Signature => NotAuthentic, "";
        EpochStatementError::Contradiction { .. } => NotAuthentic, "";
        EpochStatementError::Validity(_) => Refused,
            "`hippocrypt epoch statement` makes a new one; without a connection there is --stale";
        EpochStatementError::NoneSeen => Refused, "give it with --epoch";
    }
    TransformKeyError {
        TransformKeyError::OtherRealm => NotSatisfied, "";
        _ => NotAuthentic, "";
    }
    LeaseError {
        LeaseError::OtherRealm => NotSatisfied, "";
        LeaseError::Signature => NotAuthentic, "";
        _ => Refused, TAKE_LEASE;
    }
    GrantError {
        GrantError::OtherRealm => NotSatisfied, "";
        GrantError::Signature => NotAuthentic, "";
        GrantError::Elements => NotAuthentic, "";
    }
    TokenError {
        TokenError::OtherRealm => NotSatisfied, "";
        TokenError::Wrong(_) => NotAuthentic, "take no tokens from where these came from";
        TokenError::OtherEpoch { .. } => Refused, "`hippocrypt refresh --key ID --from EPOCH` makes those";
    }
    DutyError {
        DutyError::NoLease => Refused, TAKE_LEASE;
        DutyError::Lease(_) => Refused, TAKE_LEASE;
        DutyError::Behind { .. } => Refused, TAKE_UPDATES;
        DutyError::OtherRealm => NotSatisfied, "";
    }
    ReplayError { _ => Refused, ""; }
    TransformError {
        TransformError::NotSatisfied(_) => NotSatisfied, "";
        TransformError::OtherRealm => NotSatisfied, "";
        TransformError::Tokens { .. } => Refused, "";
        _ => Malformed, "";
    }
    SealError {
        SealError::OtherRealm => NotSatisfied, "";
        SealError::OtherKey => NotSatisfied, "";
    }
}

impl From<AcceptError> for Failure {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Key(error) => error.into(),
            error @ AcceptError::Behind { .. } => {
                Self::new(Code::Refused, error.to_string()).hint(TAKE_UPDATES)
            }
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Transform(error) => error.into(),
            ServeError::Signature => Self::new(Code::NotAuthentic, error.to_string()),
            error => Self::new(Code::NotSatisfied, error.to_string()),
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Duty(error) => error.into(),
            RequestError::Replay(error) => error.into(),
            RequestError::Serve(error) => error.into(),
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::Update(error) => error.into(),
            AuthorityError::NoAttributes => Self::new(Code::Text, error.to_string()),
            AuthorityError::Validity(_) => Self::new(Code::Usage, error.to_string()),
            AuthorityError::Witness { .. } => Self::new(Code::NotAuthentic, error.to_string()),
            AuthorityError::Log(_) => Self::new(Code::Malformed, error.to_string()),
            AuthorityError::Behind { .. } => Self::new(Code::Refused, error.to_string())
                .hint("give the folder of that proxy, or of its updates, with --witness"),
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<RegistryError<Failure>> for Failure {
    fn from(error: RegistryError<Failure>) -> Self {
        match error {
            RegistryError::Storage(failure) => failure,
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<KeyError<Failure>> for Failure {
    fn from(error: KeyError<Failure>) -> Self {
        match error {
            KeyError::Issue(error) => error.into(),
            KeyError::Registry(error) => error.into(),
            KeyError::Entry(error) => Self::decode(error),
            KeyError::Authority(error) => error.into(),
            error @ KeyError::NotHeld(_) => Self::new(Code::NotSatisfied, error.to_string()),
            error @ KeyError::Attributes(_) => Self::new(Code::Text, error.to_string()),
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<RefreshError<Failure, Failure>> for Failure {
    fn from(error: RefreshError<Failure, Failure>) -> Self {
        match error {
            RefreshError::Key(error) => error.into(),
            RefreshError::Sink(failure) => failure,
            error => Self::new(Code::Refused, error.to_string()),
        }
    }
}

impl From<SealAllError<Failure, SealError>> for Failure {
    fn from(error: SealAllError<Failure, SealError>) -> Self {
        match error {
            SealAllError::Store(failure) => failure,
            SealAllError::Seal { serial, error } => {
                Self::from(error).detail("serial", crate::report::hex(serial.as_bytes()))
            }
            error => Self::new(Code::Malformed, error.to_string()),
        }
    }
}
