//! What an authority keeps of every key that it issued. `[REV-5.6]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Bound;

use thiserror::Error;

use super::state::RevocationState;
use super::statement::decode_number;
use super::update::decode_some_attributes;
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::Epoch;
use crate::error::{DecodeError, DecodeReason};
use crate::math::{G1, G1_BYTES};
use crate::outsource::{EnrolledReader, KeyId, UserId};
use crate::policy::AttributeSet;
use crate::sign::{VERIFYING_KEY_BYTES, VerifyingKey};

/// Whether a key is kept good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyStatus {
    /// It is.
    Alive = 1,
    /// It was revoked, or replaced by another one. It does not come back.
    Dead = 2,
}

/// An entry of the registry: a key, whose it is, and how long it is good. Public, but only the authority's own storage is
/// believed.
///
/// Y and the request key stay bytes until [`IssuedKey::reader`]: an epoch change goes through all entries, and must
/// not take a million square roots.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedKey {
    realm: [u8; 32],
    id: KeyId,
    user: UserId,
    request_key: [u8; VERIFYING_KEY_BYTES],
    y_point: [u8; G1_BYTES],
    attributes: AttributeSet,
    number: u64,
    issued: Epoch,
    refreshed: Epoch,
    status: KeyStatus,
}

/// Where an authority keeps its issued keys: a database, or a [`MemoryRegistry`].
///
/// Every write is durable when the call returns: a key that is issued and forgotten cannot be refreshed, and an
/// id that is forgotten may be given to a second key.
pub trait KeyRegistry {
    /// What can go wrong with the storage.
    type Error;

    /// Adds an entry under a new id.
    ///
    /// # Errors
    /// [`RegistryError::Repeated`] if the id is there, whatever its status; nothing is changed then.
    fn insert_new(&mut self, key: IssuedKey) -> Result<(), RegistryError<Self::Error>>;

    /// The entry of this id.
    ///
    /// # Errors
    /// [`RegistryError::Storage`].
    fn get(&self, id: &KeyId) -> Result<Option<IssuedKey>, RegistryError<Self::Error>>;

    /// Changes the entry of the id that `key` bears.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if there is none.
    fn replace(&mut self, key: IssuedKey) -> Result<(), RegistryError<Self::Error>>;

    /// The ids of a user's keys, dead ones included, ascending.
    ///
    /// # Errors
    /// [`RegistryError::Storage`].
    fn keys_of(&self, user: &UserId) -> Result<Vec<KeyId>, RegistryError<Self::Error>>;

    /// The first `limit` entries with an id above `after`, ascending by id: a million of them pass page by page, and may
    /// be changed between two pages.
    ///
    /// # Errors
    /// [`RegistryError::Storage`].
    fn page(&self, after: Option<&KeyId>, limit: usize)
    -> Result<Vec<IssuedKey>, RegistryError<Self::Error>>;
}

/// A registry has refused, or its storage has failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistryError<E> {
    /// The id belongs to a key already.
    #[error("key id {0} is taken: the random generator repeats itself, or the key was registered before")]
    Repeated(KeyId),
    /// No key has this id.
    #[error("no key with id {0} was issued")]
    Unknown(KeyId),
    /// The storage has failed.
    #[error("the registry of issued keys failed: {0}")]
    Storage(E),
}

/// A registry in memory: for tests, and for small realms that write it to a file as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryRegistry {
    keys: BTreeMap<KeyId, IssuedKey>,
    by_user: BTreeSet<(UserId, KeyId)>,
}

impl IssuedKey {
    /// A key that is issued now, when update `number` is the newest, with tokens until `epoch`.
    pub(crate) fn new(
        reader: &EnrolledReader,
        id: KeyId,
        attributes: AttributeSet,
        number: u64,
        epoch: Epoch,
    ) -> Self {
        Self {
            realm: reader.realm,
            id,
            user: reader.user.clone(),
            request_key: reader.request_key.to_bytes(),
            y_point: reader.y_point.to_bytes(),
            attributes,
            number,
            issued: epoch,
            refreshed: epoch,
            status: KeyStatus::Alive,
        }
    }

    /// H(mpk) of its realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The id of the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Whose it is.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// What it is for.
    pub fn attributes(&self) -> &AttributeSet {
        &self.attributes
    }

    /// The number of the authority's newest update when it was issued.
    pub fn issued_at(&self) -> u64 {
        self.number
    }

    /// The newest update when it was issued.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The epoch in which it was issued.
    pub fn issued_in(&self) -> Epoch {
        self.issued
    }

    /// The epoch until which it has time tokens.
    pub fn refreshed(&self) -> Epoch {
        self.refreshed
    }

    /// Whether it is kept good.
    pub fn status(&self) -> KeyStatus {
        self.status
    }

    /// Whether it gets tokens: it is alive, and neither it nor its user was revoked.
    pub fn is_live(&self, state: &RevocationState) -> bool {
        self.status == KeyStatus::Alive
            && self.realm == *state.realm_id()
            && state.check(&self.id, &self.user, self.number).is_ok()
    }

    /// Y, encoded.
    pub(crate) fn y_bytes(&self) -> &[u8; G1_BYTES] {
        &self.y_point
    }

