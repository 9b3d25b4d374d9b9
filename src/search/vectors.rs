//! The index against the values of a second implementation.
//!
//! `tests/vectors/search.json` was written in another language, over other libraries (`tests/vectors/gen`). What it says was random, the
//! tests replay.

use alloc::vec::Vec;

use serde_json::Value;

use super::card::WriterCard;
use super::gate::{GateAnswer, GateRequest};
use super::page::Page;
use super::remote::{RemoteAnswer, RemoteQuery};
use super::scheme::{self, LabKeys};
use super::segment::{Segment, root_of};
use super::slot::{Entry, EntryKey, Op, Slot};
use super::*;
use crate::hash::{Label, kdf};
use crate::math::{G1, G2, PreparedG2, Scalar};
use crate::secret::Secret;
use crate::sign::{RequestKey, SigningKey};
use crate::store::{MemoryStore, Store};
use crate::testing::TestRng;
use crate::testing::vectors::{Replay, array, bytes, hex, hexes, list, number, text, texts, unhex};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/search.json")).unwrap()
}

fn owner(all: &Value) -> IndexOwner {
    IndexOwner::generate(&mut Replay(bytes(&all["owner"], "seed")))
}

fn contexts(all: &Value) -> Vec<Context> {
    let of = |case| Context {
        collection: *owner(all).collection(),
        domain: Domain::new(text(case, "domain")).unwrap(),
        epoch: IndexEpoch::new(u32::try_from(number(case, "epoch")).unwrap()).unwrap(),
        pipeline: u16::try_from(number(case, "pipeline")).unwrap(),
    };
    list(all, "contexts").iter().map(of).collect()
}

fn keywords(all: &Value) -> Vec<Keyword> {
    let of = |case| Keyword::new(text(case, "field"), text(case, "value")).unwrap();
    list(all, "keywords").iter().map(of).collect()
}

fn handles(all: &Value) -> Vec<Handle> {
    let of = |handle: &alloc::string::String| Handle::parse(handle).unwrap();
    texts(all, "handles").iter().map(of).collect()
}

fn head(all: &Value) -> Head {
    Head::from_bytes(&bytes(all, "head"), owner(all).collection()).unwrap()
}

fn scalar(text: &str) -> Scalar {
    Scalar::from_canonical(&unhex(text).try_into().unwrap()).unwrap()
}

fn g1(text: &str) -> G1 {
    G1::from_bytes(&unhex(text).try_into().unwrap()).unwrap()
}

fn reader(all: &Value) -> RequestKey {
    let encoded = bytes(&all["gate"], "reader_seed");
    RequestKey(SigningKey::from_seed(&kdf(Label::RequestKey, &[&encoded[7..]])))
}

/// Trapdoors of all keywords, by way of what the gate has answered.
fn trapdoors(all: &Value) -> Vec<Trapdoor> {
    let (case, context) = (&all["gate"], &contexts(all)[0]);
    let seed = PolicySeed::new(Secret::new(array(&all["share"], "seed")));
    let key = SearchKey::new(&seed, context, &head(all).contents().policies[0]);
    let (random, time) = (&mut Replay(bytes(case, "random")), number(case, "time"));
    let (gate, name) = (text(case, "gate"), text(case, "reader"));
    let asked = key.ask(&keywords(all), gate, name, &reader(all), time, random).unwrap();
    assert_eq!(hex(asked.request()), text(case, "request"));
    let keys = ContextKeys::new(&head(all), context).unwrap();
    asked.finish(&bytes(case, "answer"), &keys, &mut TestRng::new("weights")).unwrap()
}

#[test]
fn contexts_keywords_and_exponents() {
    let all = vectors();
    let (owner, words) = (owner(&all), keywords(&all));
    assert_eq!(hex(owner.to_bytes().expose_secret()), text(&all["owner"], "encoded"));
    assert_eq!(hex(owner.collection().as_bytes()), text(&all["owner"], "collection"));
    let encoded = list(&all, "keywords").iter().map(|case| text(case, "bytes"));
    assert!(words.iter().map(|word| hex(word.as_bytes())).eq(encoded));
    let seed = Secret::new(array(&all["owner"], "seed"));
    for (context, case) in contexts(&all).iter().zip(list(&all, "contexts")) {
        assert_eq!(hex(context.to_bytes()), text(case, "ctx"));
        let x = scheme::owner_exponent(&seed, context);
        assert_eq!(hex(x.expose_secret().to_bytes()), text(case, "x"));
        assert_eq!(hex(scheme::public_point(&x).to_bytes()), text(case, "X"));
        let scope = owner.scope(&context.domain, context.epoch, context.pipeline);
        assert_eq!(hex(scope.x_point.to_bytes()), text(case, "X"));
        let h = scheme::hash_keywords(context, &words.iter().collect::<Vec<_>>());
        assert_eq!(hexes(h.expose_secret().iter().map(|h| h.to_bytes())), texts(case, "h"));
    }
}

