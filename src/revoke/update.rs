//! What an authority tells its proxies: numbered, chained, signed. `[REV-5.3]`

use alloc::vec::Vec;

use super::statement::decode_number;
use crate::abe::types::{MasterKey, PublicParameters};
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::Epoch;
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, hash};
use crate::outsource::{KeyId, UserId};
use crate::policy::AttributeSet;
use crate::sign::SIGNATURE_BYTES;

/// What an update does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The first update of a realm, and no other: epoch 1 begins.
    Begin,
    /// A later epoch begins.
    Advance,
    /// Nothing that was issued to this user up to now is served any more. He may be enrolled anew later.
    RevokeUser(UserId),
    /// This key is not served any more, ever.
    RevokeKey(KeyId),
    /// This key is not used for these attributes any more.
    RevokeAttributes {
        /// The key.
        key: KeyId,
        /// What it loses.
        attributes: AttributeSet,
    },
}

/// One step of an authority: an epoch or a revocation. Public, and to be kept: the complete log of them is what an
/// authority and its proxies are rebuilt from.
///
/// Updates count 1, 2, .., and each bears the hash of the one before, so that none can be left out,
/// repeated, exchanged or taken back: see [`RevocationState::apply`](super::RevocationState::apply).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityUpdate {
    realm: [u8; 32],
    number: u64,
    previous: [u8; 32],
    time: u64,
    epoch: Epoch,
    action: Action,
    signature: [u8; SIGNATURE_BYTES],
}

impl AuthorityUpdate {
    pub(super) fn sign(
        master: &MasterKey,
        number: u64,
        previous: [u8; 32],
        time: u64,
        epoch: Epoch,
        action: Action,
    ) -> Self {
        let realm = *master.public_parameters().id();
        let mut update =
            Self { realm, number, previous, time, epoch, action, signature: [0; SIGNATURE_BYTES] };
        update.signature = master.sign(Label::UpdateSignature, &[&update.body()]);
        update
    }

    /// H(mpk) of its realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// H(update) of the update before, zeros for the first.
    pub fn previous(&self) -> &[u8; 32] {
        &self.previous
    }

    /// When it was made, in seconds since 1970-01-01T00:00Z by the authority's clock. Nothing is decided by it.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The epoch that the realm is in after it.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What it does.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// H(update), of its whole encoding.
    pub fn id(&self) -> [u8; 32] {
        hash(Label::UpdateId, &[&self.to_bytes()])
    }

    /// Whether the authority of `parameters` has signed it. Whether it is its turn is another question.
    pub fn is_genuine(&self, parameters: &PublicParameters) -> bool {
        self.realm == *parameters.id()
            && parameters.verifying_key().verifies(Label::UpdateSignature, &[&self.body()], &self.signature)
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(32 + 8 + 32 + 8 + 4 + 64);
        encoder.raw(&self.realm);
        encoder.u64(self.number);
        encoder.raw(&self.previous);
        encoder.u64(self.time);
        encoder.u32(self.epoch.number());
        self.action.encode(&mut encoder);
        encoder.finish()
    }

    /// The encoding: 156 bytes, and what the action names.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::AuthorityUpdate, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes an update; says nothing about who signed it.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::AuthorityUpdate)?;
        let realm = decoder.array("realm id")?;
        let number = decode_number(&mut decoder, "update number")?;
        let at = decoder.position();
        let previous = decoder.array("previous update")?;
        if number == 1 && previous != [0; 32] {
            let reason = DecodeReason::NotCanonical("the first update follows none, which is 32 zero bytes");
            return Err(Decoder::error_at(at, "previous update", reason));
        }
        let time = decoder.u64("time")?;
        let epoch = Epoch::decode(&mut decoder, "epoch")?;
        let at = decoder.position();
        let action = Action::decode(&mut decoder)?;
        if (number == 1) != (action == Action::Begin) {
            let reason = DecodeReason::NotCanonical("update 1 is the beginning, and no other is");
            return Err(Decoder::error_at(at, "action", reason));
        }
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, number, previous, time, epoch, action, signature })
    }
}

impl Action {
    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Action::Begin => encoder.u8(1),
            Action::Advance => encoder.u8(2),
            Action::RevokeUser(user) => {
                encoder.u8(3);
                user.encode(encoder);
            }
            Action::RevokeKey(key) => {
                encoder.u8(4);
                encoder.raw(key.as_bytes());
            }
            Action::RevokeAttributes { key, attributes } => {
                encoder.u8(5);
                encoder.raw(key.as_bytes());
                attributes.encode(encoder);
            }
        }
    }

    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let at = decoder.position();
        Ok(match decoder.u8("action")? {
            1 => Action::Begin,
            2 => Action::Advance,
            3 => Action::RevokeUser(UserId::decode(decoder)?),
            4 => Action::RevokeKey(KeyId::from_bytes(decoder.array("key id")?)),
            5 => Action::RevokeAttributes {
                key: KeyId::from_bytes(decoder.array("key id")?),
                attributes: decode_some_attributes(decoder)?,
            },
            other => {
                let reason = DecodeReason::OutOfRange { value: u64::from(other), min: 1, max: 5 };
                return Err(Decoder::error_at(at, "action", reason));
            }
        })
    }
}

/// A set of attributes that is not empty.
pub(super) fn decode_some_attributes(decoder: &mut Decoder<'_>) -> Result<AttributeSet, DecodeError> {
    let at = decoder.position();
    let attributes = AttributeSet::decode(decoder)?;
    if attributes.is_empty() {
        let reason = DecodeReason::NotCanonical("at least one attribute");
        return Err(Decoder::error_at(at, "attributes", reason));
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_update_begins_and_follows_none() {
        let update = AuthorityUpdate {
            realm: [1; 32],
            number: 1,
            previous: [0; 32],
            time: 0,
            epoch: Epoch::FIRST,
            action: Action::Begin,
            signature: [0; SIGNATURE_BYTES],
        };
        let decode = |update: &AuthorityUpdate| AuthorityUpdate::from_bytes(&update.to_bytes());
        let field = |update: AuthorityUpdate| decode(&update).unwrap_err().field;
        assert_eq!(decode(&update).unwrap(), update);
        assert_eq!(field(AuthorityUpdate { number: 0, ..update.clone() }), "update number");
        assert_eq!(field(AuthorityUpdate { number: 2, ..update.clone() }), "action");
        assert_eq!(field(AuthorityUpdate { action: Action::Advance, ..update.clone() }), "action");
        assert_eq!(field(AuthorityUpdate { previous: [1; 32], ..update.clone() }), "previous update");
        let nothing =
            Action::RevokeAttributes { key: KeyId::from_bytes([0; 16]), attributes: AttributeSet::new() };
        assert_eq!(field(AuthorityUpdate { number: 2, action: nothing, ..update }), "attributes");
    }
}
