//! Attacks on epochs, tokens and seals, each with a weakened twin that falls to it.

mod authority;
mod lifecycle;
mod story;

use crate::abe::attacks::{policy, set};
use crate::abe::payload::ContentKey;
use crate::abe::types::{CurrentEpoch, Header, MasterKey, PublicParameters, setup_with_epochs};
use crate::epoch::{Epoch, EpochTree};
use crate::outsource::transform_key::Issued;
use crate::outsource::{EnrolledReader, EnrolmentNonce, KeyId, ProxyKey, ReaderSeed, StoredHeader, UserId};
use crate::revoke::{TokenBatch, scheme};
use crate::testing::TestRng;

const CONTEXT: &[u8] = b"context";

/// A realm with epochs.
pub(super) struct World {
    pub(super) parameters: PublicParameters,
    pub(super) master: MasterKey,
    pub(super) tree: EpochTree,
    pub(super) rng: TestRng,
}

/// A reader, and what the proxy has of him.
pub(super) struct Reader {
    pub(super) seed: ReaderSeed,
    pub(super) enrolled: EnrolledReader,
    pub(super) key: ProxyKey,
}

impl World {
    pub(super) fn new(seed: &str, depth: u8) -> Self {
        let mut rng = TestRng::new(seed);
        let tree = EpochTree::new(depth).unwrap();
        let (parameters, master) = setup_with_epochs("test", tree, &mut rng).unwrap();
        Self { parameters, master, tree, rng }
    }

    pub(super) fn epoch(&self, number: u64) -> Epoch {
        self.tree.epoch(number).unwrap()
    }

    pub(super) fn current(&self, number: u64) -> CurrentEpoch<'static> {
        CurrentEpoch::new(*self.parameters.id(), self.epoch(number))
    }

    pub(super) fn enrol(&mut self, name: &str, seed: &ReaderSeed) -> EnrolledReader {
        let (user, nonce) = (UserId::new(name).unwrap(), EnrolmentNonce::generate(&mut self.rng));
        let enrolment = seed.enrol(&self.parameters, &user, &nonce, &mut self.rng);
        enrolment.verify(&self.parameters, &user, nonce).unwrap()
    }

    pub(super) fn issue(&mut self, reader: &EnrolledReader, attributes: &str, epoch: u64) -> ProxyKey {
        let issued = Issued { tree: self.tree, update: 1, epoch: self.epoch(epoch) };
        let id = KeyId::random(&mut self.rng);
        let key = self.master.transform_key(reader, &set(attributes), id, Some(issued));
        key.accept(&self.parameters, &mut self.rng).unwrap()
    }

    pub(super) fn reader(&mut self, name: &str, attributes: &str, epoch: u64) -> Reader {
        let seed = ReaderSeed::generate(&mut self.rng);
        let enrolled = self.enrol(name, &seed);
        let key = self.issue(&enrolled, attributes, epoch);
        Reader { seed, enrolled, key }
    }

    /// The tokens that lead a reader's key from its epoch to this one.
    pub(super) fn tokens(&self, reader: &Reader, to: u64) -> TokenBatch {
        let (from, to) = (reader.key.tokens_until().unwrap(), self.epoch(to));
        let labels = self.tree.labels(&self.tree.refresh(Some(from), to));
        let r = self.master.randomizer(
            reader.key.id(),
            &reader.enrolled.user,
            &reader.enrolled.y_point.to_bytes(),
        );
        let elements = scheme::tokens(&r, &self.parameters.bases().points(&labels));
        let (realm, tree, keys) = (*self.parameters.id(), self.tree, [*reader.key.id()].to_vec());
        TokenBatch { realm, tree, from, to, keys, elements }
    }

    pub(super) fn refresh(&mut self, reader: &mut Reader, to: u64) {
        let batch = TokenBatch::from_bytes(&self.tokens(reader, to).to_bytes()).unwrap();
        let verified = batch.verify(&self.parameters, |_| Some(&reader.key), &mut self.rng).unwrap();
        verified.refresh(&mut reader.key).unwrap();
    }

    /// A header made in this epoch, and the content key that it encapsulates.
    pub(super) fn header(&mut self, text: &str, epoch: u64) -> (Header, ContentKey) {
        let encryptor = self.parameters.at(self.current(epoch)).unwrap();
        encryptor.compartment(&policy(text), CONTEXT, &mut self.rng)
    }

    pub(super) fn stored(&mut self, text: &str, epoch: u64) -> StoredHeader {
        let (header, _) = self.header(text, epoch);
        let header = Header::from_bytes(&header.to_bytes()).unwrap();
        StoredHeader::accept_at(self.current(epoch), header, &self.parameters, &mut self.rng).unwrap()
    }

    /// Whether the reader opens what his proxy transforms.
    pub(super) fn opens(&self, reader: &Reader, stored: &StoredHeader) -> bool {
        let Ok(transformed) = reader.key.apply_to_stored(stored) else { return false };
        let id = stored.header().core_id();
        let opened = reader.seed.retrieval_key().finish(&self.parameters, &transformed, id, CONTEXT);
        opened.is_ok_and(|key| key.core_id() == id)
    }
}
