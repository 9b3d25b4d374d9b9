//! Attacks on the index, each with a weakened twin that falls to it.
//!
//! The attacks hold the real group elements and go around every check. Each runs twice: on the scheme, where it must fail, and on a twin
//! that differs in one line, where it must succeed, which shows that the attack is one.

mod chains;
mod exponents;
mod forward;
mod guessing;
mod mirrors;
mod points;
mod remote;
mod servers;
mod stores;
mod writers;

use alloc::vec::Vec;

use super::page::{Page, Part};
use super::segment::Segment;
use super::server;
use super::slot::EntryKey;
use super::*;
use crate::math::Scalar;
use crate::secret::Secret;
use crate::store::MemoryStore;
use crate::store::Store;
use crate::testing::TestRng;

const NOW: u64 = 1_800_000_000;

/// The scheme as it is, or with the one weakness that a test names.
#[derive(Clone, Copy, PartialEq)]
enum Twin {
    Real,
    Weakened,
}

impl Twin {
    fn is_weakened(self) -> bool {
        self == Twin::Weakened
    }
}

/// The attack fails on the scheme, and succeeds on its twin: so it is an attack.
fn only_the_twin_breaks(attack: impl Fn(Twin) -> bool) {
    assert!(!attack(Twin::Real), "the attack succeeds");
    assert!(attack(Twin::Weakened), "the attack fails on the twin, too: it shows nothing");
}

fn word(value: &str) -> Keyword {
    Keyword::new("code", value).unwrap()
}

fn scalar(secret: &Secret<Scalar>) -> Scalar {
    *secret.expose_secret()
}

/// An index with its server, and the owner's secret at hand.
struct World {
    rng: TestRng,
    seed: [u8; 32],
    owner: IndexOwner,
    domain: Domain,
    contents: HeadContents,
    head: Head,
    store: MemoryStore,
}

impl World {
    fn new(name: &str) -> Self {
        let mut rng = TestRng::new(name);
        let mut seed = [0; 32];
        rand_core::Rng::fill_bytes(&mut rng, &mut seed);
        let owner = IndexOwner::from_seed(Secret::new(seed));
        let domain = Domain::new("general").unwrap();
        let scopes = [owner.scope(&domain, IndexEpoch::FIRST, 1)].into();
        let contents = HeadContents { scopes, ..HeadContents::default() };
        let head = owner.sign(1, NOW, NOW + 1000, contents.clone()).unwrap();
        let mut world = Self { rng, seed, owner, domain, contents, head, store: MemoryStore::new() };
        world.install();
        world
    }

    fn install(&mut self) {
        let (_, batch, _) = server::install(&self.store, &self.head.to_bytes()).unwrap();
        self.store.commit(&batch).unwrap();
    }

    fn sign_head(&mut self) {
        let version = self.head.version() + 1;
        self.head = self.owner.sign(version, NOW, NOW + 1000, self.contents.clone()).unwrap();
        self.install();
    }

    fn context(&self) -> Context {
        self.head.newest(&self.domain).unwrap()
    }

    fn x(&self, context: &Context) -> Secret<Scalar> {
        scheme::owner_exponent(&Secret::new(self.seed), context)
    }

    fn device(&mut self) -> IndexWriter {
        let (writer, entry) = self.owner.writer(&self.context(), &mut self.rng);
        self.contents.writers.push(entry);
        self.sign_head();
        writer
    }

    fn lab(&mut self) -> IndexWriter {
        let context = self.context();
        let (writer, card) = IndexWriter::lab(&self.head, &context, &mut self.rng).unwrap();
        self.contents.writers.push(self.owner.admit(&card, &context).unwrap());
        self.sign_head();
        writer
    }

    /// Adds a record of its own for each of `values`, and seals them.
    fn seal(&mut self, writer: &mut IndexWriter, values: &[&str]) -> Segment {
        for value in values {
            writer.add(Handle::random(&mut self.rng), [0; 3], &[word(value)]);
        }
        writer.finish(&self.head, &LeakageProfile::lean(), &mut self.rng).unwrap();
        let (_, bytes) = writer.outbox().last().unwrap();
        Segment::from_bytes(bytes).unwrap()
    }

    /// .. and sends them.
    fn write(&mut self, writer: &mut IndexWriter, values: &[&str]) -> Segment {
        let segment = self.seal(writer, values);
        self.upload(writer);
        segment
    }

    fn upload(&mut self, writer: &mut IndexWriter) {
        let outbox: Vec<(u64, Vec<u8>)> = writer.outbox().map(|(n, bytes)| (n, bytes.to_vec())).collect();
        for (sequence, bytes) in outbox {
            let (_, batch) = server::append(&self.store, &self.head, &bytes).unwrap();
            self.store.commit(&batch).unwrap();
            writer.confirm(sequence);
        }
    }

    fn entry_keys(&self, value: &str) -> EntryKeys {
        let context = self.context();
        let keys = ContextKeys::new(&self.head, &context).unwrap();
        self.owner.trapdoors(&context, &[word(value)])[0].entry_keys(&keys).unwrap()
    }

    fn find(&self, mirror: &Mirror, value: &str) -> Result<Vec<Handle>, QueryError> {
        Ok(mirror.search(&self.head, &self.entry_keys(value))?.handles().collect())
    }

    fn page(&self, mirror: &Mirror, limit: usize) -> Page {
        let context = self.context();
        let positions = mirror.positions(&self.head, &context);
        let page = server::page(&self.store, &self.head, &context, &positions, limit).unwrap();
        Page::from_bytes(&page).unwrap()
    }

    fn take(&self, mirror: &mut Mirror, page: &Page) -> Result<Progress, SyncError> {
        mirror.extend(&self.head, &self.context(), &page.to_bytes())
    }

    fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::new(*self.owner.collection());
        loop {
            let page = self.page(&mirror, 2000);
            if self.take(&mut mirror, &page).unwrap() == Progress::Complete {
                return mirror;
            }
        }
    }
}

/// A page with these segments of one writer, and its tip.
fn page_of(context: &Context, segments: &[&Segment], tip: Option<&Segment>, writer: &WriterId) -> Page {
    let segments = segments.iter().map(|segment| segment.to_bytes()).collect();
    let part = Part { writer: *writer, tip: tip.map(|tip| tip.signed.clone()), segments };
    Page { context: context.clone(), parts: [part].into() }
}

/// Whether a key finds its keyword in a segment: what an attacker checks a guess with.
fn hits(t: &Secret<[u8; 32]>, segment: &Segment) -> bool {
    let tag = EntryKey::new(t).tag(&segment.header().nonce, 0);
    slot::find(&segment.slots, &tag).is_some()
}
