//! Seals: stored headers move on with the epochs, without anybody's key and without touching a payload. `[REV-6]`

use alloc::vec::Vec;

use rand_core::CryptoRng;
use thiserror::Error;

use super::scheme::{self, SealStep};
use crate::abe::types::{PublicParameters, decode_g1, decode_g2};
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::{Epoch, EpochTree};
use crate::error::DecodeError;
use crate::hash::{Label, kdf};
use crate::math::{G1_BYTES, G2_BYTES, UncheckedRow, shift_rows};
use crate::outsource::stored::Seal;
use crate::outsource::{SealKeyId, Serial, StoredHeader};
use crate::secret::{Secret, SecretBytes, opaque_debug};

/// k_seal, 32 bytes: what a store seals its headers with.
///
/// Whoever has it and the store has the headers as they were before they were sealed. So keep it apart from the store: in
/// another process, on another machine, in a hardware module; see [`SealKeeper`]. Losing it loses nothing: sealed
/// headers go on to be transformed; but they cannot be sealed again.
///
/// ```compile_fail,E0308
/// fn copy(key: &hippocrypt::SealKey) -> hippocrypt::SealKey {
///     key.clone() // a seal key is not Clone
/// }
/// ```
pub struct SealKey {
    k_seal: Secret<[u8; 32]>,
    id: SealKeyId,
}

opaque_debug!(SealKey);

/// What the holder of a seal key is asked: how header `serial` moves on.
///
/// A store makes it of the headers it holds. It has an encoding, for a keeper in another process, who must take it from
/// his own store alone, over a channel that nobody else can use: **whoever may ask about serials of his choice can
/// unseal** headers.
///
/// ```compile_fail,E0451
/// # use hippocrypt::*;
/// fn about(realm: [u8; 32], serial: Serial, tree: EpochTree, to: Epoch) -> SealRequest {
///     SealRequest { realm, serial, tree, from: None, to } // a store asks about the headers that it has
/// }
/// ```
/// ```compile_fail,E0423
/// fn serial(bytes: [u8; 32]) -> hippocrypt::Serial {
///     hippocrypt::Serial(bytes) // nobody chooses one
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SealRequest {
    realm: [u8; 32],
    serial: Serial,
    tree: EpochTree,
    from: Option<(Epoch, SealKeyId)>,
    to: Epoch,
}

impl SealRequest {
    /// H(mpk) of the realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The header.
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// The epoch of the seal that it has, if it has one.
    pub fn from(&self) -> Option<Epoch> {
        self.from.map(|(epoch, _)| epoch)
    }

    /// The epoch that it is to be sealed in.
    pub fn to(&self) -> Epoch {
        self.to
    }

    /// The encoding, 80 bytes; 96 if the header is sealed. `[REV-6.3]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::SealRequest, 32 + 32 + 1 + 4 + 16 + 4);
        encoder.raw(&self.realm);
        encoder.raw(self.serial.as_bytes());
        encoder.u8(self.tree.depth());
        encoder.u32(self.to.number());
        encoder.u32(self.from().map_or(0, Epoch::number));
        if let Some((_, key)) = self.from {
            encoder.raw(&key.0);
        }
        encoder.finish()
    }

    /// Decodes what the keeper's own store has sent. See above whom to take it from.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::SealRequest)?;
        let realm = decoder.array("realm id")?;
        let serial = Serial::decode(&mut decoder)?;
        let tree = EpochTree::decode_some(&mut decoder)?;
        let to = tree.decode_epoch(&mut decoder, "epoch")?;
        let at = decoder.position();
        let number = u64::from(decoder.u32("epoch of the seal")?);
        Decoder::checked(number, at, "epoch of the seal", 0, u64::from(to.number()) - 1)?;
        let from = match tree.epoch(number) {
            Ok(epoch) => Some((epoch, SealKeyId(decoder.array("seal key")?))),
            Err(_) => None,
        };
        decoder.finish()?;
        Ok(Self { realm, serial, tree, from, to })
    }
}

