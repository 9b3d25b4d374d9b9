//! A hostile file to a reader with a good key: it opens to what was sealed, or not at all.
//!
//! The input is a list of edits to a genuine file: (position, value) pairs of three bytes and one.
#![no_main]

use std::io::Read;
use std::sync::OnceLock;

use hippocrypt::{AttributeKey, AttributeSet, Policy, PublicParameters, Schema, os_rng, setup};
use libfuzzer_sys::fuzz_target;

const PLAINTEXT: &[u8] = b"sinus rhythm, 72 per minute";

static WORLD: OnceLock<(PublicParameters, AttributeKey, Vec<u8>)> = OnceLock::new();

fuzz_target!(|edits: &[u8]| {
    let (parameters, key, sealed) = WORLD.get_or_init(|| {
        let (parameters, master) = setup("fuzz", &mut os_rng()).unwrap();
        let schema = Schema::empty();
        let policy = Policy::parse("a or (b and 2 of (a, c, d))", &schema).unwrap();
        let key = master.issue(&AttributeSet::parse("a, c", &schema).unwrap(), &mut os_rng()).unwrap();
        let sealed = parameters.encrypt(&policy, PLAINTEXT, &mut os_rng()).unwrap();
        (parameters, key, sealed)
    });
    let mut file = sealed.clone();
    for edit in edits.chunks(4) {
        match *edit {
            [high, low, mask, 0..=250] => {
                let at = usize::from(u16::from_be_bytes([high, low])) % file.len();
                file[at] ^= mask;
            }
            [high, low, _, _] => {
                let at = usize::from(u16::from_be_bytes([high, low])) % (file.len() + 1);
                file.truncate(at.max(1));
            }
            _ => file.extend_from_slice(edit),
        }
    }
    if let Ok(plaintext) = key.decrypt(parameters, &file) {
        assert_eq!(plaintext, PLAINTEXT);
    }
    if let Ok(mut opened) = key.decrypt_from(parameters, file.as_slice(), b"") {
        let mut plaintext = Vec::new();
        if opened.read_to_end(&mut plaintext).is_ok() && opened.finish().is_ok() {
            assert_eq!(plaintext, PLAINTEXT);
        }
        assert!(PLAINTEXT.starts_with(&plaintext));
    }
});
