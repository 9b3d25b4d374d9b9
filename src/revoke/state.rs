//! What the updates of an authority add up to. `[REV-5.5]`
//!
//! Authority and proxies run the same code over the same updates.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::error::{Revoked, UpdateError};
use super::statement::decode_number;
use super::update::{Action, AuthorityUpdate, decode_some_attributes};
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::Epoch;
use crate::error::{DecodeError, DecodeReason};
use crate::outsource::{KeyId, UserId};
use crate::policy::{AttributeError, AttributeSet, Schema};

/// The epoch of a realm, and who and what is revoked in it, after the updates 1 to [`RevocationState::number`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationState {
    realm: [u8; 32],
    number: u64,
    head: [u8; 32],
    /// None before the first update.
    epoch: Option<Epoch>,
    users: BTreeMap<UserId, u64>,
    keys: BTreeMap<KeyId, u64>,
    /// Of keys that are not revoked as a whole.
    withdrawn: BTreeMap<KeyId, AttributeSet>,
}

/// What an update has changed: what its proxy must delete now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a proxy deletes what an update revokes"]
#[non_exhaustive]
pub enum Applied<'u> {
    /// This epoch has begun: the time tokens of the one before are of no use.
    Epoch(Epoch),
    /// Delete every transform key of this user.
    DeleteKeysOf(&'u UserId),
    /// Delete this transform key.
    DeleteKey(KeyId),
    /// Delete these components of this transform key.
    DeleteComponents {
        /// The transform key.
        key: KeyId,
        /// The attributes to delete the components of.
        attributes: &'u AttributeSet,
    },
}

impl RevocationState {
    /// Before the first update.
    ///
    /// # Errors
    /// [`UpdateError::NoEpochs`] if the realm has no epochs.
    pub fn new(parameters: &PublicParameters) -> Result<Self, UpdateError> {
        parameters.epochs().ok_or(UpdateError::NoEpochs)?;
        Ok(Self {
            realm: *parameters.id(),
            number: 0,
            head: [0; 32],
            epoch: None,
            users: BTreeMap::new(),
            keys: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
        })
    }

    /// H(mpk) of the realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The number of the newest update, 0 before the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// H(update) of the newest update, zeros before the first.
    pub fn head(&self) -> &[u8; 32] {
        &self.head
    }

