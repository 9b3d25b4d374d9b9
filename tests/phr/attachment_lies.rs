//! Attacks 9 and 10 on an attachment: chunks that a cloud has changed, swapped or left out.

use hippocrypt::phr::*;
use hippocrypt::testing::TestRng;

use crate::forge::{FalseAnswer, with_chunks};
use crate::house::{House, NOW, described};
use crate::receipt::split;

#[test]
fn an_attachment_that_was_changed_is_not_complete() {
    let mut house = House::new("attachments");
    let anna = house.patient("anna");
    let mut scanner = house.writer("scanner");
    let mut names = Vec::new();
    for seed in [7u32, 9] {
        let study: Vec<u8> = (0..7_000_000u32).map(|i| (i * seed / 5) as u8).collect();
        let (cloud, mut rng) = (&house.cloud, TestRng::new("uploads"));
        let send =
            |upload: Vec<u8>| cloud.upload(&upload, NOW, &mut rng).map(drop).map_err(std::io::Error::other);
        let description = described(RecordCategory::Imaging);
        let name = scanner.attach(anna.patient(), &description, &study[..], NOW, &mut house.rng, send);
        names.push(name.unwrap());
    }
    house.send(&mut scanner).unwrap();
    let cloud = house.cloud.name();
    let ask = || anna.reader().open(names.clone(), &cloud, NOW, &mut TestRng::new("the same"));
    let (asked, asked_again) = (ask(), ask());
    let answer = house.cloud.answer(asked.question(), NOW).unwrap();
    let receipt = split(&answer).0.unwrap();
    let mut lied = FalseAnswer::of(&answer);
    lied.openings.iter_mut().flat_map(|opening| &mut opening.records).for_each(|record| record.1 -= 1);
    let short = anna.reader().opened(asked_again, &lied.with(&receipt)).unwrap();
    let opened = anna.reader().opened(asked, &answer).unwrap();
    let attachments: Vec<_> = opened.records.iter().filter_map(|record| record.attachment.as_ref()).collect();

    let mut other = Vec::new();
    let mut rng = TestRng::new("questions");
    let call = |question: &[u8]| {
        let answer = house.cloud.answer(question, NOW).map_err(|error| error.to_string())?;
        with_chunks(&answer, |chunks| other.extend(chunks.clone()));
        Ok(answer)
    };
    anna.reader().fetch(attachments[1], &cloud, || NOW, &mut rng, call, &mut Vec::new()).unwrap();
    assert_eq!(other.len(), 2);
    let mut fetch = |attachment: &Attachment, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let call = |question: &[u8]| {
            let answer = house.cloud.answer(question, NOW).map_err(|error| error.to_string())?;
            Ok(with_chunks(&answer, |chunks| change(chunks)))
        };
        anna.reader().fetch(attachment, &cloud, || NOW, &mut rng, call, &mut Vec::new())
    };
    assert_eq!(fetch(attachments[0], &|_| ()).unwrap(), 7_000_000);
    type Change<'c> = &'c dyn Fn(&mut Vec<Vec<u8>>);
    let incomplete: [(&str, Change<'_>); 8] = [
        ("swapped", &|chunks| chunks.swap(0, 1)),
        ("of another attachment", &|chunks| chunks[1] = other[1].clone()),
        ("all of another attachment", &|chunks| *chunks = other.clone()),
        ("truncated", &|chunks| chunks[1].truncate(1000)),
        ("without its signature", &|chunks| {
            let length = chunks[1].len();
            chunks[1].truncate(length - 103);
        }),
        ("extended", &|chunks| chunks[1].push(0)),
        ("repeated", &|chunks| chunks[1] = chunks[0].clone()),
        ("nothing", &|chunks| chunks.clear()),
    ];
    for (what, change) in incomplete {
        assert!(matches!(fetch(attachments[0], change), Err(ReadError::Incomplete)), "{what}");
    }
    let more = |chunks: &mut Vec<Vec<u8>>| chunks.extend(other.clone());
    assert!(matches!(fetch(attachments[0], &more), Err(ReadError::NotAsked)));
    // The cloud says that there are fewer chunks than there are.
    let fewer = short.records[0].attachment.as_ref().unwrap();
    assert!(matches!(fetch(fewer, &|_| ()), Err(ReadError::Incomplete)));
    let mut flipped = 0;
    for at in [0, 60, 4_000_000] {
        let flip = |chunks: &mut Vec<Vec<u8>>| chunks[0][at] ^= 1;
        flipped += usize::from(matches!(fetch(attachments[0], &flip), Err(ReadError::Incomplete)));
    }
    assert_eq!(flipped, 3);
}
