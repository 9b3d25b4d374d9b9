//! Others read what we write, and we read what they write: the crates `signed_note` and `tlog_tiles`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hippocrypt::Secret;
use hippocrypt::ledger::{
    Accepted, Checkpoint, Fault, KeyType, Note, NoteKey, NoteSigner, Subject, TILE_WIDTH, TileName, Tiles,
    Transaction, TransactionKind, TreeHead,
};
use hippocrypt::store::{Batch, Store};
use signed_note::{Signer, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{HashReader, Tile, TileHashReader, TileReader};

use crate::support::{LOG, Log, NOW, Rng, local, patient, witness};

#[test]
fn our_notes_and_keys_are_theirs() {
    let log = Log::of_some_days(1);
    let checkpoint = log.book().checkpoint().unwrap().unwrap();
    let key = log.scribe.key(&log.store).unwrap().to_string();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&key).unwrap())]);
    let text = checkpoint.signed_also_by(&witness(1), NOW).to_text();
    let note = signed_note::Note::from_bytes(text.as_bytes()).unwrap();
    let (verified, others) = note.verify(&known).unwrap();
    assert_eq!((verified.len(), others.len()), (1, 1));
    assert_eq!((verified[0].name(), others[0].name()), (LOG, "w1.example"));
    assert_eq!(note.to_bytes(), text.as_bytes());
    let changed = text.replacen("\n32\n", "\n33\n", 1);
    assert_ne!(changed, text);
    assert!(signed_note::Note::from_bytes(changed.as_bytes()).unwrap().verify(&known).is_err());

    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    let head = checkpoint.head();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (LOG, head.size, head.root));
    assert_eq!(theirs.to_bytes(), head.text().as_bytes());
}

