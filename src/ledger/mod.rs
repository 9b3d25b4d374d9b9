//! The audit ledger: who did what with whose records, in a log that nobody can rewrite. `[LEDGER-1]`
//!
//! One append-only Merkle tree (RFC 6962) over typed transactions. Whoever keeps an earlier checkpoint of it sees every change of the past; a patient
//! gets all of her transactions, with the proof that they are all; nobody learns from the log whose they are.
//!
//! | to | see |
//! |---|---|
//! | append, close blocks, erase, change keys | [`Scribe`] |
//! | look something up, prove it | [`Book`] |

mod book;
mod checkpoint;
mod entry;
mod heads;
mod leaf;
mod note;
mod proof;
mod receipt;
mod rows;
mod scribe;
pub use book::Book;
pub use checkpoint::{Checkpoint, TreeHead};
pub use entry::{Entry, Opening, Transaction};
pub use heads::{HeadProof, Heads, PatientHead, root};
pub use leaf::{LEAF_BYTES, Leaf, LeafError, Subject, TransactionKind, commitment};
pub use note::{KeyType, Note, NoteError, NoteKey, NoteSigner};
pub use proof::{ConsistencyProof, InclusionProof, PatientAccount};
pub use receipt::Receipt;
pub use scribe::{Scribe, ScribeError};
