//! What a cloud can tell a reader of an index that is not true, and what comes of it: nothing. Answers are made by hand, from the specification.

use hippocrypt::phr::audit::{AuditEvent, ReceiptError};
use hippocrypt::phr::index::{FindError, IndexReader, PatientIndex, handle_of};
use hippocrypt::phr::{CloudError, PatientHandle, Reader};
use hippocrypt::search::server::Accepted;
use hippocrypt::search::{Domain, HeadError, IndexError, IndexOwner, LeakageProfile, SyncError};
use hippocrypt::testing::TestRng;
use hippocrypt::{Policy, RecordName, Schema, UserId};

use crate::forge::{
    FalsePage, index_parts, what_is_asked, who_asks, with_bytes, with_index_parts, without_seed,
};
use crate::house::{HOUR, NOW};
use crate::receipt::{Liar, access, contents, join};
use crate::ward::{GATE, Ward, query, word};

const INDEX: u8 = 5;
const SEED: u8 = 6;
const SEGMENTS: u8 = 7;

/// Anna's index, with three segments under `a`, granted to physicians; the last head.
fn written(name: &str) -> (Ward, Reader, Vec<u8>) {
    let mut ward = Ward::new(name);
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    for _ in 0..3 {
        let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
        writer.add(handle, meta, &[word("a")]);
        ward.send(&mut writer, &head);
    }
    (ward, chen, head)
}

/// What receipts a lying cloud gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receipts {
    /// Those that it gave with what it says now when that was true.
    Old,
    /// One that was made to fit to the question, for every lie.
    MadeToFit,
}

/// Syncs over a cloud whose answers are changed on the way.
fn sync_with(
    ward: &mut Ward,
    reader: &mut IndexReader<'_>,
    receipts: Receipts,
    mut lie: impl FnMut(u8, Vec<u8>) -> Vec<u8>,
) -> Result<(), FindError> {
    let mut liar = Liar::of(&ward.house);
    let (cloud, now, patient) = (&ward.house.cloud, ward.house.now, *ward.anna.patient());
    reader.sync(&cloud.name(), now, &mut ward.rng, |question| {
        let answer = cloud.answer(question, now).map_err(|error| error.to_string())?;
        let lied = lie(what_is_asked(question), answer.clone());
        if receipts == Receipts::Old || lied == answer {
            return Ok(lied);
        }
        Ok(searched(&mut liar, &who_asks(question), question, patient, now, &contents(&lied)))
    })
}

fn sync(
    ward: &mut Ward,
    reader: &mut IndexReader<'_>,
    lie: impl FnMut(u8, Vec<u8>) -> Vec<u8>,
) -> Result<(), FindError> {
    sync_with(ward, reader, Receipts::MadeToFit, lie)
}

/// An answer with a receipt that fits to the question.
fn searched(
    liar: &mut Liar,
    user: &UserId,
    question: &[u8],
    patient: PatientHandle,
    now: u64,
    contents: &[u8],
) -> Vec<u8> {
    let said = access(AuditEvent::Searched, now, user, question, &vec![(patient, Vec::new())]);
    join(Some(&liar.fits(&said)), contents)
}

/// An honest answer to a question of this sort, the last one of several.
fn overheard(ward: &mut Ward, reader: &Reader, domain: &Domain, sort: u8) -> Vec<u8> {
    let mut heard = Vec::new();
    let patient = *ward.anna.patient();
    let _ = sync(ward, &mut IndexReader::new(reader, &patient, domain), |asked, answer| {
        if asked == sort {
            heard = answer.clone();
        }
        answer
    });
    assert!(!heard.is_empty());
    heard
}

/// What a reader who knows nothing makes of it, if all answers to questions of this sort are this one, with receipts that fit. With its own receipt, which is for another
/// question, he does not look at it.
fn instead(ward: &mut Ward, reader: &Reader, sort: u8, lie: &[u8]) -> FindError {
    let (patient, domain) = (*ward.anna.patient(), ward.domain.clone());
    let mut search = IndexReader::new(reader, &patient, &domain);
    let instead = |asked, answer| if asked == sort { lie.to_vec() } else { answer };
    let unread = sync_with(ward, &mut search, Receipts::Old, instead).unwrap_err();
    assert!(matches!(unread, FindError::Receipt(_) | FindError::Malformed(_)), "{unread}");
    let outcome = sync(ward, &mut search, instead);
    let refused = outcome.unwrap_err();
    // Afterwards the truth is still believed, and nothing else was.
    sync(ward, &mut search, |_, answer| answer).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 3);
    refused
}

