//! Laurent monomials in named unknowns: the exponents of the search protocol.

use std::collections::BTreeMap;
use std::ops::{Div, Mul};

/// Unknowns with this prefix are discrete logarithms of hashed points.
const POINT: &str = "H ";

/// Exponents by unknown; none of them is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monomial(BTreeMap<String, i64>);

/// The exponent of a generator.
pub fn one() -> Monomial {
    Monomial::default()
}

/// A scalar that nobody told the adversary. The same name is the same scalar.
pub fn unknown(name: impl Into<String>) -> Monomial {
    Monomial(BTreeMap::from([(name.into(), 1)]))
}

/// The unknown discrete logarithm of a point hashed to G1. The point itself is public.
pub fn point(name: &str) -> Monomial {
    unknown(format!("{POINT}{name}"))
}

impl Monomial {
    pub fn power(&self, exponent: i64) -> Self {
        let mut power = self.clone();
        power.0.values_mut().for_each(|value| *value *= exponent);
        power.0.retain(|_, value| *value != 0);
        power
    }

    /// Exponents add up, or are subtracted with the sign -1.
    fn with_exponents(&self, other: &Self, sign: i64) -> Self {
        let mut product = self.clone();
        for (name, exponent) in other.exponents() {
            *product.0.entry(name.clone()).or_default() += sign * exponent;
        }
        product.0.retain(|_, exponent| *exponent != 0);
        product
    }

    pub fn exponents(&self) -> impl Iterator<Item = (&String, i64)> {
        self.0.iter().map(|(name, exponent)| (name, *exponent))
    }

    /// The hashed points that occur in the monomial.
    pub fn points(&self) -> impl Iterator<Item = Self> {
        self.0.keys().filter(|name| name.starts_with(POINT)).map(unknown)
    }
}

impl Mul for &Monomial {
    type Output = Monomial;
    fn mul(self, other: Self) -> Monomial {
        self.with_exponents(other, 1)
    }
}

impl Div for &Monomial {
    type Output = Monomial;
    fn div(self, other: Self) -> Monomial {
        self.with_exponents(other, -1)
    }
}

macro_rules! owned {
    ($trait:ident, $method:ident) => {
        impl $trait for Monomial {
            type Output = Monomial;
            fn $method(self, other: Self) -> Monomial {
                (&self).$method(&other)
            }
        }
        impl $trait<&Monomial> for Monomial {
            type Output = Monomial;
            fn $method(self, other: &Monomial) -> Monomial {
                (&self).$method(other)
            }
        }
        impl $trait<Monomial> for &Monomial {
            type Output = Monomial;
            fn $method(self, other: Monomial) -> Monomial {
                self.$method(&other)
            }
        }
    };
}
owned!(Mul, mul);
owned!(Div, div);

#[test]
fn group_laws() {
    let [a, b, h] = [unknown("a"), unknown("b"), point("h")];
    assert_eq!(&a * &b / &a, b);
    assert_eq!(&a / &a, one());
    assert_eq!((&a / &b).power(-2), &b * &b / &a / &a);
    assert_eq!(a.power(0), one());
    assert_ne!(&a * &b, &a * &h);
    assert_eq!((&a * &h).points().collect::<Vec<_>>(), [h]);
}
