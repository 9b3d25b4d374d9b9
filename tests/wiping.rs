//! Secrets are gone from memory after drop, and in no output before it. (attack: secrets in memory)

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
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

thread_local! {
    /// What to look for in freed blocks, unless it is zero; and how many had it.
    static PATTERN: Cell<[u8; 32]> = const { Cell::new([0; 32]) };
    static FREED_WITH_PATTERN: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator; counts the blocks freed with sixteen canaries in a row.
struct Watch;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watch {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed: what an earlier block has left in the memory is not the new one's. SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
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
        let pattern = PATTERN.try_with(Cell::get).unwrap_or([0; 32]);
        if pattern != [0; 32] && layout.size() >= 32 {
            let found = (0..=layout.size() - 32).any(|start| {
                // SAFETY: as above.
                (0..32).all(|at| unsafe { block.add(start + at).read_volatile() } == pattern[at])
            });
            let _ = FREED_WITH_PATTERN.try_with(|count| count.set(count.get() + usize::from(found)));
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

/// What the keys hold: in place and on the heap until they are dropped, and nowhere afterwards.
mod keys {
    use super::{FREED_WITH_PATTERN, PATTERN};
    use hippocrypt::hash::{Label, kdf};
    use hippocrypt::math::{G1, Scalar};
    use hippocrypt::outsource::scheme::retrieval_exponent;
    use hippocrypt::testing::TestRng;
    use hippocrypt::{
        AttributeKey, AttributeSet, AuthorKey, MasterKey, Policy, ReaderSeed, Schema, Secret, UserId, setup,
    };

    /// The first 32 bytes of a value as they stand in memory.
    fn raw<T: Copy>(value: &T) -> [u8; 32] {
        assert!(size_of::<T>() >= 32);
        // SAFETY: the value has at least 32 bytes, all initialised (limbs, or a seed).
        unsafe { core::ptr::from_ref(value).cast::<[u8; 32]>().read_unaligned() }
    }

    /// Whether dropping `value`, boxed, frees a block with `pattern` in it, now that dropping should have
    /// wiped it; and the same for a box that forgets to.
    fn left_behind<T>(pattern: [u8; 32], make: impl Fn() -> T) -> (usize, usize) {
        let count = |drop_it: &dyn Fn(Box<core::mem::ManuallyDrop<T>>)| {
            let boxed = Box::new(core::mem::ManuallyDrop::new(make()));
            PATTERN.with(|watched| watched.set(pattern));
            let before = FREED_WITH_PATTERN.with(|count| count.get());
            drop_it(boxed);
            PATTERN.with(|watched| watched.set([0; 32]));
            FREED_WITH_PATTERN.with(|count| count.get()) - before
        };
        let wiped = count(&|mut boxed| {
            // SAFETY: dropped once; the box then frees the memory without looking at it.
            unsafe { core::mem::ManuallyDrop::drop(&mut boxed) };
        });
        let forgotten = count(&drop);
        (wiped, forgotten)
    }

    #[test]
    fn the_master_key_is_wiped() {
        let (_, master) = setup("test", &mut TestRng::new("wiping")).unwrap();
        let bytes = master.to_bytes().expose_secret().clone();
        let alpha: [u8; 32] = bytes[bytes.len() - 64..][..32].try_into().unwrap();
        let pattern = raw(&Scalar::from_canonical(&alpha).unwrap());
        assert_eq!(left_behind(pattern, || MasterKey::from_bytes(&bytes).unwrap()), (0, 1));
        let root: [u8; 32] = bytes[bytes.len() - 32..].try_into().unwrap();
        assert_eq!(left_behind(root, || MasterKey::from_bytes(&bytes).unwrap()), (0, 1));
    }

    #[test]
    fn an_author_key_is_wiped() {
        let bytes = AuthorKey::generate(&mut TestRng::new("author")).to_bytes().expose_secret().clone();
        let seed: [u8; 32] = bytes[7..].try_into().unwrap();
        let (wiped, forgotten) = left_behind(seed, || AuthorKey::from_bytes(&bytes).unwrap());
        assert_eq!(wiped, 0);
        assert!(forgotten > 0);
    }

    #[test]
    fn the_seed_and_the_keys_of_a_reader_are_wiped() {
        let bytes = ReaderSeed::generate(&mut TestRng::new("reader")).to_bytes().expose_secret().clone();
        let seed: [u8; 32] = bytes[7..].try_into().unwrap();
        let decode = || ReaderSeed::from_bytes(&bytes).unwrap();
        assert_eq!(left_behind(seed, decode), (0, 1));
        let inverse = retrieval_exponent(&Secret::new(seed)).expose_secret().invert();
        assert_eq!(left_behind(raw(&inverse), || decode().retrieval_key()), (0, 1));
        let request = *kdf::<32>(Label::RequestKey, &[&seed]).expose_secret();
        let (wiped, forgotten) = left_behind(request, || decode().request_key());
        assert_eq!(wiped, 0);
        assert!(forgotten > 0);
    }

    /// Nor do enrolling and finishing leave anything of them on the heap.
    #[test]
    fn using_the_keys_of_a_reader_leaves_nothing_of_them() {
        let mut rng = TestRng::new("using a reader's keys");
        let (parameters, master) = setup("test", &mut rng).unwrap();
        let set = AttributeSet::parse("a", &Schema::empty()).unwrap();
        let policy = Policy::parse("a", &Schema::empty()).unwrap();
        let (header, _) = parameters.compartment(&policy, b"", &mut rng).unwrap();
        let seed = ReaderSeed::generate(&mut rng);
        let bytes: [u8; 32] = seed.to_bytes().expose_secret()[7..].try_into().unwrap();
        let user = UserId::new("r").unwrap();
        let key = master.issue(&set, &mut rng).unwrap().transform_key(&seed, &user, &mut rng);
        let key = key.accept(&parameters, &mut rng).unwrap();
        let transformed = key.transform(&header).unwrap();
        let retrieval_key = seed.retrieval_key();
        let y = retrieval_exponent(&Secret::new(bytes));
        for pattern in [bytes, raw(y.expose_secret()), raw(&y.expose_secret().invert())] {
            PATTERN.with(|watched| watched.set(pattern));
            let before = FREED_WITH_PATTERN.with(|count| count.get());
            let nonce = hippocrypt::EnrolmentNonce::generate(&mut rng);
            drop(seed.enrol(&parameters, &user, &nonce, &mut rng));
            drop(retrieval_key.finish(&parameters, &transformed, header.core_id(), b"").unwrap());
            PATTERN.with(|watched| watched.set([0; 32]));
            assert_eq!(FREED_WITH_PATTERN.with(|count| count.get()), before);
        }
    }

    #[test]
    fn an_attribute_key_is_wiped_on_the_heap_too() {
        let mut rng = TestRng::new("key");
        let (_, master) = setup("test", &mut rng).unwrap();
        let set = AttributeSet::parse("a, b", &Schema::empty()).unwrap();
        let bytes = master.issue(&set, &mut rng).unwrap().to_bytes().expose_secret().clone();
        let element = |from_end: usize| {
            let start = bytes.len() - 48 * from_end;
            raw(&G1::from_bytes(bytes[start..start + 48].try_into().unwrap()).unwrap())
        };
        let decode = || AttributeKey::from_bytes(&bytes).unwrap();
        // K2 lies in the key itself.
        assert_eq!(left_behind(element(3), decode), (0, 1));
        // K3 lies in a vector, which is never freed by the box that forgets.
        assert_eq!(left_behind(element(1), decode).0, 0);
        assert_eq!(left_behind(element(2), decode).0, 0);
        let leak = vec![G1::from_bytes(bytes[bytes.len() - 48..].try_into().unwrap()).unwrap()];
        PATTERN.with(|watched| watched.set(element(1)));
        let before = FREED_WITH_PATTERN.with(|count| count.get());
        drop(leak);
        assert_eq!(FREED_WITH_PATTERN.with(|count| count.get()), before + 1);
    }

    /// Working with a key frees no block that holds a part of it.
    #[test]
    fn using_a_key_leaves_nothing_of_it_on_the_heap() {
        let mut rng = TestRng::new("using a key");
        let (parameters, master) = setup("test", &mut rng).unwrap();
        let parse = |text| AttributeSet::parse(text, &Schema::empty()).unwrap();
        let bytes = master.issue(&parse("a, b, c"), &mut rng).unwrap().to_bytes().expose_secret().clone();
        let policy = Policy::parse("2 of (a, b, c)", &Schema::empty()).unwrap();
        let sealed = parameters.encrypt(&policy, b"x", &mut rng).unwrap();
        let start = bytes.len() - 3 * 48;
        let part = raw(&G1::from_bytes(bytes[start..start + 48].try_into().unwrap()).unwrap());
        let key = AttributeKey::from_bytes(&bytes).unwrap();
        let freed_by = |work: &mut dyn FnMut()| {
            PATTERN.with(|watched| watched.set(part));
            let before = FREED_WITH_PATTERN.with(|count| count.get());
            work();
            PATTERN.with(|watched| watched.set([0; 32]));
            FREED_WITH_PATTERN.with(|count| count.get()) - before
        };
        assert_eq!(freed_by(&mut || drop(key.decrypt(&parameters, &sealed).unwrap())), 0);
        assert_eq!(freed_by(&mut || drop(key.delegate(&parse("a, b"), &mut rng).unwrap())), 0);
        assert_eq!(freed_by(&mut || drop(AttributeKey::from_bytes(&bytes).unwrap())), 0);
        // A file that ends in the middle of its elements.
        assert_eq!(
            freed_by(&mut || assert!(AttributeKey::from_bytes(&bytes[..bytes.len() - 1]).is_err())),
            0
        );
    }

    #[test]
    fn no_key_is_printed() {
        let mut rng = TestRng::new("printing keys");
        let (parameters, master) = setup("test", &mut rng).unwrap();
        let set = AttributeSet::parse("a, b", &Schema::empty()).unwrap();
        let key = master.issue(&set, &mut rng).unwrap();
        let author = AuthorKey::generate(&mut rng);
        let policy = Policy::parse("a", &Schema::empty()).unwrap();
        let (_, content_key) = parameters.compartment(&policy, b"", &mut rng).unwrap();
        let seed = ReaderSeed::generate(&mut rng);
        let (retrieval_key, request_key) = (seed.retrieval_key(), seed.request_key());
        let reader = format!("{seed:?} {retrieval_key:?} {request_key:?}");
        assert_eq!(reader, "ReaderSeed(..) RetrievalKey(..) RequestKey(..)");
        let transform_key = key.transform_key(&seed, &UserId::new("r").unwrap(), &mut rng);
        let shown = format!(
            "{master:?} {key:?} {author:?} {content_key:?} {:#?} {transform_key:?}",
            master.to_bytes()
        );
        let length = |secret: &[u8]| secret.len();
        for secret in [master.to_bytes(), key.to_bytes(), author.to_bytes(), seed.to_bytes()] {
            let secret = secret.expose_secret();
            // The last 32 bytes of each are secret; the bytes before may name a realm or an attribute.
            for window in secret[length(secret) - 32..].windows(4) {
                let hex: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(!shown.contains(&hex), "{shown}");
                assert!(!shown.contains(&format!("{window:?}")), "{shown}");
            }
        }
    }
}

/// What goes through records: nowhere but in what the caller gets, or has given.
mod records {
    use super::{FREED_WITH_PATTERN, PATTERN};
    use hippocrypt::testing::TestRng;
    use hippocrypt::{ContentKey, ExpectedName, Policy, RecordId, RecordName, RecordOptions, Schema, setup};
    use std::io::{BufRead, Cursor, Read, Write};

    /// Appears nowhere by chance.
    const TEXT: [u8; 32] = *b"sinus rhythm, no acute findings.";
    const NAME: RecordName = RecordName { id: RecordId::from_bytes([7; 16]), version: 0 };

    fn content_key() -> ContentKey {
        let mut rng = TestRng::new("records");
        let (parameters, _) = setup("test", &mut rng).unwrap();
        parameters.compartment(&Policy::parse("a", &Schema::empty()).unwrap(), b"", &mut rng).unwrap().1
    }

    /// How many blocks are freed with the text in them.
    fn freed_by<T>(work: impl FnOnce() -> T) -> usize {
        let before = FREED_WITH_PATTERN.with(|count| count.get());
        PATTERN.with(|watched| watched.set(TEXT));
        let result = work();
        PATTERN.with(|watched| watched.set([0; 32]));
        let freed = FREED_WITH_PATTERN.with(|count| count.get()) - before;
        // What the caller gets is his.
        drop(result);
        freed
    }

    fn rng() -> TestRng {
        TestRng::new("salt")
    }

    #[test]
    fn a_record_in_memory_leaves_no_plaintext_behind() {
        let key = content_key();
        for times in [1, 100, 5_000] {
            let text = TEXT.repeat(times);
            let record = key.seal(&NAME, &text, &mut rng());
            let mut broken = record.clone();
            *broken.last_mut().unwrap() ^= 1;
            let room = RecordOptions::default().record_bytes(text.len() as u64).unwrap();
            let mut roomy = Vec::with_capacity(usize::try_from(room).unwrap());
            roomy.extend_from_slice(&text);
            let (tight, freed) = (text.clone(), text.clone());

            assert_eq!(freed_by(|| key.seal(&NAME, &text, &mut rng())), 0);
            assert_eq!(freed_by(|| drop(key.seal_in_place(&NAME, roomy, &mut rng()))), 0);
            assert_eq!(freed_by(|| drop(key.seal_in_place(&NAME, tight, &mut rng()))), 0);
            assert_eq!(freed_by(|| key.open(&NAME, &record)), 0);
            assert_eq!(freed_by(|| key.open(&NAME, &broken).is_err()), 0);
            assert_eq!(freed_by(|| key.open_in_place(&NAME, record.clone())), 0);
            assert_eq!(freed_by(|| key.open_in_place(&NAME, broken.clone()).is_err()), 0);
            // What is freed without wiping is noticed.
            assert_eq!(freed_by(|| drop(freed)), 1);
        }
    }

    #[test]
    fn a_streamed_record_leaves_no_plaintext_behind() {
        let key = content_key();
        let writer = || key.writer(&NAME, RecordOptions::default(), &mut rng(), Vec::new()).unwrap();
        for times in [1, 100, 5_000] {
            let text = TEXT.repeat(times);
            let write = || {
                let mut writer = writer();
                writer.write_all(&text).unwrap();
                writer
            };
            assert_eq!(freed_by(|| write().finish().unwrap().0), 0);
            assert_eq!(freed_by(|| drop(write())), 0);

            let record = write().finish().unwrap().0;
            let reader = || key.reader(NAME, &record[..]).unwrap();
            let mut output = Vec::with_capacity(text.len());
            assert_eq!(freed_by(|| reader().copy_to(&mut output).unwrap()), 0);
            assert_eq!(output, text);
            assert_eq!(freed_by(|| reader().fill_buf().unwrap().len()), 0);
            assert_eq!(freed_by(|| reader().finish().unwrap().name), 0);
            let seeker = || key.seekable(ExpectedName::Any, Cursor::new(&record)).unwrap();
            // A short last chunk and then a full one, which takes a larger buffer.
            assert_eq!(freed_by(|| seeker().read_exact(&mut [0; 32]).unwrap()), 0);
        }
    }
}

/// What the parties of a keyword index hold, and the keywords themselves.
mod index {
    use super::{FREED_WITH_PATTERN, PATTERN};
    use hippocrypt::math::Scalar;
    use hippocrypt::rand_core::Rng;
    use hippocrypt::search::scheme::{
        gate_exponent, own_entry_key, own_trapdoors, owner_exponent, reader_exponent,
    };
    use hippocrypt::search::*;
    use hippocrypt::store::MemoryStore;
    use hippocrypt::testing::TestRng;
    use hippocrypt::{ReaderSeed, RequestKey, Secret};

    const SEED: [u8; 32] = *b"the seed of a policy, 32 bytes..";
    const VALUE: [u8; 32] = *b"a value of a keyword, 32 bytes..";

    fn raw<T: Copy>(value: &T) -> [u8; 32] {
        assert!(size_of::<T>() >= 32);
        // SAFETY: the value has at least 32 bytes, all initialised (limbs).
        unsafe { core::ptr::from_ref(value).cast::<[u8; 32]>().read_unaligned() }
    }

    /// How many blocks are freed with the pattern in them.
    fn freed_by<T>(pattern: [u8; 32], work: impl FnOnce() -> T) -> usize {
        PATTERN.with(|watched| watched.set(pattern));
        let before = FREED_WITH_PATTERN.with(|count| count.get());
        drop(work());
        PATTERN.with(|watched| watched.set([0; 32]));
        FREED_WITH_PATTERN.with(|count| count.get()) - before
    }

    /// Blocks that are freed with the pattern when a box with the value is dropped, and when it forgets to.
    fn left_behind<T>(pattern: [u8; 32], make: impl Fn() -> T) -> (usize, usize) {
        let boxed = || Box::new(core::mem::ManuallyDrop::new(make()));
        // Or the compiler leaves out what nobody would read.
        let (mut wiped, forgotten) = (std::hint::black_box(boxed()), std::hint::black_box(boxed()));
        let wiped = freed_by(pattern, move || {
            // SAFETY: dropped once; the box then frees the memory without looking at it.
            unsafe { core::mem::ManuallyDrop::drop(&mut wiped) };
        });
        (wiped, freed_by(pattern, move || drop(forgotten)))
    }

    struct Index {
        owner: IndexOwner,
        context: Context,
        head: Head,
        device: IndexWriter,
        lab: IndexWriter,
        policy: PolicyEntry,
    }

    fn keyword() -> Keyword {
        Keyword::new("note", std::str::from_utf8(&VALUE).unwrap()).unwrap()
    }

    fn policy_seed() -> PolicySeed {
        PolicySeed::new(Secret::new(SEED))
    }

    fn signer() -> RequestKey {
        ReaderSeed::generate(&mut TestRng::new("signer")).request_key()
    }

    fn index() -> Index {
        let mut rng = TestRng::new("an index");
        let (owner, domain) = (IndexOwner::generate(&mut rng), Domain::new("general").unwrap());
        let context = owner.context(&domain, IndexEpoch::FIRST, 1);
        let (device, entry) = owner.writer(&context, &mut rng);
        let scopes = vec![owner.scope(&domain, context.epoch, 1)];
        let first = owner.sign(1, 0, 1, HeadContents { scopes, ..HeadContents::default() }).unwrap();
        let (lab, card) = IndexWriter::lab(&first, &context, &mut rng).unwrap();
        let (epoch, policy) = (context.epoch, PolicyId::from_bytes([1; 16]));
        let policy = PolicyEntry { domain, epoch, policy, version: 1, header: Vec::new() };
        let writers = vec![entry, owner.admit(&card, &context).unwrap()];
        let contents = HeadContents { writers, policies: vec![policy.clone()], ..first.contents().clone() };
        let head = owner.sign(2, 0, 1, contents).unwrap();
        Index { owner, context, head, device, lab, policy }
    }

    impl Index {
        fn seed(&self) -> [u8; 32] {
            self.owner.to_bytes().expose_secret()[7..].try_into().unwrap()
        }

        fn x(&self) -> Secret<Scalar> {
            owner_exponent(&Secret::new(self.seed()), &self.context)
        }

        fn a(&self) -> Secret<Scalar> {
            reader_exponent(&Secret::new(SEED), &self.context)
        }

        fn search_key(&self) -> SearchKey {
            SearchKey::new(&policy_seed(), &self.context, &self.policy)
        }

        fn ask(&self) -> AskedGate {
            let rng = &mut TestRng::new("asking");
            self.search_key().ask(&[keyword()], "gate", "r", &signer(), 0, rng).unwrap()
        }

        fn admit(&self) -> Admitted {
            let share = self.owner.share(&self.context, &self.policy.policy, 1, policy_seed());
            let mut gate = Gate::open("gate", MemoryStore::new(), GateLimits::default());
            gate.install(share.expose_secret()).unwrap();
            gate.admit(self.ask().request(), 0, |_| vec![signer().public_bytes()]).unwrap()
        }

        /// T of the keyword and the device.
        fn entry_key(&self) -> [u8; 32] {
            let Context { collection, domain, epoch, pipeline } = &self.context;
            let name = domain.as_str().as_bytes();
            let length = u16::try_from(name.len()).unwrap().to_be_bytes();
            let numbers = [&epoch.number().to_be_bytes()[..], &pipeline.to_be_bytes()].concat();
            let ctx = [&[1], &collection.as_bytes()[..], &length, name, &numbers].concat();
            let h = hippocrypt::search::scheme::hash_keywords(&self.context, &[&keyword()]);
            let d = own_trapdoors(h.expose_secret(), &self.x());
            *own_entry_key(&ctx, self.device.id(), &keyword(), &d.expose_secret()[0]).expose_secret()
        }
    }

    #[test]
    fn owners_seeds_and_halves_are_wiped() {
        let index = index();
        let encoded = index.owner.to_bytes();
        let decode = || IndexOwner::from_bytes(encoded.expose_secret()).unwrap();
        assert_eq!(left_behind(index.seed(), decode), (0, 1));
        assert_eq!(left_behind(SEED, policy_seed), (0, 1));
        assert_eq!(left_behind(raw(index.a().expose_secret()), || index.search_key()), (0, 1));
        let b = gate_exponent(&index.x(), &index.a());
        assert_eq!(left_behind(raw(b.expose_secret()), || index.admit()), (0, 1));
        assert_eq!(freed_by(raw(b.expose_secret()), || index.admit().answer().unwrap()), 0);
    }

    #[test]
    fn writers_are_wiped() {
        let index = index();
        for writer in [&index.device, &index.lab] {
            let encoded = writer.to_bytes();
            let bytes = encoded.expose_secret();
            let decode = || IndexWriter::from_bytes(bytes).unwrap();
            // Behind the prologue, the context and the name: signing seed, nonce secret, kind, x or y.
            let at = 7 + 24 + "general".len() + 16;
            let secret = |at: usize| <[u8; 32]>::try_from(&bytes[at..at + 32]).unwrap();
            let exponent = Scalar::from_canonical(&secret(at + 65)).unwrap();
            let mut inside = 0;
            for pattern in [secret(at), secret(at + 32), raw(&exponent)] {
                let (wiped, forgotten) = left_behind(pattern, decode);
                assert_eq!(wiped, 0);
                inside += usize::from(forgotten > 0);
                assert_eq!(freed_by(pattern, || drop(decode())), 0);
            }
            // y of a lab is in a block of its own.
            assert!(inside >= 2);
        }
    }

    /// Asking, reading, searching and writing frees no block with a secret of theirs, nor with the keyword.
    #[test]
    fn using_an_index_leaves_nothing_behind() {
        let mut index = index();
        let t = index.entry_key();
        let trapdoors = || index.owner.trapdoors(&index.context, &[keyword()]);
        let d = {
            let h = hippocrypt::search::scheme::hash_keywords(&index.context, &[&keyword()]);
            raw(&own_trapdoors(h.expose_secret(), &index.x()).expose_secret()[0])
        };
        let rho = {
            let mut bytes = [0; 48];
            TestRng::new("asking").fill_bytes(&mut bytes);
            Scalar::from_wide(&bytes)
        };
        let blinded = rho * *index.a().expose_secret();
        let encoded = Trapdoor::all_to_bytes(&trapdoors());
        let keys = ContextKeys::new(&index.head, &index.context).unwrap();
        let answer = index.admit().answer().unwrap();
        for pattern in
            [t, d, raw(&rho), raw(&rho.invert()), raw(&blinded), raw(index.a().expose_secret()), VALUE]
        {
            assert_eq!(
                freed_by(pattern, || index.ask().finish(&answer, &keys, &mut TestRng::new("w")).unwrap()),
                0
            );
            assert_eq!(freed_by(pattern, || trapdoors().remove(0).entry_keys(&keys)), 0);
            assert_eq!(freed_by(pattern, || Trapdoor::all_from_bytes(encoded.expose_secret()).unwrap()), 0);
        }
        // What is freed without wiping is noticed.
        assert_eq!(freed_by(VALUE, || keyword().as_bytes().to_vec()), 1);

        let words: Vec<Keyword> =
            (0..40).map(|i| Keyword::new("code", &i.to_string()).unwrap()).chain([keyword()]).collect();
        for pattern in [t, VALUE] {
            let Index { device, head, .. } = &mut index;
            let write = || {
                device.add(Handle::from_bytes([1; 16]), [0; 3], &words);
                drop(IndexWriter::from_bytes(device.to_bytes().expose_secret()).unwrap());
                device.finish(head, &LeakageProfile::standard(), &mut TestRng::new("padding")).unwrap();
                device.forget_keywords();
            };
            assert_eq!(freed_by(pattern, write), 0);
        }
    }

    #[test]
    fn nothing_of_an_index_is_printed() {
        let index = index();
        let keys = ContextKeys::new(&index.head, &index.context).unwrap();
        let trapdoor = index.owner.trapdoors(&index.context, &[keyword()]).remove(0);
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            index.owner,
            policy_seed(),
            index.search_key(),
            index.ask(),
            index.admit(),
            trapdoor,
            trapdoor.entry_keys(&keys).unwrap(),
            index.device
        );
        let expected = "IndexOwner(..) PolicySeed(..) SearchKey(..) AskedGate(..) Admitted(..) Trapdoor(..) EntryKeys(..) IndexWriter(..)";
        assert_eq!(shown, expected);
        assert_eq!(format!("{:?}", keyword()), "Keyword(note: ..)");
    }
}
