//! Sparse polynomials in named variables: the exponents of group elements.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use crate::field::{Random, Scalar};

/// Variables of hashed points bear this bit: everybody can compute them in G1.
const POINT: u16 = 1 << 15;

thread_local! {
    /// Names of the variables; each test has a thread and so a table of its own.
    static NAMES: RefCell<HashMap<String, u16>> = RefCell::default();
}

fn variable(name: String, kind: u16) -> u16 {
    NAMES.with_borrow_mut(|names| {
        let next = u16::try_from(names.len() + 1).unwrap();
        assert!(next < POINT, "too many variables");
        *names.entry(format!("{kind}{name}")).or_insert(kind | next)
    })
}

/// Starts anew with no variables, where many worlds follow each other in one test. Polynomials
/// from before must not be used any more.
pub fn forget_variables() {
    NAMES.take();
}

/// A scalar the adversary does not know. The same name is the same scalar.
pub fn secret(name: impl Into<String>) -> Polynomial {
    Polynomial::term(Monomial::of(variable(name.into(), 0)), Scalar::ONE)
}

/// The unknown discrete logarithm of a point hashed to G1. The point itself is public.
pub fn point(name: impl Into<String>) -> Polynomial {
    Polynomial::term(Monomial::of(variable(name.into(), POINT)), Scalar::ONE)
}

/// A scalar the adversary knows: a random constant. The same name is the same scalar.
pub fn known(name: &str) -> Polynomial {
    // FNV-1a over the name seeds the generator.
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    constant(Random::new(seed).scalar())
}

pub fn constant(value: Scalar) -> Polynomial {
    Polynomial::term(Monomial::ONE, value)
}

pub fn zero() -> Polynomial {
    constant(Scalar::ZERO)
}

pub fn one() -> Polynomial {
    constant(Scalar::ONE)
}

/// A pseudorandom function under a key the adversary lacks: a fresh scalar for each new input,
/// the same scalar for the same input.
pub fn prf(key: &str, input: &[&str]) -> Polynomial {
    // Debug quotes each part, so that no two inputs read the same.
    secret(format!("{key}{input:?}"))
}

/// Up to eight variables of 16 bits, the largest first: equal products are equal numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monomial(u128);

impl Monomial {
    const ONE: Self = Self(0);

    fn of(variable: u16) -> Self {
        Self(u128::from(variable) << 112)
    }

    fn degree(self) -> u32 {
        8 - self.0.trailing_zeros() / 16
    }

    /// Merges the two sorted lists of variables.
    fn times(self, other: Self) -> Self {
        assert!(self.degree() + other.degree() <= 8, "degree above 8");
        let (mut a, mut b, mut product) = (self.0, other.0, 0_u128);
        while a | b != 0 {
            let longest = if a >> 112 >= b >> 112 { &mut a } else { &mut b };
            product = product << 16 | *longest >> 112;
            *longest <<= 16;
        }
        Self(product.checked_shl(16 * (8 - self.degree() - other.degree())).unwrap_or(0))
    }

    pub fn variables(self) -> impl Iterator<Item = u16> {
        (0..8).map(move |i| (self.0 >> (112 - 16 * i)) as u16).take_while(|&variable| variable != 0)
    }
}

/// Terms sorted by monomial, largest first, no coefficient 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Polynomial(Vec<(Monomial, Scalar)>);

impl Polynomial {
    fn term(monomial: Monomial, coefficient: Scalar) -> Self {
        Self::collect(vec![(monomial, coefficient)])
    }

    fn collect(mut terms: Vec<(Monomial, Scalar)>) -> Self {
        terms.sort_unstable_by_key(|&(monomial, _)| std::cmp::Reverse(monomial));
        terms.dedup_by(|term, kept| {
            let same = term.0 == kept.0;
            if same {
                kept.1 = kept.1 + term.1;
            }
            same
        });
        terms.retain(|&(_, coefficient)| coefficient != Scalar::ZERO);
        Self(terms)
    }

