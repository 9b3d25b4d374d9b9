//! A patient's index: announced, granted, written, searched, renewed, and begun anew.

use hippocrypt::phr::CloudError;
use hippocrypt::phr::grant::LaterEpochError;
use hippocrypt::phr::index::{FindError, IndexReader, PatientIndex, handle_of, record_of};
use hippocrypt::phr::{Reader, RecordCategory, RoleError};
use hippocrypt::search::server::Accepted;
use hippocrypt::search::{
    ContextKeys, Domain, HeadError, Heads, IndexError, IndexOwner, LeakageProfile, QueryError,
};
use hippocrypt::store::{Store, Table};
use hippocrypt::testing::TestRng;
use hippocrypt::{RecordName, UserId};

use crate::forge::without_seed;
use crate::house::{HOUR, NOW, described};
use crate::receipt::contents;
use crate::ward::{GATE, Ward, query, word};

/// Anna writes two records and indexes them; a reader for whom the index is granted finds the one that he looks for, and opens it.
#[test]
fn what_is_found_is_opened() {
    let mut ward = Ward::new("index-story");
    let chen: Reader = ward.house.reader("dr-chen", "role:physician");
    let nurse: Reader = ward.house.reader("nurse", "role:nurse");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let mut names = Vec::new();
    for text in ["4548-4", "2339-0"] {
        let description = described(RecordCategory::LabResult);
        let rng = &mut ward.rng;
        let name = ward.anna.writer().write(&patient, &description, text.as_bytes(), NOW, rng).unwrap();
        let (handle, meta) = handle_of(&name);
        writer.add(handle, meta, &[word(text), word("any")]);
        names.push(name);
    }
    ward.house.send(ward.anna.writer()).unwrap();
    ward.send(&mut writer, &head);

    let mut search = IndexReader::new(&chen, &patient, &domain);
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("4548-4")).unwrap(), [*names[0].id.as_bytes()]);
    assert_eq!(ward.find(&mut search, &query("any")).unwrap().len(), 2);
    assert_eq!(ward.find(&mut search, &query("none")).unwrap().len(), 0);
    let both = query("any").and(query("4548-4").negated());
    assert_eq!(ward.find(&mut search, &both).unwrap(), [*names[1].id.as_bytes()]);

    // In steps the second word is asked for only where the first has found something.
    let mut asked = IndexReader::new(&chen, &patient, &domain);
    ward.sync(&mut asked).unwrap();
    let (first, second) = (query("2339-0"), query("any"));
    assert_eq!(ward.find_in_steps(&mut asked, &query("nowhere").and(second.clone())), (0, 1));
    assert_eq!(asked.count(&word("nowhere"), ward.house.now), Some(0));
    assert_eq!(asked.count(&word("any"), ward.house.now), None);
    assert_eq!(ward.find_in_steps(&mut asked, &second.clone().negated().and(first.clone())), (0, 2));
    assert_eq!(asked.count(&word("any"), ward.house.now), Some(2));
    assert_eq!(ward.find_in_steps(&mut asked, &first.and(second)), (1, 0));

    let (cloud, now) = (&ward.house.cloud, ward.house.now);
    let hits = search
        .find_remotely(
            &word("2339-0"),
            &cloud.name(),
            GATE,
            now,
            &mut ward.rng,
            |question| cloud.answer(question, now).map_err(|error| error.to_string().into()),
            |request| cloud.gate(&ward.gate, request, now).map_err(|error| error.to_string().into()),
        )
        .unwrap();
    let found: Vec<_> = hits.iter().map(record_of).collect();
    assert_eq!(found, names[1..]);
    let asked = chen.open(found, &cloud.name(), now, &mut ward.rng);
    let answer = cloud.answer(asked.question(), now).unwrap();
    assert_eq!(chen.opened(asked, &answer).unwrap().records[0].content, b"2339-0");

    // Who satisfies no policy of the index is told what he would be told if there were none.
    let mut search = IndexReader::new(&nurse, &patient, &domain);
    let refused = ward.sync(&mut search).unwrap_err().to_string();
    assert!(refused.contains("there is no such record, or it is not for you"), "{refused}");
}

