//! A server over a store of somebody else's, also over one that is damaged.

use alloc::vec::Vec;

use super::servers::{rows, segments_of};
use super::*;
use crate::search::server::{Accepted, IndexStore};
use crate::store::{Batch, Entry as Row, StoreError, Table};

/// A database of somebody else's: three functions.
#[derive(Default)]
struct Drawer(Vec<Row>);

impl IndexStore for Drawer {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.iter().find(|row| row.0 == key).map(|row| row.1.clone()))
    }

    fn read_page(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut rows = self.0.clone();
        rows.sort();
        rows.retain(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| key.as_slice() > after));
        rows.truncate(limit);
        Ok(rows)
    }
}

impl Drawer {
    fn commit(&mut self, batch: &Batch) {
        let mut store = MemoryStore::new();
        for (key, value) in self.0.drain(..) {
            let mut row = Batch::new();
            row.put(Table::Segment, key, value);
            store.commit(&row).unwrap();
        }
        store.commit(batch).unwrap();
        self.0 = rows(&store);
    }
}

#[test]
fn any_store_will_do() {
    let mut world = World::new("drawer");
    let mut drawer = Drawer::default();
    let mut device = world.device();
    let (_, batch, _) = server::install(&drawer, &world.head.to_bytes()).unwrap();
    drawer.commit(&batch);
    for _ in 0..3 {
        world.seal(&mut device, &["F32"]);
    }
    for bytes in segments_of(&device) {
        let (accepted, batch) = server::append(&drawer, &world.head, &bytes).unwrap();
        assert_eq!(accepted, Accepted::New);
        drawer.commit(&batch);
    }
    world.upload(&mut device);
    assert_eq!(drawer.0, rows(&world.store));
    // A damaged one is named: a segment that is gone, a tip that is none.
    let (lost, context) = (drawer.0.iter().position(|row| row.0[0] == b's').unwrap(), world.context());
    drawer.0.remove(lost);
    let page = server::page(&drawer, &world.head, &context, &[], usize::MAX);
    assert!(matches!(page, Err(IndexError::Damaged(_))));
    assert!(matches!(
        server::Shelf::default().load(&drawer, &world.head, &context),
        Err(IndexError::Damaged(_))
    ));
    let tip = drawer.0.iter_mut().find(|row| row.0[0] == b't').unwrap();
    tip.1.pop();
    let page = server::page(&drawer, &world.head, &context, &[], usize::MAX);
    assert!(matches!(page, Err(IndexError::Malformed(_))));
    let head = drawer.0.iter_mut().find(|row| row.0[0] == b'h').unwrap();
    head.1[60] ^= 1;
    assert!(server::head(&drawer, world.owner.collection()).is_err());
}
