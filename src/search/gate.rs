//! The gate: raises blinded points to its half of x, for readers who may ask, so many times. `[SRCH-8]`
//!
//! A service of the cloud, or better of a second party. Its shares are worth nothing without the readers' halves; what it sees of a
//! keyword is a uniformly random point.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::card::decode_scalar;
use super::context::{CollectionId, Context, PolicyId};
use super::error::GateError;
use super::head::decode_key;
use super::scheme;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::math::{G1, G1_BYTES, Scalar};
use crate::secret::{Secret, SecretBytes, opaque_debug};
use crate::sign::{RequestKey, SIGNATURE_BYTES, SigningKey, VerifyingKey};
use crate::store::{Batch, Store, Table};

/// Points of a request, at most.
pub const MAX_POINTS: usize = 64;
/// Longest name of a gate or a reader, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// A request is answered this long after it was made, in seconds.
const AGE: u64 = 120;
/// .. and this long before: clocks differ.
const LEAD: u64 = 60;
/// Requests that are remembered.
const REMEMBERED: usize = 1 << 16;
/// Points that are counted in the store at a time.
const COUNTED: u64 = 1 << 12;

/// b, and what it is for, signed by the owner. `[SRCH-3.3]`
pub(super) struct GateShare {
    owner: VerifyingKey,
    context: Context,
    policy: PolicyId,
    version: u32,
    b: Secret<Scalar>,
    signature: [u8; SIGNATURE_BYTES],
}

impl GateShare {
    pub(super) fn sign(
        key: &SigningKey,
        context: &Context,
        policy: &PolicyId,
        version: u32,
        b: Secret<Scalar>,
    ) -> Self {
        let owner = key.verifying_key();
        let (context, policy) = (context.clone(), *policy);
        let mut share = Self { owner, context, policy, version, b, signature: [0; SIGNATURE_BYTES] };
        share.signature = key.sign(Label::GateShareSignature, &[share.body().expose_secret()]);
        share
    }

    fn body(&self) -> SecretBytes {
        let mut encoder = Encoder::bare(256);
        encoder.raw(&self.owner.to_bytes());
        self.context.encode(&mut encoder);
        encoder.raw(self.policy.as_bytes());
        encoder.u32(self.version);
        encoder.raw(Secret::new(self.b.expose_secret().to_bytes()).expose_secret());
        encoder.finish_secret()
    }

    pub(super) fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::GateShare, 320);
        encoder.raw(self.body().expose_secret());
        encoder.raw(&self.signature);
        encoder.finish_secret()
    }

    /// Decodes a share, and verifies that the owner of its index has signed it.
    fn from_bytes(bytes: &[u8]) -> Result<Self, GateError> {
        let mut decoder = Decoder::object(bytes, Kind::GateShare)?;
        let owner = decode_key(&mut decoder, "owner's key")?;
        let context = Context::decode(&mut decoder)?;
        let policy = PolicyId::from_bytes(decoder.array("policy")?);
        let at = decoder.position();
        let version = decoder.u32("version")?;
        Decoder::checked(version.into(), at, "version", 1, u32::MAX.into())?;
        let at = decoder.position();
        let b = Secret::new(decode_scalar(&mut decoder, "b")?);
        if b.expose_secret().is_zero() {
            return Err(Decoder::error_at(at, "b", DecodeReason::InvalidScalar).into());
        }
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        let share = Self { owner, context, policy, version, b, signature };
        let genuine = CollectionId::of(&owner) == share.context.collection
            && owner.verifies(Label::GateShareSignature, &[share.body().expose_secret()], &share.signature);
        if genuine { Ok(share) } else { Err(GateError::Signature) }
    }
}

/// Blinded points, and who asks for their powers. Public. `[SRCH-8.1]`
pub(super) struct GateRequest {
    gate: Box<str>,
    reader: Box<str>,
    context: Context,
    policy: PolicyId,
    version: u32,
    time: u64,
    nonce: [u8; 32],
    points: Vec<[u8; G1_BYTES]>,
    signature: [u8; SIGNATURE_BYTES],
}

