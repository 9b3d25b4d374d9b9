//! Who writes the log: appends, closes blocks, signs. `[LEDGER-2]` `[LEDGER-5]`

mod work;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use self::work::{Work, heads};
use super::checkpoint::Checkpoint;
use super::entry::{Entry, Opening, Transaction};
use super::leaf::{Subject, TransactionKind, commitment};
use super::note::{KeyType, NoteError, NoteKey, NoteSigner};
use super::receipt::Receipt;
use super::rows::{self, End};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, kdf};
use crate::secret::{Secret, SecretBytes};
use crate::store::{Batch, Store, StoreError, Table};

/// Why a log is not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScribeError {
    /// The log is signed with another key.
    #[error(
        "the log in this store is signed with another key than this scribe has: use the one that it was begun with, or that came last"
    )]
    OtherKey,
    /// A transaction that no leaf can hold.
    #[error(
        "a transaction of kind {0} that is about a patient and must not be, or is not and must be; or its body has more than 16 MiB"
    )]
    Transaction(TransactionKind),
    /// The key was changed since the last checkpoint.
    #[error(
        "the log has changed its key since its last checkpoint: close the block first, so that both keys sign that"
    )]
    Rotating,
    /// A checkpoint that is not one of this log's.
    #[error("the log has no such checkpoint over {size} leaves: what somebody has cosigned is another one")]
    OtherCheckpoint {
        /// Leaves under it.
        size: u64,
    },
    /// A cosignature that does not hold.
    #[error(transparent)]
    Cosignature(#[from] NoteError),
    /// There is nothing to sign.
    #[error("the log is empty: append a transaction first")]
    Empty,
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes a log into a store, and signs it. It has the log's key and the source of the salts; where the log ends is in the store.
///
/// What it returns is to be committed before anything else is appended: with whatever belongs to it in the same batch.
pub struct Scribe {
    /// The first one, or that and the next.
    signers: Vec<NoteSigner>,
    salts: Salts,
}

/// Salts, each from a state that is gone when the salt is: who has the program's memory learns none of those before.
struct Salts(Secret<[u8; 32]>);

impl Salts {
    fn next(&mut self) -> [u8; 32] {
        let both: Secret<[u8; 64]> = kdf(Label::LedgerSalt, &[self.0.expose_secret()]);
        let mut salt = [0; 32];
        // The state goes from one place that is wiped to the other.
        let places = salt.iter_mut().chain(self.0.expose_secret_mut());
        places.zip(both.expose_secret()).for_each(|(to, from)| *to = *from);
        salt
    }
}

impl Scribe {
    /// The scribe of a new log. `log` is its name for the world, as in `hospital.example/ledger`: no spaces, no `+`.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn generate(log: &str, rng: &mut impl CryptoRng) -> Result<Self, NoteError> {
        let signer = NoteSigner::generate(log, KeyType::Ed25519, rng)?;
        Ok(Self { signers: Vec::from([signer]), salts: Salts::begin(rng) })
    }

    /// The name of the log.
    pub fn log(&self) -> &str {
        self.signers.first().map_or("", |signer| signer.public().name())
    }

    /// The public key that the log begins with, or that a store says is the current one.
    ///
    /// # Errors
    /// [`ScribeError::OtherKey`], [`ScribeError::Store`].
    pub fn key(&self, store: &dyn Store) -> Result<&NoteKey, ScribeError> {
        let end = End::read(store)?;
        Ok(self.signer(end.as_ref())?.public())
    }

    fn signer(&self, end: Option<&End>) -> Result<&NoteSigner, ScribeError> {
        let signer = match end {
            None => self.signers.first(),
            Some(end) => self.signers.iter().find(|signer| signer.public().key_bytes() == end.key),
        };
        signer.ok_or(ScribeError::OtherKey)
    }

    /// Where the log ends, or how it begins.
    fn end(&self, store: &dyn Store) -> Result<End, ScribeError> {
        let end = End::read(store)?;
        let key = self.signer(end.as_ref())?.public().key_bytes();
        Ok(end.unwrap_or_else(|| End { tree: Default::default(), checkpoint: None, key, former: None }))
    }

    /// Appends transactions: they are in the log when the store has committed `batch`. Once for a batch.
    ///
    /// After a checkpoint the first leaf is one that holds its hash: there a new block begins.
    ///
    /// # Errors
    /// [`ScribeError`]; then nothing was added to the batch.
    pub fn append(
        &mut self,
        store: &dyn Store,
        batch: &mut Batch,
        transactions: Vec<Transaction>,
    ) -> Result<Vec<Entry>, ScribeError> {
        for transaction in &transactions {
            let Transaction { kind, subject, body } = transaction;
            let misplaced = if subject.is_nobody() { kind.is_of_patient() } else { kind.is_of_log() };
            let by_itself = rows::says_all_in_the_leaf(*kind) || *kind == TransactionKind::KeyRotation;
            if misplaced || by_itself || body.len() > super::entry::MAX_BODY_BYTES {
                return Err(ScribeError::Transaction(*kind));
            }
        }
        if transactions.is_empty() {
            return Ok(Vec::new());
        }
        let mut work = Work::begin(store, self.end(store)?);
        work.link();
        let mut entries = Vec::with_capacity(transactions.len());
        for Transaction { kind, subject, body } in transactions {
            let salt = self.salts.next();
            entries.push(work.push(kind, subject, Some(Opening { salt, body }))?);
        }
        work.finish(batch);
        Ok(entries)
    }

    /// Closes a block: appends the root over all patients' last transactions, and signs a checkpoint over everything. If nothing was appended since the
    /// last one, that is returned, and the batch is empty.
    ///
    /// Takes time for each patient who has new transactions, and for the few whose names begin with the same two bytes.
    ///
    /// # Errors
    /// [`ScribeError::Empty`] if there is no transaction at all; others.
    pub fn close_block(&self, store: &dyn Store) -> Result<(Checkpoint, Batch), ScribeError> {
        let end = End::read(store)?.ok_or(ScribeError::Empty)?;
        if let Some((size, _)) = end.checkpoint
            && size == end.tree.leaves()
        {
            let known = rows::checkpoint(store, size)?.ok_or_else(|| rows::damaged("the last checkpoint"))?;
            return Ok((known, Batch::new()));
        }
        let signer = self.signer(Some(&end))?;
        let mut batch = Batch::new();
        let since = end.checkpoint.map_or(0, |(size, _)| size);
        let root = heads(store, since, &mut batch)?;
        let mut work = Work::begin(store, end);
        work.push_of_log(TransactionKind::PatientHeads, root);
        let (size, root) = (work.end.tree.leaves(), work.end.tree.root());
        let mut checkpoint = Checkpoint::sign(size, root, signer);
        if let Some(former) = work.end.former.take() {
            let is_former = |signer: &&NoteSigner| signer.public().key_bytes() == former;
            let former = self.signers.iter().find(is_former).ok_or(ScribeError::OtherKey)?;
            checkpoint = checkpoint.signed_also_by(former, 0);
        }
        work.end.checkpoint = Some((size, checkpoint.hash()));
        work.finish(&mut batch);
        batch.insert(Table::Audit, rows::key(rows::CHECKPOINT, &[&size.to_be_bytes()]), checkpoint.to_text());
        Ok((checkpoint, batch))
    }

    /// Keeps with a checkpoint of the log the signatures of these witnesses that `cosigned` bears, so that whoever asks for it gets them, too. Others are left out.
    ///
    /// # Errors
    /// [`ScribeError::OtherCheckpoint`], [`ScribeError::Cosignature`] if one does not hold, [`ScribeError::Store`].
    pub fn keep_cosignatures(
        &self,
        store: &dyn Store,
        cosigned: &Checkpoint,
        witnesses: &[NoteKey],
    ) -> Result<(Checkpoint, Batch), ScribeError> {
        let size = cosigned.head().size;
        let mut known = rows::checkpoint(store, size)?.ok_or(ScribeError::OtherCheckpoint { size })?;
        if known.hash() != cosigned.hash() {
            return Err(ScribeError::OtherCheckpoint { size });
        }
        for witness in witnesses {
            if cosigned.signed_by(witness)?.is_some() && known.signed_by(witness)?.is_none() {
                known = known.with_signatures(&cosigned.signatures_of(witness))?;
            }
        }
        let mut batch = Batch::new();
        batch.put(Table::Audit, rows::key(rows::CHECKPOINT, &[&size.to_be_bytes()]), known.to_text());
        Ok((known, batch))
    }

    /// Signs that entries stand in the log. Only when the store has committed them.
    ///
    /// # Errors
    /// [`ScribeError::OtherKey`], [`ScribeError::Store`].
    pub fn receipt(&self, store: &dyn Store, entries: Vec<Entry>) -> Result<Receipt, ScribeError> {
        let end = End::read(store)?.ok_or(ScribeError::Empty)?;
        Ok(Receipt::sign(self.signer(Some(&end))?, entries))
    }

    /// Destroys what a patient's transactions say, and appends that it was done: leaves stay, and nothing leads from them to her or to
    /// anybody who had to do with her. What the last transaction says is with the entry that is returned, and nowhere else.
    ///
    /// # Errors
    /// [`ScribeError`].
    pub fn erase(
        &mut self,
        store: &dyn Store,
        batch: &mut Batch,
        subject: Subject,
        body: Vec<u8>,
    ) -> Result<Entry, ScribeError> {
        if subject.is_nobody() {
            return Err(ScribeError::Transaction(TransactionKind::Erasure));
        }
        let mut work = Work::begin(store, self.end(store)?);
        work.link();
        let hers = rows::key(rows::TRANSACTION, &[subject.as_bytes()]);
        for (key, row) in store.page(Table::Audit, &hers, None, usize::MAX)? {
            if rows::is_patient(&key) {
                continue;
            }
            let entry = Entry { opening: None, ..rows::entry_in(&row)? };
            work.batch.put(Table::Audit, key, rows::transaction_row(&entry));
        }
        let opening = Opening { salt: self.salts.next(), body };
        let commitment = commitment(TransactionKind::Erasure, &opening.salt, &opening.body);
        let mut entry = work.push_committed(TransactionKind::Erasure, subject, commitment, None)?;
        entry.opening = Some(opening);
        work.finish(batch);
        Ok(entry)
    }

    /// Makes another key ready. The log is signed with it after [`rotate`](Self::rotate); keep the scribe's bytes before that.
    ///
    /// # Errors
    /// [`ScribeError`].
    pub fn prepare_key(
        &mut self,
        store: &dyn Store,
        rng: &mut impl CryptoRng,
    ) -> Result<NoteKey, ScribeError> {
        let current = self.signer(End::read(store)?.as_ref())?.public().key_bytes();
        let next =
            NoteSigner::generate(self.log(), KeyType::Ed25519, rng).map_err(|_| ScribeError::OtherKey)?;
        let key = next.public().clone();
        let former = End::read(store)?.and_then(|end| end.former);
        self.signers.retain(|signer| {
            let bytes = signer.public().key_bytes();
            bytes == current || Some(bytes) == former
        });
        self.signers.push(next);
        Ok(key)
    }

    /// Passes the log on to the key that was made ready: a leaf names both, and both sign it; the next checkpoint is signed by both, later ones by the new one.
    ///
    /// # Errors
    /// [`ScribeError::OtherKey`] if none was made ready; [`ScribeError::Rotating`] if it was done once in this block: the first checkpoint with each key must bear the
    /// signature of the one before, and nobody could follow two steps at once.
    pub fn rotate(&mut self, store: &dyn Store, batch: &mut Batch) -> Result<Entry, ScribeError> {
        let end = self.end(store)?;
        if end.former.is_some() {
            return Err(ScribeError::Rotating);
        }
        let former = self.signer(Some(&end))?;
        let next = self.signers.last().filter(|next| next.public().key_bytes() != end.key);
        let next = next.ok_or(ScribeError::OtherKey)?;
        let text =
            rows::rotation_text(&alloc::format!("{}", former.public()), &alloc::format!("{}", next.public()));
        let mut body = text.clone().into_bytes();
        for signer in [former, next] {
            body.extend_from_slice(&signer.sign_as(Label::KeyRotationSignature, &[text.as_bytes()]));
        }
        let (key, old) = (next.public().key_bytes(), end.key);
        let mut work = Work::begin(store, end);
        work.link();
        let opening = Opening { salt: [0; 32], body };
        let entry = work.push(TransactionKind::KeyRotation, Subject::NOBODY, Some(opening))?;
        (work.end.key, work.end.former) = (key, Some(old));
        work.finish(batch);
        Ok(entry)
    }

    /// The encoding. Secret.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut encoder = Encoder::object(Kind::Scribe, 256);
        encoder.short_bytes(self.log().as_bytes());
        encoder.count(self.signers.len());
        self.signers.iter().for_each(|signer| encoder.raw(signer.seed().expose_secret()));
        encoder.finish_secret()
    }

    /// Decodes a scribe; salts begin anew with `rng`.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8], rng: &mut impl CryptoRng) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Scribe)?;
        let at = decoder.position();
        let log = String::from(decoder.short_text(255, "name of the log")?);
        let count = decoder.count(32, "number of keys")?;
        let mut signers = Vec::new();
        for _ in 0..count {
            let seed = decoder.secret::<32>("key")?;
            let signer = NoteSigner::new(&log, KeyType::Ed25519, &seed);
            let reason = DecodeReason::NotCanonical("a name without spaces and `+`");
            signers.push(signer.map_err(|_| Decoder::error_at(at, "name of the log", reason))?);
        }
        if signers.is_empty() || signers.len() > 3 {
            return Err(Decoder::error_at(
                at,
                "number of keys",
                DecodeReason::NotCanonical("one to three keys"),
            ));
        }
        decoder.finish()?;
        Ok(Self { signers, salts: Salts::begin(rng) })
    }
}

impl Salts {
    fn begin(rng: &mut impl CryptoRng) -> Self {
        let mut state = Secret::new([0; 32]);
        rng.fill_bytes(state.expose_secret_mut());
        Self(state)
    }
}

impl fmt::Debug for Scribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scribe").field("log", &self.log()).finish_non_exhaustive()
    }
}
