//! An index as it is used.

use hippocrypt::search::*;

use crate::house::{DAY, House, NOW, code, kw, sorted};

#[test]
fn owner_and_lab_write_and_a_reader_finds_both() {
    let mut house = House::new("story");
    let (mut device, mut lab) = (house.device(), house.lab());
    let (hba1c, glucose) = (code("4548-4"), code("2339-0"));
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(house.add(&mut device, &[hba1c.clone(), kw("month", "2026-05")]));
    }
    for _ in 0..7 {
        expected.push(house.add(&mut lab, std::slice::from_ref(&hba1c)));
    }
    let other = house.add(&mut lab, std::slice::from_ref(&glucose));
    house.send(&mut device);
    house.send(&mut lab);
    assert_eq!(house.find(&hba1c), sorted(expected.clone()));
    assert_eq!(house.find_remotely(&hba1c), sorted(expected));
    assert_eq!(house.find(&glucose), [other]);
    assert_eq!(house.find(&code("0")), []);
    assert_eq!(house.find_remotely(&code("0")), []);
}

#[test]
fn a_delete_counts_from_the_same_writer_and_from_the_owner_alone() {
    let mut house = House::new("deletes");
    let (mut device, mut lab, mut other) = (house.device(), house.lab(), house.lab());
    let word = code("4548-4");
    let words = std::slice::from_ref(&word);
    let (a, b, c) = (house.add(&mut lab, words), house.add(&mut lab, words), house.add(&mut device, words));
    let kept = house.add(&mut lab, words);
    lab.delete(a, words);
    other.delete(kept, words);
    other.delete(c, words);
    house.send(&mut lab);
    house.send(&mut other);
    house.send(&mut device);
    assert_eq!(house.find(&word), sorted(vec![b, c, kept]));
    device.delete(b, words);
    device.delete(c, words);
    house.send(&mut device);
    assert_eq!(house.find(&word), [kept]);
    assert_eq!(house.find_remotely(&word), [kept]);
}

#[test]
fn a_merge_leaves_few_segments_and_the_same_findings() {
    let mut house = House::new("merge");
    let mut device = house.device();
    let words = [code("a"), code("b"), code("c")];
    let mut handles = Vec::new();
    for round in 0..20 {
        handles.push(house.add(&mut device, &words[..1 + round % 3]));
        house.send(&mut device);
    }
    let mut early = house.mirror();
    device.delete(handles[0], &words[..1]);
    house.send(&mut device);
    let mirror = house.mirror();
    assert_eq!(mirror.size().0, 21);
    let trapdoors = house.trapdoors(&words).unwrap();
    let profile = LeakageProfile::standard();
    let few = mirror.merge(&house.head, &mut device, &trapdoors[..2], &profile, &mut house.rng);
    assert!(matches!(few, Err(WriteError::KeywordsMissing { found: 34, written: 40 })), "{few:?}");
    let before = house.find(&words[0]);
    assert_eq!(mirror.merge(&house.head, &mut device, &trapdoors, &profile, &mut house.rng), Ok(1));
    house.upload(&mut device);
    assert_eq!(house.mirror().size(), (1, 64));
    assert_eq!(house.find(&words[0]), before);
    // A mirror from before follows.
    house.sync(&mut early).unwrap();
    assert_eq!(early.size(), (1, 64));
    // And the writer goes on, also after it was saved.
    let mut device = IndexWriter::from_bytes(device.to_bytes().expose_secret()).unwrap();
    let more = house.add(&mut device, &words);
    house.send(&mut device);
    assert!(house.find(&words[2]).contains(&more));
    assert!(house.find_remotely(&words[2]).contains(&more));
}

#[test]
fn a_live_epoch_keeps_its_key() {
    let mut house = House::new("keys");
    let mut heads = Heads::new(*house.owner.collection());
    heads.observe(&house.head.to_bytes(), NOW).unwrap();
    // The pipeline version is a part of what the key is of.
    house.contents.scopes = vec![house.owner.scope(&house.domain, IndexEpoch::FIRST, 2)];
    let changed = house.owner.sign(2, NOW, NOW + DAY, house.contents.clone()).unwrap().to_bytes();
    assert!(matches!(heads.observe(&changed, NOW), Err(HeadError::KeyChanged { epoch: 1, .. })));
    let refused = server::install(&house.store, &changed);
    assert!(matches!(refused, Err(IndexError::Head(HeadError::KeyChanged { .. }))));
    assert_eq!(heads.newest().unwrap().version(), 1);
}
