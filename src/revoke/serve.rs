//! What a proxy does for readers, once it has done its duties. `[REV-7.4]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use thiserror::Error;

use super::error::Revoked;
use super::grant::{Grant, GrantError};
use super::proxy::{DutyError, Proxy};
use super::requests::ReplayError;
use crate::outsource::{
    ProxyKey, ServeError, StoredHeader, TransformError, TransformKey, TransformKeyError, TransformRequest,
    TransformedHeader,
};

/// A key that may be used now: to be had from [`Proxy::permit`] alone, and the only thing that transforms in a realm with
/// epochs.
///
/// ```compile_fail,E0505
/// # use hippocrypt::*;
/// fn later(proxy: &Proxy, key: ProxyKey, header: &StoredHeader) {
///     let permit = proxy.permit(&key, 0).unwrap();
///     drop(key); // revoked
///     let _ = permit.transform(header);
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Permit<'a> {
    key: &'a ProxyKey,
}

/// What is to be done with a key that [`Proxy::clean`] has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a proxy deletes what was revoked"]
pub enum Cleaned {
    /// Nothing.
    Unchanged,
    /// It has lost components: store it in the place of what is there.
    Store,
    /// It was revoked, or nothing is left of it: delete it.
    Delete,
}

/// A transform key that a proxy does not accept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// It is not genuine.
    #[error(transparent)]
    Key(#[from] TransformKeyError),
    /// It was issued after an update that this proxy has not applied.
    #[error(
        "the key was issued after update {needed}, and the proxy has applied {applied}: get those between"
    )]
    Behind {
        /// The newest update that the proxy has applied.
        applied: u64,
        /// The newest update when the key was issued.
        needed: u64,
    },
    /// It was revoked meanwhile.
    #[error("the key is not accepted: {0}")]
    Revoked(#[from] Revoked),
}

/// A request that a proxy does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The proxy holds no key of this reader's.
    #[error("the proxy holds no key of the reader who asks: he is not enrolled here, or was dismissed")]
    NoKey,
    /// The proxy must not serve.
    #[error(transparent)]
    Duty(#[from] DutyError),
    /// The request is old, or was sent before.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The request is not for this header, or not signed, or the reader's keys do not satisfy the policy.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl Proxy {
    /// Accepts a transform key: genuine, and not revoked before it arrived. `[REV-7.4]`
    ///
    /// # Errors
    /// [`AcceptError`] says why not.
    pub fn accept(&self, key: TransformKey, rng: &mut impl CryptoRng) -> Result<ProxyKey, AcceptError> {
        let key = key.accept(self.public_parameters(), rng)?;
        let (applied, needed) = (self.state().number(), key.issued_at_update());
        if applied < needed {
            return Err(AcceptError::Behind { applied, needed });
        }
        self.state().check(key.id(), key.user(), needed)?;
        Ok(key)
    }

    /// Brings a key to what the updates say: for all keys after a start, when it is not known whether what they had revoked was
    /// deleted before. `[REV-7.1]`
    pub fn clean(&self, key: &mut ProxyKey) -> Cleaned {
        if self.state().check(key.id(), key.user(), key.issued_at_update()).is_err() {
            return Cleaned::Delete;
        }
        match self.state().withdrawn(key.id()) {
            Some(withdrawn) if withdrawn.meets(key.attributes()) => {
                if key.withdraw(withdrawn) {
                    Cleaned::Store
                } else {
                    Cleaned::Delete
                }
            }
            _ => Cleaned::Unchanged,
        }
    }

    /// Adds granted attributes to a key, unless they were withdrawn from it. `[REV-4.4]`
    ///
    /// # Errors
    /// [`GrantError`] says why not; then nothing is changed.
    pub fn grant(
        &self,
        grant: &Grant,
        key: &mut ProxyKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(), GrantError> {
        if self.state().withdrawn(key.id()).is_some_and(|withdrawn| withdrawn.meets(grant.attributes())) {
            return Err(GrantError::Held(grant.attributes().clone()));
        }
        grant.apply(key, self.public_parameters(), rng)
    }

    /// Whether a key may be used now: the proxy's lease is good, and nothing of the key was revoked. Ask for every request.
    /// `[REV-7.2]`
    ///
    /// # Errors
    /// [`DutyError`] says why not.
    pub fn permit<'k>(&self, key: &'k ProxyKey, now: u64) -> Result<Permit<'k>, DutyError> {
        if key.realm_id() != self.public_parameters().id() {
            return Err(DutyError::OtherRealm);
        }
        self.may_serve(key.id(), key.user(), key.issued_at_update(), now)?;
        // What was withdrawn is to be deleted; a key in which it is still there is not used at all.
        match self.state().withdrawn(key.id()) {
            Some(withdrawn) if withdrawn.meets(key.attributes()) => Err(DutyError::Withdrawn),
            _ => Ok(Permit { key }),
        }
    }

    /// Answers a request: checks the proxy's own duties, that one of `keys` (those of the user who asks) is his who has
    /// signed it, that it is fresh, and transforms with the first key that satisfies the policy. `[REV-7.4]`
    ///
    /// # Errors
    /// [`RequestError`] says why not.
    pub fn serve<'k>(
        &mut self,
        request: &TransformRequest,
        keys: impl IntoIterator<Item = &'k ProxyKey>,
        header: &StoredHeader,
        now: u64,
    ) -> Result<TransformedHeader, RequestError> {
        let mut refused = RequestError::NoKey;
        let mut permits = Vec::new();
        for key in keys {
            let permit = key.check_request(request, header).map_err(RequestError::from);
            match permit.and_then(|()| Ok(self.permit(key, now)?)) {
                Ok(permit) => permits.push(permit),
                Err(error) => refused = error,
            }
        }
        if permits.is_empty() {
            return Err(refused);
        }
        self.admit(request.user(), request.nonce(), request.time(), now)?;
        for permit in permits {
            match permit.transform(header) {
                Ok(transformed) => return Ok(transformed),
                Err(error) => refused = ServeError::Transform(error).into(),
            }
        }
        Err(refused)
    }
}

impl<'a> Permit<'a> {
    /// Transforms a stored header, of use to the reader of the key alone. `[OUT-4.1]`
    ///
    /// # Errors
    /// [`TransformError`] speaks of public data.
    pub fn transform(&self, header: &StoredHeader) -> Result<TransformedHeader, TransformError> {
        self.key.apply_to_stored(header)
    }

    /// The same for many, one after the other as the iterator is asked.
    pub fn transform_all<'h>(
        &self,
        headers: impl IntoIterator<Item = &'h StoredHeader>,
    ) -> impl Iterator<Item = Result<TransformedHeader, TransformError>>
    where
        'a: 'h,
    {
        self.key.apply_to_all(headers)
    }
}
