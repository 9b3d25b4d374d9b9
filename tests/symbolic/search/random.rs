//! Random holdings, decided in two ways.

use super::knowledge::{Knowledge, Verdict};
use super::monomial::{Monomial, one, unknown};
use super::protocol::*;
use super::rank::{Lattice, rank_modulo_a_prime};
use crate::field::Random;

/// A monomial in few unknowns with small exponents.
fn monomial(random: &mut Random, unknowns: u64) -> Monomial {
    (0..unknowns).fold(one(), |product, number| {
        let exponent = if random.percent(50) { random.below(5) as i64 - 2 } else { 0 };
        product * unknown(format!("{number}")).power(exponent)
    })
}

fn monomials(random: &mut Random, count: u64, unknowns: u64) -> Vec<Monomial> {
    (0..count).map(|_| monomial(random, unknowns)).collect()
}

/// Every product of the generators with exponents from -2 to 2.
fn small_products(generators: &[Monomial]) -> Vec<Monomial> {
    generators.iter().fold(vec![one()], |products, generator| {
        let with = |product: &Monomial| {
            let product = product.clone();
            (-2..=2).map(move |exponent| &product * generator.power(exponent))
        };
        products.iter().flat_map(with).collect()
    })
}

#[test]
fn the_rank_over_q_is_the_rank_modulo_a_large_prime() {
    let (mut inside, mut outside) = (0, 0);
    for seed in 0..1000 {
        let mut random = Random::new(seed);
        let (count, unknowns) = (1 + random.below(8), 2 + random.below(8));
        let held = monomials(&mut random, count, unknowns);
        let target = monomial(&mut random, unknowns);
        let lattice = Lattice::of(&held);
        let held: Vec<&Monomial> = held.iter().collect();
        assert_eq!(lattice.rank(), rank_modulo_a_prime(&held), "seed {seed}");
        let with_target = [held.as_slice(), &[&target]].concat();
        let contained = rank_modulo_a_prime(&with_target) == lattice.rank();
        assert_eq!(lattice.contains(&target), contained, "seed {seed}");
        *(if contained { &mut inside } else { &mut outside }) += 1;
    }
    assert!(inside > 200 && outside > 200, "{inside} {outside}");
}

#[test]
fn what_brute_force_finds_is_in_the_span() {
    let (mut found, mut missed, mut outside) = (0, 0, 0);
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let generators = monomials(&mut random, 3, 4);
        let lattice = Lattice::of(&generators);
        let products = small_products(&generators);
        // Half of the targets are made from the generators, with exponents that may be larger.
        let target = if random.percent(50) {
            let power = |random: &mut Random| random.below(7) as i64 - 3;
            generators.iter().fold(one(), |target, generator| target * generator.power(power(&mut random)))
        } else {
            monomial(&mut random, 4)
        };
        match (products.contains(&target), lattice.contains(&target)) {
            (true, contained) => {
                assert!(contained, "seed {seed}");
                found += 1;
            }
            (false, true) => missed += 1,
            (false, false) => outside += 1,
        }
    }
    // Brute force misses large exponents and roots only: some, but few enough to mean something.
    assert!(found > 50 && missed > 20 && outside > 50, "{found} {missed} {outside}");
}

/// How random worlds of the index may differ from the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weakness {
    None,
    /// One a per policy, whatever the context.
    OnePart,
    /// New shares are made by a number, and readers see it.
    Multiplied,
    /// Requests are not blinded.
    NoBlinding,
    /// One y per lab, whatever the context.
    OneWriterKey,
}

/// What the adversary holds of one context, and what plain logic says he gets in it.
#[derive(Default)]
struct Logic {
    x: bool,
    w: bool,
    y: bool,
}

struct World {
    holds: Knowledge,
    logic: Vec<(Context, Logic)>,
}