impl GateRequest {
    #[allow(clippy::too_many_arguments)] // everything that is signed
    pub(super) fn sign(
        key: &RequestKey,
        gate: &str,
        reader: &str,
        context: &Context,
        policy: &PolicyId,
        version: u32,
        time: u64,
        points: Vec<[u8; G1_BYTES]>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, GateError> {
        if gate.len() > MAX_NAME_BYTES || reader.len() > MAX_NAME_BYTES {
            return Err(GateError::OtherGate);
        }
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let (context, policy) = (context.clone(), *policy);
        let (gate, reader) = (gate.into(), reader.into());
        let signature = [0; SIGNATURE_BYTES];
        let mut request = Self { gate, reader, context, policy, version, time, nonce, points, signature };
        request.signature = key.sign_as(Label::GateRequestSignature, &[&request.body()]);
        Ok(request)
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(256 + G1_BYTES * self.points.len());
        encoder.short_bytes(self.gate.as_bytes());
        encoder.short_bytes(self.reader.as_bytes());
        self.context.encode(&mut encoder);
        encoder.raw(self.policy.as_bytes());
        encoder.u32(self.version);
        encoder.u64(self.time);
        encoder.raw(&self.nonce);
        encoder.count(self.points.len());
        self.points.iter().for_each(|point| encoder.raw(point));
        encoder.finish()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::GateRequest, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::GateRequest)?;
        let gate = decoder.short_text(MAX_NAME_BYTES, "gate")?.into();
        let reader = decoder.short_text(MAX_NAME_BYTES, "reader")?.into();
        let context = Context::decode(&mut decoder)?;
        let policy = PolicyId::from_bytes(decoder.array("policy")?);
        let version = decoder.u32("version")?;
        let time = decoder.u64("time")?;
        let nonce = decoder.array("nonce")?;
        let at = decoder.position();
        let count = decoder.count(G1_BYTES, "number of points")?;
        Decoder::checked(count as u64, at, "number of points", 1, MAX_POINTS as u64)?;
        let points = (0..count).map(|_| decoder.array("point")).collect::<Result<_, _>>()?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { gate, reader, context, policy, version, time, nonce, points, signature })
    }
}

/// The points, raised. Public; the reader verifies them.
pub(super) struct GateAnswer {
    pub(super) points: Vec<G1>,
}

impl GateAnswer {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::GateAnswer, 4 + G1_BYTES * self.points.len());
        encoder.count(self.points.len());
        self.points.iter().for_each(|point| encoder.raw(&point.to_bytes()));
        encoder.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::GateAnswer)?;
        let at = decoder.position();
        let count = decoder.count(G1_BYTES, "number of points")?;
        Decoder::checked(count as u64, at, "number of points", 1, MAX_POINTS as u64)?;
        let points = (0..count).map(|_| decode_g1(&mut decoder)).collect::<Result<_, _>>()?;
        decoder.finish()?;
        Ok(Self { points })
    }
}

fn decode_g1(decoder: &mut Decoder<'_>) -> Result<G1, DecodeError> {
    let at = decoder.position();
    let point = G1::from_bytes(&decoder.array("point")?);
    point.ok_or(Decoder::error_at(at, "point", DecodeReason::InvalidPoint))
}

/// How much a gate does. Each point is a keyword that a reader may look for, and a grain of what the gate's share gives away. `[SRCH-8.3]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateLimits {
    /// Points of one reader in an hour.
    pub points_per_reader: u32,
    /// Points for one index in an hour.
    pub points_per_collection: u32,
    /// Points that one share is used for, in all: then it refuses, until the owner has replaced it.
    pub points_per_share: u64,
}

impl Default for GateLimits {
    /// 2,000 points an hour for a reader, 10,000 for an index; 2^32 for a share, which costs 16 bits of security.
    fn default() -> Self {
        Self { points_per_reader: 2_000, points_per_collection: 10_000, points_per_share: 1 << 32 }
    }
}

/// A gate over a store of its own. `[SRCH-8]`
///
/// Who a reader is, and whether his key is live, it asks its caller: a dismissed reader is refused from that moment on.
pub struct Gate<S> {
    name: Box<str>,
    limits: GateLimits,
    store: S,
    requests: BTreeSet<(u64, [u8; 32])>,
    hour: u64,
    readers: BTreeMap<Box<str>, u32>,
    collections: BTreeMap<CollectionId, u32>,
    /// Points that each share was used for since it was looked up, and how many of them the store knows of.
    used: BTreeMap<Vec<u8>, (u64, u64)>,
}

/// A request that may be answered. Answering takes no hold of the gate: many may go on side by side.
#[must_use = "answer it"]
pub struct Admitted {
    points: Vec<[u8; G1_BYTES]>,
    b: Secret<Scalar>,
    context: Context,
}

opaque_debug!(Admitted);

impl Admitted {
    /// The index, domain and epoch that it is about.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// How many keywords it asks for.
    pub fn keywords(&self) -> usize {
        self.points.len()
    }

