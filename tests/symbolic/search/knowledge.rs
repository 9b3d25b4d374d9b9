//! What an adversary of the index holds, and what he can make of it.

use std::collections::BTreeSet;

use super::monomial::{Monomial, one};
use super::rank::Lattice;

/// The exponents of all that an adversary holds. The generators and all hashed points are his.
#[derive(Clone, Default)]
pub struct Knowledge {
    scalars: Vec<Monomial>,
    g1: Vec<Monomial>,
    g2: Vec<Monomial>,
    gt: Vec<Monomial>,
    /// Scalars of others who raise any element of G1 to them: gates that answer.
    oracles: Vec<Monomial>,
}

/// What the adversary wants to compute.
#[derive(Clone, Debug)]
pub enum Target {
    Scalar(Monomial),
    G1(Monomial),
    Gt(Monomial),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Safe,
    Break,
}

/// How often an explicit attack asks each oracle, one answer fed into the next question.
const QUESTIONS: i64 = 3;

impl Knowledge {
    pub fn scalars(mut self, exponents: impl IntoIterator<Item = Monomial>) -> Self {
        self.scalars.extend(exponents);
        self
    }

    pub fn g1(mut self, exponents: impl IntoIterator<Item = Monomial>) -> Self {
        self.g1.extend(exponents);
        self
    }

    pub fn g2(mut self, exponents: impl IntoIterator<Item = Monomial>) -> Self {
        self.g2.extend(exponents);
        self
    }

    pub fn gt(mut self, exponents: impl IntoIterator<Item = Monomial>) -> Self {
        self.gt.extend(exponents);
        self
    }

    pub fn oracles(mut self, exponents: impl IntoIterator<Item = Monomial>) -> Self {
        self.oracles.extend(exponents);
        self
    }

    /// Two adversaries who pool what they hold.
    pub fn and(self, other: Self) -> Self {
        let Self { scalars, g1, g2, gt, oracles } = other;
        self.scalars(scalars).g1(g1).g2(g2).gt(gt).oracles(oracles)
    }

    fn points(&self) -> BTreeSet<Monomial> {
        self.g1.iter().flat_map(Monomial::points).collect()
    }

    /// All of G1 without the help of oracles, given the hashed points that matter.
    fn in_g1(&self, points: BTreeSet<Monomial>) -> Vec<Monomial> {
        [one()].into_iter().chain(points).chain(self.g1.iter().cloned()).collect()
    }

    fn in_g2(&self) -> impl Iterator<Item = Monomial> {
        [one()].into_iter().chain(self.g2.iter().cloned())
    }

    /// All products of the oracles' exponents, each to a power of at most `QUESTIONS`.
    fn answers(&self) -> Vec<Monomial> {
        self.oracles.iter().fold(vec![one()], |answers, oracle| {
            let powers = |answer: &Monomial| {
                let answer = answer.clone();
                (0..=QUESTIONS).map(move |times| &answer * oracle.power(times))
            };
            answers.iter().flat_map(powers).collect()
        })
    }

    /// Whether the target can be computed.
    ///
    /// A scalar behind an oracle can be used, not known: on G1 only, as often as one likes, but
    /// neither inverted nor mixed with roots. What few questions reach is a lower bound: each is
    /// an attack. What the span would reach if oracles took rational powers is an upper bound.
    /// The two must agree, and then the verdict is exact; if they ever do not, the row that
    /// shows it needs a closer look, and this panics.
    pub fn verdict(&self, target: &Target) -> Verdict {
        // Quotients of the target and what is at hand; a known scalar must be left. Only where
        // an element of G1 is involved can oracles bridge the rest.
        let (mut plain, mut through_g1) = (Vec::new(), Vec::new());
        match target {
            Target::Scalar(target) => plain.push(target.clone()),
            Target::G1(target) => {
                let points = target.points().collect();
                through_g1.extend(self.in_g1(&self.points() | &points).iter().map(|held| target / held));
            }
            Target::Gt(target) => {
                plain.extend(self.gt.iter().map(|held| target / held));
                let points = target.points().collect();
                for held in self.in_g1(&self.points() | &points) {
                    through_g1.extend(self.in_g2().map(|other| target / &held / other));
                }
            }
        }
        let known = Lattice::of(&self.scalars);
        let with_oracles = Lattice::of(self.scalars.iter().chain(&self.oracles));
        let answers = self.answers();
        let plain = plain.iter().any(|rest| known.contains(rest));
        through_g1.retain(|rest| with_oracles.contains(rest));
        let attack = |rest: &Monomial| answers.iter().any(|answer| known.contains(&(rest / answer)));
        let at_most = plain || !through_g1.is_empty();
        let at_least = plain || through_g1.iter().any(attack);
        assert_eq!(at_least, at_most, "whether oracles reach {target:?} is open");
        if at_least { Verdict::Break } else { Verdict::Safe }
    }