impl World {
    fn new(seed: u64, weakness: Weakness) -> Self {
        let mut random = Random::new(seed);
        let mut world = Self { holds: public(), logic: Vec::new() };
        for context in [HERE, NEXT] {
            let logic = world.context(&mut random, context, weakness);
            world.logic.push((context, logic));
        }
        world
    }

    /// A random part of what exists in a context; what he gets is said by who meets whom, and not
    /// by algebra: both sides of one seed, or a point that passed both.
    fn context(&mut self, random: &mut Random, context: Context, weakness: Weakness) -> Logic {
        let mut logic = Logic::default();
        let mut holds = std::mem::take(&mut self.holds);
        for seed in [P1, P1_AGAIN, P2] {
            let a = if weakness == Weakness::OnePart { HERE.a(seed) } else { context.a(seed) };
            let share = context.x() / &a;
            let (part, stolen, online) = (random.percent(15), random.percent(20), random.percent(20));
            if part {
                holds = holds.scalars([a.clone()]);
            }
            if stolen {
                holds = holds.scalars([share.clone()]);
            }
            if online {
                holds = holds.oracles([share]);
            }
            logic.x |= part && stolen;
            logic.w |= part && online;
            // A request of somebody else that he observes, with or without its answer.
            let rho =
                if weakness == Weakness::NoBlinding { one() } else { rho(&format!("{seed:?} {context:?}")) };
            if random.percent(40) {
                holds = holds.g1([context.hash(W) * a * &rho]);
            }
            if random.percent(40) {
                holds = holds.g1([context.answer(W, &rho)]);
            }
        }
        if weakness == Weakness::Multiplied {
            holds = holds.scalars([context.a(P1) / context.a(P1_AGAIN)]);
        }
        for (keyword, chance) in [(W, 10), (K, 30)] {
            let cached = random.percent(chance);
            if cached {
                holds = holds.g1([context.trapdoor(keyword)]);
            }
            logic.w |= cached && keyword == W;
        }
        logic.y = random.percent(25);
        if logic.y {
            let lab = if weakness == Weakness::OneWriterKey { HERE } else { context };
            holds = holds.scalars([lab.y(LAB)]);
        }
        self.holds = holds.gt([context.chain(LAB_2, K)]);
        logic.w |= logic.x;
        logic
    }

    /// What the algebra decides otherwise than logic; nothing if all is well.
    fn disagreement(&self) -> Option<String> {
        self.logic.iter().find_map(|(context, logic)| {
            let cells = [
                ("x", context.search_key(), logic.x),
                ("D_w", context.trapdoor_of(W), logic.w),
                ("T", context.chain_of(LAB, W), logic.w || logic.y),
                ("T of another lab", context.chain_of(LAB_2, W), logic.w),
            ];
            let wrong =
                |(_, target, gets): &(_, _, bool)| (self.holds.verdict(target) == Verdict::Break) != *gets;
            let (name, _, gets) = cells.into_iter().find(wrong)?;
            Some(format!("{name} of {context:?}: {gets} by logic"))
        })
    }
}

#[test]
fn verdicts_agree_with_logic_in_random_worlds() {
    let full = std::env::var_os("HIPPOCRYPT_FULL").is_some_and(|value| value == "1");
    let count = if full { 20_000 } else { 300 };
    let (mut open, mut closed) = (0, 0);
    for seed in 0..count {
        let world = World::new(seed, Weakness::None);
        if let Some(what) = world.disagreement() {
            panic!("seed {seed}: {what}");
        }
        for (_, logic) in &world.logic {
            *(if logic.w { &mut open } else { &mut closed }) += 1;
        }
    }
    // Neither answer may become a rarity.
    assert!(open * 5 > count && closed * 5 > count, "{open} {closed}");
}

#[test]
fn random_worlds_find_every_weakness() {
    for weakness in [Weakness::OnePart, Weakness::Multiplied, Weakness::NoBlinding, Weakness::OneWriterKey] {
        let found = (0..100).position(|seed| World::new(seed, weakness).disagreement().is_some());
        assert!(found.is_some(), "{weakness:?} is not found");
    }
}
