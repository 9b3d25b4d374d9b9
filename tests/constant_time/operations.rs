//! Every operation of `math` that takes a secret, and the algorithms of the scheme.

use std::hint::black_box;
use std::sync::LazyLock;

use hippocrypt::abe::scheme;
use hippocrypt::math::{
    FixedG1, FixedG2, FixedGt, G1, G2, Gt, PreparedG2, Scalar, UncheckedRow, Weight, add_to_each,
    combine_rows_vartime, linear_combination_vartime, pairing_product, pairing_product_prepared, products,
    sum_vartime, weighted_sum_vartime,
};
use hippocrypt::outsource::scheme as outsource;
use hippocrypt::policy::Label;
use hippocrypt::revoke::scheme as revoke;
use hippocrypt::search::scheme as index;
use hippocrypt::search::{Context, Domain, IndexEpoch, IndexOwner, Keyword, WriterId};
use hippocrypt::testing::TestRng;
use hippocrypt::{
    AttributeCache, AttributeSet, Authority, EpochTree, Epochs, OpenError, Policy, PublicParameters,
    ReaderSeed, Schema, Secret, TransformedHeader, UserId, setup, setup_with_epochs,
};
use rand_core::{TryCryptoRng, TryRng};
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};

/// What an operation may use. The first six are secret, the rest is public.
pub struct Inputs {
    pub a: Secret<Scalar>,
    pub b: Secret<Scalar>,
    /// `a` with zeros in front.
    pub wide: [u8; 48],
    /// Output of a random generator.
    pub uniform: [u8; 48],
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
    /// How many bits about its secrets the operation branches on, by design.
    pub reveals: usize,
    pub run: fn(&Inputs),
}

/// blst tests that the scalar of a multiplication lies in 1..p, which what it is given always does.
const RANGE: usize = 1;
/// blst tests that z·z⁻¹ = 1 or z = 0 after an inversion, a guard against faults; it always holds.
const INVERSE: usize = 1;
/// Whether an element is the identity: true of a random one with probability 1/p.
const IDENTITY: usize = 1;
/// Whether two points met in a tree of sums: true with probability below 2^-240.
const EXCEPTION: usize = 1;
/// Whether a random scalar is zero: true with probability 1/p.
const ZERO: usize = 1;
/// Whether a header opens, which is the answer.
const ACCEPTED: usize = 1;

macro_rules! operations {
    ($($name:literal, $reveals:expr => |$inputs:ident| $value:expr;)*) => {
        &[$(Operation { name: $name, reveals: $reveals, run: |$inputs| { black_box($value); } }),*]
    };
}

pub const OPERATIONS: &[Operation] = operations! {
    "scalar/add", 0 => |i| *i.a.expose_secret() + *i.b.expose_secret();
    "scalar/sub", 0 => |i| *i.a.expose_secret() - *i.b.expose_secret();
    "scalar/neg", 0 => |i| -*i.a.expose_secret();
    "scalar/mul", 0 => |i| *i.a.expose_secret() * *i.b.expose_secret();
    "scalar/invert", 0 => |i| i.a.expose_secret().invert();
    "scalar/from_wide", 0 => |i| Scalar::from_wide(&i.wide);
    "scalar/to_bytes", 0 => |i| i.a.expose_secret().to_bytes();
    "scalar/from_xof", 0 => |i| Scalar::from_wide(&shake(&i.wide));
    "scalar/random_nonzero", ZERO => |i| Secret::<Scalar>::random_nonzero(&mut Fixed(i.uniform));
    "g1/pow", RANGE + INVERSE => |i| i.g1.pow(&i.a);
    "g1/pow_secret_base", RANGE + INVERSE => |i| i.point.pow(&i.a);
    "g1/pow_product", 2 * RANGE + INVERSE => |i| i.g1.pow_product(&i.a, &i.point, &i.b);
    "g1/add", INVERSE => |i| i.point + i.g1;
    "g1/neg", 0 => |i| -i.point;
    "g1/sum", INVERSE => |i| sum_vartime(&[i.point, i.g1, i.point]);
    "g1/linear_combination", INVERSE =>
        |i| linear_combination_vartime(&[i.point, i.g1, i.point], &i.coefficients);
    "g1/to_bytes", IDENTITY => |i| i.point.to_bytes();
    "g2/pow", RANGE + INVERSE => |i| i.g2.pow(&i.a);
    "gt/pow", 0 => |i| i.gt.pow(&i.a);
    "gt/pow_secret_base", 0 => |i| i.element.pow(&i.a);
    "gt/mul", 0 => |i| i.element * i.gt;
    "gt/to_bytes", 0 => |i| i.element.to_bytes();
    "gt/ct_eq", 0 => |i| declassified(i.element.ct_eq(&i.gt));
    "fixed_g1/pow", INVERSE => |i| BASES.g1.pow(&i.a);
    "fixed_g1/pow_compact", INVERSE => |i| BASES.compact[0].pow(&i.a);
    "fixed_g2/pow", INVERSE => |i| BASES.g2.pow(&i.a);
    "fixed_gt/pow", INVERSE => |i| BASES.gt.pow(&i.a);
    "outsource/finish", 0 => |i| outsource::finish(&i.gt, &i.a);
    "index/share", 0 => |i| index::gate_exponent(&i.a, &i.b);
    "index/blind", RANGE + INVERSE => |i| index::blind(&i.g1, &i.a, &i.b);
    "index/raise", RANGE + INVERSE => |i| index::raise(&i.g1, &i.a);
    "index/unblind", RANGE + INVERSE => |i| index::unblind(&i.g1, &i.a);
    "pairing", IDENTITY + INVERSE => |i| pairing_product(&[
        (i.point.into(), i.g2),
        (combine_rows_vartime(&[i.row, i.row, i.row], &i.coefficients), i.g2),
    ]);
};