    /// The epoch that the realm is in; `None` before the first update.
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// Applies an update, exactly once and in its turn; what to delete now. `[REV-5.5]`
    ///
    /// Revoking a user takes no longer if he has many keys: they are dead by their number.
    ///
    /// # Errors
    /// [`UpdateError`] says why not. [`UpdateError::Fork`] is an alarm; [`UpdateError::Replayed`] is harmless.
    pub fn apply<'u>(
        &mut self,
        update: &'u AuthorityUpdate,
        parameters: &PublicParameters,
    ) -> Result<Applied<'u>, UpdateError> {
        if self.realm != *parameters.id() || self.realm != *update.realm_id() {
            return Err(UpdateError::OtherRealm);
        }
        let number = update.number();
        if !update.is_genuine(parameters) {
            return Err(UpdateError::Signature { number });
        }
        let id = update.id();
        self.check_turn(update, &id)?;
        let tree = parameters.epochs().ok_or(UpdateError::NoEpochs)?;
        tree.epoch(u64::from(update.epoch().number()))?;
        self.check_epoch(update)?;

        let applied = match update.action() {
            Action::Begin | Action::Advance => Applied::Epoch(update.epoch()),
            Action::RevokeUser(user) => {
                self.users.insert(user.clone(), number);
                Applied::DeleteKeysOf(user)
            }
            Action::RevokeKey(key) => {
                self.check_alive(*key)?;
                self.keys.insert(*key, number);
                self.withdrawn.remove(key);
                Applied::DeleteKey(*key)
            }
            Action::RevokeAttributes { key, attributes } => {
                let key = *key;
                self.check_alive(key)?;
                let mut all = self.withdrawn.get(&key).cloned().unwrap_or_default();
                unite(&mut all, attributes).map_err(|reason| UpdateError::Attributes { key, reason })?;
                self.withdrawn.insert(key, all);
                Applied::DeleteComponents { key, attributes }
            }
        };
        (self.number, self.head, self.epoch) = (number, id, Some(update.epoch()));
        Ok(applied)
    }

    fn check_turn(&self, update: &AuthorityUpdate, id: &[u8; 32]) -> Result<(), UpdateError> {
        let (number, applied) = (update.number(), self.number);
        let missing = applied.saturating_add(1);
        if number < applied {
            return Err(UpdateError::RolledBack { number, applied });
        }
        if number == applied {
            let same = *id == self.head;
            return Err(if same { UpdateError::Replayed { number } } else { UpdateError::Fork { number } });
        }
        if number > missing {
            return Err(UpdateError::Gap { number, missing });
        }
        if *update.previous() != self.head {
            return Err(UpdateError::Fork { number });
        }
        Ok(())
    }

    fn check_epoch(&self, update: &AuthorityUpdate) -> Result<(), UpdateError> {
        let (number, to) = (update.number(), update.epoch());
        let begins = *update.action() == Action::Begin;
        let Some(from) = self.epoch else {
            let fine = begins && to == Epoch::FIRST;
            return if fine { Ok(()) } else { Err(UpdateError::Begin { number }) };
        };
        if begins {
            return Err(UpdateError::Begin { number });
        }
        let fine = if *update.action() == Action::Advance { to > from } else { to == from };
        let (from, to) = (from.number(), to.number());
        if fine { Ok(()) } else { Err(UpdateError::Epoch { number, from, to }) }
    }

    fn check_alive(&self, key: KeyId) -> Result<(), UpdateError> {
        match self.keys.get(&key) {
            Some(by) => Err(UpdateError::KeyIsRevoked { key, by: *by }),
            None => Ok(()),
        }
    }

    /// Whether a key is revoked that was issued to `user` when update `issued_at` was the newest. `[REV-5.5]`
    ///
    /// # Errors
    /// [`Revoked`] says by which update.
    pub fn check(&self, key: &KeyId, user: &UserId, issued_at: u64) -> Result<(), Revoked> {
        if let Some(number) = self.keys.get(key) {
            return Err(Revoked::Key(*number));
        }
        self.check_user(user, issued_at)
    }

    /// Whether something is revoked that was given to `user` when update `issued_at` was the newest, such as the right to
    /// write.
    ///
    /// # Errors
    /// [`Revoked`] says by which update.
    pub fn check_user(&self, user: &UserId, issued_at: u64) -> Result<(), Revoked> {
        match self.users.get(user) {
            Some(number) if *number > issued_at => Err(Revoked::User(*number)),
            _ => Ok(()),
        }
    }

    /// Whether the key was revoked by its id.
    pub fn is_dead(&self, key: &KeyId) -> bool {
        self.keys.contains_key(key)
    }

    /// What was withdrawn of a key that is not revoked as a whole.
    pub fn withdrawn(&self, key: &KeyId) -> Option<&AttributeSet> {
        self.withdrawn.get(key)
    }

    /// The keys of which something was withdrawn, and that are not revoked as a whole.
    pub fn diminished_keys(&self) -> impl Iterator<Item = &KeyId> {
        self.withdrawn.keys()
    }

    /// The users that were revoked, with the number of the last update that did.
    pub fn revoked_users(&self) -> impl Iterator<Item = (&UserId, u64)> {
        self.users.iter().map(|(user, number)| (user, *number))
    }

    /// The keys that were revoked one by one, with the number of the update.
    pub fn revoked_keys(&self) -> impl Iterator<Item = (&KeyId, u64)> {
        self.keys.iter().map(|(key, number)| (key, *number))
    }

    /// The encoding, for the storage of whoever has applied the updates. It is not signed: it is taken from
    /// nobody else.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut encoder =
            Encoder::object(Kind::RevocationState, 88 + 40 * self.users.len() + 24 * self.keys.len());
        encoder.raw(&self.realm);
        encoder.u64(self.number);
        encoder.raw(&self.head);
        if let Some(epoch) = self.epoch {
            encoder.u32(epoch.number());
            encoder.u32(count(self.users.len()));
            for (user, number) in &self.users {
                user.encode(&mut encoder);
                encoder.u64(*number);
            }
            encoder.u32(count(self.keys.len()));
            for (key, number) in &self.keys {
                encoder.raw(key.as_bytes());
                encoder.u64(*number);
            }
            encoder.u32(count(self.withdrawn.len()));
            for (key, attributes) in &self.withdrawn {
                encoder.raw(key.as_bytes());
                attributes.encode(&mut encoder);
            }
        }
        encoder.finish()
    }

    /// Decodes a state.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::RevocationState)?;
        let realm = decoder.array("realm id")?;
        let number = decoder.u64("update number")?;
        let at = decoder.position();
        let head: [u8; 32] = decoder.array("newest update")?;
        let (mut users, mut keys, mut withdrawn) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut epoch = None;
        if number == 0 {
            if head != [0; 32] {
                let reason = DecodeReason::NotCanonical("no update yet, which is 32 zero bytes");
                return Err(Decoder::error_at(at, "newest update", reason));
            }
        } else {
            epoch = Some(Epoch::decode(&mut decoder, "epoch")?);
            // Each entry comes from an update of its own, and none from the first.
            let mut left = number - 1;
            let by = |decoder: &mut Decoder<'_>| {
                let at = decoder.position();
                let by = decode_number(decoder, "revoking update")?;
                Decoder::checked(by, at, "revoking update", 2, number)
            };
            entries(&mut decoder, "user id", &mut left, &mut users, |decoder| {
                Ok((UserId::decode(decoder)?, by(decoder)?))
            })?;
            entries(&mut decoder, "key id", &mut left, &mut keys, |decoder| {
                Ok((KeyId::from_bytes(decoder.array("key id")?), by(decoder)?))
            })?;
            entries(&mut decoder, "key id", &mut left, &mut withdrawn, |decoder| {
                let at = decoder.position();
                let key = KeyId::from_bytes(decoder.array("key id")?);
                if keys.contains_key(&key) {
                    let reason = DecodeReason::NotCanonical("nothing is withdrawn of a revoked key");
                    return Err(Decoder::error_at(at, "key id", reason));
                }
                Ok((key, decode_some_attributes(decoder)?))
            })?;
        }
        decoder.finish()?;
        Ok(Self { realm, number, head, epoch, users, keys, withdrawn })
    }
}

