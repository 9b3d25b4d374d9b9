//! A realm for tests: its authority, its log, and a client who follows it.

use alloc::vec::Vec;

use super::{LaterEpoch, LaterEpochError, ObserveError, Revocations, SeedHeader};
use crate::abe::attacks::{policy, set};
use crate::abe::types::{CurrentEpoch, Header};
use crate::outsource::{ProxyKey, ReaderSeed, StoredHeader, UserId};
use crate::revoke::attacks::World;
use crate::revoke::{Authority, AuthorityUpdate, Epochs, MemoryRegistry, Proxy, ProxyName};

pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const CONTEXT: &[u8] = b"collection 4711., general, policy 1, version 1";

/// A realm with its log, and a client who follows it.
pub(super) struct House {
    pub(super) world: World,
    pub(super) authority: Authority,
    pub(super) registry: MemoryRegistry,
    pub(super) log: Vec<AuthorityUpdate>,
    pub(super) epochs: Epochs,
    pub(super) revocations: Revocations,
}

impl House {
    pub(super) fn begin(seed: &str) -> Self {
        let world = World::new(seed, 4);
        let master = crate::MasterKey::from_bytes(world.master.to_bytes().expose_secret()).unwrap();
        let (authority, begin) = Authority::begin(master, NOW).unwrap();
        let epochs = Epochs::new(&world.parameters).unwrap();
        let revocations = Revocations::new(&world.parameters).unwrap();
        let registry = MemoryRegistry::new();
        let mut house = Self { world, authority, registry, log: Vec::new(), epochs, revocations };
        house.publish(begin);
        house
    }

    /// The update is in the log, and the client knows it, and the statement after it.
    pub(super) fn publish(&mut self, update: AuthorityUpdate) {
        self.observe(&update).unwrap();
        self.log.push(update);
        self.state();
    }

    pub(super) fn observe(&mut self, update: &AuthorityUpdate) -> Result<AuthorityUpdate, ObserveError> {
        self.revocations.observe(&self.world.parameters, &update.to_bytes())
    }

    pub(super) fn state(&mut self) {
        let statement = self.authority.statement(NOW, NOW + 3_600).unwrap();
        self.epochs.observe(&self.world.parameters, &statement, NOW).unwrap();
    }

    pub(super) fn advance(&mut self) {
        let update = self.authority.advance(NOW).unwrap();
        self.publish(update);
    }

    pub(super) fn revoke(&mut self, name: &str) {
        let update = self.authority.revoke_user(&UserId::new(name).unwrap(), NOW).unwrap();
        self.publish(update);
    }

    pub(super) fn later(&self) -> Result<u32, LaterEpochError> {
        self.revocations.later_epoch(&self.epochs, NOW).map(|later| later.epoch().number())
    }

    /// A proxy that has applied the log, with a lease.
    pub(super) fn proxy(&self) -> Proxy {
        let mut proxy = Proxy::new(&self.world.parameters, ProxyName::new("proxy").unwrap()).unwrap();
        for update in &self.log {
            let _ = proxy.apply(update).unwrap();
        }
        proxy.renew(self.authority.lease(proxy.name(), NOW, NOW + 600).unwrap(), NOW).unwrap();
        proxy
    }

    pub(super) fn issue(&mut self, name: &str, seed: &ReaderSeed, attributes: &str) -> ProxyKey {
        let (reader, proxy) = (self.world.enrol(name, seed), self.proxy());
        let rng = &mut self.world.rng;
        let key = self.authority.issue(&reader, &set(attributes), &mut self.registry, rng).unwrap();
        proxy.accept(key, rng).unwrap()
    }

    pub(super) fn wrap(&mut self, text: &str) -> (Vec<u8>, crate::Secret<[u8; 32]>) {
        let later = self.revocations.later_epoch(&self.epochs, NOW).unwrap();
        let (parameters, rng) = (&self.world.parameters, &mut self.world.rng);
        let (header, seed) = SeedHeader::wrap(parameters, later, &policy(text), CONTEXT, rng).unwrap();
        assert_eq!(header.header().epoch(), Some(later.epoch()));
        (header.to_bytes(), seed)
    }

    /// The header in a store.
    pub(super) fn stored(&mut self, header: &[u8]) -> StoredHeader {
        let (header, current) = (Header::from_bytes(header).unwrap(), self.epochs.current(NOW).unwrap());
        StoredHeader::accept_at(current, header, &self.world.parameters, &mut self.world.rng).unwrap()
    }
}

/// Of a realm, in any epoch of it: what only a test can make.
pub(super) fn unproved(current: CurrentEpoch<'_>) -> LaterEpoch<'_> {
    LaterEpoch { current }
}