    /// Z = M^b for every M. `[SRCH-3.4]`
    ///
    /// # Errors
    /// [`GateError::Malformed`] for a point that is not in its group, or the identity: before anything is computed with it.
    pub fn answer(self) -> Result<Vec<u8>, GateError> {
        let decode = |bytes: &[u8; G1_BYTES]| {
            G1::from_bytes(bytes).ok_or(Decoder::error_at(0, "point", DecodeReason::InvalidPoint))
        };
        let points = self.points.iter().map(decode).collect::<Result<Vec<G1>, _>>()?;
        let points = points.iter().map(|point| scheme::raise(point, &self.b)).collect();
        Ok(GateAnswer { points }.to_bytes())
    }
}

fn share_key(prefix: u8, context: &Context, policy: &PolicyId) -> Vec<u8> {
    let mut key = alloc::vec![prefix];
    key.extend_from_slice(&context.to_bytes());
    key.extend_from_slice(policy.as_bytes());
    key
}

const SHARE: u8 = b's';
const COUNT: u8 = b'n';

impl<S: Store> Gate<S> {
    /// A gate that comes up, for the first time or again.
    pub fn open(name: &str, store: S, limits: GateLimits) -> Self {
        Self {
            name: name.into(),
            limits,
            store,
            requests: BTreeSet::new(),
            hour: 0,
            readers: BTreeMap::new(),
            collections: BTreeMap::new(),
            used: BTreeMap::new(),
        }
    }

    /// What readers call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Stops, and gives back its store.
    pub fn into_store(self) -> S {
        self.store
    }

    /// Takes a share that the owner of an index sends; it replaces an older version, which is gone then. `[SRCH-8.2]`
    ///
    /// # Errors
    /// [`GateError::Signature`], [`GateError::RolledBack`], [`GateError::Fork`]; the same share again is no error.
    pub fn install(&mut self, share: &[u8]) -> Result<(), GateError> {
        let new = GateShare::from_bytes(share)?;
        let key = share_key(SHARE, &new.context, &new.policy);
        if let Some(known) = self.store.get(Table::Share, &key)? {
            let known_bytes = Secret::new(known);
            let known = GateShare::from_bytes(known_bytes.expose_secret())?;
            if new.version < known.version {
                return Err(GateError::RolledBack { found: new.version, known: known.version });
            }
            if new.version == known.version {
                let same = known_bytes.expose_secret().as_slice() == share;
                return if same { Ok(()) } else { Err(GateError::Fork { version: new.version }) };
            }
        }
        let count = share_key(COUNT, &new.context, &new.policy);
        let mut batch = Batch::new();
        batch.put(Table::Share, key, share);
        batch.put(Table::Share, count.clone(), 0u64.to_be_bytes());
        self.store.commit(&batch)?;
        self.used.remove(&count);
        Ok(())
    }

    /// Forgets the shares of a closed epoch: how many there were. `[SRCH-8.2]`
    ///
    /// # Errors
    /// [`GateError::Store`].
    pub fn close(&mut self, context: &Context) -> Result<usize, GateError> {
        let mut batch = Batch::new();
        let mut shares = 0;
        for prefix in [SHARE, COUNT] {
            let mut key = alloc::vec![prefix];
            key.extend_from_slice(&context.to_bytes());
            for (key, _) in self.store.page(Table::Share, &key, None, usize::MAX)? {
                shares += usize::from(prefix == SHARE);
                self.used.remove(&key);
                batch.remove(Table::Share, key);
            }
        }
        self.store.commit(&batch)?;
        Ok(shares)
    }

    /// Answers a reader's request. `keys_of` says with which request keys (32 bytes each) a reader signs, one on each of his devices; none if he may not ask.
    ///
    /// # Errors
    /// [`GateError`] says why not.
    pub fn serve(
        &mut self,
        request: &[u8],
        now: u64,
        keys_of: impl FnOnce(&str) -> Vec<[u8; 32]>,
    ) -> Result<Vec<u8>, GateError> {
        self.admit(request, now, keys_of)?.answer()
    }

