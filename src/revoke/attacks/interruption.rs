//! Attack 16: sealing a store, with failures at every point; former versions.

use alloc::vec::Vec;
use core::cell::Cell;

use super::{Reader, World};
use crate::Epoch;
use crate::PublicParameters;
use crate::outsource::{SealKeyId, Serial, StoredHeader};
use crate::revoke::{
    HeaderStore, MemoryHeaderStore, MemoryStoreError, SealAllError, SealError, SealKeeper, SealKey,
    SealProgress, SealRequest, SealStep, seal_all,
};

/// Fails once, when `left` comes to 0; pages of two.
struct Flaky {
    store: MemoryHeaderStore,
    left: Cell<u32>,
    /// Whether the operation is done all the same, and only its success is not heard of.
    done: bool,
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum FlakyError {
    #[error("failed")]
    Failed,
    #[error(transparent)]
    Store(#[from] MemoryStoreError),
    #[error(transparent)]
    Seal(#[from] SealError),
}

fn fails(left: &Cell<u32>) -> bool {
    left.set(left.get().wrapping_sub(1));
    left.get() == 0
}

impl HeaderStore for Flaky {
    type Error = FlakyError;

    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> Result<Vec<[u8; 32]>, FlakyError> {
        if fails(&self.left) {
            return Err(FlakyError::Failed);
        }
        Ok(self.store.serials(after, limit.min(2))?)
    }

    fn load(&self, serial: [u8; 32]) -> Result<Option<StoredHeader>, FlakyError> {
        if fails(&self.left) { Err(FlakyError::Failed) } else { Ok(self.store.load(serial)?) }
    }

    fn insert(&mut self, header: &StoredHeader) -> Result<bool, FlakyError> {
        Ok(self.store.insert(header)?)
    }

    fn replace(&mut self, header: &StoredHeader) -> Result<(), FlakyError> {
        let fails = fails(&self.left);
        if !fails || self.done {
            self.store.replace(header)?;
        }
        if fails { Err(FlakyError::Failed) } else { Ok(()) }
    }
}

/// A keeper out of reach, once.
struct FarAway<'a>(&'a SealKey, Cell<u32>);

impl SealKeeper for FarAway<'_> {
    type Error = FlakyError;

    fn id(&self) -> SealKeyId {
        self.0.id()
    }

    fn step(&self, parameters: &PublicParameters, request: SealRequest) -> Result<SealStep, FlakyError> {
        if fails(&self.1) { Err(FlakyError::Failed) } else { Ok(self.0.step(parameters, request)?) }
    }
}

/// A store with headers of several epochs, one of them sealed already, and a reader of all of them.
fn scene() -> (World, Reader, SealKey, MemoryHeaderStore) {
    let mut world = World::new("interrupted", 3);
    let reader = world.reader("r", "a", 7);
    let keeper = SealKey::generate(&mut world.rng);
    let mut store = MemoryHeaderStore::new();
    for epoch in [1, 2, 3, 5, 6] {
        let record = world.stored("a", epoch);
        let record = if epoch == 2 { world.sealed(&record, 3, &keeper) } else { record };
        assert_eq!(store.insert(&record), Ok(true));
    }
    (world, reader, keeper, store)
}

fn headers<S: HeaderStore>(store: &S) -> Vec<StoredHeader> {
    let serials = store.serials(None, 100).unwrap_or_else(|error| panic!("{error}"));
    let load = |serial| store.load(serial).unwrap_or_else(|error| panic!("{error}")).unwrap();
    serials.into_iter().map(load).collect()
}

fn encodings(store: &MemoryHeaderStore) -> Vec<Vec<u8>> {
    store.encodings().map(<[u8]>::to_vec).collect()
}

fn run<S: HeaderStore, K: SealKeeper>(
    world: &World,
    store: &mut S,
    keeper: &K,
) -> Result<SealProgress, SealAllError<S::Error, K::Error>>
where
    K::Error: core::fmt::Debug + core::fmt::Display,
{
    seal_all(store, &world.parameters, world.epoch(5), keeper, |_| {})
}

/// Sealed are those that were made before, and of their former versions nothing is left.
#[test]
fn a_store_is_sealed_and_keeps_no_former_version() {
    let (world, reader, keeper, mut store) = scene();
    let (before, late) = (headers(&store), world.epoch(5));
    let former = encodings(&store);
    let mut heard = Vec::new();
    let done = seal_all(&mut store, &world.parameters, late, &keeper, |done| heard.push(done)).unwrap();
    assert_eq!(done, SealProgress { seen: 5, sealed: 3 });
    assert_eq!((heard.len(), heard.last()), (5, Some(&done)));
    for ((header, former), old) in headers(&store).iter().zip(&before).zip(&former) {
        assert_eq!(header.serial(), former.serial());
        let stays = former.header().epoch() >= Some(late);
        assert_eq!(header.sealed_in(), (!stays).then_some(late));
        assert!(world.opens(&reader, header));
        // Bytes of rows of time: not one of the former version's is anywhere in the store.
        for row in former.header().rows().iter().take(former.program().time_rows()).filter(|_| !stays) {
            assert!(old.windows(48).any(|bytes| bytes == row.as_bytes()));
            let found = |stored: &[u8]| stored.windows(48).any(|bytes| bytes == row.as_bytes());
            assert!(!store.encodings().any(found));
        }
    }
    // Once more does nothing.
    let sealed = encodings(&store);
    assert_eq!(run(&world, &mut store, &keeper).unwrap(), SealProgress { seen: 5, sealed: 0 });
    assert_eq!(encodings(&store), sealed);
}

/// Stopped at every operation of the store and every call of the keeper, before and after it takes effect: nothing is
/// lost, every header opens at any time, and another run ends where one without interruption ends, byte by byte.
#[test]
fn an_interrupted_run_loses_nothing_and_is_taken_up() {
    let (world, reader, keeper, store) = scene();
    let mut whole = store.clone();
    run(&world, &mut whole, &keeper).unwrap();
    let whole = encodings(&whole);
    let former = encodings(&store);
    let mut stopped = [0, 0, 0];
    for (kind, operation) in (0..3).flat_map(|kind| (1..20).map(move |operation| (kind, operation))) {
        let (in_store, in_keeper) = if kind == 2 { (0, operation) } else { (operation, 0) };
        let mut flaky = Flaky { store: store.clone(), left: Cell::new(in_store), done: kind == 1 };
        let far_away = FarAway(&keeper, Cell::new(in_keeper));
        match run(&world, &mut flaky, &far_away) {
            Ok(_) => assert_eq!(encodings(&flaky.store), whole),
            Err(SealAllError::Store(FlakyError::Failed)) if kind < 2 => stopped[kind] += 1,
            Err(SealAllError::Seal { error: FlakyError::Failed, .. }) if kind == 2 => stopped[kind] += 1,
            Err(error) => panic!("{error}"),
        }
        // Every header is there, as it was or as it will be.
        assert_eq!(flaky.store.len(), former.len());
        for ((now, before), after) in encodings(&flaky.store).iter().zip(&former).zip(&whole) {
            assert!(now == before || now == after);
        }
        flaky.left.set(0);
        run(&world, &mut flaky, &far_away).unwrap();
        assert_eq!(encodings(&flaky.store), whole);
    }
    // 4 pages, 5 headers loaded, 3 replaced; 3 steps.
    assert_eq!(stopped, [12, 12, 3]);
    for bytes in former.iter().chain(&whole) {
        assert!(world.opens(&reader, &StoredHeader::from_bytes(bytes).unwrap()));
    }
}

#[test]
fn a_store_refuses_what_is_no_newer_version() {
    let (mut world, _, keeper, mut store) = scene();
    let record = world.stored("a", 1);
    let (first, second) = (world.sealed(&record, 3, &keeper), world.sealed(&record, 5, &keeper));
    let serial = *record.serial();
    assert_eq!(store.replace(&first), Err(MemoryStoreError::NotThere(serial)));
    assert_eq!(store.insert(&record), Ok(true));
    assert_eq!(store.replace(&second), Ok(()));
    // Rolled back to an older seal, to none, or to another one of the same epoch.
    let other_key = SealKey::generate(&mut world.rng);
    let other = world.sealed(&record, 5, &other_key);
    for older in [&first, &record, &other] {
        assert_eq!(store.replace(older), Err(MemoryStoreError::NotNewer(serial)));
    }
    assert_eq!(store.replace(&second), Ok(()));
    assert_eq!(store.load(*serial.as_bytes()).unwrap().unwrap().to_bytes(), second.to_bytes());
    assert!(store.remove(&serial) && !store.remove(&serial));
    assert!(store.load(*serial.as_bytes()).unwrap().is_none());
    assert_eq!(store.replace(&second), Err(MemoryStoreError::NotThere(serial)));
}

/// Sealed later than asked for, with another key, or of another realm: the run stops and says where.
#[test]
fn a_header_that_cannot_be_sealed_stops_the_run() {
    let (world, _, keeper, mut store) = scene();
    let stopped = |store: &mut MemoryHeaderStore, keeper: &SealKey, to: Epoch| {
        let before = encodings(store);
        match seal_all(store, &world.parameters, to, keeper, |_| {}) {
            Err(SealAllError::Seal { serial, error }) => (serial, error, encodings(store) == before),
            _ => panic!("it goes on"),
        }
    };
    let sealed_serial = |store: &MemoryHeaderStore| -> Serial {
        *headers(store).iter().find(|header| header.sealed_in().is_some()).unwrap().serial()
    };
    let sealed = sealed_serial(&store);
    let other = SealKey::from_bytes(keeper.to_bytes().expose_secret()).unwrap();
    assert_eq!(other.id(), keeper.id());
    let stranger = SealKey::generate(&mut crate::testing::TestRng::new("stranger"));
    let mut copy = store.clone();
    let (serial, error, _) = stopped(&mut copy, &stranger, world.epoch(5));
    assert_eq!((serial, error), (sealed, SealError::OtherKey));
    let (serial, error, _) = stopped(&mut store.clone(), &keeper, world.epoch(2));
    let rolled_back = SealError::RolledBack { sealed: world.epoch(3), wanted: world.epoch(2) };
    assert_eq!((serial, error), (sealed, rolled_back));
    let elsewhere = World::new("elsewhere", 3);
    let foreign = seal_all(&mut store, &elsewhere.parameters, world.epoch(5), &keeper, |_| {});
    assert!(matches!(foreign, Err(SealAllError::Seal { error: SealError::OtherRealm, .. })));
}

/// A store that yields another header than the one under the serial, or lacks one that it has named.
struct Confused(MemoryHeaderStore, Option<[u8; 32]>);

impl HeaderStore for Confused {
    type Error = MemoryStoreError;

    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> Result<Vec<[u8; 32]>, MemoryStoreError> {
        self.0.serials(after, limit)
    }

    fn load(&self, serial: [u8; 32]) -> Result<Option<StoredHeader>, MemoryStoreError> {
        self.1.map_or(Ok(None), |always| self.0.load(if serial > always { always } else { serial }))
    }

    fn insert(&mut self, header: &StoredHeader) -> Result<bool, MemoryStoreError> {
        self.0.insert(header)
    }

    fn replace(&mut self, header: &StoredHeader) -> Result<(), MemoryStoreError> {
        self.0.replace(header)
    }
}

#[test]
fn a_header_under_a_serial_of_another_stops_the_run() {
    let (world, _, keeper, store) = scene();
    let first = store.serials(None, 1).unwrap()[0];
    let mut confused = Confused(store.clone(), Some(first));
    assert!(matches!(run(&world, &mut confused, &keeper), Err(SealAllError::OtherSerial)));
    // What was deleted meanwhile is passed over.
    let mut emptied = Confused(store, None);
    assert_eq!(run(&world, &mut emptied, &keeper).unwrap(), SealProgress::default());
}
