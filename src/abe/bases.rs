//! What the keys and ciphertexts of a realm are powers of, with what is precomputed for them.

use alloc::sync::Arc;
use alloc::vec::Vec;

#[cfg(feature = "std")]
use super::cache::AttributeCache;
use super::scheme;
use crate::math::{FixedG1, FixedG2, FixedGt, Gt};
use crate::policy::Label;

/// E of a realm, and the points of attributes; shared by clones.
#[derive(Clone)]
pub(crate) struct Bases {
    e: Arc<FixedGt>,
    #[cfg(feature = "std")]
    pub(crate) attributes: AttributeCache,
}

impl Bases {
    pub(crate) fn new(e: Gt) -> Self {
        Self {
            e: Arc::new(FixedGt::new(e)),
            #[cfg(feature = "std")]
            attributes: AttributeCache::default(),
        }
    }

    /// E.
    pub(crate) fn e(&self) -> &FixedGt {
        &self.e
    }

    /// H(x) for each label.
    pub(crate) fn points(&self, labels: &[Label]) -> Vec<Arc<FixedG1>> {
        #[cfg(feature = "std")]
        return self.attributes.points(labels);
        #[cfg(not(feature = "std"))]
        return scheme::attribute_points(labels);
    }

    /// Makes the tables of B, g2 and E now, not at their first use that pays.
    pub(crate) fn prepare(&self) {
        scheme::base().prepare();
        FixedG2::generator().prepare();
        self.e.prepare();
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::hash::{Label as HashLabel, Xof};
    use crate::math::{G1, Scalar};
    use crate::policy::{AttributeSet, Policy, Schema};
    use crate::secret::Secret;
    use crate::testing::TestRng;

    /// The bytes of a ciphertext and of a key, made from fixed coins.
    fn made(bases: &Bases, g1_alpha: &Secret<G1>, policy: &Policy, labels: &[Label]) -> Vec<u8> {
        let program = policy.span_program();
        let mut coins = Xof::new(HashLabel::Coins, &[b"tables change no byte"]);
        let h = bases.points(program.labels());
        let (k, ciphertext) = scheme::encrypt(bases.e(), &program, &h, &mut coins);
        let key = scheme::keygen(g1_alpha, &bases.points(labels), &mut TestRng::new("key"));
        let mut bytes = k.expose_secret().to_bytes().to_vec();
        for element in ciphertext.c2.iter().chain([&ciphertext.c1, &key.k1]) {
            bytes.extend_from_slice(&element.to_bytes());
        }
        for element in ciphertext.c3.iter().chain(&key.k3).chain([&key.k2]) {
            bytes.extend_from_slice(&element.to_bytes());
        }
        bytes
    }

    #[test]
    fn tables_change_no_byte() {
        let g1_alpha = Secret::new(G1::generator().pow(&Secret::new(Scalar::from_u64(7).invert())));
        let e = scheme::public_element(&g1_alpha);
        let warm = Bases::new(e);
        // From one row to more than a block; labels that repeat; a threshold.
        for leaves in [1, 3, 4, 23, 150] {
            let names: Vec<String> = (0..leaves).map(|number| format!("a{number}")).collect();
            let text = format!("{} or 1 of (a0, a0, b)", names.join(" and "));
            let policy = Policy::parse(&text, &Schema::empty()).unwrap();
            let labels = AttributeSet::parse(&names.join(", "), &Schema::empty()).unwrap().labels();
            let cold = made(&Bases::new(e), &g1_alpha, &policy, &labels);
            // As the cache fills, as its tables come, and with those of the fixed bases.
            for _ in 0..AttributeCache::TABLE_FROM_USE {
                assert!(made(&warm, &g1_alpha, &policy, &labels) == cold);
            }
            warm.prepare();
            assert!(made(&warm, &g1_alpha, &policy, &labels) == cold);
        }
        assert!(warm.attributes.bytes() > 150 * 33_000);
    }
}