/// A realm, and the policy `a and b`.
static PUBLIC: LazyLock<(PublicParameters, Policy)> = LazyLock::new(|| {
    let (parameters, _) = setup("test", &mut TestRng::new("constant time")).unwrap();
    (parameters, Policy::parse("a and b", &Schema::empty()).unwrap())
});

fn labels(attributes: &str) -> Vec<Label> {
    AttributeSet::parse(attributes, &Schema::empty()).unwrap().labels()
}

/// A key for two labels, all of it secret (K1 is a public point here: G2 is not among the inputs).
fn key(inputs: &Inputs) -> scheme::SecretKey {
    scheme::SecretKey::new(inputs.g2, inputs.point, vec![inputs.point; 2])
}

/// Decryption of two rows with a secret key: the equation, whatever comes out.
fn decrypt(inputs: &Inputs) -> Option<Secret<Gt>> {
    let (key, labels) = (key(inputs), labels("a, b"));
    let program = PUBLIC.1.span_program();
    let selection = program.reconstruct(|label| labels.contains(label))?;
    let component = |label: &Label| key.k3.get(labels.iter().position(|own| own == label)?);
    let received = scheme::Received {
        lines: &scheme::Lines::new(&inputs.g2, &[inputs.g2]),
        c3: &[inputs.row; 2],
        seal: None,
    };
    scheme::decrypt(&key, component, &program, &selection, &received)
}

/// A header, transformed for the reader whose seed is the uniform bytes that are marked secret elsewhere.
static TRANSFORMED: LazyLock<(PublicParameters, TransformedHeader)> = LazyLock::new(|| {
    let mut rng = TestRng::new("constant time");
    let (parameters, master) = setup("test", &mut rng).unwrap();
    let (header, _) = parameters.compartment(&PUBLIC.1, b"", &mut rng).unwrap();
    let set = AttributeSet::parse("a, b", &Schema::empty()).unwrap();
    let seed = ReaderSeed::generate(&mut Fixed(crate::uniform()));
    let key = master.issue(&set, &mut rng).unwrap();
    let key = key.transform_key(&seed, &UserId::new("r").unwrap(), &mut rng);
    (parameters.clone(), key.accept(&parameters, &mut rng).unwrap().transform(&header).unwrap())
});

/// All that a reader does: from his seed and what the proxy sent to the content key.
fn finish(inputs: &Inputs) {
    let (parameters, transformed) = &*TRANSFORMED;
    let retrieval_key = ReaderSeed::generate(&mut Fixed(inputs.uniform)).retrieval_key();
    let opened = retrieval_key.finish(parameters, transformed, transformed.core_id(), b"");
    // Whether it opened is public by now: memcheck has seen the branch on it.
    assert_ne!(opened.err(), Some(OpenError));
}