#[test]
fn another_patients_index_is_not_hers() {
    let (mut ward, chen, _) = written("lies-of-whose");
    let berta = ward.house.patient("berta");
    let mut theirs = PatientIndex::new(IndexOwner::generate(&mut ward.rng));
    theirs.open_domain(&ward.domain, 1);
    let realm = ward.house.authority.realm().clone();
    let later = ward.revocations.later_epoch(&ward.epochs, NOW).unwrap();
    let policy = Policy::parse("role:physician", &Schema::empty()).unwrap();
    theirs.grant(&realm, later, &ward.domain, &policy, &mut ward.rng).unwrap();
    let announcement = theirs.announcement(&berta, 1);
    let head = theirs.head(NOW, NOW + HOUR).unwrap();
    for message in [&announcement, &head] {
        ward.house.cloud.index(message, NOW, &mut ward.rng).unwrap();
    }
    let domain = ward.domain.clone();
    let of_anna = overheard(&mut ward, &chen, &domain, INDEX);
    let (hers, _) = index_parts(&of_anna);
    let with = |announcement: &[u8], head: &[u8]| with_index_parts(&of_anna, announcement, head);
    let whole = instead(&mut ward, &chen, INDEX, &with(&announcement, &head));
    assert!(matches!(whole, FindError::Announcement), "{whole}");
    let mixed = instead(&mut ward, &chen, INDEX, &with(&hers, &head));
    assert!(matches!(mixed, FindError::Head(HeadError::OtherCollection { .. })), "{mixed}");
    let mut forged = hers.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let (_, head) = index_parts(&of_anna);
    let forged = instead(&mut ward, &chen, INDEX, &with(&forged, &head));
    assert!(matches!(forged, FindError::Announcement), "{forged}");
}

#[test]
fn what_is_older_than_what_was_seen_is_refused() {
    let (mut ward, chen, _) = written("lies-of-old");
    let (patient, domain) = (*ward.anna.patient(), ward.domain.clone());
    let mut search = IndexReader::new(&chen, &patient, &domain);
    sync(&mut ward, &mut search, |_, answer| answer).unwrap();
    let first = overheard(&mut ward, &chen, &domain, INDEX);
    ward.publish();
    sync(&mut ward, &mut search, |_, answer| answer).unwrap();
    let replay = |asked: u8, answer: Vec<u8>| if asked == INDEX { first.clone() } else { answer };
    let refused = sync(&mut ward, &mut search, replay).unwrap_err();
    assert!(matches!(refused, FindError::Head(HeadError::RolledBack { found: 1, seen: 2 })), "{refused}");

    // Another index of hers. A head of it that cannot be believed does not cost what is known of the one before.
    let mut second = PatientIndex::new(IndexOwner::generate(&mut ward.rng));
    second.open_domain(&domain, 1);
    std::mem::swap(&mut second, &mut ward.index);
    let announcement = ward.index.announcement(&ward.anna, 2);
    assert_eq!(ward.house.cloud.index(&announcement, NOW, &mut ward.rng).unwrap(), Accepted::New);
    ward.grant("role:physician").unwrap();
    ward.publish();
    let broken = sync(&mut ward, &mut search, |asked, mut answer| {
        let last = answer.len() - 1;
        answer[last] ^= u8::from(asked == INDEX);
        answer
    });
    assert!(matches!(broken, Err(FindError::Head(HeadError::Signature))));
    assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 3);
    sync(&mut ward, &mut search, |_, answer| answer).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 0);
    // The index before is announced to him once more.
    let refused = sync(&mut ward, &mut search, replay).unwrap_err();
    assert!(matches!(refused, FindError::Announcement), "{refused}");
}

#[test]
fn a_seed_of_something_else_does_not_open() {
    let (mut ward, chen, _) = written("lies-of-seeds");
    let (general, mental) = (ward.domain.clone(), Domain::new("mental-health").unwrap());
    let before = overheard(&mut ward, &chen, &general, SEED);
    ward.index.open_domain(&mental, 1);
    ward.grant_of(&mental, "role:physician").unwrap();
    ward.grant("role:physician").unwrap();
    ward.renew().unwrap();
    ward.publish();
    let of_domain = overheard(&mut ward, &chen, &mental, SEED);
    for (what, lie) in [("an older version", &before), ("another domain", &of_domain)] {
        let refused = instead(&mut ward, &chen, SEED, lie);
        assert!(matches!(refused, FindError::Open(_)), "{what}: {refused}");
    }
    // Another policy of the same domain, with which he may search it as well.
    let (patient, mut seen) = (*ward.anna.patient(), 0);
    let mut search = IndexReader::new(&chen, &patient, &general);
    let mut first = Vec::new();
    let outcome = sync(&mut ward, &mut search, |asked, answer| {
        if asked != SEED {
            return answer;
        }
        seen += 1;
        if seen == 1 {
            first = answer;
            // None for the first policy: he goes on to the second, and gets the first one's.
            return without_seed(&first);
        }
        first.clone()
    });
    assert!(matches!(outcome, Err(FindError::Open(_))), "{seen}");
    let none = without_seed(&before);
    assert!(matches!(instead(&mut ward, &chen, SEED, &none), FindError::NotGranted));
    let mut changed = before;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(matches!(
        instead(&mut ward, &chen, SEED, &changed),
        FindError::Open(_) | FindError::Malformed(_)
    ));
}

