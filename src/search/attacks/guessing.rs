//! Attack 17: guessing keywords. Everything that can be formed from what an attacker has is tried as the secret of every word, against
//! real slots.

use alloc::vec::Vec;

use super::*;
use crate::math::{FixedG2, G1, G2, PreparedG2};
use crate::search::scheme::{self, LabKeys};
use crate::sign::SigningKey;

const WORDS: [&str; 3] = ["E11", "F32", "I10"];
const SOUGHT: &str = "F32";

/// An index with two labs and a device, which have all written one word, and what the attackers may get hold of.
struct Scene {
    context: Context,
    /// Owner's device, lab 1, lab 2: id, Y, a segment.
    chains: [(WriterId, Option<G2>, Segment); 3],
    x_point: G2,
    x: Secret<Scalar>,
    y: [Secret<Scalar>; 2],
    a: Secret<Scalar>,
    b: Secret<Scalar>,
    rho: Secret<Scalar>,
}

fn h(context: &Context, value: &str) -> G1 {
    scheme::hash_keywords(context, &[&word(value)]).expose_secret()[0]
}

fn own_t(context: &Context, writer: &WriterId, value: &str, point: &G1) -> Secret<[u8; 32]> {
    scheme::own_entry_key(&context.to_bytes(), writer, &word(value), point)
}

fn lab_t(
    context: &Context,
    (writer, y, x): (&WriterId, &G2, &G2),
    value: &str,
    (point, lines): (&G1, &PreparedG2),
) -> Secret<[u8; 32]> {
    let (y_point, x_point) = (y.to_bytes(), x.to_bytes());
    let context = context.to_bytes();
    let keys = LabKeys { context: &context, writer, y_point: &y_point, x_point: &x_point };
    scheme::lab_entry_key(&keys, &word(value), point, lines)
}

/// A segment with one entry under T, among padding.
fn segment(world: &mut World, writer: WriterId, t: &Secret<[u8; 32]>) -> Segment {
    let key = SigningKey::from_seed(&Secret::new([1; 32]));
    let mut nonce = [0; 12];
    rand_core::Rng::fill_bytes(&mut world.rng, &mut nonce);
    let mut slots = alloc::vec![[0; SLOT_BYTES]; 7];
    slots.iter_mut().for_each(|slot| rand_core::Rng::fill_bytes(&mut world.rng, slot));
    let entry = Entry { handle: Handle::random(&mut world.rng), op: Op::Add, meta: [0; 3] };
    slots.push(EntryKey::new(t).seal(&nonce, 0, entry));
    slots.sort_unstable();
    let header = SegmentHeader {
        context: world.context(),
        writer,
        sequence: 0,
        first: 0,
        previous: [0; 32],
        nonce,
        count: 8,
        root: [0; 32],
    };
    Segment::sign(header, slots.into(), &key)
}

fn scene(twin: Twin) -> Scene {
    let mut world = World::new("guessing");
    let context = world.context();
    let random = |world: &mut World| Secret::<Scalar>::random_nonzero(&mut world.rng);
    let x = world.x(&context);
    let (y, a, rho) = ([random(&mut world), random(&mut world)], random(&mut world), random(&mut world));
    let b = scheme::gate_exponent(&x, &a);
    let x_point = scheme::public_point(&x);
    let point = h(&context, SOUGHT);
    let owner = WriterId::random(&mut world.rng);
    // The twin's key is a hash of the keyword, without the trapdoor.
    let secret = if twin.is_weakened() { point } else { point.pow(&x) };
    let own = segment(&mut world, owner, &own_t(&context, &owner, SOUGHT, &secret));
    let [one, two] = [&y[0], &y[1]].map(|y| {
        let (writer, y_point) = (WriterId::random(&mut world.rng), scheme::public_point(y));
        // The twin's key lacks y.
        let power = if twin.is_weakened() { x_point } else { x_point.pow(y) };
        let t = lab_t(&context, (&writer, &y_point, &x_point), SOUGHT, (&point, &PreparedG2::new(&power)));
        let segment = segment(&mut world, writer, &t);
        (writer, Some(y_point), segment)
    });
    Scene { context, chains: [(owner, None, own), one, two], x_point, x, y, a, b, rho }
}

/// Every product of the known scalars and their inverses, to the powers -1, 0, 1.
fn monomials(known: &[Scalar]) -> Vec<Scalar> {
    known.iter().fold(alloc::vec![Scalar::one()], |all, k| {
        all.iter().flat_map(|one| [*one, *one * *k, *one * k.invert()]).collect()
    })
}

