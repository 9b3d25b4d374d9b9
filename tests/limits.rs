//! What the design promises in numbers: sizes, limits, constant memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use hippocrypt::testing::TestRng;
use hippocrypt::{AttributeSet, FileOptions, Policy, Schema, setup};

/// Knows how much of the heap is in use, and the most that ever was.
struct Meter;
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Meter = Meter;

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("attribute-{i}")).collect()
}

/// One test, so that nothing else moves the meter.
#[test]
fn sizes_limits_and_memory() {
    sizes_of_a_hundred_attributes();
    a_thousand_leaves_and_no_more_than_1024();
    files_go_through_in_constant_memory();
}

fn sizes_of_a_hundred_attributes() {
    let mut rng = TestRng::new("sizes");
    let (parameters, master) = setup("test", &mut rng).unwrap();
    let names = names(100);
    let policy = Policy::parse(&names.join(" and "), &Schema::empty()).unwrap();
    let (header, _) = parameters.compartment(&policy, b"", &mut rng).unwrap();
    let ciphertext = header.to_bytes().len() - policy.canonical_bytes().len();
    let set = AttributeSet::parse(&names.join(", "), &Schema::empty()).unwrap();
    let key = master.issue(&set, &mut rng).unwrap().to_bytes().expose_secret().len();
    // In a key an attribute takes the lengths of its three parts (namespace, name, value) beside them.
    let key = key - names.iter().map(|name| 6 + name.len()).sum::<usize>();
    println!("100 attributes: ciphertext {ciphertext} bytes and the policy, key {key} bytes and the names");
    assert!(ciphertext <= 5_200, "{ciphertext}");
    assert!(key <= 5_000, "{key}");
}

fn a_thousand_leaves_and_no_more_than_1024() {
    let mut rng = TestRng::new("leaves");
    let (parameters, master) = setup("test", &mut rng).unwrap();
    let names = names(1_025);
    for (text, held) in [
        (names[..1_000].join(" and "), &names[..1_000]),
        (format!("500 of ({})", names[..1_000].join(", ")), &names[300..800]),
        (names[..1_000].join(" or "), &names[999..1_000]),
    ] {
        let policy = Policy::parse(&text, &Schema::empty()).unwrap();
        let sealed = parameters.encrypt(&policy, b"a thousand", &mut rng).unwrap();
        let set = AttributeSet::parse(&held.join(", "), &Schema::empty()).unwrap();
        let key = master.issue(&set, &mut rng).unwrap();
        assert_eq!(key.decrypt(&parameters, &sealed).unwrap(), b"a thousand");
    }
    let error = Policy::parse(&names.join(" and "), &Schema::empty()).unwrap_err().to_string();
    assert!(error.contains("1025") && error.contains("1024"), "{error}");
}

fn files_go_through_in_constant_memory() {
    let full = std::env::var_os("HIPPOCRYPT_FULL").is_some();
    let mebibytes: u64 = if full { 1_024 } else { 32 };
    let mut rng = TestRng::new("memory");
    let (parameters, master) = setup("test", &mut rng).unwrap();
    let schema = Schema::empty();
    let policy = Policy::parse("a", &schema).unwrap();
    let key = master.issue(&AttributeSet::parse("a", &schema).unwrap(), &mut rng).unwrap();
    let mut file = tempfile::tempfile().unwrap();

    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let output = BufWriter::new(File::try_clone(&file).unwrap());
    let mut writer = parameters.encrypt_to(&policy, FileOptions::default(), &mut rng, output).unwrap();
    let block: Vec<u8> = (0..1u32 << 20).map(|i| i.to_le_bytes()[(i % 4) as usize]).collect();
    for _ in 0..mebibytes {
        writer.write_all(&block).unwrap();
    }
    writer.finish().unwrap().into_inner().unwrap();

    file.rewind().unwrap();
    let mut reader = key.decrypt_from(&parameters, &mut file, b"").unwrap();
    let mut buffer = vec![0; 1 << 20];
    for _ in 0..mebibytes {
        reader.read_exact(&mut buffer).unwrap();
        assert!(buffer == block);
    }
    assert_eq!(reader.read(&mut buffer).unwrap(), 0);
    reader.finish().unwrap();
    let peak = PEAK.load(Ordering::Relaxed) - before;
    println!("{mebibytes} MiB went through in {} KiB of heap", peak / 1_024);
    assert!(peak < 8 << 20, "{peak} bytes");
}
