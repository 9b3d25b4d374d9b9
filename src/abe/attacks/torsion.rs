//! Attack 16a: points of small order in rows and keys.
//!
//! The multiples of p of curve points have orders dividing the cofactor. In a row they change nothing, for
//! they pair to 1; everywhere else they are refused.

use alloc::vec::Vec;

use super::{policy, set};
use crate::abe::types::{AttributeKey, Header, setup};
use crate::math::backend::Backend;
use crate::math::{Active, G1, G1_BYTES, G2, G2_BYTES, Scalar};
use crate::testing::TestRng;

/// The group order p, big-endian.
fn order() -> [u8; 32] {
    let mut bytes = (-Scalar::one()).to_bytes();
    bytes[31] += 1; // p - 1 is even
    bytes
}

/// p·point, by complete additions.
fn times_order<P: Copy>(point: P, identity: P, double: impl Fn(&P) -> P, add: impl Fn(&P, &P) -> P) -> P {
    order().iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).fold(identity, |sum, bit| {
        let doubled = double(&sum);
        if bit == 1 { add(&doubled, &point) } else { doubled }
    })
}

pub(crate) type P1 = <Active as Backend>::P1;

/// Points of order dividing h1, none of them the identity.
pub(crate) fn torsion_of_g1() -> Vec<P1> {
    let points = (1u8..60).filter_map(|x| {
        let mut bytes = [0u8; G1_BYTES];
        bytes[0] = 0x80;
        bytes[G1_BYTES - 1] = x;
        let point = Active::p1_from_affine(&Active::a1_decompress_on_curve(&bytes)?);
        Some(times_order(point, Active::p1_identity(), Active::p1_double, Active::p1_add))
    });
    points.filter(|torsion| !Active::a1_is_identity(&Active::p1_to_affine(torsion))).take(8).collect()
}

/// `encoded` + torsion, encoded.
pub(crate) fn shifted_g1(encoded: &[u8], torsion: &P1) -> [u8; G1_BYTES] {
    let point = Active::a1_decompress_on_curve(encoded.try_into().unwrap()).unwrap();
    Active::a1_compress(&Active::p1_to_affine(&Active::p1_add_affine(torsion, &point)))
}

/// `encoded` + a point of small order of the twist, encoded.
pub(crate) fn shifted_g2(encoded: &[u8]) -> [u8; G2_BYTES] {
    let torsion = (1u8..=255)
        .find_map(|x| {
            let mut bytes = [0u8; G2_BYTES];
            bytes[0] = 0x80;
            bytes[G2_BYTES - 1] = x;
            Active::a2_decompress_on_curve(&bytes)
        })
        .map(|point| {
            let point = Active::p2_from_affine(&point);
            let identity =
                Active::p2_from_affine(&G2::generator().pow(&crate::secret::Secret::new(Scalar::zero())).0);
            times_order(point, identity, |p| Active::p2_add(p, p), Active::p2_add)
        })
        .unwrap();
    let point = Active::p2_from_affine(&Active::a2_decompress_on_curve(encoded.try_into().unwrap()).unwrap());
    Active::a2_compress(&Active::p2_to_affine(&Active::p2_add(&torsion, &point)))
}

#[test]
fn torsion_in_rows_changes_no_verdict() {
    let mut rng = TestRng::new("torsion in rows");
    let (parameters, master) = setup("test", &mut rng).unwrap();
    let key = master.issue(&set("a, b"), &mut rng).unwrap();
    let stranger = master.issue(&set("c"), &mut rng).unwrap();
    for text in ["a and b", "2 of (a, b, c)", "a and (a or b)"] {
        let (header, content_key) = parameters.compartment(&policy(text), b"", &mut rng).unwrap();
        let bytes = header.to_bytes();
        let rows = bytes.len() - G1_BYTES * header.rows().len();
        for torsion in torsion_of_g1() {
            let mut shifted = bytes.clone();
            for row in shifted[rows..].chunks_mut(G1_BYTES) {
                let with_torsion = shifted_g1(row, &torsion);
                assert!(G1::from_bytes(&with_torsion).is_none());
                row.copy_from_slice(&with_torsion);
            }
            let shifted = Header::from_bytes(&shifted).unwrap();
            let opened = key.open(&parameters, &shifted, b"").unwrap();
            assert_eq!(opened.core_id(), content_key.core_id());
            assert!(key.open_strict(&parameters, &shifted, b"", &mut rng).is_ok());
            assert!(stranger.open(&parameters, &shifted, b"").is_err());
            // And it hides no forgery: a row that is wrong stays wrong.
            let mut forged = shifted.to_bytes();
            let wrong = shifted_g1(&G1::generator().to_bytes(), &torsion);
            forged[rows..rows + G1_BYTES].copy_from_slice(&wrong);
            let forged = Header::from_bytes(&forged).unwrap();
            assert!(forged.validate(&parameters, &mut rng).is_err());
            assert!(key.open_strict(&parameters, &forged, b"", &mut rng).is_err());
        }
    }
}

#[test]
fn torsion_anywhere_else_is_refused() {
    let mut rng = TestRng::new("torsion elsewhere");
    let (parameters, master) = setup("test", &mut rng).unwrap();
    let torsion = torsion_of_g1();
    // C1 and C2.
    let (header, _) = parameters.compartment(&policy("a and (a or b)"), b"", &mut rng).unwrap();
    let bytes = header.to_bytes();
    let c1 = bytes.len() - G1_BYTES * header.rows().len() - 3 * G2_BYTES;
    for at in [c1, c1 + G2_BYTES, c1 + 2 * G2_BYTES] {
        let mut shifted = bytes.clone();
        let element = shifted_g2(&bytes[at..at + G2_BYTES]);
        shifted[at..at + G2_BYTES].copy_from_slice(&element);
        let error = Header::from_bytes(&shifted).unwrap_err();
        assert_eq!(error.position, at);
        // The twin decodes without the subgroup check, and would go on with it.
        assert!(Active::a2_decompress_on_curve(&element).is_some());
    }
    // K1, K2 and every K3.
    let key = master.issue(&set("a, b"), &mut rng).unwrap().to_bytes();
    let key = key.expose_secret();
    let k1 = key.len() - G2_BYTES - 3 * G1_BYTES;
    let mut shifted = key.clone();
    shifted[k1..k1 + G2_BYTES].copy_from_slice(&shifted_g2(&key[k1..k1 + G2_BYTES]));
    assert_eq!(AttributeKey::from_bytes(&shifted).unwrap_err().position, k1);
    for torsion in torsion {
        for element in 0..3 {
            let at = k1 + G2_BYTES + element * G1_BYTES;
            let mut shifted = key.clone();
            shifted[at..at + G1_BYTES].copy_from_slice(&shifted_g1(&key[at..at + G1_BYTES], &torsion));
            assert_eq!(AttributeKey::from_bytes(&shifted).unwrap_err().position, at);
        }
    }
}
