//! Every operation of `math` that takes a secret.

use std::hint::black_box;

use hippocrypt::Secret;
use hippocrypt::math::{G1, G2, Gt, Scalar, UncheckedRow, combine_rows_vartime};
use hippocrypt::math::{linear_combination_vartime, pairing_product, sum_vartime};
use rand_core::{TryCryptoRng, TryRng};
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};

/// What an operation may use. `a`, `b`, `wide`, `point`, `element` are secret, the rest is public.
pub struct Inputs {
    pub a: Secret<Scalar>,
    pub b: Secret<Scalar>,
    pub wide: [u8; 48],
    pub point: G1,
    pub element: Gt,
    pub g1: G1,
    pub g2: G2,
    pub gt: Gt,
    pub row: UncheckedRow,
    pub coefficients: [Scalar; 3],
}

pub struct Operation {
    pub name: &'static str,
    pub run: fn(&Inputs),
}

macro_rules! operations {
    ($($name:literal => |$inputs:ident| $value:expr;)*) => {
        &[$(Operation { name: $name, run: |$inputs| { black_box($value); } }),*]
    };
}

pub const OPERATIONS: &[Operation] = operations! {
    "scalar/add" => |i| *i.a.expose_secret() + *i.b.expose_secret();
    "scalar/sub" => |i| *i.a.expose_secret() - *i.b.expose_secret();
    "scalar/neg" => |i| -*i.a.expose_secret();
    "scalar/mul" => |i| *i.a.expose_secret() * *i.b.expose_secret();
    "scalar/invert" => |i| i.a.expose_secret().invert();
    "scalar/from_wide" => |i| Scalar::from_wide(&i.wide);
    "scalar/to_bytes" => |i| i.a.expose_secret().to_bytes();
    "scalar/from_xof" => |i| Scalar::from_wide(&shake(&i.wide));
    "scalar/random_nonzero" => |i| Secret::<Scalar>::random_nonzero(&mut Fixed(i.wide));
    "g1/pow" => |i| i.g1.pow(&i.a);
    "g1/pow_product" => |i| i.g1.pow_product(&i.a, &i.point, &i.b);
    "g1/add" => |i| i.point + i.g1;
    "g1/neg" => |i| -i.point;
    "g1/sum" => |i| sum_vartime(&[i.point, i.g1, i.point]);
    "g1/linear_combination" => |i| linear_combination_vartime(&[i.point, i.g1, i.point], &i.coefficients);
    "g1/to_bytes" => |i| i.point.to_bytes();
    "g2/pow" => |i| i.g2.pow(&i.a);
    "gt/pow" => |i| i.gt.pow(&i.a);
    "gt/pow_secret_base" => |i| i.element.pow(&i.b);
    "gt/mul" => |i| i.element * i.gt;
    "gt/to_bytes" => |i| i.element.to_bytes();
    "gt/ct_eq" => |i| declassified(i.element.ct_eq(&i.gt));
    "pairing" => |i| pairing_product(&[(i.point.into(), i.g2), (combine_rows_vartime(&[i.row], &i.coefficients), i.g2)]);
};

/// Equality is what `ct_eq` reveals; nothing branches on it before it is made public here.
fn declassified(mut equal: bool) -> bool {
    crate::valgrind::declassify(&mut equal);
    equal
}

fn shake(seed: &[u8]) -> [u8; 48] {
    let mut state = Shake256::default();
    state.update(seed);
    let mut bytes = [0; 48];
    state.finalize_xof().read(&mut bytes);
    bytes
}

/// A generator that yields one block of secret bytes for ever.
struct Fixed([u8; 48]);

impl TryRng for Fixed {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for (to, from) in bytes.iter_mut().zip(self.0) {
            *to = from;
        }
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}