    pub fn leading(&self) -> Option<(Monomial, Scalar)> {
        self.0.first().copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn scaled(&self, factor: Scalar) -> Self {
        assert_ne!(factor, Scalar::ZERO);
        Self(self.0.iter().map(|&(monomial, value)| (monomial, value * factor)).collect())
    }

    /// `self + factor * other`, by merging the sorted terms.
    pub fn plus_multiple(&self, factor: Scalar, other: &Self) -> Self {
        let mut sum = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.as_slice(), other.0.as_slice());
        while let (Some((&a, rest_left)), Some((&b, rest_right))) = (left.split_first(), right.split_first())
        {
            if a.0 > b.0 {
                sum.push(a);
                left = rest_left;
            } else if b.0 > a.0 {
                sum.push((b.0, b.1 * factor));
                right = rest_right;
            } else {
                let value = a.1 + b.1 * factor;
                if value != Scalar::ZERO {
                    sum.push((a.0, value));
                }
                (left, right) = (rest_left, rest_right);
            }
        }
        sum.extend_from_slice(left);
        sum.extend(right.iter().map(|&(monomial, value)| (monomial, value * factor)));
        Self(sum)
    }

    /// The hashed points that occur.
    pub fn points(&self) -> impl Iterator<Item = Polynomial> {
        let variables = self.0.iter().flat_map(|&(monomial, _)| monomial.variables());
        variables
            .filter(|variable| variable & POINT != 0)
            .map(|variable| Self::term(Monomial::of(variable), Scalar::ONE))
    }
}

/// Terms by the number of their variables; only for failure messages and as input of a `prf`.
impl fmt::Display for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (monomial, coefficient) in &self.0 {
            write!(f, "+{coefficient:?}{:x}", monomial.0)?;
        }
        Ok(())
    }
}

impl Neg for &Polynomial {
    type Output = Polynomial;
    fn neg(self) -> Polynomial {
        self.scaled(-Scalar::ONE)
    }
}

impl Add for &Polynomial {
    type Output = Polynomial;
    fn add(self, other: &Polynomial) -> Polynomial {
        self.plus_multiple(Scalar::ONE, other)
    }
}

impl Sub for &Polynomial {
    type Output = Polynomial;
    fn sub(self, other: &Polynomial) -> Polynomial {
        self.plus_multiple(-Scalar::ONE, other)
    }
}

impl Mul for &Polynomial {
    type Output = Polynomial;
    fn mul(self, other: &Polynomial) -> Polynomial {
        let mut terms = Vec::with_capacity(self.0.len() * other.0.len());
        for (a, x) in &self.0 {
            for (b, y) in &other.0 {
                terms.push((a.times(*b), *x * *y));
            }
        }
        Polynomial::collect(terms)
    }
}

/// The operators on values, so that formulas read as in the design.
macro_rules! by_value {
    ($($operator:ident $method:ident),*) => { $(
        impl $operator for Polynomial {
            type Output = Polynomial;
            fn $method(self, other: Polynomial) -> Polynomial {
                (&self).$method(&other)
            }
        }
        impl $operator<&Polynomial> for Polynomial {
            type Output = Polynomial;
            fn $method(self, other: &Polynomial) -> Polynomial {
                (&self).$method(other)
            }
        }
        impl $operator<Polynomial> for &Polynomial {
            type Output = Polynomial;
            fn $method(self, other: Polynomial) -> Polynomial {
                self.$method(&other)
            }
        }
    )* };
}
by_value!(Add add, Sub sub, Mul mul);

impl std::iter::Sum for Polynomial {
    fn sum<I: Iterator<Item = Polynomial>>(terms: I) -> Polynomial {
        terms.fold(zero(), |sum, term| sum + term)
    }
}

#[test]
fn ring_laws() {
    let (a, b, h) = (secret("a"), secret("b"), point("h"));
    let left = (&a + &b) * (&a - &b) + &h * &h;
    assert!(left == &a * &a - &b * &b + &h * &h);
    assert!((&a - &a).is_zero() && (&a * zero()).is_zero() && &a * one() == a);
    assert!(&a * &b * &h == &h * (&b * &a) && a != b);
    assert!(secret("x") == secret("x") && secret("x") != point("x") && known("x") != known("y"));
    assert!((&a * known("c") - &a * known("c")).is_zero());
    let points: Vec<_> = (&a * &h + &b).points().collect();
    assert!(points == [h]);
}

#[test]
fn a_prf_is_a_function_of_its_whole_input() {
    assert!(prf("k", &["a", "b"]) == prf("k", &["a", "b"]));
    assert!(prf("k", &["a", "b"]) != prf("k", &["ab", ""]) && prf("k", &["a"]) != prf("l", &["a"]));
}