/// K1, K2 and two K3, for a secret α and an r from a secret key; g2 and B have their tables.
fn issue(inputs: &Inputs) -> outsource::BlindedKey {
    LazyLock::force(&WARM);
    let mut k_r = [0; 32];
    k_r.copy_from_slice(&inputs.uniform[..32]);
    let r = outsource::randomizer(&Secret::new(k_r), &[1; 32], &[2; 16], b"user", &inputs.g1.to_bytes());
    outsource::issue(&inputs.a, &inputs.g1, &r, &scheme::attribute_points(&labels("a, b")))
}

/// A realm of four epochs' depth, a statement that it is in the first, and the points of that epoch's cover.
struct Timed {
    parameters: PublicParameters,
    epochs: Epochs,
    cover: Vec<std::sync::Arc<FixedG1>>,
}

static TIMED: LazyLock<Timed> = LazyLock::new(|| {
    let tree = EpochTree::new(4).unwrap();
    let (parameters, master) = setup_with_epochs("test", tree, &mut TestRng::new("epochs")).unwrap();
    let (authority, _) = Authority::begin(master, 0).unwrap();
    let mut epochs = Epochs::new(&parameters).unwrap();
    epochs.observe(&parameters, &authority.statement(0, 1).unwrap(), 0).unwrap();
    let labels: Vec<Label> = (1..5).map(|n| labels(&format!("node{n}"))[0].clone()).collect();
    Timed { parameters, epochs, cover: scheme::attribute_points(&labels) }
});

/// A whole encapsulation in an epoch: four rows of time with one share, and two of the policy.
fn encapsulate_in_epoch(inputs: &Inputs) -> hippocrypt::Header {
    let timed = &*TIMED;
    let encryptor = timed.parameters.at(timed.epochs.current(0).unwrap()).unwrap();
    encryptor.compartment(&PUBLIC.1, b"", &mut Fixed(inputs.uniform)).0
}

/// From k_seal to the elements of a seal, for a header that was sealed before.
fn seal(inputs: &Inputs) -> revoke::SealStep {
    LazyLock::force(&WARM);
    let mut k_seal = [0; 32];
    k_seal.copy_from_slice(&inputs.uniform[..32]);
    let exponents = |t| revoke::seal_exponents(&Secret::new(k_seal), &[1; 32], t);
    revoke::seal(Some(&exponents(1)), &exponents(2), &TIMED.cover)
}

/// What is public where keys of an index are derived.
struct Index {
    context: Context,
    ctx: Vec<u8>,
    keyword: Keyword,
    lab: WriterId,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let owner = IndexOwner::generate(&mut TestRng::new("constant time"));
    let context = owner.context(&Domain::new("general").unwrap(), IndexEpoch::FIRST, 1);
    let (keyword, lab) = (Keyword::new("code", "1").unwrap(), WriterId::from_bytes([1; 16]));
    Index { context, ctx: vec![1; 40], keyword, lab }
});

/// The gate's answer to one keyword, verified: it is right, which the test may see.
fn verify(inputs: &Inputs) {
    let (d, x) = (inputs.g1.pow(&inputs.a), PreparedG2::new(&inputs.g2.pow(&inputs.a)));
    assert!(index::trapdoors_are_right(
        &[index::Raised { d: &[d], h: &[inputs.g1], x_lines: &x }],
        &mut TestRng::new("weights")
    ));
}

fn lab_entry_key(inputs: &Inputs) -> Secret<[u8; 32]> {
    let (index, y_point) = (&*INDEX, inputs.g2.to_bytes());
    let lab =
        index::LabKeys { context: &index.ctx, writer: &index.lab, y_point: &y_point, x_point: &y_point };
    let power = PreparedG2::new(&inputs.g2.pow(&inputs.a));
    index::lab_entry_key(&lab, &index.keyword, &inputs.g1, &power)
}

fn seed(inputs: &Inputs) -> Secret<[u8; 32]> {
    let mut seed = [0; 32];
    seed.copy_from_slice(&inputs.uniform[..32]);
    Secret::new(seed)
}

