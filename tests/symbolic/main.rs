//! The symbolic model: what can an adversary compute from everything that travels?
//!
//! Every group element is written as its exponent: a polynomial in the secrets nobody told the
//! adversary (`alpha`, `r`, `s1`, ...) and in the unknown discrete logarithms of hashed points.
//! In a generic group with a pairing of type 3 the adversary can add what he holds within a
//! group, and pair G1 with G2. So a target in GT is his if and only if it lies in the linear span
//! of all products G1 x G2 and of what he holds in GT, and a target in G1 if it lies in the span
//! of what he holds in G1. `span.rs` decides that by Gaussian elimination: every linear attack at
//! once, not only those that somebody thought of.
//!
//! Scalars that the adversary knows are random constants of the field, so that he may use them in
//! any way he likes. What the model leaves out: attacks that use the encoding of elements, and
//! attacks in which a participant answers to altered elements (the header commits to its message;
//! see the attack tests of the library).
//!
//! Each claim is a scenario with a weakened twin: the same attack on a scheme that differs in one
//! named place, where it must succeed. A scenario whose twin holds proves nothing, and fails.
//!
//! | file | holds |
//! |---|---|
//! | `field`, `polynomial`, `span` | arithmetic, and the decision |
//! | `tree`, `policy`, `scheme` | the formulas of the scheme, each once |
//! | `world` | readers, epochs, one policy, and the twins |
//! | `correctness` | the formulas fit together, as identities between polynomials |
//! | `adversaries` | who gets what: the table of claims |
//! | `scenarios`, `elements`, `lifecycle` | collusion, seals; each element that travels; keys over time |
//! | `rejected`, `negation` | constructions that were rejected, and what breaks them |
//! | `random` | random keys, policies, seals: the span against plain logic |
//! | `search` | the keyword index: a model of its own, in which all exponents are monomials |

mod adversaries;
mod correctness;
mod elements;
mod field;
mod lifecycle;
mod negation;
mod policy;
mod polynomial;
mod random;
mod rejected;
mod scenarios;
mod scheme;
mod search;
mod span;
mod tree;
mod world;
