//! Appending: pairs of a keyword and a record, into segments of 32 slots.

use std::hint::black_box;

use ed25519_dalek::{Signer, SigningKey};
use hippocrypt::os_rng;
use hippocrypt::rand_core::Rng;
use hippocrypt::search::{Handle, IndexWriter, Keyword, LeakageProfile, server};
use hippocrypt::store::Store;
use indicatif::ProgressBar;

use super::super::workload::Wrong;
use super::house::{House, keyword, keywords};
use super::watch::{Figure, Watch};

/// Slots of a segment.
pub const SLOTS: usize = 32;
/// Segments of a sample.
const TOGETHER: usize = 100;
/// Keywords of a record.
const OF_RECORD: usize = 8;
/// Keywords that fill the index.
const VOCABULARY: usize = 1_000;
/// New keywords of a sample, of the owner.
const NEW: usize = 100;
/// .. and of a lab: a first upload.
const FIRST: usize = 20;

/// How many results a keyword has, and the keyword.
pub const RESULTS: [usize; 3] = [1, 100, 10_000];

/// An index that is full, and what there is to be found in it.
pub struct Full {
    pub house: House,
    pub pairs: u64,
    /// Keywords with as many results.
    pub wanted: Vec<(usize, Keyword)>,
}

/// Every segment full, each in one bucket.
pub fn profile() -> LeakageProfile {
    let slots = u32::try_from(SLOTS).unwrap_or(u32::MAX);
    LeakageProfile {
        smallest: slots,
        largest: slots,
        fullness: 100,
        records_per_segment: 1,
        ..LeakageProfile::standard()
    }
}

/// Keywords that a writer meets for the first time.
pub fn cold(watch: &Watch, samples: usize) -> Result<Vec<Figure>, Wrong> {
    let mut house = House::new()?;
    let mut owner = Figure::new("index-append-cold", None, "keyword").with("writer", "owner");
    let mut device = house.device()?;
    for round in 0..samples {
        let new = keywords(&format!("r{round}"), NEW)?;
        watch.time(&mut owner, NEW, || device.prepare(&new))?;
    }
    let mut first =
        Figure::new("index-append-cold", None, "upload").with("writer", "lab").with("keywords", FIRST);
    let new = keywords("code", FIRST)?;
    for _ in 0..samples.min(25) {
        let mut lab = house.lab()?;
        let head = &house.head;
        // Everything of a first upload, with the tables of X^y.
        let made = watch.time(&mut first, 1, || {
            lab.add(Handle::random(&mut os_rng()), [0; 3], &new);
            lab.finish(head, &profile(), &mut os_rng())
        })?;
        Wrong::unless(made? == 1, "a lab has made another number of segments")?;
        first.bytes(lab.outbox().map(|(_, segment)| segment.len()).sum());
    }
    Ok(vec![owner, first])
}