impl SealStep {
    /// The encoding: 152 bytes, and 48 for each span of the seal. A secret between keeper and store. `[REV-6.3]`
    pub fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::SealStep, G1_BYTES * (1 + self.e.len()) + G2_BYTES + 1);
        encoder.raw(&self.shift.to_bytes());
        encoder.raw(&self.c_seal.to_bytes());
        encoder.u8(u8::try_from(self.e.len()).unwrap_or(u8::MAX));
        for e in &self.e {
            encoder.raw(&e.to_bytes());
        }
        encoder.finish_secret()
    }

    /// Decodes what a keeper has answered. Every element is checked to lie in its group.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::SealStep)?;
        let shift = decode_g1(&mut decoder, "shift")?;
        let c_seal = decode_g2(&mut decoder, "C of the seal")?;
        let at = decoder.position();
        let count = decoder.u8("number of rows")?;
        Decoder::checked(count.into(), at, "number of rows", 1, 32)?;
        let e = (0..count).map(|_| decode_g1(&mut decoder, "row of the seal")).collect::<Result<_, _>>()?;
        decoder.finish()?;
        Ok(Self { shift, c_seal, e })
    }
}

/// Whoever holds the seal key: the key itself, or a way to the process that has it.
///
/// ```
/// # use hippocrypt::*;
/// /// A way to the keeper: sends bytes, and returns what comes back.
/// struct Far<S> {
///     id: SealKeyId,
///     send: S,
/// }
///
/// impl<S: Fn(&[u8]) -> Vec<u8>> SealKeeper for Far<S> {
///     type Error = SealError;
///     fn id(&self) -> SealKeyId {
///         self.id
///     }
///     fn step(&self, _: &PublicParameters, request: SealRequest) -> Result<SealStep, SealError> {
///         SealStep::from_bytes(&(self.send)(&request.to_bytes())).map_err(|_| SealError::Step)
///     }
/// }
///
/// /// What the keeper's process does with what comes from its own store.
/// fn answer(key: &SealKey, parameters: &PublicParameters, bytes: &[u8]) -> Option<SecretBytes> {
///     let request = SealRequest::from_bytes(bytes).ok()?;
///     Some(key.step(parameters, request).ok()?.to_bytes())
/// }
/// ```
pub trait SealKeeper {
    /// What can go wrong on the way; [`SealError`] for a key at hand.
    type Error: From<SealError>;

    /// The name of the key.
    fn id(&self) -> SealKeyId;

    /// The elements of the seal. They are believed: a keeper that answers with other ones in good form spoils the header.
    /// Asked twice, it answers the same: a store that was interrupted asks again.
    ///
    /// # Errors
    /// Those of the way; [`SealError::OtherKey`] if the header was sealed with another key.
    fn step(&self, parameters: &PublicParameters, request: SealRequest) -> Result<SealStep, Self::Error>;
}

/// A header that cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The header is of another realm, or the realm has no epochs.
    #[error("the header belongs to another realm than the public parameters, or the realm has no epochs")]
    OtherRealm,
    /// It is sealed in a later epoch.
    #[error("the header is sealed in epoch {sealed} already, and seals never go back to {wanted}")]
    RolledBack {
        /// The epoch of its seal.
        sealed: Epoch,
        /// What was asked for.
        wanted: Epoch,
    },
    /// Another key has sealed it.
    #[error(
        "the header was sealed with another key: with this one it would be lost; find the key that sealed it"
    )]
    OtherKey,
    /// The keeper's answer fits no header.
    #[error("the seal does not fit the header: the keeper of the seal key answers wrongly")]
    Step,
}

impl SealKey {
    fn new(k_seal: Secret<[u8; 32]>) -> Self {
        let id = SealKeyId(*kdf(Label::SealKeyId, &[k_seal.expose_secret()]).expose_secret());
        Self { k_seal, id }
    }

