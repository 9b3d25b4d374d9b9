use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const ENTRIES: [&[u8]; 5] = [b"first", b"", b"third, with a zero\0", &[0; 70], b"last\0\0\0\0"];

const START: &str = "2bee7183f4dab5c84c7d37bd725a502161d48fb2e6f985f9502639376f9c2db3";
const FIRST: &str = "82961b01760631df4c6af27f98937d9d0a1b95d6b2954dcc6854cea62f10c764";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("audit.journal")
    }

    /// A journal with [`ENTRIES`]: its bytes, and its size after each entry.
    fn filled(&self) -> (Vec<u8>, Vec<usize>) {
        let mut journal = Journal::open(self.path()).unwrap();
        let size = |journal: &Journal| usize::try_from(journal.bytes).unwrap();
        let mut sizes = vec![size(&journal)];
        for entry in ENTRIES {
            journal.append(entry).unwrap();
            sizes.push(size(&journal));
        }
        (fs::read(self.path()).unwrap(), sizes)
    }
}

fn contents(journal: &Journal) -> Vec<Vec<u8>> {
    journal.entries().unwrap().map(|entry| entry.unwrap().bytes).collect()
}

#[test]
fn entries_come_back_in_order_under_their_hashes() {
    let place = Place::new();
    let mut journal = Journal::open(place.path()).unwrap();
    assert!(journal.is_empty());
    let first = journal.append(ENTRIES[0]).unwrap();
    assert!(matches!(Journal::open(place.path()), Err(StoreError::InUse)));
    drop(journal);
    let mut journal = Journal::open(place.path()).unwrap();
    let last = journal.append_all(&ENTRIES[1..]).unwrap();
    assert_eq!((first.number, last.number, journal.len()), (1, 5, 5));
    assert_eq!(contents(&journal), ENTRIES);
    assert_eq!(journal.entries().unwrap().next().unwrap().unwrap().position, first);
    assert_eq!(journal.head(), last.head);
    assert_eq!(Journal::verify(place.path()).unwrap(), Verified { end: last, unfinished: 0 });
    let large = vec![0; MAX_JOURNAL_ENTRY_BYTES + 1];
    assert!(matches!(journal.append(&large), Err(StoreError::TooLarge { .. })));
    journal.append(&large[1..]).unwrap();
    drop(journal);
    assert_eq!(Journal::open(place.path()).unwrap().len(), 6);
}

/// Computed with Python's hashlib from the format as the module describes it.
#[test]
fn the_hash_is_that_of_the_specification() {
    let place = Place::new();
    let mut journal = Journal::open(place.path()).unwrap();
    assert_eq!(Hex(&journal.head()).to_string(), START);
    assert_eq!(Hex(&journal.append(b"first").unwrap().head).to_string(), FIRST);
}

fn is_cut_to(place: &Place, file: &[u8], finished: usize) {
    fs::write(place.path(), file).unwrap();
    let found = Journal::verify(place.path()).unwrap();
    assert_eq!(found.end.number, finished as u64, "{} bytes", file.len());
    assert_eq!(fs::read(place.path()).unwrap(), file);
    let mut journal = Journal::open(place.path()).unwrap();
    assert_eq!(contents(&journal), ENTRIES[..finished], "{} bytes", file.len());
    journal.append(b"goes on").unwrap();
    drop(journal);
    assert_eq!(Journal::open(place.path()).unwrap().len(), finished as u64 + 1);
}

#[test]
fn an_entry_that_ends_early_is_cut_off_and_nothing_else() {
    let place = Place::new();
    let (whole, sizes) = place.filled();
    for length in 0..=whole.len() {
        let finished = sizes[1..].iter().filter(|size| **size <= length).count();
        is_cut_to(&place, &whole[..length], finished);
    }
}

/// The file was made longer, and the disk lost power before the rest was written.
#[test]
fn an_entry_that_ends_in_zeros_is_cut_off() {
    let place = Place::new();
    let (whole, sizes) = place.filled();
    for (finished, ends) in sizes.windows(2).enumerate() {
        let hash = ends[1] - HASH_BYTES;
        for length in [ends[0]].into_iter().chain((ends[0] + PREFIX_BYTES..hash).step_by(5)).chain([hash]) {
            for size in [ends[1], ends[1] + 5000] {
                let mut file = whole[..length].to_vec();
                file.resize(size, 0);
                is_cut_to(&place, &file, finished);
                // Something behind the zeros was written, and nothing is cut.
                *file.last_mut().unwrap() = 1;
                fs::write(place.path(), &file).unwrap();
                assert!(matches!(Journal::open(place.path()), Err(StoreError::Damaged(_))));
            }
        }
    }
}