    /// The reader, as he was enrolled: another key can be issued for the same Y, and he notices nothing.
    ///
    /// # Errors
    /// [`DecodeError`] if Y is not in its group or the request key is none: the storage was tampered with.
    pub fn reader(&self) -> Result<EnrolledReader, DecodeError> {
        let at = crate::PROLOGUE_BYTES + 32 + 16 + self.user.encoded_len();
        let request_key = VerifyingKey::from_bytes(&self.request_key).ok_or(Decoder::error_at(
            at,
            "request key",
            DecodeReason::InvalidVerifyingKey,
        ))?;
        let y_point = G1::from_bytes(&self.y_point).ok_or(Decoder::error_at(
            at + VERIFYING_KEY_BYTES,
            "Y",
            DecodeReason::InvalidPoint,
        ))?;
        Ok(EnrolledReader { realm: self.realm, user: self.user.clone(), request_key, y_point })
    }

    /// Its tokens reach until `epoch` now; never less far than before.
    pub fn refresh(&mut self, epoch: Epoch) {
        self.refreshed = self.refreshed.max(epoch);
    }

    /// Its tokens reach until `epoch`, as its proxy says, but not less far than at its issue.
    pub(crate) fn set_refreshed(&mut self, epoch: Epoch) {
        self.refreshed = epoch.max(self.issued);
    }

    /// It is not kept good any more.
    pub fn kill(&mut self) {
        self.status = KeyStatus::Dead;
    }

    /// It was granted more: `attributes` are all that it is for now.
    pub(crate) fn set_attributes(&mut self, attributes: AttributeSet) {
        self.attributes = attributes;
    }

    /// The encoding: 153 bytes, the user id and the attributes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::IssuedKey, 160 + self.user.encoded_len());
        encoder.raw(&self.realm);
        encoder.raw(self.id.as_bytes());
        self.user.encode(&mut encoder);
        encoder.raw(&self.request_key);
        encoder.raw(&self.y_point);
        self.attributes.encode(&mut encoder);
        encoder.u64(self.number);
        encoder.u32(self.issued.number());
        encoder.u32(self.refreshed.number());
        encoder.u8(self.status as u8);
        encoder.finish()
    }

    /// Decodes an entry. Y and the request key are looked into by [`IssuedKey::reader`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::IssuedKey)?;
        let realm = decoder.array("realm id")?;
        let id = KeyId::from_bytes(decoder.array("key id")?);
        let user = UserId::decode(&mut decoder)?;
        let request_key = decoder.array("request key")?;
        let y_point = decoder.array("Y")?;
        let attributes = decode_some_attributes(&mut decoder)?;
        let number = decode_number(&mut decoder, "update number")?;
        let issued = Epoch::decode(&mut decoder, "epoch of issue")?;
        let at = decoder.position();
        let refreshed = Epoch::decode(&mut decoder, "epoch of refresh")?;
        let (least, most) = (u64::from(issued.number()), u64::from(u32::MAX));
        Decoder::checked(u64::from(refreshed.number()), at, "epoch of refresh", least, most)?;
        let at = decoder.position();
        let status = match decoder.u8("status")? {
            1 => KeyStatus::Alive,
            2 => KeyStatus::Dead,
            other => {
                let reason = DecodeReason::OutOfRange { value: u64::from(other), min: 1, max: 2 };
                return Err(Decoder::error_at(at, "status", reason));
            }
        };
        decoder.finish()?;
        Ok(Self { realm, id, user, request_key, y_point, attributes, number, issued, refreshed, status })
    }
}

impl MemoryRegistry {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl KeyRegistry for MemoryRegistry {
    type Error = core::convert::Infallible;

    fn insert_new(&mut self, key: IssuedKey) -> Result<(), RegistryError<Self::Error>> {
        if self.keys.contains_key(&key.id) {
            return Err(RegistryError::Repeated(key.id));
        }
        self.by_user.insert((key.user.clone(), key.id));
        self.keys.insert(key.id, key);
        Ok(())
    }

    fn get(&self, id: &KeyId) -> Result<Option<IssuedKey>, RegistryError<Self::Error>> {
        Ok(self.keys.get(id).cloned())
    }

    fn replace(&mut self, key: IssuedKey) -> Result<(), RegistryError<Self::Error>> {
        let entry = self.keys.get_mut(&key.id).ok_or(RegistryError::Unknown(key.id))?;
        if entry.user != key.user {
            self.by_user.remove(&(entry.user.clone(), key.id));
            self.by_user.insert((key.user.clone(), key.id));
        }
        *entry = key;
        Ok(())
    }

    fn keys_of(&self, user: &UserId) -> Result<Vec<KeyId>, RegistryError<Self::Error>> {
        let first = (user.clone(), KeyId::from_bytes([0; 16]));
        let of_user = self.by_user.range(first..).take_while(|(owner, _)| owner == user);
        Ok(of_user.map(|(_, id)| *id).collect())
    }

    fn page(
        &self,
        after: Option<&KeyId>,
        limit: usize,
    ) -> Result<Vec<IssuedKey>, RegistryError<Self::Error>> {
        let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(*id));
        Ok(self.keys.range((from, Bound::Unbounded)).take(limit).map(|(_, key)| key.clone()).collect())
    }
}

impl fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedKey")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("attributes", &self.attributes)
            .field("refreshed", &self.refreshed)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
