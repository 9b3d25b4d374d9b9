//! Attack 22: hostile bytes to every decoder. It refuses them, or has read exactly what an encoder
//! writes; it does not panic, and allocates no more than the input justifies.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::objects::{Object, objects};
use hippocrypt::rand_core::Rng;
use hippocrypt::testing::TestRng;
use hippocrypt::{DecodeReason, Header, Kind, PublicParameters};

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + layout.size()));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a decoder does wrong with one input; nothing, if it is right.
fn fault(reencode: &dyn Fn(&[u8]) -> Option<Vec<u8>>, input: &[u8]) -> Option<&'static str> {
    let before = ALLOCATED.with(Cell::get);
    let output = reencode(input);
    let allocated = ALLOCATED.with(Cell::get) - before;
    match output {
        Some(bytes) if bytes != input => Some("accepts what no encoder writes"),
        // The sum of all allocations, not the peak; lists of small items grow by doubling, and a row of 48
        // bytes has a label, a gate and a place in two lists.
        _ if allocated > 100_000 + 64 * input.len() => Some("allocates more than the input justifies"),
        _ => None,
    }
}

/// The hostile relatives of a good input.
fn relatives(object: &Object) -> Vec<Vec<u8>> {
    let good = &object.bytes;
    let step = (good.len() / 400).max(1);
    let mut inputs: Vec<Vec<u8>> =
        (0..good.len()).step_by(step).map(|length| good[..length].to_vec()).collect();
    for tail in [&[0u8][..], &[0xff], &good[..7], good] {
        inputs.push([good, tail].concat());
    }
    // Every byte of the fields before the group elements, a sample of the rest.
    for at in (0..good.len()).filter(|at| *at < 160 || at % step == 0) {
        for mask in [0x01, 0x20, 0x40, 0x80, 0xff] {
            let mut flipped = good.clone();
            flipped[at] ^= mask;
            inputs.push(flipped);
        }
    }
    // Huge counts and lengths wherever one may stand.
    for at in 7..good.len().min(200) {
        for (width, value) in [(2, 0xff), (4, 0xff), (4, 0x7f)] {
            let mut huge = good.clone();
            let end = (at + width).min(huge.len());
            huge[at..end].fill(value);
            inputs.push(huge);
        }
    }
    let mut rng = TestRng::new(object.name);
    for length in [0, 1, 7, 8, 40, 200, 1000] {
        let mut noise = vec![0; length];
        rng.fill_bytes(&mut noise);
        inputs.push(noise.clone());
        // Noise behind a good prologue.
        let prologue = good.len().min(7);
        noise.splice(..length.min(prologue), good[..prologue].iter().copied());
        inputs.push(noise);
    }
    inputs
}

#[test]
fn every_decoder_reads_what_an_encoder_writes_and_nothing_else() {
    let check = |object: &Object| {
        assert_eq!((object.reencode)(&object.bytes).as_ref(), Some(&object.bytes), "{}", object.name);
        for input in relatives(object) {
            if let Some(fault) = fault(&object.reencode, &input) {
                panic!("{} {fault}: {} bytes", object.name, input.len());
            }
        }
    };
    let objects = objects();
    // Objects with many elements take seconds each.
    std::thread::scope(|scope| {
        for object in &objects {
            scope.spawn(|| check(object));
        }
    });
}

/// The weakened twins: decoders that ignore what follows, mend a flag bit, or believe a count.
#[test]
fn careless_decoders_are_found_out() {
    let objects = objects();
    let object = objects.iter().find(|object| object.name == "header").unwrap();
    let inputs = relatives(object);
    let length = object.bytes.len();
    let finds = |twin: &dyn Fn(&[u8]) -> Option<Vec<u8>>| {
        inputs.iter().filter_map(|input| fault(twin, input)).count()
    };
    assert!(finds(&|bytes| (object.reencode)(&bytes[..bytes.len().min(length)])) > 0);
    assert!(
        finds(&|bytes| {
            let mut mended = bytes.to_vec();
            if let Some(flags) = mended.get_mut(length - 48) {
                *flags |= 0x80;
            }
            (object.reencode)(&mended)
        }) > 0
    );
    assert!(
        finds(&|bytes| {
            let count = u32::from_be_bytes(bytes.get(104..108)?.try_into().ok()?);
            let believed: Vec<u8> = Vec::with_capacity(count.min(1 << 28) as usize);
            (object.reencode)(bytes).filter(|_| believed.is_empty())
        }) > 0
    );
}

#[test]
fn the_wrong_kind_of_object_is_named() {
    let objects = objects();
    for object in &objects {
        let Ok(found) = Kind::of(&object.bytes) else { continue };
        if found == Kind::PublicParameters {
            continue;
        }
        let error = PublicParameters::from_bytes(&object.bytes).unwrap_err();
        assert_eq!(error.reason, DecodeReason::WrongKind { expected: Kind::PublicParameters, found });
        assert!(error.to_string().contains("but a set of public parameters is needed"), "{error}");
    }
}

/// Elements that no honest encoder writes, at every place of an element in a header.
#[test]
fn bad_group_elements_are_refused() {
    let objects = objects();
    let header = &objects.iter().find(|object| object.name == "header").unwrap().bytes;
    let parsed = Header::from_bytes(header).unwrap();
    let c1 = 7 + 96 + 1 + 4 + parsed.policy().canonical_bytes().len() + 32;
    let refused = |at: usize, element: &[u8]| {
        let mut bad = header.clone();
        bad[at..at + element.len()].copy_from_slice(element);
        Header::from_bytes(&bad).is_err()
    };
    let identity = |length: usize| {
        let mut bytes = vec![0; length];
        bytes[0] = 0xc0;
        bytes
    };
    let rows = header.len() - 48;
    for (at, length) in [(c1, 96), (c1 + 96, 96), (rows, 48)] {
        assert!(refused(at, &identity(length)), "identity at {at}");
        assert!(refused(at, &vec![0; length]), "zeros at {at}");
        assert!(refused(at, &vec![0xff; length]), "ones at {at}");
        assert!(refused(at, &[&[0x9f][..], &vec![0xff; length - 1]].concat()), "x above q at {at}");
        assert!(
            refused(at, &[&[header[at] & 0x7f][..], &header[at + 1..at + length]].concat()),
            "uncompressed at {at}"
        );
    }
    // On the twist, outside G2: a small x with a root is almost surely one.
    let outside = (1u8..=255).filter(|x| {
        let mut element = [0u8; 96];
        element[0] = 0x80;
        element[95] = *x;
        !refused(c1, &element)
    });
    assert_eq!(outside.count(), 0);
    // x = 0, where E has the points (0, ±2) of order 3.
    let mut zero = [0u8; 48];
    zero[0] = 0x80;
    assert!(refused(rows, &zero));
}