#[test]
fn shares_requests_answers_and_trapdoors() {
    let all = vectors();
    let (owner, context, case) = (owner(&all), &contexts(&all)[0], &all["share"]);
    let (policy, seed) = (PolicyId::from_bytes(array(case, "policy")), Secret::new(array(case, "seed")));
    let a = scheme::reader_exponent(&seed, context);
    assert_eq!(hex(a.expose_secret().to_bytes()), text(case, "a"));
    let share = owner.share(context, &policy, 3, PolicySeed::new(seed));
    assert_eq!(hex(share.expose_secret()), text(case, "share"));

    let found = trapdoors(&all);
    assert_eq!(hex(Trapdoor::all_to_bytes(&found).expose_secret()), text(&all["gate"], "trapdoors"));
    let own = owner.trapdoors(context, &keywords(&all));
    assert_eq!(hex(Trapdoor::all_to_bytes(&own).expose_secret()), text(&all["gate"], "trapdoors"));

    let case = &all["gate"];
    let b = Secret::new(scalar(text(&all["share"], "b")));
    let z = texts(case, "M").iter().map(|m| scheme::raise(&g1(m), &b).to_bytes()).collect::<Vec<_>>();
    assert_eq!(hexes(z), texts(case, "Z"));
    let mut gate = Gate::open(text(case, "gate"), MemoryStore::new(), GateLimits::default());
    gate.install(share.expose_secret()).unwrap();
    let (key, time) = (reader(&all).public_bytes(), number(case, "time"));
    let of = |name: &str| if name == text(case, "reader") { alloc::vec![key] } else { Vec::new() };
    let answer = gate.serve(&bytes(case, "request"), time, of).unwrap();
    assert_eq!(hex(answer), text(case, "answer"));
}

#[test]
fn the_card_of_a_lab() {
    let all = vectors();
    let (case, context) = (&all["lab"], &contexts(&all)[0]);
    let random = &mut Replay(bytes(case, "random"));
    let (lab, card) = IndexWriter::lab(&head(&all), context, random).unwrap();
    assert_eq!(
        (hex(lab.id().as_bytes()).as_str(), hex(&card).as_str()),
        (text(case, "id"), text(case, "card"))
    );
    let y = Secret::new(scalar(text(case, "y")));
    assert_eq!(hex(scheme::public_point(&y).to_bytes()), text(case, "Y"));

    let admitted = owner(&all).admit(&card, context).unwrap();
    let signed = head(&all);
    let in_head = signed.writer(context, lab.id()).unwrap();
    assert_eq!((admitted.key, admitted.y_point), (in_head.key, in_head.y_point));
    for case in list(case, "bad_cards") {
        let (name, card) = (text(case, "name"), bytes(case, "card"));
        assert_eq!(WriterCard::from_bytes(&card).unwrap().to_bytes(), card, "{name}");
        assert_eq!(owner(&all).admit(&card, context), Err(WriteError::Card), "{name}");
    }
}

