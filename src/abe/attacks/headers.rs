//! Attacks 4, 5 and 6 on whole objects: components relabelled, dropped, duplicated, exchanged, keys and
//! headers of other realms, every byte of a file changed.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{policy, set};
use crate::abe::error::DecryptError;
use crate::abe::scheme::{self, SecretKey};
use crate::abe::types::{AttributeKey, Header, MasterKey, PublicParameters, setup};
use crate::error::{DecodeReason, OpenError};
use crate::math::{G1, G1_BYTES, G2, G2_BYTES, RowSum, pairing_product};
use crate::secret::Secret;
use crate::testing::TestRng;

struct World {
    parameters: PublicParameters,
    master: MasterKey,
    rng: TestRng,
}

impl World {
    fn new(seed: &str) -> Self {
        let mut rng = TestRng::new(seed);
        let (parameters, master) = setup("test", &mut rng).unwrap();
        Self { parameters, master, rng }
    }

    fn key(&mut self, attributes: &str) -> AttributeKey {
        self.master.issue(&set(attributes), &mut self.rng).unwrap()
    }

    fn header(&mut self, text: &str) -> Header {
        self.parameters.compartment(&policy(text), b"context", &mut self.rng).unwrap().0
    }

    fn opens(&self, key: &AttributeKey, header: &Header) -> bool {
        key.open(&self.parameters, header, b"context").is_ok()
    }
}

/// Where the elements of an encoded header begin: c_m, C1, C2, rows.
fn layout(header: &Header) -> (usize, usize, usize, usize) {
    let c_m = 7 + 3 * 32 + 1 + 4 + header.policy().canonical_bytes().len();
    let c1 = c_m + 32;
    let c2 = c1 + G2_BYTES;
    (c_m, c1, c2, c2 + G2_BYTES * header.span_program().tau())
}

/// The header with its policy exchanged for one of the same shape.
fn relabelled(header: &Header, text: &str) -> Header {
    let (c_m, ..) = layout(header);
    let bytes = header.to_bytes();
    let new_policy = policy(text).canonical_bytes();
    let mut forged = bytes[..7 + 3 * 32 + 1].to_vec();
    forged.extend_from_slice(&u32::try_from(new_policy.len()).unwrap().to_be_bytes());
    forged.extend_from_slice(&new_policy);
    forged.extend_from_slice(&bytes[c_m..]);
    Header::from_bytes(&forged).unwrap()
}

#[test]
fn a_relabelled_header_opens_for_nobody() {
    let mut world = World::new("relabelled header");
    let header = world.header("a and b");
    let forged = relabelled(&header, "c and d");
    let keys = ["a, b", "c, d", "a, b, c, d"].map(|attributes| world.key(attributes));
    assert!(world.opens(&keys[0], &header));
    assert!(keys.iter().all(|key| !world.opens(key, &forged)));
    // Nor does a weaker policy over the same rows, for those who satisfied the old one.
    let weaker = relabelled(&header, "a or b");
    assert!(keys.iter().all(|key| !world.opens(key, &weaker)));
}

/// A key with its attributes renamed keeps its elements: they are H(a)^r, and no H(c)^r.
#[test]
fn a_relabelled_key_opens_nothing_and_is_no_genuine_key() {
    let mut world = World::new("relabelled key");
    let header = world.header("c");
    let key = world.key("a");
    let bytes = key.to_bytes();
    let renamed = set("c").labels();
    let forged = |labels| {
        let copy = AttributeKey::from_bytes(bytes.expose_secret()).unwrap();
        AttributeKey::new(*copy.realm_id(), set("c"), labels, copy.into_elements())
    };
    let forged = forged(renamed);
    assert!(forged.missing(&header).is_none());
    assert!(!world.opens(&forged, &header));
    assert!(key.verify(&world.parameters, &mut world.rng));
    assert!(!forged.verify(&world.parameters, &mut world.rng));
}

/// The twin of the last test: a hash that gives every attribute the same point.
#[test]
fn a_relabelled_key_opens_a_twin_whose_hash_ignores_the_label() {
    let mut realm = super::Realm::new("one point for all");
    let h = scheme::attribute_point(&set("z").labels()[0]);
    let r = Secret::random_nonzero(&mut realm.rng);
    let key_for_a = SecretKey::new(
        G2::generator().pow(&r),
        G1::generator().pow_product(&realm.alpha, scheme::base().point(), &r),
        Vec::from([h.pow(&r)]),
    );
    let (s1, s_prime) = (Secret::random_nonzero(&mut realm.rng), Secret::random_nonzero(&mut realm.rng));
    let row_for_c = scheme::base().point().pow_product(&s1, &h, &s_prime);
    let k = pairing_product(&[
        (key_for_a.k2.into(), G2::generator().pow(&s1)),
        (key_for_a.k3[0].into(), G2::generator().pow(&s_prime)),
        (RowSum::from(row_for_c).neg(), key_for_a.k1),
    ]);
    assert!(k.ct_eq(&realm.bases.e().pow(&s1)));
}

