//! Combs in G1 and G2: affine tables, Jacobian sums.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::comb::Group;
use super::digits::Column;
use crate::math::backend::Backend;

/// G1 over a backend.
pub(crate) struct OnG1<B>(PhantomData<B>);

/// G2 over a backend.
pub(crate) struct OnG2<B>(PhantomData<B>);

impl<B: Backend> Group for OnG1<B> {
    type Element = B::P1;
    type Entry = B::A1;
    type Sum = B::P1;

    fn double(a: &B::P1) -> B::P1 {
        B::p1_double(a)
    }

    fn add(a: &B::P1, b: &B::P1) -> B::P1 {
        B::p1_add(a, b)
    }

    fn neg(a: &B::P1) -> B::P1 {
        B::p1_neg(a)
    }

    fn entries(elements: &[B::P1]) -> Vec<B::A1> {
        B::p1_batch_to_affine(elements)
    }

    fn lookup(table: &[B::A1], column: Column) -> B::A1 {
        B::a1_lookup(table, column.index, column.negative)
    }

    fn start(entry: &B::A1) -> B::P1 {
        B::p1_from_affine(entry)
    }

    fn double_sum(sum: &mut B::P1) {
        *sum = B::p1_double(sum);
    }

    fn add_entry(sum: &mut B::P1, entry: &B::A1) {
        *sum = B::p1_add_affine(sum, entry);
    }
}

impl<B: Backend> Group for OnG2<B> {
    type Element = B::P2;
    type Entry = B::A2;
    type Sum = B::P2;

    fn double(a: &B::P2) -> B::P2 {
        B::p2_double(a)
    }

    fn add(a: &B::P2, b: &B::P2) -> B::P2 {
        B::p2_add(a, b)
    }

    fn neg(a: &B::P2) -> B::P2 {
        B::p2_neg(a)
    }

    fn entries(elements: &[B::P2]) -> Vec<B::A2> {
        B::p2_batch_to_affine_vartime(elements)
    }

    fn lookup(table: &[B::A2], column: Column) -> B::A2 {
        B::a2_lookup(table, column.index, column.negative)
    }

    fn start(entry: &B::A2) -> B::P2 {
        B::p2_from_affine(entry)
    }

    fn double_sum(sum: &mut B::P2) {
        *sum = B::p2_double(sum);
    }

    fn add_entry(sum: &mut B::P2, entry: &B::A2) {
        *sum = B::p2_add_affine(sum, entry);
    }
}
