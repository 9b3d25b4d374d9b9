//! The unit, measured as an operation of its own.

use hippocrypt::math::{G1, G2, GT_BYTES, Gt, pairing_product};
use hippocrypt::{Secret, os_rng};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::World;
use super::Work;

/// One pairing: e(g1^a, g2^b), which must be e(g1, g2)^ab.
pub fn pairing<'w>(_: &'w World, _: &Cell) -> Result<Work<'w>, Wrong> {
    let base: Gt = pairing_product(&[(G1::generator().into(), G2::generator())]);
    Ok(Box::new(move |watch| {
        let [a, b] = [0; 2].map(|_| Secret::random_nonzero(&mut os_rng()));
        let pairs = [(G1::generator().pow(&a).into(), G2::generator().pow(&b))];
        let result = watch.time(|| pairing_product(&pairs));
        Wrong::unless(result == base.pow(&a).pow(&b), "the pairing is not bilinear")?;
        Ok(GT_BYTES)
    }))
}
