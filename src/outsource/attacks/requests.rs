//! Requests and keys that a proxy refuses.

use super::{World, user};
use crate::abe::attacks::torsion::{shifted_g1, shifted_g2, torsion_of_g1};
use crate::abe::types::Header;
use crate::error::DecodeReason;
use crate::math::{G1, G1_BYTES, G2_BYTES};
use crate::outsource::{
    EnrolmentNonce, ProxyKey, ReaderSeed, ServeError, StoredHeader, TransformError, TransformKey,
    TransformKeyError, TransformRequest,
};
use crate::sign::SIGNATURE_BYTES;

#[test]
fn a_key_is_served_to_its_own_reader_alone() {
    let mut world = World::new("requests");
    let [reader, other] = [(); 2].map(|()| world.reader("a"));
    let (header, another) = (world.stored("a or b"), world.stored("a"));
    let core = *header.header().core_id();
    let ask = |seed: &ReaderSeed, name: &str, world: &mut World| {
        seed.request_key().ask(&world.parameters, &user(name), &core, 1_000, &mut world.rng)
    };
    let request = ask(&reader.seed, "r", &mut world);
    assert_eq!((request.time(), request.user().as_str()), (1_000, "r"));
    let request = TransformRequest::from_bytes(&request.to_bytes()).unwrap();
    let served = reader.key.serve(&request, &header).unwrap();
    assert_eq!(served.to_bytes(), reader.key.transform(header.header()).unwrap().to_bytes());
    let refused =
        |key: &ProxyKey, request: &TransformRequest, header| key.serve(request, header).unwrap_err();
    let renamed = ask(&reader.seed, "s", &mut world);
    assert_eq!(refused(&reader.key, &renamed, &header), ServeError::OtherReader);
    // Of two readers of one name, or two keys of one reader under another request key.
    assert_eq!(refused(&other.key, &request, &header), ServeError::Signature);
    assert_eq!(refused(&reader.key, &request, &another), ServeError::OtherHeader);
    // Somebody else asks in his name.
    let stolen = ask(&other.seed, "r", &mut world);
    assert_eq!(refused(&reader.key, &stolen, &header), ServeError::Signature);
    // Every byte of a request counts, and none is fresh twice.
    let bytes = request.to_bytes();
    for at in 7..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if let Ok(changed) = TransformRequest::from_bytes(&changed) {
            assert!(reader.key.serve(&changed, &header).is_err(), "byte {at}");
        }
    }
    assert_ne!(ask(&reader.seed, "r", &mut world).nonce(), request.nonce());
}

#[test]
fn transform_keys_that_were_tampered_with_are_refused() {
    let mut world = World::new("keys");
    let seed = ReaderSeed::generate(&mut world.rng);
    let bytes = world.issue(&seed, "a, b").to_bytes();
    let verdict = |bytes: &[u8], world: &mut World| {
        let key = TransformKey::from_bytes(bytes).ok()?;
        Some(key.accept(&world.parameters, &mut world.rng).map(drop))
    };
    assert_eq!(verdict(&bytes, &mut world), Some(Ok(())));
    let mut decoded = 0;
    for at in (7..bytes.len()).step_by(3) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if let Some(verdict) = verdict(&changed, &mut world) {
            assert!(verdict.is_err(), "byte {at}");
            decoded += 1;
        }
    }
    assert!(decoded > 20);
    // Of another authority; and one that a reader has signed as if he were the authority.
    let other = World::new("other").issue(&seed, "a, b");
    assert_eq!(verdict(&other.to_bytes(), &mut world), Some(Err(TransformKeyError::OtherRealm)));
    let full = world.master.issue(&crate::abe::attacks::set("a, b"), &mut world.rng).unwrap();
    let own = full.transform_key(&seed, &user("r"), &mut world.rng).to_bytes();
    assert_eq!(verdict(&own, &mut world), Some(Ok(())));
    let maker = 7 + 32 + 16 + 3 + 32;
    let mut promoted = own;
    promoted[maker] = 1;
    assert_eq!(verdict(&promoted, &mut world), Some(Err(TransformKeyError::Signature)));
}

