//! What operations work on: a realm, policies, keys, payloads.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use hippocrypt::math::{G1, G2, RowSum, pairing_product};
use hippocrypt::rand_core::Rng;
use hippocrypt::{
    AttributeCache, AttributeKey, AttributeSet, MasterKey, Policy, PublicParameters, Secret, os_rng, setup,
};

use super::clock::now;
use super::epochs::EpochRealm;
use super::grid::{Cell, DEPTHS, Shape, Temp};
use super::{Wrong, shapes};

/// The authority and the public parameters, with one cache of attribute tables.
#[derive(Debug)]
pub struct Realm {
    pub parameters: PublicParameters,
    pub master: MasterKey,
}

impl Realm {
    fn new(master: MasterKey) -> Self {
        let master = master.with_attribute_cache(AttributeCache::new(CACHE_BYTES));
        master.public_parameters().prepare();
        Self { parameters: master.public_parameters().clone(), master }
    }
}

/// Whatever has tables of attributes to forget.
pub trait Cools: fmt::Debug {
    /// Forgets them all. Those of the fixed bases stay.
    ///
    /// # Errors
    /// [`Wrong`] if what must stay warm cannot be warmed again.
    fn make_cold(&self) -> Result<(), Wrong>;
}

impl Cools for Realm {
    fn make_cold(&self) -> Result<(), Wrong> {
        self.parameters.attribute_cache().clear();
        Ok(())
    }
}

/// Room for the tables of every attribute of the grid at once, of which there are some 3,000.
pub const CACHE_BYTES: usize = 128 << 20;

/// One realm, once with a cache that is kept and once with one that is cleared again and again, and
/// the readers of its policies.
#[derive(Debug)]
pub struct World {
    warm: Realm,
    cold: Realm,
    /// One for each of [`DEPTHS`], made when it is needed.
    epochs: [OnceCell<EpochRealm>; DEPTHS.len()],
    readers: RefCell<HashMap<(Shape, usize), Rc<Reader>>>,
}

/// A policy, and somebody who satisfies it.
#[derive(Debug)]
pub struct Reader {
    pub policy: Policy,
    pub attributes: AttributeSet,
    pub key: AttributeKey,
}

impl World {
    pub fn new() -> Result<Self, Wrong> {
        make_allocator_keep_memory();
        let (_, master) = setup("speed", &mut os_rng())?;
        let cold = MasterKey::from_bytes(master.to_bytes().expose_secret())?;
        let (warm, cold) = (Realm::new(master), Realm::new(cold));
        Ok(Self { warm, cold, epochs: Default::default(), readers: RefCell::default() })
    }

    /// The realm as the operation of `cell` finds it.
    pub fn realm(&self, cell: &Cell) -> &Realm {
        match cell.temp {
            Temp::Cold => &self.cold,
            Temp::Warm => &self.warm,
        }
    }

    /// The realm whose tables are cleared before the operation of `cell` runs.
    pub fn cleared_for(&self, cell: &Cell) -> Option<&dyn Cools> {
        let plain: &dyn Cools = &self.cold;
        let of_cell = match cell.depth() {
            Some(depth) => self.epochs(depth).map_or(plain, |realm| realm),
            None => plain,
        };
        (cell.temp() == Some(Temp::Cold)).then_some(of_cell)
    }

    /// The realm with epochs of this depth.
    pub fn epochs(&self, depth: u8) -> Result<&EpochRealm, Wrong> {
        let place = DEPTHS.iter().position(|known| *known == depth).and_then(|at| self.epochs.get(at));
        let place = place.ok_or_else(|| Wrong::new("no such depth of epochs"))?;
        if place.get().is_none() {
            let _ = place.set(EpochRealm::new(depth)?);
        }
        place.get().ok_or_else(|| Wrong::new("no realm with epochs"))
    }

    /// The public parameters for making inputs and verifying results, outside the clock.
    pub fn parameters(&self) -> &PublicParameters {
        &self.warm.parameters
    }

    /// The reader of the policy of `cell`; made once.
    pub fn reader(&self, cell: &Cell) -> Result<Rc<Reader>, Wrong> {
        let place = (cell.shape, cell.n);
        if let Some(reader) = self.readers.borrow().get(&place) {
            return Ok(Rc::clone(reader));
        }
        let (policy, attributes) = shapes::policy(cell.shape, cell.n)?;
        let key = self.warm.master.issue(&attributes, &mut os_rng())?;
        let reader = Rc::new(Reader { policy, attributes, key });
        self.readers.borrow_mut().insert(place, Rc::clone(&reader));
        Ok(reader)
    }
}

/// The GNU allocator gives freed blocks back to the system, up to the size of the largest one that it has
/// been given back itself; whoever then gets them again waits for the system to clear them. With this
/// it is not the first large payload that decides how fast the later ones are.
fn make_allocator_keep_memory() {
    drop(std::hint::black_box(vec![1u8; 31 << 20]));
}

/// `bytes` random bytes.
pub fn random(bytes: usize) -> Vec<u8> {
    let mut random = vec![0; bytes];
    os_rng().fill_bytes(&mut random);
    random
}

/// The unit that everything is measured in: one pairing of two random points.
#[derive(Debug)]
pub struct Pairing([(RowSum, G2); 1]);

impl Pairing {
    pub fn new() -> Self {
        let [a, b] = [0; 2].map(|_| Secret::random_nonzero(&mut os_rng()));
        Self([(G1::generator().pow(&a).into(), G2::generator().pow(&b))])
    }

    /// The time that it takes now.
    pub fn time(&self) -> Duration {
        let start = now();
        std::hint::black_box(pairing_product(std::hint::black_box(&self.0)));
        now().saturating_sub(start)
    }
}