#[test]
fn exchanged_elements_do_not_open() {
    let mut world = World::new("exchanged");
    let key = world.key("a, b");
    let header = world.header("a and (a or b)");
    let other = world.header("a and (a or b)");
    let (c_m, c1, c2, rows) = layout(&header);
    let (bytes, donor) = (header.to_bytes(), other.to_bytes());
    assert_eq!(bytes.len(), rows + 3 * G1_BYTES);
    assert!(world.opens(&key, &Header::from_bytes(&bytes).unwrap()));
    // Each element from another header of the same policy, one at a time.
    let mut elements = Vec::from([(c_m, 32), (c1, G2_BYTES), (c2, G2_BYTES)]);
    // a's first row and one of the others are used whatever the choice: a alone cannot be left out.
    elements.push((rows, G1_BYTES));
    for (at, length) in elements {
        let mut mixed = bytes.clone();
        mixed[at..at + length].copy_from_slice(&donor[at..at + length]);
        assert!(!world.opens(&key, &Header::from_bytes(&mixed).unwrap()), "element at {at}");
    }
    // All elements of the encapsulation but c_m, of another header.
    let mut mixed = bytes.clone();
    mixed[c1..].copy_from_slice(&donor[c1..]);
    assert!(!world.opens(&key, &Header::from_bytes(&mixed).unwrap()));
    // C2 exchanged among themselves, rows exchanged among those of different labels.
    let mut mixed = bytes.clone();
    mixed[c2..c2 + 2 * G2_BYTES].rotate_left(G2_BYTES);
    assert!(!world.opens(&key, &Header::from_bytes(&mixed).unwrap()));
    // Dropped and duplicated rows do not decode.
    assert!(Header::from_bytes(&bytes[..bytes.len() - G1_BYTES]).is_err());
    let mut longer = bytes.clone();
    longer.extend_from_slice(&bytes[rows..rows + G1_BYTES]);
    let error = Header::from_bytes(&longer).unwrap_err();
    assert_eq!(error.reason, DecodeReason::TrailingBytes(G1_BYTES));
}

#[test]
fn keys_and_headers_of_another_realm() {
    let (mut here, mut there) = (World::new("here"), World::new("there"));
    let (key, foreign_key) = (here.key("a"), there.key("a"));
    let header = here.header("a");
    assert!(here.opens(&key, &header));
    assert_eq!(foreign_key.open(&here.parameters, &header, b"context").unwrap_err(), OpenError);
    assert_eq!(foreign_key.open(&there.parameters, &header, b"context").unwrap_err(), OpenError);
    assert!(!foreign_key.verify(&here.parameters, &mut here.rng));
    // A key whose realm was changed to fit: the elements do not.
    let mut bytes = foreign_key.to_bytes().expose_secret().clone();
    bytes[7..39].copy_from_slice(here.parameters.id());
    let disguised = AttributeKey::from_bytes(&bytes).unwrap();
    assert!(!here.opens(&disguised, &header));
    assert!(!disguised.verify(&here.parameters, &mut here.rng));
    // A header whose realm was changed to fit.
    let mut bytes = here.header("a").to_bytes();
    bytes[7..39].copy_from_slice(there.parameters.id());
    let moved = Header::from_bytes(&bytes).unwrap();
    assert!(!there.opens(&foreign_key, &moved));
    // In one call the reason is told, because it is public.
    let sealed = here.parameters.encrypt(&policy("a"), b"x", &mut here.rng).unwrap();
    let error = foreign_key.decrypt(&there.parameters, &sealed).unwrap_err();
    assert!(matches!(error, DecryptError::WrongRealm));
}

#[test]
fn another_version_or_suite_is_refused_by_name() {
    let mut world = World::new("version");
    let key = world.key("a");
    let sealed = world.parameters.encrypt(&policy("a"), b"x", &mut world.rng).unwrap();
    for (at, reason) in [(4, DecodeReason::UnknownVersion(2)), (5, DecodeReason::UnknownSuite(2))] {
        let mut other = sealed.clone();
        other[at] = 2;
        match key.decrypt(&world.parameters, &other).unwrap_err() {
            DecryptError::Header(error) => assert_eq!((error.position, error.reason), (at, reason)),
            error => panic!("{error}"),
        }
    }
}

