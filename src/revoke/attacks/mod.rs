//! Attacks on epochs, tokens and seals, each with a weakened twin that falls to it.

mod adversaries;
mod authority;
mod entitled;
mod epochs;
mod grants;
mod interruption;
mod lifecycle;
mod seals;
mod serials;
mod story;
mod tokens;
mod torsion;

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::abe::attacks::{policy, set};
use crate::abe::payload::ContentKey;
use crate::abe::scheme::Ciphertext;
use crate::abe::types::{CurrentEpoch, Header, MasterKey, PublicParameters, setup_with_epochs};
use crate::dyadic::Node;
use crate::epoch::{Epoch, EpochTree};
use crate::math::{EncodedRow, G1, G1_BYTES, Gt, Scalar, UncheckedRow, pairing_product};
use crate::outsource::attacks::pool::{Part, Pool, Pooled, Target};
use crate::outsource::scheme::issue;
use crate::outsource::transform_key::Issued;
use crate::outsource::{EnrolledReader, EnrolmentNonce, KeyId, ProxyKey, ReaderSeed, StoredHeader, UserId};
use crate::revoke::{SealKey, TokenBatch, scheme};
use crate::secret::Secret;
use crate::testing::TestRng;

const CONTEXT: &[u8] = b"context";

/// A realm with epochs.
pub(crate) struct World {
    pub(crate) parameters: PublicParameters,
    pub(crate) master: MasterKey,
    pub(crate) tree: EpochTree,
    pub(crate) rng: TestRng,
}

/// A reader, and what the proxy has of him.
pub(crate) struct Reader {
    pub(crate) seed: ReaderSeed,
    pub(crate) enrolled: EnrolledReader,
    pub(crate) key: ProxyKey,
}

/// Whether a reader is one of the colluders, who then know his y.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Honest,
    Colludes,
}

/// The scheme as it is, or with the one weakness that a test names.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Twin {
    Real,
    Weakened,
}

impl Twin {
    pub(crate) fn is_weakened(self) -> bool {
        self == Twin::Weakened
    }
}

/// The attack fails on the scheme, and succeeds on its twin: so it is an attack.
pub(crate) fn only_the_twin_breaks(attack: impl Fn(Twin) -> bool) {
    assert!(!attack(Twin::Real), "the attack succeeds");
    assert!(attack(Twin::Weakened), "the attack fails on the twin, too: it shows nothing");
}

impl World {
    pub(crate) fn new(seed: &str, depth: u8) -> Self {
        let mut rng = TestRng::new(seed);
        let tree = EpochTree::new(depth).unwrap();
        let (parameters, master) = setup_with_epochs("test", tree, &mut rng).unwrap();
        Self { parameters, master, tree, rng }
    }

    pub(crate) fn epoch(&self, number: u64) -> Epoch {
        self.tree.epoch(number).unwrap()
    }

