//! The formulas of the keyword index, each once.

use super::knowledge::{Knowledge, Target};
use super::monomial::{Monomial, point, unknown};

/// A collection, domain and index epoch: all that is drawn or hashed for it is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context(pub &'static str);

pub const HERE: Context = Context("Ann, general, epoch 1");
pub const NEXT: Context = Context("Ann, general, epoch 2");
pub const DOMAIN: Context = Context("Ann, mental health, epoch 1");
pub const ABROAD: Context = Context("Ben, general, epoch 1");
pub const CONTEXTS: [Context; 4] = [HERE, NEXT, DOMAIN, ABROAD];

/// The keyword in question, and another one.
pub const W: &str = "keyword";
pub const K: &str = "other keyword";

pub const LAB: &str = "lab";
pub const LAB_2: &str = "second lab";
pub const LAB_3: &str = "third lab";
pub const LABS: [&str; 3] = [LAB, LAB_2, LAB_3];

/// The seed of a policy, which its header carries; a version is a fresh seed.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub &'static str);

pub const P1: Seed = Seed("P1, version 1");
pub const P1_AGAIN: Seed = Seed("P1, version 2");
pub const P2: Seed = Seed("P2");
/// The seeds of the next index epoch, before and after the reader of P1 is revoked.
pub const P1_NEXT: Seed = Seed("P1, next epoch");
pub const P2_NEXT: Seed = Seed("P2, next epoch");

impl Context {
    /// The search key.
    pub fn x(self) -> Monomial {
        unknown(format!("x of {}", self.0))
    }

    /// The point of a keyword.
    pub fn hash(self, keyword: &str) -> Monomial {
        point(&format!("{keyword}, {}", self.0))
    }

    /// The reader's part of x under a policy: derived from the seed and the context.
    pub fn a(self, seed: Seed) -> Monomial {
        unknown(format!("a of {}, {}", seed.0, self.0))
    }

    /// The gate's share b.
    pub fn share(self, seed: Seed) -> Monomial {
        self.x() / self.a(seed)
    }

    /// The trapdoor D_w, in G1.
    pub fn trapdoor(self, keyword: &str) -> Monomial {
        self.hash(keyword) * self.x()
    }

    /// The message M of a request, in G1.
    pub fn request(self, seed: Seed, keyword: &str, rho: &Monomial) -> Monomial {
        self.hash(keyword) * self.a(seed) * rho
    }

    /// The gate's answer Z, in G1.
    pub fn answer(self, keyword: &str, rho: &Monomial) -> Monomial {
        self.hash(keyword) * self.x() * rho
    }

    /// A lab's secret y.
    pub fn y(self, lab: &str) -> Monomial {
        unknown(format!("y of {lab}, {}", self.0))
    }

    /// The secret T of a lab's chain for a keyword, in GT.
    pub fn chain(self, lab: &str, keyword: &str) -> Monomial {
        self.hash(keyword) * self.x() * self.y(lab)
    }

    /// The reader's parts and the gate's shares under these seeds.
    pub fn parts(self, seeds: &[Seed]) -> Vec<Monomial> {
        seeds.iter().map(|seed| self.a(*seed)).collect()
    }

    pub fn shares(self, seeds: &[Seed]) -> Vec<Monomial> {
        seeds.iter().map(|seed| self.share(*seed)).collect()
    }

    // Targets.

    pub fn search_key(self) -> Target {
        Target::Scalar(self.x())
    }

    pub fn trapdoor_of(self, keyword: &str) -> Target {
        Target::G1(self.trapdoor(keyword))
    }

    pub fn chain_of(self, lab: &str, keyword: &str) -> Target {
        Target::Gt(self.chain(lab, keyword))
    }
}

/// The blinding of a request.
pub fn rho(request: &str) -> Monomial {
    unknown(format!("rho of {request}"))
}

/// What the heads of all collections say: X of each context, Y of each lab in it. The index itself
/// adds no group element: it holds hashes of trapdoors and chain secrets.
pub fn public() -> Knowledge {
    let of = |context: Context| [context.x()].into_iter().chain(LABS.map(|lab| context.y(lab)));
    Knowledge::default().g2(CONTEXTS.into_iter().flat_map(of))
}

#[test]
fn reader_gate_and_lab_meet() {
    let rho = rho("request");
    let m = HERE.request(P1, W, &rho);
    // The gate answers M^b, the reader takes off his blinding.
    assert_eq!(&m * HERE.share(P1), HERE.answer(W, &rho));
    assert_eq!(HERE.answer(W, &rho) / &rho, HERE.trapdoor(W));
    // e(D_w, g2) = e(h, X); e(D_w, Y) = e(h, X)^y.
    assert_eq!(HERE.trapdoor(W), HERE.hash(W) * HERE.x());
    assert_eq!(HERE.trapdoor(W) * HERE.y(LAB), HERE.chain(LAB, W));
    // Under another version of the policy, or in another context, they do not.
    assert_ne!(&m * HERE.share(P1_AGAIN), HERE.answer(W, &rho));
    assert_ne!(&m * DOMAIN.share(P1), HERE.answer(W, &rho));
}