/// R0: the gate refuses at once. R1: no fresh seed in the epoch of the revocation; then the old seed is worth nothing, and the others go on.
#[test]
fn a_revoked_reader_is_locked_out_and_the_others_are_not() {
    let mut ward = Ward::new("index-revoked");
    let (chen, diaz) =
        (ward.house.reader("dr-chen", "role:physician"), ward.house.reader("dr-diaz", "role:physician"));
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let (handle, meta) = handle_of(&hippocrypt::RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a"), word("b"), word("c")]);
    ward.send(&mut writer, &head);
    let mut of_chen = IndexReader::new(&chen, &patient, &domain);
    let mut of_diaz = IndexReader::new(&diaz, &patient, &domain);
    ward.sync(&mut of_chen).unwrap();
    ward.sync(&mut of_diaz).unwrap();
    assert_eq!(ward.find(&mut of_chen, &query("a")).unwrap().len(), 1);
    assert_eq!(ward.find(&mut of_diaz, &query("a")).unwrap().len(), 1);

    let messages = [ward.house.authority.revoke(&UserId::new("dr-chen").unwrap(), ward.house.now).unwrap()];
    ward.house.tell(&messages);
    assert!(matches!(ward.find(&mut of_chen, &query("b")), Err(FindError::Transport(_))));
    assert!(ward.sync(&mut of_chen).is_err());
    // What he has looked for, he has.
    assert_eq!(ward.find(&mut of_chen, &query("a")).unwrap().len(), 1);

    ward.observe();
    assert!(matches!(ward.renew(), Err(LaterEpochError::Revoked { .. })));
    let messages = [ward.house.authority.advance(ward.house.now).unwrap()];
    ward.house.tell(&messages);
    let mut tokens = Vec::new();
    let collect = |message| {
        tokens.push(message);
        Ok(())
    };
    ward.house.authority.refresh(collect).unwrap();
    ward.house.tell(&tokens);
    ward.observe();
    ward.renew().unwrap();
    // The gate has the new share alone: the old seed asks with a version that is over.
    assert!(ward.find(&mut of_diaz, &query("b")).is_err());
    let _ = ward.publish();
    ward.sync(&mut of_diaz).unwrap();
    assert_eq!(ward.find(&mut of_diaz, &query("b")).unwrap().len(), 1);
    assert!(ward.find(&mut of_chen, &query("c")).is_err());
}

/// Two epochs are live; a cloud that keeps the seed of one back makes nobody believe that what is found in the other is all.
#[test]
fn a_seed_that_is_kept_back_makes_nothing_complete() {
    let mut ward = Ward::new("index-kept-back");
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let (handle, meta) = handle_of(&hippocrypt::RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a")]);
    ward.send(&mut writer, &head);
    let realm = ward.house.authority.realm().clone();
    let later = ward.revocations.later_epoch(&ward.epochs, NOW).unwrap();
    let shares = ward.index.advance(&realm, later, &domain, 1, &mut ward.rng).unwrap();
    ward.install(&shares);
    let _ = ward.publish();

    let mut search = IndexReader::new(&chen, &patient, &domain);
    let (cloud, mut seeds) = (&ward.house.cloud, 0);
    let lied = search.sync(&cloud.name(), NOW, &mut ward.rng, |question| {
        let mut answer = cloud.answer(question, NOW).unwrap();
        // A seed: sort 5. The first one is none for this reader, says the cloud.
        if contents(&answer)[0] == 5 {
            seeds += 1;
            if seeds == 1 {
                answer = without_seed(&answer);
            }
        }
        Ok(answer)
    });
    assert!(matches!(lied, Err(FindError::NotGranted)), "{lied:?}");
    assert!(matches!(ward.find(&mut search, &query("a")), Err(FindError::NotGranted)));
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap(), [*handle.as_bytes()]);
}

/// Whose index it is, is said by the patient alone, and by one patient.
#[test]
fn nobody_announces_what_is_not_hers() {
    let mut ward = Ward::new("index-announced");
    let berta = ward.house.patient("berta");
    let mut rng = TestRng::new("berta");
    // Berta claims Anna's index: the key of the index would have to sign that.
    let theirs = ward.index.announcement(&berta, 5);
    assert!(matches!(ward.house.cloud.index(&theirs, NOW, &mut rng), Err(CloudError::Announced)));
    let mut forged = ward.index.announcement(&ward.anna, 2);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert!(matches!(ward.house.cloud.index(&forged, NOW, &mut rng), Err(CloudError::Credential)));
    // A second index of Anna's takes a higher number.
    let other = PatientIndex::new(IndexOwner::generate(&mut rng));
    let same = other.announcement(&ward.anna, 1);
    assert!(matches!(ward.house.cloud.index(&same, NOW, &mut rng), Err(CloudError::Announced)));
    let later = other.announcement(&ward.anna, 2);
    assert_eq!(ward.house.cloud.index(&later, NOW, &mut rng).unwrap(), Accepted::New);
    let back = ward.index.announcement(&ward.anna, 1);
    assert!(matches!(ward.house.cloud.index(&back, NOW, &mut rng), Err(CloudError::Announced)));
    // A head of an index that nobody has announced.
    let mut unknown = PatientIndex::new(IndexOwner::generate(&mut rng));
    let head = unknown.head(NOW, NOW + HOUR).unwrap();
    assert!(matches!(ward.house.cloud.index(&head, NOW, &mut rng), Err(CloudError::Index(_))));
}

/// R2: with the next index epoch everything begins anew; what was to be found is carried over, and the epoch before leaves no trace.
#[test]
fn an_epoch_that_is_closed_is_gone() {
    let mut ward = Ward::new("index-epochs");
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let names: Vec<RecordName> = (0..3).map(|_| RecordName::random(&mut ward.rng)).collect();
    for (name, keywords) in names.iter().zip([vec![word("a"), word("b")], vec![word("b")], vec![word("a")]]) {
        let (handle, meta) = handle_of(name);
        writer.add(handle, meta, &keywords);
    }
    ward.send(&mut writer, &head);
    let mut search = IndexReader::new(&chen, &patient, &domain);
    ward.sync(&mut search).unwrap();
    let before = ward.find(&mut search, &query("a")).unwrap();
    assert_eq!((before.len(), ward.find(&mut search, &query("b")).unwrap().len()), (2, 2));

    // What there is, under the keywords that she knows to have been used.
    let former = ward.index.context(&domain).unwrap();
    let head = search.head().unwrap().clone();
    let keys = ContextKeys::new(&head, &former).unwrap();
    let trapdoors = ward.index.trapdoors(&domain, &[word("a"), word("b"), word("c")]).unwrap();
    let recovered = search.mirror().unwrap().recover(&head, &keys, &trapdoors).unwrap();
    assert_eq!(recovered.len(), 2);

    let realm = ward.house.authority.realm().clone();
    let later = ward.revocations.later_epoch(&ward.epochs, NOW).unwrap();
    let shares = ward.index.advance(&realm, later, &domain, 1, &mut ward.rng).unwrap();
    let again = ward.index.advance(&realm, later, &domain, 1, &mut ward.rng);
    assert!(matches!(again, Err(RoleError::NotClosed)));
    ward.install(&shares);
    let mut next = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let mut late = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    for (keyword, hits) in &recovered {
        for hit in hits.iter() {
            next.add(hit.handle, hit.meta, std::slice::from_ref(keyword));
        }
    }
    ward.send(&mut next, &head);
    // Both are read while both are live; a record that stands in both is found once.
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap(), before);

    let mut heads = Heads::new(*ward.index.collection());
    let live = heads.observe(&head, NOW).unwrap();
    writer.add(handle_of(&names[0]).0, [0; 3], &[word("c")]);
    writer.finish(&live, &LeakageProfile::standard(), &mut ward.rng).unwrap();
    let outdated = writer.outbox().next().unwrap().1.to_vec();
    let closed = ward.index.close(&domain).unwrap();
    assert_eq!((&closed, ward.index.close(&domain)), (&former, None));
    let head = ward.publish();
    let refused = ward.house.cloud.index(&outdated, NOW, &mut ward.rng);
    assert!(
        matches!(refused, Err(CloudError::Index(IndexError::EpochClosed { epoch: 1, .. }))),
        "{refused:?}"
    );
    let of_former = |id: &[u8]| id.windows(16).any(|part| part == writer.id().as_bytes());
    let rows = ward.house.cloud.with_store(|store| store.page(Table::Segment, &[], None, 999).unwrap());
    assert!(rows.iter().all(|(key, value)| !of_former(key) && !of_former(value)));
    assert_eq!(rows.iter().filter(|(key, _)| key[0] == b'w').count(), 1);
    assert_eq!(ward.house.cloud.stats().unwrap().segments, 1);
    let mut gate = ward.gate.lock().unwrap();
    assert_eq!((gate.close(&closed).unwrap(), gate.close(&closed).unwrap()), (1, 0));
    drop(gate);

    let (handle, meta) = handle_of(&names[1]);
    late.add(handle, meta, &[word("a")]);
    ward.send(&mut late, &head);
    let mut fresh = IndexReader::new(&chen, &patient, &domain);
    for reader in [&mut search, &mut fresh] {
        ward.sync(reader).unwrap();
        assert_eq!(ward.find(reader, &query("a")).unwrap().len(), 3);
        assert_eq!(ward.find(reader, &query("b")).unwrap().len(), 2);
    }
    assert_eq!(ward.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

/// Whoever searches one domain finds nothing of another, with what he has nor with what he asks for.
#[test]
fn a_domain_is_granted_by_itself() {
    let mut ward = Ward::new("index-domains");
    let (chen, mind) =
        (ward.house.reader("dr-chen", "role:physician"), ward.house.reader("dr-mind", "role:psychiatrist"));
    let (general, mental) = (ward.domain.clone(), Domain::new("mental-health").unwrap());
    ward.index.open_domain(&mental, 1);
    ward.grant("role:physician").unwrap();
    ward.grant_of(&mental, "role:psychiatrist").unwrap();
    let mut writers = [&general, &mental].map(|domain| ward.index.writer(domain, &mut ward.rng).unwrap());
    let head = ward.publish();
    let patient = *ward.anna.patient();
    for writer in &mut writers {
        let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
        writer.add(handle, meta, &[word("a")]);
        ward.send(writer, &head);
    }
    for (reader, his, others) in [(&chen, &general, &mental), (&mind, &mental, &general)] {
        let mut search = IndexReader::new(reader, &patient, his);
        ward.sync(&mut search).unwrap();
        assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 1);
        let mut search = IndexReader::new(reader, &patient, others);
        assert!(matches!(ward.sync(&mut search), Err(FindError::NotGranted)));
        assert!(matches!(ward.find(&mut search, &query("a")), Err(FindError::NotGranted)));
    }
}

/// Nothing is called complete that was not synced.
#[test]
fn what_was_not_synced_is_not_complete() {
    let mut ward = Ward::new("index-unsynced");
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let (domain, patient) = (ward.domain.clone(), *ward.anna.patient());
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let (handle, meta) = handle_of(&RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a")]);
    ward.send(&mut writer, &head);
    let mut search = IndexReader::new(&chen, &patient, &domain);
    assert!(matches!(ward.find(&mut search, &query("a")), Err(FindError::NotSynced)));
    let (cloud, now) = (&ward.house.cloud, ward.house.now);
    let call = |question: &[u8]| cloud.answer(question, now).map_err(|error| error.to_string().into());
    search.refresh(&cloud.name(), now, &mut ward.rng, call).unwrap();
    assert!(matches!(ward.find(&mut search, &query("a")), Err(FindError::Query(QueryError::Incomplete(_)))));
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap().len(), 1);
    // A head that is over vouches for nothing.
    ward.house.now += 25 * HOUR;
    assert!(matches!(ward.find(&mut search, &query("a")), Err(FindError::Head(HeadError::Expired { .. }))));
}