    pub(crate) fn current(&self, number: u64) -> CurrentEpoch<'static> {
        CurrentEpoch::new(*self.parameters.id(), self.epoch(number))
    }

    pub(crate) fn enrol(&mut self, name: &str, seed: &ReaderSeed) -> EnrolledReader {
        let (user, nonce) = (UserId::new(name).unwrap(), EnrolmentNonce::generate(&mut self.rng));
        let enrolment = seed.enrol(&self.parameters, &user, &nonce, &mut self.rng);
        enrolment.verify(&self.parameters, &user, nonce).unwrap()
    }

    pub(crate) fn issue(&mut self, reader: &EnrolledReader, attributes: &str, epoch: u64) -> ProxyKey {
        let id = KeyId::random(&mut self.rng);
        self.issue_under(id, reader, attributes, epoch)
    }

    /// Under a key id that may not be fresh.
    pub(crate) fn issue_under(
        &mut self,
        id: KeyId,
        reader: &EnrolledReader,
        attributes: &str,
        epoch: u64,
    ) -> ProxyKey {
        let issued = Issued { tree: self.tree, update: 1, epoch: self.epoch(epoch) };
        let key = self.master.transform_key(reader, &set(attributes), id, Some(issued));
        key.accept(&self.parameters, &mut self.rng).unwrap()
    }

    pub(crate) fn reader(&mut self, name: &str, attributes: &str, epoch: u64) -> Reader {
        let seed = ReaderSeed::generate(&mut self.rng);
        let enrolled = self.enrol(name, &seed);
        let key = self.issue(&enrolled, attributes, epoch);
        Reader { seed, enrolled, key }
    }

    /// The tokens that lead a reader's key from its epoch to this one.
    pub(crate) fn tokens(&self, reader: &Reader, to: u64) -> TokenBatch {
        self.batch(&[reader], to)
    }

    /// The same for readers whose keys are all good until the same epoch.
    pub(crate) fn batch(&self, readers: &[&Reader], to: u64) -> TokenBatch {
        let mut readers = readers.to_vec();
        readers.sort_by_key(|reader| *reader.key.id());
        let (from, to) = (readers[0].key.tokens_until().unwrap(), self.epoch(to));
        let labels = self.tree.labels(&self.tree.refresh(Some(from), to));
        let h = self.parameters.bases().points(&labels);
        let r = |reader: &&Reader| self.master.randomizer(reader.key.id(), &reader.enrolled);
        let elements = readers.iter().flat_map(|reader| scheme::tokens(&r(reader), &h)).collect();
        let keys = readers.iter().map(|reader| *reader.key.id()).collect();
        TokenBatch { realm: *self.parameters.id(), tree: self.tree, from, to, keys, elements }
    }

    pub(crate) fn refresh(&mut self, reader: &mut Reader, to: u64) {
        let batch = TokenBatch::from_bytes(&self.tokens(reader, to).to_bytes()).unwrap();
        let verified = batch.verify(&self.parameters, |_| Some(&reader.key), &mut self.rng).unwrap();
        verified.refresh(&mut reader.key).unwrap();
    }

    /// A header made in this epoch, and the content key that it encapsulates.
    pub(crate) fn header(&mut self, text: &str, epoch: u64) -> (Header, ContentKey) {
        let encryptor = self.parameters.at(self.current(epoch)).unwrap();
        encryptor.compartment(&policy(text), CONTEXT, &mut self.rng)
    }

    pub(crate) fn stored(&mut self, text: &str, epoch: u64) -> StoredHeader {
        let (header, _) = self.header(text, epoch);
        let header = Header::from_bytes(&header.to_bytes()).unwrap();
        StoredHeader::accept_at(self.current(epoch), header, &self.parameters, &mut self.rng).unwrap()
    }

    /// K of a header, by the master secret.
    pub(crate) fn session_key(&self, header: &Header) -> Gt {
        let g1_alpha = G1::generator().pow(self.master.alpha());
        pairing_product(&[(g1_alpha.into(), *header.c1())])
    }

    /// A header as colluders take it apart, sealed or not.
    pub(crate) fn target(&self, stored: &StoredHeader, pool: &Pool) -> Target {
        let header = stored.header();
        let point = |bytes: &[u8; G1_BYTES]| G1::from_bytes(bytes).unwrap();
        let c3 = header.rows().iter().map(|row| point(row.as_bytes())).collect();
        let ciphertext = Ciphertext { c1: *header.c1(), c2: header.c2().to_vec(), c3 };
        let k = self.session_key(header);
        let mut target = Target::new(stored.program(), &ciphertext, &k, |label| pool.holds(label));
        target.seal = self.seal_parts(stored);
        target
    }

    /// The rows of its seal.
    pub(crate) fn seal_parts(&self, stored: &StoredHeader) -> Vec<Part> {
        let Some(seal) = stored.seal_ref() else { return Vec::new() };
        let labels = self.tree.labels(&self.tree.cover(seal.epoch));
        let row = |row: &UncheckedRow| G1::from_bytes(EncodedRow::from(*row).as_bytes()).unwrap();
        let parts = labels.into_iter().zip(&seal.rows);
        parts.map(|(label, e)| Part { label, gamma: Scalar::one(), c3: row(e), c2: seal.c }).collect()
    }

    pub(crate) fn colluders_open(&self, pool: &Pool, stored: &StoredHeader) -> bool {
        pool.opens(&self.target(stored, pool))
    }

    /// A reader and all that a proxy that deletes nothing has of him: key and tokens of these epochs.
    pub(crate) fn all_tokens(
        &mut self,
        name: &str,
        attributes: &str,
        epochs: RangeInclusive<u64>,
        side: Side,
    ) -> Pooled {
        let mut reader = self.reader(name, attributes, *epochs.start());
        self.keep_all(&mut reader, *epochs.end(), side)
    }

    /// The same of a reader who is there: what he has, and what he gets until `until`.
    pub(crate) fn keep_all(&mut self, reader: &mut Reader, until: u64, side: Side) -> Pooled {
        let y = *reader.seed.exponent().expose_secret();
        let mut held = Pooled::of(&reader.key, (side == Side::Colludes).then_some(y));
        let from = u64::from(reader.key.tokens_until().unwrap().number());
        for epoch in from + 1..=until {
            self.refresh(reader, epoch);
            held.keep(&reader.key);
        }
        held
    }

    /// What an authority with another way to r, or to K2, would issue: a key with the tokens of these epochs.
    pub(crate) fn forged(
        &self,
        y_point: &G1,
        r: &Secret<Scalar>,
        attributes: &str,
        epochs: RangeInclusive<u64>,
        y: Option<Scalar>,
    ) -> Pooled {
        let mut nodes: Vec<Node> = epochs.flat_map(|epoch| self.tree.path(self.epoch(epoch))).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let labels = [set(attributes).labels(), self.tree.labels(&nodes)].concat();
        let h = self.parameters.bases().points(&labels);
        Pooled::new(labels, &issue(self.master.alpha(), y_point, r, &h), y)
    }

    /// Whether the reader opens what his proxy transforms.
    pub(crate) fn opens(&self, reader: &Reader, stored: &StoredHeader) -> bool {
        let Ok(transformed) = reader.key.apply_to_stored(stored) else { return false };
        let id = stored.header().core_id();
        let opened = reader.seed.retrieval_key().finish(&self.parameters, &transformed, id, CONTEXT);
        opened.is_ok_and(|key| key.core_id() == id)
    }

    /// The header, sealed in this epoch.
    pub(crate) fn sealed(&self, stored: &StoredHeader, to: u64, keeper: &SealKey) -> StoredHeader {
        stored.seal(&self.parameters, self.epoch(to), keeper).unwrap().unwrap()
    }
}

/// k_seal.
pub(crate) fn k_seal(key: &SealKey) -> Secret<[u8; 32]> {
    let bytes = key.to_bytes();
    Secret::new(*bytes.expose_secret().last_chunk().unwrap())
}

/// B^w of one seal, for whoever has k_seal.
pub(crate) fn b_w(key: &SealKey, serial: &[u8; 32], t: u32) -> G1 {
    -scheme::seal(None, &scheme::seal_exponents(&k_seal(key), serial, t), &[]).shift
}

/// Time rows with B^w put back into them.
pub(crate) fn unsealed_by(b_w: G1, time: &[Part]) -> Vec<Part> {
    time.iter().map(|part| Part { c3: part.c3 + b_w, ..part.clone() }).collect()
}
