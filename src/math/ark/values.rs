//! The types of the backend: arkworks' own, which know how to be wiped.

use ark_bls12_381::{Config, Fq2, Fq6, Fq12, Fr as ArkFr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::bls12::G2Prepared;
use ark_ff::AdditiveGroup;
use zeroize::Zeroize;

/// Wraps a value of arkworks so that all of them share one notion of wiping: overwriting with the
/// neutral element, which is what arkworks' own implementation does.
macro_rules! wrap {
    ($name:ident, $inner:ty, $neutral:expr) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(super) $inner);
        impl Zeroize for $name {
            fn zeroize(&mut self) {
                self.0 = $neutral;
                // The write must not be removed as dead.
                core::hint::black_box(&self.0);
            }
        }
    };
}
wrap!(Fr, ArkFr, ArkFr::ZERO);
wrap!(P1, G1Projective, G1Projective::default());
wrap!(A1, G1Affine, G1Affine::identity());
wrap!(P2, G2Projective, G2Projective::default());
wrap!(A2, G2Affine, G2Affine::identity());
wrap!(F6, Fq6, Fq6::ZERO);
wrap!(F12, Fq12, Fq12::ZERO);

impl PartialEq for Fr {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// The lines of a Miller loop; about 20 KB.
pub(crate) struct Lines(pub(super) G2Prepared<Config>);

impl Zeroize for Lines {
    fn zeroize(&mut self) {
        for (a, b, c) in &mut self.0.ell_coeffs {
            (*a, *b, *c) = (Fq2::ZERO, Fq2::ZERO, Fq2::ZERO);
        }
        // The writes must not be removed as dead.
        core::hint::black_box(&self.0);
    }
}