#[test]
fn another_context_does_not_open() {
    let mut world = World::new("context");
    let key = world.key("a");
    let header = world.header("a");
    assert!(key.open(&world.parameters, &header, b"context").is_ok());
    for context in [&b""[..], b"Context", b"context\0"] {
        assert_eq!(key.open(&world.parameters, &header, context).unwrap_err(), OpenError);
    }
}

/// Whatever byte of a file is changed, it opens to what was sealed (a row that this reader does not
/// use) or not at all, and every failure of opening is the same one.
#[test]
fn no_changed_byte_yields_another_plaintext() {
    let mut world = World::new("every byte");
    let key = world.key("a");
    let sealed = world.parameters.encrypt(&policy("a or b"), b"sinus rhythm", &mut world.rng).unwrap();
    let (header, record) = Header::split_from(&sealed).unwrap();
    let unused_row = sealed.len() - record.len() - G1_BYTES..sealed.len() - record.len();
    let mut messages = Vec::new();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        match key.decrypt(&world.parameters, &changed) {
            Ok(plaintext) => {
                assert_eq!(plaintext, b"sinus rhythm");
                assert!(unused_row.contains(&at), "byte {at}");
            }
            Err(DecryptError::Open(error)) => messages.push(error.to_string()),
            Err(_) => {}
        }
    }
    messages.dedup();
    assert_eq!(messages.len(), 1);
    assert_eq!(header.rows().len(), 2);
}

/// A signature that is not its author's is found, in memory and in a stream, and so is its removal.
#[cfg(feature = "std")]
#[test]
fn forged_signatures_are_found() {
    use crate::abe::payload::AUTHOR_SIGNATURE_BYTES;
    use crate::abe::stream::FileOptions;
    use crate::abe::types::AuthorKey;
    use std::io::Write;

    let mut world = World::new("signatures");
    let key = world.key("a");
    let author = AuthorKey::generate(&mut world.rng);
    let mut sealed = |author| {
        let options = FileOptions { author, ..FileOptions::default() };
        let mut writer =
            world.parameters.encrypt_to(&policy("a"), options, &mut world.rng, Vec::new()).unwrap();
        writer.write_all(b"sinus rhythm").unwrap();
        writer.finish().unwrap()
    };
    let (signed, other) = (sealed(Some(&author)), sealed(Some(&author)));
    let parameters = &world.parameters;
    let stream = |file: &[u8]| key.decrypt_from(parameters, file, b"").and_then(|reader| reader.finish());
    assert_eq!(key.decrypt(parameters, &signed).unwrap(), b"sinus rhythm");
    assert_eq!(stream(&signed).unwrap().author, Some(author.id()));
    // The author's own signature, of another record; and a changed bit.
    let at = signed.len() - AUTHOR_SIGNATURE_BYTES;
    let exchanged = [&signed[..at], &other[other.len() - AUTHOR_SIGNATURE_BYTES..]].concat();
    let mut changed = signed.clone();
    changed[at + 60] ^= 1;
    for forged in [exchanged, changed] {
        assert!(matches!(key.decrypt(parameters, &forged), Err(DecryptError::Signature)));
        assert!(matches!(stream(&forged), Err(DecryptError::Signature)));
    }
    // Cut off, with the flag cleared: the flag is part of what every chunk authenticates.
    let (header, record) = Header::split_from(&signed).unwrap();
    let mut stripped = signed[..at].to_vec();
    let flags = signed.len() - record.len() + 7;
    assert_eq!(stripped[flags], 1);
    stripped[flags] = 0;
    assert!(matches!(key.decrypt(parameters, &stripped), Err(DecryptError::Open(OpenError))));
    assert!(matches!(stream(&stripped), Err(DecryptError::Open(OpenError))));
    assert!(header.validate(parameters, &mut TestRng::new("valid")).is_ok());
}

#[test]
fn a_realm_has_a_name_of_1_to_255_bytes() {
    let mut rng = TestRng::new("realm names");
    for (name, good) in [("", false), ("x", true), (&"x".repeat(255), true), (&"x".repeat(256), false)] {
        let made = setup(name, &mut rng);
        assert_eq!(made.is_ok(), good, "{}", name.len());
        if let Ok((parameters, master)) = made {
            assert_eq!(PublicParameters::from_bytes(&parameters.to_bytes()).unwrap(), parameters);
            let again = MasterKey::from_bytes(master.to_bytes().expose_secret()).unwrap();
            assert_eq!(again.public_parameters(), &parameters);
        }
    }
    // An encoding with an empty name is refused.
    let mut bytes = setup("x", &mut rng).unwrap().0.to_bytes();
    bytes.remove(9);
    bytes[8] = 0;
    assert_eq!(PublicParameters::from_bytes(&bytes).unwrap_err().field, "realm");
}