/// Bases with their tables, and one without.
struct Bases {
    g1: FixedG1,
    compact: Vec<FixedG1>,
    cold: FixedG1,
    g2: FixedG2,
    gt: FixedGt,
}

static BASES: LazyLock<Bases> = LazyLock::new(|| {
    let (g1, g2) = (G1::generator(), G2::generator());
    let point = |k| g1.pow(&Secret::new(Scalar::from_u64(k)));
    let bases = Bases {
        g1: FixedG1::new(point(2)),
        compact: (3..8).map(|k| FixedG1::compact(point(k))).collect(),
        cold: FixedG1::compact(point(8)),
        g2: FixedG2::new(g2),
        gt: FixedGt::new(pairing_product(&[(g1.into(), g2)])),
    };
    bases.g1.prepare();
    bases.compact.iter().for_each(FixedG1::prepare);
    bases.g2.prepare();
    bases.gt.prepare();
    bases
});

/// Rows g1^a · H^b with tables for both bases, or for the first alone.
fn rows(inputs: &Inputs, warm: bool) -> Vec<G1> {
    let h = |compact| if warm { compact } else { &BASES.cold };
    let rows: Vec<_> =
        BASES.compact.iter().map(|base| [(&BASES.g1, &inputs.a), (h(base), &inputs.b)]).collect();
    products(&rows)
}

/// As many rows as go in step: with all tables, or with none for the second base.
fn many_rows(inputs: &Inputs, warm: bool) -> Vec<G1> {
    let h = if warm { &BASES.compact[0] } else { &BASES.cold };
    products(&[[(&BASES.g1, &inputs.a), (h, &inputs.b)]; 24])
}

/// A secret point, added to as many public ones as a sum by buckets takes.
fn add_to_all(inputs: &Inputs) -> Vec<G1> {
    let mut sums = PUBLIC_POINTS.clone();
    add_to_each(&mut sums, &inputs.point);
    sums
}

static PUBLIC_POINTS: LazyLock<Vec<G1>> = LazyLock::new(|| {
    let double = |point: &G1| Some(*point + *point);
    std::iter::successors(Some(G1::generator()), double).take(WEIGHTS.len()).collect()
});

static WEIGHTS: LazyLock<Vec<Weight>> = LazyLock::new(|| {
    let mut rng = TestRng::new("weights");
    std::iter::repeat_with(|| Weight::random(&mut rng)).take(256).collect()
});

/// The algorithms, as they are with tables of all attributes.
static WARM: LazyLock<(PublicParameters, Vec<std::sync::Arc<FixedG1>>)> = LazyLock::new(|| {
    let parameters = PUBLIC.0.clone().with_attribute_cache(AttributeCache::new(1 << 20));
    parameters.prepare();
    for _ in 0..AttributeCache::TABLE_FROM_USE {
        parameters.compartment(&PUBLIC.1, b"", &mut TestRng::new("warm")).unwrap();
    }
    let h = scheme::attribute_points(&labels("a, b"));
    h.iter().for_each(|h| h.prepare());
    (parameters, h)
});

/// Levels of the tree over 44 entries, or over 47 with those of a first base: an inversion in each.
const LEVELS: usize = 6;

