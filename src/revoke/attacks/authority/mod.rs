//! Attacks 15 and 15a: what is said in the authority's name, again, out of order, or not at all.

mod replicas;
mod restored;
mod statements;
mod updates;

use alloc::vec;
use alloc::vec::Vec;

use crate::abe::types::{MasterKey, PublicParameters, setup_with_epochs};
use crate::epoch::EpochTree;
use crate::outsource::{KeyId, UserId};
use crate::policy::{AttributeSet, Schema};
use crate::revoke::{Action, Authority, AuthorityUpdate, Proxy, ProxyName, RestoredAuthority, Resumed};
use crate::testing::TestRng;

const NOW: u64 = 1_800_000_000;
const KEY: KeyId = KeyId::from_bytes([7; 16]);

/// A realm of 15 epochs, its authority, and the log of its updates.
struct World {
    parameters: PublicParameters,
    authority: Authority,
    log: Vec<AuthorityUpdate>,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn name(text: &str) -> ProxyName {
    ProxyName::new(text).unwrap()
}

fn set(text: &str) -> AttributeSet {
    AttributeSet::parse(text, &Schema::parse("level: uint(4)").unwrap()).unwrap()
}

fn copy(master: &MasterKey) -> MasterKey {
    MasterKey::from_bytes(master.to_bytes().expose_secret()).unwrap()
}

impl World {
    fn new(seed: &str) -> Self {
        let tree = EpochTree::new(4).unwrap();
        let (parameters, master) = setup_with_epochs("test", tree, &mut TestRng::new(seed)).unwrap();
        let (authority, begin) = Authority::begin(master, NOW).unwrap();
        Self { parameters, authority, log: vec![begin] }
    }

    fn advance(&mut self) {
        self.log.push(self.authority.advance(NOW).unwrap());
    }

    fn revoke(&mut self, name: &str) {
        self.log.push(self.authority.revoke_user(&user(name), NOW).unwrap());
    }

    fn master(&self) -> MasterKey {
        copy(self.authority.master())
    }

    /// A proxy with a lease that has applied the log up to update `number`.
    fn proxy(&self, number: usize) -> Proxy {
        let mut proxy = Proxy::new(&self.parameters, name("p")).unwrap();
        for update in &self.log[..number] {
            let _ = proxy.apply(update).unwrap();
        }
        let master = self.master();
        let authority = Authority::of(master, proxy.state().clone());
        proxy.renew(authority.lease(&name("p"), NOW, NOW + 600).unwrap(), NOW).unwrap();
        proxy
    }

    fn resume(&self, log: &[AuthorityUpdate], witnesses: &[AuthorityUpdate]) -> Resumed {
        Authority::resume(self.master(), log.to_vec(), witnesses).unwrap()
    }

    fn restored(&self, log: &[AuthorityUpdate], witnesses: &[AuthorityUpdate]) -> RestoredAuthority {
        match self.resume(log, witnesses) {
            Resumed::Restored(restored) => restored,
            Resumed::Ready(_) => panic!("it should not be ready"),
        }
    }

    /// An update in the authority's name that it would never make.
    fn signed(&self, number: u64, previous: [u8; 32], epoch: u64, action: Action) -> AuthorityUpdate {
        let epoch = self.parameters.epochs().unwrap().epoch(epoch).unwrap();
        AuthorityUpdate::sign(self.authority.master(), number, previous, NOW, epoch, action)
    }
}

/// Five updates: chen is revoked by 2, ruiz by 4, and 3 and 5 advance to epoch 3.
fn world() -> World {
    let mut world = World::new("updates");
    world.revoke("chen");
    world.advance();
    world.revoke("ruiz");
    world.advance();
    world
}
