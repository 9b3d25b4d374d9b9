//! Points of small order and rows that contain them. (SPEC `[MATH-9]`, attack: torsion in rows)

use super::pairing::product;
use super::*;
use crate::math::fast::{self, Blst};
use crate::math::msm::combine_vartime;
use crate::math::{G1, RowSum, Scalar, UncheckedRow, combine_rows_vartime};

/// The small prime factors of h1 that the tests use.
const ORDERS: [u32; 3] = [3, 11, 10177];

/// (0, 2) or (0, -2): the two points of order 3, and the only ones with x = 0.
pub(super) fn zero_two(negative: bool) -> Point48 {
    let mut bytes = [0; 48];
    bytes[0] = if negative { 0xa0 } else { 0x80 };
    bytes
}

fn order<B: Backend>(point: &Point48) -> u32 {
    let point = p1::<B>(point);
    let divides =
        |order: &u32| B::a1_is_identity(&B::p1_to_affine(&multiple::<B>(&point, &BigUint::from(*order))));
    [1, 3, 11, 121, 10177].into_iter().find(divides).unwrap_or(0)
}

/// The multiple of `full` whose order is the prime `order`, as a projective point.
fn small<B: Backend>(full: &Point48, order: u32) -> B::P1 {
    // Every factor of h1 but 3 is squared, and both cyclic and non-cyclic groups occur.
    let part = if order == 3 { 3 } else { u64::from(order).pow(2) };
    let point = multiple::<B>(&p1::<B>(full), &(p() * h1() / part));
    let next = multiple::<B>(&point, &BigUint::from(order));
    if B::a1_is_identity(&B::p1_to_affine(&next)) { point } else { next }
}

fn small_encoded<B: Backend>(full: &Point48, order: u32) -> Point48 {
    encode1::<B>(&small::<B>(full, order))
}

fn generator_multiple<B: Backend>(k: &Scalar32) -> Point48 {
    encode1::<B>(&B::p1_mul(&B::p1_generator(), &fr::<B>(k)))
}

/// [k]g plus the point of small order below `full`.
fn shifted<B: Backend>(full: &Point48, order: u32, k: &Scalar32) -> Point48 {
    let subgroup = B::p1_mul(&B::p1_generator(), &fr::<B>(k));
    encode1::<B>(&B::p1_add(&small::<B>(full, order), &subgroup))
}

fn negative<B: Backend>(point: &Point48) -> Point48 {
    B::a1_compress(&B::a1_neg(&a1::<B>(point)))
}

fn decodes<B: Backend>(bytes: &Point48) -> bool {
    B::a1_decompress_on_curve(bytes).is_some()
}

fn in_subgroup<B: Backend>(bytes: &Point48) -> bool {
    B::a1_in_subgroup(&a1::<B>(bytes))
}

/// Points of E(Fq) with a component of every order in [`ORDERS`].
fn full_points(count: usize) -> Vec<Point48> {
    let mut points = curve_points("torsion", 6 * count);
    points.retain(|full| ORDERS.iter().all(|order| both!(small_encoded(full, *order)) != IDENTITY_48));
    points.truncate(count);
    assert_eq!(points.len(), count);
    points
}

/// Decodable points with torsion: alone (orders 11 and 10177), and added to [5]g (order 3 as well).
pub(super) fn points() -> Vec<(u32, [Point48; 2])> {
    let five = padded(&BigUint::from(5u8));
    let full = full_points(2);
    let mut points = Vec::new();
    for order in ORDERS {
        let alone = full.clone().into_iter().map(|full| both!(small_encoded(&full, order)));
        let alone = alone.filter(|_| order != 3);
        let added = full.iter().map(|full| both!(shifted(full, order, &five)));
        let all: Vec<_> = alone.chain(added).collect();
        points.extend(all.chunks_exact(2).map(|pair| (order, [pair[0], pair[1]])));
    }
    points
}

#[test]
fn points_of_small_order() {
    let full = &full_points(2)[0];
    assert!([zero_two(false), zero_two(true)].contains(&both!(small_encoded(full, 3))));
    for order_wanted in [11, 10177] {
        assert_eq!(both!(order(&both!(small_encoded(full, order_wanted)))), order_wanted);
    }
    assert_eq!(points().len(), 5);
}