#[test]
fn their_notes_and_keys_are_ours() {
    let seed = [42; 32];
    let ours = NoteSigner::new("their.example/log", KeyType::Ed25519, &Secret::new(seed)).unwrap();
    let private = STANDARD.encode([&[1], seed.as_slice()].concat());
    let id: String = ours.public().id().iter().map(|byte| format!("{byte:02x}")).collect();
    let theirs = StandardSigner::new(&format!("PRIVATE+KEY+their.example/log+{id}+{private}")).unwrap();
    assert_eq!(theirs.key_id(), u32::from_be_bytes(ours.public().id()));
    let checkpoint =
        tlog_tiles::Checkpoint::new("their.example/log", 77, tlog_tiles::Hash([5; 32]), "more\nlines\n")
            .unwrap();
    let mut note = signed_note::Note::new(&checkpoint.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&theirs]).unwrap();
    let read = Checkpoint::parse(&note.to_bytes()).unwrap();
    let head = TreeHead { origin: "their.example/log".into(), size: 77, root: [5; 32] };
    assert_eq!(*read.head(), head);
    assert_eq!(read.signed_by(ours.public()), Ok(Some(0)));
    assert_eq!(read.to_text().as_bytes(), note.to_bytes());
    assert_eq!(NoteKey::parse(&ours.public().to_string()).unwrap(), *ours.public());
    // What both refuse: checkpoints, then notes.
    let root = STANDARD.encode([5; 32]);
    for (text, is_one) in [
        (format!("a\n7\n{root}\n"), true),
        (format!("a\n7\n{root}\nmore\n"), true),
        (format!("a\n0\n{root}\n"), true),
        (format!("a\n7\n{root}\n\n"), false),
        (format!("a\n7\n{root}\nmore\n\nmore\n"), false),
        (format!("a\n7\n{root}"), false),
        (format!("a\n07\n{root}\n"), false),
        (format!("a\n+7\n{root}\n"), false),
        (format!("a\n-7\n{root}\n"), false),
        (format!("\n7\n{root}\n"), false),
        (format!("a\n18446744073709551616\n{root}\n"), false),
        (format!("a\n7\n{}\n", STANDARD.encode([5; 31])), false),
        (format!("a\n7\n{}\n", root.trim_end_matches('=')), false),
        ("a\n7\n".into(), false),
    ] {
        assert_eq!(tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).is_ok(), is_one, "{text:?}");
        assert_eq!(TreeHead::parse(&text).is_ok(), is_one, "{text:?}");
    }
    for wrong in ["", "\n", "a\n\n", "a\n\nb\n", "a\n\n\u{2014} x AAAAAAA\n", "\r\n\n\u{2014} x AAAAAAAA\n"] {
        assert!(signed_note::Note::from_bytes(wrong.as_bytes()).is_err(), "{wrong:?}");
        assert!(Note::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
}

/// A cosignature by the words of C2SP's `tlog-cosignature`, with nothing of the library's.
#[test]
fn cosignatures_are_those_of_the_specification() {
    let signer = witness(7);
    let log = Log::of_some_days(1);
    let checkpoint = log.book().checkpoint().unwrap().unwrap();
    let text = checkpoint.signed_also_by(&signer, NOW).to_text();
    let note = signed_note::Note::from_bytes(text.as_bytes()).unwrap();
    let line = text.lines().last().unwrap();
    let signature = signed_note::Signature::from_bytes(line.as_bytes()).unwrap();
    assert_eq!(signature.name(), "w7.example");
    let key = signer.public().key_bytes();
    assert_eq!(signature.id(), signed_note::key_id("w7.example", &[[4].as_slice(), &key].concat()));
    let (time, bytes) = signature.signature().split_at(8);
    assert_eq!(time, NOW.to_be_bytes());
    let message = format!("cosignature/v1\ntime {NOW}\n{}", std::str::from_utf8(note.text()).unwrap());
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    let bytes = ed25519_dalek::Signature::from_slice(bytes).unwrap();
    assert!(key.verify_strict(message.as_bytes(), &bytes).is_ok());
    assert!(key.verify_strict(note.text(), &bytes).is_err());
}

/// A log of this many leaves or a few more, in one or two blocks.
fn log_of(leaves: usize) -> Log {
    let mut log = Log::new(3);
    for count in [leaves / 2, leaves - leaves / 2 - 3] {
        let mut batch = Batch::new();
        let put = |at: usize| Transaction {
            kind: TransactionKind::Access,
            subject: if at.is_multiple_of(7) { Subject::NOBODY } else { patient((at % 50) as u8) },
            body: vec![at as u8; 9],
        };
        log.scribe.append(&log.store, &mut batch, (0..count).map(put).collect()).unwrap();
        log.store.commit(&batch).unwrap();
        log.close();
    }
    assert_eq!(log.book().size().unwrap(), leaves as u64);
    log
}

/// All hashes as their library stores them.
struct Stored(Vec<tlog_tiles::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

fn stored(log: &Log) -> Stored {
    let mut stored = Stored(Vec::new());
    for (at, entry) in (0..).zip(log.entries()) {
        let hashes = tlog_tiles::stored_hashes(at, &entry.leaf.to_bytes(), &stored).unwrap();
        stored.0.extend(hashes);
    }
    stored
}

/// Their name of a tile, with the height in it, and ours.
fn names(tile: &Tile) -> (TileName, String) {
    let name = TileName::hashes(tile.level(), tile.level_index(), tile.width() as u16).unwrap();
    (name, tile.path().replacen("tile/8/", "tile/", 1))
}

/// Our tiles, through their reader, which verifies them.
struct Mirror<'l>(&'l Log);

impl TileReader for Mirror<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let (level, index) = (tile.level(), tile.level_index());
            self.0
                .book()
                .tile(level, index, tile.width() as u16)
                .unwrap()
                .ok_or(tlog_tiles::Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn tiles_are_theirs_and_verify_with_their_reader() {
    for size in [20, 256, 257, 700] {
        let log = log_of(size);
        let head = log.book().checkpoint().unwrap().unwrap().head().clone();
        let stored = stored(&log);
        let root = tlog_tiles::tree_hash(head.size, &stored).unwrap();
        assert_eq!(root.0, head.root);
        for tile in Tile::new_tiles(8, 0, head.size) {
            let bytes = log.book().tile(tile.level(), tile.level_index(), tile.width() as u16).unwrap();
            assert_eq!(bytes.unwrap(), tile.read_data(&stored).unwrap(), "{size} {}", tile.path());
        }
        let mirror = Mirror(&log);
        let reader = TileHashReader::new(head.size, root, &mirror);
        for index in [0, 1, head.size / 2, head.size - 1] {
            let proof = tlog_tiles::prove_record(head.size, index, &reader).unwrap();
            let ours = log.inclusion(index, head.size);
            assert_eq!(proof.iter().map(|hash| hash.0).collect::<Vec<_>>(), ours.path, "{index} of {size}");
            if index > 0 {
                let proof = tlog_tiles::prove_tree(head.size, index, &reader).unwrap();
                let ours = log.consistency(index, head.size);
                assert_eq!(
                    proof.iter().map(|hash| hash.0).collect::<Vec<_>>(),
                    ours.path,
                    "{index} of {size}"
                );
            }
        }
        // Nothing that no checkpoint covers.
        let width = (head.size % 256) as u16 + 1;
        assert_eq!(log.book().tile(0, head.size / 256, width).unwrap(), None);
        assert_eq!(log.book().bundle(head.size / 256, width).unwrap(), None);
    }
}

#[test]
fn paths_are_theirs() {
    let mut rng = Rng(9);
    let numbers = [0, 1, 999, 1000, 1234, 999_999, 1_000_000, 1_234_067, (1 << 56) - 1, u64::MAX];
    let random = (0..300).map(|_| rng.next());
    for index in numbers.into_iter().chain(random.collect::<Vec<_>>()).map(|index| index >> 9) {
        for (level, width) in [(0, 256), (0, 5), (3, 1), (63, 255)] {
            let tile = Tile::new(8, level, index, width, false);
            let (name, path) = names(&tile);
            assert_eq!(name.to_string(), path);
            assert_eq!(TileName::parse(&path), Some(name));
        }
    }
    assert_eq!(TileName::parse("tile/0/x001/234.p/5"), TileName::hashes(0, 1234, 5));
    assert_eq!(TileName::parse("tile/entries/x001/234.p/5"), TileName::entries(1234, 5));
    assert_eq!(TileName::parse("tile/entries/000"), TileName::entries(0, TILE_WIDTH));
    for wrong in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/0/0001",
        "tile/00/001",
        "tile/+0/001",
        "tile/64/001",
        "tile/256/001",
        "tile/x/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/x000/001",
        "tile/0/001.p",
        "tile/0/001.p/",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/05",
        "tile/0/001.p/+5",
        "tile/0/001.p/5/",
        "/tile/0/001",
        "tile/0/001 ",
        "tile/0/xx01/001",
        "tile/0/-01",
        "tile/data/001",
        "tile/0/x018/x446/x744/x073/x709/x551/x616",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(TileName::parse(wrong), None, "{wrong}");
        let theirs = wrong.replacen("tile/", "tile/8/", 1);
        // Theirs names bundles otherwise, and panics at a width of 0 and a level of 64.
        if !["data", ".p/0", "/64/"].iter().any(|part| wrong.contains(part)) {
            assert!(Tile::from_path(&theirs).is_err(), "{theirs}");
        }
    }
    assert!(TileName::hashes(64, 0, 1).is_none() && TileName::hashes(0, 0, 0).is_none());
    assert!(TileName::entries(0, 257).is_none());
}

fn accepted(log: &Log) -> Accepted {
    local(3).checkpoint(&log.book().checkpoint().unwrap().unwrap(), NOW).unwrap()
}

/// What a mirror serves.
fn served(log: &Log, name: &TileName) -> Option<Vec<u8>> {
    match name.level() {
        Some(level) => log.book().tile(level, name.index(), name.width()).unwrap(),
        None => log.book().bundle(name.index(), name.width()).unwrap(),
    }
}

#[test]
fn a_mirror_gives_back_the_whole_log_and_a_wrong_byte_is_found() {
    for size in [20, 256, 700] {
        let log = log_of(size);
        let accepted = accepted(&log);
        let leaves: Vec<_> = log.entries().iter().map(|entry| entry.leaf.to_bytes()).collect();
        let mut tiles = Tiles::open(&accepted, |name| served(&log, name)).unwrap();
        for (number, of_bundle) in (0..).zip(leaves.chunks(256)) {
            assert_eq!(tiles.leaves(number).unwrap(), of_bundle);
        }
        assert!(matches!(tiles.leaves(3), Err(Fault::Tile { .. })));
        // Every file that a mirror has, damaged in one byte, cut, or not there.
        for damaged in TileName::all(size as u64) {
            for way in 0..4 {
                let serve = |name: &TileName| {
                    let mut bytes = served(&log, name)?;
                    if *name == damaged {
                        match way {
                            0 => bytes[40 % (32 * usize::from(name.width()))] ^= 1,
                            1 => bytes.truncate(bytes.len() - 1),
                            2 => bytes.extend([0; 32]),
                            _ => return None,
                        }
                    }
                    Some(bytes)
                };
                let read = || {
                    let mut tiles = Tiles::open(&accepted, serve)?;
                    (0..leaves.chunks(256).len() as u64).try_for_each(|number| tiles.leaves(number).map(drop))
                };
                let fault = read().unwrap_err();
                let is_edge = damaged.width() < 256;
                match damaged.level() {
                    Some(_) if is_edge && way == 0 => assert_eq!(fault, Fault::Root { size: size as u64 }),
                    None if way == 0 => {
                        let index = damaged.index() * 256;
                        assert_eq!(fault, Fault::NotIncluded { index, size: size as u64 });
                    }
                    _ => assert_eq!(fault, Fault::Tile { path: damaged.to_string() }),
                }
            }
        }
    }
}
