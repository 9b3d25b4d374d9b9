//! A million readers in a minute: entries and keys without the proofs, the requests and the signatures that a real realm
//! takes. For benchmarks, behind the feature `hazmat`.

use super::authority::Authority;
use super::registry::IssuedKey;
use crate::epoch::Epoch;
use crate::error::DecodeError;
use crate::math::G1;
use crate::outsource::transform_key::Issued;
use crate::outsource::{EnrolledReader, KeyId, ProxyKey, UserId};
use crate::policy::AttributeSet;

impl EnrolledReader {
    /// Somebody else with the same request key, whose `y_point` **nobody has proven to know the secret of**.
    pub fn with_unproven(&self, user: UserId, y_point: G1) -> Self {
        Self { user, y_point, ..self.clone() }
    }
}

impl Authority {
    /// What [`Authority::issue`] enters in the registry for a key that it makes now, under an id of the caller's choice.
    pub fn entry_for(&self, reader: &EnrolledReader, id: KeyId, attributes: &AttributeSet) -> IssuedKey {
        IssuedKey::new(reader, id, attributes.clone(), self.number(), self.epoch())
    }

    /// What the proxy of this entry's reader holds, if its tokens reach `until`; `None` in a realm without epochs.
    ///
    /// # Errors
    /// [`DecodeError`] if the entry is damaged.
    pub fn proxy_key_for(&self, entry: &IssuedKey, until: Epoch) -> Result<Option<ProxyKey>, DecodeError> {
        let reader = entry.reader()?;
        let Some(tree) = self.public_parameters().epochs() else { return Ok(None) };
        let issued = Issued { tree, update: entry.issued_at(), epoch: until };
        let key = self.master().transform_key(&reader, entry.attributes(), *entry.id(), Some(issued));
        Ok(Some(key.into_unchecked()))
    }
}