#[test]
fn verdicts_on_rows_and_elements() {
    for bytes in [zero_two(false), zero_two(true)] {
        assert!(!both!(decodes(&bytes)));
        assert!(UncheckedRow::from_bytes(&bytes).is_none() && G1::from_bytes(&bytes).is_none());
        // Weakened twin: arkworks without the test for x = 0.
        let twin: Result<ark_bls12_381::G1Affine, _> =
            ark_serialize::CanonicalDeserialize::deserialize_with_mode(
                bytes.as_slice(),
                ark_serialize::Compress::Yes,
                ark_serialize::Validate::No,
            );
        assert!(twin.is_ok_and(|point| point.is_on_curve()));
    }
    for bytes in points().iter().flat_map(|(_, points)| points) {
        assert!(both!(decodes(bytes)) && !both!(in_subgroup(bytes)));
        assert!(UncheckedRow::from_bytes(bytes).is_some());
        assert!(G1::from_bytes(bytes).is_none());
        assert!(both!(decodes(&both!(negative(bytes)))));
    }
    assert!(UncheckedRow::from_bytes(&IDENTITY_48).is_none() && G1::from_bytes(&IDENTITY_48).is_none());
}

#[test]
fn torsion_pairs_to_one() {
    /// e([p·h1/ℓ·..]full, Q) without a detour over bytes: (0, ±2) has no decodable encoding.
    fn pair<B: Backend>(full: &Point48, order: u32, q: &Point96) -> Field576 {
        let torsion = B::p1_to_affine(&small::<B>(full, order));
        B::f12_to_bytes(&B::pairing_product(&[(torsion, twist::a2::<B>(q))]))
    }
    let one = both!(product(&[]));
    for full in full_points(2) {
        for order in ORDERS.into_iter().chain([859_267, 52_437_899]) {
            for q in twist::subgroup_points().into_iter().skip(1).step_by(2) {
                assert_eq!(both!(pair(&full, order, &q)), one);
            }
        }
    }
    // A shifted point pairs as its subgroup part does.
    let five = both!(generator_multiple(&padded(&BigUint::from(5u8))));
    let q = twist::subgroup_points()[2];
    for full in full_points(2) {
        for order in ORDERS {
            let row = both!(shifted(&full, order, &padded(&BigUint::from(5u8))));
            assert_ne!(row, five);
            assert_eq!(both!(product(&[(row, q)])), both!(product(&[(five, q)])));
        }
    }
}

/// Rows of every kind with their coefficients, and Σ coefficient · discrete logarithm.
struct Case {
    rows: Vec<Point48>,
    coefficients: Vec<Scalar>,
    logarithm: BigUint,
}

fn case(stream: &mut Stream, length: usize, pool: &[(Point48, BigUint)]) -> Case {
    let mut rows: Vec<(Point48, BigUint)> = Vec::new();
    let mut coefficients: Vec<Scalar> = Vec::new();
    for _ in 0..length {
        let earlier = (!rows.is_empty()).then(|| stream.below(rows.len().max(1)));
        rows.push(match (stream.below(4), earlier) {
            (0, Some(i)) => rows[i].clone(),
            (1, Some(i)) => (both!(negative(&rows[i].0)), p() - &rows[i].1),
            _ => pool[stream.below(pool.len())].clone(),
        });
        // Equal coefficients put equal and opposite points into the same bucket.
        coefficients.push(match (stream.below(8), coefficients.first()) {
            (0, _) => Scalar::zero(),
            (1, _) => Scalar::one(),
            (2, _) => -Scalar::one(),
            (3 | 4, Some(first)) => *first,
            _ => Scalar::from_wide(&stream.bytes()),
        });
    }
    let terms = rows.iter().zip(&coefficients);
    let logarithm =
        terms.map(|((_, log), k)| log * BigUint::from_bytes_be(&k.to_bytes())).sum::<BigUint>() % p();
    Case { rows: rows.into_iter().map(|(row, _)| row).collect(), coefficients, logarithm }
}

/// Subgroup points and points with torsion, with the logarithms of their subgroup parts.
fn pool() -> Vec<(Point48, BigUint)> {
    let five = BigUint::from(5u8);
    let mut pool: Vec<(Point48, BigUint)> = Vec::new();
    for (i, (order, pair)) in points().into_iter().enumerate() {
        // `points` gives torsion alone before torsion added, and no order 3 alone.
        let log = if order != 3 && i % 2 == 1 { BigUint::default() } else { five.clone() };
        pool.extend(pair.map(|point| (point, log.clone())));
    }
    pool.extend((1u8..5).map(|k| (both!(generator_multiple(&padded(&BigUint::from(k)))), BigUint::from(k))));
    pool
}

fn combined_and_paired<B: Backend>(rows: &[Point48], coefficients: &[Scalar], q: &Point96) -> Field576 {
    let points: Vec<_> = rows.iter().map(a1::<B>).collect();
    paired::<B>(&combine_vartime::<B>(&points, coefficients), q)
}