#[test]
fn a_changed_byte_anywhere_is_damage_and_the_file_stays_as_it_is() {
    let place = Place::new();
    let (whole, _) = place.filled();
    for at in 0..whole.len() {
        for bit in [1u8, 0x80] {
            let mut file = whole.clone();
            file[at] ^= bit;
            fs::write(place.path(), &file).unwrap();
            let refused = Journal::open(place.path()).unwrap_err();
            match at {
                0..MAGIC_BYTES => assert!(matches!(refused, StoreError::NotAStore), "{at}"),
                MAGIC_BYTES => assert!(matches!(refused, StoreError::TooNew { known: 1, .. })),
                _ => assert!(matches!(refused, StoreError::Damaged(_)), "{at}"),
            }
            assert!(Journal::verify(place.path()).is_err());
            assert_eq!(fs::read(place.path()).unwrap(), file);
        }
    }
}

#[test]
fn entries_that_were_dropped_repeated_or_swapped_are_damage() {
    let place = Place::new();
    let (whole, sizes) = place.filled();
    let entry = |number: usize| &whole[sizes[number]..sizes[number + 1]];
    let orders: [&[usize]; 4] = [&[0, 2, 3, 4], &[0, 0, 1], &[1, 0, 2], &[0, 1, 3, 2]];
    for order in orders {
        let mut file = HEADER.to_vec();
        order.iter().for_each(|number| file.extend_from_slice(entry(*number)));
        fs::write(place.path(), &file).unwrap();
        assert!(matches!(Journal::open(place.path()), Err(StoreError::Damaged(_))), "{order:?}");
    }
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let place = Place::new();
    let zeros = [0; 100];
    for file in [&b"something else that is longer"[..], b"hippocrypt jornal", &zeros] {
        fs::write(place.path(), file).unwrap();
        assert!(matches!(Journal::open(place.path()), Err(StoreError::NotAStore)));
        assert_eq!(fs::read(place.path()).unwrap(), file);
    }
    assert!(Journal::open(place.0.path()).is_err());
    assert!(matches!(Journal::verify(place.0.path().join("none")), Err(StoreError::NotThere)));
}

#[test]
fn a_change_while_it_is_open_is_noticed_when_it_is_read() {
    let place = Place::new();
    let (mut file, sizes) = place.filled();
    let journal = Journal::open(place.path()).unwrap();
    file[sizes[2] + PREFIX_BYTES] ^= 1;
    fs::write(place.path(), &file).unwrap();
    let read: Vec<bool> = journal.entries().unwrap().map(|entry| entry.is_ok()).collect();
    assert_eq!(read, [true, true, false]);
    fs::write(place.path(), &file[..sizes[1]]).unwrap();
    let read: Vec<bool> = journal.entries().unwrap().map(|entry| entry.is_ok()).collect();
    assert_eq!(read, [true, false]);
}

/// A file whose writes, or whose syncs, fail.
struct Failing {
    file: File,
    fails: Arc<AtomicBool>,
    at_sync: bool,
}

impl Medium for Failing {
    fn write_at_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.fails.load(Ordering::Relaxed) && !self.at_sync {
            self.file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.fails.load(Ordering::Relaxed) && self.at_sync {
            true => Err(io::Error::other("the disk is gone")),
            false => self.file.sync_data(),
        }
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.file.cut(bytes)
    }
}

#[test]
fn after_a_failed_write_or_sync_it_must_be_opened_again() {
    for at_sync in [false, true] {
        let place = Place::new();
        let mut journal = Journal::open(place.path()).unwrap();
        journal.append(b"acknowledged").unwrap();
        let fails = Arc::new(AtomicBool::new(true));
        let mut file = fs::OpenOptions::new().append(true).open(place.path()).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        let _lock = std::mem::replace(
            &mut journal.medium,
            Box::new(Failing { file, fails: Arc::clone(&fails), at_sync }),
        );
        let head = journal.head();
        let refused = journal.append(b"lost").unwrap_err();
        match at_sync {
            true => assert!(matches!(refused, StoreError::Other(_))),
            false => assert!(matches!(refused, StoreError::Full)),
        }
        // The disk works again, but what is on it is not certain.
        fails.store(false, Ordering::Relaxed);
        assert!(matches!(journal.append(b"next"), Err(StoreError::FailedBefore)));
        assert_eq!((journal.len(), journal.head()), (1, head));
        assert_eq!(contents(&journal), [b"acknowledged"]);
        drop((journal, _lock));
        let mut journal = Journal::open(place.path()).unwrap();
        assert_eq!((journal.len(), journal.head()), (1, head));
        journal.append(b"next").unwrap();
    }
}
