//! An index in a file, opened anew after every step of an upload.
#![cfg(feature = "redb")]

use hippocrypt::search::server::{self, Accepted};
use hippocrypt::search::*;
use hippocrypt::store::{RedbStore, Store};

use crate::house::{House, code};

/// Each segment is sent twice with the file opened and the writer read back in between, confirmed only the second time.
#[test]
fn an_upload_that_is_interrupted_at_every_step() {
    let mut house = House::new("durable");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.redb");
    let open = || RedbStore::open(&path).unwrap();
    let (mut device, mut lab) = (house.device(), house.lab());
    {
        let mut store = RedbStore::create(&path).unwrap();
        let (_, batch, _) = server::install(&store, &house.head.to_bytes()).unwrap();
        store.commit(&batch).unwrap();
    }
    let word = code("a");
    let mut expected = Vec::new();
    for writer in [&mut device, &mut lab] {
        for _ in 0..5 {
            expected.push(house.add(writer, std::slice::from_ref(&word)));
            writer.finish(&house.head, &LeakageProfile::standard(), &mut house.rng).unwrap();
        }
        let mut saved = writer.to_bytes();
        for step in 0..10 {
            let mut writer = IndexWriter::from_bytes(saved.expose_secret()).unwrap();
            let (sequence, segment) = writer.outbox().next().map(|(n, bytes)| (n, bytes.to_vec())).unwrap();
            let mut store = open();
            let head = server::head(&store, house.owner.collection()).unwrap().unwrap();
            let (accepted, batch) = server::append(&store, &head, &segment).unwrap();
            assert_eq!(accepted, if step % 2 == 0 { Accepted::New } else { Accepted::Known });
            store.commit(&batch).unwrap();
            if step % 2 == 1 {
                writer.confirm(sequence);
                saved = writer.to_bytes();
            }
        }
        *writer = IndexWriter::from_bytes(saved.expose_secret()).unwrap();
        assert_eq!(writer.outbox().count(), 0);
    }
    let store = open();
    let context = house.context();
    let mut mirror = Mirror::new(*house.owner.collection());
    let page = server::page(&store, &house.head, &context, &[], usize::MAX).unwrap();
    assert_eq!(mirror.extend(&house.head, &context, &page), Ok(Progress::Complete));
    assert_eq!(mirror.size().0, 10);
    let keys = house.entry_keys(&word);
    let found: Vec<Handle> = mirror.search(&house.head, &keys).unwrap().handles().collect();
    expected.sort();
    assert_eq!(found, expected);
}
