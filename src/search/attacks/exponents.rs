//! Attacks 17 and 20 on the exponents: what falls when a, b, x or ρ serves twice.

use super::*;
use crate::math::{G1, PreparedG2};
use crate::search::scheme;

/// Two contexts of one owner, x of each, and a of each from one seed.
struct Pair {
    contexts: [Context; 2],
    x: [Secret<Scalar>; 2],
    a: [Secret<Scalar>; 2],
}

fn pair(name: &str, second: impl Fn(&World) -> Context) -> Pair {
    let world = World::new(name);
    let contexts = [world.context(), second(&world)];
    let x = [0, 1].map(|i| world.x(&contexts[i]));
    let seed = Secret::new([9; 32]);
    let a = [0, 1].map(|i| scheme::reader_exponent(&seed, &contexts[i]));
    Pair { contexts, x, a }
}

fn next_epoch(world: &World) -> Context {
    world.owner.context(&world.domain, IndexEpoch::new(2).unwrap(), 1)
}

fn other_domain(world: &World) -> Context {
    world.owner.context(&Domain::new("mental-health").unwrap(), IndexEpoch::FIRST, 1)
}

fn h(context: &Context) -> G1 {
    scheme::hash_keywords(context, &[&word("F32")]).expose_secret()[0]
}

/// Whether D is the trapdoor: what the reader checks.
fn is_trapdoor(d: &G1, context: &Context, x: &Secret<Scalar>) -> bool {
    let lines = PreparedG2::new(&scheme::public_point(x));
    scheme::trapdoors_are_right(
        &[scheme::Raised { d: &[*d], h: &[h(context)], x_lines: &lines }],
        &mut TestRng::new("weights"),
    )
}

fn through_gate(h: &G1, a: &Secret<Scalar>, b: &Secret<Scalar>) -> G1 {
    let rho = Secret::random_nonzero(&mut TestRng::new("rho"));
    scheme::unblind(&scheme::raise(&scheme::blind(h, a, &rho), b), &rho)
}

#[test]
fn a_readers_way_is_right() {
    let Pair { contexts, x, a } = pair("right", next_epoch);
    for i in [0, 1] {
        let b = scheme::gate_exponent(&x[i], &a[i]);
        assert!(is_trapdoor(&through_gate(&h(&contexts[i]), &a[i], &b), &contexts[i], &x[i]));
        // And another context's halves are not.
        assert!(!is_trapdoor(&through_gate(&h(&contexts[i]), &a[1 - i], &b), &contexts[i], &x[i]));
    }
}

/// A reader who had a of the first epoch asks in the second: its share is of another a.
#[test]
fn one_a_over_two_epochs() {
    only_the_twin_breaks(|twin| {
        let Pair { contexts, x, a } = pair("epochs", next_epoch);
        let second = if twin.is_weakened() { &a[0] } else { &a[1] };
        let b = scheme::gate_exponent(&x[1], second);
        is_trapdoor(&through_gate(&h(&contexts[1]), &a[0], &b), &contexts[1], &x[1])
    });
}

/// A reader of one domain has the gate raise a keyword of another: it cannot see the difference.
#[test]
fn one_x_over_two_domains() {
    only_the_twin_breaks(|twin| {
        let Pair { contexts, x, a } = pair("domains", other_domain);
        let second = if twin.is_weakened() { &x[0] } else { &x[1] };
        let b = scheme::gate_exponent(&x[0], &a[0]);
        is_trapdoor(&through_gate(&h(&contexts[1]), &a[0], &b), &contexts[1], second)
    });
}

/// A domain's keyword hashes apart from another's: a trapdoor of one is none in the other even with one x.
#[test]
fn one_hash_over_two_domains() {
    only_the_twin_breaks(|twin| {
        let Pair { contexts, x, .. } = pair("hashes", other_domain);
        let hashed = if twin.is_weakened() { &contexts[1] } else { &contexts[0] };
        is_trapdoor(&h(hashed).pow(&x[0]), &contexts[1], &x[0])
    });
}

