//! Secrets are gone from memory after drop, and in no output before it. (attack: secrets in memory)

use std::alloc::{GlobalAlloc, Layout, System};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

use hippocrypt::math::{G1, G2, Gt, Scalar, pairing_product};
use hippocrypt::{Secret, SecretBytes};
use zeroize::Zeroize;

/// Puts `value` into a buffer that outlives it, drops it there, and returns the bytes of before and after.
fn dropped_in_place<T>(value: T) -> (Vec<u8>, Vec<u8>) {
    let mut buffer = MaybeUninit::<T>::zeroed();
    buffer.write(value);
    let read = |buffer: &MaybeUninit<T>| -> Vec<u8> {
        // Volatile, so that the reads happen after the drop and see its writes. SAFETY: the buffer
        // was zeroed and then written; types with padding are not used here.
        (0..size_of::<T>())
            .map(|at| unsafe { buffer.as_ptr().cast::<u8>().add(at).read_volatile() })
            .collect()
    };
    let before = read(&buffer);
    // SAFETY: the buffer holds a value, which is dropped once and not used again.
    unsafe { core::ptr::drop_in_place(buffer.as_mut_ptr()) };
    (before, read(&buffer))
}

fn scalar() -> Scalar {
    Scalar::from_wide(&[0xa7; 48])
}

fn element() -> Gt {
    pairing_product(&[(G1::generator().into(), G2::generator())])
}

#[test]
fn values_are_wiped() {
    fn check<T: Zeroize>(value: T) {
        let (before, after) = dropped_in_place(Secret::new(value));
        assert!(before.iter().filter(|byte| **byte != 0).count() > before.len() / 2);
        // A group element may be wiped to the neutral element, whose encoding is public.
        let left = before.iter().zip(&after).filter(|(old, new)| old == new && **old != 0).count();
        assert_eq!(left, 0, "{}", core::any::type_name::<T>());
    }
    check([0xa7u8; 32]);
    check(scalar());
    check(G1::generator());
    check(G2::generator());
    check(element());
}

#[test]
fn bytes_and_scalars_are_wiped_to_zero() {
    assert_eq!(dropped_in_place(Secret::new([0xa7u8; 32])).1, [0; 32]);
    assert_eq!(dropped_in_place(Secret::new(scalar())).1, [0; 32]);
}

/// The heap behind a secret vector, its spare capacity included.
#[test]
fn vectors_are_wiped_before_they_are_freed() {
    let canary = || {
        let mut bytes = vec![CANARY; 64];
        bytes.truncate(8);
        bytes
    };
    drop(Secret::new(canary()));
    assert_eq!(FREED_WITH_CANARY.load(Ordering::Relaxed), 0);
    // The same without `Secret` is noticed.
    drop(canary());
    assert_eq!(FREED_WITH_CANARY.load(Ordering::Relaxed), 1);
}

const CANARY: u8 = 0xd3;
static FREED_WITH_CANARY: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator; counts the blocks freed with sixteen canaries in a row.
struct Watch;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watch {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let mut run = 0;
        for at in 0..layout.size() {
            // SAFETY: inside the block, which is still owned; volatile, as it may be uninitialised.
            run = if unsafe { block.add(at).read_volatile() } == CANARY { run + 1 } else { 0 };
            if run == 16 {
                FREED_WITH_CANARY.fetch_add(1, Ordering::Relaxed);
            }
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watch = Watch;

#[test]
fn nothing_is_printed() {
    let secret_bytes: SecretBytes = Secret::new(vec![0xa7; 8]);
    let point = G1::generator();
    for (printed, expected) in [
        (format!("{:?} {:#?}", scalar(), scalar()), "Scalar(..) Scalar(..)"),
        (format!("{point:?} {point:#?}"), "G1(..) G1(..)"),
        (format!("{:?} {:#?}", G2::generator(), G2::generator()), "G2(..) G2(..)"),
        (format!("{:?} {:#?}", element(), element()), "Gt(..) Gt(..)"),
        (format!("{:?} {:#?}", Secret::new(scalar()), Secret::new([7u8; 4])), "Secret(..) Secret(..)"),
        (format!("{secret_bytes:?} {secret_bytes:#?}"), "Secret(..) Secret(..)"),
        (format!("{:?}", Some(Secret::new(scalar()))), "Some(Secret(..))"),
    ] {
        assert_eq!(printed, expected);
    }
}