/// What the attacker can put into T for a word: points raised to what he knows.
fn points(scene: &Scene, value: &str, known: &[Scalar], more: &[G1]) -> Vec<G1> {
    let point = h(&scene.context, value);
    // On the wire: M and Z of a request for the sought word.
    let m = scheme::blind(&h(&scene.context, SOUGHT), &scene.a, &scene.rho);
    let z = scheme::raise(&m, &scene.b);
    let mut points = alloc::vec![G1::generator()];
    for base in [point, m, z].into_iter().chain(more.iter().flat_map(|d| [*d, *d + point, *d + -point])) {
        points.extend(monomials(known).into_iter().map(|k| base.pow(&Secret::new(k))));
    }
    points
}

/// Which of the three chains give their word away.
fn falls(twin: Twin, known: impl Fn(&Scene) -> Vec<Scalar>, more: impl Fn(&Scene) -> Vec<G1>) -> [bool; 3] {
    let scene = scene(twin);
    let known = known(&scene);
    let mut elements = alloc::vec![FixedG2::generator().pow(&Secret::new(Scalar::one())), scene.x_point];
    elements.extend(scene.chains.iter().filter_map(|(_, y, _)| *y));
    let lines: Vec<PreparedG2> = elements.iter().map(PreparedG2::new).collect();
    let mut found = [None; 3];
    for value in WORDS {
        for point in points(&scene, value, &known, &more(&scene)) {
            for (chain, (writer, y, segment)) in scene.chains.iter().enumerate() {
                let right = match y {
                    None => hits(&own_t(&scene.context, writer, value, &point), segment),
                    Some(y) => lines.iter().any(|lines| {
                        let lab = (writer, y, &scene.x_point);
                        hits(&lab_t(&scene.context, lab, value, (&point, lines)), segment)
                    }),
                };
                if right {
                    found[chain] = Some(value);
                }
            }
        }
    }
    assert!(found.iter().flatten().all(|value| *value == SOUGHT));
    found.map(|found| found.is_some())
}

const NOTHING: [bool; 3] = [false; 3];
const ALL: [bool; 3] = [true; 3];

#[test]
fn public_keys_and_the_wire_guess_nothing() {
    let none = |_: &Scene| Vec::new();
    assert_eq!(falls(Twin::Real, none, |_| Vec::new()), NOTHING);
    assert_eq!(falls(Twin::Weakened, none, |_| Vec::new()), ALL);
}

#[test]
fn a_trapdoor_opens_its_own_word_alone() {
    let trapdoor =
        |value: &'static str| move |scene: &Scene| [h(&scene.context, value).pow(&scene.x)].to_vec();
    assert_eq!(falls(Twin::Real, |_| Vec::new(), trapdoor("E11")), NOTHING);
    assert_eq!(falls(Twin::Real, |_| Vec::new(), trapdoor(SOUGHT)), ALL);
}

#[test]
fn one_labs_secret_opens_its_own_chain_alone() {
    let y = |scene: &Scene| [scalar(&scene.y[0])].to_vec();
    assert_eq!(falls(Twin::Real, y, |_| Vec::new()), [false, true, false]);
    let both = |scene: &Scene| [scalar(&scene.y[0]), scalar(&scene.y[1])].to_vec();
    assert_eq!(falls(Twin::Real, both, |_| Vec::new()), [false, true, true]);
}

#[test]
fn the_gates_share_opens_nothing_and_with_a_lab_its_chain_alone() {
    let gate = |scene: &Scene| [scalar(&scene.b)].to_vec();
    assert_eq!(falls(Twin::Real, gate, |_| Vec::new()), NOTHING);
    let with_lab = |scene: &Scene| [scalar(&scene.b), scalar(&scene.y[1])].to_vec();
    assert_eq!(falls(Twin::Real, with_lab, |_| Vec::new()), [false, false, true]);
}

#[test]
fn a_readers_half_opens_nothing_without_the_gate() {
    // ρ is his own; M and Z of another reader are not raised with it.
    let a = |scene: &Scene| [scalar(&scene.a)].to_vec();
    assert_eq!(falls(Twin::Real, a, |_| Vec::new()), NOTHING);
    let with_gate = |scene: &Scene| [scalar(&scene.a), scalar(&scene.b)].to_vec();
    assert_eq!(falls(Twin::Real, with_gate, |_| Vec::new()), ALL);
}