/// The revoked reader's a at the gate of the next version.
#[test]
fn one_seed_over_two_versions() {
    only_the_twin_breaks(|twin| {
        let Pair { contexts, x, a } = pair("versions", next_epoch);
        let seed = Secret::new(if twin.is_weakened() { [9; 32] } else { [10; 32] });
        let b = scheme::gate_exponent(&x[0], &scheme::reader_exponent(&seed, &contexts[0]));
        is_trapdoor(&through_gate(&h(&contexts[0]), &a[0], &b), &contexts[0], &x[0])
    });
}

/// A revoked reader who took down what the owner sent to the gate, and has stolen its share.
#[test]
fn update_by_delta() {
    only_the_twin_breaks(|twin| {
        let Pair { contexts, x, a } = pair("delta", next_epoch);
        let (context, x, a) = (&contexts[0], &x[0], &a[0]);
        let b = scheme::gate_exponent(x, a);
        let fresh = scheme::reader_exponent(&Secret::new([10; 32]), context);
        let live = scheme::gate_exponent(x, &fresh);
        let sent = if twin.is_weakened() { scalar(&live) * scalar(&b).invert() } else { scalar(&live) };
        let (a, live) = (scalar(a), scalar(&live));
        let guesses =
            [a, a * live, a * sent, a * live * sent, a * live * sent.invert(), live * sent.invert()];
        guesses.into_iter().any(|k| is_trapdoor(&h(context).pow(&Secret::new(k)), context, x))
    });
}

/// A gate that compares the points of two requests.
#[test]
fn one_rho_over_two_requests() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("rho");
        let context = world.context();
        let a = Secret::random_nonzero(&mut world.rng);
        let mut last = Secret::<Scalar>::random_nonzero(&mut world.rng);
        let mut ask = || {
            if !twin.is_weakened() {
                last = Secret::random_nonzero(&mut world.rng);
            }
            scheme::blind(&h(&context), &a, &last)
        };
        ask() == ask()
    });
}

/// The same with the requests as they are sent: neither two requests nor two places in one have a point in common.
#[test]
fn no_point_is_sent_twice() {
    let mut world = World::new("points");
    let context = world.context();
    let policy = PolicyEntry {
        domain: context.domain.clone(),
        epoch: context.epoch,
        policy: PolicyId::from_bytes([1; 16]),
        version: 1,
        header: Vec::new(),
    };
    let key = SearchKey::new(&PolicySeed::random(&mut world.rng), &context, &policy);
    let reader = crate::sign::RequestKey(crate::sign::SigningKey::from_seed(&Secret::new([3; 32])));
    let words = [word("F32"), word("F32"), word("E11")];
    let mut seen = alloc::collections::BTreeSet::new();
    for _ in 0..3 {
        let asked = key.ask(&words, "gate", "r", &reader, NOW, &mut world.rng).unwrap();
        let points = asked.request()[asked.request().len() - 64 - 3 * 48..].as_chunks::<48>().0;
        for point in &points[..3] {
            assert!(G1::from_bytes(point).is_some() && seen.insert(*point));
        }
    }
}

/// Two wrong points that cancel: only random weights see them.
#[test]
fn wrong_points_that_cancel() {
    only_the_twin_breaks(|twin| {
        let world = World::new("cancel");
        let context = world.context();
        let x = world.x(&context);
        let hashed = scheme::hash_keywords(&context, &[&word("E11"), &word("F32")]);
        let h = hashed.expose_secret();
        let wrong = [h[0].pow(&x) + G1::generator(), h[1].pow(&x) + -G1::generator()];
        if twin.is_weakened() {
            let sum = |points: &[G1]| points[0] + points[1];
            return sum(&wrong) == sum(h).pow(&x);
        }
        let lines = PreparedG2::new(&scheme::public_point(&x));
        (0..8).any(|i: u8| {
            let mut rng = TestRng::new(core::str::from_utf8(&[b'a' + i]).unwrap());
            scheme::trapdoors_are_right(&[scheme::Raised { d: &wrong, h, x_lines: &lines }], &mut rng)
        })
    });
}
