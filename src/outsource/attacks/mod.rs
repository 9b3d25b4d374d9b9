//! Attacks on outsourced decryption, each with a weakened twin that falls to it.

mod enrolment;
mod lies;
mod pooling;
mod requests;

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{
    EnrolmentNonce, KeyId, Maker, ProxyKey, ReaderSeed, StoredHeader, TransformError, TransformKey, UserId,
};
use crate::abe::attacks::{POLICIES, all_sets, policy, set};
use crate::abe::scheme;
use crate::abe::types::{Header, MasterKey, PublicParameters, setup};
use crate::testing::TestRng;

/// A realm.
struct World {
    parameters: PublicParameters,
    master: MasterKey,
    rng: TestRng,
}

/// A reader, and what the proxy has of him.
struct Reader {
    seed: ReaderSeed,
    key: ProxyKey,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

impl World {
    fn new(seed: &str) -> Self {
        let mut rng = TestRng::new(seed);
        let (parameters, master) = setup("test", &mut rng).unwrap();
        Self { parameters, master, rng }
    }

    fn reader(&mut self, attributes: &str) -> Reader {
        let seed = ReaderSeed::generate(&mut self.rng);
        let key = self.issue(&seed, attributes).accept(&self.parameters, &mut self.rng).unwrap();
        Reader { seed, key }
    }

    /// A transform key for the reader of `seed`.
    fn issue(&mut self, seed: &ReaderSeed, attributes: &str) -> TransformKey {
        let nonce = EnrolmentNonce::generate(&mut self.rng);
        let enrolment = seed.enrol(&self.parameters, &user("r"), &nonce, &mut self.rng);
        let reader = enrolment.verify(&self.parameters, &user("r"), nonce).unwrap();
        self.master.issue_transform_key(&reader, &set(attributes), &mut self.rng).unwrap()
    }

    fn header(&mut self, text: &str) -> Header {
        self.parameters.compartment(&policy(text), b"context", &mut self.rng).unwrap().0
    }

    fn stored(&mut self, text: &str) -> StoredHeader {
        let header = self.header(text);
        StoredHeader::accept(header, &self.parameters, &mut self.rng).unwrap()
    }

    /// Whether `seed` finishes what `key` transforms of `header`.
    fn opens(&self, seed: &ReaderSeed, key: &ProxyKey, header: &Header) -> bool {
        let Ok(transformed) = key.transform(header) else { return false };
        let opened =
            seed.retrieval_key().finish(&self.parameters, &transformed, header.core_id(), b"context");
        opened.is_ok_and(|content_key| content_key.core_id() == header.core_id())
    }
}

#[test]
fn a_reader_finishes_what_his_attributes_satisfy() {
    for text in POLICIES {
        let mut world = World::new(text);
        let stored = world.stored(text);
        let header = stored.header();
        for attributes in all_sets(3) {
            let reader = world.reader(&attributes.to_string());
            assert_eq!(reader.key.maker(), Maker::Authority);
            let satisfied = policy(text).is_satisfied_by(&attributes);
            assert_eq!(world.opens(&reader.seed, &reader.key, header), satisfied, "{text} by {attributes}");
            let transformed = reader.key.transform_stored(&stored);
            match transformed {
                Ok(transformed) => {
                    assert_eq!(transformed.to_bytes(), reader.key.transform(header).unwrap().to_bytes());
                    stored.prepare();
                    let prepared = reader.key.transform_stored(&stored).unwrap();
                    assert_eq!(transformed.to_bytes(), prepared.to_bytes());
                }
                Err(error) => assert!(matches!(error, TransformError::NotSatisfied(_)), "{error}"),
            }
        }
    }
}

/// A transform key is the y-th power of a key of the realm: it passes the whole key check for E^y.
#[test]
fn a_transform_key_is_a_key_to_the_power_y() {
    let mut world = World::new("power");
    let reader = world.reader("a, b, c");
    let e = *world.parameters.bases().e().element();
    let h = world.parameters.bases().points(&set("a, b, c").labels());
    let (k1, k2, k3) = reader.key.blinded().elements();
    let elements = scheme::SecretKey::new(*k1, *k2, k3.to_vec());
    assert!(scheme::key_is_valid(&e.pow(&reader.seed.exponent()), &elements, &h, &mut world.rng));
    assert!(!scheme::key_is_valid(&e, &elements, &h, &mut world.rng));
}

#[test]
fn a_reader_with_a_full_key_makes_his_own() {
    let mut world = World::new("own");
    let full = world.master.issue(&set("a, b"), &mut world.rng).unwrap();
    let seed = ReaderSeed::generate(&mut world.rng);
    let key = full.transform_key(&seed, &user("phone"), &mut world.rng);
    assert_eq!(key.maker(), Maker::Reader);
    let key = TransformKey::from_bytes(&key.to_bytes()).unwrap();
    let key = key.accept(&world.parameters, &mut world.rng).unwrap();
    let key = ProxyKey::from_bytes(&key.to_bytes()).unwrap();
    let (mine, other) = (world.header("a and (b or c)"), world.header("a and c"));
    assert!(world.opens(&seed, &key, &mine));
    assert!(!world.opens(&seed, &key, &other));
    let stranger = ReaderSeed::generate(&mut world.rng);
    assert!(!world.opens(&stranger, &key, &mine));
}

#[test]
fn many_headers_are_transformed_as_one_is() {
    let mut world = World::new("many");
    let reader = world.reader("a, b");
    let texts = ["a and b", "a and b", "b or c", "c", "a and (a or b)", "a and (a or b)", "a and b"];
    let headers: Vec<StoredHeader> = texts.iter().map(|text| world.stored(text)).collect();
    let mut served = 0;
    for (result, header) in reader.key.transform_all(&headers).zip(&headers) {
        match (result, reader.key.transform(header.header())) {
            (Ok(together), Ok(alone)) => assert_eq!(together.to_bytes(), alone.to_bytes()),
            (together, alone) => assert_eq!(together.unwrap_err(), alone.unwrap_err()),
        }
        served += 1;
    }
    assert_eq!(served, texts.len());
    // A header of another realm between them.
    let foreign = World::new("foreign").stored("a and b");
    let mixed = [&headers[0], &foreign, &headers[1]];
    let results: Vec<_> = reader.key.transform_all(mixed).map(|result| result.err()).collect();
    assert_eq!(results, [None, Some(TransformError::OtherRealm), None]);
}

#[test]
fn key_ids_never_repeat() {
    let mut world = World::new("ids");
    let seed = ReaderSeed::generate(&mut world.rng);
    let ids: Vec<KeyId> = (0..3).map(|_| *world.issue(&seed, "a").id()).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}