#[test]
fn segments_that_are_missing_or_changed_are_noticed() {
    let (mut ward, chen, _) = written("lies-of-segments");
    let domain = ward.domain.clone();
    let honest = overheard(&mut ward, &chen, &domain, SEGMENTS);
    let page = FalsePage::of(&honest);
    assert_eq!((page.parts.len(), page.parts[0].segments.len()), (1, 3));
    type Change<'c> = &'c dyn Fn(&mut FalsePage);
    let lies: [(&str, Change<'_>); 10] = [
        ("the first dropped", &|page| drop(page.parts[0].segments.remove(0))),
        ("one between dropped", &|page| drop(page.parts[0].segments.remove(1))),
        ("the last dropped, for ever", &|page| drop(page.parts[0].segments.pop())),
        ("all dropped", &|page| page.parts[0].segments.clear()),
        ("reordered", &|page| page.parts[0].segments.swap(0, 1)),
        ("repeated", &|page| {
            let again = page.parts[0].segments[2].clone();
            page.parts[0].segments.push(again);
        }),
        ("a slot changed", &|page| {
            let middle = page.parts[0].segments[1].len() / 2;
            page.parts[0].segments[1][middle] ^= 1;
        }),
        ("the writer left out", &|page| page.parts.clear()),
        ("the writer twice", &|page| {
            let part = page.parts[0].clone();
            page.parts.push(part);
        }),
        ("another writer", &|page| page.parts[0].writer[0] ^= 1),
    ];
    for (what, change) in lies {
        let mut page = FalsePage::of(&honest);
        change(&mut page);
        let refused = instead(&mut ward, &chen, SEGMENTS, &with_bytes(&honest, &page.to_bytes()));
        assert!(matches!(refused, FindError::Sync(_)), "{what}: {refused}");
    }
    // That there is nothing at all: until the owner has noted how far she has seen.
    let nothing = |page: &mut FalsePage| {
        page.parts[0].tip.clear();
        page.parts[0].segments.clear();
    };
    let mut empty = FalsePage::of(&honest);
    nothing(&mut empty);
    let empty = with_bytes(&honest, &empty.to_bytes());
    let patient = *ward.anna.patient();
    let mut search = IndexReader::new(&chen, &patient, &domain);
    sync(&mut ward, &mut search, |_, answer| answer).unwrap();
    ward.index.note(search.mirror().unwrap());
    ward.publish();
    let refused = instead(&mut ward, &chen, SEGMENTS, &empty);
    assert!(matches!(refused, FindError::Sync(SyncError::Truncated { found: 0, known: 3, .. })), "{refused}");
}

#[test]
fn an_answer_to_something_else_is_not_taken() {
    let (mut ward, chen, _) = written("lies-of-answers");
    let domain = ward.domain.clone();
    let sorts = [INDEX, SEED, SEGMENTS];
    let answers = sorts.map(|sort| overheard(&mut ward, &chen, &domain, sort));
    for (sort, own) in sorts.iter().zip(&answers) {
        for other in answers.iter().filter(|other| *other != own) {
            assert!(matches!(instead(&mut ward, &chen, *sort, other), FindError::NotAsked), "{sort}");
        }
        let cut = instead(&mut ward, &chen, *sort, &own[..own.len() - 1]);
        assert!(matches!(cut, FindError::Malformed(_)), "{sort}: {cut}");
    }
    // A page of another index, domain or epoch.
    let mut page = FalsePage::of(&answers[2]);
    for at in [0, 18, 28] {
        page.context[at] ^= 2;
        let lie = with_bytes(&answers[2], &page.to_bytes());
        let refused = instead(&mut ward, &chen, SEGMENTS, &lie);
        assert!(matches!(refused, FindError::Sync(SyncError::NotAsked)), "{at}: {refused}");
        page.context[at] ^= 2;
    }
}

/// What does not belong into an index is not taken by an honest cloud.
#[test]
fn the_cloud_takes_nothing_that_is_not_in_order() {
    let (mut ward, chen, head) = written("index-order");
    let domain = ward.domain.clone();
    // A writer of whom the head does not know.
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a")]);
    let next = ward.index.head(NOW, NOW + HOUR).unwrap();
    let known = hippocrypt::search::Head::from_bytes(&next, ward.index.collection()).unwrap();
    writer.finish(&known, &LeakageProfile::standard(), &mut ward.rng).unwrap();
    let segment = writer.outbox().next().unwrap().1.to_vec();
    let early = ward.house.cloud.index(&segment, NOW, &mut ward.rng);
    assert!(matches!(early, Err(CloudError::Index(IndexError::NotInHead { .. }))), "{early:?}");
    assert_eq!(ward.house.cloud.index(&next, NOW, &mut ward.rng).unwrap(), Accepted::New);
    assert_eq!(ward.house.cloud.index(&segment, NOW, &mut ward.rng).unwrap(), Accepted::New);
    // The head before.
    let old = ward.house.cloud.index(&head, NOW, &mut ward.rng);
    assert!(matches!(old, Err(CloudError::Index(IndexError::Head(HeadError::RolledBack { .. })))), "{old:?}");

    // A seed that is wrapped in an epoch which is over.
    ward.renew().unwrap();
    let late = ward.index.head(NOW, NOW + HOUR).unwrap();
    let messages = [ward.house.authority.advance(NOW).unwrap()];
    ward.house.tell(&messages);
    let refused = ward.house.cloud.index(&late, NOW, &mut ward.rng);
    assert!(matches!(refused, Err(CloudError::Header(_))), "{refused:?}");
    assert_eq!(ward.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());

    // A patient who was dismissed.
    let messages = [ward.house.authority.revoke(&UserId::new("anna").unwrap(), NOW).unwrap()];
    ward.house.tell(&messages);
    let second = PatientIndex::new(IndexOwner::generate(&mut ward.rng));
    let announced = ward.house.cloud.index(&second.announcement(&ward.anna, 2), NOW, &mut ward.rng);
    assert!(matches!(announced, Err(CloudError::Dismissed(_))), "{announced:?}");
    let _ = chen;
    // One whose credential is over.
    let (late, dora) = (NOW + 2000 * HOUR, ward.house.patient("dora"));
    let expired = ward.house.cloud.index(&second.announcement(&dora, 1), late, &mut ward.rng);
    assert!(matches!(expired, Err(CloudError::Credential)), "{expired:?}");
    ward.house.cloud.index(&second.announcement(&dora, 1), NOW, &mut ward.rng).unwrap();
}

/// A request at the gate is good once, for whoever has signed it.
#[test]
fn nobody_asks_the_gate_in_the_name_of_another() {
    let (mut ward, chen, _) = written("index-names");
    let diaz = ward.house.reader("dr-diaz", "role:physician");
    let (patient, domain) = (*ward.anna.patient(), ward.domain.clone());
    let mut search = IndexReader::new(&chen, &patient, &domain);
    sync(&mut ward, &mut search, |_, answer| answer).unwrap();
    let mut request = Vec::new();
    let (cloud, gate) = (&ward.house.cloud, &ward.gate);
    let lost = search.find(&query("a"), GATE, NOW, &mut ward.rng, |asked| {
        request = asked.to_vec();
        Err("lost on the way".into())
    });
    assert!(matches!(lost, Err(FindError::Transport(_))));
    let at = request.windows(7).position(|part| part == b"dr-chen").unwrap();
    let mut renamed = request.clone();
    renamed[at..at + 7].copy_from_slice(diaz.user().as_str().as_bytes());
    let ask = |request: &[u8]| cloud.gate(gate, request, NOW).map_err(|error| error.to_string());
    assert!(ask(&renamed).unwrap_err().contains("no such share, or not for you"));
    renamed[at..at + 7].copy_from_slice(b"nobody!");
    assert!(ask(&renamed).unwrap_err().contains("no key of the reader"));
    let answer = ask(&request).unwrap();
    assert!(ask(&request).unwrap_err().contains("was made before"));
    // Nor does the answer to one request serve for another.
    let other = search.find(&query("b"), GATE, NOW, &mut ward.rng, |_| Ok(answer.clone()));
    assert!(matches!(other, Err(FindError::Receipt(ReceiptError::Other))));
    let mut liar = Liar::of(&ward.house);
    let other = search.find(&query("b"), GATE, NOW, &mut ward.rng, |request| {
        Ok(searched(&mut liar, chen.user(), request, patient, NOW, &contents(&answer)))
    });
    assert!(matches!(other, Err(FindError::Gate(_))));
    assert_eq!(ward.find(&mut search, &query("b")).unwrap().len(), 0);
    let mut rng = TestRng::new("impostor");
    let seed = hippocrypt::ReaderSeed::generate(&mut rng);
    let impostor = Reader::new(ward.house.authority.realm().clone(), chen.user().clone(), seed);
    let mut search = IndexReader::new(&impostor, &patient, &domain);
    assert!(matches!(sync(&mut ward, &mut search, |_, answer| answer), Err(FindError::Transport(_))));
}