/// A K3 that does not fit, signed all the same: by a reader who makes his own key, or a faulty authority.
#[test]
fn elements_that_do_not_fit_are_refused_though_signed() {
    let mut world = World::new("elements");
    let full = world.master.issue(&crate::abe::attacks::set("a, b"), &mut world.rng).unwrap().to_bytes();
    let mut wrong = full.expose_secret().clone();
    let at = wrong.len() - G1_BYTES;
    wrong[at..].copy_from_slice(&G1::generator().to_bytes());
    let wrong = crate::abe::types::AttributeKey::from_bytes(&wrong).unwrap();
    let seed = ReaderSeed::generate(&mut world.rng);
    let key = wrong.transform_key(&seed, &user("r"), &mut world.rng);
    assert_eq!(key.accept(&world.parameters, &mut world.rng).unwrap_err(), TransformKeyError::Elements);
}

/// Attack 16a on transform keys: K1, K2 and every K3 with a component of small order.
#[test]
fn torsion_in_a_transform_key_is_refused() {
    let mut world = World::new("torsion");
    let seed = ReaderSeed::generate(&mut world.rng);
    let bytes = world.issue(&seed, "a, b").to_bytes();
    let k1 = bytes.len() - SIGNATURE_BYTES - 3 * G1_BYTES - G2_BYTES;
    let mut shifted = bytes.clone();
    shifted[k1..k1 + G2_BYTES].copy_from_slice(&shifted_g2(&bytes[k1..k1 + G2_BYTES]));
    assert_eq!(TransformKey::from_bytes(&shifted).unwrap_err().position, k1);
    for torsion in torsion_of_g1() {
        for element in 0..3 {
            let at = k1 + G2_BYTES + element * G1_BYTES;
            let mut shifted = bytes.clone();
            shifted[at..at + G1_BYTES].copy_from_slice(&shifted_g1(&bytes[at..at + G1_BYTES], &torsion));
            let error = TransformKey::from_bytes(&shifted).unwrap_err();
            assert_eq!((error.position, error.reason), (at, DecodeReason::InvalidPoint));
        }
    }
}

#[test]
fn headers_that_cannot_be_transformed_are_named() {
    let mut world = World::new("headers");
    let reader = world.reader("a");
    let header = world.header("a and a");
    assert!(matches!(
        reader.key.transform(&world.header("a and b")).unwrap_err(),
        TransformError::NotSatisfied(_)
    ));
    let foreign = World::new("foreign").header("a");
    assert_eq!(reader.key.transform(&foreign).unwrap_err(), TransformError::OtherRealm);
    // A row that is canonical and not on the curve: x = 1 or the next.
    let mut bytes = header.to_bytes();
    let at = bytes.len() - G1_BYTES;
    let broken = (1u8..)
        .find_map(|x| {
            bytes[at..].fill(0);
            bytes[at] = 0x80;
            *bytes.last_mut().unwrap() = x;
            let header = Header::from_bytes(&bytes).ok()?;
            header.decoded_rows().is_err().then_some(header)
        })
        .unwrap();
    let last = broken.rows().len() - 1;
    assert_eq!(reader.key.transform(&broken).unwrap_err(), TransformError::Row(last));
    assert!(StoredHeader::accept(broken, &world.parameters, &mut world.rng).is_err());
}

#[test]
fn nothing_is_issued_to_readers_of_another_realm_or_for_nothing() {
    use crate::IssueError;
    let (mut here, mut there) = (World::new("here"), World::new("there"));
    let seed = ReaderSeed::generate(&mut here.rng);
    let nonce = EnrolmentNonce::generate(&mut there.rng);
    let enrolment = seed.enrol(&there.parameters, &user("r"), &nonce, &mut here.rng);
    let reader = enrolment.verify(&there.parameters, &user("r"), nonce).unwrap();
    let issue = |attributes: &str, master: &crate::MasterKey, rng: &mut _| {
        let attributes = crate::policy::AttributeSet::parse(attributes, &crate::policy::Schema::empty());
        master.issue_transform_key(&reader, &attributes.unwrap_or_default(), rng).err()
    };
    assert_eq!(issue("a", &here.master, &mut here.rng), Some(IssueError::OtherRealm));
    assert_eq!(issue("", &there.master, &mut there.rng), Some(IssueError::NoAttributes));
    assert_eq!(issue("a", &there.master, &mut there.rng), None);
}