/// Fills an index, sample after sample, and uploads it.
pub fn warm(watch: &Watch, pairs: u64, bar: &ProgressBar) -> Result<(Vec<Figure>, Full), Wrong> {
    let mut house = House::new()?;
    let mut device = house.device()?;
    let vocabulary = keywords("code", VOCABULARY)?;
    let all = usize::try_from(pairs)?;
    let wanted = RESULTS.into_iter().filter(|results| results * 10 <= all);
    let wanted = wanted
        .map(|results| Ok((results, keyword("wanted", results)?)))
        .collect::<Result<Vec<_>, Wrong>>()?;
    device.prepare(&vocabulary);
    device.prepare(&wanted.iter().map(|(_, keyword)| keyword.clone()).collect::<Vec<_>>());

    let mut append = Figure::new("index-append", Some(pairs), "pair").with("slots", SLOTS);
    let mut signature = Figure::new("signature", Some(pairs), "segment");
    let mut accept = Figure::new("server-append", Some(pairs), "segment").with("slots", SLOTS);
    let key = signing_key();
    let (mut written, mut bytes, mut rng) = (0, 0, os_rng());
    while written < all {
        let count = (SLOTS * TOGETHER).min(all - written);
        let records = records(&vocabulary, &wanted, written, count, all, &mut rng)?;
        let head = &house.head;
        watch.time(&mut append, count, || -> Result<(), Wrong> {
            for record in &records {
                device.add(Handle::random(&mut rng), [0; 3], record);
                device.flush(head, &profile(), &mut rng)?;
            }
            Ok(())
        })??;
        if signature_is_due(written, all) {
            watch.time(&mut signature, TOGETHER, || sign(&key))?;
        }
        let sent = upload(&mut house, &mut device, watch, &mut accept)?;
        written += count;
        bytes += sent;
        bar.inc(count as u64);
    }
    let head = house.head.clone();
    device.finish(&head, &profile(), &mut rng)?;
    bytes += upload(&mut house, &mut device, watch, &mut accept)?;
    append.bytes(bytes);
    // A segment bears one signature, whatever is in it: without it is less one, measured beside.
    let unsigned = append.copied().without(&signature, 1.0 / SLOTS as f64, "index-append-unsigned");
    Ok((vec![append, unsigned, accept], Full { house, pairs, wanted }))
}

/// Some thirty samples of it, spread over the run.
fn signature_is_due(written: usize, all: usize) -> bool {
    written.is_multiple_of((all / 30 / (SLOTS * TOGETHER)).max(1) * SLOTS * TOGETHER)
}

fn signing_key() -> SigningKey {
    let mut seed = [0; 32];
    os_rng().fill_bytes(&mut seed);
    SigningKey::from_bytes(&seed)
}

/// As many signatures as a sample has segments.
fn sign(key: &SigningKey) {
    for index in 0..TOGETHER {
        black_box(key.sign(&[index.to_le_bytes().first().copied().unwrap_or(0); 64]));
    }
}

/// The keywords of the records of the next `count` pairs: common ones at random, and each wanted one as often as it must come, evenly.
fn records(
    vocabulary: &[Keyword],
    wanted: &[(usize, Keyword)],
    from: usize,
    count: usize,
    all: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<Keyword>>, Wrong> {
    let mut records = Vec::new();
    let mut at = from;
    while at < from + count {
        let size = OF_RECORD.min(from + count - at);
        let mut record: Vec<Keyword> = Vec::with_capacity(size);
        for pair in at..at + size {
            // Each begins elsewhere, so that no two fall on one pair.
            let most = wanted.last().map_or(1, |(most, _)| *most);
            let due = wanted.iter().enumerate().find(|(place, (results, _))| {
                let step = all / most * (most / results);
                pair % step == *place && pair / step < *results
            });
            let start = usize::try_from(rng.next_u32())?;
            let common = (0..).map(|further| vocabulary.get((start + further) % vocabulary.len()));
            let mut common = common.flatten().filter(|keyword| !record.contains(keyword));
            let keyword = due.map(|(_, (_, keyword))| keyword).or_else(|| common.next());
            let keyword = keyword.cloned().ok_or_else(|| Wrong::new("there are too few keywords"))?;
            record.push(keyword);
        }
        records.push(record);
        at += size;
    }
    Ok(records)
}

/// Sends what waits; how many bytes.
fn upload(
    house: &mut House,
    device: &mut IndexWriter,
    watch: &Watch,
    accept: &mut Figure,
) -> Result<usize, Wrong> {
    let segments: Vec<(u64, Vec<u8>)> = device.outbox().map(|(n, bytes)| (n, bytes.to_vec())).collect();
    let Some((last, _)) = segments.last() else { return Ok(0) };
    let (store, head) = (&mut house.store, &house.head);
    watch.time(accept, segments.len(), || -> Result<(), Wrong> {
        for (_, segment) in &segments {
            let (_, batch) = server::append(store, head, segment)?;
            store.commit(&batch)?;
        }
        Ok(())
    })??;
    device.confirm(*last);
    Ok(segments.iter().map(|(_, segment)| segment.len()).sum())
}
