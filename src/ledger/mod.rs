//! The audit ledger: who did what with whose records, in a log that nobody can rewrite. `[LEDGER-1]`
//!
//! One append-only Merkle tree (RFC 6962) over typed transactions. Whoever keeps an earlier checkpoint of it sees every change of the past; a patient
//! gets all of her transactions, with the proof that they are all; nobody learns from the log whose they are.
//!
//! | to | see |
//! |---|---|
//! | append, close blocks, erase, change keys | [`Scribe`] |
//! | look something up, prove it | [`Book`] |
//! | verify what a log shows, offline | [`Verifier`], with the log's [`LogKeys`] and the [`Finality`] that is asked for; [`Fault`] says what is wrong |
//! | come back to it, and see that nothing was changed | [`Follower`] |
//! | read the whole of it and believe nothing | [`Replay`] |
//! | cosign checkpoints of others | [`Witness`] |
//! | have k of n witnesses | [`Quorum`] |
//! | mirror it | [`TileName`], [`Book::tile`], [`Book::bundle`], [`Tiles`] |

mod book;
mod checkpoint;
mod entry;
mod finality;
mod heads;
mod leaf;
mod note;
mod proof;
mod receipt;
mod replay;
mod rows;
mod scribe;
mod tile;
mod verify;
mod witness;
pub use book::Book;
pub use checkpoint::{Checkpoint, TreeHead};
pub use entry::{Entry, Opening, Transaction};
pub use finality::{Finality, Quorum, QuorumError};
pub use heads::{HeadProof, Heads, PatientHead, root};
pub use leaf::{LEAF_BYTES, Leaf, LeafError, Subject, TransactionKind, commitment};
pub use note::{KeyType, Note, NoteError, NoteKey, NoteSigner};
pub use proof::{ConsistencyProof, InclusionProof, PatientAccount};
pub use receipt::Receipt;
pub use replay::Replay;
pub use scribe::{Scribe, ScribeError};
pub use tile::{TILE_WIDTH, TileName, Tiles};
pub use verify::{Accepted, DEFAULT_SKEW, Fault, Follower, LogKeys, Verifier};
pub use witness::{Cosigning, Refusal, Witness, WitnessRequest, WitnessState};