/// The algorithms of the scheme. They allocate, and what an allocator executes depends on what was
/// freed before: so memcheck judges them, and nobody counts their instructions.
pub const ALGORITHMS: &[Operation] = operations! {
    "abe/keygen", ZERO + 4 * RANGE + 4 * INVERSE =>
        |i| scheme::keygen(&Secret::new(i.point), &scheme::attribute_points(&labels("a, b")), &mut Fixed(i.uniform));
    "abe/delegate", ZERO + 3 * RANGE + 6 * INVERSE => |i| scheme::delegate(
        &key(i), &[(1, &labels("b")[0])], &mut Fixed(i.uniform));
    "abe/encapsulate", ZERO + 6 * RANGE + 3 * INVERSE + 5 * IDENTITY =>
        |i| PUBLIC.0.compartment(&PUBLIC.1, b"", &mut Fixed(i.uniform)).unwrap();
    "products/warm", (LEVELS + 1) * INVERSE + EXCEPTION => |i| rows(i, true);
    "products/many", (LEVELS + 2 * 3) * INVERSE + 2 * EXCEPTION => |i| many_rows(i, true);
    "products/many_cold", (LEVELS + 25 * 5 + 51 + 2) * INVERSE + 2 * EXCEPTION => |i| many_rows(i, false);
    "pow_each", 42 * INVERSE + EXCEPTION => |i| BASES.g1.pow_each(&[[&i.a, &i.b]; 32].concat());
    "add_to_each", INVERSE + IDENTITY + EXCEPTION => |i| add_to_all(i);
    "weighted_sum", (131 + 2) * INVERSE + IDENTITY + EXCEPTION + 26 * (IDENTITY + EXCEPTION) =>
        |i| weighted_sum_vartime(&add_to_all(i), &WEIGHTS);
    "products/cold", (LEVELS + 1) * INVERSE + IDENTITY + EXCEPTION => |i| rows(i, false);
    "pairing/prepared", IDENTITY + INVERSE => |i| pairing_product_prepared(
        &[(i.point.into(), PreparedG2::generator()), (i.g1.into(), PreparedG2::generator())]);
    "abe/keygen_warm", ZERO + 4 * INVERSE =>
        |i| scheme::keygen(&Secret::new(i.point), &WARM.1, &mut Fixed(i.uniform));
    "abe/encapsulate_warm", ZERO + 4 * INVERSE + 5 * IDENTITY =>
        |i| WARM.0.compartment(&PUBLIC.1, b"", &mut Fixed(i.uniform)).unwrap();
    "abe/decrypt", 2 * IDENTITY + 2 * INVERSE => |i| decrypt(i);
    "outsource/issue", ZERO + 3 * RANGE + 5 * INVERSE => |i| issue(i);
    "outsource/blind", 4 * RANGE + 4 * INVERSE => |i| outsource::blind(&key(i), &i.a);
    "outsource/prove", 2 * RANGE + 2 * INVERSE + 2 * IDENTITY => |i| outsource::prove(&i.a, &[b"statement"], &i.b);
    "revoke/encapsulate", ZERO + 2 * RANGE + 6 * INVERSE + 8 * IDENTITY + 2 * EXCEPTION =>
        |i| encapsulate_in_epoch(i);
    "revoke/tokens", INVERSE + EXCEPTION => |i| revoke::tokens(&i.a, &TIMED.cover);
    "revoke/seal", 4 * ZERO + 5 * INVERSE + IDENTITY + 2 * EXCEPTION => |i| seal(i);
    "outsource/open", 2 * ZERO + ACCEPTED => |i| finish(i);
    "index/owner_exponent", ZERO => |i| index::owner_exponent(&seed(i), &INDEX.context);
    "index/reader_exponent", ZERO => |i| index::reader_exponent(&seed(i), &INDEX.context);
    "index/own_trapdoors", RANGE + INVERSE => |i| index::own_trapdoors(&[i.g1], &i.a);
    "index/own_entry_key", IDENTITY =>
        |i| index::own_entry_key(&INDEX.ctx, &INDEX.lab, &INDEX.keyword, &i.point);
    // The identity is asked for when lines are made, and again when they are used.
    "index/lab_entry_key", RANGE + 2 * INVERSE + 2 * IDENTITY => |i| lab_entry_key(i);
    "index/prove", INVERSE + IDENTITY => |i| index::prove(&i.a, &i.g2, b"statement", &i.b);
    "index/verify", 2 * RANGE + 5 * INVERSE + 3 * IDENTITY + ACCEPTED => |i| verify(i);
};

/// Operations that leak, to prove that a leak is noticed.
pub const LEAKY: &[Operation] = operations! {
    "leaky/branch", 0 => |i| i.a.expose_secret().to_bytes().iter().fold(i.g1, |product, byte| {
        if byte & 1 == 1 { product + i.g1 } else { product }
    });
    "leaky/index", 0 => |i| {
        let table: [u8; 256] = black_box([0x5a; 256]);
        table[usize::from(i.a.expose_secret().to_bytes()[31])]
    };
};

/// Equality is what `ct_eq` reveals; nothing branches on it before it is made public here.
fn declassified(mut equal: bool) -> bool {
    crate::valgrind::declassify(&mut equal);
    equal
}

pub fn shake(seed: &[u8]) -> [u8; 48] {
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
