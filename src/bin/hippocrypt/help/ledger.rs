//! The manual of audit ledgers. Its examples are one story.

pub const LEDGER: &str = r#"Examples:
  hippocrypt ledger create audit --log hospital.example/audit
  hippocrypt ledger append audit --kind epoch-advance --input note.txt
  hippocrypt ledger checkpoint audit --out checkpoint
  hippocrypt ledger blocks audit
  hippocrypt ledger verify audit

A log of who did what with whose records: append-only, a Merkle tree (RFC 6962)
of typed transactions. Whoever keeps an earlier checkpoint sees every change of
the past; a patient gets all of her transactions, with the proof that they are
all; nobody learns from the log itself whose they are.
  ledger.redb  leaves, transactions, checkpoints
  ledger.key   signs the log: guard it, and keep a copy elsewhere
  ledger.vkey  the public key, a line of text: whoever verifies needs it
Each command takes a vault, too: its log is in the store of its cloud.

Checkpoints are signed notes, and exported logs are tiles, as C2SP describes
them: other transparency tools read and mirror them.

What a signature of the log alone proves is that the log says so. That nothing
was rewritten is proved to whoever has kept an earlier checkpoint."#;

pub const LEDGER_CREATE: &str = r#"Examples:
  hippocrypt ledger create audit --log hospital.example/audit

Prints the public key, which stands in ledger.vkey, too: whoever verifies the
log needs it, and should get it on another way than the log."#;

pub const LEDGER_APPEND: &str = r#"Examples:
  hippocrypt ledger append audit --kind access \
    --patient 0f0e0d0c0b0a09080706050403020100 --input note.txt \
    --receipt receipt.hpcr
  hippocrypt ledger append audit --kind epoch-advance --input note.txt
  hippocrypt ledger append audit --lines --input day.ndjson
  printf opened | hippocrypt ledger append audit --kind denied

Kinds: record-put, consent-change, break-glass, head-change are always about a
patient; access, denied, grant, revoke may be; epoch-advance never is. The log
shows kind and pseudonym, and commits to the rest under a salt.

With --lines each line is {"kind": .., "patient": .., "body": ..}, or `body_hex`
for bytes that are no text. 256 at a time become durable together: a run that is
killed leaves whole batches, and `blocks` tells how many leaves there are.

The receipt is the log's signed word that the transaction stands at its place:
keep it until a checkpoint proves that it does."#;

pub const LEDGER_CHECKPOINT: &str = r#"Examples:
  hippocrypt ledger checkpoint audit
  hippocrypt ledger checkpoint audit --out checkpoint --force
  hippocrypt ledger checkpoint audit --out - --quiet | mail -s audit friend

Closes the block: its last leaf is the root over all patients' last
transactions, and the signature is over everything up to there. Publish it:
whoever keeps it sees every later change of what it covers. If nothing was
appended since the last one, that one comes again."#;

pub const LEDGER_COSIGN: &str = r#"Examples:
  hippocrypt ledger checkpoint audit --out checkpoint --force
  hippocrypt ledger cosign friend --name friend.example \
    --key @audit/ledger.vkey --checkpoint checkpoint --out cosigned
  hippocrypt ledger checkpoint audit --cosigned cosigned \
    --witness @friend/witness.vkey
  hippocrypt ledger blocks audit --last 1
  hippocrypt ledger audit audit --witness @friend/witness.vkey \
    --patient 0f0e0d0c0b0a09080706050403020100

A witness is another house. It signs a checkpoint, with the time, only if that
continues the one that it has signed before, so that nobody is shown another
log. What it has signed last stands in its folder, and is written before it
signs: never bring that back from an older copy. From the second time on
--consistency is the proof, as `prove --from` makes it.

`checkpoint --cosigned` takes signatures back into the log, those of witnesses
that are named. `verify` and `audit` ask for them with --witness."#;

pub const LEDGER_BLOCKS: &str = r#"Examples:
  hippocrypt ledger blocks audit
  hippocrypt ledger blocks audit --last 3
  hippocrypt --json ledger blocks audit | jq .chain

A block is what was appended between two checkpoints. Its first leaf holds the
hash of the checkpoint before, so that blocks are a chain; that is compared
here. Times of witnesses are as they stand there; `verify` asks whether they
have signed. Exit code 7 if the chain is broken."#;

pub const LEDGER_PROVE: &str = r#"Examples:
  hippocrypt ledger prove audit 0 --entry entry.hpcr --out proof.hpcr \
    --checkpoint checkpoint --force
  hippocrypt ledger prove audit --from 3 --out consistency.hpcr

A proof that a transaction stands in the log is some hashes, 32 bytes each, as
many as the log has levels. Give it away with the entry and the checkpoint:
`verify` needs nothing else but the key of the log. The entry says what was
done: it is for those whom that concerns.

With --from the proof is that a log of so many leaves is the beginning of a
later one: nothing of it was changed, removed or moved."#;

pub const LEDGER_AUDIT: &str = r#"Examples:
  hippocrypt ledger audit audit --patient 0f0e0d0c0b0a09080706050403020100
  hippocrypt ledger audit audit --patient 0f0e0d0c0b0a09080706050403020100 \
    --out account.hpcr --checkpoint checkpoint --force

Who read my records? All transactions of a patient up to the newest checkpoint,
verified on the spot by the same code as offline. Her transactions are numbered
and each bears the hash of the one before; under the checkpoint stands how many
there are. So none is left out, as of then, and none was changed.

It does not prove that everything that happened was written down: a cloud that
releases records without a transaction, to somebody entitled, leaves no trace.
--json has the transactions as a list."#;

pub const LEDGER_VERIFY: &str = r#"Examples:
  hippocrypt ledger verify audit
  hippocrypt ledger verify --key @audit/ledger.vkey --checkpoint checkpoint \
    --entry entry.hpcr --proof proof.hpcr
  hippocrypt ledger verify --key @audit/ledger.vkey --checkpoint checkpoint \
    --account account.hpcr --patient 0f0e0d0c0b0a09080706050403020100
  hippocrypt ledger verify --key @audit/ledger.vkey --receipt receipt.hpcr

Needs files alone: no network, no store. Exit code 0: verified; 7: not true, and
what is wrong is said; 3: a file is malformed; 1: a file cannot be read.

With a folder every leaf is read again: numbers, hashes, links between blocks,
roots, signatures, and whether what is kept of each transaction is what its leaf
commits to. The first entry where something breaks is named.

A receipt with --checkpoint, --entry and --proof of its transaction shows
whether the log has kept its word; if not, receipt and checkpoint convict it.
--witness asks for signatures of witnesses, too; exit code 9 as long as there
are too few."#;

pub const LEDGER_EXPORT: &str = r#"Examples:
  hippocrypt ledger export audit --out www
  hippocrypt ledger export audit --out www \
    --account 0f0e0d0c0b0a09080706050403020100

Static files for any web server, in the layout of C2SP tlog-tiles: checkpoint,
tile/LEVEL/N, tile/entries/N. Entries are leaves: kinds and pseudonyms, nothing
of what transactions say. Given again, it adds what is new; the checkpoint comes
last, so that a reader never sees one without its tiles.

An account is all transactions of one patient, with what they say: for her, and
not for the web. It is written beside the folder, not in it."#;