/// T of every keyword; by the writer's way and by the reader's.
#[test]
fn keys_of_entries() {
    let all = vectors();
    let (context, words) = (contexts(&all)[0].to_bytes(), keywords(&all));
    let d: Vec<G1> = texts(&all["gate"], "D").iter().map(|d| g1(d)).collect();
    let h: Vec<G1> = texts(&list(&all, "contexts")[0], "h").iter().map(|h| g1(h)).collect();
    let device = WriterId::from_bytes(array(&all["device"], "id"));
    let own = words.iter().zip(&d).map(|(word, d)| scheme::own_entry_key(&context, &device, word, d));
    assert_eq!(hexes(own.map(|t| *t.expose_secret())), texts(&all["device"], "T"));

    let (y_point, x_point) = (array(&all["lab"], "Y"), array(&list(&all, "contexts")[0], "X"));
    let lab = WriterId::from_bytes(array(&all["lab"], "id"));
    let bound = LabKeys { context: &context, writer: &lab, y_point: &y_point, x_point: &x_point };
    let y: Secret<Scalar> = Secret::new(scalar(text(&all["lab"], "y")));
    let point = |bytes: &[u8; 96]| G2::from_bytes(bytes).unwrap();
    let (at_lab, at_reader) = (PreparedG2::new(&point(&x_point).pow(&y)), PreparedG2::new(&point(&y_point)));
    for (lines, points) in [(&at_lab, &h), (&at_reader, &d)] {
        let keys = words.iter().zip(points).map(|(word, p)| scheme::lab_entry_key(&bound, word, p, lines));
        assert_eq!(hexes(keys.map(|t| *t.expose_secret())), texts(&all["lab"], "T"));
    }
}

/// One slot at a time, and what opens it.
#[test]
fn slots() {
    let all = vectors();
    let case = &list(&all["device"], "segments")[0];
    let (nonce, handles) = (array(case, "nonce"), handles(&all));
    let entry = |handle, op, meta| Entry { handle, op, meta };
    let add = |handle| entry(handle, Op::Add, [1, 2, 3]);
    let written = [
        (0, 0, add(handles[0])),
        (0, 1, add(handles[1])),
        (1, 0, add(handles[0])),
        (2, 0, add(handles[0])),
        (2, 1, entry(handles[0], Op::Delete, [0; 3])),
    ];
    for ((word, occurrence, entry), slot) in written.into_iter().zip(texts(case, "slots")) {
        let t: [u8; 32] = unhex(&texts(&all["device"], "T")[word]).try_into().unwrap();
        let key = EntryKey::new(&Secret::new(t));
        assert_eq!(hex(key.seal(&nonce, occurrence, entry)), slot);
        let slot: Slot = unhex(&slot).try_into().unwrap();
        assert_eq!(slot.first_chunk(), Some(&key.tag(&nonce, occurrence)));
        assert_eq!(key.open(&nonce, occurrence, &slot), Some(entry));
    }
}

/// Seals what waits in `writer`, with the randomness of a segment of the vectors, and compares.
fn seal(all: &Value, writer: &mut IndexWriter, profile: &LeakageProfile, case: &Value) {
    let random = [bytes(case, "fresh"), bytes(case, "padding")].concat();
    assert_eq!(writer.finish(&head(all), profile, &mut Replay(random)), Ok(1));
    let (sequence, encoded) = writer.outbox().last().unwrap();
    assert_eq!(hex(encoded), text(case, "segment"));
    let segment = Segment::from_bytes(encoded).unwrap();
    assert_eq!(hex(segment.header().nonce), text(case, "nonce"));
    assert_eq!(hex(root_of(&segment.slots)), text(case, "root"));
    assert_eq!(hex(segment.header().id()), text(case, "id"));
    assert_eq!((segment.header().sequence(), segment.to_bytes()), (sequence, bytes(case, "segment")));
}

#[test]
fn segments() {
    let all = vectors();
    let (context, words, handles) = (&contexts(&all)[0], keywords(&all), handles(&all));
    let [standard, lean] = [LeakageProfile::standard(), LeakageProfile::lean()];
    let meta = [1, 2, 3];

    let (case, owner) = (&all["device"], owner(&all));
    let (mut device, entry) = owner.writer(context, &mut Replay(bytes(case, "random")));
    assert_eq!(hex(entry.writer().as_bytes()), text(case, "id"));
    device.add(handles[0], meta, &words);
    device.add(handles[1], meta, &words[..1]);
    device.delete(handles[0], &words[2..]);
    seal(&all, &mut device, &standard, &list(case, "segments")[0]);
    device.add(handles[2], meta, &words[..1]);
    seal(&all, &mut device, &lean, &list(case, "segments")[1]);

    let case = &all["lab"];
    let (mut lab, _) = IndexWriter::lab(&head(&all), context, &mut Replay(bytes(case, "random"))).unwrap();
    lab.add(handles[3], meta, &[words[0].clone(), words[2].clone()]);
    lab.add(handles[4], meta, &words[1..]);
    seal(&all, &mut lab, &standard, &list(case, "segments")[0]);
}