    /// Whether a test tells this world from another, in which the same scalars are known and the
    /// same number of elements is held.
    ///
    /// Tests are equations between products of G1 and G2, each to the power of known scalars. As
    /// with targets, equations of more than two products follow from those of two.
    pub fn differs_from(&self, other: &Self) -> bool {
        assert_eq!(self.scalars, other.scalars);
        assert!(self.oracles.is_empty() && other.oracles.is_empty(), "tests with oracles are not modelled");
        let points = &self.points() | &other.points();
        let known = Lattice::of(&self.scalars);
        let products = |world: &Self| -> Vec<Monomial> {
            let pairs = |held: Monomial| world.in_g2().map(move |other| &held * other).collect::<Vec<_>>();
            let in_g1 = world.in_g1(points.clone());
            in_g1.into_iter().flat_map(pairs).chain(world.gt.iter().cloned()).collect()
        };
        let (here, there) = (products(self), products(other));
        assert_eq!(here.len(), there.len());
        let relation = |products: &[Monomial], i: usize, j: usize| {
            Some(&products[i] / &products[j]).filter(|quotient| known.contains(quotient))
        };
        (0..here.len()).any(|i| (0..i).any(|j| relation(&here, i, j) != relation(&there, i, j)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::monomial::{point, unknown};
    use Verdict::{Break, Safe};

    #[test]
    fn elements_are_raised_to_known_scalars_and_paired_across_the_groups_only() {
        let [a, s, t, h] = [unknown("a"), unknown("s"), unknown("t"), point("h")];
        let holds = Knowledge::default().scalars([a.clone()]).g1([&h * &s]).g2([t.clone()]);
        for (target, verdict) in [
            (Target::Scalar(a.power(-1)), Break),
            (Target::Scalar(s.clone()), Safe),
            (Target::G1(&h * &a), Break),
            (Target::G1(&h * &s / &a), Break),
            (Target::G1(s.clone()), Safe),
            (Target::G1(&h * &s * &s), Safe),
            (Target::G1(t.clone()), Safe),
            (Target::Gt(&h * &s * &t), Break),
            (Target::Gt(&h * &t), Break),
            (Target::Gt(&s * &t), Safe),
            (Target::Gt(&h * &h), Safe),
        ] {
            assert_eq!(holds.verdict(&target), verdict, "{target:?}");
        }
        let in_gt = holds.gt([&s * &t]);
        assert_eq!(in_gt.verdict(&Target::Gt(&s * &t * &a)), Break);
        assert_eq!(in_gt.verdict(&Target::G1(s)), Safe);
    }

    #[test]
    fn an_oracle_can_be_used_on_g1_and_is_not_known() {
        let [a, b, t, h] = [unknown("a"), unknown("b"), unknown("t"), point("h")];
        let holds = Knowledge::default().scalars([a.clone()]).g2([t.clone()]).gt([h.clone()]);
        let holds = holds.oracles([&b / &a]);
        assert_eq!(holds.verdict(&Target::Scalar(b.clone())), Safe);
        assert_eq!(holds.verdict(&Target::G1(&h * &b)), Break);
        assert_eq!(holds.verdict(&Target::G1(&h * b.power(2))), Break);
        assert_eq!(holds.verdict(&Target::Gt(&h * &t * &b)), Break);
        assert_eq!(holds.verdict(&Target::Gt(&t * &t * &b)), Safe);
    }

    #[test]
    #[should_panic(expected = "is open")]
    fn bounds_that_disagree_are_reported() {
        let [b, h] = [unknown("b"), point("h")];
        Knowledge::default().oracles([b.clone()]).verdict(&Target::G1(&h / &b));
    }

    #[test]
    fn a_test_is_an_equation_that_holds_in_one_world_only() {
        let [s, h, k] = [unknown("s"), point("h"), point("k")];
        let world = |point: &Monomial| Knowledge::default().g1([point * &s]);
        let any = one();
        assert!(!world(&h).differs_from(&world(&k)) && !world(&h).differs_from(&world(&any)));
        let testable = |point: &Monomial| world(point).g2([s.clone()]);
        assert!(testable(&h).differs_from(&testable(&k)));
        let known = |point: &Monomial| world(point).scalars([s.clone()]);
        assert!(known(&h).differs_from(&known(&k)) && !known(&h).differs_from(&known(&h)));
        // Related in both worlds, by another known number in each.
        let related = |factor: &Monomial| {
            let numbers = ["a", "b"].map(unknown);
            Knowledge::default().scalars(numbers).g1([&h * &s, &h * &s * factor])
        };
        assert!(related(&unknown("a")).differs_from(&related(&unknown("b"))));
    }
}