#[test]
fn combinations_of_rows_pair_as_their_subgroup_parts() {
    let mut stream = Stream::new("rows");
    let pool = pool();
    let q = twist::subgroup_points()[2];
    for length in (1..=40).chain([64, 130]) {
        let case = case(&mut stream, length, &pool);
        let expected = both!(product(&[(both!(generator_multiple(&padded(&case.logarithm))), q)]));
        assert!(both!(combined_and_paired(&case.rows, &case.coefficients, &q)) == expected, "{length} rows");
        let rows: Vec<_> = case.rows.iter().map(|row| UncheckedRow::from_bytes(row).unwrap()).collect();
        let sum: RowSum = combine_rows_vartime(&rows, &case.coefficients);
        let paired = crate::math::pairing_product(&[(sum, crate::math::G2(twist::a2::<Blst>(&q)))]);
        assert!(paired.to_bytes() == expected, "{length} rows");
    }
}

/// The bucket method with digits of four bits, over whatever addition it is given.
fn buckets<B: Backend>(rows: &[Point48], coefficients: &[Scalar], add: fn(&B::P1, &B::P1) -> B::P1) -> B::P1 {
    let coefficients: Vec<_> = coefficients.iter().map(Scalar::to_bytes).collect();
    let mut sum = B::p1_identity();
    for window in 0..64 {
        sum = (0..4).fold(sum, |sum, _| B::p1_double(&sum));
        let mut buckets = [B::p1_identity(); 16];
        for (row, k) in rows.iter().zip(&coefficients) {
            let digit = usize::from(k[window / 2] >> (4 * (1 - window % 2)) & 15);
            buckets[digit] = add(&buckets[digit], &p1::<B>(row));
        }
        let mut running = B::p1_identity();
        for bucket in buckets[1..].iter().rev() {
            running = B::p1_add(&running, bucket);
            sum = B::p1_add(&sum, &running);
        }
    }
    sum
}

/// Weakened twin of the addition: the chord formula, which gives Z = 0 for two equal points.
fn chord<B: Backend>(a: &B::P1, b: &B::P1) -> B::P1 {
    if encode1::<B>(a) == encode1::<B>(b) { B::p1_identity() } else { B::p1_add(a, b) }
}

fn paired<B: Backend>(sum: &B::P1, q: &Point96) -> Field576 {
    B::f12_to_bytes(&B::pairing_product(&[(B::p1_to_affine(sum), twist::a2::<B>(q))]))
}

#[test]
fn an_incomplete_addition_gives_another_value() {
    fn values<B: Backend>(rows: &[Point48], coefficients: &[Scalar], q: &Point96) -> [Field576; 2] {
        let complete = paired::<B>(&buckets::<B>(rows, coefficients, B::p1_add), q);
        [complete, paired::<B>(&buckets::<B>(rows, coefficients, chord::<B>), q)]
    }
    let mut stream = Stream::new("chord");
    let q = twist::subgroup_points()[2];
    let row = points()[2].1[0];
    let rows = [row, points()[0].1[0], row, points()[4].1[0]];
    let k = Scalar::from_wide(&stream.bytes());
    let coefficients = [k, Scalar::from_wide(&stream.bytes()), k, Scalar::one()];
    let [complete, incomplete] = both!(values(&rows, &coefficients, &q));
    assert!(complete == both!(combined_and_paired(&rows, &coefficients, &q)) && incomplete != complete);
}

/// Why `math` does not use blst's multi-scalar multiplication: with 2 to 31 points, one of them of
/// order 3, its table holds an identity, which spoils the inversion shared by all.
#[test]
fn the_multiplication_of_blst_needs_care() {
    let mut stream = Stream::new("pippenger");
    let q = twist::subgroup_points()[2];
    let full = &full_points(1)[0];
    for (order, length, right) in
        [(3, 2, false), (3, 31, false), (3, 32, true), (11, 2, true), (11, 31, true)]
    {
        let generators = (2..=length).map(|k: u32| both!(generator_multiple(&padded(&BigUint::from(k)))));
        let mut points: Vec<_> = generators.map(|point| a1::<Blst>(&point)).collect();
        points.push(Blst::p1_to_affine(&small::<Blst>(full, order)));
        let coefficients: Vec<_> = points.iter().map(|_| Scalar::from_wide(&stream.bytes())).collect();
        let ours = paired::<Blst>(&combine_vartime::<Blst>(&points, &coefficients), &q);
        let theirs = paired::<Blst>(&fast::pippenger_incomplete(&points, &coefficients), &q);
        assert_eq!(theirs == ours, right, "order {order} among {length} points");
    }
}
