//! The pairing. (SPEC `[MATH-5]`)

use alloc::boxed::Box;
use alloc::vec::Vec;

use once_cell::race::OnceBox;
use zeroize::Zeroize;

use super::Active;
use super::backend::Backend;
use super::group::G2;
use super::gt::Gt;
use super::row::RowSum;
use crate::secret::opaque_debug;

/// Π e(Pᵢ, Qᵢ): 1 for no pairs. (SPEC `[MATH-5]`)
pub fn pairing_product(pairs: &[(RowSum, G2)]) -> Gt {
    let mut pairs: Vec<_> = pairs.iter().map(|(p, q)| (p.0, q.0)).collect();
    let product = Gt(Active::pairing_product(&pairs));
    for (p, q) in &mut pairs {
        p.zeroize();
        q.zeroize();
    }
    product
}

/// An element of G2 with the lines through it that a Miller loop follows: 20 KB, wiped on drop.
///
/// They are a fifth of a pairing's work, and depend on this element alone.
pub struct PreparedG2 {
    /// `None` for the identity.
    lines: Option<<Active as Backend>::Lines>,
}

impl PreparedG2 {
    /// The lines through `q`.
    pub fn new(q: &G2) -> Self {
        Self { lines: (!q.is_identity()).then(|| Active::lines(&q.0)) }
    }

    /// The generator g2, prepared once in this process.
    pub fn generator() -> &'static Self {
        static GENERATOR: OnceBox<PreparedG2> = OnceBox::new();
        GENERATOR.get_or_init(|| Box::new(Self::new(&G2::generator())))
    }
}

impl Drop for PreparedG2 {
    fn drop(&mut self) {
        if let Some(lines) = &mut self.lines {
            lines.zeroize();
        }
    }
}

opaque_debug!(PreparedG2);

/// As [`pairing_product`], for prepared elements.
pub fn pairing_product_prepared(pairs: &[(RowSum, &PreparedG2)]) -> Gt {
    let mut pairs: Vec<_> = pairs.iter().filter_map(|(p, q)| Some((p.0, q.lines.as_ref()?))).collect();
    let product = Gt(Active::pairing_product_of_lines(&pairs));
    for (p, _) in &mut pairs {
        p.zeroize();
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{G1, Scalar};
    use crate::secret::Secret;

    #[test]
    fn preparation_changes_no_pairing() {
        let power = |k: u64| Secret::new(Scalar::from_u64(k));
        let points: Vec<G1> = (0..4).map(|k| G1::generator().pow(&power(k))).collect();
        let partners: Vec<G2> = [3, 0, 1, 9].map(|k| G2::generator().pow(&power(k))).to_vec();
        let prepared: Vec<PreparedG2> = partners.iter().map(PreparedG2::new).collect();
        // Identities among the points and among their partners, and no pair at all.
        for count in 0..=4 {
            let plain: Vec<_> =
                points.iter().zip(&partners).take(count).map(|(p, q)| ((*p).into(), *q)).collect();
            let lines: Vec<_> =
                points.iter().zip(&prepared).take(count).map(|(p, q)| ((*p).into(), q)).collect();
            assert!(pairing_product(&plain) == pairing_product_prepared(&lines));
        }
        let generator = pairing_product_prepared(&[(points[1].into(), PreparedG2::generator())]);
        assert!(generator == pairing_product(&[(points[1].into(), G2::generator())]));
    }
}