    /// Decides on a request, and counts it; the points are raised by [`Admitted::answer`]. `[SRCH-8.1]`
    ///
    /// # Errors
    /// [`GateError`] says why not.
    pub fn admit(
        &mut self,
        request: &[u8],
        now: u64,
        keys_of: impl FnOnce(&str) -> Vec<[u8; 32]>,
    ) -> Result<Admitted, GateError> {
        let request = GateRequest::from_bytes(request)?;
        if request.gate != self.name {
            return Err(GateError::OtherGate);
        }
        let signed = |bytes: &[u8; 32]| {
            VerifyingKey::from_bytes(bytes).is_some_and(|key| {
                key.verifies(Label::GateRequestSignature, &[&request.body()], &request.signature)
            })
        };
        if !keys_of(&request.reader).iter().any(signed) {
            return Err(GateError::Refused);
        }
        self.check_fresh(&request, now)?;
        let row = self.store.get(Table::Share, &share_key(SHARE, &request.context, &request.policy))?;
        let row = Secret::new(row.ok_or(GateError::Refused)?);
        let share = GateShare::from_bytes(row.expose_secret())?;
        if share.version != request.version {
            return Err(GateError::Refused);
        }
        self.count(&request, now)?;
        // What is refused changes nothing, and takes no place: a reader could fill the memory for all others.
        self.requests.insert((request.time, request.nonce));
        Ok(Admitted { points: request.points, b: share.b, context: share.context })
    }

    fn check_fresh(&mut self, request: &GateRequest, now: u64) -> Result<(), GateError> {
        self.requests = self.requests.split_off(&(now.saturating_sub(AGE), [0; 32]));
        let timely = request.time.saturating_add(AGE) >= now && request.time <= now.saturating_add(LEAD);
        if !timely || self.requests.contains(&(request.time, request.nonce)) {
            return Err(GateError::Replay);
        }
        if self.requests.len() >= REMEMBERED {
            let most = u32::try_from(REMEMBERED).unwrap_or(u32::MAX);
            return Err(GateError::TooMany {
                most,
                of: "requests of all readers in two minutes",
                hint: "wait",
            });
        }
        Ok(())
    }

    /// Counts the points of a request, for its reader, its index and its share: all or none.
    fn count(&mut self, request: &GateRequest, now: u64) -> Result<(), GateError> {
        let hour = now / 3600;
        if hour != self.hour {
            self.hour = hour;
            self.readers.clear();
            self.collections.clear();
        }
        let points = u32::try_from(request.points.len()).unwrap_or(u32::MAX);
        let wait = "wait for the next hour, or ask for less";
        let reader = self.readers.get(&request.reader).copied().unwrap_or(0).saturating_add(points);
        if reader > self.limits.points_per_reader {
            let most = self.limits.points_per_reader;
            return Err(GateError::TooMany { most, of: "of one reader in an hour", hint: wait });
        }
        let collection =
            self.collections.get(&request.context.collection).copied().unwrap_or(0).saturating_add(points);
        if collection > self.limits.points_per_collection {
            let most = self.limits.points_per_collection;
            return Err(GateError::TooMany { most, of: "for one index in an hour", hint: wait });
        }
        let key = share_key(COUNT, &request.context, &request.policy);
        let (used, known) = match self.used.get(&key) {
            Some(counts) => *counts,
            None => {
                // What was counted ahead before a restart counts as used.
                let row = self.store.get(Table::Share, &key)?.unwrap_or_default();
                let known = row.try_into().map(u64::from_be_bytes).unwrap_or(0);
                (known, known)
            }
        };
        let used = used.saturating_add(points.into());
        if used > self.limits.points_per_share {
            let most = u32::try_from(self.limits.points_per_share).unwrap_or(u32::MAX);
            let hint = "ask the owner of the index for a fresh share and seed";
            return Err(GateError::TooMany { most, of: "with one share", hint });
        }
        let mut counted = known;
        if used > known {
            counted = used.saturating_add(COUNTED);
            let mut batch = Batch::new();
            batch.put(Table::Share, key.clone(), counted.to_be_bytes());
            self.store.commit(&batch)?;
        }
        self.used.insert(key, (used, counted));
        self.readers.insert(request.reader.clone(), reader);
        self.collections.insert(request.context.collection, collection);
        Ok(())
    }

    /// Points that a share was used for: an upper bound, 4,096 more at most than there were.
    ///
    /// # Errors
    /// [`GateError::Store`].
    pub fn used(&self, context: &Context, policy: &PolicyId) -> Result<u64, GateError> {
        let key = share_key(COUNT, context, policy);
        if let Some((used, _)) = self.used.get(&key) {
            return Ok(*used);
        }
        let row = self.store.get(Table::Share, &key)?.unwrap_or_default();
        Ok(row.try_into().map(u64::from_be_bytes).unwrap_or(0))
    }
}

impl<S> core::fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Gate").field("name", &self.name).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Who asks, and of which index: for a caller that must know before it can say which key is his.
///
/// # Errors
/// [`DecodeError`].
pub fn asker(request: &[u8]) -> Result<(String, Context), DecodeError> {
    let request = GateRequest::from_bytes(request)?;
    Ok((String::from(&*request.reader), request.context))
}