    /// A fresh key, for one store.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut k_seal = Secret::new([0; 32]);
        rng.fill_bytes(k_seal.expose_secret_mut());
        Self::new(k_seal)
    }

    /// The encoding, 39 bytes: a secret.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::SealKey, 32);
        encoder.raw(self.k_seal.expose_secret());
        encoder.finish_secret()
    }

    /// Decodes a seal key.
    ///
    /// # Errors
    /// [`DecodeError`] unless `bytes` are exactly a prologue and 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::SealKey)?;
        let k_seal = decoder.secret("seal key")?;
        decoder.finish()?;
        Ok(Self::new(k_seal))
    }
}

impl SealKeeper for SealKey {
    type Error = SealError;

    fn id(&self) -> SealKeyId {
        self.id
    }

    fn step(&self, parameters: &PublicParameters, request: SealRequest) -> Result<SealStep, SealError> {
        if request.realm != *parameters.id() || parameters.epochs() != Some(request.tree) {
            return Err(SealError::OtherRealm);
        }
        let exponents =
            |t: Epoch| scheme::seal_exponents(&self.k_seal, request.serial.as_bytes(), t.number());
        let old = match request.from {
            None => None,
            Some((_, key)) if key != self.id => return Err(SealError::OtherKey),
            Some((from, _)) => Some(exponents(from)),
        };
        let labels = request.tree.labels(&request.tree.cover(request.to));
        let h = parameters.bases().points(&labels);
        Ok(scheme::seal(old.as_ref(), &exponents(request.to), &h))
    }
}

impl StoredHeader {
    /// Seals the header in epoch `to`, or seals it again: from then on it opens only with keys that are good until
    /// then, even if `keeper`'s key and nothing else is beyond the reach of who has stolen the store. `[REV-6.2]`
    ///
    /// `None` if there is nothing to do: it is sealed in this epoch, or was made in it or for a later one. Put the new
    /// version in the place of the former one, atomically, and **do not keep the former one**: see
    /// [`seal_all`](super::seal_all).
    ///
    /// # Errors
    /// [`SealError`], and those of the keeper; the header is as it was.
    pub fn seal<K: SealKeeper>(
        &self,
        parameters: &PublicParameters,
        to: Epoch,
        keeper: &K,
    ) -> Result<Option<Self>, K::Error> {
        let tree = parameters.epochs().filter(|_| self.header().realm_id() == parameters.id());
        let tree = tree.ok_or(SealError::OtherRealm)?;
        let from = self.seal_state();
        if let Some((sealed, _)) = from.filter(|(sealed, _)| *sealed > to) {
            return Err(SealError::RolledBack { sealed, wanted: to }.into());
        }
        if self.needs() >= Some(to) {
            return Ok(None);
        }
        // The key is asked for its name first: with another one the header would be lost.
        if from.is_some_and(|(_, key)| key != keeper.id()) {
            return Err(SealError::OtherKey.into());
        }
        let step = keeper.step(
            parameters,
            SealRequest { realm: *parameters.id(), serial: *self.serial(), tree, from, to },
        )?;
        let time_rows = shift_rows(self.time_rows(), &step.shift).ok_or(SealError::Step)?;
        let rows = step.e.iter().map(UncheckedRow::from_point).collect::<Option<_>>();
        let rows: Vec<_> = rows.ok_or(SealError::Step)?;
        if rows.len() != tree.cover(to).len() || step.c_seal.is_identity() {
            return Err(SealError::Step.into());
        }
        Ok(Some(self.sealed(&time_rows, Seal { epoch: to, key: keeper.id(), c: step.c_seal, rows })))
    }

    fn seal_state(&self) -> Option<(Epoch, SealKeyId)> {
        self.seal_ref().map(|seal| (seal.epoch, seal.key))
    }
}
