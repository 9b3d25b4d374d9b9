//! The keyword index: who can compute what from its keys, messages and shares?
//!
//! Every exponent of the search protocol is a Laurent monomial: a product of powers, positive or
//! negative, of independent unknowns. These are the search key x of a context (collection, domain
//! and index epoch), the reader's part a of x under a policy, a lab's y, the blinding of a
//! request, and the unknown discrete logarithms of hashed keywords. The gate's share is b = x/a.
//!
//! **What is decided.** The scalars that an adversary knows generate a group of monomials. He may
//! multiply and divide them and take roots, so a scalar is his if and only if its exponent vector
//! lies in the span over Q of the vectors that he knows: a question of rank, answered exactly. A
//! group element is his if it is an element that he holds, to the power of such a scalar; in GT,
//! also if it is such a power of a product from G1 and G2. Sums need not be tried: monomials that
//! do not differ by a known scalar are linearly independent over all that can be made of known
//! scalars, so a combination of elements gives a monomial only if one of them alone does. A gate
//! that answers but does not tell its share is an oracle on G1 (see `knowledge`).
//!
//! The second question is whether a test tells two worlds apart, for instance requests for two
//! different keywords: it does if a relation between products of G1 and G2 holds in only one.
//!
//! **What is not decided.** This is an argument about generic groups with a pairing of type 3. It
//! does not see attacks that use the encoding of elements, nor costs (a gate that answers N
//! requests under one share loses log2(N)/2 bits of it), nor keys that are hashes of elements:
//! the chain key of a keyword is as secret as the element it is derived from. What it calls
//! untestable in G1 rests on the decisional Diffie-Hellman assumption there.
//!
//! Each table states the verdicts row by row, weakened twins beside the design; a row's name says
//! who holds what. `checks` proves that no verdict is idle.
//!
//! | file | holds |
//! |---|---|
//! | `monomial`, `rank` | arithmetic, and whether a vector lies in a span |
//! | `knowledge` | what an adversary holds, and the decisions |
//! | `protocol` | the formulas of the index, each once |
//! | `table` | tables of verdicts |
//! | `shares`, `contexts` | shares and their replacement; domains, epochs and collections |
//! | `requests`, `labs` | blinded requests; writers and their keys |
//! | `adversaries` | who gets what: the table of claims |
//! | `checks`, `random` | every verdict can flip; random holdings, decided in two ways |

mod adversaries;
mod checks;
mod contexts;
mod knowledge;
mod labs;
mod monomial;
mod protocol;
mod random;
mod rank;
mod requests;
mod shares;
mod table;