#[test]
fn a_head_a_page_and_what_is_found() {
    let all = vectors();
    let (context, words, signed) = (&contexts(&all)[0], keywords(&all), head(&all));
    let (from, until) = signed.validity();
    let again = owner(&all).sign(signed.version(), from, until, signed.contents().clone()).unwrap();
    assert_eq!(hex(again.to_bytes()), text(&all, "head"));

    let mut mirror = Mirror::new(*owner(&all).collection());
    assert_eq!(mirror.extend(&signed, context, &bytes(&all, "page")), Ok(Progress::Complete));
    let keys = ContextKeys::new(&signed, context).unwrap();
    let found = list(&all, "found");
    for ((word, trapdoor), expected) in words.iter().zip(trapdoors(&all)).zip(found) {
        assert_eq!(trapdoor.keyword(), word);
        let hits = mirror.search(&signed, &trapdoor.entry_keys(&keys).unwrap()).unwrap();
        let mut expected: Vec<&str> =
            expected.as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
        expected.sort_unstable();
        assert_eq!(hexes(hits.handles().map(|handle| *handle.as_bytes())), expected);
    }
}

#[test]
fn a_remote_search() {
    let all = vectors();
    let (context, signed) = (&contexts(&all)[0], head(&all));
    let keys = ContextKeys::new(&signed, context).unwrap();
    let keys = trapdoors(&all)[0].entry_keys(&keys).unwrap();
    let outline = Outline::from_bytes(&bytes(&all, "outline")).unwrap();
    assert_eq!(hex(outline.to_bytes()), text(&all, "outline"));

    let mut store = MemoryStore::new();
    for segment in ["device", "lab"].into_iter().flat_map(|writer| list(&all[writer], "segments")) {
        let (_, batch) = server::append(&store, &signed, &bytes(segment, "segment")).unwrap();
        store.commit(&batch).unwrap();
    }
    let page = server::page(&store, &signed, context, &[], usize::MAX).unwrap();
    assert_eq!(hex(page), text(&all, "page"));
    let mut shelf = server::Shelf::default();
    shelf.load(&store, &signed, context).unwrap();
    assert_eq!(shelf.outline(), outline);

    let mut search = RemoteSearch::new(&keys, &outline);
    let rounds = list(&all, "remote");
    for (number, round) in rounds.iter().enumerate() {
        assert_eq!(hex(search.query()), text(round, "query"));
        assert_eq!(hex(shelf.answer(search.query()).unwrap()), text(round, "answer"));
        match search.read(&signed, &bytes(round, "answer")).unwrap() {
            Remote::More(next) => search = next,
            Remote::Done(hits) => {
                assert_eq!((number + 1, hits.len()), (rounds.len(), 4));
                return;
            }
        }
    }
    panic!("it goes on after the last answer");
}

/// What passes between two parties has no public decoder; here is that each takes what its encoder writes, and nothing else.
#[test]
fn what_is_decoded_encodes_to_the_same_bytes() {
    let all = vectors();
    macro_rules! check {
        ($($type:ident of $bytes:expr;)*) => {$({
            let good = $bytes;
            assert_eq!($type::from_bytes(&good).ok().unwrap().to_bytes(), good);
            for at in 0..good.len() {
                assert!($type::from_bytes(&good[..at]).is_err(), "{} cut at {at}", stringify!($type));
                for mask in [0x01, 0x80] {
                    let mut changed = good.clone();
                    changed[at] ^= mask;
                    let again = $type::from_bytes(&changed).map(|value| value.to_bytes());
                    assert!(again.is_err() || again.ok() == Some(changed), "{} at {at}", stringify!($type));
                }
            }
            assert!($type::from_bytes(&[&good[..], &[0]].concat()).is_err());
        })*};
    }
    check! {
        GateRequest of bytes(&all["gate"], "request");
        GateAnswer of bytes(&all["gate"], "answer");
        WriterCard of bytes(&all["lab"], "card");
        Page of bytes(&all, "page");
        RemoteQuery of bytes(&list(&all, "remote")[0], "query");
        RemoteAnswer of bytes(&list(&all, "remote")[0], "answer");
    }
}