/// A counted list, strictly ascending, of at most as many entries as there are updates left.
fn entries<K: Ord, V>(
    decoder: &mut Decoder<'_>,
    field: &'static str,
    left: &mut u64,
    into: &mut BTreeMap<K, V>,
    mut entry: impl FnMut(&mut Decoder<'_>) -> Result<(K, V), DecodeError>,
) -> Result<(), DecodeError> {
    let at = decoder.position();
    let count = u64::from(decoder.u32("count")?);
    Decoder::checked(count, at, "count", 0, *left)?;
    *left -= count;
    for _ in 0..count {
        let at = decoder.position();
        let (key, value) = entry(decoder)?;
        if into.last_key_value().is_some_and(|(last, _)| *last >= key) {
            return Err(Decoder::error_at(at, field, DecodeReason::NotAscending));
        }
        into.insert(key, value);
    }
    Ok(())
}

fn unite(all: &mut AttributeSet, more: &AttributeSet) -> Result<(), AttributeError> {
    for attribute in more.attributes() {
        all.insert(attribute.clone(), &Schema::empty())?;
    }
    for (name, number, value) in more.numbers() {
        all.insert_typed(name.clone(), number, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abe::attacks::set;

    /// 9 updates, of which six have left something.
    fn state() -> RevocationState {
        let (user, key) = (|name| UserId::new(name).unwrap(), |id| KeyId::from_bytes([id; 16]));
        RevocationState {
            realm: [1; 32],
            number: 9,
            head: [2; 32],
            epoch: Some(Epoch::FIRST),
            users: BTreeMap::from([(user("a"), 2), (user("b"), 9)]),
            keys: BTreeMap::from([(key(3), 3), (key(4), 4)]),
            withdrawn: BTreeMap::from([(key(5), set("x")), (key(6), set("y"))]),
        }
    }

    fn refused(change: impl FnOnce(&mut RevocationState)) -> bool {
        let mut state = state();
        change(&mut state);
        RevocationState::from_bytes(&state.to_bytes()).is_err()
    }

    #[test]
    fn states_that_no_updates_lead_to_are_refused() {
        assert!(!refused(|_| ()));
        assert!(!refused(|state| state.number = 100));
        // Fewer updates than entries; one that has not come, or was the first.
        let few = |state: &mut RevocationState, number| {
            state.users.values_mut().for_each(|by| *by = 2);
            state.number = number;
        };
        assert!(refused(|state| few(state, 6)) && !refused(|state| few(state, 7)));
        assert!(refused(|state| state.users.values_mut().for_each(|number| *number = 10)));
        assert!(refused(|state| state.keys.values_mut().for_each(|number| *number = 1)));
        // Something is withdrawn of a revoked key, or nothing of another.
        assert!(refused(|state| drop(state.withdrawn.insert(KeyId::from_bytes([3; 16]), set("x")))));
        assert!(refused(|state| {
            state.withdrawn.insert(KeyId::from_bytes([5; 16]), AttributeSet::new());
        }));
        // Before the first update there is no newest one.
        assert!(refused(|state| (state.number, state.epoch) = (0, None)));
        // Another order, or one twice.
        let bytes = state().to_bytes();
        let first = 7 + 32 + 8 + 32 + 4 + 4;
        let mut swapped = bytes.clone();
        (swapped[first + 2], swapped[first + 13]) = (b'b', b'a');
        assert_eq!(RevocationState::from_bytes(&swapped).unwrap_err().reason, DecodeReason::NotAscending);
        swapped[first + 2] = b'a';
        assert_eq!(RevocationState::from_bytes(&swapped).unwrap_err().reason, DecodeReason::NotAscending);
    }
}
